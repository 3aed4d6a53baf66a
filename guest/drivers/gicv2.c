/*
 * gicv2.c - driver of the GICv2 interrupt controller [GICv2]
 *
 * Distributor and CPU interface, one CPU. After initialisation every interrupt is disabled, not
 * pending, in group 0, of one priority, level-sensitive and, if it is an SPI, routed to this CPU.
 * With one priority there is no nesting: the vector runs with interrupts masked anyway.
 * Software-generated interrupts are not used.
 */
#include "drivers/gicv2.h"

#include "kernel/irq.h"
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
#define GIC_TYPER_LINES_MASK 0x1f  /* ITLinesNumber, 4.3.2 */
#define GIC_INTID_MASK       0x3ff /* of IAR, 4.4.4: ten bits */
#define GIC_SPECIAL          1020  /* from here on no interrupt, 3.2.5 */
#define GIC_FIRST_SPI        32
#define GIC_FIRST_PPI        16
#define GIC_PRIORITY_ALL     0xa0a0a0a0 /* four interrupts */
#define GIC_PRIORITY_LOWEST  0xff       /* lets all priorities pass */
#define GIC_CONFIG_EDGE      2          /* of the two bits of an interrupt, 4.3.13 */

static struct {
    struct platform_gic at;
    uint32_t lines; /* INTIDs that it has */
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
    uint32_t intid = hal_mmio_read32(gicv2.at.cpu_interface + GICC_IAR) & GIC_INTID_MASK;
    return intid < GIC_SPECIAL ? intid : IRQ_NONE;
}

static void gicv2_end(uint32_t intid)
{
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_EOIR, intid);
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
    if (intid < GIC_FIRST_PPI || intid >= gicv2.lines)
        return;
    gicv2_configure(intid, edge_triggered);
    gicv2_write(GICD_ISENABLER + 4 * (intid / 32), UINT32_C(1) << intid % 32);
}

static void gicv2_disable(uint32_t intid)
{
    if (intid < gicv2.lines)
        gicv2_write(GICD_ICENABLER + 4 * (intid / 32), UINT32_C(1) << intid % 32);
}

static const struct irq_chip gicv2_chip = {
    .name = "gicv2",
    .acknowledge = gicv2_acknowledge,
    .end = gicv2_end,
    .enable = gicv2_enable,
    .disable = gicv2_disable,
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

static void gicv2_init_cpu_interface(void)
{
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_PMR, GIC_PRIORITY_LOWEST);
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_BPR, 0);
    hal_mmio_write32(gicv2.at.cpu_interface + GICC_CTLR, GIC_ENABLE);
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
