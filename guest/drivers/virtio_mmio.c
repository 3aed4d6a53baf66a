/*
 * virtio_mmio.c - the virtio-mmio transport, driver side
 *
 * The legacy interface, 4.2.4, is a transport of its own. It differs in the page size, which is
 * said once, and in queues, which are told by the number of their page.
 */
#include "drivers/virtio_mmio.h"

#include "drivers/virtio_regs.h"
#include "kernel/irq.h"
#include "lib/errno.h"
#include "ringside/hal.h"

static struct virtio_mmio virtio_mmio_devices[VIRTIO_MMIO_DEVICES_MAX];
static unsigned virtio_mmio_count;

static uint32_t virtio_mmio_read(const struct virtio_mmio *mmio, uint32_t reg)
{
    return hal_mmio_read32(mmio->base + reg);
}

static void virtio_mmio_write(const struct virtio_mmio *mmio, uint32_t reg, uint32_t value)
{
    hal_mmio_write32(mmio->base + reg, value);
}

static struct virtio_mmio *virtio_mmio_of(struct virtio_device *device)
{
    return (struct virtio_mmio *)((char *)device - offsetof(struct virtio_mmio, device));
}

static uint32_t virtio_mmio_read_status(struct virtio_device *device)
{
    return virtio_mmio_read(virtio_mmio_of(device), VREG_STATUS);
}

static void virtio_mmio_write_status(struct virtio_device *device, uint32_t status)
{
    virtio_mmio_write(virtio_mmio_of(device), VREG_STATUS, status);
}

/*
 * 64 features through a window of 32, 4.2.2: selector 0 has bits 0 to 31, selector 1 those above.
 */
static uint64_t virtio_mmio_offered(struct virtio_device *device)
{
    const struct virtio_mmio *mmio = virtio_mmio_of(device);
    virtio_mmio_write(mmio, VREG_DEVICE_FEATURES_SEL, 1);
    uint64_t high = virtio_mmio_read(mmio, VREG_DEVICE_FEATURES);
    virtio_mmio_write(mmio, VREG_DEVICE_FEATURES_SEL, 0);
    return high << 32 | virtio_mmio_read(mmio, VREG_DEVICE_FEATURES);
}

static void virtio_mmio_accept(struct virtio_device *device, uint64_t features)
{
    const struct virtio_mmio *mmio = virtio_mmio_of(device);
    virtio_mmio_write(mmio, VREG_DRIVER_FEATURES_SEL, 1);
    virtio_mmio_write(mmio, VREG_DRIVER_FEATURES, (uint32_t)(features >> 32));
    virtio_mmio_write(mmio, VREG_DRIVER_FEATURES_SEL, 0);
    virtio_mmio_write(mmio, VREG_DRIVER_FEATURES, (uint32_t)features);
}

static bool virtio_mmio_queue_is_enabled(struct virtio_device *device, uint32_t index)
{
    const struct virtio_mmio *mmio = virtio_mmio_of(device);
    virtio_mmio_write(mmio, VREG_QUEUE_SEL, index);
    return virtio_mmio_read(mmio, VREG_QUEUE_READY) != 0;
}

static uint32_t virtio_mmio_queue_size_max(struct virtio_device *device, uint32_t index)
{
    const struct virtio_mmio *mmio = virtio_mmio_of(device);
    virtio_mmio_write(mmio, VREG_QUEUE_SEL, index);
    return virtio_mmio_read(mmio, VREG_QUEUE_NUM_MAX);
}

static void virtio_mmio_write_address(const struct virtio_mmio *mmio, uint32_t reg_low,
                                      uint64_t physical)
{
    virtio_mmio_write(mmio, reg_low, (uint32_t)physical);
    virtio_mmio_write(mmio, reg_low + 4, (uint32_t)(physical >> 32));
}

