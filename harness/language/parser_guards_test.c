/*
 * parser_guards_test.c - what is said about each way to write `guards`, and which tests come of it
 *
 * The scenarios lie in a folder of their own, with the patches `a.patch` and `b-2.patch`.
 */
#include "harness/language/language_rig.h"

#include <glib/gstdio.h>

#define HEAD "version 1\n"
#define TAIL "\nwait ready\n"

struct folder {
    char *path, *scenario, *patches[2];
};

static void folder_init(struct folder *folder)
{
    folder->path = g_dir_make_tmp("guards-XXXXXX", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder->path);
    folder->scenario = g_build_filename(folder->path, "x.scn", NULL);
    folder->patches[0] = g_build_filename(folder->path, "a.patch", NULL);
    folder->patches[1] = g_build_filename(folder->path, "b-2.patch", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(folder->patches); i++) {
        CU_ASSERT_TRUE_FATAL(g_file_set_contents(folder->patches[i], "", 0, NULL));
    }
}

static void folder_fini(struct folder *folder)
{
    for (size_t i = 0; i < G_N_ELEMENTS(folder->patches); i++) {
        g_unlink(folder->patches[i]);
        g_free(folder->patches[i]);
    }
    g_rmdir(folder->path);
    g_free(folder->scenario);
    g_free(folder->path);
}

static GPtrArray *folder_load(const struct folder *folder, const char *text, char **complaint)
{
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    GPtrArray *tests = scenario_load_text(text, strlen(text), folder->scenario, "s/x", diagnostics);
    *complaint = rig_describe(diagnostics);
    return tests;
}

static void check_rows(const struct rig_row *rows, size_t count, const char *before)
{
    struct folder folder;
    folder_init(&folder);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *text = g_strconcat(before, rows[i].text, TAIL, NULL);
        g_autofree char *complaint = NULL;
        GPtrArray *tests = folder_load(&folder, text, &complaint);
        if (strcmp(complaint, rows[i].complaint) != 0) {
            printf("\n%s\n  expected %s\n  got      %s\n", rows[i].text, rows[i].complaint,
                   complaint);
        }
        CU_ASSERT_STRING_EQUAL(complaint, rows[i].complaint);
        g_clear_pointer(&tests, g_ptr_array_unref);
    }
    folder_fini(&folder);
}

static void test_each_slip_has_its_message(void)
{
    static const struct rig_row rows[] = {
        {"guards \"a.patch\" cause irq.lost", ""},
        {"guards a.patch cause irq.lost task netd", ""},
        {"guards", "2:7: expected the name of a patch, not the end of the line"},
        {"guards \"a.patch\"", "2:17: expected 'cause', not the end of the line"},
        {"guards \"a.patch\" case irq.lost",
         "2:18: expected 'cause', not 'case' [did you mean 'cause'?]"},
        {"guards \"a.patch\" cause", "2:23: expected the name of a cause, not the end of the line"},
        {"guards \"a.patch\" cause irq.lost task",
         "2:37: expected the name of a task, not the end of the line"},
        {"guards \"a.patch\" cause irq.lost tsk netd",
         "2:33: expected 'task', 'when' or the end of the line, not 'tsk' [did you mean 'task'?]"},
        {"guards \"a.patch\" cause irq.lost task a task b",
         "2:40: expected 'task', 'when' or the end of the line, not 'task'"},
        {"guards \"a.patch\" cause irq.lost when",
         "2:37: expected the name of a parameter, not the end of the line"},
        {"1ms guards \"a.patch\" cause irq.lost",
         "2:1: 'guards' belongs to the set-up and takes no time"},
    };
    check_rows(rows, G_N_ELEMENTS(rows), HEAD);
}

static void test_a_patch_has_to_be_there(void)
{
    static const struct rig_row rows[] = {
        {"guards \"b-3.patch\" cause irq.lost",
         "2:8: no patch \"b-3.patch\" stands beside the scenario [did you mean 'b-2.patch'?]"},
        {"guards \"elsewhere.patch\" cause irq.lost",
         "2:8: no patch \"elsewhere.patch\" stands beside the scenario"},
        {"guards \"../a.patch\" cause irq.lost",
         "2:8: a patch stands beside its scenario: no '/' in \"../a.patch\""},
        {"guards \"a\" cause irq.lost",
         "2:8: a patch is called NAME.patch, with a name of letters, digits, '-', '_' and '.', "
         "not \"a\""},
        {"guards \"a b.patch\" cause irq.lost",
         "2:8: a patch is called NAME.patch, with a name of letters, digits, '-', '_' and '.', "
         "not \"a b.patch\""},
        {"guards \"a.patch\" cause irq.lost\nguards \"a.patch\" cause irq.lost",
         "3:8: the patch 'a.patch' is on line 2 already"},
    };
    check_rows(rows, G_N_ELEMENTS(rows), HEAD);
}

static void test_a_cause_has_to_exist(void)
{
    static const struct rig_row rows[] = {
        {"guards \"a.patch\" cause irq.lots",
         "2:24: no cause is called 'irq.lots' [did you mean 'irq.lost'?]"},
        {"guards \"a.patch\" cause bad-luck", "2:24: no cause is called 'bad-luck'"},
        {"guards \"a.patch\" cause dma.freed", ""},
        {"guards \"a.patch\" cause dma.frees",
         "2:24: no cause is called 'dma.frees' [did you mean 'dma.freed'?]"},
        {"guards \"a.patch\" cause dma.freed task netd",
         "2:39: the check 'dma.freed' names no task that pays"},
    };
    check_rows(rows, G_N_ELEMENTS(rows), HEAD);
}

