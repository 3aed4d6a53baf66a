/*
 * waits.h - who waits for whom
 *
 * The wait-for graph at one moment. Its nodes are tasks, requests, locks, event queues and what
 * these watch; an edge leads from who waits to what has to happen first:
 *
 *     task → request → provider → lock → owner → event queue → irq 48
 *
 * Who waits for an answer or for a lock waits for one task, so from each task leads one chain. It
 * ends at a task that waits for no other one, which is the root: whoever stands before it only
 * suffers. A chain that comes back to itself has no root; all tasks of the circle are stuck.
 */
#ifndef HARNESS_DIAGNOSIS_WAITS_H
#define HARNESS_DIAGNOSIS_WAITS_H

#include "harness/diagnosis/ledger_schemes.h"

#define WAITS_CHAIN_MAX 32
#define WAITS_NO_CIRCLE UINT_MAX

/* A task of the chain, and what it waits for. */
struct waits_step {
    const struct ledger_task *task;
    const struct ledger_ask *ask;           /* an answer, or */
    const struct ledger_lock *lock;         /* a lock, or */
    const struct ledger_event_queue *queue; /* events in here: the last step, or */
    const struct ledger_scheme *requests;   /* requests to this one: likewise; or none of these */
};

struct waits_chain {
    struct waits_step steps[WAITS_CHAIN_MAX];
    unsigned count;  /* at least 1: the task itself */
    unsigned circle; /* the step to which the last one leads back, or WAITS_NO_CIRCLE */
};

void waits_follow(const struct ledger *ledger, const struct ledger_task *task,
                  struct waits_chain *chain);
/* The last step: the task that waits for no other one, or one of the circle. */
const struct waits_step *waits_root(const struct waits_chain *chain);
/*
 * Whether what a task waits for may be the work of another one: by a chain, or because it waits for
 * events of files that the other one serves.
 */
bool waits_reach(const struct ledger *ledger, const struct ledger_task *task, uint32_t other);

/* "ping (2)": several tasks may have one name. */
struct waits_name {
    char text[64];
};
struct waits_name waits_name(const struct ledger_task *task);

/* Appends "ping (2) → request 17 (read of icmp) → smolnetd (5) → queue 3: irq 48". */
void waits_write_chain(GString *out, const struct ledger *ledger, const struct waits_chain *chain);
/* Appends the name of what a queue watches: "irq 48", "requests to icmp". */
void waits_write_source(GString *out, const struct ledger *ledger,
                        const struct ledger_source *source);
/* Appends the graph of all tasks that wait, for graphviz. The tasks that others wait for are bold. */
void waits_write_dot(GString *out, const struct ledger *ledger);

#endif
