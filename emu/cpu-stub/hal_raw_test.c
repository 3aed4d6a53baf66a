/*
 * hal_raw_test.c - device registers as memory: what a load finds, when a store arrives
 *
 * The guest calls by hand what the compiler's hooks would.
 */
#include "emu/cpu-stub/cpu_testbed.h"

#include <string.h>

static struct {
    uint64_t before, value, again, after;
    unsigned calls, calls_before, irqs;
} seen;

static uint64_t load(uint64_t at)
{
    hal_raw_read(at, 8);
    return *(volatile uint64_t *)(uintptr_t)at;
}

static void store(uint64_t at, uint64_t value)
{
    hal_raw_write(at, 8);
    *(volatile uint64_t *)(uintptr_t)at = value;
}

static void count_call(void)
{
    seen.calls++;
}

static void run(void (*boot)(void))
{
    memset(&seen, 0, sizeof(seen));
    testbed_init(1);
    testbed.on_device = count_call;
    CU_ASSERT_EQUAL(testbed_run(boot), CPU_STOP_POWER_OFF);
    CU_ASSERT_PTR_NULL(cpu_panic_reason(testbed.cpu));
}

static void guest_loads(void)
{
    guest_ticks(50);
    seen.value = load(DEVICE_NOW);
    seen.again = load(DEVICE_NOW);
    seen.after = hal_mmio_read64(DEVICE_NOW);
    hal_power_off(0);
}

static void test_a_load_finds_the_register_and_costs_what_the_hal_costs(void)
{
    run(guest_loads);
    CU_ASSERT_EQUAL(seen.value, 50);
    CU_ASSERT_EQUAL(seen.again, 50 + TESTBED_MMIO_NS);
    CU_ASSERT_EQUAL(seen.after, 50 + 2 * TESTBED_MMIO_NS);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
}

static void guest_stores_then_ticks(void)
{
    store(DEVICE_CALL, 1);
    seen.calls_before = seen.calls;
    guest_ticks(1);
    seen.value = seen.calls;
    guest_ticks(1);
    hal_power_off(0);
}

static void test_a_store_arrives_with_the_next_tick_and_once(void)
{
    run(guest_stores_then_ticks);
    CU_ASSERT_EQUAL(seen.calls_before, 0);
    CU_ASSERT_EQUAL(seen.value, 1);
    CU_ASSERT_EQUAL(seen.calls, 1);
}

static void guest_stores_and_calls(void)
{
    store(DEVICE_CALL, 1);
    store(DEVICE_CALL, 2); /* takes the first along */
    seen.calls_before = seen.calls;
    hal_irq_flags();
    seen.value = seen.calls;
    store(DEVICE_CALL, 3);
    seen.again = load(DEVICE_NOW) != 0 ? seen.calls : 0;
    store(DEVICE_CALL, 4);
    hal_power_off(0);
}

static void test_a_store_arrives_before_whatever_the_guest_asks_for_next(void)
{
    run(guest_stores_and_calls);
    CU_ASSERT_EQUAL(seen.calls_before, 1);
    CU_ASSERT_EQUAL(seen.value, 2);
    CU_ASSERT_EQUAL(seen.again, 3);
    CU_ASSERT_EQUAL(seen.calls, 4);
}

static void raw_vector(void)
{
    seen.irqs++;
    seen.before = load(DEVICE_NOW);
    store(DEVICE_LEVEL, 0);
    guest_ticks(1); /* as the hook at the end of a function */
}

static void guest_is_interrupted(void)
{
    hal_irq_set_vector(raw_vector);
    hal_irq_restore(0);
    store(DEVICE_LEVEL, 1);
    seen.value = seen.irqs;
    guest_ticks(1);
    seen.again = seen.irqs;
    /* It rises while this load is under way: the handler reads the same register in between. */
    store(DEVICE_ARM, TESTBED_MMIO_NS + TESTBED_MMIO_NS / 2);
    seen.after = load(DEVICE_NOW);
    hal_power_off(0);
}

static void test_an_interrupt_is_never_taken_inside_an_access(void)
{
    run(guest_is_interrupted);
    CU_ASSERT_EQUAL(seen.value, 0);
    CU_ASSERT_EQUAL(seen.again, 1);
    CU_ASSERT_EQUAL(seen.irqs, 2);
    CU_ASSERT_TRUE(seen.after < seen.before); /* its own value, not the handler's */
}

static void vector_that_ends_with_a_store(void)
{
    store(DEVICE_LEVEL, 0);
    store(DEVICE_CALL, 1); /* no hook comes after it */
}

