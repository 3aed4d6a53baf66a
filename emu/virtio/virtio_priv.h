/*
 * virtio_priv.h - what the files of emu/virtio share with each other, and nobody else uses
 */
#ifndef EMU_VIRTIO_VIRTIO_PRIV_H
#define EMU_VIRTIO_VIRTIO_PRIV_H

#include "emu/virtio/virtio.h"

/* Sets a bit of the interrupt status, and asserts the source's line. */
void virtio_dev_raise(struct virtio_dev *dev, uint32_t isr_bit, const struct irqline *source);

/* The gate's input of a queue, or of VIRTIO_SOURCE_CONFIG. */
struct irqline virtio_dev_source(struct virtio_dev *dev, unsigned source);

/*
 * `name` is interned. Fini gives back what init took; the queue must not be used in between reset
 * and set_ready.
 */
void virtqueue_init(struct virtqueue *queue, struct virtio_dev *dev, const char *name,
                    unsigned size_max);
void virtqueue_fini(struct virtqueue *queue);

/* A breach of the driver in this queue. */
void virtqueue_breach(struct virtqueue *queue, const char *clause, const char *rule,
                      uint64_t value);
/* The end of a queue. Every use has its breach; `why` says the same in the words of a report. */
void virtqueue_break(struct virtqueue *queue, const char *why);
/* Not broken, and the device runs; its bus may still keep it from memory. */
bool virtqueue_is_live(const struct virtqueue *queue);
/* In one of the queue's parts, and in its used ring. False: the queue is broken. */
bool virtqueue_read(struct virtqueue *queue, gpa_t ring, uint64_t offset, void *to, size_t size);
bool virtqueue_write(struct virtqueue *queue, uint64_t offset, const void *from, size_t size);
/* The event of queue->completion: what is due becomes visible. */
void virtqueue_complete(void *opaque);

/* As after power-on; nothing that is in flight is returned. Keeps the latency. */
void virtqueue_reset(struct virtqueue *queue);

/* What is pushed and not visible yet will never be: the device is broken. */
void virtqueue_stop(struct virtqueue *queue);

/* Memory is open to the device again: what waited for it goes on. */
void virtqueue_resume(struct virtqueue *queue);

/* The driver enables the queue, with size and addresses as they are set, or disables it. */
void virtqueue_set_ready(struct virtqueue *queue, bool ready);

/*
 * The driver's notification: emits vq.kick. False when the queue is, or has just become, unusable,
 * and when a fault keeps it from the device.
 */
bool virtqueue_kick(struct virtqueue *queue);

#endif
