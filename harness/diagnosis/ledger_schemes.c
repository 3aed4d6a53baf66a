/*
 * ledger_schemes.c - what the guest's probes say of schemes, requests, event queues and clocks
 *
 * A request is kept from when it is sent until it has an answer; a caller that is killed waits no
 * longer, but the provider has the request still. A scheme that is gone stays, for those that go on
 * waiting for it.
 *
 * Which queue a task sleeps in: nobody tells. Whoever reads a queue after having slept in that call
 * slept there, so the object that it blocked on is the queue's from then on. Before the first read
 * it is the queue that the task wrote to last.
 */
#include "harness/diagnosis/ledger_schemes.h"

#include "harness/diagnosis/ledger_priv.h"

#include <string.h>

#define LEDGER_SIGKILL 9
/* One in so many timeouts of a crowd says nothing of it. */
#define LEDGER_CLOCK_FEW 4

/* ---- keys ------------------------------------------------------------------------------------ */

static guint ledger_source_hash(gconstpointer key)
{
    const struct ledger_source *source = key;
    uint64_t mixed = (source->number * 31 + source->handle) * 31 + g_str_hash(source->kind);
    return (guint)(mixed ^ mixed >> 32);
}

static gboolean ledger_source_equal(gconstpointer a, gconstpointer b)
{
    const struct ledger_source *one = a, *other = b;
    return one->kind == other->kind && one->number == other->number && one->handle == other->handle;
}

static void ledger_source_free(gpointer opaque)
{
    struct ledger_source *source = opaque;
    g_ptr_array_unref(source->watches);
    g_free(source);
}

static void ledger_event_queue_free(gpointer opaque)
{
    struct ledger_event_queue *queue = opaque;
    g_ptr_array_unref(queue->watches);
    g_free(queue);
}

struct ledger_schemes *ledger_schemes_new(struct trace *trace)
{
    struct ledger_schemes *schemes = g_new0(struct ledger_schemes, 1);
    schemes->schemes = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    schemes->asks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    schemes->waiting = g_hash_table_new(NULL, NULL);
    schemes->sources =
        g_hash_table_new_full(ledger_source_hash, ledger_source_equal, NULL, ledger_source_free);
    schemes->queues =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, ledger_event_queue_free);
    schemes->clocks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    schemes->served = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    schemes->timeouts = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    schemes->spare = g_ptr_array_new_with_free_func(g_free);
    schemes->opened = g_hash_table_new(NULL, NULL);
    schemes->files = g_ptr_array_new();
    schemes->kind_scheme = trace_intern(trace, "scheme");
    schemes->kind_file = trace_intern(trace, "file");
    schemes->kind_irq = trace_intern(trace, "irq");
    schemes->kind_time = trace_intern(trace, "time");
    schemes->kind_names = trace_intern(trace, "names");
    schemes->on_event = trace_intern(trace, "event");
    schemes->on_requests = trace_intern(trace, "requests");
    return schemes;
}

void ledger_schemes_free(struct ledger_schemes *schemes)
{
    g_hash_table_unref(schemes->waiting);
    g_hash_table_unref(schemes->timeouts);
    g_hash_table_unref(schemes->served);
    g_ptr_array_unref(schemes->spare);
    g_hash_table_unref(schemes->opened);
    g_ptr_array_unref(schemes->files);
    g_hash_table_unref(schemes->clocks);
    g_hash_table_unref(schemes->queues);
    g_hash_table_unref(schemes->sources);
    g_hash_table_unref(schemes->asks);
    g_hash_table_unref(schemes->schemes);
    g_free(schemes);
}

static bool ledger_has_room(GHashTable *table)
{
    return g_hash_table_size(table) < LEDGER_SCHEMES_KEPT;
}

void ledger_add_file(struct ledger *ledger, const char *path)
{
    g_ptr_array_add(ledger->schemes->files, (gpointer)trace_intern(ledger->trace, path));
}

/* ---- looking up ------------------------------------------------------------------------------ */

