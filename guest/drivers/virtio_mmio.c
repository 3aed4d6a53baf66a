/*
 * virtio_mmio.c - the virtio-mmio transport, driver side
 *
 * The legacy interface, 4.2.4, differs in four points: no FEATURES_OK (3.1.2), the page size said
 * once, a queue in one area that is told by its page number, and a configuration without a
 * generation.
 */
#include "drivers/virtio_mmio.h"

#include "kernel/console.h"
#include "lib/errno.h"
#include "ringside/hal.h"

#define VIRTIO_RESET_TRIES  1000 /* status reads until a device must be out of reset */
#define VIRTIO_LEGACY_PAGE  4096
#define VIRTIO_CONFIG_TRIES 16 /* rounds until a configuration must have held still */

static struct virtio_mmio virtio_mmio_devices[VIRTIO_MMIO_DEVICES_MAX];
static unsigned virtio_mmio_count;

static uint32_t virtio_mmio_read(const struct virtio_mmio *device, uint32_t reg)
{
    return hal_mmio_read32(device->base + reg);
}

static void virtio_mmio_write(const struct virtio_mmio *device, uint32_t reg, uint32_t value)
{
    hal_mmio_write32(device->base + reg, value);
}

static void virtio_mmio_add_status(const struct virtio_mmio *device, uint32_t bits)
{
    virtio_mmio_write(device, VREG_STATUS, virtio_mmio_read(device, VREG_STATUS) | bits);
}

int virtio_mmio_identify(struct virtio_mmio *device)
{
    /* In this order: an empty window need not have anything but these three, 4.2.2.2. */
    if (virtio_mmio_read(device, VREG_MAGIC) != VREG_MAGIC_VALUE)
        return -KENODEV;
    uint32_t version = virtio_mmio_read(device, VREG_VERSION);
    if (version != VREG_VERSION_MODERN && version != VREG_VERSION_LEGACY)
        return -KENODEV;
    device->legacy = version == VREG_VERSION_LEGACY;
    device->device_id = virtio_mmio_read(device, VREG_DEVICE_ID);
    return device->device_id != VDEVICE_NONE ? 0 : -KENODEV;
}

static int virtio_mmio_reset(const struct virtio_mmio *device)
{
    virtio_mmio_write(device, VREG_STATUS, 0);
    for (unsigned i = 0; i < VIRTIO_RESET_TRIES; i++) {
        if (virtio_mmio_read(device, VREG_STATUS) == 0)
            return 0;
        hal_relax();
    }
    return -KEIO;
}

/*
 * 64 features through a window of 32, 4.2.2: selector 0 has bits 0 to 31, selector 1 those above.
 */
static uint64_t virtio_mmio_offered(const struct virtio_mmio *device)
{
    virtio_mmio_write(device, VREG_DEVICE_FEATURES_SEL, 1);
    uint64_t high = virtio_mmio_read(device, VREG_DEVICE_FEATURES);
    virtio_mmio_write(device, VREG_DEVICE_FEATURES_SEL, 0);
    return high << 32 | virtio_mmio_read(device, VREG_DEVICE_FEATURES);
}

static void virtio_mmio_accept(struct virtio_mmio *device, uint64_t features)
{
    virtio_mmio_write(device, VREG_DRIVER_FEATURES_SEL, 1);
    virtio_mmio_write(device, VREG_DRIVER_FEATURES, (uint32_t)(features >> 32));
    virtio_mmio_write(device, VREG_DRIVER_FEATURES_SEL, 0);
    virtio_mmio_write(device, VREG_DRIVER_FEATURES, (uint32_t)features);
    device->features = features;
}

