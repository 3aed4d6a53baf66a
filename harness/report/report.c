/*
 * report.c - text, TAP, and which format it is
 *
 * A failure is one block: where and what, expected and got in the same notation, the virtual time,
 * the last events, the line that reproduces it. Nothing here depends on the host's time or on the
 * number of parallel tests.
 */
#include "harness/report/report.h"

#include "emu/core/trace.h"
#include "harness/report/json.h"
#include "harness/report/repro.h"

#include <string.h>

struct report {
    FILE *out;
    struct report_options options;
    size_t total, reported;
    size_t passed, failed, skipped;
    enum run_status worst;
    bool progress_shown;
};

struct report *report_new(FILE *out, const struct report_options *options, size_t test_count)
{
    struct report *report = g_new0(struct report, 1);
    report->out = out;
    report->options = *options;
    /* The others are read by programs. */
    report->options.color = options->color && options->format == REPORT_TEXT;
    report->total = test_count;
    report->worst = RUN_SKIPPED;
    if (options->format == REPORT_TAP) {
        fprintf(out, "TAP version 14\n1..%zu\n", test_count);
    }
    return report;
}

static const char *report_color(const struct report *report, const char *code)
{
    return report->options.color ? code : "";
}

#define COLOR_GREEN  "\033[32m"
#define COLOR_RED    "\033[31m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_BOLD   "\033[1m"
#define COLOR_NONE   "\033[0m"

static void report_clear_progress(struct report *report)
{
    if (report->progress_shown) {
        fputs("\r\033[K", stderr);
        report->progress_shown = false;
    }
}

void report_progress(struct report *report, size_t finished, size_t total)
{
    if (report->options.progress && finished < total) {
        fprintf(stderr, "\r\033[K[%zu/%zu]", finished, total);
        report->progress_shown = true;
    }
}

static void report_count(struct report *report, enum run_status status)
{
    report->reported++;
    report->worst = report->reported == 1 ? status : run_status_worse(report->worst, status);
    if (status == RUN_PASSED) {
        report->passed++;
    } else if (status == RUN_SKIPPED) {
        report->skipped++;
    } else {
        report->failed++;
    }
}

/* Text under a label; further lines are indented to the same column. */
static void report_labelled(GString *out, const char *label, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (**line == '\0' && line[1] == NULL && line != lines) {
            break;
        }
        g_string_append_printf(out, "  %-10s%s\n", line == lines ? label : "", *line);
    }
}

static void report_repro(GString *out, const struct report *report, const char *name,
                         const char *file)
{
    g_autofree char *arguments =
        repro_arguments(name, file, report->options.seed, report->options.live);
    g_autofree char *line = g_strconcat("ringside ", arguments, NULL);
    report_labelled(out, "repro:", line);
    if (report->options.bundle != NULL) {
        g_autofree char *folder = g_build_filename(report->options.bundle, name, NULL);
        report_labelled(out, "bundle:", folder);
    }
}

static void report_place(GString *out, const struct report *report, const char *file,
                         const struct run_result *result)
{
    g_string_append_printf(out, "%s%s", report_color(report, COLOR_BOLD), file);
    if (result->line != 0) {
        g_string_append_printf(out, ":%u:%u", result->line, result->column);
    }
    g_string_append_printf(out, ": %serror:%s %s\n", report_color(report, COLOR_RED),
                           report_color(report, COLOR_NONE), result->what);
}

static void report_context(GString *out, const struct run_result *result)
{
    if (*result->context == NULL) {
        return;
    }
    g_string_append(out, "  last events:\n");
    for (char **line = result->context; *line != NULL; line++) {
        g_string_append_printf(out, "    %s\n", *line);
    }
}

static void report_lines(GString *out, const char *label, char **lines)
{
    for (char **line = lines; *line != NULL; line++) {
        g_string_append_printf(out, "  %s %s\n", label, *line);
    }
}

