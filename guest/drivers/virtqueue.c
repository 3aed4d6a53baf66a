/*
 * virtqueue.c - a split virtqueue, driver side
 *
 * Indices are free-running 16-bit numbers: they wrap from 65535 to 0, and are reduced by the queue
 * size only to address a slot, 2.7.6 and 2.7.8.
 *
 * Order. A chain's descriptors and its slot in the available ring are written before the index that
 * covers them (hal_wmb in publish), the index before the device's wish for a kick is read (hal_mb
 * in wants_kick, 2.7.13.4.1), the used index is read before the element that it covers (hal_rmb in
 * take_used).
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
        queue->next[i] = (uint16_t)(i + 1);
    queue->free_head = 0;
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

void virtqueue_fini(struct virtqueue *queue)
{
    if (queue->size == 0)
        return;
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
        volatile struct vdesc *desc = &queue->desc[id];
        desc->address = segments[i].physical;
        desc->size = segments[i].size;
        desc->flags = (uint16_t)((segments[i].device_writes ? VDESC_DEVICE_WRITES : 0) |
                                 (last ? 0 : VDESC_NEXT));
        desc->next = last ? 0 : queue->next[id];
    }
    return head;
}

int virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments, unsigned count,
                  void *token)
{
    kassert(count > 0 && token != NULL);
    if (queue->broken != NULL)
        return -KEIO;
    if (count > queue->free_count)
        return -KENOSPC;
    uint16_t head = virtqueue_write_chain(queue, segments, count);
    queue->tokens[head] = token;
    queue->length[head] = (uint16_t)count;
    queue->chains++;
    queue->avail->ring[virtqueue_slot(queue, queue->avail_index)] = head;
    queue->avail_index++;
    return 0;
}

void virtqueue_publish(struct virtqueue *queue)
{
    hal_wmb();
    queue->avail->index = queue->avail_index;
}

bool virtqueue_wants_kick(struct virtqueue *queue)
{
    hal_mb();
    return queue->broken == NULL && (queue->used->flags & VUSED_NO_KICK) == 0;
}

bool virtqueue_has_used(const struct virtqueue *queue)
{
    return queue->broken == NULL && queue->used->index != queue->used_index;
}

/* Puts all descriptors of a chain on top of the free list: its links are in next[] already. */
static void virtqueue_free_chain(struct virtqueue *queue, uint16_t head)
{
    uint16_t last = head;
    for (unsigned i = 1; i < queue->length[head]; i++)
        last = queue->next[last];
    queue->next[last] = queue->free_head;
    queue->free_head = head;
    queue->free_count = (uint16_t)(queue->free_count + queue->length[head]);
    queue->tokens[head] = NULL;
    queue->chains--;
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
    const volatile struct vused_element *element =
        &queue->used->ring[virtqueue_slot(queue, queue->used_index)];
    uint32_t id = element->id;
    uint32_t len = element->len;
    if (id >= queue->size) {
        virtqueue_break(queue, "used element with an id beyond the queue");
        return NULL;
    }
    void *token = queue->tokens[id];
    if (token == NULL) {
        virtqueue_break(queue, "used element with an id that is not in flight");
        return NULL;
    }
    queue->used_index++;
    virtqueue_free_chain(queue, (uint16_t)id);
    *written = len;
    return token;
}
