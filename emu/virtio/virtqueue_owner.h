/*
 * virtqueue_owner.h - whose each descriptor of a queue is, as the device sees it
 *
 * Private to emu/virtio. A descriptor is free, the driver's, the device's, used, and free again;
 * from here only the third can be told from the others: from the moment at which the device takes a
 * chain to the one at which its used element becomes visible. In between the driver must neither
 * put the descriptor into another chain nor change it, [VIRTIO1.2] 2.7.13 and 3.3.1. Both are
 * recorded as breaches, and tolerated: the device goes on with what it read when it took the chain.
 *
 * Where the driver promised an order, VIRTIO_F_IN_ORDER, it is looked at here as well: each chain
 * begins where the one before it ended, 2.7.5, and is linked in ring order, 2.7.5.2.
 *
 * Only the queue's own table is watched; what stands in an indirect table is not.
 */
#ifndef EMU_VIRTIO_VIRTQUEUE_OWNER_H
#define EMU_VIRTIO_VIRTQUEUE_OWNER_H

#include "emu/virtio/virtio_spec.h"
#include "emu/virtio/virtqueue.h"

struct virtqueue_owner *virtqueue_owner_new(unsigned size_max);
void virtqueue_owner_free(struct virtqueue_owner *owner);
/* All descriptors are the driver's. */
void virtqueue_owner_clear(struct virtqueue_owner *owner);

/* The device takes a chain, which it has checked: its descriptors are the device's now. */
void virtqueue_owner_claim(struct virtqueue *queue, uint16_t head);
/* The device returns it: they have to be what they were. */
void virtqueue_owner_release(struct virtqueue *queue, uint16_t head);

#endif
