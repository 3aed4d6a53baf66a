/*
 * gic.c - the interrupt controller's state machine: lines, pending, selection, acknowledge, end
 *
 * Model. For each INTID the states of [GICv2] 3.2.4: inactive, pending, active, active and pending.
 * A level-sensitive interrupt is pending while its line is high, or while software set it pending
 * (Figure 4-10); an edge-triggered one from a rising edge until it is taken. SGIs and PPIs have
 * their state once for each CPU, SPIs have one and are routed to a set of CPUs, of which the first
 * that acknowledges takes it. Each CPU interface decision is that of 3.3: the best pending
 * interrupt (lowest priority value, then lowest INTID) of the groups that the distributor has
 * enabled is signalled when the interface has its group enabled, its priority is above the mask,
 * and its group priority above the running priority.
 *
 * Selection costs, for each CPU, no more than 32 candidates of the word that changed and one look
 * at each word that has any: the best of each word is kept.
 *
 * Implementation defined, as chosen here. GICv2: 256 priority levels, binary point from 0; SGIs are
 * always enabled. GICv3: 32 priority levels, binary point from 2; redistributors sleep after reset.
 * PPIs are configurable, and level-sensitive after reset.
 *
 * Limits. No virtualization extensions, nFIQ is not connected, legacy bypass is not there.
 */
#include "emu/gic-timer/gic.h"
#include "emu/gic-timer/gic_priv.h"
#include "emu/gic-timer/gicv3_priv.h"

#include <assert.h>
#include <string.h>

static_assert(GIC_WORDS_MAX * 32 >= GIC_IRQS_MAX, "every INTID has a bit");
static_assert(GIC_WORDS_MAX <= 32, "words_ready has a bit for each word");
static_assert(GIC_CPUS_MAX <= 8, "a byte has a bit for each CPU that can send an SGI");

/* What a line is numbered by. */
#define GIC_LINE(cpu, intid) ((cpu) << 10 | (intid))
#define GIC_LINE_CPU(line)   ((line) >> 10)
#define GIC_LINE_INTID(line) ((line)&GIC_INTID_MASK)

uint32_t gic_implemented(const struct gic *gic, unsigned word)
{
    if (word >= gic->words) {
        return 0;
    }
    unsigned first = word * 32;
    unsigned count = GIC_IRQS_MAX - first;
    return count >= 32 ? UINT32_MAX : gic_bit(count) - 1;
}

bool gic_exists(const struct gic *gic, unsigned intid)
{
    return intid < gic->irq_count && intid < GIC_IRQS_MAX;
}

unsigned gic_group(const struct gic *gic, unsigned cpu, unsigned intid)
{
    return gic_word_view(gic, cpu, intid / 32)->group >> (intid % 32) & 1;
}

uint8_t gic_priority(const struct gic *gic, unsigned cpu, unsigned intid)
{
    return gic_word_view(gic, cpu, intid / 32)->priority[intid % 32];
}

void gic_breach(struct gic *gic, const char *clause, const char *rule, unsigned intid)
{
    trace_emit(gic->trace, TRACE_IRQ_BREACH, TS(clause), TS(rule), TN(intid));
}

/* ---- selection ------------------------------------------------------------------------------- */

/* The best of a word: lowest priority value, then lowest INTID. */
static unsigned gic_best_candidate(const struct gic_word *state, unsigned word, uint32_t candidates)
{
    g_assert(candidates != 0);
    unsigned best = (unsigned)__builtin_ctz(candidates);
    for (uint32_t rest = candidates & (candidates - 1); rest != 0; rest &= rest - 1) {
        unsigned bit = (unsigned)__builtin_ctz(rest);
        if (state->priority[bit] < state->priority[best]) {
            best = bit;
        }
    }
    return word * 32 + best;
}

