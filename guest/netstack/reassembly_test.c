/*
 * Reassembly: any order, duplicates, overlaps, limits and the end of patience. Echo requests come
 * in fragments, and the answer shows what they were put together to.
 */
#include "netstack/reassembly.h"

#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/interface.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define MORE 0x2000

static uint8_t message[REASSEMBLY_SIZE_MAX];

static void begin(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    dialogue_build_icmp(message, 8, 0, 77, 1, 64);
}

/* Bytes of the message, as a fragment of datagram `number`. */
static void send_part(uint16_t number, size_t from, size_t size, bool more)
{
    struct dialogue_ip ip = {
        .identification = number,
        .fragment = (uint16_t)(from / 8 | (more ? MORE : 0)),
    };
    dialogue_send_ip(&ip, message + from, size);
}

static void expect_reply(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(size, 34 + 64);
    CU_ASSERT_EQUAL(memcmp(frame + 38, message + 4, 60), 0);
}

/* What stays incomplete: dropped when its time is over. */
static void end_with_incomplete(unsigned count)
{
    dialogue_expect_silence();
    dialogue_wait_until(T0 + REASSEMBLY_TIMEOUT_NS + S);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly time is over"), count);
}

static void test_fragments_in_any_order_make_the_datagram(void)
{
    static const size_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    begin();
    for (uint16_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < 3; k++) {
            dialogue_expect_silence();
            send_part(i, orders[i][k] * 24, orders[i][k] == 2 ? 16 : 24, orders[i][k] != 2);
        }
        expect_reply();
    }
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    dialogue_end();
}

static void test_every_split_of_the_message_works(void)
{
    begin();
    for (size_t at = 8; at < 64; at += 8) {
        send_part((uint16_t)at, 0, at, true);
        send_part((uint16_t)at, at, 64 - at, false);
        expect_reply();
    }
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    dialogue_end();
}

static void test_last_fragment_may_end_anywhere(void)
{
    begin();
    for (size_t size = 9; size < 32; size++) {
        dialogue_build_icmp(message, 8, 0, 77, (uint16_t)size, size);
        send_part((uint16_t)size, 0, 8, true);
        send_part((uint16_t)size, 8, size - 8, false);
        uint8_t frame[DIALOGUE_FRAME_MAX];
        size_t length;
        CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &length));
        CU_ASSERT_EQUAL(length, 34 + size);
    }
    dialogue_end();
}

static void test_datagrams_are_told_apart(void)
{
    struct dialogue_ip other = {.source = DNS, .identification = 1, .fragment = 32 / 8};
    begin();
    send_part(1, 0, 32, true);
    send_part(2, 32, 32, false);                /* another number */
    dialogue_send_ip(&other, message + 32, 32); /* another source */
    other = (struct dialogue_ip){.protocol = 17, .identification = 1, .fragment = 32 / 8};
    dialogue_send_ip(&other, message + 32, 32); /* another protocol */
    other =
        (struct dialogue_ip){.destination = 0x0a0002ff, .identification = 1, .fragment = 32 / 8};
    dialogue_send_ip(&other, message + 32, 32); /* another destination */
    dialogue_expect_silence();
    send_part(1, 32, 32, false);
    expect_reply();
    end_with_incomplete(4);
    dialogue_end();
}

static void test_repeated_fragment_changes_nothing(void)
{
    begin();
    send_part(1, 0, 32, true);
    message[20] ^= 0xff; /* the first to come counts */
    send_part(1, 0, 32, true);
    send_part(1, 8, 8, true); /* within what is there */
    message[20] ^= 0xff;
    CU_ASSERT_EQUAL(dialogue_drops("reassembly repeated fragment"), 2);
    send_part(1, 32, 32, false);
    expect_reply();
    CU_ASSERT_EQUAL(dialogue_all_drops(), 2);
    dialogue_end();
}

static void test_overlap_drops_the_datagram(void)
{
    begin();
    send_part(1, 0, 32, true);
    send_part(1, 24, 40, false);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly overlapping fragments"), 1);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly datagram of bad fragments"), 1);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
    send_part(1, 32, 32, false); /* the rest alone is nothing */
    end_with_incomplete(1);
    dialogue_end();
}

