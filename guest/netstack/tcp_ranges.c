/*
 * tcp_ranges.c - which bytes beyond a gap are there
 */
#include "netstack/tcp_ranges.h"

#include "lib/kassert.h"
#include "lib/string.h"

void tcp_ranges_init(struct tcp_ranges *set)
{
    set->count = 0;
}

/* The position of the first range that ends at or behind this. */
static unsigned tcp_ranges_position(const struct tcp_ranges *set, uint32_t sequence)
{
    unsigned i = 0;
    while (i < set->count && tcp_before(set->ranges[i].end, sequence))
        i++;
    return i;
}

static void tcp_ranges_remove(struct tcp_ranges *set, unsigned position, unsigned count)
{
    memmove(&set->ranges[position], &set->ranges[position + count],
            (set->count - position - count) * sizeof(set->ranges[0]));
    set->count -= count;
}

static bool tcp_ranges_insert(struct tcp_ranges *set, unsigned position, uint32_t begin,
                              uint32_t end)
{
    if (set->count == TCP_RANGES_MAX)
        return false;
    memmove(&set->ranges[position + 1], &set->ranges[position],
            (set->count - position) * sizeof(set->ranges[0]));
    set->ranges[position] = (struct tcp_range){begin, end};
    set->count++;
    return true;
}

static bool tcp_ranges_touches(const struct tcp_ranges *set, unsigned position, uint32_t end)
{
    return position < set->count && !tcp_after(set->ranges[position].begin, end);
}

bool tcp_ranges_has_room(const struct tcp_ranges *set, uint32_t begin, uint32_t end)
{
    return set->count < TCP_RANGES_MAX ||
           tcp_ranges_touches(set, tcp_ranges_position(set, begin), end);
}

bool tcp_ranges_add(struct tcp_ranges *set, uint32_t begin, uint32_t end)
{
    kassert(tcp_before(begin, end));
    unsigned first = tcp_ranges_position(set, begin);
    if (!tcp_ranges_touches(set, first, end))
        return tcp_ranges_insert(set, first, begin, end);
    struct tcp_range *range = &set->ranges[first];
    bool news = tcp_before(begin, range->begin) || tcp_after(end, range->end);
    range->begin = tcp_earlier(begin, range->begin);
    range->end = tcp_later(end, range->end);
    unsigned swallowed = 0;
    while (tcp_ranges_touches(set, first + 1 + swallowed, range->end)) {
        range->end = tcp_later(range->end, set->ranges[first + 1 + swallowed].end);
        swallowed++;
    }
    tcp_ranges_remove(set, first + 1, swallowed);
    return news;
}

void tcp_ranges_drop_below(struct tcp_ranges *set, uint32_t sequence)
{
    unsigned gone = 0;
    while (gone < set->count && !tcp_after(set->ranges[gone].end, sequence))
        gone++;
    tcp_ranges_remove(set, 0, gone);
    if (set->count > 0)
        set->ranges[0].begin = tcp_later(set->ranges[0].begin, sequence);
}

const struct tcp_range *tcp_ranges_find(const struct tcp_ranges *set, uint32_t sequence)
{
    unsigned i = 0;
    while (i < set->count && !tcp_after(set->ranges[i].end, sequence))
        i++;
    return i < set->count ? &set->ranges[i] : NULL;
}
