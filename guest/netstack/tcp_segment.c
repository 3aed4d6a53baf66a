/*
 * tcp_segment.c - one segment that leaves
 *
 * The way is looked up for each: it may have changed, and who has lost it keeps trying until it
 * comes back or the retransmissions end.
 */
#include "lib/checksum.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "netstack/drop.h"
#include "netstack/interface.h"
#include "netstack/tcp_priv.h"

kstatic_assert(TCP_BUFFER_MAX + (1 << 1) <= TCP_BUFFER_SPAN &&
                   TCP_BUFFER_MAX >> 1 <= TCP_WINDOW_UNSCALED,
               "a window of any buffer fits, also when it is rounded up to its scale");
kstatic_assert(NBUF_HEADROOM + TCP_HEADER_SIZE_MAX + INTERFACE_LO_MTU <= NBUF_SIZE,
               "the header is written where data begin, so that the headroom is left to others");

/* ---- the window that we offer ---------------------------------------------------------------- */

uint32_t tcp_window_gain(const struct tcp_connection *connection)
{
    const struct tcp_receiving *receive = &connection->receive;
    size_t size = tcp_receive_size(connection);
    uint32_t unread = tcp_unread(connection);
    uint32_t limit = (uint32_t)TCP_WINDOW_UNSCALED << receive->scale;
    uint32_t free = size > unread ? (uint32_t)size - unread : 0;
    uint32_t edge = receive->next + (free < limit ? free : limit);
    return tcp_after(edge, receive->edge) ? edge - receive->edge : 0;
}

/*
 * Receiver's silly window avoidance [RFC9293] 3.8.6.2.2: the edge stays "until ... at least
 * min(Fr * RCV.BUFF, Eff.snd.MSS)" are gained, with Fr = 1/2. It never moves back. Rounded up to
 * what the scale can say, so that it does not do so by the way.
 */
static uint16_t tcp_offer_window(struct tcp_connection *connection)
{
    struct tcp_receiving *receive = &connection->receive;
    uint32_t gain = tcp_window_gain(connection);
    if (gain >= tcp_receive_size(connection) / 2 || gain >= connection->send.mss)
        receive->edge += gain;
    uint32_t window = tcp_after(receive->edge, receive->next) ? receive->edge - receive->next : 0;
    uint32_t field = (window + (1u << receive->scale) - 1) >> receive->scale;
    if (field > UINT16_MAX)
        field = UINT16_MAX;
    receive->edge = receive->next + (field << receive->scale);
    return (uint16_t)field;
}

/* ---- putting together ------------------------------------------------------------------------ */

unsigned tcp_path_mss(const struct ipv4_path *path)
{
    unsigned mtu = path->interface->mtu;
    return mtu < TCP_MSS_MIN + IPV4_HEADER_SIZE + TCP_HEADER_SIZE
               ? TCP_MSS_MIN
               : mtu - IPV4_HEADER_SIZE - TCP_HEADER_SIZE;
}

size_t tcp_smss(const struct tcp_connection *connection)
{
    return connection->send.mss - (connection->timestamps ? TCP_TIMESTAMPS_SIZE : 0);
}

size_t tcp_segment_room(const struct tcp_connection *connection)
{
    return connection->send.mss - tcp_options_size(connection);
}

/*
 * Sums up what the data do not: pseudo-header and header; and sends, by `device` only where there
 * is one. Takes the buffer.
 */
static int tcp_transmit(struct nbuf *nbuf, size_t header_size, uint64_t data_sum,
                        const struct tcp_end *local, const struct tcp_end *remote,
                        const struct interface *device, uint64_t now_ns)
{
    struct tcp_header *header = (struct tcp_header *)nbuf->data;
    struct ipv4_path path;
    int error = ipv4_find_path(remote->address, &path);
    if (error == 0 && device != NULL && path.interface != device)
        error = -KENETUNREACH;
    if (error != 0) {
        net_drop(nbuf, "tcp", "no way to the other side");
        return error;
    }
    path.source = local->address;
    uint64_t sum = checksum_add_u32(data_sum, local->address);
    sum = checksum_add_u32(sum, remote->address);
    sum = checksum_add_u16(sum, IPV4_TCP);
    sum = checksum_add_u16(sum, (uint16_t)nbuf->len);
    header->checksum = be16_put(checksum_finish(checksum_add(sum, header, header_size)));
    return ipv4_output(nbuf, &path, remote->address, IPV4_TCP, now_ns);
}

