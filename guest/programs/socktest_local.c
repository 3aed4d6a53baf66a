/* socktest_local.c - checks of socktest that need nobody else */
#include "lib/string.h"
#include "programs/socktest.h"

#define SOCKTEST_LOOPBACK   0x7f000001
#define SOCKTEST_PORT       7
#define SOCKTEST_RETRY_MS   1000
#define SOCKTEST_POISON     0xcc
#define SOCKTEST_TEXT_MAX   512
#define SOCKTEST_TIMEOUT_MS 100

/* Who has no IPv6 says so: programs then go on with IPv4. */
bool socktest_inet6(struct socktest *test)
{
    return socktest_result(test, "socket(AF_INET6)", -KEAFNOSUPPORT,
                           user_socket(AF_INET6, SOCK_STREAM, 0));
}

static long socktest_fcntl(int descriptor, int command, long argument)
{
    return system_call(SYS_FCNTL, descriptor, command, argument, 0, 0, 0);
}

/* O_NONBLOCK is of the open file: it comes with socket(), by fcntl(), and is shared by dup(). */
bool socktest_flags(struct socktest *test)
{
    char byte;
    uint64_t begin_ns = user_now_ns();
    int socket = socktest_socket(test, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (socket < 0)
        return false;
    if (!socktest_result(test, "recv(SOCK_NONBLOCK)", -KEAGAIN, user_recv(socket, &byte, 1, 0)) ||
        !socktest_took(test, "recv(SOCK_NONBLOCK)", 0, begin_ns))
        return false;
    long flags = socktest_fcntl(socket, F_GETFL, 0);
    if (!socktest_holds(test, "fcntl(F_GETFL)", "O_NONBLOCK is set",
                        (flags & SOCK_NONBLOCK) != 0) ||
        !socktest_result(test, "fcntl(F_SETFL)", 0,
                         socktest_fcntl(socket, F_SETFL, flags & ~(long)SOCK_NONBLOCK)))
        return false;
    long other = system_call(SYS_DUP, socket, 0, 0, 0, 0, 0);
    if (!socktest_holds(test, "fcntl(F_GETFL)", "O_NONBLOCK is clear",
                        (socktest_fcntl((int)other, F_GETFL, 0) & SOCK_NONBLOCK) == 0) ||
        !socktest_result(test, "fcntl(F_SETFL)", 0, socktest_fcntl((int)other, F_SETFL, flags)))
        return false;
    return socktest_result(test, "recv(O_NONBLOCK)", -KEAGAIN, user_recv(socket, &byte, 1, 0));
}

bool socktest_eventfd(struct socktest *test)
{
    const uint64_t five = 5, too_much = UINT64_MAX;
    uint64_t count = 0;
    long result = user_eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int event = (int)result;
    if (result < 0)
        return socktest_result(test, "eventfd2", 0, result);
    return socktest_result(test, "read(empty)", -KEAGAIN, user_read(event, &count, sizeof count)) &&
           socktest_result(test, "poll(empty)", 0, socktest_poll(event, POLLIN, 0)) &&
           socktest_result(test, "write(5)", sizeof five, user_write(event, &five, sizeof five)) &&
           socktest_result(test, "poll(5)", POLLIN, socktest_poll(event, POLLIN, 0)) &&
           socktest_result(test, "write(UINT64_MAX)", -KEINVAL,
                           user_write(event, &too_much, sizeof too_much)) &&
           socktest_result(test, "read(5)", sizeof count, user_read(event, &count, sizeof count)) &&
           socktest_result(test, "what was read", 5, (long)count) &&
           socktest_result(test, "read(again)", -KEAGAIN, user_read(event, &count, sizeof count));
}

/* ---- options --------------------------------------------------------------------------------- */

/* The value is written, all of it, and its size. */
static bool socktest_default(const struct socktest *test, int socket, int name, const char *call,
                             int32_t wanted)
{
    uint8_t buffer[8];
    uint32_t size = sizeof buffer;
    int32_t value;
    memset(buffer, SOCKTEST_POISON, sizeof buffer);
    if (!socktest_result(test, call, 0, user_getsockopt(socket, SOL_SOCKET, name, buffer, &size)) ||
        !socktest_holds(test, call, "the size is that of an int", size == sizeof value))
        return false;
    memcpy(&value, buffer, sizeof value);
    return socktest_result(test, call, wanted, value);
}

bool socktest_options(struct socktest *test)
{
    int socket = socktest_socket(test, SOCK_STREAM, 0);
    return socket >= 0 && socktest_default(test, socket, SO_ERROR, "getsockopt(SO_ERROR)", 0) &&
           socktest_default(test, socket, SO_TYPE, "getsockopt(SO_TYPE)", SOCK_STREAM) &&
           socktest_default(test, socket, SO_KEEPALIVE, "getsockopt(SO_KEEPALIVE)", 0) &&
           socktest_default(test, socket, SO_RCVBUF, "getsockopt(SO_RCVBUF)", 87380) &&
           socktest_default(test, socket, SO_SNDBUF, "getsockopt(SO_SNDBUF)", 16384);
}

/* ---- a full backlog -------------------------------------------------------------------------- */

/* Whoever finds the backlog full is heard when it asks again: a second later [RFC6298] 2.1. */
bool socktest_backlog(struct socktest *test)
{
    struct sockaddr_in name = user_endpoint(SOCKTEST_LOOPBACK, SOCKTEST_PORT);
    int listener = socktest_socket(test, SOCK_STREAM, 0);
    int first = socktest_socket(test, SOCK_STREAM, 0);
    int second = socktest_socket(test, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener < 0 || first < 0 || second < 0 ||
        !socktest_result(test, "bind", 0, user_bind(listener, &name)) ||
        !socktest_result(test, "listen", 0, user_listen(listener, 0)) ||
        !socktest_result(test, "connect", 0, user_connect(first, &name)) ||
        !socktest_result(test, "connect(full)", -KEINPROGRESS, user_connect(second, &name)))
        return false;
    uint64_t begin_ns = user_now_ns();
    return socktest_holds(test, "accept", "there is a connection",
                          user_accept(listener, NULL, 0) >= 0) &&
           socktest_result(test, "poll(POLLOUT)", POLLOUT,
                           socktest_poll(second, POLLOUT, 10 * SOCKTEST_RETRY_MS)) &&
           socktest_took(test, "poll(POLLOUT)", SOCKTEST_RETRY_MS, begin_ns);
}

/* ---- readiness ------------------------------------------------------------------------------- */

/* Nothing has happened to a listener, or to a socket that was never connected: no error. */
bool socktest_listener(struct socktest *test)
{
    int fresh = socktest_socket(test, SOCK_STREAM, 0);
    int listener = socktest_socket(test, SOCK_STREAM, 0);
    if (fresh < 0 || listener < 0)
        return false;
    return socktest_result(test, "poll(never connected)", POLLOUT | POLLHUP,
                           socktest_poll(fresh, POLLIN | POLLOUT, 0)) &&
           socktest_result(test, "listen", 0, user_listen(listener, 1)) &&
           socktest_result(test, "poll(listener)", 0,
                           socktest_poll(listener, POLLIN | POLLOUT, 10));
}

bool socktest_poll_timeout(struct socktest *test)
{
    uint64_t begin_ns = user_now_ns();
    int socket = socktest_socket(test, SOCK_DGRAM, 0);
    return socket >= 0 &&
           socktest_result(test, "poll(POLLIN)", 0,
                           socktest_poll(socket, POLLIN, SOCKTEST_TIMEOUT_MS)) &&
           socktest_took(test, "poll(POLLIN)", SOCKTEST_TIMEOUT_MS, begin_ns);
}

/* ---- /proc/net ------------------------------------------------------------------------------- */

static bool socktest_proc_file(const struct socktest *test, const char *path)
{
    char text[SOCKTEST_TEXT_MAX];
    long file = user_open(path, O_RDONLY);
    if (file < 0)
        return socktest_result(test, path, 0, file);
    long size = user_read((int)file, text, sizeof text);
    (void)user_close((int)file);
    return socktest_holds(test, path, "it begins with a line of headings",
                          size > 0 && kstr_has_prefix(text, "  ") &&
                              memcmp(text + 2, size > 4 && text[2] == ' ' ? " sl" : "sl", 2) == 0);
}

bool socktest_proc_net(struct socktest *test)
{
    return socktest_proc_file(test, "/proc/net/tcp") && socktest_proc_file(test, "/proc/net/udp") &&
           socktest_proc_file(test, "/proc/net/tcp6") && socktest_proc_file(test, "/proc/net/udp6");
}
