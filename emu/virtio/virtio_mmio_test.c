/*
 * virtio_mmio_test.c - the MMIO transport: each register, and each wrong access to one
 */
#include "emu/virtio/virtio_mmio.h"

#include "emu/virtio/mock_device.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

static struct mock_setup setup;
static struct mock_machine *const machine = &setup.machine;
static struct virtio_dev *const dev = &setup.device.dev;

/* Registers that Linux has no name for. */
#define QUEUE_RESET 0x0c0

static void test_identity_reads_as_a_modern_device(void)
{
    mock_setup_init(&setup);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_MAGIC_VALUE),
                    'v' | 'i' << 8 | 'r' << 16 | 't' << 24);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_VERSION), 2);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_DEVICE_ID), MOCK_DEVICE_ID);
    CU_ASSERT_NOT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_VENDOR_ID), 0);
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_setup_fini(&setup);
}

static void test_empty_slot_is_a_device_with_id_zero_and_nothing_else(void)
{
    struct mock_machine empty;
    mock_machine_init(&empty);
    struct virtio_mmio *mmio = virtio_mmio_new(empty.bus, "slot1", MOCK_MMIO_BASE, NULL);
    CU_ASSERT_EQUAL(mock_reg_read(&empty, VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
    CU_ASSERT_EQUAL(mock_reg_read(&empty, VIRTIO_MMIO_VERSION), 2);
    CU_ASSERT_EQUAL(mock_reg_read(&empty, VIRTIO_MMIO_DEVICE_ID), 0);
    mock_reg_write(&empty, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    CU_ASSERT_EQUAL(mock_reg_read(&empty, VIRTIO_MMIO_STATUS), 0);
    CU_ASSERT_EQUAL(mmio_read(empty.bus, MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG, 1), 0);
    CU_ASSERT_EQUAL(empty.events, 0);
    mock_machine_fini(&empty);
    virtio_mmio_free(mmio);
}

static void test_feature_words_are_selected(void)
{
    mock_setup_init(&setup);
    mock_reg_write(machine, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_DEVICE_FEATURES),
                    1 | MOCK_DEVICE_RING_FEATURES >> 32);
    mock_reg_write(machine, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_DEVICE_FEATURES),
                    1u << MOCK_DEVICE_FEATURE | 1u << MOCK_DEVICE_NEEDS |
                        (uint32_t)MOCK_DEVICE_RING_FEATURES);
    mock_reg_write(machine, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_DEVICE_FEATURES), 0);
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_setup_fini(&setup);
}

static void test_features_without_selecting_a_word_first_are_a_breach(void)
{
    mock_setup_init(&setup);
    mock_reg_read(machine, VIRTIO_MMIO_DEVICE_FEATURES);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS,
                   VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_DRIVER_FEATURES, 1u << MOCK_DEVICE_FEATURE);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    CU_ASSERT_EQUAL(dev->driver_features, 1u << MOCK_DEVICE_FEATURE);
    /* Selecting counts until the reset. */
    mock_reg_write(machine, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    mock_driver_reset(machine);
    mock_machine_forget(machine);
    CU_ASSERT_NOT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_DEVICE_FEATURES), 1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    mock_setup_fini(&setup);
}

static void test_queue_registers_belong_to_the_selected_queue(void)
{
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    struct mock_ring ring;
    mock_ring_alloc(&ring, machine, 1, 8);
    mock_machine_forget(machine);
    mock_ring_enable(&ring);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_READY), 1);
    CU_ASSERT_EQUAL(dev->queues[1].size, 8);
    CU_ASSERT_EQUAL(dev->queues[1].desc.value, ring.desc.value);
    CU_ASSERT_EQUAL(dev->queues[1].avail.value, ring.avail.value);
    CU_ASSERT_EQUAL(dev->queues[1].used.value, ring.used.value);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_SEL, 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_READY), 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_NUM_MAX), MOCK_DEVICE_QUEUE_SIZE);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_READY], 1);
    CU_ASSERT_EQUAL(machine->last[TRACE_VQ_READY].fields[1].number, 8);
    CU_ASSERT_EQUAL(machine->events, 1);
    mock_ring_disable(&ring);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_READY), 0);
    CU_ASSERT_EQUAL(machine->last[TRACE_VQ_READY].fields[1].number, 0);
    CU_ASSERT_EQUAL(machine->events, 2);
    /* Disabled again: nothing happens. */
    mock_ring_disable(&ring);
    CU_ASSERT_EQUAL(machine->events, 2);
    mock_setup_fini(&setup);
}

