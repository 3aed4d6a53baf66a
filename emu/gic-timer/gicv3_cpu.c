/*
 * gicv3_cpu.c - the GICv3's CPU interfaces: system registers
 *
 * [GICv3] 12.2, and 4.8 for priorities. There is no memory-mapped interface: SRE reads as one, with
 * bypass disabled. IAR0, EOIR0, HPPIR0, BPR0 and IGRPEN0 are of Group 0; those with a 1 are of
 * Group 1, whose binary point leaves a group priority that is one bit longer. SGI1R sends to the
 * CPUs whose affinity it names and that have the SGI in Group 1.
 */
#include "emu/gic-timer/gicv3_priv.h"

#define ICC_SRE             7 /* SRE, DFB, DIB */
#define ICC_CTLR_CBPR       UINT64_C(1)
#define ICC_CTLR_EOI_MODE   UINT64_C(2)
#define ICC_CTLR_PRI_BITS   ((uint64_t)(GICV3_PRIORITY_BITS - 1) << 8)
#define ICC_BPR_MASK        7
#define ICC_SGIR_TARGETS(v) ((v)&0xffff)
#define ICC_SGIR_INTID(v)   ((unsigned)((v) >> 24 & 0xf))
#define ICC_SGIR_TO_OTHERS  (UINT64_C(1) << 40)
#define ICC_SGIR_ELSEWHERE  UINT64_C(0x00fff0ff00ff0000) /* Aff3, RS, Aff2 and Aff1 */
#define ICC_INTID_MASK      UINT64_C(0xffffff)
#define ICC_CLAUSE          "12.2"

/* ---- acknowledge and end --------------------------------------------------------------------- */

/* What a register of a group shows of an INTID. */
static unsigned icc_seen(const struct gic *gic, unsigned cpu, unsigned group, unsigned intid)
{
    bool is_of_group = intid != GIC_SPURIOUS && gic_group(gic, cpu, intid) == group;
    return is_of_group ? intid : GIC_SPURIOUS;
}

static uint64_t icc_read_iar(struct gic *gic, unsigned cpu, unsigned group)
{
    unsigned intid = icc_seen(gic, cpu, group, gic_signalled(gic, cpu));
    if (intid == GIC_SPURIOUS) {
        trace_emit(gic->trace, TRACE_IRQ_SPURIOUS, TN(intid), TN(cpu));
        return GIC_SPURIOUS;
    }
    gic_acknowledge(gic, cpu, intid);
    return intid;
}

static void icc_write_eoir(struct gic *gic, unsigned cpu, unsigned group, uint64_t value)
{
    unsigned intid = (unsigned)(value & ICC_INTID_MASK);
    if (intid >= GIC_IRQS_MAX && intid <= GIC_SPURIOUS) {
        return; /* ignored */
    }
    if (gic_exists(gic, intid) && gic_group(gic, cpu, intid) != group) {
        gic_breach(gic, ICC_CLAUSE, "EOIR0 ends interrupts of Group 0, EOIR1 those of Group 1",
                   intid);
        return;
    }
    gic_end(gic, cpu, ICC_CLAUSE, intid, 0);
}

static void icc_write_dir(struct gic *gic, unsigned cpu, uint64_t value)
{
    unsigned intid = (unsigned)(value & ICC_INTID_MASK);
    if (intid < GIC_IRQS_MAX || intid > GIC_SPURIOUS) {
        gic_deactivate(gic, cpu, ICC_CLAUSE, intid);
    }
}

/* ---- SGIs ------------------------------------------------------------------------------------ */

static void icc_write_sgi1r(struct gic *gic, unsigned cpu, uint64_t value)
{
    unsigned intid = ICC_SGIR_INTID(value);
    for (unsigned to = 0; to < gic->cpu_count; to++) {
        bool named = (value & ICC_SGIR_TO_OTHERS) != 0
                         ? to != cpu
                         : (value & ICC_SGIR_ELSEWHERE) == 0 &&
                               (ICC_SGIR_TARGETS(value) >> gicv3_affinity(to) & 1) != 0;
        if (!named) {
            continue;
        }
        if (gic_group(gic, to, intid) == 0) {
            gic_breach(gic, ICC_CLAUSE, "SGI1R sends to CPUs that have the SGI in Group 1", intid);
        } else {
            gic_send_sgi(gic, to, intid, 0);
        }
    }
}

/* ---- registers ------------------------------------------------------------------------------- */

