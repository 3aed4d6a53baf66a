/*
 * gicv3.c - driver of the GICv3 interrupt controller [GICv3]
 *
 * Distributor for the SPIs; for each CPU a redistributor, with its SGIs and PPIs, and a CPU
 * interface of system registers. After initialisation every interrupt is disabled, not pending, in
 * Group 1, which is signalled as IRQ, of one priority, level-sensitive and, if it is an SPI, routed
 * to the CPU that boots. An end drops the priority and deactivates (EOImode 0).
 *
 * A CPU knows its redistributor by the affinity in TYPER. Each CPU wakes its own. Of the
 * software-generated interrupts, one is used: to interrupt another CPU.
 */
#include "drivers/gicv3.h"

#include "drivers/gic_dist.h"
#include "kernel/irq.h"
#include "kernel/smp.h"
#include "lib/errno.h"
#include "ringside/hal.h"

/* Distributor, 12.8, beyond what the GICv2 has; redistributor, 12.10. */
enum {
    GICD_IROUTER = 0x6000, /* of INTID 0, which has none */
    GICR_TYPER = 0x0008,
    GICR_WAKER = 0x0014,
    GICR_SGI_FRAME = 0x10000,
};

#define GICD_GROUP1          UINT32_C(2)
#define GICD_ARE             (UINT32_C(1) << 4)
#define GICD_RWP             (UINT32_C(1) << 31)
#define GICR_SIZE            0x20000
#define GICR_TYPER_LAST      (UINT32_C(1) << 4)
#define GICR_PROCESSOR_SLEEP (UINT32_C(1) << 1)
#define GICR_CHILDREN_ASLEEP (UINT32_C(1) << 2)
#define ICC_INTID_MASK       0xffffff /* 24 bits */
#define ICC_SPECIAL_LAST     1023
#define GIC_WAIT_MAX         100000 /* reads until something has its effect */

static struct {
    struct platform_gic at;
    uint32_t lines; /* INTIDs that it has */
} gicv3;

/* Aff3.Aff2.Aff1.Aff0, as the upper half of GICR_TYPER has them, from MPIDR_EL1. */
static uint32_t gicv3_affinity(void)
{
    uint64_t mpidr = hal_sysreg_read(HAL_MPIDR_EL1);
    return (uint32_t)(mpidr >> 8 & 0xff000000) | (uint32_t)(mpidr & 0xffffff);
}

/* In one region, up to the redistributor that says it is the last; 0: not here. */
static uintptr_t gicv3_find_in_region(const struct platform_region *region, uint32_t affinity)
{
    for (size_t at = 0; at + GICR_SIZE <= region->size; at += GICR_SIZE) {
        uintptr_t frame = region->base + at;
        if (hal_mmio_read32(frame + GICR_TYPER + 4) == affinity)
            return frame;
        if ((hal_mmio_read32(frame + GICR_TYPER) & GICR_TYPER_LAST) != 0)
            break;
    }
    return 0;
}

/* That of the CPU that runs; 0: it has none. */
static uintptr_t gicv3_redistributor(void)
{
    uint32_t affinity = gicv3_affinity();
    uintptr_t found = 0;
    for (unsigned i = 0; i < gicv3.at.region_count && found == 0; i++)
        found = gicv3_find_in_region(&gicv3.at.regions[i], affinity);
    return found;
}

/* The frame where the registers of an INTID stand, for the CPU that runs; 0: it has none. */
static uintptr_t gicv3_frame(uint32_t intid)
{
    if (intid >= GIC_FIRST_SPI)
        return gicv3.at.distributor;
    uintptr_t redistributor = gicv3_redistributor();
    return redistributor == 0 ? 0 : redistributor + GICR_SGI_FRAME;
}

static uint32_t gicv3_acknowledge(void)
{
    uint32_t intid = (uint32_t)hal_sysreg_read(HAL_ICC_IAR1_EL1) & ICC_INTID_MASK;
    return intid >= GIC_SPECIAL && intid <= ICC_SPECIAL_LAST ? IRQ_NONE : intid;
}

static void gicv3_end(uint32_t intid)
{
    hal_sysreg_write(HAL_ICC_EOIR1_EL1, intid);
}

static void gicv3_enable(uint32_t intid, bool edge_triggered)
{
    if (intid >= gicv3.lines)
        return;
    uintptr_t frame = gicv3_frame(intid);
    if (frame != 0)
        gic_dist_enable(frame, intid, edge_triggered);
}

static void gicv3_disable(uint32_t intid)
{
    if (intid >= gicv3.lines)
        return;
    uintptr_t frame = gicv3_frame(intid);
    if (frame != 0)
        gic_dist_disable(frame, intid);
}

