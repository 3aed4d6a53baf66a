/* parser_checks_test.c - `check` and `expect violation`: what is refused, and what becomes of it */
#include "harness/language/language_rig.h"

#define HEAD "version 1\nguest reference\n"

static void test_what_is_refused(void)
{
    static const struct rig_row setup[] = {
        {"check strict", ""},
        {"check lenient dma.freed lock.order", ""},
        {"check off\ncheck strict irq.breach", ""},
        {"check", "3:6: expected 'strict', 'lenient' or 'off', not the end of the line"},
        {"check strikt",
         "3:7: expected 'strict', 'lenient' or 'off', not 'strikt' [did you mean 'strict'?]"},
        {"check lenient dma.free",
         "3:15: no check is called 'dma.free' [did you mean 'dma.freed'?]"},
        {"check lenient everything",
         "3:15: no check is called 'everything' [docs/checks.md has them]"},
        {"1s check off", "3:1: 'check' belongs to the set-up and takes no time"},
    };
    rig_check_rows(setup, G_N_ELEMENTS(setup), HEAD, "\nwait ready\n");
    static const struct rig_row timeline[] = {
        {"expect violation dma.freed", ""},
        {"expect violation dma.freed within 1s", ""},
        {"expect violation dma.frees",
         "4:18: no check is called 'dma.frees' [did you mean 'dma.freed'?]"},
        {"expect violation",
         "4:17: expected the name of a check, such as dma.freed, not the end of the line"},
        {"expect violation dma.freed soon",
         "4:28: unexpected 'soon': the statement is complete before it"},
        {"check off", "4:1: 'check' belongs to the set-up, but the timeline began on line 3"},
    };
    rig_check_rows(timeline, G_N_ELEMENTS(timeline), HEAD "wait ready\n", "\n");
    static const struct rig_row off[] = {
        {"expect violation dma.freed", "5:18: the check 'dma.freed' is off: nobody would find it"},
    };
    rig_check_rows(off, G_N_ELEMENTS(off), HEAD "check off\nwait ready\n", "\n");
}

static const struct scenario *first(const GPtrArray *tests)
{
    return g_ptr_array_index(tests, 0);
}

static void test_all_checks_are_strict(void)
{
    g_autoptr(GPtrArray) tests = rig_load(HEAD "wait ready\n");
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        CU_ASSERT_EQUAL(first(tests)->checks[i], CHECK_STRICT);
    }
}

static void test_later_lines_prevail(void)
{
    g_autoptr(GPtrArray) tests =
        rig_load(HEAD "check lenient\ncheck off irq.breach lock.self\ncheck strict lock.self\n"
                      "wait ready\n");
    CU_ASSERT_EQUAL(first(tests)->checks[CHECK_DMA_FREED], CHECK_LENIENT);
    CU_ASSERT_EQUAL(first(tests)->checks[CHECK_IRQ_BREACH], CHECK_OFF);
    CU_ASSERT_EQUAL(first(tests)->checks[CHECK_LOCK_SELF], CHECK_STRICT);
}

static void test_what_is_expected_does_not_fail_the_test(void)
{
    g_autoptr(GPtrArray) tests =
        rig_load(HEAD "check strict\nwait ready\nexpect violation dma.freed within 1s\n");
    const struct scenario *scenario = first(tests);
    CU_ASSERT_EQUAL(scenario->checks[CHECK_DMA_FREED], CHECK_LENIENT);
    CU_ASSERT_EQUAL(scenario->checks[CHECK_DMA_LEAKED], CHECK_STRICT);
    const struct scenario_statement *statement = g_ptr_array_index(scenario->statements, 1);
    CU_ASSERT_EQUAL(statement->verb, SCENARIO_EXPECT_EVENT);
    CU_ASSERT_EQUAL(statement->within_ns, 1000000000);
    CU_ASSERT_EQUAL(statement->event.kind, TRACE_CHECK_VIOLATION);
    CU_ASSERT_EQUAL(statement->event.fields->len, 1);
}

UNIT_SUITE("parser_checks", UNIT_TEST(test_what_is_refused), UNIT_TEST(test_all_checks_are_strict),
           UNIT_TEST(test_later_lines_prevail),
           UNIT_TEST(test_what_is_expected_does_not_fail_the_test))
