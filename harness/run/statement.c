/*
 * statement.c - what each statement does, and when it is done
 *
 * A statement begins once and is then polled whenever something of interest has happened.
 * Expectations about frames, events and calls search from the cursor and move it to their match.
 * Those about a program's exit and output and about counters are about state: they hold from the
 * moment it is so, wherever the cursor stands, and move the cursor only forward.
 */
#include "harness/language/values.h"
#include "harness/run/explain.h"
#include "harness/run/faults.h"
#include "harness/run/session_priv.h"

#include <string.h>

/* ---- acting ---------------------------------------------------------------------------------- */

/* "ENOENT" for -2, or "" when the number is none of Linux's. */
static const char *statement_errno_name(int result)
{
    for (const char *const *name = values_errno_names(); *name != NULL; name++) {
        if (values_errno(*name) == -result) {
            return *name;
        }
    }
    return "";
}

static void statement_started(void *opaque, uint32_t number, int result)
{
    struct session *session = opaque;
    const struct session_program *program = g_ptr_array_index(session->programs, number - 1);
    if (result != 0) {
        const char *name = statement_errno_name(result);
        session_finish(session, RUN_FAILED, program->statement,
                       g_strdup_printf("the guest refused to start \"%s\": %d%s%s%s",
                                       program->statement->command, result,
                                       *name != '\0' ? " (" : "", name, *name != '\0' ? ")" : ""),
                       NULL, NULL);
    }
}

static void statement_start_program(struct session *session,
                                    const struct scenario_statement *statement)
{
    uint32_t number;
    model_add_program(session, statement, &number);
    progress_expect(session);
    cpu_start_program(board_cpu(session->board), number, statement->command, statement_started,
                      session);
}

static void statement_kill_program(struct session *session,
                                   const struct scenario_statement *statement)
{
    for (guint i = 0; i < session->programs->len; i++) {
        const struct session_program *program = g_ptr_array_index(session->programs, i);
        if (g_str_equal(program->name, statement->program) && !program->exited) {
            cpu_kill_program(board_cpu(session->board), i + 1, (int)statement->number);
        }
    }
}

static void statement_add_watch(struct session *session, const struct scenario_statement *statement)
{
    struct session_watch *watch = g_new0(struct session_watch, 1);
    watch->statement = statement;
    watch->scan = trace_last(session->trace);
    watch->end_ns = VCLOCK_NEVER;
    if (statement->until.kind == SCENARIO_MATCH_TIME) {
        uint64_t base = statement->until.time.kind == SCENARIO_TIME_ABSOLUTE
                            ? VCLOCK_POWER_ON_NS
                            : session_now_ns(session);
        watch->end_ns = base + statement->until.time.ns;
    }
    match_add_interest(session, &statement->never);
    match_add_interest(session, &statement->until);
    g_ptr_array_add(session->watches, watch);
}

static void statement_send(struct session *session, const struct scenario_statement *statement)
{
    struct scenario_send send;
    char *why = frame_names_resolve(session->names, &statement->send, &send);
    if (why != NULL) {
        session_finish(session, RUN_FAILED, statement, why, NULL, NULL);
    } else {
        faults_send(session->board, session->scenario, &send);
    }
}

