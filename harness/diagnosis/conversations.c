/*
 * conversations.c - what passed over the wire between two ports: TCP and UDP
 *
 * Sets of a few ways by a hash of the ends: found at once, bounded, and the one that was quiet for
 * longest makes room. Of TCP [RFC9293] this is not a state machine: it keeps when which kind of
 * segment passed first or last, and how far the numbers have come. Of what comes in only that
 * counts which is the next in order, so that what is said to have come can be taken by any stack.
 * Fragments behind the first have no ports and are left out.
 */
#include "harness/diagnosis/ledger_priv.h"

#define CONVERSE_IPV4_SIZE 20
#define CONVERSE_TCP_SIZE  20
#define CONVERSE_UDP_SIZE  8
#define CONVERSE_ICMP      1
#define CONVERSE_TCP       6
#define CONVERSE_UDP       17
#define CONVERSE_BOOTPC    68
#define CONVERSE_BOOTPS    67
#define CONVERSE_FIN       0x01
#define CONVERSE_SYN       0x02
#define CONVERSE_RST       0x04
#define CONVERSE_ACK       0x10
/* [RFC792]: unreachable, time exceeded, parameter problem: the errors that quote a packet. */
#define CONVERSE_UNREACHABLE 3
#define CONVERSE_EXCEEDED    11
#define CONVERSE_PARAMETER   12

static unsigned converse_read16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static uint32_t converse_read32(const uint8_t *at)
{
    return (uint32_t)converse_read16(at) << 16 | converse_read16(at + 2);
}

static bool converse_is_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

/* ---- finding --------------------------------------------------------------------------------- */

/* Both ends, as the guest has them. */
struct converse_ends {
    uint8_t protocol;
    uint16_t port, peer_port;
    uint32_t peer;
};

static unsigned converse_set(const struct converse_ends *ends)
{
    uint32_t mixed = (ends->peer ^ ((uint32_t)ends->port << 16 | ends->peer_port) ^
                      (uint32_t)ends->protocol << 8) *
                     UINT32_C(2654435761);
    return mixed >> 16 & (LEDGER_SETS - 1);
}

static struct ledger_conversation *converse_find(const struct ledger *ledger,
                                                 const struct converse_ends *ends)
{
    const struct ledger_conversation *set = ledger->conversations[converse_set(ends)];
    for (unsigned i = 0; i < LEDGER_WAYS; i++) {
        if (set[i].protocol == ends->protocol && set[i].port == ends->port &&
            set[i].peer_port == ends->peer_port && set[i].peer == ends->peer) {
            return (struct ledger_conversation *)&set[i];
        }
    }
    return NULL;
}

static uint64_t converse_age(const struct ledger_conversation *conversation)
{
    return MAX(conversation->out.sequence, conversation->in.sequence);
}

static void converse_begin(struct ledger_conversation *conversation,
                           const struct converse_ends *ends, const struct ledger_mark *at)
{
    *conversation = (struct ledger_conversation){
        .protocol = ends->protocol,
        .port = ends->port,
        .peer_port = ends->peer_port,
        .peer = ends->peer,
        .first = *at,
    };
}

static struct ledger_conversation *
converse_need(struct ledger *ledger, const struct converse_ends *ends, const struct ledger_mark *at)
{
    struct ledger_conversation *found = converse_find(ledger, ends);
    if (found != NULL) {
        return found;
    }
    struct ledger_conversation *set = ledger->conversations[converse_set(ends)];
    found = &set[0];
    for (unsigned i = 1; i < LEDGER_WAYS && found->protocol != 0; i++) {
        if (set[i].protocol == 0 || converse_age(&set[i]) < converse_age(found)) {
            found = &set[i];
        }
    }
    converse_begin(found, ends, at);
    return found;
}

const struct ledger_conversation *ledger_conversation(const struct ledger *ledger,
                                                      const struct ledger_socket *socket)
{
    const struct converse_ends ends = {socket->protocol, socket->port, socket->peer_port,
                                       socket->peer};
    return ends.protocol != 0 && ends.peer != 0 ? converse_find(ledger, &ends) : NULL;
}

/* ---- TCP ------------------------------------------------------------------------------------- */

struct converse_segment {
    uint32_t sequence, acknowledged, size;
    unsigned flags;
};