static int virtio_mmio_enable_queue(struct virtio_device *device, uint32_t index,
                                    const struct virtqueue *queue)
{
    const struct virtio_mmio *mmio = virtio_mmio_of(device);
    virtio_mmio_write(mmio, VREG_QUEUE_SEL, index);
    virtio_mmio_write(mmio, VREG_QUEUE_NUM, queue->size);
    virtio_mmio_write_address(mmio, VREG_QUEUE_DESC_LOW, queue->desc_physical);
    virtio_mmio_write_address(mmio, VREG_QUEUE_DRIVER_LOW, queue->avail_physical);
    virtio_mmio_write_address(mmio, VREG_QUEUE_DEVICE_LOW, queue->used_physical);
    virtio_mmio_write(mmio, VREG_QUEUE_READY, 1);
    return 0;
}

static int virtio_mmio_say_page_size(struct virtio_device *device)
{
    virtio_mmio_write(virtio_mmio_of(device), VREG_GUEST_PAGE_SIZE, VIRTIO_LEGACY_PAGE);
    return 0;
}

static bool virtio_mmio_queue_has_page(struct virtio_device *device, uint32_t index)
{
    const struct virtio_mmio *mmio = virtio_mmio_of(device);
    virtio_mmio_write(mmio, VREG_QUEUE_SEL, index);
    return virtio_mmio_read(mmio, VREG_QUEUE_PFN) != 0;
}

/* The page number has 32 bits: memory beyond cannot be told to a legacy device. */
static int virtio_mmio_give_page(struct virtio_device *device, uint32_t index,
                                 const struct virtqueue *queue)
{
    const struct virtio_mmio *mmio = virtio_mmio_of(device);
    uint64_t page = queue->desc_physical / VIRTIO_LEGACY_PAGE;
    if (page > UINT32_MAX)
        return -KENOMEM;
    virtio_mmio_write(mmio, VREG_QUEUE_SEL, index);
    virtio_mmio_write(mmio, VREG_QUEUE_NUM, queue->size);
    virtio_mmio_write(mmio, VREG_QUEUE_ALIGN, VIRTIO_LEGACY_PAGE);
    virtio_mmio_write(mmio, VREG_QUEUE_PFN, (uint32_t)page);
    return 0;
}

static uint32_t virtio_mmio_config_generation(struct virtio_device *device)
{
    return virtio_mmio_read(virtio_mmio_of(device), VREG_CONFIG_GENERATION);
}

static uint8_t virtio_mmio_config_byte(struct virtio_device *device, size_t offset)
{
    return hal_mmio_read8(virtio_mmio_of(device)->base + VREG_CONFIG + offset);
}

static uint16_t virtio_mmio_config_field16(struct virtio_device *device, size_t offset)
{
    return hal_mmio_read16(virtio_mmio_of(device)->base + VREG_CONFIG + offset);
}

static void virtio_mmio_kick(struct virtio_device *device, uint32_t queue)
{
    virtio_mmio_write(virtio_mmio_of(device), VREG_QUEUE_NOTIFY, queue);
}

/*
 * The status is acknowledged, which takes the line down, before anybody looks at the rings: what
 * the device adds afterwards raises the line again.
 */
static bool virtio_mmio_interrupt(void *arg)
{
    struct virtio_mmio *mmio = arg;
    uint32_t status = virtio_mmio_read(mmio, VREG_INTERRUPT_STATUS);
    if (status == 0)
        return false;
    virtio_mmio_write(mmio, VREG_INTERRUPT_ACK, status);
    mmio->device.interrupt(mmio->device.interrupt_arg, status);
    return true;
}

static unsigned virtio_mmio_interrupts(struct virtio_device *device, struct virtio_interrupt *list)
{
    const struct virtio_mmio *mmio = virtio_mmio_of(device);
    list[0] = (struct virtio_interrupt){mmio->intid, mmio->edge_triggered};
    return 1;
}

static uint32_t virtio_mmio_take_reasons(struct virtio_device *device, unsigned index)
{
    const struct virtio_mmio *mmio = virtio_mmio_of(device);
    (void)index;
    uint32_t status = virtio_mmio_read(mmio, VREG_INTERRUPT_STATUS);
    if (status != 0)
        virtio_mmio_write(mmio, VREG_INTERRUPT_ACK, status);
    return status;
}

