/*
 * virtio_net.c - the virtio network device
 *
 * [VIRTIO1.2] 5.1, without any offload, so the device never changes a byte of a frame, and one
 * frame is one chain in either direction; with MRG_RXBUF a received frame may take several. It is
 * promiscuous, as a device without a control queue has to be.
 *
 * Receiving. A frame goes into the next receive buffer. While there is none, or the driver is not
 * up, up to VIRTIO_NET_FRAMES_HELD frames wait in the order of their arrival; they move on when the
 * driver sets DRIVER_OK or kicks, and when the next frame comes. More are dropped, and a reset
 * drops those that wait, as it does in a network card. A kick is wanted only while frames wait.
 *
 * A frame that does not fit into the next buffer is dropped, and the buffer stays where it is,
 * available for a smaller frame. That is what QEMU does, so a kernel with buffers that are too
 * small looks here as it looks there: its pings work and its large frames are lost. Returning the
 * buffer with length 0 would show such a driver something that it never sees elsewhere.
 *
 * Transmitting. A frame is read when its chain is popped, goes to the wire at once, and the chain
 * comes back after the completion latency, whatever became of the frame.
 *
 * Behind a legacy transport the header has 10 bytes unless buffers are merged, and the MAC address
 * can be written; it is read back, and as the device is promiscuous nothing else depends on it.
 *
 * Not here: control queue, checksum and segmentation offload, multiqueue.
 */
#include "emu/virtio-net/virtio_net.h"

#include "emu/virtio-net/virtio_net_spec.h"
#include "emu/virtio/virtio_spec.h"

#include <string.h>

#define VNET_ETHERNET_HEADER 14
#define VNET_MTU             1500 /* what the MTU feature tells */

#define VNET_FEATURES_DEFAULT                                                                      \
    (VIRTIO_FEATURE_MASK(VNET_FEATURE_MAC) | VIRTIO_FEATURE_MASK(VNET_FEATURE_STATUS))
#define VNET_FEATURES_SUPPORTED                                                                    \
    (VNET_FEATURES_DEFAULT | VIRTIO_FEATURE_MASK(VNET_FEATURE_MTU) |                               \
     VIRTIO_FEATURE_MASK(VNET_FEATURE_MRG_RXBUF) |                                                 \
     VIRTIO_FEATURE_MASK(VIRTIO_FEATURE_INDIRECT_DESC) |                                           \
     VIRTIO_FEATURE_MASK(VIRTIO_FEATURE_EVENT_IDX) |                                               \
     VIRTIO_FEATURE_MASK(VIRTIO_FEATURE_IN_ORDER) | VIRTIO_FEATURE_MASK(VIRTIO_FEATURE_VERSION_1))

/* A frame that waits. The buffer stays with the slot and grows as needed. */
struct vnet_held_frame {
    uint8_t *data;
    size_t len, capacity;
};

struct virtio_net {
    struct virtio_dev dev;
    struct wire_port *port;
    uint8_t mac[6];
    bool link_up;
    struct virtio_net_counters counters;
    struct vnet_held_frame held[VIRTIO_NET_FRAMES_HELD];
    unsigned held_first, held_count;
    struct virtqueue_chain chain;  /* the one at hand; nothing of it is used later */
    uint8_t frame[WIRE_FRAME_MAX]; /* as above */
};

static struct virtio_net *vnet_of(struct virtio_dev *dev)
{
    return (struct virtio_net *)((char *)dev - offsetof(struct virtio_net, dev));
}

static void vnet_drop_rx(struct virtio_net *net, const char *why, size_t len)
{
    net->counters.rx_dropped++;
    trace_emit(net->dev.env.trace, TRACE_NET_DROPPED, TS(net->dev.name), TS("in"), TS(why),
               TN(len));
}