void statement_begin(struct session *session, const struct scenario_statement *statement)
{
    switch (statement->verb) {
    case SCENARIO_START:
    case SCENARIO_RUN:
    case SCENARIO_WAIT_READY:
    case SCENARIO_KILL:
        session->interest[TRACE_GUEST_READY] = true;
        session->interest[TRACE_PROGRAM_EXITED] = true;
        break;
    case SCENARIO_EXPECT_FRAMES:
        match_add_frame_interest(session);
        break;
    case SCENARIO_EXPECT_EXIT:
    case SCENARIO_EXPECT_PRINTS:
        session->interest[TRACE_PROGRAM_EXITED] = true;
        session->interest[TRACE_PROGRAM_OUTPUT] = true;
        break;
    case SCENARIO_EXPECT_EVENT:
        session->interest[statement->event.kind] = true;
        break;
    case SCENARIO_EXPECT_COUNTER:
        session->interest[TRACE_COUNTER] = true;
        session->interest[TRACE_DMA_OPENED] = true;
        session->interest[TRACE_DMA_CLOSED] = true;
        session->interest[TRACE_TIMEOUT_REGISTERED] = true;
        session->interest[TRACE_TIMEOUT_FIRED] = true;
        session->interest[TRACE_TIMEOUT_CANCELLED] = true;
        session->interest[TRACE_P9_REQUEST] = true;
        session->interest[TRACE_P9_REPLY] = true;
        session->interest[TRACE_P9_BREACH] = true;
        break;
    case SCENARIO_EXPECT_CALL:
        session->interest[TRACE_CALL_RETURNED] = true;
        break;
    case SCENARIO_EXPECT_HANG:
    case SCENARIO_EXPECT_STALL:
        break; /* the verdict comes by itself */
    case SCENARIO_EXPECT_CAUSE:
        session->interest[TRACE_PROGRAM_EXITED] = true;
        break;
    case SCENARIO_NEVER:
        statement_add_watch(session, statement);
        break;
    case SCENARIO_INJECT:
    case SCENARIO_RESTORE:
        faults_act(session->board, session->scenario, statement);
        break;
    case SCENARIO_SEND:
        statement_send(session, statement);
        break;
    case SCENARIO_FINALLY_QUEUE:
    case SCENARIO_FINALLY_COUNTER:
    case SCENARIO_FINALLY_CAPTURE:
    case SCENARIO_FINALLY_SHARE:
    case SCENARIO_FINALLY_FIDS:
    case SCENARIO_VERB_COUNT:
        g_assert_not_reached();
    }
}

/* ---- polling --------------------------------------------------------------------------------- */

static bool statement_event_matches(const struct session *session,
                                    const struct scenario_statement *statement,
                                    const struct trace_event *event)
{
    switch (statement->verb) {
    case SCENARIO_EXPECT_FRAMES:
        return match_frames(session, &statement->frames, event);
    case SCENARIO_EXPECT_EVENT:
        return match_event(&statement->event, event);
    case SCENARIO_EXPECT_CALL:
        return match_call(session, &statement->call, event);
    default:
        g_assert_not_reached();
    }
}

/* The frame that matched last is called so from now on. */
static void statement_name_frame(struct session *session,
                                 const struct scenario_statement *statement)
{
    const uint8_t *frame;
    size_t len;
    if (statement->verb == SCENARIO_EXPECT_FRAMES && statement->frames.label != NULL &&
        frame_store_get(session->frames, session->matched_at, &frame, &len)) {
        frame_names_set(session->names, statement->frames.label, frame, len);
    }
}

/* Searches on from where the last poll ended. True when the statement is satisfied. */
static bool statement_search(struct session *session, const struct scenario_statement *statement)
{
    bool exactly = statement->verb == SCENARIO_EXPECT_FRAMES && statement->frames.exactly;
    unsigned wanted = statement->verb == SCENARIO_EXPECT_FRAMES ? statement->frames.count : 1;
    uint64_t last = trace_last(session->trace);
    while (session->scan < last) {
        session->scan++;
        const struct trace_event *event = trace_get(session->trace, session->scan);
        if (!statement_event_matches(session, statement, event)) {
            continue;
        }
        session->matched++;
        if (session->matched > wanted) {
            session_finish(
                session, RUN_FAILED, statement, g_strdup("one frame more than the exact number"),
                g_strdup(statement->text), g_strdup_printf("%u so far", session->matched));
            return false;
        }
        session->matched_at = session->scan;
        statement_name_frame(session, statement);
        if (session->matched == wanted && !exactly) {
            session->cursor = session->scan;
            return true;
        }
    }
    return false;
}

static bool statement_poll_exit(struct session *session, const struct scenario_statement *statement,
                                enum scenario_comparison comparison, int64_t status)
{
    const struct session_program *program = model_program(session, statement->program);
    g_assert(program != NULL);
    if (!program->exited) {
        return false;
    }
    if (!scenario_compare(comparison, program->status, status)) {
        session_finish(session, RUN_FAILED, statement,
                       g_strdup_printf("%s exited with another status", statement->program),
                       g_strdup_printf("exit status %s %" G_GINT64_FORMAT,
                                       scenario_comparison_text(comparison), status),
                       g_strdup_printf("%" G_GINT64_FORMAT, program->status));
        return false;
    }
    return true;
}

