/*
 * wire_egress.c - what may reach libslirp
 *
 * A frame is taken apart from the outside in; each layer is checked against the bytes that are
 * there before it is believed, and the first thing that is wrong is the reason. The order of the
 * checks makes the reason the useful one: where a datagram wants to go is said before what else is
 * odd about it.
 *
 * Fragments do not pass; those for services in front of libslirp are put together before they come
 * here (wire_fragments.h). libslirp 4.7, as Debian builds it, crashes when the last fragment of a
 * datagram comes first. Whoever wants them there has to put datagrams together in front of it.
 *
 * TCP segments with URG are not for libslirp either, not even for a service: 4.7 takes the urgent
 * pointer for a length that it does not check.
 */
#include "emu/wire/wire_egress.h"

#include "emu/wire/checksum.h"
#include "emu/wire/wire_bytes.h"
#include "emu/wire/wire_stations.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#define ETHERNET_SIZE    14
#define ETHERTYPE_MIN    0x0600 /* below, the field is a length: [802.3] 3.2.6 */
#define ETHERTYPE_IPV4   0x0800
#define ETHERTYPE_ARP    0x0806
#define ETHERTYPE_VLAN   0x8100
#define ETHERTYPE_IPV6   0x86dd
#define ARP_SIZE         28
#define ARP_REQUEST      1
#define ARP_REPLY        2
#define IPV4_SIZE        20
#define IPV4_DONT        0x4000
#define IPV4_MORE        0x2000
#define IPV4_OFFSET      0x1fff
#define IPV4_BROADCAST   UINT32_C(0xffffffff)
#define PROTOCOL_ICMP    1
#define PROTOCOL_TCP     6
#define PROTOCOL_UDP     17
#define ICMP_SIZE        8
#define ICMP_ECHO        8
#define UDP_SIZE         8
#define PORT_DHCP_CLIENT 68
#define PORT_DHCP_SERVER 67
#define TCP_SIZE         20
#define TCP_FIN          0x01
#define TCP_SYN          0x02
#define TCP_RST          0x04
#define TCP_ACK          0x10
#define TCP_URG          0x20
#define ANSWER_TTL       64
/* To a scripted host, at a port that the scenario says nothing about. */
#define EGRESS_NOT_DECLARED "not a declared port"
/* [RFC792]: the header and the first 64 bits of the datagram's data. */
#define QUOTED_PAYLOAD 8

/* Our MAC addresses: 52:55 and the IPv4 address. */
#define MAC_PREFIX 0x5255

static_assert(WIRE_EGRESS_ANSWER_MAX == ETHERNET_SIZE + IPV4_SIZE + ICMP_SIZE + 60 + QUOTED_PAYLOAD,
              "the longest answer quotes the longest header");

/* A datagram whose header has been checked. */
struct egress_datagram {
    const struct wire_egress_rules *rules;
    const uint8_t *header;
    size_t header_len;
    const uint8_t *payload;
    size_t payload_len;
    uint32_t source, destination;
    uint8_t protocol;
    bool is_fragment;
    bool to_group; /* by its MAC address */
    const uint8_t *sender_mac;
};

static enum wire_egress_verdict egress_drop(struct wire_egress_judgement *judgement,
                                            const char *format, ...) G_GNUC_PRINTF(2, 3);

static enum wire_egress_verdict egress_drop(struct wire_egress_judgement *judgement,
                                            const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_vsnprintf(judgement->why, sizeof(judgement->why), format, arguments);
    va_end(arguments);
    return WIRE_EGRESS_DROP;
}

static enum wire_egress_verdict egress_drop_address(struct wire_egress_judgement *judgement,
                                                    const char *what, uint32_t address)
{
    return egress_drop(judgement, "%s: %u.%u.%u.%u", what, address >> 24, address >> 16 & 0xff,
                       address >> 8 & 0xff, address & 0xff);
}

const struct serve_endpoint *wire_egress_find(const struct wire_egress_rules *rules, bool udp,
                                              uint32_t address, uint16_t port)
{
    for (unsigned i = 0; i < rules->count; i++) {
        const struct serve_endpoint *endpoint = rules->endpoints[i];
        if (endpoint->address == address && endpoint->port == port && endpoint->udp == udp) {
            return endpoint;
        }
    }
    return NULL;
}

