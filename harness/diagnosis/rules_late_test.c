/* rules_late_test.c - answers that come too late or are thrown away, and what is neither */
#include "harness/diagnosis/rules_rig_driver.h"

#define PING  "ping -c 1 10.0.2.2"
#define LATER UINT64_C(20000000)

enum {
    ECHO_REPLY = 0,
    ECHO = 8
};

static void put(uint8_t *at, unsigned bytes, uint32_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    }
}

/* An IPv4 packet without options to or from the peer, with eight bytes behind its header. */
static void packet(uint8_t frame[RIG_FRAME], uint32_t source, uint32_t target, uint8_t protocol)
{
    memset(frame, 0, RIG_FRAME);
    memset(frame, 0xff, 6);
    put(frame + 12, 2, 0x0800);
    frame[14] = 0x45;
    frame[14 + 9] = protocol;
    put(frame + 14 + 12, 4, source);
    put(frame + 14 + 16, 4, target);
}

static void echo(uint8_t frame[RIG_FRAME], unsigned type, uint32_t peer, unsigned sequence)
{
    bool out = type == ECHO;
    packet(frame, out ? RIG_SELF : peer, out ? peer : RIG_SELF, 1);
    frame[34] = (uint8_t)type;
    put(frame + 38, 2, 0x77);
    put(frame + 40, 2, sequence);
}

static void udp(uint8_t frame[RIG_FRAME], uint32_t source, uint32_t target, unsigned from,
                unsigned to)
{
    packet(frame, source, target, 17);
    put(frame + 34, 2, from);
    put(frame + 36, 2, to);
}

static void arp_reply(uint8_t frame[RIG_FRAME], uint32_t sender)
{
    memset(frame, 0, RIG_FRAME);
    put(frame + 12, 2, 0x0806);
    put(frame + 20, 2, 2);
    put(frame + 28, 4, sender);
    put(frame + 38, 4, RIG_SELF);
}

/* An echo request has arrived at the peer. */
static void ask(struct rig *rig, uint32_t peer, unsigned sequence)
{
    uint8_t frame[RIG_FRAME];
    echo(frame, ECHO, peer, sequence);
    rig_tell(rig, LEDGER_OUT, NULL, frame, sizeof frame);
}

static void answer(struct rig *rig, enum ledger_where where, uint32_t peer, unsigned sequence)
{
    uint8_t frame[RIG_FRAME];
    echo(frame, ECHO_REPLY, peer, sequence);
    rig_tell(rig, where, "told to", frame, sizeof frame);
}

/* The wire holds what is sent from now on back, in either direction. */
static void hold_back(struct rig *rig)
{
    const struct wire_fault_spec spec = {.kind = WIRE_FAULT_DELAY,
                                         .in = true,
                                         .out = true,
                                         .amount = LATER,
                                         .which = {0, FAULT_ALL}};
    wire_fault_inject(board_link_fault(rig->board, "eth0"), &spec);
}

static struct wire_port *cable(struct rig *rig)
{
    return virtio_net_port(board_net(rig->board, "eth0"));
}

static void open_on_the_way(struct rig *rig, uint32_t peer)
{
    uint8_t frame[RIG_FRAME];
    rig_open(rig, PING);
    ask(rig, RIG_PEER, 1);
    hold_back(rig);
    echo(frame, ECHO_REPLY, peer, 1);
    wire_port_deliver(cable(rig), frame, sizeof frame);
    rig_pass(rig, RIG_SETTLE);
}

static void test_an_answer_on_the_wire_when_its_program_gives_up_is_late(void)
{
    struct rig rig;
    open_on_the_way(&rig, RIG_PEER);
    rig_exit(&rig, 1);
    const struct diagnosis_question question = {.board = rig.board,
                                                .program = ledger_program(rig.ledger, 1)};
    struct diagnosis *diagnosis = diagnosis_ask(rig.ledger, &question);
    CU_ASSERT_STRING_EQUAL(diagnosis->link,
                           "the answer of 10.0.2.2 is still on the wire and arrives at "
                           "1.020001000 s, 0.018001000 s after ping gave up");
    CU_ASSERT_STRING_EQUAL(diagnosis->trigger,
                           "inject link eth0 delay, which took effect at 1.000000000 s");
    diagnosis_free(diagnosis);
    rig_expect(&rig, false, "reply.late", "ping");
}

static void test_an_answer_on_the_wire_is_late_for_who_still_waits_too(void)
{
    struct rig rig;
    open_on_the_way(&rig, RIG_PEER);
    rig_expect(&rig, false, "reply.late", "ping");
}

static void test_a_program_that_has_all_it_wanted_waits_for_nothing_late(void)
{
    struct rig rig;
    open_on_the_way(&rig, RIG_PEER);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_frame_of_somebody_else_on_the_wire_is_no_answer(void)
{
    struct rig rig;
    open_on_the_way(&rig, RIG_PEER + 1);
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "peer.silent", "ping");
}

static void test_a_second_answer_on_the_wire_is_a_duplicate(void)
{
    struct rig rig;
    open_on_the_way(&rig, RIG_PEER);
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "", NULL);
}

