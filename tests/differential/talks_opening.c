/* talks_opening.c - conversations about how connections begin, and do not */
#include "tests/differential/talk.h"

#include <sys/socket.h>

static void converse_handshake(void)
{
    struct talker *listener = talk_open(B, "listener", END_STREAM);
    struct talker *a = talk_open(A, "a", END_STREAM);
    talk_ready(a);
    talk_bind(listener, TALK_PORT_B);
    talk_listen(listener, 5);
    talk_ready(listener);
    talk_state(listener);
    talk_accept(listener, "b");
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_B);
    talk_await(a, POLLOUT);
    talk_await(listener, POLLIN);
    talk_error(a);
    talk_ready(a);
    talk_state(a);
    struct talker *b = talk_accept(listener, "b");
    talk_ready(listener);
    talk_ready(b);
    talk_state(b);
    talk_send(a, 5);
    talk_await(b, POLLIN);
    talk_ready(b);
    talk_receive(b, 3);
    talk_receive(b, 100);
    talk_receive(b, 100);
    talk_send(b, 700);
    talk_await(a, POLLIN);
    talk_receive(a, 1000);
    talk_close(a);
    talk_await(b, POLLIN);
    talk_receive(b, 100);
    talk_close(b);
    talk_quiet();
}

static void converse_refused(void)
{
    struct talker *a = talk_open(A, "a", END_STREAM);
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_DEAD);
    talk_await(a, POLLHUP);
    talk_ready(a);
    talk_state(a);
    talk_error(a);
    talk_ready(a);
    talk_error(a);
    talk_receive(a, 10);
    talk_send(a, 10);
    talk_quiet();
}

/* The error may be told by the next call, whichever that is. */
static void converse_refused_told_by_receive(void)
{
    struct talker *a = talk_open(A, "a", END_STREAM);
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_DEAD);
    talk_await(a, POLLHUP);
    talk_receive(a, 10);
    talk_receive(a, 10);
    talk_error(a);
}

/*
 * It is connect() that asks what became of the first attempt. When SO_ERROR has said it already,
 * Linux has connect() fail once more, which is a deviation of posix/stream_socket.h.
 */
static void converse_refused_then_accepted(void)
{
    struct talker *a = talk_open(A, "a", END_STREAM);
    struct talker *listener = talk_open(B, "listener", END_STREAM);
    talk_bind(a, TALK_PORT_A);
    talk_bind(listener, TALK_PORT_B);
    talk_connect(a, TALK_PORT_B);
    talk_await(a, POLLHUP);
    talk_connect(a, TALK_PORT_B);
    talk_error(a);
    talk_listen(listener, 1);
    talk_connect(a, TALK_PORT_B);
    talk_await(a, POLLOUT);
    talk_error(a);
    talk_ready(a);
    talk_quiet();
}

static void converse_reset_from_the_backlog(void)
{
    struct talker *listener = talk_open(B, "listener", END_STREAM);
    struct talker *a = talk_open(A, "a", END_STREAM);
    talk_bind(listener, TALK_PORT_B);
    talk_listen(listener, 5);
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_B);
    talk_await(listener, POLLIN);
    talk_close(listener);
    talk_await(a, POLLHUP);
    talk_ready(a);
    talk_receive(a, 10);
    talk_receive(a, 10);
    talk_send(a, 10);
    talk_quiet();
}

/* Both connect to each other, and their SYNs cross [RFC9293] 3.5. */
static enum wire_verdict hold_first_syns(struct wire_packet *packet, const struct segment *segment)
{
    (void)packet;
    return segment != NULL && (segment->flags & (SEGMENT_SYN | SEGMENT_ACK)) == SEGMENT_SYN
               ? WIRE_HOLD
               : WIRE_PASS;
}

static void converse_simultaneous_open(void)
{
    struct talker *a = talk_open(A, "a", END_STREAM);
    struct talker *b = talk_open(B, "b", END_STREAM);
    wire_set_fault(hold_first_syns);
    talk_bind(a, TALK_PORT_A);
    talk_bind(b, TALK_PORT_B);
    talk_connect(a, TALK_PORT_B);
    talk_connect(b, TALK_PORT_A);
    talk_state(a);
    talk_pause(TALK_SOON_MS);
    wire_set_fault(NULL);
    wire_release();
    talk_await(a, POLLOUT);
    talk_await(b, POLLOUT);
    talk_error(a);
    talk_error(b);
    talk_state(a);
    talk_state(b);
    talk_send(a, 10);
    talk_send(b, 20);
    talk_await(a, POLLIN);
    talk_await(b, POLLIN);
    talk_receive(a, 100);
    talk_receive(b, 100);
    talk_quiet();
}

