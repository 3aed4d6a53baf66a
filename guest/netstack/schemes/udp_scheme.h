/*
 * udp_scheme.h - the scheme udp: datagrams
 */
#ifndef NETSTACK_SCHEMES_UDP_SCHEME_H
#define NETSTACK_SCHEMES_UDP_SCHEME_H

#include "netstack/schemes/socket_scheme.h"

#define UDP_SCHEME_SOCKETS_MAX 256

struct net_table_udp;

/* Empties the pool of sockets. */
void udp_scheme_init(void);
/* The socket with this index, below UDP_SCHEME_SOCKETS_MAX; false: there is none with a port. */
bool udp_scheme_inform(unsigned index, struct net_table_udp *state);
extern const struct socket_protocol udp_scheme_protocol;

#endif
