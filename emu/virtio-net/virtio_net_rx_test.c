/*
 * virtio_net_rx_test.c - the network device receives
 */
#include "emu/virtio-net/virtio_net.h"

#include "emu/virtio-net/net_setup.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>

static struct net_setup setup;
static struct mock_machine *const machine = &setup.machine;

/*
 * What stands in receive buffer `head`: the header, and the frame that the host sent with this
 * length and seed.
 */
static void check_buffer(uint16_t head, size_t header_size, size_t len, uint8_t seed)
{
    static const uint8_t header[NET_HEADER] = {[10] = 1};
    uint8_t frame[2000];
    net_setup_frame(frame, len, seed);
    CU_ASSERT_EQUAL(memcmp(setup.rx_buffer[head], header, header_size), 0);
    CU_ASSERT_EQUAL(memcmp(setup.rx_buffer[head] + header_size, frame, len), 0);
}

static void check_dropped(const char *why, uint64_t len)
{
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_DROPPED], 1);
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_NET_DROPPED].fields[0].string, "eth0");
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_NET_DROPPED].fields[1].string, "in");
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_NET_DROPPED].fields[2].string, why);
    CU_ASSERT_EQUAL(machine->last[TRACE_NET_DROPPED].fields[3].number, len);
}

static void test_frame_goes_behind_a_header_into_the_next_buffer(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, NET_FEATURE_MAC);
    net_setup_offer_rx(&setup, 3, NET_RX_BUFFER);
    net_setup_host_send(&setup, 100, 7);
    /* Written at once, visible after the latency. */
    check_buffer(3, NET_HEADER, 100, 7);
    CU_ASSERT_EQUAL(setup.rx_buffer[3][NET_HEADER + 100], 0xee);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 0);
    CU_ASSERT_FALSE(machine->line_level);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 1);
    CU_ASSERT_EQUAL(mock_ring_used_id(&setup.rx, 0), 3);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, 0), NET_HEADER + 100);
    CU_ASSERT_TRUE(machine->line_level);
    struct virtio_net_counters counters = virtio_net_counters(setup.net);
    CU_ASSERT_EQUAL(counters.rx_frames, 1);
    CU_ASSERT_EQUAL(counters.rx_bytes, 100);
    CU_ASSERT_EQUAL(counters.rx_dropped, 0);
    /* vq.pop, vq.used, isr.set */
    CU_ASSERT_EQUAL(machine->events, 3);
    CU_ASSERT_EQUAL(setup.host_frames, 0);
    net_setup_fini(&setup);
}

static void test_short_frame_arrives_padded(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    net_setup_offer_rx(&setup, 0, NET_RX_BUFFER);
    net_setup_host_send(&setup, 42, 1);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, 0), NET_HEADER + WIRE_FRAME_MIN);
    check_buffer(0, NET_HEADER, 42, 1);
    CU_ASSERT_EQUAL(setup.rx_buffer[0][NET_HEADER + 42], 0);
    CU_ASSERT_EQUAL(setup.rx_buffer[0][NET_HEADER + 59], 0);
    CU_ASSERT_EQUAL(setup.rx_buffer[0][NET_HEADER + 60], 0xee);
    net_setup_fini(&setup);
}

static void test_frame_is_scattered_over_the_buffers_of_a_chain(void)
{
    uint8_t *piece[3];
    static const uint32_t sizes[3] = {5, 20, 1600};
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    for (unsigned i = 0; i < 3; i++) {
        gpa_t at = mock_machine_alloc(machine, sizes[i], &piece[i]);
        mock_ring_desc(&setup.rx, i, at, sizes[i],
                       VRING_DESC_F_WRITE | (i < 2 ? VRING_DESC_F_NEXT : 0), i + 1);
    }
    mock_ring_offer(&setup.rx, 0);
    net_setup_host_send(&setup, 1514, 9);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, 0), NET_HEADER + 1514);
    uint8_t whole[NET_HEADER + 1514];
    memcpy(whole, piece[0], 5);
    memcpy(whole + 5, piece[1], 20);
    memcpy(whole + 25, piece[2], sizeof(whole) - 25);
    setup.rx_buffer[0] = whole;
    check_buffer(0, NET_HEADER, 1514, 9);
    net_setup_fini(&setup);
}

