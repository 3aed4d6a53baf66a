/*
 * checker_test.c - meanings that need more than a line to be wrong
 */
#include "harness/language/language_rig.h"

static void check(const GString *text, const char *expected)
{
    g_autofree char *complaint = rig_complaint(text->str, text->len);
    CU_ASSERT_STRING_EQUAL(complaint, expected);
}

static void test_eight_cards_at_most(void)
{
    g_autoptr(GString) text = g_string_new("version 1\nlimit 1s\n");
    for (unsigned i = 0; i < SCENARIO_NETS_MAX; i++) {
        g_string_append_printf(text, "net n%u backend=none\n", i);
    }
    gsize size = text->len;
    g_string_append(text, "wait ready\n");
    check(text, "");
    g_string_truncate(text, size);
    g_string_append(text, "net more backend=none\nwait ready\n");
    check(text, "11:5: too many network cards: at most 8");
}

static void test_sixty_four_files_at_most(void)
{
    g_autoptr(GString) text = g_string_new("version 1\n");
    for (unsigned i = 0; i < SCENARIO_FILES_MAX; i++) {
        g_string_append_printf(text, "file /f%u \"\"\n", i);
    }
    gsize size = text->len;
    g_string_append(text, "wait ready\n");
    check(text, "");
    g_string_truncate(text, size);
    g_string_append(text, "file /more \"\"\nwait ready\n");
    check(text, "66:6: too many files: at most 64");
}

static void test_paths_have_a_limit(void)
{
    g_autofree char *name = g_strnfill(SCENARIO_PATH_MAX - 1, 'x');
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "version 1\nfile \"/%s\" \"\"\nwait ready\n", name);
    check(text, "");
    g_string_printf(text, "version 1\nfile \"/%sx\" \"\"\nwait ready\n", name);
    check(text, "2:6: the path is too long: 256 bytes, at most 255");
}

static void test_times_are_compared_with_the_limit_of_the_scenario(void)
{
    static const struct rig_row rows[] = {
        {"run a: \"b\" within 2s", ""},
        {"run a: \"b\" within 2001ms", "4:19: within 2001ms is longer than the scenario's limit "
                                       "[raise it with 'limit' in the set-up]"},
        {"1999ms run a: \"b\"", ""},
        {"2s run a: \"b\"", "4:1: 2s is not before the scenario's limit"},
        {"never frame \"\" until +2s", ""},
        {"never frame \"\" until 2001ms", "4:22: 2001ms is behind the scenario's limit"},
    };
    rig_check_rows(rows, G_N_ELEMENTS(rows), "version 1\nlimit 2s\nnet eth0\n", "\n");
}

static void test_names_of_different_kinds_do_not_collide(void)
{
    static const struct rig_row rows[] = {
        {"net a\nrun a: \"b\"\nexpect frame in a \"arp\" as a\nexpect a exits 0", ""},
    };
    rig_check_rows(rows, G_N_ELEMENTS(rows), "version 1\ntags a\n", "\n");
}

static void test_names_are_declared_before_they_are_used(void)
{
    static const struct rig_row rows[] = {
        {"expect a exits 0\nrun a: \"b\"", "2:8: no program has been started under the name 'a'"},
        {"kill a 9\nrun a: \"b\"", "2:6: no program has been started under the name 'a'"},
        {"never call a read\nrun a: \"b\"", "2:12: no program has been started under the name 'a'"},
        {"expect frame a \"arp\"", "2:14: no network card is called 'a'"},
        {"finally vq a.rx free == 1", "2:12: no queue is called 'a.rx'"},
    };
    rig_check_rows(rows, G_N_ELEMENTS(rows), "version 1\n", "\n");
}

static void test_each_kind_of_assertion_is_enough(void)
{
    static const struct rig_row rows[] = {
        {"wait ready", ""},
        {"run a: \"b\"", ""},
        {"expect frame \"arp\"", ""},
        {"never frame \"arp\"", ""},
        {"finally counter x == 1", ""},
        {"start a: \"b\"\nkill a 9",
         "0:0: the scenario asserts nothing [add 'run', 'expect', 'never' or 'finally']"},
    };
    rig_check_rows(rows, G_N_ELEMENTS(rows), "version 1\n", "\n");
}

UNIT_SUITE("checker", UNIT_TEST(test_eight_cards_at_most), UNIT_TEST(test_sixty_four_files_at_most),
           UNIT_TEST(test_paths_have_a_limit),
           UNIT_TEST(test_times_are_compared_with_the_limit_of_the_scenario),
           UNIT_TEST(test_names_of_different_kinds_do_not_collide),
           UNIT_TEST(test_names_are_declared_before_they_are_used),
           UNIT_TEST(test_each_kind_of_assertion_is_enough))
