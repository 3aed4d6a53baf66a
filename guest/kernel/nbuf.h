/*
 * nbuf.h - frame buffers
 *
 * A fixed pool of buffers in DMA memory. A buffer has headroom, so that each layer puts its
 * header in front of what it was given: nbuf_push() and nbuf_pull() move `data`. Whoever holds a
 * pointer owns the buffer; passing it on passes the ownership.
 *
 * A buffer of the network stack can be enlarged, for datagrams longer than a frame: its bytes then
 * lie in ordinary memory, of which a pool has room for a few, and no device may see them.
 */
#ifndef KERNEL_NBUF_H
#define KERNEL_NBUF_H

#include "lib/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NBUF_COUNT    512
#define NBUF_SIZE     2048
#define NBUF_HEADROOM 64 /* device header, Ethernet, IPv4, transport */

#define NBUF_LARGE_COUNT 16 /* fewer on small machines */
#define NBUF_LARGE_SIZE  (NBUF_HEADROOM + 65536)

struct netif;

struct nbuf {
    struct list link;    /* for whoever owns it */
    uint8_t *data;       /* first byte of what matters */
    size_t len;          /* bytes of it */
    uint8_t *memory;     /* `size` bytes */
    size_t size;         /* NBUF_SIZE, or NBUF_LARGE_SIZE */
    uint8_t *frame;      /* NBUF_SIZE bytes of DMA memory; `memory` unless that is large */
    uint64_t physical;   /* of frame */
    struct netif *netif; /* where it came from, or is to go */
    uint32_t next_hop;   /* IPv4, host order, while it waits for ARP */
    bool group;          /* it came in a frame to a group of stations */
    uint8_t ttl;         /* of the packet that it came in */
};

void nbuf_init(void);
/* Empty, with NBUF_HEADROOM in front. NULL when the pool is. From tasks and interrupts. */
struct nbuf *nbuf_alloc(void);
void nbuf_free(struct nbuf *nbuf); /* NULL is fine */
/* Moves what it holds to NBUF_LARGE_SIZE bytes. False, with nothing changed: there is no room. */
bool nbuf_enlarge(struct nbuf *nbuf);

static inline size_t nbuf_headroom(const struct nbuf *nbuf)
{
    return (size_t)(nbuf->data - nbuf->memory);
}
static inline size_t nbuf_tailroom(const struct nbuf *nbuf)
{
    return nbuf->size - nbuf_headroom(nbuf) - nbuf->len;
}
/*
 * Grow at the front / shrink at the front / grow at the end by `size`; asserted to fit. They
 * return the new data, or the new part.
 */
uint8_t *nbuf_push(struct nbuf *nbuf, size_t size);
uint8_t *nbuf_pull(struct nbuf *nbuf, size_t size);
uint8_t *nbuf_put(struct nbuf *nbuf, size_t size);
uint64_t nbuf_physical(const struct nbuf *nbuf); /* of data */

unsigned nbuf_free_count(void);

#endif
