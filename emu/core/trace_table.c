/*
 * trace_table.c - the table of events, made from trace_events.def
 */
#include "emu/core/trace.h"
#include "emu/core/trace_doc.h"

#include <assert.h>
#include <string.h>

#define NUM(field, text)                                                                           \
    {                                                                                              \
        TRACE_FIELD_NUM, #field, text                                                              \
    }
#define HEX(field, text)                                                                           \
    {                                                                                              \
        TRACE_FIELD_HEX, #field, text                                                              \
    }
#define STR(field, text)                                                                           \
    {                                                                                              \
        TRACE_FIELD_STR, #field, text                                                              \
    }

#define TRACE_COUNT_FIELDS(...)                                                                    \
    (sizeof((struct trace_field_info[]){__VA_ARGS__}) / sizeof(struct trace_field_info))

#define TRACE_EVENT(constant, event_name, event_meaning, ...)                                      \
    static_assert(TRACE_COUNT_FIELDS(__VA_ARGS__) <= TRACE_FIELDS_MAX, event_name);
#include "emu/core/trace_events.def"
#undef TRACE_EVENT

static const struct trace_kind_info trace_kinds[TRACE_KIND_COUNT] = {
#define TRACE_EVENT(constant, event_name, event_meaning, ...)                                      \
    [TRACE_##constant] = {                                                                         \
        .name = event_name,                                                                        \
        .meaning = event_meaning,                                                                  \
        .field_count = (unsigned)TRACE_COUNT_FIELDS(__VA_ARGS__),                                  \
        .fields = {__VA_ARGS__},                                                                   \
    },
#include "emu/core/trace_events.def"
#undef TRACE_EVENT
};

/* The documentation in its order: a heading, or an event. */
struct trace_doc_entry {
    const char *heading; /* NULL: an event */
    enum trace_kind kind;
};

static const struct trace_doc_entry trace_doc_entries[] = {
#define TRACE_GROUP(title)         {.heading = (title)},
#define TRACE_EVENT(constant, ...) {.kind = TRACE_##constant},
#include "emu/core/trace_events.def"
#undef TRACE_EVENT
};

const struct trace_kind_info *trace_kind_info(enum trace_kind kind)
{
    g_assert((unsigned)kind < TRACE_KIND_COUNT);
    return &trace_kinds[kind];
}

enum trace_kind trace_kind_by_name(const char *name)
{
    unsigned kind = 0;
    while (kind < TRACE_KIND_COUNT && strcmp(trace_kinds[kind].name, name) != 0) {
        kind++;
    }
    return (enum trace_kind)kind;
}

int trace_field_by_name(enum trace_kind kind, const char *field)
{
    const struct trace_kind_info *info = trace_kind_info(kind);
    for (unsigned i = 0; i < info->field_count; i++) {
        if (strcmp(info->fields[i].name, field) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static const char *trace_field_type_name(enum trace_field_type type)
{
    switch (type) {
    case TRACE_FIELD_NUM:
        return "number";
    case TRACE_FIELD_HEX:
        return "hexadecimal";
    case TRACE_FIELD_STR:
        return "text";
    }
    g_assert_not_reached();
}

static void trace_write_kind(GString *out, const struct trace_kind_info *info)
{
    g_string_append_printf(out, "\n### `%s`\n\n%c%s.\n", info->name,
                           g_ascii_toupper(info->meaning[0]), info->meaning + 1);
    for (unsigned i = 0; i < info->field_count; i++) {
        const struct trace_field_info *field = &info->fields[i];
        g_string_append_printf(out, "%s- `%s` (%s): %s\n", i == 0 ? "\n" : "", field->name,
                               trace_field_type_name(field->type), field->meaning);
    }
}

void trace_write_table(GString *out)
{
    g_string_append(
        out,
        "# Events\n\n"
        "Everything of interest that happens in a run is an event. It has a virtual time in seconds, a sequence\n"
        "number that orders all events of the run, a name, and the fields listed here. The event log\n"
        "(`--events`) shows one in each line, such as\n"
        "`1.000140002 #57 vq.used queue=eth0.rx head=3 len=60 used=4`; a text that is not one plain word stands in\n"
        "quotes. Scenarios name events and fields as they stand here. This page is made from\n"
        "`emu/core/trace_events.def` by `build/dev/tests/trace_doc > docs/events.md`.\n");
    for (size_t i = 0; i < G_N_ELEMENTS(trace_doc_entries); i++) {
        const struct trace_doc_entry *entry = &trace_doc_entries[i];
        if (entry->heading != NULL) {
            g_string_append_printf(out, "\n## %s\n", entry->heading);
        } else {
            trace_write_kind(out, trace_kind_info(entry->kind));
        }
    }
}
