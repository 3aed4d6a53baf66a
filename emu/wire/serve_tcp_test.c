/*
 * serve_tcp_test.c - TCP services as a guest sees them: through libslirp, in virtual time
 */
#include "emu/wire/serve_tcp.h"

#include "emu/wire/wire_client.h"
#include "emu/wire/wire_slirp.h"
#include "tests/unit.h"

#include <sys/wait.h>
#include <unistd.h>

#define SERVICE UINT32_C(0x0a000264)
#define MS      UINT64_C(1000000)
#define MANY    1000

enum port {
    PORT_ECHO = 7,
    PORT_DISCARD = 9,
    PORT_CHARGEN = 19,
    PORT_CLOSE = 1000,
    PORT_RESET,
    PORT_SILENT,
    PORT_REFUSED,
    PORT_SCRIPT,
    PORT_NOTHING,
};

struct net {
    struct bench bench;
    struct client client;
    struct wire_slirp *slirp;
    GBytes *question, *answer;
    struct serve_step steps[5];
    struct serve_endpoint endpoints[8];
    const struct serve_endpoint *list[8];
    struct wire_services services;
};

static struct net net;

static void net_setup(void)
{
    static const struct {
        uint16_t port;
        enum serve_kind kind;
    } rows[] = {
        {PORT_ECHO, SERVE_ECHO},       {PORT_DISCARD, SERVE_DISCARD}, {PORT_CHARGEN, SERVE_CHARGEN},
        {PORT_CLOSE, SERVE_CLOSE},     {PORT_RESET, SERVE_RESET},     {PORT_SILENT, SERVE_SILENT},
        {PORT_REFUSED, SERVE_REFUSED}, {PORT_SCRIPT, SERVE_SCRIPT},
    };
    memset(&net, 0, sizeof(net));
    bench_setup(&net.bench);
    net.question = g_bytes_new_static("hello\n", 6);
    net.answer = g_bytes_new_static("world\n", 6);
    net.steps[0] = (struct serve_step){SERVE_STEP_EXPECT, 0, net.question};
    net.steps[1] = (struct serve_step){SERVE_STEP_WAIT, 70 * MS, NULL};
    net.steps[2] = (struct serve_step){SERVE_STEP_SEND, 0, net.answer};
    net.steps[3] = (struct serve_step){SERVE_STEP_WAIT, 5 * MS, NULL};
    net.steps[4] = (struct serve_step){SERVE_STEP_RESET, 0, NULL};
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        net.endpoints[i] = (struct serve_endpoint){
            .address = SERVICE,
            .port = rows[i].port,
            .kind = rows[i].kind,
            .steps = net.steps,
            .step_count = G_N_ELEMENTS(net.steps),
        };
        net.list[i] = &net.endpoints[i];
    }
    net.services.rules.endpoints = net.list;
    net.services.rules.count = G_N_ELEMENTS(rows);
    GError *error = NULL;
    client_setup(&net.client, &net.bench);
    net.slirp = wire_slirp_new(net.bench.wire, net.bench.clock, net.bench.trace, "slirp",
                               &net.services, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(net.slirp);
}

static void net_teardown(void)
{
    CU_ASSERT_EQUAL(net.client.others->len, 0);
    wire_slirp_free(net.slirp);
    CU_ASSERT_EQUAL(vclock_next_ns(net.bench.clock), VCLOCK_NEVER);
    client_teardown(&net.client);
    bench_teardown(&net.bench);
    g_bytes_unref(net.question);
    g_bytes_unref(net.answer);
}

static void test_echo_comes_back_and_both_directions_end(void)
{
    net_setup();
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_ECHO);
    CU_ASSERT_TRUE(a->is_open);
    client_send(&net.client, a, "one two three", 13);
    CU_ASSERT_STRING_EQUAL(client_text(a), "one two three");
    CU_ASSERT_FALSE(a->has_ended);
    CU_ASSERT_EQUAL(wire_slirp_conversations(net.slirp), 1);
    client_end(&net.client, a);
    CU_ASSERT_TRUE(a->has_ended);
    CU_ASSERT_FALSE(a->was_reset);
    CU_ASSERT_EQUAL(wire_slirp_conversations(net.slirp), 0);
    CU_ASSERT_STRING_EQUAL(bench_last_event(&net.bench),
                           "serve.ended service=\"tcp 10.0.2.100:7\" peer=10.0.2.15:49152 "
                           "received=13 sent=13");
    net_teardown();
}

