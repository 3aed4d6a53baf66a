/*
 * netstack.c - the edge of the network stack
 */
#include "netstack/netstack.h"

#include "kernel/clock.h"
#include "kernel/lock.h"
#include "kernel/netif.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "netstack/config.h"
#include "netstack/drop.h"
#include "netstack/ethernet.h"
#include "netstack/icmp.h"
#include "netstack/interface.h"
#include "netstack/ipv4.h"
#include "netstack/loopback.h"
#include "netstack/raw.h"
#include "netstack/reassembly.h"
#include "netstack/route.h"
#include "netstack/tcp.h"
#include "netstack/udp.h"

#include "ringside/hal.h"

static struct mutex netstack_mutex;
static uint64_t netstack_deadline_ns;   /* when the stack is polled next, for TCP */
static struct wait_queue netstack_wake; /* of the keeper */
static struct task *netstack_keeper;    /* NULL: none was needed yet */

void netstack_lock(void)
{
    mutex_lock(&netstack_mutex);
}

static uint64_t netstack_poll(uint64_t now_ns);

/* In the place of a driver's task, on a machine without a card. */
static void netstack_keep(void *arg)
{
    struct waiter waiter;
    (void)arg;
    for (;;) {
        wait_prepare(&netstack_wake, &waiter, "timeout");
        uint64_t deadline_ns = netstack_poll(clock_now_ns());
        (void)wait_commit_uninterruptible(&waiter, deadline_ns);
    }
}

/*
 * What a caller has begun may be due earlier than a driver's task would poll, and packets to
 * ourselves may be left: it polls at once then. Where there is no driver the keeper is made when
 * something becomes due for the first time; without memory for it the next caller tries again.
 */
static void netstack_call_for_poll(void)
{
    struct netif *netif = netif_by_index(0);
    uint64_t deadline_ns = loopback_has_packets() ? 0 : tcp_deadline_ns();
    if (deadline_ns >= netstack_deadline_ns)
        return;
    if (netif == NULL && netstack_keeper == NULL) {
        netstack_keeper = task_create("netkeeper", netstack_keep, NULL);
        if (netstack_keeper == NULL)
            return;
    }
    netstack_deadline_ns = deadline_ns;
    if (netif != NULL)
        netif_wake(netif);
    else
        wait_wake_all(&netstack_wake);
}

/* From a driver's task, which polls before it sleeps. */
static void netstack_leave(void)
{
    if (loopback_has_packets())
        loopback_run(clock_now_ns());
    mutex_unlock(&netstack_mutex);
}

void netstack_unlock(void)
{
    if (loopback_has_packets())
        loopback_run(clock_now_ns());
    netstack_call_for_poll();
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
    netstack_leave();
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
    tcp_poll(now_ns);
    if (loopback_has_packets())
        loopback_run(now_ns);
    netstack_deadline_ns = loopback_has_packets() ? now_ns : tcp_deadline_ns();
    mutex_unlock(&netstack_mutex);
    return netstack_deadline_ns < deadline_ns ? netstack_deadline_ns : deadline_ns;
}

static const struct netif_stack netstack_ops = {
    .attached = netstack_attached,
    .input = netstack_input,
    .poll = netstack_poll,
};

void netstack_init(void)
{
    uint8_t secret[TCP_SECRET_SIZE];
    hal_random(secret, sizeof(secret));
    mutex_init(&netstack_mutex, "net");
    wait_queue_init(&netstack_wake);
    netstack_keeper = NULL;
    netstack_deadline_ns = UINT64_MAX;
    ipv4_set_select(NULL);
    interfaces_init();
    routes_init();
    raw_init();
    icmp_init();
    udp_init();
    tcp_init(secret);
    reassembly_init();
    loopback_init();
    netif_set_stack(&netstack_ops);
}
