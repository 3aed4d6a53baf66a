/*
 * virtio_mmio.h - the virtio-mmio transport, driver side [VIRTIO1.2] 4.2
 *
 * Version 2, and version 1, the legacy interface.
 */
#ifndef DRIVERS_VIRTIO_MMIO_H
#define DRIVERS_VIRTIO_MMIO_H

#include "drivers/platform.h"
#include "drivers/virtio_transport.h"

#define VIRTIO_MMIO_DEVICES_MAX 16

struct virtio_mmio {
    struct virtio_device device;
    uintptr_t base;
    uint32_t intid;
    bool edge_triggered;
};

/* Goes through the windows of the machine and gives each device to its driver, one by one. */
void virtio_mmio_scan(const struct platform *platform, const struct virtio_drivers *drivers);

/* 0; -KENODEV: no window, or an empty one. Fills in the device. */
int virtio_mmio_identify(struct virtio_mmio *mmio);

#endif
