/*
 * rules_irq_test.c - each rule of interrupts, on a machine as a guest would have left it
 *
 * The device's side is shown by tests/meta and by the scenarios with their bugs: here stands the
 * timer, whose registers can be set without a driver.
 */
#include "harness/diagnosis/rules_rig.h"

#define DEADLINE (VCLOCK_POWER_ON_NS + 1000000)
#define SLEEP    "sleep 1"

/* A sleep whose time is over, on CNTV; the controller passes everything on. */
static void begin(struct rig *rig, uint64_t control)
{
    rig_open(rig, SLEEP);
    trace_emit(rig->trace, TRACE_TASK_BLOCKED, TN(RIG_PING), TS("timeout"), TN(3), TN(DEADLINE));
    struct gtimer *timer = board_timer(rig->board, 0);
    gtimer_write(timer, GTIMER_VIRTUAL, GTIMER_CVAL, DEADLINE / 16);
    gtimer_write(timer, GTIMER_VIRTUAL, GTIMER_CTL, control);
    vclock_advance(board_clock(rig->board), DEADLINE + 5000000);
}

static void test_a_timer_that_nobody_enabled_is_not_enabled(void)
{
    struct rig rig;
    begin(&rig, GTIMER_CTL_ENABLE);
    rig_expect(&rig, false, "irq.not-enabled", "ping");
}

static void test_with_another_timers_intid_enabled_it_is_a_mismatch(void)
{
    struct rig rig;
    begin(&rig, GTIMER_CTL_ENABLE);
    gic_repair_enable(board_gic(rig.board), 0, BOARD_TIMER_PHYS_INTID);
    rig_expect(&rig, false, "timer.irq-mismatch", "ping");
}

static void test_with_a_devices_intid_enabled_it_is_no_mismatch(void)
{
    struct rig rig;
    begin(&rig, GTIMER_CTL_ENABLE);
    gic_repair_enable(board_gic(rig.board), 0, BOARD_VIRTIO_MMIO_INTID);
    rig_expect(&rig, false, "irq.not-enabled", "ping");
}

static void test_behind_a_controller_that_is_off_it_is_masked(void)
{
    struct rig rig;
    begin(&rig, GTIMER_CTL_ENABLE);
    gic_repair_enable(board_gic(rig.board), 0, BOARD_TIMER_VIRT_INTID);
    rig_expect(&rig, false, "irq.masked", "ping");
}

static void test_with_imask_it_is_masked(void)
{
    struct rig rig;
    begin(&rig, GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK);
    rig_expect(&rig, false, "irq.masked", "ping");
}

static void test_imask_without_anybody_who_waits_for_a_time_is_nothing(void)
{
    struct rig rig;
    begin(&rig, GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK);
    trace_emit(rig.trace, TRACE_TASK_BLOCKED, TN(RIG_PING), TS("socket"), TN(2), TN(UINT64_MAX));
    rig_expect(&rig, false, "", NULL);
}

static void test_a_line_that_stays_low_is_a_lost_interrupt(void)
{
    struct rig rig;
    begin(&rig, GTIMER_CTL_ENABLE);
    gic_repair_enable(board_gic(rig.board), 0, BOARD_TIMER_VIRT_INTID);
    struct irqline line = gic_input(board_gic(rig.board), 0, BOARD_TIMER_VIRT_INTID);
    irqline_set(&line, false);
    rig_expect(&rig, false, "irq.lost", "ping");
}

static void test_a_timer_that_is_off_or_not_due_is_nothing(void)
{
    struct rig rig;
    begin(&rig, 0);
    rig_expect(&rig, false, "", NULL);
    begin(&rig, GTIMER_CTL_ENABLE);
    gtimer_write(board_timer(rig.board, 0), GTIMER_VIRTUAL, GTIMER_CVAL, UINT64_MAX / 32);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_timer_that_was_met_just_now_is_not_missed_yet(void)
{
    struct rig rig;
    begin(&rig, GTIMER_CTL_ENABLE);
    uint64_t now_ns = vclock_now_ns(board_clock(rig.board));
    gtimer_write(board_timer(rig.board, 0), GTIMER_VIRTUAL, GTIMER_CVAL, now_ns / 16);
    rig_expect(&rig, false, "", NULL);
}

static void test_without_probes_the_verdict_is_a_suspicion(void)
{
    struct rig rig;
    begin(&rig, GTIMER_CTL_ENABLE);
    ledger_free(rig.ledger);
    rig.ledger = ledger_new(rig.trace);
    const struct diagnosis_question question = {.board = rig.board, .hangs = true};
    struct diagnosis *diagnosis = diagnosis_ask(rig.ledger, &question);
    CU_ASSERT_STRING_EQUAL(diagnosis->cause, "irq.not-enabled");
    CU_ASSERT_EQUAL(diagnosis->grade, DIAGNOSIS_SUSPECT);
    CU_ASSERT_PTR_NULL(diagnosis->task);
    diagnosis_free(diagnosis);
    rig_close(&rig);
}

UNIT_SUITE("rules_irq", UNIT_TEST(test_a_timer_that_nobody_enabled_is_not_enabled),
           UNIT_TEST(test_with_another_timers_intid_enabled_it_is_a_mismatch),
           UNIT_TEST(test_with_a_devices_intid_enabled_it_is_no_mismatch),
           UNIT_TEST(test_behind_a_controller_that_is_off_it_is_masked),
           UNIT_TEST(test_with_imask_it_is_masked),
           UNIT_TEST(test_imask_without_anybody_who_waits_for_a_time_is_nothing),
           UNIT_TEST(test_a_line_that_stays_low_is_a_lost_interrupt),
           UNIT_TEST(test_a_timer_that_is_off_or_not_due_is_nothing),
           UNIT_TEST(test_a_timer_that_was_met_just_now_is_not_missed_yet),
           UNIT_TEST(test_without_probes_the_verdict_is_a_suspicion))
