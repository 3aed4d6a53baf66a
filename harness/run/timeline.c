/*
 * timeline.c - walks the statements of a scenario
 *
 * One statement is current. Whenever an event that somebody asked for is emitted, the session's
 * observer arms `step`, an event at the present moment; it looks at what has come and goes on as
 * far as it can. So a statement's action happens on the bench's stack between two events of the
 * machine, never inside a device.
 *
 * A statement ends when it is satisfied, and otherwise when its `within` is over, when the machine
 * can never move again, or when the scenario's limit is reached; the two latter are verdicts on the
 * guest if a program is waiting.
 */
#include "harness/run/session_priv.h"
#include "harness/run/stops.h"

static const struct scenario_statement *timeline_current(const struct session *session)
{
    return session->position < session->scenario->statements->len
               ? g_ptr_array_index(session->scenario->statements, session->position)
               : NULL;
}

/* When the statement is due: now, unless it has a time. */
static uint64_t timeline_due_ns(const struct session *session,
                                const struct scenario_statement *statement)
{
    switch (statement->at.kind) {
    case SCENARIO_TIME_NONE:
        return session_now_ns(session);
    case SCENARIO_TIME_ABSOLUTE:
        return MAX(VCLOCK_POWER_ON_NS + statement->at.ns, session_now_ns(session));
    case SCENARIO_TIME_RELATIVE:
        return session_now_ns(session) + statement->at.ns;
    }
    g_assert_not_reached();
}

/* True when the current statement is done. */
static bool timeline_advance(struct session *session, const struct scenario_statement *statement)
{
    if (session->phase == STATEMENT_ARRIVED) {
        uint64_t due_ns = timeline_due_ns(session, statement);
        session->phase = STATEMENT_DELAYED;
        session->begun_ns = due_ns;
        if (due_ns > session_now_ns(session)) {
            vclock_arm(session->clock, &session->step, due_ns);
        }
    }
    if (session->phase == STATEMENT_DELAYED) {
        if (session_now_ns(session) < session->begun_ns) {
            /* Something else woke us; the arming in step() keeps the appointment. */
            return false;
        }
        session->phase = STATEMENT_ACTIVE;
        session->deadline_ns = statement->within_ns == SCENARIO_NO_TIME
                                   ? VCLOCK_NEVER
                                   : session->begun_ns + statement->within_ns;
        session->scan = session->cursor;
        session->matched = 0;
        statement_begin(session, statement);
    }
    if (statement_poll(session, statement)) {
        return true;
    }
    if (session->finished) {
        return false;
    }
    if (session_now_ns(session) >= session->deadline_ns) {
        return statement_give_up(session, statement, "its time is over");
    }
    if (session->quiescent) {
        return session->phase == STATEMENT_ACTIVE && statement->verb == SCENARIO_EXPECT_FRAMES &&
               statement->frames.exactly && session->matched == statement->frames.count &&
               statement_give_up(session, statement, "nothing can happen any more");
    }
    return false;
}

/* The next moment at which time alone changes something: a deadline, or the end of a watch. */
static void timeline_arm_deadline(struct session *session)
{
    uint64_t next_ns = VCLOCK_NEVER;
    if (timeline_current(session) != NULL && session->phase == STATEMENT_ACTIVE) {
        next_ns = session->deadline_ns;
    }
    for (guint i = 0; i < session->watches->len; i++) {
        const struct session_watch *watch = g_ptr_array_index(session->watches, i);
        if (!watch->over && watch->end_ns != VCLOCK_NEVER) {
            next_ns = MIN(next_ns, watch->end_ns + 1);
        }
    }
    if (next_ns == VCLOCK_NEVER) {
        vclock_disarm(session->clock, &session->deadline);
    } else {
        vclock_arm(session->clock, &session->deadline, next_ns);
    }
}

static bool timeline_watches_time(const struct session *session)
{
    for (guint i = 0; i < session->watches->len; i++) {
        const struct session_watch *watch = g_ptr_array_index(session->watches, i);
        if (!watch->over && watch->end_ns != VCLOCK_NEVER) {
            return true;
        }
    }
    return false;
}

/*
 * The timeline has ended: so has the scenario, once its programs have exited and no `until` time is
 * still to come.
 */
static void timeline_end(struct session *session)
{
    session->interest[TRACE_PROGRAM_EXITED] = true;
    bool hangs = session->hang_met && (session->quiescent || session->stalled);
    if (model_unfinished_program(session) != NULL && !hangs) {
        return;
    }
    if (timeline_watches_time(session) && !session->quiescent && !session->limit_reached) {
        return;
    }
    if (violations_judge(session) && statement_judge_finals(session)) {
        session_pass(session);
    }
}

/* Whether the current statement or a later one searches what has passed since the cursor. */
static bool timeline_searches(const struct session *session)
{
    for (guint i = session->scenario->statements->len; i > session->position; i--) {
        const struct scenario_statement *statement =
            g_ptr_array_index(session->scenario->statements, i - 1);
        if (statement->verb == SCENARIO_EXPECT_FRAMES || statement->verb == SCENARIO_EXPECT_EVENT ||
            statement->verb == SCENARIO_EXPECT_CALL || statement->verb == SCENARIO_EXPECT_CAUSE) {
            return true;
        }
    }
    return false;
}

