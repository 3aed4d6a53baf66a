/*
 * inet_ioctl.c - ioctls on AF_INET sockets: interfaces and routes
 */
#include "netstack/posix/inet_ioctl.h"

#include "kernel/sockios.h"
#include "kernel/user_memory.h"
#include "lib/endian.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "netstack/ethernet.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/posix/inet_address.h"
#include "netstack/route.h"

/* "Every internet module must be able to forward a datagram of 68 octets" [RFC791] */
#define IFREQ_MTU_MIN 68

/* ---- interfaces ------------------------------------------------------------------------------ */

static struct interface *ifreq_interface(const struct ifreq *request)
{
    if (kstrnlen(request->ifr_name, IFNAMSIZ) == IFNAMSIZ)
        return NULL;
    return interface_by_name(request->ifr_name);
}

static long ifreq_put_address(struct ifreq *request, uint32_t address)
{
    inet_address_put((struct sockaddr_in *)&request->ifr_addr, address);
    return 0;
}

static long ifreq_get_flags(const struct interface *interface, struct ifreq *request)
{
    bool carrier = interface->netif == NULL || !interface->netif->no_carrier;
    int flags = !interface->up ? 0 : carrier ? IFF_UP | IFF_RUNNING : IFF_UP;
    flags |= interface->netif == NULL ? IFF_LOOPBACK : IFF_BROADCAST;
    request->ifr_flags = (int16_t)flags;
    return 0;
}

static long ifreq_get_broadcast(const struct interface *interface, struct ifreq *request)
{
    if (interface->netif == NULL || interface->address == 0)
        return ifreq_put_address(request, 0);
    return ifreq_put_address(request, interface->address | ~interface->mask);
}

static long ifreq_get_mac(const struct interface *interface, struct ifreq *request)
{
    memset(&request->ifr_hwaddr, 0, sizeof(request->ifr_hwaddr));
    request->ifr_hwaddr.sa_family = interface->netif == NULL ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
    if (interface->netif != NULL)
        memcpy(request->ifr_hwaddr.sa_data, interface->netif->mac, ETHERNET_MAC_SIZE);
    return 0;
}

static long ifreq_get(const struct interface *interface, unsigned long what, struct ifreq *request)
{
    switch (what) {
    case SIOCGIFFLAGS:
        return ifreq_get_flags(interface, request);
    case SIOCGIFADDR:
        if (interface->address == 0)
            return -KEADDRNOTAVAIL;
        return ifreq_put_address(request, interface->address);
    case SIOCGIFBRDADDR:
        return ifreq_get_broadcast(interface, request);
    case SIOCGIFNETMASK:
        return ifreq_put_address(request, interface->mask);
    case SIOCGIFMTU:
        request->ifr_mtu = (int32_t)interface->mtu;
        return 0;
    case SIOCGIFHWADDR:
        return ifreq_get_mac(interface, request);
    case SIOCGIFINDEX:
        request->ifr_ifindex = (int32_t)interface->index;
        return 0;
    default:
        return -KENOTTY;
    }
}

/* The mask that an address had before there were masks [RFC791] 3.2. */
static uint32_t ifreq_class_mask(uint32_t address)
{
    if (address >> 31 == 0)
        return 0xff000000;
    return address >> 30 == 2 ? 0xffff0000 : 0xffffff00;
}

static long ifreq_set_address(struct interface *interface, const struct ifreq *request)
{
    uint32_t address;
    long error = inet_address_get((const struct sockaddr_in *)&request->ifr_addr,
                                  sizeof(struct sockaddr_in), &address);
    if (error != 0)
        return error;
    return interface_set_address(interface, address, ifreq_class_mask(address));
}

static long ifreq_set_mask(struct interface *interface, const struct ifreq *request)
{
    uint32_t mask;
    long error = inet_address_get((const struct sockaddr_in *)&request->ifr_addr,
                                  sizeof(struct sockaddr_in), &mask);
    if (error != 0)
        return error;
    if (interface->address == 0)
        return -KEADDRNOTAVAIL;
    return interface_set_address(interface, interface->address, mask);
}

/* It follows from address and mask: only that value can be set. */
static long ifreq_set_broadcast(const struct interface *interface, const struct ifreq *request)
{
    uint32_t address;
    long error = inet_address_get((const struct sockaddr_in *)&request->ifr_addr,
                                  sizeof(struct sockaddr_in), &address);
    if (error != 0)
        return error;
    return interface->address != 0 && interface_is_broadcast(interface, address) ? 0 : -KEINVAL;
}

/* An Ethernet frame bounds it above, a buffer does for lo. */
static long ifreq_set_mtu(struct interface *interface, const struct ifreq *request)
{
    int32_t max = interface->netif != NULL ? (int32_t)interface->netif->mtu : INTERFACE_LO_MTU;
    if (request->ifr_mtu < IFREQ_MTU_MIN || request->ifr_mtu > max)
        return -KEINVAL;
    interface->mtu = (unsigned)request->ifr_mtu;
    return 0;
}

static long ifreq_set(struct interface *interface, unsigned long what, const struct ifreq *request)
{
    switch (what) {
    case SIOCSIFFLAGS:
        return interface_set_up(interface, (request->ifr_flags & IFF_UP) != 0);
    case SIOCSIFADDR:
        return ifreq_set_address(interface, request);
    case SIOCSIFNETMASK:
        return ifreq_set_mask(interface, request);
    case SIOCSIFBRDADDR:
        return ifreq_set_broadcast(interface, request);
    case SIOCSIFMTU:
        return ifreq_set_mtu(interface, request);
    default:
        return -KENOTTY;
    }
}

