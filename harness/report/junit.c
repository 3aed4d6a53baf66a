/*
 * junit.c - JUnit XML
 *
 * The attributes are those that Jenkins, GitLab and GitHub's actions read. Counts stand before the
 * cases, so that everything is kept until the end. A character that XML 1.0 cannot have, not even
 * escaped, is shown as \xNN, as everywhere in the reports.
 */
#include "harness/report/junit.h"

#include "emu/core/vclock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

struct junit_counts {
    unsigned tests, failures, errors, skipped;
    uint64_t time_ns;
};

struct junit_suite {
    char *name;
    struct junit_counts counts;
    GString *cases;
};

struct junit {
    char *path;
    FILE *file;
    GPtrArray *suites; /* in the order of their first tests */
};

static void junit_free_suite(void *opaque)
{
    struct junit_suite *suite = opaque;
    g_free(suite->name);
    g_string_free(suite->cases, TRUE);
    g_free(suite);
}

struct junit *junit_open(const char *path, GError **error)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "cannot write %s: %s",
                    path, g_strerror(errno));
        return NULL;
    }
    struct junit *junit = g_new0(struct junit, 1);
    junit->path = g_strdup(path);
    junit->file = file;
    junit->suites = g_ptr_array_new_with_free_func(junit_free_suite);
    return junit;
}

/* Text for an element or, as quotes and blanks other than ' ' are escaped too, an attribute. */
static void junit_append(GString *out, const char *text, bool is_attribute)
{
    for (const char *at = text, *next; *at != '\0'; at = next) {
        gunichar c = g_utf8_get_char_validated(at, -1);
        bool is_valid = c != (gunichar)-1 && c != (gunichar)-2;
        next = is_valid ? g_utf8_next_char(at) : at + 1;
        bool is_blank = c == '\n' || c == '\t';
        bool is_character =
            is_valid && (is_blank || !g_unichar_iscntrl(c)) && c != 0xfffe && c != 0xffff;
        if (!is_character) {
            for (const char *byte = at; byte < next; byte++) {
                g_string_append_printf(out, "\\x%02x", (unsigned char)*byte);
            }
        } else if (is_blank && is_attribute) {
            g_string_append_printf(out, "&#%u;", c);
        } else if (c == '&') {
            g_string_append(out, "&amp;");
        } else if (c == '<') {
            g_string_append(out, "&lt;");
        } else if (c == '>') {
            g_string_append(out, "&gt;");
        } else if (c == '"') {
            g_string_append(out, "&quot;");
        } else {
            g_string_append_len(out, at, next - at);
        }
    }
}

static void junit_append_attribute(GString *out, const char *name, const char *value)
{
    g_string_append_printf(out, " %s=\"", name);
    junit_append(out, value, true);
    g_string_append_c(out, '"');
}

static void junit_append_time(GString *out, uint64_t time_ns)
{
    g_string_append_printf(out, " time=\"%" G_GUINT64_FORMAT ".%09" G_GUINT64_FORMAT "\"",
                           time_ns / NS_PER_S, time_ns % NS_PER_S);
}

static struct junit_suite *junit_suite(struct junit *junit, const char *name, size_t len)
{
    for (guint i = 0; i < junit->suites->len; i++) {
        struct junit_suite *suite = g_ptr_array_index(junit->suites, i);
        if (strlen(suite->name) == len && strncmp(suite->name, name, len) == 0) {
            return suite;
        }
    }
    struct junit_suite *suite = g_new0(struct junit_suite, 1);
    suite->name = g_strndup(name, len);
    suite->cases = g_string_new(NULL);
    g_ptr_array_add(junit->suites, suite);
    return suite;
}

/* The element that says why a test did not pass. Counts it. */
static const char *junit_count(struct junit_counts *counts, enum run_status status)
{
    counts->tests++;
    switch (status) {
    case RUN_PASSED:
        return NULL;
    case RUN_SKIPPED:
        counts->skipped++;
        return "skipped";
    case RUN_FAILED:
    case RUN_STUCK:
    case RUN_CRASHED:
        counts->failures++;
        return "failure";
    case RUN_ERROR:
    case RUN_FAULT:
        counts->errors++;
        return "error";
    }
    g_assert_not_reached();
}

void junit_add(struct junit *junit, const char *name, const char *file,
               const struct run_result *result, const char *text)
{
    const char *slash = strchr(name, '/');
    size_t folder_len = slash != NULL ? (size_t)(slash - name) : 0;
    struct junit_suite *suite = junit_suite(junit, name, folder_len);
    GString *out = suite->cases;
    /* The clock of a machine does not begin with 0. A test that was not run took no time. */
    uint64_t time_ns = result->time_ns - MIN(result->time_ns, VCLOCK_POWER_ON_NS);
    suite->counts.time_ns += time_ns;
    g_string_append(out, "    <testcase");
    junit_append_attribute(out, "name", slash != NULL ? slash + 1 : name);
    junit_append_attribute(out, "classname", suite->name);
    junit_append_attribute(out, "file", file);
    if (result->line != 0) {
        g_string_append_printf(out, " line=\"%u\"", result->line);
    }
    junit_append_time(out, time_ns);
    const char *element = junit_count(&suite->counts, result->status);
    if (element == NULL) {
        g_string_append(out, "/>\n");
        return;
    }
    g_string_append_printf(out, ">\n      <%s", element);
    junit_append_attribute(out, "message", result->what);
    if (result->status != RUN_SKIPPED) {
        junit_append_attribute(out, "type", run_status_name(result->status));
        g_string_append_c(out, '>');
        junit_append(out, text, false);
        g_string_append_printf(out, "</%s>\n    </testcase>\n", element);
    } else {
        g_string_append(out, "/>\n    </testcase>\n");
    }
}

static void junit_append_counts(GString *out, const struct junit_counts *counts)
{
    g_string_append_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
                           counts->tests, counts->failures, counts->errors, counts->skipped);
    junit_append_time(out, counts->time_ns);
    g_string_append(out, ">\n");
}

static GString *junit_text(const struct junit *junit)
{
    GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites"
                                " name=\"ringside\"");
    struct junit_counts all = {0};
    for (guint i = 0; i < junit->suites->len; i++) {
        const struct junit_suite *suite = g_ptr_array_index(junit->suites, i);
        all.tests += suite->counts.tests;
        all.failures += suite->counts.failures;
        all.errors += suite->counts.errors;
        all.skipped += suite->counts.skipped;
        all.time_ns += suite->counts.time_ns;
    }
    junit_append_counts(out, &all);
    for (guint i = 0; i < junit->suites->len; i++) {
        const struct junit_suite *suite = g_ptr_array_index(junit->suites, i);
        g_string_append(out, "  <testsuite");
        junit_append_attribute(out, "name", suite->name);
        junit_append_counts(out, &suite->counts);
        g_string_append(out, suite->cases->str);
        g_string_append(out, "  </testsuite>\n");
    }
    g_string_append(out, "</testsuites>\n");
    return out;
}

bool junit_close(struct junit *junit, GError **error)
{
    g_autoptr(GString) text = junit_text(junit);
    errno = 0;
    bool written = fwrite(text->str, 1, text->len, junit->file) == text->len;
    written = fflush(junit->file) == 0 && written;
    int why = errno;
    fclose(junit->file);
    if (!written) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(why), "cannot write %s: %s",
                    junit->path, g_strerror(why));
    }
    g_ptr_array_unref(junit->suites);
    g_free(junit->path);
    g_free(junit);
    return written;
}
