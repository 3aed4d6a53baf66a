/*
 * virtqueue_barrier_test.c - a driver that publishes what no barrier has ordered, and those that
 * only look like it
 */
#include "emu/virtio/mock_device.h"
#include "emu/virtio/virtqueue.h"
#include "tests/unit.h"

#include <linux/virtio_ring.h>
#include <string.h>

#define SIZE 8

static struct mock_setup setup;
static struct mock_machine *const machine = &setup.machine;
static struct virtqueue_chain *const chain = &setup.device.chain;
static struct mock_ring ring;
static struct virtqueue *queue;
static gpa_t buffer;

static void restart(uint64_t features)
{
    mock_setup_start_with(&setup, &ring, SIZE, features);
    queue = mock_setup_queue(&setup);
    virtqueue_set_latency(queue, 0);
    mock_machine_forget(machine);
}

/* A device that is told of barriers, with an empty ring of eight. */
static void start(uint64_t features)
{
    mock_setup_init(&setup);
    virtio_dev_watch_barriers(&setup.device.dev);
    buffer = mock_machine_alloc(machine, 4096, NULL);
    restart(features);
}

static void finish(void)
{
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_DMA_VIOLATION], 0);
    mock_setup_fini(&setup);
}

/* One breach, of this clause, about this index; and the device goes on. */
static void finish_with(const char *clause, unsigned index)
{
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", clause));
    CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_BREACH].fields[3].number, index);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 0);
    mock_setup_fini(&setup);
}

static const char *last_clause(void)
{
    return machine->last[TRACE_VIRTIO_BREACH].fields[1].string;
}

/* ---- what a driver does ---------------------------------------------------------------------- */

static void barrier(void)
{
    uint64_t events = machine->events;
    bool found = virtio_dev_barrier(&setup.device.dev);
    CU_ASSERT_EQUAL(machine->events, events);
    virtio_dev_tell(&setup.device.dev);
    CU_ASSERT_EQUAL(machine->events > events, found);
}

/* A descriptor that was never like this before. */
static void describe(unsigned at, unsigned flags, unsigned next)
{
    static uint32_t len;
    len = len % 4096 + 1;
    mock_ring_desc(&ring, at, buffer, len, flags, next);
}

/* The entry of the available ring, without the index. */
static void enter(uint16_t index, uint16_t head)
{
    memcpy(ring.avail_host + offsetof(struct vring_avail, ring) + index % SIZE * sizeof(head),
           &head, sizeof(head));
}

static void publish(uint16_t index)
{
    mock_ring_set_avail_index(&ring, index);
}

static void kick(void)
{
    mock_ring_kick(&ring);
}

/* The device takes all that is there, and returns it. */
static void serve(void)
{
    while (virtqueue_pop(queue, chain)) {
        virtqueue_push(queue, chain->head, 0);
    }
}

/* ---- drivers that do it right ---------------------------------------------------------------- */

static void test_driver_with_both_barriers_is_silent_over_the_wrap(void)
{
    static const uint64_t features[] = {0, MOCK_EVENT_IDX, MOCK_IN_ORDER};
    for (size_t i = 0; i < G_N_ELEMENTS(features); i++) {
        start(features[i]);
        for (uint16_t index = 0; index < 5 * SIZE; index++) {
            describe(index % SIZE, 0, 0);
            enter(index, index % SIZE);
            barrier();
            publish((uint16_t)(index + 1));
            barrier();
            kick();
            serve();
        }
        finish();
    }
}

static void test_one_barrier_is_enough_for_many_chains(void)
{
    start(0);
    for (uint16_t i = 0; i < SIZE; i++) {
        describe(i, 0, 0);
        enter(i, i);
    }
    barrier();
    publish(SIZE);
    barrier();
    kick();
    serve();
    finish();
}

static void test_barrier_may_stand_elsewhere(void)
{
    start(0);
    describe(0, VRING_DESC_F_NEXT, 1);
    describe(1, 0, 0);
    enter(0, 0);
    barrier();
    barrier(); /* of something else, in between */
    publish(1);
    describe(2, 0, 0); /* the next one is begun before the first is announced */
    enter(1, 2);
    barrier(); /* which orders both the first index and the second chain */
    publish(2);
    barrier();
    kick(); /* for both */
    serve();
    finish();
}

static void test_chains_may_be_published_one_by_one_and_announced_together(void)
{
    start(0);
    for (uint16_t i = 0; i < SIZE; i++) {
        describe(i, 0, 0);
        enter(i, i);
        barrier();
        publish((uint16_t)(i + 1));
    }
    barrier();
    kick();
    serve();
    finish();
}

