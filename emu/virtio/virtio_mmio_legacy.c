/*
 * virtio_mmio_legacy.c - the MMIO transport, version 1
 *
 * [VIRTIO1.2] 4.2.4. A queue is one area of guest memory: descriptor table, available ring, and the
 * used ring at the next multiple of QueueAlign (2.7.2). The driver tells where it is with the
 * number of a page, whose size it has told before, and so gives the queue to the device; page
 * number 0 takes it back. Registers that did not change keep the rules of 4.2.2, and a wrong access
 * has the same consequences as in virtio_mmio.c: a breach, a read of 0, a write that is ignored.
 *
 * A driver that writes no QueueAlign gets 4096, as elsewhere; one that writes no GuestPageSize
 * gets no queue, since nobody could know where it is.
 *
 * The configuration space has no generation, and takes accesses of any width.
 */
#include "emu/virtio/virtio_mmio_legacy.h"

#include "emu/virtio/virtio_mmio.h"
#include "emu/virtio/virtio_priv.h"
#include "emu/virtio/virtio_spec.h"

#define LEGACY_VENDOR        0x474e4952 /* "RING" */
#define LEGACY_CLAUSE        "4.2.4"
#define LEGACY_ALIGN_DEFAULT 4096

/* What the transport keeps of a queue. */
struct virtio_mmio_legacy_queue {
    uint32_t align; /* 0: not written since the reset */
    uint32_t pfn;   /* while the queue is in use */
};

struct virtio_mmio_legacy {
    struct virtio_dev *dev;
    uint32_t host_features_sel, guest_features_sel, queue_sel;
    bool host_features_selected, guest_features_selected; /* written since the reset */
    uint32_t page_size;                                   /* 0: not written since the reset */
    struct virtio_mmio_legacy_queue queues[VIRTIO_QUEUES_MAX];
};

static void legacy_breach(struct virtio_mmio_legacy *mmio, const char *clause, const char *rule,
                          uint64_t value)
{
    virtio_dev_breach(mmio->dev, mmio->dev->name, clause, rule, value);
}

/* NULL: there is no such queue. */
static struct virtqueue *legacy_queue(struct virtio_mmio_legacy *mmio)
{
    return mmio->queue_sel < mmio->dev->ops->queue_count ? &mmio->dev->queues[mmio->queue_sel]
                                                         : NULL;
}

/* The page of a queue; 0: it is not in use. The end of a reset takes queues back by itself. */
static uint32_t legacy_pfn(const struct virtio_mmio_legacy *mmio, unsigned queue)
{
    return mmio->dev->queues[queue].ready ? mmio->queues[queue].pfn : 0;
}

static bool legacy_is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* ---- reads ----------------------------------------------------------------------------------- */

static uint32_t legacy_read_host_features(struct virtio_mmio_legacy *mmio)
{
    if (!mmio->host_features_selected) {
        legacy_breach(mmio, "4.2.2.2",
                      "Before reading from DeviceFeatures, the driver MUST write a value to "
                      "DeviceFeaturesSel.",
                      VIRTIO_REG_DEVICE_FEATURES);
    }
    return virtio_dev_features_read(mmio->dev, mmio->host_features_sel);
}

static uint32_t legacy_read_queue_num_max(struct virtio_mmio_legacy *mmio)
{
    const struct virtqueue *queue = legacy_queue(mmio);
    if (queue == NULL) {
        return 0;
    }
    if (legacy_pfn(mmio, mmio->queue_sel) != 0) {
        virtio_dev_breach(mmio->dev, queue->name, LEGACY_CLAUSE,
                          "This [...] is allowed only when QueuePFN is set to zero (0x0), so when "
                          "the queue is not actively used.",
                          VIRTIO_REG_QUEUE_NUM_MAX);
    }
    return queue->size_max;
}

