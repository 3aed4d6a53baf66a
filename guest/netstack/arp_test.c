/*
 * ARP as dialogues in virtual time.
 */
#include "netstack/arp.h"

#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/interface.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define REQUEST(n)  "echo-request 10.0.2.15 > 10.0.2.2 id 1 seq " n " size 16"
#define WHO_GATEWAY "arp who-has 10.0.2.2 tell 10.0.2.15"

static void test_packet_waits_for_the_answer_and_goes_out_at_once(void)
{
    dialogue_begin();
    CU_ASSERT_EQUAL(dialogue_ping(GATEWAY), 0);
    dialogue_expect(WHO_GATEWAY);
    dialogue_expect_silence();
    dialogue_arp_reply(GATEWAY);
    dialogue_expect(REQUEST("1"));
    dialogue_wait_until(T0 + 10 * S);
    CU_ASSERT_EQUAL(dialogue_error(), 0);
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    dialogue_end();
}

static void test_request_goes_to_everybody_and_leaves_the_target_empty(void)
{
    static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, nobody[6];
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    dialogue_begin();
    dialogue_ping(GATEWAY);
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(size, 42);
    CU_ASSERT_EQUAL(memcmp(frame, everybody, 6), 0);
    CU_ASSERT_EQUAL(memcmp(frame + 14 + 18, nobody, 6), 0);
    dialogue_arp_reply(GATEWAY);
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    uint8_t mac[6];
    dialogue_mac(GATEWAY, mac);
    CU_ASSERT_EQUAL(memcmp(frame, mac, 6), 0);
    dialogue_end();
}

static void test_known_neighbour_is_not_asked_again_for_a_minute(void)
{
    dialogue_begin();
    dialogue_ping(GATEWAY);
    dialogue_expect(WHO_GATEWAY);
    dialogue_arp_reply(GATEWAY);
    dialogue_expect(REQUEST("1"));
    dialogue_wait_until(T0 + 60 * S - 1);
    dialogue_ping(GATEWAY);
    dialogue_expect(REQUEST("2"));
    dialogue_wait_until(T0 + 60 * S);
    dialogue_expect_silence();
    dialogue_ping(GATEWAY);
    dialogue_expect(WHO_GATEWAY);
    dialogue_arp_reply(GATEWAY);
    dialogue_expect(REQUEST("3"));
    dialogue_end();
}

static void test_three_requests_a_second_apart_then_an_error(void)
{
    dialogue_begin();
    dialogue_ping(DEAD);
    for (unsigned i = 0; i < 3; i++) {
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
        dialogue_wait_until(T0 + (i + 1) * S - 1);
        dialogue_expect_silence();
        CU_ASSERT_EQUAL(dialogue_error(), 0);
        dialogue_wait_until(T0 + (i + 1) * S);
    }
    CU_ASSERT_EQUAL(dialogue_error(), KEHOSTUNREACH);
    CU_ASSERT_EQUAL(dialogue_drops("arp no answer"), 1);
    dialogue_wait_until(T0 + 100 * S);
    CU_ASSERT_EQUAL(dialogue_error(), 0);
    dialogue_end();
}

static void test_after_giving_up_the_next_packet_starts_anew(void)
{
    dialogue_begin();
    dialogue_ping(DEAD);
    dialogue_wait_until(T0 + 3 * S);
    for (unsigned i = 0; i < 3; i++)
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
    dialogue_ping(DEAD);
    dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
    dialogue_arp_reply(DEAD);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.99 id 1 seq 2 size 16");
    dialogue_end();
}

static void test_packets_to_a_silent_neighbour_ask_nothing_more(void)
{
    dialogue_begin();
    dialogue_ping(GATEWAY);
    dialogue_expect(WHO_GATEWAY);
    dialogue_wait_until(T0 + 500 * MS);
    dialogue_ping(GATEWAY);
    dialogue_ping(GATEWAY);
    dialogue_expect_silence();
    dialogue_arp_reply(GATEWAY);
    dialogue_expect(REQUEST("1"));
    dialogue_expect(REQUEST("2"));
    dialogue_expect(REQUEST("3"));
    dialogue_end();
}