uint64_t gic_sysreg_read(struct gic *gic, unsigned cpu, enum gic_sysreg reg)
{
    g_assert(gic->version == GIC_V3 && cpu < gic->cpu_count);
    const struct gic_cpu *self = &gic->cpus[cpu];
    switch (reg) {
    case GIC_ICC_PMR:
        return self->priority_mask;
    case GIC_ICC_IAR0:
        return icc_read_iar(gic, cpu, 0);
    case GIC_ICC_IAR1:
        return icc_read_iar(gic, cpu, 1);
    case GIC_ICC_HPPIR0:
        return icc_seen(gic, cpu, 0, self->best);
    case GIC_ICC_HPPIR1:
        return icc_seen(gic, cpu, 1, self->best);
    case GIC_ICC_BPR0:
        return self->binary_point[0];
    case GIC_ICC_BPR1:
        return MIN(self->binary_point[self->common_binary_point ? 0 : 1] + 1u, ICC_BPR_MASK);
    case GIC_ICC_AP0R0:
        return self->active_priorities[0][0];
    case GIC_ICC_AP1R0:
        return self->active_priorities[1][0];
    case GIC_ICC_RPR:
        return self->running_priority;
    case GIC_ICC_CTLR:
        return ICC_CTLR_PRI_BITS | (self->common_binary_point ? ICC_CTLR_CBPR : 0) |
               (self->end_split ? ICC_CTLR_EOI_MODE : 0);
    case GIC_ICC_SRE:
        return ICC_SRE;
    case GIC_ICC_IGRPEN0:
        return self->group_enabled[0];
    case GIC_ICC_IGRPEN1:
        return self->group_enabled[1];
    case GIC_ICC_EOIR0:
    case GIC_ICC_EOIR1:
    case GIC_ICC_DIR:
    case GIC_ICC_SGI1R:
        return 0; /* write-only */
    }
    g_assert_not_reached();
}

static void icc_write_bpr1(struct gic_cpu *self, uint64_t value)
{
    if (!self->common_binary_point) {
        unsigned point = value & ICC_BPR_MASK;
        self->binary_point[1] = (uint8_t)(MAX(point, GICV3_POINT0_MIN + 1u) - 1);
    }
}

/* What only configures the interface. */
static void icc_write_quiet(struct gic *gic, unsigned cpu, enum gic_sysreg reg, uint64_t value)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    if (reg == GIC_ICC_PMR) {
        self->priority_mask = value & GICV3_PRIORITY_MASK;
    } else if (reg == GIC_ICC_BPR0) {
        self->binary_point[0] = (uint8_t)MAX(value & ICC_BPR_MASK, GICV3_POINT0_MIN);
    } else if (reg == GIC_ICC_BPR1) {
        icc_write_bpr1(self, value);
    } else if (reg == GIC_ICC_CTLR) {
        self->common_binary_point = (value & ICC_CTLR_CBPR) != 0;
        self->end_split = (value & ICC_CTLR_EOI_MODE) != 0;
    } else if (reg == GIC_ICC_IGRPEN0) {
        self->group_enabled[0] = (value & 1) != 0;
    } else {
        g_assert(reg == GIC_ICC_IGRPEN1);
        self->group_enabled[1] = (value & 1) != 0;
    }
    gic_signal(gic, cpu);
}

void gic_sysreg_write(struct gic *gic, unsigned cpu, enum gic_sysreg reg, uint64_t value)
{
    g_assert(gic->version == GIC_V3 && cpu < gic->cpu_count);
    struct gic_cpu *self = &gic->cpus[cpu];
    switch (reg) {
    case GIC_ICC_PMR:
    case GIC_ICC_BPR0:
    case GIC_ICC_BPR1:
    case GIC_ICC_CTLR:
    case GIC_ICC_IGRPEN0:
    case GIC_ICC_IGRPEN1:
        icc_write_quiet(gic, cpu, reg, value);
        return;
    case GIC_ICC_EOIR0:
        icc_write_eoir(gic, cpu, 0, value);
        return;
    case GIC_ICC_EOIR1:
        icc_write_eoir(gic, cpu, 1, value);
        return;
    case GIC_ICC_DIR:
        icc_write_dir(gic, cpu, value);
        return;
    case GIC_ICC_SGI1R:
        icc_write_sgi1r(gic, cpu, value);
        return;
    case GIC_ICC_AP0R0:
        self->active_priorities[0][0] = (uint32_t)value;
        gic_restore_priorities(gic, cpu);
        return;
    case GIC_ICC_AP1R0:
        self->active_priorities[1][0] = (uint32_t)value;
        gic_restore_priorities(gic, cpu);
        return;
    case GIC_ICC_IAR0:
    case GIC_ICC_IAR1:
    case GIC_ICC_HPPIR0:
    case GIC_ICC_HPPIR1:
    case GIC_ICC_RPR:
    case GIC_ICC_SRE:
        return; /* read-only, or fixed */
    }
    g_assert_not_reached();
}
