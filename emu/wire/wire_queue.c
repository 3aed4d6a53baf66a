/*
 * wire_queue.c - frames in flight
 *
 * A binary heap over (due time, order): without delays every push lands at the end and the heap
 * behaves as a FIFO; with them a push costs a logarithm of the frames in flight. Buffers come in
 * two sizes, ordinary Ethernet frames and everything up to WIRE_FRAME_MAX, each with its list of
 * free ones.
 */
#include "emu/wire/wire_queue.h"

#include <stdalign.h>
#include <string.h>

#define BUFFER_SIZE_SMALL 1536
#define FLIGHTS_AT_FIRST  64

struct wire_buffer {
    struct wire_buffer *next_free;
    unsigned holds;
    bool large;
    alignas(8) uint8_t data[];
};

struct wire_queue {
    struct wire_flight *heap;
    size_t count, capacity;
    uint64_t orders;
    struct wire_buffer *free_small, *free_large;
};

struct wire_queue *wire_queue_new(void)
{
    struct wire_queue *queue = g_new0(struct wire_queue, 1);
    queue->capacity = FLIGHTS_AT_FIRST;
    queue->heap = g_new(struct wire_flight, queue->capacity);
    return queue;
}

static void wire_queue_free_buffers(struct wire_buffer *buffer)
{
    while (buffer != NULL) {
        struct wire_buffer *next = buffer->next_free;
        g_free(buffer);
        buffer = next;
    }
}

void wire_queue_free(struct wire_queue *queue)
{
    if (queue == NULL) {
        return;
    }
    for (size_t i = 0; i < queue->count; i++) {
        wire_buffer_release(queue, queue->heap[i].buffer);
    }
    wire_queue_free_buffers(queue->free_small);
    wire_queue_free_buffers(queue->free_large);
    g_free(queue->heap);
    g_free(queue);
}

struct wire_buffer *wire_buffer_new(struct wire_queue *queue, const uint8_t *frame, size_t len)
{
    g_assert(len <= WIRE_FRAME_MAX);
    bool large = len > BUFFER_SIZE_SMALL;
    struct wire_buffer **list = large ? &queue->free_large : &queue->free_small;
    struct wire_buffer *buffer = *list;
    if (buffer != NULL) {
        *list = buffer->next_free;
    } else {
        buffer = g_malloc(sizeof(*buffer) + (large ? WIRE_FRAME_MAX : BUFFER_SIZE_SMALL));
        buffer->large = large;
    }
    buffer->next_free = NULL;
    buffer->holds = 1;
    if (len > 0) {
        memcpy(buffer->data, frame, len);
    }
    if (len < WIRE_FRAME_MIN) {
        memset(buffer->data + len, 0, WIRE_FRAME_MIN - len);
    }
    return buffer;
}

struct wire_buffer *wire_buffer_hold(struct wire_buffer *buffer)
{
    g_assert(buffer->holds > 0);
    buffer->holds++;
    return buffer;
}

void wire_buffer_release(struct wire_queue *queue, struct wire_buffer *buffer)
{
    g_assert(buffer->holds > 0);
    buffer->holds--;
    if (buffer->holds == 0) {
        struct wire_buffer **list = buffer->large ? &queue->free_large : &queue->free_small;
        buffer->next_free = *list;
        *list = buffer;
    }
}

const uint8_t *wire_buffer_data(const struct wire_buffer *buffer)
{
    return buffer->data;
}

bool wire_queue_is_full(const struct wire_queue *queue)
{
    return queue->count >= WIRE_IN_FLIGHT_MAX;
}

static bool wire_flight_is_before(const struct wire_flight *a, const struct wire_flight *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

void wire_queue_push(struct wire_queue *queue, const struct wire_flight *flight)
{
    g_assert(!wire_queue_is_full(queue));
    if (queue->count == queue->capacity) {
        queue->capacity *= 2;
        queue->heap = g_renew(struct wire_flight, queue->heap, queue->capacity);
    }
    struct wire_flight pushed = *flight;
    pushed.order = ++queue->orders;
    size_t hole = queue->count++;
    while (hole > 0) {
        size_t parent = (hole - 1) / 2;
        if (!wire_flight_is_before(&pushed, &queue->heap[parent])) {
            break;
        }
        queue->heap[hole] = queue->heap[parent];
        hole = parent;
    }
    queue->heap[hole] = pushed;
}

uint64_t wire_queue_due_ns(const struct wire_queue *queue)
{
    return queue->count > 0 ? queue->heap[0].due_ns : VCLOCK_NEVER;
}

struct wire_flight wire_queue_pop(struct wire_queue *queue)
{
    g_assert(queue->count > 0);
    struct wire_flight first = queue->heap[0];
    struct wire_flight last = queue->heap[--queue->count];
    size_t hole = 0;
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child >= queue->count) {
            break;
        }
        if (child + 1 < queue->count &&
            wire_flight_is_before(&queue->heap[child + 1], &queue->heap[child])) {
            child++;
        }
        if (!wire_flight_is_before(&queue->heap[child], &last)) {
            break;
        }
        queue->heap[hole] = queue->heap[child];
        hole = child;
    }
    queue->heap[hole] = last;
    return first;
}

const struct wire_flight *wire_queue_get(const struct wire_queue *queue, size_t index)
{
    return index < queue->count ? &queue->heap[index] : NULL;
}
