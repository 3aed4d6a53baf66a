/*
 * gicv2_dist.c - registers of the GICv2's distributor
 *
 * [GICv2] 4.3, as the map below lists them. Registers are words; IPRIORITYR, ITARGETSR, CPENDSGIR
 * and SPENDSGIR take bytes as well (4.1.4). A register of INTIDs that do not exist reads as zero
 * and ignores writes, and so does a reserved one, which is a breach as well. Registers of INTIDs
 * below 32 are banked: each CPU accesses its own.
 *
 * With the Security Extensions the guest has the secure view, which is that of a GIC without them
 * but for TYPER. NSACR reads as zero and ignores writes: there is no non-secure view.
 * Identification is that of a GIC-400.
 *
 * DEVIATION: 4.3.12 has ITARGETSR read as zero on a uniprocessor, and after reset elsewhere. Here
 * each SPI is routed to CPU 0 after reset, whatever the number of CPUs: drivers that look their CPU
 * up in ITARGETSR0 find it, those that route an SPI nowhere are caught, and those that never touch
 * it work.
 */
#include "emu/gic-timer/gic_priv.h"

#define GICD_TYPER_CPUS_SHIFT 5
#define GICD_TYPER_SECURE     (UINT32_C(1) << 10)
#define GICD_IIDR_GIC400      UINT32_C(0x0200143b)
#define GICD_SGIR_INTID(v)    ((v)&0xf)
#define GICD_SGIR_TARGETS(v)  ((v) >> 16 & 0xff)
#define GICD_SGIR_FILTER(v)   ((v) >> 24 & 3)

enum gicd_sgi_filter {
    GICD_SGI_TO_LIST,
    GICD_SGI_TO_OTHERS,
    GICD_SGI_TO_SELF,
    GICD_SGI_RESERVED,
};

/* ---- the distributor itself ------------------------------------------------------------------ */

static uint32_t gicd_read_ctlr(struct gic *gic, unsigned cpu, unsigned index)
{
    (void)cpu;
    (void)index;
    return (gic->group_enabled[0] ? 1 : 0) | (gic->group_enabled[1] ? 2 : 0);
}

static void gicd_write_ctlr(struct gic *gic, unsigned cpu, unsigned index, uint32_t value)
{
    (void)cpu;
    (void)index;
    gic->group_enabled[0] = (value & 1) != 0;
    gic->group_enabled[1] = (value & 2) != 0;
    gic_refresh_all(gic);
}

static uint32_t gicd_read_typer(struct gic *gic, unsigned cpu, unsigned index)
{
    (void)cpu;
    (void)index;
    return (gic->words - 1) | (gic->cpu_count - 1) << GICD_TYPER_CPUS_SHIFT |
           (gic->secure ? GICD_TYPER_SECURE : 0);
}

static uint32_t gicd_read_iidr(struct gic *gic, unsigned cpu, unsigned index)
{
    (void)gic;
    (void)cpu;
    (void)index;
    return GICD_IIDR_GIC400;
}

