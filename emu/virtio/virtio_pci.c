/*
 * virtio_pci.c - the PCI transport, modern interface
 *
 * [VIRTIO1.2] 4.1. The structures lie in BAR 4, a page each, with the offsets that QEMU gives them;
 * a driver has to take them from the capabilities, [4.1.4]. Each queue is notified at an address of
 * its own.
 *
 * A wrong access is a breach; a read of it gives 0 (all ones where nothing is described), a write
 * is ignored. What a reset does to the fields of the common structure: vectors become NO_VECTOR,
 * queue sizes the maximum (a queue without a size of its own has it), selectors 0.
 *
 * While MSI-X is enabled the pin is low, whatever the interrupt status says, and notifications are
 * messages without an interrupt status (4.1.5.4, 4.1.5.3). A vector that the table does not have is
 * refused as 4.1.5.1.2.2 says: it reads back as NO_VECTOR.
 *
 * While the function may not be a bus master the device stays away from memory: notifications are
 * refused by name, and what it has to return waits.
 */
#include "emu/virtio/virtio_pci.h"

#include "emu/virtio/msix.h"
#include "emu/virtio/pci_spec.h"
#include "emu/virtio/virtio_priv.h"
#include "emu/virtio/virtio_spec.h"

#include <assert.h>
#include <string.h>

static_assert(VIRTIO_PCI_VECTORS_MAX <= MSIX_VECTORS_MAX, "the table has room");

#define VIRTIO_PCI_MSIX_BAR   1
#define VIRTIO_PCI_BAR        4
#define VIRTIO_PCI_BAR_SIZE   0x4000
#define VIRTIO_PCI_COMMON     0x0000
#define VIRTIO_PCI_ISR        0x1000
#define VIRTIO_PCI_DEVICE_CFG 0x2000
#define VIRTIO_PCI_NOTIFY     0x3000
#define VIRTIO_PCI_MULTIPLIER 4
#define VIRTIO_PCI_PAGE       0x1000
#define VIRTIO_PCI_REVISION   1        /* 4.1.2.1: 1 or higher */
#define VIRTIO_PCI_CLASS_NET  0x020000 /* Ethernet controller */
#define VIRTIO_PCI_CLASS_NONE 0xff0000
#define VIRTIO_PCI_SUBSYSTEM  0x40 /* 4.1.2.1: 0x40 or higher */
#define VIRTIO_PCI_TYPE_NET   1

struct virtio_pci {
    struct virtio_dev *dev;
    struct pci_function *function;
    struct msix msix;
    unsigned access; /* where the PCI configuration access capability is */
    bool line;       /* what the device asserts */
    uint32_t device_features_sel, driver_features_sel;
    uint16_t queue_sel;
    uint16_t config_vector, queue_vectors[VIRTIO_QUEUES_MAX];
    bool reset_unseen; /* the driver reset the device and has not read status 0 since */
};

static void virtio_pci_breach(struct virtio_pci *pci, const char *clause, const char *rule,
                              uint64_t value)
{
    virtio_dev_breach(pci->dev, pci->dev->name, clause, rule, value);
}

