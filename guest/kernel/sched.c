/* sched.c - the run queue, the switch, the time slice, and which CPU is told of it */
#include "kernel/sched.h"

#include "kernel/clock.h"
#include "kernel/irq.h"
#include "kernel/smp.h"
#include "kernel/spinlock.h"
#include "kernel/task_priv.h"
#include "kernel/timeout.h"
#include "lib/kassert.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

static struct {
    struct spinlock lock;
    struct list ready; /* struct task.link */
    struct sched_cpu cpus[CPUS_MAX];
    unsigned cpu_count;
    unsigned placed; /* the CPU that got the last new task */
} sched;

uint64_t sched_lock(void)
{
    return spin_lock(&sched.lock);
}

void sched_unlock(uint64_t daif)
{
    spin_unlock(&sched.lock, daif);
}

static void sched_set_current(struct sched_cpu *cpu, struct task *task)
{
    cpu->current = task;
    task->cpu = cpu;
    hal_percpu_set((uintptr_t)task);
}

struct task *sched_idle_task(void)
{
    return sched_current()->cpu->idle;
}

/* ---- asking for a switch: with the lock ------------------------------------------------------ */

static bool sched_is_idle(const struct sched_cpu *cpu)
{
    return cpu->online && cpu->current == cpu->idle;
}

static void sched_ask(struct sched_cpu *cpu)
{
    cpu->switch_wanted = true;
    if (cpu != sched_current()->cpu)
        irq_send_ipi(cpu->index);
}

static void sched_end_slice(void *arg)
{
    uint64_t daif = sched_lock();
    sched_ask(arg);
    sched_unlock(daif);
}

/* ---- the run queue: with the lock ------------------------------------------------------------ */

static void sched_enqueue(struct task *task)
{
    kassert(!list_is_linked(&task->link));
    task->state = TASK_READY;
    list_add_tail(&sched.ready, &task->link);
}

/* What this CPU would run. What an idle CPU was told of is left to that one. */
static struct task *sched_first_for(const struct sched_cpu *cpu)
{
    struct list *link;
    list_foreach (link, &sched.ready) {
        struct task *task = list_entry(link, struct task, link);
        if (task->cpu == cpu || !sched_is_idle(task->cpu))
            return task;
    }
    return NULL;
}

static struct task *sched_pick(struct sched_cpu *cpu)
{
    struct task *task = sched_first_for(cpu);
    if (task == NULL)
        return cpu->idle;
    list_remove(&task->link);
    return task;
}

bool sched_has_ready(void)
{
    uint64_t daif = sched_lock();
    bool ready = sched_first_for(sched_current()->cpu) != NULL;
    sched_unlock(daif);
    return ready;
}

static bool sched_is_contended(const struct sched_cpu *cpu)
{
    return !list_is_empty(&sched.ready) && cpu->current != cpu->idle;
}

/* A task that has just got the CPU has a whole slice before it. */
static void sched_begin_slice(struct sched_cpu *cpu)
{
    if (sched_is_contended(cpu))
        timeout_arm(&cpu->slice, clock_now_ns() + SCHED_SLICE_NS);
    else
        timeout_cancel(&cpu->slice);
}

/* The idle CPU that is to run a task; NULL when none is, other than this one. */
static struct sched_cpu *sched_find_idle(const struct task *task)
{
    struct sched_cpu *here = sched_current()->cpu;
    if (sched.cpu_count == 1 || (task->cpu == here && sched_is_idle(here)))
        return NULL;
    if (sched_is_idle(task->cpu) && !task->cpu->switch_wanted)
        return task->cpu;
    if (sched_is_idle(here))
        return NULL;
    for (unsigned i = 0; i < sched.cpu_count; i++) {
        if (sched_is_idle(&sched.cpus[i]) && !sched.cpus[i].switch_wanted)
            return &sched.cpus[i];
    }
    return NULL;
}

void sched_make_ready(struct task *task)
{
    struct sched_cpu *here = sched_current()->cpu;
    struct sched_cpu *idle = sched_find_idle(task);
    sched_enqueue(task);
    task->cpu = idle != NULL ? idle : here;
    if (idle != NULL)
        sched_ask(idle);
    else if (irq_is_active())
        here->switch_wanted = true;
    else if (sched_is_contended(here) && !here->slice.armed)
        sched_begin_slice(here);
}

void sched_place(struct task *task)
{
    do
        sched.placed = (sched.placed + 1) % sched.cpu_count;
    while (!sched.cpus[sched.placed].online);
    task->cpu = &sched.cpus[sched.placed];
}

