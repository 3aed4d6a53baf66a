/* irq.c - the IRQ vector: acknowledge, handlers, end; then the scheduler */
#include "kernel/irq.h"

#include "kernel/pool.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/spinlock.h"
#include "kernel/task_priv.h"
#include "lib/errno.h"
#include "lib/kassert.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

#include <stddef.h>

#define IRQ_ACTIONS_MAX 64

struct irq_action {
    struct irq_action *next; /* of the same INTID, in order of attaching */
    irq_handler_fn *fn;
    void *arg;
    const char *name;
    bool edge_triggered;
};

static struct {
    struct spinlock lock;
    const struct irq_chip *chip;
    struct irq_action *actions[IRQS_MAX];
    uint64_t unhandled;
    uint32_t serving[CPUS_MAX]; /* what each CPU has acknowledged and not ended; IRQ_NONE */
} irq;

static struct irq_action irq_action_objects[IRQ_ACTIONS_MAX];
static struct pool irq_action_pool;

static void irq_count_unhandled(void)
{
    probe_counter("irq.unhandled", __atomic_add_fetch(&irq.unhandled, 1, __ATOMIC_RELAXED));
}

static void irq_dispatch(uint32_t intid)
{
    bool handled = false;
    for (struct irq_action *action = intid < IRQS_MAX ? irq.actions[intid] : NULL; action != NULL;
         action = action->next)
        handled |= action->fn(action->arg);
    if (!handled)
        irq_count_unhandled();
}

/* Sequentially consistent: either irq_detach() sees it, or the list is seen without its handler. */
static void irq_set_serving(unsigned cpu, uint32_t intid)
{
    __atomic_store_n(&irq.serving[cpu], intid, __ATOMIC_SEQ_CST);
}

static void irq_vector(void)
{
    struct task *task = sched_current();
    kassert(!task->in_irq); /* PSTATE.I is set in the vector: they do not nest */
    task->in_irq = true;
    unsigned cpu = smp_this_cpu();
    uint32_t intid;
    while ((intid = irq.chip->acknowledge()) != IRQ_NONE) {
        irq_set_serving(cpu, intid);
        irq_dispatch(intid);
        irq.chip->end(intid);
        irq_set_serving(cpu, IRQ_NONE);
    }
    task->in_irq = false;
    sched_preempt();
}

void irq_init(void)
{
    irq.chip = NULL;
    irq.lock = (struct spinlock)SPINLOCK_INIT("irq");
    irq.unhandled = 0;
    for (unsigned i = 0; i < IRQS_MAX; i++)
        irq.actions[i] = NULL;
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
        irq.serving[cpu] = IRQ_NONE;
    pool_init(&irq_action_pool, "irq-handlers", irq_action_objects, sizeof irq_action_objects[0],
              IRQ_ACTIONS_MAX);
}

void irq_register_chip(const struct irq_chip *chip)
{
    kassert(irq.chip == NULL);
    irq.chip = chip;
    hal_irq_set_vector(irq_vector);
}

/* The vector of another CPU may be walking the list: an action is complete before it is in it. */
static void irq_append(uint32_t intid, struct irq_action *action)
{
    struct irq_action **place = &irq.actions[intid];
    while (*place != NULL)
        place = &(*place)->next;
    __atomic_store_n(place, action, __ATOMIC_RELEASE);
}

int irq_attach(uint32_t intid, bool edge_triggered, irq_handler_fn *fn, void *arg, const char *name)
{
    if (irq.chip == NULL || intid >= IRQS_MAX || fn == NULL)
        return -KEINVAL;
    struct irq_action *action = pool_alloc(&irq_action_pool);
    if (action == NULL)
        return -KENOMEM;
    *action =
        (struct irq_action){.fn = fn, .arg = arg, .name = name, .edge_triggered = edge_triggered};
    uint64_t daif = spin_lock(&irq.lock);
    irq_append(intid, action);
    irq.chip->enable(intid, edge_triggered);
    spin_unlock(&irq.lock, daif);
    return 0;
}

/* Its `next` stays: a vector may stand on it. NULL when there is none. With the lock. */
static struct irq_action *irq_remove(uint32_t intid, irq_handler_fn *fn, const void *arg)
{
    struct irq_action **place = &irq.actions[intid];
    while (*place != NULL && ((*place)->fn != fn || (*place)->arg != arg))
        place = &(*place)->next;
    struct irq_action *action = *place;
    if (action != NULL)
        __atomic_store_n(place, action->next, __ATOMIC_SEQ_CST);
    return action;
}

/* Until no vector can still be in a handler that it found before. This CPU is in none. */
static void irq_wait_until_served(uint32_t intid)
{
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        while (__atomic_load_n(&irq.serving[cpu], __ATOMIC_SEQ_CST) == intid)
            hal_relax();
    }
}

int irq_detach(uint32_t intid, irq_handler_fn *fn, void *arg)
{
    kassert(!irq_is_active());
    if (intid < IRQS_PRIVATE || intid >= IRQS_MAX)
        return -KENOENT;
    uint64_t daif = spin_lock(&irq.lock);
    struct irq_action *action = irq_remove(intid, fn, arg);
    if (action != NULL && irq.actions[intid] == NULL)
        irq.chip->disable(intid);
    spin_unlock(&irq.lock, daif);
    if (action == NULL)
        return -KENOENT;
    irq_wait_until_served(intid);
    pool_free(&irq_action_pool, action);
    return 0;
}

void irq_mask(uint32_t intid)
{
    uint64_t daif = spin_lock(&irq.lock);
    irq.chip->disable(intid);
    spin_unlock(&irq.lock, daif);
}

void irq_unmask(uint32_t intid)
{
    uint64_t daif = spin_lock(&irq.lock);
    if (irq.actions[intid] != NULL)
        irq.chip->enable(intid, irq.actions[intid]->edge_triggered);
    spin_unlock(&irq.lock, daif);
}

/* SGIs and PPIs are enabled for each CPU by itself, [GICv2] 2.2.1. */
void irq_init_cpu(void)
{
    if (irq.chip->init_cpu() != 0)
        kpanic("a CPU has no interface to the interrupt controller");
    hal_irq_set_vector(irq_vector);
    spin_acquire(&irq.lock);
    for (uint32_t intid = 0; intid < IRQS_PRIVATE; intid++) {
        if (irq.actions[intid] != NULL)
            irq.chip->enable(intid, irq.actions[intid]->edge_triggered);
    }
    spin_release(&irq.lock);
}

void irq_send_ipi(unsigned cpu)
{
    irq.chip->send_ipi(cpu);
}

bool irq_is_active(void)
{
    return sched_current()->in_irq;
}
