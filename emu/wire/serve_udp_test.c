/*
 * serve_udp_test.c - UDP services, names and echo replies, on the wire
 */
#include "emu/wire/serve_udp.h"

#include "emu/wire/wire_bench.h"
#include "emu/wire/wire_packets.h"
#include "emu/wire/wire_slirp.h"
#include "tests/unit.h"

#define HOST UINT32_C(0x0a000235) /* 10.0.2.53: it has no TCP */
#define MS   UINT64_C(1000000)

struct net {
    struct bench bench;
    struct bench_port *guest;
    struct wire_slirp *slirp;
    GBytes *ping, *pong;
};

static struct net net;
static struct serve_step steps[5];

static const struct serve_endpoint endpoints[] = {
    {.udp = true, .address = HOST, .port = 7, .kind = SERVE_ECHO},
    {.udp = true, .address = HOST, .port = 9, .kind = SERVE_DISCARD},
    {.udp = true, .address = HOST, .port = 10, .kind = SERVE_SILENT},
    {.udp = true, .address = HOST, .port = 11, .kind = SERVE_REFUSED},
    {.udp = true,
     .address = HOST,
     .port = 12,
     .kind = SERVE_SCRIPT,
     .steps = steps,
     .step_count = 5},
    {.address = HOST, .port = 80, .kind = SERVE_REFUSED},
};
static const struct serve_endpoint *list[G_N_ELEMENTS(endpoints)];
static const struct serve_dns_name names[] = {
    {.name = "a.test", .kind = SERVE_DNS_A, .address = {10, 0, 2, 100}},
    {.name = "slow.test", .kind = SERVE_DNS_A, .address = {10, 0, 2, 1}, .delay_ns = 70 * MS},
};

