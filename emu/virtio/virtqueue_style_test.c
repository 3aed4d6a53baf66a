/*
 * virtqueue_style_test.c - event indices, suppression, batches, order, indices that begin elsewhere
 */
#include "emu/virtio/virtqueue.h"

#include "emu/virtio/mock_device.h"
#include "tests/unit.h"

#include <linux/virtio_ring.h>
#include <string.h>

#define SIZE    8
#define LATENCY 1000

static struct mock_setup setup;
static struct mock_machine *const machine = &setup.machine;
static struct virtqueue_chain *const chain = &setup.device.chain;
static struct mock_ring ring;

/* A running device; each entry of its table is a device-writable buffer, and all are available. */
static struct virtqueue *start(uint64_t features, const struct virtqueue_style *style)
{
    mock_setup_init(&setup);
    struct virtqueue *queue = mock_setup_queue(&setup);
    if (style != NULL) {
        virtqueue_set_style(queue, style);
    }
    mock_setup_start_with(&setup, &ring, SIZE, features);
    uint16_t first = style != NULL ? style->first_index : 0;
    mock_ring_set_avail_index(&ring, first);
    memcpy(ring.used_host + offsetof(struct vring_used, idx), &first, sizeof(first));
    virtqueue_set_latency(queue, LATENCY);
    for (uint16_t i = 0; i < SIZE; i++) {
        mock_ring_desc(&ring, i, mock_machine_alloc(machine, 64, NULL), 64, VRING_DESC_F_WRITE, 0);
        mock_ring_offer(&ring, i);
    }
    return queue;
}

static void finish(void)
{
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_DMA_VIOLATION], 0);
    mock_setup_fini(&setup);
}

/* The device takes `count` chains and returns them, with 10, 11, 12, … bytes. */
static void turn(struct virtqueue *queue, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        CU_ASSERT_TRUE_FATAL(virtqueue_pop(queue, chain));
        virtqueue_push(queue, chain->head, 10u + chain->head);
    }
}

static void check_ids(uint16_t from, const uint32_t *ids, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(mock_ring_used_id(&ring, (uint16_t)(from + i)), ids[i]);
        CU_ASSERT_EQUAL(mock_ring_used_len(&ring, (uint16_t)(from + i)), 10 + ids[i]);
    }
}

/* ---- event indices --------------------------------------------------------------------------- */

static void test_interrupt_comes_when_the_used_index_passes_the_event(void)
{
    struct virtqueue *queue = start(MOCK_EVENT_IDX, NULL);
    mock_ring_set_used_event(&ring, 2); /* the third */
    for (unsigned i = 0; i < 2; i++) {
        turn(queue, 1);
        mock_machine_run(machine, LATENCY);
        CU_ASSERT_FALSE(machine->line_level);
    }
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_QUIET], 2);
    turn(queue, 1);
    mock_machine_run(machine, LATENCY);
    CU_ASSERT_TRUE(machine->line_level);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_QUIET], 2);
    finish();
}

static void test_event_in_the_middle_of_a_step_counts(void)
{
    struct virtqueue *queue = start(MOCK_EVENT_IDX, NULL);
    mock_ring_set_used_event(&ring, 1);
    turn(queue, 4); /* all are due at the same time */
    mock_machine_run(machine, LATENCY);
    CU_ASSERT_TRUE(machine->line_level);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    finish();
}

static void test_event_behind_or_ahead_of_the_step_does_not_interrupt(void)
{
    static const uint16_t events[] = {65535, 3, 4, 0x8000};
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
        struct virtqueue *queue = start(MOCK_EVENT_IDX, NULL);
        mock_ring_set_used_event(&ring, events[i]);
        turn(queue, 3);
        mock_machine_run(machine, LATENCY);
        CU_ASSERT_FALSE(machine->line_level);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_QUIET], 1);
        finish();
    }
}

static void test_event_is_passed_over_the_wrap(void)
{
    const struct virtqueue_style style = {.first_index = 65534};
    struct virtqueue *queue = start(MOCK_EVENT_IDX, &style);
    mock_ring_set_used_event(&ring, 0);
    turn(queue, 2);
    mock_machine_run(machine, LATENCY);
    CU_ASSERT_FALSE(machine->line_level);
    turn(queue, 1);
    mock_machine_run(machine, LATENCY);
    CU_ASSERT_TRUE(machine->line_level);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 1);
    finish();
}

static void test_flags_with_event_indices_are_a_breach_and_ignored(void)
{
    struct virtqueue *queue = start(MOCK_EVENT_IDX, NULL);
    mock_ring_set_avail_flags(&ring, VRING_AVAIL_F_NO_INTERRUPT);
    turn(queue, 1);
    mock_machine_run(machine, LATENCY);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "2.7.7.1"));
    CU_ASSERT_TRUE(machine->line_level);
    mock_setup_fini(&setup);
}

