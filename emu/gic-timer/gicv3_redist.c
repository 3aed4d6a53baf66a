/*
 * gicv3_redist.c - registers of the GICv3's redistributors
 *
 * [GICv3] 12.10 and 12.11. Two frames of 64 KiB a CPU, one CPU behind the other: RD, with the
 * redistributor's own registers, and SGI, with those of the CPU's SGIs and PPIs. Any CPU may access
 * any of them: the address says whose they are.
 *
 * After reset a redistributor sleeps (WAKER) and delivers nothing; it wakes, and falls asleep, at
 * once. There are no LPIs: CTLR, PROPBASER and PENDBASER read as zero.
 */
#include "emu/gic-timer/gicv3_priv.h"

#define GICR_FRAME              0x10000
#define GICR_WAKER_SLEEP        (UINT32_C(1) << 1) /* ProcessorSleep */
#define GICR_WAKER_ASLEEP       (UINT32_C(1) << 2) /* ChildrenAsleep */
#define GICR_TYPER_LAST         (UINT32_C(1) << 4)
#define GICR_TYPER_NUMBER_SHIFT 8

static uint32_t gicr_read_iidr(struct gic *gic, unsigned cpu, unsigned index)
{
    (void)gic;
    (void)cpu;
    (void)index;
    return GICV3_IIDR;
}

/* The affinity is the upper half. */
static uint32_t gicr_read_typer(struct gic *gic, unsigned cpu, unsigned index)
{
    if (index == 1) {
        return (uint32_t)gicv3_affinity(cpu);
    }
    return cpu << GICR_TYPER_NUMBER_SHIFT | (cpu == gic->cpu_count - 1 ? GICR_TYPER_LAST : 0);
}

static uint32_t gicr_read_waker(struct gic *gic, unsigned cpu, unsigned index)
{
    (void)index;
    return gic->cpus[cpu].asleep ? GICR_WAKER_SLEEP | GICR_WAKER_ASLEEP : 0;
}

static void gicr_write_waker(struct gic *gic, unsigned cpu, unsigned index, uint32_t value)
{
    bool asleep = (value & GICR_WAKER_SLEEP) != 0;
    (void)index;
    if (asleep == gic->cpus[cpu].asleep) {
        return;
    }
    gic->cpus[cpu].asleep = asleep;
    for (unsigned intid = GIC_SPIS; gic_exists(gic, intid); intid++) {
        if ((gic->routes[intid] & GICV3_ROUTE_ANY) != 0) {
            gicv3_route(gic, intid);
        }
    }
    gic_signal(gic, cpu);
}

static const struct gic_range gicr_rd_ranges[] = {
    {0x0000, 0x0003, 4, NULL, NULL}, /* CTLR */
    {0x0004, 0x0007, 4, gicr_read_iidr, NULL},
    {0x0008, 0x000f, 4 | 8, gicr_read_typer, NULL},
    {0x0010, 0x0013, 4, NULL, NULL}, /* STATUSR */
    {0x0014, 0x0017, 4, gicr_read_waker, gicr_write_waker},
    {0x0070, 0x007f, 4 | 8, NULL, NULL}, /* PROPBASER, PENDBASER */
    {0xffd0, 0xffff, 4, gicv3_read_id, NULL},
};

/* Those with a bit or a byte an INTID begin with INTID 0, and are of word 0 of this CPU. */
static const struct gic_range gicr_sgi_ranges[] = {
    {0x0080, 0x0083, 4, gic_read_group, gic_write_group},
    {0x0100, 0x0103, 4, gic_read_enabled, gic_write_isenabler},
    {0x0180, 0x0183, 4, gic_read_enabled, gic_write_icenabler},
    {0x0200, 0x0203, 4, gic_read_pending, gic_write_ispendr},
    {0x0280, 0x0283, 4, gic_read_pending, gic_write_icpendr},
    {0x0300, 0x0303, 4, gic_read_active, gic_write_isactiver},
    {0x0380, 0x0383, 4, gic_read_active, gic_write_icactiver},
    {0x0400, 0x041f, 1 | 4, gic_read_priority, gic_write_priority},
    {0x0c00, 0x0c07, 4, gic_read_icfgr, gic_write_icfgr},
    {0x0d00, 0x0d03, 4, NULL, NULL}, /* IGRPMODR0 */
    {0x0e00, 0x0e03, 4, NULL, NULL}, /* NSACR */
};

#define GICR_WINDOW(table)                                                                         \
    {                                                                                              \
        .ranges = (table), .range_count = G_N_ELEMENTS(table), .map_clause = "12.10",              \
        .map_rule = "there is no redistributor register at this offset", .width_clause = "12.1.3", \
        .width_rule = "this redistributor register does not take accesses of this width",          \
    }

static const struct gic_window gicr_windows[] = {
    GICR_WINDOW(gicr_rd_ranges),
    GICR_WINDOW(gicr_sgi_ranges),
};

static uint64_t gicr_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gic *gic = opaque;
    unsigned cpu = (unsigned)(offset / GICV3_REDIST_SIZE);
    const struct gic_window *window = &gicr_windows[offset / GICR_FRAME % 2];
    return gic_window_read(gic, cpu, window, offset % GICR_FRAME, size);
}

static void gicr_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct gic *gic = opaque;
    unsigned cpu = (unsigned)(offset / GICV3_REDIST_SIZE);
    const struct gic_window *window = &gicr_windows[offset / GICR_FRAME % 2];
    gic_window_write(gic, cpu, window, offset % GICR_FRAME, size, value);
}

const struct mmio_ops gicv3_redist_ops = {
    .read = gicr_read,
    .write = gicr_write,
    .sizes = 1 | 2 | 4 | 8,
};
