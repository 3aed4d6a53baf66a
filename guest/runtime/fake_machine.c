/*
 * fake_machine.c - see fake_machine.h
 */
#include "runtime/fake_machine.h"

#include "ringside/probe.h"

#include <stdlib.h>
#include <string.h>

#define FAKE_IAR  0x0801000cu
#define FAKE_BASE UINT64_C(0x40000000)

struct fake_machine fake_machine;

static _Alignas(16) char fake_ram[65536];

void fake_machine_reset(void)
{
    fake_machine = (struct fake_machine){.masked = true, .frequency = 62500000, .step = 1};
    memset(fake_ram, 0, sizeof(fake_ram));
}

/* ---- registers ------------------------------------------------------------------------------- */

static unsigned fake_place(uintptr_t at)
{
    unsigned i = 0;
    while (i < fake_machine.register_count && fake_machine.registers[i].at != at)
        i++;
    if (i == FAKE_REGISTERS_MAX)
        abort();
    if (i == fake_machine.register_count) {
        fake_machine.registers[i].at = at;
        fake_machine.register_count++;
    }
    return i;
}

uint32_t fake_register(uintptr_t at)
{
    return fake_machine.registers[fake_place(at)].value;
}

unsigned fake_register_writes(uintptr_t at)
{
    return fake_machine.registers[fake_place(at)].writes;
}

void fake_register_set(uintptr_t at, uint32_t value)
{
    fake_machine.registers[fake_place(at)].value = value;
}

uint32_t hal_mmio_read32(uintptr_t pa)
{
    return fake_register(pa);
}

void hal_mmio_write32(uintptr_t pa, uint32_t value)
{
    fake_register_set(pa, value);
    fake_machine.registers[fake_place(pa)].writes++;
}

void hal_mmio_write8(uintptr_t pa, uint8_t value)
{
    hal_mmio_write32(pa, value);
}

uint64_t hal_sysreg_read(enum hal_sysreg reg)
{
    if (reg == HAL_CNTFRQ_EL0)
        return fake_machine.frequency;
    if (reg == HAL_CNTVCT_EL0)
        return fake_machine.count += fake_machine.step;
    return fake_machine.sysregs[reg];
}

void hal_sysreg_write(enum hal_sysreg reg, uint64_t value)
{
    fake_machine.sysregs[reg] = value;
}

/* ---- CPU ------------------------------------------------------------------------------------- */

void hal_irq_set_vector(void (*entry)(void))
{
    fake_machine.vector = entry;
}

uint64_t hal_irq_save(void)
{
    uint64_t before = fake_machine.masked ? HAL_DAIF_I : 0;
    fake_machine.masked = true;
    return before;
}

void hal_irq_restore(uint64_t daif)
{
    fake_machine.masked = (daif & HAL_DAIF_I) != 0;
}

void hal_wfi(void)
{
    fake_machine.sleeps++;
    if (fake_machine.on_sleep != NULL)
        fake_machine.on_sleep();
}

void hal_relax(void)
{
    fake_machine.relaxes++;
}

void fake_machine_interrupt(uint32_t intid)
{
    fake_register_set(FAKE_IAR, intid);
    fake_machine.vector();
}

const struct hal_boot *hal_boot_info(void)
{
    static const struct hal_boot boot = {.free_base = FAKE_BASE, .free_size = sizeof(fake_ram)};
    return &boot;
}

void *hal_phys_to_virt(uint64_t pa)
{
    return fake_ram + (pa - FAKE_BASE);
}

/* ---- what is said ---------------------------------------------------------------------------- */

static void fake_append(char *all, size_t *all_size, const char *text, size_t size)
{
    if (size >= FAKE_TEXT_MAX - *all_size)
        abort();
    memcpy(all + *all_size, text, size);
    *all_size += size;
    all[*all_size] = '\0';
}

void hal_console_write(const char *text, size_t size)
{
    fake_append(fake_machine.console, &fake_machine.console_size, text, size);
}

void probe_program_output(uint32_t program, const char *text, size_t size)
{
    (void)program;
    fake_append(fake_machine.output, &fake_machine.output_size, text, size);
}

void probe_ready(void)
{
    fake_machine.ready++;
}

void probe_task_created(uint32_t task, const char *name, const void *context)
{
    (void)task, (void)name, (void)context;
}

void probe_task_exited(uint32_t task)
{
    (void)task;
}

void probe_task_running(uint32_t task)
{
    fake_machine.running = task;
}

void probe_program_started(uint32_t program, uint32_t task)
{
    (void)program, (void)task;
    fake_machine.started++;
}

void probe_program_exited(uint32_t program, int status)
{
    (void)program;
    fake_machine.exited++;
    fake_machine.status = status;
}
