/*
 * irq_fault_test.c - each fault of a line, and that it does nothing else
 *
 * The stage drives a recorder. Every test states all that was driven since its last look, as "1 0":
 * levels in order; what it does not name did not happen.
 */
#include "emu/gic-timer/irq_fault.h"

#include "emu/gic-timer/gic_rig.h"
#include "tests/unit.h"

struct bed {
    struct vclock *clock;
    struct trace *trace;
    GString *driven, *elsewhere;
    unsigned pended;
    struct irq_fault *stage;
    struct irqline input, other_input;
};

static const struct fault_which all = {0, FAULT_ALL};

static void bed_drive(void *opaque, unsigned number, bool level)
{
    struct bed *bed = opaque;
    GString *line = number == 0 ? bed->driven : bed->elsewhere;
    g_string_append_printf(line, "%s%d", line->len > 0 ? " " : "", level);
}

static void bed_pend(void *opaque, unsigned number, bool level)
{
    struct bed *bed = opaque;
    (void)number;
    bed->pended += level;
}

static void bed_setup(struct bed *bed)
{
    *bed = (struct bed){.clock = vclock_new()};
    bed->trace = trace_new(bed->clock);
    bed->driven = g_string_new(NULL);
    bed->elsewhere = g_string_new(NULL);
    bed->stage = irq_fault_new(bed->clock, bed->trace, "irq", "48",
                               (struct irqline){.set = bed_drive, .opaque = bed, .number = 0},
                               (struct irqline){.set = bed_pend, .opaque = bed});
    bed->input = irq_fault_input(bed->stage, 0);
    bed->other_input = irq_fault_input(bed->stage, 3);
}

static void bed_teardown(struct bed *bed)
{
    CU_ASSERT_TRUE(vclock_is_quiescent(bed->clock));
    irq_fault_free(bed->stage);
    g_string_free(bed->driven, TRUE);
    g_string_free(bed->elsewhere, TRUE);
    trace_free(bed->trace);
    vclock_free(bed->clock);
}

/* Exactly these levels since the last call. */
static void bed_expect(struct bed *bed, const char *driven)
{
    CU_ASSERT_STRING_EQUAL(bed->driven->str, driven);
    g_string_truncate(bed->driven, 0);
}

/* The events of the whole life, without "object=irq target=48". */
static void bed_expect_events(struct bed *bed, const char *events)
{
    g_autoptr(GString) log = g_string_new(NULL);
    for (uint64_t i = 1; i <= trace_last(bed->trace); i++) {
        trace_format_fields(log, trace_get(bed->trace, i));
        g_string_append_c(log, '\n');
    }
    g_string_replace(log, " object=irq target=48", "", 0);
    CU_ASSERT_STRING_EQUAL(log->str, events);
}

static void test_stage_without_faults_passes_every_call_on(void)
{
    struct bed bed;
    bed_setup(&bed);
    irqline_set(&bed.input, true);
    irqline_set(&bed.input, true);
    irqline_set(&bed.input, false);
    bed_expect(&bed, "1 1 0");
    bed_expect_events(&bed, "");
    bed_teardown(&bed);
}

static void test_output_is_high_while_any_input_is(void)
{
    struct bed bed;
    bed_setup(&bed);
    irqline_set(&bed.input, true);
    irqline_set(&bed.other_input, true);
    irqline_set(&bed.input, false);
    bed_expect(&bed, "1 1 1");
    irqline_set(&bed.other_input, false);
    bed_expect(&bed, "0");
    bed_teardown(&bed);
}

static void test_lost_assertion_is_lost_until_the_next_one(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_lose(bed.stage, "lose", (struct fault_which){0, 1});
    irqline_set(&bed.input, true);
    bed_expect(&bed, "");
    irqline_set(&bed.input, true);
    bed_expect(&bed, "1");
    irqline_set(&bed.input, false);
    bed_expect(&bed, "0");
    bed_expect_events(&bed, "fault.injected fault=lose\nfault.applied fault=lose occurrence=1\n");
    bed_teardown(&bed);
}

