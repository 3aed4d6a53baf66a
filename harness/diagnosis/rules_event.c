/*
 * rules_event.c - the links between what becomes ready and the program that waits for it
 *
 *     ready → watched? → posted → reader wakes → read
 *
 * Only of readers that sleep in the queue in question: one that sleeps elsewhere will come to it.
 * Of files of schemes it is not known whether what was ready has been taken meanwhile, unless their
 * provider says so when they begin to be watched.
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

/* The task that sleeps in the queue, if what it does matters; NULL otherwise. */
static const struct ledger_task *event_reader(const struct rules_case *c,
                                              const struct ledger_event_queue *queue)
{
    const struct ledger_task *task = ledger_task(c->ledger, queue->task);
    bool sleeps = queue->task != 0 && task != NULL && ledger_queue_of(c->ledger, task) == queue &&
                  rules_is_settled(c, &task->since);
    return sleeps && rules_concerns(c, queue->task) ? task : NULL;
}

/* When a source became ready, if there is something of it still; sequence 0: there is not. */
static struct ledger_mark event_due(const struct rules_case *c, const struct ledger_source *source)
{
    const struct ledger_schemes *schemes = c->ledger->schemes;
    if (source->kind == schemes->kind_irq) {
        bool is_owed = source->number < BOARD_IRQ_COUNT &&
                       ledger_irq_is_owed(c->ledger, (unsigned)source->number);
        return is_owed ? c->ledger->irqs[source->number].taken : (struct ledger_mark){0};
    }
    if (source->kind == schemes->kind_scheme) {
        const struct ledger_scheme *scheme = ledger_scheme(c->ledger, source->number);
        return scheme != NULL && scheme->queued > 0 ? source->ready : (struct ledger_mark){0};
    }
    return source->ready;
}

static bool event_blame(struct rules_case *c, const struct ledger_task *reader,
                        const struct ledger_watch *watch)
{
    g_autoptr(GString) queue = g_string_new(NULL);
    for (guint i = 0; i < watch->queue->watches->len; i++) {
        const struct ledger_watch *other = g_ptr_array_index(watch->queue->watches, i);
        g_string_append(queue, i == 0 ? "" : ", ");
        waits_write_source(queue, c->ledger, other->source);
    }
    rules_evidence(c, "queue %" G_GUINT64_FORMAT " of %s watches: %s", watch->queue->number,
                   waits_name(reader).text, queue->str);
    c->diagnosis->driver = reader;
    if (!rules_program_suffers(c)) {
        c->diagnosis->task = reader;
    }
    if (watch->source->kind == c->ledger->schemes->kind_irq) {
        c->diagnosis->intid = (unsigned)watch->source->number;
        rules_evidence_irq(c, c->diagnosis->intid);
    }
    return true;
}

/* ---- each watch of each queue ---------------------------------------------------------------- */

bool rules_some_watch(struct rules_case *c, rules_watch_fn *look)
{
    g_autoptr(GPtrArray) queues = ledger_sorted(c->ledger->schemes->queues);
    for (guint i = 0; i < queues->len; i++) {
        const struct ledger_event_queue *queue = g_ptr_array_index(queues, i);
        const struct ledger_task *reader = event_reader(c, queue);
        for (guint j = 0; reader != NULL && j < queue->watches->len; j++) {
            if (look(c, g_ptr_array_index(queue->watches, j), reader)) {
                return true;
            }
        }
    }
    return false;
}

static bool event_is_missing(struct rules_case *c, const struct ledger_watch *watch,
                             const struct ledger_task *reader)
{
    struct ledger_mark due = event_due(c, watch->source);
    const struct ledger_event_queue *queue = watch->queue;
    unsigned became = watch->source->events != 0 ? watch->source->events : 1;
    char at[32], slept[32];
    g_autoptr(GString) what = g_string_new(NULL);
    waits_write_source(what, c->ledger, watch->source);
    if (queue->waiting > 0 && watch->posted.sequence >= queue->first.sequence &&
        reader->since.sequence < queue->first.sequence && rules_is_settled(c, &queue->first)) {
        event_blame(c, reader, watch);
        return rules_found(c, "event.not-delivered",
                           "an event of %s stands in queue %" G_GUINT64_FORMAT
                           " since %s, and %s, which sleeps there "
                           "since %s, was not woken",
                           what->str, queue->number, rules_time(at, queue->first.time_ns),
                           waits_name(reader).text, rules_time(slept, reader->since.time_ns));
    }
    if ((watch->events & became) == 0 || due.sequence <= watch->since.sequence ||
        watch->posted.sequence > due.sequence || !rules_is_settled(c, &due)) {
        return false;
    }
    event_blame(c, reader, watch);
    return rules_found(
        c, "event.not-delivered",
        "%s became ready at %s, queue %" G_GUINT64_FORMAT " of %s watches it, and no event was put "
        "into the queue",
        what->str, rules_time(at, due.time_ns), queue->number, waits_name(reader).text);
}

bool rule_event_not_delivered(struct rules_case *c)
{
    return rules_some_watch(c, event_is_missing);
}

