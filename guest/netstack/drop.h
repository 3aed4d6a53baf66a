/*
 * drop.h - how the network stack discards a packet
 */
#ifndef NETSTACK_DROP_H
#define NETSTACK_DROP_H

#include "kernel/nbuf.h"

/*
 * Frees the buffer, counts the drop and tells the bench; no packet is lost in silence. Borrows the
 * texts: literals.
 */
void net_drop(struct nbuf *nbuf, const char *where, const char *why);

#endif
