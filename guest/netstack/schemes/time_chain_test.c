/* time_chain_test.c - tests for schemes/time_chain.c */
#include "netstack/schemes/time_chain.h"

#include "tests/unit.h"

static void test_only_what_is_earlier_than_all_needs_a_timeout(void)
{
    struct time_chain chain;
    time_chain_init(&chain);
    CU_ASSERT_FALSE(time_chain_needs(&chain, UINT64_MAX));
    CU_ASSERT_TRUE(time_chain_needs(&chain, 500));
    CU_ASSERT_FALSE(time_chain_needs(&chain, 500));
    CU_ASSERT_FALSE(time_chain_needs(&chain, 600));
    CU_ASSERT_TRUE(time_chain_needs(&chain, 400));
    CU_ASSERT_FALSE(time_chain_needs(&chain, 450));
}

static void test_one_that_is_over_is_replaced_once(void)
{
    struct time_chain chain;
    unsigned set = 0;
    time_chain_init(&chain);
    for (uint64_t now_ns = 0; now_ns < 1000; now_ns++) {
        /* Somebody wants to be woken 10 later all the time, and once in a while 3 later. */
        time_chain_expire(&chain, now_ns);
        set += time_chain_needs(&chain, now_ns + 10);
        set += time_chain_needs(&chain, now_ns + (now_ns % 50 == 0 ? 3 : 10));
        CU_ASSERT_TRUE(chain.count <= 2);
    }
    CU_ASSERT_TRUE(set <= 1000 / 10 + 1000 / 50 + 2);
}

static void test_more_than_can_be_remembered_are_set_all_the_same(void)
{
    struct time_chain chain;
    time_chain_init(&chain);
    for (uint64_t deadline_ns = 1000; deadline_ns > 900; deadline_ns--)
        CU_ASSERT_TRUE(time_chain_needs(&chain, deadline_ns));
    CU_ASSERT_EQUAL(chain.count, TIME_CHAIN_MAX);
    time_chain_expire(&chain, 1000);
    CU_ASSERT_EQUAL(chain.count, 0);
}

UNIT_SUITE("time_chain", UNIT_TEST(test_only_what_is_earlier_than_all_needs_a_timeout),
           UNIT_TEST(test_one_that_is_over_is_replaced_once),
           UNIT_TEST(test_more_than_can_be_remembered_are_set_all_the_same))
