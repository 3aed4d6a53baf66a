/*
 * session.h - one test, in this process
 *
 * Loads the guest, builds the board, runs the timeline and comes to a verdict. One a process: the
 * guest's image and RAM have fixed addresses, and libslirp has globals.
 */
#ifndef HARNESS_RUN_SESSION_H
#define HARNESS_RUN_SESSION_H

#include "harness/language/scenario.h"
#include "harness/run/result.h"

/*
 * Called instead of a return when the guest crashed: its stacks and its image are in no state to go
 * on with. Must not return. Runs in a signal handler, but as the fault lies in guest code nothing
 * of ours was interrupted.
 */
typedef void session_crashed_fn(void *opaque, struct run_result *result);

struct session_options {
    uint64_t seed;
    const char *guest_path;   /* the image, found already */
    const char *capture_path; /* NULL: no capture */
    const char *events_path;  /* NULL: no event log */
    const char *wait_graph_path; /* NULL: no wait-for graph */
    unsigned context_events;  /* how many events a failure shows */
    uint64_t until_ns;        /* after power-on: stop there; 0: at the verdict */
    bool live;                /* services of the host are within reach: nothing is repeatable */
    bool update;              /* golden captures are written, not compared with */
    session_crashed_fn *crashed;
    void *opaque;
};

/* Runs the test and fills in the result, which the caller has initialised. */
void session_run(const struct scenario *scenario, const struct session_options *options,
                 struct run_result *result);

#endif
