/*
 * model.c - programs and counters, as the trace tells them
 *
 * Fed with every event; costs a switch for those that it does not care about.
 */
#include "harness/checks/checks.h"
#include "harness/diagnosis/ledger.h"
#include "harness/run/session_priv.h"

#include <string.h>

void model_free_program(void *opaque)
{
    struct session_program *program = opaque;
    g_string_free(program->output, TRUE);
    g_free(program);
}

struct session_program *model_program(const struct session *session, const char *name)
{
    for (guint i = session->programs->len; i > 0; i--) {
        struct session_program *program = g_ptr_array_index(session->programs, i - 1);
        if (g_str_equal(program->name, name)) {
            return program;
        }
    }
    return NULL;
}

struct session_program *model_add_program(struct session *session,
                                          const struct scenario_statement *statement,
                                          uint32_t *number)
{
    struct session_program *program = g_new0(struct session_program, 1);
    program->name = statement->program;
    program->statement = statement;
    program->output = g_string_new(NULL);
    g_ptr_array_add(session->programs, program);
    ledger_add_program(session->ledger, program->name, statement->command);
    *number = session->programs->len;
    return program;
}

static struct session_program *model_by_number(const struct session *session, uint64_t number)
{
    if (number == 0 || number > session->programs->len) {
        return NULL;
    }
    return g_ptr_array_index(session->programs, number - 1);
}

/* Programs are few; a scenario names each of them. */
static struct session_program *model_by_task(const struct session *session, uint64_t task)
{
    for (guint i = 0; i < session->programs->len; i++) {
        struct session_program *program = g_ptr_array_index(session->programs, i);
        if (program->task == task && !program->exited) {
            return program;
        }
    }
    return NULL;
}

static void model_set_counter(struct session *session, const char *name, uint64_t value)
{
    /* Names of events are interned: the pointer is the name. */
    uint64_t *slot = g_hash_table_lookup(session->counters, name);
    if (slot == NULL) {
        slot = g_new(uint64_t, 1);
        g_hash_table_insert(session->counters, (gpointer)name, slot);
    }
    *slot = value;
}

/* "hostshare.requests": what the device counts itself. */
static bool model_share_counter(const struct session *session, const char *name, uint64_t *value)
{
    const char *dot = strchr(name, '.');
    g_autofree char *share = dot != NULL ? g_strndup(name, (gsize)(dot - name)) : NULL;
    const struct virtio_9p *device = share != NULL ? board_share(session->board, share) : NULL;
    if (device == NULL) {
        return false;
    }
    const struct virtio_9p_counters counters = virtio_9p_counters(device);
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"requests", counters.requests},
        {"replies", counters.replies},
        {"errors", counters.errors},
        {"breaches", counters.breaches},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].name, dot + 1) == 0) {
            *value = rows[i].value;
            return true;
        }
    }
    return false;
}

bool model_counter(const struct session *session, const char *name, uint64_t *value)
{
    const uint64_t *slot =
        g_hash_table_lookup(session->counters, trace_intern(session->trace, name));
    if (slot != NULL) {
        *value = *slot;
        return true;
    }
    return model_share_counter(session, name, value) ||
           (session->checks != NULL && checks_counter(session->checks, name, value));
}

static void model_program_event(void *opaque, const struct trace_event *event)
{
    struct session_program *program = model_by_number(opaque, event->fields[0].number);
    if (program == NULL) {
        return;
    }
    if (event->kind == TRACE_PROGRAM_STARTED) {
        program->task = (uint32_t)event->fields[1].number;
    } else if (event->kind == TRACE_PROGRAM_OUTPUT) {
        g_string_append(program->output, event->fields[1].string);
    } else {
        program->exited = true;
        program->status = (int64_t)event->fields[1].number;
        program->exit_sequence = event->sequence;
        program->blocked_on = NULL;
    }
}

static void model_ready(void *opaque, const struct trace_event *event)
{
    struct session *session = opaque;
    (void)event;
    session->ready = true;
}

static void model_console(void *opaque, const struct trace_event *event)
{
    const struct session *session = opaque;
    g_string_append_printf(session->console, "%s\n", event->fields[0].string);
}

static void model_count(void *opaque, const struct trace_event *event)
{
    model_set_counter(opaque, event->fields[0].string, event->fields[1].number);
}

static void model_blocked(void *opaque, const struct trace_event *event)
{
    struct session_program *program = model_by_task(opaque, event->fields[0].number);
    if (program != NULL) {
        program->blocked_on = event->fields[1].string;
        program->blocked_since_ns = event->time_ns;
    }
}

static void model_woken(void *opaque, const struct trace_event *event)
{
    struct session_program *program = model_by_task(opaque, event->fields[0].number);
    if (program != NULL) {
        program->blocked_on = NULL;
    }
}

static void model_call(void *opaque, const struct trace_event *event)
{
    struct session_program *program = model_by_task(opaque, event->fields[0].number);
    if (program != NULL) {
        program->call = event->kind == TRACE_CALL_ENTERED ? event->fields[1].string : NULL;
    }
}

void model_listen(struct session *session)
{
    static const struct trace_listener table[] = {
        {TRACE_GUEST_READY, model_ready},
        {TRACE_GUEST_CONSOLE, model_console},
        {TRACE_COUNTER, model_count},
        {TRACE_PROGRAM_STARTED, model_program_event},
        {TRACE_PROGRAM_OUTPUT, model_program_event},
        {TRACE_PROGRAM_EXITED, model_program_event},
        {TRACE_TASK_BLOCKED, model_blocked},
        {TRACE_TASK_WOKEN, model_woken},
        {TRACE_CALL_ENTERED, model_call},
        {TRACE_CALL_RETURNED, model_call},
    };
    trace_listen(session->trace, table, G_N_ELEMENTS(table), session);
}

const struct session_program *model_unfinished_program(const struct session *session)
{
    for (guint i = 0; i < session->programs->len; i++) {
        const struct session_program *program = g_ptr_array_index(session->programs, i);
        if (!program->exited) {
            return program;
        }
    }
    return NULL;
}

char *model_describe_wait(const struct session_program *program)
{
    GString *text = g_string_new(program->name);
    if (program->task == 0) {
        g_string_append(text, " was never started by the guest");
    } else if (program->blocked_on != NULL) {
        g_string_append(text, " waits");
        if (program->call != NULL) {
            g_string_append_printf(text, " in %s", program->call);
        }
        g_string_append_printf(text, " on %s since ", program->blocked_on);
        trace_format_time(text, program->blocked_since_ns);
        g_string_append(text, " s");
    } else {
        g_string_append(text, " has not exited");
    }
    return g_string_free(text, FALSE);
}
