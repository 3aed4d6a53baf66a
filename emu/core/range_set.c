/*
 * range_set.c - the sorted array behind range_set.h
 */
#include "emu/core/range_set.h"

#include <string.h>

void range_set_init(struct range_set *set)
{
    set->ranges = g_array_new(FALSE, FALSE, sizeof(struct range));
    memset(set->hints, 0, sizeof set->hints);
}

void range_set_fini(struct range_set *set)
{
    g_array_free(set->ranges, TRUE);
    set->ranges = NULL;
}

guint range_set_find_after(const struct range_set *set, uint64_t at)
{
    guint low = 0;
    guint high = set->ranges->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (range_set_get(set, middle)->start <= at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct range *range_set_search(struct range_set *set, uint64_t at)
{
    guint after = range_set_find_after(set, at);
    if (after == 0 || !range_contains(range_set_get(set, after - 1), at)) {
        return NULL;
    }
    *range_set_hint(set, at) = after - 1;
    return range_set_get(set, after - 1);
}

bool range_set_add(struct range_set *set, struct range range)
{
    g_assert(range.size > 0);
    g_assert(range.size <= UINT64_MAX - range.start);
    guint after = range_set_find_after(set, range.start);
    if (after > 0 && range_contains(range_set_get(set, after - 1), range.start)) {
        return false;
    }
    if (after < set->ranges->len && range_set_get(set, after)->start - range.start < range.size) {
        return false;
    }
    g_array_insert_val(set->ranges, after, range);
    return true;
}

void range_set_remove(struct range_set *set, guint index)
{
    g_assert(index < set->ranges->len);
    g_array_remove_index(set->ranges, index);
}

bool range_set_remove_exact(struct range_set *set, struct range range)
{
    guint after = range_set_find_after(set, range.start);
    if (after == 0) {
        return false;
    }
    const struct range *found = range_set_get(set, after - 1);
    if (found->start != range.start || found->size != range.size || found->tag != range.tag) {
        return false;
    }
    range_set_remove(set, after - 1);
    return true;
}
