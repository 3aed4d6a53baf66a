/*
 * icmp_scheme_test.c - tests for schemes/icmp_scheme.c, and of socket_scheme.c what any scheme
 * shows
 */
#include "netstack/schemes/icmp_scheme.h"

#include "kernel/fake_hal.h"
#include "kernel/syscall.h"
#include "netstack/dialogue.h"
#include "netstack/schemes/scheme_rig.h"
#include "tests/unit.h"

#include <string.h>

static const uint8_t request[] = {0x01, 0x02, 'p', 'i', 'n', 'g'}; /* sequence number 0x0102 */

static void write_request(uint64_t file)
{
    uint8_t copy[sizeof request];
    memcpy(copy, request, sizeof copy);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, file, copy, sizeof copy, 0), sizeof copy);
}

/* A file to the gateway, which has been asked; the identifier 1 is the dialogue's own. */
static uint64_t ask_gateway(void)
{
    int64_t file = rig_open("echo/10.0.2.2");
    CU_ASSERT_TRUE_FATAL(file > 0);
    write_request((uint64_t)file);
    dialogue_expect("arp who-has 10.0.2.2 tell 10.0.2.15");
    dialogue_arp_reply(GATEWAY);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 258 size 12");
    return (uint64_t)file;
}

static void reply(uint16_t sequence, size_t size)
{
    dialogue_send_icmp(GATEWAY, 0, 2, sequence, size);
    rig_work();
}

static void test_a_read_that_waits_gets_the_reply(void)
{
    uint8_t buffer[64];
    rig_begin(&icmp_scheme_protocol);
    uint64_t file = ask_gateway();
    uint64_t tag = rig_ask(SCHEME_READ, file, buffer, sizeof buffer, 0);
    CU_ASSERT_EQUAL(rig_answer(tag), RIG_NOT_YET);
    reply(258, 12);
    CU_ASSERT_EQUAL(rig_answer(tag), 6);
    CU_ASSERT_EQUAL(memcmp(buffer, request, 2), 0);
    rig_close(file);
    rig_end();
}

static void test_reads_are_answered_in_their_order(void)
{
    uint8_t first[64], second[64];
    rig_begin(&icmp_scheme_protocol);
    uint64_t file = ask_gateway();
    uint64_t one = rig_ask(SCHEME_READ, file, first, sizeof first, 0);
    uint64_t two = rig_ask(SCHEME_READ, file, second, sizeof second, 0);
    reply(1, 10);
    CU_ASSERT_EQUAL(rig_answer(one), 4);
    CU_ASSERT_EQUAL(rig_answer(two), RIG_NOT_YET);
    reply(2, 12);
    CU_ASSERT_EQUAL(rig_answer(two), 6);
    CU_ASSERT_EQUAL(first[1], 1);
    CU_ASSERT_EQUAL(second[1], 2);
    rig_close(file);
    rig_end();
}

static void test_a_read_that_may_not_wait_says_so(void)
{
    uint8_t buffer[64];
    rig_begin(&icmp_scheme_protocol);
    int64_t file = rig_open("echo/10.0.2.2");
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, (uint64_t)file, buffer, sizeof buffer, O_NONBLOCK),
                    -KEAGAIN);
    rig_close((uint64_t)file);
    rig_end();
}

static void test_a_cancelled_read_is_answered_at_once(void)
{
    uint8_t buffer[64];
    rig_begin(&icmp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("echo/10.0.2.2");
    uint64_t tag = rig_ask(SCHEME_READ, file, buffer, sizeof buffer, 0);
    rig_cancel(tag + 1, file); /* of which nobody knows */
    CU_ASSERT_EQUAL(rig_answer(tag), RIG_NOT_YET);
    rig_cancel(tag, file);
    CU_ASSERT_EQUAL(rig_answer(tag), -KEINTR);
    rig_close(file);
    rig_end();
}

static void test_a_read_ends_at_its_own_timeout_and_not_at_that_of_writes(void)
{
    uint8_t buffer[64];
    rig_begin(&icmp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("echo/10.0.2.2");
    CU_ASSERT_EQUAL(rig_set_timeout(file, "read_timeout", 200 * MS), 16);
    CU_ASSERT_EQUAL(rig_set_timeout(file, "write_timeout", 50 * MS), 16);
    uint64_t tag = rig_ask(SCHEME_READ, file, buffer, sizeof buffer, 0);
    rig_wait_until(T0 + 190 * MS);
    CU_ASSERT_EQUAL(rig_answer(tag), RIG_NOT_YET);
    rig_wait_until(T0 + 210 * MS);
    CU_ASSERT_EQUAL(rig_answer(tag), -KEAGAIN);
    rig_close(file);
    rig_end();
}

static void test_readiness_is_told_once_until_it_is_read(void)
{
    uint8_t buffer[64];
    unsigned events;
    rig_begin(&icmp_scheme_protocol);
    uint64_t file = ask_gateway();
    CU_ASSERT_EQUAL(rig_call(SCHEME_EVENTS, file, NULL, 0, EVENT_READ), 0);
    reply(1, 10);
    CU_ASSERT_EQUAL(rig_events(file, &events), 1);
    CU_ASSERT_EQUAL(events, EVENT_READ);
    reply(2, 10);
    CU_ASSERT_EQUAL(rig_events(file, &events), 0);
    /* One of two is read: the other one is told of again. */
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, buffer, sizeof buffer, 0), 4);
    CU_ASSERT_EQUAL(rig_events(file, &events), 1);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, buffer, sizeof buffer, 0), 4);
    CU_ASSERT_EQUAL(rig_events(file, &events), 0);
    reply(3, 10);
    CU_ASSERT_EQUAL(rig_events(file, &events), 1);
    rig_close(file);
    rig_end();
}

