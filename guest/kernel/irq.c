/* irq.c - the IRQ vector: acknowledge, handlers, end; then the scheduler */
#include "kernel/irq.h"

#include "kernel/pool.h"
#include "kernel/sched.h"
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
};

static struct {
    const struct irq_chip *chip;
    struct irq_action *actions[IRQS_MAX];
    uint64_t unhandled;
    bool active;
} irq;

static struct irq_action irq_action_objects[IRQ_ACTIONS_MAX];
static struct pool irq_action_pool;

static void irq_count_unhandled(void)
{
    irq.unhandled++;
    probe_counter("irq.unhandled", irq.unhandled);
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

static void irq_vector(void)
{
    kassert(!irq.active); /* PSTATE.I is set in the vector: they do not nest */
    irq.active = true;
    uint32_t intid;
    while ((intid = irq.chip->acknowledge()) != IRQ_NONE) {
        irq_dispatch(intid);
        irq.chip->end(intid);
    }
    irq.active = false;
    sched_preempt();
}

void irq_init(void)
{
    irq.chip = NULL;
    irq.active = false;
    irq.unhandled = 0;
    for (unsigned i = 0; i < IRQS_MAX; i++)
        irq.actions[i] = NULL;
    pool_init(&irq_action_pool, "irq-handlers", irq_action_objects, sizeof irq_action_objects[0],
              IRQ_ACTIONS_MAX);
}

void irq_register_chip(const struct irq_chip *chip)
{
    kassert(irq.chip == NULL);
    irq.chip = chip;
    hal_irq_set_vector(irq_vector);
}

static void irq_append(uint32_t intid, struct irq_action *action)
{
    uint64_t daif = hal_irq_save();
    struct irq_action **place = &irq.actions[intid];
    while (*place != NULL)
        place = &(*place)->next;
    *place = action;
    hal_irq_restore(daif);
}

int irq_attach(uint32_t intid, bool edge_triggered, irq_handler_fn *fn, void *arg, const char *name)
{
    if (irq.chip == NULL || intid >= IRQS_MAX || fn == NULL)
        return -KEINVAL;
    struct irq_action *action = pool_alloc(&irq_action_pool);
    if (action == NULL)
        return -KENOMEM;
    *action = (struct irq_action){.fn = fn, .arg = arg, .name = name};
    irq_append(intid, action);
    irq.chip->enable(intid, edge_triggered);
    return 0;
}

bool irq_is_active(void)
{
    return irq.active;
}