static void test_answer_to_a_repeated_request_counts(void)
{
    dialogue_begin();
    dialogue_ping(GATEWAY);
    dialogue_expect(WHO_GATEWAY);
    dialogue_wait_until(T0 + 1 * S);
    dialogue_expect(WHO_GATEWAY);
    dialogue_wait_until(T0 + 1999 * MS);
    dialogue_arp_reply(GATEWAY);
    dialogue_expect(REQUEST("1"));
    dialogue_wait_until(T0 + 20 * S);
    dialogue_end();
}

static void test_dead_neighbour_holds_up_nobody_else(void)
{
    dialogue_begin();
    dialogue_ping(DEAD);
    dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
    dialogue_wait_until(T0 + 100 * MS);
    dialogue_ping(DNS);
    dialogue_expect("arp who-has 10.0.2.3 tell 10.0.2.15");
    dialogue_arp_reply(DNS);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.3 id 1 seq 2 size 16");
    dialogue_wait_until(T0 + 2 * S);
    dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
    dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
    dialogue_wait_until(T0 + 3 * S);
    CU_ASSERT_EQUAL(dialogue_error(), KEHOSTUNREACH);
    dialogue_end();
}

static void test_two_discoveries_each_keep_their_own_seconds(void)
{
    dialogue_begin();
    dialogue_ping(DEAD);
    dialogue_wait_until(T0 + 300 * MS);
    dialogue_ping(GATEWAY);
    dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
    dialogue_expect(WHO_GATEWAY);
    for (unsigned i = 1; i <= 2; i++) {
        dialogue_wait_until(T0 + i * S);
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
        dialogue_expect_silence();
        dialogue_wait_until(T0 + i * S + 300 * MS);
        dialogue_expect(WHO_GATEWAY);
        dialogue_expect_silence();
    }
    dialogue_wait_until(T0 + 3 * S);
    CU_ASSERT_EQUAL(dialogue_drops("arp no answer"), 1);
    dialogue_wait_until(T0 + 3 * S + 300 * MS);
    CU_ASSERT_EQUAL(dialogue_drops("arp no answer"), 2);
    dialogue_end();
}

static void test_one_packet_too_many_that_waits_is_dropped(void)
{
    char text[64];
    dialogue_begin();
    for (unsigned i = 0; i < ARP_WAITING_MAX + 1; i++)
        CU_ASSERT_EQUAL(dialogue_ping(GATEWAY), 0);
    CU_ASSERT_EQUAL(dialogue_drops("arp too many packets wait"), 1);
    dialogue_expect(WHO_GATEWAY);
    dialogue_arp_reply(GATEWAY);
    for (unsigned i = 1; i <= ARP_WAITING_MAX; i++) {
        snprintf(text, sizeof(text), "echo-request 10.0.2.15 > 10.0.2.2 id 1 seq %u size 16", i);
        dialogue_expect(text);
    }
    CU_ASSERT_EQUAL(dialogue_error(), 0);
    dialogue_end();
}

static void test_full_queue_does_not_stop_discoveries(void)
{
    char text[64];
    dialogue_begin();
    for (unsigned i = 0; i < ARP_WAITING_MAX; i++)
        dialogue_ping(DEAD);
    dialogue_ping(DNS);
    dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
    dialogue_expect("arp who-has 10.0.2.3 tell 10.0.2.15");
    CU_ASSERT_EQUAL(dialogue_drops("arp too many packets wait"), 1);
    dialogue_arp_reply(DNS);
    dialogue_ping(DNS);
    snprintf(text, sizeof(text), "echo-request 10.0.2.15 > 10.0.2.3 id 1 seq %u size 16",
             ARP_WAITING_MAX + 2);
    dialogue_expect(text);
    dialogue_arp_reply(DEAD);
    for (unsigned i = 0; i < ARP_WAITING_MAX; i++) {
        uint8_t frame[DIALOGUE_FRAME_MAX];
        size_t size;
        CU_ASSERT_TRUE(dialogue_take(frame, &size));
    }
    dialogue_end();
}

