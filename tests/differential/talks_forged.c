/*
 * talks_forged.c - conversations into which a third party puts packets
 *
 * What is forged has no timestamps, so none are agreed upon here: whether such a segment is dropped
 * elsewhere is left open by [RFC7323] 3.2.
 */
#include "tests/differential/talk.h"

#include <string.h>
#include <sys/socket.h>

#define ICMP_UNREACHABLE      3
#define ICMP_UNREACHABLE_HOST 1
#define ICMP_UNREACHABLE_PORT 3
#define ICMP_TOO_BIG          4
#define ICMP_QUOTED           28
#define NARROW_MTU            1000

static enum wire_verdict strip_timestamps(struct wire_packet *packet, const struct segment *segment)
{
    uint8_t *option = segment == NULL ? NULL : segment_option(segment, SEGMENT_OPTION_TIMESTAMPS);
    if (option != NULL) {
        memset(option, 1, option[1]);
        segment_seal(packet->bytes, packet->size);
    }
    return WIRE_PASS;
}

static enum wire_verdict drop_all(struct wire_packet *packet, const struct segment *segment)
{
    (void)packet;
    (void)segment;
    return WIRE_DROP;
}

/* Each has sent something, and has acknowledged it. */
static void talk_begin_forged(struct talker **a, struct talker **b)
{
    wire_set_fault(strip_timestamps);
    talk_connect_pair(a, b);
    talk_send(*a, 100);
    talk_send(*b, 200);
    talk_await(*a, POLLIN);
    talk_await(*b, POLLIN);
    talk_receive(*a, 1000);
    talk_receive(*b, 1000);
    talk_quiet();
    talk_record(true);
}

/* It goes on as if nothing had been. */
static void talk_end_forged(struct talker *a, struct talker *b)
{
    talk_quiet();
    talk_record(false);
    talk_ready(a);
    talk_ready(b);
    talk_send(b, 300);
    talk_await(a, POLLIN);
    talk_receive(a, 1000);
    talk_send(a, 400);
    talk_await(b, POLLIN);
    talk_receive(b, 1000);
    talk_quiet();
}

/* Only the exact number resets; one in the window is answered [RFC5961] 3.2, others are not. */
static void converse_blind_reset(void)
{
    struct talker *a, *b;
    talk_begin_forged(&a, &b);
    talk_forge(A, SEGMENT_RST, watch_next(B) + 1000000, 0, 0);
    talk_quiet();
    talk_forge(A, SEGMENT_RST, watch_next(B) + 1, 0, 0);
    talk_quiet();
    talk_end_forged(a, b);
}

static void converse_exact_reset(void)
{
    struct talker *a, *b;
    talk_begin_forged(&a, &b);
    talk_forge(A, SEGMENT_RST, watch_next(B), 0, 0);
    talk_await(a, POLLHUP);
    talk_receive(a, 10);
    talk_quiet();
    talk_ready(b);
}

static void converse_blind_syn(void)
{
    struct talker *a, *b;
    talk_begin_forged(&a, &b);
    talk_forge(B, SEGMENT_SYN, watch_next(A) + 10, 0, 0);
    talk_end_forged(a, b);
}

static void converse_old_data(void)
{
    struct talker *a, *b;
    talk_begin_forged(&a, &b);
    talk_forge(B, SEGMENT_ACK, watch_next(A) - 50, watch_next(B), 50);
    talk_end_forged(a, b);
}

static void converse_data_beyond_the_window(void)
{
    struct talker *a, *b;
    talk_begin_forged(&a, &b);
    talk_forge(B, SEGMENT_ACK, watch_next(A) + 100000000, watch_next(B), 50);
    talk_end_forged(a, b);
}

static void converse_keepalive_probe(void)
{
    struct talker *a, *b;
    talk_begin_forged(&a, &b);
    talk_forge(B, SEGMENT_ACK, watch_next(A) - 1, watch_next(B), 0);
    talk_end_forged(a, b);
}

