/*
 * virtio_netif.c - a virtio network device as an interface of the kernel's stack
 *
 * The task, `netd`, owns the receive queue; the transmit queue is shared by all that send. It
 * stands in its wait queue while it works, so that an interrupt or netif_wake() in between makes
 * the next sleep end at once. Both queues are drained, whatever the interrupt was for. Before it
 * sleeps it asks for interrupts and looks once more. With the boot parameter `poll` it sleeps a
 * period of so many Hz at the most, and looks without having heard of anything: for machines on
 * which interrupts get lost.
 *
 * The task also switches the device off and on (`ifconfig eth0 down`, `up`).
 *
 * The boot parameter `tx` chooses what a sender does about the completion of its frame: `forget`,
 * `block` or `spin`.
 */
#include "drivers/virtio_netif.h"

#include "drivers/virtio_net.h"
#include "drivers/virtio_regs.h"
#include "kernel/clock.h"
#include "kernel/file.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/kassert.h"
#include "lib/string.h"

#define VIRTIO_NETIF_SECOND_NS   UINT64_C(1000000000)
#define VIRTIO_NETIF_POLL_HZ_MAX 10000

struct virtio_netif {
    struct netif netif;
    struct virtio_net net;
    bool wanted_up;
    struct wait_queue settled; /* for those who wanted something else */
    uint64_t poll_ns;          /* a pause between two looks at the rings at the most; 0: any */
};

static struct virtio_netif virtio_netifs[NETIFS_MAX];
static unsigned virtio_netif_count;

static void virtio_netif_interrupt(void *arg, uint32_t reasons)
{
    struct virtio_net *net = arg;
    if ((reasons & VIRQ_CONFIG_CHANGE) != 0)
        net->config_changed = true;
    wait_wake_all(&net->wake);
}

static int virtio_netif_transmit(struct netif *netif, struct nbuf *nbuf)
{
    struct virtio_netif *front = netif->driver;
    return virtio_net_transmit(&front->net, nbuf);
}

/* What the stack asks the interface for. */
static void virtio_netif_show(struct virtio_netif *front)
{
    front->netif.no_carrier = front->net.no_carrier;
    memcpy(front->netif.mac, front->net.mac, sizeof(front->netif.mac));
}

/* ---- off and on ------------------------------------------------------------------------------ */

/* Does what somebody wants of the device. */
static void virtio_netif_switch(struct virtio_netif *front)
{
    if (front->wanted_up == front->net.is_up)
        return;
    if (!front->wanted_up)
        virtio_net_switch_off(&front->net);
    else if (virtio_net_switch_on(&front->net) != 0)
        front->wanted_up = false;
    virtio_netif_show(front);
    wait_wake_all(&front->settled);
    wait_wake_all(&front->net.wake); /* senders that waited for a chain that is gone */
}

static int virtio_netif_set_up(struct netif *netif, bool up)
{
    struct virtio_netif *front = netif->driver;
    struct waiter waiter;
    front->wanted_up = up;
    wait_wake_all(&front->net.wake);
    for (;;) {
        wait_prepare(&front->settled, &waiter, "reset");
        if (front->wanted_up == front->net.is_up)
            break;
        wait_commit_uninterruptible(&waiter, WAIT_FOREVER);
    }
    wait_finish(&waiter);
    return front->net.is_up == up ? 0 : -KEIO;
}

/* ---- task ------------------------------------------------------------------------------------ */

/* Takes what is there, at most one round of the queue so that the task gets to its other duties. */
static void virtio_netif_drain(struct virtio_netif *front)
{
    const unsigned round = front->net.rx.size;
    unsigned budget = round;
    struct nbuf *nbuf;
    while ((nbuf = virtio_net_receive(&front->net, &budget)) != NULL)
        netif_input(&front->netif, nbuf);
    if (budget < round)
        virtio_net_kick_receive(&front->net);
}

/* When the stack wants another round, or who is told to poll. */
static uint64_t virtio_netif_next_round(const struct virtio_netif *front, uint64_t stack_ns)
{
    uint64_t look_ns = front->poll_ns > 0 ? clock_now_ns() + front->poll_ns : WAIT_FOREVER;
    return stack_ns < look_ns ? stack_ns : look_ns;
}

/* One round of the task. Returns when it has to run again at the latest. */
static uint64_t virtio_netif_service(struct virtio_netif *front)
{
    virtio_netif_switch(front);
    virtio_net_check_config(&front->net);
    front->netif.no_carrier = front->net.no_carrier;
    virtio_net_reclaim(&front->net);
    virtio_netif_drain(front);
    return virtio_netif_next_round(front, netif_poll(clock_now_ns()));
}