static bool legacy_is_write_only(uint64_t offset)
{
    switch (offset) {
    case VIRTIO_REG_DEVICE_FEATURES_SEL:
    case VIRTIO_REG_DRIVER_FEATURES:
    case VIRTIO_REG_DRIVER_FEATURES_SEL:
    case VIRTIO_REG_GUEST_PAGE_SIZE:
    case VIRTIO_REG_QUEUE_SEL:
    case VIRTIO_REG_QUEUE_NUM:
    case VIRTIO_REG_QUEUE_ALIGN:
    case VIRTIO_REG_QUEUE_NOTIFY:
    case VIRTIO_REG_INTERRUPT_ACK:
        return true;
    default:
        return false;
    }
}

static uint32_t legacy_read_register(struct virtio_mmio_legacy *mmio, uint64_t offset)
{
    switch (offset) {
    case VIRTIO_REG_MAGIC_VALUE:
        return VIRTIO_REG_MAGIC;
    case VIRTIO_REG_VERSION:
        return VIRTIO_REG_VERSION_LEGACY;
    case VIRTIO_REG_DEVICE_ID:
        return mmio->dev->ops->device_id;
    case VIRTIO_REG_VENDOR_ID:
        return LEGACY_VENDOR;
    case VIRTIO_REG_DEVICE_FEATURES:
        return legacy_read_host_features(mmio);
    case VIRTIO_REG_QUEUE_NUM_MAX:
        return legacy_read_queue_num_max(mmio);
    case VIRTIO_REG_QUEUE_PFN:
        return legacy_queue(mmio) != NULL ? legacy_pfn(mmio, mmio->queue_sel) : 0;
    case VIRTIO_REG_INTERRUPT_STATUS:
        return mmio->dev->isr;
    case VIRTIO_REG_STATUS:
        return mmio->dev->status & (uint8_t)~VIRTIO_STATUS_NEEDS_RESET;
    default:
        legacy_breach(mmio, "4.2.2.2",
                      legacy_is_write_only(offset)
                          ? "The driver MUST NOT read from the write-only registers (direction W)."
                          : "The driver MUST NOT access memory locations not described in the "
                            "table",
                      offset);
        return 0;
    }
}

/* ---- writes ---------------------------------------------------------------------------------- */

static void legacy_write_guest_features(struct virtio_mmio_legacy *mmio, uint32_t value)
{
    if (!mmio->guest_features_selected) {
        legacy_breach(mmio, "4.2.2.2",
                      "Before writing to the DriverFeatures register, the driver MUST write a "
                      "value to the DriverFeaturesSel register.",
                      VIRTIO_REG_DRIVER_FEATURES);
    }
    virtio_dev_features_write(mmio->dev, mmio->guest_features_sel, value);
}

static void legacy_write_status(struct virtio_mmio_legacy *mmio, uint32_t value)
{
    uint8_t bits = (uint8_t)value;
    if (value > UINT8_MAX) {
        legacy_breach(mmio, "2.1.1",
                      "The driver MUST update device status, setting bits to indicate the "
                      "completed steps of the driver initialization sequence",
                      value);
        if (bits == 0) {
            return; /* not what asks for a reset: that is a write of zero */
        }
    }
    if (bits == 0) {
        *mmio = (struct virtio_mmio_legacy){.dev = mmio->dev};
    }
    virtio_dev_status_write(mmio->dev, bits);
}

static void legacy_write_page_size(struct virtio_mmio_legacy *mmio, uint32_t value)
{
    if (!legacy_is_power_of_two(value)) {
        legacy_breach(mmio, LEGACY_CLAUSE,
                      "This value should be a power of 2 and is used by the device to calculate "
                      "the Guest address of the first queue page",
                      value);
        return;
    }
    for (unsigned i = 0; i < mmio->dev->ops->queue_count; i++) {
        if (legacy_pfn(mmio, i) != 0) {
            legacy_breach(mmio, LEGACY_CLAUSE,
                          "The driver writes the guest page size in bytes to the register during "
                          "initialization, before any queues are used.",
                          value);
            break;
        }
    }
    mmio->page_size = value;
}