static struct virtqueue *virtio_pci_queue(struct virtio_pci *pci)
{
    return pci->queue_sel < pci->dev->ops->queue_count ? &pci->dev->queues[pci->queue_sel] : NULL;
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static uint16_t *virtio_pci_vector(struct virtio_pci *pci, unsigned source)
{
    return source == VIRTIO_SOURCE_CONFIG ? &pci->config_vector : &pci->queue_vectors[source];
}

static void virtio_pci_message(void *opaque, unsigned source)
{
    struct virtio_pci *pci = opaque;
    uint16_t vector = *virtio_pci_vector(pci, source);
    if (vector != VIRTIO_PCI_NO_VECTOR) {
        msix_fire(&pci->msix, vector);
    }
}

static void virtio_pci_set_line(void *opaque, unsigned number, bool level)
{
    struct virtio_pci *pci = opaque;
    (void)number;
    pci->line = level;
    if (!msix_is_enabled(&pci->msix)) {
        pci_function_set_intx(pci->function, level);
    }
}

bool virtio_pci_uses_messages(const struct virtio_pci *pci)
{
    return msix_is_enabled(&pci->msix);
}

bool virtio_pci_message_data(const struct virtio_pci *pci, unsigned source, uint32_t *data)
{
    uint16_t vector =
        source == VIRTIO_SOURCE_CONFIG ? pci->config_vector : pci->queue_vectors[source];
    if (!msix_is_enabled(&pci->msix) || vector == VIRTIO_PCI_NO_VECTOR) {
        return false;
    }
    *data = msix_entry(&pci->msix, vector)->data;
    return true;
}

/* MSI-X or the command register may have changed. */
static void virtio_pci_update(struct virtio_pci *pci)
{
    bool messages = msix_is_enabled(&pci->msix);
    if (messages != (pci->dev->message != NULL)) {
        virtio_dev_set_messages(pci->dev, messages ? virtio_pci_message : NULL, pci);
        pci_function_set_intx(pci->function, pci->line && !messages);
    }
    msix_config_written(&pci->msix);
    virtio_dev_set_memory(pci->dev, pci_function_is_master(pci->function));
}

/* ---- common configuration -------------------------------------------------------------------- */

static void virtio_pci_forget(struct virtio_pci *pci)
{
    pci->device_features_sel = 0;
    pci->driver_features_sel = 0;
    pci->queue_sel = 0;
    pci->config_vector = VIRTIO_PCI_NO_VECTOR;
    for (unsigned i = 0; i < pci->dev->ops->queue_count; i++) {
        pci->queue_vectors[i] = VIRTIO_PCI_NO_VECTOR;
    }
}

/* The size of the field that begins here; 0: none does. Addresses are two fields of 32 bits. */
static unsigned virtio_pci_field_size(uint64_t offset)
{
    switch (offset) {
    case VIRTIO_PCI_AT_DEVICE_FEATURE_SELECT:
    case VIRTIO_PCI_AT_DEVICE_FEATURE:
    case VIRTIO_PCI_AT_DRIVER_FEATURE_SELECT:
    case VIRTIO_PCI_AT_DRIVER_FEATURE:
    case VIRTIO_PCI_AT_QUEUE_DESC:
    case VIRTIO_PCI_AT_QUEUE_DESC + 4:
    case VIRTIO_PCI_AT_QUEUE_DRIVER:
    case VIRTIO_PCI_AT_QUEUE_DRIVER + 4:
    case VIRTIO_PCI_AT_QUEUE_DEVICE:
    case VIRTIO_PCI_AT_QUEUE_DEVICE + 4:
        return 4;
    case VIRTIO_PCI_AT_STATUS:
    case VIRTIO_PCI_AT_GENERATION:
        return 1;
    case VIRTIO_PCI_AT_CONFIG_VECTOR:
    case VIRTIO_PCI_AT_NUM_QUEUES:
    case VIRTIO_PCI_AT_QUEUE_SELECT:
    case VIRTIO_PCI_AT_QUEUE_SIZE:
    case VIRTIO_PCI_AT_QUEUE_VECTOR:
    case VIRTIO_PCI_AT_QUEUE_ENABLE:
    case VIRTIO_PCI_AT_QUEUE_NOTIFY_OFF:
        return 2;
    default:
        return 0;
    }
}

static bool virtio_pci_check_field(struct virtio_pci *pci, uint64_t offset, unsigned size)
{
    if (virtio_pci_field_size(offset) == size) {
        return true;
    }
    virtio_pci_breach(pci, "4.1.3.1",
                      "the driver MUST access each field using the \"natural\" access method, i.e. "
                      "32-bit accesses for 32-bit fields, 16-bit accesses for 16-bit fields and "
                      "8-bit accesses for 8-bit fields",
                      offset);
    return false;
}

static uint32_t virtio_pci_read_queue(const struct virtio_pci *pci, const struct virtqueue *queue,
                                      uint64_t offset)
{
    switch (offset) {
    case VIRTIO_PCI_AT_QUEUE_SIZE: /* "On reset, specifies the maximum queue size" */
        return queue->size == 0 ? queue->size_max : queue->size;
    case VIRTIO_PCI_AT_QUEUE_VECTOR:
        return pci->queue_vectors[pci->queue_sel];
    case VIRTIO_PCI_AT_QUEUE_ENABLE:
        return queue->ready ? 1 : 0;
    case VIRTIO_PCI_AT_QUEUE_NOTIFY_OFF:
        return pci->queue_sel;
    case VIRTIO_PCI_AT_QUEUE_DESC:
    case VIRTIO_PCI_AT_QUEUE_DESC + 4:
        return (uint32_t)(queue->desc.value >> 8 * (offset - VIRTIO_PCI_AT_QUEUE_DESC));
    case VIRTIO_PCI_AT_QUEUE_DRIVER:
    case VIRTIO_PCI_AT_QUEUE_DRIVER + 4:
        return (uint32_t)(queue->avail.value >> 8 * (offset - VIRTIO_PCI_AT_QUEUE_DRIVER));
    default:
        g_assert(offset == VIRTIO_PCI_AT_QUEUE_DEVICE || offset == VIRTIO_PCI_AT_QUEUE_DEVICE + 4);
        return (uint32_t)(queue->used.value >> 8 * (offset - VIRTIO_PCI_AT_QUEUE_DEVICE));
    }
}

static uint32_t virtio_pci_read_common(struct virtio_pci *pci, uint64_t offset)
{
    struct virtio_dev *dev = pci->dev;
    const struct virtqueue *queue = virtio_pci_queue(pci);
    switch (offset) {
    case VIRTIO_PCI_AT_DEVICE_FEATURE_SELECT:
        return pci->device_features_sel;
    case VIRTIO_PCI_AT_DEVICE_FEATURE:
        return virtio_dev_features_read(dev, pci->device_features_sel);
    case VIRTIO_PCI_AT_DRIVER_FEATURE_SELECT:
        return pci->driver_features_sel;
    case VIRTIO_PCI_AT_DRIVER_FEATURE:
        return pci->driver_features_sel < 2
                   ? (uint32_t)(dev->driver_features >> 32 * pci->driver_features_sel)
                   : 0;
    case VIRTIO_PCI_AT_CONFIG_VECTOR:
        return pci->config_vector;
    case VIRTIO_PCI_AT_NUM_QUEUES:
        return dev->ops->queue_count;
    case VIRTIO_PCI_AT_STATUS:
        pci->reset_unseen = pci->reset_unseen && dev->status != 0;
        return dev->status;
    case VIRTIO_PCI_AT_GENERATION:
        return dev->config_generation & UINT8_MAX;
    case VIRTIO_PCI_AT_QUEUE_SELECT:
        return pci->queue_sel;
    case VIRTIO_PCI_AT_QUEUE_VECTOR:
        return queue == NULL ? VIRTIO_PCI_NO_VECTOR : virtio_pci_read_queue(pci, queue, offset);
    default:
        return queue == NULL ? 0 : virtio_pci_read_queue(pci, queue, offset);
    }
}

static void virtio_pci_write_status(struct virtio_pci *pci, uint8_t value)
{
    if (value != 0 && pci->reset_unseen) {
        virtio_pci_breach(pci, "4.1.4.3.2",
                          "After writing 0 to device_status, the driver MUST wait for a read of "
                          "device_status to return 0 before reinitializing the device.",
                          value);
        pci->reset_unseen = false;
    }
    virtio_dev_status_write(pci->dev, value);
    if (value == 0) {
        virtio_pci_forget(pci);
        pci->reset_unseen = true;
    }
}

/* What the device makes of a vector that the driver wants, 4.1.5.1.2.1. */
static uint16_t virtio_pci_accept_vector(const struct virtio_pci *pci, uint32_t value)
{
    return value < pci->msix.count ? (uint16_t)value : VIRTIO_PCI_NO_VECTOR;
}

static void virtio_pci_write_queue_size(struct virtqueue *queue, uint32_t value)
{
    if (value == 0 || value > queue->size_max || (value & (value - 1)) != 0) {
        virtio_dev_breach(queue->dev, queue->name, "4.1.4.3.2",
                          "The driver MUST NOT write a value which is not a power of 2 to "
                          "queue_size; and the device specifies the maximum.",
                          value);
        return;
    }
    queue->size = value;
}

static void virtio_pci_write_queue_enable(struct virtqueue *queue, uint32_t value)
{
    if (value != 1) {
        virtio_dev_breach(queue->dev, queue->name, "4.1.4.3.2",
                          "The driver MUST NOT write a 0 to queue_enable.", value);
        return;
    }
    if (queue->size == 0) {
        queue->size = queue->size_max;
    }
    virtqueue_set_ready(queue, true);
}

static void virtio_pci_set_half(gpa_t *address, bool high, uint32_t value)
{
    address->value = high ? (address->value & UINT32_MAX) | (uint64_t)value << 32
                          : (address->value & ~(uint64_t)UINT32_MAX) | value;
}

/* The fields of the queue that is selected. */
static void virtio_pci_write_queue(struct virtio_pci *pci, uint64_t offset, uint32_t value)
{
    struct virtqueue *queue = virtio_pci_queue(pci);
    if (queue == NULL) {
        virtio_pci_breach(pci, "4.1.5.1.3",
                          "Read the virtqueue size from queue_size. [...] If this field is 0, the "
                          "virtqueue does not exist.",
                          pci->queue_sel);
        return;
    }
    if (queue->ready) {
        virtio_dev_breach(pci->dev, queue->name, "4.1.4.3.2",
                          "The driver MUST configure the other virtqueue fields before enabling "
                          "the virtqueue with queue_enable.",
                          offset);
        return;
    }
    switch (offset) {
    case VIRTIO_PCI_AT_QUEUE_SIZE:
        virtio_pci_write_queue_size(queue, value);
        break;
    case VIRTIO_PCI_AT_QUEUE_ENABLE:
        virtio_pci_write_queue_enable(queue, value);
        break;
    case VIRTIO_PCI_AT_QUEUE_DESC:
    case VIRTIO_PCI_AT_QUEUE_DESC + 4:
        virtio_pci_set_half(&queue->desc, offset != VIRTIO_PCI_AT_QUEUE_DESC, value);
        break;
    case VIRTIO_PCI_AT_QUEUE_DRIVER:
    case VIRTIO_PCI_AT_QUEUE_DRIVER + 4:
        virtio_pci_set_half(&queue->avail, offset != VIRTIO_PCI_AT_QUEUE_DRIVER, value);
        break;
    default:
        g_assert(offset == VIRTIO_PCI_AT_QUEUE_DEVICE || offset == VIRTIO_PCI_AT_QUEUE_DEVICE + 4);
        virtio_pci_set_half(&queue->used, offset != VIRTIO_PCI_AT_QUEUE_DEVICE, value);
        break;
    }
}

static void virtio_pci_write_common(struct virtio_pci *pci, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case VIRTIO_PCI_AT_DEVICE_FEATURE_SELECT:
        pci->device_features_sel = value;
        break;
    case VIRTIO_PCI_AT_DRIVER_FEATURE_SELECT:
        pci->driver_features_sel = value;
        break;
    case VIRTIO_PCI_AT_DRIVER_FEATURE:
        virtio_dev_features_write(pci->dev, pci->driver_features_sel, value);
        break;
    case VIRTIO_PCI_AT_CONFIG_VECTOR:
        pci->config_vector = virtio_pci_accept_vector(pci, value);
        break;
    case VIRTIO_PCI_AT_STATUS:
        virtio_pci_write_status(pci, (uint8_t)value);
        break;
    case VIRTIO_PCI_AT_QUEUE_SELECT:
        pci->queue_sel = (uint16_t)value;
        break;
    case VIRTIO_PCI_AT_QUEUE_VECTOR:
        /* Not one of the fields that belong to the ring: it may change while the queue runs. */
        if (virtio_pci_queue(pci) != NULL) {
            pci->queue_vectors[pci->queue_sel] = virtio_pci_accept_vector(pci, value);
        }
        break;
    case VIRTIO_PCI_AT_DEVICE_FEATURE:
    case VIRTIO_PCI_AT_NUM_QUEUES:
    case VIRTIO_PCI_AT_GENERATION:
    case VIRTIO_PCI_AT_QUEUE_NOTIFY_OFF:
        virtio_pci_breach(pci, "4.1.4.3.2",
                          "The driver MUST NOT write to device_feature, num_queues, "
                          "config_generation, queue_notify_off or queue_notify_data.",
                          offset);
        break;
    default:
        virtio_pci_write_queue(pci, offset, value);
        break;
    }
}

