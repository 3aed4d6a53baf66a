/*
 * fake_hal.c - a hal for unit tests of drivers
 */
#include "drivers/fake_hal.h"

#include "kernel/boot_memory.h"
#include "kernel/fake_context.h"
#include "lib/kassert.h"
#include "ringside/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_COUNTERS_MAX 64
#define FAKE_DMA_MAX      64
#define FAKE_STACKS_MAX   64

struct fake_hal fake_hal;
uint64_t fake_hal_offset = UINT64_C(0x100000000000);

static void
    *fake_dma[FAKE_DMA_MAX]; /* allocations that are not freed, in the first dma_live places */

static void *fake_stacks[FAKE_STACKS_MAX]; /* nobody frees one */
static unsigned fake_stack_count;

static struct {
    char name[64];
    uint64_t value;
} fake_counters[FAKE_COUNTERS_MAX];

static _Noreturn void fake_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}

void fake_hal_reset(void)
{
    while (fake_hal.dma_live > 0)
        free(fake_dma[--fake_hal.dma_live]);
    while (fake_stack_count > 0)
        free(fake_stacks[--fake_stack_count]);
    fake_context_reset();
    fake_hal = (struct fake_hal){.dma_fail_at = -1, .masked = true};
    memset(fake_counters, 0, sizeof(fake_counters));
}

/* ---- MMIO and system registers --------------------------------------------------------------- */

static uint32_t fake_offset(uintptr_t pa, unsigned size)
{
    if (pa < fake_hal.mmio_base || pa - fake_hal.mmio_base + size > fake_hal.mmio_size)
        fake_fail("MMIO access outside of the window", __FILE__, __LINE__);
    return (uint32_t)(pa - fake_hal.mmio_base);
}

static uint32_t fake_read(uintptr_t pa, unsigned size)
{
    if (fake_hal.bus_read != NULL)
        return fake_hal.bus_read(pa, size);
    return fake_hal.mmio_read(fake_hal.opaque, fake_offset(pa, size), size);
}

static void fake_write(uintptr_t pa, unsigned size, uint32_t value)
{
    if (fake_hal.bus_write != NULL)
        fake_hal.bus_write(pa, size, value);
    else
        fake_hal.mmio_write(fake_hal.opaque, fake_offset(pa, size), value);
}

uint8_t hal_mmio_read8(uintptr_t pa)
{
    return (uint8_t)fake_read(pa, 1);
}

uint16_t hal_mmio_read16(uintptr_t pa)
{
    return (uint16_t)fake_read(pa, 2);
}

uint32_t hal_mmio_read32(uintptr_t pa)
{
    return fake_read(pa, 4);
}

void hal_mmio_write8(uintptr_t pa, uint8_t value)
{
    fake_write(pa, 1, value);
}

void hal_mmio_write16(uintptr_t pa, uint16_t value)
{
    fake_write(pa, 2, value);
}

void hal_mmio_write32(uintptr_t pa, uint32_t value)
{
    fake_write(pa, 4, value);
}

uint64_t hal_sysreg_read(enum hal_sysreg reg)
{
    return fake_hal.sysregs[reg];
}

void hal_sysreg_write(enum hal_sysreg reg, uint64_t value)
{
    fake_hal.sysregs[reg] = value;
}

/* ---- memory ---------------------------------------------------------------------------------- */

void *hal_dma_alloc(size_t size, size_t align, uint64_t *pa)
{
    if ((int)fake_hal.dma_count++ == fake_hal.dma_fail_at)
        return NULL;
    size_t alignment = align < 16 ? 16 : align;
    void *va = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    kassert(va != NULL && fake_hal.dma_live < FAKE_DMA_MAX);
    memset(va, 0, size);
    fake_dma[fake_hal.dma_live++] = va;
    *pa = (uintptr_t)va + fake_hal_offset;
    return va;
}

