/*
 * gtimer.c - the Arm generic timer of one CPU
 *
 * [ARM] D11.2. The system counter counts at 62.5 MHz from 0 of the virtual clock, which shows 1 s
 * at power-on: the count is now / 16 ns, and a count is due at exactly count * 16 ns. Nothing is
 * rounded and nothing overflows, because a CVAL that lies behind the last nanosecond of the clock
 * is never met.
 *
 * A timer is off, armed (one event of the clock stands at its deadline) or fired (its condition is
 * met, as ISTATUS shows). Writing any register leads to the state that the registers and the count
 * then call for, and the output follows.
 *
 * The class of the event. An armed timer moves its line when it fires, so it keeps the machine
 * alive: MACHINE. With IMASK set the line stays low: what changes is ISTATUS, which only a guest
 * that executes can see. To a CPU that waits for an interrupt it is nothing, so the event is
 * HOUSEKEEPING, and a guest that sleeps with its last timer masked is found to hang.
 *
 * What the architecture leaves unknown: ISTATUS of a disabled timer reads 0, TVAL of a disabled
 * timer reads CVAL - count.
 */
#include "emu/gic-timer/gtimer.h"

#include <assert.h>

#define GTIMER_COUNT_NS UINT64_C(16)

static_assert(GTIMER_COUNT_NS * GTIMER_FREQUENCY_HZ == UINT64_C(1000000000), "a count is 16 ns");

enum gtimer_state {
    GTIMER_OFF,
    GTIMER_ARMED,
    GTIMER_FIRED,
};

struct gtimer_unit {
    struct gtimer *timer;
    const char *name;
    struct irqline output;
    bool output_level;
    bool enabled, masked;
    uint64_t cval;
    enum gtimer_state state;
    struct vevent deadline;
    uint64_t armed_ns; /* valid while armed */
};

struct gtimer {
    struct vclock *clock;
    struct trace *trace;
    struct gtimer_unit units[GTIMER_COUNT];
};

uint64_t gtimer_count(const struct gtimer *timer)
{
    return vclock_now_ns(timer->clock) / GTIMER_COUNT_NS;
}

/* When a count is reached; VCLOCK_NEVER when the clock ends before. */
static uint64_t gtimer_count_ns(uint64_t count)
{
    return count <= (VCLOCK_NEVER - 1) / GTIMER_COUNT_NS ? count * GTIMER_COUNT_NS : VCLOCK_NEVER;
}

static bool gtimer_is_met(const struct gtimer_unit *unit)
{
    return unit->enabled && gtimer_count(unit->timer) >= unit->cval;
}

static void gtimer_due(void *opaque);

/* Arms the event at the deadline, as the class that IMASK asks for. */
static void gtimer_arm(struct gtimer_unit *unit, uint64_t at_ns)
{
    struct gtimer *timer = unit->timer;
    enum vevent_class class = unit->masked ? VEVENT_HOUSEKEEPING : VEVENT_MACHINE;
    if (vevent_is_armed(&unit->deadline)) {
        if (unit->armed_ns == at_ns && unit->deadline.class == class) {
            return;
        }
        vclock_disarm(timer->clock, &unit->deadline);
    }
    vevent_init(&unit->deadline, class, unit->name, gtimer_due, unit);
    vclock_arm(timer->clock, &unit->deadline, at_ns);
}

