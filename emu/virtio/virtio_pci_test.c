/*
 * virtio_pci_test.c - the PCI transport: each field, each wrong access, pin and messages
 *
 * The device is the mock of virtio_mmio's tests, on a bus of its own; numbers come from
 * <linux/virtio_pci.h>.
 */
#include "emu/virtio/virtio_pci.h"

#include "emu/virtio/mock_device.h"
#include "emu/virtio/pci_spec.h"
#include "tests/unit.h"

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define ECAM    UINT64_C(0x4010000000)
#define WINDOW  UINT64_C(0x10000000)
#define SLOT    1
#define TABLE   WINDOW
#define PBA     (WINDOW + 0x800)
#define COMMON  (WINDOW + 0x4000)
#define ISR     (WINDOW + 0x5000)
#define CONFIG  (WINDOW + 0x6000)
#define NOTIFY  (WINDOW + 0x7000)
#define FRAME   UINT64_C(0x08020040)
#define VECTORS 3

static struct mock_setup setup;
static struct mock_machine *const machine = &setup.machine;
static struct virtio_dev *const dev = &setup.device.dev;
static struct pci_bus *bus;
static struct virtio_pci *pci;
static unsigned pin_rises, pin_falls, messages;
static uint32_t last_message;

static void hear_pin(void *opaque, unsigned number, bool level)
{
    (void)opaque, (void)number;
    pin_rises += level;
    pin_falls += !level;
}

static bool take_message(void *opaque, uint64_t address, uint32_t data)
{
    (void)opaque;
    CU_ASSERT_EQUAL(address, FRAME);
    messages++;
    last_message = data;
    return true;
}

static uint32_t get(uint64_t address, unsigned size)
{
    return (uint32_t)mmio_read(machine->bus, address, size);
}

static void put(uint64_t address, unsigned size, uint32_t value)
{
    mmio_write(machine->bus, address, size, value);
}

static uint64_t config_at(unsigned reg)
{
    return ECAM + ((uint64_t)SLOT << 15) + reg;
}

/* The transport of a device that nobody has touched, switched on. */
static void pci_setup(unsigned vectors)
{
    mock_setup_init(&setup);
    struct pci_bus_config config = {
        .ecam_base = ECAM,
        .window_base = WINDOW,
        .window_size = 0x100000,
        .message = take_message,
    };
    config.pins[SLOT] = (struct irqline){.set = hear_pin};
    bus = pci_bus_new(machine->trace, machine->bus, &config);
    pci = virtio_pci_new(bus, SLOT, dev, vectors);
    put(config_at(PCI_BASE_ADDRESS_1), 4, (uint32_t)TABLE);
    put(config_at(PCI_BASE_ADDRESS_4), 4, (uint32_t)COMMON);
    put(config_at(PCI_COMMAND), 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pin_rises = pin_falls = messages = 0;
    mock_machine_forget(machine);
}

static void pci_teardown(void)
{
    virtio_pci_free(pci);
    pci_bus_free(bus);
    mock_setup_fini(&setup);
}

static unsigned pci_breaches(void)
{
    return (unsigned)machine->counts[TRACE_PCI_BREACH];
}

static unsigned virtio_breaches(void)
{
    return (unsigned)machine->counts[TRACE_VIRTIO_BREACH];
}

/* Where the n-th capability with this id is, from 0; 0: there is none. */
static unsigned capability(uint8_t id, unsigned index)
{
    unsigned at = get(config_at(PCI_CAPABILITY_LIST), 1);
    while (at != 0) {
        if (get(config_at(at), 1) == id && index-- == 0) {
            return at;
        }
        at = get(config_at(at + 1), 1);
    }
    return 0;
}

static unsigned structure(uint8_t type)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned at = capability(PCI_CAP_ID_VNDR, i);
        if (at != 0 && get(config_at(at + offsetof(struct virtio_pci_cap, cfg_type)), 1) == type) {
            return at;
        }
    }
    return 0;
}

static uint64_t field(size_t offset)
{
    return COMMON + offset;
}
#define FIELD(name) field(offsetof(struct virtio_pci_common_cfg, name))