static void test_losing_begins_behind_those_to_be_skipped(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_lose(bed.stage, "lose", (struct fault_which){1, 1});
    for (unsigned i = 0; i < 3; i++) {
        irqline_set(&bed.input, true);
        irqline_set(&bed.input, false);
    }
    bed_expect(&bed, "1 0 0 1 0");
    bed_expect_events(&bed, "fault.injected fault=lose\nfault.applied fault=lose occurrence=2\n");
    bed_teardown(&bed);
}

static void test_line_that_is_high_stays_high_when_an_assertion_is_lost(void)
{
    struct bed bed;
    bed_setup(&bed);
    irqline_set(&bed.input, true);
    irq_fault_lose(bed.stage, "lose", all);
    irqline_set(&bed.input, true);
    bed_expect(&bed, "1");
    irqline_set(&bed.input, false);
    bed_expect(&bed, "0");
    bed_teardown(&bed);
}

static void test_restore_shows_the_level_that_was_lost(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_lose(bed.stage, "dead", all);
    irqline_set(&bed.input, true);
    bed_expect(&bed, "");
    irq_fault_restore(bed.stage);
    bed_expect(&bed, "1");
    bed_expect_events(&bed, "fault.injected fault=dead\nfault.applied fault=dead occurrence=1\n"
                            "fault.restored\n");
    bed_teardown(&bed);
}

static void test_late_assertion_comes_when_its_time_is_over(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_delay(bed.stage, "delay", 500, (struct fault_which){0, 1});
    irqline_set(&bed.input, true);
    vclock_advance(bed.clock, VCLOCK_POWER_ON_NS + 499);
    bed_expect(&bed, "");
    CU_ASSERT_FALSE(vclock_is_quiescent(bed.clock));
    vclock_advance(bed.clock, VCLOCK_POWER_ON_NS + 500);
    bed_expect(&bed, "1");
    bed_expect_events(&bed, "fault.injected fault=delay\nfault.applied fault=delay occurrence=1\n");
    bed_teardown(&bed);
}

static void test_assertion_that_is_over_never_comes_late(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_delay(bed.stage, "delay", 500, all);
    irqline_set(&bed.input, true);
    irqline_set(&bed.input, false);
    vclock_advance(bed.clock, VCLOCK_POWER_ON_NS + 1000);
    bed_expect(&bed, "0");
    bed_teardown(&bed);
}

static void test_first_of_several_late_assertions_raises_the_line(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_delay(bed.stage, "delay", 500, all);
    irqline_set(&bed.input, true);
    vclock_advance(bed.clock, VCLOCK_POWER_ON_NS + 100);
    irqline_set(&bed.input, true);
    vclock_advance(bed.clock, VCLOCK_POWER_ON_NS + 500);
    bed_expect(&bed, "1");
    vclock_advance(bed.clock, VCLOCK_POWER_ON_NS + 700);
    bed_expect(&bed, "");
    bed_teardown(&bed);
}

static void test_faults_compose_in_the_order_of_injection(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_lose(bed.stage, "lose", (struct fault_which){0, 1});
    irq_fault_delay(bed.stage, "delay", 500, (struct fault_which){0, 1});
    irqline_set(&bed.input, true); /* lost: the delay does not see it */
    irqline_set(&bed.input, true); /* late */
    bed_expect(&bed, "");
    vclock_advance(bed.clock, VCLOCK_POWER_ON_NS + 500);
    bed_expect(&bed, "1");
    irqline_set(&bed.input, true);
    bed_expect(&bed, "1");
    bed_expect_events(&bed, "fault.injected fault=lose\nfault.injected fault=delay\n"
                            "fault.applied fault=lose occurrence=1\n"
                            "fault.applied fault=delay occurrence=1\n");
    bed_teardown(&bed);
}

static void test_stuck_line_is_high_until_it_is_restored(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_stick(bed.stage);
    irqline_set(&bed.input, true);
    irqline_set(&bed.input, false);
    bed_expect(&bed, "1 1 1");
    irq_fault_restore(bed.stage);
    bed_expect(&bed, "0");
    bed_expect_events(&bed, "fault.injected fault=stuck\nfault.applied fault=stuck occurrence=1\n"
                            "fault.restored\n");
    bed_teardown(&bed);
}

