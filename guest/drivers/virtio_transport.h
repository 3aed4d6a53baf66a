/*
 * virtio_transport.h - a virtio device, whatever bus it is on, driver side
 *
 * A transport (virtio_mmio.c, virtio_pci.c) finds a device and reaches its registers; a driver sees
 * struct virtio_device and the functions below. A device is initialised in the order of [VIRTIO1.2]
 * 3.1.1: identify, negotiate, set up queues, attach the interrupt, start. A driver that cannot go
 * on gives up, which the device and the console are told.
 *
 * A legacy device differs (3.1.2, 2.5.4, 2.7.2): no FEATURES_OK, a configuration without a
 * generation, each queue in one area. It offers none of the features from 32 on.
 */
#ifndef DRIVERS_VIRTIO_TRANSPORT_H
#define DRIVERS_VIRTIO_TRANSPORT_H

#include "drivers/virtqueue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct virtio_device;

/*
 * From the interrupt handler: `reasons` are those of VIRQ_… that it may be for. An interrupt that
 * is shared by several says all of them.
 */
typedef void virtio_interrupt_fn(void *arg, uint32_t reasons);

/* What a device raises, once its features are settled. */
struct virtio_interrupt {
    uint32_t intid;
    bool edge_triggered;
};
#define VIRTIO_INTERRUPTS_MAX 4

#define VIRTIO_LEGACY_PAGE 4096 /* at a multiple of which a queue of a legacy device begins */

/* How registers are reached. Offsets and numbers are virtio's, not the bus's. */
struct virtio_transport {
    const char *name;
    bool legacy; /* what it reaches is a legacy device */
    uint32_t (*read_status)(struct virtio_device *device);
    void (*write_status)(struct virtio_device *device, uint32_t status);
    uint64_t (*offered)(struct virtio_device *device);
    void (*accept)(struct virtio_device *device, uint64_t features);
    /* After the features are settled, before the first queue; may be NULL. 0, or an error. */
    int (*prepare)(struct virtio_device *device);
    /* The most entries that a queue can have; 0: there is none. */
    uint32_t (*queue_size_max)(struct virtio_device *device, uint32_t index);
    bool (*queue_is_enabled)(struct virtio_device *device, uint32_t index);
    /* 0; -KENOMEM: the device cannot be told where the queue is. */
    int (*enable_queue)(struct virtio_device *device, uint32_t index,
                        const struct virtqueue *queue);
    /* NULL for a legacy device. */
    uint32_t (*config_generation)(struct virtio_device *device);
    uint8_t (*config_byte)(struct virtio_device *device, size_t offset);
    uint16_t (*config_field16)(struct virtio_device *device, size_t offset);
    void (*kick)(struct virtio_device *device, uint32_t queue);
    /* Attaches whatever interrupts the device has to device->interrupt. 0, or an error. */
    int (*attach)(struct virtio_device *device, const char *name);
    /* Takes back what attach did, or those of it that it got to. */
    void (*detach)(struct virtio_device *device);
    /* The same for those who have interrupts in another way; `index` is a place in the list. */
    unsigned (*interrupts)(struct virtio_device *device, struct virtio_interrupt *list);
    uint32_t (*take_reasons)(struct virtio_device *device, unsigned index);
    /* NULL: they are not masked in the device. */
    void (*unmask)(struct virtio_device *device);
};

/* Embedded in what a transport keeps of a device. */
struct virtio_device {
    const struct virtio_transport *transport;
    uint32_t device_id; /* VDEVICE_… */
    uint64_t features;  /* negotiated */
    virtio_interrupt_fn *interrupt;
    void *interrupt_arg;
};

struct virtio_driver {
    const char *name;
    uint32_t device_id;
    int (*probe)(struct virtio_device *device); /* keeps the device on success; gives up itself */
};

/* The drivers that a scan may give devices to. Borrowed for the scan. */
struct virtio_drivers {
    const struct virtio_driver *table;
    size_t count;
};

/* Gives an identified device to its driver. 0; -KENODEV: there is none; what the driver says. */
int virtio_probe(const struct virtio_drivers *drivers, struct virtio_device *device);

/*
 * Resets the device and negotiates: accepts what is offered of `wanted`. 0; -KEIO: it does not come
 * out of reset, or takes back FEATURES_OK; -KEOPNOTSUPP: a bit of `required` (part of wanted) is
 * not offered.
 */
int virtio_negotiate(struct virtio_device *device, uint64_t wanted, uint64_t required);
bool virtio_is_legacy(const struct virtio_device *device);
bool virtio_has(const struct virtio_device *device, unsigned feature_bit);

/*
 * Allocates a queue of the device's maximum size, but not more than `limit`, and enables it. 0,
 * -KENODEV, -KEBUSY, -KENOMEM.
 */
int virtio_setup_queue(struct virtio_device *device, uint32_t index, uint16_t limit,
                       struct virtqueue *queue);

/* Calls fn(arg, reasons) for each interrupt from now on. 0, or what irq_attach() says. */
int virtio_attach(struct virtio_device *device, virtio_interrupt_fn *fn, void *arg,
                  const char *name);
/* No more of them, nor one that still runs on another CPU: from tasks, with the device reset. */
void virtio_detach(struct virtio_device *device);

/*
 * For those to whom the kernel does not give interrupts by a handler. What the device raises, in
 * VIRTIO_INTERRUPTS_MAX places: how many; 0: nothing that could be heard. Then, for each that came,
 * what it may be for (VIRQ_…; 0: it is another device's), which takes a line down. Whether the
 * device may raise them has to be said once the queues are set up.
 */
unsigned virtio_interrupts(struct virtio_device *device, struct virtio_interrupt *list);
uint32_t virtio_take_reasons(struct virtio_device *device, unsigned index);
void virtio_unmask(struct virtio_device *device);

/*
 * For tasks, which wait for a slow device asleep. False: it does not come out of reset within
 * VIRTIO_RESET_NS. A device that was reset is negotiated with again. Its interrupt stays attached
 * until it is detached.
 */
#define VIRTIO_RESET_NS UINT64_C(20000000000)
bool virtio_reset_asleep(struct virtio_device *device);

/* DRIVER_OK: the device is live. */
void virtio_start(struct virtio_device *device);
/*
 * FAILED, after a reset so that the device leaves the rings alone. Says why on the console. Borrows
 * the text.
 */
void virtio_give_up(struct virtio_device *device, const char *who, const char *why);
/* Has the device asked to be reset? */
bool virtio_needs_reset(struct virtio_device *device);

void virtio_kick(struct virtio_device *device, uint32_t queue);

/* Bytes of the configuration space, all of one generation, or read twice alike. */
void virtio_read_config(struct virtio_device *device, size_t offset, uint8_t *bytes, size_t size);
/* A field of 16 bits, which is read as such, 4.1.3.1, 4.2.2.2. */
uint16_t virtio_read_config16(struct virtio_device *device, size_t offset);

#endif
