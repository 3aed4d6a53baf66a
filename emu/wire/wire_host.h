/*
 * wire_host.h - a scripted host: a station with an address
 *
 * It answers ARP requests for its address, [RFC826], and does nothing else by itself. Whoever made
 * it sends what the scenario says.
 */
#ifndef EMU_WIRE_WIRE_HOST_H
#define EMU_WIRE_WIRE_HOST_H

#include "emu/wire/wire.h"

struct wire_host;

/* Adds a port to the wire. `ip` in the order of the network. */
struct wire_host *wire_host_new(struct wire *wire, const char *name, const uint8_t mac[6],
                                const uint8_t ip[4]);
/* The wire must not be used any more, or be gone already. */
void wire_host_free(struct wire_host *host);

struct wire_port *wire_host_port(struct wire_host *host);
/* ARP requests that it answered. */
uint64_t wire_host_answered(const struct wire_host *host);

#endif