static void test_addresses_are_put_together_from_halves_in_any_order(void)
{
    mock_setup_init(&setup);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_SEL, 0);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_DESC_HIGH, 0x11111111);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_DESC_LOW, 0x22222222);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_AVAIL_LOW, 0x44444444);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, 0x33333333);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_USED_HIGH, 0x55555555);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_USED_LOW, 0x66666666);
    CU_ASSERT_EQUAL(dev->queues[0].desc.value, UINT64_C(0x1111111122222222));
    CU_ASSERT_EQUAL(dev->queues[0].avail.value, UINT64_C(0x3333333344444444));
    CU_ASSERT_EQUAL(dev->queues[0].used.value, UINT64_C(0x5555555566666666));
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_setup_fini(&setup);
}

static void test_a_queue_that_does_not_exist_has_size_zero_and_writing_to_it_is_a_breach(void)
{
    mock_setup_init(&setup);
    static const uint32_t numbers[] = {2, VIRTIO_QUEUES_MAX, UINT32_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        mock_machine_forget(machine);
        mock_reg_write(machine, VIRTIO_MMIO_QUEUE_SEL, numbers[i]);
        CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
        CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_READY), 0);
        CU_ASSERT_EQUAL(machine->events, 0);
        mock_reg_write(machine, VIRTIO_MMIO_QUEUE_READY, 1);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.3.2"));
        CU_ASSERT_EQUAL(machine->events, 1);
    }
    mock_setup_fini(&setup);
}

static void test_queue_registers_of_a_ready_queue_are_a_breach_and_keep_their_values(void)
{
    static const uint64_t registers[] = {
        VIRTIO_MMIO_QUEUE_NUM,       VIRTIO_MMIO_QUEUE_DESC_LOW,   VIRTIO_MMIO_QUEUE_DESC_HIGH,
        VIRTIO_MMIO_QUEUE_AVAIL_LOW, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, VIRTIO_MMIO_QUEUE_USED_LOW,
        VIRTIO_MMIO_QUEUE_USED_HIGH,
    };
    struct mock_ring ring;
    mock_setup_init(&setup);
    mock_setup_start(&setup, &ring, 8);
    for (size_t i = 0; i < G_N_ELEMENTS(registers); i++) {
        mock_machine_forget(machine);
        mock_reg_write(machine, registers[i], 4);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "4.2.2.2"));
        CU_ASSERT_EQUAL(machine->events, 1);
    }
    CU_ASSERT_EQUAL(dev->queues[0].size, 8);
    CU_ASSERT_EQUAL(dev->queues[0].desc.value, ring.desc.value);
    CU_ASSERT_EQUAL(dev->queues[0].avail.value, ring.avail.value);
    CU_ASSERT_EQUAL(dev->queues[0].used.value, ring.used.value);
    mock_setup_fini(&setup);
}

static void check_bad_size(uint32_t size, const char *clause)
{
    struct mock_ring ring;
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_ring_alloc(&ring, machine, 0, 8);
    ring.size = size;
    mock_machine_forget(machine);
    mock_ring_enable(&ring);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", clause));
    CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_BREACH].fields[3].number, size);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 1);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET,
                    VIRTIO_CONFIG_S_NEEDS_RESET);
    mock_driver_ok(machine);
    CU_ASSERT_FALSE(virtio_dev_is_running(dev));
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    mock_setup_fini(&setup);
}

