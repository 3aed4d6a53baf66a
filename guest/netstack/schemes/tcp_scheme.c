/*
 * tcp_scheme.c - the scheme tcp: connections
 */
#include "netstack/schemes/tcp_scheme.h"

#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/interface.h"
#include "netstack/tcp.h"

#include "ringside/probe.h"

#define TCP_SCHEME_BACKLOG 8 /* of who listens without saying how many */

struct tcp_net_socket {
    struct net_socket base; /* first */
    struct tcp_connection *connection;
    struct net_linger linger;
};
kstatic_assert(offsetof(struct tcp_net_socket, base) == 0, "the base is either");

static struct tcp_net_socket tcp_sockets[TCP_SCHEME_SOCKETS_MAX];
static struct pool tcp_socket_pool;

void tcp_scheme_init(void)
{
    pool_init(&tcp_socket_pool, "tcp-sockets", tcp_sockets, sizeof tcp_sockets[0],
              TCP_SCHEME_SOCKETS_MAX);
}

static struct tcp_connection *tcp_scheme_connection(const struct net_socket *base)
{
    return ((const struct tcp_net_socket *)base)->connection;
}

/* From the stack. */
static void tcp_scheme_changed(void *owner, unsigned ready)
{
    (void)ready;
    net_socket_changed(owner);
}

/* ---- life ------------------------------------------------------------------------------------ */

static struct net_socket *tcp_scheme_open(void)
{
    struct tcp_net_socket *socket = pool_alloc(&tcp_socket_pool);
    if (socket == NULL)
        return NULL;
    *socket = (struct tcp_net_socket){.connection = tcp_open(tcp_scheme_changed, socket)};
    if (socket->connection != NULL)
        return &socket->base;
    pool_free(&tcp_socket_pool, socket);
    return NULL;
}

/*
 * DEVIATION: with a time to linger nothing waits. The last file is gone when this is heard, and so
 * may its program be; whatever is left goes on behind its back.
 */
static void tcp_scheme_close(struct net_socket *base, uint64_t now_ns)
{
    const struct net_linger *linger = &((struct tcp_net_socket *)base)->linger;
    if (linger->on != 0 && linger->seconds == 0)
        tcp_abort(tcp_scheme_connection(base), now_ns);
    else
        tcp_close(tcp_scheme_connection(base), now_ns);
    pool_free(&tcp_socket_pool, base);
}

/* The bench follows the connection by this. */
static void tcp_scheme_tell_name(const struct net_socket *base)
{
    struct tcp_information information;
    tcp_inform(tcp_scheme_connection(base), &information);
    probe_socket_named((uintptr_t)base, IPPROTO_TCP, information.local.address,
                       information.local.port, information.remote.address, information.remote.port);
}

