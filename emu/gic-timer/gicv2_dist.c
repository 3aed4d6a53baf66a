/*
 * gicv2_dist.c - registers of the GICv2's distributor
 *
 * [GICv2] 4.3, as the map below lists them. Registers are words; IPRIORITYR, ITARGETSR, CPENDSGIR
 * and SPENDSGIR take bytes as well (4.1.4). A register of INTIDs that do not exist reads as zero
 * and ignores writes, and so does a reserved one, which is a breach as well.
 *
 * With one group and without the Security Extensions IGROUPR and NSACR read as zero and ignore
 * writes. Identification is that of a GIC-400.
 *
 * DEVIATION: 4.3.12 has ITARGETSR read as zero on a uniprocessor. Here it is as with several CPU
 * interfaces of which one is connected, and each SPI is routed to it after reset: drivers that look
 * their CPU up in ITARGETSR0 find it, those that route an SPI nowhere are caught, and those that
 * never touch it work.
 */
#include "emu/gic-timer/gicv2_priv.h"

#define GICD_CTLR_ENABLE     UINT32_C(1)
#define GICD_IIDR_GIC400     UINT32_C(0x0200143b)
#define GICD_TARGET_CPU0     UINT32_C(1)
#define GICD_SGIR_INTID(v)   ((v)&0xf)
#define GICD_SGIR_TARGETS(v) ((v) >> 16 & 0xff)
#define GICD_SGIR_FILTER(v)  ((v) >> 24 & 3)
#define GICD_ICFGR_PER_REG   16
#define GICD_SGI_SOURCE_CPU0 UINT32_C(1)

enum gicd_sgi_filter {
    GICD_SGI_TO_LIST,
    GICD_SGI_TO_OTHERS,
    GICD_SGI_TO_SELF,
    GICD_SGI_RESERVED,
};

/*
 * A range of registers. Functions get the index of the register in the range, or of the byte where
 * the range takes bytes. NULL: reads as zero; ignores writes.
 */
struct gicd_range {
    uint16_t first, last; /* offsets of the first and the last byte */
    bool takes_bytes;
    uint32_t (*read)(const struct gicv2 *gic, unsigned index);
    void (*write)(struct gicv2 *gic, unsigned index, uint32_t value);
};

/* ---- the distributor itself ------------------------------------------------------------------ */

static uint32_t gicd_read_ctlr(const struct gicv2 *gic, unsigned index)
{
    (void)index;
    return gic->dist_enabled ? GICD_CTLR_ENABLE : 0;
}

static void gicd_write_ctlr(struct gicv2 *gic, unsigned index, uint32_t value)
{
    (void)index;
    gic->dist_enabled = (value & GICD_CTLR_ENABLE) != 0;
    gicv2_signal(gic);
}

static uint32_t gicd_read_typer(const struct gicv2 *gic, unsigned index)
{
    (void)index;
    return gic->words - 1; /* ITLinesNumber; one CPU interface, no Security Extensions */
}

static uint32_t gicd_read_iidr(const struct gicv2 *gic, unsigned index)
{
    (void)gic;
    (void)index;
    return GICD_IIDR_GIC400;
}

