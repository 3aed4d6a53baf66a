/*
 * udp_socket.c - UDP sockets
 *
 * Everything in a socket is under the lock of the stack.
 */
#include "netstack/posix/udp_socket.h"

#include "kernel/clock.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/pool.h"
#include "lib/errno.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/posix/datagram_socket.h"
#include "netstack/posix/inet_address.h"
#include "netstack/posix/inet_ioctl.h"
#include "netstack/posix/socket_option.h"
#include "netstack/udp_channel.h"

#include "ringside/probe.h"

struct udp_socket {
    struct datagram_socket base; /* first */
    struct udp_channel channel;
};
kstatic_assert(offsetof(struct udp_socket, base) == 0, "file->object is either");

/* An address and a port, as programs name them. */
struct udp_name {
    uint32_t address;
    uint16_t port;
};

static struct udp_socket udp_sockets[UDP_SOCKETS_MAX];
static struct pool udp_pool;
/* The bench follows the datagrams of a descriptor by this. */
static void udp_socket_named(void *owner)
{
    const struct udp_socket *socket = owner;
    const struct udp_endpoint *endpoint = &socket->channel.endpoint;
    probe_socket_named((uintptr_t)socket, IPPROTO_UDP, endpoint->address, endpoint->port,
                       endpoint->peer, endpoint->peer_port);
}

static struct datagram_kind udp_kind = {
    .name = "udp",
    .dropped_counter = "udp.dropped",
    .changed = datagram_changed,
    .named = udp_socket_named,
};

static int udp_socket_get_name(const struct sockaddr *from, size_t size, struct udp_name *name)
{
    const struct sockaddr_in *address = (const struct sockaddr_in *)from;
    int error = inet_address_get(address, size, &name->address);
    if (error == 0)
        name->port = net_to_host16(address->sin_port);
    return error;
}

/* ---- sending --------------------------------------------------------------------------------- */

static int udp_socket_destination(const struct udp_socket *socket, const struct sockaddr *to,
                                  size_t to_size, struct udp_name *name)
{
    if (to == NULL) {
        const struct udp_endpoint *endpoint = &socket->channel.endpoint;
        *name = (struct udp_name){endpoint->peer, endpoint->peer_port};
        return endpoint->peer != 0 ? 0 : -KEDESTADDRREQ;
    }
    int error = udp_socket_get_name(to, to_size, name);
    if (error == 0 && name->port == 0)
        error = -KEINVAL;
    return error;
}

static long udp_socket_send_locked(struct udp_socket *socket, const struct message *message)
{
    struct udp_channel *channel = &socket->channel;
    struct udp_name to;
    struct datagram_draft draft;
    int error = datagram_channel_may_send(&channel->base, message->size, UDP_PAYLOAD_MAX);
    if (error == 0)
        error = udp_socket_destination(socket, message->name, message->name_size, &to);
    if (error == 0)
        error = udp_channel_prepare(channel, to.address, to.port, message->size, &draft);
    if (error != 0)
        return error;
    (void)message_get(message, 0, draft.nbuf->data, message->size);
    error = udp_channel_send(channel, &draft, clock_now_ns());
    return error == 0 ? (long)message->size : error;
}

/* Nothing that is sent ever waits: without room it is refused or lost. */
static long udp_socket_sendmsg(struct file *file, const struct message *message)
{
    netstack_lock();
    long result = udp_socket_send_locked(file->object, message);
    netstack_unlock();
    return result;
}

/* ---- bind and connect ------------------------------------------------------------------------ */

static long udp_socket_bind(struct file *file, const struct sockaddr *address, size_t size)
{
    struct udp_socket *socket = file->object;
    struct udp_name name;
    int error = udp_socket_get_name(address, size, &name);
    if (error != 0)
        return error;
    netstack_lock();
    error = udp_channel_bind(&socket->channel, name.address, name.port);
    netstack_unlock();
    return error;
}

static void udp_socket_disconnect(struct udp_socket *socket)
{
    netstack_lock();
    udp_channel_disconnect(&socket->channel);
    netstack_unlock();
}

static long udp_socket_connect(struct file *file, const struct sockaddr *address, size_t size)
{
    struct udp_socket *socket = file->object;
    struct udp_name peer;
    if (address != NULL && size >= sizeof(address->sa_family) && address->sa_family == AF_UNSPEC) {
        udp_socket_disconnect(socket);
        return 0;
    }
    int error = udp_socket_get_name(address, size, &peer);
    if (error != 0)
        return error;
    netstack_lock();
    error = udp_channel_connect(&socket->channel, peer.address, peer.port);
    netstack_unlock();
    return error;
}

/* ---- options --------------------------------------------------------------------------------- */