static void negotiate(void)
{
    put(FIELD(device_status), 1, 0);
    CU_ASSERT_EQUAL(get(FIELD(device_status), 1), 0);
    put(FIELD(device_status), 1, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    put(FIELD(device_status), 1, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
    put(FIELD(guest_feature_select), 4, 1);
    put(FIELD(guest_feature), 4, 1);
    put(FIELD(device_status), 1,
        VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
}

static void put_address(uint64_t at, gpa_t address)
{
    put(at, 4, (uint32_t)address.value);
    put(at + 4, 4, (uint32_t)(address.value >> 32));
}

static void enable_queue(struct mock_ring *ring, unsigned index)
{
    mock_ring_alloc(ring, machine, index, 8);
    put(FIELD(queue_select), 2, index);
    put(FIELD(queue_size), 2, 8);
    put_address(FIELD(queue_desc_lo), ring->desc);
    put_address(FIELD(queue_avail_lo), ring->avail);
    put_address(FIELD(queue_used_lo), ring->used);
    put(FIELD(queue_enable), 2, 1);
}

/* Device with both queues, running; counters at zero. */
static void start(struct mock_ring rings[2])
{
    negotiate();
    enable_queue(&rings[0], 0);
    enable_queue(&rings[1], 1);
    put(FIELD(device_status), 1, get(FIELD(device_status), 1) | VIRTIO_CONFIG_S_DRIVER_OK);
    mock_machine_forget(machine);
}

static void fill_entry(unsigned vector, uint32_t data, bool masked)
{
    uint64_t entry = TABLE + (uint64_t)16 * vector;
    put(entry, 4, (uint32_t)FRAME);
    put(entry + 4, 4, 0);
    put(entry + 8, 4, data);
    put(entry + 12, 4, masked ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0);
}

static void switch_msix(uint16_t bits)
{
    put(config_at(capability(PCI_CAP_ID_MSIX, 0) + PCI_MSIX_FLAGS), 2, bits);
}

/* Vectors 0, 1, 2 for configuration, queue 0 and queue 1, with data 80, 81, 82. */
static void use_messages(void)
{
    for (unsigned i = 0; i < VECTORS; i++) {
        fill_entry(i, 80 + i, false);
    }
    switch_msix(PCI_MSIX_FLAGS_ENABLE);
    put(FIELD(msix_config), 2, 0);
    for (unsigned i = 0; i < 2; i++) {
        put(FIELD(queue_select), 2, i);
        put(FIELD(queue_msix_vector), 2, i + 1);
    }
    mock_machine_forget(machine);
}

/* A chain goes to the device and comes back: one used buffer notification. */
static void complete_one(struct mock_ring *ring)
{
    gpa_t buffer = mock_machine_alloc(machine, 64, NULL);
    mock_ring_desc(ring, 0, buffer, 64, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(ring, 0);
    put(NOTIFY + 4 * ring->index, 2, ring->index);
    CU_ASSERT_TRUE(virtqueue_pop(&dev->queues[ring->index], &setup.device.chain));
    virtqueue_push(&dev->queues[ring->index], 0, 8);
    mock_machine_run(machine, VIRTQUEUE_LATENCY_NS);
}

/* ---- what is there --------------------------------------------------------------------------- */

static void test_offsets_are_those_of_the_systems_header(void)
{
    CU_ASSERT_EQUAL(VIRTIO_PCI_CAP_AT_TYPE, offsetof(struct virtio_pci_cap, cfg_type));
    CU_ASSERT_EQUAL(VIRTIO_PCI_CAP_AT_BAR, offsetof(struct virtio_pci_cap, bar));
    CU_ASSERT_EQUAL(VIRTIO_PCI_CAP_AT_OFFSET, offsetof(struct virtio_pci_cap, offset));
    CU_ASSERT_EQUAL(VIRTIO_PCI_CAP_AT_LENGTH, offsetof(struct virtio_pci_cap, length));
    CU_ASSERT_EQUAL(VIRTIO_PCI_CAP_SIZE, sizeof(struct virtio_pci_cap));
    CU_ASSERT_EQUAL(VIRTIO_PCI_STRUCTURE_COMMON, VIRTIO_PCI_CAP_COMMON_CFG);
    CU_ASSERT_EQUAL(VIRTIO_PCI_STRUCTURE_NOTIFY, VIRTIO_PCI_CAP_NOTIFY_CFG);
    CU_ASSERT_EQUAL(VIRTIO_PCI_STRUCTURE_ISR, VIRTIO_PCI_CAP_ISR_CFG);
    CU_ASSERT_EQUAL(VIRTIO_PCI_STRUCTURE_DEVICE, VIRTIO_PCI_CAP_DEVICE_CFG);
    CU_ASSERT_EQUAL(VIRTIO_PCI_STRUCTURE_ACCESS, VIRTIO_PCI_CAP_PCI_CFG);
    CU_ASSERT_EQUAL(VIRTIO_PCI_AT_STATUS, offsetof(struct virtio_pci_common_cfg, device_status));
    CU_ASSERT_EQUAL(VIRTIO_PCI_AT_QUEUE_NOTIFY_OFF,
                    offsetof(struct virtio_pci_common_cfg, queue_notify_off));
    CU_ASSERT_EQUAL(VIRTIO_PCI_AT_QUEUE_DEVICE,
                    offsetof(struct virtio_pci_common_cfg, queue_used_lo));
    CU_ASSERT_EQUAL(VIRTIO_PCI_COMMON_SIZE, sizeof(struct virtio_pci_common_cfg));
    CU_ASSERT_EQUAL(VIRTIO_PCI_NO_VECTOR, VIRTIO_MSI_NO_VECTOR);
}

static void test_function_is_a_modern_device_with_all_structures(void)
{
    static const struct {
        uint8_t type;
        uint32_t offset, length;
    } expected[] = {
        {VIRTIO_PCI_CAP_COMMON_CFG, 0x0000, 56},
        {VIRTIO_PCI_CAP_NOTIFY_CFG, 0x3000, 8},
        {VIRTIO_PCI_CAP_ISR_CFG, 0x1000, 1},
        {VIRTIO_PCI_CAP_DEVICE_CFG, 0x2000, 8},
    };
    pci_setup(VECTORS);
    CU_ASSERT_EQUAL(get(config_at(PCI_VENDOR_ID), 2), 0x1af4);
    CU_ASSERT_EQUAL(get(config_at(PCI_DEVICE_ID), 2), 0x1040 + MOCK_DEVICE_ID);
    CU_ASSERT_TRUE(get(config_at(PCI_REVISION_ID), 1) >= 1);
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        unsigned at = structure(expected[i].type);
        CU_ASSERT_NOT_EQUAL_FATAL(at, 0);
        CU_ASSERT_EQUAL(get(config_at(at + 4), 1), 4);
        CU_ASSERT_EQUAL(get(config_at(at + 8), 4), expected[i].offset);
        CU_ASSERT_EQUAL(get(config_at(at + 12), 4), expected[i].length);
    }
    CU_ASSERT_EQUAL(get(config_at(structure(VIRTIO_PCI_CAP_NOTIFY_CFG) + 16), 4), 4);
    CU_ASSERT_EQUAL(get(config_at(structure(VIRTIO_PCI_CAP_NOTIFY_CFG) + 2), 1), 20);
    unsigned msix = capability(PCI_CAP_ID_MSIX, 0);
    CU_ASSERT_EQUAL(get(config_at(msix + PCI_MSIX_FLAGS), 2), VECTORS - 1);
    CU_ASSERT_EQUAL(get(config_at(msix + PCI_MSIX_TABLE), 4), 1);
    CU_ASSERT_EQUAL(get(config_at(msix + PCI_MSIX_PBA), 4), 0x801);
    CU_ASSERT_EQUAL(machine->events, 0);
    pci_teardown();
}

static void test_common_fields_read_as_after_a_reset(void)
{
    pci_setup(VECTORS);
    CU_ASSERT_EQUAL(get(FIELD(num_queues), 2), 2);
    CU_ASSERT_EQUAL(get(FIELD(device_status), 1), 0);
    CU_ASSERT_EQUAL(get(FIELD(msix_config), 2), VIRTIO_MSI_NO_VECTOR);
    CU_ASSERT_EQUAL(get(FIELD(queue_size), 2), MOCK_DEVICE_QUEUE_SIZE);
    CU_ASSERT_EQUAL(get(FIELD(queue_msix_vector), 2), VIRTIO_MSI_NO_VECTOR);
    CU_ASSERT_EQUAL(get(FIELD(queue_enable), 2), 0);
    put(FIELD(device_feature_select), 4, 1);
    CU_ASSERT_EQUAL(get(FIELD(device_feature), 4), 1 | MOCK_DEVICE_RING_FEATURES >> 32);
    put(FIELD(queue_select), 2, 1);
    CU_ASSERT_EQUAL(get(FIELD(queue_notify_off), 2), 1);
    put(FIELD(queue_select), 2, 2); /* there is none */
    CU_ASSERT_EQUAL(get(FIELD(queue_size), 2), 0);
    CU_ASSERT_EQUAL(get(FIELD(queue_msix_vector), 2), VIRTIO_MSI_NO_VECTOR);
    CU_ASSERT_EQUAL(machine->events, 0);
    pci_teardown();
}

static void test_queue_fields_keep_what_was_written_until_the_reset(void)
{
    struct mock_ring rings[2];
    pci_setup(VECTORS);
    start(rings);
    put(FIELD(queue_select), 2, 0);
    CU_ASSERT_EQUAL(get(FIELD(queue_size), 2), 8);
    CU_ASSERT_EQUAL(get(FIELD(queue_enable), 2), 1);
    CU_ASSERT_EQUAL(get(FIELD(queue_desc_lo), 4), (uint32_t)rings[0].desc.value);
    CU_ASSERT_EQUAL(get(FIELD(queue_avail_lo), 4), (uint32_t)rings[0].avail.value);
    CU_ASSERT_EQUAL(get(FIELD(queue_used_hi), 4), (uint32_t)(rings[0].used.value >> 32));
    put(FIELD(queue_msix_vector), 2, 1);
    put(FIELD(device_status), 1, 0);
    CU_ASSERT_EQUAL(get(FIELD(queue_size), 2), MOCK_DEVICE_QUEUE_SIZE);
    CU_ASSERT_EQUAL(get(FIELD(queue_enable), 2), 0);
    CU_ASSERT_EQUAL(get(FIELD(queue_msix_vector), 2), VIRTIO_MSI_NO_VECTOR);
    CU_ASSERT_EQUAL(virtio_breaches() + pci_breaches(), 0);
    pci_teardown();
}

/* ---- the pin --------------------------------------------------------------------------------- */

static void test_pin_is_up_until_the_status_is_read_which_clears_it(void)
{
    struct mock_ring rings[2];
    pci_setup(0);
    start(rings);
    complete_one(&rings[0]);
    CU_ASSERT_EQUAL(pin_rises, 1);
    CU_ASSERT_EQUAL(get(ISR, 1), VIRTIO_PCI_ISR_CONFIG >> 1);
    CU_ASSERT_EQUAL(pin_falls, 1);
    CU_ASSERT_EQUAL(get(ISR, 1), 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_ACK], 1); /* a read of 0 acknowledges nothing */
    virtio_dev_config_changed(dev);
    CU_ASSERT_EQUAL(get(ISR, 1), VIRTIO_PCI_ISR_CONFIG);
    CU_ASSERT_EQUAL(messages, 0);
    pci_teardown();
}

static void test_enabling_msix_takes_the_pin_down(void)
{
    struct mock_ring rings[2];
    pci_setup(VECTORS);
    start(rings);
    complete_one(&rings[0]);
    CU_ASSERT_EQUAL(pin_rises, 1);
    switch_msix(PCI_MSIX_FLAGS_ENABLE);
    CU_ASSERT_EQUAL(pin_falls, 1);
    CU_ASSERT_TRUE(virtio_pci_uses_messages(pci));
    switch_msix(0);
    CU_ASSERT_EQUAL(pin_rises, 2); /* the status was never read */
    CU_ASSERT_FALSE(virtio_pci_uses_messages(pci));
    pci_teardown();
}

/* ---- messages -------------------------------------------------------------------------------- */

static void test_each_source_sends_the_message_of_its_vector(void)
{
    struct mock_ring rings[2];
    uint32_t data = 0;
    pci_setup(VECTORS);
    start(rings);
    use_messages();
    complete_one(&rings[0]);
    CU_ASSERT_EQUAL(last_message, 81);
    complete_one(&rings[1]);
    CU_ASSERT_EQUAL(last_message, 82);
    virtio_dev_config_changed(dev);
    CU_ASSERT_EQUAL(last_message, 80);
    CU_ASSERT_EQUAL(messages, 3);
    CU_ASSERT_EQUAL(pin_rises, 0);
    CU_ASSERT_EQUAL(get(ISR, 1), 0);
    CU_ASSERT_TRUE(virtio_pci_message_data(pci, 1, &data) && data == 82);
    CU_ASSERT_EQUAL(virtio_breaches() + pci_breaches(), 0);
    pci_teardown();
}

static void test_source_without_a_vector_is_silent(void)
{
    struct mock_ring rings[2];
    uint32_t data;
    pci_setup(VECTORS);
    start(rings);
    use_messages();
    put(FIELD(queue_select), 2, 0);
    put(FIELD(queue_msix_vector), 2, VIRTIO_MSI_NO_VECTOR);
    complete_one(&rings[0]);
    CU_ASSERT_EQUAL(messages + pin_rises, 0);
    CU_ASSERT_FALSE(virtio_pci_message_data(pci, 0, &data));
    pci_teardown();
}

static void test_vector_that_the_table_does_not_have_reads_back_as_none(void)
{
    pci_setup(1);
    put(FIELD(msix_config), 2, 0);
    CU_ASSERT_EQUAL(get(FIELD(msix_config), 2), 0);
    put(FIELD(msix_config), 2, 1);
    CU_ASSERT_EQUAL(get(FIELD(msix_config), 2), VIRTIO_MSI_NO_VECTOR);
    put(FIELD(queue_msix_vector), 2, 0x7ff);
    CU_ASSERT_EQUAL(get(FIELD(queue_msix_vector), 2), VIRTIO_MSI_NO_VECTOR);
    pci_teardown();
    pci_setup(0);
    put(FIELD(queue_msix_vector), 2, 0);
    CU_ASSERT_EQUAL(get(FIELD(queue_msix_vector), 2), VIRTIO_MSI_NO_VECTOR);
    CU_ASSERT_EQUAL(capability(PCI_CAP_ID_MSIX, 0), 0);
    pci_teardown();
}

static void test_masked_vector_is_pending_and_is_sent_when_it_is_unmasked(void)
{
    struct mock_ring rings[2];
    pci_setup(VECTORS);
    start(rings);
    use_messages();
    fill_entry(1, 81, true);
    mock_machine_forget(machine);
    complete_one(&rings[0]);
    CU_ASSERT_EQUAL(messages, 0);
    CU_ASSERT_EQUAL(get(PBA, 4), 2);
    put(TABLE + 16 + 12, 4, 0);
    CU_ASSERT_EQUAL(messages, 1);
    CU_ASSERT_EQUAL(get(PBA, 4), 0);
    pci_teardown();
}

static void test_function_mask_holds_all_vectors_back(void)
{
    struct mock_ring rings[2];
    pci_setup(VECTORS);
    start(rings);
    use_messages();
    switch_msix(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    complete_one(&rings[0]);
    complete_one(&rings[1]);
    CU_ASSERT_EQUAL(messages, 0);
    CU_ASSERT_EQUAL(mmio_read(machine->bus, PBA, 8), 6);
    switch_msix(PCI_MSIX_FLAGS_ENABLE);
    CU_ASSERT_EQUAL(messages, 2);
    CU_ASSERT_EQUAL(get(PBA, 4), 0);
    pci_teardown();
}

static void test_entry_takes_qwords_and_refuses_what_is_narrower(void)
{
    pci_setup(VECTORS);
    mmio_write(machine->bus, TABLE, 8, UINT64_C(0x1122334455667788));
    CU_ASSERT_EQUAL(mmio_read(machine->bus, TABLE, 8), UINT64_C(0x1122334455667788));
    CU_ASSERT_EQUAL(pci_breaches(), 0);
    put(TABLE, 2, 1);
    CU_ASSERT_EQUAL(get(TABLE + 8, 1), 0);
    CU_ASSERT_EQUAL(pci_breaches(), 2);
    CU_ASSERT_EQUAL(get(TABLE + (uint64_t)16 * VECTORS, 4), 0);
    put(TABLE + (uint64_t)16 * VECTORS, 4, 1);
    CU_ASSERT_EQUAL(pci_breaches(), 2);
    pci_teardown();
}

static void test_changing_an_entry_in_use_or_pending_bits_is_a_breach(void)
{
    pci_setup(VECTORS);
    use_messages();
    put(TABLE + 8, 4, 99);
    CU_ASSERT_EQUAL(pci_breaches(), 1);
    put(PBA, 4, 1);
    CU_ASSERT_EQUAL(pci_breaches(), 2);
    CU_ASSERT_EQUAL(get(PBA, 4), 0);
    pci_teardown();
}

/* ---- bus master ------------------------------------------------------------------------------ */

static void test_device_that_is_no_master_touches_no_ring(void)
{
    struct mock_ring rings[2];
    pci_setup(VECTORS);
    start(rings);
    gpa_t buffer = mock_machine_alloc(machine, 64, NULL);
    mock_ring_desc(&rings[0], 0, buffer, 64, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&rings[0], 0);
    put(config_at(PCI_COMMAND), 2, PCI_COMMAND_MEMORY);
    put(NOTIFY, 2, 0);
    CU_ASSERT_EQUAL(pci_breaches(), 1);
    CU_ASSERT_EQUAL(setup.device.kicks[0], 0);
    CU_ASSERT_FALSE(virtqueue_has_avail(&dev->queues[0]));
    pci_teardown();
}

static void test_what_is_to_be_returned_waits_until_the_device_is_a_master_again(void)
{
    struct mock_ring rings[2];
    pci_setup(VECTORS);
    start(rings);
    gpa_t buffer = mock_machine_alloc(machine, 64, NULL);
    mock_ring_desc(&rings[0], 0, buffer, 64, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&rings[0], 0);
    put(NOTIFY, 2, 0);
    CU_ASSERT_TRUE(virtqueue_pop(&dev->queues[0], &setup.device.chain));
    virtqueue_push(&dev->queues[0], 0, 8);
    put(config_at(PCI_COMMAND), 2, PCI_COMMAND_MEMORY);
    mock_machine_run(machine, 10 * VIRTQUEUE_LATENCY_NS);
    CU_ASSERT_EQUAL(mock_ring_used_index(&rings[0]), 0);
    CU_ASSERT_EQUAL(pci_breaches(), 1);
    put(config_at(PCI_COMMAND), 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&rings[0]), 1);
    CU_ASSERT_EQUAL(pin_rises, 1);
    pci_teardown();
}

/* ---- wrong accesses -------------------------------------------------------------------------- */

static void expect_breach(const char *who, const char *clause)
{
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, who, clause));
    mock_machine_forget(machine);
}

