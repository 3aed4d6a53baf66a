/* socktest_datagram.c - checks of socktest with a peer that sends datagrams back */
#include "lib/endian.h"
#include "lib/string.h"
#include "programs/socktest.h"

#define SOCKTEST_LONGEST     65507 /* [RFC791] 3.1, [RFC768]: what the two headers leave */
#define SOCKTEST_PIECE_SIZE  4096
#define SOCKTEST_PIECES      17
#define SOCKTEST_POISON      0xaa
#define SOCKTEST_CONTROL_MAX 64
#define SOCKTEST_WAIT_MS     2000
#define SOCKTEST_TEXT        "question"
#define SOCKTEST_TEXT_SIZE   (sizeof(SOCKTEST_TEXT) - 1)
#define SOCKTEST_IDENT       0x7777
#define SOCKTEST_ECHO        8

/* A message with room for everything, and something else in it. */
struct socktest_message {
    struct sockaddr_in name;
    char data[64];
    uint8_t control[SOCKTEST_CONTROL_MAX];
    struct iovec part;
    struct msghdr header;
};

static void socktest_prepare(struct socktest_message *message)
{
    memset(message, SOCKTEST_POISON, sizeof *message);
    message->part = (struct iovec){message->data, sizeof message->data};
    message->header = (struct msghdr){
        .msg_name = &message->name,
        .msg_namelen = sizeof message->name,
        .msg_iov = &message->part,
        .msg_iovlen = 1,
        .msg_control = message->control,
        .msg_controllen = sizeof message->control,
    };
}

/* Asks the peer and receives its answer. */
static bool socktest_ask(const struct socktest *test, int socket, struct socktest_message *message)
{
    socktest_prepare(message);
    return socktest_result(test, "sendto", SOCKTEST_TEXT_SIZE,
                           user_sendto(socket, SOCKTEST_TEXT, SOCKTEST_TEXT_SIZE, &test->peer)) &&
           socktest_result(test, "poll(POLLIN)", POLLIN,
                           socktest_poll(socket, POLLIN, SOCKTEST_WAIT_MS)) &&
           socktest_result(test, "recvmsg", SOCKTEST_TEXT_SIZE,
                           user_recvmsg(socket, &message->header, 0));
}

/* Who asks a name server by UDP looks at where the answer came from. */
bool socktest_msg_name(struct socktest *test)
{
    struct socktest_message message;
    int socket = socktest_socket(test, SOCK_DGRAM, 0);
    return socket >= 0 && socktest_ask(test, socket, &message) &&
           socktest_result(test, "recvmsg(msg_namelen)", sizeof message.name,
                           message.header.msg_namelen) &&
           socktest_holds(test, "recvmsg(msg_name)", "it is the address of the peer",
                          message.name.sin_family == AF_INET &&
                              message.name.sin_port == test->peer.sin_port &&
                              message.name.sin_addr == test->peer.sin_addr);
}

/* What is in the control buffer is what msg_controllen says: here nothing. */
bool socktest_msg_control(struct socktest *test)
{
    struct socktest_message message;
    int socket = socktest_socket(test, SOCK_DGRAM, 0);
    return socket >= 0 && socktest_ask(test, socket, &message) &&
           socktest_result(test, "recvmsg(msg_controllen)", 0, (long)message.header.msg_controllen);
}

