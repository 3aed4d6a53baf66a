/*
 * icmp_channel.c - a socket for echo requests, whoever shows it to programs
 */
#include "netstack/icmp_channel.h"

#include "lib/errno.h"
#include "lib/kassert.h"
#include "netstack/interface.h"

kstatic_assert(offsetof(struct icmp_channel, base) == 0, "the base is either");

/* ---- from the stack -------------------------------------------------------------------------- */

static void icmp_channel_deliver(struct icmp_endpoint *endpoint, struct nbuf *nbuf, uint32_t source)
{
    struct icmp_channel *channel = list_entry(endpoint, struct icmp_channel, endpoint);
    if (channel->peer != 0 && channel->peer != source)
        datagram_channel_drop(&channel->base, nbuf,
                              "reply from another host than the connected one");
    else
        datagram_channel_deliver(&channel->base, nbuf, source, 0);
}

static void icmp_channel_fail(struct icmp_endpoint *endpoint, uint32_t destination, int error)
{
    struct icmp_channel *channel = list_entry(endpoint, struct icmp_channel, endpoint);
    if (channel->peer == 0 || channel->peer == destination)
        datagram_channel_fail(&channel->base, error);
}

/* ---- life and names -------------------------------------------------------------------------- */

void icmp_channel_init(struct icmp_channel *channel, struct datagram_kind *kind, void *owner)
{
    *channel = (struct icmp_channel){
        .endpoint = {.deliver = icmp_channel_deliver, .fail = icmp_channel_fail},
    };
    datagram_channel_init(&channel->base, kind, owner);
}

void icmp_channel_fini(struct icmp_channel *channel)
{
    icmp_unbind(&channel->endpoint);
    datagram_channel_fini(&channel->base);
}

int icmp_channel_autobind(struct icmp_channel *channel)
{
    return channel->endpoint.identifier != 0 ? 0 : icmp_bind(&channel->endpoint, 0);
}

int icmp_channel_bind(struct icmp_channel *channel, uint32_t address, uint16_t identifier)
{
    if (channel->endpoint.identifier != 0)
        return -KEINVAL;
    if (address != 0 && interface_by_address(address) == NULL)
        return -KEADDRNOTAVAIL;
    int error = icmp_bind(&channel->endpoint, identifier);
    if (error == 0)
        channel->source = address;
    return error;
}

/* The way, if a program may take it. */
static int icmp_channel_find_path(const struct icmp_channel *channel, uint32_t destination,
                                  struct ipv4_path *path)
{
    int error = ipv4_find_path(destination, path);
    if (error != 0)
        return error;
    if (interface_is_broadcast(path->interface, destination))
        return -KEACCES;
    if (channel->source != 0)
        path->source = channel->source;
    path->ttl = channel->base.ttl;
    return 0;
}

int icmp_channel_connect(struct icmp_channel *channel, uint32_t peer)
{
    struct ipv4_path path;
    int error = icmp_channel_find_path(channel, peer, &path);
    if (error == 0)
        error = icmp_channel_autobind(channel);
    if (error == 0)
        channel->peer = peer;
    return error;
}

/* ---- sending --------------------------------------------------------------------------------- */

int icmp_channel_prepare(struct icmp_channel *channel, uint32_t address, size_t size,
                         struct datagram_draft *draft)
{
    *draft = (struct datagram_draft){.address = address};
    int error = icmp_channel_find_path(channel, address, &draft->path);
    if (error == 0)
        error = icmp_channel_autobind(channel);
    return error == 0 ? datagram_draft_alloc(draft, size) : error;
}

int icmp_channel_send(const struct icmp_channel *channel, const struct datagram_draft *draft,
                      uint64_t now_ns)
{
    return icmp_send_request(&channel->endpoint, draft->nbuf, &draft->path, draft->address, now_ns);
}
