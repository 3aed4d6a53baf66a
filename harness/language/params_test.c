/*
 * params_test.c - parameters and what is said about them
 */
#include "harness/language/language_rig.h"

static const struct rig_row declarations_and_uses_rows[] = {
    {"param n in 1, 2", ""},
    {"param n in 1", ""},
    {"param n in \"a b\", c", ""},
    {"param", "2:6: expected the name of the parameter, not the end of the line"},
    {"param n", "2:8: expected 'in', not the end of the line"},
    {"param n in", "2:11: expected a value, not the end of the line"},
    {"param n in 1,", "2:14: expected a value, not the end of the line"},
    {"param n in 1 2", "2:14: unexpected '2': the statement is complete before it"},
    {"param n on 1", "2:9: expected 'in', not 'on' [did you mean 'in'?]"},
    {"param n in 1, =", "2:15: expected a value, not '='"},
    {"param 1n in 1", "2:7: the name of a parameter has letters, digits and '_', not '1n'"},
    {"param n-x in 1", "2:7: the name of a parameter has letters, digits and '_', not 'n-x'"},
    {"param \"n\" in 1", "2:7: expected the name of the parameter, not \"n\""},
    {"param n in 1, 1", "2:15: '1' gives a test of the same name twice"},
    {"param n in \"a b\", a_b", "2:19: 'a_b' gives a test of the same name twice"},
    {"param n in \"\"", "2:12: the value of a parameter is not empty"},
    {"param n in $m", "2:12: the value of a parameter is plain, without '$'"},
    {"param n in \"a$b\"", "2:12: the value of a parameter is plain, without '$'"},
    {"param n in 1\nparam n in 2", "3:7: the parameter 'n' is on line 2 already"},
    {"param share in 1\nparam n in 1", "2:7: '$share' is the path of a share"},
    {"param n in 1\nparam m in 2",
     "3:7: the parameter 'm' is not used: all tests would be the same"},
    {"param m in 1", "3:8: unknown parameter '$n' [a '$' itself is written '$$']"},
    {"10ms param n in 1", "2:1: 'param' belongs to the set-up and takes no time"},
    {"title \"$n\"\nparam n in 1", ""},
    {"param n in 1,2\nmachine virt gic=$n", "3:18: 1 is out of range: 2 to 3 (with n=1)"},
    {"param n in 2,\"3\"\nmachine virt gic=$n", "3:18: expected a number, not \"3\" (with n=3)"},
    {"param n in 5, 5s\nlimit $n", "3:7: '5' needs a unit: ns, us, ms, s, min or h (with n=5)"},
    {"param n in 1\nlimit $n", "3:7: '1' needs a unit: ns, us, ms, s, min or h (with n=1)"},
    {"param n in 1\nlimit ${n}s", "3:7: expected a time such as 10ms, not '$'"},
    {"param n in 1\nlimit $ns", "3:7: expected a time such as 10ms, not '$ns'"},
    {"param n in 1\ntitle \"$$n $ 5$\"", ""},
    {"param n in 1\ntitle \"$x\"", "3:7: unknown parameter '$x' [a '$' itself is written '$$']"},
    {"param n in 1\ntitle \"$nn\"", "3:7: unknown parameter '$nn' [a '$' itself is written '$$']"},
};

static void test_declarations_and_uses(void)
{
    rig_check_rows(declarations_and_uses_rows, G_N_ELEMENTS(declarations_and_uses_rows),
                   "version 1\n", "\nrun a: \"b $n\"\n");
}

