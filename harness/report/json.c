/*
 * json.c - JSON lines, through json-glib
 *
 * Names of files may be any bytes; JSON is UTF-8, so that they are shown as in all reports.
 */
#include "harness/report/json.h"

#include <json-glib/json-glib.h>

static void json_add_string(JsonBuilder *builder, const char *key, const char *value)
{
    json_builder_set_member_name(builder, key);
    if (value == NULL) {
        json_builder_add_null_value(builder);
        return;
    }
    g_autofree char *text = run_result_printable_text(value);
    json_builder_add_string_value(builder, text);
}

static void json_add_number(JsonBuilder *builder, const char *key, uint64_t value)
{
    json_builder_set_member_name(builder, key);
    json_builder_add_int_value(builder, (gint64)value);
}

/* A line or column: 0 is none. */
static void json_add_place(JsonBuilder *builder, unsigned line, unsigned column)
{
    static const char *const keys[] = {"line", "column"};
    const unsigned values[] = {line, column};
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        json_builder_set_member_name(builder, keys[i]);
        if (line == 0) {
            json_builder_add_null_value(builder);
        } else {
            json_builder_add_int_value(builder, values[i]);
        }
    }
}

/* Frees the builder. */
static char *json_line(JsonBuilder *builder)
{
    json_builder_end_object(builder);
    JsonNode *root = json_builder_get_root(builder);
    char *line = json_to_string(root, FALSE);
    json_node_unref(root);
    g_object_unref(builder);
    return line;
}

static void json_add_verdict(JsonBuilder *builder, enum run_status status)
{
    json_add_number(builder, "status", status);
    json_add_string(builder, "verdict", run_status_name(status));
}

static void json_add_lines(JsonBuilder *builder, const char *key, char **lines)
{
    json_builder_set_member_name(builder, key);
    json_builder_begin_array(builder);
    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *text = run_result_printable_text(*line);
        json_builder_add_string_value(builder, text);
    }
    json_builder_end_array(builder);
}

char *json_test(const char *name, const char *file, const struct run_result *result,
                const char *repro)
{
    JsonBuilder *builder = json_builder_new();
    json_builder_begin_object(builder);
    json_add_string(builder, "name", name);
    json_add_string(builder, "file", file);
    json_add_verdict(builder, result->status);
    json_add_place(builder, result->line, result->column);
    json_add_number(builder, "time_ns", result->time_ns);
    json_add_number(builder, "events", result->event_count);
    json_add_string(builder, "what", result->what);
    json_add_string(builder, "expected", result->expected);
    json_add_string(builder, "got", result->got);
    json_builder_set_member_name(builder, "caught");
    json_builder_add_boolean_value(builder, result->caught);
    json_builder_set_member_name(builder, "live");
    json_builder_add_boolean_value(builder, result->live);
    json_add_string(builder, "cause", result->cause);
    json_add_string(builder, "grade", result->grade);
    json_add_string(builder, "task", result->task);
    json_add_string(builder, "diagnosis", result->diagnosis);
    json_add_lines(builder, "violations", result->violations);
    json_add_lines(builder, "tolerated", result->tolerated);
    json_add_lines(builder, "context", result->context);
    json_add_string(builder, "output", result->output);
    json_add_string(builder, "repro", repro);
    return json_line(builder);
}

char *json_file_error(const char *name, const GPtrArray *diagnostics)
{
    g_assert(diagnostics->len > 0);
    const struct scenario_diagnostic *first = g_ptr_array_index(diagnostics, 0);
    JsonBuilder *builder = json_builder_new();
    json_builder_begin_object(builder);
    json_add_string(builder, "name", name);
    json_add_string(builder, "file", first->place.file);
    json_add_verdict(builder, RUN_ERROR);
    json_add_place(builder, first->place.line, first->place.column);
    json_add_string(builder, "what", first->message);
    json_builder_set_member_name(builder, "errors");
    json_builder_begin_array(builder);
    for (guint i = 0; i < diagnostics->len; i++) {
        const struct scenario_diagnostic *diagnostic = g_ptr_array_index(diagnostics, i);
        json_builder_begin_object(builder);
        json_add_place(builder, diagnostic->place.line, diagnostic->place.column);
        json_add_string(builder, "message", diagnostic->message);
        json_add_string(builder, "hint", diagnostic->hint);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    return json_line(builder);
}

char *json_summary(const struct json_counts *counts, enum run_status status)
{
    JsonBuilder *builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "summary");
    json_builder_begin_object(builder);
    json_add_number(builder, "tests", counts->passed + counts->failed + counts->skipped);
    json_add_number(builder, "passed", counts->passed);
    json_add_number(builder, "failed", counts->failed);
    json_add_number(builder, "skipped", counts->skipped);
    json_add_verdict(builder, status);
    json_builder_end_object(builder);
    return json_line(builder);
}
