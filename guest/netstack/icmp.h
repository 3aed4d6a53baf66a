/*
 * icmp.h - the Internet Control Message Protocol [RFC792] [RFC1122] 3.2.2
 *
 * Answers echo requests, and hands echo replies and errors to endpoints: whoever sends echo
 * requests binds an identifier. Under the lock of the stack.
 */
#ifndef NETSTACK_ICMP_H
#define NETSTACK_ICMP_H

#include "netstack/ipv4.h"

#define ICMP_HEADER_SIZE 8
#define ICMP_SEQUENCE_AT 6  /* of an echo: from there on it is its sender's business */
#define ICMP_BUCKETS     16 /* a power of two */
/*
 * Errors that are sent: so many at once, then one in each interval. [RFC1812] 4.3.2.8 wants a limit
 * for routers; a flood hits hosts as well.
 */
#define ICMP_ERRORS_AT_ONCE    10
#define ICMP_ERROR_INTERVAL_NS UINT64_C(100000000)

enum icmp_error {
    ICMP_ERROR_PORT,       /* nobody has the port */
    ICMP_ERROR_PROTOCOL,   /* nobody speaks the protocol */
    ICMP_ERROR_REASSEMBLY, /* fragments are missing */
};

struct icmp_endpoint {
    struct list bucket;
    uint16_t identifier; /* 0: not bound */

    /* An echo reply, from the ICMP header on. Takes the buffer. */
    void (*deliver)(struct icmp_endpoint *endpoint, struct nbuf *nbuf, uint32_t source);
    /* A request to this destination came to nothing. `error` is positive. */
    void (*fail)(struct icmp_endpoint *endpoint, uint32_t destination, int error);
};

void icmp_init(void);

/* Binds an identifier; 0: one that is free. 0, or -KEADDRINUSE: taken, or none is left. */
int icmp_bind(struct icmp_endpoint *endpoint, uint16_t identifier);
void icmp_unbind(struct icmp_endpoint *endpoint);

/* Is this an echo request, as far as its sender may decide? -KEINVAL: no. */
int icmp_check_request(const uint8_t *message, size_t size);

/*
 * Sends an echo request; what stands before ICMP_SEQUENCE_AT is filled in. Takes the buffer. Errors
 * are those of ipv4_output().
 */
int icmp_send_request(const struct icmp_endpoint *endpoint, struct nbuf *nbuf,
                      const struct ipv4_path *path, uint32_t destination, uint64_t now_ns);

/*
 * Tells the sender of a packet that it came to nothing, where [RFC1122] 3.2.2 allows that. Borrows
 * the packet, from its header on: the header and eight bytes of it are quoted.
 */
void icmp_send_error(enum icmp_error error, const uint8_t *packet, size_t size,
                     const struct ipv4_info *info, uint64_t now_ns);

/* A message that arrived. Takes the buffer. */
void icmp_input(struct nbuf *nbuf, const struct ipv4_info *info, uint64_t now_ns);

/* As ipv4_report_failure(), for the part behind the IPv4 header. */
void icmp_report_failure(const uint8_t *message, size_t size, uint32_t destination, int error);

#endif
