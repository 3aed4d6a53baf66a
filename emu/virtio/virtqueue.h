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
 * inside the push. A style (struct virtqueue_style) gathers them in batches, or changes the order.
 *
 * Ring features: VIRTIO_F_EVENT_IDX, VIRTIO_F_INDIRECT_DESC and VIRTIO_F_IN_ORDER, as negotiated.
 */
#ifndef EMU_VIRTIO_VIRTQUEUE_H
#define EMU_VIRTIO_VIRTQUEUE_H

#include "emu/core/gmem.h"
#include "emu/core/irqline.h"
#include "emu/core/trace.h"

#define VIRTQUEUE_SIZE_MAX   1024
#define VIRTQUEUE_LATENCY_NS 2000   /* the default: a fast virtual machine's order of magnitude */
#define VIRTQUEUE_BATCH_NS   100000 /* how long an incomplete batch waits for more chains */

struct virtio_dev;
struct virtqueue_owner;
struct virtqueue_barrier;

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
    uint32_t id, len; /* what the used element says; the id is the head, without a fault */
    uint16_t head;
    bool more; /* the next one belongs to it: the driver sees both at once */
};

/* How a queue returns chains, as far as the specification leaves it to the device. */
enum virtqueue_order {
    VIRTQUEUE_IN_ORDER,     /* of the pushes */
    VIRTQUEUE_OUT_OF_ORDER, /* of a batch, every second chain overtakes the others */
    VIRTQUEUE_REVERSE,      /* of a batch, the last comes first */
};

struct virtqueue_style {
    /*
     * So many chains become visible in one step of the used index, with one interrupt; fewer when
     * the oldest has waited VIRTQUEUE_BATCH_NS. 0 and 1: each by itself.
     */
    unsigned batch;
    enum virtqueue_order order;
    /*
     * Without event indices: VIRTQ_USED_F_NO_NOTIFY while no notification is needed. Event indices
     * always say what is needed.
     */
    bool suppress;
    /* Where all indices stand when the queue is enabled: 0, but for a test of the wrap. */
    uint16_t first_index;
};

/*
 * What stands between a queue and its device, for faults. Each is asked before the thing happens;
 * false keeps it from happening.
 */
struct virtqueue_hooks {
    /* The driver's notification reaches the device. */
    bool (*kick)(void *opaque);
    /*
     * The device returns a chain; the hook may change what the used element will say. False: it
     * keeps the chain, and may push it again later.
     */
    bool (*push)(void *opaque, struct virtqueue_completion *completion);
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
    uint16_t avail_event;            /* as it stands in the ring */
    bool kicks_unwanted;             /* VIRTQ_USED_F_NO_NOTIFY is set */
    uint64_t latency_ns;
    struct virtqueue_style style;
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
    struct virtqueue_barrier *barrier;           /* NULL: nobody tells of barriers */
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
 * As peek, of the chain that is `ahead` of the next one; virtqueue_has_avail() or a peek came
 * before.
 */
bool virtqueue_peek_ahead(struct virtqueue *queue, unsigned ahead, struct virtqueue_chain *chain);

/*
 * Gives a chain back with the number of bytes written to it. One that the queue does not know any
 * more, because the driver disabled the queue or reset the device in between, is ignored.
 */
void virtqueue_push(struct virtqueue *queue, uint16_t head, uint32_t len);
/* The same, for a chain that is used together with the one that is pushed next. */
void virtqueue_push_part(struct virtqueue *queue, uint16_t head, uint32_t len);
/* For hooks: a chain that was kept, as the hook remembers it. */
void virtqueue_push_again(struct virtqueue *queue, const struct virtqueue_completion *completion);

/*
 * Tells the driver, as far as it was agreed upon, whether the device has to be notified of the next
 * chain. True: some have been made available meanwhile, which nobody will announce.
 */
bool virtqueue_want_kicks(struct virtqueue *queue, bool wanted);

/*
 * Gather from what the device reads / scatter to what it writes, `offset` bytes in. They return the
 * bytes copied.
 */
size_t virtqueue_chain_read(struct virtqueue *queue, const struct virtqueue_chain *chain,
                            size_t offset, void *buffer, size_t size);
size_t virtqueue_chain_write(struct virtqueue *queue, const struct virtqueue_chain *chain,
                             size_t offset, const void *buffer, size_t size);

/*
 * The same without a copy, where one segment holds all of it: what the device reads, what it
 * writes. NULL otherwise. For the moment: the driver may free it later.
 */
const uint8_t *virtqueue_chain_readable(struct virtqueue *queue,
                                        const struct virtqueue_chain *chain);
uint8_t *virtqueue_chain_writable(struct virtqueue *queue, const struct virtqueue_chain *chain);

/* For the pushes from now on; they keep their order. */
void virtqueue_set_latency(struct virtqueue *queue, uint64_t latency_ns);

/* Before the queue is enabled. Copies the style. */
void virtqueue_set_style(struct virtqueue *queue, const struct virtqueue_style *style);

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
/* Whether a chain was popped, and the driver cannot see yet that it is used. */
bool virtqueue_is_in_flight(const struct virtqueue *queue, uint16_t head);

/*
 * For whoever wants to know whether memory may be taken from the device: what of the queue lies in
 * [at, at + size), or NULL. "a buffer of a chain that the device has", "a buffer that was made
 * available", "the used ring"; `head` is the chain's, where it is one. Looks from outside.
 */
const char *virtqueue_find_in(const struct virtqueue *queue, gpa_t at, uint64_t size,
                              uint16_t *head);

#endif
