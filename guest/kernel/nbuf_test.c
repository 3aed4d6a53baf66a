/* nbuf_test.c - frame buffers and their limits */
#include "kernel/nbuf.h"

#include "kernel/fake_hal.h"
#include "tests/unit.h"

#include <string.h>

static void test_new_buffer_is_empty_with_headroom(void)
{
    fake_boot();
    struct nbuf *nbuf = nbuf_alloc();
    CU_ASSERT_EQUAL(nbuf->len, 0);
    CU_ASSERT_EQUAL(nbuf_headroom(nbuf), NBUF_HEADROOM);
    CU_ASSERT_EQUAL(nbuf_tailroom(nbuf), NBUF_SIZE - NBUF_HEADROOM);
    CU_ASSERT_PTR_NULL(nbuf->netif);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - 1);
    nbuf_free(nbuf);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
}

static void test_put_push_pull_move_data(void)
{
    fake_boot();
    struct nbuf *nbuf = nbuf_alloc();
    uint8_t *begin = nbuf->data;
    CU_ASSERT_PTR_EQUAL(nbuf_put(nbuf, 10), begin);
    CU_ASSERT_PTR_EQUAL(nbuf_put(nbuf, 5), begin + 10);
    CU_ASSERT_EQUAL(nbuf->len, 15);
    CU_ASSERT_PTR_EQUAL(nbuf_push(nbuf, 14), begin - 14);
    CU_ASSERT_EQUAL(nbuf->len, 29);
    CU_ASSERT_PTR_EQUAL(nbuf_pull(nbuf, 20), begin + 6);
    CU_ASSERT_EQUAL(nbuf->len, 9);
}

static void test_push_ends_at_the_memory(void)
{
    fake_boot();
    struct nbuf *nbuf = nbuf_alloc();
    CU_ASSERT_TRUE(FAKE_PANICS(nbuf_push(nbuf, NBUF_HEADROOM + 1)));
    CU_ASSERT_FALSE(FAKE_PANICS(nbuf_push(nbuf, NBUF_HEADROOM)));
    CU_ASSERT_PTR_EQUAL(nbuf->data, nbuf->memory);
    CU_ASSERT_TRUE(FAKE_PANICS(nbuf_push(nbuf, 1)));
}

static void test_pull_ends_at_the_data(void)
{
    fake_boot();
    struct nbuf *nbuf = nbuf_alloc();
    nbuf_put(nbuf, 4);
    CU_ASSERT_TRUE(FAKE_PANICS(nbuf_pull(nbuf, 5)));
    CU_ASSERT_FALSE(FAKE_PANICS(nbuf_pull(nbuf, 4)));
    CU_ASSERT_EQUAL(nbuf->len, 0);
}

static void test_put_ends_at_the_memory(void)
{
    fake_boot();
    struct nbuf *nbuf = nbuf_alloc();
    CU_ASSERT_TRUE(FAKE_PANICS(nbuf_put(nbuf, NBUF_SIZE - NBUF_HEADROOM + 1)));
    CU_ASSERT_FALSE(FAKE_PANICS(nbuf_put(nbuf, NBUF_SIZE - NBUF_HEADROOM)));
    CU_ASSERT_EQUAL(nbuf_tailroom(nbuf), 0);
    CU_ASSERT_TRUE(FAKE_PANICS(nbuf_put(nbuf, 1)));
}

static void test_physical_follows_data(void)
{
    fake_boot();
    struct nbuf *nbuf = nbuf_alloc();
    CU_ASSERT_EQUAL(nbuf_physical(nbuf), hal_virt_to_phys(nbuf->data));
    nbuf_push(nbuf, 12);
    CU_ASSERT_EQUAL(nbuf_physical(nbuf), hal_virt_to_phys(nbuf->data));
}

static void test_buffers_do_not_overlap(void)
{
    fake_boot();
    struct nbuf *first = nbuf_alloc();
    struct nbuf *second = nbuf_alloc();
    CU_ASSERT_PTR_EQUAL(second->memory, first->memory + NBUF_SIZE);
    CU_ASSERT_EQUAL(second->physical, first->physical + NBUF_SIZE);
}

static void test_empty_pool_gives_null(void)
{
    fake_boot();
    for (unsigned i = 0; i < NBUF_COUNT; i++)
        CU_ASSERT_PTR_NOT_NULL(nbuf_alloc());
    CU_ASSERT_EQUAL(nbuf_free_count(), 0);
    CU_ASSERT_PTR_NULL(nbuf_alloc());
}

static void test_without_memory_there_are_no_buffers_and_the_console_says_so(void)
{
    fake_boot();
    fake_log_clear();
    fake_memory_is_exhausted = true;
    nbuf_init();
    fake_memory_is_exhausted = false;
    CU_ASSERT_PTR_NULL(nbuf_alloc());
    CU_ASSERT_EQUAL(nbuf_free_count(), 0);
    CU_ASSERT_EQUAL(fake_log_count("console no memory for frame buffers"), 1);
}

