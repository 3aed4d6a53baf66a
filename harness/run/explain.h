/*
 * explain.h - asks the diagnosis, proves it where that can be done, writes it into the result
 */
#ifndef HARNESS_RUN_EXPLAIN_H
#define HARNESS_RUN_EXPLAIN_H

#include "harness/diagnosis/diagnosis.h"
#include "harness/run/session_priv.h"

/*
 * Asks why `program` waits or has failed (NULL: whoever does) and fills in cause, grade, task and
 * diagnosis of the session's result.
 */
void explain_ask(struct session *session, const struct session_program *program);
/* Keeps what only the guest's stack can tell, at the moment of an event. */
void explain_listen(struct session *session);
/* Takes them back: an expectation was met. */
void explain_clear(struct session *session);
/* Whether the result has this cause (NULL: any, or none), good enough to be asserted, and task. */
bool explain_matches(const struct session *session, const char *cause, const char *task);
/* "derived irq.lost, task ping", or "no cause". Gives. */
char *explain_summary(const struct session *session);

/* The program that a failure is about: that of the statement, one that failed, one that waits. */
const struct session_program *explain_program(const struct session *session,
                                              const struct scenario_statement *statement);

/* "spin() at guest/x.c:12", or the address. Gives. */
char *explain_function(const struct session *session, uintptr_t pc);
/* The same with the line of the instruction. Gives. */
char *explain_line(const struct session *session, uintptr_t pc);
/* Where the running guest code is. NULL when that cannot be told. Gives. Called by an event. */
char *explain_running(const struct session *session);

struct explain_stack {
    const uintptr_t *addresses; /* return addresses, the innermost first */
    unsigned count, shown_max;
};
/*
 * Appends a line for each return address that is in the guest's own code: "who: what f() at
 * guest/x.c:12", "who: called from …".
 */
void explain_add_stack(const struct session *session, const struct explain_stack *stack,
                       const char *who, const char *what, GPtrArray *evidence);

/* places.c */
struct places *places_new(void);
void places_free(struct places *places);
/* From here on it looks at the guest's stack when events of a few kinds are emitted. */
void places_listen(struct session *session);
/* Append lines: where an INTID was taken, and what its handler did. */
void places_tell_irq(const struct session *session, unsigned intid, GPtrArray *evidence);
/* Where the driver of a card took the last frame. */
void places_tell_received(const struct session *session, const char *device, GPtrArray *evidence);
/* The task that the interrupts of a card wake; NULL: not known. */
const struct ledger_task *places_driver(const struct session *session, const char *device);

/* proof.c */
/*
 * Repeats the run from here with the one link repaired, in a child: true when the task that pays
 * leaves its wait. In the child it returns too, with session->proving, and the caller goes back
 * into the run without doing anything else.
 */
bool proof_succeeds(struct session *session, const struct diagnosis *diagnosis);
/* Nothing can happen any more, or the bounds are reached: does not return. */
G_NORETURN void proof_fail(void);

#endif
