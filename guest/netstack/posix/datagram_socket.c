/*
 * datagram_socket.c - what all sockets of SOCK_DGRAM have in common
 */
#include "netstack/posix/datagram_socket.h"

#include "kernel/clock.h"
#include "kernel/file.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/drop.h"
#include "netstack/netstack.h"
#include "netstack/posix/inet_address.h"
#include "ringside/probe.h"

#define DATAGRAM_NS_PER_S  UINT64_C(1000000000)
#define DATAGRAM_NS_PER_US 1000
#define DATAGRAM_US_PER_S  1000000

/* ---- from the stack -------------------------------------------------------------------------- */

void datagram_drop(struct datagram_socket *socket, struct nbuf *nbuf, const char *why)
{
    struct datagram_kind *kind = socket->kind;
    net_drop(nbuf, kind->name, why);
    probe_counter(kind->dropped_counter, ++kind->dropped);
}

void datagram_deliver(struct datagram_socket *socket, struct nbuf *nbuf, uint32_t source,
                      uint16_t port)
{
    if (socket->count == DATAGRAMS_MAX) {
        datagram_drop(socket, nbuf, "receive queue full");
        return;
    }
    unsigned last = (socket->first + socket->count) % DATAGRAMS_MAX;
    socket->received[last] = (struct datagram){nbuf, source, port};
    socket->count++;
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
    return socket->count > 0 || socket->error != 0;
}

static uint64_t datagram_deadline_ns(const struct datagram_socket *socket)
{
    uint64_t now_ns = clock_now_ns();
    if (socket->receive_timeout_ns >= WAIT_FOREVER - now_ns)
        return WAIT_FOREVER;
    return now_ns + socket->receive_timeout_ns;
}

/* Sleeps until there is something to receive: 0. -KEAGAIN: the timeout of the socket; -KEINTR. */
static int datagram_wait(struct datagram_socket *socket)
{
    struct waiter waiter;
    uint64_t deadline_ns = datagram_deadline_ns(socket);
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
    return error == -KETIMEDOUT ? -KEAGAIN : error;
}

static struct datagram datagram_take_oldest(struct datagram_socket *socket)
{
    kassert(socket->count > 0);
    struct datagram oldest = socket->received[socket->first];
    socket->first = (socket->first + 1) % DATAGRAMS_MAX;
    socket->count--;
    return oldest;
}

/* The sender goes to *datagram, whose buffer is free then. */
static long datagram_receive_locked(struct datagram_socket *socket, void *buffer, size_t size,
                                    bool nonblocking, struct datagram *datagram)
{
    if (!datagram_is_readable(socket)) {
        int error = nonblocking ? -KEAGAIN : datagram_wait(socket);
        if (error != 0)
            return error;
    }
    if (socket->error != 0)
        return datagram_take_error(socket);
    *datagram = datagram_take_oldest(socket);
    size_t length = datagram->nbuf->len < size ? datagram->nbuf->len : size;
    if (length > 0)
        memcpy(buffer, datagram->nbuf->data, length);
    nbuf_free(datagram->nbuf);
    return (long)length;
}

/*
 * The size that the program gives bounds what is written; the size that it gets back is that of the
 * whole address.
 */
static void datagram_put_from(struct sockaddr *from, uint32_t *from_size,
                              const struct datagram *datagram)
{
    struct sockaddr_in address;
    if (from == NULL || from_size == NULL)
        return;
    inet_address_put(&address, datagram->source);
    address.sin_port = host_to_net16(datagram->port);
    memcpy(from, &address, *from_size < sizeof(address) ? *from_size : sizeof(address));
    *from_size = sizeof(address);
}

long datagram_recvfrom(struct file *file, void *buffer, size_t size, int flags,
                       struct sockaddr *from, uint32_t *from_size)
{
    struct datagram datagram = {.nbuf = NULL};
    bool nonblocking = (file->flags & FILE_NONBLOCK) != 0 || (flags & MSG_DONTWAIT) != 0;
    netstack_lock();
    long result = datagram_receive_locked(file->object, buffer, size, nonblocking, &datagram);
    netstack_unlock();
    if (result >= 0)
        datagram_put_from(from, from_size, &datagram);
    return result;
}

long datagram_read(struct file *file, void *buffer, size_t size)
{
    return datagram_recvfrom(file, buffer, size, 0, NULL, NULL);
}

/* ---- options --------------------------------------------------------------------------------- */

static int datagram_set_timeout(uint64_t *timeout_ns, const void *value, size_t size)
{
    struct kernel_timeval time;
    if (value == NULL || size < sizeof(time))
        return -KEINVAL;
    memcpy(&time, value, sizeof(time));
    if (time.tv_usec < 0 || time.tv_usec >= DATAGRAM_US_PER_S)
        return -KEDOM;
    if (time.tv_sec < 0) {
        *timeout_ns = 0;
        return 0;
    }
    bool forever = (time.tv_sec == 0 && time.tv_usec == 0) ||
                   (uint64_t)time.tv_sec >= WAIT_FOREVER / DATAGRAM_NS_PER_S;
    *timeout_ns = forever ? WAIT_FOREVER
                          : (uint64_t)time.tv_sec * DATAGRAM_NS_PER_S +
                                (uint64_t)time.tv_usec * DATAGRAM_NS_PER_US;
    return 0;
}

long datagram_setsockopt(struct datagram_socket *socket, int level, int name, const void *value,
                         size_t size)
{
    if (level == SOL_SOCKET && name == SO_RCVTIMEO)
        return datagram_set_timeout(&socket->receive_timeout_ns, value, size);
    if (level == SOL_SOCKET && name == SO_SNDTIMEO)
        return datagram_set_timeout(&socket->send_timeout_ns, value, size);
    return -KENOPROTOOPT;
}

int datagram_put_option(void *value, uint32_t *size, const void *option, size_t option_size)
{
    if (*size > option_size)
        *size = (uint32_t)option_size;
    memcpy(value, option, *size);
    return 0;
}

static int datagram_get_timeout(uint64_t timeout_ns, void *value, uint32_t *size)
{
    struct kernel_timeval time = {0, 0};
    if (timeout_ns != WAIT_FOREVER) {
        time.tv_sec = (int64_t)(timeout_ns / DATAGRAM_NS_PER_S);
        time.tv_usec = (int64_t)(timeout_ns % DATAGRAM_NS_PER_S / DATAGRAM_NS_PER_US);
    }
    return datagram_put_option(value, size, &time, sizeof(time));
}

static int datagram_get_error(struct datagram_socket *socket, void *value, uint32_t *size)
{
    int32_t error = -datagram_take_error(socket);
    return datagram_put_option(value, size, &error, sizeof(error));
}

long datagram_getsockopt(struct file *file, int level, int name, void *value, uint32_t *size)
{
    struct datagram_socket *socket = file->object;
    long result = -KENOPROTOOPT;
    if (value == NULL || size == NULL)
        return -KEFAULT;
    netstack_lock();
    if (level == SOL_SOCKET && name == SO_RCVTIMEO)
        result = datagram_get_timeout(socket->receive_timeout_ns, value, size);
    else if (level == SOL_SOCKET && name == SO_SNDTIMEO)
        result = datagram_get_timeout(socket->send_timeout_ns, value, size);
    else if (level == SOL_SOCKET && name == SO_ERROR)
        result = datagram_get_error(socket, value, size);
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
    };
    wait_queue_init(&socket->readable);
}

void datagram_socket_fini(struct datagram_socket *socket)
{
    while (socket->count > 0)
        nbuf_free(datagram_take_oldest(socket).nbuf);
}
