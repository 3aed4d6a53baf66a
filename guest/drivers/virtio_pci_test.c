/*
 * The PCI transport against a device that has, or lacks, each of the things that it needs; with it
 * the bus below and the frame that takes messages.
 */
#include "drivers/virtio_pci.h"

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/fake_platform.h"
#include "drivers/mock_pci.h"
#include "drivers/pci_regs.h"
#include "drivers/virtio_regs.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <string.h>

static struct {
    unsigned found;
    struct pci_device device;
    struct virtio_pci pci;
    int identified;
    unsigned interrupts;
    uint32_t reasons;
} rig;

static void take(const struct pci_device *device, void *opaque)
{
    (void)opaque;
    rig.found++;
    rig.device = *device;
}

static void heard(void *arg, uint32_t reasons)
{
    CU_ASSERT_PTR_EQUAL(arg, &rig);
    rig.interrupts++;
    rig.reasons = reasons;
}

static void setup(void)
{
    memset(&rig, 0, sizeof(rig));
    fake_hal_reset();
    fake_kernel_reset();
    fake_platform_reset();
    fake_platform_add_pci();
    mock_pci_reset();
}

/* Scan, identification, negotiation and interrupts: what a driver does before its queues. */
static int bring_up(void)
{
    mock_pci_build();
    gicv2m_init(&fake_platform.platform);
    if (pci_scan(&fake_platform.platform, take, NULL) != 0 || rig.found == 0)
        return -KENODEV;
    rig.identified = virtio_pci_identify(&rig.pci, &rig.device);
    if (rig.identified != 0)
        return rig.identified;
    int error = virtio_negotiate(&rig.pci.device, VFEATURE(VFEATURE_VERSION_1),
                                 VFEATURE(VFEATURE_VERSION_1));
    return error != 0 ? error : virtio_attach(&rig.pci.device, heard, &rig, "test");
}

static void test_numbers_are_those_of_the_systems_headers(void)
{
    CU_ASSERT_EQUAL(PREG_COMMAND, PCI_COMMAND);
    CU_ASSERT_EQUAL(PREG_STATUS, PCI_STATUS);
    CU_ASSERT_EQUAL(PREG_HEADER_TYPE, PCI_HEADER_TYPE);
    CU_ASSERT_EQUAL(PREG_BAR0, PCI_BASE_ADDRESS_0);
    CU_ASSERT_EQUAL(PREG_CAPABILITIES, PCI_CAPABILITY_LIST);
    CU_ASSERT_EQUAL(PREG_INTERRUPT_PIN, PCI_INTERRUPT_PIN);
    CU_ASSERT_EQUAL(PCAP_MSIX, PCI_CAP_ID_MSIX);
    CU_ASSERT_EQUAL(PMSIX_ENABLE, PCI_MSIX_FLAGS_ENABLE);
    CU_ASSERT_EQUAL(PMSIX_SIZE_MASK, PCI_MSIX_FLAGS_QSIZE);
    CU_ASSERT_EQUAL(PMSIX_ENTRY_CONTROL, PCI_MSIX_ENTRY_VECTOR_CTRL);
    CU_ASSERT_EQUAL(VPCI_CAP_TYPE, offsetof(struct virtio_pci_cap, cfg_type));
    CU_ASSERT_EQUAL(VPCI_CAP_OFFSET, offsetof(struct virtio_pci_cap, offset));
    CU_ASSERT_EQUAL(VPCI_CAP_LENGTH, offsetof(struct virtio_pci_cap, length));
    CU_ASSERT_EQUAL(VPCI_STATUS, offsetof(struct virtio_pci_common_cfg, device_status));
    CU_ASSERT_EQUAL(VPCI_QUEUE_SELECT, offsetof(struct virtio_pci_common_cfg, queue_select));
    CU_ASSERT_EQUAL(VPCI_QUEUE_VECTOR, offsetof(struct virtio_pci_common_cfg, queue_msix_vector));
    CU_ASSERT_EQUAL(VPCI_QUEUE_NOTIFY_OFF,
                    offsetof(struct virtio_pci_common_cfg, queue_notify_off));
    CU_ASSERT_EQUAL(VPCI_QUEUE_DEVICE, offsetof(struct virtio_pci_common_cfg, queue_used_lo));
    CU_ASSERT_EQUAL(VPCI_COMMON_SIZE, sizeof(struct virtio_pci_common_cfg));
    CU_ASSERT_EQUAL(VPCI_NO_VECTOR, VIRTIO_MSI_NO_VECTOR);
}

