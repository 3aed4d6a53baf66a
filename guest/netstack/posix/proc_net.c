/*
 * proc_net.c - /proc/net: routes, and sockets
 *
 * Tables in Linux's formats; addresses are hexadecimal numbers whose bytes in memory are in network
 * order. Columns that mean nothing here (uid, inode, pointer) are 0. tcp6 and udp6 have no rows,
 * since there are no such sockets. `drops` is our own: what the TCP core has dropped, and why.
 */
#include "netstack/posix/proc_net.h"

#include "kernel/clock.h"
#include "kernel/file.h"
#include "kernel/sockios.h"
#include "lib/endian.h"
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/posix/udp_socket.h"
#include "netstack/route.h"
#include "netstack/tcp.h"

#define PROC_ROUTE_LINE_MAX 56
#define PROC_ROUTE_HEADER                                                                          \
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"

#define PROC_TCP_LINE 150 /* with its end; shorter ones are padded */
#define PROC_UDP_LINE 128
#define PROC_TCP_HEADER                                                                            \
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "  \
    "inode"
#define PROC_UDP_HEADER                                                                            \
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout " \
    "inode ref pointer drops"
#define PROC_TCP6_HEADER                                                                           \
    "  sl  local_address                         remote_address                        st "        \
    "tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
#define PROC_UDP6_HEADER                                                                           \
    "   sl  local_address                         remote_address                        st "       \
    "tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"

#define PROC_NS_PER_TICK     10000000u /* of the clock in which Linux shows times: 100 Hz */
#define PROC_UDP_CONNECTED   1         /* states of TCP, as Linux has them for UDP */
#define PROC_UDP_UNCONNECTED 7

kstatic_assert(sizeof(PROC_ROUTE_HEADER) + ROUTES_MAX * PROC_ROUTE_LINE_MAX <= FILE_TEXT_MAX,
               "all routes fit into the file");
kstatic_assert(FILE_PIECE_MAX >= 2 * PROC_TCP_LINE, "the header and a row");

/* ---- routes ---------------------------------------------------------------------------------- */

static unsigned proc_route_flags(const struct route *route)
{
    return (unsigned)RTF_UP | (route->gateway != 0 ? RTF_GATEWAY : 0) |
           (route->length == 32 ? RTF_HOST : 0);
}

static size_t proc_route_line(const struct route *route, char *text, size_t size)
{
    return ksnprintf(text, size, "%s\t%08X\t%08X\t%04X\t0\t0\t0\t%08X\t0\t0\t0\n",
                     route->interface->name, host_to_net32(route->destination),
                     host_to_net32(route->gateway), proc_route_flags(route),
                     host_to_net32(ipv4_mask(route->length)));
}

static struct file *proc_route_open(int *error)
{
    char text[FILE_TEXT_MAX];
    size_t length = kstrlcpy(text, PROC_ROUTE_HEADER, sizeof(text));
    netstack_lock();
    for (unsigned i = 0; i < route_count(); i++)
        length += proc_route_line(route_at(i), text + length, sizeof(text) - length);
    netstack_unlock();
    return file_from_text(text, length, error);
}

/* ---- TCP ------------------------------------------------------------------------------------- */

/* Which timer Linux would show, and in how many of its ticks it is due. */
static unsigned proc_tcp_timer(const struct tcp_information *information, unsigned long *ticks)
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
    *ticks = due_ns > now_ns && code != 0 ? (due_ns - now_ns) / PROC_NS_PER_TICK : 0;
    return code;
}

static void proc_tcp_row(unsigned number, const struct tcp_connection *connection, char *row,
                         size_t size)
{
    struct tcp_information is;
    unsigned long ticks;
    tcp_inform(connection, &is);
    unsigned timer = proc_tcp_timer(&is, &ticks);
    (void)ksnprintf(row, size,
                    "%4u: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08lX %08X %5u %8d 0 %d 0 %lu "
                    "%lu 0 %u %d",
                    number, host_to_net32(is.local.address), is.local.port,
                    host_to_net32(is.remote.address), is.remote.port, (unsigned)is.state,
                    (unsigned)is.send_queue, (unsigned)is.receive_queue, timer, ticks, is.retries,
                    0u, 0, is.owned ? 1 : 0, (unsigned long)(is.rto_ns / PROC_NS_PER_TICK),
                    (unsigned long)(is.srtt_ns / PROC_NS_PER_TICK),
                    is.mss != 0 ? (unsigned)(is.congestion_window / is.mss) : 0u, -1);
}

