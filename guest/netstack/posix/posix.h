/*
 * posix.h - the face of the network stack for programs that use sockets
 */
#ifndef NETSTACK_POSIX_POSIX_H
#define NETSTACK_POSIX_POSIX_H

/* Registers AF_INET sockets and /proc/net with the kernel. Once, after netstack_init(). */
void posix_init(void);

#endif