/* The state of INTIDs from `first` to the one before `end`, all of them off. */
static void gicv3_init_intids(uintptr_t frame, uint32_t first, uint32_t end)
{
    gic_dist_fill(frame, GICD_ICENABLER, first, end, 32, UINT32_MAX);
    gic_dist_fill(frame, GICD_ICPENDR, first, end, 32, UINT32_MAX);
    gic_dist_fill(frame, GICD_ICACTIVER, first, end, 32, UINT32_MAX);
    gic_dist_fill(frame, GICD_IGROUPR, first, end, 32, UINT32_MAX);
    gic_dist_fill(frame, GICD_IPRIORITYR, first, end, 4, GIC_PRIORITY_ALL);
}

/* True when the bits of a register have become zero. */
static bool gicv3_wait_clear(uintptr_t reg, uint32_t bits)
{
    for (unsigned reads = 0; reads < GIC_WAIT_MAX; reads++) {
        if ((hal_mmio_read32(reg) & bits) == 0)
            return true;
    }
    return false;
}

/* 12.9.4: ARE is set while all groups are off, and writes have had their effect when RWP is 0. */
static int gicv3_init_distributor(void)
{
    uintptr_t base = gicv3.at.distributor;
    hal_mmio_write32(base + GICD_CTLR, 0);
    if (!gicv3_wait_clear(base + GICD_CTLR, GICD_RWP))
        return -KENODEV;
    hal_mmio_write32(base + GICD_CTLR, GICD_ARE);
    gicv3.lines = gic_dist_lines(base);
    gicv3_init_intids(base, GIC_FIRST_SPI, gicv3.lines);
    gic_dist_fill(base, GICD_ICFGR, GIC_FIRST_SPI, gicv3.lines, 16, 0);
    uint32_t here = gicv3_affinity();
    for (uint32_t intid = GIC_FIRST_SPI; intid < gicv3.lines; intid++) {
        uintptr_t route = base + GICD_IROUTER + (uintptr_t)8 * intid;
        hal_mmio_write32(route, here & 0xffffff);
        hal_mmio_write32(route + 4, here >> 24);
    }
    hal_mmio_write32(base + GICD_CTLR, GICD_ARE | GICD_GROUP1);
    return gicv3_wait_clear(base + GICD_CTLR, GICD_RWP) ? 0 : -KENODEV;
}

/* Until it is awake, nothing is delivered: 12.11, GICR_WAKER. */
static int gicv3_wake(uintptr_t redistributor)
{
    uint32_t waker = hal_mmio_read32(redistributor + GICR_WAKER);
    hal_mmio_write32(redistributor + GICR_WAKER, waker & ~GICR_PROCESSOR_SLEEP);
    return gicv3_wait_clear(redistributor + GICR_WAKER, GICR_CHILDREN_ASLEEP) ? 0 : -KENODEV;
}

static int gicv3_init_cpu(void)
{
    uintptr_t redistributor = gicv3_redistributor();
    if (redistributor == 0 || gicv3_wake(redistributor) != 0)
        return -KENODEV;
    gicv3_init_intids(redistributor + GICR_SGI_FRAME, 0, GIC_FIRST_SPI);
    hal_sysreg_write(HAL_ICC_SRE_EL1, 1);
    hal_sysreg_write(HAL_ICC_CTLR_EL1, 0);
    hal_sysreg_write(HAL_ICC_PMR_EL1, GIC_PRIORITY_LOWEST);
    hal_sysreg_write(HAL_ICC_BPR1_EL1, 0);
    hal_sysreg_write(HAL_ICC_IGRPEN1_EL1, 1);
    return 0;
}

/*
 * 12.2, ICC_SGI1R_EL1: a bit of the 16 CPUs that the range selector and the upper affinities name.
 * What the other CPU is to see was stored before; a write of a system register does not wait for
 * that by itself.
 */
static void gicv3_send_ipi(unsigned cpu)
{
    uint64_t affinity = smp_affinity(cpu);
    uint64_t aff3 = affinity >> 32 & 0xff, aff2 = affinity >> 16 & 0xff;
    uint64_t aff1 = affinity >> 8 & 0xff, aff0 = affinity & 0xff;
    hal_wmb();
    hal_sysreg_write(HAL_ICC_SGI1R_EL1, aff3 << 48 | aff0 / 16 << 44 | aff2 << 32 |
                                            (uint64_t)IRQ_IPI << 24 | aff1 << 16 |
                                            UINT64_C(1) << aff0 % 16);
}

static const struct irq_chip gicv3_chip = {
    .name = "gicv3",
    .acknowledge = gicv3_acknowledge,
    .end = gicv3_end,
    .enable = gicv3_enable,
    .disable = gicv3_disable,
    .init_cpu = gicv3_init_cpu,
    .send_ipi = gicv3_send_ipi,
};

int gicv3_init(const struct platform *platform)
{
    if (!platform_find_gic(platform, &gicv3.at) || gicv3.at.version != 3)
        return -KENODEV;
    if (gicv3_init_distributor() != 0 || gicv3_init_cpu() != 0)
        return -KENODEV;
    irq_register_chip(&gicv3_chip);
    return 0;
}
