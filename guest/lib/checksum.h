/*
 * checksum.h - the Internet checksum [RFC1071]
 *
 * The ones' complement sum of 16-bit big-endian words. A sum may be taken over parts
 * (pseudo-header, header, payload): every part but the last has an even size. Results are numbers
 * in host order: store them with be16_put() or store_be16(). The time for walking the bytes is
 * charged at 16 bytes a tick.
 */
#ifndef LIB_CHECKSUM_H
#define LIB_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sum begins at 0. */
uint64_t checksum_add(uint64_t sum, const void *data, size_t size);
/* Single numbers, in host order; for pseudo-headers. */
static inline uint64_t checksum_add_u16(uint64_t sum, uint16_t value)
{
    return sum + value;
}
static inline uint64_t checksum_add_u32(uint64_t sum, uint32_t value)
{
    return sum + (value >> 16) + (value & 0xffff);
}

/*
 * The same, and copies the bytes on the way, which costs no second walk. The two do not overlap.
 */
uint64_t checksum_copy(uint64_t sum, void *restrict to, const void *restrict from, size_t size);
/* What the sum of a part is when an odd number of bytes stands in front of it [RFC1071] 2 (B). */
uint64_t checksum_shift(uint64_t sum);

/* What belongs into the checksum field, when the field counted as 0. */
uint16_t checksum_finish(uint64_t sum);

/* Of one part. Over data that include a right checksum the result is 0. */
uint16_t checksum_of(const void *data, size_t size);
bool checksum_is_right(const void *data, size_t size);

#endif
