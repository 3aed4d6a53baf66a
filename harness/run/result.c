/* result.c - results of tests, and their way through a pipe */
#include "harness/run/result.h"

#define RESULT_TYPE "(uuubsmsmsmsmsmsmsttassasas)"

enum run_status run_status_worse(enum run_status a, enum run_status b)
{
    static const enum run_status order[] = {
        RUN_FAULT, RUN_ERROR, RUN_CRASHED, RUN_STUCK, RUN_FAILED, RUN_SKIPPED, RUN_PASSED,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        if (a == order[i] || b == order[i]) {
            return order[i];
        }
    }
    g_assert_not_reached();
}

const char *run_status_name(enum run_status status)
{
    switch (status) {
    case RUN_PASSED:
        return "passed";
    case RUN_FAILED:
        return "failed";
    case RUN_ERROR:
        return "error";
    case RUN_STUCK:
        return "stuck";
    case RUN_CRASHED:
        return "guest crashed";
    case RUN_SKIPPED:
        return "skipped";
    case RUN_FAULT:
        return "ringside's own fault";
    }
    g_assert_not_reached();
}

static bool run_status_is_known(guint32 status)
{
    switch ((enum run_status)status) {
    case RUN_PASSED:
    case RUN_FAILED:
    case RUN_ERROR:
    case RUN_STUCK:
    case RUN_CRASHED:
    case RUN_SKIPPED:
    case RUN_FAULT:
        return true;
    }
    return false;
}

void run_result_init(struct run_result *result)
{
    *result = (struct run_result){
        .what = g_strdup(""),
        .context = g_new0(char *, 1),
        .output = g_strdup(""),
        .violations = g_new0(char *, 1),
        .tolerated = g_new0(char *, 1),
    };
}

void run_result_clear(struct run_result *result)
{
    g_free(result->what);
    g_free(result->expected);
    g_free(result->got);
    g_free(result->cause);
    g_free(result->grade);
    g_free(result->task);
    g_free(result->diagnosis);
    g_strfreev(result->context);
    g_strfreev(result->violations);
    g_strfreev(result->tolerated);
    g_free(result->output);
    *result = (struct run_result){0};
}

/* Replaces the text (NULL is fine), see run_result_make_printable(). */
static void result_escape(char **text)
{
    if (*text == NULL) {
        return;
    }
    GString *out = g_string_new(NULL);
    for (const char *at = *text, *next; *at != '\0'; at = next) {
        gunichar c = g_utf8_get_char_validated(at, -1);
        bool is_valid = c != (gunichar)-1 && c != (gunichar)-2;
        next = is_valid ? g_utf8_next_char(at) : at + 1;
        if (is_valid && (c == '\n' || c == '\t' || !g_unichar_iscntrl(c))) {
            g_string_append_len(out, at, next - at);
            continue;
        }
        for (const char *byte = at; byte < next; byte++) {
            g_string_append_printf(out, "\\x%02x", (unsigned char)*byte);
        }
    }
    g_free(*text);
    *text = g_string_free(out, FALSE);
}

void run_result_make_printable(struct run_result *result)
{
    result_escape(&result->what);
    result_escape(&result->expected);
    result_escape(&result->got);
    result_escape(&result->cause);
    result_escape(&result->grade);
    result_escape(&result->task);
    result_escape(&result->diagnosis);
    result_escape(&result->output);
    char **const lists[] = {result->context, result->violations, result->tolerated};
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (char **line = lists[i]; *line != NULL; line++) {
            result_escape(line);
        }
    }
}

char *run_result_printable_text(const char *text)
{
    char *copy = g_strdup(text);
    result_escape(&copy);
    return copy;
}

GBytes *run_result_encode(const struct run_result *result)
{
    struct run_result copy = *result;
    copy.what = g_strdup(result->what);
    copy.expected = g_strdup(result->expected);
    copy.got = g_strdup(result->got);
    copy.cause = g_strdup(result->cause);
    copy.grade = g_strdup(result->grade);
    copy.task = g_strdup(result->task);
    copy.diagnosis = g_strdup(result->diagnosis);
    copy.output = g_strdup(result->output);
    copy.context = g_strdupv(result->context);
    copy.violations = g_strdupv(result->violations);
    copy.tolerated = g_strdupv(result->tolerated);
    run_result_make_printable(&copy);
    g_autoptr(GVariant) variant = g_variant_ref_sink(g_variant_new(
        "(uuubsmsmsmsmsmsmstt^ass^as^as)", (guint32)copy.status, (guint32)copy.line,
        (guint32)copy.column, (gboolean)copy.stopped, copy.what, copy.expected, copy.got,
        copy.cause, copy.grade, copy.task, copy.diagnosis, (guint64)copy.time_ns,
        (guint64)copy.event_count, copy.context, copy.output, copy.violations, copy.tolerated));
    GBytes *bytes = g_variant_get_data_as_bytes(variant);
    run_result_clear(&copy);
    return bytes;
}

bool run_result_decode(struct run_result *result, GBytes *bytes)
{
    g_autoptr(GVariant) variant =
        g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(RESULT_TYPE), bytes, FALSE));
    guint32 status, line, column;
    if (!g_variant_is_normal_form(variant)) {
        return false;
    }
    g_variant_get_child(variant, 0, "u", &status);
    if (!run_status_is_known(status)) {
        return false;
    }
    run_result_clear(result);
    guint64 time_ns, event_count;
    gboolean stopped;
    g_variant_get(variant, "(uuubsmsmsmsmsmsmstt^ass^as^as)", &status, &line, &column, &stopped,
                  &result->what, &result->expected, &result->got, &result->cause, &result->grade,
                  &result->task, &result->diagnosis, &time_ns, &event_count, &result->context,
                  &result->output, &result->violations, &result->tolerated);
    result->status = (enum run_status)status;
    result->line = line;
    result->column = column;
    result->stopped = stopped != FALSE;
    result->time_ns = time_ns;
    result->event_count = event_count;
    return true;
}
