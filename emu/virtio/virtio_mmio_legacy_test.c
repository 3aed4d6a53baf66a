/*
 * virtio_mmio_legacy_test.c - version 1 of the MMIO transport: registers, rings in one area, and
 * each wrong access
 */
#include "emu/virtio/virtio_mmio_legacy.h"

#include "emu/virtio/mock_device.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

#define ALIGN      4096
#define SIZE       8
#define DRIVER     (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define ANY_LAYOUT (1u << VIRTIO_F_ANY_LAYOUT)
#define OFFERED                                                                                    \
    (1u << MOCK_DEVICE_FEATURE | 1u << MOCK_DEVICE_NEEDS | ANY_LAYOUT |                            \
     (uint32_t)MOCK_DEVICE_RING_FEATURES)

static struct mock_setup setup;
static struct mock_machine *const machine = &setup.machine;
static struct virtio_dev *const dev = &setup.device.dev;

/* ACKNOWLEDGE, DRIVER, features, page size, ring 0; not DRIVER_OK. */
static void legacy_start(struct mock_ring *ring, uint32_t features)
{
    mock_setup_init_legacy(&setup);
    mock_driver_start_legacy(machine, features);
    mock_ring_alloc_legacy(ring, machine, 0, SIZE, ALIGN);
    mock_ring_enable_legacy(ring, ALIGN);
}

static void legacy_ok(void)
{
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
}

static void test_identity_reads_as_a_legacy_device(void)
{
    mock_setup_init_legacy(&setup);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_VERSION), 1);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_DEVICE_ID), MOCK_DEVICE_ID);
    CU_ASSERT_NOT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_VENDOR_ID), 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_NUM_MAX), MOCK_DEVICE_QUEUE_SIZE);
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_setup_fini(&setup);
}

static void test_there_are_32_feature_bits(void)
{
    mock_setup_init_legacy(&setup);
    mock_reg_write(machine, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_DEVICE_FEATURES), 0);
    mock_reg_write(machine, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_DEVICE_FEATURES), OFFERED);
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_setup_fini(&setup);
}

static void test_a_correct_driver_breaks_nothing_and_its_ring_works(void)
{
    struct mock_ring ring;
    legacy_start(&ring, 1u << MOCK_DEVICE_FEATURE);
    legacy_ok();
    CU_ASSERT_EQUAL(dev->negotiated, 1u << MOCK_DEVICE_FEATURE);
    CU_ASSERT_EQUAL(setup.device.started, 1);
    gpa_t buffer = mock_machine_alloc(machine, 64, NULL);
    mock_ring_desc(&ring, 3, buffer, 64, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&ring, 3);
    mock_ring_kick(&ring);
    CU_ASSERT_EQUAL(setup.device.kicks[0], 1);
    CU_ASSERT_TRUE_FATAL(virtqueue_pop(mock_setup_queue(&setup), &setup.device.chain));
    CU_ASSERT_EQUAL(setup.device.chain.head, 3);
    virtqueue_push(mock_setup_queue(&setup), 3, 40);
    mock_machine_run(machine, VIRTQUEUE_LATENCY_NS);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 1);
    CU_ASSERT_EQUAL(mock_ring_used_id(&ring, 0), 3);
    CU_ASSERT_EQUAL(mock_ring_used_len(&ring, 0), 40);
    CU_ASSERT_TRUE(machine->line_level);
    mock_reg_write(machine, VIRTIO_MMIO_INTERRUPT_ACK, 1);
    CU_ASSERT_FALSE(machine->line_level);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    mock_setup_fini(&setup);
}

