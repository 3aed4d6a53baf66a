/*
 * socktest_message.c - checks of socktest: messages in parts, looks, waiting for all, and options
 * of a connection, with a peer that sends back what it gets
 */
#include "kernel/sockios.h"
#include "lib/string.h"
#include "programs/socktest.h"

#define SOCKTEST_WAIT_MS   2000
#define SOCKTEST_TEXT      "hello, world"
#define SOCKTEST_TEXT_SIZE (sizeof(SOCKTEST_TEXT) - 1)
#define SOCKTEST_FIRST     5 /* bytes of it that go, or come, before the others */

static bool socktest_is_text(const struct socktest *test, const char *call, const char *text)
{
    return socktest_holds(test, call, "it is what was sent",
                          memcmp(text, SOCKTEST_TEXT, SOCKTEST_TEXT_SIZE) == 0);
}

static bool socktest_send(const struct socktest *test, int socket, size_t from, size_t size)
{
    const char *text = SOCKTEST_TEXT;
    return socktest_result(test, "send", (long)size,
                           user_send(socket, text + from, size, MSG_NOSIGNAL)) &&
           socktest_result(test, "poll(POLLIN)", POLLIN,
                           socktest_poll(socket, POLLIN, SOCKTEST_WAIT_MS));
}

/* ---- looks ----------------------------------------------------------------------------------- */

/* What a look gives is there still; and it waits no longer than any other call. */
static bool socktest_peek_at(const struct socktest *test, int type)
{
    char text[SOCKTEST_TEXT_SIZE];
    int socket = socktest_connected(test, type);
    return socket >= 0 && socktest_send(test, socket, 0, SOCKTEST_TEXT_SIZE) &&
           socktest_result(test, "recv(MSG_PEEK, a part)", SOCKTEST_FIRST,
                           user_recv(socket, text, SOCKTEST_FIRST, MSG_PEEK)) &&
           socktest_result(test, "recv(MSG_PEEK)", SOCKTEST_TEXT_SIZE,
                           user_recv(socket, text, sizeof text, MSG_PEEK)) &&
           socktest_is_text(test, "recv(MSG_PEEK)", text) &&
           socktest_result(test, "recv", SOCKTEST_TEXT_SIZE,
                           user_recv(socket, text, sizeof text, 0)) &&
           socktest_is_text(test, "recv", text) &&
           socktest_result(test, "recv(MSG_PEEK, taken)", -KEAGAIN,
                           user_recv(socket, text, sizeof text, MSG_PEEK | MSG_DONTWAIT));
}

bool socktest_peek(struct socktest *test)
{
    return socktest_peek_at(test, SOCK_STREAM);
}