static void test_header_is_short_for_a_driver_that_negotiated_nothing(void)
{
    net_setup_init(&setup, 0, 0);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS,
                   VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
    mock_ring_init(&setup.rx, machine, 0, NET_RING);
    mock_driver_ok(machine);
    net_setup_offer_rx(&setup, 0, NET_RX_BUFFER);
    net_setup_host_send(&setup, 100, 3);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, 0), 10 + 100);
    check_buffer(0, 10, 100, 3);
    net_setup_fini(&setup);
}

static void test_frames_wait_for_the_driver_and_arrive_at_driver_ok(void)
{
    net_setup_init(&setup, 0, 0);
    mock_driver_negotiate(machine, 0);
    mock_ring_init(&setup.rx, machine, 0, NET_RING);
    for (uint16_t head = 0; head < 3; head++) {
        net_setup_offer_rx(&setup, head, NET_RX_BUFFER);
        net_setup_host_send(&setup, 100u + head, (uint8_t)head);
    }
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 0);
    CU_ASSERT_EQUAL(setup.rx_buffer[0][0], 0xee);
    mock_driver_ok(machine);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 3);
    for (uint16_t head = 0; head < 3; head++) {
        check_buffer(head, NET_HEADER, 100u + head, (uint8_t)head);
    }
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_DROPPED], 0);
    net_setup_fini(&setup);
}

static void test_frames_wait_for_buffers_and_arrive_in_order_at_the_kick(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    for (uint8_t seed = 0; seed < 4; seed++) {
        net_setup_host_send(&setup, 100, seed);
    }
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(machine->events, 0);
    /* Two buffers take two of them. */
    net_setup_offer_rx(&setup, 0, NET_RX_BUFFER);
    net_setup_offer_rx(&setup, 1, NET_RX_BUFFER);
    mock_ring_kick(&setup.rx);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 2);
    check_buffer(0, NET_HEADER, 100, 0);
    check_buffer(1, NET_HEADER, 100, 1);
    /* Three more, without a kick: the next frame finds them, and does not overtake. */
    for (uint16_t head = 2; head < 5; head++) {
        net_setup_offer_rx(&setup, head, NET_RX_BUFFER);
    }
    net_setup_host_send(&setup, 100, 4);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 5);
    for (uint16_t head = 2; head < 5; head++) {
        check_buffer(head, NET_HEADER, 100, (uint8_t)head);
    }
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_DROPPED], 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    net_setup_fini(&setup);
}

static void test_frames_wait_again_and_again(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    gpa_t at = mock_machine_alloc(machine, NET_RX_BUFFER, &setup.rx_buffer[0]);
    mock_ring_desc(&setup.rx, 0, at, NET_RX_BUFFER, VRING_DESC_F_WRITE, 0);
    for (unsigned i = 0; i < VIRTIO_NET_FRAMES_HELD + 10; i++) {
        size_t len = 60 + i % 7;
        net_setup_host_send(&setup, len, (uint8_t)i);
        mock_ring_offer(&setup.rx, 0);
        mock_ring_kick(&setup.rx);
        mock_machine_run(machine, NET_LATENCY);
        check_buffer(0, NET_HEADER, len, (uint8_t)i);
        CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, (uint16_t)i), NET_HEADER + len);
    }
    CU_ASSERT_EQUAL(virtio_net_counters(setup.net).rx_frames, VIRTIO_NET_FRAMES_HELD + 10);
    CU_ASSERT_EQUAL(virtio_net_counters(setup.net).rx_dropped, 0);
    net_setup_fini(&setup);
}

