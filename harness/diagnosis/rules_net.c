/*
 * rules_net.c - the links between a program and the host that it speaks to
 *
 * Who that is says the program's command, which names an address; without one it is the address
 * that was spoken to last. Each of these rules holds only for a program that waits or has failed.
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

#define RULES_ENETUNREACH (-101)
#define RULES_LOOPBACK    127
#define RULES_TCP         6

struct rules_address rules_address(uint32_t address)
{
    struct rules_address shown;
    g_snprintf(shown.text, sizeof shown.text, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
               address >> 8 & 255, address & 255);
    return shown;
}

bool rules_program_suffers(const struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    if (program == NULL || program->task == 0) {
        return false;
    }
    if (program->exited) {
        return program->status != 0;
    }
    const struct ledger_task *task = ledger_task(c->ledger, program->task);
    return task != NULL && task->state == LEDGER_TASK_BLOCKED;
}

static const struct ledger_peer *rules_last_peer(const struct rules_case *c)
{
    const struct ledger_peer *last = NULL;
    for (unsigned i = 0; i < c->ledger->peer_count; i++) {
        const struct ledger_peer *peer = &c->ledger->peers[i];
        uint64_t sent = MAX(peer->sent_last.sequence, peer->dropped_last.sequence);
        if (sent > 0 &&
            (last == NULL || sent > MAX(last->sent_last.sequence, last->dropped_last.sequence))) {
            last = peer;
        }
    }
    return last;
}

const struct ledger_peer *rules_peer(const struct rules_case *c)
{
    uint32_t address = c->question->program->peer;
    return address != 0 ? ledger_peer(c->ledger, address) : rules_last_peer(c);
}

bool rules_was_sent_to(const struct ledger_peer *peer)
{
    return peer != NULL && peer->sent + peer->sent_dropped > 0;
}

/* ---- the machine ----------------------------------------------------------------------------- */

/* Whether the program in trouble speaks to somebody outside of the guest; then says so. */
static bool rules_wants_out(struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    if (!rules_program_suffers(c)) {
        return false;
    }
    if (program->peer == 0) {
        /* Where programs are served by others, it may as well be one of these that is missing. */
        return program->unreachable || (program->no_device && !ledger_has_schemes(c->ledger));
    }
    if (program->peer >> 24 == RULES_LOOPBACK) {
        return false;
    }
    rules_evidence(c, "%s speaks to %s, which is not the guest itself", program->name,
                   rules_address(program->peer).text);
    return true;
}

bool rule_netdev_missing(struct rules_case *c)
{
    if (c->ledger->card_count > 0 || !rules_wants_out(c)) {
        return false;
    }
    rules_evidence(c,
                   "virtio-mmio: DeviceID is 0 in all %u windows; a scenario adds a card with "
                   "`net eth0`",
                   BOARD_VIRTIO_MMIO_SLOTS);
    return rules_found(c, "netdev.missing",
                       "there is no virtio-net function on the bus: the machine has no network "
                       "card");
}

static bool rules_some_card_is_claimed(const struct ledger *ledger)
{
    for (unsigned i = 0; i < ledger->card_count; i++) {
        if (ledger->devices[i].is_claimed) {
            return true;
        }
    }
    return false;
}

/* With one card that has a driver it is not known which one the program needs. */
bool rule_netdev_unclaimed(struct rules_case *c)
{
    if (c->ledger->card_count == 0 || rules_some_card_is_claimed(c->ledger) ||
        !rules_wants_out(c)) {
        return false;
    }
    for (unsigned i = 0; i < c->ledger->card_count; i++) {
        const char *name = c->ledger->devices[i].name;
        g_autofree char *place = board_device_place(c->board, name);
        rules_evidence(c,
                       "%s: %s, a network card (virtio device 1), status 0x%x: no driver set "
                       "DRIVER (2)",
                       name, place, board_device(c->board, name)->status);
    }
    const char *name = c->ledger->devices[0].name;
    g_autofree char *place = board_device_place(c->board, name);
    return rules_found(
        c, "netdev.unclaimed",
        "the machine has a network card, %s (%s), and no driver of the guest took it", name, place);
}