/* ---- the other structures -------------------------------------------------------------------- */

static void virtio_pci_notify(struct virtio_pci *pci, uint64_t offset, unsigned size,
                              uint64_t value)
{
    uint64_t index = offset / VIRTIO_PCI_MULTIPLIER;
    struct virtio_dev *dev = pci->dev;
    if (size != 2 || offset % VIRTIO_PCI_MULTIPLIER != 0 || index >= dev->ops->queue_count ||
        value != index) {
        virtio_pci_breach(pci, "4.1.5.2",
                          "When VIRTIO_F_NOTIFICATION_DATA has not been negotiated, the driver "
                          "sends an available buffer notification to the device by writing the "
                          "16-bit virtqueue index of this virtqueue to the Queue Notify address.",
                          index >= dev->ops->queue_count ? offset : value);
        return;
    }
    if (dev->memory_closed) {
        pci_function_breach(pci->function, "[PCI3.0] 6.2.2",
                            "Bus master: a value of 0 disables the device from generating PCI "
                            "accesses.",
                            index);
        return;
    }
    if (!dev->queues[index].ready && (dev->status & VIRTIO_STATUS_DRIVER_OK) != 0) {
        virtio_dev_breach(dev, dev->queues[index].name, "4.1.4.3",
                          "queue_enable: The driver uses this to selectively prevent the device "
                          "from executing requests from this virtqueue.",
                          index);
        return;
    }
    virtio_dev_kick(dev, (uint32_t)index);
}

