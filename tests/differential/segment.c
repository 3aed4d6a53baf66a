/* segment.c - packets as the wire sees them */
#include "tests/differential/segment.h"

#include "tests/differential/end.h"

#include <string.h>

#define PACKET_HEADER   20
#define PACKET_ICMP     1
#define PACKET_TCP      6
#define SEGMENT_HEADER  20
#define ICMP_HEADER     8
#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO       8

unsigned packet_be16(const uint8_t *from)
{
    return (unsigned)from[0] << 8 | from[1];
}

uint32_t packet_be32(const uint8_t *from)
{
    return (uint32_t)packet_be16(from) << 16 | packet_be16(from + 2);
}

void packet_put_be16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

void packet_put_be32(uint8_t *to, uint32_t value)
{
    packet_put_be16(to, value >> 16);
    packet_put_be16(to + 2, value & 0xffff);
}

unsigned packet_sum(const uint8_t *from, size_t size, unsigned sum)
{
    for (size_t i = 0; i < size; i++)
        sum += i % 2 == 0 ? (unsigned)from[i] << 8 : from[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

size_t packet_header_size(const uint8_t *packet)
{
    return (size_t)(packet[0] & 15) * 4;
}

static void packet_exchange_header(uint8_t *packet)
{
    uint8_t source[4];
    memcpy(source, packet + 12, 4);
    memcpy(packet + 12, packet + 16, 4);
    memcpy(packet + 16, source, 4);
}

void packet_exchange_addresses(uint8_t *packet, size_t size)
{
    size_t header_size = packet_header_size(packet);
    const uint8_t *icmp = packet + header_size;
    packet_exchange_header(packet);
    if (packet[9] == PACKET_ICMP && size >= header_size + ICMP_HEADER + PACKET_HEADER &&
        icmp[0] != ICMP_ECHO && icmp[0] != ICMP_ECHO_REPLY)
        packet_exchange_header(packet + header_size + ICMP_HEADER);
}

void packet_seal(uint8_t *packet, size_t size, unsigned protocol)
{
    memset(packet, 0, PACKET_HEADER);
    packet[0] = 0x45;
    packet_put_be16(packet + 2, (unsigned)size);
    packet[8] = 64;
    packet[9] = (uint8_t)protocol;
    packet_put_be32(packet + 12, END_NEIGHBOUR);
    packet_put_be32(packet + 16, END_ADDRESS);
    packet_put_be16(packet + 10, ~packet_sum(packet, PACKET_HEADER, 0) & 0xffff);
}

/* With the pseudo-header. */
static unsigned segment_sum(const uint8_t *packet, size_t size)
{
    size_t header_size = packet_header_size(packet);
    unsigned sum = packet_sum(packet + 12, 8, PACKET_TCP + (unsigned)(size - header_size));
    return packet_sum(packet + header_size, size - header_size, sum);
}

bool segment_read(uint8_t *packet, size_t size, struct segment *segment)
{
    size_t header_size = packet_header_size(packet);
    uint8_t *tcp = packet + header_size;
    if (packet[9] != PACKET_TCP || (packet_be16(packet + 6) & 0x3fff) != 0 ||
        size < header_size + SEGMENT_HEADER)
        return false;
    size_t offset = (size_t)(tcp[12] >> 4) * 4;
    if (offset < SEGMENT_HEADER || size < header_size + offset)
        return false;
    *segment = (struct segment){
        .source_port = packet_be16(tcp),
        .destination_port = packet_be16(tcp + 2),
        .sequence = packet_be32(tcp + 4),
        .acknowledgement = packet_be32(tcp + 8),
        .flags = tcp[13],
        .window = packet_be16(tcp + 14),
        .urgent = packet_be16(tcp + 18),
        .header = tcp,
        .header_size = offset,
        .size = size - header_size - offset,
        .right =
            packet_sum(packet, header_size, 0) == 0xffff && segment_sum(packet, size) == 0xffff,
    };
    return true;
}

uint8_t *segment_option(const struct segment *segment, unsigned kind)
{
    uint8_t *at = segment->header + SEGMENT_HEADER;
    uint8_t *end = segment->header + segment->header_size;
    while (at < end && *at != 0) {
        if (*at == 1) {
            at++;
            continue;
        }
        if (at + 1 >= end || at[1] < 2 || at + at[1] > end)
            return NULL;
        if (*at == kind)
            return at;
        at += at[1];
    }
    return NULL;
}

void segment_seal(uint8_t *packet, size_t size)
{
    uint8_t *checksum = packet + packet_header_size(packet) + 16;
    packet_put_be16(checksum, 0);
    packet_put_be16(checksum, ~segment_sum(packet, size) & 0xffff);
}

size_t segment_build(uint8_t *packet, const struct segment *words, const void *data, size_t size)
{
    uint8_t *tcp = packet + PACKET_HEADER;
    size_t total = PACKET_HEADER + SEGMENT_HEADER + size;
    packet_seal(packet, total, PACKET_TCP);
    memset(tcp, 0, SEGMENT_HEADER);
    packet_put_be16(tcp, words->source_port);
    packet_put_be16(tcp + 2, words->destination_port);
    packet_put_be32(tcp + 4, words->sequence);
    packet_put_be32(tcp + 8, words->acknowledgement);
    tcp[12] = SEGMENT_HEADER / 4 << 4;
    tcp[13] = (uint8_t)words->flags;
    packet_put_be16(tcp + 14, words->window);
    if (size > 0)
        memcpy(tcp + SEGMENT_HEADER, data, size);
    segment_seal(packet, total);
    return total;
}
