/*
 * virtio_net_tx_test.c - the network device transmits
 */
#include "emu/virtio-net/virtio_net.h"

#include "emu/virtio-net/net_setup.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>

static struct net_setup setup;
static struct mock_machine *const machine = &setup.machine;
static const uint8_t no_header[NET_HEADER];

static void send_frame(uint16_t head, size_t len, uint8_t seed)
{
    g_autofree uint8_t *frame = g_malloc(len + 1);
    net_setup_frame(frame, len, seed);
    net_setup_driver_send(&setup, head, no_header, sizeof(no_header), frame, len);
}

static void check_host_got(size_t len, uint8_t seed)
{
    uint8_t frame[2000];
    net_setup_frame(frame, len, seed);
    CU_ASSERT_EQUAL(setup.host_last_len, len);
    CU_ASSERT_EQUAL(memcmp(setup.host_last, frame, len), 0);
}

static void check_dropped(const char *why, uint64_t len)
{
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_DROPPED], 1);
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_NET_DROPPED].fields[0].string, "eth0");
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_NET_DROPPED].fields[1].string, "out");
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_NET_DROPPED].fields[2].string, why);
    CU_ASSERT_EQUAL(machine->last[TRACE_NET_DROPPED].fields[3].number, len);
    CU_ASSERT_EQUAL(setup.host_frames, 0);
    CU_ASSERT_EQUAL(virtio_net_counters(setup.net).tx_dropped, 1);
    CU_ASSERT_EQUAL(virtio_net_counters(setup.net).tx_frames, 0);
    /* The chain comes back whatever became of the frame. */
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.tx), 1);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.tx, 0), 0);
}

static void test_frame_reaches_the_wire_at_the_kick_and_the_chain_comes_back_later(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    send_frame(5, 98, 4);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.tx), 0);
    mock_machine_run(machine, NET_LATENCY - 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.tx), 0);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(setup.host_frames, 1);
    check_host_got(98, 4);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.tx), 1);
    CU_ASSERT_EQUAL(mock_ring_used_id(&setup.tx, 0), 5);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.tx, 0), 0);
    CU_ASSERT_TRUE(machine->line_level);
    struct virtio_net_counters counters = virtio_net_counters(setup.net);
    CU_ASSERT_EQUAL(counters.tx_frames, 1);
    CU_ASSERT_EQUAL(counters.tx_bytes, 98);
    CU_ASSERT_EQUAL(counters.tx_dropped, 0);
    /* vq.kick, vq.pop, vq.used, isr.set */
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(machine->events, 4);
    net_setup_fini(&setup);
}

static void test_frame_is_gathered_from_buffers_cut_anywhere(void)
{
    for (uint32_t cut = 1; cut < 30; cut++) {
        uint8_t *piece[2];
        uint8_t whole[NET_HEADER + 60] = {0};
        net_setup_frame(whole + NET_HEADER, 60, (uint8_t)cut);
        uint32_t rest = (uint32_t)sizeof(whole) - cut;
        net_setup_init(&setup, 0, 0);
        net_setup_start(&setup, 0);
        mock_ring_desc(&setup.tx, 6, mock_machine_alloc(machine, cut, &piece[0]), cut,
                       VRING_DESC_F_NEXT, 2);
        mock_ring_desc(&setup.tx, 2, mock_machine_alloc(machine, rest, &piece[1]), rest, 0, 0);
        memcpy(piece[0], whole, cut);
        memcpy(piece[1], whole + cut, rest);
        mock_ring_offer(&setup.tx, 6);
        mock_ring_kick(&setup.tx);
        mock_machine_run(machine, NET_LATENCY);
        CU_ASSERT_EQUAL(setup.host_frames, 1);
        check_host_got(60, (uint8_t)cut);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
        net_setup_fini(&setup);
    }
}

