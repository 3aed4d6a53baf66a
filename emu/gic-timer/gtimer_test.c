/*
 * gtimer_test.c - the generic timer
 */
#include "emu/gic-timer/gtimer.h"

#include "tests/unit.h"

#include <string.h>

#define START_COUNT (VCLOCK_POWER_ON_NS / 16)

struct timer_rig {
    struct vclock *clock;
    struct trace *trace;
    struct gtimer *timer;
    GString *events;
    bool output[GTIMER_COUNT];
    unsigned output_changes;
};

static void timer_rig_output(void *opaque, unsigned number, bool level)
{
    struct timer_rig *rig = opaque;
    rig->output[number] = level;
    rig->output_changes++;
}

static void timer_rig_record(void *opaque, const struct trace_event *event)
{
    struct timer_rig *rig = opaque;
    trace_format_fields(rig->events, event);
    g_string_append_c(rig->events, '\n');
}

static void timer_rig_init_as(struct timer_rig *rig, uint64_t frequency_hz, uint64_t delay_ns)
{
    *rig = (struct timer_rig){.clock = vclock_new()};
    rig->trace = trace_new(rig->clock);
    rig->events = g_string_new(NULL);
    trace_add_observer(rig->trace, timer_rig_record, rig);
    struct gtimer_config config = {.frequency_hz = frequency_hz, .delay_ns = delay_ns};
    for (unsigned id = 0; id < GTIMER_COUNT; id++) {
        config.outputs[id] = (struct irqline){.set = timer_rig_output, .opaque = rig, .number = id};
    }
    rig->timer = gtimer_new(rig->clock, rig->trace, &config);
}

static void timer_rig_init(struct timer_rig *rig)
{
    timer_rig_init_as(rig, GTIMER_FREQUENCY_HZ, 0);
}

/* Exactly these events, one a line, happened since the last call. */
static void timer_rig_expect(struct timer_rig *rig, const char *events)
{
    CU_ASSERT_STRING_EQUAL(rig->events->str, events);
    if (strcmp(rig->events->str, events) != 0) {
        printf("\nexpected:\n%sgot:\n%s", events, rig->events->str);
    }
    g_string_truncate(rig->events, 0);
}

static void timer_rig_fini(struct timer_rig *rig)
{
    timer_rig_expect(rig, "");
    gtimer_free(rig->timer);
    CU_ASSERT_EQUAL(vclock_next_ns(rig->clock), VCLOCK_NEVER); /* nothing of it is left armed */
    trace_free(rig->trace);
    vclock_free(rig->clock);
    g_string_free(rig->events, TRUE);
}

static void virt_write(struct timer_rig *rig, enum gtimer_register reg, uint64_t value)
{
    gtimer_write(rig->timer, GTIMER_VIRTUAL, reg, value);
}

static uint64_t virt_read(struct timer_rig *rig, enum gtimer_register reg)
{
    return gtimer_read(rig->timer, GTIMER_VIRTUAL, reg);
}

static void test_count_is_the_clock_in_steps_of_16_ns(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL),
                    GTIMER_FREQUENCY_HZ); /* power-on is at 1 s */
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + 15);
    CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL), START_COUNT);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + 16);
    CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL), START_COUNT + 1);
    timer_rig_fini(&rig);
}

static void test_timer_fires_exactly_at_its_count(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_CVAL, START_COUNT + 100);
    timer_rig_expect(&rig, "");
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000001600\n");
    CU_ASSERT_EQUAL(gtimer_deadline_ns(rig.timer, GTIMER_VIRTUAL), 1000001600);
    vclock_advance(rig.clock, 1000001599);
    timer_rig_expect(&rig, "");
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CTL), GTIMER_CTL_ENABLE);
    vclock_advance(rig.clock, 1000001600);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=0\n");
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CTL), GTIMER_CTL_ENABLE | GTIMER_CTL_ISTATUS);
    CU_ASSERT_TRUE(rig.output[GTIMER_VIRTUAL]);
    CU_ASSERT_EQUAL(rig.output_changes, 1);
    CU_ASSERT_EQUAL(gtimer_deadline_ns(rig.timer, GTIMER_VIRTUAL), 1000001600);
    timer_rig_fini(&rig);
}

