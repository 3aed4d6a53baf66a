/*
 * stream_socket.c - TCP sockets
 *
 * The core does what can be done at once; the waiting is here. Everything in a socket is under the
 * lock of the stack.
 */
#include "netstack/posix/stream_socket.h"

#include "kernel/clock.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/poll.h"
#include "kernel/pool.h"
#include "kernel/program.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "netstack/netstack.h"
#include "netstack/posix/inet_address.h"
#include "netstack/posix/inet_ioctl.h"
#include "netstack/posix/stream_option.h"
#include "netstack/tcp.h"

#include "ringside/probe.h"

#define STREAM_NS_PER_S UINT64_C(1000000000)

/* What ends the wait for each thing: it can be done, or it will never be. */
#define STREAM_SETTLED  (TCP_READY_OUT | TCP_READY_ERR | TCP_READY_HUP)
#define STREAM_WRITABLE (TCP_READY_OUT | TCP_READY_ERR | TCP_READY_HUP)
#define STREAM_READABLE (TCP_READY_IN | TCP_READY_ERR | TCP_READY_HUP)

static struct stream_socket stream_sockets[STREAM_SOCKETS_MAX];
static struct pool stream_pool;

static struct file *stream_make_file(struct stream_socket *socket);

/* From the stack: a wait may be over. */
static void stream_changed(void *owner, unsigned ready)
{
    struct stream_socket *socket = owner;
    (void)ready;
    wait_wake_all(&socket->changed);
}