static void legacy_write_queue_num(struct virtqueue *queue, uint32_t value)
{
    if (value > queue->size_max) {
        virtio_dev_breach(queue->dev, queue->name, LEGACY_CLAUSE,
                          "The driver should choose a queue size smaller than or equal to "
                          "QueueNumMax.",
                          value);
    } else if ((value & (value - 1)) != 0) {
        virtio_dev_breach(queue->dev, queue->name, "2.7",
                          "Queue Size value is always a power of 2.", value);
    }
    queue->size = value;
}

static void legacy_write_queue_align(struct virtio_mmio_legacy *mmio, uint32_t value)
{
    if (!legacy_is_power_of_two(value)) {
        virtio_dev_breach(mmio->dev, legacy_queue(mmio)->name, LEGACY_CLAUSE,
                          "This value should be a power of 2 and applies to the queue selected by "
                          "writing to QueueSel.",
                          value);
        return;
    }
    mmio->queues[mmio->queue_sel].align = value;
}

/* The driver gives the queue to the device. */
static void legacy_enable_queue(struct virtio_mmio_legacy *mmio, struct virtqueue *queue,
                                uint32_t pfn)
{
    struct virtio_mmio_legacy_queue *kept = &mmio->queues[mmio->queue_sel];
    if (mmio->page_size == 0) {
        virtio_dev_breach(mmio->dev, queue->name, LEGACY_CLAUSE,
                          "The virtual queue page size is defined by writing to GuestPageSize, as "
                          "written by the guest. The driver does this before the virtual queues "
                          "are configured.",
                          pfn);
        return;
    }
    if (kept->align == 0) {
        virtio_dev_breach(mmio->dev, queue->name, LEGACY_CLAUSE,
                          "Notify the device about the used alignment by writing its value in "
                          "bytes to QueueAlign.",
                          pfn);
        kept->align = LEGACY_ALIGN_DEFAULT;
    }
    kept->pfn = pfn;
    queue->desc = gpa((uint64_t)pfn * mmio->page_size);
    queue->avail = gpa(queue->desc.value + virtq_desc_size(queue->size));
    queue->used = gpa(queue->desc.value + virtq_legacy_used_offset(queue->size, kept->align));
    virtqueue_set_ready(queue, true);
}

static void legacy_write_queue_pfn(struct virtio_mmio_legacy *mmio, struct virtqueue *queue,
                                   uint32_t pfn)
{
    if (pfn == 0) {
        virtqueue_set_ready(queue, false);
    } else if (queue->ready) {
        virtio_dev_breach(mmio->dev, queue->name, LEGACY_CLAUSE,
                          "Check if the queue is not already in use: read QueuePFN, expecting a "
                          "returned value of zero (0x0).",
                          pfn);
    } else {
        legacy_enable_queue(mmio, queue, pfn);
    }
}

/* The registers of the queue that is selected. */
static void legacy_write_queue(struct virtio_mmio_legacy *mmio, uint64_t offset, uint32_t value)
{
    struct virtqueue *queue = legacy_queue(mmio);
    if (queue == NULL) {
        legacy_breach(mmio, LEGACY_CLAUSE,
                      "Read maximum queue size (number of elements) from QueueNumMax. If the "
                      "returned value is zero (0x0) the queue is not available.",
                      mmio->queue_sel);
        return;
    }
    if (offset == VIRTIO_REG_QUEUE_PFN) {
        legacy_write_queue_pfn(mmio, queue, value);
        return;
    }
    if (legacy_pfn(mmio, mmio->queue_sel) != 0) {
        virtio_dev_breach(mmio->dev, queue->name, LEGACY_CLAUSE,
                          "Check if the queue is not already in use: read QueuePFN, expecting a "
                          "returned value of zero (0x0).",
                          offset);
        return;
    }
    if (offset == VIRTIO_REG_QUEUE_NUM) {
        legacy_write_queue_num(queue, value);
    } else {
        g_assert(offset == VIRTIO_REG_QUEUE_ALIGN);
        legacy_write_queue_align(mmio, value);
    }
}

