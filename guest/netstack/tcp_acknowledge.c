/*
 * tcp_acknowledge.c - acknowledgements that arrive: round trips, windows, what may be forgotten
 */
#include "netstack/tcp_priv.h"

/* ---- round trips [RFC6298] 2 ----------------------------------------------------------------- */

void tcp_measure(struct tcp_connection *connection, uint64_t rtt_ns)
{
    struct tcp_timing *timing = &connection->timing;
    if (timing->srtt_ns == 0) {
        timing->srtt_ns = rtt_ns > 0 ? rtt_ns : 1;
        timing->rttvar_ns = rtt_ns / 2;
    } else {
        uint64_t apart_ns =
            timing->srtt_ns > rtt_ns ? timing->srtt_ns - rtt_ns : rtt_ns - timing->srtt_ns;
        timing->rttvar_ns = timing->rttvar_ns - timing->rttvar_ns / 4 + apart_ns / 4;
        timing->srtt_ns = timing->srtt_ns - timing->srtt_ns / 8 + rtt_ns / 8;
    }
    uint64_t spread_ns =
        4 * timing->rttvar_ns > TCP_CLOCK_NS ? 4 * timing->rttvar_ns : TCP_CLOCK_NS;
    uint64_t rto_ns = timing->srtt_ns + spread_ns;
    rto_ns = rto_ns > TCP_RTO_MIN_NS ? rto_ns : TCP_RTO_MIN_NS;
    timing->rto_ns = rto_ns < TCP_RTO_MAX_NS ? rto_ns : TCP_RTO_MAX_NS;
}

/*
 * By the segment that is timed. After a retransmission none is, but the timestamp that comes back
 * says which of the two was acknowledged [RFC7323] 4.1.
 */
static void tcp_take_sample(struct tcp_connection *connection, const struct tcp_segment *segment,
                            uint64_t now_ns)
{
    struct tcp_timing *timing = &connection->timing;
    if (timing->measuring && !tcp_before(segment->acknowledgement, timing->measured)) {
        timing->measuring = false;
        tcp_measure(connection, now_ns - timing->measured_ns);
    } else if (timing->retries > 0 && connection->timestamps && segment->seen.timestamp_echo != 0) {
        uint32_t rtt_ms = tcp_timestamp(connection, now_ns) - segment->seen.timestamp_echo;
        if (rtt_ms <= TCP_RTO_MAX_NS / TCP_CLOCK_NS)
            tcp_measure(connection, rtt_ms * TCP_CLOCK_NS);
    }
}

/* ---- the window ------------------------------------------------------------------------------ */

/* "If (SND.WL1 < SEG.SEQ or (SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK))" [RFC9293] 3.10.7.4. */
void tcp_update_send_window(struct tcp_connection *connection, const struct tcp_segment *segment)
{
    struct tcp_sending *send = &connection->send;
    bool first = send->window_max == 0;
    bool newer = tcp_before(send->window_sequence, segment->sequence) ||
                 (send->window_sequence == segment->sequence &&
                  !tcp_after(send->window_acknowledgement, segment->acknowledgement));
    if (!first && !newer)
        return;
    unsigned scale = (segment->flags & TCP_SYN) != 0 ? 0 : send->scale;
    uint32_t window = segment->window << scale;
    send->edge = segment->acknowledgement + window;
    send->window_sequence = segment->sequence;
    send->window_acknowledgement = segment->acknowledgement;
    if (window > send->window_max)
        send->window_max = window;
}

/* ---- what is acknowledged -------------------------------------------------------------------- */

/*
 * [RFC5681] 2, (a) to (e), which answers to window probes are not; with selective
 * acknowledgements, one that says something new by them [RFC6675] 2.
 */
static bool tcp_is_duplicate(const struct tcp_connection *connection,
                             const struct tcp_segment *segment, bool news)
{
    const struct tcp_sending *send = &connection->send;
    if (segment->acknowledgement != send->una || tcp_in_flight(connection) == 0 ||
        tcp_timer_is_armed(connection, TCP_TIMER_PERSIST))
        return false;
    if (connection->sack)
        return news;
    return segment->size == 0 && (segment->flags & TCP_FIN) == 0 &&
           segment->acknowledgement + (segment->window << send->scale) == send->edge;
}

/* [RFC6298] 5.2, 5.3. */
static void tcp_restart_retransmission(struct tcp_connection *connection, uint64_t now_ns)
{
    bool all = tcp_in_flight(connection) == 0;
    tcp_timer_set(connection, TCP_TIMER_RETRANSMIT,
                  all ? TCP_NEVER : now_ns + connection->timing.rto_ns);
}

static void tcp_advance(struct tcp_connection *connection, const struct tcp_segment *segment,
                        uint64_t now_ns)
{
    struct tcp_sending *send = &connection->send;
    uint32_t size = segment->acknowledgement - send->una;
    bool had_room = tcp_has_room(connection);
    tcp_take_sample(connection, segment, now_ns);
    send->una = segment->acknowledgement;
    send->next = tcp_later(send->next, send->una);
    tcp_buffer_release(&send->buffer, tcp_earlier(send->una, send->buffer.end));
    tcp_ranges_drop_below(&send->sacked, send->una);
    connection->timing.retries = 0;
    connection->soft_error = 0;
    tcp_congestion_acknowledged(connection, size, now_ns);
    tcp_grow_send_buffer(connection);
    tcp_restart_retransmission(connection, now_ns);
    if (!had_room && tcp_has_room(connection))
        tcp_tell(connection, TCP_READY_OUT);
}

void tcp_acknowledge(struct tcp_connection *connection, const struct tcp_segment *segment,
                     uint64_t now_ns)
{
    bool news = connection->sack && tcp_sack_note(connection, segment);
    if (tcp_after(segment->acknowledgement, connection->send.una))
        tcp_advance(connection, segment, now_ns);
    else if (tcp_is_duplicate(connection, segment, news))
        tcp_congestion_duplicate(connection, now_ns);
    if (!tcp_before(segment->acknowledgement, connection->send.una))
        tcp_update_send_window(connection, segment);
}
