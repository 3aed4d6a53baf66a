/*
 * session_priv.h - what the files of a session share
 *
 *   session.c     builds the machine, runs it, comes to the verdict
 *   timeline.c    walks the statements, one after the other
 *   statement.c   what each statement does and what it waits for
 *   match.c       does this event satisfy this matcher?
 *   final_capture.c  golden captures
 *   final_share.c    golden folders
 *   got_frames.c  the frames that came instead, for messages
 *   model.c       what the trace tells about programs and counters
 *   progress.c    does the guest get anywhere?
 *   explain.c     why not
 *   violations.c  does it keep the rules?
 *   places.c      in which lines of the guest
 *   proof.c       is that so?
 *   survive.c     what a guest makes of an allocation that failed
 */
#ifndef HARNESS_RUN_SESSION_PRIV_H
#define HARNESS_RUN_SESSION_PRIV_H

#include "emu/board/board.h"
#include "harness/run/frame_names.h"
#include "harness/run/frame_store.h"
#include "harness/run/services.h"
#include "harness/run/session.h"
#include "pcap/capture.h"

#include <stdio.h>

struct checks;
struct golden;
struct ledger;
struct places;
struct shares;

/*
 * A program that the timeline started. Its number, as the guest knows it, is its place in the array
 * plus 1.
 */
struct session_program {
    const char *name; /* of the scenario */
    const struct scenario_statement *statement;
    uint32_t task; /* 0: not running yet */
    bool exited;
    int64_t status;
    uint64_t exit_sequence;
    GString *output;
    /* What its task waits for now, for the report of a hang. */
    const char *blocked_on; /* NULL: it does not wait */
    uint64_t blocked_since_ns;
    const char *call; /* the system call that it is in, or NULL */
};

/* A `never` that is being watched. */
struct session_watch {
    const struct scenario_statement *statement;
    uint64_t scan;   /* events up to here have been looked at */
    uint64_t end_ns; /* for `until +70ms`; VCLOCK_NEVER otherwise */
    bool over;
};

enum statement_phase {
    STATEMENT_ARRIVED, /* its time may still be to come */
    STATEMENT_DELAYED, /* waits for its time */
    STATEMENT_ACTIVE,  /* has begun, waits for what it expects */
};

#define SESSION_ENABLERS 6

struct session {
    const struct scenario *scenario;
    const struct session_options *options;
    struct run_result *result;
    bool finished;

    struct guest_image *image;
    struct board *board;
    struct services *services;
    struct shares *shares;
    struct trace *trace;
    struct vclock *clock;
    struct capture_writer *capture;
    FILE *events;
    GString *line; /* of the event log, reused */

    struct vevent step;     /* something of interest happened: look again */
    struct vevent deadline; /* the current statement's `within`, or the next end of a watch */
    struct vevent limit;
    struct vevent until; /* of --until */
    bool until_reached;

    /* the timeline */
    unsigned position; /* index of the current statement */
    enum statement_phase phase;
    uint64_t begun_ns;    /* when the current statement became active */
    uint64_t deadline_ns; /* its `within`; VCLOCK_NEVER: none */
    uint64_t cursor;      /* events up to here are consumed */
    uint64_t scan;        /* events up to here were looked at by the current statement */
    unsigned matched;
    uint64_t matched_at; /* sequence of its last match */
    bool quiescent;      /* nothing can happen any more */
    bool stalled;        /* timers run, and nothing else ever moves */
    bool spins;          /* the guest executes and gets nowhere, */
    char *spins_in;      /* here (NULL: unknown), */
    uint64_t spin_steps; /* so long */
    bool hang_met;       /* an expectation was that it hangs: programs need not exit any more */
    bool proving;        /* this process tries out a diagnosis: see proof.c */
    bool limit_reached;
    bool crashed;
    bool excess;           /* it ended by what must never happen */
    const char *fids_of;   /* it ended by too many fids of this share; NULL: it did not */
    const char *exception; /* of the CPU, that it died of; borrowed while the crash is judged */
    bool interest[TRACE_KIND_COUNT];

    /* who enabled each INTID last, on the guest's stack: return addresses, 0 at the end */
    uintptr_t enablers[BOARD_IRQ_COUNT][SESSION_ENABLERS];

    /* the model */
    bool ready;
    GPtrArray *programs;   /* struct session_program */
    GPtrArray *watches;    /* struct session_watch */
    GHashTable *counters;  /* interned name -> uint64_t *, for look-ups only */
    struct ledger *ledger; /* for the diagnosis */
    struct places *places; /* where in the guest it happened */
    struct checks *checks; /* NULL: all are off */
    unsigned violations_told;
    bool is_violation; /* the verdict: nothing that was expected is missing */
    GString *console;
    struct frame_store *frames;
    struct frame_names *names;
    bool keep_frames;

    /* of a test whose allocation number scenario->alloc fails: what became of that */
    bool alloc_failed, alloc_told; /* a message, or an exit status, followed */
    const char *alloc_broke;       /* the first rule that was broken behind it, or NULL */

    /* golden captures */
    GPtrArray *goldens;      /* struct session_golden */
    struct golden *recorded; /* the run's frames; NULL: the scenario has no golden capture */
    GString *written;        /* what --update wrote; NULL: nothing */
};

