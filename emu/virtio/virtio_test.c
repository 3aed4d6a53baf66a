/*
 * virtio_test.c - status and features, interrupt status, configuration changes, kicks
 */
#include "emu/virtio/virtio.h"

#include "emu/virtio/mock_device.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <string.h>

#define ACKNOWLEDGE VIRTIO_CONFIG_S_ACKNOWLEDGE
#define DRIVER      VIRTIO_CONFIG_S_DRIVER
#define FEATURES_OK VIRTIO_CONFIG_S_FEATURES_OK
#define DRIVER_OK   VIRTIO_CONFIG_S_DRIVER_OK
#define NEEDS_RESET VIRTIO_CONFIG_S_NEEDS_RESET
#define FAILED      VIRTIO_CONFIG_S_FAILED
#define VERSION_1   (1u << (VIRTIO_F_VERSION_1 - 32))

static struct mock_setup setup;
static struct mock_machine *const machine = &setup.machine;
static struct virtio_dev *const dev = &setup.device.dev;

static void test_driver_that_keeps_the_order_is_started_once_and_without_breach(void)
{
    mock_setup_init(&setup);
    for (unsigned round = 1; round <= 2; round++) {
        mock_machine_forget(machine);
        CU_ASSERT_EQUAL(mock_driver_negotiate(machine, 0), ACKNOWLEDGE | DRIVER | FEATURES_OK);
        CU_ASSERT_FALSE(virtio_dev_is_running(dev));
        CU_ASSERT_EQUAL(setup.device.started, round - 1);
        mock_driver_ok(machine);
        CU_ASSERT_TRUE(virtio_dev_is_running(dev));
        CU_ASSERT_EQUAL(setup.device.started, round);
        CU_ASSERT_EQUAL(setup.device.resets, round);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_STATUS], 5);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_FEATURES], 1);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_RESET], 1);
        CU_ASSERT_EQUAL(machine->events, 7);
        CU_ASSERT_EQUAL(machine->line_changes, 0);
        CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_STATUS].fields[1].number,
                        ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    }
    CU_ASSERT_EQUAL(dev->breaches, 0);
    mock_setup_fini(&setup);
}

static void test_acknowledge_and_driver_may_come_in_one_write(void)
{
    mock_setup_init(&setup);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER);
    CU_ASSERT_EQUAL(dev->status, ACKNOWLEDGE | DRIVER);
    CU_ASSERT_EQUAL(machine->events, 1);
    mock_setup_fini(&setup);
}

static void test_driver_before_acknowledge_is_a_breach_and_accepted(void)
{
    mock_setup_init(&setup);
    virtio_dev_status_write(dev, DRIVER);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "3.1.1"));
    CU_ASSERT_EQUAL(dev->status, DRIVER);
    mock_setup_fini(&setup);
}

static void test_features_ok_before_driver_is_a_breach_and_accepted(void)
{
    mock_setup_init(&setup);
    virtio_dev_status_write(dev, ACKNOWLEDGE);
    mock_machine_forget(machine);
    virtio_dev_features_write(dev, 1, VERSION_1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "3.1.1"));
    mock_machine_forget(machine);
    virtio_dev_status_write(dev, ACKNOWLEDGE | FEATURES_OK);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "3.1.1"));
    CU_ASSERT_EQUAL(dev->status, ACKNOWLEDGE | FEATURES_OK);
    mock_setup_fini(&setup);
}

static void test_driver_that_skips_features_ok_runs_without_features(void)
{
    mock_setup_init(&setup);
    virtio_dev_status_write(dev, ACKNOWLEDGE);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER);
    virtio_dev_features_write(dev, 0, 1u << MOCK_DEVICE_FEATURE);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER | DRIVER_OK);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "3.1.1"));
    CU_ASSERT_TRUE(virtio_dev_is_running(dev));
    CU_ASSERT_EQUAL(dev->negotiated, 0);
    CU_ASSERT_FALSE(virtio_dev_has(dev, MOCK_DEVICE_FEATURE));
    mock_setup_fini(&setup);
}

static void test_features_ok_and_driver_ok_in_one_write_is_a_breach(void)
{
    mock_setup_init(&setup);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER);
    virtio_dev_features_write(dev, 1, VERSION_1);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "3.1.1"));
    CU_ASSERT_TRUE(virtio_dev_is_running(dev));
    mock_setup_fini(&setup);
}

