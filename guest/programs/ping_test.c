/* ping_test.c - ping against a scripted peer */
#include "lib/endian.h"
#include "lib/errno.h"
#include "programs/fake_kernel.h"
#include "programs/programs.h"
#include "tests/unit.h"

#include <string.h>

static int ping(const char *line)
{
    return fake_run_program(ping_main, line);
}

static bool says(const char *text)
{
    return strstr(fake.output, text) != NULL;
}

static void test_three_replies(void)
{
    fake_reset();
    CU_ASSERT_EQUAL(ping("ping -c 3 10.0.2.2"), 0);
    CU_ASSERT_STRING_EQUAL(fake.output, "PING 10.0.2.2: 56 data bytes\n"
                                        "64 bytes from 10.0.2.2: icmp_seq=1 time=0.100 ms\n"
                                        "64 bytes from 10.0.2.2: icmp_seq=2 time=0.100 ms\n"
                                        "64 bytes from 10.0.2.2: icmp_seq=3 time=0.100 ms\n"
                                        "\n"
                                        "--- 10.0.2.2 ping statistics ---\n"
                                        "3 packets transmitted, 3 received, 0% packet loss\n"
                                        "rtt min/avg/max = 0.100/0.100/0.100 ms\n");
    CU_ASSERT_EQUAL(fake.writes, 8);
}

/* The last reply ends the program: it does not linger. */
static void test_requests_are_an_interval_apart(void)
{
    fake_reset();
    CU_ASSERT_EQUAL(ping("ping -c 5 10.0.2.2"), 0);
    CU_ASSERT_EQUAL(fake.now_ns, 5000 * FAKE_MS + FAKE_MS / 10);
    fake_reset();
    CU_ASSERT_EQUAL(ping("ping -c 5 -i 0.2 10.0.2.2"), 0);
    CU_ASSERT_EQUAL(fake.now_ns, 1800 * FAKE_MS + FAKE_MS / 10);
}

static void test_request_has_its_form(void)
{
    fake_reset();
    CU_ASSERT_EQUAL(ping("ping -c 2 -s 3 10.0.2.2"), 0);
    CU_ASSERT_EQUAL(fake.last_request_size, 11);
    CU_ASSERT_EQUAL(memcmp(fake.last_request, "\x08\0\0\0\0\0\0\x02\0\1\2", 11), 0);
    CU_ASSERT_EQUAL(fake.last_destination, 0x0a000202);
    CU_ASSERT_TRUE(says("11 bytes from 10.0.2.2: icmp_seq=2 time=0.100 ms\n"));
}

static void test_sizes(void)
{
    fake_reset();
    CU_ASSERT_EQUAL(ping("ping -c 1 -s 0 10.0.2.2"), 0);
    CU_ASSERT_EQUAL(fake.last_request_size, 8);
    CU_ASSERT_EQUAL(ping("ping -c 1 -s 4096 10.0.2.2"), 0);
    CU_ASSERT_EQUAL(fake.last_request_size, 4104);
    CU_ASSERT_EQUAL(ping("ping -c 1 -s 4097 10.0.2.2"), 2);
}

static void test_one_lost(void)
{
    fake_reset();
    fake.peer.lost = 1 << 2;
    CU_ASSERT_EQUAL(ping("ping -c 3 10.0.2.2"), 1);
    CU_ASSERT_FALSE(says("icmp_seq=2"));
    CU_ASSERT_TRUE(says("\n3 packets transmitted, 2 received, 33% packet loss\n"));
    CU_ASSERT_EQUAL(fake.now_ns, 13000 * FAKE_MS); /* 10 s after the last request */
}

static void test_all_lost(void)
{
    fake_reset();
    fake.peer.lost = UINT64_MAX;
    CU_ASSERT_EQUAL(ping("ping -c 2 -W 0.5 10.0.2.2"), 1);
    CU_ASSERT_TRUE(says("\n2 packets transmitted, 0 received, 100% packet loss\n"));
    CU_ASSERT_FALSE(says("rtt"));
    CU_ASSERT_EQUAL(fake.now_ns, 2500 * FAKE_MS);
}

static void test_duplicates_are_marked(void)
{
    fake_reset();
    fake.peer.duplicated = 1 << 1;
    CU_ASSERT_EQUAL(ping("ping -c 2 10.0.2.2"), 0);
    CU_ASSERT_TRUE(says("\n64 bytes from 10.0.2.2: icmp_seq=1 (DUP!)\n"));
    CU_ASSERT_TRUE(says("\n2 packets transmitted, 2 received, +1 duplicates, 0% packet loss\n"));
}

static void test_late_reply_counts(void)
{
    fake_reset();
    fake.peer.rtt_ns = 2500 * FAKE_MS;
    CU_ASSERT_EQUAL(ping("ping -c 2 10.0.2.2"), 0);
    CU_ASSERT_TRUE(says("icmp_seq=1 time=2500.000 ms\n"));
    CU_ASSERT_TRUE(says("icmp_seq=2 time=2500.000 ms\n"));
}

static void test_quiet(void)
{
    fake_reset();
    CU_ASSERT_EQUAL(ping("ping -q -c 3 10.0.2.2"), 0);
    CU_ASSERT_STRING_EQUAL(fake.output, "PING 10.0.2.2: 56 data bytes\n"
                                        "\n"
                                        "--- 10.0.2.2 ping statistics ---\n"
                                        "3 packets transmitted, 3 received, 0% packet loss\n"
                                        "rtt min/avg/max = 0.100/0.100/0.100 ms\n");
}

