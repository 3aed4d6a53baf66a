/*
 * waits.c - the wait-for graph, as chains and as a picture
 *
 * Nothing is stored: the graph is what the ledger says of tasks that are blocked. A guest can make
 * chains of any length; here they end after WAITS_CHAIN_MAX tasks.
 */
#include "harness/diagnosis/waits.h"

#include <string.h>

/* ---- chains ---------------------------------------------------------------------------------- */

/* Of a task that reads its root file: the scheme that it provides. */
static const struct ledger_scheme *waits_requests_of(const struct ledger *ledger,
                                                     const struct ledger_task *task)
{
    if (task->state != LEDGER_TASK_BLOCKED || task->on != ledger->schemes->on_requests) {
        return NULL;
    }
    g_autoptr(GPtrArray) all = ledger_sorted(ledger->schemes->schemes);
    for (guint i = 0; i < all->len; i++) {
        const struct ledger_scheme *scheme = g_ptr_array_index(all, i);
        if (scheme->provider == task->number && scheme->removed.sequence == 0) {
            return scheme;
        }
    }
    return NULL;
}

static struct waits_step waits_step_of(const struct ledger *ledger, const struct ledger_task *task)
{
    struct waits_step step = {.task = task, .ask = ledger_ask_of(ledger, task)};
    if (step.ask == NULL && task->state == LEDGER_TASK_BLOCKED) {
        step.lock = strcmp(task->on, "lock") == 0 ? ledger_lock(ledger, task->object) : NULL;
        step.queue = ledger_queue_of(ledger, task);
        step.requests = waits_requests_of(ledger, task);
    }
    return step;
}

/* Who has to do something before the task of this step goes on; NULL: no task is known. */
static const struct ledger_task *waits_next(const struct ledger *ledger,
                                            const struct waits_step *step)
{
    if (step->ask != NULL) {
        bool is_read = step->ask->delivered.sequence != 0;
        return ledger_task(ledger, is_read ? step->ask->reader : step->ask->scheme->provider);
    }
    return step->lock != NULL ? ledger_task(ledger, step->lock->task) : NULL;
}

void waits_follow(const struct ledger *ledger, const struct ledger_task *task,
                  struct waits_chain *chain)
{
    chain->count = 0;
    chain->circle = WAITS_NO_CIRCLE;
    while (task != NULL && chain->count < WAITS_CHAIN_MAX) {
        for (unsigned i = 0; i < chain->count; i++) {
            if (chain->steps[i].task == task) {
                chain->circle = i;
                return;
            }
        }
        chain->steps[chain->count] = waits_step_of(ledger, task);
        task = waits_next(ledger, &chain->steps[chain->count++]);
    }
}

const struct waits_step *waits_root(const struct waits_chain *chain)
{
    return &chain->steps[chain->count - 1];
}

/* ---- reaching -------------------------------------------------------------------------------- */

/* Puts a task on the list of those to look at, once. */
static void waits_visit(const struct ledger *ledger, GArray *to_visit, GHashTable *seen,
                        uint32_t number)
{
    if (ledger_task(ledger, number) != NULL && g_hash_table_add(seen, GUINT_TO_POINTER(number))) {
        g_array_append_val(to_visit, number);
    }
}

/* Of a queue: whoever serves the files that it watches. */
static void waits_visit_servers(const struct ledger *ledger, GArray *to_visit, GHashTable *seen,
                                const struct ledger_event_queue *queue)
{
    for (guint i = 0; i < queue->watches->len; i++) {
        const struct ledger_watch *watch = g_ptr_array_index(queue->watches, i);
        const struct ledger_scheme *scheme = watch->source->kind == ledger->schemes->kind_file
                                                 ? ledger_scheme(ledger, watch->source->number)
                                                 : NULL;
        if (scheme != NULL) {
            waits_visit(ledger, to_visit, seen, scheme->provider);
        }
    }
}

bool waits_reach(const struct ledger *ledger, const struct ledger_task *task, uint32_t other)
{
    g_autoptr(GArray) to_visit = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    waits_visit(ledger, to_visit, seen, task->number);
    for (guint i = 0; i < to_visit->len; i++) {
        uint32_t number = g_array_index(to_visit, uint32_t, i);
        if (number == other) {
            return true;
        }
        struct waits_step step = waits_step_of(ledger, ledger_task(ledger, number));
        const struct ledger_task *next = waits_next(ledger, &step);
        if (next != NULL) {
            waits_visit(ledger, to_visit, seen, next->number);
        }
        if (step.queue != NULL) {
            waits_visit_servers(ledger, to_visit, seen, step.queue);
        }
    }
    return false;
}

