/*
 * virtqueue.c - a split virtqueue, device side
 *
 * Three free-running 16-bit indices tell where a queue stands: the driver's available index, the
 * next entry of the available ring that the device will take (last_avail), and the used index. They
 * wrap at 65536; only differences mean something.
 *
 *     available ring:   … taken … | last_avail … seen_avail |        made available, not popped
 *     in flight:        popped, and not visible in the used ring yet: a bit a head
 *     completing:       the part of those in flight that was pushed and waits for its latency
 *                       (virtqueue_completion.c)
 *
 * Trust: indices, heads, flags, lengths and addresses come from the guest. Each is copied out of
 * guest memory once, checked, and used from the copy. Nothing is remembered about the rings'
 * memory: it may have been closed to devices meanwhile, and gmem checks each access anyway.
 *
 * A breach with no sensible continuation breaks the queue: the device cannot know which chains the
 * driver thinks are its own. That sets DEVICE_NEEDS_RESET, and stops the whole device.
 *
 * Notifications. Whoever looks at a ring for the last time before going to sleep tells the other
 * side where it stands (used_event, avail_event; the flags without event indices) and looks once
 * more. Here that is virtqueue_want_kicks(); the driver's wish is heard in virtqueue_completion.c.
 *
 * Not here: packed rings.
 */
#include "emu/virtio/virtqueue.h"

#include "emu/virtio/virtio_priv.h"
#include "emu/virtio/virtio_spec.h"
#include "emu/virtio/virtqueue_barrier.h"
#include "emu/virtio/virtqueue_owner.h"

#include <string.h>

static_assert(VIRTQUEUE_SIZE_MAX % 64 == 0, "the bits of heads in flight fill whole words");
static_assert(VIRTQUEUE_SIZE_MAX <= 0x8000,
              "an index that steps back must differ from one that runs ahead");

void virtqueue_breach(struct virtqueue *queue, const char *clause, const char *rule, uint64_t value)
{
    virtio_dev_breach(queue->dev, queue->name, clause, rule, value);
}

void virtqueue_break(struct virtqueue *queue, const char *why)
{
    queue->broken = true;
    trace_emit(queue->dev->env.trace, TRACE_VQ_BROKEN, TS(queue->name), TS(why));
    virtio_dev_break(queue->dev);
}

bool virtqueue_is_live(const struct virtqueue *queue)
{
    return queue->ready && !queue->broken && virtio_dev_is_running(queue->dev);
}

static bool virtqueue_is_usable(const struct virtqueue *queue)
{
    return virtqueue_is_live(queue) && !queue->dev->memory_closed;
}

/* ---- rings ----------------------------------------------------------------------------------- */

bool virtqueue_read(struct virtqueue *queue, gpa_t ring, uint64_t offset, void *to, size_t size)
{
    if (gmem_read(queue->dev->env.memory, queue->name, gpa(ring.value + offset), to, size)) {
        return true;
    }
    virtqueue_breach(queue, "2.7", "each part is physically-contiguous in guest memory",
                     ring.value + offset);
    virtqueue_break(queue, "a ring is not in memory that is open to devices");
    return false;
}

bool virtqueue_write(struct virtqueue *queue, uint64_t offset, const void *from, size_t size)
{
    if (gmem_write(queue->dev->env.memory, queue->name, gpa(queue->used.value + offset), from,
                   size)) {
        return true;
    }
    virtqueue_breach(queue, "2.7", "each part is physically-contiguous in guest memory",
                     queue->used.value + offset);
    virtqueue_break(queue, "a ring is not in memory that is open to devices");
    return false;
}

