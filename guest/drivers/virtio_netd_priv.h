/*
 * virtio_netd_priv.h - what a daemon of a virtio network device consists of; for virtio_netd*.c
 */
#ifndef DRIVERS_VIRTIO_NETD_PRIV_H
#define DRIVERS_VIRTIO_NETD_PRIV_H

#include "drivers/network_scheme.h"
#include "drivers/virtio_daemon.h"
#include "drivers/virtio_net.h"

/* What the command line says. */
struct virtio_netd_arguments {
    const char *name; /* NULL: by the number of the device */
    enum virtio_net_policy policy;
    uint32_t poll_hz; /* 0: not at all */
    uint32_t rx_buffer;
    struct virtio_daemon_place place;
};

/* What the words of the event queue mean. */
enum virtio_netd_event {
    VIRTIO_NETD_REQUESTS,
    VIRTIO_NETD_TIMER,
    VIRTIO_NETD_INTERRUPT, /* and those that follow: the device's, in turn */
};

/*
 * One device. It outlives the daemon, since the device does: one that is started after another was
 * killed finds here what has to be taken back.
 */
struct virtio_netd {
    struct virtio_daemon daemon; /* first */
    struct netif_counters counters;
    struct virtio_net net;
    bool has_frames; /* the receive queue, as far as anybody was told */
    struct network_scheme scheme;
    int timer; /* a descriptor of the daemon that runs */
    uint64_t poll_ns;
};

/* False, after a message: the command line is wrong. */
bool virtio_netd_parse(struct virtio_netd_arguments *arguments, int argc, char **argv);
/* One of its interrupts came, or may have: takes it, and lets it come again. */
void virtio_netd_take_interrupt(struct virtio_netd *netd, unsigned index);
/* Looks at the receive queue; an interrupt will tell if there is nothing. */
void virtio_netd_look(struct virtio_netd *netd);

/* Reading and writing frames, for the scheme; `driver` is the daemon. */
extern const struct network_ops virtio_netd_ops;

#endif
