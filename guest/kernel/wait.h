/*
 * wait.h - wait queues
 *
 *     struct waiter waiter;
 *     for (;;) {
 *         wait_prepare(&queue, &waiter, "socket");
 *         if (condition)              // looked at in the queue: no wake-up is lost
 *             break;
 *         mutex_unlock(&lock);
 *         error = wait_commit(&waiter, deadline_ns);
 *         mutex_lock(&lock);
 *         if (error != 0)
 *             break;
 *     }
 *     wait_finish(&waiter);
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "lib/list.h"

#include <stdbool.h>
#include <stdint.h>

#define WAIT_FOREVER UINT64_MAX

struct task;

struct wait_queue {
    struct list waiters; /* in order of arrival */
    uint32_t wake_count; /* how often it was woken, whether somebody waited or not */
};

struct waiter {
    struct list link;
    struct task *task;
    struct wait_queue *queue;
    struct waiter *outer;   /* prepared before this one by the same task, and not finished */
    struct waiter *sleeper; /* the one that a wake-up is for: itself, unless it was joined */
    const char *kind;       /* what the bench is told that the task waits on */
    bool woken;
};

void wait_queue_init(struct wait_queue *queue);
/* Without a lock: as it is at some moment of the call. */
bool wait_queue_is_empty(const struct wait_queue *queue);

/*
 * Puts the running task into the queue, or leaves it there for another round. Keeps `kind`, a
 * literal.
 */
void wait_prepare(struct wait_queue *queue, struct waiter *waiter, const char *kind);
/*
 * Sleeps until woken: 0. At the deadline (clock_now_ns): -KETIMEDOUT. A signal ends it with
 * -KEINTR. When the task was woken since wait_prepare() it does not sleep at all.
 */
int wait_commit(struct waiter *waiter, uint64_t deadline_ns);
/* As above, but signals are left pending. */
int wait_commit_uninterruptible(struct waiter *waiter, uint64_t deadline_ns);
/* Takes the task out of the queue. */
void wait_finish(struct waiter *waiter);

/*
 * Waiting in several queues: `member` stands in a queue for `sleeper`, which the task has prepared
 * in a queue of its own. A wake-up of the member is one of the sleeper; it is in no queue then.
 */
void wait_join(struct wait_queue *queue, struct waiter *member, struct waiter *sleeper);
void wait_leave(struct waiter *member);

/* Wakes the first, or all. From tasks and interrupts. */
void wait_wake_one(struct wait_queue *queue);
void wait_wake_all(struct wait_queue *queue);

#endif