/* ---- route ----------------------------------------------------------------------------------- */

/* Nothing was sent there since, so that it is so still. */
bool rule_route_tables_disagree(struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    struct ledger_mark since = c->ledger->tables_disagree;
    uint32_t about = c->ledger->tables_disagree_about;
    if (since.sequence == 0 || !rules_program_suffers(c) || rules_was_sent_to(rules_peer(c)) ||
        since.sequence < program->started_at.sequence ||
        (program->peer != 0 && program->peer != about)) {
        return false;
    }
    char at[32];
    rules_evidence(c, "no frame to %s left the guest", rules_address(about).text);
    return rules_found(c, "route.tables-disagree",
                       "at %s the guest had a route to %s in the table that says what can be "
                       "reached, and none in the one by which packets are sent",
                       rules_time(at, since.time_ns), rules_address(about).text);
}

bool rule_route_missing(struct rules_case *c)
{
    if (!rules_program_suffers(c)) {
        return false;
    }
    const struct ledger_program *program = c->question->program;
    const struct ledger_peer *peer = rules_peer(c);
    char at[32];
    if (program->unreachable && program->unreachable_result == RULES_ENETUNREACH) {
        rules_evidence(c, "no frame to %s left the guest",
                       program->peer != 0 ? rules_address(program->peer).text : "it");
        return rules_found(
            c, "route.missing",
            "%s returned -101 (ENETUNREACH) at %s: the guest has no route to %s",
            program->unreachable_call, rules_time(at, program->unreachable_at.time_ns),
            program->peer != 0 ? rules_address(program->peer).text : "the destination");
    }
    if (c->ledger->no_route.sequence != 0 && !rules_was_sent_to(peer)) {
        return rules_found(c, "route.missing", "the guest discarded a packet at %s in %s: %s",
                           rules_time(at, c->ledger->no_route.time_ns), c->ledger->no_route_where,
                           c->ledger->no_route_why);
    }
    return false;
}

/* ---- ARP ------------------------------------------------------------------------------------- */

/* One that was sent just now takes nothing from it that the first had no answer. */
bool rules_is_unanswered(const struct rules_case *c, const struct ledger_peer *peer)
{
    if (peer == NULL || peer->arp_last.sequence <= peer->arp_answered.sequence) {
        return false;
    }
    bool never_answered = peer->arp_first.sequence > peer->arp_answered.sequence;
    return rules_is_settled(c, never_answered ? &peer->arp_first : &peer->arp_last);
}

/* An address that the guest asks for without an answer, other than this one. */
static const struct ledger_peer *rules_other_unanswered(const struct rules_case *c,
                                                        const struct ledger_peer *but)
{
    for (unsigned i = 0; i < c->ledger->peer_count; i++) {
        const struct ledger_peer *peer = &c->ledger->peers[i];
        if (peer != but && rules_is_unanswered(c, peer)) {
            return peer;
        }
    }
    return NULL;
}

/*
 * The program waits, and another one speaks to that address: then it is no gateway on the way to
 * this one's.
 */
static bool rules_is_held_up_by(const struct rules_case *c, uint32_t address)
{
    if (c->question->program->exited) {
        return false;
    }
    for (guint i = 0; i < c->ledger->programs->len; i++) {
        const struct ledger_program *program = g_ptr_array_index(c->ledger->programs, i);
        if (program != c->question->program && program->peer == address) {
            return true;
        }
    }
    return false;
}