void hal_dma_free(void *va, size_t size)
{
    if (va == NULL)
        return;
    unsigned place = 0;
    while (place < fake_hal.dma_live && fake_dma[place] != va)
        place++;
    kassert(place < fake_hal.dma_live);
    fake_dma[place] = fake_dma[--fake_hal.dma_live];
    memset(va, 0xdb, size);
    free(va);
}

void fake_hal_give_memory(void)
{
    static _Alignas(BOOT_MEMORY_ALIGNMENT) uint8_t memory[FAKE_HAL_FREE_SIZE];
    fake_hal.boot.free_base = (uintptr_t)memory + fake_hal_offset;
    fake_hal.boot.free_size = sizeof memory;
    boot_memory_init();
}

void *hal_phys_to_virt(uint64_t pa)
{
    return (void *)(uintptr_t)(pa - fake_hal_offset);
}

void hal_mb(void)
{
}

void hal_rmb(void)
{
}

void hal_wmb(void)
{
}

void hal_charge(uint64_t ticks)
{
    (void)ticks;
}

void hal_relax(void)
{
    if (fake_hal.relax != NULL)
        fake_hal.relax();
}

/* ---- interrupts, machine --------------------------------------------------------------------- */

uint64_t hal_irq_save(void)
{
    uint64_t before = fake_hal.masked ? HAL_DAIF_I : 0;
    fake_hal.masked = true;
    return before;
}

void hal_irq_restore(uint64_t daif)
{
    fake_hal.masked = (daif & HAL_DAIF_I) != 0;
}

uint64_t fake_context_mask(void)
{
    return fake_hal.masked ? HAL_DAIF_I : 0;
}

void fake_context_set_mask(uint64_t daif)
{
    fake_hal.masked = (daif & HAL_DAIF_I) != 0;
}

void *hal_stack_alloc(size_t size)
{
    void *stack = fake_stack_count < FAKE_STACKS_MAX ? malloc(size) : NULL;
    if (stack != NULL)
        fake_stacks[fake_stack_count++] = stack;
    return stack;
}

const struct hal_boot *hal_boot_info(void)
{
    return &fake_hal.boot;
}

void hal_console_write(const char *text, size_t size)
{
    if (size == 0)
        return;
    fake_hal.console_lines++;
    snprintf(fake_hal.last_console, sizeof(fake_hal.last_console), "%.*s", (int)size, text);
}

_Noreturn void hal_panic(const char *why)
{
    fake_fail(why, __FILE__, __LINE__);
}

_Noreturn void kassert_failed(const char *condition, const char *file, int line)
{
    fake_fail(condition, file, line);
}

_Noreturn void kpanic_at(const char *reason, const char *file, int line)
{
    fake_fail(reason, file, line);
}

/* ---- probes ---------------------------------------------------------------------------------- */

void probe_counter(const char *name, uint64_t value)
{
    unsigned i = 0;
    while (i < FAKE_COUNTERS_MAX - 1 && fake_counters[i].name[0] != '\0' &&
           strcmp(fake_counters[i].name, name) != 0)
        i++;
    snprintf(fake_counters[i].name, sizeof(fake_counters[i].name), "%s", name);
    fake_counters[i].value = value;
}

bool fake_hal_has_counter(const char *name)
{
    for (unsigned i = 0; i < FAKE_COUNTERS_MAX; i++) {
        if (strcmp(fake_counters[i].name, name) == 0)
            return true;
    }
    return false;
}

uint64_t fake_hal_counter(const char *name)
{
    for (unsigned i = 0; i < FAKE_COUNTERS_MAX; i++) {
        if (strcmp(fake_counters[i].name, name) == 0)
            return fake_counters[i].value;
    }
    return 0;
}

void probe_request_served(uint64_t tag, uint32_t task)
{
    (void)tag;
    (void)task;
}

void probe_drop(const char *where, const char *why)
{
    fake_hal.drops++;
    fake_hal.last_drop_where = where;
    fake_hal.last_drop_why = why;
}
