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
 * task when it is awake for another reason. Once more than half of the ring is in flight there is
 * an interrupt, so that a queue that has gone quiet keeps few buffers from the rest of the kernel.
 * When the ring is full nevertheless, the frame is dropped. With indirect tables the header is not
 * put in front of each frame: one block of zeroes is part of every chain.
 *
 * The boot parameter `tx` chooses another policy: `block` sleeps until the device is done with the
 * frame, `spin` looks again and again, with the interrupts of the queue switched off. Either has an
 * end, and then forgets.
 *
 * The task, `netd`, owns the receive queue; the transmit queue is shared by all that send and has a
 * lock. It stands in its wait queue while it works, so that an interrupt or netif_wake() in between
 * makes the next sleep end at once. An interrupt may be for either queue, or not say for which of
 * them it was: both are drained. Before it sleeps it asks for interrupts and looks once more. With
 * the boot parameter `poll` it sleeps a period of so many Hz at the most, and looks without having
 * heard of anything: for machines on which interrupts get lost.
 *
 * The task also switches the device off and on (`ifconfig eth0 down`, `up`): off, the device is
 * reset, which takes back whatever was in flight; on, it is initialised as at boot.
 */
#include "drivers/virtio_net.h"

#include "drivers/virtio_regs.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/file.h"
#include "kernel/lock.h"
#include "kernel/netif.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"
#include "ringside/hal.h"
#include "ringside/probe.h"

#define VNET_HEADER_SIZE   sizeof(struct vnet_header)
#define VNET_ETHERNET_SIZE 14
#define VNET_MTU           1500
#define VNET_FRAME_MAX     (VNET_ETHERNET_SIZE + VNET_MTU)
#define VNET_BUFFER_SIZE   (VNET_HEADER_SIZE + VNET_FRAME_MAX) /* 1526, 5.1.6.3.1, at the most */
#define VNET_NAME_MAX      32

#define VNET_BLOCK_NS       UINT64_C(1000000000) /* until a sender goes on without its completion */
#define VNET_SPIN_NS        UINT64_C(1000000)    /* the same, for one that spins */
#define VNET_SECOND_NS      UINT64_C(1000000000)
#define VNET_POLL_HZ_MAX    10000
#define VNET_RESET_PAUSE_NS UINT64_C(100000)      /* between two looks at a device in reset, */
#define VNET_RESET_NS       UINT64_C(20000000000) /* and until it is given up */

/*
 * Entries of each queue: the receive queues of all interfaces together leave half of the buffers to
 * the rest of the kernel.
 */
#define VNET_QUEUE_SIZE_MAX 64
kstatic_assert(VNET_QUEUE_SIZE_MAX *NETIFS_MAX <= NBUF_COUNT / 2, "receive queues and the pool");
kstatic_assert(VNET_HEADER_SIZE <= NBUF_HEADROOM, "the header goes into the headroom");
kstatic_assert(VNET_FRAME_MAX <= NBUF_SIZE - NBUF_HEADROOM, "a frame fits into a buffer");

enum virtio_net_policy {
    VNET_TX_FORGET,
    VNET_TX_BLOCK,
    VNET_TX_SPIN,
};

/* The address for a device that has none of its own; the last byte counts up. */
static const uint8_t virtio_net_default_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

struct virtio_net {
    struct virtio_device *device;
    struct netif netif;
    struct virtqueue rx; /* the task's */
    struct virtqueue tx; /* under tx_lock */
    struct spinlock tx_lock;
    struct wait_queue wake;
    bool config_changed; /* set by the interrupt, cleared by the task */
    enum virtio_net_policy policy;
    uint16_t ring_start;
    uint32_t header_size;     /* in front of each frame, as was negotiated */
    uint32_t rx_size;         /* of a receive buffer, with the header, */
    uint32_t rx_merged_size;  /* and when buffers may be merged */
    struct vnet_header *zero; /* what stands before a frame, for indirect tables; or NULL */
    uint64_t zero_physical;
    bool wanted_up, is_up;     /* is_up: the task's; all others may look */
    struct wait_queue settled; /* for those who wanted something else */
    uint64_t poll_ns;          /* a pause between two looks at the rings at the most; 0: any */
    char carrier[VNET_NAME_MAX];
    char rx_frames[VNET_NAME_MAX], rx_dropped[VNET_NAME_MAX]; /* names of counters */
    char tx_frames[VNET_NAME_MAX], tx_dropped[VNET_NAME_MAX];
};