/* The connection after `count` others; NULL: there are no more. */
static const struct tcp_connection *proc_tcp_skip(unsigned count)
{
    const struct tcp_connection *connection = tcp_next(NULL);
    while (connection != NULL && count-- > 0)
        connection = tcp_next(connection);
    return connection;
}

/* One that was never bound or connected is in no table. */
static bool proc_tcp_is_shown(const struct tcp_connection *connection)
{
    return tcp_state(connection) != TCP_CLOSED;
}

static size_t proc_tcp_text(unsigned *cursor, char *text, size_t size)
{
    char row[PROC_TCP_LINE + 32];
    size_t length = 0;
    if (*cursor == 0)
        length += ksnprintf(text, size, "%-149s\n", PROC_TCP_HEADER);
    netstack_lock();
    if (*cursor == 0)
        *cursor = 1; /* the first row: the header is not made again */
    const struct tcp_connection *connection = proc_tcp_skip(*cursor - 1);
    for (; connection != NULL && size - length > sizeof(row); connection = tcp_next(connection)) {
        if (proc_tcp_is_shown(connection)) {
            proc_tcp_row(*cursor - 1, connection, row, sizeof(row));
            length += ksnprintf(text + length, size - length, "%-149s\n", row);
        }
        (*cursor)++;
    }
    netstack_unlock();
    return length;
}

/* ---- UDP ------------------------------------------------------------------------------------- */

static void proc_udp_row(unsigned number, const struct udp_socket_state *is, char *row, size_t size)
{
    (void)ksnprintf(row, size,
                    "%5u: %08X:%04X %08X:%04X %02X %08X:%08X 00:%08X %08X %5u %8d 0 2 0 %lu",
                    number, host_to_net32(is->address), is->port, host_to_net32(is->peer),
                    is->peer_port, is->peer != 0 ? PROC_UDP_CONNECTED : PROC_UDP_UNCONNECTED, 0u,
                    (unsigned)is->queued_bytes, 0u, 0u, 0u, 0, (unsigned long)is->dropped);
}

static size_t proc_udp_text(unsigned *cursor, char *text, size_t size)
{
    char row[PROC_UDP_LINE + 32];
    struct udp_socket_state state;
    size_t length = 0;
    if (*cursor == 0) {
        length += ksnprintf(text, size, "%-127s\n", PROC_UDP_HEADER);
        *cursor = 1;
    }
    for (; *cursor <= UDP_SOCKETS_MAX && size - length > sizeof(row); (*cursor)++) {
        if (!udp_socket_inform(*cursor - 1, &state))
            continue;
        proc_udp_row(*cursor - 1, &state, row, sizeof(row));
        length += ksnprintf(text + length, size - length, "%-127s\n", row);
    }
    return length;
}

/* ---- drops ----------------------------------------------------------------------------------- */

static struct file *proc_drops_open(int *error)
{
    char text[FILE_TEXT_MAX];
    size_t length = 0;
    netstack_lock();
    for (enum tcp_drop drop = 0; drop < TCP_DROP_COUNT; drop++)
        length += ksnprintf(text + length, sizeof(text) - length, "tcp\t%lu\t%s\n",
                            (unsigned long)tcp_drop_count(drop), tcp_drop_name(drop));
    netstack_unlock();
    return file_from_text(text, length, error);
}

/* ---- the folder ------------------------------------------------------------------------------ */

struct file *proc_net_open(const char *path, int flags, int *error)
{
    const char *name = path + sizeof(PROC_NET_PREFIX) - 1;
    (void)flags; /* the files are read-only, whatever is asked for */
    if (kstreq(name, "route"))
        return proc_route_open(error);
    if (kstreq(name, "tcp"))
        return file_from_pieces(proc_tcp_text, error);
    if (kstreq(name, "udp"))
        return file_from_pieces(proc_udp_text, error);
    if (kstreq(name, "tcp6"))
        return file_from_text(PROC_TCP6_HEADER, sizeof(PROC_TCP6_HEADER) - 1, error);
    if (kstreq(name, "udp6"))
        return file_from_text(PROC_UDP6_HEADER, sizeof(PROC_UDP6_HEADER) - 1, error);
    if (kstreq(name, "drops"))
        return proc_drops_open(error);
    *error = -KENOENT;
    return NULL;
}