int virtio_mmio_negotiate(struct virtio_mmio *device, uint64_t wanted, uint64_t required)
{
    kassert((required & ~wanted) == 0);
    int error = virtio_mmio_reset(device);
    if (error != 0)
        return error;
    virtio_mmio_add_status(device, VSTATUS_ACKNOWLEDGE);
    virtio_mmio_add_status(device, VSTATUS_DRIVER);
    uint64_t offered = virtio_mmio_offered(device);
    if ((offered & required) != required)
        return -KEOPNOTSUPP;
    virtio_mmio_accept(device, offered & wanted);
    if (device->legacy) {
        virtio_mmio_write(device, VREG_GUEST_PAGE_SIZE, VIRTIO_LEGACY_PAGE);
        return 0;
    }
    virtio_mmio_add_status(device, VSTATUS_FEATURES_OK);
    /* "Re-read device status to ensure the FEATURES_OK bit is still set", 3.1.1. */
    return (virtio_mmio_read(device, VREG_STATUS) & VSTATUS_FEATURES_OK) != 0 ? 0 : -KEIO;
}

bool virtio_mmio_has(const struct virtio_mmio *device, unsigned feature_bit)
{
    return (device->features & VFEATURE(feature_bit)) != 0;
}

/* The largest power of two that neither side refuses; 0 when the queue does not exist. */
static uint16_t virtio_mmio_queue_size(uint32_t device_max, uint16_t limit)
{
    uint16_t size = limit;
    while (size > device_max)
        size /= 2;
    return size;
}

static void virtio_mmio_write_address(const struct virtio_mmio *device, uint32_t reg_low,
                                      uint64_t physical)
{
    virtio_mmio_write(device, reg_low, (uint32_t)physical);
    virtio_mmio_write(device, reg_low + 4, (uint32_t)(physical >> 32));
}

static int virtio_mmio_enable(const struct virtio_mmio *device, struct virtqueue *queue,
                              uint16_t size)
{
    int error = virtqueue_init(queue, size);
    if (error != 0)
        return error;
    virtio_mmio_write(device, VREG_QUEUE_NUM, size);
    virtio_mmio_write_address(device, VREG_QUEUE_DESC_LOW, queue->desc_physical);
    virtio_mmio_write_address(device, VREG_QUEUE_DRIVER_LOW, queue->avail_physical);
    virtio_mmio_write_address(device, VREG_QUEUE_DEVICE_LOW, queue->used_physical);
    virtio_mmio_write(device, VREG_QUEUE_READY, 1);
    return 0;
}

/* The page number has 32 bits: memory beyond cannot be told to a legacy device. */
static int virtio_mmio_enable_legacy(const struct virtio_mmio *device, struct virtqueue *queue,
                                     uint16_t size)
{
    int error = virtqueue_init_legacy(queue, size, VIRTIO_LEGACY_PAGE);
    if (error != 0)
        return error;
    uint64_t page = queue->desc_physical / VIRTIO_LEGACY_PAGE;
    if (page > UINT32_MAX) {
        virtqueue_fini(queue);
        return -KENOMEM;
    }
    virtio_mmio_write(device, VREG_QUEUE_NUM, size);
    virtio_mmio_write(device, VREG_QUEUE_ALIGN, VIRTIO_LEGACY_PAGE);
    virtio_mmio_write(device, VREG_QUEUE_PFN, (uint32_t)page);
    return 0;
}

int virtio_mmio_setup_queue(struct virtio_mmio *device, uint32_t index, uint16_t limit,
                            struct virtqueue *queue)
{
    virtio_mmio_write(device, VREG_QUEUE_SEL, index);
    if (virtio_mmio_read(device, device->legacy ? VREG_QUEUE_PFN : VREG_QUEUE_READY) != 0)
        return -KEBUSY;
    uint16_t size = virtio_mmio_queue_size(virtio_mmio_read(device, VREG_QUEUE_NUM_MAX), limit);
    if (size == 0)
        return -KENODEV;
    return device->legacy ? virtio_mmio_enable_legacy(device, queue, size)
                          : virtio_mmio_enable(device, queue, size);
}

void virtio_mmio_start(struct virtio_mmio *device)
{
    virtio_mmio_add_status(device, VSTATUS_DRIVER_OK);
}

void virtio_mmio_give_up(struct virtio_mmio *device, const char *who, const char *why)
{
    console_printf("%s: %s\n", who, why);
    virtio_mmio_reset(device);
    virtio_mmio_add_status(device, VSTATUS_FAILED);
}

