/*
 * The interface: its task, what it is told and what it tells, the way off and on.
 *
 * The front is included, not linked: its table of interfaces only grows, and each test needs it
 * empty.
 */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "drivers/virtio_netif.c"

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/mock_device.h"
#include "drivers/virtio_mmio.h"
#include "ringside/hal.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define QUEUE_SIZE 4
#define INTID      48

static struct virtio_mmio net_mmio;

/* A machine with one device, before the driver comes. */
static void net_reset(unsigned queue_size)
{
    fake_hal_reset();
    fake_kernel_reset();
    mock_device_reset(queue_size);
    mock_device.link = VNET_STATUS_LINK_UP;
    virtio_netif_count = 0;
}

static int net_probe(void)
{
    net_mmio = (struct virtio_mmio){.base = MOCK_BASE, .intid = INTID};
    int error = virtio_mmio_identify(&net_mmio);
    return error != 0 ? error : virtio_netif_probe(&net_mmio.device);
}

/* A driver that is up, of a device that offers these features as well; `name=value` at boot. */
static struct netif *net_up(uint64_t features, const char *name, const char *value)
{
    net_reset(QUEUE_SIZE);
    mock_device.offered |= features;
    fake_kernel.parameters[0][0] = name;
    fake_kernel.parameters[0][1] = value;
    CU_ASSERT_EQUAL_FATAL(net_probe(), 0);
    return netif_by_index(0);
}

/* One round of the driver's task, which then sleeps. */
static void net_run(void)
{
    fake_kernel_run_task(1);
}

static struct nbuf *net_frame(size_t size)
{
    struct nbuf *nbuf = nbuf_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(nbuf);
    memset(nbuf->memory, 0xff, NBUF_SIZE);
    memset(nbuf_put(nbuf, size), 0x5a, size);
    return nbuf;
}

static void net_check_buffers(unsigned in_rings)
{
    fake_kernel_free_received();
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - in_rings);
}

static void net_interrupt(uint32_t bits)
{
    mock_device.interrupts = bits;
    fake_kernel.handler(fake_kernel.handler_arg);
}

/* The driver gave up as it should: FAILED, a message, nothing left behind. */
static void net_check_given_up(int error, int expected)
{
    CU_ASSERT_EQUAL(error, expected);
    CU_ASSERT_NOT_EQUAL(mock_device.status & VIRTIO_CONFIG_S_FAILED, 0);
    CU_ASSERT_EQUAL(mock_device.status & VIRTIO_CONFIG_S_DRIVER_OK, 0);
    CU_ASSERT_EQUAL(fake_hal.console_lines, 1);
    CU_ASSERT_EQUAL(fake_hal.dma_live, 1); /* the pool of buffers */
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
}

/* ---- the interface --------------------------------------------------------------------------- */

static void test_interface_interrupt_and_task_are_registered(void)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc};
    struct netif *netif = net_up(0, NULL, NULL);
    CU_ASSERT_STRING_EQUAL(netif->name, "eth0");
    CU_ASSERT_EQUAL(memcmp(netif->mac, mac, 6), 0);
    CU_ASSERT_EQUAL(netif->mtu, 1500);
    CU_ASSERT_EQUAL(fake_kernel.intid, INTID);
    CU_ASSERT_FALSE(fake_kernel.edge_triggered);
    CU_ASSERT_STRING_EQUAL(fake_kernel.task_name, "netd");
    CU_ASSERT_EQUAL(fake_hal.console_lines, 0);
}

static void test_second_interface_is_eth1_with_an_address_of_its_own(void)
{
    net_reset(QUEUE_SIZE);
    mock_device.offered = UINT64_C(1) << VIRTIO_F_VERSION_1;
    CU_ASSERT_EQUAL_FATAL(net_probe(), 0);
    CU_ASSERT_EQUAL_FATAL(net_probe(), 0);
    CU_ASSERT_STRING_EQUAL(netif_by_index(1)->name, "eth1");
    CU_ASSERT_EQUAL(netif_by_index(1)->mac[5], 0x57);
    CU_ASSERT_STRING_EQUAL(fake_kernel.task_name, "netd1");
    CU_ASSERT_STRING_EQUAL(virtio_netifs[1].net.rx_frames, "eth1.rx.frames");
}

