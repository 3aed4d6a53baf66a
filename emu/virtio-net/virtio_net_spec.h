/*
 * virtio_net_spec.h - numbers and layouts of the network device, [VIRTIO1.2] 5.1
 *
 * The device side's own transcription, as in emu/virtio/virtio_spec.h.
 */
#ifndef EMU_VIRTIO_NET_VIRTIO_NET_SPEC_H
#define EMU_VIRTIO_NET_VIRTIO_NET_SPEC_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define VNET_DEVICE_ID 1

/* 5.1.3: feature bits, by number */
enum {
    VNET_FEATURE_CSUM = 0,
    VNET_FEATURE_GUEST_CSUM = 1,
    VNET_FEATURE_CTRL_GUEST_OFFLOADS = 2,
    VNET_FEATURE_MTU = 3,
    VNET_FEATURE_MAC = 5,
    VNET_FEATURE_GUEST_TSO4 = 7,
    VNET_FEATURE_GUEST_TSO6 = 8,
    VNET_FEATURE_GUEST_ECN = 9,
    VNET_FEATURE_GUEST_UFO = 10,
    VNET_FEATURE_HOST_TSO4 = 11,
    VNET_FEATURE_HOST_TSO6 = 12,
    VNET_FEATURE_HOST_ECN = 13,
    VNET_FEATURE_HOST_UFO = 14,
    VNET_FEATURE_MRG_RXBUF = 15,
    VNET_FEATURE_STATUS = 16,
    VNET_FEATURE_CTRL_VQ = 17,
    VNET_FEATURE_CTRL_RX = 18,
    VNET_FEATURE_CTRL_VLAN = 19,
    VNET_FEATURE_GUEST_ANNOUNCE = 21,
    VNET_FEATURE_MQ = 22,
    VNET_FEATURE_CTRL_MAC_ADDR = 23,
    VNET_FEATURE_GUEST_USO4 = 54,
    VNET_FEATURE_GUEST_USO6 = 55,
    VNET_FEATURE_HOST_USO = 56,
    VNET_FEATURE_HASH_REPORT = 57,
    VNET_FEATURE_GUEST_HDRLEN = 59,
    VNET_FEATURE_RSS = 60,
    VNET_FEATURE_RSC_EXT = 61,
    VNET_FEATURE_STANDBY = 62,
    VNET_FEATURE_SPEED_DUPLEX = 63,
};

/* 5.1.2: queues */
enum {
    VNET_QUEUE_RX = 0,
    VNET_QUEUE_TX = 1,
    VNET_QUEUE_COUNT = 2,
};

/* 5.1.4: configuration space, as far as this device has it */
struct vnet_config_space {
    uint8_t mac[6];
    uint16_t status;
    uint16_t max_virtqueue_pairs;
    uint16_t mtu;
};

#define VNET_STATUS_LINK_UP 1

/*
 * 5.1.6: the header before each packet. Without VERSION_1 and MRG_RXBUF it ends before num_buffers.
 */
#define VNET_HEADER_GSO_NONE 0

struct vnet_header {
    uint8_t flags;
    uint8_t gso_type;
    uint16_t hdr_len;
    uint16_t gso_size;
    uint16_t csum_start;
    uint16_t csum_offset;
    uint16_t num_buffers;
};

#define VNET_HEADER_SIZE        12
#define VNET_HEADER_SIZE_LEGACY 10

static_assert(sizeof(struct vnet_config_space) == 12, "[VIRTIO1.2] 5.1.4");
static_assert(sizeof(struct vnet_header) == VNET_HEADER_SIZE, "[VIRTIO1.2] 5.1.6");
static_assert(offsetof(struct vnet_header, num_buffers) == VNET_HEADER_SIZE_LEGACY,
              "[VIRTIO1.2] 5.1.6.1");

#endif