static void test_spurious_interrupts_come_one_after_the_other_and_move_no_line(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_spurious(bed.stage, 3);
    CU_ASSERT_EQUAL(bed.pended, 1);
    vclock_advance(bed.clock, VCLOCK_POWER_ON_NS + IRQ_FAULT_SPURIOUS_PERIOD_NS);
    CU_ASSERT_EQUAL(bed.pended, 2);
    vclock_advance(bed.clock, VCLOCK_POWER_ON_NS + 10 * IRQ_FAULT_SPURIOUS_PERIOD_NS);
    CU_ASSERT_EQUAL(bed.pended, 3);
    bed_expect(&bed, "");
    bed_expect_events(&bed, "fault.injected fault=spurious\n"
                            "fault.applied fault=spurious occurrence=1\n"
                            "fault.applied fault=spurious occurrence=2\n"
                            "fault.applied fault=spurious occurrence=3\n");
    bed_teardown(&bed);
}

static void test_restore_ends_spurious_and_late_interrupts(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_spurious(bed.stage, 3);
    irq_fault_delay(bed.stage, "delay", 500, all);
    irqline_set(&bed.input, true);
    irq_fault_restore(bed.stage);
    bed_expect(&bed, "1");
    CU_ASSERT_TRUE(vclock_is_quiescent(bed.clock));
    CU_ASSERT_EQUAL(bed.pended, 1);
    irqline_set(&bed.input, false);
    bed_expect(&bed, "0");
    bed_teardown(&bed);
}

static void test_routed_line_drives_the_other_one_and_comes_back(void)
{
    struct bed bed;
    bed_setup(&bed);
    irqline_set(&bed.input, true);
    bed_expect(&bed, "1");
    struct irqline other = {.set = bed_drive, .opaque = &bed, .number = 1};
    irq_fault_route(bed.stage, "intid", other);
    bed_expect(&bed, "0");
    irqline_set(&bed.input, false);
    irqline_set(&bed.input, true);
    CU_ASSERT_STRING_EQUAL(bed.elsewhere->str, "1 0 1");
    bed_expect(&bed, "");
    irq_fault_restore(bed.stage);
    CU_ASSERT_STRING_EQUAL(bed.elsewhere->str, "1 0 1 0");
    bed_expect(&bed, "1");
    bed_teardown(&bed);
}

static void test_pended_interrupt_is_taken_once_with_no_line_behind_it(void)
{
    struct rig rig;
    rig_init_open(&rig);
    struct irqline pend = gic_pend_input(rig.gic, 0, 41);
    irqline_set(&pend, true);
    rig_expect(&rig, "irq.pending intid=41 on=1\n");
    irqline_set(&pend, false);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 41);
    rig_expect(&rig, "irq.taken intid=41 cpu=0\nirq.pending intid=41 on=0\n");
    rig_cpu_write(&rig, RIG_GICC_EOIR, 41);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), GIC_SPURIOUS);
    rig_expect(&rig, "irq.eoi intid=41 cpu=0\nirq.spurious intid=1023 cpu=0\n");
    rig_fini(&rig);
}

/* ---- pulses ---------------------------------------------------------------------------------- */

static void test_pulse_passes_as_high_and_low(void)
{
    struct bed bed;
    bed_setup(&bed);
    irqline_pulse(&bed.input);
    irqline_pulse(&bed.other_input);
    bed_expect(&bed, "1 0 1 0");
    bed_teardown(&bed);
}

static void test_pulse_on_a_high_line_changes_nothing(void)
{
    struct bed bed;
    bed_setup(&bed);
    irqline_set(&bed.other_input, true);
    irqline_pulse(&bed.input);
    bed_expect(&bed, "1");
    irqline_set(&bed.other_input, false);
    bed_expect(&bed, "0");
    bed_teardown(&bed);
}

