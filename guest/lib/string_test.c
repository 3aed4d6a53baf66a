/* string_test.c - strings and numbers */
#include "lib/string.h"
#include "tests/unit.h"

static void test_lengths(void)
{
    const char letters[3] = {'a', 'b', 'c'};
    CU_ASSERT_EQUAL(kstrlen(""), 0);
    CU_ASSERT_EQUAL(kstrlen("abc"), 3);
    CU_ASSERT_EQUAL(kstrnlen("abc", 8), 3);
    CU_ASSERT_EQUAL(kstrnlen("abc", 2), 2);
    CU_ASSERT_EQUAL(kstrnlen(letters, 3), 3);
}

static void test_comparison(void)
{
    CU_ASSERT_EQUAL(kstrcmp("abc", "abc"), 0);
    CU_ASSERT_EQUAL(kstrcmp("abc", "abd"), -1);
    CU_ASSERT_EQUAL(kstrcmp("abc", "ab"), 1);
    CU_ASSERT_EQUAL(kstrcmp("\xff", "a"), 1);
    CU_ASSERT_EQUAL(kstrncmp("abc", "abd", 2), 0);
    CU_ASSERT_EQUAL(kstrncmp("abc", "abd", 3), -1);
    CU_ASSERT_EQUAL(kstrncmp("a", "b", 0), 0);
    CU_ASSERT_TRUE(kstreq("", ""));
    CU_ASSERT_FALSE(kstreq("a", ""));
    CU_ASSERT_TRUE(kmemeq("abc", "abd", 2));
    CU_ASSERT_FALSE(kmemeq("abc", "abd", 3));
}

static void test_prefix_and_search(void)
{
    const char *text = "/proc/net/route";
    CU_ASSERT_TRUE(kstr_has_prefix(text, "/proc/"));
    CU_ASSERT_TRUE(kstr_has_prefix(text, ""));
    CU_ASSERT_TRUE(kstr_has_prefix(text, text));
    CU_ASSERT_FALSE(kstr_has_prefix("/proc", "/proc/"));
    CU_ASSERT_PTR_EQUAL(kstrchr(text, 'n'), text + 6);
    CU_ASSERT_PTR_NULL(kstrchr(text, 'x'));
    CU_ASSERT_PTR_EQUAL(kstrchr(text, '\0'), text + 15);
}

static void test_copy_always_ends(void)
{
    char text[4] = "zzz";
    CU_ASSERT_EQUAL(kstrlcpy(text, "ab", sizeof text), 2);
    CU_ASSERT_STRING_EQUAL(text, "ab");
    CU_ASSERT_EQUAL(kstrlcpy(text, "abcdef", sizeof text), 6);
    CU_ASSERT_STRING_EQUAL(text, "abc");
    CU_ASSERT_EQUAL(kstrlcpy(text, "xyz", 0), 3);
    CU_ASSERT_STRING_EQUAL(text, "abc");
}

static void test_append_always_ends(void)
{
    char text[6] = "ab";
    CU_ASSERT_EQUAL(kstrlcat(text, "cd", sizeof text), 4);
    CU_ASSERT_STRING_EQUAL(text, "abcd");
    CU_ASSERT_EQUAL(kstrlcat(text, "efgh", sizeof text), 8);
    CU_ASSERT_STRING_EQUAL(text, "abcde");
}

static void test_parse_numbers(void)
{
    uint64_t value = 0;
    CU_ASSERT_TRUE(kparse_u64("0", &value));
    CU_ASSERT_EQUAL(value, 0);
    CU_ASSERT_TRUE(kparse_u64("18446744073709551615", &value));
    CU_ASSERT_EQUAL(value, UINT64_MAX);
    CU_ASSERT_TRUE(kparse_u64("0xffffffffffffffff", &value));
    CU_ASSERT_EQUAL(value, UINT64_MAX);
    CU_ASSERT_TRUE(kparse_u64("0X1f", &value));
    CU_ASSERT_EQUAL(value, 31);
    CU_ASSERT_TRUE(kparse_u64("007", &value));
    CU_ASSERT_EQUAL(value, 7);
}

static void test_parse_refuses_what_is_no_number(void)
{
    static const char *const wrong[] = {"",
                                        "0x",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1a",
                                        "0xg",
                                        "a",
                                        "1.",
                                        "18446744073709551616",
                                        "0x10000000000000000"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t value = 7;
        CU_ASSERT_FALSE(kparse_u64(wrong[i], &value));
        CU_ASSERT_EQUAL(value, 7);
    }
}

static void test_parse_with_bound(void)
{
    uint32_t value = 7;
    CU_ASSERT_FALSE(kparse_u32("256", 255, &value));
    CU_ASSERT_EQUAL(value, 7);
    CU_ASSERT_TRUE(kparse_u32("255", 255, &value));
    CU_ASSERT_EQUAL(value, 255);
    CU_ASSERT_TRUE(kparse_u32("4294967295", UINT32_MAX, &value));
    CU_ASSERT_EQUAL(value, UINT32_MAX);
    CU_ASSERT_FALSE(kparse_u32("4294967296", UINT32_MAX, &value));
}

static void test_parse_decimal(void)
{
    static const struct {
        const char *text;
        unsigned digits;
        uint64_t value;
    } right[] = {
        {"0.2", 9, 200000000},  {"3", 9, 3000000000},
        {".5", 3, 500},         {"5.", 3, 5000},
        {"1.23456", 3, 1234},   {"0", 0, 0},
        {"1.9", 0, 1},          {"0.000000001", 9, 1},
        {"0.0000000019", 9, 1}, {"18.446744073709551615", 18, UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        uint64_t value = 0;
        CU_ASSERT_TRUE(kparse_decimal(right[i].text, right[i].digits, &value));
        CU_ASSERT_EQUAL(value, right[i].value);
    }
}

static void test_parse_decimal_refuses(void)
{
    static const char *const wrong[] = {
        "", ".", "-1", "1.2.3", "1s", "1,5", " 1", "18446744073709551616", "18446744074"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t value = 7;
        CU_ASSERT_FALSE(kparse_decimal(wrong[i], 9, &value));
        CU_ASSERT_EQUAL(value, 7);
    }
}

UNIT_SUITE("string", UNIT_TEST(test_lengths), UNIT_TEST(test_comparison),
           UNIT_TEST(test_prefix_and_search), UNIT_TEST(test_copy_always_ends),
           UNIT_TEST(test_append_always_ends), UNIT_TEST(test_parse_numbers),
           UNIT_TEST(test_parse_refuses_what_is_no_number), UNIT_TEST(test_parse_with_bound),
           UNIT_TEST(test_parse_decimal), UNIT_TEST(test_parse_decimal_refuses))
