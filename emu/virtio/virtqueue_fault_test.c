/*
 * virtqueue_fault_test.c - each fault of a queue, and that it does nothing else
 */
#include "emu/virtio/virtqueue_fault.h"

#include "emu/virtio/mock_device.h"
#include "tests/unit.h"

#include <linux/virtio_ring.h>

#define QUEUE_SIZE 8

static const struct fault_which all = {0, FAULT_ALL};
static const struct fault_which once = {0, 1};

struct bed {
    struct mock_setup setup;
    struct mock_ring ring;
    struct virtqueue *queue;
    struct virtqueue_fault *stage;
};

/* A running device without latency, all of whose buffers are available. */
static void bed_setup(struct bed *bed)
{
    mock_setup_init(&bed->setup);
    mock_setup_start(&bed->setup, &bed->ring, QUEUE_SIZE);
    bed->queue = mock_setup_queue(&bed->setup);
    virtqueue_set_latency(bed->queue, 0);
    bed->stage = virtqueue_fault_new(bed->queue);
    for (unsigned i = 0; i < QUEUE_SIZE; i++) {
        mock_ring_desc(&bed->ring, i, mock_machine_alloc(&bed->setup.machine, 64, NULL), 64,
                       VRING_DESC_F_WRITE, 0);
        mock_ring_offer(&bed->ring, (uint16_t)i);
    }
    mock_machine_forget(&bed->setup.machine);
}

static void bed_teardown(struct bed *bed)
{
    CU_ASSERT_EQUAL(bed->setup.machine.counts[TRACE_VIRTIO_BREACH], 0);
    mock_setup_fini(&bed->setup);
    virtqueue_fault_free(bed->stage);
}

static uint64_t bed_count(const struct bed *bed, enum trace_kind kind)
{
    return bed->setup.machine.counts[kind];
}

/* The device takes the next chain and returns it. */
static void bed_return_one(struct bed *bed)
{
    struct virtqueue_chain *chain = &bed->setup.device.chain;
    CU_ASSERT_TRUE_FATAL(virtqueue_pop(bed->queue, chain));
    virtqueue_push(bed->queue, chain->head, 10u + chain->head);
}

static void test_queue_without_faults_is_as_it_was(void)
{
    struct bed bed;
    bed_setup(&bed);
    mock_ring_kick(&bed.ring);
    bed_return_one(&bed);
    CU_ASSERT_EQUAL(bed.setup.device.kicks[0], 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 1);
    CU_ASSERT_TRUE(bed.setup.machine.line_level);
    CU_ASSERT_EQUAL(bed.setup.machine.events, 4); /* kick, pop, used, isr */
    bed_teardown(&bed);
}

static void test_held_chains_return_in_order_when_the_hold_ends(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_hold(bed.stage);
    bed_return_one(&bed);
    bed_return_one(&bed);
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 0);
    CU_ASSERT_EQUAL(virtqueue_in_flight(bed.queue), 2);
    CU_ASSERT_FALSE(bed.setup.machine.line_level);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_APPLIED), 2);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_ISR_SET), 0);
    virtqueue_fault_restore(bed.stage);
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 2);
    CU_ASSERT_EQUAL(mock_ring_used_id(&bed.ring, 0), 0);
    CU_ASSERT_EQUAL(mock_ring_used_id(&bed.ring, 1), 1);
    CU_ASSERT_EQUAL(mock_ring_used_len(&bed.ring, 1), 11);
    CU_ASSERT_TRUE(bed.setup.machine.line_level);
    bed_return_one(&bed);
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 3);
    bed_teardown(&bed);
}

static void test_withheld_chains_stay_away_and_the_others_pass(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_withhold(bed.stage, 2);
    for (unsigned i = 0; i < 4; i++) {
        bed_return_one(&bed);
    }
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 2);
    CU_ASSERT_EQUAL(mock_ring_used_id(&bed.ring, 0), 2);
    CU_ASSERT_EQUAL(mock_ring_used_id(&bed.ring, 1), 3);
    CU_ASSERT_EQUAL(virtqueue_in_flight(bed.queue), 2);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_APPLIED), 2);
    virtqueue_fault_restore(bed.stage);
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 4);
    CU_ASSERT_EQUAL(mock_ring_used_id(&bed.ring, 2), 0);
    CU_ASSERT_EQUAL(virtqueue_in_flight(bed.queue), 0);
    bed_teardown(&bed);
}

