/*
 * junit.h - results as JUnit XML, for CI systems
 *
 * A test suite is a folder of scenarios, a test case a test: `classname` is the folder, `time` the
 * virtual time from power-on to the verdict, in seconds. A test that failed, hung or crashed its
 * guest has a `failure`, one that could not be run an `error`; their text is the block of the
 * report. Nothing depends on the host: the same results are the same bytes.
 */
#ifndef HARNESS_REPORT_JUNIT_H
#define HARNESS_REPORT_JUNIT_H

#include "harness/run/result.h"

struct junit;

/* Creates the file at once, so that a wrong path is found before the tests run. */
struct junit *junit_open(const char *path, GError **error);
/* `text`: the block of the report; not looked at when the test passed. */
void junit_add(struct junit *junit, const char *name, const char *file,
               const struct run_result *result, const char *text);
/* Writes the file, closes and frees. False with a GError when it is not complete. */
bool junit_close(struct junit *junit, GError **error);

#endif
