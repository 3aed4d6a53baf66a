/*
 * wire.c - an Ethernet segment
 *
 * Two cables lie between any two owners, one on either side of the switch, so a frame takes 2 ×
 * WIRE_LATENCY_NS:
 *
 *     owner → stages → cable → frame.out, taps → switch → padding → stages → cable → frame.in, taps
 *     → owner
 *
 * All cables share one queue of frames in flight and one event, of class MACHINE. Ports have a
 * number, the order in which they were added; flooding follows it, and ties in time follow the
 * order of sending, so the order of all frames is a function of what was sent when.
 *
 * What the switch does not do: no ageing, no spanning tree (frames to 01:80:c2:00:00:0x are flooded
 * as any group address), no VLANs, no link speed: a long frame is as fast as a short one.
 */
#include "emu/wire/wire.h"

#include "emu/wire/wire_queue.h"
#include "emu/wire/wire_stage.h"
#include "emu/wire/wire_stations.h"

#include <string.h>

#define ETHERNET_HEADER_SIZE 14
#define TAPS_MAX             8 /* on one port */

struct wire_stage {
    const struct wire_stage_ops *ops;
    void *opaque;
    struct wire_port *port;
    unsigned index; /* in the port's chain, from the owner's end */
};

struct wire_port {
    struct wire *wire;
    const char *name; /* interned in the trace */
    bool pads;
    wire_receive_fn *receive;
    void *opaque;
    bool link_down;
    uint64_t dropped;
    unsigned tap_count;
    struct {
        wire_tap_fn *fn;
        void *opaque;
    } taps[TAPS_MAX];
    unsigned stage_count;
    struct wire_stage *stages[WIRE_STAGES_MAX];
};

struct wire {
    struct vclock *clock;
    struct trace *trace;
    struct vevent arrival; /* armed for the first frame in flight */
    uint64_t arrival_ns;   /* for when, while it is armed */
    bool delivering;       /* arrival is running, and arms itself again at its end */
    struct wire_queue *queue;
    struct wire_buffer *passing; /* what the switch sends through stages now, or NULL */
    struct wire_stations stations;
    unsigned port_count;
    struct wire_port *ports[WIRE_PORTS_MAX];
    wire_tap_fn *drop_tap; /* may be NULL */
    void *drop_tap_opaque;
};

static const char *wire_direction_name(enum wire_direction direction)
{
    return direction == WIRE_OUT ? "out" : "in";
}

void wire_port_drop(struct wire_port *port, enum wire_direction direction, const char *why,
                    const uint8_t *frame, size_t len)
{
    struct wire *wire = port->wire;
    port->dropped++;
    uint64_t sequence =
        trace_emit(wire->trace, TRACE_FRAME_DROPPED, TS(port->name),
                   TS(wire_direction_name(direction)), TS(trace_intern(wire->trace, why)), TN(len));
    if (wire->drop_tap != NULL) {
        wire->drop_tap(wire->drop_tap_opaque, direction, sequence, frame, len);
    }
}

void wire_set_drop_tap(struct wire *wire, wire_tap_fn *fn, void *opaque)
{
    wire->drop_tap = fn;
    wire->drop_tap_opaque = opaque;
}

void wire_port_set_link(struct wire_port *port, bool up)
{
    port->link_down = !up;
}

static void wire_arm(struct wire *wire)
{
    uint64_t due_ns = wire_queue_due_ns(wire->queue);
    if (due_ns != VCLOCK_NEVER && (!vevent_is_armed(&wire->arrival) || due_ns < wire->arrival_ns)) {
        wire->arrival_ns = due_ns;
        vclock_arm(wire->clock, &wire->arrival, due_ns);
    }
}

/* Puts a frame on the cable of a port. Takes the hold on the buffer. */
static void wire_cable_send(struct wire_port *port, enum wire_direction direction,
                            struct wire_buffer *buffer, size_t len, uint64_t delay_ns)
{
    struct wire *wire = port->wire;
    if (wire_queue_is_full(wire->queue)) {
        wire_port_drop(port, direction, "too many frames on the wire", wire_buffer_data(buffer),
                       len);
        wire_buffer_release(wire->queue, buffer);
        return;
    }
    wire_queue_push(wire->queue,
                    &(struct wire_flight){
                        .since_ns = vclock_now_ns(wire->clock),
                        .due_ns = vclock_now_ns(wire->clock) + WIRE_LATENCY_NS + delay_ns,
                        .port = port,
                        .direction = direction,
                        .buffer = buffer,
                        .len = len,
                    });
    if (!wire->delivering) {
        wire_arm(wire);
    }
}

