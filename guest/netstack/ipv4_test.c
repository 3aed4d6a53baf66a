/*
 * IPv4: what is accepted, what is refused and by which name, which way packets go.
 */
#include "netstack/ipv4.h"

#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/interface.h"
#include "netstack/route.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static uint8_t request[64];

/* A dialogue in which the gateway is a known neighbour, and an echo request to send. */
static void begin(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    dialogue_build_icmp(request, 8, 0, 77, 1, sizeof(request));
}

static void send(const struct dialogue_ip *ip)
{
    dialogue_send_ip(ip, request, sizeof(request));
}

static void expect_refused(const struct dialogue_ip *ip, const char *why)
{
    unsigned before = dialogue_all_drops();
    send(ip);
    CU_ASSERT_EQUAL(dialogue_drops(why), 1);
    CU_ASSERT_EQUAL(dialogue_all_drops(), before + 1);
    dialogue_expect_silence();
}

static void expect_answered(const struct dialogue_ip *ip)
{
    send(ip);
    dialogue_expect("echo-reply 10.0.2.15 > 10.0.2.2 id 77 seq 1 size 64");
}

static void test_good_packet_is_answered(void)
{
    begin();
    expect_answered(&(struct dialogue_ip){0});
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    dialogue_end();
}

static void test_header_fields_that_make_no_sense_are_refused(void)
{
    begin();
    expect_refused(&(struct dialogue_ip){.version_length = 0x65}, "ipv4 version is not 4");
    expect_refused(&(struct dialogue_ip){.version_length = 0x44}, "ipv4 bad header length");
    expect_refused(&(struct dialogue_ip){.total_size = 19},
                   "ipv4 total length shorter than the header");
    expect_refused(&(struct dialogue_ip){.total_size = 85}, "ipv4 total length beyond the frame");
    expect_refused(&(struct dialogue_ip){.checksum = 0x1234}, "ipv4 bad header checksum");
    dialogue_end();
}

static void test_header_longer_than_the_frame_is_refused(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    begin();
    dialogue_build(frame, &(struct dialogue_ip){.version_length = 0x4f}, request, 24);
    dialogue_send_frame(frame, 14 + 20 + 24);
    CU_ASSERT_EQUAL(dialogue_drops("ipv4 bad header length"), 1);
    dialogue_end();
}

static void test_packet_cut_off_anywhere_is_refused(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    begin();
    size_t size = dialogue_build(frame, &(struct dialogue_ip){0}, request, sizeof(request));
    for (size_t cut = 0; cut < size; cut++)
        dialogue_send_frame(frame, cut);
    CU_ASSERT_EQUAL(dialogue_drops("ethernet shorter than its header"), 14);
    CU_ASSERT_EQUAL(dialogue_drops("ipv4 shorter than a header"), 20);
    CU_ASSERT_EQUAL(dialogue_drops("ipv4 total length beyond the frame"), sizeof(request));
    dialogue_end();
}

static void test_padding_and_options_are_not_part_of_the_message(void)
{
    begin();
    expect_answered(&(struct dialogue_ip){.padding = 18});
    expect_answered(&(struct dialogue_ip){.options = 10});
    dialogue_end();
}

static void test_time_to_live_does_not_matter_at_the_destination(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    begin();
    expect_answered(&(struct dialogue_ip){.ttl = 1});
    size_t size = dialogue_build(frame, &(struct dialogue_ip){.ttl = 1}, request, sizeof(request));
    frame[14 + 8] = 0;
    frame[14 + 10]++; /* one less in the high byte there is one more in the checksum */
    dialogue_send_frame(frame, size);
    dialogue_expect("echo-reply 10.0.2.15 > 10.0.2.2 id 77 seq 1 size 64");
    dialogue_end();
}

static void test_fragments_for_others_are_refused_before_they_are_kept(void)
{
    begin();
    expect_refused(&(struct dialogue_ip){.fragment = 0x2000, .destination = DNS},
                   "ipv4 not for us");
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
    expect_answered(&(struct dialogue_ip){.fragment = 0x4000}); /* "do not", and none */
    dialogue_end();
}

static void test_destinations_that_are_not_ours_are_refused(void)
{
    static const uint32_t others[] = {DNS, 0x0a000300, 0xe0000001, LOOPBACK, 0x0a0002fe};
    begin();
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        send(&(struct dialogue_ip){.destination = others[i]});
    CU_ASSERT_EQUAL(dialogue_drops("ipv4 not for us"), 5);
    CU_ASSERT_EQUAL(dialogue_all_drops(), 5);
    dialogue_end();
}

static void test_broadcasts_are_received(void)
{
    begin();
    send(&(struct dialogue_ip){.destination = UINT32_MAX});
    send(&(struct dialogue_ip){.destination = 0x0a0002ff});
    CU_ASSERT_EQUAL(dialogue_drops("icmp echo request to a broadcast address"), 2);
    CU_ASSERT_EQUAL(dialogue_all_drops(), 2);
    dialogue_end();
}