static void test_queue_sizes_that_make_no_sense_break_the_queue(void)
{
    check_bad_size(0, "4.2.3.2");
    check_bad_size(3, "2.7");
    check_bad_size(MOCK_DEVICE_QUEUE_SIZE * 2, "4.2.2.2");
    check_bad_size(0x80000000u, "4.2.2.2");
    check_bad_size(UINT32_MAX, "4.2.2.2");
}

static void test_queue_ready_takes_zero_and_one(void)
{
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_SEL, 0);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_READY, 2);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "4.2.2"));
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_READY), 0);
    CU_ASSERT_EQUAL(machine->events, 1);
    mock_setup_fini(&setup);
}

static void test_queue_enabled_before_features_ok_is_a_breach_and_works(void)
{
    struct mock_ring ring;
    mock_setup_init(&setup);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    mock_machine_forget(machine);
    mock_ring_init(&ring, machine, 0, 4);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "3.1.1"));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_READY), 1);
    mock_setup_fini(&setup);
}

static void test_queue_that_is_disabled_is_read_back_before_it_is_used_again(void)
{
    for (unsigned reads = 0; reads < 2; reads++) {
        struct mock_ring ring;
        mock_setup_init(&setup);
        mock_driver_negotiate(machine, 0);
        mock_ring_init(&ring, machine, 0, 4);
        mock_machine_forget(machine);
        mock_reg_write(machine, VIRTIO_MMIO_QUEUE_SEL, 0);
        mock_reg_write(machine, VIRTIO_MMIO_QUEUE_READY, 0);
        mock_reg_write(machine, VIRTIO_MMIO_QUEUE_READY, 0); /* once more does no harm */
        mock_reg_write(machine, VIRTIO_MMIO_QUEUE_SEL, 1);
        CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_READY), 0); /* of another one */
        mock_reg_write(machine, VIRTIO_MMIO_QUEUE_SEL, 0);
        if (reads != 0) {
            CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_READY), 0);
        }
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
        mock_ring_enable(&ring);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], reads != 0 ? 0 : 1);
        CU_ASSERT_TRUE(reads != 0 || mock_machine_saw_breach(machine, "dev0.a", "4.2.2.2"));
        CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_READY), 1);
        mock_setup_fini(&setup);
    }
}

static void test_reset_clears_queues_and_interrupts(void)
{
    struct mock_ring ring;
    mock_setup_init(&setup);
    mock_setup_start(&setup, &ring, 8);
    virtio_dev_config_changed(dev);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
    mock_driver_reset(machine);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_STATUS), 0);
    CU_ASSERT_FALSE(machine->line_level);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_SEL, 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_READY), 0);
    CU_ASSERT_EQUAL(dev->queues[0].size, 0);
    CU_ASSERT_EQUAL(dev->queues[0].desc.value, 0);
    CU_ASSERT_EQUAL(dev->breaches, 0);
    mock_setup_fini(&setup);
}

static void test_notify_and_acknowledge_reach_the_device(void)
{
    struct mock_ring ring;
    mock_setup_init(&setup);
    mock_setup_start(&setup, &ring, 8);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
    CU_ASSERT_EQUAL(setup.device.kicks[0], 1);
    virtio_dev_config_changed(dev);
    CU_ASSERT_TRUE(machine->line_level);
    mock_reg_write(machine, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_CONFIG);
    CU_ASSERT_FALSE(machine->line_level);
    mock_setup_fini(&setup);
}

static void test_status_beyond_eight_bits_is_a_breach_and_never_a_reset(void)
{
    mock_setup_init(&setup);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, 0x100);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "2.1.1"));
    CU_ASSERT_EQUAL(dev->status, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    CU_ASSERT_EQUAL(setup.device.resets, 0);
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS,
                   0x100 | VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "2.1.1"));
    CU_ASSERT_EQUAL(dev->status, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
    mock_setup_fini(&setup);
}

