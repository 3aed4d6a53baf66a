/*
 * virtqueue.c - a split virtqueue, driver side
 *
 * Indices are free-running 16-bit numbers: they wrap from 65535 to 0, and are reduced by the queue
 * size only to address a slot, 2.7.6 and 2.7.8.
 *
 * Event indices, 2.7.7 and 2.7.10. Either side says at which index of the other it wants to be
 * notified. Whoever says so and goes to sleep looks once more, after a barrier: what the other side
 * did in between is not announced.
 *
 * Order. A chain's descriptors and its slot in the available ring are written before the index that
 * covers them (hal_wmb in publish), the index before the device's wish for a kick is read (hal_mb
 * in wants_kick, 2.7.13.4.1), the wish for an interrupt before the used index is read (hal_mb in
 * enable_interrupts), the used index is read before the element that it covers (hal_rmb in
 * take_used).
 *
 * Free descriptors queue up: with VIRTIO_F_IN_ORDER the driver "uses descriptors in ring order:
 * starting from offset 0 in the table, and wrapping around at the end of the table", and links them
 * so, 2.7.5 and 2.7.5.2. The device returns them in that order, which the free list keeps.
 */
#include "drivers/virtqueue.h"

#include "lib/errno.h"
#include "lib/format.h"
#include "ringside/hal.h"
#include "ringside/probe.h"

static uint16_t virtqueue_slot(const struct virtqueue *queue, uint16_t index)
{
    return index & (uint16_t)(queue->size - 1);
}

static void virtqueue_init_free_list(struct virtqueue *queue)
{
    for (uint16_t i = 0; i < queue->size; i++)
        queue->next[i] = virtqueue_slot(queue, (uint16_t)(i + 1));
    queue->free_head = 0;
    queue->free_tail = (uint16_t)(queue->size - 1);
    queue->free_count = queue->size;
}

int virtqueue_init(struct virtqueue *queue, uint16_t size)
{
    kassert(size > 0 && size <= VIRTQUEUE_SIZE_MAX);
    kassert((size & (size - 1)) == 0);
    *queue = (struct virtqueue){.size = size};
    queue->desc = hal_dma_alloc(VDESC_SIZE(size), VDESC_ALIGN, &queue->desc_physical);
    queue->avail = hal_dma_alloc(VAVAIL_SIZE(size), VAVAIL_ALIGN, &queue->avail_physical);
    queue->used = hal_dma_alloc(VUSED_SIZE(size), VUSED_ALIGN, &queue->used_physical);
    if (queue->desc == NULL || queue->avail == NULL || queue->used == NULL) {
        virtqueue_fini(queue);
        return -KENOMEM;
    }
    virtqueue_init_free_list(queue);
    return 0;
}

int virtqueue_init_legacy(struct virtqueue *queue, uint16_t size, size_t page)
{
    kassert(size > 0 && size <= VIRTQUEUE_SIZE_MAX);
    kassert((size & (size - 1)) == 0);
    *queue = (struct virtqueue){.size = size};
    size_t used = VLEGACY_USED(size, page);
    queue->area_size = used + VLEGACY_ROUND(VUSED_SIZE(size), page);
    uint8_t *area = hal_dma_alloc(queue->area_size, page, &queue->desc_physical);
    if (area == NULL) {
        *queue = (struct virtqueue){.broken = "finished"};
        return -KENOMEM;
    }
    queue->desc = (void *)area;
    queue->avail = (void *)(area + VDESC_SIZE(size));
    queue->used = (void *)(area + used);
    queue->avail_physical = queue->desc_physical + VDESC_SIZE(size);
    queue->used_physical = queue->desc_physical + used;
    virtqueue_init_free_list(queue);
    return 0;
}

/* The event indices stand behind the two rings. */
static volatile uint16_t *virtqueue_used_event(const struct virtqueue *queue)
{
    return &queue->avail->ring[queue->size];
}

static const volatile uint16_t *virtqueue_avail_event(const struct virtqueue *queue)
{
    return (const volatile uint16_t *)&queue->used->ring[queue->size];
}

static size_t virtqueue_tables_size(const struct virtqueue *queue)
{
    return sizeof(struct vdesc) * VIRTQUEUE_INDIRECT * queue->size;
}

int virtqueue_configure(struct virtqueue *queue, uint64_t features, uint16_t start)
{
    kassert(queue->chains == 0 && queue->avail_index == 0);
    queue->event_index = (features & VFEATURE(VFEATURE_EVENT_INDEX)) != 0;
    queue->in_order = (features & VFEATURE(VFEATURE_IN_ORDER)) != 0;
    queue->avail_index = queue->used_index = queue->kicked_index = start;
    queue->avail->index = queue->used->index = start;
    *virtqueue_used_event(queue) = start;
    *(volatile uint16_t *)&queue->used->ring[queue->size] = start;
    if ((features & VFEATURE(VFEATURE_INDIRECT)) == 0)
        return 0;
    queue->tables =
        hal_dma_alloc(virtqueue_tables_size(queue), VDESC_ALIGN, &queue->tables_physical);
    return queue->tables != NULL ? 0 : -KENOMEM;
}

