/*
 * wire_egress.h - what may reach libslirp
 *
 * libslirp opens sockets of the host for whatever it does not answer itself. This filter stands in
 * front of it and knows nothing of it; it judges a frame by its bytes alone, which may be anything:
 *
 *     pass     ARP; ICMP echo requests to the gateway and the DNS address; DHCP from port 68 to
 *              port 67 of the gateway or of everybody
 *     answer   other TCP and UDP to these two addresses, as a host with closed ports does
 *     drop     everything else, fragments and everything damaged, with a reason
 */
#ifndef EMU_WIRE_WIRE_EGRESS_H
#define EMU_WIRE_WIRE_EGRESS_H

#include <stddef.h>
#include <stdint.h>

/* The network that libslirp plays, in host order. */
#define WIRE_EGRESS_NETWORK UINT32_C(0x0a000200) /* 10.0.2.0 */
#define WIRE_EGRESS_MASK    UINT32_C(0xffffff00)
#define WIRE_EGRESS_GATEWAY UINT32_C(0x0a000202) /* 10.0.2.2 */
#define WIRE_EGRESS_DNS     UINT32_C(0x0a000203) /* 10.0.2.3 */
#define WIRE_EGRESS_LEASE   UINT32_C(0x0a00020f) /* 10.0.2.15, the first that DHCP gives out */

#define WIRE_EGRESS_WHY_SIZE 64
/* Ethernet, IPv4, ICMP, a quoted header with options and 8 bytes. */
#define WIRE_EGRESS_ANSWER_MAX 110

enum wire_egress_verdict {
    WIRE_EGRESS_PASS,
    WIRE_EGRESS_ANSWER, /* the answer is in the judgement */
    WIRE_EGRESS_DROP,   /* the reason is in the judgement */
};

struct wire_egress_judgement {
    char why[WIRE_EGRESS_WHY_SIZE];
    size_t answer_len;
    uint8_t answer[WIRE_EGRESS_ANSWER_MAX];
};

/* Borrows the frame. Fills in what belongs to the verdict. */
enum wire_egress_verdict wire_egress_judge(const uint8_t *frame, size_t len,
                                           struct wire_egress_judgement *judgement);

#endif