static void test_shared_memory_does_not_exist(void)
{
    mock_setup_init(&setup);
    mock_reg_write(machine, VIRTIO_MMIO_SHM_SEL, 1);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_SHM_LEN_LOW), UINT32_MAX);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_SHM_LEN_HIGH), UINT32_MAX);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_SHM_BASE_LOW), UINT32_MAX);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_SHM_BASE_HIGH), UINT32_MAX);
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_setup_fini(&setup);
}

static void test_writes_to_what_cannot_be_written_are_breaches(void)
{
    static const uint64_t registers[] = {
        VIRTIO_MMIO_MAGIC_VALUE,
        VIRTIO_MMIO_VERSION,
        VIRTIO_MMIO_DEVICE_ID,
        VIRTIO_MMIO_VENDOR_ID,
        VIRTIO_MMIO_DEVICE_FEATURES,
        VIRTIO_MMIO_QUEUE_NUM_MAX,
        VIRTIO_MMIO_INTERRUPT_STATUS,
        VIRTIO_MMIO_SHM_LEN_LOW,
        VIRTIO_MMIO_SHM_BASE_HIGH,
        VIRTIO_MMIO_CONFIG_GENERATION,
        QUEUE_RESET,
        VIRTIO_MMIO_GUEST_PAGE_SIZE,
        VIRTIO_MMIO_QUEUE_PFN,
        0x0f8,
    };
    mock_setup_init(&setup);
    for (size_t i = 0; i < G_N_ELEMENTS(registers); i++) {
        mock_machine_forget(machine);
        mock_reg_write(machine, registers[i], 1);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
        CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_BREACH].fields[3].number, registers[i]);
        CU_ASSERT_EQUAL(machine->events, 1);
    }
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_VERSION), 2);
    mock_setup_fini(&setup);
}

static void test_reads_of_what_cannot_be_read_are_breaches(void)
{
    static const uint64_t registers[] = {
        VIRTIO_MMIO_DEVICE_FEATURES_SEL,
        VIRTIO_MMIO_DRIVER_FEATURES,
        VIRTIO_MMIO_DRIVER_FEATURES_SEL,
        VIRTIO_MMIO_QUEUE_SEL,
        VIRTIO_MMIO_QUEUE_NUM,
        VIRTIO_MMIO_QUEUE_NOTIFY,
        VIRTIO_MMIO_INTERRUPT_ACK,
        VIRTIO_MMIO_QUEUE_DESC_LOW,
        VIRTIO_MMIO_QUEUE_USED_HIGH,
        VIRTIO_MMIO_SHM_SEL,
        QUEUE_RESET,
        0x0f8,
    };
    mock_setup_init(&setup);
    for (size_t i = 0; i < G_N_ELEMENTS(registers); i++) {
        mock_machine_forget(machine);
        CU_ASSERT_EQUAL(mock_reg_read(machine, registers[i]), 0);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
        CU_ASSERT_EQUAL(machine->events, 1);
    }
    mock_setup_fini(&setup);
}

static void test_control_registers_take_32_bits_only(void)
{
    static const unsigned sizes[] = {1, 2, 8};
    mock_setup_init(&setup);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        mock_machine_forget(machine);
        CU_ASSERT_EQUAL(mmio_read(machine->bus, MOCK_MMIO_BASE + VIRTIO_MMIO_MAGIC_VALUE, sizes[i]),
                        0);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
        mock_machine_forget(machine);
        mmio_write(machine->bus, MOCK_MMIO_BASE + VIRTIO_MMIO_STATUS, sizes[i],
                   VIRTIO_CONFIG_S_ACKNOWLEDGE);
        /* 0x70 is aligned to each of these sizes. */
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
        CU_ASSERT_EQUAL(dev->status, 0);
    }
    mock_setup_fini(&setup);
}

