/* tcp_scheme_test.c - tests for schemes/tcp_scheme.c */
#include "netstack/schemes/tcp_scheme.h"

#include "kernel/fake_hal.h"
#include "kernel/syscall.h"
#include "netstack/dialogue.h"
#include "netstack/dialogue_tcp.h"
#include "netstack/schemes/scheme_rig.h"
#include "netstack/tcp.h"
#include "tests/unit.h"

#include <string.h>

#define SYN "S seq 0 win 65535 mss 1460 sackok ts wscale 1"

static char data[SCHEME_DATA_MAX];

/* A file that has begun to connect to 10.0.2.2:80, from 49152; ARP is done. */
static uint64_t connect_gateway(void)
{
    rig_begin(&tcp_scheme_protocol);
    dialogue_tcp_begin(49152, GATEWAY, 80);
    uint64_t file = (uint64_t)rig_open("");
    int64_t another = rig_dup(file, "10.0.2.2:80", 0);
    CU_ASSERT_TRUE_FATAL(another > 0);
    rig_close((uint64_t)another);
    dialogue_expect("arp who-has 10.0.2.2 tell 10.0.2.15");
    dialogue_arp_reply(GATEWAY);
    dialogue_tcp_out(SYN);
    return file;
}

static void let_in(const char *segment)
{
    dialogue_tcp_in(segment);
    rig_work();
}

static void end_by_reset(uint64_t file)
{
    let_in("R seq 1");
    rig_close(file);
    rig_end();
}

static uint64_t connected(void)
{
    uint64_t file = connect_gateway();
    let_in("S. seq 0 ack 1 win 2000 mss 1000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    return file;
}

static void test_a_connecting_file_is_neither_readable_nor_at_its_end(void)
{
    unsigned events;
    uint64_t file = connect_gateway();
    CU_ASSERT_EQUAL(rig_call(SCHEME_EVENTS, file, NULL, 0, EVENT_READ | EVENT_WRITE), 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, data, 10, O_NONBLOCK), -KEAGAIN);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, file, data, 10, O_NONBLOCK), -KEAGAIN);
    CU_ASSERT_EQUAL(rig_get(file, "readiness"), 0);
    CU_ASSERT_EQUAL(rig_events(file, &events), 0);
    let_in("S. seq 0 ack 1 win 2000 mss 1000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    CU_ASSERT_EQUAL(rig_events(file, &events), 1);
    CU_ASSERT_EQUAL(events, EVENT_WRITE);
    end_by_reset(file);
}

