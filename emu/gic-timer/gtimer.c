/*
 * gtimer.c - the Arm generic timer of one CPU
 *
 * [ARM] D11.2. The system counter counts from 0 of the virtual clock, which shows 1 s at power-on.
 * A rate is a fraction: so many counts in GTIMER_SPAN_NS. The count is rounded down and the time of
 * a count up, in 128 bits and from one point on the line, so that errors do not add up; a change of
 * the rate begins a new line at the count and the fraction of a count that the old one had reached.
 * A CVAL that lies behind the last nanosecond of the clock is never met.
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

#define GTIMER_SPAN_NS UINT64_C(1000000000000000) /* a second times a million */
#define GTIMER_PPM     1000000

static_assert(GTIMER_FREQUENCY_MAX_HZ * (GTIMER_PPM + GTIMER_DRIFT_MAX_PPM) < UINT64_C(1) << 51,
              "counts of a span and any time give less than 128 bits");

/* The products of times and counts. */
__extension__ typedef unsigned __int128 gtimer_wide_t;

/* How a count grows. */
struct gtimer_rate {
    uint64_t from_ns, from_count; /* a point that it goes through, */
    uint64_t rest;                /* and what it had of the next count, in spans */
    uint64_t span_count;          /* counts in GTIMER_SPAN_NS */
    uint64_t period_ns;           /* of a count, where that is whole and `rest` is 0; or 0 */
};

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
    struct vevent propagation; /* the output follows what is inside */
    bool enabled, masked;
    struct gtimer_rate rate;
    int drift_ppm;
    uint64_t cval;
    enum gtimer_state state;
    struct vevent deadline;
    uint64_t armed_ns; /* valid while armed */
};

struct gtimer {
    struct vclock *clock;
    struct trace *trace;
    uint64_t frequency_hz, delay_ns;
    struct gtimer_unit units[GTIMER_COUNT];
};

/* ---- counting -------------------------------------------------------------------------------- */

/* From here on this fast, in counts of GTIMER_SPAN_NS. */
static void gtimer_rate_set(struct gtimer_rate *rate, uint64_t span_count)
{
    bool whole = rate->rest == 0 && GTIMER_SPAN_NS % span_count == 0;
    rate->span_count = span_count;
    rate->period_ns = whole ? GTIMER_SPAN_NS / span_count : 0;
}

static gtimer_wide_t gtimer_rate_spans(const struct gtimer_rate *rate, uint64_t now_ns)
{
    return (gtimer_wide_t)(now_ns - rate->from_ns) * rate->span_count + rate->rest;
}

static uint64_t gtimer_rate_count(const struct gtimer_rate *rate, uint64_t now_ns)
{
    if (rate->period_ns != 0) { /* almost always, and much faster */
        return rate->from_count + (now_ns - rate->from_ns) / rate->period_ns;
    }
    return rate->from_count + (uint64_t)(gtimer_rate_spans(rate, now_ns) / GTIMER_SPAN_NS);
}

static void gtimer_rate_move(struct gtimer_rate *rate, uint64_t now_ns)
{
    gtimer_wide_t spans = gtimer_rate_spans(rate, now_ns);
    rate->from_ns = now_ns;
    rate->from_count += (uint64_t)(spans / GTIMER_SPAN_NS);
    rate->rest = (uint64_t)(spans % GTIMER_SPAN_NS);
}

/*
 * When a count is reached: the first ns that shows it. VCLOCK_NEVER when the clock ends before; for
 * a count before the rate changed, the time of that change.
 */
static uint64_t gtimer_rate_ns(const struct gtimer_rate *rate, uint64_t count)
{
    if (count <= rate->from_count) {
        return rate->from_ns;
    }
    uint64_t exact_ns;
    if (rate->period_ns != 0) { /* as above */
        bool fits = !__builtin_mul_overflow(count - rate->from_count, rate->period_ns, &exact_ns) &&
                    exact_ns < VCLOCK_NEVER - rate->from_ns;
        return fits ? rate->from_ns + exact_ns : VCLOCK_NEVER;
    }
    gtimer_wide_t spans = (gtimer_wide_t)(count - rate->from_count) * GTIMER_SPAN_NS - rate->rest;
    gtimer_wide_t after_ns = (spans + rate->span_count - 1) / rate->span_count;
    return after_ns < VCLOCK_NEVER - rate->from_ns ? rate->from_ns + (uint64_t)after_ns
                                                   : VCLOCK_NEVER;
}

uint64_t gtimer_count(const struct gtimer *timer, enum gtimer_id id)
{
    g_assert(id < GTIMER_COUNT);
    return gtimer_rate_count(&timer->units[id].rate, vclock_now_ns(timer->clock));
}

static uint64_t gtimer_unit_count(const struct gtimer_unit *unit)
{
    return gtimer_rate_count(&unit->rate, vclock_now_ns(unit->timer->clock));
}

