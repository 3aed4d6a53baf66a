/*
 * lock.c - mutexes
 *
 * A mutex is known to the bench by its wait queue's address: what is taken and what a task blocks
 * on have the same number. A task that takes a mutex twice sleeps for ever, as it does in kernels
 * whose locks do not look at their owner: the bench can tell.
 *
 * Nobody's lock is needed where nobody waits. Who waits stands in the queue before it tries once
 * more; who unlocks gives the owner up before it looks whether the queue is empty. Each store comes
 * before the load behind it, so one of the two sees the other.
 */
#include "kernel/lock.h"

#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/task.h"
#include "lib/kassert.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

void mutex_init(struct mutex *mutex, const char *name)
{
    mutex->name = name;
    mutex->owner = NULL;
    wait_queue_init(&mutex->queue);
}

static bool mutex_try(struct mutex *mutex)
{
    struct task *nobody = NULL;
    return __atomic_compare_exchange_n(&mutex->owner, &nobody, sched_current(), false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static void mutex_wait(struct mutex *mutex)
{
    struct waiter waiter;
    for (;;) {
        wait_prepare(&mutex->queue, &waiter, "lock");
        if (mutex_try(mutex))
            break;
        (void)wait_commit_uninterruptible(&waiter, WAIT_FOREVER);
    }
    wait_finish(&waiter);
}

void mutex_lock(struct mutex *mutex)
{
    kassert(!irq_is_active());
    if (!mutex_try(mutex))
        mutex_wait(mutex);
    probe_lock_taken((uintptr_t)&mutex->queue, mutex->name);
}

void mutex_unlock(struct mutex *mutex)
{
    kassert(mutex_is_mine(mutex));
    probe_lock_released((uintptr_t)&mutex->queue);
    __atomic_store_n(&mutex->owner, NULL, __ATOMIC_SEQ_CST);
    if (!wait_queue_is_empty(&mutex->queue))
        wait_wake_one(&mutex->queue);
}

bool mutex_is_mine(const struct mutex *mutex)
{
    return mutex->owner == sched_current();
}
