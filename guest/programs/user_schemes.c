/*
 * user_schemes.c - sockets made of schemes: their life, names, and what is sent and received
 *
 * A datagram to somebody is three requests, since the name of whom it is for is a file of its own:
 * dup(), write(), close(). So is the name of who sent one. What a stream does most, reading and
 * writing, is one.
 */
#include "programs/user_schemes.h"

#include "kernel/scheme_net.h"
#include "kernel/user_call.h"
#include "lib/checksum.h"
#include "lib/endian.h"
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"

#define SCHEME_TEXT_MAX 64
#define SCHEME_TYPE     0xf /* of socket(), without its flags */
/* Of an ICMP message: type, code, checksum, identifier; then what the scheme knows of it. */
#define SCHEME_ECHO_SKIP    6
#define SCHEME_ECHO_REQUEST 8
#define SCHEME_ECHO_HEADER  8

/* What one call sends or receives. */
struct scheme_parts {
    const struct iovec *parts;
    size_t count;
};

enum user_scheme user_scheme_of(int descriptor)
{
    char path[SCHEME_TEXT_MAX];
    if (sys_fpath(descriptor, path, sizeof path) < 0)
        return USER_SCHEME_NONE;
    if (kstreq(path, SCHEME_ROOT "icmp"))
        return USER_SCHEME_ICMP;
    if (kstreq(path, SCHEME_ROOT "udp"))
        return USER_SCHEME_UDP;
    return kstreq(path, SCHEME_ROOT "tcp") ? USER_SCHEME_TCP : USER_SCHEME_NONE;
}

/* ---- files of a socket ----------------------------------------------------------------------- */

/* The path is copied to the stack, which is RAM whatever constants are. */
static long scheme_dup(int descriptor, const char *path)
{
    char copy[SCHEME_TEXT_MAX];
    if (kstrlcpy(copy, path, sizeof copy) >= sizeof copy)
        return -KENAMETOOLONG;
    if (user_scheme_of(descriptor) == USER_SCHEME_NONE)
        return -KENOTSOCK;
    return sys_dup_path(descriptor, copy, kstrlen(copy));
}

/* A name for the socket behind the descriptor: the file of it is not needed any more. */
static long scheme_name(int descriptor, const char *path)
{
    long file = scheme_dup(descriptor, path);
    if (file < 0)
        return file;
    (void)sys_close((int)file);
    return 0;
}

long user_scheme_set(int descriptor, const char *setting, const void *value, size_t size)
{
    long file = scheme_dup(descriptor, setting);
    if (file < 0)
        return file;
    long result = sys_write((int)file, value, size);
    (void)sys_close((int)file);
    return result < 0 ? result : 0;
}

long user_scheme_get(int descriptor, const char *setting, void *value, size_t size)
{
    long file = scheme_dup(descriptor, setting);
    if (file < 0)
        return file;
    long result = sys_read((int)file, value, size);
    (void)sys_close((int)file);
    return result;
}

static bool scheme_is_nonblocking(int descriptor)
{
    return (system_call(SYS_FCNTL, descriptor, F_GETFL, 0, 0, 0, 0) & O_NONBLOCK) != 0;
}

/*
 * For one call that may not wait, or only looks: another file of the same socket. The descriptor,
 * or an error.
 */
static long scheme_begin_call(int descriptor, int flags)
{
    if ((flags & (MSG_DONTWAIT | MSG_PEEK)) == 0)
        return descriptor;
    long file = scheme_dup(descriptor, (flags & MSG_PEEK) != 0 ? NET_PATH_PEEK : "");
    if (file >= 0 && (flags & MSG_DONTWAIT) != 0)
        (void)system_call(SYS_FCNTL, file, F_SETFL, O_RDWR | O_NONBLOCK, 0, 0, 0);
    return file;
}

static void scheme_end_call(int descriptor, long file)
{
    if (file != descriptor)
        (void)sys_close((int)file);
}

/* ---- names ----------------------------------------------------------------------------------- */

static struct net_name scheme_net_name(const struct sockaddr_in *address)
{
    return (struct net_name){.address = net_to_host32(address->sin_addr),
                             .port = net_to_host16(address->sin_port)};
}

static struct sockaddr_in scheme_sockaddr(const struct net_name *name)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = host_to_net16(name->port),
                                .sin_addr = host_to_net32(name->address)};
}

