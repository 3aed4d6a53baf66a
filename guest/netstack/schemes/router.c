/*
 * router.c - the two routing tables of the network daemon, kept in agreement
 *
 * The rules are sorted by rising length of their prefixes and searched from the end. Among equal
 * prefixes the one that was added first is the last of them.
 */
#include "netstack/schemes/router.h"

#include "lib/errno.h"
#include "lib/ipv4_text.h"
#include "lib/kassert.h"
#include "netstack/interface.h"
#include "netstack/ipv4.h"

static struct router_rule router_rules[ROUTES_MAX];
static unsigned router_used;

/* ---- the rules ------------------------------------------------------------------------------- */

/* The stack's table is as large, and has accepted it. */
static void router_insert(const struct route *route)
{
    unsigned position = 0;
    kassert(router_used < ROUTES_MAX);
    while (position < router_used && router_rules[position].length < route->length)
        position++;
    for (unsigned i = router_used++; i > position; i--)
        router_rules[i] = router_rules[i - 1];
    router_rules[position] = (struct router_rule){
        .destination = route->destination,
        .length = route->length,
        .gateway = route->gateway,
        .interface = route->interface,
        .source = route->interface->address,
    };
}

static void router_delete(unsigned position)
{
    router_used--;
    for (unsigned i = position; i < router_used; i++)
        router_rules[i] = router_rules[i + 1];
}

static void router_delete_interface(const struct interface *interface)
{
    for (unsigned i = router_used; i > 0; i--) {
        if (router_rules[i - 1].interface == interface)
            router_delete(i - 1);
    }
}

const struct router_rule *router_lookup(uint32_t destination)
{
    for (unsigned i = router_used; i > 0; i--) {
        const struct router_rule *rule = &router_rules[i - 1];
        if ((destination & ipv4_mask(rule->length)) == rule->destination)
            return rule;
    }
    return NULL;
}

unsigned router_count(void)
{
    return router_used;
}

const struct router_rule *router_at(unsigned position)
{
    kassert(position < router_used);
    return &router_rules[position];
}

/*
 * The stack has chosen the source, and summed over it where the protocol does. A rule of another
 * source comes with another interface: then this is not the packet's way.
 */
static bool router_select(uint32_t destination, struct ipv4_path *path)
{
    const struct router_rule *rule = router_lookup(destination);
    if (rule == NULL)
        return false;
    path->interface = rule->interface;
    path->next_hop = rule->gateway != 0 ? rule->gateway : destination;
    return true;
}

void router_init(void)
{
    router_used = 0;
    ipv4_set_select(router_select);
}

/* ---- both tables ----------------------------------------------------------------------------- */

int router_add(const struct route *wanted)
{
    struct route route = *wanted;
    if (route.interface == NULL) {
        const struct router_rule *way = router_lookup(route.gateway);
        if (route.gateway == 0 || way == NULL || way->gateway != 0)
            return -KENETUNREACH;
        route.interface = way->interface;
    }
    int error = route_add(&route);
    if (error == 0)
        router_insert(&route);
    return error;
}

int router_remove(const struct route *pattern)
{
    for (unsigned i = router_used; i > 0; i--) {
        const struct router_rule *rule = &router_rules[i - 1];
        struct route route = {rule->destination, rule->length, rule->gateway, rule->interface};
        bool fits = route.destination == pattern->destination && route.length == pattern->length &&
                    (pattern->gateway == 0 || pattern->gateway == route.gateway) &&
                    (pattern->interface == NULL || pattern->interface == route.interface);
        if (fits) {
            router_delete(i - 1);
            return route_delete(&route);
        }
    }
    return -KESRCH;
}

/* Its rules are those that the stack has for it. */
void router_adopt(struct interface *interface)
{
    router_delete_interface(interface);
    for (unsigned i = 0; i < route_count(); i++) {
        const struct route *route = route_at(i);
        if (route->interface == interface)
            router_insert(route);
    }
}

int router_set_address(struct interface *interface, uint32_t address, uint32_t mask)
{
    int error = interface_set_address(interface, address, mask);
    router_adopt(interface);
    return error;
}

int router_set_up(struct interface *interface, bool up)
{
    int error = interface_set_up(interface, up);
    router_adopt(interface);
    return error;
}