struct wire_stage *wire_port_add_stage(struct wire_port *port, const struct wire_stage_ops *ops,
                                       void *opaque)
{
    g_assert(port->stage_count < WIRE_STAGES_MAX);
    g_assert(ops != NULL && ops->pass != NULL);
    struct wire_stage *stage = g_new0(struct wire_stage, 1);
    stage->ops = ops;
    stage->opaque = opaque;
    stage->port = port;
    stage->index = port->stage_count;
    port->stages[port->stage_count++] = stage;
    return stage;
}

struct wire_port *wire_stage_port(const struct wire_stage *stage)
{
    return stage->port;
}

void wire_stage_next(struct wire_stage *stage, enum wire_direction direction,
                     const struct wire_frame *frame)
{
    struct wire_port *port = stage->port;
    struct wire_stage *next = NULL;
    if (direction == WIRE_OUT && stage->index + 1 < port->stage_count) {
        next = port->stages[stage->index + 1];
    } else if (direction == WIRE_IN && stage->index > 0) {
        next = port->stages[stage->index - 1];
    }
    if (next != NULL) {
        next->ops->pass(next->opaque, next, direction, frame);
        return;
    }
    struct wire *wire = port->wire;
    /* A frame that no stage changed is the switch's own: it need not be copied. */
    bool unchanged = wire->passing != NULL && frame->data == wire_buffer_data(wire->passing);
    struct wire_buffer *buffer = unchanged ? wire_buffer_hold(wire->passing)
                                           : wire_buffer_new(wire->queue, frame->data, frame->len);
    wire_cable_send(port, direction, buffer, frame->len, frame->delay_ns);
}

/* Sends a frame through the stages, of which there is at least one. */
static void wire_stages_enter(struct wire_port *port, enum wire_direction direction,
                              const uint8_t *data, size_t len)
{
    g_assert(port->stage_count > 0);
    struct wire_stage *first = port->stages[direction == WIRE_OUT ? 0 : port->stage_count - 1];
    first->ops->pass(first->opaque, first, direction,
                     &(struct wire_frame){.data = data, .len = len, .delay_ns = 0});
}

/* False: its length makes it none, and it was dropped. */
static bool wire_check_length(struct wire_port *port, enum wire_direction direction,
                              const uint8_t *frame, size_t len)
{
    if (len < ETHERNET_HEADER_SIZE) {
        wire_port_drop(port, direction, "shorter than an Ethernet header", frame, len);
    } else if (len > WIRE_FRAME_MAX) {
        wire_port_drop(port, direction, "longer than a frame can be", frame, len);
    } else {
        return true;
    }
    return false;
}

void wire_port_send(struct wire_port *port, const uint8_t *frame, size_t len)
{
    if (!wire_check_length(port, WIRE_OUT, frame, len)) {
        return;
    }
    if (port->link_down) {
        wire_port_drop(port, WIRE_OUT, WIRE_LINK_DOWN, frame, len);
        return;
    }
    if (port->stage_count > 0) {
        wire_stages_enter(port, WIRE_OUT, frame, len);
    } else {
        struct wire_buffer *buffer = wire_buffer_new(port->wire->queue, frame, len);
        wire_cable_send(port, WIRE_OUT, buffer, len, 0);
    }
}

/* From the switch toward a port's owner. Does not take the hold on the buffer. */
static void wire_switch_emit(struct wire_port *port, struct wire_buffer *buffer, size_t len)
{
    /* [802.3] 3.2.8: a MAC pads what it sends to the minimum. The buffer holds zeros there. */
    if (port->pads && len < WIRE_FRAME_MIN) {
        len = WIRE_FRAME_MIN;
    }
    if (port->stage_count > 0) {
        port->wire->passing = buffer;
        wire_stages_enter(port, WIRE_IN, wire_buffer_data(buffer), len);
        port->wire->passing = NULL;
    } else {
        wire_cable_send(port, WIRE_IN, wire_buffer_hold(buffer), len, 0);
    }
}

void wire_port_deliver(struct wire_port *port, const uint8_t *frame, size_t len)
{
    if (wire_check_length(port, WIRE_IN, frame, len)) {
        struct wire_buffer *buffer = wire_buffer_new(port->wire->queue, frame, len);
        wire_switch_emit(port, buffer, len);
        wire_buffer_release(port->wire->queue, buffer);
    }
}

static void wire_switch_forward(struct wire_port *from, struct wire_buffer *buffer, size_t len)
{
    struct wire *wire = from->wire;
    const uint8_t *destination = wire_buffer_data(buffer);
    wire_stations_learn(&wire->stations, destination + 6, from);
    struct wire_port *to = wire_stations_find(&wire->stations, destination);
    if (to == from) {
        wire_port_drop(from, WIRE_OUT, "the destination is on the sender's own port", destination,
                       len);
    } else if (to != NULL) {
        wire_switch_emit(to, buffer, len);
    } else {
        for (unsigned i = 0; i < wire->port_count; i++) {
            if (wire->ports[i] != from) {
                wire_switch_emit(wire->ports[i], buffer, len);
            }
        }
    }
}

