/*
 * virtio_spec.h - numbers and layouts of the virtio specification, as the device side needs them
 *
 * Transcribed from [VIRTIO1.2]; section numbers stand at each group. The guest has a transcription
 * of its own, on purpose: an offset that is wrong here must not agree with itself there. A test
 * compares this one with <linux/virtio_*.h>. Names differ from those of Linux so that both fit into
 * one file.
 *
 * Everything in guest memory is little-endian; so are all the hosts that this bench runs on, which
 * is asserted.
 */
#ifndef EMU_VIRTIO_VIRTIO_SPEC_H
#define EMU_VIRTIO_VIRTIO_SPEC_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rings are read as they lie in memory");

/* 2.1: device status */
enum {
    VIRTIO_STATUS_ACKNOWLEDGE = 0x01,
    VIRTIO_STATUS_DRIVER = 0x02,
    VIRTIO_STATUS_DRIVER_OK = 0x04,
    VIRTIO_STATUS_FEATURES_OK = 0x08,
    VIRTIO_STATUS_NEEDS_RESET = 0x40, /* the device's own */
    VIRTIO_STATUS_FAILED = 0x80,
};

/* 6: feature bits that do not depend on the device, by number */
enum {
    VIRTIO_FEATURE_ANY_LAYOUT = 27, /* 6.3: of the legacy interface */
    VIRTIO_FEATURE_INDIRECT_DESC = 28,
    VIRTIO_FEATURE_EVENT_IDX = 29,
    VIRTIO_FEATURE_VERSION_1 = 32,
    VIRTIO_FEATURE_ACCESS_PLATFORM = 33,
    VIRTIO_FEATURE_RING_PACKED = 34,
    VIRTIO_FEATURE_IN_ORDER = 35,
    VIRTIO_FEATURE_ORDER_PLATFORM = 36,
    VIRTIO_FEATURE_SR_IOV = 37,
    VIRTIO_FEATURE_NOTIFICATION_DATA = 38,
    VIRTIO_FEATURE_NOTIF_CONFIG_DATA = 39,
    VIRTIO_FEATURE_RING_RESET = 40,
};

#define VIRTIO_FEATURE_MASK(bit) (UINT64_C(1) << (bit))

/* 4.2.2, InterruptStatus; 4.1.4.5 has the same bits */
enum {
    VIRTIO_ISR_USED = 1,
    VIRTIO_ISR_CONFIG = 2,
};

/* 2.7.5: descriptor table */
enum {
    VIRTQ_DESC_F_NEXT = 1,
    VIRTQ_DESC_F_WRITE = 2,
    VIRTQ_DESC_F_INDIRECT = 4,
};

struct virtq_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};

/* 2.7.6: available ring: flags, idx, ring[size], used_event */
enum {
    VIRTQ_AVAIL_F_NO_INTERRUPT = 1,
};

#define VIRTQ_AVAIL_FLAGS 0
#define VIRTQ_AVAIL_IDX   2
#define VIRTQ_AVAIL_RING  4

/* 2.7.8: used ring: flags, idx, ring[size] of elements, avail_event */
struct virtq_used_elem {
    uint32_t id;
    uint32_t len;
};

#define VIRTQ_USED_FLAGS 0
#define VIRTQ_USED_IDX   2
#define VIRTQ_USED_RING  4

enum {
    VIRTQ_USED_F_NO_NOTIFY = 1,
};

/* The event indices stand behind the rings. */
static inline size_t virtq_used_event(unsigned queue_size)
{
    return VIRTQ_AVAIL_RING + (size_t)2 * queue_size;
}

static inline size_t virtq_avail_event(unsigned queue_size)
{
    return VIRTQ_USED_RING + (size_t)8 * queue_size;
}

/*
 * 2.7.10: an index moved from `before` to `after`; true when it passed the event index, which is
 * the entry that the other side wants to hear of.
 */
static inline bool virtq_event_passed(uint16_t event, uint16_t before, uint16_t after)
{
    return (uint16_t)(after - event - 1) < (uint16_t)(after - before);
}

