/*
 * gic.h - the interrupt controller: GICv2 or GICv3, for one CPU or several
 *
 * As in the Arm Generic Interrupt Controller Architecture Specifications: version 2.0 (IHI 0048B),
 * version 3 (IHI 0069).
 * INTIDs 0–15 are SGIs, 16–31 PPIs, both private to each CPU, 32 and up SPIs. Level-sensitive and
 * edge-triggered inputs. An INTID that nothing drives has a low level.
 *
 * CPUs are counted from 0. Where a function takes a CPU and an INTID, the CPU says whose private
 * INTID is meant; that of an SPI is the same for all.
 */
#ifndef EMU_GIC_TIMER_GIC_H
#define EMU_GIC_TIMER_GIC_H

#include "emu/core/irqline.h"
#include "emu/core/mmio.h"
#include "emu/core/trace.h"

#define GIC_CPUS_MAX 8
#define GIC_IRQS_MAX 1020
#define GIC_SPURIOUS 1023

enum gic_version {
    GIC_V2,
    GIC_V3, /* one security state, affinity routing, system registers, no LPIs */
};

struct gic;

struct gic_config {
    enum gic_version version;
    unsigned cpu_count;            /* 1 to GIC_CPUS_MAX */
    unsigned irq_count;            /* a multiple of 32, from 64 to 1020 rounded up */
    const struct irqline *nirq;    /* the interrupt inputs of the CPUs, cpu_count of them; copied */
    const unsigned *accessing_cpu; /* whose access to a register is being served; kept */
    /* GICv2: firmware ran before, in the secure world, where the guest is: all is in Group 1. */
    bool secure;
};

/* Borrows the configuration. */
struct gic *gic_new(struct trace *trace, const struct gic_config *config);
void gic_free(struct gic *gic);

/*
 * Maps the register frames on the bus: the distributor's, and that of the CPU interfaces or the
 * redistributors.
 */
#define GICV2_DIST_SIZE   0x1000
#define GICV2_CPU_SIZE    0x2000
#define GICV3_DIST_SIZE   0x10000
#define GICV3_REDIST_SIZE 0x20000 /* a CPU */
void gic_map(struct gic *gic, struct mmio_bus *bus, uint64_t dist_base, uint64_t cpu_base);

/* The CPU interface of a GICv3, by system registers: ICC_…_EL1. */
enum gic_sysreg {
    GIC_ICC_PMR,
    GIC_ICC_IAR0,
    GIC_ICC_EOIR0,
    GIC_ICC_HPPIR0,
    GIC_ICC_BPR0,
    GIC_ICC_AP0R0,
    GIC_ICC_AP1R0,
    GIC_ICC_DIR,
    GIC_ICC_RPR,
    GIC_ICC_SGI1R,
    GIC_ICC_IAR1,
    GIC_ICC_EOIR1,
    GIC_ICC_HPPIR1,
    GIC_ICC_BPR1,
    GIC_ICC_CTLR,
    GIC_ICC_SRE,
    GIC_ICC_IGRPEN0,
    GIC_ICC_IGRPEN1,
};
uint64_t gic_sysreg_read(struct gic *gic, unsigned cpu, enum gic_sysreg reg);
void gic_sysreg_write(struct gic *gic, unsigned cpu, enum gic_sysreg reg, uint64_t value);

/* The input line of a PPI or SPI. */
struct irqline gic_input(struct gic *gic, unsigned cpu, unsigned intid);

/*
 * A line that makes an INTID pending, once, when it is set high: until it is taken, with nothing
 * behind it. For faults.
 */
struct irqline gic_pend_input(struct gic *gic, unsigned cpu, unsigned intid);

/* What a report shows of an INTID. */
struct gic_irq_state {
    bool enabled, pending, active, level, edge_triggered;
    bool targeted;  /* routed to this CPU */
    unsigned group; /* 0 or 1 */
    uint8_t priority;
};
struct gic_irq_state gic_irq_state(const struct gic *gic, unsigned cpu, unsigned intid);
enum gic_version gic_version(const struct gic *gic);
unsigned gic_cpu_count(const struct gic *gic);
unsigned gic_irq_count(const struct gic *gic);
/* Why something pending and enabled does not reach a CPU that runs nothing. */
enum gic_obstacle {
    GIC_OBSTACLE_NONE,
    GIC_OBSTACLE_OFF,      /* no group is on, in the distributor or for this CPU */
    GIC_OBSTACLE_ASLEEP,   /* the redistributor sleeps */
    GIC_OBSTACLE_TARGET,   /* it is routed elsewhere */
    GIC_OBSTACLE_GROUP,    /* its group is off, or is signalled by nFIQ */
    GIC_OBSTACLE_REFUSED,  /* IAR does not give it: 1022 */
    GIC_OBSTACLE_PRIORITY, /* it does not pass the mask */
};
enum gic_obstacle gic_obstacle(const struct gic *gic, unsigned cpu, unsigned intid);
/* True when the guest switched on some group, both in the distributor and for this CPU. */
bool gic_is_forwarding(const struct gic *gic, unsigned cpu);
uint8_t gic_priority_mask(const struct gic *gic, unsigned cpu);
/* The priority of the highest active interrupt, 0xff when none is. */
uint8_t gic_running_priority(const struct gic *gic, unsigned cpu);

/*
 * What the guest should have done, done for it: enables an INTID, or ends one that is active, as a
 * write of ISENABLER or EOIR would. For a diagnosis that tries whether that was missing.
 */
void gic_repair_enable(struct gic *gic, unsigned cpu, unsigned intid);
void gic_repair_end(struct gic *gic, unsigned cpu, unsigned intid);

#endif
