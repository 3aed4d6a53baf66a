/*
 * wire_slirp_test.c - libslirp on the wire: who answers what, when, always with the same bytes, and
 * nothing behind it
 *
 * That no socket of the host is ever opened is asserted in wire_slirp.c, in the callbacks by which
 * libslirp would tell.
 */
#include "emu/wire/wire_slirp.h"

#include "emu/core/prng.h"
#include "emu/wire/wire_bench.h"
#include "emu/wire/wire_packets.h"
#include "tests/unit.h"

#define ROUND_TRIP_NS (4 * WIRE_LATENCY_NS)

struct net {
    struct bench bench;
    struct bench_port *guest;
    struct wire_slirp *slirp;
};

static void net_setup(struct net *net)
{
    bench_setup(&net->bench);
    net->guest = bench_add_port(&net->bench, "eth0", true);
    GError *error = NULL;
    net->slirp =
        wire_slirp_new(net->bench.wire, net->bench.clock, net->bench.trace, "slirp", NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(net->slirp);
    CU_ASSERT_PTR_NULL(error);
}

static void net_teardown(struct net *net)
{
    wire_slirp_free(net->slirp);
    CU_ASSERT_EQUAL(vclock_next_ns(net->bench.clock), VCLOCK_NEVER);
    bench_teardown(&net->bench);
}

/* Sends a base frame with up to two changes, and lets happen what will. */
static void net_exchange(struct net *net, const uint8_t *base, size_t len, size_t at, size_t size,
                         uint32_t value)
{
    uint8_t frame[1600];
    memcpy(frame, base, len);
    packet_put(frame, at, size, value);
    packet_fix(frame, len);
    bench_forget(&net->bench);
    wire_port_send(net->guest->port, frame, len);
    bench_run(&net->bench);
}

static void test_arp_is_answered_for_gateway_and_dns(void)
{
    struct net net;
    net_setup(&net);
    for (uint8_t host = 2; host <= 3; host++) {
        uint64_t sent_ns = vclock_now_ns(net.bench.clock);
        net_exchange(&net, packet_arp, sizeof(packet_arp), 41, 1, host);
        CU_ASSERT_STRING_EQUAL(bench_order(&net.bench), "eth0");
        const struct bench_arrival *reply = bench_arrival(&net.bench, 0);
        CU_ASSERT_EQUAL(reply->time_ns, sent_ns + ROUND_TRIP_NS);
        CU_ASSERT_TRUE(reply->len >= WIRE_FRAME_MIN);
        CU_ASSERT_EQUAL(packet_get(reply->data, 20, 2), 2);
        CU_ASSERT_EQUAL(packet_get(reply->data, 22, 2), 0x5255);
        CU_ASSERT_EQUAL(packet_get(reply->data, 24, 4), 0x0a000200 + host);
        CU_ASSERT_EQUAL(packet_get(reply->data, 28, 4), 0x0a000200 + host);
        CU_ASSERT_EQUAL(memcmp(reply->data, packet_arp + 6, 6), 0);
    }
    CU_ASSERT_EQUAL(trace_last(net.bench.trace), 0);
    net_teardown(&net);
}

static void test_arp_for_nobody_is_silence(void)
{
    struct net net;
    net_setup(&net);
    static const uint8_t nobody[] = {0, 1, 4, 15, 99, 255};
    for (size_t i = 0; i < sizeof(nobody); i++) {
        net_exchange(&net, packet_arp, sizeof(packet_arp), 41, 1, nobody[i]);
        CU_ASSERT_EQUAL(net.bench.arrivals->len, 0);
    }
    CU_ASSERT_EQUAL(trace_last(net.bench.trace), 0);
    CU_ASSERT_EQUAL(vclock_next_ns(net.bench.clock), VCLOCK_NEVER);
    net_teardown(&net);
}

static void test_echo_is_answered_by_gateway_and_dns(void)
{
    struct net net;
    net_setup(&net);
    net_exchange(&net, packet_arp, sizeof(packet_arp), 41, 1, 2);
    for (uint8_t host = 2; host <= 3; host++) {
        uint64_t sent_ns = vclock_now_ns(net.bench.clock);
        net_exchange(&net, packet_echo, sizeof(packet_echo), 33, 1, host);
        CU_ASSERT_STRING_EQUAL(bench_order(&net.bench), "eth0");
        const struct bench_arrival *reply = bench_arrival(&net.bench, 0);
        CU_ASSERT_EQUAL(reply->time_ns, sent_ns + ROUND_TRIP_NS);
        CU_ASSERT_EQUAL(reply->len, WIRE_FRAME_MIN);
        CU_ASSERT_EQUAL(reply->data[34], 0);
        CU_ASSERT_EQUAL(packet_get(reply->data, 26, 4), 0x0a000200 + host);
        CU_ASSERT_EQUAL(packet_get(reply->data, 30, 4), 0x0a00020f);
        CU_ASSERT_EQUAL(memcmp(reply->data + 38, packet_echo + 38, 12), 0);
        CU_ASSERT_EQUAL(packet_sum(0, reply->data + 14, 20), 0xffff);
        CU_ASSERT_EQUAL(packet_transport_sum(reply->data), 0xffff);
    }
    net_teardown(&net);
}

static void test_idle_network_arms_nothing(void)
{
    struct net net;
    net_setup(&net);
    CU_ASSERT_EQUAL(vclock_next_ns(net.bench.clock), VCLOCK_NEVER);
    net_exchange(&net, packet_arp, sizeof(packet_arp), 41, 1, 2);
    net_exchange(&net, packet_echo, sizeof(packet_echo), 33, 1, 2);
    CU_ASSERT_EQUAL(vclock_next_ns(net.bench.clock), VCLOCK_NEVER);
    net_teardown(&net);
}

static void test_dhcp_discover_is_offered_the_first_address(void)
{
    struct net net;
    net_setup(&net);
    uint8_t discover[PACKET_DHCP_SIZE];
    packet_build_dhcp_discover(discover);
    net_exchange(&net, discover, sizeof(discover), 45, 1, 0);
    CU_ASSERT_STRING_EQUAL_FATAL(bench_order(&net.bench), "eth0");
    const struct bench_arrival *offer = bench_arrival(&net.bench, 0);
    CU_ASSERT_EQUAL(packet_get(offer->data, 34, 4), 0x00430044); /* ports 67, 68 */
    CU_ASSERT_EQUAL(offer->data[42], 2);
    CU_ASSERT_EQUAL(packet_get(offer->data, 46, 4), 0x12345678); /* xid */
    CU_ASSERT_EQUAL(packet_get(offer->data, 58, 4), 0x0a00020f); /* yiaddr */
    CU_ASSERT_EQUAL(packet_get(offer->data, 278, 4), 0x63825363);
    CU_ASSERT_EQUAL(packet_get(offer->data, 282, 3), 0x350102); /* offer */
    CU_ASSERT_EQUAL(packet_transport_sum(offer->data), 0xffff);
    CU_ASSERT_EQUAL(trace_last(net.bench.trace), 0);
    net_teardown(&net);
}

static void test_closed_tcp_port_resets(void)
{
    struct net net;
    net_setup(&net);
    uint64_t sent_ns = vclock_now_ns(net.bench.clock);
    net_exchange(&net, packet_syn, sizeof(packet_syn), 36, 2, 80);
    CU_ASSERT_STRING_EQUAL(bench_order(&net.bench), "eth0");
    const struct bench_arrival *reset = bench_arrival(&net.bench, 0);
    CU_ASSERT_EQUAL(reset->time_ns, sent_ns + ROUND_TRIP_NS);
    CU_ASSERT_EQUAL(reset->len, WIRE_FRAME_MIN);
    CU_ASSERT_EQUAL(reset->data[47], 0x14);
    CU_ASSERT_EQUAL(packet_get(reset->data, 42, 4), 1001);
    CU_ASSERT_EQUAL(trace_last(net.bench.trace), 0);
    net_teardown(&net);
}

static void test_closed_udp_port_is_unreachable(void)
{
    struct net net;
    net_setup(&net);
    net_exchange(&net, packet_udp, sizeof(packet_udp), 36, 2, 53);
    CU_ASSERT_STRING_EQUAL(bench_order(&net.bench), "eth0");
    CU_ASSERT_EQUAL(packet_get(bench_arrival(&net.bench, 0)->data, 34, 2), 0x0303);
    net_teardown(&net);
}

static void test_what_may_not_leave_is_dropped_by_name(void)
{
    struct net net;
    net_setup(&net);
    net_exchange(&net, packet_echo, sizeof(packet_echo), 30, 4, 0xc6336401);
    CU_ASSERT_EQUAL(net.bench.arrivals->len, 0);
    CU_ASSERT_STRING_EQUAL(
        bench_last_event(&net.bench),
        "frame.dropped port=slirp direction=in why=\"not allowed to leave: 198.51.100.1\" len=50");
    CU_ASSERT_EQUAL(wire_port_dropped(wire_port_by_name(net.bench.wire, "slirp")), 1);
    net_teardown(&net);
}

/* A fragment of an echo request: `offset` and `data` in bytes; `more` come. */
static void net_send_fragment(struct net *net, size_t offset, size_t data, bool more)
{
    uint8_t frame[1600] = {0};
    size_t len = 34 + data;
    memcpy(frame, packet_echo, 34);
    packet_put(frame, 16, 2, (uint32_t)(20 + data));
    packet_put(frame, 20, 2, (uint32_t)(offset / 8 | (more ? 0x2000 : 0)));
    if (offset == 0) {
        packet_put(frame, 34, 4, 0x0800f7ff); /* the rest is zeros */
    }
    packet_fix(frame, len);
    wire_port_send(net->guest->port, frame, len);
}

/* The last fragment before the first: libslirp 4.7 would crash. */
static void test_fragments_do_not_reach_libslirp(void)
{
    struct net net;
    net_setup(&net);
    net_send_fragment(&net, 1480, 100, false);
    net_send_fragment(&net, 0, 1480, true);
    bench_run(&net.bench);
    CU_ASSERT_EQUAL(net.bench.arrivals->len, 0);
    CU_ASSERT_EQUAL(bench_count_events(&net.bench, TRACE_FRAME_DROPPED), 2);
    CU_ASSERT_STRING_EQUAL(bench_last_event(&net.bench),
                           "frame.dropped port=slirp direction=in why=\"IPv4 fragment\" len=1514");
    CU_ASSERT_EQUAL(vclock_next_ns(net.bench.clock), VCLOCK_NEVER);
    net_teardown(&net);
}

/*
 * libslirp must ask who 10.0.2.15 is before it can answer, and holds the answer for a second of
 * virtual time.
 */
static void test_answer_waits_a_second_for_arp(void)
{
    static const struct {
        uint64_t wait_ns;
        const char *order;
    } rows[] = {
        {UINT64_C(900000000), "eth0"},
        {UINT64_C(1100000000), ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct net net;
        net_setup(&net);
        net_exchange(&net, packet_echo, sizeof(packet_echo), 33, 1, 2);
        CU_ASSERT_STRING_EQUAL(bench_order(&net.bench), "eth0");
        CU_ASSERT_EQUAL(packet_get(bench_arrival(&net.bench, 0)->data, 12, 2), 0x0806);
        vclock_advance(net.bench.clock, vclock_now_ns(net.bench.clock) + rows[i].wait_ns);
        net_exchange(&net, packet_arp, sizeof(packet_arp), 20, 2, 2);
        CU_ASSERT_STRING_EQUAL(bench_order(&net.bench), rows[i].order);
        net_teardown(&net);
    }
}

/* A bit of everything, and what came back, with times, as one text. */
static char *net_run_all(void)
{
    struct net net;
    net_setup(&net);
    GString *log = g_string_new(NULL);
    uint8_t discover[PACKET_DHCP_SIZE];
    packet_build_dhcp_discover(discover);
    for (unsigned i = 0; i < 5; i++) {
        wire_port_send(net.guest->port, discover, sizeof(discover));
        wire_port_send(net.guest->port, packet_arp, sizeof(packet_arp));
        wire_port_send(net.guest->port, packet_echo, sizeof(packet_echo));
        wire_port_send(net.guest->port, packet_syn, sizeof(packet_syn));
        net_send_fragment(&net, 0, 1480, true);
        vclock_advance(net.bench.clock, vclock_now_ns(net.bench.clock) + UINT64_C(777777777));
        wire_port_send(net.guest->port, packet_udp, sizeof(packet_udp));
    }
    bench_run(&net.bench);
    for (guint i = 0; i < net.bench.arrivals->len; i++) {
        const struct bench_arrival *arrival = bench_arrival(&net.bench, i);
        g_string_append_printf(log, "%" G_GUINT64_FORMAT, arrival->time_ns);
        for (size_t at = 0; at < arrival->len; at++) {
            g_string_append_printf(log, " %02x", arrival->data[at]);
        }
        g_string_append_c(log, '\n');
    }
    CU_ASSERT_EQUAL(net.bench.arrivals->len, 5 * 5); /* DHCP, ARP, echo, RST, unreachable */
    net_teardown(&net);
    return g_string_free(log, FALSE);
}

static void test_two_runs_give_the_same_bytes(void)
{
    char *first = net_run_all();
    char *second = net_run_all();
    CU_ASSERT_STRING_EQUAL(first, second);
    g_free(first);
    g_free(second);
}

static void count_log(const gchar *domain, GLogLevelFlags level, const gchar *message,
                      gpointer opaque)
{
    (void)domain;
    (void)level;
    (void)message;
    (*(unsigned *)opaque)++;
}

static void test_log_of_libslirp_is_dropped_while_it_lives(void)
{
    unsigned messages = 0;
    GLogFunc before = g_log_set_default_handler(count_log, &messages);
    struct net net;
    net_setup(&net);
    g_log("Slirp", G_LOG_LEVEL_MESSAGE, "about a guest");
    CU_ASSERT_EQUAL(messages, 0);
    net_teardown(&net);
    g_log("Slirp", G_LOG_LEVEL_MESSAGE, "about nobody");
    CU_ASSERT_EQUAL(messages, 1);
    g_log_set_default_handler(before, NULL);
    wire_slirp_free(NULL);
}

/*
 * libslirp behind the filter, fed with anything: no crash, no host socket (asserted), every frame
 * well-formed.
 */
static void test_random_frames_open_no_host_socket(void)
{
    static const struct {
        const uint8_t *frame;
        size_t len;
    } bases[] = {
        {packet_arp, sizeof(packet_arp)},
        {packet_echo, sizeof(packet_echo)},
        {packet_syn, sizeof(packet_syn)},
        {packet_udp, sizeof(packet_udp)},
    };
    struct net net;
    net_setup(&net);
    struct prng prng;
    prng_init(&prng, 43, "mutations");
    for (unsigned round = 0; round < 3000; round++) {
        uint8_t frame[PACKET_DHCP_SIZE];
        size_t len = sizeof(frame);
        size_t b = (size_t)prng_below(&prng, G_N_ELEMENTS(bases) + 1);
        if (b < G_N_ELEMENTS(bases)) {
            len = bases[b].len;
            memcpy(frame, bases[b].frame, len);
        } else {
            packet_build_dhcp_discover(frame);
        }
        for (uint64_t n = prng_below(&prng, 4); n > 0; n--) {
            frame[prng_below(&prng, len)] = (uint8_t)prng_next(&prng);
        }
        packet_fix(frame, len);
        wire_port_send(net.guest->port, frame, len);
        vclock_advance(net.bench.clock,
                       vclock_now_ns(net.bench.clock) + prng_below(&prng, 10000000));
    }
    bench_run(&net.bench);
    CU_ASSERT_TRUE(net.bench.arrivals->len > 100);
    CU_ASSERT_TRUE(bench_count_events(&net.bench, TRACE_FRAME_DROPPED) > 100);
    for (guint i = 0; i < net.bench.arrivals->len; i++) {
        CU_ASSERT_TRUE(bench_arrival(&net.bench, i)->len >= WIRE_FRAME_MIN);
    }
    net_teardown(&net);
}

UNIT_SUITE("wire_slirp", UNIT_TEST(test_arp_is_answered_for_gateway_and_dns),
           UNIT_TEST(test_arp_for_nobody_is_silence),
           UNIT_TEST(test_echo_is_answered_by_gateway_and_dns),
           UNIT_TEST(test_idle_network_arms_nothing),
           UNIT_TEST(test_dhcp_discover_is_offered_the_first_address),
           UNIT_TEST(test_closed_tcp_port_resets), UNIT_TEST(test_closed_udp_port_is_unreachable),
           UNIT_TEST(test_what_may_not_leave_is_dropped_by_name),
           UNIT_TEST(test_fragments_do_not_reach_libslirp),
           UNIT_TEST(test_answer_waits_a_second_for_arp),
           UNIT_TEST(test_two_runs_give_the_same_bytes),
           UNIT_TEST(test_log_of_libslirp_is_dropped_while_it_lives),
           UNIT_TEST(test_random_frames_open_no_host_socket))
