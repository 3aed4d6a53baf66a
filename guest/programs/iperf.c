/*
 * iperf.c - iperf -c HOST [-p PORT] [-n BYTES | -t SECONDS] [-P COUNT] [-R]
 *           iperf -s [-p PORT] [-R]
 *
 * Moves bytes through TCP connections as fast as it goes, and says how fast that was. The client
 * sends, and the server reads what comes; with -R on both sides it is the other way round. There is
 * no protocol, so any service that discards, or sends without end, will do as the other side.
 *
 * Several connections are made at once, and are all there before the first byte moves. Then they
 * take turns, a piece each. The server waits for one.
 *
 *   -c  connects to this host
 *   -s  waits for one connection
 *   -p  the port (5001)
 *   -P  so many connections (1)
 *   -n  ends after so many bytes on each of them; k, m and g, small or capital, are powers of 1024
 *   -t  ends after so many seconds (10)
 *   -R  the other direction
 *
 * Exit status: 0; 1 when it could not connect, or the connection broke.
 */
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/connect.h"
#include "programs/programs.h"
#include "programs/resolver.h"
#include "programs/user.h"

#define IPERF_PORT         5001
#define IPERF_TIME_NS      (10 * USER_NS_PER_S)
#define IPERF_BUFFER_SIZE  8192
#define IPERF_PARALLEL_MAX 1000
#define IPERF_EXIT_FAILED  1

struct iperf {
    struct user_output output;
    const char *host;
    bool server, reverse;
    uint32_t port, count;
    uint64_t bytes, time_ns; /* UINT64_MAX: no limit */
    uint64_t done, begin_ns; /* done: on all connections */
    int sockets[IPERF_PARALLEL_MAX];
    char buffer[IPERF_BUFFER_SIZE];
};

static int iperf_fail(const char *what, long error)
{
    user_error("iperf", "%s failed: %s", what, errno_text(error));
    return IPERF_EXIT_FAILED;
}

/* ---- moving ---------------------------------------------------------------------------------- */

static uint64_t iperf_end_ns(const struct iperf *iperf)
{
    return iperf->time_ns >= UINT64_MAX - iperf->begin_ns ? UINT64_MAX
                                                          : iperf->begin_ns + iperf->time_ns;
}

/* Moves so much on one connection. 0; -KETIMEDOUT: it is time; -KENODATA: the other side's end. */
static long iperf_move_piece(struct iperf *iperf, int socket, bool sending, size_t size)
{
    uint64_t end_ns = iperf_end_ns(iperf);
    while (size > 0 && user_now_ns() < end_ns) {
        long result = sending ? user_send(socket, iperf->buffer, size, MSG_NOSIGNAL)
                              : user_recv(socket, iperf->buffer, size, 0);
        if (result > 0) {
            iperf->done += (uint64_t)result;
            size -= (size_t)result;
            continue;
        }
        if (result == -KEAGAIN)
            result = connect_wait(socket, sending ? POLLOUT : POLLIN, end_ns);
        else if (result == 0)
            return -KENODATA;
        if (result < 0)
            return result;
    }
    return size == 0 ? 0 : -KETIMEDOUT;
}

/* 0 at the end, whoever has made it. */
static long iperf_move(struct iperf *iperf, bool sending)
{
    long error = 0;
    for (uint64_t each = 0; each < iperf->bytes && error == 0;) {
        uint64_t left = iperf->bytes - each;
        size_t size = left < sizeof iperf->buffer ? (size_t)left : sizeof iperf->buffer;
        for (uint32_t i = 0; i < iperf->count && error == 0; i++)
            error = iperf_move_piece(iperf, iperf->sockets[i], sending, size);
        each += size;
    }
    return error == -KETIMEDOUT || error == -KENODATA ? 0 : error;
}

/* Until all that was sent has arrived: the other side ends its half then. */
static void iperf_drain(struct iperf *iperf, int socket)
{
    long size = 1;
    while (size > 0 || size == -KEAGAIN) {
        size = connect_wait(socket, POLLIN, UINT64_MAX);
        if (size == 0)
            size = user_recv(socket, iperf->buffer, sizeof iperf->buffer, 0);
    }
}

static void iperf_report(struct iperf *iperf)
{
    uint64_t us = (user_now_ns() - iperf->begin_ns) / USER_NS_PER_US;
    uint64_t kbits = us > 0 ? iperf->done * 8 * 1000 / us : 0;
    user_print(&iperf->output, "%lu bytes in %lu.%06lu seconds, %lu.%03lu Mbits/sec, %s\n",
               (unsigned long)iperf->done, (unsigned long)(us / 1000000),
               (unsigned long)(us % 1000000), (unsigned long)(kbits / 1000),
               (unsigned long)(kbits % 1000),
               iperf->server != iperf->reverse ? "received" : "sent");
}

