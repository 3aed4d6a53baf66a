/*
 * irq.c - the GIC, the vector, and the start of everything
 *
 * [GICv2] 4.3 and 4.4: one CPU interface, all interrupts level-sensitive and of one priority, as
 * they are after reset. The end of an interrupt comes after its handler, which has quieted the
 * device by then; otherwise it would be taken again at once.
 */
#include "runtime/priv.h"

#define GICD 0x08000000u
#define GICC 0x08010000u

#define GICD_CTLR        0x000
#define GICD_ISENABLER   0x100
#define GICD_ICENABLER   0x180
#define GICD_ITARGETSR   0x800
#define GICC_CTLR        0x00
#define GICC_PMR         0x04
#define GICC_IAR         0x0c
#define GICC_EOIR        0x10
#define GICC_INTID_MASK  0x3ffu
#define GICC_INTID_NONE  1020u /* and above: special */
#define GIC_SPI_FIRST    32u
#define GIC_PMR_ALL      0xffu
#define GIC_TARGET_FIRST 1u

static struct {
    runtime_handler *handler;
    void *arg;
} runtime_irqs[RUNTIME_IRQS];

static void runtime_vector(void)
{
    uint32_t taken = hal_mmio_read32(GICC + GICC_IAR);
    uint32_t intid = taken & GICC_INTID_MASK;
    if (intid >= GICC_INTID_NONE)
        return;
    if (intid == RUNTIME_TIMER_INTID)
        runtime_timer_handler();
    else if (intid < RUNTIME_IRQS && runtime_irqs[intid].handler != NULL)
        runtime_irqs[intid].handler(runtime_irqs[intid].arg);
    else
        runtime_irq_disable(intid); /* nobody could quiet it */
    hal_mmio_write32(GICC + GICC_EOIR, taken);
}

static uint32_t runtime_irq_word(uint32_t base, uint32_t intid)
{
    return GICD + base + intid / 32 * 4;
}

void runtime_irq_enable(uint32_t intid)
{
    hal_mmio_write32(runtime_irq_word(GICD_ISENABLER, intid), 1u << intid % 32);
}

void runtime_irq_disable(uint32_t intid)
{
    hal_mmio_write32(runtime_irq_word(GICD_ICENABLER, intid), 1u << intid % 32);
}

int runtime_irq_attach(uint32_t intid, runtime_handler *handler, void *arg)
{
    if (intid >= RUNTIME_IRQS || intid == RUNTIME_TIMER_INTID)
        return -1;
    if (handler == NULL) {
        runtime_irq_disable(intid);
        runtime_irqs[intid].handler = NULL;
        return 0;
    }
    if (runtime_irqs[intid].handler != NULL)
        return -1;
    runtime_irqs[intid].arg = arg;
    runtime_irqs[intid].handler = handler;
    if (intid >= GIC_SPI_FIRST)
        hal_mmio_write8(GICD + GICD_ITARGETSR + intid, GIC_TARGET_FIRST);
    runtime_irq_enable(intid);
    return 0;
}

void runtime_init(void)
{
    const struct hal_boot *boot = hal_boot_info();
    runtime_heap_init(hal_phys_to_virt(boot->free_base), boot->free_size);
    hal_irq_set_vector(runtime_vector);
    hal_mmio_write32(GICD + GICD_CTLR, 1);
    hal_mmio_write32(GICC + GICC_PMR, GIC_PMR_ALL);
    hal_mmio_write32(GICC + GICC_CTLR, 1);
    runtime_irq_enable(RUNTIME_TIMER_INTID);
    hal_irq_restore(0);
}
