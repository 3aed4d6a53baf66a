/*
 * wire_slirp.h - libslirp on a port of the wire, behind an egress filter
 *
 * libslirp plays the gateway 10.0.2.2, the DNS address 10.0.2.3 and the DHCP server of 10.0.2.0/24.
 * It lives on the virtual clock, and nothing that depends on the host reaches it: the egress filter
 * lets through ARP, ICMP echo to .2 and .3, and DHCP; it answers other TCP and UDP to .2 and .3 as
 * a host with closed ports does (RST, ICMP port unreachable); it drops everything else, by name.
 */
#ifndef EMU_WIRE_WIRE_SLIRP_H
#define EMU_WIRE_WIRE_SLIRP_H

#include "emu/wire/wire.h"

struct wire_slirp;

/*
 * Adds a port `name` to the wire. One at a time in a process: libslirp has globals. NULL with a
 * GError when libslirp refuses.
 */
struct wire_slirp *wire_slirp_new(struct wire *wire, struct vclock *clock, const char *name,
                                  GError **error);
/* Its port stays on the wire, which must not deliver frames any more. NULL is fine. */
void wire_slirp_free(struct wire_slirp *slirp);

#endif