/* True when the access lies in the device's configuration structure. */
static bool virtio_pci_check_config(struct virtio_pci *pci, uint64_t offset, unsigned size,
                                    bool writes)
{
    const struct virtio_dev_ops *ops = pci->dev->ops;
    if (offset >= ops->config_size || size > ops->config_size - offset) {
        virtio_pci_breach(pci, "4.1.4",
                          "length MAY include padding [...] the length of the structure: there is "
                          "nothing behind it",
                          offset);
        return false;
    }
    if (writes && ops->config_write == NULL) {
        virtio_pci_breach(pci, "2.5",
                          "Device configuration space is generally used for rarely-changing or "
                          "initialization-time parameters: none of this device's can be written.",
                          offset);
        return false;
    }
    return true;
}

static void virtio_pci_outside(struct virtio_pci *pci, uint64_t offset)
{
    virtio_pci_breach(pci, "4.1.4",
                      "The location of each structure is specified using a vendor-specific PCI "
                      "capability: no structure has this address.",
                      offset);
}

static uint64_t virtio_pci_read_structure(struct virtio_pci *pci, uint64_t offset, unsigned size)
{
    uint64_t page = offset / VIRTIO_PCI_PAGE * VIRTIO_PCI_PAGE, at = offset % VIRTIO_PCI_PAGE;
    uint64_t value = UINT64_MAX;
    if (page == VIRTIO_PCI_COMMON && at < VIRTIO_PCI_COMMON_SIZE) {
        return virtio_pci_check_field(pci, at, size) ? virtio_pci_read_common(pci, at) : 0;
    }
    if (page == VIRTIO_PCI_ISR && at == 0) {
        /* Wider accesses are those of PCI's own making: the byte is at the lowest address. */
        return virtio_dev_isr_take(pci->dev);
    }
    if (page == VIRTIO_PCI_DEVICE_CFG) {
        if (virtio_pci_check_config(pci, at, size, false)) {
            value = 0;
            virtio_dev_config_read(pci->dev, at, &value, size);
        }
        return value;
    }
    if (page == VIRTIO_PCI_NOTIFY &&
        at < (uint64_t)VIRTIO_PCI_MULTIPLIER * pci->dev->ops->queue_count) {
        return 0; /* not forbidden, and means nothing */
    }
    virtio_pci_outside(pci, offset);
    return value;
}

