/*
 * rules_call.c - what a system call did, without a look at the wire: refused, waited, or told what
 * no call tells
 *
 * The ledger has noted it when it happened, the first time for each program. It is a cause whether
 * the program bears it or not: asked is only where something is missing.
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

#define RULES_MS UINT64_C(1000000)

static const struct ledger_program *rules_asked_program(const struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    return program != NULL && program->task != 0 ? program : NULL;
}

/* The task of the program, while it sleeps in a call. */
static const struct ledger_task *rules_sleeper(const struct rules_case *c)
{
    const struct ledger_program *program = rules_asked_program(c);
    const struct ledger_task *task =
        program != NULL && !program->exited ? ledger_task(c->ledger, program->task) : NULL;
    return task != NULL && task->state == LEDGER_TASK_BLOCKED && task->call != NULL ? task : NULL;
}

/* ---- refused, or wrong ----------------------------------------------------------------------- */

static void rules_evidence_breach(struct rules_case *c, const struct ledger_breach *breach)
{
    char at[32];
    rules_evidence(c,
                   "%s: %s on descriptor %" G_GINT64_FORMAT " at %s, result or value "
                   "%" G_GINT64_FORMAT,
                   c->question->program->name, breach->call, breach->descriptor,
                   rules_time(at, breach->at.time_ns), breach->value);
}

bool rule_call_missing(struct rules_case *c)
{
    const struct ledger_program *program = rules_asked_program(c);
    if (program == NULL || (program->breach.kind != LEDGER_BREACH_MISSING &&
                            program->breach.kind != LEDGER_BREACH_FAMILY)) {
        return false;
    }
    const struct ledger_breach *breach = &program->breach;
    char at[32];
    rules_evidence_breach(c, breach);
    if (breach->kind == LEDGER_BREACH_FAMILY) {
        return rules_found(c, "call.missing",
                           "%s of a family that the guest does not have returned %" G_GINT64_FORMAT
                           " at %s, and not -97 (EAFNOSUPPORT), from which programs fall back",
                           breach->call, breach->value, rules_time(at, breach->at.time_ns));
    }
    return rules_found(c, "call.missing",
                       "%s returned %" G_GINT64_FORMAT
                       " at %s: the guest does not have what every program takes for granted",
                       breach->call, breach->value, rules_time(at, breach->at.time_ns));
}

/* NULL: another rule's. */
static const char *rules_breach_text(enum ledger_breach_kind kind)
{
    switch (kind) {
    case LEDGER_BREACH_ZERO:
        return "wrote nothing and returned 0: a full buffer is waited for, or EAGAIN";
    case LEDGER_BREACH_BADF:
        return "returned -9 (EBADF) for a socket that is open";
    case LEDGER_BREACH_CONNECT:
        return "was called again, and said neither EALREADY nor EISCONN";
    case LEDGER_BREACH_EARLY_CONNECT:
        return "returned 0, and no SYN-ACK had come";
    case LEDGER_BREACH_SOURCE:
        return "gave a datagram, and did not write the address of its sender";
    case LEDGER_BREACH_CONTROL:
        return "left a size for control messages, and what is there are none";
    case LEDGER_BREACH_NO_TTL:
        return "gave a datagram without its TTL, and IP_RECVTTL had been accepted";
    case LEDGER_BREACH_ERROR:
        return "of SO_ERROR returned 0 and left a number that is no error";
    case LEDGER_BREACH_UNBOUND:
        return "refused the first datagram of a ping socket, which gets its identifier by that";
    case LEDGER_BREACH_NO_FAILURE:
        return "said POLLERR of a socket that was never connected, or listens: nothing can have "
               "failed";
    case LEDGER_BREACH_NONE:
    case LEDGER_BREACH_MISSING:
    case LEDGER_BREACH_FAMILY:
        return NULL;
    }
    g_assert_not_reached();
}

/* [RFC1122] 3.2.1.3: 0.0.0.0 "MUST NOT be sent", but by a host that looks for its address. */
static bool rules_sent_nameless(struct rules_case *c, const struct ledger_socket *socket)
{
    char at[32];
    for (unsigned i = 0; i < LEDGER_SETS * LEDGER_WAYS && socket->port != 0; i++) {
        const struct ledger_conversation *wire =
            &c->ledger->conversations[i / LEDGER_WAYS][i % LEDGER_WAYS];
        if (wire->protocol == socket->protocol && wire->port == socket->port &&
            wire->nameless_out.sequence > socket->opened.sequence) {
            rules_evidence_socket(c, socket);
            return rules_found(c, "call.wrong-result",
                               "what descriptor %d had sent left at %s with 0.0.0.0 as its source: "
                               "without an address nothing is sent, and the call says so",
                               socket->descriptor, rules_time(at, wire->nameless_out.time_ns));
        }
    }
    return false;
}