static void rules_evidence_arp(struct rules_case *c, const struct ledger_peer *peer)
{
    char first[32], last[32];
    rules_evidence(c,
                   "%s: %" G_GUINT64_FORMAT
                   " ARP requests, the first at %s, the last at %s; %" G_GUINT64_FORMAT
                   " of them dropped by the wire; %" G_GUINT64_FORMAT
                   " replies arrived, %" G_GUINT64_FORMAT " were dropped",
                   rules_address(peer->address).text, peer->arp_requests,
                   rules_time(first, peer->arp_first.time_ns),
                   rules_time(last, peer->arp_last.time_ns), peer->arp_requests_dropped,
                   peer->arp_replies, peer->arp_replies_dropped);
}

bool rule_arp_unresolved(struct rules_case *c)
{
    if (!rules_program_suffers(c)) {
        return false;
    }
    const struct ledger_peer *peer = rules_peer(c);
    if (rules_is_unanswered(c, peer)) {
        rules_evidence_arp(c, peer);
        bool dropped = peer->arp_requests_dropped + peer->arp_replies_dropped > 0;
        bool repeated = peer->arp_last.sequence > peer->arp_drop.sequence;
        const char *why = !dropped   ? "nobody answered"
                          : repeated ? "some were lost on the wire, and nobody answered the others"
                                     : "it was lost on the wire, and the guest has not asked again";
        return rules_found(c, "arp.unresolved", "the guest asks for the hardware address of %s: %s",
                           rules_address(peer->address).text, why);
    }
    const struct ledger_peer *other = rules_other_unanswered(c, peer);
    if (rules_was_sent_to(peer) || other == NULL) {
        return false;
    }
    rules_evidence_arp(c, other);
    uint32_t wanted = c->question->program->peer;
    rules_evidence(c, "no frame to %s left the guest, and no ARP request for it",
                   wanted != 0 ? rules_address(wanted).text : "the destination");
    const char *cause =
        rules_is_held_up_by(c, other->address) ? "arp.head-of-line" : "arp.unresolved";
    return rules_found(c, cause,
                       "packets for %s wait while the guest asks for the hardware address of %s, "
                       "which is not answered",
                       wanted != 0 ? rules_address(wanted).text : "the destination",
                       rules_address(other->address).text);
}

/* ---- the link -------------------------------------------------------------------------------- */

/* The peer of whose conversation the link took something that was not made good; NULL: none. */
static const struct ledger_peer *rules_link_victim(const struct rules_case *c)
{
    const struct ledger_peer *peer = rules_peer(c);
    if (rules_misses_packets(c, peer) && peer->link_lost.sequence != 0) {
        return peer;
    }
    const struct ledger_peer *asked = rules_is_unanswered(c, peer) ? peer
                                      : rules_was_sent_to(peer)    ? NULL
                                                                : rules_other_unanswered(c, peer);
    return asked != NULL && asked->arp_link_lost.sequence >= asked->arp_last.sequence ? asked
                                                                                      : NULL;
}

/* Whether something was asked since, and is not answered: then that is what the program misses. */
static bool rules_was_asked_again(const struct rules_case *c, const struct ledger_peer *peer,
                                  const struct ledger_mark *mark)
{
    return (rules_misses_packets(c, peer) && peer->sent_last.sequence > mark->sequence) ||
           (rules_is_unanswered(c, peer) && peer->arp_last.sequence > mark->sequence);
}

/* A card whose driver knew that the link was down, and sent nothing then; NULL: none. */
static const struct ledger_device *rules_without_carrier(const struct rules_case *c)
{
    const struct ledger_peer *peer = rules_peer(c);
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        if (device->unsent_last.sequence > c->question->program->started_at.sequence &&
            !rules_was_asked_again(c, peer, &device->unsent_last)) {
            return device;
        }
    }
    return NULL;
}

