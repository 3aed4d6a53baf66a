/*
 * scheme_net.h - the schemes of the network, as programs see them
 *
 *     /scheme/udp/REMOTE/LOCAL     each ADDRESS:PORT, either may be missing; "" has no name yet
 *     /scheme/tcp/REMOTE/LOCAL     begins to connect, or has only a local name
 *     /scheme/icmp/echo/ADDRESS    echo requests: two bytes of sequence number, then the payload
 *     /scheme/ip/PROTOCOL          whole packets; the protocol is hexadecimal, ip/1 is ICMP
 *     /scheme/netcfg/…             the configuration, a tree of small text files
 *
 * A file of "" is a socket without a name, and dup(file, PATH) gives it one: it stays the same
 * socket, and both are files of it. Further paths that dup() takes:
 *
 *     ADDRESS:PORT, echo/ADDRESS   of udp and icmp: a file from which writes go there
 *     listen                       of tcp: the oldest connection to this name; waits for one
 *     peek                         a file whose reads leave what they give where it is
 *     SETTING                      a file with the value of a setting (below), of four bytes where
 *                                  nothing else is said
 *
 * sync() of a file of tcp waits until the connection is made or refused. A wait ends with -KEAGAIN
 * when the timeout of the socket is over.
 */
#ifndef KERNEL_SCHEME_NET_H
#define KERNEL_SCHEME_NET_H

#include <stdint.h>

/* An end of a conversation, in host order; 0 is none, or any. */
struct net_name {
    uint32_t address;
    uint16_t port;
    uint16_t ttl; /* of a sender: that of the packet, if NET_SETTING_RECEIVE_TTL asked for it */
};

/* The setting NET_SETTING_NAMES. */
struct net_names {
    struct net_name local, remote;
};

/* NET_SETTING_LINGER. 0 s: what is left when the last file is closed is a reset. */
struct net_linger {
    uint32_t on, seconds;
};

#define NET_PATH_LISTEN "listen"
#define NET_PATH_PEEK   "peek"
#define NET_PATH_ECHO   "echo/"

enum net_setting {
    NET_SETTING_READ_TIMEOUT,  /* struct kernel_timespec; 0: for ever */
    NET_SETTING_WRITE_TIMEOUT, /* the same */
    NET_SETTING_NAMES,         /* can only be read */
    NET_SETTING_PEER,          /* struct net_name, can only be written: the only host to talk to */
    NET_SETTING_SENDER,        /* struct net_name, of the datagram that was read last */
    NET_SETTING_RECEIVE_TTL,
    NET_SETTING_ERROR,     /* what went wrong, told once, positive; can only be read */
    NET_SETTING_READINESS, /* POLLIN and so on; can only be read */
    NET_SETTING_SHUTDOWN,  /* SHUT_RD and so on; can only be written */
    NET_SETTING_BACKLOG,   /* listens from now on; read: does it? */
    NET_SETTING_HOP_LIMIT, /* -1: the usual one */
    NET_SETTING_REUSE_ADDRESS,
    NET_SETTING_BROADCAST,
    NET_SETTING_DEVICE,         /* the name of an interface, with its NUL; "" is any */
    NET_SETTING_RECEIVE_BUFFER, /* written: bytes; read: twice as many, or what is usual */
    NET_SETTING_SEND_BUFFER,    /* the same */
    NET_SETTING_NO_DELAY,
    NET_SETTING_KEEPALIVE,
    NET_SETTING_LINGER, /* struct net_linger */
    NET_SETTING_COUNT,
};

/* By their numbers. */
#define NET_SETTING_PATHS                                                                          \
    {                                                                                              \
        "read_timeout", "write_timeout", "names", "peer", "sender", "receive_ttl", "error",        \
            "readiness", "shutdown", "backlog", "hop_limit", "reuse_address", "broadcast",         \
            "device", "receive_buffer", "send_buffer", "no_delay", "keepalive", "linger"           \
    }

#endif