/* Looks where the driver's available index stands. */
static bool virtqueue_update_avail(struct virtqueue *queue)
{
    uint16_t index = 0;
    if (!virtqueue_read(queue, queue->avail, VIRTQ_AVAIL_IDX, &index, sizeof(index))) {
        return false;
    }
    uint16_t advance = (uint16_t)(index - queue->seen_avail);
    if (advance >= 0x8000) {
        virtqueue_breach(queue, "2.7.6.1",
                         "A driver MUST NOT decrement the available idx on a virtqueue", index);
        virtqueue_break(queue, "the available index went backwards");
        return false;
    }
    if ((uint16_t)(index - queue->last_avail) > queue->size) {
        virtqueue_breach(queue, "2.7",
                         "Queue Size corresponds to the maximum number of buffers in the virtqueue",
                         index);
        virtqueue_break(queue, "more chains are available than the ring has entries");
        return false;
    }
    queue->seen_avail = index;
    virtqueue_barrier_judge(queue, index);
    return true;
}

bool virtqueue_has_avail(struct virtqueue *queue)
{
    return virtqueue_is_usable(queue) && virtqueue_update_avail(queue) &&
           queue->seen_avail != queue->last_avail;
}

/* [VIRTIO1.2] 2.7.10: the driver notifies when its index passes avail_event. */
static bool virtqueue_set_avail_event(struct virtqueue *queue)
{
    if (queue->avail_event == queue->seen_avail) {
        return true;
    }
    queue->avail_event = queue->seen_avail;
    return virtqueue_write(queue, virtq_avail_event(queue->size), &queue->avail_event,
                           sizeof(queue->avail_event));
}

/* 2.7.10, without VIRTIO_F_EVENT_IDX: 1 means that there is no need. */
static bool virtqueue_set_used_flags(struct virtqueue *queue, bool wanted)
{
    if (queue->kicks_unwanted == !wanted) {
        return true;
    }
    const uint16_t flags = wanted ? 0 : VIRTQ_USED_F_NO_NOTIFY;
    queue->kicks_unwanted = !wanted;
    return virtqueue_write(queue, VIRTQ_USED_FLAGS, &flags, sizeof(flags));
}

bool virtqueue_want_kicks(struct virtqueue *queue, bool wanted)
{
    uint16_t seen = queue->seen_avail;
    bool events = virtio_dev_has(queue->dev, VIRTIO_FEATURE_EVENT_IDX);
    if (!virtqueue_is_usable(queue) || (!events && !queue->style.suppress)) {
        return false; /* or every chain is announced */
    }
    if (!events) {
        return virtqueue_set_used_flags(queue, wanted) && wanted && virtqueue_update_avail(queue) &&
               queue->seen_avail != seen;
    }
    return wanted && virtqueue_set_avail_event(queue) && virtqueue_update_avail(queue) &&
           queue->seen_avail != seen;
}

/* ---- chains ---------------------------------------------------------------------------------- */

bool virtqueue_is_in_flight(const struct virtqueue *queue, uint16_t head)
{
    return (queue->in_flight[head / 64] >> head % 64 & 1) != 0;
}

/* What a descriptor says about itself and its place in the chain. False: the queue is broken. */
static bool virtqueue_check_desc(struct virtqueue *queue, const struct virtqueue_chain *chain,
                                 const struct virtq_desc *desc)
{
    if ((desc->flags & VIRTQ_DESC_F_WRITE) == 0 && chain->writable_count > 0) {
        virtqueue_breach(queue, "2.7.4.2",
                         "The driver MUST place any device-writable descriptor elements after any "
                         "device-readable descriptor elements.",
                         desc->flags);
        virtqueue_break(queue, "a device-readable buffer follows a device-writable one");
        return false;
    }
    /*
     * The sentence allows 2^32 bytes to the letter. No length field of a ring can hold that number,
     * nor can ours, and guest memory is smaller: a chain can only get there by naming the same
     * bytes again and again.
     */
    if ((uint64_t)chain->readable_size + chain->writable_size + desc->len > UINT32_MAX) {
        virtqueue_breach(queue, "2.7.5.2",
                         "Drivers MUST NOT add a descriptor chain longer than 2^32 bytes in total",
                         desc->len);
        virtqueue_break(queue, "a chain is longer than 2^32 bytes");
        return false;
    }
    return true;
}

