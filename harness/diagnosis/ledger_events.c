/*
 * ledger_events.c - what the guest's probes say of event queues, and of what they watch
 *
 * Which queue a task sleeps in: nobody tells. Whoever reads a queue after having slept in that call
 * slept there, so the object that it blocked on is the queue's from then on. Before the first read
 * it is the queue that the task wrote to last.
 */
#include "harness/diagnosis/ledger_priv.h"
#include "harness/diagnosis/ledger_schemes_priv.h"

/* ---- looking up ------------------------------------------------------------------------------ */

static struct ledger_watch *ledger_find_watch(const struct ledger_event_queue *queue,
                                              const struct ledger_source *source)
{
    for (guint i = 0; i < source->watches->len; i++) {
        struct ledger_watch *watch = g_ptr_array_index(source->watches, i);
        if (watch->queue == queue) {
            return watch;
        }
    }
    return NULL;
}

const struct ledger_watch *ledger_watch_of(const struct ledger_event_queue *queue,
                                           const struct ledger_source *source)
{
    return ledger_find_watch(queue, source);
}

const struct ledger_event_queue *ledger_queue_of(const struct ledger *ledger,
                                                 const struct ledger_task *task)
{
    const struct ledger_event_queue *found = NULL;
    GHashTableIter each;
    gpointer value;
    if (task->state != LEDGER_TASK_BLOCKED || task->on != ledger->schemes->on_event) {
        return NULL;
    }
    g_hash_table_iter_init(&each, ledger->schemes->queues);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        const struct ledger_event_queue *queue = value;
        if (queue->object == task->object && queue->object != 0) {
            return queue;
        }
        bool is_its_own = queue->task == task->number && queue->object == 0;
        if (is_its_own && (found == NULL || queue->number > found->number)) {
            found = queue;
        }
    }
    return found;
}

/* Its line is masked since it was taken, or it was never ended. */
bool ledger_irq_is_owed(const struct ledger *ledger, unsigned intid)
{
    const struct ledger_irq *irq = &ledger->irqs[intid];
    uint64_t taken = irq->taken.sequence;
    bool is_masked =
        irq->disabled.sequence > taken && irq->disabled.sequence > irq->enabled.sequence;
    return taken > ledger->schemes->acknowledged[intid].sequence &&
           (is_masked || irq->ended.sequence < taken);
}

/* ---- sources --------------------------------------------------------------------------------- */

struct ledger_source *ledger_find_source(const struct ledger_schemes *schemes, const char *kind,
                                         uint64_t number, uint64_t handle)
{
    const struct ledger_source key = {.kind = kind, .number = number, .handle = handle};
    return g_hash_table_lookup(schemes->sources, &key);
}

const struct ledger_source *ledger_source(const struct ledger *ledger, const char *kind,
                                          uint64_t number, uint64_t handle)
{
    return ledger_find_source(ledger->schemes, trace_intern(ledger->trace, kind), number, handle);
}

struct ledger_source *ledger_need_source(struct ledger_schemes *schemes, const char *kind,
                                         uint64_t number, uint64_t handle)
{
    struct ledger_source *source = ledger_find_source(schemes, kind, number, handle);
    if (source == NULL && ledger_has_room(schemes->sources)) {
        source = g_new0(struct ledger_source, 1);
        source->kind = kind;
        source->number = number;
        source->handle = handle;
        source->watches = g_ptr_array_new();
        g_hash_table_add(schemes->sources, source);
    }
    return source;
}

void ledger_source_ready(struct ledger_source *source, unsigned events,
                         const struct trace_event *event)
{
    if (source != NULL) {
        source->ready = ledger_mark(event);
        source->events = events;
    }
}

/* ---- queues ---------------------------------------------------------------------------------- */

static struct ledger_event_queue *ledger_need_queue(struct ledger_schemes *schemes, uint64_t number)
{
    struct ledger_event_queue *queue = g_hash_table_lookup(schemes->queues, &number);
    if (queue == NULL && ledger_has_room(schemes->queues)) {
        queue = g_new0(struct ledger_event_queue, 1);
        queue->number = number;
        queue->watches = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(schemes->queues, &queue->number, queue);
    }
    return queue;
}

/*
 * Nobody tells that a queue or a file is closed, but then it watches nothing, or is not watched.
 * One that goes on is found again when it does.
 */
