/*
 * rules_share.c - the links between a program and a shared folder
 *
 *     call → message → device → answer → taken by whoever waits → what the call returns
 *
 * The server tells of what breaks its rules; the rest follows from the messages, as the ledger has
 * them, and from who sleeps.
 */
#include "harness/diagnosis/rules.h"

#include "emu/virtio-9p/p9_server.h"
#include "harness/diagnosis/ledger_shares.h"

#include <string.h>

#define RULES_FIDS_TOLD 5 /* of those that were left */

static const struct ledger_shares *rules_shares(const struct rules_case *c)
{
    return c->ledger->shares;
}

/* Whether what happened to this task is what is asked about. */
static bool rules_is_asked_about(const struct rules_case *c, uint32_t task)
{
    const struct ledger_program *program = c->question->program;
    return program == NULL || program->task == 0 || program->task == task;
}

static void rules_evidence_message(struct rules_case *c, const struct ledger_p9_message *message)
{
    char sent[32], answered[32];
    rules_evidence(c, "%s: %s, tag %u, fid %u%s%s, sent at %s%s%s", message->share, message->type,
                   message->tag, message->fid, message->name[0] != '\0' ? ", " : "", message->name,
                   rules_time(sent, message->sent.time_ns),
                   message->answered.sequence != 0 ? ", answered at " : ", not answered",
                   message->answered.sequence != 0 ? rules_time(answered, message->answered.time_ns)
                                                   : "");
}

static void rules_evidence_call(struct rules_case *c, const struct ledger_p9_call *call)
{
    char entered[32], returned[32];
    const struct ledger_task *task = ledger_task(c->ledger, call->task);
    rules_evidence(c,
                   "%s: %s, called at %s, sent %" G_GUINT64_FORMAT
                   " messages and returned %" G_GINT64_FORMAT " at %s",
                   task != NULL ? task->name : "?", call->call,
                   rules_time(entered, call->entered.time_ns), call->sent, call->result,
                   rules_time(returned, call->returned.time_ns));
}

/* ---- fids that are left ---------------------------------------------------------------------- */

/* Then an open file may be one that it needs. */
static bool rules_some_program_runs(const struct ledger *ledger)
{
    for (guint i = 0; i < ledger->programs->len; i++) {
        const struct ledger_program *program = g_ptr_array_index(ledger->programs, i);
        if (program->task != 0 && !program->exited) {
            return true;
        }
    }
    return false;
}

bool rule_p9_fid_leak(struct rules_case *c)
{
    const struct ledger_shares *shares = rules_shares(c);
    if (c->question->fids_of == NULL || shares == NULL) {
        return false;
    }
    const struct ledger_p9_fid *first = NULL;
    unsigned left = 0;
    for (unsigned i = 0; i < shares->fid_count; i++) {
        const struct ledger_p9_fid *fid = &shares->fids[i];
        if (fid->is_root || strcmp(fid->share, c->question->fids_of) != 0 ||
            (fid->is_open && rules_some_program_runs(c->ledger))) {
            continue;
        }
        char since[32];
        first = first == NULL || fid->since.sequence < first->since.sequence ? fid : first;
        if (left++ < RULES_FIDS_TOLD) {
            rules_evidence(c, "%s: fid %u, %s\"%s\", since %s, %s", fid->share, fid->fid,
                           fid->is_created ? "created: " : "", fid->name,
                           rules_time(since, fid->since.time_ns),
                           fid->is_open ? "open" : "not open");
        }
    }
    if (first == NULL) {
        return false;
    }
    char since[32];
    const struct ledger_task *task = ledger_task(c->ledger, first->task);
    c->diagnosis->task = task != NULL ? task : c->diagnosis->task;
    return rules_found(c, "p9.fid-leak",
                       "%u fids of %s are left that no open file needs, the first since %s: Tclunk "
                       "was not sent for them",
                       left, first->share, rules_time(since, first->since.time_ns));
}

/* ---- rules of the protocol ------------------------------------------------------------------- */