static void test_an_answer_that_came_after_the_end_was_late(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 1);
    rig_pass(&rig, LATER);
    rig_exit(&rig, 1);
    rig_pass(&rig, 1); /* by a nanosecond */
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    rig_expect(&rig, false, "reply.late", "ping");
}

static void test_an_answer_that_came_before_the_end_was_in_time(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 1);
    rig_pass(&rig, LATER);
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "", NULL);
}

static void test_an_answer_of_another_sequence_number_is_to_another_request(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 1);
    rig_pass(&rig, LATER);
    rig_exit(&rig, 1);
    answer(&rig, LEDGER_IN, RIG_PEER, 2);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_quick_answer_behind_the_end_was_for_another_program(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 1);
    rig_exit(&rig, 1);
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    rig_pass(&rig, LATER);
    rig_expect(&rig, false, "", NULL);
}

static void test_requests_before_the_program_and_behind_it_are_not_its_own(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 1);
    trace_emit(rig.trace, TRACE_PROGRAM_STARTED, TN(1), TN(RIG_PING));
    rig_exit(&rig, 1);
    ask(&rig, RIG_PEER, 2);
    rig_pass(&rig, LATER);
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    answer(&rig, LEDGER_IN, RIG_PEER, 2);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_dropped_answer_is_lost_and_not_late(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 1);
    rig_pass(&rig, LATER);
    rig_exit(&rig, 1);
    answer(&rig, LEDGER_IN_DROPPED, RIG_PEER, 1);
    rig_expect(&rig, false, "wire.dropped", "ping");
}

static void test_an_answer_that_the_driver_took_after_the_end_was_late(void)
{
    for (unsigned late = 0; late < 2; late++) {
        struct rig_driver driver;
        struct rig *rig = &driver.rig;
        rig_driver_open(&driver, PING);
        rig_driver_count(&driver, "eth0.rx.frames", 0);
        ask(rig, RIG_PEER, 1);
        answer(rig, LEDGER_IN, RIG_PEER, 1);
        rig_pass(rig, LATER);
        if (late != 0) {
            rig_exit(rig, 1);
        }
        rig_driver_count(&driver, "eth0.rx.frames", 1);
        if (late == 0) {
            rig_exit(rig, 1);
        }
        rig_driver_expect(&driver, false, late != 0 ? "reply.late" : "", late != 0 ? "ping" : NULL);
    }
}

static void test_a_request_that_the_wire_holds_back_is_late(void)
{
    uint8_t frame[RIG_FRAME];
    struct rig rig;
    rig_open(&rig, PING);
    hold_back(&rig);
    echo(frame, ECHO, RIG_PEER, 1);
    wire_port_send(cable(&rig), frame, sizeof frame);
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "reply.late", "ping");
    rig_open(&rig, PING); /* on its way, as every frame is */
    wire_port_send(cable(&rig), frame, sizeof frame);
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "", NULL);
}

static void test_an_arp_reply_on_the_wire_is_late_unless_another_one_came(void)
{
    uint8_t frame[RIG_FRAME];
    for (unsigned resolved = 0; resolved < 2; resolved++) {
        struct rig rig;
        rig_open(&rig, PING);
        rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
        hold_back(&rig);
        arp_reply(frame, RIG_PEER);
        wire_port_deliver(cable(&rig), frame, sizeof frame);
        rig_pass(&rig, RIG_SETTLE);
        if (resolved != 0) {
            rig_arp_reply(&rig, RIG_PEER);
            ask(&rig, RIG_PEER, 1);
            rig_pass(&rig, RIG_SETTLE);
        }
        rig_exit(&rig, 1);
        rig_expect(&rig, false, resolved != 0 ? "peer.silent" : "reply.late", "ping");
    }
}

static void test_an_offer_to_a_broadcast_is_an_answer_by_its_ports(void)
{
    for (unsigned port = 67; port < 69; port++) {
        uint8_t frame[RIG_FRAME];
        struct rig rig;
        rig_open(&rig, "dhcp eth0");
        udp(frame, 0, UINT32_MAX, 68, 67);
        rig_tell(&rig, LEDGER_OUT, NULL, frame, sizeof frame);
        rig_pass(&rig, LATER);
        rig_exit(&rig, 1);
        udp(frame, RIG_PEER, UINT32_MAX, port, 68);
        rig_tell(&rig, LEDGER_IN, NULL, frame, sizeof frame);
        rig_expect(&rig, false, port == 67 ? "reply.late" : "peer.silent", "ping");
    }
}

static void test_a_peer_of_whom_anything_is_on_the_wire_is_not_silent(void)
{
    uint8_t frame[RIG_FRAME];
    struct rig rig;
    rig_open(&rig, PING);
    rig_send(&rig, LEDGER_OUT, RIG_PEER); /* nothing that can be told to be a request */
    hold_back(&rig);
    packet(frame, RIG_PEER, RIG_SELF, 6);
    wire_port_deliver(cable(&rig), frame, sizeof frame);
    rig_pass(&rig, RIG_SETTLE);
    rig_expect(&rig, false, "", NULL);
}