/* A buffer with a header, NULL: none is left. */
static struct nbuf *tcp_begin(struct tcp_connection *connection, uint32_t sequence, unsigned flags,
                              size_t *header_size, uint64_t now_ns)
{
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL) {
        net_drop(NULL, "tcp", "no buffer for a segment");
        return NULL;
    }
    uint8_t *bytes = nbuf_put(nbuf, TCP_HEADER_SIZE_MAX);
    *header_size =
        TCP_HEADER_SIZE + tcp_write_options(connection, flags, bytes + TCP_HEADER_SIZE, now_ns);
    nbuf->len = *header_size;
    *(struct tcp_header *)bytes = (struct tcp_header){
        .source_port = be16_put(connection->local.port),
        .destination_port = be16_put(connection->remote.port),
        .sequence = be32_put(sequence),
        .acknowledgement = be32_put((flags & TCP_ACK) != 0 ? connection->receive.next : 0),
        .offset = (uint8_t)(*header_size / 4 << 4),
        .flags = (uint8_t)flags,
    };
    return nbuf;
}

/* What every segment with ACK does: nothing is owed any more. */
static void tcp_acknowledged(struct tcp_connection *connection)
{
    connection->receive.acknowledged = connection->receive.next;
    connection->receive.owes_now = false;
    if (tcp_timer_is_armed(connection, TCP_TIMER_ACKNOWLEDGE))
        tcp_timer_set(connection, TCP_TIMER_ACKNOWLEDGE, TCP_NEVER);
}

/* ---- with sequence numbers ------------------------------------------------------------------- */

/*
 * "Karn's algorithm": what was sent twice is not measured [RFC6298] 3. One segment is, at a time.
 */
static void tcp_note_sent(struct tcp_connection *connection, uint32_t sequence, uint32_t end,
                          uint64_t now_ns)
{
    struct tcp_timing *timing = &connection->timing;
    if (tcp_before(sequence, connection->send.max)) {
        if (timing->measuring && tcp_before(sequence, timing->measured))
            timing->measuring = false;
        tcp_count_retransmission(connection);
    } else if (!timing->measuring) {
        timing->measuring = true;
        timing->measured = end;
        timing->measured_ns = now_ns;
    }
    timing->sent_ns = now_ns;
    connection->send.max = tcp_later(connection->send.max, end);
}

/* "SHOULD set the PSH bit in the last segment" of what there is to send [RFC9293] 3.9.1.2. */
bool tcp_send_data(struct tcp_connection *connection, uint32_t sequence, size_t size, bool fin,
                   uint64_t now_ns)
{
    const struct tcp_buffer *buffer = &connection->send.buffer;
    uint32_t end = sequence + (uint32_t)size;
    unsigned flags = TCP_ACK | (size > 0 && end == buffer->end ? (unsigned)TCP_PSH : 0) |
                     (fin ? (unsigned)TCP_FIN : 0);
    size_t header_size = 0;
    struct nbuf *nbuf = tcp_begin(connection, sequence, flags, &header_size, now_ns);
    if (nbuf == NULL)
        return false;
    struct tcp_header *header = (struct tcp_header *)nbuf->data;
    header->window = be16_put(tcp_offer_window(connection));
    uint64_t sum = tcp_buffer_read_sum(buffer, sequence, nbuf_put(nbuf, size), size, 0);
    if (tcp_transmit(nbuf, header_size, sum, &connection->local, &connection->remote,
                     connection->device, now_ns) != 0)
        return false;
    tcp_note_sent(connection, sequence, end + (fin ? 1 : 0), now_ns);
    tcp_acknowledged(connection);
    return true;
}