static void test_notification_of_an_older_chain_is_not_about_the_one_that_is_just_published(void)
{
    start(0);
    describe(0, 0, 0);
    enter(0, 0);
    barrier();
    publish(1);
    barrier();
    describe(1, 0, 0); /* somebody else gets the lock, */
    enter(1, 1);
    barrier();
    publish(2);
    kick(); /* before this is done, */
    serve();
    barrier();
    kick(); /* and that */
    finish();
}

static void test_chain_that_the_device_had_is_the_drivers_again(void)
{
    start(0);
    describe(0, 0, 0);
    enter(0, 0);
    barrier();
    publish(1);
    serve();           /* without a notification: a device looks when it wants to */
    describe(0, 0, 0); /* and the driver takes it back before its next barrier */
    barrier();
    finish();
}

static void test_what_was_there_when_the_queue_was_enabled_is_not_judged(void)
{
    mock_setup_init(&setup);
    virtio_dev_watch_barriers(&setup.device.dev);
    mock_driver_negotiate(machine, 0);
    mock_ring_alloc(&ring, machine, 0, SIZE);
    mock_ring_desc(&ring, 3, mock_machine_alloc(machine, 64, NULL), 64, 0, 0);
    mock_ring_offer(&ring, 3);
    mock_ring_enable(&ring);
    mock_driver_ok(machine);
    kick();
    CU_ASSERT_TRUE(virtqueue_pop(mock_setup_queue(&setup), chain));
    CU_ASSERT_EQUAL(chain->head, 3);
    finish();
}

static void test_indices_may_begin_elsewhere_and_begin_anew(void)
{
    const struct virtqueue_style style = {.first_index = 65535};
    mock_setup_init(&setup);
    virtio_dev_watch_barriers(&setup.device.dev);
    buffer = mock_machine_alloc(machine, 4096, NULL);
    virtqueue_set_style(mock_setup_queue(&setup), &style);
    for (unsigned i = 0; i < 2; i++) {
        restart(0);
        publish(65535); /* as the test hook of a driver does */
        barrier();
        for (uint16_t index = 65535; index != 3; index++) {
            describe(index % SIZE, 0, 0);
            enter(index, index % SIZE);
            barrier();
            publish((uint16_t)(index + 1));
            barrier();
            kick();
            serve();
        }
    }
    finish();
}

static void test_rings_that_are_closed_are_not_looked_at(void)
{
    start(0);
    gpa_t closed = mock_machine_closed_memory(machine);
    queue->avail = closed;
    gmem_release(machine->memory, gmem_alloc(machine->memory, 1, 1), 1); /* one of many */
    barrier();
    queue->avail = ring.avail;
    describe(0, 0, 0);
    enter(0, 0);
    publish(1);
    kick(); /* nothing is known of it */
    barrier();
    mock_ring_desc(&ring, 1, closed, 64, VRING_DESC_F_INDIRECT, 0);
    enter(1, 1);
    barrier(); /* nor of such a table */
    finish();
}

static void test_device_that_nobody_tells_of_barriers_judges_nothing(void)
{
    mock_setup_init(&setup);
    buffer = mock_machine_alloc(machine, 4096, NULL);
    restart(0);
    describe(0, 0, 0);
    enter(0, 0);
    publish(1);
    kick();
    serve();
    finish();
}

static void test_index_that_makes_no_sense_is_left_to_the_device(void)
{
    start(0);
    publish(SIZE + 1);
    barrier();
    publish(0x9000);
    barrier();
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    mock_setup_fini(&setup);
}

/* ---- those that do not ----------------------------------------------------------------------- */

static void test_descriptor_that_is_written_behind_the_barrier_is_a_breach(void)
{
    start(0);
    enter(0, 0);
    barrier();
    describe(0, 0, 0);
    publish(1);
    barrier();
    kick();
    serve();
    finish_with("2.7.13.3.1", 0);
}

static void test_entry_that_is_written_behind_the_barrier_is_a_breach(void)
{
    start(0);
    describe(5, 0, 0);
    barrier();
    enter(0, 5);
    publish(1);
    barrier();
    finish_with("2.7.13.3.1", 0);
}

static void test_each_descriptor_of_a_chain_has_to_be_there(void)
{
    for (unsigned late = 0; late < 4; late++) {
        start(0);
        for (unsigned i = 0; i < 4; i++) {
            describe(i, i < 3 ? VRING_DESC_F_NEXT : 0, i + 1);
        }
        enter(0, 0);
        barrier();
        describe(late, late < 3 ? VRING_DESC_F_NEXT : 0, late + 1);
        publish(1);
        barrier();
        finish_with("2.7.13.3.1", 0);
    }
}

