/*
 * rules_served.c - sockets that a program provides: what it answers, held against the wire and
 * against the time that was given
 *
 * What rules_socket.c and rules_call.c say of calls, here of requests. Who waits for readiness
 * waits in an event queue. That the provider said so and the event went astray is what
 * rules_event.c finds; here it is held against the wire whether the provider had to say so.
 */
#include "harness/diagnosis/rules_socket.h"

#include <string.h>

/* As late as a call may be, for want of a finer tick. */
#define SERVED_LATE_NS  UINT64_C(50000000)
#define SERVED_LOOPBACK 127
/* Events of queues. */
#define SERVED_READ  1U
#define SERVED_WRITE 2U

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t served_patience_ns(const struct ledger_ask *ask, const struct ledger_socket *socket)
{
    static const char *const receiving[] = {"read", "dup", NULL};
    return g_strv_contains(receiving, ask->operation) ? socket->receive_timeout_ns
                                                      : socket->send_timeout_ns;
}

/* Whether some timeout of the task may still fire. */
static bool served_has_time(const struct rules_case *c, const struct ledger_task *task)
{
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, c->ledger->schemes->clocks);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        const struct ledger_clock *clock = value;
        if (clock->task == task->number && clock->armed > 0) {
            return true;
        }
    }
    return false;
}

/* Time comes to the provider no more, and it had seen to that until then. */
static bool served_chain_is_dead(struct rules_case *c, const struct ledger_ask *ask,
                                 const struct ledger_clock *clock, uint64_t patience_ns)
{
    char at[32], given[32];
    return rules_found(c, "time.chain-dead",
                       "%s set its clock %u times again when it had fired, and not after it fired "
                       "at %s; of request %" G_GUINT64_FORMAT " (%s of %s), which it has read, the "
                       "socket has a timeout of %s, and no time comes to it any more",
                       waits_name(c->diagnosis->driver).text, clock->row,
                       rules_time(at, clock->last_fired.time_ns), ask->tag, ask->operation,
                       ask->scheme->name, rules_time(given, patience_ns));
}

static bool served_is_overdue(struct rules_case *c, const struct waits_chain *chain)
{
    const struct ledger_ask *ask = chain->steps[0].ask;
    const struct ledger_served *served =
        ask != NULL && chain->count > 1 ? ledger_served(c->ledger, ask->socket) : NULL;
    if (served == NULL || ask->delivered.sequence == 0) {
        return false;
    }
    const struct ledger_task *provider = chain->steps[1].task;
    uint64_t patience_ns = served_patience_ns(ask, &served->socket);
    uint64_t waited_ns = c->now_ns - ask->delivered.time_ns;
    bool is_over = waited_ns >= SERVED_LATE_NS && waited_ns - SERVED_LATE_NS >= patience_ns;
    bool never_ends = c->question->hangs && !served_has_time(c, provider);
    if (patience_ns == LEDGER_NO_TIME || (!is_over && !never_ends)) {
        return false;
    }
    char at[32], given[32], waited[32];
    c->diagnosis->task = chain->steps[0].task;
    c->diagnosis->driver = provider;
    const struct ledger_clock *ended = is_over ? NULL : rules_ended_chain(c, provider);
    if (ended != NULL) {
        return served_chain_is_dead(c, ask, ended, patience_ns);
    }
    return rules_found(c, "timeout.ignored",
                       "%s has read request %" G_GUINT64_FORMAT " (%s of %s) at %s, and the socket "
                       "has a timeout of %s; after %s there is no answer%s",
                       waits_name(provider).text, ask->tag, ask->operation, ask->scheme->name,
                       rules_time(at, ask->delivered.time_ns), rules_time(given, patience_ns),
                       rules_time(waited, waited_ns),
                       is_over ? "" : ", and no clock of the provider is set");
}