/* progress.c: the state of its checks, one a process */
void progress_start(struct session *session);
/* For each event. */
void progress_observe(struct session *session, const struct trace_event *event);
/* Something was asked of the guest that no event tells of: it may spin from now on. */
void progress_expect(struct session *session);

/* survive.c */
void survive_listen(struct session *session);
/* With the verdict there: of a test of `alloc fail each` it is another question. */
void survive_judge(struct session *session);

/* violations.c */
void violations_start(struct session *session);
void violations_stop(struct session *session);
/* Is there something to tell? */
bool violations_pend(const struct session *session);
/* Emits what was found since. */
void violations_tell(struct session *session);
/* The guest stands still, or its run is over: finds what never ended, and tells. */
void violations_look(struct session *session);
/* Writes them into the result. */
void violations_collect(struct session *session);
/* At the end of a timeline that passed: false when there is one, and the session is finished. */
bool violations_judge(struct session *session);

/* session.c */
uint64_t session_now_ns(const struct session *session);
/*
 * Ends the run with a verdict; the first one counts. `statement` may be NULL. Takes the strings;
 * expected and got may be NULL.
 */
void session_finish(struct session *session, enum run_status status,
                    const struct scenario_statement *statement, char *what, char *expected,
                    char *got);
void session_pass(struct session *session);
/* Whether what is golden is to be written anew. Never for a mutant: it is wrong on purpose. */
bool session_updates(const struct session *session);
/* --update has written this file or folder. */
void session_note_written(struct session *session, const char *path);

/* timeline.c */
void timeline_start(struct session *session);
/* Looks at what has happened and goes on as far as possible. An event function. */
void timeline_step(void *opaque);
/* Nothing can happen any more, or the limit is reached: the verdict. */
void timeline_quiescent(struct session *session);
void timeline_limit(void *opaque);
/* The guest is stuck although it could move. Takes `why`. */
void timeline_stalled(struct session *session);
void timeline_livelocked(struct session *session, char *why);
/* The time of --until: the end, unless a debugger goes on. */
void timeline_until(void *opaque);

/* statement.c */
void statement_begin(struct session *session, const struct scenario_statement *statement);
/* True when the statement is done. May finish the session with a failure. */
bool statement_poll(struct session *session, const struct scenario_statement *statement);
/*
 * Its time is over, or it can never be satisfied: `why` says which. Finishes the session, or
 * returns true when it is satisfied now.
 */
bool statement_give_up(struct session *session, const struct scenario_statement *statement,
                       const char *why);
/* Looks for breaches of the watches, and ends those that are over. */
void statement_poll_watches(struct session *session);
/*
 * The finals, at the end of a timeline that passed. False when one failed, and the session is
 * finished.
 */
bool statement_judge_finals(struct session *session);
/*
 * The guest hangs or stalls, or the limit is reached: true when that, and its cause, is what the
 * statement waits for. May finish the session: it hangs for another reason.
 */
bool statement_meets_verdict(struct session *session, const struct scenario_statement *statement);

/* final_capture.c */
/*
 * Before the run: reads the golden captures. False with a GError and the place of the statement.
 */
bool final_capture_prepare(struct session *session, struct scenario_place *place, GError **error);
void final_capture_free(struct session *session);
void final_capture_record(struct session *session, enum wire_direction direction,
                          const uint8_t *frame, size_t len);
/* False when the run's frames are others, and the session is finished. */
bool final_capture_judge(struct session *session, const struct scenario_statement *statement);
/*
 * With --update, when everything else has passed: writes what differs. False when it cannot, and
 * the session is finished.
 */
bool final_capture_update(struct session *session);

/* final_share.c */
/*
 * Before the run: makes the trees of the shares. False with a GError and the place: a folder is not
 * there.
 */
bool final_share_prepare(struct session *session, struct scenario_place *place, GError **error);
/* False when the share is another one, and the session is finished. */
bool final_share_judge(struct session *session, const struct scenario_statement *statement);
/* As final_capture_update(). */
bool final_share_update(struct session *session);

/* got_frames.c */
/* The last frames that passed behind the cursor, a line each and a newline before each. */
void got_frames_append(GString *out, const struct session *session);
/* The same of one event; nothing when it is not about a frame, or its bytes are not known. */
void got_frames_append_event(GString *out, const struct session *session,
                             const struct trace_event *event);

/* match.c */
bool match_frames(const struct session *session, const struct scenario_frames *frames,
                  const struct trace_event *event);
bool match_event(const struct scenario_event *wanted, const struct trace_event *event);
bool match_call(const struct session *session, const struct scenario_call *wanted,
                const struct trace_event *event);
bool match_matcher(const struct session *session, const struct scenario_matcher *matcher,
                   const struct trace_event *event);
void match_add_interest(struct session *session, const struct scenario_matcher *matcher);
void match_add_frame_interest(struct session *session);

/* model.c */
struct session_program *model_program(const struct session *session, const char *name);
struct session_program *model_add_program(struct session *session,
                                          const struct scenario_statement *statement,
                                          uint32_t *number);
void model_listen(struct session *session);
/* False when the guest never reported a counter of this name. */
bool model_counter(const struct session *session, const char *name, uint64_t *value);
/* The first program that has not exited, or NULL. */
const struct session_program *model_unfinished_program(const struct session *session);
/* "ping waits in recvfrom on socket since 1.000240000": for reports. */
char *model_describe_wait(const struct session_program *program);
void model_free_program(void *program);

#endif