static struct virtio_net virtio_nets[NETIFS_MAX];
static unsigned virtio_net_count;

static void virtio_net_drop_received(struct virtio_net *net, const char *why)
{
    probe_drop(net->rx.name, why);
    probe_counter(net->rx_dropped, ++net->netif.counters.rx_dropped);
}

static void virtio_net_drop_sent(struct virtio_net *net, const char *why)
{
    probe_drop(net->tx.name, why);
    probe_counter(net->tx_dropped, ++net->netif.counters.tx_dropped);
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

static void virtio_net_deliver(struct virtio_net *net, struct nbuf *nbuf)
{
    struct netif_counters *counters = &net->netif.counters;
    counters->rx_bytes += nbuf->len;
    probe_counter(net->rx_frames, ++counters->rx_frames);
    netif_input(&net->netif, nbuf);
}

static void virtio_net_received(struct virtio_net *net, struct nbuf *nbuf, uint32_t written)
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
        return;
    }
    virtio_net_post(net, fresh);
    virtio_net_deliver(net, nbuf);
}

/* Takes what is there, at most one round of the queue so that the task gets to its other duties. */
static void virtio_net_drain(struct virtio_net *net)
{
    unsigned taken = 0;
    uint32_t written;
    while (taken < net->rx.size) {
        struct nbuf *nbuf = virtqueue_take_used(&net->rx, &written);
        if (nbuf == NULL)
            break;
        virtio_net_received(net, nbuf, written);
        taken++;
    }
    if (taken > 0 && virtqueue_wants_kick(&net->rx))
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
    if (net->policy == VNET_TX_FORGET)
        virtqueue_disable_interrupts(&net->tx);
}

static void virtio_net_reclaim(struct virtio_net *net)
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
    if (net->policy == VNET_TX_FORGET && net->tx.free_count < net->tx.size / 2)
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
    while (!pending->done && net->policy == VNET_TX_BLOCK && virtqueue_enable_interrupts(&net->tx));
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