static void test_scan_gives_each_bar_its_place(void)
{
    setup();
    mock_pci_build();
    CU_ASSERT_EQUAL(pci_scan(&fake_platform.platform, take, NULL), 0);
    CU_ASSERT_EQUAL(rig.found, 1);
    CU_ASSERT_EQUAL(rig.device.slot, MOCK_PCI_SLOT);
    CU_ASSERT_EQUAL(rig.device.bars[1].size, 0x1000);
    CU_ASSERT_EQUAL(rig.device.bars[1].base, FAKE_PCI_WINDOW);
    CU_ASSERT_EQUAL(rig.device.bars[4].size, 0x4000);
    CU_ASSERT_EQUAL(rig.device.bars[4].base, FAKE_PCI_WINDOW + 0x4000); /* aligned to its size */
    CU_ASSERT_EQUAL(rig.device.bars[0].base, 0);
    CU_ASSERT_EQUAL(mock_pci.bar4, FAKE_PCI_WINDOW + 0x4000);
    CU_ASSERT_TRUE(rig.device.has_interrupt);
    CU_ASSERT_EQUAL(rig.device.interrupt.intid, 38);
    CU_ASSERT_EQUAL(mock_pci.strays, 0);
}

static void test_a_function_is_found_again_as_the_scan_left_it(void)
{
    struct pci_device found;
    setup();
    mock_pci_build();
    CU_ASSERT_EQUAL(pci_find(&fake_platform.platform, MOCK_PCI_SLOT, 0, &found), 0);
    CU_ASSERT_EQUAL(found.bars[4].base, 0); /* nobody has given it an address */
    CU_ASSERT_EQUAL(pci_scan(&fake_platform.platform, take, NULL), 0);
    pci_enable(&rig.device);
    CU_ASSERT_EQUAL(pci_find(&fake_platform.platform, MOCK_PCI_SLOT, 0, &found), 0);
    for (unsigned i = 0; i < PCI_BARS_MAX; i++) {
        CU_ASSERT_EQUAL(found.bars[i].base, rig.device.bars[i].base);
        CU_ASSERT_EQUAL(found.bars[i].size, rig.device.bars[i].size);
    }
    CU_ASSERT_EQUAL(mock_pci.bar4, FAKE_PCI_WINDOW + 0x4000);
    CU_ASSERT_EQUAL(found.interrupt.intid, 38);
    CU_ASSERT_EQUAL(pci_read16(&found, PREG_COMMAND) & PCOMMAND_MEMORY, PCOMMAND_MEMORY);
    CU_ASSERT_EQUAL(pci_find(&fake_platform.platform, MOCK_PCI_SLOT + 1, 0, &found), -KENODEV);
    CU_ASSERT_EQUAL(pci_find(&fake_platform.platform, 32, 0, &found), -KENODEV);
    CU_ASSERT_EQUAL(mock_pci.strays, 0);
    fake_platform.has_pci = false;
    CU_ASSERT_EQUAL(pci_find(&fake_platform.platform, MOCK_PCI_SLOT, 0, &found), -KENODEV);
}