static void test_frames_that_nobody_can_hold_are_dropped_by_name(void)
{
    net_setup_init(&setup, 0, 0);
    for (unsigned i = 0; i < VIRTIO_NET_FRAMES_HELD; i++) {
        net_setup_host_send(&setup, 60, (uint8_t)i);
    }
    CU_ASSERT_EQUAL(machine->events, 0);
    net_setup_host_send(&setup, 61, 0);
    check_dropped("the driver is not up", 61);
    CU_ASSERT_EQUAL(virtio_net_counters(setup.net).rx_dropped, 1);
    net_setup_fini(&setup);

    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    for (unsigned i = 0; i < VIRTIO_NET_FRAMES_HELD; i++) {
        net_setup_host_send(&setup, 60, (uint8_t)i);
    }
    CU_ASSERT_EQUAL(machine->events, 0);
    net_setup_host_send(&setup, 62, 0);
    check_dropped("no receive buffer", 62);
    /* The oldest are kept. */
    net_setup_offer_rx(&setup, 0, NET_RX_BUFFER);
    mock_ring_kick(&setup.rx);
    check_buffer(0, NET_HEADER, 60, 0);
    net_setup_fini(&setup);
}

static void test_reset_drops_frames_that_wait(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    net_setup_host_send(&setup, 60, 1);
    net_setup_host_send(&setup, 70, 2);
    mock_machine_forget(machine);
    mock_driver_reset(machine);
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_DROPPED], 2);
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_NET_DROPPED].fields[2].string,
                           "the driver reset the device");
    CU_ASSERT_EQUAL(virtio_net_counters(setup.net).rx_dropped, 2);
    net_setup_start(&setup, 0);
    net_setup_offer_rx(&setup, 0, NET_RX_BUFFER);
    mock_ring_kick(&setup.rx);
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 0);
    net_setup_fini(&setup);
}

static void test_reset_with_chains_in_flight_leaves_memory_alone(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    net_setup_offer_rx(&setup, 0, NET_RX_BUFFER);
    net_setup_offer_rx(&setup, 1, NET_RX_BUFFER);
    net_setup_host_send(&setup, 60, 1);
    CU_ASSERT_EQUAL(virtqueue_in_flight(virtio_dev_queue(virtio_net_dev(setup.net), 0)), 1);
    mock_driver_reset(machine);
    mock_machine_forget(machine);
    net_setup_host_send(&setup, 60, 2);
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 0);
    CU_ASSERT_EQUAL(setup.rx_buffer[1][0], 0xee);
    CU_ASSERT_EQUAL(machine->events, 0);
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    net_setup_fini(&setup);
}

static void test_frame_that_does_not_fit_is_dropped_and_the_buffer_stays(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    net_setup_offer_rx(&setup, 0, NET_HEADER + 99);
    net_setup_host_send(&setup, 100, 1);
    check_dropped("the receive buffer is too small", 100);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.rx", "5.1.6.3.1"));
    CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_BREACH].fields[3].number, NET_HEADER + 99);
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 0);
    CU_ASSERT_EQUAL(machine->events, 2);
    CU_ASSERT_EQUAL(setup.rx_buffer[0][0], 0xee);
    net_setup_host_send(&setup, 99, 2);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 1);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, 0), NET_HEADER + 99);
    check_buffer(0, NET_HEADER, 99, 2);
    CU_ASSERT_EQUAL(virtio_net_counters(setup.net).rx_dropped, 1);
    net_setup_fini(&setup);
}

static void test_readable_buffers_in_the_receive_queue_are_a_breach_and_not_written(void)
{
    uint8_t *readable;
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    net_setup_offer_rx(&setup, 1, NET_RX_BUFFER);
    gpa_t at = mock_machine_alloc(machine, 64, &readable);
    mock_ring_desc(&setup.rx, 0, at, 64, VRING_DESC_F_NEXT, 1);
    mock_ring_set_avail_index(&setup.rx, 0);
    mock_ring_offer(&setup.rx, 0);
    net_setup_host_send(&setup, 80, 5);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.rx", "5.1.6.3"));
    static const uint8_t untouched[64];
    CU_ASSERT_EQUAL(memcmp(readable, untouched, sizeof(untouched)), 0);
    check_buffer(1, NET_HEADER, 80, 5);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, 0), NET_HEADER + 80);
    net_setup_fini(&setup);
}