bool virtio_mmio_needs_reset(const struct virtio_mmio *device)
{
    return (virtio_mmio_read(device, VREG_STATUS) & VSTATUS_NEEDS_RESET) != 0;
}

uint32_t virtio_mmio_take_interrupts(const struct virtio_mmio *device)
{
    uint32_t status = virtio_mmio_read(device, VREG_INTERRUPT_STATUS);
    if (status != 0)
        virtio_mmio_write(device, VREG_INTERRUPT_ACK, status);
    return status;
}

void virtio_mmio_kick(const struct virtio_mmio *device, uint32_t queue)
{
    virtio_mmio_write(device, VREG_QUEUE_NOTIFY, queue);
}

/*
 * "drivers SHOULD read these fields multiple times until two reads generate a consistent result",
 * 2.5.4.
 */
static void virtio_mmio_read_config_legacy(const struct virtio_mmio *device, size_t offset,
                                           uint8_t *bytes, size_t size)
{
    bool same = false;
    for (unsigned round = 0; round < VIRTIO_CONFIG_TRIES && !same; round++) {
        same = round > 0;
        for (size_t i = 0; i < size; i++) {
            uint8_t byte = hal_mmio_read8(device->base + VREG_CONFIG + offset + i);
            same = same && byte == bytes[i];
            bytes[i] = byte;
        }
    }
}

/* The generation changes when the device changes its configuration between two reads, 2.5.1. */
void virtio_mmio_read_config(const struct virtio_mmio *device, size_t offset, uint8_t *bytes,
                             size_t size)
{
    if (device->legacy) {
        virtio_mmio_read_config_legacy(device, offset, bytes, size);
        return;
    }
    for (unsigned round = 0; round < VIRTIO_CONFIG_TRIES; round++) {
        uint32_t before = virtio_mmio_read(device, VREG_CONFIG_GENERATION);
        for (size_t i = 0; i < size; i++)
            bytes[i] = hal_mmio_read8(device->base + VREG_CONFIG + offset + i);
        if (virtio_mmio_read(device, VREG_CONFIG_GENERATION) == before)
            return;
    }
}

struct virtio_mmio_scan {
    const struct virtio_driver *drivers;
    size_t count;
};

static const struct virtio_driver *virtio_mmio_driver(const struct virtio_mmio_scan *scan,
                                                      uint32_t device_id)
{
    for (size_t i = 0; i < scan->count; i++) {
        if (scan->drivers[i].device_id == device_id)
            return &scan->drivers[i];
    }
    return NULL;
}

static void virtio_mmio_try_window(const struct virtio_mmio_scan *scan,
                                   const struct platform_window *window)
{
    struct virtio_mmio *device = &virtio_mmio_devices[virtio_mmio_count];
    *device = (struct virtio_mmio){
        .base = window->base,
        .intid = window->interrupt.intid,
        .edge_triggered = window->interrupt.edge_triggered,
    };
    if (virtio_mmio_identify(device) != 0)
        return;
    const struct virtio_driver *driver = virtio_mmio_driver(scan, device->device_id);
    if (driver == NULL) {
        console_printf("virtio-mmio: no driver for a device of type %u\n", device->device_id);
        return;
    }
    if (driver->probe(device) == 0)
        virtio_mmio_count++;
}

/* Stops when no place for a device is left. */
static bool virtio_mmio_take_window(const struct platform_window *window, void *opaque)
{
    virtio_mmio_try_window(opaque, window);
    return virtio_mmio_count < VIRTIO_MMIO_DEVICES_MAX;
}

void virtio_mmio_scan(const struct platform *platform, const struct virtio_driver *drivers,
                      size_t count)
{
    struct virtio_mmio_scan scan = {.drivers = drivers, .count = count};
    if (virtio_mmio_count < VIRTIO_MMIO_DEVICES_MAX)
        platform_each_window(platform, virtio_mmio_take_window, &scan);
}
