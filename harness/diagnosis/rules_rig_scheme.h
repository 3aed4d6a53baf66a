/*
 * rules_rig_scheme.h - for the tests of this folder: a program, and the provider of the scheme that
 * it asks
 */
#ifndef HARNESS_DIAGNOSIS_RULES_RIG_SCHEME_H
#define HARNESS_DIAGNOSIS_RULES_RIG_SCHEME_H

#include "harness/diagnosis/rules_rig.h"
#include "harness/diagnosis/waits.h"

#define RIG_PROVIDER 3
#define RIG_OTHER    4 /* another provider */
#define RIG_SCHEME   1
#define RIG_SCHEME_2 2
#define RIG_TAG      17
#define RIG_TAG_1    1 /* the first, where one is open from the beginning */
#define RIG_QUEUE    5
#define RIG_CLOCK    6
#define RIG_OBJECT   0x500

/* Strings of events are interned, as those of a guest are. */
static inline const char *rig_word(const struct rig *rig, const char *word)
{
    return trace_intern(rig->trace, word);
}

static inline void rig_run(struct rig *rig, unsigned task)
{
    trace_emit(rig->trace, TRACE_TASK_RUNNING, TN(task));
}

static inline void rig_block(struct rig *rig, unsigned task, const char *on, uint64_t object)
{
    trace_emit(rig->trace, TRACE_TASK_BLOCKED, TN(task), TS(rig_word(rig, on)), TN(object),
               TN(UINT64_MAX));
}

static inline void rig_wake_task(struct rig *rig, unsigned task)
{
    trace_emit(rig->trace, TRACE_TASK_WOKEN, TN(task));
    rig_run(rig, task);
}

static inline void rig_ask(struct rig *rig, unsigned tag, unsigned task, unsigned scheme,
                           const char *operation)
{
    trace_emit(rig->trace, TRACE_REQUEST_SENT, TN(tag), TN(task), TN(scheme),
               TS(rig_word(rig, operation)), TN(0x30), TN(0));
}

/* Asks, and sleeps until there is an answer. */
static inline void rig_ask_and_sleep(struct rig *rig, unsigned tag, unsigned task, unsigned scheme,
                                     const char *operation)
{
    rig_run(rig, task);
    rig_ask(rig, tag, task, scheme, operation);
    rig_block(rig, task, "scheme", 0x900 + task);
}

static inline void rig_deliver(struct rig *rig, unsigned tag, unsigned task)
{
    trace_emit(rig->trace, TRACE_REQUEST_DELIVERED, TN(tag), TN(task));
}

static inline void rig_answer(struct rig *rig, unsigned tag)
{
    trace_emit(rig->trace, TRACE_REQUEST_ANSWERED, TN(tag), TN(0));
}

static inline void rig_watch(struct rig *rig, const char *kind, unsigned number, unsigned events)
{
    trace_emit(rig->trace, TRACE_EVENT_WATCHED, TN(RIG_QUEUE), TS(rig_word(rig, kind)), TN(number),
               TN(0), TN(events));
}

static inline void rig_post(struct rig *rig, const char *kind, unsigned number)
{
    trace_emit(rig->trace, TRACE_EVENT_POSTED, TN(RIG_QUEUE), TS(rig_word(rig, kind)), TN(number),
               TN(0), TN(1));
}

static inline void rig_read_events(struct rig *rig, unsigned task)
{
    trace_emit(rig->trace, TRACE_EVENT_READ, TN(task), TN(RIG_QUEUE), TN(1), TN(0));
}

/* A provider that has registered its scheme, and drives the card; the program has not asked yet. */
static inline void rig_scheme_open_with(struct rig *rig, unsigned cards, const char *command)
{
    rig_open_with(rig, cards, command);
    trace_emit(rig->trace, TRACE_TASK_CREATED, TN(RIG_PROVIDER), TS("provider"), TN(0));
    rig_run(rig, RIG_PROVIDER);
    trace_emit(rig->trace, TRACE_SCHEME_REGISTERED, TN(RIG_PROVIDER), TN(RIG_SCHEME),
               TS(rig_word(rig, "test")));
    if (cards > 0) {
        rig_claim(rig);
    }
}

static inline void rig_scheme_open(struct rig *rig)
{
    rig_scheme_open_with(rig, 0, "cat /scheme/test/file");
}

/* The provider sleeps in its queue, in which it has slept before, so that the queue is known. */
static inline void rig_provider_sleeps(struct rig *rig)
{
    rig_block(rig, RIG_PROVIDER, "event", RIG_OBJECT);
}

/* An event of it is put into the provider's queue, and read by the provider, which slept there. */
static inline void rig_provider_hears(struct rig *rig, const char *kind, unsigned number)
{
    rig_post(rig, kind, number);
    rig_wake_task(rig, RIG_PROVIDER);
    rig_read_events(rig, RIG_PROVIDER);
}

/* As rig_scheme_open_with(); the program sleeps until its request has an answer, which was read. */
static inline void rig_scheme_open_asked(struct rig *rig, unsigned cards, const char *command)
{
    rig_scheme_open_with(rig, cards, command);
    rig_run(rig, RIG_PING);
    rig_ask(rig, RIG_TAG_1, RIG_PING, RIG_SCHEME, "read");
    rig_deliver(rig, RIG_TAG_1, RIG_PROVIDER);
    rig_block(rig, RIG_PING, "scheme", 0x900);
    rig_run(rig, RIG_PROVIDER);
}

/* It has one, and the program sleeps for something that is nobody's in the rig. */
static inline void rig_answer_asked(struct rig *rig)
{
    rig_answer(rig, RIG_TAG_1);
    rig_block(rig, RIG_PING, "child", 1);
}

/*
 * The cause and its grade, which rig_expect() takes to be derived; and the root, "" when there is
 * none, NULL when it does not matter. Closes the rig.
 */
static inline void rig_expect_graded(struct rig *rig, const char *cause, enum diagnosis_grade grade,
                                     const char *root)
{
    const struct diagnosis_question question = {
        .board = rig->board, .hangs = true, .program = ledger_program(rig->ledger, 1)};
    struct diagnosis *diagnosis = diagnosis_ask(rig->ledger, &question);
    CU_ASSERT_STRING_EQUAL(diagnosis->cause != NULL ? diagnosis->cause : "", cause);
    CU_ASSERT_EQUAL(diagnosis->grade, grade);
    if (root != NULL) {
        CU_ASSERT_STRING_EQUAL(diagnosis->driver != NULL ? diagnosis->driver->name : "", root);
    }
    diagnosis_free(diagnosis);
    rig_close(rig);
}

#endif
