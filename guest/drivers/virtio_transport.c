/*
 * virtio_transport.c - what is the same for a virtio device on every bus
 */
#include "drivers/virtio_transport.h"

#include "drivers/virtio_regs.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "ringside/hal.h"

#define VIRTIO_RESET_TRIES    1000 /* status reads until a device must be out of reset */
#define VIRTIO_RESET_PAUSE_NS UINT64_C(100000) /* between two, for those that wait asleep */
#define VIRTIO_CONFIG_TRIES   16 /* rounds until a configuration must have held still */

static void virtio_add_status(struct virtio_device *device, uint32_t bits)
{
    const struct virtio_transport *transport = device->transport;
    transport->write_status(device, transport->read_status(device) | bits);
}

/* 4.1.4.3.2: over is a reset when the status reads as 0; the same with virtio-mmio, 4.2.2.1. */
static bool virtio_is_reset(struct virtio_device *device)
{
    return device->transport->read_status(device) == 0;
}

static int virtio_reset(struct virtio_device *device)
{
    device->transport->write_status(device, 0);
    for (unsigned i = 0; i < VIRTIO_RESET_TRIES; i++) {
        if (virtio_is_reset(device))
            return 0;
        hal_relax();
    }
    return -KEIO;
}

bool virtio_reset_asleep(struct virtio_device *device)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t end_ns = now_ns + VIRTIO_RESET_NS;
    struct wait_queue nobody;
    struct waiter waiter;
    wait_queue_init(&nobody);
    device->transport->write_status(device, 0);
    while (!virtio_is_reset(device)) {
        now_ns = clock_now_ns();
        if (now_ns >= end_ns)
            return false;
        wait_prepare(&nobody, &waiter, "reset");
        wait_commit_uninterruptible(&waiter, now_ns + VIRTIO_RESET_PAUSE_NS);
        wait_finish(&waiter);
    }
    return true;
}

int virtio_negotiate(struct virtio_device *device, uint64_t wanted, uint64_t required)
{
    const struct virtio_transport *transport = device->transport;
    kassert((required & ~wanted) == 0);
    int error = virtio_reset(device);
    if (error != 0)
        return error;
    virtio_add_status(device, VSTATUS_ACKNOWLEDGE);
    virtio_add_status(device, VSTATUS_DRIVER);
    uint64_t offered = transport->offered(device);
    if ((offered & required) != required)
        return -KEOPNOTSUPP;
    device->features = offered & wanted;
    transport->accept(device, device->features);
    if (!transport->legacy) {
        virtio_add_status(device, VSTATUS_FEATURES_OK);
        /* "Re-read device status to ensure the FEATURES_OK bit is still set", 3.1.1. */
        if ((transport->read_status(device) & VSTATUS_FEATURES_OK) == 0)
            return -KEIO;
    }
    return transport->prepare != NULL ? transport->prepare(device) : 0;
}

bool virtio_is_legacy(const struct virtio_device *device)
{
    return device->transport->legacy;
}

bool virtio_has(const struct virtio_device *device, unsigned feature_bit)
{
    return (device->features & VFEATURE(feature_bit)) != 0;
}

/* The largest power of two that neither side refuses; 0 when the queue does not exist. */
static uint16_t virtio_queue_size(uint32_t device_max, uint16_t limit)
{
    uint16_t size = limit;
    while (size > device_max)
        size /= 2;
    return size;
}

int virtio_setup_queue(struct virtio_device *device, uint32_t index, uint16_t limit,
                       struct virtqueue *queue)
{
    const struct virtio_transport *transport = device->transport;
    if (transport->queue_is_enabled(device, index))
        return -KEBUSY;
    uint16_t size = virtio_queue_size(transport->queue_size_max(device, index), limit);
    if (size == 0)
        return -KENODEV;
    int error = transport->legacy ? virtqueue_init_legacy(queue, size, VIRTIO_LEGACY_PAGE)
                                  : virtqueue_init(queue, size);
    if (error != 0)
        return error;
    error = transport->enable_queue(device, index, queue);
    if (error != 0)
        virtqueue_fini(queue);
    return error;
}

int virtio_attach(struct virtio_device *device, virtio_interrupt_fn *fn, void *arg,
                  const char *name)
{
    device->interrupt = fn;
    device->interrupt_arg = arg;
    return device->transport->attach(device, name);
}

void virtio_detach(struct virtio_device *device)
{
    device->transport->detach(device);
}

unsigned virtio_interrupts(struct virtio_device *device, struct virtio_interrupt *list)
{
    return device->transport->interrupts(device, list);
}

uint32_t virtio_take_reasons(struct virtio_device *device, unsigned index)
{
    return device->transport->take_reasons(device, index);
}

void virtio_unmask(struct virtio_device *device)
{
    if (device->transport->unmask != NULL)
        device->transport->unmask(device);
}

void virtio_start(struct virtio_device *device)
{
    virtio_add_status(device, VSTATUS_DRIVER_OK);
}

void virtio_give_up(struct virtio_device *device, const char *who, const char *why)
{
    console_printf("%s: %s\n", who, why);
    virtio_reset(device);
    virtio_add_status(device, VSTATUS_FAILED);
}

bool virtio_needs_reset(struct virtio_device *device)
{
    return (device->transport->read_status(device) & VSTATUS_NEEDS_RESET) != 0;
}

void virtio_kick(struct virtio_device *device, uint32_t queue)
{
    device->transport->kick(device, queue);
}

/*
 * "drivers SHOULD read these fields multiple times until two reads generate a consistent result",
 * 2.5.4.
 */
static void virtio_read_config_legacy(struct virtio_device *device, size_t offset, uint8_t *bytes,
                                      size_t size)
{
    bool same = false;
    for (unsigned round = 0; round < VIRTIO_CONFIG_TRIES && !same; round++) {
        same = round > 0;
        for (size_t i = 0; i < size; i++) {
            uint8_t byte = device->transport->config_byte(device, offset + i);
            same = same && byte == bytes[i];
            bytes[i] = byte;
        }
    }
}

/* The generation changes when the device changes its configuration between two reads, 2.5.1. */
void virtio_read_config(struct virtio_device *device, size_t offset, uint8_t *bytes, size_t size)
{
    const struct virtio_transport *transport = device->transport;
    if (transport->legacy) {
        virtio_read_config_legacy(device, offset, bytes, size);
        return;
    }
    for (unsigned round = 0; round < VIRTIO_CONFIG_TRIES; round++) {
        uint32_t before = transport->config_generation(device);
        for (size_t i = 0; i < size; i++)
            bytes[i] = transport->config_byte(device, offset + i);
        if (transport->config_generation(device) == before)
            return;
    }
}

uint16_t virtio_read_config16(struct virtio_device *device, size_t offset)
{
    return device->transport->config_field16(device, offset);
}

int virtio_probe(const struct virtio_drivers *drivers, struct virtio_device *device)
{
    for (size_t i = 0; i < drivers->count; i++) {
        if (drivers->table[i].device_id == device->device_id)
            return drivers->table[i].probe(device);
    }
    console_printf("%s: no driver for a device of type %u\n", device->transport->name,
                   device->device_id);
    return -KENODEV;
}