bool socktest_datagram_peek(struct socktest *test)
{
    return socktest_peek_at(test, SOCK_DGRAM);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* The first bytes are there, the others are on their way. */
bool socktest_wait_all(struct socktest *test)
{
    char text[SOCKTEST_TEXT_SIZE];
    const size_t rest = SOCKTEST_TEXT_SIZE - SOCKTEST_FIRST;
    int socket = socktest_connected(test, SOCK_STREAM);
    return socket >= 0 && socktest_send(test, socket, 0, SOCKTEST_FIRST) &&
           socktest_result(test, "send", (long)rest,
                           user_send(socket, SOCKTEST_TEXT + SOCKTEST_FIRST, rest, 0)) &&
           socktest_result(test, "recv(MSG_WAITALL)", SOCKTEST_TEXT_SIZE,
                           user_recv(socket, text, sizeof text, MSG_WAITALL)) &&
           socktest_is_text(test, "recv(MSG_WAITALL)", text) &&
           socktest_send(test, socket, 0, SOCKTEST_FIRST) &&
           socktest_result(test, "recv(MSG_WAITALL, MSG_DONTWAIT)", SOCKTEST_FIRST,
                           user_recv(socket, text, sizeof text, MSG_WAITALL | MSG_DONTWAIT));
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* Parts of other sizes come back than were sent. */
static bool socktest_parts_by(const struct socktest *test, int type, int flags)
{
    char sent[] = SOCKTEST_TEXT, text[SOCKTEST_TEXT_SIZE];
    struct sockaddr_in to = test->peer;
    struct iovec out[] = {{sent, 1}, {sent, 0}, {sent + 1, SOCKTEST_TEXT_SIZE - 1}};
    struct iovec in[] = {{text, SOCKTEST_FIRST},
                         {text + SOCKTEST_FIRST, SOCKTEST_TEXT_SIZE - SOCKTEST_FIRST}};
    struct msghdr message = {.msg_iov = out, .msg_iovlen = 3};
    struct msghdr answer = {.msg_iov = in, .msg_iovlen = 2};
    int socket =
        type == SOCK_STREAM ? socktest_connected(test, type) : socktest_socket(test, type, 0);
    if (type == SOCK_DGRAM) {
        message.msg_name = &to;
        message.msg_namelen = sizeof to;
    }
    return socket >= 0 &&
           socktest_result(test, "sendmsg", SOCKTEST_TEXT_SIZE,
                           user_sendmsg(socket, &message, MSG_NOSIGNAL)) &&
           socktest_result(test, "recvmsg", SOCKTEST_TEXT_SIZE,
                           user_recvmsg(socket, &answer, flags)) &&
           socktest_is_text(test, "recvmsg", text);
}

bool socktest_parts(struct socktest *test)
{
    return socktest_parts_by(test, SOCK_STREAM, MSG_WAITALL);
}

bool socktest_datagram_parts(struct socktest *test)
{
    return socktest_parts_by(test, SOCK_DGRAM, 0);
}

/* ---- options of a connection ----------------------------------------------------------------- */

/* With no time to linger the connection ends at once: the scenario sees by what. */
bool socktest_linger(struct socktest *test)
{
    uint32_t linger[2] = {1, 0}, is[2] = {9, 9}, size = sizeof is;
    int socket = socktest_connected(test, SOCK_STREAM);
    return socket >= 0 &&
           socktest_result(test, "setsockopt(SO_LINGER)", 0,
                           user_setsockopt(socket, SOL_SOCKET, SO_LINGER, linger, sizeof linger)) &&
           socktest_result(test, "getsockopt(SO_LINGER)", 0,
                           user_getsockopt(socket, SOL_SOCKET, SO_LINGER, is, &size)) &&
           socktest_holds(test, "getsockopt(SO_LINGER)", "it is what was set",
                          size == sizeof is && is[0] == 1 && is[1] == 0) &&
           socktest_result(test, "close", 0, user_close(socket));
}

/* An interface that the connection has to use, by its name. */
bool socktest_device(struct socktest *test)
{
    char name[IFNAMSIZ] = "eth0", other[] = "eth9", is[IFNAMSIZ];
    uint32_t size = sizeof is;
    int socket = socktest_socket(test, SOCK_STREAM, 0);
    return socket >= 0 &&
           socktest_result(
               test, "setsockopt(SO_BINDTODEVICE, none of ours)", -KENODEV,
               user_setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, other, sizeof other)) &&
           socktest_result(test, "setsockopt(SO_BINDTODEVICE)", 0,
                           user_setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, name, 5)) &&
           socktest_result(test, "getsockopt(SO_BINDTODEVICE)", 0,
                           user_getsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, is, &size)) &&
           socktest_holds(test, "getsockopt(SO_BINDTODEVICE)", "it is what was set",
                          size == 5 && kstreq(is, name)) &&
           socktest_result(test, "connect", 0, user_connect(socket, &test->peer)) &&
           socktest_result(test, "setsockopt(SO_BINDTODEVICE, connected)", -KEINVAL,
                           user_setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, name, 5));
}