static void virtio_pci_write_structure(struct virtio_pci *pci, uint64_t offset, unsigned size,
                                       uint64_t value)
{
    uint64_t page = offset / VIRTIO_PCI_PAGE * VIRTIO_PCI_PAGE, at = offset % VIRTIO_PCI_PAGE;
    if (page == VIRTIO_PCI_NOTIFY) {
        virtio_pci_notify(pci, at, size, value);
    } else if (page == VIRTIO_PCI_COMMON && at < VIRTIO_PCI_COMMON_SIZE) {
        if (virtio_pci_check_field(pci, at, size)) {
            virtio_pci_write_common(pci, at, (uint32_t)value);
        }
    } else if (page == VIRTIO_PCI_DEVICE_CFG) {
        if (virtio_pci_check_config(pci, at, size, true)) {
            virtio_dev_config_write(pci->dev, at, &value, size);
        }
    } else {
        virtio_pci_outside(pci, offset);
    }
}

static uint64_t virtio_pci_bar_read(void *opaque, unsigned bar, uint64_t offset, unsigned size)
{
    struct virtio_pci *pci = opaque;
    return bar == VIRTIO_PCI_MSIX_BAR ? msix_read(&pci->msix, offset, size)
                                      : virtio_pci_read_structure(pci, offset, size);
}

