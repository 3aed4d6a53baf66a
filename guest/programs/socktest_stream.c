/* socktest_stream.c - checks of socktest with a TCP server */
#include "lib/string.h"
#include "programs/socktest.h"

#define SOCKTEST_WAIT_MS    10000
#define SOCKTEST_TIMEOUT_S  2
#define SOCKTEST_PIECE_SIZE 8192 /* of what fills a buffer */
#define SOCKTEST_PIECES     40   /* more than the buffers of both sides */
#define SOCKTEST_BUFFER     16384
#define SOCKTEST_TEXT       "hello, world"
#define SOCKTEST_TEXT_SIZE  (sizeof(SOCKTEST_TEXT) - 1)

/* A socket on its way to the peer: it does not block. Negative: said. */
static int socktest_begin(const struct socktest *test)
{
    int socket = socktest_socket(test, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (socket < 0)
        return socket;
    long error = user_connect(socket, &test->peer);
    return socktest_result(test, "connect", -KEINPROGRESS, error) ? socket : -1;
}

/* ---- connecting ------------------------------------------------------------------------------ */

bool socktest_connect_twice(struct socktest *test)
{
    int socket = socktest_begin(test);
    return socket >= 0 &&
           socktest_result(test, "connect(on its way)", -KEALREADY,
                           user_connect(socket, &test->peer)) &&
           socktest_result(test, "poll(POLLOUT)", POLLOUT,
                           socktest_poll(socket, POLLOUT, SOCKTEST_WAIT_MS)) &&
           socktest_result(test, "connect(connected)", -KEISCONN,
                           user_connect(socket, &test->peer));
}

/* What a set says of its only member within a time; 0: nothing. */
static long socktest_epoll_wait(int set, int timeout_ms)
{
    struct epoll_event event = {0, 0};
    long count = user_epoll_wait(set, &event, 1, timeout_ms);
    return count == 1 ? (long)event.events : count;
}

/*
 * Ready for writing when it is connected and not before, for reading when the echo is there. By
 * edge, each of the two is said once.
 */
static bool socktest_epoll_by(struct socktest *test, unsigned way)
{
    char text[SOCKTEST_TEXT_SIZE];
    bool by_edge = way != 0;
    int set = (int)user_epoll_create();
    int socket = socktest_begin(test);
    return socket >= 0 &&
           socktest_result(test, "epoll_ctl(ADD)", 0,
                           user_epoll_ctl(set, EPOLL_CTL_ADD, socket, POLLOUT | way, 1)) &&
           socktest_result(test, "epoll_wait(EPOLLOUT)", POLLOUT,
                           socktest_epoll_wait(set, SOCKTEST_WAIT_MS)) &&
           socktest_result(test, "send", SOCKTEST_TEXT_SIZE,
                           user_send(socket, SOCKTEST_TEXT, SOCKTEST_TEXT_SIZE, MSG_NOSIGNAL)) &&
           socktest_result(test, "epoll_ctl(MOD)", 0,
                           user_epoll_ctl(set, EPOLL_CTL_MOD, socket, POLLIN | way, 2)) &&
           socktest_result(test, "epoll_wait(EPOLLIN)", POLLIN,
                           socktest_epoll_wait(set, SOCKTEST_WAIT_MS)) &&
           socktest_result(test, "epoll_wait(said already)", by_edge ? 0 : POLLIN,
                           socktest_epoll_wait(set, 1)) &&
           socktest_result(test, "recv", SOCKTEST_TEXT_SIZE,
                           user_recv(socket, text, sizeof text, 0)) &&
           socktest_result(test, "epoll_wait(taken)", 0, socktest_epoll_wait(set, 1));
}

bool socktest_epoll(struct socktest *test)
{
    return socktest_epoll_by(test, 0);
}

bool socktest_epoll_edge(struct socktest *test)
{
    return socktest_epoll_by(test, EPOLLET);
}

/* Nothing can be read on the way, and this is not the end either. */
bool socktest_read_early(struct socktest *test)
{
    char byte;
    int socket = socktest_begin(test);
    return socket >= 0 &&
           socktest_result(test, "recv(on its way)", -KEAGAIN,
                           user_recv(socket, &byte, sizeof byte, 0)) &&
           socktest_result(test, "poll(POLLIN, on its way)", 0, socktest_poll(socket, POLLIN, 1)) &&
           socktest_result(test, "poll(POLLOUT)", POLLOUT,
                           socktest_poll(socket, POLLOUT, SOCKTEST_WAIT_MS)) &&
           socktest_result(test, "recv(nothing yet)", -KEAGAIN,
                           user_recv(socket, &byte, sizeof byte, 0));
}

/* What a send() takes is delivered. Before the handshake it takes nothing, and says so. */
bool socktest_send_early(struct socktest *test)
{
    char text[64];
    size_t got = 0;
    int socket = socktest_begin(test);
    if (socket < 0)
        return false;
    long sent = user_send(socket, SOCKTEST_TEXT, SOCKTEST_TEXT_SIZE, MSG_NOSIGNAL);
    if (sent < 0) {
        if (!socktest_result(test, "send(on its way)", -KEAGAIN, sent) ||
            !socktest_result(test, "poll(POLLOUT)", POLLOUT,
                             socktest_poll(socket, POLLOUT, SOCKTEST_WAIT_MS)))
            return false;
        sent = user_send(socket, SOCKTEST_TEXT, SOCKTEST_TEXT_SIZE, MSG_NOSIGNAL);
    }
    if (!socktest_result(test, "send", SOCKTEST_TEXT_SIZE, sent))
        return false;
    while (got < SOCKTEST_TEXT_SIZE) {
        if (!socktest_result(test, "poll(echo of what was sent)", POLLIN,
                             socktest_poll(socket, POLLIN, SOCKTEST_WAIT_MS)))
            return false;
        long size = user_recv(socket, text + got, sizeof text - got, 0);
        if (size <= 0)
            return socktest_result(test, "recv", SOCKTEST_TEXT_SIZE, size);
        got += (size_t)size;
    }
    return socktest_holds(test, "recv", "it is what was sent",
                          memcmp(text, SOCKTEST_TEXT, SOCKTEST_TEXT_SIZE) == 0);
}

/* ---- refused and reset ----------------------------------------------------------------------- */

bool socktest_refused_poll(struct socktest *test)
{
    int socket = socktest_begin(test);
    long ready = socket >= 0 ? socktest_poll(socket, POLLOUT, SOCKTEST_WAIT_MS) : 0;
    return socket >= 0 && socktest_holds(test, "poll(refused)", "POLLOUT, POLLERR and POLLHUP come",
                                         ready == (POLLOUT | POLLERR | POLLHUP));
}

/* The error is told once. */
bool socktest_refused_error(struct socktest *test)
{
    int socket = socktest_begin(test);
    if (socket < 0)
        return false;
    (void)socktest_poll(socket, POLLOUT, SOCKTEST_WAIT_MS);
    return socktest_result(test, "getsockopt(SO_ERROR)", KECONNREFUSED,
                           socktest_option(socket, SOL_SOCKET, SO_ERROR)) &&
           socktest_result(test, "getsockopt(SO_ERROR, again)", 0,
                           socktest_option(socket, SOL_SOCKET, SO_ERROR));
}

bool socktest_refused_wait(struct socktest *test)
{
    int socket = socktest_socket(test, SOCK_STREAM, 0);
    return socket >= 0 && socktest_result(test, "connect(refused)", -KECONNREFUSED,
                                          user_connect(socket, &test->peer));
}

bool socktest_reset_error(struct socktest *test)
{
    int socket = socktest_connected(test, SOCK_STREAM);
    if (socket < 0)
        return false;
    long ready = socktest_poll(socket, POLLIN, SOCKTEST_WAIT_MS);
    return socktest_holds(test, "poll(reset)", "POLLERR and POLLHUP come",
                          (ready & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP)) &&
           socktest_result(test, "getsockopt(SO_ERROR)", KECONNRESET,
                           socktest_option(socket, SOL_SOCKET, SO_ERROR)) &&
           socktest_result(test, "getsockopt(SO_ERROR, again)", 0,
                           socktest_option(socket, SOL_SOCKET, SO_ERROR));
}

/* ---- receiving ------------------------------------------------------------------------------- */

bool socktest_receive_timeout(struct socktest *test)
{
    struct kernel_timeval timeout = {SOCKTEST_TIMEOUT_S, 0}, is = {0, 0};
    uint32_t size = sizeof is;
    char byte;
    int socket = socktest_connected(test, SOCK_STREAM);
    if (socket < 0)
        return false;
    if (!socktest_result(
            test, "setsockopt(SO_RCVTIMEO)", 0,
            user_setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout)) ||
        !socktest_result(test, "getsockopt(SO_RCVTIMEO)", 0,
                         user_getsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &is, &size)) ||
        !socktest_result(test, "getsockopt(SO_RCVTIMEO): seconds", SOCKTEST_TIMEOUT_S, is.tv_sec))
        return false;
    uint64_t begin_ns = user_now_ns();
    return socktest_result(test, "recv(nothing comes)", -KEAGAIN, user_recv(socket, &byte, 1, 0)) &&
           socktest_took(test, "recv(nothing comes)", SOCKTEST_TIMEOUT_S * 1000, begin_ns);
}

