/*
 * tcp_input.c - segments that arrive, by state [RFC9293] 3.10.7
 *
 * Checks come in the order of the document, with the stricter ones of [RFC5961] and timestamps in
 * front [RFC7323] 5. A segment that passes them goes on to tcp_acknowledge() and
 * tcp_receive_text(). Whatever is to be sent in answer is sent once, at the end.
 */
#include "lib/checksum.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "netstack/tcp_priv.h"

/* ---- what arrived ---------------------------------------------------------------------------- */

static bool tcp_checksum_is_right(const struct nbuf *nbuf, const struct ipv4_info *info)
{
    uint64_t sum = checksum_add_u32(0, info->source);
    sum = checksum_add_u32(sum, info->destination);
    sum = checksum_add_u16(sum, IPV4_TCP);
    sum = checksum_add_u16(sum, (uint16_t)nbuf->len);
    return checksum_finish(checksum_add(sum, nbuf->data, nbuf->len)) == 0;
}

/* Returns false, and says why, when it is not to be looked at any further. */
static bool tcp_parse(const struct nbuf *nbuf, const struct ipv4_info *info,
                      struct tcp_segment *segment)
{
    const struct tcp_header *header = (const struct tcp_header *)nbuf->data;
    size_t offset = nbuf->len >= TCP_HEADER_SIZE ? (size_t)(header->offset >> 4) * 4 : 0;
    if (offset < TCP_HEADER_SIZE || offset > nbuf->len) {
        tcp_refuse(NULL, TCP_DROP_MALFORMED);
        return false;
    }
    if (!tcp_checksum_is_right(nbuf, info)) {
        tcp_refuse(NULL, TCP_DROP_CHECKSUM);
        return false;
    }
    /* "MUST silently discard an incoming segment ... addressed to an invalid ..." 3.9.2.3. */
    if (info->broadcast || info->group || !ipv4_is_unicast(info->source)) {
        tcp_refuse(NULL, TCP_DROP_GROUP);
        return false;
    }
    *segment = (struct tcp_segment){
        .sequence = be32_get(header->sequence),
        .acknowledgement = be32_get(header->acknowledgement),
        .window = be16_get(header->window),
        .flags = header->flags,
        .data = nbuf->data + offset,
        .size = nbuf->len - offset,
        .local = {info->destination, be16_get(header->destination_port)},
        .remote = {info->source, be16_get(header->source_port)},
        .interface = info->interface,
    };
    tcp_parse_options(nbuf->data + TCP_HEADER_SIZE, offset - TCP_HEADER_SIZE, &segment->seen);
    return true;
}

/* SEG.LEN */
static uint32_t tcp_length(const struct tcp_segment *segment)
{
    return (uint32_t)segment->size + ((segment->flags & TCP_SYN) != 0 ? 1 : 0) +
           ((segment->flags & TCP_FIN) != 0 ? 1 : 0);
}

/* ---- SYN_SENT, 3.10.7.3 ---------------------------------------------------------------------- */

/* What the SYN takes of the sequence is done with; the rest is like any segment. */
static void tcp_strip_syn(struct tcp_segment *segment)
{
    segment->sequence++;
    segment->flags &= ~(unsigned)TCP_SYN;
}

static void tcp_hear_answer(struct tcp_connection *connection, struct tcp_segment *segment,
                            uint64_t now_ns)
{
    connection->send.una = segment->acknowledgement;
    connection->send.edge = segment->acknowledgement;
    tcp_establish(connection, now_ns);
    tcp_update_send_window(connection, segment);
    connection->receive.owes_now = true;
    tcp_strip_syn(segment);
    (void)tcp_receive_text(connection, segment, now_ns);
}

