/*
 * ICMP: echoes both ways, errors to the right socket, and what is refused.
 */
#include "netstack/icmp.h"

#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/interface.h"
#include "tests/unit.h"

#include <string.h>

/* A dialogue in which the gateway is a known neighbour. */
static void begin(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
}

static void send(const uint8_t *message, size_t size)
{
    dialogue_send_ip(&(struct dialogue_ip){0}, message, size);
}

static void test_request_comes_back_as_reply_with_the_same_bytes(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX], message[64];
    size_t size;
    begin();
    dialogue_build_icmp(message, 8, 0, 0x1234, 0xfffe, sizeof(message));
    send(message, sizeof(message));
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(size, 14 + 20 + sizeof(message));
    CU_ASSERT_EQUAL(frame[34], 0);
    CU_ASSERT_EQUAL(memcmp(frame + 38, message + 4, sizeof(message) - 4), 0);
    dialogue_end();
}

static void test_requests_of_every_small_size_are_answered(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    begin();
    for (size_t length = 8; length < 80; length++) {
        dialogue_send_icmp(GATEWAY, 8, 3, (uint16_t)length, length);
        CU_ASSERT_TRUE(dialogue_take(frame, &size));
        CU_ASSERT_EQUAL(size, 34 + length);
    }
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    dialogue_end();
}

static void test_answer_to_a_stranger_waits_for_arp_like_any_packet(void)
{
    dialogue_begin();
    dialogue_send_icmp(GATEWAY, 8, 9, 1, 32);
    dialogue_expect("arp who-has 10.0.2.2 tell 10.0.2.15");
    dialogue_arp_reply(GATEWAY);
    dialogue_expect("echo-reply 10.0.2.15 > 10.0.2.2 id 9 seq 1 size 32");
    dialogue_end();
}

static void test_answer_without_a_way_back_is_dropped_by_name(void)
{
    static const char *const files[] = {"/etc/net/ip_router", "", NULL};
    dialogue_begin_with(files, 1);
    dialogue_send_icmp(FAR_AWAY, 8, 9, 1, 32);
    CU_ASSERT_EQUAL(dialogue_drops("icmp no way back to who asks"), 1);
    dialogue_end();
}

/* A host has its addresses on all of its interfaces [RFC1122] 3.3.4.2. */
static void test_answer_comes_from_the_address_that_was_asked(void)
{
    uint8_t message[32];
    dialogue_begin_with(NULL, 2);
    CU_ASSERT_EQUAL(interface_set_address(interface_by_name("eth1"), 0xc0a80105, 0xffffff00), 0);
    dialogue_arp_reply(GATEWAY);
    dialogue_build_icmp(message, 8, 0, 9, 1, sizeof(message));
    dialogue_send_ip(&(struct dialogue_ip){.destination = 0xc0a80105}, message, sizeof(message));
    dialogue_expect("echo-reply 192.168.1.5 > 10.0.2.2 id 9 seq 1 size 32");
    dialogue_end();
}

static void test_reply_goes_to_who_has_the_identifier(void)
{
    begin();
    dialogue_send_icmp(GATEWAY, 0, 1, 1, 16);
    CU_ASSERT_EQUAL(dialogue_replies(), 1);
    dialogue_send_icmp(GATEWAY, 0, 2, 1, 16);
    dialogue_send_icmp(GATEWAY, 0, 0x0100, 1, 16); /* the bytes swapped */
    CU_ASSERT_EQUAL(dialogue_replies(), 0);
    CU_ASSERT_EQUAL(dialogue_drops("icmp echo reply that nobody waits for"), 2);
    dialogue_end();
}

static void test_damaged_messages_are_refused(void)
{
    uint8_t message[32];
    begin();
    dialogue_build_icmp(message, 8, 0, 1, 1, sizeof(message));
    for (size_t at = 0; at < sizeof(message); at++) {
        message[at] ^= 0x40;
        send(message, sizeof(message));
        message[at] ^= 0x40;
    }
    CU_ASSERT_EQUAL(dialogue_drops("icmp bad checksum"), sizeof(message));
    for (size_t cut = 0; cut < 8; cut++)
        send(message, cut);
    CU_ASSERT_EQUAL(dialogue_drops("icmp shorter than a header"), 8);
    dialogue_end();
}

static void test_unknown_types_are_refused(void)
{
    begin();
    dialogue_send_icmp(GATEWAY, 13, 1, 1, 20);
    CU_ASSERT_EQUAL(dialogue_drops("icmp unknown type"), 1);
    dialogue_end();
}

/* ---- errors ---------------------------------------------------------------------------------- */

#define QUOTE_SIZE 28

/* An error message about an echo request with this identifier to FAR_AWAY; returns its size. */
static size_t build_error(uint8_t *message, uint8_t type, uint8_t code, uint16_t identifier)
{
    uint8_t frame[DIALOGUE_FRAME_MAX], request[8];
    dialogue_build_icmp(request, 8, 0, identifier, 1, sizeof(request));
    dialogue_build(frame, &(struct dialogue_ip){.source = OUR_ADDRESS, .destination = FAR_AWAY},
                   request, sizeof(request));
    uint8_t body[8 + QUOTE_SIZE];
    dialogue_build_icmp(body, type, code, 0, 0, sizeof(body));
    memcpy(body + 8, frame + 14, QUOTE_SIZE);
    /* The checksum once more, over what is there now. */
    uint32_t sum = 0;
    body[2] = body[3] = 0;
    for (size_t i = 0; i < sizeof(body); i += 2)
        sum += (uint32_t)body[i] << 8 | body[i + 1];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    body[2] = (uint8_t)(~sum >> 8);
    body[3] = (uint8_t)~sum;
    memcpy(message, body, sizeof(body));
    return sizeof(body);
}