static void test_timers_are_independent(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    gtimer_write(rig.timer, GTIMER_PHYSICAL, GTIMER_TVAL, 10);
    gtimer_write(rig.timer, GTIMER_PHYSICAL, GTIMER_CTL, GTIMER_CTL_ENABLE);
    virt_write(&rig, GTIMER_TVAL, 10);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    timer_rig_expect(&rig, "timer.armed timer=CNTP at=1000000160\n"
                           "timer.armed timer=CNTV at=1000000160\n");
    gtimer_write(rig.timer, GTIMER_PHYSICAL, GTIMER_CTL, 0);
    timer_rig_expect(&rig, "timer.disarmed timer=CNTP\n");
    CU_ASSERT_EQUAL(gtimer_deadline_ns(rig.timer, GTIMER_PHYSICAL), VCLOCK_NEVER);
    vclock_advance(rig.clock, 1000000160);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=0\n");
    CU_ASSERT_FALSE(rig.output[GTIMER_PHYSICAL]);
    CU_ASSERT_TRUE(rig.output[GTIMER_VIRTUAL]);
    timer_rig_fini(&rig);
}

static void test_value_counts_down_and_goes_negative(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_TVAL, 100);
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CVAL), START_COUNT + 100);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + UINT64_C(16) * 40);
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_TVAL), 60);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + UINT64_C(16) * 101);
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_TVAL),
                    UINT64_C(0xffffffff)); /* -1, bits 63 to 32 RES0 */
    timer_rig_fini(&rig);
}

static void test_value_is_sign_extended_and_its_upper_half_ignored(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_TVAL, UINT64_C(0x12345678fffffff6));
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CVAL), START_COUNT - 10);
    virt_write(&rig, GTIMER_TVAL, 0x7fffffff);
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CVAL), START_COUNT + 0x7fffffff);
    virt_write(&rig, GTIMER_TVAL, 0x80000000); /* before count 0: wraps, and is never met */
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CVAL), START_COUNT - UINT64_C(0x80000000));
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CTL), GTIMER_CTL_ENABLE);
    CU_ASSERT_EQUAL(gtimer_deadline_ns(rig.timer, GTIMER_VIRTUAL), VCLOCK_NEVER);
    timer_rig_fini(&rig);
}

static void test_deadline_in_the_past_fires_at_once(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_CVAL, 0);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=0\n");
    CU_ASSERT_TRUE(rig.output[GTIMER_VIRTUAL]);
    CU_ASSERT_EQUAL(vclock_next_ns(rig.clock), VCLOCK_NEVER);
    CU_ASSERT_EQUAL(gtimer_deadline_ns(rig.timer, GTIMER_VIRTUAL), 0);
    timer_rig_fini(&rig);
}

static void test_reload_lowers_the_line_and_arms_again(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_TVAL, 0);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=0\n");
    virt_write(&rig, GTIMER_TVAL, 625);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000010000\n");
    CU_ASSERT_FALSE(rig.output[GTIMER_VIRTUAL]);
    CU_ASSERT_EQUAL(rig.output_changes, 2);
    virt_write(&rig, GTIMER_TVAL, 0); /* met again */
    virt_write(&rig, GTIMER_TVAL, 0); /* and still */
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=0\n");
    CU_ASSERT_EQUAL(vclock_next_ns(rig.clock), VCLOCK_NEVER);
    timer_rig_fini(&rig);
}

static void test_moving_the_deadline_arms_once_more_and_only_then(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_TVAL, 100);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000001600\n");
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    virt_write(&rig, GTIMER_CVAL, START_COUNT + 100);
    timer_rig_expect(&rig, "");
    virt_write(&rig, GTIMER_CVAL, START_COUNT + 50);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000000800\n");
    CU_ASSERT_EQUAL(vclock_next_ns(rig.clock), 1000000800);
    timer_rig_fini(&rig);
}

static void test_masked_timer_sets_its_status_and_not_its_line(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_TVAL, 10);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000000160\n");
    vclock_advance(rig.clock, 1000000160);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=1\n");
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CTL), 7);
    CU_ASSERT_EQUAL(rig.output_changes, 0);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    CU_ASSERT_TRUE(rig.output[GTIMER_VIRTUAL]);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK);
    CU_ASSERT_FALSE(rig.output[GTIMER_VIRTUAL]);
    CU_ASSERT_EQUAL(rig.output_changes, 2);
    timer_rig_fini(&rig);
}

