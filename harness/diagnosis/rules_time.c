/*
 * rules_time.c - time as programs have it: timeouts, the chains that they make of them, and what is
 * due by them
 *
 * A daemon that keeps time sets one timeout after the other by the file of a clock. That is its
 * chain: whoever breaks it takes the daemon's time away, and whoever begins another one at each
 * occasion has more of it than there is. Files that a daemon has not read are looked at here as
 * well: what it does not know it is not too late for.
 */
#include "harness/diagnosis/ledger_shares.h"
#include "harness/diagnosis/rules.h"

#include <string.h>

/* Nothing that is due waits so long. */
#define TIME_OVERDUE_NS UINT64_C(100000000)
/* What has no answer is sent again after a second, [RFC6298] 2.1, [RFC1122] 2.3.2.1. */
#define TIME_REPEAT_NS UINT64_C(3000000000)
/* So often a clock has fired and been set again, or more of them are no accident. */
#define TIME_ROW_MIN   2
#define TIME_CROWD_MIN 3

bool rule_timeout_overdue(struct rules_case *c)
{
    uint64_t timeout = 0, deadline_ns;
    if (!ledger_overdue(c->ledger, c->now_ns, &timeout, &deadline_ns) ||
        c->now_ns - deadline_ns < TIME_OVERDUE_NS || rules_timers_were_hit(c) ||
        !rules_time_is_overdue(c)) {
        return false;
    }
    char at[32];
    rules_evidence(c, "%u timeouts are registered",
                   g_hash_table_size(c->ledger->schemes->timeouts));
    return rules_found(c, "timeout.overdue",
                       "timeout 0x%" G_GINT64_MODIFIER "x was due at %s and has not fired, though "
                       "no timer is to blame",
                       timeout, rules_time(at, deadline_ns));
}

/* ---- chains ---------------------------------------------------------------------------------- */

typedef bool time_clock_fn(struct rules_case *c, const struct ledger_clock *clock,
                           const struct ledger_task *task);

/* Each clock of a task that sleeps and matters. */
static bool time_some_clock(struct rules_case *c, time_clock_fn *look)
{
    g_autoptr(GPtrArray) clocks = ledger_sorted(c->ledger->schemes->clocks);
    for (guint i = 0; i < clocks->len; i++) {
        const struct ledger_clock *clock = g_ptr_array_index(clocks, i);
        const struct ledger_task *task = ledger_task(c->ledger, clock->task);
        if (task != NULL && task->state == LEDGER_TASK_BLOCKED && rules_concerns(c, clock->task) &&
            look(c, clock, task)) {
            c->diagnosis->driver = task;
            return true;
        }
    }
    return false;
}

/* Whoever polls for an answer of a share sets no clock when it has come. */
static bool time_has_ended(const struct rules_case *c, const struct ledger_clock *clock,
                           const struct ledger_task *task)
{
    return clock->row >= TIME_ROW_MIN && clock->armed == 0 && !clock->set_since &&
           task->since.sequence > clock->last_fired.sequence && rules_is_settled(c, &task->since) &&
           !ledger_p9_is_idle(c->ledger, task->number);
}

const struct ledger_clock *rules_ended_chain(const struct rules_case *c,
                                             const struct ledger_task *task)
{
    g_autoptr(GPtrArray) clocks = ledger_sorted(c->ledger->schemes->clocks);
    for (guint i = 0; i < clocks->len; i++) {
        const struct ledger_clock *clock = g_ptr_array_index(clocks, i);
        if (clock->task == task->number && time_has_ended(c, clock, task)) {
            return clock;
        }
    }
    return NULL;
}

static bool time_chain_dead(struct rules_case *c, const struct ledger_clock *clock,
                            const struct ledger_task *task)
{
    if (!time_has_ended(c, clock, task) || task->failed.sequence <= clock->last_fired.sequence) {
        return false;
    }
    char at[32];
    rules_evidence(c, "%s of %s returned %" G_GINT64_FORMAT " at %s", task->failed_call,
                   waits_name(task).text, task->failed_result,
                   rules_time(at, task->failed.time_ns));
    return rules_found(c, "time.chain-dead",
                       "%s set its clock %u times again when it had fired, and not after it fired "
                       "at %s, when one of its calls failed: no time comes to it any more",
                       waits_name(task).text, clock->row,
                       rules_time(at, clock->last_fired.time_ns));
}

bool rule_time_chain_dead(struct rules_case *c)
{
    return time_some_clock(c, time_chain_dead);
}

static bool time_chain_ended(struct rules_case *c, const struct ledger_clock *clock,
                             const struct ledger_task *task)
{
    char at[32];
    if (!time_has_ended(c, clock, task)) {
        return false;
    }
    rules_found(c, "time.chain-dead",
                "%s set its clock %u times again when it had fired, and not after it fired at %s; "
                "nothing may have been due",
                waits_name(task).text, clock->row, rules_time(at, clock->last_fired.time_ns));
    c->diagnosis->grade = DIAGNOSIS_SUSPECT;
    return true;
}

bool rule_time_chain_ended(struct rules_case *c)
{
    return time_some_clock(c, time_chain_ended);
}

