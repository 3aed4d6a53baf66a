/*
 * net_table.c - tables of what the stack has, as text
 */
#include "netstack/net_table.h"

#include "kernel/clock.h"
#include "kernel/sockios.h"
#include "lib/endian.h"
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/interface.h"
#include "netstack/tcp.h"

#define NET_TABLE_ROUTE_LINE_MAX 56
#define NET_TABLE_ROUTE_HEADER                                                                     \
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"

#define NET_TABLE_TCP_LINE 150 /* with its end; shorter ones are padded */
#define NET_TABLE_UDP_LINE 128
#define NET_TABLE_TCP_HEADER                                                                       \
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "  \
    "inode"
#define NET_TABLE_UDP_HEADER                                                                       \
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout " \
    "inode ref pointer drops"

#define NET_TABLE_NS_PER_TICK     10000000u /* of the clock in which Linux shows times: 100 Hz */
#define NET_TABLE_UDP_CONNECTED   1         /* states of TCP, as Linux has them for UDP */
#define NET_TABLE_UDP_UNCONNECTED 7

kstatic_assert(sizeof(NET_TABLE_ROUTE_HEADER) + ROUTES_MAX * NET_TABLE_ROUTE_LINE_MAX <=
                   NET_TABLE_ROUTES_MAX,
               "all routes fit");

/* ---- routes ---------------------------------------------------------------------------------- */

static unsigned net_table_route_flags(const struct route *route)
{
    return (unsigned)RTF_UP | (route->gateway != 0 ? RTF_GATEWAY : 0) |
           (route->length == 32 ? RTF_HOST : 0);
}

static size_t net_table_route_line(const struct route *route, char *text, size_t size)
{
    return ksnprintf(text, size, "%s\t%08X\t%08X\t%04X\t0\t0\t0\t%08X\t0\t0\t0\n",
                     route->interface->name, host_to_net32(route->destination),
                     host_to_net32(route->gateway), net_table_route_flags(route),
                     host_to_net32(ipv4_mask(route->length)));
}

size_t net_table_routes(char *text, size_t size)
{
    size_t length = kstrlcpy(text, NET_TABLE_ROUTE_HEADER, size);
    kassert(size >= NET_TABLE_ROUTES_MAX);
    for (unsigned i = 0; i < route_count(); i++)
        length += net_table_route_line(route_at(i), text + length, size - length);
    return length;
}

/* ---- TCP ------------------------------------------------------------------------------------- */

/* Which timer Linux would show, and in how many of its ticks it is due. */
static unsigned net_table_tcp_timer(const struct tcp_information *information, unsigned long *ticks)
{
    static const unsigned codes[TCP_TIMER_COUNT] = {
        [TCP_TIMER_RETRANSMIT] = 1, [TCP_TIMER_KEEPALIVE] = 2,   [TCP_TIMER_END] = 3,
        [TCP_TIMER_PERSIST] = 4,    [TCP_TIMER_ACKNOWLEDGE] = 0, /* is not shown */
    };
    uint64_t now_ns = clock_now_ns(), due_ns = UINT64_MAX;
    unsigned code = 0;
    for (unsigned i = 0; i < TCP_TIMER_COUNT; i++) {
        if (codes[i] != 0 && information->deadlines_ns[i] < due_ns) {
            due_ns = information->deadlines_ns[i];
            code = codes[i];
        }
    }
    *ticks = due_ns > now_ns && code != 0 ? (due_ns - now_ns) / NET_TABLE_NS_PER_TICK : 0;
    return code;
}

static void net_table_tcp_row(unsigned number, const struct tcp_connection *connection, char *row,
                              size_t size)
{
    struct tcp_information is;
    unsigned long ticks;
    tcp_inform(connection, &is);
    unsigned timer = net_table_tcp_timer(&is, &ticks);
    (void)ksnprintf(row, size,
                    "%4u: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08lX %08X %5u %8d 0 %d 0 %lu "
                    "%lu 0 %u %d",
                    number, host_to_net32(is.local.address), is.local.port,
                    host_to_net32(is.remote.address), is.remote.port, (unsigned)is.state,
                    (unsigned)is.send_queue, (unsigned)is.receive_queue, timer, ticks, is.retries,
                    0u, 0, is.owned ? 1 : 0, (unsigned long)(is.rto_ns / NET_TABLE_NS_PER_TICK),
                    (unsigned long)(is.srtt_ns / NET_TABLE_NS_PER_TICK),
                    is.mss != 0 ? (unsigned)(is.congestion_window / is.mss) : 0u, -1);
}

/* The connection after `count` others; NULL: there are no more. */
static const struct tcp_connection *net_table_tcp_skip(unsigned count)
{
    const struct tcp_connection *connection = tcp_next(NULL);
    while (connection != NULL && count-- > 0)
        connection = tcp_next(connection);
    return connection;
}

/* One that was never bound or connected is in no table. */
static bool net_table_tcp_is_shown(const struct tcp_connection *connection)
{
    return tcp_state(connection) != TCP_CLOSED;
}

size_t net_table_tcp(unsigned *cursor, char *text, size_t size)
{
    char row[NET_TABLE_TCP_LINE + 32];
    size_t length = 0;
    if (*cursor == 0)
        length += ksnprintf(text, size, "%-149s\n", NET_TABLE_TCP_HEADER);
    if (*cursor == 0)
        *cursor = 1; /* the first row: the header is not made again */
    const struct tcp_connection *connection = net_table_tcp_skip(*cursor - 1);
    for (; connection != NULL && size - length > sizeof(row); connection = tcp_next(connection)) {
        if (net_table_tcp_is_shown(connection)) {
            net_table_tcp_row(*cursor - 1, connection, row, sizeof(row));
            length += ksnprintf(text + length, size - length, "%-149s\n", row);
        }
        (*cursor)++;
    }
    return length;
}

/* ---- UDP ------------------------------------------------------------------------------------- */

size_t net_table_udp_heading(char *text, size_t size)
{
    return ksnprintf(text, size, "%-127s\n", NET_TABLE_UDP_HEADER);
}

size_t net_table_udp_row(unsigned number, const struct net_table_udp *is, char *text, size_t size)
{
    char row[NET_TABLE_UDP_LINE + 32];
    (void)ksnprintf(
        row, sizeof(row), "%5u: %08X:%04X %08X:%04X %02X %08X:%08X 00:%08X %08X %5u %8d 0 2 0 %lu",
        number, host_to_net32(is->address), is->port, host_to_net32(is->peer), is->peer_port,
        is->peer != 0 ? NET_TABLE_UDP_CONNECTED : NET_TABLE_UDP_UNCONNECTED, 0u,
        (unsigned)is->queued_bytes, 0u, 0u, 0u, 0, (unsigned long)is->dropped);
    return ksnprintf(text, size, "%-127s\n", row);
}

/* ---- drops ----------------------------------------------------------------------------------- */

size_t net_table_drops(char *text, size_t size)
{
    size_t length = 0;
    for (enum tcp_drop drop = 0; drop < TCP_DROP_COUNT; drop++)
        length += ksnprintf(text + length, size - length, "tcp\t%lu\t%s\n",
                            (unsigned long)tcp_drop_count(drop), tcp_drop_name(drop));
    return length;
}
