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
#include "kernel/sockios.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "netstack/interface.h"
#include "netstack/net_table.h"
#include "netstack/netstack.h"
#include "netstack/posix/datagram_socket.h"
#include "netstack/posix/inet_address.h"
#include "netstack/posix/inet_ioctl.h"
#include "netstack/posix/socket_option.h"
#include "netstack/udp.h"

#include "ringside/probe.h"

struct udp_socket {
    struct datagram_socket base; /* first */
    struct udp_endpoint endpoint;
    uint32_t bound;           /* bind(): the address, 0 is any */
    struct interface *device; /* SO_BINDTODEVICE; NULL is any */
    bool may_broadcast;       /* SO_BROADCAST */
};
kstatic_assert(offsetof(struct udp_socket, base) == 0, "file->object is either");

/* An address and a port, as programs name them. */
struct udp_name {
    uint32_t address;
    uint16_t port;
};

static struct udp_socket udp_sockets[UDP_SOCKETS_MAX];
static struct pool udp_pool;
static struct datagram_kind udp_kind = {
    .protocol = IPPROTO_UDP,
    .name = "udp",
    .dropped_counter = "udp.dropped",
};

/* ---- from the stack -------------------------------------------------------------------------- */

static void udp_socket_deliver(struct udp_endpoint *endpoint, struct nbuf *nbuf, uint32_t source,
                               uint16_t port)
{
    struct udp_socket *socket = list_entry(endpoint, struct udp_socket, endpoint);
    datagram_deliver(&socket->base, nbuf, source, port);
}

static void udp_socket_fail(struct udp_endpoint *endpoint, int error)
{
    struct udp_socket *socket = list_entry(endpoint, struct udp_socket, endpoint);
    datagram_fail(&socket->base, error);
}

/* ---- small things ---------------------------------------------------------------------------- */

/* The bench follows the datagrams of a descriptor by this. */
static void udp_socket_tell_name(const struct udp_socket *socket)
{
    const struct udp_endpoint *endpoint = &socket->endpoint;
    probe_socket_named((uintptr_t)socket, IPPROTO_UDP, endpoint->address, endpoint->port,
                       endpoint->peer, endpoint->peer_port);
}

static int udp_socket_autobind(struct udp_socket *socket)
{
    if (socket->endpoint.port != 0)
        return 0;
    int error = udp_bind(&socket->endpoint, 0);
    if (error == 0)
        udp_socket_tell_name(socket);
    return error;
}

static int udp_socket_get_name(const struct sockaddr *from, size_t size, struct udp_name *name)
{
    const struct sockaddr_in *address = (const struct sockaddr_in *)from;
    int error = inet_address_get(address, size, &name->address);
    if (error == 0)
        name->port = net_to_host16(address->sin_port);
    return error;
}

/* The way, if a program may take it. `source`: 0 is whatever suits the way. */
static int udp_socket_find_path(const struct udp_socket *socket, uint32_t source,
                                uint32_t destination, struct ipv4_path *path)
{
    int error = socket->device != NULL && destination == IPV4_BROADCAST
                    ? ipv4_find_broadcast_path(socket->device, path)
                    : ipv4_find_path(destination, path);
    if (error != 0)
        return error;
    if (socket->device != NULL && path->interface != socket->device)
        return -KENETUNREACH;
    if (interface_is_broadcast(path->interface, destination) && !socket->may_broadcast)
        return -KEACCES;
    if (source != 0)
        path->source = source;
    path->ttl = socket->base.ttl;
    return 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

static int udp_socket_destination(const struct udp_socket *socket, const struct sockaddr *to,
                                  size_t to_size, struct udp_name *name)
{
    if (to == NULL) {
        *name = (struct udp_name){socket->endpoint.peer, socket->endpoint.peer_port};
        return socket->endpoint.peer != 0 ? 0 : -KEDESTADDRREQ;
    }
    int error = udp_socket_get_name(to, to_size, name);
    if (error == 0 && name->port == 0)
        error = -KEINVAL;
    return error;
}

static int udp_socket_send_data(const struct udp_socket *socket, const struct message *message,
                                const struct ipv4_path *path, const struct udp_name *to)
{
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL)
        return -KENOBUFS;
    if (message->size > nbuf_tailroom(nbuf) && !nbuf_enlarge(nbuf)) {
        nbuf_free(nbuf);
        return -KENOBUFS;
    }
    if (message->size > 0)
        (void)message_get(message, 0, nbuf_put(nbuf, message->size), message->size);
    return udp_send(&socket->endpoint, nbuf, path, to->address, to->port, clock_now_ns());
}