static bool legacy_is_read_only(uint64_t offset)
{
    switch (offset) {
    case VIRTIO_REG_MAGIC_VALUE:
    case VIRTIO_REG_VERSION:
    case VIRTIO_REG_DEVICE_ID:
    case VIRTIO_REG_VENDOR_ID:
    case VIRTIO_REG_DEVICE_FEATURES:
    case VIRTIO_REG_QUEUE_NUM_MAX:
    case VIRTIO_REG_INTERRUPT_STATUS:
        return true;
    default:
        return false;
    }
}

static void legacy_write_register(struct virtio_mmio_legacy *mmio, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case VIRTIO_REG_DEVICE_FEATURES_SEL:
        mmio->host_features_sel = value;
        mmio->host_features_selected = true;
        break;
    case VIRTIO_REG_DRIVER_FEATURES:
        legacy_write_guest_features(mmio, value);
        break;
    case VIRTIO_REG_DRIVER_FEATURES_SEL:
        mmio->guest_features_sel = value;
        mmio->guest_features_selected = true;
        break;
    case VIRTIO_REG_GUEST_PAGE_SIZE:
        legacy_write_page_size(mmio, value);
        break;
    case VIRTIO_REG_QUEUE_SEL:
        mmio->queue_sel = value;
        break;
    case VIRTIO_REG_QUEUE_NUM:
    case VIRTIO_REG_QUEUE_ALIGN:
    case VIRTIO_REG_QUEUE_PFN:
        legacy_write_queue(mmio, offset, value);
        break;
    case VIRTIO_REG_QUEUE_NOTIFY:
        virtio_dev_kick(mmio->dev, value);
        break;
    case VIRTIO_REG_INTERRUPT_ACK:
        virtio_dev_isr_ack(mmio->dev, value);
        break;
    case VIRTIO_REG_STATUS:
        legacy_write_status(mmio, value);
        break;
    default:
        legacy_breach(mmio, "4.2.2.2",
                      legacy_is_read_only(offset)
                          ? "The driver MUST NOT write to the read-only registers (direction R)"
                          : "The driver MUST NOT access memory locations not described in the "
                            "table",
                      offset);
        break;
    }
}

/* ---- the bus --------------------------------------------------------------------------------- */

static bool legacy_is_control(struct virtio_mmio_legacy *mmio, uint64_t offset, unsigned size)
{
    if (size == 4) {
        return true;
    }
    legacy_breach(mmio, "4.2.2.2",
                  "The driver MUST only use 32 bit wide and aligned reads and writes to access "
                  "the control registers",
                  offset);
    return false;
}

static uint64_t virtio_mmio_legacy_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_mmio_legacy *mmio = opaque;
    if (offset < VIRTIO_REG_CONFIG) {
        return legacy_is_control(mmio, offset, size) ? legacy_read_register(mmio, offset) : 0;
    }
    uint64_t value = 0;
    virtio_dev_config_read(mmio->dev, (size_t)(offset - VIRTIO_REG_CONFIG), &value, size);
    return value;
}

static void virtio_mmio_legacy_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct virtio_mmio_legacy *mmio = opaque;
    if (offset >= VIRTIO_REG_CONFIG) {
        virtio_dev_config_write(mmio->dev, (size_t)(offset - VIRTIO_REG_CONFIG), &value, size);
    } else if (legacy_is_control(mmio, offset, size)) {
        legacy_write_register(mmio, offset, (uint32_t)value);
    }
}

static const struct mmio_ops virtio_mmio_legacy_ops = {
    .read = virtio_mmio_legacy_read,
    .write = virtio_mmio_legacy_write,
    .sizes = 1 | 2 | 4 | 8,
};

struct virtio_mmio_legacy *virtio_mmio_legacy_new(struct mmio_bus *bus, const char *name,
                                                  uint64_t base, struct virtio_dev *dev)
{
    struct virtio_mmio_legacy *mmio = g_new0(struct virtio_mmio_legacy, 1);
    mmio->dev = dev;
    virtio_dev_set_legacy(dev);
    mmio_map(bus, name, base, VIRTIO_MMIO_WINDOW, &virtio_mmio_legacy_ops, mmio);
    return mmio;
}

void virtio_mmio_legacy_free(struct virtio_mmio_legacy *mmio)
{
    g_free(mmio);
}
