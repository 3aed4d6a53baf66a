/* udp_channel_test.c - tests for udp_channel.c: names, peers, ways, and what is sent */
#include "netstack/udp_channel.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/interface.h"
#include "netstack/net_table.h"
#include "netstack/netstack.h"
#include "tests/unit.h"

#include <string.h>

static unsigned named;
static struct udp_channel channel;

static void test_changed(void *owner)
{
    CU_ASSERT_PTR_EQUAL(owner, &channel);
}

static void test_named(void *owner)
{
    CU_ASSERT_PTR_EQUAL(owner, &channel);
    named++;
}

static struct datagram_kind kind = {
    .name = "udp", .dropped_counter = "udp.dropped", .changed = test_changed, .named = test_named};

static void begin(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    named = 0;
    udp_channel_init(&channel, &kind, &channel);
}

static void end(void)
{
    netstack_lock();
    udp_channel_fini(&channel);
    netstack_unlock();
    dialogue_end();
}

static int bind_to(uint32_t address, uint16_t port)
{
    netstack_lock();
    int error = udp_channel_bind(&channel, address, port);
    netstack_unlock();
    return error;
}

static int connect_to(uint32_t address, uint16_t port)
{
    netstack_lock();
    int error = udp_channel_connect(&channel, address, port);
    netstack_unlock();
    return error;
}

static int send_to(uint32_t address, uint16_t port, size_t size)
{
    struct datagram_draft draft;
    netstack_lock();
    int error = udp_channel_prepare(&channel, address, port, size, &draft);
    if (error == 0) {
        memset(draft.nbuf->data, 'x', size);
        error = udp_channel_send(&channel, &draft, clock_now_ns());
    }
    netstack_unlock();
    fake_run();
    return error;
}

static void come_from(uint32_t address, uint16_t port, uint16_t to)
{
    dialogue_send_udp(
        &(struct dialogue_udp){.source = address, .source_port = port, .destination_port = to},
        "hello", 5);
}

static void test_a_name_is_one_of_ours_and_given_once(void)
{
    begin();
    CU_ASSERT_EQUAL(bind_to(GATEWAY, 5000), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(named, 0);
    CU_ASSERT_EQUAL(bind_to(OUR_ADDRESS, 5000), 0);
    CU_ASSERT_EQUAL(named, 1);
    CU_ASSERT_EQUAL(bind_to(OUR_ADDRESS, 5001), -KEINVAL);
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53, 5), 0);
    dialogue_expect("udp 10.0.2.15:5000 > 10.0.2.2:53 size 5");
    CU_ASSERT_EQUAL(named, 1);
    end();
}

static void test_a_name_that_is_taken_leaves_no_address_behind(void)
{
    struct udp_endpoint other = {.port = 0};
    begin();
    netstack_lock();
    CU_ASSERT_EQUAL(udp_bind(&other, 5000), 0);
    netstack_unlock();
    CU_ASSERT_EQUAL(bind_to(OUR_ADDRESS, 5000), -KEADDRINUSE);
    CU_ASSERT_EQUAL(channel.endpoint.address, 0);
    CU_ASSERT_EQUAL(channel.bound, 0);
    netstack_lock();
    udp_unbind(&other);
    netstack_unlock();
    end();
}

static void test_the_first_use_gives_a_port_and_tells_of_it(void)
{
    begin();
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53, 1), 0);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.2:53 size 1");
    CU_ASSERT_EQUAL(named, 1);
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53, 1), 0);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.2:53 size 1");
    CU_ASSERT_EQUAL(named, 1);
    end();
}

static void test_without_a_way_there_is_no_port(void)
{
    begin();
    netstack_lock();
    CU_ASSERT_EQUAL(interface_set_up(interface_by_name("eth0"), false), 0);
    netstack_unlock();
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53, 1), -KENETUNREACH);
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 53), -KENETUNREACH);
    CU_ASSERT_EQUAL(channel.endpoint.port, 0);
    CU_ASSERT_EQUAL(channel.endpoint.peer, 0);
    end();
}

static void test_a_peer_gives_an_address_until_it_is_taken_away(void)
{
    begin();
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 0), -KEINVAL);
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 53), 0);
    CU_ASSERT_EQUAL(named, 2); /* its port, and its peer */
    CU_ASSERT_EQUAL(channel.endpoint.address, OUR_ADDRESS);
    come_from(GATEWAY, 53, 49152);
    CU_ASSERT_EQUAL(channel.base.count, 1);
    CU_ASSERT_EQUAL(connect_to(LOOPBACK, 7), 0);
    CU_ASSERT_EQUAL(channel.endpoint.address, LOOPBACK); /* that of the new way */
    netstack_lock();
    udp_channel_disconnect(&channel);
    netstack_unlock();
    CU_ASSERT_EQUAL(channel.endpoint.address, 0);
    CU_ASSERT_EQUAL(channel.endpoint.peer, 0);
    CU_ASSERT_EQUAL(channel.endpoint.peer_port, 0);
    come_from(DNS, 1, 49152); /* from anybody again */
    CU_ASSERT_EQUAL(channel.base.count, 2);
    end();
}

