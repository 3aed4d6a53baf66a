/*
 * ioctls and /proc/net/route: what ifconfig and route work with.
 */
#include "netstack/posix/inet_ioctl.h"

#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/sockios.h"
#include "lib/endian.h"
#include "netstack/dialogue.h"
#include "netstack/interface.h"
#include "netstack/route.h"
#include "tests/unit.h"

#include <string.h>

static struct ifreq request_for(const char *name)
{
    struct ifreq request;
    memset(&request, 0, sizeof(request));
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    return request;
}

/* As a program has it, in memory of the guest. */
static char *name_in_ram(const char *name)
{
    return strcpy(fake_ram(strlen(name) + 1), name);
}

static void put(struct sockaddr *to, uint32_t address)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = host_to_net32(address)};
    memcpy(to, &in, sizeof(in));
}

static uint32_t get(const struct sockaddr *from)
{
    struct sockaddr_in in;
    memcpy(&in, from, sizeof(in));
    CU_ASSERT_EQUAL(in.sin_family, AF_INET);
    return net_to_host32(in.sin_addr);
}

static uint32_t get_address(const char *name, unsigned long what)
{
    struct ifreq request = request_for(name);
    CU_ASSERT_EQUAL(inet_ioctl(what, &request), 0);
    return get(&request.ifr_addr);
}

static long set_address(const char *name, unsigned long what, uint32_t address)
{
    struct ifreq request = request_for(name);
    put(&request.ifr_addr, address);
    return inet_ioctl(what, &request);
}

static void test_interfaces_show_what_they_are(void)
{
    dialogue_begin();
    CU_ASSERT_EQUAL(get_address("eth0", SIOCGIFADDR), OUR_ADDRESS);
    CU_ASSERT_EQUAL(get_address("eth0", SIOCGIFNETMASK), 0xffffff00);
    CU_ASSERT_EQUAL(get_address("eth0", SIOCGIFBRDADDR), 0x0a0002ff);
    CU_ASSERT_EQUAL(get_address("lo", SIOCGIFADDR), LOOPBACK);
    CU_ASSERT_EQUAL(get_address("lo", SIOCGIFNETMASK), 0xff000000);

    struct ifreq request = request_for("eth0");
    CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFHWADDR, &request), 0);
    CU_ASSERT_EQUAL(request.ifr_hwaddr.sa_family, ARPHRD_ETHER);
    CU_ASSERT_EQUAL(memcmp(request.ifr_hwaddr.sa_data, dialogue_netif(0)->mac, 6), 0);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFMTU, &request), 0);
    CU_ASSERT_EQUAL(request.ifr_mtu, 1500);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFFLAGS, &request), 0);
    CU_ASSERT_EQUAL(request.ifr_flags, IFF_UP | IFF_RUNNING | IFF_BROADCAST);
    request = request_for("lo");
    CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFFLAGS, &request), 0);
    CU_ASSERT_EQUAL(request.ifr_flags, IFF_UP | IFF_RUNNING | IFF_LOOPBACK);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFHWADDR, &request), 0);
    CU_ASSERT_EQUAL(request.ifr_hwaddr.sa_family, ARPHRD_LOOPBACK);
    dialogue_end();
}

static void test_interfaces_are_numbered_without_a_gap(void)
{
    static const char *const names[] = {"lo", "eth0", "eth1"};
    struct ifreq request;
    dialogue_begin_with(NULL, 2);
    for (int i = 0; i < 3; i++) {
        request.ifr_ifindex = i + 1;
        CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFNAME, &request), 0);
        CU_ASSERT_STRING_EQUAL(request.ifr_name, names[i]);
        request = request_for(names[i]);
        CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFINDEX, &request), 0);
        CU_ASSERT_EQUAL(request.ifr_ifindex, i + 1);
    }
    static const int32_t none[] = {0, -1, 4, INT32_MAX, INT32_MIN};
    for (unsigned i = 0; i < 5; i++) {
        request.ifr_ifindex = none[i];
        CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFNAME, &request), -KENODEV);
    }
    dialogue_end();
}

static void test_names_that_are_none_are_refused(void)
{
    struct ifreq request = request_for("eth9");
    dialogue_begin();
    CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFADDR, &request), -KENODEV);
    memset(request.ifr_name, 'e', IFNAMSIZ); /* not terminated */
    CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFADDR, &request), -KENODEV);
    CU_ASSERT_EQUAL(inet_ioctl(0x1234, &request), -KENOTTY);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFADDR, NULL), -KEFAULT);
    dialogue_end();
}