static void test_who_begins_to_watch_is_told_what_is_true_already(void)
{
    unsigned events;
    rig_begin(&icmp_scheme_protocol);
    uint64_t file = ask_gateway();
    reply(1, 10);
    CU_ASSERT_EQUAL(rig_call(SCHEME_EVENTS, file, NULL, 0, EVENT_READ | EVENT_WRITE),
                    EVENT_READ | EVENT_WRITE);
    CU_ASSERT_EQUAL(rig_call(SCHEME_EVENTS, file, NULL, 0, 0), 0);
    reply(2, 10);
    CU_ASSERT_EQUAL(rig_events(file, &events), 0);
    rig_close(file);
    rig_end();
}

static void test_a_file_without_a_name_gets_one_by_dup(void)
{
    uint8_t buffer[64], sequence[] = {0, 7};
    struct net_name sender;
    rig_begin(&icmp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("");
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, file, sequence, sizeof sequence, 0), -KEDESTADDRREQ);
    uint64_t to = (uint64_t)rig_dup(file, "echo/127.0.0.1", 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, to, sequence, sizeof sequence, 0), 2);
    rig_close(to);
    /* It is the same socket: the reply comes to the file that stays. */
    CU_ASSERT_EQUAL(rig_set(file, "receive_ttl", 1), 4);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, buffer, sizeof buffer, 0), 2);
    CU_ASSERT_EQUAL(buffer[1], 7);
    uint64_t setting = (uint64_t)rig_dup(file, "sender", 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, setting, &sender, sizeof sender, 0), sizeof sender);
    CU_ASSERT_EQUAL(sender.address, LOOPBACK);
    CU_ASSERT_EQUAL(sender.ttl, 64);
    rig_close(setting);
    rig_close(file);
    rig_end();
}

static void test_replies_of_others_are_not_for_a_file_of_one_host(void)
{
    uint8_t buffer[64];
    rig_begin(&icmp_scheme_protocol);
    uint64_t file = ask_gateway();
    dialogue_send_icmp(DNS, 0, 2, 1, 12);
    rig_work();
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, buffer, sizeof buffer, O_NONBLOCK), -KEAGAIN);
    CU_ASSERT_EQUAL(dialogue_all_drops(), 1);
    CU_ASSERT_EQUAL(fake_log_count("counter ping.dropped 1\n"), 1);
    rig_close(file);
    rig_end();
}

static void test_what_nobody_knows_is_refused_and_answered(void)
{
    char data[8] = "";
    rig_begin(&icmp_scheme_protocol);
    CU_ASSERT_EQUAL(rig_open("ohce/10.0.2.2"), -KENOENT);
    CU_ASSERT_EQUAL(rig_open("echo/10.0.2"), -KEINVAL);
    CU_ASSERT_EQUAL(rig_open("echo/198.51.100.300"), -KEINVAL);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, 77, data, sizeof data, 0), -KEBADF);
    uint64_t file = (uint64_t)rig_open("echo/10.0.2.2");
    CU_ASSERT_EQUAL(rig_call((enum scheme_operation)200, file, data, sizeof data, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, file, data, 1, 0), -KEINVAL);
    CU_ASSERT_EQUAL(rig_dup(file, "listen", 0), -KEOPNOTSUPP);
    rig_close(file);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, data, sizeof data, 0), -KEBADF);
    rig_end();
}

static void test_an_error_is_told_once(void)
{
    rig_begin(&icmp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("echo/10.0.2.99");
    write_request(file);
    for (unsigned i = 0; i < 3; i++) {
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
        rig_wait_until(T0 + (i + 1) * 1100 * MS);
    }
    CU_ASSERT_EQUAL(rig_get(file, "error"), KEHOSTUNREACH);
    CU_ASSERT_EQUAL(rig_get(file, "error"), 0);
    rig_close(file);
    rig_end();
}

UNIT_SUITE("icmp_scheme", UNIT_TEST(test_a_read_that_waits_gets_the_reply),
           UNIT_TEST(test_reads_are_answered_in_their_order),
           UNIT_TEST(test_a_read_that_may_not_wait_says_so),
           UNIT_TEST(test_a_cancelled_read_is_answered_at_once),
           UNIT_TEST(test_a_read_ends_at_its_own_timeout_and_not_at_that_of_writes),
           UNIT_TEST(test_readiness_is_told_once_until_it_is_read),
           UNIT_TEST(test_who_begins_to_watch_is_told_what_is_true_already),
           UNIT_TEST(test_a_file_without_a_name_gets_one_by_dup),
           UNIT_TEST(test_replies_of_others_are_not_for_a_file_of_one_host),
           UNIT_TEST(test_what_nobody_knows_is_refused_and_answered),
           UNIT_TEST(test_an_error_is_told_once))
