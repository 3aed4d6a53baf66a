/*
 * virtio_net.c - driver of the virtio network device [VIRTIO1.2] 5.1
 *
 * A buffer of the kernel's pool is one descriptor: the device's header stands in its headroom, the
 * frame behind it.
 *
 * Receiving. Every descriptor of the receive queue has a buffer, always. When a frame arrives, a
 * fresh buffer takes the place of the full one, which goes up the stack; when there is no fresh
 * one, or the frame makes no sense, the full one goes back and the frame is lost. With mergeable
 * buffers a frame may come in several: the parts are copied behind the first one.
 *
 * Sending. Nobody waits for a completion: a frame is queued and forgotten, without an interrupt.
 * Buffers that the device is done with are reclaimed before the next frame is queued, and by the
 * front's task when it is awake for another reason. Once more than half of the ring is in flight
 * there is an interrupt, so that a queue that has gone quiet keeps few buffers from the rest of the
 * kernel. When the ring is full nevertheless, the frame is dropped. With indirect tables the header
 * is not put in front of each frame: one block of zeroes is part of every chain.
 *
 * There are two other policies: to sleep until the device is done with the frame, or to look again
 * and again, with the interrupts of the queue switched off. Either has an end, and then forgets.
 *
 * An interrupt may be for either queue, or not say for which of them it was: both have to be looked
 * at. Off, the device is reset, which takes back whatever was in flight; on, it is initialised as
 * at boot.
 */
#include "drivers/virtio_net.h"

#include "drivers/virtio_regs.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/lock.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"
#include "ringside/hal.h"
#include "ringside/probe.h"

#define VNET_HEADER_SIZE sizeof(struct vnet_header)

/*
 * Entries of each queue: the receive queues of all interfaces together leave half of the buffers to
 * the rest of the kernel.
 */
#define VNET_QUEUE_SIZE_MAX 64
kstatic_assert(VNET_QUEUE_SIZE_MAX *NETIFS_MAX <= NBUF_COUNT / 2, "receive queues and the pool");
kstatic_assert(VNET_HEADER_SIZE <= NBUF_HEADROOM, "the header goes into the headroom");
kstatic_assert(VNET_FRAME_MAX <= NBUF_SIZE - NBUF_HEADROOM, "a frame fits into a buffer");

/* The address for a device that has none of its own; the last byte counts up. */
static const uint8_t virtio_net_default_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static void virtio_net_drop_received(struct virtio_net *net, const char *why)
{
    probe_drop(net->rx.name, why);
    probe_counter(net->rx_dropped, ++net->options.counters->rx_dropped);
}

