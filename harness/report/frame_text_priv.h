/*
 * frame_text_priv.h - what the layers of the decoder share
 *
 *   frame_text.c   Ethernet, ARP, IPv4, ICMP; comparing
 *   frame_ports.c  UDP and TCP
 *   frame_dhcp.c   DHCP
 */
#ifndef HARNESS_REPORT_FRAME_TEXT_PRIV_H
#define HARNESS_REPORT_FRAME_TEXT_PRIV_H

#include "harness/report/frame_text.h"

struct frame_decoder {
    GString *line;
    GPtrArray *fields; /* struct frame_text_field */
};

/* What UDP and TCP have to know of the packet that they are in. */
struct frame_packet {
    const uint8_t *source, *destination; /* IPv4 addresses */
    uint8_t protocol;
    bool is_whole; /* neither cut off nor a fragment: its checksum can be judged */
};

uint16_t frame_get16(const uint8_t *bytes);
uint32_t frame_get32(const uint8_t *bytes);
char *frame_ipv4_text(const uint8_t *bytes);
char *frame_mac_text(const uint8_t *bytes);

void frame_add_field(struct frame_decoder *decoder, const char *name, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* Rows of sixteen bytes: NAME[0], NAME[16], … None for no bytes. */
void frame_add_rows(struct frame_decoder *decoder, const char *name, const uint8_t *bytes,
                    size_t len);
/* What begins and is cut off: `[|udp]`, as tcpdump has it. */
void frame_add_cut(struct frame_decoder *decoder, const char *layer, const uint8_t *bytes,
                   size_t len);

/* The sum of 16-bit words in ones' complement, not inverted [RFC1071]; goes on from `sum`. */
uint32_t frame_sum(uint32_t sum, const uint8_t *bytes, size_t len);
/* The same without the two bytes at `field`, an even number: those of the checksum. */
uint32_t frame_sum_around(uint32_t sum, const uint8_t *bytes, size_t len, size_t field);
/*
 * Adds the field LAYER.cksum, and a remark to the line when it is wrong. `rest` is the sum of all
 * that it covers but itself.
 */
void frame_add_checksum(struct frame_decoder *decoder, const char *layer, uint16_t checksum,
                        uint32_t rest);
/* The sum of the pseudo header [RFC768], [RFC9293] 3.1. */
uint32_t frame_pseudo_sum(const struct frame_packet *packet, size_t len);

void frame_decode_udp(struct frame_decoder *decoder, const struct frame_packet *packet,
                      const uint8_t *bytes, size_t len);
void frame_decode_tcp(struct frame_decoder *decoder, const struct frame_packet *packet,
                      const uint8_t *bytes, size_t len);
void frame_decode_dhcp(struct frame_decoder *decoder, const uint8_t *bytes, size_t len);

#endif
