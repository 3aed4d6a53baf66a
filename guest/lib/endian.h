/*
 * endian.h - big-endian numbers, as they stand in frames
 *
 * Two ways, for two uses. A structure that is laid over the wire has be16_t and be32_t members:
 * structures of bytes, so that they need no alignment and cannot be mixed up with a number. A
 * walk over bytes uses load_be16() and its like. Both are by shifts, which a compiler turns into
 * one load and a byte swap.
 */
#ifndef LIB_ENDIAN_H
#define LIB_ENDIAN_H

#include "lib/kassert.h"

#include <stdint.h>

typedef struct {
    uint8_t bytes[2];
} be16_t;
typedef struct {
    uint8_t bytes[4];
} be32_t;

kstatic_assert(sizeof(be16_t) == 2 && _Alignof(be16_t) == 1, "be16_t lies anywhere in a frame");
kstatic_assert(sizeof(be32_t) == 4 && _Alignof(be32_t) == 1, "be32_t lies anywhere in a frame");

static inline uint16_t load_be16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

static inline uint32_t load_be32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static inline void store_be16(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static inline void store_be32(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 24);
    to[1] = (uint8_t)(value >> 16);
    to[2] = (uint8_t)(value >> 8);
    to[3] = (uint8_t)value;
}

static inline uint16_t be16_get(be16_t wire)
{
    return load_be16(wire.bytes);
}

static inline uint32_t be32_get(be32_t wire)
{
    return load_be32(wire.bytes);
}

static inline be16_t be16_put(uint16_t value)
{
    be16_t wire;
    store_be16(wire.bytes, value);
    return wire;
}

static inline be32_t be32_put(uint32_t value)
{
    be32_t wire;
    store_be32(wire.bytes, value);
    return wire;
}

/*
 * A number whose bytes in memory are in network order, as sockaddr_in has its port and address;
 * and back.
 */
static inline uint16_t host_to_net16(uint16_t value)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(value) : value;
}

static inline uint32_t host_to_net32(uint32_t value)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(value) : value;
}

static inline uint16_t net_to_host16(uint16_t value)
{
    return host_to_net16(value);
}

static inline uint32_t net_to_host32(uint32_t value)
{
    return host_to_net32(value);
}

#endif