static void test_without_a_task_there_is_no_interface(void)
{
    net_reset(QUEUE_SIZE);
    netif_init(); /* devices are looked for before there is a stack */
    fake_kernel.task_fails = true;
    net_check_given_up(net_probe(), -KENOMEM);
    CU_ASSERT_PTR_NULL(netif_by_index(0));
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
}

static void test_more_devices_than_interfaces_are_refused(void)
{
    net_reset(QUEUE_SIZE);
    for (unsigned i = 0; i < NETIFS_MAX; i++)
        CU_ASSERT_EQUAL(net_probe(), 0);
    CU_ASSERT_EQUAL(net_probe(), -KENOSPC);
    CU_ASSERT_EQUAL(fake_hal.console_lines, 1);
}

static void test_frame_is_handed_up_without_header(void)
{
    uint8_t frame[60];
    net_up(0, NULL, NULL);
    memset(frame, 0xa5, sizeof(frame));
    mock_receive(frame, sizeof(frame));
    net_run();
    CU_ASSERT_EQUAL_FATAL(fake_kernel.received_count, 1);
    CU_ASSERT_EQUAL(fake_kernel.received[0]->len, sizeof(frame));
    CU_ASSERT_EQUAL(memcmp(fake_kernel.received[0]->data, frame, sizeof(frame)), 0);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.rx.frames"), 1);
    CU_ASSERT_EQUAL(fake_hal.drops, 0);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE);
    net_check_buffers(QUEUE_SIZE);
}

/* ---- interrupt and task ---------------------------------------------------------------------- */

static void test_interrupt_is_acknowledged_and_wakes_the_task(void)
{
    net_up(0, NULL, NULL);
    mock_device.interrupts = 1;
    fake_kernel.handler(fake_kernel.handler_arg);
    CU_ASSERT_EQUAL(mock_device.interrupts, 0);
    CU_ASSERT_EQUAL(fake_kernel.wakes, 1);
}

static void test_interrupt_of_another_device_wakes_nobody(void)
{
    net_up(0, NULL, NULL);
    unsigned writes = mock_device.writes;
    fake_kernel.handler(fake_kernel.handler_arg);
    CU_ASSERT_EQUAL(mock_device.writes, writes);
    CU_ASSERT_EQUAL(fake_kernel.wakes, 0);
}

static void test_one_round_drains_both_queues(void)
{
    uint8_t frame[60] = {0};
    struct netif *netif = net_up(0, NULL, NULL);
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    mock_complete(MOCK_TX, mock_take(MOCK_TX), 0);
    mock_receive(frame, sizeof(frame));
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.received_count, 1);
    CU_ASSERT_EQUAL(fake_kernel.polls, 1);
    net_check_buffers(QUEUE_SIZE);
}

static void test_task_sleeps_until_the_stack_wants_to_be_polled(void)
{
    net_up(0, NULL, NULL);
    fake_kernel.poll_result = 4711;
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.slept_until_ns, 4711);
}

static bool net_race_interrupts;

static void net_racing_input(struct netif *netif, struct nbuf *nbuf)
{
    uint8_t frame[60] = {0};
    CU_ASSERT_STRING_EQUAL(netif->name, "eth0");
    nbuf_free(nbuf);
    if (fake_kernel.received_count++ == 3)
        return;
    mock_receive(frame, sizeof(frame));
    if (net_race_interrupts) {
        mock_device.interrupts = 1;
        fake_kernel.handler(fake_kernel.handler_arg);
    }
}

static void net_racing_attached(struct netif *netif)
{
    CU_ASSERT_STRING_EQUAL(netif->name, "eth0");
}

static uint64_t net_racing_poll(uint64_t now_ns)
{
    return now_ns + 1;
}

static const struct netif_stack net_racing_stack = {
    .attached = net_racing_attached,
    .input = net_racing_input,
    .poll = net_racing_poll,
};

static void net_race(bool interrupts)
{
    uint8_t frame[60] = {0};
    net_reset(1);
    CU_ASSERT_EQUAL_FATAL(net_probe(), 0);
    struct netif *netif = netif_by_index(0);
    net_race_interrupts = interrupts;
    fake_kernel_set_stack(&net_racing_stack, netif);
    mock_receive(frame, sizeof(frame));
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.received_count, 4);
    fake_kernel.received_count = 0;
}

