/*
 * Packets to ourselves.
 */
#include "netstack/loopback.h"

#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/netstack.h"
#include "tests/unit.h"

#include <string.h>

static void test_ping_to_loopback_is_answered_at_once(void)
{
    dialogue_begin_with(NULL, 0); /* no driver is needed */
    CU_ASSERT_EQUAL(dialogue_ping(LOOPBACK), 0);
    CU_ASSERT_EQUAL(dialogue_replies(), 1);
    CU_ASSERT_EQUAL(dialogue_ping(0x7fff1234), 0);
    CU_ASSERT_EQUAL(dialogue_replies(), 1);
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    dialogue_end();
}

static void test_ping_to_our_own_address_stays_inside(void)
{
    dialogue_begin();
    CU_ASSERT_EQUAL(dialogue_ping(OUR_ADDRESS), 0);
    CU_ASSERT_EQUAL(dialogue_replies(), 1);
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    dialogue_end();
}

static void test_full_queue_refuses_and_loses_nothing_else(void)
{
    dialogue_begin();
    netstack_lock();
    for (unsigned i = 0; i < LOOPBACK_QUEUE_MAX; i++)
        CU_ASSERT_EQUAL(loopback_output(nbuf_alloc()), 0);
    CU_ASSERT_TRUE(loopback_has_packets());
    CU_ASSERT_EQUAL(loopback_output(nbuf_alloc()), -KENOBUFS);
    CU_ASSERT_EQUAL(dialogue_drops("loopback queue full"), 1);
    loopback_run(T0);
    CU_ASSERT_FALSE(loopback_has_packets());
    CU_ASSERT_EQUAL(dialogue_drops("ipv4 shorter than a header"), LOOPBACK_QUEUE_MAX);
    netstack_unlock();
    dialogue_end();
}

UNIT_SUITE("loopback", UNIT_TEST(test_ping_to_loopback_is_answered_at_once),
           UNIT_TEST(test_ping_to_our_own_address_stays_inside),
           UNIT_TEST(test_full_queue_refuses_and_loses_nothing_else))