static void test_a_condition_names_a_parameter_and_one_of_its_values(void)
{
    static const struct rig_row rows[] = {
        {"guards \"a.patch\" cause irq.lost when n=2", ""},
        {"guards \"a.patch\" cause irq.lost when m=2", "4:38: no parameter is called 'm'"},
        {"guards \"a.patch\" cause irq.lost when n=3",
         "4:40: the parameter 'n' has no value '3': the mutant would never run"},
        {"guards \"a.patch\" cause irq.lost when n 2", "4:40: expected '=', not '2'"},
        {"guards \"a.patch\" cause irq.lost when n=",
         "4:40: expected a value of the parameter, not the end of the line"},
        {"guards \"a.patch\" cause irq.lost when n=1 when n=2",
         "4:42: expected 'task', 'when' or the end of the line, not 'when'"},
        /* Twice, but never in one test. */
        {"guards \"a.patch\" cause irq.lost when n=1\nguards \"a.patch\" cause irq.lost when n=2",
         ""},
    };
    check_rows(rows, G_N_ELEMENTS(rows), HEAD "param n in 1, 2\ntitle \"$n\"\n");
}

static char *names_of(const GPtrArray *tests)
{
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < tests->len; i++) {
        const struct scenario *test = g_ptr_array_index(tests, i);
        g_string_append_printf(names, "%s%s", i > 0 ? " " : "", test->name);
    }
    return g_string_free(names, FALSE);
}

static void check_names(const char *text, const char *expected)
{
    struct folder folder;
    folder_init(&folder);
    g_autofree char *complaint = NULL;
    g_autoptr(GPtrArray) tests = folder_load(&folder, text, &complaint);
    CU_ASSERT_STRING_EQUAL(complaint, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tests);
    g_autofree char *names = names_of(tests);
    CU_ASSERT_STRING_EQUAL(names, expected);
    folder_fini(&folder);
}

static void test_each_bug_is_one_more_test(void)
{
    check_names(HEAD "guards \"b-2.patch\" cause irq.lost\nguards a.patch cause irq.masked" TAIL,
                "s/x s/x!b-2 s/x!a");
}

static void test_a_condition_chooses_among_the_tests(void)
{
    check_names(HEAD "param n in 1, 2\nguards a.patch cause irq.lost when n=2" TAIL
                     "run p: \"sleep $n\"\n",
                "s/x[n=1] s/x[n=2] s/x[n=2]!a");
}

static void test_a_mutant_knows_what_is_expected_of_it(void)
{
    struct folder folder;
    folder_init(&folder);
    g_autofree char *complaint = NULL;
    g_autoptr(GPtrArray) tests =
        folder_load(&folder, HEAD "title \"t\"\nguards \"b-2.patch\" cause irq.lost task netd" TAIL,
                    &complaint);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tests);
    CU_ASSERT_EQUAL_FATAL(tests->len, 2);
    const struct scenario *clean = tests->pdata[0], *mutant = tests->pdata[1];
    CU_ASSERT_PTR_NULL(clean->guard);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mutant->guard);
    CU_ASSERT_STRING_EQUAL(mutant->guard->patch, "b-2.patch");
    CU_ASSERT_STRING_EQUAL(mutant->guard->bug, "b-2");
    CU_ASSERT_STRING_EQUAL(mutant->guard->cause, "irq.lost");
    CU_ASSERT_STRING_EQUAL(mutant->guard->task, "netd");
    CU_ASSERT_EQUAL(mutant->guard->place.line, 3);
    CU_ASSERT_EQUAL(mutant->guard->place.column, 1);
    CU_ASSERT_STRING_EQUAL(mutant->title, clean->title);
    CU_ASSERT_EQUAL(mutant->statements->len, clean->statements->len);
    folder_fini(&folder);
}

static void test_bugs_of_one_test_are_limited(void)
{
    struct folder folder;
    folder_init(&folder);
    g_autoptr(GString) text = g_string_new(HEAD);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i <= SCENARIO_GUARDS_MAX; i++) {
        g_string_append_printf(text, "guards \"p%u.patch\" cause irq.lost\n", i);
        g_ptr_array_add(paths, g_strdup_printf("%s/p%u.patch", folder.path, i));
        CU_ASSERT_TRUE(g_file_set_contents(paths->pdata[i], "", 0, NULL));
    }
    g_string_append(text, TAIL);
    g_autofree char *complaint = NULL;
    g_autoptr(GPtrArray) tests = folder_load(&folder, text->str, &complaint);
    CU_ASSERT_PTR_NULL(tests);
    CU_ASSERT_PTR_NOT_NULL(strstr(complaint, "34:1: too many bugs for one test: at most 32"));
    for (guint i = 0; i < paths->len; i++) {
        g_unlink(paths->pdata[i]);
    }
    folder_fini(&folder);
}

UNIT_SUITE("parser_guards", UNIT_TEST(test_each_slip_has_its_message),
           UNIT_TEST(test_a_patch_has_to_be_there), UNIT_TEST(test_a_cause_has_to_exist),
           UNIT_TEST(test_a_condition_names_a_parameter_and_one_of_its_values),
           UNIT_TEST(test_each_bug_is_one_more_test),
           UNIT_TEST(test_a_condition_chooses_among_the_tests),
           UNIT_TEST(test_a_mutant_knows_what_is_expected_of_it),
           UNIT_TEST(test_bugs_of_one_test_are_limited))
