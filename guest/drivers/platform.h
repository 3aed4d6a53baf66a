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
    PLATFORM_TIMER_EL2,      /* CNTHP */
    PLATFORM_TIMER_VIRTUAL,  /* CNTV */
};

struct platform_interrupt {
    uint32_t intid;
    bool edge_triggered;
};

/* Some redistributors of a GICv3, one behind the other. */
struct platform_region {
    uintptr_t base;
    size_t size;
};

#define PLATFORM_REGIONS_MAX ACPI_REGIONS_MAX
struct platform_gic {
    unsigned version; /* 2 or 3 */
    uintptr_t distributor;
    uintptr_t cpu_interface; /* GICv2 */
    unsigned region_count;   /* GICv3 */
    struct platform_region regions[PLATFORM_REGIONS_MAX];
};

/* A virtio-mmio window, which may be empty. */
struct platform_window {
    uintptr_t base;
    struct platform_interrupt interrupt;
};

/*
 * The frame that takes devices' messages. Its INTIDs where they are told; else count is 0, and the
 * frame says them itself.
 */
struct platform_messages {
    uintptr_t base;
    uint32_t first_intid, count;
};

/* PCI: configuration space of bus 0, and the host bridge's window for memory BARs. */
struct platform_pci {
    uintptr_t ecam;
    uintptr_t window;    /* as the CPU sees it, */
    uint64_t window_bus; /* and as it stands in BARs */
    uint64_t window_size;
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
    bool (*find_messages)(const struct platform *platform, struct platform_messages *messages);
    bool (*find_pci)(const struct platform *platform, struct platform_pci *pci);
    bool (*pci_interrupt)(const struct platform *platform, unsigned slot, unsigned pin,
                          struct platform_interrupt *interrupt);
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

/* The machine that the drivers run on, for code that nobody hands it to. Keeps the pointer. */
void platform_set_current(const struct platform *platform);
const struct platform *platform_current(void); /* NULL before that */

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

static inline bool platform_find_messages(const struct platform *platform,
                                          struct platform_messages *messages)
{
    return platform->ops->find_messages(platform, messages);
}

static inline bool platform_find_pci(const struct platform *platform, struct platform_pci *pci)
{
    return platform->ops->find_pci(platform, pci);
}

/* What a pin (1 to 4: INTA# to INTD#) of function 0 in a slot of bus 0 raises. */
static inline bool platform_pci_interrupt(const struct platform *platform, unsigned slot,
                                          unsigned pin, struct platform_interrupt *interrupt)
{
    return platform->ops->pci_interrupt(platform, slot, pin, interrupt);
}

static inline void platform_each_cpu(const struct platform *platform, platform_cpu_fn *fn)
{
    platform->ops->each_cpu(platform, fn);
}

#endif
