/*
 * rules_machine_test.c - a clock that nobody read, memory that was not there
 */
#include "harness/diagnosis/rules_rig.h"

static void ask_for_the_time(struct rig *rig, unsigned clock)
{
    trace_emit(rig->trace, TRACE_CALL_ENTERED, TN(RIG_PING), TS("clock_gettime"), TN(clock), TN(0),
               TN(0), TN(0));
    trace_emit(rig->trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("clock_gettime"), TN(0));
}

static void test_time_of_day_from_a_clock_that_nobody_read(void)
{
    struct rig rig;
    rig_open(&rig, "date");
    ask_for_the_time(&rig, 0);
    rig_expect(&rig, false, "rtc.not-read", "ping");
}

static void test_time_that_is_not_of_day_needs_no_clock(void)
{
    struct rig rig;
    rig_open(&rig, "date");
    ask_for_the_time(&rig, 1);
    rig_expect(&rig, false, "", NULL);
}

static void test_clock_that_was_read_is_no_cause(void)
{
    struct rig rig;
    rig_open(&rig, "date");
    trace_emit(rig.trace, TRACE_RTC_READ, TN(5));
    ask_for_the_time(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

/* What is named for a guest that has crashed; NULL: nothing. */
static void expect_crashed(struct rig *rig, const char *cause)
{
    const struct diagnosis_question question = {.board = rig->board, .crashed = true};
    struct diagnosis *diagnosis = diagnosis_ask(rig->ledger, &question);
    CU_ASSERT_EQUAL(g_strcmp0(diagnosis->cause, cause), 0);
    CU_ASSERT_EQUAL(diagnosis->trigger != NULL, cause != NULL);
    diagnosis_free(diagnosis);
    rig_close(rig);
}

static void test_crash_behind_an_allocation_that_failed_is_that(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    struct alloc_fault *stage = board_alloc_fault(rig.board);
    alloc_fault_fail(stage, 1);
    CU_ASSERT_TRUE(alloc_fault_strikes(stage));
    trace_emit(rig.trace, TRACE_MMIO_UNMAPPED, TN(0x9000000), TN(4), TS("read"));
    expect_crashed(&rig, "alloc.unchecked");
}

static void test_crash_without_one_has_no_cause(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    alloc_fault_fail(board_alloc_fault(rig.board), 1);
    trace_emit(rig.trace, TRACE_MMIO_UNMAPPED, TN(0x9000000), TN(4), TS("read"));
    expect_crashed(&rig, NULL);
}

/* What is named for an exception of the CPU, and who pays. */
static void expect_exception(struct rig *rig, const char *cause, const char *task)
{
    const struct diagnosis_question question = {
        .board = rig->board,
        .crashed = true,
        .exception = "illegal instruction (SIGILL); in f() at f.c:1",
    };
    struct diagnosis *diagnosis = diagnosis_ask(rig->ledger, &question);
    CU_ASSERT_EQUAL(g_strcmp0(diagnosis->cause, cause), 0);
    CU_ASSERT_EQUAL(diagnosis->grade, DIAGNOSIS_DERIVED);
    CU_ASSERT_EQUAL(g_strcmp0(diagnosis->task->name, task), 0);
    CU_ASSERT_EQUAL(strstr(diagnosis->link, "in f() at f.c:1") != NULL,
                    strcmp(cause, "guest.exception") == 0);
    diagnosis_free(diagnosis);
    rig_close(rig);
}

static void test_exception_is_named_with_its_place_and_the_task_that_ran(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    trace_emit(rig.trace, TRACE_TASK_RUNNING, TN(RIG_NETD));
    expect_exception(&rig, "guest.exception", "netd");
}

static void test_exception_behind_an_allocation_that_failed_is_that(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    alloc_fault_fail(board_alloc_fault(rig.board), 1);
    CU_ASSERT_TRUE(alloc_fault_strikes(board_alloc_fault(rig.board)));
    expect_exception(&rig, "alloc.unchecked", "netd");
}

static void test_allocation_that_failed_is_no_cause_of_anything_else(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    alloc_fault_fail(board_alloc_fault(rig.board), 1);
    CU_ASSERT_TRUE(alloc_fault_strikes(board_alloc_fault(rig.board)));
    rig_expect(&rig, false, "", NULL);
}

UNIT_SUITE("rules_machine", UNIT_TEST(test_time_of_day_from_a_clock_that_nobody_read),
           UNIT_TEST(test_time_that_is_not_of_day_needs_no_clock),
           UNIT_TEST(test_clock_that_was_read_is_no_cause),
           UNIT_TEST(test_crash_behind_an_allocation_that_failed_is_that),
           UNIT_TEST(test_crash_without_one_has_no_cause),
           UNIT_TEST(test_exception_is_named_with_its_place_and_the_task_that_ran),
           UNIT_TEST(test_exception_behind_an_allocation_that_failed_is_that),
           UNIT_TEST(test_allocation_that_failed_is_no_cause_of_anything_else))
