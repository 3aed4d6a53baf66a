/*
 * tcp_receive.c - data and FIN of a segment that was let through [RFC9293] 3.10.7.4
 *
 * Data are stored where they belong in the receive buffer, also behind gaps; what lies behind a gap
 * is remembered as ranges, and becomes readable at once when the gap closes.
 */
#include "lib/errno.h"
#include "netstack/tcp_priv.h"

struct tcp_text {
    uint32_t sequence;
    const uint8_t *data;
    size_t size;
    bool fin;
};

/* Without what is there already and what lies beyond the window. */
static struct tcp_text tcp_trim(const struct tcp_connection *connection,
                                const struct tcp_segment *segment)
{
    const struct tcp_receiving *receive = &connection->receive;
    struct tcp_text text = {segment->sequence, segment->data, segment->size,
                            (segment->flags & TCP_FIN) != 0};
    if (tcp_before(text.sequence, receive->next)) {
        uint32_t known = receive->next - text.sequence;
        size_t cut = known < text.size ? known : text.size;
        text.data += cut;
        text.size -= cut;
        text.sequence += (uint32_t)cut;
    }
    uint32_t end = receive->has_fin ? tcp_earlier(receive->fin, receive->edge) : receive->edge;
    uint32_t room = tcp_after(end, text.sequence) ? end - text.sequence : 0;
    if (text.size > room) {
        text.size = room;
        text.fin = false;
    }
    return text;
}

static bool tcp_reads_on(const struct tcp_connection *connection)
{
    return connection->state == TCP_ESTABLISHED || connection->state == TCP_FIN_WAIT_1 ||
           connection->state == TCP_FIN_WAIT_2;
}

/*
 * "An acknowledgment SHOULD be generated for at least every second full-sized segment", within half
 * a second [RFC9293] 3.8.6.3.
 */
static void tcp_owe(struct tcp_connection *connection, size_t size, uint64_t now_ns)
{
    struct tcp_receiving *receive = &connection->receive;
    if (size > receive->mss)
        receive->mss = (unsigned)size;
    if (receive->next - receive->acknowledged >= 2 * receive->mss)
        receive->owes_now = true;
    if (!receive->owes_now && !tcp_timer_is_armed(connection, TCP_TIMER_ACKNOWLEDGE))
        tcp_timer_set(connection, TCP_TIMER_ACKNOWLEDGE, now_ns + TCP_DELAYED_ACK_NS);
}

/*
 * The next bytes. What was behind the gap that they may have closed follows; "SHOULD send an
 * immediate ACK when the incoming segment fills in all or part of a gap" [RFC5681] 4.2.
 */
static bool tcp_receive_next(struct tcp_connection *connection, const struct tcp_text *text,
                             uint64_t now_ns)
{
    struct tcp_receiving *receive = &connection->receive;
    size_t stored = tcp_buffer_write(&receive->buffer, text->sequence, text->data, text->size);
    receive->next += (uint32_t)stored;
    if (receive->early.count > 0) {
        receive->owes_now = true;
        if (!tcp_after(receive->early.ranges[0].begin, receive->next))
            receive->next = tcp_later(receive->next, receive->early.ranges[0].end);
        tcp_ranges_drop_below(&receive->early, receive->next);
    }
    if (stored > 0)
        tcp_owe(connection, stored, now_ns);
    if (stored > 0)
        tcp_tell(connection, TCP_READY_IN);
    if (stored == text->size)
        return true;
    receive->owes_now = true;
    tcp_refuse(connection, TCP_DROP_NO_MEMORY);
    return false;
}

/* "SHOULD send an immediate duplicate ACK when an out-of-order segment arrives" [RFC5681] 4.2. */
static bool tcp_receive_early(struct tcp_connection *connection, const struct tcp_text *text)
{
    struct tcp_receiving *receive = &connection->receive;
    uint32_t end = text->sequence + (uint32_t)text->size;
    receive->owes_now = true;
    if (!tcp_ranges_has_room(&receive->early, text->sequence, end)) {
        tcp_refuse(connection, TCP_DROP_DISORDER);
        return false;
    }
    size_t stored = tcp_buffer_write(&receive->buffer, text->sequence, text->data, text->size);
    if (stored > 0) {
        receive->latest = text->sequence;
        (void)tcp_ranges_add(&receive->early, text->sequence, text->sequence + (uint32_t)stored);
    }
    if (stored == text->size)
        return true;
    tcp_refuse(connection, TCP_DROP_NO_MEMORY);
    return false;
}

static void tcp_receive_fin(struct tcp_connection *connection, uint64_t now_ns)
{
    struct tcp_receiving *receive = &connection->receive;
    receive->ended = true;
    receive->next++;
    receive->edge = tcp_later(receive->edge, receive->next);
    receive->owes_now = true;
    if (connection->state == TCP_ESTABLISHED)
        connection->state = TCP_CLOSE_WAIT;
    else if (connection->state == TCP_FIN_WAIT_1)
        connection->state = TCP_CLOSING; /* had it been acknowledged, it would be FIN_WAIT_2 */
    else
        tcp_enter_time_wait(connection, now_ns);
    tcp_tell(connection, TCP_READY_IN | TCP_READY_RDHUP);
}

/*
 * "If the user has closed and there is new data, a reset shows that they are lost" [RFC1122]
 * 4.2.2.13.
 */
static bool tcp_is_too_late(const struct tcp_connection *connection, const struct tcp_text *text)
{
    return text->size > 0 && !connection->owned && connection->listener == NULL;
}

bool tcp_receive_text(struct tcp_connection *connection, const struct tcp_segment *segment,
                      uint64_t now_ns)
{
    struct tcp_receiving *receive = &connection->receive;
    if (!tcp_reads_on(connection))
        return true;
    struct tcp_text text = tcp_trim(connection, segment);
    if (tcp_is_too_late(connection, &text)) {
        tcp_refuse(connection, TCP_DROP_LATE_DATA);
        tcp_send_reset(connection, now_ns);
        tcp_finish(connection, 0);
        return false;
    }
    /* Beyond a window that is closed, or old: they learn where we are. */
    if (text.size < segment->size)
        receive->owes_now = true;
    bool whole = true;
    if (text.size > 0 && text.sequence == receive->next)
        whole = tcp_receive_next(connection, &text, now_ns);
    else if (text.size > 0)
        whole = tcp_receive_early(connection, &text);
    if (text.fin && whole && !receive->has_fin) {
        uint32_t fin = text.sequence + (uint32_t)text.size;
        receive->has_fin = !tcp_before(fin, receive->buffer.end);
        receive->fin = fin;
        receive->owes_now = true;
    }
    if (receive->has_fin && receive->next == receive->fin)
        tcp_receive_fin(connection, now_ns);
    return true;
}
