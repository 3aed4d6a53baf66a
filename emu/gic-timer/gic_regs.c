/*
 * gic_regs.c - registers that all versions have: a bit, two bits or a byte an INTID; windows
 *
 * [GICv2] 4.3.4 to 4.3.11 and 4.3.13; in the GICv3 the same registers have the same layout, those
 * of SGIs and PPIs stand in the redistributor. A register of INTIDs that do not exist reads as zero
 * and ignores writes.
 */
#include "emu/gic-timer/gic_priv.h"

#define GIC_ICFGR_PER_REG 16

/* ---- windows --------------------------------------------------------------------------------- */

/* The range that an access goes to; NULL, with the breach, when it goes nowhere. */
static const struct gic_range *gic_window_find(struct gic *gic, const struct gic_window *window,
                                               uint64_t offset, unsigned size)
{
    for (size_t i = 0; i < window->range_count; i++) {
        const struct gic_range *range = &window->ranges[i];
        if (offset < range->first || offset > range->last) {
            continue;
        }
        if ((size & range->sizes) == 0) {
            gic_breach(gic, window->width_clause, window->width_rule, GIC_SPURIOUS);
            return NULL;
        }
        return range;
    }
    gic_breach(gic, window->map_clause, window->map_rule, GIC_SPURIOUS);
    return NULL;
}

/* How many bytes a function of this range is given at a time. */
static unsigned gic_range_unit(const struct gic_range *range, unsigned size)
{
    if ((range->sizes & GIC_RANGE_WHOLE) != 0) {
        return size;
    }
    return (range->sizes & 1) != 0 ? 1 : 4;
}

uint64_t gic_window_read(struct gic *gic, unsigned cpu, const struct gic_window *window,
                         uint64_t offset, unsigned size)
{
    const struct gic_range *range = gic_window_find(gic, window, offset, size);
    if (range == NULL || range->read == NULL) {
        return 0;
    }
    unsigned unit = gic_range_unit(range, size);
    uint64_t value = 0;
    for (unsigned at = 0; at < size; at += unit) {
        unsigned index = ((unsigned)offset - range->first + at) / unit;
        value |= (uint64_t)range->read(gic, cpu, index) << (at * 8);
    }
    return value;
}

void gic_window_write(struct gic *gic, unsigned cpu, const struct gic_window *window,
                      uint64_t offset, unsigned size, uint64_t value)
{
    const struct gic_range *range = gic_window_find(gic, window, offset, size);
    if (range == NULL || range->write == NULL) {
        return;
    }
    unsigned unit = gic_range_unit(range, size);
    uint32_t mask = unit == 1 ? 0xff : UINT32_MAX;
    for (unsigned at = 0; at < size; at += unit) {
        unsigned index = ((unsigned)offset - range->first + at) / unit;
        range->write(gic, cpu, index, (uint32_t)(value >> (at * 8)) & mask);
    }
}

/* ---- one bit an INTID ------------------------------------------------------------------------ */

uint32_t gic_read_group(struct gic *gic, unsigned cpu, unsigned word)
{
    return gic_word(gic, cpu, word)->group & gic_implemented(gic, word);
}

void gic_write_group(struct gic *gic, unsigned cpu, unsigned word, uint32_t value)
{
    uint32_t implemented = gic_implemented(gic, word);
    if (implemented != 0) {
        gic_word(gic, cpu, word)->group = value & implemented;
        gic_refresh(gic, cpu, word);
    }
}

uint32_t gic_read_enabled(struct gic *gic, unsigned cpu, unsigned word)
{
    return gic_word(gic, cpu, word)->enabled;
}

static void gic_set_enabled(struct gic *gic, unsigned cpu, unsigned word, uint32_t enabled)
{
    struct gic_word *state = gic_word(gic, cpu, word);
    uint32_t changed = enabled ^ state->enabled;
    if (changed == 0) {
        return;
    }
    state->enabled = enabled;
    for (; changed != 0; changed &= changed - 1) {
        unsigned bit = (unsigned)__builtin_ctz(changed);
        trace_emit(gic->trace, TRACE_IRQ_ENABLED, TN(word * 32 + bit), TN(enabled >> bit & 1));
    }
    gic_refresh(gic, cpu, word);
}

/* SGIs of the GICv2 are always enabled, as 4.3.5 allows. */
static uint32_t gic_writable(const struct gic *gic, unsigned word)
{
    uint32_t implemented = gic_implemented(gic, word);
    return word == 0 && gic->version == GIC_V2 ? implemented & ~GIC_SGI_MASK : implemented;
}

void gic_write_isenabler(struct gic *gic, unsigned cpu, unsigned word, uint32_t value)
{
    value &= gic_writable(gic, word);
    if (value != 0) {
        gic_set_enabled(gic, cpu, word, gic_word(gic, cpu, word)->enabled | value);
    }
}

