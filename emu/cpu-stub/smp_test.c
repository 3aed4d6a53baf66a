/*
 * smp_test.c - several CPUs: start, order of what they do, quantum, waiting, stops, contexts
 */
#include "emu/cpu-stub/cpu_testbed.h"

#include <string.h>

#define STACK_SIZE 16384U
#define QUANTUM    UINT64_C(1000) /* as cpu_priv.h says */

static struct {
    GString *order; /* what happened, a word each */
    uint64_t values[CPU_CORES_MAX], times[CPU_CORES_MAX];
    int statuses[8];
    unsigned irqs[CPU_CORES_MAX];
    uint64_t daif, mpidr, percpu;
    volatile uint64_t flag, counter;
} seen;

static void fresh(unsigned cores)
{
    if (seen.order != NULL) {
        g_string_free(seen.order, TRUE);
    }
    memset(&seen, 0, sizeof(seen));
    seen.order = g_string_new(NULL);
    testbed_init_cores(1, cores);
}

static void done(void)
{
    g_string_free(seen.order, TRUE);
    seen.order = NULL;
    testbed_fini();
}

static void start(unsigned cpu, void (*entry)(uint64_t argument), uint64_t argument)
{
    CU_ASSERT_EQUAL(hal_cpu_start(cpu, entry, testbed_ram(STACK_SIZE), STACK_SIZE, argument),
                    HAL_CPU_SUCCESS);
}

static uint64_t device_now(void)
{
    return hal_mmio_read64(DEVICE_NOW);
}

static void note(const char *word)
{
    g_string_append_printf(seen.order, "%s ", word);
}

/* Done with: nothing wakes this CPU. */
static void sleep_for_ever(void)
{
    for (;;) {
        hal_wfi();
    }
}

/* ---- starting -------------------------------------------------------------------------------- */

static void looks_around(uint64_t argument)
{
    seen.values[1] = argument;
    seen.daif = hal_irq_flags();
    seen.mpidr = hal_sysreg_read(HAL_MPIDR_EL1);
    seen.percpu = hal_percpu_get();
    hal_percpu_set(0x1111);
    hal_sysreg_write(HAL_CNTV_CTL_EL0, 5);
    sleep_for_ever();
}

static void guest_starts_one(void)
{
    hal_percpu_set(0x2222);
    guest_ticks(10);
    start(1, looks_around, 77);
    guest_ticks(5000);
    seen.values[0] = hal_percpu_get();
    hal_power_off(0);
}

static void test_a_started_cpu_has_its_own_registers(void)
{
    fresh(2);
    CU_ASSERT_FALSE(cpu_view(testbed.cpu, 1).on);
    CU_ASSERT_EQUAL(testbed_run(guest_starts_one), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.values[1], 77);
    CU_ASSERT_EQUAL(seen.daif, HAL_DAIF_I);
    CU_ASSERT_EQUAL(seen.mpidr, 1100 + HAL_MPIDR_EL1);
    CU_ASSERT_EQUAL(seen.percpu, 0);
    CU_ASSERT_EQUAL(seen.values[0], 0x2222);
    CU_ASSERT_EQUAL(testbed.sysreg_cpu, 1);
    CU_ASSERT_TRUE(cpu_view(testbed.cpu, 1).on);
    CU_ASSERT_TRUE(cpu_view(testbed.cpu, 1).waits);
    CU_ASSERT_EQUAL(testbed_count("cpu.on target=1"), 1);
    CU_ASSERT_EQUAL(testbed_count("cpu.wfi cpu=1"), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
    done();
}

static void guest_starts_wrongly(void)
{
    void *stack = testbed_ram(STACK_SIZE);
    seen.statuses[0] = hal_cpu_start(0, looks_around, stack, STACK_SIZE, 0);
    seen.statuses[1] = hal_cpu_start(2, looks_around, stack, STACK_SIZE, 0);
    seen.statuses[2] = hal_cpu_start(UINT64_C(1) << 32, looks_around, stack, STACK_SIZE, 0);
    seen.statuses[3] = hal_cpu_start(1, NULL, stack, STACK_SIZE, 0);
    seen.statuses[4] = hal_cpu_start(1, looks_around, stack, 4095, 0);
    seen.statuses[5] = hal_cpu_start(1, looks_around, &seen, STACK_SIZE, 0);
    seen.values[0] = testbed_count("guest.violation function=hal_cpu_start ");
    seen.statuses[6] = hal_cpu_start(1, looks_around, stack, STACK_SIZE, 0);
    seen.statuses[7] = hal_cpu_start(1, looks_around, stack, STACK_SIZE, 0);
    hal_power_off(0);
}

static void test_a_start_is_refused_as_psci_does(void)
{
    static const int expected[] = {
        HAL_CPU_ALREADY_ON,      HAL_CPU_INVALID_PARAMETERS, HAL_CPU_INVALID_PARAMETERS,
        HAL_CPU_INVALID_ADDRESS, HAL_CPU_INVALID_ADDRESS,    HAL_CPU_INVALID_ADDRESS,
        HAL_CPU_SUCCESS,         HAL_CPU_ALREADY_ON};
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_starts_wrongly), CPU_STOP_POWER_OFF);
    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
        CU_ASSERT_EQUAL(seen.statuses[i], expected[i]);
    }
    CU_ASSERT_EQUAL(seen.values[0], 3);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 3);
    done();
}

