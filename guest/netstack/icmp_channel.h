/*
 * icmp_channel.h - a socket for echo requests, whoever shows it to programs
 *
 * It has an identifier of its own, chosen at the first use unless one was bound. With a peer it
 * takes replies of that host only, and errors of requests to it. Under the lock of the stack.
 */
#ifndef NETSTACK_ICMP_CHANNEL_H
#define NETSTACK_ICMP_CHANNEL_H

#include "netstack/datagram_channel.h"
#include "netstack/icmp.h"

#define ICMP_MESSAGE_MAX (IPV4_PACKET_MAX - IPV4_HEADER_SIZE)

struct icmp_channel {
    struct datagram_channel base; /* first */
    struct icmp_endpoint endpoint;
    uint32_t source; /* 0: whatever suits the way */
    uint32_t peer;   /* 0: anybody */
};

/* As datagram_channel_init(). */
void icmp_channel_init(struct icmp_channel *channel, struct datagram_kind *kind, void *owner);
void icmp_channel_fini(struct icmp_channel *channel);

/* 0; -KEINVAL: it has an identifier; -KEADDRNOTAVAIL: no address of ours; -KEADDRINUSE. */
int icmp_channel_bind(struct icmp_channel *channel, uint32_t address, uint16_t identifier);
/* To an identifier that is free, unless it has one: 0, or -KEADDRINUSE. */
int icmp_channel_autobind(struct icmp_channel *channel);
/* 0; errors of icmp_channel_prepare(). */
int icmp_channel_connect(struct icmp_channel *channel, uint32_t peer);

/*
 * Finds the way there and a buffer for a message of `size` bytes, header included: 0, and
 * icmp_channel_send() has to follow. -KENETUNREACH; -KEACCES: to everybody; -KEADDRINUSE: no
 * identifier is left; -KENOBUFS.
 */
int icmp_channel_prepare(struct icmp_channel *channel, uint32_t address, size_t size,
                         struct datagram_draft *draft);
/*
 * Sends an echo request, of which the draft has what comes from ICMP_SEQUENCE_AT on. Takes what it
 * holds. Errors are those of ipv4_output().
 */
int icmp_channel_send(const struct icmp_channel *channel, const struct datagram_draft *draft,
                      uint64_t now_ns);

#endif