void virtqueue_fini(struct virtqueue *queue)
{
    if (queue->size == 0)
        return;
    hal_dma_free((void *)(uintptr_t)queue->tables, virtqueue_tables_size(queue));
    if (queue->area_size > 0) {
        hal_dma_free((void *)(uintptr_t)queue->desc, queue->area_size);
        *queue = (struct virtqueue){.broken = "finished"};
        return;
    }
    hal_dma_free((void *)(uintptr_t)queue->desc, VDESC_SIZE(queue->size));
    hal_dma_free((void *)(uintptr_t)queue->avail, VAVAIL_SIZE(queue->size));
    hal_dma_free((void *)(uintptr_t)queue->used, VUSED_SIZE(queue->size));
    *queue = (struct virtqueue){.broken = "finished"};
}

void virtqueue_set_name(struct virtqueue *queue, const char *interface, const char *which)
{
    ksnprintf(queue->name, sizeof(queue->name), "%s.%s", interface, which);
    ksnprintf(queue->broken_counter, sizeof(queue->broken_counter), "%s.%s.broken", interface,
              which);
}

void virtqueue_break(struct virtqueue *queue, const char *why)
{
    if (queue->broken != NULL)
        return;
    queue->broken = why;
    probe_drop(queue->name, why);
    probe_counter(queue->broken_counter, 1);
}

static uint16_t virtqueue_take_free(struct virtqueue *queue)
{
    uint16_t id = queue->free_head;
    kassert(queue->free_count > 0 && id < queue->size);
    queue->free_head = queue->next[id];
    queue->free_count--;
    return id;
}

static uint16_t virtqueue_flags(const struct virtqueue_segment *segment, bool last)
{
    return (uint16_t)((segment->device_writes ? VDESC_DEVICE_WRITES : 0) | (last ? 0 : VDESC_NEXT));
}

static void virtqueue_write(volatile struct vdesc *desc, const struct virtqueue_segment *segment,
                            uint16_t flags, uint16_t next)
{
    desc->address = segment->physical;
    desc->size = segment->size;
    desc->flags = flags;
    desc->next = next;
}

/* The chain goes into the table of its head, and takes one descriptor whatever its length. */
static uint16_t virtqueue_write_indirect(struct virtqueue *queue,
                                         const struct virtqueue_segment *segments, unsigned count)
{
    uint16_t head = virtqueue_take_free(queue);
    size_t first = (size_t)head * VIRTQUEUE_INDIRECT;
    for (unsigned i = 0; i < count; i++) {
        bool last = i + 1 == count;
        virtqueue_write(&queue->tables[first + i], &segments[i],
                        virtqueue_flags(&segments[i], last), last ? 0 : (uint16_t)(i + 1));
    }
    const struct virtqueue_segment table = {
        .physical = queue->tables_physical + first * sizeof(struct vdesc),
        .size = (uint32_t)(count * sizeof(struct vdesc)),
    };
    virtqueue_write(&queue->desc[head], &table, VDESC_INDIRECT, 0);
    return head;
}

/*
 * Writes the descriptors of a chain and returns its head. next[] of our own memory links the chain
 * as well.
 */
static uint16_t virtqueue_write_chain(struct virtqueue *queue,
                                      const struct virtqueue_segment *segments, unsigned count)
{
    uint16_t head = queue->free_head;
    for (unsigned i = 0; i < count; i++) {
        uint16_t id = virtqueue_take_free(queue);
        bool last = i + 1 == count;
        virtqueue_write(&queue->desc[id], &segments[i], virtqueue_flags(&segments[i], last),
                        last ? 0 : queue->next[id]);
    }
    return head;
}

int virtqueue_add_pending(struct virtqueue *queue, const struct virtqueue_segment *segments,
                          unsigned count, void *token, struct virtqueue_pending *pending)
{
    kassert(count > 0 && token != NULL);
    if (queue->broken != NULL)
        return -KEIO;
    bool indirect = queue->tables != NULL && count > 1 && count <= VIRTQUEUE_INDIRECT;
    unsigned needed = indirect ? 1 : count;
    if (needed > queue->free_count || count > queue->size)
        return -KENOSPC;
    uint16_t head = indirect ? virtqueue_write_indirect(queue, segments, count)
                             : virtqueue_write_chain(queue, segments, count);
    uint16_t slot = virtqueue_slot(queue, queue->avail_index);
    queue->tokens[head] = token;
    queue->pending[head] = pending;
    if (pending != NULL)
        pending->done = false;
    queue->length[head] = (uint16_t)needed;
    queue->chains++;
    queue->order[slot] = head;
    queue->avail->ring[slot] = head;
    queue->avail_index++;
    return 0;
}

int virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments, unsigned count,
                  void *token)
{
    return virtqueue_add_pending(queue, segments, count, token, NULL);
}