/* Adds a descriptor's buffer to the chain. False: the queue is broken. */
static bool virtqueue_add_segment(struct virtqueue *queue, struct virtqueue_chain *chain,
                                  const struct virtq_desc *desc)
{
    if (!virtqueue_check_desc(queue, chain, desc)) {
        return false;
    }
    if (desc->len == 0) {
        /*
         * The specification forbids it nowhere, and means it nowhere either; other devices break
         * their queue here. Nothing can go wrong with a buffer in which nothing fits: it is
         * recorded and passed over.
         */
        virtqueue_breach(queue, "2.7.13.1", "Set d.len to the length of b.", 0);
        return true;
    }
    bool writable = (desc->flags & VIRTQ_DESC_F_WRITE) != 0;
    if (gmem_span(queue->dev->env.memory, queue->name, gpa(desc->addr), desc->len,
                  writable ? GMEM_DEVICE_WRITES : GMEM_DEVICE_READS) == NULL) {
        virtqueue_breach(queue, "2.7.5",
                         "The descriptor table refers to the buffers the driver is using for the "
                         "device. addr is a physical address",
                         desc->addr);
        virtqueue_break(queue, "a buffer is not in memory that is open to devices");
        return false;
    }
    chain->segments[chain->readable_count + chain->writable_count] =
        (struct virtqueue_segment){.at = gpa(desc->addr), .size = desc->len};
    if (writable) {
        chain->writable_count++;
        chain->writable_size += desc->len;
    } else {
        chain->readable_count++;
        chain->readable_size += desc->len;
    }
    return true;
}

/* Where a walk stands: in the queue's own table, or in the one that a descriptor refers to. */
struct virtqueue_walk {
    gpa_t table;
    uint32_t entries, index;
    bool indirect;
};

/* What a descriptor with the flag INDIRECT says, and whether it may be there at all. */
static bool virtqueue_check_indirect(struct virtqueue *queue, const struct virtqueue_walk *walk,
                                     const struct virtq_desc *desc)
{
    const char *clause = "2.7.5.3.1", *rule, *why;
    if (!virtio_dev_has(queue->dev, VIRTIO_FEATURE_INDIRECT_DESC)) {
        rule = "The driver MUST NOT set the VIRTQ_DESC_F_INDIRECT flag unless the "
               "VIRTIO_F_INDIRECT_DESC feature was negotiated.";
        why = "an indirect descriptor without the feature";
    } else if (walk->indirect) {
        rule = "The driver MUST NOT set the VIRTQ_DESC_F_INDIRECT flag within an indirect "
               "descriptor (ie. only one table per descriptor).";
        why = "an indirect table refers to another one";
    } else if ((desc->flags & VIRTQ_DESC_F_NEXT) != 0) {
        rule = "A driver MUST NOT set both VIRTQ_DESC_F_INDIRECT and VIRTQ_DESC_F_NEXT in flags.";
        why = "a chain goes on behind an indirect table";
    } else if (desc->len == 0 || desc->len % sizeof(*desc) != 0) {
        clause = "2.7.5.3";
        rule = "addr and len refer to the indirect table address and length in bytes, "
               "respectively. [...] struct virtq_desc desc[len / 16];";
        why = "an indirect table is not a whole number of descriptors";
    } else if (gmem_span(queue->dev->env.memory, queue->name, gpa(desc->addr), desc->len,
                         GMEM_DEVICE_READS) == NULL) {
        clause = "2.7.5.3";
        rule = "a descriptor [...] that refers to a buffer containing this indirect descriptor "
               "table";
        why = "an indirect table is not in memory that is open to devices";
    } else {
        return true;
    }
    virtqueue_breach(queue, clause, rule, desc->flags);
    virtqueue_break(queue, why);
    return false;
}

