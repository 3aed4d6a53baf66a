/*
 * wire_slirp.h - libslirp on a port of the wire, behind an egress filter
 *
 * libslirp plays the gateway 10.0.2.2, the DNS address 10.0.2.3 and the DHCP server of 10.0.2.0/24.
 * It lives on the virtual clock, and nothing that depends on the host reaches it: the egress filter
 * lets through ARP, ICMP echo to .2 and .3, DHCP, and TCP to services (serve.h); it answers other
 * TCP and UDP to .2, .3 and addresses of services as a host with closed ports does (RST, ICMP port
 * unreachable); it drops everything else, by name. Services over UDP, and names, are answered in
 * front of libslirp.
 *
 * With `live`, TCP and UDP to the gateway reach the loopback of the host. Nothing is repeatable
 * then.
 */
#ifndef EMU_WIRE_WIRE_SLIRP_H
#define EMU_WIRE_WIRE_SLIRP_H

#include "emu/wire/serve_dns.h"
#include "emu/wire/wire.h"
#include "emu/wire/wire_egress.h"

struct wire_slirp;

/* Kept, with everything that it points to. Zero-initialised: no services. */
struct wire_services {
    struct wire_egress_rules rules;
    const struct serve_dns_name *names;
    size_t name_count;
};

/*
 * Adds a port `name` to the wire. `services` may be NULL. One at a time in a process: libslirp has
 * globals. NULL with a GError when libslirp refuses, or the host has no sockets for the services.
 */
struct wire_slirp *wire_slirp_new(struct wire *wire, struct vclock *clock, struct trace *trace,
                                  const char *name, const struct wire_services *services,
                                  GError **error);
/* Its port stays on the wire, which must not deliver frames any more. NULL is fine. */
void wire_slirp_free(struct wire_slirp *slirp);

/* How many conversations with services there are. */
size_t wire_slirp_conversations(const struct wire_slirp *slirp);

/*
 * In a copy of the process, before it goes on: what it does is not to be seen by the process that
 * it is a copy of. False: that cannot be had, as sockets of the host are open.
 */
bool wire_slirp_separate(struct wire_slirp *slirp);

#endif
