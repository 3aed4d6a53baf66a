/*
 * irq_fault.h - faults of an interrupt: middleware on a line
 *
 * A stage listens to a line and drives another, and nobody at either end knows. Without a fault it
 * passes levels on. It has several inputs, and its own level is up while any of them is; so one
 * line can be driven by its device, and by a timer that was led astray to it.
 *
 * An occurrence is an assertion: a call that sets an input high, even one that is high already. A
 * device that asserts for each of its reasons (virtio does) has an occurrence for each of them, and
 * an assertion that was lost is lost until the next one. A pulse (a message) is an occurrence too,
 * without a level: one that was lost does not show again when the faults end.
 *
 * Several faults are met in the order in which they were injected; what one loses, those behind it
 * do not see.
 */
#ifndef EMU_GIC_TIMER_IRQ_FAULT_H
#define EMU_GIC_TIMER_IRQ_FAULT_H

#include "emu/core/fault.h"
#include "emu/core/irqline.h"

#define IRQ_FAULT_INPUTS             8
#define IRQ_FAULTS_MAX               16    /* at once on a line */
#define IRQ_FAULT_PULSES_MAX         32    /* on their way at once; more melt into the last */
#define IRQ_FAULT_SPURIOUS_PERIOD_NS 10000 /* between the spurious interrupts of one injection */

struct irq_fault;

/*
 * `object` and `target` are copied into the trace: "irq", "eth0.tx". `pend` is set high for a
 * spurious interrupt, and has to make one that nothing stands behind; where it is not connected,
 * there is none.
 */
struct irq_fault *irq_fault_new(struct vclock *clock, struct trace *trace, const char *object,
                                const char *target, struct irqline output, struct irqline pend);
void irq_fault_free(struct irq_fault *stage);

/* The line that the stage listens to, one of IRQ_FAULT_INPUTS. */
struct irqline irq_fault_input(struct irq_fault *stage, unsigned input);

/* Assertions do not come through. `name` is what the events call it: a timer is "dead". */
void irq_fault_lose(struct irq_fault *stage, const char *name, struct fault_which which);

/*
 * Assertions come through `delay_ns` later, when the level is still up then; several delays add up.
 * Pulses come whatever has happened since.
 */
void irq_fault_delay(struct irq_fault *stage, const char *name, uint64_t delay_ns,
                     struct fault_which which);

/* The output is high, whatever the input says. */
void irq_fault_stick(struct irq_fault *stage);

/* `count` interrupts for nothing, the first one now. */
void irq_fault_spurious(struct irq_fault *stage, unsigned count);

/* From now on the stage drives this line, and the one that it drove until now is low. */
void irq_fault_route(struct irq_fault *stage, const char *name, struct irqline output);

/*
 * Ends all faults. The output is what the inputs say: an assertion that was lost shows again. Late
 * pulses come now, as one.
 */
void irq_fault_restore(struct irq_fault *stage);

#endif
