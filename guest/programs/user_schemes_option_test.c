/* user_schemes_option_test.c - options of sockets, as settings of a provider that is played */
#include "kernel/sockios.h"
#include "programs/fake_provider.h"
#include "programs/user.h"
#include "programs/user_schemes.h"
#include "tests/unit.h"

#include <string.h>

static int tcp, udp;

static void open_sockets(void)
{
    tcp = (int)user_socket(AF_INET, SOCK_STREAM, 0);
    udp = (int)user_socket(AF_INET, SOCK_DGRAM, 0);
    CU_ASSERT_EQUAL(user_scheme_of(tcp), USER_SCHEME_TCP);
    CU_ASSERT_EQUAL(user_scheme_of(udp), USER_SCHEME_UDP);
}

static long set(int level, int name, const void *value, size_t size)
{
    return user_setsockopt(tcp, level, name, value, size);
}

static long get_number(int socket, int level, int name)
{
    int32_t number = -1;
    uint32_t size = sizeof number;
    long error = user_getsockopt(socket, level, name, &number, &size);
    CU_ASSERT_TRUE(error != 0 || size == sizeof number);
    return error != 0 ? error : number;
}

static void numbers(void)
{
    static const struct {
        int level, name;
        const char *setting;
    } options[] = {
        {SOL_SOCKET, SO_ERROR, "error"},
        {SOL_SOCKET, SO_ACCEPTCONN, "backlog"},
        {SOL_SOCKET, SO_REUSEADDR, "reuse_address"},
        {SOL_SOCKET, SO_BROADCAST, "broadcast"},
        {SOL_SOCKET, SO_RCVBUF, "receive_buffer"},
        {SOL_SOCKET, SO_SNDBUF, "send_buffer"},
        {SOL_SOCKET, SO_KEEPALIVE, "keepalive"},
        {IPPROTO_IP, IP_TTL, "hop_limit"},
        {IPPROTO_IP, IP_RECVTTL, "receive_ttl"},
        {IPPROTO_TCP, TCP_NODELAY, "no_delay"},
    };
    open_sockets();
    for (int32_t i = 0; i < (int32_t)(sizeof options / sizeof options[0]); i++) {
        const int64_t value = INT64_C(0x500000000) + i; /* of eight bytes four count */
        fake_put_number(options[i].setting, 1000 + i);
        CU_ASSERT_EQUAL(get_number(tcp, options[i].level, options[i].name), 1000 + i);
        CU_ASSERT_EQUAL(set(options[i].level, options[i].name, &value, 3), -KEINVAL);
        CU_ASSERT_EQUAL(fake_written_size(options[i].setting), 0);
        CU_ASSERT_EQUAL(set(options[i].level, options[i].name, &value, sizeof value), 0);
        CU_ASSERT_TRUE(fake_was_written_number(options[i].setting, i));
    }
    CU_ASSERT_EQUAL(get_number(tcp, SOL_SOCKET, 9999), -KENOPROTOOPT);
    CU_ASSERT_EQUAL(get_number(tcp, IPPROTO_TCP, SO_RCVBUF), -KENOPROTOOPT);
    CU_ASSERT_EQUAL(set(SOL_SOCKET, 9999, "1234", 4), -KENOPROTOOPT);
}

static void test_numbers_are_settings_of_four_bytes(void)
{
    fake_provide(numbers);
}

