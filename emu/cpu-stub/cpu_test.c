/*
 * cpu_test.c - ticks and time, interrupts, waiting, stopping, programs
 */
#include "emu/cpu-stub/cpu_testbed.h"

#include <string.h>

/* What guests of a test note down. */
static struct {
    unsigned irqs, nested, starts, kills, started;
    uint64_t at_tick, daif_inside, daif_after;
    uint64_t value, time;
    bool in_irq;
    uint32_t program;
    int signal, result;
    char command[64];
} seen;

static void fresh(uint64_t step_ns)
{
    memset(&seen, 0, sizeof(seen));
    testbed_init(step_ns);
}

/* Quiets the line, without an MMIO access, which would take time. */
static void quiet_vector(void)
{
    seen.irqs++;
    seen.at_tick = cpu_ticks(testbed.cpu);
    seen.daif_inside = hal_irq_flags();
    irqline_set(&testbed.input, false);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void guest_reads_clock_between_ticks(void)
{
    guest_ticks(10);
    seen.value = hal_mmio_read64(DEVICE_NOW);
    guest_ticks(5);
    seen.time = hal_mmio_read64(DEVICE_NOW);
    hal_power_off(3);
}

static void test_time_is_ticks_and_accesses(void)
{
    fresh(4);
    CU_ASSERT_EQUAL(testbed_run(guest_reads_clock_between_ticks), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, 40);
    CU_ASSERT_EQUAL(seen.time, 40 + TESTBED_MMIO_NS + 20);
    CU_ASSERT_EQUAL(cpu_ticks(testbed.cpu), 15);
    CU_ASSERT_EQUAL(cpu_power_off_status(testbed.cpu), 3);
    CU_ASSERT_PTR_NULL(cpu_panic_reason(testbed.cpu));
    CU_ASSERT_STRING_EQUAL(testbed.events->str,
                           "run.power-on guest=test seed=42\nrun.power-off status=3\n");
    testbed_fini();
}

static void guest_charges(void)
{
    hal_charge(1000);
    seen.value = hal_mmio_read64(DEVICE_NOW);
    hal_relax();
    seen.time = hal_mmio_read64(DEVICE_NOW);
    hal_power_off(0);
}

static void test_charged_ticks_and_relax_take_time(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_charges), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, 1000);
    CU_ASSERT_EQUAL(seen.time, 1000 + TESTBED_MMIO_NS + 1);
    testbed_fini();
}

static void guest_charges_for_ever(void)
{
    hal_charge(UINT64_MAX);
    hal_charge(UINT64_MAX);
    guest_ticks(3);
    hal_power_off(0);
}

static void test_time_saturates_without_overflow(void)
{
    fresh(UINT64_MAX);
    CU_ASSERT_EQUAL(testbed_run(guest_charges_for_ever), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(vclock_now_ns(testbed.clock), VCLOCK_NEVER - 1);
    testbed_fini();
}

static void guest_turns_back_ticks(void)
{
    guest_ticks(100);
    hal_mb();
    (void)hal_mmio_read8(DEVICE_NOW);
    ringside_ticks.left += 95;
    guest_ticks(1);
    hal_power_off((int)(hal_mmio_read64(DEVICE_NOW)));
}

static void test_a_tick_count_that_goes_back_is_a_violation(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_turns_back_ticks), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(cpu_power_off_status(testbed.cpu), 101 + (int)TESTBED_MMIO_NS);
    ASSERT_ONE_VIOLATION("ringside_ticks");
    testbed_fini();
}

static void note_event_time(void *opaque)
{
    *(uint64_t *)opaque = testbed_now();
}

static void guest_ticks_100(void)
{
    guest_ticks(100);
    hal_power_off(0);
}