/* The last look before the task sleeps. */
static bool virtio_netif_has_work(struct virtio_netif *front)
{
    bool has_work = virtio_net_has_work(&front->net);
    return has_work || front->wanted_up != front->net.is_up;
}

static void virtio_netif_task(void *arg)
{
    struct virtio_netif *front = arg;
    struct waiter waiter;
    for (;;) {
        wait_prepare(&front->net.wake, &waiter, "irq");
        uint64_t deadline_ns = virtio_netif_service(front);
        if (!virtio_netif_has_work(front))
            wait_commit_uninterruptible(&waiter, deadline_ns);
    }
}

/* The first interface's task is called netd, those of the others netd1, netd2, … */
static int virtio_netif_create_task(struct virtio_netif *front)
{
    char name[TASK_NAME_MAX] = "netd";
    if (front->netif.index > 0)
        ksnprintf(name, sizeof(name), "netd%u", front->netif.index);
    return task_create(name, virtio_netif_task, front) != NULL ? 0 : -KENOMEM;
}

/* ---- the first time -------------------------------------------------------------------------- */

/* NULL, or the step that failed, with the error. */
static const char *virtio_netif_init(struct virtio_netif *front, int *error)
{
    const char *why = virtio_net_open(&front->net, error);
    if (why != NULL)
        return why;
    virtio_netif_show(front);
    *error = netif_register(&front->netif);
    if (*error != 0)
        return "too many interfaces";
    virtio_net_set_name(&front->net, front->netif.name);
    *error = virtio_netif_create_task(front);
    if (*error != 0) {
        netif_unregister(&front->netif); /* nobody would ever hear what it receives */
        return "no task";
    }
    virtio_netif_count++;
    return NULL;
}

/* The boot parameter `name`, a number up to `max`; `otherwise` without it. */
static uint32_t virtio_netif_parameter(const char *name, uint32_t max, uint32_t otherwise)
{
    uint32_t value;
    const char *text = boot_parameter(name);
    if (text == NULL)
        return otherwise;
    if (!kparse_u32(text, max, &value))
        kpanic("a boot parameter of the network driver is not a number in its range");
    return value;
}

static enum virtio_net_policy virtio_netif_choose_policy(void)
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
static void virtio_netif_choose_parameters(struct virtio_netif *front,
                                           struct virtio_net_options *options)
{
    uint32_t poll_hz = virtio_netif_parameter("poll", VIRTIO_NETIF_POLL_HZ_MAX, 0);
    front->poll_ns = poll_hz > 0 ? VIRTIO_NETIF_SECOND_NS / poll_hz : 0;
    options->policy = virtio_netif_choose_policy();
    options->ring_start = (uint16_t)virtio_netif_parameter("ring-start", UINT16_MAX, 0);
    options->rx_buffer = virtio_netif_parameter("rx-buffer", VNET_BUFFER_MAX, VNET_BUFFER_MAX);
    if (options->rx_buffer < VNET_BUFFER_MIN)
        kpanic("boot parameter rx-buffer: less than the headers");
}

static void virtio_netif_prepare(struct virtio_netif *front, struct virtio_device *device)
{
    struct virtio_net_options options = {
        .interrupt = virtio_netif_interrupt,
        .counters = &front->netif.counters,
        .number = virtio_netif_count,
    };
    *front = (struct virtio_netif){
        .wanted_up = true,
        .netif =
            {
                .mtu = VNET_MTU,
                .transmit = virtio_netif_transmit,
                .set_up = virtio_netif_set_up,
                .driver = front,
                .wake = &front->net.wake,
            },
    };
    wait_queue_init(&front->settled);
    virtio_netif_choose_parameters(front, &options);
    virtio_net_prepare(&front->net, device, &options);
}

int virtio_netif_probe(struct virtio_device *device)
{
    if (virtio_netif_count == NETIFS_MAX) {
        virtio_give_up(device, "virtio-net", "too many devices");
        return -KENOSPC;
    }
    struct virtio_netif *front = &virtio_netifs[virtio_netif_count];
    virtio_netif_prepare(front, device);

    int error;
    const char *why = virtio_netif_init(front, &error);
    if (why != NULL) {
        virtio_give_up(device, "virtio-net", why);
        virtio_net_close(&front->net);
        return error;
    }
    virtio_net_start(&front->net);
    virtio_netif_show(front);
    return 0;
}
