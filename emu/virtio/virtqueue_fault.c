/*
 * virtqueue_fault.c - faults of a queue: middleware between the queue and its device
 *
 * An occurrence is what the fault is about: a notification of either side, a chain that the device
 * returns. The faults of one kind are asked in the order in which they were armed, and the first
 * one that strikes decides.
 */
#include "emu/virtio/virtqueue_fault.h"

#include "emu/virtio/virtio.h"

#include <string.h>

enum virtqueue_fault_kind {
    VIRTQUEUE_FAULT_LATENCY,
    VIRTQUEUE_FAULT_KEEP,
    VIRTQUEUE_FAULT_OUT_OF_ORDER,
    VIRTQUEUE_FAULT_USED_LEN,
    VIRTQUEUE_FAULT_BAD_ID,
    VIRTQUEUE_FAULT_NO_IRQ,
    VIRTQUEUE_FAULT_NO_KICK,
    VIRTQUEUE_FAULT_KIND_COUNT,
};

struct virtqueue_fault_entry {
    enum virtqueue_fault_kind kind;
    uint32_t number; /* of used-len */
    struct fault fault;
};

struct virtqueue_fault {
    struct virtqueue *queue;
    struct fault_place place;
    uint64_t normal_latency_ns; /* to go back to, while `slow` */
    bool slow;
    bool releasing;
    unsigned count;
    unsigned armed[VIRTQUEUE_FAULT_KIND_COUNT]; /* of `count`; most hooks find none of their kind */
    struct virtqueue_fault_entry entries[VIRTQUEUE_FAULTS_MAX];
    /* struct virtqueue_completion, as many as a queue has chains at most: until restored, and those
     * that the next one overtakes. */
    GArray *kept, *overtaken;
};

static void virtqueue_fault_remove(struct virtqueue_fault *stage, unsigned index)
{
    stage->armed[stage->entries[index].kind]--;
    stage->count--;
    for (unsigned i = index; i < stage->count; i++) {
        stage->entries[i] = stage->entries[i + 1];
    }
}

/* The faults of a kind of which there is one; see virtqueue_fault_strikes(). */
static bool virtqueue_fault_meet(struct virtqueue_fault *stage, enum virtqueue_fault_kind kind,
                                 uint32_t *number)
{
    bool struck = false;
    for (unsigned i = 0; i < stage->count && !struck;) {
        struct virtqueue_fault_entry *entry = &stage->entries[i];
        struck = entry->kind == kind && fault_strikes(&entry->fault, &stage->place);
        if (struck && number != NULL) {
            *number = entry->number;
        }
        if (fault_is_used_up(&entry->fault)) {
            virtqueue_fault_remove(stage, i);
        } else {
            i++;
        }
    }
    return struck;
}

/* True when a fault of this kind strikes. `number`, when asked for, is the fault's. */
static inline bool virtqueue_fault_strikes(struct virtqueue_fault *stage,
                                           enum virtqueue_fault_kind kind, uint32_t *number)
{
    return stage->armed[kind] > 0 && virtqueue_fault_meet(stage, kind, number);
}

static bool virtqueue_fault_kick(void *opaque)
{
    return !virtqueue_fault_strikes(opaque, VIRTQUEUE_FAULT_NO_KICK, NULL);
}

/* What was kept starts on its way back now. */
static void virtqueue_fault_release(struct virtqueue_fault *stage, GArray *kept)
{
    bool within = stage->releasing;
    stage->releasing = true;
    for (guint i = 0; i < kept->len; i++) {
        virtqueue_push_again(stage->queue, &g_array_index(kept, struct virtqueue_completion, i));
    }
    stage->releasing = within;
    g_array_set_size(kept, 0);
}

/* What the used element says. */
static void virtqueue_fault_falsify(struct virtqueue_fault *stage,
                                    struct virtqueue_completion *completion)
{
    uint32_t len;
    if (virtqueue_fault_strikes(stage, VIRTQUEUE_FAULT_USED_LEN, &len)) {
        completion->len = len;
    }
    if (virtqueue_fault_strikes(stage, VIRTQUEUE_FAULT_BAD_ID, NULL)) {
        completion->id = stage->queue->size;
    }
}

static bool virtqueue_fault_push(void *opaque, struct virtqueue_completion *completion)
{
    struct virtqueue_fault *stage = opaque;
    if (stage->releasing) {
        return true;
    }
    virtqueue_fault_falsify(stage, completion);
    if (virtqueue_fault_strikes(stage, VIRTQUEUE_FAULT_KEEP, NULL)) {
        g_array_append_val(stage->kept, *completion);
        return false;
    }
    if (virtqueue_fault_strikes(stage, VIRTQUEUE_FAULT_OUT_OF_ORDER, NULL)) {
        g_array_append_val(stage->overtaken, *completion);
        return false;
    }
    if (stage->overtaken->len == 0) {
        return true;
    }
    g_array_prepend_val(stage->overtaken, *completion);
    virtqueue_fault_release(stage, stage->overtaken);
    return false;
}

