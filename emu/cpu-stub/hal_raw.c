/*
 * hal_raw.c - hal.h: device registers as memory
 *
 * A guest that is instrumented for it tells of each access just before it happens. The addresses
 * are then plain memory of the process, which stands between the guest's instruction and the
 * register: a load finds there what the register gave, and what a store leaves there is taken to
 * the register afterwards. "Afterwards" is the next time that the guest comes by (cpu_of_guest()):
 * nothing of the machine can have moved in between, since time and interrupts come by there, too. A
 * pending store makes the next tick due at once.
 *
 * The value of a load is put in place last, after interrupts that were taken meanwhile, whose
 * handler may have used the same register. At most one store is pending, since the next access of
 * any kind takes it away first. It is the running core's: whatever lets another core run begins
 * with cpu_of_guest(), or follows the end of a function that the bench called. What the bench
 * writes to those addresses is likewise read by the guest before another core can come in between.
 */
#include "emu/cpu-stub/cpu_priv.h"

#include <string.h>
#include <sys/mman.h>

struct cpu_raw_access {
    uintptr_t pa;
    uint64_t value;
    unsigned size;
    bool done;
};

static void cpu_do_map_raw(void *opaque)
{
    struct cpu *cpu = opaque;
    void *wanted = (void *)HAL_RAW_BASE;
    void *got = mmap(wanted, HAL_RAW_SIZE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    cpu->raw_mapped = got == wanted;
    if (got != MAP_FAILED && got != wanted) {
        munmap(got, HAL_RAW_SIZE);
    }
}

void cpu_unmap_raw(struct cpu *cpu)
{
    if (cpu->raw_mapped) {
        munmap((void *)HAL_RAW_BASE, HAL_RAW_SIZE);
    }
}

static void cpu_do_raw_read(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct cpu_raw_access *access = opaque;
    if (cpu_catch_up(cpu)) {
        access->value = mmio_read(cpu->bus, access->pa, access->size);
        access->done = true;
        cpu_spend_ns(cpu, cpu->config.mmio_ns);
    }
}

static void cpu_do_raw_write(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct cpu_raw_access *access = opaque;
    if (cpu_catch_up(cpu)) {
        mmio_write(cpu->bus, access->pa, access->size, access->value);
        access->done = true;
        cpu_spend_ns(cpu, cpu->config.mmio_ns);
    }
}

/* False: an access that cannot be one to a register. */
static bool cpu_prepare_raw(struct cpu *cpu, const char *function, uintptr_t pa, unsigned size)
{
    if (size == 0 || size > sizeof(uint64_t) || (size & (size - 1)) != 0 || pa < HAL_RAW_BASE ||
        pa - HAL_RAW_BASE > HAL_RAW_SIZE - size) {
        cpu_violation(cpu, function, "a register has 1, 2, 4 or 8 bytes, in the range of hal.h",
                      pa);
        return false;
    }
    if (!cpu->raw_mapped) {
        cpu_bench_call(cpu, cpu_do_map_raw, cpu);
    }
    if (!cpu->raw_mapped) {
        cpu_fatal(cpu, function, "the addresses of registers are free in the bench's process", pa);
    }
    return true;
}

void hal_raw_read(uintptr_t pa, unsigned size)
{
    struct cpu *cpu = cpu_of_guest();
    struct cpu_raw_access access = {.pa = pa, .size = size};
    if (!cpu_prepare_raw(cpu, __func__, pa, size)) {
        cpu_settle_if_due(cpu);
        return;
    }
    while (!access.done) {
        cpu_bench_call(cpu, cpu_do_raw_read, &access);
    }
    cpu_settle_if_due(cpu);
    memcpy((void *)pa, &access.value, size);
}

void hal_raw_write(uintptr_t pa, unsigned size)
{
    struct cpu *cpu = cpu_of_guest();
    bool is_good = cpu_prepare_raw(cpu, __func__, pa, size);
    cpu_settle_if_due(cpu);
    if (is_good) {
        cpu->raw_at = pa;
        cpu->raw_size = size;
        cpu_set_tick_deadline(cpu, 0);
    }
}

void cpu_commit_raw(struct cpu *cpu)
{
    struct cpu_raw_access access = {.pa = cpu->raw_at, .size = cpu->raw_size};
    memcpy(&access.value, (const void *)access.pa, access.size);
    cpu->raw_size = 0;
    while (!access.done) {
        cpu_bench_call(cpu, cpu_do_raw_write, &access);
    }
}
