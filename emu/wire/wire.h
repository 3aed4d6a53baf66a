/*
 * wire.h - an Ethernet segment
 *
 * A learning switch with ports. A port is one end of a cable: its owner sends into it and is called
 * back with what arrives. A frame crosses each cable in WIRE_LATENCY_NS, through the event queue,
 * so that nobody's receive function runs inside somebody's send. Frames are padded to 60 bytes
 * toward a port that asks for it (the guest's), as Ethernet hardware does.
 *
 * Between a port's owner and the switch stands a chain of stages (middleware): each sees every
 * frame in either direction and passes it on, or not. Taps (capture) look without touching.
 */
#ifndef EMU_WIRE_WIRE_H
#define EMU_WIRE_WIRE_H

#include "emu/core/trace.h"

#define WIRE_LATENCY_NS 1000
#define WIRE_FRAME_MIN  60 /* without FCS */
#define WIRE_FRAME_MAX  65550
#define WIRE_PORTS_MAX  64

enum wire_direction {
    WIRE_OUT, /* from the port's owner to the switch */
    WIRE_IN,  /* from the switch to the port's owner */
};

struct wire;
struct wire_port;

/* Runs from the event queue. Borrows the frame. */
typedef void wire_receive_fn(void *opaque, const uint8_t *frame, size_t len);
/* As above; `sequence` is that of the frame.in or frame.out event. */
typedef void wire_tap_fn(void *opaque, enum wire_direction direction, uint64_t sequence,
                         const uint8_t *frame, size_t len);

struct wire *wire_new(struct vclock *clock, struct trace *trace);
void wire_free(struct wire *wire);

/*
 * Adds a port. The name is copied into the trace. `pads`: what goes to the owner is padded to
 * WIRE_FRAME_MIN.
 */
struct wire_port *wire_add_port(struct wire *wire, const char *name, bool pads,
                                wire_receive_fn *receive, void *opaque);
struct wire_port *wire_port_by_name(const struct wire *wire, const char *name);
const char *wire_port_name(const struct wire_port *port);

/*
 * Sends a frame from the port's owner. Borrows it. Frames shorter than an Ethernet header or longer
 * than WIRE_FRAME_MAX are dropped by name.
 */
void wire_port_send(struct wire_port *port, const uint8_t *frame, size_t len);

/*
 * Puts a frame on the cable toward the port's owner, as if the switch had sent it: padding and
 * stages follow. Borrows it. Refuses lengths as wire_port_send() does.
 */
void wire_port_deliver(struct wire_port *port, const uint8_t *frame, size_t len);

/* Drops a frame for a reason: emits frame.dropped and counts. For stages and backends. */
void wire_port_drop(struct wire_port *port, enum wire_direction direction, const char *why,
                    const uint8_t *frame, size_t len);
uint64_t wire_port_dropped(const struct wire_port *port);

/*
 * Whether the cable of a port is plugged in, as it is at first. While it is not, frames that the
 * owner sends and frames that reach it are dropped for WIRE_LINK_DOWN.
 */
#define WIRE_LINK_DOWN "the link is down"
void wire_port_set_link(struct wire_port *port, bool up);

/*
 * A tapped port emits frame.out when a frame of the owner reaches the switch and frame.in when one
 * reaches the owner, and then calls the taps. Ports without a tap are silent.
 */
void wire_port_add_tap(struct wire_port *port, wire_tap_fn *fn, void *opaque);

/*
 * Called for each frame that the wire drops, on any port; `sequence` is that of its frame.dropped
 * event. One, or NULL.
 */
void wire_set_drop_tap(struct wire *wire, wire_tap_fn *fn, void *opaque);

/* A frame on the cable of a port: since when, and when it arrives. */
struct wire_passage {
    const struct wire_port *port;
    enum wire_direction direction;
    uint64_t since_ns, due_ns;
    const uint8_t *frame; /* borrowed */
    size_t len;
};
/* For reports: calls back for each frame on its way, in an order that only depends on the run. */
typedef void wire_passage_fn(void *opaque, const struct wire_passage *passage);
void wire_visit_passages(const struct wire *wire, wire_passage_fn *fn, void *opaque);

#endif