static unsigned gic_best(const struct gic *gic, unsigned cpu)
{
    const struct gic_cpu *self = &gic->cpus[cpu];
    if (self->words_ready == 0) {
        return GIC_SPURIOUS;
    }
    unsigned best = self->best_of_word[__builtin_ctz(self->words_ready)];
    for (uint32_t rest = self->words_ready & (self->words_ready - 1); rest != 0; rest &= rest - 1) {
        unsigned other = self->best_of_word[__builtin_ctz(rest)];
        if (gic_priority(gic, cpu, other) < gic_priority(gic, cpu, best)) {
            best = other;
        }
    }
    return best;
}

static void gic_select(struct gic *gic, unsigned cpu, unsigned word, uint32_t deliverable)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    uint32_t candidates = deliverable & self->targeted[word];
    uint32_t word_bit = UINT32_C(1) << word;
    if (candidates != 0) {
        self->words_ready |= word_bit;
        self->best_of_word[word] =
            (uint16_t)gic_best_candidate(gic_word(gic, cpu, word), word, candidates);
    } else if ((self->words_ready & word_bit) != 0) {
        self->words_ready &= ~word_bit;
    } else {
        return;
    }
    self->best = gic_best(gic, cpu);
    gic_signal(gic, cpu);
}

void gic_refresh(struct gic *gic, unsigned cpu, unsigned word)
{
    g_assert(word < gic->words);
    struct gic_word *state = gic_word(gic, cpu, word);
    uint32_t pending = state->latch | (state->level & ~state->edge);
    uint32_t changed = pending ^ state->pending;
    state->pending = pending;
    for (; changed != 0; changed &= changed - 1) {
        unsigned bit = (unsigned)__builtin_ctz(changed);
        trace_emit(gic->trace, TRACE_IRQ_PENDING, TN(word * 32 + bit), TN(pending >> bit & 1));
    }

    uint32_t forwarded =
        (gic->group_enabled[0] ? ~state->group : 0) | (gic->group_enabled[1] ? state->group : 0);
    uint32_t deliverable = pending & state->enabled & forwarded & ~state->active;
    if (word == 0) {
        gic_select(gic, cpu, word, deliverable);
        return;
    }
    for (unsigned each = 0; each < gic->cpu_count; each++) {
        gic_select(gic, each, word, deliverable);
    }
}

void gic_refresh_all(struct gic *gic)
{
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        gic_refresh(gic, cpu, 0);
    }
    for (unsigned word = 1; word < gic->words; word++) {
        gic_refresh(gic, 0, word);
    }
}

/*
 * [GICv2] 3.3.3: binary point n leaves bits 7 to n + 1 as the group priority. binary_point[1] is
 * kept as if it were of Group 0.
 */
static uint8_t gic_group_priority(const struct gic_cpu *self, unsigned group, uint8_t priority)
{
    unsigned point = self->binary_point[self->common_binary_point ? 0 : group];
    return (uint8_t)(priority & (0xffu << (point + 1u)));
}

/* [GICv2] 3.3.1: by group priority, and nothing preempts within its group. */
static bool gic_preempts(const struct gic_cpu *self, unsigned group, uint8_t priority)
{
    return self->running_priority == GIC_PRIORITY_IDLE ||
           gic_group_priority(self, group, priority) <
               gic_group_priority(self, group, self->running_priority);
}

unsigned gic_signalled(const struct gic *gic, unsigned cpu)
{
    const struct gic_cpu *self = &gic->cpus[cpu];
    unsigned intid = self->best;
    if (intid == GIC_SPURIOUS || self->asleep) {
        return GIC_SPURIOUS;
    }
    unsigned group = gic_group(gic, cpu, intid);
    uint8_t priority = gic_priority(gic, cpu, intid);
    if (!self->group_enabled[group] || priority >= self->priority_mask ||
        !gic_preempts(self, group, priority)) {
        return GIC_SPURIOUS;
    }
    return intid;
}

void gic_signal(struct gic *gic, unsigned cpu)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    unsigned intid = gic_signalled(gic, cpu);
    bool level = intid != GIC_SPURIOUS && self->group_is_irq[gic_group(gic, cpu, intid)];
    if (level != self->nirq_level) {
        self->nirq_level = level;
        irqline_set(&self->nirq, level);
    }
}

/* ---- the active priorities ------------------------------------------------------------------- */

