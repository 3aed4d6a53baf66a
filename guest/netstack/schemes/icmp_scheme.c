/*
 * icmp_scheme.c - the scheme icmp: echo requests and what comes of them
 */
#include "netstack/schemes/icmp_scheme.h"

#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/drop.h"
#include "netstack/icmp.h"
#include "netstack/interface.h"
#include "netstack/schemes/datagram_scheme.h"

#define ICMP_SCHEME_TYPE_ECHO 8
/* What of the header the stack fills in or needs not know: type, code, checksum, identifier. */
#define ICMP_SCHEME_SKIP     6
#define ICMP_SCHEME_SEQUENCE (ICMP_HEADER_SIZE - ICMP_SCHEME_SKIP)

struct icmp_net_socket {
    struct datagram_net_socket base; /* first */
    struct icmp_endpoint endpoint;
    uint32_t source; /* 0: whatever suits the way */
    uint32_t peer;   /* 0: anybody */
};
kstatic_assert(offsetof(struct icmp_net_socket, base) == 0, "the base is either");

static struct icmp_net_socket icmp_sockets[ICMP_SCHEME_SOCKETS_MAX];
static struct pool icmp_socket_pool;

void icmp_scheme_init(void)
{
    pool_init(&icmp_socket_pool, "icmp-sockets", icmp_sockets, sizeof icmp_sockets[0],
              ICMP_SCHEME_SOCKETS_MAX);
}

/* ---- from the stack -------------------------------------------------------------------------- */

static void icmp_scheme_deliver(struct icmp_endpoint *endpoint, struct nbuf *nbuf, uint32_t source)
{
    struct icmp_net_socket *socket = list_entry(endpoint, struct icmp_net_socket, endpoint);
    if (socket->peer != 0 && socket->peer != source)
        net_drop(nbuf, "icmp", "reply from another host than the one that is asked");
    else
        datagram_net_deliver(&socket->base, nbuf, source, 0);
}

static void icmp_scheme_fail(struct icmp_endpoint *endpoint, uint32_t destination, int error)
{
    struct icmp_net_socket *socket = list_entry(endpoint, struct icmp_net_socket, endpoint);
    if (socket->peer == 0 || socket->peer == destination)
        datagram_net_fail(&socket->base, error);
}

/* ---- life and names -------------------------------------------------------------------------- */

static struct net_socket *icmp_scheme_open(void)
{
    struct icmp_net_socket *socket = pool_alloc(&icmp_socket_pool);
    if (socket == NULL)
        return NULL;
    *socket = (struct icmp_net_socket){
        .endpoint = {.deliver = icmp_scheme_deliver, .fail = icmp_scheme_fail}};
    datagram_net_init(&socket->base, "icmp");
    return &socket->base.base;
}

static void icmp_scheme_close(struct net_socket *base, uint64_t now_ns)
{
    struct icmp_net_socket *socket = (struct icmp_net_socket *)base;
    (void)now_ns;
    icmp_unbind(&socket->endpoint);
    datagram_net_fini(&socket->base);
    pool_free(&icmp_socket_pool, socket);
}

static int icmp_scheme_autobind(struct icmp_net_socket *socket)
{
    return socket->endpoint.identifier != 0 ? 0 : icmp_bind(&socket->endpoint, 0);
}

/* The way, if a program may take it. */
static int icmp_scheme_find_path(const struct icmp_net_socket *socket, uint32_t destination,
                                 struct ipv4_path *path)
{
    int error = ipv4_find_path(destination, path);
    if (error == 0 && interface_is_broadcast(path->interface, destination))
        error = -KEACCES;
    if (error != 0)
        return error;
    if (socket->source != 0)
        path->source = socket->source;
    path->ttl = socket->base.ttl;
    return 0;
}

static int icmp_scheme_set_peer(struct icmp_net_socket *socket, uint32_t peer)
{
    struct ipv4_path path;
    int error = peer != 0 ? icmp_scheme_find_path(socket, peer, &path) : 0;
    if (error == 0)
        error = icmp_scheme_autobind(socket);
    if (error == 0)
        socket->peer = peer;
    return error;
}

