/*
 * serve_udp.h - UDP services, the name server, and echo replies, in front of libslirp
 *
 * Answers are frames. They are sent at once or, where a service says so, later, through an event.
 */
#ifndef EMU_WIRE_SERVE_UDP_H
#define EMU_WIRE_SERVE_UDP_H

#include "emu/wire/serve_dns.h"
#include "emu/wire/wire.h"
#include "emu/wire/wire_egress.h"

#define SERVE_UDP_MAX   1472 /* bytes of a datagram that is sent: what one frame holds */
#define SERVE_PEERS_MAX 256  /* of scripts, all together; more are ignored */
#define SERVE_LATER_MAX 1024 /* answers that wait for their time; more are not given */

struct serve_udp;

/* Sends through the port. Keeps the names. */
struct serve_udp *serve_udp_new(struct vclock *clock, struct trace *trace, struct wire_port *port,
                                const struct serve_dns_name *names, size_t name_count);
void serve_udp_free(struct serve_udp *udp);

/* A datagram to a service, or to the name server. Borrows. */
void serve_udp_take(struct serve_udp *udp, const struct wire_egress_datagram *datagram);
/* An ICMP echo request to an address that has services. */
void serve_udp_take_echo(struct serve_udp *udp, const struct wire_egress_datagram *datagram);

#endif
