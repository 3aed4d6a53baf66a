/*
 * virtio.h - the device side of virtio, whatever the device and whatever the bus
 *
 * Three layers. A transport (virtio_mmio.h) turns register accesses into the calls of this file.
 * This file keeps what all devices share: the status and feature machine ([VIRTIO1.2] 2.1, 2.2,
 * 3.1), interrupt status, queues. A device is a struct that embeds struct virtio_dev, and one table
 * of operations.
 *
 * A driver that breaks the specification gets the reaction that the specification prescribes, or is
 * tolerated as far as it makes sense, and each breach is counted and traced as `virtio.breach` with
 * its clause.
 *
 * A transport may make the device a legacy one, as before version 1 of the specification. It then
 * has 32 feature bits and no FEATURES_OK, and may be used before DRIVER_OK ([VIRTIO1.2] 3.1.2).
 *
 * The interrupt line is the OR of its sources, which are the queues and the configuration space,
 * and is asserted once for each notification, even while it is high. A transport may take messages
 * instead: then a notification is a pulse of its source, and the interrupt status stays as it is.
 */
#ifndef EMU_VIRTIO_VIRTIO_H
#define EMU_VIRTIO_VIRTIO_H

#include "emu/core/gmem.h"
#include "emu/core/irqline.h"
#include "emu/core/trace.h"
#include "emu/virtio/virtqueue.h"

#define VIRTIO_QUEUES_MAX    8
#define VIRTIO_SOURCE_CONFIG VIRTIO_QUEUES_MAX /* the source of configuration interrupts */

struct virtio_dev;

/* A notification as a message. `source` is a queue, or VIRTIO_SOURCE_CONFIG. */
typedef void virtio_message_fn(void *opaque, unsigned source);

struct virtio_dev_ops {
    uint32_t device_id; /* [VIRTIO1.2] 5 */
    unsigned queue_count;
    const char *const *queue_names; /* "rx", "tx": the queue is called eth0.rx */

    /* Device-specific configuration space. Reads beyond config_size never get here. */
    size_t config_size;
    void (*config_read)(struct virtio_dev *dev, size_t offset, void *buffer, size_t size);
    /* May be NULL: then every write is a breach. */
    void (*config_write)(struct virtio_dev *dev, size_t offset, const void *buffer, size_t size);

    /*
     * FEATURES_OK: true when this set of features can be served. May be NULL: any subset of those
     * offered can.
     */
    bool (*features_ok)(struct virtio_dev *dev, uint64_t features);
    /* DRIVER_OK was set. May be NULL. */
    void (*started)(struct virtio_dev *dev);
    /* The driver notified a queue that is ready, after DRIVER_OK. */
    void (*kicked)(struct virtio_dev *dev, unsigned queue);
    /* The driver reset the device: drop what is in flight. May be NULL. */
    void (*reset)(struct virtio_dev *dev);
};

/* What a device is built with. Borrowed; names are interned. */
struct virtio_env {
    struct vclock *clock;
    struct trace *trace;
    struct gmem *memory;
};

/* Members are private to emu/virtio, except where a comment says otherwise. */
struct virtio_dev {
    const struct virtio_dev_ops *ops;
    struct virtio_env env; /* devices may use it */
    const char *name;      /* "eth0", interned; devices may read it */
    struct irqline line;
    /*
     * Who holds the line up: a bit a queue, and VIRTIO_SOURCE_CONFIG. Each source is itself a line
     * into this gate, so that a fault can stand between a queue and the line that it shares.
     */
    uint32_t sources;
    virtio_message_fn *message; /* NULL: the line is used */
    void *message_opaque;
    bool memory_closed;  /* the bus keeps the device from memory */
    uint64_t offered;    /* features */
    uint64_t negotiated; /* features, valid from FEATURES_OK on; devices may read it */
    bool legacy;         /* devices may read it */
    bool in_use;         /* legacy: notified since the reset, with or without DRIVER_OK, */
    bool features_final; /* and that or DRIVER_OK ended the negotiation */
    uint64_t driver_features;
    uint8_t status;
    uint32_t isr;
    uint32_t config_generation;
    uint64_t breaches;
    uint64_t reset_ns; /* how long a reset takes */
    bool resetting;    /* nothing works, and the status is not 0 yet */
    struct vevent reset_done;
    struct virtqueue queues[VIRTIO_QUEUES_MAX];
};

