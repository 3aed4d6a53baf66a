/*
 * gicv2m.h - a GICv2m frame: interrupts by messages, for a GIC that has only lines
 *
 * [BSA1.0] F.1 (GICv2m architecture): a page of registers, of which one raises an SPI when its
 * INTID is written there. A device's message is such a write, and so is a CPU's. Each SPI is driven
 * by a pulse, so it has to be configured as edge-triggered.
 */
#ifndef EMU_GIC_TIMER_GICV2M_H
#define EMU_GIC_TIMER_GICV2M_H

#include "emu/core/irqline.h"
#include "emu/core/mmio.h"

#define GICV2M_SIZE       0x1000
#define GICV2M_SETSPI     0x040 /* where messages go */
#define GICV2M_INTIDS_MAX 64

struct gicv2m;

/* The line of an INTID of the frame; asked for once, when it is needed first. */
typedef struct irqline gicv2m_line_fn(void *opaque, unsigned intid);

struct gicv2m_config {
    uint64_t base;
    unsigned first_intid, count;
    gicv2m_line_fn *line;
    void *opaque;
};

/* Maps the frame. Copies the configuration. */
struct gicv2m *gicv2m_new(struct trace *trace, struct mmio_bus *bus,
                          const struct gicv2m_config *config);
void gicv2m_free(struct gicv2m *frame);

/* A device's write. False: the address is not the register. */
bool gicv2m_message(struct gicv2m *frame, uint64_t address, uint32_t data);

#endif
