/* checksum_test.c - the Internet checksum against a plain one, and against known headers */
#include "lib/checksum.h"
#include "lib/fake_machine.h"
#include "tests/unit.h"

#include <string.h>

/* As the text of [RFC1071] 1 has it: 16-bit words, end-around carry. */
static uint16_t plain_checksum(const uint8_t *bytes, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i += 2) {
        uint32_t low = i + 1 < size ? bytes[i + 1] : 0;
        sum += (uint32_t)bytes[i] << 8 | low;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void fill(uint8_t *bytes, size_t size)
{
    uint32_t state = 1;
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(state >> 24);
    }
}

static void test_known_header(void)
{
    /* An IPv4 header whose checksum, 0xb861, is well known; it counts as 0 here. */
    const uint8_t header[20] = {0x45, 0, 0,    0x73, 0, 0, 0x40, 0,    0x40, 0x11,
                                0,    0, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0,    0xc7};
    CU_ASSERT_EQUAL(checksum_of(header, sizeof header), 0xb861);
}

static void test_right_checksum_sums_to_zero(void)
{
    uint8_t header[20] = {0x45, 0,    0,    0x73, 0, 0, 0x40, 0,    0x40, 0x11,
                          0xb8, 0x61, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0,    0xc7};
    CU_ASSERT_TRUE(checksum_is_right(header, sizeof header));
    header[8]--;
    CU_ASSERT_FALSE(checksum_is_right(header, sizeof header));
}

static void test_all_sizes_and_alignments_agree_with_plain(void)
{
    uint8_t bytes[80];
    fill(bytes, sizeof bytes);
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t size = 0; size <= 64; size++)
            CU_ASSERT_EQUAL(checksum_of(bytes + offset, size),
                            plain_checksum(bytes + offset, size));
    }
}

static void test_carries_are_folded(void)
{
    uint8_t bytes[2048];
    memset(bytes, 0xff, sizeof bytes);
    CU_ASSERT_EQUAL(checksum_of(bytes, sizeof bytes), 0);
    CU_ASSERT_EQUAL(checksum_finish(UINT64_MAX), plain_checksum(bytes, 8));
    CU_ASSERT_EQUAL(checksum_finish(0), 0xffff);
}

static void test_parts_sum_like_the_whole(void)
{
    uint8_t bytes[61];
    fill(bytes, sizeof bytes);
    for (size_t cut = 0; cut <= 60; cut += 2) {
        uint64_t sum = checksum_add(0, bytes, cut);
        sum = checksum_add(sum, bytes + cut, sizeof bytes - cut);
        CU_ASSERT_EQUAL(checksum_finish(sum), plain_checksum(bytes, sizeof bytes));
    }
}

static void test_a_copy_is_true_and_sums_like_the_original(void)
{
    uint8_t from[80], to[80];
    fill(from, sizeof from);
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t size = 0; size <= 64; size++) {
            memset(to, 0xee, sizeof to);
            uint64_t sum = checksum_copy(7, to + 1, from + offset, size);
            CU_ASSERT_EQUAL(checksum_finish(sum),
                            checksum_finish(checksum_add(7, from + offset, size)));
            CU_ASSERT_EQUAL(memcmp(to + 1, from + offset, size), 0);
            CU_ASSERT_EQUAL(to[0], 0xee);
            CU_ASSERT_EQUAL(to[1 + size], 0xee);
        }
    }
}

static void test_a_part_behind_an_odd_one_is_shifted(void)
{
    uint8_t bytes[61];
    fill(bytes, sizeof bytes);
    for (size_t cut = 1; cut <= 61; cut += 2) {
        uint64_t sum = checksum_add(0, bytes, cut);
        sum += checksum_shift(checksum_add(0, bytes + cut, sizeof bytes - cut));
        CU_ASSERT_EQUAL(checksum_finish(sum), plain_checksum(bytes, sizeof bytes));
    }
}

static void test_numbers_sum_like_their_bytes(void)
{
    const uint8_t bytes[6] = {0x0a, 0x00, 0x02, 0x0f, 0x12, 0x34};
    uint64_t sum = checksum_add_u16(checksum_add_u32(0, 0x0a00020f), 0x1234);
    CU_ASSERT_EQUAL(checksum_finish(sum), plain_checksum(bytes, sizeof bytes));
}

static void test_sixteen_bytes_cost_a_tick(void)
{
    uint8_t bytes[64] = {0};
    fake_charged_ticks = 0;
    (void)checksum_of(bytes, 0);
    CU_ASSERT_EQUAL(fake_charged_ticks, 0);
    (void)checksum_of(bytes, 1);
    CU_ASSERT_EQUAL(fake_charged_ticks, 1);
    (void)checksum_of(bytes, 64);
    CU_ASSERT_EQUAL(fake_charged_ticks, 5);
}

UNIT_SUITE("checksum", UNIT_TEST(test_known_header), UNIT_TEST(test_right_checksum_sums_to_zero),
           UNIT_TEST(test_all_sizes_and_alignments_agree_with_plain),
           UNIT_TEST(test_carries_are_folded), UNIT_TEST(test_parts_sum_like_the_whole),
           UNIT_TEST(test_a_copy_is_true_and_sums_like_the_original),
           UNIT_TEST(test_a_part_behind_an_odd_one_is_shifted),
           UNIT_TEST(test_numbers_sum_like_their_bytes), UNIT_TEST(test_sixteen_bytes_cost_a_tick))
