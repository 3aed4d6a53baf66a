/*
 * lock.c - mutexes
 *
 * A mutex is known to the bench by its wait queue's address: what is taken and what a task blocks
 * on have the same number. A task that takes a mutex twice sleeps for ever, as it does in kernels
 * whose locks do not look at their owner: the bench can tell.
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
    uint64_t daif = sched_lock();
    bool taken = mutex->owner == NULL;
    if (taken)
        mutex->owner = sched_current();
    sched_unlock(daif);
    return taken;
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
    __atomic_store_n(&mutex->owner, NULL, __ATOMIC_RELEASE);
    wait_wake_one(&mutex->queue);
}

bool mutex_is_mine(const struct mutex *mutex)
{
    return mutex->owner == sched_current();
}