bool wire_egress_answers_at(const struct wire_egress_rules *rules, uint32_t address)
{
    if (rules->dns != 0 && rules->dns == address) {
        return true;
    }
    for (unsigned i = 0; i < rules->count; i++) {
        if (rules->endpoints[i]->udp && rules->endpoints[i]->address == address) {
            return true;
        }
    }
    return false;
}

/* Is TCP to a service of this kind libslirp's business? */
static bool egress_is_for_libslirp(const struct serve_endpoint *endpoint)
{
    return !endpoint->udp && endpoint->kind != SERVE_REFUSED;
}

/* An address that somebody made a service for; `libslirp`: one of those that libslirp knows. */
static bool egress_is_served(const struct wire_egress_rules *rules, uint32_t address, bool libslirp)
{
    if (!libslirp && rules->dns != 0 && rules->dns == address) {
        return true;
    }
    for (unsigned i = 0; i < rules->count; i++) {
        const struct serve_endpoint *endpoint = rules->endpoints[i];
        if (endpoint->address == address && (!libslirp || egress_is_for_libslirp(endpoint))) {
            return true;
        }
    }
    return false;
}

static bool egress_is_ours(const struct wire_egress_rules *rules, uint32_t address)
{
    if (rules->mac != NULL) {
        return address == rules->host;
    }
    return address == WIRE_EGRESS_GATEWAY || address == WIRE_EGRESS_DNS ||
           egress_is_served(rules, address, false);
}

/* What was found out about a datagram that goes on. */
static void egress_note(const struct egress_datagram *datagram,
                        const struct serve_endpoint *endpoint, const uint8_t *payload, size_t len,
                        struct wire_egress_judgement *judgement)
{
    judgement->datagram = (struct wire_egress_datagram){
        .endpoint = endpoint,
        .sender_mac = datagram->sender_mac,
        .source = datagram->source,
        .destination = datagram->destination,
        .source_port = wire_get16(datagram->payload),
        .port = wire_get16(datagram->payload + 2),
        .payload = payload,
        .len = len,
    };
}

/*
 * Ethernet and IPv4 header of an answer, back to where the datagram came from; the payload follows.
 */
static uint8_t *egress_begin_answer(const struct egress_datagram *datagram, uint8_t protocol,
                                    size_t payload_len, struct wire_egress_judgement *judgement)
{
    size_t len = IPV4_SIZE + payload_len;
    judgement->answer_len = ETHERNET_SIZE + len;
    g_assert(judgement->answer_len <= WIRE_EGRESS_ANSWER_MAX);
    uint8_t *ethernet = judgement->answer;
    memset(ethernet, 0, judgement->answer_len);
    memcpy(ethernet, datagram->sender_mac, 6);
    /*
     * As libslirp does it: the source is the gateway's MAC, whichever of the two addresses answers.
     */
    wire_put16(ethernet + 6, MAC_PREFIX);
    wire_put32(ethernet + 8, WIRE_EGRESS_GATEWAY);
    if (datagram->rules->mac != NULL) {
        memcpy(ethernet + 6, datagram->rules->mac, 6);
    }
    wire_put16(ethernet + 12, ETHERTYPE_IPV4);
    uint8_t *ip = ethernet + ETHERNET_SIZE;
    ip[0] = 0x45;
    wire_put16(ip + 2, (unsigned)len);
    wire_put16(
        ip + 6,
        IPV4_DONT); /* an atomic datagram, whose identification says nothing: [RFC6864] 4.1 */
    ip[8] = ANSWER_TTL;
    ip[9] = protocol;
    wire_put32(ip + 12, datagram->destination);
    wire_put32(ip + 16, datagram->source);
    wire_put16(ip + 10, checksum_finish(checksum_add(0, ip, IPV4_SIZE)));
    return ip + IPV4_SIZE;
}

