/*
 * gicv2m.c - a GICv2m frame: interrupts by messages, for a GIC that has only lines
 *
 * Registers are 32 bits wide; MSI_SETSPI_NS takes 16 as well. A number that is not of the frame is
 * ignored, as the architecture says, and recorded.
 */
#include "emu/gic-timer/gicv2m.h"

enum {
    GICV2M_TYPER = 0x008,
    GICV2M_IIDR = 0xfcc,
};

#define GICV2M_CLAUSE         "[BSA1.0] F"
#define GICV2M_PRODUCT        0x53 /* IIDR as that of the frame in QEMU's board */
#define GICV2M_TYPER_FIRST_AT 16
#define GICV2M_INTID_MASK     0x3ff

struct gicv2m {
    struct trace *trace;
    struct gicv2m_config config;
    struct irqline lines[GICV2M_INTIDS_MAX];
    uint64_t asked; /* a bit a line */
};

static void gicv2m_breach(struct gicv2m *frame, const char *rule, uint64_t intid)
{
    trace_emit(frame->trace, TRACE_IRQ_BREACH, TS(GICV2M_CLAUSE), TS(rule), TN(intid));
}

static void gicv2m_raise(struct gicv2m *frame, uint32_t data)
{
    unsigned intid = data & GICV2M_INTID_MASK, index = intid - frame->config.first_intid;
    if (intid < frame->config.first_intid || index >= frame->config.count) {
        gicv2m_breach(frame, "MSI_SETSPI_NS: the SPI must be one that MSI_TYPER describes", intid);
        return;
    }
    if ((frame->asked >> index & 1) == 0) {
        frame->asked |= UINT64_C(1) << index;
        frame->lines[index] = frame->config.line(frame->config.opaque, intid);
    }
    irqline_pulse(&frame->lines[index]);
}

bool gicv2m_message(struct gicv2m *frame, uint64_t address, uint32_t data)
{
    if (address != frame->config.base + GICV2M_SETSPI) {
        return false;
    }
    gicv2m_raise(frame, data);
    return true;
}

static uint64_t gicv2m_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gicv2m *frame = opaque;
    (void)size;
    switch (offset) {
    case GICV2M_TYPER:
        return frame->config.first_intid << GICV2M_TYPER_FIRST_AT | frame->config.count;
    case GICV2M_IIDR:
        return GICV2M_PRODUCT << 20;
    default:
        return 0; /* MSI_SETSPI_NS is write-only; the rest is reserved */
    }
}

static void gicv2m_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct gicv2m *frame = opaque;
    (void)size;
    if (offset == GICV2M_SETSPI) {
        gicv2m_raise(frame, (uint32_t)value);
    } else {
        gicv2m_breach(frame, "All registers but MSI_SETSPI_NS are read-only or reserved", offset);
    }
}

static const struct mmio_ops gicv2m_ops = {
    .read = gicv2m_read,
    .write = gicv2m_write,
    .sizes = 2 | 4,
};

struct gicv2m *gicv2m_new(struct trace *trace, struct mmio_bus *bus,
                          const struct gicv2m_config *config)
{
    g_assert(config->count <= GICV2M_INTIDS_MAX);
    struct gicv2m *frame = g_new0(struct gicv2m, 1);
    frame->trace = trace;
    frame->config = *config;
    mmio_map(bus, "gicv2m", config->base, GICV2M_SIZE, &gicv2m_ops, frame);
    return frame;
}

void gicv2m_free(struct gicv2m *frame)
{
    g_free(frame);
}
