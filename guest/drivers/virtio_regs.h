/*
 * virtio_regs.h - the numbers and layouts of virtio, driver side
 *
 * A transcription of its own of [VIRTIO1.2]: device status (2.1), features (6), split rings (2.7),
 * MMIO registers (4.2.2), network device (5.1). It shares nothing with any device model, so that a
 * wrong number on one side cannot agree with itself; virtio_regs_test.c compares it with a third
 * transcription. Everything is little-endian, as is the CPU.
 */
#ifndef DRIVERS_VIRTIO_REGS_H
#define DRIVERS_VIRTIO_REGS_H

#include "lib/kassert.h"

#include <stddef.h>
#include <stdint.h>

kstatic_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rings are read and written as they lie");

/* MMIO registers, [VIRTIO1.2] 4.2.2: offsets into the window. */
enum {
    VREG_MAGIC = 0x000,
    VREG_VERSION = 0x004,
    VREG_DEVICE_ID = 0x008,
    VREG_VENDOR_ID = 0x00c,
    VREG_DEVICE_FEATURES = 0x010,
    VREG_DEVICE_FEATURES_SEL = 0x014,
    VREG_DRIVER_FEATURES = 0x020,
    VREG_DRIVER_FEATURES_SEL = 0x024,
    VREG_QUEUE_SEL = 0x030,
    VREG_QUEUE_NUM_MAX = 0x034,
    VREG_QUEUE_NUM = 0x038,
    VREG_QUEUE_READY = 0x044,
    VREG_QUEUE_NOTIFY = 0x050,
    VREG_INTERRUPT_STATUS = 0x060,
    VREG_INTERRUPT_ACK = 0x064,
    VREG_STATUS = 0x070,
    VREG_QUEUE_DESC_LOW = 0x080,
    VREG_QUEUE_DESC_HIGH = 0x084,
    VREG_QUEUE_DRIVER_LOW = 0x090,
    VREG_QUEUE_DRIVER_HIGH = 0x094,
    VREG_QUEUE_DEVICE_LOW = 0x0a0,
    VREG_QUEUE_DEVICE_HIGH = 0x0a4,
    VREG_CONFIG_GENERATION = 0x0fc,
    VREG_CONFIG = 0x100,
};

/* Only in version 1, the legacy interface, 4.2.4. */
enum {
    VREG_GUEST_PAGE_SIZE = 0x028,
    VREG_QUEUE_ALIGN = 0x03c,
    VREG_QUEUE_PFN = 0x040,
};

#define VREG_MAGIC_VALUE    0x74726976 /* "virt" */
#define VREG_VERSION_LEGACY 1
#define VREG_VERSION_MODERN 2

/* InterruptStatus and InterruptACK. */
enum {
    VIRQ_USED_BUFFER = 1,
    VIRQ_CONFIG_CHANGE = 2,
};

/* Device status, 2.1. */
enum {
    VSTATUS_ACKNOWLEDGE = 1,
    VSTATUS_DRIVER = 2,
    VSTATUS_DRIVER_OK = 4,
    VSTATUS_FEATURES_OK = 8,
    VSTATUS_NEEDS_RESET = 64,
    VSTATUS_FAILED = 128,
};

/* Feature bits, as bit numbers: 6, 5.1.3; those below 24 are of one device each. */
enum {
    VFEATURE_9P_MOUNT_TAG = 0,
    VFEATURE_NET_MAC = 5,
    VFEATURE_NET_MERGE = 15,
    VFEATURE_NET_STATUS = 16,
    VFEATURE_ANY_LAYOUT = 27, /* legacy, 6.3 */
    VFEATURE_INDIRECT = 28,
    VFEATURE_EVENT_INDEX = 29,
    VFEATURE_VERSION_1 = 32,
    VFEATURE_IN_ORDER = 35,
};
#define VFEATURE(bit) (UINT64_C(1) << (bit))

/* Device types, 5. */
enum {
    VDEVICE_NONE = 0,
    VDEVICE_NET = 1,
    VDEVICE_9P = 9,
};

/* Split ring, 2.7. */
enum {
    VDESC_NEXT = 1,
    VDESC_DEVICE_WRITES = 2,
    VDESC_INDIRECT = 4,
};
enum {
    VAVAIL_NO_INTERRUPT = 1, /* avail.flags: the driver needs no notification */
};
enum {
    VUSED_NO_KICK = 1, /* used.flags: the device needs no notification */
};

struct vdesc {
    uint64_t address;
    uint32_t size;
    uint16_t flags;
    uint16_t next;
};

struct vavail {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[]; /* then used_event */
};

struct vused_element {
    uint32_t id;
    uint32_t len;
};

struct vused {
    uint16_t flags;
    uint16_t index;
    struct vused_element ring[]; /* then avail_event */
};

kstatic_assert(sizeof(struct vdesc) == 16, "2.7.5");
kstatic_assert(offsetof(struct vavail, ring) == 4, "2.7.6");
kstatic_assert(sizeof(struct vused_element) == 8 && offsetof(struct vused, ring) == 4, "2.7.8");

/* Alignment and size of the parts of a ring with `count` entries, 2.7. */
#define VDESC_ALIGN        16
#define VAVAIL_ALIGN       2
#define VUSED_ALIGN        4
#define VDESC_SIZE(count)  (16 * (size_t)(count))
#define VAVAIL_SIZE(count) (6 + 2 * (size_t)(count))
#define VUSED_SIZE(count)  (6 + 8 * (size_t)(count))

/* The legacy interface: one area, with the used ring at a multiple of `align`, 2.7.2. */
#define VLEGACY_ROUND(size, align) (((size) + (align)-1) / (align) * (align))
#define VLEGACY_USED(count, align) VLEGACY_ROUND(VDESC_SIZE(count) + VAVAIL_SIZE(count), align)

/* Network device, 5.1: queues 5.1.2, configuration 5.1.4, header 5.1.6. */
enum {
    VNET_QUEUE_RX = 0,
    VNET_QUEUE_TX = 1,
};
enum {
    VNET_CONFIG_MAC = 0,
    VNET_CONFIG_STATUS = 6,
};
enum {
    VNET_STATUS_LINK_UP = 1,
};

/* In front of every frame, in both directions, when VERSION_1 was negotiated. */
struct vnet_header {
    uint8_t flags;
    uint8_t gso_type;
    uint16_t header_len;
    uint16_t gso_size;
    uint16_t checksum_start;
    uint16_t checksum_offset;
    uint16_t buffer_count;
};
kstatic_assert(sizeof(struct vnet_header) == 12, "5.1.6: num_buffers is there with VERSION_1");
/* A legacy device has no buffer_count, 5.1.6.1. */
#define VNET_HEADER_SIZE_LEGACY offsetof(struct vnet_header, buffer_count)

/* Shared folder (device type 9): one queue; the tag is not ended by NUL. */
enum {
    V9P_CONFIG_TAG_LENGTH = 0,
    V9P_CONFIG_TAG = 2,
};

#endif
