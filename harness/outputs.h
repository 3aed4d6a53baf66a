/*
 * outputs.h - what a run writes besides the report: JUnit XML, and bundles of failed tests
 */
#ifndef HARNESS_OUTPUTS_H
#define HARNESS_OUTPUTS_H

#include "harness/options.h"
#include "harness/report/report.h"
#include "harness/run/pool.h"

/* One line of the report. All borrowed. */
struct outputs_test {
    const char *name, *file;
    const struct scenario *scenario; /* NULL: the file has errors, */
    const GPtrArray *diagnostics;    /* these */
    const struct pool_job *job;      /* as it ended */
};

/*
 * What is wrong with the options for these tests (struct scenario), or NULL. Gives. --pcap and
 * --events are somebody else's.
 */
char *outputs_check(const struct options *options, const GPtrArray *scenarios);

struct outputs;

/* Creates the files and folders that were asked for. NULL with a GError. Borrows the options. */
struct outputs *outputs_open(const struct options *options, GError **error);
/* In the order of the report. Keeps the test's scenario and job until the end. */
void outputs_add(struct outputs *outputs, const struct report *report,
                 const struct outputs_test *test);
/*
 * Runs the failed tests once more, for their bundles, writes everything and frees. False when
 * something could not be written; the messages have been printed.
 */
bool outputs_close(struct outputs *outputs);

#endif
