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

#define IRQ_FAULT_INPUTS             32
#define IRQ_FAULTS_MAX               16    /* at once on a line */
#define IRQ_FAULT_PULSES_MAX         32    /* on their way at once; more melt into the last */
#define IRQ_FAULT_SPURIOUS_PERIOD_NS 10000 /* between the spurious interrupts of one injection */
#define IRQ_FAULT_STORM_LOW_NS       19000 /* from the end of an assertion to its return, */
#define IRQ_FAULT_STORM_HIGH_NS      1000  /* and how long that lasts */

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

/*
 * When the line falls, it rises again soon, for a while that is long enough to be noticed; then it
 * falls, which is the next occurrence. So a storm goes on by itself, at a rate that leaves the
 * guest some time, from the first assertion on that ends.
 */
void irq_fault_storm(struct irq_fault *stage, struct fault_which which);

/*
 * The source is seen as an edge: that its line rises makes one interrupt pending, and that it stays
 * high means nothing. An assertion while it is high already is no edge, and lost.
 */
void irq_fault_edge(struct irq_fault *stage, struct fault_which which);

/* `count` interrupts for nothing, the first one now. */
void irq_fault_spurious(struct irq_fault *stage, unsigned count);

/* A fault of what drives the line, which this stage does not make: it is told, and restored. */
void irq_fault_note(struct irq_fault *stage, const char *name);

/*
 * From now on the stage drives this line and pends there, and the one that it drove until now is
 * low.
 */
void irq_fault_route(struct irq_fault *stage, const char *name, struct irqline output,
                     struct irqline pend);

/*
 * Ends all faults. The output is what the inputs say: an assertion that was lost shows again. Late
 * pulses come now, as one.
 */
void irq_fault_restore(struct irq_fault *stage);

/* Whether an event of a storm is due: something that goes on and brings nothing. */
bool irq_fault_is_storming(const struct irq_fault *stage);

#endif
