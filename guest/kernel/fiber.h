/*
 * fiber.h - a task that does several things at once, on a stack each
 *
 * A fiber is code that can be put aside in the middle: it has a stack, and runs as the task that
 * resumes it, until it suspends itself. To the scheduler it is that task: it is preempted as one,
 * and when it sleeps, all of the task sleeps. So what it wants to wait for it tells whoever resumes
 * it, and suspends itself instead.
 */
#ifndef KERNEL_FIBER_H
#define KERNEL_FIBER_H

#include "ringside/hal.h"

typedef void fiber_fn(void *arg);

/* All zero at first, and in memory that stays: it keeps its stack for the next time. */
struct fiber {
    struct hal_context context;
    void *stack;
    fiber_fn *fn;
    void *arg;
};

/*
 * When it is resumed, the fiber calls fn(arg), which must not return. A fiber that was suspended
 * in the middle is begun anew, and what it was at is forgotten. 0, -KENOMEM.
 */
int fiber_prepare(struct fiber *fiber, fiber_fn *fn, void *arg);
/* From the task's own stack: returns when the fiber has suspended itself. */
void fiber_resume(struct fiber *fiber);
/* From a fiber. */
void fiber_suspend(void);

#endif