/*
 * Initialises the embedded part. `features` are device-specific and ring features;
 * VIRTIO_F_VERSION_1 is added. `queue_size_max` holds for every queue: a power of two up to
 * VIRTQUEUE_SIZE_MAX. `line` is what the device asserts.
 */
void virtio_dev_init(struct virtio_dev *dev, const struct virtio_dev_ops *ops,
                     const struct virtio_env *env, const char *name, uint64_t features,
                     unsigned queue_size_max, struct irqline line);
void virtio_dev_fini(struct virtio_dev *dev);

/*
 * How long a reset takes from now on, 0 by default: the device stops at once, and the status reads
 * 0 when it is over, [VIRTIO1.2] 2.4.2. A device whose status is 0 is reset already.
 */
void virtio_dev_set_reset_time(struct virtio_dev *dev, uint64_t reset_ns);

/* ---- for devices ----------------------------------------------------------------------------- */

/* DRIVER_OK, or legacy and in use; and not broken. */
bool virtio_dev_is_running(const struct virtio_dev *dev);
static inline bool virtio_dev_has(const struct virtio_dev *dev, unsigned feature_bit)
{
    return (dev->negotiated >> feature_bit & 1) != 0;
}
static inline struct virtqueue *virtio_dev_queue(struct virtio_dev *dev, unsigned queue)
{
    return &dev->queues[queue];
}

/* The configuration space changed: new generation and, when running, a configuration interrupt. */
void virtio_dev_config_changed(struct virtio_dev *dev);

/* Something is wrong beyond repair: DEVICE_NEEDS_RESET, [VIRTIO1.2] 2.1.2. */
void virtio_dev_break(struct virtio_dev *dev);

/*
 * A breach by the driver. `clause` and `rule` are literals; `who` is the device's or a queue's
 * name.
 */
void virtio_dev_breach(struct virtio_dev *dev, const char *who, const char *clause,
                       const char *rule, uint64_t value);

/* ---- for transports -------------------------------------------------------------------------- */

/* Before anything else: from now on the device shows its legacy interface. */
void virtio_dev_set_legacy(struct virtio_dev *dev);
uint32_t virtio_dev_features_read(const struct virtio_dev *dev, uint32_t select);
void virtio_dev_features_write(struct virtio_dev *dev, uint32_t select, uint32_t value);
void virtio_dev_status_write(struct virtio_dev *dev, uint8_t value);
void virtio_dev_kick(struct virtio_dev *dev, uint32_t queue);
void virtio_dev_isr_ack(struct virtio_dev *dev, uint32_t bits);
/* Reads the interrupt status and clears it, [VIRTIO1.2] 4.1.4.5. */
uint32_t virtio_dev_isr_take(struct virtio_dev *dev);
/*
 * From now on somebody tells of each barrier of the CPUs that orders stores, before the driver is
 * first at work: the queues' rings are looked at, virtqueue_barrier.h. Who has no CPU calls none of
 * the three.
 */
void virtio_dev_watch_barriers(struct virtio_dev *dev);
/*
 * There is one. Cheap, emits nothing, and does not need the clock at the guest's time. True:
 * something was found, and has to be told where events may be emitted.
 */
bool virtio_dev_barrier(struct virtio_dev *dev);
void virtio_dev_tell(struct virtio_dev *dev);
/* The line that the device asserts, and another one from now on; it is low at the time. */
struct irqline virtio_dev_line(const struct virtio_dev *dev);
void virtio_dev_set_line(struct virtio_dev *dev, struct irqline line);
/* From now on notifications are messages; with NULL they use the line again. */
void virtio_dev_set_messages(struct virtio_dev *dev, virtio_message_fn *fn, void *opaque);
/* While memory is closed the device touches no ring; what it has to return waits. */
void virtio_dev_set_memory(struct virtio_dev *dev, bool open);
void virtio_dev_config_read(struct virtio_dev *dev, size_t offset, void *buffer, size_t size);
void virtio_dev_config_write(struct virtio_dev *dev, size_t offset, const void *buffer,
                             size_t size);

#endif
