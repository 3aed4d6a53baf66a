/*
 * range_set_test.c - lookups, overlaps and exact removal
 */
#include "emu/core/range_set.h"

#include "tests/unit.h"

static struct range range(uint64_t start, uint64_t size, unsigned tag)
{
    return (struct range){.start = start, .size = size, .tag = tag};
}

static void test_empty_set_contains_nothing(void)
{
    struct range_set set;
    range_set_init(&set);
    CU_ASSERT_PTR_NULL(range_set_find(&set, 0));
    CU_ASSERT_PTR_NULL(range_set_find(&set, UINT64_MAX));
    CU_ASSERT_EQUAL(range_set_find_after(&set, 0), 0);
    CU_ASSERT_FALSE(range_set_remove_exact(&set, range(0, 1, 0)));
    range_set_fini(&set);
}

static void test_find_respects_both_ends(void)
{
    struct range_set set;
    range_set_init(&set);
    CU_ASSERT_TRUE(range_set_add(&set, range(300, 50, 3)));
    CU_ASSERT_TRUE(range_set_add(&set, range(100, 10, 1)));
    CU_ASSERT_TRUE(range_set_add(&set, range(110, 90, 2)));
    CU_ASSERT_PTR_NULL(range_set_find(&set, 99));
    CU_ASSERT_EQUAL(range_set_find(&set, 100)->tag, 1);
    CU_ASSERT_EQUAL(range_set_find(&set, 109)->tag, 1);
    CU_ASSERT_EQUAL(range_set_find(&set, 110)->tag, 2);
    CU_ASSERT_EQUAL(range_set_find(&set, 199)->tag, 2);
    CU_ASSERT_PTR_NULL(range_set_find(&set, 200));
    CU_ASSERT_PTR_NULL(range_set_find(&set, 299));
    CU_ASSERT_EQUAL(range_set_find(&set, 349)->tag, 3);
    CU_ASSERT_PTR_NULL(range_set_find(&set, 350));
    range_set_fini(&set);
}

static void test_hint_does_not_outlive_a_change(void)
{
    struct range_set set;
    range_set_init(&set);
    range_set_add(&set, range(100, 10, 1));
    range_set_add(&set, range(200, 10, 2));
    CU_ASSERT_EQUAL(range_set_find(&set, 205)->tag, 2);
    range_set_add(&set, range(50, 10, 3));
    CU_ASSERT_EQUAL(range_set_find(&set, 205)->tag, 2);
    CU_ASSERT_TRUE(range_set_remove_exact(&set, range(200, 10, 2)));
    CU_ASSERT_PTR_NULL(range_set_find(&set, 205));
    range_set_add(&set, range(204, 2, 4));
    CU_ASSERT_EQUAL(range_set_find(&set, 205)->tag, 4);
    range_set_fini(&set);
}

/* More ranges, a page each, than there are hints: so some share theirs. */
static void test_ranges_that_share_a_hint_are_each_found(void)
{
    const uint64_t page = UINT64_C(1) << RANGE_SET_PAGE_LOG2;
    const unsigned count = 4U << RANGE_SET_HINTS_LOG2;
    struct range_set set;
    range_set_init(&set);
    for (unsigned i = 0; i < count; i++) {
        range_set_add(&set, range(2 * i * page, page, i));
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < count; i++) {
            CU_ASSERT_EQUAL(range_set_find(&set, 2 * i * page)->tag, i);
            CU_ASSERT_EQUAL(range_set_find(&set, (2 * i + 1) * page - 1)->tag, i);
            CU_ASSERT_PTR_NULL(range_set_find(&set, (2 * i + 1) * page));
        }
    }
    range_set_fini(&set);
}

static void test_overlapping_range_is_refused(void)
{
    struct range_set set;
    range_set_init(&set);
    range_set_add(&set, range(100, 10, 1));
    CU_ASSERT_FALSE(range_set_add(&set, range(100, 10, 2)));
    CU_ASSERT_FALSE(range_set_add(&set, range(109, 1, 2)));
    CU_ASSERT_FALSE(range_set_add(&set, range(91, 10, 2)));
    CU_ASSERT_FALSE(range_set_add(&set, range(0, 1000, 2)));
    CU_ASSERT_FALSE(range_set_add(&set, range(104, 2, 2)));
    CU_ASSERT_EQUAL(range_set_count(&set), 1);
    CU_ASSERT_TRUE(range_set_add(&set, range(110, 1, 2)));
    CU_ASSERT_TRUE(range_set_add(&set, range(90, 10, 2)));
    range_set_fini(&set);
}

static void test_range_may_end_at_the_last_address_but_one(void)
{
    struct range_set set;
    range_set_init(&set);
    CU_ASSERT_TRUE(range_set_add(&set, range(UINT64_MAX - 8, 8, 1)));
    CU_ASSERT_EQUAL(range_set_find(&set, UINT64_MAX - 1)->tag, 1);
    CU_ASSERT_PTR_NULL(range_set_find(&set, UINT64_MAX));
    CU_ASSERT_TRUE(range_set_add(&set, range(0, 8, 2)));
    CU_ASSERT_EQUAL(range_set_get(&set, 0)->tag, 2);
    range_set_fini(&set);
}

static void test_removal_wants_start_size_and_tag(void)
{
    struct range_set set;
    range_set_init(&set);
    range_set_add(&set, range(100, 10, 1));
    CU_ASSERT_FALSE(range_set_remove_exact(&set, range(101, 9, 1)));
    CU_ASSERT_FALSE(range_set_remove_exact(&set, range(100, 9, 1)));
    CU_ASSERT_FALSE(range_set_remove_exact(&set, range(100, 10, 2)));
    CU_ASSERT_FALSE(range_set_remove_exact(&set, range(99, 10, 1)));
    CU_ASSERT_EQUAL(range_set_count(&set), 1);
    CU_ASSERT_TRUE(range_set_remove_exact(&set, range(100, 10, 1)));
    CU_ASSERT_EQUAL(range_set_count(&set), 0);
    range_set_fini(&set);
}

UNIT_SUITE("range_set", UNIT_TEST(test_empty_set_contains_nothing),
           UNIT_TEST(test_find_respects_both_ends), UNIT_TEST(test_hint_does_not_outlive_a_change),
           UNIT_TEST(test_ranges_that_share_a_hint_are_each_found),
           UNIT_TEST(test_overlapping_range_is_refused),
           UNIT_TEST(test_range_may_end_at_the_last_address_but_one),
           UNIT_TEST(test_removal_wants_start_size_and_tag))
