/*
 * icmp_scheme.c - the scheme icmp: echo requests and what comes of them
 */
#include "netstack/schemes/icmp_scheme.h"

#include "kernel/pool.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/icmp_channel.h"
#include "netstack/schemes/datagram_scheme.h"

#define ICMP_SCHEME_SEQUENCE (ICMP_HEADER_SIZE - ICMP_SEQUENCE_AT)

struct icmp_net_socket {
    struct datagram_net_socket base; /* first */
    struct icmp_channel channel;
};
kstatic_assert(offsetof(struct icmp_net_socket, base) == 0, "the base is either");

static struct icmp_net_socket icmp_sockets[ICMP_SCHEME_SOCKETS_MAX];
static struct pool icmp_socket_pool;
/* Counted as the other face's sockets for pings are. */
static struct datagram_kind icmp_kind = {
    .name = "icmp",
    .dropped_counter = "ping.dropped",
    .changed = datagram_net_changed,
};

void icmp_scheme_init(void)
{
    pool_init(&icmp_socket_pool, "icmp-sockets", icmp_sockets, sizeof icmp_sockets[0],
              ICMP_SCHEME_SOCKETS_MAX);
    icmp_kind.dropped = 0;
}

static struct icmp_channel *icmp_scheme_channel(struct net_socket *base)
{
    return &((struct icmp_net_socket *)base)->channel;
}

/* ---- life and names -------------------------------------------------------------------------- */

static struct net_socket *icmp_scheme_open(void)
{
    struct icmp_net_socket *socket = pool_alloc(&icmp_socket_pool);
    if (socket == NULL)
        return NULL;
    icmp_channel_init(&socket->channel, &icmp_kind, socket);
    datagram_net_init(&socket->base, &socket->channel.base);
    return &socket->base.base;
}

static void icmp_scheme_close(struct net_socket *base, uint64_t now_ns)
{
    (void)now_ns;
    icmp_channel_fini(icmp_scheme_channel(base));
    pool_free(&icmp_socket_pool, base);
}

/* 0: anybody. */
static int icmp_scheme_set_peer(struct icmp_channel *channel, uint32_t peer)
{
    if (peer != 0)
        return icmp_channel_connect(channel, peer);
    int error = icmp_channel_autobind(channel);
    if (error == 0)
        channel->peer = 0;
    return error;
}

/* "/ADDRESS:IDENTIFIER", as programs bind. */
static int icmp_scheme_bind(struct icmp_channel *channel, const char *path)
{
    struct net_names names;
    if (!net_names_parse(path, &names) || names.remote.address != 0 || names.remote.port != 0)
        return -KENOENT;
    return icmp_channel_bind(channel, names.local.address, names.local.port);
}

static int icmp_scheme_name(struct socket_file *file, const char *path, bool connect,
                            uint64_t now_ns)
{
    struct icmp_channel *channel = icmp_scheme_channel(file->socket);
    struct net_name name;
    (void)now_ns;
    if (path[0] == '/')
        return icmp_scheme_bind(channel, path);
    if (!kstr_has_prefix(path, NET_PATH_ECHO))
        return -KENOENT;
    path += sizeof(NET_PATH_ECHO) - 1;
    if (!net_name_parse(path, kstrlen(path), &name) || name.port != 0)
        return -KEINVAL;
    if (connect)
        return icmp_scheme_set_peer(channel, name.address);
    file->remote = name;
    return icmp_channel_autobind(channel);
}

/* ---- reading and writing --------------------------------------------------------------------- */

static long icmp_scheme_read(struct socket_file *file, void *data, size_t size, uint64_t now_ns)
{
    (void)now_ns;
    return datagram_net_read(file, data, size, ICMP_SEQUENCE_AT);
}

static long icmp_scheme_write(struct socket_file *file, const void *data, size_t size,
                              uint64_t now_ns)
{
    struct icmp_channel *channel = icmp_scheme_channel(file->socket);
    uint32_t destination = file->remote.address != 0 ? file->remote.address : channel->peer;
    size_t message_size = ICMP_SEQUENCE_AT + size;
    struct datagram_draft draft;
    int error = datagram_channel_may_send(&channel->base, message_size, ICMP_MESSAGE_MAX);
    if (error == 0 && size < ICMP_SCHEME_SEQUENCE)
        error = -KEINVAL;
    if (error == 0 && destination == 0)
        error = -KEDESTADDRREQ;
    if (error == 0)
        error = icmp_channel_prepare(channel, destination, message_size, &draft);
    if (error != 0)
        return error;
    memcpy(draft.nbuf->data + ICMP_SEQUENCE_AT, data, size);
    error = icmp_channel_send(channel, &draft, now_ns);
    return error == 0 ? (long)size : error;
}

/* ---- settings -------------------------------------------------------------------------------- */

static long icmp_scheme_get(struct net_socket *base, enum net_setting setting, void *value,
                            size_t size)
{
    const struct icmp_channel *channel = icmp_scheme_channel(base);
    struct net_names names = {
        .local = {.address = channel->source, .port = channel->endpoint.identifier},
        .remote = {.address = channel->peer},
    };
    if (setting != NET_SETTING_NAMES)
        return datagram_net_get(base, setting, value, size);
    if (size < sizeof names)
        return -KEINVAL;
    memcpy(value, &names, sizeof names);
    return sizeof names;
}

static long icmp_scheme_set(struct net_socket *base, enum net_setting setting, const void *value,
                            size_t size, uint64_t now_ns)
{
    struct icmp_channel *channel = icmp_scheme_channel(base);
    struct net_name peer;
    (void)now_ns;
    if (setting == NET_SETTING_SHUTDOWN && channel->peer == 0)
        return -KENOTCONN;
    if (setting != NET_SETTING_PEER)
        return datagram_net_set(base, setting, value, size);
    if (size != sizeof peer)
        return -KEINVAL;
    memcpy(&peer, value, sizeof peer);
    int error = icmp_scheme_set_peer(channel, peer.address);
    return error == 0 ? (long)size : error;
}

const struct socket_protocol icmp_scheme_protocol = {
    .scheme = "icmp",
    .open = icmp_scheme_open,
    .close = icmp_scheme_close,
    .name = icmp_scheme_name,
    .read = icmp_scheme_read,
    .write = icmp_scheme_write,
    .readiness = datagram_net_readiness,
    .get = icmp_scheme_get,
    .set = icmp_scheme_set,
};
