/*
 * proc_net.h - /proc/net
 */
#ifndef NETSTACK_POSIX_PROC_NET_H
#define NETSTACK_POSIX_PROC_NET_H

#include "kernel/path.h"

/* For path_mount(). Serves route, tcp, udp, tcp6, udp6 and drops; anything else is -KENOENT. */
extern const struct path_ops proc_net_paths;

#endif
