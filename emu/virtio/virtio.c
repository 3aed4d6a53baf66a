/*
 * virtio.c - the device side of virtio: status and features, interrupt status, configuration space
 *
 * The status register is the state machine, [VIRTIO1.2] 2.1 and 3.1.1:
 *
 *     0 → ACKNOWLEDGE → DRIVER → (features) → FEATURES_OK → (queues) → DRIVER_OK
 *
 *   - Bits are only added; 0 resets from anywhere. A driver that clears a bit is told so and the
 *     bit stays.
 *   - FEATURES_OK is refused, by not being set, for features that were not offered and for a set
 *     without VERSION_1. A write that asks for it and for DRIVER_OK at once gets neither.
 *   - Steps that are out of order are recorded and carried out: nothing in the device depends on
 *     them. In particular a driver that never heard of FEATURES_OK runs, with no feature negotiated
 *     at all.
 *   - NEEDS_RESET is the device's: once set, nothing moves before the reset. FAILED stops the
 *     device as well.
 *
 * A legacy device, [VIRTIO1.2] 3.1.2, has no FEATURES_OK: its features are final when it is first
 * used, by a notification or by DRIVER_OK, and a set that cannot be served then breaks it, because
 * there is no other way to refuse one. It has no NEEDS_RESET either: the bit is kept here, and
 * neither shown nor announced.
 *
 * The interrupt line is a level: without faults it is up while the interrupt status is not zero.
 */
#include "emu/virtio/virtio.h"

#include "emu/virtio/virtio_priv.h"
#include "emu/virtio/virtio_spec.h"
#include "emu/virtio/virtqueue_barrier.h"

#include <string.h>

/* The bits that drivers set. */
#define VIRTIO_STATUS_BITS                                                                         \
    (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK |                  \
     VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_FAILED)

static void virtio_dev_finish_reset(void *opaque);

#define VIRTIO_SEQUENCE "The driver MUST follow this sequence to initialize a device"

void virtio_dev_init(struct virtio_dev *dev, const struct virtio_dev_ops *ops,
                     const struct virtio_env *env, const char *name, uint64_t features,
                     unsigned queue_size_max, struct irqline line)
{
    g_assert(ops->queue_count <= VIRTIO_QUEUES_MAX);
    g_assert(ops->kicked != NULL);
    g_assert(ops->config_size == 0 || ops->config_read != NULL);
    *dev = (struct virtio_dev){
        .ops = ops,
        .env = *env,
        .name = trace_intern(env->trace, name),
        .line = line,
        .offered = features | VIRTIO_FEATURE_MASK(VIRTIO_FEATURE_VERSION_1),
    };
    vevent_init(&dev->reset_done, VEVENT_MACHINE, "virtio reset", virtio_dev_finish_reset, dev);
    for (unsigned i = 0; i < ops->queue_count; i++) {
        g_autofree char *full = g_strdup_printf("%s.%s", name, ops->queue_names[i]);
        virtqueue_init(&dev->queues[i], dev, trace_intern(env->trace, full), queue_size_max);
        dev->queues[i].interrupt = virtio_dev_source(dev, i);
    }
}

void virtio_dev_set_reset_time(struct virtio_dev *dev, uint64_t reset_ns)
{
    dev->reset_ns = reset_ns;
}

void virtio_dev_fini(struct virtio_dev *dev)
{
    if (vevent_is_armed(&dev->reset_done)) {
        vclock_disarm(dev->env.clock, &dev->reset_done);
    }
    for (unsigned i = 0; i < dev->ops->queue_count; i++) {
        virtqueue_fini(&dev->queues[i]);
    }
}

void virtio_dev_watch_barriers(struct virtio_dev *dev)
{
    for (unsigned i = 0; i < dev->ops->queue_count; i++) {
        g_assert(dev->queues[i].barrier == NULL && !dev->queues[i].ready);
        dev->queues[i].barrier = virtqueue_barrier_new();
    }
}

