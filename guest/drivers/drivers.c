/*
 * drivers.c - which drivers there are, and in which order they start
 */
#include "drivers/drivers.h"

#include "drivers/arm_timer.h"
#include "drivers/fdt.h"
#include "drivers/gicv2.h"
#include "drivers/virtio_mmio.h"
#include "drivers/virtio_net.h"
#include "lib/kassert.h"
#include "ringside/hal.h"

static const struct virtio_driver drivers_virtio[] = {
    {.name = "virtio-net", .device_id = VDEVICE_NET, .probe = virtio_net_probe},
};

static int drivers_scan_virtio(const struct fdt *fdt)
{
    virtio_mmio_scan(fdt, drivers_virtio, sizeof(drivers_virtio) / sizeof(drivers_virtio[0]));
    return 0;
}

/* Interrupts need their controller, and devices need interrupts. */
static const struct {
    int (*init)(const struct fdt *fdt);
    const char *without; /* why the machine cannot run; NULL: it can */
} drivers_steps[] = {
    {gicv2_init, "no interrupt controller in the device tree"},
    {arm_timer_init, "no timer in the device tree"},
    {drivers_scan_virtio, NULL},
};

void drivers_init(void)
{
    const struct hal_boot *boot = hal_boot_info();
    struct fdt fdt;
    if (fdt_open(&fdt, boot->device_tree, boot->device_tree_size) != 0)
        kpanic("no device tree, or a damaged one");
    for (size_t i = 0; i < sizeof(drivers_steps) / sizeof(drivers_steps[0]); i++) {
        if (drivers_steps[i].init(&fdt) != 0 && drivers_steps[i].without != NULL)
            kpanic(drivers_steps[i].without);
    }
}
