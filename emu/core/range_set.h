/*
 * range_set.h - ranges of addresses that do not overlap
 *
 * A sorted array: a lookup is a binary search, and none at all when it falls into the range that
 * was found last, which is what accesses to memory and to devices do. Adding and removing move the
 * ranges behind.
 */
#ifndef EMU_CORE_RANGE_SET_H
#define EMU_CORE_RANGE_SET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct range {
    uint64_t start;
    uint64_t size; /* at least 1; start + size does not exceed UINT64_MAX */
    unsigned tag;  /* the owner's */
};

/* Embedded by its owner; members belong to range_set.c. */
struct range_set {
    GArray *ranges;
    guint last_hit;
};

void range_set_init(struct range_set *set);
void range_set_fini(struct range_set *set);

static inline guint range_set_count(const struct range_set *set)
{
    return set->ranges->len;
}

/*
 * The range at an index, in the order of addresses; borrowed until the set changes. Its owner keeps
 * it apart from the others.
 */
static inline struct range *range_set_get(const struct range_set *set, guint index)
{
    return &g_array_index(set->ranges, struct range, index);
}

static inline bool range_contains(const struct range *range, uint64_t at)
{
    return at - range->start < range->size;
}

/* The index of the first range that starts after an address, or the count. */
guint range_set_find_after(const struct range_set *set, uint64_t at);

/* The range that contains an address, borrowed until the set changes, or NULL. */
const struct range *range_set_search(struct range_set *set, uint64_t at);
static inline const struct range *range_set_find(struct range_set *set, uint64_t at)
{
    if (set->last_hit < set->ranges->len) {
        const struct range *last = range_set_get(set, set->last_hit);
        if (range_contains(last, at)) {
            return last;
        }
    }
    return range_set_search(set, at);
}

/* Adds a range. False, with the set as it was, when it overlaps another one. */
bool range_set_add(struct range_set *set, struct range range);

void range_set_remove(struct range_set *set, guint index);
/* Removes the range with exactly this start, size and tag. False when there is none. */
bool range_set_remove_exact(struct range_set *set, struct range range);

#endif