/* The bench follows the connection of a descriptor by this. */
static void stream_tell_name(const struct stream_socket *socket)
{
    struct tcp_information information;
    tcp_inform(socket->connection, &information);
    probe_socket_named((uintptr_t)socket, IPPROTO_TCP, information.local.address,
                       information.local.port, information.remote.address, information.remote.port);
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* Sleeps until the connection is ready for one of these: 0. -KETIMEDOUT, -KEINTR. */
static int stream_wait(struct stream_socket *socket, unsigned wanted, uint64_t deadline_ns)
{
    struct waiter waiter;
    int error = 0;
    while (error == 0) {
        wait_prepare(&socket->changed, &waiter, "socket");
        if ((tcp_readiness(socket->connection) & wanted) != 0)
            break;
        netstack_unlock();
        error = wait_commit(&waiter, deadline_ns);
        netstack_lock();
    }
    wait_finish(&waiter);
    return (tcp_readiness(socket->connection) & wanted) != 0 ? 0 : error;
}

/* ---- connect --------------------------------------------------------------------------------- */

/* What became of it. After a timeout or a signal it goes on, and the next call may ask again. */
static int stream_wait_connected(struct stream_socket *socket)
{
    uint64_t deadline_ns = socket_option_deadline_ns(socket->send_timeout_ns);
    int error = stream_wait(socket, STREAM_SETTLED, deadline_ns);
    socket->asked_in_vain = error != 0;
    if (error != 0)
        return error == -KETIMEDOUT ? -KEINPROGRESS
                                    : socket_option_wait_error(error, socket->send_timeout_ns);
    error = -tcp_take_error(socket->connection);
    if (error == 0 && tcp_state(socket->connection) == TCP_CLOSED)
        error = -KECONNABORTED;
    return error;
}

static int stream_connect_locked(struct stream_socket *socket, const struct sockaddr_in *address,
                                 uint32_t peer, bool may_wait)
{
    /* What the last attempt came to, when nobody has asked for it. */
    int error = -tcp_take_error(socket->connection);
    if (error != 0)
        return error;
    if (socket->asked_in_vain && (tcp_readiness(socket->connection) & TCP_READY_HUP) == 0 &&
        !tcp_is_connecting(socket->connection)) {
        socket->asked_in_vain = false; /* it worked meanwhile: said once, then -KEISCONN */
        return 0;
    }
    if (tcp_is_connecting(socket->connection))
        return may_wait ? stream_wait_connected(socket) : -KEALREADY;
    error = tcp_connect(socket->connection, peer, net_to_host16(address->sin_port), clock_now_ns());
    if (error != 0)
        return error;
    stream_tell_name(socket);
    return may_wait ? stream_wait_connected(socket) : -KEINPROGRESS;
}

/* Another connection in the place of this one, with its options. */
static int stream_disconnect(struct stream_socket *socket)
{
    struct tcp_connection *fresh = tcp_open(stream_changed, socket);
    if (fresh == NULL)
        return -KENOBUFS;
    tcp_set_options(fresh, tcp_get_options(socket->connection), clock_now_ns());
    (void)tcp_bind_device(fresh, tcp_device(socket->connection));
    tcp_abort(socket->connection, clock_now_ns());
    socket->connection = fresh;
    wait_wake_all(&socket->changed);
    return 0;
}

static long stream_connect(struct file *file, const struct sockaddr *address, size_t size)
{
    uint32_t peer = 0;
    bool unspecified =
        address != NULL && size >= sizeof(address->sa_family) && address->sa_family == AF_UNSPEC;
    bool may_wait = (file->flags & FILE_NONBLOCK) == 0;
    const struct sockaddr_in *to = (const struct sockaddr_in *)address;
    int error = unspecified ? 0 : inet_address_get(to, size, &peer);
    if (error != 0)
        return error;
    netstack_lock();
    error = unspecified ? stream_disconnect(file->object)
                        : stream_connect_locked(file->object, to, peer, may_wait);
    netstack_unlock();
    return error;
}

/* ---- bind, listen, accept -------------------------------------------------------------------- */

static long stream_bind(struct file *file, const struct sockaddr *address, size_t size)
{
    struct stream_socket *socket = file->object;
    const struct sockaddr_in *name = (const struct sockaddr_in *)address;
    uint32_t ours;
    int error = inet_address_get(name, size, &ours);
    if (error != 0)
        return error;
    netstack_lock();
    error = tcp_bind(socket->connection, ours, net_to_host16(name->sin_port));
    netstack_unlock();
    return error;
}

static int stream_listen(struct file *file, int backlog)
{
    struct stream_socket *socket = file->object;
    netstack_lock();
    int error = tcp_listen(socket->connection, (unsigned)backlog); /* below 0: the most */
    netstack_unlock();
    return error;
}

static struct stream_socket *stream_alloc(void)
{
    struct stream_socket *socket = pool_alloc(&stream_pool);
    if (socket == NULL)
        return NULL;
    *socket = (struct stream_socket){
        .receive_timeout_ns = WAIT_FOREVER,
        .send_timeout_ns = WAIT_FOREVER,
    };
    wait_queue_init(&socket->changed);
    return socket;
}

/* A finished connection for `socket`; it waits for one. */
static int stream_take_connection(struct stream_socket *listener, struct stream_socket *socket,
                                  bool may_wait)
{
    uint64_t deadline_ns = socket_option_deadline_ns(listener->receive_timeout_ns);
    for (;;) {
        if (tcp_state(listener->connection) != TCP_LISTEN)
            return -KEINVAL;
        socket->connection = tcp_accept(listener->connection, stream_changed, socket);
        if (socket->connection != NULL) {
            stream_tell_name(socket);
            return 0;
        }
        int error = may_wait ? stream_wait(listener, STREAM_READABLE, deadline_ns) : -KEAGAIN;
        if (error != 0)
            return socket_option_wait_error(error, listener->receive_timeout_ns);
    }
}

static struct file *stream_accept(struct file *file, int *error)
{
    struct stream_socket *listener = file->object;
    struct stream_socket *socket = stream_alloc();
    if (socket == NULL) {
        *error = -KENOBUFS;
        return NULL;
    }
    netstack_lock();
    *error = stream_take_connection(listener, socket, (file->flags & FILE_NONBLOCK) == 0);
    netstack_unlock();
    if (*error != 0) {
        pool_free(&stream_pool, socket);
        return NULL;
    }
    struct file *accepted = stream_make_file(socket);
    if (accepted == NULL)
        *error = -KENFILE;
    return accepted;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* As much of the message from `offset` on as the core takes now, or why it takes nothing. */
static long stream_send_now(struct stream_socket *socket, const struct message *message,
                            size_t offset)
{
    long done = 0;
    size_t begin = 0;
    for (unsigned i = 0; i < message->part_count; i++) {
        const struct iovec *part = &message->parts[i];
        size_t skip = offset + (size_t)done - begin;
        begin += part->iov_len;
        if (skip >= part->iov_len)
            continue;
        size_t left = part->iov_len - skip;
        long result = tcp_send(socket->connection, (const uint8_t *)part->iov_base + skip, left,
                               clock_now_ns());
        if (result < 0)
            return done > 0 ? done : result;
        done += result;
        if ((size_t)result < left)
            break;
    }
    return message->size > 0 ? done : tcp_send(socket->connection, NULL, 0, clock_now_ns());
}

/* What was sent counts more than an error, which the next call is told. */
static long stream_send_locked(struct stream_socket *socket, const struct message *message,
                               bool may_wait)
{
    uint64_t deadline_ns = socket_option_deadline_ns(socket->send_timeout_ns);
    size_t done = 0;
    for (;;) {
        if (done > 0 && (tcp_readiness(socket->connection) & TCP_READY_ERR) != 0)
            return (long)done;
        long result = stream_send_now(socket, message, done);
        if (result >= 0) {
            done += (size_t)result;
            if (done == message->size)
                return (long)done;
        } else if (result != -KEAGAIN) {
            return done > 0 ? (long)done : result;
        }
        if (!may_wait)
            return done > 0 ? (long)done : -KEAGAIN;
        int error = stream_wait(socket, STREAM_WRITABLE, deadline_ns);
        if (error != 0 && done > 0)
            return (long)done;
        if (error != 0)
            return socket_option_wait_error(error, socket->send_timeout_ns);
    }
}

static long stream_sendmsg(struct file *file, const struct message *message)
{
    netstack_lock();
    long result = stream_send_locked(file->object, message, message_may_wait(file, message));
    netstack_unlock();
    if (result == -KEPIPE && (message->flags & MSG_NOSIGNAL) == 0)
        program_raise(SIGPIPE);
    return result;
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* Into the pieces from `offset` on: what is there now. 0: the end. A look fills one piece. */
static long stream_receive_now(struct stream_socket *socket, const struct message *message,
                               size_t offset)
{
    bool peek = (message->flags & MSG_PEEK) != 0;
    long done = 0;
    size_t begin = 0;
    for (unsigned i = 0; i < message->part_count; i++) {
        const struct iovec *part = &message->parts[i];
        size_t skip = offset + (size_t)done - begin;
        begin += part->iov_len;
        if (skip >= part->iov_len)
            continue;
        if (done > 0 && (tcp_readiness(socket->connection) & TCP_READY_ERR) != 0)
            break;
        size_t left = part->iov_len - skip;
        long result = tcp_receive(socket->connection, (uint8_t *)part->iov_base + skip, left, peek,
                                  clock_now_ns());
        if (result < 0)
            return done > 0 ? done : result;
        done += result;
        if ((size_t)result < left || peek)
            break;
    }
    return done;
}

/* Is there something that a further look would give, instead of an error? */
static bool stream_may_go_on(const struct stream_socket *socket, const struct message *message,
                             size_t done)
{
    return (message->flags & MSG_WAITALL) != 0 && (message->flags & MSG_PEEK) == 0 &&
           done < message->size && (tcp_readiness(socket->connection) & TCP_READY_ERR) == 0;
}

static long stream_receive_locked(struct stream_socket *socket, const struct message *message,
                                  bool may_wait)
{
    uint64_t deadline_ns = socket_option_deadline_ns(socket->receive_timeout_ns);
    size_t done = 0;
    for (;;) {
        long result = stream_receive_now(socket, message, done);
        if (result > 0)
            done += (size_t)result;
        if (result == 0 || (done > 0 && !stream_may_go_on(socket, message, done)))
            return (long)done;
        if (result < 0 && result != -KEAGAIN)
            return done > 0 ? (long)done : result;
        if (!may_wait)
            return done > 0 ? (long)done : -KEAGAIN;
        int error = stream_wait(socket, STREAM_READABLE, deadline_ns);
        if (error != 0 && done > 0)
            return (long)done;
        if (error != 0)
            return socket_option_wait_error(error, socket->receive_timeout_ns);
    }
}

/* There is no address with what comes: getpeername() knows it. */
static long stream_recvmsg(struct file *file, struct message *message)
{
    message->name_size = 0;
    if (message->size == 0)
        return 0;
    netstack_lock();
    long result = stream_receive_locked(file->object, message, message_may_wait(file, message));
    netstack_unlock();
    return result;
}

/* ---- readiness ------------------------------------------------------------------------------- */

static unsigned stream_poll(struct file *file, struct poll_table *table)
{
    struct stream_socket *socket = file->object;
    netstack_lock();
    poll_watch(table, &socket->changed);
    unsigned ready = tcp_readiness(socket->connection);
    netstack_unlock();
    return ready;
}

/* ---- halves and names ------------------------------------------------------------------------ */

static int stream_shutdown(struct file *file, int how)
{
    struct stream_socket *socket = file->object;
    unsigned what = (how != SHUT_WR ? (unsigned)TCP_SHUT_READ : 0) |
                    (how != SHUT_RD ? (unsigned)TCP_SHUT_WRITE : 0);
    netstack_lock();
    int error = tcp_shutdown(socket->connection, what, clock_now_ns());
    wait_wake_all(&socket->changed);
    netstack_unlock();
    return error;
}

static int stream_getname(struct file *file, bool peer, struct sockaddr *name, uint32_t *size)
{
    const struct stream_socket *socket = file->object;
    struct tcp_information information;
    struct sockaddr_in address;
    netstack_lock();
    tcp_inform(socket->connection, &information);
    netstack_unlock();
    if (peer && !tcp_has_peer(&information))
        return -KENOTCONN;
    const struct tcp_end *end = peer ? &information.remote : &information.local;
    inet_address_put(&address, end->address);
    address.sin_port = host_to_net16(end->port);
    inet_address_copy(&address, name, size);
    return 0;
}

/* ---- options and others ---------------------------------------------------------------------- */

static long stream_setsockopt(struct file *file, int level, int name, const void *value,
                              size_t size)
{
    netstack_lock();
    long result = stream_option_set(file->object, level, name, value, size);
    netstack_unlock();
    return result;
}

static long stream_getsockopt(struct file *file, int level, int name, void *value, uint32_t *size)
{
    netstack_lock();
    long result = stream_option_get(file->object, level, name, value, size);
    netstack_unlock();
    return result;
}

static long stream_ioctl(struct file *file, unsigned long request, void *argument)
{
    (void)file;
    return inet_ioctl(request, argument);
}

/* Is there something that they have not acknowledged, and nothing that will make it vain? */
static bool stream_is_ending(const struct stream_socket *socket)
{
    struct tcp_information information;
    tcp_inform(socket->connection, &information);
    return information.receive_queue == 0 &&
           (information.state == TCP_FIN_WAIT_1 || information.state == TCP_CLOSING ||
            information.state == TCP_LAST_ACK);
}

/*
 * SO_LINGER with a time: close() comes back when all was delivered, or after that time, or with a
 * signal; whatever is left goes on behind its back. A program that ends does not wait.
 */
static void stream_linger(struct stream_socket *socket)
{
    struct waiter waiter;
    uint64_t deadline_ns = clock_now_ns() + socket->linger_s * STREAM_NS_PER_S;
    struct tcp_information information;
    int error = 0;
    tcp_inform(socket->connection, &information);
    if (task_files() == NULL || information.receive_queue > 0 ||
        tcp_shutdown(socket->connection, TCP_SHUT_READ | TCP_SHUT_WRITE, clock_now_ns()) != 0)
        return;
    while (error == 0) {
        wait_prepare(&socket->changed, &waiter, "socket");
        if (!stream_is_ending(socket))
            break;
        netstack_unlock();
        error = wait_commit(&waiter, deadline_ns);
        netstack_lock();
    }
    wait_finish(&waiter);
}

static void stream_close(struct file *file)
{
    struct stream_socket *socket = file->object;
    netstack_lock();
    if (socket->lingers && socket->linger_s > 0)
        stream_linger(socket);
    if (socket->lingers && socket->linger_s == 0)
        tcp_abort(socket->connection, clock_now_ns());
    else
        tcp_close(socket->connection, clock_now_ns());
    netstack_unlock();
    pool_free(&stream_pool, socket);
}

static const struct file_ops stream_ops = {
    .kind = "TCP socket",
    .read = socket_read,
    .write = socket_write,
    .ioctl = stream_ioctl,
    .close = stream_close,
    .poll = stream_poll,
    .bind = stream_bind,
    .connect = stream_connect,
    .listen = stream_listen,
    .accept = stream_accept,
    .sendmsg = stream_sendmsg,
    .recvmsg = stream_recvmsg,
    .shutdown = stream_shutdown,
    .getname = stream_getname,
    .setsockopt = stream_setsockopt,
    .getsockopt = stream_getsockopt,
};

/* ---- the life of a socket -------------------------------------------------------------------- */

/* Takes the socket, with its connection. */
static struct file *stream_make_file(struct stream_socket *socket)
{
    struct file *file = file_alloc(&stream_ops, socket);
    if (file == NULL) {
        netstack_lock();
        tcp_abort(socket->connection, clock_now_ns());
        netstack_unlock();
        pool_free(&stream_pool, socket);
    }
    return file;
}

void stream_socket_init(void)
{
    pool_init(&stream_pool, "tcp-sockets", stream_sockets, sizeof(stream_sockets[0]),
              STREAM_SOCKETS_MAX);
}

struct file *stream_socket_make(int *error)
{
    struct stream_socket *socket = stream_alloc();
    *error = -KENOBUFS;
    if (socket == NULL)
        return NULL;
    netstack_lock();
    socket->connection = tcp_open(stream_changed, socket);
    netstack_unlock();
    if (socket->connection == NULL) {
        pool_free(&stream_pool, socket);
        return NULL;
    }
    *error = -KENFILE;
    return stream_make_file(socket);
}