static void test_masked_timer_does_not_keep_the_machine_alive(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    CU_ASSERT_TRUE(vclock_is_quiescent(rig.clock));
    virt_write(&rig, GTIMER_TVAL, 10);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    CU_ASSERT_FALSE(vclock_is_quiescent(rig.clock));
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK);
    CU_ASSERT_TRUE(vclock_is_quiescent(rig.clock));
    CU_ASSERT_EQUAL(vclock_next_ns(rig.clock), 1000000160);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    CU_ASSERT_FALSE(vclock_is_quiescent(rig.clock));
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000000160\n");
    vclock_advance(rig.clock, 1000000160);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=0\n");
    CU_ASSERT_TRUE(vclock_is_quiescent(rig.clock));
    timer_rig_fini(&rig);
}

static void test_disabling_a_fired_timer_is_no_disarming(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_TVAL, 0);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=0\n");
    virt_write(&rig, GTIMER_CTL, 0);
    timer_rig_expect(&rig, "");
    CU_ASSERT_FALSE(rig.output[GTIMER_VIRTUAL]);
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CTL), 0); /* no ISTATUS while disabled */
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=0\n");
    timer_rig_fini(&rig);
}

static void test_control_keeps_two_bits(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_CVAL, UINT64_MAX);
    virt_write(&rig, GTIMER_CTL, UINT64_MAX);
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CTL), GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ISTATUS);
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CTL), 0);
    timer_rig_fini(&rig);
}

static void test_deadline_behind_the_end_of_the_clock_is_never(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    uint64_t last = (VCLOCK_NEVER - 1) / 16;
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=1\n"); /* CVAL is 0 after reset */
    virt_write(&rig, GTIMER_CVAL, last);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=-16\n"); /* numbers are shown as signed */
    CU_ASSERT_EQUAL(vclock_next_ns(rig.clock), last * 16);
    virt_write(&rig, GTIMER_CVAL, last + 1);
    timer_rig_expect(&rig, "timer.disarmed timer=CNTV\n");
    CU_ASSERT_EQUAL(vclock_next_ns(rig.clock), VCLOCK_NEVER);
    virt_write(&rig, GTIMER_CVAL, UINT64_MAX);
    timer_rig_expect(&rig, "");
    CU_ASSERT_EQUAL(gtimer_deadline_ns(rig.timer, GTIMER_VIRTUAL), VCLOCK_NEVER);
    timer_rig_fini(&rig);
}

struct racer {
    struct vevent event;
    struct timer_rig *rig;
};

static void racer_disable(void *opaque)
{
    struct racer *racer = opaque;
    virt_write(racer->rig, GTIMER_CTL, 0);
}

/*
 * An event of the same moment, armed earlier, sees the condition met although the timer's own event
 * comes later.
 */
static void test_write_at_the_moment_of_the_deadline_comes_after_it(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    struct racer racer = {.rig = &rig};
    vevent_init(&racer.event, VEVENT_SCRIPT, "racer", racer_disable, &racer);
    vclock_arm(rig.clock, &racer.event, 1000000160);
    virt_write(&rig, GTIMER_TVAL, 10);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000000160\n");
    vclock_advance(rig.clock, 1000000160);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=0\n");
    CU_ASSERT_FALSE(rig.output[GTIMER_VIRTUAL]);
    CU_ASSERT_EQUAL(rig.output_changes, 2);
    timer_rig_fini(&rig);
}

static void test_free_disarms(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_TVAL, 10);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000000160\n");
    gtimer_free(NULL);
    timer_rig_fini(&rig);
}

/* ---- frequency, drift, propagation ----------------------------------------------------------- */

static void test_count_has_the_frequency_and_never_drifts(void)
{
    static const uint64_t frequencies[] = {1000000,  1000001,   24000000,
                                           62500000, 999999999, 1000000000};
    for (size_t i = 0; i < G_N_ELEMENTS(frequencies); i++) {
        struct timer_rig rig;
        timer_rig_init_as(&rig, frequencies[i], 0);
        CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL), frequencies[i]);
        vclock_advance(rig.clock, UINT64_C(86400) * 1000000000); /* a day */
        CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_PHYSICAL), 86400 * frequencies[i]);
        vclock_advance(rig.clock, UINT64_C(86401) * 1000000000 - 1);
        CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_PHYSICAL), 86401 * frequencies[i] - 1);
        timer_rig_fini(&rig);
    }
}

