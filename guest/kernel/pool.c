/*
 * pool.c - fixed pools of equal objects
 *
 * A list of free ones through their first bytes. Those that were never given are not in it: they
 * are taken in order behind the last, so that a large pool costs nothing before it is used.
 */
#include "kernel/pool.h"

#include "lib/format.h"
#include "lib/kassert.h"

#include "ringside/probe.h"

static struct pool *pool_table[POOLS_MAX];
static unsigned pool_count;

static void pool_register(struct pool *pool)
{
    for (unsigned i = 0; i < pool_count; i++) {
        if (pool_table[i] == pool)
            return;
    }
    kassert(pool_count < POOLS_MAX);
    pool_table[pool_count++] = pool;
}

static void pool_push(struct pool *pool, void *object)
{
    *(void **)object = pool->free;
    pool->free = object;
}

void pool_init(struct pool *pool, const char *name, void *memory, size_t object_size,
               unsigned capacity)
{
    kassert(object_size >= sizeof(void *));
    kassert(object_size % _Alignof(void *) == 0);
    *pool = (struct pool){
        .name = name,
        .lock = SPINLOCK_INIT(name),
        .memory = memory,
        .object_size = object_size,
        .capacity = capacity,
    };
    pool_register(pool);
}

void pool_count_taken(struct pool *pool, unsigned count)
{
    pool->used += count;
    if (pool->used > pool->high_water)
        pool->high_water = pool->used;
}

void pool_count_given(struct pool *pool, unsigned count)
{
    kassert(pool->used >= count);
    pool->used -= count;
}

void pool_count_refused(struct pool *pool)
{
    char name[48];
    pool->exhausted++;
    ksnprintf(name, sizeof name, "%s.exhausted", pool->name);
    probe_counter(name, pool->exhausted);
}

static void *pool_take(struct pool *pool)
{
    void *object = pool->free;
    if (object != NULL)
        pool->free = *(void **)object;
    else if (pool->touched < pool->capacity)
        object = pool->memory + pool->touched++ * pool->object_size;
    return object;
}

void *pool_alloc(struct pool *pool)
{
    uint64_t daif = spin_lock(&pool->lock);
    void *object = pool_take(pool);
    if (object != NULL)
        pool_count_taken(pool, 1);
    else
        pool_count_refused(pool);
    spin_unlock(&pool->lock, daif);
    return object;
}

void pool_free(struct pool *pool, void *object)
{
    size_t offset = (size_t)((char *)object - pool->memory);
    kassert(offset < pool->capacity * pool->object_size);
    kassert(offset % pool->object_size == 0);
    uint64_t daif = spin_lock(&pool->lock);
    pool_count_given(pool, 1);
    pool_push(pool, object);
    spin_unlock(&pool->lock, daif);
}

const struct pool *pool_by_index(unsigned index)
{
    return index < pool_count ? pool_table[index] : NULL;
}
