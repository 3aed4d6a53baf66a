/*
 * socktest.h - what the checks of socktest share
 *
 * A check calls the kernel as a program would and compares what it gets with what the manual pages
 * of Linux promise. It ends at the first difference, since what follows would say nothing; what it
 * has opened is closed when the program exits.
 */
#ifndef PROGRAMS_SOCKTEST_H
#define PROGRAMS_SOCKTEST_H

#include "programs/user.h"

struct socktest {
    const char *check;       /* its name */
    struct sockaddr_in peer; /* ADDRESS PORT of the command line */
};

/* True: the call did what it should. False: not, and it was said. */
typedef bool socktest_check_fn(struct socktest *test);

/* A result: a number, or a negated error, which is told by its name. */
bool socktest_result(const struct socktest *test, const char *call, long wanted, long got);
/* Something that is true, in words: "msg_name is the peer's address". */
bool socktest_holds(const struct socktest *test, const char *call, const char *what, bool holds);
/* A time, to the millisecond. */
bool socktest_took(const struct socktest *test, const char *call, uint64_t wanted_ms,
                   uint64_t since_ns);

/* A socket, with more flags of its type: SOCK_NONBLOCK or 0. Negative: said. */
int socktest_socket(const struct socktest *test, int type, int protocol);
/* One that is connected to the peer and blocks. Negative: said. */
int socktest_connected(const struct socktest *test, int type);
/* poll() for at most this long; what is ready, 0 after the time. */
long socktest_poll(int descriptor, int events, uint64_t timeout_ms);
/* getsockopt() of an int; its error when it fails. */
long socktest_option(int descriptor, int level, int name);

/* of socktest_local.c: without a peer */
socktest_check_fn socktest_inet6, socktest_flags, socktest_eventfd, socktest_options,
    socktest_listener, socktest_poll_timeout, socktest_proc_net, socktest_backlog;
/* of socktest_datagram.c: with one that sends datagrams back, or answers echo requests */
socktest_check_fn socktest_msg_name, socktest_msg_control, socktest_ttl, socktest_read_write,
    socktest_ping_bind, socktest_ping_ident, socktest_two_at_once, socktest_longest;
/* of socktest_message.c: with one that sends back what it gets, in a stream or in datagrams */
socktest_check_fn socktest_peek, socktest_wait_all, socktest_parts, socktest_linger,
    socktest_device, socktest_datagram_peek, socktest_datagram_parts;
/* of socktest_stream.c: with a TCP server; the table in socktest.c says of which kind */
socktest_check_fn socktest_connect_twice, socktest_read_early, socktest_send_early, socktest_epoll,
    socktest_epoll_edge, socktest_refused_poll, socktest_refused_error, socktest_refused_wait,
    socktest_reset_error, socktest_receive_timeout, socktest_patience, socktest_end,
    socktest_end_poll, socktest_full, socktest_full_small, socktest_full_poll;

#endif
