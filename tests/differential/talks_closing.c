/* talks_closing.c - conversations about how connections end */
#include "tests/differential/talk.h"

#include <sys/socket.h>

static void converse_half_close(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_send(a, 100);
    talk_shutdown(a, SHUT_WR);
    talk_send(a, 10);
    talk_await(b, POLLIN | POLLRDHUP);
    talk_quiet();
    talk_ready(a);
    talk_ready(b);
    talk_state(a);
    talk_state(b);
    talk_receive(b, 1000);
    talk_receive(b, 1000);
    talk_receive(b, 1000);
    talk_will_send(b, 50000);
    talk_will_receive(a, 50000);
    talk_pump();
    talk_shutdown(b, SHUT_WR);
    talk_await(a, POLLIN | POLLHUP);
    talk_quiet();
    talk_ready(a);
    talk_ready(b);
    talk_receive(a, 10);
    talk_state(a);
    talk_state(b);
    talk_send(a, 10);
    talk_shutdown(b, SHUT_WR);
    talk_error(a);
    talk_error(b);
}

static void converse_shut_read(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_send(a, 100);
    talk_await(b, POLLIN);
    talk_shutdown(b, SHUT_RD);
    talk_ready(b);
    talk_receive(b, 10);
    talk_receive(b, 1000);
    talk_receive(b, 1000);
    talk_state(b);
    talk_quiet();
}

static void converse_data_then_close(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_send(a, 50000);
    talk_close(a);
    talk_will_receive(b, 50000);
    talk_pump();
    talk_await(b, POLLIN | POLLRDHUP);
    talk_receive(b, 10);
    talk_close(b);
    talk_quiet();
}

/* ---- at the same time ------------------------------------------------------------------------ */

static enum wire_verdict hold_all(struct wire_packet *packet, const struct segment *segment)
{
    (void)packet;
    (void)segment;
    return WIRE_HOLD;
}

static void converse_simultaneous_close(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_quiet();
    wire_set_fault(hold_all);
    talk_shutdown(a, SHUT_WR);
    talk_shutdown(b, SHUT_WR);
    talk_pause(TALK_SOON_MS);
    talk_state(a);
    talk_state(b);
    wire_release();
    talk_await(a, POLLHUP);
    talk_await(b, POLLHUP);
    talk_state(a);
    talk_state(b);
    talk_ready(a);
    wire_set_fault(NULL);
    wire_release();
    talk_quiet();
    talk_state(a);
    talk_state(b);
    talk_ready(a);
    talk_receive(a, 10);
    talk_receive(b, 10);
    talk_error(a);
    talk_error(b);
}

/* ---- resets ---------------------------------------------------------------------------------- */

static enum wire_verdict silence_b(struct wire_packet *packet, const struct segment *segment)
{
    (void)segment;
    return packet->from == B ? WIRE_DROP : WIRE_PASS;
}

static void converse_reset(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_abort(b);
    talk_await(a, POLLHUP);
    talk_ready(a);
    talk_state(a);
    talk_receive(a, 10);
    talk_ready(a);
    talk_receive(a, 10);
    talk_send(a, 10);
    talk_error(a);
    talk_shutdown(a, SHUT_WR);
    talk_quiet();
}

static void converse_reset_told_by_send(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_abort(a);
    talk_await(b, POLLHUP);
    talk_send(b, 10);
    talk_send(b, 10);
    talk_receive(b, 10);
    talk_quiet();
}

static void converse_reset_behind_data(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_send(b, 100);
    talk_await(a, POLLIN);
    talk_quiet();
    talk_abort(b);
    talk_await(a, POLLHUP);
    talk_ready(a);
    talk_receive(a, 40);
    talk_receive(a, 1000);
    talk_receive(a, 1000);
    talk_receive(a, 1000);
    talk_quiet();
}

static void converse_reset_after_half_close(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_shutdown(a, SHUT_WR);
    talk_await(b, POLLRDHUP);
    talk_quiet();
    talk_abort(a);
    talk_await(b, POLLHUP);
    talk_ready(b);
    talk_error(b);
    talk_receive(b, 10);
    talk_send(b, 10);
    talk_quiet();
}

/* Both have ended their halves, but a cannot know that b has: b is in LAST_ACK. */
static void converse_reset_of_the_last_data(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_shutdown(a, SHUT_WR);
    talk_await(b, POLLRDHUP);
    talk_quiet();
    wire_set_fault(silence_b);
    talk_send(b, 100);
    talk_shutdown(b, SHUT_WR);
    talk_state(b);
    talk_abort(a);
    talk_quiet();
    talk_state(b);
    talk_ready(b);
    talk_error(b);
    talk_receive(b, 10);
    talk_send(b, 10);
}

/* The same while the FINs cross: b is in CLOSING. */
static void converse_reset_while_closing(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_quiet();
    wire_set_fault(silence_b);
    talk_shutdown(b, SHUT_WR);
    talk_shutdown(a, SHUT_WR);
    talk_await(b, POLLRDHUP);
    talk_state(b);
    talk_abort(a);
    talk_quiet();
    talk_state(b);
    talk_ready(b);
    talk_error(b);
    talk_receive(b, 10);
}

static void converse_close_unread(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_send(a, 100);
    talk_await(b, POLLIN);
    talk_quiet();
    talk_close(b);
    talk_await(a, POLLHUP);
    talk_ready(a);
    talk_receive(a, 10);
    talk_receive(a, 10);
    talk_quiet();
}

/* Who has closed has nobody left to read. */
static void converse_data_after_close(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_close(b);
    talk_await(a, POLLIN | POLLRDHUP);
    talk_receive(a, 10);
    talk_quiet();
    talk_state(a);
    talk_send(a, 10);
    talk_await(a, POLLHUP);
    talk_ready(a);
    talk_send(a, 10);
    talk_receive(a, 10);
    talk_error(a);
    talk_quiet();
}

/* A connection that was forgotten on one side: its segments are answered by resets. */
static enum wire_verdict drop_resets(struct wire_packet *packet, const struct segment *segment)
{
    (void)packet;
    return segment != NULL && (segment->flags & SEGMENT_RST) != 0 ? WIRE_DROP : WIRE_PASS;
}

static void converse_half_open(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    talk_quiet();
    wire_set_fault(drop_resets);
    talk_abort(b);
    talk_quiet();
    talk_ready(a);
    wire_set_fault(NULL);
    talk_send(a, 10);
    talk_await(a, POLLHUP);
    talk_receive(a, 10);
    talk_quiet();
}

const struct talk talks_closing[] = {
    {"half close", converse_half_close},
    {"shutdown read", converse_shut_read},
    {"data, then close", converse_data_then_close},
    {"simultaneous close", converse_simultaneous_close},
    {"reset", converse_reset},
    {"reset, told by send", converse_reset_told_by_send},
    {"reset behind data", converse_reset_behind_data},
    {"reset after half close", converse_reset_after_half_close},
    {"reset of the last data", converse_reset_of_the_last_data},
    {"reset while closing", converse_reset_while_closing},
    {"close with unread data", converse_close_unread},
    {"data after close", converse_data_after_close},
    {"half open", converse_half_open},
    {NULL, NULL},
};
