/*
 * hal_machine.c - hal.h: memory, boot information, console, entropy, the end
 */
#include "emu/cpu-stub/cpu_priv.h"

#include <assert.h>

static_assert((int)HAL_DMA_DEVICE_READS == (int)GMEM_DEVICE_READS, "hal.h and gmem.h agree");
static_assert((int)HAL_DMA_DEVICE_WRITES == (int)GMEM_DEVICE_WRITES, "hal.h and gmem.h agree");
static_assert((int)HAL_DMA_BOTH == (int)GMEM_DEVICE_BOTH, "hal.h and gmem.h agree");

/* ---- memory ---------------------------------------------------------------------------------- */

struct hal_range {
    void *va;
    size_t size;
    size_t align;
    uint64_t pa;
    unsigned access;
    bool ok;
};

/* The end of a function whose work was one call of the bench. */
cpu_inline void hal_finish(struct cpu *cpu)
{
    cpu_settle_if_due(cpu);
}

static void cpu_do_dma_alloc(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct hal_range *range = opaque;
    cpu_sync(cpu);
    if (range->size == 0) {
        cpu_report(cpu, "hal_dma_alloc", "a size is not 0", 0);
        return;
    }
    if (range->align == 0 || (range->align & (range->align - 1)) != 0) {
        cpu_report(cpu, "hal_dma_alloc", "an alignment is a power of two", range->align);
        return;
    }
    void *va = gmem_alloc(cpu->memory, range->size, range->align);
    gpa_t at;
    if (va != NULL && gmem_address_of(cpu->memory, va, &at)) {
        range->va = va;
        range->pa = at.value;
    }
}

void *hal_dma_alloc(size_t size, size_t align, uint64_t *pa)
{
    struct cpu *cpu = cpu_of_guest();
    struct hal_range range = {.size = size, .align = align};
    if (!cpu_in_ram(cpu, pa, sizeof(*pa))) {
        cpu_violation(cpu, __func__, "the address is stored in guest RAM", (uintptr_t)pa);
    } else {
        cpu_bench_call(cpu, cpu_do_dma_alloc, &range);
        if (range.va != NULL) {
            *pa = range.pa;
        }
    }
    hal_finish(cpu);
    return range.va;
}

static void cpu_do_dma_free(void *opaque)
{
    struct cpu *cpu = cpu_active;
    const struct hal_range *range = opaque;
    cpu_sync(cpu);
    if (!gmem_release(cpu->memory, range->va, range->size)) {
        cpu_report(cpu, "hal_dma_free", "what is freed was allocated, with this size",
                   (uintptr_t)range->va);
    }
}

void hal_dma_free(void *va, size_t size)
{
    struct cpu *cpu = cpu_of_guest();
    struct hal_range range = {.va = va, .size = size};
    if (va != NULL) {
        cpu_bench_call(cpu, cpu_do_dma_free, &range);
    }
    hal_finish(cpu);
}

static void cpu_do_dma_window(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct hal_range *range = opaque;
    gpa_t at;
    cpu_sync(cpu);
    if (range->access < HAL_DMA_DEVICE_READS || range->access > HAL_DMA_BOTH) {
        cpu_report(cpu, "hal_dma_window", "a window is open to reads, writes or both",
                   range->access);
        return;
    }
    range->ok = gmem_address_of(cpu->memory, range->va, &at) &&
                gmem_open(cpu->memory, at, range->size, (enum gmem_access)range->access);
    if (!range->ok) {
        cpu_report(cpu, "hal_dma_window",
                   "a window lies in guest RAM, is not empty, and overlaps no open range",
                   (uintptr_t)range->va);
    }
}

int hal_dma_window(void *va, size_t size, enum hal_dma_access access)
{
    struct cpu *cpu = cpu_of_guest();
    struct hal_range range = {.va = va, .size = size, .access = (unsigned)access};
    cpu_bench_call(cpu, cpu_do_dma_window, &range);
    hal_finish(cpu);
    return range.ok ? 0 : -1;
}

static void cpu_do_dma_window_drop(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct hal_range *range = opaque;
    gpa_t at;
    cpu_sync(cpu);
    range->ok =
        gmem_address_of(cpu->memory, range->va, &at) && gmem_close(cpu->memory, at, range->size);
    if (!range->ok) {
        cpu_report(cpu, "hal_dma_window_drop", "a window is dropped exactly as it was opened",
                   (uintptr_t)range->va);
    }
}

int hal_dma_window_drop(void *va, size_t size)
{
    struct cpu *cpu = cpu_of_guest();
    struct hal_range range = {.va = va, .size = size};
    cpu_bench_call(cpu, cpu_do_dma_window_drop, &range);
    hal_finish(cpu);
    return range.ok ? 0 : -1;
}

static void cpu_do_stack_alloc(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct hal_range *range = opaque;
    cpu_sync(cpu);
    if (range->size == 0) {
        cpu_report(cpu, "hal_stack_alloc", "a size is not 0", 0);
        return;
    }
    range->va = gmem_stack_alloc(cpu->memory, range->size);
}

