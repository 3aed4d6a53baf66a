/* route_test.c - route: what it shows, and what it asks the kernel for */
#include "lib/endian.h"
#include "lib/errno.h"
#include "programs/fake_kernel.h"
#include "programs/programs.h"
#include "tests/unit.h"

#include <string.h>

static int route(const char *line)
{
    fake_reset();
    return fake_run_program(route_main, line);
}

static uint32_t address_of(const struct sockaddr *address)
{
    struct sockaddr_in value;
    memcpy(&value, address, sizeof value);
    CU_ASSERT_EQUAL(value.sin_family, AF_INET);
    return net_to_host32(value.sin_addr);
}

/* The one request that was made. */
static void expect_route(unsigned long request, uint32_t destination, uint32_t mask,
                         uint32_t gateway, unsigned flags, const char *device)
{
    const struct rtentry *entry = &fake.ioctls[0].route;
    CU_ASSERT_EQUAL(fake.ioctl_count, 1);
    CU_ASSERT_EQUAL(fake.ioctls[0].request, request);
    CU_ASSERT_EQUAL(address_of(&entry->rt_dst), destination);
    CU_ASSERT_EQUAL(address_of(&entry->rt_genmask), mask);
    CU_ASSERT_EQUAL(address_of(&entry->rt_gateway), gateway);
    CU_ASSERT_EQUAL(entry->rt_flags, flags);
    CU_ASSERT_STRING_EQUAL(fake.ioctls[0].device, device);
    CU_ASSERT_STRING_EQUAL(fake.output, "");
}

static const char table[] =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t0002000A\t00000000\t0001\t0\t0\t7\t00FFFFFF\t0\t0\t0     \n"
    "eth0\t097B000A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n";

static void test_shows_the_table(void)
{
    fake_reset();
    fake.file_path = "/proc/net/route";
    fake.file_text = table;
    CU_ASSERT_EQUAL(fake_run_program(route_main, "route -n"), 0);
    CU_ASSERT_STRING_EQUAL(fake.output,
                           "Kernel IP routing table\n"
                           "Destination     Gateway         Genmask         Flags Metric Iface\n"
                           "0.0.0.0         10.0.2.2        0.0.0.0         UG    0      eth0\n"
                           "10.0.2.0        0.0.0.0         255.255.255.0   U     7      eth0\n"
                           "10.0.123.9      0.0.0.0         255.255.255.255 UH    0      eth0\n");
}

static void test_damaged_lines_are_left_out(void)
{
    fake_reset();
    fake.file_path = "/proc/net/route";
    fake.file_text = "eth0\t00000000\n\neth0\tx\ty\tz\t0\t0\t0\t0\n"
                     "eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF";
    CU_ASSERT_EQUAL(fake_run_program(route_main, "route"), 0);
    CU_ASSERT_EQUAL(fake.writes, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(fake.output, "\n10.0.2.0 "));
}

static void test_missing_table(void)
{
    CU_ASSERT_EQUAL(route("route"), 1);
    CU_ASSERT_STRING_EQUAL(fake.output, "route: /proc/net/route: No such file or directory\n");
}

static void test_default_route(void)
{
    CU_ASSERT_EQUAL(route("route add default gw 10.0.2.2"), 0);
    expect_route(SIOCADDRT, 0, 0, 0x0a000202, RTF_UP | RTF_GATEWAY, "");
    CU_ASSERT_EQUAL(route("route del default"), 0);
    expect_route(SIOCDELRT, 0, 0, 0, RTF_UP, "");
}

static void test_net_route(void)
{
    CU_ASSERT_EQUAL(route("route add -net 10.1.0.0/16 dev eth0"), 0);
    expect_route(SIOCADDRT, 0x0a010000, 0xffff0000, 0, RTF_UP, "eth0");
    CU_ASSERT_EQUAL(route("route add -net 10.1.0.0 netmask 255.255.0.0 gw 10.0.2.9 eth0"), 0);
    expect_route(SIOCADDRT, 0x0a010000, 0xffff0000, 0x0a000209, RTF_UP | RTF_GATEWAY, "eth0");
    CU_ASSERT_EQUAL(route("route delete 10.1.0.0/16"), 0);
    expect_route(SIOCDELRT, 0x0a010000, 0xffff0000, 0, RTF_UP, "");
}

static void test_host_route(void)
{
    CU_ASSERT_EQUAL(route("route add -host 10.0.3.1 eth1"), 0);
    expect_route(SIOCADDRT, 0x0a000301, UINT32_MAX, 0, RTF_UP | RTF_HOST, "eth1");
}

static void test_metric(void)
{
    CU_ASSERT_EQUAL(route("route add default gw 10.0.2.2 metric 5"), 0);
    CU_ASSERT_EQUAL(fake.ioctls[0].route.rt_metric, 6);
}

static void test_refusal_is_named(void)
{
    fake_reset();
    fake.ioctl_error = -KEEXIST;
    CU_ASSERT_EQUAL(fake_run_program(route_main, "route add default gw 10.0.2.2"), 1);
    CU_ASSERT_STRING_EQUAL(fake.output, "route: SIOCADDRT: File exists\n");
}

static void test_bad_command_lines(void)
{
    static const char *const wrong[] = {
        "route -x",
        "route show",
        "route add",
        "route add -net",
        "route add nowhere",
        "route add -net 10.0.0.0/33 eth0",
        "route add default gw",
        "route add default gw gateway",
        "route add default netmask x",
        "route add default metric many gw 10.0.2.2",
        "route add default gw 10.0.2.2 dev",
        "route add default eth0 eth1",
        "route add default gw 10.0.2.2 dev eth0 eth1",
        "route add default eth0 gw 10.0.2.2 more words",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(route(wrong[i]), 2);
        CU_ASSERT_TRUE(strncmp(fake.output, "route: usage:", 13) == 0);
        CU_ASSERT_EQUAL(fake.ioctl_count, 0);
    }
}

UNIT_SUITE("route", UNIT_TEST(test_shows_the_table), UNIT_TEST(test_damaged_lines_are_left_out),
           UNIT_TEST(test_missing_table), UNIT_TEST(test_default_route), UNIT_TEST(test_net_route),
           UNIT_TEST(test_host_route), UNIT_TEST(test_metric), UNIT_TEST(test_refusal_is_named),
           UNIT_TEST(test_bad_command_lines))