static enum wire_verdict drop_all(struct wire_packet *packet, const struct segment *segment)
{
    (void)packet;
    (void)segment;
    return WIRE_DROP;
}

static void converse_silent_peer(void)
{
    struct talker *a = talk_open(A, "a", END_STREAM);
    wire_set_fault(drop_all);
    watch_tell(A, WATCH_AGAIN);
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_B);
    talk_connect(a, TALK_PORT_B);
    talk_await_fact(A, WATCH_AGAIN);
    talk_state(a);
    talk_ready(a);
    talk_error(a);
    talk_send(a, 10);
    talk_receive(a, 10);
    talk_bind(a, TALK_PORT_A);
    talk_close(a);
    talk_quiet();
}

static bool dropped;

static enum wire_verdict drop_first_syn(struct wire_packet *packet, const struct segment *segment)
{
    bool drop = packet->from == A && segment != NULL && !dropped;
    dropped = dropped || drop;
    return drop ? WIRE_DROP : WIRE_PASS;
}

static enum wire_verdict drop_first_syn_ack(struct wire_packet *packet,
                                            const struct segment *segment)
{
    bool drop = packet->from == B && segment != NULL && !dropped;
    dropped = dropped || drop;
    return drop ? WIRE_DROP : WIRE_PASS;
}

static void talk_pair_exchanges(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_will_send(a, 3000);
    talk_will_receive(b, 3000);
    talk_will_send(b, 2000);
    talk_will_receive(a, 2000);
    talk_pump();
    talk_close(a);
    talk_await(b, POLLIN);
    talk_close(b);
    talk_quiet();
}

static void converse_lost_syn(void)
{
    wire_set_fault(drop_first_syn);
    watch_tell(A, WATCH_AGAIN);
    talk_pair_exchanges();
}

static void converse_lost_syn_ack(void)
{
    wire_set_fault(drop_first_syn_ack);
    talk_pair_exchanges();
}

/*
 * The third segment of the handshake is lost: the first data are one as well.
 */
static enum wire_verdict drop_first_ack(struct wire_packet *packet, const struct segment *segment)
{
    bool drop = packet->from == A && segment != NULL && (segment->flags & SEGMENT_SYN) == 0 &&
                segment->size == 0 && !dropped;
    dropped = dropped || drop;
    return drop ? WIRE_DROP : WIRE_PASS;
}

static void converse_lost_third_segment(void)
{
    struct talker *listener = talk_open(B, "listener", END_STREAM);
    struct talker *a = talk_open(A, "a", END_STREAM);
    wire_set_fault(drop_first_ack);
    talk_bind(listener, TALK_PORT_B);
    talk_listen(listener, 5);
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_B);
    talk_await(a, POLLOUT);
    talk_ready(listener);
    talk_send(a, 100);
    talk_await(listener, POLLIN);
    struct talker *b = talk_accept(listener, "b");
    talk_await(b, POLLIN);
    talk_receive(b, 1000);
    talk_quiet();
}

static void converse_shutdown_while_connecting(void)
{
    struct talker *a = talk_open(A, "a", END_STREAM);
    wire_set_fault(drop_all);
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_B);
    talk_shutdown(a, SHUT_WR);
    talk_ready(a);
    talk_error(a);
    talk_state(a);
}

/*
 * One more than the backlog may wait. The SYN of who comes then is dropped, and comes again: it is
 * heard when somebody was accepted.
 */
static void converse_full_backlog(void)
{
    struct talker *listener = talk_open(B, "listener", END_STREAM), *clients[3];
    static const char *const names[] = {"first", "second", "third"};
    talk_bind(listener, TALK_PORT_B);
    talk_listen(listener, 1);
    for (unsigned i = 0; i < 3; i++) {
        clients[i] = talk_open(A, names[i], END_STREAM);
        talk_bind(clients[i], (uint16_t)(TALK_PORT_A + i));
        talk_connect(clients[i], TALK_PORT_B);
        talk_quiet();
        talk_state(clients[i]);
    }
    talk_accept(listener, "b");
    talk_await(clients[2], POLLOUT);
    talk_accept(listener, "b");
    talk_await(listener, POLLIN);
    talk_accept(listener, "b");
    talk_accept(listener, "b");
    talk_quiet();
}

