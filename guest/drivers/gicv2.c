/*
 * gicv2.c - driver of the GICv2 interrupt controller [GICv2]
 *
 * Distributor and CPU interfaces. After initialisation every interrupt is disabled, not
 * pending, in group 0, of one priority, level-sensitive and, if it is an SPI, routed to the CPU that
 * boots.
 * With one priority there is no nesting: the vector runs with interrupts masked anyway.
 * Of the software-generated interrupts, one is used: to interrupt another CPU.
 */
#include "drivers/gicv2.h"

#include "kernel/irq.h"
#include "kernel/smp.h"
#include "lib/errno.h"
#include "ringside/hal.h"

/* Distributor, [GICv2] 4.1.2. The registers with one bit an interrupt have 32 of them in a word. */
enum {
    GICD_CTLR = 0x000,
    GICD_TYPER = 0x004,
    GICD_IGROUPR = 0x080,
    GICD_ISENABLER = 0x100,
    GICD_ICENABLER = 0x180,
    GICD_ICPENDR = 0x280,
    GICD_IPRIORITYR = 0x400,
    GICD_ITARGETSR = 0x800,
    GICD_ICFGR = 0xc00,
    GICD_SGIR = 0xf00,
};

/* CPU interface, 4.1.3. */
enum {
    GICC_CTLR = 0x000,
    GICC_PMR = 0x004,
    GICC_BPR = 0x008,
    GICC_IAR = 0x00c,
    GICC_EOIR = 0x010,
};

#define GIC_ENABLE           1
#define GIC_TYPER_LINES_MASK 0x1f   /* ITLinesNumber, 4.3.2 */
#define GIC_INTID_MASK       0x3ff  /* of IAR, 4.4.4: ten bits */
#define GIC_CPUID_MASK       0x1c00 /* of IAR: who sent an SGI */
#define GIC_SGIR_TARGET      16     /* the shift of a CPU's bit in SGIR, 4.3.15 */
#define GIC_SPECIAL          1020   /* from here on no interrupt, 3.2.5 */
#define GIC_FIRST_SPI        32
#define GIC_FIRST_PPI        16
#define GIC_PRIORITY_ALL     0xa0a0a0a0 /* four interrupts */
#define GIC_PRIORITY_LOWEST  0xff       /* lets all priorities pass */
#define GIC_CONFIG_EDGE      2          /* of the two bits of an interrupt, 4.3.13 */

static struct {
    struct platform_gic at;
    uint32_t lines;             /* INTIDs that it has */
    uint32_t sources[CPUS_MAX]; /* CPUID of what each CPU acknowledged last */
} gicv2;

static uint32_t gicv2_read(uint32_t reg)
{
    return hal_mmio_read32(gicv2.at.distributor + reg);
}

static void gicv2_write(uint32_t reg, uint32_t value)
{
    hal_mmio_write32(gicv2.at.distributor + reg, value);
}

/*
 * Writes the same to all words of a register that has `per_word` interrupts in each, from an INTID
 * on.
 */
static void gicv2_fill(uint32_t reg, uint32_t first, uint32_t per_word, uint32_t value)
{
    for (uint32_t intid = first; intid < gicv2.lines; intid += per_word)
        gicv2_write(reg + 4 * (intid / per_word), value);
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

/* The configuration may be changed only while the interrupt is disabled, 4.3.13. */
static void gicv2_configure(uint32_t intid, bool edge_triggered)
{
    uint32_t reg = GICD_ICFGR + 4 * (intid / 16);
    uint32_t bit = (uint32_t)GIC_CONFIG_EDGE << 2 * (intid % 16);
    uint32_t config = gicv2_read(reg);
    gicv2_write(reg, edge_triggered ? config | bit : config & ~bit);
}

static void gicv2_enable(uint32_t intid, bool edge_triggered)
{
    if (intid >= gicv2.lines)
        return;
    if (intid >= GIC_FIRST_PPI) /* SGIs are edge-triggered, and no register says otherwise */
        gicv2_configure(intid, edge_triggered);
    gicv2_write(GICD_ISENABLER + 4 * (intid / 32), UINT32_C(1) << intid % 32);
}

static void gicv2_disable(uint32_t intid)
{
    if (intid < gicv2.lines)
        gicv2_write(GICD_ICENABLER + 4 * (intid / 32), UINT32_C(1) << intid % 32);
}

static void gicv2_init_cpu_interface(void)
{
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_PMR, GIC_PRIORITY_LOWEST);
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_BPR, 0);
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_CTLR, GIC_ENABLE);
}

/* What stands below INTID 32 is there for each CPU, at the same addresses, 4.3. */
static int gicv2_init_cpu(void)
{
    gicv2_write(GICD_ICENABLER, UINT32_MAX);
    gicv2_write(GICD_ICPENDR, UINT32_MAX);
    gicv2_write(GICD_IGROUPR, 0);
    for (uint32_t intid = 0; intid < GIC_FIRST_SPI; intid += 4)
        gicv2_write(GICD_IPRIORITYR + intid, GIC_PRIORITY_ALL);
    gicv2_init_cpu_interface();
    return 0;
}

/* CPU interfaces are counted as the CPUs are. */
static void gicv2_send_ipi(unsigned cpu)
{
    gicv2_write(GICD_SGIR, UINT32_C(1) << (GIC_SGIR_TARGET + cpu) | IRQ_IPI);
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

static void gicv2_init_distributor(void)
{
    gicv2_write(GICD_CTLR, 0);
    gicv2.lines = 32 * ((gicv2_read(GICD_TYPER) & GIC_TYPER_LINES_MASK) + 1);
    if (gicv2.lines > GIC_SPECIAL)
        gicv2.lines = GIC_SPECIAL;

    gicv2_fill(GICD_ICENABLER, 0, 32, UINT32_MAX);
    gicv2_fill(GICD_ICPENDR, 0, 32, UINT32_MAX);
    gicv2_fill(GICD_IGROUPR, 0, 32, 0);
    gicv2_fill(GICD_IPRIORITYR, 0, 4, GIC_PRIORITY_ALL);
    /* The first word reads as the bit of the CPU that reads it, four times, 4.3.12. */
    gicv2_fill(GICD_ITARGETSR, GIC_FIRST_SPI, 4, gicv2_read(GICD_ITARGETSR));
    gicv2_fill(GICD_ICFGR, GIC_FIRST_SPI, 16, 0);
    gicv2_write(GICD_CTLR, GIC_ENABLE);
}

int gicv2_init(const struct platform *platform)
{
    if (!platform_find_gic(platform, &gicv2.at))
        return -KENODEV;
    gicv2_init_distributor();
    gicv2_init_cpu_interface();
    irq_register_chip(&gicv2_chip);
    return 0;
}
