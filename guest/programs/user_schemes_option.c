/*
 * user_schemes_option.c - options of sockets
 *
 * An option is a setting of the socket's scheme, which has the same value: as it is, or as a time.
 */
#include "kernel/scheme_net.h"
#include "kernel/sockios.h"
#include "lib/string.h"
#include "programs/user.h"
#include "programs/user_schemes.h"

enum scheme_option_kind {
    SCHEME_OPTION_INT,
    SCHEME_OPTION_TIME,   /* struct kernel_timeval */
    SCHEME_OPTION_LINGER, /* struct net_linger is what Linux has */
    SCHEME_OPTION_DEVICE, /* a name */
};

struct scheme_option {
    int level, name;
    enum scheme_option_kind kind;
    const char *setting;
};

static const struct scheme_option scheme_options[] = {
    {SOL_SOCKET, SO_RCVTIMEO, SCHEME_OPTION_TIME, "read_timeout"},
    {SOL_SOCKET, SO_SNDTIMEO, SCHEME_OPTION_TIME, "write_timeout"},
    {SOL_SOCKET, SO_BINDTODEVICE, SCHEME_OPTION_DEVICE, "device"},
    {SOL_SOCKET, SO_ERROR, SCHEME_OPTION_INT, "error"},
    {SOL_SOCKET, SO_ACCEPTCONN, SCHEME_OPTION_INT, "backlog"},
    {SOL_SOCKET, SO_REUSEADDR, SCHEME_OPTION_INT, "reuse_address"},
    {SOL_SOCKET, SO_BROADCAST, SCHEME_OPTION_INT, "broadcast"},
    {SOL_SOCKET, SO_RCVBUF, SCHEME_OPTION_INT, "receive_buffer"},
    {SOL_SOCKET, SO_SNDBUF, SCHEME_OPTION_INT, "send_buffer"},
    {SOL_SOCKET, SO_KEEPALIVE, SCHEME_OPTION_INT, "keepalive"},
    {SOL_SOCKET, SO_LINGER, SCHEME_OPTION_LINGER, "linger"},
    {IPPROTO_IP, IP_TTL, SCHEME_OPTION_INT, "hop_limit"},
    {IPPROTO_IP, IP_RECVTTL, SCHEME_OPTION_INT, "receive_ttl"},
    {IPPROTO_TCP, TCP_NODELAY, SCHEME_OPTION_INT, "no_delay"},
};

/* NULL: there is no such option. */
static const struct scheme_option *scheme_option_find(int level, int name)
{
    for (size_t i = 0; i < sizeof scheme_options / sizeof scheme_options[0]; i++) {
        if (scheme_options[i].level == level && scheme_options[i].name == name)
            return &scheme_options[i];
    }
    return NULL;
}

/* ---- options --------------------------------------------------------------------------------- */

static long scheme_set_time(int descriptor, const char *setting, const void *value, size_t size)
{
    struct kernel_timeval time;
    if (size < sizeof time)
        return -KEINVAL;
    memcpy(&time, value, sizeof time);
    if (time.tv_usec < 0 || time.tv_usec >= 1000000)
        return -KEDOM;
    struct kernel_timespec to = {time.tv_sec, time.tv_usec * (int64_t)USER_NS_PER_US};
    return user_scheme_set(descriptor, setting, &to, sizeof to);
}

long user_scheme_setsockopt(int descriptor, int level, int name, const void *value, size_t size)
{
    const struct scheme_option *option = scheme_option_find(level, name);
    size_t needed = 0;
    if (user_scheme_of(descriptor) == USER_SCHEME_NONE)
        return -KENOTSOCK;
    if (option == NULL)
        return -KENOPROTOOPT;
    switch (option->kind) {
    case SCHEME_OPTION_TIME:
        return scheme_set_time(descriptor, option->setting, value, size);
    case SCHEME_OPTION_DEVICE:
        return user_scheme_set(descriptor, option->setting, value, size);
    case SCHEME_OPTION_INT:
        needed = sizeof(int32_t);
        break;
    case SCHEME_OPTION_LINGER:
        needed = sizeof(struct net_linger);
        break;
    }
    return size >= needed ? user_scheme_set(descriptor, option->setting, value, needed) : -KEINVAL;
}

static long scheme_get_time(int descriptor, const char *setting, struct kernel_timeval *time)
{
    struct kernel_timespec from;
    long result = user_scheme_get(descriptor, setting, &from, sizeof from);
    if (result < 0)
        return result;
    *time = (struct kernel_timeval){from.tv_sec, from.tv_nsec / (int64_t)USER_NS_PER_US};
    return sizeof *time;
}

/* What follows from the scheme. False: nothing does. */
static bool scheme_get_constant(enum user_scheme scheme, int level, int name, int32_t *number)
{
    bool stream = scheme == USER_SCHEME_TCP;
    if (level != SOL_SOCKET)
        return false;
    if (name == SO_TYPE)
        *number = stream ? SOCK_STREAM : SOCK_DGRAM;
    else if (name == SO_PROTOCOL)
        *number = stream ? IPPROTO_TCP : scheme == USER_SCHEME_UDP ? IPPROTO_UDP : IPPROTO_ICMP;
    else if (name == SO_DOMAIN)
        *number = AF_INET;
    else if ((name == SO_ACCEPTCONN || name == SO_KEEPALIVE) && !stream)
        *number = 0;
    else
        return false;
    return true;
}

union scheme_value {
    int32_t number;
    struct kernel_timeval time;
    struct net_linger linger;
    char name[IFNAMSIZ];
};

/* How many bytes it has, or an error. */
static long scheme_get_option(int descriptor, const struct scheme_option *option,
                              union scheme_value *value)
{
    switch (option->kind) {
    case SCHEME_OPTION_TIME:
        return scheme_get_time(descriptor, option->setting, &value->time);
    case SCHEME_OPTION_INT:
        return user_scheme_get(descriptor, option->setting, &value->number, sizeof value->number);
    case SCHEME_OPTION_LINGER:
        return user_scheme_get(descriptor, option->setting, &value->linger, sizeof value->linger);
    case SCHEME_OPTION_DEVICE:
        break;
    }
    return user_scheme_get(descriptor, option->setting, value->name, sizeof value->name);
}

long user_scheme_getsockopt(int descriptor, int level, int name, void *value, uint32_t *size)
{
    const struct scheme_option *option = scheme_option_find(level, name);
    enum user_scheme scheme = user_scheme_of(descriptor);
    union scheme_value is = {0};
    long result = sizeof is.number;
    if (scheme == USER_SCHEME_NONE)
        return -KENOTSOCK;
    if (!scheme_get_constant(scheme, level, name, &is.number))
        result = option != NULL ? scheme_get_option(descriptor, option, &is) : -KENOPROTOOPT;
    if (result < 0)
        return result;
    if (result > 0 && option != NULL && option->kind == SCHEME_OPTION_DEVICE && *size < IFNAMSIZ)
        return -KEINVAL; /* as on Linux, whatever the name */
    *size = *size < (uint32_t)result ? *size : (uint32_t)result;
    memcpy(value, &is, *size);
    return 0;
}
