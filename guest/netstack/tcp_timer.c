/*
 * tcp_timer.c - deadlines of connections, and what happens at them
 *
 * Each connection has a deadline for each of its timers; the first of them orders it in a heap, so
 * that what is due is found without asking all, and moving a deadline costs a few comparisons.
 */
#include "lib/errno.h"
#include "lib/kassert.h"
#include "netstack/tcp_priv.h"

static struct tcp_connection *tcp_heap[TCP_CONNECTIONS_MAX + 1]; /* from 1 */
static unsigned tcp_heap_count;

void tcp_timers_init(void)
{
    tcp_heap_count = 0;
}

/* ---- the heap -------------------------------------------------------------------------------- */

static void tcp_heap_put(struct tcp_connection *connection, unsigned place)
{
    tcp_heap[place] = connection;
    connection->heap_place = place;
}

static void tcp_heap_rise(struct tcp_connection *connection, unsigned place)
{
    while (place > 1 && tcp_heap[place / 2]->deadline_ns > connection->deadline_ns) {
        tcp_heap_put(tcp_heap[place / 2], place);
        place /= 2;
    }
    tcp_heap_put(connection, place);
}

static void tcp_heap_sink(struct tcp_connection *connection, unsigned place)
{
    while (2 * place <= tcp_heap_count) {
        unsigned child = 2 * place;
        if (child < tcp_heap_count &&
            tcp_heap[child + 1]->deadline_ns < tcp_heap[child]->deadline_ns)
            child++;
        if (tcp_heap[child]->deadline_ns >= connection->deadline_ns)
            break;
        tcp_heap_put(tcp_heap[child], place);
        place = child;
    }
    tcp_heap_put(connection, place);
}

static void tcp_heap_remove(struct tcp_connection *connection)
{
    unsigned place = connection->heap_place;
    struct tcp_connection *last = tcp_heap[tcp_heap_count--];
    connection->heap_place = 0;
    if (last == connection)
        return;
    tcp_heap_rise(last, place);
    tcp_heap_sink(last, last->heap_place);
}

static void tcp_heap_update(struct tcp_connection *connection)
{
    uint64_t first_ns = TCP_NEVER;
    for (unsigned i = 0; i < TCP_TIMER_COUNT; i++) {
        if (connection->deadlines_ns[i] < first_ns)
            first_ns = connection->deadlines_ns[i];
    }
    if (first_ns == connection->deadline_ns)
        return;
    connection->deadline_ns = first_ns;
    if (first_ns == TCP_NEVER) {
        tcp_heap_remove(connection);
        return;
    }
    if (connection->heap_place == 0)
        connection->heap_place = ++tcp_heap_count;
    tcp_heap_rise(connection, connection->heap_place);
    tcp_heap_sink(connection, connection->heap_place);
}

/* ---- timers ---------------------------------------------------------------------------------- */

void tcp_timer_set(struct tcp_connection *connection, enum tcp_timer timer, uint64_t deadline_ns)
{
    connection->deadlines_ns[timer] = deadline_ns;
    tcp_heap_update(connection);
}

void tcp_timers_stop(struct tcp_connection *connection)
{
    for (unsigned i = 0; i < TCP_TIMER_COUNT; i++)
        connection->deadlines_ns[i] = TCP_NEVER;
    tcp_heap_update(connection);
}

/*
 * The timer of keepalive is not moved with each segment: when it is due, it looks how long ago the
 * last one came.
 */
void tcp_timer_heard(struct tcp_connection *connection, uint64_t now_ns)
{
    connection->timing.heard_ns = now_ns;
    connection->timing.probes = 0;
}

static void tcp_give_up(struct tcp_connection *connection)
{
    tcp_finish(connection, connection->soft_error != 0 ? connection->soft_error : KETIMEDOUT);
}

/* "The RTO is doubled", to 60 s at most [RFC6298] 5.5, 2.5. */
static uint64_t tcp_backed_off(uint64_t interval_ns)
{
    return 2 * interval_ns < TCP_RTO_MAX_NS ? 2 * interval_ns : TCP_RTO_MAX_NS;
}

static void tcp_retransmit_syn(struct tcp_connection *connection, uint64_t now_ns)
{
    unsigned retries_max = connection->state == TCP_SYN_SENT || connection->listener == NULL
                               ? TCP_RETRIES_SYN
                               : TCP_RETRIES_SYN_ACK;
    if (connection->timing.retries >= retries_max) {
        tcp_give_up(connection);
        return;
    }
    connection->timing.retries++;
    connection->timing.rto_ns = tcp_backed_off(connection->timing.rto_ns);
    tcp_send_syn(connection, now_ns);
}

/* [RFC6298] 5.4 to 5.6, and what [RFC5681] 3.1 says of the windows. */
static void tcp_retransmit(struct tcp_connection *connection, uint64_t now_ns)
{
    if (connection->state == TCP_SYN_SENT || connection->state == TCP_SYN_RECEIVED) {
        tcp_retransmit_syn(connection, now_ns);
        return;
    }
    if (connection->timing.retries >= TCP_RETRIES) {
        tcp_give_up(connection);
        return;
    }
    tcp_congestion_timeout(connection);
    connection->timing.retries++;
    connection->timing.rto_ns = tcp_backed_off(connection->timing.rto_ns);
    connection->timing.measuring = false;
    connection->send.next = connection->send.una;
    tcp_output(connection, now_ns);
}