/* Somebody idle is to run what this CPU leaves in the queue. */
static void sched_share_rest(const struct sched_cpu *here)
{
    for (unsigned i = 0; i < sched.cpu_count; i++) {
        struct sched_cpu *cpu = &sched.cpus[i];
        if (cpu != here && sched_is_idle(cpu) && !cpu->switch_wanted &&
            sched_first_for(cpu) != NULL)
            sched_ask(cpu);
    }
}

/* ---- the switch ------------------------------------------------------------------------------ */

static void sched_set_running(struct sched_cpu *cpu, struct task *task)
{
    sched_set_current(cpu, task);
    task->state = TASK_RUNNING;
    probe_task_running(task->number);
    sched_begin_slice(cpu);
    if (sched.cpu_count > 1)
        sched_share_rest(cpu);
}

/* After a switch: frees what the task that ran before on this CPU has left behind. */
static void sched_reap(void)
{
    struct sched_cpu *cpu = sched_current()->cpu;
    struct task *task = cpu->exited;
    if (task != NULL) {
        cpu->exited = NULL;
        task_free(task);
    }
}

void sched_switch(void)
{
    struct task *previous = sched_current();
    struct sched_cpu *cpu = previous->cpu;
    kassert(previous->preempt_depth == 0);
    kassert(!irq_is_active());
    cpu->switch_wanted = false;
    if (previous->state == TASK_RUNNING && previous != cpu->idle)
        sched_enqueue(previous);
    struct task *next = sched_pick(cpu);
    if (next == previous) {
        previous->state = TASK_RUNNING;
        return;
    }
    sched_set_running(cpu, next);
    hal_context_switch(task_context(previous), task_context(next));
    sched_reap();
}

_Noreturn void sched_switch_for_good(void)
{
    struct task *previous = sched_current();
    struct sched_cpu *cpu = previous->cpu;
    kassert(previous->state == TASK_EXITED);
    kassert(cpu->exited == NULL);
    cpu->exited = previous;
    cpu->switch_wanted = false;
    struct task *next = sched_pick(cpu);
    sched_set_running(cpu, next);
    hal_context_exit(task_context(previous), task_context(next));
}

void sched_begin_task(void)
{
    sched_reap();
    sched_unlock(0);
}

void sched_preempt(void)
{
    const struct task *task = sched_current();
    if (!task->cpu->switch_wanted || task->preempt_depth != 0)
        return;
    spin_acquire(&sched.lock);
    sched_switch();
    spin_release(&sched.lock);
}

_Noreturn void sched_idle(void)
{
    for (;;) {
        /*
         * Masked between the look and the sleep: an interrupt in between ends the sleep, and is
         * taken after it.
         */
        uint64_t daif = hal_irq_save();
        kassert(sched_current() == sched_idle_task());
        if (!sched_has_ready())
            hal_wfi();
        hal_irq_restore(daif);
        task_yield();
    }
}

/* ---- CPUs ------------------------------------------------------------------------------------ */

void sched_add_cpu(unsigned index, struct task *idle)
{
    struct sched_cpu *cpu = &sched.cpus[index];
    *cpu = (struct sched_cpu){.index = index, .idle = idle};
    timeout_init(&cpu->slice, sched_end_slice, cpu);
    list_init(&idle->link);
    if (index >= sched.cpu_count)
        sched.cpu_count = index + 1;
}

void sched_enter_cpu(struct task *idle)
{
    struct sched_cpu *cpu = NULL;
    for (unsigned i = 0; i < sched.cpu_count; i++) {
        if (sched.cpus[i].idle == idle)
            cpu = &sched.cpus[i];
    }
    kassert(cpu != NULL);
    idle->state = TASK_RUNNING;
    sched_set_current(cpu, idle);
}

void sched_set_online(void)
{
    __atomic_store_n(&sched_current()->cpu->online, true, __ATOMIC_RELEASE);
}

bool sched_is_online(unsigned index)
{
    return __atomic_load_n(&sched.cpus[index].online, __ATOMIC_ACQUIRE);
}

/* What the sender wants stands in `switch_wanted`, which the end of every interrupt looks at. */
static bool sched_take_ipi(void *arg)
{
    (void)arg;
    return true;
}

void sched_attach_ipi(void)
{
    if (irq_attach(IRQ_IPI, true, sched_take_ipi, NULL, "reschedule") != 0)
        kpanic("CPUs cannot interrupt each other");
}

void sched_init(struct task *idle)
{
    sched.lock = (struct spinlock)SPINLOCK_INIT("sched");
    list_init(&sched.ready);
    sched.cpu_count = 0;
    sched.placed = CPUS_MAX - 1;
    sched_add_cpu(0, idle);
    sched_enter_cpu(idle);
    sched_set_online();
}