static long udp_socket_send_locked(struct udp_socket *socket, const struct message *message)
{
    struct udp_name name;
    struct ipv4_path path;
    int error = datagram_take_error(&socket->base);
    if (error == 0 && socket->base.shut_write)
        error = -KEPIPE;
    if (error == 0 && message->size > UDP_PAYLOAD_MAX)
        error = -KEMSGSIZE;
    if (error == 0)
        error = udp_socket_destination(socket, message->name, message->name_size, &name);
    if (error == 0)
        error = udp_socket_find_path(socket, socket->endpoint.address, name.address, &path);
    if (error == 0)
        error = udp_socket_autobind(socket);
    if (error == 0)
        error = udp_socket_send_data(socket, message, &path, &name);
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

static int udp_socket_bind_locked(struct udp_socket *socket, const struct udp_name *name)
{
    if (socket->endpoint.port != 0)
        return -KEINVAL;
    if (name->address != 0 && interface_by_address(name->address) == NULL)
        return -KEADDRNOTAVAIL;
    socket->endpoint.address = name->address;
    int error = udp_bind(&socket->endpoint, name->port);
    if (error != 0)
        socket->endpoint.address = 0;
    socket->bound = socket->endpoint.address;
    if (error == 0)
        udp_socket_tell_name(socket);
    return error;
}

static long udp_socket_bind(struct file *file, const struct sockaddr *address, size_t size)
{
    struct udp_name name;
    int error = udp_socket_get_name(address, size, &name);
    if (error != 0)
        return error;
    netstack_lock();
    error = udp_socket_bind_locked(file->object, &name);
    netstack_unlock();
    return error;
}

/* It has the source of its datagrams as its address from then on. */
static int udp_socket_connect_locked(struct udp_socket *socket, const struct udp_name *peer)
{
    struct ipv4_path path;
    int error = udp_socket_find_path(socket, socket->bound, peer->address, &path);
    if (error == 0)
        error = udp_socket_autobind(socket);
    if (error != 0)
        return error;
    socket->endpoint.address = path.source;
    socket->endpoint.peer = peer->address;
    socket->endpoint.peer_port = peer->port;
    udp_socket_tell_name(socket);
    return 0;
}

static void udp_socket_disconnect(struct udp_socket *socket)
{
    netstack_lock();
    socket->endpoint.peer = 0;
    socket->endpoint.address = socket->bound;
    netstack_unlock();
}

static long udp_socket_connect(struct file *file, const struct sockaddr *address, size_t size)
{
    struct udp_name peer;
    if (address != NULL && size >= sizeof(address->sa_family) && address->sa_family == AF_UNSPEC) {
        udp_socket_disconnect(file->object);
        return 0;
    }
    int error = udp_socket_get_name(address, size, &peer);
    if (error == 0 && peer.port == 0)
        error = -KEINVAL;
    if (error != 0)
        return error;
    netstack_lock();
    error = udp_socket_connect_locked(file->object, &peer);
    netstack_unlock();
    return error;
}

/* ---- options --------------------------------------------------------------------------------- */

static int udp_socket_set_broadcast(struct udp_socket *socket, const void *value, size_t size)
{
    int32_t number;
    int error = socket_option_get_int(value, size, &number);
    if (error == 0)
        socket->may_broadcast = number != 0;
    return error;
}

static int udp_socket_set_device(struct udp_socket *socket, const void *value, size_t size)
{
    struct interface *device;
    if (socket->endpoint.port != 0)
        return -KEINVAL;
    int error = socket_option_get_device(value, size, &device);
    if (error != 0)
        return error;
    socket->device = device;
    socket->endpoint.interface = device;
    return 0;
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
    socket->endpoint.reuse_address = socket->base.reuse_address;
    netstack_unlock();
    return result;
}

static long udp_socket_getsockopt(struct file *file, int level, int name, void *value,
                                  uint32_t *size)
{
    const struct udp_socket *socket = file->object;
    if (level == SOL_SOCKET && name == SO_BROADCAST && value != NULL && size != NULL)
        return socket_option_put_int(value, size, socket->may_broadcast);
    if (level == SOL_SOCKET && name == SO_BINDTODEVICE && value != NULL && size != NULL)
        return socket_option_put_device(value, size, socket->device);
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
    struct sockaddr_in address;
    int error = 0;
    netstack_lock();
    inet_address_put(&address, peer ? socket->endpoint.peer : socket->endpoint.address);
    address.sin_port = host_to_net16(peer ? socket->endpoint.peer_port : socket->endpoint.port);
    if (peer && socket->endpoint.peer == 0)
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
    int error = socket->endpoint.peer != 0 ? datagram_shutdown(&socket->base, how) : -KENOTCONN;
    netstack_unlock();
    return error;
}

/* ---- the life of a socket -------------------------------------------------------------------- */

static void udp_socket_close(struct file *file)
{
    struct udp_socket *socket = file->object;
    netstack_lock();
    udp_unbind(&socket->endpoint);
    datagram_socket_fini(&socket->base);
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
        udp_sockets[i].endpoint.port = 0;
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
    *socket = (struct udp_socket){
        .endpoint = {.deliver = udp_socket_deliver, .fail = udp_socket_fail},
    };
    datagram_socket_init(&socket->base, &udp_kind);
    struct file *file = file_alloc(&udp_ops, socket);
    if (file == NULL) {
        pool_free(&udp_pool, socket);
        *error = -KENFILE;
    }
    return file;
}

bool udp_socket_inform(unsigned index, struct net_table_udp *state)
{
    const struct udp_socket *socket = &udp_sockets[index];
    netstack_lock();
    bool bound = socket->endpoint.port != 0;
    if (bound)
        *state = (struct net_table_udp){
            .address = socket->endpoint.address,
            .peer = socket->endpoint.peer,
            .port = socket->endpoint.port,
            .peer_port = socket->endpoint.peer_port,
            .queued_bytes = socket->base.queued_bytes,
            .dropped = socket->base.dropped,
        };
    netstack_unlock();
    return bound;
}
