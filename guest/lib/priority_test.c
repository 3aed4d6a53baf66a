/* priority_test.c - priority queues: order, removal of any, and what they cost */
#include "lib/priority.h"

#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 20000

struct item {
    struct priority_link link;
    unsigned rank;
    bool in;
};

static struct item items[ITEMS_MAX];
static unsigned long comparisons;

static unsigned rank_of(const struct priority_link *link)
{
    return priority_entry(link, struct item, link)->rank;
}

static bool less(const struct priority_link *a, const struct priority_link *b)
{
    comparisons++;
    return rank_of(a) < rank_of(b);
}

static struct priority queue;

static void setup(void)
{
    memset(items, 0, sizeof items);
    priority_init(&queue, less);
    comparisons = 0;
    for (unsigned i = 0; i < ITEMS_MAX; i++)
        items[i].rank = i;
}

static void put(unsigned rank)
{
    priority_insert(&queue, &items[rank].link);
    items[rank].in = true;
}

static void take(unsigned rank)
{
    priority_remove(&queue, &items[rank].link);
    items[rank].in = false;
}

static void test_an_empty_queue_has_no_first(void)
{
    setup();
    CU_ASSERT_PTR_NULL(priority_first(&queue));
    put(3);
    CU_ASSERT_PTR_EQUAL(priority_first(&queue), &items[3].link);
    take(3);
    CU_ASSERT_PTR_NULL(priority_first(&queue));
}

static void test_the_least_is_first_whatever_is_put_in_and_taken_out(void)
{
    enum {
        RANKS = 200,
        STEPS = 20000
    };
    setup();
    srand(7);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned rank = (unsigned)rand() % RANKS, least = 0;
        if (items[rank].in)
            take(rank);
        else
            put(rank);
        while (least < RANKS && !items[least].in)
            least++;
        const struct priority_link *first = priority_first(&queue);
        const struct priority_link *wanted = least < RANKS ? &items[least].link : NULL;
        CU_ASSERT_PTR_EQUAL_FATAL(first, wanted);
    }
}

/* Comparisons for each of `count` that are put in, by a stride, and taken out in order. */
static double cost_of(unsigned count, unsigned stride)
{
    setup();
    for (unsigned i = 0; i < count; i++)
        put((unsigned)((unsigned long)i * stride % count));
    for (unsigned i = 0; i < count; i++) {
        CU_ASSERT_EQUAL_FATAL(rank_of(priority_first(&queue)), i);
        take(i);
    }
    return (double)comparisons / count;
}

/* In order, against it, and in no order: 7919 divides no power of ten. */
static void test_ten_times_as_many_cost_hardly_more_each(void)
{
    static const unsigned strides[] = {1, 7919, 3};
    for (unsigned i = 0; i < 3; i++) {
        double few = cost_of(2000, strides[i]), many = cost_of(ITEMS_MAX, strides[i]);
        CU_ASSERT_TRUE(many < 3 * (few + 1));
        CU_ASSERT_TRUE(many < 40); /* a list: 5000 */
    }
}

UNIT_SUITE("priority", UNIT_TEST(test_an_empty_queue_has_no_first),
           UNIT_TEST(test_the_least_is_first_whatever_is_put_in_and_taken_out),
           UNIT_TEST(test_ten_times_as_many_cost_hardly_more_each))
