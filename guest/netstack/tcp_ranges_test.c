/*
 * Sets of ranges against a plain array of bytes, and their limits.
 */
#include "netstack/tcp_ranges.h"

#include "kernel/fake_hal.h"
#include "tests/unit.h"

#include <string.h>

#define BASE  UINT32_C(0xffffffe0) /* numbers wrap in the middle */
#define BYTES 64

static struct tcp_ranges set;

static bool has(uint32_t place)
{
    const struct tcp_range *range = tcp_ranges_find(&set, BASE + place);
    return range != NULL && !tcp_after(range->begin, BASE + place);
}

static void expect_bytes(const bool *bytes)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < BYTES; i++) {
        CU_ASSERT_EQUAL(has(i), bytes[i]);
        if (bytes[i] && (i == 0 || !bytes[i - 1]))
            count++;
    }
    CU_ASSERT_EQUAL(set.count, count); /* none is split, none is empty */
}

static void test_a_set_holds_what_was_added(void)
{
    uint32_t chance = 1;
    fake_boot();
    for (unsigned round = 0; round < 200; round++) {
        bool bytes[BYTES] = {false};
        tcp_ranges_init(&set);
        for (unsigned i = 0; i < 12; i++) {
            chance = chance * 1103515245 + 12345;
            uint32_t begin = chance >> 16 & 63, end = begin + 1 + (chance >> 24 & 7);
            bool news = false;
            end = end < BYTES ? end : BYTES;
            for (uint32_t at = begin; at < end; at++) {
                news = news || !bytes[at];
                bytes[at] = true;
            }
            if (begin < end)
                CU_ASSERT_EQUAL(tcp_ranges_add(&set, BASE + begin, BASE + end), news);
            expect_bytes(bytes);
        }
        for (uint32_t below = 0; below <= BYTES; below += 5) {
            memset(bytes, 0, below);
            tcp_ranges_drop_below(&set, BASE + below);
            expect_bytes(bytes);
        }
    }
}

static void test_a_full_set_takes_only_what_touches_it(void)
{
    tcp_ranges_init(&set);
    for (uint32_t i = 0; i < TCP_RANGES_MAX; i++)
        CU_ASSERT_TRUE(tcp_ranges_add(&set, i * 10, i * 10 + 5));
    CU_ASSERT_FALSE(tcp_ranges_has_room(&set, 6, 7));
    CU_ASSERT_FALSE(tcp_ranges_add(&set, 6, 7));
    CU_ASSERT_FALSE(tcp_ranges_add(&set, 1000, 1001));
    CU_ASSERT_TRUE(tcp_ranges_has_room(&set, 5, 7));
    CU_ASSERT_TRUE(tcp_ranges_add(&set, 5, 7));
    CU_ASSERT_TRUE(tcp_ranges_has_room(&set, 8, 10));
    CU_ASSERT_TRUE(tcp_ranges_add(&set, 7, 10)); /* two become one */
    CU_ASSERT_EQUAL(set.count, TCP_RANGES_MAX - 1);
    CU_ASSERT_TRUE(tcp_ranges_add(&set, 1000, 1001));
}

static void test_what_follows_is_found(void)
{
    tcp_ranges_init(&set);
    CU_ASSERT_PTR_NULL(tcp_ranges_find(&set, 0));
    CU_ASSERT_TRUE(tcp_ranges_add(&set, 10, 20));
    CU_ASSERT_EQUAL(tcp_ranges_find(&set, 0)->begin, 10);
    CU_ASSERT_EQUAL(tcp_ranges_find(&set, 19)->begin, 10);
    CU_ASSERT_PTR_NULL(tcp_ranges_find(&set, 20));
}

UNIT_SUITE("tcp_ranges", UNIT_TEST(test_a_set_holds_what_was_added),
           UNIT_TEST(test_a_full_set_takes_only_what_touches_it),
           UNIT_TEST(test_what_follows_is_found))
