/*
 * gmem_pool.c - first fit by address, with merging of neighbours
 */
#include "emu/core/gmem_pool.h"

void gmem_pool_init(struct gmem_pool *pool, uint64_t start, uint64_t size)
{
    g_assert(start != 0 && start % GMEM_POOL_GRAIN == 0);
    g_assert(size != 0 && size % GMEM_POOL_GRAIN == 0);
    pool->start = start;
    pool->size = size;
    range_set_init(&pool->extents);
    range_set_add(&pool->extents, (struct range){.start = start, .size = size});
}

void gmem_pool_fini(struct gmem_pool *pool)
{
    range_set_fini(&pool->extents);
}

/* Takes [start, start + size) out of the extent at `index`, which contains it. */
static void gmem_pool_cut(struct gmem_pool *pool, guint index, uint64_t start, uint64_t size)
{
    struct range *extent = range_set_get(&pool->extents, index);
    uint64_t before = start - extent->start;
    uint64_t behind = extent->size - before - size;
    if (before == 0 && behind == 0) {
        range_set_remove(&pool->extents, index);
    } else if (before == 0) {
        extent->start = start + size;
        extent->size = behind;
    } else {
        extent->size = before;
        if (behind != 0) {
            range_set_add(&pool->extents, (struct range){.start = start + size, .size = behind});
        }
    }
}

uint64_t gmem_pool_take(struct gmem_pool *pool, uint64_t size, uint64_t align)
{
    g_assert(align != 0 && (align & (align - 1)) == 0);
    if (size == 0 || size > pool->size || align > pool->start + pool->size) {
        return 0;
    }
    size = gmem_pool_round_up(size);
    align = MAX(align, GMEM_POOL_GRAIN);
    for (guint i = 0; i < range_set_count(&pool->extents); i++) {
        const struct range *extent = range_set_get(&pool->extents, i);
        uint64_t start = (extent->start + align - 1) & ~(align - 1);
        uint64_t skipped = start - extent->start;
        if (skipped < extent->size && size <= extent->size - skipped) {
            gmem_pool_cut(pool, i, start, size);
            return start;
        }
    }
    return 0;
}

void gmem_pool_give(struct gmem_pool *pool, uint64_t start, uint64_t size)
{
    size = gmem_pool_round_up(size);
    g_assert(start >= pool->start && size <= pool->size);
    g_assert(start - pool->start <= pool->size - size);
    guint after = range_set_find_after(&pool->extents, start);
    struct range *left = after > 0 ? range_set_get(&pool->extents, after - 1) : NULL;
    struct range *right =
        after < range_set_count(&pool->extents) ? range_set_get(&pool->extents, after) : NULL;
    g_assert(left == NULL || left->start + left->size <= start);
    g_assert(right == NULL || start + size <= right->start);
    bool joins_left = left != NULL && left->start + left->size == start;
    bool joins_right = right != NULL && start + size == right->start;
    if (joins_left) {
        left->size += size + (joins_right ? right->size : 0);
        if (joins_right) {
            range_set_remove(&pool->extents, after);
        }
    } else if (joins_right) {
        right->start = start;
        right->size += size;
    } else {
        range_set_add(&pool->extents, (struct range){.start = start, .size = size});
    }
}