static void test_echo_of_much_is_the_same_bytes(void)
{
    net_setup();
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_ECHO);
    uint8_t block[14600];
    for (unsigned round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof(block); i++) {
            block[i] = (uint8_t)(i * 7 + round + i / 256);
        }
        client_send(&net.client, a, block, sizeof(block));
        CU_ASSERT_EQUAL_FATAL(a->got->len, (round + 1) * sizeof(block));
        CU_ASSERT_EQUAL(memcmp(a->got->data + round * sizeof(block), block, sizeof(block)), 0);
    }
    net_teardown();
}

static void test_connections_are_each_their_own(void)
{
    net_setup();
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_ECHO);
    struct client_connection *b = client_connect(&net.client, SERVICE, PORT_ECHO);
    client_send(&net.client, b, "bbb", 3);
    client_send(&net.client, a, "a", 1);
    CU_ASSERT_STRING_EQUAL(client_text(a), "a");
    CU_ASSERT_STRING_EQUAL(client_text(b), "bbb");
    client_end(&net.client, b);
    CU_ASSERT_TRUE(b->has_ended);
    CU_ASSERT_FALSE(a->has_ended);
    client_send(&net.client, a, "a", 1);
    CU_ASSERT_STRING_EQUAL(client_text(a), "aa");
    net_teardown();
}

static void test_discard_says_nothing_and_ends_with_its_peer(void)
{
    net_setup();
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_DISCARD);
    client_send(&net.client, a, "x", 1);
    CU_ASSERT_EQUAL(a->got->len, 0);
    client_end(&net.client, a);
    CU_ASSERT_TRUE(a->has_ended);
    net_teardown();
}

static void test_chargen_fills_the_window_and_goes_on_when_it_opens(void)
{
    net_setup();
    struct client_connection *a = client_begin(&net.client, SERVICE, PORT_CHARGEN);
    client_run(&net.client, 1 * MS);
    CU_ASSERT_TRUE(a->got->len > 65535);
    CU_ASSERT_EQUAL(memcmp(a->got->data, " !\"#$%&'()", 10), 0);
    CU_ASSERT_EQUAL(memcmp(a->got->data + 74, "!\"#$%&'()*", 10), 0);
    CU_ASSERT_EQUAL(memcmp(a->got->data + 72, "\r\n", 2), 0);
    a->keeps_quiet = true;
    client_run(&net.client, 1 * MS);
    guint len = a->got->len;
    client_run(&net.client, 1 * MS);
    CU_ASSERT_EQUAL(a->got->len, len);
    CU_ASSERT_FALSE(vclock_is_quiescent(net.bench.clock));
    client_send_segment(&net.client, a, CLIENT_RST, NULL, 0);
    client_run(&net.client, 1 * MS);
    CU_ASSERT_EQUAL(wire_slirp_conversations(net.slirp), 0);
    CU_ASSERT_TRUE(vclock_is_quiescent(net.bench.clock));
    net_teardown();
}

static void test_close_ends_its_direction_only(void)
{
    net_setup();
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_CLOSE);
    CU_ASSERT_TRUE(a->has_ended);
    client_send(&net.client, a, "late", 4);
    CU_ASSERT_FALSE(a->was_reset);
    client_end(&net.client, a);
    CU_ASSERT_TRUE(vclock_is_quiescent(net.bench.clock));
    CU_ASSERT_EQUAL(wire_slirp_conversations(net.slirp), 1);
    /* libslirp ended first, so that it is in TIME-WAIT for a while: upkeep. */
    vclock_advance(net.bench.clock, vclock_now_ns(net.bench.clock) + 30000 * MS);
    CU_ASSERT_EQUAL(wire_slirp_conversations(net.slirp), 0);
    net_teardown();
}

