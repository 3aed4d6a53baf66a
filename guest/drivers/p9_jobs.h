/*
 * p9_jobs.h - the requests to a shared folder that are under way, side by side
 *
 * A job is a request from when it is read until it is answered. It is served by p9_scheme.h on a
 * fiber (kernel/fiber.h), which is put aside while it waits for the server, so that a slow answer
 * holds up nobody else. The daemon calls p9_jobs_run() whenever something may have happened: it
 * begins and goes on with all that can, and returns when each job waits.
 *
 * What is served in turn: requests for one handle, so that a file is not closed in the middle of a
 * read; and of those for paths, while there is no session, all but the one that begins it.
 */
#ifndef DRIVERS_P9_JOBS_H
#define DRIVERS_P9_JOBS_H

#include "drivers/p9_scheme.h"
#include "kernel/fiber.h"
#include "lib/list.h"

#define P9_JOBS_MAX    64
#define P9_WORKERS_MAX (V9P_REQUESTS_MAX - 1) /* at once: one message is left, to flush with */

/* The answer to a request; from within p9_jobs_add() and p9_jobs_run(), on the task's stack. */
typedef void p9_answer_fn(void *of, uint64_t tag, long result);

/* Private. */
struct p9_job {
    struct list link; /* of those that are free, or that wait to begin */
    struct scheme_request request;
};

struct p9_worker {
    struct fiber fiber;
    struct p9_jobs *jobs;
    struct p9_job *job; /* NULL: it has none */
    bool is_done;       /* with the job, of which this is the result */
    long result;
    bool is_cancelled; /* its wait is to end */
    virtio_9p_condition_fn *is_over;
    void *of;
    uint64_t deadline_ns;
};

struct p9_jobs {
    struct p9_scheme *scheme;
    p9_answer_fn *answer;
    void *answer_of;
    struct list free, to_begin;
    struct p9_job jobs[P9_JOBS_MAX];
    struct p9_worker workers[P9_WORKERS_MAX];
    struct p9_worker *running;
};

/*
 * There are none. Keeps the scheme. What was under way before is forgotten, without answers.
 * -KENOMEM.
 */
int p9_jobs_init(struct p9_jobs *jobs, struct p9_scheme *scheme, p9_answer_fn *answer, void *of);
/* Whether one more can be added. A cancellation always can. */
bool p9_jobs_has_room(const struct p9_jobs *jobs);
/*
 * Copies the request. A cancellation ends the request of its tag when its caller was killed: one
 * that waits to begin at once, one that waits for the server when it is run. Other signals wait.
 */
void p9_jobs_add(struct p9_jobs *jobs, const struct scheme_request *request);
/* On the task's own stack. */
void p9_jobs_run(struct p9_jobs *jobs);
/* When p9_jobs_run() is to be called at the latest (clock_now_ns); WAIT_FOREVER: nobody waits. */
uint64_t p9_jobs_deadline_ns(const struct p9_jobs *jobs);
/* How a job waits: as virtio_9p_sleep_fn has it. */
int p9_jobs_sleep(struct p9_jobs *jobs, virtio_9p_condition_fn *is_over, void *of,
                  uint64_t deadline_ns);

#endif
