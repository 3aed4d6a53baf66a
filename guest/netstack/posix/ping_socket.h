/*
 * ping_socket.h - ping sockets: socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)
 *
 * As Linux has them. A program sends ICMP echo requests, from the ICMP header on, and receives the
 * replies to them, likewise. The socket has an identifier of its own, chosen at the first use
 * unless bind() gave one as the port; it replaces what the program wrote. What does not fit into
 * the MTU leaves in fragments; what fits into no packet is -KEMSGSIZE. An error that a request
 * meets later (no answer to ARP, an ICMP error) is reported once, by whichever call comes next, or
 * by SO_ERROR.
 */
#ifndef NETSTACK_POSIX_PING_SOCKET_H
#define NETSTACK_POSIX_PING_SOCKET_H

#define PING_SOCKETS_MAX 16

struct file;

void ping_socket_init(void);
/* A file with a new socket. NULL with -KENOBUFS or -KENFILE. */
struct file *ping_socket_make(int *error);

#endif
