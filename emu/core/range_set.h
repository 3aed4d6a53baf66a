/*
 * range_set.h - ranges of addresses that do not overlap
 *
 * A sorted array: a lookup is a binary search, and none at all when it falls into the range that
 * was found last for an address of the same page, or one that shares its hint: accesses to memory
 * and to devices go to the same few places in turns. Adding and removing move the ranges behind.
 */
#ifndef EMU_CORE_RANGE_SET_H
#define EMU_CORE_RANGE_SET_H

#include "emu/core/spread.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define RANGE_SET_HINTS_LOG2 5
#define RANGE_SET_PAGE_LOG2  9 /* the least size of a device's registers */

struct range {
    uint64_t start;
    uint64_t size; /* at least 1; start + size does not exceed UINT64_MAX */
    unsigned tag;  /* the owner's */
};

/* Embedded by its owner; members belong to range_set.c. */
struct range_set {
    GArray *ranges;
    guint hints[1 << RANGE_SET_HINTS_LOG2]; /* indexes of ranges; right or not */
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

/* Where the range of an address is noted. */
static inline guint *range_set_hint(struct range_set *set, uint64_t at)
{
    return &set->hints[spread(at >> RANGE_SET_PAGE_LOG2, RANGE_SET_HINTS_LOG2)];
}

/* The range that contains an address, borrowed until the set changes, or NULL. */
const struct range *range_set_search(struct range_set *set, uint64_t at);
static inline const struct range *range_set_find(struct range_set *set, uint64_t at)
{
    guint hint = *range_set_hint(set, at);
    if (hint < set->ranges->len) {
        const struct range *range = range_set_get(set, hint);
        if (range_contains(range, at)) {
            return range;
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
