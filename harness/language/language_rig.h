/*
 * language_rig.h - for the tests of this folder: a text in, what the loader says about it out
 */
#ifndef HARNESS_LANGUAGE_LANGUAGE_RIG_H
#define HARNESS_LANGUAGE_LANGUAGE_RIG_H

#include "harness/language/scenario.h"
#include "tests/unit.h"

#include <string.h>

/* One line a diagnostic, `line:column: message [hint]`. Gives. */
static inline char *rig_describe(const GPtrArray *diagnostics)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < diagnostics->len; i++) {
        const struct scenario_diagnostic *diagnostic = diagnostics->pdata[i];
        g_string_append_printf(out, "%s%u:%u: %s", i > 0 ? "\n" : "", diagnostic->place.line,
                               diagnostic->place.column, diagnostic->message);
        if (diagnostic->hint != NULL) {
            g_string_append_printf(out, " [%s]", diagnostic->hint);
        }
    }
    return g_string_free(out, FALSE);
}

/* What is wrong with a text; "" when it loads. Gives. */
static inline char *rig_complaint(const char *text, size_t size)
{
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    GPtrArray *tests = scenario_load_text(text, size, "x.scn", "x", diagnostics);
    CU_ASSERT_EQUAL(tests == NULL, diagnostics->len > 0);
    if (tests != NULL) {
        CU_ASSERT(tests->len > 0);
        g_ptr_array_unref(tests);
    }
    return rig_describe(diagnostics);
}

struct rig_row {
    const char *text;
    const char *complaint;
};

/* Each row's text stands between `before` and `behind`. */
static inline void rig_check_rows(const struct rig_row *rows, size_t count, const char *before,
                                  const char *behind)
{
    for (size_t i = 0; i < count; i++) {
        g_autofree char *text = g_strconcat(before, rows[i].text, behind, NULL);
        g_autofree char *complaint = rig_complaint(text, strlen(text));
        if (strcmp(complaint, rows[i].complaint) != 0) {
            printf("\n%s\n  expected %s\n  got      %s\n", rows[i].text, rows[i].complaint,
                   complaint);
        }
        CU_ASSERT_STRING_EQUAL(complaint, rows[i].complaint);
    }
}

/* The tests of a text that has to load. Gives. */
static inline GPtrArray *rig_load(const char *text)
{
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    GPtrArray *tests = scenario_load_text(text, strlen(text), "x.scn", "x", diagnostics);
    g_autofree char *complaint = rig_describe(diagnostics);
    CU_ASSERT_STRING_EQUAL(complaint, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tests);
    return tests;
}

#endif