static void test_an_event_runs_at_its_tick_and_time(void)
{
    struct vevent event;
    uint64_t when = 0;
    fresh(3);
    vevent_init(&event, VEVENT_MACHINE, "note", note_event_time, &when);
    vclock_arm(testbed.clock, &event, VCLOCK_POWER_ON_NS + 100);
    CU_ASSERT_EQUAL(testbed_run(guest_ticks_100), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(when, 100); /* its own time, although a tick ends at 99 and 102 */
    CU_ASSERT_EQUAL(testbed_now(), 300);
    testbed_fini();
}

static void guest_arms_then_ticks(void)
{
    hal_irq_set_vector(quiet_vector);
    hal_irq_restore(0);
    hal_mmio_write32(DEVICE_ARM, 150); /* at 0; the access lasts until 100 */
    guest_ticks(49);
    seen.value = seen.irqs;
    guest_ticks(1);
    seen.daif_after = hal_irq_flags();
    hal_power_off(0);
}

static void test_an_interrupt_is_taken_at_the_very_tick(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_arms_then_ticks), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, 0);
    CU_ASSERT_EQUAL(seen.irqs, 1);
    CU_ASSERT_EQUAL(seen.at_tick, 51); /* taking it costs one */
    CU_ASSERT_EQUAL(seen.daif_inside, HAL_DAIF_I);
    CU_ASSERT_EQUAL(seen.daif_after, 0);
    CU_ASSERT_EQUAL(testbed_count("cpu.irq"), 1);
    testbed_fini();
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void guest_starts_masked(void)
{
    seen.value = hal_irq_flags();
    hal_irq_set_vector(quiet_vector);
    hal_mmio_write8(DEVICE_LEVEL, 1);
    guest_ticks(10);
    CU_ASSERT_EQUAL(seen.irqs, 0);
    hal_irq_restore(0);
    CU_ASSERT_EQUAL(seen.irqs, 1);
    hal_power_off(0);
}

static void test_a_masked_interrupt_stays_pending_until_the_unmask(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_starts_masked), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, HAL_DAIF_I);
    CU_ASSERT_EQUAL(seen.irqs, 1);
    testbed_fini();
}

static void guest_without_vector(void)
{
    hal_irq_restore(0);
    hal_mmio_write8(DEVICE_LEVEL, 1);
    guest_ticks(10);
    seen.value = seen.irqs;
    hal_irq_set_vector(quiet_vector);
    hal_power_off(0);
}

static void test_without_vector_interrupts_stay_pending(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_without_vector), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, 0);
    CU_ASSERT_EQUAL(seen.irqs, 1);
    testbed_fini();
}

static void guest_takes_at_the_access(void)
{
    hal_irq_set_vector(quiet_vector);
    hal_irq_restore(0);
    hal_mmio_write8(DEVICE_LEVEL, 1);
    CU_ASSERT_EQUAL(seen.irqs, 1);
    hal_mmio_write32(DEVICE_ARM, TESTBED_MMIO_NS); /* due when the access is over */
    CU_ASSERT_EQUAL(seen.irqs, 2);
    hal_mmio_write32(DEVICE_ARM, TESTBED_MMIO_NS + 1);
    CU_ASSERT_EQUAL(seen.irqs, 2);
    hal_mb();
    CU_ASSERT_EQUAL(seen.irqs, 3);
    hal_power_off(0);
}

static void test_an_interrupt_is_taken_at_the_end_of_a_hal_function(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_takes_at_the_access), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(testbed_count("cpu.irq"), 3);
    testbed_fini();
}

/* Returns with the line still asserted, twice. */
static void insisting_vector(void)
{
    CU_ASSERT_FALSE(seen.in_irq);
    seen.in_irq = true;
    guest_ticks(5);
    hal_mb();
    if (++seen.irqs == 3) {
        hal_mmio_write8(DEVICE_LEVEL, 0);
    }
    seen.in_irq = false;
}

static void guest_with_insisting_line(void)
{
    hal_irq_set_vector(insisting_vector);
    hal_mmio_write8(DEVICE_LEVEL, 1);
    hal_irq_restore(0);
    hal_power_off(0);
}

static void test_the_vector_is_not_nested_and_called_again_while_the_line_is_high(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_with_insisting_line), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.irqs, 3);
    CU_ASSERT_EQUAL(testbed_count("cpu.irq"), 3);
    testbed_fini();
}

/* Unmasks inside the vector: a nested interrupt is the guest's will. */
static void nesting_vector(void)
{
    if (seen.irqs++ == 0) {
        uint64_t flags = hal_irq_flags();
        hal_irq_restore(0);
        seen.nested = seen.irqs - 1;
        hal_irq_restore(flags);
    } else {
        hal_mmio_write8(DEVICE_LEVEL, 0);
    }
}

static void guest_that_nests(void)
{
    hal_irq_set_vector(nesting_vector);
    hal_irq_restore(0);
    hal_mmio_write8(DEVICE_LEVEL, 1);
    seen.daif_after = hal_irq_flags();
    hal_power_off(0);
}