bool rule_link_down(struct rules_case *c)
{
    if (!rules_program_suffers(c)) {
        return false;
    }
    const struct ledger_peer *victim = rules_link_victim(c);
    const struct ledger_device *silent = victim == NULL ? rules_without_carrier(c) : NULL;
    if (victim == NULL && silent == NULL) {
        return false;
    }
    char at[32], since[32];
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        if (device->link_changed.sequence != 0) {
            rules_evidence(c, "%s: link %s since %s; its configuration space says so to the driver",
                           device->name, device->link_down ? "down" : "up again",
                           rules_time(since, device->link_changed.time_ns));
        }
    }
    if (silent != NULL) {
        return rules_found(c, "link.down",
                           "the guest did not send at %s, because the link of %s was down",
                           rules_time(at, silent->unsent_last.time_ns), silent->name);
    }
    struct ledger_mark lost = victim->link_lost.sequence > victim->arp_link_lost.sequence
                                  ? victim->link_lost
                                  : victim->arp_link_lost;
    return rules_found(c, "link.down",
                       "a frame between the guest and %s was lost at %s, because the card's link "
                       "was down",
                       rules_address(victim->address).text, rules_time(at, lost.time_ns));
}

/* ---- the wire and the peer ------------------------------------------------------------------- */

static void rules_evidence_peer(struct rules_case *c, const struct ledger_peer *peer)
{
    rules_evidence(c,
                   "%s: %" G_GUINT64_FORMAT " packets arrived there, %" G_GUINT64_FORMAT
                   " were dropped on the way; %" G_GUINT64_FORMAT " came back, %" G_GUINT64_FORMAT
                   " were dropped on the way",
                   rules_address(peer->address).text, peer->sent, peer->sent_dropped,
                   peer->received, peer->received_dropped);
}

bool rules_is_owed(const struct ledger_conversation *wire)
{
    if (wire->protocol != RULES_TCP || wire->rst_in.sequence != 0 || wire->rst_out.sequence != 0 ||
        wire->syn_out.sequence == 0) {
        return false;
    }
    uint64_t answered = MAX(wire->data_in.sequence, wire->fin_in.sequence);
    return wire->first_in == 0 || wire->acked_out != wire->next_out ||
           wire->data_out.sequence > answered;
}

static bool rules_owes(const struct rules_case *c, const struct ledger_peer *peer)
{
    for (unsigned i = 0; i < LEDGER_SETS * LEDGER_WAYS; i++) {
        const struct ledger_conversation *wire =
            &c->ledger->conversations[i / LEDGER_WAYS][i % LEDGER_WAYS];
        if (wire->peer == peer->address && rules_is_owed(wire)) {
            return true;
        }
    }
    return false;
}

bool rules_misses_packets(const struct rules_case *c, const struct ledger_peer *peer)
{
    if (peer == NULL) {
        return false;
    }
    uint64_t sent =
        peer->sent + peer->sent_dropped - peer->segments_sent - peer->segments_sent_dropped;
    return peer->received - peer->segments_received < sent || rules_owes(c, peer);
}

bool rule_wire_dropped(struct rules_case *c)
{
    if (!rules_program_suffers(c)) {
        return false;
    }
    const struct ledger_peer *peer = rules_peer(c);
    if (!rules_misses_packets(c, peer) || peer->sent_dropped + peer->received_dropped == 0) {
        return false;
    }
    char at[32];
    rules_evidence_peer(c, peer);
    return rules_found(
        c, "wire.dropped", "a packet %s %s was dropped on the wire, the last at %s: %s",
        peer->received_dropped > 0 ? "from" : "to", rules_address(peer->address).text,
        rules_time(at, peer->dropped_last.time_ns), peer->dropped_why);
}

bool rule_peer_silent(struct rules_case *c)
{
    if (!rules_program_suffers(c)) {
        return false;
    }
    const struct ledger_peer *peer = rules_peer(c);
    if (!rules_misses_packets(c, peer) || peer->sent == 0 ||
        !rules_is_settled(c, &peer->sent_last) || rules_is_on_its_way(c, peer->address)) {
        return false;
    }
    char at[32];
    rules_evidence_peer(c, peer);
    return rules_found(c, "peer.silent", "%s has not answered what reached it, the last time at %s",
                       rules_address(peer->address).text, rules_time(at, peer->sent_last.time_ns));
}