void virtqueue_forget(struct virtqueue *queue, const struct virtqueue_pending *pending)
{
    for (unsigned head = 0; head < queue->size; head++) {
        if (queue->pending[head] == pending)
            queue->pending[head] = NULL;
    }
}

void virtqueue_publish(struct virtqueue *queue)
{
    hal_wmb();
    queue->avail->index = queue->avail_index;
}

bool virtqueue_wants_kick(struct virtqueue *queue)
{
    hal_mb();
    uint16_t before = queue->kicked_index, after = queue->avail_index;
    queue->kicked_index = after;
    if (queue->broken != NULL)
        return false;
    if (!queue->event_index)
        return (queue->used->flags & VUSED_NO_KICK) == 0;
    /* 2.7.10: the index passed the event, in numbers that wrap. */
    uint16_t event = *virtqueue_avail_event(queue);
    return (uint16_t)(after - event - 1) < (uint16_t)(after - before);
}

bool virtqueue_enable_interrupts(struct virtqueue *queue)
{
    if (queue->broken != NULL)
        return false;
    if (!queue->event_index && queue->avail->flags == 0)
        return virtqueue_has_used(queue);
    if (queue->event_index)
        *virtqueue_used_event(queue) = queue->used_index;
    else
        queue->avail->flags = 0;
    hal_mb();
    return virtqueue_has_used(queue);
}

void virtqueue_disable_interrupts(struct virtqueue *queue)
{
    if (queue->broken == NULL && !queue->event_index)
        queue->avail->flags = VAVAIL_NO_INTERRUPT;
}

bool virtqueue_has_used(const struct virtqueue *queue)
{
    return queue->broken == NULL && queue->used->index != queue->used_index;
}

/* Puts all descriptors of a chain behind the free ones: its links are in next[] already. */
static void virtqueue_free_chain(struct virtqueue *queue, uint16_t head)
{
    uint16_t last = head;
    for (unsigned i = 1; i < queue->length[head]; i++)
        last = queue->next[last];
    if (queue->free_count > 0)
        queue->next[queue->free_tail] = head;
    else
        queue->free_head = head;
    queue->free_tail = last;
    queue->free_count = (uint16_t)(queue->free_count + queue->length[head]);
    if (queue->pending[head] != NULL)
        queue->pending[head]->done = true;
    queue->pending[head] = NULL;
    queue->tokens[head] = NULL;
    queue->chains--;
}

/* Why a used element with this id makes no sense; NULL: it does. */
static const char *virtqueue_bad_id(const struct virtqueue *queue, uint32_t id)
{
    if (id >= queue->size)
        return "used element with an id beyond the queue";
    return queue->tokens[id] == NULL ? "used element with an id that is not in flight" : NULL;
}

/*
 * The element at the used index: the head of the chain that is used next, and how much was written
 * to it. False: it makes no sense.
 */
static bool virtqueue_read_used(struct virtqueue *queue, uint16_t *head, uint32_t *written)
{
    const volatile struct vused_element *element =
        &queue->used->ring[virtqueue_slot(queue, queue->used_index)];
    uint32_t id = element->id;
    *written = element->len;
    const char *why = virtqueue_bad_id(queue, id);
    if (why != NULL)
        virtqueue_break(queue, why);
    *head = (uint16_t)id;
    return why == NULL;
}

/*
 * In order, 2.7.9: an element may stand for all chains up to its own, which were made available
 * before it. Those have no element, and what was written to them is not known: UINT32_MAX.
 */
static bool virtqueue_read_in_order(struct virtqueue *queue, uint16_t *head, uint32_t *written)
{
    if (!queue->in_batch && !virtqueue_read_used(queue, &queue->batch_end, &queue->batch_written))
        return false;
    *head = queue->order[virtqueue_slot(queue, queue->used_index)];
    queue->in_batch = *head != queue->batch_end;
    *written = queue->in_batch ? UINT32_MAX : queue->batch_written;
    return true;
}

void *virtqueue_take_used(struct virtqueue *queue, uint32_t *written)
{
    if (!virtqueue_has_used(queue))
        return NULL;
    uint16_t completed = (uint16_t)(queue->used->index - queue->used_index);
    if (completed > queue->chains) {
        virtqueue_break(queue, "used index beyond what was made available");
        return NULL;
    }
    hal_rmb();
    uint16_t head;
    if (queue->in_order ? !virtqueue_read_in_order(queue, &head, written)
                        : !virtqueue_read_used(queue, &head, written))
        return NULL;
    void *token = queue->tokens[head];
    queue->used_index++;
    virtqueue_free_chain(queue, head);
    return token;
}

void *virtqueue_detach(struct virtqueue *queue)
{
    for (uint16_t head = 0; head < queue->size && queue->chains > 0; head++) {
        void *token = queue->tokens[head];
        if (token != NULL) {
            virtqueue_free_chain(queue, head);
            return token;
        }
    }
    return NULL;
}
