/* udp_scheme_test.c - tests for schemes/udp_scheme.c */
#include "netstack/schemes/udp_scheme.h"

#include "kernel/fake_hal.h"
#include "kernel/nbuf.h"
#include "kernel/netif.h"
#include "kernel/syscall.h"
#include "netstack/dialogue.h"
#include "netstack/schemes/scheme_rig.h"
#include "netstack/schemes/socket_scheme.h"
#include "tests/unit.h"

#include <string.h>

static char buffer[2048];

static void answer_arp(const char *who, uint32_t address)
{
    char question[80] = "arp who-has ";
    strcat(strcat(question, who), " tell 10.0.2.15");
    dialogue_expect(question);
    dialogue_arp_reply(address);
}

static void test_a_conversation_with_one_host(void)
{
    char text[] = "question";
    rig_begin(&udp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("10.0.2.3:53");
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, file, text, 8, 0), 8);
    answer_arp("10.0.2.3", DNS);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.3:53 size 8");
    struct dialogue_udp reply = {.source = DNS, .source_port = 53, .destination_port = 49152};
    dialogue_send_udp(&reply, "answer", 6);
    reply.source = GATEWAY; /* somebody else */
    dialogue_send_udp(&reply, "lie", 3);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, buffer, sizeof buffer, O_NONBLOCK), 6);
    CU_ASSERT_EQUAL(memcmp(buffer, "answer", 6), 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, buffer, sizeof buffer, O_NONBLOCK), -KEAGAIN);
    answer_arp("10.0.2.2", GATEWAY);
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    CU_ASSERT_TRUE(dialogue_take(frame, &size)); /* "port unreachable" */
    rig_close(file);
    rig_end();
}

static void test_files_of_one_socket_write_to_different_hosts(void)
{
    char text[] = "x";
    rig_begin(&udp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("/0.0.0.0:5000");
    uint64_t one = (uint64_t)rig_dup(file, "10.0.2.2:1", 0);
    uint64_t two = (uint64_t)rig_dup(file, "10.0.2.3:2", 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, file, text, 1, 0), -KEDESTADDRREQ);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, two, text, 1, 0), 1);
    answer_arp("10.0.2.3", DNS);
    dialogue_expect("udp 10.0.2.15:5000 > 10.0.2.3:2 size 1");
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, one, text, 1, 0), 1);
    answer_arp("10.0.2.2", GATEWAY);
    dialogue_expect("udp 10.0.2.15:5000 > 10.0.2.2:1 size 1");
    rig_close(one);
    rig_close(two);
    rig_close(file);
    rig_end();
}

static int refuse(struct netif *netif, struct nbuf *nbuf)
{
    (void)netif;
    nbuf_free(nbuf);
    return -KEAGAIN;
}

static void test_nobody_waits_for_a_card_without_room(void)
{
    char text[] = "x";
    rig_begin(&udp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("10.0.2.3:53");
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, file, text, 1, 0), 1);
    answer_arp("10.0.2.3", DNS);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.3:53 size 1");
    dialogue_set_link(refuse);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, file, text, 1, 0), -KENOBUFS);
    dialogue_set_link(NULL);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, file, text, 1, 0), 1);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.3:53 size 1");
    rig_close(file);
    rig_end();
}

static void test_names_are_kept_apart(void)
{
    rig_begin(&udp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("/10.0.2.15:5000");
    CU_ASSERT_TRUE(file > 0);
    CU_ASSERT_EQUAL(rig_open("/0.0.0.0:5000"), -KEADDRINUSE);
    CU_ASSERT_EQUAL(rig_open("/192.0.2.1:5000"), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(rig_dup(file, "/0.0.0.0:6000", 0), -KEINVAL);
    CU_ASSERT_EQUAL(rig_open("10.0.2.2"), -KEINVAL); /* no port */
    CU_ASSERT_EQUAL(rig_open("10.0.2.2:65536"), -KENOENT);
    rig_close(file);
    int64_t again = rig_open("/0.0.0.0:5000");
    CU_ASSERT_TRUE(again > 0);
    rig_close((uint64_t)again);
    rig_end();
}

static void test_everybody_is_asked_only_with_the_setting(void)
{
    char text[] = "x";
    rig_begin(&udp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("/0.0.0.0:68");
    uint64_t all = (uint64_t)rig_dup(file, "10.0.2.255:67", 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, all, text, 1, 0), -KEACCES);
    CU_ASSERT_EQUAL(rig_set(file, "broadcast", 1), 4);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, all, text, 1, 0), 1);
    dialogue_expect("udp 10.0.2.15:68 > 10.0.2.255:67 size 1");
    rig_close(all);
    rig_close(file);
    rig_end();
}