void *hal_stack_alloc(size_t size)
{
    struct cpu *cpu = cpu_of_guest();
    struct hal_range range = {.size = size};
    cpu_bench_call(cpu, cpu_do_stack_alloc, &range);
    hal_finish(cpu);
    return range.va;
}

static void cpu_do_stack_free(void *opaque)
{
    struct cpu *cpu = cpu_active;
    const struct hal_range *range = opaque;
    cpu_sync(cpu);
    if (cpu_is_running_stack(cpu, range->va)) {
        cpu_report(cpu, "hal_stack_free", "neither the running stack nor the boot stack is freed",
                   (uintptr_t)range->va);
        return;
    }
    if (cpu_in_ram(cpu, range->va, range->size)) { /* of a context that was abandoned, perhaps */
        stack_forget((struct stack_bounds){.low = range->va, .size = range->size});
    }
    if (!gmem_stack_release(cpu->memory, range->va, range->size)) {
        cpu_report(cpu, "hal_stack_free", "what is freed was allocated, with this size",
                   (uintptr_t)range->va);
    }
}

void hal_stack_free(void *stack, size_t size)
{
    struct cpu *cpu = cpu_of_guest();
    struct hal_range range = {.va = stack, .size = size};
    if (stack != NULL) {
        cpu_bench_call(cpu, cpu_do_stack_free, &range);
    }
    hal_finish(cpu);
}

uint64_t hal_virt_to_phys(const volatile void *va)
{
    struct cpu *cpu = cpu_of_guest();
    gpa_t at = {.value = UINT64_MAX};
    bool in_ram = gmem_address_of(cpu->memory, va, &at);
    hal_finish(cpu);
    return in_ram ? at.value : UINT64_MAX;
}

void *hal_phys_to_virt(uint64_t pa)
{
    struct cpu *cpu = cpu_of_guest();
    void *va = gmem_host(cpu->memory, gpa(pa), 1);
    hal_finish(cpu);
    return va;
}

/* ---- the machine ----------------------------------------------------------------------------- */

const struct hal_boot *hal_boot_info(void)
{
    struct cpu *cpu = cpu_of_guest();
    hal_finish(cpu);
    return cpu->config.boot;
}

static void cpu_do_console_write(void *opaque)
{
    struct cpu *cpu = cpu_active;
    const struct hal_range *range = opaque;
    const char *text = range->va;
    cpu_sync(cpu);
    for (size_t i = 0; i < range->size; i++) {
        cpu_console_put(cpu, text[i]);
    }
}

void hal_console_write(const char *text, size_t size)
{
    struct cpu *cpu = cpu_of_guest();
    struct hal_range range = {.va = (void *)(uintptr_t)text, .size = size};
    if (size > 0 && !cpu_in_ram(cpu, text, size)) {
        cpu_violation(cpu, __func__, "text lies in guest RAM", (uintptr_t)text);
    } else {
        cpu_bench_call(cpu, cpu_do_console_write, &range);
    }
    hal_finish(cpu);
}

static void cpu_do_random(void *opaque)
{
    const struct hal_range *range = opaque;
    prng_fill(&cpu_active->entropy, range->va, range->size);
}

void hal_random(void *buffer, size_t size)
{
    struct cpu *cpu = cpu_of_guest();
    struct hal_range range = {.va = buffer, .size = size};
    if (size > 0 && !cpu_in_ram(cpu, buffer, size)) {
        cpu_violation(cpu, __func__, "the buffer lies in guest RAM", (uintptr_t)buffer);
    } else {
        cpu_bench_call(cpu, cpu_do_random, &range);
    }
    hal_finish(cpu);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void cpu_do_panic(void *opaque)
{
    struct cpu *cpu = cpu_active;
    cpu_sync(cpu);
    cpu_flush_console(cpu);
    const char *why = cpu_guest_string(cpu, "hal_panic", opaque);
    cpu->panic_reason = g_strdup(why);
    trace_emit(cpu->trace, TRACE_GUEST_PANIC, TS(why));
    cpu->stop_requested = false; /* the guest has ended: there is no later */
}

_Noreturn void hal_panic(const char *why)
{
    struct cpu *cpu = cpu_of_guest();
    cpu_bench_call(cpu, cpu_do_panic, (void *)(uintptr_t)why);
    cpu_leave_for_good(cpu, CPU_STOP_PANIC);
}

static void cpu_do_power_off(void *opaque)
{
    struct cpu *cpu = cpu_active;
    cpu->power_off_status = *(const int *)opaque;
    cpu_sync(cpu);
    cpu_flush_console(cpu);
    trace_emit(cpu->trace, TRACE_RUN_POWER_OFF, TN((int64_t)cpu->power_off_status));
    cpu->stop_requested = false;
}

_Noreturn void hal_power_off(int status)
{
    struct cpu *cpu = cpu_of_guest();
    cpu_bench_call(cpu, cpu_do_power_off, &status);
    cpu_leave_for_good(cpu, CPU_STOP_POWER_OFF);
}