static void test_the_used_ring_is_at_the_alignment_that_the_driver_wrote(void)
{
    static const unsigned aligns[] = {4, 256, 4096};
    for (size_t i = 0; i < G_N_ELEMENTS(aligns); i++) {
        struct mock_ring ring;
        mock_setup_init_legacy(&setup);
        mock_driver_start_legacy(machine, 0);
        mock_ring_alloc_legacy(&ring, machine, 1, 16, aligns[i]);
        mock_ring_enable_legacy(&ring, aligns[i]);
        CU_ASSERT_TRUE(dev->queues[1].ready);
        CU_ASSERT_EQUAL(dev->queues[1].desc.value, ring.desc.value);
        CU_ASSERT_EQUAL(dev->queues[1].avail.value, ring.avail.value);
        CU_ASSERT_EQUAL(dev->queues[1].used.value, ring.used.value);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
        mock_setup_fini(&setup);
    }
}

static void test_the_page_number_reads_back_and_zero_takes_the_queue_back(void)
{
    struct mock_ring ring;
    legacy_start(&ring, 0);
    mock_machine_forget(machine);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_PFN), ring.desc.value / MOCK_PAGE);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_PFN, 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_PFN), 0);
    CU_ASSERT_FALSE(dev->queues[0].ready);
    mock_ring_enable_legacy(&ring, ALIGN);
    CU_ASSERT_TRUE(dev->queues[0].ready);
    mock_driver_reset(machine);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_SEL, 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_PFN), 0);
    CU_ASSERT_FALSE(dev->queues[0].ready);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    mock_setup_fini(&setup);
}

static void test_queues_given_to_a_device_in_reset_are_taken_back_when_it_is_over(void)
{
    struct mock_ring ring;
    legacy_start(&ring, 0);
    virtio_dev_set_reset_time(dev, 1000);
    legacy_ok();
    mock_ring_kick(&ring);
    mock_driver_reset(machine);
    CU_ASSERT_FALSE(virtio_dev_is_running(dev));
    mock_reg_write(machine, VIRTIO_MMIO_GUEST_PAGE_SIZE, MOCK_PAGE);
    mock_ring_enable_legacy(&ring, ALIGN);
    CU_ASSERT_NOT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_PFN), 0);
    CU_ASSERT_NOT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_STATUS), 0);
    mock_machine_run(machine, 1000);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_STATUS), 0);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_PFN), 0);
    CU_ASSERT_FALSE(dev->in_use || dev->features_final || dev->queues[0].ready);
    mock_driver_start_legacy(machine, 0); /* resets at once what is reset */
    mock_machine_forget(machine);
    mock_ring_enable_legacy(&ring, ALIGN);
    CU_ASSERT_TRUE(dev->queues[0].ready);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    mock_setup_fini(&setup);
}

static void test_a_device_used_before_driver_ok_works_and_the_breach_is_named(void)
{
    struct mock_ring ring;
    legacy_start(&ring, 1u << MOCK_DEVICE_FEATURE);
    mock_machine_forget(machine);
    mock_ring_kick(&ring);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "3.1.1"));
    CU_ASSERT_EQUAL(setup.device.kicks[0], 1);
    CU_ASSERT_TRUE(virtio_dev_is_running(dev));
    CU_ASSERT_EQUAL(dev->negotiated, 1u << MOCK_DEVICE_FEATURE);
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_DRIVER_FEATURES, 0);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "3.1.2"));
    CU_ASSERT_EQUAL(dev->negotiated, 1u << MOCK_DEVICE_FEATURE);
    mock_driver_reset(machine);
    CU_ASSERT_FALSE(virtio_dev_is_running(dev));
    CU_ASSERT_EQUAL(dev->negotiated, 0);
    mock_setup_fini(&setup);
}

static void test_features_ok_does_not_exist(void)
{
    mock_setup_init_legacy(&setup);
    mock_driver_start_legacy(machine, 0);
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "3.1.2"));
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_STATUS), DRIVER);
    mock_setup_fini(&setup);
}