/* At 24 MHz a count is 41.67 ns: it is due at the first ns that shows it. */
static void test_timer_of_any_frequency_fires_when_its_count_is_reached(void)
{
    struct timer_rig rig;
    timer_rig_init_as(&rig, 24000000, 0);
    for (uint64_t count = 24000001; count < 24000009; count++) {
        virt_write(&rig, GTIMER_CVAL, count);
        virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
        uint64_t at_ns = gtimer_deadline_ns(rig.timer, GTIMER_VIRTUAL);
        CU_ASSERT_EQUAL(at_ns, (count * 1000 + 23) / 24);
        vclock_advance(rig.clock, at_ns - 1);
        CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL), count - 1);
        CU_ASSERT_FALSE(rig.output[GTIMER_VIRTUAL]);
        vclock_advance(rig.clock, at_ns);
        CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL), count);
        CU_ASSERT_TRUE(rig.output[GTIMER_VIRTUAL]);
        virt_write(&rig, GTIMER_CTL, 0);
    }
    g_string_truncate(rig.events, 0);
    timer_rig_fini(&rig);
}

static void test_count_that_the_clock_never_reaches_is_never_due(void)
{
    struct timer_rig rig;
    timer_rig_init_as(&rig, 1000000, 0);
    virt_write(&rig, GTIMER_CVAL, UINT64_MAX);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    CU_ASSERT_EQUAL(gtimer_deadline_ns(rig.timer, GTIMER_VIRTUAL), VCLOCK_NEVER);
    timer_rig_fini(&rig);
}

static void test_drift_is_of_one_count_and_goes_on_from_where_that_was(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    gtimer_set_drift(rig.timer, GTIMER_VIRTUAL, 100);
    CU_ASSERT_EQUAL(gtimer_drift(rig.timer, GTIMER_VIRTUAL), 100);
    CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL), START_COUNT);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + UINT64_C(10000000000));
    CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_PHYSICAL), 11 * GTIMER_FREQUENCY_HZ);
    uint64_t fast = gtimer_count(rig.timer, GTIMER_VIRTUAL);
    CU_ASSERT_EQUAL(fast, 11 * GTIMER_FREQUENCY_HZ + GTIMER_FREQUENCY_HZ / 1000);

    gtimer_set_drift(rig.timer, GTIMER_VIRTUAL, 0);
    CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL), fast);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + UINT64_C(11000000000));
    CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL), fast + GTIMER_FREQUENCY_HZ);

    gtimer_set_drift(rig.timer, GTIMER_VIRTUAL, -50000);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + UINT64_C(12000000000));
    CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL),
                    fast + GTIMER_FREQUENCY_HZ + GTIMER_FREQUENCY_HZ / 100 * 95);
    timer_rig_fini(&rig);
}

/* Whenever the rate changes: the fraction of a count that was reached is kept. */
static void test_changes_of_the_rate_lose_no_fraction(void)
{
    struct timer_rig rig;
    timer_rig_init_as(&rig, 24000000, 0);
    for (unsigned i = 1; i <= 1000; i++) {
        vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + i * UINT64_C(7));
        gtimer_set_drift(rig.timer, GTIMER_VIRTUAL, 0);
    }
    CU_ASSERT_EQUAL(gtimer_count(rig.timer, GTIMER_VIRTUAL),
                    gtimer_count(rig.timer, GTIMER_PHYSICAL));
    timer_rig_fini(&rig);
}

