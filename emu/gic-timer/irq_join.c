/*
 * irq_join.c - several lines into one
 */
#include "emu/gic-timer/irq_join.h"

#include <glib.h>

static void irq_join_set(void *opaque, unsigned input, bool level)
{
    struct irq_join *join = opaque;
    if (level) {
        join->inputs |= UINT64_C(1) << input;
    } else {
        join->inputs &= ~(UINT64_C(1) << input);
    }
    irqline_set(&join->output, join->inputs != 0);
}

static void irq_join_pulse(void *opaque, unsigned input)
{
    struct irq_join *join = opaque;
    (void)input;
    if (join->inputs == 0) {
        irqline_pulse(&join->output);
    }
}

struct irqline irq_join_add(struct irq_join *join)
{
    g_assert(join->count < IRQ_JOIN_INPUTS);
    return (struct irqline){
        .set = irq_join_set, .pulse = irq_join_pulse, .opaque = join, .number = join->count++};
}
