/*
 * gicv2_cpu.c - registers of the GICv2's CPU interfaces
 *
 * [GICv2] 4.4. Registers are words, and each CPU accesses its own. Reads of IAR and AIAR are the
 * only reads that change anything.
 *
 * Groups. IAR gives interrupts of Group 0, and those of Group 1 when AckCtl is set; otherwise it
 * reads 1022 for one of Group 1, and AIAR takes it. ABPR is the binary point of Group 1; the group
 * priority that it leaves is one bit longer, 3.3.3. With the Security Extensions this is the secure
 * view, in which EOImodeNS stands beside EOImodeS and governs nobody here.
 *
 * Deprecated uses have the reaction that implementations have in common: an end of Group 1 by EOIR
 * without AckCtl is a breach and ends it.
 *
 * The bits of CTLR for legacy bypass read as zero. Identification is that of a GIC-400.
 */
#include "emu/gic-timer/gic_priv.h"

#define GICC_CTLR_GROUP0   (UINT32_C(1) << 0)
#define GICC_CTLR_GROUP1   (UINT32_C(1) << 1)
#define GICC_CTLR_ACK_CTL  (UINT32_C(1) << 2)
#define GICC_CTLR_FIQ_EN   (UINT32_C(1) << 3)
#define GICC_CTLR_CBPR     (UINT32_C(1) << 4)
#define GICC_CTLR_EOI_MODE (UINT32_C(1) << 9)
#define GICC_BPR_MASK      7
#define GICC_CPUID_SHIFT   10
#define GICC_CPUID_MASK    7
#define GICC_IIDR_GIC400   UINT32_C(0x0202143b)

enum gicc_register {
    GICC_CTLR = 0x0000,
    GICC_PMR = 0x0004,
    GICC_BPR = 0x0008,
    GICC_IAR = 0x000c,
    GICC_EOIR = 0x0010,
    GICC_RPR = 0x0014,
    GICC_HPPIR = 0x0018,
    GICC_ABPR = 0x001c,
    GICC_AIAR = 0x0020,
    GICC_AEOIR = 0x0024,
    GICC_AHPPIR = 0x0028,
    GICC_APR = 0x00d0,
    GICC_NSAPR = 0x00e0,
    GICC_NSAPR_END = 0x00f0,
    GICC_IIDR = 0x00fc,
    GICC_DIR = 0x1000,
};

static uint32_t gicc_read_ctlr(const struct gic_cpu *self)
{
    return (self->group_enabled[0] ? GICC_CTLR_GROUP0 : 0) |
           (self->group_enabled[1] ? GICC_CTLR_GROUP1 : 0) |
           (self->acknowledges_both ? GICC_CTLR_ACK_CTL : 0) |
           (self->group_is_irq[0] ? 0 : GICC_CTLR_FIQ_EN) |
           (self->common_binary_point ? GICC_CTLR_CBPR : 0) |
           (self->end_split ? GICC_CTLR_EOI_MODE : 0);
}

static void gicc_write_ctlr(struct gic_cpu *self, uint32_t value)
{
    self->group_enabled[0] = (value & GICC_CTLR_GROUP0) != 0;
    self->group_enabled[1] = (value & GICC_CTLR_GROUP1) != 0;
    self->acknowledges_both = (value & GICC_CTLR_ACK_CTL) != 0;
    self->group_is_irq[0] = (value & GICC_CTLR_FIQ_EN) == 0;
    self->common_binary_point = (value & GICC_CTLR_CBPR) != 0;
    self->end_split = (value & GICC_CTLR_EOI_MODE) != 0;
}

/* ---- acknowledge ----------------------------------------------------------------------------- */

/* The registers of one name are IAR, EOIR and HPPIR; those of aliases begin with an A. */
enum gicc_view {
    GICC_OWN,
    GICC_ALIAS,
};

/* What a reader sees of an INTID: 4.4.4, 4.4.7, 4.4.9 and 4.4.11. */
static uint32_t gicc_seen(struct gic *gic, unsigned cpu, enum gicc_view view, unsigned intid)
{
    if (intid == GIC_SPURIOUS) {
        return GIC_SPURIOUS;
    }
    unsigned group = gic_group(gic, cpu, intid);
    if (view == GICC_ALIAS) {
        return group == 1 ? intid : GIC_SPURIOUS;
    }
    return group == 1 && !gic->cpus[cpu].acknowledges_both ? GIC_OTHER_GROUP : intid;
}

static uint32_t gicc_read_iar(struct gic *gic, unsigned cpu, enum gicc_view view)
{
    uint32_t intid = gicc_seen(gic, cpu, view, gic_signalled(gic, cpu));
    if (intid >= GIC_OTHER_GROUP) {
        trace_emit(gic->trace, TRACE_IRQ_SPURIOUS, TN(intid), TN(cpu));
        return intid;
    }
    return intid | gic_acknowledge(gic, cpu, intid) << GICC_CPUID_SHIFT;
}

/* The source of an SGI stands beside it. */
static uint32_t gicc_read_hppir(struct gic *gic, unsigned cpu, enum gicc_view view)
{
    uint32_t intid = gicc_seen(gic, cpu, view, gic->cpus[cpu].best);
    if (intid < GIC_SGIS && gic->cpus[cpu].sgi_sources[intid] != 0) {
        intid |= (uint32_t)__builtin_ctz(gic->cpus[cpu].sgi_sources[intid]) << GICC_CPUID_SHIFT;
    }
    return intid;
}

