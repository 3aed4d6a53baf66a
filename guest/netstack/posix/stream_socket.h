/*
 * stream_socket.h - TCP sockets: socket(AF_INET, SOCK_STREAM, 0 or IPPROTO_TCP)
 *
 * As Linux has them, except where it says DEVIATION: connect() to what is connected is -KEISCONN
 * the first time too, and after an attempt whose error SO_ERROR has told it begins another one at
 * once (Linux: -KECONNABORTED the first time); receiving no bytes never waits; IP_TTL is what it
 * is. What a socket is ready for is the readiness of its connection (netstack/tcp.h).
 */
#ifndef NETSTACK_POSIX_STREAM_SOCKET_H
#define NETSTACK_POSIX_STREAM_SOCKET_H

#define STREAM_SOCKETS_MAX 2048

struct file;

void stream_socket_init(void);
/* A file with a new socket. NULL with -KENOBUFS or -KENFILE. */
struct file *stream_socket_make(int *error);

#endif
