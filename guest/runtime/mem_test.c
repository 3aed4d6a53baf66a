/*
 * mem_test.c - the guests' memory functions against byte-by-byte loops, at every alignment and
 * overlap
 *
 * mem.c is included under other names, so that the program keeps the host's own functions.
 */
#define memcpy  mem_copy_under_test
#define memmove mem_move_under_test
#define memset  mem_set_under_test
#define memcmp  mem_compare_under_test
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "guest/runtime/mem.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

#include "tests/unit.h"

#define AREA            160U
#define SIZE_MAX_TESTED 70U

struct ringside_tick_state ringside_ticks;

static unsigned char area[AREA], expected[AREA];

static void fill(void)
{
    for (unsigned i = 0; i < AREA; i++) {
        area[i] = (unsigned char)(i * 7 + 1);
        expected[i] = area[i];
    }
}

static bool is_as_expected(void)
{
    for (unsigned i = 0; i < AREA; i++) {
        if (area[i] != expected[i]) {
            return false;
        }
    }
    return true;
}

static void test_copy_writes_the_range_and_nothing_else(void)
{
    for (unsigned size = 0; size <= SIZE_MAX_TESTED; size++) {
        for (unsigned shift = 0; shift < 4; shift++) {
            fill();
            for (unsigned i = 0; i < size; i++) {
                expected[80 + shift + i] = area[3 + i];
            }
            void *to = area + 80 + shift;
            CU_ASSERT_PTR_EQUAL(mem_copy_under_test(to, area + 3, size), to);
            CU_ASSERT_TRUE(is_as_expected());
        }
    }
}

static void test_move_is_right_for_every_overlap(void)
{
    for (unsigned size = 0; size <= SIZE_MAX_TESTED; size++) {
        for (unsigned at = 0; at <= 80; at++) {
            fill();
            for (unsigned i = 0; i < size; i++) {
                expected[at + i] = (unsigned char)((40 + i) * 7 + 1);
            }
            CU_ASSERT_PTR_EQUAL(mem_move_under_test(area + at, area + 40, size), area + at);
            CU_ASSERT_TRUE(is_as_expected());
        }
    }
}

static void test_set_writes_the_low_byte(void)
{
    for (unsigned size = 0; size <= SIZE_MAX_TESTED; size++) {
        fill();
        for (unsigned i = 0; i < size; i++) {
            expected[5 + i] = 0xA5;
        }
        CU_ASSERT_PTR_EQUAL(mem_set_under_test(area + 5, 0x7A5, size), area + 5);
        CU_ASSERT_TRUE(is_as_expected());
    }
}

static void test_compare_finds_the_first_difference_as_unsigned_bytes(void)
{
    for (unsigned size = 1; size <= SIZE_MAX_TESTED; size++) {
        fill();
        CU_ASSERT_EQUAL(mem_compare_under_test(area, expected, size), 0);
        expected[size] ^= 0xFF; /* beyond the range */
        CU_ASSERT_EQUAL(mem_compare_under_test(area, expected, size), 0);
        for (unsigned at = 0; at < size; at++) {
            fill();
            area[at] = 0x7F;
            expected[at] = 0x80;
            area[size - 1] ^= at == size - 1 ? 0 : 0xFF; /* a later difference does not count */
            CU_ASSERT_TRUE(mem_compare_under_test(area, expected, size) < 0);
            CU_ASSERT_TRUE(mem_compare_under_test(expected, area, size) > 0);
        }
    }
    CU_ASSERT_EQUAL(mem_compare_under_test(area, expected, 0), 0);
}

static void test_each_charges_a_tick_for_16_bytes(void)
{
    fill();
    ringside_ticks.left = 100;
    mem_copy_under_test(area + 80, area, 15);
    CU_ASSERT_EQUAL(ringside_ticks.left, 100);
    mem_copy_under_test(area + 80, area, 64);
    CU_ASSERT_EQUAL(ringside_ticks.left, 96);
    mem_move_under_test(area + 1, area, 32);
    CU_ASSERT_EQUAL(ringside_ticks.left, 94);
    mem_set_under_test(area, 0, 33);
    CU_ASSERT_EQUAL(ringside_ticks.left, 92);
    mem_compare_under_test(area, expected, 16);
    CU_ASSERT_EQUAL(ringside_ticks.left, 91);
}

UNIT_SUITE("mem", UNIT_TEST(test_copy_writes_the_range_and_nothing_else),
           UNIT_TEST(test_move_is_right_for_every_overlap), UNIT_TEST(test_set_writes_the_low_byte),
           UNIT_TEST(test_compare_finds_the_first_difference_as_unsigned_bytes),
           UNIT_TEST(test_each_charges_a_tick_for_16_bytes))