/* ---- state ----------------------------------------------------------------------------------- */

static bool gtimer_is_met(const struct gtimer_unit *unit)
{
    return unit->enabled && gtimer_unit_count(unit) >= unit->cval;
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

static void gtimer_propagate(void *opaque)
{
    struct gtimer_unit *unit = opaque;
    unit->output_level = !unit->output_level;
    irqline_set(&unit->output, unit->output_level);
}

/* The output follows, at once or later; a level that did not last never gets there. */
static void gtimer_drive(struct gtimer_unit *unit, bool level)
{
    struct gtimer *timer = unit->timer;
    bool is_late = vevent_is_armed(&unit->propagation);
    if (level == unit->output_level) {
        if (is_late) {
            vclock_disarm(timer->clock, &unit->propagation);
        }
    } else if (timer->delay_ns == 0) {
        gtimer_propagate(unit);
    } else if (!is_late) {
        vclock_arm(timer->clock, &unit->propagation, vclock_now_ns(timer->clock) + timer->delay_ns);
    }
}

static void gtimer_update(struct gtimer_unit *unit)
{
    struct gtimer *timer = unit->timer;
    uint64_t at_ns = gtimer_rate_ns(&unit->rate, unit->cval);
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

    gtimer_drive(unit, unit->state == GTIMER_FIRED && !unit->masked);
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
        return (uint32_t)(unit->cval - gtimer_unit_count(unit)); /* bits 63 to 32 are RES0 */
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
        unit->cval = gtimer_unit_count(unit) + (uint64_t)(int64_t)(int32_t)(uint32_t)value;
        break;
    }
    gtimer_update(unit);
}

uint64_t gtimer_deadline_ns(const struct gtimer *timer, enum gtimer_id id)
{
    g_assert(id < GTIMER_COUNT);
    const struct gtimer_unit *unit = &timer->units[id];
    return unit->enabled ? gtimer_rate_ns(&unit->rate, unit->cval) : VCLOCK_NEVER;
}

void gtimer_set_drift(struct gtimer *timer, enum gtimer_id id, int ppm)
{
    g_assert(id < GTIMER_COUNT);
    g_assert(ppm >= -GTIMER_DRIFT_MAX_PPM && ppm <= GTIMER_DRIFT_MAX_PPM);
    struct gtimer_unit *unit = &timer->units[id];
    unit->drift_ppm = ppm;
    gtimer_rate_move(&unit->rate, vclock_now_ns(timer->clock));
    gtimer_rate_set(&unit->rate, timer->frequency_hz * (uint64_t)(GTIMER_PPM + ppm));
    gtimer_update(unit);
}

int gtimer_drift(const struct gtimer *timer, enum gtimer_id id)
{
    g_assert(id < GTIMER_COUNT);
    return timer->units[id].drift_ppm;
}

/* ---- life ------------------------------------------------------------------------------------ */

struct gtimer *gtimer_new(struct vclock *clock, struct trace *trace,
                          const struct gtimer_config *config)
{
    static const char *const names[GTIMER_COUNT] = {
        [GTIMER_PHYSICAL] = "CNTP",
        [GTIMER_VIRTUAL] = "CNTV",
        [GTIMER_HYP_PHYSICAL] = "CNTHP",
        [GTIMER_HYP_VIRTUAL] = "CNTHV",
    };
    g_assert(clock != NULL);
    g_assert(trace != NULL);
    g_assert(config->frequency_hz >= GTIMER_FREQUENCY_MIN_HZ);
    g_assert(config->frequency_hz <= GTIMER_FREQUENCY_MAX_HZ);
    g_assert(config->delay_ns <= GTIMER_DELAY_MAX_NS);
    struct gtimer *timer = g_new0(struct gtimer, 1);
    timer->clock = clock;
    timer->trace = trace;
    timer->frequency_hz = config->frequency_hz;
    timer->delay_ns = config->delay_ns;
    for (unsigned id = 0; id < GTIMER_COUNT; id++) {
        struct gtimer_unit *unit = &timer->units[id];
        unit->timer = timer;
        unit->name = names[id];
        unit->output = config->outputs[id];
        gtimer_rate_set(&unit->rate, config->frequency_hz * GTIMER_PPM);
        vevent_init(&unit->propagation, VEVENT_MACHINE, unit->name, gtimer_propagate, unit);
    }
    return timer;
}

void gtimer_free(struct gtimer *timer)
{
    if (timer == NULL) {
        return;
    }
    for (unsigned id = 0; id < GTIMER_COUNT; id++) {
        struct gtimer_unit *unit = &timer->units[id];
        if (vevent_is_armed(&unit->deadline)) {
            vclock_disarm(timer->clock, &unit->deadline);
        }
        if (vevent_is_armed(&unit->propagation)) {
            vclock_disarm(timer->clock, &unit->propagation);
        }
    }
    g_free(timer);
}
