/*
 * fiber.c - a task that does several things at once, on a stack each
 *
 * A task has one context of its own and, while it runs a fiber, that one's: task_context() says
 * which of them a switch of tasks is to save. Between that being said and the switch of stacks
 * nothing may come in between, so interrupts are masked there.
 */
#include "kernel/fiber.h"

#include "kernel/sched.h"
#include "kernel/task_priv.h"
#include "lib/errno.h"
#include "lib/kassert.h"

struct hal_context *task_context(struct task *task)
{
    return task->fiber != NULL ? &task->fiber->context : &task->context;
}

static void fiber_enter(void *arg)
{
    const struct fiber *fiber = arg;
    fiber->fn(fiber->arg);
    kassert(!"a fiber's function does not return");
}

int fiber_prepare(struct fiber *fiber, fiber_fn *fn, void *arg)
{
    kassert(sched_current()->fiber != fiber);
    if (fiber->stack == NULL)
        fiber->stack = hal_stack_alloc(TASK_STACK_SIZE);
    if (fiber->stack == NULL)
        return -KENOMEM;
    fiber->fn = fn;
    fiber->arg = arg;
    hal_context_init(&fiber->context, fiber_enter, fiber, fiber->stack, TASK_STACK_SIZE);
    return 0;
}

void fiber_resume(struct fiber *fiber)
{
    struct task *task = sched_current();
    kassert(task->fiber == NULL);
    uint64_t daif = hal_irq_save();
    task->fiber = fiber;
    hal_context_switch(&task->context, &fiber->context);
    hal_irq_restore(daif);
}

void fiber_suspend(void)
{
    struct task *task = sched_current();
    struct fiber *fiber = task->fiber;
    kassert(fiber != NULL);
    uint64_t daif = hal_irq_save();
    task->fiber = NULL;
    hal_context_switch(&fiber->context, &task->context);
    hal_irq_restore(daif);
}
