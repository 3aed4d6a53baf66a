/* format_test.c - the small printf against the C library's */
#include "lib/format.h"
#include "tests/unit.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

/* Both formatters must agree on text and length. */
#define SAME(...)                                                                                  \
    do {                                                                                           \
        char ours[128], theirs[128];                                                               \
        size_t our_length = ksnprintf(ours, sizeof ours, __VA_ARGS__);                             \
        int their_length = snprintf(theirs, sizeof theirs, __VA_ARGS__);                           \
        CU_ASSERT_STRING_EQUAL(ours, theirs);                                                      \
        CU_ASSERT_EQUAL(our_length, (size_t)their_length);                                         \
    } while (0)

static void test_plain_text(void)
{
    SAME("nothing to convert, %d%%", 100);
    SAME("a%%b");
}

static void test_signed_numbers(void)
{
    SAME("%d %i %d %d", 0, 1, -1, 42);
    SAME("%d %d", INT_MAX, INT_MIN);
    SAME("%ld %ld", LONG_MAX, LONG_MIN);
    SAME("%lld %lld", LLONG_MAX, LLONG_MIN);
}

static void test_unsigned_numbers(void)
{
    SAME("%u %u", 0u, UINT_MAX);
    SAME("%lu %llu", ULONG_MAX, ULLONG_MAX);
    SAME("%zu", (size_t)1500);
    SAME("%x %X %x", 0xdeadbeefu, 0xdeadbeefu, 0u);
    SAME("%lx", ULONG_MAX);
}

static void test_widths(void)
{
    SAME("[%5d] [%-5d] [%05d]", 42, 42, 42);
    SAME("[%5d] [%-5d] [%05d]", -42, -42, -42);
    SAME("[%2d] [%02d]", 12345, 12345);
    SAME("[%08X] [%2x] [%02x]", 0xabcu, 0xau, 0xau);
    SAME("[%*d] [%*d] [%-*d]", 6, 7, -6, 7, 6, 7);
    SAME("[%3c] [%-3c]", 'x', 'y');
}

static void test_precision_of_numbers(void)
{
    SAME("[%.3d] [%6.3d] [%-6.3d]", 7, 7, 7);
    SAME("[%.3d] [%8.4x]", -7, 0x1fu);
    SAME("%lu.%03lu", 12ul, 5ul);
}

static void test_strings(void)
{
    SAME("[%s] [%s]", "", "text");
    SAME("[%6s] [%-6s] [%2s]", "abc", "abc", "abc");
    SAME("[%.2s] [%6.2s] [%.*s]", "abc", "abc", 1, "abc");
}

static void test_string_without_end_is_bounded_by_precision(void)
{
    const char letters[3] = {'a', 'b', 'c'};
    char text[8];
    CU_ASSERT_EQUAL(ksnprintf(text, sizeof text, "%.3s", letters), 3);
    CU_ASSERT_STRING_EQUAL(text, "abc");
}

static void test_null_string(void)
{
    char text[16];
    const char *volatile none = NULL;
    ksnprintf(text, sizeof text, "%s", none);
    CU_ASSERT_STRING_EQUAL(text, "(null)");
}

static void test_cut_text_tells_the_whole_length(void)
{
    char text[5] = "zzzz";
    CU_ASSERT_EQUAL(ksnprintf(text, sizeof text, "%s-%d", "abc", 123), 7);
    CU_ASSERT_STRING_EQUAL(text, "abc-");
    CU_ASSERT_EQUAL(ksnprintf(text, 1, "abc"), 3);
    CU_ASSERT_STRING_EQUAL(text, "");
}

static void test_size_zero_writes_nothing(void)
{
    char text[2] = "q";
    CU_ASSERT_EQUAL(ksnprintf(text, 0, "%d", 12345), 5);
    CU_ASSERT_STRING_EQUAL(text, "q");
}

/* The compiler would refuse these formats: they come in through a pointer. */
static void test_unknown_conversion_is_shown(void)
{
    char text[16];
    const char *volatile strange = "%y";
    const char *volatile unfinished = "50%";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    ksnprintf(text, sizeof text, strange);
    CU_ASSERT_STRING_EQUAL(text, "%y");
    ksnprintf(text, sizeof text, unfinished);
    CU_ASSERT_STRING_EQUAL(text, "50%");
#pragma GCC diagnostic pop
}

UNIT_SUITE("format", UNIT_TEST(test_plain_text), UNIT_TEST(test_signed_numbers),
           UNIT_TEST(test_unsigned_numbers), UNIT_TEST(test_widths),
           UNIT_TEST(test_precision_of_numbers), UNIT_TEST(test_strings),
           UNIT_TEST(test_string_without_end_is_bounded_by_precision), UNIT_TEST(test_null_string),
           UNIT_TEST(test_cut_text_tells_the_whole_length),
           UNIT_TEST(test_size_zero_writes_nothing), UNIT_TEST(test_unknown_conversion_is_shown))