static void test_field_in_another_width_is_a_breach(void)
{
    pci_setup(VECTORS);
    CU_ASSERT_EQUAL(get(FIELD(num_queues), 1), 0);
    expect_breach("dev0", "4.1.3.1");
    put(FIELD(device_status), 4, 1);
    expect_breach("dev0", "4.1.3.1");
    CU_ASSERT_EQUAL(dev->status, 0);
    put(FIELD(queue_select) + 1, 1, 1);
    expect_breach("dev0", "4.1.3.1");
    mmio_write(machine->bus, FIELD(queue_desc_lo), 8, 1); /* two fields at once */
    expect_breach("dev0", "4.1.3.1");
    pci_teardown();
}

static void test_read_only_field_is_a_breach_to_write(void)
{
    static const size_t fields[] = {
        offsetof(struct virtio_pci_common_cfg, num_queues),
        offsetof(struct virtio_pci_common_cfg, queue_notify_off),
    };
    pci_setup(VECTORS);
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        put(field(fields[i]), 2, 0);
        expect_breach("dev0", "4.1.4.3.2");
    }
    put(FIELD(device_feature), 4, 0);
    expect_breach("dev0", "4.1.4.3.2");
    put(FIELD(config_generation), 1, 0);
    expect_breach("dev0", "4.1.4.3.2");
    pci_teardown();
}

