/*
 * frame_store.h - the frames of a run, by the sequence number of their event
 *
 * The trace says that a frame passed; what it contained is kept here, so that filters can look at
 * it later.
 */
#ifndef HARNESS_RUN_FRAME_STORE_H
#define HARNESS_RUN_FRAME_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame_store;

struct frame_store *frame_store_new(void);
void frame_store_free(struct frame_store *store);

/* Copies a frame. Sequence numbers only grow. */
void frame_store_add(struct frame_store *store, uint64_t sequence, const uint8_t *frame,
                     size_t len);

/*
 * Borrows a frame until the next call that changes the store. False when there is none of this
 * number.
 */
bool frame_store_get(const struct frame_store *store, uint64_t sequence, const uint8_t **frame,
                     size_t *len);

/* Lets go of frames with smaller numbers; it may keep some of them. */
void frame_store_discard_before(struct frame_store *store, uint64_t sequence);

#endif
