/*
 * ipv4.c - the Internet Protocol
 */
#include "netstack/ipv4.h"

#include "lib/checksum.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "netstack/arp.h"
#include "netstack/drop.h"
#include "netstack/ethernet.h"
#include "netstack/icmp.h"
#include "netstack/interface.h"
#include "netstack/loopback.h"
#include "netstack/raw.h"
#include "netstack/reassembly.h"
#include "netstack/route.h"
#include "netstack/tcp.h"
#include "netstack/udp.h"

#include "ringside/probe.h"

#define IPV4_DONT_FRAGMENT   0x4000
#define IPV4_MORE_FRAGMENTS  0x2000
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV4_FRAGMENT_UNIT   8  /* bytes: what offsets count */
#define IPV4_MTU_MIN         68 /* "Every internet module must be able to forward" [RFC791] 3.2 */

struct ipv4_header {
    uint8_t version_length;
    uint8_t service;
    be16_t total_size;
    be16_t identification;
    be16_t fragment;
    uint8_t ttl;
    uint8_t protocol;
    be16_t checksum;
    be32_t source;
    be32_t destination;
};
kstatic_assert(sizeof(struct ipv4_header) == IPV4_HEADER_SIZE, "as on the wire");

/* What differs from header to header. */
struct ipv4_fields {
    const struct ipv4_path *path;
    uint32_t destination;
    enum ipv4_protocol protocol;
    uint16_t identification, fragment;
};

static uint16_t ipv4_next_identification;
static ipv4_select_fn *ipv4_select;

/* ---- sending --------------------------------------------------------------------------------- */

int ipv4_find_path(uint32_t destination, struct ipv4_path *path)
{
    if (interface_by_address(destination) != NULL) {
        *path = (struct ipv4_path){
            .interface = interface_lo(), .source = destination, .next_hop = destination};
        return 0;
    }
    if (destination == IPV4_BROADCAST) {
        struct interface *interface = interface_first_configured();
        if (interface == NULL)
            return -KENETUNREACH;
        *path = (struct ipv4_path){
            .interface = interface, .source = interface->address, .next_hop = destination};
        return 0;
    }
    /* Who has no address can only speak to everybody: a reply would not find the way back. */
    const struct route *route = ipv4_is_unicast(destination) ? route_lookup(destination) : NULL;
    if (route == NULL || route->interface->address == 0)
        return -KENETUNREACH;
    *path = (struct ipv4_path){
        .interface = route->interface,
        .source = route->interface->address,
        .next_hop = route->gateway != 0 ? route->gateway : destination,
    };
    return 0;
}

int ipv4_find_broadcast_path(struct interface *interface, struct ipv4_path *path)
{
    if (interface->netif == NULL || !interface->up)
        return -KENETUNREACH;
    *path = (struct ipv4_path){
        .interface = interface, .source = interface->address, .next_hop = IPV4_BROADCAST};
    return 0;
}

static void ipv4_push_header(struct nbuf *nbuf, const struct ipv4_fields *fields)
{
    struct ipv4_header *header = (struct ipv4_header *)nbuf_push(nbuf, IPV4_HEADER_SIZE);
    *header = (struct ipv4_header){
        .version_length = IPV4_VERSION << 4 | IPV4_HEADER_SIZE / 4,
        .total_size = be16_put((uint16_t)nbuf->len),
        .identification = be16_put(fields->identification),
        .fragment = be16_put(fields->fragment),
        .ttl = fields->path->ttl != 0 ? fields->path->ttl : IPV4_TTL,
        .protocol = (uint8_t)fields->protocol,
        .source = be32_put(fields->path->source),
        .destination = be32_put(fields->destination),
    };
    header->checksum = be16_put(checksum_of(header, IPV4_HEADER_SIZE));
}

/* One packet, which fits. Takes the buffer. */
static int ipv4_send(struct nbuf *nbuf, const struct ipv4_fields *fields, uint64_t now_ns)
{
    struct interface *interface = fields->path->interface;
    ipv4_push_header(nbuf, fields);
    if (interface == interface_lo())
        return loopback_output(nbuf);
    if (interface_is_broadcast(interface, fields->destination))
        return ethernet_output(interface, nbuf, ethernet_broadcast, ETHERNET_IPV4);
    return arp_output(&interface->arp, nbuf, fields->path->next_hop, now_ns);
}

/* A copy of a part of the data, to be sent on its own. */
static int ipv4_send_fragment(const struct nbuf *whole, size_t offset, size_t size,
                              struct ipv4_fields *fields, uint64_t now_ns)
{
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL) {
        net_drop(NULL, "ipv4", "no buffer for a fragment");
        return -KENOBUFS;
    }
    bool more = offset + size < whole->len;
    memcpy(nbuf_put(nbuf, size), whole->data + offset, size);
    fields->fragment = (uint16_t)(offset / IPV4_FRAGMENT_UNIT | (more ? IPV4_MORE_FRAGMENTS : 0));
    return ipv4_send(nbuf, fields, now_ns);
}