bool rule_call_wrong_result(struct rules_case *c)
{
    const struct ledger_program *program = rules_asked_program(c);
    const char *text = program != NULL ? rules_breach_text(program->breach.kind) : NULL;
    if (text == NULL) {
        return rules_some_socket(c, rules_sent_nameless);
    }
    char at[32];
    rules_evidence_breach(c, &program->breach);
    return rules_found(c, "call.wrong-result", "%s at %s %s", program->breach.call,
                       rules_time(at, program->breach.at.time_ns), text);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static bool rules_call_slept(struct rules_case *c, const struct ledger_socket *socket)
{
    char at[32];
    if (socket->slept_call == NULL) {
        return false;
    }
    rules_evidence_socket(c, socket);
    return rules_found(
        c, "call.blocks",
        "descriptor %d is non-blocking, and %s, called at %s, slept for %" G_GUINT64_FORMAT " ms",
        socket->descriptor, socket->slept_call, rules_time(at, socket->slept_from.time_ns),
        socket->slept_ns / RULES_MS);
}

bool rule_call_blocks(struct rules_case *c)
{
    const struct ledger_task *task = rules_sleeper(c);
    if (task != NULL && task->socket != NULL && task->socket->nonblock &&
        strcmp(task->on, "lock") != 0 && rules_is_settled(c, &task->entered)) {
        char at[32];
        rules_evidence_socket(c, task->socket);
        return rules_found(
            c, "call.blocks", "descriptor %d is non-blocking, and %s, called at %s, sleeps",
            task->socket->descriptor, task->call, rules_time(at, task->entered.time_ns));
    }
    return rules_some_socket(c, rules_call_slept);
}

bool rule_timeout_ignored(struct rules_case *c)
{
    const struct ledger_program *program = rules_asked_program(c);
    const struct ledger_task *task = rules_sleeper(c);
    uint64_t timeout_ns;
    char at[32], given[32], took[32];
    if (program == NULL || rules_timers_were_hit(c)) {
        return false;
    }
    if (task != NULL && ledger_call_is_overdue(task, c->now_ns, &timeout_ns)) {
        return rules_found(
            c, "timeout.ignored", "%s was called at %s with a timeout of %s, and goes on after %s",
            task->call, rules_time(at, task->entered.time_ns), rules_time(given, timeout_ns),
            rules_time(took, c->now_ns - task->entered.time_ns));
    }
    /* At a hang the time will never be looked at. */
    if (task != NULL && c->question->hangs && timeout_ns != LEDGER_NO_TIME &&
        task->deadline_ns == LEDGER_NO_TIME) {
        return rules_found(
            c, "timeout.ignored",
            "%s was called at %s with a timeout of %s, and sleeps without a deadline", task->call,
            rules_time(at, task->entered.time_ns), rules_time(given, timeout_ns));
    }
    if (program->late.call == NULL) {
        return false;
    }
    return rules_found(c, "timeout.ignored", "%s had a timeout of %s, took %s and ended at %s",
                       program->late.call, rules_time(given, program->late.timeout_ns),
                       rules_time(took, program->late.took_ns),
                       rules_time(at, program->late.at.time_ns));
}

bool rule_timeout_early(struct rules_case *c)
{
    const struct ledger_program *program = rules_asked_program(c);
    if (program == NULL || program->hurried.call == NULL) {
        return false;
    }
    const struct ledger_overtime *hurried = &program->hurried;
    char at[32], took[32], given[32];
    bool for_ever = hurried->timeout_ns == LEDGER_NO_TIME;
    return rules_found(
        c, "timeout.early",
        "%s returned %" G_GINT64_FORMAT " at %s after %s, and the program had given it %s",
        hurried->call, hurried->result, rules_time(at, hurried->at.time_ns),
        rules_time(took, hurried->took_ns),
        for_ever ? "all the time that there is" : rules_time(given, hurried->timeout_ns));
}
