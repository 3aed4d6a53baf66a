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

struct stream_socket {
    struct tcp_connection *connection;
    struct wait_queue changed;                    /* woken when it is ready for something */
    uint64_t receive_timeout_ns, send_timeout_ns; /* WAIT_FOREVER: none */
    bool asked_in_vain; /* a connect() was ended by a signal or the timeout, not by the outcome */
    bool reset_on_close;                          /* SO_LINGER with a time of 0 */
};

/* 0, or a negated error; -KENOPROTOOPT: there is no such option. */
int stream_option_set(struct stream_socket *socket, int level, int name, const void *value,
                      size_t size);
int stream_option_get(struct stream_socket *socket, int level, int name, void *value,
                      uint32_t *size);

#endif
