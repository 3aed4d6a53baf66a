/*
 * link.c - network cards as the network daemon has them
 *
 * Nothing here waits: a frame that a driver has no room for is lost, and counted, as on any host.
 *
 * A driver tells of frames on edges: there are some from an event on, until a read has found none.
 * In between nobody asks it.
 */
#include "netstack/schemes/link.h"

#include "kernel/nbuf.h"
#include "kernel/user_call.h"
#include "lib/format.h"
#include "lib/string.h"
#include "netstack/drop.h"
#include "netstack/ethernet.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/schemes/router.h"

#define LINK_MTU        1500
#define LINK_FRAME_MAX  (LINK_MTU + ETHERNET_HEADER_SIZE)
#define LINK_NAMES_SIZE 4096 /* of all schemes, a line each */

struct link {
    char scheme[SCHEME_NAME_MAX];
    int file;        /* negative: the driver is gone */
    bool has_frames; /* since an event, and no read has found none */
    struct netif netif;
};

static struct link links[NETIFS_MAX];
static unsigned link_count;

void links_init(void)
{
    link_count = 0;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void link_lose(struct link *link)
{
    (void)sys_close(link->file);
    link->file = -KENODEV;
    link->has_frames = false;
    link->netif.no_carrier = true;
}

static int link_transmit(struct netif *netif, struct nbuf *nbuf)
{
    struct link *link = netif->driver;
    long result = link->file >= 0 ? sys_write(link->file, nbuf->data, nbuf->len) : -KENODEV;
    if (result == (long)nbuf->len) {
        netif->counters.tx_frames++;
        netif->counters.tx_bytes += nbuf->len;
        nbuf_free(nbuf);
        return 0;
    }
    netif->counters.tx_dropped++;
    net_drop(nbuf, netif->name, result == -KEAGAIN ? "transmit queue full" : "no driver");
    return -KEAGAIN;
}

void link_has_frames(unsigned number)
{
    links[number].has_frames = links[number].file >= 0;
}

static void link_receive(struct link *link)
{
    struct nbuf *nbuf;
    while (link->has_frames && (nbuf = nbuf_alloc()) != NULL) {
        long size = sys_read(link->file, nbuf_put(nbuf, LINK_FRAME_MAX), LINK_FRAME_MAX);
        if (size < 0) {
            nbuf_free(nbuf);
            link->has_frames = size == -KEINTR;
            if (size != -KEAGAIN && size != -KEINTR)
                link_lose(link);
            return;
        }
        nbuf->len = (size_t)size;
        link->netif.counters.rx_frames++;
        link->netif.counters.rx_bytes += nbuf->len;
        netif_input(&link->netif, nbuf);
    }
}

void links_receive(void)
{
    for (unsigned i = 0; i < link_count; i++)
        link_receive(&links[i]);
}

/* ---- finding them ---------------------------------------------------------------------------- */

/* A file of the scheme; `path` may be empty. */
static long link_open(const char *scheme, const char *path, int flags)
{
    char whole[sizeof(SCHEME_ROOT) + SCHEME_NAME_MAX + 8];
    ksnprintf(whole, sizeof whole, SCHEME_ROOT "%s/%s", scheme, path);
    return sys_open(whole, flags);
}

static bool link_read_mac(const char *scheme, uint8_t mac[ETHERNET_MAC_SIZE])
{
    long file = link_open(scheme, "mac", O_RDONLY);
    if (file < 0)
        return false;
    long size = sys_read((int)file, mac, ETHERNET_MAC_SIZE);
    (void)sys_close((int)file);
    return size == ETHERNET_MAC_SIZE;
}

/* The link of a scheme, which may have no file; NULL: there is none, and no more can be. */
static struct link *link_of(const char *scheme)
{
    for (unsigned i = 0; i < link_count; i++) {
        if (kstreq(links[i].scheme, scheme))
            return &links[i];
    }
    if (link_count == NETIFS_MAX)
        return NULL;
    struct link *link = &links[link_count];
    *link = (struct link){.file = -KENODEV};
    kstrlcpy(link->scheme, scheme, sizeof link->scheme);
    return link;
}

/* The interface is told to the stack with its address, so that it may send at once. */
static void link_begin(struct link *link)
{
    struct netif *netif = &link->netif;
    netif->no_carrier = false;
    if (link < &links[link_count])
        return;
    netif->mtu = LINK_MTU;
    netif->transmit = link_transmit;
    netif->driver = link;
    if (netif_register(netif) != 0) {
        link_lose(link);
        return;
    }
    link_count++;
    netstack_lock();
    router_adopt(interface_of(netif));
    netstack_unlock();
}

static void link_try(const char *scheme, int queue, uint64_t first_word)
{
    struct link *link = link_of(scheme);
    if (link == NULL || link->file >= 0 || !link_read_mac(scheme, link->netif.mac))
        return;
    link->file = (int)link_open(scheme, "", O_RDWR | O_NONBLOCK);
    if (link->file < 0)
        return;
    if (sys_watch(queue, link->file, EVENT_READ, first_word + (uint64_t)(link - links)) == 0)
        link_begin(link);
    else
        link_lose(link);
}

long links_detect(int names, int queue, uint64_t first_word)
{
    char text[LINK_NAMES_SIZE];
    long size = sys_seek(names, 0, SEEK_SET);
    if (size >= 0)
        size = sys_read(names, text, sizeof text - 1);
    if (size < 0)
        return size;
    text[size] = '\0';
    for (char *name = text, *end; (end = (char *)kstrchr(name, '\n')) != NULL; name = end + 1) {
        *end = '\0';
        if (kstr_has_prefix(name, LINK_NAME_PREFIX))
            link_try(name, queue, first_word);
    }
    long with_file = 0;
    for (unsigned i = 0; i < link_count; i++)
        with_file += links[i].file >= 0;
    return with_file;
}
