/*
 * ping_socket.c - ping sockets
 *
 * Everything in a socket is under the lock of the stack.
 */
#include "netstack/posix/ping_socket.h"

#include "kernel/clock.h"
#include "kernel/file.h"
#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/drop.h"
#include "netstack/icmp.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/posix/inet_address.h"
#include "netstack/posix/inet_ioctl.h"
#include "ringside/probe.h"

#define PING_NS_PER_S  UINT64_C(1000000000)
#define PING_NS_PER_US 1000
#define PING_US_PER_S  1000000

struct ping_received {
    struct nbuf *nbuf;
    uint32_t source;
};

struct ping_socket {
    struct icmp_endpoint endpoint;
    uint32_t source;                              /* bind(): 0 is any */
    uint32_t peer;                                /* connect(): 0 is none */
    int error;                                    /* pending, positive */
    uint64_t receive_timeout_ns, send_timeout_ns; /* WAIT_FOREVER: none */
    struct wait_queue readable;
    unsigned first, count; /* of received[], a ring */
    struct ping_received received[PING_RECEIVED_MAX];
};

static struct ping_socket ping_sockets[PING_SOCKETS_MAX];
static struct pool ping_pool;
static uint64_t ping_dropped;

/* ---- from the stack -------------------------------------------------------------------------- */

static void ping_drop(struct nbuf *nbuf, const char *why)
{
    net_drop(nbuf, "ping", why);
    probe_counter("ping.dropped", ++ping_dropped);
}

static void ping_deliver(struct icmp_endpoint *endpoint, struct nbuf *nbuf, uint32_t source)
{
    struct ping_socket *socket = (struct ping_socket *)endpoint;
    if (socket->peer != 0 && socket->peer != source) {
        ping_drop(nbuf, "reply from another host than the connected one");
        return;
    }
    if (socket->count == PING_RECEIVED_MAX) {
        ping_drop(nbuf, "receive queue full");
        return;
    }
    unsigned last = (socket->first + socket->count) % PING_RECEIVED_MAX;
    socket->received[last] = (struct ping_received){nbuf, source};
    socket->count++;
    wait_wake_all(&socket->readable);
}

static void ping_fail(struct icmp_endpoint *endpoint, uint32_t destination, int error)
{
    struct ping_socket *socket = (struct ping_socket *)endpoint;
    if (socket->peer != 0 && socket->peer != destination)
        return;
    socket->error = error;
    wait_wake_all(&socket->readable);
}

/* ---- small things ---------------------------------------------------------------------------- */

/* An error is reported once. */
static int ping_take_error(struct ping_socket *socket)
{
    int error = socket->error;
    socket->error = 0;
    return -error;
}

static int ping_autobind(struct ping_socket *socket)
{
    return socket->endpoint.identifier != 0 ? 0 : icmp_bind(&socket->endpoint, 0);
}

static bool ping_is_nonblocking(const struct file *file, int flags)
{
    return (file->flags & FILE_NONBLOCK) != 0 || (flags & MSG_DONTWAIT) != 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

static int ping_destination(const struct ping_socket *socket, const struct sockaddr *to,
                            size_t to_size, uint32_t *destination)
{
    if (to != NULL)
        return inet_address_get((const struct sockaddr_in *)to, to_size, destination);
    if (socket->peer == 0)
        return -KEDESTADDRREQ;
    *destination = socket->peer;
    return 0;
}

/* The way, if a program may take it. */
static int ping_find_path(const struct ping_socket *socket, uint32_t destination,
                          struct ipv4_path *path)
{
    int error = ipv4_find_path(destination, path);
    if (error != 0)
        return error;
    if (interface_is_broadcast(path->interface, destination))
        return -KEACCES;
    if (socket->source != 0)
        path->source = socket->source;
    return 0;
}

static int ping_send_message(const struct ping_socket *socket, const void *message, size_t size,
                             const struct ipv4_path *path, uint32_t destination)
{
    if (size > path->interface->mtu - IPV4_HEADER_SIZE)
        return -KEMSGSIZE;
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL)
        return -KENOBUFS;
    memcpy(nbuf_put(nbuf, size), message, size);
    return icmp_send_request(&socket->endpoint, nbuf, path, destination, clock_now_ns());
}

static long ping_send_locked(struct ping_socket *socket, const void *message, size_t size,
                             const struct sockaddr *to, size_t to_size)
{
    uint32_t destination;
    struct ipv4_path path;
    int error = ping_take_error(socket);
    if (error == 0)
        error = icmp_check_request(message, size);
    if (error == 0)
        error = ping_destination(socket, to, to_size, &destination);
    if (error == 0)
        error = ping_find_path(socket, destination, &path);
    if (error == 0)
        error = ping_autobind(socket);
    if (error == 0)
        error = ping_send_message(socket, message, size, &path, destination);
    return error == 0 ? (long)size : error;
}

/* Nothing that is sent ever waits: without room it is refused or lost. */
static long ping_sendto(struct file *file, const void *buffer, size_t size, int flags,
                        const struct sockaddr *to, size_t to_size)
{
    (void)flags;
    netstack_lock();
    long result = ping_send_locked(file->object, buffer, size, to, to_size);
    netstack_unlock();
    return result;
}

