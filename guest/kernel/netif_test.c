/* netif_test.c - interfaces between drivers and stack */
#include "kernel/netif.h"

#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

static char attached[64];
static struct nbuf *received;

static void stack_attached(struct netif *netif)
{
    strcat(attached, netif->name);
    strcat(attached, " ");
}

static void stack_input(struct netif *netif, struct nbuf *nbuf)
{
    CU_ASSERT_PTR_EQUAL(nbuf->netif, netif);
    received = nbuf;
}

static uint64_t stack_poll(uint64_t now_ns)
{
    return now_ns + 5;
}

static const struct netif_stack stack = {
    .attached = stack_attached,
    .input = stack_input,
    .poll = stack_poll,
};

static int transmit(struct netif *netif, struct nbuf *nbuf)
{
    (void)netif;
    nbuf_free(nbuf);
    return 0;
}

static struct netif netifs[NETIFS_MAX + 1];

static void setup(void)
{
    fake_boot();
    attached[0] = '\0';
    received = NULL;
    for (unsigned i = 0; i <= NETIFS_MAX; i++)
        netifs[i] = (struct netif){.transmit = transmit};
}

static void test_interfaces_are_named_and_numbered(void)
{
    setup();
    CU_ASSERT_EQUAL(netif_register(&netifs[0]), 0);
    CU_ASSERT_EQUAL(netif_register(&netifs[1]), 0);
    CU_ASSERT_STRING_EQUAL(netifs[1].name, "eth1");
    CU_ASSERT_EQUAL(netifs[1].index, 1);
    CU_ASSERT_PTR_EQUAL(netif_by_index(1), &netifs[1]);
    CU_ASSERT_PTR_EQUAL(netif_by_name("eth0"), &netifs[0]);
    CU_ASSERT_PTR_NULL(netif_by_index(2));
    CU_ASSERT_PTR_NULL(netif_by_name("eth2"));
}

static void test_full_table_is_refused(void)
{
    setup();
    for (unsigned i = 0; i < NETIFS_MAX; i++)
        CU_ASSERT_EQUAL(netif_register(&netifs[i]), 0);
    CU_ASSERT_EQUAL(netif_register(&netifs[NETIFS_MAX]), -KENOSPC);
}

static void test_stack_learns_of_interfaces_before_and_after(void)
{
    setup();
    CU_ASSERT_EQUAL(netif_register(&netifs[0]), 0);
    netif_set_stack(&stack);
    CU_ASSERT_EQUAL(netif_register(&netifs[1]), 0);
    CU_ASSERT_STRING_EQUAL(attached, "eth0 eth1 ");
}

static void test_frames_go_to_the_stack(void)
{
    setup();
    CU_ASSERT_EQUAL(netif_register(&netifs[0]), 0);
    netif_set_stack(&stack);
    struct nbuf *nbuf = nbuf_alloc();
    netif_input(&netifs[0], nbuf);
    CU_ASSERT_PTR_EQUAL(received, nbuf);
    CU_ASSERT_STRING_EQUAL(fake_log(), "");
}

static void test_frame_without_stack_is_dropped_and_counted(void)
{
    setup();
    CU_ASSERT_EQUAL(netif_register(&netifs[0]), 0);
    netif_input(&netifs[0], nbuf_alloc());
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
    CU_ASSERT_EQUAL(netifs[0].counters.rx_dropped, 1);
    CU_ASSERT_STRING_EQUAL(fake_log(), "drop eth0 no network stack\n");
}

static void test_poll_is_the_stacks(void)
{
    setup();
    CU_ASSERT_EQUAL(netif_poll(10), UINT64_MAX);
    netif_set_stack(&stack);
    CU_ASSERT_EQUAL(netif_poll(10), 15);
}

static void test_wake_wakes_the_drivers_queue(void)
{
    struct wait_queue queue;
    struct waiter waiter;
    setup();
    netif_wake(&netifs[0]); /* no task yet */
    wait_queue_init(&queue);
    netifs[0].wake = &queue;
    wait_prepare(&queue, &waiter, "irq");
    netif_wake(&netifs[0]);
    CU_ASSERT_TRUE(waiter.woken);
    wait_finish(&waiter);
}

UNIT_SUITE("netif", UNIT_TEST(test_interfaces_are_named_and_numbered),
           UNIT_TEST(test_full_table_is_refused),
           UNIT_TEST(test_stack_learns_of_interfaces_before_and_after),
           UNIT_TEST(test_frames_go_to_the_stack),
           UNIT_TEST(test_frame_without_stack_is_dropped_and_counted),
           UNIT_TEST(test_poll_is_the_stacks), UNIT_TEST(test_wake_wakes_the_drivers_queue))
