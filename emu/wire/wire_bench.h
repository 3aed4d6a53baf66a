/*
 * wire_bench.h - for the tests of this folder: a wire with ports that remember what they got
 */
#ifndef EMU_WIRE_WIRE_BENCH_H
#define EMU_WIRE_WIRE_BENCH_H

#include "emu/wire/wire.h"

#include <string.h>

struct bench_arrival {
    const char *port;
    uint64_t time_ns;
    size_t len;
    uint8_t *data;
};

struct bench {
    struct vclock *clock;
    struct trace *trace;
    struct wire *wire;
    GArray *arrivals; /* struct bench_arrival, of all ports, in order */
    GPtrArray *ports; /* struct bench_port */
};

struct bench_port {
    struct bench *bench;
    struct wire_port *port;
    /* Sent back for each frame that arrives, from inside the receive function. */
    const uint8_t *answer;
    size_t answer_len;
};

static inline void bench_receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct bench_port *self = opaque;
    struct bench_arrival arrival = {
        .port = wire_port_name(self->port),
        .time_ns = vclock_now_ns(self->bench->clock),
        .len = len,
        .data = g_memdup2(frame, len),
    };
    g_array_append_val(self->bench->arrivals, arrival);
    if (self->answer != NULL) {
        wire_port_send(self->port, self->answer, self->answer_len);
    }
}

static inline void bench_setup(struct bench *bench)
{
    bench->clock = vclock_new();
    bench->trace = trace_new(bench->clock);
    bench->wire = wire_new(bench->clock, bench->trace);
    bench->arrivals = g_array_new(FALSE, FALSE, sizeof(struct bench_arrival));
    bench->ports = g_ptr_array_new_with_free_func(g_free);
}

static inline void bench_forget(struct bench *bench)
{
    for (guint i = 0; i < bench->arrivals->len; i++) {
        g_free(g_array_index(bench->arrivals, struct bench_arrival, i).data);
    }
    g_array_set_size(bench->arrivals, 0);
}

static inline void bench_teardown(struct bench *bench)
{
    wire_free(bench->wire);
    trace_free(bench->trace);
    vclock_free(bench->clock);
    bench_forget(bench);
    g_array_free(bench->arrivals, TRUE);
    g_ptr_array_free(bench->ports, TRUE);
}

static inline struct bench_port *bench_add_port(struct bench *bench, const char *name, bool pads)
{
    struct bench_port *port = g_new0(struct bench_port, 1);
    port->bench = bench;
    port->port = wire_add_port(bench->wire, name, pads, bench_receive, port);
    g_ptr_array_add(bench->ports, port);
    return port;
}

/* Until nothing can happen any more but housekeeping. */
static inline void bench_run(struct bench *bench)
{
    while (!vclock_is_quiescent(bench->clock)) {
        vclock_run_next(bench->clock);
    }
}

static inline const struct bench_arrival *bench_arrival(const struct bench *bench, guint index)
{
    g_assert(index < bench->arrivals->len);
    return &g_array_index(bench->arrivals, struct bench_arrival, index);
}

/* "b c": the ports at which frames arrived, in order. */
static inline const char *bench_order(const struct bench *bench)
{
    static char text[512];
    text[0] = '\0';
    for (guint i = 0; i < bench->arrivals->len; i++) {
        g_strlcat(text, i > 0 ? " " : "", sizeof(text));
        g_strlcat(text, bench_arrival(bench, i)->port, sizeof(text));
    }
    return text;
}

static inline unsigned bench_count_events(const struct bench *bench, enum trace_kind kind)
{
    unsigned count = 0;
    for (uint64_t i = trace_first(bench->trace); i <= trace_last(bench->trace); i++) {
        count += trace_get(bench->trace, i)->kind == kind ? 1 : 0;
    }
    return count;
}

/* The newest event as text, without time: `frame.dropped port=a …`; empty when there is none. */
static inline const char *bench_last_event(const struct bench *bench)
{
    static char text[512];
    text[0] = '\0';
    if (trace_last(bench->trace) != 0) {
        GString *line = g_string_new(NULL);
        trace_format_fields(line, trace_get(bench->trace, trace_last(bench->trace)));
        g_strlcpy(text, line->str, sizeof(text));
        g_string_free(line, TRUE);
    }
    return text;
}

/*
 * A frame of `len` bytes between stations 02:00:00:00:00:XX (0xff: broadcast), its payload counting
 * up from `first`.
 */
static inline const uint8_t *bench_frame(uint8_t to, uint8_t from, size_t len, uint8_t first)
{
    static uint8_t frame[WIRE_FRAME_MAX + 1];
    g_assert(len <= sizeof(frame));
    for (size_t i = 0; i < len; i++) {
        frame[i] = (uint8_t)(first + i);
    }
    const uint8_t head[14] = {2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 0x88, 0xb5};
    memcpy(frame, head, MIN(len, sizeof(head)));
    if (to == 0xff) {
        memset(frame, 0xff, 6);
    }
    return frame;
}

static inline void bench_send(struct bench_port *port, uint8_t to, uint8_t from, size_t len)
{
    wire_port_send(port->port, bench_frame(to, from, len, 0), len);
}

#endif
