/*
 * rules_storm_test.c - a line that stays up because its source is not quieted, and what is no such
 * thing
 */
#include "emu/virtio/virtio_spec.h"
#include "harness/diagnosis/rules_rig.h"

#define DEADLINE  (VCLOCK_POWER_ON_NS + 1000000)
#define COUNT(ns) ((ns) / 16)

/* The card's status, and its line. */
static void set_card(struct rig *rig, bool level)
{
    struct virtio_dev *card = virtio_net_dev(board_net(rig->board, "eth0"));
    card->isr = level ? VIRTIO_ISR_USED : 0;
    irqline_set(&card->line, level);
}

/* The card's line rises, with its status set or not. */
static void raise_card(struct rig *rig, bool status)
{
    rig_open(rig, "ping 10.0.2.2");
    gic_repair_enable(board_gic(rig->board), 0, BOARD_VIRTIO_MMIO_INTID);
    if (status) {
        set_card(rig, true);
    } else {
        irq_fault_stick(board_irq_fault(rig->board, BOARD_VIRTIO_MMIO_INTID));
    }
}

static void take(struct rig *rig, unsigned intid, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        trace_emit(rig->trace, TRACE_IRQ_TAKEN, TN(intid), TN(0));
        trace_emit(rig->trace, TRACE_IRQ_EOI, TN(intid), TN(0));
    }
}

static void test_line_of_a_device_that_is_never_acknowledged_is_a_storm(void)
{
    struct rig rig;
    raise_card(&rig, true);
    take(&rig, BOARD_VIRTIO_MMIO_INTID, 16);
    rig_expect(&rig, false, "irq.storm", "ping");
}

static void test_fewer_interrupts_may_be_a_handler_that_takes_its_time(void)
{
    struct rig rig;
    raise_card(&rig, true);
    take(&rig, BOARD_VIRTIO_MMIO_INTID, 15);
    rig_expect(&rig, false, "", NULL);
}

static void test_line_that_fell_in_between_is_no_storm(void)
{
    struct rig rig;
    raise_card(&rig, true);
    take(&rig, BOARD_VIRTIO_MMIO_INTID, 10);
    set_card(&rig, false);
    set_card(&rig, true);
    take(&rig, BOARD_VIRTIO_MMIO_INTID, 10);
    rig_expect(&rig, false, "", NULL);
}

static void test_line_that_a_fault_holds_up_is_no_storm(void)
{
    struct rig rig;
    raise_card(&rig, false);
    take(&rig, BOARD_VIRTIO_MMIO_INTID, 100);
    rig_expect(&rig, false, "", NULL);
}

/* ---- nobody is there ------------------------------------------------------------------------- */

static void take_for_nobody(struct rig *rig, unsigned intid, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        trace_emit(rig->trace, TRACE_IRQ_TAKEN, TN(intid), TN(0));
        trace_emit(rig->trace, TRACE_COUNTER, TS(trace_intern(rig->trace, "irq.unhandled")),
                   TN(i + 1));
        trace_emit(rig->trace, TRACE_IRQ_EOI, TN(intid), TN(0));
    }
}

static void reset_card(struct rig *rig)
{
    trace_emit(rig->trace, TRACE_VIRTIO_RESET, TS(trace_intern(rig->trace, "eth0")));
}

static void test_device_that_asks_and_finds_no_handler_is_unhandled(void)
{
    struct rig rig;
    raise_card(&rig, true);
    take_for_nobody(&rig, BOARD_VIRTIO_MMIO_INTID, 16);
    rig_expect(&rig, false, "irq.unhandled", "ping");
}

static void test_guest_that_counts_others_too_has_a_handler(void)
{
    struct rig rig;
    raise_card(&rig, true);
    take_for_nobody(&rig, BOARD_VIRTIO_MMIO_INTID + 1, 16);
    take(&rig, BOARD_VIRTIO_MMIO_INTID, 16);
    rig_expect(&rig, false, "irq.storm", "ping");
}

static void test_handler_that_finds_nothing_to_do_for_a_stuck_line_is_there(void)
{
    struct rig rig;
    raise_card(&rig, false);
    take_for_nobody(&rig, BOARD_VIRTIO_MMIO_INTID, 100);
    rig_expect(&rig, false, "", NULL);
}

static void test_line_of_a_device_that_was_let_go_is_unhandled_when_it_was_left_enabled(void)
{
    struct rig rig;
    raise_card(&rig, false);
    reset_card(&rig);
    take(&rig, BOARD_VIRTIO_MMIO_INTID, 16);
    rig_expect(&rig, false, "irq.unhandled", "ping");
}

static void test_line_that_was_enabled_after_the_reset_has_somebody(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    reset_card(&rig);
    gic_repair_enable(board_gic(rig.board), 0, BOARD_VIRTIO_MMIO_INTID);
    trace_emit(rig.trace, TRACE_IRQ_ENABLED, TN(BOARD_VIRTIO_MMIO_INTID), TN(1));
    irq_fault_stick(board_irq_fault(rig.board, BOARD_VIRTIO_MMIO_INTID));
    take(&rig, BOARD_VIRTIO_MMIO_INTID, 100);
    rig_expect(&rig, false, "", NULL);
}

static void begin_timer(struct rig *rig, uint64_t control)
{
    rig_open(rig, "sleep 1");
    struct gtimer *timer = board_timer(rig->board, 0);
    gic_repair_enable(board_gic(rig->board), 0, BOARD_TIMER_VIRT_INTID);
    gtimer_write(timer, GTIMER_VIRTUAL, GTIMER_CVAL, COUNT(DEADLINE));
    gtimer_write(timer, GTIMER_VIRTUAL, GTIMER_CTL, control);
    vclock_advance(board_clock(rig->board), DEADLINE);
}

static void test_timer_that_is_left_as_it_is_storms(void)
{
    struct rig rig;
    begin_timer(&rig, GTIMER_CTL_ENABLE);
    take(&rig, BOARD_TIMER_VIRT_INTID, 20);
    rig_expect(&rig, false, "irq.storm", "ping");
}

static void test_timer_that_was_quieted_does_not(void)
{
    struct rig rig;
    begin_timer(&rig, GTIMER_CTL_ENABLE);
    take(&rig, BOARD_TIMER_VIRT_INTID, 20);
    gtimer_write(board_timer(rig.board, 0), GTIMER_VIRTUAL, GTIMER_CTL, 0);
    rig_expect(&rig, false, "", NULL);
}

UNIT_SUITE("rules_storm", UNIT_TEST(test_line_of_a_device_that_is_never_acknowledged_is_a_storm),
           UNIT_TEST(test_fewer_interrupts_may_be_a_handler_that_takes_its_time),
           UNIT_TEST(test_line_that_fell_in_between_is_no_storm),
           UNIT_TEST(test_line_that_a_fault_holds_up_is_no_storm),
           UNIT_TEST(test_device_that_asks_and_finds_no_handler_is_unhandled),
           UNIT_TEST(test_guest_that_counts_others_too_has_a_handler),
           UNIT_TEST(test_handler_that_finds_nothing_to_do_for_a_stuck_line_is_there),
           UNIT_TEST(test_line_of_a_device_that_was_let_go_is_unhandled_when_it_was_left_enabled),
           UNIT_TEST(test_line_that_was_enabled_after_the_reset_has_somebody),
           UNIT_TEST(test_timer_that_is_left_as_it_is_storms),
           UNIT_TEST(test_timer_that_was_quieted_does_not))