static void test_queue_is_configured_before_it_is_enabled_and_not_disabled(void)
{
    struct mock_ring rings[2];
    pci_setup(VECTORS);
    put(FIELD(queue_size), 2, 3);
    expect_breach("dev0.a", "4.1.4.3.2");
    put(FIELD(queue_size), 2, 0);
    expect_breach("dev0.a", "4.1.4.3.2");
    put(FIELD(queue_size), 2, 2 * MOCK_DEVICE_QUEUE_SIZE);
    expect_breach("dev0.a", "4.1.4.3.2");
    CU_ASSERT_EQUAL(get(FIELD(queue_size), 2), MOCK_DEVICE_QUEUE_SIZE);
    put(FIELD(queue_enable), 2, 0);
    expect_breach("dev0.a", "4.1.4.3.2");
    start(rings);
    put(FIELD(queue_select), 2, 0);
    put(FIELD(queue_desc_lo), 4, 0);
    expect_breach("dev0.a", "4.1.4.3.2");
    put(FIELD(queue_enable), 2, 0);
    expect_breach("dev0.a", "4.1.4.3.2");
    CU_ASSERT_EQUAL(get(FIELD(queue_enable), 2), 1);
    put(FIELD(queue_select), 2, 7);
    put(FIELD(queue_size), 2, 8);
    expect_breach("dev0", "4.1.5.1.3");
    pci_teardown();
}

