/*
 * The driver of the real-time clock: what it reads, and what it makes of it.
 */
#include "drivers/pl031.h"

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/fake_tree.h"
#include "lib/errno.h"
#include "tests/unit.h"

#define BASE 0x09010000

static uint32_t seconds, part_low;
static unsigned reads, writes;

static uint32_t rtc_read(void *opaque, uint32_t offset, unsigned size)
{
    (void)opaque;
    CU_ASSERT_EQUAL(size, 4);
    reads++;
    switch (offset) {
    case 0x000:
        return seconds;
    case 0xfe0:
        return part_low;
    case 0xfe4:
        return 0x10;
    default:
        CU_FAIL("a register that the driver has no business with");
        return 0;
    }
}

static void rtc_write(void *opaque, uint32_t offset, uint32_t value)
{
    (void)opaque, (void)offset, (void)value;
    writes++;
}

static int rtc_up(const char *compatible)
{
    const struct fake_tree tree = {.rtc = compatible, .rtc_base = BASE};
    struct platform platform;
    reads = writes = 0;
    fake_hal_reset();
    fake_kernel_reset();
    fake_hal.mmio_base = BASE;
    fake_hal.mmio_size = 0x1000;
    fake_hal.mmio_read = rtc_read;
    fake_hal.mmio_write = rtc_write;
    fake_tree_open(&tree, &platform);
    return pl031_init(&platform);
}

static void test_time_of_day_is_what_the_clock_shows(void)
{
    part_low = 0x31;
    seconds = 1767000000;
    CU_ASSERT_EQUAL(rtc_up("arm,pl031"), 0);
    CU_ASSERT_EQUAL(fake_kernel.realtime_ns, UINT64_C(1767000000000000000));
    CU_ASSERT_EQUAL(writes, 0);
    seconds = UINT32_MAX;
    CU_ASSERT_EQUAL(rtc_up("arm,pl031"), 0);
    CU_ASSERT_EQUAL(fake_kernel.realtime_ns, UINT64_C(4294967295000000000));
}

static void test_without_one_no_register_is_touched(void)
{
    CU_ASSERT_EQUAL(rtc_up(NULL), -KENODEV);
    CU_ASSERT_EQUAL(rtc_up("some,clock"), -KENODEV);
    CU_ASSERT_EQUAL(reads + writes, 0);
    CU_ASSERT_EQUAL(fake_kernel.realtime_ns, 0);
}

static void test_something_else_in_its_place_is_told_and_not_believed(void)
{
    part_low = 0x11;
    seconds = 5;
    CU_ASSERT_EQUAL(rtc_up("arm,pl031"), -KENODEV);
    CU_ASSERT_EQUAL(fake_kernel.realtime_ns, 0);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_console, "rtc: no PL031 is at 0x9010000\n");
}

UNIT_SUITE("pl031 driver", UNIT_TEST(test_time_of_day_is_what_the_clock_shows),
           UNIT_TEST(test_without_one_no_register_is_touched),
           UNIT_TEST(test_something_else_in_its_place_is_told_and_not_believed))
