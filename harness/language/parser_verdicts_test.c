/* parser_verdicts_test.c - expect hang, stall, cause: what is accepted, what is said otherwise */
#include "harness/language/language_rig.h"

#define HEAD "version 1\nnet eth0\n"

static const struct rig_row rows[] = {
    {"expect hang", ""},
    {"expect hang within 10s cause timer.irq-mismatch task ping", ""},
    {"expect stall task netd cause irq.lost within 1s", ""},
    {"expect cause irq.lost within 10s task netd", ""},
    {"expect hang cause x within 10s",
     "3:19: no cause is called 'x' ['ringside causes' lists them]"},
    {"expect cause irq.lots", "3:14: no cause is called 'irq.lots' [did you mean 'irq.lost'?]"},
    {"expect hang within", "3:19: expected a time such as 10ms, not the end of the line"},
    {"expect hang within 5", "3:20: '5' needs a unit: ns, us, ms, s, min or h"},
    {"expect hang within 61s",
     "3:20: within 61s is longer than the scenario's limit [raise it with 'limit' in the set-up]"},
    {"expect hang withn 5s", "3:13: expected 'within', 'cause', 'task' or the end of the line, not "
                             "'withn' [did you mean 'within'?]"},
    {"expect hang within 5s within 5s", "3:23: 'within' is given twice"},
    {"expect cause irq.lost cause irq.lost", "3:23: 'cause' is given twice"},
    {"expect hang task a task b", "3:20: 'task' is given twice"},
    {"expect hang task", "3:17: expected the name of a task, not the end of the line"},
    {"expect hang cause", "3:18: expected a cause, such as irq.lost, not the end of the line"},
    {"expect cause", "3:13: expected a cause, such as irq.lost, not the end of the line"},
    {"expect cause 5", "3:14: expected a name, which begins with a letter, not '5'"},
};

static void test_every_form_is_read_and_every_slip_is_named(void)
{
    rig_check_rows(rows, G_N_ELEMENTS(rows), HEAD, "\n");
}

static void test_what_was_written_is_kept(void)
{
    static const char text[] = HEAD "expect hang within 3s cause irq.lost task netd\n"
                                    "expect cause vq.rx-starved\n";
    g_autoptr(GPtrArray) tests = rig_load(text);
    const struct scenario *scenario = tests->pdata[0];
    const struct scenario_statement *hang = scenario->statements->pdata[0];
    CU_ASSERT_EQUAL(hang->verb, SCENARIO_EXPECT_HANG);
    CU_ASSERT_EQUAL(hang->within_ns, UINT64_C(3000000000));
    CU_ASSERT_STRING_EQUAL(hang->cause, "irq.lost");
    CU_ASSERT_STRING_EQUAL(hang->task, "netd");
    const struct scenario_statement *cause = scenario->statements->pdata[1];
    CU_ASSERT_EQUAL(cause->verb, SCENARIO_EXPECT_CAUSE);
    CU_ASSERT_STRING_EQUAL(cause->cause, "vq.rx-starved");
    CU_ASSERT_PTR_NULL(cause->task);
    CU_ASSERT_EQUAL(cause->within_ns, SCENARIO_NO_TIME);
}

UNIT_SUITE("parser_verdicts", UNIT_TEST(test_every_form_is_read_and_every_slip_is_named),
           UNIT_TEST(test_what_was_written_is_kept))