void gic_write_icenabler(struct gic *gic, unsigned cpu, unsigned word, uint32_t value)
{
    value &= gic_writable(gic, word);
    if (value != 0) {
        gic_set_enabled(gic, cpu, word, gic_word(gic, cpu, word)->enabled & ~value);
    }
}

uint32_t gic_read_pending(struct gic *gic, unsigned cpu, unsigned word)
{
    return gic_word(gic, cpu, word)->pending;
}

/* SGIs of the GICv2 become pending through SGIR and SPENDSGIR only, 4.3.7. */
void gic_write_ispendr(struct gic *gic, unsigned cpu, unsigned word, uint32_t value)
{
    value &= gic_writable(gic, word);
    if (value != 0) {
        gic_word(gic, cpu, word)->latch |= value;
        gic_refresh(gic, cpu, word);
    }
}

/* A level-sensitive interrupt whose line is high stays pending, 4.3.8. */
void gic_write_icpendr(struct gic *gic, unsigned cpu, unsigned word, uint32_t value)
{
    value &= gic_writable(gic, word);
    if (value != 0) {
        gic_word(gic, cpu, word)->latch &= ~value;
        gic_refresh(gic, cpu, word);
    }
}

uint32_t gic_read_active(struct gic *gic, unsigned cpu, unsigned word)
{
    return gic_word(gic, cpu, word)->active;
}

void gic_write_isactiver(struct gic *gic, unsigned cpu, unsigned word, uint32_t value)
{
    value &= gic_implemented(gic, word);
    if (value != 0) {
        gic_word(gic, cpu, word)->active |= value;
        gic_refresh(gic, cpu, word);
    }
}

/*
 * Ends the active state without a priority drop: the running priority stays until EOIR is written,
 * 4.3.10.
 */
void gic_write_icactiver(struct gic *gic, unsigned cpu, unsigned word, uint32_t value)
{
    struct gic_word *state = gic_word(gic, cpu, word);
    uint32_t ended = value & state->active;
    if (ended == 0) {
        return;
    }
    state->active &= ~ended;
    for (; ended != 0; ended &= ended - 1) {
        unsigned intid = word * 32 + (unsigned)__builtin_ctz(ended);
        trace_emit(gic->trace, TRACE_IRQ_EOI, TN(intid), TN(*gic->accessing_cpu));
    }
    gic_refresh(gic, cpu, word);
}

/* ---- one byte an INTID ----------------------------------------------------------------------- */

uint32_t gic_read_priority(struct gic *gic, unsigned cpu, unsigned intid)
{
    return gic_priority(gic, cpu, intid);
}

void gic_write_priority(struct gic *gic, unsigned cpu, unsigned intid, uint32_t value)
{
    value &= gic->priority_mask;
    if (gic_exists(gic, intid) && gic_priority(gic, cpu, intid) != value) {
        gic_word(gic, cpu, intid / 32)->priority[intid % 32] = (uint8_t)value;
        gic_refresh(gic, cpu, intid / 32);
    }
}

/* ---- two bits an INTID ----------------------------------------------------------------------- */

uint32_t gic_read_icfgr(struct gic *gic, unsigned cpu, unsigned index)
{
    unsigned first = index * GIC_ICFGR_PER_REG;
    uint32_t edges = gic_word(gic, cpu, first / 32)->edge >> (first % 32);
    uint32_t value = 0;
    for (unsigned field = 0; field < GIC_ICFGR_PER_REG; field++) {
        value |= (edges >> field & 1) << (field * 2 + 1);
    }
    return value;
}

void gic_write_icfgr(struct gic *gic, unsigned cpu, unsigned index, uint32_t value)
{
    unsigned first = index * GIC_ICFGR_PER_REG;
    unsigned word = first / 32;
    if (first < GIC_SGIS || word >= gic->words) {
        return;
    }
    struct gic_word *state = gic_word(gic, cpu, word);
    uint32_t edges = 0;
    for (unsigned field = 0; field < GIC_ICFGR_PER_REG; field++) {
        edges |= (value >> (field * 2 + 1) & 1) << (first % 32 + field);
    }
    uint32_t field_mask = UINT32_C(0xffff) << (first % 32) & gic_implemented(gic, word);
    uint32_t changed = (state->edge ^ edges) & field_mask;
    state->edge ^= changed;
    for (uint32_t rest = changed & state->enabled; rest != 0; rest &= rest - 1) {
        gic_breach(gic, "4.3.13", "an interrupt must be disabled while its configuration changes",
                   word * 32 + (unsigned)__builtin_ctz(rest));
    }
    if (changed != 0) {
        gic_refresh(gic, cpu, word);
    }
}
