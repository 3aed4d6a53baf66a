/*
 * p9_jobs.c - the requests to a shared folder that are under way, side by side
 *
 * A job waits in the list of those to begin until a worker is free for it and nothing speaks
 * against it; then it is that worker's. A worker is one fiber, which serves one job after the
 * other. It suspends itself in two places: in p9_jobs_sleep(), in the middle of a transaction, and
 * when a job is done. The answer is written behind that, on the task's own stack: a system call may
 * end the program, and a fiber makes none.
 *
 * Whoever waits is asked before anybody new begins: a device that has failed is begun anew only
 * when nobody waits for its replies any more.
 */
#include "drivers/p9_jobs.h"

#include "kernel/clock.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "ringside/probe.h"

/* ---- workers --------------------------------------------------------------------------------- */

/* What a fiber does, for ever. */
static void p9_worker_serve(void *arg)
{
    struct p9_worker *worker = arg;
    for (;;) {
        worker->result = p9_scheme_serve(worker->jobs->scheme, &worker->job->request);
        worker->is_done = true;
        fiber_suspend();
    }
}

/* Until it is done, or waits. */
static void p9_worker_resume(struct p9_worker *worker)
{
    struct p9_jobs *jobs = worker->jobs;
    struct p9_job *job = worker->job;
    jobs->running = worker;
    probe_request_served(job->request.tag, task_number(task_current()));
    fiber_resume(&worker->fiber);
    jobs->running = NULL;
    if (!worker->is_done)
        return;
    worker->job = NULL;
    list_add_tail(&jobs->free, &job->link);
    jobs->answer(jobs->answer_of, job->request.tag, worker->result);
}

static bool p9_worker_can_go_on(const struct p9_worker *worker)
{
    return worker->job != NULL && (worker->is_cancelled || worker->is_over(worker->of) ||
                                   clock_now_ns() >= worker->deadline_ns);
}

int p9_jobs_sleep(struct p9_jobs *jobs, virtio_9p_condition_fn *is_over, void *of,
                  uint64_t deadline_ns)
{
    struct p9_worker *worker = jobs->running;
    worker->is_over = is_over;
    worker->of = of;
    worker->deadline_ns = deadline_ns;
    fiber_suspend();
    /* Of a job, one wait only: what it does then to leave things tidy is not disturbed. */
    bool was_cancelled = worker->is_cancelled;
    worker->is_cancelled = false;
    return was_cancelled && !is_over(of) ? -KEINTR : 0;
}

/* ---- what may begin -------------------------------------------------------------------------- */

static bool p9_jobs_is_free_to_begin(const struct p9_jobs *jobs, const struct p9_job *job)
{
    uint64_t handle = job->request.handle;
    if (handle == 0 && p9_is_connected(jobs->scheme->client))
        return true;
    for (unsigned i = 0; i < P9_WORKERS_MAX; i++) {
        const struct p9_job *other = jobs->workers[i].job;
        if (other != NULL && other->request.handle == handle)
            return false;
    }
    return true;
}

/* The first of those that wait that may, taken out of the list; NULL: none. */
static struct p9_job *p9_jobs_take_next(struct p9_jobs *jobs)
{
    struct list *link;
    list_foreach (link, &jobs->to_begin) {
        struct p9_job *job = list_entry(link, struct p9_job, link);
        if (p9_jobs_is_free_to_begin(jobs, job)) {
            list_remove(link);
            return job;
        }
    }
    return NULL;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* Whether any could go on. */
static bool p9_jobs_go_on(struct p9_jobs *jobs)
{
    bool any = false;
    for (unsigned i = 0; i < P9_WORKERS_MAX; i++) {
        if (p9_worker_can_go_on(&jobs->workers[i])) {
            p9_worker_resume(&jobs->workers[i]);
            any = true;
        }
    }
    return any;
}

/* Whether any could begin. */
static bool p9_jobs_begin(struct p9_jobs *jobs)
{
    bool any = false;
    for (unsigned i = 0; i < P9_WORKERS_MAX; i++) {
        struct p9_worker *worker = &jobs->workers[i];
        if (worker->job != NULL)
            continue;
        worker->job = p9_jobs_take_next(jobs);
        if (worker->job == NULL)
            break;
        worker->is_done = false;
        worker->is_cancelled = false;
        p9_worker_resume(worker);
        any = true;
    }
    return any;
}

void p9_jobs_run(struct p9_jobs *jobs)
{
    while (p9_jobs_go_on(jobs) || p9_jobs_begin(jobs))
        continue;
}

uint64_t p9_jobs_deadline_ns(const struct p9_jobs *jobs)
{
    uint64_t first_ns = WAIT_FOREVER;
    for (unsigned i = 0; i < P9_WORKERS_MAX; i++) {
        const struct p9_worker *worker = &jobs->workers[i];
        if (worker->job != NULL && worker->deadline_ns < first_ns)
            first_ns = worker->deadline_ns;
    }
    return first_ns;
}

/* ---- coming ---------------------------------------------------------------------------------- */

static void p9_jobs_cancel(struct p9_jobs *jobs, uint64_t tag)
{
    struct list *link, *following;
    for (unsigned i = 0; i < P9_WORKERS_MAX; i++) {
        struct p9_worker *worker = &jobs->workers[i];
        if (worker->job != NULL && worker->job->request.tag == tag)
            worker->is_cancelled = true;
    }
    list_foreach_safe (link, following, &jobs->to_begin) {
        if (list_entry(link, struct p9_job, link)->request.tag == tag) {
            list_remove(link);
            list_add_tail(&jobs->free, link);
            jobs->answer(jobs->answer_of, tag, -KEINTR);
        }
    }
}

bool p9_jobs_has_room(const struct p9_jobs *jobs)
{
    return !list_is_empty(&jobs->free);
}

void p9_jobs_add(struct p9_jobs *jobs, const struct scheme_request *request)
{
    if (request->operation == SCHEME_CANCEL) {
        if ((request->flags & SCHEME_CANCEL_KILLED) != 0)
            p9_jobs_cancel(jobs, request->tag);
        return;
    }
    struct list *link = list_pop(&jobs->free);
    kassert(link != NULL);
    list_entry(link, struct p9_job, link)->request = *request;
    list_add_tail(&jobs->to_begin, link);
}

int p9_jobs_init(struct p9_jobs *jobs, struct p9_scheme *scheme, p9_answer_fn *answer, void *of)
{
    jobs->scheme = scheme;
    jobs->answer = answer;
    jobs->answer_of = of;
    jobs->running = NULL;
    list_init(&jobs->free);
    list_init(&jobs->to_begin);
    for (unsigned i = 0; i < P9_JOBS_MAX; i++)
        list_add_tail(&jobs->free, &jobs->jobs[i].link);
    for (unsigned i = 0; i < P9_WORKERS_MAX; i++) {
        struct p9_worker *worker = &jobs->workers[i];
        worker->jobs = jobs;
        worker->job = NULL;
        if (fiber_prepare(&worker->fiber, p9_worker_serve, worker) != 0)
            return -KENOMEM;
    }
    return 0;
}