static void ledger_unwatch(struct ledger_schemes *schemes, struct ledger_watch *watch)
{
    struct ledger_event_queue *queue = watch->queue;
    struct ledger_source *source = watch->source;
    g_ptr_array_remove(source->watches, watch);
    g_ptr_array_remove(queue->watches, watch); /* and it is freed */
    if (queue->watches->len == 0) {
        g_hash_table_remove(schemes->queues, &queue->number);
    }
    bool comes_and_goes = source->kind != schemes->kind_scheme &&
                          source->kind != schemes->kind_irq && source->kind != schemes->kind_names;
    if (source->watches->len == 0 && comes_and_goes) {
        if (source->kind == schemes->kind_time) {
            ledger_clock_unwatched(schemes, source->number);
        }
        g_hash_table_remove(schemes->sources, source);
    }
}

static void ledger_watch(struct ledger_event_queue *queue, struct ledger_source *source,
                         const struct trace_event *event)
{
    struct ledger_watch *watch = ledger_find_watch(queue, source);
    if (watch == NULL && queue->watches->len < LEDGER_SCHEMES_KEPT) {
        watch = g_new0(struct ledger_watch, 1);
        watch->queue = queue;
        watch->source = source;
        watch->since = ledger_mark(event);
        source->watched = ledger_mark(event);
        g_ptr_array_add(queue->watches, watch);
        g_ptr_array_add(source->watches, watch);
    }
    if (watch != NULL) {
        watch->events = (unsigned)event->fields[4].number;
    }
}

static void ledger_observe_watched(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_event_queue *queue = ledger_need_queue(ledger->schemes, event->fields[0].number);
    struct ledger_source *source = ledger_need_source(
        ledger->schemes, event->fields[1].string, event->fields[2].number, event->fields[3].number);
    if (queue == NULL || source == NULL) {
        return;
    }
    if (event->fields[4].number != 0) {
        if (queue->object == 0) {
            queue->task = ledger->running[ledger_cpu(event)];
        }
        ledger_watch(queue, source, event);
        return;
    }
    struct ledger_watch *watch = ledger_find_watch(queue, source);
    if (watch != NULL) {
        ledger_unwatch(ledger->schemes, watch);
    }
}

static void ledger_observe_posted(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    struct ledger_event_queue *queue = ledger_need_queue(schemes, event->fields[0].number);
    const struct ledger_source *source = ledger_find_source(
        schemes, event->fields[1].string, event->fields[2].number, event->fields[3].number);
    if (queue == NULL) {
        return;
    }
    if (queue->waiting++ == 0) {
        queue->first = ledger_mark(event);
    }
    struct ledger_watch *watch = source != NULL ? ledger_find_watch(queue, source) : NULL;
    if (watch != NULL) {
        watch->posted = ledger_mark(event);
    }
}

static void ledger_observe_read(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_event_queue *queue = ledger_need_queue(ledger->schemes, event->fields[1].number);
    const struct ledger_task *task = ledger_task_slot(ledger, event->fields[0].number);
    if (queue == NULL) {
        return;
    }
    queue->task = (uint32_t)event->fields[0].number;
    queue->waiting = event->fields[3].number;
    queue->first = ledger_mark(event);
    queue->read = ledger_mark(event);
    if (task != NULL && task->on == ledger->schemes->on_event &&
        task->woken.sequence > task->entered.sequence) {
        queue->object = task->object;
    }
}

static void ledger_observe_acknowledged(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    uint64_t intid = event->fields[1].number;
    if (intid < BOARD_IRQ_COUNT && event->fields[3].number == 0) {
        schemes->acknowledged[intid] = ledger_mark(event);
        schemes->acknowledged_by[intid] = (uint32_t)event->fields[0].number;
    }
}

static void ledger_observe_ready(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    struct ledger_source *source = ledger_find_source(
        schemes, schemes->kind_file, event->fields[0].number, event->fields[1].number);
    ledger_source_ready(source, (unsigned)event->fields[2].number, event);
}

static const struct trace_listener events_listeners[] = {
    {TRACE_EVENT_WATCHED, ledger_observe_watched},
    {TRACE_EVENT_POSTED, ledger_observe_posted},
    {TRACE_EVENT_READ, ledger_observe_read},
    {TRACE_IRQ_ACKNOWLEDGED, ledger_observe_acknowledged},
    {TRACE_FILE_READY, ledger_observe_ready},
};

void ledger_listen_to_events(struct ledger *ledger)
{
    trace_listen(ledger->trace, events_listeners, G_N_ELEMENTS(events_listeners), ledger);
}