static void test_clearing_a_status_bit_is_a_breach_and_the_bit_stays(void)
{
    mock_setup_init(&setup);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER);
    mock_machine_forget(machine);
    virtio_dev_status_write(dev, DRIVER);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "2.1.1"));
    CU_ASSERT_EQUAL(dev->status, ACKNOWLEDGE | DRIVER);
    mock_setup_fini(&setup);
}

static void test_status_bits_that_are_not_the_drivers_are_a_breach_and_ignored(void)
{
    static const uint8_t foreign[] = {0x10, 0x20, NEEDS_RESET};
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
        mock_setup_init(&setup);
        virtio_dev_status_write(dev, (uint8_t)(ACKNOWLEDGE | foreign[i]));
        CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "2.1.1"));
        CU_ASSERT_EQUAL(dev->status, ACKNOWLEDGE);
        mock_setup_fini(&setup);
    }
}

static void test_failed_stops_the_device_until_a_reset(void)
{
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_driver_ok(machine);
    mock_machine_forget(machine);
    virtio_dev_status_write(dev, dev->status | FAILED);
    CU_ASSERT_FALSE(virtio_dev_is_running(dev));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    mock_driver_negotiate(machine, 0);
    virtio_dev_status_write(dev, dev->status | FAILED);
    virtio_dev_status_write(dev, dev->status);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    virtio_dev_status_write(dev, dev->status | DRIVER_OK);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "2.1.1"));
    CU_ASSERT_FALSE(virtio_dev_is_running(dev));
    CU_ASSERT_EQUAL(setup.device.started, 1);
    mock_setup_fini(&setup);
}

static void test_offered_features_read_in_words_of_32(void)
{
    mock_setup_init(&setup);
    CU_ASSERT_EQUAL(virtio_dev_features_read(dev, 0), 1u << MOCK_DEVICE_FEATURE |
                                                          1u << MOCK_DEVICE_NEEDS |
                                                          (uint32_t)MOCK_DEVICE_RING_FEATURES);
    CU_ASSERT_EQUAL(virtio_dev_features_read(dev, 1), VERSION_1 | MOCK_DEVICE_RING_FEATURES >> 32);
    CU_ASSERT_EQUAL(virtio_dev_features_read(dev, 2), 0);
    CU_ASSERT_EQUAL(virtio_dev_features_read(dev, UINT32_MAX), 0);
    mock_setup_fini(&setup);
}

static void test_a_subset_of_the_offer_is_accepted_and_negotiated(void)
{
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 1u << MOCK_DEVICE_FEATURE);
    CU_ASSERT_EQUAL(dev->negotiated,
                    UINT64_C(1) << MOCK_DEVICE_FEATURE | UINT64_C(1) << VIRTIO_F_VERSION_1);
    CU_ASSERT_TRUE(virtio_dev_has(dev, MOCK_DEVICE_FEATURE));
    CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_FEATURES].fields[1].number, dev->negotiated);
    mock_driver_reset(machine);
    CU_ASSERT_EQUAL(dev->negotiated, 0);
    CU_ASSERT_EQUAL(dev->breaches, 0);
    mock_setup_fini(&setup);
}

/* Refused by not being set; a driver that goes on as if it were does not get DRIVER_OK either. */
static void check_refused(uint64_t features, const char *clause)
{
    mock_machine_forget(machine);
    CU_ASSERT_EQUAL(mock_driver_negotiate(machine, features), ACKNOWLEDGE | DRIVER);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", clause));
    CU_ASSERT_EQUAL(dev->negotiated, 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_FEATURES], 0);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    CU_ASSERT_FALSE(virtio_dev_is_running(dev));
    CU_ASSERT_EQUAL(dev->status, ACKNOWLEDGE | DRIVER);
    CU_ASSERT_EQUAL(setup.device.started, 0);
}

static void check_version_1_is_missed(void)
{
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "6.1"));
    CU_ASSERT_EQUAL(dev->status, ACKNOWLEDGE | DRIVER);
}

static void test_features_are_what_was_written_last_since_the_reset(void)
{
    mock_setup_init(&setup);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER);
    virtio_dev_features_write(dev, 0, 1u << MOCK_DEVICE_FEATURE);
    virtio_dev_features_write(dev, 1, VERSION_1);
    virtio_dev_features_write(dev, 0, 0);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    CU_ASSERT_EQUAL(dev->negotiated, UINT64_C(1) << VIRTIO_F_VERSION_1);
    virtio_dev_status_write(dev, 0);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER);
    mock_machine_forget(machine);
    check_version_1_is_missed();
    mock_setup_fini(&setup);
}

