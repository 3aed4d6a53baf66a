/*
 * The device's part of the network driver against a device that misbehaves in every way that the
 * driver has to bear.
 */
#include "drivers/virtio_net_rig.h"

static void net_up(unsigned queue_size)
{
    net_reset(queue_size);
    CU_ASSERT_EQUAL_FATAL(net_open(), 0);
}

/* ---- initialisation -------------------------------------------------------------------------- */

static void test_status_goes_through_the_prescribed_steps(void)
{
    static const uint32_t steps[] = {0, 1, 3, 11, 15};
    net_up(QUEUE_SIZE);
    CU_ASSERT_EQUAL_FATAL(mock_device.status_writes, 5);
    CU_ASSERT_EQUAL(memcmp(mock_device.status_log, steps, sizeof(steps)), 0);
    CU_ASSERT_EQUAL(mock_device.accepted,
                    UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VFEATURE_NET_MAC);
    net_check_buffers(QUEUE_SIZE);
}

static void test_receive_buffers_are_posted_before_driver_ok(void)
{
    net_up(QUEUE_SIZE);
    CU_ASSERT_EQUAL(mock_device.rx_posted_at_driver_ok, QUEUE_SIZE);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_RX].kicks, 1);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_TX].kicks, 0);
    uint16_t head = mock_take(MOCK_RX);
    CU_ASSERT_TRUE(mock_buffer_is_writable(MOCK_RX, head));
    CU_ASSERT_EQUAL(mock_buffer_size(MOCK_RX, head), 1526);
}

static void test_received_frames_are_counted_from_the_beginning(void)
{
    net_reset(QUEUE_SIZE);
    CU_ASSERT_FALSE(fake_hal_has_counter("eth0.rx.frames"));
    CU_ASSERT_EQUAL_FATAL(net_open(), 0);
    CU_ASSERT_TRUE(fake_hal_has_counter("eth0.rx.frames"));
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.rx.frames"), 0);
}

static void test_device_without_mac_gets_the_default(void)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    net_reset(QUEUE_SIZE);
    mock_device.offered = UINT64_C(1) << VIRTIO_F_VERSION_1;
    CU_ASSERT_EQUAL_FATAL(net_open(), 0);
    CU_ASSERT_EQUAL(memcmp(net.mac, mac, 6), 0);
}

static void test_configuration_that_never_settles_ends_the_wait(void)
{
    net_reset(QUEUE_SIZE);
    mock_device.config_never_settles = true;
    CU_ASSERT_EQUAL(net_open(), 0);
}

