/* rules_irq_end_test.c - interrupts that were taken: what IAR answered, and the end */
#include "harness/diagnosis/rules_rig_driver.h"

/* ---- acknowledged ---------------------------------------------------------------------------- */

static void read_spurious(struct rig *rig, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        trace_emit(rig->trace, TRACE_IRQ_SPURIOUS, TN(GIC_SPURIOUS), TN(0));
    }
}

static void test_a_vector_that_never_believes_that_nothing_is_there_serves_it(void)
{
    struct rig rig;
    rig_open(&rig, "sleep 1");
    trace_emit_plain(rig.trace, TRACE_CPU_IRQ);
    read_spurious(&rig, 16);
    rig_expect(&rig, false, "irq.spurious-served", "ping");
}

static void test_a_vector_that_is_entered_anew_serves_nothing(void)
{
    struct rig rig;
    rig_open(&rig, "sleep 1");
    for (unsigned i = 0; i < 10; i++) {
        trace_emit_plain(rig.trace, TRACE_CPU_IRQ);
        read_spurious(&rig, 15);
    }
    rig_expect(&rig, false, "", NULL);
}

/* ---- ended ----------------------------------------------------------------------------------- */

static void test_a_cards_interrupt_that_was_taken_and_not_ended_is_never_ended(void)
{
    struct rig_driver driver;
    rig_driver_wants_interrupt(&driver);
    rig_driver_listen(&driver);
    CU_ASSERT_EQUAL(rig_driver_take(&driver), RIG_INTID);
    rig_driver_expect(&driver, true, "irq.never-eoi", "ping");
}

static void test_an_interrupt_that_is_being_handled_may_still_be_ended(void)
{
    struct rig_driver driver;
    rig_driver_wants_interrupt(&driver);
    rig_driver_listen(&driver);
    CU_ASSERT_EQUAL(rig_driver_take(&driver), RIG_INTID);
    rig_driver_expect(&driver, false, "", NULL);
}

static void test_an_active_interrupt_that_keeps_nothing_back_is_not_to_blame(void)
{
    struct rig_driver driver;
    rig_driver_wants_interrupt(&driver);
    rig_driver_listen(&driver);
    CU_ASSERT_EQUAL(rig_driver_take(&driver), RIG_INTID);
    rig_driver_acknowledge(&driver);
    rig_driver_expect(&driver, true, "vq.used-not-consumed", "ping");
}

static void test_an_interrupt_that_was_ended_is_none_of_this(void)
{
    struct rig_driver driver;
    rig_driver_wants_interrupt(&driver);
    rig_driver_listen(&driver);
    CU_ASSERT_EQUAL(rig_driver_take(&driver), RIG_INTID);
    rig_driver_acknowledge(&driver);
    rig_driver_count(&driver, "eth0.rx.frames", 1);
    mmio_write(board_bus(driver.rig.board), GICC_EOIR, 4, RIG_INTID);
    rig_driver_expect(&driver, true, "", NULL);
}

/* ---- ended late ------------------------------------------------------------------------------ */

/* The card's interrupt is ended so much after the timer's became pending, by the driver's task. */
static void hold_for(struct rig *rig, uint64_t held_ns, bool task)
{
    rig_open(rig, "ping 10.0.2.2");
    trace_emit(rig->trace, TRACE_IRQ_TAKEN, TN(BOARD_VIRTIO_MMIO_INTID), TN(0));
    if (task) {
        trace_emit(rig->trace, TRACE_TASK_RUNNING, TN(RIG_NETD));
    }
    trace_emit(rig->trace, TRACE_IRQ_PENDING, TN(BOARD_TIMER_VIRT_INTID), TN(1));
    rig_pass(rig, held_ns);
    trace_emit(rig->trace, TRACE_IRQ_EOI, TN(BOARD_VIRTIO_MMIO_INTID), TN(0));
    trace_emit(rig->trace, TRACE_IRQ_TAKEN, TN(BOARD_TIMER_VIRT_INTID), TN(0));
    trace_emit(rig->trace, TRACE_IRQ_EOI, TN(BOARD_TIMER_VIRT_INTID), TN(0));
}

static void test_interrupt_that_a_task_ends_after_long_has_kept_the_other(void)
{
    struct rig rig;
    hold_for(&rig, 1000000, true);
    rig_expect(&rig, false, "irq.ended-late", "ping");
}

static void test_end_that_comes_soon_is_in_time(void)
{
    struct rig rig;
    hold_for(&rig, 999999, true);
    rig_expect(&rig, false, "", NULL);
}

static void test_slow_machine_in_its_vector_is_only_slow(void)
{
    struct rig rig;
    hold_for(&rig, 50000000, false);
    rig_expect(&rig, false, "", NULL);
}

static void test_program_that_was_over_before_did_not_suffer(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    rig_exit(&rig, 1);
    trace_emit(rig.trace, TRACE_IRQ_TAKEN, TN(BOARD_VIRTIO_MMIO_INTID), TN(0));
    trace_emit(rig.trace, TRACE_TASK_RUNNING, TN(RIG_NETD));
    trace_emit(rig.trace, TRACE_IRQ_PENDING, TN(BOARD_TIMER_VIRT_INTID), TN(1));
    rig_pass(&rig, 5000000);
    trace_emit(rig.trace, TRACE_IRQ_EOI, TN(BOARD_VIRTIO_MMIO_INTID), TN(0));
    trace_emit(rig.trace, TRACE_IRQ_TAKEN, TN(BOARD_TIMER_VIRT_INTID), TN(0));
    rig_expect(&rig, false, "", NULL);
}

UNIT_SUITE("rules_irq_end",
           UNIT_TEST(test_interrupt_that_a_task_ends_after_long_has_kept_the_other),
           UNIT_TEST(test_end_that_comes_soon_is_in_time),
           UNIT_TEST(test_slow_machine_in_its_vector_is_only_slow),
           UNIT_TEST(test_program_that_was_over_before_did_not_suffer),
           UNIT_TEST(test_a_cards_interrupt_that_was_taken_and_not_ended_is_never_ended),
           UNIT_TEST(test_an_interrupt_that_is_being_handled_may_still_be_ended),
           UNIT_TEST(test_an_active_interrupt_that_keeps_nothing_back_is_not_to_blame),
           UNIT_TEST(test_an_interrupt_that_was_ended_is_none_of_this),
           UNIT_TEST(test_a_vector_that_never_believes_that_nothing_is_there_serves_it),
           UNIT_TEST(test_a_vector_that_is_entered_anew_serves_nothing))