static void test_reset_accepts_first(void)
{
    net_setup();
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_RESET);
    CU_ASSERT_TRUE(a->was_reset);
    CU_ASSERT_FALSE(a->is_refused);
    CU_ASSERT_EQUAL(a->segments, 2);
    CU_ASSERT_EQUAL(wire_slirp_conversations(net.slirp), 0);
    net_teardown();
}

static void test_refused_and_closed_ports_reset_the_syn(void)
{
    net_setup();
    static const uint16_t ports[] = {PORT_REFUSED, PORT_NOTHING};
    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++) {
        uint64_t begun_ns = vclock_now_ns(net.bench.clock);
        struct client_connection *a = client_begin(&net.client, SERVICE, ports[i]);
        bench_run(&net.bench);
        CU_ASSERT_TRUE(a->is_refused);
        CU_ASSERT_EQUAL(a->segments, 1);
        CU_ASSERT_EQUAL(vclock_now_ns(net.bench.clock), begun_ns + 4 * WIRE_LATENCY_NS);
    }
    CU_ASSERT_EQUAL(bench_count_events(&net.bench, TRACE_SERVE_OPENED), 0);
    net_teardown();
}

static void test_silent_closes_the_window(void)
{
    net_setup();
    static const uint8_t block[CLIENT_MSS];
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_SILENT);
    size_t sent = 0;
    for (unsigned i = 0; i < 200; i++) {
        client_send(&net.client, a, block, sizeof(block));
        sent += sizeof(block);
    }
    CU_ASSERT_TRUE(a->is_open);
    CU_ASSERT_EQUAL(a->got->len, 0);
    CU_ASSERT_FALSE(a->has_ended);
    CU_ASSERT_EQUAL(bench_count_events(&net.bench, TRACE_SERVE_OPENED), 1);
    client_send_segment(&net.client, a, CLIENT_RST, NULL, 0);
    client_run(&net.client, 1 * MS);
    net_teardown();
}

static void test_script_answers_at_its_time(void)
{
    net_setup();
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_SCRIPT);
    client_send_segment(&net.client, a, CLIENT_ACK, "hel", 3);
    client_run(&net.client, 1 * MS);
    uint64_t sent_ns = vclock_now_ns(net.bench.clock);
    client_send_segment(&net.client, a, CLIENT_ACK, "lo\n", 3);
    client_run(&net.client, 72 * MS);
    CU_ASSERT_STRING_EQUAL(client_text(a), "world\n");
    CU_ASSERT_EQUAL(a->got_ns, sent_ns + 4 * WIRE_LATENCY_NS + 70 * MS);
    CU_ASSERT_FALSE(a->was_reset);
    client_run(&net.client, 10 * MS);
    CU_ASSERT_TRUE(a->was_reset);
    CU_ASSERT_EQUAL(bench_count_events(&net.bench, TRACE_SERVE_FAILED), 0);
    net_teardown();
}

static void test_script_resets_when_other_bytes_come(void)
{
    net_setup();
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_SCRIPT);
    client_send(&net.client, a, "help", 4);
    CU_ASSERT_TRUE(a->was_reset);
    CU_ASSERT_EQUAL(a->got->len, 0);
    CU_ASSERT_EQUAL(bench_count_events(&net.bench, TRACE_SERVE_FAILED), 1);
    net_teardown();
}

static void test_lost_segments_come_again_and_the_machine_is_not_at_rest(void)
{
    net_setup();
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_ECHO);
    CU_ASSERT_TRUE(vclock_is_quiescent(net.bench.clock));
    a->keeps_quiet = true;
    client_send_segment(&net.client, a, CLIENT_ACK, "once", 4);
    client_run(&net.client, 1 * MS);
    CU_ASSERT_STRING_EQUAL(client_text(a), "once");
    unsigned segments = a->segments;
    CU_ASSERT_FALSE(vclock_is_quiescent(net.bench.clock));
    client_run(&net.client, 4000 * MS);
    CU_ASSERT_EQUAL(a->segments, segments + 1);
    client_send_segment(&net.client, a, CLIENT_ACK, NULL, 0);
    client_run(&net.client, 1000 * MS);
    CU_ASSERT_TRUE(vclock_is_quiescent(net.bench.clock));
    net_teardown();
}