/* Port unreachable: [RFC792], and [RFC1122] 3.2.2.1 and 4.1.3.1. */
static enum wire_egress_verdict egress_answer_unreachable(const struct egress_datagram *datagram,
                                                          struct wire_egress_judgement *judgement)
{
    size_t quoted = datagram->header_len + QUOTED_PAYLOAD;
    uint8_t *icmp = egress_begin_answer(datagram, PROTOCOL_ICMP, ICMP_SIZE + quoted, judgement);
    icmp[0] = 3; /* destination unreachable */
    icmp[1] = 3; /* port unreachable */
    memcpy(icmp + ICMP_SIZE, datagram->header, quoted);
    wire_put16(icmp + 2, checksum_finish(checksum_add(0, icmp, ICMP_SIZE + quoted)));
    return WIRE_EGRESS_ANSWER;
}

static bool egress_transport_checksum_is_good(const struct egress_datagram *datagram, size_t len)
{
    uint64_t sum = checksum_add_pseudo_header(0, datagram->source, datagram->destination,
                                              datagram->protocol, (uint16_t)len);
    return checksum_finish(checksum_add(sum, datagram->payload, len)) == 0;
}

static enum wire_egress_verdict egress_judge_udp(const struct egress_datagram *datagram,
                                                 struct wire_egress_judgement *judgement)
{
    const uint8_t *udp = datagram->payload;
    if (datagram->payload_len < UDP_SIZE) {
        return egress_drop(judgement, "truncated UDP header");
    }
    size_t len = wire_get16(udp + 4);
    if (len < UDP_SIZE || len > datagram->payload_len) {
        return egress_drop(judgement, "wrong UDP length: %zu", len);
    }
    /*
     * [RFC768]: "An all zero transmitted checksum value means that the transmitter generated no
     * checksum".
     */
    if (wire_get16(udp + 6) != 0 && !egress_transport_checksum_is_good(datagram, len)) {
        return egress_drop(judgement, "wrong UDP checksum");
    }
    const struct wire_egress_rules *rules = datagram->rules;
    uint16_t port = wire_get16(udp + 2);
    bool to_gateway = datagram->destination == WIRE_EGRESS_GATEWAY;
    if (port == PORT_DHCP_SERVER && (to_gateway || datagram->destination == IPV4_BROADCAST)) {
        if (wire_get16(udp) != PORT_DHCP_CLIENT) {
            return egress_drop(judgement, "DHCP from port %u", wire_get16(udp));
        }
        return WIRE_EGRESS_PASS;
    }
    if (datagram->destination == IPV4_BROADCAST) {
        return egress_drop_address(judgement, "not allowed to leave", datagram->destination);
    }
    const struct serve_endpoint *endpoint =
        wire_egress_find(rules, true, datagram->destination, port);
    bool names = endpoint == NULL && rules->dns != 0 && rules->dns == datagram->destination &&
                 port == WIRE_EGRESS_PORT_DNS;
    if (names || (endpoint != NULL && endpoint->kind != SERVE_REFUSED)) {
        egress_note(datagram, endpoint, udp + UDP_SIZE, len - UDP_SIZE, judgement);
        return WIRE_EGRESS_UDP;
    }
    if (rules->mac != NULL && endpoint == NULL) {
        return egress_drop(judgement, EGRESS_NOT_DECLARED);
    }
    if (endpoint == NULL && rules->live && to_gateway) {
        return WIRE_EGRESS_PASS;
    }
    return egress_answer_unreachable(datagram, judgement);
}

/* What a closed port says: [RFC9293] 3.10.7.1. */
static enum wire_egress_verdict egress_answer_reset(const struct egress_datagram *datagram,
                                                    size_t data_len,
                                                    struct wire_egress_judgement *judgement)
{
    const uint8_t *segment = datagram->payload;
    uint8_t flags = segment[13];
    uint8_t *reset = egress_begin_answer(datagram, PROTOCOL_TCP, TCP_SIZE, judgement);
    wire_put16(reset, wire_get16(segment + 2));
    wire_put16(reset + 2, wire_get16(segment));
    if ((flags & TCP_ACK) != 0) {
        /* <SEQ=SEG.ACK><CTL=RST> */
        wire_put32(reset + 4, wire_get32(segment + 8));
        reset[13] = TCP_RST;
    } else {
        /* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>; SYN and FIN count in SEG.LEN. */
        uint32_t segment_len = (uint32_t)data_len;
        segment_len += (flags & TCP_SYN) != 0 ? 1 : 0;
        segment_len += (flags & TCP_FIN) != 0 ? 1 : 0;
        wire_put32(reset + 8, wire_get32(segment + 4) + segment_len);
        reset[13] = TCP_RST | TCP_ACK;
    }
    reset[12] = TCP_SIZE / 4 << 4;
    uint64_t sum = checksum_add_pseudo_header(0, datagram->destination, datagram->source,
                                              PROTOCOL_TCP, TCP_SIZE);
    wire_put16(reset + 16, checksum_finish(checksum_add(sum, reset, TCP_SIZE)));
    return WIRE_EGRESS_ANSWER;
}

