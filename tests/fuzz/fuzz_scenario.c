/*
 * fuzz_scenario.c - any bytes as a scenario file
 *
 * Either there are tests and nothing to say, or there are none and something is said about it, at
 * a place in the file, as text that can be shown. Loading twice gives the same.
 */
#include "harness/language/scenario.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define FUZZ_PATH "fuzz.scn"

static void fuzz_check_diagnostic(const struct scenario_diagnostic *diagnostic)
{
    FUZZ_CHECK(strcmp(diagnostic->place.file, FUZZ_PATH) == 0);
    FUZZ_CHECK(diagnostic->message != NULL && diagnostic->message[0] != '\0');
    FUZZ_CHECK(g_utf8_validate(diagnostic->message, -1, NULL));
    FUZZ_CHECK(diagnostic->hint == NULL || g_utf8_validate(diagnostic->hint, -1, NULL));
    if (diagnostic->source != NULL) {
        FUZZ_CHECK(g_utf8_validate(diagnostic->source, -1, NULL));
        FUZZ_CHECK(strchr(diagnostic->source, '\n') == NULL);
        FUZZ_CHECK(diagnostic->place.line > 0);
        FUZZ_CHECK(diagnostic->caret > 0 && diagnostic->caret <= strlen(diagnostic->source) + 1);
    }
}

static void fuzz_check_test(const struct scenario *scenario)
{
    FUZZ_CHECK(scenario->name != NULL && strncmp(scenario->name, "fuzz", 4) == 0);
    FUZZ_CHECK(scenario->guest != NULL && scenario->tags != NULL);
    FUZZ_CHECK(scenario->nets->len <= SCENARIO_NETS_MAX);
    FUZZ_CHECK(scenario->files->len <= SCENARIO_FILES_MAX);
    FUZZ_CHECK(scenario->limit_ns > 0);
    for (guint i = 0; i < scenario->statements->len; i++) {
        const struct scenario_statement *statement = g_ptr_array_index(scenario->statements, i);
        FUZZ_CHECK(statement->text != NULL && statement->place.line > 0);
        FUZZ_CHECK(scenario_verb_name(statement->verb)[0] != '\0');
    }
}

/* What a user would see, one diagnostic after the other, then the names of the tests. */
static GString *fuzz_load(const uint8_t *data, size_t size)
{
    GString *seen = g_string_new(NULL);
    GPtrArray *diagnostics = scenario_diagnostics_new();
    GPtrArray *tests = scenario_load_text((const char *)data, size, FUZZ_PATH, "fuzz", diagnostics);
    FUZZ_CHECK((tests == NULL) == (diagnostics->len > 0));
    for (guint i = 0; i < diagnostics->len; i++) {
        fuzz_check_diagnostic(g_ptr_array_index(diagnostics, i));
        scenario_diagnostic_format(seen, g_ptr_array_index(diagnostics, i), i % 2 == 0);
    }
    if (tests != NULL) {
        FUZZ_CHECK(tests->len > 0);
        for (guint i = 0; i < tests->len; i++) {
            const struct scenario *scenario = g_ptr_array_index(tests, i);
            fuzz_check_test(scenario);
            g_string_append_printf(seen, "%s\n", scenario->name);
        }
        g_ptr_array_unref(tests);
    }
    g_ptr_array_unref(diagnostics);
    return seen;
}

void fuzz_run(const uint8_t *data, size_t size)
{
    GString *first = fuzz_load(data, size);
    GString *second = fuzz_load(data, size);
    FUZZ_CHECK(g_string_equal(first, second));
    g_string_free(first, TRUE);
    g_string_free(second, TRUE);
}
