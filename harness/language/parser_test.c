/*
 * parser_test.c - files as a whole: order, recovery, how much is said
 */
#include "harness/language/language_rig.h"

static const struct rig_row files_as_a_whole_rows[] = {
    {"", "0:0: the file has no statement [a scenario begins with: version 1]"},
    {"\n\n", "0:0: the file has no statement [a scenario begins with: version 1]"},
    {"# nothing\n", "0:0: the file has no statement [a scenario begins with: version 1]"},
    {"   ", "0:0: the file has no statement [a scenario begins with: version 1]"},
    {"version 2\nwait ready\n", "1:9: unknown version 2 of the language: there is only 1"},
    {"version 2\nfoo\n", "1:9: unknown version 2 of the language: there is only 1"},
    {"version 1\n",
     "0:0: the scenario asserts nothing [add 'run', 'expect', 'never' or 'finally']"},
    {"version 1", "0:0: the scenario asserts nothing [add 'run', 'expect', 'never' or 'finally']"},
    {"version\nwait ready", "1:8: expected a number, not the end of the line"},
    {"version x\nwait ready", "1:9: expected a number, not 'x'"},
    {"version 1 2\nwait ready", "1:11: unexpected '2': the statement is complete before it"},
    {"version \"1\"\nwait ready", "1:9: expected a number, not \"1\""},
    {"version 1\nnet eth0\n",
     "0:0: the scenario asserts nothing [add 'run', 'expect', 'never' or 'finally']"},
    {"version 1\nnet eth0\nstart a: \"b\"\n",
     "0:0: the scenario asserts nothing [add 'run', 'expect', 'never' or 'finally']"},
    {"wait ready\n",
     "1:1: the first statement of a scenario is its version [begin with: version 1]"},
    {"wait ready\nversion 1\n",
     "1:1: the first statement of a scenario is its version [begin with: version 1]\n2:1: 'version' is the first statement of a scenario\n2:1: 'version' belongs to the set-up, but the timeline began on line 1"},
    {"version 1\nwait ready\nnet eth0\n",
     "3:1: 'net' belongs to the set-up, but the timeline began on line 2"},
    {"version 1\nwait ready\nnet eth0\ntitle \"x\"",
     "3:1: 'net' belongs to the set-up, but the timeline began on line 2\n4:1: 'title' belongs to the set-up, but the timeline began on line 2"},
    {"version 1\nnever frame \"arp\"", ""},
    {"\357\273\277version 1\nwait ready",
     "1:1: the file begins with a byte order mark: a scenario is plain UTF-8"},
};

static void test_files_as_a_whole(void)
{
    rig_check_rows(files_as_a_whole_rows, G_N_ELEMENTS(files_as_a_whole_rows), "", "");
}

static void test_each_line_is_judged_by_itself(void)
{
    static const struct rig_row rows[] = {
        {"expct\nrun a: \"b\"\ntitel\n", "2:1: unknown word 'expct' [did you mean 'expect'?]\n"
                                         "4:1: unknown word 'titel' [did you mean 'title'?]"},
        {"\"x\nexpct\n\"y", "2:1: the string does not end: its closing '\"' is missing\n"
                            "3:1: unknown word 'expct' [did you mean 'expect'?]\n"
                            "4:1: the string does not end: its closing '\"' is missing"},
    };
    rig_check_rows(rows, G_N_ELEMENTS(rows), "version 1\n", "");
}

/* `foo` is not declared, but only because its line could not be read. */
static void test_refusals_wait_until_the_syntax_is_right(void)
{
    static const struct rig_row rows[] = {
        {"start foo: bar\nexpect foo exits 0\n",
         "2:12: expected the program's command in quotes, not 'bar' [a text stands in double "
         "quotes]"},
        {"start foo: \"bar\nexpect foo exits 0\n",
         "2:12: the string does not end: its closing '\"' is missing"},
        {"start foo: \"bar\"\nexpect fooo exits 0\n",
         "3:8: no program has been started under the name 'fooo' [did you mean 'foo'?]"},
    };
    rig_check_rows(rows, G_N_ELEMENTS(rows), "version 1\n", "");
}

static void check_count(const char *line, unsigned lines, unsigned expected)
{
    g_autoptr(GString) text = g_string_new("version 1\n");
    for (unsigned i = 0; i < lines; i++) {
        g_string_append(text, line);
    }
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    CU_ASSERT_PTR_NULL(scenario_load_text(text->str, text->len, "x.scn", "x", diagnostics));
    CU_ASSERT_EQUAL(diagnostics->len, expected);
    for (guint i = 0; i < diagnostics->len; i++) {
        const struct scenario_diagnostic *diagnostic = diagnostics->pdata[i];
        CU_ASSERT_EQUAL(diagnostic->place.line, i + 2);
    }
}

static void test_twenty_findings_are_enough(void)
{
    check_count("foo\n", 19, 19);
    check_count("foo\n", 100, 20);
    check_count("kill foo 9\n", 100, 20);
    check_count("param\n", 100, 20);
    check_count("run \"\n", 100, 20);
}

static void test_findings_of_the_caller_are_kept(void)
{
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    CU_ASSERT_PTR_NULL(scenario_load_text("foo", 3, "a.scn", "a", diagnostics));
    CU_ASSERT_PTR_NULL(scenario_load_text("bar", 3, "b.scn", "b", diagnostics));
    CU_ASSERT_EQUAL_FATAL(diagnostics->len, 2);
    const struct scenario_diagnostic *second = diagnostics->pdata[1];
    CU_ASSERT_STRING_EQUAL(second->place.file, "b.scn");
}

UNIT_SUITE("parser", UNIT_TEST(test_files_as_a_whole),
           UNIT_TEST(test_each_line_is_judged_by_itself),
           UNIT_TEST(test_refusals_wait_until_the_syntax_is_right),
           UNIT_TEST(test_twenty_findings_are_enough),
           UNIT_TEST(test_findings_of_the_caller_are_kept))
