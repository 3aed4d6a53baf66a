/*
 * proc_net.c - /proc/net: routes, and sockets
 *
 * The tables of net_table.h, as files that are made when they are opened, or piece by piece when
 * they are read.
 */
#include "netstack/posix/proc_net.h"

#include "kernel/file.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/net_table.h"
#include "netstack/netstack.h"
#include "netstack/posix/udp_socket.h"

kstatic_assert(NET_TABLE_ROUTES_MAX <= FILE_TEXT_MAX, "all routes fit into the file");
kstatic_assert(FILE_PIECE_MAX >= 2 * NET_TABLE_ROW_MAX, "the heading and a row");

typedef size_t proc_table_fn(char *text, size_t size);

static struct file *proc_table_open(proc_table_fn *table, int *error)
{
    char text[FILE_TEXT_MAX];
    netstack_lock();
    size_t length = table(text, sizeof(text));
    netstack_unlock();
    return file_from_text(text, length, error);
}

static size_t proc_tcp_text(unsigned *cursor, char *text, size_t size)
{
    netstack_lock();
    size_t length = net_table_tcp(cursor, text, size);
    netstack_unlock();
    return length;
}

static size_t proc_udp_text(unsigned *cursor, char *text, size_t size)
{
    struct net_table_udp socket;
    size_t length = 0;
    if (*cursor == 0) {
        length += net_table_udp_heading(text, size);
        *cursor = 1;
    }
    for (; *cursor <= UDP_SOCKETS_MAX && size - length > NET_TABLE_ROW_MAX; (*cursor)++) {
        if (udp_socket_inform(*cursor - 1, &socket))
            length += net_table_udp_row(*cursor - 1, &socket, text + length, size - length);
    }
    return length;
}

/* ---- the folder ------------------------------------------------------------------------------ */

/* The files are read-only, whatever is asked for. */
static struct file *proc_net_open(void *mount, const char *name, int flags, unsigned mode,
                                  int *error)
{
    (void)mount;
    (void)flags;
    (void)mode;
    if (kstreq(name, "route"))
        return proc_table_open(net_table_routes, error);
    if (kstreq(name, "tcp"))
        return file_from_pieces(proc_tcp_text, error);
    if (kstreq(name, "udp"))
        return file_from_pieces(proc_udp_text, error);
    if (kstreq(name, "tcp6"))
        return file_from_text(NET_TABLE_TCP6, sizeof(NET_TABLE_TCP6) - 1, error);
    if (kstreq(name, "udp6"))
        return file_from_text(NET_TABLE_UDP6, sizeof(NET_TABLE_UDP6) - 1, error);
    if (kstreq(name, "drops"))
        return proc_table_open(net_table_drops, error);
    *error = -KENOENT;
    return NULL;
}

const struct path_ops proc_net_paths = {.open = proc_net_open};
