/*
 * virtqueue_owner.c - whose each descriptor of a queue is, as the device sees it
 *
 * Beside each entry of the table: the chain that has it (its head), and what it said when that
 * chain was taken. The descriptors of a chain are linked here as well, so that nothing that the
 * driver writes meanwhile leads astray. A chain has as many as the queue has entries at most.
 */
#include "emu/virtio/virtqueue_owner.h"

#include "emu/virtio/virtio_priv.h"

#include <string.h>

#define OWNER_NONE UINT16_MAX /* heads are smaller: VIRTQUEUE_SIZE_MAX */

struct owner_entry {
    uint16_t head;        /* of the chain that has it; OWNER_NONE: the device does not */
    uint16_t next;        /* of the same chain; OWNER_NONE: the last */
    struct virtq_desc as; /* what it said */
};

struct virtqueue_owner {
    unsigned size_max;
    struct owner_entry *entries;
    /* The chain that is being claimed: in order, with what they said. */
    uint16_t *walked;
    struct virtq_desc *walked_as;
    unsigned walked_count;
    uint16_t in_order; /* with VIRTIO_F_IN_ORDER: where the driver's next chain has to begin */
    bool tangled;      /* chains shared a descriptor: links do not lead along them any more */
};

struct virtqueue_owner *virtqueue_owner_new(unsigned size_max)
{
    struct virtqueue_owner *owner = g_new0(struct virtqueue_owner, 1);
    owner->size_max = size_max;
    owner->entries = g_new(struct owner_entry, size_max);
    owner->walked = g_new(uint16_t, size_max);
    owner->walked_as = g_new(struct virtq_desc, size_max);
    virtqueue_owner_clear(owner);
    return owner;
}

void virtqueue_owner_free(struct virtqueue_owner *owner)
{
    g_free(owner->entries);
    g_free(owner->walked);
    g_free(owner->walked_as);
    g_free(owner);
}

void virtqueue_owner_clear(struct virtqueue_owner *owner)
{
    for (unsigned i = 0; i < owner->size_max; i++) {
        owner->entries[i].head = OWNER_NONE;
    }
    owner->walked_count = 0;
    owner->in_order = 0;
    owner->tangled = false;
}

/* A look from outside: it is no access of the device. */
static bool owner_read(const struct virtqueue *queue, uint16_t index, struct virtq_desc *desc)
{
    uint64_t at = queue->desc.value + (uint64_t)index * sizeof(*desc);
    const void *now = gmem_open_host(queue->dev->env.memory, gpa(at), sizeof(*desc));
    if (now != NULL) {
        memcpy(desc, now, sizeof(*desc));
    }
    return now != NULL;
}

/* The chain's entries of the queue's own table: those of an indirect one belong to their buffer. */
static void owner_walk(const struct virtqueue *queue, uint16_t head)
{
    struct virtqueue_owner *owner = queue->owner;
    uint16_t index = head;
    struct virtq_desc desc;
    owner->walked_count = 0;
    while (owner->walked_count < queue->size && index < queue->size &&
           owner_read(queue, index, &desc)) {
        owner->walked[owner->walked_count] = index;
        owner->walked_as[owner->walked_count] = desc;
        owner->walked_count++;
        if ((desc.flags & VIRTQ_DESC_F_NEXT) == 0) {
            return;
        }
        index = desc.next;
    }
}

/*
 * [VIRTIO1.2] 2.7.5 and 2.7.5.2. A chain that begins elsewhere is reported once: those behind it
 * are expected from where it ends.
 */
static void owner_check_order(struct virtqueue *queue)
{
    struct virtqueue_owner *owner = queue->owner;
    for (unsigned i = 0; i < owner->walked_count; i++) {
        uint16_t index = owner->walked[i];
        if (index != owner->in_order && i == 0) {
            virtqueue_breach(queue, "2.7.5",
                             "If VIRTIO_F_IN_ORDER has been negotiated, driver uses descriptors in "
                             "ring order: starting from offset 0 in the table, and wrapping around "
                             "at the end of the table.",
                             index);
        } else if (index != owner->in_order) {
            virtqueue_breach(queue, "2.7.5.2",
                             "If VIRTIO_F_IN_ORDER has been negotiated [...] driver MUST set next "
                             "to 0 for the last descriptor in the table (where x = queue_size - 1) "
                             "and to x + 1 for the rest of the descriptors.",
                             index);
        }
        owner->in_order = (uint16_t)((index + 1) & (queue->size - 1));
    }
}

