/*
 * udp_scheme.c - the scheme udp: datagrams
 */
#include "netstack/schemes/udp_scheme.h"

#include "kernel/pool.h"
#include "kernel/sockios.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/interface.h"
#include "netstack/net_table.h"
#include "netstack/schemes/datagram_scheme.h"
#include "netstack/udp.h"

struct udp_net_socket {
    struct datagram_net_socket base; /* first */
    struct udp_endpoint endpoint;
    uint32_t bound;           /* the address of the name; 0 is any */
    struct interface *device; /* NULL is any */
    bool may_broadcast;
};
kstatic_assert(offsetof(struct udp_net_socket, base) == 0, "the base is either");

static struct udp_net_socket udp_sockets[UDP_SCHEME_SOCKETS_MAX];
static struct pool udp_socket_pool;

void udp_scheme_init(void)
{
    for (unsigned i = 0; i < UDP_SCHEME_SOCKETS_MAX; i++)
        udp_sockets[i].endpoint.port = 0;
    pool_init(&udp_socket_pool, "udp-sockets", udp_sockets, sizeof udp_sockets[0],
              UDP_SCHEME_SOCKETS_MAX);
}

static struct udp_net_socket *udp_scheme_socket(struct net_socket *base)
{
    return (struct udp_net_socket *)base;
}

/* ---- from the stack -------------------------------------------------------------------------- */

static void udp_scheme_deliver(struct udp_endpoint *endpoint, struct nbuf *nbuf, uint32_t source,
                               uint16_t port)
{
    struct udp_net_socket *socket = list_entry(endpoint, struct udp_net_socket, endpoint);
    datagram_net_deliver(&socket->base, nbuf, source, port);
}

static void udp_scheme_fail(struct udp_endpoint *endpoint, int error)
{
    struct udp_net_socket *socket = list_entry(endpoint, struct udp_net_socket, endpoint);
    datagram_net_fail(&socket->base, error);
}

/* ---- life ------------------------------------------------------------------------------------ */

static struct net_socket *udp_scheme_open(void)
{
    struct udp_net_socket *socket = pool_alloc(&udp_socket_pool);
    if (socket == NULL)
        return NULL;
    *socket = (struct udp_net_socket){
        .endpoint = {.deliver = udp_scheme_deliver, .fail = udp_scheme_fail}};
    datagram_net_init(&socket->base, "udp");
    return &socket->base.base;
}

static void udp_scheme_close(struct net_socket *base, uint64_t now_ns)
{
    struct udp_net_socket *socket = udp_scheme_socket(base);
    (void)now_ns;
    udp_unbind(&socket->endpoint);
    datagram_net_fini(&socket->base);
    pool_free(&udp_socket_pool, socket);
}

/* ---- names ----------------------------------------------------------------------------------- */

static int udp_scheme_autobind(struct udp_net_socket *socket)
{
    return socket->endpoint.port != 0 ? 0 : udp_bind(&socket->endpoint, 0);
}

static int udp_scheme_bind(struct udp_net_socket *socket, const struct net_name *name)
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
    return error;
}

/* The way, if a program may take it. */
static int udp_scheme_find_path(const struct udp_net_socket *socket, uint32_t source,
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

/*
 * It has the source of its datagrams as its address from then on. Nobody: the one that it was
 * given.
 */
static int udp_scheme_set_peer(struct udp_net_socket *socket, const struct net_name *peer)
{
    struct ipv4_path path = {.source = socket->bound};
    bool nobody = peer->address == 0 && peer->port == 0;
    if (!nobody && peer->port == 0)
        return -KEINVAL;
    int error = nobody ? 0 : udp_scheme_find_path(socket, socket->bound, peer->address, &path);
    if (error == 0 && !nobody)
        error = udp_scheme_autobind(socket);
    if (error != 0)
        return error;
    socket->endpoint.address = path.source;
    socket->endpoint.peer = peer->address;
    socket->endpoint.peer_port = peer->port;
    return 0;
}

static int udp_scheme_name(struct socket_file *file, const char *path, bool connect,
                           uint64_t now_ns)
{
    struct udp_net_socket *socket = udp_scheme_socket(file->socket);
    struct net_names names;
    (void)now_ns;
    if (!net_names_parse(path, &names))
        return -KENOENT;
    bool remote = names.remote.address != 0 || names.remote.port != 0;
    if (remote && names.remote.port == 0)
        return -KEINVAL;
    int error = 0;
    if (!remote || names.local.address != 0 || names.local.port != 0)
        error = udp_scheme_bind(socket, &names.local);
    if (error != 0 || !remote)
        return error;
    if (connect)
        return udp_scheme_set_peer(socket, &names.remote);
    file->remote = names.remote;
    return udp_scheme_autobind(socket);
}

/* ---- reading and writing --------------------------------------------------------------------- */

static long udp_scheme_read(struct socket_file *file, void *data, size_t size, uint64_t now_ns)
{
    (void)now_ns;
    return datagram_net_read(file, data, size, 0);
}

static int udp_scheme_send(struct udp_net_socket *socket, const void *data, size_t size,
                           const struct net_name *to, uint64_t now_ns)
{
    struct ipv4_path path;
    int error = udp_scheme_find_path(socket, socket->endpoint.address, to->address, &path);
    if (error == 0)
        error = udp_scheme_autobind(socket);
    if (error != 0)
        return error;
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL || (size > nbuf_tailroom(nbuf) && !nbuf_enlarge(nbuf))) {
        nbuf_free(nbuf);
        return -KENOBUFS;
    }
    if (size > 0)
        memcpy(nbuf_put(nbuf, size), data, size);
    return udp_send(&socket->endpoint, nbuf, &path, to->address, to->port, now_ns);
}