static void test_reset_forgets_what_was_kept(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_hold(bed.stage);
    bed_return_one(&bed);
    mock_driver_reset(&bed.setup.machine);
    mock_machine_forget(&bed.setup.machine);
    virtqueue_fault_restore(bed.stage);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_RESTORED), 1);
    CU_ASSERT_EQUAL(bed.setup.machine.events, 1);
    bed_teardown(&bed);
}

static void test_chain_returns_without_a_notification(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_no_irq(bed.stage, once);
    bed_return_one(&bed);
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 1);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_ISR_SET), 0);
    CU_ASSERT_EQUAL(bed.setup.machine.line_changes, 0);
    bed_return_one(&bed);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_ISR_SET), 1);
    CU_ASSERT_TRUE(bed.setup.machine.line_level);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_APPLIED), 1);
    bed_teardown(&bed);
}

static void test_notification_that_the_driver_declined_is_no_occurrence(void)
{
    struct bed bed;
    bed_setup(&bed);
    mock_ring_set_avail_flags(&bed.ring, VRING_AVAIL_F_NO_INTERRUPT);
    virtqueue_fault_no_irq(bed.stage, once);
    bed_return_one(&bed);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_APPLIED), 0);
    mock_ring_set_avail_flags(&bed.ring, 0);
    bed_return_one(&bed);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_APPLIED), 1);
    CU_ASSERT_FALSE(bed.setup.machine.line_level);
    bed_teardown(&bed);
}

static void test_device_does_not_hear_a_kick(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_no_kick(bed.stage, (struct fault_which){1, 1});
    mock_ring_kick(&bed.ring);
    CU_ASSERT_EQUAL(bed.setup.device.kicks[0], 1);
    mock_ring_kick(&bed.ring);
    CU_ASSERT_EQUAL(bed.setup.device.kicks[0], 1);
    mock_ring_kick(&bed.ring);
    CU_ASSERT_EQUAL(bed.setup.device.kicks[0], 2);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_VQ_KICK), 3); /* the driver did its part */
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_APPLIED), 1);
    CU_ASSERT_EQUAL(bed.setup.machine.last[TRACE_FAULT_APPLIED].fields[3].number, 2);
    bed_teardown(&bed);
}

static void test_latency_is_longer_until_it_is_restored(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_latency(bed.stage, 500);
    virtqueue_fault_latency(bed.stage, 700);
    bed_return_one(&bed);
    mock_machine_run(&bed.setup.machine, 699);
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 0);
    mock_machine_run(&bed.setup.machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 1);
    virtqueue_fault_restore(bed.stage);
    bed_return_one(&bed);
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 2);
    bed_teardown(&bed);
}

static void test_faults_of_several_kinds_do_not_count_each_others_occurrences(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_no_kick(bed.stage, once);
    virtqueue_fault_withhold(bed.stage, 1);
    virtqueue_fault_no_irq(bed.stage, once);
    CU_ASSERT_EQUAL(virtqueue_fault_room(bed.stage), VIRTQUEUE_FAULTS_MAX - 3);
    bed_return_one(&bed); /* withheld */
    bed_return_one(&bed); /* without a notification */
    mock_ring_kick(&bed.ring);
    CU_ASSERT_EQUAL(bed.setup.device.kicks[0], 0);
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed.ring), 1);
    CU_ASSERT_FALSE(bed.setup.machine.line_level);
    CU_ASSERT_EQUAL(virtqueue_fault_room(bed.stage), VIRTQUEUE_FAULTS_MAX);
    bed_teardown(&bed);
}

static void test_two_faults_of_a_kind_are_met_one_after_the_other(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_no_irq(bed.stage, once);
    virtqueue_fault_no_irq(bed.stage, all);
    bed_return_one(&bed);
    bed_return_one(&bed);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_APPLIED), 2);
    CU_ASSERT_EQUAL(bed.setup.machine.last[TRACE_FAULT_APPLIED].fields[3].number, 1);
    CU_ASSERT_EQUAL(virtqueue_fault_room(bed.stage), VIRTQUEUE_FAULTS_MAX - 1);
    bed_teardown(&bed);
}

static void bed_check_ids(const struct bed *bed, const uint32_t *ids, unsigned count)
{
    CU_ASSERT_EQUAL(mock_ring_used_index(&bed->ring), count);
    for (uint16_t i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(mock_ring_used_id(&bed->ring, i), ids[i]);
    }
}

