/*
 * wire_packets.h - for the tests of this folder: frames as bytes, and checksums of their own
 *
 * The checksum here is a plain one, one byte at a time, so that the code under test does not vouch
 * for itself.
 */
#ifndef EMU_WIRE_WIRE_PACKETS_H
#define EMU_WIRE_WIRE_PACKETS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ARP, Request who-has 10.0.2.2 tell 10.0.2.15, length 28 */
static const uint8_t packet_arp[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08, 0x06,
    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
    0x0a, 0x00, 0x02, 0x0f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x02, 0x02,
};

/* IP 10.0.2.15 > 10.0.2.2: ICMP echo request, id 7, seq 1, length 16 */
static const uint8_t packet_echo[] = {
    0x52, 0x55, 0x0a, 0x00, 0x02, 0x02, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08,
    0x00, 0x45, 0x00, 0x00, 0x24, 0x00, 0x01, 0x00, 0x00, 0x40, 0x01, 0x62, 0xc8,
    0x0a, 0x00, 0x02, 0x0f, 0x0a, 0x00, 0x02, 0x02, 0x08, 0x00, 0xe7, 0xe3, 0x00,
    0x07, 0x00, 0x01, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
};

/* IP 10.0.2.15.49152 > 10.0.2.2.80: Flags [S], seq 1000, win 65535, options [mss 1460], length 0 */
static const uint8_t packet_syn[] = {
    0x52, 0x55, 0x0a, 0x00, 0x02, 0x02, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08, 0x00, 0x45,
    0x00, 0x00, 0x2c, 0x00, 0x01, 0x00, 0x00, 0x40, 0x06, 0x62, 0xbb, 0x0a, 0x00, 0x02, 0x0f,
    0x0a, 0x00, 0x02, 0x02, 0xc0, 0x00, 0x00, 0x50, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x00,
    0x00, 0x60, 0x02, 0xff, 0xff, 0xbb, 0xdd, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4,
};

/* IP 10.0.2.15.5000 > 10.0.2.3.53: UDP, length 4 */
static const uint8_t packet_udp[] = {
    0x52, 0x55, 0x0a, 0x00, 0x02, 0x03, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08, 0x00, 0x45, 0x00,
    0x00, 0x20, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11, 0x62, 0xbb, 0x0a, 0x00, 0x02, 0x0f, 0x0a, 0x00,
    0x02, 0x03, 0x13, 0x88, 0x00, 0x35, 0x00, 0x0c, 0x0f, 0x41, 0x61, 0x62, 0x63, 0x64,
};

/*
 * IP 0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP, Request from 52:54:00:12:34:56, length 300: DHCP
 * discover
 */
#define PACKET_DHCP_SIZE 342

static inline void packet_put(uint8_t *frame, size_t at, size_t size, uint32_t value)
{
    for (size_t i = 0; i < size; i++) {
        frame[at + i] = (uint8_t)(value >> 8 * (size - 1 - i));
    }
}

static inline uint32_t packet_get(const uint8_t *frame, size_t at, size_t size)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | frame[at + i];
    }
    return value;
}

static inline uint32_t packet_sum(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/*
 * What the transport's checksum of an IPv4 frame sums up to, the field included; 0xffff when it is
 * right.
 */
static inline uint32_t packet_transport_sum(const uint8_t *frame)
{
    size_t header = (size_t)(frame[14] & 0xf) * 4;
    size_t len = packet_get(frame, 16, 2) - header;
    uint32_t sum = 0;
    if (frame[23] != 1) {
        const uint8_t rest[] = {0, frame[23], (uint8_t)(len >> 8), (uint8_t)len};
        sum = packet_sum(packet_sum(0, frame + 26, 8), rest, 4);
    }
    return packet_sum(sum, frame + 14 + header, len);
}

/* Where the transport's checksum is in an IPv4 frame that is as long as it says; 0: nowhere. */
static inline size_t packet_transport_checksum_at(const uint8_t *frame, size_t len)
{
    size_t header = (size_t)(frame[14] & 0xf) * 4;
    size_t total = packet_get(frame, 16, 2);
    size_t in = frame[23] == 1 ? 2 : frame[23] == 6 ? 16 : frame[23] == 17 ? 6 : 0;
    bool is_fragment = (packet_get(frame, 20, 2) & 0x3fff) != 0;
    return in == 0 || is_fragment || header < 20 || total < header + in + 2 || total + 14 > len
               ? 0
               : 14 + header + in;
}

/* Makes the checksums of an IPv4 frame right again, as far as its lengths allow. */
static inline void packet_fix(uint8_t *frame, size_t len)
{
    if (len < 34 || packet_get(frame, 12, 2) != 0x0800) {
        return;
    }
    size_t header = (size_t)(frame[14] & 0xf) * 4;
    if (header + 14 <= len && header >= 20) {
        packet_put(frame, 24, 2, 0);
        packet_put(frame, 24, 2, ~packet_sum(0, frame + 14, header) & 0xffff);
    }
    size_t at = packet_transport_checksum_at(frame, len);
    if (at != 0) {
        packet_put(frame, at, 2, 0);
        packet_put(frame, at, 2, ~packet_transport_sum(frame) & 0xffff);
    }
}

static inline void packet_build_dhcp_discover(uint8_t frame[PACKET_DHCP_SIZE])
{
    static const uint8_t head[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08,
        0x00, 0x45, 0x00, 0x01, 0x48, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x00, 0x44, 0x00, 0x43, 0x01,
        0x34, 0x00, 0x00, 0x01, 0x01, 0x06, 0x00, 0x12, 0x34, 0x56, 0x78,
    };
    static const uint8_t options[] = {0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255};
    memset(frame, 0, PACKET_DHCP_SIZE);
    memcpy(frame, head, sizeof(head));
    memcpy(frame + 42 + 28, frame + 6, 6); /* chaddr */
    memcpy(frame + 42 + 236, options, sizeof(options));
    packet_fix(frame, PACKET_DHCP_SIZE);
}

#endif