/* The cause that a broken rule is; NULL: the check has all that there is to say. */
static const char *rules_breach_cause(const struct ledger_p9_breach *breach)
{
    static const struct {
        const char *rule, *cause;
    } rows[] = {
        {P9_RULE_MSIZE, "p9.msize-exceeded"},
        {P9_RULE_COUNT, "p9.msize-exceeded"},
        {P9_RULE_CREATE_FLAGS, "p9.create-flags-in-open"},
        {P9_RULE_NOTAG, "p9.tag-mismatch"},
        {P9_RULE_VERSION_TAG, "p9.tag-mismatch"},
        {P9_RULE_TAG_IN_USE, "p9.tag-mismatch"},
        {P9_RULE_UNKNOWN_FID, "p9.fid-misused"},
        {P9_RULE_FID_IN_USE, "p9.fid-misused"},
        {P9_RULE_NOFID, "p9.fid-misused"},
        {P9_RULE_WALK_OPEN, "p9.fid-misused"},
        {P9_RULE_NOT_OPEN, "p9.fid-misused"},
    };
    if (strcmp(breach->rule, P9_RULE_OPEN_TWICE) == 0) {
        return breach->is_created ? "p9.open-after-create" : "p9.fid-misused";
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].rule, breach->rule) == 0) {
            return rows[i].cause;
        }
    }
    return NULL;
}

/* It was in a message for the program, or for one that has its tag, or for whom it waits. */
static bool rules_is_in_chain(const struct rules_case *c, const struct ledger_p9_breach *breach)
{
    const struct ledger_program *program = c->question->program;
    return rules_is_asked_about(c, breach->owner) || breach->other == program->task ||
           (!program->exited && rules_concerns(c, breach->owner));
}

bool rule_p9_breach(struct rules_case *c)
{
    const struct ledger_shares *shares = rules_shares(c);
    for (unsigned i = 0; shares != NULL && i < shares->breach_count; i++) {
        const struct ledger_p9_breach *breach = &shares->breaches[i];
        const char *cause = rules_breach_cause(breach);
        char at[32];
        if (cause == NULL || !rules_is_in_chain(c, breach)) {
            continue;
        }
        rules_evidence(c, "%s: %s, fid %u, at %s", breach->share, breach->type, breach->fid,
                       rules_time(at, breach->at.time_ns));
        return rules_found(c, cause,
                           "%s of the guest broke a rule of the protocol at %s: %s, and it was "
                           "%" G_GUINT64_FORMAT,
                           breach->type, rules_time(at, breach->at.time_ns), breach->rule,
                           breach->value);
    }
    return false;
}

/* ---- answers that nobody takes --------------------------------------------------------------- */

static const struct ledger_device *rules_share_device(const struct rules_case *c, const char *name)
{
    for (unsigned i = c->ledger->card_count; i < c->ledger->device_count; i++) {
        if (c->ledger->devices[i].name == name) {
            return &c->ledger->devices[i];
        }
    }
    return NULL;
}

/* The driver could see the answer at this time, and nobody has looked since. */
static bool rules_is_left(const struct rules_case *c, const struct ledger_p9_message *message,
                          const struct ledger_task *task)
{
    const struct ledger_device *device = rules_share_device(c, message->share);
    return device != NULL && device->tx.used.sequence > message->answered.sequence &&
           message->answered.sequence != 0 && rules_is_settled(c, &device->tx.used) &&
           task->state == LEDGER_TASK_BLOCKED && rules_is_settled(c, &task->since) &&
           (task->since.sequence < device->tx.used.sequence || strcmp(task->on, "9p") == 0);
}

bool rules_answer_is_left(const struct rules_case *c, const struct ledger_device *device,
                          bool for_program)
{
    for (guint i = 1; rules_shares(c) != NULL && i < c->ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(c->ledger->tasks, i);
        const struct ledger_p9_message *message =
            task != NULL ? ledger_p9_last(c->ledger, task->number) : NULL;
        bool is_meant = message != NULL && message->share == device->name &&
                        (!for_program || rules_is_asked_about(c, message->owner));
        if (is_meant && rules_is_left(c, message, task)) {
            return true;
        }
    }
    return false;
}