/*
 * What comes behind a gap, what fills it and what is partly old is acknowledged at once [RFC5681]
 * 4.2. The real a has sent nothing of it, and is not told. What comes behind the FIN is not tried:
 * "ignore the segment text" [RFC9293] 3.10.7.4, and Linux resets.
 */
static void converse_gap_and_overlap(void)
{
    struct talker *a, *b;
    talk_begin_forged(&a, &b);
    uint32_t begin = watch_next(A);
    wire_set_fault(drop_all);
    watch_take_as_sent(A, begin + 401);
    talk_forge(B, SEGMENT_ACK, begin + 100, watch_next(B), 100);
    talk_quiet();
    talk_receive(b, 1000);
    talk_forge(B, SEGMENT_ACK, begin, watch_next(B), 100);
    talk_quiet();
    talk_receive(b, 1000);
    talk_forge(B, SEGMENT_ACK, begin + 150, watch_next(B), 150);
    talk_await(b, POLLIN);
    talk_receive(b, 1000);
    talk_forge(B, SEGMENT_FIN | SEGMENT_ACK, begin + 250, watch_next(B), 150);
    talk_quiet();
    talk_receive(b, 1000);
    talk_receive(b, 1000);
    talk_state(b);
}

/* The end comes once more: who waits in TIME_WAIT acknowledges it, who has gone resets. */
static void converse_fin_again(void)
{
    struct talker *a, *b;
    wire_set_fault(strip_timestamps);
    talk_connect_pair(&a, &b);
    talk_close(a);
    talk_await(b, POLLRDHUP);
    talk_close(b);
    talk_quiet();
    talk_record(true);
    talk_forge(A, SEGMENT_FIN | SEGMENT_ACK, watch_next(B) - 1, watch_next(A), 0);
    talk_quiet();
    talk_forge(B, SEGMENT_ACK, watch_next(A), watch_next(B), 0);
    talk_quiet();
}

/* Nobody has the port: a reset takes its number from the segment [RFC9293] 3.5.2. */
static void converse_to_nobody(void)
{
    talk_pause(TALK_SOON_MS);
    talk_record(true);
    talk_forge(B, SEGMENT_ACK, 1000, 5000, 10);
    talk_quiet();
    talk_forge(B, SEGMENT_FIN, 2000, 0, 10);
    talk_quiet();
    talk_forge(B, SEGMENT_SYN, 3000, 0, 0);
    talk_quiet();
    talk_forge(B, SEGMENT_RST | SEGMENT_ACK, 4000, 7000, 0);
    talk_quiet();
}

/* ---- errors of ICMP -------------------------------------------------------------------------- */

/* To a: what became of a packet of its own. `mtu`: what [RFC1191] has such an error say. */
static void talk_forge_error(unsigned code, unsigned mtu, const uint8_t *quoted)
{
    uint8_t packet[20 + 8 + ICMP_QUOTED] = {0};
    uint8_t *icmp = packet + 20;
    packet_seal(packet, sizeof(packet), 1);
    icmp[0] = ICMP_UNREACHABLE;
    icmp[1] = (uint8_t)code;
    packet_put_be16(icmp + 6, mtu);
    memcpy(icmp + 8, quoted, ICMP_QUOTED);
    packet_put_be16(icmp + 2, ~packet_sum(icmp, 8 + ICMP_QUOTED, 0) & 0xffff);
    wire_forge(A, packet, sizeof(packet));
}

/* It says that a segment of a's came to nothing. */
static void talk_forge_unreachable(unsigned code, uint32_t sequence)
{
    uint8_t quoted[END_MTU];
    const struct segment words = {.source_port = TALK_PORT_A,
                                  .destination_port = TALK_PORT_B,
                                  .sequence = sequence,
                                  .flags = SEGMENT_SYN};
    (void)segment_build(quoted, &words, NULL, 0);
    packet_exchange_addresses(quoted, 40);
    talk_forge_error(code, 0, quoted);
}

