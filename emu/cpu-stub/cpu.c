/*
 * cpu.c - the CPU, from the host's and the bench's side: life, time, deadlines, upcalls, reports
 *
 * See cpu_priv.h for the sides and execute.c for the guest's. How a stop works: whoever asks for it
 * sets a flag; the call of the bench that is under way ends after the current event or access; the
 * guest's side sees the flag and switches to the host's stack. Nothing of the guest is unwound, so
 * cpu_resume() goes on where it was. A stop that is asked for while the host runs takes effect on
 * the next cpu_resume().
 */
#include "emu/core/spread.h"
#include "emu/cpu-stub/cpu_priv.h"

#include <string.h>

/* U+2400, for a NUL on the console: it would end the event's string. */
#define CPU_NUL_SHOWN "\xe2\x90\x80"

struct cpu *cpu_active;
struct ringside_tick_state ringside_ticks = {.left = INT64_MAX};

/* ---- time ------------------------------------------------------------------------------------ */

void cpu_spend_ns(struct cpu *cpu, uint64_t ns)
{
    struct cpu_core *core = cpu->core;
    bool fits = ns <= CPU_TIME_MAX_NS - core->guest_ns;
    core->guest_ns = fits ? core->guest_ns + ns : CPU_TIME_MAX_NS;
    cpu->deadline_stale = true;
}

void cpu_count_ticks(struct cpu *cpu)
{
    uint64_t ns, count = cpu_tick_count(cpu);
    struct cpu_core *core = cpu->core;
    if (__builtin_mul_overflow(count - cpu->synced_count, cpu->config.step_ns, &ns)) {
        ns = CPU_TIME_MAX_NS;
    }
    if (ns > CPU_TIME_MAX_NS - core->guest_ns) {
        core->guest_ns = CPU_TIME_MAX_NS;
        cpu->deadline_stale = true;
    } else {
        core->guest_ns += ns; /* the deadline, which counts from here, stays what it was */
    }
    cpu->synced_count = count;
}

static void cpu_take_ticks(struct cpu *cpu)
{
    uint64_t count = cpu_tick_count(cpu);
    uint64_t ticks = count - cpu->synced_count;
    if (ticks > CPU_TICKS_NEVER || count > CPU_TICKS_NEVER) { /* where no tick can have led */
        ringside_ticks.left += (int64_t)ticks;
        cpu->deadline_stale = true;
        cpu_report(cpu, "ringside_ticks", "the tick count belongs to the bench and never goes back",
                   count);
    } else if (ticks > 0) {
        cpu_count_ticks(cpu);
    }
}

void cpu_sync(struct cpu *cpu)
{
    cpu_take_ticks(cpu);
    uint64_t to_ns = MIN(cpu->core->guest_ns, vclock_next_ns(cpu->clock));
    if (to_ns > vclock_now_ns(cpu->clock)) {
        vclock_pass(cpu->clock, to_ns);
    }
}

bool cpu_wake_cores(struct cpu *cpu)
{
    bool woke = false;
    for (unsigned i = 0; i < cpu->config.cores; i++) {
        struct cpu_core *core = &cpu->cores[i];
        if (core->state == CPU_CORE_WAITING && cpu_has_wakeup(cpu, core)) {
            core->state = CPU_CORE_AWAKE;
            core->guest_ns = MAX(core->guest_ns, vclock_now_ns(cpu->clock));
            cpu->awake++;
            woke = true;
        }
    }
    return woke;
}

bool cpu_run_next_event(struct cpu *cpu)
{
    cpu->acting = TRACE_NO_CPU;
    vclock_run_next(cpu->clock);
    cpu->acting = cpu->running + 1;
    cpu->deadline_stale = true;
    return cpu_wake_cores(cpu);
}

bool cpu_catch_up(struct cpu *cpu)
{
    cpu_take_ticks(cpu);
    while (vclock_next_ns(cpu->clock) <= cpu->core->guest_ns) {
        if (cpu_run_next_event(cpu) || cpu->stop_requested) {
            return false;
        }
    }
    vclock_pass(cpu->clock, cpu->core->guest_ns);
    return true;
}