static void test_unmasking_inside_the_vector_nests(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_that_nests), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.nested, 1);
    CU_ASSERT_EQUAL(seen.irqs, 2);
    CU_ASSERT_EQUAL(seen.daif_after, 0);
    testbed_fini();
}

static void storm_vector(void)
{
    seen.irqs++;
}

static void stop_cpu(void *opaque)
{
    (void)opaque;
    cpu_stop(testbed.cpu);
}

static void guest_in_storm(void)
{
    hal_irq_set_vector(storm_vector);
    hal_irq_restore(0);
    hal_mmio_write8(DEVICE_LEVEL, 1);
    hal_power_off(0);
}

static void test_a_storm_takes_time_and_ends_at_a_limit(void)
{
    struct vevent limit;
    fresh(1);
    vevent_init(&limit, VEVENT_HOUSEKEEPING, "limit", stop_cpu, NULL);
    vclock_arm(testbed.clock, &limit, VCLOCK_POWER_ON_NS + 1000);
    CU_ASSERT_EQUAL(testbed_run(guest_in_storm), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(testbed_now(), 1000);
    CU_ASSERT_EQUAL(seen.irqs, 1000 - TESTBED_MMIO_NS);
    testbed_fini();
}

/* ---- WFI ------------------------------------------------------------------------------------- */

static void guest_waits(void)
{
    hal_irq_set_vector(quiet_vector);
    hal_mmio_write32(DEVICE_ARM, 5000);
    hal_irq_restore(0);
    hal_wfi();
    seen.value = seen.irqs;
    seen.time = hal_mmio_read64(DEVICE_NOW);
    hal_power_off(0);
}

static void test_wfi_jumps_to_the_event_and_takes_the_interrupt(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_waits), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, 1);
    CU_ASSERT_EQUAL(seen.time, 5000 + 1);
    CU_ASSERT_EQUAL(testbed_count("cpu.wfi"), 1);
    CU_ASSERT_EQUAL(testbed.quiescent_calls, 0);
    testbed_fini();
}

static void guest_waits_masked(void)
{
    hal_irq_set_vector(quiet_vector);
    hal_mmio_write32(DEVICE_ARM, 5000);
    hal_wfi();
    hal_wfi(); /* still pending: does not wait */
    seen.value = seen.irqs;
    seen.time = hal_mmio_read64(DEVICE_NOW);
    hal_power_off(0);
}

static void test_wfi_returns_for_a_masked_interrupt_without_taking_it(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_waits_masked), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, 0);
    CU_ASSERT_EQUAL(seen.time, 5000 + 1);
    CU_ASSERT_EQUAL(testbed_count("cpu.wfi"), 1);
    testbed_fini();
}

static void guest_waits_for_nothing(void)
{
    hal_wfi();
    seen.value++;
    hal_power_off(0);
}

static void test_nothing_left_is_quiescent_and_can_be_resumed(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_waits_for_nothing), CPU_STOP_QUIESCENT);
    CU_ASSERT_EQUAL(testbed.quiescent_calls, 1);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_QUIESCENT);
    CU_ASSERT_EQUAL(testbed.quiescent_calls, 2);
    CU_ASSERT_EQUAL(seen.value, 0);
    irqline_set(&testbed.input, true);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, 1);
    CU_ASSERT_EQUAL(testbed_count("cpu.wfi"), 1);
    testbed_fini();
}

static void test_housekeeping_alone_is_quiescent_and_does_not_run(void)
{
    struct vevent upkeep;
    uint64_t when = 0;
    fresh(1);
    vevent_init(&upkeep, VEVENT_HOUSEKEEPING, "upkeep", note_event_time, &when);
    vclock_arm(testbed.clock, &upkeep, VCLOCK_POWER_ON_NS + 100);
    CU_ASSERT_EQUAL(testbed_run(guest_waits_for_nothing), CPU_STOP_QUIESCENT);
    CU_ASSERT_EQUAL(when, 0);
    vclock_disarm(testbed.clock, &upkeep);
    testbed_fini();
}

static void arm_when_quiescent(void)
{
    vclock_arm(testbed.clock, &testbed.rise, vclock_now_ns(testbed.clock) + 10);
}

