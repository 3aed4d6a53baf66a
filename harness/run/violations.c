/*
 * violations.c - the checkers of a run, and what becomes of what they find
 *
 * A violation does not end a run. It is told as an event at the timeline's next step, since no
 * observer may emit one; at the end the first strict one fails a test that would have passed.
 */
#include "harness/checks/checks.h"
#include "harness/run/session_priv.h"

#include <string.h>

#define VIOLATIONS_SLACK_NS      UINT64_C(10000000)
#define VIOLATIONS_SLACK_STEPS   10000 /* of a machine on which each takes long */
#define VIOLATIONS_SECOND_NS     UINT64_C(1000000000)
#define VIOLATIONS_TICK_OPTION   "tick="
#define VIOLATIONS_CONTEXT_LINES 12

/* How late is late: 10 ms, a tick of the guest, and what some code takes on a slow machine. */
static uint64_t violations_slack_ns(const struct scenario *scenario)
{
    uint64_t slack_ns = VIOLATIONS_SLACK_NS + VIOLATIONS_SLACK_STEPS * scenario->machine.step_ns;
    g_auto(GStrv) words = g_strsplit(scenario->guest_options, " ", -1);
    for (char **word = words; *word != NULL; word++) {
        uint64_t hz = g_str_has_prefix(*word, VIOLATIONS_TICK_OPTION)
                          ? g_ascii_strtoull(*word + strlen(VIOLATIONS_TICK_OPTION), NULL, 10)
                          : 0;
        slack_ns += hz > 0 ? VIOLATIONS_SECOND_NS / hz : 0;
    }
    return slack_ns;
}

static bool violations_are_wanted(const struct scenario *scenario)
{
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        if (scenario->checks[i] != CHECK_OFF) {
            return true;
        }
    }
    return false;
}

void violations_start(struct session *session)
{
    const struct scenario *scenario = session->scenario;
    if (!violations_are_wanted(scenario)) {
        return;
    }
    struct checks_config config = {
        .slack_ns = violations_slack_ns(scenario),
        .context_events = VIOLATIONS_CONTEXT_LINES,
    };
    memcpy(config.severity, scenario->checks, sizeof config.severity);
    session->checks = checks_new(session->board, &config);
    for (unsigned i = 0; i < board_device_count(session->board); i++) {
        struct virtio_dev *dev = board_device_at(session->board, i);
        for (unsigned queue = 0; queue < dev->ops->queue_count; queue++) {
            checks_add_queue(session->checks, virtio_dev_queue(dev, queue));
        }
    }
    checks_listen(session->checks);
    cpu_listen_to_spinlocks(board_cpu(session->board), &checks_spin_listener, session->checks);
}

void violations_stop(struct session *session)
{
    if (session->board != NULL) {
        cpu_listen_to_spinlocks(board_cpu(session->board), NULL, NULL);
    }
    checks_free(session->checks);
    session->checks = NULL;
}

bool violations_pend(const struct session *session)
{
    return session->checks != NULL && checks_count(session->checks) > session->violations_told;
}

void violations_tell(struct session *session)
{
    while (session->checks != NULL && session->violations_told < checks_count(session->checks)) {
        const struct violation *violation = checks_get(session->checks, session->violations_told++);
        trace_emit(session->trace, TRACE_CHECK_VIOLATION, TS(catalogue_get(violation->id)->name),
                   TS(violation->who), TS(violation->clause), TS(violation->rule),
                   TN(violation->sequence));
    }
}

void violations_look(struct session *session)
{
    if (session->checks != NULL && !session->proving) {
        checks_look(session->checks, session->quiescent);
        violations_tell(session);
    }
}

void violations_collect(struct session *session)
{
    GPtrArray *strict = g_ptr_array_new(), *lenient = g_ptr_array_new();
    for (unsigned i = 0; session->checks != NULL && i < checks_count(session->checks); i++) {
        const struct violation *violation = checks_get(session->checks, i);
        bool is_strict = checks_severity(session->checks, violation->id) == CHECK_STRICT;
        g_ptr_array_add(is_strict ? strict : lenient, violation_summary(violation));
    }
    g_ptr_array_add(strict, NULL);
    g_ptr_array_add(lenient, NULL);
    g_strfreev(session->result->violations);
    g_strfreev(session->result->tolerated);
    session->result->violations = (char **)g_ptr_array_free(strict, FALSE);
    session->result->tolerated = (char **)g_ptr_array_free(lenient, FALSE);
}

bool violations_judge(struct session *session)
{
    violations_look(session);
    const struct violation *violation =
        session->checks != NULL ? checks_first_strict(session->checks) : NULL;
    if (violation == NULL) {
        return true;
    }
    g_autofree char *clause = violation_clause(violation);
    session->is_violation = true;
    session_finish(
        session, RUN_FAILED, NULL,
        g_strdup_printf("the guest broke a rule: %s", catalogue_get(violation->id)->name),
        g_strdup_printf("%s\n(%s)", violation->rule, clause), violation_describe(violation));
    g_strfreev(session->result->context);
    session->result->context = g_strdupv(violation->context);
    return false;
}