/* IP_RECVTTL is either refused, or there is a TTL with each datagram. */
bool socktest_ttl(struct socktest *test)
{
    struct socktest_message message;
    struct cmsghdr control;
    const int32_t on = 1;
    int socket = socktest_socket(test, SOCK_DGRAM, 0);
    if (socket < 0)
        return false;
    long error = user_setsockopt(socket, IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
    if (error == -KENOPROTOOPT)
        return true;
    if (!socktest_result(test, "setsockopt(IP_RECVTTL)", 0, error) ||
        !socktest_ask(test, socket, &message) ||
        !socktest_holds(test, "recvmsg(msg_control)", "there is a control message, as was promised",
                        message.header.msg_controllen >= sizeof control + sizeof(int32_t)))
        return false;
    memcpy(&control, message.control, sizeof control);
    return socktest_holds(test, "recvmsg(msg_control)", "it is of type IP_TTL",
                          control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_TTL);
}

bool socktest_read_write(struct socktest *test)
{
    char text[64];
    int socket = socktest_socket(test, SOCK_DGRAM, 0);
    return socket >= 0 &&
           socktest_result(test, "write(not connected)", -KEDESTADDRREQ,
                           user_write(socket, SOCKTEST_TEXT, SOCKTEST_TEXT_SIZE)) &&
           socktest_result(test, "connect", 0, user_connect(socket, &test->peer)) &&
           socktest_result(test, "write", SOCKTEST_TEXT_SIZE,
                           user_write(socket, SOCKTEST_TEXT, SOCKTEST_TEXT_SIZE)) &&
           socktest_result(test, "read", SOCKTEST_TEXT_SIZE, user_read(socket, text, sizeof text));
}

/* Two questions at once, as for A and AAAA, to a peer that is not known yet: two answers. */
bool socktest_two_at_once(struct socktest *test)
{
    char text[64];
    int socket = socktest_socket(test, SOCK_DGRAM, 0);
    if (socket < 0)
        return false;
    for (int i = 0; i < 2; i++) {
        if (!socktest_result(test, "sendto", SOCKTEST_TEXT_SIZE,
                             user_sendto(socket, SOCKTEST_TEXT, SOCKTEST_TEXT_SIZE, &test->peer)))
            return false;
    }
    for (int i = 0; i < 2; i++) {
        if (!socktest_result(test, i == 0 ? "poll(first answer)" : "poll(second answer)", POLLIN,
                             socktest_poll(socket, POLLIN, SOCKTEST_WAIT_MS)) ||
            !socktest_result(test, "recv", SOCKTEST_TEXT_SIZE,
                             user_recv(socket, text, sizeof text, 0)))
            return false;
    }
    return true;
}

/* ---- ping sockets ---------------------------------------------------------------------------- */

struct socktest_echo {
    uint8_t type, code;
    be16_t checksum, identifier, sequence;
    char data[16];
};

/* The identifier that the socket is bound to; 0: to none. Negative: said. */
static long socktest_identifier(const struct socktest *test, int socket)
{
    struct sockaddr_in name;
    long error = user_getsockname(socket, &name);
    return socktest_result(test, "getsockname", 0, error) ? net_to_host16(name.sin_port) : error;
}

static bool socktest_send_echo(const struct socktest *test, int socket)
{
    struct socktest_echo echo = {
        .type = SOCKTEST_ECHO,
        .identifier = be16_put(SOCKTEST_IDENT),
        .sequence = be16_put(1),
    };
    return socktest_result(test, "sendto(echo request)", sizeof echo,
                           user_sendto(socket, &echo, sizeof echo, &test->peer));
}

/* Sending binds: from then on the socket has an identifier, and keeps it. */
bool socktest_ping_bind(struct socktest *test)
{
    int socket = socktest_socket(test, SOCK_DGRAM, IPPROTO_ICMP);
    if (socket < 0 || !socktest_send_echo(test, socket))
        return false;
    long first = socktest_identifier(test, socket);
    return socktest_holds(test, "sendto(echo request)", "the socket has an identifier",
                          first > 0) &&
           socktest_send_echo(test, socket) &&
           socktest_result(test, "getsockname", first, socktest_identifier(test, socket));
}

/* What the program wrote as identifier does not count: the socket's leaves, and comes back. */
bool socktest_ping_ident(struct socktest *test)
{
    struct socktest_echo reply;
    int socket = socktest_socket(test, SOCK_DGRAM, IPPROTO_ICMP);
    if (socket < 0 || !socktest_send_echo(test, socket) ||
        !socktest_result(test, "poll(POLLIN)", POLLIN,
                         socktest_poll(socket, POLLIN, SOCKTEST_WAIT_MS)) ||
        !socktest_result(test, "recv", sizeof reply, user_recv(socket, &reply, sizeof reply, 0)))
        return false;
    return socktest_result(test, "recv(identifier)", socktest_identifier(test, socket),
                           be16_get(reply.identifier));
}

/* ---- the longest datagram -------------------------------------------------------------------- */

/* In pieces, since a program has no room for one: out, back, and a byte more is too much. */
bool socktest_longest(struct socktest *test)
{
    uint8_t piece[SOCKTEST_PIECE_SIZE];
    struct iovec parts[SOCKTEST_PIECES];
    size_t left = SOCKTEST_LONGEST, count = 0;
    int socket = socktest_connected(test, SOCK_DGRAM);
    if (socket < 0)
        return false;
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = (uint8_t)i;
    for (; left > 0; count++) {
        size_t size = left < sizeof piece ? left : sizeof piece;
        parts[count] = (struct iovec){piece, size};
        left -= size;
    }
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    long sent = user_sendmsg(socket, &message, 0);
    long got = user_recvmsg(socket, &message, 0);
    parts[count - 1].iov_len++;
    return socktest_result(test, "sendmsg", SOCKTEST_LONGEST, sent) &&
           socktest_result(test, "recvmsg", SOCKTEST_LONGEST, got) &&
           socktest_result(test, "sendmsg(a byte more)", -KEMSGSIZE,
                           user_sendmsg(socket, &message, 0));
}