static bool statement_poll_prints(struct session *session,
                                  const struct scenario_statement *statement)
{
    const struct session_program *program = model_program(session, statement->program);
    g_assert(program != NULL);
    if (strstr(program->output->str, statement->pattern) != NULL) {
        return true;
    }
    if (program->exited) {
        session_finish(session, RUN_FAILED, statement,
                       g_strdup_printf("%s exited without printing that", statement->program),
                       g_strdup_printf("\"%s\"", statement->pattern),
                       g_strdup(program->output->len == 0 ? "nothing" : program->output->str));
    }
    return false;
}

static bool statement_poll_counter(const struct session *session,
                                   const struct scenario_statement *statement)
{
    uint64_t value;
    return model_counter(session, statement->object, &value) &&
           scenario_compare(statement->comparison, (int64_t)value, statement->number);
}

/* A program is started as soon as the guest is ready; until then the statement waits. */
static bool statement_poll_start(struct session *session,
                                 const struct scenario_statement *statement)
{
    const struct session_program *program = model_program(session, statement->program);
    if (program != NULL && program->statement == statement) {
        return true;
    }
    if (!session->ready) {
        return false;
    }
    statement_start_program(session, statement);
    return !session->finished;
}

/* ---- causes ---------------------------------------------------------------------------------- */

/* Whether the diagnosis, asked about this program now, says what is expected. */
static bool statement_has_cause(struct session *session, const struct scenario_statement *statement,
                                const struct session_program *program)
{
    explain_ask(session, program);
    if (session->proving || !explain_matches(session, statement->cause, statement->task)) {
        return false;
    }
    explain_clear(session);
    return true;
}

/* The diagnosis is asked whenever a program fails. */
static bool statement_poll_cause(struct session *session,
                                 const struct scenario_statement *statement)
{
    uint64_t last = trace_last(session->trace);
    while (session->scan < last) {
        const struct trace_event *event = trace_get(session->trace, ++session->scan);
        uint64_t number = event->fields[0].number;
        bool failed = event->kind == TRACE_PROGRAM_EXITED && event->fields[1].number != 0 &&
                      number >= 1 && number <= session->programs->len;
        if (failed && statement_has_cause(session, statement,
                                          g_ptr_array_index(session->programs, number - 1))) {
            session->cursor = session->scan;
            return true;
        }
    }
    return false;
}

static void statement_fail_cause(struct session *session, enum run_status status,
                                 const struct scenario_statement *statement, const char *what)
{
    char *got = explain_summary(session);
    session_finish(session, status, statement, g_strdup(what), g_strdup(statement->text), got);
}

bool statement_meets_verdict(struct session *session, const struct scenario_statement *statement)
{
    /* A machine with nothing to do does not hang: somebody has to wait. */
    bool waits = !session->ready || model_unfinished_program(session) != NULL;
    bool hangs = (session->quiescent || session->stalled) && waits;
    bool wants_hang = (statement->verb == SCENARIO_EXPECT_HANG && hangs) ||
                      (statement->verb == SCENARIO_EXPECT_STALL && session->stalled);
    if (session->phase != STATEMENT_ACTIVE ||
        (!wants_hang && statement->verb != SCENARIO_EXPECT_CAUSE)) {
        return false;
    }
    bool met = statement_has_cause(session, statement, explain_program(session, NULL));
    if (!met && wants_hang && !session->proving) {
        statement_fail_cause(session, RUN_FAILED, statement, "it hangs, and for another reason");
    }
    return met;
}

bool statement_poll(struct session *session, const struct scenario_statement *statement)
{
    switch (statement->verb) {
    case SCENARIO_WAIT_READY:
        return session->ready;
    case SCENARIO_START:
        return statement_poll_start(session, statement);
    case SCENARIO_RUN:
        return statement_poll_start(session, statement) &&
               statement_poll_exit(session, statement, SCENARIO_EQ, 0);
    case SCENARIO_KILL:
        statement_kill_program(session, statement);
        return true;
    case SCENARIO_EXPECT_FRAMES:
    case SCENARIO_EXPECT_EVENT:
    case SCENARIO_EXPECT_CALL:
        return statement_search(session, statement);
    case SCENARIO_EXPECT_EXIT:
        if (!statement_poll_exit(session, statement, statement->comparison, statement->number)) {
            return false;
        }
        session->cursor =
            MAX(session->cursor, model_program(session, statement->program)->exit_sequence);
        return true;
    case SCENARIO_EXPECT_PRINTS:
        return statement_poll_prints(session, statement);
    case SCENARIO_EXPECT_COUNTER:
        return statement_poll_counter(session, statement);
    case SCENARIO_INJECT:
    case SCENARIO_RESTORE:
    case SCENARIO_SEND:
        return true;
    case SCENARIO_EXPECT_HANG:
    case SCENARIO_EXPECT_STALL:
        return false;
    case SCENARIO_EXPECT_CAUSE:
        return statement_poll_cause(session, statement);
    case SCENARIO_NEVER:
        return true;
    case SCENARIO_FINALLY_QUEUE:
    case SCENARIO_FINALLY_COUNTER:
    case SCENARIO_FINALLY_CAPTURE:
    case SCENARIO_FINALLY_SHARE:
    case SCENARIO_FINALLY_FIDS:
    case SCENARIO_VERB_COUNT:
        break;
    }
    g_assert_not_reached();
}

