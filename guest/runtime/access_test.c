/*
 * access_test.c - the hooks of INSTRUMENT accesses, called by code that the compiler instrumented
 *
 * The registers are here: the hal's functions of this file do what those of the bench do.
 */
#include "ringside/hal.h"
#include "runtime/access_subject.h"
#include "tests/unit.h"

#include <string.h>
#include <sys/mman.h>

#define REGISTER ((uintptr_t)0x0a000070)

struct ringside_tick_state ringside_ticks;

static uint64_t register_value;
static unsigned reads, writes, ticks, last_size;
static uintptr_t pending_at;
static unsigned pending_size;
static volatile uint16_t index_in_memory;

static void commit(void)
{
    if (pending_size == 0)
        return;
    CU_ASSERT_EQUAL(pending_at, REGISTER);
    memcpy(&register_value, (const void *)pending_at, pending_size);
    pending_size = 0;
    writes++;
}

void hal_raw_read(uintptr_t pa, unsigned size)
{
    commit();
    reads++;
    last_size = size;
    memcpy((void *)pa, &register_value, size);
}

void hal_raw_write(uintptr_t pa, unsigned size)
{
    commit();
    last_size = size;
    pending_at = pa;
    pending_size = size;
    ringside_ticks.left = 0;
}

void ringside_tick(void)
{
    commit();
    ticks++;
    ringside_ticks.left = 100;
    index_in_memory++;
}

static void reset(uint64_t value)
{
    register_value = value;
    reads = writes = ticks = pending_size = 0;
    ringside_ticks.left = INT64_MAX;
    memset((void *)REGISTER, 0xee, 8); /* nobody may see what lies there by itself */
}

static void test_loads_and_stores_of_all_widths_reach_the_register(void)
{
    for (unsigned size = 1; size <= 8; size *= 2) {
        uint64_t mask = size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1;
        reset(0x8877665544332211);
        CU_ASSERT_EQUAL(access_load(REGISTER, size), 0x8877665544332211 & mask);
        CU_ASSERT_EQUAL(reads, 1);
        CU_ASSERT_EQUAL(last_size, size);
        access_store(REGISTER, size, 0xffeeddccbbaa9988);
        CU_ASSERT_EQUAL(writes, 1); /* by the end of the function at the latest */
        CU_ASSERT_EQUAL(register_value & mask, 0xffeeddccbbaa9988 & mask);
        CU_ASSERT_EQUAL(register_value & ~mask, 0x8877665544332211 & ~mask);
    }
}

static void test_reading_and_writing_again_are_two_accesses_each(void)
{
    reset(1);
    CU_ASSERT_EQUAL(access_modify(REGISTER), (5u + 2u) ^ 0x100u);
    CU_ASSERT_EQUAL(register_value, ((5u + 2u) ^ 0x100u) + 1);
    CU_ASSERT_EQUAL(reads, 4);
    CU_ASSERT_EQUAL(writes, 4);
}

static void test_bit_fields_and_plain_pointers_reach_the_register(void)
{
    reset(0xabcde123);
    access_load(REGISTER, 4); /* gcc does not tell of the load that an assignment needs */
    access_set_bits(REGISTER, 0x77);
    CU_ASSERT_EQUAL(register_value, 0xabcde773);
    reset(0);
    CU_ASSERT_EQUAL(access_plain(REGISTER), 7);
    CU_ASSERT_EQUAL(register_value, 7);
}

static void test_atomic_operations_do_their_work(void)
{
    uint32_t word = 0;
    reset(0);
    CU_ASSERT_EQUAL(access_atomics(&word), 0);
    CU_ASSERT_EQUAL(reads + writes, 0);
    CU_ASSERT_TRUE(INT64_MAX - ringside_ticks.left >= 10);
}

static void test_a_loop_that_looks_at_memory_lets_time_pass(void)
{
    reset(0);
    index_in_memory = 0;
    ringside_ticks.left = 10;
    access_spin(&index_in_memory, 3);
    CU_ASSERT_EQUAL(ticks, 3); /* after 10, 110 and 210 */
}

static void test_registers_get_memory(void)
{
    void *at = mmap((void *)HAL_RAW_BASE, HAL_RAW_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    CU_ASSERT_EQUAL_FATAL((uintptr_t)at, HAL_RAW_BASE);
}

UNIT_SUITE("runtime_access", UNIT_TEST(test_registers_get_memory),
           UNIT_TEST(test_loads_and_stores_of_all_widths_reach_the_register),
           UNIT_TEST(test_reading_and_writing_again_are_two_accesses_each),
           UNIT_TEST(test_bit_fields_and_plain_pointers_reach_the_register),
           UNIT_TEST(test_atomic_operations_do_their_work),
           UNIT_TEST(test_a_loop_that_looks_at_memory_lets_time_pass))
