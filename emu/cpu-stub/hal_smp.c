/*
 * hal_smp.c - hal.h: several CPUs
 *
 * Starting a CPU follows CPU_ON of [PSCI1.1] 5.6, without its states in between: the CPU is on when
 * the call returns, and goes on at the time of the call. There is no CPU_OFF.
 */
#include "emu/cpu-stub/cpu_priv.h"

#define HAL_CPU_STACK_MIN 4096U

struct hal_cpu_request {
    uint64_t mpidr;
    void (*entry)(uint64_t argument);
    void *stack;
    size_t stack_size;
    uint64_t argument;
    int status;
};

/* The rule that a start would break, or NULL. */
static const char *hal_cpu_refuse(const struct cpu *cpu, const struct hal_cpu_request *request)
{
    if (request->entry == NULL) {
        return "a CPU has an entry";
    }
    if (request->stack_size < HAL_CPU_STACK_MIN) {
        return "a CPU's stack has at least 4 KiB";
    }
    if (!cpu_in_ram(cpu, request->stack, request->stack_size)) {
        return "a CPU's stack lies in guest RAM";
    }
    return NULL;
}

static void hal_cpu_prepare(struct cpu *cpu, struct cpu_core *core,
                            const struct hal_cpu_request *request)
{
    char *top = (char *)request->stack + request->stack_size;
    *core = (struct cpu_core){
        .index = core->index,
        .state = CPU_CORE_AWAKE,
        .guest_ns = vclock_now_ns(cpu->clock),
        .daif = HAL_DAIF_I,
        .line = core->line,
        .running = {.low = request->stack, .size = request->stack_size},
        .boot_stack = request->stack,
        .entry = request->entry,
        .argument = request->argument,
    };
    core->boot_stack_id = stack_register(core->running);
    core->guest_sp = context_prepare(top, cpu_secondary_entry, cpu);
    cpu->awake++;
    cpu->deadline_stale = true;
    trace_emit(cpu->trace, TRACE_CPU_ON, TN(core->index), TN((uintptr_t)request->entry));
}

static void cpu_do_start(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct hal_cpu_request *request = opaque;
    cpu_sync(cpu);
    if (request->mpidr >= cpu->config.cores) {
        request->status = HAL_CPU_INVALID_PARAMETERS;
        return;
    }
    struct cpu_core *core = &cpu->cores[request->mpidr];
    if (core->state != CPU_CORE_OFF) {
        request->status = HAL_CPU_ALREADY_ON;
        return;
    }
    const char *rule = hal_cpu_refuse(cpu, request);
    if (rule != NULL) {
        request->status = HAL_CPU_INVALID_ADDRESS;
        cpu_report(cpu, "hal_cpu_start", rule, request->mpidr);
        return;
    }
    hal_cpu_prepare(cpu, core, request);
}

int hal_cpu_start(uint64_t mpidr, void (*entry)(uint64_t argument), void *stack, size_t stack_size,
                  uint64_t argument)
{
    struct cpu *cpu = cpu_of_guest();
    struct hal_cpu_request request = {
        .mpidr = mpidr,
        .entry = entry,
        .stack = stack,
        .stack_size = stack_size,
        .argument = argument,
        .status = HAL_CPU_SUCCESS,
    };
    cpu_bench_call(cpu, cpu_do_start, &request);
    cpu_settle_if_due(cpu);
    return request.status;
}

/* A guest asks very often, as a kernel's `current` is made of it; nothing happens meanwhile. */
uint64_t hal_percpu_get(void)
{
    const struct cpu *cpu = cpu_active;
    g_assert(cpu != NULL && cpu->side == CPU_SIDE_GUEST);
    return cpu->core->tpidr;
}

void hal_percpu_set(uint64_t value)
{
    struct cpu *cpu = cpu_of_guest();
    cpu_settle_if_due(cpu);
    cpu->core->tpidr = value;
}
