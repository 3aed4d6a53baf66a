/*
 * trace.h - typed events with one sequence number
 *
 * Everything of interest that happens in a run is an event: a kind from trace_events.def, the
 * virtual time, a sequence number that orders all events of the run, and the kind's fields.
 * Expectations, diagnosis, the timeline and the event log read nothing else. An event costs a copy
 * of its fields; text is made only when somebody asks.
 *
 *     trace_emit(trace, TRACE_VQ_USED, TS(queue->name), TN(head), TN(len), TN(used_index));
 *
 * Strings in fields are not copied: they are literals, or come from trace_intern() or trace_copy().
 */
#ifndef EMU_CORE_TRACE_H
#define EMU_CORE_TRACE_H

#include "emu/core/vclock.h"

#include <glib.h>

#define TRACE_FIELDS_MAX 11
#define TRACE_NO_CPU     0

enum trace_kind {
#define TRACE_EVENT(constant, ...) TRACE_##constant,
#include "emu/core/trace_events.def"
#undef TRACE_EVENT
    TRACE_KIND_COUNT,
};

enum trace_field_type {
    TRACE_FIELD_NUM, /* shown in decimal; may be negative, as an int64_t */
    TRACE_FIELD_HEX,
    TRACE_FIELD_STR,
};

struct trace_field_info {
    enum trace_field_type type;
    const char *name;
    const char *meaning;
};

struct trace_kind_info {
    const char *name;
    const char *meaning;
    unsigned field_count;
    struct trace_field_info fields[TRACE_FIELDS_MAX];
};

union trace_value {
    uint64_t number;
    const char *string;
};

struct trace_event {
    uint64_t sequence; /* from 1, without gaps */
    uint64_t time_ns;
    enum trace_kind kind;
    uint8_t
        cpu; /* on whose behalf, counted from 1; TRACE_NO_CPU: a device's, or only one is there */
    union trace_value fields[TRACE_FIELDS_MAX];
};

/* A field on its way into trace_emit(); the type is checked against the table. */
struct trace_argument {
    bool is_string;
    union trace_value value;
};
#define TN(n) ((struct trace_argument){.is_string = false, .value.number = (uint64_t)(n)})
#define TS(s) ((struct trace_argument){.is_string = true, .value.string = (s)})

struct trace;

/* Borrows the clock for its whole life. */
struct trace *trace_new(const struct vclock *clock);
void trace_free(struct trace *trace);

/*
 * Where to read, at each event, which CPU it is made for, counted from 1; NULL: all are for
 * TRACE_NO_CPU. In text the CPU comes last, as if it were a field, cpu=1, unless the kind has one
 * that is called so.
 */
void trace_set_cpu(struct trace *trace, const unsigned *cpu);

/*
 * Emits an event and returns its sequence number. Number and types of the arguments must be those
 * of the table.
 */
#define trace_emit(trace, kind, ...)                                                               \
    trace_emit_arguments((trace), (kind), (const struct trace_argument[]){__VA_ARGS__},            \
                         sizeof((const struct trace_argument[]){__VA_ARGS__}) /                    \
                             sizeof(struct trace_argument))
uint64_t trace_emit_plain(struct trace *trace, enum trace_kind kind); /* a kind without fields */
uint64_t trace_emit_arguments(struct trace *trace, enum trace_kind kind,
                              const struct trace_argument *arguments, size_t count);

/*
 * A string that lives as long as the trace: one copy of each text, or a copy a call (for text that
 * hardly repeats). In the latter a NUL byte becomes U+2400, its symbol.
 */
const char *trace_intern(struct trace *trace, const char *string);
const char *trace_copy(struct trace *trace, const char *text, size_t size);

/*
 * Listeners are called for the events of their kinds, observers for each event; both from inside
 * trace_emit(), the listeners first, each in the order in which they were added. They may record
 * and arm clock events, and must not emit, touch a device or switch context.
 */
typedef void trace_observer_fn(void *opaque, const struct trace_event *event);
struct trace_listener {
    enum trace_kind kind;
    trace_observer_fn *fn;
};
void trace_listen(struct trace *trace, const struct trace_listener *table, size_t count,
                  void *opaque);
void trace_add_observer(struct trace *trace, trace_observer_fn *fn, void *opaque);
/* From now on nobody is called any more; not from inside one of them. */
void trace_silence(struct trace *trace);
/* The sequence number of the event that they are being called for; 0: none. */
uint64_t trace_telling(const struct trace *trace);

/*
 * The history. trace_last() is the newest sequence number (0: none yet), trace_first() the oldest
 * that is still kept; trace_get() borrows an event in between, until the next emission.
 * trace_discard_before() lets go of older ones; it may keep some of them.
 */
uint64_t trace_first(const struct trace *trace);
uint64_t trace_last(const struct trace *trace);
const struct trace_event *trace_get(const struct trace *trace, uint64_t sequence);
void trace_discard_before(struct trace *trace, uint64_t sequence);

/* The table. Lookup by name: TRACE_KIND_COUNT, or -1, when there is no such thing. */
const struct trace_kind_info *trace_kind_info(enum trace_kind kind);
enum trace_kind trace_kind_by_name(const char *name);
int trace_field_by_name(enum trace_kind kind, const char *field);

/*
 * Appends `vq.used queue=eth0.rx head=3 len=60 used=4`. Strings with blanks, quotes or control
 * characters are quoted.
 */
void trace_format_fields(GString *out, const struct trace_event *event);
/* Appends the line of the event log, without newline: `1.000140002 #57 vq.used queue=…`. */
void trace_format_line(GString *out, const struct trace_event *event);
/* Appends a time as the clock shows it: seconds with nine decimals. */
void trace_format_time(GString *out, uint64_t time_ns);

#endif
