/*
 * connect.h - TCP connections without blocking, as libcurl makes them
 *
 * connect() says EINPROGRESS, a poll waits until the socket can be written, SO_ERROR says what came
 * of it.
 */
#ifndef PROGRAMS_CONNECT_H
#define PROGRAMS_CONNECT_H

#include <stddef.h>
#include <stdint.h>

/* 0, and a socket that does not block and is on its way to the peer, or there; or an error. */
long connect_begin(uint32_t address, uint16_t port, int *socket);
/* Waits until it is there. 0, or an error as connect_tcp() has them; the socket stays open. */
long connect_finish(int socket, uint64_t deadline_ns);

/*
 * Both: 0, and a connected socket that does not block. -KETIMEDOUT: not by the deadline
 * (user_now_ns; UINT64_MAX: none), or the network gave up; or another error.
 */
long connect_tcp(uint32_t address, uint16_t port, uint64_t deadline_ns, int *socket);

/* Waits for these events of POLLIN and so on: 0; -KETIMEDOUT; the error of the call. */
long connect_wait(int socket, int events, uint64_t deadline_ns);

/* Sends all of it, waiting where there is no room: 0, -KETIMEDOUT, or an error. */
long connect_send_all(int socket, const void *data, size_t size, uint64_t deadline_ns);

#endif
