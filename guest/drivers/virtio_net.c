/*
 * virtio_net.c - driver of the virtio network device [VIRTIO1.2] 5.1
 *
 * A buffer of the kernel's pool is one descriptor: the device's header, which is shorter for a
 * legacy device, stands in its headroom, the frame behind it.
 *
 * Receiving. Every descriptor of the receive queue has a buffer, always. When a frame arrives, a
 * fresh buffer takes the place of the full one, which goes up the stack; when there is no fresh
 * one, or the frame makes no sense, the full one goes back and the frame is lost.
 *
 * Sending. Nobody waits for a completion: a frame is queued and forgotten. Buffers that the device
 * is done with are reclaimed before the next frame is queued, and by the task. When the ring is
 * full nevertheless, the frame is dropped.
 *
 * The task, `netd`, owns the receive queue; the transmit queue is shared by all that send and has a
 * lock. It stands in its wait queue while it works, so that an interrupt or netif_wake() in between
 * makes the next sleep end at once. Both queues share one interrupt, which does not say which of
 * them it was: both are drained.
 */
#include "drivers/virtio_net.h"

#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/irq.h"
#include "kernel/lock.h"
#include "kernel/netif.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"
#include "ringside/probe.h"

#define VNET_HEADER_SIZE   sizeof(struct vnet_header)
#define VNET_ETHERNET_SIZE 14
#define VNET_MTU           1500
#define VNET_FRAME_MAX     (VNET_ETHERNET_SIZE + VNET_MTU) /* with the header 1526, 5.1.6.3.1 */
#define VNET_NAME_MAX      32

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

struct virtio_net {
    struct virtio_mmio *device;
    struct netif netif;
    struct virtqueue rx; /* the task's */
    struct virtqueue tx; /* under tx_lock */
    struct spinlock tx_lock;
    struct wait_queue wake;
    uint32_t header_size; /* in front of each frame, as was negotiated */
    bool config_changed;  /* set by the interrupt, cleared by the task */
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
        .size = net->header_size + VNET_FRAME_MAX,
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
    if (written > net->header_size + VNET_FRAME_MAX)
        return "longer than its buffer";
    return NULL;
}

static void virtio_net_deliver(struct virtio_net *net, struct nbuf *nbuf, size_t len)
{
    struct netif_counters *counters = &net->netif.counters;
    nbuf_put(nbuf, len);
    counters->rx_bytes += len;
    probe_counter(net->rx_frames, ++counters->rx_frames);
    netif_input(&net->netif, nbuf);
}

static void virtio_net_received(struct virtio_net *net, struct nbuf *nbuf, uint32_t written)
{
    const char *why = virtio_net_bad_length(net, written);
    struct nbuf *fresh = why == NULL ? nbuf_alloc() : NULL;
    if (why == NULL && fresh == NULL)
        why = "no buffer to take its place";
    if (why != NULL) {
        virtio_net_drop_received(net, why);
        virtio_net_post(net, nbuf);
        return;
    }
    virtio_net_post(net, fresh);
    virtio_net_deliver(net, nbuf, written - net->header_size);
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
        virtio_mmio_kick(net->device, VNET_QUEUE_RX);
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
}

static void virtio_net_reclaim(struct virtio_net *net)
{
    if (!virtqueue_has_used(&net->tx))
        return;
    uint64_t daif = spin_lock(&net->tx_lock);
    virtio_net_reclaim_locked(net);
    spin_unlock(&net->tx_lock, daif);
}

/* Queues a buffer that begins with the header. Under tx_lock. */
static int virtio_net_queue_locked(struct virtio_net *net, struct nbuf *nbuf)
{
    struct virtqueue_segment segment = {
        .physical = nbuf_physical(nbuf),
        .size = (uint32_t)nbuf->len,
    };
    virtio_net_reclaim_locked(net);
    int error = virtqueue_add(&net->tx, &segment, 1, nbuf);
    if (error != 0)
        return error;
    virtqueue_publish(&net->tx);
    if (virtqueue_wants_kick(&net->tx))
        virtio_mmio_kick(net->device, VNET_QUEUE_TX);
    return 0;
}

static int virtio_net_transmit(struct netif *netif, struct nbuf *nbuf)
{
    struct virtio_net *net = netif->driver;
    size_t len = nbuf->len;
    memset(nbuf_push(nbuf, net->header_size), 0, net->header_size);

    uint64_t daif = spin_lock(&net->tx_lock);
    int error = virtio_net_queue_locked(net, nbuf);
    if (error == 0) {
        netif->counters.tx_bytes += len;
        probe_counter(net->tx_frames, ++netif->counters.tx_frames);
    } else {
        virtio_net_drop_sent(net, error == -KENOSPC ? "ring full" : "ring broken");
    }
    spin_unlock(&net->tx_lock, daif);

    if (error == 0)
        return 0;
    nbuf_free(nbuf);
    return -KEAGAIN;
}

/* ---- interrupt and task ---------------------------------------------------------------------- */

/*
 * The status is acknowledged before anybody looks at the rings: what the device adds afterwards
 * raises the line again.
 */
static void virtio_net_interrupt(void *arg)
{
    struct virtio_net *net = arg;
    uint32_t status = virtio_mmio_take_interrupts(net->device);
    if ((status & VIRQ_CONFIG_CHANGE) != 0)
        net->config_changed = true;
    if (status != 0)
        wait_wake_all(&net->wake);
}