/* It was so until the one who waited gave up. */
static bool rules_slept_over(struct rules_case *c)
{
    const struct ledger_shares *shares = rules_shares(c);
    if (shares == NULL || shares->slept_over.task == 0 ||
        !rules_is_asked_about(c, shares->slept_over.task)) {
        return false;
    }
    const struct ledger_p9_call *call = &shares->slept_over;
    char at[32];
    rules_evidence_call(c, call);
    if (shares->slept_untold) {
        c->diagnosis->intid = board_device_intid(c->board, call->share);
        c->diagnosis->device = call->share;
        rules_evidence_irq(c, c->diagnosis->intid);
        return rules_found(c, "irq.lost",
                           "%s had set its interrupt status for the answer to %s, INTID %u never "
                           "became pending, and the call gave up at %s",
                           call->share, call->call, c->diagnosis->intid,
                           rules_time(at, call->returned.time_ns));
    }
    return rules_found(c, "p9.second-transaction",
                       "all messages of %s were answered, and it gave up at %s: whoever waited was "
                       "not woken, and did not look",
                       call->call, rules_time(at, call->returned.time_ns));
}

bool rule_p9_second_transaction(struct rules_case *c)
{
    if (rules_slept_over(c)) {
        return true;
    }
    for (guint i = 1; rules_shares(c) != NULL && i < c->ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(c->ledger->tasks, i);
        const struct ledger_p9_message *message =
            task != NULL ? ledger_p9_last(c->ledger, task->number) : NULL;
        if (message == NULL || !rules_is_left(c, message, task)) {
            continue;
        }
        const struct ledger_device *device = rules_share_device(c, message->share);
        char used[32], since[32];
        const struct ledger_task *owner = ledger_task(c->ledger, message->owner);
        c->diagnosis->task = owner != NULL ? owner : task;
        c->diagnosis->driver = task;
        c->diagnosis->device = device->name;
        rules_evidence_message(c, message);
        rules_evidence_queue(c, &device->tx);
        rules_evidence_irq(c, board_device_intid(c->board, device->name));
        return rules_found(
            c, "p9.second-transaction",
            "the answer to %s is in the used ring of %s since %s, and task %s, which "
            "sent it, sleeps on %s since %s: it was not woken, and does not look",
            message->type, device->tx.name, rules_time(used, device->tx.used.time_ns), task->name,
            task->on, rules_time(since, task->since.time_ns));
    }
    return false;
}

/* ---- answers that do not come ---------------------------------------------------------------- */

/* Sent by this task and not answered, when that should have been so. */
static const struct ledger_p9_message *rules_owed(const struct rules_case *c, uint32_t task)
{
    const struct ledger_p9_message *message = ledger_p9_last(c->ledger, task);
    return message != NULL && message->answered.sequence == 0 && rules_is_settled(c, &message->sent)
               ? message
               : NULL;
}

static bool rules_spins(const struct rules_case *c, const struct ledger_task *task)
{
    return c->question->spins && c->ledger->running[c->question->spins_on] == task->number &&
           task->state == LEDGER_TASK_RUNNING;
}

bool rule_p9_wait_unbounded(struct rules_case *c)
{
    for (guint i = 1; rules_shares(c) != NULL && i < c->ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(c->ledger->tasks, i);
        const struct ledger_p9_message *message = task != NULL ? rules_owed(c, task->number) : NULL;
        if (message == NULL) {
            continue;
        }
        bool sleeps = task->state == LEDGER_TASK_BLOCKED && task->deadline_ns == LEDGER_NO_TIME;
        if (!sleeps && !rules_spins(c, task)) {
            continue;
        }
        char sent[32];
        const struct ledger_task *owner = ledger_task(c->ledger, message->owner);
        c->diagnosis->task = owner != NULL ? owner : task;
        c->diagnosis->driver = task;
        rules_evidence_message(c, message);
        return rules_found(c, "p9.wait-unbounded",
                           "%s, sent at %s, has no answer, and task %s %s without a deadline: "
                           "whoever waits for a device has to have an end of it",
                           message->type, rules_time(sent, message->sent.time_ns), task->name,
                           sleeps ? "sleeps" : "spins");
    }
    return false;
}

/* Of the program's, one that was never answered: it waits, or has given up. */
static const struct ledger_p9_message *rules_never_answered(const struct rules_case *c)
{
    const struct ledger_shares *shares = rules_shares(c);
    unsigned kept = MIN(shares->message_count, LEDGER_P9_MESSAGES);
    for (unsigned i = 1; i <= kept; i++) {
        const struct ledger_p9_message *message =
            &shares->messages[(shares->message_count - i) % LEDGER_P9_MESSAGES];
        if (message->answered.sequence == 0 && rules_is_asked_about(c, message->owner) &&
            rules_is_settled(c, &message->sent)) {
            return message;
        }
    }
    const struct ledger_p9_message *given_up = &shares->given_up;
    return given_up->share != NULL && rules_is_asked_about(c, given_up->owner) ? given_up : NULL;
}

