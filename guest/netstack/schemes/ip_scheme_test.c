/* ip_scheme_test.c - tests for schemes/ip_scheme.c and netstack/raw.c */
#include "netstack/schemes/ip_scheme.h"

#include "kernel/syscall.h"
#include "lib/checksum.h"
#include "netstack/dialogue.h"
#include "netstack/ipv4.h"
#include "netstack/schemes/scheme_rig.h"
#include "tests/unit.h"

#include <string.h>

#define SCTP 132 /* which nobody here speaks */

static const char payload[] = "eight by";

static uint64_t open_protocol(const char *path)
{
    rig_begin(&ip_scheme_protocol);
    int64_t file = rig_open(path);
    CU_ASSERT_TRUE_FATAL(file > 0);
    return (uint64_t)file;
}

static void end(uint64_t file)
{
    rig_close(file);
    rig_end();
}

/* A header as a program writes it, and the payload behind. Returns its size. */
static size_t build(uint8_t *packet, uint8_t protocol, uint32_t destination, uint8_t ttl)
{
    memset(packet, 0, IPV4_HEADER_SIZE);
    packet[0] = 0x45;
    packet[IPV4_TTL_AT] = ttl;
    packet[IPV4_PROTOCOL_AT] = protocol;
    for (unsigned i = 0; i < 4; i++) {
        packet[IPV4_DESTINATION_AT + i] = (uint8_t)(destination >> (24 - 8 * i));
    }
    memcpy(packet + IPV4_HEADER_SIZE, payload, 8);
    return IPV4_HEADER_SIZE + 8;
}

static int64_t write_packet(uint64_t file, const uint8_t *packet, size_t size)
{
    uint8_t copy[64];
    memcpy(copy, packet, size);
    return rig_call(SCHEME_WRITE, file, copy, size, 0);
}

static void test_a_packet_is_read_from_its_header_on_and_not_refused(void)
{
    uint8_t buffer[64];
    uint64_t file = open_protocol("84");
    uint64_t tag = rig_ask(SCHEME_READ, file, buffer, sizeof buffer, 0);
    dialogue_send_ip(&(struct dialogue_ip){.protocol = SCTP, .ttl = 9}, payload, 8);
    rig_work();
    CU_ASSERT_EQUAL(rig_answer(tag), IPV4_HEADER_SIZE + 8);
    CU_ASSERT_EQUAL(buffer[IPV4_PROTOCOL_AT], SCTP);
    CU_ASSERT_EQUAL(buffer[IPV4_TTL_AT], 9);
    CU_ASSERT_EQUAL(memcmp(buffer + IPV4_HEADER_SIZE, payload, 8), 0);
    dialogue_expect_silence();
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    end(file);
}

/* The header says what has become of it: one packet, of all bytes. */
static void test_fragments_are_read_as_one_packet(void)
{
    uint8_t buffer[64];
    uint64_t file = open_protocol("84");
    dialogue_send_ip(
        &(struct dialogue_ip){.protocol = SCTP, .identification = 7, .fragment = 0x2000}, payload,
        8);
    dialogue_send_ip(&(struct dialogue_ip){.protocol = SCTP, .identification = 7, .fragment = 1},
                     payload, 8);
    rig_work();
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, buffer, sizeof buffer, O_NONBLOCK),
                    IPV4_HEADER_SIZE + 16);
    CU_ASSERT_EQUAL(buffer[IPV4_TOTAL_SIZE_AT + 1], IPV4_HEADER_SIZE + 16);
    CU_ASSERT_EQUAL(buffer[IPV4_FRAGMENT_AT], 0);
    CU_ASSERT_TRUE(checksum_is_right(buffer, IPV4_HEADER_SIZE));
    end(file);
}

