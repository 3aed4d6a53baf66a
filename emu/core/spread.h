/*
 * spread.h - where in a table of 2^bits places a key goes
 *
 * Fibonacci hashing: all bits of the key count, and keys that are neighbours, or that lie at equal
 * distances, as addresses do, are spread well.
 */
#ifndef EMU_CORE_SPREAD_H
#define EMU_CORE_SPREAD_H

#include <stdint.h>

#define SPREAD_GOLDEN UINT64_C(0x9e3779b97f4a7c15) /* 2^64 over the golden ratio */

/* 1 to 32 bits. */
static inline unsigned spread(uint64_t key, unsigned bits)
{
    return (unsigned)(key * SPREAD_GOLDEN >> (64 - bits));
}

#endif
