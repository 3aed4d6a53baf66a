/*
 * buffers.c - memory that was given to a device for a frame comes back
 *
 * A driver that allocates while its device runs has three honest ways to live: it frees what was
 * returned, it uses it again, or it keeps some of it for later. None of them allocates for the next
 * frame while more allocations than the queue has entries lie idle: buffers that the device only
 * read, has returned, and that nobody has offered again.
 *
 * So an allocation is followed from the moment at which a chain of a queue refers to it. Those that
 * were made before the first chain was taken are a pool, and not followed: the usual driver costs
 * nothing here.
 *
 * Limits: buffers that the device writes (received frames may wait for their reader), and those of
 * indirect tables, are not followed.
 */
#include "emu/virtio/virtio_spec.h"
#include "harness/checks/checks_priv.h"

#include <string.h>

struct buffer {
    uint64_t pa, size, opened_ns;
    unsigned queue; /* that had it last, by its number from 1; 0: none yet */
    bool is_idle;   /* returned, and not offered again */
};

struct buffer_check {
    GTree *late;     /* pa -> struct buffer, allocated while a device runs */
    bool is_running; /* some device has taken a chain */
    unsigned idle[CHECKS_QUEUES_MAX];
};

static gint buffers_compare(gconstpointer a, gconstpointer b, gpointer opaque)
{
    (void)opaque;
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

struct buffer_check *buffer_check_new(void)
{
    struct buffer_check *buffers = g_new0(struct buffer_check, 1);
    buffers->late = g_tree_new_full(buffers_compare, NULL, NULL, g_free);
    return buffers;
}

void buffer_check_free(struct buffer_check *buffers)
{
    g_tree_unref(buffers->late);
    g_free(buffers);
}

static void buffers_forget(struct buffer_check *buffers, uint64_t pa)
{
    const struct buffer *buffer = g_tree_lookup(buffers->late, &pa);
    if (buffer == NULL) {
        return;
    }
    if (buffer->is_idle) {
        buffers->idle[buffer->queue - 1]--;
    }
    g_tree_remove(buffers->late, &pa);
}

static void buffers_close(void *opaque, const struct trace_event *event)
{
    const struct checks *checks = opaque;
    buffers_forget(checks->buffers, event->fields[0].number);
}

static void buffers_open(void *opaque, const struct trace_event *event)
{
    struct buffer_check *buffers = ((const struct checks *)opaque)->buffers;
    if (!buffers->is_running || event->fields[2].string[0] == 'w') {
        return;
    }
    buffers_forget(buffers, event->fields[0].number);
    struct buffer *buffer = g_new(struct buffer, 1);
    *buffer = (struct buffer){
        .pa = event->fields[0].number,
        .size = event->fields[1].number,
        .opened_ns = event->time_ns,
    };
    g_tree_insert(buffers->late, &buffer->pa, buffer);
}

/* The allocation in which an address lies, or NULL. */
static struct buffer *buffers_find(const struct buffer_check *buffers, uint64_t pa)
{
    GTreeNode *above = g_tree_upper_bound(buffers->late, &pa);
    GTreeNode *node = above != NULL ? g_tree_node_previous(above) : g_tree_node_last(buffers->late);
    struct buffer *buffer = node != NULL ? g_tree_node_value(node) : NULL;
    return buffer != NULL && pa - buffer->pa < buffer->size ? buffer : NULL;
}

/* ---- chains ---------------------------------------------------------------------------------- */

static gboolean buffers_is_oldest(gpointer key, gpointer value, gpointer opaque)
{
    (void)key;
    const struct buffer *buffer = value, **oldest = opaque;
    bool is_older = *oldest == NULL || buffer->opened_ns < (*oldest)->opened_ns;
    if (buffer->is_idle && is_older) {
        *oldest = buffer;
    }
    return FALSE;
}

static void buffers_accuse(struct checks *checks, const struct virtqueue *queue, unsigned idle)
{
    const struct buffer *oldest = NULL;
    g_tree_foreach(checks->buffers->late, buffers_is_oldest, &oldest);
    g_assert(oldest != NULL);
    GString *detail = g_string_new(NULL);
    g_string_append_printf(detail,
                           "the device has returned the frames in %u allocations, which are "
                           "neither freed nor used again; the oldest, of %" G_GUINT64_FORMAT
                           " bytes at 0x%" G_GINT64_MODIFIER "x, was made at ",
                           idle, oldest->size, oldest->pa);
    checks_append_time(detail, oldest->opened_ns);
    g_string_append(detail, "; another one was made for this frame");
    checks_report(checks, (struct finding){
                              .id = CHECK_DMA_LEAKED,
                              .who = queue->name,
                              .clause = "hal.h",
                              .rule = "what the device has returned is freed or used again before "
                                      "more is allocated",
                              .detail = g_string_free(detail, FALSE),
                          });
}

static void buffers_taken(struct checks *checks, unsigned index, struct buffer *buffer)
{
    unsigned *idle = &checks->buffers->idle[index];
    if (buffer->queue == 0 && *idle > checks->queues[index]->size) {
        buffers_accuse(checks, checks->queues[index], *idle);
    }
    if (buffer->is_idle) {
        checks->buffers->idle[buffer->queue - 1]--;
    }
    buffer->queue = index + 1;
    buffer->is_idle = false;
}

static void buffers_returned(struct checks *checks, unsigned index, struct buffer *buffer)
{
    if (buffer->queue == index + 1 && !buffer->is_idle) {
        buffer->is_idle = true;
        checks->buffers->idle[index]++;
    }
}

typedef void buffers_fn(struct checks *checks, unsigned index, struct buffer *buffer);

/* Each buffer of the chain that the device reads. Bounded as the device's own walk is, 2.7.5.3. */
static void buffers_walk(struct checks *checks, unsigned index, uint64_t head, buffers_fn *fn)
{
    const struct virtqueue *queue = checks->queues[index];
    struct gmem *memory = board_memory(checks->board);
    for (unsigned count = 0; count < queue->size && head < queue->size; count++) {
        struct virtq_desc desc;
        const void *host =
            gmem_open_host(memory, gpa(queue->desc.value + head * sizeof desc), sizeof desc);
        if (host == NULL) {
            return;
        }
        memcpy(&desc, host, sizeof desc);
        struct buffer *buffer = (desc.flags & VIRTQ_DESC_F_WRITE) == 0
                                    ? buffers_find(checks->buffers, desc.addr)
                                    : NULL;
        if (buffer != NULL) {
            fn(checks, index, buffer);
        }
        if ((desc.flags & VIRTQ_DESC_F_NEXT) == 0) {
            return;
        }
        head = desc.next;
    }
}

static void buffers_chain(struct checks *checks, const struct trace_event *event, buffers_fn *fn)
{
    for (unsigned i = 0; i < checks->queue_count; i++) {
        if (checks->queues[i]->name == event->fields[0].string) {
            buffers_walk(checks, i, event->fields[1].number, fn);
        }
    }
}

static void buffers_popped(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    checks->buffers->is_running = true;
    if (g_tree_nnodes(checks->buffers->late) > 0) {
        buffers_chain(checks, event, buffers_taken);
    }
}

static void buffers_used(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    if (g_tree_nnodes(checks->buffers->late) > 0) {
        buffers_chain(checks, event, buffers_returned);
    }
}

void buffers_listen(struct checks *checks)
{
    static const struct trace_listener table[] = {
        {TRACE_DMA_OPENED, buffers_open},
        {TRACE_DMA_CLOSED, buffers_close},
        {TRACE_VQ_POP, buffers_popped},
        {TRACE_VQ_USED, buffers_used},
    };
    trace_listen(checks->trace, table, G_N_ELEMENTS(table), checks);
}