static void test_the_peer_is_a_setting(void)
{
    struct net_name peer = {.address = DNS, .port = 53};
    struct net_names names;
    rig_begin(&udp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("");
    uint64_t setting = (uint64_t)rig_dup(file, "peer", 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, setting, &peer, sizeof peer, 0), sizeof peer);
    rig_close(setting);
    setting = (uint64_t)rig_dup(file, "names", 0);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, setting, &names, sizeof names, 0), sizeof names);
    CU_ASSERT_EQUAL(names.local.address, OUR_ADDRESS);
    CU_ASSERT_EQUAL(names.local.port, 49152);
    CU_ASSERT_EQUAL(names.remote.address, DNS);
    CU_ASSERT_EQUAL(rig_call(SCHEME_WRITE, setting, &names, sizeof names, 0), -KEINVAL);
    rig_close(setting);
    rig_close(file);
    rig_end();
}

static void test_what_is_not_read_has_a_limit(void)
{
    rig_begin(&udp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("/0.0.0.0:5000");
    struct dialogue_udp udp = {.source_port = 1, .destination_port = 5000};
    for (unsigned i = 0; i < 17; i++)
        dialogue_send_udp(&udp, "datagram", 8);
    CU_ASSERT_EQUAL(dialogue_drops("udp receive queue full"), 1);
    CU_ASSERT_EQUAL(fake_log_count("counter udp.dropped 1\n"), 1);
    rig_close(file); /* what nobody has read is freed */
    rig_end();
}

static void test_a_look_leaves_the_datagram_and_tells_the_sender(void)
{
    struct net_name sender;
    rig_begin(&udp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("/0.0.0.0:5000");
    CU_ASSERT_EQUAL(fake_log_count("named 17 0x0:5000 0x0:0"), 1);
    uint64_t look = (uint64_t)rig_dup(file, "peek", 0);
    struct dialogue_udp udp = {.source_port = 9, .destination_port = 5000};
    uint64_t waits = rig_ask(SCHEME_READ, look, buffer, sizeof buffer, 0);
    dialogue_send_udp(&udp, "datagram", 8);
    rig_work();
    CU_ASSERT_EQUAL(rig_answer(waits), 8);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, look, buffer, 4, O_NONBLOCK), 4);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_READ, file, "sender", &sender, sizeof sender),
                    sizeof sender);
    CU_ASSERT_EQUAL(sender.port, 9);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, file, buffer, sizeof buffer, O_NONBLOCK), 8);
    CU_ASSERT_EQUAL(rig_call(SCHEME_READ, look, buffer, sizeof buffer, O_NONBLOCK), -KEAGAIN);
    rig_close(look);
    rig_close(file);
    rig_end();
}

static void test_the_device_is_a_setting_by_its_name(void)
{
    char name[16] = "eth0", other[] = "eth9";
    rig_begin(&udp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("");
    CU_ASSERT_EQUAL(rig_setting(SCHEME_READ, file, "device", name, sizeof name), 0);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_WRITE, file, "device", other, 4), -KENODEV);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_WRITE, file, "device", name, 4), 4);
    memset(name, 0, sizeof name);
    CU_ASSERT_EQUAL(rig_setting(SCHEME_READ, file, "device", name, sizeof name), 5);
    CU_ASSERT_STRING_EQUAL(name, "eth0");
    CU_ASSERT_EQUAL(rig_setting(SCHEME_READ, file, "device", name, 4), -KEINVAL);
    rig_close(file);
    rig_end();
}

static void test_sizes_of_buffers_have_the_bounds_of_sockets(void)
{
    rig_begin(&udp_scheme_protocol);
    uint64_t file = (uint64_t)rig_open("");
    CU_ASSERT_EQUAL(rig_get(file, "receive_buffer"), 212992);
    CU_ASSERT_EQUAL(rig_set(file, "receive_buffer", 1), 4);
    CU_ASSERT_EQUAL(rig_get(file, "receive_buffer"), 2 * 1152);
    CU_ASSERT_EQUAL(rig_set(file, "send_buffer", 1 << 20), 4);
    CU_ASSERT_EQUAL(rig_get(file, "send_buffer"), 2 * 212992);
    rig_close(file);
    rig_end();
}

UNIT_SUITE("udp_scheme", UNIT_TEST(test_a_conversation_with_one_host),
           UNIT_TEST(test_files_of_one_socket_write_to_different_hosts),
           UNIT_TEST(test_nobody_waits_for_a_card_without_room),
           UNIT_TEST(test_names_are_kept_apart),
           UNIT_TEST(test_everybody_is_asked_only_with_the_setting),
           UNIT_TEST(test_the_peer_is_a_setting), UNIT_TEST(test_what_is_not_read_has_a_limit),
           UNIT_TEST(test_a_look_leaves_the_datagram_and_tells_the_sender),
           UNIT_TEST(test_the_device_is_a_setting_by_its_name),
           UNIT_TEST(test_sizes_of_buffers_have_the_bounds_of_sockets))
