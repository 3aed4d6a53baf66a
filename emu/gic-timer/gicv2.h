/*
 * gicv2.h - the GICv2 interrupt controller, for one CPU
 *
 * Distributor and CPU interface as in the Arm Generic Interrupt Controller Architecture
 * Specification, version 2.0 (IHI 0048B), without the Security Extensions and with one group.
 * INTIDs 0–15 are SGIs, 16–31 PPIs, 32 and up SPIs. Level-sensitive and edge-triggered inputs. An
 * INTID that nothing drives has a low level.
 */
#ifndef EMU_GIC_TIMER_GICV2_H
#define EMU_GIC_TIMER_GICV2_H

#include "emu/core/irqline.h"
#include "emu/core/mmio.h"
#include "emu/core/trace.h"

#define GICV2_DIST_SIZE 0x1000
#define GICV2_CPU_SIZE  0x2000
#define GICV2_IRQS_MAX  1020
#define GICV2_SPURIOUS  1023

struct gicv2;

/*
 * `irq_count` is a multiple of 32, from 64 to 1020 rounded up; `nirq` is the CPU's interrupt input.
 */
struct gicv2 *gicv2_new(struct trace *trace, unsigned irq_count, struct irqline nirq);
void gicv2_free(struct gicv2 *gic);

/* Maps both register frames on the bus. */
void gicv2_map(struct gicv2 *gic, struct mmio_bus *bus, uint64_t dist_base, uint64_t cpu_base);

/* The input line of a PPI or SPI. */
struct irqline gicv2_input(struct gicv2 *gic, unsigned intid);

/*
 * A line that makes an INTID pending, once, when it is set high: until it is taken, with nothing
 * behind it. For faults.
 */
struct irqline gicv2_pend_input(struct gicv2 *gic, unsigned intid);

/* What a report shows of an INTID. */
struct gicv2_irq_state {
    bool enabled, pending, active, level, edge_triggered;
    bool targeted; /* routed to the CPU: ITARGETSR */
    uint8_t priority;
};
struct gicv2_irq_state gicv2_irq_state(const struct gicv2 *gic, unsigned intid);
unsigned gicv2_irq_count(const struct gicv2 *gic);
/* True when the guest enabled both the distributor and the CPU interface. */
bool gicv2_is_forwarding(const struct gicv2 *gic);
uint8_t gicv2_priority_mask(const struct gicv2 *gic);
/* The priority of the highest active interrupt, 0xff when none is. */
uint8_t gicv2_running_priority(const struct gicv2 *gic);

/*
 * What the guest should have done, done for it: enables an INTID, or ends one that is active, as a
 * write of GICD_ISENABLER or GICC_EOIR would. For a diagnosis that tries whether that was missing.
 */
void gicv2_repair_enable(struct gicv2 *gic, unsigned intid);
void gicv2_repair_end(struct gicv2 *gic, unsigned intid);

#endif