static void test_a_quiescent_machine_goes_on_when_something_is_armed(void)
{
    fresh(1);
    testbed.on_quiescent = arm_when_quiescent;
    CU_ASSERT_EQUAL(testbed_run(guest_waits_for_nothing), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(testbed.quiescent_calls, 1);
    CU_ASSERT_EQUAL(testbed_now(), 11);
    testbed_fini();
}

static void stop_when_quiescent(void)
{
    cpu_stop(testbed.cpu);
}

static void test_a_stop_when_quiescent_is_a_requested_stop(void)
{
    fresh(1);
    testbed.on_quiescent = stop_when_quiescent;
    CU_ASSERT_EQUAL(testbed_run(guest_waits_for_nothing), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(testbed.quiescent_calls, 1);
    testbed_fini();
}

/* ---- stopping -------------------------------------------------------------------------------- */

static void guest_reads_stop(void)
{
    guest_ticks(7);
    seen.value = hal_mmio_read32(DEVICE_STOP);
    seen.time = hal_mmio_read64(DEVICE_NOW);
    hal_power_off(0);
}

static void test_a_stop_in_an_access_resumes_with_its_value(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_reads_stop), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(seen.value, 0);
    CU_ASSERT_EQUAL(testbed_now(), 7);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, DEVICE_STOPS_VALUE);
    CU_ASSERT_EQUAL(seen.time, 7 + TESTBED_MMIO_NS);
    testbed_fini();
}

static void test_a_stop_between_two_due_events_resumes_with_the_second(void)
{
    struct vevent first, second;
    uint64_t when = 0;
    fresh(1);
    vevent_init(&first, VEVENT_SCRIPT, "first", stop_cpu, NULL);
    vevent_init(&second, VEVENT_SCRIPT, "second", note_event_time, &when);
    vclock_arm(testbed.clock, &first, VCLOCK_POWER_ON_NS + 50);
    vclock_arm(testbed.clock, &second, VCLOCK_POWER_ON_NS + 50);
    CU_ASSERT_EQUAL(testbed_run(guest_ticks_100), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(testbed_now(), 50);
    CU_ASSERT_EQUAL(when, 0);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(when, 50);
    CU_ASSERT_EQUAL(cpu_ticks(testbed.cpu), 100);
    CU_ASSERT_EQUAL(testbed_now(), 100);
    testbed_fini();
}

/*
 * An event that is due before an access stops the CPU: the access happens after the resumption,
 * once.
 */
static void guest_stops_before_access(void)
{
    ringside_ticks.left -= 60; /* as an uninstrumented copy would */
    hal_mmio_write8(DEVICE_LEVEL, 1);
    hal_power_off(0);
}

static void test_a_stop_before_an_access_does_not_lose_it(void)
{
    struct vevent stop;
    fresh(1);
    vevent_init(&stop, VEVENT_SCRIPT, "stop", stop_cpu, NULL);
    vclock_arm(testbed.clock, &stop, VCLOCK_POWER_ON_NS + 50);
    CU_ASSERT_EQUAL(testbed_run(guest_stops_before_access), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(testbed_now(), 50);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(testbed_now(), 60 + TESTBED_MMIO_NS);
    testbed_fini();
}

static void guest_stops_in_wfi(void)
{
    hal_wfi();
    seen.time = hal_mmio_read64(DEVICE_NOW);
    hal_power_off(0);
}

static void test_a_stop_in_wfi_resumes_the_wait(void)
{
    struct vevent stop;
    fresh(1);
    vevent_init(&stop, VEVENT_SCRIPT, "stop", stop_cpu, NULL);
    vclock_arm(testbed.clock, &stop, VCLOCK_POWER_ON_NS + 50);
    vclock_arm(testbed.clock, &testbed.rise, VCLOCK_POWER_ON_NS + 80);
    CU_ASSERT_EQUAL(testbed_run(guest_stops_in_wfi), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(testbed_now(), 50);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.time, 80);
    CU_ASSERT_EQUAL(testbed_count("cpu.wfi"), 1);
    testbed_fini();
}

static void test_a_stop_between_runs_ends_the_next_one_at_once(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_reads_stop), CPU_STOP_REQUESTED);
    cpu_stop(testbed.cpu);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(seen.value, 0);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.value, DEVICE_STOPS_VALUE);
    testbed_fini();
}

static void test_a_stop_changes_nothing_that_the_guest_could_see(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_arms_then_ticks), CPU_STOP_POWER_OFF);
    uint64_t tick = seen.at_tick;
    g_autofree char *events = g_strdup(testbed.events->str);
    fresh(1);
    testbed.stop_at = TRACE_CPU_IRQ;
    CU_ASSERT_EQUAL(testbed_run(guest_arms_then_ticks), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(seen.irqs, 0);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.at_tick, tick);
    CU_ASSERT_STRING_EQUAL(testbed.events->str, events);
    testbed_fini();
}

