/*
 * dma.c - the memory of devices
 *
 * What is open to devices is an event when it is opened and when it is closed. At a closing the
 * queues are asked whether the device has any of it: a chain that was made available is the
 * device's, which may access it at any moment until it returns it, [VIRTIO1.2] 2.7.13.3 and 3.3.1.
 * So the mistake is found when it is made, and not only when the device happens to look, which a
 * fast device does before it is made. An access that memory refused is told apart by what the
 * address was once.
 *
 * Rings that were replaced: a queue that is enabled again after a reset with other memory does not
 * need the former, which must be closed by the end of the run.
 *
 * Limits: the last DMA_CLOSED_MAX closings are remembered; of indirect tables only the descriptor
 * that refers to one.
 */
#include "harness/checks/checks_priv.h"

#include <string.h>

#define DMA_CLOSED_MAX   256
#define DMA_RING_PARTS   3
#define DMA_REPLACED_MAX 64

struct dma_range {
    uint64_t pa, size;
    uint64_t opened_ns, closed_ns;
    bool is_window;
};

/* A part of a ring that another one has taken the place of. */
struct dma_replaced {
    uint64_t pa;
    const char *queue;
    uint64_t since_ns;
};

struct dma_check {
    GHashTable *live; /* pa -> struct dma_range: for look-ups only */
    uint64_t live_bytes;
    struct dma_range closed[DMA_CLOSED_MAX];           /* a ring */
    unsigned closed_count;                             /* ever */
    uint64_t parts[CHECKS_QUEUES_MAX][DMA_RING_PARTS]; /* where the rings lie; 0: nowhere yet */
    struct dma_replaced replaced[DMA_REPLACED_MAX];
    unsigned replaced_count;
};

struct dma_check *dma_check_new(void)
{
    struct dma_check *dma = g_new0(struct dma_check, 1);
    dma->live = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    return dma;
}

void dma_check_free(struct dma_check *dma)
{
    g_hash_table_unref(dma->live);
    g_free(dma);
}

uint64_t dma_live_count(const struct dma_check *dma)
{
    return g_hash_table_size(dma->live);
}

uint64_t dma_live_bytes(const struct dma_check *dma)
{
    return dma->live_bytes;
}

static void dma_append_range(GString *out, const struct dma_range *range)
{
    g_string_append_printf(
        out, "the %s of %" G_GUINT64_FORMAT " bytes at 0x%" G_GINT64_MODIFIER "x, opened at ",
        range->is_window ? "window" : "allocation", range->size, range->pa);
    checks_append_time(out, range->opened_ns);
}

/* ---- closing --------------------------------------------------------------------------------- */

static void dma_accuse(struct checks *checks, const struct dma_range *range,
                       const struct virtqueue *queue, const char *what, uint16_t head)
{
    GString *detail = g_string_new(NULL);
    dma_append_range(detail, range);
    g_string_append_printf(detail, ", was %s: in it lies %s",
                           range->is_window ? "dropped" : "freed", what);
    if (strstr(what, "buffer") != NULL) {
        g_string_append_printf(detail, ", head %u", head);
    }
    checks_report(checks,
                  (struct finding){
                      .id = CHECK_DMA_FREED,
                      .who = queue->name,
                      .clause = "3.3.1",
                      .rule = "a driver MUST ensure a virtqueue isn't live (by device reset) "
                              "before removing exposed buffers.",
                      .detail = g_string_free(detail, FALSE),
                  });
}

static void dma_close(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    struct dma_check *dma = checks->dma;
    uint64_t pa = event->fields[0].number;
    struct dma_range *live = g_hash_table_lookup(dma->live, &pa);
    struct dma_range range = {
        .pa = pa,
        .size = event->fields[1].number,
        .opened_ns = live != NULL ? live->opened_ns : 0,
        .closed_ns = event->time_ns,
        .is_window = event->fields[2].string[0] == 'w',
    };
    if (live != NULL) {
        dma->live_bytes -= live->size;
        g_hash_table_remove(dma->live, &pa);
    }
    dma->closed[dma->closed_count++ % DMA_CLOSED_MAX] = range;
    for (unsigned i = 0; i < dma->replaced_count; i++) {
        if (dma->replaced[i].pa - pa < range.size) {
            dma->replaced[i--] = dma->replaced[--dma->replaced_count];
        }
    }
    for (unsigned i = 0; i < checks->queue_count; i++) {
        uint16_t head;
        const char *what = virtqueue_find_in(checks->queues[i], gpa(pa), range.size, &head);
        if (what != NULL) {
            dma_accuse(checks, &range, checks->queues[i], what, head);
        }
    }
}

static void dma_open(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    struct dma_range *range = g_new0(struct dma_range, 1);
    range->pa = event->fields[0].number;
    range->size = event->fields[1].number;
    range->opened_ns = event->time_ns;
    range->is_window = event->fields[2].string[0] == 'w';
    checks->dma->live_bytes += range->size;
    g_hash_table_replace(checks->dma->live, &range->pa, range);
}

