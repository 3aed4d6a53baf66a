/*
 * rules_scheme.c - the links between a program and the programs that serve it
 *
 * Along the chain of waits: whoever stands in it between the program and its end only suffers. The
 * rules look at the end, and at the request or the lock by which the others wait for it.
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

/* ---- chains ---------------------------------------------------------------------------------- */

static bool scheme_is_asleep(const struct ledger_task *task)
{
    return task != NULL && task->state == LEDGER_TASK_BLOCKED;
}

/* Whether it is about one program, which goes on. */
static bool scheme_has_program(const struct rules_case *c)
{
    return c->question->program != NULL && !c->question->program->exited;
}

bool rules_some_chain(struct rules_case *c, rules_chain_fn *look)
{
    const struct ledger_program *program = c->question->program;
    struct waits_chain chain;
    if (scheme_has_program(c)) {
        const struct ledger_task *task = ledger_task(c->ledger, program->task);
        if (program->task == 0 || !scheme_is_asleep(task)) {
            return false;
        }
        waits_follow(c->ledger, task, &chain);
        return look(c, &chain);
    }
    for (guint i = 1; i < c->ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(c->ledger->tasks, i);
        if (!scheme_is_asleep(task) || (program != NULL && program->status == 0)) {
            continue;
        }
        waits_follow(c->ledger, task, &chain);
        if (look(c, &chain)) {
            return true;
        }
    }
    return false;
}

bool rules_concerns(const struct rules_case *c, uint32_t task)
{
    const struct ledger_program *program = c->question->program;
    if (!scheme_has_program(c)) {
        return program == NULL || program->status != 0;
    }
    const struct ledger_task *own = ledger_task(c->ledger, program->task);
    return program->task != 0 && scheme_is_asleep(own) && waits_reach(c->ledger, own, task);
}

/* The wait by which the others come to the end of the chain; NULL: it is its beginning as well. */
static const struct waits_step *scheme_last_wait(const struct waits_chain *chain)
{
    return chain->count >= 2 && chain->circle == WAITS_NO_CIRCLE ? &chain->steps[chain->count - 2]
                                                                 : NULL;
}

/* Names who pays, and who has to act; the sentence is the caller's. */
static void scheme_blame(struct rules_case *c, const struct waits_chain *chain)
{
    c->diagnosis->task = chain->steps[0].task;
    c->diagnosis->driver = waits_root(chain)->task;
}

/* ---- circles --------------------------------------------------------------------------------- */

static bool scheme_has_request(const struct waits_chain *chain)
{
    for (unsigned i = chain->circle; i < chain->count; i++) {
        if (chain->steps[i].ask != NULL) {
            return true;
        }
    }
    return false;
}

static bool scheme_circle(struct rules_case *c, const struct waits_chain *chain)
{
    if (chain->circle == WAITS_NO_CIRCLE) {
        return false;
    }
    g_autoptr(GString) who = g_string_new(NULL);
    for (unsigned i = chain->circle; i < chain->count; i++) {
        const struct waits_step *step = &chain->steps[i];
        char since[32];
        if (!rules_is_settled(c, &step->task->since)) {
            return false;
        }
        g_string_append_printf(who, "%s%s", i == chain->circle ? "" : ", ",
                               waits_name(step->task).text);
        if (step->lock != NULL) {
            rules_evidence(c, "%s waits for lock %s since %s, and %s holds it",
                           waits_name(step->task).text, step->lock->name,
                           rules_time(since, step->task->since.time_ns),
                           waits_name(ledger_task(c->ledger, step->lock->task)).text);
        }
    }
    unsigned length = chain->count - chain->circle;
    bool asks = scheme_has_request(chain);
    scheme_blame(c, chain);
    if (length == 1 && !asks) {
        return rules_found(c, "lock.self", "%s waits for lock %s, which it holds itself", who->str,
                           chain->steps[chain->circle].lock->name);
    }
    return rules_found(c, asks ? "request.circle" : "lock.order",
                       "%s wait for each other: none of them can go on before another one has",
                       who->str);
}

bool rule_circle(struct rules_case *c)
{
    return rules_some_chain(c, scheme_circle);
}

/* ---- requests -------------------------------------------------------------------------------- */

