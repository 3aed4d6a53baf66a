/*
 * poll_test.c - what it costs to poll the clock
 */
#include "emu/cpu-stub/cpu_testbed.h"

#include <string.h>

#define READS      4096U /* as hal.h says */
#define PART       4096U
#define GAP_TICKS  256U
#define MAX_NS     UINT64_C(4000)
#define LONG_NS    UINT64_C(20000000) /* polling for as long costs the most */
#define STACK_SIZE 16384U

static struct {
    uint64_t times[4 * READS]; /* that were read one after the other */
    uint64_t before, after;
    uint64_t deadline, last, risen, taken;
    void (*between)(void);
} seen;

static uint64_t now(void)
{
    return hal_sysreg_read(HAL_CNTVCT_EL0);
}

static void run(uint64_t step_ns, unsigned cores, void (*boot)(void))
{
    testbed_init_cores(step_ns, cores);
    CU_ASSERT_EQUAL(testbed_run(boot), CPU_STOP_POWER_OFF);
}

static void fresh(void)
{
    memset(&seen, 0, sizeof(seen));
}

/* Until a read costs the most. */
static void poll_long(void)
{
    uint64_t end = now() + LONG_NS;
    while (now() < end) {
    }
}

/* ---- the first ones, and those after them ---------------------------------------------------- */

static void guest_polls(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(seen.times); i++) {
        seen.times[i] = now();
    }
    poll_long();
    seen.before = now();
    seen.after = now();
    hal_power_off(0);
}

static void expect_costs(uint64_t step_ns)
{
    fresh();
    run(step_ns, 1, guest_polls);
    for (size_t i = 1; i < G_N_ELEMENTS(seen.times); i++) {
        uint64_t part_ns = MIN((seen.times[i - 1] - seen.times[0]) / PART, MAX_NS);
        uint64_t cost_ns = i <= READS ? step_ns : MAX(part_ns, step_ns);
        CU_ASSERT_EQUAL_FATAL(seen.times[i] - seen.times[i - 1], cost_ns);
    }
    CU_ASSERT_EQUAL(seen.after - seen.before, MAX(MAX_NS, step_ns));
    testbed_fini();
}

static void test_the_first_reads_cost_a_tick_and_each_other_a_part_of_the_time_polled(void)
{
    expect_costs(1);
    expect_costs(100);
}

static void test_a_read_never_costs_less_than_a_tick(void)
{
    expect_costs(MAX_NS);
    expect_costs(5 * MAX_NS);
}

static void guest_polls_all_registers(void)
{
    static const enum hal_sysreg regs[] = {HAL_CNTPCT_EL0,    HAL_CNTP_CTL_EL0, HAL_CNTP_TVAL_EL0,
                                           HAL_CNTV_TVAL_EL0, HAL_CNTV_CTL_EL0, HAL_CNTVCT_EL0};
    for (unsigned i = 0; i < 20 * READS; i++) {
        hal_sysreg_read(regs[i % G_N_ELEMENTS(regs)]);
    }
    seen.before = now();
    seen.after = now();
    hal_power_off(0);
}

static void test_every_register_that_tells_the_time_counts(void)
{
    fresh();
    run(1, 1, guest_polls_all_registers);
    CU_ASSERT_EQUAL(seen.after - seen.before, MAX_NS);
    testbed_fini();
}

/* ---- something else -------------------------------------------------------------------------- */

static void guest_does_something_between(void)
{
    poll_long();
    now();
    seen.between();
    seen.before = now();
    seen.after = now();
    hal_power_off(0);
}

static uint64_t cost_after(void (*between)(void))
{
    fresh();
    seen.between = between;
    run(1, 1, guest_does_something_between);
    uint64_t cost = seen.after - seen.before;
    testbed_fini();
    return cost;
}

static void read_device(void)
{
    hal_mmio_read64(DEVICE_NOW);
}

static void write_device(void)
{
    hal_mmio_write64(DEVICE_LEVEL, 0);
}

static void write_register(void)
{
    hal_sysreg_write(HAL_CNTV_CVAL_EL0, 1);
}

static void read_interface(void)
{
    hal_sysreg_read(HAL_ICC_IAR1_EL1);
}

static void tell(void)
{
    probe_task_woken(1);
}

static void print(void)
{
    hal_console_write(testbed_string("x"), 1);
}

static void wait_for_line(void)
{
    hal_mmio_write64(DEVICE_LEVEL, 1);
    poll_long();
    now();
    hal_wfi();
}

static void compute_long(void)
{
    guest_ticks(GAP_TICKS + 1);
}

static void quiet(void)
{
    hal_mmio_write64(DEVICE_LEVEL, 0);
}

static void take_interrupt(void)
{
    hal_irq_set_vector(quiet);
    hal_mmio_write64(DEVICE_LEVEL, 1);
    hal_irq_restore(0);
}

static void test_the_cost_falls_back_when_the_cpu_does_anything_else(void)
{
    static void (*const others[])(void) = {read_device,    write_device, write_register,
                                           read_interface, tell,         print,
                                           wait_for_line,  compute_long, take_interrupt};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        CU_ASSERT_EQUAL(cost_after(others[i]), 1);
    }
}

static void compute_little(void)
{
    guest_ticks(GAP_TICKS - 2);
}

