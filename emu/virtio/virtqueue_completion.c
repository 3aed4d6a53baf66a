/*
 * virtqueue_completion.c - how chains go back to the driver
 *
 *     push -> hook -> completing: a ring, in the order of the pushes -> used ring -> interrupt
 *
 * Chains become visible when their latency is over, one by one or in batches. A batch is elements
 * of the used ring in an order of the queue's style, and one step of the used index. All that
 * becomes visible at one time has one notification, if the driver wants any: [VIRTIO1.2] 2.7.7,
 * 2.7.8, 2.7.9.
 */
#include "emu/virtio/virtio_priv.h"
#include "emu/virtio/virtio_spec.h"
#include "emu/virtio/virtqueue_owner.h"

/* The chain that is `at` places behind the oldest of those on their way back. */
static struct virtqueue_completion *virtqueue_completing(struct virtqueue *queue, unsigned at)
{
    return &queue->completing[(queue->completing_first + at) % queue->size_max];
}

/* Which chain of a batch of `count` comes in the place `at`. */
static unsigned virtqueue_reorder(const struct virtqueue *queue, unsigned at, unsigned count)
{
    switch (queue->style.order) {
    case VIRTQUEUE_IN_ORDER:
        break;
    case VIRTQUEUE_OUT_OF_ORDER: /* 1, 3, 5, … and then 0, 2, 4, … */
        return at < count / 2 ? 2 * at + 1 : 2 * (at - count / 2);
    case VIRTQUEUE_REVERSE:
        return count - 1 - at;
    }
    return at;
}

static bool virtqueue_write_element(struct virtqueue *queue, uint16_t index,
                                    const struct virtqueue_completion *completion)
{
    const struct virtq_used_elem element = {.id = completion->id, .len = completion->len};
    uint64_t slot = index & (queue->size - 1);
    return virtqueue_write(queue, VIRTQ_USED_RING + slot * sizeof(element), &element,
                           sizeof(element));
}

/*
 * Makes the oldest `count` chains visible, in one step. The elements are written before the index
 * that covers them, [VIRTIO1.2] 2.7.8.2.
 *
 * 2.7.9, in order: "the device can notify the use of a batch of buffers to the driver by only
 * writing out a single used ring entry with the id corresponding to the head entry of the
 * descriptor chain describing the last buffer in the batch". Chains whose length matters, which are
 * those that were written to, get an element each.
 */
static bool virtqueue_publish(struct virtqueue *queue, unsigned count)
{
    bool single = virtio_dev_has(queue->dev, VIRTIO_FEATURE_IN_ORDER) && count > 1;
    for (unsigned i = 0; i < count; i++) {
        single = single && virtqueue_completing(queue, i)->len == 0;
    }
    for (unsigned i = single ? count - 1 : 0; i < count; i++) {
        uint16_t index = (uint16_t)(queue->used_index + (single ? 0 : i));
        unsigned which = virtqueue_reorder(queue, i, count);
        if (!virtqueue_write_element(queue, index, virtqueue_completing(queue, which))) {
            return false;
        }
    }
    uint16_t index = (uint16_t)(queue->used_index + count);
    if (!virtqueue_write(queue, VIRTQ_USED_IDX, &index, sizeof(index))) {
        return false;
    }
    queue->used_index = index;
    queue->in_flight_count -= count;
    for (unsigned i = 0; i < count; i++) {
        const struct virtqueue_completion *completion =
            virtqueue_completing(queue, virtqueue_reorder(queue, i, count));
        queue->in_flight[completion->head / 64] &= ~(UINT64_C(1) << completion->head % 64);
        virtqueue_owner_release(queue, completion->head);
        trace_emit(queue->dev->env.trace, TRACE_VQ_USED, TS(queue->name), TN(completion->id),
                   TN(completion->len), TN(index));
    }
    queue->completing_first = (queue->completing_first + count) % queue->size_max;
    queue->completing_count -= count;
    return true;
}

/* [VIRTIO1.2] 2.7.7.1, 2.7.7.2: whether the driver wants to hear of the step of the used index. */
static bool virtqueue_wants_interrupt(struct virtqueue *queue, uint16_t before, bool *wanted)
{
    bool events = virtio_dev_has(queue->dev, VIRTIO_FEATURE_EVENT_IDX);
    uint16_t flags = 0, event = 0;
    if (!virtqueue_read(queue, queue->avail, VIRTQ_AVAIL_FLAGS, &flags, sizeof(flags)) ||
        (events && !virtqueue_read(queue, queue->avail, virtq_used_event(queue->size), &event,
                                   sizeof(event)))) {
        return false;
    }
    if (events && flags != 0) {
        virtqueue_breach(queue, "2.7.7.1",
                         "If the VIRTIO_F_EVENT_IDX feature bit is negotiated: The driver MUST set "
                         "flags to 0.",
                         flags);
    } else if ((flags & ~VIRTQ_AVAIL_F_NO_INTERRUPT) != 0) {
        virtqueue_breach(queue, "2.7.7.1", "The driver MUST set flags to 0 or 1.", flags);
    }
    *wanted = events ? virtq_event_passed(event, before, queue->used_index)
                     : (flags & VIRTQ_AVAIL_F_NO_INTERRUPT) == 0;
    return true;
}

/*
 * The used buffer notification, for a used index that was at `before`. Flags and event index are
 * looked at after the index was written: a driver that sets them and then looks at the used ring
 * once more misses nothing.
 */
