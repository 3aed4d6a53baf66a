/*
 * sched.h - which task runs, and where
 *
 * Round robin over one run queue for all CPUs. A task runs until it blocks, yields, exits, until an
 * interrupt wakes another one, or until its slice of 10 ms ends. The slice is timed only while
 * another task waits for the CPU, so that a machine with nothing to do has no timer running.
 *
 * A task that becomes ready goes to an idle CPU if there is one, first of all to the one where it
 * ran last: that is interrupted. New tasks are given out to the CPUs in turn.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "ringside/hal.h"

#include <stdbool.h>
#include <stdint.h>

#define SCHED_SLICE_NS 10000000u

struct task;

void sched_init(struct task *idle);

/*
 * The register for the guest's own use holds the running task, and not the CPU's data: reading it
 * is one step, after which the answer stays right even when this task moves to another CPU.
 */
static inline struct task *sched_current(void)
{
    return (struct task *)(uintptr_t)hal_percpu_get();
}
struct task *sched_idle_task(void); /* of this CPU: with interrupts masked */

/* Of tasks and wait queues: spinlock.h. */
uint64_t sched_lock(void);
void sched_unlock(uint64_t daif);

/* With the lock: puts a task that is in no queue at the end of the run queue. */
void sched_make_ready(struct task *task);
/* With the lock: which CPU a new task is for. */
void sched_place(struct task *task);
/* Whether there is something to run on this CPU. */
bool sched_has_ready(void);

/*
 * With the lock: gives the CPU away. The running task goes back into the run queue if it is
 * TASK_RUNNING. Returns with the lock, perhaps on another CPU.
 */
void sched_switch(void);
/* The same for a task that never comes back. */
_Noreturn void sched_switch_for_good(void);
/* The first thing that a task does: it has come here by a switch, with the lock. */
void sched_begin_task(void);

/*
 * At the end of an interrupt, with interrupts masked: switches if that was asked for and is
 * allowed.
 */
void sched_preempt(void);

/* The idle task's life. */
_Noreturn void sched_idle(void);

/* ---- CPUs ------------------------------------------------------------------------------------ */

/* While it is off: a CPU and its idle task. */
void sched_add_cpu(unsigned index, struct task *idle);
/* On that CPU: its idle task runs from now on; and it may be given tasks. */
void sched_enter_cpu(struct task *idle);
void sched_set_online(void);
bool sched_is_online(unsigned index);
/* From now on CPUs can interrupt each other. */
void sched_attach_ipi(void);

#endif