static enum wire_egress_verdict egress_judge_tcp(const struct egress_datagram *datagram,
                                                 struct wire_egress_judgement *judgement)
{
    const uint8_t *segment = datagram->payload;
    if (datagram->payload_len < TCP_SIZE) {
        return egress_drop(judgement, "truncated TCP header");
    }
    size_t header_len = (size_t)(segment[12] >> 4) * 4;
    if (header_len < TCP_SIZE || header_len > datagram->payload_len) {
        return egress_drop(judgement, "wrong TCP data offset: %zu", header_len);
    }
    if (!egress_transport_checksum_is_good(datagram, datagram->payload_len)) {
        return egress_drop(judgement, "wrong TCP checksum");
    }
    if ((segment[13] & TCP_URG) != 0) {
        return egress_drop(judgement, "urgent TCP data");
    }
    uint16_t port = wire_get16(segment + 2);
    const struct serve_endpoint *endpoint =
        wire_egress_find(datagram->rules, false, datagram->destination, port);
    bool live =
        endpoint == NULL && datagram->rules->live && datagram->destination == WIRE_EGRESS_GATEWAY;
    if (live || (endpoint != NULL && egress_is_for_libslirp(endpoint))) {
        if (datagram->rules->is_full && (segment[13] & TCP_SYN) != 0) {
            return egress_drop(judgement, "too many conversations");
        }
        egress_note(datagram, endpoint, NULL, datagram->payload_len - header_len, judgement);
        judgement->is_tcp = true;
        judgement->tcp_flags = segment[13];
        judgement->tcp_ack = wire_get32(segment + 8);
        return WIRE_EGRESS_PASS;
    }
    if (datagram->rules->mac != NULL && endpoint == NULL) {
        return egress_drop(judgement, EGRESS_NOT_DECLARED);
    }
    if ((segment[13] & TCP_RST) != 0) {
        /* [RFC9293] 3.10.7.1: "An incoming segment containing a RST is discarded." */
        return egress_drop(judgement, "TCP reset to a closed port");
    }
    return egress_answer_reset(datagram, datagram->payload_len - header_len, judgement);
}

static enum wire_egress_verdict egress_judge_icmp(const struct egress_datagram *datagram,
                                                  struct wire_egress_judgement *judgement)
{
    const uint8_t *icmp = datagram->payload;
    if (datagram->payload_len < ICMP_SIZE) {
        return egress_drop(judgement, "truncated ICMP header");
    }
    if (icmp[0] != ICMP_ECHO) {
        return egress_drop(judgement, "ICMP type %u, not an echo request", icmp[0]);
    }
    if (checksum_finish(checksum_add(0, icmp, datagram->payload_len)) != 0) {
        return egress_drop(judgement, "wrong ICMP checksum");
    }
    if (datagram->destination != WIRE_EGRESS_GATEWAY && datagram->destination != WIRE_EGRESS_DNS) {
        egress_note(datagram, NULL, icmp, datagram->payload_len, judgement);
        return WIRE_EGRESS_ECHO;
    }
    return WIRE_EGRESS_PASS;
}

/*
 * [RFC1122] 3.2.1.3: "A host MUST silently discard an incoming datagram containing an IP source
 * address that is invalid by the rules of this section": this network, loopback, groups,
 * broadcasts; and our own addresses.
 */
