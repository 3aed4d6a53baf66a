/*
 * sha256.h - digests of what comes in pieces [FIPS180-4]
 */
#ifndef LIB_SHA256_H
#define LIB_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64
#define SHA256_WORDS 8

struct sha256 {
    uint32_t state[SHA256_WORDS]; /* behind sha256_end(): the digest, the first word first */
    uint64_t size;                /* of what came, in bytes */
    uint8_t block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const uint8_t *data, size_t size);
void sha256_end(struct sha256 *sha);

#endif
