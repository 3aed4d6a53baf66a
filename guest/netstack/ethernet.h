/*
 * ethernet.h - Ethernet frames
 */
#ifndef NETSTACK_ETHERNET_H
#define NETSTACK_ETHERNET_H

#include "kernel/nbuf.h"
#include "lib/endian.h"

#include <stdbool.h>
#include <stdint.h>

#define ETHERNET_HEADER_SIZE 14
#define ETHERNET_MAC_SIZE    6

enum ethernet_type {
    ETHERNET_IPV4 = 0x0800,
    ETHERNET_ARP = 0x0806,
};

struct ethernet_header {
    uint8_t destination[ETHERNET_MAC_SIZE];
    uint8_t source[ETHERNET_MAC_SIZE];
    be16_t type;
};
kstatic_assert(sizeof(struct ethernet_header) == ETHERNET_HEADER_SIZE, "as on the wire");

struct interface;

extern const uint8_t ethernet_broadcast[ETHERNET_MAC_SIZE];

/* The group bit: multicast and broadcast. */
static inline bool ethernet_is_group(const uint8_t mac[ETHERNET_MAC_SIZE])
{
    return (mac[0] & 1) != 0;
}

/* A frame that arrived. Takes the buffer. */
void ethernet_input(struct interface *interface, struct nbuf *nbuf, uint64_t now_ns);

/*
 * Sends what the buffer holds. Takes the buffer. 0; -KENETDOWN; -KENOBUFS: the driver had no room;
 * or what else it says.
 */
int ethernet_output(struct interface *interface, struct nbuf *nbuf,
                    const uint8_t destination[ETHERNET_MAC_SIZE], enum ethernet_type type);

#endif