static void test_address_brings_the_mask_of_its_class_and_its_route(void)
{
    dialogue_begin_with(NULL, 2);
    struct ifreq request = request_for("eth1");
    CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFADDR, &request), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(set_address("eth1", SIOCSIFNETMASK, 0xffffff00), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(set_address("eth1", SIOCSIFADDR, 0xc0a80105), 0);
    CU_ASSERT_EQUAL(get_address("eth1", SIOCGIFNETMASK), 0xffffff00);
    CU_ASSERT_EQUAL(set_address("eth1", SIOCSIFADDR, 0xac100105), 0);
    CU_ASSERT_EQUAL(get_address("eth1", SIOCGIFNETMASK), 0xffff0000);
    CU_ASSERT_EQUAL(set_address("eth1", SIOCSIFADDR, 0x0b000105), 0);
    CU_ASSERT_EQUAL(get_address("eth1", SIOCGIFNETMASK), 0xff000000);
    CU_ASSERT_PTR_EQUAL(route_lookup(0x0b123456)->interface, interface_by_name("eth1"));
    CU_ASSERT_EQUAL(set_address("eth1", SIOCSIFNETMASK, 0xffffff00), 0);
    CU_ASSERT_PTR_EQUAL(route_lookup(0x0b123456)->interface, interface_by_name("eth0"));
    CU_ASSERT_EQUAL(set_address("eth1", SIOCSIFADDR, 0), 0);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCGIFADDR, &request), -KEADDRNOTAVAIL);
    dialogue_end();
}

static void test_values_that_make_no_sense_are_refused(void)
{
    dialogue_begin();
    CU_ASSERT_EQUAL(set_address("eth0", SIOCSIFADDR, 0xe0000001), -KEINVAL);
    CU_ASSERT_EQUAL(set_address("eth0", SIOCSIFNETMASK, 0xff00ff00), -KEINVAL);
    CU_ASSERT_EQUAL(set_address("eth0", SIOCSIFBRDADDR, 0x0a0002fe), -KEINVAL);
    CU_ASSERT_EQUAL(set_address("eth0", SIOCSIFBRDADDR, 0x0a0002ff), 0);
    CU_ASSERT_EQUAL(set_address("lo", SIOCSIFADDR, 0x0a000001), -KEOPNOTSUPP);
    struct ifreq request = request_for("eth0");
    request.ifr_addr.sa_family = AF_INET6;
    CU_ASSERT_EQUAL(inet_ioctl(SIOCSIFADDR, &request), -KEAFNOSUPPORT);
    static const int32_t mtus[] = {67, 1501, -1, INT32_MAX};
    for (unsigned i = 0; i < 4; i++) {
        request.ifr_mtu = mtus[i];
        CU_ASSERT_EQUAL(inet_ioctl(SIOCSIFMTU, &request), -KEINVAL);
    }
    CU_ASSERT_EQUAL(get_address("eth0", SIOCGIFADDR), OUR_ADDRESS);
    dialogue_end();
}

static void test_mtu_bounds_what_is_sent(void)
{
    struct ifreq request = request_for("eth0");
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    request.ifr_mtu = 68;
    CU_ASSERT_EQUAL(inet_ioctl(SIOCSIFMTU, &request), 0);
    dialogue_send_icmp(GATEWAY, 8, 7, 1, 48);
    dialogue_expect("echo-reply 10.0.2.15 > 10.0.2.2 id 7 seq 1 size 48");
    dialogue_send_icmp(GATEWAY, 8, 7, 2, 49);
    dialogue_expect("fragment 10.0.2.15 > 10.0.2.2 protocol 1 at 0 size 48 more");
    dialogue_expect("fragment 10.0.2.15 > 10.0.2.2 protocol 1 at 48 size 1");
    dialogue_end();
}

static void test_interface_goes_down_and_up(void)
{
    struct ifreq request = request_for("eth0");
    dialogue_begin();
    CU_ASSERT_EQUAL(inet_ioctl(SIOCSIFFLAGS, &request), 0);
    CU_ASSERT_EQUAL(route_count(), 0);
    request.ifr_flags = IFF_UP;
    CU_ASSERT_EQUAL(inet_ioctl(SIOCSIFFLAGS, &request), 0);
    CU_ASSERT_EQUAL(route_count(), 1);
    dialogue_end();
}

/* ---- routes ---------------------------------------------------------------------------------- */

static struct rtentry entry_for(uint32_t destination, uint32_t mask, uint32_t gateway)
{
    struct rtentry entry;
    memset(&entry, 0, sizeof(entry));
    put(&entry.rt_dst, destination);
    put(&entry.rt_genmask, mask);
    entry.rt_flags = RTF_UP;
    if (gateway != 0) {
        put(&entry.rt_gateway, gateway);
        entry.rt_flags |= RTF_GATEWAY;
    }
    return entry;
}

static void test_default_route_goes_and_comes(void)
{
    struct rtentry entry = entry_for(0, 0, GATEWAY);
    dialogue_begin();
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KEEXIST);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCDELRT, &entry), 0);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCDELRT, &entry), -KESRCH);
    CU_ASSERT_EQUAL(dialogue_ping(FAR_AWAY), -KENETUNREACH);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), 0);
    CU_ASSERT_EQUAL(route_lookup(FAR_AWAY)->gateway, GATEWAY);
    dialogue_end();
}

