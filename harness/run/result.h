/*
 * result.h - what a test came to
 *
 * A test runs in a forked child; its result travels to the parent through a pipe, as a GVariant.
 * Everything in it is a function of (guest build, scenario, seed): no host time, no pointer.
 */
#ifndef HARNESS_RUN_RESULT_H
#define HARNESS_RUN_RESULT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Exit statuses of the command, and so the verdicts of a test. */
enum run_status {
    RUN_PASSED = 0,
    RUN_FAILED = 1,  /* an expectation failed */
    RUN_ERROR = 2,   /* usage or scenario error */
    RUN_STUCK = 3,   /* hang, stall, livelock, or the limit was reached with a program waiting */
    RUN_CRASHED = 4, /* the guest crashed */
    RUN_SKIPPED = 77,
    RUN_FAULT = 99, /* ours */
};

/* The worse of two, in the order 99, 2, 4, 3, 1, 77, 0. */
enum run_status run_status_worse(enum run_status a, enum run_status b);
/* "passed", "failed", "error", "stuck", "guest crashed", "skipped", "ringside's own fault" */
const char *run_status_name(enum run_status status);

struct run_result {
    enum run_status status;
    unsigned line, column; /* of the statement that failed; 0: none in particular */
    char *what;            /* one sentence; "" when passed, or which files were written */
    char *expected, *got;  /* the same notation; NULL when it says nothing */
    bool stopped;          /* by --until, before there was a verdict: it says nothing of a mutant */
    /*
     * The diagnosis, all NULL when there is none. `cause` is an id of harness/diagnosis/causes.h,
     * `grade` "cause", "derived" or "suspect", `task` the name of the task that pays (NULL when no
     * task is known), `diagnosis` the text of the report, several lines.
     */
    char *cause, *grade, *task, *diagnosis;
    /*
     * A mutant that failed as its guard says: it passed, and the rest tells of the failure. Set by
     * mutant_judge() in the process that reports; it does not travel.
     */
    bool caught;
    bool live; /* the host had a say, so that it is not repeatable. Set likewise */
    /*
     * What checkers found, a line each, "dma.freed: …"; NULL-terminated. Tolerated: lenient ones.
     */
    char **violations, **tolerated;
    uint64_t time_ns; /* virtual time of the verdict */
    uint64_t event_count;
    uint64_t allocations; /* of the guest, see alloc_fault_count() */
    char **context;       /* the last events before it, oldest first; NULL-terminated */
    char *output;         /* what the programs and the console printed, with names in front */
};

void run_result_init(struct run_result *result);
void run_result_clear(struct run_result *result);

/*
 * Guests and files hold any bytes, and a report must not do to a terminal what those say: in all
 * texts, control characters other than LF and TAB, and what is not UTF-8, become \xNN.
 */
void run_result_make_printable(struct run_result *result);
/* The same of any text. Gives. */
char *run_result_printable_text(const char *text);

/*
 * To and from bytes; what arrives is printable. The decoder refuses anything that is not exactly a
 * result: false.
 */
GBytes *run_result_encode(const struct run_result *result);
bool run_result_decode(struct run_result *result, GBytes *bytes);

#endif
