/* ifconfig_test.c - ifconfig: what it shows, and what it asks the kernel for */
#include "lib/endian.h"
#include "lib/errno.h"
#include "programs/fake_kernel.h"
#include "programs/programs.h"
#include "tests/unit.h"

#include <string.h>

static int ifconfig(const char *line)
{
    fake_reset();
    return fake_run_program(ifconfig_main, line);
}

/* Request number i: its kind, interface and address. */
static void expect_address(unsigned i, unsigned long request, const char *name, uint32_t address)
{
    struct sockaddr_in value;
    CU_ASSERT_TRUE_FATAL(i < fake.ioctl_count);
    const struct ifreq *interface = &fake.ioctls[i].interface;
    memcpy(&value, &interface->ifr_addr, sizeof value);
    CU_ASSERT_EQUAL(fake.ioctls[i].request, request);
    CU_ASSERT_STRING_EQUAL(interface->ifr_name, name);
    CU_ASSERT_EQUAL(value.sin_family, AF_INET);
    CU_ASSERT_EQUAL(net_to_host32(value.sin_addr), address);
}

static void test_shows_all_interfaces(void)
{
    CU_ASSERT_EQUAL(ifconfig("ifconfig"), 0);
    CU_ASSERT_STRING_EQUAL(fake.output,
                           "lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 1500\n"
                           "        inet 127.0.0.1  netmask 255.0.0.0\n"
                           "        loop\n"
                           "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n"
                           "        inet 10.0.2.15  netmask 255.255.255.0  broadcast 10.0.2.255\n"
                           "        ether 52:54:00:12:34:56\n"
                           "eth1: flags=2<BROADCAST>  mtu 1500\n"
                           "        ether 52:54:00:12:34:56\n");
    CU_ASSERT_EQUAL(fake.ioctl_count, 0);
}

static void test_shows_one_interface(void)
{
    CU_ASSERT_EQUAL(ifconfig("ifconfig eth1"), 0);
    CU_ASSERT_STRING_EQUAL(fake.output, "eth1: flags=2<BROADCAST>  mtu 1500\n"
                                        "        ether 52:54:00:12:34:56\n");
}

static void test_unknown_interface(void)
{
    CU_ASSERT_EQUAL(ifconfig("ifconfig eth9"), 1);
    CU_ASSERT_STRING_EQUAL(fake.output, "ifconfig: eth9: No such device\n");
}

static void test_sets_address_and_netmask(void)
{
    CU_ASSERT_EQUAL(ifconfig("ifconfig eth0 10.0.2.15 netmask 255.255.255.0"), 0);
    CU_ASSERT_EQUAL(fake.ioctl_count, 2);
    expect_address(0, SIOCSIFADDR, "eth0", 0x0a00020f);
    expect_address(1, SIOCSIFNETMASK, "eth0", 0xffffff00);
    CU_ASSERT_STRING_EQUAL(fake.output, "");
}

static void test_sets_address_with_prefix(void)
{
    CU_ASSERT_EQUAL(ifconfig("ifconfig eth0 10.0.2.15/20"), 0);
    CU_ASSERT_EQUAL(fake.ioctl_count, 2);
    expect_address(1, SIOCSIFNETMASK, "eth0", 0xfffff000);
}

static void test_address_alone_leaves_the_mask_to_the_kernel(void)
{
    CU_ASSERT_EQUAL(ifconfig("ifconfig eth0 10.0.2.15"), 0);
    CU_ASSERT_EQUAL(fake.ioctl_count, 1);
}

static void test_up_and_down_keep_other_flags(void)
{
    CU_ASSERT_EQUAL(ifconfig("ifconfig eth0 down"), 0);
    CU_ASSERT_EQUAL(fake.ioctls[0].request, SIOCSIFFLAGS);
    CU_ASSERT_EQUAL(fake.ioctls[0].interface.ifr_flags,
                    IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST);
    CU_ASSERT_EQUAL(ifconfig("ifconfig eth1 up"), 0);
    CU_ASSERT_EQUAL(fake.ioctls[0].interface.ifr_flags, IFF_BROADCAST | IFF_UP);
}

static void test_sets_mtu(void)
{
    CU_ASSERT_EQUAL(ifconfig("ifconfig eth0 mtu 1400 up"), 0);
    CU_ASSERT_EQUAL(fake.ioctl_count, 2);
    CU_ASSERT_EQUAL(fake.ioctls[0].request, SIOCSIFMTU);
    CU_ASSERT_EQUAL(fake.ioctls[0].interface.ifr_mtu, 1400);
}

static void test_refusal_is_named_and_ends_it(void)
{
    fake_reset();
    fake.ioctl_error = -KEINVAL;
    CU_ASSERT_EQUAL(fake_run_program(ifconfig_main, "ifconfig eth0 10.0.2.15 netmask 255.0.255.0"),
                    1);
    CU_ASSERT_STRING_EQUAL(fake.output, "ifconfig: eth0: SIOCSIFADDR: Invalid argument\n");
    CU_ASSERT_EQUAL(fake.ioctl_count, 1);
}

static void test_bad_command_lines(void)
{
    static const char *const wrong[] = {
        "ifconfig -x",
        "ifconfig eth0 10.0.2",
        "ifconfig eth0 netmask",
        "ifconfig eth0 mtu",
        "ifconfig eth0 netmask /24",
        "ifconfig eth0 mtu big",
        "ifconfig eth0 sideways",
        "ifconfig a-name-that-is-too-long up",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(ifconfig(wrong[i]), 2);
        CU_ASSERT_TRUE(strncmp(fake.output, "ifconfig: usage:", 16) == 0);
        CU_ASSERT_EQUAL(fake.ioctl_count, 0);
    }
}

static void test_no_socket(void)
{
    fake_reset();
    fake.socket_error = -KENOBUFS;
    CU_ASSERT_EQUAL(fake_run_program(ifconfig_main, "ifconfig"), 1);
    CU_ASSERT_STRING_EQUAL(fake.output, "ifconfig: socket: No buffer space available\n");
}

UNIT_SUITE("ifconfig", UNIT_TEST(test_shows_all_interfaces), UNIT_TEST(test_shows_one_interface),
           UNIT_TEST(test_unknown_interface), UNIT_TEST(test_sets_address_and_netmask),
           UNIT_TEST(test_sets_address_with_prefix),
           UNIT_TEST(test_address_alone_leaves_the_mask_to_the_kernel),
           UNIT_TEST(test_up_and_down_keep_other_flags), UNIT_TEST(test_sets_mtu),
           UNIT_TEST(test_refusal_is_named_and_ends_it), UNIT_TEST(test_bad_command_lines),
           UNIT_TEST(test_no_socket))
