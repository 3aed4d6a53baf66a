/*
 * checksum.h - the Internet checksum
 *
 * [RFC1071]. A sum is built from pieces, each of an even number of bytes but the last:
 *
 *     uint64_t sum = checksum_add_pseudo_header(0, source, destination, protocol, len);
 *     sum = checksum_add(sum, segment, len);
 *     checksum_finish(sum)        what to store in a field that was zero; 0 when it was right
 */
#ifndef EMU_WIRE_CHECKSUM_H
#define EMU_WIRE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint64_t checksum_add(uint64_t sum, const uint8_t *data, size_t len);
/* What TCP and UDP sum up of the IPv4 header: addresses in host order, length of the segment. */
uint64_t checksum_add_pseudo_header(uint64_t sum, uint32_t source, uint32_t destination,
                                    uint8_t protocol, uint16_t len);
uint16_t checksum_finish(uint64_t sum);

#endif