static void test_one_kick_sends_all_that_is_available_in_order(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    uint8_t frame[60];
    for (uint16_t head = 0; head < NET_RING; head++) {
        uint8_t *buffer;
        gpa_t at = mock_machine_alloc(machine, NET_HEADER + sizeof(frame), &buffer);
        net_setup_frame(buffer + NET_HEADER, sizeof(frame), (uint8_t)head);
        mock_ring_desc(&setup.tx, head, at, NET_HEADER + sizeof(frame), 0, 0);
        mock_ring_offer(&setup.tx, head);
    }
    mock_ring_kick(&setup.tx);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(setup.host_frames, NET_RING);
    check_host_got(60, NET_RING - 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.tx), NET_RING);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    CU_ASSERT_EQUAL(virtio_net_counters(setup.net).tx_frames, NET_RING);
    net_setup_fini(&setup);
}

static void test_frame_that_the_driver_offered_early_waits_for_the_kick(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    send_frame(0, 60, 1);
    mock_machine_run(machine, NET_LATENCY);
    mock_ring_desc(&setup.tx, 1, mock_machine_alloc(machine, 100, NULL), 100, 0, 0);
    mock_ring_offer(&setup.tx, 1);
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(setup.host_frames, 1);
    mock_ring_kick(&setup.tx);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.tx), 2);
    CU_ASSERT_EQUAL(virtio_net_counters(setup.net).tx_frames, 2);
    net_setup_fini(&setup);
}

static void test_header_that_asks_for_offload_is_a_breach_and_the_frame_goes_out(void)
{
    static const unsigned bytes[] = {0, 1, 10, 11};
    for (size_t i = 0; i < G_N_ELEMENTS(bytes); i++) {
        uint8_t header[NET_HEADER] = {0};
        uint8_t frame[60];
        header[bytes[i]] = 1;
        net_setup_init(&setup, 0, 0);
        net_setup_start(&setup, 0);
        net_setup_frame(frame, sizeof(frame), 3);
        net_setup_driver_send(&setup, 0, header, sizeof(header), frame, sizeof(frame));
        mock_machine_run(machine, NET_LATENCY);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.tx", "5.1.6.2.1"));
        CU_ASSERT_EQUAL(setup.host_frames, 1);
        check_host_got(60, 3);
        net_setup_fini(&setup);
    }
}

static void test_fields_of_the_header_that_mean_nothing_are_ignored(void)
{
    uint8_t header[NET_HEADER] = {0};
    uint8_t frame[60];
    memset(header + 2, 0xff, 8); /* hdr_len, gso_size, csum_start, csum_offset */
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    net_setup_frame(frame, sizeof(frame), 3);
    net_setup_driver_send(&setup, 0, header, sizeof(header), frame, sizeof(frame));
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    check_host_got(60, 3);
    net_setup_fini(&setup);
}

static void test_header_is_short_for_a_driver_that_negotiated_nothing(void)
{
    uint8_t frame[60];
    net_setup_init(&setup, 0, 0);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS,
                   VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
    mock_ring_init(&setup.tx, machine, 1, NET_RING);
    mock_driver_ok(machine);
    net_setup_frame(frame, sizeof(frame), 8);
    net_setup_driver_send(&setup, 0, no_header, 10, frame, sizeof(frame));
    mock_machine_run(machine, NET_LATENCY);
    check_host_got(60, 8);
    net_setup_fini(&setup);
}

static void test_chain_without_room_for_the_header_is_a_breach_and_dropped(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    net_setup_driver_send(&setup, 0, no_header, NET_HEADER - 1, no_header, 0);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.tx", "5.1.6"));
    check_dropped("no room for the header", NET_HEADER - 1);
    net_setup_fini(&setup);
}

static void test_frame_without_an_ethernet_header_is_dropped_by_name(void)
{
    static const size_t lengths[] = {0, 13};
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        net_setup_init(&setup, 0, 0);
        net_setup_start(&setup, 0);
        send_frame(0, lengths[i], 1);
        check_dropped("shorter than an Ethernet header", lengths[i]);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
        net_setup_fini(&setup);
    }
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    send_frame(0, 14, 1);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(setup.host_frames, 1);
    net_setup_fini(&setup);
}

static void test_frame_longer_than_any_is_dropped_by_name(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    send_frame(0, WIRE_FRAME_MAX + 1, 1);
    check_dropped("longer than any frame", WIRE_FRAME_MAX + 1);
    send_frame(1, WIRE_FRAME_MAX, 1);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(setup.host_frames, 1);
    CU_ASSERT_EQUAL(setup.host_last_len, WIRE_FRAME_MAX);
    net_setup_fini(&setup);
}

