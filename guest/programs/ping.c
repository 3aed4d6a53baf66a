/*
 * ping.c - ping [-fq] [-c count] [-i interval] [-s size] [-W timeout] address
 *
 * Over a ping socket: the kernel chooses the identifier, fills in checksums and delivers only
 * replies to this socket. Requests carry no time stamp, as they do elsewhere, so that their bytes
 * are the same in every run: the last PING_WINDOW are remembered. A reply to an older one, or to
 * none, counts as a duplicate.
 *
 *   -c  ends after so many requests; without it, never
 *   -i  seconds between requests (1; with -f 0.01)
 *   -s  bytes of data (56)
 *   -W  seconds to wait for replies after the last request (10)
 *   -f  flood: the next request as soon as the reply is there, or after the interval
 *   -q  only the first line and the statistics
 *
 * Exit status: 0 every request was answered; 1 some were not; 2 anything else.
 */
#include "lib/endian.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define PING_EXIT_LOST  1
#define PING_EXIT_ERROR 2

#define PING_HEADER_SIZE 8
#define PING_SIZE_MAX    4096 /* of data: DEVIATION, others send up to 65507 */
#define PING_WINDOW      256  /* requests whose time is known */

#define PING_DEFAULT_SIZE        56
#define PING_DEFAULT_INTERVAL_NS USER_NS_PER_S
#define PING_DEFAULT_FLOOD_NS    (10 * USER_NS_PER_MS)
#define PING_DEFAULT_LINGER_NS   (10 * USER_NS_PER_S)

enum {
    ICMP_ECHO_REPLY = 0,
    ICMP_ECHO_REQUEST = 8,
};

struct ping {
    struct user_output output;

    /* options */
    uint32_t count; /* 0: without end */
    uint64_t interval_ns, linger_ns;
    uint32_t size;
    bool flood, quiet;
    uint32_t address;

    int socket;
    uint64_t now_ns;     /* after the last call that may have taken time */
    uint64_t next_ns;    /* of the next request */
    uint64_t end_ns;     /* of waiting after the last one */
    uint64_t timeout_ns; /* what the socket was told; 0: nothing yet */

    uint64_t sent, received, duplicates;
    uint64_t failed; /* requests of which an error said that nothing will come */
    uint64_t errors;
    uint64_t rtt_min_ns, rtt_max_ns, rtt_sum_ns;
    uint64_t waiting_since_ns
        [PING_WINDOW]; /* by sequence number modulo PING_WINDOW; 0: answered, or not sent */

    uint8_t request[PING_HEADER_SIZE + PING_SIZE_MAX];
    uint8_t reply[PING_HEADER_SIZE + PING_SIZE_MAX];
};

/* ---- the command line ------------------------------------------------------------------------ */

static int ping_usage(void)
{
    user_error("ping", "usage: ping [-fq] [-c count] [-i interval] [-s size] [-W timeout] address");
    return USER_EXIT_USAGE;
}

static int ping_bad_argument(const char *text)
{
    user_error("ping", "invalid argument: '%s'", text);
    return USER_EXIT_USAGE;
}

static bool ping_set_option(struct ping *ping, int option, const char *value)
{
    switch (option) {
    case 'c':
        return kparse_u32(value, UINT32_MAX, &ping->count) && ping->count > 0;
    case 'i':
        return kparse_decimal(value, 9, &ping->interval_ns);
    case 's':
        return kparse_u32(value, PING_SIZE_MAX, &ping->size);
    case 'W':
        return kparse_decimal(value, 9, &ping->linger_ns);
    case 'f':
        ping->flood = true;
        return true;
    default:
        ping->quiet = true;
        return true;
    }
}

static int ping_parse(struct ping *ping, int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "c:i:s:W:fq"};
    int option;
    while ((option = user_next_option(&options)) != 0) {
        if (option == '?')
            return ping_usage();
        if (!ping_set_option(ping, option, options.value))
            return ping_bad_argument(options.value);
    }
    if (options.operand_count != 1)
        return ping_usage();
    if (!ipv4_parse(options.operands[0], &ping->address)) {
        user_error("ping", "%s: Name or service not known", options.operands[0]);
        return PING_EXIT_ERROR;
    }
    if (ping->interval_ns == UINT64_MAX)
        ping->interval_ns = ping->flood ? PING_DEFAULT_FLOOD_NS : PING_DEFAULT_INTERVAL_NS;
    return 0;
}

