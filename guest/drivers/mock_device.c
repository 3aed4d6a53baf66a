/*
 * mock_device.c - a virtio-mmio device that can be told to misbehave
 */
#include "drivers/mock_device.h"

#include "drivers/fake_hal.h"
#include "lib/kassert.h"

#include <linux/virtio_9p.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <string.h>

struct mock_device mock_device;

static struct mock_queue *mock_selected(void)
{
    static struct mock_queue none;
    if (mock_device.queue_select < MOCK_QUEUES)
        return &mock_device.queues[mock_device.queue_select];
    none = (struct mock_queue){.size = 0};
    return &none;
}

static void *mock_pointer(uint64_t physical)
{
    return (void *)(uintptr_t)(physical - fake_hal_offset);
}

/* ---- registers ------------------------------------------------------------------------------- */

static uint32_t mock_read_tag(uint32_t offset, unsigned size)
{
    if (offset == offsetof(struct virtio_9p_config, tag_len) && size == 2)
        return (uint32_t)strlen(mock_device.tag);
    offset -= (uint32_t)offsetof(struct virtio_9p_config, tag);
    kassert(offset < strlen(mock_device.tag) && size == 1);
    return (uint8_t)mock_device.tag[offset];
}

static uint32_t mock_read_config(uint32_t offset, unsigned size)
{
    if (mock_device.tag != NULL)
        return mock_read_tag(offset, size);
    if (offset == sizeof(mock_device.mac) && size == 2)
        return mock_device.link;
    kassert(offset < sizeof(mock_device.mac) && size == 1);
    if (mock_device.config_never_settles)
        mock_device.generation++;
    return mock_device.mac[offset];
}

/* A reset that takes its time shows the old status until it is over. */
static uint32_t mock_read_status(void)
{
    if (mock_device.resetting > 0 && --mock_device.resetting == 0)
        mock_device.status = 0;
    return mock_device.status;
}

static uint32_t mock_read(void *opaque, uint32_t offset, unsigned size)
{
    const struct mock_device *device = opaque;
    if (offset >= VIRTIO_MMIO_CONFIG)
        return mock_read_config(offset - VIRTIO_MMIO_CONFIG, size);
    kassert(size == 4);
    switch (offset) {
    case VIRTIO_MMIO_MAGIC_VALUE:
        return device->magic;
    case VIRTIO_MMIO_VERSION:
        return device->version;
    case VIRTIO_MMIO_DEVICE_ID:
        return device->device_id;
    case VIRTIO_MMIO_DEVICE_FEATURES:
        return (uint32_t)(device->offered >> 32 * device->feature_select);
    case VIRTIO_MMIO_QUEUE_NUM_MAX:
        return mock_selected()->size_max;
    case VIRTIO_MMIO_QUEUE_READY:
        kassert(device->version == 2);
        return mock_selected()->ready;
    case VIRTIO_MMIO_QUEUE_PFN:
        kassert(device->version == 1);
        return mock_selected()->ready;
    case VIRTIO_MMIO_INTERRUPT_STATUS:
        return device->interrupts;
    case VIRTIO_MMIO_STATUS:
        return mock_read_status();
    case VIRTIO_MMIO_CONFIG_GENERATION:
        return device->generation;
    default:
        kpanic("read of a register that a driver has no business with");
    }
}

static void mock_write_status(struct mock_device *device, uint32_t value)
{
    if (device->status_writes < MOCK_STATUS_LOG)
        device->status_log[device->status_writes] = value;
    device->status_writes++;
    if (device->never_resets && value == 0)
        return;
    if (value == 0) {
        device->queues[0].ready = device->queues[1].ready = 0;
        device->queues[0].last_avail = device->queues[1].last_avail = 0;
        device->resetting = device->status != 0 ? device->reset_reads : 0;
        if (device->resetting > 0)
            return;
    }
    kassert(device->resetting == 0);
    if (device->refuses_features)
        value &= ~(uint32_t)VIRTIO_CONFIG_S_FEATURES_OK;
    bool starts = (value & ~device->status & VIRTIO_CONFIG_S_DRIVER_OK) != 0;
    device->status = value;
    if (!starts)
        return;
    device->rx_posted_at_driver_ok = mock_avail_count(MOCK_RX);
    if (device->receives_at_once) {
        const uint8_t frame[60] = {0x44};
        mock_receive(frame, sizeof frame);
    }
}

