/* balance_test.c - interrupts that are not ended, timeouts that are overdue, and when neither is */
#include "harness/checks/checks_rig.h"

static void register_in(const struct rig *rig, uint64_t number, uint64_t time_ns)
{
    uint64_t now_ns = vclock_now_ns(board_clock(rig->board));
    trace_emit(rig->trace, TRACE_TIMEOUT_REGISTERED, TN(number), TN(now_ns + time_ns));
}

static void fire(const struct rig *rig, uint64_t number)
{
    trace_emit(rig->trace, TRACE_TIMEOUT_FIRED, TN(number));
}

static void inject_kind(const struct rig *rig, const char *object, const char *target,
                        const char *fault)
{
    trace_emit(rig->trace, TRACE_FAULT_INJECTED, TS(object), TS(target), TS(fault));
}

static void inject(const struct rig *rig, const char *object, const char *target)
{
    inject_kind(rig, object, target, "late 70ms");
}

static void restore(const struct rig *rig, const char *object, const char *target)
{
    trace_emit(rig->trace, TRACE_FAULT_RESTORED, TS(object), TS(target));
}

/* ---- timeouts -------------------------------------------------------------------------------- */

static void test_timeout_may_be_as_late_as_the_slack(void)
{
    struct rig rig;
    rig_open(&rig);
    register_in(&rig, 1, 5 * RIG_MS);
    rig_pass(&rig, 5 * RIG_MS + RIG_SLACK_NS);
    fire(&rig, 1);
    rig_pass(&rig, 1000 * RIG_MS);
    rig_expect_none(&rig);
}

static void test_timeout_that_fires_later_is_overdue(void)
{
    struct rig rig;
    rig_open(&rig);
    register_in(&rig, 0x77, 5 * RIG_MS);
    rig_pass(&rig, 5 * RIG_MS + RIG_SLACK_NS + 1);
    fire(&rig, 0x77);
    rig_expect(&rig, "timeout.overdue", "timeouts", "0x77 was to fire at 1.005000000 s; 1 are");
}

static void test_timeout_that_never_fires_is_found_when_the_cpu_waits(void)
{
    struct rig rig;
    rig_open(&rig);
    register_in(&rig, 1, 5 * RIG_MS);
    register_in(&rig, 2, 500 * RIG_MS);
    rig_pass(&rig, 100 * RIG_MS);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    CU_ASSERT_EQUAL(checks_get(rig.checks, 0)->count, 1); /* not again and again */
    rig_expect(&rig, "timeout.overdue", "timeouts", "0x1 was to fire");
}

static void test_timeout_that_never_fires_is_found_at_the_end(void)
{
    struct rig rig;
    rig_open(&rig);
    register_in(&rig, 1, 5 * RIG_MS);
    rig_pass(&rig, 100 * RIG_MS);
    rig_expect(&rig, "timeout.overdue", "timeouts", "0x1 was to fire");
}

static void test_oldest_of_several_is_named_and_they_are_counted(void)
{
    struct rig rig;
    rig_open(&rig);
    register_in(&rig, 2, 9 * RIG_MS);
    register_in(&rig, 1, 5 * RIG_MS);
    register_in(&rig, 3, 500 * RIG_MS);
    rig_pass(&rig, 105 * RIG_MS);
    rig_expect(&rig, "timeout.overdue", "timeouts",
               "0x1 was to fire at 1.005000000 s; 3 are registered, 2 of them overdue, the oldest "
               "for 100000 us");
}

static void test_lines_that_keep_the_cpu_busy_are_an_excuse_until_all_are_restored(void)
{
    static const char *const kinds[] = {"stuck", "storm", "route", "spurious"};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        struct rig rig;
        rig_open(&rig);
        inject_kind(&rig, "irq", "48", kinds[i]);
        inject_kind(&rig, "irq", "49", kinds[i]);
        register_in(&rig, 1, 5 * RIG_MS);
        rig_pass(&rig, 100 * RIG_MS);
        restore(&rig, "irq", "48");
        rig_pass(&rig, 100 * RIG_MS);
        restore(&rig, "irq", "49");
        fire(&rig, 1);
        rig_expect_none(&rig);
    }
}

