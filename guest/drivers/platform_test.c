/*
 * What drivers are told about the machine, from a device tree and from ACPI tables.
 */
#include "drivers/platform.h"

#include "drivers/fake_acpi.h"
#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/fake_tree.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

#define WINDOWS_MAX 40
#define FREE_SIZE   64 /* memory behind the tables, which is the guest's */

static uint8_t memory[FAKE_ACPI_SIZE + FREE_SIZE];
static struct platform_window windows[WINDOWS_MAX];
static unsigned window_count, window_limit;

static bool take_window(const struct platform_window *window, void *opaque)
{
    CU_ASSERT_PTR_EQUAL(opaque, windows);
    windows[window_count++] = *window;
    return window_count < window_limit;
}

static unsigned count_windows(const struct platform *platform, unsigned limit)
{
    window_count = 0;
    window_limit = limit;
    platform_each_window(platform, take_window, windows);
    return window_count;
}

static void check_timer(const struct platform *platform, enum platform_timer timer, uint32_t intid)
{
    struct platform_interrupt interrupt = {.edge_triggered = true};
    CU_ASSERT_TRUE(platform_find_timer(platform, timer, &interrupt));
    CU_ASSERT_EQUAL(interrupt.intid, intid);
    CU_ASSERT_FALSE(interrupt.edge_triggered);
}

static void check_windows(const struct platform *platform, unsigned count, bool edge_triggered)
{
    CU_ASSERT_EQUAL_FATAL(count_windows(platform, WINDOWS_MAX), count);
    for (unsigned i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(windows[i].base, 0x0a000000 + 0x200 * i);
        CU_ASSERT_EQUAL(windows[i].interrupt.intid, 48 + i);
        CU_ASSERT_EQUAL(windows[i].interrupt.edge_triggered, edge_triggered);
    }
    CU_ASSERT_EQUAL(count_windows(platform, 2), 2);
}

/* ---- device tree ----------------------------------------------------------------------------- */

static void test_tree_tells_controller_timers_and_windows(void)
{
    static const struct fake_tree tree = {
        .controller = "arm,cortex-a15-gic",
        .distributor = 0x108000000,
        .cpu_interface = 0x108010000,
        .timer = "arm,armv7-timer",
        .timer_interrupts = 4,
        .rtc = "arm,pl031",
        .rtc_base = 0x109010000,
        .windows = 5,
        .window_base = 0x0a000000,
        .window_step = 0x200,
    };
    struct platform platform;
    struct platform_gic gic;
    fake_hal_reset();
    fake_tree_open(&tree, &platform);
    CU_ASSERT_TRUE_FATAL(platform_find_gic(&platform, &gic));
    CU_ASSERT_EQUAL(gic.distributor, 0x108000000);
    CU_ASSERT_EQUAL(gic.cpu_interface, 0x108010000);
    check_timer(&platform, PLATFORM_TIMER_VIRTUAL, 27);
    check_timer(&platform, PLATFORM_TIMER_PHYSICAL, 30);
    check_timer(&platform, PLATFORM_TIMER_EL2, 26);
    uintptr_t rtc = 0;
    CU_ASSERT_TRUE(platform_find_rtc(&platform, &rtc));
    CU_ASSERT_EQUAL(rtc, 0x109010000);
    check_windows(&platform, 5, true);
    CU_ASSERT_EQUAL(fake_hal.console_lines, 0);
}

static void test_what_the_tree_does_not_have_is_not_found(void)
{
    static const struct fake_tree tree = {.timer = "arm,armv8-timer", .timer_interrupts = 2};
    struct platform platform;
    struct platform_gic gic;
    struct platform_interrupt interrupt;
    fake_hal_reset();
    fake_tree_open(&tree, &platform);
    CU_ASSERT_FALSE(platform_find_gic(&platform, &gic));
    CU_ASSERT_FALSE(platform_find_timer(&platform, PLATFORM_TIMER_VIRTUAL, &interrupt));
    check_timer(&platform, PLATFORM_TIMER_PHYSICAL, 30);
    uintptr_t rtc;
    CU_ASSERT_FALSE(platform_find_rtc(&platform, &rtc));
    CU_ASSERT_EQUAL(count_windows(&platform, WINDOWS_MAX), 0);
}

static void test_missing_and_damaged_trees_are_told_apart(void)
{
    static const uint8_t damaged[64];
    struct platform platform;
    fake_hal_reset();
    CU_ASSERT_EQUAL(platform_from_fdt(&platform, &fake_hal.boot), -KENODEV);
    CU_ASSERT_EQUAL(fake_hal.console_lines, 0);
    fake_hal.boot.device_tree = damaged;
    fake_hal.boot.device_tree_size = sizeof(damaged);
    CU_ASSERT_EQUAL(platform_from_fdt(&platform, &fake_hal.boot), -KEINVAL);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_console, "device tree: its header is damaged\n");
}