/* The highest of a group, as a priority; GIC_PRIORITY_IDLE: none. */
static unsigned gic_highest_active(const struct gic *gic, const struct gic_cpu *self,
                                   unsigned group)
{
    for (unsigned word = 0; word < GIC_ACTIVE_WORDS; word++) {
        uint32_t bits = self->active_priorities[group][word];
        if (bits != 0) {
            return ((word * 32 + (unsigned)__builtin_ctz(bits)) << gic->priority_step) & 0xff;
        }
    }
    return GIC_PRIORITY_IDLE;
}

static void gic_find_running(const struct gic *gic, struct gic_cpu *self)
{
    self->running_priority =
        (uint8_t)MIN(gic_highest_active(gic, self, 0), gic_highest_active(gic, self, 1));
}

static void gic_raise_priority(const struct gic *gic, struct gic_cpu *self, unsigned group,
                               uint8_t priority)
{
    unsigned level = (unsigned)priority >> gic->priority_step;
    self->active_priorities[group][level / 32] |= UINT32_C(1) << level % 32;
    gic_find_running(gic, self);
}

/* Of its group; of the other one when the guest wrote this group's away. */
static void gic_drop_priority(const struct gic *gic, struct gic_cpu *self, unsigned group)
{
    if (gic_highest_active(gic, self, group) == GIC_PRIORITY_IDLE) {
        group = 1 - group;
    }
    unsigned highest = gic_highest_active(gic, self, group);
    if (highest != GIC_PRIORITY_IDLE) {
        unsigned level = highest >> gic->priority_step;
        self->active_priorities[group][level / 32] &= ~(UINT32_C(1) << level % 32);
        gic_find_running(gic, self);
    }
}

/* Levels at which anything is active: an interrupt that is taken adds one. */
static unsigned gic_count_active(const struct gic_cpu *self)
{
    unsigned count = 0;
    for (unsigned word = 0; word < GIC_ACTIVE_WORDS; word++) {
        count += (unsigned)__builtin_popcount(self->active_priorities[0][word] |
                                              self->active_priorities[1][word]);
    }
    return count;
}

/* The list is never longer than there are active levels. */
void gic_restore_priorities(struct gic *gic, unsigned cpu)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    unsigned count = gic_count_active(self);
    if (self->nesting > count) {
        memmove(&self->nested[0], &self->nested[self->nesting - count],
                count * sizeof(self->nested[0]));
        self->nesting = count;
    }
    gic_find_running(gic, self);
    gic_signal(gic, cpu);
}

/* ---- acknowledge and end --------------------------------------------------------------------- */

/* [GICv2] 3.2.2: an SGI is pending from each CPU separately. The lowest of them is first. */
static unsigned gic_take_sgi(struct gic_cpu *self, unsigned intid)
{
    uint8_t sources = self->sgi_sources[intid];
    if (sources == 0) {
        return 0;
    }
    self->sgi_sources[intid] = sources & (uint8_t)(sources - 1);
    return (unsigned)__builtin_ctz(sources);
}

unsigned gic_acknowledge(struct gic *gic, unsigned cpu, unsigned intid)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    struct gic_word *state = gic_word(gic, cpu, intid / 32);
    unsigned group = gic_group(gic, cpu, intid);
    unsigned source = intid < GIC_SGIS ? gic_take_sgi(self, intid) : 0;
    g_assert(self->nesting < GIC_NESTING_MAX);
    g_assert((state->active & gic_bit(intid)) == 0);
    self->nested[self->nesting++] = (struct gic_nested){
        .intid = (uint16_t)intid, .source = (uint8_t)source, .group = (uint8_t)group};
    gic_raise_priority(gic, self, group,
                       gic_group_priority(self, group, gic_priority(gic, cpu, intid)));
    state->active |= gic_bit(intid);
    if (intid >= GIC_SGIS || self->sgi_sources[intid] == 0) {
        state->latch &= ~gic_bit(intid);
    }
    trace_emit(gic->trace, TRACE_IRQ_TAKEN, TN(intid), TN(cpu));
    gic_refresh(gic, cpu, intid / 32);
    gic_signal(gic, cpu);
    return source;
}

