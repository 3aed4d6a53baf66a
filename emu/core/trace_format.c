/*
 * trace_format.c - events as text
 *
 * The notation of the event log: key=value, text in quotes when it would not stand as one word.
 * What is printed is valid UTF-8 without control characters whatever a guest wrote, so that a log
 * can be shown on a terminal.
 */
#include "emu/core/trace.h"

#include <inttypes.h>
#include <string.h>

#define TRACE_NS_PER_S UINT64_C(1000000000)

static bool trace_is_word(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (!g_ascii_isgraph(*c) || *c == '"' || *c == '\\') {
            return false;
        }
    }
    return *text != '\0';
}

/*
 * Appends a character that is no plain ASCII, or an escape, and returns the number of bytes that it
 * took.
 */
static size_t trace_format_foreign(GString *out, const char *text)
{
    gunichar character = g_utf8_get_char_validated(text, -1);
    bool is_valid = character != (gunichar)-1 && character != (gunichar)-2;
    if (!is_valid || g_unichar_iscntrl(character)) {
        g_string_append_printf(out, "\\x%02x", (unsigned)(uint8_t)*text);
        return 1;
    }
    g_string_append_unichar(out, character);
    return (size_t)(g_utf8_next_char(text) - text);
}

static void trace_format_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *c = text; *c != '\0';) {
        static const char plain[] = "\"\\\n\r\t";
        static const char letters[] = "\"\\nrt";
        const char *special = strchr(plain, *c);
        if (special != NULL) {
            g_string_append_c(out, '\\');
            g_string_append_c(out, letters[special - plain]);
            c++;
        } else if (g_ascii_isprint(*c)) {
            g_string_append_c(out, *c);
            c++;
        } else {
            c += trace_format_foreign(out, c);
        }
    }
    g_string_append_c(out, '"');
}

static void trace_format_value(GString *out, enum trace_field_type type, union trace_value value)
{
    switch (type) {
    case TRACE_FIELD_NUM:
        g_string_append_printf(out, "%" PRId64, (int64_t)value.number);
        break;
    case TRACE_FIELD_HEX:
        g_string_append_printf(out, "0x%" PRIx64, value.number);
        break;
    case TRACE_FIELD_STR:
        if (trace_is_word(value.string)) {
            g_string_append(out, value.string);
        } else {
            trace_format_quoted(out, value.string);
        }
        break;
    }
}

void trace_format_fields(GString *out, const struct trace_event *event)
{
    const struct trace_kind_info *info = trace_kind_info(event->kind);
    g_string_append(out, info->name);
    for (unsigned i = 0; i < info->field_count; i++) {
        g_string_append_c(out, ' ');
        g_string_append(out, info->fields[i].name);
        g_string_append_c(out, '=');
        trace_format_value(out, info->fields[i].type, event->fields[i]);
    }
    if (event->cpu != TRACE_NO_CPU && trace_field_by_name(event->kind, "cpu") < 0) {
        g_string_append_printf(out, " cpu=%u", event->cpu - 1U);
    }
}

void trace_format_line(GString *out, const struct trace_event *event)
{
    trace_format_time(out, event->time_ns);
    g_string_append_printf(out, " #%" PRIu64 " ", event->sequence);
    trace_format_fields(out, event);
}

void trace_format_time(GString *out, uint64_t time_ns)
{
    g_string_append_printf(out, "%" PRIu64 ".%09" PRIu64, time_ns / TRACE_NS_PER_S,
                           time_ns % TRACE_NS_PER_S);
}
