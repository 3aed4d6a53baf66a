/*
 * virtio_priv.h - what the files of emu/virtio share with each other, and nobody else uses
 */
#ifndef EMU_VIRTIO_VIRTIO_PRIV_H
#define EMU_VIRTIO_VIRTIO_PRIV_H

#include "emu/virtio/virtio.h"

/* Sets bits of the interrupt status; the line follows. */
void virtio_dev_raise(struct virtio_dev *dev, uint32_t isr_bits);

/*
 * `name` is interned. Fini gives back what init took; the queue must not be used in between reset
 * and set_ready.
 */
void virtqueue_init(struct virtqueue *queue, struct virtio_dev *dev, const char *name,
                    unsigned size_max);
void virtqueue_fini(struct virtqueue *queue);

/* As after power-on; nothing that is in flight is returned. Keeps the latency. */
void virtqueue_reset(struct virtqueue *queue);

/* What is pushed and not visible yet will never be: the device is broken. */
void virtqueue_stop(struct virtqueue *queue);

/* The driver enables the queue, with size and addresses as they are set, or disables it. */
void virtqueue_set_ready(struct virtqueue *queue, bool ready);

/*
 * The driver's notification: emits vq.kick. False when the queue is, or has just become, unusable.
 */
bool virtqueue_kick(struct virtqueue *queue);

#endif
