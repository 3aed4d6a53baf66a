/*
 * wire_queue_test.c - frames in flight: order, limits, and buffers that are used again
 */
#include "emu/wire/wire_queue.h"

#include "emu/core/prng.h"
#include "tests/unit.h"

#include <string.h>

static void queue_push(struct wire_queue *queue, uint64_t due_ns, size_t len)
{
    struct wire_buffer *buffer = wire_buffer_new(queue, (const uint8_t *)"frame", 5);
    wire_queue_push(queue, &(struct wire_flight){.due_ns = due_ns, .buffer = buffer, .len = len});
}

static size_t queue_pop(struct wire_queue *queue, uint64_t *due_ns)
{
    *due_ns = wire_queue_due_ns(queue);
    struct wire_flight flight = wire_queue_pop(queue);
    CU_ASSERT_EQUAL(flight.due_ns, *due_ns);
    wire_buffer_release(queue, flight.buffer);
    return flight.len;
}

static void test_empty_queue_is_never_due(void)
{
    struct wire_queue *queue = wire_queue_new();
    CU_ASSERT_EQUAL(wire_queue_due_ns(queue), VCLOCK_NEVER);
    CU_ASSERT_FALSE(wire_queue_is_full(queue));
    wire_queue_free(queue);
    wire_queue_free(NULL);
}

static void test_flights_leave_by_time_and_ties_by_pushing(void)
{
    struct wire_queue *queue = wire_queue_new();
    struct prng prng;
    prng_init(&prng, 1, "test");
    for (size_t i = 0; i < 1000; i++) {
        queue_push(queue, prng_below(&prng, 20), i);
    }
    uint64_t last_ns = 0;
    size_t last = 0;
    for (size_t i = 0; i < 1000; i++) {
        uint64_t due_ns;
        size_t index = queue_pop(queue, &due_ns);
        CU_ASSERT_TRUE(due_ns > last_ns || (due_ns == last_ns && (i == 0 || index > last)));
        last_ns = due_ns;
        last = index;
    }
    CU_ASSERT_EQUAL(wire_queue_due_ns(queue), VCLOCK_NEVER);
    wire_queue_free(queue);
}

static void test_queue_is_full_at_its_limit(void)
{
    struct wire_queue *queue = wire_queue_new();
    for (size_t i = 0; i < WIRE_IN_FLIGHT_MAX; i++) {
        CU_ASSERT_FALSE(wire_queue_is_full(queue));
        queue_push(queue, 5, i);
    }
    CU_ASSERT_TRUE(wire_queue_is_full(queue));
    uint64_t due_ns;
    CU_ASSERT_EQUAL(queue_pop(queue, &due_ns), 0);
    CU_ASSERT_FALSE(wire_queue_is_full(queue));
    wire_queue_free(queue); /* with all the rest in it */
}

static void test_buffers_are_used_again_when_the_last_hold_goes(void)
{
    struct wire_queue *queue = wire_queue_new();
    uint8_t bytes[WIRE_FRAME_MAX];
    memset(bytes, 7, sizeof(bytes));
    struct wire_buffer *small = wire_buffer_new(queue, bytes, 1514);
    struct wire_buffer *large = wire_buffer_new(queue, bytes, WIRE_FRAME_MAX);
    CU_ASSERT_PTR_EQUAL(wire_buffer_hold(small), small);
    wire_buffer_release(queue, small);
    struct wire_buffer *other = wire_buffer_new(queue, bytes, 60);
    CU_ASSERT_PTR_NOT_EQUAL(other, small);
    wire_buffer_release(queue, small);
    wire_buffer_release(queue, large);
    CU_ASSERT_PTR_EQUAL(wire_buffer_new(queue, bytes, 60), small);
    CU_ASSERT_PTR_EQUAL(wire_buffer_new(queue, bytes, 9000), large);
    wire_buffer_release(queue, small);
    wire_buffer_release(queue, large);
    wire_buffer_release(queue, other);
    wire_queue_free(queue);
}

static void test_short_frames_end_in_zeros_up_to_the_minimum(void)
{
    struct wire_queue *queue = wire_queue_new();
    uint8_t bytes[200];
    memset(bytes, 7, sizeof(bytes));
    wire_buffer_release(queue, wire_buffer_new(queue, bytes, sizeof(bytes)));
    struct wire_buffer *buffer = wire_buffer_new(queue, bytes, 14);
    const uint8_t *data = wire_buffer_data(buffer);
    CU_ASSERT_EQUAL(memcmp(data, bytes, 14), 0);
    for (size_t i = 14; i < WIRE_FRAME_MIN; i++) {
        CU_ASSERT_EQUAL(data[i], 0);
    }
    wire_buffer_release(queue, buffer);
    wire_queue_free(queue);
}

UNIT_SUITE("wire_queue", UNIT_TEST(test_empty_queue_is_never_due),
           UNIT_TEST(test_flights_leave_by_time_and_ties_by_pushing),
           UNIT_TEST(test_queue_is_full_at_its_limit),
           UNIT_TEST(test_buffers_are_used_again_when_the_last_hold_goes),
           UNIT_TEST(test_short_frames_end_in_zeros_up_to_the_minimum))
