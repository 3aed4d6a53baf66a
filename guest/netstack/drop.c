/*
 * drop.c - how the network stack discards a packet
 */
#include "netstack/drop.h"

#include "ringside/probe.h"

static uint64_t net_drops;

void net_drop(struct nbuf *nbuf, const char *where, const char *why)
{
    nbuf_free(nbuf);
    probe_drop(where, why);
    probe_counter("net.drops", ++net_drops);
}