bool virtio_dev_barrier(struct virtio_dev *dev)
{
    bool found = false;
    for (unsigned i = 0; i < dev->ops->queue_count; i++) {
        found = virtqueue_barrier_look(&dev->queues[i]) || found;
    }
    return found;
}

void virtio_dev_tell(struct virtio_dev *dev)
{
    for (unsigned i = 0; i < dev->ops->queue_count; i++) {
        virtqueue_barrier_tell(&dev->queues[i]);
    }
}

bool virtio_dev_is_running(const struct virtio_dev *dev)
{
    const uint8_t stopped = VIRTIO_STATUS_NEEDS_RESET | VIRTIO_STATUS_FAILED;
    return (dev->status & stopped) == 0 && !dev->resetting &&
           ((dev->status & VIRTIO_STATUS_DRIVER_OK) != 0 || dev->in_use);
}

void virtio_dev_breach(struct virtio_dev *dev, const char *who, const char *clause,
                       const char *rule, uint64_t value)
{
    dev->breaches++;
    trace_emit(dev->env.trace, TRACE_VIRTIO_BREACH, TS(who), TS(clause), TS(rule), TN(value));
}

/* ---- interrupt status ------------------------------------------------------------------------ */

/* The gate: sources in, the line out. */
static void virtio_dev_set_source(void *opaque, unsigned source, bool level)
{
    struct virtio_dev *dev = opaque;
    uint32_t bit = UINT32_C(1) << source, before = dev->sources;
    dev->sources = level ? before | bit : before & ~bit;
    if (level || (before != 0 && dev->sources == 0)) {
        irqline_set(&dev->line, level);
    }
}

/* A pulse that comes late, when messages are over, stands for nothing any more. */
static void virtio_dev_pulse_source(void *opaque, unsigned source)
{
    struct virtio_dev *dev = opaque;
    if (dev->message != NULL) {
        dev->message(dev->message_opaque, source);
    }
}

struct irqline virtio_dev_source(struct virtio_dev *dev, unsigned source)
{
    g_assert(source <= VIRTIO_SOURCE_CONFIG);
    return (struct irqline){
        .set = virtio_dev_set_source,
        .pulse = virtio_dev_pulse_source,
        .opaque = dev,
        .number = source,
    };
}

void virtio_dev_raise(struct virtio_dev *dev, uint32_t isr_bit, const struct irqline *source)
{
    g_assert(isr_bit != 0);
    if (dev->message != NULL) {
        irqline_pulse(source);
        return;
    }
    uint32_t before = dev->isr;
    dev->isr |= isr_bit;
    if (dev->isr != before) {
        trace_emit(dev->env.trace, TRACE_ISR_SET, TS(dev->name), TN(dev->isr));
    }
    irqline_set(source, true);
}

static void virtio_dev_raise_config(struct virtio_dev *dev)
{
    struct irqline source = virtio_dev_source(dev, VIRTIO_SOURCE_CONFIG);
    virtio_dev_raise(dev, VIRTIO_ISR_CONFIG, &source);
}

/* Bits of the interrupt status were cleared: so are the sources that set them. */
static void virtio_dev_lower(struct virtio_dev *dev, uint32_t bits)
{
    for (unsigned i = 0; i < dev->ops->queue_count && (bits & VIRTIO_ISR_USED) != 0; i++) {
        irqline_set(&dev->queues[i].interrupt, false);
    }
    if ((bits & VIRTIO_ISR_CONFIG) != 0) {
        virtio_dev_set_source(dev, VIRTIO_SOURCE_CONFIG, false);
    }
}

