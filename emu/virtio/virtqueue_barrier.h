/*
 * virtqueue_barrier.h - whether barriers stand between what a driver publishes and its index
 *
 * Private to emu/virtio. The guest runs natively and a device sees its stores in the order in which
 * they are made, so a barrier that is missing changes nothing here, and everything on a machine
 * that orders less. What can be seen is where the barriers are: the CPU tells of each one that
 * orders stores (virtio_dev_barrier()), and what a queue publishes is compared with what stood in
 * memory then. [VIRTIO1.2] 2.7.13.3.1: descriptors and entries of the available ring come before
 * the barrier, and the index behind it. 2.7.13.4.1: the index comes before another one, and the
 * notification behind that. Which of several barriers it is, and in which function, is the driver's
 * matter.
 *
 * Both are recorded as breaches, and nothing else comes of them.
 *
 * Limits. Of what an index publishes, the first chains are looked at, and of a chain the first
 * descriptors; their buffers are not. What did not change since it was there last counts as
 * ordered. The order of loads leaves no trace: neither those of the used ring, nor that of the
 * device's wish for a notification behind the index, for which a barrier of stores is not enough.
 */
#ifndef EMU_VIRTIO_VIRTQUEUE_BARRIER_H
#define EMU_VIRTIO_VIRTQUEUE_BARRIER_H

#include "emu/virtio/virtqueue.h"

struct virtqueue_barrier *virtqueue_barrier_new(void);
void virtqueue_barrier_free(struct virtqueue_barrier *barrier);

/* The queue has been enabled: what its rings say by now is not judged. */
void virtqueue_barrier_begin(struct virtqueue *queue);
/* The device has read the available index, a sensible one, and has not taken what it covers. */
void virtqueue_barrier_judge(struct virtqueue *queue, uint16_t index);
/* The device is notified; judge came before. */
void virtqueue_barrier_judge_kick(struct virtqueue *queue);

/* See virtio_dev_barrier() and virtio_dev_tell(). */
bool virtqueue_barrier_look(struct virtqueue *queue);
void virtqueue_barrier_tell(struct virtqueue *queue);

#endif