static void test_line_whose_interrupts_are_lost_is_no_excuse(void)
{
    struct rig rig;
    rig_open(&rig);
    inject_kind(&rig, "irq", "48", "lose");
    register_in(&rig, 1, 5 * RIG_MS);
    rig_pass(&rig, 100 * RIG_MS);
    rig_expect(&rig, "timeout.overdue", "timeouts", "0x1 was to fire");
}

static void test_timeout_that_was_cancelled_or_moved_is_not_overdue(void)
{
    struct rig rig;
    rig_open(&rig);
    register_in(&rig, 1, 5 * RIG_MS);
    register_in(&rig, 2, 5 * RIG_MS);
    trace_emit(rig.trace, TRACE_TIMEOUT_CANCELLED, TN(1));
    register_in(&rig, 2, 500 * RIG_MS);
    trace_emit(rig.trace, TRACE_TIMEOUT_REGISTERED, TN(3), TN(UINT64_MAX)); /* never */
    rig_pass(&rig, 400 * RIG_MS);
    rig_expect_none(&rig);
}

/* Each is found again wherever others that have gone left it; the numbers are no row. */
static void test_many_timeouts_may_go_in_any_order(void)
{
    const unsigned count = 4096, step = 1531, first = 0x40000000, size = 48;
    struct rig rig;
    rig_open(&rig);
    for (unsigned i = 0; i < count; i++) {
        register_in(&rig, first + size * i, 5 * RIG_MS);
    }
    for (unsigned i = 0; i < count - 1; i++) {
        fire(&rig, first + size * (i * step % count));
    }
    rig_pass(&rig, 100 * RIG_MS);
    char detail[64];
    (void)g_snprintf(detail, sizeof detail, "0x%x was to fire at 1.005000000 s; 1 are registered",
                     first + size * ((count - 1) * step % count));
    rig_expect(&rig, "timeout.overdue", "timeouts", detail);
}