bool rule_request_overdue(struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    return program != NULL && !program->exited && !rules_timers_were_hit(c) &&
           rules_some_chain(c, served_is_overdue);
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* Whether the peer had said nothing at all of the connection when a read of it had its end. */
static bool served_is_unheard(const struct rules_case *c, const struct ledger_served *served)
{
    const struct ledger_socket *socket = &served->socket;
    const struct ledger_conversation *wire = ledger_conversation(c->ledger, socket);
    if (wire == NULL) {
        return socket->peer != 0 && socket->peer != socket->address &&
               socket->peer >> 24 != SERVED_LOOPBACK;
    }
    const struct ledger_mark *const heard[] = {&wire->synack_in, &wire->data_in, &wire->fin_in,
                                               &wire->rst_in, &wire->error_in};
    for (size_t i = 0; i < G_N_ELEMENTS(heard); i++) {
        if (heard[i]->sequence != 0 && heard[i]->sequence < served->ended.sequence) {
            return false;
        }
    }
    /* A peer that began it has been heard. */
    return wire->first_in == 0 || wire->synack_in.sequence != 0;
}

bool rule_request_ended_early(struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    const struct ledger_served *first = NULL;
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, c->ledger->schemes->served);
    while (program != NULL && g_hash_table_iter_next(&each, NULL, &value)) {
        const struct ledger_served *served = value;
        bool is_its = served->ended.sequence != 0 && served->ended_for == program->task &&
                      served->socket.is_stream && served_is_unheard(c, served);
        if (is_its && (first == NULL || served->ended.sequence < first->ended.sequence)) {
            first = served;
        }
    }
    if (first == NULL) {
        return false;
    }
    char at[32];
    return rules_found(c, "call.wrong-result",
                       "a read from %s, port %u, was answered at %s with no bytes, which is the "
                       "end, and nothing had come from there: the connection was on its way",
                       rules_address(first->socket.peer).text, first->socket.peer_port,
                       rules_time(at, first->ended.time_ns));
}

/* ---- readiness ------------------------------------------------------------------------------- */

/* Arrived since it is watched, long enough ago, and no event came of it or of anything later. */
static bool served_was_missed(const struct rules_case *c, const struct ledger_watch *watch,
                              const struct ledger_mark *mark)
{
    return mark->sequence > watch->since.sequence && mark->sequence > watch->posted.sequence &&
           mark->sequence > watch->source->found.sequence && rules_is_settled(c, mark) &&
           !rules_was_discarded(c, mark);
}

/* What arrived that ends a wait for these events, with its name; NULL: nothing. */
static const char *served_missed_segment(const struct rules_case *c,
                                         const struct ledger_watch *watch,
                                         const struct ledger_conversation *wire,
                                         struct ledger_mark *mark)
{
    /* Who has had an event may have left some of what it was about: more of it is no news. */
    bool is_first = watch->posted.sequence == 0 && watch->source->found.sequence == 0;
    const struct {
        const char *name;
        struct ledger_mark mark;
        bool counts;
    } segments[] = {
        {"a reset", wire->rst_in, true},
        {"the SYN-ACK", wire->synack_in, (watch->events & SERVED_WRITE) != 0},
        {"the peer's FIN", wire->fin_in, (watch->events & SERVED_READ) != 0 && is_first},
        {"data", wire->data_in, (watch->events & SERVED_READ) != 0 && is_first},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(segments); i++) {
        if (segments[i].counts && served_was_missed(c, watch, &segments[i].mark)) {
            *mark = segments[i].mark;
            return segments[i].name;
        }
    }
    return NULL;
}