static void discard_as(struct rig *rig, const char *where, const char *why)
{
    trace_emit(rig->trace, TRACE_GUEST_DROP, TS(trace_intern(rig->trace, where)),
               TS(trace_intern(rig->trace, why)));
}

static void discard(struct rig *rig, const char *where)
{
    discard_as(rig, where, "checksum");
}

static void test_an_answer_that_the_guest_throws_away_is_discarded(void)
{
    for (unsigned fits = 0; fits < 2; fits++) {
        struct rig rig;
        rig_open(&rig, PING);
        ask(&rig, RIG_PEER, 1);
        answer(&rig, LEDGER_IN, RIG_PEER, 1);
        rig_pass(&rig, fits != 0 ? 1000 : LATER); /* much later it was something else */
        discard(&rig, "icmp");
        rig_exit(&rig, 1);
        rig_expect(&rig, false, fits != 0 ? "reply.discarded" : "", fits != 0 ? "ping" : NULL);
    }
}

static void test_an_answer_that_is_not_for_us_went_to_an_address_that_the_stack_does_not_know(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 1);
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    rig_pass(&rig, 1000);
    discard_as(&rig, "ipv4", "not for us");
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "ip.not-for-us", "ping");
}

static void test_what_was_thrown_away_otherwise_is_no_answer(void)
{
    struct rig rig;
    rig_open(&rig, PING); /* before there was one */
    ask(&rig, RIG_PEER, 1);
    discard(&rig, "icmp");
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "", NULL);
    rig_open(&rig, PING); /* something that was to be sent */
    ask(&rig, RIG_PEER, 1);
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    discard(&rig, "eth0.tx");
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "", NULL);
    rig_open(&rig, PING); /* behind the end, where nobody is left to take it */
    ask(&rig, RIG_PEER, 1);
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    rig_exit(&rig, 1);
    discard(&rig, "icmp");
    rig_expect(&rig, false, "", NULL);
    rig_open(&rig, PING); /* while another request was not answered at all */
    ask(&rig, RIG_PEER, 1);
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    discard(&rig, "icmp");
    ask(&rig, RIG_PEER, 2);
    rig_pass(&rig, LATER);
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "peer.silent", "ping");
    rig_open(&rig, PING); /* and the program has what it wanted */
    ask(&rig, RIG_PEER, 1);
    answer(&rig, LEDGER_IN, RIG_PEER, 1);
    discard(&rig, "icmp");
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

static void test_of_many_requests_the_newest_are_known(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    for (unsigned i = 1; i <= 2 * LEDGER_REQUESTS; i++) {
        ask(&rig, RIG_PEER, i);
    }
    rig_pass(&rig, LATER);
    rig_exit(&rig, 1);
    answer(&rig, LEDGER_IN, RIG_PEER, LEDGER_REQUESTS); /* not known any more */
    CU_ASSERT_EQUAL(rig.ledger->request_count, 2 * LEDGER_REQUESTS);
    answer(&rig, LEDGER_IN, RIG_PEER, LEDGER_REQUESTS + 1);
    rig_expect(&rig, false, "reply.late", "ping");
}

UNIT_SUITE(
    "rules_late", UNIT_TEST(test_an_answer_on_the_wire_when_its_program_gives_up_is_late),
    UNIT_TEST(test_an_answer_on_the_wire_is_late_for_who_still_waits_too),
    UNIT_TEST(test_a_program_that_has_all_it_wanted_waits_for_nothing_late),
    UNIT_TEST(test_a_frame_of_somebody_else_on_the_wire_is_no_answer),
    UNIT_TEST(test_a_second_answer_on_the_wire_is_a_duplicate),
    UNIT_TEST(test_an_answer_that_came_after_the_end_was_late),
    UNIT_TEST(test_an_answer_that_came_before_the_end_was_in_time),
    UNIT_TEST(test_an_answer_of_another_sequence_number_is_to_another_request),
    UNIT_TEST(test_a_quick_answer_behind_the_end_was_for_another_program),
    UNIT_TEST(test_requests_before_the_program_and_behind_it_are_not_its_own),
    UNIT_TEST(test_a_dropped_answer_is_lost_and_not_late),
    UNIT_TEST(test_an_answer_that_the_driver_took_after_the_end_was_late),
    UNIT_TEST(test_a_request_that_the_wire_holds_back_is_late),
    UNIT_TEST(test_an_arp_reply_on_the_wire_is_late_unless_another_one_came),
    UNIT_TEST(test_an_offer_to_a_broadcast_is_an_answer_by_its_ports),
    UNIT_TEST(test_a_peer_of_whom_anything_is_on_the_wire_is_not_silent),
    UNIT_TEST(test_an_answer_that_the_guest_throws_away_is_discarded),
    UNIT_TEST(test_an_answer_that_is_not_for_us_went_to_an_address_that_the_stack_does_not_know),
    UNIT_TEST(test_what_was_thrown_away_otherwise_is_no_answer),
    UNIT_TEST(test_of_many_requests_the_newest_are_known))