/* Where an INTID stands among those acknowledged, the latest first; `nesting` when it does not. */
static unsigned gic_find_nested(const struct gic_cpu *self, unsigned intid)
{
    for (unsigned index = self->nesting; index-- > 0;) {
        if (self->nested[index].intid == intid) {
            return index;
        }
    }
    return self->nesting;
}

static void gic_clear_active(struct gic *gic, unsigned cpu, unsigned intid)
{
    struct gic_word *state = gic_word(gic, cpu, intid / 32);
    if ((state->active & gic_bit(intid)) != 0) {
        state->active &= ~gic_bit(intid);
        trace_emit(gic->trace, TRACE_IRQ_EOI, TN(intid), TN(cpu));
        gic_refresh(gic, cpu, intid / 32);
    }
}

static void gic_end_nested(struct gic *gic, unsigned cpu, const char *clause, unsigned index)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    struct gic_nested ended = self->nested[index];
    if (index != self->nesting - 1) {
        gic_breach(gic, clause,
                   "interrupts must be ended in the reverse order of their acknowledgement",
                   ended.intid);
    }
    self->nesting--;
    memmove(&self->nested[index], &self->nested[index + 1],
            (self->nesting - index) * sizeof(self->nested[0]));
    gic_drop_priority(gic, self, ended.group);
}

void gic_end(struct gic *gic, unsigned cpu, const char *clause, unsigned intid, unsigned source)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    unsigned index = gic_find_nested(self, intid);
    if (index < self->nesting) {
        if (self->nested[index].source != source) {
            gic_breach(gic, clause, "the CPUID field must be the one that IAR returned", intid);
            return;
        }
        gic_end_nested(gic, cpu, clause, index);
    } else if (gic_exists(gic, intid) && gic_count_active(self) > self->nesting) {
        gic_drop_priority(gic, self, gic_group(gic, cpu, intid)); /* one that the guest restored */
    } else {
        gic_breach(
            gic, clause,
            "a write to EOIR must name an interrupt that IAR returned and that was not ended since",
            intid);
        return;
    }
    if (!self->end_split) {
        gic_clear_active(gic, cpu, intid);
    }
    gic_signal(gic, cpu);
}

void gic_deactivate(struct gic *gic, unsigned cpu, const char *clause, unsigned intid)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    if (!self->end_split) {
        gic_breach(gic, clause, "DIR must not be written while EOImode is 0", intid);
        return;
    }
    if (!gic_exists(gic, intid) || (gic_word(gic, cpu, intid / 32)->active & gic_bit(intid)) == 0) {
        gic_breach(gic, clause, "a write to DIR must name an active interrupt", intid);
        return;
    }
    if (gic_find_nested(self, intid) != self->nesting) {
        gic_breach(gic, "3.2.1", "the priority must be dropped before the interrupt is deactivated",
                   intid);
    }
    gic_clear_active(gic, cpu, intid);
}

/* ---- lines ----------------------------------------------------------------------------------- */

void gic_send_sgi(struct gic *gic, unsigned to, unsigned intid, unsigned source)
{
    g_assert(to < gic->cpu_count && intid < GIC_SGIS && source < GIC_CPUS_MAX);
    if (gic->version == GIC_V2) {
        gic->cpus[to].sgi_sources[intid] |= (uint8_t)(1u << source);
    }
    gic->cpus[to].bank.latch |= gic_bit(intid);
    gic_refresh(gic, to, 0);
}

static void gic_set_line(void *opaque, unsigned line, bool level)
{
    struct gic *gic = opaque;
    unsigned cpu = GIC_LINE_CPU(line), intid = GIC_LINE_INTID(line);
    struct gic_word *state = gic_word(gic, cpu, intid / 32);
    bool was = (state->level & gic_bit(intid)) != 0;
    if (level == was) {
        return;
    }
    state->level ^= gic_bit(intid);
    trace_emit(gic->trace, TRACE_IRQ_LINE, TN(intid), TN(level));
    if (level && (state->edge & gic_bit(intid)) != 0) {
        state->latch |= gic_bit(intid);
    }
    gic_refresh(gic, cpu, intid / 32);
}