bool ledger_has_schemes(const struct ledger *ledger)
{
    const struct ledger_schemes *schemes = ledger->schemes;
    return g_hash_table_size(schemes->schemes) + g_hash_table_size(schemes->queues) > 0;
}

const struct ledger_scheme *ledger_scheme(const struct ledger *ledger, uint64_t number)
{
    return g_hash_table_lookup(ledger->schemes->schemes, &number);
}

const struct ledger_ask *ledger_ask_of(const struct ledger *ledger, const struct ledger_task *task)
{
    return task->state == LEDGER_TASK_BLOCKED
               ? g_hash_table_lookup(ledger->schemes->waiting, GUINT_TO_POINTER(task->number))
               : NULL;
}

static struct ledger_source *ledger_find_source(const struct ledger_schemes *schemes,
                                                const char *kind, uint64_t number, uint64_t handle)
{
    const struct ledger_source key = {.kind = kind, .number = number, .handle = handle};
    return g_hash_table_lookup(schemes->sources, &key);
}

const struct ledger_source *ledger_source(const struct ledger *ledger, const char *kind,
                                          uint64_t number, uint64_t handle)
{
    return ledger_find_source(ledger->schemes, trace_intern(ledger->trace, kind), number, handle);
}

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

static gint ledger_compare_numbers(gconstpointer a, gconstpointer b)
{
    /* All that are kept by number begin with it. */
    uint64_t one = **(uint64_t *const *)a, other = **(uint64_t *const *)b;
    return one < other ? -1 : one > other;
}

GPtrArray *ledger_sorted(GHashTable *by_number)
{
    GPtrArray *all = g_ptr_array_new();
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, by_number);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        g_ptr_array_add(all, value);
    }
    g_ptr_array_sort(all, ledger_compare_numbers);
    return all;
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

bool ledger_overdue(const struct ledger *ledger, uint64_t now_ns, uint64_t *timeout,
                    uint64_t *deadline_ns)
{
    GHashTableIter each;
    gpointer value;
    *deadline_ns = now_ns;
    g_hash_table_iter_init(&each, ledger->schemes->timeouts);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        const struct ledger_timeout *one = value;
        if (one->deadline_ns < *deadline_ns ||
            (one->deadline_ns == *deadline_ns && one->number < *timeout)) {
            *timeout = one->number;
            *deadline_ns = one->deadline_ns;
        }
    }
    return *deadline_ns < now_ns;
}

/* ---- schemes and requests -------------------------------------------------------------------- */

static struct ledger_source *ledger_need_source(struct ledger_schemes *schemes, const char *kind,
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

/* NULL: it is not kept. */
static void ledger_source_ready(struct ledger_source *source, unsigned events,
                                const struct trace_event *event)
{
    if (source != NULL) {
        source->ready = ledger_mark(event);
        source->events = events;
    }
}

static struct ledger_scheme *ledger_need_scheme(struct ledger_schemes *schemes, uint64_t number,
                                                const char *name)
{
    struct ledger_scheme *scheme = g_hash_table_lookup(schemes->schemes, &number);
    if (scheme == NULL && ledger_has_room(schemes->schemes)) {
        scheme = g_new0(struct ledger_scheme, 1);
        scheme->number = number;
        scheme->name = name;
        g_hash_table_insert(schemes->schemes, &scheme->number, scheme);
    }
    return scheme;
}

/* A name has come or gone. In which of several namespaces, nobody tells. */
static void ledger_names_ready(const struct ledger_schemes *schemes,
                               const struct trace_event *event)
{
    struct ledger_source *names = NULL;
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, schemes->sources);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        struct ledger_source *source = value;
        if (source->kind == schemes->kind_names && names != NULL) {
            return;
        }
        names = source->kind == schemes->kind_names ? source : names;
    }
    ledger_source_ready(names, 1, event);
}

