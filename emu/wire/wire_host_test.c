/*
 * wire_host_test.c - a scripted host answers ARP for its address, refuses what it is told to, and
 * nothing else
 */
#include "emu/wire/wire_host.h"

#include "emu/wire/wire_bench.h"
#include "emu/wire/wire_packets.h"
#include "tests/unit.h"

/* ARP, Request who-has 10.0.2.9 tell 10.0.2.15, length 28 */
static const uint8_t request[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08, 0x06,
    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
    0x0a, 0x00, 0x02, 0x0f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x02, 0x09,
};

/* ARP, Reply 10.0.2.9 is-at 02:00:00:00:00:09, length 28 */
static const uint8_t reply[] = {
    0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x02, 0x00, 0x00, 0x00, 0x00, 0x09, 0x08, 0x06,
    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x09,
    0x0a, 0x00, 0x02, 0x09, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x0a, 0x00, 0x02, 0x0f,
};

struct net {
    struct bench bench;
    struct bench_port *guest;
    struct wire_host *host;
};

static void net_setup(struct net *net)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9}, ip[4] = {10, 0, 2, 9};
    bench_setup(&net->bench);
    net->guest = bench_add_port(&net->bench, "guest", false);
    net->host = wire_host_new(net->bench.wire, "box", mac, ip);
}

static void net_teardown(struct net *net)
{
    CU_ASSERT_EQUAL(trace_last(net->bench.trace), 0);
    bench_teardown(&net->bench);
    wire_host_free(net->host);
}

/* The request with one byte changed, cut to a length. */
static void net_send(struct net *net, size_t at, uint8_t value, size_t len)
{
    uint8_t frame[sizeof(request)];
    memcpy(frame, request, sizeof(frame));
    frame[at] = value;
    wire_port_send(net->guest->port, frame, len);
    bench_run(&net->bench);
}

static void test_host_answers_a_request_for_its_address(void)
{
    struct net net;
    net_setup(&net);
    net_send(&net, 0, 0xff, sizeof(request));
    CU_ASSERT_STRING_EQUAL_FATAL(bench_order(&net.bench), "guest");
    CU_ASSERT_EQUAL(bench_arrival(&net.bench, 0)->len, sizeof(reply));
    CU_ASSERT_EQUAL(memcmp(bench_arrival(&net.bench, 0)->data, reply, sizeof(reply)), 0);
    CU_ASSERT_EQUAL(wire_host_answered(net.host), 1);
    CU_ASSERT_PTR_EQUAL(wire_port_by_name(net.bench.wire, "box"), wire_host_port(net.host));
    net_teardown(&net);
}

static void test_host_is_silent_about_everything_else(void)
{
    struct net net;
    net_setup(&net);
    net_send(&net, 41, 8, sizeof(request));       /* another address */
    net_send(&net, 21, 2, sizeof(request));       /* a reply */
    net_send(&net, 0, 0x02, sizeof(request));     /* for another station */
    net_send(&net, 13, 0x00, sizeof(request));    /* IPv4 */
    net_send(&net, 15, 0x06, sizeof(request));    /* another kind of hardware */
    net_send(&net, 18, 0x08, sizeof(request));    /* of longer addresses */
    net_send(&net, 0, 0xff, sizeof(request) - 1); /* cut */
    CU_ASSERT_EQUAL(net.bench.arrivals->len, 0);
    CU_ASSERT_EQUAL(wire_host_answered(net.host), 0);
    net_teardown(&net);
}

/* Of the TCP and UDP ports, one each is refused; the others are the scenario's business. */
static void test_host_refuses_what_it_is_told_to(void)
{
    static const struct serve_endpoint refused[] = {
        {.address = 0x0a000209, .port = 80, .kind = SERVE_REFUSED},
        {.udp = true, .address = 0x0a000209, .port = 53, .kind = SERVE_REFUSED},
    };
    static const struct {
        const uint8_t *frame;
        size_t len;
        uint16_t port;
        bool is_answered;
    } rows[] = {
        {packet_syn, sizeof(packet_syn), 80, true},   {packet_syn, sizeof(packet_syn), 53, false},
        {packet_udp, sizeof(packet_udp), 53, true},   {packet_udp, sizeof(packet_udp), 80, false},
        {packet_echo, sizeof(packet_echo), 0, false},
    };
    struct net net;
    net_setup(&net);
    wire_host_refuse(net.host, &refused[0]);
    wire_host_refuse(net.host, &refused[1]);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t frame[64];
        memcpy(frame, rows[i].frame, rows[i].len);
        memcpy(frame, reply + 6, 6);
        packet_put(frame, 30, 4, 0x0a000209);
        if (rows[i].port != 0) {
            packet_put(frame, 36, 2, rows[i].port);
        }
        packet_fix(frame, rows[i].len);
        bench_forget(&net.bench);
        wire_port_send(net.guest->port, frame, rows[i].len);
        bench_run(&net.bench);
        CU_ASSERT_EQUAL_FATAL(net.bench.arrivals->len, rows[i].is_answered ? 1 : 0);
        if (rows[i].is_answered) {
            const uint8_t *answer = bench_arrival(&net.bench, 0)->data;
            CU_ASSERT_EQUAL(memcmp(answer + 6, reply + 6, 6), 0);
            CU_ASSERT_EQUAL(packet_get(answer, 26, 4), 0x0a000209);
            CU_ASSERT_EQUAL(packet_transport_sum(answer), 0xffff);
        }
    }
    net_teardown(&net);
}

UNIT_SUITE("wire_host", UNIT_TEST(test_host_refuses_what_it_is_told_to),
           UNIT_TEST(test_host_answers_a_request_for_its_address),
           UNIT_TEST(test_host_is_silent_about_everything_else))
