/*
 * execute.c - the CPU, from the guest's side: calls of the bench, interrupts and upcalls, stopping
 *
 * Everything here runs on the guest's stack (see cpu_priv.h). A tick whose deadline has come, and
 * the end of each hal function, lead to cpu_settle(): the only place where an interrupt or an
 * upcall is delivered. So none is ever taken in a probe, inside an MMIO access, or on the bench's
 * stack.
 *
 * Taking an exception costs one tick: a handler that neither ticks nor calls the hal, and never
 * quiets its line, is a storm that takes time.
 */
#include "emu/cpu-stub/cpu_priv.h"

/* ---- stopping -------------------------------------------------------------------------------- */

void cpu_leave(struct cpu *cpu, enum cpu_stop stop)
{
    cpu->stop = stop;
    stack_switch(&cpu->core->guest_sp, cpu->host_sp, &cpu->core->guest_fake, cpu->host);
}

_Noreturn void cpu_leave_for_good(struct cpu *cpu, enum cpu_stop stop)
{
    cpu_leave(cpu, stop);
    g_assert_not_reached();
}

/* ---- several cores --------------------------------------------------------------------------- */

void cpu_switch_core(struct cpu *cpu, struct cpu_core *to)
{
    struct cpu_core *from = cpu->core;
    g_assert(cpu->raw_size == 0);
    cpu->core = to;
    cpu->running = to->index;
    cpu->acting = to->index + 1;
    cpu_set_deadline(cpu);
    stack_switch(&from->guest_sp, to->guest_sp, &from->guest_fake, to->running);
}

bool cpu_give_way(struct cpu *cpu)
{
    if (cpu_tick_count(cpu) > cpu->synced_count) {
        cpu_count_ticks(cpu);
    }
    struct cpu_core *slowest = cpu_slowest(cpu, NULL);
    if (slowest == cpu->core || slowest == NULL) {
        return false;
    }
    cpu_switch_core(cpu, slowest);
    return true;
}

void cpu_secondary_entry(void *opaque)
{
    struct cpu *cpu = opaque;
    struct cpu_core *core = cpu->core;
    stack_arrive(NULL);
    cpu_call_guest(cpu_guest_frame(), (void (*)(void))core->entry,
                   (void *)(uintptr_t)core->argument, 0);
    cpu_fatal(cpu, "hal_cpu_start", "the entry of a CPU must not return", core->index);
}

/* ---- calls of the bench ---------------------------------------------------------------------- */

struct cpu_visit {
    struct cpu *cpu;
    context_fn *fn;
    void *arg;
};

static void cpu_do_after_spins(void *opaque)
{
    const struct cpu_visit *visit = opaque;
    cpu_tell_spins(visit->cpu);
    visit->fn(visit->arg);
}

void cpu_bench_visit(struct cpu *cpu, context_fn *fn, void *arg)
{
    if (__builtin_expect(cpu->awake > 1, 0)) {
        cpu_give_way(cpu);
    }
    cpu->side = CPU_SIDE_BENCH;
    cpu->call_frame = (uintptr_t)__builtin_frame_address(0);
    if (cpu->spin_count > 0) {
        struct cpu_visit visit = {.cpu = cpu, .fn = fn, .arg = arg};
        stack_bench_call(&cpu->bench, cpu_do_after_spins, &visit);
    } else {
        stack_bench_call(&cpu->bench, fn, arg);
    }
    cpu->side = CPU_SIDE_GUEST;
    if (cpu->deadline_stale) {
        cpu_set_deadline(cpu);
    }
    if (__builtin_expect(cpu->stop_requested, 0)) {
        cpu_leave(cpu, CPU_STOP_REQUESTED);
    }
}

void cpu_bench_call(struct cpu *cpu, context_fn *fn, void *arg)
{
    cpu->core->clock_reads = 0;
    cpu_bench_visit(cpu, fn, arg);
}

/* ---- broken rules ---------------------------------------------------------------------------- */

struct cpu_broken_rule {
    const char *function, *rule;
    uint64_t value;
};

static void cpu_do_report(void *opaque)
{
    const struct cpu_broken_rule *broken = opaque;
    cpu_sync(cpu_active);
    cpu_report(cpu_active, broken->function, broken->rule, broken->value);
}

static void cpu_do_fatal(void *opaque)
{
    const struct cpu_broken_rule *broken = opaque;
    struct cpu *cpu = cpu_active;
    cpu_do_report(opaque);
    cpu_flush_console(cpu);
    cpu->panic_reason = g_strdup_printf("%s: %s", broken->function, broken->rule);
    trace_emit(cpu->trace, TRACE_GUEST_PANIC, TS(trace_intern(cpu->trace, cpu->panic_reason)));
    cpu->stop_requested = false; /* there is no later */
}

void cpu_violation(struct cpu *cpu, const char *function, const char *rule, uint64_t value)
{
    struct cpu_broken_rule broken = {.function = function, .rule = rule, .value = value};
    cpu_bench_call(cpu, cpu_do_report, &broken);
}