/* What the call returned the last time, whenever that was. */
static char *statement_got_call(const struct session *session, const struct scenario_call *wanted)
{
    const struct session_program *program = model_program(session, wanted->program);
    for (uint64_t sequence = trace_last(session->trace);
         program != NULL && sequence >= trace_first(session->trace); sequence--) {
        const struct trace_event *event = trace_get(session->trace, sequence);
        if (event->kind == TRACE_CALL_RETURNED && event->fields[0].number == program->task &&
            g_str_equal(event->fields[1].string, wanted->call)) {
            return g_strdup_printf("%s returned %" G_GINT64_FORMAT, wanted->call,
                                   (int64_t)event->fields[2].number);
        }
    }
    return g_strdup("no such call");
}

static char *statement_got_frames(const struct session *session,
                                  const struct scenario_statement *statement)
{
    GString *got = g_string_new(NULL);
    g_string_printf(got, "%u of %u frames", session->matched, statement->frames.count);
    got_frames_append(got, session);
    return g_string_free(got, FALSE);
}

/* What there was instead, for the message. */
static char *statement_got(const struct session *session,
                           const struct scenario_statement *statement)
{
    const struct session_program *program;
    uint64_t value;
    switch (statement->verb) {
    case SCENARIO_EXPECT_FRAMES:
        return statement_got_frames(session, statement);
    case SCENARIO_EXPECT_EVENT:
        return g_strdup("no such event");
    case SCENARIO_EXPECT_CALL:
        return statement_got_call(session, &statement->call);
    case SCENARIO_WAIT_READY:
        return g_strdup("the guest did not say that it is ready");
    case SCENARIO_EXPECT_COUNTER:
        if (!model_counter(session, statement->object, &value)) {
            return g_strdup("the guest reported no counter of this name");
        }
        return g_strdup_printf("%" G_GUINT64_FORMAT, value);
    case SCENARIO_START:
    case SCENARIO_RUN:
    case SCENARIO_EXPECT_EXIT:
        if (!session->ready) {
            return g_strdup("the guest did not say that it is ready");
        }
        program = model_program(session, statement->program);
        return program == NULL ? NULL : model_describe_wait(program);
    case SCENARIO_EXPECT_PRINTS:
        program = model_program(session, statement->program);
        return g_strdup(program->output->len == 0 ? "nothing" : program->output->str);
    case SCENARIO_EXPECT_HANG:
    case SCENARIO_EXPECT_STALL:
        return g_strdup(session->ready && model_unfinished_program(session) == NULL
                            ? "no program waits"
                            : "the guest goes on");
    case SCENARIO_EXPECT_CAUSE:
        return explain_summary(session);
    case SCENARIO_KILL:
    case SCENARIO_INJECT:
    case SCENARIO_RESTORE:
    case SCENARIO_SEND:
    case SCENARIO_NEVER:
    case SCENARIO_FINALLY_QUEUE:
    case SCENARIO_FINALLY_COUNTER:
    case SCENARIO_FINALLY_CAPTURE:
    case SCENARIO_FINALLY_SHARE:
    case SCENARIO_FINALLY_FIDS:
    case SCENARIO_VERB_COUNT:
        return NULL;
    }
    g_assert_not_reached();
}