static bool virtqueue_fault_interrupt(void *opaque)
{
    return !virtqueue_fault_strikes(opaque, VIRTQUEUE_FAULT_NO_IRQ, NULL);
}

static void virtqueue_fault_stopped(void *opaque)
{
    struct virtqueue_fault *stage = opaque;
    g_array_set_size(stage->kept, 0);
    g_array_set_size(stage->overtaken, 0);
}

static const struct virtqueue_hooks virtqueue_fault_hooks = {
    .kick = virtqueue_fault_kick,
    .push = virtqueue_fault_push,
    .interrupt = virtqueue_fault_interrupt,
    .stopped = virtqueue_fault_stopped,
};

/* ---- arming ---------------------------------------------------------------------------------- */

static void virtqueue_fault_add(struct virtqueue_fault *stage, enum virtqueue_fault_kind kind,
                                const char *name, struct fault_which which)
{
    g_assert(virtqueue_fault_room(stage) > 0);
    stage->entries[stage->count++] = (struct virtqueue_fault_entry){
        .kind = kind,
        .fault = fault_arm(&stage->place, name, which),
    };
    stage->armed[kind]++;
}

void virtqueue_fault_latency(struct virtqueue_fault *stage, uint64_t latency_ns)
{
    struct fault fault = fault_arm(&stage->place, "latency", (struct fault_which){0, 1});
    fault_strikes(&fault, &stage->place);
    if (!stage->slow) {
        stage->slow = true;
        stage->normal_latency_ns = stage->queue->latency_ns;
    }
    virtqueue_set_latency(stage->queue, latency_ns);
}

void virtqueue_fault_hold(struct virtqueue_fault *stage)
{
    virtqueue_fault_add(stage, VIRTQUEUE_FAULT_KEEP, "hold", (struct fault_which){0, FAULT_ALL});
}

void virtqueue_fault_withhold(struct virtqueue_fault *stage, unsigned count)
{
    g_assert(count > 0);
    virtqueue_fault_add(stage, VIRTQUEUE_FAULT_KEEP, "withhold", (struct fault_which){0, count});
}

void virtqueue_fault_out_of_order(struct virtqueue_fault *stage, struct fault_which which)
{
    virtqueue_fault_add(stage, VIRTQUEUE_FAULT_OUT_OF_ORDER, "out-of-order", which);
}

void virtqueue_fault_used_len(struct virtqueue_fault *stage, uint32_t len, struct fault_which which)
{
    virtqueue_fault_add(stage, VIRTQUEUE_FAULT_USED_LEN, "used-len", which);
    stage->entries[stage->count - 1].number = len;
}

void virtqueue_fault_bad_id(struct virtqueue_fault *stage, struct fault_which which)
{
    virtqueue_fault_add(stage, VIRTQUEUE_FAULT_BAD_ID, "bad-id", which);
}

void virtqueue_fault_no_irq(struct virtqueue_fault *stage, struct fault_which which)
{
    virtqueue_fault_add(stage, VIRTQUEUE_FAULT_NO_IRQ, "no-irq", which);
}

void virtqueue_fault_no_kick(struct virtqueue_fault *stage, struct fault_which which)
{
    virtqueue_fault_add(stage, VIRTQUEUE_FAULT_NO_KICK, "no-kick", which);
}

unsigned virtqueue_fault_room(const struct virtqueue_fault *stage)
{
    return VIRTQUEUE_FAULTS_MAX - stage->count;
}

void virtqueue_fault_restore(struct virtqueue_fault *stage)
{
    fault_restore(&stage->place);
    stage->count = 0;
    memset(stage->armed, 0, sizeof stage->armed);
    if (stage->slow) {
        stage->slow = false;
        virtqueue_set_latency(stage->queue, stage->normal_latency_ns);
    }
    virtqueue_fault_release(stage, stage->overtaken);
    virtqueue_fault_release(stage, stage->kept);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct virtqueue_fault *virtqueue_fault_new(struct virtqueue *queue)
{
    struct virtqueue_fault *stage = g_new0(struct virtqueue_fault, 1);
    stage->queue = queue;
    stage->place = (struct fault_place){
        .trace = queue->dev->env.trace,
        .object = "vq",
        .target = queue->name,
    };
    stage->kept = g_array_new(FALSE, FALSE, sizeof(struct virtqueue_completion));
    stage->overtaken = g_array_new(FALSE, FALSE, sizeof(struct virtqueue_completion));
    virtqueue_set_hooks(queue, &virtqueue_fault_hooks, stage);
    return stage;
}

void virtqueue_fault_free(struct virtqueue_fault *stage)
{
    if (stage == NULL) {
        return;
    }
    g_array_free(stage->kept, TRUE);
    g_array_free(stage->overtaken, TRUE);
    g_free(stage);
}
