/*
 * wire_host_test.c - a scripted host answers ARP for its address, and nothing else
 */
#include "emu/wire/wire_host.h"

#include "emu/wire/wire_bench.h"
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

UNIT_SUITE("wire_host", UNIT_TEST(test_host_answers_a_request_for_its_address),
           UNIT_TEST(test_host_is_silent_about_everything_else))