bool statement_give_up(struct session *session, const struct scenario_statement *statement,
                       const char *why)
{
    if (statement->verb == SCENARIO_EXPECT_FRAMES && statement->frames.exactly &&
        session->matched == statement->frames.count) {
        session->cursor = MAX(session->cursor, session->matched_at);
        return true;
    }
    if (statement->verb == SCENARIO_EXPECT_CAUSE &&
        statement_has_cause(session, statement, explain_program(session, NULL))) {
        return true;
    }
    if (session->proving) {
        return false;
    }
    session_finish(session, RUN_FAILED, statement, g_strdup_printf("not met: %s", why),
                   g_strdup(statement->text), statement_got(session, statement));
    return false;
}

/* ---- watches and finals ---------------------------------------------------------------------- */

static void statement_poll_watch(struct session *session, struct session_watch *watch)
{
    const struct scenario_statement *statement = watch->statement;
    uint64_t last = trace_last(session->trace);
    while (!watch->over && watch->scan < last) {
        const struct trace_event *event = trace_get(session->trace, ++watch->scan);
        if (event->time_ns > watch->end_ns || match_matcher(session, &statement->until, event)) {
            watch->over = true;
        } else if (match_matcher(session, &statement->never, event)) {
            GString *got = g_string_new(NULL);
            trace_format_line(got, event);
            got_frames_append_event(got, session, event);
            session_finish(session, RUN_FAILED, statement,
                           g_strdup("what must never happen happened"), g_strdup(statement->text),
                           g_string_free(got, FALSE));
            return;
        }
    }
    watch->over = watch->over || session_now_ns(session) > watch->end_ns;
}

void statement_poll_watches(struct session *session)
{
    for (guint i = 0; i < session->watches->len && !session->finished; i++) {
        struct session_watch *watch = g_ptr_array_index(session->watches, i);
        if (!watch->over) {
            statement_poll_watch(session, watch);
        }
    }
}

/* The queue's entries, by what becomes of them: see docs/scenarios.md. */
static int64_t statement_queue_property(struct session *session,
                                        const struct scenario_statement *statement)
{
    struct virtqueue *queue = board_queue(session->board, statement->object);
    g_assert(queue != NULL);
    int64_t avail = virtqueue_avail_count(queue), in_flight = virtqueue_in_flight(queue);
    if (g_str_equal(statement->property, "avail")) {
        return avail;
    }
    if (g_str_equal(statement->property, "in-flight")) {
        return in_flight;
    }
    if (g_str_equal(statement->property, "used")) {
        return queue->used_index;
    }
    g_assert(g_str_equal(statement->property, "free"));
    return queue->size - avail - in_flight;
}

/* The number that a final is about. False: there is none, and the session is finished. */
static bool statement_final_number(struct session *session,
                                   const struct scenario_statement *statement, int64_t *value)
{
    uint64_t counter;
    if (statement->verb == SCENARIO_FINALLY_QUEUE) {
        *value = statement_queue_property(session, statement);
        return true;
    }
    if (statement->verb == SCENARIO_FINALLY_FIDS) {
        *value = virtio_9p_fid_count(board_share(session->board, statement->object));
        return true;
    }
    if (!model_counter(session, statement->object, &counter)) {
        session_finish(session, RUN_FAILED, statement,
                       g_strdup("the guest reported no counter of this name"),
                       g_strdup(statement->text), NULL);
        return false;
    }
    *value = (int64_t)counter;
    return true;
}

static bool statement_judge_final(struct session *session,
                                  const struct scenario_statement *statement)
{
    int64_t value;
    if (statement->verb == SCENARIO_FINALLY_CAPTURE) {
        return final_capture_judge(session, statement);
    }
    if (statement->verb == SCENARIO_FINALLY_SHARE) {
        return final_share_judge(session, statement);
    }
    if (!statement_final_number(session, statement, &value)) {
        return false;
    }
    if (!scenario_compare(statement->comparison, value, statement->number)) {
        session_finish(session, RUN_FAILED, statement, g_strdup("not so at the end"),
                       g_strdup(statement->text), g_strdup_printf("%" G_GINT64_FORMAT, value));
        return false;
    }
    return true;
}

bool statement_judge_finals(struct session *session)
{
    for (guint i = 0; i < session->scenario->finals->len; i++) {
        if (!statement_judge_final(session, g_ptr_array_index(session->scenario->finals, i))) {
            return false;
        }
    }
    return final_capture_update(session) && final_share_update(session);
}
