/*
 * ip_scheme.h - the scheme ip: whole IPv4 packets of one protocol
 *
 * A socket is of the protocol that its path says, a hexadecimal number: ip/1 is of ICMP, ip/84 of
 * SCTP. A read gives a packet as it came, from its header on, and a write takes one, see
 * netstack/raw.h.
 */
#ifndef NETSTACK_SCHEMES_IP_SCHEME_H
#define NETSTACK_SCHEMES_IP_SCHEME_H

#include "netstack/schemes/socket_scheme.h"

#define IP_SCHEME_SOCKETS_MAX 16

/* Empties the pool of sockets. */
void ip_scheme_init(void);
extern const struct socket_protocol ip_scheme_protocol;

#endif