static void test_fragments_that_disagree_on_the_end_drop_the_datagram(void)
{
    static const struct {
        size_t from, size;
        bool more;
    } cases[][2] = {
        {{32, 32, false}, {64, 8, true}},   /* beyond the end */
        {{32, 32, false}, {32, 24, false}}, /* another end */
        {{32, 32, true}, {16, 8, false}},   /* an end before what is there */
    };
    begin();
    for (uint16_t i = 0; i < 3; i++) {
        for (unsigned k = 0; k < 2; k++)
            send_part(i, cases[i][k].from, cases[i][k].size, cases[i][k].more);
        CU_ASSERT_EQUAL(dialogue_drops("reassembly fragments disagree on the end"), i + 1u);
        CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
    }
    dialogue_end();
}

static void test_fragments_that_make_no_sense_are_refused(void)
{
    begin();
    send_part(1, 8, 0, true);
    send_part(1, 8, 0, false);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly fragment without data"), 2);
    send_part(1, 0, 9, true);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly fragment ends within a unit"), 1);
    struct dialogue_ip ip = {.fragment = REASSEMBLY_SIZE_MAX / 8 + 1};
    dialogue_send_ip(&ip, message, 1);
    ip.fragment = 0x1fff; /* the ping of death */
    dialogue_send_ip(&ip, message, 1000);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly fragment beyond the longest packet"), 2);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
    dialogue_end();
}

/* The last fragment first: the buffer is enlarged at once, or with the second one. */
static void send_longest(uint16_t number, bool backwards)
{
    unsigned count = (REASSEMBLY_SIZE_MAX + 1479) / 1480;
    for (unsigned i = 0; i < count; i++) {
        unsigned index = backwards ? count - 1 - i : i;
        bool last = index == count - 1;
        send_part(number, index * 1480, last ? REASSEMBLY_SIZE_MAX - index * 1480 : 1480, !last);
    }
}

static void test_largest_datagram_is_received_and_answered_in_fragments(void)
{
    begin();
    dialogue_build_icmp(message, 8, 0, 77, 1, REASSEMBLY_SIZE_MAX);
    for (uint16_t backwards = 0; backwards < 2; backwards++) {
        char expected[80];
        send_longest(backwards, backwards != 0);
        for (size_t at = 0; at < REASSEMBLY_SIZE_MAX; at += 1480) {
            bool more = at + 1480 < REASSEMBLY_SIZE_MAX;
            snprintf(expected, sizeof(expected),
                     "fragment 10.0.2.15 > 10.0.2.2 protocol 1 at %zu size %zu%s", at,
                     more ? 1480 : REASSEMBLY_SIZE_MAX - at, more ? " more" : "");
            dialogue_expect(expected);
        }
    }
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    dialogue_end();
}

static void test_without_a_large_buffer_a_datagram_is_dropped(void)
{
    struct nbuf *large[NBUF_LARGE_COUNT];
    begin();
    for (unsigned i = 0; i < NBUF_LARGE_COUNT; i++) {
        large[i] = nbuf_alloc();
        CU_ASSERT_TRUE(nbuf_enlarge(large[i]));
    }
    send_part(1, 0, 1480, true);
    send_part(1, 1480, 1480, true);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly no large buffer for a datagram"), 1);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly datagram of bad fragments"), 1);
    for (unsigned i = 0; i < NBUF_LARGE_COUNT; i++)
        nbuf_free(large[i]);
    dialogue_end();
}

static void test_fragments_reach_sockets_with_their_checksum_checked_as_a_whole(void)
{
    begin();
    message[40] ^= 1;
    send_part(1, 0, 32, true);
    send_part(1, 32, 32, false);
    CU_ASSERT_EQUAL(dialogue_drops("icmp bad checksum"), 1);
    dialogue_end();
}

/* ---- limits and time ------------------------------------------------------------------------- */

static void test_oldest_makes_room_for_a_new_datagram(void)
{
    begin();
    for (uint16_t i = 0; i <= REASSEMBLY_MAX; i++) {
        dialogue_wait_until(T0 + i * MS);
        send_part(i, 0, 32, true);
    }
    CU_ASSERT_EQUAL(dialogue_drops("reassembly too many datagrams, the oldest goes"), 1);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - REASSEMBLY_MAX);
    send_part(1, 32, 32, false);
    expect_reply();
    CU_ASSERT_EQUAL(interface_set_up(interface_by_name("eth0"), false), 0);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly its interface went"), REASSEMBLY_MAX - 1);
    dialogue_end();
}

