/*
 * net_table.h - tables of what the stack has, as text: what /proc/net shows elsewhere
 *
 * In Linux's formats; addresses are hexadecimal numbers whose bytes in memory are in network order.
 * Columns that mean nothing here (uid, inode, pointer) are 0. Of tcp6 and udp6 there are only the
 * headings, since there are no such sockets. `drops` is our own: what the TCP core has dropped, and
 * why. A text is as long as fits; whole rows only. Under the lock of the stack.
 */
#ifndef NETSTACK_NET_TABLE_H
#define NETSTACK_NET_TABLE_H

#include "netstack/route.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_TABLE_ROUTES_MAX (96 + ROUTES_MAX * 56) /* bytes */
#define NET_TABLE_ROW_MAX    192                    /* of a row, with room to spare */
#define NET_TABLE_TCP6                                                                             \
    "  sl  local_address                         remote_address                        st "        \
    "tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
#define NET_TABLE_UDP6                                                                             \
    "   sl  local_address                         remote_address                        st "       \
    "tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"

struct net_table_udp {
    uint32_t address, peer; /* 0: any, none */
    uint16_t port, peer_port;
    size_t queued_bytes;
    uint64_t dropped;
};

size_t net_table_routes(char *text, size_t size);
/*
 * From a cursor of 0 on: the heading, and connections as far as they fit; the cursor says where to
 * go on. 0: there are no more.
 */
size_t net_table_tcp(unsigned *cursor, char *text, size_t size);
size_t net_table_udp_heading(char *text, size_t size);
size_t net_table_udp_row(unsigned number, const struct net_table_udp *socket, char *text,
                         size_t size);
size_t net_table_drops(char *text, size_t size);

#endif
