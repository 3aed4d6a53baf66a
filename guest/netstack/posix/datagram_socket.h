/*
 * datagram_socket.h - what all sockets of SOCK_DGRAM have in common
 *
 * A queue of datagrams that wait to be received, with their senders; blocking, with a timeout, or
 * not; an error that is reported once, by whichever call comes next or by SO_ERROR. A protocol's
 * socket begins with this structure, so that `file->object` is either. Under the lock of the stack,
 * except for the operations of files, which take it.
 */
#ifndef NETSTACK_POSIX_DATAGRAM_SOCKET_H
#define NETSTACK_POSIX_DATAGRAM_SOCKET_H

#include "kernel/nbuf.h"
#include "kernel/wait.h"

#include <stdbool.h>

#define DATAGRAMS_MAX 16 /* that wait to be received; more are dropped */

struct file;
struct sockaddr;

/* One for a protocol. Literals. */
struct datagram_kind {
    const char *name;            /* of its drops: "ping" */
    const char *dropped_counter; /* "ping.dropped" */
    uint64_t dropped;
};

struct datagram {
    struct nbuf *nbuf;
    uint32_t source;
    uint16_t port; /* 0 where the protocol has none */
};

struct datagram_socket {
    struct datagram_kind *kind;
    int error;                                    /* pending, positive */
    uint64_t receive_timeout_ns, send_timeout_ns; /* WAIT_FOREVER: none */
    struct wait_queue readable;
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
long datagram_recvfrom(struct file *file, void *buffer, size_t size, int flags,
                       struct sockaddr *from, uint32_t *from_size);
long datagram_read(struct file *file, void *buffer, size_t size);
/* The options of SOL_SOCKET that all have; -KENOPROTOOPT for any other. Under the lock. */
long datagram_setsockopt(struct datagram_socket *socket, int level, int name, const void *value,
                         size_t size);
/* The value of an option: as much as the program has room for; it learns how much that was. */
int datagram_put_option(void *value, uint32_t *size, const void *option, size_t option_size);
/* Takes the lock itself. */
long datagram_getsockopt(struct file *file, int level, int name, void *value, uint32_t *size);

#endif