static const struct rig_row rows_rows[] = {
    {"param n m in 1 2, 1 3\ntitle \"$m\"", ""},
    {"param n m in 1 2, 1 2\ntitle \"$m\"", "2:19: this row gives a test of the same name twice"},
    {"param n m in a_b c, a b_c\ntitle \"$m\"", ""},
    {"param n m in 1, 1 2", "2:15: the row has no value of 'm'"},
    {"param n m in 1 2, 1", "2:20: the row has no value of 'm'"},
    {"param n m in 1 2 3", "2:18: unexpected '3': the statement is complete before it"},
    {"param n m in 1 =", "2:16: expected a value, not '='"},
    {"param n m in 1 $x", "2:16: the value of a parameter is plain, without '$'"},
    {"param n m", "2:9: expected 'in', not 'm'"},
    {"param n, m in 1 2", "2:8: expected the name of the parameter, not ','"},
    {"param n n in 1 2", "2:9: the parameter 'n' is on line 2 already"},
    {"param n m in 1 2\nparam o m in 3 4\ntitle \"$m$o\"",
     "3:9: the parameter 'm' is on line 2 already"},
    {"param n share in 1 2", "2:9: '$share' is the path of a share"},
    {"param n m in 1 2", "2:9: the parameter 'm' is not used: all tests would be the same"},
    {"param n in in in", "2:15: unexpected 'in': the statement is complete before it"},
};

static void test_rows(void)
{
    rig_check_rows(rows_rows, G_N_ELEMENTS(rows_rows), "version 1\n", "\nrun a: \"b $n\"\n");
}

static const struct rig_row order_rows[] = {
    {"run a: \"$n\"\nparam n in 1",
     "3:1: 'param' belongs to the set-up, but the timeline began on line 2"},
    {"run a: \"b\"\nparam n in 1",
     "3:1: 'param' belongs to the set-up, but the timeline began on line 2"},
};

static void test_order(void)
{
    rig_check_rows(order_rows, G_N_ELEMENTS(order_rows), "version 1\n", "\n");
}

static const struct rig_row dollars_without_parameters_rows[] = {
    {"run a: \"$share/x\"",
     "2:8: '$share' is the path of the share, and there is none [add 'share NAME …' to the set-up]"},
    {"run a: \"$n\"", "2:8: unknown parameter '$n' [a '$' itself is written '$$']"},
    {"run a: \"echo $$\"", ""},
    {"run a: \"$1\"", ""},
};

static void test_dollars_without_parameters(void)
{
    rig_check_rows(dollars_without_parameters_rows, G_N_ELEMENTS(dollars_without_parameters_rows),
                   "version 1\n", "\n");
}

static void check_names(const char *text, const char *const *names)
{
    GPtrArray *tests = rig_load(text);
    guint count = g_strv_length((char **)names);
    CU_ASSERT_EQUAL_FATAL(tests->len, count);
    for (guint i = 0; names[i] != NULL; i++) {
        const struct scenario *scenario = tests->pdata[i];
        CU_ASSERT_STRING_EQUAL(scenario->name, names[i]);
    }
    g_ptr_array_unref(tests);
}

static void test_each_value_names_a_test(void)
{
    static const char *const none[] = {"x", NULL};
    static const char *const one[] = {"x[n=1]", "x[n=7]", "x[n=a_b]", NULL};
    static const char *const two[] = {"x[n=1,m=8]", "x[n=1,m=9]", "x[n=2,m=8]", "x[n=2,m=9]", NULL};
    check_names("version 1\nrun a: \"b\"\n", none);
    check_names("version 1\nparam n in 1, 7, \"a b\"\nrun a: \"$n\"\n", one);
    static const char *const rows[] = {"x[n=1,m=8,o=5]", "x[n=1,m=8,o=6]", "x[n=2,m=9,o=5]",
                                       "x[n=2,m=9,o=6]", NULL};
    check_names("version 1\nparam n in 1, 2\nparam m in 8, 9\nrun a: \"$n$m\"\n", two);
    check_names("version 1\nparam n m in 1 8, 2 9\nparam o in 5, 6\nrun a: \"$n$m$o\"\n", rows);
}

