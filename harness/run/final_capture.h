/*
 * final_capture.h - golden captures, for whoever looks at a scenario without running it
 */
#ifndef HARNESS_RUN_FINAL_CAPTURE_H
#define HARNESS_RUN_FINAL_CAPTURE_H

#include "harness/language/scenario.h"

/*
 * Whether the golden capture of a statement `finally capture matches` is there and can be read.
 * False with a GError that says why not.
 */
bool final_capture_check(const struct scenario *scenario,
                         const struct scenario_statement *statement, GError **error);

#endif
