/*
 * pool.h - fixed pools of equal objects
 *
 * Whatever the kernel allocates comes from a pool with a name, a limit and a high-water mark;
 * /proc/pools shows them. A free object holds the pool's link in its first bytes; the rest keeps
 * what was in it. The lowest object is given first, then what was freed last.
 */
#ifndef KERNEL_POOL_H
#define KERNEL_POOL_H

#include "kernel/spinlock.h"

#include <stddef.h>
#include <stdint.h>

#define POOLS_MAX 48

struct pool {
    const char *name;
    struct spinlock lock; /* of what stands below */
    char *memory;
    size_t object_size;
    unsigned capacity;
    unsigned touched; /* given at least once: the first ones */
    unsigned used;
    unsigned high_water;
    uint64_t exhausted; /* how often somebody went away empty-handed */
    void *free;
};

/* Keeps name and memory: an array of `capacity` objects. Also empties a pool again. */
void pool_init(struct pool *pool, const char *name, void *memory, size_t object_size,
               unsigned capacity);
/* From tasks and interrupts. NULL when all are used: counted as NAME.exhausted. */
void *pool_alloc(struct pool *pool);
void pool_free(struct pool *pool, void *object);

/*
 * For who hands out the objects of a pool himself, and takes them back: how many, or that there
 * were none. With the pool's lock. All of a pool's objects go this way, or none.
 */
void pool_count_taken(struct pool *pool, unsigned count);
void pool_count_given(struct pool *pool, unsigned count);
void pool_count_refused(struct pool *pool);

/* The pools in the order of their first pool_init(); NULL beyond the last. */
const struct pool *pool_by_index(unsigned index);

#endif