static void test_without_a_buffer_the_fragment_is_dropped(void)
{
    static struct nbuf *taken[NBUF_COUNT];
    begin();
    for (unsigned i = 0; i + 1 < NBUF_COUNT; i++)
        taken[i] = nbuf_alloc();
    send_part(1, 0, 32, true);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly no buffer for a datagram"), 1);
    for (unsigned i = 0; i + 1 < NBUF_COUNT; i++)
        nbuf_free(taken[i]);
    dialogue_end();
}

static void test_patience_ends_exactly_and_the_sender_is_told(void)
{
    begin();
    send_part(1, 0, 32, true);
    dialogue_wait_until(T0 + 20 * S);
    send_part(1, 40, 24, false); /* does not prolong it */
    dialogue_wait_until(T0 + REASSEMBLY_TIMEOUT_NS - 1);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly time is over"), 0);
    dialogue_expect_silence();
    dialogue_wait_until(T0 + REASSEMBLY_TIMEOUT_NS);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly time is over"), 1);
    dialogue_expect("time-exceeded 1 10.0.2.15 > 10.0.2.2 quotes 28");
    dialogue_end();
}

/* "If fragment zero is not available then no time exceeded need be sent at all" [RFC792]. */
static void test_without_its_beginning_nobody_is_told(void)
{
    begin();
    send_part(1, 32, 32, false);
    end_with_incomplete(1);
    dialogue_end();
}

/* [RFC1122] 3.2.2: never an error about an error. */
static void test_fragment_of_an_icmp_error_is_not_answered_with_one(void)
{
    begin();
    dialogue_build_icmp(message, 3, 1, 0, 0, 64);
    send_part(1, 0, 32, true);
    end_with_incomplete(1);
    dialogue_end();
}

static void test_each_datagram_has_its_own_time(void)
{
    begin();
    dialogue_build_icmp(message, 3, 1, 0, 0, 64); /* silent */
    send_part(1, 0, 32, true);
    dialogue_wait_until(T0 + 10 * S);
    send_part(2, 0, 32, true);
    dialogue_wait_until(T0 + REASSEMBLY_TIMEOUT_NS);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly time is over"), 1);
    dialogue_wait_until(T0 + REASSEMBLY_TIMEOUT_NS + 10 * S - 1);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly time is over"), 1);
    dialogue_wait_until(T0 + REASSEMBLY_TIMEOUT_NS + 10 * S);
    CU_ASSERT_EQUAL(dialogue_drops("reassembly time is over"), 2);
    dialogue_end();
}

UNIT_SUITE("reassembly", UNIT_TEST(test_fragments_in_any_order_make_the_datagram),
           UNIT_TEST(test_every_split_of_the_message_works),
           UNIT_TEST(test_last_fragment_may_end_anywhere), UNIT_TEST(test_datagrams_are_told_apart),
           UNIT_TEST(test_repeated_fragment_changes_nothing),
           UNIT_TEST(test_overlap_drops_the_datagram),
           UNIT_TEST(test_fragments_that_disagree_on_the_end_drop_the_datagram),
           UNIT_TEST(test_fragments_that_make_no_sense_are_refused),
           UNIT_TEST(test_largest_datagram_is_received_and_answered_in_fragments),
           UNIT_TEST(test_without_a_large_buffer_a_datagram_is_dropped),
           UNIT_TEST(test_fragments_reach_sockets_with_their_checksum_checked_as_a_whole),
           UNIT_TEST(test_oldest_makes_room_for_a_new_datagram),
           UNIT_TEST(test_without_a_buffer_the_fragment_is_dropped),
           UNIT_TEST(test_patience_ends_exactly_and_the_sender_is_told),
           UNIT_TEST(test_without_its_beginning_nobody_is_told),
           UNIT_TEST(test_fragment_of_an_icmp_error_is_not_answered_with_one),
           UNIT_TEST(test_each_datagram_has_its_own_time))
