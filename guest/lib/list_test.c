/* list_test.c - intrusive lists */
#include "lib/list.h"
#include "tests/unit.h"

struct item {
    int value;
    struct list link;
};

static struct list list;
static struct item items[3];

static void setup(void)
{
    list_init(&list);
    for (int i = 0; i < 3; i++) {
        items[i].value = i;
        list_init(&items[i].link);
    }
}

/* The values as one decimal number, from the first to the last; 9 in front. */
static int contents(void)
{
    int number = 9;
    struct list *link;
    list_foreach (link, &list)
        number = number * 10 + list_entry(link, struct item, link)->value;
    return number;
}

/* The same from the other end. */
static int contents_backwards(void)
{
    int number = 9;
    for (struct list *link = list.prev; link != &list; link = link->prev)
        number = number * 10 + list_entry(link, struct item, link)->value;
    return number;
}

static void test_new_list_is_empty(void)
{
    setup();
    CU_ASSERT_TRUE(list_is_empty(&list));
    CU_ASSERT_PTR_NULL(list_first(&list));
    CU_ASSERT_PTR_NULL(list_pop(&list));
    CU_ASSERT_EQUAL(contents(), 9);
}

static void test_static_list_is_empty(void)
{
    static struct list fixed = LIST_INIT(fixed);
    CU_ASSERT_TRUE(list_is_empty(&fixed));
}

static void test_tail_keeps_order(void)
{
    setup();
    for (int i = 0; i < 3; i++)
        list_add_tail(&list, &items[i].link);
    CU_ASSERT_EQUAL(contents(), 9012);
    CU_ASSERT_EQUAL(contents_backwards(), 9210);
}

static void test_head_reverses_order(void)
{
    setup();
    for (int i = 0; i < 3; i++)
        list_add_head(&list, &items[i].link);
    CU_ASSERT_EQUAL(contents(), 9210);
    CU_ASSERT_EQUAL(contents_backwards(), 9012);
}

static void test_insert_before(void)
{
    setup();
    list_add_tail(&list, &items[0].link);
    list_add_tail(&list, &items[2].link);
    list_insert_before(&items[2].link, &items[1].link);
    CU_ASSERT_EQUAL(contents(), 9012);
}

static void test_remove_from_the_middle(void)
{
    setup();
    for (int i = 0; i < 3; i++)
        list_add_tail(&list, &items[i].link);
    list_remove(&items[1].link);
    CU_ASSERT_EQUAL(contents(), 902);
    CU_ASSERT_EQUAL(contents_backwards(), 920);
    CU_ASSERT_FALSE(list_is_linked(&items[1].link));
    CU_ASSERT_TRUE(list_is_linked(&items[0].link));
}

static void test_remove_twice_is_harmless(void)
{
    setup();
    list_add_tail(&list, &items[0].link);
    list_add_tail(&list, &items[1].link);
    list_remove(&items[0].link);
    list_remove(&items[0].link);
    CU_ASSERT_EQUAL(contents(), 91);
}

static void test_pop_takes_the_first(void)
{
    setup();
    list_add_tail(&list, &items[0].link);
    list_add_tail(&list, &items[1].link);
    CU_ASSERT_PTR_EQUAL(list_first(&list), &items[0].link);
    CU_ASSERT_PTR_EQUAL(list_pop(&list), &items[0].link);
    CU_ASSERT_FALSE(list_is_linked(&items[0].link));
    CU_ASSERT_PTR_EQUAL(list_pop(&list), &items[1].link);
    CU_ASSERT_TRUE(list_is_empty(&list));
}

static void test_safe_walk_allows_removal(void)
{
    setup();
    for (int i = 0; i < 3; i++)
        list_add_tail(&list, &items[i].link);
    int seen = 0;
    struct list *link, *following;
    list_foreach_safe (link, following, &list) {
        seen++;
        list_remove(link);
    }
    CU_ASSERT_EQUAL(seen, 3);
    CU_ASSERT_TRUE(list_is_empty(&list));
}

UNIT_SUITE("list", UNIT_TEST(test_new_list_is_empty), UNIT_TEST(test_static_list_is_empty),
           UNIT_TEST(test_tail_keeps_order), UNIT_TEST(test_head_reverses_order),
           UNIT_TEST(test_insert_before), UNIT_TEST(test_remove_from_the_middle),
           UNIT_TEST(test_remove_twice_is_harmless), UNIT_TEST(test_pop_takes_the_first),
           UNIT_TEST(test_safe_walk_allows_removal))
