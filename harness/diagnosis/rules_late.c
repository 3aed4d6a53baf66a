/*
 * rules_late.c - answers that come when nobody waits for them any more, or that nobody gets
 *
 * A program gives up when it exits. Its answer is then still on the wire, where its arrival is
 * known; or it came in later; or it was at the card in time and the driver took it later. Which
 * request an answer belongs to is known of ARP, of echo requests and of UDP. Of several programs
 * that speak to one address at the same time, any can be meant.
 *
 * An answer that is on time for the program is none of this, nor is one to a request that was
 * answered before: a second answer is a duplicate.
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

/* A frame on the wire that the program waits for, or has waited for. */
struct rules_late {
    const struct rules_case *c;
    bool is_found, out;
    uint32_t peer;
    uint64_t since_ns, due_ns;
    struct ledger_mark sent; /* of the request, when the frame is an answer */
};

/* Whether the program speaks to this address, or needs its hardware address for that. */
static bool late_concerns(const struct rules_case *c, const struct ledger_key *request)
{
    const struct ledger_peer *peer = rules_peer(c);
    uint32_t named = c->question->program->peer;
    if (request->kind == LEDGER_KIND_ARP) {
        return !rules_was_sent_to(peer);
    }
    return named != 0 ? request->peer == named : peer == NULL || request->peer == peer->address;
}

/* Whether it was sent while the program ran. */
static bool late_is_within(const struct rules_case *c, const struct ledger_request *request)
{
    const struct ledger_program *program = c->question->program;
    return request->sent.sequence > program->started_at.sequence &&
           (!program->exited || request->sent.sequence < program->exited_at.sequence);
}

static const struct ledger_request *late_request(const struct rules_case *c, unsigned index)
{
    const struct ledger *ledger = c->ledger;
    unsigned kept = MIN(ledger->request_count, LEDGER_REQUESTS);
    return index < kept ? &ledger->requests[(ledger->request_count - 1 - index) % LEDGER_REQUESTS]
                        : NULL;
}

/* The newest request of the program that a frame of that time answers, if nothing else has. */
static const struct ledger_request *
late_find_open(const struct rules_case *c, const struct ledger_key *answer, uint64_t time_ns)
{
    const struct ledger_request *request;
    for (unsigned i = 0; (request = late_request(c, i)) != NULL; i++) {
        if (request->answered.sequence == 0 && request->sent.time_ns <= time_ns &&
            ledger_key_answers(answer, &request->key) && late_concerns(c, &request->key) &&
            late_is_within(c, request)) {
            return request;
        }
    }
    return NULL;
}

/* Whether the guest has resolved the address: what is under way for that does not matter then. */
static bool late_is_resolved(const struct rules_case *c, const struct ledger_key *key)
{
    const struct ledger_peer *peer = ledger_peer(c->ledger, key->peer);
    return key->kind == LEDGER_KIND_ARP && peer != NULL &&
           peer->arp_answered.sequence > peer->arp_last.sequence;
}

static void late_look(void *opaque, const struct wire_passage *passage)
{
    struct rules_late *late = opaque;
    const struct rules_case *c = late->c;
    bool out = passage->direction == WIRE_OUT;
    struct ledger_key key;
    if (board_net(c->board, wire_port_name(passage->port)) == NULL ||
        !ledger_frame_key(out, passage->frame, passage->len, &key) || late_is_resolved(c, &key) ||
        (late->is_found && late->due_ns <= passage->due_ns)) {
        return;
    }
    const struct ledger_request *request = out ? NULL : late_find_open(c, &key, passage->since_ns);
    bool held_back = passage->due_ns - passage->since_ns > WIRE_LATENCY_NS;
    if (out ? !held_back || !late_concerns(c, &key) : request == NULL) {
        return;
    }
    late->is_found = true;
    late->out = out;
    late->peer = key.peer;
    late->since_ns = passage->since_ns;
    late->due_ns = passage->due_ns;
    late->sent = request != NULL ? request->sent : (struct ledger_mark){0};
}

static void late_evidence_program(struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    char at[32];
    if (program->exited) {
        rules_evidence(c, "%s gave up: it exited with status %" G_GINT64_FORMAT " at %s",
                       program->name, program->status, rules_time(at, program->exited_at.time_ns));
    } else {
        rules_evidence(c, "%s still waits", program->name);
    }
}

/* ", 0.5 s after ping gave up", or nothing when it still waits. Gives the text. */
static char *late_by(const struct rules_case *c, uint64_t when_ns)
{
    const struct ledger_program *program = c->question->program;
    char by[32];
    return program->exited ? g_strdup_printf(", %s after %s gave up",
                                             rules_time(by, when_ns - program->exited_at.time_ns),
                                             program->name)
                           : g_strdup("");
}

/* Something of the conversation is on the wire, and has not arrived. */
static bool late_is_on_the_wire(struct rules_case *c)
{
    struct rules_late late = {.c = c};
    wire_visit_passages(board_wire(c->board), late_look, &late);
    if (!late.is_found) {
        return false;
    }
    char at[32], due[32];
    if (late.sent.sequence != 0) {
        rules_evidence(c, "the request arrived at %s at %s", rules_address(late.peer).text,
                       rules_time(at, late.sent.time_ns));
    }
    late_evidence_program(c);
    rules_evidence(c, "on the cable since %s, due at %s", rules_time(at, late.since_ns),
                   rules_time(due, late.due_ns));
    g_autofree char *by = late_by(c, late.due_ns);
    return rules_found(c, "reply.late", "the %s %s is still on the wire and arrives at %s%s",
                       late.out ? "request to" : "answer of", rules_address(late.peer).text,
                       rules_time(due, late.due_ns), by);
}