struct cpu_core *cpu_slowest(struct cpu *cpu, const struct cpu_core *except)
{
    struct cpu_core *slowest = NULL;
    for (unsigned i = 0; i < cpu->config.cores; i++) {
        struct cpu_core *core = &cpu->cores[i];
        if (core->state == CPU_CORE_AWAKE && core != except &&
            (slowest == NULL || core->guest_ns < slowest->guest_ns)) {
            slowest = core;
        }
    }
    return slowest;
}

/*
 * The time up to which the running core needs nobody: an event, or too far ahead of another core.
 */
static uint64_t cpu_free_until_ns(struct cpu *cpu)
{
    uint64_t next_ns = vclock_next_ns(cpu->clock);
    const struct cpu_core *other = cpu->awake > 1 ? cpu_slowest(cpu, cpu->core) : NULL;
    uint64_t quantum_ns, limit_ns;
    if (other == NULL ||
        __builtin_mul_overflow(CPU_QUANTUM_TICKS, cpu->config.step_ns, &quantum_ns) ||
        __builtin_add_overflow(other->guest_ns, quantum_ns, &limit_ns)) {
        return next_ns;
    }
    return MIN(next_ns, limit_ns);
}

void cpu_set_deadline(struct cpu *cpu)
{
    if (cpu->awake < cpu->config.cores) {
        cpu_wake_cores(cpu); /* an access may have done it */
    }
    uint64_t next_ns = cpu_free_until_ns(cpu);
    uint64_t guest_ns = cpu->core->guest_ns;
    cpu->deadline_stale = false;
    if (next_ns == VCLOCK_NEVER) {
        cpu->event_deadline = CPU_TICKS_NEVER;
    } else if (next_ns <= guest_ns) {
        cpu->event_deadline = 0;
    } else {
        uint64_t left_ns = next_ns - guest_ns;
        uint64_t step_ns = cpu->config.step_ns;
        uint64_t ticks = step_ns == 1 ? left_ns : (left_ns - 1) / step_ns + 1;
        bool fits = ticks <= CPU_TICKS_NEVER - cpu->synced_count;
        cpu->event_deadline = fits ? cpu->synced_count + ticks : CPU_TICKS_NEVER;
    }
    cpu_mask_changed(cpu);
}

static void cpu_clock_changed(void *opaque)
{
    struct cpu *cpu = opaque;
    cpu->deadline_stale = true;
}

static void cpu_set_line(void *opaque, unsigned number, bool level)
{
    struct cpu *cpu = opaque;
    g_assert(number < cpu->config.cores);
    cpu->cores[number].line = level;
    cpu->deadline_stale = true;
}

struct irqline cpu_irq_input(struct cpu *cpu, unsigned core)
{
    g_assert(core < cpu->config.cores);
    return (struct irqline){.set = cpu_set_line, .opaque = cpu, .number = core};
}

const unsigned *cpu_accessing(const struct cpu *cpu)
{
    return &cpu->running;
}

void cpu_access_as(struct cpu *cpu, unsigned core)
{
    g_assert(cpu->guest == NULL && core < cpu->config.cores);
    cpu->running = core;
}

/* ---- what the guest did wrong, and what it said ---------------------------------------------- */

void cpu_report(struct cpu *cpu, const char *function, const char *rule, uint64_t value)
{
    trace_emit(cpu->trace, TRACE_GUEST_VIOLATION, TS(function), TS(rule), TN(value));
}

/* Names come again and again from the same place, so the last one from there is tried first. */
static struct cpu_name *cpu_name_at(struct cpu *cpu, const char *string)
{
    return &cpu->names[spread((uintptr_t)string, CPU_NAMES_LOG2)];
}

const char *cpu_guest_string(struct cpu *cpu, const char *function, const char *string)
{
    struct cpu_name *name = cpu_name_at(cpu, string);
    if (string != NULL && name->guest == string && memcmp(string, name->copy, name->size) == 0) {
        return name->copy;
    }
    if (!cpu_in_ram(cpu, string, 1)) {
        cpu_report(cpu, function, "a string lies in guest RAM", (uintptr_t)string);
        return "?";
    }
    size_t room = cpu->ram_high - (uintptr_t)string;
    size_t limit = MIN(room, CPU_GUEST_STRING_MAX + 1);
    size_t length = strnlen(string, limit);
    if (length < limit) {
        *name = (struct cpu_name){
            .guest = string, .copy = trace_intern(cpu->trace, string), .size = length + 1};
        return name->copy;
    }
    cpu_report(cpu, function, "a string ends within 1024 bytes", (uintptr_t)string);
    return trace_copy(cpu->trace, string, limit - 1);
}

