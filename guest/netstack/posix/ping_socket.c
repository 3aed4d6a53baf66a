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
#include "netstack/icmp_channel.h"
#include "netstack/netstack.h"
#include "netstack/posix/datagram_socket.h"
#include "netstack/posix/inet_address.h"
#include "netstack/posix/inet_ioctl.h"

struct ping_socket {
    struct datagram_socket base; /* first */
    struct icmp_channel channel;
};
kstatic_assert(offsetof(struct ping_socket, base) == 0, "file->object is either");

static struct ping_socket ping_sockets[PING_SOCKETS_MAX];
static struct pool ping_pool;
static struct datagram_kind ping_kind = {
    .name = "ping",
    .dropped_counter = "ping.dropped",
    .changed = datagram_changed,
};

/* ---- sending --------------------------------------------------------------------------------- */

static int ping_destination(const struct ping_socket *socket, const struct sockaddr *to,
                            size_t to_size, uint32_t *destination)
{
    if (to != NULL)
        return inet_address_get((const struct sockaddr_in *)to, to_size, destination);
    if (socket->channel.peer == 0)
        return -KEDESTADDRREQ;
    *destination = socket->channel.peer;
    return 0;
}

static long ping_send_locked(struct ping_socket *socket, const struct message *message)
{
    struct icmp_channel *channel = &socket->channel;
    uint8_t header[ICMP_HEADER_SIZE];
    uint32_t destination;
    struct datagram_draft draft;
    int error = datagram_channel_may_send(&channel->base, message->size, ICMP_MESSAGE_MAX);
    if (error == 0)
        error = icmp_check_request(header, message_get(message, 0, header, sizeof(header)));
    if (error == 0)
        error = ping_destination(socket, message->name, message->name_size, &destination);
    if (error == 0)
        error = icmp_channel_prepare(channel, destination, message->size, &draft);
    if (error != 0)
        return error;
    (void)message_get(message, 0, draft.nbuf->data, message->size);
    error = icmp_channel_send(channel, &draft, clock_now_ns());
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
static long ping_bind(struct file *file, const struct sockaddr *address, size_t size)
{
    struct ping_socket *socket = file->object;
    const struct sockaddr_in *from = (const struct sockaddr_in *)address;
    uint32_t source;
    int error = inet_address_get(from, size, &source);
    if (error != 0)
        return error;
    netstack_lock();
    error = icmp_channel_bind(&socket->channel, source, net_to_host16(from->sin_port));
    netstack_unlock();
    return error;
}

static long ping_connect(struct file *file, const struct sockaddr *address, size_t size)
{
    struct ping_socket *socket = file->object;
    uint32_t peer;
    int error = inet_address_get((const struct sockaddr_in *)address, size, &peer);
    if (error != 0)
        return error;
    netstack_lock();
    error = icmp_channel_connect(&socket->channel, peer);
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
    const struct icmp_channel *channel = &((const struct ping_socket *)file->object)->channel;
    struct sockaddr_in address;
    netstack_lock();
    inet_address_put(&address, peer ? channel->peer : channel->source);
    if (!peer)
        address.sin_port = host_to_net16(channel->endpoint.identifier);
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
    int error = socket->channel.peer != 0 ? 0 : -KENOTCONN;
    if (error == 0)
        datagram_channel_shutdown(&socket->channel.base, how);
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
    icmp_channel_fini(&socket->channel);
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
    icmp_channel_init(&socket->channel, &ping_kind, socket);
    datagram_socket_init(&socket->base, &socket->channel.base, IPPROTO_ICMP);
    struct file *file = file_alloc(&ping_ops, socket);
    if (file == NULL) {
        pool_free(&ping_pool, socket);
        *error = -KENFILE;
    }
    return file;
}