/* From the same port each time. b is the first to close, and waits in TIME_WAIT. */
static void talk_connect_and_close_b(struct talker *listener)
{
    struct talker *a = talk_open(A, "a", END_STREAM);
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_B);
    talk_await(a, POLLOUT);
    talk_await(listener, POLLIN);
    struct talker *b = talk_accept(listener, "b");
    if (b == NULL)
        return;
    talk_send(a, 100);
    talk_await(b, POLLIN);
    talk_receive(b, 1000);
    talk_close(b);
    talk_await(a, POLLRDHUP);
    talk_close(a);
    talk_quiet();
}

/*
 * The port of a connection in TIME_WAIT is in use, but for who says that this is fine, as who had
 * it did. A SYN between the same two ports, with a later timestamp, begins anew [RFC6191].
 */
static void converse_port_in_time_wait(void)
{
    struct talker *first = talk_open(B, "first", END_STREAM);
    talk_set_int(first, SOL_SOCKET, SO_REUSEADDR, 1);
    talk_bind(first, TALK_PORT_B);
    talk_listen(first, 5);
    talk_connect_and_close_b(first);
    talk_close(first);
    struct talker *later = talk_open(B, "later", END_STREAM);
    talk_bind(later, TALK_PORT_B);
    talk_set_int(later, SOL_SOCKET, SO_REUSEADDR, 1);
    talk_bind(later, TALK_PORT_B);
    talk_listen(later, 5);
    struct talker *other = talk_open(B, "other", END_STREAM);
    talk_set_int(other, SOL_SOCKET, SO_REUSEADDR, 1);
    talk_bind(other, TALK_PORT_B);
    talk_pause(20); /* the clock of timestamps has ticked */
    talk_connect_and_close_b(later);
}

static void converse_calls_out_of_turn(void)
{
    struct talker *a = talk_open(A, "a", END_STREAM);
    struct talker *other = talk_open(A, "other", END_STREAM);
    talk_error(a);
    talk_state(a);
    talk_send(a, 10);
    talk_receive(a, 10);
    talk_shutdown(a, SHUT_WR);
    talk_shutdown(a, SHUT_RDWR);
    talk_accept(a, "nobody");
    talk_bind(a, TALK_PORT_A);
    talk_bind(a, TALK_PORT_A + 1);
    talk_bind(other, TALK_PORT_A);
    talk_listen(a, 5);
    talk_listen(a, 2);
    talk_send(a, 10);
    talk_receive(a, 10);
    talk_connect(a, TALK_PORT_B);
    talk_ready(a);
    talk_shutdown(a, SHUT_RD);
    talk_state(a);
    talk_ready(a);
    talk_quiet();
}

static void converse_calls_when_connected(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_bind(a, TALK_PORT_A + 1);
    talk_listen(a, 5);
    talk_accept(b, "nobody");
    talk_connect(b, TALK_PORT_A + 1);
    talk_send(a, 0);
    talk_receive(b, 10);
    talk_ready(a);
    talk_quiet();
}

const struct talk talks_opening[] = {
    {"handshake", converse_handshake},
    {"refused", converse_refused},
    {"refused, told by receive", converse_refused_told_by_receive},
    {"refused, then accepted", converse_refused_then_accepted},
    {"reset from the backlog", converse_reset_from_the_backlog},
    {"simultaneous open", converse_simultaneous_open},
    {"silent peer", converse_silent_peer},
    {"lost SYN", converse_lost_syn},
    {"lost SYN-ACK", converse_lost_syn_ack},
    {"lost third segment", converse_lost_third_segment},
    {"shutdown while connecting", converse_shutdown_while_connecting},
    {"full backlog", converse_full_backlog},
    {"port in TIME_WAIT", converse_port_in_time_wait},
    {"calls out of turn", converse_calls_out_of_turn},
    {"calls when connected", converse_calls_when_connected},
    {NULL, NULL},
};
