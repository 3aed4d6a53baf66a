/*
 * tcp_data.c - bytes, readiness and options, as owners see them
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "netstack/tcp_priv.h"

#define TCP_SEGMENT_MEMORY 4352 /* that Linux counts for a full one, which lies in a page */

/* ---- readiness ------------------------------------------------------------------------------- */

void tcp_tell(struct tcp_connection *connection, unsigned ready)
{
    if (connection->changed != NULL)
        connection->changed(connection->owner, ready);
}

size_t tcp_send_size(const struct tcp_connection *connection)
{
    size_t size = connection->options.send_buffer;
    return size != 0 ? size : connection->grown;
}

size_t tcp_receive_size(const struct tcp_connection *connection)
{
    size_t size = connection->options.receive_buffer;
    return size != 0 ? size : TCP_RECEIVE_BUFFER_SIZE;
}

/*
 * As Linux has it: what may be on the way, and as much again that is ready to follow, in segments
 * as they lie in its memory; at least for the window that each connection begins with [RFC6928] 2.
 * It does not shrink.
 */
void tcp_grow_send_buffer(struct tcp_connection *connection)
{
    size_t least = 10, segments = connection->congestion.window / tcp_smss(connection);
    size_t wanted = 2 * (segments > least ? segments : least) * TCP_SEGMENT_MEMORY;
    if (wanted > TCP_SEND_BUFFER_GROWN)
        wanted = TCP_SEND_BUFFER_GROWN;
    if (wanted > connection->grown)
        connection->grown = wanted;
}

static size_t tcp_free_room(const struct tcp_connection *connection)
{
    const struct tcp_buffer *buffer = &connection->send.buffer;
    size_t used = buffer->end - buffer->head;
    size_t size = tcp_send_size(connection);
    return size > used ? size - used : 0;
}

bool tcp_has_room(const struct tcp_connection *connection)
{
    return !connection->send.starved && 3 * tcp_free_room(connection) >= tcp_send_size(connection);
}

/* Have they ended their half, or does the owner not want to hear it? */
static bool tcp_reads_end(const struct tcp_connection *connection)
{
    return connection->receive.ended || connection->shut;
}

static unsigned tcp_readiness_connected(const struct tcp_connection *connection)
{
    bool ended = tcp_reads_end(connection);
    unsigned ready = 0;
    if (tcp_unread(connection) > 0 || ended)
        ready |= TCP_READY_IN;
    if (connection->send.ended || tcp_has_room(connection))
        ready |= TCP_READY_OUT;
    if (ended)
        ready |= TCP_READY_RDHUP;
    if (ended && connection->send.ended)
        ready |= TCP_READY_HUP;
    return ready;
}

unsigned tcp_readiness(const struct tcp_connection *connection)
{
    unsigned error = connection->error != 0 ? TCP_READY_ERR : 0;
    switch (connection->state) {
    case TCP_CLOSED:
        return TCP_READY_OUT | TCP_READY_HUP | error |
               (connection->tried ? TCP_READY_IN | TCP_READY_RDHUP : 0u);
    case TCP_LISTEN:
        return connection->done_count > 0 ? TCP_READY_IN : 0;
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
        return 0;
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
        break;
    }
    return tcp_readiness_connected(connection) | error;
}

