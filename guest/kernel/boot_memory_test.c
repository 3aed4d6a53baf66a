/* boot_memory_test.c - the memory that the boot information calls free */
#include "kernel/boot_memory.h"

#include "kernel/fake_hal.h"
#include "tests/unit.h"

#include <stdint.h>
#include <string.h>

/* With all of it free again, that of the kernel's own pools too. */
static void begin(void)
{
    fake_boot();
    boot_memory_init();
}

static void test_pieces_are_aligned_and_apart(void)
{
    begin();
    char *first = boot_memory_take(1), *second = boot_memory_take(BOOT_MEMORY_ALIGNMENT + 1);
    char *third = boot_memory_take(0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_EQUAL((uintptr_t)first % BOOT_MEMORY_ALIGNMENT, 0);
    CU_ASSERT_EQUAL(second - first, BOOT_MEMORY_ALIGNMENT);
    CU_ASSERT_EQUAL(third - second, 2 * BOOT_MEMORY_ALIGNMENT);
}

static void test_no_more_is_given_than_there_is(void)
{
    begin();
    CU_ASSERT_EQUAL(boot_memory_left(), FAKE_FREE_SIZE);
    CU_ASSERT_PTR_NULL(boot_memory_take(FAKE_FREE_SIZE + 1));
    CU_ASSERT_PTR_NULL(boot_memory_take(SIZE_MAX));
    CU_ASSERT_EQUAL(boot_memory_left(), FAKE_FREE_SIZE);
    char *all = boot_memory_take(FAKE_FREE_SIZE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(all);
    memset(all, 1, FAKE_FREE_SIZE);
    CU_ASSERT_EQUAL(boot_memory_left(), 0);
    CU_ASSERT_PTR_NULL(boot_memory_take(1));
}

static void test_what_is_taken_clear_is_clear(void)
{
    static const char zeros[100];
    begin();
    memset(boot_memory_take(FAKE_FREE_SIZE), 1, FAKE_FREE_SIZE);
    boot_memory_init();
    char *piece = boot_memory_take_clear(sizeof zeros);
    CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
    CU_ASSERT_EQUAL(memcmp(piece, zeros, sizeof zeros), 0);
    CU_ASSERT_PTR_NULL(boot_memory_take_clear(FAKE_FREE_SIZE));
}

static void test_a_pool_takes_what_it_wants_or_its_share(void)
{
    struct pool small, large, none;
    begin();
    boot_memory_init_pool(&small, "small", 128, 100);
    CU_ASSERT_EQUAL(small.capacity, 100);
    CU_ASSERT_EQUAL(boot_memory_left(), FAKE_FREE_SIZE - 128 * 100);
    size_t left = boot_memory_left();
    boot_memory_init_pool(&large, "large", 128, UINT32_MAX);
    CU_ASSERT_EQUAL(large.capacity, left / BOOT_MEMORY_SHARE / 128);
    for (unsigned i = 0; i < large.capacity; i++)
        memset(pool_alloc(&large), 1, 128);
    CU_ASSERT_PTR_NULL(pool_alloc(&large));
    (void)boot_memory_take(boot_memory_left());
    boot_memory_init_pool(&none, "none", 128, 100);
    CU_ASSERT_EQUAL(none.capacity, 0);
    CU_ASSERT_PTR_NULL(pool_alloc(&none));
}

UNIT_SUITE("boot_memory", UNIT_TEST(test_pieces_are_aligned_and_apart),
           UNIT_TEST(test_no_more_is_given_than_there_is),
           UNIT_TEST(test_what_is_taken_clear_is_clear),
           UNIT_TEST(test_a_pool_takes_what_it_wants_or_its_share))
