/*
 * peers.c - what passed between the guest and each address
 *
 * ARP [RFC826] and IPv4 [RFC791] over Ethernet, looked at only as far as counting needs: who asks
 * for whom, who sends to whom. Frames that are shorter than their headers count for nobody.
 *
 * Requests are kept until newer ones take their place, with the arrival of their answers: ARP, echo
 * [RFC792] by identifier and sequence number, UDP [RFC768] by its ports. One answer is for all
 * requests with its key: who asks again asks the same.
 */
#include "harness/diagnosis/ledger_priv.h"

#include <string.h>

#define PEERS_ETHERNET    14
#define PEERS_TYPE_IPV4   0x0800
#define PEERS_TYPE_ARP    0x0806
#define PEERS_ARP_SIZE    28
#define PEERS_IPV4_SIZE   20
#define PEERS_ARP_REQUEST 1
#define PEERS_ARP_REPLY   2
#define PEERS_ICMP        1
#define PEERS_TCP         6
#define PEERS_UDP         17
#define PEERS_ECHO_REPLY  0
#define PEERS_ECHO        8
#define PEERS_PORTS_SIZE  8 /* of an ICMP or UDP header, as far as it is looked at */

static unsigned peers_read16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static uint32_t peers_read32(const uint8_t *at)
{
    return (uint32_t)peers_read16(at) << 16 | peers_read16(at + 2);
}

static struct ledger_peer *peers_find(const struct ledger *ledger, uint32_t address)
{
    for (unsigned i = 0; i < ledger->peer_count; i++) {
        if (ledger->peers[i].address == address) {
            return (struct ledger_peer *)&ledger->peers[i];
        }
    }
    return NULL;
}

const struct ledger_peer *ledger_peer(const struct ledger *ledger, uint32_t address)
{
    return peers_find(ledger, address);
}

static struct ledger_peer *peers_need(struct ledger *ledger, uint32_t address)
{
    struct ledger_peer *peer = peers_find(ledger, address);
    if (peer == NULL && ledger->peer_count < LEDGER_PEERS_MAX) {
        peer = &ledger->peers[ledger->peer_count++];
        *peer = (struct ledger_peer){.address = address};
    }
    return peer;
}

static bool peers_is_link_down(const char *why)
{
    return strcmp(why, WIRE_LINK_DOWN) == 0;
}

static void peers_arp_asked(struct ledger_peer *peer, const struct ledger_mark *at, bool dropped)
{
    peer->arp_requests++;
    if (peer->arp_row++ == 0) {
        peer->arp_row_first = *at;
    }
    if (peer->arp_first.sequence == 0) {
        peer->arp_first = *at;
    }
    peer->arp_last = *at;
    if (dropped) {
        peer->arp_requests_dropped++;
        peer->arp_drop = *at;
    }
}

/* `out` carries the guest's own requests; of what comes in, replies count. */
static void peers_arp(struct ledger *ledger, bool out, bool dropped, const struct ledger_mark *at,
                      const char *why, const uint8_t *packet)
{
    unsigned operation = peers_read16(packet + 6);
    uint32_t sender = peers_read32(packet + 14), target = peers_read32(packet + 24);
    bool asks = out && operation == PEERS_ARP_REQUEST && target != sender;
    bool answers = !out && operation == PEERS_ARP_REPLY;
    struct ledger_peer *peer = asks      ? peers_need(ledger, target)
                               : answers ? peers_need(ledger, sender)
                                         : NULL;
    if (peer == NULL) {
        return;
    }
    if (dropped) {
        peer->dropped_why = why;
        peer->arp_link_lost = peers_is_link_down(why) ? *at : peer->arp_link_lost;
    }
    if (asks) {
        peers_arp_asked(peer, at, dropped);
    } else if (dropped) {
        peer->arp_replies_dropped++;
        peer->arp_drop = *at;
    } else {
        peer->arp_replies++;
        peer->arp_answered = *at;
        peer->arp_row = 0;
    }
}

