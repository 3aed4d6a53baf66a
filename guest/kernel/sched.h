/*
 * sched.h - which task runs
 *
 * Round robin over one run queue. A task runs until it blocks, yields, exits, until an interrupt
 * wakes another one, or until its slice of 10 ms ends. The slice is timed only while another task
 * waits for the CPU, so that a machine with nothing to do has no timer running.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <stdbool.h>

#define SCHED_SLICE_NS 10000000u

struct task;

void sched_init(struct task *idle);
struct task *sched_current(void);
struct task *sched_idle_task(void);

/* Puts a task that is in no queue at the end of the run queue. From tasks and interrupts. */
void sched_make_ready(struct task *task);
bool sched_has_ready(void);

/*
 * With interrupts masked: gives the CPU away. The running task goes back into the run queue if it
 * is TASK_RUNNING.
 */
void sched_switch(void);
/* The same for a task that never comes back. */
_Noreturn void sched_switch_for_good(void);
/* Frees what the task that ran before has left behind; called by every task that gets the CPU. */
void sched_reap(void);

/*
 * At the end of an interrupt, with interrupts masked: switches if that was asked for and is
 * allowed.
 */
void sched_preempt(void);

/* The idle task's life. */
_Noreturn void sched_idle(void);

#endif