/* Of what was true before it was watched; sequence 0: nothing is known to have been. */
static struct ledger_mark event_was_due(const struct rules_case *c,
                                        const struct ledger_watch *watch)
{
    const struct ledger_source *source = watch->source;
    struct ledger_mark due = event_due(c, source);
    if (source->kind == c->ledger->schemes->kind_file) {
        bool is_wanted = (watch->events & source->found_events) != 0;
        return is_wanted && source->found.sequence > watch->since.sequence
                   ? source->found
                   : (struct ledger_mark){0};
    }
    bool is_known = source->kind != c->ledger->schemes->kind_names;
    return is_known && due.sequence < watch->since.sequence ? due : (struct ledger_mark){0};
}

static bool event_is_lost(struct rules_case *c, const struct ledger_watch *watch,
                          const struct ledger_task *reader)
{
    struct ledger_mark due = event_was_due(c, watch);
    if (due.sequence == 0 || watch->posted.sequence != 0 || !rules_is_settled(c, &watch->since) ||
        !rules_is_settled(c, &due)) {
        return false;
    }
    char ready[32], since[32];
    g_autoptr(GString) what = g_string_new(NULL);
    waits_write_source(what, c->ledger, watch->source);
    event_blame(c, reader, watch);
    bool was_asked = due.sequence > watch->since.sequence;
    return rules_found(c, "event.lost-before-subscribe",
                       "%s was ready when %s began to watch it at %s%s%s, and no event told so",
                       what->str, waits_name(reader).text, rules_time(since, watch->since.time_ns),
                       was_asked ? ", as its provider said at " : ", since ",
                       rules_time(ready, due.time_ns));
}

bool rule_event_lost_before_subscribe(struct rules_case *c)
{
    return rules_some_watch(c, event_is_lost);
}

/* ---- what is not watched --------------------------------------------------------------------- */

/* Sleeps for events or requests; this source is not among them, nor may it be through a queue. */
static bool event_is_left_out(const struct rules_case *c, const struct ledger_task *task,
                              const char *kind, uint64_t number)
{
    const struct ledger_event_queue *queue = ledger_queue_of(c->ledger, task);
    if (queue == NULL) {
        return task->state == LEDGER_TASK_BLOCKED && task->on == c->ledger->schemes->on_requests;
    }
    for (guint i = 0; i < queue->watches->len; i++) {
        const struct ledger_source *source =
            ((const struct ledger_watch *)g_ptr_array_index(queue->watches, i))->source;
        if ((source->kind == kind && source->number == number) ||
            strcmp(source->kind, "queue") == 0) {
            return false;
        }
    }
    return true;
}

/* Appends what a task sleeps for. */
static void event_describe_wait(GString *out, const struct rules_case *c,
                                const struct ledger_task *task)
{
    struct waits_chain chain;
    waits_follow(c->ledger, task, &chain);
    waits_write_chain(out, c->ledger, &chain);
}

static bool event_leaves_out(struct rules_case *c, uint32_t number, const char *kind,
                             uint64_t source, const struct ledger_mark *ready)
{
    const struct ledger_task *task = number != 0 ? ledger_task(c->ledger, number) : NULL;
    if (task == NULL || !rules_is_settled(c, ready) || !rules_is_settled(c, &task->since) ||
        !event_is_left_out(c, task, kind, source) || !rules_concerns(c, number)) {
        return false;
    }
    char at[32];
    g_autoptr(GString) wait = g_string_new(NULL);
    event_describe_wait(wait, c, task);
    c->diagnosis->driver = task;
    rules_evidence(c, "%s", wait->str);
    return rules_found(c, "wait-set.incomplete",
                       "%s %" G_GUINT64_FORMAT " has something for %s since %s, which sleeps and "
                       "does not watch it",
                       kind, source, waits_name(task).text, rules_time(at, ready->time_ns));
}

bool rule_wait_set_incomplete(struct rules_case *c)
{
    const struct ledger_schemes *schemes = c->ledger->schemes;
    if (!ledger_has_schemes(c->ledger)) {
        return false;
    }
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        unsigned intid = board_device_intid(c->board, device->name);
        if (intid < BOARD_IRQ_COUNT && ledger_irq_is_owed(c->ledger, intid) &&
            event_leaves_out(c, device->driver, schemes->kind_irq, intid,
                             &c->ledger->irqs[intid].taken)) {
            c->diagnosis->intid = intid;
            rules_evidence_irq(c, intid);
            return true;
        }
    }
    g_autoptr(GPtrArray) clocks = ledger_sorted(schemes->clocks);
    for (guint i = 0; i < clocks->len; i++) {
        const struct ledger_clock *clock = g_ptr_array_index(clocks, i);
        const struct ledger_source *source = ledger_source(c->ledger, "time", clock->number, 0);
        bool is_unwatched = source == NULL || source->watched.sequence == 0;
        if (is_unwatched && event_leaves_out(c, clock->task, schemes->kind_time, clock->number,
                                             &clock->last_fired)) {
            return true;
        }
    }
    return false;
}
