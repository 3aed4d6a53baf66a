/*
 * tcp_sack.c - recovery by selective acknowledgements [RFC6675]
 *
 * The scoreboard is the set of ranges that they say to have. What lies below enough of them is lost
 * (IsLost); what is neither there nor lost, or was sent again, is on the way (Pipe); and what is
 * sent next follows from both (NextSeg). All three are sums over the few ranges.
 *
 * Simpler than the document: what was sent again in this recovery is known as everything below
 * HighRxt, and is not found lost a second time; the retransmission timer sees to that.
 */
#include "netstack/tcp_priv.h"

/* Blocks below the acknowledgement tell of duplicates [RFC2883], which are nothing new. */
bool tcp_sack_note(struct tcp_connection *connection, const struct tcp_segment *segment)
{
    struct tcp_sending *send = &connection->send;
    uint32_t floor = tcp_later(send->una, segment->acknowledgement);
    bool news = false;
    for (unsigned i = 0; i < segment->seen.block_count; i++) {
        const struct tcp_range *block = &segment->seen.blocks[i];
        if (!tcp_before(block->begin, block->end) || tcp_before(block->begin, floor) ||
            tcp_after(block->end, send->max))
            continue;
        if (tcp_ranges_add(&send->sacked, block->begin, block->end))
            news = true;
    }
    return news;
}

/*
 * Everything that is missing below this is lost: IsLost, "DupThresh discontiguous SACKed sequences"
 * or "more than (DupThresh - 1) * SMSS bytes" lie above it [RFC6675] 4.
 */
static uint32_t tcp_sack_lost_below(const struct tcp_connection *connection)
{
    const struct tcp_ranges *sacked = &connection->send.sacked;
    size_t enough = (TCP_DUPLICATES_MIN - 1) * tcp_smss(connection);
    size_t size = 0;
    for (unsigned i = sacked->count; i > 0; i--) {
        size += sacked->ranges[i - 1].end - sacked->ranges[i - 1].begin;
        if (size > enough || sacked->count - i + 1 >= TCP_DUPLICATES_MIN)
            return sacked->ranges[i - 1].begin;
    }
    return connection->send.una;
}

bool tcp_sack_first_is_lost(const struct tcp_connection *connection)
{
    return tcp_after(tcp_sack_lost_below(connection), connection->send.una);
}

/* How much of [begin, end) lies in [from, to). */
static uint32_t tcp_sack_overlap(uint32_t begin, uint32_t end, uint32_t from, uint32_t to)
{
    begin = tcp_later(begin, from);
    end = tcp_earlier(end, to);
    return tcp_before(begin, end) ? end - begin : 0;
}

/* SetPipe, 4: gap by gap. */
static size_t tcp_sack_pipe(const struct tcp_connection *connection)
{
    const struct tcp_sending *send = &connection->send;
    uint32_t lost_below = tcp_sack_lost_below(connection);
    uint32_t begin = send->una;
    size_t pipe = 0;
    for (unsigned i = 0; i <= send->sacked.count; i++) {
        bool last = i == send->sacked.count;
        uint32_t end = last ? send->max : send->sacked.ranges[i].begin;
        pipe += tcp_sack_overlap(begin, end, lost_below, send->max);
        pipe += tcp_sack_overlap(begin, end, send->una, connection->congestion.high_rxt);
        begin = last ? end : send->sacked.ranges[i].end;
    }
    return pipe;
}

/* The first missing byte from HighRxt on and below `below`; `below`: there is none. */
static uint32_t tcp_sack_next_hole(const struct tcp_connection *connection, uint32_t below)
{
    uint32_t sequence = tcp_later(connection->congestion.high_rxt, connection->send.una);
    const struct tcp_range *range = tcp_ranges_find(&connection->send.sacked, sequence);
    if (range != NULL && !tcp_after(range->begin, sequence))
        sequence = range->end;
    return tcp_before(sequence, below) ? sequence : below;
}

static bool tcp_sack_send_hole(struct tcp_connection *connection, uint32_t below, uint64_t now_ns)
{
    uint32_t sequence = tcp_sack_next_hole(connection, below);
    if (sequence == below)
        return false;
    uint32_t end = tcp_send_again(connection, sequence, now_ns);
    connection->congestion.high_rxt = tcp_later(connection->congestion.high_rxt, end);
    return end != sequence;
}

static bool tcp_sack_send_new(struct tcp_connection *connection, uint64_t now_ns)
{
    struct tcp_sending *send = &connection->send;
    size_t size = 0;
    bool fin = false;
    send->next = send->max;
    if (!tcp_may_send(connection, send->edge, &size, &fin) ||
        !tcp_send_data(connection, send->next, size, fin, now_ns))
        return false;
    send->next = send->max;
    return true;
}

/* NextSeg (4): the end of what is on the way may be what is lost. Once in a recovery. */
static bool tcp_sack_rescue(struct tcp_connection *connection, uint64_t now_ns)
{
    const struct tcp_sending *send = &connection->send;
    const struct tcp_ranges *sacked = &send->sacked;
    uint32_t begin = sacked->count > 0 ? sacked->ranges[sacked->count - 1].end : send->una;
    uint32_t size = (uint32_t)tcp_smss(connection);
    if (connection->congestion.rescued || begin == send->max)
        return false;
    connection->congestion.rescued = true;
    begin = tcp_later(begin, send->max - size);
    return tcp_send_again(connection, begin, now_ns) != begin;
}

/* NextSeg, 4, in its order: (1) lost, (2) new, (3) missing but perhaps on the way, (4). */
static bool tcp_sack_send_next(struct tcp_connection *connection, uint64_t now_ns)
{
    const struct tcp_ranges *sacked = &connection->send.sacked;
    uint32_t highest =
        sacked->count > 0 ? sacked->ranges[sacked->count - 1].begin : connection->send.una;
    return tcp_sack_send_hole(connection, tcp_sack_lost_below(connection), now_ns) ||
           tcp_sack_send_new(connection, now_ns) ||
           tcp_sack_send_hole(connection, highest, now_ns) || tcp_sack_rescue(connection, now_ns);
}

/* "If cwnd - pipe >= 1 SMSS, the sender SHOULD transmit one or more segments" 5 (C). */
void tcp_sack_output(struct tcp_connection *connection, uint64_t now_ns)
{
    size_t smss = tcp_smss(connection);
    while (connection->congestion.window >= tcp_sack_pipe(connection) + smss) {
        if (!tcp_sack_send_next(connection, now_ns))
            return;
    }
}