static void test_routes_need_an_interface_or_a_neighbour_as_gateway(void)
{
    dialogue_begin();
    struct rtentry entry = entry_for(0xc0a80000, 0xffff0000, 0);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KENODEV);
    entry.rt_dev = name_in_ram("eth9");
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KENODEV);
    entry.rt_dev = name_in_ram("lo");
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KEINVAL);
    entry.rt_dev = name_in_ram("eth0");
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), 0);
    entry = entry_for(0xc0a90000, 0xffff0000, FAR_AWAY);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KENETUNREACH);
    entry = entry_for(0xc0a90000, 0xffff0000, OUR_ADDRESS);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KEINVAL);
    dialogue_end();
}

static void test_names_of_a_routes_interface_lie_in_memory(void)
{
    static char outside[] = "eth0";
    dialogue_begin();
    struct rtentry entry = entry_for(0xc0a80000, 0xffff0000, 0);
    entry.rt_dev = outside;
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KEFAULT);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCDELRT, &entry), -KEFAULT);
    entry.rt_dev = (char *)(uintptr_t)8;
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KEFAULT);
    entry.rt_dev = name_in_ram("a-name-that-no-interface-has");
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KENODEV);
    dialogue_end();
}

static void test_prefixes_that_are_none_are_refused(void)
{
    dialogue_begin();
    struct rtentry entry = entry_for(0xc0a80001, 0xffff0000, GATEWAY);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KEINVAL);
    entry = entry_for(0xc0a80000, 0xff00ff00, GATEWAY);
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KEINVAL);
    entry = entry_for(0xc0a80000, 0xffff0000, GATEWAY);
    entry.rt_dst.sa_family = AF_INET6;
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), -KEINVAL);
    entry = entry_for(0xc0a80001, 0, GATEWAY);
    entry.rt_flags |= RTF_HOST; /* then the mask does not matter */
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), 0);
    CU_ASSERT_EQUAL(route_lookup(0xc0a80001)->length, 32);
    dialogue_end();
}

static void test_table_is_shown_in_the_format_of_linux(void)
{
    char text[FILE_TEXT_MAX + 1];
    int error = 0;
    dialogue_begin();
    struct rtentry entry = entry_for(0xc0a80001, 0, GATEWAY);
    entry.rt_flags |= RTF_HOST;
    CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), 0);
    struct file *file = path_open("/proc/net/route", 0, 0, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    long size = file->ops->read(file, text, FILE_TEXT_MAX);
    CU_ASSERT_TRUE_FATAL(size > 0);
    text[size] = '\0';
    CU_ASSERT_STRING_EQUAL(
        text, "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
              "eth0\t0100A8C0\t0202000A\t0007\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n"
              "eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
              "eth0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
    file_release(file);
    CU_ASSERT_PTR_NULL(path_open("/proc/net/nothing", 0, 0, &error));
    CU_ASSERT_EQUAL(error, -KENOENT);
    dialogue_end();
}

static void test_full_table_fits_into_the_file(void)
{
    int error = 0;
    dialogue_begin();
    for (uint32_t i = 0; i < ROUTES_MAX - 2; i++) {
        struct rtentry entry = entry_for(0xc0a80000 + (i << 8), 0xffffff00, GATEWAY);
        CU_ASSERT_EQUAL(inet_ioctl(SIOCADDRT, &entry), 0);
    }
    char text[FILE_TEXT_MAX];
    struct file *file = path_open("/proc/net/route", 0, 0, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    long size = file->ops->read(file, text, sizeof(text));
    CU_ASSERT_TRUE(size < FILE_TEXT_MAX);
    unsigned lines = 0;
    for (long i = 0; i < size; i++)
        lines += text[i] == '\n';
    CU_ASSERT_EQUAL(lines, 1 + ROUTES_MAX);
    file_release(file);
    dialogue_end();
}

UNIT_SUITE("inet_ioctl", UNIT_TEST(test_interfaces_show_what_they_are),
           UNIT_TEST(test_interfaces_are_numbered_without_a_gap),
           UNIT_TEST(test_names_that_are_none_are_refused),
           UNIT_TEST(test_address_brings_the_mask_of_its_class_and_its_route),
           UNIT_TEST(test_values_that_make_no_sense_are_refused),
           UNIT_TEST(test_mtu_bounds_what_is_sent), UNIT_TEST(test_interface_goes_down_and_up),
           UNIT_TEST(test_default_route_goes_and_comes),
           UNIT_TEST(test_routes_need_an_interface_or_a_neighbour_as_gateway),
           UNIT_TEST(test_names_of_a_routes_interface_lie_in_memory),
           UNIT_TEST(test_prefixes_that_are_none_are_refused),
           UNIT_TEST(test_table_is_shown_in_the_format_of_linux),
           UNIT_TEST(test_full_table_fits_into_the_file))