/* ---- accesses -------------------------------------------------------------------------------- */

/* What the memory was that is none now, the newest first; NULL: never any. */
static const struct dma_range *dma_find_closed(const struct dma_check *dma, uint64_t pa)
{
    unsigned kept = MIN(dma->closed_count, DMA_CLOSED_MAX);
    for (unsigned i = 1; i <= kept; i++) {
        const struct dma_range *range = &dma->closed[(dma->closed_count - i) % DMA_CLOSED_MAX];
        if (pa - range->pa < range->size) {
            return range;
        }
    }
    return NULL;
}

static void dma_refused(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    uint64_t pa = event->fields[1].number;
    const char *why = event->fields[4].string;
    bool is_closed = strcmp(why, "not open to devices") == 0;
    const struct dma_range *range = is_closed ? dma_find_closed(checks->dma, pa) : NULL;
    GString *detail = g_string_new(NULL);
    g_string_append_printf(detail,
                           "a %s of %" G_GUINT64_FORMAT " bytes at 0x%" G_GINT64_MODIFIER "x: %s",
                           event->fields[3].string, event->fields[2].number, pa, why);
    if (range != NULL) {
        g_string_append(detail, "; it lies in ");
        dma_append_range(detail, range);
        g_string_append_printf(detail, " and %s at ", range->is_window ? "dropped" : "freed");
        checks_append_time(detail, range->closed_ns);
    }
    checks->refused_access = event->sequence;
    checks_report(checks,
                  (struct finding){
                      .id = range != NULL ? CHECK_DMA_FREED : CHECK_DMA_UNREGISTERED,
                      .who = event->fields[0].string,
                      .clause = "hal.h",
                      .rule = range != NULL ? "memory that was freed is closed to devices"
                                            : "devices access what was opened to them, in the "
                                              "direction for which it is open",
                      .detail = g_string_free(detail, FALSE),
                  });
}

/* ---- rings ----------------------------------------------------------------------------------- */

static bool dma_is_part(const uint64_t parts[DMA_RING_PARTS], uint64_t pa)
{
    for (unsigned i = 0; i < DMA_RING_PARTS; i++) {
        if (parts[i] == pa) {
            return true;
        }
    }
    return false;
}

static void dma_ring_enabled(struct checks *checks, unsigned index, uint64_t now_ns)
{
    struct dma_check *dma = checks->dma;
    const struct virtqueue *queue = checks->queues[index];
    uint64_t *parts = dma->parts[index];
    const uint64_t fresh[DMA_RING_PARTS] = {queue->desc.value, queue->avail.value,
                                            queue->used.value};
    for (unsigned i = 0; i < DMA_RING_PARTS; i++) {
        /* One that is an allocation of its own; of a common one only the first part counts. */
        bool is_lost = parts[i] != 0 && !dma_is_part(fresh, parts[i]) &&
                       g_hash_table_contains(dma->live, &parts[i]);
        if (is_lost && dma->replaced_count < DMA_REPLACED_MAX) {
            dma->replaced[dma->replaced_count++] =
                (struct dma_replaced){parts[i], queue->name, now_ns};
        }
        parts[i] = fresh[i];
    }
    for (unsigned i = 0; i < dma->replaced_count; i++) {
        if (dma_is_part(fresh, dma->replaced[i].pa)) {
            dma->replaced[i--] = dma->replaced[--dma->replaced_count];
        }
    }
}

void dma_look(struct checks *checks)
{
    struct dma_check *dma = checks->dma;
    for (unsigned i = 0; i < dma->replaced_count; i++) {
        const struct dma_replaced *replaced = &dma->replaced[i];
        const struct dma_range *range = g_hash_table_lookup(dma->live, &replaced->pa);
        if (range == NULL) {
            continue;
        }
        GString *detail = g_string_new(NULL);
        dma_append_range(detail, range);
        g_string_append(detail, ", was replaced at ");
        checks_append_time(detail, replaced->since_ns);
        g_string_append(detail, " and is still allocated");
        checks_report(checks, (struct finding){
                                  .id = CHECK_DMA_LEAKED,
                                  .who = replaced->queue,
                                  .clause = "hal.h",
                                  .rule = "what a queue has been given other memory for is freed",
                                  .detail = g_string_free(detail, FALSE),
                              });
    }
    dma->replaced_count = 0;
}

static void dma_ready(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    for (unsigned i = 0; i < checks->queue_count; i++) {
        if (checks->queues[i]->name == event->fields[0].string && event->fields[1].number != 0) {
            dma_ring_enabled(checks, i, event->time_ns);
        }
    }
}

void dma_listen(struct checks *checks)
{
    static const struct trace_listener table[] = {
        {TRACE_DMA_OPENED, dma_open},
        {TRACE_DMA_CLOSED, dma_close},
        {TRACE_DMA_VIOLATION, dma_refused},
        {TRACE_VQ_READY, dma_ready},
    };
    trace_listen(checks->trace, table, G_N_ELEMENTS(table), checks);
}
