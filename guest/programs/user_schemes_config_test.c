/* user_schemes_config_test.c - interfaces and routes by ioctl, as files of a played netcfg */
#include "kernel/sockios.h"
#include "lib/endian.h"
#include "programs/fake_provider.h"
#include "programs/user.h"
#include "programs/user_schemes.h"
#include "tests/unit.h"

#include <string.h>

#define ADDRESS 0x0a00020f /* 10.0.2.15 */

static int udp;

static struct ifreq interface(const char *name)
{
    struct ifreq request = {0};
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    return request;
}

static uint32_t address_of(const struct sockaddr *from)
{
    struct sockaddr_in name;
    memcpy(&name, from, sizeof name);
    CU_ASSERT_EQUAL(name.sin_family, AF_INET);
    return net_to_host32(name.sin_addr);
}

static void put_address(struct sockaddr *to, uint32_t address)
{
    struct sockaddr_in name = user_address(address);
    memcpy(to, &name, sizeof name);
}

static void begin(void)
{
    udp = (int)user_socket(AF_INET, SOCK_DGRAM, 0);
    CU_ASSERT_TRUE(udp >= 0);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void expect_address(unsigned long what, const char *name, uint32_t wanted)
{
    struct ifreq request = interface(name);
    CU_ASSERT_EQUAL(user_ioctl(udp, what, &request), 0);
    CU_ASSERT_EQUAL(address_of(&request.ifr_addr), wanted);
}

static void asks_for_addresses(void)
{
    struct ifreq none = interface("eth1"), nobody = interface("eth9");
    begin();
    fake_put_text("ifaces/eth0/addr/list", "10.0.2.15/20\n");
    fake_put_text("ifaces/lo/addr/list", "127.0.0.1/8\n");
    fake_put_text("ifaces/eth1/addr/list", "");
    expect_address(SIOCGIFADDR, "eth0", ADDRESS);
    expect_address(SIOCGIFNETMASK, "eth0", 0xfffff000);
    expect_address(SIOCGIFBRDADDR, "eth0", 0x0a000fff);
    expect_address(SIOCGIFBRDADDR, "lo", 0);
    expect_address(SIOCGIFNETMASK, "eth1", 0);
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCGIFADDR, &none), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCGIFADDR, &nobody), -KENODEV);
}

static void test_an_address_is_a_line_with_its_prefix(void)
{
    fake_provide(asks_for_addresses);
}

static long set_address(unsigned long what, uint32_t address)
{
    struct ifreq request = interface("eth0");
    put_address(&request.ifr_addr, address);
    return user_ioctl(udp, what, &request);
}

static void sets_addresses(void)
{
    begin();
    fake_put_text("ifaces/eth0/addr/set", "");
    fake_put_text("ifaces/eth0/addr/list", "10.0.2.15/8\n");
    CU_ASSERT_EQUAL(set_address(SIOCSIFADDR, ADDRESS), 0); /* by its class */
    CU_ASSERT_TRUE(fake_was_written_text("ifaces/eth0/addr/set", "10.0.2.15/8\n"));
    CU_ASSERT_EQUAL(set_address(SIOCSIFADDR, 0xac100001), 0);
    CU_ASSERT_TRUE(fake_was_written_text("ifaces/eth0/addr/set", "172.16.0.1/16\n"));
    CU_ASSERT_EQUAL(set_address(SIOCSIFADDR, 0xc0a80001), 0);
    CU_ASSERT_TRUE(fake_was_written_text("ifaces/eth0/addr/set", "192.168.0.1/24\n"));
    CU_ASSERT_EQUAL(set_address(SIOCSIFADDR, 0), 0);
    CU_ASSERT_TRUE(fake_was_written_text("ifaces/eth0/addr/set", "none\n"));
    CU_ASSERT_EQUAL(set_address(SIOCSIFNETMASK, 0xfffffc00), 0); /* that which is there */
    CU_ASSERT_TRUE(fake_was_written_text("ifaces/eth0/addr/set", "10.0.2.15/22\n"));
    CU_ASSERT_EQUAL(set_address(SIOCSIFNETMASK, 0xff00ff00), -KEINVAL);
    fake_put_text("ifaces/eth0/addr/list", "");
    CU_ASSERT_EQUAL(set_address(SIOCSIFNETMASK, 0xffffff00), -KEADDRNOTAVAIL);
    fake_put_error("ifaces/eth0/addr/set", -KEINVAL);
    CU_ASSERT_EQUAL(set_address(SIOCSIFADDR, ADDRESS), -KEINVAL); /* what they say */
}