bool rule_p9_unanswered(struct rules_case *c)
{
    const struct ledger_p9_message *message =
        rules_shares(c) != NULL ? rules_never_answered(c) : NULL;
    if (message == NULL) {
        return false;
    }
    char sent[32];
    const struct ledger_device *device = rules_share_device(c, message->share);
    c->diagnosis->queue = device->tx.name;
    rules_evidence_message(c, message);
    rules_evidence_queue(c, &device->tx);
    return rules_found(c, "p9.unanswered",
                       "the server of %s owes the answer to %s, tag %u, sent at %s; nobody in the "
                       "guest can give it",
                       message->share, message->type, message->tag,
                       rules_time(sent, message->sent.time_ns));
}

/* ---- what became of an answer ---------------------------------------------------------------- */

bool rule_p9_tag_mismatch(struct rules_case *c)
{
    const struct ledger_shares *shares = rules_shares(c);
    for (unsigned i = 0; shares != NULL && i < shares->fooled_count; i++) {
        const struct ledger_p9_call *call = &shares->fooled[i];
        char at[32];
        if (!rules_is_asked_about(c, call->task)) {
            continue;
        }
        rules_evidence_call(c, call);
        return rules_found(c, "p9.tag-mismatch",
                           "%s got an answer with tag 0x%x at %s, which was not that of its "
                           "message, 0x%x, and took it",
                           call->call, call->wrong_tag, rules_time(at, call->fooled_at.time_ns),
                           call->right_tag);
    }
    return false;
}

/* Of whichever program: the file is as it is for all who come behind. */
bool rule_p9_mode_lost(struct rules_case *c)
{
    const struct ledger_shares *shares = rules_shares(c);
    if (shares == NULL || shares->mode.message.share == NULL) {
        return false;
    }
    char at[32];
    const struct ledger_p9_message *message = &shares->mode.message;
    rules_evidence_message(c, message);
    return rules_found(c, "p9.mode-lost",
                       "%s asked for mode 0%o, and %s for \"%s\" at %s has mode 0%o",
                       shares->mode.call, shares->mode.asked, message->type, message->name,
                       rules_time(at, message->sent.time_ns), message->mode);
}

bool rule_p9_error_changed(struct rules_case *c)
{
    const struct ledger_shares *shares = rules_shares(c);
    if (shares == NULL || shares->changed.task == 0 ||
        !rules_is_asked_about(c, shares->changed.task)) {
        return false;
    }
    const struct ledger_p9_call *call = &shares->changed;
    char at[32];
    rules_evidence_call(c, call);
    return rules_found(c, "p9.error-changed",
                       "the server answered %s with Rlerror %u at %s, and %s returned "
                       "%" G_GINT64_FORMAT,
                       call->refused, call->error, rules_time(at, call->refused_at.time_ns),
                       call->call, call->result);
}

bool rule_p9_refused(struct rules_case *c)
{
    const struct ledger_shares *shares = rules_shares(c);
    if (shares == NULL || !rules_program_suffers(c) ||
        shares->failed.task != c->question->program->task) {
        return false;
    }
    const struct ledger_p9_call *call = &shares->failed;
    char at[32];
    rules_evidence_call(c, call);
    if (call->is_partial) {
        return rules_found(c, "p9.refused",
                           "the server found a path only in part, and %s returned %" G_GINT64_FORMAT
                           " at %s",
                           call->call, call->result, rules_time(at, call->returned.time_ns));
    }
    if (call->refused == NULL) {
        return rules_found(c, "p9.refused-by-guest",
                           "%s returned %" G_GINT64_FORMAT " at %s, and the server had answered "
                           "all %" G_GUINT64_FORMAT " of its messages without an error",
                           call->call, call->result, rules_time(at, call->returned.time_ns),
                           call->sent);
    }
    return rules_found(
        c, "p9.refused", "the server answered %s with Rlerror %u at %s, and %s returned it",
        call->refused, call->error, rules_time(at, call->refused_at.time_ns), call->call);
}
