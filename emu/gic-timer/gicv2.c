/*
 * gicv2.c - the GICv2's state machine: lines, pending, selection, acknowledge, end
 *
 * Model. For each INTID the states of [GICv2] 3.2.4: inactive, pending, active, active and pending.
 * A level-sensitive interrupt is pending while its line is high, or while software set it pending
 * (Figure 4-10); an edge-triggered one from a rising edge until it is taken. Each CPU interface
 * decision is that of 3.3: the best pending interrupt (lowest priority value, then lowest INTID) is
 * signalled when its priority is above the mask, and its group priority above the running priority.
 *
 * Selection costs no more than 32 candidates of the word that changed and one look at each word
 * that has any: the best of each word is kept.
 *
 * Implementation defined, as chosen here: 256 priority levels, binary point from 0; SGIs are always
 * enabled; PPIs are configurable, and level-sensitive after reset.
 *
 * Limits. One CPU, one group, no virtualization extensions, nFIQ is not connected, legacy bypass is
 * not there.
 */
#include "emu/gic-timer/gicv2.h"
#include "emu/gic-timer/gicv2_priv.h"

#include <assert.h>
#include <string.h>

static_assert(GICV2_WORDS_MAX * 32 >= GICV2_IRQS_MAX, "every INTID has a bit");
static_assert(GICV2_WORDS_MAX <= 32, "words_ready has a bit for each word");

uint32_t gicv2_implemented(const struct gicv2 *gic, unsigned word)
{
    if (word >= gic->words) {
        return 0;
    }
    unsigned first = word * 32;
    unsigned count = GICV2_IRQS_MAX - first;
    return count >= 32 ? UINT32_MAX : gicv2_bit(count) - 1;
}

bool gicv2_exists(const struct gicv2 *gic, unsigned intid)
{
    return intid < gic->irq_count && intid < GICV2_IRQS_MAX;
}

void gicv2_breach(struct gicv2 *gic, const char *clause, const char *rule, unsigned intid)
{
    trace_emit(gic->trace, TRACE_IRQ_BREACH, TS(clause), TS(rule), TN(intid));
}

/* ---- selection ------------------------------------------------------------------------------- */

/* The better of two: lowest priority value, then lowest INTID. The first is the lower INTID. */
static unsigned gicv2_better(const struct gicv2 *gic, unsigned lower, unsigned higher)
{
    return gic->priority[higher] < gic->priority[lower] ? higher : lower;
}

static unsigned gicv2_best_candidate(const struct gicv2 *gic, unsigned word, uint32_t candidates)
{
    g_assert(candidates != 0);
    unsigned best = word * 32 + (unsigned)__builtin_ctz(candidates);
    for (uint32_t rest = candidates & (candidates - 1); rest != 0; rest &= rest - 1) {
        best = gicv2_better(gic, best, word * 32 + (unsigned)__builtin_ctz(rest));
    }
    return best;
}

static unsigned gicv2_best(const struct gicv2 *gic)
{
    if (gic->words_ready == 0) {
        return GICV2_SPURIOUS;
    }
    unsigned best = gic->best_of_word[__builtin_ctz(gic->words_ready)];
    for (uint32_t rest = gic->words_ready & (gic->words_ready - 1); rest != 0; rest &= rest - 1) {
        best = gicv2_better(gic, best, gic->best_of_word[__builtin_ctz(rest)]);
    }
    return best;
}

void gicv2_refresh(struct gicv2 *gic, unsigned word)
{
    g_assert(word < gic->words);
    uint32_t pending = gic->latch[word] | (gic->level[word] & ~gic->edge[word]);
    uint32_t changed = pending ^ gic->pending[word];
    gic->pending[word] = pending;
    for (; changed != 0; changed &= changed - 1) {
        unsigned bit = (unsigned)__builtin_ctz(changed);
        trace_emit(gic->trace, TRACE_IRQ_PENDING, TN(word * 32 + bit), TN(pending >> bit & 1));
    }

    uint32_t candidates = pending & gic->enabled[word] & gic->targeted[word] & ~gic->active[word];
    uint32_t word_bit = UINT32_C(1) << word;
    if (candidates != 0) {
        gic->words_ready |= word_bit;
        gic->best_of_word[word] = (uint16_t)gicv2_best_candidate(gic, word, candidates);
    } else {
        gic->words_ready &= ~word_bit;
    }
    gic->best = gicv2_best(gic);
    gicv2_signal(gic);
}

unsigned gicv2_forwarded(const struct gicv2 *gic)
{
    return gic->dist_enabled ? gic->best : GICV2_SPURIOUS;
}