static void gtimer_update(struct gtimer_unit *unit)
{
    struct gtimer *timer = unit->timer;
    uint64_t at_ns = gtimer_count_ns(unit->cval);
    enum gtimer_state was = unit->state;
    if (gtimer_is_met(unit)) {
        unit->state = GTIMER_FIRED;
    } else {
        unit->state = unit->enabled && at_ns != VCLOCK_NEVER ? GTIMER_ARMED : GTIMER_OFF;
    }

    if (unit->state == GTIMER_ARMED) {
        bool moved = was != GTIMER_ARMED || unit->armed_ns != at_ns;
        gtimer_arm(unit, at_ns);
        unit->armed_ns = at_ns;
        if (moved) {
            trace_emit(timer->trace, TRACE_TIMER_ARMED, TS(unit->name), TN(at_ns));
        }
    } else {
        if (vevent_is_armed(&unit->deadline)) {
            vclock_disarm(timer->clock, &unit->deadline);
        }
        if (unit->state == GTIMER_FIRED && was != GTIMER_FIRED) {
            trace_emit(timer->trace, TRACE_TIMER_FIRED, TS(unit->name), TN(unit->masked));
        } else if (unit->state == GTIMER_OFF && was == GTIMER_ARMED) {
            trace_emit(timer->trace, TRACE_TIMER_DISARMED, TS(unit->name));
        }
    }

    bool level = unit->state == GTIMER_FIRED && !unit->masked;
    if (level != unit->output_level) {
        unit->output_level = level;
        irqline_set(&unit->output, level);
    }
}

static void gtimer_due(void *opaque)
{
    gtimer_update(opaque);
}

uint64_t gtimer_read(const struct gtimer *timer, enum gtimer_id id, enum gtimer_register reg)
{
    g_assert(id < GTIMER_COUNT);
    const struct gtimer_unit *unit = &timer->units[id];
    switch (reg) {
    case GTIMER_CTL:
        return (unit->enabled ? GTIMER_CTL_ENABLE : 0) | (unit->masked ? GTIMER_CTL_IMASK : 0) |
               (gtimer_is_met(unit) ? GTIMER_CTL_ISTATUS : 0);
    case GTIMER_CVAL:
        return unit->cval;
    case GTIMER_TVAL:
        return (uint32_t)(unit->cval - gtimer_count(timer)); /* bits 63 to 32 are RES0 */
    }
    g_assert_not_reached();
}

void gtimer_write(struct gtimer *timer, enum gtimer_id id, enum gtimer_register reg, uint64_t value)
{
    g_assert(id < GTIMER_COUNT);
    struct gtimer_unit *unit = &timer->units[id];
    /*
     * A timer that is due at this very moment fires before the write, whether its event came first
     * or not.
     */
    gtimer_update(unit);
    switch (reg) {
    case GTIMER_CTL:
        unit->enabled = (value & GTIMER_CTL_ENABLE) != 0;
        unit->masked = (value & GTIMER_CTL_IMASK) != 0;
        break;
    case GTIMER_CVAL:
        unit->cval = value;
        break;
    case GTIMER_TVAL:
        /* [ARM] D11.2.4: CVAL = count + SignExtend(TVAL), modulo 2^64. */
        unit->cval = gtimer_count(timer) + (uint64_t)(int64_t)(int32_t)(uint32_t)value;
        break;
    }
    gtimer_update(unit);
}

uint64_t gtimer_deadline_ns(const struct gtimer *timer, enum gtimer_id id)
{
    g_assert(id < GTIMER_COUNT);
    const struct gtimer_unit *unit = &timer->units[id];
    return unit->enabled ? gtimer_count_ns(unit->cval) : VCLOCK_NEVER;
}

struct gtimer *gtimer_new(struct vclock *clock, struct trace *trace,
                          const struct irqline outputs[GTIMER_COUNT])
{
    static const char *const names[GTIMER_COUNT] = {
        [GTIMER_PHYSICAL] = "CNTP",
        [GTIMER_VIRTUAL] = "CNTV",
    };
    g_assert(clock != NULL);
    g_assert(trace != NULL);
    struct gtimer *timer = g_new0(struct gtimer, 1);
    timer->clock = clock;
    timer->trace = trace;
    for (unsigned id = 0; id < GTIMER_COUNT; id++) {
        timer->units[id].timer = timer;
        timer->units[id].name = names[id];
        timer->units[id].output = outputs[id];
    }
    return timer;
}

void gtimer_free(struct gtimer *timer)
{
    if (timer == NULL) {
        return;
    }
    for (unsigned id = 0; id < GTIMER_COUNT; id++) {
        if (vevent_is_armed(&timer->units[id].deadline)) {
            vclock_disarm(timer->clock, &timer->units[id].deadline);
        }
    }
    g_free(timer);
}
