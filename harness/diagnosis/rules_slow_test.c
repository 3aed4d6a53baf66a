/*
 * rules_slow_test.c - answers and completions that lay about until somebody looked, and what was
 * merely slow
 */
#include "harness/diagnosis/rules_rig.h"

#define MS    UINT64_C(1000000)
#define INTID BOARD_VIRTIO_MMIO_INTID
#define TIMER BOARD_TIMER_VIRT_INTID

static void echo(struct rig *rig, bool out)
{
    uint8_t frame[RIG_FRAME] = {[12] = 0x08, [14] = 0x45, [23] = 1, [34] = out ? 8 : 0, [41] = 1};
    uint32_t source = out ? RIG_SELF : RIG_PEER, target = out ? RIG_PEER : RIG_SELF;
    for (unsigned i = 0; i < 4; i++) {
        frame[26 + i] = (uint8_t)(source >> (24 - 8 * i));
        frame[30 + i] = (uint8_t)(target >> (24 - 8 * i));
    }
    rig_tell(rig, out ? LEDGER_OUT : LEDGER_IN, NULL, frame, sizeof frame);
}

static void count(struct rig *rig, uint64_t frames)
{
    trace_emit(rig->trace, TRACE_COUNTER, TS(trace_intern(rig->trace, "eth0.rx.frames")),
               TN(frames));
}

static void use(struct rig *rig, const char *queue)
{
    trace_emit(rig->trace, TRACE_VQ_USED, TS(trace_intern(rig->trace, queue)), TN(0), TN(60),
               TN(1));
}

static void take(struct rig *rig, unsigned intid)
{
    trace_emit(rig->trace, TRACE_IRQ_PENDING, TN(intid), TN(1));
    trace_emit(rig->trace, TRACE_IRQ_TAKEN, TN(intid), TN(0));
    trace_emit(rig->trace, TRACE_IRQ_EOI, TN(intid), TN(0));
}

static void wake(struct rig *rig, unsigned task)
{
    trace_emit(rig->trace, TRACE_TASK_WOKEN, TN(task));
    trace_emit(rig->trace, TRACE_TASK_RUNNING, TN(task));
}

/* An answer is in the ring; nothing was said of it yet. */
static void answer(struct rig *rig)
{
    rig_open(rig, "ping 10.0.2.2");
    count(rig, 0);
    echo(rig, true);
    rig_pass(rig, MS);
    echo(rig, false);
    use(rig, "eth0.rx");
}

static void find(struct rig *rig)
{
    wake(rig, RIG_NETD);
    count(rig, 1);
}

/* What the diagnosis says of the way in which it was found. Closes the rig. */
static void expect_link(struct rig *rig, const char *part)
{
    const struct diagnosis_question question = {.board = rig->board,
                                                .program = ledger_program(rig->ledger, 1)};
    struct diagnosis *diagnosis = diagnosis_ask(rig->ledger, &question);
    CU_ASSERT_EQUAL(g_strcmp0(diagnosis->cause, "wait.polled"), 0);
    CU_ASSERT_PTR_NOT_NULL(diagnosis->link != NULL ? strstr(diagnosis->link, part) : NULL);
    diagnosis_free(diagnosis);
    rig_expect(rig, false, "wait.polled", "ping");
}

static void test_answer_that_a_tick_finds_was_polled(void)
{
    struct rig rig;
    answer(&rig);
    rig_pass(&rig, 5 * MS);
    take(&rig, TIMER);
    find(&rig);
    expect_link(&rig, "when task netd looked after INTID 27, the timer CNTV at 1.006000000 s");
}

static void test_answer_that_somebody_finds_by_himself_was_polled(void)
{
    struct rig rig;
    answer(&rig);
    rig_pass(&rig, 5 * MS);
    find(&rig);
    expect_link(&rig, "INTID 48 did not say so: it was found at 1.006000000 s, when task netd "
                      "looked by itself");
}

static void test_answer_that_a_later_interrupt_finds_was_polled(void)
{
    struct rig rig;
    answer(&rig);
    rig_pass(&rig, 5 * MS);
    use(&rig, "eth0.tx");
    take(&rig, INTID);
    find(&rig);
    expect_link(&rig, "after INTID 48 at 1.006000000 s, which told of something else");
}

static void test_interrupt_that_comes_late_finds_its_work_itself(void)
{
    struct rig rig;
    answer(&rig);
    rig_pass(&rig, 5 * MS);
    take(&rig, INTID);
    find(&rig);
    rig_expect(&rig, false, "", NULL);
}