struct waits_name waits_name(const struct ledger_task *task)
{
    struct waits_name name;
    g_snprintf(name.text, sizeof name.text, "%s (%u)", task->name, task->number);
    return name;
}

/* ---- as text --------------------------------------------------------------------------------- */

void waits_write_source(GString *out, const struct ledger *ledger,
                        const struct ledger_source *source)
{
    const struct ledger_schemes *schemes = ledger->schemes;
    bool is_scheme = source->kind == schemes->kind_scheme,
         is_file = source->kind == schemes->kind_file;
    const struct ledger_scheme *scheme =
        is_scheme || is_file ? ledger_scheme(ledger, source->number) : NULL;
    if (scheme != NULL && is_scheme) {
        g_string_append_printf(out, "requests to %s", scheme->name);
    } else if (scheme != NULL) {
        g_string_append_printf(out, "file 0x%" G_GINT64_MODIFIER "x of %s", source->handle,
                               scheme->name);
    } else {
        g_string_append_printf(out, "%s %" G_GUINT64_FORMAT, source->kind, source->number);
    }
}

static void waits_write_queue(GString *out, const struct ledger *ledger,
                              const struct ledger_event_queue *queue)
{
    g_string_append_printf(out, "queue %" G_GUINT64_FORMAT "", queue->number);
    for (guint i = 0; i < queue->watches->len; i++) {
        const struct ledger_watch *watch = g_ptr_array_index(queue->watches, i);
        g_string_append(out, i == 0 ? ": " : ", ");
        waits_write_source(out, ledger, watch->source);
    }
}

static void waits_write_ask(GString *out, const struct ledger_ask *ask)
{
    g_string_append_printf(out, "request %" G_GUINT64_FORMAT " (%s of %s, %s)", ask->tag,
                           ask->operation, ask->scheme->name,
                           ask->delivered.sequence != 0 ? "delivered" : "not delivered");
}

static void waits_write_end(GString *out, const struct ledger *ledger,
                            const struct waits_step *step)
{
    static const char *const doing[] = {
        [LEDGER_TASK_READY] = "may run",
        [LEDGER_TASK_RUNNING] = "runs",
        [LEDGER_TASK_BLOCKED] = NULL,
        [LEDGER_TASK_EXITED] = "has exited",
    };
    if (doing[step->task->state] != NULL) {
        g_string_append_printf(out, ", which %s", doing[step->task->state]);
    } else if (step->queue != NULL) {
        g_string_append(out, " → ");
        waits_write_queue(out, ledger, step->queue);
    } else if (step->requests != NULL) {
        g_string_append_printf(out, " → requests to %s", step->requests->name);
    } else if (step->ask == NULL && step->lock == NULL) {
        g_string_append_printf(out, " → %s", step->task->on);
    }
}

void waits_write_chain(GString *out, const struct ledger *ledger, const struct waits_chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++) {
        const struct waits_step *step = &chain->steps[i];
        g_string_append_printf(out, "%s%s", i > 0 ? " → " : "", waits_name(step->task).text);
        if (step->ask != NULL) {
            g_string_append(out, " → ");
            waits_write_ask(out, step->ask);
        } else if (step->lock != NULL) {
            g_string_append_printf(out, " → lock %s", step->lock->name);
        }
    }
    waits_write_end(out, ledger, waits_root(chain));
    if (chain->circle != WAITS_NO_CIRCLE) {
        g_string_append_printf(out, " → %s again", waits_name(chain->steps[chain->circle].task).text);
    }
}

/* ---- as a picture ---------------------------------------------------------------------------- */

/* A string of the DOT language: names are the guest's. */
static void waits_quote(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *text == '\n' ? ' ' : *text);
    }
    g_string_append_c(out, '"');
}

