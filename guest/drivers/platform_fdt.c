/*
 * platform_fdt.c - the machine as its device tree describes it [DTSPEC0.4], with the bindings of
 * the Arm GIC, of the Arm generic timer, of PrimeCells, of virtio-mmio and of PCI host bridges
 */
#include "drivers/platform.h"

#include "kernel/console.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "ringside/hal.h"

static const char *const platform_fdt_gics[] = {"arm,cortex-a15-gic", "arm,gic-400", NULL};
static const char *const platform_fdt_gicv3s[] = {"arm,gic-v3", NULL};
static const char *const platform_fdt_timers[] = {"arm,armv8-timer", "arm,armv7-timer", NULL};
static const char *const platform_fdt_rtcs[] = {"arm,pl031", NULL};
static const char *const platform_fdt_window = "virtio,mmio";
static const char *const platform_fdt_frames[] = {"arm,gic-v2m-frame", NULL};
static const char *const platform_fdt_bridges[] = {"pci-host-ecam-generic", NULL};

/* The order of a timer's interrupts: secure, non-secure physical, virtual, hypervisor. */
enum {
    PLATFORM_FDT_PHYSICAL = 1,
    PLATFORM_FDT_VIRTUAL = 2,
    PLATFORM_FDT_EL2 = 3,
};

static bool platform_fdt_interrupt(const struct fdt_node *node, unsigned index,
                                   struct platform_interrupt *interrupt)
{
    struct fdt_interrupt found;
    if (!fdt_node_interrupt(node, index, &found))
        return false;
    *interrupt = (struct platform_interrupt){
        .intid = found.intid,
        .edge_triggered = found.edge_triggered,
    };
    return true;
}

/* The distributor, then the regions of redistributors, as many as there are. */
static bool platform_fdt_find_gicv3(const struct platform *platform, struct platform_gic *gic)
{
    struct fdt_node node;
    uint64_t base, size;
    if (!fdt_find(&platform->fdt, platform_fdt_gicv3s, &node) ||
        !fdt_node_reg(&node, 0, &base, &size))
        return false;
    *gic = (struct platform_gic){.version = 3, .distributor = (uintptr_t)base};
    uint32_t regions = fdt_node_redistributor_regions(&node);
    while (gic->region_count < regions && gic->region_count < PLATFORM_REGIONS_MAX &&
           fdt_node_reg(&node, 1 + gic->region_count, &base, &size))
        gic->regions[gic->region_count++] = (struct platform_region){
            .base = (uintptr_t)base,
            .size = (size_t)size,
        };
    return gic->region_count > 0;
}

static bool platform_fdt_find_gic(const struct platform *platform, struct platform_gic *gic)
{
    struct fdt_node node;
    uint64_t distributor, cpu_interface, size;
    if (platform_fdt_find_gicv3(platform, gic))
        return true;
    if (!fdt_find(&platform->fdt, platform_fdt_gics, &node) ||
        !fdt_node_reg(&node, 0, &distributor, &size) ||
        !fdt_node_reg(&node, 1, &cpu_interface, &size))
        return false;
    *gic = (struct platform_gic){
        .version = 2,
        .distributor = (uintptr_t)distributor,
        .cpu_interface = (uintptr_t)cpu_interface,
    };
    return true;
}

static bool platform_fdt_find_timer(const struct platform *platform, enum platform_timer timer,
                                    struct platform_interrupt *interrupt)
{
    struct fdt_node node;
    unsigned index = timer == PLATFORM_TIMER_VIRTUAL ? PLATFORM_FDT_VIRTUAL : PLATFORM_FDT_PHYSICAL;
    if (timer == PLATFORM_TIMER_EL2)
        index = PLATFORM_FDT_EL2;
    return fdt_find(&platform->fdt, platform_fdt_timers, &node) &&
           platform_fdt_interrupt(&node, index, interrupt);
}