static void ledger_observe_scheme(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    bool is_new = event->kind == TRACE_SCHEME_REGISTERED;
    struct ledger_scheme *scheme =
        ledger_need_scheme(schemes, event->fields[is_new].number, event->fields[is_new + 1].string);
    ledger_names_ready(schemes, event);
    if (scheme != NULL && is_new) {
        scheme->provider = (uint32_t)event->fields[0].number;
        scheme->registered = ledger_mark(event);
    } else if (scheme != NULL) {
        scheme->removed = ledger_mark(event);
    }
}

static void ledger_observe_sent(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    struct ledger_scheme *scheme = ledger_need_scheme(schemes, event->fields[2].number, "?");
    if (scheme == NULL || !ledger_has_room(schemes->asks)) {
        return;
    }
    struct ledger_ask *ask = g_new0(struct ledger_ask, 1);
    ask->tag = event->fields[0].number;
    ask->task = (uint32_t)event->fields[1].number;
    ask->scheme = scheme;
    ask->operation = event->fields[3].string;
    ask->handle = event->fields[4].number;
    ask->size = event->fields[5].number;
    ask->sent = ledger_mark(event);
    g_hash_table_replace(schemes->asks, &ask->tag, ask);
    scheme->queued++;
    if (strcmp(ask->operation, "open") == 0) {
        scheme->opened = ledger_mark(event);
    }
    /* Nobody waits for the end of a file. */
    if (strcmp(ask->operation, "close") != 0) {
        g_hash_table_insert(schemes->waiting, GUINT_TO_POINTER(ask->task), ask);
    }
    ledger_source_ready(ledger_need_source(schemes, schemes->kind_scheme, scheme->number, 0), 1,
                        event);
}

/* The provider has read it, or will not find it any more. */
static void ledger_unqueue(struct ledger_schemes *schemes, struct ledger_ask *ask,
                           const struct trace_event *event)
{
    if (ask->delivered.sequence != 0 || ask->scheme->queued == 0) {
        return;
    }
    struct ledger_source *source =
        ledger_find_source(schemes, schemes->kind_scheme, ask->scheme->number, 0);
    if (--ask->scheme->queued == 0 && source != NULL) {
        source->settled = ledger_mark(event);
    }
}

static void ledger_leave(struct ledger_schemes *schemes, const struct ledger_ask *ask)
{
    if (g_hash_table_lookup(schemes->waiting, GUINT_TO_POINTER(ask->task)) == ask) {
        g_hash_table_remove(schemes->waiting, GUINT_TO_POINTER(ask->task));
    }
}

/* The provider was asked what is true of a file that somebody begins to watch. */
static void ledger_find_ready(const struct ledger_schemes *schemes, const struct ledger_ask *ask,
                              const struct trace_event *event)
{
    struct ledger_source *source =
        ledger_find_source(schemes, schemes->kind_file, ask->scheme->number, ask->handle);
    int64_t result = (int64_t)event->fields[1].number;
    if (source != NULL && result > 0 && strcmp(ask->operation, "events") == 0) {
        source->found = ledger_mark(event);
        source->found_events = (unsigned)result;
    }
}

