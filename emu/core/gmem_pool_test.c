/*
 * gmem_pool_test.c - placement and merging of the pool's extents
 */
#include "emu/core/gmem_pool.h"

#include "emu/core/death_test.h"
#include "emu/core/prng.h"
#include "tests/unit.h"

#define START UINT64_C(0x10000)
#define SIZE  UINT64_C(0x10000)

static bool is_one_extent(const struct gmem_pool *pool)
{
    return range_set_count(&pool->extents) == 1 &&
           range_set_get(&pool->extents, 0)->start == START &&
           range_set_get(&pool->extents, 0)->size == SIZE;
}

static void test_takes_the_lowest_extent_that_is_large_enough(void)
{
    struct gmem_pool pool;
    gmem_pool_init(&pool, START, SIZE);
    uint64_t a = gmem_pool_take(&pool, 64, 1);
    uint64_t b = gmem_pool_take(&pool, 16, 1);
    uint64_t c = gmem_pool_take(&pool, 256, 1);
    uint64_t d = gmem_pool_take(&pool, 16, 1);
    CU_ASSERT_EQUAL(a, START);
    CU_ASSERT_EQUAL(b, START + 64);
    CU_ASSERT_EQUAL(d, START + 336);
    gmem_pool_give(&pool, a, 64);
    gmem_pool_give(&pool, c, 256);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 128, 1), c);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 32, 1), a);
    gmem_pool_fini(&pool);
}

static void test_rounds_sizes_up_to_grains(void)
{
    struct gmem_pool pool;
    gmem_pool_init(&pool, START, SIZE);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 1, 1), START);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 17, 1), START + 16);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 16, 1), START + 48);
    gmem_pool_give(&pool, START + 16, 17);
    gmem_pool_give(&pool, START, 1);
    gmem_pool_give(&pool, START + 48, 16);
    CU_ASSERT_TRUE(is_one_extent(&pool));
    gmem_pool_fini(&pool);
}

static void test_alignment_leaves_what_it_skips_free(void)
{
    struct gmem_pool pool;
    gmem_pool_init(&pool, START, SIZE);
    uint64_t a = gmem_pool_take(&pool, 16, 1);
    uint64_t aligned = gmem_pool_take(&pool, 4096, 4096);
    CU_ASSERT_EQUAL(aligned, START + 4096);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 4096 - 16, 1), START + 16);
    CU_ASSERT_EQUAL(range_set_count(&pool.extents), 1);
    gmem_pool_give(&pool, a, 16);
    gmem_pool_give(&pool, aligned, 4096);
    gmem_pool_give(&pool, START + 16, 4096 - 16);
    CU_ASSERT_TRUE(is_one_extent(&pool));
    gmem_pool_fini(&pool);
}

static void test_all_of_the_pool_can_be_taken_and_no_more(void)
{
    struct gmem_pool pool;
    gmem_pool_init(&pool, START, SIZE);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, SIZE + 1, 1), 0);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, UINT64_MAX, 1), 0);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 0, 1), 0);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, SIZE, 1), START);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 1, 1), 0);
    gmem_pool_give(&pool, START, SIZE);
    CU_ASSERT_TRUE(is_one_extent(&pool));
    gmem_pool_fini(&pool);
}

static void test_alignment_beyond_the_pool_fails(void)
{
    struct gmem_pool pool;
    gmem_pool_init(&pool, START, SIZE);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 16, UINT64_C(1) << 63), 0);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 16, START + SIZE), 0);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 16, START), START);
    CU_ASSERT_EQUAL(gmem_pool_take(&pool, 16, START), 0);
    gmem_pool_fini(&pool);
}

static void test_random_use_never_overlaps_and_merges_in_the_end(void)
{
    enum {
        SLOTS = 60
    };
    struct range taken[SLOTS] = {0};
    struct gmem_pool pool;
    struct range_set all;
    struct prng prng;
    gmem_pool_init(&pool, START, SIZE);
    range_set_init(&all);
    prng_init(&prng, 7, "gmem_pool_test");
    for (unsigned i = 0; i < 3000; i++) {
        struct range *slot = &taken[prng_below(&prng, SLOTS)];
        if (slot->size != 0) {
            CU_ASSERT_TRUE(range_set_remove_exact(&all, *slot));
            gmem_pool_give(&pool, slot->start, slot->size);
            slot->size = 0;
            continue;
        }
        uint64_t size = 1 + prng_below(&prng, 2000);
        uint64_t align = UINT64_C(1) << prng_below(&prng, 10);
        uint64_t start = gmem_pool_take(&pool, size, align);
        if (start != 0) {
            *slot = (struct range){.start = start, .size = size};
            CU_ASSERT_EQUAL(start % MAX(align, GMEM_POOL_GRAIN), 0);
            CU_ASSERT_TRUE(start >= START && start + size <= START + SIZE);
            CU_ASSERT_TRUE(range_set_add(&all, *slot));
        }
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        if (taken[i].size != 0) {
            gmem_pool_give(&pool, taken[i].start, taken[i].size);
        }
    }
    CU_ASSERT_TRUE(is_one_extent(&pool));
    range_set_fini(&all);
    gmem_pool_fini(&pool);
}

static void give_what_is_free(void *opaque)
{
    gmem_pool_give(opaque, START + 32, 16);
}

static void give_what_is_not_the_pool_s(void *opaque)
{
    gmem_pool_give(opaque, START + SIZE, 16);
}

static void test_giving_what_was_not_taken_is_asserted(void)
{
    struct gmem_pool pool;
    gmem_pool_init(&pool, START, SIZE);
    gmem_pool_take(&pool, 32, 1);
    CU_ASSERT_TRUE(death_aborts(give_what_is_free, &pool));
    CU_ASSERT_TRUE(death_aborts(give_what_is_not_the_pool_s, &pool));
    gmem_pool_fini(&pool);
}

UNIT_SUITE("gmem_pool", UNIT_TEST(test_takes_the_lowest_extent_that_is_large_enough),
           UNIT_TEST(test_rounds_sizes_up_to_grains),
           UNIT_TEST(test_alignment_leaves_what_it_skips_free),
           UNIT_TEST(test_all_of_the_pool_can_be_taken_and_no_more),
           UNIT_TEST(test_alignment_beyond_the_pool_fails),
           UNIT_TEST(test_random_use_never_overlaps_and_merges_in_the_end),
           UNIT_TEST(test_giving_what_was_not_taken_is_asserted))
