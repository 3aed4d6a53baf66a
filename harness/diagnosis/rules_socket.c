/*
 * rules_socket.c - what a program was told of its sockets, held against the wire
 *
 * Of a connection within the guest nothing passes over the wire, and nothing is said here. Segments
 * count when they are at the card: that the driver took them is what the rules of the rings say,
 * which come before. What the guest threw away for a reason of its own is rule_reply_discarded()'s.
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

#define RULES_TCP      6
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

static bool rules_was_discarded(const struct rules_case *c, const struct ledger_mark *mark)
{
    return c->ledger->discarded.received.sequence == mark->sequence;
}

static const struct ledger_conversation *rules_stream(const struct rules_case *c,
                                                      const struct ledger_socket *socket)
{
    return socket->is_stream ? ledger_conversation(c->ledger, socket) : NULL;
}

/* What has come in order, without the SYN and the FIN. */
static uint64_t rules_bytes_in(const struct ledger_conversation *wire)
{
    return wire->next_in - wire->first_in - (wire->next_in != 0 ? 1U : 0) -
           (wire->fin_in.sequence != 0 ? 1U : 0);
}

static uint64_t rules_bytes_out(const struct ledger_conversation *wire)
{
    return wire->next_out - wire->first_out - (wire->syn_out.sequence != 0 ? 1U : 0) -
           (wire->fin_out.sequence != 0 ? 1U : 0);
}

/* Of all whom the port speaks to, since the socket is there. */
struct rules_datagrams {
    uint64_t out, in;
    struct ledger_mark last_in;
};

static struct rules_datagrams rules_datagrams(const struct rules_case *c,
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

/* ---- errors and data ------------------------------------------------------------------------- */

static bool rules_is_swallowed(struct rules_case *c, const struct ledger_socket *socket)
{
    const struct ledger_conversation *wire = rules_stream(c, socket);
    if (wire == NULL || wire->rst_in.sequence == 0 ||
        socket->all_well.sequence < wire->rst_in.sequence ||
        socket->failed.sequence > wire->rst_in.sequence || rules_was_discarded(c, &wire->rst_in)) {
        return false;
    }
    bool knew = socket->told_at.sequence > wire->rst_in.sequence && socket->told != 0;
    bool reads = socket->all_well_call[0] == 'r';
    if ((!knew && socket->all_well.time_ns - wire->rst_in.time_ns < RULES_SETTLE_NS) ||
        (reads && wire->fin_in.sequence != 0)) {
        return false;
    }
    char at[32], came[32];
    rules_evidence_socket(c, socket);
    return rules_found(c, "socket.error-swallowed",
                       "a reset arrived at %s for descriptor %d, and %s at %s told the program "
                       "that all is well",
                       rules_time(came, wire->rst_in.time_ns), socket->descriptor,
                       socket->all_well_call, rules_time(at, socket->all_well.time_ns));
}

bool rule_socket_error_swallowed(struct rules_case *c)
{
    return rules_some_socket(c, rules_is_swallowed);
}

static bool rules_stream_dropped(struct rules_case *c, const struct ledger_socket *socket,
                                 const struct ledger_conversation *wire)
{
    uint64_t left = rules_bytes_out(wire);
    bool was_early = wire->synack_in.sequence != 0 &&
                     socket->accepted_first.sequence < wire->synack_in.sequence && left == 0 &&
                     rules_is_settled(c, &wire->synack_in);
    bool was_cut =
        wire->fin_out.sequence != 0 && wire->syn_out.sequence != 0 && left < socket->accepted;
    if (socket->accepted == 0 || wire->rst_in.sequence != 0 || (!was_early && !was_cut)) {
        return false;
    }
    char at[32];
    rules_evidence_socket(c, socket);
    return rules_found(
        c, "socket.data-dropped",
        "descriptor %d took %" G_GUINT64_FORMAT " bytes, the first at %s%s, and "
        "%" G_GUINT64_FORMAT " of them left%s",
        socket->descriptor, socket->accepted, rules_time(at, socket->accepted_first.time_ns),
        was_early ? " before the SYN-ACK" : "", left, was_cut ? " in front of the FIN" : "");
}

/* Whether packets may still lie in the guest for a reason of the network's. */
static bool rules_something_waits(const struct rules_case *c)
{
    for (unsigned i = 0; i < c->ledger->peer_count; i++) {
        if (c->ledger->peers[i].arp_last.sequence > c->ledger->peers[i].arp_answered.sequence) {
            return true;
        }
    }
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        if (c->ledger->devices[i].sent_dropped > 0 || c->ledger->devices[i].link_down) {
            return true;
        }
    }
    return false;
}