/* ---- ACPI ------------------------------------------------------------------------------------ */

static void acpi_up(void)
{
    fake_hal_reset();
    fake_hal.sysregs[HAL_MPIDR_EL1] = 0x80000000;
    fake_hal.boot.ram_base = (uintptr_t)memory + fake_hal_offset;
    fake_hal.boot.ram_size = sizeof(memory);
    fake_hal.boot.free_base = fake_hal.boot.ram_base + FAKE_ACPI_SIZE;
    fake_hal.boot.free_size = FREE_SIZE;
    fake_hal.boot.acpi_rsdp = fake_hal.boot.ram_base;
    fake_acpi_build(memory, fake_hal.boot.ram_base);
}

static void test_tables_tell_controller_and_timers(void)
{
    struct platform platform;
    struct platform_gic gic;
    acpi_up();
    CU_ASSERT_EQUAL_FATAL(platform_from_acpi(&platform, &fake_hal.boot), 0);
    CU_ASSERT_TRUE(platform_find_gic(&platform, &gic));
    CU_ASSERT_EQUAL(gic.distributor, FAKE_DISTRIBUTOR);
    CU_ASSERT_EQUAL(gic.cpu_interface, FAKE_CPU_INTERFACE0);
    check_timer(&platform, PLATFORM_TIMER_VIRTUAL, 27);
    check_timer(&platform, PLATFORM_TIMER_PHYSICAL, 30);
    CU_ASSERT_EQUAL(fake_hal.console_lines, 0);
}

static void test_with_tables_the_clock_and_all_windows_of_the_board_are_looked_at(void)
{
    struct platform platform;
    uintptr_t rtc = 0;
    acpi_up();
    CU_ASSERT_EQUAL_FATAL(platform_from_acpi(&platform, &fake_hal.boot), 0);
    CU_ASSERT_TRUE(platform_find_rtc(&platform, &rtc));
    CU_ASSERT_EQUAL(rtc, 0x09010000);
    check_windows(&platform, 32, false);
}

static void test_timer_without_a_private_interrupt_is_not_found(void)
{
    static const uint32_t gsivs[] = {0, 15, 32, UINT32_MAX};
    for (unsigned i = 0; i < 4; i++) {
        struct platform platform;
        struct platform_interrupt interrupt;
        acpi_up();
        fake_acpi_put(memory + FAKE_GTDT_AT + 64, 4, gsivs[i]);
        fake_acpi_seal(memory + FAKE_GTDT_AT, FAKE_GTDT_SIZE);
        CU_ASSERT_EQUAL_FATAL(platform_from_acpi(&platform, &fake_hal.boot), 0);
        CU_ASSERT_FALSE(platform_find_timer(&platform, PLATFORM_TIMER_VIRTUAL, &interrupt));
        check_timer(&platform, PLATFORM_TIMER_PHYSICAL, 30);
    }
}

static void test_damaged_tables_are_named_on_the_console(void)
{
    struct platform platform;
    acpi_up();
    memory[FAKE_GTDT_AT + 64]++;
    CU_ASSERT_EQUAL(platform_from_acpi(&platform, &fake_hal.boot), -KEINVAL);
    CU_ASSERT_EQUAL(fake_hal.console_lines, 1);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_console, "acpi: GTDT: its checksum is wrong\n");
    fake_hal.boot.acpi_rsdp = 0;
    CU_ASSERT_EQUAL(platform_from_acpi(&platform, &fake_hal.boot), -KENODEV);
    CU_ASSERT_EQUAL(fake_hal.console_lines, 1);
}

static void test_tables_in_memory_that_is_the_guests_are_refused(void)
{
    struct platform platform;
    acpi_up();
    memcpy(memory + FAKE_ACPI_SIZE, memory, FREE_SIZE);
    fake_hal.boot.acpi_rsdp = fake_hal.boot.free_base;
    CU_ASSERT_EQUAL(platform_from_acpi(&platform, &fake_hal.boot), -KEINVAL);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_console, "acpi: RSDP: it does not lie in memory\n");
}

UNIT_SUITE("platform", UNIT_TEST(test_tree_tells_controller_timers_and_windows),
           UNIT_TEST(test_what_the_tree_does_not_have_is_not_found),
           UNIT_TEST(test_missing_and_damaged_trees_are_told_apart),
           UNIT_TEST(test_tables_tell_controller_and_timers),
           UNIT_TEST(test_with_tables_the_clock_and_all_windows_of_the_board_are_looked_at),
           UNIT_TEST(test_timer_without_a_private_interrupt_is_not_found),
           UNIT_TEST(test_damaged_tables_are_named_on_the_console),
           UNIT_TEST(test_tables_in_memory_that_is_the_guests_are_refused))