/* ---- end ------------------------------------------------------------------------------------- */

static void gicc_write_eoir(struct gic *gic, unsigned cpu, enum gicc_view view, uint32_t value)
{
    const char *clause = view == GICC_OWN ? "4.4.5" : "4.4.10";
    unsigned intid = value & GIC_INTID_MASK;
    if (intid == GIC_SPURIOUS) {
        return; /* ignored, as 4.4.5 says */
    }
    bool exists = gic_exists(gic, intid);
    if (view == GICC_ALIAS && exists && gic_group(gic, cpu, intid) == 0) {
        gic_breach(gic, clause, "AEOIR ends interrupts of Group 1 only", intid);
        return;
    }
    if (view == GICC_OWN && exists && gic_group(gic, cpu, intid) == 1 &&
        !gic->cpus[cpu].acknowledges_both) {
        gic_breach(gic, clause, "without AckCtl an interrupt of Group 1 is ended by AEOIR", intid);
    }
    gic_end(gic, cpu, clause, intid, value >> GICC_CPUID_SHIFT & GICC_CPUID_MASK);
}

static void gicc_write_dir(struct gic *gic, unsigned cpu, uint32_t value)
{
    unsigned intid = value & GIC_INTID_MASK;
    if (intid != GIC_SPURIOUS) {
        gic_deactivate(gic, cpu, "4.4.15", intid);
    }
}

/* ---- registers ------------------------------------------------------------------------------- */

static void gicc_breach_reserved(struct gic *gic)
{
    gic_breach(gic, "4.1.3", "there is no CPU interface register at this offset", GIC_SPURIOUS);
}

/* APR and NSAPR: the active priorities of a group; NULL for any other offset. */
static uint32_t *gicc_active_priorities(struct gic_cpu *self, uint64_t offset)
{
    if (offset < GICC_APR || offset >= GICC_NSAPR_END) {
        return NULL;
    }
    unsigned group = offset < GICC_NSAPR ? 0 : 1;
    return &self->active_priorities[group][(offset - GICC_APR) / 4 % GIC_ACTIVE_WORDS];
}

static uint32_t gicc_read_quiet(struct gic *gic, unsigned cpu, uint64_t offset)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    const uint32_t *active = gicc_active_priorities(self, offset);
    if (active != NULL) {
        return *active;
    }
    switch (offset) {
    case GICC_CTLR:
        return gicc_read_ctlr(self);
    case GICC_PMR:
        return self->priority_mask;
    case GICC_BPR:
        return self->binary_point[0];
    case GICC_ABPR:
        return MIN(self->binary_point[1] + 1u, GICC_BPR_MASK);
    case GICC_RPR:
        return self->running_priority;
    case GICC_IIDR:
        return GICC_IIDR_GIC400;
    case GICC_EOIR:
    case GICC_AEOIR:
    case GICC_DIR:
        return 0; /* write-only */
    default:
        gicc_breach_reserved(gic);
        return 0;
    }
}

static uint64_t gicc_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gic *gic = opaque;
    unsigned cpu = *gic->accessing_cpu;
    (void)size;
    switch (offset) {
    case GICC_IAR:
        return gicc_read_iar(gic, cpu, GICC_OWN);
    case GICC_AIAR:
        return gicc_read_iar(gic, cpu, GICC_ALIAS);
    case GICC_HPPIR:
        return gicc_read_hppir(gic, cpu, GICC_OWN);
    case GICC_AHPPIR:
        return gicc_read_hppir(gic, cpu, GICC_ALIAS);
    default:
        return gicc_read_quiet(gic, cpu, offset);
    }
}

/* What only configures the interface. */
static void gicc_write_quiet(struct gic *gic, unsigned cpu, uint64_t offset, uint32_t value)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    uint32_t *active = gicc_active_priorities(self, offset);
    if (active != NULL) {
        *active = value;
        gic_restore_priorities(gic, cpu);
        return;
    }
    switch (offset) {
    case GICC_CTLR:
        gicc_write_ctlr(self, value);
        break;
    case GICC_PMR:
        self->priority_mask = (uint8_t)value;
        break;
    case GICC_BPR:
        self->binary_point[0] = value & GICC_BPR_MASK;
        break;
    case GICC_ABPR: /* 0 means the minimum, 1 */
        self->binary_point[1] = (uint8_t)(MAX(value & GICC_BPR_MASK, 1u) - 1);
        break;
    default:
        gicc_breach_reserved(gic);
        return;
    }
    gic_signal(gic, cpu);
}

static void gicc_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct gic *gic = opaque;
    unsigned cpu = *gic->accessing_cpu;
    (void)size;
    switch (offset) {
    case GICC_EOIR:
        gicc_write_eoir(gic, cpu, GICC_OWN, (uint32_t)value);
        return;
    case GICC_AEOIR:
        gicc_write_eoir(gic, cpu, GICC_ALIAS, (uint32_t)value);
        return;
    case GICC_DIR:
        gicc_write_dir(gic, cpu, (uint32_t)value);
        return;
    case GICC_IAR:
    case GICC_RPR:
    case GICC_HPPIR:
    case GICC_AIAR:
    case GICC_AHPPIR:
    case GICC_IIDR:
        return; /* read-only */
    default:
        gicc_write_quiet(gic, cpu, offset, (uint32_t)value);
        return;
    }
}

const struct mmio_ops gicv2_cpu_ops = {
    .read = gicc_read,
    .write = gicc_write,
    .sizes = 4,
};
