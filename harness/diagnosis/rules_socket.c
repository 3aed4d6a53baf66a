/*
 * rules_socket.c - whether a program was told that its sockets are ready, held against the wire
 *
 * Of a connection within the guest nothing passes over the wire, and nothing is said here. Segments
 * count when they are at the card: that the driver took them is what the rules of the rings say,
 * which come before. What the guest threw away for a reason of its own is rule_reply_discarded()'s.
 */
#include "harness/diagnosis/rules_socket.h"

#include <string.h>

#define RULES_UDP      17
#define RULES_IN       0x001
#define RULES_OUT      0x004
#define RULES_FAILED   0x018
#define RULES_WAITALL  0x100
#define RULES_EDGE     (1U << 31)
#define RULES_LOOPBACK 127

bool rules_some_socket(struct rules_case *c, rules_socket_fn *look)
{
    const struct ledger_program *program = c->question->program;
    for (unsigned i = 0; program != NULL && program->task != 0 && i < LEDGER_SETS * LEDGER_WAYS;
         i++) {
        const struct ledger_socket *socket = &c->ledger->sockets[i / LEDGER_WAYS][i % LEDGER_WAYS];
        if (socket->task == program->task && look(c, socket)) {
            return true;
        }
    }
    return false;
}

bool rules_was_discarded(const struct rules_case *c, const struct ledger_mark *mark)
{
    return c->ledger->discarded.received.sequence == mark->sequence;
}

const struct ledger_conversation *rules_stream(const struct rules_case *c,
                                               const struct ledger_socket *socket)
{
    return socket->is_stream ? ledger_conversation(c->ledger, socket) : NULL;
}

uint64_t rules_bytes_in(const struct ledger_conversation *wire)
{
    return wire->next_in - wire->first_in - (wire->next_in != 0 ? 1U : 0) -
           (wire->fin_in.sequence != 0 ? 1U : 0);
}

uint64_t rules_bytes_out(const struct ledger_conversation *wire)
{
    return wire->next_out - wire->first_out - (wire->syn_out.sequence != 0 ? 1U : 0) -
           (wire->fin_out.sequence != 0 ? 1U : 0);
}

struct rules_datagrams rules_datagrams(const struct rules_case *c,
                                       const struct ledger_socket *socket)
{
    struct rules_datagrams sum = {0};
    for (unsigned i = 0; i < LEDGER_SETS * LEDGER_WAYS && socket->protocol == RULES_UDP; i++) {
        const struct ledger_conversation *wire =
            &c->ledger->conversations[i / LEDGER_WAYS][i % LEDGER_WAYS];
        bool is_its = wire->protocol == RULES_UDP && wire->port == socket->port &&
                      wire->first.sequence > socket->opened.sequence &&
                      (socket->peer == 0 ||
                       (wire->peer == socket->peer && wire->peer_port == socket->peer_port));
        if (is_its) {
            sum.out += wire->datagrams_out;
            sum.in += wire->datagrams_in;
            sum.last_in =
                wire->data_in.sequence > sum.last_in.sequence ? wire->data_in : sum.last_in;
        }
    }
    return sum;
}

/* ---- evidence -------------------------------------------------------------------------------- */

static void rules_evidence_mark(struct rules_case *c, const char *what,
                                const struct ledger_mark *mark)
{
    char at[32];
    if (mark->sequence != 0) {
        rules_evidence(c, "%s at %s", what, rules_time(at, mark->time_ns));
    }
}

void rules_evidence_socket(struct rules_case *c, const struct ledger_socket *socket)
{
    const struct ledger_conversation *wire = ledger_conversation(c->ledger, socket);
    char at[32];
    if (socket->peer != 0) {
        rules_evidence(c, "descriptor %d: %s, %s:%u to %s:%u", socket->descriptor,
                       socket->is_stream ? "TCP" : "UDP", rules_address(socket->address).text,
                       socket->port, rules_address(socket->peer).text, socket->peer_port);
    } else {
        rules_evidence(c, "descriptor %d: %s, port %u", socket->descriptor,
                       socket->is_stream ? "TCP" : "UDP", socket->port);
    }
    if (socket->connect_call != NULL) {
        rules_evidence(c, "the program was told: %s returned %" G_GINT64_FORMAT,
                       socket->connect_call, socket->connect_result);
    }
    rules_evidence_mark(c, "the program was told: ready for writing, first", &socket->told_out);
    rules_evidence_mark(c, "the program was told: ready for reading, first", &socket->told_in);
    if (socket->failed.sequence != 0) {
        rules_evidence(c, "the program was told: error %" G_GINT64_FORMAT " at %s", socket->error,
                       rules_time(at, socket->failed.time_ns));
    }
    if (socket->accepted > 0) {
        rules_evidence(c, "the socket took %" G_GUINT64_FORMAT " %s, the first at %s",
                       socket->accepted, socket->is_stream ? "bytes" : "datagrams",
                       rules_time(at, socket->accepted_first.time_ns));
    }
    if (wire == NULL) {
        return;
    }
    rules_evidence_mark(c, "wire: SYN out, the last", &wire->syn_out);
    rules_evidence_mark(c, "wire: SYN-ACK in", &wire->synack_in);
    rules_evidence_mark(c, "wire: data out, the last", &wire->data_out);
    rules_evidence_mark(c, "wire: data in, the last", &wire->data_in);
    rules_evidence_mark(c, "wire: FIN in", &wire->fin_in);
    rules_evidence_mark(c, "wire: RST in", &wire->rst_in);
    rules_evidence_mark(c, "wire: ICMP error in", &wire->error_in);
}

