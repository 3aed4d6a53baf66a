/*
 * frame_text.h - frames as text, in tcpdump's words
 *
 * For reports: one line a frame, or all of its fields. The decoder is a witness of its own. It
 * shares no code with the wire, the devices or a guest, and computes checksums itself; a wrong one
 * is marked with what would be right.
 *
 *     IP 10.0.2.15 > 10.0.2.2: ICMP echo request, id 1, seq 0, length 64
 *     ARP, Request who-has 10.0.2.2 tell 10.0.2.15, length 28
 *
 * Decoded are Ethernet, ARP, IPv4, ICMP, UDP, TCP and DHCP; what is not, and what is cut off, is
 * shown as bytes, so that two frames which differ always differ in some field.
 */
#ifndef HARNESS_REPORT_FRAME_TEXT_H
#define HARNESS_REPORT_FRAME_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame_text_field {
    char *name;  /* "ip.ttl", or "data[16]": a row of bytes and its offset */
    char *value; /* printable, on one line */
};

/* Appends the line, without a newline. */
void frame_text_append_line(GString *out, const uint8_t *frame, size_t len);

/* Gives the fields (struct frame_text_field) in the order of the frame. Every byte is in some. */
GPtrArray *frame_text_fields(const uint8_t *frame, size_t len);

/* A frame, for a comparison. */
struct frame_text_side {
    const uint8_t *frame;
    size_t len;
    bool is_out; /* of the guest, or to it */
};

/*
 * Appends the fields of two frames, a line each and each with a newline, to a text of its own: a
 * field that differs, or that the other has not, is marked with '*'. Rows of bytes that are the
 * same are left out, and with `only_different` so is everything else that is.
 */
void frame_text_compare(GString *left_out, const struct frame_text_side *left, GString *right_out,
                        const struct frame_text_side *right, bool only_different);

#endif
