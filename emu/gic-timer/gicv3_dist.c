/*
 * gicv3_dist.c - registers of the GICv3's distributor
 *
 * [GICv3] 12.8 and 12.9. Affinity routing is on, and so the registers of INTIDs below 32 stand in
 * the redistributors: here they read as zero, and a write that would change something is a breach,
 * as is one of the registers that affinity routing replaces (ITARGETSR, SGIR). There is one
 * security state: IGRPMODR and NSACR read as zero. Writes have their effect at once, so that RWP
 * reads as zero.
 *
 * An SPI goes to the CPU that IROUTER names, to nobody when there is no such CPU. With
 * Interrupt_Routing_Mode it goes to the first CPU that is awake, as implementations may choose.
 */
#include "emu/gic-timer/gicv3_priv.h"

#define GICD_CTLR_GROUP0   (UINT32_C(1) << 0)
#define GICD_CTLR_GROUP1   (UINT32_C(1) << 1)
#define GICD_CTLR_ARE      (UINT32_C(1) << 4)
#define GICD_CTLR_DS       (UINT32_C(1) << 6)
#define GICD_TYPER_ID_BITS (UINT32_C(9) << 19) /* ten bits of INTID; LPIS, MBIS, A3V are 0 */

static uint32_t gicd_read_ctlr(struct gic *gic, unsigned cpu, unsigned index)
{
    (void)cpu;
    (void)index;
    return GICD_CTLR_ARE | GICD_CTLR_DS | (gic->group_enabled[0] ? GICD_CTLR_GROUP0 : 0) |
           (gic->group_enabled[1] ? GICD_CTLR_GROUP1 : 0);
}

static void gicd_write_ctlr(struct gic *gic, unsigned cpu, unsigned index, uint32_t value)
{
    (void)cpu;
    (void)index;
    gic->group_enabled[0] = (value & GICD_CTLR_GROUP0) != 0;
    gic->group_enabled[1] = (value & GICD_CTLR_GROUP1) != 0;
    gic_refresh_all(gic);
}

static uint32_t gicd_read_typer(struct gic *gic, unsigned cpu, unsigned index)
{
    (void)cpu;
    (void)index;
    return (gic->words - 1) | GICD_TYPER_ID_BITS;
}

static uint32_t gicd_read_iidr(struct gic *gic, unsigned cpu, unsigned index)
{
    (void)gic;
    (void)cpu;
    (void)index;
    return GICV3_IIDR;
}

uint32_t gicv3_read_id(struct gic *gic, unsigned cpu, unsigned index)
{
    static const uint8_t ids[] = {0x44, 0x00, 0x00, 0x00, 0x92, 0xb4,
                                  0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    (void)gic;
    (void)cpu;
    g_assert(index < G_N_ELEMENTS(ids));
    return ids[index];
}

/* ---- what stands in the redistributors ------------------------------------------------------- */

static void gicd_write_private(struct gic *gic, unsigned cpu, unsigned index, uint32_t value)
{
    (void)cpu;
    (void)index;
    if (value != 0) {
        gic_breach(gic, "12.9",
                   "with affinity routing the registers of SGIs and PPIs are those of the "
                   "redistributor",
                   GIC_SPURIOUS);
    }
}

static void gicd_write_replaced(struct gic *gic, unsigned cpu, unsigned index, uint32_t value)
{
    (void)cpu;
    (void)index;
    if (value != 0) {
        gic_breach(gic, "12.9",
                   "with affinity routing SPIs are routed by IROUTER, and SGIs sent by ICC_SGI1R",
                   GIC_SPURIOUS);
    }
}

/* ---- routing --------------------------------------------------------------------------------- */

static unsigned gicv3_first_awake(const struct gic *gic)
{
    unsigned cpu = 0;
    while (cpu < gic->cpu_count && gic->cpus[cpu].asleep) {
        cpu++;
    }
    return cpu;
}

void gicv3_route(struct gic *gic, unsigned intid)
{
    uint64_t route = gic->routes[intid];
    unsigned any = (route & GICV3_ROUTE_ANY) != 0 ? gicv3_first_awake(gic) : gic->cpu_count;
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        bool here = (route & GICV3_ROUTE_ANY) != 0
                        ? cpu == any
                        : (route & GICV3_ROUTE_AFFINITY) == gicv3_affinity(cpu);
        uint32_t *targeted = &gic->cpus[cpu].targeted[intid / 32];
        *targeted = here ? *targeted | gic_bit(intid) : *targeted & ~gic_bit(intid);
    }
    gic_refresh(gic, 0, intid / 32);
}

