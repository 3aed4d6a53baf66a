/*
 * socket_option.h - values of socket options, on their way from and to programs
 *
 * A program gives fewer bytes than the value has: -KEINVAL. It has room for fewer: it gets as many,
 * and learns how many.
 */
#ifndef NETSTACK_POSIX_SOCKET_OPTION_H
#define NETSTACK_POSIX_SOCKET_OPTION_H

#include <stddef.h>
#include <stdint.h>

struct interface;

int socket_option_put(void *value, uint32_t *size, const void *option, size_t option_size);
int socket_option_put_int(void *value, uint32_t *size, int32_t number);
int socket_option_get_int(const void *value, size_t size, int32_t *number);

/* struct kernel_timeval; WAIT_FOREVER for 0. -KEDOM: no time. */
int socket_option_put_timeout(void *value, uint32_t *size, uint64_t timeout_ns);
int socket_option_get_timeout(const void *value, size_t size, uint64_t *timeout_ns);
/* The name of an interface; NULL is an empty one. It takes room for the longest: -KEINVAL. */
int socket_option_put_device(void *value, uint32_t *size, const struct interface *device);
/* When a wait that begins now ends. */
uint64_t socket_option_deadline_ns(uint64_t timeout_ns);
/*
 * What a wait that ended so means: -KEAGAIN for the timeout. After a signal the call is made anew,
 * unless there is a timeout, which would begin anew too: signal(7).
 */
int socket_option_wait_error(int error, uint64_t timeout_ns);

#endif
