/*
 * wire_stage.h - stages: middleware on a port of the wire
 *
 * A stage stands between a port's owner and the switch and sees every frame in either direction,
 * where it enters the cable. It lets a frame on by wire_stage_next(): unchanged, changed, later,
 * twice, or not at all. Faults are stages; the owner, the switch and the guest know nothing of
 * them.
 *
 * Stages form a chain. The first that was added stands next to the owner: frames on their way out
 * meet the stages in the order in which they were added, frames on their way in meet them in the
 * opposite order. After the last one the frame is on the cable, and arrives WIRE_LATENCY_NS plus
 * its delay later.
 */
#ifndef EMU_WIRE_WIRE_STAGE_H
#define EMU_WIRE_WIRE_STAGE_H

#include "emu/wire/wire.h"

#define WIRE_STAGES_MAX 16 /* on one port */

/* A frame on its way through the stages. */
struct wire_frame {
    /* Borrowed: a stage that keeps it copies it, a stage that changes it changes a copy. */
    const uint8_t *data;
    size_t len;
    uint64_t delay_ns; /* what the cable adds to its latency for this frame */
};

struct wire_stage;

struct wire_stage_ops {
    /*
     * Runs in the context of whoever sends: calls wire_stage_next() for what passes, now or from an
     * event of its own later, and wire_port_drop() for what does not.
     */
    void (*pass)(void *opaque, struct wire_stage *stage, enum wire_direction direction,
                 const struct wire_frame *frame);
};

/* Adds a stage, nearest to the switch. Keeps ops and opaque; the stage belongs to the port. */
struct wire_stage *wire_port_add_stage(struct wire_port *port, const struct wire_stage_ops *ops,
                                       void *opaque);
struct wire_port *wire_stage_port(const struct wire_stage *stage);

/* Hands a frame to the next stage in this direction, or to the cable. Borrows it. */
void wire_stage_next(struct wire_stage *stage, enum wire_direction direction,
                     const struct wire_frame *frame);

#endif
