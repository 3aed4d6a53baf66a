/* paragraph_test.c - where lines are broken */
#include "harness/text/paragraph.h"
#include "tests/unit.h"

#include <string.h>

static char *paragraph(const char *text)
{
    GString *out = g_string_new(NULL);
    paragraph_append(out, "Label", text);
    return g_string_free(out, FALSE);
}

static void test_label_and_indented_text(void)
{
    g_autofree char *got = paragraph("one two");
    CU_ASSERT_STRING_EQUAL(got, "\nLabel\n  one two\n");
    g_autofree char *nothing = paragraph("");
    CU_ASSERT_STRING_EQUAL(nothing, "\nLabel\n  \n");
}

/* "ää…ä b c" with as many as fit before the b, and with one more. Characters count, not bytes. */
static void test_line_is_broken_before_the_word_that_does_not_fit(void)
{
    g_autoptr(GString) wide = g_string_new(NULL);
    for (unsigned i = 0; i < PARAGRAPH_COLUMNS - 4; i++) {
        g_string_append(wide, "ä");
    }
    g_autofree char *text = g_strdup_printf("%s b c", wide->str);
    g_autofree char *got = paragraph(text);
    g_autofree char *expected = g_strdup_printf("\nLabel\n  %s b\n  c\n", wide->str);
    CU_ASSERT_STRING_EQUAL(got, expected);

    g_autofree char *wider = g_strconcat("ä", text, NULL);
    g_autofree char *broken = paragraph(wider);
    g_autofree char *sooner = g_strdup_printf("\nLabel\n  ä%s\n  b c\n", wide->str);
    CU_ASSERT_STRING_EQUAL(broken, sooner);
}

static void test_word_longer_than_a_line_stands_alone(void)
{
    char word[PARAGRAPH_COLUMNS + 2];
    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    g_autofree char *text = g_strdup_printf("%s a %s", word, word);
    g_autofree char *got = paragraph(text);
    g_autofree char *expected = g_strdup_printf("\nLabel\n  %s\n  a\n  %s\n", word, word);
    CU_ASSERT_STRING_EQUAL(got, expected);
}

UNIT_SUITE("paragraph", UNIT_TEST(test_label_and_indented_text),
           UNIT_TEST(test_line_is_broken_before_the_word_that_does_not_fit),
           UNIT_TEST(test_word_longer_than_a_line_stands_alone))