/*
 * To the next descriptor of the chain. False: there is none, or the queue is broken. 2.7.5.3.2:
 * "The device MUST ignore the write-only flag [...] in the descriptor that refers to an indirect
 * table", and "handle the case of zero or more normal chained descriptors followed by a single
 * descriptor with flags&VIRTQ_DESC_F_INDIRECT".
 */
static bool virtqueue_walk_on(struct virtqueue *queue, struct virtqueue_walk *walk,
                              const struct virtq_desc *desc)
{
    if ((desc->flags & VIRTQ_DESC_F_INDIRECT) != 0) {
        *walk = (struct virtqueue_walk){
            .table = gpa(desc->addr),
            .entries = (uint32_t)(desc->len / sizeof(*desc)),
            .indirect = true,
        };
        return true;
    }
    if ((desc->flags & VIRTQ_DESC_F_NEXT) == 0) {
        return false;
    }
    if (desc->next >= walk->entries) {
        virtqueue_breach(queue, "2.7.5",
                         walk->indirect
                             ? "The first indirect descriptor is located at start of the indirect "
                               "descriptor table (index 0), additional indirect descriptors are "
                               "chained by next."
                             : "The number of descriptors in the table is defined by the queue "
                               "size",
                         desc->next);
        virtqueue_break(queue, "a chain goes on outside the descriptor table");
        return false;
    }
    if (walk->indirect && desc->next != walk->index + 1 &&
        virtio_dev_has(queue->dev, VIRTIO_FEATURE_IN_ORDER)) {
        virtqueue_breach(queue, "2.7.5.3.1",
                         "If VIRTIO_F_IN_ORDER has been negotiated, indirect descriptors MUST "
                         "appear sequentially, with next taking the value of 1 for the 1st "
                         "descriptor, 2 for the 2nd one, etc.",
                         desc->next);
    }
    walk->index = desc->next;
    return true;
}

/*
 * Bounded by the queue size, which is what the specification allows a chain to have, with the
 * entries of an indirect table and without, and which a loop exceeds. The descriptor that refers to
 * a table is no buffer, and stands outside of that count.
 */
static bool virtqueue_walk(struct virtqueue *queue, struct virtqueue_chain *chain)
{
    struct virtqueue_walk walk = {
        .table = queue->desc, .entries = queue->size, .index = chain->head};
    for (unsigned count = 0; count < queue->size;) {
        struct virtq_desc desc;
        if (!virtqueue_read(queue, walk.table, (uint64_t)walk.index * sizeof(desc), &desc,
                            sizeof(desc))) {
            return false;
        }
        if ((desc.flags & VIRTQ_DESC_F_INDIRECT) != 0) {
            if (!virtqueue_check_indirect(queue, &walk, &desc)) {
                return false;
            }
        } else if (!virtqueue_add_segment(queue, chain, &desc)) {
            return false;
        } else {
            count++;
        }
        if (!virtqueue_walk_on(queue, &walk, &desc)) {
            return !queue->broken;
        }
    }
    virtqueue_breach(
        queue, "2.7.5.3.1",
        "A driver MUST NOT create a descriptor chain longer than the Queue Size of the device.",
        chain->head);
    virtqueue_break(queue, "a chain is longer than the queue, or a loop");
    return false;
}

bool virtqueue_peek_ahead(struct virtqueue *queue, unsigned ahead, struct virtqueue_chain *chain)
{
    if (ahead >= (uint16_t)(queue->seen_avail - queue->last_avail)) {
        return false;
    }
    uint16_t head = 0;
    uint64_t slot = (queue->last_avail + ahead) & (queue->size - 1);
    if (!virtqueue_read(queue, queue->avail, VIRTQ_AVAIL_RING + slot * sizeof(head), &head,
                        sizeof(head))) {
        return false;
    }
    if (head >= queue->size) {
        virtqueue_breach(queue, "2.7.6", "each ring entry refers to the head of a descriptor chain",
                         head);
        virtqueue_break(queue, "a head is outside the descriptor table");
        return false;
    }
    if (virtqueue_is_in_flight(queue, head)) {
        virtqueue_breach(queue, "2.7.13",
                         "The driver places the buffer into free descriptor(s) in the descriptor "
                         "table",
                         head);
        virtqueue_break(queue, "a head is available again before it was returned");
        return false;
    }
    chain->head = head;
    chain->readable_count = 0;
    chain->writable_count = 0;
    chain->readable_size = 0;
    chain->writable_size = 0;
    return virtqueue_walk(queue, chain);
}