/*
 * Nothing in the configuration matters to us, but a device in trouble says so in the same way,
 * 2.1.2.
 */
static void virtio_net_check_config(struct virtio_net *net)
{
    if (!net->config_changed)
        return;
    net->config_changed = false;
    if (!virtio_mmio_needs_reset(net->device))
        return;
    console_printf("%s: the device needs a reset\n", net->netif.name);
    virtqueue_break(&net->rx, "device needs reset");
    uint64_t daif = spin_lock(&net->tx_lock);
    virtqueue_break(&net->tx, "device needs reset");
    spin_unlock(&net->tx_lock, daif);
}

/* One round of the task. Returns when it has to run again at the latest. */
static uint64_t virtio_net_service(struct virtio_net *net)
{
    virtio_net_check_config(net);
    virtio_net_reclaim(net);
    virtio_net_drain(net);
    return netif_poll(clock_now_ns());
}

static bool virtio_net_has_work(const struct virtio_net *net)
{
    return virtqueue_has_used(&net->rx) || virtqueue_has_used(&net->tx);
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

/* ---- initialisation -------------------------------------------------------------------------- */

static void virtio_net_choose_mac(struct virtio_net *net)
{
    if (virtio_mmio_has(net->device, VFEATURE_NET_MAC)) {
        virtio_mmio_read_config(net->device, VNET_CONFIG_MAC, net->netif.mac, 6);
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
    ksnprintf(net->rx_frames, VNET_NAME_MAX, "%s.rx.frames", name);
    ksnprintf(net->rx_dropped, VNET_NAME_MAX, "%s.rx.dropped", name);
    ksnprintf(net->tx_frames, VNET_NAME_MAX, "%s.tx.frames", name);
    ksnprintf(net->tx_dropped, VNET_NAME_MAX, "%s.tx.dropped", name);
}

/* The first interface's task is called netd, those of the others netd1, netd2, … */
static int virtio_net_create_task(struct virtio_net *net)
{
    char name[TASK_NAME_MAX] = "netd";
    if (net->netif.index > 0)
        ksnprintf(name, sizeof(name), "netd%u", net->netif.index);
    return task_create(name, virtio_net_task, net) != NULL ? 0 : -KENOMEM;
}

/* NULL, or the step that failed, with the error. */
static const char *virtio_net_init(struct virtio_net *net, int *error)
{
    struct virtio_mmio *device = net->device;
    /* Header and frame are one descriptor, which a legacy device need not bear, 5.1.6.6. */
    uint64_t required =
        device->legacy ? VFEATURE(VFEATURE_ANY_LAYOUT) : VFEATURE(VFEATURE_VERSION_1);
    *error = virtio_mmio_negotiate(device, required | VFEATURE(VFEATURE_NET_MAC), required);
    if (*error != 0)
        return "the device refuses to work with this driver";
    virtio_net_choose_mac(net);
    *error = virtio_mmio_setup_queue(device, VNET_QUEUE_RX, VNET_QUEUE_SIZE_MAX, &net->rx);
    if (*error != 0)
        return "no receive queue";
    *error = virtio_mmio_setup_queue(device, VNET_QUEUE_TX, VNET_QUEUE_SIZE_MAX, &net->tx);
    if (*error != 0)
        return "no transmit queue";
    *error = virtio_net_fill(net);
    if (*error != 0)
        return "no receive buffers";
    *error =
        irq_attach(device->intid, device->edge_triggered, virtio_net_interrupt, net, "virtio-net");
    if (*error != 0)
        return "no interrupt";
    *error = netif_register(&net->netif);
    if (*error != 0)
        return "too many interfaces";
    virtio_net_count++; /* the kernel keeps the interface, whatever comes */
    virtio_net_choose_names(net);
    *error = virtio_net_create_task(net);
    return *error != 0 ? "no task" : NULL;
}

/* Takes buffers and rings back after the device was reset. */
static void virtio_net_fini(struct virtio_net *net)
{
    for (unsigned head = 0; head < net->rx.size; head++)
        nbuf_free(net->rx.tokens[head]);
    virtqueue_fini(&net->rx);
    virtqueue_fini(&net->tx);
}

int virtio_net_probe(struct virtio_mmio *device)
{
    if (virtio_net_count == NETIFS_MAX) {
        virtio_mmio_give_up(device, "virtio-net", "too many devices");
        return -KENOSPC;
    }
    struct virtio_net *net = &virtio_nets[virtio_net_count];
    *net = (struct virtio_net){
        .device = device,
        .tx_lock = SPINLOCK_INIT("virtio-net tx"),
        .header_size = device->legacy ? VNET_HEADER_SIZE_LEGACY : VNET_HEADER_SIZE,
        .netif = {.mtu = VNET_MTU, .transmit = virtio_net_transmit, .driver = net},
    };
    wait_queue_init(&net->wake);
    net->netif.wake = &net->wake;

    int error;
    const char *why = virtio_net_init(net, &error);
    if (why != NULL) {
        virtio_mmio_give_up(device, "virtio-net", why);
        virtio_net_fini(net);
        return error;
    }
    virtio_mmio_start(device);
    virtio_mmio_kick(device, VNET_QUEUE_RX);
    return 0;
}
