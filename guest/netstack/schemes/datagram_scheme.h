/*
 * datagram_scheme.h - what sockets of the schemes udp, icmp and ip have in common
 *
 * Datagrams that wait to be read, with their senders; an error that is told once, by whichever
 * operation comes next; halves that are shut down. What does not fit is dropped and counted. Under
 * the lock of the stack.
 */
#ifndef NETSTACK_SCHEMES_DATAGRAM_SCHEME_H
#define NETSTACK_SCHEMES_DATAGRAM_SCHEME_H

#include "kernel/nbuf.h"
#include "netstack/schemes/socket_scheme.h"

#define DATAGRAM_SCHEME_MAX         16     /* that wait to be read */
#define DATAGRAM_SCHEME_BUFFER_SIZE 212992 /* bytes of them, unless the program says otherwise */

struct datagram_entry {
    struct nbuf *nbuf;
    struct net_name sender;
};

struct datagram_net_socket {
    struct net_socket base; /* first */
    const char *kind;       /* of its drops: "udp", a literal */
    int error;              /* pending, positive */
    bool shut_read, shut_write;
    bool receive_ttl;
    struct net_name sender; /* of what was read last */
    uint8_t ttl;            /* 0: the usual */
    int32_t receive_buffer, send_buffer;
    uint64_t dropped; /* datagrams for it that nobody will read */
    size_t queued_bytes;
    unsigned first, count; /* of received[], a ring */
    struct datagram_entry received[DATAGRAM_SCHEME_MAX];
};

/* Keeps `kind`. The base is not touched. */
void datagram_net_init(struct datagram_net_socket *socket, const char *kind);
/* Frees what nobody has read. */
void datagram_net_fini(struct datagram_net_socket *socket);

/* From the stack. Takes the buffer. `port`: 0 where the protocol has none. */
void datagram_net_deliver(struct datagram_net_socket *socket, struct nbuf *nbuf, uint32_t address,
                          uint16_t port);
void datagram_net_fail(struct datagram_net_socket *socket, int error); /* positive */
/* The pending error, negated, or 0; told with that. */
int datagram_net_take_error(struct datagram_net_socket *socket);

/*
 * The oldest datagram, of which the first `skip` bytes do not matter. What does not fit is lost. 0:
 * reading is shut down.
 */
long datagram_net_read(struct socket_file *file, void *data, size_t size, size_t skip);
/* Why nothing can be sent now; 0: it can. */
int datagram_net_may_write(struct datagram_net_socket *socket);
unsigned datagram_net_readiness(const struct net_socket *socket);

/* The settings that both have; -KENOPROTOOPT: not one of them. */
long datagram_net_get(struct net_socket *socket, enum net_setting setting, void *value,
                      size_t size);
long datagram_net_set(struct net_socket *socket, enum net_setting setting, const void *value,
                      size_t size);

#endif