/* Without a timeout a call waits as long as it takes. */
bool socktest_patience(struct socktest *test)
{
    char byte;
    int socket = socktest_connected(test, SOCK_STREAM);
    return socket >= 0 &&
           socktest_result(test, "recv(after a while)", 1, user_recv(socket, &byte, 1, 0));
}

/* All that the peer has sent, and then the end. */
bool socktest_end(struct socktest *test)
{
    char text[64];
    long size;
    int socket = socktest_connected(test, SOCK_STREAM);
    if (socket < 0)
        return false;
    while ((size = user_recv(socket, text, sizeof text, 0)) > 0)
        ;
    return socktest_result(test, "recv(at the end)", 0, size);
}

bool socktest_end_poll(struct socktest *test)
{
    char text[64];
    long size;
    int socket = socktest_connected(test, SOCK_STREAM);
    if (socket < 0)
        return false;
    do {
        if (!socktest_result(test, "poll(POLLIN)", POLLIN,
                             socktest_poll(socket, POLLIN, SOCKTEST_WAIT_MS)))
            return false;
        size = user_recv(socket, text, sizeof text, 0);
    } while (size > 0);
    return socktest_result(test, "recv(at the end)", 0, size);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* A blocking write() takes all of it, however long that takes. */
static bool socktest_write_pieces(struct socktest *test, int socket)
{
    char piece[SOCKTEST_PIECE_SIZE];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < SOCKTEST_PIECES; i++) {
        if (!socktest_result(test, "write(to a peer that takes its time)", sizeof piece,
                             user_write(socket, piece, sizeof piece)))
            return false;
    }
    return true;
}

