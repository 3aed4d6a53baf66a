/*
 * platform_acpi.c - the machine as its ACPI tables describe it
 *
 * GSIVs are INTIDs [ACPI6.3] 5.2.12.15. There is no interpreter of AML, and thus no way to be told
 * of devices, which stand in the DSDT: the real-time clock and the virtio-mmio windows are where
 * the board is known to have them, and empty windows are found out by looking.
 */
#include "drivers/platform.h"

#include "kernel/console.h"
#include "lib/errno.h"
#include "ringside/hal.h"

/* The windows of the "virt" board. */
#define PLATFORM_WINDOWS      32
#define PLATFORM_WINDOW_BASE  0x0a000000
#define PLATFORM_WINDOW_STEP  0x200
#define PLATFORM_WINDOW_INTID 48

#define PLATFORM_RTC_BASE 0x09010000

/* A timer's interrupt is private to its CPU, [GICv2] 2.2.1. */
#define PLATFORM_PPI_FIRST 16
#define PLATFORM_PPI_LAST  31

static bool platform_acpi_find_gic(const struct platform *platform, struct platform_gic *gic)
{
    *gic = (struct platform_gic){
        .distributor = (uintptr_t)platform->acpi.gic.distributor,
        .cpu_interface = (uintptr_t)platform->acpi.gic.cpu_interface,
    };
    return true;
}

static bool platform_acpi_find_timer(const struct platform *platform, enum platform_timer timer,
                                     struct platform_interrupt *interrupt)
{
    const struct acpi_timers *timers = &platform->acpi.timers;
    const struct acpi_interrupt *found =
        timer == PLATFORM_TIMER_VIRTUAL ? &timers->virtual_el1 : &timers->non_secure_el1;
    if (found->gsiv < PLATFORM_PPI_FIRST || found->gsiv > PLATFORM_PPI_LAST)
        return false;
    *interrupt = (struct platform_interrupt){
        .intid = found->gsiv,
        .edge_triggered = found->edge_triggered,
    };
    return true;
}

static bool platform_acpi_find_rtc(const struct platform *platform, uintptr_t *base)
{
    (void)platform;
    *base = PLATFORM_RTC_BASE;
    return true;
}

static void platform_acpi_each_window(const struct platform *platform, platform_window_fn *fn,
                                      void *opaque)
{
    (void)platform;
    for (uint32_t slot = 0; slot < PLATFORM_WINDOWS; slot++) {
        struct platform_window window = {
            .base = PLATFORM_WINDOW_BASE + slot * PLATFORM_WINDOW_STEP,
            .interrupt = {.intid = PLATFORM_WINDOW_INTID + slot},
        };
        if (!fn(&window, opaque))
            return;
    }
}

static void platform_acpi_each_cpu(const struct platform *platform, platform_cpu_fn *fn)
{
    for (unsigned i = 0; i < platform->acpi.gic.cpu_count; i++)
        fn(platform->acpi.gic.cpus[i]);
}

static const struct platform_ops platform_acpi_ops = {
    .find_gic = platform_acpi_find_gic,
    .find_timer = platform_acpi_find_timer,
    .find_rtc = platform_acpi_find_rtc,
    .each_window = platform_acpi_each_window,
    .each_cpu = platform_acpi_each_cpu,
};

/* Firmware keeps its tables out of the memory that it gives away: they lie below. */
int platform_from_acpi(struct platform *platform, const struct hal_boot *boot)
{
    if (boot->acpi_rsdp == 0)
        return -KENODEV;
    const struct acpi_memory memory = {
        .base = boot->ram_base,
        .bytes = hal_phys_to_virt(boot->ram_base),
        .size = (size_t)(boot->free_base - boot->ram_base),
    };
    struct acpi_refusal refusal;
    *platform = (struct platform){.ops = &platform_acpi_ops};
    int error = acpi_read(&platform->acpi, &memory, boot->acpi_rsdp, hal_sysreg_read(HAL_MPIDR_EL1),
                          &refusal);
    if (error != 0)
        console_printf("acpi: %s: %s\n", refusal.table, refusal.why);
    return error;
}