static uint32_t gicd_read_id(struct gic *gic, unsigned cpu, unsigned index)
{
    /* PIDR4 to PIDR7, PIDR0 to PIDR3, CIDR0 to CIDR3; PIDR2 says GICv2. */
    static const uint8_t ids[] = {0x04, 0x00, 0x00, 0x00, 0x90, 0xb4,
                                  0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    (void)gic;
    (void)cpu;
    g_assert(index < G_N_ELEMENTS(ids));
    return ids[index];
}

/* ---- targets --------------------------------------------------------------------------------- */

static uint32_t gicd_read_target(struct gic *gic, unsigned cpu, unsigned intid)
{
    if (intid < GIC_SPIS) {
        return UINT32_C(1) << cpu;
    }
    uint32_t targets = 0;
    for (unsigned each = 0; each < gic->cpu_count; each++) {
        targets |= (gic->cpus[each].targeted[intid / 32] >> (intid % 32) & 1) << each;
    }
    return targets;
}

/* Those of SGIs and PPIs are read-only; bits of CPUs that are not there read as zero. */
static void gicd_write_target(struct gic *gic, unsigned cpu, unsigned intid, uint32_t value)
{
    if (intid < GIC_SPIS || !gic_exists(gic, intid)) {
        return;
    }
    for (unsigned each = 0; each < gic->cpu_count; each++) {
        uint32_t *targeted = &gic->cpus[each].targeted[intid / 32];
        *targeted =
            (value >> each & 1) != 0 ? *targeted | gic_bit(intid) : *targeted & ~gic_bit(intid);
    }
    gic_refresh(gic, cpu, intid / 32);
}

/* ---- software-generated interrupts ----------------------------------------------------------- */

static void gicd_write_sgir(struct gic *gic, unsigned cpu, unsigned index, uint32_t value)
{
    (void)index;
    unsigned intid = GICD_SGIR_INTID(value);
    uint32_t targets = 0;
    switch ((enum gicd_sgi_filter)GICD_SGIR_FILTER(value)) {
    case GICD_SGI_TO_LIST:
        targets = GICD_SGIR_TARGETS(value);
        break;
    case GICD_SGI_TO_OTHERS:
        targets = ~(UINT32_C(1) << cpu);
        break;
    case GICD_SGI_TO_SELF:
        targets = UINT32_C(1) << cpu;
        break;
    case GICD_SGI_RESERVED:
        gic_breach(gic, "4.3.15", "TargetListFilter 3 is reserved", intid);
        break;
    }
    for (unsigned to = 0; to < gic->cpu_count; to++) {
        if ((targets >> to & 1) != 0) {
            gic_send_sgi(gic, to, intid, cpu);
        }
    }
}

/* A byte an SGI, a bit a source. */
static uint32_t gicd_read_sgi_sources(struct gic *gic, unsigned cpu, unsigned intid)
{
    return gic->cpus[cpu].sgi_sources[intid];
}

static void gicd_write_cpendsgir(struct gic *gic, unsigned cpu, unsigned intid, uint32_t value)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    self->sgi_sources[intid] &= (uint8_t)~value;
    if (self->sgi_sources[intid] == 0) {
        self->bank.latch &= ~gic_bit(intid);
        gic_refresh(gic, cpu, 0);
    }
}

static void gicd_write_spendsgir(struct gic *gic, unsigned cpu, unsigned intid, uint32_t value)
{
    for (unsigned source = 0; source < gic->cpu_count; source++) {
        if ((value >> source & 1) != 0) {
            gic_send_sgi(gic, cpu, intid, source);
        }
    }
}

/* ---- the map --------------------------------------------------------------------------------- */

static const struct gic_range gicd_ranges[] = {
    {0x000, 0x003, 4, gicd_read_ctlr, gicd_write_ctlr},
    {0x004, 0x007, 4, gicd_read_typer, NULL},
    {0x008, 0x00b, 4, gicd_read_iidr, NULL},
    {0x080, 0x0ff, 4, gic_read_group, gic_write_group},
    {0x100, 0x17f, 4, gic_read_enabled, gic_write_isenabler},
    {0x180, 0x1ff, 4, gic_read_enabled, gic_write_icenabler},
    {0x200, 0x27f, 4, gic_read_pending, gic_write_ispendr},
    {0x280, 0x2ff, 4, gic_read_pending, gic_write_icpendr},
    {0x300, 0x37f, 4, gic_read_active, gic_write_isactiver},
    {0x380, 0x3ff, 4, gic_read_active, gic_write_icactiver},
    {0x400, 0x7fb, 1 | 4, gic_read_priority, gic_write_priority},
    {0x800, 0xbfb, 1 | 4, gicd_read_target, gicd_write_target},
    {0xc00, 0xcff, 4, gic_read_icfgr, gic_write_icfgr},
    {0xe00, 0xeff, 4, NULL, NULL}, /* NSACR */
    {0xf00, 0xf03, 4, NULL, gicd_write_sgir},
    {0xf10, 0xf1f, 1 | 4, gicd_read_sgi_sources, gicd_write_cpendsgir},
    {0xf20, 0xf2f, 1 | 4, gicd_read_sgi_sources, gicd_write_spendsgir},
    {0xfd0, 0xfff, 4, gicd_read_id, NULL},
};

static const struct gic_window gicd_window = {
    .ranges = gicd_ranges,
    .range_count = G_N_ELEMENTS(gicd_ranges),
    .map_clause = "4.1.2",
    .map_rule = "there is no distributor register at this offset",
    .width_clause = "4.1.4",
    .width_rule = "this register takes accesses of a word only",
};

static uint64_t gicd_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gic *gic = opaque;
    return gic_window_read(gic, *gic->accessing_cpu, &gicd_window, offset, size);
}

static void gicd_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct gic *gic = opaque;
    gic_window_write(gic, *gic->accessing_cpu, &gicd_window, offset, size, value);
}

const struct mmio_ops gicv2_dist_ops = {
    .read = gicd_read,
    .write = gicd_write,
    .sizes = 1 | 4,
};