/* In words, from INTID 32 on: the lower half of its register, then the upper one. */
static uint32_t gicd_read_irouter(struct gic *gic, unsigned cpu, unsigned index)
{
    unsigned intid = GIC_SPIS + index / 2;
    (void)cpu;
    return gic_exists(gic, intid) ? (uint32_t)(gic->routes[intid] >> (index % 2 * 32)) : 0;
}

static void gicd_write_irouter(struct gic *gic, unsigned cpu, unsigned index, uint32_t value)
{
    unsigned intid = GIC_SPIS + index / 2;
    unsigned shift = index % 2 * 32;
    (void)cpu;
    if (gic_exists(gic, intid)) {
        uint64_t route = gic->routes[intid] & ~(UINT64_C(0xffffffff) << shift);
        route |= (uint64_t)value << shift;
        gic->routes[intid] = route & (GICV3_ROUTE_ANY | GICV3_ROUTE_AFFINITY);
        gicv3_route(gic, intid);
    }
}

/* ---- the map --------------------------------------------------------------------------------- */

/* Of ranges that overlap the first counts. */
static const struct gic_range gicd_ranges[] = {
    {0x0000, 0x0003, 4, gicd_read_ctlr, gicd_write_ctlr},
    {0x0004, 0x0007, 4, gicd_read_typer, NULL},
    {0x0008, 0x000b, 4, gicd_read_iidr, NULL},
    {0x000c, 0x0013, 4, NULL, NULL}, /* TYPER2, STATUSR */
    {0x0080, 0x0083, 4, NULL, gicd_write_private},
    {0x0080, 0x00ff, 4, gic_read_group, gic_write_group},
    {0x0100, 0x0103, 4, NULL, gicd_write_private},
    {0x0100, 0x017f, 4, gic_read_enabled, gic_write_isenabler},
    {0x0180, 0x0183, 4, NULL, gicd_write_private},
    {0x0180, 0x01ff, 4, gic_read_enabled, gic_write_icenabler},
    {0x0200, 0x0203, 4, NULL, gicd_write_private},
    {0x0200, 0x027f, 4, gic_read_pending, gic_write_ispendr},
    {0x0280, 0x0283, 4, NULL, gicd_write_private},
    {0x0280, 0x02ff, 4, gic_read_pending, gic_write_icpendr},
    {0x0300, 0x0303, 4, NULL, gicd_write_private},
    {0x0300, 0x037f, 4, gic_read_active, gic_write_isactiver},
    {0x0380, 0x0383, 4, NULL, gicd_write_private},
    {0x0380, 0x03ff, 4, gic_read_active, gic_write_icactiver},
    {0x0400, 0x041f, 1 | 4 | GIC_RANGE_WHOLE, NULL, gicd_write_private},
    {0x0400, 0x07fb, 1 | 4, gic_read_priority, gic_write_priority},
    {0x0800, 0x0bfb, 1 | 4 | GIC_RANGE_WHOLE, NULL, gicd_write_replaced},
    {0x0c00, 0x0c07, 4, NULL, gicd_write_private},
    {0x0c00, 0x0cff, 4, gic_read_icfgr, gic_write_icfgr},
    {0x0d00, 0x0d7f, 4, NULL, NULL}, /* IGRPMODR */
    {0x0e00, 0x0eff, 4, NULL, NULL}, /* NSACR */
    {0x0f00, 0x0f03, 4, NULL, gicd_write_replaced},
    {0x0f10, 0x0f2f, 1 | 4 | GIC_RANGE_WHOLE, NULL, gicd_write_replaced},
    {0x6100, 0x7fdf, 4 | 8, gicd_read_irouter, gicd_write_irouter},
    {0xffd0, 0xffff, 4, gicv3_read_id, NULL},
};

static const struct gic_window gicd_window = {
    .ranges = gicd_ranges,
    .range_count = G_N_ELEMENTS(gicd_ranges),
    .map_clause = "12.8",
    .map_rule = "there is no distributor register at this offset",
    .width_clause = "12.1.3",
    .width_rule = "this distributor register does not take accesses of this width",
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

const struct mmio_ops gicv3_dist_ops = {
    .read = gicd_read,
    .write = gicd_write,
    .sizes = 1 | 2 | 4 | 8,
};