static int iperf_run(struct iperf *iperf)
{
    bool sending = iperf->server == iperf->reverse;
    memset(iperf->buffer, 'i', sizeof iperf->buffer);
    iperf->begin_ns = user_now_ns();
    long error = iperf_move(iperf, sending);
    /* Who has enough of an endless stream breaks it off, and that is no failure. */
    bool broken_off = sending && iperf->server && (error == -KECONNRESET || error == -KEPIPE);
    if (error != 0 && !broken_off)
        return iperf_fail(sending ? "write" : "read", error);
    for (uint32_t i = 0; sending && error == 0 && i < iperf->count; i++)
        (void)user_shutdown(iperf->sockets[i], SHUT_WR);
    for (uint32_t i = 0; sending && error == 0 && i < iperf->count; i++)
        iperf_drain(iperf, iperf->sockets[i]);
    iperf_report(iperf);
    for (uint32_t i = 0; i < iperf->count; i++)
        (void)user_close(iperf->sockets[i]);
    return 0;
}

/* ---- both sides ------------------------------------------------------------------------------ */

static int iperf_connect(struct iperf *iperf)
{
    struct resolver_answer answer;
    if (resolver_look_up(iperf->host, 0, UINT64_MAX, &answer) != RESOLVER_FOUND ||
        answer.address_count == 0) {
        user_error("iperf", "%s: Name or service not known", iperf->host);
        return IPERF_EXIT_FAILED;
    }
    long error = 0;
    for (uint32_t i = 0; i < iperf->count && error == 0; i++)
        error = connect_begin(answer.addresses[0], (uint16_t)iperf->port, &iperf->sockets[i]);
    for (uint32_t i = 0; i < iperf->count && error == 0; i++)
        error = connect_finish(iperf->sockets[i], UINT64_MAX);
    return error == 0 ? iperf_run(iperf) : iperf_fail("connect", error);
}

static int iperf_serve(struct iperf *iperf)
{
    int32_t on = 1;
    struct sockaddr_in name = user_endpoint(0, (uint16_t)iperf->port), from;
    long listener = user_socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0)
        return iperf_fail("socket", listener);
    (void)user_setsockopt((int)listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    long error = user_bind((int)listener, &name);
    if (error == 0)
        error = user_listen((int)listener, 1);
    if (error == 0)
        error = user_accept((int)listener, &from, SOCK_NONBLOCK);
    if (error < 0)
        return iperf_fail("listen", error);
    iperf->sockets[0] = (int)error;
    return iperf_run(iperf);
}

/* ---- the command line ------------------------------------------------------------------------ */

static bool iperf_parse_bytes(const char *text, uint64_t *bytes)
{
    static const char units[] = "kmgKMG";
    char digits[24];
    size_t length = kstrlen(text);
    unsigned shift = 0;
    if (length == 0 || length >= sizeof digits)
        return false;
    const char *unit = kstrchr(units, text[length - 1]);
    if (unit != NULL && *unit != '\0') {
        shift = 10 * (unsigned)((unit - units) % 3 + 1);
        length--;
    }
    (void)kstrlcpy(digits, text, length + 1);
    if (!kparse_u64(digits, bytes) || *bytes > UINT64_MAX >> shift)
        return false;
    *bytes <<= shift;
    return true;
}

static bool iperf_set_option(struct iperf *iperf, int option, const char *value)
{
    switch (option) {
    case 'c':
        iperf->host = value;
        return true;
    case 's':
        iperf->server = true;
        return true;
    case 'R':
        iperf->reverse = true;
        return true;
    case 'p':
        return kparse_u32(value, UINT16_MAX, &iperf->port) && iperf->port > 0;
    case 'P':
        return kparse_u32(value, IPERF_PARALLEL_MAX, &iperf->count) && iperf->count > 0;
    case 'n':
        iperf->time_ns = UINT64_MAX;
        return iperf_parse_bytes(value, &iperf->bytes);
    default:
        return kparse_decimal(value, 9, &iperf->time_ns);
    }
}

static int iperf_parse(struct iperf *iperf, int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "c:sp:n:t:P:R"};
    bool limited = false;
    int option;
    while ((option = user_next_option(&options)) != 0) {
        limited |= option == 'n' || option == 't';
        if (option != '?' && !iperf_set_option(iperf, option, options.value)) {
            user_error("iperf", "invalid argument: '%s'", options.value);
            return USER_EXIT_USAGE;
        }
    }
    if (options.operand_count != 0 || iperf->server == (iperf->host != NULL) ||
        (iperf->server && iperf->count > 1)) {
        user_error("iperf", "usage: iperf -c HOST [-p PORT] [-n BYTES | -t SECONDS] [-P COUNT] "
                            "[-R], or iperf -s [-p PORT] [-R]");
        return USER_EXIT_USAGE;
    }
    if (iperf->server && !limited)
        iperf->time_ns = UINT64_MAX; /* the client ends it */
    return 0;
}

int iperf_main(int argc, char **argv)
{
    struct iperf iperf = {
        .port = IPERF_PORT,
        .count = 1,
        .bytes = UINT64_MAX,
        .time_ns = IPERF_TIME_NS,
    };
    int status = iperf_parse(&iperf, argc, argv);
    if (status != 0)
        return status;
    return iperf.server ? iperf_serve(&iperf) : iperf_connect(&iperf);
}
