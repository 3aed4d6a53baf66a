/*
 * wire_host.c - a scripted host: a station with an address
 *
 * [RFC826], packet reception: a request of Ethernet and IPv4 for our protocol address is answered
 * with the sender's and our addresses swapped. There is no translation table, as nothing is ever
 * sent to an address that is to be looked up. What is refused is answered as the filter in front of
 * libslirp does it (wire_egress.h). Everything else is silently received.
 */
#include "emu/wire/wire_host.h"

#include "emu/wire/wire_bytes.h"
#include "emu/wire/wire_egress.h"

#include <string.h>

#define HOST_ARP_SIZE       42 /* with the Ethernet header */
#define HOST_ARP_FIXED      14 /* hardware, protocol, sizes, operation: here they begin, */
#define HOST_ARP_SENDER     22 /* the sender's addresses, */
#define HOST_ARP_TARGET     32 /* and the target's */
#define HOST_ETHERTYPE_IPV4 0x0800

/* EtherType, then: Ethernet, IPv4, 6 and 4 bytes, request. */
static const uint8_t host_arp_request[] = {0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0, 1};

struct wire_host {
    struct wire_port *port;
    uint8_t mac[6], ip[4];
    uint64_t answered;
    struct wire_egress_rules rules;
    const struct serve_endpoint *refused[SERVE_MAX];
};

/* Whatever else came: only what is for a port that is refused has an answer. */
static void host_refuse(struct wire_host *host, const uint8_t *frame, size_t len)
{
    struct wire_egress_judgement judgement;
    if (host->rules.count > 0 && len >= HOST_ARP_FIXED &&
        wire_get16(frame + HOST_ARP_FIXED - 2) == HOST_ETHERTYPE_IPV4 &&
        wire_egress_judge(&host->rules, frame, len, &judgement) == WIRE_EGRESS_ANSWER) {
        wire_port_send(host->port, judgement.answer, judgement.answer_len);
    }
}

static void host_receive(void *opaque, const uint8_t *frame, size_t len)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct wire_host *host = opaque;
    bool for_us = len >= HOST_ARP_SIZE && (memcmp(frame, host->mac, sizeof(host->mac)) == 0 ||
                                           memcmp(frame, broadcast, sizeof(broadcast)) == 0);
    if (!for_us ||
        memcmp(frame + HOST_ARP_FIXED - 2, host_arp_request, sizeof(host_arp_request)) != 0 ||
        memcmp(frame + HOST_ARP_TARGET + 6, host->ip, sizeof(host->ip)) != 0) {
        host_refuse(host, frame, len);
        return;
    }
    uint8_t reply[HOST_ARP_SIZE];
    memcpy(reply, frame + HOST_ARP_SENDER, 6);
    memcpy(reply + 6, host->mac, 6);
    memcpy(reply + HOST_ARP_FIXED - 2, host_arp_request, sizeof(host_arp_request));
    reply[HOST_ARP_SENDER - 1] = 2;
    memcpy(reply + HOST_ARP_SENDER, host->mac, 6);
    memcpy(reply + HOST_ARP_SENDER + 6, host->ip, 4);
    memcpy(reply + HOST_ARP_TARGET, frame + HOST_ARP_SENDER, 10);
    host->answered++;
    wire_port_send(host->port, reply, sizeof(reply));
}

struct wire_host *wire_host_new(struct wire *wire, const char *name, const uint8_t mac[6],
                                const uint8_t ip[4])
{
    struct wire_host *host = g_new0(struct wire_host, 1);
    memcpy(host->mac, mac, sizeof(host->mac));
    memcpy(host->ip, ip, sizeof(host->ip));
    host->rules.mac = host->mac;
    host->rules.host = wire_get32(ip);
    host->rules.endpoints = host->refused;
    host->port = wire_add_port(wire, name, false, host_receive, host);
    return host;
}

void wire_host_free(struct wire_host *host)
{
    g_free(host);
}

struct wire_port *wire_host_port(struct wire_host *host)
{
    return host->port;
}

void wire_host_refuse(struct wire_host *host, const struct serve_endpoint *endpoint)
{
    g_assert(host->rules.count < SERVE_MAX);
    g_assert(endpoint->kind == SERVE_REFUSED && endpoint->address == host->rules.host);
    host->refused[host->rules.count++] = endpoint;
}

uint64_t wire_host_answered(const struct wire_host *host)
{
    return host->answered;
}