static void waits_dot_source(GString *out, const struct ledger *ledger,
                             const struct ledger_event_queue *queue,
                             const struct ledger_watch *watch)
{
    const struct ledger_source *source = watch->source;
    g_autoptr(GString) label = g_string_new(NULL);
    waits_write_source(label, ledger, source);
    g_string_append_printf(out, "  queue%" G_GUINT64_FORMAT " -> ", queue->number);
    waits_quote(out, label->str);
    g_string_append(out, ";\n");
    const struct ledger_scheme *scheme =
        source->kind == ledger->schemes->kind_file ? ledger_scheme(ledger, source->number) : NULL;
    if (scheme != NULL && scheme->removed.sequence == 0) {
        g_string_append(out, "  ");
        waits_quote(out, label->str);
        g_string_append_printf(out, " -> task%u;\n", scheme->provider);
    }
}

static void waits_dot_queue(GString *out, const struct ledger *ledger,
                            const struct ledger_event_queue *queue)
{
    g_string_append_printf(out,
                           "  queue%" G_GUINT64_FORMAT
                           " [shape=parallelogram, label=\"queue %" G_GUINT64_FORMAT
                           "\\n%" G_GUINT64_FORMAT " events\"];\n",
                           queue->number, queue->number, queue->waiting);
    for (guint i = 0; i < queue->watches->len; i++) {
        waits_dot_source(out, ledger, queue, g_ptr_array_index(queue->watches, i));
    }
}

/* What a task waits for, and from there to whom. */
static void waits_dot_step(GString *out, const struct ledger *ledger, const struct waits_step *step)
{
    const struct ledger_task *next = waits_next(ledger, step);
    g_autoptr(GString) node = g_string_new(NULL), label = g_string_new(NULL);
    if (step->ask != NULL) {
        g_string_printf(node, "request%" G_GUINT64_FORMAT, step->ask->tag);
        waits_write_ask(label, step->ask);
    } else if (step->lock != NULL) {
        g_string_printf(node, "lock%" G_GINT64_MODIFIER "x", step->lock->lock);
        g_string_printf(label, "lock %s", step->lock->name);
    } else if (step->queue != NULL) {
        g_string_printf(node, "queue%" G_GUINT64_FORMAT "", step->queue->number);
        waits_dot_queue(out, ledger, step->queue);
    } else {
        g_string_printf(node, "wait%u", step->task->number);
        g_string_printf(label, "%s%s", step->requests != NULL ? "requests to " : "",
                        step->requests != NULL ? step->requests->name : step->task->on);
    }
    if (label->len > 0) {
        g_string_append_printf(out, "  %s [shape=box, label=", node->str);
        waits_quote(out, label->str);
        g_string_append(out, "];\n");
    }
    g_string_append_printf(out, "  task%u -> %s;\n", step->task->number, node->str);
    if (next != NULL) {
        g_string_append_printf(out, "  %s -> task%u;\n", node->str, next->number);
    }
}

/* The roots: others wait for them, and they for nobody. */
static GHashTable *waits_roots(const struct ledger *ledger)
{
    GHashTable *roots = g_hash_table_new(NULL, NULL);
    for (guint i = 1; i < ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(ledger->tasks, i);
        struct waits_chain chain;
        if (task == NULL || task->state != LEDGER_TASK_BLOCKED) {
            continue;
        }
        waits_follow(ledger, task, &chain);
        if (chain.count > 1 && chain.circle == WAITS_NO_CIRCLE) {
            g_hash_table_add(roots, GUINT_TO_POINTER(waits_root(&chain)->task->number));
        }
    }
    return roots;
}

void waits_write_dot(GString *out, const struct ledger *ledger)
{
    g_autoptr(GHashTable) roots = waits_roots(ledger);
    g_string_append(out, "digraph waits {\n  rankdir=LR;\n");
    for (guint i = 1; i < ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(ledger->tasks, i);
        bool is_root = g_hash_table_contains(roots, GUINT_TO_POINTER(i));
        if (task == NULL || (task->state != LEDGER_TASK_BLOCKED && !is_root)) {
            continue;
        }
        g_string_append_printf(out, "  task%u [label=", task->number);
        waits_quote(out, waits_name(task).text);
        g_string_append(out, is_root ? ", style=bold];\n" : "];\n");
        if (task->state == LEDGER_TASK_BLOCKED) {
            struct waits_step step = waits_step_of(ledger, task);
            waits_dot_step(out, ledger, &step);
        }
    }
    g_string_append(out, "}\n");
}