static void ledger_observe_request(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    struct ledger_ask *ask = g_hash_table_lookup(schemes->asks, &event->fields[0].number);
    if (ask == NULL) {
        return;
    }
    if (event->kind == TRACE_REQUEST_DELIVERED) {
        ledger_unqueue(schemes, ask, event);
        ask->delivered = ledger_mark(event);
        ask->reader = (uint32_t)event->fields[1].number;
        return;
    }
    if (event->kind == TRACE_REQUEST_ANSWERED) {
        ledger_find_ready(schemes, ask, event);
    }
    const char *how = event->kind == TRACE_REQUEST_CANCELLED ? event->fields[1].string : "answered";
    if (strcmp(how, "told") == 0) {
        ask->told = ledger_mark(event);
    } else if (strcmp(how, "abandoned") == 0) {
        ledger_leave(schemes, ask);
    } else if (strcmp(how, "ended") != 0) {
        ledger_unqueue(schemes, ask, event);
        ledger_leave(schemes, ask);
        g_hash_table_remove(schemes->asks, &ask->tag);
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

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

/* A clock that is neither watched nor set is most likely closed. */
static void ledger_forget_clock(struct ledger_schemes *schemes, uint64_t number)
{
    const struct ledger_clock *clock = g_hash_table_lookup(schemes->clocks, &number);
    if (clock != NULL && clock->armed == 0) {
        g_hash_table_remove(schemes->clocks, &number);
    }
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
            ledger_forget_clock(schemes, source->number);
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

/* ---- clocks and timeouts --------------------------------------------------------------------- */

/* The one of this number, made when there is none; NULL: there are too many. */
static struct ledger_timeout *ledger_need_timeout(struct ledger_schemes *schemes, uint64_t number)
{
    struct ledger_timeout *timeout = g_hash_table_lookup(schemes->timeouts, &number);
    if (timeout == NULL && ledger_has_room(schemes->timeouts)) {
        timeout = schemes->spare->len > 0
                      ? g_ptr_array_steal_index_fast(schemes->spare, schemes->spare->len - 1)
                      : g_new(struct ledger_timeout, 1);
        *timeout = (struct ledger_timeout){.number = number, .deadline_ns = LEDGER_NO_TIME};
        g_hash_table_insert(schemes->timeouts, &timeout->number, timeout);
    }
    return timeout;
}

/* It has fired, was cancelled, or is set anew. */
static void ledger_clock_disarm(struct ledger_timeout *timeout)
{
    struct ledger_clock *clock = timeout->clock;
    if (clock != NULL) {
        clock->armed--;
        clock->old -= timeout->round < clock->round ? 1 : 0;
        timeout->clock = NULL;
    }
}

static void ledger_clock_arm(struct ledger_clock *clock, struct ledger_timeout *timeout)
{
    ledger_clock_disarm(timeout);
    timeout->clock = clock;
    timeout->round = clock->round;
    clock->armed++;
    if (clock->fired > 0 && !clock->set_since) {
        clock->row++;
    }
    clock->set_since = true;
}

static void ledger_observe_time_set(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    uint64_t number = event->fields[1].number;
    struct ledger_clock *clock = g_hash_table_lookup(schemes->clocks, &number);
    struct ledger_source *source = ledger_need_source(schemes, schemes->kind_time, number, 0);
    if (clock == NULL && ledger_has_room(schemes->clocks)) {
        clock = g_new0(struct ledger_clock, 1);
        clock->number = number;
        g_hash_table_insert(schemes->clocks, &clock->number, clock);
    }
    struct ledger_timeout *timeout =
        clock != NULL ? ledger_need_timeout(schemes, event->fields[2].number) : NULL;
    if (timeout == NULL) {
        return;
    }
    clock->task = (uint32_t)event->fields[0].number;
    if (source != NULL) {
        source->owner = clock->task;
    }
    ledger_clock_arm(clock, timeout);
}

/*
 * The next round, when a quarter is left of those with which this one began: some have more time.
 * Timeouts that nobody sets again do not come in a second round, and those that do not fire keep
 * theirs from ending. When many fire together they are set again together, so that the most that
 * were armed in a round count; fewer by a quarter are as many.
 */
static void ledger_clock_turn(struct ledger_clock *clock)
{
    clock->peak = MAX(clock->peak, clock->armed);
    if (clock->old > clock->began / LEDGER_CLOCK_FEW) {
        return;
    }
    bool is_crowd = clock->peak >= LEDGER_CLOCK_CROWD;
    bool has_shrunk = clock->peak < clock->level - clock->level / LEDGER_CLOCK_FEW;
    clock->crowd = is_crowd && !has_shrunk ? clock->crowd + 1 : is_crowd;
    clock->level = is_crowd && !has_shrunk ? MAX(clock->level, clock->peak) : clock->peak;
    clock->old = clock->began = clock->peak = clock->armed;
    clock->round++;
}

static void ledger_clock_fires(struct ledger_schemes *schemes, struct ledger_timeout *timeout,
                               const struct trace_event *event)
{
    struct ledger_clock *clock = timeout->clock;
    ledger_clock_turn(clock);
    ledger_clock_disarm(timeout);
    if (clock->fired > 0 && !clock->set_since) {
        clock->row = 0;
    }
    clock->fires_ns[clock->fired++ % LEDGER_CLOCK_FIRES] = event->time_ns;
    clock->set_since = false;
    clock->last_fired = ledger_mark(event);
    ledger_source_ready(ledger_find_source(schemes, schemes->kind_time, clock->number, 0), 1,
                        event);
}

static void ledger_observe_registered(void *opaque, const struct trace_event *event)
{
    struct ledger_timeout *timeout =
        ledger_need_timeout(((struct ledger *)opaque)->schemes, event->fields[0].number);
    if (timeout != NULL) {
        timeout->deadline_ns = event->fields[1].number;
    }
}

static void ledger_observe_timeout(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    uint64_t number = event->fields[0].number;
    struct ledger_timeout *timeout = g_hash_table_lookup(schemes->timeouts, &number);
    if (timeout == NULL) {
        return;
    }
    if (timeout->clock != NULL && event->kind == TRACE_TIMEOUT_FIRED) {
        ledger_clock_fires(schemes, timeout, event);
    } else {
        ledger_clock_disarm(timeout);
    }
    g_hash_table_steal(schemes->timeouts, &number);
    g_ptr_array_add(schemes->spare, timeout);
}

/* ---- tasks and files ------------------------------------------------------------------------- */

static void ledger_observe_signal(void *opaque, const struct trace_event *event)
{
    struct ledger_task *task = ledger_task_slot(opaque, event->fields[0].number);
    if (task != NULL && task->killed.sequence == 0 && event->fields[1].number == LEDGER_SIGKILL) {
        task->killed = ledger_mark(event);
    }
}

/* Numbers of tasks are used again. */
static void ledger_observe_created(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_task *task = ledger_task_slot(ledger, event->fields[0].number);
    if (task != NULL) {
        task->killed = (struct ledger_mark){0};
        task->failed = (struct ledger_mark){0};
    }
    g_hash_table_remove(ledger->schemes->waiting, GUINT_TO_POINTER((guint)event->fields[0].number));
}

static void ledger_observe_opened(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    if (ledger_has_room(schemes->opened)) {
        g_hash_table_add(schemes->opened, (gpointer)event->fields[1].string);
    }
}

static const struct trace_listener ledger_listeners[] = {
    {TRACE_SCHEME_REGISTERED, ledger_observe_scheme},
    {TRACE_SCHEME_REMOVED, ledger_observe_scheme},
    {TRACE_REQUEST_SENT, ledger_observe_sent},
    {TRACE_REQUEST_DELIVERED, ledger_observe_request},
    {TRACE_REQUEST_ANSWERED, ledger_observe_request},
    {TRACE_REQUEST_CANCELLED, ledger_observe_request},
    {TRACE_EVENT_WATCHED, ledger_observe_watched},
    {TRACE_EVENT_POSTED, ledger_observe_posted},
    {TRACE_EVENT_READ, ledger_observe_read},
    {TRACE_IRQ_ACKNOWLEDGED, ledger_observe_acknowledged},
    {TRACE_FILE_READY, ledger_observe_ready},
    {TRACE_TIME_SET, ledger_observe_time_set},
    {TRACE_TIMEOUT_REGISTERED, ledger_observe_registered},
    {TRACE_TIMEOUT_FIRED, ledger_observe_timeout},
    {TRACE_TIMEOUT_CANCELLED, ledger_observe_timeout},
    {TRACE_TASK_SIGNALLED, ledger_observe_signal},
    {TRACE_TASK_CREATED, ledger_observe_created},
    {TRACE_FILE_OPENED, ledger_observe_opened},
};

void ledger_listen_to_schemes(struct ledger *ledger)
{
    ledger_listen_to_providers(ledger);
    trace_listen(ledger->trace, ledger_listeners, G_N_ELEMENTS(ledger_listeners), ledger);
}
