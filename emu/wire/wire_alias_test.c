/*
 * wire_alias_test.c - frames with another address, against checksums that are summed up anew
 */
#include "emu/wire/wire_alias.h"

#include "emu/wire/checksum.h"
#include "emu/wire/wire_bytes.h"
#include "tests/unit.h"

#include <string.h>

#define NAME_SERVER 0x0a000203u
#define ALIAS       0x0a000201u
#define GUEST       0x0a00020fu
#define OPTIONS     4 /* bytes of the IPv4 header */
#define DATA        5
#define SEGMENT     (20 + DATA)
#define FRAME       (14 + 20 + OPTIONS + SEGMENT)

static uint8_t frame[FRAME];

static bool ip_is_right(void)
{
    return checksum_finish(checksum_add(0, frame + 14, 20 + OPTIONS)) == 0;
}

static bool tcp_is_right(void)
{
    uint64_t sum =
        checksum_add_pseudo_header(0, wire_get32(frame + 26), wire_get32(frame + 30), 6, SEGMENT);
    return checksum_finish(checksum_add(sum, frame + 34 + OPTIONS, SEGMENT)) == 0;
}

static void build(uint32_t source, uint32_t destination)
{
    memset(frame, 0, sizeof(frame));
    wire_put16(frame + 12, 0x0800);
    frame[14] = 0x46;
    wire_put16(frame + 16, FRAME - 14);
    frame[22] = 64;
    frame[23] = 6;
    wire_put32(frame + 26, source);
    wire_put32(frame + 30, destination);
    memcpy(frame + FRAME - DATA, "names", DATA);
    wire_put16(frame + 24, checksum_finish(checksum_add(0, frame + 14, 20 + OPTIONS)));
    uint64_t sum = checksum_add_pseudo_header(0, source, destination, 6, SEGMENT);
    wire_put16(frame + 50 + OPTIONS,
               checksum_finish(checksum_add(sum, frame + 34 + OPTIONS, SEGMENT)));
    CU_ASSERT_TRUE(ip_is_right() && tcp_is_right());
}

static void test_both_checksums_follow(void)
{
    static const uint32_t others[] = {ALIAS, 0, UINT32_MAX, 0xfffe0001};
    for (size_t i = 0; i < 4; i++) {
        build(GUEST, NAME_SERVER);
        CU_ASSERT_TRUE(
            wire_alias_put(frame, FRAME, WIRE_ALIAS_DESTINATION, NAME_SERVER, others[i]));
        CU_ASSERT_EQUAL(wire_get32(frame + 30), others[i]);
        CU_ASSERT_TRUE(ip_is_right() && tcp_is_right());
    }
    build(ALIAS, GUEST);
    CU_ASSERT_TRUE(wire_alias_put(frame, FRAME, WIRE_ALIAS_SOURCE, ALIAS, NAME_SERVER));
    CU_ASSERT_EQUAL(wire_get32(frame + 26), NAME_SERVER);
    CU_ASSERT_TRUE(ip_is_right() && tcp_is_right());
}

static void test_checksum_that_is_wrong_stays_wrong(void)
{
    build(GUEST, NAME_SERVER);
    frame[FRAME - 1] ^= 1;
    CU_ASSERT_TRUE(wire_alias_put(frame, FRAME, WIRE_ALIAS_DESTINATION, NAME_SERVER, ALIAS));
    CU_ASSERT_TRUE(ip_is_right());
    CU_ASSERT_FALSE(tcp_is_right());
}

/* A byte that makes the frame something else. */
static void expect_untouched(size_t at, uint8_t value, size_t len)
{
    uint8_t before[FRAME];
    build(GUEST, NAME_SERVER);
    frame[at] = value;
    memcpy(before, frame, sizeof(before));
    CU_ASSERT_FALSE(wire_alias_put(frame, len, WIRE_ALIAS_DESTINATION, NAME_SERVER, ALIAS));
    CU_ASSERT_EQUAL(memcmp(before, frame, sizeof(before)), 0);
}

static void test_what_is_no_such_segment_stays_as_it_is(void)
{
    expect_untouched(13, 6, FRAME);    /* ARP */
    expect_untouched(23, 17, FRAME);   /* UDP */
    expect_untouched(20, 0x20, FRAME); /* a fragment */
    expect_untouched(21, 1, FRAME);    /* a later one */
    expect_untouched(33, 4, FRAME);    /* to somebody else */
    expect_untouched(14, 0x44, FRAME); /* a header that is none */
    expect_untouched(14, 0x4f, FRAME); /* one that is longer than the frame */
    for (size_t len = 0; len < FRAME - DATA; len++) {
        expect_untouched(0, 0, len);
    }
}

UNIT_SUITE("wire_alias", UNIT_TEST(test_both_checksums_follow),
           UNIT_TEST(test_checksum_that_is_wrong_stays_wrong),
           UNIT_TEST(test_what_is_no_such_segment_stays_as_it_is))