static void vnet_drop_tx(struct virtio_net *net, const char *why, size_t len)
{
    net->counters.tx_dropped++;
    trace_emit(net->dev.env.trace, TRACE_NET_DROPPED, TS(net->dev.name), TS("out"), TS(why),
               TN(len));
}

static void vnet_breach(struct virtio_net *net, unsigned queue, const char *clause,
                        const char *rule, uint64_t value)
{
    virtio_dev_breach(&net->dev, virtio_dev_queue(&net->dev, queue)->name, clause, rule, value);
}

/* 5.1.6.1: without VERSION_1, num_buffers is there only when MRG_RXBUF was negotiated. */
static size_t vnet_header_size(const struct virtio_net *net)
{
    return virtio_dev_has(&net->dev, VIRTIO_FEATURE_VERSION_1) ||
                   virtio_dev_has(&net->dev, VNET_FEATURE_MRG_RXBUF)
               ? VNET_HEADER_SIZE
               : VNET_HEADER_SIZE_LEGACY;
}

/*
 * The legacy interface wants the header in a descriptor of its own. Nothing here depends on it:
 * whoever does otherwise is told, and served. `count` and the first segment are those of the side
 * of the chain at hand that carries the packet.
 */
static void vnet_check_framing(struct virtio_net *net, unsigned queue, unsigned count,
                               const struct virtqueue_segment *first)
{
    if (!net->dev.legacy || virtio_dev_has(&net->dev, VIRTIO_FEATURE_ANY_LAYOUT) || count == 0 ||
        first->size == vnet_header_size(net)) {
        return;
    }
    vnet_breach(net, queue, "5.1.6.6",
                "drivers which have not negotiated VIRTIO_F_ANY_LAYOUT MUST use a single "
                "descriptor for the struct virtio_net_hdr",
                first->size);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/*
 * What the driver offers as a receive buffer, at hand in net->chain. False: the frame, for which
 * `need` bytes are wanted, does not go there.
 */
static bool vnet_check_rx_buffer(struct virtio_net *net, size_t need)
{
    bool merges = virtio_dev_has(&net->dev, VNET_FEATURE_MRG_RXBUF);
    if (net->chain.readable_count > 0) {
        /* Tolerated: what is writable serves as the buffer. */
        vnet_breach(net, VNET_QUEUE_RX, "5.1.6.3",
                    "The driver adds empty buffers to the receive virtqueue.",
                    net->chain.readable_size);
    }
    if (net->chain.writable_size < (merges ? VNET_HEADER_SIZE : need)) {
        vnet_breach(net, VNET_QUEUE_RX, "5.1.6.3.1",
                    merges
                        ? "If VIRTIO_NET_F_MRG_RXBUF is negotiated, each buffer MUST be at least "
                          "the size of the struct virtio_net_hdr."
                        : "the driver SHOULD populate the receive queue(s) with buffers of at "
                          "least 1526 bytes",
                    net->chain.writable_size);
        return false;
    }
    return true;
}

enum vnet_room {
    VNET_ROOM,      /* there is enough */
    VNET_ROOM_NOT,  /* not yet */
    VNET_ROOM_NEVER /* the buffers are too small for this frame */
};

/*
 * How many of the next buffers a frame takes, of which the first is at hand in net->chain. Nothing
 * is taken before all are there.
 */
static enum vnet_room vnet_find_room(struct virtio_net *net, size_t need, unsigned *count)
{
    struct virtqueue *queue = virtio_dev_queue(&net->dev, VNET_QUEUE_RX);
    size_t room = 0;
    for (*count = 0; room < need; ++*count) {
        if (*count > 0 && !virtqueue_peek_ahead(queue, *count, &net->chain)) {
            return *count < queue->size ? VNET_ROOM_NOT : VNET_ROOM_NEVER;
        }
        if (!vnet_check_rx_buffer(net, need)) {
            return VNET_ROOM_NEVER;
        }
        room += net->chain.writable_size;
    }
    return *count == 1 || virtqueue_peek(queue, &net->chain) ? VNET_ROOM : VNET_ROOM_NOT;
}

/*
 * Header and frame go into `count` buffers, of which the first is at hand. 5.1.6.4.1: the device
 * "MUST use all buffers but the last [...] completely up to the full length of each buffer", and
 * all "together, such that at least num_buffers are observed by driver as used"; without
 * MRG_RXBUF, it "MUST set num_buffers to 1".
 */
static void vnet_fill(struct virtio_net *net, unsigned count, const uint8_t *frame, size_t len)
{
    struct virtqueue *queue = virtio_dev_queue(&net->dev, VNET_QUEUE_RX);
    const struct vnet_header header = {.gso_type = VNET_HEADER_GSO_NONE,
                                       .num_buffers = (uint16_t)count};
    size_t header_size = vnet_header_size(net), done = 0;
    for (unsigned i = 0; i < count; i++) {
        if (i > 0 && !virtqueue_peek(queue, &net->chain)) {
            return; /* the driver changed a descriptor meanwhile, and the queue is broken */
        }
        virtqueue_take(queue, &net->chain);
        if (i == 0) {
            vnet_check_framing(net, VNET_QUEUE_RX, net->chain.writable_count,
                               net->chain.segments + net->chain.readable_count);
        }
        size_t written =
            i == 0 ? virtqueue_chain_write(queue, &net->chain, 0, &header, header_size) : 0;
        size_t room = net->chain.writable_size - written, part = MIN(len - done, room);
        written += virtqueue_chain_write(queue, &net->chain, written, frame + done, part);
        done += part;
        if (i + 1 < count) {
            virtqueue_push_part(queue, net->chain.head, (uint32_t)written);
        } else {
            virtqueue_push(queue, net->chain.head, (uint32_t)written);
        }
    }
    g_assert(done == len);
}

/* Hands a frame to the driver, or drops it for good. False: there is no buffer, try again. */
static bool vnet_deliver(struct virtio_net *net, const uint8_t *frame, size_t len)
{
    struct virtqueue *queue = virtio_dev_queue(&net->dev, VNET_QUEUE_RX);
    if (!virtqueue_peek(queue, &net->chain)) {
        return false;
    }
    unsigned count;
    switch (vnet_find_room(net, vnet_header_size(net) + len, &count)) {
    case VNET_ROOM:
        break;
    case VNET_ROOM_NOT:
        return false;
    case VNET_ROOM_NEVER:
        vnet_drop_rx(net, "the receive buffer is too small", len);
        return true;
    }
    vnet_fill(net, count, frame, len);
    if (count > 1) {
        trace_emit(net->dev.env.trace, TRACE_NET_MERGED, TS(net->dev.name), TN(count));
    }
    net->counters.rx_frames++;
    net->counters.rx_bytes += len;
    return true;
}

static void vnet_hold(struct virtio_net *net, const uint8_t *frame, size_t len)
{
    if (net->held_count == VIRTIO_NET_FRAMES_HELD) {
        vnet_drop_rx(
            net, virtio_dev_is_running(&net->dev) ? "no receive buffer" : "the driver is not up",
            len);
        return;
    }
    unsigned slot = (net->held_first + net->held_count) % VIRTIO_NET_FRAMES_HELD;
    struct vnet_held_frame *held = &net->held[slot];
    if (held->capacity < len) {
        held->data = g_realloc(held->data, len);
        held->capacity = len;
    }
    memcpy(held->data, frame, len);
    held->len = len;
    net->held_count++;
}

static void vnet_release_held(struct virtio_net *net)
{
    net->held_first = (net->held_first + 1) % VIRTIO_NET_FRAMES_HELD;
    net->held_count--;
}

static void vnet_deliver_held(struct virtio_net *net)
{
    struct virtqueue *queue = virtio_dev_queue(&net->dev, VNET_QUEUE_RX);
    while (net->held_count > 0) {
        const struct vnet_held_frame *held = &net->held[net->held_first];
        if (vnet_deliver(net, held->data, held->len)) {
            vnet_release_held(net);
        } else if (!virtqueue_want_kicks(queue, true)) {
            return;
        }
    }
    virtqueue_want_kicks(queue, false);
}

/* From the wire. */
static void vnet_receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct virtio_net *net = opaque;
    /*
     * 5.1.4.1: "The device MUST NOT pass received packets that exceed mtu (plus low level ethernet
     * header length)"
     */
    if (virtio_dev_has(&net->dev, VNET_FEATURE_MTU) && len > VNET_MTU + VNET_ETHERNET_HEADER) {
        vnet_drop_rx(net, "longer than the MTU", len);
        return;
    }
    vnet_deliver_held(net);
    if (net->held_count > 0 || !vnet_deliver(net, frame, len)) {
        vnet_hold(net, frame, len);
        if (virtqueue_want_kicks(virtio_dev_queue(&net->dev, VNET_QUEUE_RX), true)) {
            vnet_deliver_held(net);
        }
    }
}