static int virtio_mmio_attach(struct virtio_device *device, const char *name)
{
    struct virtio_mmio *mmio = virtio_mmio_of(device);
    return irq_attach(mmio->intid, mmio->edge_triggered, virtio_mmio_interrupt, mmio, name);
}

static void virtio_mmio_detach(struct virtio_device *device)
{
    struct virtio_mmio *mmio = virtio_mmio_of(device);
    irq_detach(mmio->intid, virtio_mmio_interrupt, mmio);
}

static const struct virtio_transport virtio_mmio_transport = {
    .name = "virtio-mmio",
    .read_status = virtio_mmio_read_status,
    .write_status = virtio_mmio_write_status,
    .offered = virtio_mmio_offered,
    .accept = virtio_mmio_accept,
    .queue_size_max = virtio_mmio_queue_size_max,
    .queue_is_enabled = virtio_mmio_queue_is_enabled,
    .enable_queue = virtio_mmio_enable_queue,
    .config_generation = virtio_mmio_config_generation,
    .config_byte = virtio_mmio_config_byte,
    .config_field16 = virtio_mmio_config_field16,
    .kick = virtio_mmio_kick,
    .attach = virtio_mmio_attach,
    .detach = virtio_mmio_detach,
    .interrupts = virtio_mmio_interrupts,
    .take_reasons = virtio_mmio_take_reasons,
};

static const struct virtio_transport virtio_mmio_legacy_transport = {
    .name = "virtio-mmio",
    .legacy = true,
    .read_status = virtio_mmio_read_status,
    .write_status = virtio_mmio_write_status,
    .offered = virtio_mmio_offered,
    .accept = virtio_mmio_accept,
    .prepare = virtio_mmio_say_page_size,
    .queue_size_max = virtio_mmio_queue_size_max,
    .queue_is_enabled = virtio_mmio_queue_has_page,
    .enable_queue = virtio_mmio_give_page,
    .config_byte = virtio_mmio_config_byte,
    .config_field16 = virtio_mmio_config_field16,
    .kick = virtio_mmio_kick,
    .attach = virtio_mmio_attach,
    .detach = virtio_mmio_detach,
    .interrupts = virtio_mmio_interrupts,
    .take_reasons = virtio_mmio_take_reasons,
};

int virtio_mmio_identify(struct virtio_mmio *mmio)
{
    /* In this order: an empty window need not have anything but these three, 4.2.2.2. */
    if (virtio_mmio_read(mmio, VREG_MAGIC) != VREG_MAGIC_VALUE)
        return -KENODEV;
    uint32_t version = virtio_mmio_read(mmio, VREG_VERSION);
    if (version != VREG_VERSION_MODERN && version != VREG_VERSION_LEGACY)
        return -KENODEV;
    mmio->device = (struct virtio_device){
        .transport =
            version == VREG_VERSION_LEGACY ? &virtio_mmio_legacy_transport : &virtio_mmio_transport,
        .device_id = virtio_mmio_read(mmio, VREG_DEVICE_ID),
    };
    return mmio->device.device_id != VDEVICE_NONE ? 0 : -KENODEV;
}

static void virtio_mmio_try_window(const struct virtio_drivers *drivers,
                                   const struct platform_window *window)
{
    struct virtio_mmio *mmio = &virtio_mmio_devices[virtio_mmio_count];
    *mmio = (struct virtio_mmio){
        .base = window->base,
        .intid = window->interrupt.intid,
        .edge_triggered = window->interrupt.edge_triggered,
    };
    if (virtio_mmio_identify(mmio) == 0 && virtio_probe(drivers, &mmio->device) == 0)
        virtio_mmio_count++;
}

/* Stops when no place for a device is left. */
static bool virtio_mmio_take_window(const struct platform_window *window, void *opaque)
{
    virtio_mmio_try_window(opaque, window);
    return virtio_mmio_count < VIRTIO_MMIO_DEVICES_MAX;
}

void virtio_mmio_scan(const struct platform *platform, const struct virtio_drivers *drivers)
{
    struct virtio_drivers borrowed = *drivers;
    if (virtio_mmio_count < VIRTIO_MMIO_DEVICES_MAX)
        platform_each_window(platform, virtio_mmio_take_window, &borrowed);
}