static void test_features_that_were_not_offered_are_refused(void)
{
    mock_setup_init(&setup);
    check_refused(1u << 4, "2.2.1");
    check_refused(UINT64_C(1) << 63, "2.2.1");
    mock_setup_fini(&setup);
}

static void test_a_feature_without_the_one_that_it_requires_is_refused(void)
{
    mock_setup_init(&setup);
    check_refused(1u << MOCK_DEVICE_NEEDS, "2.2.1");
    mock_setup_fini(&setup);
}

static void test_features_without_version_1_are_refused(void)
{
    mock_setup_init(&setup);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER);
    virtio_dev_features_write(dev, 0, 1u << MOCK_DEVICE_FEATURE);
    check_version_1_is_missed();
    mock_setup_fini(&setup);
}

static void test_features_beyond_the_second_word_are_a_breach_when_set(void)
{
    mock_setup_init(&setup);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER);
    virtio_dev_features_write(dev, 2, 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    virtio_dev_features_write(dev, 2, 1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "2.2.1"));
    CU_ASSERT_EQUAL(dev->driver_features, 0);
    mock_setup_fini(&setup);
}

static void test_features_after_features_ok_are_a_breach_and_ignored(void)
{
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_machine_forget(machine);
    virtio_dev_features_write(dev, 0, 1u << MOCK_DEVICE_FEATURE);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "3.1.1"));
    CU_ASSERT_FALSE(virtio_dev_has(dev, MOCK_DEVICE_FEATURE));
    CU_ASSERT_EQUAL(dev->driver_features, UINT64_C(1) << VIRTIO_F_VERSION_1);
    mock_setup_fini(&setup);
}

static void test_line_is_up_while_interrupt_status_is_not_zero(void)
{
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_driver_ok(machine);
    mock_machine_forget(machine);
    virtio_dev_config_changed(dev);
    CU_ASSERT_TRUE(machine->line_level);
    CU_ASSERT_EQUAL(dev->isr, VIRTIO_MMIO_INT_CONFIG);
    /* Again: the generation moves, interrupt status and line are as they were. */
    virtio_dev_config_changed(dev);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_CONFIG], 2);
    CU_ASSERT_EQUAL(machine->line_changes, 1);
    virtio_dev_isr_ack(dev, VIRTIO_MMIO_INT_VRING);
    CU_ASSERT_TRUE(machine->line_level);
    virtio_dev_isr_ack(dev, VIRTIO_MMIO_INT_CONFIG);
    CU_ASSERT_FALSE(machine->line_level);
    CU_ASSERT_EQUAL(machine->line_changes, 2);
    virtio_dev_isr_ack(dev, VIRTIO_MMIO_INT_CONFIG);
    CU_ASSERT_EQUAL(machine->line_changes, 2);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_ACK], 3);
    CU_ASSERT_EQUAL(machine->events, 6);
    mock_setup_fini(&setup);
}

static void test_acknowledging_undefined_interrupts_is_a_breach(void)
{
    mock_setup_init(&setup);
    virtio_dev_isr_ack(dev, 4 | VIRTIO_MMIO_INT_VRING);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2.2"));
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    mock_setup_fini(&setup);
}

static void test_configuration_change_before_driver_ok_is_silent_on_the_line(void)
{
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_machine_forget(machine);
    uint32_t before = dev->config_generation;
    virtio_dev_config_changed(dev);
    CU_ASSERT_EQUAL(dev->config_generation, before + 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_CONFIG], 1);
    CU_ASSERT_EQUAL(machine->events, 1);
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    mock_driver_ok(machine);
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    mock_setup_fini(&setup);
}