static bool egress_source_is_a_host(const struct wire_egress_rules *rules, uint32_t source)
{
    uint32_t top = source >> 24;
    bool is_broadcast =
        (source & WIRE_EGRESS_MASK) == WIRE_EGRESS_NETWORK &&
        ((source & ~WIRE_EGRESS_MASK) == 0 || (source & ~WIRE_EGRESS_MASK) == ~WIRE_EGRESS_MASK);
    return top != 0 && top != 127 && top < 224 && !is_broadcast && !egress_is_ours(rules, source);
}

/* DHCP clients that have no address yet send from 0.0.0.0: [RFC2131] 4.1. */
static bool egress_may_lack_a_source(const struct egress_datagram *datagram)
{
    return datagram->protocol == PROTOCOL_UDP && !datagram->is_fragment &&
           datagram->payload_len >= UDP_SIZE && wire_get16(datagram->payload) == PORT_DHCP_CLIENT &&
           wire_get16(datagram->payload + 2) == PORT_DHCP_SERVER &&
           (datagram->destination == WIRE_EGRESS_GATEWAY ||
            datagram->destination == IPV4_BROADCAST);
}

static enum wire_egress_verdict egress_judge_datagram(const struct egress_datagram *datagram,
                                                      struct wire_egress_judgement *judgement)
{
    bool to_all = datagram->destination == IPV4_BROADCAST;
    if (!egress_is_ours(datagram->rules, datagram->destination) &&
        !(to_all && datagram->protocol == PROTOCOL_UDP)) {
        return egress_drop_address(judgement, "not allowed to leave", datagram->destination);
    }
    if (!egress_source_is_a_host(datagram->rules, datagram->source) &&
        !(datagram->source == 0 && egress_may_lack_a_source(datagram))) {
        return egress_drop_address(judgement, "not an address of a host", datagram->source);
    }
    /*
     * [RFC1122] 3.3.6: "A host SHOULD silently discard a datagram that is received via a link-layer
     * broadcast but does not specify an IP multicast or broadcast destination address."
     */
    if (datagram->to_group && !to_all) {
        return egress_drop(judgement, "unicast IPv4 in a broadcast frame");
    }
    if (datagram->is_fragment) {
        return egress_drop(judgement, "IPv4 fragment");
    }
    switch (datagram->protocol) {
    case PROTOCOL_ICMP:
        return egress_judge_icmp(datagram, judgement);
    case PROTOCOL_TCP:
        return egress_judge_tcp(datagram, judgement);
    case PROTOCOL_UDP:
        return egress_judge_udp(datagram, judgement);
    default:
        return egress_drop(judgement, "IPv4 protocol %u", datagram->protocol);
    }
}

static enum wire_egress_verdict egress_judge_ipv4(const struct wire_egress_rules *rules,
                                                  const uint8_t *frame, size_t len,
                                                  struct wire_egress_judgement *judgement)
{
    const uint8_t *ip = frame + ETHERNET_SIZE;
    size_t room = len - ETHERNET_SIZE;
    if (room < IPV4_SIZE) {
        return egress_drop(judgement, "truncated IPv4 header");
    }
    if (ip[0] >> 4 != 4) {
        return egress_drop(judgement, "IPv4 header of version %u", ip[0] >> 4);
    }
    size_t header_len = (size_t)(ip[0] & 0xf) * 4;
    size_t total_len = wire_get16(ip + 2);
    if (header_len < IPV4_SIZE || header_len > room) {
        return egress_drop(judgement, "wrong IPv4 header length: %zu", header_len);
    }
    if (total_len < header_len || total_len > room) {
        return egress_drop(judgement, "wrong IPv4 total length: %zu", total_len);
    }
    if (checksum_finish(checksum_add(0, ip, header_len)) != 0) {
        return egress_drop(judgement, "wrong IPv4 header checksum");
    }
    struct egress_datagram datagram = {
        .rules = rules,
        .header = ip,
        .header_len = header_len,
        .payload = ip + header_len,
        .payload_len = total_len - header_len,
        .source = wire_get32(ip + 12),
        .destination = wire_get32(ip + 16),
        .protocol = ip[9],
        .is_fragment = (wire_get16(ip + 6) & (IPV4_MORE | IPV4_OFFSET)) != 0,
        .to_group = wire_mac_is_group(frame),
        .sender_mac = frame + 6,
    };
    return egress_judge_datagram(&datagram, judgement);
}

