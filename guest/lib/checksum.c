/*
 * checksum.c - the Internet checksum [RFC1071]
 *
 * The sum is kept in 64 bits and folded at the end: 32-bit words may be added instead of 16-bit
 * ones, since 2^16 is congruent to 1 modulo 2^16 - 1 [RFC1071] 2 (C); 2^32 words can be added
 * before anything is lost. The walk adds words as they lie in memory and turns the bytes of the
 * folded result, which comes to the same (B).
 */
#include "lib/checksum.h"

#include "lib/endian.h"

#include "ringside/hal.h"

/* Eight bytes at any address, of any type. */
typedef uint64_t checksum_chunk __attribute__((aligned(1), may_alias));

static inline uint64_t checksum_fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 16) + (sum & 0xffff);
    return (sum >> 16) + (sum & 0xffff);
}

/* The last bytes, fewer than eight; an odd one is padded with a zero behind it [RFC1071] 4.1. */
HAL_NO_TICKS static uint64_t checksum_walk_rest(const uint8_t *bytes, size_t size)
{
    uint64_t sum = 0;
    for (; size >= 2; bytes += 2, size -= 2)
        sum += (uint64_t)bytes[0] << 8 | bytes[1];
    if (size == 1)
        sum += (uint64_t)bytes[0] << 8;
    return sum;
}

HAL_NO_TICKS static uint64_t checksum_walk(uint64_t sum, const uint8_t *bytes, size_t size)
{
    uint64_t native = 0;
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t chunk = *(const checksum_chunk *)bytes;
        native += (chunk & 0xffffffff) + (chunk >> 32);
    }
    sum += host_to_net16((uint16_t)checksum_fold(native));
    return sum + checksum_walk_rest(bytes, size);
}

HAL_NO_TICKS static uint64_t checksum_walk_copying(uint64_t sum, uint8_t *restrict to,
                                                   const uint8_t *restrict from, size_t size)
{
    uint64_t native = 0;
    for (; size >= 8; to += 8, from += 8, size -= 8) {
        uint64_t chunk = *(const checksum_chunk *)from;
        *(checksum_chunk *)to = chunk;
        native += (chunk & 0xffffffff) + (chunk >> 32);
    }
    for (size_t i = 0; i < size; i++)
        to[i] = from[i];
    sum += host_to_net16((uint16_t)checksum_fold(native));
    return sum + checksum_walk_rest(from, size);
}

uint64_t checksum_add(uint64_t sum, const void *data, size_t size)
{
    hal_charge((size + 15) / 16);
    return checksum_walk(sum, data, size);
}

uint64_t checksum_copy(uint64_t sum, void *restrict to, const void *restrict from, size_t size)
{
    hal_charge((size + 15) / 16);
    return checksum_walk_copying(sum, to, from, size);
}

uint64_t checksum_shift(uint64_t sum)
{
    return __builtin_bswap16((uint16_t)checksum_fold(sum));
}

uint16_t checksum_finish(uint64_t sum)
{
    return (uint16_t)~checksum_fold(sum);
}

uint16_t checksum_of(const void *data, size_t size)
{
    return checksum_finish(checksum_add(0, data, size));
}

bool checksum_is_right(const void *data, size_t size)
{
    return checksum_of(data, size) == 0;
}