static void mock_write_half(uint64_t *whole, uint32_t value, bool high)
{
    unsigned shift = high ? 32 : 0;
    *whole = (*whole & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

/* False: not one of these. */
static bool mock_write_queue(uint32_t offset, uint32_t value)
{
    struct mock_queue *queue = mock_selected();
    switch (offset) {
    case VIRTIO_MMIO_QUEUE_NUM:
        queue->size = value;
        return true;
    case VIRTIO_MMIO_QUEUE_READY:
        queue->ready = value;
        return true;
    case VIRTIO_MMIO_QUEUE_DESC_LOW:
    case VIRTIO_MMIO_QUEUE_DESC_HIGH:
        mock_write_half(&queue->desc, value, offset == VIRTIO_MMIO_QUEUE_DESC_HIGH);
        return true;
    case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
    case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
        mock_write_half(&queue->avail, value, offset == VIRTIO_MMIO_QUEUE_AVAIL_HIGH);
        return true;
    case VIRTIO_MMIO_QUEUE_USED_LOW:
    case VIRTIO_MMIO_QUEUE_USED_HIGH:
        mock_write_half(&queue->used, value, offset == VIRTIO_MMIO_QUEUE_USED_HIGH);
        return true;
    default:
        return false;
    }
}

static void mock_write(void *opaque, uint32_t offset, uint32_t value)
{
    struct mock_device *device = opaque;
    device->writes++;
    switch (offset) {
    case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
    case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
        kassert(value <= 1);
        device->feature_select = value;
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES:
        mock_write_half(&device->accepted, value, device->feature_select == 1);
        break;
    case VIRTIO_MMIO_QUEUE_SEL:
        device->queue_select = value;
        break;
    case VIRTIO_MMIO_QUEUE_NOTIFY:
        kassert(value < MOCK_QUEUES && (device->status & VIRTIO_CONFIG_S_DRIVER_OK) != 0);
        device->queues[value].kicks++;
        break;
    case VIRTIO_MMIO_GUEST_PAGE_SIZE:
        kassert(device->version == 1);
        device->page_size = value;
        break;
    case VIRTIO_MMIO_INTERRUPT_ACK:
        device->interrupts &= ~value;
        break;
    case VIRTIO_MMIO_STATUS:
        mock_write_status(device, value);
        break;
    default:
        if (!mock_write_queue(offset, value))
            kpanic("write to a register that a driver has no business with");
    }
}

void mock_device_reset(unsigned queue_size)
{
    mock_device = (struct mock_device){
        .magic = 0x74726976,
        .version = 2,
        .device_id = 1,
        .offered = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_NET_F_MAC,
        .mac = {0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc},
        .queues = {{.size_max = queue_size}, {.size_max = queue_size}},
    };
    fake_hal.mmio_base = MOCK_BASE;
    fake_hal.mmio_size = MOCK_WINDOW;
    fake_hal.mmio_read = mock_read;
    fake_hal.mmio_write = mock_write;
    fake_hal.opaque = &mock_device;
}

void mock_device_reset_share(unsigned queue_size, const char *tag)
{
    mock_device_reset(queue_size);
    mock_device.device_id = VIRTIO_ID_9P;
    mock_device.offered = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_9P_MOUNT_TAG;
    mock_device.tag = tag;
    mock_device.queues[1].size_max = 0;
}

/* ---- rings ----------------------------------------------------------------------------------- */

static struct vring_avail *mock_avail(unsigned queue)
{
    return mock_pointer(mock_device.queues[queue].avail);
}

static struct vring_used *mock_used(unsigned queue)
{
    return mock_pointer(mock_device.queues[queue].used);
}

static const struct vring_desc *mock_desc(unsigned queue, uint16_t head)
{
    kassert(head < mock_device.queues[queue].size);
    return (const struct vring_desc *)mock_pointer(mock_device.queues[queue].desc) + head;
}

uint16_t mock_avail_count(unsigned queue)
{
    if (mock_device.queues[queue].ready == 0)
        return 0;
    return (uint16_t)(mock_avail(queue)->idx - mock_device.queues[queue].last_avail);
}

uint16_t mock_take(unsigned queue)
{
    struct mock_queue *ring = &mock_device.queues[queue];
    kassert(mock_avail_count(queue) > 0);
    return mock_avail(queue)->ring[ring->last_avail++ % ring->size];
}

const struct vring_desc *mock_part(unsigned queue, uint16_t head, unsigned index)
{
    const struct vring_desc *table = mock_pointer(mock_device.queues[queue].desc);
    const struct vring_desc *desc = mock_desc(queue, head);
    if ((desc->flags & VRING_DESC_F_INDIRECT) != 0) {
        kassert(desc->len % sizeof(*desc) == 0 && (desc->flags & VRING_DESC_F_NEXT) == 0);
        table = desc = mock_pointer(desc->addr);
    }
    for (; index > 0; index--) {
        kassert((desc->flags & VRING_DESC_F_NEXT) != 0);
        desc = &table[desc->next];
    }
    return desc;
}

uint8_t *mock_buffer(unsigned queue, uint16_t head)
{
    return mock_pointer(mock_desc(queue, head)->addr);
}

uint32_t mock_buffer_size(unsigned queue, uint16_t head)
{
    return mock_desc(queue, head)->len;
}

bool mock_buffer_is_writable(unsigned queue, uint16_t head)
{
    return (mock_desc(queue, head)->flags & VRING_DESC_F_WRITE) != 0;
}

void mock_complete(unsigned queue, uint32_t id, uint32_t len)
{
    struct vring_used *used = mock_used(queue);
    used->ring[used->idx % mock_device.queues[queue].size] =
        (struct vring_used_elem){.id = id, .len = len};
    used->idx++;
}

void mock_move_used(unsigned queue, uint16_t by)
{
    mock_used(queue)->idx = (uint16_t)(mock_used(queue)->idx + by);
}

void mock_advance_indices(unsigned queue, uint16_t by)
{
    mock_avail(queue)->idx = (uint16_t)(mock_avail(queue)->idx + by);
    mock_move_used(queue, by);
    mock_device.queues[queue].last_avail = (uint16_t)(mock_device.queues[queue].last_avail + by);
}

void mock_set_used_flags(unsigned queue, uint16_t flags)
{
    mock_used(queue)->flags = flags;
}

uint16_t mock_avail_flags(unsigned queue)
{
    return mock_avail(queue)->flags;
}

uint16_t mock_used_event(unsigned queue)
{
    return mock_avail(queue)->ring[mock_device.queues[queue].size];
}

void mock_set_avail_event(unsigned queue, uint16_t event)
{
    memcpy(&mock_used(queue)->ring[mock_device.queues[queue].size], &event, sizeof(event));
}

void mock_receive(const void *frame, size_t size)
{
    uint16_t head = mock_take(MOCK_RX);
    uint8_t *buffer = mock_buffer(MOCK_RX, head);
    kassert(mock_buffer_is_writable(MOCK_RX, head));
    kassert(mock_buffer_size(MOCK_RX, head) >= sizeof(struct virtio_net_hdr_v1) + size);
    memset(buffer, 0, sizeof(struct virtio_net_hdr_v1));
    memcpy(buffer + sizeof(struct virtio_net_hdr_v1), frame, size);
    mock_complete(MOCK_RX, head, (uint32_t)(sizeof(struct virtio_net_hdr_v1) + size));
}