static void tcp_hear_in_syn_sent(struct tcp_connection *connection, struct tcp_segment *segment,
                                 uint64_t now_ns)
{
    const struct tcp_sending *send = &connection->send;
    bool has_ack = (segment->flags & TCP_ACK) != 0;
    if (has_ack && segment->acknowledgement != send->initial + 1) {
        tcp_refuse(connection, TCP_DROP_BAD_ACK);
        tcp_reply_reset(segment, now_ns);
        return;
    }
    if ((segment->flags & TCP_RST) != 0) {
        if (has_ack)
            tcp_finish(connection, KECONNREFUSED);
        else
            tcp_refuse(connection, TCP_DROP_BAD_RESET);
        return;
    }
    if ((segment->flags & TCP_SYN) == 0) {
        tcp_refuse(connection, TCP_DROP_NO_SYN);
        return;
    }
    tcp_agree(connection, segment, now_ns);
    if (has_ack) {
        tcp_hear_answer(connection, segment, now_ns);
        return;
    }
    /* "Simultaneous open": both have sent a SYN that the other one has not seen before. */
    connection->state = TCP_SYN_RECEIVED;
    tcp_send_syn(connection, now_ns);
}

/* ---- the checks of the other states, 3.10.7.4 ------------------------------------------------ */

/*
 * PAWS [RFC7323] 5.3 R1. "If a non-<RST> segment is received without a TSopt, a TCP SHOULD silently
 * drop the segment" 3.2. Resets are let through 5.2.
 */
static bool tcp_check_timestamp(struct tcp_connection *connection,
                                const struct tcp_segment *segment, uint64_t now_ns)
{
    if (!connection->timestamps || (segment->flags & TCP_RST) != 0)
        return true;
    if (!segment->seen.has_timestamps) {
        tcp_refuse(connection, TCP_DROP_PAWS);
        return false;
    }
    bool stale = now_ns - connection->timestamp_recent_ns > TCP_TIMESTAMP_LIFE_NS;
    if (stale || !tcp_before(segment->seen.timestamp, connection->timestamp_recent))
        return true;
    tcp_refuse(connection, TCP_DROP_PAWS);
    tcp_send_ack(connection, now_ns);
    return false;
}

/* [RFC7323] 5.3 R3: that of a segment that begins where the last acknowledgement ended, or before.
 */
static void tcp_note_timestamp(struct tcp_connection *connection, const struct tcp_segment *segment,
                               uint64_t now_ns)
{
    if (!connection->timestamps || tcp_after(segment->sequence, connection->receive.acknowledged) ||
        (tcp_before(segment->seen.timestamp, connection->timestamp_recent) &&
         now_ns - connection->timestamp_recent_ns <= TCP_TIMESTAMP_LIFE_NS))
        return;
    connection->timestamp_recent = segment->seen.timestamp;
    connection->timestamp_recent_ns = now_ns;
}

/*
 * Something of it must lie in the window. DEVIATION: what begins at the edge of the window counts,
 * so that an acknowledgement is heard that follows data which were lost; "special allowance should
 * be made to accept valid ACKs" is said of the closed window only.
 */
static bool tcp_is_acceptable(const struct tcp_connection *connection,
                              const struct tcp_segment *segment)
{
    const struct tcp_receiving *receive = &connection->receive;
    uint32_t length = tcp_length(segment);
    if (tcp_after(segment->sequence, receive->edge))
        return false;
    return length == 0 ? !tcp_before(segment->sequence, receive->next)
                       : tcp_after(segment->sequence + length, receive->next);
}

/*
 * "If an incoming segment is not acceptable, an acknowledgment should be sent in reply (unless the
 * RST bit is set)". Where it has no data the answer is limited, as two ends that do not agree could
 * answer each other for ever. In TIME_WAIT it is their FIN once more: 2 MSL begin anew.
 */
static bool tcp_check_sequence(struct tcp_connection *connection, const struct tcp_segment *segment,
                               uint64_t now_ns)
{
    if (tcp_is_acceptable(connection, segment))
        return true;
    tcp_refuse(connection, TCP_DROP_WINDOW);
    if ((segment->flags & TCP_RST) != 0)
        return false;
    if (connection->state == TCP_TIME_WAIT && (segment->flags & TCP_FIN) != 0)
        tcp_enter_time_wait(connection, now_ns);
    if (segment->size > 0 || (segment->flags & TCP_FIN) != 0)
        tcp_send_ack(connection, now_ns);
    else
        tcp_send_challenge(connection, now_ns);
    return false;
}