/* The frame was queued; `pending` goes away with the caller. */
static void virtio_net_await(struct virtio_net *net, struct virtqueue_pending *pending)
{
    if (net->policy == VNET_TX_BLOCK)
        virtio_net_sleep_until_sent(net, pending);
    else
        virtio_net_spin_until_sent(net, pending);
    uint64_t daif = spin_lock(&net->tx_lock);
    virtqueue_forget(&net->tx, pending);
    spin_unlock(&net->tx_lock, daif);
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

static int virtio_net_transmit(struct netif *netif, struct nbuf *nbuf)
{
    struct virtio_net *net = netif->driver;
    struct virtqueue_pending pending;
    bool waits = net->policy != VNET_TX_FORGET;
    size_t len = nbuf->len;
    if (netif->no_carrier) {
        virtio_net_drop_sent(net, "no carrier");
        nbuf_free(nbuf);
        return 0;
    }
    uint64_t daif = spin_lock(&net->tx_lock);
    int error = virtio_net_queue_locked(net, nbuf, waits ? &pending : NULL);
    if (error == 0) {
        netif->counters.tx_bytes += len;
        probe_counter(net->tx_frames, ++netif->counters.tx_frames);
    } else {
        virtio_net_drop_sent(net, virtio_net_unsent(error));
    }
    spin_unlock(&net->tx_lock, daif);

    if (error != 0) {
        nbuf_free(nbuf);
        return -KEAGAIN;
    }
    if (waits)
        virtio_net_await(net, &pending);
    return 0;
}

/* ---- interrupt and task ---------------------------------------------------------------------- */

static void virtio_net_interrupt(void *arg, uint32_t reasons)
{
    struct virtio_net *net = arg;
    if ((reasons & VIRQ_CONFIG_CHANGE) != 0)
        net->config_changed = true;
    wait_wake_all(&net->wake);
}

/* 5.1.4: without the feature the link counts as up. */
static void virtio_net_look_at_link(struct virtio_net *net)
{
    uint16_t status = VNET_STATUS_LINK_UP;
    if (virtio_has(net->device, VFEATURE_NET_STATUS))
        status = virtio_read_config16(net->device, VNET_CONFIG_STATUS);
    bool no_carrier = (status & VNET_STATUS_LINK_UP) == 0;
    if (net->netif.no_carrier == no_carrier)
        return;
    net->netif.no_carrier = no_carrier;
    probe_counter(net->carrier, no_carrier ? 0 : 1);
    console_printf("%s: link %s\n", net->netif.name, no_carrier ? "down" : "up");
}

/* A change of the configuration is one of the link, or the cry of a device in trouble, 2.1.2. */
static void virtio_net_check_config(struct virtio_net *net)
{
    if (!net->config_changed)
        return;
    net->config_changed = false;
    virtio_net_look_at_link(net);
    if (!virtio_needs_reset(net->device))
        return;
    console_printf("%s: the device needs a reset\n", net->netif.name);
    virtqueue_break(&net->rx, "device needs reset");
    uint64_t daif = spin_lock(&net->tx_lock);
    virtqueue_break(&net->tx, "device needs reset");
    spin_unlock(&net->tx_lock, daif);
}

/* ---- initialisation -------------------------------------------------------------------------- */

static void virtio_net_choose_mac(struct virtio_net *net)
{
    if (virtio_has(net->device, VFEATURE_NET_MAC)) {
        virtio_read_config(net->device, VNET_CONFIG_MAC, net->netif.mac, 6);
        return;
    }
    memcpy(net->netif.mac, virtio_net_default_mac, 6);
    net->netif.mac[5] = (uint8_t)(net->netif.mac[5] + (net - virtio_nets));
}

static void virtio_net_choose_names(struct virtio_net *net)
{
    const char *name = net->netif.name;
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
        error = virtqueue_configure(queue, net->device->features, net->ring_start);
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
    net->rx_size = merges ? net->rx_merged_size : net->header_size + VNET_FRAME_MAX;
}

/* From reset to everything but DRIVER_OK. NULL, or the step that failed, with the error. */
static const char *virtio_net_open(struct virtio_net *net, int *error)
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
    *error = virtio_attach(net->device, virtio_net_interrupt, net, "virtio-net");
    return *error != 0 ? "no interrupt" : NULL;
}

/* DRIVER_OK, and what needs a device that is live. */
static void virtio_net_start(struct virtio_net *net)
{
    virtio_net_choose_names(net);
    if (net->policy != VNET_TX_BLOCK)
        virtqueue_disable_interrupts(&net->tx);
    virtio_start(net->device);
    net->is_up = true;
    virtio_net_look_at_link(net);
    if (virtqueue_wants_kick(&net->rx))
        virtio_kick(net->device, VNET_QUEUE_RX);
}

/* Takes interrupt, buffers and rings back after the device was reset. */
static void virtio_net_close(struct virtio_net *net)
{
    struct nbuf *nbuf;
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

/* A slow device is waited for asleep. False: it does not come out of reset. */
static bool virtio_net_reset(struct virtio_net *net)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t end_ns = now_ns + VNET_RESET_NS;
    struct wait_queue nobody;
    struct waiter waiter;
    wait_queue_init(&nobody);
    virtio_begin_reset(net->device);
    while (!virtio_is_reset(net->device)) {
        now_ns = clock_now_ns();
        if (now_ns >= end_ns)
            return false;
        wait_prepare(&nobody, &waiter, "reset");
        wait_commit_uninterruptible(&waiter, now_ns + VNET_RESET_PAUSE_NS);
        wait_finish(&waiter);
    }
    return true;
}

