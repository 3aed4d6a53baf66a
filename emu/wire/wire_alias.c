/*
 * wire_alias.c - another address in a TCP frame
 */
#include "emu/wire/wire_alias.h"

#include "emu/wire/wire_bytes.h"

#define ALIAS_ETHERNET    14
#define ALIAS_IPV4_SIZE   20
#define ALIAS_TCP_SIZE    20
#define ALIAS_CHECKSUM    10 /* in the IPv4 header */
#define ALIAS_SOURCE      12
#define ALIAS_DESTINATION 16
#define ALIAS_TCP_SUM     16 /* in that of TCP */
#define ALIAS_FRAGMENT    0x3fff

/* "HC' = ~(~HC + ~m + m')" [RFC1624] 3, eqn. 3, for an address. */
static void alias_follow(uint8_t *checksum, uint32_t from, uint32_t to)
{
    uint32_t sum = (uint16_t)~wire_get16(checksum);
    sum += (uint16_t) ~(from >> 16) + (uint32_t)(uint16_t)~from;
    sum += (to >> 16) + (to & 0xffff);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    wire_put16(checksum, ~sum & 0xffff);
}

bool wire_alias_put(uint8_t *frame, size_t len, enum wire_alias_end end, uint32_t from, uint32_t to)
{
    uint8_t *ip = frame + ALIAS_ETHERNET;
    if (len < ALIAS_ETHERNET + ALIAS_IPV4_SIZE || wire_get16(frame + 12) != 0x0800 || ip[9] != 6 ||
        (wire_get16(ip + 6) & ALIAS_FRAGMENT) != 0) {
        return false;
    }
    size_t header = (size_t)(ip[0] & 0x0f) * 4;
    uint8_t *address = ip + (end == WIRE_ALIAS_SOURCE ? ALIAS_SOURCE : ALIAS_DESTINATION);
    if (header < ALIAS_IPV4_SIZE || len < ALIAS_ETHERNET + header + ALIAS_TCP_SIZE ||
        wire_get32(address) != from) {
        return false;
    }
    wire_put32(address, to);
    alias_follow(ip + ALIAS_CHECKSUM, from, to);
    alias_follow(ip + header + ALIAS_TCP_SUM, from, to);
    return true;
}
