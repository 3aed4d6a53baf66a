/*
 * datagram_scheme.h - what sockets of the schemes udp, icmp and ip have in common
 *
 * What they are is the channel of their protocol (netstack/datagram_channel.h). Here is what files
 * make of it: reading, readiness, settings. Under the lock of the stack.
 */
#ifndef NETSTACK_SCHEMES_DATAGRAM_SCHEME_H
#define NETSTACK_SCHEMES_DATAGRAM_SCHEME_H

#include "netstack/schemes/socket_scheme.h"

struct datagram_channel;

struct datagram_net_socket {
    struct net_socket base; /* first */
    struct datagram_channel *channel;
    struct net_name sender; /* of what was read last */
};

/* Keeps the channel, which is that of the protocol's socket. The base is not touched. */
void datagram_net_init(struct datagram_net_socket *socket, struct datagram_channel *channel);
/* For the kind of the channel, whose owner is the socket. */
void datagram_net_changed(void *owner);

/*
 * The oldest datagram, of which the first `skip` bytes do not matter. What does not fit is lost. 0:
 * reading is shut down.
 */
long datagram_net_read(struct socket_file *file, void *data, size_t size, size_t skip);
unsigned datagram_net_readiness(const struct net_socket *socket);

/* The settings that both have; -KENOPROTOOPT: not one of them. */
long datagram_net_get(struct net_socket *socket, enum net_setting setting, void *value,
                      size_t size);
long datagram_net_set(struct net_socket *socket, enum net_setting setting, const void *value,
                      size_t size);

#endif