/* ---- transmitting ---------------------------------------------------------------------------- */

/*
 * The header says nothing that this device could use; it has to say that. The frame goes out either
 * way.
 */
static void vnet_check_tx_header(struct virtio_net *net, const struct vnet_header *header)
{
    if (header->flags != 0) {
        vnet_breach(net, VNET_QUEUE_TX, "5.1.6.2.1",
                    "If VIRTIO_NET_F_CSUM is not negotiated, the driver MUST set flags to zero",
                    header->flags);
    }
    if (header->gso_type != VNET_HEADER_GSO_NONE) {
        vnet_breach(net, VNET_QUEUE_TX, "5.1.6.2.1",
                    "If none of the VIRTIO_NET_F_HOST_TSO4, TSO6, USO or UFO options have been "
                    "negotiated, the driver MUST set gso_type to VIRTIO_NET_HDR_GSO_NONE.",
                    header->gso_type);
    }
    if (header->num_buffers != 0) {
        vnet_breach(net, VNET_QUEUE_TX, "5.1.6.2.1", "The driver MUST set num_buffers to zero.",
                    header->num_buffers);
    }
}

static void vnet_send_frame(struct virtio_net *net, size_t header_size, size_t len)
{
    if (len < VNET_ETHERNET_HEADER) {
        vnet_drop_tx(net, "shorter than an Ethernet header", len);
        return;
    }
    if (len > WIRE_FRAME_MAX) {
        vnet_drop_tx(net, "longer than any frame", len);
        return;
    }
    if (virtio_dev_has(&net->dev, VNET_FEATURE_MTU) && len > VNET_MTU + VNET_ETHERNET_HEADER) {
        vnet_breach(net, VNET_QUEUE_TX, "5.1.4.2",
                    "If the driver negotiates VIRTIO_NET_F_MTU, it MUST NOT transmit packets of "
                    "size exceeding the value of mtu (plus low level ethernet header length)",
                    len);
    }
    struct virtqueue *queue = virtio_dev_queue(&net->dev, VNET_QUEUE_TX);
    size_t got = virtqueue_chain_read(queue, &net->chain, header_size, net->frame, len);
    g_assert(got == len);
    if (net->link_up) {
        net->counters.tx_frames++;
        net->counters.tx_bytes += len;
    } else {
        net->counters.tx_dropped++; /* the port says so */
    }
    wire_port_send(net->port, net->frame, len);
}

