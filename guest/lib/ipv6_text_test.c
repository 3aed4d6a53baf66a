/* ipv6_text_test.c - groups of hexadecimal digits, against the host's inet_ntop() */
#include "lib/fake_machine.h"
#include "lib/ipv6_text.h"
#include "tests/unit.h"

#include <arpa/inet.h>

static void check_text(const char *text)
{
    uint8_t address[16];
    char buffer[IPV6_TEXT_SIZE];
    CU_ASSERT_EQUAL(inet_pton(AF_INET6, text, address), 1);
    CU_ASSERT_STRING_EQUAL(ipv6_format(address, buffer), text);
}

static void test_format_is_canonical(void)
{
    check_text("::");
    check_text("::1");
    check_text("fe80::");
    check_text("fd00::1");
    check_text("2001:db8::1:0:0:1");
    check_text("2001:db8:0:1:1:1:1:1");
    check_text("1:0:0:2::3");
    check_text("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    check_text("0:1:2:3:4:5:6:0");
}

UNIT_SUITE("ipv6_text", UNIT_TEST(test_format_is_canonical))