static void test_slow_reset_stops_at_once_and_shows_when_it_is_over(void)
{
    mock_setup_init(&setup);
    virtio_dev_set_reset_time(dev, 1000);
    virtio_dev_status_write(dev, 0); /* there is nothing to reset yet */
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_RESET], 1);
    mock_driver_negotiate(machine, 0);
    struct mock_ring ring;
    mock_ring_init(&ring, machine, 0, 4);
    mock_driver_ok(machine);
    mock_ring_desc(&ring, 0, mock_machine_alloc(machine, 64, NULL), 64, 0, 0);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(virtio_dev_queue(dev, 0), &setup.device.chain));
    virtqueue_push(virtio_dev_queue(dev, 0), 0, 0);
    mock_machine_forget(machine);
    virtio_dev_status_write(dev, 0);
    CU_ASSERT_FALSE(virtio_dev_is_running(dev));
    CU_ASSERT_FALSE(dev->queues[0].ready);
    CU_ASSERT_NOT_EQUAL(dev->status, 0);
    virtio_dev_status_write(dev, 0); /* which changes nothing */
    mock_machine_run(machine, 999);
    CU_ASSERT_NOT_EQUAL(dev->status, 0);
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(dev->status, 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_RESET], 1);
    mock_machine_run(machine, 10 * VIRTQUEUE_LATENCY_NS);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    CU_ASSERT_EQUAL(setup.device.started, 1);
    mock_setup_fini(&setup);
}

static void test_driver_that_does_not_wait_for_the_reset_has_no_effect(void)
{
    mock_setup_init(&setup);
    virtio_dev_set_reset_time(dev, 1000);
    mock_driver_negotiate(machine, 0);
    mock_driver_ok(machine);
    virtio_dev_status_write(dev, 0);
    mock_machine_forget(machine);
    virtio_dev_status_write(dev, ACKNOWLEDGE);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "2.4.2"));
    struct mock_ring ring;
    mock_ring_init(&ring, machine, 0, 4);
    mock_machine_run(machine, 1000);
    CU_ASSERT_EQUAL(dev->status, 0);
    CU_ASSERT_FALSE(dev->queues[0].ready);
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER);
    CU_ASSERT_EQUAL(dev->status, ACKNOWLEDGE | DRIVER);
    virtio_dev_status_write(dev, 0);
    mock_setup_fini(&setup); /* in the middle of a reset */
}

static void test_broken_device_asks_for_a_reset_once_and_a_reset_repairs_it(void)
{
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_driver_ok(machine);
    mock_machine_forget(machine);
    virtio_dev_break(dev);
    virtio_dev_break(dev);
    CU_ASSERT_EQUAL(dev->status & NEEDS_RESET, NEEDS_RESET);
    CU_ASSERT_FALSE(virtio_dev_is_running(dev));
    CU_ASSERT_EQUAL(dev->isr, VIRTIO_MMIO_INT_CONFIG);
    CU_ASSERT_EQUAL(machine->events, 1);
    /* A driver that writes the bits it knows of does not clear the device's. */
    virtio_dev_status_write(dev, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    CU_ASSERT_EQUAL(dev->status & NEEDS_RESET, NEEDS_RESET);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    mock_driver_reset(machine);
    CU_ASSERT_EQUAL(dev->status, 0);
    CU_ASSERT_EQUAL(dev->isr, 0);
    CU_ASSERT_FALSE(machine->line_level);
    CU_ASSERT_EQUAL(setup.device.resets, 2);
    mock_setup_fini(&setup);
}

static void test_device_that_breaks_before_driver_ok_does_not_interrupt_or_start(void)
{
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    virtio_dev_break(dev);
    CU_ASSERT_EQUAL(dev->isr, 0);
    mock_driver_ok(machine);
    CU_ASSERT_EQUAL(dev->isr, 0);
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    CU_ASSERT_EQUAL(setup.device.started, 0);
    mock_setup_fini(&setup);
}

static void test_kick_reaches_the_device_only_when_running_and_ready(void)
{
    struct mock_ring ring;
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_ring_init(&ring, machine, 0, 8);
    mock_machine_forget(machine);
    virtio_dev_kick(dev, 0);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "3.1.1"));
    CU_ASSERT_EQUAL(setup.device.kicks[0], 0);
    mock_driver_ok(machine);
    mock_machine_forget(machine);
    virtio_dev_kick(dev, 0);
    CU_ASSERT_EQUAL(setup.device.kicks[0], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_KICK], 1);
    CU_ASSERT_EQUAL(machine->events, 1);
    virtio_dev_kick(dev, 1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.b", "4.2.2.1"));
    mock_machine_forget(machine);
    virtio_dev_kick(dev, 2);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0", "4.2.2"));
    CU_ASSERT_EQUAL(setup.device.kicks[1], 0);
    virtio_dev_break(dev);
    mock_machine_forget(machine);
    virtio_dev_kick(dev, 0);
    CU_ASSERT_EQUAL(setup.device.kicks[0], 1);
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_setup_fini(&setup);
}

