/*
 * nbuf.h - frame buffers
 *
 * A fixed pool of buffers in DMA memory. A buffer has headroom, so that each layer puts its
 * header in front of what it was given: nbuf_push() and nbuf_pull() move `data`. Whoever holds a
 * pointer owns the buffer; passing it on passes the ownership.
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

struct netif;

struct nbuf {
    struct list link;    /* for whoever owns it */
    uint8_t *data;       /* first byte of what matters */
    size_t len;          /* bytes of it */
    uint8_t *memory;     /* NBUF_SIZE bytes */
    uint64_t physical;   /* of memory */
    struct netif *netif; /* where it came from, or is to go */
    uint32_t next_hop;   /* IPv4, host order, while it waits for ARP */
    bool group;          /* it came in a frame to a group of stations */
    uint8_t ttl;         /* of the packet that it came in */
};

void nbuf_init(void);
/* Empty, with NBUF_HEADROOM in front. NULL when the pool is. From tasks and interrupts. */
struct nbuf *nbuf_alloc(void);
void nbuf_free(struct nbuf *nbuf); /* NULL is fine */

static inline size_t nbuf_headroom(const struct nbuf *nbuf)
{
    return (size_t)(nbuf->data - nbuf->memory);
}
static inline size_t nbuf_tailroom(const struct nbuf *nbuf)
{
    return NBUF_SIZE - nbuf_headroom(nbuf) - nbuf->len;
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