static void test_what_a_device_raises_is_known_when_its_features_are(void)
{
    struct virtio_interrupt list[VIRTIO_INTERRUPTS_MAX];
    setup();
    CU_ASSERT_EQUAL_FATAL(bring_up(), 0);
    CU_ASSERT_EQUAL(virtio_interrupts(&rig.pci.device, list), 3);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(list[i].intid, rig.pci.vectors[i].message.intid);
        CU_ASSERT_TRUE(list[i].edge_triggered);
        CU_ASSERT_EQUAL(virtio_take_reasons(&rig.pci.device, i),
                        i == 0 ? VIRQ_CONFIG_CHANGE : VIRQ_USED_BUFFER);
    }
    virtio_detach(&rig.pci.device);
    CU_ASSERT_EQUAL(mock_pci.table[1].control, 1);
    virtio_unmask(&rig.pci.device);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(mock_pci.table[i].control, 0);
    CU_ASSERT_EQUAL(mock_pci.isr_reads, 0);

    setup();
    mock_pci.vectors = 0;
    CU_ASSERT_EQUAL_FATAL(bring_up(), 0);
    CU_ASSERT_EQUAL(virtio_interrupts(&rig.pci.device, list), 1);
    CU_ASSERT_EQUAL(list[0].intid, 38);
    CU_ASSERT_FALSE(list[0].edge_triggered);
    mock_pci.isr = VIRQ_USED_BUFFER;
    CU_ASSERT_EQUAL(virtio_take_reasons(&rig.pci.device, 0), VIRQ_USED_BUFFER);
    CU_ASSERT_EQUAL(virtio_take_reasons(&rig.pci.device, 0), 0);
    rig.pci.function.has_interrupt = false;
    CU_ASSERT_EQUAL(virtio_interrupts(&rig.pci.device, list), 0);
}

static void test_bar_that_has_no_room_gets_no_address(void)
{
    setup();
    fake_platform.pci_window_size = 0x4000; /* too small for both */
    mock_pci_build();
    CU_ASSERT_EQUAL(pci_scan(&fake_platform.platform, take, NULL), 0);
    CU_ASSERT_EQUAL(rig.device.bars[1].base, FAKE_PCI_WINDOW);
    CU_ASSERT_EQUAL(rig.device.bars[4].base, 0);
    CU_ASSERT_EQUAL(fake_hal.console_lines, 1);
    CU_ASSERT_EQUAL(virtio_pci_identify(&rig.pci, &rig.device), -KENODEV);
}

static void test_machine_without_pci_is_none(void)
{
    setup();
    fake_platform.has_pci = false;
    CU_ASSERT_EQUAL(pci_scan(&fake_platform.platform, take, NULL), -KENODEV);
    CU_ASSERT_EQUAL(rig.found, 0);
}

static void test_three_vectors_are_used_when_they_can_be_had(void)
{
    setup();
    CU_ASSERT_EQUAL(bring_up(), 0);
    CU_ASSERT_TRUE(mock_pci.msix_enabled);
    CU_ASSERT_EQUAL(rig.pci.vector_count, 3);
    CU_ASSERT_EQUAL(mock_pci.config_vector, 0);
    CU_ASSERT_EQUAL(mock_pci.queues[0].vector, 1);
    CU_ASSERT_EQUAL(mock_pci.queues[1].vector, 2);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(mock_pci.table[i].address_low, MOCK_FRAME + 0x40);
        CU_ASSERT_EQUAL(mock_pci.table[i].address_high, 0);
        CU_ASSERT_EQUAL(mock_pci.table[i].data, 80 + i);
        CU_ASSERT_EQUAL(mock_pci.table[i].control, 0); /* open, now that it has its handler */
    }
    CU_ASSERT_EQUAL(fake_kernel.intid, 82);
    CU_ASSERT_TRUE(fake_kernel.edge_triggered);
    CU_ASSERT_TRUE(fake_kernel.handler(fake_kernel.handler_arg));
    CU_ASSERT_EQUAL(rig.reasons, VIRQ_USED_BUFFER);
    CU_ASSERT_EQUAL(mock_pci.isr_reads, 0);
    CU_ASSERT_EQUAL(mock_pci.strays, 0);
}

