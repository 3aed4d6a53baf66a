/*
 * checksum.c - the Internet checksum [RFC1071]
 *
 * The sum is kept in 64 bits and folded at the end: 32-bit words may be added instead of 16-bit
 * ones, since 2^16 is congruent to 1 modulo 2^16 - 1 [RFC1071] 2 (C); 2^32 words can be added
 * before anything is lost.
 */
#include "lib/checksum.h"

#include "lib/endian.h"

#include "ringside/hal.h"

HAL_NO_TICKS static uint64_t checksum_walk(uint64_t sum, const uint8_t *bytes, size_t size)
{
    for (; size >= 4; bytes += 4, size -= 4)
        sum += (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
               bytes[3];
    if (size >= 2) {
        sum += (uint64_t)bytes[0] << 8 | bytes[1];
        bytes += 2;
        size -= 2;
    }
    /* A last odd byte is padded with a zero behind it [RFC1071] 4.1. */
    if (size == 1)
        sum += (uint64_t)bytes[0] << 8;
    return sum;
}

uint64_t checksum_add(uint64_t sum, const void *data, size_t size)
{
    hal_charge((size + 15) / 16);
    return checksum_walk(sum, data, size);
}

uint16_t checksum_finish(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)~sum;
}

uint16_t checksum_of(const void *data, size_t size)
{
    return checksum_finish(checksum_add(0, data, size));
}

bool checksum_is_right(const void *data, size_t size)
{
    return checksum_of(data, size) == 0;
}