void virtqueue_owner_claim(struct virtqueue *queue, uint16_t head)
{
    struct virtqueue_owner *owner = queue->owner;
    owner_walk(queue, head);
    if (virtio_dev_has(queue->dev, VIRTIO_FEATURE_IN_ORDER)) {
        owner_check_order(queue);
    }
    for (unsigned i = 0; i < owner->walked_count; i++) {
        uint16_t index = owner->walked[i];
        struct owner_entry *entry = &owner->entries[index];
        if (entry->head != OWNER_NONE) {
            virtio_dev_breach(queue->dev, queue->name, "2.7.13",
                              "The driver places the buffer into free descriptor(s) in the "
                              "descriptor table: not into one that the device still has, as part "
                              "of another chain",
                              index);
            owner->tangled = true; /* the first chain keeps it */
            continue;
        }
        entry->head = head;
        entry->next = i + 1 < owner->walked_count ? owner->walked[i + 1] : OWNER_NONE;
        entry->as = owner->walked_as[i];
    }
}

static bool owner_is_unchanged(const struct virtqueue *queue, uint16_t index)
{
    struct virtq_desc now;
    return !owner_read(queue, index, &now) ||
           memcmp(&now, &queue->owner->entries[index].as, sizeof(now)) == 0;
}

void virtqueue_owner_release(struct virtqueue *queue, uint16_t head)
{
    struct virtqueue_owner *owner = queue->owner;
    bool changed = false;
    unsigned index = owner->tangled ? 0 : head;
    while (index < owner->size_max) {
        struct owner_entry *entry = &owner->entries[index];
        if (entry->head == head) {
            if (!changed && !owner_is_unchanged(queue, (uint16_t)index)) {
                changed = true;
                virtio_dev_breach(queue->dev, queue->name, "3.3.1",
                                  "A driver MUST NOT alter virtqueue entries for exposed buffers, "
                                  "ie. buffers which have been made available to the device (and "
                                  "not been used by the device) of a live virtqueue.",
                                  index);
            }
            entry->head = OWNER_NONE;
        }
        index = owner->tangled ? index + 1 : entry->next;
    }
}

/* ---- looking from outside -------------------------------------------------------------------- */

static bool owner_overlaps(gpa_t at, uint64_t size, uint64_t other, uint64_t other_size)
{
    return other_size > 0 && at.value < other + other_size && other < at.value + size;
}

/* A chain that was made available and not taken yet. Bounded as the device's walk is. */
static bool owner_chain_lies_in(const struct virtqueue *queue, uint16_t head, gpa_t at,
                                uint64_t size)
{
    uint16_t index = head;
    for (unsigned count = 0; count < queue->size && index < queue->size; count++) {
        struct virtq_desc desc;
        if (!owner_read(queue, index, &desc)) {
            return false;
        }
        if (owner_overlaps(at, size, desc.addr, desc.len)) {
            return true;
        }
        if ((desc.flags & VIRTQ_DESC_F_NEXT) == 0) {
            return false;
        }
        index = desc.next;
    }
    return false;
}

static bool owner_find_available(const struct virtqueue *queue, gpa_t at, uint64_t size,
                                 uint16_t *head)
{
    size_t ring_size = virtq_avail_size(queue->size);
    const uint8_t *ring = gmem_open_host(queue->dev->env.memory, queue->avail, ring_size);
    if (ring == NULL) {
        return false;
    }
    uint16_t index;
    memcpy(&index, ring + VIRTQ_AVAIL_IDX, sizeof(index));
    uint16_t count = (uint16_t)(index - queue->last_avail);
    for (unsigned i = 0; i < count && count <= queue->size; i++) {
        uint16_t slot = (uint16_t)((queue->last_avail + i) & (queue->size - 1));
        memcpy(head, ring + VIRTQ_AVAIL_RING + slot * sizeof(*head), sizeof(*head));
        if (owner_chain_lies_in(queue, *head, at, size)) {
            return true;
        }
    }
    return false;
}

const char *virtqueue_find_in(const struct virtqueue *queue, gpa_t at, uint64_t size,
                              uint16_t *head)
{
    *head = 0;
    if (!queue->ready || queue->broken) {
        return NULL;
    }
    if (owner_overlaps(at, size, queue->desc.value, virtq_desc_size(queue->size))) {
        return "the descriptor table";
    }
    if (owner_overlaps(at, size, queue->avail.value, virtq_avail_size(queue->size))) {
        return "the available ring";
    }
    if (owner_overlaps(at, size, queue->used.value, virtq_used_size(queue->size))) {
        return "the used ring";
    }
    for (unsigned i = 0; i < queue->size && queue->in_flight_count > 0; i++) {
        const struct owner_entry *entry = &queue->owner->entries[i];
        if (entry->head != OWNER_NONE && owner_overlaps(at, size, entry->as.addr, entry->as.len)) {
            *head = entry->head;
            return "a buffer of a chain that the device has";
        }
    }
    return owner_find_available(queue, at, size, head) ? "a buffer that was made available" : NULL;
}
