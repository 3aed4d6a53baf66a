/*
 * tcp_ranges.h - which bytes beyond a gap are there
 *
 * Sorted, apart from each other, and not many: of what we have received out of order, and of what
 * the other side says to have received so [RFC2018]. When there is no room for one more range the
 * bytes count as missing; they are sent again.
 */
#ifndef NETSTACK_TCP_RANGES_H
#define NETSTACK_TCP_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_RANGES_MAX 16

/* Sequence numbers are compared modulo 2^32 [RFC9293] 3.4. */
static inline bool tcp_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}
static inline bool tcp_after(uint32_t a, uint32_t b)
{
    return tcp_before(b, a);
}
static inline uint32_t tcp_later(uint32_t a, uint32_t b)
{
    return tcp_before(a, b) ? b : a;
}
static inline uint32_t tcp_earlier(uint32_t a, uint32_t b)
{
    return tcp_before(a, b) ? a : b;
}

struct tcp_range {
    uint32_t begin, end; /* end: behind the last byte */
};

struct tcp_ranges {
    unsigned count;
    struct tcp_range ranges[TCP_RANGES_MAX];
};

void tcp_ranges_init(struct tcp_ranges *set);
/* May it be added? Also to a full set, where it touches a range that is there. */
bool tcp_ranges_has_room(const struct tcp_ranges *set, uint32_t begin, uint32_t end);
/* Adds bytes, at least one. Returns whether any of them was not there; false also without room. */
bool tcp_ranges_add(struct tcp_ranges *set, uint32_t begin, uint32_t end);
/* Forgets what lies below. */
void tcp_ranges_drop_below(struct tcp_ranges *set, uint32_t sequence);
/* The range with this byte, or the first one behind it; NULL: there is none. */
const struct tcp_range *tcp_ranges_find(const struct tcp_ranges *set, uint32_t sequence);

#endif