static struct irqline gic_line(struct gic *gic, unsigned cpu, unsigned intid, irqline_set_fn *set)
{
    g_assert(cpu < gic->cpu_count);
    g_assert(gic_exists(gic, intid));
    g_assert(intid >= GIC_SGIS);
    /* One value for all CPUs where there is one line. */
    unsigned owner = intid < GIC_SPIS ? cpu : 0;
    return (struct irqline){.set = set, .opaque = gic, .number = GIC_LINE(owner, intid)};
}

struct irqline gic_input(struct gic *gic, unsigned cpu, unsigned intid)
{
    return gic_line(gic, cpu, intid, gic_set_line);
}

static void gic_pend(void *opaque, unsigned line, bool level)
{
    struct gic *gic = opaque;
    unsigned cpu = GIC_LINE_CPU(line), intid = GIC_LINE_INTID(line);
    if (level) {
        gic_word(gic, cpu, intid / 32)->latch |= gic_bit(intid);
        gic_refresh(gic, cpu, intid / 32);
    }
}

struct irqline gic_pend_input(struct gic *gic, unsigned cpu, unsigned intid)
{
    return gic_line(gic, cpu, intid, gic_pend);
}

/* ---- construction and views ------------------------------------------------------------------ */

static void gic_init_cpu(struct gic *gic, unsigned cpu, const struct gic_config *config)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    self->nirq = config->nirq[cpu];
    self->best = GIC_SPURIOUS;
    self->running_priority = GIC_PRIORITY_IDLE;
    self->group_is_irq[0] = config->version == GIC_V2;
    self->group_is_irq[1] = true;
    self->asleep = config->version == GIC_V3;
    self->binary_point[0] = config->version == GIC_V3 ? GICV3_POINT0_MIN : 0;
    self->binary_point[1] = self->binary_point[0];
    self->bank.enabled = config->version == GIC_V2 ? GIC_SGI_MASK : 0;
    self->bank.edge = GIC_SGI_MASK;
    self->bank.group = config->secure ? UINT32_MAX : 0;
    self->targeted[0] = UINT32_MAX;
    for (unsigned word = 1; cpu == 0 && word < gic->words; word++) {
        self->targeted[word] = gic_implemented(gic, word);
        gic->shared[word].group = config->secure ? gic_implemented(gic, word) : 0;
    }
}

struct gic *gic_new(struct trace *trace, const struct gic_config *config)
{
    g_assert(trace != NULL);
    g_assert(config->cpu_count >= 1 && config->cpu_count <= GIC_CPUS_MAX);
    g_assert(config->irq_count % 32 == 0);
    g_assert(config->irq_count >= 64 && config->irq_count <= GIC_WORDS_MAX * 32);
    g_assert(config->version == GIC_V2 || !config->secure);
    g_assert(config->nirq != NULL && config->accessing_cpu != NULL);
    struct gic *gic = g_new0(struct gic, 1);
    gic->trace = trace;
    gic->version = config->version;
    gic->accessing_cpu = config->accessing_cpu;
    gic->secure = config->secure;
    gic->cpu_count = config->cpu_count;
    gic->irq_count = config->irq_count;
    gic->words = config->irq_count / 32;
    gic->priority_mask = config->version == GIC_V3 ? GICV3_PRIORITY_MASK : 0xff;
    gic->priority_step = config->version == GIC_V3 ? 8 - GICV3_PRIORITY_BITS : 1;
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        gic_init_cpu(gic, cpu, config);
    }
    return gic;
}

void gic_free(struct gic *gic)
{
    g_free(gic);
}