static void net_setup(uint32_t dns)
{
    bench_setup(&net.bench);
    net.ping = g_bytes_new_static("ping", 4);
    net.pong = g_bytes_new_static("pong!", 5);
    steps[0] = (struct serve_step){SERVE_STEP_EXPECT, 0, net.ping};
    steps[1] = (struct serve_step){SERVE_STEP_WAIT, 3 * MS, NULL};
    steps[2] = (struct serve_step){SERVE_STEP_SEND, 0, net.pong};
    steps[3] = (struct serve_step){SERVE_STEP_UNTIL, 0, net.ping};
    steps[4] = (struct serve_step){SERVE_STEP_SEND, 0, net.pong};
    for (size_t i = 0; i < G_N_ELEMENTS(endpoints); i++) {
        list[i] = &endpoints[i];
    }
    const struct wire_services services = {
        .rules = {.endpoints = list, .count = G_N_ELEMENTS(list), .dns = dns},
        .names = names,
        .name_count = G_N_ELEMENTS(names),
    };
    net.guest = bench_add_port(&net.bench, "eth0", true);
    net.slirp =
        wire_slirp_new(net.bench.wire, net.bench.clock, net.bench.trace, "slirp", &services, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(net.slirp);
}

static void net_teardown(void)
{
    CU_ASSERT_TRUE(vclock_is_quiescent(net.bench.clock));
    wire_slirp_free(net.slirp);
    CU_ASSERT_EQUAL(vclock_next_ns(net.bench.clock), VCLOCK_NEVER);
    bench_teardown(&net.bench);
    g_bytes_unref(net.ping);
    g_bytes_unref(net.pong);
}

/* A datagram to a port of an address, and what comes of it. */
static void net_say(uint32_t address, uint16_t from, uint16_t port, const void *data, size_t len)
{
    uint8_t frame[600];
    memcpy(frame, packet_udp, 42);
    memcpy(frame + 42, data, len);
    packet_put(frame, 2, 4, address);
    packet_put(frame, 16, 2, (uint32_t)(28 + len));
    packet_put(frame, 30, 4, address);
    packet_put(frame, 34, 2, from);
    packet_put(frame, 36, 2, port);
    packet_put(frame, 38, 2, (uint32_t)(8 + len));
    packet_fix(frame, 42 + len);
    bench_forget(&net.bench);
    wire_port_send(net.guest->port, frame, 42 + len);
}

static void check_reply(uint32_t address, uint16_t port, uint16_t to, const void *data, size_t len)
{
    CU_ASSERT_EQUAL_FATAL(net.bench.arrivals->len, 1);
    const uint8_t *frame = bench_arrival(&net.bench, 0)->data;
    CU_ASSERT_EQUAL(packet_sum(0, frame + 14, 20), 0xffff);
    CU_ASSERT_EQUAL(packet_transport_sum(frame), 0xffff);
    CU_ASSERT_EQUAL(packet_get(frame, 26, 4), address);
    CU_ASSERT_EQUAL(packet_get(frame, 30, 4), 0x0a00020f);
    CU_ASSERT_EQUAL(packet_get(frame, 34, 2), port);
    CU_ASSERT_EQUAL(packet_get(frame, 36, 2), to);
    CU_ASSERT_EQUAL_FATAL(packet_get(frame, 38, 2), 8 + len);
    CU_ASSERT_EQUAL(memcmp(frame + 42, data, len), 0);
}

static void test_echo_comes_back(void)
{
    net_setup(0);
    uint64_t begun_ns = vclock_now_ns(net.bench.clock);
    net_say(HOST, 5000, 7, "hello", 5);
    bench_run(&net.bench);
    check_reply(HOST, 7, 5000, "hello", 5);
    CU_ASSERT_EQUAL(vclock_now_ns(net.bench.clock), begun_ns + 4 * WIRE_LATENCY_NS);
    net_say(HOST, 5000, 7, "", 0);
    bench_run(&net.bench);
    check_reply(HOST, 7, 5000, "", 0);
    net_teardown();
}

static void test_discard_and_silent_say_nothing_and_closed_ports_do(void)
{
    net_setup(0);
    static const uint16_t quiet[] = {9, 10}, closed[] = {11, 13, 53};
    for (size_t i = 0; i < G_N_ELEMENTS(quiet); i++) {
        net_say(HOST, 5000, quiet[i], "x", 1);
        bench_run(&net.bench);
        CU_ASSERT_EQUAL(net.bench.arrivals->len, 0);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(closed); i++) {
        net_say(HOST, 5000, closed[i], "x", 1);
        bench_run(&net.bench);
        CU_ASSERT_EQUAL_FATAL(net.bench.arrivals->len, 1);
        CU_ASSERT_EQUAL(packet_get(bench_arrival(&net.bench, 0)->data, 34, 2), 0x0303);
        CU_ASSERT_EQUAL(packet_get(bench_arrival(&net.bench, 0)->data, 26, 4), HOST);
    }
    CU_ASSERT_EQUAL(bench_count_events(&net.bench, TRACE_FRAME_DROPPED), 0);
    net_teardown();
}

static void test_address_answers_arp_and_ping_and_others_do_not(void)
{
    net_setup(0);
    uint8_t frame[64];
    static const uint8_t hosts[] = {0x35, 0x36};
    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        memcpy(frame, packet_arp, sizeof(packet_arp));
        frame[41] = hosts[i];
        bench_forget(&net.bench);
        wire_port_send(net.guest->port, frame, sizeof(packet_arp));
        bench_run(&net.bench);
        CU_ASSERT_EQUAL_FATAL(net.bench.arrivals->len, i == 0 ? 1 : 0);
    }
    memcpy(frame, packet_arp, sizeof(packet_arp));
    frame[41] = 0x35;
    wire_port_send(net.guest->port, frame, sizeof(packet_arp));
    bench_run(&net.bench);
    const uint8_t *reply = bench_arrival(&net.bench, 0)->data;
    CU_ASSERT_EQUAL(packet_get(reply, 20, 2), 2);
    CU_ASSERT_EQUAL(packet_get(reply, 22, 2), 0x5255);
    CU_ASSERT_EQUAL(packet_get(reply, 24, 4), HOST);
    CU_ASSERT_EQUAL(packet_get(reply, 28, 4), HOST);
    CU_ASSERT_EQUAL(packet_get(reply, 38, 4), 0x0a00020f);
    memcpy(frame, packet_echo, sizeof(packet_echo));
    frame[5] = frame[33] = 0x35;
    packet_fix(frame, sizeof(packet_echo));
    bench_forget(&net.bench);
    wire_port_send(net.guest->port, frame, sizeof(packet_echo));
    bench_run(&net.bench);
    CU_ASSERT_EQUAL_FATAL(net.bench.arrivals->len, 1);
    reply = bench_arrival(&net.bench, 0)->data;
    CU_ASSERT_EQUAL(reply[34], 0);
    CU_ASSERT_EQUAL(packet_get(reply, 26, 4), HOST);
    CU_ASSERT_EQUAL(packet_transport_sum(reply), 0xffff);
    CU_ASSERT_EQUAL(memcmp(reply + 38, packet_echo + 38, 12), 0);
    net_teardown();
}