static void test_flood_sends_when_the_reply_is_there(void)
{
    fake_reset();
    CU_ASSERT_EQUAL(ping("ping -f -c 200 10.0.2.2"), 0);
    CU_ASSERT_EQUAL(fake.sends, 200);
    CU_ASSERT_EQUAL(fake.now_ns, 1000 * FAKE_MS + 200 * (FAKE_MS / 10));
    CU_ASSERT_FALSE(says("icmp_seq"));
    CU_ASSERT_EQUAL(fake.timeouts_set, 2); /* between requests, and after the last */
}

static void test_flood_without_reply_waits_ten_ms(void)
{
    fake_reset();
    fake.peer.lost = 1 << 1;
    CU_ASSERT_EQUAL(ping("ping -f -c 2 -W 1 10.0.2.2"), 1);
    CU_ASSERT_EQUAL(fake.now_ns, 2010 * FAKE_MS);
}

static void test_sequence_numbers_wrap(void)
{
    fake_reset();
    CU_ASSERT_EQUAL(ping("ping -f -c 65540 10.0.2.2"), 0);
    CU_ASSERT_TRUE(says("\n65540 packets transmitted, 65540 received, 0% packet loss\n"));
    CU_ASSERT_EQUAL(load_be16(fake.last_request + 6), 4);
}

static void test_no_route_at_the_first_request(void)
{
    fake_reset();
    fake.send_error = -KENETUNREACH;
    fake.send_error_from = 1;
    CU_ASSERT_EQUAL(ping("ping -c 3 192.0.2.1"), 2);
    CU_ASSERT_STRING_EQUAL(fake.output, "PING 192.0.2.1: 56 data bytes\n"
                                        "ping: sendto: Network is unreachable\n");
    CU_ASSERT_EQUAL(fake.sends, 1);
}

static void test_later_send_errors_are_counted(void)
{
    fake_reset();
    fake.send_error = -KENETUNREACH;
    fake.send_error_from = 2;
    CU_ASSERT_EQUAL(ping("ping -c 3 10.0.2.2"), 2);
    CU_ASSERT_TRUE(says("\n3 packets transmitted, 1 received, +2 errors, 66% packet loss\n"));
    CU_ASSERT_EQUAL(fake.now_ns, 3000 * FAKE_MS); /* nothing is under way any more */
}

static void test_unreachable_host_ends_the_wait(void)
{
    fake_reset();
    fake.peer.lost = UINT64_MAX;
    fake.receive_error = -KEHOSTUNREACH;
    fake.receive_error_at_ns = 4000 * FAKE_MS;
    CU_ASSERT_EQUAL(ping("ping -c 3 10.0.2.9"), 2);
    CU_ASSERT_TRUE(says("\nping: recvfrom: No route to host\n"));
    CU_ASSERT_TRUE(says("\n3 packets transmitted, 0 received, +1 errors, 100% packet loss\n"));
    CU_ASSERT_EQUAL(fake.now_ns, 4000 * FAKE_MS);
}

static void test_no_socket(void)
{
    fake_reset();
    fake.socket_error = -KEACCES;
    CU_ASSERT_EQUAL(ping("ping 10.0.2.2"), 2);
    CU_ASSERT_STRING_EQUAL(fake.output, "ping: socket: Permission denied\n");
}

static void test_bad_command_lines(void)
{
    static const char *const wrong[] = {
        "ping",
        "ping 10.0.2.2 10.0.2.3",
        "ping -x 10.0.2.2",
        "ping -c",
        "ping -c 0 10.0.2.2",
        "ping -c many 10.0.2.2",
        "ping -i soon 10.0.2.2",
        "ping -s -1 10.0.2.2",
        "ping -W ever 10.0.2.2",
        "ping gateway",
        "ping 10.0.2",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fake_reset();
        CU_ASSERT_EQUAL(ping(wrong[i]), 2);
        CU_ASSERT_TRUE(strncmp(fake.output, "ping: ", 6) == 0);
        CU_ASSERT_EQUAL(fake.sends, 0);
    }
}

static void test_messages_name_what_is_wrong(void)
{
    fake_reset();
    CU_ASSERT_EQUAL(ping("ping -c many 10.0.2.2"), 2);
    CU_ASSERT_STRING_EQUAL(fake.output, "ping: invalid argument: 'many'\n");
    fake_reset();
    CU_ASSERT_EQUAL(ping("ping gateway"), 2);
    CU_ASSERT_STRING_EQUAL(fake.output, "ping: gateway: Name or service not known\n");
}

UNIT_SUITE("ping", UNIT_TEST(test_three_replies), UNIT_TEST(test_requests_are_an_interval_apart),
           UNIT_TEST(test_request_has_its_form), UNIT_TEST(test_sizes), UNIT_TEST(test_one_lost),
           UNIT_TEST(test_all_lost), UNIT_TEST(test_duplicates_are_marked),
           UNIT_TEST(test_late_reply_counts), UNIT_TEST(test_quiet),
           UNIT_TEST(test_flood_sends_when_the_reply_is_there),
           UNIT_TEST(test_flood_without_reply_waits_ten_ms), UNIT_TEST(test_sequence_numbers_wrap),
           UNIT_TEST(test_no_route_at_the_first_request),
           UNIT_TEST(test_later_send_errors_are_counted),
           UNIT_TEST(test_unreachable_host_ends_the_wait), UNIT_TEST(test_no_socket),
           UNIT_TEST(test_bad_command_lines), UNIT_TEST(test_messages_name_what_is_wrong))
