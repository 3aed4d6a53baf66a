/*
 * task.h - tasks and the scheduler
 *
 * Round robin over a run queue, preemptive: an interrupt that wakes a task, and the end of a time
 * slice, ask for a switch, which happens at the end of the interrupt unless preemption is off.
 * Tasks are kernel threads; a program is a task with a descriptor table and arguments. Task 0 is
 * the boot code, which becomes the idle task, and so is that of each other CPU.
 */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TASKS_MAX       256
#define TASK_NAME_MAX   32
#define TASK_STACK_SIZE 32768

struct task;
struct file_table;

typedef void task_fn(void *arg);

/*
 * Creates a task that is ready to run. NULL when the table or memory is exhausted. From tasks and
 * interrupts.
 */
struct task *task_create(const char *name, task_fn *fn, void *arg);
/* In two steps, for what has to be complete before it runs, perhaps on another CPU. */
struct task *task_prepare(const char *name, task_fn *fn, void *arg);
void task_start(struct task *task);
struct task *task_current(void);
uint32_t task_number(const struct task *task);
const char *task_name(const struct task *task);

/* Ends the running task. */
_Noreturn void task_exit(void);
/* Lets others run. */
void task_yield(void);

/* No switch away from this task in between; nests. A task must not sleep then. */
void preempt_disable(void);
void preempt_enable(void);

/*
 * A signal for a task: it is remembered, and unless it is blocked, what the task waits for
 * interruptibly ends with -KEINTR. What a program does about it, program.c says.
 */
#define SIGNALS_MAX 64
void task_signal(struct task *task, int number);
/* The lowest number that is not blocked; 0: none. */
int task_pending_signal(const struct task *task);
/* Of the running task: the same, and it is no longer pending. */
int task_take_signal(void);
/* Of the running task: one is pending that cannot be blocked, so the program is going to end. */
bool task_is_dying(void);
/*
 * Of the running task: what is blocked from now on, bit n - 1 for signal n; what was. SIGKILL and
 * SIGSTOP cannot be blocked.
 */
uint64_t task_block_signals(uint64_t mask);
/* For one call: others are blocked until task_unswap_signals(). */
void task_swap_signals(uint64_t mask);
void task_unswap_signals(void);

/* The descriptor table of the running program; NULL for kernel tasks. */
struct file_table *task_files(void);

#endif
