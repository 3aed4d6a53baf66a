/*
 * segment.h - packets as the wire sees them: read, altered and made by code of its own
 */
#ifndef DIFFERENTIAL_SEGMENT_H
#define DIFFERENTIAL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum segment_flag {
    SEGMENT_FIN = 0x01,
    SEGMENT_SYN = 0x02,
    SEGMENT_RST = 0x04,
    SEGMENT_PSH = 0x08,
    SEGMENT_ACK = 0x10,
    SEGMENT_URG = 0x20,
};

#define SEGMENT_OPTION_MSS        2
#define SEGMENT_OPTION_SCALE      3
#define SEGMENT_OPTION_SACK_MAY   4
#define SEGMENT_OPTION_SACK       5
#define SEGMENT_OPTION_TIMESTAMPS 8

/* A segment of TCP in a packet, which must outlive it. */
struct segment {
    unsigned source_port, destination_port;
    uint32_t sequence, acknowledgement;
    unsigned flags, window, urgent;
    uint8_t *header;
    size_t header_size, size; /* `size`: of data */
    bool right;               /* the checksums are */
};

unsigned packet_be16(const uint8_t *from);
uint32_t packet_be32(const uint8_t *from);
void packet_put_be16(uint8_t *to, unsigned value);
void packet_put_be32(uint8_t *to, uint32_t value);
/* The sum of [RFC1071], going on from another: 0xffff over data with a right checksum. */
unsigned packet_sum(const uint8_t *from, size_t size, unsigned sum);
size_t packet_header_size(const uint8_t *packet);

/* Its addresses change places, in a quoted packet too. No checksum changes by that. */
void packet_exchange_addresses(uint8_t *packet, size_t size);
/* Header and checksum of an IPv4 packet whose data are there, END_NEIGHBOUR's to END_ADDRESS. */
void packet_seal(uint8_t *packet, size_t size, unsigned protocol);

/* False: this is no segment, or not the whole of one. */
bool segment_read(uint8_t *packet, size_t size, struct segment *segment);
/* An option's first byte, NULL: it is not there. `kind` is one of SEGMENT_OPTION_... */
uint8_t *segment_option(const struct segment *segment, unsigned kind);
/* Makes the checksum right after a change. */
void segment_seal(uint8_t *packet, size_t size);
/* A segment without options from `source_port`. Returns the size of the packet. */
size_t segment_build(uint8_t *packet, const struct segment *words, const void *data, size_t size);

#endif