_Noreturn void cpu_fatal(struct cpu *cpu, const char *function, const char *rule, uint64_t value)
{
    struct cpu_broken_rule broken = {.function = function, .rule = rule, .value = value};
    cpu_bench_call(cpu, cpu_do_fatal, &broken);
    cpu_leave_for_good(cpu, CPU_STOP_PANIC);
}

/* ---- exceptions ------------------------------------------------------------------------------ */

/* What an exception saves and its return restores, as SPSR does. */
struct cpu_exception {
    uint64_t daif;
    uint32_t task;
};

static struct cpu_exception cpu_enter_exception(struct cpu *cpu)
{
    struct cpu_exception saved = {.daif = cpu->core->daif, .task = cpu->core->task};
    cpu->core->daif |= HAL_DAIF_I;
    cpu->core->task = 0;
    ringside_ticks.left--;
    cpu_mask_changed(cpu);
    return saved;
}

static void cpu_leave_exception(struct cpu *cpu, struct cpu_exception saved)
{
    cpu->core->daif = saved.daif;
    cpu->core->task = saved.task;
    cpu_mask_changed(cpu);
}

static void cpu_do_announce_irq(void *opaque)
{
    struct cpu *cpu = opaque;
    cpu_sync(cpu);
    trace_emit_plain(cpu->trace, TRACE_CPU_IRQ);
}

uintptr_t cpu_call_guest(char *guest_frame, void (*fn)(void), void *arg, uintptr_t second)
{
    g_assert(cpu_guest_frame() > guest_frame - CPU_FRAME_GAP);
    uintptr_t result = context_call(guest_frame - CPU_FRAME_GAP, (context_fn *)fn, arg, second);
    cpu_of_guest(); /* a store that was the last thing it did */
    return result;
}

static void cpu_take_irq(struct cpu *cpu, char *guest_frame)
{
    cpu_bench_call(cpu, cpu_do_announce_irq, cpu);
    struct cpu_exception saved = cpu_enter_exception(cpu);
    cpu_call_guest(guest_frame, cpu->core->vector, NULL, 0);
    cpu_leave_exception(cpu, saved);
}

static void cpu_do_begin_upcall(void *opaque)
{
    struct cpu_upcall **upcall = opaque;
    cpu_sync(cpu_active);
    *upcall = cpu_begin_upcall(cpu_active);
}

static void cpu_do_end_upcall(void *opaque)
{
    cpu_sync(cpu_active);
    cpu_end_upcall(cpu_active, opaque);
}

static void cpu_take_upcall(struct cpu *cpu, char *guest_frame)
{
    struct cpu_upcall *upcall = NULL;
    cpu_bench_call(cpu, cpu_do_begin_upcall, &upcall);
    void *program = (void *)(uintptr_t)upcall->program;
    struct cpu_exception saved = cpu_enter_exception(cpu);
    if (upcall->line_in_ram != NULL) {
        upcall->result = (int)cpu_call_guest(guest_frame, (void (*)(void))cpu->guest->start,
                                             program, (uintptr_t)upcall->line_in_ram);
    } else if (upcall->command_line == NULL) {
        upcall->result = (int)cpu_call_guest(guest_frame, (void (*)(void))cpu->guest->kill, program,
                                             (uintptr_t)upcall->signal_number);
    }
    cpu_leave_exception(cpu, saved);
    cpu_bench_call(cpu, cpu_do_end_upcall, upcall);
}

static void cpu_do_catch_up(void *opaque)
{
    cpu_catch_up(opaque);
}

void cpu_settle(struct cpu *cpu, char *guest_frame)
{
    for (;;) {
        /* Again after a stop in between: what is still due makes the deadline now. */
        while (cpu_tick_count(cpu) >= cpu->event_deadline) {
            cpu_bench_visit(cpu, cpu_do_catch_up, cpu);
        }
        if (!cpu_can_deliver(cpu)) {
            return;
        }
        if (__builtin_expect(cpu->awake > 1, 0) && cpu_give_way(cpu)) {
            continue; /* meanwhile the line may have fallen */
        }
        if (cpu->core->line && cpu->core->vector != NULL) {
            cpu_take_irq(cpu, guest_frame);
        } else {
            cpu_take_upcall(cpu, guest_frame);
        }
    }
}

void ringside_tick(void)
{
    if (cpu_active == NULL) { /* guest code outside of a machine, as in its unit tests */
        ringside_ticks.left = INT64_MAX;
        return;
    }
    cpu_settle(cpu_of_guest(), cpu_guest_frame());
}

void cpu_boot_entry(void *opaque)
{
    struct cpu *cpu = opaque;
    stack_arrive(&cpu->host);
    cpu_call_guest(cpu_guest_frame(), cpu->guest->boot, NULL, 0);
    cpu_fatal(cpu, "boot", "the boot entry must not return", 0);
}
