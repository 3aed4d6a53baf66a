/*
 * The static configuration: defaults, files, and what cannot be understood.
 */
#include "netstack/config.h"

#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/interface.h"
#include "netstack/route.h"
#include "tests/unit.h"

#define IP     CONFIG_ADDRESS_PATH
#define SUBNET CONFIG_MASK_PATH
#define ROUTER CONFIG_ROUTER_PATH

static const struct interface *begin(const char *const *files)
{
    dialogue_begin_with(files, 1);
    const struct interface *eth0 = interface_by_name("eth0");
    CU_ASSERT_PTR_NOT_NULL_FATAL(eth0);
    return eth0;
}
#define FILES(...) ((const char *const[]){__VA_ARGS__, NULL})

static uint32_t router(void)
{
    const struct route *route = route_lookup(FAR_AWAY);
    return route != NULL ? route->gateway : 0;
}

static void test_without_files_there_are_defaults(void)
{
    const struct interface *eth0 = begin(NULL);
    CU_ASSERT_EQUAL(eth0->address, OUR_ADDRESS);
    CU_ASSERT_EQUAL(eth0->mask, 0xffffff00);
    CU_ASSERT_EQUAL(router(), GATEWAY);
    CU_ASSERT_EQUAL(route_count(), 2);
    CU_ASSERT_EQUAL(dialogue_console_lines(), 0);
    dialogue_end();
}

static void test_files_are_taken_with_white_space_around(void)
{
    const struct interface *eth0 =
        begin(FILES(IP, "192.168.7.9\n", SUBNET, "  255.255.0.0 \r\n", ROUTER, "192.168.0.1"));
    CU_ASSERT_EQUAL(eth0->address, 0xc0a80709);
    CU_ASSERT_EQUAL(eth0->mask, 0xffff0000);
    CU_ASSERT_EQUAL(router(), 0xc0a80001);
    dialogue_end();
}

static void test_default_router_is_taken_only_where_it_is_on_the_subnet(void)
{
    const struct interface *eth0 = begin(FILES(IP, "192.168.7.9"));
    CU_ASSERT_EQUAL(eth0->address, 0xc0a80709);
    CU_ASSERT_EQUAL(router(), 0);
    CU_ASSERT_EQUAL(route_count(), 1);
    dialogue_end();
}

static void test_empty_router_means_none(void)
{
    begin(FILES(ROUTER, "\n"));
    CU_ASSERT_EQUAL(router(), 0);
    CU_ASSERT_EQUAL(route_count(), 1);
    CU_ASSERT_EQUAL(dialogue_console_lines(), 0);
    dialogue_end();
}

static void test_bad_address_or_mask_leaves_the_interface_without(void)
{
    static const char *const bad[][2] = {
        {IP, "10.0.2"},
        {IP, "10.0.2.256"},
        {IP, "0.0.0.0"},
        {IP, "224.0.0.1"},
        {IP, "127.0.0.2"},
        {IP, "10.0.2.0"},
        {IP, "10.0.2.255"},
        {IP, "10.0.2.15 10.0.2.16"},
        {SUBNET, "255.255.255"},
        {SUBNET, "255.0.255.0"},
        {SUBNET, ""},
        {SUBNET, "24"},
        {IP, "10.0.2.15/24"},
        {IP, "                                                                      10.0.2.15"},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct interface *eth0 = begin(FILES(bad[i][0], bad[i][1]));
        CU_ASSERT_EQUAL(eth0->address, 0);
        CU_ASSERT_EQUAL(route_count(), 0);
        CU_ASSERT_EQUAL(dialogue_console_lines(), 1);
        CU_ASSERT_EQUAL(dialogue_ping(GATEWAY), -KENETUNREACH);
        dialogue_end();
    }
}

static void test_bad_router_leaves_the_address_but_no_default_route(void)
{
    static const char *const bad[] = {"10.0.3.1", "10.0.2.15", "gateway"};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct interface *eth0 = begin(FILES(ROUTER, bad[i]));
        CU_ASSERT_EQUAL(eth0->address, OUR_ADDRESS);
        CU_ASSERT_EQUAL(router(), 0);
        CU_ASSERT_EQUAL(dialogue_console_lines(), 1);
        dialogue_end();
    }
}

static void test_empty_address_means_none_yet_and_nobody_complains(void)
{
    const struct interface *eth0 = begin(FILES(IP, " \n", SUBNET, "nonsense"));
    CU_ASSERT_EQUAL(eth0->address, 0);
    CU_ASSERT_EQUAL(route_count(), 0);
    CU_ASSERT_EQUAL(dialogue_console_lines(), 0);
    dialogue_end();
}

static void test_second_interface_is_left_without(void)
{
    dialogue_begin_with(NULL, 2);
    CU_ASSERT_EQUAL(interface_by_name("eth0")->address, OUR_ADDRESS);
    CU_ASSERT_EQUAL(interface_by_name("eth1")->address, 0);
    dialogue_end();
}

static void test_setting_an_address_twice_is_setting_it_once(void)
{
    begin(NULL);
    struct interface *eth0 = interface_by_name("eth0");
    CU_ASSERT_EQUAL(interface_set_address(eth0, OUR_ADDRESS, 0xffffff00), 0);
    CU_ASSERT_EQUAL(route_count(), 2);
    CU_ASSERT_EQUAL(interface_set_address(eth0, 0x0a000210, 0xffffff00), 0);
    CU_ASSERT_EQUAL(route_count(), 1); /* the default route was of the old address */
    CU_ASSERT_PTR_NULL(interface_by_address(OUR_ADDRESS));
    CU_ASSERT_PTR_EQUAL(interface_by_address(0x0a000210), eth0);
    CU_ASSERT_EQUAL(interface_set_address(interface_lo(), OUR_ADDRESS, 0xffffff00), -KEOPNOTSUPP);
    dialogue_end();
}

static void test_smallest_subnets_have_no_broadcast_address(void)
{
    begin(NULL);
    struct interface *eth0 = interface_by_name("eth0");
    CU_ASSERT_EQUAL(interface_set_address(eth0, 0x0a000200, 0xfffffffe), 0);
    CU_ASSERT_FALSE(interface_is_broadcast(eth0, 0x0a000201));
    CU_ASSERT_EQUAL(interface_set_address(eth0, 0x0a000203, 0xffffffff), 0);
    CU_ASSERT_FALSE(interface_is_broadcast(eth0, 0x0a000203));
    CU_ASSERT_EQUAL(interface_set_address(eth0, 0x0a000201, 0xfffffffc), 0);
    CU_ASSERT_TRUE(interface_is_broadcast(eth0, 0x0a000203));
    dialogue_end();
}

UNIT_SUITE("config", UNIT_TEST(test_without_files_there_are_defaults),
           UNIT_TEST(test_files_are_taken_with_white_space_around),
           UNIT_TEST(test_default_router_is_taken_only_where_it_is_on_the_subnet),
           UNIT_TEST(test_empty_router_means_none),
           UNIT_TEST(test_bad_address_or_mask_leaves_the_interface_without),
           UNIT_TEST(test_bad_router_leaves_the_address_but_no_default_route),
           UNIT_TEST(test_empty_address_means_none_yet_and_nobody_complains),
           UNIT_TEST(test_second_interface_is_left_without),
           UNIT_TEST(test_setting_an_address_twice_is_setting_it_once),
           UNIT_TEST(test_smallest_subnets_have_no_broadcast_address))
