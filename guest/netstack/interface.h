/*
 * interface.h - network interfaces, as IPv4 sees them
 *
 * What the drivers register, each with an address, and `lo`. Addresses are numbers in host order, 0
 * means none. Under the lock of the stack.
 */
#ifndef NETSTACK_INTERFACE_H
#define NETSTACK_INTERFACE_H

#include "kernel/netif.h"
#include "netstack/arp.h"

#include <stdbool.h>

#define INTERFACES_MAX   (1 + NETIFS_MAX) /* with lo */
#define INTERFACE_LO_MTU 1500             /* what fits into a buffer */

struct interface {
    char name[NETIF_NAME_MAX];
    unsigned index;      /* from 1; lo has 1 */
    struct netif *netif; /* NULL: loopback */
    unsigned mtu;
    bool up;
    uint32_t address, mask;
    struct arp arp; /* not of lo */
};

/* Forgets all interfaces and makes lo with 127.0.0.1/8. */
void interfaces_init(void);
/*
 * The interface of a driver, which is up and has no address. Made when it is not there yet; NULL:
 * too many.
 */
struct interface *interface_attach(struct netif *netif);

struct interface *interface_lo(void);
struct interface *interface_at(unsigned index);            /* NULL: none */
struct interface *interface_of(const struct netif *netif); /* NULL: not attached */
struct interface *interface_by_name(const char *name);     /* NULL: none */
/*
 * As programs name one in an option: the name need not end with NUL, and an empty one is NULL, for
 * any. 0; -KENODEV: there is none of that name.
 */
int interface_by_option(const void *value, size_t size, struct interface **interface);
/*
 * The one that is up and has this address, anything in 127.0.0.0/8 being lo's; NULL: the address is
 * not ours.
 */
struct interface *interface_by_address(uint32_t address);
/* The first that is up and has an address, other than lo; NULL: none. */
struct interface *interface_first_configured(void);

/* Is it the broadcast address of the interface's subnet, or the limited one? */
bool interface_is_broadcast(const struct interface *interface, uint32_t address);

/*
 * Gives the interface another address (0: none) and mask. All its routes and neighbours go, the
 * route to the subnet comes. Doing it twice is the same as once. 0; -KEINVAL: no host's address or
 * a mask with holes; -KEOPNOTSUPP: lo; -KENOSPC: no room for the route.
 */
int interface_set_address(struct interface *interface, uint32_t address, uint32_t mask);
/* Down: neither sends nor receives, and has no routes. 0, or as above. */
int interface_set_up(struct interface *interface, bool up);

#endif
