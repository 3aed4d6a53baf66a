/*
 * lock.h - spinlocks and mutexes
 *
 * A spinlock is taken with interrupts masked and protects what interrupt handlers touch. A mutex
 * sleeps; tasks only. Both tell the bench who holds them.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "kernel/wait.h"

struct spinlock {
    const char *name;
    bool held;
};

#define SPINLOCK_INIT(text)                                                                        \
    {                                                                                              \
        .name = (text)                                                                             \
    }

uint64_t spin_lock(struct spinlock *lock); /* returns the DAIF for the unlock */
void spin_unlock(struct spinlock *lock, uint64_t daif);

struct mutex {
    const char *name;
    struct task *owner;
    struct wait_queue queue;
};

void mutex_init(struct mutex *mutex, const char *name);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
bool mutex_is_mine(const struct mutex *mutex);

#endif
