/*
 * tcp_scheme.h - the scheme tcp: connections
 *
 * "REMOTE" begins to connect and does not wait: sync() does, and so do reads and writes. "/LOCAL"
 * gives a name, to which connections come from the moment on that the backlog is set or the first
 * one is asked for (listen).
 */
#ifndef NETSTACK_SCHEMES_TCP_SCHEME_H
#define NETSTACK_SCHEMES_TCP_SCHEME_H

#include "netstack/schemes/socket_scheme.h"

#define TCP_SCHEME_SOCKETS_MAX 2048

/* Empties the pool of sockets. */
void tcp_scheme_init(void);
extern const struct socket_protocol tcp_scheme_protocol;

#endif
