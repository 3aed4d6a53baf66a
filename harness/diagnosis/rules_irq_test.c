/*
 * rules_irq_test.c - each rule of interrupts, on a machine as a guest would have left it
 *
 * First the timer, whose registers can be set without a driver, then a card with one.
 */
#include "harness/diagnosis/rules_rig_driver.h"

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

/* The same of a task that waits for the file of a clock, or has it set and is at work. */
static void test_who_waits_for_a_clock_misses_the_timer_as_well(void)
{
    for (unsigned sleeps = 0; sleeps < 2; sleeps++) {
        struct rig rig;
        begin(&rig, GTIMER_CTL_ENABLE);
        gic_repair_enable(board_gic(rig.board), 0, BOARD_TIMER_VIRT_INTID);
        struct irqline line = gic_input(board_gic(rig.board), 0, BOARD_TIMER_VIRT_INTID);
        irqline_set(&line, false);
        trace_emit(rig.trace, TRACE_TASK_BLOCKED, TN(RIG_PING), TS("scheme"), TN(2),
                   TN(UINT64_MAX));
        trace_emit(rig.trace, TRACE_TIMEOUT_REGISTERED, TN(0x44), TN(DEADLINE));
        trace_emit(rig.trace, TRACE_TIME_SET, TN(RIG_NETD), TN(6), TN(0x44), TN(DEADLINE));
        if (sleeps == 0) {
            trace_emit(rig.trace, TRACE_TASK_RUNNING, TN(RIG_NETD));
        }
        rig_expect(&rig, false, sleeps != 0 ? "irq.lost" : "", "ping");
    }
}

/* The timer's output was led to another input of the controller. */
static void lead_to(struct rig *rig, unsigned intid)
{
    struct irqline own = gic_input(board_gic(rig->board), 0, BOARD_TIMER_VIRT_INTID);
    struct irqline other = gic_input(board_gic(rig->board), 0, intid);
    irqline_set(&own, false);
    irqline_set(&other, true);
}

static void test_a_timer_that_raises_an_spi_instead_of_its_own_intid_is_a_mismatch(void)
{
    static const unsigned intids[] = {BOARD_TIMER_PHYS_INTID, 40, BOARD_IRQ_COUNT - 1};
    for (size_t i = 0; i < G_N_ELEMENTS(intids); i++) {
        struct rig rig;
        begin(&rig, GTIMER_CTL_ENABLE);
        gic_repair_enable(board_gic(rig.board), 0, BOARD_TIMER_VIRT_INTID);
        lead_to(&rig, intids[i]);
        rig_expect(&rig, false, "timer.irq-mismatch", "ping");
    }
}

static void test_a_line_that_was_up_before_the_timer_fired_is_not_the_timers(void)
{
    struct rig rig;
    begin(&rig, 0);
    struct irqline stuck = gic_input(board_gic(rig.board), 0, 40);
    irqline_set(&stuck, true);
    rig_pass(&rig, 1000);
    gic_repair_enable(board_gic(rig.board), 0, BOARD_TIMER_VIRT_INTID);
    gtimer_write(board_timer(rig.board, 0), GTIMER_VIRTUAL, GTIMER_CVAL, rig_now_ns(&rig) / 16 + 1);
    gtimer_write(board_timer(rig.board, 0), GTIMER_VIRTUAL, GTIMER_CTL, GTIMER_CTL_ENABLE);
    rig_pass(&rig, RIG_SETTLE);
    struct irqline own = gic_input(board_gic(rig.board), 0, BOARD_TIMER_VIRT_INTID);
    irqline_set(&own, false);
    rig_expect(&rig, false, "irq.lost", "ping");
}

