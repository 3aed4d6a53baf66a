/*
 * fuzz_packet.h - is this a frame that a correct sender could have sent?
 *
 * For what comes out of libslirp, the egress filter and the reference guest: ARP and IPv4, with
 * lengths that fit and checksums that are right. The checksum is a plain one of its own. It relies
 * on nothing that it checks.
 */
#ifndef TESTS_FUZZ_FUZZ_PACKET_H
#define TESTS_FUZZ_FUZZ_PACKET_H

#include "tests/fuzz/fuzz.h"

#define FUZZ_ETHERNET_SIZE 14
#define FUZZ_ARP_SIZE      28
#define FUZZ_FRAGMENT      0x3fff /* more fragments, and the offset */
#define FUZZ_MORE          0x2000

static inline uint32_t fuzz_packet_get(const uint8_t *at, size_t size)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

/* One's complement sum of big-endian 16-bit words [RFC1071]. */
static inline uint32_t fuzz_packet_sum(uint32_t sum, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static inline void fuzz_packet_check_arp(const uint8_t *arp, size_t size)
{
    FUZZ_CHECK(size >= FUZZ_ARP_SIZE);
    FUZZ_CHECK(fuzz_packet_get(arp, 2) == 1 && fuzz_packet_get(arp + 2, 2) == 0x0800);
    FUZZ_CHECK(arp[4] == 6 && arp[5] == 4);
    FUZZ_CHECK(fuzz_packet_get(arp + 6, 2) == 1 || fuzz_packet_get(arp + 6, 2) == 2);
    FUZZ_CHECK((arp[8] & 1) == 0); /* no group is a sender */
}

static inline void fuzz_packet_check_transport(const uint8_t *packet, size_t header, size_t total)
{
    const uint8_t *segment = packet + header;
    size_t size = total - header;
    uint8_t protocol = packet[9];
    FUZZ_CHECK(protocol == 1 || protocol == 6 || protocol == 17);
    FUZZ_CHECK(size >= (protocol == 6 ? 20 : 8));
    uint32_t sum = 0;
    if (protocol == 17) {
        FUZZ_CHECK(fuzz_packet_get(segment + 4, 2) == size);
        if (fuzz_packet_get(segment + 6, 2) == 0) {
            return; /* no checksum [RFC768] */
        }
    }
    if (protocol != 1) {
        const uint8_t rest[] = {0, protocol, (uint8_t)(size >> 8), (uint8_t)size};
        sum = fuzz_packet_sum(fuzz_packet_sum(0, packet + 12, 8), rest, sizeof(rest));
    }
    FUZZ_CHECK(fuzz_packet_sum(sum, segment, size) == 0xffff);
}

/* A fragment: whole units of eight bytes, except for the last. */
static inline void fuzz_packet_check_fragment(const uint8_t *packet, size_t header, size_t total)
{
    uint32_t word = fuzz_packet_get(packet + 6, 2);
    FUZZ_CHECK(total > header && packet[8] > 0);
    FUZZ_CHECK((word & FUZZ_MORE) == 0 || (total - header) % 8 == 0);
}

static inline void fuzz_packet_check_ipv4(const uint8_t *packet, size_t size, bool may_be_fragment)
{
    FUZZ_CHECK(size >= 20 && packet[0] >> 4 == 4);
    size_t header = (size_t)(packet[0] & 0xf) * 4;
    size_t total = fuzz_packet_get(packet + 2, 2);
    FUZZ_CHECK(header >= 20 && header <= total && total <= size);
    FUZZ_CHECK(fuzz_packet_sum(0, packet, header) == 0xffff);
    if ((fuzz_packet_get(packet + 6, 2) & FUZZ_FRAGMENT) != 0) {
        FUZZ_CHECK(may_be_fragment);
        fuzz_packet_check_fragment(packet, header, total);
        return;
    }
    FUZZ_CHECK(packet[8] > 0); /* time to live */
    fuzz_packet_check_transport(packet, header, total);
}

static inline void fuzz_packet_check_frame(const uint8_t *frame, size_t size, bool may_be_fragment)
{
    FUZZ_CHECK(size >= FUZZ_ETHERNET_SIZE && (frame[6] & 1) == 0);
    const uint8_t *payload = frame + FUZZ_ETHERNET_SIZE;
    if (fuzz_packet_get(frame + 12, 2) == 0x0806) {
        fuzz_packet_check_arp(payload, size - FUZZ_ETHERNET_SIZE);
    } else {
        FUZZ_CHECK(fuzz_packet_get(frame + 12, 2) == 0x0800);
        fuzz_packet_check_ipv4(payload, size - FUZZ_ETHERNET_SIZE, may_be_fragment);
    }
}

static inline void fuzz_packet_check(const uint8_t *frame, size_t size)
{
    fuzz_packet_check_frame(frame, size, false);
}

#endif