static void test_values_are_put_in_everywhere(void)
{
    GPtrArray *tests = rig_load("version 1\n"
                                "title \"$name: $$$size $\"\n"
                                "param size in 8, 16\n"
                                "param name in alpha\n"
                                "param command in \"ping -c 1\"\n"
                                "limit $size$unit\n"
                                "param unit in s\n"
                                "net $name queue-size=$size\n"
                                "run a: $command within 1$unit\n"
                                "run b-$size: \"$command $size\"\n"
                                "expect counter $name.rx.frames == $size\n");
    CU_ASSERT_EQUAL_FATAL(tests->len, 2);
    const struct scenario *scenario = tests->pdata[1];
    CU_ASSERT_STRING_EQUAL(scenario->title, "alpha: $16 $");
    CU_ASSERT_EQUAL(scenario->limit_ns, UINT64_C(16000000000));
    const struct scenario_net *net = scenario->nets->pdata[0];
    CU_ASSERT_STRING_EQUAL(net->device.name, "alpha");
    CU_ASSERT_EQUAL(net->device.queue_size, 16);
    const struct scenario_statement *run = scenario->statements->pdata[0];
    CU_ASSERT_STRING_EQUAL(run->command, "ping -c 1");
    CU_ASSERT_EQUAL(run->within_ns, 1000000000);
    run = scenario->statements->pdata[1];
    CU_ASSERT_STRING_EQUAL(run->program, "b-16");
    CU_ASSERT_STRING_EQUAL(run->command, "ping -c 1 16");
    CU_ASSERT_STRING_EQUAL(run->text, "run b-$size: \"$command $size\"");
    const struct scenario_statement *counter = scenario->statements->pdata[2];
    CU_ASSERT_STRING_EQUAL(counter->object, "alpha.rx.frames");
    CU_ASSERT_EQUAL(counter->number, 16);
    g_ptr_array_unref(tests);
}

/* The first value is right, the second is not: one complaint, which says for which value. */
static void test_a_complaint_names_the_value(void)
{
    static const struct rig_row rows[] = {
        {"param n in 8, 9, 7\nnet eth0 queue-size=$n",
         "3:21: queue-size=9 is not a power of two (with n=9)"},
        {"param n in 8, 9\nparam m in x, y\nnet eth0 queue-size=$n mac=$m",
         "4:28: expected a MAC address such as 52:54:00:12:34:56, not 'x' (with n=8,m=x)"},
        {"param n in 8, 9\nnet eth0 queue-size=$n\ntitle",
         "4:6: expected the title in quotes, not the end of the line"},
    };
    rig_check_rows(rows, G_N_ELEMENTS(rows), "version 1\n", "\nwait ready\n");
}

static void test_a_value_cannot_make_a_word_too_long(void)
{
    g_autofree char *filler = g_strnfill(200, 'a');
    g_autofree char *text = g_strdup_printf("version 1\nparam n in %s\nrun $n$n: \"b\"\n", filler);
    g_autofree char *complaint = rig_complaint(text, strlen(text));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(complaint, "3:5: with its parameters a word of 400 bytes: at most 255"));
}

static void test_a_file_gives_a_thousand_tests_at_most(void)
{
    g_autoptr(GString) text = g_string_new("version 1\nparam n in 0");
    for (unsigned i = 1; i < 1000; i++) {
        g_string_append_printf(text, ",%u", i);
    }
    g_autofree char *all = g_strconcat(text->str, "\nrun a: \"$n\"\n", NULL);
    GPtrArray *tests = rig_load(all);
    CU_ASSERT_EQUAL(tests->len, 1000);
    g_ptr_array_unref(tests);
    g_autofree char *more = g_strconcat(text->str, ",1000\n", NULL);
    g_autofree char *complaint = rig_complaint(more, strlen(more));
    CU_ASSERT_STRING_EQUAL(complaint, "2:3902: too many values: a file gives at most 1000 tests");
    g_autofree char *product = g_strconcat(text->str, "\nparam m in 1, 2\n", NULL);
    g_autofree char *other = rig_complaint(product, strlen(product));
    CU_ASSERT_STRING_EQUAL(other, "3:16: the parameters together give more than 1000 tests");
}

UNIT_SUITE("params", UNIT_TEST(test_declarations_and_uses), UNIT_TEST(test_rows),
           UNIT_TEST(test_order), UNIT_TEST(test_dollars_without_parameters),
           UNIT_TEST(test_each_value_names_a_test), UNIT_TEST(test_values_are_put_in_everywhere),
           UNIT_TEST(test_a_complaint_names_the_value),
           UNIT_TEST(test_a_value_cannot_make_a_word_too_long),
           UNIT_TEST(test_a_file_gives_a_thousand_tests_at_most))