static void expect_one_vector(void)
{
    CU_ASSERT_EQUAL(bring_up(), 0);
    CU_ASSERT_TRUE(mock_pci.msix_enabled);
    CU_ASSERT_EQUAL(rig.pci.vector_count, 1);
    CU_ASSERT_EQUAL(mock_pci.config_vector, 0);
    CU_ASSERT_EQUAL(mock_pci.queues[0].vector, 0);
    CU_ASSERT_EQUAL(mock_pci.queues[1].vector, 0);
    CU_ASSERT_TRUE(fake_kernel.handler(fake_kernel.handler_arg));
    CU_ASSERT_EQUAL(rig.reasons, VIRQ_USED_BUFFER | VIRQ_CONFIG_CHANGE);
    CU_ASSERT_EQUAL(mock_pci.strays, 0);
}

static void test_one_vector_is_taken_when_three_are_not_there(void)
{
    setup();
    mock_pci.vectors = 2; /* in the table, */
    expect_one_vector();
    setup();
    mock_pci.frame_count = 2; /* in the frame, */
    expect_one_vector();
    setup();
    mock_pci.accepts_only_first = true; /* by the device */
    expect_one_vector();
}

static void expect_pin(void)
{
    CU_ASSERT_EQUAL(bring_up(), 0);
    CU_ASSERT_FALSE(mock_pci.msix_enabled);
    CU_ASSERT_EQUAL(rig.pci.vector_count, 0);
    CU_ASSERT_EQUAL(mock_pci.config_vector, VPCI_NO_VECTOR);
    CU_ASSERT_EQUAL(fake_kernel.intid, 38);
    CU_ASSERT_FALSE(fake_kernel.edge_triggered);
    CU_ASSERT_EQUAL(mock_pci.strays, 0);
}

static void test_pin_is_taken_when_messages_cannot_be_had(void)
{
    setup();
    mock_pci.vectors = 0;
    expect_pin();
    setup();
    fake_platform.has_messages = false;
    expect_pin();
    setup();
    mock_pci.frame_count = 0;
    expect_pin();
    setup();
    mock_pci.refuses_vectors = true;
    expect_pin();
}

static void test_handler_of_a_pin_knows_whether_it_was_meant(void)
{
    setup();
    mock_pci.vectors = 0;
    CU_ASSERT_EQUAL(bring_up(), 0);
    CU_ASSERT_FALSE(fake_kernel.handler(fake_kernel.handler_arg));
    CU_ASSERT_EQUAL(rig.interrupts, 0);
    mock_pci.isr = VIRQ_CONFIG_CHANGE;
    CU_ASSERT_TRUE(fake_kernel.handler(fake_kernel.handler_arg));
    CU_ASSERT_EQUAL(rig.reasons, VIRQ_CONFIG_CHANGE);
    CU_ASSERT_EQUAL(mock_pci.isr_reads, 2);
    CU_ASSERT_EQUAL(rig.interrupts, 1);
}

static void test_device_without_any_interrupt_is_not_attached(void)
{
    setup();
    mock_pci.vectors = 0;
    fake_platform.has_pins = false;
    CU_ASSERT_EQUAL(bring_up(), -KENODEV);
}

static int restart(void)
{
    CU_ASSERT_TRUE(virtio_reset_asleep(&rig.pci.device));
    virtio_detach(&rig.pci.device);
    CU_ASSERT_PTR_NULL(fake_kernel.handler);
    int error = virtio_negotiate(&rig.pci.device, VFEATURE(VFEATURE_VERSION_1),
                                 VFEATURE(VFEATURE_VERSION_1));
    return error != 0 ? error : virtio_attach(&rig.pci.device, heard, &rig, "test");
}

