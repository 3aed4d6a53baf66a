/*
 * peers.c - what passed between the guest and each address
 *
 * ARP [RFC826] and IPv4 [RFC791] over Ethernet, looked at only as far as counting needs: who asks
 * for whom, who sends to whom. Frames that are shorter than their headers count for nobody.
 */
#include "harness/diagnosis/ledger.h"

#define PEERS_ETHERNET    14
#define PEERS_TYPE_IPV4   0x0800
#define PEERS_TYPE_ARP    0x0806
#define PEERS_ARP_SIZE    28
#define PEERS_IPV4_SIZE   20
#define PEERS_ARP_REQUEST 1
#define PEERS_ARP_REPLY   2

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

static void peers_arp_asked(struct ledger_peer *peer, const struct ledger_mark *at, bool dropped)
{
    peer->arp_requests++;
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
    }
    if (asks) {
        peers_arp_asked(peer, at, dropped);
    } else if (dropped) {
        peer->arp_replies_dropped++;
        peer->arp_drop = *at;
    } else {
        peer->arp_replies++;
        peer->arp_answered = *at;
    }
}

static void peers_ipv4(struct ledger *ledger, bool out, bool dropped, const struct ledger_mark *at,
                       const char *why, const uint8_t *packet)
{
    struct ledger_peer *peer = peers_need(ledger, peers_read32(packet + (out ? 16 : 12)));
    if (peer == NULL) {
        return;
    }
    if (dropped) {
        *(out ? &peer->sent_dropped : &peer->received_dropped) += 1;
        peer->dropped_last = *at;
        peer->dropped_why = why;
    } else if (out) {
        peer->sent++;
        peer->sent_last = *at;
    } else {
        peer->received++;
        peer->received_last = *at;
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
    unsigned type = peers_read16(frame + 12);
    if (type == PEERS_TYPE_ARP && len >= PEERS_ETHERNET + PEERS_ARP_SIZE) {
        peers_arp(ledger, out, dropped, at, why, frame + PEERS_ETHERNET);
    } else if (type == PEERS_TYPE_IPV4 && len >= PEERS_ETHERNET + PEERS_IPV4_SIZE) {
        peers_ipv4(ledger, out, dropped, at, why, frame + PEERS_ETHERNET);
    }
}