static void test_syn_that_is_not_completed_keeps_the_machine_going_for_a_while(void)
{
    net_setup();
    struct client_connection *a = client_begin(&net.client, SERVICE, PORT_ECHO);
    a->keeps_quiet = true;
    client_run(&net.client, 1 * MS);
    CU_ASSERT_TRUE(a->is_open);
    CU_ASSERT_FALSE(vclock_is_quiescent(net.bench.clock));
    client_run(&net.client, 200000 * MS);
    CU_ASSERT_TRUE(a->was_reset);
    CU_ASSERT_TRUE(vclock_is_quiescent(net.bench.clock));
    CU_ASSERT_EQUAL(wire_slirp_conversations(net.slirp), 0);
    net_teardown();
}

static void test_many_connections_at_once(void)
{
    net_setup();
    for (unsigned i = 0; i < MANY; i++) {
        client_begin(&net.client, SERVICE, PORT_ECHO);
        client_run(&net.client, 1 * MS);
    }
    CU_ASSERT_EQUAL(wire_slirp_conversations(net.slirp), MANY);
    for (unsigned i = 0; i < MANY; i += 37) {
        struct client_connection *a = &net.client.connections[i];
        client_send_segment(&net.client, a, CLIENT_ACK, &i, sizeof(i));
        client_run(&net.client, 1 * MS);
        CU_ASSERT_EQUAL_FATAL(a->got->len, sizeof(i));
        CU_ASSERT_EQUAL(memcmp(a->got->data, &i, sizeof(i)), 0);
    }
    net_teardown();
}

/* What a copy does is not seen by the original, and what was under way is there in both. */
static void test_copy_of_the_process_has_its_own_sockets(void)
{
    net_setup();
    struct client_connection *a = client_connect(&net.client, SERVICE, PORT_ECHO);
    struct client_connection *b = client_connect(&net.client, SERVICE, PORT_SILENT);
    struct client_connection *c = client_connect(&net.client, SERVICE, PORT_CLOSE);
    client_send(&net.client, a, "before ", 7);
    pid_t pid = fork();
    if (pid == 0) {
        bool fine = wire_slirp_separate(net.slirp);
        client_send(&net.client, a, "copy", 4);
        fine = fine && strcmp(client_text(a), "before copy") == 0 && b->is_open && c->has_ended;
        client_end(&net.client, a);
        client_end(&net.client, c);
        fine = fine && a->has_ended && wire_slirp_conversations(net.slirp) == 2;
        _exit(fine ? 0 : 1);
    }
    int status = 1;
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_EQUAL(status, 0);
    client_send(&net.client, a, "original", 8);
    CU_ASSERT_STRING_EQUAL(client_text(a), "before original");
    CU_ASSERT_FALSE(a->has_ended);
    CU_ASSERT_EQUAL(wire_slirp_conversations(net.slirp), 3);
    net_teardown();
}

UNIT_SUITE("serve_tcp", UNIT_TEST(test_echo_comes_back_and_both_directions_end),
           UNIT_TEST(test_echo_of_much_is_the_same_bytes),
           UNIT_TEST(test_connections_are_each_their_own),
           UNIT_TEST(test_discard_says_nothing_and_ends_with_its_peer),
           UNIT_TEST(test_chargen_fills_the_window_and_goes_on_when_it_opens),
           UNIT_TEST(test_close_ends_its_direction_only), UNIT_TEST(test_reset_accepts_first),
           UNIT_TEST(test_refused_and_closed_ports_reset_the_syn),
           UNIT_TEST(test_silent_closes_the_window), UNIT_TEST(test_script_answers_at_its_time),
           UNIT_TEST(test_script_resets_when_other_bytes_come),
           UNIT_TEST(test_lost_segments_come_again_and_the_machine_is_not_at_rest),
           UNIT_TEST(test_syn_that_is_not_completed_keeps_the_machine_going_for_a_while),
           UNIT_TEST(test_many_connections_at_once),
           UNIT_TEST(test_copy_of_the_process_has_its_own_sockets))