/*
 * Their window is closed, or too small for what is sent usually. "The transmitting host SHOULD send
 * the first zero-window probe when a zero window has existed for the retransmission timeout period,
 * and SHOULD increase exponentially the interval between successive probes"; as long as they answer
 * it goes on [RFC9293] 3.8.6.1. In a small window all that fits is sent, 3.8.6.2.1 (4).
 */
static void tcp_probe_window(struct tcp_connection *connection, uint64_t now_ns)
{
    struct tcp_sending *send = &connection->send;
    if (connection->timing.probes >= TCP_RETRIES) {
        tcp_give_up(connection);
        return;
    }
    uint32_t left = send->buffer.end - send->una;
    uint32_t usable = tcp_after(send->edge, send->una) ? send->edge - send->una : 0;
    size_t size = usable < left ? usable : left;
    size_t room = tcp_segment_room(connection);
    if (size > room)
        size = room;
    if (size == 0 && left > 0)
        size = 1;
    bool fin = size == left && send->ended;
    bool sent = tcp_send_data(connection, send->una, size, fin, now_ns);
    if (sent && size <= usable && size > 0)
        send->next = tcp_later(send->next, send->una + (uint32_t)size + (fin ? 1 : 0));
    connection->timing.probes++;
    connection->timing.persist_ns = tcp_backed_off(connection->timing.persist_ns);
    tcp_timer_set(connection, TCP_TIMER_PERSIST, now_ns + connection->timing.persist_ns);
    tcp_output(connection, now_ns);
}

/* [RFC9293] 3.8.4. "MUST only be sent when no sent data is outstanding". */
static void tcp_keep_alive(struct tcp_connection *connection, uint64_t now_ns)
{
    const struct tcp_options *options = &connection->options;
    uint64_t idle_until_ns = connection->timing.heard_ns + options->keepalive_idle_ns;
    bool idle =
        now_ns >= idle_until_ns && tcp_in_flight(connection) == 0 && !tcp_has_more(connection);
    if (idle && connection->timing.probes >= options->keepalive_probes) {
        tcp_send_reset(connection, now_ns);
        tcp_give_up(connection);
        return;
    }
    if (idle) {
        connection->timing.probes++;
        tcp_send_probe(connection, now_ns);
    }
    tcp_timer_set(connection, TCP_TIMER_KEEPALIVE,
                  now_ns < idle_until_ns ? idle_until_ns : now_ns + options->keepalive_pause_ns);
}

/* What others gave back is nobody's in particular, so those who want some look now and then. */
static void tcp_look_for_memory(struct tcp_connection *connection, uint64_t now_ns)
{
    if (tcp_blocks_left() == 0) {
        tcp_timer_set(connection, TCP_TIMER_MEMORY, now_ns + TCP_MEMORY_PAUSE_NS);
        return;
    }
    connection->send.starved = false;
    if (tcp_has_room(connection))
        tcp_tell(connection, TCP_READY_OUT);
}

static void tcp_run_timer(struct tcp_connection *connection, enum tcp_timer timer, uint64_t now_ns)
{
    switch (timer) {
    case TCP_TIMER_RETRANSMIT:
        tcp_retransmit(connection, now_ns);
        break;
    case TCP_TIMER_PERSIST:
        tcp_probe_window(connection, now_ns);
        break;
    case TCP_TIMER_ACKNOWLEDGE:
        tcp_send_ack(connection, now_ns);
        break;
    case TCP_TIMER_KEEPALIVE:
        tcp_keep_alive(connection, now_ns);
        break;
    case TCP_TIMER_MEMORY:
        tcp_look_for_memory(connection, now_ns);
        break;
    case TCP_TIMER_END:
        tcp_finish(connection, 0);
        break;
    case TCP_TIMER_COUNT:
        break;
    }
}

static enum tcp_timer tcp_due_timer(const struct tcp_connection *connection)
{
    unsigned timer = 0;
    while (connection->deadlines_ns[timer] != connection->deadline_ns)
        timer++;
    kassert(timer < TCP_TIMER_COUNT);
    return (enum tcp_timer)timer;
}

/* Whatever is due is set to a later time or stopped before it is looked at again. */
uint64_t tcp_poll(uint64_t now_ns)
{
    while (tcp_deadline_ns() <= now_ns) {
        struct tcp_connection *connection = tcp_heap[1];
        enum tcp_timer timer = tcp_due_timer(connection);
        tcp_timer_set(connection, timer, TCP_NEVER);
        tcp_run_timer(connection, timer, now_ns);
    }
    return tcp_deadline_ns();
}

uint64_t tcp_deadline_ns(void)
{
    return tcp_heap_count > 0 ? tcp_heap[1]->deadline_ns : TCP_NEVER;
}
