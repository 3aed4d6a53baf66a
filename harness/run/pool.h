/*
 * pool.h - many tests, each in a forked child, several at once
 *
 * Results are handed over in the order of the jobs, whatever order they finish in.
 */
#ifndef HARNESS_RUN_POOL_H
#define HARNESS_RUN_POOL_H

#include "harness/language/scenario.h"
#include "harness/run/result.h"
#include "harness/run/session.h"

/*
 * What a child may use before it is ended: a guest that spins for ever in code without ticks is
 * caught by this.
 */
#define POOL_CPU_SECONDS 60

struct pool_job {
    const struct scenario *scenario; /* NULL: nothing to run, the result is there already */
    struct session_options options;
    struct run_result result;
};

/* `index` is the job's; called in order. */
typedef void pool_done_fn(void *opaque, size_t index, struct pool_job *job);
typedef void pool_progress_fn(void *opaque, size_t finished, size_t total);

/* Runs all jobs, at most `parallel` at once. */
void pool_run(struct pool_job *jobs, size_t count, unsigned parallel, pool_done_fn *done,
              pool_progress_fn *progress, void *opaque);

/* Runs one job in this process: for debuggers. */
void pool_run_here(struct pool_job *job);

#endif