static bool platform_fdt_find_rtc(const struct platform *platform, uintptr_t *base)
{
    struct fdt_node node;
    uint64_t at, size;
    if (!fdt_find(&platform->fdt, platform_fdt_rtcs, &node) || !fdt_node_reg(&node, 0, &at, &size))
        return false;
    *base = (uintptr_t)at;
    return true;
}

static void platform_fdt_each_window(const struct platform *platform, platform_window_fn *fn,
                                     void *opaque)
{
    struct fdt_walk walk;
    struct fdt_node node;
    fdt_walk_init(&walk, &platform->fdt);
    while (fdt_walk_next(&walk, &node) == 1) {
        uint64_t base, size;
        struct platform_window window;
        if (!fdt_node_is_compatible(&node, platform_fdt_window) || !fdt_node_is_enabled(&node) ||
            !fdt_node_reg(&node, 0, &base, &size) ||
            !platform_fdt_interrupt(&node, 0, &window.interrupt))
            continue;
        window.base = (uintptr_t)base;
        if (!fn(&window, opaque))
            return;
    }
}

static bool platform_fdt_find_messages(const struct platform *platform,
                                       struct platform_messages *messages)
{
    struct fdt_node node;
    uint64_t base, size;
    if (!fdt_find(&platform->fdt, platform_fdt_frames, &node) ||
        !fdt_node_reg(&node, 0, &base, &size))
        return false;
    *messages = (struct platform_messages){.base = (uintptr_t)base};
    return true;
}

static bool platform_fdt_find_pci(const struct platform *platform, struct platform_pci *pci)
{
    struct fdt_node node;
    struct fdt_pci_range window;
    uint64_t ecam, size;
    if (!fdt_find(&platform->fdt, platform_fdt_bridges, &node) ||
        !fdt_node_reg(&node, 0, &ecam, &size) || !fdt_node_pci_window(&node, &window))
        return false;
    *pci = (struct platform_pci){
        .ecam = (uintptr_t)ecam,
        .window = (uintptr_t)window.cpu_base,
        .window_bus = window.bus_base,
        .window_size = window.size,
    };
    return true;
}

static bool platform_fdt_pci_interrupt(const struct platform *platform, unsigned slot, unsigned pin,
                                       struct platform_interrupt *interrupt)
{
    struct fdt_node node;
    struct fdt_interrupt found;
    if (!fdt_find(&platform->fdt, platform_fdt_bridges, &node) ||
        !fdt_pci_interrupt(&platform->fdt, &node, slot, pin, &found))
        return false;
    *interrupt = (struct platform_interrupt){
        .intid = found.intid,
        .edge_triggered = found.edge_triggered,
    };
    return true;
}

/* [DTSPEC0.4] 3.8: "The node name for every CPU node should be cpu", and its unit is its `reg`. */
static void platform_fdt_each_cpu(const struct platform *platform, platform_cpu_fn *fn)
{
    struct fdt_walk walk;
    struct fdt_node node;
    fdt_walk_init(&walk, &platform->fdt);
    while (fdt_walk_next(&walk, &node) == 1) {
        uint64_t mpidr, size;
        if (kstr_has_prefix(node.name, "cpu@") && fdt_node_is_enabled(&node) &&
            fdt_node_reg(&node, 0, &mpidr, &size))
            fn(mpidr);
    }
}

static const struct platform_ops platform_fdt_ops = {
    .find_gic = platform_fdt_find_gic,
    .find_timer = platform_fdt_find_timer,
    .find_rtc = platform_fdt_find_rtc,
    .each_window = platform_fdt_each_window,
    .find_messages = platform_fdt_find_messages,
    .find_pci = platform_fdt_find_pci,
    .pci_interrupt = platform_fdt_pci_interrupt,
    .each_cpu = platform_fdt_each_cpu,
};

int platform_from_fdt(struct platform *platform, const struct hal_boot *boot)
{
    if (boot->device_tree == NULL)
        return -KENODEV;
    *platform = (struct platform){.ops = &platform_fdt_ops};
    int error = fdt_open(&platform->fdt, boot->device_tree, boot->device_tree_size);
    if (error != 0)
        console_printf("device tree: its header is damaged\n");
    return error;
}
