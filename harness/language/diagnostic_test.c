/*
 * diagnostic_test.c - how findings are shown
 */
#include "harness/language/diagnostic.h"
#include "tests/unit.h"

#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"

static char *format_one(const char *file, unsigned line, unsigned column, const char *source,
                        size_t size, const char *hint, bool color)
{
    g_autoptr(GPtrArray) list = scenario_diagnostics_new();
    struct scenario_place place = {.file = file, .line = line, .column = column};
    diagnostic_add(list, place, source, size, g_strdup(hint), "unknown word '%s'", "x");
    GString *out = g_string_new(NULL);
    scenario_diagnostic_format(out, list->pdata[0], color);
    return g_string_free(out, FALSE);
}

static void check(const char *source, size_t size, unsigned column, const char *expected)
{
    g_autofree char *shown = format_one("a.scn", 3, column, source, size, NULL, false);
    g_autofree char *whole =
        g_strdup_printf("a.scn:3:%u: error: unknown word 'x'\n%s", column, expected);
    CU_ASSERT_STRING_EQUAL(shown, whole);
}

static void test_place_message_line_caret_and_hint(void)
{
    g_autofree char *all = format_one("a.scn", 3, 4, "ab x", 4, "did you mean 'y'?", false);
    CU_ASSERT_STRING_EQUAL(all, "a.scn:3:4: error: unknown word 'x'\n"
                                "  ab x\n"
                                "     ^\n"
                                "  hint: did you mean 'y'?\n");
    g_autofree char *whole = format_one("a.scn", 0, 0, NULL, 0, NULL, false);
    CU_ASSERT_STRING_EQUAL(whole, "a.scn: error: unknown word 'x'\n");
}

static void test_colors(void)
{
    g_autofree char *all = format_one("a.scn", 3, 1, "x", 1, "h", true);
    CU_ASSERT_STRING_EQUAL(all,
                           "\033[1ma.scn:3:1:\033[0m \033[1;31merror:\033[0m unknown word 'x'\n"
                           "  x\n"
                           "  \033[1;32m^\033[0m\n"
                           "  hint: h\n");
}

static void test_caret_stands_under_the_character_not_the_byte(void)
{
    check("\xc3\xbc x", 4, 4, "  \xc3\xbc x\n    ^\n");
    check("\t\tx", 3, 3, "    x\n    ^\n");
    check("\xe6\x97\xa5 x", 5, 5, "  \xe6\x97\xa5 x\n     ^\n"); /* two columns wide */
    check("e\xcc\x81x", 4, 4, "  e\xcc\x81x\n   ^\n");           /* a combining accent */
}

static void test_caret_may_stand_behind_the_line(void)
{
    check("ab", 2, 3, "  ab\n    ^\n");
    check("", 0, 1, "  \n  ^\n");
}

static void test_what_does_not_show_is_made_harmless(void)
{
    check("a\033[2Jb\x7f", 7, 1, "  a?[2Jb?\n  ^\n");
    check("a\xff\xc3", 3, 2, "  a??\n   ^\n");
    check("a\0b", 3, 3, "  a?b\n    ^\n");
    g_autofree char *file = format_one("a\n\033.scn", 0, 0, NULL, 0, "h\n", false);
    CU_ASSERT_STRING_EQUAL(file, "a??.scn: error: unknown word 'x'\n  hint: h?\n");
}

static struct scenario_diagnostic *only(GPtrArray *list, const char *source, size_t size,
                                        unsigned column)
{
    struct scenario_place place = {.file = "a.scn", .line = 1, .column = column};
    diagnostic_add(list, place, source, size, NULL, "x");
    return list->pdata[list->len - 1];
}

/*
 * Wherever the caret is, the excerpt is no wider than the limit and the caret stands on the right
 * character.
 */