static void test_windows_that_are_none_are_left_alone(void)
{
    net_reset(QUEUE_SIZE);
    mock_device.magic = 0x12345678;
    CU_ASSERT_EQUAL(net_open(), -KENODEV);
    net_reset(QUEUE_SIZE);
    mock_device.version = 3;
    CU_ASSERT_EQUAL(net_open(), -KENODEV);
    net_reset(QUEUE_SIZE);
    mock_device.device_id = 0;
    CU_ASSERT_EQUAL(net_open(), -KENODEV);
    CU_ASSERT_EQUAL(mock_device.writes, 0);
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

static void test_gives_up_without_version_1(void)
{
    net_reset(QUEUE_SIZE);
    mock_device.offered &= ~(UINT64_C(1) << VIRTIO_F_VERSION_1);
    net_check_given_up(net_open(), -KEOPNOTSUPP);
}

static void test_a_legacy_device_has_other_steps_and_needs_any_layout(void)
{
    static const uint32_t steps[] = {0, 1, 3, 0, 128};
    net_reset(QUEUE_SIZE);
    mock_device.version = 1;
    mock_device.offered = UINT64_C(1) << VIRTIO_F_ANY_LAYOUT | UINT64_C(1) << VIRTIO_NET_F_MAC |
                          UINT64_C(1) << VIRTIO_NET_F_MTU;
    /* The rings lie where no page number of 32 bits leads. */
    net_check_given_up(net_open(), -KENOMEM);
    CU_ASSERT_TRUE(virtio_is_legacy(&net_mmio.device));
    CU_ASSERT_EQUAL(mock_device.page_size, 4096);
    CU_ASSERT_EQUAL(mock_device.accepted,
                    UINT64_C(1) << VIRTIO_F_ANY_LAYOUT | UINT64_C(1) << VIRTIO_NET_F_MAC);
    CU_ASSERT_EQUAL_FATAL(mock_device.status_writes, 5);
    CU_ASSERT_EQUAL(memcmp(mock_device.status_log, steps, sizeof(steps)), 0);

    net_reset(QUEUE_SIZE);
    mock_device.version = 1;
    mock_device.offered = UINT64_C(1) << VIRTIO_NET_F_MAC;
    net_check_given_up(net_open(), -KEOPNOTSUPP);
}

static void test_gives_up_when_features_ok_does_not_stick(void)
{
    net_reset(QUEUE_SIZE);
    mock_device.refuses_features = true;
    net_check_given_up(net_open(), -KEIO);
}

static void test_gives_up_when_the_device_does_not_reset(void)
{
    net_reset(QUEUE_SIZE);
    mock_device.status = VIRTIO_CONFIG_S_ACKNOWLEDGE;
    mock_device.never_resets = true;
    net_check_given_up(net_open(), -KEIO);
}

static void test_gives_up_without_a_queue(void)
{
    net_reset(QUEUE_SIZE);
    mock_device.queues[MOCK_RX].size_max = 0;
    net_check_given_up(net_open(), -KENODEV);
    net_reset(QUEUE_SIZE);
    mock_device.queues[MOCK_TX].size_max = 0;
    net_check_given_up(net_open(), -KENODEV);
}

static void test_gives_up_when_a_queue_is_in_use(void)
{
    net_reset(QUEUE_SIZE);
    mock_device.never_resets = true; /* keeps the queue ready; the status is 0 already */
    mock_device.queues[MOCK_TX].ready = 1;
    int error = net_open();
    CU_ASSERT_EQUAL(error, -KEBUSY);
    CU_ASSERT_NOT_EQUAL(mock_device.status & VIRTIO_CONFIG_S_FAILED, 0);
}

static void test_gives_up_when_an_allocation_fails(void)
{
    for (int k = 1; k <= 6; k++) { /* the 0th is the pool; three for each ring */
        net_reset(QUEUE_SIZE);
        fake_hal.dma_fail_at = k;
        net_check_given_up(net_open(), -KENOMEM);
    }
}

static void test_gives_up_without_interrupt_or_buffers(void)
{
    net_reset(QUEUE_SIZE);
    fake_kernel.attach_result = -KEINVAL;
    net_check_given_up(net_open(), -KEINVAL);

    net_reset(QUEUE_SIZE);
    static struct nbuf *taken[NBUF_COUNT];
    for (unsigned i = 0; i < NBUF_COUNT; i++)
        taken[i] = nbuf_alloc();
    CU_ASSERT_EQUAL(net_open(), -KENOMEM);
    CU_ASSERT_NOT_EQUAL(mock_device.status & VIRTIO_CONFIG_S_FAILED, 0);
    for (unsigned i = 0; i < NBUF_COUNT; i++)
        nbuf_free(taken[i]);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
}

static void test_fewer_buffers_than_descriptors_are_bearable(void)
{
    static struct nbuf *taken[NBUF_COUNT];
    net_reset(QUEUE_SIZE);
    for (unsigned i = 0; i < NBUF_COUNT - 2; i++)
        taken[i] = nbuf_alloc();
    CU_ASSERT_EQUAL(net_open(), 0);
    CU_ASSERT_EQUAL(mock_device.rx_posted_at_driver_ok, 2);
    for (unsigned i = 0; i < NBUF_COUNT - 2; i++)
        nbuf_free(taken[i]);
}

static void test_queue_size_is_the_largest_that_both_sides_bear(void)
{
    static const struct {
        uint32_t device_max;
        uint32_t size;
    } cases[] = {{1, 1}, {2, 2}, {5, 4}, {63, 32}, {64, 64}, {256, 64}, {0x10000, 64}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        net_up(cases[i].device_max);
        CU_ASSERT_EQUAL(mock_device.queues[MOCK_RX].size, cases[i].size);
        CU_ASSERT_EQUAL(mock_device.queues[MOCK_TX].size, cases[i].size);
        CU_ASSERT_EQUAL(mock_device.rx_posted_at_driver_ok, cases[i].size);
    }
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void test_full_sized_frame_is_delivered_whole(void)
{
    uint8_t frame[1514];
    net_up(QUEUE_SIZE);
    memset(frame, 0x77, sizeof(frame));
    mock_receive(frame, sizeof(frame));
    net_run();
    CU_ASSERT_EQUAL_FATAL(fake_kernel.received_count, 1);
    CU_ASSERT_EQUAL(fake_kernel.received[0]->len, 1514);
    net_check_buffers(QUEUE_SIZE);
}

static void test_burst_is_delivered_whole_and_in_order(void)
{
    net_up(QUEUE_SIZE);
    for (uint8_t i = 0; i < QUEUE_SIZE; i++) {
        uint8_t frame[60] = {i};
        mock_receive(frame, sizeof(frame));
    }
    net_run();
    CU_ASSERT_EQUAL_FATAL(fake_kernel.received_count, QUEUE_SIZE);
    for (unsigned i = 0; i < QUEUE_SIZE; i++)
        CU_ASSERT_EQUAL(fake_kernel.received[i]->data[0], i);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_RX].kicks, 2);
    net_check_buffers(QUEUE_SIZE);
}