/* One that is lost makes the others worthless: no more are sent. */
static int ipv4_send_fragments(struct nbuf *nbuf, struct ipv4_fields *fields, uint64_t now_ns)
{
    size_t size_max =
        (fields->path->interface->mtu - IPV4_HEADER_SIZE) / IPV4_FRAGMENT_UNIT * IPV4_FRAGMENT_UNIT;
    int error = 0;
    for (size_t offset = 0; offset < nbuf->len && error == 0; offset += size_max) {
        size_t left = nbuf->len - offset;
        error = ipv4_send_fragment(nbuf, offset, left < size_max ? left : size_max, fields, now_ns);
    }
    nbuf_free(nbuf);
    return error;
}

void ipv4_set_select(ipv4_select_fn *select)
{
    ipv4_select = select;
}

/* Whether it is the face's business where the packet goes, and the face knows of no way. */
static bool ipv4_is_stuck(struct ipv4_path *path, uint32_t destination)
{
    return ipv4_select != NULL && path->interface != interface_lo() &&
           !interface_is_broadcast(path->interface, destination) && !ipv4_select(destination, path);
}

int ipv4_output(struct nbuf *nbuf, const struct ipv4_path *found, uint32_t destination,
                enum ipv4_protocol protocol, uint64_t now_ns)
{
    struct ipv4_path selected = *found;
    const struct ipv4_path *path = &selected;
    if (ipv4_is_stuck(&selected, destination)) {
        probe_route_disagreed(destination);
        net_drop(nbuf, "router", "no rule leads there");
        return -KENETUNREACH;
    }
    struct ipv4_fields fields = {
        .path = path,
        .destination = destination,
        .protocol = protocol,
        .identification = ipv4_next_identification++,
        .fragment = IPV4_DONT_FRAGMENT,
    };
    if (nbuf->len + IPV4_HEADER_SIZE > path->interface->mtu)
        return ipv4_send_fragments(nbuf, &fields, now_ns);
    return ipv4_send(nbuf, &fields, now_ns);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/*
 * What is wrong with the header itself; NULL: nothing. In this order: each check makes the next one
 * safe.
 */
static const char *ipv4_malformed(const struct nbuf *nbuf)
{
    const struct ipv4_header *header = (const struct ipv4_header *)nbuf->data;
    if (nbuf->len < IPV4_HEADER_SIZE)
        return "shorter than a header";
    if (header->version_length >> 4 != IPV4_VERSION)
        return "version is not 4";
    size_t header_size = ipv4_header_size(nbuf->data);
    if (header_size < IPV4_HEADER_SIZE || header_size > nbuf->len)
        return "bad header length";
    size_t total_size = be16_get(header->total_size);
    if (total_size < header_size)
        return "total length shorter than the header";
    if (total_size > nbuf->len)
        return "total length beyond the frame";
    if (!checksum_is_right(header, header_size))
        return "bad header checksum";
    return NULL;
}

/*
 * A source must be a host's, and not one of our own: those never come from outside [RFC1122]
 * 3.2.1.3.
 */
static const char *ipv4_bad_source(const struct interface *interface, uint32_t source)
{
    if (source == 0 || (interface->netif == NULL && interface_by_address(source) != NULL))
        return NULL;
    if (!ipv4_is_unicast(source) || interface_is_broadcast(interface, source))
        return "source is no host";
    if (interface_by_address(source) != NULL)
        return "source is our own address";
    return NULL;
}

static bool ipv4_is_for_us(const struct interface *interface, uint32_t destination, bool broadcast)
{
    if (broadcast)
        return true;
    if (ipv4_is_loopback(destination) && interface->netif != NULL)
        return false;
    return interface_by_address(destination) != NULL;
}

static const char *ipv4_refusal(const struct ipv4_info *info)
{
    const char *why = ipv4_bad_source(info->interface, info->source);
    if (why != NULL)
        return why;
    if (!ipv4_is_for_us(info->interface, info->destination, info->broadcast))
        return "not for us";
    return NULL;
}

/* Frames are padded: what lies behind the packet goes first, then the header with its options. */
static void ipv4_strip(struct nbuf *nbuf)
{
    const struct ipv4_header *header = (const struct ipv4_header *)nbuf->data;
    nbuf->len = be16_get(header->total_size);
    nbuf_pull(nbuf, ipv4_header_size(nbuf->data));
}

/* The part of a datagram goes to the others. Returns it when it is whole. */
static struct nbuf *ipv4_reassemble(struct nbuf *nbuf, const struct ipv4_header *header,
                                    struct ipv4_info *info, uint64_t now_ns)
{
    uint16_t word = be16_get(header->fragment);
    if ((word & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)) == 0)
        return nbuf;
    struct reassembly_fragment fragment = {
        .protocol = header->protocol,
        .identification = be16_get(header->identification),
        .offset = (size_t)(word & IPV4_FRAGMENT_OFFSET) * IPV4_FRAGMENT_UNIT,
        .last = (word & IPV4_MORE_FRAGMENTS) == 0,
    };
    return reassembly_input(nbuf, &fragment, info, now_ns);
}

