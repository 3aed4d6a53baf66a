/* gic_dist.c - what the distributors of GICv2 and GICv3 have in common */
#include "drivers/gic_dist.h"

#include "ringside/hal.h"

#define GIC_TYPER_LINES_MASK 0x1f /* ITLinesNumber, [GICv2] 4.3.2 */
#define GIC_CONFIG_EDGE      2    /* of the two bits of an interrupt, 4.3.13 */

uint32_t gic_dist_lines(uintptr_t base)
{
    uint32_t lines = 32 * ((hal_mmio_read32(base + GICD_TYPER) & GIC_TYPER_LINES_MASK) + 1);
    return lines < GIC_SPECIAL ? lines : GIC_SPECIAL;
}

void gic_dist_fill(uintptr_t base, uint32_t reg, uint32_t first, uint32_t end, uint32_t per_word,
                   uint32_t value)
{
    for (uint32_t intid = first; intid < end; intid += per_word)
        hal_mmio_write32(base + reg + 4 * (intid / per_word), value);
}

/* The configuration may be changed only while the interrupt is disabled, 4.3.13. */
static void gic_dist_configure(uintptr_t base, uint32_t intid, bool edge_triggered)
{
    uintptr_t reg = base + GICD_ICFGR + 4 * (intid / 16);
    uint32_t bit = (uint32_t)GIC_CONFIG_EDGE << 2 * (intid % 16);
    uint32_t config = hal_mmio_read32(reg);
    hal_mmio_write32(reg, edge_triggered ? config | bit : config & ~bit);
}

void gic_dist_enable(uintptr_t base, uint32_t intid, bool edge_triggered)
{
    if (intid >= GIC_FIRST_PPI) /* SGIs are edge-triggered, and no register says otherwise */
        gic_dist_configure(base, intid, edge_triggered);
    hal_mmio_write32(base + GICD_ISENABLER + 4 * (intid / 32), UINT32_C(1) << intid % 32);
}

void gic_dist_disable(uintptr_t base, uint32_t intid)
{
    hal_mmio_write32(base + GICD_ICENABLER + 4 * (intid / 32), UINT32_C(1) << intid % 32);
}
