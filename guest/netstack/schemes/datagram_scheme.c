/*
 * datagram_scheme.c - what sockets of the schemes udp, icmp and ip have in common
 */
#include "netstack/schemes/datagram_scheme.h"

#include "kernel/nbuf.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/datagram_channel.h"

kstatic_assert(offsetof(struct datagram_net_socket, base) == 0, "the base is either");

void datagram_net_init(struct datagram_net_socket *socket, struct datagram_channel *channel)
{
    socket->channel = channel;
    socket->sender = (struct net_name){0};
}

void datagram_net_changed(void *owner)
{
    struct datagram_net_socket *socket = owner;
    net_socket_changed(&socket->base);
}

/* ---- reading --------------------------------------------------------------------------------- */

long datagram_net_read(struct socket_file *file, void *data, size_t size, size_t skip)
{
    struct datagram_net_socket *socket = (struct datagram_net_socket *)file->socket;
    const struct datagram *oldest;
    int found = datagram_channel_look(socket->channel, &oldest);
    if (found <= 0)
        return found;
    size_t length = oldest->nbuf->len > skip ? oldest->nbuf->len - skip : 0;
    if (length > size)
        length = size;
    if (length > 0)
        memcpy(data, oldest->nbuf->data + skip, length);
    socket->sender = (struct net_name){
        .address = oldest->source,
        .port = oldest->port,
        .ttl = socket->channel->receive_ttl ? oldest->ttl : 0,
    };
    if (file->kind != SOCKET_FILE_PEEK)
        datagram_channel_discard(socket->channel);
    return (long)length;
}

unsigned datagram_net_readiness(const struct net_socket *base)
{
    return datagram_channel_readiness(((const struct datagram_net_socket *)base)->channel);
}

/* ---- settings -------------------------------------------------------------------------------- */

long datagram_net_get(struct net_socket *base, enum net_setting setting, void *value, size_t size)
{
    struct datagram_net_socket *socket = (struct datagram_net_socket *)base;
    struct datagram_channel *channel = socket->channel;
    switch (setting) {
    case NET_SETTING_SENDER:
        if (size < sizeof socket->sender)
            return -KEINVAL;
        memcpy(value, &socket->sender, sizeof socket->sender);
        return sizeof socket->sender;
    case NET_SETTING_RECEIVE_TTL:
        return net_setting_put(value, size, channel->receive_ttl);
    case NET_SETTING_ERROR:
        return net_setting_put(value, size, -datagram_channel_take_error(channel));
    case NET_SETTING_HOP_LIMIT:
        return net_setting_put(value, size, datagram_channel_ttl(channel));
    case NET_SETTING_RECEIVE_BUFFER:
        return net_setting_put(value, size, (int32_t)datagram_told_size(channel->receive_buffer));
    case NET_SETTING_SEND_BUFFER:
        return net_setting_put(value, size, (int32_t)datagram_told_size(channel->send_buffer));
    default:
        return -KENOPROTOOPT;
    }
}

static int datagram_net_set_number(struct datagram_channel *channel, enum net_setting setting,
                                   int32_t number)
{
    switch (setting) {
    case NET_SETTING_HOP_LIMIT:
        return datagram_channel_set_ttl(channel, number);
    case NET_SETTING_RECEIVE_TTL:
        channel->receive_ttl = number != 0;
        return 0;
    case NET_SETTING_SHUTDOWN:
        if (number < SHUT_RD || number > SHUT_RDWR)
            return -KEINVAL;
        datagram_channel_shutdown(channel, number);
        return 0;
    case NET_SETTING_RECEIVE_BUFFER:
        datagram_channel_set_receive_buffer(channel, number);
        return 0;
    case NET_SETTING_SEND_BUFFER:
        datagram_channel_set_send_buffer(channel, number);
        return 0;
    default:
        return -KENOPROTOOPT;
    }
}

long datagram_net_set(struct net_socket *base, enum net_setting setting, const void *value,
                      size_t size)
{
    struct datagram_channel *channel = ((struct datagram_net_socket *)base)->channel;
    int32_t number;
    long result = net_setting_get(value, size, &number);
    int error = result < 0 ? 0 : datagram_net_set_number(channel, setting, number);
    return error != 0 ? error : result;
}