void cpu_flush_console(struct cpu *cpu)
{
    if (cpu->console->len == 0) {
        return;
    }
    const char *line = trace_copy(cpu->trace, cpu->console->str, cpu->console->len);
    g_string_truncate(cpu->console, 0);
    trace_emit(cpu->trace, TRACE_GUEST_CONSOLE, TS(line));
}

void cpu_console_put(struct cpu *cpu, char c)
{
    if (c == '\n') {
        gsize length = cpu->console->len;
        if (length > 0 && cpu->console->str[length - 1] == '\r') {
            g_string_truncate(cpu->console, length - 1);
        }
        const char *line = trace_copy(cpu->trace, cpu->console->str, cpu->console->len);
        g_string_truncate(cpu->console, 0);
        trace_emit(cpu->trace, TRACE_GUEST_CONSOLE, TS(line));
        return;
    }
    if (c == '\0') {
        g_string_append(cpu->console, CPU_NUL_SHOWN);
    } else {
        g_string_append_c(cpu->console, c);
    }
    if (cpu->console->len >= CPU_CONSOLE_LINE_MAX) {
        cpu_flush_console(cpu);
    }
}

/* ---- upcalls --------------------------------------------------------------------------------- */

static void cpu_upcall_free(void *data)
{
    struct cpu_upcall *upcall = data;
    g_free(upcall->command_line);
    g_free(upcall);
}

bool cpu_has_wakeup(const struct cpu *cpu, const struct cpu_core *core)
{
    return core->line || cpu_has_upcall(cpu, core);
}

static void cpu_queue_upcall(struct cpu *cpu, struct cpu_upcall upcall)
{
    g_queue_push_tail(&cpu->upcalls, g_memdup2(&upcall, sizeof(upcall)));
    cpu->deadline_stale = true;
}

void cpu_start_program(struct cpu *cpu, uint32_t program, const char *command_line,
                       cpu_started_fn *started, void *opaque)
{
    g_assert(cpu->guest != NULL && cpu->guest->start != NULL);
    g_assert(program != 0);
    cpu_queue_upcall(cpu, (struct cpu_upcall){
                              .program = program,
                              .command_line = g_strdup(command_line),
                              .started = started,
                              .opaque = opaque,
                          });
}

void cpu_kill_program(struct cpu *cpu, uint32_t program, int signal_number)
{
    g_assert(cpu->guest != NULL && cpu->guest->kill != NULL);
    cpu_queue_upcall(cpu, (struct cpu_upcall){.program = program, .signal_number = signal_number});
}

/*
 * The command line is handed over in guest RAM, where all memory of a guest lies. It takes whole
 * pages of the pool, for the time of the call.
 */
struct cpu_upcall *cpu_begin_upcall(struct cpu *cpu)
{
    struct cpu_upcall *upcall = g_queue_pop_head(&cpu->upcalls);
    g_ptr_array_add(cpu->delivering, upcall);
    if (upcall->command_line != NULL) {
        size_t size = strlen(upcall->command_line) + 1;
        upcall->result = CPU_COMMAND_REFUSED;
        upcall->line_in_ram = gmem_stack_alloc(cpu->memory, size);
        if (upcall->line_in_ram != NULL) {
            memcpy(upcall->line_in_ram, upcall->command_line, size);
        }
    }
    return upcall;
}

