/* ipv4_text_test.c - dotted quads */
#include "lib/fake_machine.h"
#include "lib/ipv4_text.h"
#include "tests/unit.h"

static void test_parse_takes_dotted_quads(void)
{
    uint32_t address = 1;
    CU_ASSERT_TRUE(ipv4_parse("10.0.2.15", &address));
    CU_ASSERT_EQUAL(address, 0x0a00020f);
    CU_ASSERT_TRUE(ipv4_parse("0.0.0.0", &address));
    CU_ASSERT_EQUAL(address, 0);
    CU_ASSERT_TRUE(ipv4_parse("255.255.255.255", &address));
    CU_ASSERT_EQUAL(address, UINT32_MAX);
}

static void test_parse_refuses_everything_else(void)
{
    static const char *const wrong[] = {
        "",           "10",          "10.0.2",     "10.0.2.",
        "10.0.2.15.", "10.0.2.15.1", "10.0.2.x",   "10.0.2.256",
        "10..2.15",   ".10.0.2.1",   " 10.0.2.15", "10.0.2.15 ",
        "010.0.2.1",  "10.0.2.-1",   "10.0.2.1/8", "99999999999999999999.0.0.1",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t address = 7;
        CU_ASSERT_FALSE(ipv4_parse(wrong[i], &address));
        CU_ASSERT_EQUAL(address, 7);
    }
}

static void test_parse_prefix(void)
{
    uint32_t address;
    unsigned length;
    CU_ASSERT_TRUE(ipv4_parse_prefix("10.0.2.15/24", &address, &length));
    CU_ASSERT_EQUAL(address, 0x0a00020f);
    CU_ASSERT_EQUAL(length, 24);
    CU_ASSERT_TRUE(ipv4_parse_prefix("10.0.2.15", &address, &length));
    CU_ASSERT_EQUAL(length, 32);
    CU_ASSERT_TRUE(ipv4_parse_prefix("0.0.0.0/0", &address, &length));
    CU_ASSERT_EQUAL(length, 0);
}

static void test_parse_prefix_refuses(void)
{
    static const char *const wrong[] = {"",           "/24",          "10.0.2.0/", "10.0.2.0/33",
                                        "10.0.2.0/x", "10.0.2.0/24/", "10.0.2/24", "10.0.2.0 /24"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t address = 7;
        unsigned length = 7;
        CU_ASSERT_FALSE(ipv4_parse_prefix(wrong[i], &address, &length));
        CU_ASSERT_EQUAL(address, 7);
        CU_ASSERT_EQUAL(length, 7);
    }
}

static void test_format(void)
{
    char text[IPV4_TEXT_SIZE];
    CU_ASSERT_STRING_EQUAL(ipv4_format(0x0a00020f, text), "10.0.2.15");
    CU_ASSERT_STRING_EQUAL(ipv4_format(UINT32_MAX, text), "255.255.255.255");
    CU_ASSERT_STRING_EQUAL(ipv4_format(0, text), "0.0.0.0");
}

static void test_mask(void)
{
    CU_ASSERT_EQUAL(ipv4_mask(0), 0);
    CU_ASSERT_EQUAL(ipv4_mask(8), 0xff000000);
    CU_ASSERT_EQUAL(ipv4_mask(24), 0xffffff00);
    CU_ASSERT_EQUAL(ipv4_mask(32), UINT32_MAX);
    CU_ASSERT_TRUE(FAKE_PANICS((void)ipv4_mask(33)));
}

static void test_mask_length_is_the_reverse(void)
{
    unsigned length;
    for (unsigned bits = 0; bits <= 32; bits++) {
        CU_ASSERT_TRUE(ipv4_mask_length(ipv4_mask(bits), &length));
        CU_ASSERT_EQUAL(length, bits);
    }
    length = 7;
    CU_ASSERT_FALSE(ipv4_mask_length(0xff00ff00, &length));
    CU_ASSERT_FALSE(ipv4_mask_length(0x000000ff, &length));
    CU_ASSERT_EQUAL(length, 7);
}

UNIT_SUITE("ipv4_text", UNIT_TEST(test_parse_takes_dotted_quads),
           UNIT_TEST(test_parse_refuses_everything_else), UNIT_TEST(test_parse_prefix),
           UNIT_TEST(test_parse_prefix_refuses), UNIT_TEST(test_format), UNIT_TEST(test_mask),
           UNIT_TEST(test_mask_length_is_the_reverse))
