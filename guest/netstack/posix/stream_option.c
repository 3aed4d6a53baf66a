/* stream_option.c - options of TCP sockets */
#include "netstack/posix/stream_option.h"

#include "kernel/clock.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "netstack/interface.h"
#include "netstack/tcp.h"

#define STREAM_NS_PER_S        UINT64_C(1000000000)
#define STREAM_KEEP_S_MAX      32767 /* as on Linux */
#define STREAM_KEEP_PROBES_MAX 127

/* ---- setting --------------------------------------------------------------------------------- */

static int stream_set_seconds(uint64_t *time_ns, int32_t number)
{
    if (number < 1 || number > STREAM_KEEP_S_MAX)
        return -KEINVAL;
    *time_ns = (uint64_t)number * STREAM_NS_PER_S;
    return 0;
}

static int stream_set_tcp_option(struct tcp_options *options, int name, int32_t number)
{
    switch (name) {
    case TCP_NODELAY:
        options->no_delay = number != 0;
        return 0;
    case TCP_KEEPIDLE:
        return stream_set_seconds(&options->keepalive_idle_ns, number);
    case TCP_KEEPINTVL:
        return stream_set_seconds(&options->keepalive_pause_ns, number);
    case TCP_KEEPCNT:
        if (number < 1 || number > STREAM_KEEP_PROBES_MAX)
            return -KEINVAL;
        options->keepalive_probes = (unsigned)number;
        return 0;
    default:
        return -KENOPROTOOPT;
    }
}

/* Sizes that are none are the least: the core has its limits, and 0 is not one of them. */
static int stream_set_socket_option(struct tcp_options *options, int name, int32_t number)
{
    size_t size = number > 0 ? (size_t)number : 1;
    switch (name) {
    case SO_REUSEADDR:
        options->reuse_address = number != 0;
        return 0;
    case SO_KEEPALIVE:
        options->keepalive = number != 0;
        return 0;
    case SO_RCVBUF:
        options->receive_buffer = size;
        return 0;
    case SO_SNDBUF:
        options->send_buffer = size;
        return 0;
    default:
        return -KENOPROTOOPT;
    }
}

/* struct linger: on or off, and seconds. */
static int stream_set_linger(struct stream_socket *socket, const void *value, size_t size)
{
    uint32_t linger[2];
    if (value == NULL || size < sizeof(linger))
        return -KEINVAL;
    memcpy(linger, value, sizeof(linger));
    socket->lingers = linger[0] != 0;
    if (socket->lingers)
        socket->linger_s = linger[1];
    return 0;
}

static int stream_set_device(struct stream_socket *socket, const void *value, size_t size)
{
    struct interface *device;
    int error = interface_by_option(value, size, &device);
    return error == 0 ? tcp_bind_device(socket->connection, device) : error;
}

int stream_option_set(struct stream_socket *socket, int level, int name, const void *value,
                      size_t size)
{
    struct tcp_options options = *tcp_get_options(socket->connection);
    int32_t number;
    if (level == SOL_SOCKET && name == SO_RCVTIMEO)
        return socket_option_get_timeout(value, size, &socket->receive_timeout_ns);
    if (level == SOL_SOCKET && name == SO_SNDTIMEO)
        return socket_option_get_timeout(value, size, &socket->send_timeout_ns);
    if (level == SOL_SOCKET && name == SO_LINGER)
        return stream_set_linger(socket, value, size);
    if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
        return stream_set_device(socket, value, size);
    if (level != SOL_SOCKET && level != IPPROTO_TCP)
        return -KENOPROTOOPT;
    int error = socket_option_get_int(value, size, &number);
    if (error == 0)
        error = level == SOL_SOCKET ? stream_set_socket_option(&options, name, number)
                                    : stream_set_tcp_option(&options, name, number);
    if (error == 0)
        tcp_set_options(socket->connection, &options, clock_now_ns());
    return error;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int stream_get_tcp_option(const struct stream_socket *socket, int name, int32_t *number)
{
    const struct tcp_options *options = tcp_get_options(socket->connection);
    struct tcp_information information;
    switch (name) {
    case TCP_NODELAY:
        *number = options->no_delay;
        return 0;
    case TCP_MAXSEG:
        tcp_inform(socket->connection, &information);
        *number = (int32_t)information.mss;
        return 0;
    case TCP_KEEPIDLE:
        *number = (int32_t)(options->keepalive_idle_ns / STREAM_NS_PER_S);
        return 0;
    case TCP_KEEPINTVL:
        *number = (int32_t)(options->keepalive_pause_ns / STREAM_NS_PER_S);
        return 0;
    case TCP_KEEPCNT:
        *number = (int32_t)options->keepalive_probes;
        return 0;
    default:
        return -KENOPROTOOPT;
    }
}

static int stream_get_socket_option(struct stream_socket *socket, int name, int32_t *number)
{
    const struct tcp_options *options = tcp_get_options(socket->connection);
    struct tcp_information information;
    tcp_inform(socket->connection, &information);
    switch (name) {
    case SO_ERROR:
        *number = tcp_take_error(socket->connection);
        return 0;
    case SO_TYPE:
        *number = SOCK_STREAM;
        return 0;
    case SO_PROTOCOL:
        *number = IPPROTO_TCP;
        return 0;
    case SO_DOMAIN:
        *number = AF_INET;
        return 0;
    case SO_ACCEPTCONN:
        *number = tcp_state(socket->connection) == TCP_LISTEN;
        return 0;
    case SO_REUSEADDR:
        *number = options->reuse_address;
        return 0;
    case SO_KEEPALIVE:
        *number = options->keepalive;
        return 0;
    case SO_RCVBUF:
        *number = (int32_t)tcp_told_size(options->receive_buffer, information.receive_buffer);
        return 0;
    case SO_SNDBUF:
        *number = (int32_t)tcp_told_size(options->send_buffer, information.send_buffer);
        return 0;
    default:
        return -KENOPROTOOPT;
    }
}

int stream_option_get(struct stream_socket *socket, int level, int name, void *value,
                      uint32_t *size)
{
    const uint32_t linger[2] = {socket->lingers, socket->linger_s};
    int32_t number = 0;
    int error = -KENOPROTOOPT;
    if (level == SOL_SOCKET && name == SO_RCVTIMEO)
        return socket_option_put_timeout(value, size, socket->receive_timeout_ns);
    if (level == SOL_SOCKET && name == SO_SNDTIMEO)
        return socket_option_put_timeout(value, size, socket->send_timeout_ns);
    if (level == SOL_SOCKET && name == SO_LINGER)
        return socket_option_put(value, size, linger, sizeof(linger));
    if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
        return socket_option_put_device(value, size, tcp_device(socket->connection));
    if (level == SOL_SOCKET)
        error = stream_get_socket_option(socket, name, &number);
    else if (level == IPPROTO_TCP)
        error = stream_get_tcp_option(socket, name, &number);
    else if (level == IPPROTO_IP && name == IP_TTL) {
        number = IPV4_TTL;
        error = 0;
    }
    return error == 0 ? socket_option_put_int(value, size, number) : error;
}
