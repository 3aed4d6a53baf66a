/*
 * route.c - the routing table
 *
 * An array sorted by falling prefix length: the first entry that matches is the one.
 */
#include "netstack/route.h"

#include "lib/errno.h"
#include "lib/ipv4_text.h"
#include "lib/kassert.h"

static struct route routes[ROUTES_MAX];
static unsigned routes_used;

void routes_init(void)
{
    routes_used = 0;
}

static bool route_is_same(const struct route *a, const struct route *b)
{
    return a->destination == b->destination && a->length == b->length && a->gateway == b->gateway &&
           a->interface == b->interface;
}

static bool route_fits(const struct route *route, const struct route *pattern)
{
    return route->destination == pattern->destination && route->length == pattern->length &&
           (pattern->gateway == 0 || route->gateway == pattern->gateway) &&
           (pattern->interface == NULL || route->interface == pattern->interface);
}

static bool route_exists(const struct route *route)
{
    for (unsigned i = 0; i < routes_used; i++) {
        if (route_is_same(&routes[i], route))
            return true;
    }
    return false;
}

/* Behind all prefixes that are as long. */
static unsigned route_position(const struct route *route)
{
    unsigned position = 0;
    while (position < routes_used && routes[position].length >= route->length)
        position++;
    return position;
}

int route_add(const struct route *route)
{
    kassert(route->interface != NULL);
    if (route->length > 32 || (route->destination & ~ipv4_mask(route->length)) != 0)
        return -KEINVAL;
    if (route_exists(route))
        return -KEEXIST;
    if (routes_used == ROUTES_MAX)
        return -KENOSPC;
    unsigned position = route_position(route);
    for (unsigned i = routes_used; i > position; i--)
        routes[i] = routes[i - 1];
    routes[position] = *route;
    routes_used++;
    return 0;
}

static void route_remove(unsigned position)
{
    routes_used--;
    for (unsigned i = position; i < routes_used; i++)
        routes[i] = routes[i + 1];
}

int route_delete(const struct route *pattern)
{
    for (unsigned i = 0; i < routes_used; i++) {
        if (route_fits(&routes[i], pattern)) {
            route_remove(i);
            return 0;
        }
    }
    return -KESRCH;
}

void route_delete_interface(const struct interface *interface)
{
    for (unsigned i = routes_used; i > 0; i--) {
        if (routes[i - 1].interface == interface)
            route_remove(i - 1);
    }
}

const struct route *route_lookup(uint32_t destination)
{
    for (unsigned i = 0; i < routes_used; i++) {
        if ((destination & ipv4_mask(routes[i].length)) == routes[i].destination)
            return &routes[i];
    }
    return NULL;
}

unsigned route_count(void)
{
    return routes_used;
}

const struct route *route_at(unsigned position)
{
    kassert(position < routes_used);
    return &routes[position];
}
