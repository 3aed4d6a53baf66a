/*
 * interface.c - network interfaces, as IPv4 sees them
 */
#include "netstack/interface.h"

#include "kernel/sockios.h"
#include "lib/errno.h"
#include "lib/ipv4_text.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/ipv4.h"
#include "netstack/reassembly.h"
#include "netstack/route.h"

static struct interface interfaces[INTERFACES_MAX]; /* by index - 1; lo is the first */

void interfaces_init(void)
{
    memset(interfaces, 0, sizeof(interfaces));
    struct interface *lo = &interfaces[0];
    kstrlcpy(lo->name, "lo", sizeof(lo->name));
    lo->index = 1;
    lo->mtu = INTERFACE_LO_MTU;
    lo->up = true;
    lo->address = IPV4_LOOPBACK;
    lo->mask = IPV4_LOOPBACK_MASK;
}

struct interface *interface_attach(struct netif *netif)
{
    if (netif->index >= NETIFS_MAX)
        return NULL;
    struct interface *interface = &interfaces[1 + netif->index];
    if (interface->netif == netif)
        return interface;
    kassert(interface->netif == NULL);
    kstrlcpy(interface->name, netif->name, sizeof(interface->name));
    interface->index = 2 + netif->index;
    interface->netif = netif;
    interface->mtu = netif->mtu;
    interface->up = true;
    arp_init(&interface->arp, interface);
    return interface;
}

struct interface *interface_lo(void)
{
    return &interfaces[0];
}

struct interface *interface_at(unsigned index)
{
    if (index == 0 || index > INTERFACES_MAX || interfaces[index - 1].index == 0)
        return NULL;
    return &interfaces[index - 1];
}

struct interface *interface_of(const struct netif *netif)
{
    struct interface *interface = interface_at(2 + netif->index);
    return interface != NULL && interface->netif == netif ? interface : NULL;
}

struct interface *interface_by_name(const char *name)
{
    for (unsigned i = 0; i < INTERFACES_MAX; i++) {
        if (interfaces[i].index != 0 && kstreq(interfaces[i].name, name))
            return &interfaces[i];
    }
    return NULL;
}

int interface_by_option(const void *value, size_t size, struct interface **interface)
{
    char name[IFNAMSIZ] = {0};
    *interface = NULL;
    if (size > 0)
        memcpy(name, value, size < IFNAMSIZ ? size : IFNAMSIZ - 1);
    if (name[0] == '\0')
        return 0;
    *interface = interface_by_name(name);
    return *interface != NULL ? 0 : -KENODEV;
}

struct interface *interface_by_address(uint32_t address)
{
    if (ipv4_is_loopback(address))
        return interface_lo();
    if (address == 0)
        return NULL;
    for (unsigned i = 1; i < INTERFACES_MAX; i++) {
        if (interfaces[i].address == address && interfaces[i].up)
            return &interfaces[i];
    }
    return NULL;
}

struct interface *interface_first_configured(void)
{
    for (unsigned i = 1; i < INTERFACES_MAX; i++) {
        if (interfaces[i].address != 0 && interfaces[i].up)
            return &interfaces[i];
    }
    return NULL;
}

/* Subnets of 31 and 32 bits have no broadcast address [RFC3021]. */
bool interface_is_broadcast(const struct interface *interface, uint32_t address)
{
    if (address == IPV4_BROADCAST)
        return true;
    return interface->address != 0 && interface->mask < 0xfffffffe &&
           address == (interface->address | ~interface->mask);
}

static int interface_add_subnet_route(struct interface *interface)
{
    unsigned length;
    if (!interface->up || interface->address == 0 || !ipv4_mask_length(interface->mask, &length))
        return 0;
    struct route route = {
        .destination = interface->address & interface->mask,
        .length = length,
        .interface = interface,
    };
    return route_add(&route);
}

static bool interface_is_host_address(uint32_t address, uint32_t mask)
{
    if (!ipv4_is_unicast(address) || ipv4_is_loopback(address))
        return false;
    if (mask >= 0xfffffffe)
        return true;
    return (address & ~mask) != 0 && (address | mask) != UINT32_MAX;
}

int interface_set_address(struct interface *interface, uint32_t address, uint32_t mask)
{
    unsigned length;
    if (interface->netif == NULL)
        return -KEOPNOTSUPP;
    if (address != 0 &&
        (!ipv4_mask_length(mask, &length) || !interface_is_host_address(address, mask)))
        return -KEINVAL;
    if (interface->address == address && interface->mask == mask)
        return 0;
    route_delete_interface(interface);
    arp_flush(&interface->arp, KENETDOWN);
    reassembly_flush(interface);
    interface->address = address;
    interface->mask = address != 0 ? mask : 0;
    return interface_add_subnet_route(interface);
}

int interface_set_up(struct interface *interface, bool up)
{
    if (interface->up == up)
        return 0;
    if (interface->netif == NULL)
        return -KEOPNOTSUPP;
    interface->up = up;
    if (up)
        return interface_add_subnet_route(interface);
    route_delete_interface(interface);
    arp_flush(&interface->arp, KENETDOWN);
    reassembly_flush(interface);
    return 0;
}