static void wire_port_tell_taps(struct wire_port *port, enum wire_direction direction,
                                const uint8_t *frame, size_t len)
{
    if (port->tap_count == 0) {
        return;
    }
    enum trace_kind kind = direction == WIRE_OUT ? TRACE_FRAME_OUT : TRACE_FRAME_IN;
    uint64_t sequence = trace_emit(port->wire->trace, kind, TS(port->name), TN(len));
    for (unsigned i = 0; i < port->tap_count; i++) {
        port->taps[i].fn(port->taps[i].opaque, direction, sequence, frame, len);
    }
}

static void wire_arrive(const struct wire_flight *flight)
{
    struct wire_port *port = flight->port;
    const uint8_t *frame = wire_buffer_data(flight->buffer);
    if (flight->direction == WIRE_OUT && flight->len < ETHERNET_HEADER_SIZE) {
        /* A stage cut it: there is no address to go by. */
        wire_port_drop(port, WIRE_OUT, "shorter than an Ethernet header", frame, flight->len);
        return;
    }
    if (flight->direction == WIRE_IN && port->link_down) {
        wire_port_drop(port, WIRE_IN, WIRE_LINK_DOWN, frame, flight->len);
        return;
    }
    wire_port_tell_taps(port, flight->direction, frame, flight->len);
    if (flight->direction == WIRE_OUT) {
        wire_switch_forward(port, flight->buffer, flight->len);
    } else {
        port->receive(port->opaque, frame, flight->len);
    }
}

/* Everything that arrives at this time. What is sent meanwhile arrives later, so the loop ends. */
static void wire_deliver(void *opaque)
{
    struct wire *wire = opaque;
    uint64_t now_ns = vclock_now_ns(wire->clock);
    wire->delivering = true;
    while (wire_queue_due_ns(wire->queue) <= now_ns) {
        struct wire_flight flight = wire_queue_pop(wire->queue);
        wire_arrive(&flight);
        wire_buffer_release(wire->queue, flight.buffer);
    }
    wire->delivering = false;
    wire_arm(wire);
}

void wire_visit_passages(const struct wire *wire, wire_passage_fn *fn, void *opaque)
{
    const struct wire_flight *flight;
    for (size_t i = 0; (flight = wire_queue_get(wire->queue, i)) != NULL; i++) {
        const struct wire_passage passage = {
            .port = flight->port,
            .direction = flight->direction,
            .since_ns = flight->since_ns,
            .due_ns = flight->due_ns,
            .frame = wire_buffer_data(flight->buffer),
            .len = flight->len,
        };
        fn(opaque, &passage);
    }
}

struct wire *wire_new(struct vclock *clock, struct trace *trace)
{
    struct wire *wire = g_new0(struct wire, 1);
    wire->clock = clock;
    wire->trace = trace;
    wire->queue = wire_queue_new();
    vevent_init(&wire->arrival, VEVENT_MACHINE, "wire.arrival", wire_deliver, wire);
    return wire;
}

void wire_free(struct wire *wire)
{
    if (wire == NULL) {
        return;
    }
    vclock_disarm(wire->clock, &wire->arrival);
    wire_queue_free(wire->queue);
    for (unsigned i = 0; i < wire->port_count; i++) {
        for (unsigned s = 0; s < wire->ports[i]->stage_count; s++) {
            g_free(wire->ports[i]->stages[s]);
        }
        g_free(wire->ports[i]);
    }
    g_free(wire);
}

struct wire_port *wire_add_port(struct wire *wire, const char *name, bool pads,
                                wire_receive_fn *receive, void *opaque)
{
    g_assert(wire->port_count < WIRE_PORTS_MAX);
    g_assert(wire_port_by_name(wire, name) == NULL);
    g_assert(receive != NULL);
    struct wire_port *port = g_new0(struct wire_port, 1);
    port->wire = wire;
    port->name = trace_intern(wire->trace, name);
    port->pads = pads;
    port->receive = receive;
    port->opaque = opaque;
    wire->ports[wire->port_count++] = port;
    return port;
}

struct wire_port *wire_port_by_name(const struct wire *wire, const char *name)
{
    for (unsigned i = 0; i < wire->port_count; i++) {
        if (strcmp(wire->ports[i]->name, name) == 0) {
            return wire->ports[i];
        }
    }
    return NULL;
}

const char *wire_port_name(const struct wire_port *port)
{
    return port->name;
}

uint64_t wire_port_dropped(const struct wire_port *port)
{
    return port->dropped;
}

void wire_port_add_tap(struct wire_port *port, wire_tap_fn *fn, void *opaque)
{
    g_assert(port->tap_count < TAPS_MAX);
    g_assert(fn != NULL);
    port->taps[port->tap_count].fn = fn;
    port->taps[port->tap_count].opaque = opaque;
    port->tap_count++;
}