/* [RFC826]: a reply to a request for an address of ours that libslirp does not know. */
static enum wire_egress_verdict egress_answer_arp(const uint8_t *frame, uint32_t address,
                                                  struct wire_egress_judgement *judgement)
{
    uint8_t *reply = judgement->answer, *arp = reply + ETHERNET_SIZE;
    judgement->answer_len = ETHERNET_SIZE + ARP_SIZE;
    memcpy(reply, frame + 6, 6);
    wire_put16(reply + 6, MAC_PREFIX);
    wire_put32(reply + 8, address);
    wire_put16(reply + 12, ETHERTYPE_ARP);
    memcpy(arp, frame + ETHERNET_SIZE, 8);
    wire_put16(arp + 6, ARP_REPLY);
    memcpy(arp + 8, reply + 6, 6);
    wire_put32(arp + 14, address);
    memcpy(arp + 18, frame + ETHERNET_SIZE + 8, 10);
    return WIRE_EGRESS_ANSWER;
}

/* [RFC826], Ethernet and IPv4 only. Who asks for whom is libslirp's business. */
static enum wire_egress_verdict egress_judge_arp(const struct wire_egress_rules *rules,
                                                 const uint8_t *frame, size_t len,
                                                 struct wire_egress_judgement *judgement)
{
    const uint8_t *arp = frame + ETHERNET_SIZE;
    if (len < ETHERNET_SIZE + ARP_SIZE) {
        return egress_drop(judgement, "truncated ARP");
    }
    if (wire_get16(arp) != 1 || wire_get16(arp + 2) != ETHERTYPE_IPV4 || arp[4] != 6 ||
        arp[5] != 4) {
        return egress_drop(judgement, "ARP for something other than IPv4 on Ethernet");
    }
    unsigned operation = wire_get16(arp + 6);
    if (operation != ARP_REQUEST && operation != ARP_REPLY) {
        return egress_drop(judgement, "ARP operation %u", operation);
    }
    uint32_t target = wire_get32(arp + 24);
    if (operation == ARP_REQUEST && target != WIRE_EGRESS_GATEWAY && target != WIRE_EGRESS_DNS &&
        wire_get32(arp + 14) != target && egress_is_served(rules, target, false) &&
        !egress_is_served(rules, target, true)) {
        return egress_answer_arp(frame, target, judgement);
    }
    return WIRE_EGRESS_PASS;
}

/* A network card listens to its own address and to groups. Ours has those of all our stations. */
static bool egress_listens_to(const struct wire_egress_rules *rules, const uint8_t *mac)
{
    if (rules->mac != NULL && memcmp(mac, rules->mac, 6) == 0) {
        return true;
    }
    return wire_mac_is_group(mac) || (rules->mac == NULL && wire_get16(mac) == MAC_PREFIX &&
                                      egress_is_ours(rules, wire_get32(mac + 2)));
}

enum wire_egress_verdict wire_egress_judge(const struct wire_egress_rules *rules,
                                           const uint8_t *frame, size_t len,
                                           struct wire_egress_judgement *judgement)
{
    judgement->is_tcp = false;
    if (len < ETHERNET_SIZE) {
        return egress_drop(judgement, "truncated Ethernet header");
    }
    if (!egress_listens_to(rules, frame)) {
        return egress_drop(judgement, "for another station: %02x:%02x:%02x:%02x:%02x:%02x",
                           frame[0], frame[1], frame[2], frame[3], frame[4], frame[5]);
    }
    unsigned ethertype = wire_get16(frame + 12);
    switch (ethertype) {
    case ETHERTYPE_IPV4:
        return egress_judge_ipv4(rules, frame, len, judgement);
    case ETHERTYPE_ARP:
        return egress_judge_arp(rules, frame, len, judgement);
    case ETHERTYPE_IPV6:
        return egress_drop(judgement, "IPv6");
    case ETHERTYPE_VLAN:
        return egress_drop(judgement, "VLAN tag");
    default:
        break;
    }
    if (ethertype < ETHERTYPE_MIN) {
        return egress_drop(judgement, "IEEE 802.3 length instead of an EtherType");
    }
    return egress_drop(judgement, "EtherType 0x%04x", ethertype);
}