static void virtio_net_drop_sent(struct virtio_net *net, const char *why)
{
    probe_drop(net->tx.name, why);
    probe_counter(net->tx_dropped, ++net->options.counters->tx_dropped);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/*
 * Gives a buffer to the device. There is room: a receive queue has a descriptor for each of its
 * buffers.
 */
static void virtio_net_post(struct virtio_net *net, struct nbuf *nbuf)
{
    struct virtqueue_segment segment = {
        .physical = nbuf_physical(nbuf) - net->header_size,
        .size = net->rx_size,
        .device_writes = true,
    };
    if (virtqueue_add(&net->rx, &segment, 1, nbuf) != 0) {
        nbuf_free(nbuf);
        return;
    }
    virtqueue_publish(&net->rx);
}

/* What is wrong with a frame of which the device says that it wrote so much; NULL: nothing. */
static const char *virtio_net_bad_length(const struct virtio_net *net, uint32_t written)
{
    if (written < net->header_size + VNET_ETHERNET_SIZE)
        return "shorter than its headers";
    if (written > net->rx_size)
        return "longer than its buffer";
    return NULL;
}

/* In how many buffers the frame came, of which this is the first. */
static unsigned virtio_net_parts(const struct virtio_net *net, const struct nbuf *nbuf)
{
    const struct vnet_header *header = (const struct vnet_header *)(nbuf->data - net->header_size);
    return virtio_has(net->device, VFEATURE_NET_MERGE) ? header->buffer_count : 1;
}

/* Puts the bytes of a further buffer behind those of the first. NULL, or why not. */
static const char *virtio_net_append(const struct virtio_net *net, struct nbuf *nbuf,
                                     const struct nbuf *part, uint32_t written)
{
    if (written > net->rx_size)
        return "longer than its buffer";
    if (nbuf->len + written > VNET_FRAME_MAX)
        return "longer than a frame";
    memcpy(nbuf_put(nbuf, written), part->data - net->header_size, written);
    return NULL;
}

/*
 * Takes the other buffers of a frame, which the device has returned together with the first
 * (5.1.6.4.1), and gives them back at once. NULL, or what is wrong with the frame.
 */
static const char *virtio_net_merge(struct virtio_net *net, struct nbuf *nbuf, unsigned parts)
{
    const char *why = parts == 0 ? "in no buffer" : NULL;
    for (unsigned i = 1; i < parts; i++) {
        uint32_t written;
        struct nbuf *part = virtqueue_take_used(&net->rx, &written);
        if (part == NULL)
            return "a part of it is missing";
        if (why == NULL)
            why = virtio_net_append(net, nbuf, part, written);
        virtio_net_post(net, part);
    }
    return why;
}

static void virtio_net_count_received(struct virtio_net *net, const struct nbuf *nbuf)
{
    struct netif_counters *counters = net->options.counters;
    counters->rx_bytes += nbuf->len;
    probe_counter(net->rx_frames, ++counters->rx_frames);
}

/* True: it is a frame, without the header. False: it went back to the device. */
static bool virtio_net_received(struct virtio_net *net, struct nbuf *nbuf, uint32_t written)
{
    const char *why = virtio_net_bad_length(net, written);
    if (why == NULL) {
        nbuf_put(nbuf, written - net->header_size);
        why = virtio_net_merge(net, nbuf, virtio_net_parts(net, nbuf));
    }
    struct nbuf *fresh = why == NULL ? nbuf_alloc() : NULL;
    if (why == NULL && fresh == NULL)
        why = "no buffer to take its place";
    if (why != NULL) {
        virtio_net_drop_received(net, why);
        nbuf->len = 0;
        virtio_net_post(net, nbuf);
        return false;
    }
    virtio_net_post(net, fresh);
    virtio_net_count_received(net, nbuf);
    return true;
}

struct nbuf *virtio_net_receive(struct virtio_net *net, unsigned *budget)
{
    uint32_t written;
    while (*budget > 0) {
        struct nbuf *nbuf = virtqueue_take_used(&net->rx, &written);
        if (nbuf == NULL)
            break;
        --*budget;
        if (virtio_net_received(net, nbuf, written))
            return nbuf;
    }
    return NULL;
}

void virtio_net_refuse(struct virtio_net *net, struct nbuf *nbuf, const char *why)
{
    virtio_net_drop_received(net, why);
    nbuf_free(nbuf);
}

void virtio_net_kick_receive(struct virtio_net *net)
{
    if (virtqueue_wants_kick(&net->rx))
        virtio_kick(net->device, VNET_QUEUE_RX);
}

/* Before DRIVER_OK. Fewer buffers than descriptors are bearable, none are not. */
static int virtio_net_fill(struct virtio_net *net)
{
    for (unsigned i = 0; i < net->rx.size; i++) {
        struct nbuf *nbuf = nbuf_alloc();
        if (nbuf == NULL)
            return i > 0 ? 0 : -KENOMEM;
        virtio_net_post(net, nbuf);
    }
    return 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Frees the buffers of frames that are sent. Under tx_lock. */
static void virtio_net_reclaim_locked(struct virtio_net *net)
{
    uint32_t written;
    struct nbuf *nbuf;
    while ((nbuf = virtqueue_take_used(&net->tx, &written)) != NULL)
        nbuf_free(nbuf);
    if (net->options.policy == VNET_TX_FORGET)
        virtqueue_disable_interrupts(&net->tx);
}

void virtio_net_reclaim(struct virtio_net *net)
{
    if (!virtqueue_has_used(&net->tx))
        return;
    uint64_t daif = spin_lock(&net->tx_lock);
    virtio_net_reclaim_locked(net);
    spin_unlock(&net->tx_lock, daif);
}

/* The parts of which the chain of a frame consists: how many. */
static unsigned virtio_net_build(const struct virtio_net *net, struct nbuf *nbuf,
                                 struct virtqueue_segment segments[2])
{
    unsigned count = 0;
    if (net->zero != NULL)
        segments[count++] = (struct virtqueue_segment){
            .physical = net->zero_physical,
            .size = net->header_size,
        };
    else
        memset(nbuf_push(nbuf, net->header_size), 0, net->header_size);
    segments[count++] = (struct virtqueue_segment){
        .physical = nbuf_physical(nbuf),
        .size = (uint32_t)nbuf->len,
    };
    return count;
}

/* Queues a frame, and remembers who waits for it (NULL: nobody). Under tx_lock. */
static int virtio_net_queue_locked(struct virtio_net *net, struct nbuf *nbuf,
                                   struct virtqueue_pending *pending)
{
    struct virtqueue_segment segments[2];
    virtio_net_reclaim_locked(net);
    if (!net->is_up)
        return -KENETDOWN;
    unsigned count = virtio_net_build(net, nbuf, segments);
    int error = virtqueue_add_pending(&net->tx, segments, count, nbuf, pending);
    if (error != 0)
        return error;
    if (net->options.policy == VNET_TX_FORGET && net->tx.free_count < net->tx.size / 2)
        virtqueue_enable_interrupts(&net->tx);
    virtqueue_publish(&net->tx);
    if (virtqueue_wants_kick(&net->tx))
        virtio_kick(net->device, VNET_QUEUE_TX);
    return 0;
}

/* Takes back what is used; true when the one that is waited for was among it, now or before. */
static bool virtio_net_is_sent(struct virtio_net *net, const struct virtqueue_pending *pending)
{
    uint64_t daif = spin_lock(&net->tx_lock);
    do
        virtio_net_reclaim_locked(net);
    while (!pending->done && net->options.policy == VNET_TX_BLOCK &&
           virtqueue_enable_interrupts(&net->tx));
    bool done = pending->done;
    spin_unlock(&net->tx_lock, daif);
    return done;
}

static void virtio_net_sleep_until_sent(struct virtio_net *net,
                                        const struct virtqueue_pending *pending)
{
    uint64_t deadline_ns = clock_now_ns() + VNET_BLOCK_NS;
    struct waiter waiter;
    do {
        wait_prepare(&net->wake, &waiter, "tx");
        if (virtio_net_is_sent(net, pending))
            break;
    } while (wait_commit_uninterruptible(&waiter, deadline_ns) == 0);
    wait_finish(&waiter);
}

static void virtio_net_spin_until_sent(struct virtio_net *net,
                                       const struct virtqueue_pending *pending)
{
    uint64_t deadline_ns = clock_now_ns() + VNET_SPIN_NS;
    while (!virtio_net_is_sent(net, pending) && clock_now_ns() < deadline_ns)
        hal_relax();
}

void virtio_net_forget(struct virtio_net *net, const struct virtqueue_pending *pending)
{
    uint64_t daif = spin_lock(&net->tx_lock);
    virtqueue_forget(&net->tx, pending);
    spin_unlock(&net->tx_lock, daif);
}

/* The frame was queued; `pending` goes away with the caller. */
static void virtio_net_await(struct virtio_net *net, struct virtqueue_pending *pending)
{
    if (net->options.policy == VNET_TX_BLOCK)
        virtio_net_sleep_until_sent(net, pending);
    else
        virtio_net_spin_until_sent(net, pending);
    virtio_net_forget(net, pending);
}

static const char *virtio_net_unsent(int error)
{
    switch (error) {
    case -KENETDOWN:
        return "interface is down";
    case -KENOSPC:
        return "ring full";
    default:
        return "ring broken";
    }
}

int virtio_net_send(struct virtio_net *net, struct nbuf *nbuf, struct virtqueue_pending *pending)
{
    size_t len = nbuf->len;
    if (net->no_carrier) {
        virtio_net_drop_sent(net, "no carrier");
        nbuf_free(nbuf);
        if (pending != NULL)
            pending->done = true;
        return 0;
    }
    uint64_t daif = spin_lock(&net->tx_lock);
    int error = virtio_net_queue_locked(net, nbuf, pending);
    if (error == 0) {
        net->options.counters->tx_bytes += len;
        probe_counter(net->tx_frames, ++net->options.counters->tx_frames);
    } else {
        virtio_net_drop_sent(net, virtio_net_unsent(error));
    }
    spin_unlock(&net->tx_lock, daif);
    if (error == 0)
        return 0;
    nbuf_free(nbuf);
    return -KEAGAIN;
}

int virtio_net_transmit(struct virtio_net *net, struct nbuf *nbuf)
{
    struct virtqueue_pending pending;
    bool waits = net->options.policy != VNET_TX_FORGET;
    int error = virtio_net_send(net, nbuf, waits ? &pending : NULL);
    if (error == 0 && waits)
        virtio_net_await(net, &pending);
    return error;
}

/* Where nothing will be queued, nobody has to wait for room. A chain is one descriptor. */
static bool virtio_net_has_room_locked(const struct virtio_net *net)
{
    return net->tx.free_count > 0 || net->tx.broken != NULL || !net->is_up;
}

bool virtio_net_has_room(struct virtio_net *net)
{
    uint64_t daif = spin_lock(&net->tx_lock);
    do
        virtio_net_reclaim_locked(net);
    while (!virtio_net_has_room_locked(net) && virtqueue_enable_interrupts(&net->tx));
    bool has_room = virtio_net_has_room_locked(net);
    spin_unlock(&net->tx_lock, daif);
    return has_room;
}

/* ---- before the task sleeps ------------------------------------------------------------------ */

bool virtio_net_has_frames(struct virtio_net *net)
{
    return virtqueue_enable_interrupts(&net->rx);
}

bool virtio_net_has_sent(struct virtio_net *net)
{
    if (net->options.policy != VNET_TX_BLOCK)
        return false;
    if (!net->tx.event_index)
        return virtqueue_has_used(&net->tx);
    uint64_t daif = spin_lock(&net->tx_lock);
    bool sent = virtqueue_enable_interrupts(&net->tx);
    spin_unlock(&net->tx_lock, daif);
    return sent;
}

bool virtio_net_has_work(struct virtio_net *net)
{
    bool received = virtio_net_has_frames(net);
    return virtio_net_has_sent(net) || received;
}

/* ---- link ------------------------------------------------------------------------------------ */

/* 5.1.4: without the feature the link counts as up. */
static void virtio_net_look_at_link(struct virtio_net *net)
{
    uint16_t status = VNET_STATUS_LINK_UP;
    if (virtio_has(net->device, VFEATURE_NET_STATUS))
        status = virtio_read_config16(net->device, VNET_CONFIG_STATUS);
    bool no_carrier = (status & VNET_STATUS_LINK_UP) == 0;
    if (net->no_carrier == no_carrier)
        return;
    net->no_carrier = no_carrier;
    probe_counter(net->carrier, no_carrier ? 0 : 1);
    console_printf("%s: link %s\n", net->name, no_carrier ? "down" : "up");
}

/* A change of the configuration is one of the link, or the cry of a device in trouble, 2.1.2. */
void virtio_net_check_config(struct virtio_net *net)
{
    if (!net->config_changed)
        return;
    net->config_changed = false;
    virtio_net_look_at_link(net);
    if (!virtio_needs_reset(net->device))
        return;
    console_printf("%s: the device needs a reset\n", net->name);
    virtqueue_break(&net->rx, "device needs reset");
    uint64_t daif = spin_lock(&net->tx_lock);
    virtqueue_break(&net->tx, "device needs reset");
    spin_unlock(&net->tx_lock, daif);
}

/* ---- initialisation -------------------------------------------------------------------------- */

static void virtio_net_choose_mac(struct virtio_net *net)
{
    if (virtio_has(net->device, VFEATURE_NET_MAC)) {
        virtio_read_config(net->device, VNET_CONFIG_MAC, net->mac, 6);
        return;
    }
    memcpy(net->mac, virtio_net_default_mac, 6);
    net->mac[5] = (uint8_t)(net->mac[5] + net->options.number);
}

static void virtio_net_choose_names(struct virtio_net *net)
{
    const char *name = net->name;
    virtqueue_set_name(&net->rx, name, "rx");
    virtqueue_set_name(&net->tx, name, "tx");
    ksnprintf(net->carrier, VNET_NAME_MAX, "%s.carrier", name);
    ksnprintf(net->rx_frames, VNET_NAME_MAX, "%s.rx.frames", name);
    ksnprintf(net->rx_dropped, VNET_NAME_MAX, "%s.rx.dropped", name);
    ksnprintf(net->tx_frames, VNET_NAME_MAX, "%s.tx.frames", name);
    ksnprintf(net->tx_dropped, VNET_NAME_MAX, "%s.tx.dropped", name);
    /* So that it is known that they are counted, before there is anything to count. */
    probe_counter(net->rx_frames, 0);
}

/* One of the two queues, with what was negotiated. */
static int virtio_net_setup_queue(struct virtio_net *net, uint32_t index, struct virtqueue *queue)
{
    int error = virtio_setup_queue(net->device, index, VNET_QUEUE_SIZE_MAX, queue);
    if (error == 0)
        error = virtqueue_configure(queue, net->device->features, net->options.ring_start);
    return error;
}

static int virtio_net_alloc_zero(struct virtio_net *net)
{
    /* 2.7.5.3.1: no chain is longer than the queue, in a table neither. */
    if (!virtio_has(net->device, VFEATURE_INDIRECT) || net->tx.size < 2)
        return 0;
    net->zero = hal_dma_alloc(VNET_HEADER_SIZE, 1, &net->zero_physical);
    return net->zero != NULL ? 0 : -KENOMEM;
}

/* 5.1.6.1: buffer_count is there in a device of version 1, or with merged buffers. */
static void virtio_net_choose_sizes(struct virtio_net *net)
{
    bool merges = virtio_has(net->device, VFEATURE_NET_MERGE);
    bool whole = merges || !virtio_is_legacy(net->device);
    net->header_size = whole ? VNET_HEADER_SIZE : VNET_HEADER_SIZE_LEGACY;
    net->rx_size = merges ? net->options.rx_buffer : net->header_size + VNET_FRAME_MAX;
}

const char *virtio_net_open(struct virtio_net *net, int *error)
{
    /* Header and frame are one descriptor, which a legacy device need not bear, 5.1.6.6. */
    const uint64_t required = virtio_is_legacy(net->device) ? VFEATURE(VFEATURE_ANY_LAYOUT)
                                                            : VFEATURE(VFEATURE_VERSION_1);
    const uint64_t wanted = required | VFEATURE(VFEATURE_NET_MAC) | VFEATURE(VFEATURE_NET_MERGE) |
                            VFEATURE(VFEATURE_NET_STATUS) | VFEATURE(VFEATURE_INDIRECT) |
                            VFEATURE(VFEATURE_EVENT_INDEX) | VFEATURE(VFEATURE_IN_ORDER);
    *error = virtio_negotiate(net->device, wanted, required);
    if (*error != 0)
        return "the device refuses to work with this driver";
    virtio_net_choose_mac(net);
    virtio_net_choose_sizes(net);
    *error = virtio_net_setup_queue(net, VNET_QUEUE_RX, &net->rx);
    if (*error != 0)
        return "no receive queue";
    *error = virtio_net_setup_queue(net, VNET_QUEUE_TX, &net->tx);
    if (*error == 0)
        *error = virtio_net_alloc_zero(net);
    if (*error != 0)
        return "no transmit queue";
    *error = virtio_net_fill(net);
    if (*error != 0)
        return "no receive buffers";
    if (net->options.interrupt != NULL)
        *error = virtio_attach(net->device, net->options.interrupt, net, "virtio-net");
    return *error != 0 ? "no interrupt" : NULL;
}

void virtio_net_start(struct virtio_net *net)
{
    virtio_net_choose_names(net);
    if (net->options.policy != VNET_TX_BLOCK)
        virtqueue_disable_interrupts(&net->tx);
    virtio_start(net->device);
    net->is_up = true;
    virtio_net_look_at_link(net);
    if (virtqueue_wants_kick(&net->rx))
        virtio_kick(net->device, VNET_QUEUE_RX);
}

void virtio_net_close(struct virtio_net *net)
{
    struct nbuf *nbuf;
    if (net->options.interrupt != NULL)
        virtio_detach(net->device);
    while ((nbuf = virtqueue_detach(&net->rx)) != NULL)
        nbuf_free(nbuf);
    uint64_t daif = spin_lock(&net->tx_lock);
    while ((nbuf = virtqueue_detach(&net->tx)) != NULL)
        nbuf_free(nbuf);
    virtqueue_fini(&net->tx);
    spin_unlock(&net->tx_lock, daif);
    virtqueue_fini(&net->rx);
    hal_dma_free(net->zero, VNET_HEADER_SIZE);
    net->zero = NULL;
}

/* ---- off and on ------------------------------------------------------------------------------ */

void virtio_net_switch_off(struct virtio_net *net)
{
    uint64_t daif = spin_lock(&net->tx_lock);
    net->is_up = false;
    spin_unlock(&net->tx_lock, daif);
    if (virtio_reset_asleep(net->device)) {
        virtio_net_close(net);
        return;
    }
    console_printf("%s: the device does not come out of reset\n", net->name);
    virtqueue_break(&net->rx, "device does not come out of reset");
    virtqueue_break(&net->tx, "device does not come out of reset");
}

int virtio_net_switch_on(struct virtio_net *net)
{
    int error = -KEIO;
    const char *why = "the device does not come out of reset";
    if (net->rx.size == 0)
        why = virtio_net_open(net, &error);
    if (why == NULL) {
        virtio_net_start(net);
        return 0;
    }
    virtio_give_up(net->device, net->name, why);
    virtio_net_close(net);
    return error;
}

/* ---- the first time -------------------------------------------------------------------------- */

void virtio_net_set_name(struct virtio_net *net, const char *name)
{
    ksnprintf(net->name, sizeof(net->name), "%s", name);
    virtio_net_choose_names(net);
}

void virtio_net_prepare(struct virtio_net *net, struct virtio_device *device,
                        const struct virtio_net_options *options)
{
    *net = (struct virtio_net){
        .device = device,
        .options = *options,
        .tx_lock = SPINLOCK_INIT("virtio-net tx"),
    };
    wait_queue_init(&net->wake);
}