static void test_fault_of_a_timer_excuses_until_it_is_restored(void)
{
    static const struct {
        const char *object, *target;
        bool excuses;
    } rows[] = {
        {"timer", "virtual", true}, {"timer", "physical", true}, {"irq", "27", true},
        {"irq", "48", false},       {"irq", "eth0.tx", false},   {"vq", "eth0.tx", false},
        {"link", "eth0", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct rig rig;
        rig_open(&rig);
        inject(&rig, rows[i].object, rows[i].target);
        register_in(&rig, 1, 5 * RIG_MS);
        rig_pass(&rig, 100 * RIG_MS);
        restore(&rig, rows[i].object, rows[i].target);
        rig_pass(&rig, RIG_SLACK_NS);
        fire(&rig, 1);
        if (rows[i].excuses) {
            rig_expect_none(&rig);
        } else {
            rig_expect(&rig, "timeout.overdue", "timeouts", "0x1 was to fire");
        }
    }
}

static void test_after_a_fault_the_slack_counts_again(void)
{
    struct rig rig;
    rig_open(&rig);
    inject(&rig, "timer", "virtual");
    register_in(&rig, 1, 5 * RIG_MS);
    rig_pass(&rig, 100 * RIG_MS);
    restore(&rig, "timer", "virtual");
    rig_pass(&rig, RIG_SLACK_NS + 1);
    fire(&rig, 1);
    rig_expect(&rig, "timeout.overdue", "timeouts", "0x1 was to fire");
}

static void test_registered_timeouts_are_counted(void)
{
    struct rig rig;
    uint64_t value = 99;
    rig_open(&rig);
    register_in(&rig, 1, 5 * RIG_MS);
    register_in(&rig, 2, 5 * RIG_MS);
    register_in(&rig, 2, 6 * RIG_MS);
    CU_ASSERT_TRUE(checks_counter(rig.checks, "timeouts.live", &value));
    CU_ASSERT_EQUAL(value, 2);
    fire(&rig, 1);
    fire(&rig, 3); /* one that nobody registered */
    checks_counter(rig.checks, "timeouts.live", &value);
    CU_ASSERT_EQUAL(value, 1);
    CU_ASSERT_FALSE(checks_counter(rig.checks, "timeouts", &value));
    rig_close(&rig);
}

static void test_a_guest_cannot_make_timeouts_grow(void)
{
    struct rig rig;
    uint64_t value;
    rig_open(&rig);
    for (unsigned i = 0; i < 5000; i++) {
        register_in(&rig, i, 5 * RIG_MS);
    }
    checks_counter(rig.checks, "timeouts.live", &value);
    CU_ASSERT_EQUAL(value, 4096);
    rig_close(&rig);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void test_interrupts_that_are_ended_are_no_violation(void)
{
    struct rig rig;
    rig_open(&rig);
    trace_emit(rig.trace, TRACE_IRQ_TAKEN, TN(27), TN(0));
    trace_emit(rig.trace, TRACE_IRQ_TAKEN, TN(48), TN(0)); /* it preempts */
    trace_emit(rig.trace, TRACE_IRQ_EOI, TN(48), TN(0));
    rig_pass(&rig, RIG_SLACK_NS);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    trace_emit(rig.trace, TRACE_IRQ_EOI, TN(27), TN(0));
    rig_pass(&rig, 100 * RIG_MS);
    rig_expect_none(&rig);
}

static void test_interrupt_that_is_never_ended_is_a_violation(void)
{
    for (unsigned waits = 0; waits < 2; waits++) {
        struct rig rig;
        rig_open(&rig);
        trace_emit(rig.trace, TRACE_IRQ_TAKEN, TN(48), TN(0));
        trace_emit(rig.trace, TRACE_IRQ_TAKEN, TN(27), TN(0));
        trace_emit(rig.trace, TRACE_IRQ_EOI, TN(27), TN(0));
        rig_pass(&rig, RIG_SLACK_NS + 1);
        if (waits != 0) {
            trace_emit_plain(rig.trace, TRACE_CPU_WFI);
            CU_ASSERT_EQUAL(checks_count(rig.checks), 1);
        }
        rig_expect(&rig, "irq.unended", "INTID 48", "it has been active since 1.000000000 s");
    }
}

static void test_at_a_standstill_an_interrupt_has_no_slack(void)
{
    for (unsigned is_still = 0; is_still < 2; is_still++) {
        struct rig rig;
        rig_open(&rig);
        trace_emit(rig.trace, TRACE_IRQ_TAKEN, TN(48), TN(0));
        rig_pass(&rig, RIG_MS);
        checks_look(rig.checks, is_still != 0);
        if (is_still != 0) {
            rig_expect(&rig, "irq.unended", "INTID 48", "since 1.000000000 s");
        } else {
            rig_expect_none(&rig);
        }
    }
}

static void test_end_of_what_was_not_taken_says_nothing(void)
{
    struct rig rig;
    rig_open(&rig);
    trace_emit(rig.trace, TRACE_IRQ_EOI, TN(48), TN(0));
    rig_expect_none(&rig);
}

UNIT_SUITE("balance", UNIT_TEST(test_timeout_may_be_as_late_as_the_slack),
           UNIT_TEST(test_timeout_that_fires_later_is_overdue),
           UNIT_TEST(test_timeout_that_never_fires_is_found_when_the_cpu_waits),
           UNIT_TEST(test_timeout_that_never_fires_is_found_at_the_end),
           UNIT_TEST(test_oldest_of_several_is_named_and_they_are_counted),
           UNIT_TEST(test_lines_that_keep_the_cpu_busy_are_an_excuse_until_all_are_restored),
           UNIT_TEST(test_line_whose_interrupts_are_lost_is_no_excuse),
           UNIT_TEST(test_timeout_that_was_cancelled_or_moved_is_not_overdue),
           UNIT_TEST(test_many_timeouts_may_go_in_any_order),
           UNIT_TEST(test_fault_of_a_timer_excuses_until_it_is_restored),
           UNIT_TEST(test_after_a_fault_the_slack_counts_again),
           UNIT_TEST(test_registered_timeouts_are_counted),
           UNIT_TEST(test_a_guest_cannot_make_timeouts_grow),
           UNIT_TEST(test_interrupts_that_are_ended_are_no_violation),
           UNIT_TEST(test_interrupt_that_is_never_ended_is_a_violation),
           UNIT_TEST(test_at_a_standstill_an_interrupt_has_no_slack),
           UNIT_TEST(test_end_of_what_was_not_taken_says_nothing))