/* ---- requests under way ---------------------------------------------------------------------- */

static void ping_remember(struct ping *ping, uint16_t sequence)
{
    ping->waiting_since_ns[sequence % PING_WINDOW] = ping->now_ns;
}

/* When a request was sent that nobody has answered yet; 0 when there is none with this number. */
static uint64_t ping_recall(struct ping *ping, uint16_t sequence)
{
    uint16_t age = (uint16_t)(ping->sent - sequence);
    if (age >= PING_WINDOW)
        return 0;
    uint64_t *since_ns = &ping->waiting_since_ns[sequence % PING_WINDOW];
    uint64_t sent_ns = *since_ns;
    *since_ns = 0;
    return sent_ns;
}

static uint64_t ping_outstanding(const struct ping *ping)
{
    uint64_t settled = ping->received + ping->failed;
    return ping->sent > settled ? ping->sent - settled : 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* All but the sequence number. Checksum and identifier are the kernel's. */
static void ping_build_request(struct ping *ping)
{
    memset(ping->request, 0, PING_HEADER_SIZE);
    ping->request[0] = ICMP_ECHO_REQUEST;
    for (uint32_t i = 0; i < ping->size; i++)
        ping->request[PING_HEADER_SIZE + i] = (uint8_t)i;
}

/* Says what went wrong. Nothing of what is under way will be answered. */
static void ping_fail(struct ping *ping, const char *call, long error)
{
    user_error("ping", "%s: %s", call, errno_text(error));
    ping->errors++;
    ping->failed += ping_outstanding(ping);
}

static bool ping_send(struct ping *ping)
{
    uint16_t sequence = (uint16_t)(ping->sent + 1);
    struct sockaddr_in to = user_address(ping->address);
    store_be16(ping->request + 6, sequence);
    ping_remember(ping, sequence);
    long result = user_sendto(ping->socket, ping->request, PING_HEADER_SIZE + ping->size, &to);
    if (result < 0 && ping->sent == 0) {
        user_error("ping", "sendto: %s", errno_text(result));
        return false;
    }
    ping->sent++;
    if (result < 0)
        ping_fail(ping, "sendto", result);
    ping->next_ns += ping->interval_ns;
    if (ping->next_ns < ping->now_ns)
        ping->next_ns = ping->now_ns;
    ping->end_ns = ping->now_ns + ping->linger_ns;
    return true;
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* The socket waits in whole microseconds, and 0 would be for ever. */
static void ping_set_timeout(struct ping *ping, uint64_t timeout_ns)
{
    uint64_t timeout_us = (timeout_ns + USER_NS_PER_US - 1) / USER_NS_PER_US;
    struct kernel_timeval value = {
        .tv_sec = (int64_t)(timeout_us / 1000000),
        .tv_usec = (int64_t)(timeout_us % 1000000),
    };
    if (timeout_ns == ping->timeout_ns)
        return;
    ping->timeout_ns = timeout_ns;
    (void)user_setsockopt(ping->socket, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
}

static void ping_count_rtt(struct ping *ping, uint64_t rtt_ns)
{
    if (ping->received == 1 || rtt_ns < ping->rtt_min_ns)
        ping->rtt_min_ns = rtt_ns;
    if (rtt_ns > ping->rtt_max_ns)
        ping->rtt_max_ns = rtt_ns;
    ping->rtt_sum_ns += rtt_ns;
}

static unsigned long ping_us(uint64_t ns)
{
    return (unsigned long)(ns / USER_NS_PER_US);
}

static void ping_print_reply(struct ping *ping, const struct sockaddr_in *from, size_t size,
                             uint64_t sent_ns)
{
    char address[IPV4_TEXT_SIZE];
    struct user_output *output = &ping->output;
    if (ping->quiet || ping->flood)
        return;
    user_print(output, "%zu bytes from %s: icmp_seq=%u", size,
               ipv4_format(net_to_host32(from->sin_addr), address), load_be16(ping->reply + 6));
    if (sent_ns == 0) {
        user_print(output, " (DUP!)\n");
        return;
    }
    unsigned long rtt_us = ping_us(ping->now_ns - sent_ns);
    user_print(output, " time=%lu.%03lu ms\n", rtt_us / 1000, rtt_us % 1000);
}

static void ping_take_reply(struct ping *ping, const struct sockaddr_in *from, size_t size)
{
    uint64_t sent_ns = ping_recall(ping, load_be16(ping->reply + 6));
    ping_print_reply(ping, from, size, sent_ns);
    if (sent_ns == 0) {
        ping->duplicates++;
        return;
    }
    ping->received++;
    ping_count_rtt(ping, ping->now_ns - sent_ns);
    if (ping->flood)
        ping->next_ns = ping->now_ns;
}

/* Waits for one packet, until then at the latest. */
static void ping_receive(struct ping *ping, uint64_t until_ns)
{
    struct sockaddr_in from = {0};
    ping_set_timeout(ping, until_ns - ping->now_ns);
    long size = user_recvfrom(ping->socket, ping->reply, sizeof ping->reply, &from);
    ping->now_ns = user_now_ns();
    if (size == -KEAGAIN || size == -KEINTR)
        return;
    if (size < 0)
        ping_fail(ping, "recvfrom", size);
    else if (size >= PING_HEADER_SIZE && ping->reply[0] == ICMP_ECHO_REPLY)
        ping_take_reply(ping, &from, (size_t)size);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool ping_has_more(const struct ping *ping)
{
    return ping->count == 0 || ping->sent < ping->count;
}

static bool ping_is_done(const struct ping *ping)
{
    return !ping_has_more(ping) && (ping_outstanding(ping) == 0 || ping->now_ns >= ping->end_ns);
}

static bool ping_run(struct ping *ping)
{
    ping->now_ns = user_now_ns();
    ping->next_ns = ping->now_ns;
    while (!ping_is_done(ping)) {
        if (ping_has_more(ping) && ping->now_ns >= ping->next_ns) {
            if (!ping_send(ping))
                return false;
        } else {
            ping_receive(ping, ping_has_more(ping) ? ping->next_ns : ping->end_ns);
        }
    }
    return true;
}

static void ping_print_statistics(struct ping *ping, const char *name)
{
    struct user_output *output = &ping->output;
    uint64_t lost = ping->sent > ping->received ? ping->sent - ping->received : 0;
    user_print(output, "\n");
    user_print(output, "--- %s ping statistics ---\n", name);
    user_print(output, "%lu packets transmitted, %lu received", (unsigned long)ping->sent,
               (unsigned long)ping->received);
    if (ping->duplicates > 0)
        user_print(output, ", +%lu duplicates", (unsigned long)ping->duplicates);
    if (ping->errors > 0)
        user_print(output, ", +%lu errors", (unsigned long)ping->errors);
    user_print(output, ", %lu%% packet loss\n", (unsigned long)(lost * 100 / ping->sent));
    if (ping->received == 0)
        return;
    unsigned long min_us = ping_us(ping->rtt_min_ns), max_us = ping_us(ping->rtt_max_ns);
    unsigned long average_us = ping_us(ping->rtt_sum_ns / ping->received);
    user_print(output, "rtt min/avg/max = %lu.%03lu/%lu.%03lu/%lu.%03lu ms\n", min_us / 1000,
               min_us % 1000, average_us / 1000, average_us % 1000, max_us / 1000, max_us % 1000);
}

static int ping_status(const struct ping *ping)
{
    if (ping->received >= ping->sent)
        return 0;
    return ping->errors > 0 ? PING_EXIT_ERROR : PING_EXIT_LOST;
}

int ping_main(int argc, char **argv)
{
    struct ping ping = {
        .interval_ns = UINT64_MAX, /* not given */
        .linger_ns = PING_DEFAULT_LINGER_NS,
        .size = PING_DEFAULT_SIZE,
    };
    char name[IPV4_TEXT_SIZE];
    int status = ping_parse(&ping, argc, argv);
    if (status != 0)
        return status;
    ipv4_format(ping.address, name);
    long socket = user_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
    if (socket < 0) {
        user_error("ping", "socket: %s", errno_text(socket));
        return PING_EXIT_ERROR;
    }
    ping.socket = (int)socket;
    ping_build_request(&ping);
    user_print(&ping.output, "PING %s: %u data bytes\n", name, ping.size);
    if (!ping_run(&ping))
        return PING_EXIT_ERROR;
    ping_print_statistics(&ping, name);
    return ping_status(&ping);
}