bool virtqueue_peek(struct virtqueue *queue, struct virtqueue_chain *chain)
{
    return virtqueue_has_avail(queue) && virtqueue_peek_ahead(queue, 0, chain);
}

void virtqueue_take(struct virtqueue *queue, const struct virtqueue_chain *chain)
{
    g_assert(queue->last_avail != queue->seen_avail);
    g_assert(!virtqueue_is_in_flight(queue, chain->head));
    trace_emit(queue->dev->env.trace, TRACE_VQ_POP, TS(queue->name), TN(chain->head),
               TN(queue->last_avail));
    queue->in_flight[chain->head / 64] |= UINT64_C(1) << chain->head % 64;
    queue->in_flight_count++;
    queue->last_avail++;
    virtqueue_owner_claim(queue, chain->head);
}

bool virtqueue_pop(struct virtqueue *queue, struct virtqueue_chain *chain)
{
    if (!virtqueue_peek(queue, chain)) {
        return false;
    }
    virtqueue_take(queue, chain);
    return true;
}

/*
 * Runs over the segments in [first, first + count) and copies between them and a buffer, `offset`
 * bytes in.
 */
static size_t virtqueue_copy(struct virtqueue *queue, const struct virtqueue_segment *segments,
                             unsigned count, size_t offset, uint8_t *to, const uint8_t *from,
                             size_t size)
{
    size_t done = 0;
    for (unsigned i = 0; i < count && done < size; i++) {
        if (offset >= segments[i].size) {
            offset -= segments[i].size;
            continue;
        }
        gpa_t at = gpa(segments[i].at.value + offset);
        size_t piece = MIN(size - done, segments[i].size - offset);
        offset = 0;
        bool copied = to != NULL
                          ? gmem_read(queue->dev->env.memory, queue->name, at, to + done, piece)
                          : gmem_write(queue->dev->env.memory, queue->name, at, from + done, piece);
        if (!copied) {
            break;
        }
        done += piece;
    }
    return done;
}

size_t virtqueue_chain_read(struct virtqueue *queue, const struct virtqueue_chain *chain,
                            size_t offset, void *buffer, size_t size)
{
    return virtqueue_copy(queue, chain->segments, chain->readable_count, offset, buffer, NULL,
                          size);
}

const uint8_t *virtqueue_chain_readable(struct virtqueue *queue,
                                        const struct virtqueue_chain *chain)
{
    return chain->readable_count != 1
               ? NULL
               : gmem_span(queue->dev->env.memory, queue->name, chain->segments[0].at,
                           chain->segments[0].size, GMEM_DEVICE_READS);
}

uint8_t *virtqueue_chain_writable(struct virtqueue *queue, const struct virtqueue_chain *chain)
{
    const struct virtqueue_segment *segment = &chain->segments[chain->readable_count];
    return chain->writable_count != 1 ? NULL
                                      : gmem_span(queue->dev->env.memory, queue->name, segment->at,
                                                  segment->size, GMEM_DEVICE_WRITES);
}

size_t virtqueue_chain_write(struct virtqueue *queue, const struct virtqueue_chain *chain,
                             size_t offset, const void *buffer, size_t size)
{
    return virtqueue_copy(queue, chain->segments + chain->readable_count, chain->writable_count,
                          offset, NULL, buffer, size);
}

/* ---- settings -------------------------------------------------------------------------------- */

void virtqueue_set_style(struct virtqueue *queue, const struct virtqueue_style *style)
{
    g_assert(!queue->ready && style->batch <= queue->size_max);
    queue->style = *style;
}

