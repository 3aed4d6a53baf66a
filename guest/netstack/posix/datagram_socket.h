/*
 * datagram_socket.h - what all sockets of SOCK_DGRAM have in common
 *
 * What they are is the channel of their protocol (netstack/datagram_channel.h). Here is what their
 * calls make of it: receiving, which blocks, with a timeout, or not; readiness; options. A
 * protocol's socket begins with this structure, so that `file->object` is either. Under the lock of
 * the stack, except for the operations of files, which take it.
 */
#ifndef NETSTACK_POSIX_DATAGRAM_SOCKET_H
#define NETSTACK_POSIX_DATAGRAM_SOCKET_H

#include "kernel/wait.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct datagram_channel;
struct file;
struct message;
struct poll_table;

struct datagram_socket {
    struct datagram_channel *channel;
    int protocol;                                 /* IPPROTO_ICMP */
    uint64_t receive_timeout_ns, send_timeout_ns; /* WAIT_FOREVER: none */
    bool reuse_address;
    struct wait_queue readable; /* woken by whatever poll() tells */
};

/* Keeps the channel, which is that of the protocol's socket. */
void datagram_socket_init(struct datagram_socket *socket, struct datagram_channel *channel,
                          int protocol);
/* For the kind of the channel, whose owner is the socket: wakes who waits. */
void datagram_changed(void *owner);

/* Operations of files. A datagram longer than the program's buffer loses its end. */
long datagram_recvmsg(struct file *file, struct message *message);
unsigned datagram_poll(struct file *file, struct poll_table *table);
/* The options that all have; -KENOPROTOOPT for any other. Under the lock. */
long datagram_setsockopt(struct datagram_socket *socket, int level, int name, const void *value,
                         size_t size);
/* Takes the lock itself. */
long datagram_getsockopt(struct file *file, int level, int name, void *value, uint32_t *size);

#endif