static void test_next_chain_overtakes_one_that_is_out_of_order(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_out_of_order(bed.stage, once);
    bed_return_one(&bed);
    bed_check_ids(&bed, NULL, 0);
    bed_return_one(&bed);
    bed_return_one(&bed);
    bed_check_ids(&bed, (const uint32_t[]){1, 0, 2}, 3);
    CU_ASSERT_EQUAL(mock_ring_used_len(&bed.ring, 1), 10);
    CU_ASSERT_EQUAL(virtqueue_in_flight(bed.queue), 0);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_APPLIED), 1);
    bed_teardown(&bed);
}

static void test_chain_that_nobody_overtakes_returns_when_it_is_restored(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_out_of_order(bed.stage, all);
    bed_return_one(&bed);
    bed_return_one(&bed);
    bed_check_ids(&bed, NULL, 0);
    virtqueue_fault_restore(bed.stage);
    bed_check_ids(&bed, (const uint32_t[]){0, 1}, 2);
    CU_ASSERT_EQUAL(virtqueue_in_flight(bed.queue), 0);
    bed_teardown(&bed);
}

static void test_reset_forgets_what_was_to_be_overtaken(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_out_of_order(bed.stage, once);
    bed_return_one(&bed);
    mock_driver_reset(&bed.setup.machine);
    virtqueue_fault_restore(bed.stage);
    bed_check_ids(&bed, NULL, 0);
    bed_teardown(&bed);
}

static void test_used_length_is_another_one_for_its_occurrences(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_used_len(bed.stage, 8, (struct fault_which){1, 1});
    for (unsigned i = 0; i < 3; i++) {
        bed_return_one(&bed);
    }
    bed_check_ids(&bed, (const uint32_t[]){0, 1, 2}, 3);
    CU_ASSERT_EQUAL(mock_ring_used_len(&bed.ring, 0), 10);
    CU_ASSERT_EQUAL(mock_ring_used_len(&bed.ring, 1), 8);
    CU_ASSERT_EQUAL(mock_ring_used_len(&bed.ring, 2), 12);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_APPLIED), 1);
    bed_teardown(&bed);
}

static void test_bad_id_is_that_of_no_chain_and_the_chain_is_gone(void)
{
    struct bed bed;
    bed_setup(&bed);
    virtqueue_fault_bad_id(bed.stage, once);
    bed_return_one(&bed);
    bed_return_one(&bed);
    bed_check_ids(&bed, (const uint32_t[]){QUEUE_SIZE, 1}, 2);
    CU_ASSERT_EQUAL(virtqueue_in_flight(bed.queue), 0);
    CU_ASSERT_EQUAL(bed_count(&bed, TRACE_FAULT_APPLIED), 1);
    virtqueue_fault_restore(bed.stage);
    bed_check_ids(&bed, (const uint32_t[]){QUEUE_SIZE, 1}, 2);
    bed_teardown(&bed);
}

UNIT_SUITE("virtqueue_fault", UNIT_TEST(test_next_chain_overtakes_one_that_is_out_of_order),
           UNIT_TEST(test_chain_that_nobody_overtakes_returns_when_it_is_restored),
           UNIT_TEST(test_reset_forgets_what_was_to_be_overtaken),
           UNIT_TEST(test_used_length_is_another_one_for_its_occurrences),
           UNIT_TEST(test_bad_id_is_that_of_no_chain_and_the_chain_is_gone),
           UNIT_TEST(test_queue_without_faults_is_as_it_was),
           UNIT_TEST(test_held_chains_return_in_order_when_the_hold_ends),
           UNIT_TEST(test_withheld_chains_stay_away_and_the_others_pass),
           UNIT_TEST(test_reset_forgets_what_was_kept),
           UNIT_TEST(test_chain_returns_without_a_notification),
           UNIT_TEST(test_notification_that_the_driver_declined_is_no_occurrence),
           UNIT_TEST(test_device_does_not_hear_a_kick),
           UNIT_TEST(test_latency_is_longer_until_it_is_restored),
           UNIT_TEST(test_faults_of_several_kinds_do_not_count_each_others_occurrences),
           UNIT_TEST(test_two_faults_of_a_kind_are_met_one_after_the_other))