static_assert(sizeof(struct virtq_desc) == 16, "[VIRTIO1.2] 2.7.5");
static_assert(sizeof(struct virtq_used_elem) == 8, "[VIRTIO1.2] 2.7.8");

/* 2.7: alignment and size of the three parts, in bytes */
#define VIRTQ_DESC_ALIGN  16
#define VIRTQ_AVAIL_ALIGN 2
#define VIRTQ_USED_ALIGN  4

static inline size_t virtq_desc_size(unsigned queue_size)
{
    return (size_t)16 * queue_size;
}

static inline size_t virtq_avail_size(unsigned queue_size)
{
    return 6 + (size_t)2 * queue_size;
}

static inline size_t virtq_used_size(unsigned queue_size)
{
    return 6 + (size_t)8 * queue_size;
}

/*
 * 2.7.2: with the legacy interface the three parts are one area, and the used ring begins at the
 * next multiple of `align`, a power of two.
 */
static inline uint64_t virtq_legacy_used_offset(unsigned queue_size, uint32_t align)
{
    uint64_t end = virtq_desc_size(queue_size) + virtq_avail_size(queue_size);
    return (end + align - 1) & ~(uint64_t)(align - 1);
}

/* 4.2.2: MMIO registers, by offset */
enum {
    VIRTIO_REG_MAGIC_VALUE = 0x000,
    VIRTIO_REG_VERSION = 0x004,
    VIRTIO_REG_DEVICE_ID = 0x008,
    VIRTIO_REG_VENDOR_ID = 0x00c,
    VIRTIO_REG_DEVICE_FEATURES = 0x010,
    VIRTIO_REG_DEVICE_FEATURES_SEL = 0x014,
    VIRTIO_REG_DRIVER_FEATURES = 0x020,
    VIRTIO_REG_DRIVER_FEATURES_SEL = 0x024,
    VIRTIO_REG_QUEUE_SEL = 0x030,
    VIRTIO_REG_QUEUE_NUM_MAX = 0x034,
    VIRTIO_REG_QUEUE_NUM = 0x038,
    VIRTIO_REG_QUEUE_READY = 0x044,
    VIRTIO_REG_QUEUE_NOTIFY = 0x050,
    VIRTIO_REG_INTERRUPT_STATUS = 0x060,
    VIRTIO_REG_INTERRUPT_ACK = 0x064,
    VIRTIO_REG_STATUS = 0x070,
    VIRTIO_REG_QUEUE_DESC_LOW = 0x080,
    VIRTIO_REG_QUEUE_DESC_HIGH = 0x084,
    VIRTIO_REG_QUEUE_DRIVER_LOW = 0x090,
    VIRTIO_REG_QUEUE_DRIVER_HIGH = 0x094,
    VIRTIO_REG_QUEUE_DEVICE_LOW = 0x0a0,
    VIRTIO_REG_QUEUE_DEVICE_HIGH = 0x0a4,
    VIRTIO_REG_SHM_SEL = 0x0ac,
    VIRTIO_REG_SHM_LEN_LOW = 0x0b0,
    VIRTIO_REG_SHM_LEN_HIGH = 0x0b4,
    VIRTIO_REG_SHM_BASE_LOW = 0x0b8,
    VIRTIO_REG_SHM_BASE_HIGH = 0x0bc,
    VIRTIO_REG_QUEUE_RESET = 0x0c0,
    VIRTIO_REG_CONFIG_GENERATION = 0x0fc,
    VIRTIO_REG_CONFIG = 0x100,
};

/* 4.2.4: registers that only version 1 has; the others that it has stand above. */
enum {
    VIRTIO_REG_GUEST_PAGE_SIZE = 0x028,
    VIRTIO_REG_QUEUE_ALIGN = 0x03c,
    VIRTIO_REG_QUEUE_PFN = 0x040,
};

#define VIRTIO_REG_MAGIC          0x74726976 /* "virt" */
#define VIRTIO_REG_VERSION_LEGACY 1
#define VIRTIO_REG_VERSION_MODERN 2

#endif