static void test_frames_beyond_the_mtu_are_dropped_once_it_is_negotiated(void)
{
    net_setup_init(&setup, NET_FEATURE_MTU, 0);
    net_setup_start(&setup, NET_FEATURE_MTU);
    net_setup_offer_rx(&setup, 0, 4000);
    net_setup_host_send(&setup, 1515, 1);
    check_dropped("longer than the MTU", 1515);
    net_setup_host_send(&setup, 1514, 2);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, 0), NET_HEADER + 1514);
    net_setup_start(&setup, 0);
    net_setup_offer_rx(&setup, 0, 4000);
    net_setup_host_send(&setup, 1515, 3);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, 0), NET_HEADER + 1515);
    net_setup_fini(&setup);
}

static void test_broken_receive_queue_keeps_frames_until_the_reset(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    mock_ring_offer(&setup.rx, 200);
    net_setup_host_send(&setup, 60, 1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.rx", "2.7.6"));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_DROPPED], 0);
    mock_driver_reset(machine);
    check_dropped("the driver reset the device", 60);
    net_setup_fini(&setup);
}

/* A large frame in buffers of 256 bytes: which bytes went into which. */
static void test_frame_is_spread_over_as_many_buffers_as_it_needs(void)
{
    uint8_t frame[600];
    net_setup_frame(frame, sizeof(frame), 5);
    net_setup_init(&setup, NET_FEATURE_MRG_RXBUF, 0);
    net_setup_start(&setup, NET_FEATURE_MRG_RXBUF);
    for (uint16_t i = 0; i < 4; i++) {
        net_setup_offer_rx(&setup, i, 256);
    }
    net_setup_host_send(&setup, sizeof(frame), 5);
    mock_machine_run(machine, NET_LATENCY - 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 0);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 3);
    static const uint32_t lens[] = {256, 256, NET_HEADER + 600 - 512};
    for (uint16_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(mock_ring_used_id(&setup.rx, i), i);
        CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, i), lens[i]);
    }
    CU_ASSERT_EQUAL(setup.rx_buffer[0][10], 3);
    CU_ASSERT_EQUAL(setup.rx_buffer[0][11], 0);
    CU_ASSERT_EQUAL(memcmp(setup.rx_buffer[0] + NET_HEADER, frame, 256 - NET_HEADER), 0);
    CU_ASSERT_EQUAL(memcmp(setup.rx_buffer[1], frame + 256 - NET_HEADER, 256), 0);
    CU_ASSERT_EQUAL(memcmp(setup.rx_buffer[2], frame + 512 - NET_HEADER, lens[2]), 0);
    CU_ASSERT_EQUAL(setup.rx_buffer[2][lens[2]], 0xee);
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_MERGED], 1);
    CU_ASSERT_EQUAL(machine->last[TRACE_NET_MERGED].fields[1].number, 3);
    CU_ASSERT_EQUAL(virtio_net_counters(setup.net).rx_frames, 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    net_setup_fini(&setup);
}

static void test_frame_waits_until_all_its_buffers_are_there(void)
{
    net_setup_init(&setup, NET_FEATURE_MRG_RXBUF, 0);
    net_setup_start(&setup, NET_FEATURE_MRG_RXBUF);
    net_setup_offer_rx(&setup, 0, 256);
    net_setup_host_send(&setup, 400, 1);
    net_setup_host_send(&setup, 60, 2); /* would fit, and is behind it */
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_DROPPED], 0);
    net_setup_offer_rx(&setup, 1, 256);
    net_setup_offer_rx(&setup, 2, 256);
    mock_ring_kick(&setup.rx);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 3);
    CU_ASSERT_EQUAL(setup.rx_buffer[0][10], 2);
    CU_ASSERT_EQUAL(setup.rx_buffer[2][10], 1);
    check_buffer(2, NET_HEADER, 60, 2);
    net_setup_fini(&setup);
}