/* History that nobody will look at again. A failure still shows the last events. */
static void timeline_forget(struct session *session)
{
    uint64_t keep_from = timeline_searches(session) ? session->cursor : UINT64_MAX;
    for (guint i = 0; i < session->watches->len; i++) {
        const struct session_watch *watch = g_ptr_array_index(session->watches, i);
        if (!watch->over) {
            keep_from = MIN(keep_from, watch->scan);
        }
    }
    uint64_t last = trace_last(session->trace);
    uint64_t context = session->options->context_events;
    keep_from = MIN(keep_from, last > context ? last - context : 0);
    trace_discard_before(session->trace, keep_from);
    frame_store_discard_before(session->frames, keep_from);
}

void timeline_step(void *opaque)
{
    struct session *session = opaque;
    if (session->finished) {
        return;
    }
    violations_tell(session);
    statement_poll_watches(session);
    const struct scenario_statement *statement;
    while (!session->finished && (statement = timeline_current(session)) != NULL) {
        if (!timeline_advance(session, statement)) {
            break;
        }
        session->position++;
        session->phase = STATEMENT_ARRIVED;
    }
    if (session->finished) {
        return;
    }
    if (session->phase == STATEMENT_DELAYED && session_now_ns(session) < session->begun_ns) {
        vclock_arm(session->clock, &session->step, session->begun_ns);
    }
    if (statement == NULL) {
        timeline_end(session);
    }
    if (!session->finished) {
        timeline_arm_deadline(session);
        timeline_forget(session);
    }
}

void timeline_start(struct session *session)
{
    session->phase = STATEMENT_ARRIVED;
    vclock_arm(session->clock, &session->step, session_now_ns(session));
}

/* Something that the scenario waits for never came: whose verdict is it? */
static void timeline_judge(struct session *session, const char *verdict, const char *why)
{
    const struct scenario_statement *statement = timeline_current(session);
    const struct session_program *program = model_unfinished_program(session);
    if (!session->ready) {
        session_finish(session, RUN_STUCK, statement, g_strdup_printf("%s: %s", verdict, why),
                       g_strdup("the guest boots"),
                       g_strdup("the guest did not say that it is ready"));
    } else if (program != NULL) {
        session_finish(session, RUN_STUCK, statement != NULL ? statement : program->statement,
                       g_strdup_printf("%s: %s", verdict, why),
                       statement != NULL ? g_strdup(statement->text)
                                         : g_strdup_printf("%s exits", program->name),
                       model_describe_wait(program));
    } else if (statement != NULL) {
        if (statement_give_up(session, statement, why)) {
            session->position++;
            session->phase = STATEMENT_ARRIVED;
            timeline_step(session);
        }
    } else {
        timeline_step(session);
    }
}

/* The guest hangs or stalls: that may be what the current statement waits for. */
static void timeline_judge_stuck(struct session *session, const char *verdict, const char *why)
{
    const struct scenario_statement *statement = timeline_current(session);
    bool met = statement != NULL && statement_meets_verdict(session, statement);
    if (session->finished) {
        return;
    }
    if (!met) {
        timeline_judge(session, verdict, why);
        return;
    }
    session->hang_met = true;
    session->position++;
    session->phase = STATEMENT_ARRIVED;
    timeline_step(session);
}

/* Whether nothing that the timeline has just done can move the machine. */
static bool timeline_is_still(const struct session *session)
{
    return !session->finished && vclock_is_quiescent(session->clock) &&
           !cpu_wakes(board_cpu(session->board));
}

void timeline_quiescent(struct session *session)
{
    unsigned position;
    session->quiescent = true;
    violations_look(session);
    timeline_step(session);
    do {
        position = session->position;
        if (timeline_is_still(session)) {
            timeline_judge_stuck(session, "hang", "nothing can happen any more");
        }
    } while (session->position != position && timeline_is_still(session));
    session->quiescent = false;
}

void timeline_stalled(struct session *session)
{
    session->stalled = true;
    timeline_judge_stuck(session, "stall", "timers run, and nothing else moves any more");
    session->stalled = false;
}

void timeline_livelocked(struct session *session, char *why)
{
    const struct scenario_statement *statement = timeline_current(session);
    const struct session_program *program = model_unfinished_program(session);
    session_finish(
        session, RUN_STUCK, statement != NULL || program == NULL ? statement : program->statement,
        g_strdup_printf("livelock: %s", why), statement != NULL ? g_strdup(statement->text) : NULL,
        program != NULL ? model_describe_wait(program) : NULL);
    g_free(why);
}

void timeline_limit(void *opaque)
{
    struct session *session = opaque;
    if (session->finished) {
        return;
    }
    session->limit_reached = true;
    timeline_step(session);
    while (!session->finished) {
        timeline_judge_stuck(session, "limit", "the scenario's limit is reached");
    }
}

void timeline_until(void *opaque)
{
    struct session *session = opaque;
    if (session->finished) {
        return;
    }
    vtime_reached(session->options->until_ns);
    if (vtime_goes_on) {
        return;
    }
    session->until_reached = true;
    session->result->stopped = true;
    const struct scenario_statement *statement = timeline_current(session);
    const struct session_program *program = model_unfinished_program(session);
    session_finish(session, RUN_FAILED, statement, g_strdup("stopped by --until: no verdict yet"),
                   g_strdup(statement != NULL ? statement->text : "the end of the scenario"),
                   program != NULL ? model_describe_wait(program) : NULL);
}
