/*
 * datagram_scheme.c - what sockets of the schemes udp, icmp and ip have in common
 */
#include "netstack/schemes/datagram_scheme.h"

#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/drop.h"
#include "netstack/ipv4.h"

#define DATAGRAM_TTL_MAX    255
#define DATAGRAM_BUFFER_MIN 256

kstatic_assert(offsetof(struct datagram_net_socket, base) == 0, "the base is either");

void datagram_net_init(struct datagram_net_socket *socket, const char *kind)
{
    *socket = (struct datagram_net_socket){
        .kind = kind,
        .receive_buffer = DATAGRAM_SCHEME_BUFFER_SIZE,
        .send_buffer = DATAGRAM_SCHEME_BUFFER_SIZE,
    };
}

/* ---- from the stack -------------------------------------------------------------------------- */

void datagram_net_deliver(struct datagram_net_socket *socket, struct nbuf *nbuf, uint32_t address,
                          uint16_t port)
{
    if (socket->shut_read) {
        socket->dropped++;
        net_drop(nbuf, socket->kind, "reading is shut down");
        return;
    }
    if (socket->count == DATAGRAM_SCHEME_MAX ||
        socket->queued_bytes + nbuf->len > (size_t)socket->receive_buffer) {
        socket->dropped++;
        net_drop(nbuf, socket->kind, "receive queue full");
        return;
    }
    unsigned last = (socket->first + socket->count++) % DATAGRAM_SCHEME_MAX;
    socket->received[last] =
        (struct datagram_entry){nbuf, {.address = address, .port = port, .ttl = nbuf->ttl}};
    socket->queued_bytes += nbuf->len;
    net_socket_changed(&socket->base);
}

void datagram_net_fail(struct datagram_net_socket *socket, int error)
{
    socket->error = error;
    net_socket_changed(&socket->base);
}

int datagram_net_take_error(struct datagram_net_socket *socket)
{
    int error = socket->error;
    socket->error = 0;
    return -error;
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct datagram_entry datagram_net_take(struct datagram_net_socket *socket)
{
    kassert(socket->count > 0);
    struct datagram_entry oldest = socket->received[socket->first];
    socket->first = (socket->first + 1) % DATAGRAM_SCHEME_MAX;
    socket->count--;
    socket->queued_bytes -= oldest.nbuf->len;
    return oldest;
}

void datagram_net_fini(struct datagram_net_socket *socket)
{
    while (socket->count > 0)
        nbuf_free(datagram_net_take(socket).nbuf);
}

long datagram_net_read(struct socket_file *file, void *data, size_t size, size_t skip)
{
    struct datagram_net_socket *socket = (struct datagram_net_socket *)file->socket;
    if (socket->error != 0)
        return datagram_net_take_error(socket);
    if (socket->count == 0)
        return socket->shut_read ? 0 : -KEAGAIN;
    struct datagram_entry entry = datagram_net_take(socket);
    size_t length = entry.nbuf->len > skip ? entry.nbuf->len - skip : 0;
    if (length > size)
        length = size;
    if (length > 0)
        memcpy(data, entry.nbuf->data + skip, length);
    socket->sender = entry.sender;
    if (!socket->receive_ttl)
        socket->sender.ttl = 0;
    nbuf_free(entry.nbuf);
    return (long)length;
}

int datagram_net_may_write(struct datagram_net_socket *socket)
{
    int error = datagram_net_take_error(socket);
    return error == 0 && socket->shut_write ? -KEPIPE : error;
}

/* Sending never waits. */
unsigned datagram_net_readiness(const struct net_socket *base)
{
    const struct datagram_net_socket *socket = (const struct datagram_net_socket *)base;
    unsigned ready = POLLOUT | POLLWRNORM;
    if (socket->count > 0)
        ready |= POLLIN | POLLRDNORM;
    if (socket->error != 0)
        ready |= POLLERR;
    if (socket->shut_read)
        ready |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (socket->shut_read && socket->shut_write)
        ready |= POLLHUP;
    return ready;
}

/* ---- settings -------------------------------------------------------------------------------- */

long datagram_net_get(struct net_socket *base, enum net_setting setting, void *value, size_t size)
{
    struct datagram_net_socket *socket = (struct datagram_net_socket *)base;
    switch (setting) {
    case NET_SETTING_SENDER:
        if (size < sizeof socket->sender)
            return -KEINVAL;
        memcpy(value, &socket->sender, sizeof socket->sender);
        return sizeof socket->sender;
    case NET_SETTING_RECEIVE_TTL:
        return net_setting_put(value, size, socket->receive_ttl);
    case NET_SETTING_ERROR:
        return net_setting_put(value, size, -datagram_net_take_error(socket));
    case NET_SETTING_HOP_LIMIT:
        return net_setting_put(value, size, socket->ttl != 0 ? socket->ttl : IPV4_TTL);
    case NET_SETTING_RECEIVE_BUFFER:
        return net_setting_put(value, size, socket->receive_buffer);
    case NET_SETTING_SEND_BUFFER:
        return net_setting_put(value, size, socket->send_buffer);
    default:
        return -KENOPROTOOPT;
    }
}

static int datagram_net_set_number(struct datagram_net_socket *socket, enum net_setting setting,
                                   int32_t number)
{
    int32_t size = number > DATAGRAM_BUFFER_MIN ? number : DATAGRAM_BUFFER_MIN;
    switch (setting) {
    case NET_SETTING_HOP_LIMIT:
        if (number != -1 && (number < 1 || number > DATAGRAM_TTL_MAX))
            return -KEINVAL;
        socket->ttl = number == -1 ? 0 : (uint8_t)number;
        return 0;
    case NET_SETTING_RECEIVE_TTL:
        socket->receive_ttl = number != 0;
        return 0;
    case NET_SETTING_SHUTDOWN:
        if (number < SHUT_RD || number > SHUT_RDWR)
            return -KEINVAL;
        socket->shut_read |= number != SHUT_WR;
        socket->shut_write |= number != SHUT_RD;
        net_socket_changed(&socket->base);
        return 0;
    case NET_SETTING_RECEIVE_BUFFER:
        socket->receive_buffer = size;
        return 0;
    case NET_SETTING_SEND_BUFFER:
        socket->send_buffer = size;
        return 0;
    default:
        return -KENOPROTOOPT;
    }
}

long datagram_net_set(struct net_socket *base, enum net_setting setting, const void *value,
                      size_t size)
{
    int32_t number;
    long result = net_setting_get(value, size, &number);
    int error = result < 0
                    ? 0
                    : datagram_net_set_number((struct datagram_net_socket *)base, setting, number);
    return error != 0 ? error : result;
}