static void test_configuration_space_takes_any_size_inside(void)
{
    mock_setup_init(&setup);
    uint64_t config = MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG;
    CU_ASSERT_EQUAL(mmio_read(machine->bus, config + 7, 1), 0x17);
    CU_ASSERT_EQUAL(mmio_read(machine->bus, config + 2, 2), 0x1312);
    CU_ASSERT_EQUAL(mmio_read(machine->bus, config + 4, 4), 0x17161514);
    CU_ASSERT_EQUAL(mmio_read(machine->bus, config, 8), UINT64_C(0x1716151413121110));
    mmio_write(machine->bus, config + 4, 2, 0xabcd);
    CU_ASSERT_EQUAL(setup.device.config[4], 0xcd);
    CU_ASSERT_EQUAL(setup.device.config[5], 0xab);
    CU_ASSERT_EQUAL(setup.device.config[6], 0x16);
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_setup_fini(&setup);
}

static void test_configuration_space_beyond_its_end_is_a_breach_and_reads_as_ones(void)
{
    mock_setup_init(&setup);
    uint64_t config = MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG;
    CU_ASSERT_EQUAL(mmio_read(machine->bus, config + 8, 4), UINT32_MAX);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    mock_machine_forget(machine);
    CU_ASSERT_EQUAL(mmio_read(machine->bus, MOCK_MMIO_BASE + VIRTIO_MMIO_WINDOW - 1, 1), 0xff);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    mock_machine_forget(machine);
    mmio_write(machine->bus, config + 8, 1, 0);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    mock_setup_fini(&setup);
}

static void test_configuration_generation_moves_with_each_change(void)
{
    mock_setup_init(&setup);
    uint32_t before = mock_reg_read(machine, VIRTIO_MMIO_CONFIG_GENERATION);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_CONFIG_GENERATION), before);
    virtio_dev_config_changed(dev);
    uint32_t after = mock_reg_read(machine, VIRTIO_MMIO_CONFIG_GENERATION);
    CU_ASSERT_NOT_EQUAL(after, before);
    mock_driver_reset(machine);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_CONFIG_GENERATION), after);
    mock_setup_fini(&setup);
}

UNIT_SUITE("virtio_mmio",
           UNIT_TEST(test_queue_that_is_disabled_is_read_back_before_it_is_used_again),
           UNIT_TEST(test_identity_reads_as_a_modern_device),
           UNIT_TEST(test_empty_slot_is_a_device_with_id_zero_and_nothing_else),
           UNIT_TEST(test_feature_words_are_selected),
           UNIT_TEST(test_features_without_selecting_a_word_first_are_a_breach),
           UNIT_TEST(test_queue_registers_belong_to_the_selected_queue),
           UNIT_TEST(test_addresses_are_put_together_from_halves_in_any_order),
           UNIT_TEST(test_a_queue_that_does_not_exist_has_size_zero_and_writing_to_it_is_a_breach),
           UNIT_TEST(test_queue_registers_of_a_ready_queue_are_a_breach_and_keep_their_values),
           UNIT_TEST(test_queue_sizes_that_make_no_sense_break_the_queue),
           UNIT_TEST(test_queue_ready_takes_zero_and_one),
           UNIT_TEST(test_queue_enabled_before_features_ok_is_a_breach_and_works),
           UNIT_TEST(test_reset_clears_queues_and_interrupts),
           UNIT_TEST(test_notify_and_acknowledge_reach_the_device),
           UNIT_TEST(test_status_beyond_eight_bits_is_a_breach_and_never_a_reset),
           UNIT_TEST(test_shared_memory_does_not_exist),
           UNIT_TEST(test_writes_to_what_cannot_be_written_are_breaches),
           UNIT_TEST(test_reads_of_what_cannot_be_read_are_breaches),
           UNIT_TEST(test_control_registers_take_32_bits_only),
           UNIT_TEST(test_configuration_space_takes_any_size_inside),
           UNIT_TEST(test_configuration_space_beyond_its_end_is_a_breach_and_reads_as_ones),
           UNIT_TEST(test_configuration_generation_moves_with_each_change))