/* "PREFIX10.0.2.2:53" */
static void scheme_path(char path[SCHEME_TEXT_MAX], const char *prefix,
                        const struct sockaddr_in *address)
{
    char text[IPV4_TEXT_SIZE];
    ksnprintf(path, SCHEME_TEXT_MAX, "%s%s:%u", prefix,
              ipv4_format(net_to_host32(address->sin_addr), text),
              net_to_host16(address->sin_port));
}

long user_scheme_socket(int family, int type, int protocol)
{
    char path[SCHEME_TEXT_MAX] = SCHEME_ROOT;
    int kind = type & SCHEME_TYPE;
    if (family != AF_INET)
        return -KEAFNOSUPPORT;
    if (kind == SOCK_STREAM && (protocol == 0 || protocol == IPPROTO_TCP))
        kstrlcat(path, "tcp/", sizeof path);
    else if (kind == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP))
        kstrlcat(path, "udp/", sizeof path);
    else if (kind == SOCK_DGRAM && protocol == IPPROTO_ICMP)
        kstrlcat(path, "icmp/", sizeof path);
    else
        return -KEPROTONOSUPPORT;
    long file = sys_open(path, O_RDWR | (type & (SOCK_NONBLOCK | SOCK_CLOEXEC)));
    return file != -KENOENT && file != -KENODEV ? file : -KEAFNOSUPPORT;
}

long user_scheme_bind(int descriptor, const struct sockaddr_in *address)
{
    char path[SCHEME_TEXT_MAX];
    scheme_path(path, "/", address);
    return scheme_name(descriptor, path);
}

static long scheme_connect_stream(int descriptor, const struct sockaddr_in *address)
{
    char path[SCHEME_TEXT_MAX];
    bool waits = !scheme_is_nonblocking(descriptor);
    scheme_path(path, "", address);
    long error = scheme_name(descriptor, path);
    if (error != 0 && (error != -KEALREADY || !waits))
        return error;
    if (!waits)
        return -KEINPROGRESS;
    error = sys_fsync(descriptor);
    if (error == -KENOTCONN)
        return -KECONNABORTED;
    return error == -KEAGAIN ? -KEINPROGRESS : error;
}

long user_scheme_connect(int descriptor, const struct sockaddr_in *address)
{
    struct net_name peer = {0};
    bool nobody = address->sin_family == AF_UNSPEC;
    if (!nobody && address->sin_family != AF_INET)
        return -KEAFNOSUPPORT;
    if (user_scheme_of(descriptor) == USER_SCHEME_TCP)
        return nobody ? -KEOPNOTSUPP : scheme_connect_stream(descriptor, address);
    if (!nobody)
        peer = scheme_net_name(address);
    return user_scheme_set(descriptor, "peer", &peer, sizeof peer);
}

long user_scheme_listen(int descriptor, int backlog)
{
    int32_t number = backlog;
    if (user_scheme_of(descriptor) != USER_SCHEME_TCP)
        return user_scheme_of(descriptor) == USER_SCHEME_NONE ? -KENOTSOCK : -KEOPNOTSUPP;
    return user_scheme_set(descriptor, "backlog", &number, sizeof number);
}

long user_scheme_getname(int descriptor, bool peer, struct sockaddr_in *name)
{
    struct net_names names;
    long result = user_scheme_get(descriptor, "names", &names, sizeof names);
    if (result < 0)
        return result;
    if (peer && names.remote.address == 0)
        return -KENOTCONN;
    *name = scheme_sockaddr(peer ? &names.remote : &names.local);
    return 0;
}

/* The flags are those of the new descriptor, which has the listener's from dup(). */
long user_scheme_accept(int descriptor, struct sockaddr_in *from, int flags)
{
    long file = scheme_dup(descriptor, NET_PATH_LISTEN);
    if (file < 0)
        return file;
    long mode = O_RDWR | ((flags & SOCK_NONBLOCK) != 0 ? O_NONBLOCK : 0);
    (void)system_call(SYS_FCNTL, file, F_SETFL, mode, 0, 0, 0);
    if (from != NULL)
        (void)user_scheme_getname((int)file, true, from);
    return file;
}

/* ---- sending --------------------------------------------------------------------------------- */

static long scheme_send_icmp(int descriptor, const struct iovec *part)
{
    const uint8_t *message = part->iov_base;
    if (part->iov_len < SCHEME_ECHO_HEADER || message[0] != SCHEME_ECHO_REQUEST || message[1] != 0)
        return -KEINVAL;
    long result =
        sys_write(descriptor, message + SCHEME_ECHO_SKIP, part->iov_len - SCHEME_ECHO_SKIP);
    return result < 0 ? result : result + SCHEME_ECHO_SKIP;
}

