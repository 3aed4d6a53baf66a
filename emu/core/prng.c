/*
 * prng.c - xoshiro256** and its seeding
 *
 * The generator and SplitMix64 are those of Blackman and Vigna, "Scrambled Linear Pseudorandom
 * Number Generators"; the consumer's name enters as its 64-bit FNV-1a hash. Bounded numbers are
 * drawn by Lemire's multiplication, "Fast Random Integer Generation in an Interval", which rejects
 * what would make some results more likely.
 */
#include "emu/core/prng.h"

#include <glib.h>

#define PRNG_FNV_OFFSET   UINT64_C(0xcbf29ce484222325)
#define PRNG_FNV_PRIME    UINT64_C(0x00000100000001b3)
#define PRNG_GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)

static uint64_t prng_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t prng_hash_name(const char *name)
{
    uint64_t hash = PRNG_FNV_OFFSET;
    for (const char *c = name; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * PRNG_FNV_PRIME;
    }
    return hash;
}

static uint64_t prng_rotate_left(uint64_t x, unsigned bits)
{
    return (x << bits) | (x >> (64 - bits));
}

void prng_init(struct prng *prng, uint64_t seed, const char *consumer)
{
    /* The seed is mixed first: seeds and names that differ in a bit must not cancel out. */
    uint64_t x = prng_mix(seed + PRNG_GOLDEN_GAMMA) ^ prng_hash_name(consumer);
    for (size_t i = 0; i < G_N_ELEMENTS(prng->state); i++) {
        x += PRNG_GOLDEN_GAMMA;
        prng->state[i] = prng_mix(x);
    }
}

uint64_t prng_next(struct prng *prng)
{
    uint64_t *s = prng->state;
    uint64_t result = prng_rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = prng_rotate_left(s[3], 45);
    return result;
}

uint64_t prng_below(struct prng *prng, uint64_t bound)
{
    g_assert(bound > 0);
    unsigned __int128 product = (unsigned __int128)prng_next(prng) * bound;
    if ((uint64_t)product < bound) {
        uint64_t rejected = (0 - bound) % bound; /* 2^64 mod bound */
        while ((uint64_t)product < rejected) {
            product = (unsigned __int128)prng_next(prng) * bound;
        }
    }
    return (uint64_t)(product >> 64);
}

void prng_fill(struct prng *prng, void *buffer, size_t size)
{
    uint8_t *bytes = buffer;
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++) {
        word = i % sizeof(word) == 0 ? prng_next(prng) : word >> 8;
        bytes[i] = (uint8_t)word;
    }
}
