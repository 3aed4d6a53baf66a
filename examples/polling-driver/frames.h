/*
 * frames.h - the two frames that the driver sends, made by hand: ARP ([RFC826]) and an ICMP echo
 * ([RFC792]) in IPv4 ([RFC791]) on Ethernet ([RFC894])
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static const uint8_t our_ip[4] = {10, 0, 2, 15}, gateway_ip[4] = {10, 0, 2, 2};

static inline uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
    __builtin_memcpy(at, bytes, size);
    return at + size;
}

static inline bool equal(const uint8_t *left, const uint8_t *right, size_t size)
{
    return __builtin_memcmp(left, right, size) == 0;
}

static inline void put_checksum(uint8_t *at, const uint8_t *bytes, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~(sum + (sum >> 16));
    at[0] = (uint8_t)(sum >> 8);
    at[1] = (uint8_t)sum;
}

static inline uint32_t make_arp_request(uint8_t *frame, const uint8_t *mac)
{
    static const uint8_t kind[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1}; /* Ethernet, IPv4, a request */
    static const uint8_t nobody[6] = {0}, everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t *at = put(put(put(frame, everybody, 6), mac, 6), kind, sizeof(kind));
    at = put(put(put(put(at, mac, 6), our_ip, 4), nobody, 6), gateway_ip, 4);
    return (uint32_t)(at - frame);
}

static inline uint32_t make_echo_request(uint8_t *frame, const uint8_t *from, const uint8_t *to)
{
    static const uint8_t ip[] = {8, 0, 0x45, 0, 0, 36, 0, 1, 0x40, 0, 64, 1, 0, 0};
    static const uint8_t icmp[] = {8,   0,   0,   0,   0x12, 0x34, 0,   1,
                                   'p', 'o', 'l', 'l', 'i',  'n',  'g', '!'};
    uint8_t *at = put(put(put(frame, to, 6), from, 6), ip, sizeof(ip));
    uint8_t *payload = put(put(at, our_ip, 4), gateway_ip, 4);
    put_checksum(at - 2, frame + 14, 20);
    at = put(payload, icmp, sizeof(icmp));
    put_checksum(payload + 2, payload, sizeof(icmp));
    return (uint32_t)(at - frame);
}

#endif
