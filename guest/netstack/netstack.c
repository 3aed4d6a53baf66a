/*
 * netstack.c - the edge of the network stack
 */
#include "netstack/netstack.h"

#include "kernel/clock.h"
#include "kernel/lock.h"
#include "kernel/netif.h"
#include "netstack/config.h"
#include "netstack/drop.h"
#include "netstack/ethernet.h"
#include "netstack/icmp.h"
#include "netstack/interface.h"
#include "netstack/loopback.h"
#include "netstack/reassembly.h"
#include "netstack/route.h"
#include "netstack/udp.h"

static struct mutex netstack_mutex;

void netstack_lock(void)
{
    mutex_lock(&netstack_mutex);
}

void netstack_unlock(void)
{
    if (loopback_has_packets())
        loopback_run(clock_now_ns());
    mutex_unlock(&netstack_mutex);
}

static void netstack_attached(struct netif *netif)
{
    netstack_lock();
    struct interface *interface = interface_attach(netif);
    if (interface != NULL && netif->index == 0)
        config_apply(interface);
    netstack_unlock();
}

static void netstack_input(struct netif *netif, struct nbuf *nbuf)
{
    netstack_lock();
    struct interface *interface = interface_of(netif);
    if (interface != NULL)
        ethernet_input(interface, nbuf, clock_now_ns());
    else
        net_drop(nbuf, "ethernet", "unknown interface");
    netstack_unlock();
}

static uint64_t netstack_poll(uint64_t now_ns)
{
    netstack_lock();
    uint64_t deadline_ns = reassembly_poll(now_ns);
    for (unsigned index = interface_lo()->index + 1; index <= INTERFACES_MAX; index++) {
        struct interface *interface = interface_at(index);
        if (interface == NULL)
            break;
        uint64_t due_ns = arp_poll(&interface->arp, now_ns);
        if (due_ns < deadline_ns)
            deadline_ns = due_ns;
    }
    netstack_unlock();
    return deadline_ns;
}

static const struct netif_stack netstack_ops = {
    .attached = netstack_attached,
    .input = netstack_input,
    .poll = netstack_poll,
};

void netstack_init(void)
{
    mutex_init(&netstack_mutex, "net");
    interfaces_init();
    routes_init();
    icmp_init();
    udp_init();
    reassembly_init();
    loopback_init();
    netif_set_stack(&netstack_ops);
}
