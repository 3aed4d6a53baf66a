/*
 * gmem_pool.h - free memory of the pool
 *
 * First fit by address over the free extents, so that the same calls give the same addresses. The
 * books are kept outside of guest memory, where a guest cannot damage them; what is allocated is
 * known to the caller. Part of gmem.
 */
#ifndef EMU_CORE_GMEM_POOL_H
#define EMU_CORE_GMEM_POOL_H

#include "emu/core/range_set.h"

#define GMEM_POOL_GRAIN UINT64_C(16) /* everything is aligned to it and a multiple of it */

struct gmem_pool {
    struct range_set extents; /* free ones; no two of them touch */
    uint64_t start;
    uint64_t size;
};

/* `start` and `size` are multiples of the grain, `start` is not 0. */
void gmem_pool_init(struct gmem_pool *pool, uint64_t start, uint64_t size);
void gmem_pool_fini(struct gmem_pool *pool);

/* `align` is a power of two. Returns the address, or 0 when no extent is large enough. */
uint64_t gmem_pool_take(struct gmem_pool *pool, uint64_t size, uint64_t align);
/* Gives back what was taken, with the same size. */
void gmem_pool_give(struct gmem_pool *pool, uint64_t start, uint64_t size);

/* Rounds a size up to whole grains; it must be so far from UINT64_MAX that this is possible. */
static inline uint64_t gmem_pool_round_up(uint64_t size)
{
    return (size + GMEM_POOL_GRAIN - 1) & ~(GMEM_POOL_GRAIN - 1);
}

#endif