static void test_a_power_off_wins_over_a_stop(void)
{
    fresh(1);
    testbed.stop_at = TRACE_RUN_POWER_OFF;
    CU_ASSERT_EQUAL(testbed_run(guest_ticks_100), CPU_STOP_POWER_OFF);
    testbed_fini();
}

static void guest_returns(void)
{
    guest_ticks(1);
}

static void test_a_boot_entry_that_returns_is_a_panic(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_returns), CPU_STOP_PANIC);
    CU_ASSERT_STRING_EQUAL(cpu_panic_reason(testbed.cpu), "boot: the boot entry must not return");
    ASSERT_ONE_VIOLATION("boot");
    CU_ASSERT_EQUAL(testbed_count("guest.panic"), 1);
    testbed_fini();
}

/* ---- programs -------------------------------------------------------------------------------- */

static int guest_start(uint32_t program, const char *command_line)
{
    seen.starts++;
    seen.program = program;
    seen.daif_inside = hal_irq_flags();
    seen.value = hal_virt_to_phys(command_line);
    g_strlcpy(seen.command, command_line, sizeof(seen.command));
    return -7;
}

static int guest_kill(uint32_t program, int signal_number)
{
    seen.kills++;
    seen.program = program;
    seen.signal = signal_number;
    return 0;
}

static void on_started(void *opaque, uint32_t program, int result)
{
    CU_ASSERT_PTR_EQUAL(opaque, &seen);
    CU_ASSERT_EQUAL(program, 5);
    seen.started++;
    seen.result = result;
}

static void queue_start(void)
{
    cpu_start_program(testbed.cpu, 5, "ping -c 1", on_started, &seen);
}

static void guest_becomes_ready(void)
{
    hal_irq_restore(0);
    hal_mmio_write8(DEVICE_CALL, 0); /* queues the start */
    guest_ticks(10);
    CU_ASSERT_EQUAL(seen.starts, 0);
    hal_irq_save();
    probe_ready();
    guest_ticks(10);
    CU_ASSERT_EQUAL(seen.starts, 0);
    hal_irq_restore(0);
    CU_ASSERT_EQUAL(seen.starts, 1);
    hal_power_off(0);
}

static struct ringside_guest guest_with_programs = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "programs",
    .start = guest_start,
    .kill = guest_kill,
};

static void test_a_start_waits_until_the_guest_is_ready_and_unmasked(void)
{
    fresh(1);
    testbed.on_device = queue_start;
    guest_with_programs.boot = guest_becomes_ready;
    CU_ASSERT_FALSE(cpu_guest_is_ready(testbed.cpu));
    CU_ASSERT_EQUAL(testbed_run_guest(&guest_with_programs), CPU_STOP_POWER_OFF);
    CU_ASSERT_TRUE(cpu_guest_is_ready(testbed.cpu));
    CU_ASSERT_EQUAL(seen.starts, 1);
    CU_ASSERT_EQUAL(seen.program, 5);
    CU_ASSERT_STRING_EQUAL(seen.command, "ping -c 1");
    CU_ASSERT_EQUAL(seen.daif_inside, HAL_DAIF_I);
    CU_ASSERT_NOT_EQUAL(seen.value, UINT64_MAX); /* the command line lies in guest RAM */
    CU_ASSERT_EQUAL(seen.started, 1);
    CU_ASSERT_EQUAL(seen.result, -7);
    testbed_fini();
}

static void guest_sleeps_when_ready(void)
{
    probe_ready();
    hal_irq_restore(0);
    while (seen.kills == 0) {
        hal_wfi();
    }
    hal_power_off(0);
}

static void start_when_quiescent(void)
{
    if (testbed.quiescent_calls == 1) {
        queue_start();
    } else {
        cpu_kill_program(testbed.cpu, 5, 2);
    }
}