/* Two sockets of the protocol, and the stack, which answers. */
static void test_everybody_of_a_protocol_gets_a_packet(void)
{
    uint8_t buffer[64];
    uint64_t one = open_protocol("1");
    uint64_t two = (uint64_t)rig_open("01"), other = (uint64_t)rig_open("11");
    dialogue_send_icmp(GATEWAY, 8, 5, 1, 16);
    rig_work();
    dialogue_expect("arp who-has 10.0.2.2 tell 10.0.2.15");
    dialogue_arp_reply(GATEWAY);
    dialogue_expect("echo-reply 10.0.2.15 > 10.0.2.2 id 5 seq 1 size 16");
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, one, buffer, sizeof buffer, O_NONBLOCK), 36);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, two, buffer, sizeof buffer, O_NONBLOCK), 36);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, other, buffer, sizeof buffer, O_NONBLOCK), -KEAGAIN);
    rig_close(two);
    rig_close(other);
    end(one);
}

static void test_a_packet_is_written_with_its_header(void)
{
    uint8_t packet[64], frame[DIALOGUE_FRAME_MAX];
    size_t size;
    uint64_t file = open_protocol("84");
    size_t length = build(packet, SCTP, GATEWAY, 3);
    CU_ASSERT_EQUAL(write_packet(file, packet, length), (int64_t)length);
    dialogue_expect("arp who-has 10.0.2.2 tell 10.0.2.15");
    dialogue_arp_reply(GATEWAY);
    CU_ASSERT_TRUE(dialogue_take(frame, &size));
    const uint8_t *sent = frame + 14;
    CU_ASSERT_EQUAL(sent[IPV4_TTL_AT], 3);
    CU_ASSERT_EQUAL(sent[IPV4_PROTOCOL_AT], SCTP);
    CU_ASSERT_EQUAL(sent[IPV4_TOTAL_SIZE_AT + 1], length);
    CU_ASSERT_EQUAL(sent[IPV4_SOURCE_AT + 3], 15);
    CU_ASSERT_EQUAL(memcmp(sent + IPV4_HEADER_SIZE, payload, 8), 0);
    end(file);
}

static void test_what_is_no_packet_of_the_protocol_is_refused(void)
{
    uint8_t packet[64];
    uint64_t file = open_protocol("84");
    size_t size = build(packet, 1, GATEWAY, 3);
    CU_ASSERT_EQUAL(write_packet(file, packet, size), -KEINVAL);
    size = build(packet, SCTP, GATEWAY, 3);
    CU_ASSERT_EQUAL(write_packet(file, packet, IPV4_HEADER_SIZE - 1), -KEINVAL);
    packet[0] = 0x65;
    CU_ASSERT_EQUAL(write_packet(file, packet, size), -KEINVAL);
    packet[0] = 0x4f; /* longer than all of it */
    CU_ASSERT_EQUAL(write_packet(file, packet, size), -KEINVAL);
    size = build(packet, SCTP, 0x0a0002ff, 3);
    CU_ASSERT_EQUAL(write_packet(file, packet, size), -KEACCES);
    dialogue_expect_silence();
    end(file);
}

static void test_paths_are_numbers_of_protocols(void)
{
    static const char *const wrong[] = {"x", "100", "1/", "-1", "0x1", " 1"};
    uint8_t packet[64];
    rig_begin(&ip_scheme_protocol);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(rig_open(wrong[i]), -KENOENT);
    }
    uint64_t file = (uint64_t)rig_open("");
    size_t size = build(packet, SCTP, GATEWAY, 3);
    CU_ASSERT_EQUAL(write_packet(file, packet, size), -KEDESTADDRREQ);
    int64_t named = rig_dup(file, "84", 0);
    CU_ASSERT_TRUE(named > 0);
    CU_ASSERT_EQUAL(rig_dup(file, "84", 0), -KEINVAL);
    rig_close((uint64_t)named);
    end(file);
}

UNIT_SUITE("ip_scheme", UNIT_TEST(test_a_packet_is_read_from_its_header_on_and_not_refused),
           UNIT_TEST(test_fragments_are_read_as_one_packet),
           UNIT_TEST(test_everybody_of_a_protocol_gets_a_packet),
           UNIT_TEST(test_a_packet_is_written_with_its_header),
           UNIT_TEST(test_what_is_no_packet_of_the_protocol_is_refused),
           UNIT_TEST(test_paths_are_numbers_of_protocols))
