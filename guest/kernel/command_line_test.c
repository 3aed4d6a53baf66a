/* command_line_test.c - from a command line to arguments */
#include "kernel/command_line.h"

#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

/* The arguments, each in brackets. */
static const char *parse(const char *line)
{
    static struct arguments arguments;
    static char text[COMMAND_LINE_MAX * 2];
    int error = command_line_parse(&arguments, line);
    if (error != 0)
        return error == -KE2BIG ? "too big" : error == -KEINVAL ? "invalid" : "?";
    text[0] = '\0';
    for (int i = 0; i < arguments.count; i++) {
        strcat(text, "[");
        strcat(text, arguments.values[i]);
        strcat(text, "]");
    }
    CU_ASSERT_PTR_NULL(arguments.values[arguments.count]);
    return text;
}

static void test_words(void)
{
    CU_ASSERT_STRING_EQUAL(parse("ping -c 3 10.0.2.2"), "[ping][-c][3][10.0.2.2]");
    CU_ASSERT_STRING_EQUAL(parse(" \t ping\t "), "[ping]");
    CU_ASSERT_STRING_EQUAL(parse(""), "");
    CU_ASSERT_STRING_EQUAL(parse("   "), "");
}

static void test_quotes_keep_together(void)
{
    CU_ASSERT_STRING_EQUAL(parse("a \"b c\" d"), "[a][b c][d]");
    CU_ASSERT_STRING_EQUAL(parse("a 'b c' d"), "[a][b c][d]");
    CU_ASSERT_STRING_EQUAL(parse("a'b c'd"), "[ab cd]");
    CU_ASSERT_STRING_EQUAL(parse("'it is' \"a 'b'\" 'c \"d\"'"), "[it is][a 'b'][c \"d\"]");
}

static void test_empty_quotes_are_a_word(void)
{
    CU_ASSERT_STRING_EQUAL(parse("a \"\" ''"), "[a][][]");
}

static void test_backslash_takes_the_next(void)
{
    CU_ASSERT_STRING_EQUAL(parse("a\\ b \\\"c\\\""), "[a b][\"c\"]");
    CU_ASSERT_STRING_EQUAL(parse("\"a\\\"b\""), "[a\"b]");
    CU_ASSERT_STRING_EQUAL(parse("'a\\b'"), "[a\\b]");
}

static void test_unfinished_is_refused(void)
{
    CU_ASSERT_STRING_EQUAL(parse("a \"b"), "invalid");
    CU_ASSERT_STRING_EQUAL(parse("a 'b"), "invalid");
    CU_ASSERT_STRING_EQUAL(parse("a\\"), "invalid");
}

static void test_number_of_words_is_limited(void)
{
    char line[2 * ARGUMENTS_MAX + 3] = "";
    for (int i = 0; i < ARGUMENTS_MAX; i++)
        strcat(line, "x ");
    CU_ASSERT_STRING_NOT_EQUAL(parse(line), "too big");
    strcat(line, "x");
    CU_ASSERT_STRING_EQUAL(parse(line), "too big");
}

static void test_text_is_limited(void)
{
    char line[COMMAND_LINE_MAX + 1];
    memset(line, 'x', sizeof line);
    line[COMMAND_LINE_MAX - 1] = '\0'; /* with its NUL it just fits */
    CU_ASSERT_EQUAL(strlen(parse(line)), COMMAND_LINE_MAX - 1 + 2);
    line[COMMAND_LINE_MAX - 1] = 'x';
    line[COMMAND_LINE_MAX] = '\0';
    CU_ASSERT_STRING_EQUAL(parse(line), "too big");
}

UNIT_SUITE("command_line", UNIT_TEST(test_words), UNIT_TEST(test_quotes_keep_together),
           UNIT_TEST(test_empty_quotes_are_a_word), UNIT_TEST(test_backslash_takes_the_next),
           UNIT_TEST(test_unfinished_is_refused), UNIT_TEST(test_number_of_words_is_limited),
           UNIT_TEST(test_text_is_limited))
