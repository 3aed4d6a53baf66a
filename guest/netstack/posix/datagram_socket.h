/*
 * datagram_socket.h - what all sockets of SOCK_DGRAM have in common
 *
 * A queue of datagrams that wait to be received, with their senders; blocking, with a timeout, or
 * not; an error that is reported once, by whichever call comes next or by SO_ERROR; halves that are
 * shut down. What does not fit into the queue is dropped and counted. A protocol's socket begins
 * with this structure, so that `file->object` is either. Under the lock of the stack, except for
 * the operations of files, which take it.
 */
#ifndef NETSTACK_POSIX_DATAGRAM_SOCKET_H
#define NETSTACK_POSIX_DATAGRAM_SOCKET_H

#include "kernel/nbuf.h"
#include "kernel/wait.h"

#include <stdbool.h>

#define DATAGRAMS_MAX        16     /* that wait to be received; more are dropped */
#define DATAGRAM_BUFFER_SIZE 212992 /* bytes of them, unless the program says otherwise */
#define DATAGRAM_BUFFER_MAX  212992 /* that a program may set: twice as much is told then */
#define DATAGRAM_RECEIVE_MIN 2304   /* of what is told */
#define DATAGRAM_SEND_MIN    4608

struct file;
struct message;
struct poll_table;

/* One for a protocol. Literals. */
struct datagram_kind {
    int protocol;                /* IPPROTO_ICMP */
    const char *name;            /* of its drops: "ping" */
    const char *dropped_counter; /* "ping.dropped" */
    uint64_t dropped;
};

struct datagram {
    struct nbuf *nbuf;
    uint32_t source;
    uint16_t port; /* 0 where the protocol has none */
    uint8_t ttl;   /* of its packet */
};

struct datagram_socket {
    struct datagram_kind *kind;
    int error;                                    /* pending, positive */
    uint64_t receive_timeout_ns, send_timeout_ns; /* WAIT_FOREVER: none */
    uint32_t receive_buffer;                      /* bytes that may wait to be received */
    uint32_t receive_told, send_told;             /* SO_RCVBUF, SO_SNDBUF: as on Linux, twice */
    bool reuse_address;
    bool shut_read, shut_write; /* shutdown() */
    bool receive_ttl;           /* IP_RECVTTL */
    uint8_t ttl;                /* IP_TTL; 0: the usual */
    uint64_t dropped;           /* datagrams for it that nobody will receive */
    struct wait_queue readable; /* woken by whatever poll() tells */
    size_t queued_bytes;
    unsigned first, count; /* of received[], a ring */
    struct datagram received[DATAGRAMS_MAX];
};

void datagram_socket_init(struct datagram_socket *socket, struct datagram_kind *kind);
/* Frees what nobody received. */
void datagram_socket_fini(struct datagram_socket *socket);

/* From the stack: a datagram, which wakes readers. Takes the buffer. */
void datagram_deliver(struct datagram_socket *socket, struct nbuf *nbuf, uint32_t source,
                      uint16_t port);
/* Drops one that is for this socket, by name, and counts it. */
void datagram_drop(struct datagram_socket *socket, struct nbuf *nbuf, const char *why);
/* From the stack: an error to report. Positive. */
void datagram_fail(struct datagram_socket *socket, int error);

/* The pending error, negated, or 0; it is no longer pending then. */
int datagram_take_error(struct datagram_socket *socket);

/* Operations of files. A datagram longer than the program's buffer loses its end. */
long datagram_recvmsg(struct file *file, struct message *message);
unsigned datagram_poll(struct file *file, struct poll_table *table);
/* Ends halves of what is connected. Under the lock. */
int datagram_shutdown(struct datagram_socket *socket, int how);
/* The options that all have; -KENOPROTOOPT for any other. Under the lock. */
long datagram_setsockopt(struct datagram_socket *socket, int level, int name, const void *value,
                         size_t size);
/* Takes the lock itself. */
long datagram_getsockopt(struct file *file, int level, int name, void *value, uint32_t *size);

#endif