/* The window of a SYN is never scaled [RFC7323] 2.2. */
void tcp_send_syn(struct tcp_connection *connection, uint64_t now_ns)
{
    struct tcp_sending *send = &connection->send;
    size_t window = tcp_receive_size(connection);
    unsigned flags = connection->state == TCP_SYN_SENT ? TCP_SYN : TCP_SYN | TCP_ACK;
    size_t header_size = 0;
    tcp_timer_set(connection, TCP_TIMER_RETRANSMIT, now_ns + connection->timing.rto_ns);
    struct nbuf *nbuf = tcp_begin(connection, send->initial, flags, &header_size, now_ns);
    if (nbuf == NULL)
        return;
    struct tcp_header *header = (struct tcp_header *)nbuf->data;
    header->window =
        be16_put((uint16_t)(window < TCP_WINDOW_UNSCALED ? window : TCP_WINDOW_UNSCALED));
    (void)tcp_transmit(nbuf, header_size, 0, &connection->local, &connection->remote,
                       connection->device, now_ns);
    tcp_note_sent(connection, send->initial, send->initial + 1, now_ns);
    send->next = send->max;
}

/* ---- without --------------------------------------------------------------------------------- */

static void tcp_send_bare(struct tcp_connection *connection, uint32_t sequence, unsigned flags,
                          uint64_t now_ns)
{
    size_t header_size = 0;
    struct nbuf *nbuf = tcp_begin(connection, sequence, flags, &header_size, now_ns);
    if (nbuf == NULL)
        return;
    struct tcp_header *header = (struct tcp_header *)nbuf->data;
    if ((flags & TCP_RST) == 0)
        header->window = be16_put(tcp_offer_window(connection));
    (void)tcp_transmit(nbuf, header_size, 0, &connection->local, &connection->remote,
                       connection->device, now_ns);
    if ((flags & TCP_ACK) != 0)
        tcp_acknowledged(connection);
}

void tcp_send_ack(struct tcp_connection *connection, uint64_t now_ns)
{
    tcp_send_bare(connection, connection->send.max, TCP_ACK, now_ns);
}

void tcp_send_probe(struct tcp_connection *connection, uint64_t now_ns)
{
    tcp_send_bare(connection, connection->send.una - 1, TCP_ACK, now_ns);
}

void tcp_send_challenge(struct tcp_connection *connection, uint64_t now_ns)
{
    if (connection->challenges == 0 ||
        now_ns - connection->challenges_since_ns >= TCP_CHALLENGES_WINDOW_NS) {
        connection->challenges_since_ns = now_ns;
        connection->challenges = 0;
    }
    if (connection->challenges == TCP_CHALLENGES_MAX)
        return;
    connection->challenges++;
    tcp_send_ack(connection, now_ns);
}

void tcp_send_reset(struct tcp_connection *connection, uint64_t now_ns)
{
    tcp_send_bare(connection, connection->send.max, TCP_RST | TCP_ACK, now_ns);
}

/*
 * "If the incoming segment has an ACK field, the reset takes its sequence number from the ACK field
 * of the segment; otherwise, the reset has sequence number zero and the ACK field is set to the sum
 * of the sequence number and segment length" [RFC9293] 3.5.2. Never in answer to a reset.
 */
void tcp_reply_reset(const struct tcp_segment *segment, uint64_t now_ns)
{
    bool has_ack = (segment->flags & TCP_ACK) != 0;
    if ((segment->flags & TCP_RST) != 0)
        return;
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL) {
        net_drop(NULL, "tcp", "no buffer for a segment");
        return;
    }
    uint32_t length = (uint32_t)segment->size + ((segment->flags & TCP_SYN) != 0 ? 1 : 0) +
                      ((segment->flags & TCP_FIN) != 0 ? 1 : 0);
    *(struct tcp_header *)nbuf_put(nbuf, TCP_HEADER_SIZE) = (struct tcp_header){
        .source_port = be16_put(segment->local.port),
        .destination_port = be16_put(segment->remote.port),
        .sequence = be32_put(has_ack ? segment->acknowledgement : 0),
        .acknowledgement = be32_put(has_ack ? 0 : segment->sequence + length),
        .offset = TCP_HEADER_SIZE / 4 << 4,
        .flags = has_ack ? TCP_RST : TCP_RST | TCP_ACK,
    };
    (void)tcp_transmit(nbuf, TCP_HEADER_SIZE, 0, &segment->local, &segment->remote, NULL, now_ns);
}
