/*
 * udp_channel.c - a UDP socket, whoever shows it to programs
 */
#include "netstack/udp_channel.h"

#include "lib/errno.h"
#include "lib/kassert.h"
#include "netstack/interface.h"
#include "netstack/net_table.h"

kstatic_assert(offsetof(struct udp_channel, base) == 0, "the base is either");

/* ---- from the stack -------------------------------------------------------------------------- */

static void udp_channel_deliver(struct udp_endpoint *endpoint, struct nbuf *nbuf, uint32_t source,
                                uint16_t port)
{
    struct udp_channel *channel = list_entry(endpoint, struct udp_channel, endpoint);
    datagram_channel_deliver(&channel->base, nbuf, source, port);
}

static void udp_channel_fail(struct udp_endpoint *endpoint, int error)
{
    struct udp_channel *channel = list_entry(endpoint, struct udp_channel, endpoint);
    datagram_channel_fail(&channel->base, error);
}

/* ---- life and names -------------------------------------------------------------------------- */

void udp_channel_init(struct udp_channel *channel, struct datagram_kind *kind, void *owner)
{
    *channel = (struct udp_channel){
        .endpoint = {.deliver = udp_channel_deliver, .fail = udp_channel_fail},
    };
    datagram_channel_init(&channel->base, kind, owner);
}

void udp_channel_fini(struct udp_channel *channel)
{
    udp_unbind(&channel->endpoint);
    datagram_channel_fini(&channel->base);
}

int udp_channel_autobind(struct udp_channel *channel)
{
    if (channel->endpoint.port != 0)
        return 0;
    int error = udp_bind(&channel->endpoint, 0);
    if (error == 0)
        datagram_channel_named(&channel->base);
    return error;
}

int udp_channel_bind(struct udp_channel *channel, uint32_t address, uint16_t port)
{
    if (channel->endpoint.port != 0)
        return -KEINVAL;
    if (address != 0 && interface_by_address(address) == NULL)
        return -KEADDRNOTAVAIL;
    channel->endpoint.address = address;
    int error = udp_bind(&channel->endpoint, port);
    if (error != 0)
        channel->endpoint.address = 0;
    channel->bound = channel->endpoint.address;
    if (error == 0)
        datagram_channel_named(&channel->base);
    return error;
}

int udp_channel_set_device(struct udp_channel *channel, struct interface *device)
{
    if (channel->endpoint.port != 0)
        return -KEINVAL;
    channel->device = device;
    channel->endpoint.interface = device;
    return 0;
}

/* The way, if a program may take it. `source`: 0 is whatever suits the way. */
static int udp_channel_find_path(const struct udp_channel *channel, uint32_t source,
                                 uint32_t destination, struct ipv4_path *path)
{
    int error = channel->device != NULL && destination == IPV4_BROADCAST
                    ? ipv4_find_broadcast_path(channel->device, path)
                    : ipv4_find_path(destination, path);
    if (error != 0)
        return error;
    if (channel->device != NULL && path->interface != channel->device)
        return -KENETUNREACH;
    if (interface_is_broadcast(path->interface, destination) && !channel->may_broadcast)
        return -KEACCES;
    if (source != 0)
        path->source = source;
    path->ttl = channel->base.ttl;
    return 0;
}

int udp_channel_connect(struct udp_channel *channel, uint32_t address, uint16_t port)
{
    struct ipv4_path path;
    if (port == 0)
        return -KEINVAL;
    int error = udp_channel_find_path(channel, channel->bound, address, &path);
    if (error == 0)
        error = udp_channel_autobind(channel);
    if (error != 0)
        return error;
    channel->endpoint.address = path.source;
    channel->endpoint.peer = address;
    channel->endpoint.peer_port = port;
    datagram_channel_named(&channel->base);
    return 0;
}

void udp_channel_disconnect(struct udp_channel *channel)
{
    channel->endpoint.address = channel->bound;
    channel->endpoint.peer = 0;
    channel->endpoint.peer_port = 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

int udp_channel_prepare(struct udp_channel *channel, uint32_t address, uint16_t port, size_t size,
                        struct datagram_draft *draft)
{
    *draft = (struct datagram_draft){.address = address, .port = port};
    int error = udp_channel_find_path(channel, channel->endpoint.address, address, &draft->path);
    if (error == 0)
        error = udp_channel_autobind(channel);
    return error == 0 ? datagram_draft_alloc(draft, size) : error;
}

int udp_channel_send(const struct udp_channel *channel, const struct datagram_draft *draft,
                     uint64_t now_ns)
{
    return udp_send(&channel->endpoint, draft->nbuf, &draft->path, draft->address, draft->port,
                    now_ns);
}

/* ---- looking --------------------------------------------------------------------------------- */

bool udp_channel_inform(const struct udp_channel *channel, struct net_table_udp *state)
{
    const struct udp_endpoint *endpoint = &channel->endpoint;
    if (endpoint->port == 0)
        return false;
    *state = (struct net_table_udp){
        .address = endpoint->address,
        .peer = endpoint->peer,
        .port = endpoint->port,
        .peer_port = endpoint->peer_port,
        .queued_bytes = channel->base.queued_bytes,
        .dropped = channel->base.dropped,
    };
    return true;
}