static void test_sync_waits_until_it_is_connected(void)
{
    uint64_t file = connect_gateway();
    uint64_t tag = rig_ask(SCHEME_SYNC, file, NULL, 0, 0);
    CU_ASSERT_EQUAL(rig_answer(tag), RIG_NOT_YET);
    let_in("S. seq 0 ack 1 win 2000 mss 1000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    CU_ASSERT_EQUAL(rig_answer(tag), 0);
    end_by_reset(file);
}

static void test_sync_tells_of_a_refusal_and_so_do_events(void)
{
    unsigned events;
    uint64_t file = connect_gateway();
    CU_ASSERT_EQUAL(rig_call(SCHEME_EVENTS, file, NULL, 0, EVENT_READ | EVENT_WRITE), 0);
    uint64_t tag = rig_ask(SCHEME_SYNC, file, NULL, 0, 0);
    let_in("R. seq 0 ack 1 win 0");
    CU_ASSERT_EQUAL(rig_answer(tag), -KECONNREFUSED);
    CU_ASSERT_EQUAL(rig_events(file, &events), 1);
    CU_ASSERT_EQUAL(events, EVENT_READ | EVENT_WRITE);
    CU_ASSERT_EQUAL(rig_get(file, "error"), 0); /* it is told once */
    rig_close(file);
    rig_end();
}

static void test_connecting_twice_is_told_apart(void)
{
    uint64_t file = connect_gateway();
    CU_ASSERT_EQUAL(rig_dup(file, "10.0.2.2:80", 0), -KEALREADY);
    let_in("S. seq 0 ack 1 win 2000 mss 1000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    CU_ASSERT_EQUAL(rig_dup(file, "10.0.2.2:80", 0), -KEISCONN);
    end_by_reset(file);
}

static void test_addresses_without_a_way_are_refused(void)
{
    rig_begin(&tcp_scheme_protocol);
    CU_ASSERT_EQUAL(rig_open("240.0.0.1:80"), -KENETUNREACH);
    CU_ASSERT_EQUAL(rig_open("10.0.2.2:0"), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(rig_open("/192.0.2.1:80"), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(rig_open("nonsense"), -KENOENT);
    rig_end();
}

static void test_a_write_says_how_much_was_taken(void)
{
    unsigned sent = 0;
    uint64_t file = connected();
    CU_ASSERT_EQUAL(rig_set(file, "send_buffer", 4096), 4);
    /* Of 10,000 bytes some have room; who does not wait hears how many those are. */
    int64_t result = rig_call(SCHEME_WRITE, file, data, 10000, O_NONBLOCK);
    CU_ASSERT_EQUAL(result, 4096);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, file, data, 10, O_NONBLOCK), -KEAGAIN);
    while (!dialogue_is_silent()) {
        uint8_t frame[DIALOGUE_FRAME_MAX];
        size_t size;
        CU_ASSERT_TRUE(dialogue_take(frame, &size));
        sent++;
    }
    CU_ASSERT_EQUAL(sent, 2); /* their window has room for two segments */
    end_by_reset(file);
}

static void test_a_write_that_waits_goes_on_until_all_is_taken(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    uint64_t file = connected();
    CU_ASSERT_EQUAL(rig_set(file, "send_buffer", 4096), 4);
    uint64_t tag = rig_ask(SCHEME_WRITE, file, data, 6000, 0);
    CU_ASSERT_EQUAL(rig_answer(tag), RIG_NOT_YET);
    let_in(". seq 1 ack 2001 win 4000");
    CU_ASSERT_EQUAL(rig_answer(tag), 6000);
    while (dialogue_take(frame, &size)) {
    }
    end_by_reset(file);
}

static void test_bytes_come_and_then_the_end(void)
{
    unsigned events;
    uint64_t file = connected();
    CU_ASSERT_EQUAL(rig_call(SCHEME_EVENTS, file, NULL, 0, EVENT_READ), 0);
    uint64_t tag = rig_ask(SCHEME_READ, file, data, 100, 0);
    let_in("P. seq 1:11 ack 1 win 2000");
    CU_ASSERT_EQUAL(rig_answer(tag), 10);
    CU_ASSERT_EQUAL((uint8_t)data[0], dialogue_tcp_byte(1));
    CU_ASSERT_EQUAL(rig_events(file, &events), 0); /* it was read before anybody was told */
    let_in("F. seq 11 ack 1 win 2000");
    CU_ASSERT_EQUAL(rig_events(file, &events), 1);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, data, 100, 0), 0);
    while (!dialogue_is_silent()) {
        uint8_t frame[DIALOGUE_FRAME_MAX];
        size_t size;
        (void)dialogue_take(frame, &size);
    }
    let_in("R seq 12");
    rig_close(file);
    rig_end();
}

