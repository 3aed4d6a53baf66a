/*
 * json.h - results as JSON lines
 *
 * An object a test, on a line of its own, and one for the summary. All keys are there in each; what
 * there is not is null. docs/reports.md lists them.
 */
#ifndef HARNESS_REPORT_JSON_H
#define HARNESS_REPORT_JSON_H

#include "harness/language/scenario.h"
#include "harness/run/result.h"

/* Each gives a line, without a newline. `repro` is the command that runs the test again. */
char *json_test(const char *name, const char *file, const struct run_result *result,
                const char *repro);
/* A file that could not be read as a scenario: struct scenario_diagnostic. */
char *json_file_error(const char *name, const GPtrArray *diagnostics);

struct json_counts {
    size_t passed, failed, skipped;
};
char *json_summary(const struct json_counts *counts, enum run_status status);

#endif
