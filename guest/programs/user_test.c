/* user_test.c - output by lines, and options */
#include "programs/user.h"

#include "programs/fake_kernel.h"
#include "tests/unit.h"

#include <string.h>

static void test_a_line_is_one_write(void)
{
    struct user_output output = {.used = 0};
    fake_reset();
    user_print(&output, "one ");
    user_print(&output, "%d", 2);
    CU_ASSERT_EQUAL(fake.writes, 0);
    user_print(&output, " three\nfour");
    CU_ASSERT_EQUAL(fake.writes, 1);
    CU_ASSERT_STRING_EQUAL(fake.output, "one 2 three\n");
    user_print(&output, "\n");
    CU_ASSERT_EQUAL(fake.writes, 2);
    CU_ASSERT_STRING_EQUAL(fake.output, "one 2 three\nfour\n");
}

static void test_a_line_that_is_too_long_comes_in_pieces(void)
{
    struct user_output output = {.used = 0};
    fake_reset();
    for (int i = 0; i < USER_LINE_MAX / 10 + 1; i++)
        user_print(&output, "0123456789");
    CU_ASSERT_EQUAL(fake.writes, 1);
    user_print(&output, "\n");
    CU_ASSERT_EQUAL(strlen(fake.output), (USER_LINE_MAX / 10 + 1) * 10 + 1);
}

static void test_errors_are_one_write_too(void)
{
    char text[2 * USER_LINE_MAX];
    fake_reset();
    user_error("ping", "socket: %s", "no");
    CU_ASSERT_STRING_EQUAL(fake.output, "ping: socket: no\n");
    CU_ASSERT_EQUAL(fake.writes, 1);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fake_reset();
    user_error("ping", "%s", text);
    CU_ASSERT_EQUAL(strlen(fake.output), USER_LINE_MAX);
    CU_ASSERT_EQUAL(fake.output[USER_LINE_MAX - 1], '\n');
}

/* Options and operands of a command line as text: "c=3 q | a b". */
static char parsed[256];

static int parse_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "c:q"};
    int option;
    parsed[0] = '\0';
    while ((option = user_next_option(&options)) != 0) {
        size_t used = strlen(parsed);
        if (option == 'c')
            snprintf(parsed + used, sizeof parsed - used, "c=%s ", options.value);
        else
            snprintf(parsed + used, sizeof parsed - used, "%c ", option);
        if (option == '?')
            return 2;
    }
    strcat(parsed, "|");
    for (int i = 0; i < options.operand_count; i++) {
        strcat(parsed, " ");
        strcat(parsed, options.operands[i]);
    }
    return 0;
}

static const char *parse(const char *line)
{
    fake_reset();
    (void)fake_run_program(parse_main, line);
    return parsed;
}

static void test_options_and_operands(void)
{
    CU_ASSERT_STRING_EQUAL(parse("x"), "|");
    CU_ASSERT_STRING_EQUAL(parse("x a b"), "| a b");
    CU_ASSERT_STRING_EQUAL(parse("x -q a"), "q | a");
    CU_ASSERT_STRING_EQUAL(parse("x -c 3 a"), "c=3 | a");
    CU_ASSERT_STRING_EQUAL(parse("x -c3 a"), "c=3 | a");
    CU_ASSERT_STRING_EQUAL(parse("x -qc3 a"), "q c=3 | a");
    CU_ASSERT_STRING_EQUAL(parse("x -qqc 3 a"), "q q c=3 | a");
}

static void test_options_may_stand_behind_operands(void)
{
    CU_ASSERT_STRING_EQUAL(parse("x a -c 3 b -q"), "c=3 q | a b");
}

static void test_two_dashes_end_the_options(void)
{
    CU_ASSERT_STRING_EQUAL(parse("x -q -- -c 3"), "q | -c 3");
    CU_ASSERT_STRING_EQUAL(parse("x -- a -- b"), "| a -- b");
}

static void test_one_dash_is_an_operand(void)
{
    CU_ASSERT_STRING_EQUAL(parse("x - -q"), "q | -");
}

static void test_unknown_options_are_named(void)
{
    CU_ASSERT_STRING_EQUAL(parse("x -z"), "? ");
    CU_ASSERT_STRING_EQUAL(fake.output, "x: invalid option -- 'z'\n");
    CU_ASSERT_STRING_EQUAL(parse("x -:"), "? ");
}

static void test_missing_value_is_named(void)
{
    CU_ASSERT_STRING_EQUAL(parse("x -qc"), "q ? ");
    CU_ASSERT_STRING_EQUAL(fake.output, "x: option requires an argument -- 'c'\n");
}

static int parse_long_main(int argc, char **argv)
{
    static const struct user_long_option names[] = {{"count", 'c'}, {"quiet", 'q'}, {NULL, 0}};
    struct user_options options = {.argc = argc, .argv = argv, .known = "c:q", .long_known = names};
    int option;
    parsed[0] = '\0';
    while ((option = user_next_option(&options)) != 0) {
        size_t used = strlen(parsed);
        if (option == '?')
            return 2;
        snprintf(parsed + used, sizeof parsed - used, "%c=%s ", option,
                 option == 'c' ? options.value : "");
    }
    for (int i = 0; i < options.operand_count; i++)
        strcat(parsed, options.operands[i]);
    return 0;
}

static void test_long_options(void)
{
    fake_reset();
    CU_ASSERT_EQUAL(fake_run_program(parse_long_main, "x --count 3 a --quiet --count=4 -q -c5"), 0);
    CU_ASSERT_STRING_EQUAL(parsed, "c=3 q= c=4 q= c=5 a");
    CU_ASSERT_EQUAL(fake_run_program(parse_long_main, "x --cou 3"), 2);
    CU_ASSERT_STRING_EQUAL(fake.output, "x: unrecognized option '--cou'\n");
    CU_ASSERT_EQUAL(fake_run_program(parse_long_main, "x --count"), 2);
    CU_ASSERT_EQUAL(fake_run_program(parse_main, "x --quiet"), 2);
}

UNIT_SUITE("user", UNIT_TEST(test_long_options), UNIT_TEST(test_a_line_is_one_write),
           UNIT_TEST(test_a_line_that_is_too_long_comes_in_pieces),
           UNIT_TEST(test_errors_are_one_write_too), UNIT_TEST(test_options_and_operands),
           UNIT_TEST(test_options_may_stand_behind_operands),
           UNIT_TEST(test_two_dashes_end_the_options), UNIT_TEST(test_one_dash_is_an_operand),
           UNIT_TEST(test_unknown_options_are_named), UNIT_TEST(test_missing_value_is_named))
