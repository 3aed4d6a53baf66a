/*
 * ipv4.h - the Internet Protocol [RFC791] [RFC1122]
 *
 * A host: packets for others are dropped, not forwarded. Fragments are put together
 * (netstack/reassembly.h), and what does not fit into the MTU leaves in fragments. Options are
 * skipped. Addresses are numbers in host order.
 */
#ifndef NETSTACK_IPV4_H
#define NETSTACK_IPV4_H

#include "kernel/nbuf.h"

#include <stdbool.h>
#include <stdint.h>

#define IPV4_VERSION         4
#define IPV4_HEADER_SIZE     20
#define IPV4_HEADER_SIZE_MAX 60    /* with options */
#define IPV4_PACKET_MAX      65535 /* its length has 16 bits */
#define IPV4_BROADCAST       UINT32_MAX
#define IPV4_LOOPBACK        0x7f000001 /* 127.0.0.1 */
#define IPV4_LOOPBACK_MASK   0xff000000
#define IPV4_TTL             64

enum ipv4_protocol {
    IPV4_ICMP = 1,
    IPV4_TCP = 6,
    IPV4_UDP = 17,
};

struct interface;

/* What the layer above needs to know of a packet that arrived. */
struct ipv4_info {
    uint32_t source, destination;
    struct interface *interface;
    bool broadcast;        /* the destination is a broadcast address */
    bool group;            /* it came in a frame to a group of stations */
    const uint8_t *header; /* in the buffer, in front of the data */
};

/* The way to a destination. */
struct ipv4_path {
    struct interface *interface; /* lo for what is our own */
    uint32_t source;
    uint32_t next_hop;
    uint8_t ttl; /* 0: IPV4_TTL */
};

static inline bool ipv4_is_loopback(uint32_t address)
{
    return (address & IPV4_LOOPBACK_MASK) == (IPV4_LOOPBACK & IPV4_LOOPBACK_MASK);
}

/*
 * Neither "this network" (0.0.0.0/8), nor multicast, nor reserved, nor broadcast: classes A, B, C.
 */
static inline bool ipv4_is_unicast(uint32_t address)
{
    return address >> 24 != 0 && address < 0xe0000000;
}

/* In a header. */
#define IPV4_TOTAL_SIZE_AT  2
#define IPV4_FRAGMENT_AT    6
#define IPV4_TTL_AT         8
#define IPV4_PROTOCOL_AT    9
#define IPV4_CHECKSUM_AT    10
#define IPV4_SOURCE_AT      12
#define IPV4_DESTINATION_AT 16
static inline size_t ipv4_header_size(const uint8_t *header)
{
    return (size_t)(header[0] & 0x0f) * 4;
}

/* 0, or -KENETUNREACH. */
int ipv4_find_path(uint32_t destination, struct ipv4_path *path);

/*
 * The way to everybody on the link of an interface, which needs no address for that: the source is
 * 0.0.0.0 then. -KENETUNREACH: there is no such link.
 */
int ipv4_find_broadcast_path(struct interface *interface, struct ipv4_path *path);

/*
 * A face may have the last word about links: of each packet that leaves this host for a single one
 * it selects interface and next hop, or says that there is none. NULL: the path is what was found.
 */
typedef bool ipv4_select_fn(uint32_t destination, struct ipv4_path *path);
void ipv4_set_select(ipv4_select_fn *select);

/*
 * Sends what the buffer holds, in fragments where it is longer than the interface's MTU. Takes the
 * buffer. 0; -KENOBUFS: not all fragments could be made; or what the layers below say.
 */
int ipv4_output(struct nbuf *nbuf, const struct ipv4_path *path, uint32_t destination,
                enum ipv4_protocol protocol, uint64_t now_ns);

/* A packet that arrived. Takes the buffer. */
void ipv4_input(struct interface *interface, struct nbuf *nbuf, uint64_t now_ns);

/*
 * A packet of ours did not reach its destination: tells the socket that sent it. `packet` is its
 * beginning, as far as it is known; it comes from here or from another host and is not trusted.
 * Borrows. `error` is positive.
 */
void ipv4_report_failure(const uint8_t *packet, size_t size, int error);

/*
 * The same: it was longer than the MTU of a link on the way, and must not be fragmented [RFC1191].
 * `mtu`: what that link takes; 0: it is not told, then the next of the usual ones is meant.
 */
void ipv4_report_too_big(const uint8_t *packet, size_t size, unsigned mtu, uint64_t now_ns);

#endif
