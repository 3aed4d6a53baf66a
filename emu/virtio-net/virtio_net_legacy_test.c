/*
 * virtio_net_legacy_test.c - the network device behind the legacy interface: the short header,
 * framing, and a configuration space that takes a MAC address
 */
#include "emu/virtio-net/net_setup.h"
#include "emu/virtio/virtio_mmio_legacy.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>

#define HEADER     10 /* of struct virtio_net_hdr, as linux/virtio_net.h has it */
#define ANY_LAYOUT (1u << VIRTIO_F_ANY_LAYOUT)
#define CONFIG     (MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG)

static struct net_setup setup;
static struct virtio_mmio_legacy *legacy;
static struct mock_machine *const machine = &setup.machine;

static void legacy_init(void)
{
    const struct virtio_net_config config = {
        .name = "eth0",
        .mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
        .features_on = NET_FEATURE_MRG_RXBUF,
        .queue_size = NET_RING,
        .latency_ns = NET_LATENCY,
    };
    memset(&setup, 0, sizeof(setup));
    mock_machine_init(machine);
    setup.wire = wire_new(machine->clock, machine->trace);
    setup.net = virtio_net_new(&machine->env, &config, setup.wire, machine->line);
    legacy =
        virtio_mmio_legacy_new(machine->bus, "slot0", MOCK_MMIO_BASE, virtio_net_dev(setup.net));
    setup.host = wire_add_port(setup.wire, "host", false, net_setup_host_receive, &setup);
}

static void legacy_start(uint32_t features)
{
    legacy_init();
    mock_driver_start_legacy(machine, features);
    mock_ring_alloc_legacy(&setup.rx, machine, 0, NET_RING, 4096);
    mock_ring_enable_legacy(&setup.rx, 4096);
    mock_ring_alloc_legacy(&setup.tx, machine, 1, NET_RING, 4096);
    mock_ring_enable_legacy(&setup.tx, 4096);
    mock_driver_ok(machine);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    mock_machine_forget(machine);
}

static void legacy_fini(void)
{
    net_setup_fini(&setup);
    virtio_mmio_legacy_free(legacy);
}

static void test_a_frame_is_received_behind_ten_bytes(void)
{
    uint8_t frame[60];
    legacy_start(ANY_LAYOUT);
    net_setup_offer_rx(&setup, 0, 1524);
    net_setup_frame(frame, sizeof(frame), 3);
    net_setup_host_send(&setup, sizeof(frame), 3);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 1);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.rx, 0), HEADER + sizeof(frame));
    CU_ASSERT_EQUAL(memcmp(setup.rx_buffer[0] + HEADER, frame, sizeof(frame)), 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    legacy_fini();
}

static void test_a_frame_is_sent_from_behind_ten_bytes(void)
{
    static const uint8_t header[HEADER];
    uint8_t frame[60];
    legacy_start(ANY_LAYOUT);
    net_setup_frame(frame, sizeof(frame), 5);
    net_setup_driver_send(&setup, 0, header, HEADER, frame, sizeof(frame));
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(setup.host_frames, 1);
    CU_ASSERT_EQUAL(setup.host_last_len, sizeof(frame));
    CU_ASSERT_EQUAL(memcmp(setup.host_last, frame, sizeof(frame)), 0);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.tx), 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    legacy_fini();
}

/* Two descriptors, the header in the first: what a driver without ANY_LAYOUT has to do. */
static void legacy_offer_rx_pair(unsigned first_size)
{
    gpa_t header = mock_machine_alloc(machine, first_size, NULL);
    gpa_t body = mock_machine_alloc(machine, 1514, &setup.rx_buffer[0]);
    mock_ring_desc(&setup.rx, 0, header, first_size, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&setup.rx, 1, body, 1514, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&setup.rx, 0);
}

static void test_without_any_layout_the_header_has_a_descriptor_of_its_own(void)
{
    uint8_t frame[60];
    legacy_start(0);
    legacy_offer_rx_pair(HEADER);
    net_setup_frame(frame, sizeof(frame), 3);
    net_setup_host_send(&setup, sizeof(frame), 3);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    CU_ASSERT_EQUAL(memcmp(setup.rx_buffer[0], frame, sizeof(frame)), 0);
    legacy_fini();

    legacy_start(0);
    legacy_offer_rx_pair(NET_HEADER); /* as a modern driver would */
    net_setup_host_send(&setup, sizeof(frame), 3);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.rx", "5.1.6.6"));
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 1); /* served all the same */
    legacy_fini();
}

static void test_without_any_layout_sending_header_and_frame_in_one_is_a_breach(void)
{
    static const uint8_t header[HEADER];
    uint8_t frame[60];
    legacy_start(0);
    net_setup_frame(frame, sizeof(frame), 5);
    net_setup_driver_send(&setup, 0, header, HEADER, frame, sizeof(frame));
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0.tx", "5.1.6.6"));
    CU_ASSERT_EQUAL(setup.host_frames, 1);
    legacy_fini();
}

static void test_with_merged_buffers_the_header_has_twelve_bytes_and_counts_them(void)
{
    uint8_t frame[60];
    uint16_t buffers;
    legacy_start(ANY_LAYOUT | (uint32_t)NET_FEATURE_MRG_RXBUF);
    net_setup_offer_rx(&setup, 0, 40);
    net_setup_offer_rx(&setup, 1, 40);
    net_setup_frame(frame, sizeof(frame), 7);
    net_setup_host_send(&setup, sizeof(frame), 7);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 2);
    memcpy(&buffers, setup.rx_buffer[0] + HEADER, sizeof(buffers));
    CU_ASSERT_EQUAL(buffers, 2);
    CU_ASSERT_EQUAL(memcmp(setup.rx_buffer[0] + NET_HEADER, frame, 40 - NET_HEADER), 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    legacy_fini();
}

static void test_the_mac_address_is_writable_and_nothing_else_is(void)
{
    legacy_init();
    mmio_write(machine->bus, CONFIG, 4, 0x44332202);
    mmio_write(machine->bus, CONFIG + 4, 1, 0x55);
    mmio_write(machine->bus, CONFIG + 5, 1, 0x66);
    CU_ASSERT_EQUAL(mmio_read(machine->bus, CONFIG, 8) & 0xffffffffffff, 0x665544332202);
    CU_ASSERT_EQUAL(machine->events, 0);
    mmio_write(machine->bus, CONFIG + 6, 2, 0);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0", "5.1.4.2"));
    mock_machine_forget(machine);
    mmio_write(machine->bus, CONFIG + 4, 4, 0);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0", "5.1.4.2"));
    CU_ASSERT_EQUAL(mmio_read(machine->bus, CONFIG + 4, 1), 0x55);
    legacy_fini();
}

UNIT_SUITE("virtio_net_legacy", UNIT_TEST(test_a_frame_is_received_behind_ten_bytes),
           UNIT_TEST(test_a_frame_is_sent_from_behind_ten_bytes),
           UNIT_TEST(test_without_any_layout_the_header_has_a_descriptor_of_its_own),
           UNIT_TEST(test_without_any_layout_sending_header_and_frame_in_one_is_a_breach),
           UNIT_TEST(test_with_merged_buffers_the_header_has_twelve_bytes_and_counts_them),
           UNIT_TEST(test_the_mac_address_is_writable_and_nothing_else_is))
