/*
 * virtio_mmio.h - the virtio-mmio transport, driver side [VIRTIO1.2] 4.2
 *
 * Version 2, and version 1, the legacy interface. A device is initialised in the order of 3.1.1:
 * identify, negotiate, set up queues, start. A driver that cannot go on gives up, which the device
 * and the console are told.
 */
#ifndef DRIVERS_VIRTIO_MMIO_H
#define DRIVERS_VIRTIO_MMIO_H

#include "drivers/platform.h"
#include "drivers/virtqueue.h"

#define VIRTIO_MMIO_DEVICES_MAX 8

struct virtio_mmio {
    uintptr_t base;
    uint32_t intid;
    bool edge_triggered;
    uint32_t device_id; /* VDEVICE_… */
    bool legacy;        /* version 1. Anybody may read it */
    uint64_t features;  /* negotiated */
};

struct virtio_driver {
    const char *name;
    uint32_t device_id;
    int (*probe)(struct virtio_mmio *device); /* keeps the device on success; gives up itself */
};

/* Goes through the windows of the machine and gives each device to its driver, one by one. */
void virtio_mmio_scan(const struct platform *platform, const struct virtio_driver *drivers,
                      size_t count);

/* 0; -KENODEV: no window, or an empty one. Fills in device_id and legacy. */
int virtio_mmio_identify(struct virtio_mmio *device);

/*
 * Resets the device and negotiates: accepts what is offered of `wanted`, of which a legacy device
 * offers no more than bits 0 to 31. 0; -KEIO: it does not come
 * out of reset, or takes back FEATURES_OK; -KEOPNOTSUPP: a bit of `required` (part of wanted) is
 * not offered.
 */
int virtio_mmio_negotiate(struct virtio_mmio *device, uint64_t wanted, uint64_t required);
bool virtio_mmio_has(const struct virtio_mmio *device, unsigned feature_bit);

/*
 * Allocates a queue of the device's maximum size, but not more than `limit`, and enables it. 0,
 * -KENODEV, -KEBUSY, -KENOMEM.
 */
int virtio_mmio_setup_queue(struct virtio_mmio *device, uint32_t index, uint16_t limit,
                            struct virtqueue *queue);

/* DRIVER_OK: the device is live. */
void virtio_mmio_start(struct virtio_mmio *device);
/*
 * FAILED, after a reset so that the device leaves the rings alone. Says why on the console. Borrows
 * the text.
 */
void virtio_mmio_give_up(struct virtio_mmio *device, const char *who, const char *why);
/* Has the device asked to be reset? */
bool virtio_mmio_needs_reset(const struct virtio_mmio *device);

/*
 * From the interrupt handler: reads the interrupt status and acknowledges it, which takes the line
 * down. VIRQ_…
 */
uint32_t virtio_mmio_take_interrupts(const struct virtio_mmio *device);
void virtio_mmio_kick(const struct virtio_mmio *device, uint32_t queue);

/* Bytes of the configuration space, all of one generation. */
void virtio_mmio_read_config(const struct virtio_mmio *device, size_t offset, uint8_t *bytes,
                             size_t size);

#endif