static void test_an_spi_that_the_guest_listens_on_or_a_device_raises_is_no_mismatch(void)
{
    struct rig rig;
    begin(&rig, GTIMER_CTL_ENABLE);
    gic_repair_enable(board_gic(rig.board), 0, BOARD_TIMER_VIRT_INTID);
    gic_repair_enable(board_gic(rig.board), 0, 40);
    lead_to(&rig, 40);
    rig_expect(&rig, false, "irq.lost", "ping");
    begin(&rig, GTIMER_CTL_ENABLE);
    gic_repair_enable(board_gic(rig.board), 0, BOARD_TIMER_VIRT_INTID);
    lead_to(&rig, RIG_INTID);
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

/* ---- a card ---------------------------------------------------------------------------------- */

static void test_a_card_that_nobody_listens_to_is_not_enabled(void)
{
    struct rig_driver driver;
    rig_driver_wants_interrupt(&driver);
    rig_driver_expect(&driver, true, "irq.not-enabled", "ping");
    rig_driver_wants_interrupt(&driver);
    rig_pass(&driver.rig, RIG_SETTLE);
    rig_driver_expect(&driver, false, "irq.not-enabled", "ping");
}

/*
 * The kernel has taken an interrupt and masked its line for who has its file; then the next frame
 * has come. `wrote`: what the kernel said to what the holder wrote before that, 1: it did not.
 */
static void receive_behind_a_mask(struct rig_driver *driver, bool has_file, int wrote)
{
    rig_driver_open(driver, "ping 10.0.2.2");
    struct trace *trace = driver->rig.trace;
    trace_emit(trace, TRACE_TASK_RUNNING, TN(RIG_NETD));
    if (has_file) {
        trace_emit(trace, TRACE_EVENT_WATCHED, TN(1), TS(trace_intern(trace, "irq")), TN(RIG_INTID),
                   TN(0), TN(1));
        trace_emit(trace, TRACE_EVENT_POSTED, TN(1), TS(trace_intern(trace, "irq")), TN(RIG_INTID),
                   TN(0), TN(1));
    }
    trace_emit(trace, TRACE_IRQ_TAKEN, TN(RIG_INTID), TN(0));
    trace_emit(trace, TRACE_IRQ_ENABLED, TN(RIG_INTID), TN(0));
    trace_emit(trace, TRACE_IRQ_EOI, TN(RIG_INTID), TN(0));
    if (has_file) {
        trace_emit(trace, TRACE_EVENT_POSTED, TN(1), TS(trace_intern(trace, "irq")), TN(RIG_INTID),
                   TN(0), TN(1));
    }
    if (wrote <= 0) {
        trace_emit(trace, TRACE_IRQ_ACKNOWLEDGED, TN(RIG_NETD), TN(RIG_INTID), TN(1), TN(wrote));
    }
    rig_driver_start(driver, 4);
    rig_driver_count(driver, "eth0.rx.frames", 0);
    rig_driver_receive(driver, 1);
}

static void test_a_line_that_waits_for_who_has_its_file_is_not_acknowledged(void)
{
    static const struct {
        bool has_file;
        int wrote;
        const char *cause;
    } cases[] = {
        {true, 1, "irq.not-acknowledged"},
        {true, -116, "irq.not-acknowledged"}, /* the kernel refused it */
        {true, 0, "irq.not-enabled"},         /* the kernel owes the rest */
        {false, 1, "irq.not-enabled"},        /* a kernel that masks for itself */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig_driver driver;
        receive_behind_a_mask(&driver, cases[i].has_file, cases[i].wrote);
        rig_driver_expect(&driver, true, cases[i].cause, "ping");
    }
}

/* It was told of the interrupt, and sleeps in or outside of the queue in which that stands. */
static void test_who_sleeps_elsewhere_owes_what_it_sleeps_for(void)
{
    static const struct {
        bool has_read, sleeps_there;
        const char *cause;
    } cases[] = {
        {false, false, "vq.used-not-consumed"},
        {true, false, "irq.not-acknowledged"},
        {true, true, "irq.not-acknowledged"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig_driver driver;
        receive_behind_a_mask(&driver, true, 1);
        struct trace *trace = driver.rig.trace;
        if (cases[i].has_read) {
            trace_emit(trace, TRACE_EVENT_READ, TN(RIG_NETD), TN(1), TN(1), TN(0));
        }
        trace_emit(trace, TRACE_TASK_BLOCKED, TN(RIG_NETD),
                   TS(trace_intern(trace, cases[i].sleeps_there ? "event" : "eventfd")), TN(7),
                   TN(UINT64_MAX));
        rig_pass(&driver.rig, RIG_SETTLE);
        rig_driver_expect(&driver, true, cases[i].cause, "ping");
    }
}

static void test_a_card_that_wants_nothing_is_not_missed(void)
{
    struct rig_driver driver;
    rig_driver_wants_interrupt(&driver);
    rig_driver_acknowledge(&driver);
    rig_driver_count(&driver, "eth0.rx.frames", 1);
    rig_driver_expect(&driver, true, "", NULL);
    rig_driver_wants_interrupt(&driver); /* it has wanted it for no time at all */
    rig_driver_expect(&driver, false, "", NULL);
}

static void test_a_cards_interrupt_can_be_kept_from_the_cpu_in_each_of_these_ways(void)
{
    static const struct {
        uint64_t address;
        unsigned size, value;
    } ways[] = {
        {GICD_CTLR, 4, 0},
        {GICC_CTLR, 4, 0},
        {GICC_PMR, 4, 0},
        {GICD_ITARGETSR + RIG_INTID, 1, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        struct rig_driver driver;
        rig_driver_wants_interrupt(&driver);
        rig_driver_listen(&driver);
        mmio_write(board_bus(driver.rig.board), ways[i].address, ways[i].size, ways[i].value);
        rig_driver_expect(&driver, true, "irq.masked", "ping");
    }
}

/* The card's line is low at the controller, whatever the card says. */
static void lose(struct rig_driver *driver)
{
    irq_fault_lose(board_irq_fault(driver->rig.board, RIG_INTID), "lose",
                   (struct fault_which){0, FAULT_ALL});
}

static void test_a_cards_interrupt_that_did_not_arrive_is_lost(void)
{
    struct rig_driver driver;
    rig_driver_open(&driver, "ping 10.0.2.2");
    rig_driver_listen(&driver);
    lose(&driver);
    rig_driver_start(&driver, 4);
    rig_driver_count(&driver, "eth0.rx.frames", 0);
    rig_driver_receive(&driver, 1);
    rig_driver_expect(&driver, true, "irq.lost", "ping");
}

static void test_a_lost_interrupt_of_frames_that_were_taken_all_the_same_does_not_matter(void)
{
    struct rig_driver driver;
    rig_driver_open(&driver, "ping 10.0.2.2");
    rig_driver_listen(&driver);
    lose(&driver);
    rig_driver_start(&driver, 4);
    rig_driver_receive(&driver, 1);
    rig_driver_count(&driver, "eth0.rx.frames", 1);
    rig_driver_expect(&driver, true, "", NULL);
}

/* The status was set for the other queue, and was not set again for the frame. */
static void test_a_frame_whose_status_was_set_already_is_not_lost(void)
{
    struct rig_driver driver;
    rig_driver_open(&driver, "ping 10.0.2.2");
    rig_driver_listen(&driver);
    rig_driver_start(&driver, 4);
    rig_driver_count(&driver, "eth0.rx.frames", 0);
    trace_emit(driver.rig.trace, TRACE_FAULT_APPLIED, TS("vq"), TS("eth0.tx"), TS("latency"),
               TN(1));
    rig_driver_send(&driver);
    mock_ring_kick(&driver.tx);
    rig_pass(&driver.rig, RIG_SETTLE);
    rig_driver_receive(&driver, 1);
    rig_pass(&driver.rig, RIG_SETTLE);
    CU_ASSERT_EQUAL(rig_driver_take(&driver), RIG_INTID);
    rig_driver_acknowledge(&driver);
    mmio_write(board_bus(driver.rig.board), GICC_EOIR, 4, RIG_INTID);
    rig_driver_expect(&driver, true, "vq.used-not-consumed", "ping");
}

static void test_who_sleeps_for_a_completion_could_have_looked(void)
{
    struct rig_driver driver;
    rig_driver_open(&driver, "ping 10.0.2.2");
    rig_driver_listen(&driver);
    lose(&driver);
    rig_driver_start(&driver, 4);
    rig_driver_send(&driver);
    mock_ring_kick(&driver.tx);
    rig_driver_sleeps(&driver);
    rig_driver_expect(&driver, true, "vq.used-not-consumed", "netd");
}

UNIT_SUITE("rules_irq", UNIT_TEST(test_a_timer_that_nobody_enabled_is_not_enabled),
           UNIT_TEST(test_with_another_timers_intid_enabled_it_is_a_mismatch),
           UNIT_TEST(test_with_a_devices_intid_enabled_it_is_no_mismatch),
           UNIT_TEST(test_behind_a_controller_that_is_off_it_is_masked),
           UNIT_TEST(test_with_imask_it_is_masked),
           UNIT_TEST(test_imask_without_anybody_who_waits_for_a_time_is_nothing),
           UNIT_TEST(test_a_line_that_stays_low_is_a_lost_interrupt),
           UNIT_TEST(test_who_waits_for_a_clock_misses_the_timer_as_well),
           UNIT_TEST(test_a_timer_that_raises_an_spi_instead_of_its_own_intid_is_a_mismatch),
           UNIT_TEST(test_a_line_that_was_up_before_the_timer_fired_is_not_the_timers),
           UNIT_TEST(test_an_spi_that_the_guest_listens_on_or_a_device_raises_is_no_mismatch),
           UNIT_TEST(test_a_timer_that_is_off_or_not_due_is_nothing),
           UNIT_TEST(test_a_card_that_nobody_listens_to_is_not_enabled),
           UNIT_TEST(test_a_line_that_waits_for_who_has_its_file_is_not_acknowledged),
           UNIT_TEST(test_who_sleeps_elsewhere_owes_what_it_sleeps_for),
           UNIT_TEST(test_a_card_that_wants_nothing_is_not_missed),
           UNIT_TEST(test_a_cards_interrupt_can_be_kept_from_the_cpu_in_each_of_these_ways),
           UNIT_TEST(test_a_cards_interrupt_that_did_not_arrive_is_lost),
           UNIT_TEST(test_a_lost_interrupt_of_frames_that_were_taken_all_the_same_does_not_matter),
           UNIT_TEST(test_a_frame_whose_status_was_set_already_is_not_lost),
           UNIT_TEST(test_who_sleeps_for_a_completion_could_have_looked),
           UNIT_TEST(test_a_timer_that_was_met_just_now_is_not_missed_yet),
           UNIT_TEST(test_without_probes_the_verdict_is_a_suspicion))
