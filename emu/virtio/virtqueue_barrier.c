/*
 * virtqueue_barrier.c - whether barriers stand between what a driver publishes and its index
 *
 *                     settled          judged
 *     available ring:    | chain  chain  | chain …      what stood here at the last barrier is kept
 *
 * At a barrier the index is where it is, and the entries behind it are what the driver can publish
 * next: copies are made of the first of them, with their chains. When the index is seen to have
 * moved, at the next barrier or when the device reads it, whichever is first, the entries that it
 * covers now have to be what they were. Those that the device has taken are never looked at again:
 * the driver may have got them back meanwhile.
 *
 * A barrier comes several times a round trip. So few entries are kept, and only as many as the
 * driver has free; what the driver could not publish is none.
 */
#include "emu/virtio/virtqueue_barrier.h"

#include "emu/virtio/virtio_priv.h"
#include "emu/virtio/virtio_spec.h"

#include <string.h>

#define BARRIER_AHEAD 2 /* chains behind the index of which copies are made */
#define BARRIER_CHAIN 4 /* descriptors of each */

struct barrier_entry {
    uint16_t head;
    unsigned count;
    struct virtq_desc chain[BARRIER_CHAIN];
};

/* The rings in memory, while they are open to devices. A look from outside. */
struct barrier_rings {
    const uint8_t *avail, *table; /* NULL: not known, */
    uint64_t closings;            /* or as of so many of these */
};

struct virtqueue_barrier {
    struct barrier_rings rings;
    uint16_t settled;   /* the available index at the last barrier */
    uint16_t judged;    /* what is before it is not looked at any more */
    uint16_t announced; /* the available index at the last notification */
    bool blind;         /* at the last barrier the rings were closed to devices: nothing is known */
    unsigned ahead;     /* entries that were kept at the last barrier, from `settled` on */
    struct barrier_entry entries[BARRIER_AHEAD];
    bool found; /* something to tell: an entry that was not there at the barrier, */
    uint16_t found_index;
};

struct virtqueue_barrier *virtqueue_barrier_new(void)
{
    return g_new0(struct virtqueue_barrier, 1);
}

void virtqueue_barrier_free(struct virtqueue_barrier *barrier)
{
    g_free(barrier);
}

/* False: they are closed. They stay where they are while the queue is enabled. */
static bool barrier_find_rings(const struct virtqueue *queue)
{
    struct gmem *memory = queue->dev->env.memory;
    struct barrier_rings *rings = &queue->barrier->rings;
    if (rings->avail != NULL && rings->table != NULL && rings->closings == gmem_closings(memory)) {
        return true;
    }
    rings->closings = gmem_closings(memory);
    rings->avail = gmem_open_host(memory, queue->avail, virtq_avail_size(queue->size));
    rings->table = gmem_open_host(memory, queue->desc, virtq_desc_size(queue->size));
    return rings->avail != NULL && rings->table != NULL;
}

static uint16_t barrier_read16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

/* What the available ring says at `index`: the head, and the first descriptors of its chain. */
static void barrier_read_entry(const struct virtqueue *queue, uint16_t index,
                               struct barrier_entry *entry)
{
    const struct barrier_rings *rings = &queue->barrier->rings;
    uint64_t slot = index & (queue->size - 1);
    entry->head = barrier_read16(rings->avail + VIRTQ_AVAIL_RING + slot * sizeof(entry->head));
    const uint8_t *table = rings->table;
    uint32_t entries = queue->size, at = entry->head;
    for (entry->count = 0; entry->count < BARRIER_CHAIN && at < entries;) {
        struct virtq_desc *desc = &entry->chain[entry->count++];
        memcpy(desc, table + at * sizeof(*desc), sizeof(*desc));
        if ((desc->flags & VIRTQ_DESC_F_INDIRECT) != 0) {
            entries = (uint32_t)(desc->len / sizeof(*desc));
            table = gmem_open_host(queue->dev->env.memory, gpa(desc->addr), desc->len);
            at = table != NULL ? 0 : entries;
        } else {
            at = (desc->flags & VIRTQ_DESC_F_NEXT) != 0 ? desc->next : entries;
        }
    }
}