static void test_answer_that_comes_while_the_interrupt_is_handled_waits_for_its_end(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    count(&rig, 0);
    echo(&rig, true);
    trace_emit(rig.trace, TRACE_IRQ_TAKEN, TN(INTID), TN(0));
    echo(&rig, false);
    use(&rig, "eth0.rx");
    rig_pass(&rig, 5 * MS);
    trace_emit(rig.trace, TRACE_IRQ_EOI, TN(INTID), TN(0));
    find(&rig);
    rig_expect(&rig, false, "", NULL);
}

static void test_answer_whose_interrupt_wakes_nobody_was_polled(void)
{
    struct rig rig;
    answer(&rig);
    take(&rig, INTID);
    rig_pass(&rig, 5 * MS);
    take(&rig, TIMER);
    find(&rig);
    expect_link(&rig, "INTID 48, taken at 1.001000000 s, woke nobody for it");
}

static void test_driver_that_was_woken_in_time_and_is_slow_polls_nothing(void)
{
    struct rig rig;
    answer(&rig);
    take(&rig, INTID);
    wake(&rig, RIG_NETD);
    rig_pass(&rig, 5 * MS);
    take(&rig, TIMER);
    count(&rig, 1);
    rig_expect(&rig, false, "", NULL);
}

static void test_answer_that_is_taken_soon_was_not_polled(void)
{
    struct rig rig;
    answer(&rig);
    rig_pass(&rig, MS - 1);
    take(&rig, TIMER);
    find(&rig);
    rig_expect(&rig, false, "", NULL);
}

static void test_frame_that_answers_nobody_is_nobodys_wait(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    count(&rig, 0);
    rig_receive(&rig, LEDGER_IN, RIG_PEER);
    use(&rig, "eth0.rx");
    rig_pass(&rig, 5 * MS);
    find(&rig);
    rig_expect(&rig, false, "", NULL);
}

static void test_find_behind_the_end_is_late(void)
{
    struct rig rig;
    answer(&rig);
    rig_pass(&rig, 5 * MS);
    rig_exit(&rig, 1);
    find(&rig);
    rig_expect(&rig, false, "reply.late", "ping");
}

static void test_completion_that_a_tick_finds_was_polled_for_who_slept(void)
{
    for (unsigned task = RIG_NETD; task <= RIG_PING; task++) {
        struct rig rig;
        rig_open(&rig, "ping 10.0.2.2");
        trace_emit(rig.trace, TRACE_TASK_BLOCKED, TN(task), TS("tx"), TN(1), TN(UINT64_MAX));
        use(&rig, "eth0.tx");
        rig_pass(&rig, 5 * MS);
        take(&rig, TIMER);
        wake(&rig, task);
        rig_expect(&rig, false, task == RIG_PING ? "wait.polled" : "",
                   task == RIG_PING ? "ping" : NULL);
    }
}

static void test_completion_for_which_nobody_sleeps_is_nobodys_wait(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    use(&rig, "eth0.tx");
    rig_pass(&rig, 5 * MS);
    trace_emit(rig.trace, TRACE_TASK_BLOCKED, TN(RIG_PING), TS("tx"), TN(1), TN(UINT64_MAX));
    wake(&rig, RIG_PING);
    rig_expect(&rig, false, "", NULL);
}

static void test_message_counts_as_the_cards_interrupt(void)
{
    struct rig rig;
    answer(&rig);
    trace_emit(rig.trace, TRACE_PCI_MESSAGE, TS(trace_intern(rig.trace, "eth0")), TN(1), TN(0),
               TN(BOARD_GICV2M_INTID));
    take(&rig, BOARD_GICV2M_INTID);
    wake(&rig, RIG_NETD);
    rig_pass(&rig, 5 * MS);
    count(&rig, 1);
    rig_expect(&rig, false, "", NULL);
}

UNIT_SUITE("rules_slow", UNIT_TEST(test_answer_that_a_tick_finds_was_polled),
           UNIT_TEST(test_answer_that_somebody_finds_by_himself_was_polled),
           UNIT_TEST(test_answer_that_a_later_interrupt_finds_was_polled),
           UNIT_TEST(test_interrupt_that_comes_late_finds_its_work_itself),
           UNIT_TEST(test_answer_that_comes_while_the_interrupt_is_handled_waits_for_its_end),
           UNIT_TEST(test_answer_whose_interrupt_wakes_nobody_was_polled),
           UNIT_TEST(test_driver_that_was_woken_in_time_and_is_slow_polls_nothing),
           UNIT_TEST(test_answer_that_is_taken_soon_was_not_polled),
           UNIT_TEST(test_frame_that_answers_nobody_is_nobodys_wait),
           UNIT_TEST(test_find_behind_the_end_is_late),
           UNIT_TEST(test_completion_that_a_tick_finds_was_polled_for_who_slept),
           UNIT_TEST(test_completion_for_which_nobody_sleeps_is_nobodys_wait),
           UNIT_TEST(test_message_counts_as_the_cards_interrupt))