static void talk_connect_unreachable(unsigned code)
{
    struct talker *a = talk_open(A, "a", END_STREAM);
    wire_set_fault(drop_all);
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_B);
    talk_pause(TALK_SOON_MS);
    talk_forge_unreachable(code, watch_next(A) - 1);
    talk_await(a, POLLHUP);
    talk_ready(a);
    talk_error(a);
    talk_state(a);
}

static void converse_port_unreachable(void)
{
    talk_connect_unreachable(ICMP_UNREACHABLE_PORT);
}

static void converse_host_unreachable(void)
{
    talk_connect_unreachable(ICMP_UNREACHABLE_HOST);
}

/*
 * What is forged offers no options. Linux repeats its own in the SYN that answers it, where
 * [RFC7323] 3.2 has only those that were offered; they are taken out before anybody looks.
 */
static enum wire_verdict drop_without_options(struct wire_packet *packet,
                                              const struct segment *segment)
{
    if (segment != NULL) {
        memset(segment->header + 20, 1, segment->header_size - 20);
        segment_seal(packet->bytes, packet->size);
    }
    return WIRE_DROP;
}

/*
 * The SYNs have met, and then the other one thinks better of it. The error is "connection refused"
 * [RFC9293] 3.10.7.4, for which Linux has ECONNRESET: that one is not asked for.
 */
static void converse_reset_in_syn_received(void)
{
    struct talker *a = talk_open(A, "a", END_STREAM);
    wire_set_fault(drop_without_options);
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_B);
    talk_pause(TALK_SOON_MS);
    talk_forge(A, SEGMENT_SYN, 1000, 0, 0);
    talk_pause(TALK_SOON_MS);
    talk_state(a);
    talk_ready(a);
    talk_forge(A, SEGMENT_RST, 1001, 0, 0);
    talk_await(a, POLLHUP);
    talk_state(a);
    talk_ready(a);
}

/* A connection that works is not ended by an error on the way [RFC1122] 4.2.3.9. */
static void converse_unreachable_later(void)
{
    struct talker *a, *b;
    talk_begin_forged(&a, &b);
    talk_forge_unreachable(ICMP_UNREACHABLE_HOST, watch_next(A) - 1);
    talk_end_forged(a, b);
    talk_error(a);
}

/*
 * A link on the way takes less than both ends know of, and says so of each packet that must not be
 * cut [RFC1191]. Others it would cut.
 */
static unsigned too_big;

static enum wire_verdict narrow(struct wire_packet *packet, const struct segment *segment)
{
    if (packet->from != A || segment == NULL || packet->size <= NARROW_MTU ||
        (packet->bytes[6] & 0x40) == 0)
        return WIRE_PASS;
    too_big++;
    talk_forge_error(ICMP_TOO_BIG, NARROW_MTU, packet->bytes);
    return WIRE_DROP;
}

static void converse_narrow_path(void)
{
    struct talker *a, *b;
    talk_connect_pair(&a, &b);
    wire_set_fault(narrow);
    talk_will_send(a, 100000);
    talk_will_receive(b, 100000);
    talk_pump();
    /* Of those that were on the way already there may be some. */
    talk_say("packets were too big: %d, for ever: %d", too_big > 0, too_big > 50);
    too_big = 0;
    talk_will_send(a, 100000);
    talk_will_receive(b, 100000);
    talk_pump();
    talk_quiet();
    talk_say("packets are still too big: %d", too_big > 0);
}

const struct talk talks_forged[] = {
    {"blind reset", converse_blind_reset},
    {"exact reset", converse_exact_reset},
    {"blind SYN", converse_blind_syn},
    {"old data", converse_old_data},
    {"data beyond the window", converse_data_beyond_the_window},
    {"keepalive probe", converse_keepalive_probe},
    {"gap and overlap", converse_gap_and_overlap},
    {"FIN again", converse_fin_again},
    {"to nobody", converse_to_nobody},
    {"port unreachable", converse_port_unreachable},
    {"host unreachable", converse_host_unreachable},
    {"reset in SYN_RECEIVED", converse_reset_in_syn_received},
    {"unreachable later", converse_unreachable_later},
    {"narrow path", converse_narrow_path},
    {NULL, NULL},
};
