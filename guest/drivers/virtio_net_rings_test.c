/*
 * What was agreed upon, what waits for a transmission, and the way off and on: the driver against a
 * device that does what it is told.
 *
 * The driver is included, not linked: its table of interfaces only grows, and each test needs it
 * empty.
 */
#include "drivers/virtio_net.c"

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/mock_device.h"
#include "drivers/virtio_mmio.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define QUEUE_SIZE 4
#define INTID      48
#define HEADER     12

static struct virtio_mmio net_mmio;

/* A driver that is up, of a device that offers these features as well; `name=value` at boot. */
static struct netif *net_up(uint64_t features, const char *name, const char *value)
{
    fake_hal_reset();
    fake_kernel_reset();
    mock_device_reset(QUEUE_SIZE);
    mock_device.offered |= features;
    mock_device.link = VNET_STATUS_LINK_UP;
    fake_kernel.parameters[0][0] = name;
    fake_kernel.parameters[0][1] = value;
    virtio_net_count = 0;
    net_mmio = (struct virtio_mmio){.base = MOCK_BASE, .intid = INTID};
    CU_ASSERT_EQUAL_FATAL(virtio_mmio_identify(&net_mmio), 0);
    CU_ASSERT_EQUAL_FATAL(virtio_net_probe(&net_mmio.device), 0);
    return netif_by_index(0);
}

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

/* ---- looking without an interrupt ------------------------------------------------------------ */

static void test_task_sleeps_a_period_at_the_most_where_it_is_told_to_poll(void)
{
    net_up(0, "poll", "100");
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.slept_until_ns, clock_now_ns() + 10000000);
    fake_kernel.poll_result = clock_now_ns() + 1;
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.slept_until_ns, clock_now_ns() + 1);
}

/* ---- features -------------------------------------------------------------------------------- */

static void test_what_is_offered_and_known_is_accepted(void)
{
    const uint64_t known = VFEATURE(VFEATURE_NET_MERGE) | VFEATURE(VFEATURE_NET_STATUS) |
                           VFEATURE(VFEATURE_INDIRECT) | VFEATURE(VFEATURE_EVENT_INDEX) |
                           VFEATURE(VFEATURE_IN_ORDER);
    net_up(known | VFEATURE(0) | VFEATURE(34), NULL, NULL);
    CU_ASSERT_EQUAL(mock_device.accepted,
                    known | VFEATURE(VFEATURE_VERSION_1) | VFEATURE(VFEATURE_NET_MAC));
}

static void test_header_is_shared_where_tables_are_indirect(void)
{
    static const uint8_t zeroes[HEADER];
    struct netif *netif = net_up(VFEATURE(VFEATURE_INDIRECT), NULL, NULL);
    uint64_t at = 0;
    for (unsigned i = 0; i < QUEUE_SIZE; i++) {
        CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
        uint16_t head = mock_take(MOCK_TX);
        const struct vring_desc *header = mock_part(MOCK_TX, head, 0);
        const struct vring_desc *frame = mock_part(MOCK_TX, head, 1);
        CU_ASSERT_EQUAL(header->len, HEADER);
        CU_ASSERT_EQUAL(memcmp(hal_phys_to_virt(header->addr), zeroes, HEADER), 0);
        CU_ASSERT_EQUAL(frame->len, 60);
        CU_ASSERT_EQUAL(*(uint8_t *)hal_phys_to_virt(frame->addr), 0x5a);
        CU_ASSERT_TRUE(at == 0 || at == header->addr);
        at = header->addr;
    }
}

static void test_kicks_follow_the_event_index(void)
{
    struct netif *netif = net_up(VFEATURE(VFEATURE_EVENT_INDEX), NULL, NULL);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_RX].kicks, 1);
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_TX].kicks, 1);
    mock_set_avail_event(MOCK_TX, 2);
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_TX].kicks, 1);
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_TX].kicks, 2);
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