/*
 * [RFC5961] 3.2: a reset must name the next byte; one elsewhere in the window is asked about. What
 * it means, 3.10.7.4: a connection of a listener vanishes.
 */
static void tcp_hear_reset(struct tcp_connection *connection, const struct tcp_segment *segment,
                           uint64_t now_ns)
{
    if (segment->sequence != connection->receive.next) {
        tcp_refuse(connection, TCP_DROP_BAD_RESET);
        tcp_send_challenge(connection, now_ns);
        return;
    }
    switch (connection->state) {
    case TCP_SYN_RECEIVED:
        tcp_finish(connection, KECONNREFUSED);
        break;
    case TCP_CLOSE_WAIT:
        tcp_finish(connection, KEPIPE);
        break;
    case TCP_TIME_WAIT:
        tcp_finish(connection, 0);
        break;
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSING: /* our last data may not have come: as on Linux, that is an error too */
    case TCP_LAST_ACK:
        tcp_finish(connection, KECONNRESET);
        break;
    case TCP_SYN_SENT:
    case TCP_CLOSED:
    case TCP_LISTEN:
        kpanic("a reset in a state that has no window");
    }
}

/* Returns false: the segment goes no further. */
static bool tcp_hear_ack_of_syn(struct tcp_connection *connection,
                                const struct tcp_segment *segment, uint64_t now_ns)
{
    struct tcp_sending *send = &connection->send;
    if (segment->acknowledgement != send->initial + 1) {
        tcp_refuse(connection, TCP_DROP_BAD_ACK);
        tcp_reply_reset(segment, now_ns);
        return false;
    }
    send->una = segment->acknowledgement;
    send->edge = segment->acknowledgement;
    tcp_establish(connection, now_ns);
    tcp_update_send_window(connection, segment);
    if (connection->listener != NULL)
        tcp_listen_finished(connection);
    return true;
}

/* "(SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT" [RFC5961] 5.2. */
static bool tcp_check_ack(struct tcp_connection *connection, const struct tcp_segment *segment,
                          uint64_t now_ns)
{
    const struct tcp_sending *send = &connection->send;
    if (!tcp_after(segment->acknowledgement, send->max) &&
        !tcp_before(segment->acknowledgement, send->una - send->window_max))
        return true;
    tcp_refuse(connection, TCP_DROP_BAD_ACK);
    tcp_send_challenge(connection, now_ns);
    return false;
}

/* What an acknowledgement of our FIN means. Returns false when the connection is over. */
static bool tcp_hear_ack_of_fin(struct tcp_connection *connection, uint64_t now_ns)
{
    if (!tcp_fin_is_acknowledged(connection))
        return true;
    if (connection->state == TCP_FIN_WAIT_1) {
        connection->state = TCP_FIN_WAIT_2;
        if (!connection->owned)
            tcp_timer_set(connection, TCP_TIMER_END, now_ns + TCP_FIN_WAIT_2_NS);
        tcp_tell(connection, 0);
    } else if (connection->state == TCP_CLOSING) {
        tcp_enter_time_wait(connection, now_ns);
        tcp_tell(connection, 0);
    } else if (connection->state == TCP_LAST_ACK) {
        tcp_finish(connection, 0);
        return false;
    }
    return true;
}

/*
 * The first SYN once more: ours, which answered it, was lost. With an ACK it is the answer to ours,
 * and theirs had crossed it. Returns false: there is no more in the segment.
 */
static bool tcp_hear_syn_again(struct tcp_connection *connection, struct tcp_segment *segment,
                               uint64_t now_ns)
{
    if (connection->state != TCP_SYN_RECEIVED || (segment->flags & TCP_SYN) == 0 ||
        segment->sequence != connection->receive.initial)
        return true;
    tcp_strip_syn(segment);
    if ((segment->flags & TCP_ACK) != 0)
        return true;
    tcp_send_syn(connection, now_ns);
    return false;
}

