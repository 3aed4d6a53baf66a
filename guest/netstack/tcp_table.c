/*
 * tcp_table.c - who has which addresses and ports
 *
 * Three tables of lists: connections by both ends, listeners by their port, and whatever has a port
 * by that. The first two answer segments, the third bind().
 */
#include "lib/errno.h"
#include "netstack/interface.h"
#include "netstack/tcp_priv.h"

#define TCP_FLOW_BUCKETS     1024 /* powers of two */
#define TCP_PORT_BUCKETS     256
#define TCP_LISTENER_BUCKETS 32
#define TCP_EPHEMERAL_FIRST  49152 /* to 65535: what IANA leaves for dynamic use */

static struct list tcp_flows[TCP_FLOW_BUCKETS];
static struct list tcp_ports[TCP_PORT_BUCKETS];
static struct list tcp_listeners[TCP_LISTENER_BUCKETS];
static uint16_t tcp_last_port; /* that was chosen here */

void tcp_table_init(void)
{
    for (unsigned i = 0; i < TCP_FLOW_BUCKETS; i++)
        list_init(&tcp_flows[i]);
    for (unsigned i = 0; i < TCP_PORT_BUCKETS; i++)
        list_init(&tcp_ports[i]);
    for (unsigned i = 0; i < TCP_LISTENER_BUCKETS; i++)
        list_init(&tcp_listeners[i]);
    tcp_last_port = TCP_EPHEMERAL_FIRST - 1;
}

static struct list *tcp_flow_bucket(const struct tcp_end *local, const struct tcp_end *remote)
{
    uint32_t mix = remote->address ^ (remote->address >> 16) ^ remote->port * 31u ^ local->port;
    return &tcp_flows[(mix ^ mix >> 10) & (TCP_FLOW_BUCKETS - 1)];
}

static struct list *tcp_port_bucket(uint16_t port)
{
    return &tcp_ports[port & (TCP_PORT_BUCKETS - 1)];
}

static struct list *tcp_listener_bucket(uint16_t port)
{
    return &tcp_listeners[port & (TCP_LISTENER_BUCKETS - 1)];
}

/* ---- finding --------------------------------------------------------------------------------- */

static bool tcp_is_end(const struct tcp_end *a, const struct tcp_end *b)
{
    return a->port == b->port && a->address == b->address;
}

struct tcp_connection *tcp_find_flow(const struct tcp_end *local, const struct tcp_end *remote)
{
    struct list *bucket = tcp_flow_bucket(local, remote);
    struct list *link;
    list_foreach (link, bucket) {
        struct tcp_connection *connection = list_entry(link, struct tcp_connection, flow);
        if (tcp_is_end(&connection->local, local) && tcp_is_end(&connection->remote, remote))
            return connection;
    }
    return NULL;
}

/* One on this very address before one on any; among equals, one by this very interface. */
struct tcp_connection *tcp_find_listener(const struct tcp_end *local,
                                         const struct interface *interface)
{
    struct tcp_connection *best = NULL;
    int best_rank = -1;
    struct list *bucket = tcp_listener_bucket(local->port);
    struct list *link;
    list_foreach (link, bucket) {
        struct tcp_connection *listener = list_entry(link, struct tcp_connection, flow);
        if (listener->local.port != local->port ||
            (listener->local.address != 0 && listener->local.address != local->address) ||
            (listener->device != NULL && listener->device != interface))
            continue;
        int rank = (listener->local.address != 0 ? 2 : 0) + (listener->device != NULL ? 1 : 0);
        if (rank > best_rank) {
            best = listener;
            best_rank = rank;
        }
    }
    return best;
}

/* ---- ports ----------------------------------------------------------------------------------- */

/*
 * As Linux has it: two may share an address and a port when both allow it and neither listens, or
 * when they speak by different interfaces. What
 * is left of old connections of a server counts as a user of its port.
 */
static bool tcp_is_in_the_way(const struct tcp_connection *other, uint32_t address,
                              const struct interface *device, bool reuse)
{
    bool apart = (other->local.address != 0 && address != 0 && other->local.address != address) ||
                 (other->device != NULL && device != NULL && other->device != device);
    return !apart && !(reuse && other->options.reuse_address && other->state != TCP_LISTEN);
}

static bool tcp_port_is_taken(const struct tcp_connection *wants, uint32_t address, uint16_t port,
                              bool reuse)
{
    const struct interface *device = wants != NULL ? wants->device : NULL;
    struct list *bucket = tcp_port_bucket(port);
    struct list *link;
    list_foreach (link, bucket) {
        const struct tcp_connection *other = list_entry(link, struct tcp_connection, port);
        if (other != wants && other->local.port == port &&
            tcp_is_in_the_way(other, address, device, reuse))
            return true;
    }
    return false;
}

/* The next that nobody has, in turn, so that late segments do not meet a new owner. */
uint16_t tcp_choose_port(uint32_t address)
{
    for (unsigned i = TCP_EPHEMERAL_FIRST; i <= UINT16_MAX; i++) {
        tcp_last_port = tcp_last_port == UINT16_MAX ? TCP_EPHEMERAL_FIRST : tcp_last_port + 1;
        if (!tcp_port_is_taken(NULL, address, tcp_last_port, false))
            return tcp_last_port;
    }
    return 0;
}

int tcp_bind(struct tcp_connection *connection, uint32_t address, uint16_t port)
{
    if (connection->state != TCP_CLOSED || connection->bound.port != 0)
        return -KEINVAL;
    if (address != 0 && interface_by_address(address) == NULL)
        return -KEADDRNOTAVAIL;
    if (port == 0)
        port = tcp_choose_port(address);
    if (port == 0 ||
        tcp_port_is_taken(connection, address, port, connection->options.reuse_address))
        return -KEADDRINUSE;
    connection->bound = (struct tcp_end){address, port};
    connection->local = connection->bound;
    tcp_enter_port(connection);
    return 0;
}

int tcp_bind_device(struct tcp_connection *connection, struct interface *device)
{
    if (connection->state != TCP_CLOSED || connection->bound.port != 0)
        return -KEINVAL;
    connection->device = device;
    return 0;
}

struct interface *tcp_device(const struct tcp_connection *connection)
{
    return connection->device;
}

/* Who listens shares with nobody who listens too. */
bool tcp_may_listen(const struct tcp_connection *connection)
{
    struct list *bucket = tcp_listener_bucket(connection->local.port);
    struct list *link;
    list_foreach (link, bucket) {
        const struct tcp_connection *other = list_entry(link, struct tcp_connection, flow);
        if (other->local.port == connection->local.port &&
            tcp_is_in_the_way(other, connection->local.address, connection->device, true))
            return false;
    }
    return true;
}

/* ---- entering and leaving -------------------------------------------------------------------- */

void tcp_enter_port(struct tcp_connection *connection)
{
    list_remove(&connection->port);
    list_add_tail(tcp_port_bucket(connection->local.port), &connection->port);
}

void tcp_enter_flow(struct tcp_connection *connection)
{
    list_add_tail(tcp_flow_bucket(&connection->local, &connection->remote), &connection->flow);
}

void tcp_enter_listeners(struct tcp_connection *connection)
{
    list_add_tail(tcp_listener_bucket(connection->local.port), &connection->flow);
}

void tcp_leave_flow(struct tcp_connection *connection)
{
    list_remove(&connection->flow);
}

void tcp_leave_port(struct tcp_connection *connection)
{
    list_remove(&connection->port);
}
