/*
 * arp.c - address resolution
 *
 * Every discovery is silent for the same time, and every neighbour lives for the same time, so that
 * adding at the end keeps both lists sorted by what comes next: the head is the first to retry, or
 * the oldest.
 */
#include "netstack/arp.h"

#include "kernel/netif.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/drop.h"
#include "netstack/ethernet.h"
#include "netstack/interface.h"
#include "netstack/ipv4.h"

enum {
    ARP_HARDWARE_ETHERNET = 1,
    ARP_REQUEST = 1,
    ARP_REPLY = 2,
};

struct arp_packet {
    be16_t hardware, protocol;
    uint8_t hardware_size, protocol_size;
    be16_t operation;
    uint8_t sender_mac[6];
    be32_t sender;
    uint8_t target_mac[6];
    be32_t target;
};
kstatic_assert(sizeof(struct arp_packet) == 28, "as on the wire");

/* ---- the table ------------------------------------------------------------------------------- */

void arp_init(struct arp *arp, struct interface *interface)
{
    memset(arp, 0, sizeof(*arp));
    arp->interface = interface;
    list_init(&arp->free);
    list_init(&arp->discovering);
    list_init(&arp->discovered);
    for (unsigned i = 0; i < ARP_BUCKETS; i++)
        list_init(&arp->buckets[i]);
    for (unsigned i = 0; i < ARP_ENTRIES_MAX; i++) {
        struct arp_entry *entry = &arp->entries[i];
        list_init(&entry->bucket);
        list_init(&entry->waiting);
        list_init(&entry->order);
        list_add_tail(&arp->free, &entry->order);
    }
}

static struct list *arp_bucket(struct arp *arp, uint32_t address)
{
    return &arp->buckets[address & (ARP_BUCKETS - 1)];
}

static struct arp_entry *arp_find(struct arp *arp, uint32_t address)
{
    struct list *bucket = arp_bucket(arp, address);
    struct list *link;
    list_foreach (link, bucket) {
        struct arp_entry *entry = list_entry(link, struct arp_entry, bucket);
        if (entry->address == address)
            return entry;
    }
    return NULL;
}

static void arp_enter_state(struct arp *arp, struct arp_entry *entry, enum arp_state state)
{
    struct list *list = state == ARP_STATE_FREE          ? &arp->free
                        : state == ARP_STATE_DISCOVERING ? &arp->discovering
                                                         : &arp->discovered;
    entry->state = state;
    list_remove(&entry->order);
    list_add_tail(list, &entry->order);
}

/* Nothing may wait for it. */
static void arp_forget(struct arp *arp, struct arp_entry *entry)
{
    kassert(list_is_empty(&entry->waiting));
    list_remove(&entry->bucket);
    arp_enter_state(arp, entry, ARP_STATE_FREE);
}

/*
 * An entry for an address that has none: a free one, or else that of the oldest neighbour. NULL:
 * all are being discovered.
 */
static struct arp_entry *arp_make(struct arp *arp, uint32_t address)
{
    struct list *link = list_first(&arp->free);
    if (link == NULL) {
        link = list_first(&arp->discovered);
        if (link == NULL)
            return NULL;
        arp_forget(arp, list_entry(link, struct arp_entry, order));
    }
    struct arp_entry *entry = list_entry(link, struct arp_entry, order);
    entry->address = address;
    list_add_tail(arp_bucket(arp, address), &entry->bucket);
    return entry;
}

/* ---- packets that wait ----------------------------------------------------------------------- */

static int arp_wait(struct arp *arp, struct arp_entry *entry, struct nbuf *nbuf)
{
    if (arp->waiting_count == ARP_WAITING_MAX) {
        net_drop(nbuf, "arp", "too many packets wait");
        return 0; /* lost on the way, as far as the sender is concerned */
    }
    nbuf->next_hop = entry->address;
    list_add_tail(&entry->waiting, &nbuf->link);
    arp->waiting_count++;
    return 0;
}

static struct nbuf *arp_next_waiting(struct arp *arp, struct arp_entry *entry)
{
    struct list *link = list_pop(&entry->waiting);
    if (link == NULL)
        return NULL;
    arp->waiting_count--;
    return list_entry(link, struct nbuf, link);
}

static void arp_send_waiting(struct arp *arp, struct arp_entry *entry)
{
    struct nbuf *nbuf;
    while ((nbuf = arp_next_waiting(arp, entry)) != NULL)
        ethernet_output(arp->interface, nbuf, entry->mac, ETHERNET_IPV4);
}

static void arp_fail_waiting(struct arp *arp, struct arp_entry *entry, int error)
{
    struct nbuf *nbuf;
    while ((nbuf = arp_next_waiting(arp, entry)) != NULL) {
        ipv4_report_failure(nbuf->data, nbuf->len, error);
        net_drop(nbuf, "arp", "no answer");
    }
}

/* ---- sending --------------------------------------------------------------------------------- */

/* The target's hardware address is what a request asks for: it is zero there. */
static void arp_send(struct arp *arp, uint16_t operation, const uint8_t *target_mac,
                     uint32_t target)
{
    const struct interface *interface = arp->interface;
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL) {
        net_drop(NULL, "arp", "no buffer for a packet");
        return;
    }
    struct arp_packet *packet = (struct arp_packet *)nbuf_put(nbuf, sizeof(*packet));
    *packet = (struct arp_packet){
        .hardware = be16_put(ARP_HARDWARE_ETHERNET),
        .protocol = be16_put(ETHERNET_IPV4),
        .hardware_size = ETHERNET_MAC_SIZE,
        .protocol_size = 4,
        .operation = be16_put(operation),
        .sender = be32_put(interface->address),
        .target = be32_put(target),
    };
    memcpy(packet->sender_mac, interface->netif->mac, ETHERNET_MAC_SIZE);
    if (target_mac != NULL)
        memcpy(packet->target_mac, target_mac, ETHERNET_MAC_SIZE);
    ethernet_output(arp->interface, nbuf, target_mac != NULL ? target_mac : ethernet_broadcast,
                    ETHERNET_ARP);
}

