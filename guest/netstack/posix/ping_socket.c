/*
 * ping_socket.c - ping sockets
 *
 * Everything in a socket is under the lock of the stack.
 */
#include "netstack/posix/ping_socket.h"

#include "kernel/clock.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "netstack/icmp.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/posix/datagram_socket.h"
#include "netstack/posix/inet_address.h"
#include "netstack/posix/inet_ioctl.h"

#define PING_MESSAGE_MAX (IPV4_PACKET_MAX - IPV4_HEADER_SIZE)

struct ping_socket {
    struct datagram_socket base; /* first */
    struct icmp_endpoint endpoint;
    uint32_t source; /* bind(): 0 is any */
    uint32_t peer;   /* connect(): 0 is none */
};
kstatic_assert(offsetof(struct ping_socket, base) == 0, "file->object is either");

static struct ping_socket ping_sockets[PING_SOCKETS_MAX];
static struct pool ping_pool;
static struct datagram_kind ping_kind = {
    .protocol = IPPROTO_ICMP,
    .name = "ping",
    .dropped_counter = "ping.dropped",
};

/* ---- from the stack -------------------------------------------------------------------------- */

static struct ping_socket *ping_socket_of(struct icmp_endpoint *endpoint)
{
    return list_entry(endpoint, struct ping_socket, endpoint);
}

static void ping_deliver(struct icmp_endpoint *endpoint, struct nbuf *nbuf, uint32_t source)
{
    struct ping_socket *socket = ping_socket_of(endpoint);
    if (socket->peer != 0 && socket->peer != source)
        datagram_drop(&socket->base, nbuf, "reply from another host than the connected one");
    else
        datagram_deliver(&socket->base, nbuf, source, 0);
}

static void ping_fail(struct icmp_endpoint *endpoint, uint32_t destination, int error)
{
    struct ping_socket *socket = ping_socket_of(endpoint);
    if (socket->peer == 0 || socket->peer == destination)
        datagram_fail(&socket->base, error);
}

static int ping_autobind(struct ping_socket *socket)
{
    return socket->endpoint.identifier != 0 ? 0 : icmp_bind(&socket->endpoint, 0);
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
    path->ttl = socket->base.ttl;
    return 0;
}

static int ping_send_message(const struct ping_socket *socket, const struct message *message,
                             const struct ipv4_path *path, uint32_t destination)
{
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL)
        return -KENOBUFS;
    if (message->size > nbuf_tailroom(nbuf) && !nbuf_enlarge(nbuf)) {
        nbuf_free(nbuf);
        return -KENOBUFS;
    }
    (void)message_get(message, 0, nbuf_put(nbuf, message->size), message->size);
    return icmp_send_request(&socket->endpoint, nbuf, path, destination, clock_now_ns());
}

static long ping_send_locked(struct ping_socket *socket, const struct message *message)
{
    uint8_t header[ICMP_HEADER_SIZE];
    uint32_t destination;
    struct ipv4_path path;
    int error = datagram_take_error(&socket->base);
    if (error == 0 && socket->base.shut_write)
        error = -KEPIPE;
    if (error == 0 && message->size > PING_MESSAGE_MAX)
        error = -KEMSGSIZE;
    if (error == 0)
        error = icmp_check_request(header, message_get(message, 0, header, sizeof(header)));
    if (error == 0)
        error = ping_destination(socket, message->name, message->name_size, &destination);
    if (error == 0)
        error = ping_find_path(socket, destination, &path);
    if (error == 0)
        error = ping_autobind(socket);
    if (error == 0)
        error = ping_send_message(socket, message, &path, destination);
    return error == 0 ? (long)message->size : error;
}

/* Nothing that is sent ever waits: without room it is refused or lost. */
static long ping_sendmsg(struct file *file, const struct message *message)
{
    netstack_lock();
    long result = ping_send_locked(file->object, message);
    netstack_unlock();
    return result;
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

/* ---- the life of a socket -------------------------------------------------------------------- */

static long ping_setsockopt(struct file *file, int level, int name, const void *value, size_t size)
{
    netstack_lock();
    long result = datagram_setsockopt(file->object, level, name, value, size);
    netstack_unlock();
    return result;
}

static int ping_getname(struct file *file, bool peer, struct sockaddr *name, uint32_t *size)
{
    const struct ping_socket *socket = file->object;
    struct sockaddr_in address;
    netstack_lock();
    inet_address_put(&address, peer ? socket->peer : socket->source);
    if (!peer)
        address.sin_port = host_to_net16(socket->endpoint.identifier);
    netstack_unlock();
    if (peer && address.sin_addr == 0)
        return -KENOTCONN;
    inet_address_copy(&address, name, size);
    return 0;
}

static int ping_shutdown(struct file *file, int how)
{
    struct ping_socket *socket = file->object;
    netstack_lock();
    int error = socket->peer != 0 ? datagram_shutdown(&socket->base, how) : -KENOTCONN;
    netstack_unlock();
    return error;
}

static long ping_ioctl(struct file *file, unsigned long request, void *argument)
{
    (void)file;
    return inet_ioctl(request, argument);
}

static void ping_close(struct file *file)
{
    struct ping_socket *socket = file->object;
    netstack_lock();
    icmp_unbind(&socket->endpoint);
    datagram_socket_fini(&socket->base);
    netstack_unlock();
    pool_free(&ping_pool, socket);
}

static const struct file_ops ping_ops = {
    .kind = "ping socket",
    .read = socket_read,
    .write = socket_write,
    .ioctl = ping_ioctl,
    .close = ping_close,
    .poll = datagram_poll,
    .bind = ping_bind,
    .connect = ping_connect,
    .sendmsg = ping_sendmsg,
    .recvmsg = datagram_recvmsg,
    .shutdown = ping_shutdown,
    .getname = ping_getname,
    .setsockopt = ping_setsockopt,
    .getsockopt = datagram_getsockopt,
};

void ping_socket_init(void)
{
    pool_init(&ping_pool, "ping-sockets", ping_sockets, sizeof(ping_sockets[0]), PING_SOCKETS_MAX);
    ping_kind.dropped = 0;
}

struct file *ping_socket_make(int *error)
{
    struct ping_socket *socket = pool_alloc(&ping_pool);
    if (socket == NULL) {
        *error = -KENOBUFS;
        return NULL;
    }
    *socket = (struct ping_socket){.endpoint = {.deliver = ping_deliver, .fail = ping_fail}};
    datagram_socket_init(&socket->base, &ping_kind);
    struct file *file = file_alloc(&ping_ops, socket);
    if (file == NULL) {
        pool_free(&ping_pool, socket);
        *error = -KENFILE;
    }
    return file;
}
