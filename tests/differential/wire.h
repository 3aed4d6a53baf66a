/*
 * wire.h - what lies between both ends, and the time in which they live
 *
 * Carries packets and exchanges their two addresses. A conversation may put a fault in between,
 * which sees each segment of TCP before the other end does. Time is the machine's, since Linux has
 * no other: whoever waits does so in steps, in which both ends run.
 */
#ifndef DIFFERENTIAL_WIRE_H
#define DIFFERENTIAL_WIRE_H

#include "tests/differential/end.h"
#include "tests/differential/segment.h"

#define WIRE_MS UINT64_C(1000000)

/* From one end, on its way to the other. */
struct wire_packet {
    struct wire_packet *next;
    unsigned from; /* 0 or 1 */
    uint64_t due_ns;
    size_t size;
    uint8_t bytes[END_MTU];
};

enum wire_verdict {
    WIRE_PASS,
    WIRE_DROP,
    WIRE_HOLD, /* until wire_release() */
};

/*
 * What becomes of this packet. `segment`: what is in it, NULL when that is none of TCP. It may
 * alter the packet, and then has to seal it, and move `due_ns`.
 */
typedef enum wire_verdict wire_fault_fn(struct wire_packet *packet, const struct segment *segment);

/* Keeps both ends. */
void wire_open(struct end *a, struct end *b);
void wire_set_fault(wire_fault_fn *fault); /* NULL: none */
void wire_release(void);
/* Gives a packet of END_NEIGHBOUR's to an end, which nobody has sent. Not shown to the watch. */
void wire_forge(unsigned to, const uint8_t *packet, size_t size);

uint64_t wire_now_ns(void);
/*
 * Both ends run, and packets move. When nothing is to be done it waits up to so long. Returns
 * whether anything was, or is on its way.
 */
bool wire_step(int wait_ms);

#endif
