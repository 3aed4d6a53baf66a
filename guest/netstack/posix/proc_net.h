/*
 * proc_net.h - /proc/net
 */
#ifndef NETSTACK_POSIX_PROC_NET_H
#define NETSTACK_POSIX_PROC_NET_H

#define PROC_NET_PREFIX "/proc/net/"

struct file;

/*
 * For path_register(). Serves route, tcp, udp, tcp6, udp6 and drops; anything else is -KENOENT.
 */
struct file *proc_net_open(const char *path, int flags, int *error);

#endif