static void test_frame_that_fits_into_no_ring_of_buffers_is_dropped(void)
{
    net_setup_init(&setup, NET_FEATURE_MRG_RXBUF, 0);
    net_setup_start(&setup, NET_FEATURE_MRG_RXBUF);
    for (uint16_t i = 0; i < NET_RING; i++) {
        net_setup_offer_rx(&setup, i, 100);
    }
    net_setup_host_send(&setup, 1000, 1);
    check_dropped("the receive buffer is too small", 1000);
    net_setup_host_send(&setup, 700, 2);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 8);
    net_setup_fini(&setup);
}

static void test_buffer_without_room_for_a_header_is_a_breach_when_merging(void)
{
    net_setup_init(&setup, NET_FEATURE_MRG_RXBUF, 0);
    net_setup_start(&setup, NET_FEATURE_MRG_RXBUF);
    net_setup_offer_rx(&setup, 0, 256);
    net_setup_offer_rx(&setup, 1, NET_HEADER - 1);
    net_setup_host_send(&setup, 400, 1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.rx", "5.1.6.3.1"));
    check_dropped("the receive buffer is too small", 400);
    net_setup_fini(&setup);
}

static void test_kick_is_wanted_only_while_a_frame_waits(void)
{
    net_setup_init(&setup, NET_FEATURE_EVENT_IDX, 0);
    net_setup_start(&setup, NET_FEATURE_EVENT_IDX);
    net_setup_offer_rx(&setup, 0, NET_RX_BUFFER);
    net_setup_host_send(&setup, 60, 1);
    CU_ASSERT_EQUAL(mock_ring_avail_event(&setup.rx), 0);
    net_setup_host_send(&setup, 60, 2);
    CU_ASSERT_EQUAL(mock_ring_avail_event(&setup.rx), 1);
    net_setup_offer_rx(&setup, 1, NET_RX_BUFFER);
    mock_ring_kick(&setup.rx);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 2);
    CU_ASSERT_EQUAL(mock_ring_avail_event(&setup.rx), 1);
    net_setup_fini(&setup);
}

UNIT_SUITE("virtio_net_rx", UNIT_TEST(test_frame_is_spread_over_as_many_buffers_as_it_needs),
           UNIT_TEST(test_frame_waits_until_all_its_buffers_are_there),
           UNIT_TEST(test_frame_that_fits_into_no_ring_of_buffers_is_dropped),
           UNIT_TEST(test_buffer_without_room_for_a_header_is_a_breach_when_merging),
           UNIT_TEST(test_kick_is_wanted_only_while_a_frame_waits),
           UNIT_TEST(test_frame_goes_behind_a_header_into_the_next_buffer),
           UNIT_TEST(test_short_frame_arrives_padded),
           UNIT_TEST(test_frame_is_scattered_over_the_buffers_of_a_chain),
           UNIT_TEST(test_header_is_short_for_a_driver_that_negotiated_nothing),
           UNIT_TEST(test_frames_wait_for_the_driver_and_arrive_at_driver_ok),
           UNIT_TEST(test_frames_wait_for_buffers_and_arrive_in_order_at_the_kick),
           UNIT_TEST(test_frames_wait_again_and_again),
           UNIT_TEST(test_frames_that_nobody_can_hold_are_dropped_by_name),
           UNIT_TEST(test_reset_drops_frames_that_wait),
           UNIT_TEST(test_reset_with_chains_in_flight_leaves_memory_alone),
           UNIT_TEST(test_frame_that_does_not_fit_is_dropped_and_the_buffer_stays),
           UNIT_TEST(test_readable_buffers_in_the_receive_queue_are_a_breach_and_not_written),
           UNIT_TEST(test_frames_beyond_the_mtu_are_dropped_once_it_is_negotiated),
           UNIT_TEST(test_broken_receive_queue_keeps_frames_until_the_reset))