void virtio_dev_isr_ack(struct virtio_dev *dev, uint32_t bits)
{
    const uint32_t defined = VIRTIO_ISR_USED | VIRTIO_ISR_CONFIG;
    if ((bits & ~defined) != 0) {
        virtio_dev_breach(dev, dev->name, "4.2.2.2",
                          "The driver [...] MUST NOT set any of the undefined bits in the value.",
                          bits);
    }
    trace_emit(dev->env.trace, TRACE_ISR_ACK, TS(dev->name), TN(bits));
    uint32_t cleared = dev->isr & bits;
    dev->isr &= ~bits;
    virtio_dev_lower(dev, cleared);
}

uint32_t virtio_dev_isr_take(struct virtio_dev *dev)
{
    uint32_t bits = dev->isr;
    if (bits != 0) {
        virtio_dev_isr_ack(dev, bits);
    }
    return bits;
}

struct irqline virtio_dev_line(const struct virtio_dev *dev)
{
    return dev->line;
}

void virtio_dev_set_line(struct virtio_dev *dev, struct irqline line)
{
    g_assert(dev->sources == 0);
    dev->line = line;
}

void virtio_dev_set_messages(struct virtio_dev *dev, virtio_message_fn *fn, void *opaque)
{
    dev->message = fn;
    dev->message_opaque = opaque;
}

void virtio_dev_set_memory(struct virtio_dev *dev, bool open)
{
    bool opened = open && dev->memory_closed;
    dev->memory_closed = !open;
    for (unsigned i = 0; i < dev->ops->queue_count && opened; i++) {
        virtqueue_resume(&dev->queues[i]);
    }
}

void virtio_dev_config_changed(struct virtio_dev *dev)
{
    dev->config_generation++;
    trace_emit(dev->env.trace, TRACE_VIRTIO_CONFIG, TS(dev->name), TN(dev->config_generation));
    /* 2.1.2: no notification before DRIVER_OK; a driver that comes up later reads the new state. */
    if (virtio_dev_is_running(dev)) {
        virtio_dev_raise_config(dev);
    }
}

void virtio_dev_break(struct virtio_dev *dev)
{
    if ((dev->status & VIRTIO_STATUS_NEEDS_RESET) != 0) {
        return;
    }
    dev->status |= VIRTIO_STATUS_NEEDS_RESET;
    for (unsigned i = 0; i < dev->ops->queue_count; i++) {
        virtqueue_stop(&dev->queues[i]);
    }
    /*
     * 2.1.2: "If DRIVER_OK is set, after it sets DEVICE_NEEDS_RESET, the device MUST send a device
     * configuration change notification to the driver."
     */
    if ((dev->status & VIRTIO_STATUS_DRIVER_OK) != 0 && !dev->legacy) {
        virtio_dev_raise_config(dev);
    }
}

/* ---- features -------------------------------------------------------------------------------- */

void virtio_dev_set_legacy(struct virtio_dev *dev)
{
    g_assert(dev->status == 0);
    dev->legacy = true;
    /* 6.3: "the device accepts arbitrary descriptor layouts", as this one always does. */
    dev->offered = (dev->offered & UINT32_MAX) | VIRTIO_FEATURE_MASK(VIRTIO_FEATURE_ANY_LAYOUT);
}

uint32_t virtio_dev_features_read(const struct virtio_dev *dev, uint32_t select)
{
    return select < 2 ? (uint32_t)(dev->offered >> 32 * select) : 0;
}

void virtio_dev_features_write(struct virtio_dev *dev, uint32_t select, uint32_t value)
{
    if ((dev->status & VIRTIO_STATUS_FEATURES_OK) != 0) {
        virtio_dev_breach(dev, dev->name, "3.1.1",
                          "The driver MUST NOT accept new feature bits after this step.", value);
        return;
    }
    if (dev->features_final) {
        virtio_dev_breach(dev, dev->name, "3.1.2", "devices finalized features on first-use",
                          value);
        return;
    }
    if ((dev->status & VIRTIO_STATUS_DRIVER) == 0) {
        virtio_dev_breach(dev, dev->name, "3.1.1",
                          VIRTIO_SEQUENCE ": [...] 3. Set the DRIVER status "
                                          "bit [...] 4. Read device feature "
                                          "bits, and write the subset",
                          dev->status);
    }
    if (select >= 2) {
        if (value != 0) {
            virtio_dev_breach(dev, dev->name, "2.2.1",
                              "The driver MUST NOT accept a feature which the device did not offer",
                              value);
        }
        return;
    }
    unsigned shift = 32 * select;
    dev->driver_features &= ~((uint64_t)UINT32_MAX << shift);
    dev->driver_features |= (uint64_t)value << shift;
}

