/*
 * datagram_socket.c - what all sockets of SOCK_DGRAM have in common
 */
#include "netstack/posix/datagram_socket.h"

#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/poll.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/drop.h"
#include "netstack/ipv4.h"
#include "netstack/netstack.h"
#include "netstack/posix/inet_address.h"
#include "netstack/posix/socket_option.h"
#include "ringside/probe.h"

#define DATAGRAM_TTL_MAX 255

/* ---- from the stack -------------------------------------------------------------------------- */

void datagram_drop(struct datagram_socket *socket, struct nbuf *nbuf, const char *why)
{
    struct datagram_kind *kind = socket->kind;
    net_drop(nbuf, kind->name, why);
    socket->dropped++;
    probe_counter(kind->dropped_counter, ++kind->dropped);
}

void datagram_deliver(struct datagram_socket *socket, struct nbuf *nbuf, uint32_t source,
                      uint16_t port)
{
    if (socket->shut_read) {
        datagram_drop(socket, nbuf, "reading is shut down");
        return;
    }
    if (socket->count == DATAGRAMS_MAX ||
        socket->queued_bytes + nbuf->len > socket->receive_buffer) {
        datagram_drop(socket, nbuf, "receive queue full");
        return;
    }
    unsigned last = (socket->first + socket->count) % DATAGRAMS_MAX;
    socket->received[last] = (struct datagram){nbuf, source, port, nbuf->ttl};
    socket->count++;
    socket->queued_bytes += nbuf->len;
    wait_wake_all(&socket->readable);
}

void datagram_fail(struct datagram_socket *socket, int error)
{
    socket->error = error;
    wait_wake_all(&socket->readable);
}