static void virtio_pci_bar_write(void *opaque, unsigned bar, uint64_t offset, unsigned size,
                                 uint64_t value)
{
    struct virtio_pci *pci = opaque;
    if (bar == VIRTIO_PCI_MSIX_BAR) {
        msix_write(&pci->msix, offset, size, value);
    } else {
        virtio_pci_write_structure(pci, offset, size, value);
    }
}

/* ---- access through configuration space, 4.1.4.9 --------------------------------------------- */

struct virtio_pci_access {
    unsigned bar;
    uint32_t offset, length;
};

/* False, and the breach, where the driver asks for what cannot be. */
static bool virtio_pci_take_access(struct virtio_pci *pci, struct virtio_pci_access *access)
{
    const uint8_t *cap = pci_function_config(pci->function) + pci->access;
    access->bar = cap[VIRTIO_PCI_CAP_AT_BAR];
    memcpy(&access->offset, cap + VIRTIO_PCI_CAP_AT_OFFSET, sizeof(access->offset));
    memcpy(&access->length, cap + VIRTIO_PCI_CAP_AT_LENGTH, sizeof(access->length));
    uint32_t length = access->length;
    if (length != 1 && length != 2 && length != 4) {
        virtio_pci_breach(pci, "4.1.4.9",
                          "the driver sets [...] cap.length to 1, 2 or 4: the size of the access",
                          length);
        return false;
    }
    if (access->offset % length != 0) {
        virtio_pci_breach(pci, "4.1.4.9.2",
                          "The driver MUST NOT write a cap.offset which is not a multiple of "
                          "cap.length (i.e. all accesses MUST be aligned).",
                          access->offset);
        return false;
    }
    return true;
}

static void virtio_pci_access_fails(struct virtio_pci *pci, const struct virtio_pci_access *access)
{
    virtio_pci_breach(pci, "4.1.4.9",
                      "the driver sets [...] cap.bar and cap.offset: there is no such place in a "
                      "BAR of the device",
                      (uint64_t)access->bar << 32 | access->offset);
}

static bool virtio_pci_touches_data(const struct virtio_pci *pci, unsigned offset, unsigned size)
{
    unsigned data = pci->access + VIRTIO_PCI_CAP_AT_DATA;
    return offset < data + sizeof(uint32_t) && data < offset + size;
}

static void virtio_pci_config_read(void *opaque, unsigned offset, unsigned size)
{
    struct virtio_pci *pci = opaque;
    struct virtio_pci_access access;
    if (!virtio_pci_touches_data(pci, offset, size) || !virtio_pci_take_access(pci, &access)) {
        return;
    }
    uint64_t value = 0;
    if (!pci_function_bar_read(pci->function, access.bar, access.offset, access.length, &value)) {
        virtio_pci_access_fails(pci, &access);
        return;
    }
    uint8_t *cap = pci_function_config(pci->function) + pci->access;
    memcpy(cap + VIRTIO_PCI_CAP_AT_DATA, &value, access.length);
}

static void virtio_pci_config_written(void *opaque, unsigned offset, unsigned size)
{
    struct virtio_pci *pci = opaque;
    struct virtio_pci_access access;
    virtio_pci_update(pci);
    if (!virtio_pci_touches_data(pci, offset, size) || !virtio_pci_take_access(pci, &access)) {
        return;
    }
    const uint8_t *cap = pci_function_config(pci->function) + pci->access;
    uint64_t value = 0;
    memcpy(&value, cap + VIRTIO_PCI_CAP_AT_DATA, access.length);
    if (!pci_function_bar_write(pci->function, access.bar, access.offset, access.length, value)) {
        virtio_pci_access_fails(pci, &access);
    }
}

static const struct pci_function_ops virtio_pci_ops = {
    .bar_read = virtio_pci_bar_read,
    .bar_write = virtio_pci_bar_write,
    .config_read = virtio_pci_config_read,
    .config_written = virtio_pci_config_written,
};

/* ---- construction ---------------------------------------------------------------------------- */