void gic_map(struct gic *gic, struct mmio_bus *bus, uint64_t dist_base, uint64_t cpu_base)
{
    if (gic->version == GIC_V3) {
        mmio_map(bus, "gicd", dist_base, GICV3_DIST_SIZE, &gicv3_dist_ops, gic);
        mmio_map(bus, "gicr", cpu_base, (uint64_t)GICV3_REDIST_SIZE * gic->cpu_count,
                 &gicv3_redist_ops, gic);
        return;
    }
    mmio_map(bus, "gicd", dist_base, GICV2_DIST_SIZE, &gicv2_dist_ops, gic);
    mmio_map(bus, "gicc", cpu_base, GICV2_CPU_SIZE, &gicv2_cpu_ops, gic);
}

struct gic_irq_state gic_irq_state(const struct gic *gic, unsigned cpu, unsigned intid)
{
    g_assert(cpu < gic->cpu_count);
    g_assert(gic_exists(gic, intid));
    const struct gic_word *state = gic_word_view(gic, cpu, intid / 32);
    uint32_t bit = gic_bit(intid);
    return (struct gic_irq_state){
        .enabled = (state->enabled & bit) != 0,
        .pending = (state->pending & bit) != 0,
        .active = (state->active & bit) != 0,
        .level = (state->level & bit) != 0,
        .edge_triggered = (state->edge & bit) != 0,
        .targeted = (gic->cpus[cpu].targeted[intid / 32] & bit) != 0,
        .group = gic_group(gic, cpu, intid),
        .priority = gic_priority(gic, cpu, intid),
    };
}

enum gic_version gic_version(const struct gic *gic)
{
    return gic->version;
}

unsigned gic_cpu_count(const struct gic *gic)
{
    return gic->cpu_count;
}

unsigned gic_irq_count(const struct gic *gic)
{
    return gic->irq_count;
}

bool gic_is_forwarding(const struct gic *gic, unsigned cpu)
{
    const struct gic_cpu *self = &gic->cpus[cpu];
    return (gic->group_enabled[0] && self->group_enabled[0]) ||
           (gic->group_enabled[1] && self->group_enabled[1]);
}

/* The gates in the order in which an interrupt meets them. */
enum gic_obstacle gic_obstacle(const struct gic *gic, unsigned cpu, unsigned intid)
{
    const struct gic_cpu *self = &gic->cpus[cpu];
    unsigned group = gic_group(gic, cpu, intid);
    if (!gic_is_forwarding(gic, cpu)) {
        return GIC_OBSTACLE_OFF;
    }
    if (self->asleep) {
        return GIC_OBSTACLE_ASLEEP;
    }
    if ((self->targeted[intid / 32] & gic_bit(intid)) == 0) {
        return GIC_OBSTACLE_TARGET;
    }
    if (!gic->group_enabled[group] || !self->group_enabled[group] || !self->group_is_irq[group]) {
        return GIC_OBSTACLE_GROUP;
    }
    if (gic->version == GIC_V2 && group == 1 && !self->acknowledges_both) {
        return GIC_OBSTACLE_REFUSED;
    }
    if (gic_priority(gic, cpu, intid) >= self->priority_mask) {
        return GIC_OBSTACLE_PRIORITY;
    }
    return GIC_OBSTACLE_NONE;
}

uint8_t gic_priority_mask(const struct gic *gic, unsigned cpu)
{
    return gic->cpus[cpu].priority_mask;
}

uint8_t gic_running_priority(const struct gic *gic, unsigned cpu)
{
    return gic->cpus[cpu].running_priority;
}

void gic_repair_enable(struct gic *gic, unsigned cpu, unsigned intid)
{
    g_assert(gic_exists(gic, intid));
    gic_word(gic, cpu, intid / 32)->enabled |= gic_bit(intid);
    gic_refresh(gic, cpu, intid / 32);
}

void gic_repair_end(struct gic *gic, unsigned cpu, unsigned intid)
{
    struct gic_cpu *self = &gic->cpus[cpu];
    g_assert(gic_exists(gic, intid));
    unsigned index = gic_find_nested(self, intid);
    unsigned source = index < self->nesting ? self->nested[index].source : 0;
    gic_end(gic, cpu, "4.4.5", intid, source);
    if (self->end_split) {
        gic_deactivate(gic, cpu, "4.4.15", intid);
    }
}