static void returns(uint64_t argument)
{
    (void)argument;
}

static void guest_starts_one_that_returns(void)
{
    start(1, returns, 0);
    sleep_for_ever();
}

static void test_an_entry_that_returns_ends_the_guest(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_starts_one_that_returns), CPU_STOP_PANIC);
    CU_ASSERT_PTR_NOT_NULL(strstr(cpu_panic_reason(testbed.cpu), "must not return"));
    ASSERT_ONE_VIOLATION("hal_cpu_start");
    done();
}

/* ---- the order of what they do --------------------------------------------------------------- */

/* Accesses the device every `period` ticks. */
static void accesses(unsigned cpu, uint64_t period, const char *word)
{
    for (unsigned i = 0; i < 4; i++) {
        guest_ticks(period);
        seen.times[cpu] = device_now();
        note(word);
    }
}

static void second_accesses(uint64_t argument)
{
    accesses(1, argument, "b");
    sleep_for_ever();
}

static void guest_accesses_less_often(void)
{
    start(1, second_accesses, 50); /* at 150, 300, 450, 600, an access taking 100 */
    accesses(0, 300, "a");         /* at 300, 700, 1100, 1500 */
    hal_power_off(0);
}

static void test_accesses_come_in_the_order_of_time(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_accesses_less_often), CPU_STOP_POWER_OFF);
    CU_ASSERT_STRING_EQUAL(seen.order->str, "b b a b b a a a ");
    CU_ASSERT_EQUAL(seen.times[0], 1500);
    CU_ASSERT_EQUAL(seen.times[1], 50 + 3 * (50 + TESTBED_MMIO_NS));
    done();
}

static void notes_then_sleeps(uint64_t argument)
{
    (void)argument;
    note("b");
    sleep_for_ever();
}

static void guest_orders_stores_ahead_of_the_other(void)
{
    start(1, notes_then_sleeps, 0);
    guest_ticks(500);
    hal_wmb();
    note("a");
    testbed.barriers_find = 1;
    hal_mb();
    note("told");
    hal_power_off(0);
}

static void test_a_barrier_gives_way_only_when_there_is_something_to_tell(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_orders_stores_ahead_of_the_other), CPU_STOP_POWER_OFF);
    CU_ASSERT_STRING_EQUAL(seen.order->str, "a b told ");
    CU_ASSERT_EQUAL(testbed.told_ns, 501);
    done();
}

static void guest_accesses_as_often(void)
{
    start(1, second_accesses, 50);
    accesses(0, 50, "a");
    sleep_for_ever();
}