static void test_a_feature_set_that_cannot_be_served_breaks_the_device(void)
{
    static const uint32_t sets[] = {1u << MOCK_DEVICE_NEEDS, 1u << 30};
    for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
        struct mock_ring ring;
        legacy_start(&ring, sets[i]);
        mock_machine_forget(machine);
        legacy_ok();
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "2.2.1"));
        CU_ASSERT_FALSE(virtio_dev_is_running(dev));
        CU_ASSERT_EQUAL(setup.device.started, 0);
        /* NEEDS_RESET came later than this interface: it is neither shown nor announced. */
        CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_STATUS),
                        DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
        CU_ASSERT_EQUAL(machine->line_changes, 0);
        mock_ring_kick(&ring);
        CU_ASSERT_EQUAL(setup.device.kicks[0], 0);
        mock_setup_fini(&setup);
    }
}

static void test_a_queue_that_breaks_later_raises_no_interrupt(void)
{
    struct mock_ring ring;
    legacy_start(&ring, 0);
    legacy_ok();
    mock_ring_set_avail_index(&ring, SIZE + 1);
    mock_machine_forget(machine);
    mock_ring_kick(&ring);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 1);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
    CU_ASSERT_FALSE(machine->line_level);
    mock_setup_fini(&setup);
}

static void test_a_queue_before_the_page_size_is_a_breach_and_no_queue(void)
{
    struct mock_ring ring;
    mock_setup_init_legacy(&setup);
    mock_ring_alloc_legacy(&ring, machine, 0, SIZE, ALIGN);
    mock_ring_enable_legacy(&ring, ALIGN);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "4.2.4"));
    CU_ASSERT_FALSE(dev->queues[0].ready);
    CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_PFN), 0);
    mock_setup_fini(&setup);
}

static void test_a_queue_without_an_alignment_is_a_breach_and_has_4096(void)
{
    struct mock_ring ring;
    mock_setup_init_legacy(&setup);
    mock_driver_start_legacy(machine, 0);
    mock_ring_alloc_legacy(&ring, machine, 0, SIZE, ALIGN);
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_NUM, SIZE);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_PFN, (uint32_t)(ring.desc.value / MOCK_PAGE));
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "4.2.4"));
    CU_ASSERT_TRUE(dev->queues[0].ready);
    CU_ASSERT_EQUAL(dev->queues[0].used.value, ring.used.value);
    mock_setup_fini(&setup);
}

static void test_sizes_that_make_no_sense_are_refused_where_they_are_written(void)
{
    static const struct {
        uint64_t offset;
        uint32_t value;
        const char *who, *clause;
    } rows[] = {
        {VIRTIO_MMIO_GUEST_PAGE_SIZE, 0, "dev0", "4.2.4"},
        {VIRTIO_MMIO_GUEST_PAGE_SIZE, 5000, "dev0", "4.2.4"},
        {VIRTIO_MMIO_QUEUE_ALIGN, 0, "dev0.a", "4.2.4"},
        {VIRTIO_MMIO_QUEUE_ALIGN, 24, "dev0.a", "4.2.4"},
        {VIRTIO_MMIO_QUEUE_NUM, 3, "dev0.a", "2.7"},
        {VIRTIO_MMIO_QUEUE_NUM, MOCK_DEVICE_QUEUE_SIZE * 2, "dev0.a", "4.2.4"},
        {VIRTIO_MMIO_STATUS, 0x100, "dev0", "2.1.1"},
    };
    mock_setup_init_legacy(&setup);
    mock_driver_start_legacy(machine, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        mock_machine_forget(machine);
        mock_reg_write(machine, rows[i].offset, rows[i].value);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, rows[i].who, rows[i].clause));
    }
    CU_ASSERT_EQUAL(dev->status, DRIVER);
    mock_setup_fini(&setup);
}

static void test_a_queue_without_a_size_or_with_a_misaligned_ring_breaks(void)
{
    struct mock_ring ring;
    mock_setup_init_legacy(&setup);
    mock_driver_start_legacy(machine, 0);
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_ALIGN, ALIGN);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_PFN, 0x40400);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "4.2.4"));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 1);
    mock_setup_fini(&setup);

    mock_setup_init_legacy(&setup);
    mock_driver_start_legacy(machine, 0);
    mock_ring_alloc_legacy(&ring, machine, 0, 1, 4);
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_NUM, 2);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_ALIGN, 1);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_PFN, (uint32_t)(ring.desc.value / MOCK_PAGE));
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "2.7.1"));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 1);
    mock_setup_fini(&setup);
}

