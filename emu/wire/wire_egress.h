/*
 * wire_egress.h - what may reach libslirp
 *
 * libslirp opens sockets of the host for whatever it does not answer itself. This filter stands in
 * front of it and knows nothing of it; it judges a frame by its bytes, which may be anything, and
 * by the services that a scenario declares:
 *
 *     pass     ARP; ICMP echo requests to the gateway and the DNS address; DHCP from port 68 to
 *              port 67 of the gateway or of everybody; TCP to a service
 *     udp      a datagram to a service, which is answered in front of libslirp
 *     echo     an ICMP echo request to an address that has services
 *     answer   other TCP and UDP to these addresses, as a host with closed ports does; ARP requests
 *              for those of them that libslirp does not know, as none of their services is for it
 *     drop     everything else, fragments and everything damaged, with a reason
 *
 * It judges for a scripted host as well, which has one address and answers for the ports that are
 * declared as refused, and for no other.
 */
#ifndef EMU_WIRE_WIRE_EGRESS_H
#define EMU_WIRE_WIRE_EGRESS_H

#include "emu/wire/serve.h"

/* The network that libslirp plays, in host order. */
#define WIRE_EGRESS_NETWORK UINT32_C(0x0a000200) /* 10.0.2.0 */
#define WIRE_EGRESS_MASK    UINT32_C(0xffffff00)
#define WIRE_EGRESS_GATEWAY UINT32_C(0x0a000202) /* 10.0.2.2 */
#define WIRE_EGRESS_DNS     UINT32_C(0x0a000203) /* 10.0.2.3 */
#define WIRE_EGRESS_LEASE   UINT32_C(0x0a00020f) /* 10.0.2.15, the first that DHCP gives out */

#define WIRE_EGRESS_WHY_SIZE 64
/* Ethernet, IPv4, ICMP, a quoted header with options and 8 bytes. */
#define WIRE_EGRESS_ANSWER_MAX 110

#define WIRE_EGRESS_PORT_DNS 53

enum wire_egress_verdict {
    WIRE_EGRESS_PASS,
    WIRE_EGRESS_UDP,    /* the datagram is in the judgement, */
    WIRE_EGRESS_ECHO,   /* and so is the echo request: a whole ICMP message */
    WIRE_EGRESS_ANSWER, /* the answer is in the judgement */
    WIRE_EGRESS_DROP,   /* the reason is in the judgement */
};

/* What is declared. Zero-initialised: nothing. */
struct wire_egress_rules {
    const struct serve_endpoint *const *endpoints;
    unsigned count;
    uint32_t dns;       /* where names are asked for, at port 53; 0: nowhere */
    bool live;          /* TCP and UDP to the gateway reach the host's loopback */
    bool is_full;       /* no more conversations begin: segments that open one are dropped */
    const uint8_t *mac; /* of a scripted host, whose address is `host`; NULL: not for a host */
    uint32_t host;
};

/* A datagram's payload and whose it is, all in host order. Pointers are into the frame. */
struct wire_egress_datagram {
    const struct serve_endpoint *endpoint; /* NULL: names are asked for, or it is an echo */
    const uint8_t *sender_mac;
    uint32_t source, destination;
    uint16_t source_port, port;
    const uint8_t *payload;
    size_t len;
};

struct wire_egress_judgement {
    struct wire_egress_datagram datagram; /* of UDP and ECHO; of TCP that passes, without payload */
    bool is_tcp;                          /* what passes is TCP: */
    uint8_t tcp_flags;
    uint32_t tcp_ack;
    char why[WIRE_EGRESS_WHY_SIZE];
    size_t answer_len;
    uint8_t answer[WIRE_EGRESS_ANSWER_MAX];
};

/* Borrows the frame. Fills in what belongs to the verdict. */
enum wire_egress_verdict wire_egress_judge(const struct wire_egress_rules *rules,
                                           const uint8_t *frame, size_t len,
                                           struct wire_egress_judgement *judgement);

/* The service at this address and port, or NULL. */
/* Is there a service at this address that is answered in front of libslirp? */
bool wire_egress_answers_at(const struct wire_egress_rules *rules, uint32_t address);
const struct serve_endpoint *wire_egress_find(const struct wire_egress_rules *rules, bool udp,
                                              uint32_t address, uint16_t port);

#endif
