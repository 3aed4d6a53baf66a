/* sched.c - the run queue, the switch, the time slice */
#include "kernel/sched.h"

#include "kernel/clock.h"
#include "kernel/irq.h"
#include "kernel/task_priv.h"
#include "kernel/timeout.h"
#include "lib/kassert.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

static struct {
    struct list ready; /* struct task.link */
    struct task *current;
    struct task *idle;
    struct task *exited;  /* its stack is free as soon as another one runs */
    bool switch_wanted;   /* at the end of the interrupt, or of the stretch without preemption */
    struct timeout slice; /* armed while somebody waits behind a running task */
} sched;

static void sched_end_slice(void *arg)
{
    (void)arg;
    sched.switch_wanted = true;
}

void sched_init(struct task *idle)
{
    list_init(&sched.ready);
    sched.current = idle;
    sched.idle = idle;
    sched.exited = NULL;
    sched.switch_wanted = false;
    timeout_init(&sched.slice, sched_end_slice, NULL);
    idle->state = TASK_RUNNING;
}

struct task *sched_current(void)
{
    return sched.current;
}

struct task *sched_idle_task(void)
{
    return sched.idle;
}

bool sched_has_ready(void)
{
    return !list_is_empty(&sched.ready);
}

static bool sched_is_contended(void)
{
    return sched_has_ready() && sched.current != sched.idle;
}

/* A task that has just got the CPU has a whole slice before it. */
static void sched_begin_slice(void)
{
    if (sched_is_contended())
        timeout_arm(&sched.slice, clock_now_ns() + SCHED_SLICE_NS);
    else
        timeout_cancel(&sched.slice);
}

static void sched_enqueue(struct task *task)
{
    kassert(!list_is_linked(&task->link));
    task->state = TASK_READY;
    list_add_tail(&sched.ready, &task->link);
}

void sched_make_ready(struct task *task)
{
    uint64_t daif = hal_irq_save();
    sched_enqueue(task);
    if (irq_is_active())
        sched.switch_wanted = true;
    else if (sched_is_contended() && !sched.slice.armed)
        sched_begin_slice();
    hal_irq_restore(daif);
}

static struct task *sched_pick(void)
{
    struct list *first = list_pop(&sched.ready);
    return first != NULL ? list_entry(first, struct task, link) : sched.idle;
}

static void sched_set_running(struct task *task)
{
    sched.current = task;
    task->state = TASK_RUNNING;
    probe_task_running(task->number);
    sched_begin_slice();
}

void sched_switch(void)
{
    struct task *previous = sched.current;
    kassert(previous->preempt_depth == 0);
    kassert(!irq_is_active());
    sched.switch_wanted = false;
    if (previous->state == TASK_RUNNING && previous != sched.idle)
        sched_enqueue(previous);
    struct task *next = sched_pick();
    if (next == previous) {
        previous->state = TASK_RUNNING;
        return;
    }
    sched_set_running(next);
    hal_context_switch(&previous->context, &next->context);
    sched_reap();
}

_Noreturn void sched_switch_for_good(void)
{
    struct task *previous = sched.current;
    kassert(previous->state == TASK_EXITED);
    kassert(sched.exited == NULL);
    sched.exited = previous;
    sched.switch_wanted = false;
    struct task *next = sched_pick();
    sched_set_running(next);
    hal_context_exit(&previous->context, &next->context);
}

void sched_reap(void)
{
    uint64_t daif = hal_irq_save();
    struct task *task = sched.exited;
    if (task != NULL && task != sched.current) {
        sched.exited = NULL;
        task_free(task);
    }
    hal_irq_restore(daif);
}

void sched_preempt(void)
{
    if (sched.switch_wanted && sched.current->preempt_depth == 0)
        sched_switch();
}

_Noreturn void sched_idle(void)
{
    kassert(sched.current == sched.idle);
    for (;;) {
        /*
         * Masked between the look and the sleep: an interrupt in between ends the sleep, and is
         * taken after it.
         */
        uint64_t daif = hal_irq_save();
        if (!sched_has_ready())
            hal_wfi();
        hal_irq_restore(daif);
        task_yield();
    }
}