static bool ifreq_is_set(unsigned long what)
{
    return what == SIOCSIFFLAGS || what == SIOCSIFADDR || what == SIOCSIFNETMASK ||
           what == SIOCSIFBRDADDR || what == SIOCSIFMTU;
}

static bool ifreq_is_get(unsigned long what)
{
    return what == SIOCGIFFLAGS || what == SIOCGIFADDR || what == SIOCGIFBRDADDR ||
           what == SIOCGIFNETMASK || what == SIOCGIFMTU || what == SIOCGIFHWADDR ||
           what == SIOCGIFINDEX;
}

/* Interfaces are numbered without a gap: a program asks for 1, 2, … until there is none. */
static long ifreq_get_name(struct ifreq *request)
{
    if (request->ifr_ifindex <= 0)
        return -KENODEV;
    const struct interface *interface = interface_at((unsigned)request->ifr_ifindex);
    if (interface == NULL)
        return -KENODEV;
    kstrlcpy(request->ifr_name, interface->name, IFNAMSIZ);
    return 0;
}

static long ifreq_serve(unsigned long what, struct ifreq *request)
{
    if (what == SIOCGIFNAME)
        return ifreq_get_name(request);
    if (!ifreq_is_get(what) && !ifreq_is_set(what))
        return -KENOTTY;
    struct interface *interface = ifreq_interface(request);
    if (interface == NULL)
        return -KENODEV;
    return ifreq_is_set(what) ? ifreq_set(interface, what, request)
                              : ifreq_get(interface, what, request);
}

/* ---- routes ---------------------------------------------------------------------------------- */

static long rtentry_address(const struct sockaddr *from, uint32_t *address)
{
    return inet_address_get((const struct sockaddr_in *)from, sizeof(struct sockaddr_in), address);
}

/* Destination and length of the prefix. */
static long rtentry_prefix(const struct rtentry *entry, struct route *route)
{
    uint32_t mask = UINT32_MAX;
    if (rtentry_address(&entry->rt_dst, &route->destination) != 0)
        return -KEINVAL;
    if ((entry->rt_flags & RTF_HOST) == 0 && rtentry_address(&entry->rt_genmask, &mask) != 0)
        return -KEINVAL;
    if (!ipv4_mask_length(mask, &route->length) || (route->destination & ~mask) != 0)
        return -KEINVAL;
    return 0;
}

/* The entry itself lies in RAM; where its pointer leads is up to the program. */
static long rtentry_device(const struct rtentry *entry, struct route *route)
{
    char name[IFNAMSIZ];
    if (entry->rt_dev == NULL)
        return 0;
    if (user_copy_string(name, entry->rt_dev, sizeof(name)) == -KEFAULT)
        return -KEFAULT;
    route->interface = interface_by_name(name);
    return route->interface != NULL ? 0 : -KENODEV;
}

static long rtentry_gateway(const struct rtentry *entry, struct route *route)
{
    if ((entry->rt_flags & RTF_GATEWAY) == 0)
        return 0;
    if (rtentry_address(&entry->rt_gateway, &route->gateway) != 0 || route->gateway == 0)
        return -KEINVAL;
    return 0;
}

static long rtentry_read(const struct rtentry *entry, struct route *route)
{
    *route = (struct route){.gateway = 0};
    long error = rtentry_prefix(entry, route);
    if (error == 0)
        error = rtentry_gateway(entry, route);
    return error == 0 ? rtentry_device(entry, route) : error;
}

/*
 * A gateway must be a neighbour: another host on the link of an interface, which is the route's
 * interface then.
 */
static long rtentry_find_interface(struct route *route)
{
    if (route->gateway == 0)
        return route->interface != NULL ? 0 : -KENODEV;
    if (interface_by_address(route->gateway) != NULL)
        return -KEINVAL;
    const struct route *link = route_lookup(route->gateway);
    if (link == NULL || link->gateway != 0 ||
        (route->interface != NULL && route->interface != link->interface))
        return -KENETUNREACH;
    route->interface = link->interface;
    return 0;
}

static long rtentry_add(const struct rtentry *entry)
{
    struct route route;
    long error = rtentry_read(entry, &route);
    if (error == 0)
        error = rtentry_find_interface(&route);
    if (error != 0)
        return error;
    if (route.interface->netif == NULL)
        return -KEINVAL; /* what is lo's needs no route */
    return route.interface->up ? route_add(&route) : -KENETDOWN;
}

static long rtentry_delete(const struct rtentry *entry)
{
    struct route route;
    long error = rtentry_read(entry, &route);
    return error == 0 ? route_delete(&route) : error;
}

/* The device goes the way of its interface. It may take its time, and may need the stack for it. */
static long ifreq_switch_device(const struct ifreq *request)
{
    const struct interface *interface = interface_by_name(request->ifr_name);
    struct netif *netif = interface != NULL ? interface->netif : NULL;
    if (netif == NULL || netif->set_up == NULL)
        return 0;
    return netif->set_up(netif, (request->ifr_flags & IFF_UP) != 0);
}

long inet_ioctl(unsigned long request, void *argument)
{
    long result;
    if (argument == NULL)
        return -KEFAULT;
    netstack_lock();
    if (request == SIOCADDRT)
        result = rtentry_add(argument);
    else if (request == SIOCDELRT)
        result = rtentry_delete(argument);
    else
        result = ifreq_serve(request, argument);
    netstack_unlock();
    return request == SIOCSIFFLAGS && result == 0 ? ifreq_switch_device(argument) : result;
}