/* Parts are one request: for a datagram two of them would be two. */
static long scheme_send(enum user_scheme scheme, int descriptor, const struct scheme_parts *from)
{
    if (scheme == USER_SCHEME_ICMP)
        return from->count == 1 ? scheme_send_icmp(descriptor, from->parts) : -KEOPNOTSUPP;
    if (from->count == 1)
        return sys_write(descriptor, from->parts->iov_base, from->parts->iov_len);
    return system_call(SYS_WRITEV, descriptor, (long)from->parts, (long)from->count, 0, 0, 0);
}

static long scheme_send_to(enum user_scheme scheme, int descriptor, const struct scheme_parts *from,
                           const struct sockaddr_in *to)
{
    char path[SCHEME_TEXT_MAX], text[IPV4_TEXT_SIZE];
    if (scheme == USER_SCHEME_ICMP)
        ksnprintf(path, sizeof path, NET_PATH_ECHO "%s",
                  ipv4_format(net_to_host32(to->sin_addr), text));
    else
        scheme_path(path, "", to);
    long file = scheme_dup(descriptor, path);
    if (file < 0)
        return file;
    long result = scheme_send(scheme, (int)file, from);
    (void)sys_close((int)file);
    return result;
}

static long scheme_send_parts(int descriptor, const struct scheme_parts *from, int flags,
                              const struct sockaddr_in *to)
{
    enum user_scheme scheme = user_scheme_of(descriptor);
    if (scheme == USER_SCHEME_NONE)
        return -KENOTSOCK;
    if ((flags & ~(MSG_NOSIGNAL | MSG_DONTWAIT)) != 0)
        return -KEOPNOTSUPP;
    long file = scheme_begin_call(descriptor, flags);
    if (file < 0)
        return file;
    long result = to != NULL && scheme != USER_SCHEME_TCP
                      ? scheme_send_to(scheme, (int)file, from, to)
                      : scheme_send(scheme, (int)file, from);
    scheme_end_call(descriptor, file);
    if (result == -KEPIPE && scheme == USER_SCHEME_TCP && (flags & MSG_NOSIGNAL) == 0)
        (void)system_call(SYS_KILL, sys_getpid(), SIGPIPE, 0, 0, 0, 0);
    return result;
}

long user_scheme_send(int descriptor, const void *buffer, size_t size, int flags,
                      const struct sockaddr_in *to)
{
    const struct iovec part = {(void *)(uintptr_t)buffer, size};
    return scheme_send_parts(descriptor, &(struct scheme_parts){&part, 1}, flags, to);
}

long user_scheme_sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    const struct scheme_parts from = {message->msg_iov, message->msg_iovlen};
    struct sockaddr_in to;
    if (message->msg_name == NULL)
        return scheme_send_parts(descriptor, &from, flags, NULL);
    if (message->msg_namelen < sizeof to)
        return -KEINVAL;
    memcpy(&to, message->msg_name, sizeof to);
    return scheme_send_parts(descriptor, &from, flags, &to);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* The scheme gives the end of a message: what stands before it is made again, as it came. */
static long scheme_receive_icmp(int descriptor, const struct iovec *part)
{
    uint8_t *message = part->iov_base;
    struct net_names names;
    if (part->iov_len < SCHEME_ECHO_HEADER)
        return -KEINVAL;
    long result =
        sys_read(descriptor, message + SCHEME_ECHO_SKIP, part->iov_len - SCHEME_ECHO_SKIP);
    if (result <= 0)
        return result;
    memset(message, 0, SCHEME_ECHO_SKIP);
    if (user_scheme_get(descriptor, "names", &names, sizeof names) == sizeof names)
        store_be16(message + 4, names.local.port);
    size_t length = (size_t)result + SCHEME_ECHO_SKIP;
    store_be16(message + 2, checksum_of(message, length));
    return (long)length;
}

/* What is there now counts more than an error, which the next call is told. */
static bool scheme_has_failed(int descriptor)
{
    int32_t ready = 0;
    return user_scheme_get(descriptor, "readiness", &ready, sizeof ready) == sizeof ready &&
           (ready & POLLERR) != 0;
}