static void report_block(GString *out, const struct report *report, const char *name,
                         const char *file, const struct run_result *result)
{
    report_place(out, report, file, result);
    if (result->expected != NULL) {
        report_labelled(out, "expected:", result->expected);
    }
    if (result->got != NULL) {
        report_labelled(out, "got:", result->got);
    }
    if (result->time_ns != 0) {
        g_string_append_printf(out, "  %-10s", "at:");
        trace_format_time(out, result->time_ns);
        g_string_append(out, " s\n");
    }
    if (result->diagnosis != NULL) {
        report_labelled(out, "cause:", result->diagnosis);
    }
    report_lines(out, "violation:", result->violations);
    report_lines(out, "tolerated:", result->tolerated);
    report_context(out, result);
    if (*result->output != '\0') {
        report_labelled(out, "output:", result->output);
    }
    report_repro(out, report, name, file);
}

/* How a mutant was caught: "caught by derived vq.rx-starved, task netd". */
static void report_caught(GString *out, const struct run_result *result)
{
    g_string_append_printf(out, "caught by %s %s", result->grade, result->cause);
    if (result->task != NULL) {
        g_string_append_printf(out, ", task %s", result->task);
    }
}

static void report_text_test(struct report *report, const char *name, const char *file,
                             const struct run_result *result)
{
    const char *word = "FAIL", *color = COLOR_RED;
    if (result->status == RUN_PASSED) {
        word = "PASS";
        color = COLOR_GREEN;
    } else if (result->status == RUN_SKIPPED) {
        word = "SKIP";
        color = COLOR_YELLOW;
    }
    bool good = result->status == RUN_PASSED || result->status == RUN_SKIPPED;
    bool wrote = result->status == RUN_PASSED && !result->caught && *result->what != '\0';
    if (good && report->options.quiet && !wrote) {
        return;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(out, "%s%s%s %s%s", report_color(report, color), word,
                           report_color(report, COLOR_NONE), name, result->live ? " (live)" : "");
    if (result->status == RUN_SKIPPED || wrote) {
        g_string_append_printf(out, ": %s", result->what);
    } else if (result->caught) {
        g_string_append(out, ": ");
        report_caught(out, result);
    } else if (!good) {
        g_string_append_printf(out, " (%s)", run_status_name(result->status));
    }
    g_string_append_c(out, '\n');
    if (!good || (result->caught && report->options.verbose)) {
        report_block(out, report, name, file, result);
    } else if (report->options.verbose) {
        report_lines(out, "tolerated:", result->tolerated);
        if (*result->output != '\0') {
            report_labelled(out, "output:", result->output);
        }
        g_string_append_printf(out, "  %-10s", "ended at:");
        trace_format_time(out, result->time_ns);
        g_string_append_printf(out, " s after %" G_GUINT64_FORMAT " events\n", result->event_count);
    }
    fputs(out->str, report->out);
}

/* A YAML block of a TAP line: literal text, so that nothing needs to be escaped. */
static void report_tap_block(GString *out, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_string_append(out, "  ---\n  message: |\n");
    for (char **line = lines; *line != NULL; line++) {
        if (**line != '\0') {
            g_string_append_printf(out, "    %s\n", *line);
        }
    }
    g_string_append(out, "  ...\n");
}

/* '#' starts a directive, and a backslash escapes. */
static char *report_tap_name(const char *name)
{
    GString *text = g_string_new(NULL);
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '#' || *c == '\\') {
            g_string_append_c(text, '\\');
        }
        g_string_append_c(text, *c);
    }
    return g_string_free(text, FALSE);
}