/*
 * Senders find the interface down from now on. A device that does not come out of reset may still
 * use its memory, which is lost then.
 */
static void virtio_net_switch_off(struct virtio_net *net)
{
    uint64_t daif = spin_lock(&net->tx_lock);
    net->is_up = false;
    spin_unlock(&net->tx_lock, daif);
    if (virtio_net_reset(net)) {
        virtio_net_close(net);
        return;
    }
    console_printf("%s: the device does not come out of reset\n", net->netif.name);
    virtqueue_break(&net->rx, "device does not come out of reset");
    virtqueue_break(&net->tx, "device does not come out of reset");
}

static void virtio_net_switch_on(struct virtio_net *net)
{
    int error = -KEIO;
    const char *why = "the device does not come out of reset";
    if (net->rx.size == 0)
        why = virtio_net_open(net, &error);
    if (why == NULL) {
        virtio_net_start(net);
        return;
    }
    virtio_give_up(net->device, net->netif.name, why);
    virtio_net_close(net);
    net->wanted_up = false;
}

/* Does what somebody wants of the device. */
static void virtio_net_switch(struct virtio_net *net)
{
    if (net->wanted_up == net->is_up)
        return;
    if (net->wanted_up)
        virtio_net_switch_on(net);
    else
        virtio_net_switch_off(net);
    wait_wake_all(&net->settled);
    wait_wake_all(&net->wake); /* senders that waited for a chain that is gone */
}

static int virtio_net_set_up(struct netif *netif, bool up)
{
    struct virtio_net *net = netif->driver;
    struct waiter waiter;
    net->wanted_up = up;
    wait_wake_all(&net->wake);
    for (;;) {
        wait_prepare(&net->settled, &waiter, "reset");
        if (net->wanted_up == net->is_up)
            break;
        wait_commit_uninterruptible(&waiter, WAIT_FOREVER);
    }
    wait_finish(&waiter);
    return net->is_up == up ? 0 : -KEIO;
}

/* ---- task ------------------------------------------------------------------------------------ */

/* When the stack wants another round, or who is told to poll. */
static uint64_t virtio_net_next_round(const struct virtio_net *net, uint64_t stack_ns)
{
    uint64_t look_ns = net->poll_ns > 0 ? clock_now_ns() + net->poll_ns : WAIT_FOREVER;
    return stack_ns < look_ns ? stack_ns : look_ns;
}

/* One round of the task. Returns when it has to run again at the latest. */
static uint64_t virtio_net_service(struct virtio_net *net)
{
    virtio_net_switch(net);
    virtio_net_check_config(net);
    virtio_net_reclaim(net);
    virtio_net_drain(net);
    return virtio_net_next_round(net, netif_poll(clock_now_ns()));
}

/* Whether a sender sleeps for frames that were sent; if not yet, an interrupt will tell. */
static bool virtio_net_has_sent(struct virtio_net *net)
{
    if (net->policy != VNET_TX_BLOCK)
        return false;
    if (!net->tx.event_index)
        return virtqueue_has_used(&net->tx);
    uint64_t daif = spin_lock(&net->tx_lock);
    bool sent = virtqueue_enable_interrupts(&net->tx);
    spin_unlock(&net->tx_lock, daif);
    return sent;
}

/* The last look before the task sleeps. */
static bool virtio_net_has_work(struct virtio_net *net)
{
    bool received = virtqueue_enable_interrupts(&net->rx);
    return virtio_net_has_sent(net) || received || net->wanted_up != net->is_up;
}

static void virtio_net_task(void *arg)
{
    struct virtio_net *net = arg;
    struct waiter waiter;
    for (;;) {
        wait_prepare(&net->wake, &waiter, "irq");
        uint64_t deadline_ns = virtio_net_service(net);
        if (!virtio_net_has_work(net))
            wait_commit_uninterruptible(&waiter, deadline_ns);
    }
}

