/*
 * sha256.c - SHA-256 [FIPS180-4] 6.2
 *
 * A loop over a buffer: it is charged at 16 bytes a tick, as checksums are.
 */
#include "lib/sha256.h"

#include "lib/endian.h"
#include "lib/string.h"

#include "ringside/hal.h"

#define SHA256_STEPS 64

#define SHA256_BYTES_A_TICK 16

/* 4.2.2: of the cube roots of the first 64 primes. */
static const uint32_t sha256_constants[SHA256_STEPS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

HAL_NO_TICKS static uint32_t sha256_rotate(uint32_t word, unsigned by)
{
    return word >> by | word << (32 - by);
}

HAL_NO_TICKS static void sha256_schedule(const uint8_t *block, uint32_t words[SHA256_STEPS])
{
    for (unsigned i = 0; i < 16; i++)
        words[i] = load_be32(block + 4 * i);
    for (unsigned i = 16; i < SHA256_STEPS; i++) {
        uint32_t a = words[i - 15], b = words[i - 2];
        words[i] = words[i - 16] + words[i - 7] +
                   (sha256_rotate(a, 7) ^ sha256_rotate(a, 18) ^ a >> 3) +
                   (sha256_rotate(b, 17) ^ sha256_rotate(b, 19) ^ b >> 10);
    }
}

HAL_NO_TICKS static void sha256_mix(struct sha256 *sha, const uint8_t *block)
{
    uint32_t words[SHA256_STEPS], s[SHA256_WORDS];
    sha256_schedule(block, words);
    memcpy(s, sha->state, sizeof s);
    for (unsigned i = 0; i < SHA256_STEPS; i++) {
        uint32_t one = s[7] + sha256_constants[i] + words[i] + ((s[4] & s[5]) ^ (~s[4] & s[6])) +
                       (sha256_rotate(s[4], 6) ^ sha256_rotate(s[4], 11) ^ sha256_rotate(s[4], 25));
        uint32_t two = ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])) +
                       (sha256_rotate(s[0], 2) ^ sha256_rotate(s[0], 13) ^ sha256_rotate(s[0], 22));
        for (unsigned word = SHA256_WORDS - 1; word > 0; word--)
            s[word] = s[word - 1];
        s[4] += one;
        s[0] = one + two;
    }
    for (unsigned i = 0; i < SHA256_WORDS; i++)
        sha->state[i] += s[i];
    hal_charge(SHA256_BLOCK / SHA256_BYTES_A_TICK);
}

/* 5.3.3: of the square roots of the first eight primes. */
void sha256_begin(struct sha256 *sha)
{
    static const uint32_t first[SHA256_WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(sha->state, first, sizeof sha->state);
    sha->size = 0;
}

void sha256_add(struct sha256 *sha, const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t at = sha->size % SHA256_BLOCK;
        size_t count = size < SHA256_BLOCK - at ? size : SHA256_BLOCK - at;
        memcpy(sha->block + at, data, count);
        sha->size += count;
        data += count;
        size -= count;
        if (at + count == SHA256_BLOCK)
            sha256_mix(sha, sha->block);
    }
}

/* 5.1.1: a one, zeros, and the size in bits. */
void sha256_end(struct sha256 *sha)
{
    uint8_t padding[SHA256_BLOCK + 8] = {0x80};
    size_t at = sha->size % SHA256_BLOCK;
    size_t zeros = at < SHA256_BLOCK - 8 ? SHA256_BLOCK - 8 - at : 2 * SHA256_BLOCK - 8 - at;
    store_be32(padding + zeros, (uint32_t)(sha->size * 8 >> 32));
    store_be32(padding + zeros + 4, (uint32_t)(sha->size * 8));
    sha256_add(sha, padding, zeros + 8);
}
