/*
 * net_setup.h - for the tests of this folder: a network device with a mock driver on one side and a
 * host on the other
 *
 * Rings "eth0.rx" and "eth0.tx" of eight entries. The host is a port "host" on the same wire; it
 * remembers the last frame that it got, and counts.
 */
#ifndef EMU_VIRTIO_NET_NET_SETUP_H
#define EMU_VIRTIO_NET_NET_SETUP_H

#include "emu/virtio-net/virtio_net.h"
#include "emu/virtio/mock_driver.h"

#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define NET_RING              8
#define NET_LATENCY           2000
#define NET_HEADER            12
#define NET_RX_BUFFER         1526
#define NET_FEATURE_MTU       (UINT64_C(1) << 3)
#define NET_FEATURE_MAC       (UINT64_C(1) << 5)
#define NET_FEATURE_MRG_RXBUF (UINT64_C(1) << 15)
#define NET_FEATURE_STATUS    (UINT64_C(1) << 16)
#define NET_FEATURE_EVENT_IDX (UINT64_C(1) << 29)

struct net_setup {
    struct mock_machine machine;
    struct wire *wire;
    struct virtio_net *net;
    struct virtio_mmio *mmio;
    struct wire_port *host;
    unsigned host_frames;
    uint8_t host_last[WIRE_FRAME_MAX];
    size_t host_last_len;
    struct mock_ring rx, tx;
    uint8_t *rx_buffer[NET_RING];
};

static inline void net_setup_host_receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct net_setup *setup = opaque;
    setup->host_frames++;
    memcpy(setup->host_last, frame, len);
    setup->host_last_len = len;
}

static inline void net_setup_init(struct net_setup *setup, uint64_t features_on,
                                  uint64_t features_off)
{
    memset(setup, 0, sizeof(*setup));
    mock_machine_init(&setup->machine);
    setup->wire = wire_new(setup->machine.clock, setup->machine.trace);
    const struct virtio_net_config config = {
        .name = "eth0",
        .mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
        .features_on = features_on,
        .features_off = features_off,
        .queue_size = NET_RING,
        .latency_ns = NET_LATENCY,
    };
    setup->net = virtio_net_new(&setup->machine.env, &config, setup->wire, setup->machine.line);
    setup->mmio =
        virtio_mmio_new(setup->machine.bus, "slot0", MOCK_MMIO_BASE, virtio_net_dev(setup->net));
    setup->host = wire_add_port(setup->wire, "host", false, net_setup_host_receive, setup);
}

static inline void net_setup_fini(struct net_setup *setup)
{
    virtio_net_free(setup->net);
    wire_free(setup->wire);
    mock_machine_fini(&setup->machine);
    virtio_mmio_free(setup->mmio);
}

/* Negotiates, enables both rings, empty, and sets DRIVER_OK. */
static inline void net_setup_start(struct net_setup *setup, uint64_t features)
{
    mock_driver_negotiate(&setup->machine, features);
    mock_ring_init(&setup->rx, &setup->machine, 0, NET_RING);
    mock_ring_init(&setup->tx, &setup->machine, 1, NET_RING);
    mock_driver_ok(&setup->machine);
    mock_machine_forget(&setup->machine);
}

/*
 * Offers a receive buffer of `size` bytes as descriptor `head`; it reads 0xee before it is written.
 */
static inline void net_setup_offer_rx(struct net_setup *setup, uint16_t head, uint32_t size)
{
    gpa_t at = mock_machine_alloc(&setup->machine, size, &setup->rx_buffer[head]);
    memset(setup->rx_buffer[head], 0xee, size);
    mock_ring_desc(&setup->rx, head, at, size, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&setup->rx, head);
}

/* A frame of `len` bytes to everybody; the bytes after the addresses count up from `seed`. */
static inline void net_setup_frame(uint8_t *frame, size_t len, uint8_t seed)
{
    for (size_t i = 0; i < len; i++) {
        frame[i] = i < 6 ? 0xff : i < 12 ? (uint8_t)(0x02 + seed % 2) : (uint8_t)(seed + i);
    }
}

/*
 * The host sends, and the frame reaches the device; what the device does then has still to happen.
 */
static inline void net_setup_host_send(struct net_setup *setup, size_t len, uint8_t seed)
{
    uint8_t frame[WIRE_FRAME_MAX];
    net_setup_frame(frame, len, seed);
    wire_port_send(setup->host, frame, len);
    mock_machine_run(&setup->machine, 2 * WIRE_LATENCY_NS);
}

/* The driver sends header and frame in one buffer, descriptor `head`, and kicks. */
static inline void net_setup_driver_send(struct net_setup *setup, uint16_t head,
                                         const uint8_t *header, size_t header_size,
                                         const uint8_t *frame, size_t len)
{
    uint8_t *buffer;
    gpa_t at = mock_machine_alloc(&setup->machine, MAX(header_size + len, 1), &buffer);
    memcpy(buffer, header, header_size);
    memcpy(buffer + header_size, frame, len);
    mock_ring_desc(&setup->tx, head, at, (uint32_t)(header_size + len), 0, 0);
    mock_ring_offer(&setup->tx, head);
    mock_ring_kick(&setup->tx);
}

#endif