/* [GICv2] 3.3.3: binary point n leaves bits 7 to n + 1 as the group priority. */
static uint8_t gicv2_group_priority(const struct gicv2 *gic, uint8_t priority)
{
    return (uint8_t)(priority & (0xffu << (gic->binary_point + 1u)));
}

/* [GICv2] 3.3.1: by group priority, and nothing preempts within its group. */
static bool gicv2_preempts(const struct gicv2 *gic, unsigned intid)
{
    return gic->nesting == 0 || gicv2_group_priority(gic, gic->priority[intid]) <
                                    gicv2_group_priority(gic, gicv2_running_priority(gic));
}

/* What nIRQ is about, [GICv2] 3.3.1 and 3.3.2: GICV2_SPURIOUS when it is low. */
static unsigned gicv2_signalled(const struct gicv2 *gic)
{
    unsigned intid = gic->cpu_enabled ? gicv2_forwarded(gic) : GICV2_SPURIOUS;
    if (intid == GICV2_SPURIOUS || gic->priority[intid] >= gic->priority_mask ||
        !gicv2_preempts(gic, intid)) {
        return GICV2_SPURIOUS;
    }
    return intid;
}

void gicv2_signal(struct gicv2 *gic)
{
    bool level = gicv2_signalled(gic) != GICV2_SPURIOUS;
    if (level != gic->nirq_level) {
        gic->nirq_level = level;
        irqline_set(&gic->nirq, level);
    }
}

/* ---- acknowledge and end --------------------------------------------------------------------- */

unsigned gicv2_acknowledge(struct gicv2 *gic)
{
    unsigned intid = gicv2_signalled(gic);
    if (intid == GICV2_SPURIOUS) {
        trace_emit(gic->trace, TRACE_IRQ_SPURIOUS, TN(GICV2_SPURIOUS));
        return GICV2_SPURIOUS;
    }
    unsigned word = intid / 32;
    g_assert(gic->nesting < GICV2_NESTING_MAX);
    g_assert((gic->active[word] & gicv2_bit(intid)) == 0);
    gic->nested_intid[gic->nesting] = (uint16_t)intid;
    gic->nested_priority[gic->nesting] = gicv2_group_priority(gic, gic->priority[intid]);
    gic->nesting++;
    gic->active[word] |= gicv2_bit(intid);
    gic->latch[word] &= ~gicv2_bit(intid);
    trace_emit(gic->trace, TRACE_IRQ_TAKEN, TN(intid));
    gicv2_refresh(gic, word);
    return intid;
}

/* Where an INTID stands among those acknowledged, the latest first; `nesting` when it does not. */
static unsigned gicv2_find_nested(const struct gicv2 *gic, unsigned intid)
{
    for (unsigned index = gic->nesting; index-- > 0;) {
        if (gic->nested_intid[index] == intid) {
            return index;
        }
    }
    return gic->nesting;
}

static void gicv2_clear_active(struct gicv2 *gic, unsigned intid)
{
    if ((gic->active[intid / 32] & gicv2_bit(intid)) != 0) {
        gic->active[intid / 32] &= ~gicv2_bit(intid);
        trace_emit(gic->trace, TRACE_IRQ_EOI, TN(intid));
        gicv2_refresh(gic, intid / 32);
    }
}

void gicv2_end(struct gicv2 *gic, unsigned intid)
{
    unsigned index = gicv2_find_nested(gic, intid);
    if (index == gic->nesting) {
        gicv2_breach(
            gic, "4.4.5",
            "a write to EOIR must name an interrupt that IAR returned and that was not ended since",
            intid);
        return;
    }
    if (index != gic->nesting - 1) {
        gicv2_breach(gic, "4.4.5",
                     "interrupts must be ended in the reverse order of their acknowledgement",
                     intid);
    }
    gic->nesting--;
    memmove(&gic->nested_intid[index], &gic->nested_intid[index + 1],
            (gic->nesting - index) * sizeof(gic->nested_intid[0]));
    if (!gic->end_split) {
        gicv2_clear_active(gic, intid);
    }
    gicv2_signal(gic);
}

