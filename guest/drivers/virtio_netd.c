/*
 * virtio_netd.c - the daemon of a virtio network device
 *
 * One task, one loop. It waits for an event: a request, an interrupt, or a period that is over;
 * takes the interrupt; and then does everything that there is to do, as an interrupt may be for
 * either queue, and requests and frames make each other possible. It never waits for the device in
 * any other place, unless it was told to spin.
 *
 * The receive queue is looked at when an interrupt came, or a period is over, and from then on
 * until it is empty; with that the next interrupt is asked for, and the queue looked at once more,
 * for what came in between. Requests are no reason to look: a device whose interrupts are lost is
 * as silent here as anywhere. Frames that nobody reads stay in the queue: that is all the memory
 * that there is for them, and those who want them were told.
 *
 * The scheme is registered before the device is touched. Requests wait until it is up; and a second
 * daemon for the same device ends there, with nothing spoilt. A device that another daemon has left
 * behind, when that was killed, is first reset, and its buffers come back.
 */
#include "drivers/virtio_netd.h"

#include "drivers/virtio_netd_priv.h"
#include "drivers/virtio_regs.h"
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define VIRTIO_NETD_EXIT_FAILED 1
#define VIRTIO_NETD_EXIT_USAGE  2
#define VIRTIO_NETD_EVENTS      16 /* that are read at once */
#define VIRTIO_NETD_SECOND_NS   UINT64_C(1000000000)

static struct virtio_daemon *virtio_netds[NETIFS_MAX];

/* ---- the loop -------------------------------------------------------------------------------- */

/* The next look without an interrupt. */
static void virtio_netd_set_timer(const struct virtio_netd *netd)
{
    struct kernel_timespec time;
    if (sys_clock_gettime(CLOCK_MONOTONIC, &time) != 0)
        return;
    uint64_t nsec = (uint64_t)time.tv_nsec + netd->poll_ns;
    time.tv_sec += (int64_t)(nsec / VIRTIO_NETD_SECOND_NS);
    time.tv_nsec = (int64_t)(nsec % VIRTIO_NETD_SECOND_NS);
    (void)sys_write(netd->timer, &time, sizeof time);
}

static void virtio_netd_take_event(struct virtio_netd *netd, uint64_t event)
{
    if (event == VIRTIO_NETD_REQUESTS)
        return;
    if (event == VIRTIO_NETD_TIMER)
        virtio_netd_set_timer(netd);
    else
        virtio_netd_take_interrupt(netd, (unsigned)event - VIRTIO_NETD_INTERRUPT);
    virtio_netd_look(netd);
}

/* 0; an error: there is nobody to be served any more. */
static int virtio_netd_tick(struct virtio_netd *netd)
{
    virtio_net_check_config(&netd->net);
    virtio_net_reclaim(&netd->net);
    return network_scheme_tick(&netd->scheme);
}

/* Until everything is done, and whatever comes next will be heard of. */
static int virtio_netd_settle(struct virtio_netd *netd)
{
    int error;
    do
        error = virtio_netd_tick(netd);
    while (error == 0 && virtio_net_has_sent(&netd->net));
    return error;
}

