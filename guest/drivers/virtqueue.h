/*
 * virtqueue.h - a split virtqueue, driver side [VIRTIO1.2] 2.7
 *
 * The driver adds chains of segments, publishes them, kicks, and takes back what the device has
 * used. Each chain carries a token, a pointer that comes back with its completion. There are three
 * ways to live with a completion, and the owner of the queue chooses:
 *   - forget: nobody waits; who adds the next chain, or a task that is interrupted, takes back what
 *     is used;
 *   - block: who added the chain sleeps until it is done, and looks for itself whenever woken;
 *   - spin: the same without sleeping, and without interrupts.
 * Whoever takes a chain back says so to the one that waits for it (struct virtqueue_pending): a
 * completion is taken once, by whoever comes first.
 *
 * The device is not trusted. What the driver must remember (free descriptors, who is in flight)
 * stands in memory of its own; the rings are written for the device and read with suspicion. A used
 * ring that makes no sense breaks the queue: nothing is added or taken any more, the rest goes on.
 *
 * Of the features of rings it knows indirect descriptors, event indices and use in order. No lock:
 * the owner keeps its callers apart.
 */
#ifndef DRIVERS_VIRTQUEUE_H
#define DRIVERS_VIRTQUEUE_H

#include "drivers/virtio_regs.h"

#include <stdbool.h>

#define VIRTQUEUE_SIZE_MAX 256
#define VIRTQUEUE_NAME_MAX 32
#define VIRTQUEUE_INDIRECT 4 /* entries of an indirect table; longer chains are direct */

struct virtqueue_segment {
    uint64_t physical;
    uint32_t size;
    bool device_writes;
};

/* A chain that somebody waits for. */
struct virtqueue_pending {
    bool done;
};

/* Members are private, but for what comments say. */
struct virtqueue {
    char name[VIRTQUEUE_NAME_MAX];           /* "eth0.rx" */
    char broken_counter[VIRTQUEUE_NAME_MAX]; /* "eth0.rx.broken" */
    uint16_t size;      /* a power of two; 0: not initialised. Anybody may read it */
    const char *broken; /* why, or NULL. Anybody may read it */

    volatile struct vdesc *desc;
    volatile struct vavail *avail;
    volatile struct vused *used;
    uint64_t desc_physical, avail_physical, used_physical; /* for the transport */
    size_t area_size; /* legacy: of all parts together; 0: each is memory of its own */

    bool event_index, in_order;
    volatile struct vdesc *tables; /* VIRTQUEUE_INDIRECT entries for each head; NULL: none */
    uint64_t tables_physical;

    uint16_t kicked_index;  /* avail_index when the device's wish for a kick was looked at last */
    uint16_t batch_end;     /* in order: the head with which the batch ends that is being taken, */
    uint32_t batch_written; /* and what was written to it */
    bool in_batch;

    uint16_t avail_index; /* what avail->index will be when all that was added is published */
    uint16_t used_index;  /* of the used element that is looked at next */
    uint16_t free_head;   /* the free descriptor that is taken next, linked by next[] to */
    uint16_t free_tail;   /* the one that was given back last; both only while there is one */
    uint16_t free_count;  /* anybody may read it */
    uint16_t chains;      /* in flight. Anybody may read it */

    uint16_t next[VIRTQUEUE_SIZE_MAX];   /* of the free list, and of each chain */
    uint16_t length[VIRTQUEUE_SIZE_MAX]; /* descriptors of the chain, at its head */
    uint16_t order[VIRTQUEUE_SIZE_MAX];  /* heads, by the slot of the available ring */
    void *tokens[VIRTQUEUE_SIZE_MAX];    /* at the head of a chain in flight; NULL elsewhere */
    struct virtqueue_pending *pending[VIRTQUEUE_SIZE_MAX]; /* who waits, or NULL */
};

/* Allocates the rings. `size` is a power of two up to VIRTQUEUE_SIZE_MAX. 0, or -KENOMEM. */
int virtqueue_init(struct virtqueue *queue, uint16_t size);
/* The same as one area that begins at a multiple of `page`, as does its used ring. */
int virtqueue_init_legacy(struct virtqueue *queue, uint16_t size, size_t page);
/*
 * Before the first chain: uses what was negotiated (VFEATURE bits), which may need memory, and lets
 * all indices begin at `start`, which is 0 but for a test of the wrap. 0, or -KENOMEM.
 */
int virtqueue_configure(struct virtqueue *queue, uint64_t features, uint16_t start);
/* Frees the rings; the device must have been reset. */
void virtqueue_fini(struct virtqueue *queue);
/* Names the queue for the bench and for messages: "eth0" and "rx". */
void virtqueue_set_name(struct virtqueue *queue, const char *interface, const char *which);

/*
 * Adds a chain; the device does not see it before virtqueue_publish(). Segments that the device
 * reads come before those that it writes (2.7.4.2). Keeps the token, which is not NULL. 0,
 * -KENOSPC: too few free descriptors, -KEIO: broken.
 */
int virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments, unsigned count,
                  void *token);
/* The same; sets pending->done when the chain comes back. Keeps `pending` until then, or forget. */
int virtqueue_add_pending(struct virtqueue *queue, const struct virtqueue_segment *segments,
                          unsigned count, void *token, struct virtqueue_pending *pending);
/* Nobody waits for it any more; the chain stays in flight. */
void virtqueue_forget(struct virtqueue *queue, const struct virtqueue_pending *pending);
void virtqueue_publish(struct virtqueue *queue);
/* Whether the device wants to be told about what was published since this was asked last. */
bool virtqueue_wants_kick(struct virtqueue *queue);

/*
 * An interrupt is wanted for the next chain that the device returns. True: there is one already,
 * which need not be announced any more. In the other direction it is a hint, which costs nothing
 * with event indices: the device goes on to where it was told to interrupt.
 */
bool virtqueue_enable_interrupts(struct virtqueue *queue);
void virtqueue_disable_interrupts(struct virtqueue *queue);

bool virtqueue_has_used(const struct virtqueue *queue);
/*
 * Takes the next chain back, in the order of the used ring: its token, and how many bytes the
 * device says that it wrote, which is unchecked. NULL: there is none, or the queue is, or has just
 * become, broken.
 */
void *virtqueue_take_used(struct virtqueue *queue, uint32_t *written);

/* After the device was reset: takes back a chain that it will not return. NULL: there is none. */
void *virtqueue_detach(struct virtqueue *queue);

/* Breaks the queue by decision of its owner. Keeps the reason, a literal. */
void virtqueue_break(struct virtqueue *queue, const char *why);

#endif
