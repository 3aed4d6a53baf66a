/*
 * heap_test.c - the heap: alignment, exhaustion, and that what is freed becomes one again
 */
#include "runtime/fake_machine.h"
#include "tests/unit.h"

#include <string.h>

#define SIZE   65536U
#define HEADER 16U
#define BLOCKS 32

static void heap_reset(void)
{
    fake_machine_reset();
    runtime_init();
}

/* All of the memory is one free block: the largest possible allocation succeeds, and no larger. */
static void check_whole(void)
{
    void *all = runtime_malloc(SIZE - HEADER);
    CU_ASSERT_PTR_NOT_NULL(all);
    CU_ASSERT_PTR_NULL(runtime_malloc(1));
    runtime_free(all);
    CU_ASSERT_PTR_NULL(runtime_malloc(SIZE - HEADER + 1));
}

static void test_the_whole_memory_can_be_one_block(void)
{
    heap_reset();
    check_whole();
    check_whole();
}

static void test_blocks_are_aligned_and_apart(void)
{
    static const size_t aligns[] = {1, 16, 64, 256, 4096};
    static unsigned char *blocks[BLOCKS];
    heap_reset();
    for (unsigned i = 0; i < BLOCKS; i++) {
        size_t align = aligns[i % 5];
        blocks[i] = runtime_memalign(align, i * 7 + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(blocks[i]);
        CU_ASSERT_EQUAL((uintptr_t)blocks[i] % (align < 16 ? 16 : align), 0);
        memset(blocks[i], (int)i, i * 7 + 1);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        for (unsigned at = 0; at < i * 7 + 1; at++)
            CU_ASSERT_EQUAL_FATAL(blocks[i][at], i);
    }
    /* In an order that has every kind of neighbour: none, before, after, both. */
    for (unsigned i = 0; i < BLOCKS; i += 2)
        runtime_free(blocks[i]);
    for (unsigned i = BLOCKS - 1; i < BLOCKS; i -= 2)
        runtime_free(blocks[i]);
    check_whole();
}

static void test_what_is_freed_is_used_again(void)
{
    heap_reset();
    void *first = runtime_malloc(1000);
    void *second = runtime_malloc(1000);
    runtime_free(first);
    CU_ASSERT_PTR_EQUAL(runtime_malloc(500), first);
    runtime_free(NULL);
    runtime_free(first);
    runtime_free(second);
    check_whole();
}

static void test_nonsense_gives_nothing(void)
{
    heap_reset();
    CU_ASSERT_PTR_NULL(runtime_malloc(0));
    CU_ASSERT_PTR_NULL(runtime_malloc(SIZE_MAX));
    CU_ASSERT_PTR_NULL(runtime_malloc(SIZE_MAX / 2 + 1));
    CU_ASSERT_PTR_NULL(runtime_memalign(0, 8));
    CU_ASSERT_PTR_NULL(runtime_memalign(24, 8));
    CU_ASSERT_PTR_NULL(runtime_memalign(SIZE_MAX / 2 + 1, 8));
    check_whole();
}

UNIT_SUITE("runtime_heap", UNIT_TEST(test_the_whole_memory_can_be_one_block),
           UNIT_TEST(test_blocks_are_aligned_and_apart),
           UNIT_TEST(test_what_is_freed_is_used_again), UNIT_TEST(test_nonsense_gives_nothing))