/*
 * 2.2.2: "The device SHOULD accept any valid subset of features the driver accepts, otherwise it
 * MUST fail to set the FEATURES_OK device status bit when the driver writes it."
 */
static bool virtio_dev_accept_features(struct virtio_dev *dev)
{
    uint64_t features = dev->driver_features;
    if ((features & ~dev->offered) != 0) {
        virtio_dev_breach(dev, dev->name, "2.2.1",
                          "The driver MUST NOT accept a feature which the device did not offer",
                          features & ~dev->offered);
        return false;
    }
    if (!dev->legacy && (features & VIRTIO_FEATURE_MASK(VIRTIO_FEATURE_VERSION_1)) == 0) {
        /* 6.2: "A device MAY fail to operate further if VIRTIO_F_VERSION_1 is not accepted." */
        virtio_dev_breach(dev, dev->name, "6.1",
                          "A driver MUST accept VIRTIO_F_VERSION_1 if it is offered.", features);
        return false;
    }
    if (dev->ops->features_ok != NULL && !dev->ops->features_ok(dev, features)) {
        virtio_dev_breach(
            dev, dev->name, "2.2.1",
            "The driver [...] MUST NOT accept a feature which requires another feature "
            "which was not accepted.",
            features);
        return false;
    }
    dev->negotiated = features;
    trace_emit(dev->env.trace, TRACE_VIRTIO_FEATURES, TS(dev->name), TN(features));
    return true;
}

/* A legacy device is used, or about to be: what the driver has written by now is what holds. */
static void virtio_dev_finalize_features(struct virtio_dev *dev)
{
    if (dev->features_final) {
        return;
    }
    dev->features_final = true;
    if (!virtio_dev_accept_features(dev)) {
        virtio_dev_break(dev);
    }
}

/* ---- status ---------------------------------------------------------------------------------- */

/*
 * The device stops: what is in flight is dropped, and nobody touches the rings any more. What the
 * driver writes before the reset is over has no effect either, for all of it happens once more
 * then.
 */
static void virtio_dev_stop(struct virtio_dev *dev)
{
    if (dev->ops->reset != NULL) {
        dev->ops->reset(dev);
    }
    for (unsigned i = 0; i < dev->ops->queue_count; i++) {
        virtqueue_reset(&dev->queues[i]);
    }
    dev->negotiated = 0;
    dev->driver_features = 0;
    dev->in_use = false;
    dev->features_final = false;
}

static void virtio_dev_finish_reset(void *opaque)
{
    struct virtio_dev *dev = opaque;
    virtio_dev_stop(dev);
    dev->status = 0;
    dev->resetting = false;
    trace_emit(dev->env.trace, TRACE_VIRTIO_RESET, TS(dev->name));
    uint32_t cleared = dev->isr;
    dev->isr = 0;
    virtio_dev_lower(dev, cleared);
    trace_emit(dev->env.trace, TRACE_VIRTIO_STATUS, TS(dev->name), TN(dev->status));
}

static void virtio_dev_reset(struct virtio_dev *dev)
{
    if (dev->resetting) {
        return;
    }
    if (dev->reset_ns == 0 || dev->status == 0) {
        virtio_dev_finish_reset(dev);
        return;
    }
    virtio_dev_stop(dev);
    dev->resetting = true;
    vclock_arm(dev->env.clock, &dev->reset_done, vclock_now_ns(dev->env.clock) + dev->reset_ns);
}