static void test_a_listener_and_its_client_on_the_same_host(void)
{
    struct net_names names;
    rig_begin(&tcp_scheme_protocol);
    uint64_t listener = (uint64_t)rig_open("/127.0.0.1:8080");
    CU_ASSERT_EQUAL(rig_dup(listener, "listen", O_NONBLOCK), -KEAGAIN);
    char path[] = "listen";
    uint64_t tag = rig_ask(SCHEME_DUP, listener, path, strlen(path), 0);
    uint64_t client = (uint64_t)rig_open("127.0.0.1:8080");
    int64_t server = rig_answer(tag);
    CU_ASSERT_TRUE_FATAL(server > 0);
    CU_ASSERT_EQUAL(fake_log_count("named 6 0x7f000001:8080 0x7f000001:"), 1);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, client, data, 5, 0), 5);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, (uint64_t)server, data, 100, 0), 5);
    int64_t file = rig_dup((uint64_t)server, "names", 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, (uint64_t)file, &names, sizeof names, 0), sizeof names);
    CU_ASSERT_EQUAL(names.local.port, 8080);
    CU_ASSERT_EQUAL(names.remote.address, LOOPBACK);
    rig_close((uint64_t)file);
    /* One half ends; the other one goes on. */
    CU_ASSERT_EQUAL(rig_set(client, "shutdown", SHUT_WR), 4);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, (uint64_t)server, data, 100, 0), 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, (uint64_t)server, data, 7, 0), 7);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, client, data, 100, 0), 7);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, client, data, 7, 0), -KEPIPE);
    rig_close((uint64_t)server);
    rig_close(client);
    rig_close(listener);
    rig_end();
}

static void test_asking_is_no_edge_and_reading_is_one(void)
{
    unsigned events;
    uint64_t file = connected();
    CU_ASSERT_EQUAL(rig_call(SCHEME_EVENTS, file, NULL, 0, EVENT_READ), 0);
    let_in("P. seq 1:11 ack 1 win 2000");
    CU_ASSERT_EQUAL(rig_events(file, &events), 1);
    CU_ASSERT_NOT_EQUAL(rig_get(file, "readiness") & POLLIN, 0);
    rig_close((uint64_t)rig_dup(file, "", 0));
    CU_ASSERT_EQUAL(rig_events(file, &events), 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, data, 4, 0), 4);
    CU_ASSERT_EQUAL(rig_events(file, &events), 1); /* six bytes are left */
    let_in("R seq 11");
    rig_close(file);
    rig_end();
}

static void test_a_look_leaves_the_bytes_and_tells_nobody(void)
{
    unsigned events;
    uint64_t file = connected();
    uint64_t look = (uint64_t)rig_dup(file, "peek", 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_EVENTS, look, NULL, 0, EVENT_READ), 0);
    uint64_t waits = rig_ask(SCHEME_READ, look, data, 100, 0);
    CU_ASSERT_EQUAL(rig_answer(waits), RIG_NOT_YET);
    let_in("P. seq 1:11 ack 1 win 2000");
    CU_ASSERT_EQUAL(rig_answer(waits), 10);
    CU_ASSERT_EQUAL(rig_events(look, &events), 1);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, look, data, 4, 0), 4);
    CU_ASSERT_EQUAL(rig_events(look, &events), 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, data, 100, 0), 10);
    CU_ASSERT_EQUAL((uint8_t)data[0], dialogue_tcp_byte(1));
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, look, data, 100, O_NONBLOCK), -KEAGAIN);
    let_in("R seq 11");
    rig_close(look);
    rig_close(file);
    rig_end();
}

static void test_sizes_of_buffers_are_told_as_linux_tells_them(void)
{
    rig_begin(&tcp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("");
    CU_ASSERT_EQUAL(rig_get(file, "receive_buffer"), TCP_RECEIVE_BUFFER_SIZE);
    CU_ASSERT_EQUAL(rig_get(file, "send_buffer"), TCP_SEND_BUFFER_SIZE);
    CU_ASSERT_EQUAL(rig_set(file, "receive_buffer", 30000), 4);
    CU_ASSERT_EQUAL(rig_get(file, "receive_buffer"), 60000);
    CU_ASSERT_EQUAL(rig_set(file, "send_buffer", 0), 4); /* the least */
    CU_ASSERT_EQUAL(rig_get(file, "send_buffer"), 2 * TCP_BUFFER_MIN);
    rig_close(file);
    rig_end();
}

static void test_without_time_to_linger_the_end_is_a_reset(void)
{
    struct net_linger linger = {7, 0}, is = {9, 9};
    uint64_t file = connected();
    CU_ASSERT_EQUAL(rig_setting(SCHEME_READ, file, "linger", &is, sizeof is), sizeof is);
    CU_ASSERT_EQUAL(is.on, 0);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_WRITE, file, "linger", &linger, 4), -KEINVAL);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_WRITE, file, "linger", &linger, sizeof linger),
                    sizeof linger);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_READ, file, "linger", &is, sizeof is), sizeof is);
    CU_ASSERT_EQUAL(is.on, 1);
    rig_close(file);
    dialogue_tcp_out("R. seq 1 ack 1 win 0");
    rig_end();
}