static void test_device_that_is_started_again_has_the_same_interrupts(void)
{
    struct gicv2m_message message;
    setup();
    CU_ASSERT_EQUAL(bring_up(), 0);
    CU_ASSERT_EQUAL(restart(), 0);
    CU_ASSERT_EQUAL(rig.pci.vector_count, 3);
    CU_ASSERT_EQUAL(mock_pci.config_vector, 0);
    CU_ASSERT_EQUAL(mock_pci.queues[1].vector, 2);
    CU_ASSERT_EQUAL(mock_pci.table[2].data, 82);
    CU_ASSERT_EQUAL(mock_pci.table[2].control, 0);
    CU_ASSERT_EQUAL(gicv2m_allocate(1, &message), 0);
    CU_ASSERT_EQUAL(message.intid, 83); /* the next one */

    setup();
    fake_platform.has_messages = false;
    CU_ASSERT_EQUAL(bring_up(), 0);
    fake_platform.has_messages = true; /* too late: the handler is on the pin */
    gicv2m_init(&fake_platform.platform);
    CU_ASSERT_EQUAL(restart(), 0);
    CU_ASSERT_FALSE(mock_pci.msix_enabled);
    CU_ASSERT_EQUAL(mock_pci.strays, 0);
}

static void test_device_that_does_not_take_its_vectors_back_is_not_started_again(void)
{
    setup();
    CU_ASSERT_EQUAL(bring_up(), 0);
    mock_pci.refuses_vectors = true;
    CU_ASSERT_EQUAL(restart(), -KEIO);
}

static void test_queue_is_enabled_with_its_addresses_and_kicked_at_its_place(void)
{
    struct virtqueue queue;
    setup();
    CU_ASSERT_EQUAL(bring_up(), 0);
    CU_ASSERT_EQUAL(virtio_setup_queue(&rig.pci.device, 1, 8, &queue), 0);
    CU_ASSERT_EQUAL(mock_pci.queues[1].enabled, 1);
    CU_ASSERT_EQUAL(mock_pci.queues[1].size, 8);
    CU_ASSERT_EQUAL(mock_pci.queues[1].desc, queue.desc_physical);
    CU_ASSERT_EQUAL(mock_pci.queues[1].avail, queue.avail_physical);
    CU_ASSERT_EQUAL(mock_pci.queues[1].used, queue.used_physical);
    virtio_start(&rig.pci.device);
    virtio_kick(&rig.pci.device, 1);
    CU_ASSERT_EQUAL(mock_pci.queues[1].kicks, 1);
    CU_ASSERT_EQUAL(virtio_setup_queue(&rig.pci.device, 1, 8, &queue), -KEBUSY);
    CU_ASSERT_EQUAL(virtio_setup_queue(&rig.pci.device, 2, 8, &queue), -KENODEV);
    CU_ASSERT_EQUAL(mock_pci.strays, 0);
}

static void test_configuration_is_read_where_its_structure_is(void)
{
    uint8_t mac[7] = {0};
    setup();
    CU_ASSERT_EQUAL(bring_up(), 0);
    virtio_read_config(&rig.pci.device, 0, mac, sizeof(mac));
    CU_ASSERT_EQUAL(mac[0], 0x52);
    CU_ASSERT_EQUAL(mac[5], 0xcc);
    CU_ASSERT_EQUAL(mac[6], 0); /* behind the structure: not read */
    CU_ASSERT_EQUAL(virtio_read_config16(&rig.pci.device, 4), 0xccbb);
    CU_ASSERT_EQUAL(virtio_read_config16(&rig.pci.device, 5), 0); /* half of it is behind */
    CU_ASSERT_EQUAL(mock_pci.strays, 0);
}

static void test_what_is_no_modern_device_is_left_alone(void)
{
    static const uint16_t ids[] = {0x1000, 0x103f, 0x1080};
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        setup();
        mock_pci.device_id = ids[i];
        CU_ASSERT_EQUAL(bring_up(), -KENODEV);
        CU_ASSERT_EQUAL(fake_hal.console_lines, 0);
    }
}