static void test_lost_pulse_does_not_come_back_when_the_faults_end(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_lose(bed.stage, "lose", all);
    irqline_pulse(&bed.input);
    bed_expect(&bed, "");
    irq_fault_restore(bed.stage);
    bed_expect(&bed, "0");
    irqline_pulse(&bed.input);
    bed_expect(&bed, "1 0");
    bed_teardown(&bed);
}

static void test_late_pulses_come_each_in_its_time(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_delay(bed.stage, "delay", 3000, (struct fault_which){0, 1});
    irq_fault_delay(bed.stage, "delay", 1000, (struct fault_which){0, 1});
    irqline_pulse(&bed.input); /* both delays: 4000 */
    irq_fault_delay(bed.stage, "delay", 1000, (struct fault_which){0, 1});
    irqline_pulse(&bed.input);
    bed_expect(&bed, "");
    uint64_t start_ns = vclock_now_ns(bed.clock);
    vclock_advance(bed.clock, start_ns + 1000);
    bed_expect(&bed, "1 0");
    vclock_advance(bed.clock, start_ns + 3999);
    bed_expect(&bed, "");
    vclock_advance(bed.clock, start_ns + 4000);
    bed_expect(&bed, "1 0");
    bed_teardown(&bed);
}

static void test_restore_lets_late_pulses_through_as_one(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_delay(bed.stage, "delay", 5000, all);
    irqline_pulse(&bed.input);
    irqline_pulse(&bed.input);
    irq_fault_restore(bed.stage);
    bed_expect(&bed, "0 1 0");
    bed_teardown(&bed);
}

static void test_more_pulses_than_places_melt_into_the_last(void)
{
    struct bed bed;
    bed_setup(&bed);
    irq_fault_delay(bed.stage, "delay", 5000, all);
    for (unsigned i = 0; i < IRQ_FAULT_PULSES_MAX + 3; i++) {
        irqline_pulse(&bed.input);
        vclock_advance(bed.clock, vclock_now_ns(bed.clock) + 1);
    }
    vclock_advance(bed.clock, vclock_now_ns(bed.clock) + 5000);
    CU_ASSERT_EQUAL(bed.driven->len, IRQ_FAULT_PULSES_MAX * 4 - 1);
    g_string_truncate(bed.driven, 0);
    bed_teardown(&bed);
}

UNIT_SUITE("irq_fault", UNIT_TEST(test_stage_without_faults_passes_every_call_on),
           UNIT_TEST(test_output_is_high_while_any_input_is),
           UNIT_TEST(test_lost_assertion_is_lost_until_the_next_one),
           UNIT_TEST(test_losing_begins_behind_those_to_be_skipped),
           UNIT_TEST(test_line_that_is_high_stays_high_when_an_assertion_is_lost),
           UNIT_TEST(test_restore_shows_the_level_that_was_lost),
           UNIT_TEST(test_late_assertion_comes_when_its_time_is_over),
           UNIT_TEST(test_assertion_that_is_over_never_comes_late),
           UNIT_TEST(test_first_of_several_late_assertions_raises_the_line),
           UNIT_TEST(test_faults_compose_in_the_order_of_injection),
           UNIT_TEST(test_stuck_line_is_high_until_it_is_restored),
           UNIT_TEST(test_spurious_interrupts_come_one_after_the_other_and_move_no_line),
           UNIT_TEST(test_restore_ends_spurious_and_late_interrupts),
           UNIT_TEST(test_routed_line_drives_the_other_one_and_comes_back),
           UNIT_TEST(test_pended_interrupt_is_taken_once_with_no_line_behind_it),
           UNIT_TEST(test_pulse_passes_as_high_and_low),
           UNIT_TEST(test_pulse_on_a_high_line_changes_nothing),
           UNIT_TEST(test_lost_pulse_does_not_come_back_when_the_faults_end),
           UNIT_TEST(test_late_pulses_come_each_in_its_time),
           UNIT_TEST(test_restore_lets_late_pulses_through_as_one),
           UNIT_TEST(test_more_pulses_than_places_melt_into_the_last))