static int virtio_netd_loop(struct virtio_netd *netd)
{
    struct event_entry events[VIRTIO_NETD_EVENTS];
    int error;
    while ((error = virtio_netd_settle(netd)) == 0) {
        long size = sys_read(netd->daemon.queue, events, sizeof events);
        if (size < 0 && size != -KEINTR)
            return (int)size;
        for (long i = 0; i < size / (long)sizeof events[0]; i++)
            virtio_netd_take_event(netd, events[i].data);
    }
    return error;
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void virtio_netd_prepare(struct virtio_netd *netd,
                                const struct virtio_netd_arguments *arguments)
{
    const struct virtio_net_options options = {
        .counters = &netd->counters,
        .number = netd->daemon.number,
        .policy = arguments->policy,
        .rx_buffer = arguments->rx_buffer,
    };
    if (netd->net.rx.size != 0)
        virtio_net_switch_off(&netd->net);
    virtio_net_prepare(&netd->net, netd->daemon.device, &options);
    netd->poll_ns = arguments->poll_hz > 0 ? VIRTIO_NETD_SECOND_NS / arguments->poll_hz : 0;
}

static void virtio_netd_set_name(struct virtio_netd *netd,
                                 const struct virtio_netd_arguments *arguments)
{
    char name[NETIF_NAME_MAX];
    ksnprintf(name, sizeof name, "eth%u", netd->daemon.number);
    virtio_net_set_name(&netd->net, arguments->name != NULL ? arguments->name : name);
}

static const char *virtio_netd_open_timer(struct virtio_netd *netd)
{
    if (netd->poll_ns == 0)
        return NULL;
    netd->timer = (int)sys_open(SCHEME_ROOT "time/1", O_RDWR);
    if (netd->timer < 0 ||
        sys_watch(netd->daemon.queue, netd->timer, EVENT_READ, VIRTIO_NETD_TIMER) != 0)
        return "no clock to poll by";
    virtio_netd_set_timer(netd);
    return NULL;
}

static const char *virtio_netd_open_scheme(struct virtio_netd *netd)
{
    char name[SCHEME_NAME_MAX];
    ksnprintf(name, sizeof name, "network.%s_virtio_net", netd->daemon.device_name);
    return virtio_daemon_open_scheme(&netd->daemon, name, VIRTIO_NETD_REQUESTS);
}

/* From the device's reset to DRIVER_OK. NULL, or what is wrong, after giving up. */
static const char *virtio_netd_bring_up(struct virtio_netd *netd,
                                        const struct virtio_netd_arguments *arguments)
{
    int error;
    virtio_netd_prepare(netd, arguments);
    const char *why = virtio_net_open(&netd->net, &error);
    if (why == NULL)
        why = virtio_daemon_open_interrupts(&netd->daemon, VIRTIO_NETD_INTERRUPT);
    if (why == NULL)
        why = virtio_netd_open_timer(netd);
    if (why != NULL) {
        virtio_give_up(netd->daemon.device, "virtio-netd", why);
        virtio_net_close(&netd->net);
        return why;
    }
    virtio_netd_set_name(netd, arguments);
    virtio_unmask(netd->daemon.device);
    virtio_net_start(&netd->net);
    virtio_netd_look(netd);
    network_scheme_init(&netd->scheme, netd->daemon.root, netd->net.mac, &virtio_netd_ops, netd);
    return NULL;
}

static const char *virtio_netd_serve(struct virtio_netd *netd,
                                     const struct virtio_netd_arguments *arguments)
{
    struct virtio_daemon *daemon = &netd->daemon;
    ksnprintf(daemon->device_name, sizeof daemon->device_name, "%s", arguments->place.text);
    const char *why = virtio_netd_open_scheme(netd);
    if (why == NULL)
        why = virtio_daemon_find(daemon, &arguments->place, VDEVICE_NET);
    if (daemon->device == NULL)
        daemon->device_name[0] = '\0'; /* for another one */
    if (why == NULL)
        why = virtio_netd_bring_up(netd, arguments);
    if (why != NULL)
        return why;
    (void)sys_ready(); /* whoever started it need not wait */
    (void)virtio_netd_loop(netd);
    return "its requests, or its events, have come to an end";
}

int virtio_netd_main(int argc, char **argv)
{
    struct virtio_netd_arguments arguments;
    if (!virtio_netd_parse(&arguments, argc, argv))
        return VIRTIO_NETD_EXIT_USAGE;
    struct virtio_netd *netd =
        virtio_daemon_keep(virtio_netds, NETIFS_MAX, sizeof *netd, arguments.place.text);
    const char *why =
        netd != NULL ? virtio_netd_serve(netd, &arguments) : "there is no place for one more";
    virtio_daemon_say("virtio-netd", arguments.place.text, why);
    return VIRTIO_NETD_EXIT_FAILED;
}
