/*
 * wire_fault.h - faults of a cable: a stage on a port
 *
 * Each fault looks at the frames of one or both directions that a predicate picks: these are its
 * occurrences. Faults are met in the order in which they were injected, and each sees what the
 * earlier ones made of the frame; what one of them drops or holds, those behind it do not
 * see.
 */
#ifndef EMU_WIRE_WIRE_FAULT_H
#define EMU_WIRE_WIRE_FAULT_H

#include "emu/core/fault.h"
#include "emu/wire/wire.h"

#define WIRE_FAULTS_MAX       16 /* at once on a cable */
#define WIRE_FAULT_CERTAIN    1000000
#define WIRE_FAULT_REORDER_NS UINT64_C(50000000)
#define WIRE_FAULT_HELD_MAX   64 /* frames that wait to be overtaken; more pass as they are */

enum wire_fault_kind {
    WIRE_FAULT_DROP,
    /*
     * `amount`: nanoseconds more on the cable; frames behind may overtake. And up to `jitter_ns`
     * more than that, by chance.
     */
    WIRE_FAULT_DELAY,
    WIRE_FAULT_DUPLICATE, /* two frames, at the same time */
    WIRE_FAULT_CORRUPT,   /* `amount`: the offset of a byte, all bits of which are inverted */
    WIRE_FAULT_TRUNCATE,  /* `amount`: bytes that are left */
    /*
     * `amount`: so many frames of its direction pass before it does; if they do not come, it passes
     * after WIRE_FAULT_REORDER_NS.
     */
    WIRE_FAULT_REORDER,
    /*
     * `amount`: bits a second, in each direction. Frames wait for their turn; those that would wait
     * behind more than `queue` bytes are dropped.
     */
    WIRE_FAULT_RATE,
    WIRE_FAULT_PARTITION, /* dropped, all of them, and neither side is told */
    WIRE_FAULT_KIND_COUNT,
};
const char *wire_fault_name(enum wire_fault_kind kind); /* "drop" */

/* Is the fault for frames like this one? Borrows the frame. */
typedef bool wire_fault_matches_fn(const void *opaque, const uint8_t *frame, size_t len);

struct wire_fault_spec {
    enum wire_fault_kind kind;
    bool in, out; /* directions */
    uint64_t amount;
    uint64_t jitter_ns;
    uint64_t queue;
    uint32_t chance_ppm; /* how likely a frame is an occurrence, in millionths; 0: certain */
    struct fault_which which;
    wire_fault_matches_fn *matches; /* NULL: every frame */
    const void *opaque;             /* kept */
};

struct wire_fault;

/* Adds the stage, nearest to the switch. Chance comes from the seed, a stream for each fault. */
struct wire_fault *wire_fault_new(struct wire_port *port, struct vclock *clock, struct trace *trace,
                                  uint64_t seed);
/* The wire must not be used any more, or be gone already; the clock is there. */
void wire_fault_free(struct wire_fault *stage);

/*
 * A frame that is too short for the byte to corrupt, or for a cut, is no occurrence. There must be
 * room.
 */
void wire_fault_inject(struct wire_fault *stage, const struct wire_fault_spec *spec);
/* How many faults may still be armed. */
unsigned wire_fault_room(const struct wire_fault *stage);

/* Ends all faults. Frames that were delayed stay on their way; those that were held pass now. */
void wire_fault_restore(struct wire_fault *stage);

#endif
