/*
 * report.h - what a person, or a CI system, reads of the results
 *
 * Everything goes to one stream, in the order of the tests. Progress goes to stderr, and only when
 * that is a terminal.
 */
#ifndef HARNESS_REPORT_REPORT_H
#define HARNESS_REPORT_REPORT_H

#include "harness/language/scenario.h"
#include "harness/run/result.h"

#include <stdio.h>

enum report_format {
    REPORT_TEXT,
    REPORT_TAP,  /* version 14 */
    REPORT_JSON, /* lines */
};

struct report_options {
    enum report_format format;
    bool color;
    bool verbose, quiet;
    bool progress; /* stderr is a terminal */
    uint64_t seed;
    bool live;          /* services of the host were within reach */
    const char *bundle; /* the folder of the bundles, or NULL; kept */
};

struct report;

/* Borrows the stream. */
struct report *report_new(FILE *out, const struct report_options *options, size_t test_count);

/* A test: its name, its file, and what it came to. */
void report_test(struct report *report, const char *name, const char *file,
                 const struct run_result *result);
/* A file with errors in it counts as one test that could not be run. */
void report_file_error(struct report *report, const char *name, GPtrArray *diagnostics);
/* The same as a text without colours, for other outputs. Gives. */
char *report_test_text(const struct report *report, const char *name, const char *file,
                       const struct run_result *result);
char *report_file_error_text(const GPtrArray *diagnostics);
void report_progress(struct report *report, size_t finished, size_t total);

/* The summary. Frees the report and gives the exit status of the command. */
enum run_status report_end(struct report *report);

#endif
