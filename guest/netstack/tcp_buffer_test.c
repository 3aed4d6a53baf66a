/*
 * Buffers of connections: bytes lie where their numbers say, and blocks come and go with them.
 */
#include "netstack/tcp_buffer.h"

#include "kernel/fake_hal.h"
#include "lib/checksum.h"
#include "tests/unit.h"

#include <string.h>

#define SIZE 10000

static uint8_t in[SIZE], out[SIZE];
static struct tcp_buffer buffer, other;

static void begin(uint32_t sequence)
{
    fake_boot();
    tcp_blocks_init();
    for (unsigned i = 0; i < SIZE; i++)
        in[i] = (uint8_t)(i * 7 + i / 256);
    memset(out, 0, sizeof(out));
    tcp_buffer_init(&buffer, sequence);
}

static void test_what_is_written_is_read_wherever_it_lies(void)
{
    static const uint32_t begins[] = {0, 1, 2047, 2048, UINT32_MAX - 5000, UINT32_MAX, 0x7ffffff0};
    for (unsigned i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        begin(begins[i]);
        CU_ASSERT_EQUAL(tcp_buffer_write(&buffer, begins[i], in, SIZE), SIZE);
        CU_ASSERT_EQUAL(buffer.end, begins[i] + SIZE);
        tcp_buffer_read(&buffer, begins[i], out, SIZE);
        CU_ASSERT_EQUAL(memcmp(in, out, SIZE), 0);
        tcp_buffer_read(&buffer, begins[i] + 4000, out, 3001);
        CU_ASSERT_EQUAL(memcmp(in + 4000, out, 3001), 0);
        tcp_buffer_release(&buffer, begins[i] + 7000);
        tcp_buffer_read(&buffer, begins[i] + 7000, out, 3000);
        CU_ASSERT_EQUAL(memcmp(in + 7000, out, 3000), 0);
        tcp_buffer_release_all(&buffer);
        CU_ASSERT_EQUAL(tcp_blocks_used(), 0);
    }
}

static void test_the_sum_is_that_of_the_bytes_however_they_are_cut(void)
{
    for (uint32_t first = 2000; first < 2100; first++) {
        begin(first);
        CU_ASSERT_EQUAL(tcp_buffer_write(&buffer, first, in, SIZE), SIZE);
        for (size_t size = 1; size < 6000; size += 613) {
            uint64_t sum = tcp_buffer_read_sum(&buffer, first + 3, out, size, 5);
            CU_ASSERT_EQUAL(checksum_finish(sum), checksum_finish(checksum_add(5, in + 3, size)));
            CU_ASSERT_EQUAL(memcmp(in + 3, out, size), 0);
        }
        tcp_buffer_release_all(&buffer);
    }
}

static void test_blocks_are_taken_when_needed_and_given_back(void)
{
    begin(1000);
    CU_ASSERT_EQUAL(tcp_blocks_used(), 0);
    CU_ASSERT_EQUAL(tcp_buffer_write(&buffer, 1000, in, 1), 1);
    CU_ASSERT_EQUAL(tcp_blocks_used(), 1);
    CU_ASSERT_EQUAL(tcp_buffer_write(&buffer, 9000, in, 1), 1); /* ahead */
    CU_ASSERT_EQUAL(tcp_blocks_used(), 2);
    tcp_buffer_release(&buffer, 1001); /* more will come there */
    CU_ASSERT_EQUAL(tcp_blocks_used(), 2);
    tcp_buffer_release(&buffer, 4096);
    CU_ASSERT_EQUAL(tcp_blocks_used(), 1);
    tcp_buffer_release(&buffer, 9001); /* empty */
    CU_ASSERT_EQUAL(tcp_blocks_used(), 0);
}

static void test_as_much_as_the_table_spans_may_be_held(void)
{
    begin(2047);
    for (uint32_t at = 0; at < TCP_BUFFER_SPAN; at += 1024)
        CU_ASSERT_EQUAL(tcp_buffer_write(&buffer, 2047 + at, in + at % 8000, 1024), 1024);
    CU_ASSERT_EQUAL(tcp_blocks_used(), TCP_BLOCK_SLOTS);
    tcp_buffer_read(&buffer, 2047, out, 1024);
    CU_ASSERT_EQUAL(memcmp(in, out, 1024), 0);
    tcp_buffer_release_all(&buffer);
    CU_ASSERT_EQUAL(tcp_blocks_used(), 0);
}

static void test_without_blocks_the_first_bytes_are_stored(void)
{
    static struct tcp_buffer eaters[TCP_BLOCKS_MAX / TCP_BLOCK_SLOTS + 1];
    begin(0);
    unsigned left = tcp_blocks_left();
    for (unsigned i = 0; left > 2; i++) {
        tcp_buffer_init(&eaters[i], 0);
        for (uint32_t at = 0; at < TCP_BUFFER_SPAN && left > 2; at += TCP_BLOCK_SIZE, left--)
            CU_ASSERT_EQUAL(tcp_buffer_write(&eaters[i], at, in, 1), 1);
    }
    tcp_buffer_init(&other, 100);
    CU_ASSERT_EQUAL(tcp_buffer_write(&other, 100, in, SIZE), 2 * TCP_BLOCK_SIZE - 100);
    CU_ASSERT_EQUAL(tcp_buffer_write(&buffer, 0, in, 1), 0);
    CU_ASSERT_EQUAL(buffer.end, 0);
    tcp_buffer_release_all(&other);
    CU_ASSERT_EQUAL(tcp_buffer_write(&buffer, 0, in, SIZE), 2 * TCP_BLOCK_SIZE);
}

UNIT_SUITE("tcp_buffer", UNIT_TEST(test_what_is_written_is_read_wherever_it_lies),
           UNIT_TEST(test_the_sum_is_that_of_the_bytes_however_they_are_cut),
           UNIT_TEST(test_blocks_are_taken_when_needed_and_given_back),
           UNIT_TEST(test_as_much_as_the_table_spans_may_be_held),
           UNIT_TEST(test_without_blocks_the_first_bytes_are_stored))