static void test_sources_that_are_no_hosts_are_refused(void)
{
    static const uint32_t nobodies[] = {0xe0000001, UINT32_MAX, 0x0a0002ff, 0xf0000001, 0x00000001};
    begin();
    for (unsigned i = 0; i < sizeof(nobodies) / sizeof(nobodies[0]); i++)
        send(&(struct dialogue_ip){.source = nobodies[i]});
    CU_ASSERT_EQUAL(dialogue_drops("ipv4 source is no host"), 5);
    send(&(struct dialogue_ip){.source = OUR_ADDRESS});
    send(&(struct dialogue_ip){.source = LOOPBACK});
    CU_ASSERT_EQUAL(dialogue_drops("ipv4 source is our own address"), 2);
    CU_ASSERT_EQUAL(dialogue_all_drops(), 7);
    dialogue_end();
}

static void test_unknown_protocols_are_answered_with_an_error(void)
{
    begin();
    send(&(struct dialogue_ip){.protocol = 132});
    dialogue_expect("unreachable 2 10.0.2.15 > 10.0.2.2 quotes 28");
    CU_ASSERT_EQUAL(dialogue_drops("ipv4 unknown protocol"), 1);
    send(&(struct dialogue_ip){.protocol = 132, .destination = UINT32_MAX});
    CU_ASSERT_EQUAL(dialogue_drops("ipv4 unknown protocol"), 2);
    dialogue_end();
}

static void test_frames_for_other_stations_are_refused(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    begin();
    size_t size = dialogue_build(frame, &(struct dialogue_ip){0}, request, sizeof(request));
    frame[5] ^= 1;
    dialogue_send_frame(frame, size);
    CU_ASSERT_EQUAL(dialogue_drops("ethernet for another station"), 1);
    frame[5] ^= 1;
    frame[6] |= 1;
    dialogue_send_frame(frame, size);
    CU_ASSERT_EQUAL(dialogue_drops("ethernet group address as source"), 1);
    frame[6] &= 0xfe;
    frame[12] = 0x86;
    dialogue_send_frame(frame, size);
    CU_ASSERT_EQUAL(dialogue_drops("ethernet unknown type"), 1);
    frame[12] = 0x08;
    memset(frame, 0xff, 6);
    dialogue_send_frame(frame, size);
    dialogue_expect("echo-reply 10.0.2.15 > 10.0.2.2 id 77 seq 1 size 64");
    dialogue_end();
}

static void test_full_sized_packet_is_answered_whole(void)
{
    begin();
    dialogue_send_icmp(GATEWAY, 8, 5, 6, 1480);
    dialogue_expect("echo-reply 10.0.2.15 > 10.0.2.2 id 5 seq 6 size 1480");
    dialogue_end();
}

/* ---- the way out ----------------------------------------------------------------------------- */

static void test_far_destinations_go_through_the_gateway(void)
{
    begin();
    CU_ASSERT_EQUAL(dialogue_ping(FAR_AWAY), 0);
    dialogue_expect("echo-request 10.0.2.15 > 198.51.100.1 id 1 seq 1 size 16");
    dialogue_end();
}

static void test_far_destinations_ask_for_the_gateway_not_for_themselves(void)
{
    dialogue_begin();
    CU_ASSERT_EQUAL(dialogue_ping(FAR_AWAY), 0);
    dialogue_expect("arp who-has 10.0.2.2 tell 10.0.2.15");
    dialogue_arp_reply(GATEWAY);
    dialogue_expect("echo-request 10.0.2.15 > 198.51.100.1 id 1 seq 1 size 16");
    dialogue_end();
}

static void test_without_a_route_nothing_is_sent(void)
{
    static const char *const files[] = {"/etc/net/ip_router", "", NULL};
    dialogue_begin_with(files, 1);
    CU_ASSERT_EQUAL(dialogue_ping(FAR_AWAY), -KENETUNREACH);
    dialogue_end();
    dialogue_begin_with(NULL, 0);
    CU_ASSERT_EQUAL(dialogue_ping(GATEWAY), -KENETUNREACH);
    CU_ASSERT_EQUAL(dialogue_ping(UINT32_MAX), -KENETUNREACH);
    dialogue_end();
}

static void test_addresses_of_no_host_have_no_route(void)
{
    static const uint32_t nobodies[] = {0, 1, 0xe0000001, 0xf0000001};
    begin();
    for (unsigned i = 0; i < sizeof(nobodies) / sizeof(nobodies[0]); i++)
        CU_ASSERT_EQUAL(dialogue_ping(nobodies[i]), -KENETUNREACH);
    dialogue_end();
}

static void test_broadcasts_are_sent_to_everybody_without_arp(void)
{
    static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    begin();
    CU_ASSERT_EQUAL(dialogue_ping(0x0a0002ff), 0);
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(memcmp(frame, everybody, 6), 0);
    CU_ASSERT_EQUAL(dialogue_ping(UINT32_MAX), 0);
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(memcmp(frame, everybody, 6), 0);
    dialogue_end();
}

