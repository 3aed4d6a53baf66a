/*
 * virtio_mmio.c - the MMIO transport, version 2
 *
 * [VIRTIO1.2] 4.2. Control registers below 0x100 take aligned 32-bit accesses and nothing else; the
 * configuration space above takes 1, 2, 4 and 8 bytes, and the device judges whether the width
 * suits the field.
 *
 * A wrong access is a breach; a read of it gives 0, a write is ignored. Only QueueNum keeps a value
 * that makes no sense: the queue then breaks when it is enabled, as it would on a device that looks
 * only there.
 *
 * Shared memory regions do not exist: their length and base read as all ones. QueueReset belongs to
 * a feature that is not offered. Version 1 is virtio_mmio_legacy.c.
 *
 * The selectors are the transport's own; a reset clears them. The specification does not say so,
 * and no driver may rely on either: it has to write a selector before it uses what was selected.
 */
#include "emu/virtio/virtio_mmio.h"

#include "emu/virtio/virtio_priv.h"
#include "emu/virtio/virtio_spec.h"

#include <string.h>

#define VIRTIO_MMIO_VENDOR 0x474e4952 /* "RING" */
#define VIRTIO_MMIO_CLAUSE "4.2.2.2"

struct virtio_mmio {
    struct virtio_dev *dev; /* NULL: an empty slot */
    uint32_t device_features_sel, driver_features_sel, queue_sel;
    bool device_features_selected, driver_features_selected; /* written since the reset */
    uint32_t stopped; /* a bit a queue: disabled, and QueueReady was not read since */
};

static void virtio_mmio_breach(struct virtio_mmio *mmio, const char *rule, uint64_t value)
{
    virtio_dev_breach(mmio->dev, mmio->dev->name, VIRTIO_MMIO_CLAUSE, rule, value);
}

/* ---- reads ----------------------------------------------------------------------------------- */

/* What an empty slot shows. 4.2.3.1.1 forbids a driver to look at anything else. */
static uint32_t virtio_mmio_read_empty(uint64_t offset)
{
    switch (offset) {
    case VIRTIO_REG_MAGIC_VALUE:
        return VIRTIO_REG_MAGIC;
    case VIRTIO_REG_VERSION:
        return VIRTIO_REG_VERSION_MODERN;
    default:
        return 0;
    }
}

static uint32_t virtio_mmio_read_device_features(struct virtio_mmio *mmio)
{
    if (!mmio->device_features_selected) {
        virtio_mmio_breach(mmio,
                           "Before reading from DeviceFeatures, the driver MUST write a value to "
                           "DeviceFeaturesSel.",
                           VIRTIO_REG_DEVICE_FEATURES);
    }
    return virtio_dev_features_read(mmio->dev, mmio->device_features_sel);
}

static bool virtio_mmio_is_write_only(uint64_t offset)
{
    switch (offset) {
    case VIRTIO_REG_DEVICE_FEATURES_SEL:
    case VIRTIO_REG_DRIVER_FEATURES:
    case VIRTIO_REG_DRIVER_FEATURES_SEL:
    case VIRTIO_REG_QUEUE_SEL:
    case VIRTIO_REG_QUEUE_NUM:
    case VIRTIO_REG_QUEUE_NOTIFY:
    case VIRTIO_REG_INTERRUPT_ACK:
    case VIRTIO_REG_QUEUE_DESC_LOW:
    case VIRTIO_REG_QUEUE_DESC_HIGH:
    case VIRTIO_REG_QUEUE_DRIVER_LOW:
    case VIRTIO_REG_QUEUE_DRIVER_HIGH:
    case VIRTIO_REG_QUEUE_DEVICE_LOW:
    case VIRTIO_REG_QUEUE_DEVICE_HIGH:
    case VIRTIO_REG_SHM_SEL:
        return true;
    default:
        return false;
    }
}

/* Of the queue that is selected; 0: there is none. */
static uint32_t virtio_mmio_queue_bit(const struct virtio_mmio *mmio)
{
    return mmio->queue_sel < mmio->dev->ops->queue_count ? UINT32_C(1) << mmio->queue_sel : 0;
}

