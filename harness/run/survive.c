/*
 * survive.c - what a guest makes of an allocation that failed: the verdict of `alloc fail each`
 *
 * The scenario says what comes when all goes well. With an allocation failing, that may come all
 * the same, or the guest gives up what needed the memory and says so: by a line on the console, by
 * a program's exit status, or by switching the machine off with a status. Then what did not come is
 * not the guest's fault. A crash, a hang, a broken rule, and silence are.
 */
#include "harness/run/session_priv.h"

/* The sentence or rule that an event says was broken, or NULL. */
static const char *survive_broken_rule(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_GUEST_VIOLATION:
        return event->fields[1].string;
    case TRACE_DMA_VIOLATION:
        return event->fields[4].string;
    case TRACE_VIRTIO_BREACH:
    case TRACE_IRQ_BREACH:
        return event->fields[event->kind == TRACE_IRQ_BREACH ? 1 : 2].string;
    default:
        return NULL;
    }
}

static void survive_observe(void *opaque, const struct trace_event *event)
{
    struct session *session = opaque;
    if (event->kind == TRACE_FAULT_APPLIED && g_str_equal(event->fields[0].string, "alloc")) {
        session->alloc_failed = true;
    }
    if (!session->alloc_failed) {
        return;
    }
    if (session->alloc_broke == NULL) {
        session->alloc_broke = survive_broken_rule(event);
    }
    bool exits_badly = event->kind == TRACE_PROGRAM_EXITED && event->fields[1].number != 0;
    bool off = event->kind == TRACE_RUN_POWER_OFF && event->fields[0].number != 0;
    if (exits_badly || off || event->kind == TRACE_GUEST_CONSOLE) {
        session->alloc_told = true;
    }
}

void survive_listen(struct session *session)
{
    if (session->scenario->alloc != 0) {
        trace_add_observer(session->trace, survive_observe, session);
    }
}

/* The result is as it was for the scenario; here it becomes that of the question above. */
static void survive_pass(struct run_result *result)
{
    result->status = RUN_PASSED;
    result->line = result->column = 0;
    g_free(result->what);
    result->what = g_strdup("");
    g_clear_pointer(&result->expected, g_free);
    g_clear_pointer(&result->got, g_free);
    g_clear_pointer(&result->cause, g_free);
    g_clear_pointer(&result->grade, g_free);
    g_clear_pointer(&result->task, g_free);
    g_clear_pointer(&result->diagnosis, g_free);
}

static void survive_say(struct run_result *result, enum run_status status, char *what)
{
    result->status = status;
    g_free(result->what);
    result->what = what;
}

void survive_judge(struct session *session)
{
    struct run_result *result = session->result;
    unsigned number = session->scenario->alloc;
    if (number == 0 || !session->alloc_failed || result->stopped) {
        return;
    }
    bool met = result->status == RUN_PASSED || result->status == RUN_FAILED;
    if (met && session->alloc_broke != NULL) {
        survive_say(result, RUN_FAILED,
                    g_strdup_printf("allocation %u failed, and the guest broke a rule: %s", number,
                                    session->alloc_broke));
    } else if (result->status == RUN_FAILED && session->alloc_told) {
        survive_pass(result);
    } else if (result->status == RUN_FAILED) {
        survive_say(
            result, RUN_FAILED,
            g_strdup_printf("allocation %u failed, and nobody was told: %s", number, result->what));
    } else if (result->status != RUN_PASSED) {
        survive_say(result, result->status,
                    g_strdup_printf("allocation %u failed: %s", number, result->what));
    }
}
