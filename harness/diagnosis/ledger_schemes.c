/*
 * ledger_schemes.c - what the guest's probes say of schemes and requests
 *
 * A request is kept from when it is sent until it has an answer; a caller that is killed waits no
 * longer, but the provider has the request still. A scheme that is gone stays, for those that go on
 * waiting for it.
 */
#include "harness/diagnosis/ledger_schemes.h"

#include "harness/diagnosis/ledger_priv.h"
#include "harness/diagnosis/ledger_schemes_priv.h"

#include <string.h>

#define LEDGER_SIGKILL 9

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
    schemes->stacks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
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
    g_hash_table_unref(schemes->stacks);
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

/* ---- schemes and requests -------------------------------------------------------------------- */

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
    g_hash_table_remove(ledger->schemes->stacks, &event->fields[0].number);
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
    {TRACE_TASK_SIGNALLED, ledger_observe_signal},
    {TRACE_TASK_CREATED, ledger_observe_created},
    {TRACE_FILE_OPENED, ledger_observe_opened},
};

void ledger_listen_to_schemes(struct ledger *ledger)
{
    ledger_listen_to_providers(ledger);
    ledger_listen_to_events(ledger);
    ledger_listen_to_clocks(ledger);
    trace_listen(ledger->trace, ledger_listeners, G_N_ELEMENTS(ledger_listeners), ledger);
}
