/*
 * udp_scheme.c - the scheme udp: datagrams
 */
#include "netstack/schemes/udp_scheme.h"

#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/interface.h"
#include "netstack/schemes/datagram_scheme.h"
#include "netstack/udp_channel.h"

#include "ringside/probe.h"

struct udp_net_socket {
    struct datagram_net_socket base; /* first */
    struct udp_channel channel;
};
kstatic_assert(offsetof(struct udp_net_socket, base) == 0, "the base is either");

static struct udp_net_socket udp_sockets[UDP_SCHEME_SOCKETS_MAX];
static struct pool udp_socket_pool;

/* The bench follows the datagrams of a socket by this. */
static void udp_scheme_named(void *owner)
{
    const struct udp_net_socket *socket = owner;
    const struct udp_endpoint *endpoint = &socket->channel.endpoint;
    probe_socket_named((uintptr_t)owner, IPPROTO_UDP, endpoint->address, endpoint->port,
                       endpoint->peer, endpoint->peer_port);
}

static struct datagram_kind udp_kind = {
    .name = "udp",
    .dropped_counter = "udp.dropped",
    .changed = datagram_net_changed,
    .named = udp_scheme_named,
};

void udp_scheme_init(void)
{
    for (unsigned i = 0; i < UDP_SCHEME_SOCKETS_MAX; i++)
        udp_sockets[i].channel.endpoint.port = 0;
    pool_init(&udp_socket_pool, "udp-sockets", udp_sockets, sizeof udp_sockets[0],
              UDP_SCHEME_SOCKETS_MAX);
    udp_kind.dropped = 0;
}

static struct udp_channel *udp_scheme_channel(struct net_socket *base)
{
    return &((struct udp_net_socket *)base)->channel;
}

/* ---- life ------------------------------------------------------------------------------------ */

static struct net_socket *udp_scheme_open(void)
{
    struct udp_net_socket *socket = pool_alloc(&udp_socket_pool);
    if (socket == NULL)
        return NULL;
    udp_channel_init(&socket->channel, &udp_kind, socket);
    datagram_net_init(&socket->base, &socket->channel.base);
    return &socket->base.base;
}

static void udp_scheme_close(struct net_socket *base, uint64_t now_ns)
{
    (void)now_ns;
    udp_channel_fini(udp_scheme_channel(base));
    pool_free(&udp_socket_pool, base);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Nobody: any. */
static int udp_scheme_set_peer(struct udp_channel *channel, const struct net_name *peer)
{
    if (peer->address != 0 || peer->port != 0)
        return udp_channel_connect(channel, peer->address, peer->port);
    udp_channel_disconnect(channel);
    return 0;
}

static int udp_scheme_name(struct socket_file *file, const char *path, bool connect,
                           uint64_t now_ns)
{
    struct udp_channel *channel = udp_scheme_channel(file->socket);
    struct net_names names;
    (void)now_ns;
    if (!net_names_parse(path, &names))
        return -KENOENT;
    bool remote = names.remote.address != 0 || names.remote.port != 0;
    if (remote && names.remote.port == 0)
        return -KEINVAL;
    int error = 0;
    if (!remote || names.local.address != 0 || names.local.port != 0)
        error = udp_channel_bind(channel, names.local.address, names.local.port);
    if (error != 0 || !remote)
        return error;
    if (connect)
        return udp_scheme_set_peer(channel, &names.remote);
    file->remote = names.remote;
    return udp_channel_autobind(channel);
}

/* ---- reading and writing --------------------------------------------------------------------- */

static long udp_scheme_read(struct socket_file *file, void *data, size_t size, uint64_t now_ns)
{
    (void)now_ns;
    return datagram_net_read(file, data, size, 0);
}

static long udp_scheme_write(struct socket_file *file, const void *data, size_t size,
                             uint64_t now_ns)
{
    struct udp_channel *channel = udp_scheme_channel(file->socket);
    const struct udp_endpoint *endpoint = &channel->endpoint;
    struct net_name to = file->remote;
    struct datagram_draft draft;
    if (to.port == 0)
        to = (struct net_name){.address = endpoint->peer, .port = endpoint->peer_port};
    int error = datagram_channel_may_send(&channel->base, size, UDP_PAYLOAD_MAX);
    if (error == 0 && to.port == 0)
        error = -KEDESTADDRREQ;
    if (error == 0)
        error = udp_channel_prepare(channel, to.address, to.port, size, &draft);
    if (error != 0)
        return error;
    if (size > 0)
        memcpy(draft.nbuf->data, data, size);
    error = udp_channel_send(channel, &draft, now_ns);
    return error == 0 ? (long)size : error;
}

/* ---- settings -------------------------------------------------------------------------------- */

static long udp_scheme_get(struct net_socket *base, enum net_setting setting, void *value,
                           size_t size)
{
    const struct udp_channel *channel = udp_scheme_channel(base);
    const struct udp_endpoint *endpoint = &channel->endpoint;
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
        return net_setting_put(value, size, channel->may_broadcast);
    case NET_SETTING_DEVICE:
        return net_setting_put_device(value, size, channel->device);
    default:
        return datagram_net_get(base, setting, value, size);
    }
}

static long udp_scheme_set_device(struct udp_channel *channel, const void *value, size_t size)
{
    struct interface *device;
    int error = interface_by_option(value, size, &device);
    if (error == 0)
        error = udp_channel_set_device(channel, device);
    return error == 0 ? (long)size : error;
}

static long udp_scheme_set_name(struct udp_channel *channel, const void *value, size_t size)
{
    struct net_name peer;
    if (size != sizeof peer)
        return -KEINVAL;
    memcpy(&peer, value, sizeof peer);
    int error = udp_scheme_set_peer(channel, &peer);
    return error == 0 ? (long)size : error;
}

static long udp_scheme_set(struct net_socket *base, enum net_setting setting, const void *value,
                           size_t size, uint64_t now_ns)
{
    struct udp_channel *channel = udp_scheme_channel(base);
    int32_t number = 0;
    (void)now_ns;
    switch (setting) {
    case NET_SETTING_PEER:
        return udp_scheme_set_name(channel, value, size);
    case NET_SETTING_DEVICE:
        return udp_scheme_set_device(channel, value, size);
    case NET_SETTING_SHUTDOWN:
        return channel->endpoint.peer != 0 ? datagram_net_set(base, setting, value, size)
                                           : -KENOTCONN;
    case NET_SETTING_REUSE_ADDRESS:
    case NET_SETTING_BROADCAST:
        break;
    default:
        return datagram_net_set(base, setting, value, size);
    }
    long result = net_setting_get(value, size, &number);
    if (result > 0 && setting == NET_SETTING_BROADCAST)
        channel->may_broadcast = number != 0;
    else if (result > 0)
        channel->endpoint.reuse_address = number != 0;
    return result;
}

bool udp_scheme_inform(unsigned index, struct net_table_udp *state)
{
    return udp_channel_inform(&udp_sockets[index].channel, state);
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
