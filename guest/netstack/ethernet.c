/*
 * ethernet.c - Ethernet frames, DIX framing [RFC894]
 *
 * Accepted is what is sent to the interface's own address or to everybody. Multicast groups have no
 * members here.
 */
#include "netstack/ethernet.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "netstack/arp.h"
#include "netstack/drop.h"
#include "netstack/interface.h"
#include "netstack/ipv4.h"

const uint8_t ethernet_broadcast[ETHERNET_MAC_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static bool ethernet_is_for(const struct netif *netif, const struct ethernet_header *header)
{
    return kmemeq(header->destination, netif->mac, ETHERNET_MAC_SIZE) ||
           kmemeq(header->destination, ethernet_broadcast, ETHERNET_MAC_SIZE);
}

void ethernet_input(struct interface *interface, struct nbuf *nbuf, uint64_t now_ns)
{
    const struct ethernet_header *header = (const struct ethernet_header *)nbuf->data;
    if (nbuf->len < sizeof(*header)) {
        net_drop(nbuf, "ethernet", "shorter than its header");
        return;
    }
    if (!interface->up) {
        net_drop(nbuf, "ethernet", "interface is down");
        return;
    }
    if (!ethernet_is_for(interface->netif, header)) {
        net_drop(nbuf, "ethernet", "for another station");
        return;
    }
    if (ethernet_is_group(header->source)) {
        net_drop(nbuf, "ethernet", "group address as source");
        return;
    }
    nbuf->group = ethernet_is_group(header->destination);
    nbuf_pull(nbuf, sizeof(*header));
    switch (be16_get(header->type)) {
    case ETHERNET_IPV4:
        ipv4_input(interface, nbuf, now_ns);
        break;
    case ETHERNET_ARP:
        arp_input(&interface->arp, nbuf, now_ns);
        break;
    default:
        net_drop(nbuf, "ethernet", "unknown type");
    }
}

int ethernet_output(struct interface *interface, struct nbuf *nbuf,
                    const uint8_t destination[ETHERNET_MAC_SIZE], enum ethernet_type type)
{
    struct netif *netif = interface->netif;
    if (!interface->up) {
        net_drop(nbuf, "ethernet", "interface is down");
        return -KENETDOWN;
    }
    struct ethernet_header *header =
        (struct ethernet_header *)nbuf_push(nbuf, sizeof(struct ethernet_header));
    memcpy(header->destination, destination, ETHERNET_MAC_SIZE);
    memcpy(header->source, netif->mac, ETHERNET_MAC_SIZE);
    header->type = be16_put((uint16_t)type);
    nbuf->netif = netif;
    int error = netif->transmit(netif, nbuf);
    return error == -KEAGAIN ? -KENOBUFS : error; /* no sender is told when there is room again */
}