void virtqueue_set_latency(struct virtqueue *queue, uint64_t latency_ns)
{
    queue->latency_ns = latency_ns;
}

void virtqueue_set_hooks(struct virtqueue *queue, const struct virtqueue_hooks *hooks, void *opaque)
{
    g_assert(hooks->kick != NULL && hooks->push != NULL);
    g_assert(hooks->interrupt != NULL && hooks->stopped != NULL);
    queue->hooks = hooks;
    queue->hooks_opaque = opaque;
}

struct irqline virtqueue_interrupt_line(const struct virtqueue *queue)
{
    return queue->interrupt;
}

void virtqueue_set_interrupt_line(struct virtqueue *queue, struct irqline line)
{
    queue->interrupt = line;
}

/* ---- reports --------------------------------------------------------------------------------- */

unsigned virtqueue_avail_count(struct virtqueue *queue)
{
    if (!queue->ready || queue->broken) {
        return 0;
    }
    /* A look from outside: it must neither break a queue nor count as an access of the device. */
    const void *at = gmem_open_host(queue->dev->env.memory,
                                    gpa(queue->avail.value + VIRTQ_AVAIL_IDX), sizeof(uint16_t));
    uint16_t index;
    if (at == NULL) { /* it was open when the queue was enabled */
        return 0;
    }
    memcpy(&index, at, sizeof(index));
    uint16_t count = (uint16_t)(index - queue->last_avail);
    return count <= queue->size ? count : 0;
}

unsigned virtqueue_in_flight(const struct virtqueue *queue)
{
    return queue->in_flight_count;
}

/* ---- for virtio.c and transports ------------------------------------------------------------- */

void virtqueue_init(struct virtqueue *queue, struct virtio_dev *dev, const char *name,
                    unsigned size_max)
{
    g_assert(size_max > 0 && size_max <= VIRTQUEUE_SIZE_MAX);
    g_assert((size_max & (size_max - 1)) == 0);
    *queue = (struct virtqueue){.dev = dev, .name = name, .size_max = size_max};
    queue->latency_ns = VIRTQUEUE_LATENCY_NS;
    queue->completing = g_new(struct virtqueue_completion, size_max);
    queue->owner = virtqueue_owner_new(size_max);
    vevent_init(&queue->completion, VEVENT_MACHINE, "virtqueue completion", virtqueue_complete,
                queue);
}

void virtqueue_fini(struct virtqueue *queue)
{
    queue->hooks = NULL; /* whoever stands there may be gone */
    virtqueue_stop(queue);
    g_free(queue->completing);
    queue->completing = NULL;
    virtqueue_owner_free(queue->owner);
    queue->owner = NULL;
    virtqueue_barrier_free(queue->barrier);
    queue->barrier = NULL;
}

void virtqueue_stop(struct virtqueue *queue)
{
    if (vevent_is_armed(&queue->completion)) {
        vclock_disarm(queue->dev->env.clock, &queue->completion);
    }
    queue->completing_first = 0;
    queue->completing_count = 0;
    if (queue->hooks != NULL) {
        queue->hooks->stopped(queue->hooks_opaque);
    }
}

/* Forgets what was in the rings, not where they are. */
static void virtqueue_empty(struct virtqueue *queue)
{
    virtqueue_stop(queue);
    queue->seen_avail = queue->style.first_index;
    queue->last_avail = queue->style.first_index;
    queue->used_index = queue->style.first_index;
    queue->avail_event = queue->style.first_index;
    queue->kicks_unwanted = false;
    queue->in_flight_count = 0;
    memset(queue->in_flight, 0, sizeof(queue->in_flight));
    virtqueue_owner_clear(queue->owner);
}

void virtqueue_reset(struct virtqueue *queue)
{
    virtqueue_empty(queue);
    queue->size = 0;
    queue->ready = false;
    queue->broken = false;
    queue->desc = gpa(0);
    queue->avail = gpa(0);
    queue->used = gpa(0);
}