/*
 * Who speaks the protocol. "If the protocol is not supported ... SHOULD" be answered [RFC1122]
 * 3.2.2.1.
 */
static void ipv4_deliver(struct nbuf *nbuf, uint8_t protocol, const struct ipv4_info *info,
                         uint64_t now_ns)
{
    bool is_known = raw_input(nbuf, protocol, info);
    switch (protocol) {
    case IPV4_ICMP:
        icmp_input(nbuf, info, now_ns);
        break;
    case IPV4_UDP:
        udp_input(nbuf, info, now_ns);
        break;
    case IPV4_TCP:
        tcp_input(nbuf, info, now_ns);
        break;
    default:
        if (is_known) {
            nbuf_free(nbuf);
            break;
        }
        icmp_send_error(ICMP_ERROR_PROTOCOL, info->header,
                        (size_t)(nbuf->data - info->header) + nbuf->len, info, now_ns);
        net_drop(nbuf, "ipv4", "unknown protocol");
    }
}

/*
 * The time to live does not matter at the destination: "MUST NOT discard a datagram just because it
 * was received with TTL less than 2" 3.2.1.7.
 */
void ipv4_input(struct interface *interface, struct nbuf *nbuf, uint64_t now_ns)
{
    const char *why = ipv4_malformed(nbuf);
    if (why != NULL) {
        net_drop(nbuf, "ipv4", why);
        return;
    }
    const struct ipv4_header *header = (const struct ipv4_header *)nbuf->data;
    struct ipv4_info info = {
        .source = be32_get(header->source),
        .destination = be32_get(header->destination),
        .interface = interface,
        .group = nbuf->group,
        .header = nbuf->data,
    };
    info.broadcast = interface_is_broadcast(interface, info.destination);
    why = ipv4_refusal(&info);
    if (why != NULL) {
        net_drop(nbuf, "ipv4", why);
        return;
    }
    uint8_t protocol = header->protocol;
    ipv4_strip(nbuf);
    nbuf = ipv4_reassemble(nbuf, header, &info, now_ns);
    if (nbuf == NULL)
        return;
    nbuf->ttl = info.header[IPV4_TTL_AT];
    ipv4_deliver(nbuf, protocol, &info, now_ns);
}

/* ---- what did not arrive --------------------------------------------------------------------- */

/* What a packet of ours was about, as far as what is known of it says so. */
struct ipv4_quote {
    uint8_t protocol;
    uint32_t source, destination;
    size_t total_size;
    const uint8_t *data; /* behind the header */
    size_t size;
};

/* False: it says nothing. */
static bool ipv4_read_quote(const uint8_t *packet, size_t size, struct ipv4_quote *quote)
{
    const struct ipv4_header *header = (const struct ipv4_header *)packet;
    if (size < IPV4_HEADER_SIZE || header->version_length >> 4 != IPV4_VERSION)
        return false;
    size_t header_size = ipv4_header_size(packet);
    if (header_size < IPV4_HEADER_SIZE || header_size > size)
        return false;
    if ((be16_get(header->fragment) & IPV4_FRAGMENT_OFFSET) != 0)
        return false; /* whose it was stands in the first fragment */
    *quote = (struct ipv4_quote){
        .protocol = header->protocol,
        .source = be32_get(header->source),
        .destination = be32_get(header->destination),
        .total_size = be16_get(header->total_size),
        .data = packet + header_size,
        .size = size - header_size,
    };
    return true;
}

void ipv4_report_failure(const uint8_t *packet, size_t size, int error)
{
    struct ipv4_quote quote;
    if (!ipv4_read_quote(packet, size, &quote))
        return;
    if (quote.protocol == IPV4_ICMP)
        icmp_report_failure(quote.data, quote.size, quote.destination, error);
    if (quote.protocol == IPV4_UDP)
        udp_report_failure(quote.data, quote.size, quote.source, quote.destination, error);
    if (quote.protocol == IPV4_TCP)
        tcp_report_failure(quote.data, quote.size, quote.source, quote.destination, error);
}

/* [RFC1191] 7.1: what is usual, for routers that do not say. */
static unsigned ipv4_guess_mtu(size_t total_size)
{
    static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296};
    for (unsigned i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++) {
        if (plateaus[i] < total_size)
            return plateaus[i];
    }
    return IPV4_MTU_MIN;
}

/* Who sends segments sends smaller ones; others learn that it did not go. */
void ipv4_report_too_big(const uint8_t *packet, size_t size, unsigned mtu, uint64_t now_ns)
{
    struct ipv4_quote quote;
    if (!ipv4_read_quote(packet, size, &quote))
        return;
    if (quote.protocol != IPV4_TCP) {
        ipv4_report_failure(packet, size, KEMSGSIZE);
        return;
    }
    if (mtu == 0)
        mtu = ipv4_guess_mtu(quote.total_size);
    tcp_report_mtu(quote.data, quote.size, quote.source, quote.destination, mtu, now_ns);
}