static struct net_socket *tcp_scheme_accept(struct net_socket *base, int *error)
{
    struct tcp_connection *listener = tcp_scheme_connection(base);
    struct tcp_information information;
    tcp_inform(listener, &information);
    if (information.state == TCP_CLOSED && information.local.port != 0)
        (void)tcp_listen(listener, TCP_SCHEME_BACKLOG);
    *error = tcp_state(listener) == TCP_LISTEN ? -KENOBUFS : -KEINVAL;
    struct tcp_net_socket *socket = *error == -KENOBUFS ? pool_alloc(&tcp_socket_pool) : NULL;
    if (socket == NULL)
        return NULL;
    *socket = (struct tcp_net_socket){
        .connection = tcp_accept(listener, tcp_scheme_changed, socket),
    };
    if (socket->connection != NULL)
        return &socket->base;
    pool_free(&tcp_socket_pool, socket);
    *error = -KEAGAIN;
    return NULL;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* What the last attempt came to is told first, when nobody has asked for it. */
static int tcp_scheme_connect(struct tcp_connection *connection, const struct net_name *to,
                              uint64_t now_ns)
{
    int error = -tcp_take_error(connection);
    if (error == 0 && tcp_is_connecting(connection))
        error = -KEALREADY;
    if (error == 0)
        error = tcp_connect(connection, to->address, to->port, now_ns);
    return error;
}

static int tcp_scheme_name(struct socket_file *file, const char *path, bool connect,
                           uint64_t now_ns)
{
    struct tcp_connection *connection = tcp_scheme_connection(file->socket);
    struct net_names names;
    (void)connect;
    if (!net_names_parse(path, &names))
        return -KENOENT;
    bool remote = path[0] != '/';
    int error = 0;
    if (!remote || names.local.address != 0 || names.local.port != 0)
        error = tcp_bind(connection, names.local.address, names.local.port);
    if (error == 0 && remote)
        error = tcp_scheme_connect(connection, &names.remote, now_ns);
    if (error == 0 && remote)
        tcp_scheme_tell_name(file->socket);
    return error;
}

/* What became of the attempt to connect. */
static int tcp_scheme_settle(struct net_socket *base)
{
    struct tcp_connection *connection = tcp_scheme_connection(base);
    if (tcp_is_connecting(connection))
        return -KEAGAIN;
    int error = -tcp_take_error(connection);
    if (error == 0 && tcp_state(connection) == TCP_CLOSED)
        error = -KENOTCONN;
    return error;
}

/* ---- reading and writing --------------------------------------------------------------------- */

static long tcp_scheme_read(struct socket_file *file, void *data, size_t size, uint64_t now_ns)
{
    if (size == 0)
        return 0;
    return tcp_receive(tcp_scheme_connection(file->socket), data, size,
                       file->kind == SOCKET_FILE_PEEK, now_ns);
}

/* So much as there is room for. */
static long tcp_scheme_write(struct socket_file *file, const void *data, size_t size,
                             uint64_t now_ns)
{
    return tcp_send(tcp_scheme_connection(file->socket), data, size, now_ns);
}

static unsigned tcp_scheme_readiness(const struct net_socket *base)
{
    return tcp_readiness(tcp_scheme_connection(base));
}

/* ---- settings -------------------------------------------------------------------------------- */

static long tcp_scheme_get_names(const struct tcp_connection *connection, void *value, size_t size)
{
    struct tcp_information information;
    tcp_inform(connection, &information);
    struct net_names names = {
        .local = {.address = information.local.address, .port = information.local.port}};
    if (tcp_has_peer(&information))
        names.remote = (struct net_name){.address = information.remote.address,
                                         .port = information.remote.port};
    if (size < sizeof names)
        return -KEINVAL;
    memcpy(value, &names, sizeof names);
    return sizeof names;
}

static long tcp_scheme_get_linger(const struct net_socket *base, void *value, size_t size)
{
    const struct net_linger *linger = &((const struct tcp_net_socket *)base)->linger;
    if (size < sizeof *linger)
        return -KEINVAL;
    memcpy(value, linger, sizeof *linger);
    return sizeof *linger;
}

static long tcp_scheme_get(struct net_socket *base, enum net_setting setting, void *value,
                           size_t size)
{
    struct tcp_connection *connection = tcp_scheme_connection(base);
    const struct tcp_options *options = tcp_get_options(connection);
    struct tcp_information information;
    tcp_inform(connection, &information);
    switch (setting) {
    case NET_SETTING_NAMES:
        return tcp_scheme_get_names(connection, value, size);
    case NET_SETTING_ERROR:
        return net_setting_put(value, size, tcp_take_error(connection));
    case NET_SETTING_BACKLOG:
        return net_setting_put(value, size, tcp_state(connection) == TCP_LISTEN);
    case NET_SETTING_HOP_LIMIT:
        return net_setting_put(value, size, IPV4_TTL);
    case NET_SETTING_REUSE_ADDRESS:
        return net_setting_put(value, size, options->reuse_address);
    case NET_SETTING_RECEIVE_BUFFER:
        return net_setting_put(
            value, size,
            (int32_t)tcp_told_size(options->receive_buffer, information.receive_buffer));
    case NET_SETTING_SEND_BUFFER:
        return net_setting_put(
            value, size, (int32_t)tcp_told_size(options->send_buffer, information.send_buffer));
    case NET_SETTING_NO_DELAY:
        return net_setting_put(value, size, options->no_delay);
    case NET_SETTING_KEEPALIVE:
        return net_setting_put(value, size, options->keepalive);
    case NET_SETTING_LINGER:
        return tcp_scheme_get_linger(base, value, size);
    case NET_SETTING_DEVICE:
        return net_setting_put_device(value, size, tcp_device(connection));
    default:
        return -KENOPROTOOPT;
    }
}

static int tcp_scheme_shutdown(struct net_socket *base, int32_t how, uint64_t now_ns)
{
    unsigned what = (how != SHUT_WR ? (unsigned)TCP_SHUT_READ : 0) |
                    (how != SHUT_RD ? (unsigned)TCP_SHUT_WRITE : 0);
    if (how < SHUT_RD || how > SHUT_RDWR)
        return -KEINVAL;
    net_socket_changed(base);
    return tcp_shutdown(tcp_scheme_connection(base), what, now_ns);
}

/* Sizes that are none are the least: 0 is the usual one, for whoever never asked. */
static int tcp_scheme_set_option(struct tcp_connection *connection, enum net_setting setting,
                                 int32_t number, uint64_t now_ns)
{
    struct tcp_options options = *tcp_get_options(connection);
    size_t buffer = number > 0 ? (size_t)number : 1;
    switch (setting) {
    case NET_SETTING_REUSE_ADDRESS:
        options.reuse_address = number != 0;
        break;
    case NET_SETTING_RECEIVE_BUFFER:
        options.receive_buffer = buffer;
        break;
    case NET_SETTING_SEND_BUFFER:
        options.send_buffer = buffer;
        break;
    case NET_SETTING_NO_DELAY:
        options.no_delay = number != 0;
        break;
    case NET_SETTING_KEEPALIVE:
        options.keepalive = number != 0;
        break;
    default:
        return -KENOPROTOOPT;
    }
    tcp_set_options(connection, &options, now_ns);
    return 0;
}

/* Off, it remembers how long. */
static long tcp_scheme_set_linger(struct net_socket *base, const void *value, size_t size)
{
    struct net_linger *linger = &((struct tcp_net_socket *)base)->linger;
    struct net_linger wanted;
    if (size != sizeof wanted)
        return -KEINVAL;
    memcpy(&wanted, value, sizeof wanted);
    linger->on = wanted.on != 0;
    if (wanted.on != 0)
        linger->seconds = wanted.seconds;
    return sizeof wanted;
}

static long tcp_scheme_set_device(struct tcp_connection *connection, const void *value, size_t size)
{
    struct interface *device;
    int error = interface_by_option(value, size, &device);
    if (error == 0)
        error = tcp_bind_device(connection, device);
    return error == 0 ? (long)size : error;
}

static long tcp_scheme_set(struct net_socket *base, enum net_setting setting, const void *value,
                           size_t size, uint64_t now_ns)
{
    struct tcp_connection *connection = tcp_scheme_connection(base);
    int32_t number;
    int error = 0;
    if (setting == NET_SETTING_LINGER)
        return tcp_scheme_set_linger(base, value, size);
    if (setting == NET_SETTING_DEVICE)
        return tcp_scheme_set_device(connection, value, size);
    long result = net_setting_get(value, size, &number);
    if (result < 0)
        return result;
    if (setting == NET_SETTING_SHUTDOWN)
        error = tcp_scheme_shutdown(base, number, now_ns);
    else if (setting == NET_SETTING_BACKLOG)
        error = tcp_listen(connection, (unsigned)number); /* below 0: the most */
    else
        error = tcp_scheme_set_option(connection, setting, number, now_ns);
    return error == 0 ? result : error;
}

const struct socket_protocol tcp_scheme_protocol = {
    .scheme = "tcp",
    .open = tcp_scheme_open,
    .close = tcp_scheme_close,
    .name = tcp_scheme_name,
    .accept = tcp_scheme_accept,
    .tell_name = tcp_scheme_tell_name,
    .read = tcp_scheme_read,
    .write = tcp_scheme_write,
    .settle = tcp_scheme_settle,
    .readiness = tcp_scheme_readiness,
    .get = tcp_scheme_get,
    .set = tcp_scheme_set,
};