static void test_writable_buffers_in_the_transmit_queue_are_a_breach_and_not_part_of_the_frame(void)
{
    uint8_t *buffer;
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    gpa_t at = mock_machine_alloc(machine, NET_HEADER + 60, &buffer);
    net_setup_frame(buffer + NET_HEADER, 60, 6);
    mock_ring_desc(&setup.tx, 0, at, NET_HEADER + 60, VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&setup.tx, 1, mock_machine_alloc(machine, 8, NULL), 8, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&setup.tx, 0);
    mock_ring_kick(&setup.tx);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.tx", "5.1.6.2"));
    check_host_got(60, 6);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.tx, 0), 0);
    net_setup_fini(&setup);
}

static void test_frame_beyond_a_negotiated_mtu_is_a_breach_and_goes_out(void)
{
    net_setup_init(&setup, NET_FEATURE_MTU, 0);
    net_setup_start(&setup, NET_FEATURE_MTU);
    send_frame(0, 1514, 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    send_frame(1, 1515, 2);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.tx", "5.1.4.2"));
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(setup.host_frames, 2);
    check_host_got(1515, 2);
    net_setup_fini(&setup);
}

static void test_reset_with_chains_in_flight_leaves_memory_alone(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    send_frame(0, 60, 1);
    mock_driver_reset(machine);
    mock_machine_forget(machine);
    mock_machine_run(machine, 1000000);
    /* What is on the wire is on the wire. */
    CU_ASSERT_EQUAL(setup.host_frames, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.tx), 0);
    CU_ASSERT_EQUAL(machine->events, 0);
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    net_setup_fini(&setup);
}

static void test_bad_chain_breaks_the_device_after_the_good_ones_before_it(void)
{
    uint8_t *buffer;
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    gpa_t at = mock_machine_alloc(machine, NET_HEADER + 60, &buffer);
    net_setup_frame(buffer + NET_HEADER, 60, 6);
    mock_ring_desc(&setup.tx, 0, at, NET_HEADER + 60, 0, 0);
    mock_ring_desc(&setup.tx, 1, mock_machine_closed_memory(machine), 100, 0, 0);
    mock_ring_offer(&setup.tx, 0);
    mock_ring_offer(&setup.tx, 1);
    mock_ring_kick(&setup.tx);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.tx", "2.7.5"));
    CU_ASSERT_EQUAL(machine->counts[TRACE_DMA_VIOLATION], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 1);
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(setup.host_frames, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.tx), 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
    net_setup_fini(&setup);
}

UNIT_SUITE(
    "virtio_net_tx",
    UNIT_TEST(test_frame_reaches_the_wire_at_the_kick_and_the_chain_comes_back_later),
    UNIT_TEST(test_frame_is_gathered_from_buffers_cut_anywhere),
    UNIT_TEST(test_one_kick_sends_all_that_is_available_in_order),
    UNIT_TEST(test_frame_that_the_driver_offered_early_waits_for_the_kick),
    UNIT_TEST(test_header_that_asks_for_offload_is_a_breach_and_the_frame_goes_out),
    UNIT_TEST(test_fields_of_the_header_that_mean_nothing_are_ignored),
    UNIT_TEST(test_header_is_short_for_a_driver_that_negotiated_nothing),
    UNIT_TEST(test_chain_without_room_for_the_header_is_a_breach_and_dropped),
    UNIT_TEST(test_frame_without_an_ethernet_header_is_dropped_by_name),
    UNIT_TEST(test_frame_longer_than_any_is_dropped_by_name),
    UNIT_TEST(test_writable_buffers_in_the_transmit_queue_are_a_breach_and_not_part_of_the_frame),
    UNIT_TEST(test_frame_beyond_a_negotiated_mtu_is_a_breach_and_goes_out),
    UNIT_TEST(test_reset_with_chains_in_flight_leaves_memory_alone),
    UNIT_TEST(test_bad_chain_breaks_the_device_after_the_good_ones_before_it))
