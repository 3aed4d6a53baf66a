/* spinlock.c - ticket locks */
#include "kernel/spinlock.h"

#include "kernel/sched.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "lib/kassert.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

/* Nobody holds a spinlock for so long: from here on the bench is told that this one waits. */
#define SPIN_ROUNDS_TOLD 1000

bool spin_is_held(const struct spinlock *lock)
{
    return __atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) !=
           __atomic_load_n(&lock->next, __ATOMIC_RELAXED);
}

static void spin_wait(const struct spinlock *lock, uint32_t ticket)
{
    unsigned rounds = 0;
    while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket) {
        if (rounds++ == SPIN_ROUNDS_TOLD)
            probe_task_blocked(task_number(sched_current()), "lock", (uintptr_t)lock, WAIT_FOREVER);
        hal_relax();
    }
    if (rounds > SPIN_ROUNDS_TOLD)
        probe_task_woken(task_number(sched_current()));
}

/* Most locks are taken and given back with interrupts: without a call in between. */
static inline void spin_take(struct spinlock *lock)
{
    uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
    if (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
        spin_wait(lock, ticket);
    probe_spin_taken((uintptr_t)lock, lock->name);
}

static inline void spin_give(struct spinlock *lock)
{
    kassert(spin_is_held(lock));
    probe_spin_released((uintptr_t)lock);
    __atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}

void spin_acquire(struct spinlock *lock)
{
    spin_take(lock);
}

void spin_release(struct spinlock *lock)
{
    spin_give(lock);
}

uint64_t spin_lock(struct spinlock *lock)
{
    uint64_t daif = hal_irq_save();
    spin_take(lock);
    return daif;
}

void spin_unlock(struct spinlock *lock, uint64_t daif)
{
    spin_give(lock);
    hal_irq_restore(daif);
}