/* The chain at hand. */
static void vnet_transmit_chain(struct virtio_net *net)
{
    struct virtqueue *queue = virtio_dev_queue(&net->dev, VNET_QUEUE_TX);
    size_t header_size = vnet_header_size(net);
    if (net->chain.writable_count > 0) {
        vnet_breach(net, VNET_QUEUE_TX, "5.1.6.2",
                    "The header and packet are added as one output descriptor to the transmitq",
                    net->chain.writable_size);
    }
    if (net->chain.readable_size < header_size) {
        vnet_breach(net, VNET_QUEUE_TX, "5.1.6",
                    "In each case, the packet itself is preceded by a header",
                    net->chain.readable_size);
        vnet_drop_tx(net, "no room for the header", net->chain.readable_size);
        return;
    }
    struct vnet_header header = {.flags = 0};
    virtqueue_chain_read(queue, &net->chain, 0, &header, header_size);
    vnet_check_framing(net, VNET_QUEUE_TX, net->chain.readable_count, net->chain.segments);
    vnet_check_tx_header(net, &header);
    vnet_send_frame(net, header_size, net->chain.readable_size - header_size);
}

static void vnet_transmit(struct virtio_net *net)
{
    struct virtqueue *queue = virtio_dev_queue(&net->dev, VNET_QUEUE_TX);
    do {
        while (virtqueue_pop(queue, &net->chain)) {
            vnet_transmit_chain(net);
            virtqueue_push(queue, net->chain.head, 0);
        }
    } while (virtqueue_want_kicks(queue, true));
}

