/*
 * virtio_net_test.c - the network device: features, configuration space, link
 */
#include "emu/virtio-net/virtio_net.h"

#include "emu/virtio-net/net_setup.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>

static struct net_setup setup;
static struct mock_machine *const machine = &setup.machine;

static uint64_t read_config(uint64_t offset, unsigned size)
{
    return mmio_read(machine->bus, MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG + offset, size);
}

static uint64_t read_offer(void)
{
    mock_reg_write(machine, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
    uint64_t low = mock_reg_read(machine, VIRTIO_MMIO_DEVICE_FEATURES);
    mock_reg_write(machine, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    return low | (uint64_t)mock_reg_read(machine, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
}

static void test_offers_mac_and_status_unless_told_otherwise(void)
{
    const uint64_t version_1 = UINT64_C(1) << VIRTIO_F_VERSION_1;
    net_setup_init(&setup, 0, 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_DEVICE_ID), 1);
    CU_ASSERT_EQUAL(read_offer(), NET_FEATURE_MAC | NET_FEATURE_STATUS | version_1);
    net_setup_fini(&setup);
    net_setup_init(&setup, NET_FEATURE_MTU, NET_FEATURE_STATUS);
    CU_ASSERT_EQUAL(read_offer(), NET_FEATURE_MAC | NET_FEATURE_MTU | version_1);
    net_setup_fini(&setup);
    /* Taking away what is not there is fine. */
    net_setup_init(&setup, 0, NET_FEATURE_MTU | UINT64_C(1) << 29);
    CU_ASSERT_EQUAL(read_offer(), NET_FEATURE_MAC | NET_FEATURE_STATUS | version_1);
    CU_ASSERT_EQUAL(machine->events, 0);
    net_setup_fini(&setup);
}

static void test_device_has_a_port_of_its_name(void)
{
    net_setup_init(&setup, 0, 0);
    CU_ASSERT_PTR_EQUAL(wire_port_by_name(setup.wire, "eth0"), virtio_net_port(setup.net));
    CU_ASSERT_STRING_EQUAL(virtio_dev_queue(virtio_net_dev(setup.net), 0)->name, "eth0.rx");
    CU_ASSERT_STRING_EQUAL(virtio_dev_queue(virtio_net_dev(setup.net), 1)->name, "eth0.tx");
    net_setup_fini(&setup);
    virtio_net_free(NULL);
}

static void test_supported_features_are_those_that_can_be_offered(void)
{
    CU_ASSERT_EQUAL(virtio_net_features_supported(),
                    NET_FEATURE_MTU | NET_FEATURE_MAC | NET_FEATURE_STATUS | NET_FEATURE_MRG_RXBUF |
                        UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC |
                        UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX | UINT64_C(1) << VIRTIO_F_VERSION_1 |
                        UINT64_C(1) << VIRTIO_F_IN_ORDER);
}

static void test_features_have_names(void)
{
    CU_ASSERT_EQUAL(virtio_net_feature_by_name("mac"), 5);
    CU_ASSERT_EQUAL(virtio_net_feature_by_name("status"), 16);
    CU_ASSERT_EQUAL(virtio_net_feature_by_name("mtu"), 3);
    CU_ASSERT_EQUAL(virtio_net_feature_by_name("csum"), 0);
    CU_ASSERT_EQUAL(virtio_net_feature_by_name("event-idx"), 29);
    CU_ASSERT_EQUAL(virtio_net_feature_by_name("speed-duplex"), 63);
    CU_ASSERT_EQUAL(virtio_net_feature_by_name("version-1"), 32);
    CU_ASSERT_EQUAL(virtio_net_feature_by_name("version-2"), -1);
    CU_ASSERT_EQUAL(virtio_net_feature_by_name("MAC"), -1);
    CU_ASSERT_EQUAL(virtio_net_feature_by_name(""), -1);
}

static void test_configuration_space_has_mac_link_status_and_mtu(void)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    net_setup_init(&setup, NET_FEATURE_MTU, 0);
    for (uint64_t i = 0; i < sizeof(mac); i++) {
        CU_ASSERT_EQUAL(read_config(i, 1), mac[i]);
    }
    CU_ASSERT_EQUAL(read_config(6, 2), 1);
    CU_ASSERT_EQUAL(read_config(10, 2), 1500);
    CU_ASSERT_EQUAL(machine->events, 0);
    net_setup_fini(&setup);
}

static void test_mac_reads_as_zero_when_it_is_not_offered(void)
{
    net_setup_init(&setup, 0, NET_FEATURE_MAC);
    CU_ASSERT_EQUAL(read_config(0, 1), 0);
    CU_ASSERT_EQUAL(machine->events, 0);
    net_setup_fini(&setup);
}

static void test_fields_of_features_that_are_not_offered_are_a_breach(void)
{
    static const uint64_t offsets[] = {6, 8, 10};
    net_setup_init(&setup, 0, NET_FEATURE_STATUS);
    for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
        mock_machine_forget(machine);
        CU_ASSERT_EQUAL(read_config(offsets[i], 2), 0);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0", "2.5.1"));
        CU_ASSERT_EQUAL(machine->events, 1);
    }
    net_setup_fini(&setup);
}

