/* netif.c - the table of interfaces, and the way between them and the stack */
#include "kernel/netif.h"

#include "lib/errno.h"
#include "lib/format.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/probe.h"

static struct netif *netif_table[NETIFS_MAX];
static unsigned netif_count;
static const struct netif_stack *netif_stack;

void netif_init(void)
{
    netif_count = 0;
    netif_stack = NULL;
}

void netif_set_stack(const struct netif_stack *stack)
{
    kassert(netif_stack == NULL);
    netif_stack = stack;
    for (unsigned i = 0; i < netif_count; i++)
        stack->attached(netif_table[i]);
}

int netif_register(struct netif *netif)
{
    kassert(netif->transmit != NULL);
    if (netif_count == NETIFS_MAX)
        return -KENOSPC;
    netif->index = netif_count;
    ksnprintf(netif->name, sizeof netif->name, "eth%u", netif_count);
    netif_table[netif_count++] = netif;
    if (netif_stack != NULL)
        netif_stack->attached(netif);
    return 0;
}

void netif_unregister(struct netif *netif)
{
    kassert(netif_stack == NULL);
    kassert(netif_count > 0 && netif_table[netif_count - 1] == netif);
    netif_count--;
}

struct netif *netif_by_index(unsigned index)
{
    return index < netif_count ? netif_table[index] : NULL;
}

struct netif *netif_by_name(const char *name)
{
    for (unsigned i = 0; i < netif_count; i++) {
        if (kstreq(netif_table[i]->name, name))
            return netif_table[i];
    }
    return NULL;
}

void netif_input(struct netif *netif, struct nbuf *nbuf)
{
    nbuf->netif = netif;
    if (netif_stack == NULL) {
        netif->counters.rx_dropped++;
        probe_drop(netif->name, "no network stack");
        nbuf_free(nbuf);
        return;
    }
    netif_stack->input(netif, nbuf);
}

uint64_t netif_poll(uint64_t now_ns)
{
    return netif_stack != NULL ? netif_stack->poll(now_ns) : UINT64_MAX;
}

void netif_wake(struct netif *netif)
{
    if (netif->wake != NULL)
        wait_wake_all(netif->wake);
}