static void test_header_that_is_sent_is_complete(void)
{
    uint8_t first[DIALOGUE_FRAME_MAX], second[DIALOGUE_FRAME_MAX];
    size_t size;
    begin();
    dialogue_ping(GATEWAY);
    dialogue_ping(GATEWAY);
    CU_ASSERT_TRUE_FATAL(dialogue_take(first, &size) && dialogue_take(second, &size));
    CU_ASSERT_EQUAL(size, 14 + 20 + 16);
    CU_ASSERT_EQUAL(first[14], 0x45);
    CU_ASSERT_EQUAL(first[14 + 6], 0x40); /* do not fragment */
    CU_ASSERT_EQUAL(first[14 + 8], 64);
    CU_ASSERT_EQUAL(first[14 + 9], 1);
    CU_ASSERT_NOT_EQUAL(first[14 + 5], second[14 + 5]);
    dialogue_end();
}

static void test_second_interface_has_its_own_addresses_and_neighbours(void)
{
    dialogue_begin_with(NULL, 2);
    struct interface *eth1 = interface_by_name("eth1");
    CU_ASSERT_PTR_NOT_NULL_FATAL(eth1);
    CU_ASSERT_EQUAL(interface_set_address(eth1, 0xc0a80105, 0xffffff00), 0);
    CU_ASSERT_EQUAL(dialogue_ping(0xc0a80109), 0);
    dialogue_expect_on(1, "arp who-has 192.168.1.9 tell 192.168.1.5");
    CU_ASSERT_EQUAL(dialogue_ping(GATEWAY), 0);
    dialogue_expect_on(0, "arp who-has 10.0.2.2 tell 10.0.2.15");
    dialogue_arp_reply(GATEWAY);
    dialogue_expect_on(0, "echo-request 10.0.2.15 > 10.0.2.2 id 1 seq 2 size 16");
    for (unsigned i = 1; i <= 2; i++) {
        dialogue_wait_until(T0 + i * S);
        dialogue_expect_on(1, "arp who-has 192.168.1.9 tell 192.168.1.5");
    }
    dialogue_wait_until(T0 + 3 * S);
    CU_ASSERT_EQUAL(dialogue_error(), KEHOSTUNREACH);
    dialogue_end();
}

static void test_interface_that_is_down_neither_sends_nor_receives(void)
{
    begin();
    struct interface *eth0 = interface_by_name("eth0");
    CU_ASSERT_EQUAL(interface_set_up(eth0, false), 0);
    CU_ASSERT_EQUAL(dialogue_ping(GATEWAY), -KENETUNREACH);
    send(&(struct dialogue_ip){0});
    CU_ASSERT_EQUAL(dialogue_drops("ethernet interface is down"), 1);
    CU_ASSERT_EQUAL(interface_set_up(eth0, true), 0);
    CU_ASSERT_EQUAL(dialogue_ping(FAR_AWAY), -KENETUNREACH); /* only the subnet is back */
    CU_ASSERT_EQUAL(dialogue_ping(GATEWAY), 0);
    dialogue_expect("arp who-has 10.0.2.2 tell 10.0.2.15");
    CU_ASSERT_EQUAL(interface_set_up(eth0, false), 0);
    dialogue_end();
}

UNIT_SUITE("ipv4", UNIT_TEST(test_good_packet_is_answered),
           UNIT_TEST(test_header_fields_that_make_no_sense_are_refused),
           UNIT_TEST(test_header_longer_than_the_frame_is_refused),
           UNIT_TEST(test_packet_cut_off_anywhere_is_refused),
           UNIT_TEST(test_padding_and_options_are_not_part_of_the_message),
           UNIT_TEST(test_time_to_live_does_not_matter_at_the_destination),
           UNIT_TEST(test_fragments_for_others_are_refused_before_they_are_kept),
           UNIT_TEST(test_destinations_that_are_not_ours_are_refused),
           UNIT_TEST(test_broadcasts_are_received),
           UNIT_TEST(test_sources_that_are_no_hosts_are_refused),
           UNIT_TEST(test_unknown_protocols_are_answered_with_an_error),
           UNIT_TEST(test_frames_for_other_stations_are_refused),
           UNIT_TEST(test_full_sized_packet_is_answered_whole),
           UNIT_TEST(test_far_destinations_go_through_the_gateway),
           UNIT_TEST(test_far_destinations_ask_for_the_gateway_not_for_themselves),
           UNIT_TEST(test_without_a_route_nothing_is_sent),
           UNIT_TEST(test_addresses_of_no_host_have_no_route),
           UNIT_TEST(test_broadcasts_are_sent_to_everybody_without_arp),
           UNIT_TEST(test_header_that_is_sent_is_complete),
           UNIT_TEST(test_second_interface_has_its_own_addresses_and_neighbours),
           UNIT_TEST(test_interface_that_is_down_neither_sends_nor_receives))