static void virtqueue_interrupt(struct virtqueue *queue, uint16_t before)
{
    bool wanted;
    if (before == queue->used_index || !virtqueue_wants_interrupt(queue, before, &wanted)) {
        return;
    }
    if (!wanted) {
        trace_emit(queue->dev->env.trace, TRACE_VQ_QUIET, TS(queue->name), TN(queue->used_index));
    } else if (queue->hooks == NULL || queue->hooks->interrupt(queue->hooks_opaque)) {
        virtio_dev_raise(queue->dev, VIRTIO_ISR_USED, &queue->interrupt);
    }
}

/* How many of the oldest chains become visible now, in one step; 0: none. */
static unsigned virtqueue_due(struct virtqueue *queue, uint64_t now_ns)
{
    unsigned batch = MAX(queue->style.batch, 1), due = 0;
    while (due < queue->completing_count && due < batch &&
           virtqueue_completing(queue, due)->when_ns <= now_ns) {
        due++;
    }
    if (due == 0 ||
        (due < batch && virtqueue_completing(queue, 0)->when_ns + VIRTQUEUE_BATCH_NS > now_ns)) {
        return 0;
    }
    while (virtqueue_completing(queue, due - 1)->more && due < queue->completing_count) {
        due++;
    }
    return due;
}

/*
 * When the next chains become visible. Only the oldest is waited for, so that the order stays even
 * where the latency has become shorter; a batch is as late as its last.
 */
static uint64_t virtqueue_next_ns(struct virtqueue *queue)
{
    unsigned batch = MAX(queue->style.batch, 1);
    uint64_t last_ns = virtqueue_completing(queue, 0)->when_ns;
    uint64_t limit_ns = batch > 1 ? last_ns + VIRTQUEUE_BATCH_NS : last_ns;
    if (batch > queue->completing_count) {
        return limit_ns;
    }
    for (unsigned i = 1; i < batch; i++) {
        last_ns = MAX(last_ns, virtqueue_completing(queue, i)->when_ns);
    }
    return MIN(last_ns, limit_ns);
}

void virtqueue_complete(void *opaque)
{
    struct virtqueue *queue = opaque;
    struct vclock *clock = queue->dev->env.clock;
    uint16_t before = queue->used_index;
    unsigned due;
    g_assert(queue->completing_count > 0);
    if (queue->dev->memory_closed) {
        trace_emit(queue->dev->env.trace, TRACE_PCI_BREACH, TS(queue->name), TS("[PCI3.0] 6.2.2"),
                   TS("Bus master: a value of 0 disables the device from generating PCI accesses."),
                   TN(queue->completing_count));
        return;
    }

    while ((due = virtqueue_due(queue, vclock_now_ns(clock))) > 0) {
        if (!virtqueue_publish(queue, due)) {
            return; /* broken, and with that stopped */
        }
    }
    if (queue->completing_count > 0) {
        vclock_arm(clock, &queue->completion, virtqueue_next_ns(queue));
    }
    virtqueue_interrupt(queue, before);
}

/*
 * Chains have joined those on their way back: completes them, or waits for them. Without batches
 * the time of the oldest is unchanged by those behind it.
 */
static void virtqueue_expect(struct virtqueue *queue)
{
    struct vclock *clock = queue->dev->env.clock;
    bool armed = vevent_is_armed(&queue->completion);
    if (queue->completing_count == 0 || (armed && queue->style.batch <= 1)) {
        return;
    }
    if (!armed && queue->latency_ns == 0) {
        virtqueue_complete(queue);
        return;
    }
    if (armed) {
        vclock_disarm(clock, &queue->completion);
    }
    vclock_arm(clock, &queue->completion, MAX(virtqueue_next_ns(queue), vclock_now_ns(clock)));
}

static void virtqueue_return(struct virtqueue *queue, struct virtqueue_completion completion)
{
    g_assert(completion.head < queue->size_max);
    if (!virtqueue_is_live(queue) || !virtqueue_is_in_flight(queue, completion.head)) {
        return;
    }
    bool more = completion.more;
    if (queue->hooks == NULL || queue->hooks->push(queue->hooks_opaque, &completion)) {
        g_assert(queue->completing_count < queue->size_max);
        completion.when_ns = vclock_now_ns(queue->dev->env.clock) + queue->latency_ns;
        *virtqueue_completing(queue, queue->completing_count++) = completion;
    }
    if (!more) {
        virtqueue_expect(queue);
    }
}

void virtqueue_resume(struct virtqueue *queue)
{
    struct vclock *clock = queue->dev->env.clock;
    if (queue->completing_count > 0 && !vevent_is_armed(&queue->completion)) {
        vclock_arm(clock, &queue->completion, MAX(virtqueue_next_ns(queue), vclock_now_ns(clock)));
    }
}

void virtqueue_push(struct virtqueue *queue, uint16_t head, uint32_t len)
{
    virtqueue_return(queue, (struct virtqueue_completion){.id = head, .len = len, .head = head});
}

void virtqueue_push_part(struct virtqueue *queue, uint16_t head, uint32_t len)
{
    virtqueue_return(
        queue, (struct virtqueue_completion){.id = head, .len = len, .head = head, .more = true});
}

void virtqueue_push_again(struct virtqueue *queue, const struct virtqueue_completion *completion)
{
    virtqueue_return(queue, *completion);
}
