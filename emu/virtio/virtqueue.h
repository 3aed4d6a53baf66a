/*
 * virtqueue.h - a split virtqueue, device side
 *
 * [VIRTIO1.2] 2.7. A device pops chains and pushes them back used. Everything in the rings was
 * written by the guest and is not trusted: walks are bounded by the queue size (2.7.5.3.1), indices
 * and addresses are checked, nothing is read twice. A queue that makes no sense is broken
 * (vq.broken, DEVICE_NEEDS_RESET) until the device is reset.
 *
 * Completion is not immediate: virtqueue_push() makes an element visible to the driver, and
 * interrupts it, `latency_ns` later, in the order of the pushes. With latency 0 it happens at once,
 * inside the push.
 */
#ifndef EMU_VIRTIO_VIRTQUEUE_H
#define EMU_VIRTIO_VIRTQUEUE_H

#include "emu/core/gmem.h"
#include "emu/core/irqline.h"
#include "emu/core/trace.h"

#define VIRTQUEUE_SIZE_MAX   1024
#define VIRTQUEUE_LATENCY_NS 2000 /* the default: a fast virtual machine's order of magnitude */

struct virtio_dev;
struct virtqueue_owner;

/*
 * One buffer of a chain, checked: it is open to devices for the access that its direction allows.
 */
struct virtqueue_segment {
    gpa_t at;
    uint32_t size;
};

/*
 * A popped chain: first what the device reads, then what it writes. Belongs to the caller, who may
 * reuse it.
 */
struct virtqueue_chain {
    uint16_t head;
    unsigned readable_count, writable_count;
    uint32_t readable_size, writable_size; /* bytes, in all */
    struct virtqueue_segment segments[VIRTQUEUE_SIZE_MAX];
};

/* A chain on its way back. */
struct virtqueue_completion {
    uint64_t when_ns;
    uint32_t len;
    uint16_t head;
};

/*
 * What stands between a queue and its device, for faults. Each is asked before the thing happens;
 * false keeps it from happening.
 */
struct virtqueue_hooks {
    /* The driver's notification reaches the device. */
    bool (*kick)(void *opaque);
    /* The device returns a chain. False: the hook keeps it, and may push it again later. */
    bool (*push)(void *opaque, uint16_t head, uint32_t len);
    /* The device notifies the driver. */
    bool (*interrupt)(void *opaque);
    /* Nothing that was in flight will be returned any more. */
    void (*stopped)(void *opaque);
};

/* Embedded in struct virtio_dev; members are private to emu/virtio. */
struct virtqueue {
    struct virtio_dev *dev;
    const char *name; /* "eth0.rx", interned; anybody may read it */
    unsigned size_max, size;
    bool ready, broken;
    gpa_t desc, avail, used;
    uint16_t seen_avail;             /* the available index, when it was read last */
    uint16_t last_avail, used_index; /* used_index: what the driver can see */
    uint64_t latency_ns;
    struct irqline interrupt;            /* the queue's share of the device's interrupt */
    const struct virtqueue_hooks *hooks; /* NULL: none */
    void *hooks_opaque;
    struct vevent completion;
    /* Pushed, not yet visible: a ring of size_max, as many as can be in flight. */
    struct virtqueue_completion *completing;
    unsigned completing_first, completing_count;
    unsigned in_flight_count;
    uint64_t in_flight[VIRTQUEUE_SIZE_MAX / 64]; /* a bit a head: popped, and not visible as used */
    struct virtqueue_owner *owner;               /* whose each descriptor is */
};

/*
 * True when the driver has made a chain available that was not popped yet. Reads the available
 * index.
 */
bool virtqueue_has_avail(struct virtqueue *queue);

/* Takes the next chain. False when there is none, or the queue is or has just become broken. */
bool virtqueue_pop(struct virtqueue *queue, struct virtqueue_chain *chain);

/* The same in two steps, for a device that must see a chain before it knows whether to take it. */
bool virtqueue_peek(struct virtqueue *queue, struct virtqueue_chain *chain);
void virtqueue_take(struct virtqueue *queue, const struct virtqueue_chain *chain);

/*
 * Gives a chain back with the number of bytes written to it. One that the queue does not know any
 * more, because the driver disabled the queue or reset the device in between, is ignored.
 */
void virtqueue_push(struct virtqueue *queue, uint16_t head, uint32_t len);

/*
 * Gather from what the device reads / scatter to what it writes, `offset` bytes in. They return the
 * bytes copied.
 */
size_t virtqueue_chain_read(struct virtqueue *queue, const struct virtqueue_chain *chain,
                            size_t offset, void *buffer, size_t size);
size_t virtqueue_chain_write(struct virtqueue *queue, const struct virtqueue_chain *chain,
                             size_t offset, const void *buffer, size_t size);

/* For the pushes from now on; they keep their order. */
void virtqueue_set_latency(struct virtqueue *queue, uint64_t latency_ns);

/* Keeps both. All four functions have to be there. */
void virtqueue_set_hooks(struct virtqueue *queue, const struct virtqueue_hooks *hooks,
                         void *opaque);

/*
 * Puts something between the queue and its device's interrupt: `line` listens to the queue from now
 * on, and has to drive what virtqueue_interrupt_line() returned before. An assertion stands for one
 * used buffer notification.
 */
struct irqline virtqueue_interrupt_line(const struct virtqueue *queue);
void virtqueue_set_interrupt_line(struct virtqueue *queue, struct irqline line);

/*
 * What a report shows: chains that the driver made available and the device did not pop; those
 * popped and not returned.
 */
unsigned virtqueue_avail_count(struct virtqueue *queue);
unsigned virtqueue_in_flight(const struct virtqueue *queue);

/*
 * For whoever wants to know whether memory may be taken from the device: what of the queue lies in
 * [at, at + size), or NULL. "a buffer of a chain that the device has", "a buffer that was made
 * available", "the used ring"; `head` is the chain's, where it is one. Looks from outside.
 */
const char *virtqueue_find_in(const struct virtqueue *queue, gpa_t at, uint64_t size,
                              uint16_t *head);

#endif