static void test_long_lines_are_cut_around_the_caret(void)
{
    GString *line = g_string_new(NULL);
    for (unsigned i = 0; i < 1000; i++) {
        g_string_append_c(line, (char)('a' + i % 26));
    }
    g_autoptr(GPtrArray) list = scenario_diagnostics_new();
    for (unsigned column = 1; column <= 1000; column += 7) {
        const struct scenario_diagnostic *diagnostic = only(list, line->str, line->len, column);
        CU_ASSERT(g_utf8_strlen(diagnostic->source, -1) <= DIAGNOSTIC_WIDTH);
        CU_ASSERT_FATAL(diagnostic->caret >= 1 && diagnostic->caret <= DIAGNOSTIC_WIDTH);
        const char *at = g_utf8_offset_to_pointer(diagnostic->source, diagnostic->caret - 1);
        CU_ASSERT_EQUAL(*at, line->str[column - 1]);
        CU_ASSERT_EQUAL(g_str_has_prefix(diagnostic->source, ELLIPSIS), column > 39);
        CU_ASSERT_EQUAL(g_str_has_suffix(diagnostic->source, ELLIPSIS), column < 951);
    }
    g_string_free(line, TRUE);
}

static void test_the_cut_never_splits_a_character(void)
{
    GString *line = g_string_new(NULL);
    for (unsigned i = 0; i < 200; i++) {
        g_string_append(line, "\xe6\x97\xa5");
    }
    g_autoptr(GPtrArray) list = scenario_diagnostics_new();
    for (unsigned column = 1; column <= 600; column++) {
        const struct scenario_diagnostic *diagnostic = only(list, line->str, line->len, column);
        CU_ASSERT(g_utf8_validate(diagnostic->source, -1, NULL));
        CU_ASSERT_PTR_NULL(strchr(diagnostic->source, '?'));
        CU_ASSERT(diagnostic->caret <= DIAGNOSTIC_WIDTH);
    }
    g_string_free(line, TRUE);
}

static void test_sorting_keeps_the_order_of_one_place(void)
{
    static const struct {
        unsigned line, column;
        const char *message;
    } findings[] = {{2, 1, "c"}, {1, 5, "a"}, {2, 1, "d"}, {0, 0, "0"}, {1, 6, "b"}, {2, 1, "e"}};
    g_autoptr(GPtrArray) list = scenario_diagnostics_new();
    for (size_t i = 0; i < G_N_ELEMENTS(findings); i++) {
        struct scenario_place place = {
            .file = "a",
            .line = findings[i].line,
            .column = findings[i].column,
        };
        diagnostic_add(list, place, NULL, 0, NULL, "%s", findings[i].message);
    }
    diagnostic_sort(list);
    g_autoptr(GString) order = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++) {
        const struct scenario_diagnostic *diagnostic = list->pdata[i];
        g_string_append(order, diagnostic->message);
    }
    CU_ASSERT_STRING_EQUAL(order->str, "0abcde");
}

static void test_hints_name_the_nearest_word(void)
{
    static const char *const words[] = {"expect", NULL};
    g_autofree char *hint = diagnostic_hint_nearest("expct", words);
    CU_ASSERT_STRING_EQUAL(hint, "did you mean 'expect'?");
    CU_ASSERT_PTR_NULL(diagnostic_hint_nearest("xyz", words));
}

UNIT_SUITE("diagnostic", UNIT_TEST(test_place_message_line_caret_and_hint), UNIT_TEST(test_colors),
           UNIT_TEST(test_caret_stands_under_the_character_not_the_byte),
           UNIT_TEST(test_caret_may_stand_behind_the_line),
           UNIT_TEST(test_what_does_not_show_is_made_harmless),
           UNIT_TEST(test_long_lines_are_cut_around_the_caret),
           UNIT_TEST(test_the_cut_never_splits_a_character),
           UNIT_TEST(test_sorting_keeps_the_order_of_one_place),
           UNIT_TEST(test_hints_name_the_nearest_word))
