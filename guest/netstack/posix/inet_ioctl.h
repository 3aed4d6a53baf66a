/*
 * inet_ioctl.h - ioctls on AF_INET sockets: interfaces and routes (kernel/sockios.h)
 */
#ifndef NETSTACK_POSIX_INET_IOCTL_H
#define NETSTACK_POSIX_INET_IOCTL_H

/* Takes the lock of the stack itself. 0, or a negated error; -KENOTTY: no such request. */
long inet_ioctl(unsigned long request, void *argument);

#endif
