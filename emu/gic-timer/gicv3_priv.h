/*
 * gicv3_priv.h - what the files of the GICv3 share
 *
 * One security state (GICD_CTLR.DS is 1): Group 0 is signalled by nFIQ, Group 1 by nIRQ. Affinity
 * routing is always on. CPU n has the affinity 0.0.0.n. No LPIs, no message-based SPIs. Five bits
 * of priority.
 */
#ifndef EMU_GIC_TIMER_GICV3_PRIV_H
#define EMU_GIC_TIMER_GICV3_PRIV_H

#include "emu/gic-timer/gic_priv.h"

#define GICV3_PRIORITY_BITS 5
#define GICV3_PRIORITY_MASK 0xf8
#define GICV3_POINT0_MIN    2 /* binary points leave no more bits than there are */
#define GICV3_IIDR          UINT32_C(0x43b)

#define GICV3_ROUTE_ANY      (UINT64_C(1) << 31) /* IROUTER.Interrupt_Routing_Mode */
#define GICV3_ROUTE_AFFINITY UINT64_C(0xff00ffffff)

static inline uint64_t gicv3_affinity(unsigned cpu)
{
    return cpu;
}

/* Leads an SPI to the CPU that IROUTER says; any CPU is the first one that is awake. */
void gicv3_route(struct gic *gic, unsigned intid);

/* PIDR4 to PIDR7, PIDR0 to PIDR3, CIDR0 to CIDR3, at the end of each frame. */
uint32_t gicv3_read_id(struct gic *gic, unsigned cpu, unsigned index);

extern const struct mmio_ops gicv3_dist_ops;
extern const struct mmio_ops gicv3_redist_ops;

#endif