static void constants(void)
{
    open_sockets();
    unsigned before = fake_requests();
    CU_ASSERT_EQUAL(get_number(tcp, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    CU_ASSERT_EQUAL(get_number(udp, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
    CU_ASSERT_EQUAL(get_number(tcp, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
    CU_ASSERT_EQUAL(get_number(udp, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
    CU_ASSERT_EQUAL(get_number(udp, SOL_SOCKET, SO_DOMAIN), AF_INET);
    CU_ASSERT_EQUAL(get_number(udp, SOL_SOCKET, SO_ACCEPTCONN), 0);
    CU_ASSERT_EQUAL(get_number(udp, SOL_SOCKET, SO_KEEPALIVE), 0);
    CU_ASSERT_EQUAL(fake_requests(), before);
}

static void test_what_follows_from_the_scheme_is_not_asked_for(void)
{
    fake_provide(constants);
}

static void times(void)
{
    const struct kernel_timespec there = {2, 500000000};
    struct kernel_timeval time = {7, 250000}, wrong = {1, 1000000}, is = {0, 0};
    const struct kernel_timespec wanted = {7, 250000000};
    uint32_t size = sizeof is;
    open_sockets();
    fake_put("read_timeout", &there, sizeof there);
    fake_put_error("write_timeout", -KEDOM);
    CU_ASSERT_EQUAL(set(SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time - 1), -KEINVAL);
    CU_ASSERT_EQUAL(set(SOL_SOCKET, SO_RCVTIMEO, &wrong, sizeof wrong), -KEDOM);
    CU_ASSERT_EQUAL(fake_written_size("read_timeout"), 0);
    CU_ASSERT_EQUAL(set(SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time), 0);
    CU_ASSERT_TRUE(fake_was_written("read_timeout", &wanted, sizeof wanted));
    CU_ASSERT_EQUAL(user_getsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, &is, &size), 0);
    CU_ASSERT_EQUAL(size, sizeof is);
    CU_ASSERT_EQUAL(is.tv_sec, 2);
    CU_ASSERT_EQUAL(is.tv_usec, 500000);
    CU_ASSERT_EQUAL(set(SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time), -KEDOM); /* what they say */
    CU_ASSERT_EQUAL(user_getsockopt(tcp, SOL_SOCKET, SO_SNDTIMEO, &is, &size), -KEDOM);
}

static void test_times_are_settings_in_nanoseconds(void)
{
    fake_provide(times);
}

static void linger(void)
{
    const uint32_t there[2] = {1, 9}, wanted[2] = {1, 0};
    uint32_t is[2] = {7, 7}, size = 4;
    open_sockets();
    fake_put("linger", there, sizeof there);
    CU_ASSERT_EQUAL(set(SOL_SOCKET, SO_LINGER, wanted, 7), -KEINVAL);
    CU_ASSERT_EQUAL(set(SOL_SOCKET, SO_LINGER, wanted, sizeof wanted), 0);
    CU_ASSERT_TRUE(fake_was_written("linger", wanted, sizeof wanted));
    CU_ASSERT_EQUAL(user_getsockopt(tcp, SOL_SOCKET, SO_LINGER, is, &size), 0);
    CU_ASSERT_EQUAL(size, 4); /* as much as there was room for */
    CU_ASSERT_EQUAL(is[0], 1);
    CU_ASSERT_EQUAL(is[1], 7);
}

static void test_linger_is_a_setting_of_two_words(void)
{
    fake_provide(linger);
}

static void device(void)
{
    char name[IFNAMSIZ] = "eth0";
    uint32_t size = sizeof name;
    open_sockets();
    fake_put("device", NULL, 0);
    CU_ASSERT_EQUAL(set(SOL_SOCKET, SO_BINDTODEVICE, name, 4), 0);
    CU_ASSERT_TRUE(fake_was_written("device", "eth0", 4));
    CU_ASSERT_EQUAL(user_getsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, name, &size), 0);
    CU_ASSERT_EQUAL(size, 0); /* none */
    fake_put("device", "eth1", 5);
    size = IFNAMSIZ - 1;
    CU_ASSERT_EQUAL(user_getsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, name, &size), -KEINVAL);
    size = IFNAMSIZ;
    CU_ASSERT_EQUAL(user_getsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, name, &size), 0);
    CU_ASSERT_EQUAL(size, 5);
    CU_ASSERT_STRING_EQUAL(name, "eth1");
}

static void test_a_device_is_a_name(void)
{
    fake_provide(device);
}

static void others(void)
{
    int32_t number = 0;
    uint32_t size = sizeof number;
    int queue = (int)user_epoll_create();
    open_sockets();
    CU_ASSERT_EQUAL(user_setsockopt(queue, SOL_SOCKET, SO_RCVBUF, &number, size), -KENOTSOCK);
    CU_ASSERT_EQUAL(user_getsockopt(queue, SOL_SOCKET, SO_TYPE, &number, &size), -KENOTSOCK);
    CU_ASSERT_EQUAL(user_getsockopt(99, SOL_SOCKET, SO_TYPE, &number, &size), -KENOTSOCK);
    CU_ASSERT_EQUAL(get_number(tcp, SOL_SOCKET, SO_RCVBUF), -KENOENT); /* they have no such one */
}

static void test_what_is_no_socket_has_no_options(void)
{
    fake_provide(others);
}

UNIT_SUITE("user_schemes_option", UNIT_TEST(test_numbers_are_settings_of_four_bytes),
           UNIT_TEST(test_what_follows_from_the_scheme_is_not_asked_for),
           UNIT_TEST(test_times_are_settings_in_nanoseconds),
           UNIT_TEST(test_linger_is_a_setting_of_two_words), UNIT_TEST(test_a_device_is_a_name),
           UNIT_TEST(test_what_is_no_socket_has_no_options))