/*
 * False: the queue is broken. The size was judged when it was written; here it only has to be
 * usable.
 */
static bool virtqueue_check_size(struct virtqueue *queue)
{
    unsigned size = queue->size;
    if (size == 0) {
        virtqueue_breach(queue, queue->dev->legacy ? "4.2.4" : "4.2.3.2",
                         "Notify the device about the queue size by writing the size to QueueNum.",
                         0);
    }
    if (size == 0 || size > queue->size_max || (size & (size - 1)) != 0) {
        virtqueue_break(queue, "the queue size makes no sense");
        return false;
    }
    return true;
}

static bool virtqueue_check_part(struct virtqueue *queue, gpa_t at, size_t size, uint64_t align,
                                 enum gmem_access access)
{
    if (at.value % align != 0) {
        virtqueue_breach(queue, "2.7.1",
                         "The driver MUST ensure that the physical address of the first byte of "
                         "each virtqueue part is a multiple of the specified alignment value",
                         at.value);
        virtqueue_break(queue, "a ring is not aligned");
        return false;
    }
    if (gmem_span(queue->dev->env.memory, queue->name, at, size, access) == NULL) {
        virtqueue_breach(queue, "2.7", "each part is physically-contiguous in guest memory",
                         at.value);
        virtqueue_break(queue, "a ring is not in memory that is open to devices");
        return false;
    }
    return true;
}

/* The device writes them only later: until then they are what the driver left there. */
static void virtqueue_check_used_flags(struct virtqueue *queue)
{
    const void *at = gmem_open_host(queue->dev->env.memory,
                                    gpa(queue->used.value + VIRTQ_USED_FLAGS), sizeof(uint16_t));
    uint16_t flags;
    g_assert(at != NULL); /* so it was found right before */
    memcpy(&flags, at, sizeof(flags));
    if (flags != 0) {
        virtqueue_breach(queue, "2.7.10.1",
                         "The driver MUST initialize flags in the used ring to 0 when allocating "
                         "the used ring.",
                         flags);
    }
}

void virtqueue_set_ready(struct virtqueue *queue, bool ready)
{
    if (queue->ready == ready) {
        return;
    }
    virtqueue_empty(queue);
    queue->ready = ready;
    trace_emit(queue->dev->env.trace, TRACE_VQ_READY, TS(queue->name), TN(ready ? queue->size : 0));
    if (!ready) {
        return;
    }
    if (!queue->dev->legacy && (queue->dev->status & VIRTIO_STATUS_FEATURES_OK) == 0) {
        virtqueue_breach(
            queue, "3.1.1",
            "The driver MUST follow this sequence to initialize a device: [...] 5. Set "
            "the FEATURES_OK status bit. [...] 7. [...] discovery of virtqueues",
            queue->dev->status);
    }
    if (virtqueue_check_size(queue) &&
        virtqueue_check_part(queue, queue->desc, virtq_desc_size(queue->size), VIRTQ_DESC_ALIGN,
                             GMEM_DEVICE_READS) &&
        virtqueue_check_part(queue, queue->avail, virtq_avail_size(queue->size), VIRTQ_AVAIL_ALIGN,
                             GMEM_DEVICE_READS)) {
        if (virtqueue_check_part(queue, queue->used, virtq_used_size(queue->size), VIRTQ_USED_ALIGN,
                                 GMEM_DEVICE_WRITES)) {
            virtqueue_check_used_flags(queue);
            virtqueue_barrier_begin(queue);
        }
    }
}

bool virtqueue_kick(struct virtqueue *queue)
{
    if (!virtqueue_is_usable(queue) || !virtqueue_update_avail(queue)) {
        return false;
    }
    trace_emit(queue->dev->env.trace, TRACE_VQ_KICK, TS(queue->name), TN(queue->seen_avail));
    virtqueue_barrier_judge_kick(queue);
    return queue->hooks == NULL || queue->hooks->kick(queue->hooks_opaque);
}
