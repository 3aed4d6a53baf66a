/*
 * platform_acpi.c - the machine as its ACPI tables describe it
 *
 * GSIVs are INTIDs [ACPI6.3] 5.2.12.15. There is no interpreter of AML, and thus no way to be told
 * of devices, which stand in the DSDT: the real-time clock and the virtio-mmio windows are where
 * the board is known to have them, and empty windows are found out by looking. In the same way the
 * host bridge's window and the interrupts of PCI's pins are those of the board.
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

/* PCI on the "virt" board: memory BARs below 1 GiB, pins on SPIs 3 to 6 in turn. */
#define PLATFORM_PCI_WINDOW      0x10000000
#define PLATFORM_PCI_WINDOW_SIZE 0x2eff0000
#define PLATFORM_PCI_INTID       35
#define PLATFORM_PCI_PINS        4

/* A timer's interrupt is private to its CPU, [GICv2] 2.2.1. */
#define PLATFORM_PPI_FIRST 16
#define PLATFORM_PPI_LAST  31

static bool platform_acpi_find_gic(const struct platform *platform, struct platform_gic *gic)
{
    const struct acpi_gic *found = &platform->acpi.gic;
    *gic = (struct platform_gic){
        .version = found->version,
        .distributor = (uintptr_t)found->distributor,
        .cpu_interface = (uintptr_t)found->cpu_interface,
        .region_count = found->region_count,
    };
    for (unsigned i = 0; i < found->region_count; i++)
        gic->regions[i] = (struct platform_region){
            .base = (uintptr_t)found->regions[i].base,
            .size = (size_t)found->regions[i].size,
        };
    return true;
}

static bool platform_acpi_find_timer(const struct platform *platform, enum platform_timer timer,
                                     struct platform_interrupt *interrupt)
{
    const struct acpi_timers *timers = &platform->acpi.timers;
    const struct acpi_interrupt *found =
        timer == PLATFORM_TIMER_VIRTUAL ? &timers->virtual_el1 : &timers->non_secure_el1;
    if (timer == PLATFORM_TIMER_EL2)
        found = &timers->el2;
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

static bool platform_acpi_find_messages(const struct platform *platform,
                                        struct platform_messages *messages)
{
    const struct acpi_frame *frame = &platform->acpi.frame;
    if (frame->base == 0)
        return false;
    *messages = (struct platform_messages){
        .base = (uintptr_t)frame->base,
        .first_intid = frame->first,
        .count = frame->count,
    };
    return true;
}

static bool platform_acpi_find_pci(const struct platform *platform, struct platform_pci *pci)
{
    if (platform->acpi.ecam == 0)
        return false;
    *pci = (struct platform_pci){
        .ecam = (uintptr_t)platform->acpi.ecam,
        .window = PLATFORM_PCI_WINDOW,
        .window_bus = PLATFORM_PCI_WINDOW,
        .window_size = PLATFORM_PCI_WINDOW_SIZE,
    };
    return true;
}

static bool platform_acpi_pci_interrupt(const struct platform *platform, unsigned slot,
                                        unsigned pin, struct platform_interrupt *interrupt)
{
    (void)platform;
    *interrupt = (struct platform_interrupt){
        .intid = PLATFORM_PCI_INTID + (slot + pin - 1) % PLATFORM_PCI_PINS,
    };
    return true;
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
    .find_messages = platform_acpi_find_messages,
    .find_pci = platform_acpi_find_pci,
    .pci_interrupt = platform_acpi_pci_interrupt,
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
