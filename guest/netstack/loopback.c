/*
 * loopback.c - packets to ourselves
 */
#include "netstack/loopback.h"

#include "lib/errno.h"
#include "netstack/drop.h"
#include "netstack/interface.h"
#include "netstack/ipv4.h"

static struct list loopback_queue;
static unsigned loopback_queued;

void loopback_init(void)
{
    list_init(&loopback_queue);
    loopback_queued = 0;
}

int loopback_output(struct nbuf *nbuf)
{
    if (loopback_queued == LOOPBACK_QUEUE_MAX) {
        net_drop(nbuf, "loopback", "queue full");
        return -KENOBUFS;
    }
    nbuf->netif = NULL;
    list_add_tail(&loopback_queue, &nbuf->link);
    loopback_queued++;
    return 0;
}

bool loopback_has_packets(void)
{
    return loopback_queued > 0;
}

void loopback_run(uint64_t now_ns)
{
    for (unsigned i = 0; i < LOOPBACK_QUEUE_MAX && loopback_queued > 0; i++) {
        struct nbuf *nbuf = list_entry(list_pop(&loopback_queue), struct nbuf, link);
        loopback_queued--;
        ipv4_input(interface_lo(), nbuf, now_ns);
    }
}