static void test_a_queue_in_use_keeps_its_registers(void)
{
    static const uint64_t registers[] = {VIRTIO_MMIO_QUEUE_NUM, VIRTIO_MMIO_QUEUE_ALIGN,
                                         VIRTIO_MMIO_QUEUE_PFN};
    struct mock_ring ring;
    legacy_start(&ring, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(registers); i++) {
        mock_machine_forget(machine);
        mock_reg_write(machine, registers[i], 4);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "4.2.4"));
        CU_ASSERT_EQUAL(machine->events, 1);
    }
    CU_ASSERT_EQUAL(dev->queues[0].size, SIZE);
    CU_ASSERT_EQUAL(dev->queues[0].desc.value, ring.desc.value);
    CU_ASSERT_EQUAL(dev->queues[0].used.value, ring.used.value);
    mock_machine_forget(machine);
    mock_reg_read(machine, VIRTIO_MMIO_QUEUE_NUM_MAX);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "4.2.4"));
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_GUEST_PAGE_SIZE, 8192);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.4"));
    mock_setup_fini(&setup);
}

static void test_a_queue_that_does_not_exist_is_zero_and_writing_to_it_is_a_breach(void)
{
    mock_setup_init_legacy(&setup);
    mock_driver_start_legacy(machine, 0);
    static const uint32_t numbers[] = {2, VIRTIO_QUEUES_MAX, UINT32_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        mock_reg_write(machine, VIRTIO_MMIO_QUEUE_SEL, numbers[i]);
        mock_machine_forget(machine);
        CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
        CU_ASSERT_EQUAL(mock_reg_read(machine, VIRTIO_MMIO_QUEUE_PFN), 0);
        CU_ASSERT_EQUAL(machine->events, 0);
        mock_reg_write(machine, VIRTIO_MMIO_QUEUE_PFN, 0x40400);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.4"));
        mock_machine_forget(machine);
        mock_reg_write(machine, VIRTIO_MMIO_QUEUE_NOTIFY, numbers[i]);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2"));
    }
    mock_setup_fini(&setup);
}

static void test_a_notification_of_a_queue_without_a_page_is_a_breach(void)
{
    mock_setup_init_legacy(&setup);
    mock_driver_start_legacy(machine, 0);
    legacy_ok();
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.b", "4.2.4"));
    CU_ASSERT_EQUAL(setup.device.kicks[1], 0);
    mock_setup_fini(&setup);
}

static void test_features_without_selecting_a_word_first_are_a_breach(void)
{
    mock_setup_init_legacy(&setup);
    mock_reg_read(machine, VIRTIO_MMIO_DEVICE_FEATURES);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, DRIVER);
    mock_machine_forget(machine);
    mock_reg_write(machine, VIRTIO_MMIO_DRIVER_FEATURES, ANY_LAYOUT);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    CU_ASSERT_EQUAL(dev->driver_features, ANY_LAYOUT);
    mock_setup_fini(&setup);
}