static void test_revision_is_any(void)
{
    static const uint8_t revisions[] = {0, 2, 255};
    for (unsigned i = 0; i < sizeof(revisions); i++) {
        setup();
        mock_pci.revision = revisions[i];
        CU_ASSERT_EQUAL(bring_up(), 0);
    }
}

static void test_device_that_lacks_a_structure_is_refused(void)
{
    setup();
    mock_pci.without_isr = true;
    CU_ASSERT_EQUAL(bring_up(), -KENODEV);
    CU_ASSERT_EQUAL(fake_hal.console_lines, 1);
    setup();
    mock_pci.structure_is_outside = true;
    CU_ASSERT_EQUAL(bring_up(), -KENODEV);
    CU_ASSERT_EQUAL(mock_pci.strays, 0);
}

static void test_list_of_capabilities_that_is_a_circle_ends(void)
{
    setup();
    mock_pci.list_is_a_circle = true;
    CU_ASSERT_EQUAL(bring_up(), 0);
    CU_ASSERT_EQUAL(pci_find_capability(&rig.device, 0x77, 0), 0);
}

static void test_messages_are_given_away_once(void)
{
    struct gicv2m_message messages[4];
    setup();
    mock_pci.frame_count = 3;
    CU_ASSERT_EQUAL(gicv2m_init(&fake_platform.platform), 0);
    CU_ASSERT_EQUAL(gicv2m_allocate(4, messages), -KENOSPC);
    CU_ASSERT_EQUAL(gicv2m_allocate(2, messages), 0);
    CU_ASSERT_EQUAL(messages[1].intid, 81);
    CU_ASSERT_EQUAL(gicv2m_allocate(1, messages), 0);
    CU_ASSERT_EQUAL(messages[0].intid, 82);
    CU_ASSERT_EQUAL(gicv2m_allocate(1, messages), -KENOSPC);
    fake_platform.has_messages = false;
    CU_ASSERT_EQUAL(gicv2m_init(&fake_platform.platform), -KENODEV);
    CU_ASSERT_EQUAL(gicv2m_allocate(1, messages), -KENODEV);
}

UNIT_SUITE("virtio_pci", UNIT_TEST(test_numbers_are_those_of_the_systems_headers),
           UNIT_TEST(test_scan_gives_each_bar_its_place),
           UNIT_TEST(test_a_function_is_found_again_as_the_scan_left_it),
           UNIT_TEST(test_what_a_device_raises_is_known_when_its_features_are),
           UNIT_TEST(test_bar_that_has_no_room_gets_no_address),
           UNIT_TEST(test_machine_without_pci_is_none),
           UNIT_TEST(test_three_vectors_are_used_when_they_can_be_had),
           UNIT_TEST(test_one_vector_is_taken_when_three_are_not_there),
           UNIT_TEST(test_pin_is_taken_when_messages_cannot_be_had),
           UNIT_TEST(test_handler_of_a_pin_knows_whether_it_was_meant),
           UNIT_TEST(test_device_without_any_interrupt_is_not_attached),
           UNIT_TEST(test_device_that_is_started_again_has_the_same_interrupts),
           UNIT_TEST(test_device_that_does_not_take_its_vectors_back_is_not_started_again),
           UNIT_TEST(test_queue_is_enabled_with_its_addresses_and_kicked_at_its_place),
           UNIT_TEST(test_configuration_is_read_where_its_structure_is),
           UNIT_TEST(test_what_is_no_modern_device_is_left_alone), UNIT_TEST(test_revision_is_any),
           UNIT_TEST(test_device_that_lacks_a_structure_is_refused),
           UNIT_TEST(test_list_of_capabilities_that_is_a_circle_ends),
           UNIT_TEST(test_messages_are_given_away_once))