static void test_event_index_without_the_feature_means_nothing(void)
{
    struct virtqueue *queue = start(0, NULL);
    mock_ring_set_used_event(&ring, 5);
    turn(queue, 1);
    mock_machine_run(machine, LATENCY);
    CU_ASSERT_TRUE(machine->line_level);
    CU_ASSERT_FALSE(virtqueue_want_kicks(queue, true));
    CU_ASSERT_EQUAL(mock_ring_avail_event(&ring), 0);
    finish();
}

static void test_suppressed_interrupt_says_so_in_the_trace(void)
{
    struct virtqueue *queue = start(0, NULL);
    mock_ring_set_avail_flags(&ring, VRING_AVAIL_F_NO_INTERRUPT);
    turn(queue, 1);
    mock_machine_run(machine, LATENCY);
    CU_ASSERT_FALSE(machine->line_level);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_QUIET], 1);
    finish();
}

static void test_wanted_kicks_are_asked_for_by_the_event_index(void)
{
    struct virtqueue *queue = start(MOCK_EVENT_IDX, NULL);
    turn(queue, 3);
    CU_ASSERT_FALSE(virtqueue_want_kicks(queue, false));
    CU_ASSERT_EQUAL(mock_ring_avail_event(&ring), 0);
    CU_ASSERT_FALSE(virtqueue_want_kicks(queue, true));
    CU_ASSERT_EQUAL(mock_ring_avail_event(&ring), SIZE); /* all that is there was seen */
    CU_ASSERT_EQUAL(mock_ring_used_flags(&ring), 0);
    mock_machine_run(machine, LATENCY);
    mock_ring_offer(&ring, 0); /* in the window between look and wish */
    queue->seen_avail = SIZE;
    CU_ASSERT_TRUE(virtqueue_want_kicks(queue, true));
    CU_ASSERT_FALSE(virtqueue_want_kicks(queue, true));
    CU_ASSERT_EQUAL(mock_ring_avail_event(&ring), SIZE + 1);
    finish();
}

static void test_wanted_kicks_are_asked_for_by_the_flag(void)
{
    const struct virtqueue_style style = {.suppress = true};
    struct virtqueue *queue = start(0, &style);
    CU_ASSERT_TRUE(virtqueue_has_avail(queue));
    CU_ASSERT_EQUAL(mock_ring_used_flags(&ring), 0);
    CU_ASSERT_FALSE(virtqueue_want_kicks(queue, false));
    CU_ASSERT_EQUAL(mock_ring_used_flags(&ring), VRING_USED_F_NO_NOTIFY);
    turn(queue, 1);
    mock_machine_run(machine, LATENCY);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_want_kicks(queue, true));
    CU_ASSERT_EQUAL(mock_ring_used_flags(&ring), 0);
    CU_ASSERT_FALSE(virtqueue_want_kicks(queue, true));
    finish();
}

static void test_queue_that_is_disabled_wants_nothing(void)
{
    struct virtqueue *queue = start(MOCK_EVENT_IDX, NULL);
    mock_ring_disable(&ring);
    CU_ASSERT_FALSE(virtqueue_want_kicks(queue, true));
    CU_ASSERT_EQUAL(mock_ring_avail_event(&ring), 0);
    finish();
}

/* ---- batches and order ----------------------------------------------------------------------- */

static void test_batch_is_one_step_of_the_index_and_one_interrupt(void)
{
    const struct virtqueue_style style = {.batch = 3};
    struct virtqueue *queue = start(0, &style);
    turn(queue, 2);
    mock_machine_run(machine, 10 * LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    CU_ASSERT_FALSE(machine->line_level);
    turn(queue, 1);
    mock_machine_run(machine, LATENCY - 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 3);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_USED], 3);
    CU_ASSERT_EQUAL(machine->last[TRACE_VQ_USED].fields[3].number, 3);
    CU_ASSERT_EQUAL(virtqueue_in_flight(queue), 0);
    check_ids(0, (const uint32_t[]){0, 1, 2}, 3);
    finish();
}

static void test_incomplete_batch_does_not_wait_for_ever(void)
{
    const struct virtqueue_style style = {.batch = 4};
    struct virtqueue *queue = start(0, &style);
    turn(queue, 1);
    mock_machine_run(machine, LATENCY + VIRTQUEUE_BATCH_NS - 2);
    turn(queue, 1); /* too late to complete it, and not due when it goes */
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 1);
    mock_machine_run(machine, LATENCY + VIRTQUEUE_BATCH_NS);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 2);
    CU_ASSERT_TRUE(vclock_is_quiescent(machine->clock));
    finish();
}

static void test_batches_follow_each_other_without_latency(void)
{
    const struct virtqueue_style style = {.batch = 2};
    struct virtqueue *queue = start(0, &style);
    virtqueue_set_latency(queue, 0);
    turn(queue, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    turn(queue, 1);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 2);
    turn(queue, 4);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 6);
    finish();
}

