/*
 * lock.h - mutexes, and spinlocks with them
 *
 * A spinlock (spinlock.h) is taken with interrupts masked and protects what interrupt handlers and
 * other CPUs touch. A mutex sleeps; tasks only.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "kernel/spinlock.h"
#include "kernel/wait.h"

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
