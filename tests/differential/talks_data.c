/* talks_data.c - conversations about bytes that all arrive: bulk, windows, options, keepalive */
#include "tests/differential/talk.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define BULK 500000

static void talk_end_both(struct talker *a, struct talker *b)
{
    talk_shutdown(a, SHUT_WR);
    talk_shutdown(b, SHUT_WR);
    talk_await(a, POLLIN | POLLHUP);
    talk_await(b, POLLIN | POLLHUP);
    talk_receive(a, 10);
    talk_receive(b, 10);
    talk_quiet();
}

static void converse_bulk_to_b(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_will_send(a, BULK);
    talk_will_receive(b, BULK);
    talk_pump();
    talk_end_both(a, b);
}

static void converse_bulk_to_a(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_will_send(b, BULK);
    talk_will_receive(a, BULK);
    talk_pump();
    talk_end_both(a, b);
}

static void converse_bulk_both_ways(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_will_send(a, BULK);
    talk_will_receive(b, BULK);
    talk_will_send(b, BULK / 2);
    talk_will_receive(a, BULK / 2);
    talk_pump();
    talk_end_both(a, b);
}

/* ---- options that only one end has ----------------------------------------------------------- */

/* Taken out of a's SYN, as if it were too old for them: none may come back, and none be used. */
static enum wire_verdict strip_options(struct wire_packet *packet, const struct segment *segment)
{
    if (packet->from == A && segment != NULL && (segment->flags & SEGMENT_SYN) != 0) {
        for (size_t i = 20; i < segment->header_size; i++)
            segment->header[i] = 1;
        segment_seal(packet->bytes, packet->size);
    }
    return WIRE_PASS;
}

static void converse_without_options(void)
{
    struct talker *a, *b;
    wire_set_fault(strip_options);
    talk_connect_pair(&a, &b);
    talk_will_send(a, BULK / 5);
    talk_will_receive(b, BULK / 5);
    talk_will_send(b, BULK / 5);
    talk_will_receive(a, BULK / 5);
    talk_pump();
    talk_end_both(a, b);
}

static enum wire_verdict lower_mss(struct wire_packet *packet, const struct segment *segment)
{
    if (segment != NULL && (segment->flags & SEGMENT_SYN) != 0) {
        uint8_t *mss = segment_option(segment, SEGMENT_OPTION_MSS);
        packet_put_be16(mss + 2, 600);
        segment_seal(packet->bytes, packet->size);
    }
    return WIRE_PASS;
}

static void converse_small_mss(void)
{
    struct talker *a, *b;
    wire_set_fault(lower_mss);
    talk_connect_pair(&a, &b);
    talk_will_send(a, BULK / 5);
    talk_will_receive(b, BULK / 5);
    talk_will_send(b, BULK / 5);
    talk_will_receive(a, BULK / 5);
    talk_pump();
    talk_end_both(a, b);
}

/* ---- windows --------------------------------------------------------------------------------- */

/* More than fits into both buffers, so that the window is closed before all is sent. */
#define WINDOW_BYTES 200000
#define WINDOW_SIZE  8192

static void converse_zero_window(void)
{
    struct talker *a, *b;
    talk_connect_pair_with(&a, &b, WINDOW_SIZE);
    watch_tell(A, WATCH_PROBE);
    watch_tell(B, WATCH_CLOSED | WATCH_OPENED);
    talk_will_send(a, WINDOW_BYTES);
    talk_will_receive(b, WINDOW_BYTES);
    talk_pump_unread(A, WATCH_PROBE);
    talk_ready(b);
    talk_pump();
    talk_end_both(a, b);
}

/* What tells that the window is open again is lost: the next probe finds that out. */
static bool dropped;

static enum wire_verdict drop_first_opening(struct wire_packet *packet,
                                            const struct segment *segment)
{
    bool drop = packet->from == B && segment != NULL && segment->size == 0 && segment->window > 0 &&
                watch_has(A, WATCH_PROBE) && !dropped;
    dropped = dropped || drop;
    return drop ? WIRE_DROP : WIRE_PASS;
}

