/* conversations_test.c - what is kept of segments and datagrams, and what is not */
#include "harness/diagnosis/rules_rig_socket.h"

static const struct ledger_conversation *found(const struct rig *rig, unsigned protocol,
                                               unsigned peer_port)
{
    const struct ledger_socket socket = {
        .protocol = (uint8_t)protocol,
        .port = RIG_PORT,
        .peer = RIG_PEER,
        .peer_port = (uint16_t)peer_port,
    };
    return ledger_conversation(rig->ledger, &socket);
}

static void test_a_conversation_keeps_how_far_its_numbers_came(void)
{
    struct rig rig;
    rig_establish(&rig);
    rig_segment(&rig, LEDGER_OUT, RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 10);
    rig_data_in(&rig, 7);
    const struct ledger_conversation *wire = found(&rig, 6, 80);
    CU_ASSERT_PTR_NOT_NULL_FATAL(wire);
    CU_ASSERT_EQUAL(wire->first_out, RIG_ISS);
    CU_ASSERT_EQUAL(wire->next_out, RIG_ISS + 11);
    CU_ASSERT_EQUAL(wire->acked_out, RIG_ISS + 1);
    CU_ASSERT_EQUAL(wire->next_in, RIG_IRS + 8);
    CU_ASSERT(wire->synack_in.sequence > wire->syn_out.sequence);
    CU_ASSERT_EQUAL(wire->rst_in.sequence, 0);
    CU_ASSERT_PTR_NULL(found(&rig, 6, 81));
    CU_ASSERT_PTR_NULL(found(&rig, 17, 80));
    rig_close(&rig);
}

static void test_repeated_segments_change_nothing(void)
{
    struct rig rig;
    rig_establish(&rig);
    rig_data_in(&rig, 7);
    const struct ledger_conversation before = *found(&rig, 6, 80);
    rig_data_in(&rig, 7);
    rig_syn_ack(&rig);
    const struct ledger_conversation *wire = found(&rig, 6, 80);
    CU_ASSERT_EQUAL(wire->next_in, before.next_in);
    CU_ASSERT_EQUAL(wire->data_in.sequence, before.data_in.sequence);
    CU_ASSERT_EQUAL(wire->synack_in.sequence, before.synack_in.sequence);
    rig_close(&rig);
}

static void test_a_new_syn_begins_anew(void)
{
    struct rig rig;
    rig_establish(&rig);
    rig_data_in(&rig, 7);
    rig_segment(&rig, LEDGER_OUT, RIG_SYN, RIG_ISS + 100000, 0, 0);
    const struct ledger_conversation *wire = found(&rig, 6, 80);
    CU_ASSERT_EQUAL(wire->first_out, RIG_ISS + 100000);
    CU_ASSERT_EQUAL(wire->synack_in.sequence, 0);
    CU_ASSERT_EQUAL(wire->data_in.sequence, 0);
    rig_close(&rig);
}

static void test_what_was_lost_has_left_and_has_not_arrived(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_segment(&rig, LEDGER_IN_DROPPED, RIG_SYN | RIG_ACK, RIG_IRS, RIG_ISS + 1, 0);
    const struct ledger_conversation *wire = found(&rig, 6, 80);
    CU_ASSERT_EQUAL(wire->synack_in.sequence, 0);
    CU_ASSERT(wire->lost.sequence > 0);
    rig_syn_ack(&rig);
    rig_segment(&rig, LEDGER_OUT_DROPPED, RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 10);
    CU_ASSERT_EQUAL(found(&rig, 6, 80)->next_out, RIG_ISS + 11);
    rig_close(&rig);
}

/* An ICMP error of this type that quotes `protocol` from the guest's port to `peer_port`. */
static void quote(struct rig *rig, unsigned type, unsigned protocol, unsigned peer_port, size_t cut)
{
    uint8_t error[8 + 28] = {[0] = (uint8_t)type, [1] = 3, [8] = 0x45, [17] = (uint8_t)protocol};
    for (unsigned i = 0; i < 4; i++) {
        error[8 + 16 + i] = (uint8_t)(RIG_PEER >> (24 - 8 * i));
    }
    rig_ports(error + 28, true, peer_port);
    rig_packet(rig, LEDGER_IN, 1, error, sizeof error - cut, 0);
}

static void test_an_error_belongs_to_what_it_quotes(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_datagram(&rig, LEDGER_OUT);
    quote(&rig, 3, 17, 54, 0);
    quote(&rig, 3, 6, 53, 0);
    quote(&rig, 8, 17, 53, 0);
    quote(&rig, 3, 17, 53, 8);
    CU_ASSERT_EQUAL(found(&rig, 17, 53)->error_in.sequence, 0);
    quote(&rig, 3, 17, 53, 0);
    CU_ASSERT(found(&rig, 17, 53)->error_in.sequence > 0);
    CU_ASSERT_EQUAL(found(&rig, 17, 53)->error_type, 3);
    CU_ASSERT_EQUAL(found(&rig, 17, 53)->error_code, 3);
    rig_close(&rig);
}

static void test_an_error_that_was_told_is_a_refusal(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_do(&rig, "sendto", 0, 4, 4);
    rig_datagram(&rig, LEDGER_OUT);
    quote(&rig, 3, 17, 53, 0);
    rig_do(&rig, "recvfrom", 0, 100, -111);
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "peer.refused", "ping");
}

static void test_frames_that_are_cut_are_nobodys(void)
{
    struct rig rig;
    uint8_t header[20] = {[12] = 0xf0, [13] = RIG_SYN}; /* 60 bytes of header, it says */
    rig_open(&rig, RIG_CURL);
    rig_ports(header, true, 80);
    rig_packet(&rig, LEDGER_OUT, 6, header, sizeof header, 0);
    header[12] = 0x10; /* 4 */
    rig_packet(&rig, LEDGER_OUT, 6, header, sizeof header, 0);
    rig_packet(&rig, LEDGER_OUT, 6, header, 8, 0);
    rig_packet(&rig, LEDGER_OUT, 17, header, 4, 0);
    CU_ASSERT_PTR_NULL(found(&rig, 6, 80));
    CU_ASSERT_PTR_NULL(found(&rig, 17, 80));
    rig_close(&rig);
}

/* More than there is room for: the newest are there, whatever set they fall into. */
static void test_the_one_that_was_quiet_for_longest_makes_room(void)
{
    struct rig rig;
    rig_open(&rig, RIG_CURL);
    for (unsigned port = 1; port <= 4U * LEDGER_SETS * LEDGER_WAYS; port++) {
        uint8_t header[8] = {0};
        rig_ports(header, true, port);
        rig_packet(&rig, LEDGER_OUT, 17, header, sizeof header, 0);
        CU_ASSERT_PTR_NOT_NULL_FATAL(found(&rig, 17, port));
        CU_ASSERT_EQUAL(found(&rig, 17, port)->datagrams_out, 1);
    }
    CU_ASSERT_PTR_NULL(found(&rig, 17, 1));
    rig_close(&rig);
}

UNIT_SUITE("conversations", UNIT_TEST(test_a_conversation_keeps_how_far_its_numbers_came),
           UNIT_TEST(test_repeated_segments_change_nothing), UNIT_TEST(test_a_new_syn_begins_anew),
           UNIT_TEST(test_what_was_lost_has_left_and_has_not_arrived),
           UNIT_TEST(test_an_error_belongs_to_what_it_quotes),
           UNIT_TEST(test_an_error_that_was_told_is_a_refusal),
           UNIT_TEST(test_frames_that_are_cut_are_nobodys),
           UNIT_TEST(test_the_one_that_was_quiet_for_longest_makes_room))
