/*
 * datagram_channel.h - what a socket of datagrams is, whoever shows it to programs
 *
 * Datagrams that wait to be received, with their senders; an error that is told once, by whichever
 * operation comes next; halves that are shut down; the options that all have, with their bounds.
 * What does not fit into the queue is dropped and counted. Nothing waits here: the owner is told
 * when something has changed, and looks again.
 *
 * The channel of a protocol (udp_channel.h, icmp_channel.h) begins with this structure. Under the
 * lock of the stack.
 */
#ifndef NETSTACK_DATAGRAM_CHANNEL_H
#define NETSTACK_DATAGRAM_CHANNEL_H

#include "netstack/ipv4.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATAGRAMS_MAX          16     /* that wait to be received; more are dropped */
#define DATAGRAM_BUFFER_SIZE   212992 /* bytes of them, unless the program says otherwise */
#define DATAGRAM_BUFFER_MAX    212992 /* that a program may set */
#define DATAGRAM_RECEIVE_LEAST 1152
#define DATAGRAM_SEND_LEAST    2304

/* One for a protocol and those who show it. The texts are literals. */
struct datagram_kind {
    const char *name;            /* of its drops: "ping" */
    const char *dropped_counter; /* "ping.dropped" */
    uint64_t dropped;
    /* Whoever waits for the channel may have waited long enough. */
    void (*changed)(void *owner);
    /* It has another name or peer. NULL: nobody wants to know. */
    void (*named)(void *owner);
};

struct datagram {
    struct nbuf *nbuf;
    uint32_t source;
    uint16_t port; /* 0 where the protocol has none */
    uint8_t ttl;   /* of its packet */
};

struct datagram_channel {
    struct datagram_kind *kind;
    void *owner;
    int error; /* pending, positive */
    bool shut_read, shut_write;
    bool receive_ttl;                     /* the program wants to know that of what it receives */
    uint8_t ttl;                          /* of what it sends; 0: the usual */
    uint32_t receive_buffer, send_buffer; /* bytes, as set; 0: DATAGRAM_BUFFER_SIZE */
    uint64_t dropped;                     /* datagrams for it that nobody will receive */
    size_t queued_bytes;
    unsigned first, count; /* of received[], a ring */
    struct datagram received[DATAGRAMS_MAX];
};

/* One that is to be sent: the way there, and a buffer for its bytes. */
struct datagram_draft {
    struct nbuf *nbuf; /* as many bytes as were asked for, for the caller to fill */
    struct ipv4_path path;
    uint32_t address;
    uint16_t port;
};

/* Keeps `kind`, and gives `owner` to its hooks. */
void datagram_channel_init(struct datagram_channel *channel, struct datagram_kind *kind,
                           void *owner);
/* Frees what nobody received. */
void datagram_channel_fini(struct datagram_channel *channel);

/* ---- from the protocol ----------------------------------------------------------------------- */

/* A datagram that came. Takes the buffer. */
void datagram_channel_deliver(struct datagram_channel *channel, struct nbuf *nbuf, uint32_t source,
                              uint16_t port);
/* Drops one that is for this channel, by name, and counts it. */
void datagram_channel_drop(struct datagram_channel *channel, struct nbuf *nbuf, const char *why);
/* An error to tell. Positive. */
void datagram_channel_fail(struct datagram_channel *channel, int error);
/* The channel has another name. */
void datagram_channel_named(const struct datagram_channel *channel);
/* A buffer for the draft: 0, or -KENOBUFS. */
int datagram_draft_alloc(struct datagram_draft *draft, size_t size);

/* ---- from whoever shows it ------------------------------------------------------------------- */

/* The pending error, negated, or 0; it is no longer pending then. */
int datagram_channel_take_error(struct datagram_channel *channel);
/* Is there something that datagram_channel_look() would say? */
bool datagram_channel_is_readable(const struct datagram_channel *channel);
/* POLLIN and so on (kernel/syscall.h). Sending never waits. */
unsigned datagram_channel_readiness(const struct datagram_channel *channel);

/*
 * The oldest datagram, which stays where it is until it is discarded: 1. 0: reading is shut down.
 * The pending error, which is told with that; -KEAGAIN: there is nothing yet.
 */
int datagram_channel_look(struct datagram_channel *channel, const struct datagram **oldest);
void datagram_channel_discard(struct datagram_channel *channel);

/*
 * Why so many bytes cannot be sent, of which a datagram has at most `most`: the pending error,
 * which is told with that; -KEPIPE: writing is shut down; -KEMSGSIZE. 0: they can.
 */
int datagram_channel_may_send(struct datagram_channel *channel, size_t size, size_t most);

/* SHUT_RD and so on. */
void datagram_channel_shutdown(struct datagram_channel *channel, int how);
/* 1 to 255, or -1 for the usual one: 0. -KEINVAL: any other. */
int datagram_channel_set_ttl(struct datagram_channel *channel, int32_t ttl);
uint8_t datagram_channel_ttl(const struct datagram_channel *channel);
/* Sizes beyond the bounds are taken for the nearer of them. */
void datagram_channel_set_receive_buffer(struct datagram_channel *channel, int32_t size);
void datagram_channel_set_send_buffer(struct datagram_channel *channel, int32_t size);
/* What holds for a size that may never have been set. */
static inline uint32_t datagram_buffer_size(uint32_t set)
{
    return set != 0 ? set : DATAGRAM_BUFFER_SIZE;
}
/* What programs are told: twice what they have set; the other half is for what is no data. */
static inline uint32_t datagram_told_size(uint32_t set)
{
    return set != 0 ? 2 * set : DATAGRAM_BUFFER_SIZE;
}

#endif