/* MSG_WAITALL: until they are full, or nothing will come. */
static long scheme_receive_all(int descriptor, const struct scheme_parts *to)
{
    long done = 0;
    for (size_t i = 0, at = 0; i < to->count;) {
        const struct iovec *part = &to->parts[i];
        long result = 0;
        if (at < part->iov_len) {
            if (done > 0 && scheme_has_failed(descriptor))
                return done;
            result = sys_read(descriptor, (uint8_t *)part->iov_base + at, part->iov_len - at);
            if (result <= 0)
                return done > 0 ? done : result;
        }
        done += result;
        at += (size_t)result;
        if (at == part->iov_len) {
            at = 0;
            i++;
        }
    }
    return done;
}

static long scheme_receive(enum user_scheme scheme, int descriptor, const struct scheme_parts *to,
                           int flags)
{
    if (scheme == USER_SCHEME_ICMP)
        return to->count == 1 ? scheme_receive_icmp(descriptor, to->parts) : -KEOPNOTSUPP;
    if (scheme == USER_SCHEME_TCP && (flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL)
        return scheme_receive_all(descriptor, to);
    if (to->count == 1)
        return sys_read(descriptor, to->parts->iov_base, to->parts->iov_len);
    return system_call(SYS_READV, descriptor, (long)to->parts, (long)to->count, 0, 0, 0);
}

static long scheme_receive_parts(enum user_scheme scheme, int descriptor,
                                 const struct scheme_parts *to, int flags)
{
    if (scheme == USER_SCHEME_NONE)
        return -KENOTSOCK;
    if ((flags & ~(MSG_NOSIGNAL | MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL)) != 0)
        return -KEOPNOTSUPP;
    long file = scheme_begin_call(descriptor, flags);
    if (file < 0)
        return file;
    long result = scheme_receive(scheme, (int)file, to, flags);
    scheme_end_call(descriptor, file);
    return result;
}

long user_scheme_recv(int descriptor, void *buffer, size_t size, int flags,
                      struct sockaddr_in *from)
{
    const struct iovec part = {buffer, size};
    enum user_scheme scheme = user_scheme_of(descriptor);
    struct net_name sender;
    long result = scheme_receive_parts(scheme, descriptor, &(struct scheme_parts){&part, 1}, flags);
    if (result >= 0 && from != NULL && scheme != USER_SCHEME_TCP &&
        user_scheme_get(descriptor, "sender", &sender, sizeof sender) == sizeof sender)
        *from = scheme_sockaddr(&sender);
    return result;
}

/* What was asked for with the datagram, as far as there is room. */
static void scheme_put_control(struct msghdr *message, int32_t ttl)
{
    struct cmsghdr header = {sizeof header + sizeof ttl, IPPROTO_IP, IP_TTL};
    size_t room = message->msg_controllen;
    message->msg_controllen = 0;
    if (ttl == 0)
        return;
    if (message->msg_control == NULL || room < header.cmsg_len) {
        message->msg_flags |= MSG_CTRUNC;
        return;
    }
    memcpy(message->msg_control, &header, sizeof header);
    memcpy((char *)message->msg_control + sizeof header, &ttl, sizeof ttl);
    message->msg_controllen =
        CMSG_ALIGN(header.cmsg_len) <= room ? CMSG_ALIGN(header.cmsg_len) : header.cmsg_len;
}

static void scheme_put_name(struct msghdr *message, const struct net_name *sender)
{
    struct sockaddr_in name = scheme_sockaddr(sender);
    size_t size = message->msg_namelen < sizeof name ? message->msg_namelen : sizeof name;
    if (message->msg_name == NULL)
        return;
    memcpy(message->msg_name, &name, size);
    message->msg_namelen = sizeof name;
}

long user_scheme_recvmsg(int descriptor, struct msghdr *message, int flags)
{
    enum user_scheme scheme = user_scheme_of(descriptor);
    const struct scheme_parts to = {message->msg_iov, message->msg_iovlen};
    struct net_name sender = {0};
    long result = scheme_receive_parts(scheme, descriptor, &to, flags);
    if (result < 0)
        return result;
    message->msg_flags = 0;
    if (scheme == USER_SCHEME_TCP) {
        message->msg_namelen = 0;
        message->msg_controllen = 0;
        return result;
    }
    (void)user_scheme_get(descriptor, "sender", &sender, sizeof sender);
    scheme_put_name(message, &sender);
    scheme_put_control(message, sender.ttl);
    return result;
}

long user_scheme_shutdown(int descriptor, int how)
{
    int32_t number = how;
    return user_scheme_set(descriptor, "shutdown", &number, sizeof number);
}
