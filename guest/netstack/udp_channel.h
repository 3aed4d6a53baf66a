/*
 * udp_channel.h - a UDP socket, whoever shows it to programs
 *
 * A port is chosen at the first use unless one was bound. With a peer it has the source of its
 * datagrams as its address, and learns what became of them; without one it has the address that it
 * was bound to again. Broadcasts have to be allowed. A channel that is bound to an interface speaks
 * by it only, and to 255.255.255.255 even when that has no address. Under the lock of the stack.
 */
#ifndef NETSTACK_UDP_CHANNEL_H
#define NETSTACK_UDP_CHANNEL_H

#include "netstack/datagram_channel.h"
#include "netstack/udp.h"

struct net_table_udp;

struct udp_channel {
    struct datagram_channel base; /* first */
    struct udp_endpoint endpoint;
    uint32_t bound;           /* the address that it was bound to; 0 is any */
    struct interface *device; /* NULL is any */
    bool may_broadcast;
};

/* As datagram_channel_init(). */
void udp_channel_init(struct udp_channel *channel, struct datagram_kind *kind, void *owner);
void udp_channel_fini(struct udp_channel *channel);

/* 0; -KEINVAL: it has a port; -KEADDRNOTAVAIL: no address of ours; -KEADDRINUSE. */
int udp_channel_bind(struct udp_channel *channel, uint32_t address, uint16_t port);
/* To a port that is free, unless it has one: 0, or -KEADDRINUSE. */
int udp_channel_autobind(struct udp_channel *channel);
/* 0; -KEINVAL: it has a port. NULL is any. */
int udp_channel_set_device(struct udp_channel *channel, struct interface *device);

/* 0; -KEINVAL: port 0; errors of udp_channel_prepare(). */
int udp_channel_connect(struct udp_channel *channel, uint32_t address, uint16_t port);
void udp_channel_disconnect(struct udp_channel *channel);

/*
 * Finds the way there and a buffer: 0, and udp_channel_send() has to follow. -KENETUNREACH;
 * -KEACCES: broadcasts are not allowed; -KEADDRINUSE: no port is left; -KENOBUFS.
 */
int udp_channel_prepare(struct udp_channel *channel, uint32_t address, uint16_t port, size_t size,
                        struct datagram_draft *draft);
/* Takes what the draft holds. Errors are those of ipv4_output(). */
int udp_channel_send(const struct udp_channel *channel, const struct datagram_draft *draft,
                     uint64_t now_ns);

/* False: it has no port. */
bool udp_channel_inform(const struct udp_channel *channel, struct net_table_udp *state);

#endif