static void converse_lost_window_update(void)
{
    struct talker *a, *b;
    talk_connect_pair_with(&a, &b, WINDOW_SIZE);
    wire_set_fault(drop_first_opening);
    talk_will_send(a, WINDOW_BYTES);
    talk_will_receive(b, WINDOW_BYTES);
    talk_pump_unread(A, WATCH_PROBE);
    talk_pump();
    talk_say("an opening was lost: %d", dropped);
    talk_end_both(a, b);
}

/* The end of the stream has to wait behind a closed window too. */
static void converse_end_behind_closed_window(void)
{
    struct talker *a, *b;
    talk_connect_pair_with(&a, &b, WINDOW_SIZE);
    talk_will_send(a, WINDOW_BYTES / 4);
    talk_pump_unread(A, WATCH_PROBE);
    talk_shutdown(a, SHUT_WR);
    talk_ready(b);
    talk_will_receive(b, WINDOW_BYTES / 4);
    talk_pump();
    talk_await(b, POLLIN | POLLRDHUP);
    talk_receive(b, 10);
    talk_close(b);
    talk_quiet();
    talk_ready(a);
}

/* ---- urgent data ----------------------------------------------------------------------------- */

static enum wire_verdict make_urgent(struct wire_packet *packet, const struct segment *segment)
{
    if (packet->from == A && segment != NULL && segment->size > 0) {
        segment->header[13] |= SEGMENT_URG;
        packet_put_be16(segment->header + 18, 5);
        segment_seal(packet->bytes, packet->size);
    }
    return WIRE_PASS;
}

/* All of it comes in its place. One call of Linux's does not read across the mark. */
static void converse_urgent(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    wire_set_fault(make_urgent);
    talk_send(a, 100);
    talk_will_receive(b, 100);
    talk_pump();
    talk_receive(b, 10);
    talk_quiet();
}

/* ---- keepalive ------------------------------------------------------------------------------- */

static void talk_keep_alive(struct talker *talker)
{
    talk_set_int(talker, IPPROTO_TCP, TCP_KEEPIDLE, 1);
    talk_set_int(talker, IPPROTO_TCP, TCP_KEEPINTVL, 1);
    talk_set_int(talker, IPPROTO_TCP, TCP_KEEPCNT, 2);
    talk_set_int(talker, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static void converse_keepalive_answered(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    watch_tell(A, WATCH_KEEP);
    talk_keep_alive(a);
    talk_await_fact(A, WATCH_KEEP);
    talk_pause(2500); /* longer than an answer may stay away */
    talk_ready(a);
    talk_ready(b);
    talk_state(a);
}

static enum wire_verdict silence_b(struct wire_packet *packet, const struct segment *segment)
{
    (void)segment;
    return packet->from == B ? WIRE_DROP : WIRE_PASS;
}

static void converse_keepalive_unanswered(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    watch_tell(A, WATCH_KEEP);
    wire_set_fault(silence_b);
    talk_keep_alive(a);
    talk_await(a, POLLHUP);
    talk_ready(a);
    talk_receive(a, 10);
    talk_receive(a, 10);
    talk_quiet();
    talk_ready(b);
    talk_receive(b, 10);
}

const struct talk talks_data[] = {
    {"bulk to b", converse_bulk_to_b},
    {"bulk to a", converse_bulk_to_a},
    {"bulk both ways", converse_bulk_both_ways},
    {"without options", converse_without_options},
    {"small MSS", converse_small_mss},
    {"zero window", converse_zero_window},
    {"lost window update", converse_lost_window_update},
    {"end behind a closed window", converse_end_behind_closed_window},
    {"urgent", converse_urgent},
    {"keepalive, answered", converse_keepalive_answered},
    {"keepalive, unanswered", converse_keepalive_unanswered},
    {NULL, NULL},
};