static bool time_multiplied(struct rules_case *c, const struct ledger_clock *clock,
                            const struct ledger_task *task)
{
    c->diagnosis->driver = task;
    rules_evidence(
        c, "clock %" G_GUINT64_FORMAT ": fired %" G_GUINT64_FORMAT " times, %u timeouts are armed",
        clock->number, clock->fired, clock->armed);
    return rules_found(
        c, "time.chain-multiplied",
        "%s has up to %u timeouts at once on one clock, and sets a new one for each that "
        "fires: it keeps as many chains",
        waits_name(task).text, clock->level);
}

/* Whoever waits, or nobody: chains that nobody needs keep an idle machine awake. */
bool rule_time_chain_multiplied(struct rules_case *c)
{
    g_autoptr(GPtrArray) clocks = ledger_sorted(c->ledger->schemes->clocks);
    for (guint i = 0; i < clocks->len; i++) {
        const struct ledger_clock *clock = g_ptr_array_index(clocks, i);
        const struct ledger_task *task = ledger_task(c->ledger, clock->task);
        if (task != NULL && clock->crowd >= TIME_CROWD_MIN) {
            return time_multiplied(c, clock, task);
        }
    }
    return false;
}

/* ---- frozen ---------------------------------------------------------------------------------- */

/* Whether all of the last times that a clock fired lie behind this one. */
static bool time_went_on(const struct ledger_clock *clock, uint64_t since_ns)
{
    if (clock->fired < LEDGER_CLOCK_FIRES) {
        return false;
    }
    for (unsigned i = 0; i < LEDGER_CLOCK_FIRES; i++) {
        if (clock->fires_ns[i] <= since_ns) {
            return false;
        }
    }
    return true;
}

/* When something was sent to the peer that has no answer, and only once; 0: nothing such. */
static uint64_t time_sent_once(const struct rules_case *c, const struct ledger_peer *peer)
{
    if (rules_is_unanswered(c, peer)) {
        return peer->arp_row == 1 ? peer->arp_last.time_ns : 0;
    }
    for (unsigned i = 0; i < LEDGER_SETS * LEDGER_WAYS; i++) {
        const struct ledger_conversation *wire =
            &c->ledger->conversations[i / LEDGER_WAYS][i % LEDGER_WAYS];
        if (wire->peer == peer->address && wire->first_in == 0 && rules_is_owed(wire) &&
            wire->syn_out.sequence == wire->first.sequence) {
            return wire->syn_out.time_ns;
        }
    }
    return 0;
}

static bool time_frozen(struct rules_case *c, const struct ledger_clock *clock,
                        const struct ledger_task *task)
{
    const struct ledger_peer *peer = rules_peer(c);
    uint64_t sent_ns = peer != NULL ? time_sent_once(c, peer) : 0;
    if (sent_ns == 0 || c->now_ns - sent_ns < TIME_REPEAT_NS || !time_went_on(clock, sent_ns)) {
        return false;
    }
    char sent[32], fired[32];
    rules_evidence(c,
                   "clock %" G_GUINT64_FORMAT " of %s: fired %" G_GUINT64_FORMAT
                   " times, the last time at %s",
                   clock->number, waits_name(task).text, clock->fired,
                   rules_time(fired, clock->last_fired.time_ns));
    return rules_found(c, "time.frozen",
                       "what was sent to %s at %s has no answer and is not sent again, though "
                       "the clock of %s fires: no time passes for its protocols",
                       rules_address(peer->address).text, rules_time(sent, sent_ns),
                       waits_name(task).text);
}

bool rule_time_frozen(struct rules_case *c)
{
    return rules_program_suffers(c) && time_some_clock(c, time_frozen);
}

/* ---- configuration --------------------------------------------------------------------------- */

bool rules_reaches_nobody(const struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    if (program->unreachable || c->ledger->no_route.sequence != 0) {
        return true;
    }
    const struct ledger_peer *peer = rules_peer(c);
    return program->peer != 0 && (peer == NULL || peer->sent + peer->arp_requests == 0);
}

/* Where programs read their configuration: a kernel need not open what it was given. */
bool rule_config_unread(struct rules_case *c)
{
    const struct ledger_schemes *schemes = c->ledger->schemes;
    if (!ledger_has_schemes(c->ledger) || !rules_program_suffers(c) || !rules_reaches_nobody(c)) {
        return false;
    }
    for (guint i = 0; i < schemes->files->len; i++) {
        const char *path = g_ptr_array_index(schemes->files, i);
        if (g_str_has_prefix(path, "/etc/") && !g_hash_table_contains(schemes->opened, path)) {
            return rules_found(c, "config.unread",
                               "the guest was given %s, and none of its programs has opened it",
                               path);
        }
    }
    return false;
}

/* Whoever asks: an address that nobody gave is wrong for all. */
bool rule_config_guessed(struct rules_case *c)
{
    const struct ledger_schemes *schemes = c->ledger->schemes;
    char at[32];
    if (schemes->guessed == NULL) {
        return false;
    }
    return rules_found(c, "config.guessed",
                       "%s could not be read as what it should be, and %s got an address with mask "
                       "%s all the same at %s",
                       schemes->guessed, schemes->guessed_interface,
                       rules_address(schemes->guessed_mask).text,
                       rules_time(at, schemes->guessed_at.time_ns));
}