static unsigned virtio_pci_add_structure(struct virtio_pci *pci, uint8_t type, unsigned size,
                                         uint32_t offset, uint32_t length)
{
    unsigned at = pci_function_add_capability(pci->function, PCI_CAPABILITY_VENDOR, size);
    uint8_t *cap = pci_function_config(pci->function) + at;
    cap[VIRTIO_PCI_CAP_AT_LEN] = (uint8_t)size;
    cap[VIRTIO_PCI_CAP_AT_TYPE] = type;
    cap[VIRTIO_PCI_CAP_AT_BAR] = type == VIRTIO_PCI_STRUCTURE_ACCESS ? 0 : VIRTIO_PCI_BAR;
    memcpy(cap + VIRTIO_PCI_CAP_AT_OFFSET, &offset, sizeof(offset));
    memcpy(cap + VIRTIO_PCI_CAP_AT_LENGTH, &length, sizeof(length));
    return at;
}

static void virtio_pci_add_structures(struct virtio_pci *pci)
{
    const struct virtio_dev_ops *ops = pci->dev->ops;
    virtio_pci_add_structure(pci, VIRTIO_PCI_STRUCTURE_COMMON, VIRTIO_PCI_CAP_SIZE,
                             VIRTIO_PCI_COMMON, VIRTIO_PCI_COMMON_SIZE);
    virtio_pci_add_structure(pci, VIRTIO_PCI_STRUCTURE_ISR, VIRTIO_PCI_CAP_SIZE, VIRTIO_PCI_ISR, 1);
    if (ops->config_size > 0) {
        virtio_pci_add_structure(pci, VIRTIO_PCI_STRUCTURE_DEVICE, VIRTIO_PCI_CAP_SIZE,
                                 VIRTIO_PCI_DEVICE_CFG, (uint32_t)ops->config_size);
    }
    unsigned notify =
        virtio_pci_add_structure(pci, VIRTIO_PCI_STRUCTURE_NOTIFY, VIRTIO_PCI_CAP_LONG_SIZE,
                                 VIRTIO_PCI_NOTIFY, VIRTIO_PCI_MULTIPLIER * ops->queue_count);
    const uint32_t multiplier = VIRTIO_PCI_MULTIPLIER;
    memcpy(pci_function_config(pci->function) + notify + VIRTIO_PCI_CAP_AT_MULTIPLIER, &multiplier,
           sizeof(multiplier));
    pci->access =
        virtio_pci_add_structure(pci, VIRTIO_PCI_STRUCTURE_ACCESS, VIRTIO_PCI_CAP_LONG_SIZE, 0, 0);
    pci_function_set_writable(pci->function, pci->access + VIRTIO_PCI_CAP_AT_BAR, 1, UINT8_MAX);
    pci_function_set_writable(pci->function, pci->access + VIRTIO_PCI_CAP_AT_OFFSET, 4, UINT32_MAX);
    pci_function_set_writable(pci->function, pci->access + VIRTIO_PCI_CAP_AT_LENGTH, 4, UINT32_MAX);
    pci_function_set_writable(pci->function, pci->access + VIRTIO_PCI_CAP_AT_DATA, 4, UINT32_MAX);
}

struct virtio_pci *virtio_pci_new(struct pci_bus *bus, unsigned slot, struct virtio_dev *dev,
                                  unsigned vectors)
{
    struct virtio_pci *pci = g_new0(struct virtio_pci, 1);
    const struct pci_identity identity = {
        .vendor = VIRTIO_PCI_VENDOR,
        .device = (uint16_t)(VIRTIO_PCI_DEVICE + dev->ops->device_id),
        .subsystem_vendor = VIRTIO_PCI_VENDOR,
        .subsystem = VIRTIO_PCI_SUBSYSTEM,
        .class_code = dev->ops->device_id == VIRTIO_PCI_TYPE_NET ? VIRTIO_PCI_CLASS_NET
                                                                 : VIRTIO_PCI_CLASS_NONE,
        .revision = VIRTIO_PCI_REVISION,
        .pin = 1,
    };
    pci->dev = dev;
    pci->function = pci_bus_add(bus, slot, dev->name, &identity, &virtio_pci_ops, pci);
    if (vectors > 0) {
        msix_init(&pci->msix, pci->function, VIRTIO_PCI_MSIX_BAR, vectors);
    }
    pci_function_add_bar(pci->function, VIRTIO_PCI_BAR, VIRTIO_PCI_BAR_SIZE, true);
    virtio_pci_add_structures(pci);
    virtio_dev_set_line(dev, (struct irqline){.set = virtio_pci_set_line, .opaque = pci});
    virtio_pci_forget(pci);
    virtio_pci_update(pci);
    return pci;
}

void virtio_pci_free(struct virtio_pci *pci)
{
    g_free(pci);
}
