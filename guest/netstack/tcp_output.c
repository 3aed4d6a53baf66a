/*
 * tcp_output.c - which segments leave, and when
 *
 * tcp_output() is called whenever something has changed: bytes were queued, an acknowledgement or a
 * larger window came, a timer was due. It sends what it may from send.next on, then an
 * acknowledgement if one is due and did not travel with data, and sees to it that a timer is armed
 * while anything is left to do: that of retransmission while something is on the way, that of
 * window probes while something is not sent and nothing is on the way that could bring an answer.
 */
#include "netstack/tcp_priv.h"

bool tcp_has_more(const struct tcp_connection *connection)
{
    const struct tcp_sending *send = &connection->send;
    return tcp_before(send->next, send->buffer.end) ||
           (send->ended && send->next == send->buffer.end);
}

/*
 * Sender's silly window avoidance [RFC9293] 3.8.6.2.1 and Nagle's algorithm 3.7.4: full segments;
 * the last one, when nothing is on the way or nobody wants to wait; and what fits into half of the
 * largest window that they had.
 */
static bool tcp_is_worth_a_segment(const struct tcp_connection *connection, size_t size, bool last,
                                   bool fin)
{
    const struct tcp_sending *send = &connection->send;
    bool again = tcp_before(send->next, send->max);
    if (size >= tcp_segment_room(connection) || fin)
        return true;
    if (size == 0)
        return false;
    if (last)
        return again || connection->options.no_delay || send->next == send->una;
    return size >= send->window_max / 2;
}

/* `edge`: of congestion. A FIN takes a place in the window as a byte does. */
bool tcp_may_send(const struct tcp_connection *connection, uint32_t edge, size_t *size, bool *fin)
{
    const struct tcp_sending *send = &connection->send;
    if (!tcp_has_more(connection))
        return false;
    uint32_t left = send->buffer.end - send->next;
    edge = tcp_earlier(edge, send->edge);
    uint32_t usable = tcp_after(edge, send->next) ? edge - send->next : 0;
    size_t room = tcp_segment_room(connection);
    *size = left < usable ? left : usable;
    *size = *size < room ? *size : room;
    bool last = *size == left;
    *fin = last && send->ended && usable > *size;
    return tcp_is_worth_a_segment(connection, *size, last, *fin);
}

/* What they have is not sent again; how much is missing in front of it. */
static size_t tcp_missing(const struct tcp_connection *connection, uint32_t sequence, size_t size)
{
    const struct tcp_range *range = tcp_ranges_find(&connection->send.sacked, sequence);
    if (range != NULL && tcp_before(range->begin, sequence + (uint32_t)size))
        return range->begin - sequence;
    return size;
}

static void tcp_skip_sacked(struct tcp_connection *connection)
{
    struct tcp_sending *send = &connection->send;
    const struct tcp_range *range = tcp_ranges_find(&send->sacked, send->next);
    if (range != NULL && !tcp_after(range->begin, send->next))
        send->next = range->end;
}

static void tcp_output_next(struct tcp_connection *connection, uint64_t now_ns)
{
    struct tcp_sending *send = &connection->send;
    size_t size = 0;
    bool fin = false;
    for (;;) {
        tcp_skip_sacked(connection);
        if (!tcp_may_send(connection, tcp_congestion_edge(connection), &size, &fin))
            return;
        size_t missing = tcp_missing(connection, send->next, size);
        fin = fin && missing == size;
        if (!tcp_send_data(connection, send->next, missing, fin, now_ns))
            return;
        send->next += (uint32_t)missing + (fin ? 1 : 0);
    }
}

uint32_t tcp_send_again(struct tcp_connection *connection, uint32_t sequence, uint64_t now_ns)
{
    const struct tcp_sending *send = &connection->send;
    uint32_t left = tcp_before(sequence, send->buffer.end) ? send->buffer.end - sequence : 0;
    size_t size = tcp_segment_room(connection);
    size = left < size ? left : size;
    size = tcp_missing(connection, sequence, size);
    bool fin = send->ended && size == left && tcp_after(send->max, send->buffer.end);
    if ((size == 0 && !fin) || !tcp_send_data(connection, sequence, size, fin, now_ns))
        return sequence;
    return sequence + (uint32_t)size + (fin ? 1 : 0);
}

/* [RFC6298] 5.1, and the window probes of [RFC9293] 3.8.6.1. */
static void tcp_arm_timers(struct tcp_connection *connection, uint64_t now_ns)
{
    const struct tcp_sending *send = &connection->send;
    struct tcp_timing *timing = &connection->timing;
    bool on_the_way = send->next != send->una;
    bool may_probe = !on_the_way && tcp_has_more(connection);
    if (!may_probe && tcp_timer_is_armed(connection, TCP_TIMER_PERSIST))
        tcp_timer_set(connection, TCP_TIMER_PERSIST, TCP_NEVER);
    if (on_the_way && !tcp_timer_is_armed(connection, TCP_TIMER_RETRANSMIT))
        tcp_timer_set(connection, TCP_TIMER_RETRANSMIT, now_ns + timing->rto_ns);
    if (!may_probe || tcp_timer_is_armed(connection, TCP_TIMER_RETRANSMIT) ||
        tcp_timer_is_armed(connection, TCP_TIMER_PERSIST))
        return;
    timing->persist_ns = timing->rto_ns;
    tcp_timer_set(connection, TCP_TIMER_PERSIST, now_ns + timing->persist_ns);
}

void tcp_output(struct tcp_connection *connection, uint64_t now_ns)
{
    if (connection->hearing || connection->state == TCP_SYN_SENT ||
        connection->state == TCP_SYN_RECEIVED)
        return;
    if (tcp_in_flight(connection) == 0 &&
        now_ns - connection->timing.sent_ns > connection->timing.rto_ns)
        tcp_congestion_idle(connection);
    if (connection->congestion.state == TCP_CONGESTION_RECOVERY && connection->sack)
        tcp_sack_output(connection, now_ns);
    else
        tcp_output_next(connection, now_ns);
    if (connection->receive.owes_now)
        tcp_send_ack(connection, now_ns);
    tcp_arm_timers(connection, now_ns);
}
