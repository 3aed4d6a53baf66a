/* pool_test.c - fixed pools */
#include "kernel/pool.h"

#include "kernel/fake_hal.h"
#include "tests/unit.h"

#include <string.h>

struct object {
    void *first;
    int value;
};

static struct object objects[3];
static struct pool pool;

static void setup(void)
{
    fake_boot();
    pool_init(&pool, "things", objects, sizeof objects[0], 3);
}

static void test_lowest_object_first(void)
{
    setup();
    CU_ASSERT_PTR_EQUAL(pool_alloc(&pool), &objects[0]);
    CU_ASSERT_PTR_EQUAL(pool_alloc(&pool), &objects[1]);
    CU_ASSERT_PTR_EQUAL(pool_alloc(&pool), &objects[2]);
}

static void test_exhaustion_is_counted(void)
{
    setup();
    for (int i = 0; i < 3; i++)
        CU_ASSERT_PTR_NOT_NULL(pool_alloc(&pool));
    CU_ASSERT_STRING_EQUAL(fake_log(), "");
    CU_ASSERT_PTR_NULL(pool_alloc(&pool));
    CU_ASSERT_PTR_NULL(pool_alloc(&pool));
    CU_ASSERT_EQUAL(pool.exhausted, 2);
    CU_ASSERT_STRING_EQUAL(fake_log(), "counter things.exhausted 1\ncounter things.exhausted 2\n");
}

static void test_freed_last_is_given_first(void)
{
    setup();
    struct object *first = pool_alloc(&pool);
    struct object *second = pool_alloc(&pool);
    pool_free(&pool, second);
    pool_free(&pool, first);
    CU_ASSERT_PTR_EQUAL(pool_alloc(&pool), first);
    CU_ASSERT_PTR_EQUAL(pool_alloc(&pool), second);
}

static void test_high_water_stays(void)
{
    setup();
    void *first = pool_alloc(&pool);
    void *second = pool_alloc(&pool);
    pool_free(&pool, first);
    pool_free(&pool, second);
    CU_ASSERT_EQUAL(pool.used, 0);
    CU_ASSERT_EQUAL(pool.high_water, 2);
}

static void test_object_keeps_what_lies_behind_the_link(void)
{
    setup();
    struct object *object = pool_alloc(&pool);
    object->value = 42;
    pool_free(&pool, object);
    object = pool_alloc(&pool);
    CU_ASSERT_EQUAL(object->value, 42);
}

static void test_foreign_objects_are_refused(void)
{
    struct object stranger;
    setup();
    void *object = pool_alloc(&pool);
    CU_ASSERT_TRUE(FAKE_PANICS(pool_free(&pool, &stranger)));
    CU_ASSERT_TRUE(FAKE_PANICS(pool_free(&pool, (char *)object + 1)));
    CU_ASSERT_TRUE(FAKE_PANICS(pool_free(&pool, objects + 3)));
    CU_ASSERT_EQUAL(pool.used, 1);
}

static void test_freeing_more_than_was_given_is_refused(void)
{
    setup();
    void *object = pool_alloc(&pool);
    pool_free(&pool, object);
    CU_ASSERT_TRUE(FAKE_PANICS(pool_free(&pool, object)));
    CU_ASSERT_PTR_NOT_NULL(strstr(fake_panic_reason, "pool.c:"));
    CU_ASSERT_PTR_NOT_NULL(strstr(fake_panic_reason, "assertion failed: pool->used >= count"));
}

static void test_accounts_are_kept_of_what_others_hand_out(void)
{
    setup();
    pool_count_taken(&pool, 2);
    pool_count_taken(&pool, 1);
    pool_count_given(&pool, 2);
    pool_count_refused(&pool);
    CU_ASSERT_EQUAL(pool.used, 1);
    CU_ASSERT_EQUAL(pool.high_water, 3);
    CU_ASSERT_EQUAL(pool.exhausted, 1);
    CU_ASSERT_STRING_EQUAL(fake_log(), "counter things.exhausted 1\n");
    CU_ASSERT_TRUE(FAKE_PANICS(pool_count_given(&pool, 2)));
}

static void test_pools_are_listed_once(void)
{
    setup();
    pool_init(&pool, "things", objects, sizeof objects[0], 3);
    unsigned things = 0;
    const struct pool *each;
    for (unsigned i = 0; (each = pool_by_index(i)) != NULL; i++)
        things += strcmp(each->name, "things") == 0;
    CU_ASSERT_EQUAL(things, 1);
}

UNIT_SUITE("pool", UNIT_TEST(test_lowest_object_first), UNIT_TEST(test_exhaustion_is_counted),
           UNIT_TEST(test_freed_last_is_given_first), UNIT_TEST(test_high_water_stays),
           UNIT_TEST(test_object_keeps_what_lies_behind_the_link),
           UNIT_TEST(test_foreign_objects_are_refused),
           UNIT_TEST(test_freeing_more_than_was_given_is_refused),
           UNIT_TEST(test_accounts_are_kept_of_what_others_hand_out),
           UNIT_TEST(test_pools_are_listed_once))