/* The first interface's task is called netd, those of the others netd1, netd2, … */
static int virtio_net_create_task(struct virtio_net *net)
{
    char name[TASK_NAME_MAX] = "netd";
    if (net->netif.index > 0)
        ksnprintf(name, sizeof(name), "netd%u", net->netif.index);
    return task_create(name, virtio_net_task, net) != NULL ? 0 : -KENOMEM;
}

/* ---- the first time -------------------------------------------------------------------------- */

/* NULL, or the step that failed, with the error. */
static const char *virtio_net_init(struct virtio_net *net, int *error)
{
    const char *why = virtio_net_open(net, error);
    if (why != NULL)
        return why;
    *error = netif_register(&net->netif);
    if (*error != 0)
        return "too many interfaces";
    virtio_net_choose_names(net);
    *error = virtio_net_create_task(net);
    if (*error != 0) {
        netif_unregister(&net->netif); /* nobody would ever hear what it receives */
        return "no task";
    }
    virtio_net_count++;
    return NULL;
}

/* The boot parameter `name`, a number up to `max`; `otherwise` without it. */
static uint32_t virtio_net_parameter(const char *name, uint32_t max, uint32_t otherwise)
{
    uint32_t value;
    const char *text = boot_parameter(name);
    if (text == NULL)
        return otherwise;
    if (!kparse_u32(text, max, &value))
        kpanic("a boot parameter of the network driver is not a number in its range");
    return value;
}

static enum virtio_net_policy virtio_net_choose_policy(void)
{
    const char *text = boot_parameter("tx");
    if (text == NULL || kstreq(text, "forget"))
        return VNET_TX_FORGET;
    if (kstreq(text, "block"))
        return VNET_TX_BLOCK;
    if (!kstreq(text, "spin"))
        kpanic("boot parameter tx: neither forget, block nor spin");
    return VNET_TX_SPIN;
}

/*
 * Buffers as large as a frame, unless the boot parameter `rx-buffer` wants smaller ones; the device
 * may merge those, if it can.
 */
static void virtio_net_choose_parameters(struct virtio_net *net)
{
    uint32_t poll_hz = virtio_net_parameter("poll", VNET_POLL_HZ_MAX, 0);
    net->poll_ns = poll_hz > 0 ? VNET_SECOND_NS / poll_hz : 0;
    net->policy = virtio_net_choose_policy();
    net->ring_start = (uint16_t)virtio_net_parameter("ring-start", UINT16_MAX, 0);
    net->rx_merged_size = virtio_net_parameter("rx-buffer", VNET_BUFFER_SIZE, VNET_BUFFER_SIZE);
    if (net->rx_merged_size < VNET_HEADER_SIZE + VNET_ETHERNET_SIZE)
        kpanic("boot parameter rx-buffer: less than the headers");
}

int virtio_net_probe(struct virtio_device *device)
{
    if (virtio_net_count == NETIFS_MAX) {
        virtio_give_up(device, "virtio-net", "too many devices");
        return -KENOSPC;
    }
    struct virtio_net *net = &virtio_nets[virtio_net_count];
    *net = (struct virtio_net){
        .device = device,
        .wanted_up = true,
        .tx_lock = SPINLOCK_INIT("virtio-net tx"),
        .netif =
            {
                .mtu = VNET_MTU,
                .transmit = virtio_net_transmit,
                .set_up = virtio_net_set_up,
                .driver = net,
            },
    };
    wait_queue_init(&net->wake);
    wait_queue_init(&net->settled);
    net->netif.wake = &net->wake;
    virtio_net_choose_parameters(net);

    int error;
    const char *why = virtio_net_init(net, &error);
    if (why != NULL) {
        virtio_give_up(device, "virtio-net", why);
        virtio_net_close(net);
        return error;
    }
    virtio_net_start(net);
    return 0;
}