static bool rules_datagram_dropped(struct rules_case *c, const struct ledger_socket *socket)
{
    struct rules_datagrams datagrams = rules_datagrams(c, socket);
    const struct ledger_task *task = ledger_task(c->ledger, socket->task);
    bool receives = task != NULL && task->state == LEDGER_TASK_BLOCKED && task->socket == socket &&
                    task->call[0] == 'r';
    bool was_starved = socket->starved.sequence > datagrams.last_in.sequence &&
                       socket->starved.time_ns - datagrams.last_in.time_ns >= RULES_SETTLE_NS;
    char at[32];
    if (datagrams.out > 0 && datagrams.out < socket->accepted &&
        rules_is_settled(c, &socket->accepted_last) && !rules_something_waits(c)) {
        rules_evidence_socket(c, socket);
        return rules_found(c, "socket.data-dropped",
                           "descriptor %d took %" G_GUINT64_FORMAT
                           " datagrams, the last at %s, and %" G_GUINT64_FORMAT " left",
                           socket->descriptor, socket->accepted,
                           rules_time(at, socket->accepted_last.time_ns), datagrams.out);
    }
    if (datagrams.in > socket->given && (receives || was_starved) &&
        rules_is_settled(c, &datagrams.last_in) && !rules_was_discarded(c, &datagrams.last_in)) {
        rules_evidence_socket(c, socket);
        return rules_found(c, "socket.data-dropped",
                           "%" G_GUINT64_FORMAT
                           " datagrams arrived for descriptor %d, the last at %s, and the program "
                           "got %" G_GUINT64_FORMAT,
                           datagrams.in, socket->descriptor,
                           rules_time(at, datagrams.last_in.time_ns), socket->given);
    }
    return false;
}

static bool rules_is_dropped(struct rules_case *c, const struct ledger_socket *socket)
{
    const struct ledger_conversation *wire = rules_stream(c, socket);
    if (wire != NULL) {
        return rules_stream_dropped(c, socket, wire);
    }
    return socket->protocol == RULES_UDP && rules_datagram_dropped(c, socket);
}

bool rule_socket_data_dropped(struct rules_case *c)
{
    return rules_some_socket(c, rules_is_dropped);
}

/* ---- who gave up, who refused ---------------------------------------------------------------- */

static bool rules_gave_up(struct rules_case *c, const struct ledger_socket *socket)
{
    const struct ledger_program *program = c->question->program;
    const struct ledger_conversation *wire = rules_stream(c, socket);
    if (wire == NULL || wire->syn_out.sequence == 0 ||
        wire->syn_out.sequence > program->exited_at.sequence ||
        socket->failed.sequence > wire->syn_out.sequence) {
        return false;
    }
    struct ledger_mark answer =
        wire->synack_in.sequence > program->exited_at.sequence ? wire->synack_in
        : wire->data_in.sequence > program->exited_at.sequence ? wire->data_in
                                                               : (struct ledger_mark){0};
    bool comes = rules_is_owed(wire) && rules_is_on_its_way(c, wire->peer);
    if (answer.sequence == 0 && !comes) {
        return false;
    }
    char at[32], ended[32];
    rules_evidence_socket(c, socket);
    if (socket->told != 0) {
        rules_evidence(c, "the last wait told it of events 0x%x at %s", socket->told,
                       rules_time(at, socket->told_at.time_ns));
    } else if (socket->asked_at.sequence != 0) {
        rules_evidence(c, "the last wait, for events 0x%x from %s on, told it nothing",
                       socket->asked, rules_time(at, socket->asked_at.time_ns));
    }
    if (answer.sequence == 0) {
        return rules_found(c, "program.gave-up",
                           "%s ended with status %" G_GINT64_FORMAT
                           " at %s, and the answer of %s is still under way",
                           program->name, program->status,
                           rules_time(ended, program->exited_at.time_ns),
                           rules_address(wire->peer).text);
    }
    return rules_found(c, "program.gave-up",
                       "%s ended with status %" G_GINT64_FORMAT " at %s, and %s of %s came at %s",
                       program->name, program->status,
                       rules_time(ended, program->exited_at.time_ns),
                       answer.sequence == wire->synack_in.sequence ? "the SYN-ACK" : "the answer",
                       rules_address(wire->peer).text, rules_time(at, answer.time_ns));
}

bool rule_program_gave_up(struct rules_case *c)
{
    return rules_program_suffers(c) && c->question->program->exited &&
           rules_some_socket(c, rules_gave_up);
}

static bool rules_was_refused(struct rules_case *c, const struct ledger_socket *socket)
{
    const struct ledger_conversation *wire = ledger_conversation(c->ledger, socket);
    if (wire == NULL) {
        return false;
    }
    bool reset = wire->protocol == RULES_TCP && wire->rst_in.sequence != 0;
    struct ledger_mark mark = reset ? wire->rst_in : wire->error_in;
    if (mark.sequence == 0 || socket->failed.sequence < mark.sequence) {
        return false;
    }
    char at[32];
    bool early = wire->synack_in.sequence == 0;
    rules_evidence_socket(c, socket);
    return rules_found(c, "peer.refused", "%s, port %u, answered %s at %s with %s",
                       rules_address(wire->peer).text, wire->peer_port,
                       !reset || early ? "what it was sent" : "an open connection",
                       rules_time(at, mark.time_ns), reset ? "a reset" : "an ICMP error");
}

bool rule_peer_refused(struct rules_case *c)
{
    return rules_program_suffers(c) && rules_some_socket(c, rules_was_refused);
}