/* What a driver may not do with the register, whatever the step it is at. */
static void virtio_dev_check_status(struct virtio_dev *dev, uint8_t value)
{
    uint8_t cleared = dev->status & (uint8_t)~value & VIRTIO_STATUS_BITS;
    if (cleared != 0) {
        virtio_dev_breach(dev, dev->name, "2.1.1", "The driver MUST NOT clear a device status bit.",
                          value);
    }
    uint8_t foreign = value & (uint8_t)~dev->status & (uint8_t)~VIRTIO_STATUS_BITS;
    if (foreign != 0) {
        virtio_dev_breach(dev, dev->name, "2.1.1",
                          "The driver MUST update device status, setting bits to indicate the "
                          "completed steps of the driver initialization sequence",
                          value);
    }
    uint8_t added = value & (uint8_t)~dev->status & VIRTIO_STATUS_BITS;
    if ((dev->status & VIRTIO_STATUS_FAILED) != 0 && added != 0) {
        virtio_dev_breach(dev, dev->name, "2.1.1",
                          "If the driver sets the FAILED bit, the driver MUST later reset the "
                          "device before attempting to re-initialize.",
                          value);
    }
}

/*
 * The order of the steps. ACKNOWLEDGE and DRIVER may come in one write: nobody can tell them apart
 * then. FEATURES_OK and DRIVER_OK may not, for the driver has to look in between.
 */
static void virtio_dev_check_order(struct virtio_dev *dev, uint8_t added)
{
    uint8_t all = dev->status | added;
    if ((added & VIRTIO_STATUS_DRIVER) != 0 && (all & VIRTIO_STATUS_ACKNOWLEDGE) == 0) {
        virtio_dev_breach(dev, dev->name, "3.1.1",
                          VIRTIO_SEQUENCE
                          ": [...] 2. Set the ACKNOWLEDGE status bit [...] 3. Set the "
                          "DRIVER status bit",
                          all);
    }
    if ((added & VIRTIO_STATUS_FEATURES_OK) != 0 && (all & VIRTIO_STATUS_DRIVER) == 0) {
        virtio_dev_breach(dev, dev->name, "3.1.1",
                          VIRTIO_SEQUENCE ": [...] 3. Set the DRIVER status bit [...] 5. Set the "
                                          "FEATURES_OK status bit.",
                          all);
    }
    if ((added & VIRTIO_STATUS_DRIVER_OK) != 0 && !dev->legacy &&
        (dev->status & VIRTIO_STATUS_FEATURES_OK) == 0) {
        virtio_dev_breach(dev, dev->name, "3.1.1",
                          "Re-read device status to ensure the FEATURES_OK bit is still set: "
                          "otherwise, the device does not support our subset of features and the "
                          "device is unusable.",
                          all);
    }
}