static void test_of_equal_times_the_lower_index_goes_first(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_accesses_as_often), CPU_STOP_QUIESCENT);
    CU_ASSERT_STRING_EQUAL(seen.order->str, "a b a b a b a b ");
    CU_ASSERT_EQUAL(seen.times[0], seen.times[1]);
    done();
}

static void counts(uint64_t argument)
{
    (void)argument;
    for (;;) {
        guest_ticks(1);
        seen.counter++;
    }
}

static void guest_computes_beside_one_that_computes(void)
{
    start(1, counts, 0);
    for (unsigned i = 0; i < 100; i++) {
        guest_ticks(100);
        uint64_t mine = UINT64_C(100) * (i + 1);
        uint64_t ahead = mine > seen.counter ? mine - seen.counter : seen.counter - mine;
        seen.values[0] = MAX(seen.values[0], ahead);
    }
    hal_power_off(0);
}

static void test_who_only_computes_is_a_quantum_ahead_at_most(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_computes_beside_one_that_computes), CPU_STOP_POWER_OFF);
    CU_ASSERT(seen.values[0] <= QUANTUM + 1);
    CU_ASSERT(seen.values[0] > 0);
    done();
}

static void releases_later(uint64_t argument)
{
    guest_ticks(argument);
    seen.flag = 1;
    sleep_for_ever();
}

static void guest_spins(void)
{
    start(1, releases_later, 5000);
    while (seen.flag == 0) {
        hal_relax();
    }
    seen.values[0] = device_now();
    hal_power_off(0);
}

static void test_a_spinner_goes_on_when_the_other_releases(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_spins), CPU_STOP_POWER_OFF);
    CU_ASSERT(seen.values[0] >= 5000 - QUANTUM);
    CU_ASSERT(seen.values[0] <= 5000 + QUANTUM);
    done();
}

static void note_event_time(void *opaque)
{
    *(uint64_t *)opaque = testbed_now();
    note("event");
}

static void ticks_then_accesses(uint64_t argument)
{
    guest_ticks(argument);
    seen.times[1] = device_now();
    note("b");
    sleep_for_ever();
}

static void guest_passes_an_event(void)
{
    start(1, ticks_then_accesses, 400);
    guest_ticks(900);
    (void)device_now();
    note("a");
    hal_power_off(0);
}

static void test_an_event_waits_for_the_slowest(void)
{
    struct vevent event;
    uint64_t when = 0;
    fresh(2);
    vevent_init(&event, VEVENT_MACHINE, "note", note_event_time, &when);
    vclock_arm(testbed.clock, &event, VCLOCK_POWER_ON_NS + 600);
    CU_ASSERT_EQUAL(testbed_run(guest_passes_an_event), CPU_STOP_POWER_OFF);
    CU_ASSERT_STRING_EQUAL(seen.order->str, "b event a ");
    CU_ASSERT_EQUAL(when, 600);
    CU_ASSERT_EQUAL(seen.times[1], 400);
    done();
}

/* ---- interrupts and waiting ------------------------------------------------------------------ */

static void quiet_second(void)
{
    seen.irqs[1]++;
    seen.times[1] = device_now();
    hal_mmio_write32(DEVICE_LEVEL1, 0);
}

static void takes_interrupts(uint64_t argument)
{
    (void)argument;
    hal_irq_set_vector(quiet_second);
    hal_irq_restore(0);
    sleep_for_ever();
}

static void guest_interrupts_the_other(void)
{
    start(1, takes_interrupts, 0);
    guest_ticks(3000);
    CU_ASSERT_TRUE(cpu_view(testbed.cpu, 1).waits);
    hal_mmio_write32(DEVICE_LEVEL1, 1); /* at 3000 */
    guest_ticks(3000);
    hal_power_off(0);
}

static void test_a_line_wakes_its_cpu_at_that_time(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_interrupts_the_other), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.irqs[1], 1);
    CU_ASSERT_EQUAL(seen.irqs[0], 0);
    CU_ASSERT_EQUAL(seen.times[1], 3001); /* taking it is a tick */
    CU_ASSERT_EQUAL(testbed_count("cpu.irq cpu=1"), 1);
    CU_ASSERT_EQUAL(testbed_count("cpu.irq cpu=0"), 0);
    done();
}