static void test_drift_moves_a_timer_that_is_armed(void)
{
    struct timer_rig rig;
    timer_rig_init(&rig);
    virt_write(&rig, GTIMER_CVAL, START_COUNT + 1000);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000016000\n");
    gtimer_set_drift(rig.timer, GTIMER_VIRTUAL, -500000);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000032000\n");
    vclock_advance(rig.clock, 1000016000); /* 500 counts of a thousand */
    gtimer_set_drift(rig.timer, GTIMER_VIRTUAL, 0);
    timer_rig_expect(&rig, "timer.armed timer=CNTV at=1000024000\n");
    vclock_advance(rig.clock, 1000023999);
    CU_ASSERT_EQUAL(rig.output_changes, 0);
    vclock_advance(rig.clock, 1000024000);
    timer_rig_expect(&rig, "timer.fired timer=CNTV masked=0\n");
    CU_ASSERT_EQUAL(rig.output_changes, 1);
    virt_write(&rig, GTIMER_CTL, 0);
    timer_rig_fini(&rig);
}

static void test_line_follows_after_its_delay_and_the_status_at_once(void)
{
    struct timer_rig rig;
    timer_rig_init_as(&rig, GTIMER_FREQUENCY_HZ, 200);
    virt_write(&rig, GTIMER_CVAL, START_COUNT);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    CU_ASSERT_EQUAL(virt_read(&rig, GTIMER_CTL), GTIMER_CTL_ENABLE | GTIMER_CTL_ISTATUS);
    CU_ASSERT_FALSE(vclock_is_quiescent(rig.clock));
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + 199);
    CU_ASSERT_FALSE(rig.output[GTIMER_VIRTUAL]);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + 200);
    CU_ASSERT_TRUE(rig.output[GTIMER_VIRTUAL]);
    virt_write(&rig, GTIMER_CTL, 0);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + 399);
    CU_ASSERT_TRUE(rig.output[GTIMER_VIRTUAL]);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + 400);
    CU_ASSERT_FALSE(rig.output[GTIMER_VIRTUAL]);
    g_string_truncate(rig.events, 0);
    timer_rig_fini(&rig);
}

static void test_what_is_shorter_than_the_delay_never_reaches_the_line(void)
{
    struct timer_rig rig;
    timer_rig_init_as(&rig, GTIMER_FREQUENCY_HZ, 200);
    virt_write(&rig, GTIMER_CVAL, START_COUNT);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + 100);
    virt_write(&rig, GTIMER_CTL, GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK);
    vclock_advance(rig.clock, VCLOCK_POWER_ON_NS + 1000);
    CU_ASSERT_EQUAL(rig.output_changes, 0);
    g_string_truncate(rig.events, 0);
    timer_rig_fini(&rig);
}

UNIT_SUITE("gtimer", UNIT_TEST(test_count_is_the_clock_in_steps_of_16_ns),
           UNIT_TEST(test_timer_fires_exactly_at_its_count), UNIT_TEST(test_timers_are_independent),
           UNIT_TEST(test_value_counts_down_and_goes_negative),
           UNIT_TEST(test_value_is_sign_extended_and_its_upper_half_ignored),
           UNIT_TEST(test_deadline_in_the_past_fires_at_once),
           UNIT_TEST(test_reload_lowers_the_line_and_arms_again),
           UNIT_TEST(test_moving_the_deadline_arms_once_more_and_only_then),
           UNIT_TEST(test_masked_timer_sets_its_status_and_not_its_line),
           UNIT_TEST(test_masked_timer_does_not_keep_the_machine_alive),
           UNIT_TEST(test_disabling_a_fired_timer_is_no_disarming),
           UNIT_TEST(test_control_keeps_two_bits),
           UNIT_TEST(test_deadline_behind_the_end_of_the_clock_is_never),
           UNIT_TEST(test_write_at_the_moment_of_the_deadline_comes_after_it),
           UNIT_TEST(test_free_disarms), UNIT_TEST(test_count_has_the_frequency_and_never_drifts),
           UNIT_TEST(test_timer_of_any_frequency_fires_when_its_count_is_reached),
           UNIT_TEST(test_count_that_the_clock_never_reaches_is_never_due),
           UNIT_TEST(test_drift_is_of_one_count_and_goes_on_from_where_that_was),
           UNIT_TEST(test_changes_of_the_rate_lose_no_fraction),
           UNIT_TEST(test_drift_moves_a_timer_that_is_armed),
           UNIT_TEST(test_line_follows_after_its_delay_and_the_status_at_once),
           UNIT_TEST(test_what_is_shorter_than_the_delay_never_reaches_the_line))