static void test_the_address_it_was_bound_to_stays_its_source(void)
{
    begin();
    CU_ASSERT_EQUAL(bind_to(OUR_ADDRESS, 5000), 0);
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 53), 0);
    CU_ASSERT_EQUAL(channel.endpoint.address, OUR_ADDRESS);
    netstack_lock();
    udp_channel_disconnect(&channel);
    netstack_unlock();
    CU_ASSERT_EQUAL(channel.endpoint.address, OUR_ADDRESS);
    end();
}

static void test_everybody_is_asked_only_when_it_is_allowed(void)
{
    begin();
    CU_ASSERT_EQUAL(send_to(0x0a0002ff, 67, 1), -KEACCES);
    CU_ASSERT_EQUAL(connect_to(0x0a0002ff, 67), -KEACCES);
    channel.may_broadcast = true;
    CU_ASSERT_EQUAL(send_to(0x0a0002ff, 67, 1), 0);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.255:67 size 1");
    end();
}

static void test_one_of_an_interface_speaks_by_it_only(void)
{
    begin();
    netstack_lock();
    CU_ASSERT_EQUAL(udp_channel_set_device(&channel, interface_lo()), 0);
    netstack_unlock();
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53, 1), -KENETUNREACH);
    CU_ASSERT_EQUAL(send_to(LOOPBACK, 53, 1), 0);
    netstack_lock();
    CU_ASSERT_EQUAL(udp_channel_set_device(&channel, NULL), -KEINVAL);
    netstack_unlock();
    CU_ASSERT_PTR_EQUAL(channel.endpoint.interface, interface_lo());
    end();
}

static void test_an_interface_without_an_address_may_ask_everybody(void)
{
    begin();
    struct interface *device = interface_by_name("eth0");
    netstack_lock();
    CU_ASSERT_EQUAL(interface_set_address(device, 0, 0), 0);
    CU_ASSERT_EQUAL(udp_channel_set_device(&channel, device), 0);
    netstack_unlock();
    channel.may_broadcast = true;
    CU_ASSERT_EQUAL(bind_to(0, 68), 0);
    CU_ASSERT_EQUAL(send_to(IPV4_BROADCAST, 67, 1), 0);
    dialogue_expect("udp 0.0.0.0:68 > 255.255.255.255:67 size 1");
    end();
}

static void test_errors_are_for_those_who_have_a_peer(void)
{
    begin();
    CU_ASSERT_EQUAL(send_to(DEAD, 53, 1), 0);
    for (unsigned i = 0; i < 3; i++) {
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
        dialogue_wait_until(T0 + (i + 1) * 1100 * MS);
    }
    CU_ASSERT_EQUAL(channel.base.error, 0);
    CU_ASSERT_EQUAL(connect_to(DEAD, 53), 0);
    dialogue_wait_until(T0 + 60 * S);
    CU_ASSERT_EQUAL(send_to(DEAD, 53, 1), 0);
    for (unsigned i = 0; i < 3; i++) {
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
        dialogue_wait_until(T0 + 60 * S + (i + 1) * 1100 * MS);
    }
    CU_ASSERT_EQUAL(channel.base.error, KEHOSTUNREACH);
    end();
}

static void test_what_it_is_can_be_looked_at(void)
{
    struct net_table_udp state = {.port = 1};
    begin();
    CU_ASSERT_FALSE(udp_channel_inform(&channel, &state));
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 53), 0);
    for (unsigned i = 0; i < DATAGRAMS_MAX + 1; i++)
        come_from(GATEWAY, 53, 49152);
    CU_ASSERT_TRUE(udp_channel_inform(&channel, &state));
    CU_ASSERT_EQUAL(state.address, OUR_ADDRESS);
    CU_ASSERT_EQUAL(state.port, 49152);
    CU_ASSERT_EQUAL(state.peer, GATEWAY);
    CU_ASSERT_EQUAL(state.peer_port, 53);
    CU_ASSERT_EQUAL(state.queued_bytes, DATAGRAMS_MAX * 5);
    CU_ASSERT_EQUAL(state.dropped, 1);
    end();
}

UNIT_SUITE("udp_channel", UNIT_TEST(test_a_name_is_one_of_ours_and_given_once),
           UNIT_TEST(test_a_name_that_is_taken_leaves_no_address_behind),
           UNIT_TEST(test_the_first_use_gives_a_port_and_tells_of_it),
           UNIT_TEST(test_without_a_way_there_is_no_port),
           UNIT_TEST(test_a_peer_gives_an_address_until_it_is_taken_away),
           UNIT_TEST(test_the_address_it_was_bound_to_stays_its_source),
           UNIT_TEST(test_everybody_is_asked_only_when_it_is_allowed),
           UNIT_TEST(test_one_of_an_interface_speaks_by_it_only),
           UNIT_TEST(test_an_interface_without_an_address_may_ask_everybody),
           UNIT_TEST(test_errors_are_for_those_who_have_a_peer),
           UNIT_TEST(test_what_it_is_can_be_looked_at))