static void quiet_first(void)
{
    seen.irqs[0]++;
    hal_mmio_write32(DEVICE_LEVEL, 0);
    seen.times[0] = device_now();
}

static void guest_waits_with_the_other(void)
{
    start(1, takes_interrupts, 0);
    hal_irq_set_vector(quiet_first);
    hal_irq_restore(0);
    hal_mmio_write32(DEVICE_ARM, 5000000);
    hal_wfi();
    sleep_for_ever();
}

static void test_with_all_asleep_the_clock_jumps_and_then_they_are_quiescent(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_waits_with_the_other), CPU_STOP_QUIESCENT);
    CU_ASSERT_EQUAL(seen.irqs[0], 1);
    CU_ASSERT_EQUAL(seen.irqs[1], 0);
    CU_ASSERT_EQUAL(seen.times[0], 5000001 + TESTBED_MMIO_NS);
    CU_ASSERT_EQUAL(testbed.quiescent_calls, 1);
    CU_ASSERT_FALSE(cpu_wakes(testbed.cpu));
    done();
}

static void computes_then_sleeps(uint64_t argument)
{
    guest_ticks(argument);
    note("b");
    sleep_for_ever();
}

static void guest_sleeps_before_the_other(void)
{
    start(1, computes_then_sleeps, 20000);
    sleep_for_ever();
}

static void test_one_that_computes_keeps_the_machine_from_quiescence(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_sleeps_before_the_other), CPU_STOP_QUIESCENT);
    CU_ASSERT_STRING_EQUAL(seen.order->str, "b ");
    CU_ASSERT_EQUAL(testbed.quiescent_calls, 1);
    CU_ASSERT(testbed_now() >= 20000);
    done();
}

/* An event that wakes another CPU at 500 must not be followed by one at 600 before that went on. */
static void raise_second(void *opaque)
{
    (void)opaque;
    irqline_set(&testbed.inputs[1], true);
}

static void guest_passes_two_events(void)
{
    start(1, takes_interrupts, 0);
    guest_ticks(100);
    hal_charge(5000);
    hal_power_off(0);
}

static void test_a_cpu_that_an_event_wakes_goes_on_before_the_next_event(void)
{
    struct vevent wake, later;
    uint64_t when = 0;
    fresh(2);
    vevent_init(&wake, VEVENT_MACHINE, "wake", raise_second, NULL);
    vevent_init(&later, VEVENT_MACHINE, "note", note_event_time, &when);
    vclock_arm(testbed.clock, &wake, VCLOCK_POWER_ON_NS + 500);
    vclock_arm(testbed.clock, &later, VCLOCK_POWER_ON_NS + 600);
    CU_ASSERT_EQUAL(testbed_run(guest_passes_two_events), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.irqs[1], 1);
    CU_ASSERT_EQUAL(seen.times[1], 501);
    CU_ASSERT_EQUAL(when, 600);
    done();
}

/* ---- stops ----------------------------------------------------------------------------------- */

static void asks_for_a_stop(uint64_t argument)
{
    guest_ticks(argument);
    seen.values[1] = hal_mmio_read64(DEVICE_STOP);
    note("b");
    sleep_for_ever();
}

static void guest_is_stopped_by_the_other(void)
{
    start(1, asks_for_a_stop, 100);
    guest_ticks(5000);
    (void)device_now();
    note("a");
    hal_power_off(4);
}

static void test_a_stop_stops_all_and_resume_goes_on(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_is_stopped_by_the_other), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(cpu_running(testbed.cpu), 1);
    CU_ASSERT_STRING_EQUAL(seen.order->str, "");
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.values[1], DEVICE_STOPS_VALUE);
    CU_ASSERT_STRING_EQUAL(seen.order->str, "b a ");
    done();
}

static void panics(uint64_t argument)
{
    hal_panic((const char *)(uintptr_t)argument);
}

