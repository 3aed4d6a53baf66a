/*
 * router.h - the two routing tables of the network daemon, kept in agreement
 *
 * The stack's own table (netstack/route.h) says whether a packet can be sent at all, and from which
 * address. The rules here say which link it leaves by, and to which neighbour: the daemon is a
 * router of one host, that stands between the stack and the links. They are what netcfg shows.
 *
 * A route is in both or in neither. So nobody else changes routes in this daemon: here they are
 * added, removed, taken over from what the stack configures by itself, and go with an address.
 * Under the lock of the stack.
 */
#ifndef NETSTACK_SCHEMES_ROUTER_H
#define NETSTACK_SCHEMES_ROUTER_H

#include "netstack/route.h"

struct router_rule {
    uint32_t destination;
    unsigned length;
    uint32_t gateway; /* 0: on the link itself */
    struct interface *interface;
    uint32_t source;
};

/* No rules; from now on they are asked for each packet (ipv4_set_select()). */
void router_init(void);

/*
 * In both tables. An interface of NULL is the one that leads to the gateway. 0; -KEEXIST: the very
 * same is there; -KENETUNREACH: nothing leads to the gateway; errors of route_add().
 */
int router_add(const struct route *route);
/* From both tables: the first that fits, as route_delete() has it. 0, -KESRCH. */
int router_remove(const struct route *pattern);
/* As interface_set_address(): what led there by the old address goes with it. */
int router_set_address(struct interface *interface, uint32_t address, uint32_t mask);
/* As interface_set_up(). */
int router_set_up(struct interface *interface, bool up);
/* The stack has given the interface an address, or taken it away, by itself. */
void router_adopt(struct interface *interface);

/* NULL: no rule leads there. */
const struct router_rule *router_lookup(uint32_t destination);
unsigned router_count(void);
const struct router_rule *router_at(unsigned position); /* the longest prefixes last */

#endif