static void test_free_twice_is_refused(void)
{
    fake_boot();
    struct nbuf *nbuf = nbuf_alloc();
    nbuf_free(NULL);
    nbuf_free(nbuf);
    CU_ASSERT_TRUE(FAKE_PANICS(nbuf_free(nbuf)));
}

static void test_free_while_queued_is_refused(void)
{
    struct list queue;
    fake_boot();
    list_init(&queue);
    struct nbuf *nbuf = nbuf_alloc();
    list_add_tail(&queue, &nbuf->link);
    CU_ASSERT_TRUE(FAKE_PANICS(nbuf_free(nbuf)));
    list_remove(&nbuf->link);
    CU_ASSERT_FALSE(FAKE_PANICS(nbuf_free(nbuf)));
}

static void test_reused_buffer_is_fresh(void)
{
    fake_boot();
    struct nbuf *nbuf = nbuf_alloc();
    nbuf_put(nbuf, 100);
    nbuf_pull(nbuf, 50);
    nbuf->next_hop = 1;
    nbuf_free(nbuf);
    CU_ASSERT_PTR_EQUAL(nbuf_alloc(), nbuf);
    CU_ASSERT_EQUAL(nbuf->len, 0);
    CU_ASSERT_EQUAL(nbuf_headroom(nbuf), NBUF_HEADROOM);
    CU_ASSERT_EQUAL(nbuf->next_hop, 0);
}

static void test_enlarged_buffer_keeps_what_it_holds(void)
{
    fake_boot();
    struct nbuf *nbuf = nbuf_alloc();
    memcpy(nbuf_put(nbuf, 3), "abc", 3);
    memcpy(nbuf_push(nbuf, 1), "z", 1);
    CU_ASSERT_TRUE(nbuf_enlarge(nbuf));
    CU_ASSERT_EQUAL(memcmp(nbuf->data, "zabc", 4), 0);
    CU_ASSERT_EQUAL(nbuf_headroom(nbuf), NBUF_HEADROOM - 1);
    CU_ASSERT_EQUAL(nbuf_tailroom(nbuf), NBUF_LARGE_SIZE - NBUF_HEADROOM - 3);
    memset(nbuf_put(nbuf, nbuf_tailroom(nbuf)), 1, NBUF_LARGE_SIZE - NBUF_HEADROOM - 3);
    CU_ASSERT_TRUE(FAKE_PANICS(nbuf_physical(nbuf))); /* no device may see it */
    CU_ASSERT_TRUE(FAKE_PANICS(nbuf_enlarge(nbuf)));
    nbuf_free(nbuf);
    CU_ASSERT_PTR_EQUAL(nbuf_alloc(), nbuf);
    CU_ASSERT_EQUAL(nbuf_tailroom(nbuf), NBUF_SIZE - NBUF_HEADROOM);
    CU_ASSERT_PTR_EQUAL(nbuf->memory, nbuf->frame);
}

static void test_without_room_a_buffer_stays_as_it_is(void)
{
    struct nbuf *large[NBUF_LARGE_COUNT];
    fake_boot();
    for (unsigned i = 0; i < NBUF_LARGE_COUNT; i++) {
        large[i] = nbuf_alloc();
        CU_ASSERT_TRUE(nbuf_enlarge(large[i]));
    }
    struct nbuf *nbuf = nbuf_alloc();
    CU_ASSERT_FALSE(nbuf_enlarge(nbuf));
    CU_ASSERT_EQUAL(nbuf_tailroom(nbuf), NBUF_SIZE - NBUF_HEADROOM);
    nbuf_free(large[3]);
    CU_ASSERT_TRUE(nbuf_enlarge(nbuf));
}

UNIT_SUITE("nbuf", UNIT_TEST(test_new_buffer_is_empty_with_headroom),
           UNIT_TEST(test_put_push_pull_move_data), UNIT_TEST(test_push_ends_at_the_memory),
           UNIT_TEST(test_pull_ends_at_the_data), UNIT_TEST(test_put_ends_at_the_memory),
           UNIT_TEST(test_physical_follows_data), UNIT_TEST(test_buffers_do_not_overlap),
           UNIT_TEST(test_empty_pool_gives_null),
           UNIT_TEST(test_without_memory_there_are_no_buffers_and_the_console_says_so),
           UNIT_TEST(test_free_twice_is_refused), UNIT_TEST(test_free_while_queued_is_refused),
           UNIT_TEST(test_reused_buffer_is_fresh),
           UNIT_TEST(test_enlarged_buffer_keeps_what_it_holds),
           UNIT_TEST(test_without_room_a_buffer_stays_as_it_is))