static uint32_t virtio_mmio_read_register(struct virtio_mmio *mmio, uint64_t offset)
{
    struct virtio_dev *dev = mmio->dev;
    const struct virtqueue *queue =
        mmio->queue_sel < dev->ops->queue_count ? &dev->queues[mmio->queue_sel] : NULL;

    switch (offset) {
    case VIRTIO_REG_MAGIC_VALUE:
        return VIRTIO_REG_MAGIC;
    case VIRTIO_REG_VERSION:
        return VIRTIO_REG_VERSION_MODERN;
    case VIRTIO_REG_DEVICE_ID:
        return dev->ops->device_id;
    case VIRTIO_REG_VENDOR_ID:
        return VIRTIO_MMIO_VENDOR;
    case VIRTIO_REG_DEVICE_FEATURES:
        return virtio_mmio_read_device_features(mmio);
    case VIRTIO_REG_QUEUE_NUM_MAX:
        return queue != NULL ? queue->size_max : 0;
    case VIRTIO_REG_QUEUE_READY:
        mmio->stopped &= ~virtio_mmio_queue_bit(mmio);
        return queue != NULL && queue->ready ? 1 : 0;
    case VIRTIO_REG_INTERRUPT_STATUS:
        return dev->isr;
    case VIRTIO_REG_STATUS:
        return dev->status;
    case VIRTIO_REG_SHM_LEN_LOW:
    case VIRTIO_REG_SHM_LEN_HIGH:
    case VIRTIO_REG_SHM_BASE_LOW:
    case VIRTIO_REG_SHM_BASE_HIGH:
        return UINT32_MAX;
    case VIRTIO_REG_CONFIG_GENERATION:
        return dev->config_generation;
    default:
        virtio_mmio_breach(mmio,
                           virtio_mmio_is_write_only(offset)
                               ? "The driver MUST NOT read from the write-only registers "
                                 "(direction W)."
                               : "The driver MUST NOT access memory locations not described in "
                                 "the table",
                           offset);
        return 0;
    }
}

/* ---- writes ---------------------------------------------------------------------------------- */

static void virtio_mmio_write_driver_features(struct virtio_mmio *mmio, uint32_t value)
{
    if (!mmio->driver_features_selected) {
        virtio_mmio_breach(mmio,
                           "Before writing to the DriverFeatures register, the driver MUST write a "
                           "value to the DriverFeaturesSel register.",
                           VIRTIO_REG_DRIVER_FEATURES);
    }
    virtio_dev_features_write(mmio->dev, mmio->driver_features_sel, value);
}

static void virtio_mmio_write_status(struct virtio_mmio *mmio, uint32_t value)
{
    if (value > UINT8_MAX) {
        virtio_dev_breach(mmio->dev, mmio->dev->name, "2.1.1",
                          "The driver MUST update device status, setting bits to indicate the "
                          "completed steps of the driver initialization sequence",
                          value);
        value &= UINT8_MAX;
        if (value == 0) {
            return; /* not what asks for a reset: that is a write of zero */
        }
    }
    if (value == 0) {
        *mmio = (struct virtio_mmio){.dev = mmio->dev};
    }
    virtio_dev_status_write(mmio->dev, (uint8_t)value);
}

static void virtio_mmio_write_queue_num(struct virtqueue *queue, uint32_t value)
{
    if (value > queue->size_max) {
        virtio_dev_breach(queue->dev, queue->name, VIRTIO_MMIO_CLAUSE,
                          "The driver MUST write a value to QueueNum which is less than or equal "
                          "to the value presented by the device in QueueNumMax.",
                          value);
    } else if ((value & (value - 1)) != 0) {
        virtio_dev_breach(queue->dev, queue->name, "2.7",
                          "Queue Size value is always a power of 2.", value);
    }
    queue->size = value;
}

static void virtio_mmio_write_queue_ready(struct virtqueue *queue, uint32_t value)
{
    if (value > 1) {
        virtio_dev_breach(queue->dev, queue->name, "4.2.2",
                          "Writing one (0x1) to this register notifies the device that it can "
                          "execute requests from this virtual queue.",
                          value);
        return;
    }
    virtqueue_set_ready(queue, value == 1);
}

