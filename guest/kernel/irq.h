/*
 * irq.h - interrupt dispatch
 *
 * The interrupt controller's driver registers itself once; device drivers register handlers by
 * INTID. The vector acknowledges, calls the handlers and ends interrupts until the controller has
 * none left, then lets the scheduler run.
 */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#define IRQS_MAX     288
#define IRQS_PRIVATE 32 /* INTIDs below are each CPU's own */
#define IRQ_NONE     UINT32_MAX
#define IRQ_IPI      0 /* an SGI: one CPU interrupts another */

struct irq_chip {
    const char *name;
    uint32_t (*acknowledge)(void); /* IRQ_NONE: spurious */
    void (*end)(uint32_t intid);
    void (*enable)(uint32_t intid, bool edge_triggered);
    void (*disable)(uint32_t intid);
    /* On each CPU that comes up, before it clears PSTATE.I; the first has had it. 0, -KENODEV. */
    int (*init_cpu)(void);
    /* Raises IRQ_IPI on a CPU, which is on and is not the one that calls. */
    void (*send_ipi)(unsigned cpu);
};

/* True: it was for this handler. On a line that is shared, each has to find out. */
typedef bool irq_handler_fn(void *arg);

void irq_init(void);
void irq_register_chip(const struct irq_chip *chip);

/* Several handlers may share an INTID; all are called. Enables it. 0, -KEINVAL, -KENOMEM. */
int irq_attach(uint32_t intid, bool edge_triggered, irq_handler_fn *fn, void *arg,
               const char *name);

/*
 * Takes a handler out again: the one with this fn and arg, of an SPI. The last of an INTID takes
 * the enabling with it. When it returns, the handler runs on no CPU any more, and is not called
 * again: what `arg` points to may be freed. From tasks. 0; -KENOENT: there is no such handler.
 */
int irq_detach(uint32_t intid, irq_handler_fn *fn, void *arg);

/*
 * Of an SPI with handlers: whether the controller delivers it. From tasks and interrupts, also from
 * one of its own handlers.
 */
void irq_mask(uint32_t intid);
void irq_unmask(uint32_t intid);

/* On a CPU that comes up: its part of the controller, and the interrupts that each CPU has. */
void irq_init_cpu(void);
void irq_send_ipi(unsigned cpu);

/* True inside an interrupt handler. */
bool irq_is_active(void);

#endif
