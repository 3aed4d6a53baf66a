/*
 * route.h - the routing table
 *
 * One table decides both whether a packet can be sent and where it goes. The longest prefix wins;
 * among equal ones the one that was added first. Addresses in host order. Under the lock of the
 * stack.
 */
#ifndef NETSTACK_ROUTE_H
#define NETSTACK_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#define ROUTES_MAX 32

struct interface;

struct route {
    uint32_t destination; /* no bits beyond the length */
    unsigned length;      /* of the prefix: 0 is the default route */
    uint32_t gateway;     /* 0: the destination is on the interface's own link */
    struct interface *interface;
};

void routes_init(void);
/* Copies it. 0; -KEINVAL: bits beyond the prefix; -KEEXIST: the very same is there; -KENOSPC. */
int route_add(const struct route *route);
/*
 * Removes the first with this destination and length and, where they are given, gateway and
 * interface. 0, -KESRCH.
 */
int route_delete(const struct route *pattern);
/* Removes all of an interface. */
void route_delete_interface(const struct interface *interface);

/* NULL: nothing leads there. Valid until the table changes. */
const struct route *route_lookup(uint32_t destination);

unsigned route_count(void);
const struct route *route_at(unsigned position); /* in the order of the search */

#endif