static void test_with_time_to_linger_the_end_is_in_order_and_nobody_waits(void)
{
    struct net_linger linger = {1, 5}, off = {0, 3}, is;
    uint64_t file = connected();
    CU_ASSERT_EQUAL(rig_setting(SCHEME_WRITE, file, "linger", &linger, sizeof linger),
                    sizeof linger);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_WRITE, file, "linger", &off, sizeof off), sizeof off);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_READ, file, "linger", &is, sizeof is), sizeof is);
    CU_ASSERT_EQUAL(is.on, 0);
    CU_ASSERT_EQUAL(is.seconds, 5);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_WRITE, file, "linger", &linger, sizeof linger),
                    sizeof linger);
    rig_close(file);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    dialogue_tcp_in("R. seq 1 ack 2 win 0");
    rig_end();
}

static void test_the_device_is_a_setting_and_a_way_out(void)
{
    char name[16] = "", loopback[] = "lo";
    rig_begin(&tcp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("");
    CU_ASSERT_EQUAL(rig_setting(SCHEME_WRITE, file, "device", loopback, 2), 2);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_READ, file, "device", name, sizeof name), 3);
    CU_ASSERT_STRING_EQUAL(name, "lo");
    CU_ASSERT_EQUAL(rig_dup(file, "10.0.2.2:80", 0), -KENETUNREACH);
    rig_close(file);
    rig_end();
}

static void test_closing_a_file_answers_who_waits_for_it(void)
{
    uint64_t file = connected();
    uint64_t tag = rig_ask(SCHEME_READ, file, data, 100, 0);
    rig_close(file);
    CU_ASSERT_EQUAL(rig_answer(tag), -KEBADF);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    dialogue_tcp_in("R. seq 1 ack 2 win 0");
    rig_end();
}

UNIT_SUITE("tcp_scheme", UNIT_TEST(test_a_connecting_file_is_neither_readable_nor_at_its_end),
           UNIT_TEST(test_sync_waits_until_it_is_connected),
           UNIT_TEST(test_sync_tells_of_a_refusal_and_so_do_events),
           UNIT_TEST(test_connecting_twice_is_told_apart),
           UNIT_TEST(test_addresses_without_a_way_are_refused),
           UNIT_TEST(test_a_write_says_how_much_was_taken),
           UNIT_TEST(test_a_write_that_waits_goes_on_until_all_is_taken),
           UNIT_TEST(test_bytes_come_and_then_the_end),
           UNIT_TEST(test_a_listener_and_its_client_on_the_same_host),
           UNIT_TEST(test_asking_is_no_edge_and_reading_is_one),
           UNIT_TEST(test_a_look_leaves_the_bytes_and_tells_nobody),
           UNIT_TEST(test_sizes_of_buffers_are_told_as_linux_tells_them),
           UNIT_TEST(test_without_time_to_linger_the_end_is_a_reset),
           UNIT_TEST(test_with_time_to_linger_the_end_is_in_order_and_nobody_waits),
           UNIT_TEST(test_the_device_is_a_setting_and_a_way_out),
           UNIT_TEST(test_closing_a_file_answers_who_waits_for_it))
