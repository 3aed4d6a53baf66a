/*
 * wait.c - wait queues
 *
 * A waker takes the waiter out of its queue and marks it; the task itself is made ready only when
 * it sleeps on that very waiter. So a wake-up between wait_prepare() and wait_commit() is kept,
 * and a task may stand in an outer queue while it sleeps in an inner one (a mutex on the way back
 * to its condition).
 */
#include "kernel/wait.h"

#include "kernel/clock.h"
#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/task_priv.h"
#include "lib/errno.h"
#include "lib/kassert.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->waiters);
    queue->wake_count = 0;
}

bool wait_queue_is_empty(const struct wait_queue *queue)
{
    return __atomic_load_n(&queue->waiters.next, __ATOMIC_SEQ_CST) == &queue->waiters;
}

/* ---- waking: with the scheduler's lock ------------------------------------------------------- */

void wait_wake_task(struct task *task)
{
    kassert(task->state == TASK_BLOCKED);
    task->asleep_on = NULL;
    probe_task_woken(task->number);
    sched_make_ready(task);
}

static void wait_wake_waiter(struct waiter *waiter)
{
    struct waiter *sleeper = waiter->sleeper;
    list_remove(&waiter->link);
    waiter->woken = true;
    sleeper->woken = true;
    if (sleeper->task->asleep_on == sleeper)
        wait_wake_task(sleeper->task);
}

void wait_wake_one(struct wait_queue *queue)
{
    uint64_t daif = sched_lock();
    struct list *first = list_first(&queue->waiters);
    queue->wake_count++;
    if (first != NULL)
        wait_wake_waiter(list_entry(first, struct waiter, link));
    sched_unlock(daif);
}

void wait_wake_all(struct wait_queue *queue)
{
    uint64_t daif = sched_lock();
    struct list *first;
    queue->wake_count++;
    while ((first = list_first(&queue->waiters)) != NULL)
        wait_wake_waiter(list_entry(first, struct waiter, link));
    sched_unlock(daif);
}

static void wait_time_out(void *arg)
{
    struct task *task = arg;
    uint64_t daif = sched_lock();
    /*
     * On another CPU the task may have been woken after its time was up and before this, and sleep
     * again: with no deadline, or with one that is armed.
     */
    if (task->asleep_on != NULL && task->is_timed && !task->timeout.armed) {
        task->timed_out = true;
        wait_wake_task(task);
    }
    sched_unlock(daif);
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* The place that holds the pointer to this waiter in the task's chain, or to NULL at its end. */
static struct waiter **wait_find(struct task *task, const struct waiter *waiter)
{
    struct waiter **place = &task->waiters;
    while (*place != NULL && *place != waiter)
        place = &(*place)->outer;
    return place;
}

static void wait_begin(struct task *task, struct waiter *waiter)
{
    list_init(&waiter->link);
    waiter->task = task;
    waiter->sleeper = waiter;
    waiter->outer = task->waiters;
    task->waiters = waiter;
}

void wait_prepare(struct wait_queue *queue, struct waiter *waiter, const char *kind)
{
    kassert(!irq_is_active());
    uint64_t daif = sched_lock();
    struct task *task = sched_current();
    if (*wait_find(task, waiter) == NULL)
        wait_begin(task, waiter);
    else if (waiter->queue != queue)
        list_remove(&waiter->link);
    waiter->queue = queue;
    waiter->kind = kind;
    waiter->woken = false;
    if (!list_is_linked(&waiter->link))
        list_add_tail(&queue->waiters, &waiter->link);
    sched_unlock(daif);
}

static void wait_sleep(struct task *task, struct waiter *waiter, uint64_t deadline_ns)
{
    task->asleep_on = waiter;
    task->timed_out = false;
    task->is_timed = deadline_ns != WAIT_FOREVER;
    task->state = TASK_BLOCKED;
    probe_task_blocked(task->number, waiter->kind, (uintptr_t)waiter->queue, deadline_ns);
    timeout_init(&task->timeout, wait_time_out, task);
    if (task->is_timed)
        timeout_arm(&task->timeout, deadline_ns);
    sched_switch();
    timeout_cancel(&task->timeout);
}

/* Why the task must not sleep, or must not go on to: 0 when there is no reason. */
static int wait_refuse(const struct task *task, bool interruptible, uint64_t deadline_ns)
{
    if (interruptible && task_pending_signal(task) != 0)
        return -KEINTR;
    if (deadline_ns != WAIT_FOREVER && clock_now_ns() >= deadline_ns)
        return -KETIMEDOUT;
    return 0;
}

static int wait_commit_either(struct waiter *waiter, uint64_t deadline_ns, bool interruptible)
{
    struct task *task = waiter->task;
    kassert(task == sched_current());
    kassert(task->number != 0);
    kassert(task->preempt_depth == 0);
    kassert((hal_irq_flags() & HAL_DAIF_I) == 0); /* no spinlock is held */
    uint64_t daif = sched_lock();
    int error = 0;
    if (!waiter->woken)
        error = wait_refuse(task, interruptible, deadline_ns);
    if (!waiter->woken && error == 0) {
        task->interruptible = interruptible;
        wait_sleep(task, waiter, deadline_ns);
        if (!waiter->woken)
            error = task->timed_out ? -KETIMEDOUT : -KEINTR;
    }
    /* Whoever gives up stands in nobody's way: the next wake-up goes to the next in the queue. */
    if (error != 0)
        list_remove(&waiter->link);
    sched_unlock(daif);
    return error;
}

void wait_join(struct wait_queue *queue, struct waiter *member, struct waiter *sleeper)
{
    uint64_t daif = sched_lock();
    kassert(sleeper->task == sched_current());
    *member = (struct waiter){.task = sleeper->task, .queue = queue, .sleeper = sleeper};
    list_init(&member->link);
    list_add_tail(&queue->waiters, &member->link);
    sched_unlock(daif);
}

void wait_leave(struct waiter *member)
{
    uint64_t daif = sched_lock();
    list_remove(&member->link);
    sched_unlock(daif);
}

int wait_commit(struct waiter *waiter, uint64_t deadline_ns)
{
    return wait_commit_either(waiter, deadline_ns, true);
}

int wait_commit_uninterruptible(struct waiter *waiter, uint64_t deadline_ns)
{
    return wait_commit_either(waiter, deadline_ns, false);
}

void wait_finish(struct waiter *waiter)
{
    uint64_t daif = sched_lock();
    struct waiter **place = wait_find(sched_current(), waiter);
    kassert(*place == waiter);
    *place = waiter->outer;
    list_remove(&waiter->link);
    sched_unlock(daif);
}