int tcp_take_error(struct tcp_connection *connection)
{
    int error = connection->error;
    connection->error = 0;
    return error;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* May bytes be queued? 0, or a negative error. */
static int tcp_check_send(struct tcp_connection *connection)
{
    int error = tcp_take_error(connection);
    if (error != 0)
        return -error;
    if (connection->state == TCP_SYN_SENT || connection->state == TCP_SYN_RECEIVED)
        return -KEAGAIN;
    if (connection->state != TCP_ESTABLISHED && connection->state != TCP_CLOSE_WAIT)
        return -KEPIPE;
    return 0;
}

long tcp_send(struct tcp_connection *connection, const void *data, size_t size, uint64_t now_ns)
{
    struct tcp_buffer *buffer = &connection->send.buffer;
    int error = tcp_check_send(connection);
    if (error != 0)
        return error;
    size_t room = tcp_free_room(connection);
    if (room == 0 && size > 0)
        return -KEAGAIN;
    size_t queued = tcp_buffer_write(buffer, buffer->end, data, size < room ? size : room);
    if (queued == 0 && size > 0) {
        connection->send.starved = true;
        tcp_timer_set(connection, TCP_TIMER_MEMORY, now_ns + TCP_MEMORY_PAUSE_NS);
        return -KEAGAIN;
    }
    tcp_output(connection, now_ns);
    return (long)queued;
}

/* A window that has become much larger is worth an acknowledgement: they may wait for it. */
static void tcp_open_window(struct tcp_connection *connection, uint64_t now_ns)
{
    uint32_t gain = tcp_window_gain(connection);
    if (connection->receive.ended || connection->state == TCP_CLOSED)
        return;
    if (gain >= tcp_receive_size(connection) / 2 || gain >= 2 * connection->receive.mss)
        tcp_send_ack(connection, now_ns);
}

static long tcp_receive_nothing(struct tcp_connection *connection)
{
    int error = tcp_take_error(connection);
    if (error != 0)
        return -error;
    if (connection->state == TCP_LISTEN || (connection->state == TCP_CLOSED && !connection->tried))
        return -KENOTCONN;
    return connection->state == TCP_CLOSED || tcp_reads_end(connection) ? 0 : -KEAGAIN;
}

long tcp_receive(struct tcp_connection *connection, void *data, size_t size, bool peek,
                 uint64_t now_ns)
{
    struct tcp_buffer *buffer = &connection->receive.buffer;
    uint32_t unread = tcp_unread(connection);
    if (unread == 0)
        return tcp_receive_nothing(connection);
    size = size < unread ? size : unread;
    tcp_buffer_read(buffer, buffer->head, data, size);
    if (!peek) {
        tcp_buffer_release(buffer, buffer->head + (uint32_t)size);
        tcp_open_window(connection, now_ns);
    }
    return (long)size;
}

/* ---- looking --------------------------------------------------------------------------------- */

void tcp_inform(const struct tcp_connection *connection, struct tcp_information *information)
{
    const struct tcp_sending *send = &connection->send;
    bool listens = connection->state == TCP_LISTEN;
    *information = (struct tcp_information){
        .state = connection->state,
        .local = connection->local,
        .remote = connection->remote,
        .owned = connection->owned,
        .send_queue = send->buffer.end - send->buffer.head,
        .receive_queue = listens ? connection->done_count : tcp_unread(connection),
        .backlog = connection->backlog,
        .retries = connection->timing.retries,
        .mss = send->mss,
        .rto_ns = connection->timing.rto_ns,
        .srtt_ns = connection->timing.srtt_ns,
        .congestion_window = connection->congestion.window,
        .slow_start_threshold = connection->congestion.threshold,
        .in_flight = tcp_in_flight(connection),
        .send_buffer = tcp_send_size(connection),
        .receive_buffer = tcp_receive_size(connection),
        .send_window = tcp_after(send->edge, send->una) ? send->edge - send->una : 0,
        .retransmitted = connection->retransmitted,
        .dropped = connection->dropped,
    };
    memcpy(information->deadlines_ns, connection->deadlines_ns, sizeof(connection->deadlines_ns));
}

/* ---- options --------------------------------------------------------------------------------- */

const struct tcp_options *tcp_get_options(const struct tcp_connection *connection)
{
    return &connection->options;
}

static size_t tcp_clamp_buffer(size_t size)
{
    if (size > 0 && size < TCP_BUFFER_MIN)
        return TCP_BUFFER_MIN;
    return size < TCP_BUFFER_MAX ? size : TCP_BUFFER_MAX;
}

void tcp_set_options(struct tcp_connection *connection, const struct tcp_options *options,
                     uint64_t now_ns)
{
    bool established = connection->state != TCP_CLOSED && connection->state != TCP_LISTEN &&
                       connection->state != TCP_SYN_SENT && connection->state != TCP_SYN_RECEIVED &&
                       connection->state != TCP_TIME_WAIT;
    bool had_room = tcp_has_room(connection);
    connection->options = *options;
    connection->options.send_buffer = tcp_clamp_buffer(options->send_buffer);
    connection->options.receive_buffer = tcp_clamp_buffer(options->receive_buffer);
    if (!established)
        return;
    uint64_t idle_until_ns = connection->timing.heard_ns + options->keepalive_idle_ns;
    tcp_timer_set(connection, TCP_TIMER_KEEPALIVE, options->keepalive ? idle_until_ns : TCP_NEVER);
    if (!had_room && tcp_has_room(connection))
        tcp_tell(connection, TCP_READY_OUT);
    tcp_output(connection, now_ns); /* what has waited for other bytes leaves without delay now */
}
