/*
 * gicv2.c - driver of the GICv2 interrupt controller [GICv2]
 *
 * Distributor and CPU interfaces. After initialisation every interrupt is disabled, not pending, in
 * group 0, of one priority, level-sensitive and, if it is an SPI, routed to the CPU that boots.
 * With one priority there is no nesting: the vector runs with interrupts masked anyway. Of the
 * software-generated interrupts, one is used: to interrupt another CPU.
 *
 * What stands below INTID 32, and the CPU interface, is there once for each CPU, at the same
 * addresses: each CPU initialises its own.
 */
#include "drivers/gicv2.h"

#include "drivers/gic_dist.h"
#include "kernel/irq.h"
#include "kernel/smp.h"
#include "lib/errno.h"
#include "ringside/hal.h"

#define GICD_SGIR 0xf00 /* of the distributor, 4.3.15 */

/* CPU interface, 4.1.3. */
enum {
    GICC_CTLR = 0x000,
    GICC_PMR = 0x004,
    GICC_BPR = 0x008,
    GICC_IAR = 0x00c,
    GICC_EOIR = 0x010,
};

#define GIC_ENABLE      1      /* Group 0 */
#define GIC_INTID_MASK  0x3ff  /* of IAR, 4.4.4: ten bits */
#define GIC_CPUID_MASK  0x1c00 /* of IAR: who sent an SGI */
#define GIC_SGIR_TARGET 16     /* the shift of a CPU's bit in SGIR */

static struct {
    struct platform_gic at;
    uint32_t lines;             /* INTIDs that it has */
    uint32_t sources[CPUS_MAX]; /* CPUID of what each CPU acknowledged last */
} gicv2;

static void gicv2_fill(uint32_t reg, uint32_t first, uint32_t end, uint32_t per_word,
                       uint32_t value)
{
    gic_dist_fill(gicv2.at.distributor, reg, first, end, per_word, value);
}

static uint32_t gicv2_acknowledge(void)
{
    uint32_t iar = hal_mmio_read32(gicv2.at.cpu_interface + GICC_IAR);
    uint32_t intid = iar & GIC_INTID_MASK;
    gicv2.sources[smp_this_cpu()] = iar & GIC_CPUID_MASK;
    return intid < GIC_SPECIAL ? intid : IRQ_NONE;
}

static void gicv2_end(uint32_t intid)
{
    /* "For every read of a valid interrupt from IAR, the same value must be written", 4.4.5. */
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_EOIR, gicv2.sources[smp_this_cpu()] | intid);
}

static void gicv2_enable(uint32_t intid, bool edge_triggered)
{
    if (intid < gicv2.lines)
        gic_dist_enable(gicv2.at.distributor, intid, edge_triggered);
}

static void gicv2_disable(uint32_t intid)
{
    if (intid < gicv2.lines)
        gic_dist_disable(gicv2.at.distributor, intid);
}

/* The state of INTIDs from `first` to the one before `end`, all of them off. */
static void gicv2_init_intids(uint32_t first, uint32_t end)
{
    gicv2_fill(GICD_ICENABLER, first, end, 32, UINT32_MAX);
    gicv2_fill(GICD_ICPENDR, first, end, 32, UINT32_MAX);
    gicv2_fill(GICD_IGROUPR, first, end, 32, 0);
    gicv2_fill(GICD_IPRIORITYR, first, end, 4, GIC_PRIORITY_ALL);
}

static void gicv2_init_distributor(void)
{
    hal_mmio_write32(gicv2.at.distributor + GICD_CTLR, 0);
    gicv2.lines = gic_dist_lines(gicv2.at.distributor);
    gicv2_init_intids(GIC_FIRST_SPI, gicv2.lines);
    /* The first word reads as the bit of the CPU that reads it, four times, 4.3.12. */
    gicv2_fill(GICD_ITARGETSR, GIC_FIRST_SPI, gicv2.lines, 4,
               hal_mmio_read32(gicv2.at.distributor + GICD_ITARGETSR));
    gicv2_fill(GICD_ICFGR, GIC_FIRST_SPI, gicv2.lines, 16, 0);
    hal_mmio_write32(gicv2.at.distributor + GICD_CTLR, GIC_ENABLE);
}

static int gicv2_init_cpu(void)
{
    gicv2_init_intids(0, GIC_FIRST_SPI);
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_PMR, GIC_PRIORITY_LOWEST);
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_BPR, 0);
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_CTLR, GIC_ENABLE);
    return 0;
}

/* CPU interfaces are counted as the CPUs are. */
static void gicv2_send_ipi(unsigned cpu)
{
    hal_mmio_write32(gicv2.at.distributor + GICD_SGIR,
                     UINT32_C(1) << (GIC_SGIR_TARGET + cpu) | IRQ_IPI);
}

static const struct irq_chip gicv2_chip = {
    .name = "gicv2",
    .acknowledge = gicv2_acknowledge,
    .end = gicv2_end,
    .enable = gicv2_enable,
    .disable = gicv2_disable,
    .init_cpu = gicv2_init_cpu,
    .send_ipi = gicv2_send_ipi,
};

int gicv2_init(const struct platform *platform)
{
    if (!platform_find_gic(platform, &gicv2.at) || gicv2.at.version != 2)
        return -KENODEV;
    gicv2_init_distributor();
    gicv2_init_cpu();
    irq_register_chip(&gicv2_chip);
    return 0;
}