static void guest_whose_other_panics(void)
{
    start(1, panics, (uintptr_t)testbed_string("enough"));
    sleep_for_ever();
}

static void test_a_panic_of_one_ends_all(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_whose_other_panics), CPU_STOP_PANIC);
    CU_ASSERT_STRING_EQUAL(cpu_panic_reason(testbed.cpu), "enough");
    done();
}

static void guest_sleeps(void)
{
    start(1, takes_interrupts, 0);
    sleep_for_ever();
}

static void test_a_quiescent_machine_goes_on_when_a_line_rises_outside(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_sleeps), CPU_STOP_QUIESCENT);
    irqline_set(&testbed.inputs[1], true);
    CU_ASSERT_TRUE(cpu_wakes(testbed.cpu));
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_QUIESCENT);
    CU_ASSERT_EQUAL(seen.irqs[1], 1);
    done();
}

static int start_program(uint32_t program, const char *command_line)
{
    (void)command_line;
    seen.values[0] = program;
    seen.mpidr = hal_sysreg_read(HAL_MPIDR_EL1);
    return 0;
}

static void guest_of_programs(void)
{
    start(1, takes_interrupts, 0);
    hal_irq_restore(0);
    probe_ready();
    sleep_for_ever();
}

static void test_programs_start_on_the_first_cpu(void)
{
    static const struct ringside_guest guest = {
        .abi_version = RINGSIDE_ABI_VERSION,
        .name = "test",
        .boot = guest_of_programs,
        .start = start_program,
    };
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run_guest(&guest), CPU_STOP_QUIESCENT);
    cpu_start_program(testbed.cpu, 7, "x", NULL, NULL);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_QUIESCENT);
    CU_ASSERT_EQUAL(seen.values[0], 7);
    CU_ASSERT_EQUAL(seen.mpidr, 100 + HAL_MPIDR_EL1);
    done();
}

/* ---- contexts -------------------------------------------------------------------------------- */

static struct hal_context *task, *home[2];

static void task_main(void *opaque)
{
    (void)opaque;
    seen.daif = hal_irq_flags();
    seen.values[0] = hal_percpu_get();
    hal_context_switch(task, home[0]);
    seen.values[1] = hal_percpu_get();
    hal_context_switch(task, home[1]);
    hal_panic(NULL);
}

static void takes_over(uint64_t argument)
{
    (void)argument;
    hal_percpu_set(1);
    while (seen.flag == 0) {
        hal_relax();
    }
    hal_context_switch(home[1], task);
    note("b");
    sleep_for_ever();
}

static void guest_moves_a_context(void)
{
    task = testbed_ram(sizeof(*task));
    home[0] = testbed_ram(sizeof(*task));
    home[1] = testbed_ram(sizeof(*task));
    hal_percpu_set(100);
    hal_context_init_masked(task, task_main, NULL, testbed_ram(STACK_SIZE), STACK_SIZE);
    start(1, takes_over, 0);
    hal_context_switch(home[0], task);
    note("a");
    seen.flag = 1;
    sleep_for_ever();
}

static void test_a_context_goes_on_on_another_cpu(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_moves_a_context), CPU_STOP_QUIESCENT);
    CU_ASSERT_STRING_EQUAL(seen.order->str, "a b ");
    CU_ASSERT_EQUAL(seen.daif, HAL_DAIF_I);
    CU_ASSERT_EQUAL(seen.values[0], 100);
    CU_ASSERT_EQUAL(seen.values[1], 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
    done();
}

static void stays_in_the_task(void *opaque)
{
    (void)opaque;
    guest_ticks(1000000);
    hal_power_off(0);
}

static void takes_what_runs(uint64_t argument)
{
    (void)argument;
    guest_ticks(100);
    hal_context_switch(home[1], task);
    hal_power_off(0);
}

static void guest_shares_a_context(void)
{
    task = testbed_ram(sizeof(*task));
    home[0] = testbed_ram(sizeof(*task));
    home[1] = testbed_ram(sizeof(*task));
    hal_context_init(task, stays_in_the_task, NULL, testbed_ram(STACK_SIZE), STACK_SIZE);
    start(1, takes_what_runs, 0);
    hal_context_switch(home[0], task);
}

