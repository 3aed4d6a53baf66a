/*
 * What was agreed upon, and what waits for a transmission: the device's part of the driver against
 * a device that does what it is told.
 */
#include "drivers/virtio_net_rig.h"

/* A device that offers these features as well is up, with net_options. */
static void net_restart(uint64_t features)
{
    mock_device.offered |= features;
    mock_device.link = VNET_STATUS_LINK_UP;
    CU_ASSERT_EQUAL_FATAL(net_open(), 0);
}

static void net_up(uint64_t features)
{
    net_reset(QUEUE_SIZE);
    net_restart(features);
}

static void net_up_merging(uint64_t features)
{
    net_reset(QUEUE_SIZE);
    net_options.rx_buffer = 256;
    net_restart(features);
}

static void net_up_waiting(uint64_t features, enum virtio_net_policy policy)
{
    net_reset(QUEUE_SIZE);
    net_options.policy = policy;
    net_restart(features);
}

/* ---- features -------------------------------------------------------------------------------- */

static void test_what_is_offered_and_known_is_accepted(void)
{
    const uint64_t known = VFEATURE(VFEATURE_NET_MERGE) | VFEATURE(VFEATURE_NET_STATUS) |
                           VFEATURE(VFEATURE_INDIRECT) | VFEATURE(VFEATURE_EVENT_INDEX) |
                           VFEATURE(VFEATURE_IN_ORDER);
    net_up(known | VFEATURE(0) | VFEATURE(34));
    CU_ASSERT_EQUAL(mock_device.accepted,
                    known | VFEATURE(VFEATURE_VERSION_1) | VFEATURE(VFEATURE_NET_MAC));
}

static void test_header_is_shared_where_tables_are_indirect(void)
{
    static const uint8_t zeroes[HEADER];
    net_up(VFEATURE(VFEATURE_INDIRECT));
    uint64_t at = 0;
    for (unsigned i = 0; i < QUEUE_SIZE; i++) {
        CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
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
    net_up(VFEATURE(VFEATURE_EVENT_INDEX));
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_RX].kicks, 1);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_TX].kicks, 1);
    mock_set_avail_event(MOCK_TX, 2);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_TX].kicks, 1);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_TX].kicks, 2);
}

static void test_there_is_room_until_the_ring_is_full_and_an_interrupt_tells_of_more(void)
{
    net_up(0);
    for (unsigned i = 0; i < QUEUE_SIZE; i++) {
        CU_ASSERT_TRUE(virtio_net_has_room(&net));
        CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    }
    CU_ASSERT_FALSE(virtio_net_has_room(&net));
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_TX), 0);
    mock_complete(MOCK_TX, mock_take(MOCK_TX), 0);
    CU_ASSERT_TRUE(virtio_net_has_room(&net));
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_TX), VAVAIL_NO_INTERRUPT);
}

static void test_nobody_waits_for_room_where_there_will_be_none(void)
{
    net_up(0);
    while (virtio_net_has_room(&net))
        CU_ASSERT_EQUAL_FATAL(virtio_net_transmit(&net, net_frame(60)), 0);
    virtqueue_break(&net.tx, "test");
    CU_ASSERT_TRUE(virtio_net_has_room(&net));
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), -KEAGAIN);
}

/* ---- link ------------------------------------------------------------------------------------ */

static void test_link_is_looked_at_when_an_interrupt_says_so(void)
{
    net_up(VFEATURE(VFEATURE_NET_STATUS));
    mock_device.link = 0;
    net_run();
    CU_ASSERT_FALSE(net.no_carrier);
    mock_device.interrupts = VIRQ_CONFIG_CHANGE;
    fake_kernel.handler(fake_kernel.handler_arg);
    net_run();
    CU_ASSERT_TRUE(net.no_carrier);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_console, "eth0: link down\n");
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_TX), 0);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_drop_why, "no carrier");
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
    net_up_merging(VFEATURE(VFEATURE_NET_MERGE));
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
        net_up_merging(VFEATURE(VFEATURE_NET_MERGE));
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
    net_up(VFEATURE(VFEATURE_NET_MERGE));
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

/* ---- three ways to wait ---------------------------------------------------------------------- */

/* The device is done when somebody has looked, or slept, for the third time. */
static unsigned waits;

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
    net_up_waiting(VFEATURE(VFEATURE_EVENT_INDEX), VNET_TX_BLOCK);
    waits = 0;
    fake_kernel.sleep = wait_then_complete;
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(waits, 3);
    net_check_buffers(QUEUE_SIZE);
}

static void test_sender_that_blocks_does_not_do_so_for_ever(void)
{
    net_up_waiting(0, VNET_TX_BLOCK);
    waits = 0;
    fake_kernel.now_step_ns = VNET_BLOCK_NS / 4;
    fake_kernel.sleep = wait_in_vain;
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_TRUE(waits > 1 && waits < 8);
    net_check_buffers(QUEUE_SIZE + 1);
    mock_complete(MOCK_TX, mock_take(MOCK_TX), 0); /* and nobody's stack is written to */
    fake_kernel.sleep = NULL;
    net_run();
    net_check_buffers(QUEUE_SIZE);
}

static void test_sender_that_spins_wants_no_interrupts_and_has_an_end(void)
{
    net_up_waiting(0, VNET_TX_SPIN);
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_TX), VAVAIL_NO_INTERRUPT);
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_RX), 0);
    waits = 0;
    fake_hal.relax = wait_then_complete;
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(waits, 3);
    net_check_buffers(QUEUE_SIZE);
    fake_hal.relax = wait_in_vain;
    fake_kernel.now_step_ns = VNET_SPIN_NS / 4;
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    net_check_buffers(QUEUE_SIZE + 1);
    net_run();
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_TX), VAVAIL_NO_INTERRUPT);
}

UNIT_SUITE("virtio_net rings", UNIT_TEST(test_what_is_offered_and_known_is_accepted),
           UNIT_TEST(test_header_is_shared_where_tables_are_indirect),
           UNIT_TEST(test_kicks_follow_the_event_index),
           UNIT_TEST(test_there_is_room_until_the_ring_is_full_and_an_interrupt_tells_of_more),
           UNIT_TEST(test_nobody_waits_for_room_where_there_will_be_none),
           UNIT_TEST(test_link_is_looked_at_when_an_interrupt_says_so),
           UNIT_TEST(test_parts_of_a_frame_are_put_together),
           UNIT_TEST(test_frame_whose_parts_make_no_sense_is_dropped_and_its_buffers_come_back),
           UNIT_TEST(test_merged_frame_that_is_longer_than_any_is_dropped),
           UNIT_TEST(test_sender_that_blocks_goes_on_when_the_device_is_done),
           UNIT_TEST(test_sender_that_blocks_does_not_do_so_for_ever),
           UNIT_TEST(test_sender_that_spins_wants_no_interrupts_and_has_an_end))
