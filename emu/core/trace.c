/*
 * trace.c - the history of events, its observers and its strings
 *
 * Events lie in blocks of a fixed number, in order, so that a sequence number says where its event
 * is and the oldest are let go a block at a time. Emitting copies the fields and nothing else; a
 * block that was let go is kept for the next one.
 */
#include "emu/core/trace.h"

#include <assert.h>
#include <string.h>

#define TRACE_BLOCK_EVENTS  512
#define TRACE_LISTENERS_MAX 8              /* of one kind */
#define TRACE_NUL_SYMBOL    "\xe2\x90\x80" /* U+2400: what a NUL byte is shown as */

struct trace_block {
    struct trace_event events[TRACE_BLOCK_EVENTS];
};

struct trace_observer {
    trace_observer_fn *fn;
    void *opaque;
};

struct trace_listeners {
    unsigned count;
    struct trace_observer at[TRACE_LISTENERS_MAX];
};

static_assert(TRACE_FIELDS_MAX <= 16, "a bit a field");

/* What trace_emit() has to be given for a kind. */
struct trace_shape {
    uint8_t count;    /* of fields */
    uint16_t strings; /* a bit a field */
};

struct trace {
    struct trace_shape shapes[TRACE_KIND_COUNT];
    const struct vclock *clock;
    const unsigned *cpu;   /* NULL: none */
    uint64_t last;         /* the newest sequence number */
    uint64_t blocks_freed; /* the number of blocks before blocks[0] */
    GPtrArray *blocks;
    struct trace_block *newest; /* the last of the blocks */
    struct trace_block *spare;  /* NULL: none */
    struct trace_listeners listeners[TRACE_KIND_COUNT];
    struct trace_listeners observers; /* of every kind */
    GStringChunk *strings;
    bool is_telling; /* observers are being called */
};

static void trace_learn_shapes(struct trace *trace)
{
    for (unsigned kind = 0; kind < TRACE_KIND_COUNT; kind++) {
        const struct trace_kind_info *info = trace_kind_info(kind);
        struct trace_shape *shape = &trace->shapes[kind];
        shape->count = (uint8_t)info->field_count;
        for (unsigned i = 0; i < info->field_count; i++) {
            shape->strings |= (uint16_t)((info->fields[i].type == TRACE_FIELD_STR) << i);
        }
    }
}

struct trace *trace_new(const struct vclock *clock)
{
    g_assert(clock != NULL);
    struct trace *trace = g_new0(struct trace, 1);
    trace_learn_shapes(trace);
    trace->clock = clock;
    trace->blocks = g_ptr_array_new_with_free_func(g_free);
    trace->strings = g_string_chunk_new(4096);
    return trace;
}

void trace_free(struct trace *trace)
{
    if (trace == NULL) {
        return;
    }
    g_ptr_array_free(trace->blocks, TRUE);
    g_free(trace->spare);
    g_string_chunk_free(trace->strings);
    g_free(trace);
}

void trace_set_cpu(struct trace *trace, const unsigned *cpu)
{
    trace->cpu = cpu;
}

static void trace_add_block(struct trace *trace)
{
    trace->newest = trace->spare != NULL ? trace->spare : g_new(struct trace_block, 1);
    trace->spare = NULL;
    g_ptr_array_add(trace->blocks, trace->newest);
}

static void trace_tell(const struct trace_listeners *listeners, const struct trace_event *event)
{
    for (unsigned i = 0; i < listeners->count; i++) {
        listeners->at[i].fn(listeners->at[i].opaque, event);
    }
}

