/*
 * wire_stations_test.c - the switch's table of stations
 */
#include "emu/wire/wire_stations.h"

#include "tests/unit.h"

/* The table only compares ports, so any distinct addresses will do. */
static char ports[2];
#define PORT_A ((struct wire_port *)&ports[0])
#define PORT_B ((struct wire_port *)&ports[1])

static const uint8_t *mac_of(unsigned number)
{
    static uint8_t mac[6];
    mac[0] = 2;
    mac[4] = (uint8_t)(number >> 8);
    mac[5] = (uint8_t)number;
    return mac;
}

static void test_unknown_station_is_behind_no_port(void)
{
    struct wire_stations stations = {0};
    CU_ASSERT_PTR_NULL(wire_stations_find(&stations, mac_of(1)));
}

static void test_station_is_where_it_spoke_last(void)
{
    struct wire_stations stations = {0};
    wire_stations_learn(&stations, mac_of(1), PORT_A);
    CU_ASSERT_PTR_EQUAL(wire_stations_find(&stations, mac_of(1)), PORT_A);
    wire_stations_learn(&stations, mac_of(1), PORT_B);
    CU_ASSERT_PTR_EQUAL(wire_stations_find(&stations, mac_of(1)), PORT_B);
    CU_ASSERT_PTR_NULL(wire_stations_find(&stations, mac_of(2)));
}

static void test_all_zero_address_is_a_station(void)
{
    struct wire_stations stations = {0};
    const uint8_t zero[6] = {0};
    CU_ASSERT_PTR_NULL(wire_stations_find(&stations, zero));
    wire_stations_learn(&stations, zero, PORT_A);
    CU_ASSERT_PTR_EQUAL(wire_stations_find(&stations, zero), PORT_A);
}

static void test_groups_are_never_found(void)
{
    struct wire_stations stations = {0};
    const uint8_t group[6] = {0x33, 0x33, 0, 0, 0, 1};
    wire_stations_learn(&stations, group, PORT_A);
    CU_ASSERT_PTR_NULL(wire_stations_find(&stations, group));
    CU_ASSERT_EQUAL(stations.count, 0);
}

static void test_full_table_learns_no_more_but_still_moves(void)
{
    struct wire_stations stations = {0};
    for (unsigned i = 0; i < WIRE_STATIONS_MAX + 10; i++) {
        wire_stations_learn(&stations, mac_of(i), PORT_A);
    }
    CU_ASSERT_EQUAL(stations.count, WIRE_STATIONS_MAX);
    for (unsigned i = 0; i < WIRE_STATIONS_MAX + 10; i++) {
        CU_ASSERT_PTR_EQUAL(wire_stations_find(&stations, mac_of(i)),
                            i < WIRE_STATIONS_MAX ? PORT_A : NULL);
    }
    wire_stations_learn(&stations, mac_of(3), PORT_B);
    CU_ASSERT_PTR_EQUAL(wire_stations_find(&stations, mac_of(3)), PORT_B);
}

UNIT_SUITE("wire_stations", UNIT_TEST(test_unknown_station_is_behind_no_port),
           UNIT_TEST(test_station_is_where_it_spoke_last),
           UNIT_TEST(test_all_zero_address_is_a_station), UNIT_TEST(test_groups_are_never_found),
           UNIT_TEST(test_full_table_learns_no_more_but_still_moves))
