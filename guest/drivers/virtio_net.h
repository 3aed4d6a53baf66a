/*
 * virtio_net.h - the virtio network device [VIRTIO1.2] 5.1, without those who drive it
 *
 * Rings, frames and the link. There is no task and no interrupt in here: two fronts have them,
 * virtio_netif.c, an interface of the kernel's stack, and virtio_netd.c, a daemon. Each of them
 *   - brings the device up: virtio_net_prepare(), virtio_net_open(), virtio_net_set_name(),
 *     virtio_net_start();
 *   - has one task that receives, and looks at the configuration when an interrupt says so;
 *   - sends from any task;
 *   - asks for interrupts and looks once more before that task sleeps.
 *
 * Frames are buffers of the kernel (kernel/nbuf.h), from the Ethernet header on.
 */
#ifndef DRIVERS_VIRTIO_NET_H
#define DRIVERS_VIRTIO_NET_H

#include "drivers/virtio_transport.h"
#include "kernel/netif.h"
#include "kernel/spinlock.h"

#define VNET_ETHERNET_SIZE 14
#define VNET_MTU           1500
#define VNET_FRAME_MAX     (VNET_ETHERNET_SIZE + VNET_MTU)
/* Of a receive buffer, with the device's header: at the least, and at the most, 5.1.6.3.1. */
#define VNET_BUFFER_MIN (sizeof(struct vnet_header) + VNET_ETHERNET_SIZE)
#define VNET_BUFFER_MAX (sizeof(struct vnet_header) + VNET_FRAME_MAX)
#define VNET_NAME_MAX   32

#define VNET_BLOCK_NS UINT64_C(1000000000) /* until a sender goes on without its completion */
#define VNET_SPIN_NS  UINT64_C(1000000)    /* the same, for one that spins */

/* What a sender does about the completion of its frame; the last two have an end. */
enum virtio_net_policy {
    VNET_TX_FORGET,
    VNET_TX_BLOCK, /* sleeps; somebody has to wake `wake` when there is an interrupt */
    VNET_TX_SPIN,
};

struct virtio_net_options {
    /* Who is called for an interrupt, with the struct virtio_net; NULL: it is not the kernel that
     * takes them. */
    virtio_interrupt_fn *interrupt;
    struct netif_counters *counters;
    unsigned number; /* among the devices, for the address of one that has none */
    enum virtio_net_policy policy;
    uint16_t ring_start; /* see virtqueue_configure() */
    uint32_t rx_buffer;  /* of buffers that the device may merge; VNET_BUFFER_MIN to _MAX */
};

/* Private, but for what comments say. */
struct virtio_net {
    struct virtio_device *device;
    struct virtio_net_options options;
    char name[NETIF_NAME_MAX];
    uint8_t mac[6];      /* since it was opened. Anybody may read it */
    struct virtqueue rx; /* the receiving task's */
    struct virtqueue tx; /* under tx_lock */
    struct spinlock tx_lock;
    struct wait_queue wake;   /* to be woken by whoever hears of an interrupt */
    bool config_changed;      /* to be set by him, cleared by virtio_net_check_config() */
    bool is_up;               /* between start and switching off. Anybody may read it */
    bool no_carrier;          /* the link is down: frames are lost. Anybody may read it */
    uint32_t header_size;     /* in front of each frame, as was negotiated */
    uint32_t rx_size;         /* of a receive buffer, with the header */
    struct vnet_header *zero; /* what stands before a frame, for indirect tables; or NULL */
    uint64_t zero_physical;
    char carrier[VNET_NAME_MAX];
    char rx_frames[VNET_NAME_MAX], rx_dropped[VNET_NAME_MAX]; /* names of counters */
    char tx_frames[VNET_NAME_MAX], tx_dropped[VNET_NAME_MAX];
};

/* ---- up and down ----------------------------------------------------------------------------- */

/* Keeps the device and the counters; leaves the hardware alone. */
void virtio_net_prepare(struct virtio_net *net, struct virtio_device *device,
                        const struct virtio_net_options *options);
/*
 * From reset to everything but DRIVER_OK. NULL, or the step that failed, with the error: then
 * virtio_give_up(), and virtio_net_close().
 */
const char *virtio_net_open(struct virtio_net *net, int *error);
/* Names it, its queues and its counters, for the bench and for messages: "eth0". */
void virtio_net_set_name(struct virtio_net *net, const char *name);
/* DRIVER_OK, and what needs a device that is live. */
void virtio_net_start(struct virtio_net *net);
/* Takes interrupts, buffers and rings back after the device was reset. */
void virtio_net_close(struct virtio_net *net);
/*
 * Senders find the interface down from now on; the device is reset, which may take a while, and
 * closed. One that does not come out of reset may still use its memory, which is lost then.
 */
void virtio_net_switch_off(struct virtio_net *net);
/* As at boot. 0, or an error after giving up. */
int virtio_net_switch_on(struct virtio_net *net);

/* ---- the receiving task's -------------------------------------------------------------------- */

/*
 * The next frame that makes sense, of `*budget` chains at the most, which it lowers by those that
 * it took; the others are dropped. A fresh buffer has taken its place. NULL: none. Gives.
 */
struct nbuf *virtio_net_receive(struct virtio_net *net, unsigned *budget);
/* Takes such a frame, which goes no further. */
void virtio_net_refuse(struct virtio_net *net, struct nbuf *nbuf, const char *why);
/* Tells the device of the buffers that took the places, if it wants to be told. */
void virtio_net_kick_receive(struct virtio_net *net);
/* Takes back what was sent. */
void virtio_net_reclaim(struct virtio_net *net);
/* What an interrupt for the configuration means: the link, or a device in trouble. */
void virtio_net_check_config(struct virtio_net *net);
/*
 * Asks for the next interrupts, before sleeping. True: there is something to do already, which need
 * not be announced any more: a frame; a completion that somebody waits for; either.
 */
bool virtio_net_has_frames(struct virtio_net *net);
bool virtio_net_has_sent(struct virtio_net *net);
bool virtio_net_has_work(struct virtio_net *net);

/* ---- anybody's ------------------------------------------------------------------------------- */

/* Takes the buffer. 0 (also when the link is down); -KEAGAIN: there is no room, or no device. */
int virtio_net_transmit(struct virtio_net *net, struct nbuf *nbuf);
/*
 * The same without waiting, whatever the policy. pending->done becomes true when the device is done
 * with the frame and somebody has reclaimed it; kept until then, or until it is forgotten. NULL:
 * nobody wants to know.
 */
int virtio_net_send(struct virtio_net *net, struct nbuf *nbuf, struct virtqueue_pending *pending);
void virtio_net_forget(struct virtio_net *net, const struct virtqueue_pending *pending);
/* Whether a frame would find room. If not, there is an interrupt when some was made. */
bool virtio_net_has_room(struct virtio_net *net);

#endif