static void tcp_hear_synchronized(struct tcp_connection *connection, struct tcp_segment *segment,
                                  uint64_t now_ns)
{
    if (!tcp_check_timestamp(connection, segment, now_ns))
        return;
    if (!tcp_hear_syn_again(connection, segment, now_ns))
        return;
    if (!tcp_check_sequence(connection, segment, now_ns))
        return;
    if ((segment->flags & TCP_RST) != 0) {
        tcp_hear_reset(connection, segment, now_ns);
        return;
    }
    if ((segment->flags & TCP_SYN) != 0) { /* [RFC5961] 4.2, wherever it lies */
        tcp_refuse(connection, TCP_DROP_BAD_RESET);
        tcp_send_challenge(connection, now_ns);
        return;
    }
    if ((segment->flags & TCP_ACK) == 0) {
        tcp_refuse(connection, TCP_DROP_NO_ACK);
        return;
    }
    if (connection->state == TCP_SYN_RECEIVED && !tcp_hear_ack_of_syn(connection, segment, now_ns))
        return;
    if (!tcp_check_ack(connection, segment, now_ns))
        return;
    tcp_note_timestamp(connection, segment, now_ns);
    tcp_timer_heard(connection, now_ns);
    tcp_acknowledge(connection, segment, now_ns);
    if (tcp_hear_ack_of_fin(connection, now_ns))
        (void)tcp_receive_text(connection, segment, now_ns);
}

/* ---- where it belongs ------------------------------------------------------------------------ */

/*
 * A SYN in TIME_WAIT that cannot be an old duplicate, because its number is beyond all that was, or
 * its timestamp is, begins a new connection [RFC9293] 3.6.1 [RFC6191] 2.
 */
static bool tcp_begins_anew(const struct tcp_connection *connection,
                            const struct tcp_segment *segment)
{
    if (connection->state != TCP_TIME_WAIT ||
        (segment->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
        return false;
    if (tcp_after(segment->sequence, connection->receive.next))
        return true;
    return connection->timestamps && segment->seen.has_timestamps &&
           tcp_after(segment->seen.timestamp, connection->timestamp_recent);
}

static void tcp_hear(struct tcp_connection *connection, struct tcp_segment *segment,
                     uint64_t now_ns)
{
    connection->hearing = true;
    if (connection->state == TCP_SYN_SENT)
        tcp_hear_in_syn_sent(connection, segment, now_ns);
    else
        tcp_hear_synchronized(connection, segment, now_ns);
    connection->hearing = false;
    if (connection->state != TCP_CLOSED)
        tcp_output(connection, now_ns);
    else if (!connection->owned && !connection->completed)
        tcp_free(connection);
}

void tcp_input(struct nbuf *nbuf, const struct ipv4_info *info, uint64_t now_ns)
{
    struct tcp_segment segment;
    if (tcp_parse(nbuf, info, &segment)) {
        struct tcp_connection *connection = tcp_find_flow(&segment.local, &segment.remote);
        struct tcp_connection *listener = NULL;
        if (connection != NULL && connection->device != NULL &&
            connection->device != segment.interface)
            connection = NULL;
        if (connection == NULL || tcp_begins_anew(connection, &segment))
            listener = tcp_find_listener(&segment.local, segment.interface);
        if (connection != NULL && listener != NULL) {
            tcp_finish(connection, 0);
            connection = NULL;
        }
        if (connection != NULL) {
            tcp_hear(connection, &segment, now_ns);
        } else if (listener != NULL) {
            tcp_listen_input(listener, &segment, now_ns);
        } else {
            tcp_refuse(NULL, TCP_DROP_NOBODY);
            tcp_reply_reset(&segment, now_ns);
        }
    }
    nbuf_free(nbuf);
}