static bool converse_read_segment(const uint8_t *body, size_t len, struct converse_segment *segment)
{
    size_t header = len >= CONVERSE_TCP_SIZE ? (size_t)(body[12] >> 4) * 4 : 0;
    if (header < CONVERSE_TCP_SIZE || header > len) {
        return false;
    }
    *segment = (struct converse_segment){
        .sequence = converse_read32(body + 4),
        .acknowledged = converse_read32(body + 8),
        .size = (uint32_t)(len - header),
        .flags = body[13],
    };
    return true;
}

static void converse_segment_out(struct ledger_conversation *conversation,
                                 const struct converse_ends *ends,
                                 const struct converse_segment *segment,
                                 const struct ledger_mark *at)
{
    uint32_t next = segment->sequence + segment->size +
                    ((segment->flags & CONVERSE_SYN) != 0 ? 1 : 0) +
                    ((segment->flags & CONVERSE_FIN) != 0 ? 1 : 0);
    if ((segment->flags & CONVERSE_SYN) != 0 &&
        (conversation->syn_out.sequence == 0 || conversation->first_out != segment->sequence)) {
        if ((segment->flags & CONVERSE_ACK) == 0) {
            converse_begin(conversation, ends, at);
        }
        conversation->syn_out = *at;
        conversation->first_out = segment->sequence;
        conversation->next_out = next;
        conversation->acked_out = segment->sequence;
    }
    if ((segment->flags & CONVERSE_RST) != 0) {
        conversation->rst_out = *at;
        return;
    }
    if (segment->size > 0 && converse_is_after(next, conversation->next_out)) {
        conversation->data_out = *at;
    }
    if ((segment->flags & CONVERSE_FIN) != 0 && conversation->fin_out.sequence == 0) {
        conversation->fin_out = *at;
    }
    if (converse_is_after(next, conversation->next_out)) {
        conversation->next_out = next;
    }
}

/* [RFC9293] 3.10.7.3 and 3.10.7.4: acceptable to every stack that follows it. */
static bool converse_is_reset(const struct ledger_conversation *conversation,
                              const struct converse_segment *segment)
{
    if ((segment->flags & CONVERSE_RST) == 0) {
        return false;
    }
    if (conversation->synack_in.sequence == 0 && conversation->syn_out.sequence != 0 &&
        conversation->first_in == 0) {
        return (segment->flags & CONVERSE_ACK) != 0 &&
               segment->acknowledged == conversation->first_out + 1;
    }
    return segment->sequence == conversation->next_in;
}

static void converse_syn_in(struct ledger_conversation *conversation,
                            const struct converse_segment *segment, const struct ledger_mark *at)
{
    bool answers = (segment->flags & CONVERSE_ACK) != 0;
    if (answers && (conversation->syn_out.sequence == 0 ||
                    segment->acknowledged != conversation->first_out + 1)) {
        return;
    }
    if (conversation->first_in == segment->sequence && conversation->next_in != 0) {
        return;
    }
    conversation->first_in = segment->sequence;
    conversation->next_in = segment->sequence + 1;
    if (answers && conversation->synack_in.sequence == 0) {
        conversation->synack_in = *at;
    }
}

