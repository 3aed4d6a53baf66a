/*
 * siphash.c - SipHash-2-4 [SIPHASH]: words of eight bytes, two rounds each, four in the end
 */
#include "lib/siphash.h"

struct siphash {
    uint64_t v0, v1, v2, v3;
};

static uint64_t siphash_load(const uint8_t *from, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)from[i] << 8 * i;
    return word;
}

static uint64_t siphash_rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void siphash_round(struct siphash *hash)
{
    hash->v0 += hash->v1;
    hash->v2 += hash->v3;
    hash->v1 = siphash_rotate(hash->v1, 13) ^ hash->v0;
    hash->v3 = siphash_rotate(hash->v3, 16) ^ hash->v2;
    hash->v0 = siphash_rotate(hash->v0, 32);
    hash->v2 += hash->v1;
    hash->v0 += hash->v3;
    hash->v1 = siphash_rotate(hash->v1, 17) ^ hash->v2;
    hash->v3 = siphash_rotate(hash->v3, 21) ^ hash->v0;
    hash->v2 = siphash_rotate(hash->v2, 32);
}

static void siphash_add(struct siphash *hash, uint64_t word)
{
    hash->v3 ^= word;
    siphash_round(hash);
    siphash_round(hash);
    hash->v0 ^= word;
}

uint64_t siphash(const uint8_t key[SIPHASH_KEY_SIZE], const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t k0 = siphash_load(key, 8), k1 = siphash_load(key + 8, 8);
    struct siphash hash = {
        .v0 = k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = k1 ^ UINT64_C(0x7465646279746573),
    };
    size_t whole = size / 8 * 8;
    for (size_t i = 0; i < whole; i += 8)
        siphash_add(&hash, siphash_load(bytes + i, 8));
    siphash_add(&hash, siphash_load(bytes + whole, size - whole) | (uint64_t)size << 56);
    hash.v2 ^= 0xff;
    for (unsigned i = 0; i < 4; i++)
        siphash_round(&hash);
    return hash.v0 ^ hash.v1 ^ hash.v2 ^ hash.v3;
}