uint64_t trace_emit_arguments(struct trace *trace, enum trace_kind kind,
                              const struct trace_argument *arguments, size_t count)
{
    g_assert((unsigned)kind < TRACE_KIND_COUNT);
    const struct trace_shape *shape = &trace->shapes[kind];
    g_assert(count == shape->count);
    g_assert(!trace->is_telling);
    size_t index = trace->last % TRACE_BLOCK_EVENTS;
    if (index == 0) {
        trace_add_block(trace);
    }
    struct trace_event *event = &trace->newest->events[index];
    event->sequence = ++trace->last;
    event->time_ns = vclock_now_ns(trace->clock);
    event->kind = kind;
    event->cpu = trace->cpu != NULL ? (uint8_t)*trace->cpu : TRACE_NO_CPU;
    memset(event->fields, 0, sizeof event->fields);
    unsigned strings = 0, missing = 0;
    for (size_t i = 0; i < count; i++) {
        event->fields[i] = arguments[i].value;
        strings |= (unsigned)arguments[i].is_string << i;
        missing |= arguments[i].is_string & (arguments[i].value.string == NULL);
    }
    g_assert(strings == shape->strings);
    g_assert(missing == 0);
    trace->is_telling = true;
    trace_tell(&trace->listeners[kind], event);
    trace_tell(&trace->observers, event);
    trace->is_telling = false;
    return event->sequence;
}

uint64_t trace_emit_plain(struct trace *trace, enum trace_kind kind)
{
    return trace_emit_arguments(trace, kind, NULL, 0);
}

const char *trace_intern(struct trace *trace, const char *string)
{
    g_assert(string != NULL);
    return g_string_chunk_insert_const(trace->strings, string);
}

const char *trace_copy(struct trace *trace, const char *text, size_t size)
{
    g_assert(size <= G_MAXSSIZE);
    if (size == 0) {
        return "";
    }
    if (memchr(text, '\0', size) == NULL) {
        return g_string_chunk_insert_len(trace->strings, text, (gssize)size);
    }
    g_autoptr(GString) shown = g_string_sized_new(size + sizeof(TRACE_NUL_SYMBOL));
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\0') {
            g_string_append(shown, TRACE_NUL_SYMBOL);
        } else {
            g_string_append_c(shown, text[i]);
        }
    }
    return g_string_chunk_insert_len(trace->strings, shown->str, (gssize)shown->len);
}

static void trace_add(struct trace *trace, struct trace_listeners *listeners, trace_observer_fn *fn,
                      void *opaque)
{
    g_assert(fn != NULL);
    g_assert(!trace->is_telling);
    g_assert(listeners->count < TRACE_LISTENERS_MAX);
    listeners->at[listeners->count++] = (struct trace_observer){.fn = fn, .opaque = opaque};
}

void trace_listen(struct trace *trace, const struct trace_listener *table, size_t count,
                  void *opaque)
{
    for (size_t i = 0; i < count; i++) {
        trace_add(trace, &trace->listeners[table[i].kind], table[i].fn, opaque);
    }
}

void trace_add_observer(struct trace *trace, trace_observer_fn *fn, void *opaque)
{
    trace_add(trace, &trace->observers, fn, opaque);
}

void trace_silence(struct trace *trace)
{
    g_assert(!trace->is_telling);
    memset(trace->listeners, 0, sizeof trace->listeners);
    trace->observers.count = 0;
}

uint64_t trace_telling(const struct trace *trace)
{
    return trace->is_telling ? trace->last : 0;
}

uint64_t trace_first(const struct trace *trace)
{
    return trace->blocks_freed * TRACE_BLOCK_EVENTS + 1;
}

uint64_t trace_last(const struct trace *trace)
{
    return trace->last;
}

const struct trace_event *trace_get(const struct trace *trace, uint64_t sequence)
{
    g_assert(sequence >= trace_first(trace));
    g_assert(sequence <= trace->last);
    uint64_t index = sequence - trace_first(trace);
    const struct trace_block *block = trace->blocks->pdata[index / TRACE_BLOCK_EVENTS];
    return &block->events[index % TRACE_BLOCK_EVENTS];
}

void trace_discard_before(struct trace *trace, uint64_t sequence)
{
    if (trace->blocks->len == 0 || sequence <= trace_first(trace)) {
        return;
    }
    /* The newest block stays: it is being filled. */
    uint64_t freed =
        MIN((sequence - trace_first(trace)) / TRACE_BLOCK_EVENTS, (uint64_t)trace->blocks->len - 1);
    if (freed == 0) {
        return;
    }
    if (trace->spare == NULL) {
        trace->spare = trace->blocks->pdata[0];
        trace->blocks->pdata[0] = NULL;
    }
    g_ptr_array_remove_range(trace->blocks, 0, (guint)freed);
    trace->blocks_freed += freed;
}