void gicv2_deactivate(struct gicv2 *gic, unsigned intid)
{
    if (!gic->end_split) {
        gicv2_breach(gic, "4.4.15", "DIR must not be written while EOImode is 0", intid);
        return;
    }
    if (!gicv2_exists(gic, intid) || (gic->active[intid / 32] & gicv2_bit(intid)) == 0) {
        gicv2_breach(gic, "4.4.15", "a write to DIR must name an active interrupt", intid);
        return;
    }
    if (gicv2_find_nested(gic, intid) != gic->nesting) {
        gicv2_breach(gic, "3.2.1",
                     "the priority must be dropped before the interrupt is deactivated", intid);
    }
    gicv2_clear_active(gic, intid);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void gicv2_set_line(void *opaque, unsigned intid, bool level)
{
    struct gicv2 *gic = opaque;
    unsigned word = intid / 32;
    bool was = (gic->level[word] & gicv2_bit(intid)) != 0;
    if (level == was) {
        return;
    }
    gic->level[word] ^= gicv2_bit(intid);
    trace_emit(gic->trace, TRACE_IRQ_LINE, TN(intid), TN(level));
    if (level && (gic->edge[word] & gicv2_bit(intid)) != 0) {
        gic->latch[word] |= gicv2_bit(intid);
    }
    gicv2_refresh(gic, word);
}

struct irqline gicv2_input(struct gicv2 *gic, unsigned intid)
{
    g_assert(gicv2_exists(gic, intid));
    g_assert(intid >= GICV2_SGIS);
    return (struct irqline){.set = gicv2_set_line, .opaque = gic, .number = intid};
}

static void gicv2_pend(void *opaque, unsigned intid, bool level)
{
    struct gicv2 *gic = opaque;
    if (level) {
        gic->latch[intid / 32] |= gicv2_bit(intid);
        gicv2_refresh(gic, intid / 32);
    }
}

struct irqline gicv2_pend_input(struct gicv2 *gic, unsigned intid)
{
    g_assert(gicv2_exists(gic, intid));
    g_assert(intid >= GICV2_SGIS);
    return (struct irqline){.set = gicv2_pend, .opaque = gic, .number = intid};
}

/* ---- construction and views ------------------------------------------------------------------ */

struct gicv2 *gicv2_new(struct trace *trace, unsigned irq_count, struct irqline nirq)
{
    g_assert(trace != NULL);
    g_assert(irq_count % 32 == 0);
    g_assert(irq_count >= 64 && irq_count <= GICV2_WORDS_MAX * 32);
    struct gicv2 *gic = g_new0(struct gicv2, 1);
    gic->trace = trace;
    gic->nirq = nirq;
    gic->irq_count = irq_count;
    gic->words = irq_count / 32;
    gic->best = GICV2_SPURIOUS;
    gic->enabled[0] = GICV2_SGI_MASK;
    gic->edge[0] = GICV2_SGI_MASK;
    for (unsigned word = 0; word < gic->words; word++) {
        gic->targeted[word] = gicv2_implemented(gic, word);
    }
    return gic;
}

void gicv2_free(struct gicv2 *gic)
{
    g_free(gic);
}

void gicv2_map(struct gicv2 *gic, struct mmio_bus *bus, uint64_t dist_base, uint64_t cpu_base)
{
    mmio_map(bus, "gicd", dist_base, GICV2_DIST_SIZE, &gicv2_dist_ops, gic);
    mmio_map(bus, "gicc", cpu_base, GICV2_CPU_SIZE, &gicv2_cpu_ops, gic);
}

struct gicv2_irq_state gicv2_irq_state(const struct gicv2 *gic, unsigned intid)
{
    g_assert(gicv2_exists(gic, intid));
    unsigned word = intid / 32;
    uint32_t bit = gicv2_bit(intid);
    return (struct gicv2_irq_state){
        .enabled = (gic->enabled[word] & bit) != 0,
        .pending = (gic->pending[word] & bit) != 0,
        .active = (gic->active[word] & bit) != 0,
        .level = (gic->level[word] & bit) != 0,
        .edge_triggered = (gic->edge[word] & bit) != 0,
        .targeted = (gic->targeted[word] & bit) != 0,
        .priority = gic->priority[intid],
    };
}

unsigned gicv2_irq_count(const struct gicv2 *gic)
{
    return gic->irq_count;
}

bool gicv2_is_forwarding(const struct gicv2 *gic)
{
    return gic->dist_enabled && gic->cpu_enabled;
}

uint8_t gicv2_priority_mask(const struct gicv2 *gic)
{
    return gic->priority_mask;
}

uint8_t gicv2_running_priority(const struct gicv2 *gic)
{
    return gic->nesting == 0 ? GICV2_PRIORITY_IDLE : gic->nested_priority[gic->nesting - 1];
}

void gicv2_repair_enable(struct gicv2 *gic, unsigned intid)
{
    g_assert(gicv2_exists(gic, intid));
    gic->enabled[intid / 32] |= gicv2_bit(intid);
    gicv2_refresh(gic, intid / 32);
}

void gicv2_repair_end(struct gicv2 *gic, unsigned intid)
{
    g_assert(gicv2_exists(gic, intid));
    gicv2_end(gic, intid);
    if (gic->end_split) {
        gicv2_deactivate(gic, intid);
    }
}