static void test_a_context_that_runs_elsewhere_is_not_resumed(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_shares_a_context), CPU_STOP_PANIC);
    ASSERT_ONE_VIOLATION("hal_context_switch");
    done();
}

static void prepares_what_runs(uint64_t argument)
{
    (void)argument;
    guest_ticks(100);
    hal_context_init(task, stays_in_the_task, NULL, testbed_ram(STACK_SIZE), STACK_SIZE);
    hal_stack_free(task->stack, STACK_SIZE);
    hal_power_off(0);
}

static void guest_loses_a_context(void)
{
    task = testbed_ram(sizeof(*task));
    home[0] = testbed_ram(sizeof(*task));
    hal_context_init(task, stays_in_the_task, NULL, hal_stack_alloc(STACK_SIZE), STACK_SIZE);
    start(1, prepares_what_runs, 0);
    hal_context_switch(home[0], task);
}

static void test_a_running_context_and_its_stack_are_kept(void)
{
    fresh(2);
    CU_ASSERT_EQUAL(testbed_run(guest_loses_a_context), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_context_init "), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_stack_free "), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 2);
    done();
}

/* ---- as many as there can be ----------------------------------------------------------------- */

static void counts_in_turn(uint64_t argument)
{
    for (unsigned i = 0; i < 3; i++) {
        guest_ticks(10);
        (void)device_now();
        g_string_append_printf(seen.order, "%u", (unsigned)argument);
    }
    sleep_for_ever();
}

static void guest_of_eight(void)
{
    for (unsigned cpu = 1; cpu < CPU_CORES_MAX; cpu++) {
        start(cpu, counts_in_turn, cpu);
    }
    counts_in_turn(0);
}

static void test_eight_take_turns(void)
{
    fresh(CPU_CORES_MAX);
    CU_ASSERT_EQUAL(testbed_run(guest_of_eight), CPU_STOP_QUIESCENT);
    CU_ASSERT_STRING_EQUAL(seen.order->str, "012345670123456701234567");
    CU_ASSERT_EQUAL(cpu_cores(testbed.cpu), CPU_CORES_MAX);
    done();
}

UNIT_SUITE("smp", UNIT_TEST(test_a_started_cpu_has_its_own_registers),
           UNIT_TEST(test_a_start_is_refused_as_psci_does),
           UNIT_TEST(test_an_entry_that_returns_ends_the_guest),
           UNIT_TEST(test_accesses_come_in_the_order_of_time),
           UNIT_TEST(test_a_barrier_gives_way_only_when_there_is_something_to_tell),
           UNIT_TEST(test_of_equal_times_the_lower_index_goes_first),
           UNIT_TEST(test_who_only_computes_is_a_quantum_ahead_at_most),
           UNIT_TEST(test_a_spinner_goes_on_when_the_other_releases),
           UNIT_TEST(test_an_event_waits_for_the_slowest),
           UNIT_TEST(test_a_line_wakes_its_cpu_at_that_time),
           UNIT_TEST(test_with_all_asleep_the_clock_jumps_and_then_they_are_quiescent),
           UNIT_TEST(test_one_that_computes_keeps_the_machine_from_quiescence),
           UNIT_TEST(test_a_cpu_that_an_event_wakes_goes_on_before_the_next_event),
           UNIT_TEST(test_a_stop_stops_all_and_resume_goes_on),
           UNIT_TEST(test_a_panic_of_one_ends_all),
           UNIT_TEST(test_a_quiescent_machine_goes_on_when_a_line_rises_outside),
           UNIT_TEST(test_programs_start_on_the_first_cpu),
           UNIT_TEST(test_a_context_goes_on_on_another_cpu),
           UNIT_TEST(test_a_context_that_runs_elsewhere_is_not_resumed),
           UNIT_TEST(test_a_running_context_and_its_stack_are_kept),
           UNIT_TEST(test_eight_take_turns))
