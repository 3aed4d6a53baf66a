/*
 * gic_dist.h - what the distributors of GICv2 and GICv3 have in common
 *
 * Registers by INTID, in a frame at `base`: the distributor's, or for INTIDs below 32 of a GICv3
 * the redistributor's, which has them at the same offsets. [GICv2] 4.1.2, [GICv3] 12.8.
 */
#ifndef DRIVERS_GIC_DIST_H
#define DRIVERS_GIC_DIST_H

#include <stdbool.h>
#include <stdint.h>

/* The registers with one bit an interrupt have 32 of them in a word. */
enum {
    GICD_CTLR = 0x000,
    GICD_TYPER = 0x004,
    GICD_IGROUPR = 0x080,
    GICD_ISENABLER = 0x100,
    GICD_ICENABLER = 0x180,
    GICD_ICPENDR = 0x280,
    GICD_ICACTIVER = 0x380,
    GICD_IPRIORITYR = 0x400,
    GICD_ITARGETSR = 0x800,
    GICD_ICFGR = 0xc00,
};

#define GIC_FIRST_PPI       16
#define GIC_FIRST_SPI       32
#define GIC_SPECIAL         1020       /* from here on no interrupt, [GICv2] 3.2.5 */
#define GIC_PRIORITY_ALL    0xa0a0a0a0 /* four interrupts */
#define GIC_PRIORITY_LOWEST 0xff       /* as a mask: lets all priorities pass */

/* How many INTIDs there are, as TYPER tells. */
uint32_t gic_dist_lines(uintptr_t base);

/*
 * Writes the same to all words of a register that has `per_word` interrupts in each, for the INTIDs
 * from `first` to the one before `end`.
 */
void gic_dist_fill(uintptr_t base, uint32_t reg, uint32_t first, uint32_t end, uint32_t per_word,
                   uint32_t value);

/* One INTID, which is not enabled: its trigger, which an SGI does not have, then the enable bit. */
void gic_dist_enable(uintptr_t base, uint32_t intid, bool edge_triggered);
void gic_dist_disable(uintptr_t base, uint32_t intid);

#endif