static void guest_is_interrupted_once(void)
{
    hal_irq_set_vector(vector_that_ends_with_a_store);
    hal_irq_restore(0);
    hal_mmio_write64(DEVICE_LEVEL, 1);
    seen.value = seen.calls;
    hal_power_off(0);
}

static void test_a_store_at_the_end_of_a_handler_arrives_before_what_was_interrupted_goes_on(void)
{
    run(guest_is_interrupted_once);
    CU_ASSERT_EQUAL(seen.value, 1);
}

static void other_cpu_stores(uint64_t argument)
{
    (void)argument;
    guest_ticks(5);
    store(DEVICE_CALL, 1);
    store(DEVICE_ARM, 3000);
    for (;;) {
        hal_wfi();
    }
}

static void guest_stores_on_two_cpus(void)
{
    seen.before = load(DEVICE_NOW);
    hal_cpu_start(1, other_cpu_stores, testbed_ram(16384), 16384, 0);
    guest_ticks(400);
    store(DEVICE_ARM, 70000);
    seen.calls_before = seen.calls; /* the other CPU has not come that far */
    guest_ticks(1);
    seen.value = seen.calls;
    hal_wfi();
    seen.after = load(DEVICE_NOW);
    hal_power_off(0);
}

static void test_stores_of_several_cpus_arrive_in_the_order_of_time_each_with_its_value(void)
{
    memset(&seen, 0, sizeof(seen));
    testbed_init_cores(1, 2);
    testbed.on_device = count_call;
    CU_ASSERT_EQUAL(testbed_run(guest_stores_on_two_cpus), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.calls_before, 0);
    CU_ASSERT_EQUAL(seen.value, 1);
    CU_ASSERT_TRUE(seen.after - seen.before >= 70000);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
}

static void guest_stops_in_a_load(void)
{
    seen.value = load(DEVICE_STOP);
    hal_power_off(0);
}

static void test_a_load_that_stops_the_machine_has_its_value_afterwards(void)
{
    memset(&seen, 0, sizeof(seen));
    testbed_init(1);
    CU_ASSERT_EQUAL(testbed_run(guest_stops_in_a_load), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, DEVICE_STOPS_VALUE);
}

static void guest_where_nothing_is(void)
{
    hal_raw_read(DEVICE_BASE + 0x100000, 4);
    seen.value = *(volatile uint32_t *)(uintptr_t)(DEVICE_BASE + 0x100000);
    hal_power_off(0);
}

static void test_a_load_where_no_device_is_reads_all_ones_and_is_named(void)
{
    run(guest_where_nothing_is);
    CU_ASSERT_EQUAL(seen.value, UINT32_MAX);
    CU_ASSERT_EQUAL(testbed_count("mmio.unmapped"), 1);
}

static uintptr_t wrong_at;
static unsigned wrong_size;

static void guest_reads_wrongly(void)
{
    hal_raw_read(wrong_at, wrong_size);
    hal_power_off(0);
}

static void guest_writes_wrongly(void)
{
    hal_raw_write(wrong_at, wrong_size);
    hal_power_off(0);
}

static void test_what_cannot_be_a_register_is_a_violation(void)
{
    static const struct {
        uintptr_t at;
        unsigned size;
    } rows[] = {
        {HAL_RAW_BASE, 0},
        {HAL_RAW_BASE, 3},
        {HAL_RAW_BASE, 16},
        {HAL_RAW_BASE - 4, 4},
        {HAL_RAW_BASE + HAL_RAW_SIZE - 2, 4},
        {UINTPTR_MAX, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        wrong_at = rows[i].at;
        wrong_size = rows[i].size;
        run(guest_reads_wrongly);
        ASSERT_ONE_VIOLATION("hal_raw_read");
        run(guest_writes_wrongly);
        ASSERT_ONE_VIOLATION("hal_raw_write");
    }
    testbed_fini();
}

UNIT_SUITE(
    "hal_raw", UNIT_TEST(test_a_load_finds_the_register_and_costs_what_the_hal_costs),
    UNIT_TEST(test_a_store_arrives_with_the_next_tick_and_once),
    UNIT_TEST(test_a_store_arrives_before_whatever_the_guest_asks_for_next),
    UNIT_TEST(test_an_interrupt_is_never_taken_inside_an_access),
    UNIT_TEST(test_a_store_at_the_end_of_a_handler_arrives_before_what_was_interrupted_goes_on),
    UNIT_TEST(test_stores_of_several_cpus_arrive_in_the_order_of_time_each_with_its_value),
    UNIT_TEST(test_a_load_that_stops_the_machine_has_its_value_afterwards),
    UNIT_TEST(test_a_load_where_no_device_is_reads_all_ones_and_is_named),
    UNIT_TEST(test_what_cannot_be_a_register_is_a_violation))
