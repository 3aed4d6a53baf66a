/*
 * irq_fault.c - faults of an interrupt: middleware on a line
 *
 * `passed` is the level that the faults let through: it rises with an assertion that no fault held
 * back, or with the end of a delay, and falls with the last input. The output is that, or high
 * where the line is stuck. Pulses pass beside the levels: there is none where the output is high.
 *
 * While nothing is armed an assertion costs one test of `faulty`.
 */
#include "emu/gic-timer/irq_fault.h"

enum irq_fault_kind {
    IRQ_FAULT_LOSE,
    IRQ_FAULT_DELAY,
};

struct irq_fault_entry {
    enum irq_fault_kind kind;
    struct fault fault;
    uint64_t delay_ns;
};

struct irq_fault {
    struct fault_place place;
    struct vclock *clock;
    struct irqline normal; /* where the output goes, unless it was routed away */
    struct irqline output, pend;
    uint32_t inputs; /* a bit for each that is high */
    bool passed, stuck;
    bool faulty; /* an entry is in the list */
    unsigned count;
    struct irq_fault_entry entries[IRQ_FAULTS_MAX];
    struct vevent late; /* the end of a delay */
    unsigned pulse_count;
    uint64_t pulses_ns[IRQ_FAULT_PULSES_MAX]; /* when late pulses come */
    struct vevent late_pulse;
    struct fault spurious;
    unsigned spurious_left;
    struct vevent next_spurious;
};

static void irq_fault_drive(const struct irq_fault *stage)
{
    irqline_set(&stage->output, stage->passed || stage->stuck);
}

static void irq_fault_remove(struct irq_fault *stage, unsigned index)
{
    stage->count--;
    for (unsigned i = index; i < stage->count; i++) {
        stage->entries[i] = stage->entries[i + 1];
    }
    stage->faulty = stage->count > 0;
}

/* An assertion meets the faults. False: it was lost; otherwise it comes `*delay_ns` later. */
static bool irq_fault_meet(struct irq_fault *stage, uint64_t *delay_ns)
{
    *delay_ns = 0;
    for (unsigned i = 0; i < stage->count;) {
        struct irq_fault_entry *entry = &stage->entries[i];
        bool lost = false;
        if (fault_strikes(&entry->fault, &stage->place)) {
            lost = entry->kind == IRQ_FAULT_LOSE;
            *delay_ns += entry->delay_ns;
        }
        if (fault_is_used_up(&entry->fault)) {
            irq_fault_remove(stage, i);
        } else {
            i++;
        }
        if (lost) {
            return false;
        }
    }
    return true;
}

static void irq_fault_assert(struct irq_fault *stage)
{
    uint64_t delay_ns = 0;
    if (stage->faulty && !irq_fault_meet(stage, &delay_ns)) {
        return;
    }
    if (delay_ns == 0) {
        stage->passed = true;
        irq_fault_drive(stage);
    } else if (!vevent_is_armed(&stage->late)) {
        /* Of several late assertions the first one raises the line, and the others find it high. */
        vclock_arm(stage->clock, &stage->late, vclock_now_ns(stage->clock) + delay_ns);
    }
}

static void irq_fault_set(void *opaque, unsigned input, bool level)
{
    struct irq_fault *stage = opaque;
    if (level) {
        stage->inputs |= UINT32_C(1) << input;
        irq_fault_assert(stage);
        return;
    }
    stage->inputs &= ~(UINT32_C(1) << input);
    if (stage->inputs == 0) {
        if (vevent_is_armed(&stage->late)) {
            vclock_disarm(stage->clock, &stage->late);
        }
        stage->passed = false;
    }
    irq_fault_drive(stage);
}

static void irq_fault_drive_pulse(const struct irq_fault *stage)
{
    if (!stage->passed && !stage->stuck) {
        irqline_pulse(&stage->output);
    }
}

/* The first of the late pulses. */
static void irq_fault_arm_pulse(struct irq_fault *stage)
{
    uint64_t first_ns = UINT64_MAX;
    for (unsigned i = 0; i < stage->pulse_count; i++) {
        first_ns = MIN(first_ns, stage->pulses_ns[i]);
    }
    vclock_disarm(stage->clock, &stage->late_pulse);
    if (stage->pulse_count > 0) {
        vclock_arm(stage->clock, &stage->late_pulse, first_ns);
    }
}

static void irq_fault_late_pulse(void *opaque)
{
    struct irq_fault *stage = opaque;
    uint64_t now_ns = vclock_now_ns(stage->clock);
    unsigned kept = 0;
    for (unsigned i = 0; i < stage->pulse_count; i++) {
        if (stage->pulses_ns[i] > now_ns) {
            stage->pulses_ns[kept++] = stage->pulses_ns[i];
        }
    }
    g_assert(kept < stage->pulse_count);
    stage->pulse_count = kept;
    irq_fault_arm_pulse(stage);
    irq_fault_drive_pulse(stage);
}