static void test_start_and_kill_wake_a_waiting_guest(void)
{
    fresh(1);
    testbed.on_quiescent = start_when_quiescent;
    guest_with_programs.boot = guest_sleeps_when_ready;
    CU_ASSERT_EQUAL(testbed_run_guest(&guest_with_programs), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(testbed.quiescent_calls, 2);
    CU_ASSERT_EQUAL(seen.starts, 1);
    CU_ASSERT_EQUAL(seen.kills, 1);
    CU_ASSERT_EQUAL(seen.signal, 2);
    CU_ASSERT_EQUAL(seen.started, 1);
    testbed_fini();
}

static void guest_is_ready_twice(void)
{
    probe_ready();
    probe_ready();
    hal_power_off(0);
}

static void test_ready_twice_is_a_violation(void)
{
    fresh(1);
    CU_ASSERT_EQUAL(testbed_run(guest_is_ready_twice), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(testbed_count("guest.ready"), 1);
    ASSERT_ONE_VIOLATION("probe_ready");
    testbed_fini();
}

static void guest_uses_up_memory(void)
{
    while (hal_stack_alloc(4096) != NULL) {
    }
    probe_ready();
    hal_mmio_write8(DEVICE_CALL, 0);
    hal_irq_restore(0);
    hal_power_off(0);
}

static void test_a_start_without_memory_is_refused(void)
{
    fresh(1);
    testbed.on_device = queue_start;
    guest_with_programs.boot = guest_uses_up_memory;
    CU_ASSERT_EQUAL(testbed_run_guest(&guest_with_programs), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.starts, 0);
    CU_ASSERT_EQUAL(seen.started, 1);
    CU_ASSERT_EQUAL(seen.result, -12);
    testbed_fini();
}

static void test_a_queued_start_is_freed_with_the_cpu(void)
{
    fresh(1);
    guest_with_programs.boot = guest_ticks_100;
    CU_ASSERT_EQUAL(testbed_run_guest(&guest_with_programs), CPU_STOP_POWER_OFF);
    queue_start();
    cpu_kill_program(testbed.cpu, 5, 9);
    testbed_fini();
    CU_ASSERT_EQUAL(seen.starts + seen.kills + seen.started, 0);
}

UNIT_SUITE("cpu", UNIT_TEST(test_time_is_ticks_and_accesses),
           UNIT_TEST(test_charged_ticks_and_relax_take_time),
           UNIT_TEST(test_time_saturates_without_overflow),
           UNIT_TEST(test_a_tick_count_that_goes_back_is_a_violation),
           UNIT_TEST(test_an_event_runs_at_its_tick_and_time),
           UNIT_TEST(test_an_interrupt_is_taken_at_the_very_tick),
           UNIT_TEST(test_a_masked_interrupt_stays_pending_until_the_unmask),
           UNIT_TEST(test_without_vector_interrupts_stay_pending),
           UNIT_TEST(test_an_interrupt_is_taken_at_the_end_of_a_hal_function),
           UNIT_TEST(test_the_vector_is_not_nested_and_called_again_while_the_line_is_high),
           UNIT_TEST(test_unmasking_inside_the_vector_nests),
           UNIT_TEST(test_a_storm_takes_time_and_ends_at_a_limit),
           UNIT_TEST(test_wfi_jumps_to_the_event_and_takes_the_interrupt),
           UNIT_TEST(test_wfi_returns_for_a_masked_interrupt_without_taking_it),
           UNIT_TEST(test_nothing_left_is_quiescent_and_can_be_resumed),
           UNIT_TEST(test_housekeeping_alone_is_quiescent_and_does_not_run),
           UNIT_TEST(test_a_quiescent_machine_goes_on_when_something_is_armed),
           UNIT_TEST(test_a_stop_when_quiescent_is_a_requested_stop),
           UNIT_TEST(test_a_stop_in_an_access_resumes_with_its_value),
           UNIT_TEST(test_a_stop_between_two_due_events_resumes_with_the_second),
           UNIT_TEST(test_a_stop_before_an_access_does_not_lose_it),
           UNIT_TEST(test_a_stop_in_wfi_resumes_the_wait),
           UNIT_TEST(test_a_stop_between_runs_ends_the_next_one_at_once),
           UNIT_TEST(test_a_stop_changes_nothing_that_the_guest_could_see),
           UNIT_TEST(test_a_power_off_wins_over_a_stop),
           UNIT_TEST(test_a_boot_entry_that_returns_is_a_panic),
           UNIT_TEST(test_a_start_waits_until_the_guest_is_ready_and_unmasked),
           UNIT_TEST(test_start_and_kill_wake_a_waiting_guest),
           UNIT_TEST(test_ready_twice_is_a_violation),
           UNIT_TEST(test_a_start_without_memory_is_refused),
           UNIT_TEST(test_a_queued_start_is_freed_with_the_cpu))