static void count_kick(struct virtio_dev *plain, unsigned queue)
{
    (void)plain;
    (void)queue;
    setup.device.kicks[0]++;
}

static void read_zeros(struct virtio_dev *plain, size_t offset, void *buffer, size_t size)
{
    (void)plain;
    (void)offset;
    memset(buffer, 0, size);
}

static void test_a_device_without_optional_operations_works(void)
{
    static const char *const names[] = {"q"};
    static const struct virtio_dev_ops ops = {
        .device_id = 1,
        .queue_count = 1,
        .queue_names = names,
        .config_size = 4,
        .config_read = read_zeros,
        .kicked = count_kick,
    };
    struct virtio_dev plain;
    uint32_t value = 1;
    mock_setup_init(&setup);
    virtio_dev_init(&plain, &ops, &machine->env, "plain", 0, 4, (struct irqline){.set = NULL});
    virtio_dev_status_write(&plain, 0);
    virtio_dev_status_write(&plain, ACKNOWLEDGE | DRIVER);
    virtio_dev_features_write(&plain, 1, VERSION_1);
    virtio_dev_status_write(&plain, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    virtio_dev_status_write(&plain, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    CU_ASSERT_TRUE(virtio_dev_is_running(&plain));
    virtio_dev_config_read(&plain, 0, &value, sizeof(value));
    CU_ASSERT_EQUAL(value, 0);
    CU_ASSERT_EQUAL(plain.breaches, 0);
    virtio_dev_config_write(&plain, 0, &value, sizeof(value));
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "plain", "4.2.2.2"));
    mock_machine_forget(machine);
    virtio_dev_config_read(&plain, 1, &value, sizeof(value));
    CU_ASSERT_EQUAL(value, UINT32_MAX);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "plain", "4.2.2.2"));
    CU_ASSERT_EQUAL(plain.breaches, 2);
    CU_ASSERT_EQUAL(setup.device.kicks[0], 0);
    virtio_dev_fini(&plain);
    mock_setup_fini(&setup);
}

UNIT_SUITE("virtio", UNIT_TEST(test_driver_that_keeps_the_order_is_started_once_and_without_breach),
           UNIT_TEST(test_acknowledge_and_driver_may_come_in_one_write),
           UNIT_TEST(test_driver_before_acknowledge_is_a_breach_and_accepted),
           UNIT_TEST(test_features_ok_before_driver_is_a_breach_and_accepted),
           UNIT_TEST(test_driver_that_skips_features_ok_runs_without_features),
           UNIT_TEST(test_features_ok_and_driver_ok_in_one_write_is_a_breach),
           UNIT_TEST(test_clearing_a_status_bit_is_a_breach_and_the_bit_stays),
           UNIT_TEST(test_status_bits_that_are_not_the_drivers_are_a_breach_and_ignored),
           UNIT_TEST(test_failed_stops_the_device_until_a_reset),
           UNIT_TEST(test_offered_features_read_in_words_of_32),
           UNIT_TEST(test_a_subset_of_the_offer_is_accepted_and_negotiated),
           UNIT_TEST(test_features_are_what_was_written_last_since_the_reset),
           UNIT_TEST(test_features_that_were_not_offered_are_refused),
           UNIT_TEST(test_a_feature_without_the_one_that_it_requires_is_refused),
           UNIT_TEST(test_features_without_version_1_are_refused),
           UNIT_TEST(test_features_beyond_the_second_word_are_a_breach_when_set),
           UNIT_TEST(test_features_after_features_ok_are_a_breach_and_ignored),
           UNIT_TEST(test_line_is_up_while_interrupt_status_is_not_zero),
           UNIT_TEST(test_acknowledging_undefined_interrupts_is_a_breach),
           UNIT_TEST(test_configuration_change_before_driver_ok_is_silent_on_the_line),
           UNIT_TEST(test_slow_reset_stops_at_once_and_shows_when_it_is_over),
           UNIT_TEST(test_driver_that_does_not_wait_for_the_reset_has_no_effect),
           UNIT_TEST(test_broken_device_asks_for_a_reset_once_and_a_reset_repairs_it),
           UNIT_TEST(test_device_that_breaks_before_driver_ok_does_not_interrupt_or_start),
           UNIT_TEST(test_kick_reaches_the_device_only_when_running_and_ready),
           UNIT_TEST(test_a_device_without_optional_operations_works))