static void test_request_for_us_is_answered_and_teaches(void)
{
    dialogue_begin();
    dialogue_send_arp(
        &(struct dialogue_arp){.operation = 1, .sender = GATEWAY, .target = OUR_ADDRESS});
    dialogue_expect("arp reply 10.0.2.15 is-at 52:54:00:12:34:56 to 10.0.2.2");
    dialogue_ping(GATEWAY);
    dialogue_expect(REQUEST("1"));
    dialogue_end();
}

static void test_request_for_others_is_neither_answered_nor_learnt(void)
{
    dialogue_begin();
    dialogue_send_arp(&(struct dialogue_arp){.operation = 1, .sender = GATEWAY, .target = DNS});
    dialogue_expect_silence();
    dialogue_ping(GATEWAY);
    dialogue_expect(WHO_GATEWAY);
    dialogue_arp_reply(GATEWAY);
    dialogue_expect(REQUEST("1"));
    dialogue_end();
}

static void test_known_neighbour_that_moves_is_updated_by_any_packet(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX], mac[6];
    size_t size;
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    dialogue_send_arp(&(struct dialogue_arp){
        .operation = 1, .sender = GATEWAY, .target = GATEWAY, .sender_mac_of = DNS});
    dialogue_ping(GATEWAY);
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    dialogue_mac(DNS, mac);
    CU_ASSERT_EQUAL(memcmp(frame, mac, 6), 0);
    dialogue_end();
}

static void test_probe_is_answered_but_teaches_nothing(void)
{
    dialogue_begin();
    dialogue_send_arp(&(struct dialogue_arp){
        .operation = 1, .sender = 0, .target = OUR_ADDRESS, .sender_mac_of = DNS});
    dialogue_expect("arp reply 10.0.2.15 is-at 52:54:00:12:34:56 to 0.0.0.0");
    dialogue_end();
}

/* Each byte of the fixed part of a packet, damaged. */
static void test_packets_of_another_kind_are_dropped_by_name(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
        const char *why;
    } cases[] = {
        {1, 6, "arp hardware is not Ethernet"},  {4, 8, "arp hardware is not Ethernet"},
        {2, 0x86, "arp protocol is not IPv4"},   {5, 16, "arp protocol is not IPv4"},
        {7, 3, "arp neither request nor reply"}, {8, 0x03, "arp group address as sender"},
    };
    uint8_t good[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,  1, 8, 6,
                        0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0,  0, 0, 1,
                        10,   0,    2,    2,    0,    0,    0, 0, 0, 0, 10, 0, 2, 15};
    dialogue_begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t frame[42];
        memcpy(frame, good, sizeof(frame));
        frame[14 + cases[i].at] = cases[i].value;
        unsigned before = dialogue_drops(cases[i].why);
        dialogue_send_frame(frame, sizeof(frame));
        CU_ASSERT_EQUAL(dialogue_drops(cases[i].why), before + 1);
        dialogue_expect_silence();
    }
    dialogue_send_frame(good, 41);
    CU_ASSERT_EQUAL(dialogue_drops("arp shorter than a packet"), 1);
    dialogue_expect_silence();
    dialogue_send_frame(good, 42);
    dialogue_expect("arp reply 10.0.2.15 is-at 52:54:00:12:34:56 to 10.0.2.2");
    dialogue_end();
}

static void test_who_claims_our_address_is_not_believed(void)
{
    dialogue_begin();
    dialogue_send_arp(&(struct dialogue_arp){
        .operation = 2, .sender = OUR_ADDRESS, .target = OUR_ADDRESS, .sender_mac_of = DNS});
    CU_ASSERT_EQUAL(dialogue_drops("arp sender claims our address"), 1);
    dialogue_end();
}

static void test_interface_without_address_answers_nobody(void)
{
    static const char *const files[] = {"/etc/net/ip", "nonsense", NULL};
    dialogue_begin_with(files, 1);
    dialogue_send_arp(&(struct dialogue_arp){.operation = 1, .sender = GATEWAY, .target = 0});
    CU_ASSERT_EQUAL(dialogue_drops("arp interface has no address"), 1);
    dialogue_end();
}