static void test_accesses_of_another_width_than_the_field_are_a_breach_and_read_it(void)
{
    static const struct {
        uint64_t offset;
        unsigned size;
        uint64_t value;
    } reads[] = {
        {0, 2, 0x5452},     {0, 4, 0x12005452},
        {4, 4, 0x00015634}, {0, 8, UINT64_C(0x0001563412005452)},
        {6, 1, 1},          {7, 1, 0},
    };
    net_setup_init(&setup, 0, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(reads); i++) {
        mock_machine_forget(machine);
        CU_ASSERT_EQUAL(read_config(reads[i].offset, reads[i].size), reads[i].value);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0", "4.2.2.2"));
        CU_ASSERT_EQUAL(machine->events, 1);
    }
    net_setup_fini(&setup);
}

static void test_writes_to_configuration_space_are_a_breach_and_ignored(void)
{
    net_setup_init(&setup, 0, 0);
    mmio_write(machine->bus, MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG, 1, 0x02);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "eth0", "5.1.4.2"));
    CU_ASSERT_EQUAL(read_config(0, 1), 0x52);
    CU_ASSERT_EQUAL(machine->events, 1);
    net_setup_fini(&setup);
}

static void test_link_change_is_a_new_generation_and_a_configuration_interrupt(void)
{
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, NET_FEATURE_STATUS);
    uint32_t generation = mock_reg_read(machine, VIRTIO_MMIO_CONFIG_GENERATION);
    virtio_net_set_link(setup.net, false);
    CU_ASSERT_EQUAL(read_config(6, 2), 0);
    CU_ASSERT_NOT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_CONFIG_GENERATION), generation);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
    CU_ASSERT_TRUE(machine->line_level);
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_LINK], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_CONFIG], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    CU_ASSERT_EQUAL(machine->events, 3);
    virtio_net_set_link(setup.net, false);
    CU_ASSERT_EQUAL(machine->events, 3);
    virtio_net_set_link(setup.net, true);
    CU_ASSERT_EQUAL(read_config(6, 2), 1);
    CU_ASSERT_EQUAL(machine->last[TRACE_NET_LINK].fields[1].number, 1);
    CU_ASSERT_EQUAL(machine->events, 5);
    net_setup_fini(&setup);
}

static void test_link_change_is_silent_for_a_driver_without_the_feature(void)
{
    net_setup_init(&setup, 0, 0);
    virtio_net_set_link(setup.net, false); /* nobody has negotiated anything yet */
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_CONFIG], 1);
    net_setup_start(&setup, NET_FEATURE_MAC);
    virtio_net_set_link(setup.net, true);
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_LINK], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_CONFIG], 0);
    CU_ASSERT_FALSE(machine->line_level);
    net_setup_fini(&setup);
}

static void test_link_change_is_silent_where_there_is_no_status_field(void)
{
    net_setup_init(&setup, 0, NET_FEATURE_STATUS);
    net_setup_start(&setup, 0);
    virtio_net_set_link(setup.net, false);
    CU_ASSERT_EQUAL(machine->counts[TRACE_NET_LINK], 1);
    CU_ASSERT_EQUAL(machine->events, 1);
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    net_setup_fini(&setup);
}

static void test_no_frame_passes_while_the_link_is_down(void)
{
    uint8_t frame[60];
    static const uint8_t header[NET_HEADER];
    net_setup_init(&setup, 0, 0);
    net_setup_start(&setup, 0);
    net_setup_offer_rx(&setup, 0, NET_RX_BUFFER);
    virtio_net_set_link(setup.net, false);
    mock_machine_forget(machine);
    net_setup_host_send(&setup, 60, 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_FRAME_DROPPED], 1);
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_FRAME_DROPPED].fields[1].string, "in");
    net_setup_frame(frame, sizeof(frame), 2);
    net_setup_driver_send(&setup, 0, header, sizeof(header), frame, sizeof(frame));
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(machine->counts[TRACE_FRAME_DROPPED], 2);
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_FRAME_DROPPED].fields[1].string, "out");
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_FRAME_DROPPED].fields[2].string, "the link is down");
    CU_ASSERT_EQUAL(setup.host_frames, 0);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 0);
    /* The chain comes back all the same. */
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.tx), 1);
    struct virtio_net_counters counters = virtio_net_counters(setup.net);
    CU_ASSERT_EQUAL(counters.rx_dropped, 0); /* it never came to the device */
    CU_ASSERT_EQUAL(counters.tx_dropped, 1);
    CU_ASSERT_EQUAL(counters.rx_frames + counters.tx_frames, 0);

    virtio_net_set_link(setup.net, true);
    net_setup_host_send(&setup, 60, 1);
    mock_machine_run(machine, NET_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.rx), 1);
    net_setup_fini(&setup);
}

UNIT_SUITE("virtio_net", UNIT_TEST(test_offers_mac_and_status_unless_told_otherwise),
           UNIT_TEST(test_device_has_a_port_of_its_name),
           UNIT_TEST(test_supported_features_are_those_that_can_be_offered),
           UNIT_TEST(test_features_have_names),
           UNIT_TEST(test_configuration_space_has_mac_link_status_and_mtu),
           UNIT_TEST(test_mac_reads_as_zero_when_it_is_not_offered),
           UNIT_TEST(test_fields_of_features_that_are_not_offered_are_a_breach),
           UNIT_TEST(test_accesses_of_another_width_than_the_field_are_a_breach_and_read_it),
           UNIT_TEST(test_writes_to_configuration_space_are_a_breach_and_ignored),
           UNIT_TEST(test_link_change_is_a_new_generation_and_a_configuration_interrupt),
           UNIT_TEST(test_link_change_is_silent_for_a_driver_without_the_feature),
           UNIT_TEST(test_link_change_is_silent_where_there_is_no_status_field),
           UNIT_TEST(test_no_frame_passes_while_the_link_is_down))
