/*
 * ip_scheme.c - the scheme ip: whole IPv4 packets of one protocol
 */
#include "netstack/schemes/ip_scheme.h"

#include "kernel/pool.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/datagram_channel.h"
#include "netstack/raw.h"
#include "netstack/schemes/datagram_scheme.h"

struct ip_net_socket {
    struct datagram_net_socket base; /* first */
    struct datagram_channel channel;
    struct raw_endpoint endpoint;
    bool is_named; /* the endpoint is bound */
};
kstatic_assert(offsetof(struct ip_net_socket, base) == 0, "the base is either");

static struct ip_net_socket ip_sockets[IP_SCHEME_SOCKETS_MAX];
static struct pool ip_socket_pool;
static struct datagram_kind ip_kind = {
    .name = "raw",
    .dropped_counter = "raw.dropped",
    .changed = datagram_net_changed,
};

void ip_scheme_init(void)
{
    pool_init(&ip_socket_pool, "ip-sockets", ip_sockets, sizeof ip_sockets[0],
              IP_SCHEME_SOCKETS_MAX);
    ip_kind.dropped = 0;
}

static void ip_scheme_deliver(struct raw_endpoint *endpoint, struct nbuf *nbuf, uint32_t source)
{
    struct ip_net_socket *socket = list_entry(endpoint, struct ip_net_socket, endpoint);
    datagram_channel_deliver(&socket->channel, nbuf, source, 0);
}

/* ---- life and names -------------------------------------------------------------------------- */

static struct net_socket *ip_scheme_open(void)
{
    struct ip_net_socket *socket = pool_alloc(&ip_socket_pool);
    if (socket == NULL)
        return NULL;
    *socket = (struct ip_net_socket){.endpoint = {.deliver = ip_scheme_deliver}};
    datagram_channel_init(&socket->channel, &ip_kind, socket);
    datagram_net_init(&socket->base, &socket->channel);
    return &socket->base.base;
}

static void ip_scheme_close(struct net_socket *base, uint64_t now_ns)
{
    struct ip_net_socket *socket = (struct ip_net_socket *)base;
    (void)now_ns;
    if (socket->is_named)
        raw_unbind(&socket->endpoint);
    datagram_channel_fini(&socket->channel);
    pool_free(&ip_socket_pool, socket);
}

/* One or two hexadecimal digits. */
static bool ip_scheme_parse(const char *path, uint8_t *protocol)
{
    char text[8] = "0x";
    uint32_t number;
    if (kstrlen(path) == 0 || kstrlen(path) > 2)
        return false;
    (void)kstrlcpy(text + 2, path, sizeof text - 2);
    if (!kparse_u32(text, UINT8_MAX, &number))
        return false;
    *protocol = (uint8_t)number;
    return true;
}

static int ip_scheme_name(struct socket_file *file, const char *path, bool connect, uint64_t now_ns)
{
    struct ip_net_socket *socket = (struct ip_net_socket *)file->socket;
    uint8_t protocol;
    (void)connect;
    (void)now_ns;
    if (!ip_scheme_parse(path, &protocol))
        return -KENOENT;
    if (socket->is_named)
        return -KEINVAL;
    raw_bind(&socket->endpoint, protocol);
    socket->is_named = true;
    return 0;
}

/* ---- reading and writing --------------------------------------------------------------------- */

static long ip_scheme_read(struct socket_file *file, void *data, size_t size, uint64_t now_ns)
{
    (void)now_ns;
    return datagram_net_read(file, data, size, 0);
}

static long ip_scheme_write(struct socket_file *file, const void *data, size_t size,
                            uint64_t now_ns)
{
    struct ip_net_socket *socket = (struct ip_net_socket *)file->socket;
    int error = datagram_channel_may_send(&socket->channel, size, IPV4_PACKET_MAX);
    if (error == 0 && !socket->is_named)
        error = -KEDESTADDRREQ;
    if (error == 0)
        error = raw_send(&socket->endpoint, data, size, now_ns);
    return error == 0 ? (long)size : error;
}

/* ---- settings -------------------------------------------------------------------------------- */

static long ip_scheme_set(struct net_socket *base, enum net_setting setting, const void *value,
                          size_t size, uint64_t now_ns)
{
    (void)now_ns;
    return datagram_net_set(base, setting, value, size);
}

const struct socket_protocol ip_scheme_protocol = {
    .scheme = "ip",
    .open = ip_scheme_open,
    .close = ip_scheme_close,
    .name = ip_scheme_name,
    .read = ip_scheme_read,
    .write = ip_scheme_write,
    .readiness = datagram_net_readiness,
    .get = datagram_net_get,
    .set = ip_scheme_set,
};
