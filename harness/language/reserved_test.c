/*
 * reserved_test.c - the grammar of what is to come, and that it is refused
 */
#include "harness/language/language_rig.h"
#include "harness/language/reserved.h"

static const struct rig_row setup_rows[] = {
    {"share h \"data/\"",
     "2:1: 'share' is not available in this version: virtio-9p is still to come"},
    {"share h data", "2:9: expected 'memory' or a text in quotes, not 'data'"},
    {"share h memory { \"a\" = \"b\" }",
     "2:1: 'share' is not available in this version: virtio-9p is still to come"},
    {"share h memory { \"a\" = \"b\", \"c\" = \"d\" }",
     "2:1: 'share' is not available in this version: virtio-9p is still to come"},
    {"share", "2:6: expected a name, not the end of the line"},
    {"share h", "2:8: expected 'memory' or a text in quotes, not the end of the line"},
    {"share 5 \"d\"", "2:7: expected a name, which begins with a letter, not '5'"},
    {"share h memory", "2:15: expected '{', not the end of the line"},
    {"share h memory {", "2:17: expected a text in quotes, not the end of the line"},
    {"share h memory { }", "2:18: expected a text in quotes, not '}'"},
    {"share h memory { \"a\" }", "2:22: expected '=', not '}'"},
    {"share h memory { \"a\" = }", "2:24: expected a text in quotes, not '}'"},
    {"share h memory { \"a\" = \"b\"", "2:27: expected '}', not the end of the line"},
    {"share h memory { \"a\" = \"b\" } x", "2:30: expected the end of the line, not 'x'"},
    {"share h \"a\"\nshare h \"b\"",
     "2:1: 'share' is not available in this version: virtio-9p is still to come\n3:1: 'share' is not available in this version: virtio-9p is still to come\n3:7: the share 'h' is on line 2 already"},
};

static void test_setup(void)
{
    rig_check_rows(setup_rows, G_N_ELEMENTS(setup_rows), "version 1\n", "\nwait ready\n");
}

static const struct rig_row inject_and_restore_rows[] = {
    {"inject 9p error Tlopen EACCES 1",
     "3:1: 'inject 9p' is not available in this version: virtio-9p is still to come"},
    {"inject 9p delay 5ms",
     "3:1: 'inject 9p' is not available in this version: virtio-9p is still to come"},
    {"inject 9p short-read 10",
     "3:1: 'inject 9p' is not available in this version: virtio-9p is still to come"},
    {"inject 9p drop",
     "3:1: 'inject 9p' is not available in this version: virtio-9p is still to come"},
    {"inject 9p foreign-tag",
     "3:1: 'inject 9p' is not available in this version: virtio-9p is still to come"},
    {"restore 9p",
     "3:1: 'restore 9p' is not available in this version: virtio-9p is still to come"},
    {"inject 9p",
     "3:10: expected 'error', 'delay', 'short-read', 'drop' or 'foreign-tag', not the end of the line"},
    {"inject 9p eror",
     "3:11: expected 'error', 'delay', 'short-read', 'drop' or 'foreign-tag', not 'eror' [did you mean 'error'?]"},
    {"inject 9p error", "3:16: expected a word, not the end of the line"},
    {"restore 9p x", "3:12: expected the end of the line, not 'x'"},
};

static void test_inject_and_restore(void)
{
    rig_check_rows(inject_and_restore_rows, G_N_ELEMENTS(inject_and_restore_rows),
                   "version 1\nnet eth0\n", "\nwait ready\n");
}

static const struct rig_row send_diagnosis_and_explore_rows[] = {
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

static void test_send_diagnosis_and_explore(void)
{
    rig_check_rows(send_diagnosis_and_explore_rows, G_N_ELEMENTS(send_diagnosis_and_explore_rows),
                   "version 1\nnet eth0\n", "\nwait ready\n");
}

/* An example for each row of the list. */
static void test_every_reserved_thing_is_refused_with_its_reason(void)
{
    static const struct rig_row examples[] = {
        {"net feature", "net eth1 features=+rss"},
        {"share", "share s \"data\""},
        {"inject 9p", "inject 9p drop"},
        {"restore 9p", "restore 9p"},
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

UNIT_SUITE("reserved", UNIT_TEST(test_setup), UNIT_TEST(test_inject_and_restore),
           UNIT_TEST(test_send_diagnosis_and_explore),
           UNIT_TEST(test_every_reserved_thing_is_refused_with_its_reason))