static void peers_ipv4(struct ledger *ledger, bool out, bool dropped, const struct ledger_mark *at,
                       const char *why, const uint8_t *packet)
{
    struct ledger_peer *peer = peers_need(ledger, peers_read32(packet + (out ? 16 : 12)));
    if (peer == NULL) {
        return;
    }
    bool is_tcp = packet[9] == PEERS_TCP;
    if (is_tcp && !dropped) {
        *(out ? &peer->segments_sent : &peer->segments_received) += 1;
    } else if (is_tcp && out) {
        peer->segments_sent_dropped++;
    }
    if (dropped) {
        *(out ? &peer->sent_dropped : &peer->received_dropped) += 1;
        peer->dropped_last = *at;
        peer->dropped_why = why;
        peer->link_lost = peers_is_link_down(why) ? *at : peer->link_lost;
    } else if (out) {
        peer->sent++;
        peer->sent_last = *at;
    } else {
        peer->received++;
        peer->received_last = *at;
        ledger->received = *at;
        ledger->received_from = peer->address;
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static enum ledger_kind peers_arp_key(bool out, const uint8_t *packet, struct ledger_key *key)
{
    unsigned operation = peers_read16(packet + 6);
    uint32_t sender = peers_read32(packet + 14), target = peers_read32(packet + 24);
    key->peer = out ? target : sender;
    bool is_kept =
        out ? operation == PEERS_ARP_REQUEST && target != sender : operation == PEERS_ARP_REPLY;
    return is_kept ? LEDGER_KIND_ARP : LEDGER_KIND_NONE;
}

static enum ledger_kind peers_ipv4_key(bool out, const uint8_t *packet, size_t len,
                                       struct ledger_key *key)
{
    size_t header = (size_t)(packet[0] & 15) * 4;
    bool is_later_fragment = (peers_read16(packet + 6) & 0x1fff) != 0;
    if (header < PEERS_IPV4_SIZE || is_later_fragment || len < header + PEERS_PORTS_SIZE) {
        return LEDGER_KIND_NONE;
    }
    const uint8_t *body = packet + header;
    key->peer = peers_read32(packet + (out ? 16 : 12));
    if (packet[9] == PEERS_ICMP) {
        key->numbers = peers_read32(body + 4);
        return body[0] == (out ? PEERS_ECHO : PEERS_ECHO_REPLY) ? LEDGER_KIND_ECHO
                                                                : LEDGER_KIND_NONE;
    }
    uint32_t from = peers_read16(body), to = peers_read16(body + 2);
    key->numbers = out ? from << 16 | to : to << 16 | from;
    return packet[9] == PEERS_UDP ? LEDGER_KIND_UDP : LEDGER_KIND_NONE;
}

bool ledger_frame_key(bool out, const uint8_t *frame, size_t len, struct ledger_key *key)
{
    *key = (struct ledger_key){0};
    unsigned type = len >= PEERS_ETHERNET ? peers_read16(frame + 12) : 0;
    const uint8_t *packet = frame + PEERS_ETHERNET;
    if (type == PEERS_TYPE_ARP && len >= PEERS_ETHERNET + PEERS_ARP_SIZE) {
        key->kind = peers_arp_key(out, packet, key);
    } else if (type == PEERS_TYPE_IPV4 && len >= PEERS_ETHERNET + PEERS_IPV4_SIZE) {
        key->kind = peers_ipv4_key(out, packet, len - PEERS_ETHERNET, key);
    }
    return key->kind != LEDGER_KIND_NONE;
}

bool ledger_key_answers(const struct ledger_key *answer, const struct ledger_key *request)
{
    return answer->kind == request->kind && answer->numbers == request->numbers &&
           (answer->peer == request->peer || request->peer == UINT32_MAX);
}

bool ledger_comes_from(const uint8_t *frame, size_t len, uint32_t address)
{
    return len >= PEERS_ETHERNET + PEERS_IPV4_SIZE && peers_read16(frame + 12) == PEERS_TYPE_IPV4 &&
           peers_read32(frame + PEERS_ETHERNET + 12) == address;
}

static void peers_asked(struct ledger *ledger, const struct ledger_mark *at,
                        const struct ledger_key *key)
{
    unsigned slot = ledger->request_count++ % LEDGER_REQUESTS;
    ledger->requests[slot] = (struct ledger_request){.key = *key, .sent = *at};
}

/* The newest first: it is the one that is answered, nearly always. */
static void peers_answered(struct ledger *ledger, const struct ledger_mark *at,
                           const struct ledger_key *key)
{
    const struct ledger_device *device = ledger->received_by;
    unsigned kept = MIN(ledger->request_count, LEDGER_REQUESTS);
    for (unsigned i = 1; i <= kept; i++) {
        struct ledger_request *request =
            &ledger->requests[(ledger->request_count - i) % LEDGER_REQUESTS];
        if (request->answered.sequence != 0 || !ledger_key_answers(key, &request->key)) {
            continue;
        }
        request->answered = *at;
        request->device = device;
        request->frame = device != NULL ? device->frames_in - device->dropped_by_device : 0;
        if (key->kind == LEDGER_KIND_ECHO) {
            return;
        }
    }
}

static void peers_follow(struct ledger *ledger, bool out, const struct ledger_mark *at,
                         const uint8_t *frame, size_t len)
{
    struct ledger_key key;
    if (!ledger_frame_key(out, frame, len, &key)) {
        return;
    }
    if (out) {
        peers_asked(ledger, at, &key);
    } else {
        peers_answered(ledger, at, &key);
    }
}

void ledger_frame(struct ledger *ledger, enum ledger_where where, const struct ledger_mark *at,
                  const char *why, const uint8_t *frame, size_t len)
{
    bool out = where == LEDGER_OUT || where == LEDGER_OUT_DROPPED;
    bool dropped = where == LEDGER_OUT_DROPPED || where == LEDGER_IN_DROPPED;
    if (len < PEERS_ETHERNET) {
        return;
    }
    if (!dropped) {
        peers_follow(ledger, out, at, frame, len);
    }
    unsigned type = peers_read16(frame + 12);
    if (type == PEERS_TYPE_ARP && len >= PEERS_ETHERNET + PEERS_ARP_SIZE) {
        peers_arp(ledger, out, dropped, at, why, frame + PEERS_ETHERNET);
    } else if (type == PEERS_TYPE_IPV4 && len >= PEERS_ETHERNET + PEERS_IPV4_SIZE) {
        peers_ipv4(ledger, out, dropped, at, why, frame + PEERS_ETHERNET);
        ledger_converse(ledger, where, at, why, frame + PEERS_ETHERNET, len - PEERS_ETHERNET);
    }
}