static void test_frame_that_arrives_during_the_work_is_not_slept_over(void)
{
    net_race(true);
    net_race(false); /* its interrupt was acknowledged already, with that of the frame before */
}

static void test_wake_by_the_stack_during_the_work_is_not_lost(void)
{
    struct netif *netif = net_up(0, NULL, NULL);
    struct waiter waiter;
    wait_prepare(netif->wake, &waiter, "irq");
    netif_wake(netif);
    CU_ASSERT_TRUE(waiter.woken);
}

static void test_change_of_configuration_alone_changes_nothing(void)
{
    struct netif *netif = net_up(0, NULL, NULL);
    mock_device.interrupts = 2;
    fake_kernel.handler(fake_kernel.handler_arg);
    net_run();
    CU_ASSERT_EQUAL(fake_hal.drops, 0);
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
}

static void test_task_sleeps_a_period_at_the_most_where_it_is_told_to_poll(void)
{
    net_up(0, "poll", "100");
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.slept_until_ns, clock_now_ns() + 10000000);
    fake_kernel.poll_result = clock_now_ns() + 1;
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.slept_until_ns, clock_now_ns() + 1);
}

static void test_task_asks_for_the_next_interrupt_before_it_sleeps(void)
{
    uint8_t frame[60] = {0};
    net_up(VFEATURE(VFEATURE_EVENT_INDEX), NULL, NULL);
    mock_receive(frame, sizeof(frame));
    mock_receive(frame, sizeof(frame));
    net_run();
    CU_ASSERT_EQUAL(mock_used_event(MOCK_RX), 2);
    net_check_buffers(QUEUE_SIZE);
}

static void test_frames_that_are_forgotten_interrupt_only_when_half_of_the_ring_is_in_flight(void)
{
    struct netif *netif = net_up(0, NULL, NULL);
    for (unsigned i = 0; i < QUEUE_SIZE / 2; i++) {
        CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
        CU_ASSERT_EQUAL(mock_avail_flags(MOCK_TX), 1);
    }
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_TX), 0);
    for (unsigned i = 0; i < QUEUE_SIZE / 2 + 1; i++) {
        mock_complete(MOCK_TX, mock_take(MOCK_TX), 0);
    }
    net_run();
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_TX), 1);
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_RX), 0);
    net_check_buffers(QUEUE_SIZE);
}

static void test_link_that_goes_down_takes_frames_away_until_it_is_up(void)
{
    struct netif *netif = net_up(VFEATURE(VFEATURE_NET_STATUS), NULL, NULL);
    CU_ASSERT_FALSE(netif->no_carrier);
    mock_device.link = 0;
    net_interrupt(VIRQ_CONFIG_CHANGE);
    net_run();
    CU_ASSERT_TRUE(netif->no_carrier);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_console, "eth0: link down\n");
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_TX), 0);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_drop_why, "no carrier");
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.tx.dropped"), 1);
    mock_device.link = VNET_STATUS_LINK_UP;
    net_interrupt(VIRQ_CONFIG_CHANGE);
    net_run();
    CU_ASSERT_FALSE(netif->no_carrier);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.carrier"), 1);
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_TX), 1);
}

/* ---- off and on ------------------------------------------------------------------------------ */

/* What somebody wants is done by the task, which runs while he sleeps. */
static void run_switch(void)
{
    virtio_netif_switch(&virtio_netifs[0]);
}

static void test_off_takes_everything_back_and_on_begins_anew(void)
{
    uint8_t frame[60] = {0};
    struct netif *netif = net_up(VFEATURE(VFEATURE_INDIRECT), NULL, NULL);
    unsigned live = fake_hal.dma_live;
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    mock_take(MOCK_TX); /* in flight */
    mock_receive(frame, sizeof(frame));
    fake_kernel.sleep = run_switch;
    CU_ASSERT_EQUAL(netif->set_up(netif, false), 0);
    CU_ASSERT_EQUAL(mock_device.status, 0);
    CU_ASSERT_EQUAL(fake_hal.dma_live, 1); /* the pool of buffers */
    net_check_buffers(0);
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), -KEAGAIN);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_drop_why, "interface is down");
    CU_ASSERT_EQUAL(netif->set_up(netif, false), 0);

    CU_ASSERT_EQUAL(netif->set_up(netif, true), 0);
    CU_ASSERT_EQUAL(mock_device.status, 15);
    CU_ASSERT_EQUAL(fake_hal.dma_live, live);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE);
    fake_kernel.sleep = NULL;
    mock_receive(frame, sizeof(frame));
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.received_count, 1);
    net_check_buffers(QUEUE_SIZE);
}

