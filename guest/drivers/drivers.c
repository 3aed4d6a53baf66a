/*
 * drivers.c - which drivers there are, and in which order they start
 */
#include "drivers/drivers.h"

#include "drivers/arm_timer.h"
#include "drivers/gicv2.h"
#include "drivers/gicv2m.h"
#include "drivers/gicv3.h"
#include "drivers/p9_mount.h"
#include "drivers/pl031.h"
#include "drivers/platform.h"
#include "drivers/virtio_mmio.h"
#include "drivers/virtio_netif.h"
#include "drivers/virtio_pci.h"
#include "drivers/virtio_regs.h"
#include "kernel/smp.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "ringside/hal.h"

static const struct virtio_driver drivers_virtio[] = {
    {.name = "virtio-net", .device_id = VDEVICE_NET, .probe = virtio_netif_probe},
    {.name = "virtio-9p", .device_id = VDEVICE_9P, .probe = p9_mount_probe},
};

void drivers_scan(void)
{
    const struct platform *platform = platform_current();
    static const struct virtio_drivers drivers = {
        .table = drivers_virtio,
        .count = sizeof(drivers_virtio) / sizeof(drivers_virtio[0]),
    };
    virtio_mmio_scan(platform, &drivers);
    virtio_pci_scan(platform, &drivers);
}

static int drivers_init_gic(const struct platform *platform)
{
    int error = gicv2_init(platform);
    return error == -KENODEV ? gicv3_init(platform) : error;
}

static int drivers_find_cpus(const struct platform *platform)
{
    platform_each_cpu(platform, smp_add_cpu);
    return 0;
}

/* Interrupts need their controller, and devices need interrupts. */
static const struct {
    int (*init)(const struct platform *platform);
    const char *without; /* why the machine cannot run; NULL: it can */
} drivers_steps[] = {
    {drivers_init_gic, "no interrupt controller in this machine"},
    {gicv2m_init, NULL},
    {arm_timer_init, "no timer in this machine"},
    {pl031_init, NULL},
    {drivers_find_cpus, NULL},
};

/* A machine that has both is one whose device tree is complete: it is asked. */
static void drivers_find_platform(struct platform *platform)
{
    const struct hal_boot *boot = hal_boot_info();
    int error = platform_from_fdt(platform, boot);
    if (error == -KENODEV)
        error = platform_from_acpi(platform, boot);
    if (error == -KENODEV)
        kpanic("neither a device tree nor ACPI tables");
    if (error != 0)
        kpanic("the description of the machine is damaged");
}

void drivers_init(void)
{
    static struct platform platform;
    drivers_find_platform(&platform);
    platform_set_current(&platform);
    for (size_t i = 0; i < sizeof(drivers_steps) / sizeof(drivers_steps[0]); i++) {
        if (drivers_steps[i].init(&platform) != 0 && drivers_steps[i].without != NULL)
            kpanic(drivers_steps[i].without);
    }
}