static void irq_fault_pulse(void *opaque, unsigned input)
{
    struct irq_fault *stage = opaque;
    uint64_t delay_ns = 0;
    (void)input;
    if (stage->faulty && !irq_fault_meet(stage, &delay_ns)) {
        return;
    }
    if (delay_ns == 0) {
        irq_fault_drive_pulse(stage);
        return;
    }
    unsigned place = MIN(stage->pulse_count, IRQ_FAULT_PULSES_MAX - 1);
    stage->pulses_ns[place] = vclock_now_ns(stage->clock) + delay_ns;
    stage->pulse_count = place + 1;
    irq_fault_arm_pulse(stage);
}

static void irq_fault_late(void *opaque)
{
    struct irq_fault *stage = opaque;
    stage->passed = true;
    irq_fault_drive(stage);
}

struct irqline irq_fault_input(struct irq_fault *stage, unsigned input)
{
    g_assert(input < IRQ_FAULT_INPUTS);
    return (struct irqline){
        .set = irq_fault_set, .pulse = irq_fault_pulse, .opaque = stage, .number = input};
}

/* ---- arming ---------------------------------------------------------------------------------- */

static void irq_fault_add(struct irq_fault *stage, enum irq_fault_kind kind, const char *name,
                          uint64_t delay_ns, struct fault_which which)
{
    g_assert(stage->count < IRQ_FAULTS_MAX);
    stage->entries[stage->count++] = (struct irq_fault_entry){
        .kind = kind,
        .fault = fault_arm(&stage->place, name, which),
        .delay_ns = delay_ns,
    };
    stage->faulty = true;
}

void irq_fault_lose(struct irq_fault *stage, const char *name, struct fault_which which)
{
    irq_fault_add(stage, IRQ_FAULT_LOSE, name, 0, which);
}

void irq_fault_delay(struct irq_fault *stage, const char *name, uint64_t delay_ns,
                     struct fault_which which)
{
    irq_fault_add(stage, IRQ_FAULT_DELAY, name, delay_ns, which);
}

void irq_fault_stick(struct irq_fault *stage)
{
    struct fault stuck = fault_arm(&stage->place, "stuck", (struct fault_which){0, 1});
    fault_strikes(&stuck, &stage->place);
    stage->stuck = true;
    irq_fault_drive(stage);
}

static void irq_fault_pend(void *opaque)
{
    struct irq_fault *stage = opaque;
    g_assert(stage->spurious_left > 0);
    fault_strikes(&stage->spurious, &stage->place);
    irqline_set(&stage->pend, true);
    if (--stage->spurious_left > 0) {
        vclock_arm(stage->clock, &stage->next_spurious,
                   vclock_now_ns(stage->clock) + IRQ_FAULT_SPURIOUS_PERIOD_NS);
    }
}

void irq_fault_spurious(struct irq_fault *stage, unsigned count)
{
    g_assert(count > 0);
    bool running = stage->spurious_left > 0;
    stage->spurious = fault_arm(&stage->place, "spurious", (struct fault_which){0, FAULT_ALL});
    stage->spurious_left += count;
    if (!running) {
        irq_fault_pend(stage);
    }
}

void irq_fault_route(struct irq_fault *stage, const char *name, struct irqline output)
{
    struct fault routed = fault_arm(&stage->place, name, (struct fault_which){0, 1});
    fault_strikes(&routed, &stage->place);
    irqline_set(&stage->output, false);
    stage->output = output;
    irq_fault_drive(stage);
}

void irq_fault_restore(struct irq_fault *stage)
{
    fault_restore(&stage->place);
    stage->count = 0;
    stage->faulty = false;
    stage->stuck = false;
    stage->spurious_left = 0;
    vclock_disarm(stage->clock, &stage->late);
    vclock_disarm(stage->clock, &stage->next_spurious);
    if (stage->output.opaque != stage->normal.opaque ||
        stage->output.number != stage->normal.number) {
        irqline_set(&stage->output, false);
        stage->output = stage->normal;
    }
    bool pulsed = stage->pulse_count > 0;
    stage->pulse_count = 0;
    vclock_disarm(stage->clock, &stage->late_pulse);
    stage->passed = stage->inputs != 0;
    irq_fault_drive(stage);
    if (pulsed) {
        irq_fault_drive_pulse(stage);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

struct irq_fault *irq_fault_new(struct vclock *clock, struct trace *trace, const char *object,
                                const char *target, struct irqline output, struct irqline pend)
{
    struct irq_fault *stage = g_new0(struct irq_fault, 1);
    stage->place = (struct fault_place){
        .trace = trace,
        .object = trace_intern(trace, object),
        .target = trace_intern(trace, target),
    };
    stage->clock = clock;
    stage->normal = output;
    stage->output = output;
    stage->pend = pend;
    vevent_init(&stage->late, VEVENT_MACHINE, "late interrupt", irq_fault_late, stage);
    vevent_init(&stage->late_pulse, VEVENT_MACHINE, "late message", irq_fault_late_pulse, stage);
    vevent_init(&stage->next_spurious, VEVENT_MACHINE, "spurious interrupt", irq_fault_pend, stage);
    return stage;
}

void irq_fault_free(struct irq_fault *stage)
{
    if (stage == NULL) {
        return;
    }
    vclock_disarm(stage->clock, &stage->late);
    vclock_disarm(stage->clock, &stage->late_pulse);
    vclock_disarm(stage->clock, &stage->next_spurious);
    g_free(stage);
}