/* ---- ready, and not -------------------------------------------------------------------------- */

/* Whether `mark` was there before `told`. */
static bool rules_had_come(const struct ledger_mark *mark, const struct ledger_mark *told)
{
    return mark->sequence != 0 && mark->sequence < told->sequence;
}

/* Nothing of it is on the wire, and it is nobody's within the guest. */
static bool rules_never_left(const struct rules_case *c, const struct ledger_socket *socket)
{
    const struct ledger_peer *peer = ledger_peer(c->ledger, socket->peer);
    return socket->peer != 0 && socket->peer >> 24 != RULES_LOOPBACK &&
           socket->peer != socket->address &&
           (peer == NULL || peer->segments_sent + peer->segments_sent_dropped == 0);
}

static bool rules_is_false_out(const struct rules_case *c, const struct ledger_socket *socket,
                               const struct ledger_conversation *wire)
{
    if (socket->told_out.sequence <= socket->connected.sequence ||
        socket->connected.sequence == 0) {
        return false;
    }
    if (wire == NULL) {
        return rules_never_left(c, socket);
    }
    bool both_began = wire->first_in != 0 && wire->synack_in.sequence == 0;
    return !both_began && !rules_had_come(&wire->synack_in, &socket->told_out) &&
           !rules_had_come(&wire->rst_in, &socket->told_out) &&
           !rules_had_come(&wire->error_in, &socket->told_out);
}

static bool rules_is_false_in(const struct ledger_socket *socket,
                              const struct ledger_conversation *wire)
{
    return wire != NULL && socket->told_in.sequence > socket->connected.sequence &&
           socket->connected.sequence != 0 && !socket->is_shut &&
           !rules_had_come(&wire->data_in_first, &socket->told_in) &&
           !rules_had_come(&wire->fin_in, &socket->told_in) &&
           !rules_had_come(&wire->rst_in, &socket->told_in) &&
           !rules_had_come(&wire->error_in, &socket->told_in);
}

bool rules_told_too_early(const struct rules_case *c, const struct ledger_socket *socket,
                          bool *writing)
{
    const struct ledger_conversation *wire = rules_stream(c, socket);
    *writing = socket->is_stream && rules_is_false_out(c, socket, wire);
    return *writing || (socket->is_stream && rules_is_false_in(socket, wire));
}

static bool rules_is_false_ready(struct rules_case *c, const struct ledger_socket *socket)
{
    const struct ledger_conversation *wire = rules_stream(c, socket);
    char at[32], came[32];
    bool writing;
    if (!rules_told_too_early(c, socket, &writing)) {
        return false;
    }
    rules_evidence_socket(c, socket);
    if (writing) {
        bool later = wire != NULL && wire->synack_in.sequence != 0;
        return rules_found(c, "poll.false-ready",
                           "%s said at %s that descriptor %d is ready for writing, and %s%s",
                           socket->told_call, rules_time(at, socket->told_out.time_ns),
                           socket->descriptor,
                           later ? "the SYN-ACK of its connection came at " : "no SYN-ACK had come",
                           later ? rules_time(came, wire->synack_in.time_ns) : "");
    }
    return rules_found(c, "poll.false-ready",
                       "%s said at %s that descriptor %d is ready for reading, and nothing had "
                       "come: neither data nor an end",
                       socket->told_call, rules_time(at, socket->told_in.time_ns),
                       socket->descriptor);
}

bool rule_poll_false_ready(struct rules_case *c)
{
    return rules_some_socket(c, rules_is_false_ready);
}

/* What the program waits for on this socket, or has waited for last without being told. */
struct rules_wait {
    const char *call;
    unsigned events;
    bool is_over;
    struct ledger_mark until; /* when it is over */
    uint64_t since;           /* what came until this event was told: an edge is told once */
};

/* The same of a set, in which a socket stays until it is taken out. */
static bool rules_find_watch(const struct ledger_task *task, const struct ledger_socket *socket,
                             bool sleeps, struct rules_wait *wait)
{
    if (socket->watched == 0 || socket->is_closed || socket->asked_at.sequence != 0) {
        return false;
    }
    if ((socket->watched & RULES_EDGE) != 0 &&
        socket->told_at.sequence > socket->watched_at.sequence) {
        wait->since = socket->told_at.sequence;
    }
    wait->events = (socket->watched & ~RULES_EDGE) | RULES_FAILED;
    if (sleeps && strcmp(task->call, "epoll_pwait") == 0) {
        wait->call = task->call;
        return true;
    }
    wait->call = "the last wait";
    wait->is_over = true;
    wait->until = task->waited_in_vain;
    return task->waited.sequence == task->waited_in_vain.sequence &&
           task->waited.sequence > socket->watched_at.sequence;
}