/* A legacy device neither has FEATURES_OK nor needs it. */
static uint8_t virtio_dev_drop_features_ok(struct virtio_dev *dev, uint8_t added)
{
    if ((added & VIRTIO_STATUS_FEATURES_OK) != 0) {
        virtio_dev_breach(dev, dev->name, "3.1.2",
                          "The transitional driver MUST execute the initialization sequence as "
                          "described in 3.1 but omitting the steps 5 and 6.",
                          added);
    }
    return added & (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
}

void virtio_dev_status_write(struct virtio_dev *dev, uint8_t value)
{
    if (value == 0) {
        virtio_dev_reset(dev);
        return;
    }
    if (dev->resetting) {
        virtio_dev_breach(dev, dev->name, "2.4.2",
                          "The driver SHOULD consider a driver-initiated reset complete when it "
                          "reads device status as 0.",
                          value);
        return;
    }
    virtio_dev_check_status(dev, value);
    uint8_t added = value & (uint8_t)~dev->status & VIRTIO_STATUS_BITS;
    if (dev->legacy) {
        added = virtio_dev_drop_features_ok(dev, added);
    }
    virtio_dev_check_order(dev, added);
    if ((added & VIRTIO_STATUS_FEATURES_OK) != 0 && !virtio_dev_accept_features(dev)) {
        added &= (uint8_t) ~(VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK);
    }
    if ((added & VIRTIO_STATUS_DRIVER_OK) != 0 && dev->legacy) {
        virtio_dev_finalize_features(dev);
    }
    dev->status |= added;
    trace_emit(dev->env.trace, TRACE_VIRTIO_STATUS, TS(dev->name), TN(dev->status));
    if ((added & VIRTIO_STATUS_DRIVER_OK) != 0 && virtio_dev_is_running(dev) &&
        dev->ops->started != NULL) {
        dev->ops->started(dev);
    }
}

/* ---- notifications and configuration space --------------------------------------------------- */

static void virtio_dev_breach_not_ready(struct virtio_dev *dev, const char *who, uint32_t queue)
{
    if (dev->legacy) {
        virtio_dev_breach(dev, who, "4.2.4",
                          "a value other than zero (0x0) means that the queue is in use", queue);
    } else {
        virtio_dev_breach(dev, who, "4.2.2.1",
                          "The device MUST NOT access virtual queue contents when QueueReady is "
                          "zero (0x0).",
                          queue);
    }
}

void virtio_dev_kick(struct virtio_dev *dev, uint32_t queue)
{
    if (queue >= dev->ops->queue_count) {
        virtio_dev_breach(dev, dev->name, "4.2.2",
                          "When VIRTIO_F_NOTIFICATION_DATA has not been negotiated, the value "
                          "written is the queue index.",
                          queue);
        return;
    }
    struct virtqueue *target = &dev->queues[queue];
    if ((dev->status & VIRTIO_STATUS_DRIVER_OK) == 0) {
        virtio_dev_breach(dev, target->name, "3.1.1",
                          "The driver MUST NOT send any buffer available notifications to the "
                          "device before setting DRIVER_OK.",
                          dev->status);
        if (!dev->legacy) {
            return;
        }
        /* 3.1.2: "MUST support the driver using the device before the step 8" */
    }
    if (!target->ready) {
        virtio_dev_breach_not_ready(dev, target->name, queue);
        return;
    }
    if (dev->legacy) {
        virtio_dev_finalize_features(dev);
        dev->in_use = true;
    }
    if (virtqueue_kick(target)) {
        dev->ops->kicked(dev, queue);
    }
}

static bool virtio_dev_config_covers(struct virtio_dev *dev, size_t offset, size_t size)
{
    if (offset < dev->ops->config_size && size <= dev->ops->config_size - offset) {
        return true;
    }
    virtio_dev_breach(dev, dev->name, "4.2.2.2",
                      "The driver MUST NOT access memory locations not described in the table (or, "
                      "in case of the configuration space, described in the device specification)",
                      offset);
    return false;
}

void virtio_dev_config_read(struct virtio_dev *dev, size_t offset, void *buffer, size_t size)
{
    if (virtio_dev_config_covers(dev, offset, size)) {
        dev->ops->config_read(dev, offset, buffer, size);
    } else {
        memset(buffer, 0xff, size);
    }
}

void virtio_dev_config_write(struct virtio_dev *dev, size_t offset, const void *buffer, size_t size)
{
    if (!virtio_dev_config_covers(dev, offset, size)) {
        return;
    }
    if (dev->ops->config_write == NULL) {
        virtio_dev_breach(dev, dev->name, "4.2.2.2",
                          "The driver MUST NOT write to the read-only registers (direction R)",
                          offset);
        return;
    }
    dev->ops->config_write(dev, offset, buffer, size);
}
