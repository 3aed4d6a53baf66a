/*
 * irq_join.h - several lines into one: high while any of them is
 *
 * For an interrupt controller's input that more than one source can reach. An assertion is passed
 * on even when the output is high already, because whoever listens may count assertions. A pulse is
 * passed on where the output is low: on a high line there is none.
 */
#ifndef EMU_GIC_TIMER_IRQ_JOIN_H
#define EMU_GIC_TIMER_IRQ_JOIN_H

#include "emu/core/irqline.h"

#include <stdint.h>

#define IRQ_JOIN_INPUTS 64

struct irq_join {
    struct irqline output;
    uint64_t inputs; /* a bit for each that is high */
    unsigned count;
};

/* One more line that the join listens to; at most IRQ_JOIN_INPUTS. The join must stay. */
struct irqline irq_join_add(struct irq_join *join);

#endif