/* ---- merged buffers -------------------------------------------------------------------------- */

/* A part of a frame: the next buffer, full of `fill`; the first of them has the header. */
static void merge_part(unsigned parts, uint8_t fill, uint32_t len)
{
    uint16_t head = mock_take(MOCK_RX);
    uint8_t *buffer = mock_buffer(MOCK_RX, head);
    CU_ASSERT_EQUAL(mock_buffer_size(MOCK_RX, head), 256);
    memset(buffer, fill, 256);
    if (parts > 0) {
        memset(buffer, 0, HEADER);
        buffer[10] = (uint8_t)parts;
    }
    mock_complete(MOCK_RX, head, len);
}

static void test_parts_of_a_frame_are_put_together(void)
{
    net_up(VFEATURE(VFEATURE_NET_MERGE), "rx-buffer", "256");
    merge_part(3, 1, 256);
    merge_part(0, 2, 256);
    merge_part(0, 3, 100);
    net_run();
    CU_ASSERT_EQUAL_FATAL(fake_kernel.received_count, 1);
    const struct nbuf *nbuf = fake_kernel.received[0];
    CU_ASSERT_EQUAL(nbuf->len, 256 - HEADER + 256 + 100);
    CU_ASSERT_EQUAL(nbuf->data[0], 1);
    CU_ASSERT_EQUAL(nbuf->data[256 - HEADER - 1], 1);
    CU_ASSERT_EQUAL(nbuf->data[256 - HEADER], 2);
    CU_ASSERT_EQUAL(nbuf->data[512 - HEADER - 1], 2);
    CU_ASSERT_EQUAL(nbuf->data[512 - HEADER], 3);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE);
    CU_ASSERT_EQUAL(fake_hal.drops, 0);
    net_check_buffers(QUEUE_SIZE);
}

static void test_frame_whose_parts_make_no_sense_is_dropped_and_its_buffers_come_back(void)
{
    static const struct {
        unsigned parts;
        uint32_t first, second;
        const char *why;
    } rows[] = {
        {0, 100, 0, "in no buffer"},
        {2, 256, 257, "longer than its buffer"},
        {2, 256, UINT32_MAX, "longer than its buffer"},
        {3, 256, 256, "a part of it is missing"},
        {255, 256, 256, "a part of it is missing"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        net_up(VFEATURE(VFEATURE_NET_MERGE), "rx-buffer", "256");
        merge_part(1, 9, rows[i].first);
        uint16_t slot = (uint16_t)(mock_device.queues[MOCK_RX].last_avail - 1);
        uint8_t *buffer = mock_buffer(MOCK_RX, slot);
        buffer[10] = (uint8_t)rows[i].parts;
        if (rows[i].parts > 1)
            merge_part(0, 9, rows[i].second);
        net_run();
        CU_ASSERT_EQUAL(fake_kernel.received_count, 0);
        CU_ASSERT_EQUAL_FATAL(fake_hal.drops, 1);
        CU_ASSERT_STRING_EQUAL(fake_hal.last_drop_why, rows[i].why);
        CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE);
        net_check_buffers(QUEUE_SIZE);
    }
}

static void test_merged_frame_that_is_longer_than_any_is_dropped(void)
{
    net_up(VFEATURE(VFEATURE_NET_MERGE), NULL, NULL);
    for (unsigned i = 0; i < 2; i++) {
        uint16_t head = mock_take(MOCK_RX);
        memset(mock_buffer(MOCK_RX, head), 0, HEADER);
        mock_buffer(MOCK_RX, head)[10] = 2;
        mock_complete(MOCK_RX, head, 1000);
    }
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.received_count, 0);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_drop_why, "longer than a frame");
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE);
    net_check_buffers(QUEUE_SIZE);
}

/* ---- link ------------------------------------------------------------------------------------ */

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

/* ---- three ways to wait ---------------------------------------------------------------------- */

static unsigned waits;

