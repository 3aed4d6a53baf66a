/*
 * siphash.h - SipHash-2-4, a keyed hash of short inputs [SIPHASH]
 *
 * Who does not know the key cannot tell the result from chance. For numbers that others must not
 * guess.
 */
#ifndef LIB_SIPHASH_H
#define LIB_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16

uint64_t siphash(const uint8_t key[SIPHASH_KEY_SIZE], const void *data, size_t size);

#endif
