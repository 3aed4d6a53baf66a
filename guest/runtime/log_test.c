/*
 * log_test.c - text from formats, against the C library's
 */
#include "runtime/fake_machine.h"
#include "tests/unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CHECK(...)                                                                                 \
    do {                                                                                           \
        char expected[RUNTIME_TEXT_MAX];                                                           \
        snprintf(expected, sizeof(expected) - 1, __VA_ARGS__);                                     \
        strcat(expected, "\n");                                                                    \
        fake_machine_reset();                                                                      \
        runtime_log(__VA_ARGS__);                                                                  \
        CU_ASSERT_STRING_EQUAL(fake_machine.console, expected);                                    \
    } while (0)

static void test_conversions_are_those_of_c(void)
{
    CHECK("plain");
    CHECK("%s, %s", "left", "right");
    CHECK("%c%c%%", 'o', 'k');
    CHECK("%d %d %d", 0, -1, INT_MAX);
    CHECK("%d", INT_MIN);
    CHECK("%ld %ld", LONG_MIN, LONG_MAX);
    CHECK("%u %x", UINT_MAX, 0xdeadbeefu);
    CHECK("%lu %llx", ULONG_MAX, 0x123456789abcdefULL);
    CHECK("%zu", (size_t)77);
    CHECK("[%5d][%05d][%s]", 42, 42, "");
    CHECK("[%5d][%05d][%2d]", -42, -42, -42);
    CHECK("[%8s][%02x]", "text", 5u);
}

static void test_texts_are_cut_and_nothing_is_written_behind(void)
{
    char long_text[2 * RUNTIME_TEXT_MAX];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    fake_machine_reset();
    runtime_log("%s", long_text);
    CU_ASSERT_EQUAL(fake_machine.console_size, RUNTIME_TEXT_MAX);
    CU_ASSERT_EQUAL(fake_machine.console[RUNTIME_TEXT_MAX - 2], 'x');
    CU_ASSERT_EQUAL(fake_machine.console[RUNTIME_TEXT_MAX - 1], '\n');
}

static void test_what_is_no_conversion_stands_as_it_is(void)
{
    /* Not literals: the compiler would object. */
    static const char *const formats[] = {"%q", "%", "100%"};
    static const char *const texts[] = {"q\n", "%\n", "100%\n"};
    for (unsigned i = 0; i < 3; i++) {
        fake_machine_reset();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
        runtime_log(formats[i]);
#pragma GCC diagnostic pop
        CU_ASSERT_STRING_EQUAL(fake_machine.console, texts[i]);
    }
    fake_machine_reset();
    const char *volatile none = NULL;
    runtime_log("%s", none);
    CU_ASSERT_STRING_EQUAL(fake_machine.console, "(null)\n");
}

UNIT_SUITE("runtime_log", UNIT_TEST(test_conversions_are_those_of_c),
           UNIT_TEST(test_texts_are_cut_and_nothing_is_written_behind),
           UNIT_TEST(test_what_is_no_conversion_stands_as_it_is))