static void look_up(void)
{
    hal_sysreg_read(HAL_CNTFRQ_EL0);
    hal_sysreg_read(HAL_MPIDR_EL1);
    hal_sysreg_read(HAL_CNTV_CVAL_EL0);
}

static void take_a_break(void)
{
    hal_relax();
    hal_mb();
    hal_irq_restore(hal_irq_save());
    hal_percpu_get();
}

static void test_the_cost_stays_with_what_belongs_to_polling(void)
{
    static void (*const parts[])(void) = {compute_little, look_up, take_a_break};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        CU_ASSERT_EQUAL(cost_after(parts[i]), MAX_NS);
    }
}

/* ---- what comes meanwhile -------------------------------------------------------------------- */

static void note_interrupt(void)
{
    seen.taken = testbed_now();
    hal_mmio_write64(DEVICE_LEVEL, 0);
}

static void guest_polls_for_a_second(void)
{
    hal_irq_set_vector(note_interrupt);
    hal_irq_restore(0);
    hal_mmio_write64(DEVICE_ARM, 500000000);
    seen.risen = testbed_now() + 500000000 - TESTBED_MMIO_NS;
    seen.deadline = now() + 1000000000;
    while (now() < seen.deadline) {
        hal_relax();
    }
    seen.last = now();
    hal_power_off(0);
}

static void test_a_deadline_and_an_interrupt_are_met_within_the_limit(void)
{
    fresh();
    run(1, 1, guest_polls_for_a_second);
    CU_ASSERT_TRUE(seen.last >= seen.deadline);
    CU_ASSERT_TRUE(seen.last <= seen.deadline + 2 * (MAX_NS + 2));
    CU_ASSERT_TRUE(seen.taken >= seen.risen);
    CU_ASSERT_TRUE(seen.taken <= seen.risen + MAX_NS + TESTBED_MMIO_NS);
    CU_ASSERT_TRUE(cpu_ticks(testbed.cpu) < 1000000);
    testbed_fini();
}

/* Housekeeping is nothing that a guest could notice. */
static void nothing(void *opaque)
{
    (void)opaque;
}

static void guest_polls_past_an_event(void)
{
    poll_long();
    hal_mmio_read64(DEVICE_NOW);
    poll_long();
    seen.before = now();
    seen.after = now();
    hal_power_off(0);
}

static void test_an_event_of_the_clock_alone_changes_nothing(void)
{
    fresh();
    testbed_init(1);
    struct vevent events[3];
    for (unsigned i = 0; i < G_N_ELEMENTS(events); i++) {
        vevent_init(&events[i], VEVENT_HOUSEKEEPING, "nothing", nothing, NULL);
        vclock_arm(testbed.clock, &events[i], vclock_now_ns(testbed.clock) + LONG_NS * (i + 1) / 2);
    }
    CU_ASSERT_EQUAL(testbed_run(guest_polls_past_an_event), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.after - seen.before, MAX_NS);
    testbed_fini();
}

/* ---- several CPUs ---------------------------------------------------------------------------- */

static void polls_for_ever(uint64_t argument)
{
    (void)argument;
    for (;;) {
        now();
        hal_relax();
    }
}

static void guest_reads_beside_one_that_polls(void)
{
    CU_ASSERT_EQUAL(hal_cpu_start(1, polls_for_ever, testbed_ram(STACK_SIZE), STACK_SIZE, 0),
                    HAL_CPU_SUCCESS);
    guest_ticks(LONG_NS); /* meanwhile it polls */
    seen.before = now();
    seen.after = now();
    hal_power_off(0);
}

static void test_each_cpu_counts_for_itself(void)
{
    fresh();
    run(1, 2, guest_reads_beside_one_that_polls);
    CU_ASSERT_EQUAL(seen.after - seen.before, 1);
    testbed_fini();
}

static void reads_a_device_for_ever(uint64_t argument)
{
    (void)argument;
    for (;;) {
        hal_mmio_read64(DEVICE_NOW);
    }
}

static void guest_polls_beside_one_that_does_not(void)
{
    CU_ASSERT_EQUAL(
        hal_cpu_start(1, reads_a_device_for_ever, testbed_ram(STACK_SIZE), STACK_SIZE, 0),
        HAL_CPU_SUCCESS);
    poll_long();
    seen.before = now();
    seen.after = now();
    hal_power_off(0);
}

static void test_what_another_cpu_does_is_not_something_else(void)
{
    fresh();
    run(1, 2, guest_polls_beside_one_that_does_not);
    CU_ASSERT_EQUAL(seen.after - seen.before, MAX_NS);
    testbed_fini();
}

UNIT_SUITE("poll",
           UNIT_TEST(test_the_first_reads_cost_a_tick_and_each_other_a_part_of_the_time_polled),
           UNIT_TEST(test_a_read_never_costs_less_than_a_tick),
           UNIT_TEST(test_every_register_that_tells_the_time_counts),
           UNIT_TEST(test_the_cost_falls_back_when_the_cpu_does_anything_else),
           UNIT_TEST(test_the_cost_stays_with_what_belongs_to_polling),
           UNIT_TEST(test_a_deadline_and_an_interrupt_are_met_within_the_limit),
           UNIT_TEST(test_an_event_of_the_clock_alone_changes_nothing),
           UNIT_TEST(test_each_cpu_counts_for_itself),
           UNIT_TEST(test_what_another_cpu_does_is_not_something_else))