static void test_oldest_neighbour_makes_room(void)
{
    dialogue_begin();
    for (uint32_t i = 0; i < ARP_ENTRIES_MAX + 1; i++)
        dialogue_arp_reply(0x0a000264 + i);
    dialogue_ping(0x0a000264 + ARP_ENTRIES_MAX);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.132 id 1 seq 1 size 16");
    dialogue_ping(0x0a000265);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.101 id 1 seq 2 size 16");
    dialogue_ping(0x0a000264); /* forgotten */
    dialogue_expect("arp who-has 10.0.2.100 tell 10.0.2.15");
    dialogue_arp_reply(0x0a000264);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.100 id 1 seq 3 size 16");
    dialogue_end();
}

static void test_discovery_of_everybody_at_once_ends(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    dialogue_begin();
    for (uint32_t i = 0; i < ARP_ENTRIES_MAX; i++)
        CU_ASSERT_EQUAL(dialogue_ping(0x0a000264 + i), 0);
    CU_ASSERT_EQUAL(dialogue_ping(GATEWAY), -KENOBUFS);
    CU_ASSERT_EQUAL(dialogue_drops("arp too many neighbours are being discovered"), 1);
    unsigned requests = 0;
    for (unsigned second = 0; second <= 5; second++) {
        dialogue_wait_until(T0 + second * S);
        while (dialogue_take(frame, &size))
            requests++;
    }
    CU_ASSERT_EQUAL(requests, 3 * ARP_ENTRIES_MAX);
    dialogue_ping(GATEWAY);
    dialogue_expect(WHO_GATEWAY);
    dialogue_arp_reply(GATEWAY);
    CU_ASSERT_TRUE(dialogue_take(frame, &size));
    dialogue_end();
}

static void test_flush_fails_what_waits(void)
{
    dialogue_begin();
    dialogue_ping(GATEWAY);
    dialogue_expect(WHO_GATEWAY);
    CU_ASSERT_EQUAL(interface_set_address(interface_by_name("eth0"), 0, 0), 0);
    CU_ASSERT_EQUAL(dialogue_error(), KENETDOWN);
    dialogue_wait_until(T0 + 10 * S);
    dialogue_end();
}

UNIT_SUITE("arp", UNIT_TEST(test_packet_waits_for_the_answer_and_goes_out_at_once),
           UNIT_TEST(test_request_goes_to_everybody_and_leaves_the_target_empty),
           UNIT_TEST(test_known_neighbour_is_not_asked_again_for_a_minute),
           UNIT_TEST(test_three_requests_a_second_apart_then_an_error),
           UNIT_TEST(test_after_giving_up_the_next_packet_starts_anew),
           UNIT_TEST(test_packets_to_a_silent_neighbour_ask_nothing_more),
           UNIT_TEST(test_answer_to_a_repeated_request_counts),
           UNIT_TEST(test_dead_neighbour_holds_up_nobody_else),
           UNIT_TEST(test_two_discoveries_each_keep_their_own_seconds),
           UNIT_TEST(test_one_packet_too_many_that_waits_is_dropped),
           UNIT_TEST(test_full_queue_does_not_stop_discoveries),
           UNIT_TEST(test_request_for_us_is_answered_and_teaches),
           UNIT_TEST(test_request_for_others_is_neither_answered_nor_learnt),
           UNIT_TEST(test_known_neighbour_that_moves_is_updated_by_any_packet),
           UNIT_TEST(test_probe_is_answered_but_teaches_nothing),
           UNIT_TEST(test_packets_of_another_kind_are_dropped_by_name),
           UNIT_TEST(test_who_claims_our_address_is_not_believed),
           UNIT_TEST(test_interface_without_address_answers_nobody),
           UNIT_TEST(test_oldest_neighbour_makes_room),
           UNIT_TEST(test_discovery_of_everybody_at_once_ends),
           UNIT_TEST(test_flush_fails_what_waits))