static void virtio_mmio_set_half(gpa_t *address, bool high, uint32_t value)
{
    address->value = high ? (address->value & UINT32_MAX) | (uint64_t)value << 32
                          : (address->value & ~(uint64_t)UINT32_MAX) | value;
}

/* The registers of the queue that is selected. */
static void virtio_mmio_write_queue(struct virtio_mmio *mmio, uint64_t offset, uint32_t value)
{
    if (mmio->queue_sel >= mmio->dev->ops->queue_count) {
        virtio_dev_breach(mmio->dev, mmio->dev->name, "4.2.3.2",
                          "Read maximum queue size (number of elements) from QueueNumMax. If the "
                          "returned value is zero (0x0) the queue is not available.",
                          mmio->queue_sel);
        return;
    }
    struct virtqueue *queue = &mmio->dev->queues[mmio->queue_sel];
    bool uses = offset != VIRTIO_REG_QUEUE_READY || value != 0;
    if (uses && !queue->ready && (mmio->stopped & virtio_mmio_queue_bit(mmio)) != 0) {
        mmio->stopped &= ~virtio_mmio_queue_bit(mmio);
        virtio_dev_breach(mmio->dev, queue->name, VIRTIO_MMIO_CLAUSE,
                          "To stop using the queue the driver MUST write zero (0x0) to this "
                          "QueueReady and MUST read the value back to ensure synchronization.",
                          offset);
    }
    if (offset == VIRTIO_REG_QUEUE_READY) {
        if (queue->ready && value == 0) {
            mmio->stopped |= virtio_mmio_queue_bit(mmio);
        }
        virtio_mmio_write_queue_ready(queue, value);
        return;
    }
    if (queue->ready) {
        virtio_dev_breach(mmio->dev, queue->name, VIRTIO_MMIO_CLAUSE,
                          "When QueueReady is not zero, the driver MUST NOT access QueueNum, "
                          "QueueDescLow, QueueDescHigh, QueueDriverLow, QueueDriverHigh, "
                          "QueueDeviceLow, QueueDeviceHigh.",
                          offset);
        return;
    }
    switch (offset) {
    case VIRTIO_REG_QUEUE_NUM:
        virtio_mmio_write_queue_num(queue, value);
        break;
    case VIRTIO_REG_QUEUE_DESC_LOW:
    case VIRTIO_REG_QUEUE_DESC_HIGH:
        virtio_mmio_set_half(&queue->desc, offset == VIRTIO_REG_QUEUE_DESC_HIGH, value);
        break;
    case VIRTIO_REG_QUEUE_DRIVER_LOW:
    case VIRTIO_REG_QUEUE_DRIVER_HIGH:
        virtio_mmio_set_half(&queue->avail, offset == VIRTIO_REG_QUEUE_DRIVER_HIGH, value);
        break;
    default:
        g_assert(offset == VIRTIO_REG_QUEUE_DEVICE_LOW || offset == VIRTIO_REG_QUEUE_DEVICE_HIGH);
        virtio_mmio_set_half(&queue->used, offset == VIRTIO_REG_QUEUE_DEVICE_HIGH, value);
        break;
    }
}

static bool virtio_mmio_is_read_only(uint64_t offset)
{
    switch (offset) {
    case VIRTIO_REG_MAGIC_VALUE:
    case VIRTIO_REG_VERSION:
    case VIRTIO_REG_DEVICE_ID:
    case VIRTIO_REG_VENDOR_ID:
    case VIRTIO_REG_DEVICE_FEATURES:
    case VIRTIO_REG_QUEUE_NUM_MAX:
    case VIRTIO_REG_INTERRUPT_STATUS:
    case VIRTIO_REG_SHM_LEN_LOW:
    case VIRTIO_REG_SHM_LEN_HIGH:
    case VIRTIO_REG_SHM_BASE_LOW:
    case VIRTIO_REG_SHM_BASE_HIGH:
    case VIRTIO_REG_CONFIG_GENERATION:
        return true;
    default:
        return false;
    }
}

