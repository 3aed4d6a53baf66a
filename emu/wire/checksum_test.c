/*
 * checksum_test.c - the Internet checksum against published examples and a plain second version
 */
#include "emu/wire/checksum.h"

#include "emu/core/prng.h"
#include "tests/unit.h"

static void test_example_of_the_rfc(void)
{
    /* [RFC1071] 3: these bytes sum up to ddf2. */
    const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, data, sizeof(data))), (uint16_t)~0xddf2);
}

static void test_nothing_sums_up_to_zero(void)
{
    CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, NULL, 0)), 0xffff);
}

static void test_odd_byte_is_the_high_half(void)
{
    const uint8_t data[] = {0x12};
    CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, data, 1)), (uint16_t)~0x1200);
}

static void test_carries_go_around_more_than_once(void)
{
    uint8_t data[65534];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = 0xff;
    }
    CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, data, sizeof(data))), 0);
    CU_ASSERT_EQUAL(checksum_finish(UINT64_C(0xffff0001)), (uint16_t)~1);
    CU_ASSERT_EQUAL(checksum_finish(UINT64_C(0x1fffe)), 0);
}

static void test_header_with_its_checksum_sums_up_to_none(void)
{
    /* IP 10.0.2.15 > 10.0.2.2: ICMP echo request, id 1, seq 1, length 64 */
    const uint8_t header[] = {0x45, 0x00, 0x00, 0x54, 0x00, 0x00, 0x40, 0x00, 0x40, 0x01,
                              0x22, 0x99, 0x0a, 0x00, 0x02, 0x0f, 0x0a, 0x00, 0x02, 0x02};
    CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, header, sizeof(header))), 0);
}

static void test_pseudo_header_is_the_sum_of_its_bytes(void)
{
    const uint8_t bytes[] = {10, 0, 2, 15, 192, 168, 255, 254, 0, 17, 0x12, 0x34};
    CU_ASSERT_EQUAL(
        checksum_finish(checksum_add_pseudo_header(0, 0x0a00020f, 0xc0a8fffe, 17, 0x1234)),
        checksum_finish(checksum_add(0, bytes, sizeof(bytes))));
}

/* One byte at a time, carries at once. */
static uint16_t plain_checksum(const uint8_t *data, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void test_agrees_with_a_plain_version_in_pieces_too(void)
{
    struct prng prng;
    prng_init(&prng, 7, "test");
    uint8_t data[300];
    for (unsigned round = 0; round < 500; round++) {
        size_t len = (size_t)prng_below(&prng, sizeof(data) + 1);
        prng_fill(&prng, data, len);
        size_t piece = (size_t)prng_below(&prng, len / 2 + 1) * 2;
        uint64_t sum = checksum_add(0, data, piece);
        CU_ASSERT_EQUAL(checksum_finish(checksum_add(sum, data + piece, len - piece)),
                        plain_checksum(data, len));
    }
}

UNIT_SUITE("checksum", UNIT_TEST(test_example_of_the_rfc), UNIT_TEST(test_nothing_sums_up_to_zero),
           UNIT_TEST(test_odd_byte_is_the_high_half),
           UNIT_TEST(test_carries_go_around_more_than_once),
           UNIT_TEST(test_header_with_its_checksum_sums_up_to_none),
           UNIT_TEST(test_pseudo_header_is_the_sum_of_its_bytes),
           UNIT_TEST(test_agrees_with_a_plain_version_in_pieces_too))
