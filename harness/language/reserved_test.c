/*
 * reserved_test.c - the grammar of what is to come, and that it is refused
 */
#include "harness/language/language_rig.h"
#include "harness/language/reserved.h"

static const struct rig_row explore_rows[] = {
    {"explore irq eth0 runs=500 seed=1",
     "3:1: 'explore' is not available in this version: exploration of timings is still to come"},
    {"explore preempt",
     "3:1: 'explore' is not available in this version: exploration of timings is still to come"},
    {"explore", "3:8: expected 'irq' or 'preempt', not the end of the line"},
    {"explore iqr", "3:9: expected 'irq' or 'preempt', not 'iqr' [did you mean 'irq'?]"},
    {"explore irq eth0 runs", "3:22: expected '=', not the end of the line"},
    {"explore irq eth0 runs=x", "3:23: expected a number, not 'x'"},
    {"explore irq eth0 run=5",
     "3:18: expected 'runs', 'seed' or the end of the line, not 'run' [did you mean 'runs'?]"},
};

static void test_explore(void)
{
    rig_check_rows(explore_rows, G_N_ELEMENTS(explore_rows), "version 1\nnet eth0\n",
                   "\nwait ready\n");
}

/* An example for each row of the list. */
static void test_every_reserved_thing_is_refused_with_its_reason(void)
{
    static const struct rig_row examples[] = {
        {"net feature", "net eth1 features=+rss"},
        {"call arguments", "run a: \"b\"\nexpect call a b x=1"},
        {"explore", "explore irq"},
    };
    const char *const *list = reserved_list();
    for (size_t i = 0; list[i] != NULL; i++) {
        CU_ASSERT_FATAL(i < G_N_ELEMENTS(examples));
        CU_ASSERT_STRING_EQUAL(list[i], examples[i].text);
        g_autofree char *text =
            g_strdup_printf("version 1\n%s\nwait ready\n", examples[i].complaint);
        g_autofree char *complaint = rig_complaint(text, strlen(text));
        g_autofree char *reason =
            g_strdup_printf("is not available in this version: %s", reserved_reason(list[i]));
        CU_ASSERT_PTR_NOT_NULL(strstr(complaint, reason));
    }
    CU_ASSERT_PTR_NULL(reserved_reason("title"));
}

UNIT_SUITE("reserved", UNIT_TEST(test_explore),
           UNIT_TEST(test_every_reserved_thing_is_refused_with_its_reason))
