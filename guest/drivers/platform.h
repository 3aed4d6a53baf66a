/*
 * platform.h - what the machine says about itself, for drivers
 *
 * Firmware describes the machine either by a device tree or by ACPI tables. Drivers ask here and do
 * not care which: each of the two is a set of operations, in platform_fdt.c and platform_acpi.c.
 */
#ifndef DRIVERS_PLATFORM_H
#define DRIVERS_PLATFORM_H

#include "drivers/acpi.h"
#include "drivers/fdt.h"

struct hal_boot;
struct platform;

enum platform_timer {
    PLATFORM_TIMER_PHYSICAL, /* CNTP of the non-secure EL1 */
    PLATFORM_TIMER_VIRTUAL,  /* CNTV */
};

struct platform_interrupt {
    uint32_t intid;
    bool edge_triggered;
};

/* The two frames of a GICv2. */
struct platform_gic {
    uintptr_t distributor, cpu_interface;
};

/* A virtio-mmio window, which may be empty. */
struct platform_window {
    uintptr_t base;
    struct platform_interrupt interrupt;
};

/* False: the caller has seen enough. */
typedef bool platform_window_fn(const struct platform_window *window, void *opaque);

/* A CPU that is there, by its affinity. */
typedef void platform_cpu_fn(uint64_t mpidr);

struct platform_ops {
    bool (*find_gic)(const struct platform *platform, struct platform_gic *gic);
    bool (*find_timer)(const struct platform *platform, enum platform_timer timer,
                       struct platform_interrupt *interrupt);
    bool (*find_rtc)(const struct platform *platform, uintptr_t *base);
    void (*each_window)(const struct platform *platform, platform_window_fn *fn, void *opaque);
    void (*each_cpu)(const struct platform *platform, platform_cpu_fn *fn);
};

struct platform {
    const struct platform_ops *ops;
    union {
        struct fdt fdt;
        struct acpi acpi;
    };
};

/*
 * From the device tree, or the ACPI tables, of the boot information, which must stay. 0; -KENODEV:
 * there are none; -KEINVAL: they are damaged, and the console says where.
 */
int platform_from_fdt(struct platform *platform, const struct hal_boot *boot);
int platform_from_acpi(struct platform *platform, const struct hal_boot *boot);

/* False when the machine does not have it, or does not say where. */
static inline bool platform_find_gic(const struct platform *platform, struct platform_gic *gic)
{
    return platform->ops->find_gic(platform, gic);
}

static inline bool platform_find_timer(const struct platform *platform, enum platform_timer timer,
                                       struct platform_interrupt *interrupt)
{
    return platform->ops->find_timer(platform, timer, interrupt);
}

/* The registers of the real-time clock. */
static inline bool platform_find_rtc(const struct platform *platform, uintptr_t *base)
{
    return platform->ops->find_rtc(platform, base);
}

/* Calls fn(window, opaque) for one window after the other. */
static inline void platform_each_window(const struct platform *platform, platform_window_fn *fn,
                                        void *opaque)
{
    platform->ops->each_window(platform, fn, opaque);
}

static inline void platform_each_cpu(const struct platform *platform, platform_cpu_fn *fn)
{
    platform->ops->each_cpu(platform, fn);
}

#endif
