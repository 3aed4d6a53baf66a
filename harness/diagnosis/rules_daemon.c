/*
 * rules_daemon.c - the links between the network daemon and what it has to send
 *
 *     card's scheme → opened → interface → address → packet → frame
 *
 * Where drivers are programs a card is a scheme, called "network." and something. A packet that is
 * thrown away on its way out, or on its way to this host itself, is on no wire; its guest says so.
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

#define DAEMON_CARD          "network."
#define DAEMON_CONFIGURATION "/etc/net/"
#define DAEMON_LOOPBACK      127

/* ---- cards ----------------------------------------------------------------------------------- */

/* Before the program came, or long ago: a driver that has just begun may have to be waited for. */
static bool daemon_is_early(const struct rules_case *c, const struct ledger_mark *mark)
{
    return mark->sequence < c->question->program->started_at.sequence || rules_is_settled(c, mark);
}

bool rule_iface_missing(struct rules_case *c)
{
    if (!ledger_has_schemes(c->ledger) || !rules_program_suffers(c) || !rules_reaches_nobody(c)) {
        return false;
    }
    g_autoptr(GPtrArray) schemes = ledger_sorted(c->ledger->schemes->schemes);
    for (guint i = 0; i < schemes->len; i++) {
        const struct ledger_scheme *scheme = g_ptr_array_index(schemes, i);
        bool is_free = scheme->removed.sequence == 0 && scheme->opened.sequence == 0;
        if (is_free && g_str_has_prefix(scheme->name, DAEMON_CARD) &&
            daemon_is_early(c, &scheme->registered)) {
            char at[32];
            c->diagnosis->driver = ledger_task(c->ledger, scheme->provider);
            return rules_found(
                c, "iface.missing",
                "the driver of a card has registered %s at %s, and nobody has opened "
                "it: no interface is made of it",
                scheme->name, rules_time(at, scheme->registered.time_ns));
        }
    }
    return false;
}

/* ---- addresses ------------------------------------------------------------------------------- */

/* Of what configures an interface by itself. */
static const char *daemon_read_file(const struct rules_case *c)
{
    GHashTableIter each;
    gpointer path;
    const char *first = NULL;
    g_hash_table_iter_init(&each, c->ledger->schemes->opened);
    while (g_hash_table_iter_next(&each, &path, NULL)) {
        bool is_one = g_str_has_prefix(path, DAEMON_CONFIGURATION);
        first = is_one && (first == NULL || strcmp(path, first) < 0) ? path : first;
    }
    return first;
}

static bool daemon_has_sent(const struct rules_case *c)
{
    for (unsigned i = 0; i < c->ledger->peer_count; i++) {
        const struct ledger_peer *peer = &c->ledger->peers[i];
        if (peer->sent + peer->sent_dropped + peer->arp_requests > 0) {
            return true;
        }
    }
    return false;
}

/* Only of who waits: who is told that nobody can be reached is told the truth. */
bool rule_iface_unaddressed(struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    if (!rules_program_suffers(c) || program->exited || program->peer == 0 ||
        program->peer >> 24 == DAEMON_LOOPBACK || c->ledger->schemes->addressed.sequence != 0 ||
        daemon_has_sent(c) || !rules_is_settled(c, &ledger_task(c->ledger, program->task)->since)) {
        return false;
    }
    const char *path = daemon_read_file(c);
    if (path == NULL) {
        return false;
    }
    rules_evidence(c, "%s was opened, and no interface got an address by it", path);
    rules_evidence(c, "no frame left the guest, and no ARP request");
    return rules_found(c, "iface.unaddressed",
                       "%s waits for %s, and no interface has an address to send from: what is to "
                       "be sent is neither refused nor discarded",
                       program->name, rules_address(program->peer).text);
}

/* ---- packets --------------------------------------------------------------------------------- */

static bool daemon_is_provider(const struct rules_case *c, uint32_t task)
{
    g_autoptr(GPtrArray) schemes = ledger_sorted(c->ledger->schemes->schemes);
    for (guint i = 0; i < schemes->len; i++) {
        if (((const struct ledger_scheme *)g_ptr_array_index(schemes, i))->provider == task) {
            return true;
        }
    }
    return false;
}

/*
 * Thrown away by the program itself, in a call, or by somebody who works for it. Right after a
 * packet had come in it may have been that one; and what had come to the driver is the business of
 * the rules of its rings.
 */
static bool daemon_is_its_own(const struct rules_case *c)
{
    struct ledger_mark drop = c->ledger->discarded.at, in = c->ledger->discarded.received;
    uint32_t task = c->ledger->discarded.task;
    bool works_for_it = task == c->question->program->task ||
                        (daemon_is_provider(c, task) && rules_concerns(c, task));
    return works_for_it && (in.sequence == 0 || drop.time_ns - in.time_ns >= RULES_SETTLE_NS) &&
           !rules_is_of_sending(c, c->ledger->discarded.where);
}

bool rule_packet_discarded(struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    struct ledger_mark drop = c->ledger->discarded.at;
    if (!rules_program_suffers(c) || drop.sequence <= program->started_at.sequence ||
        (program->exited && drop.sequence > program->exited_at.sequence) || !daemon_is_its_own(c)) {
        return false;
    }
    char at[32];
    return rules_found(c, "packet.discarded",
                       "nothing had come in, and the guest threw a packet away at %s in %s: %s",
                       rules_time(at, drop.time_ns), c->ledger->discarded.where,
                       c->ledger->discarded.why);
}
