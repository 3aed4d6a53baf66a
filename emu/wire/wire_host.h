/*
 * wire_host.h - a scripted host: a station with an address
 *
 * It answers ARP requests for its address, [RFC826], refuses what it is told to refuse, and does
 * nothing else by itself. Whoever made it sends what the scenario says.
 */
#ifndef EMU_WIRE_WIRE_HOST_H
#define EMU_WIRE_WIRE_HOST_H

#include "emu/wire/serve.h"
#include "emu/wire/wire.h"

struct wire_host;

/* Adds a port to the wire. `ip` in the order of the network. */
struct wire_host *wire_host_new(struct wire *wire, const char *name, const uint8_t mac[6],
                                const uint8_t ip[4]);
/* The wire must not be used any more, or be gone already. */
void wire_host_free(struct wire_host *host);

struct wire_port *wire_host_port(struct wire_host *host);
/*
 * What is sent to this port of the host is answered as by a closed one: RST, [RFC9293] 3.10.7.1, or
 * port unreachable, [RFC1122] 4.1.3.1. Keeps the endpoint, which is at the host's address.
 */
void wire_host_refuse(struct wire_host *host, const struct serve_endpoint *endpoint);
/* ARP requests that it answered. */
uint64_t wire_host_answered(const struct wire_host *host);

#endif
