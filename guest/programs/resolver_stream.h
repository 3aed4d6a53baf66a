/*
 * resolver_stream.h - DNS messages by TCP [RFC1035] 4.2.2 [RFC7766]
 *
 * One connection for all questions that are asked at once, each message with its length in two
 * bytes in front.
 */
#ifndef PROGRAMS_RESOLVER_STREAM_H
#define PROGRAMS_RESOLVER_STREAM_H

#include <stddef.h>
#include <stdint.h>

#define RESOLVER_STREAM_MAX 4096 /* of an answer; a longer one is -KEMSGSIZE */

/* 0, and a connection to the server, as connect_tcp() makes it. */
long resolver_stream_open(uint32_t server, uint64_t deadline_ns, int *socket);
long resolver_stream_send(int socket, const uint8_t *message, size_t size, uint64_t deadline_ns);
/*
 * The next message: its size. -KETIMEDOUT; -KECONNRESET: the server has ended in the middle, or
 * before; or another error.
 */
long resolver_stream_receive(int socket, uint8_t message[RESOLVER_STREAM_MAX],
                             uint64_t deadline_ns);

#endif