static void test_descriptors_are_recycled_past_the_wrap_of_the_index(void)
{
    uint8_t frame[60] = {0};
    net_up(QUEUE_SIZE);
    /* Both sides stand shortly before the wrap, by a multiple of the size: the slots stay. */
    struct virtqueue *rx = &net.rx;
    rx->avail_index = (uint16_t)(rx->avail_index + 65536 - 2 * QUEUE_SIZE);
    rx->used_index = (uint16_t)(rx->used_index + 65536 - 2 * QUEUE_SIZE);
    mock_advance_indices(MOCK_RX, (uint16_t)(65536 - 2 * QUEUE_SIZE));
    for (uint8_t i = 0; i < 5 * QUEUE_SIZE; i++) {
        frame[0] = i;
        mock_receive(frame, sizeof(frame));
        net_run();
        CU_ASSERT_EQUAL_FATAL(fake_kernel.received_count, 1);
        CU_ASSERT_EQUAL(fake_kernel.received[0]->data[0], i);
        CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE);
        fake_kernel_free_received();
    }
    CU_ASSERT_EQUAL(rx->used_index, 3 * QUEUE_SIZE);
    CU_ASSERT_EQUAL(fake_hal.drops, 0);
    net_check_buffers(QUEUE_SIZE);
}

static void test_lengths_that_make_no_sense_are_dropped_and_recycled(void)
{
    static const uint32_t lengths[] = {0, 8, 11, 12, 25, 1527, UINT32_MAX};
    net_up(QUEUE_SIZE);
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        mock_complete(MOCK_RX, mock_take(MOCK_RX), lengths[i]);
        net_run();
        CU_ASSERT_EQUAL(fake_kernel.received_count, 0);
        CU_ASSERT_EQUAL(fake_hal.drops, i + 1);
        CU_ASSERT_EQUAL(fake_hal_counter("eth0.rx.dropped"), i + 1);
        CU_ASSERT_STRING_EQUAL(fake_hal.last_drop_where, "eth0.rx");
        CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE);
    }
    net_check_buffers(QUEUE_SIZE);
}

static void test_without_a_fresh_buffer_the_full_one_goes_back(void)
{
    static struct nbuf *taken[NBUF_COUNT];
    unsigned count = 0;
    uint8_t frame[60] = {0};
    net_up(QUEUE_SIZE);
    while ((taken[count] = nbuf_alloc()) != NULL)
        count++;
    mock_receive(frame, sizeof(frame));
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.received_count, 0);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.rx.dropped"), 1);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE);
    while (count > 0)
        nbuf_free(taken[--count]);
    mock_receive(frame, sizeof(frame));
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.received_count, 1);
    net_check_buffers(QUEUE_SIZE);
}

/* The receive queue is broken, once, and sending goes on. */
static void net_check_rx_broken(void)
{
    net_run();
    CU_ASSERT_EQUAL(fake_kernel.received_count, 0);
    CU_ASSERT_EQUAL(fake_hal.drops, 1);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.rx.broken"), 1);
    mock_complete(MOCK_RX, 0, 100);
    net_run();
    CU_ASSERT_EQUAL(fake_hal.drops, 1);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_TX), 1);
}

static void test_id_beyond_the_queue_breaks_it(void)
{
    net_up(QUEUE_SIZE);
    mock_take(MOCK_RX);
    mock_complete(MOCK_RX, QUEUE_SIZE, 72);
    net_check_rx_broken();
    net_up(QUEUE_SIZE);
    mock_take(MOCK_RX);
    mock_complete(MOCK_RX, UINT32_MAX, 72);
    net_check_rx_broken();
}

static void test_completing_twice_breaks_the_queue(void)
{
    net_up(QUEUE_SIZE);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    uint16_t head = mock_take(MOCK_TX);
    mock_complete(MOCK_TX, head, 0);
    mock_complete(MOCK_TX, head, 0);
    net_run();
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.tx.broken"), 1);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), -KEAGAIN);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.tx.dropped"), 1);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - QUEUE_SIZE - 1);
}

static void test_used_index_that_jumps_breaks_the_queue(void)
{
    net_up(QUEUE_SIZE);
    mock_move_used(MOCK_RX, QUEUE_SIZE + 1);
    net_check_rx_broken();
    net_up(QUEUE_SIZE);
    mock_move_used(MOCK_RX, UINT16_MAX); /* one back */
    net_check_rx_broken();
}

/* ---- sending --------------------------------------------------------------------------------- */

