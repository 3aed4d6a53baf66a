/*
 * virtqueue.h - a split virtqueue, driver side [VIRTIO1.2] 2.7
 *
 * The driver adds chains of segments, publishes them, kicks, and takes back what the device has
 * used. Each chain carries a token, a pointer that comes back with its completion.
 *
 * The device is not trusted. What the driver must remember (free descriptors, who is in flight)
 * stands in memory of its own; the rings are written for the device and read with suspicion. A used
 * ring that makes no sense breaks the queue: nothing is added or taken any more, the rest goes on.
 *
 * Not done: indirect descriptors, event indices. No lock: the owner keeps its callers apart.
 */
#ifndef DRIVERS_VIRTQUEUE_H
#define DRIVERS_VIRTQUEUE_H

#include "drivers/virtio_regs.h"

#include <stdbool.h>

#define VIRTQUEUE_SIZE_MAX 256
#define VIRTQUEUE_NAME_MAX 32

struct virtqueue_segment {
    uint64_t physical;
    uint32_t size;
    bool device_writes;
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

    uint16_t avail_index; /* what avail->index will be when all that was added is published */
    uint16_t used_index;  /* of the used element that is looked at next */
    uint16_t free_head;   /* first of the free descriptors, linked by next[] */
    uint16_t free_count;  /* anybody may read it */
    uint16_t chains;      /* in flight. Anybody may read it */

    uint16_t next[VIRTQUEUE_SIZE_MAX];   /* of the free list, and of each chain */
    uint16_t length[VIRTQUEUE_SIZE_MAX]; /* descriptors of the chain, at its head */
    void *tokens[VIRTQUEUE_SIZE_MAX];    /* at the head of a chain in flight; NULL elsewhere */
};

/* Allocates the rings. `size` is a power of two up to VIRTQUEUE_SIZE_MAX. 0, or -KENOMEM. */
int virtqueue_init(struct virtqueue *queue, uint16_t size);
/* The same as one area that begins at a multiple of `page`, as does its used ring. */
int virtqueue_init_legacy(struct virtqueue *queue, uint16_t size, size_t page);
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
void virtqueue_publish(struct virtqueue *queue);
/* Whether the device wants to be told about what was published. */
bool virtqueue_wants_kick(struct virtqueue *queue);

bool virtqueue_has_used(const struct virtqueue *queue);
/*
 * Takes the next chain back, in the order of the used ring: its token, and how many bytes the
 * device says that it wrote, which is unchecked. NULL: there is none, or the queue is, or has just
 * become, broken.
 */
void *virtqueue_take_used(struct virtqueue *queue, uint32_t *written);

/* Breaks the queue by decision of its owner. Keeps the reason, a literal. */
void virtqueue_break(struct virtqueue *queue, const char *why);

#endif
