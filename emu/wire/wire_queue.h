/*
 * wire_queue.h - frames in flight
 *
 * A frame on a cable is a flight: a buffer and where and when it arrives. Flights leave the queue
 * ordered by their due time, those due at the same time in the order in which they were pushed.
 * Buffers are counted, so that a flooded frame exists once, and are used again, so that a wire in
 * its stride allocates nothing.
 */
#ifndef EMU_WIRE_WIRE_QUEUE_H
#define EMU_WIRE_WIRE_QUEUE_H

#include "emu/wire/wire.h"

/* Frames on all cables together: bounds memory, whatever a guest sends. */
#define WIRE_IN_FLIGHT_MAX 4096

struct wire_buffer;

struct wire_flight {
    uint64_t since_ns, due_ns;
    uint64_t order; /* set by wire_queue_push() */
    struct wire_port *port;
    enum wire_direction direction;
    struct wire_buffer *buffer;
    size_t len; /* at most that of the buffer, or WIRE_FRAME_MIN: a buffer is zeros up to there */
};

struct wire_queue;

struct wire_queue *wire_queue_new(void);
void wire_queue_free(struct wire_queue *queue);

/* A copy of the frame, held once. len <= WIRE_FRAME_MAX. */
struct wire_buffer *wire_buffer_new(struct wire_queue *queue, const uint8_t *frame, size_t len);
struct wire_buffer *wire_buffer_hold(struct wire_buffer *buffer);
void wire_buffer_release(struct wire_queue *queue, struct wire_buffer *buffer);
const uint8_t *wire_buffer_data(const struct wire_buffer *buffer);

bool wire_queue_is_full(const struct wire_queue *queue);
/* Takes the caller's hold on the buffer. The queue must not be full. */
void wire_queue_push(struct wire_queue *queue, const struct wire_flight *flight);
/* When the first flight is due, or VCLOCK_NEVER. */
uint64_t wire_queue_due_ns(const struct wire_queue *queue);
/* Gives the first flight, with its hold on the buffer. The queue must not be empty. */
struct wire_flight wire_queue_pop(struct wire_queue *queue);
/* To look at all of them, from 0 on, in no order that means anything. NULL at the end. */
const struct wire_flight *wire_queue_get(const struct wire_queue *queue, size_t index);

#endif