/* An answer that the program did not live to see. */
static bool late_has_come(struct rules_case *c, const struct ledger_request *request)
{
    const struct ledger_program *program = c->question->program;
    const struct ledger_device *device = request->device;
    bool behind_card = request->answered.sequence < program->exited_at.sequence;
    bool counts = device != NULL && device->counts;
    /* Behind the card it is the driver's time that counts, if it tells. */
    struct ledger_mark taken =
        behind_card && counts ? ledger_taken(device, request->frame) : request->answered;
    bool is_late = request->answered.sequence != 0 && taken.sequence > program->exited_at.sequence;
    /* Who asked for less than that may have been another program, which got its answer. */
    if (!is_late || taken.time_ns - request->sent.time_ns < RULES_SETTLE_NS) {
        return false;
    }
    char at[32], in[32];
    rules_evidence(c, "the request arrived at %s at %s", rules_address(request->key.peer).text,
                   rules_time(at, request->sent.time_ns));
    late_evidence_program(c);
    rules_evidence(c, "the answer was at the card at %s",
                   rules_time(in, request->answered.time_ns));
    g_autofree char *by = late_by(c, taken.time_ns);
    if (behind_card) {
        c->diagnosis->queue = device->rx.name;
        return rules_found(c, "reply.late",
                           "the answer of %s was at the card in time, and the driver took it at "
                           "%s%s",
                           rules_address(request->key.peer).text, rules_time(at, taken.time_ns),
                           by);
    }
    return rules_found(c, "reply.late", "the answer of %s came at %s%s",
                       rules_address(request->key.peer).text, rules_time(at, taken.time_ns), by);
}

bool rule_reply_late(struct rules_case *c)
{
    if (!rules_program_suffers(c)) {
        return false;
    }
    if (late_is_on_the_wire(c)) {
        return true;
    }
    const struct ledger_request *request;
    for (unsigned i = 0; c->question->program->exited && (request = late_request(c, i)) != NULL;
         i++) {
        if (late_is_within(c, request) && late_concerns(c, &request->key) &&
            late_has_come(c, request)) {
            return true;
        }
    }
    return false;
}

/* ---- discarded ------------------------------------------------------------------------------- */

bool rules_is_of_sending(const struct rules_case *c, const char *where)
{
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        if (strcmp(c->ledger->devices[i].tx.name, where) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * A frame may be damaged where it says which request it answers. So it is one of the peer's, of
 * which enough came back, right before the guest threw something away.
 */
bool rule_reply_discarded(struct rules_case *c)
{
    const struct ledger_peer *peer = rules_program_suffers(c) ? rules_peer(c) : NULL;
    const struct ledger_program *program = c->question->program;
    if (peer == NULL || rules_misses_packets(c, peer) ||
        c->ledger->discarded.from != peer->address) {
        return false;
    }
    struct ledger_mark drop = c->ledger->discarded.at, in = c->ledger->discarded.received;
    bool is_within = in.sequence > program->started_at.sequence &&
                     (!program->exited || drop.sequence < program->exited_at.sequence);
    /* What could not be sent is no answer. */
    if (!is_within || drop.time_ns - in.time_ns >= RULES_SETTLE_NS ||
        rules_is_of_sending(c, c->ledger->discarded.where)) {
        return false;
    }
    char at[32], came[32];
    rules_evidence(c, "the answer of %s was at the card at %s", rules_address(peer->address).text,
                   rules_time(came, in.time_ns));
    late_evidence_program(c);
    if (strstr(c->ledger->discarded.why, "not for us") != NULL) {
        return rules_found(c, "ip.not-for-us",
                           "%s answered whom it had heard from, and at %s the guest did not know "
                           "the address for its own: in %s the answer was %s",
                           rules_address(peer->address).text, rules_time(at, drop.time_ns),
                           c->ledger->discarded.where, c->ledger->discarded.why);
    }
    return rules_found(c, "reply.discarded",
                       "the answer of %s arrived, and the guest threw it away at %s in %s: %s",
                       rules_address(peer->address).text, rules_time(at, drop.time_ns),
                       c->ledger->discarded.where, c->ledger->discarded.why);
}

/* ---- for other rules ------------------------------------------------------------------------- */

struct rules_way {
    const struct rules_case *c;
    uint32_t address;
    bool is_found;
};

static void late_look_for(void *opaque, const struct wire_passage *passage)
{
    struct rules_way *way = opaque;
    bool comes = passage->direction == WIRE_IN &&
                 board_net(way->c->board, wire_port_name(passage->port)) != NULL;
    way->is_found |= comes && ledger_comes_from(passage->frame, passage->len, way->address);
}

bool rules_is_on_its_way(const struct rules_case *c, uint32_t address)
{
    struct rules_way way = {.c = c, .address = address};
    wire_visit_passages(board_wire(c->board), late_look_for, &way);
    return way.is_found;
}