/* ---- configuration space --------------------------------------------------------------------- */

static bool vnet_offers(const struct virtio_net *net, unsigned feature)
{
    return (net->dev.offered >> feature & 1) != 0;
}

/* The field at an offset: how wide it is, and whether it exists at all. */
static unsigned vnet_config_field(const struct virtio_net *net, size_t offset, bool *exists)
{
    if (offset < offsetof(struct vnet_config_space, status)) {
        *exists = true; /* 5.1.4: "The mac address field always exists" */
        return 1;
    }
    if (offset < offsetof(struct vnet_config_space, max_virtqueue_pairs)) {
        *exists = vnet_offers(net, VNET_FEATURE_STATUS);
    } else if (offset < offsetof(struct vnet_config_space, mtu)) {
        *exists = vnet_offers(net, VNET_FEATURE_MQ);
    } else {
        *exists = vnet_offers(net, VNET_FEATURE_MTU);
    }
    return 2;
}

/* Breaches are recorded, and the bytes are read all the same: they are there. */
static void vnet_config_read(struct virtio_dev *dev, size_t offset, void *buffer, size_t size)
{
    struct virtio_net *net = vnet_of(dev);
    bool exists;
    /* The legacy interface asks for no width; of 2.5.4 only that the fields are where they are. */
    if (vnet_config_field(net, offset, &exists) != size && !dev->legacy) {
        virtio_dev_breach(dev, dev->name, "4.2.2.2",
                          "the driver MUST use 8 bit wide accesses for 8 bit wide fields, 16 bit "
                          "wide and aligned accesses for 16 bit wide fields",
                          offset);
    }
    if (!exists) {
        virtio_dev_breach(dev, dev->name, "2.5.1",
                          "For optional configuration space fields, the driver MUST check that the "
                          "corresponding feature is offered before accessing that part of the "
                          "configuration space.",
                          offset);
    }
    struct vnet_config_space space = {0};
    if (vnet_offers(net, VNET_FEATURE_MAC)) {
        memcpy(space.mac, net->mac, sizeof(space.mac));
    }
    if (vnet_offers(net, VNET_FEATURE_STATUS) && net->link_up) {
        space.status = VNET_STATUS_LINK_UP;
    }
    if (vnet_offers(net, VNET_FEATURE_MTU)) {
        space.mtu = VNET_MTU;
    }
    memcpy(buffer, (const uint8_t *)&space + offset, size);
}