/* Registers of the wrong direction, of version 2, of no version, and of the wrong width. */
static void test_wrong_accesses_read_zero_change_nothing_and_are_named(void)
{
    static const uint64_t unreadable[] = {
        VIRTIO_MMIO_DRIVER_FEATURES,   VIRTIO_MMIO_GUEST_PAGE_SIZE,
        VIRTIO_MMIO_QUEUE_NUM,         VIRTIO_MMIO_QUEUE_NOTIFY,
        VIRTIO_MMIO_QUEUE_READY,       VIRTIO_MMIO_QUEUE_DESC_LOW,
        VIRTIO_MMIO_QUEUE_ALIGN,       VIRTIO_MMIO_INTERRUPT_ACK,
        VIRTIO_MMIO_CONFIG_GENERATION, 0x0f0,
    };
    static const uint64_t unwritable[] = {
        VIRTIO_MMIO_MAGIC_VALUE,     VIRTIO_MMIO_VERSION,
        VIRTIO_MMIO_DEVICE_FEATURES, VIRTIO_MMIO_QUEUE_NUM_MAX,
        VIRTIO_MMIO_QUEUE_READY,     VIRTIO_MMIO_INTERRUPT_STATUS,
        VIRTIO_MMIO_QUEUE_DESC_LOW,  0x0f0,
    };
    mock_setup_init_legacy(&setup);
    for (size_t i = 0; i < G_N_ELEMENTS(unreadable); i++) {
        mock_machine_forget(machine);
        CU_ASSERT_EQUAL(mock_reg_read(machine, unreadable[i]), 0);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(unwritable); i++) {
        mock_machine_forget(machine);
        mock_reg_write(machine, unwritable[i], 1);
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
        CU_ASSERT_EQUAL(machine->events, 1);
    }
    mock_machine_forget(machine);
    CU_ASSERT_EQUAL(mmio_read(machine->bus, MOCK_MMIO_BASE, 1), 0);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    mock_machine_forget(machine);
    mmio_write(machine->bus, MOCK_MMIO_BASE + VIRTIO_MMIO_STATUS, 2, 1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    CU_ASSERT_EQUAL(dev->status, 0);
    mock_setup_fini(&setup);
}

static void test_the_configuration_space_is_read_and_written(void)
{
    mock_setup_init_legacy(&setup);
    CU_ASSERT_EQUAL(mmio_read(machine->bus, MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG + 2, 2), 0x1312);
    mmio_write(machine->bus, MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG, 1, 0x77);
    CU_ASSERT_EQUAL(setup.device.config[0], 0x77);
    CU_ASSERT_EQUAL(machine->events, 0);
    mmio_read(machine->bus, MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG + 8, 1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    mock_setup_fini(&setup);
}

UNIT_SUITE("virtio_mmio_legacy", UNIT_TEST(test_identity_reads_as_a_legacy_device),
           UNIT_TEST(test_there_are_32_feature_bits),
           UNIT_TEST(test_a_correct_driver_breaks_nothing_and_its_ring_works),
           UNIT_TEST(test_the_used_ring_is_at_the_alignment_that_the_driver_wrote),
           UNIT_TEST(test_the_page_number_reads_back_and_zero_takes_the_queue_back),
           UNIT_TEST(test_queues_given_to_a_device_in_reset_are_taken_back_when_it_is_over),
           UNIT_TEST(test_a_device_used_before_driver_ok_works_and_the_breach_is_named),
           UNIT_TEST(test_features_ok_does_not_exist),
           UNIT_TEST(test_a_feature_set_that_cannot_be_served_breaks_the_device),
           UNIT_TEST(test_a_queue_that_breaks_later_raises_no_interrupt),
           UNIT_TEST(test_a_queue_before_the_page_size_is_a_breach_and_no_queue),
           UNIT_TEST(test_a_queue_without_an_alignment_is_a_breach_and_has_4096),
           UNIT_TEST(test_sizes_that_make_no_sense_are_refused_where_they_are_written),
           UNIT_TEST(test_a_queue_without_a_size_or_with_a_misaligned_ring_breaks),
           UNIT_TEST(test_a_queue_in_use_keeps_its_registers),
           UNIT_TEST(test_a_queue_that_does_not_exist_is_zero_and_writing_to_it_is_a_breach),
           UNIT_TEST(test_a_notification_of_a_queue_without_a_page_is_a_breach),
           UNIT_TEST(test_features_without_selecting_a_word_first_are_a_breach),
           UNIT_TEST(test_wrong_accesses_read_zero_change_nothing_and_are_named),
           UNIT_TEST(test_the_configuration_space_is_read_and_written))