static void converse_segment_in(struct ledger_conversation *conversation,
                                const struct converse_segment *segment,
                                const struct ledger_mark *at)
{
    if (converse_is_reset(conversation, segment)) {
        conversation->rst_in = *at;
        return;
    }
    if ((segment->flags & CONVERSE_RST) != 0) {
        return;
    }
    if ((segment->flags & CONVERSE_ACK) != 0 && conversation->syn_out.sequence != 0 &&
        converse_is_after(segment->acknowledged, conversation->acked_out) &&
        !converse_is_after(segment->acknowledged, conversation->next_out)) {
        conversation->acked_out = segment->acknowledged;
    }
    if ((segment->flags & CONVERSE_SYN) != 0) {
        if (conversation->synack_in.sequence == 0) {
            converse_syn_in(conversation, segment, at);
        }
        return;
    }
    uint32_t end = segment->sequence + segment->size;
    if (converse_is_after(segment->sequence, conversation->next_in)) {
        return;
    }
    if (converse_is_after(end, conversation->next_in)) {
        conversation->next_in = end;
        conversation->data_in = *at;
        if (conversation->data_in_first.sequence == 0) {
            conversation->data_in_first = *at;
        }
    }
    if ((segment->flags & CONVERSE_FIN) != 0 && conversation->fin_in.sequence == 0 &&
        end == conversation->next_in) {
        conversation->next_in = end + 1;
        conversation->fin_in = *at;
    }
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void converse_datagram(struct ledger_conversation *conversation, bool out,
                              const struct ledger_mark *at)
{
    if (out) {
        conversation->datagrams_out++;
        conversation->data_out = *at;
    } else {
        conversation->datagrams_in++;
        conversation->data_in = *at;
    }
}

/* An error that quotes what the guest has sent. */
static void converse_error(struct ledger *ledger, const struct ledger_mark *at, const uint8_t *body,
                           size_t len)
{
    const uint8_t *quoted = body + 8;
    if (len < 8 + CONVERSE_IPV4_SIZE + 8 ||
        (body[0] != CONVERSE_UNREACHABLE && body[0] != CONVERSE_EXCEEDED &&
         body[0] != CONVERSE_PARAMETER)) {
        return;
    }
    size_t header = (size_t)(quoted[0] & 15) * 4;
    if (header < CONVERSE_IPV4_SIZE || len < 8 + header + 4) {
        return;
    }
    const struct converse_ends ends = {quoted[9], (uint16_t)converse_read16(quoted + header),
                                       (uint16_t)converse_read16(quoted + header + 2),
                                       converse_read32(quoted + 16)};
    struct ledger_conversation *conversation =
        ends.protocol != 0 ? converse_find(ledger, &ends) : NULL;
    if (conversation != NULL) {
        conversation->error_in = *at;
        conversation->error_type = body[0];
        conversation->error_code = body[1];
    }
}

static void converse_ports(struct ledger *ledger, enum ledger_where where,
                           const struct ledger_mark *at, const char *why, const uint8_t *packet,
                           const uint8_t *body, size_t len)
{
    bool out = where == LEDGER_OUT || where == LEDGER_OUT_DROPPED;
    unsigned from = converse_read16(body), to = converse_read16(body + 2);
    const struct converse_ends ends = {packet[9], (uint16_t)(out ? from : to),
                                       (uint16_t)(out ? to : from),
                                       converse_read32(packet + (out ? 16 : 12))};
    struct converse_segment segment = {0};
    if (ends.protocol == CONVERSE_TCP && !converse_read_segment(body, len, &segment)) {
        return;
    }
    struct ledger_conversation *conversation = converse_need(ledger, &ends, at);
    bool is_dhcp = from == CONVERSE_BOOTPC && to == CONVERSE_BOOTPS;
    if (out && !is_dhcp && converse_read32(packet + 12) == 0) {
        conversation->nameless_out = *at;
    }
    bool arrived = where != LEDGER_IN_DROPPED;
    if (arrived && ends.protocol == CONVERSE_UDP) {
        converse_datagram(conversation, out, at);
    } else if (arrived && out) {
        converse_segment_out(conversation, &ends, &segment, at);
    } else if (arrived) {
        converse_segment_in(conversation, &segment, at);
    }
    if (where == LEDGER_IN_DROPPED || where == LEDGER_OUT_DROPPED) {
        conversation->lost = *at;
        conversation->lost_why = why;
    }
    if (arrived) {
        *(out ? &conversation->out : &conversation->in) = *at;
    }
}

void ledger_converse(struct ledger *ledger, enum ledger_where where, const struct ledger_mark *at,
                     const char *why, const uint8_t *packet, size_t len)
{
    unsigned protocol = packet[9];
    size_t header = (size_t)(packet[0] & 15) * 4, total = converse_read16(packet + 2);
    bool is_later_fragment = (converse_read16(packet + 6) & 0x1fff) != 0;
    if ((protocol != CONVERSE_TCP && protocol != CONVERSE_UDP && protocol != CONVERSE_ICMP) ||
        is_later_fragment || header < CONVERSE_IPV4_SIZE || total > len ||
        total < header + CONVERSE_UDP_SIZE) {
        return;
    }
    if (protocol != CONVERSE_ICMP) {
        converse_ports(ledger, where, at, why, packet, packet + header, total - header);
    } else if (where == LEDGER_IN) {
        converse_error(ledger, at, packet + header, total - header);
    }
}
