/*
 * virtio_net.h - the virtio network device
 *
 * [VIRTIO1.2] 5.1. Receive queue eth0.rx and transmit queue eth0.tx, no control queue. Features:
 * MAC and STATUS; when asked for MTU, MRG_RXBUF and those of the rings. The header is that of
 * [VIRTIO1.2] 5.1.6: 12 bytes with VERSION_1 negotiated, 10 without.
 */
#ifndef EMU_VIRTIO_NET_VIRTIO_NET_H
#define EMU_VIRTIO_NET_VIRTIO_NET_H

#include "emu/virtio/virtio.h"
#include "emu/wire/wire.h"

/* Frames kept while the guest has no receive buffer, or is not up; more are dropped by name. */
#define VIRTIO_NET_FRAMES_HELD 256

struct virtio_net_config {
    const char *name; /* "eth0" */
    uint8_t mac[6];
    uint64_t features_on;  /* beyond the default, all of them supported, and */
    uint64_t features_off; /* those of the default not to offer */
    unsigned queue_size;   /* maximum, of both queues */
    uint64_t latency_ns;   /* completion latency, of both queues: usually VIRTQUEUE_LATENCY_NS */
    /*
     * How chains are returned. The order is that of the transmit queue: the other has that of the
     * frames on the wire.
     */
    struct virtqueue_style style;
    uint64_t reset_ns; /* how long a reset takes */
};

struct virtio_net;

/* Creates the device with a padded port of the same name on the wire. */
struct virtio_net *virtio_net_new(const struct virtio_env *env,
                                  const struct virtio_net_config *config, struct wire *wire,
                                  struct irqline line);
void virtio_net_free(struct virtio_net *net);

struct virtio_dev *virtio_net_dev(struct virtio_net *net);
struct wire_port *virtio_net_port(struct virtio_net *net);

/*
 * Link status: the STATUS field, with a configuration interrupt for a driver that negotiated it.
 * While it is down no frame passes.
 */
void virtio_net_set_link(struct virtio_net *net, bool up);

/* Frames that reached the guest's memory, and frames that the guest sent. */
struct virtio_net_counters {
    uint64_t rx_frames, rx_bytes, rx_dropped;
    uint64_t tx_frames, tx_bytes, tx_dropped;
};
struct virtio_net_counters virtio_net_counters(const struct virtio_net *net);

/* Feature names as scenarios write them ("mac", "status", "event-idx"): the bit, or -1. */
int virtio_net_feature_by_name(const char *name);

/* The features that features_on may ask for: this device does not serve all that have a name. */
uint64_t virtio_net_features_supported(void);

#endif
