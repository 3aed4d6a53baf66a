/*
 * rules_socket_data.c - what became of a program's data and errors; and who gave up, who refused
 *
 * Held against the wire, as in rules_socket.c.
 */
#include "harness/diagnosis/rules_socket.h"

#define SOCKET_TCP 6
#define SOCKET_UDP 17

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
    return socket->protocol == SOCKET_UDP && rules_datagram_dropped(c, socket);
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
    bool reset = wire->protocol == SOCKET_TCP && wire->rst_in.sequence != 0;
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