/* The device is done when somebody has looked, or slept, for the third time. */
static void wait_then_complete(void)
{
    if (++waits == 3)
        mock_complete(MOCK_TX, mock_take(MOCK_TX), 0);
}

static void wait_in_vain(void)
{
    waits++;
}

static void test_sender_that_blocks_goes_on_when_the_device_is_done(void)
{
    struct netif *netif = net_up(VFEATURE(VFEATURE_EVENT_INDEX), "tx", "block");
    waits = 0;
    fake_kernel.sleep = wait_then_complete;
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    CU_ASSERT_EQUAL(waits, 3);
    net_check_buffers(QUEUE_SIZE);
}

static void test_sender_that_blocks_does_not_do_so_for_ever(void)
{
    struct netif *netif = net_up(0, "tx", "block");
    waits = 0;
    fake_kernel.now_step_ns = VNET_BLOCK_NS / 4;
    fake_kernel.sleep = wait_in_vain;
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    CU_ASSERT_TRUE(waits > 1 && waits < 8);
    net_check_buffers(QUEUE_SIZE + 1);
    mock_complete(MOCK_TX, mock_take(MOCK_TX), 0); /* and nobody's stack is written to */
    fake_kernel.sleep = NULL;
    net_run();
    net_check_buffers(QUEUE_SIZE);
}

static void test_sender_that_spins_wants_no_interrupts_and_has_an_end(void)
{
    struct netif *netif = net_up(0, "tx", "spin");
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_TX), VAVAIL_NO_INTERRUPT);
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_RX), 0);
    waits = 0;
    fake_hal.relax = wait_then_complete;
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    CU_ASSERT_EQUAL(waits, 3);
    net_check_buffers(QUEUE_SIZE);
    fake_hal.relax = wait_in_vain;
    fake_kernel.now_step_ns = VNET_SPIN_NS / 4;
    CU_ASSERT_EQUAL(netif->transmit(netif, net_frame(60)), 0);
    net_check_buffers(QUEUE_SIZE + 1);
    net_run();
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_TX), VAVAIL_NO_INTERRUPT);
}

/* ---- off and on ------------------------------------------------------------------------------ */

/* What somebody wants is done by the task, which runs while he sleeps. */
static void run_switch(void)
{
    virtio_net_switch(&virtio_nets[0]);
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
    fake_kernel.now_step_ns = VNET_RESET_NS / 4;
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
    "virtio_net rings", UNIT_TEST(test_task_sleeps_a_period_at_the_most_where_it_is_told_to_poll),
    UNIT_TEST(test_what_is_offered_and_known_is_accepted),
    UNIT_TEST(test_header_is_shared_where_tables_are_indirect),
    UNIT_TEST(test_kicks_follow_the_event_index),
    UNIT_TEST(test_task_asks_for_the_next_interrupt_before_it_sleeps),
    UNIT_TEST(test_frames_that_are_forgotten_interrupt_only_when_half_of_the_ring_is_in_flight),
    UNIT_TEST(test_parts_of_a_frame_are_put_together),
    UNIT_TEST(test_frame_whose_parts_make_no_sense_is_dropped_and_its_buffers_come_back),
    UNIT_TEST(test_merged_frame_that_is_longer_than_any_is_dropped),
    UNIT_TEST(test_link_that_goes_down_takes_frames_away_until_it_is_up),
    UNIT_TEST(test_sender_that_blocks_goes_on_when_the_device_is_done),
    UNIT_TEST(test_sender_that_blocks_does_not_do_so_for_ever),
    UNIT_TEST(test_sender_that_spins_wants_no_interrupts_and_has_an_end),
    UNIT_TEST(test_off_takes_everything_back_and_on_begins_anew),
    UNIT_TEST(test_slow_reset_is_waited_for_asleep),
    UNIT_TEST(test_device_that_stays_in_reset_keeps_its_memory),
    UNIT_TEST(test_device_that_does_not_come_back_leaves_the_interface_down))