static int udp_socket_set_broadcast(struct udp_socket *socket, const void *value, size_t size)
{
    int32_t number;
    int error = socket_option_get_int(value, size, &number);
    if (error == 0)
        socket->channel.may_broadcast = number != 0;
    return error;
}

static int udp_socket_set_device(struct udp_socket *socket, const void *value, size_t size)
{
    struct interface *device;
    int error = interface_by_option(value, size, &device);
    return error == 0 ? udp_channel_set_device(&socket->channel, device) : error;
}

static long udp_socket_setsockopt(struct file *file, int level, int name, const void *value,
                                  size_t size)
{
    struct udp_socket *socket = file->object;
    netstack_lock();
    long result;
    if (level == SOL_SOCKET && name == SO_BROADCAST)
        result = udp_socket_set_broadcast(socket, value, size);
    else if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
        result = udp_socket_set_device(socket, value, size);
    else
        result = datagram_setsockopt(&socket->base, level, name, value, size);
    socket->channel.endpoint.reuse_address = socket->base.reuse_address;
    netstack_unlock();
    return result;
}

static long udp_socket_getsockopt(struct file *file, int level, int name, void *value,
                                  uint32_t *size)
{
    const struct udp_socket *socket = file->object;
    if (level == SOL_SOCKET && name == SO_BROADCAST && value != NULL && size != NULL)
        return socket_option_put_int(value, size, socket->channel.may_broadcast);
    if (level == SOL_SOCKET && name == SO_BINDTODEVICE && value != NULL && size != NULL)
        return socket_option_put_device(value, size, socket->channel.device);
    return datagram_getsockopt(file, level, name, value, size);
}

static long udp_socket_ioctl(struct file *file, unsigned long request, void *argument)
{
    (void)file;
    return inet_ioctl(request, argument);
}

/* ---- names and halves ------------------------------------------------------------------------ */

static int udp_socket_getname(struct file *file, bool peer, struct sockaddr *name, uint32_t *size)
{
    const struct udp_socket *socket = file->object;
    const struct udp_endpoint *endpoint = &socket->channel.endpoint;
    struct sockaddr_in address;
    int error = 0;
    netstack_lock();
    inet_address_put(&address, peer ? endpoint->peer : endpoint->address);
    address.sin_port = host_to_net16(peer ? endpoint->peer_port : endpoint->port);
    if (peer && endpoint->peer == 0)
        error = -KENOTCONN;
    netstack_unlock();
    if (error == 0)
        inet_address_copy(&address, name, size);
    return error;
}

static int udp_socket_shutdown(struct file *file, int how)
{
    struct udp_socket *socket = file->object;
    netstack_lock();
    int error = socket->channel.endpoint.peer != 0 ? 0 : -KENOTCONN;
    if (error == 0)
        datagram_channel_shutdown(&socket->channel.base, how);
    netstack_unlock();
    return error;
}

/* ---- the life of a socket -------------------------------------------------------------------- */

static void udp_socket_close(struct file *file)
{
    struct udp_socket *socket = file->object;
    netstack_lock();
    udp_channel_fini(&socket->channel);
    netstack_unlock();
    pool_free(&udp_pool, socket);
}

static const struct file_ops udp_ops = {
    .kind = "UDP socket",
    .read = socket_read,
    .write = socket_write,
    .ioctl = udp_socket_ioctl,
    .close = udp_socket_close,
    .poll = datagram_poll,
    .bind = udp_socket_bind,
    .connect = udp_socket_connect,
    .sendmsg = udp_socket_sendmsg,
    .recvmsg = datagram_recvmsg,
    .shutdown = udp_socket_shutdown,
    .getname = udp_socket_getname,
    .setsockopt = udp_socket_setsockopt,
    .getsockopt = udp_socket_getsockopt,
};

void udp_socket_init(void)
{
    for (unsigned i = 0; i < UDP_SOCKETS_MAX; i++)
        udp_sockets[i].channel.endpoint.port = 0;
    pool_init(&udp_pool, "udp-sockets", udp_sockets, sizeof(udp_sockets[0]), UDP_SOCKETS_MAX);
    udp_kind.dropped = 0;
}

struct file *udp_socket_make(int *error)
{
    struct udp_socket *socket = pool_alloc(&udp_pool);
    if (socket == NULL) {
        *error = -KENOBUFS;
        return NULL;
    }
    udp_channel_init(&socket->channel, &udp_kind, socket);
    datagram_socket_init(&socket->base, &socket->channel.base, IPPROTO_UDP);
    struct file *file = file_alloc(&udp_ops, socket);
    if (file == NULL) {
        pool_free(&udp_pool, socket);
        *error = -KENFILE;
    }
    return file;
}

bool udp_socket_inform(unsigned index, struct net_table_udp *state)
{
    netstack_lock();
    bool bound = udp_channel_inform(&udp_sockets[index].channel, state);
    netstack_unlock();
    return bound;
}