static void test_script_has_a_state_for_each_peer(void)
{
    net_setup(0);
    uint64_t begun_ns = vclock_now_ns(net.bench.clock);
    net_say(HOST, 5000, 12, "ping", 4);
    bench_run(&net.bench);
    check_reply(HOST, 12, 5000, "pong!", 5);
    CU_ASSERT_EQUAL(vclock_now_ns(net.bench.clock), begun_ns + 3 * MS + 4 * WIRE_LATENCY_NS);
    net_say(HOST, 5001, 12, "ping", 4);
    wire_port_send(net.guest->port, packet_arp, sizeof(packet_arp));
    vclock_advance(net.bench.clock, vclock_now_ns(net.bench.clock) + MS);
    net_say(HOST, 5001, 12, "a ping", 6); /* while it waits: kept */
    bench_run(&net.bench);
    CU_ASSERT_EQUAL(net.bench.arrivals->len, 2);
    net_say(HOST, 5000, 12, "my ping", 7);
    bench_run(&net.bench);
    check_reply(HOST, 12, 5000, "pong!", 5);
    net_say(HOST, 5000, 12, "ping", 4); /* behind the last step */
    bench_run(&net.bench);
    CU_ASSERT_EQUAL(net.bench.arrivals->len, 0);
    CU_ASSERT_EQUAL(bench_count_events(&net.bench, TRACE_SERVE_FAILED), 0);
    net_teardown();
}

static void test_script_ends_with_another_datagram(void)
{
    net_setup(0);
    net_say(HOST, 5000, 12, "pingg", 5);
    net_say(HOST, 5000, 12, "ping", 4);
    bench_run(&net.bench);
    CU_ASSERT_EQUAL(net.bench.arrivals->len, 0);
    CU_ASSERT_STRING_EQUAL(bench_last_event(&net.bench),
                           "serve.failed service=\"udp 10.0.2.53:12\" peer=10.0.2.15:5000 "
                           "why=\"another datagram came than was expected\"");
    net_teardown();
}

static const uint8_t query[] = {0, 1,   1, 0,   0,   1,   0,   0, 0, 0, 0, 0,
                                1, 'a', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1};
static const uint8_t slow[] = {0,   2,   1,   0, 0,   1,   0,   0,   0, 0, 0, 0, 4, 's',
                               'l', 'o', 'w', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1};

static void test_names_are_answered_where_the_server_is(void)
{
    static const uint32_t servers[] = {WIRE_EGRESS_DNS, HOST};
    for (size_t i = 0; i < G_N_ELEMENTS(servers); i++) {
        net_setup(servers[i]);
        net_say(servers[i], 5000, 53, query, sizeof(query));
        bench_run(&net.bench);
        CU_ASSERT_EQUAL_FATAL(net.bench.arrivals->len, 1);
        const uint8_t *reply = bench_arrival(&net.bench, 0)->data;
        CU_ASSERT_EQUAL(packet_transport_sum(reply), 0xffff);
        CU_ASSERT_EQUAL(packet_get(reply, 42, 4), 0x00018580);
        CU_ASSERT_EQUAL(packet_get(reply, 42 + sizeof(query) + 12, 4), 0x0a000264);
        CU_ASSERT_STRING_EQUAL(bench_last_event(&net.bench),
                               "dns.asked name=a.test type=A answer=\"an answer\"");
        net_say(servers[1 - i], 5000, 53, query, sizeof(query));
        bench_run(&net.bench);
        CU_ASSERT_EQUAL_FATAL(net.bench.arrivals->len, 1);
        CU_ASSERT_EQUAL(packet_get(bench_arrival(&net.bench, 0)->data, 34, 2), 0x0303);
        net_teardown();
    }
}

static void test_slow_name_is_overtaken(void)
{
    net_setup(WIRE_EGRESS_DNS);
    uint64_t begun_ns = vclock_now_ns(net.bench.clock);
    net_say(WIRE_EGRESS_DNS, 5000, 53, slow, sizeof(slow));
    net_say(WIRE_EGRESS_DNS, 5001, 53, query, sizeof(query));
    net_say(WIRE_EGRESS_DNS, 5002, 53, slow, sizeof(slow));
    bench_run(&net.bench);
    CU_ASSERT_EQUAL_FATAL(net.bench.arrivals->len, 3);
    CU_ASSERT_EQUAL(packet_get(bench_arrival(&net.bench, 0)->data, 36, 2), 5001);
    CU_ASSERT_EQUAL(packet_get(bench_arrival(&net.bench, 1)->data, 36, 2), 5000);
    CU_ASSERT_EQUAL(bench_arrival(&net.bench, 1)->time_ns,
                    begun_ns + 70 * MS + 4 * WIRE_LATENCY_NS);
    net_teardown();
}

UNIT_SUITE("serve_udp", UNIT_TEST(test_echo_comes_back),
           UNIT_TEST(test_discard_and_silent_say_nothing_and_closed_ports_do),
           UNIT_TEST(test_address_answers_arp_and_ping_and_others_do_not),
           UNIT_TEST(test_script_has_a_state_for_each_peer),
           UNIT_TEST(test_script_ends_with_another_datagram),
           UNIT_TEST(test_names_are_answered_where_the_server_is),
           UNIT_TEST(test_slow_name_is_overtaken))
