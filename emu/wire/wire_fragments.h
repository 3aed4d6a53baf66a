/*
 * wire_fragments.h - datagrams that are longer than a frame, of who answers in front of libslirp
 *
 * [RFC791] 3.2. libslirp gets no fragments (wire_egress.c says why). What is answered without it
 * can be as long as IPv4 allows: it is put together here, and cut.
 */
#ifndef EMU_WIRE_WIRE_FRAGMENTS_H
#define EMU_WIRE_WIRE_FRAGMENTS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_FRAGMENTS_MTU     1500
#define WIRE_FRAGMENTS_MAX     8                           /* datagrams that are not whole */
#define WIRE_FRAGMENTS_LIFE_NS (UINT64_C(30) * 1000000000) /* of one, since its first fragment */

struct wire_fragments;

struct wire_fragments *wire_fragments_new(void);
void wire_fragments_free(struct wire_fragments *fragments);

/* Is it a part of a datagram to this address? Any bytes. */
bool wire_fragments_is(const uint8_t *frame, size_t len, uint32_t *destination);
/*
 * One that is. Gives the whole as a frame, without IPv4 options; NULL: more are to come, or it was
 * no good.
 */
GBytes *wire_fragments_take(struct wire_fragments *fragments, const uint8_t *frame, size_t len,
                            uint64_t now_ns);

/* A frame with an IPv4 header of 20 bytes leaves, in as many as it takes. */
typedef void wire_fragments_fn(void *opaque, const uint8_t *frame, size_t len);
void wire_fragments_cut(struct wire_fragments *fragments, const uint8_t *frame, size_t len,
                        wire_fragments_fn *send, void *opaque);

#endif