void cpu_end_upcall(struct cpu *cpu, struct cpu_upcall *upcall)
{
    if (upcall->line_in_ram != NULL) {
        size_t size = strlen(upcall->command_line) + 1;
        bool released = gmem_stack_release(cpu->memory, upcall->line_in_ram, size);
        if (!released) {
            cpu_report(cpu, "start", "the command line is borrowed",
                       (uintptr_t)upcall->line_in_ram);
        }
    }
    if (upcall->started != NULL) {
        upcall->started(upcall->opaque, upcall->program, upcall->result);
    }
    g_ptr_array_remove_fast(cpu->delivering, upcall);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct cpu *cpu_new(struct vclock *clock, struct trace *trace, struct gmem *memory,
                    struct mmio_bus *bus, const struct cpu_config *config, GError **error)
{
    g_assert(cpu_active == NULL);
    g_assert(config->step_ns >= 1);
    g_assert(config->cores >= 1 && config->cores <= CPU_CORES_MAX);
    g_assert(config->ops != NULL && config->ops->sysreg_read != NULL &&
             config->ops->sysreg_write != NULL && config->ops->quiescent != NULL);
    struct stack_bench bench;
    if (!stack_bench_map(&bench, error)) {
        return NULL;
    }
    struct cpu *cpu = g_new0(struct cpu, 1);
    cpu->clock = clock;
    cpu->trace = trace;
    cpu->memory = memory;
    cpu->bus = bus;
    cpu->config = *config;
    cpu->bench = bench;
    cpu->ram_low = (uintptr_t)gmem_host(memory, gpa(gmem_ram_base(memory)), 1);
    cpu->ram_high = cpu->ram_low + (uintptr_t)gmem_ram_size(memory);
    for (unsigned i = 0; i < config->cores; i++) {
        cpu->cores[i].index = i;
    }
    cpu->core = &cpu->cores[0];
    cpu->core->daif = HAL_DAIF_I;
    cpu->core->state = CPU_CORE_AWAKE;
    cpu->awake = 1;
    if (config->cores > 1) {
        cpu->acting = 1;
        trace_set_cpu(trace, &cpu->acting);
    }
    g_queue_init(&cpu->upcalls);
    cpu->delivering = g_ptr_array_new_with_free_func(cpu_upcall_free);
    cpu->console = g_string_new(NULL);
    prng_init(&cpu->entropy, config->seed, "guest.entropy");
    vclock_set_listener(clock, cpu_clock_changed, cpu);
    ringside_ticks.left = INT64_MAX;
    cpu->last_tick = CPU_TICKS_NEVER;
    cpu_active = cpu;
    return cpu;
}

static void cpu_release_boot_stacks(struct cpu *cpu)
{
    for (unsigned i = 0; i < cpu->config.cores; i++) {
        if (cpu->cores[i].boot_stack != NULL) {
            stack_deregister(cpu->cores[i].boot_stack_id);
        }
    }
    void *stack = (void *)(uintptr_t)cpu->cores[0].boot_stack;
    if (stack != NULL) {
        stack_forget((struct stack_bounds){.low = stack, .size = CPU_BOOT_STACK_SIZE});
        gmem_stack_release(cpu->memory, stack, CPU_BOOT_STACK_SIZE);
    }
}

void cpu_free(struct cpu *cpu)
{
    if (cpu == NULL) {
        return;
    }
    g_assert(cpu->side == CPU_SIDE_HOST);
    vclock_set_listener(cpu->clock, NULL, NULL);
    cpu_release_boot_stacks(cpu);
    trace_set_cpu(cpu->trace, NULL);
    stack_bench_unmap(&cpu->bench);
    cpu_unmap_raw(cpu);
    g_queue_clear_full(&cpu->upcalls, cpu_upcall_free);
    g_ptr_array_unref(cpu->delivering);
    g_string_free(cpu->console, TRUE);
    g_free(cpu->panic_reason);
    g_free(cpu);
    ringside_ticks.left = INT64_MAX;
    cpu_active = NULL;
}

static enum cpu_stop cpu_enter(struct cpu *cpu)
{
    g_assert(cpu->side == CPU_SIDE_HOST);
    cpu->stop = CPU_STOP_REQUESTED;
    if (!cpu->stop_requested) {
        for (unsigned i = 0; i < cpu->config.cores; i++) {
            struct cpu_core *core = &cpu->cores[i];
            core->guest_ns = MAX(core->guest_ns, vclock_now_ns(cpu->clock));
        }
        cpu_set_deadline(cpu);
        cpu->side = CPU_SIDE_GUEST;
        stack_switch(&cpu->host_sp, cpu->core->guest_sp, &cpu->host_fake, cpu->core->running);
        cpu->side = CPU_SIDE_HOST;
    }
    cpu_flush_console(cpu);
    cpu->stop_requested = false;
    return cpu->stop;
}

enum cpu_stop cpu_run(struct cpu *cpu, const struct ringside_guest *guest)
{
    g_assert(cpu->guest == NULL);
    g_assert(guest->abi_version == RINGSIDE_ABI_VERSION && guest->boot != NULL);
    cpu->guest = guest;
    char *stack = gmem_stack_alloc(cpu->memory, CPU_BOOT_STACK_SIZE);
    g_assert(stack != NULL); /* RAM is new: its pool holds more */
    struct cpu_core *core = cpu->core;
    core->boot_stack = stack;
    core->running = (struct stack_bounds){.low = stack, .size = CPU_BOOT_STACK_SIZE};
    core->boot_stack_id = stack_register(core->running);
    core->guest_sp = context_prepare(stack + CPU_BOOT_STACK_SIZE, cpu_boot_entry, cpu);
    trace_emit(cpu->trace, TRACE_RUN_POWER_ON, TS(trace_intern(cpu->trace, guest->name)),
               TN(cpu->config.seed));
    return cpu_enter(cpu);
}

enum cpu_stop cpu_resume(struct cpu *cpu)
{
    g_assert(cpu->guest != NULL);
    g_assert(cpu->stop == CPU_STOP_REQUESTED || cpu->stop == CPU_STOP_QUIESCENT);
    return cpu_enter(cpu);
}

void cpu_stop(struct cpu *cpu)
{
    cpu->stop_requested = true;
}

void cpu_listen_to_spinlocks(struct cpu *cpu, const struct cpu_spin_listener *listener,
                             void *opaque)
{
    cpu->spin_count = 0;
    cpu->spin_listener = listener;
    cpu->spin_opaque = opaque;
}

uintptr_t cpu_call_frame(const struct cpu *cpu)
{
    return cpu->side == CPU_SIDE_BENCH ? cpu->call_frame : 0;
}

bool cpu_guest_is_ready(const struct cpu *cpu)
{
    return cpu->ready;
}

int cpu_power_off_status(const struct cpu *cpu)
{
    return cpu->power_off_status;
}

const char *cpu_panic_reason(const struct cpu *cpu)
{
    return cpu->panic_reason;
}

unsigned cpu_cores(const struct cpu *cpu)
{
    return cpu->config.cores;
}

unsigned cpu_running(const struct cpu *cpu)
{
    return cpu->running;
}

bool cpu_wakes(const struct cpu *cpu)
{
    for (unsigned i = 0; i < cpu->config.cores; i++) {
        if (cpu->cores[i].state != CPU_CORE_OFF && cpu_has_wakeup(cpu, &cpu->cores[i])) {
            return true;
        }
    }
    return false;
}

uint64_t cpu_clock_reads(const struct cpu *cpu)
{
    return cpu->clock_reads_ever;
}

struct cpu_view cpu_view(const struct cpu *cpu, unsigned index)
{
    g_assert(index < cpu->config.cores);
    const struct cpu_core *core = &cpu->cores[index];
    uintptr_t low = (uintptr_t)core->running.low;
    return (struct cpu_view){
        .on = core->state != CPU_CORE_OFF,
        .waits = core->state == CPU_CORE_WAITING,
        .daif = core->daif,
        .irq_line = core->line,
        .wakes = cpu_has_wakeup(cpu, core),
        .stack_low = low,
        .stack_high = low + core->running.size,
    };
}

bool cpu_is_running_context(const struct cpu *cpu, const struct hal_context *context)
{
    for (unsigned i = 0; i < cpu->config.cores; i++) {
        if (context == cpu->cores[i].context && context != NULL) {
            return true;
        }
    }
    return false;
}

bool cpu_is_running_stack(const struct cpu *cpu, const void *stack)
{
    for (unsigned i = 0; i < cpu->config.cores; i++) {
        const struct cpu_core *core = &cpu->cores[i];
        if (core->state != CPU_CORE_OFF &&
            (stack == core->running.low || stack == core->boot_stack)) {
            return true;
        }
    }
    return false;
}

uint64_t cpu_ticks(const struct cpu *cpu)
{
    g_assert(cpu == cpu_active);
    return cpu_tick_count(cpu);
}
