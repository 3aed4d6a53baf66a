/*
 * stream_option.h - what a TCP socket is, and its options
 *
 * Under the lock of the stack.
 */
#ifndef NETSTACK_POSIX_STREAM_OPTION_H
#define NETSTACK_POSIX_STREAM_OPTION_H

#include "kernel/wait.h"
#include "netstack/posix/socket_option.h"

#include <stdbool.h>

struct tcp_connection;

/*
 * SO_SNDBUF and SO_RCVBUF are as on Linux: without being set, they say TCP_SEND_BUFFER_SIZE, which
 * grows with the connection, and TCP_RECEIVE_BUFFER_SIZE; set to N they hold N bytes and say 2 N,
 * the other half being for the kernel. DEVIATION: the bounds of N are TCP_BUFFER_MIN and _MAX.
 */
struct stream_socket {
    struct tcp_connection *connection;
    struct wait_queue changed;                    /* woken when it is ready for something */
    uint64_t receive_timeout_ns, send_timeout_ns; /* WAIT_FOREVER: none */
    bool asked_in_vain; /* a connect() was ended by a signal or the timeout, not by the outcome */
    bool lingers;       /* SO_LINGER */
    uint32_t linger_s;  /* 0: close() resets the connection */
};

/* 0, or a negated error; -KENOPROTOOPT: there is no such option. */
int stream_option_set(struct stream_socket *socket, int level, int name, const void *value,
                      size_t size);
int stream_option_get(struct stream_socket *socket, int level, int name, void *value,
                      uint32_t *size);

#endif
