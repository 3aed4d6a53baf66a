/*
 * datagram_socket.c - what all sockets of SOCK_DGRAM have in common
 */
#include "netstack/posix/datagram_socket.h"

#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/poll.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "netstack/datagram_channel.h"
#include "netstack/netstack.h"
#include "netstack/posix/inet_address.h"
#include "netstack/posix/socket_option.h"

void datagram_changed(void *owner)
{
    struct datagram_socket *socket = owner;
    wait_wake_all(&socket->readable);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* Sleeps until there is something to receive: 0. -KEAGAIN: the timeout of the socket; -KEINTR,
 * -KERESTART. */
static int datagram_wait(struct datagram_socket *socket)
{
    struct waiter waiter;
    uint64_t deadline_ns = socket_option_deadline_ns(socket->receive_timeout_ns);
    int error = 0;
    while (error == 0) {
        wait_prepare(&socket->readable, &waiter, "socket");
        if (datagram_channel_is_readable(socket->channel))
            break;
        netstack_unlock();
        error = wait_commit(&waiter, deadline_ns);
        netstack_lock();
    }
    wait_finish(&waiter);
    if (datagram_channel_is_readable(socket->channel))
        return 0;
    return socket_option_wait_error(error, socket->receive_timeout_ns);
}

static void datagram_put_sender(struct message *message, const struct datagram *datagram)
{
    struct sockaddr_in address;
    inet_address_put(&address, datagram->source);
    address.sin_port = host_to_net16(datagram->port);
    message_put_name(message, &address, sizeof(address));
}

/* What a program asked to be told with each datagram. */
static void datagram_put_control(const struct datagram_channel *channel, struct message *message,
                                 const struct datagram *datagram)
{
    int32_t ttl = datagram->ttl;
    if (channel->receive_ttl)
        message_put_control(message, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
}

/* The length of the datagram, or of what was copied. */
static long datagram_put(const struct datagram_channel *channel, struct message *message,
                         const struct datagram *datagram)
{
    size_t length = datagram->nbuf->len;
    size_t copied = message_put(message, 0, datagram->nbuf->data, length);
    if (copied < length)
        message->received_flags |= MSG_TRUNC;
    datagram_put_sender(message, datagram);
    datagram_put_control(channel, message, datagram);
    return (long)((message->flags & MSG_TRUNC) != 0 ? length : copied);
}

static long datagram_receive_locked(struct datagram_socket *socket, struct message *message,
                                    bool may_wait)
{
    const struct datagram *oldest;
    if (!datagram_channel_is_readable(socket->channel)) {
        int error = may_wait ? datagram_wait(socket) : -KEAGAIN;
        if (error != 0)
            return error;
    }
    int found = datagram_channel_look(socket->channel, &oldest);
    if (found == 0)
        message->name_size = 0; /* reading is shut down */
    if (found <= 0)
        return found;
    long result = datagram_put(socket->channel, message, oldest);
    if ((message->flags & MSG_PEEK) == 0)
        datagram_channel_discard(socket->channel);
    return result;
}

long datagram_recvmsg(struct file *file, struct message *message)
{
    netstack_lock();
    long result = datagram_receive_locked(file->object, message, message_may_wait(file, message));
    netstack_unlock();
    return result;
}

/* ---- readiness ------------------------------------------------------------------------------- */

unsigned datagram_poll(struct file *file, struct poll_table *table)
{
    struct datagram_socket *socket = file->object;
    netstack_lock();
    poll_watch(table, &socket->readable);
    unsigned ready = datagram_channel_readiness(socket->channel);
    netstack_unlock();
    return ready;
}

/* ---- options --------------------------------------------------------------------------------- */

static int datagram_set_ip_option(struct datagram_channel *channel, int name, int32_t number)
{
    switch (name) {
    case IP_TTL:
        return datagram_channel_set_ttl(channel, number);
    case IP_RECVTTL:
        channel->receive_ttl = number != 0;
        return 0;
    default:
        return -KENOPROTOOPT;
    }
}

static int datagram_set_socket_option(struct datagram_socket *socket, int name, int32_t number)
{
    switch (name) {
    case SO_RCVBUF:
        datagram_channel_set_receive_buffer(socket->channel, number);
        return 0;
    case SO_SNDBUF:
        datagram_channel_set_send_buffer(socket->channel, number);
        return 0;
    case SO_REUSEADDR:
        socket->reuse_address = number != 0;
        return 0;
    default:
        return -KENOPROTOOPT;
    }
}

long datagram_setsockopt(struct datagram_socket *socket, int level, int name, const void *value,
                         size_t size)
{
    int32_t number;
    if (level == SOL_SOCKET && name == SO_RCVTIMEO)
        return socket_option_get_timeout(value, size, &socket->receive_timeout_ns);
    if (level == SOL_SOCKET && name == SO_SNDTIMEO)
        return socket_option_get_timeout(value, size, &socket->send_timeout_ns);
    if (level != SOL_SOCKET && level != IPPROTO_IP)
        return -KENOPROTOOPT;
    int error = socket_option_get_int(value, size, &number);
    if (error != 0)
        return error;
    return level == SOL_SOCKET ? datagram_set_socket_option(socket, name, number)
                               : datagram_set_ip_option(socket->channel, name, number);
}

static long datagram_get_ip_option(const struct datagram_channel *channel, int name, void *value,
                                   uint32_t *size)
{
    switch (name) {
    case IP_TTL:
        return socket_option_put_int(value, size, datagram_channel_ttl(channel));
    case IP_RECVTTL:
        return socket_option_put_int(value, size, channel->receive_ttl);
    default:
        return -KENOPROTOOPT;
    }
}

static long datagram_get_option(struct datagram_socket *socket, int name, void *value,
                                uint32_t *size)
{
    struct datagram_channel *channel = socket->channel;
    switch (name) {
    case SO_RCVTIMEO:
        return socket_option_put_timeout(value, size, socket->receive_timeout_ns);
    case SO_SNDTIMEO:
        return socket_option_put_timeout(value, size, socket->send_timeout_ns);
    case SO_ERROR:
        return socket_option_put_int(value, size, -datagram_channel_take_error(channel));
    case SO_TYPE:
        return socket_option_put_int(value, size, SOCK_DGRAM);
    case SO_PROTOCOL:
        return socket_option_put_int(value, size, socket->protocol);
    case SO_DOMAIN:
        return socket_option_put_int(value, size, AF_INET);
    case SO_RCVBUF:
        return socket_option_put_int(value, size,
                                     (int32_t)datagram_told_size(channel->receive_buffer));
    case SO_SNDBUF:
        return socket_option_put_int(value, size,
                                     (int32_t)datagram_told_size(channel->send_buffer));
    case SO_REUSEADDR:
        return socket_option_put_int(value, size, socket->reuse_address);
    case SO_KEEPALIVE:
    case SO_ACCEPTCONN:
        return socket_option_put_int(value, size, 0);
    default:
        return -KENOPROTOOPT;
    }
}

long datagram_getsockopt(struct file *file, int level, int name, void *value, uint32_t *size)
{
    struct datagram_socket *socket = file->object;
    long result = -KENOPROTOOPT;
    if (value == NULL || size == NULL)
        return -KEFAULT;
    netstack_lock();
    if (level == SOL_SOCKET)
        result = datagram_get_option(socket, name, value, size);
    else if (level == IPPROTO_IP)
        result = datagram_get_ip_option(socket->channel, name, value, size);
    netstack_unlock();
    return result;
}

/* ---- life ------------------------------------------------------------------------------------ */

void datagram_socket_init(struct datagram_socket *socket, struct datagram_channel *channel,
                          int protocol)
{
    *socket = (struct datagram_socket){
        .channel = channel,
        .protocol = protocol,
        .receive_timeout_ns = WAIT_FOREVER,
        .send_timeout_ns = WAIT_FOREVER,
    };
    wait_queue_init(&socket->readable);
}
