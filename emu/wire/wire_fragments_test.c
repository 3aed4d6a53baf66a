/*
 * wire_fragments_test.c - datagrams that are cut and put together again, in any order
 */
#include "emu/wire/wire_fragments.h"

#include "emu/wire/checksum.h"
#include "emu/wire/wire_bytes.h"
#include "tests/unit.h"

#include <string.h>

#define HEAD       34
#define PIECES_MAX 64

static struct wire_fragments *fragments;
static uint8_t whole[HEAD + 65515];
static size_t whole_len;
static GBytes *pieces[PIECES_MAX];
static unsigned piece_count;

static void keep(void *opaque, const uint8_t *frame, size_t len)
{
    (void)opaque;
    CU_ASSERT_TRUE_FATAL(piece_count < PIECES_MAX);
    CU_ASSERT_TRUE(len <= 1514);
    pieces[piece_count++] = g_bytes_new(frame, len);
}

/* A datagram with so many bytes behind its header, in pieces. */
static void cut(size_t data)
{
    fragments = wire_fragments_new();
    piece_count = 0;
    whole_len = HEAD + data;
    memset(whole, 0, HEAD);
    wire_put16(whole + 12, 0x0800);
    whole[14] = 0x45;
    wire_put16(whole + 16, (unsigned)(20 + data));
    whole[22] = 64;
    whole[23] = 17;
    wire_put32(whole + 26, 0x0a00020f);
    wire_put32(whole + 30, 0x0a000264);
    wire_put16(whole + 24, checksum_finish(checksum_add(0, whole + 14, 20)));
    for (size_t i = 0; i < data; i++) {
        whole[HEAD + i] = (uint8_t)(i * 7 + i / 256);
    }
    wire_fragments_cut(fragments, whole, whole_len, keep, NULL);
}

static void done(void)
{
    for (unsigned i = 0; i < piece_count; i++) {
        g_bytes_unref(pieces[i]);
    }
    wire_fragments_free(fragments);
}

static GBytes *give(GBytes *piece, uint64_t now_ns)
{
    gsize size;
    uint32_t destination;
    const uint8_t *bytes = g_bytes_get_data(piece, &size);
    CU_ASSERT_TRUE(wire_fragments_is(bytes, size, &destination));
    CU_ASSERT_EQUAL(destination, 0x0a000264);
    return wire_fragments_take(fragments, bytes, size, now_ns);
}

static void expect_whole(GBytes *got)
{
    gsize size = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(got);
    const uint8_t *bytes = g_bytes_get_data(got, &size);
    CU_ASSERT_EQUAL_FATAL(size, whole_len);
    CU_ASSERT_EQUAL(memcmp(bytes + HEAD, whole + HEAD, whole_len - HEAD), 0);
    CU_ASSERT_EQUAL(wire_get16(bytes + 16), whole_len - 14);
    CU_ASSERT_EQUAL(wire_get16(bytes + 20), 0);
    CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, bytes + 14, 20)), 0);
    g_bytes_unref(got);
}

static void test_what_fits_is_not_cut(void)
{
    uint32_t destination;
    cut(1480);
    CU_ASSERT_EQUAL(piece_count, 1);
    CU_ASSERT_FALSE(wire_fragments_is(whole, whole_len, &destination));
    CU_ASSERT_EQUAL(memcmp(g_bytes_get_data(pieces[0], NULL), whole, whole_len), 0);
    done();
}

static void test_the_longest_comes_together_in_either_order(void)
{
    for (int backwards = 0; backwards < 2; backwards++) {
        cut(65515);
        CU_ASSERT_EQUAL(piece_count, 45);
        for (unsigned i = 0; i + 1 < piece_count; i++) {
            CU_ASSERT_PTR_NULL(give(pieces[backwards ? piece_count - 1 - i : i], 0));
        }
        expect_whole(give(pieces[backwards ? 0 : piece_count - 1], 0));
        done();
    }
}

static void test_a_piece_that_came_twice_counts_once(void)
{
    cut(4000);
    CU_ASSERT_PTR_NULL(give(pieces[0], 0));
    CU_ASSERT_PTR_NULL(give(pieces[0], 0));
    CU_ASSERT_PTR_NULL(give(pieces[2], 0));
    expect_whole(give(pieces[1], 0));
    CU_ASSERT_PTR_NULL(give(pieces[1], 0)); /* of another one, which never becomes whole */
    done();
}

static void test_what_is_not_whole_in_time_is_forgotten(void)
{
    cut(2000);
    CU_ASSERT_PTR_NULL(give(pieces[0], 0));
    CU_ASSERT_PTR_NULL(give(pieces[1], WIRE_FRAGMENTS_LIFE_NS));
    expect_whole(give(pieces[0], WIRE_FRAGMENTS_LIFE_NS + 1));
    done();
}

/* One byte of a piece, and it counts for nothing. */
static void expect_useless(size_t at, uint8_t value, bool mend)
{
    cut(2003);
    gsize size;
    g_autofree uint8_t *bytes =
        g_memdup2(g_bytes_get_data(pieces[1], &size), g_bytes_get_size(pieces[1]));
    bytes[at] = value;
    if (mend) {
        wire_put16(bytes + 24, 0);
        wire_put16(bytes + 24, checksum_finish(checksum_add(0, bytes + 14, 20)));
    }
    CU_ASSERT_PTR_NULL(give(pieces[0], 0));
    CU_ASSERT_PTR_NULL(wire_fragments_take(fragments, bytes, size, 0));
    expect_whole(give(pieces[1], 0));
    done();
}

static void test_pieces_that_are_no_good_are_ignored(void)
{
    expect_useless(22, 1, false);   /* a checksum that is wrong */
    expect_useless(16, 0xff, true); /* longer than its frame */
    expect_useless(14, 0x44, true); /* a header that is none */
    expect_useless(20, 0x20, true); /* not the last, and no multiple of eight bytes */
}

UNIT_SUITE("wire_fragments", UNIT_TEST(test_what_fits_is_not_cut),
           UNIT_TEST(test_the_longest_comes_together_in_either_order),
           UNIT_TEST(test_a_piece_that_came_twice_counts_once),
           UNIT_TEST(test_what_is_not_whole_in_time_is_forgotten),
           UNIT_TEST(test_pieces_that_are_no_good_are_ignored))