static void vnet_config_write(struct virtio_dev *dev, size_t offset, const void *buffer,
                              size_t size)
{
    struct virtio_net *net = vnet_of(dev);
    /* 5.1.4.3: "When using the legacy interface, mac is driver-writable" */
    if (dev->legacy && offset < sizeof(net->mac) && size <= sizeof(net->mac) - offset) {
        memcpy(net->mac + offset, buffer, size);
        return;
    }
    virtio_dev_breach(dev, dev->name, "5.1.4.2",
                      "The driver MUST NOT write to any of the device configuration fields.",
                      offset);
}

/* ---- device ---------------------------------------------------------------------------------- */

static void vnet_started(struct virtio_dev *dev)
{
    vnet_deliver_held(vnet_of(dev));
}

static void vnet_kicked(struct virtio_dev *dev, unsigned queue)
{
    struct virtio_net *net = vnet_of(dev);
    if (queue == VNET_QUEUE_RX) {
        vnet_deliver_held(net);
    } else {
        vnet_transmit(net);
    }
}

static void vnet_reset(struct virtio_dev *dev)
{
    struct virtio_net *net = vnet_of(dev);
    while (net->held_count > 0) {
        vnet_drop_rx(net, "the driver reset the device", net->held[net->held_first].len);
        vnet_release_held(net);
    }
}

void virtio_net_set_link(struct virtio_net *net, bool up)
{
    if (net->link_up == up) {
        return;
    }
    net->link_up = up;
    wire_port_set_link(net->port, up);
    trace_emit(net->dev.env.trace, TRACE_NET_LINK, TS(net->dev.name), TN(up));
    /* For a driver that runs without the feature there is no such field. */
    bool sees = !virtio_dev_is_running(&net->dev) || virtio_dev_has(&net->dev, VNET_FEATURE_STATUS);
    if (vnet_offers(net, VNET_FEATURE_STATUS) && sees) {
        virtio_dev_config_changed(&net->dev);
    }
}

struct virtio_dev *virtio_net_dev(struct virtio_net *net)
{
    return &net->dev;
}

struct wire_port *virtio_net_port(struct virtio_net *net)
{
    return net->port;
}

struct virtio_net_counters virtio_net_counters(const struct virtio_net *net)
{
    return net->counters;
}

/* The names are those of the specification, in small letters and with dashes. */
static const struct {
    const char *name;
    int bit;
} vnet_features[] = {
    {"csum", VNET_FEATURE_CSUM},
    {"guest-csum", VNET_FEATURE_GUEST_CSUM},
    {"ctrl-guest-offloads", VNET_FEATURE_CTRL_GUEST_OFFLOADS},
    {"mtu", VNET_FEATURE_MTU},
    {"mac", VNET_FEATURE_MAC},
    {"guest-tso4", VNET_FEATURE_GUEST_TSO4},
    {"guest-tso6", VNET_FEATURE_GUEST_TSO6},
    {"guest-ecn", VNET_FEATURE_GUEST_ECN},
    {"guest-ufo", VNET_FEATURE_GUEST_UFO},
    {"host-tso4", VNET_FEATURE_HOST_TSO4},
    {"host-tso6", VNET_FEATURE_HOST_TSO6},
    {"host-ecn", VNET_FEATURE_HOST_ECN},
    {"host-ufo", VNET_FEATURE_HOST_UFO},
    {"mrg-rxbuf", VNET_FEATURE_MRG_RXBUF},
    {"status", VNET_FEATURE_STATUS},
    {"ctrl-vq", VNET_FEATURE_CTRL_VQ},
    {"ctrl-rx", VNET_FEATURE_CTRL_RX},
    {"ctrl-vlan", VNET_FEATURE_CTRL_VLAN},
    {"guest-announce", VNET_FEATURE_GUEST_ANNOUNCE},
    {"mq", VNET_FEATURE_MQ},
    {"ctrl-mac-addr", VNET_FEATURE_CTRL_MAC_ADDR},
    {"indirect-desc", VIRTIO_FEATURE_INDIRECT_DESC},
    {"event-idx", VIRTIO_FEATURE_EVENT_IDX},
    {"version-1", VIRTIO_FEATURE_VERSION_1},
    {"access-platform", VIRTIO_FEATURE_ACCESS_PLATFORM},
    {"ring-packed", VIRTIO_FEATURE_RING_PACKED},
    {"in-order", VIRTIO_FEATURE_IN_ORDER},
    {"order-platform", VIRTIO_FEATURE_ORDER_PLATFORM},
    {"sr-iov", VIRTIO_FEATURE_SR_IOV},
    {"notification-data", VIRTIO_FEATURE_NOTIFICATION_DATA},
    {"notif-config-data", VIRTIO_FEATURE_NOTIF_CONFIG_DATA},
    {"ring-reset", VIRTIO_FEATURE_RING_RESET},
    {"guest-uso4", VNET_FEATURE_GUEST_USO4},
    {"guest-uso6", VNET_FEATURE_GUEST_USO6},
    {"host-uso", VNET_FEATURE_HOST_USO},
    {"hash-report", VNET_FEATURE_HASH_REPORT},
    {"guest-hdrlen", VNET_FEATURE_GUEST_HDRLEN},
    {"rss", VNET_FEATURE_RSS},
    {"rsc-ext", VNET_FEATURE_RSC_EXT},
    {"standby", VNET_FEATURE_STANDBY},
    {"speed-duplex", VNET_FEATURE_SPEED_DUPLEX},
};