/* "/ADDRESS:IDENTIFIER", as programs bind. */
static int icmp_scheme_bind(struct icmp_net_socket *socket, const char *path)
{
    struct net_names names;
    if (!net_names_parse(path, &names) || names.remote.address != 0 || names.remote.port != 0)
        return -KENOENT;
    if (socket->endpoint.identifier != 0)
        return -KEINVAL;
    if (names.local.address != 0 && interface_by_address(names.local.address) == NULL)
        return -KEADDRNOTAVAIL;
    int error = icmp_bind(&socket->endpoint, names.local.port);
    if (error == 0)
        socket->source = names.local.address;
    return error;
}

static int icmp_scheme_name(struct socket_file *file, const char *path, bool connect,
                            uint64_t now_ns)
{
    struct icmp_net_socket *socket = (struct icmp_net_socket *)file->socket;
    struct net_name name;
    (void)now_ns;
    if (path[0] == '/')
        return icmp_scheme_bind(socket, path);
    if (!kstr_has_prefix(path, NET_PATH_ECHO))
        return -KENOENT;
    path += sizeof(NET_PATH_ECHO) - 1;
    if (!net_name_parse(path, kstrlen(path), &name) || name.port != 0)
        return -KEINVAL;
    if (connect)
        return icmp_scheme_set_peer(socket, name.address);
    file->remote = name;
    return icmp_scheme_autobind(socket);
}

/* ---- reading and writing --------------------------------------------------------------------- */

static long icmp_scheme_read(struct socket_file *file, void *data, size_t size, uint64_t now_ns)
{
    (void)now_ns;
    return datagram_net_read(file, data, size, ICMP_SCHEME_SKIP);
}

static int icmp_scheme_send(struct icmp_net_socket *socket, const void *data, size_t size,
                            uint32_t destination, uint64_t now_ns)
{
    struct ipv4_path path;
    int error = icmp_scheme_find_path(socket, destination, &path);
    if (error == 0)
        error = icmp_scheme_autobind(socket);
    if (error != 0)
        return error;
    if (ICMP_SCHEME_SKIP + size > IPV4_PACKET_MAX - IPV4_HEADER_SIZE)
        return -KEMSGSIZE;
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL || (ICMP_SCHEME_SKIP + size > nbuf_tailroom(nbuf) && !nbuf_enlarge(nbuf))) {
        nbuf_free(nbuf);
        return -KENOBUFS;
    }
    uint8_t *message = nbuf_put(nbuf, ICMP_SCHEME_SKIP + size);
    memset(message, 0, ICMP_SCHEME_SKIP);
    message[0] = ICMP_SCHEME_TYPE_ECHO;
    memcpy(message + ICMP_SCHEME_SKIP, data, size);
    return icmp_send_request(&socket->endpoint, nbuf, &path, destination, now_ns);
}

static long icmp_scheme_write(struct socket_file *file, const void *data, size_t size,
                              uint64_t now_ns)
{
    struct icmp_net_socket *socket = (struct icmp_net_socket *)file->socket;
    uint32_t destination = file->remote.address != 0 ? file->remote.address : socket->peer;
    int error = datagram_net_may_write(&socket->base);
    if (error == 0 && size < ICMP_SCHEME_SEQUENCE)
        error = -KEINVAL;
    if (error == 0 && destination == 0)
        error = -KEDESTADDRREQ;
    if (error == 0)
        error = icmp_scheme_send(socket, data, size, destination, now_ns);
    return error == 0 ? (long)size : error;
}

/* ---- settings -------------------------------------------------------------------------------- */

static long icmp_scheme_get(struct net_socket *base, enum net_setting setting, void *value,
                            size_t size)
{
    const struct icmp_net_socket *socket = (const struct icmp_net_socket *)base;
    struct net_names names = {
        .local = {.address = socket->source, .port = socket->endpoint.identifier},
        .remote = {.address = socket->peer},
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
    struct icmp_net_socket *socket = (struct icmp_net_socket *)base;
    struct net_name peer;
    (void)now_ns;
    if (setting == NET_SETTING_SHUTDOWN && socket->peer == 0)
        return -KENOTCONN;
    if (setting != NET_SETTING_PEER)
        return datagram_net_set(base, setting, value, size);
    if (size != sizeof peer)
        return -KEINVAL;
    memcpy(&peer, value, sizeof peer);
    int error = icmp_scheme_set_peer(socket, peer.address);
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
