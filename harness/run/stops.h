/*
 * stops.h - where a debugger stops
 *
 * Functions that do nothing: they are called where somebody who debugs a guest wants to stand, with
 * what he wants to know as arguments, so that `break hang_detected` is all it takes. They run on
 * the bench's stack, or on that of a signal: callers above, up to the guest's code, are in the
 * backtrace.
 */
#ifndef HARNESS_RUN_STOPS_H
#define HARNESS_RUN_STOPS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The test has come to a verdict that is not "passed". `verdict` is its name ("stuck"), `what` the
 * sentence of the report, `got` what came instead (NULL: it says nothing), `task` the guest's
 * number of the task that runs the unfinished program (0: none is known).
 */
void hang_detected(const char *verdict, const char *what, const char *got, uint32_t task,
                   uint64_t now_ns);

/* The time of --until has come: virtual, from power-on. */
void vtime_reached(uint64_t since_power_on_ns);

/* A debugger sets it at vtime_reached(): the run goes on instead of ending there. */
extern volatile bool vtime_goes_on;

#endif