/* The silence is over: asks (again), or gives up. */
static void arp_try(struct arp *arp, struct arp_entry *entry, uint64_t now_ns)
{
    if (entry->tries >= ARP_TRIES_MAX) {
        arp_fail_waiting(arp, entry, KEHOSTUNREACH);
        arp_forget(arp, entry);
        return;
    }
    entry->tries++;
    entry->silent_until_ns = now_ns + ARP_SILENCE_NS;
    arp_enter_state(arp, entry, ARP_STATE_DISCOVERING);
    arp_send(arp, ARP_REQUEST, NULL, entry->address);
}

/* The first discovery gives the stack a deadline that the driver's task does not know of. */
static void arp_start_discovery(struct arp *arp, struct arp_entry *entry, uint64_t now_ns)
{
    bool first = list_is_empty(&arp->discovering);
    entry->tries = 0;
    arp_try(arp, entry, now_ns);
    if (first)
        netif_wake(arp->interface->netif);
}

static bool arp_is_valid(const struct arp_entry *entry, uint64_t now_ns)
{
    return entry->state == ARP_STATE_DISCOVERED && now_ns < entry->valid_until_ns;
}

int arp_output(struct arp *arp, struct nbuf *nbuf, uint32_t next_hop, uint64_t now_ns)
{
    struct arp_entry *entry = arp_find(arp, next_hop);
    if (entry != NULL && arp_is_valid(entry, now_ns))
        return ethernet_output(arp->interface, nbuf, entry->mac, ETHERNET_IPV4);
    if (entry == NULL)
        entry = arp_make(arp, next_hop);
    if (entry == NULL) {
        net_drop(nbuf, "arp", "too many neighbours are being discovered");
        return -KENOBUFS;
    }
    if (entry->state != ARP_STATE_DISCOVERING)
        arp_start_discovery(arp, entry, now_ns);
    return arp_wait(arp, entry, nbuf);
}

uint64_t arp_poll(struct arp *arp, uint64_t now_ns)
{
    struct list *link;
    while ((link = list_first(&arp->discovering)) != NULL) {
        struct arp_entry *entry = list_entry(link, struct arp_entry, order);
        if (entry->silent_until_ns > now_ns)
            return entry->silent_until_ns;
        arp_try(arp, entry, now_ns);
    }
    return UINT64_MAX;
}

void arp_flush(struct arp *arp, int error)
{
    for (unsigned i = 0; i < ARP_ENTRIES_MAX; i++) {
        struct arp_entry *entry = &arp->entries[i];
        if (entry->state == ARP_STATE_FREE)
            continue;
        arp_fail_waiting(arp, entry, error);
        arp_forget(arp, entry);
    }
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* NULL: this is a packet that we understand. */
static const char *arp_refusal(const struct arp *arp, const struct nbuf *nbuf)
{
    const struct arp_packet *packet = (const struct arp_packet *)nbuf->data;
    if (nbuf->len < sizeof(*packet))
        return "shorter than a packet";
    if (be16_get(packet->hardware) != ARP_HARDWARE_ETHERNET ||
        packet->hardware_size != ETHERNET_MAC_SIZE)
        return "hardware is not Ethernet";
    if (be16_get(packet->protocol) != ETHERNET_IPV4 || packet->protocol_size != 4)
        return "protocol is not IPv4";
    if (be16_get(packet->operation) != ARP_REQUEST && be16_get(packet->operation) != ARP_REPLY)
        return "neither request nor reply";
    if (ethernet_is_group(packet->sender_mac))
        return "group address as sender";
    if (arp->interface->address == 0)
        return "interface has no address";
    if (be32_get(packet->sender) == arp->interface->address)
        return "sender claims our address";
    return NULL;
}

/* "Merge": what is known is updated, what is not is added only for who speaks to us. */
static void arp_learn(struct arp *arp, uint32_t address, const uint8_t *mac, bool add,
                      uint64_t now_ns)
{
    struct arp_entry *entry = arp_find(arp, address);
    if (entry == NULL && add)
        entry = arp_make(arp, address);
    if (entry == NULL)
        return;
    memcpy(entry->mac, mac, ETHERNET_MAC_SIZE);
    entry->valid_until_ns = now_ns + ARP_LIFE_NS;
    arp_enter_state(arp, entry, ARP_STATE_DISCOVERED);
    arp_send_waiting(arp, entry);
}

void arp_input(struct arp *arp, struct nbuf *nbuf, uint64_t now_ns)
{
    const char *why = arp_refusal(arp, nbuf);
    if (why != NULL) {
        net_drop(nbuf, "arp", why);
        return;
    }
    const struct arp_packet *packet = (const struct arp_packet *)nbuf->data;
    uint32_t sender = be32_get(packet->sender);
    bool for_us = be32_get(packet->target) == arp->interface->address;
    /* A probe [RFC5227] has no sender's address: it is answered, but there is nothing to learn. */
    if (ipv4_is_unicast(sender))
        arp_learn(arp, sender, packet->sender_mac, for_us, now_ns);
    if (for_us && be16_get(packet->operation) == ARP_REQUEST)
        arp_send(arp, ARP_REPLY, packet->sender_mac, sender);
    nbuf_free(nbuf);
}