int datagram_take_error(struct datagram_socket *socket)
{
    int error = socket->error;
    socket->error = 0;
    return -error;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static bool datagram_is_readable(const struct datagram_socket *socket)
{
    return socket->count > 0 || socket->error != 0 || socket->shut_read;
}

/* Sleeps until there is something to receive: 0. -KEAGAIN: the timeout of the socket; -KEINTR,
 * -KERESTART. */
static int datagram_wait(struct datagram_socket *socket)
{
    struct waiter waiter;
    uint64_t deadline_ns = socket_option_deadline_ns(socket->receive_timeout_ns);
    int error = 0;
    while (error == 0) {
        wait_prepare(&socket->readable, &waiter, "socket");
        if (datagram_is_readable(socket))
            break;
        netstack_unlock();
        error = wait_commit(&waiter, deadline_ns);
        netstack_lock();
    }
    wait_finish(&waiter);
    if (datagram_is_readable(socket))
        return 0;
    return socket_option_wait_error(error, socket->receive_timeout_ns);
}

static struct datagram datagram_take_oldest(struct datagram_socket *socket)
{
    kassert(socket->count > 0);
    struct datagram oldest = socket->received[socket->first];
    socket->first = (socket->first + 1) % DATAGRAMS_MAX;
    socket->count--;
    socket->queued_bytes -= oldest.nbuf->len;
    return oldest;
}

static void datagram_put_sender(struct message *message, const struct datagram *datagram)
{
    struct sockaddr_in address;
    inet_address_put(&address, datagram->source);
    address.sin_port = host_to_net16(datagram->port);
    message_put_name(message, &address, sizeof(address));
}

/* What a program asked to be told with each datagram. */
static void datagram_put_control(const struct datagram_socket *socket, struct message *message,
                                 const struct datagram *datagram)
{
    int32_t ttl = datagram->ttl;
    if (socket->receive_ttl)
        message_put_control(message, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
}

/* The length of the datagram, or of what was copied. */
static long datagram_put(const struct datagram_socket *socket, struct message *message,
                         const struct datagram *datagram)
{
    size_t length = datagram->nbuf->len;
    size_t copied = message_put(message, 0, datagram->nbuf->data, length);
    if (copied < length)
        message->received_flags |= MSG_TRUNC;
    datagram_put_sender(message, datagram);
    datagram_put_control(socket, message, datagram);
    return (long)((message->flags & MSG_TRUNC) != 0 ? length : copied);
}

static long datagram_receive_locked(struct datagram_socket *socket, struct message *message,
                                    bool may_wait)
{
    if (!datagram_is_readable(socket)) {
        int error = may_wait ? datagram_wait(socket) : -KEAGAIN;
        if (error != 0)
            return error;
    }
    if (socket->error != 0)
        return datagram_take_error(socket);
    if (socket->count == 0) {
        message->name_size = 0;
        return 0; /* reading is shut down */
    }
    long result = datagram_put(socket, message, &socket->received[socket->first]);
    if ((message->flags & MSG_PEEK) == 0)
        nbuf_free(datagram_take_oldest(socket).nbuf);
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

/* Sending never waits. */
unsigned datagram_poll(struct file *file, struct poll_table *table)
{
    struct datagram_socket *socket = file->object;
    unsigned ready = POLLOUT | POLLWRNORM;
    netstack_lock();
    poll_watch(table, &socket->readable);
    if (socket->count > 0)
        ready |= POLLIN | POLLRDNORM;
    if (socket->error != 0)
        ready |= POLLERR;
    if (socket->shut_read)
        ready |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (socket->shut_read && socket->shut_write)
        ready |= POLLHUP;
    netstack_unlock();
    return ready;
}

int datagram_shutdown(struct datagram_socket *socket, int how)
{
    socket->shut_read |= how != SHUT_WR;
    socket->shut_write |= how != SHUT_RD;
    wait_wake_all(&socket->readable);
    return 0;
}

/* ---- options --------------------------------------------------------------------------------- */

/* What is told is twice what was asked for: the other half is for the kernel's own structures. */
static int datagram_set_buffer(uint32_t *told, uint32_t least, const void *value, size_t size)
{
    int32_t number;
    int error = socket_option_get_int(value, size, &number);
    if (error != 0)
        return error;
    uint32_t wanted = number > 0 ? (uint32_t)number : 0; /* a size that is none is the least */
    *told = 2 * (wanted < DATAGRAM_BUFFER_MAX ? wanted : DATAGRAM_BUFFER_MAX);
    if (*told < least)
        *told = least;
    return 0;
}

static int datagram_set_receive_buffer(struct datagram_socket *socket, const void *value,
                                       size_t size)
{
    int error = datagram_set_buffer(&socket->receive_told, DATAGRAM_RECEIVE_MIN, value, size);
    if (error == 0)
        socket->receive_buffer = socket->receive_told / 2;
    return error;
}

static int datagram_set_bool(bool *option, const void *value, size_t size)
{
    int32_t number;
    int error = socket_option_get_int(value, size, &number);
    if (error == 0)
        *option = number != 0;
    return error;
}

/* -1 is the usual one. */
static int datagram_set_ttl(struct datagram_socket *socket, const void *value, size_t size)
{
    int32_t number;
    int error = socket_option_get_int(value, size, &number);
    if (error != 0)
        return error;
    if (number != -1 && (number < 1 || number > DATAGRAM_TTL_MAX))
        return -KEINVAL;
    socket->ttl = number == -1 ? 0 : (uint8_t)number;
    return 0;
}

static long datagram_set_ip_option(struct datagram_socket *socket, int name, const void *value,
                                   size_t size)
{
    switch (name) {
    case IP_TTL:
        return datagram_set_ttl(socket, value, size);
    case IP_RECVTTL:
        return datagram_set_bool(&socket->receive_ttl, value, size);
    default:
        return -KENOPROTOOPT;
    }
}

long datagram_setsockopt(struct datagram_socket *socket, int level, int name, const void *value,
                         size_t size)
{
    if (level == IPPROTO_IP)
        return datagram_set_ip_option(socket, name, value, size);
    if (level != SOL_SOCKET)
        return -KENOPROTOOPT;
    switch (name) {
    case SO_RCVTIMEO:
        return socket_option_get_timeout(value, size, &socket->receive_timeout_ns);
    case SO_SNDTIMEO:
        return socket_option_get_timeout(value, size, &socket->send_timeout_ns);
    case SO_RCVBUF:
        return datagram_set_receive_buffer(socket, value, size);
    case SO_SNDBUF:
        return datagram_set_buffer(&socket->send_told, DATAGRAM_SEND_MIN, value, size);
    case SO_REUSEADDR:
        return datagram_set_bool(&socket->reuse_address, value, size);
    default:
        return -KENOPROTOOPT;
    }
}

static long datagram_get_ip_option(const struct datagram_socket *socket, int name, void *value,
                                   uint32_t *size)
{
    switch (name) {
    case IP_TTL:
        return socket_option_put_int(value, size, socket->ttl != 0 ? socket->ttl : IPV4_TTL);
    case IP_RECVTTL:
        return socket_option_put_int(value, size, socket->receive_ttl);
    default:
        return -KENOPROTOOPT;
    }
}

static long datagram_get_option(struct datagram_socket *socket, int name, void *value,
                                uint32_t *size)
{
    switch (name) {
    case SO_RCVTIMEO:
        return socket_option_put_timeout(value, size, socket->receive_timeout_ns);
    case SO_SNDTIMEO:
        return socket_option_put_timeout(value, size, socket->send_timeout_ns);
    case SO_ERROR:
        return socket_option_put_int(value, size, -datagram_take_error(socket));
    case SO_TYPE:
        return socket_option_put_int(value, size, SOCK_DGRAM);
    case SO_PROTOCOL:
        return socket_option_put_int(value, size, socket->kind->protocol);
    case SO_DOMAIN:
        return socket_option_put_int(value, size, AF_INET);
    case SO_RCVBUF:
        return socket_option_put_int(value, size, (int32_t)socket->receive_told);
    case SO_SNDBUF:
        return socket_option_put_int(value, size, (int32_t)socket->send_told);
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
    long result = -KENOPROTOOPT;
    if (value == NULL || size == NULL)
        return -KEFAULT;
    netstack_lock();
    if (level == SOL_SOCKET)
        result = datagram_get_option(file->object, name, value, size);
    else if (level == IPPROTO_IP)
        result = datagram_get_ip_option(file->object, name, value, size);
    netstack_unlock();
    return result;
}

/* ---- life ------------------------------------------------------------------------------------ */

void datagram_socket_init(struct datagram_socket *socket, struct datagram_kind *kind)
{
    *socket = (struct datagram_socket){
        .kind = kind,
        .receive_timeout_ns = WAIT_FOREVER,
        .send_timeout_ns = WAIT_FOREVER,
        .receive_buffer = DATAGRAM_BUFFER_SIZE,
        .receive_told = DATAGRAM_BUFFER_SIZE,
        .send_told = DATAGRAM_BUFFER_SIZE,
    };
    wait_queue_init(&socket->readable);
}

void datagram_socket_fini(struct datagram_socket *socket)
{
    while (socket->count > 0)
        nbuf_free(datagram_take_oldest(socket).nbuf);
}