static uint32_t gicd_read_id(const struct gicv2 *gic, unsigned index)
{
    /* PIDR4 to PIDR7, PIDR0 to PIDR3, CIDR0 to CIDR3; PIDR2 says GICv2. */
    static const uint8_t ids[] = {0x04, 0x00, 0x00, 0x00, 0x90, 0xb4,
                                  0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    (void)gic;
    g_assert(index < G_N_ELEMENTS(ids));
    return ids[index];
}

/* ---- one bit an INTID ------------------------------------------------------------------------ */

static uint32_t gicd_read_enabled(const struct gicv2 *gic, unsigned word)
{
    return gic->enabled[word];
}

static void gicd_set_enabled(struct gicv2 *gic, unsigned word, uint32_t enabled)
{
    uint32_t changed = enabled ^ gic->enabled[word];
    if (changed == 0) {
        return;
    }
    gic->enabled[word] = enabled;
    for (; changed != 0; changed &= changed - 1) {
        unsigned bit = (unsigned)__builtin_ctz(changed);
        trace_emit(gic->trace, TRACE_IRQ_ENABLED, TN(word * 32 + bit), TN(enabled >> bit & 1));
    }
    gicv2_refresh(gic, word);
}

/* SGIs are always enabled, as 4.3.5 allows, so that they need no care where bits are set. */
static uint32_t gicd_writable(const struct gicv2 *gic, unsigned word)
{
    uint32_t implemented = gicv2_implemented(gic, word);
    return word == 0 ? implemented & ~GICV2_SGI_MASK : implemented;
}

static void gicd_write_isenabler(struct gicv2 *gic, unsigned word, uint32_t value)
{
    value &= gicd_writable(gic, word);
    if (value != 0) {
        gicd_set_enabled(gic, word, gic->enabled[word] | value);
    }
}

static void gicd_write_icenabler(struct gicv2 *gic, unsigned word, uint32_t value)
{
    value &= gicd_writable(gic, word);
    if (value != 0) {
        gicd_set_enabled(gic, word, gic->enabled[word] & ~value);
    }
}

static uint32_t gicd_read_pending(const struct gicv2 *gic, unsigned word)
{
    return gic->pending[word];
}

/* SGIs become pending through SGIR and SPENDSGIR only, 4.3.7. */
static void gicd_write_ispendr(struct gicv2 *gic, unsigned word, uint32_t value)
{
    value &= gicd_writable(gic, word);
    if (value != 0) {
        gic->latch[word] |= value;
        gicv2_refresh(gic, word);
    }
}

/* A level-sensitive interrupt whose line is high stays pending, 4.3.8. */
static void gicd_write_icpendr(struct gicv2 *gic, unsigned word, uint32_t value)
{
    value &= gicd_writable(gic, word);
    if (value != 0) {
        gic->latch[word] &= ~value;
        gicv2_refresh(gic, word);
    }
}

static uint32_t gicd_read_active(const struct gicv2 *gic, unsigned word)
{
    return gic->active[word];
}

static void gicd_write_isactiver(struct gicv2 *gic, unsigned word, uint32_t value)
{
    value &= gicv2_implemented(gic, word);
    if (value != 0) {
        gic->active[word] |= value;
        gicv2_refresh(gic, word);
    }
}

/*
 * Ends the active state without a priority drop: the running priority stays until EOIR is written,
 * 4.3.10.
 */
static void gicd_write_icactiver(struct gicv2 *gic, unsigned word, uint32_t value)
{
    uint32_t ended = value & gic->active[word];
    if (ended == 0) {
        return;
    }
    gic->active[word] &= ~ended;
    for (; ended != 0; ended &= ended - 1) {
        trace_emit(gic->trace, TRACE_IRQ_EOI, TN(word * 32 + (unsigned)__builtin_ctz(ended)));
    }
    gicv2_refresh(gic, word);
}

/* ---- one byte an INTID ----------------------------------------------------------------------- */

static uint32_t gicd_read_priority(const struct gicv2 *gic, unsigned intid)
{
    return gic->priority[intid];
}

static void gicd_write_priority(struct gicv2 *gic, unsigned intid, uint32_t value)
{
    if (gicv2_exists(gic, intid) && gic->priority[intid] != value) {
        gic->priority[intid] = (uint8_t)value;
        gicv2_refresh(gic, intid / 32);
    }
}

static uint32_t gicd_read_target(const struct gicv2 *gic, unsigned intid)
{
    return (gic->targeted[intid / 32] & gicv2_bit(intid)) != 0 ? GICD_TARGET_CPU0 : 0;
}

/* Those of SGIs and PPIs are read-only; bits of CPUs that are not there read as zero. */
static void gicd_write_target(struct gicv2 *gic, unsigned intid, uint32_t value)
{
    if (intid < GICV2_SPIS || !gicv2_exists(gic, intid)) {
        return;
    }
    if ((value & GICD_TARGET_CPU0) != 0) {
        gic->targeted[intid / 32] |= gicv2_bit(intid);
    } else {
        gic->targeted[intid / 32] &= ~gicv2_bit(intid);
    }
    gicv2_refresh(gic, intid / 32);
}

/* ---- configuration --------------------------------------------------------------------------- */

static uint32_t gicd_read_icfgr(const struct gicv2 *gic, unsigned index)
{
    unsigned first = index * GICD_ICFGR_PER_REG;
    uint32_t edges = gic->edge[first / 32] >> (first % 32);
    uint32_t value = 0;
    for (unsigned field = 0; field < GICD_ICFGR_PER_REG; field++) {
        value |= (edges >> field & 1) << (field * 2 + 1);
    }
    return value;
}

static void gicd_write_icfgr(struct gicv2 *gic, unsigned index, uint32_t value)
{
    unsigned first = index * GICD_ICFGR_PER_REG;
    unsigned word = first / 32;
    if (first < GICV2_SGIS || word >= gic->words) {
        return;
    }
    uint32_t edges = 0;
    for (unsigned field = 0; field < GICD_ICFGR_PER_REG; field++) {
        edges |= (value >> (field * 2 + 1) & 1) << (first % 32 + field);
    }
    uint32_t field_mask = UINT32_C(0xffff) << (first % 32) & gicv2_implemented(gic, word);
    uint32_t changed = (gic->edge[word] ^ edges) & field_mask;
    gic->edge[word] ^= changed;
    for (uint32_t rest = changed & gic->enabled[word]; rest != 0; rest &= rest - 1) {
        gicv2_breach(gic, "4.3.13", "an interrupt must be disabled while its configuration changes",
                     word * 32 + (unsigned)__builtin_ctz(rest));
    }
    if (changed != 0) {
        gicv2_refresh(gic, word);
    }
}

/* ---- software-generated interrupts ----------------------------------------------------------- */

static void gicd_write_sgir(struct gicv2 *gic, unsigned index, uint32_t value)
{
    (void)index;
    unsigned intid = GICD_SGIR_INTID(value);
    bool here = false;
    switch ((enum gicd_sgi_filter)GICD_SGIR_FILTER(value)) {
    case GICD_SGI_TO_LIST:
        here = (GICD_SGIR_TARGETS(value) & GICD_TARGET_CPU0) != 0;
        break;
    case GICD_SGI_TO_OTHERS:
        break;
    case GICD_SGI_TO_SELF:
        here = true;
        break;
    case GICD_SGI_RESERVED:
        gicv2_breach(gic, "4.3.15", "TargetListFilter 3 is reserved", intid);
        break;
    }
    if (here) {
        gic->latch[0] |= gicv2_bit(intid);
        gicv2_refresh(gic, 0);
    }
}

/* A byte an SGI, a bit a source; the only source is this CPU. */
static uint32_t gicd_read_sgi_sources(const struct gicv2 *gic, unsigned intid)
{
    return (gic->latch[0] & gicv2_bit(intid)) != 0 ? GICD_SGI_SOURCE_CPU0 : 0;
}

static void gicd_write_cpendsgir(struct gicv2 *gic, unsigned intid, uint32_t value)
{
    if ((value & GICD_SGI_SOURCE_CPU0) != 0) {
        gic->latch[0] &= ~gicv2_bit(intid);
        gicv2_refresh(gic, 0);
    }
}

static void gicd_write_spendsgir(struct gicv2 *gic, unsigned intid, uint32_t value)
{
    if ((value & GICD_SGI_SOURCE_CPU0) != 0) {
        gic->latch[0] |= gicv2_bit(intid);
        gicv2_refresh(gic, 0);
    }
}

/* ---- the map --------------------------------------------------------------------------------- */

static const struct gicd_range gicd_ranges[] = {
    {0x000, 0x003, false, gicd_read_ctlr, gicd_write_ctlr},
    {0x004, 0x007, false, gicd_read_typer, NULL},
    {0x008, 0x00b, false, gicd_read_iidr, NULL},
    {0x080, 0x0ff, false, NULL, NULL}, /* IGROUPR */
    {0x100, 0x17f, false, gicd_read_enabled, gicd_write_isenabler},
    {0x180, 0x1ff, false, gicd_read_enabled, gicd_write_icenabler},
    {0x200, 0x27f, false, gicd_read_pending, gicd_write_ispendr},
    {0x280, 0x2ff, false, gicd_read_pending, gicd_write_icpendr},
    {0x300, 0x37f, false, gicd_read_active, gicd_write_isactiver},
    {0x380, 0x3ff, false, gicd_read_active, gicd_write_icactiver},
    {0x400, 0x7fb, true, gicd_read_priority, gicd_write_priority},
    {0x800, 0xbfb, true, gicd_read_target, gicd_write_target},
    {0xc00, 0xcff, false, gicd_read_icfgr, gicd_write_icfgr},
    {0xe00, 0xeff, false, NULL, NULL}, /* NSACR */
    {0xf00, 0xf03, false, NULL, gicd_write_sgir},
    {0xf10, 0xf1f, true, gicd_read_sgi_sources, gicd_write_cpendsgir},
    {0xf20, 0xf2f, true, gicd_read_sgi_sources, gicd_write_spendsgir},
    {0xfd0, 0xfff, false, gicd_read_id, NULL},
};

/* The range that an access goes to; NULL, with the breach, when it goes nowhere. */
static const struct gicd_range *gicd_find(struct gicv2 *gic, uint64_t offset, unsigned size)
{
    for (size_t i = 0; i < G_N_ELEMENTS(gicd_ranges); i++) {
        const struct gicd_range *range = &gicd_ranges[i];
        if (offset < range->first || offset > range->last) {
            continue;
        }
        if (size != 4 && !range->takes_bytes) {
            gicv2_breach(gic, "4.1.4", "this register takes accesses of a word only",
                         GICV2_SPURIOUS);
            return NULL;
        }
        return range;
    }
    gicv2_breach(gic, "4.1.2", "there is no distributor register at this offset", GICV2_SPURIOUS);
    return NULL;
}

static uint64_t gicd_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gicv2 *gic = opaque;
    const struct gicd_range *range = gicd_find(gic, offset, size);
    if (range == NULL || range->read == NULL) {
        return 0;
    }
    unsigned at = (unsigned)offset - range->first;
    if (!range->takes_bytes) {
        return range->read(gic, at / 4);
    }
    uint32_t value = 0;
    for (unsigned byte = 0; byte < size; byte++) {
        value |= range->read(gic, at + byte) << (byte * 8);
    }
    return value;
}

static void gicd_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct gicv2 *gic = opaque;
    const struct gicd_range *range = gicd_find(gic, offset, size);
    if (range == NULL || range->write == NULL) {
        return;
    }
    unsigned at = (unsigned)offset - range->first;
    if (!range->takes_bytes) {
        range->write(gic, at / 4, (uint32_t)value);
        return;
    }
    for (unsigned byte = 0; byte < size; byte++) {
        range->write(gic, at + byte, (uint32_t)(value >> (byte * 8)) & 0xff);
    }
}

const struct mmio_ops gicv2_dist_ops = {
    .read = gicd_read,
    .write = gicd_write,
    .sizes = 1 | 4,
};