static unsigned pauses;

static void run_switch_or_pause(void)
{
    if (pauses++ == 0)
        run_switch();
}

static void test_slow_reset_is_waited_for_asleep(void)
{
    struct netif *netif = net_up(0, NULL, NULL);
    mock_device.reset_reads = 5;
    pauses = 0;
    fake_kernel.sleep = run_switch_or_pause;
    CU_ASSERT_EQUAL(netif->set_up(netif, false), 0);
    CU_ASSERT_EQUAL(pauses, 5);
    CU_ASSERT_EQUAL(mock_device.status, 0);
    net_check_buffers(0);
}

static void test_device_that_stays_in_reset_keeps_its_memory(void)
{
    struct netif *netif = net_up(0, NULL, NULL);
    unsigned live = fake_hal.dma_live;
    mock_device.never_resets = true;
    fake_kernel.now_step_ns = VIRTIO_RESET_NS / 4;
    pauses = 0;
    fake_kernel.sleep = run_switch_or_pause;
    CU_ASSERT_EQUAL(netif->set_up(netif, false), 0);
    CU_ASSERT_EQUAL(fake_hal.dma_live, live);
    net_check_buffers(QUEUE_SIZE);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.rx.broken"), 1);
}

static void test_device_that_does_not_come_back_leaves_the_interface_down(void)
{
    struct netif *netif = net_up(0, NULL, NULL);
    fake_kernel.sleep = run_switch;
    CU_ASSERT_EQUAL(netif->set_up(netif, false), 0);
    mock_device.refuses_features = true;
    CU_ASSERT_EQUAL(netif->set_up(netif, true), -KEIO);
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), -KEAGAIN);
    CU_ASSERT_EQUAL(mock_device.status & VIRTIO_CONFIG_S_FAILED, VIRTIO_CONFIG_S_FAILED);
    net_check_buffers(0);
    mock_device.refuses_features = false;
    CU_ASSERT_EQUAL(netif->set_up(netif, true), 0);
    net_check_buffers(QUEUE_SIZE);
}

UNIT_SUITE(
    "virtio_netif", UNIT_TEST(test_interface_interrupt_and_task_are_registered),
    UNIT_TEST(test_second_interface_is_eth1_with_an_address_of_its_own),
    UNIT_TEST(test_without_a_task_there_is_no_interface),
    UNIT_TEST(test_more_devices_than_interfaces_are_refused),
    UNIT_TEST(test_frame_is_handed_up_without_header),
    UNIT_TEST(test_interrupt_is_acknowledged_and_wakes_the_task),
    UNIT_TEST(test_interrupt_of_another_device_wakes_nobody),
    UNIT_TEST(test_one_round_drains_both_queues),
    UNIT_TEST(test_task_sleeps_until_the_stack_wants_to_be_polled),
    UNIT_TEST(test_frame_that_arrives_during_the_work_is_not_slept_over),
    UNIT_TEST(test_wake_by_the_stack_during_the_work_is_not_lost),
    UNIT_TEST(test_change_of_configuration_alone_changes_nothing),
    UNIT_TEST(test_task_sleeps_a_period_at_the_most_where_it_is_told_to_poll),
    UNIT_TEST(test_task_asks_for_the_next_interrupt_before_it_sleeps),
    UNIT_TEST(test_frames_that_are_forgotten_interrupt_only_when_half_of_the_ring_is_in_flight),
    UNIT_TEST(test_link_that_goes_down_takes_frames_away_until_it_is_up),
    UNIT_TEST(test_off_takes_everything_back_and_on_begins_anew),
    UNIT_TEST(test_slow_reset_is_waited_for_asleep),
    UNIT_TEST(test_device_that_stays_in_reset_keeps_its_memory),
    UNIT_TEST(test_device_that_does_not_come_back_leaves_the_interface_down))