static bool scheme_provider_dead(struct rules_case *c, const struct waits_chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++) {
        const struct ledger_ask *ask = chain->steps[i].ask;
        if (ask == NULL) {
            continue;
        }
        const struct ledger_task *provider = ledger_task(c->ledger, ask->scheme->provider);
        bool has_exited = provider != NULL && provider->state == LEDGER_TASK_EXITED;
        const struct ledger_mark *end = ask->scheme->removed.sequence != 0 ? &ask->scheme->removed
                                        : has_exited                       ? &provider->since
                                                                           : NULL;
        char at[32], sent[32];
        if (end == NULL || !rules_is_settled(c, end) || !rules_is_settled(c, &ask->sent)) {
            continue;
        }
        c->diagnosis->task = chain->steps[0].task;
        rules_evidence(c, "request %" G_GUINT64_FORMAT ": sent at %s, %s", ask->tag,
                       rules_time(sent, ask->sent.time_ns),
                       ask->delivered.sequence != 0 ? "delivered" : "not delivered");
        return rules_found(c, "request.provider-dead",
                           "the provider of %s, %s, has ended at %s, and request %" G_GUINT64_FORMAT
                           " (%s) of %s was not ended with it",
                           ask->scheme->name, provider != NULL ? waits_name(provider).text : "?",
                           rules_time(at, end->time_ns), ask->tag, ask->operation,
                           waits_name(chain->steps[i].task).text);
    }
    return false;
}

bool rule_request_provider_dead(struct rules_case *c)
{
    return rules_some_chain(c, scheme_provider_dead);
}

/* Where the provider is instead of reading the request. */
static char *scheme_whereabouts(const struct rules_case *c, const struct ledger_ask *ask,
                                const struct waits_step *root)
{
    const struct ledger_source *source = ledger_source(c->ledger, "scheme", ask->scheme->number, 0);
    if (root->queue == NULL) {
        return root->requests != NULL
                   ? g_strdup_printf("sleeps in a read of the requests to %s, and was not woken",
                                     root->requests->name)
                   : g_strdup_printf("sleeps on %s", root->task->on);
    }
    if (source == NULL || ledger_watch_of(root->queue, source) == NULL) {
        return g_strdup_printf("sleeps in event queue %" G_GUINT64_FORMAT
                               ", which does not watch the requests to %s",
                               root->queue->number, ask->scheme->name);
    }
    char at[32];
    return g_strdup_printf("has read the event that tells of it from queue %" G_GUINT64_FORMAT
                           " at %s, and sleeps "
                           "again without having read the request",
                           root->queue->number, rules_time(at, root->queue->read.time_ns));
}

static bool scheme_undelivered(struct rules_case *c, const struct waits_chain *chain)
{
    const struct waits_step *wait = scheme_last_wait(chain), *root = waits_root(chain);
    const struct ledger_ask *ask = wait != NULL ? wait->ask : NULL;
    if (ask == NULL || ask->delivered.sequence != 0 || !scheme_is_asleep(root->task) ||
        !rules_is_settled(c, &ask->sent) || !rules_is_settled(c, &root->task->since)) {
        return false;
    }
    char sent[32];
    g_autofree char *where = scheme_whereabouts(c, ask, root);
    scheme_blame(c, chain);
    rules_evidence(c, "%s: %" G_GUINT64_FORMAT " requests that its provider has not read",
                   ask->scheme->name, ask->scheme->queued);
    return rules_found(c, "request.undelivered",
                       "request %" G_GUINT64_FORMAT " (%s of %s) of %s waits for %s since %s, "
                       "which %s",
                       ask->tag, ask->operation, ask->scheme->name, waits_name(wait->task).text,
                       waits_name(root->task).text, rules_time(sent, ask->sent.time_ns), where);
}

bool rule_request_undelivered(struct rules_case *c)
{
    return rules_some_chain(c, scheme_undelivered);
}

/* Whether something else than another request could let the provider answer. */
static bool scheme_waits_for_more(const struct rules_case *c, const struct waits_step *root)
{
    if (root->queue == NULL) {
        return root->requests == NULL;
    }
    for (guint i = 0; i < root->queue->watches->len; i++) {
        const struct ledger_watch *watch = g_ptr_array_index(root->queue->watches, i);
        const struct ledger_scheme *own = watch->source->kind == c->ledger->schemes->kind_scheme
                                              ? ledger_scheme(c->ledger, watch->source->number)
                                              : NULL;
        if (own == NULL || own->provider != root->task->number) {
            return true;
        }
    }
    return false;
}

