/*
 * user_schemes.h - sockets where the kernel has none: what user.h offers, made of schemes
 *
 * Where the kernel has none, the wrappers of user.h come here: a socket is a file of /scheme/tcp,
 * udp or icmp, and what is done with it are requests to the network daemon (kernel/scheme_net.h).
 * Results, errors and readiness are those of sockets of the kernel. Nothing is remembered here: of
 * which scheme a descriptor is, the kernel knows, and everything else the daemon.
 *
 * DEVIATION: close() never waits, also with SO_LINGER and a time.
 *
 * -KENOTSOCK: the descriptor is none of a socket.
 */
#ifndef PROGRAMS_USER_SCHEMES_H
#define PROGRAMS_USER_SCHEMES_H

#include "kernel/syscall.h"

#include <stdbool.h>
#include <stdint.h>

enum user_scheme {
    USER_SCHEME_NONE, /* not a socket */
    USER_SCHEME_ICMP,
    USER_SCHEME_UDP,
    USER_SCHEME_TCP,
};
enum user_scheme user_scheme_of(int descriptor);

/*
 * Where a file of /proc/net is: a path in `buffer`, of USER_PATH_MAX bytes. Any other path is given
 * back.
 */
const char *user_scheme_path(const char *path, char *buffer);

long user_scheme_socket(int family, int type, int protocol);
long user_scheme_bind(int descriptor, const struct sockaddr_in *address);
long user_scheme_connect(int descriptor, const struct sockaddr_in *address);
long user_scheme_listen(int descriptor, int backlog);
long user_scheme_accept(int descriptor, struct sockaddr_in *from, int flags);
/*
 * `to` may be NULL, `from` too. Of flags there are MSG_NOSIGNAL and MSG_DONTWAIT, and for receiving
 * MSG_PEEK and MSG_WAITALL. DEVIATIONS: with MSG_WAITALL the time of SO_RCVTIMEO begins anew with
 * each piece that comes; messages of ping sockets are of one part.
 */
long user_scheme_send(int descriptor, const void *buffer, size_t size, int flags,
                      const struct sockaddr_in *to);
long user_scheme_recv(int descriptor, void *buffer, size_t size, int flags,
                      struct sockaddr_in *from);
long user_scheme_sendmsg(int descriptor, const struct msghdr *message, int flags);
long user_scheme_recvmsg(int descriptor, struct msghdr *message, int flags);
long user_scheme_shutdown(int descriptor, int how);
long user_scheme_setsockopt(int descriptor, int level, int name, const void *value, size_t size);
long user_scheme_getsockopt(int descriptor, int level, int name, void *value, uint32_t *size);
long user_scheme_getname(int descriptor, bool peer, struct sockaddr_in *name);
/* For any descriptors; those that no event queue can watch are looked at when something happens. */
long user_scheme_poll(struct pollfd *entries, size_t count, uint64_t timeout_ns);
/*
 * An epoll set is an event queue. DEVIATIONS: only what event queues can watch can be a member; of
 * edges, one comes after each read, write and accept if there is more, too.
 */
long user_scheme_epoll_create(void);
long user_scheme_epoll_ctl(int epoll, int operation, int descriptor, uint32_t events,
                           uint64_t data);
long user_scheme_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms);
/* Interfaces and routes (kernel/sockios.h), through netcfg. -KENOTTY: no such request. */
long user_scheme_ioctl(int descriptor, unsigned long request, void *argument);

/* ---- for user_schemes*.c: a setting of a socket ---------------------------------------------- */

long user_scheme_set(int descriptor, const char *setting, const void *value, size_t size);
long user_scheme_get(int descriptor, const char *setting, void *value, size_t size);

#endif
