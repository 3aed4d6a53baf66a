/*
 * raw.h - endpoints that see whole IPv4 packets of one protocol
 *
 * Each gets a copy of every packet of its protocol that is for this host, from the header on, put
 * together from its fragments. Whoever else speaks the protocol gets the packet as well; and while
 * there is an endpoint, a protocol that nobody speaks is not refused. Under the lock of the stack.
 */
#ifndef NETSTACK_RAW_H
#define NETSTACK_RAW_H

#include "lib/list.h"
#include "netstack/ipv4.h"

struct raw_endpoint {
    struct list link;
    uint8_t protocol;

    /* Takes the buffer. */
    void (*deliver)(struct raw_endpoint *endpoint, struct nbuf *nbuf, uint32_t source);
};

void raw_init(void);
void raw_bind(struct raw_endpoint *endpoint, uint8_t protocol);
void raw_unbind(struct raw_endpoint *endpoint);

/* A packet that arrived, its data in front. Borrows. Returns whether anybody has the protocol. */
bool raw_input(const struct nbuf *nbuf, uint8_t protocol, const struct ipv4_info *info);

/*
 * Sends a packet. Of its header count: the version, 4; its length, with options, which are left
 * out; protocol; destination; time to live, where 0 is the usual one; and source, where 0.0.0.0 is
 * whatever suits the way. The rest is filled in. 0; -KEINVAL: it is no such packet, or of another
 * protocol; -KEACCES: to everybody on a link; -KEMSGSIZE; or as ipv4_find_path() and ipv4_output()
 * say.
 */
int raw_send(const struct raw_endpoint *endpoint, const uint8_t *packet, size_t size,
             uint64_t now_ns);

#endif