static void test_indirect_table_has_to_be_there(void)
{
    struct vring_desc *table;
    start(MOCK_INDIRECT_DESC);
    gpa_t at = mock_machine_alloc(machine, 2 * sizeof(*table), &table);
    table[0] = (struct vring_desc){.addr = buffer.value, .len = 1, .flags = VRING_DESC_F_NEXT};
    table[0].next = 1;
    mock_ring_desc(&ring, 0, at, 2 * sizeof(*table), VRING_DESC_F_INDIRECT, 0);
    enter(0, 0);
    barrier();
    table[1] = (struct vring_desc){.addr = buffer.value, .len = 1};
    publish(1);
    barrier();
    finish_with("2.7.13.3.1", 0);
}

static void test_chain_that_is_added_to_those_behind_the_barrier_is_a_breach(void)
{
    start(0);
    describe(0, 0, 0);
    enter(0, 0);
    barrier();
    describe(1, 0, 0);
    enter(1, 1);
    publish(2);
    barrier();
    finish_with("2.7.13.3.1", 1);
}

static void test_device_that_looks_first_finds_it_as_well(void)
{
    start(0);
    describe(0, 0, 0);
    enter(0, 0);
    publish(1);
    CU_ASSERT_TRUE(virtqueue_has_avail(queue));
    barrier();
    finish_with("2.7.13.3.1", 0);
}

static void test_driver_without_the_first_barrier_is_found_each_time(void)
{
    start(0);
    for (uint16_t index = 0; index < 2 * SIZE; index++) {
        describe(index % SIZE, 0, 0);
        enter(index, index % SIZE);
        publish((uint16_t)(index + 1));
        barrier();
        kick();
        serve();
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], index + 1);
        CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_BREACH].fields[3].number, index);
        CU_ASSERT_STRING_EQUAL(last_clause(), "2.7.13.3.1");
    }
    mock_setup_fini(&setup);
}

static void test_driver_without_the_second_barrier_is_found_each_time(void)
{
    start(0);
    for (uint16_t index = 0; index < 2 * SIZE; index++) {
        describe(index % SIZE, 0, 0);
        enter(index, index % SIZE);
        barrier();
        publish((uint16_t)(index + 1));
        kick();
        serve();
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], index + 1);
        CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_BREACH].fields[3].number, index + 1);
        CU_ASSERT_STRING_EQUAL(last_clause(), "2.7.13.4.1");
    }
    mock_setup_fini(&setup);
}

static void test_driver_without_any_barrier_is_found_at_the_notification(void)
{
    start(0);
    describe(0, 0, 0);
    enter(0, 0);
    publish(1);
    kick();
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 2);
    CU_ASSERT_STRING_EQUAL(last_clause(), "2.7.13.4.1");
    serve();
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 2);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 1);
    mock_setup_fini(&setup);
}

UNIT_SUITE(
    "virtqueue_barrier", UNIT_TEST(test_driver_with_both_barriers_is_silent_over_the_wrap),
    UNIT_TEST(test_one_barrier_is_enough_for_many_chains),
    UNIT_TEST(test_barrier_may_stand_elsewhere),
    UNIT_TEST(test_chains_may_be_published_one_by_one_and_announced_together),
    UNIT_TEST(test_notification_of_an_older_chain_is_not_about_the_one_that_is_just_published),
    UNIT_TEST(test_chain_that_the_device_had_is_the_drivers_again),
    UNIT_TEST(test_what_was_there_when_the_queue_was_enabled_is_not_judged),
    UNIT_TEST(test_indices_may_begin_elsewhere_and_begin_anew),
    UNIT_TEST(test_rings_that_are_closed_are_not_looked_at),
    UNIT_TEST(test_device_that_nobody_tells_of_barriers_judges_nothing),
    UNIT_TEST(test_index_that_makes_no_sense_is_left_to_the_device),
    UNIT_TEST(test_descriptor_that_is_written_behind_the_barrier_is_a_breach),
    UNIT_TEST(test_entry_that_is_written_behind_the_barrier_is_a_breach),
    UNIT_TEST(test_each_descriptor_of_a_chain_has_to_be_there),
    UNIT_TEST(test_indirect_table_has_to_be_there),
    UNIT_TEST(test_chain_that_is_added_to_those_behind_the_barrier_is_a_breach),
    UNIT_TEST(test_device_that_looks_first_finds_it_as_well),
    UNIT_TEST(test_driver_without_the_first_barrier_is_found_each_time),
    UNIT_TEST(test_driver_without_the_second_barrier_is_found_each_time),
    UNIT_TEST(test_driver_without_any_barrier_is_found_at_the_notification))