static void test_errors_reach_who_sent_the_packet(void)
{
    static const struct {
        uint8_t type, code;
        int error;
    } cases[] = {
        {3, 0, KENETUNREACH},   {3, 1, KEHOSTUNREACH},  {3, 2, KENOPROTOOPT},
        {3, 3, KECONNREFUSED},  {3, 4, KEMSGSIZE},      {3, 13, KEHOSTUNREACH},
        {3, 15, KEHOSTUNREACH}, {11, 0, KEHOSTUNREACH}, {12, 0, KEPROTO},
    };
    uint8_t message[64];
    begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        send(message, build_error(message, cases[i].type, cases[i].code, 1));
        CU_ASSERT_EQUAL(dialogue_error(), cases[i].error);
    }
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    send(message, build_error(message, 3, 16, 1));
    CU_ASSERT_EQUAL(dialogue_error(), 0);
    CU_ASSERT_EQUAL(dialogue_drops("icmp error of an unknown kind"), 1);
    dialogue_end();
}

static void test_errors_about_the_packets_of_others_reach_nobody(void)
{
    uint8_t message[64];
    begin();
    send(message, build_error(message, 3, 1, 2));
    CU_ASSERT_EQUAL(dialogue_error(), 0);
    dialogue_end();
}

static void test_quotation_cut_off_anywhere_is_borne(void)
{
    uint8_t packet[QUOTE_SIZE], message[64];
    begin();
    build_error(message, 3, 1, 1);
    memcpy(packet, message + 8, sizeof(packet));
    for (size_t cut = 0; cut < sizeof(packet); cut++) {
        uint8_t *part = malloc(cut > 0 ? cut : 1); /* the sanitizer watches its end */
        memcpy(part, packet, cut);
        ipv4_report_failure(part, cut, KEHOSTUNREACH);
        free(part);
    }
    CU_ASSERT_EQUAL(dialogue_error(), 0);
    packet[0] = 0x4f; /* a longer header than there is */
    ipv4_report_failure(packet, sizeof(packet), KEHOSTUNREACH);
    packet[0] = 0x41;
    ipv4_report_failure(packet, sizeof(packet), KEHOSTUNREACH);
    CU_ASSERT_EQUAL(dialogue_error(), 0);
    packet[0] = 0x45;
    ipv4_report_failure(packet, sizeof(packet), KEHOSTUNREACH);
    CU_ASSERT_EQUAL(dialogue_error(), KEHOSTUNREACH);
    dialogue_end();
}

/* ---- identifiers ----------------------------------------------------------------------------- */

static void test_identifiers_are_unique_and_chosen_in_turn(void)
{
    struct icmp_endpoint a = {0}, b = {0}, c = {0};
    begin();
    CU_ASSERT_EQUAL(icmp_bind(&a, 0), 0);
    CU_ASSERT_EQUAL(a.identifier, 2);
    CU_ASSERT_EQUAL(icmp_bind(&b, 3), 0);
    CU_ASSERT_EQUAL(icmp_bind(&c, 3), -KEADDRINUSE);
    CU_ASSERT_EQUAL(icmp_bind(&c, 0), 0);
    CU_ASSERT_EQUAL(c.identifier, 4);
    icmp_unbind(&a);
    CU_ASSERT_EQUAL(icmp_bind(&a, 0), 0);
    CU_ASSERT_EQUAL(a.identifier, 5);
    icmp_unbind(&a);
    icmp_unbind(&a);
    icmp_unbind(&b);
    icmp_unbind(&c);
    dialogue_end();
}

static void test_choice_of_identifiers_wraps_past_0(void)
{
    struct icmp_endpoint endpoint = {0};
    begin();
    for (unsigned i = 2; i <= 65535; i++) {
        icmp_bind(&endpoint, 0);
        icmp_unbind(&endpoint);
    }
    CU_ASSERT_EQUAL(icmp_bind(&endpoint, 0), 0);
    CU_ASSERT_EQUAL(endpoint.identifier, 2); /* 1 is taken, 0 is none */
    icmp_unbind(&endpoint);
    dialogue_end();
}

UNIT_SUITE("icmp", UNIT_TEST(test_request_comes_back_as_reply_with_the_same_bytes),
           UNIT_TEST(test_requests_of_every_small_size_are_answered),
           UNIT_TEST(test_answer_to_a_stranger_waits_for_arp_like_any_packet),
           UNIT_TEST(test_answer_without_a_way_back_is_dropped_by_name),
           UNIT_TEST(test_answer_comes_from_the_address_that_was_asked),
           UNIT_TEST(test_reply_goes_to_who_has_the_identifier),
           UNIT_TEST(test_damaged_messages_are_refused), UNIT_TEST(test_unknown_types_are_refused),
           UNIT_TEST(test_errors_reach_who_sent_the_packet),
           UNIT_TEST(test_errors_about_the_packets_of_others_reach_nobody),
           UNIT_TEST(test_quotation_cut_off_anywhere_is_borne),
           UNIT_TEST(test_identifiers_are_unique_and_chosen_in_turn),
           UNIT_TEST(test_choice_of_identifiers_wraps_past_0))