int virtio_net_feature_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(vnet_features); i++) {
        if (strcmp(vnet_features[i].name, name) == 0) {
            return vnet_features[i].bit;
        }
    }
    return -1;
}

uint64_t virtio_net_features_supported(void)
{
    return VNET_FEATURES_SUPPORTED;
}

static const char *const vnet_queue_names[VNET_QUEUE_COUNT] = {
    [VNET_QUEUE_RX] = "rx",
    [VNET_QUEUE_TX] = "tx",
};

static const struct virtio_dev_ops vnet_ops = {
    .device_id = VNET_DEVICE_ID,
    .queue_count = VNET_QUEUE_COUNT,
    .queue_names = vnet_queue_names,
    .config_size = sizeof(struct vnet_config_space),
    .config_read = vnet_config_read,
    .config_write = vnet_config_write,
    .started = vnet_started,
    .kicked = vnet_kicked,
    .reset = vnet_reset,
};

struct virtio_net *virtio_net_new(const struct virtio_env *env,
                                  const struct virtio_net_config *config, struct wire *wire,
                                  struct irqline line)
{
    g_assert((config->features_on & ~VNET_FEATURES_SUPPORTED) == 0);
    struct virtio_net *net = g_new0(struct virtio_net, 1);
    memcpy(net->mac, config->mac, sizeof(net->mac));
    net->link_up = true;
    virtio_dev_init(&net->dev, &vnet_ops, env, config->name,
                    (VNET_FEATURES_DEFAULT | config->features_on) & ~config->features_off,
                    config->queue_size, line);
    virtio_dev_set_reset_time(&net->dev, config->reset_ns);
    for (unsigned i = 0; i < VNET_QUEUE_COUNT; i++) {
        struct virtqueue_style style = config->style;
        style.order = i == VNET_QUEUE_TX ? style.order : VIRTQUEUE_IN_ORDER;
        virtqueue_set_latency(virtio_dev_queue(&net->dev, i), config->latency_ns);
        virtqueue_set_style(virtio_dev_queue(&net->dev, i), &style);
    }
    net->port = wire_add_port(wire, config->name, true, vnet_receive, net);
    return net;
}

void virtio_net_free(struct virtio_net *net)
{
    if (net == NULL) {
        return;
    }
    virtio_dev_fini(&net->dev);
    for (unsigned i = 0; i < VIRTIO_NET_FRAMES_HELD; i++) {
        g_free(net->held[i].data);
    }
    g_free(net);
}
