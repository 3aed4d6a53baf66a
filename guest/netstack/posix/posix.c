/*
 * posix.c - what the socket face registers with the kernel
 */
#include "netstack/posix/posix.h"

#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/syscall.h"
#include "netstack/posix/ping_socket.h"
#include "netstack/posix/proc_net.h"
#include "netstack/posix/stream_socket.h"
#include "netstack/posix/udp_socket.h"

/* Protocol 0 is the usual one of the type. */
static struct file *posix_make_inet(int type, int protocol, int *error)
{
    if (type == SOCK_STREAM && (protocol == IPPROTO_IP || protocol == IPPROTO_TCP))
        return stream_socket_make(error);
    if (type == SOCK_DGRAM && protocol == IPPROTO_ICMP)
        return ping_socket_make(error);
    if (type == SOCK_DGRAM && (protocol == IPPROTO_IP || protocol == IPPROTO_UDP))
        return udp_socket_make(error);
    *error = -KEPROTONOSUPPORT;
    return NULL;
}

void posix_init(void)
{
    ping_socket_init();
    stream_socket_init();
    udp_socket_init();
    socket_family_register(AF_INET, posix_make_inet);
    path_mount("/proc/net", &proc_net_paths, NULL);
}
