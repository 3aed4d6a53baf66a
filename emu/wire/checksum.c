/*
 * checksum.c - the Internet checksum, [RFC1071]
 *
 * The sum is kept in 64 bits, so that carries are folded once, at the end: 2^48 words fit.
 */
#include "emu/wire/checksum.h"

#include "emu/wire/wire_bytes.h"

uint64_t checksum_add(uint64_t sum, const uint8_t *data, size_t len)
{
    size_t even = len & ~(size_t)1;
    for (size_t i = 0; i < even; i += 2) {
        sum += wire_get16(data + i);
    }
    if (even != len) {
        sum += (uint64_t)data[even] << 8;
    }
    return sum;
}

uint64_t checksum_add_pseudo_header(uint64_t sum, uint32_t source, uint32_t destination,
                                    uint8_t protocol, uint16_t len)
{
    sum += (source >> 16) + (source & 0xffff);
    sum += (destination >> 16) + (destination & 0xffff);
    return sum + protocol + len;
}

uint16_t checksum_finish(uint64_t sum)
{
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}
