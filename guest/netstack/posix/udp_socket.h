/*
 * udp_socket.h - UDP sockets: socket(AF_INET, SOCK_DGRAM, 0 or IPPROTO_UDP)
 *
 * As Linux has them: a port from 49152 on is chosen at the first use unless bind() gave one;
 * connect() gives it a peer, again and again, and AF_UNSPEC takes it away; only a connected socket
 * learns what became of its datagrams (ECONNREFUSED and others), once. Broadcasts need
 * SO_BROADCAST. With SO_BINDTODEVICE, which must come before a port is bound, it speaks by one
 * interface, and to 255.255.255.255 even when that has no address. With IP_RECVTTL each datagram
 * brings its time to live as a control message. DEVIATION: a datagram has at most UDP_PAYLOAD_MAX
 * bytes, and connect() to port 0 is refused.
 */
#ifndef NETSTACK_POSIX_UDP_SOCKET_H
#define NETSTACK_POSIX_UDP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UDP_SOCKETS_MAX 64

struct file;
struct net_table_udp;

void udp_socket_init(void);
/* A file with a new socket. NULL with -KENOBUFS or -KENFILE. */
struct file *udp_socket_make(int *error);

/* For /proc/net. */
/* The socket with this index, below UDP_SOCKETS_MAX; false: there is none with a port. */
bool udp_socket_inform(unsigned index, struct net_table_udp *state);

#endif