static void virtio_mmio_write_register(struct virtio_mmio *mmio, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case VIRTIO_REG_DEVICE_FEATURES_SEL:
        mmio->device_features_sel = value;
        mmio->device_features_selected = true;
        break;
    case VIRTIO_REG_DRIVER_FEATURES:
        virtio_mmio_write_driver_features(mmio, value);
        break;
    case VIRTIO_REG_DRIVER_FEATURES_SEL:
        mmio->driver_features_sel = value;
        mmio->driver_features_selected = true;
        break;
    case VIRTIO_REG_QUEUE_SEL:
        mmio->queue_sel = value;
        break;
    case VIRTIO_REG_QUEUE_NUM:
    case VIRTIO_REG_QUEUE_READY:
    case VIRTIO_REG_QUEUE_DESC_LOW:
    case VIRTIO_REG_QUEUE_DESC_HIGH:
    case VIRTIO_REG_QUEUE_DRIVER_LOW:
    case VIRTIO_REG_QUEUE_DRIVER_HIGH:
    case VIRTIO_REG_QUEUE_DEVICE_LOW:
    case VIRTIO_REG_QUEUE_DEVICE_HIGH:
        virtio_mmio_write_queue(mmio, offset, value);
        break;
    case VIRTIO_REG_QUEUE_NOTIFY:
        virtio_dev_kick(mmio->dev, value);
        break;
    case VIRTIO_REG_INTERRUPT_ACK:
        virtio_dev_isr_ack(mmio->dev, value);
        break;
    case VIRTIO_REG_STATUS:
        virtio_mmio_write_status(mmio, value);
        break;
    case VIRTIO_REG_SHM_SEL:
        break; /* whatever is selected does not exist */
    default:
        virtio_mmio_breach(mmio,
                           virtio_mmio_is_read_only(offset)
                               ? "The driver MUST NOT write to the read-only registers "
                                 "(direction R)"
                               : "The driver MUST NOT access memory locations not described in "
                                 "the table",
                           offset);
        break;
    }
}

/* ---- the bus --------------------------------------------------------------------------------- */

static bool virtio_mmio_is_control(struct virtio_mmio *mmio, uint64_t offset, unsigned size)
{
    if (size == 4) {
        return true;
    }
    virtio_mmio_breach(
        mmio,
        "The driver MUST only use 32 bit wide and aligned reads and writes to access "
        "the control registers",
        offset);
    return false;
}

static uint64_t virtio_mmio_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_mmio *mmio = opaque;
    if (mmio->dev == NULL) {
        return size == 4 ? virtio_mmio_read_empty(offset) : 0;
    }
    if (offset < VIRTIO_REG_CONFIG) {
        return virtio_mmio_is_control(mmio, offset, size) ? virtio_mmio_read_register(mmio, offset)
                                                          : 0;
    }
    uint64_t value = 0;
    virtio_dev_config_read(mmio->dev, (size_t)(offset - VIRTIO_REG_CONFIG), &value, size);
    return value;
}

static void virtio_mmio_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct virtio_mmio *mmio = opaque;
    if (mmio->dev == NULL) {
        return;
    }
    if (offset >= VIRTIO_REG_CONFIG) {
        virtio_dev_config_write(mmio->dev, (size_t)(offset - VIRTIO_REG_CONFIG), &value, size);
    } else if (virtio_mmio_is_control(mmio, offset, size)) {
        virtio_mmio_write_register(mmio, offset, (uint32_t)value);
    }
}

static const struct mmio_ops virtio_mmio_ops = {
    .read = virtio_mmio_read,
    .write = virtio_mmio_write,
    .sizes = 1 | 2 | 4 | 8,
};

struct virtio_mmio *virtio_mmio_new(struct mmio_bus *bus, const char *name, uint64_t base,
                                    struct virtio_dev *dev)
{
    struct virtio_mmio *mmio = g_new0(struct virtio_mmio, 1);
    mmio->dev = dev;
    mmio_map(bus, name, base, VIRTIO_MMIO_WINDOW, &virtio_mmio_ops, mmio);
    return mmio;
}

void virtio_mmio_free(struct virtio_mmio *mmio)
{
    g_free(mmio);
}