static long ping_write(struct file *file, const void *buffer, size_t size)
{
    return ping_sendto(file, buffer, size, 0, NULL, 0);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static bool ping_is_readable(const struct ping_socket *socket)
{
    return socket->count > 0 || socket->error != 0;
}

static uint64_t ping_receive_deadline_ns(const struct ping_socket *socket)
{
    uint64_t now_ns = clock_now_ns();
    if (socket->receive_timeout_ns >= WAIT_FOREVER - now_ns)
        return WAIT_FOREVER;
    return now_ns + socket->receive_timeout_ns;
}

/* Sleeps until there is something to receive: 0. -KEAGAIN: the timeout of the socket; -KEINTR. */
static int ping_wait(struct ping_socket *socket)
{
    struct waiter waiter;
    uint64_t deadline_ns = ping_receive_deadline_ns(socket);
    int error = 0;
    while (error == 0) {
        wait_prepare(&socket->readable, &waiter, "socket");
        if (ping_is_readable(socket))
            break;
        netstack_unlock();
        error = wait_commit(&waiter, deadline_ns);
        netstack_lock();
    }
    wait_finish(&waiter);
    if (ping_is_readable(socket))
        return 0;
    return error == -KETIMEDOUT ? -KEAGAIN : error;
}

static struct ping_received ping_take_oldest(struct ping_socket *socket)
{
    kassert(socket->count > 0);
    struct ping_received reply = socket->received[socket->first];
    socket->first = (socket->first + 1) % PING_RECEIVED_MAX;
    socket->count--;
    return reply;
}

/* What does not fit into the program's buffer is lost. */
static long ping_take_reply(struct ping_socket *socket, void *buffer, size_t size, uint32_t *source)
{
    struct ping_received reply = ping_take_oldest(socket);
    size_t length = reply.nbuf->len < size ? reply.nbuf->len : size;
    memcpy(buffer, reply.nbuf->data, length);
    nbuf_free(reply.nbuf);
    *source = reply.source;
    return (long)length;
}

static long ping_receive_locked(struct ping_socket *socket, void *buffer, size_t size,
                                bool nonblocking, uint32_t *source)
{
    if (!ping_is_readable(socket)) {
        int error = nonblocking ? -KEAGAIN : ping_wait(socket);
        if (error != 0)
            return error;
    }
    if (socket->error != 0)
        return ping_take_error(socket);
    return ping_take_reply(socket, buffer, size, source);
}

/*
 * The size that the program gives bounds what is written; the size that it gets back is that of the
 * whole address.
 */
static void ping_put_from(struct sockaddr *from, uint32_t *from_size, uint32_t source)
{
    struct sockaddr_in address;
    if (from == NULL || from_size == NULL)
        return;
    inet_address_put(&address, source);
    memcpy(from, &address, *from_size < sizeof(address) ? *from_size : sizeof(address));
    *from_size = sizeof(address);
}

static long ping_recvfrom(struct file *file, void *buffer, size_t size, int flags,
                          struct sockaddr *from, uint32_t *from_size)
{
    uint32_t source = 0;
    netstack_lock();
    long result =
        ping_receive_locked(file->object, buffer, size, ping_is_nonblocking(file, flags), &source);
    netstack_unlock();
    if (result >= 0)
        ping_put_from(from, from_size, source);
    return result;
}

static long ping_read(struct file *file, void *buffer, size_t size)
{
    return ping_recvfrom(file, buffer, size, 0, NULL, NULL);
}

/* ---- bind and connect ------------------------------------------------------------------------ */

/* The port is the identifier. */
static int ping_bind_locked(struct ping_socket *socket, uint32_t source, uint16_t identifier)
{
    if (socket->endpoint.identifier != 0)
        return -KEINVAL;
    if (source != 0 && interface_by_address(source) == NULL)
        return -KEADDRNOTAVAIL;
    int error = icmp_bind(&socket->endpoint, identifier);
    if (error == 0)
        socket->source = source;
    return error;
}

static long ping_bind(struct file *file, const struct sockaddr *address, size_t size)
{
    const struct sockaddr_in *from = (const struct sockaddr_in *)address;
    uint32_t source;
    int error = inet_address_get(from, size, &source);
    if (error != 0)
        return error;
    netstack_lock();
    error = ping_bind_locked(file->object, source, net_to_host16(from->sin_port));
    netstack_unlock();
    return error;
}

static int ping_connect_locked(struct ping_socket *socket, uint32_t peer)
{
    struct ipv4_path path;
    int error = ping_find_path(socket, peer, &path);
    if (error == 0)
        error = ping_autobind(socket);
    if (error == 0)
        socket->peer = peer;
    return error;
}

static long ping_connect(struct file *file, const struct sockaddr *address, size_t size)
{
    uint32_t peer;
    int error = inet_address_get((const struct sockaddr_in *)address, size, &peer);
    if (error != 0)
        return error;
    netstack_lock();
    error = ping_connect_locked(file->object, peer);
    netstack_unlock();
    return error;
}

/* ---- options --------------------------------------------------------------------------------- */

static int ping_set_timeout(uint64_t *timeout_ns, const void *value, size_t size)
{
    struct kernel_timeval time;
    if (value == NULL || size < sizeof(time))
        return -KEINVAL;
    memcpy(&time, value, sizeof(time));
    if (time.tv_usec < 0 || time.tv_usec >= PING_US_PER_S)
        return -KEDOM;
    if (time.tv_sec < 0) {
        *timeout_ns = 0;
        return 0;
    }
    bool forever = (time.tv_sec == 0 && time.tv_usec == 0) ||
                   (uint64_t)time.tv_sec >= WAIT_FOREVER / PING_NS_PER_S;
    *timeout_ns =
        forever ? WAIT_FOREVER
                : (uint64_t)time.tv_sec * PING_NS_PER_S + (uint64_t)time.tv_usec * PING_NS_PER_US;
    return 0;
}

static long ping_setsockopt(struct file *file, int level, int name, const void *value, size_t size)
{
    struct ping_socket *socket = file->object;
    long result = -KENOPROTOOPT;
    netstack_lock();
    if (level == SOL_SOCKET && name == SO_RCVTIMEO)
        result = ping_set_timeout(&socket->receive_timeout_ns, value, size);
    else if (level == SOL_SOCKET && name == SO_SNDTIMEO)
        result = ping_set_timeout(&socket->send_timeout_ns, value, size);
    netstack_unlock();
    return result;
}

/* As much as the program has room for; it learns how much that was. */
static int ping_put_option(void *value, uint32_t *size, const void *option, size_t option_size)
{
    if (*size > option_size)
        *size = (uint32_t)option_size;
    memcpy(value, option, *size);
    return 0;
}

static int ping_get_timeout(uint64_t timeout_ns, void *value, uint32_t *size)
{
    struct kernel_timeval time = {0, 0};
    if (timeout_ns != WAIT_FOREVER) {
        time.tv_sec = (int64_t)(timeout_ns / PING_NS_PER_S);
        time.tv_usec = (int64_t)(timeout_ns % PING_NS_PER_S / PING_NS_PER_US);
    }
    return ping_put_option(value, size, &time, sizeof(time));
}

static int ping_get_error(struct ping_socket *socket, void *value, uint32_t *size)
{
    int32_t error = -ping_take_error(socket);
    return ping_put_option(value, size, &error, sizeof(error));
}

static long ping_getsockopt(struct file *file, int level, int name, void *value, uint32_t *size)
{
    struct ping_socket *socket = file->object;
    long result = -KENOPROTOOPT;
    if (value == NULL || size == NULL)
        return -KEFAULT;
    netstack_lock();
    if (level == SOL_SOCKET && name == SO_RCVTIMEO)
        result = ping_get_timeout(socket->receive_timeout_ns, value, size);
    else if (level == SOL_SOCKET && name == SO_SNDTIMEO)
        result = ping_get_timeout(socket->send_timeout_ns, value, size);
    else if (level == SOL_SOCKET && name == SO_ERROR)
        result = ping_get_error(socket, value, size);
    netstack_unlock();
    return result;
}

static long ping_ioctl(struct file *file, unsigned long request, void *argument)
{
    (void)file;
    return inet_ioctl(request, argument);
}

/* ---- the life of a socket -------------------------------------------------------------------- */

static void ping_close(struct file *file)
{
    struct ping_socket *socket = file->object;
    netstack_lock();
    icmp_unbind(&socket->endpoint);
    while (socket->count > 0)
        nbuf_free(ping_take_oldest(socket).nbuf);
    netstack_unlock();
    pool_free(&ping_pool, socket);
}

static const struct file_ops ping_ops = {
    .kind = "ping socket",
    .read = ping_read,
    .write = ping_write,
    .ioctl = ping_ioctl,
    .close = ping_close,
    .bind = ping_bind,
    .connect = ping_connect,
    .sendto = ping_sendto,
    .recvfrom = ping_recvfrom,
    .setsockopt = ping_setsockopt,
    .getsockopt = ping_getsockopt,
};

void ping_socket_init(void)
{
    pool_init(&ping_pool, "ping-sockets", ping_sockets, sizeof(ping_sockets[0]), PING_SOCKETS_MAX);
    ping_dropped = 0;
}

struct file *ping_socket_make(int *error)
{
    struct ping_socket *socket = pool_alloc(&ping_pool);
    if (socket == NULL) {
        *error = -KENOBUFS;
        return NULL;
    }
    *socket = (struct ping_socket){
        .endpoint = {.deliver = ping_deliver, .fail = ping_fail},
        .receive_timeout_ns = WAIT_FOREVER,
        .send_timeout_ns = WAIT_FOREVER,
    };
    wait_queue_init(&socket->readable);
    struct file *file = file_alloc(&ping_ops, socket);
    if (file == NULL) {
        pool_free(&ping_pool, socket);
        *error = -KENFILE;
    }
    return file;
}
