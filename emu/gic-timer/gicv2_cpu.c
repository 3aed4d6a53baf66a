/*
 * gicv2_cpu.c - registers of the GICv2's CPU interface
 *
 * [GICv2] 4.4. Registers are words. A read of IAR is the only read that changes anything.
 *
 * There is one group, so CTLR has Enable and EOImode and nothing else, ABPR reads as zero, AIAR and
 * AHPPIR read 1023 and AEOIR ends nothing. There is no power management, so APR and NSAPR read as
 * zero and ignore writes: the active priorities are cleared by ending what is active.
 * Identification is that of a GIC-400.
 */
#include "emu/gic-timer/gicv2_priv.h"

#define GICC_CTLR_ENABLE   UINT32_C(1)
#define GICC_CTLR_EOI_MODE (UINT32_C(1) << 9)
#define GICC_BPR_MASK      7
#define GICC_INTID_MASK    UINT32_C(0x3ff)
#define GICC_CPUID_MASK    UINT32_C(0x1c00)
#define GICC_IIDR_GIC400   UINT32_C(0x0202143b)

enum gicc_register {
    GICC_CTLR = 0x0000,
    GICC_PMR = 0x0004,
    GICC_BPR = 0x0008,
    GICC_IAR = 0x000c,
    GICC_EOIR = 0x0010,
    GICC_RPR = 0x0014,
    GICC_HPPIR = 0x0018,
    GICC_ABPR = 0x001c,
    GICC_AIAR = 0x0020,
    GICC_AEOIR = 0x0024,
    GICC_AHPPIR = 0x0028,
    GICC_APR_FIRST = 0x00d0,
    GICC_NSAPR_LAST = 0x00ec,
    GICC_IIDR = 0x00fc,
    GICC_DIR = 0x1000,
};

static bool gicc_is_silent(uint64_t offset)
{
    return (offset >= GICC_APR_FIRST && offset <= GICC_NSAPR_LAST) || offset == GICC_ABPR;
}

static void gicc_breach_reserved(struct gicv2 *gic)
{
    gicv2_breach(gic, "4.1.3", "there is no CPU interface register at this offset", GICV2_SPURIOUS);
}

static uint64_t gicc_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gicv2 *gic = opaque;
    (void)size;
    switch (offset) {
    case GICC_CTLR:
        return (gic->cpu_enabled ? GICC_CTLR_ENABLE : 0) |
               (gic->end_split ? GICC_CTLR_EOI_MODE : 0);
    case GICC_PMR:
        return gic->priority_mask;
    case GICC_BPR:
        return gic->binary_point;
    case GICC_IAR:
        return gicv2_acknowledge(gic); /* the CPUID field of an SGI is 0: this CPU sent it */
    case GICC_RPR:
        return gicv2_running_priority(gic);
    case GICC_HPPIR:
        return gicv2_forwarded(gic);
    case GICC_AIAR:
    case GICC_AHPPIR:
        return GICV2_SPURIOUS;
    case GICC_IIDR:
        return GICC_IIDR_GIC400;
    case GICC_EOIR:
    case GICC_AEOIR:
    case GICC_DIR:
        return 0; /* write-only */
    default:
        if (!gicc_is_silent(offset)) {
            gicc_breach_reserved(gic);
        }
        return 0;
    }
}

/*
 * Splits what is written to EOIR or DIR. False, with the breach where it is one, when it ends
 * nothing.
 */
static bool gicc_ended_intid(struct gicv2 *gic, const char *clause, uint64_t value, unsigned *intid)
{
    unsigned named = (unsigned)(value & GICC_INTID_MASK);
    if (named == GICV2_SPURIOUS) {
        return false; /* ignored, as 4.4.5 says */
    }
    if ((value & GICC_CPUID_MASK) != 0) {
        gicv2_breach(gic, clause, "the CPUID field must be the one that IAR returned", named);
        return false;
    }
    *intid = named;
    return true;
}

static void gicc_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct gicv2 *gic = opaque;
    unsigned intid;
    (void)size;
    switch (offset) {
    case GICC_CTLR:
        gic->cpu_enabled = (value & GICC_CTLR_ENABLE) != 0;
        gic->end_split = (value & GICC_CTLR_EOI_MODE) != 0;
        gicv2_signal(gic);
        return;
    case GICC_PMR:
        gic->priority_mask = (uint8_t)value;
        gicv2_signal(gic);
        return;
    case GICC_BPR:
        gic->binary_point = value & GICC_BPR_MASK;
        gicv2_signal(gic);
        return;
    case GICC_EOIR:
        if (gicc_ended_intid(gic, "4.4.5", value, &intid)) {
            gicv2_end(gic, intid);
        }
        return;
    case GICC_DIR:
        if (gicc_ended_intid(gic, "4.4.15", value, &intid)) {
            gicv2_deactivate(gic, intid);
        }
        return;
    case GICC_AEOIR:
        if ((value & GICC_INTID_MASK) != GICV2_SPURIOUS) {
            gicv2_breach(gic, "4.4.10", "AEOIR ends interrupts of Group 1 only",
                         (unsigned)(value & GICC_INTID_MASK));
        }
        return;
    case GICC_IAR:
    case GICC_RPR:
    case GICC_HPPIR:
    case GICC_AIAR:
    case GICC_AHPPIR:
    case GICC_IIDR:
        return; /* read-only */
    default:
        if (!gicc_is_silent(offset)) {
            gicc_breach_reserved(gic);
        }
        return;
    }
}

const struct mmio_ops gicv2_cpu_ops = {
    .read = gicc_read,
    .write = gicc_write,
    .sizes = 4,
};