/* What the peer sent has come since the provider has the request, and nothing is owed. */
static bool scheme_has_the_answer(const struct rules_case *c, const struct ledger_ask *ask)
{
    const struct ledger_peer *peer = c->question->program != NULL ? rules_peer(c) : NULL;
    return peer != NULL && peer->received_last.sequence > ask->delivered.sequence &&
           !rules_misses_packets(c, peer);
}

/* Why the answer is due; sequence 0: nothing says that it is. */
static struct ledger_mark scheme_answer_due(const struct rules_case *c,
                                            const struct ledger_ask *ask)
{
    if (ask->told.sequence != 0) {
        return ask->told;
    }
    return scheme_has_the_answer(c, ask) ? rules_peer(c)->received_last : (struct ledger_mark){0};
}

/* Who went to sleep behind what makes the answer due has had it before it: it need not rest. */
static bool scheme_is_idle(const struct rules_case *c, const struct waits_step *root,
                           const struct ledger_mark *due)
{
    bool slept_on = due->sequence != 0 && root->task->since.sequence > due->sequence;
    return scheme_is_asleep(root->task) && rules_is_settled(c, slept_on ? due : &root->task->since);
}

static bool scheme_unanswered(struct rules_case *c, const struct waits_chain *chain)
{
    static const char *const waiting[] = {"read", "dup", NULL};
    const struct waits_step *wait = scheme_last_wait(chain), *root = waits_root(chain);
    const struct ledger_ask *ask = wait != NULL ? wait->ask : NULL;
    if (ask == NULL || ask->delivered.sequence == 0 || !rules_is_settled(c, &ask->delivered)) {
        return false;
    }
    struct ledger_mark due = scheme_answer_due(c, ask);
    if (!scheme_is_idle(c, root, &due)) {
        return false;
    }
    char at[32], told[32];
    scheme_blame(c, chain);
    bool is_due = due.sequence != 0 && rules_is_settled(c, &due);
    if (is_due && ask->told.sequence != 0) {
        rules_evidence(c, "%s was told at %s that the caller has a signal",
                       waits_name(root->task).text, rules_time(told, ask->told.time_ns));
    }
    bool may_wait =
        !is_due && g_strv_contains(waiting, ask->operation) && scheme_waits_for_more(c, root);
    rules_found(c, "request.unanswered",
                "%s has read request %" G_GUINT64_FORMAT " (%s of %s) of %s at %s and not answered "
                "it%s",
                waits_name(root->task).text, ask->tag, ask->operation, ask->scheme->name,
                waits_name(wait->task).text, rules_time(at, ask->delivered.time_ns),
                may_wait ? "; it may be waiting for what the answer depends on" : "");
    c->diagnosis->grade = may_wait ? DIAGNOSIS_SUSPECT : DIAGNOSIS_DERIVED;
    return true;
}

static bool scheme_uncancelled(struct rules_case *c, const struct waits_chain *chain)
{
    const struct waits_step *wait = scheme_last_wait(chain);
    bool was_told = wait != NULL && wait->ask != NULL && wait->ask->told.sequence != 0 &&
                    rules_is_settled(c, &wait->ask->told);
    return was_told && scheme_unanswered(c, chain);
}

/* Whatever the answer would have depended on: nobody wants to know any more. */
bool rule_request_uncancelled(struct rules_case *c)
{
    return scheme_has_program(c) && rules_some_chain(c, scheme_uncancelled);
}

/* Only for a program that waits for it: others may have the time. */
bool rule_request_unanswered(struct rules_case *c)
{
    return scheme_has_program(c) && rules_some_chain(c, scheme_unanswered);
}

/* ---- killed ---------------------------------------------------------------------------------- */

bool rule_task_unkillable(struct rules_case *c)
{
    for (guint i = 1; i < c->ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(c->ledger->tasks, i);
        const struct ledger_ask *ask =
            scheme_is_asleep(task) ? ledger_ask_of(c->ledger, task) : NULL;
        if (ask == NULL || !rules_is_settled(c, &task->killed)) {
            continue;
        }
        char at[32];
        struct waits_chain chain;
        waits_follow(c->ledger, task, &chain);
        scheme_blame(c, &chain);
        return rules_found(c, "task.unkillable",
                           "%s was killed at %s, and still waits for the answer to request "
                           "%" G_GUINT64_FORMAT " (%s of %s)",
                           waits_name(task).text, rules_time(at, task->killed.time_ns), ask->tag,
                           ask->operation, ask->scheme->name);
    }
    return false;
}