static void test_batch_comes_in_the_order_of_the_style(void)
{
    static const struct {
        struct virtqueue_style style;
        uint32_t ids[5];
    } rows[] = {
        {{.batch = 5, .order = VIRTQUEUE_IN_ORDER}, {0, 1, 2, 3, 4}},
        {{.batch = 5, .order = VIRTQUEUE_OUT_OF_ORDER}, {1, 3, 0, 2, 4}},
        {{.batch = 5, .order = VIRTQUEUE_REVERSE}, {4, 3, 2, 1, 0}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct virtqueue *queue = start(0, &rows[i].style);
        turn(queue, 5);
        mock_machine_run(machine, LATENCY);
        CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 5);
        check_ids(0, rows[i].ids, 5);
        CU_ASSERT_EQUAL(virtqueue_in_flight(queue), 0);
        finish();
    }
}

static void test_parts_of_one_thing_become_visible_together(void)
{
    struct virtqueue *queue = start(0, NULL);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_TRUE_FATAL(virtqueue_pop(queue, chain));
        if (i < 2) {
            virtqueue_push_part(queue, chain->head, 64);
        } else {
            virtqueue_push(queue, chain->head, 5);
        }
    }
    mock_machine_run(machine, LATENCY - 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 3);
    CU_ASSERT_EQUAL(machine->last[TRACE_VQ_USED].fields[3].number, 3);
    finish();
}

static void test_order_that_was_promised_needs_one_element_a_batch(void)
{
    const struct virtqueue_style style = {.batch = 3};
    struct virtqueue *queue = start(MOCK_IN_ORDER, &style);
    memset(ring.used_host + offsetof(struct vring_used, ring), 0xee, 8 * SIZE);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_TRUE_FATAL(virtqueue_pop(queue, chain));
        virtqueue_push(queue, chain->head, 0);
    }
    mock_machine_run(machine, LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 3);
    CU_ASSERT_EQUAL(mock_ring_used_id(&ring, 0), 2);
    CU_ASSERT_EQUAL(mock_ring_used_len(&ring, 0), 0);
    CU_ASSERT_EQUAL(mock_ring_used_id(&ring, 1), 0xeeeeeeee);
    turn(queue, 3); /* lengths that matter */
    mock_machine_run(machine, LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 6);
    check_ids(3, (const uint32_t[]){3, 4, 5}, 3);
    finish();
}

/* ---- where indices begin --------------------------------------------------------------------- */

static void test_indices_may_begin_elsewhere_and_wrap(void)
{
    const struct virtqueue_style style = {.first_index = 65533};
    struct virtqueue *queue = start(0, &style);
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), SIZE);
    turn(queue, SIZE);
    mock_machine_run(machine, LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), (uint16_t)(65533 + SIZE));
    check_ids(65533, (const uint32_t[]){0, 1, 2, 3, 4, 5, 6, 7}, SIZE);
    CU_ASSERT_FALSE(virtqueue_has_avail(queue));
    finish();
}

static void test_driver_that_begins_at_zero_is_told(void)
{
    mock_setup_init(&setup);
    virtqueue_set_style(mock_setup_queue(&setup), &(struct virtqueue_style){.first_index = 60000});
    mock_setup_start(&setup, &ring, SIZE);
    CU_ASSERT_FALSE(virtqueue_has_avail(mock_setup_queue(&setup)));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 1);
    mock_setup_fini(&setup);
}

UNIT_SUITE("virtqueue style", UNIT_TEST(test_interrupt_comes_when_the_used_index_passes_the_event),
           UNIT_TEST(test_event_in_the_middle_of_a_step_counts),
           UNIT_TEST(test_event_behind_or_ahead_of_the_step_does_not_interrupt),
           UNIT_TEST(test_event_is_passed_over_the_wrap),
           UNIT_TEST(test_flags_with_event_indices_are_a_breach_and_ignored),
           UNIT_TEST(test_event_index_without_the_feature_means_nothing),
           UNIT_TEST(test_suppressed_interrupt_says_so_in_the_trace),
           UNIT_TEST(test_wanted_kicks_are_asked_for_by_the_event_index),
           UNIT_TEST(test_wanted_kicks_are_asked_for_by_the_flag),
           UNIT_TEST(test_queue_that_is_disabled_wants_nothing),
           UNIT_TEST(test_batch_is_one_step_of_the_index_and_one_interrupt),
           UNIT_TEST(test_incomplete_batch_does_not_wait_for_ever),
           UNIT_TEST(test_batches_follow_each_other_without_latency),
           UNIT_TEST(test_batch_comes_in_the_order_of_the_style),
           UNIT_TEST(test_parts_of_one_thing_become_visible_together),
           UNIT_TEST(test_order_that_was_promised_needs_one_element_a_batch),
           UNIT_TEST(test_indices_may_begin_elsewhere_and_wrap),
           UNIT_TEST(test_driver_that_begins_at_zero_is_told))
