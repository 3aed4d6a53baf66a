/*
 * wire_fault.h - faults of a cable: a stage on a port
 *
 * Each fault looks at the frames of one or both directions that a predicate picks: these are its
 * occurrences. Faults are met in the order in which they were injected, and each sees what the
 * earlier ones made of the frame; what one of them drops, those behind it do not see.
 */
#ifndef EMU_WIRE_WIRE_FAULT_H
#define EMU_WIRE_WIRE_FAULT_H

#include "emu/core/fault.h"
#include "emu/wire/wire.h"

#define WIRE_FAULTS_MAX 16 /* at once on a cable */

enum wire_fault_kind {
    WIRE_FAULT_DROP,
    WIRE_FAULT_DELAY,     /* `amount`: nanoseconds more on the cable; frames behind may overtake */
    WIRE_FAULT_DUPLICATE, /* two frames, at the same time */
    WIRE_FAULT_CORRUPT,   /* `amount`: the offset of a byte, all bits of which are inverted */
    WIRE_FAULT_TRUNCATE,  /* `amount`: bytes that are left */
    WIRE_FAULT_KIND_COUNT,
};
const char *wire_fault_name(enum wire_fault_kind kind); /* "drop" */

/* Is the fault for frames like this one? Borrows the frame. */
typedef bool wire_fault_matches_fn(const void *opaque, const uint8_t *frame, size_t len);

struct wire_fault_spec {
    enum wire_fault_kind kind;
    bool in, out; /* directions */
    uint64_t amount;
    struct fault_which which;
    wire_fault_matches_fn *matches; /* NULL: every frame */
    const void *opaque;             /* kept */
};

struct wire_fault;

/* Adds the stage, nearest to the switch. */
struct wire_fault *wire_fault_new(struct wire_port *port, struct trace *trace);
/* The wire must not be used any more, or be gone already. */
void wire_fault_free(struct wire_fault *stage);

/*
 * A frame that is too short for the byte to corrupt, or for a cut, is no occurrence. There must be
 * room.
 */
void wire_fault_inject(struct wire_fault *stage, const struct wire_fault_spec *spec);
/* How many faults may still be armed. */
unsigned wire_fault_room(const struct wire_fault *stage);

/* Ends all faults. Frames that were delayed stay on their way. */
void wire_fault_restore(struct wire_fault *stage);

#endif
