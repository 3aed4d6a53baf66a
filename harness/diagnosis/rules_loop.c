/*
 * rules_loop.c - a guest that is busy and gets nowhere
 *
 * Three kinds of loop: code that executes and never sleeps, a task that is woken again and again
 * with nothing to do, a question that is repeated for ever. They are looked for last, since a
 * missing link explains more than the loop that waits for it; but a question that was asked so
 * often is the asker's fault, whatever became of the answer.
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

#define LOOP_CHAIN_MAX 16

static const struct ledger_task *loop_program_task(const struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    return program != NULL && !program->exited && program->task != 0
               ? ledger_task(c->ledger, program->task)
               : NULL;
}

/* A stack gives up an address that nobody has, [RFC1122] 2.3.2.1; this one does not. */
bool rule_loop_asks(struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    const struct ledger_peer *peer =
        program != NULL ? ledger_asked_for_ever(c->ledger, program) : NULL;
    if (peer == NULL) {
        return false;
    }
    char first[32], last[32];
    rules_evidence(c,
                   "%s: %" G_GUINT64_FORMAT " ARP requests without an answer, the first at %s, "
                   "the last at %s",
                   rules_address(peer->address).text, peer->arp_row,
                   rules_time(first, peer->arp_row_first.time_ns),
                   rules_time(last, peer->arp_last.time_ns));
    return rules_found(c, "loop.asks",
                       "the guest asks for the hardware address of %s for ever, %" G_GUINT64_FORMAT
                       " times so far, and tells nobody that there is no answer",
                       rules_address(peer->address).text, peer->arp_row);
}

/* The program's task, or the owner of the lock that it waits for. */
static const struct ledger_task *loop_find_woken(const struct rules_case *c)
{
    const struct ledger_task *task = loop_program_task(c);
    for (unsigned i = 0; i < LOOP_CHAIN_MAX && task != NULL; i++) {
        if (ledger_task_loops(c->ledger, task, c->now_ns)) {
            return task;
        }
        const struct ledger_lock *lock =
            task->state == LEDGER_TASK_BLOCKED ? ledger_lock(c->ledger, task->object) : NULL;
        task = lock != NULL && strcmp(task->on, "lock") == 0 ? ledger_task(c->ledger, lock->task)
                                                             : NULL;
    }
    return NULL;
}

bool rule_loop_wakes(struct rules_case *c)
{
    const struct ledger_task *task = loop_find_woken(c);
    if (task == NULL) {
        return false;
    }
    char since[32];
    c->diagnosis->task = task;
    rules_evidence(c, "task %s: woken %" G_GUINT64_FORMAT " times since %s, last from a wait on %s",
                   task->name, task->idle_wakes, rules_time(since, task->idle_since.time_ns),
                   task->on);
    return rules_found(c, "loop.wakes",
                       "task %s is woken again and again%s%s, %" G_GUINT64_FORMAT
                       " times since %s, finds nothing to do and waits on %s again: no ring moved "
                       "and no frame passed meanwhile",
                       task->name, task->call != NULL ? " in " : "",
                       task->call != NULL ? task->call : "", task->idle_wakes,
                       rules_time(since, task->idle_since.time_ns), task->on);
}

bool rule_loop_spins(struct rules_case *c)
{
    const struct diagnosis_question *question = c->question;
    if (!question->spins) {
        return false;
    }
    const struct ledger_task *task = ledger_task(c->ledger, c->ledger->running[question->spins_on]);
    bool is_known = task != NULL && task->number != 0 && task->state == LEDGER_TASK_RUNNING;
    g_autofree char *who =
        is_known ? g_strdup_printf("task %s", task->name) : g_strdup("the kernel");
    char since[32];
    if (is_known) {
        c->diagnosis->task = task;
        rules_evidence(c, "task %s runs since %s and was woken %" G_GUINT64_FORMAT " times before",
                       task->name, rules_time(since, task->since.time_ns), task->waits_left);
    }
    return rules_found(c, "loop.spins",
                       "%s executed %" G_GUINT64_FORMAT
                       " steps and neither sleeps nor moves anything%s%s",
                       who, question->steps, question->spins_in != NULL ? "; it loops in " : "",
                       question->spins_in != NULL ? question->spins_in : "");
}
