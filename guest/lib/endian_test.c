/* endian_test.c - numbers in network order */
#include "lib/endian.h"
#include "tests/unit.h"

#include <arpa/inet.h>
#include <string.h>

static void test_store_writes_the_high_byte_first(void)
{
    uint8_t bytes[4];
    store_be16(bytes, 0x1234);
    CU_ASSERT_EQUAL(memcmp(bytes, "\x12\x34", 2), 0);
    store_be32(bytes, 0x89abcdef);
    CU_ASSERT_EQUAL(memcmp(bytes, "\x89\xab\xcd\xef", 4), 0);
}

static void test_load_is_the_reverse(void)
{
    const uint8_t bytes[5] = {0xff, 0x89, 0xab, 0xcd, 0xef};
    CU_ASSERT_EQUAL(load_be16(bytes + 1), 0x89ab);
    CU_ASSERT_EQUAL(load_be32(bytes + 1), 0x89abcdef);
    CU_ASSERT_EQUAL(load_be32(bytes), 0xff89abcd);
}

static void test_wire_members_lie_anywhere(void)
{
    struct {
        uint8_t odd;
        be16_t half;
        be32_t word;
    } header = {1, be16_put(0x0800), be32_put(0x0a00020f)};
    CU_ASSERT_EQUAL(sizeof header, 7);
    CU_ASSERT_EQUAL(memcmp(&header, "\x01\x08\x00\x0a\x00\x02\x0f", 7), 0);
    CU_ASSERT_EQUAL(be16_get(header.half), 0x0800);
    CU_ASSERT_EQUAL(be32_get(header.word), 0x0a00020f);
}

static void test_network_order_is_the_host_librarys(void)
{
    CU_ASSERT_EQUAL(host_to_net16(0x1234), htons(0x1234));
    CU_ASSERT_EQUAL(host_to_net32(0x0a00020f), htonl(0x0a00020f));
    CU_ASSERT_EQUAL(net_to_host16(htons(0xfedc)), 0xfedc);
    CU_ASSERT_EQUAL(net_to_host32(htonl(0xfedcba98)), 0xfedcba98);
}

UNIT_SUITE("endian", UNIT_TEST(test_store_writes_the_high_byte_first),
           UNIT_TEST(test_load_is_the_reverse), UNIT_TEST(test_wire_members_lie_anywhere),
           UNIT_TEST(test_network_order_is_the_host_librarys))
