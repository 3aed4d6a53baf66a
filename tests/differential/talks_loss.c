/* talks_loss.c - conversations over a link that loses, doubles and delays */
#include "tests/differential/talk.h"

#include "emu/core/prng.h"

#include <string.h>
#include <sys/socket.h>

#define LOSS_BYTES 150000
#define LOSS_SEED  1

static struct prng chance;
static unsigned losses; /* so many segments with data of a's */

static void talk_transfer(struct talker *a, struct talker *b)
{
    talk_will_send(a, LOSS_BYTES);
    talk_will_receive(b, LOSS_BYTES);
    talk_will_send(b, LOSS_BYTES / 10);
    talk_will_receive(a, LOSS_BYTES / 10);
    talk_pump();
    talk_quiet(); /* what is late would be answered by a reset when the connection is over */
    talk_shutdown(a, SHUT_WR);
    talk_await(b, POLLIN | POLLRDHUP);
    talk_receive(b, 10);
    talk_quiet();
    talk_shutdown(b, SHUT_WR);
    talk_await(a, POLLHUP);
    talk_receive(a, 10);
    talk_error(a);
    talk_error(b);
    talk_quiet();
}

static enum wire_verdict lose_some(struct wire_packet *packet, const struct segment *segment)
{
    (void)packet;
    (void)segment;
    return prng_below(&chance, 100) < 2 ? WIRE_DROP : WIRE_PASS;
}

/* From the handshake on, in both directions. */
static void converse_random_loss(void)
{
    struct talker *a, *b;
    prng_init(&chance, LOSS_SEED, "loss");
    wire_set_fault(lose_some);
    talk_connect_pair(&a, &b);
    talk_transfer(a, b);
}

static enum wire_verdict delay_some(struct wire_packet *packet, const struct segment *segment)
{
    (void)segment;
    packet->due_ns += prng_below(&chance, 4 * WIRE_MS);
    return WIRE_PASS;
}

static void converse_reordered(void)
{
    struct talker *a, *b;
    prng_init(&chance, LOSS_SEED, "delay");
    talk_connect_pair(&a, &b);
    wire_set_fault(delay_some);
    talk_transfer(a, b);
}

static enum wire_verdict double_all(struct wire_packet *packet, const struct segment *segment)
{
    uint8_t copy[END_MTU];
    (void)segment;
    memcpy(copy, packet->bytes, packet->size);
    packet_exchange_addresses(copy, packet->size);
    wire_forge(1 - packet->from, copy, packet->size);
    return WIRE_PASS;
}

static void converse_doubled(void)
{
    struct talker *a, *b;
    wire_set_fault(double_all);
    talk_connect_pair(&a, &b);
    talk_transfer(a, b);
}

/* ---- what is lost once ----------------------------------------------------------------------- */

static enum wire_verdict lose_data(struct wire_packet *packet, const struct segment *segment)
{
    if (packet->from != A || segment == NULL || segment->size == 0 || losses == 0)
        return WIRE_PASS;
    losses--;
    return WIRE_DROP;
}

/* Others follow it, so that its absence shows. */
static void converse_one_lost(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    watch_tell(A, WATCH_AGAIN);
    watch_tell(B, WATCH_SACK);
    losses = 1;
    wire_set_fault(lose_data);
    talk_transfer(a, b);
}

/* None follows: only the timer of the sender can tell. */
static void converse_last_lost(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    watch_tell(A, WATCH_AGAIN);
    watch_tell(B, WATCH_SACK);
    losses = 1;
    wire_set_fault(lose_data);
    talk_send(a, 1000);
    talk_await(b, POLLIN);
    talk_receive(b, 10000);
    talk_quiet();
}

static enum wire_verdict strip_sack(struct wire_packet *packet, const struct segment *segment)
{
    if (segment != NULL && (segment->flags & SEGMENT_SYN) != 0) {
        uint8_t *option = segment_option(segment, SEGMENT_OPTION_SACK_MAY);
        if (option != NULL) {
            option[0] = option[1] = 1;
            segment_seal(packet->bytes, packet->size);
        }
    }
    return lose_data(packet, segment);
}

static void converse_one_lost_without_sack(void)
{
    struct talker *a, *b;
    wire_set_fault(strip_sack);
    watch_tell(A, WATCH_AGAIN);
    watch_tell(B, WATCH_SACK);
    talk_connect_pair(&a, &b);
    losses = 1;
    talk_transfer(a, b);
}

static bool dropped;

static enum wire_verdict lose_fin(struct wire_packet *packet, const struct segment *segment)
{
    bool drop =
        packet->from == A && segment != NULL && (segment->flags & SEGMENT_FIN) != 0 && !dropped;
    dropped = dropped || drop;
    return drop ? WIRE_DROP : WIRE_PASS;
}

static void converse_lost_fin(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    watch_tell(A, WATCH_AGAIN);
    wire_set_fault(lose_fin);
    talk_send(a, 100);
    talk_shutdown(a, SHUT_WR);
    talk_await(b, POLLIN | POLLRDHUP);
    talk_receive(b, 1000);
    talk_receive(b, 1000);
    talk_quiet();
    talk_state(a);
    talk_state(b);
}

/* ---- order ----------------------------------------------------------------------------------- */

static enum wire_verdict hold_data(struct wire_packet *packet, const struct segment *segment)
{
    return packet->from == A && segment != NULL && segment->size > 0 ? WIRE_HOLD : WIRE_PASS;
}

/* The FIN overtakes the data in front of it: it is known, and does not count yet. */
static void converse_fin_overtakes(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    wire_set_fault(hold_data);
    talk_send(a, 1000);
    talk_shutdown(a, SHUT_WR);
    talk_pause(TALK_SOON_MS);
    talk_ready(b);
    talk_receive(b, 10000);
    talk_state(b);
    wire_set_fault(NULL);
    wire_release();
    talk_await(b, POLLIN | POLLRDHUP);
    talk_receive(b, 10000);
    talk_receive(b, 10000);
    talk_quiet();
    talk_state(a);
    talk_state(b);
}

const struct talk talks_loss[] = {
    {"random loss", converse_random_loss},
    {"reordered", converse_reordered},
    {"doubled", converse_doubled},
    {"one segment lost", converse_one_lost},
    {"last segment lost", converse_last_lost},
    {"one segment lost, without SACK", converse_one_lost_without_sack},
    {"lost FIN", converse_lost_fin},
    {"FIN overtakes data", converse_fin_overtakes},
    {NULL, NULL},
};
