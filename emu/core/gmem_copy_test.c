/*
 * gmem_copy_test.c - copies are exact, and look at the bench's side only
 */
#include "emu/core/gmem_copy.h"

#include "tests/unit.h"

#include <glib.h>
#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <string.h>

#define SIZE_MAX_TRIED 40
#define MARGIN         16
#define FRAME          (SIZE_MAX_TRIED + 2 * MARGIN)

static void make_pattern(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(i * 7 + 1);
    }
}

static bool is_all(const uint8_t *bytes, uint8_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

static void test_copies_are_exact_at_every_size_and_alignment(void)
{
    uint8_t from[FRAME];
    uint8_t in[FRAME];
    uint8_t out[FRAME];
    make_pattern(from, sizeof(from));
    for (size_t shift = 0; shift < 8; shift++) {
        for (size_t size = 0; size <= SIZE_MAX_TRIED; size++) {
            size_t at = MARGIN - shift;
            memset(in, 0xee, sizeof(in));
            memset(out, 0xee, sizeof(out));
            gmem_copy_in(in + at, from + shift, size);
            gmem_copy_out(out + at, from + shift, size);
            CU_ASSERT_TRUE(memcmp(in + at, from + shift, size) == 0);
            CU_ASSERT_TRUE(memcmp(out, in, sizeof(in)) == 0);
            CU_ASSERT_TRUE(is_all(in, 0xee, at));
            CU_ASSERT_TRUE(is_all(in + at + size, 0xee, sizeof(in) - at - size));
        }
    }
}

static void test_fill_is_exact_at_every_size_and_alignment(void)
{
    uint8_t bytes[FRAME];
    for (size_t at = MARGIN - 8; at < MARGIN; at++) {
        for (size_t size = 0; size <= SIZE_MAX_TRIED; size++) {
            memset(bytes, 0xee, sizeof(bytes));
            gmem_fill(bytes + at, 0xdb, size);
            CU_ASSERT_TRUE(is_all(bytes, 0xee, at));
            CU_ASSERT_TRUE(is_all(bytes + at, 0xdb, size));
            CU_ASSERT_TRUE(is_all(bytes + at + size, 0xee, sizeof(bytes) - at - size));
        }
    }
}

static void test_poison_on_the_guest_s_side_does_not_matter(void)
{
    /* Without AddressSanitizer nothing is poisoned and this is a plain copy. */
    uint8_t *guest = g_malloc(64);
    uint8_t bench[64];
    ASAN_POISON_MEMORY_REGION(guest, 64);
    gmem_fill(guest, 0x5a, 64);
    gmem_copy_in(bench, guest, 64);
    CU_ASSERT_TRUE(is_all(bench, 0x5a, 64));
    make_pattern(bench, 64);
    gmem_copy_out(guest, bench, 64);
    ASAN_UNPOISON_MEMORY_REGION(guest, 64);
    CU_ASSERT_TRUE(memcmp(guest, bench, 64) == 0);
    g_free(guest);
}

UNIT_SUITE("gmem_copy", UNIT_TEST(test_copies_are_exact_at_every_size_and_alignment),
           UNIT_TEST(test_fill_is_exact_at_every_size_and_alignment),
           UNIT_TEST(test_poison_on_the_guest_s_side_does_not_matter))