static void test_setting_an_address_or_its_mask_writes_both(void)
{
    fake_provide(sets_addresses);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static long flags_of(const char *name)
{
    struct ifreq request = interface(name);
    long error = user_ioctl(udp, SIOCGIFFLAGS, &request);
    return error != 0 ? error : request.ifr_flags;
}

static void asks_for_the_rest(void)
{
    static const uint8_t mac[] = {2, 0, 0x0a, 0, 2, 0xff};
    struct ifreq request = interface("eth0");
    begin();
    fake_put_text("ifaces/eth0/state", "up\n");
    fake_put_text("ifaces/eth1/state", "up, no carrier\n");
    fake_put_text("ifaces/lo/state", "down\n");
    fake_put_text("ifaces/eth0/mac", "02-00-0a-00-02-ff\n");
    fake_put_text("ifaces/eth0/mtu", "1492\n");
    fake_put_text("ifaces", "lo\neth0\neth1\n");
    CU_ASSERT_EQUAL(flags_of("eth0"), IFF_UP | IFF_BROADCAST | IFF_RUNNING);
    CU_ASSERT_EQUAL(flags_of("eth1"), IFF_UP | IFF_BROADCAST);
    CU_ASSERT_EQUAL(flags_of("lo"), IFF_LOOPBACK);
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCGIFHWADDR, &request), 0);
    CU_ASSERT_EQUAL(request.ifr_hwaddr.sa_family, ARPHRD_ETHER);
    CU_ASSERT_EQUAL(memcmp(request.ifr_hwaddr.sa_data, mac, sizeof mac), 0);
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCGIFMTU, &request), 0);
    CU_ASSERT_EQUAL(request.ifr_mtu, 1492);
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCGIFINDEX, &request), 0);
    CU_ASSERT_EQUAL(request.ifr_ifindex, 2);
    request.ifr_ifindex = 3;
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCGIFNAME, &request), 0);
    CU_ASSERT_STRING_EQUAL(request.ifr_name, "eth1");
    request.ifr_ifindex = 4;
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCGIFNAME, &request), -KENODEV);
}

static void test_what_an_interface_is_stands_in_its_files(void)
{
    fake_provide(asks_for_the_rest);
}

static void changes_the_rest(void)
{
    struct ifreq request = interface("eth0");
    begin();
    fake_put_text("ifaces/eth0/state", "up\n");
    fake_put_text("ifaces/eth0/mtu", "1500\n");
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCSIFFLAGS, &request), 0);
    CU_ASSERT_TRUE(fake_was_written_text("ifaces/eth0/state", "down\n"));
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCSIFFLAGS, &request), 0);
    CU_ASSERT_TRUE(fake_was_written_text("ifaces/eth0/state", "up\n"));
    request.ifr_mtu = 1400;
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCSIFMTU, &request), 0);
    CU_ASSERT_TRUE(fake_was_written_text("ifaces/eth0/mtu", "1400\n"));
    request.ifr_mtu = -1;
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCSIFMTU, &request), -KEINVAL);
    CU_ASSERT_EQUAL(user_ioctl(udp, 0x1234, &request), -KENOTTY);
    CU_ASSERT_EQUAL(user_ioctl((int)user_epoll_create(), SIOCGIFMTU, &request), -KENOTTY);
}

static void test_changes_are_written(void)
{
    fake_provide(changes_the_rest);
}

static void changes_routes(void)
{
    char device[] = "eth1";
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = device};
    begin();
    fake_put_text("route/add", "");
    fake_put_text("route/rm", "");
    put_address(&route.rt_dst, 0x0a010000);
    put_address(&route.rt_genmask, 0xffff0000);
    put_address(&route.rt_gateway, 0x0a000202);
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCADDRT, &route), 0);
    CU_ASSERT_TRUE(fake_was_written_text("route/add", "10.1.0.0/16 via 10.0.2.2 dev eth1"));
    route = (struct rtentry){.rt_flags = RTF_UP | RTF_HOST};
    put_address(&route.rt_dst, 0x0a010001);
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCDELRT, &route), 0);
    CU_ASSERT_TRUE(fake_was_written_text("route/rm", "10.1.0.1/32"));
    route.rt_flags = RTF_UP;
    put_address(&route.rt_genmask, 0x00ffffff);
    CU_ASSERT_EQUAL(user_ioctl(udp, SIOCADDRT, &route), -KEINVAL);
}

static void test_a_route_is_a_line(void)
{
    fake_provide(changes_routes);
}

static void opens_tables(void)
{
    char text[16] = "";
    fake_put_text("tables/tcp", "  sl\n");
    int file = (int)user_open("/proc/net/tcp", O_RDONLY);
    CU_ASSERT_TRUE(file >= 0);
    CU_ASSERT_EQUAL(user_read(file, text, sizeof text), 5);
    CU_ASSERT_EQUAL(user_open("/proc/net/igmp", O_RDONLY), -KENOENT);
}

static void test_tables_of_proc_are_those_of_netcfg(void)
{
    fake_provide(opens_tables);
}

UNIT_SUITE("user_schemes_config", UNIT_TEST(test_an_address_is_a_line_with_its_prefix),
           UNIT_TEST(test_setting_an_address_or_its_mask_writes_both),
           UNIT_TEST(test_what_an_interface_is_stands_in_its_files),
           UNIT_TEST(test_changes_are_written), UNIT_TEST(test_a_route_is_a_line),
           UNIT_TEST(test_tables_of_proc_are_those_of_netcfg))
