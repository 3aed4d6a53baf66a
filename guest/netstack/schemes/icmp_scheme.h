/*
 * icmp_scheme.h - the scheme icmp: echo requests and what comes of them
 *
 * A socket has an identifier from its first name on, "echo/ADDRESS" or "echo/" for anybody's
 * replies. A request or a reply is two bytes of sequence number in network order, and the payload.
 */
#ifndef NETSTACK_SCHEMES_ICMP_SCHEME_H
#define NETSTACK_SCHEMES_ICMP_SCHEME_H

#include "netstack/schemes/socket_scheme.h"

#define ICMP_SCHEME_SOCKETS_MAX 64

/* Empties the pool of sockets. */
void icmp_scheme_init(void);
extern const struct socket_protocol icmp_scheme_protocol;

#endif