static long udp_scheme_write(struct socket_file *file, const void *data, size_t size,
                             uint64_t now_ns)
{
    struct udp_net_socket *socket = udp_scheme_socket(file->socket);
    struct net_name to = file->remote;
    if (to.port == 0)
        to =
            (struct net_name){.address = socket->endpoint.peer, .port = socket->endpoint.peer_port};
    int error = datagram_net_may_write(&socket->base);
    if (error == 0 && size > UDP_PAYLOAD_MAX)
        error = -KEMSGSIZE;
    if (error == 0 && to.port == 0)
        error = -KEDESTADDRREQ;
    if (error == 0)
        error = udp_scheme_send(socket, data, size, &to, now_ns);
    return error == 0 ? (long)size : error;
}

/* ---- settings -------------------------------------------------------------------------------- */

static long udp_scheme_get(struct net_socket *base, enum net_setting setting, void *value,
                           size_t size)
{
    const struct udp_net_socket *socket = udp_scheme_socket(base);
    const struct udp_endpoint *endpoint = &socket->endpoint;
    struct net_names names = {
        .local = {.address = endpoint->address, .port = endpoint->port},
        .remote = {.address = endpoint->peer, .port = endpoint->peer_port},
    };
    switch (setting) {
    case NET_SETTING_NAMES:
        if (size < sizeof names)
            return -KEINVAL;
        memcpy(value, &names, sizeof names);
        return sizeof names;
    case NET_SETTING_REUSE_ADDRESS:
        return net_setting_put(value, size, endpoint->reuse_address);
    case NET_SETTING_BROADCAST:
        return net_setting_put(value, size, socket->may_broadcast);
    default:
        return datagram_net_get(base, setting, value, size);
    }
}

/* The name need not end with NUL; an empty one is any interface. */
static long udp_scheme_set_device(struct udp_net_socket *socket, const void *value, size_t size)
{
    char name[IFNAMSIZ] = {0};
    if (socket->endpoint.port != 0)
        return -KEINVAL;
    if (size > 0)
        memcpy(name, value, size < IFNAMSIZ ? size : IFNAMSIZ - 1);
    struct interface *device = name[0] != '\0' ? interface_by_name(name) : NULL;
    if (name[0] != '\0' && device == NULL)
        return -KENODEV;
    socket->device = device;
    socket->endpoint.interface = device;
    return (long)size;
}

static long udp_scheme_set_name(struct udp_net_socket *socket, const void *value, size_t size)
{
    struct net_name peer;
    if (size != sizeof peer)
        return -KEINVAL;
    memcpy(&peer, value, sizeof peer);
    int error = udp_scheme_set_peer(socket, &peer);
    return error == 0 ? (long)size : error;
}

static long udp_scheme_set(struct net_socket *base, enum net_setting setting, const void *value,
                           size_t size, uint64_t now_ns)
{
    struct udp_net_socket *socket = udp_scheme_socket(base);
    int32_t number = 0;
    (void)now_ns;
    switch (setting) {
    case NET_SETTING_PEER:
        return udp_scheme_set_name(socket, value, size);
    case NET_SETTING_DEVICE:
        return udp_scheme_set_device(socket, value, size);
    case NET_SETTING_SHUTDOWN:
        return socket->endpoint.peer != 0 ? datagram_net_set(base, setting, value, size)
                                          : -KENOTCONN;
    case NET_SETTING_REUSE_ADDRESS:
    case NET_SETTING_BROADCAST:
        break;
    default:
        return datagram_net_set(base, setting, value, size);
    }
    long result = net_setting_get(value, size, &number);
    if (result > 0 && setting == NET_SETTING_BROADCAST)
        socket->may_broadcast = number != 0;
    else if (result > 0)
        socket->endpoint.reuse_address = number != 0;
    return result;
}

bool udp_scheme_inform(unsigned index, struct net_table_udp *state)
{
    const struct udp_net_socket *socket = &udp_sockets[index];
    if (socket->endpoint.port == 0)
        return false;
    *state = (struct net_table_udp){
        .address = socket->endpoint.address,
        .peer = socket->endpoint.peer,
        .port = socket->endpoint.port,
        .peer_port = socket->endpoint.peer_port,
        .queued_bytes = socket->base.queued_bytes,
        .dropped = socket->base.dropped,
    };
    return true;
}

const struct socket_protocol udp_scheme_protocol = {
    .scheme = "udp",
    .open = udp_scheme_open,
    .close = udp_scheme_close,
    .name = udp_scheme_name,
    .read = udp_scheme_read,
    .write = udp_scheme_write,
    .readiness = datagram_net_readiness,
    .get = udp_scheme_get,
    .set = udp_scheme_set,
};