static bool served_is_unready(struct rules_case *c, const struct ledger_watch *watch,
                              const struct ledger_task *reader)
{
    const struct ledger_source *file = watch->source;
    const struct ledger_served *served =
        file->kind == c->ledger->schemes->kind_file ? ledger_served(c->ledger, file->socket) : NULL;
    const struct ledger_conversation *wire =
        served != NULL ? rules_stream(c, &served->socket) : NULL;
    struct ledger_mark mark = {0};
    const char *what = wire != NULL ? served_missed_segment(c, watch, wire, &mark) : NULL;
    if (what == NULL) {
        return false;
    }
    const struct ledger_scheme *scheme = ledger_scheme(c->ledger, file->number);
    char at[32], since[32];
    g_autoptr(GString) text = g_string_new(NULL);
    waits_write_source(text, c->ledger, file);
    if (scheme != NULL) {
        c->diagnosis->driver = ledger_task(c->ledger, scheme->provider);
    }
    return rules_found(
        c, "poll.unready",
        "%s of %s, port %u, arrived at %s for the socket behind %s, which %s watches "
        "since %s, and no event was posted",
        what, rules_address(wire->peer).text, wire->peer_port, rules_time(at, mark.time_ns),
        text->str, waits_name(reader).text, rules_time(since, watch->since.time_ns));
}

bool rule_request_unready(struct rules_case *c)
{
    return rules_program_suffers(c) && rules_some_watch(c, served_is_unready);
}

bool rule_request_false_ready(struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    const struct ledger_served *first = NULL;
    bool first_writing = false;
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, c->ledger->schemes->served);
    while (program != NULL && g_hash_table_iter_next(&each, NULL, &value)) {
        const struct ledger_served *served = value;
        bool writing;
        if (served->told_for == program->task &&
            rules_told_too_early(c, &served->socket, &writing) &&
            (first == NULL ||
             served->socket.connected.sequence < first->socket.connected.sequence)) {
            first = served;
            first_writing = writing;
        }
    }
    if (first == NULL) {
        return false;
    }
    const struct ledger_mark *told =
        first_writing ? &first->socket.told_out : &first->socket.told_in;
    char at[32];
    return rules_found(c, "poll.false-ready",
                       "%s was told at %s that its connection to %s, port %u, is ready for %s, and "
                       "nothing had come from there%s",
                       waits_name(ledger_task(c->ledger, program->task)).text,
                       rules_time(at, told->time_ns), rules_address(first->socket.peer).text,
                       first->socket.peer_port, first_writing ? "writing" : "reading",
                       first_writing ? ": no SYN-ACK" : ": neither data nor an end");
}

/* ---- data ------------------------------------------------------------------------------------ */

/* The FIN stands behind less than was taken. Nobody notices: it may be a program that succeeded. */
static bool served_was_cut(const struct rules_case *c, const struct ledger_served *served)
{
    const struct ledger_program *program = c->question->program;
    const struct ledger_conversation *wire = rules_stream(c, &served->socket);
    return wire != NULL && (program == NULL || served->user == program->task) &&
           wire->rst_in.sequence == 0 && wire->syn_out.sequence != 0 &&
           wire->fin_out.sequence != 0 && rules_bytes_out(wire) < served->socket.accepted;
}

bool rule_request_data_dropped(struct rules_case *c)
{
    const struct ledger_served *first = NULL;
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, c->ledger->schemes->served);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        const struct ledger_served *served = value;
        bool is_earlier = first == NULL || served->socket.accepted_first.sequence <
                                               first->socket.accepted_first.sequence;
        first = is_earlier && served_was_cut(c, served) ? served : first;
    }
    if (first == NULL) {
        return false;
    }
    const struct ledger_socket *socket = &first->socket;
    char at[32];
    c->diagnosis->task = ledger_task(c->ledger, first->user);
    return rules_found(c, "socket.data-dropped",
                       "writes to %s, port %u, were answered with %" G_GUINT64_FORMAT
                       " bytes in all, the first at %s, and %" G_GUINT64_FORMAT
                       " of them left in front of the FIN",
                       rules_address(socket->peer).text, socket->peer_port, socket->accepted,
                       rules_time(at, socket->accepted_first.time_ns),
                       rules_bytes_out(rules_stream(c, socket)));
}