static void test_reset_has_to_be_seen_before_the_next_step(void)
{
    pci_setup(VECTORS);
    put(FIELD(device_status), 1, 0);
    put(FIELD(device_status), 1, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    expect_breach("dev0", "4.1.4.3.2");
    negotiate();
    CU_ASSERT_EQUAL(virtio_breaches(), 0);
    pci_teardown();
}

static void test_notification_names_the_queue_whose_address_it_is(void)
{
    struct mock_ring rings[2];
    pci_setup(VECTORS);
    start(rings);
    put(NOTIFY + 4, 2, 1);
    CU_ASSERT_EQUAL(setup.device.kicks[1], 1);
    CU_ASSERT_EQUAL(virtio_breaches(), 0);
    put(NOTIFY + 4, 2, 0);
    expect_breach("dev0", "4.1.5.2");
    put(NOTIFY + 2, 2, 0);
    expect_breach("dev0", "4.1.5.2");
    put(NOTIFY, 4, 0);
    expect_breach("dev0", "4.1.5.2");
    put(NOTIFY + 8, 2, 2);
    expect_breach("dev0", "4.1.5.2");
    CU_ASSERT_EQUAL(setup.device.kicks[0] + setup.device.kicks[1], 1);
    pci_teardown();
}

static void test_notification_of_a_queue_that_is_not_enabled_is_a_breach(void)
{
    struct mock_ring ring;
    pci_setup(VECTORS);
    negotiate();
    enable_queue(&ring, 0);
    put(NOTIFY, 2, 0);
    expect_breach("dev0.a", "3.1.1");
    put(FIELD(device_status), 1, get(FIELD(device_status), 1) | VIRTIO_CONFIG_S_DRIVER_OK);
    mock_machine_forget(machine);
    put(NOTIFY + 4, 2, 1);
    expect_breach("dev0.b", "4.1.4.3");
    pci_teardown();
}

static void test_device_configuration_ends_where_its_structure_does(void)
{
    pci_setup(VECTORS);
    CU_ASSERT_EQUAL(get(CONFIG + 2, 2), 0x1312);
    put(CONFIG, 1, 0x55);
    CU_ASSERT_EQUAL(get(CONFIG, 1), 0x55);
    CU_ASSERT_EQUAL(virtio_breaches(), 0);
    CU_ASSERT_EQUAL(get(CONFIG + 8, 1), 0xff);
    expect_breach("dev0", "4.1.4");
    put(CONFIG + 8, 1, 0);
    expect_breach("dev0", "4.1.4");
    pci_teardown();
}

static void test_address_of_no_structure_is_a_breach(void)
{
    pci_setup(VECTORS);
    CU_ASSERT_EQUAL(get(COMMON + 56, 4), UINT32_MAX);
    expect_breach("dev0", "4.1.4");
    put(ISR, 1, 1);
    expect_breach("dev0", "4.1.4");
    CU_ASSERT_EQUAL(get(ISR + 1, 1), 0xff);
    expect_breach("dev0", "4.1.4");
    CU_ASSERT_EQUAL(get(NOTIFY + 8, 2), 0xffff);
    expect_breach("dev0", "4.1.4");
    CU_ASSERT_EQUAL(get(NOTIFY, 2), 0);
    CU_ASSERT_EQUAL(virtio_breaches(), 0);
    pci_teardown();
}

/* ---- access through configuration space ------------------------------------------------------ */

static void aim(uint8_t bar, uint32_t offset, uint32_t length)
{
    unsigned at = structure(VIRTIO_PCI_CAP_PCI_CFG);
    put(config_at(at + 4), 1, bar);
    put(config_at(at + 8), 4, offset);
    put(config_at(at + 12), 4, length);
}

static void test_structures_are_reached_through_configuration_space(void)
{
    pci_setup(VECTORS);
    put(config_at(PCI_COMMAND), 2, 0); /* without the BARs */
    uint64_t data = config_at(structure(VIRTIO_PCI_CAP_PCI_CFG) + 16);
    aim(4, 18, 2);
    CU_ASSERT_EQUAL(get(data, 2), 2); /* num_queues */
    aim(4, 20, 1);
    put(data, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    CU_ASSERT_EQUAL(dev->status, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    aim(1, 12, 4);
    CU_ASSERT_EQUAL(get(data, 4), PCI_MSIX_ENTRY_CTRL_MASKBIT);
    CU_ASSERT_EQUAL(virtio_breaches() + pci_breaches(), 0);
    pci_teardown();
}

static void test_access_that_cannot_be_is_a_breach(void)
{
    static const struct {
        uint8_t bar;
        uint32_t offset, length;
        const char *clause;
    } rows[] = {
        {4, 0, 0, "4.1.4.9"},   {4, 0, 3, "4.1.4.9"},      {4, 0, 8, "4.1.4.9"},
        {4, 2, 4, "4.1.4.9.2"}, {0, 0, 4, "4.1.4.9"},      {6, 0, 4, "4.1.4.9"},
        {255, 0, 1, "4.1.4.9"}, {4, 0x4000, 4, "4.1.4.9"}, {4, UINT32_MAX - 3, 4, "4.1.4.9"},
    };
    pci_setup(VECTORS);
    uint64_t data = config_at(structure(VIRTIO_PCI_CAP_PCI_CFG) + 16);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        aim(rows[i].bar, rows[i].offset, rows[i].length);
        CU_ASSERT_EQUAL(virtio_breaches(), 0);
        get(data, 4);
        expect_breach("dev0", rows[i].clause);
        put(data, 4, 0);
        expect_breach("dev0", rows[i].clause);
    }
    pci_teardown();
}

UNIT_SUITE("virtio_pci", UNIT_TEST(test_offsets_are_those_of_the_systems_header),
           UNIT_TEST(test_function_is_a_modern_device_with_all_structures),
           UNIT_TEST(test_common_fields_read_as_after_a_reset),
           UNIT_TEST(test_queue_fields_keep_what_was_written_until_the_reset),
           UNIT_TEST(test_pin_is_up_until_the_status_is_read_which_clears_it),
           UNIT_TEST(test_enabling_msix_takes_the_pin_down),
           UNIT_TEST(test_each_source_sends_the_message_of_its_vector),
           UNIT_TEST(test_source_without_a_vector_is_silent),
           UNIT_TEST(test_vector_that_the_table_does_not_have_reads_back_as_none),
           UNIT_TEST(test_masked_vector_is_pending_and_is_sent_when_it_is_unmasked),
           UNIT_TEST(test_function_mask_holds_all_vectors_back),
           UNIT_TEST(test_entry_takes_qwords_and_refuses_what_is_narrower),
           UNIT_TEST(test_changing_an_entry_in_use_or_pending_bits_is_a_breach),
           UNIT_TEST(test_device_that_is_no_master_touches_no_ring),
           UNIT_TEST(test_what_is_to_be_returned_waits_until_the_device_is_a_master_again),
           UNIT_TEST(test_field_in_another_width_is_a_breach),
           UNIT_TEST(test_read_only_field_is_a_breach_to_write),
           UNIT_TEST(test_queue_is_configured_before_it_is_enabled_and_not_disabled),
           UNIT_TEST(test_reset_has_to_be_seen_before_the_next_step),
           UNIT_TEST(test_notification_names_the_queue_whose_address_it_is),
           UNIT_TEST(test_notification_of_a_queue_that_is_not_enabled_is_a_breach),
           UNIT_TEST(test_device_configuration_ends_where_its_structure_does),
           UNIT_TEST(test_address_of_no_structure_is_a_breach),
           UNIT_TEST(test_structures_are_reached_through_configuration_space),
           UNIT_TEST(test_access_that_cannot_be_is_a_breach))
