/*
 * task_priv.h - what a task is; for the kernel's own files
 *
 * TASK_READY    stands in the run queue TASK_RUNNING  is the current one TASK_BLOCKED  is in
 * nobody's list but a wait queue's; `asleep_on` says which waiter ends that TASK_EXITED   never
 * runs again; the next task that runs frees its stack and gives it back to the pool
 */
#ifndef KERNEL_TASK_PRIV_H
#define KERNEL_TASK_PRIV_H

#include "kernel/task.h"
#include "kernel/timeout.h"
#include "kernel/wait.h"
#include "lib/list.h"

#include "ringside/hal.h"

struct fiber;
struct program;

enum task_state {
    TASK_READY,
    TASK_RUNNING,
    TASK_BLOCKED,
    TASK_EXITED,
};

/* What a CPU runs. Protected by the scheduler's lock (sched.c). */
struct sched_cpu {
    unsigned index;
    bool online;
    bool switch_wanted; /* at the end of the interrupt, or of the stretch without preemption */
    struct task *current;
    struct task *idle;
    struct task *exited;  /* its stack is free as soon as another one runs */
    struct timeout slice; /* armed while somebody waits behind a running task */
};

struct task {
    struct sched_cpu *cpu; /* where it runs, ran last, or is to run */
    struct list link;      /* of the run queue */
    enum task_state state;
    uint32_t number; /* never used twice; 0 is the idle task */
    char name[TASK_NAME_MAX];
    task_fn *fn;
    void *arg;
    void *stack;
    struct hal_context context;
    struct fiber *fiber; /* that it runs; NULL: it is on its own stack */

    unsigned preempt_depth;
    bool in_irq;              /* an interrupt is being handled on its stack */
    uint64_t signals;         /* pending: bit n - 1 for number n */
    uint64_t signals_blocked; /* stay pending */
    uint64_t signals_saved;   /* what is blocked again when `signals_swapped` has been obeyed */
    bool signals_swapped;     /* for the length of one call (ppoll and its kind) */
    struct file_table *files;
    struct program *program;

    struct waiter *waiters;   /* prepared and not finished, the innermost first */
    struct waiter *asleep_on; /* NULL unless blocked */
    bool interruptible;       /* the sleep */
    bool is_timed;            /* the sleep has a deadline */
    bool timed_out;           /* the sleep ended so */
    struct timeout timeout;   /* of the sleep */
};

void task_init(void);
/* What a switch away from it saves, and one to it resumes (fiber.c). */
struct hal_context *task_context(struct task *task);
/* Stack and all; not the running one's. */
void task_free(struct task *task);
/* Ends the sleep of a blocked task (wait.c). With the scheduler's lock. */
void wait_wake_task(struct task *task);

#endif
