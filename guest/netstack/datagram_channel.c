/*
 * datagram_channel.c - what a socket of datagrams is, whoever shows it to programs
 */
#include "netstack/datagram_channel.h"

#include "kernel/nbuf.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "netstack/drop.h"

#include "ringside/probe.h"

#define DATAGRAM_TTL_MAX 255

void datagram_channel_init(struct datagram_channel *channel, struct datagram_kind *kind,
                           void *owner)
{
    *channel = (struct datagram_channel){.kind = kind, .owner = owner};
}

void datagram_channel_fini(struct datagram_channel *channel)
{
    while (channel->count > 0)
        datagram_channel_discard(channel);
}

static void datagram_channel_changed(const struct datagram_channel *channel)
{
    channel->kind->changed(channel->owner);
}

/* ---- from the protocol ----------------------------------------------------------------------- */

void datagram_channel_drop(struct datagram_channel *channel, struct nbuf *nbuf, const char *why)
{
    struct datagram_kind *kind = channel->kind;
    net_drop(nbuf, kind->name, why);
    channel->dropped++;
    probe_counter(kind->dropped_counter, ++kind->dropped);
}

void datagram_channel_deliver(struct datagram_channel *channel, struct nbuf *nbuf, uint32_t source,
                              uint16_t port)
{
    if (channel->shut_read) {
        datagram_channel_drop(channel, nbuf, "reading is shut down");
        return;
    }
    if (channel->count == DATAGRAMS_MAX ||
        channel->queued_bytes + nbuf->len > datagram_buffer_size(channel->receive_buffer)) {
        datagram_channel_drop(channel, nbuf, "receive queue full");
        return;
    }
    unsigned last = (channel->first + channel->count) % DATAGRAMS_MAX;
    channel->received[last] = (struct datagram){nbuf, source, port, nbuf->ttl};
    channel->count++;
    channel->queued_bytes += nbuf->len;
    datagram_channel_changed(channel);
}

void datagram_channel_fail(struct datagram_channel *channel, int error)
{
    channel->error = error;
    datagram_channel_changed(channel);
}

void datagram_channel_named(const struct datagram_channel *channel)
{
    if (channel->kind->named != NULL)
        channel->kind->named(channel->owner);
}

int datagram_draft_alloc(struct datagram_draft *draft, size_t size)
{
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL || (size > nbuf_tailroom(nbuf) && !nbuf_enlarge(nbuf))) {
        nbuf_free(nbuf);
        return -KENOBUFS;
    }
    (void)nbuf_put(nbuf, size);
    draft->nbuf = nbuf;
    return 0;
}

/* ---- receiving ------------------------------------------------------------------------------- */

int datagram_channel_take_error(struct datagram_channel *channel)
{
    int error = channel->error;
    channel->error = 0;
    return -error;
}

bool datagram_channel_is_readable(const struct datagram_channel *channel)
{
    return channel->count > 0 || channel->error != 0 || channel->shut_read;
}

unsigned datagram_channel_readiness(const struct datagram_channel *channel)
{
    unsigned ready = POLLOUT | POLLWRNORM;
    if (channel->count > 0)
        ready |= POLLIN | POLLRDNORM;
    if (channel->error != 0)
        ready |= POLLERR;
    if (channel->shut_read)
        ready |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (channel->shut_read && channel->shut_write)
        ready |= POLLHUP;
    return ready;
}

int datagram_channel_look(struct datagram_channel *channel, const struct datagram **oldest)
{
    if (channel->error != 0)
        return datagram_channel_take_error(channel);
    if (channel->count == 0)
        return channel->shut_read ? 0 : -KEAGAIN;
    *oldest = &channel->received[channel->first];
    return 1;
}

void datagram_channel_discard(struct datagram_channel *channel)
{
    kassert(channel->count > 0);
    struct nbuf *nbuf = channel->received[channel->first].nbuf;
    channel->first = (channel->first + 1) % DATAGRAMS_MAX;
    channel->count--;
    channel->queued_bytes -= nbuf->len;
    nbuf_free(nbuf);
}

/* ---- sending --------------------------------------------------------------------------------- */

int datagram_channel_may_send(struct datagram_channel *channel, size_t size, size_t most)
{
    int error = datagram_channel_take_error(channel);
    if (error != 0)
        return error;
    if (channel->shut_write)
        return -KEPIPE;
    return size > most ? -KEMSGSIZE : 0;
}

/* ---- halves and options ---------------------------------------------------------------------- */

void datagram_channel_shutdown(struct datagram_channel *channel, int how)
{
    channel->shut_read |= how != SHUT_WR;
    channel->shut_write |= how != SHUT_RD;
    datagram_channel_changed(channel);
}

int datagram_channel_set_ttl(struct datagram_channel *channel, int32_t ttl)
{
    if (ttl != -1 && (ttl < 1 || ttl > DATAGRAM_TTL_MAX))
        return -KEINVAL;
    channel->ttl = ttl == -1 ? 0 : (uint8_t)ttl;
    return 0;
}

uint8_t datagram_channel_ttl(const struct datagram_channel *channel)
{
    return channel->ttl != 0 ? channel->ttl : IPV4_TTL;
}

static uint32_t datagram_bounded(int32_t size, uint32_t least)
{
    if (size < (int32_t)least)
        return least;
    return size < DATAGRAM_BUFFER_MAX ? (uint32_t)size : DATAGRAM_BUFFER_MAX;
}

void datagram_channel_set_receive_buffer(struct datagram_channel *channel, int32_t size)
{
    channel->receive_buffer = datagram_bounded(size, DATAGRAM_RECEIVE_LEAST);
}

void datagram_channel_set_send_buffer(struct datagram_channel *channel, int32_t size)
{
    channel->send_buffer = datagram_bounded(size, DATAGRAM_SEND_LEAST);
}