static bool barrier_is_settled(const struct virtqueue *queue, uint16_t index,
                               const struct barrier_entry *kept)
{
    struct barrier_entry now;
    barrier_read_entry(queue, index, &now);
    return now.head == kept->head && now.count == kept->count &&
           memcmp(now.chain, kept->chain, now.count * sizeof(now.chain[0])) == 0;
}

/* The first that was not there is told, of each step of the index. */
static void barrier_judge(struct virtqueue *queue, uint16_t index)
{
    struct virtqueue_barrier *barrier = queue->barrier;
    unsigned from = (uint16_t)(barrier->judged - barrier->settled);
    unsigned to = (uint16_t)(index - barrier->settled);
    for (unsigned i = from; i < MIN(to, barrier->ahead) && !barrier->found; i++) {
        uint16_t at = (uint16_t)(barrier->settled + i);
        if (!barrier_is_settled(queue, at, &barrier->entries[i])) {
            barrier->found = true;
            barrier->found_index = at;
        }
    }
    barrier->judged = index;
}

static void barrier_settle(struct virtqueue *queue, uint16_t index)
{
    struct virtqueue_barrier *barrier = queue->barrier;
    unsigned taken = (uint16_t)(index - queue->used_index);
    unsigned free = taken < queue->size ? queue->size - taken : 0;
    barrier->settled = index;
    barrier->judged = index;
    barrier->ahead = MIN(free, BARRIER_AHEAD);
    for (unsigned i = 0; i < barrier->ahead; i++) {
        barrier_read_entry(queue, (uint16_t)(index + i), &barrier->entries[i]);
    }
}

void virtqueue_barrier_begin(struct virtqueue *queue)
{
    struct virtqueue_barrier *barrier = queue->barrier;
    if (barrier == NULL) {
        return;
    }
    *barrier = (struct virtqueue_barrier){.ahead = 0};
    barrier->blind = !barrier_find_rings(queue);
    if (!barrier->blind) {
        barrier_settle(queue, barrier_read16(barrier->rings.avail + VIRTQ_AVAIL_IDX));
        barrier->announced = barrier->settled;
    }
}

bool virtqueue_barrier_look(struct virtqueue *queue)
{
    struct virtqueue_barrier *barrier = queue->barrier;
    if (!queue->ready || queue->broken) {
        return false;
    }
    barrier->blind = !barrier_find_rings(queue);
    if (barrier->blind) {
        barrier->ahead = 0;
        return barrier->found;
    }
    uint16_t index = barrier_read16(barrier->rings.avail + VIRTQ_AVAIL_IDX);
    /* An index that makes no sense ends the queue when the device reads it. */
    if (index != barrier->judged && (uint16_t)(index - barrier->judged) <= queue->size) {
        barrier_judge(queue, index);
    }
    barrier_settle(queue, index);
    return barrier->found;
}

void virtqueue_barrier_tell(struct virtqueue *queue)
{
    struct virtqueue_barrier *barrier = queue->barrier;
    if (barrier->found) {
        barrier->found = false;
        virtqueue_breach(queue, "2.7.13.3.1",
                         "The driver MUST perform a suitable memory barrier before the idx update, "
                         "to ensure the device sees the most up-to-date copy.",
                         barrier->found_index);
    }
}

void virtqueue_barrier_judge(struct virtqueue *queue, uint16_t index)
{
    struct virtqueue_barrier *barrier = queue->barrier;
    if (barrier != NULL && index != barrier->judged && barrier_find_rings(queue)) {
        barrier_judge(queue, index);
        virtqueue_barrier_tell(queue);
    }
}

/*
 * A driver that notifies from outside of its lock may do so for a chain of its own while somebody
 * else is about to publish the next one: as long as there is something that is settled and was not
 * announced, that is what the notification is for.
 */
void virtqueue_barrier_judge_kick(struct virtqueue *queue)
{
    struct virtqueue_barrier *barrier = queue->barrier;
    if (barrier == NULL) {
        return;
    }
    uint16_t index = queue->seen_avail;
    if (!barrier->blind && index != barrier->settled &&
        (int16_t)(barrier->settled - barrier->announced) <= 0) {
        virtqueue_breach(queue, "2.7.13.4.1",
                         "The driver MUST perform a suitable memory barrier before reading flags "
                         "or avail_event, to avoid missing a notification.",
                         index);
    }
    barrier->announced = index;
}