static void test_frame_is_sent_behind_an_empty_header(void)
{
    static const uint8_t empty[HEADER];
    net_up(QUEUE_SIZE);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(42)), 0);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_TX].kicks, 1);
    uint16_t head = mock_take(MOCK_TX);
    CU_ASSERT_EQUAL(mock_buffer_size(MOCK_TX, head), HEADER + 42);
    CU_ASSERT_FALSE(mock_buffer_is_writable(MOCK_TX, head));
    CU_ASSERT_EQUAL(memcmp(mock_buffer(MOCK_TX, head), empty, HEADER), 0);
    CU_ASSERT_EQUAL(mock_buffer(MOCK_TX, head)[HEADER], 0x5a);
    CU_ASSERT_EQUAL(mock_buffer(MOCK_TX, head)[HEADER + 41], 0x5a);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.tx.frames"), 1);
}

static void test_completed_frames_are_reclaimed_before_the_next(void)
{
    net_up(QUEUE_SIZE);
    for (unsigned i = 0; i < 3 * QUEUE_SIZE; i++) {
        CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
        mock_complete(MOCK_TX, mock_take(MOCK_TX), 0);
    }
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.tx.frames"), 3 * QUEUE_SIZE);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - QUEUE_SIZE - 1);
    net_run();
    net_check_buffers(QUEUE_SIZE);
}

static void test_full_ring_drops_and_recovers(void)
{
    net_up(QUEUE_SIZE);
    for (unsigned i = 0; i < QUEUE_SIZE; i++)
        CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), -KEAGAIN);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.tx.dropped"), 1);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_drop_why, "ring full");
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - 2 * QUEUE_SIZE);

    uint16_t first = mock_take(MOCK_TX), second = mock_take(MOCK_TX);
    mock_complete(MOCK_TX, second, 0); /* out of order */
    mock_complete(MOCK_TX, first, 0);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(fake_hal.drops, 1);
}

static void test_device_that_wants_no_kick_gets_none(void)
{
    net_up(QUEUE_SIZE);
    mock_set_used_flags(MOCK_TX, 1);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), 0);
    CU_ASSERT_EQUAL(mock_device.queues[MOCK_TX].kicks, 0);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_TX), 1);
}

/* ---- trouble --------------------------------------------------------------------------------- */

static void test_device_in_trouble_breaks_both_queues(void)
{
    net_up(QUEUE_SIZE);
    mock_device.interrupts = 2;
    mock_device.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
    fake_kernel.handler(fake_kernel.handler_arg);
    net_run();
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.rx.broken"), 1);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.tx.broken"), 1);
    CU_ASSERT_EQUAL(fake_hal.console_lines, 1);
    CU_ASSERT_EQUAL(virtio_net_transmit(&net, net_frame(60)), -KEAGAIN);
}

UNIT_SUITE("virtio_net", UNIT_TEST(test_status_goes_through_the_prescribed_steps),
           UNIT_TEST(test_receive_buffers_are_posted_before_driver_ok),
           UNIT_TEST(test_received_frames_are_counted_from_the_beginning),
           UNIT_TEST(test_device_without_mac_gets_the_default),
           UNIT_TEST(test_configuration_that_never_settles_ends_the_wait),
           UNIT_TEST(test_windows_that_are_none_are_left_alone),
           UNIT_TEST(test_gives_up_without_version_1),
           UNIT_TEST(test_a_legacy_device_has_other_steps_and_needs_any_layout),
           UNIT_TEST(test_gives_up_when_features_ok_does_not_stick),
           UNIT_TEST(test_gives_up_when_the_device_does_not_reset),
           UNIT_TEST(test_gives_up_without_a_queue),
           UNIT_TEST(test_gives_up_when_a_queue_is_in_use),
           UNIT_TEST(test_gives_up_when_an_allocation_fails),
           UNIT_TEST(test_gives_up_without_interrupt_or_buffers),
           UNIT_TEST(test_fewer_buffers_than_descriptors_are_bearable),
           UNIT_TEST(test_queue_size_is_the_largest_that_both_sides_bear),
           UNIT_TEST(test_full_sized_frame_is_delivered_whole),
           UNIT_TEST(test_burst_is_delivered_whole_and_in_order),
           UNIT_TEST(test_descriptors_are_recycled_past_the_wrap_of_the_index),
           UNIT_TEST(test_lengths_that_make_no_sense_are_dropped_and_recycled),
           UNIT_TEST(test_without_a_fresh_buffer_the_full_one_goes_back),
           UNIT_TEST(test_id_beyond_the_queue_breaks_it),
           UNIT_TEST(test_completing_twice_breaks_the_queue),
           UNIT_TEST(test_used_index_that_jumps_breaks_the_queue),
           UNIT_TEST(test_frame_is_sent_behind_an_empty_header),
           UNIT_TEST(test_completed_frames_are_reclaimed_before_the_next),
           UNIT_TEST(test_full_ring_drops_and_recovers),
           UNIT_TEST(test_device_that_wants_no_kick_gets_none),
           UNIT_TEST(test_device_in_trouble_breaks_both_queues))