static void report_tap_test(struct report *report, const char *name, const char *file,
                            const struct run_result *result)
{
    g_autofree char *tap_name = report_tap_name(name);
    g_autoptr(GString) out = g_string_new(NULL);
    bool good = result->status == RUN_PASSED || result->status == RUN_SKIPPED;
    g_string_append_printf(out, "%sok %zu - %s", good ? "" : "not ", report->reported, tap_name);
    if (result->status == RUN_SKIPPED) {
        g_string_append_printf(out, " # SKIP %s", result->what);
    }
    g_string_append_c(out, '\n');
    if (result->caught) {
        g_string_append(out, "# ");
        report_caught(out, result);
        g_string_append_c(out, '\n');
    }
    if (!good) {
        g_autoptr(GString) block = g_string_new(NULL);
        report_block(block, report, name, file, result);
        report_tap_block(out, block->str);
    }
    fputs(out->str, report->out);
}

static void report_json_line(struct report *report, char *line)
{
    fprintf(report->out, "%s\n", line);
    g_free(line);
}

static void report_json_test(struct report *report, const char *name, const char *file,
                             const struct run_result *result)
{
    g_autofree char *arguments =
        repro_arguments(name, file, report->options.seed, report->options.live);
    g_autofree char *repro = g_strconcat("ringside ", arguments, NULL);
    report_json_line(report, json_test(name, file, result, repro));
}

void report_test(struct report *report, const char *name, const char *file,
                 const struct run_result *result)
{
    report_clear_progress(report);
    report_count(report, result->status);
    switch (report->options.format) {
    case REPORT_TAP:
        report_tap_test(report, name, file, result);
        break;
    case REPORT_JSON:
        report_json_test(report, name, file, result);
        break;
    case REPORT_TEXT:
        report_text_test(report, name, file, result);
        break;
    }
}

char *report_test_text(const struct report *report, const char *name, const char *file,
                       const struct run_result *result)
{
    struct report plain = *report;
    plain.options.color = false;
    GString *out = g_string_new(NULL);
    report_block(out, &plain, name, file, result);
    return g_string_free(out, FALSE);
}

char *report_file_error_text(const GPtrArray *diagnostics)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < diagnostics->len; i++) {
        scenario_diagnostic_format(out, g_ptr_array_index(diagnostics, i), false);
    }
    return g_string_free(out, FALSE);
}

void report_file_error(struct report *report, const char *name, GPtrArray *diagnostics)
{
    report_clear_progress(report);
    report_count(report, RUN_ERROR);
    if (report->options.format == REPORT_JSON) {
        report_json_line(report, json_file_error(name, diagnostics));
        return;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < diagnostics->len; i++) {
        scenario_diagnostic_format(text, g_ptr_array_index(diagnostics, i), report->options.color);
    }
    if (report->options.format == REPORT_TAP) {
        g_autofree char *tap_name = report_tap_name(name);
        g_autoptr(GString) out = g_string_new(NULL);
        g_string_append_printf(out, "not ok %zu - %s\n", report->reported, tap_name);
        report_tap_block(out, text->str);
        fputs(out->str, report->out);
    } else {
        fprintf(report->out, "%sFAIL%s %s (%s)\n%s", report_color(report, COLOR_RED),
                report_color(report, COLOR_NONE), name, run_status_name(RUN_ERROR), text->str);
    }
}

enum run_status report_end(struct report *report)
{
    report_clear_progress(report);
    g_assert(report->reported == report->total);
    bool tap = report->options.format == REPORT_TAP;
    enum run_status status = report->failed == 0 && report->passed > 0 ? RUN_PASSED : report->worst;
    if (report->options.format == REPORT_JSON) {
        const struct json_counts counts = {report->passed, report->failed, report->skipped};
        report_json_line(report, json_summary(&counts, status));
    } else if (!(report->options.quiet && report->failed == 0)) {
        fprintf(report->out, "%s%zu passed, %zu failed", tap ? "# " : "", report->passed,
                report->failed);
        if (report->skipped > 0) {
            fprintf(report->out, ", %zu skipped", report->skipped);
        }
        fputc('\n', report->out);
    }
    g_free(report);
    return status;
}
