/*
 * arp.h - address resolution [RFC826], one table an interface
 *
 * Each neighbour that is wanted has its own discovery, so that one that does not answer holds up
 * nobody else: a request, a second of silence, at most three requests. Packets wait meanwhile, at
 * most ARP_WAITING_MAX an interface; more are dropped. When nobody answers they are dropped too,
 * and their senders learn of it. Retries are driven by arp_poll().
 *
 * Under the lock of the stack.
 */
#ifndef NETSTACK_ARP_H
#define NETSTACK_ARP_H

#include "kernel/nbuf.h"

#include <stdint.h>

#define ARP_LIFE_NS     UINT64_C(60000000000) /* of what was learnt */
#define ARP_SILENCE_NS  UINT64_C(1000000000)  /* between two requests for one address */
#define ARP_TRIES_MAX   3
#define ARP_WAITING_MAX 48 /* the fragments of the longest datagram, and some more */
#define ARP_ENTRIES_MAX 32
#define ARP_BUCKETS     16 /* a power of two */

struct interface;

/*
 * FREE         In the free list; knows nothing.
 * DISCOVERING  In the list of discoveries, in the order of silent_until_ns. Requests are out,
 *              packets wait. An answer makes it DISCOVERED, the end of the last silence FREE.
 * DISCOVERED   In the list of neighbours, in the order of valid_until_ns. The address may be used
 *              until then; the first packet afterwards makes it DISCOVERING. The oldest makes room
 *              when the table is full.
 */
enum arp_state {
    ARP_STATE_FREE,
    ARP_STATE_DISCOVERING,
    ARP_STATE_DISCOVERED,
};

struct arp_entry {
    struct list order;  /* in one of the three lists of the table */
    struct list bucket; /* by address; not when FREE */
    enum arp_state state;
    uint32_t address;
    uint8_t mac[6];           /* DISCOVERED */
    uint64_t valid_until_ns;  /* DISCOVERED */
    uint64_t silent_until_ns; /* DISCOVERING */
    unsigned tries;           /* DISCOVERING: requests sent */
    struct list waiting;      /* DISCOVERING: IPv4 packets, in order */
};

struct arp {
    struct interface *interface;
    struct list free, discovering, discovered;
    struct list buckets[ARP_BUCKETS];
    unsigned waiting_count; /* packets, in all entries */
    struct arp_entry entries[ARP_ENTRIES_MAX];
};

void arp_init(struct arp *arp, struct interface *interface);

/*
 * Sends an IPv4 packet to a neighbour, now or when its address is known. Takes the buffer. 0;
 * -KENOBUFS: nothing can wait any more; or what the driver says.
 */
int arp_output(struct arp *arp, struct nbuf *nbuf, uint32_t next_hop, uint64_t now_ns);

/* An ARP packet that arrived. Takes the buffer. */
void arp_input(struct arp *arp, struct nbuf *nbuf, uint64_t now_ns);

/* Repeats requests, gives up. Returns when it has to be called again, or UINT64_MAX. */
uint64_t arp_poll(struct arp *arp, uint64_t now_ns);

/* Forgets everything. Packets that wait are dropped, their senders get `error` (positive). */
void arp_flush(struct arp *arp, int error);

#endif
