/* icmp_channel_test.c - tests for icmp_channel.c: identifiers, peers, and what is sent */
#include "netstack/icmp_channel.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/netstack.h"
#include "tests/unit.h"

#include <string.h>

static struct icmp_channel channel;

static void test_changed(void *owner)
{
    CU_ASSERT_PTR_EQUAL(owner, &channel);
}

static struct datagram_kind kind = {
    .name = "ping", .dropped_counter = "ping.dropped", .changed = test_changed};

static void begin(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    kind.dropped = 0;
    icmp_channel_init(&channel, &kind, &channel);
}

static void end(void)
{
    netstack_lock();
    icmp_channel_fini(&channel);
    netstack_unlock();
    dialogue_end();
}

static int connect_to(uint32_t peer)
{
    netstack_lock();
    int error = icmp_channel_connect(&channel, peer);
    netstack_unlock();
    return error;
}

/* Whatever stands in front of the sequence number is not the sender's business. */
static int send_to(uint32_t address, uint16_t sequence, size_t size)
{
    struct datagram_draft draft;
    netstack_lock();
    int error = icmp_channel_prepare(&channel, address, size, &draft);
    if (error == 0) {
        memset(draft.nbuf->data, 0xee, size);
        draft.nbuf->data[ICMP_SEQUENCE_AT] = (uint8_t)(sequence >> 8);
        draft.nbuf->data[ICMP_SEQUENCE_AT + 1] = (uint8_t)sequence;
        error = icmp_channel_send(&channel, &draft, clock_now_ns());
    }
    netstack_unlock();
    fake_run();
    return error;
}

static void test_a_request_is_made_of_a_sequence_number_and_a_payload(void)
{
    begin();
    CU_ASSERT_EQUAL(send_to(GATEWAY, 258, 20), 0);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 258 size 20");
    CU_ASSERT_EQUAL(send_to(GATEWAY, 259, 8), 0); /* the same identifier */
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 259 size 8");
    end();
}

static void test_a_name_is_one_of_ours_and_given_once(void)
{
    begin();
    netstack_lock();
    CU_ASSERT_EQUAL(icmp_channel_bind(&channel, GATEWAY, 7), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(icmp_channel_bind(&channel, OUR_ADDRESS, 1), -KEADDRINUSE); /* the dialogue's */
    CU_ASSERT_EQUAL(channel.source, 0);
    CU_ASSERT_EQUAL(icmp_channel_bind(&channel, OUR_ADDRESS, 7), 0);
    CU_ASSERT_EQUAL(icmp_channel_bind(&channel, OUR_ADDRESS, 8), -KEINVAL);
    netstack_unlock();
    CU_ASSERT_EQUAL(send_to(GATEWAY, 1, 8), 0);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 7 seq 1 size 8");
    end();
}

static void test_replies_of_others_are_dropped_and_counted(void)
{
    begin();
    CU_ASSERT_EQUAL(connect_to(GATEWAY), 0);
    dialogue_send_icmp(DNS, 0, 2, 1, 12);
    CU_ASSERT_EQUAL(channel.base.count, 0);
    CU_ASSERT_EQUAL(channel.base.dropped, 1);
    CU_ASSERT_EQUAL(dialogue_drops("ping reply from another host than the connected one"), 1);
    CU_ASSERT_EQUAL(fake_log_count("counter ping.dropped 1\n"), 1);
    dialogue_send_icmp(GATEWAY, 0, 2, 1, 12);
    CU_ASSERT_EQUAL(channel.base.count, 1);
    CU_ASSERT_EQUAL(channel.base.received[0].source, GATEWAY);
    CU_ASSERT_EQUAL(channel.base.received[0].port, 0);
    end();
}

static void test_without_a_peer_anybody_may_reply(void)
{
    begin();
    CU_ASSERT_EQUAL(send_to(GATEWAY, 1, 8), 0);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 8");
    dialogue_send_icmp(DNS, 0, 2, 1, 8);
    CU_ASSERT_EQUAL(channel.base.count, 1);
    end();
}

static void test_errors_of_requests_to_others_are_not_for_one_with_a_peer(void)
{
    begin();
    CU_ASSERT_EQUAL(send_to(DEAD, 1, 8), 0);
    CU_ASSERT_EQUAL(connect_to(GATEWAY), 0);
    for (unsigned i = 0; i < 3; i++) {
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
        dialogue_wait_until(T0 + (i + 1) * 1100 * MS);
    }
    CU_ASSERT_EQUAL(channel.base.error, 0);
    CU_ASSERT_EQUAL(connect_to(DEAD), 0);
    dialogue_wait_until(T0 + 60 * S);
    CU_ASSERT_EQUAL(send_to(DEAD, 2, 8), 0);
    for (unsigned i = 0; i < 3; i++) {
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
        dialogue_wait_until(T0 + 60 * S + (i + 1) * 1100 * MS);
    }
    CU_ASSERT_EQUAL(channel.base.error, KEHOSTUNREACH);
    end();
}

static void test_nobody_asks_everybody(void)
{
    begin();
    CU_ASSERT_EQUAL(send_to(0x0a0002ff, 1, 8), -KEACCES);
    CU_ASSERT_EQUAL(connect_to(IPV4_BROADCAST), -KEACCES);
    CU_ASSERT_EQUAL(channel.peer, 0);
    CU_ASSERT_EQUAL(channel.endpoint.identifier, 0);
    end();
}

UNIT_SUITE("icmp_channel", UNIT_TEST(test_a_request_is_made_of_a_sequence_number_and_a_payload),
           UNIT_TEST(test_a_name_is_one_of_ours_and_given_once),
           UNIT_TEST(test_replies_of_others_are_dropped_and_counted),
           UNIT_TEST(test_without_a_peer_anybody_may_reply),
           UNIT_TEST(test_errors_of_requests_to_others_are_not_for_one_with_a_peer),
           UNIT_TEST(test_nobody_asks_everybody))
