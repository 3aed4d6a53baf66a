/*
 * udp.h - the User Datagram Protocol [RFC768] [RFC1122] 4.1
 *
 * Datagrams go to the endpoint that asks for the most of what they have: interface, our address and
 * port, their address and port. One for a port that nobody has is answered with "port unreachable".
 * Under the lock of the stack.
 */
#ifndef NETSTACK_UDP_H
#define NETSTACK_UDP_H

#include "netstack/ipv4.h"

#define UDP_HEADER_SIZE     8
#define UDP_PAYLOAD_MAX     (IPV4_PACKET_MAX - IPV4_HEADER_SIZE - UDP_HEADER_SIZE)
#define UDP_EPHEMERAL_FIRST 49152 /* to 65535: what IANA leaves for dynamic use */
#define UDP_BUCKETS         16    /* a power of two */

struct udp_endpoint {
    struct list bucket;
    uint16_t port;                     /* 0: not bound */
    uint32_t address;                  /* ours; 0 is any */
    const struct interface *interface; /* NULL is any */
    uint32_t peer;                     /* 0: not connected */
    uint16_t peer_port;
    bool reuse_address; /* shares the port with others that do so */

    /* The data of a datagram. Takes the buffer. */
    void (*deliver)(struct udp_endpoint *endpoint, struct nbuf *nbuf, uint32_t source,
                    uint16_t port);
    /* A datagram to the peer came to nothing. `error` is positive. */
    void (*fail)(struct udp_endpoint *endpoint, int error);
};

void udp_init(void);

/*
 * Binds a port, with the address and the interface that the endpoint has; 0: one that is free. 0,
 * or -KEADDRINUSE: another endpoint may get the same datagrams, or none is left.
 */
int udp_bind(struct udp_endpoint *endpoint, uint16_t port);
void udp_unbind(struct udp_endpoint *endpoint);

/* Sends the data. Takes the buffer. Errors are those of ipv4_output(). */
int udp_send(const struct udp_endpoint *endpoint, struct nbuf *nbuf, const struct ipv4_path *path,
             uint32_t destination, uint16_t port, uint64_t now_ns);

/* A datagram that arrived. Takes the buffer. */
void udp_input(struct nbuf *nbuf, const struct ipv4_info *info, uint64_t now_ns);

/* As ipv4_report_failure(), for the part behind the IPv4 header. */
void udp_report_failure(const uint8_t *datagram, size_t size, uint32_t source, uint32_t destination,
                        int error);

#endif
