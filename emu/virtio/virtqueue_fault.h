/*
 * virtqueue_fault.h - faults of a queue: middleware between the queue and its device
 *
 *   latency       chains take longer to return
 *   hold          no chain returns before the faults are ended
 *   withhold      so many chains do not return before the faults are ended; the others do
 *   out-of-order  a chain returns behind the next one that does
 *   used-len      a chain returns with another number of bytes written
 *   bad-id        a chain returns as an element whose id no chain has: the size of the queue
 *   no-irq        a chain returns without a notification: not even the interrupt status says so
 *   no-kick       the device does not hear the driver's notification, and looks at the ring only
 *                 when it has another reason to
 *
 * All of them may be armed at once, and several times.
 */
#ifndef EMU_VIRTIO_VIRTQUEUE_FAULT_H
#define EMU_VIRTIO_VIRTQUEUE_FAULT_H

#include "emu/core/fault.h"
#include "emu/virtio/virtqueue.h"

#define VIRTQUEUE_FAULTS_MAX 16 /* at once on a queue */

struct virtqueue_fault;

/* Stands at the queue from now on; borrows it for its whole life. */
struct virtqueue_fault *virtqueue_fault_new(struct virtqueue *queue);
/* The queue must not be used any more, or be gone already. */
void virtqueue_fault_free(struct virtqueue_fault *stage);

void virtqueue_fault_latency(struct virtqueue_fault *stage, uint64_t latency_ns);
void virtqueue_fault_hold(struct virtqueue_fault *stage);
void virtqueue_fault_withhold(struct virtqueue_fault *stage, unsigned count);
void virtqueue_fault_out_of_order(struct virtqueue_fault *stage, struct fault_which which);
void virtqueue_fault_used_len(struct virtqueue_fault *stage, uint32_t len,
                              struct fault_which which);
void virtqueue_fault_bad_id(struct virtqueue_fault *stage, struct fault_which which);
void virtqueue_fault_no_irq(struct virtqueue_fault *stage, struct fault_which which);
void virtqueue_fault_no_kick(struct virtqueue_fault *stage, struct fault_which which);

/* How many faults may still be armed. */
unsigned virtqueue_fault_room(const struct virtqueue_fault *stage);

/*
 * Ends all faults. Chains that were kept start on their way back now, in the order in which the
 * device returned them. Notifications that did not happen are not made up for.
 */
void virtqueue_fault_restore(struct virtqueue_fault *stage);

#endif
