/* talks_datagram.c - conversations of UDP and ICMP */
#include "tests/differential/talk.h"

#include <string.h>
#include <sys/socket.h>

#define UDP_MOST  65507
#define ECHO_MOST (END_MTU - 20)

static void talk_datagram_pair(struct talker **a, struct talker **b)
{
    *a = talk_open(A, "a", END_DATAGRAM);
    *b = talk_open(B, "b", END_DATAGRAM);
    talk_bind(*a, TALK_PORT_A);
    talk_bind(*b, TALK_PORT_B);
    talk_connect(*a, TALK_PORT_B);
    talk_connect(*b, TALK_PORT_A);
}

static void converse_datagrams(void)
{
    struct talker *a, *b;
    talk_datagram_pair(&a, &b);
    talk_ready(b);
    talk_receive(b, 10);
    talk_send(a, 100);
    talk_send(a, 0);
    talk_send(a, 50);
    talk_send(a, END_MTU - 28);
    talk_await(b, POLLIN);
    talk_quiet();
    talk_ready(b);
    talk_receive(b, 30); /* the rest of it is lost */
    talk_receive(b, 30);
    talk_receive(b, 1000);
    talk_receive(b, 2000);
    talk_receive(b, 10);
    talk_send(b, 20);
    talk_await(a, POLLIN);
    talk_receive(a, 100);
    talk_error(a);
}

static void converse_largest_datagram(void)
{
    struct talker *a, *b;
    talk_datagram_pair(&a, &b);
    talk_send(a, UDP_MOST);
    talk_await(b, POLLIN);
    talk_receive(b, UDP_MOST + 1000);
    talk_send(b, UDP_MOST);
    talk_await(a, POLLIN);
    talk_receive(a, UDP_MOST + 1000);
    talk_send(a, UDP_MOST + 1);
    talk_send(a, 5000);
    talk_await(b, POLLIN);
    talk_receive(b, UDP_MOST);
    talk_quiet();
}

static enum wire_verdict reverse_fragments(struct wire_packet *packet,
                                           const struct segment *segment)
{
    unsigned fragment = packet_be16(packet->bytes + 6);
    (void)segment;
    packet->due_ns += (30 - (fragment & 0x1fff) / 185) * WIRE_MS;
    return WIRE_PASS;
}

static void converse_fragments_in_reverse(void)
{
    struct talker *a, *b;
    talk_datagram_pair(&a, &b);
    wire_set_fault(reverse_fragments);
    talk_send(a, 20000);
    talk_await(b, POLLIN);
    talk_receive(b, 30000);
    talk_send(b, 10000);
    talk_await(a, POLLIN);
    talk_receive(a, 30000);
}

static void converse_datagram_refused(void)
{
    struct talker *a = talk_open(A, "a", END_DATAGRAM);
    talk_bind(a, TALK_PORT_A);
    talk_connect(a, TALK_PORT_DEAD);
    talk_send(a, 100);
    talk_await(a, POLLERR);
    talk_ready(a);
    talk_error(a);
    talk_ready(a);
    talk_send(a, 100);
    talk_await(a, POLLERR);
    talk_receive(a, 10);
    talk_receive(a, 10);
    talk_send(a, 100);
    talk_await(a, POLLERR);
    talk_send(a, 100);
    talk_send(a, 100);
    talk_quiet();
}

/* The datagram that nobody takes is longer than a frame: the error quotes its beginning. */
static void converse_fragments_refused(void)
{
    struct talker *b = talk_open(B, "b", END_DATAGRAM);
    talk_bind(b, TALK_PORT_B);
    talk_connect(b, TALK_PORT_A);
    talk_send(b, 5000);
    talk_await(b, POLLERR);
    talk_receive(b, 10);
}

static void converse_datagrams_not_connected(void)
{
    struct talker *a = talk_open(A, "a", END_DATAGRAM);
    talk_ready(a);
    talk_send(a, 10);
    talk_receive(a, 10);
    talk_shutdown(a, SHUT_WR);
    talk_error(a);
}

/* ---- ping ------------------------------------------------------------------------------------ */

/* The identifier is the socket's, so it is left out of what is compared. */
static void talk_ping(struct talker *talker, uint16_t sequence, size_t size)
{
    uint8_t message[ECHO_MOST] = {8}, reply[ECHO_MOST] = {0};
    packet_put_be16(message + 6, sequence);
    for (size_t i = 8; i < size; i++)
        message[i] = (uint8_t)(i * 7 + sequence);
    packet_put_be16(message + 2, ~packet_sum(message, size, 0) & 0xffff);
    talk_send_bytes(talker, message, size);
    talk_await(talker, POLLIN);
    long result = talk_take(talker, reply, sizeof(reply));
    talk_say("%ld bytes, type %u, code %u, sequence %u, %s data, the checksum is %s", result,
             reply[0], reply[1], packet_be16(reply + 6),
             result == (long)size && memcmp(reply + 8, message + 8, size - 8) == 0 ? "the same"
                                                                                   : "other",
             result > 0 && packet_sum(reply, (size_t)result, 0) == 0xffff ? "right" : "wrong");
}

static void talk_pings(unsigned end, const char *name)
{
    struct talker *talker = talk_open(end, name, END_PING);
    talk_connect(talker, 0);
    talk_ping(talker, 1, 64);
    talk_ping(talker, 2, 8);
    talk_ping(talker, 3, 9);
    talk_ping(talker, 65535, ECHO_MOST);
}

static void converse_pings_of_a(void)
{
    talk_pings(A, "a");
}

static void converse_pings_of_b(void)
{
    talk_pings(B, "b");
}

const struct talk talks_datagram[] = {
    {"datagrams", converse_datagrams},
    {"largest datagram", converse_largest_datagram},
    {"fragments in reverse", converse_fragments_in_reverse},
    {"datagram refused", converse_datagram_refused},
    {"fragments refused", converse_fragments_refused},
    {"datagrams, not connected", converse_datagrams_not_connected},
    {"ping of a", converse_pings_of_a},
    {"ping of b", converse_pings_of_b},
    {NULL, NULL},
};