bool socktest_full(struct socktest *test)
{
    int socket = socktest_connected(test, SOCK_STREAM);
    return socket >= 0 && socktest_write_pieces(test, socket);
}

/* Of no piece there is ever room for all at once. */
bool socktest_full_small(struct socktest *test)
{
    int32_t size = SOCKTEST_PIECE_SIZE / 2;
    int socket = socktest_connected(test, SOCK_STREAM);
    return socket >= 0 &&
           socktest_result(test, "setsockopt(SO_SNDBUF)", 0,
                           user_setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size)) &&
           socktest_write_pieces(test, socket);
}

/*
 * One that does not block says so, and poll() tells when there is room. The buffer has a size, lest
 * it grows while it is being filled.
 */
bool socktest_full_poll(struct socktest *test)
{
    char piece[SOCKTEST_PIECE_SIZE];
    const int32_t buffer = SOCKTEST_BUFFER;
    long size = 1;
    int socket = socktest_connected(test, SOCK_STREAM);
    memset(piece, 'x', sizeof piece);
    if (socket < 0 ||
        !socktest_result(test, "setsockopt(SO_SNDBUF)", 0,
                         user_setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer)))
        return false;
    for (int i = 0; size > 0 && i < SOCKTEST_PIECES; i++)
        size = user_send(socket, piece, sizeof piece, MSG_DONTWAIT | MSG_NOSIGNAL);
    return socktest_result(test, "send(full)", -KEAGAIN, size) &&
           socktest_result(test, "poll(full)", 0, socktest_poll(socket, POLLOUT, 0)) &&
           socktest_result(test, "poll(POLLOUT)", POLLOUT,
                           socktest_poll(socket, POLLOUT, SOCKTEST_WAIT_MS)) &&
           socktest_holds(test, "send(after poll)", "there is room",
                          user_send(socket, piece, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1);
}
