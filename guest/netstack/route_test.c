/*
 * The routing table.
 */
#include "netstack/route.h"

#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "netstack/interface.h"
#include "tests/unit.h"

static struct interface eth0, eth1;

static void begin(void)
{
    fake_boot();
    routes_init();
}

static int add(uint32_t destination, unsigned length, uint32_t gateway, struct interface *interface)
{
    return route_add(&(struct route){destination, length, gateway, interface});
}

static uint32_t gateway_to(uint32_t destination)
{
    const struct route *route = route_lookup(destination);
    return route != NULL ? route->gateway : 0;
}

static void test_longest_prefix_wins_whatever_the_order(void)
{
    begin();
    CU_ASSERT_EQUAL(add(0x0a000000, 8, 8, &eth0), 0);
    CU_ASSERT_EQUAL(add(0, 0, 1, &eth0), 0);
    CU_ASSERT_EQUAL(add(0x0a000203, 32, 32, &eth0), 0);
    CU_ASSERT_EQUAL(add(0x0a000200, 24, 24, &eth0), 0);
    CU_ASSERT_EQUAL(gateway_to(0x0a000203), 32);
    CU_ASSERT_EQUAL(gateway_to(0x0a000204), 24);
    CU_ASSERT_EQUAL(gateway_to(0x0a000304), 8);
    CU_ASSERT_EQUAL(gateway_to(0x0b000000), 1);
    CU_ASSERT_EQUAL(gateway_to(UINT32_MAX), 1);
}

static void test_edges_of_a_prefix(void)
{
    begin();
    CU_ASSERT_EQUAL(add(0x0a000280, 25, 1, &eth0), 0);
    CU_ASSERT_PTR_NULL(route_lookup(0x0a00027f));
    CU_ASSERT_EQUAL(gateway_to(0x0a000280), 1);
    CU_ASSERT_EQUAL(gateway_to(0x0a0002ff), 1);
    CU_ASSERT_PTR_NULL(route_lookup(0x0a000300));
}

static void test_empty_table_leads_nowhere(void)
{
    begin();
    CU_ASSERT_PTR_NULL(route_lookup(0x0a000202));
    CU_ASSERT_EQUAL(route_count(), 0);
}

static void test_same_route_is_kept_once(void)
{
    begin();
    CU_ASSERT_EQUAL(add(0, 0, 1, &eth0), 0);
    CU_ASSERT_EQUAL(add(0, 0, 1, &eth0), -KEEXIST);
    CU_ASSERT_EQUAL(route_count(), 1);
}

static void test_first_of_equal_prefixes_wins(void)
{
    begin();
    CU_ASSERT_EQUAL(add(0, 0, 1, &eth0), 0);
    CU_ASSERT_EQUAL(add(0, 0, 2, &eth1), 0);
    CU_ASSERT_EQUAL(gateway_to(5), 1);
    CU_ASSERT_EQUAL(route_delete(&(struct route){.gateway = 1}), 0);
    CU_ASSERT_EQUAL(gateway_to(5), 2);
}

static void test_bits_beyond_the_prefix_are_refused(void)
{
    begin();
    CU_ASSERT_EQUAL(add(0x0a000201, 24, 1, &eth0), -KEINVAL);
    CU_ASSERT_EQUAL(add(1, 0, 1, &eth0), -KEINVAL);
    CU_ASSERT_EQUAL(add(0, 33, 1, &eth0), -KEINVAL);
    CU_ASSERT_EQUAL(route_count(), 0);
}

static void test_full_table_refuses(void)
{
    begin();
    for (uint32_t i = 0; i < ROUTES_MAX; i++)
        CU_ASSERT_EQUAL(add(i, 32, 1, &eth0), 0);
    CU_ASSERT_EQUAL(add(0, 0, 1, &eth0), -KENOSPC);
    CU_ASSERT_EQUAL(add(0, 32, 1, &eth0), -KEEXIST);
    CU_ASSERT_EQUAL(route_count(), ROUTES_MAX);
}

static void test_delete_takes_what_fits(void)
{
    begin();
    CU_ASSERT_EQUAL(add(0x0a000200, 24, 0, &eth0), 0);
    CU_ASSERT_EQUAL(add(0x0a000200, 24, 0, &eth1), 0);
    struct route pattern = {.destination = 0x0a000200, .length = 24, .interface = &eth1};
    CU_ASSERT_EQUAL(route_delete(&pattern), 0);
    CU_ASSERT_EQUAL(route_delete(&pattern), -KESRCH);
    CU_ASSERT_PTR_EQUAL(route_lookup(0x0a000205)->interface, &eth0);
    pattern = (struct route){.destination = 0x0a000200, .length = 25};
    CU_ASSERT_EQUAL(route_delete(&pattern), -KESRCH);
    pattern = (struct route){.destination = 0x0a000200, .length = 24, .gateway = 9};
    CU_ASSERT_EQUAL(route_delete(&pattern), -KESRCH);
    CU_ASSERT_EQUAL(route_count(), 1);
}

static void test_routes_of_an_interface_go_together(void)
{
    begin();
    CU_ASSERT_EQUAL(add(0x0a000200, 24, 0, &eth0), 0);
    CU_ASSERT_EQUAL(add(0x0a000300, 24, 0, &eth1), 0);
    CU_ASSERT_EQUAL(add(0, 0, 1, &eth0), 0);
    route_delete_interface(&eth0);
    CU_ASSERT_EQUAL(route_count(), 1);
    CU_ASSERT_PTR_EQUAL(route_at(0)->interface, &eth1);
}

UNIT_SUITE("route", UNIT_TEST(test_longest_prefix_wins_whatever_the_order),
           UNIT_TEST(test_edges_of_a_prefix), UNIT_TEST(test_empty_table_leads_nowhere),
           UNIT_TEST(test_same_route_is_kept_once), UNIT_TEST(test_first_of_equal_prefixes_wins),
           UNIT_TEST(test_bits_beyond_the_prefix_are_refused), UNIT_TEST(test_full_table_refuses),
           UNIT_TEST(test_delete_takes_what_fits),
           UNIT_TEST(test_routes_of_an_interface_go_together))