static bool rules_find_wait(const struct rules_case *c, const struct ledger_socket *socket,
                            struct rules_wait *wait)
{
    const struct ledger_task *task = ledger_task(c->ledger, socket->task);
    bool sleeps = task != NULL && task->state == LEDGER_TASK_BLOCKED && task->call != NULL;
    *wait = (struct rules_wait){0};
    if (task == NULL) {
        return false;
    }
    if (sleeps && task->socket == socket) {
        bool reads = strstr(task->call, "rec") != NULL || strstr(task->call, "read") != NULL;
        bool connects = strcmp(task->call, "connect") == 0;
        bool all = reads && (task->arguments[3] & RULES_WAITALL) != 0;
        wait->call = task->call;
        wait->events = RULES_FAILED | (reads && !all ? RULES_IN : 0) | (connects ? RULES_OUT : 0);
        return true;
    }
    if (rules_find_watch(task, socket, sleeps, wait)) {
        return true;
    }
    bool was_asked = socket->asked_at.sequence != 0 && socket->told == 0 && !socket->is_closed;
    if (sleeps && was_asked && socket->asked_at.sequence > task->entered.sequence) {
        wait->call = task->call;
        wait->events = socket->asked | RULES_FAILED;
        return true;
    }
    if (socket->asked_at.sequence == 0 || socket->told != 0 ||
        task->waited.sequence < socket->asked_at.sequence) {
        return false;
    }
    wait->call = "the last wait";
    wait->events = socket->asked | RULES_FAILED;
    wait->is_over = true;
    wait->until = task->waited;
    return true;
}

static bool rules_should_have_ended(const struct rules_case *c, const struct rules_wait *wait,
                                    const struct ledger_mark *mark)
{
    if (mark->sequence <= wait->since || rules_was_discarded(c, mark)) {
        return false;
    }
    return wait->is_over ? mark->time_ns + RULES_SETTLE_NS <= wait->until.time_ns
                         : rules_is_settled(c, mark);
}

/* The first of what ends such a wait, with its name; NULL: nothing does. */
static const char *rules_missed_segment(const struct rules_case *c,
                                        const struct ledger_socket *socket,
                                        const struct ledger_conversation *wire,
                                        const struct rules_wait *wait, struct ledger_mark *mark)
{
    bool in = (wait->events & RULES_IN) != 0 && !socket->listens;
    bool out = (wait->events & RULES_OUT) != 0 && socket->accepted == 0;
    bool was_told = socket->failed.sequence > wire->rst_in.sequence;
    *mark = wire->rst_in;
    if (!was_told && rules_should_have_ended(c, wait, mark)) {
        return "a reset";
    }
    *mark = wire->synack_in;
    if (out && rules_should_have_ended(c, wait, mark)) {
        return "the SYN-ACK";
    }
    *mark = wire->fin_in;
    if (in && rules_should_have_ended(c, wait, mark)) {
        return "the peer's FIN";
    }
    *mark = wire->data_in;
    bool has_data = wire->data_in.sequence != 0 && rules_bytes_in(wire) > socket->given;
    return in && has_data && rules_should_have_ended(c, wait, mark) ? "data" : NULL;
}

static bool rules_is_unready(struct rules_case *c, const struct ledger_socket *socket)
{
    const struct ledger_conversation *wire = rules_stream(c, socket);
    struct rules_wait wait;
    struct ledger_mark mark = {0};
    const char *what = NULL;
    if (!rules_find_wait(c, socket, &wait)) {
        return false;
    }
    if (wire != NULL) {
        what = rules_missed_segment(c, socket, wire, &wait, &mark);
    } else if (!socket->is_stream && (wait.events & RULES_IN) != 0) {
        struct rules_datagrams datagrams = rules_datagrams(c, socket);
        mark = datagrams.last_in;
        bool waits_for_poll = wait.is_over || ledger_task(c->ledger, socket->task)->socket == NULL;
        what = waits_for_poll && datagrams.in > socket->given &&
                       rules_should_have_ended(c, &wait, &mark)
                   ? "a datagram"
                   : NULL;
    }
    if (what == NULL) {
        return false;
    }
    char at[32];
    rules_evidence_socket(c, socket);
    return rules_found(c, "poll.unready", "%s arrived at %s for descriptor %d, and %s %s", what,
                       rules_time(at, mark.time_ns), socket->descriptor, wait.call,
                       wait.is_over ? "did not end by it" : "goes on");
}

bool rule_poll_unready(struct rules_case *c)
{
    return rules_program_suffers(c) && rules_some_socket(c, rules_is_unready);
}
