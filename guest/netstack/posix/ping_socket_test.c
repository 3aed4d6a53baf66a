/*
 * Ping sockets, as programs see them.
 */
#include "netstack/posix/ping_socket.h"

#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "netstack/datagram_channel.h"
#include "netstack/dialogue.h"
#include "netstack/posix/reader.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static struct file *socket_file;
static uint8_t message[64];

static struct sockaddr_in address_of(uint32_t address)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = host_to_net32(address)};
}

static struct file *open_socket(void)
{
    int error = 0;
    struct file *file = socket_open(AF_INET, SOCK_DGRAM, IPPROTO_ICMP, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    return file;
}

/* A dialogue in which the gateway is a known neighbour, with one socket. */
static void begin(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    socket_file = open_socket();
    dialogue_build_icmp(message, 8, 0, 0xdead, 1, sizeof(message));
}

static void end(void)
{
    file_release(socket_file);
    dialogue_end();
}

static long send_to(uint32_t address)
{
    struct sockaddr_in to = address_of(address);
    return socket_sendto(socket_file, message, sizeof(message), 0, (struct sockaddr *)&to,
                         sizeof(to));
}

static long receive_now(void)
{
    uint8_t buffer[1500];
    return socket_recvfrom(socket_file, buffer, sizeof(buffer), MSG_DONTWAIT, NULL, NULL);
}

/* ---- what sockets there are ------------------------------------------------------------------ */

static void test_other_kinds_of_sockets_are_refused(void)
{
    static const struct {
        int family, type, protocol, error;
    } cases[] = {
        {AF_INET, SOCK_STREAM, IPPROTO_UDP, -KEPROTONOSUPPORT},
        {AF_INET, SOCK_DGRAM, 6, -KEPROTONOSUPPORT},
        {AF_INET, 3, IPPROTO_ICMP, -KEPROTONOSUPPORT},
        {AF_INET6, SOCK_STREAM, 0, -KEAFNOSUPPORT},
    };
    begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int error = 0;
        CU_ASSERT_PTR_NULL(socket_open(cases[i].family, cases[i].type, cases[i].protocol, &error));
        CU_ASSERT_EQUAL(error, cases[i].error);
    }
    end();
}

static void test_more_sockets_than_the_limit_are_refused(void)
{
    struct file *files[PING_SOCKETS_MAX];
    int error = 0;
    begin();
    for (unsigned i = 1; i < PING_SOCKETS_MAX; i++)
        files[i] = open_socket();
    CU_ASSERT_PTR_NULL(socket_open(AF_INET, SOCK_DGRAM, IPPROTO_ICMP, &error));
    CU_ASSERT_EQUAL(error, -KENOBUFS);
    file_release(files[1]);
    files[1] = open_socket();
    for (unsigned i = 1; i < PING_SOCKETS_MAX; i++)
        file_release(files[i]);
    end();
}

/* ---- sending --------------------------------------------------------------------------------- */

/* The endpoint of the dialogue has identifier 1. */
static void test_identifier_of_the_socket_replaces_that_of_the_program(void)
{
    begin();
    CU_ASSERT_EQUAL(send_to(GATEWAY), sizeof(message));
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 64");
    CU_ASSERT_EQUAL(send_to(GATEWAY), sizeof(message));
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 64");
    CU_ASSERT_EQUAL(message[4], 0xde); /* the program's bytes are its own */
    end();
}

static void test_what_is_no_echo_request_is_refused(void)
{
    begin();
    message[0] = 0;
    CU_ASSERT_EQUAL(send_to(GATEWAY), -KEINVAL);
    message[0] = 8;
    message[1] = 1;
    CU_ASSERT_EQUAL(send_to(GATEWAY), -KEINVAL);
    message[1] = 0;
    struct sockaddr_in to = address_of(GATEWAY);
    CU_ASSERT_EQUAL(socket_sendto(socket_file, message, 7, 0, (struct sockaddr *)&to, sizeof(to)),
                    -KEINVAL);
    end();
}

static void test_addresses_that_are_none_are_refused(void)
{
    begin();
    struct sockaddr_in to = address_of(GATEWAY);
    CU_ASSERT_EQUAL(
        socket_sendto(socket_file, message, 64, 0, (struct sockaddr *)&to, sizeof(to) - 1),
        -KEINVAL);
    to.sin_family = AF_INET6;
    CU_ASSERT_EQUAL(socket_sendto(socket_file, message, 64, 0, (struct sockaddr *)&to, sizeof(to)),
                    -KEAFNOSUPPORT);
    CU_ASSERT_EQUAL(socket_sendto(socket_file, message, 64, 0, NULL, 0), -KEDESTADDRREQ);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, message, 64), -KEDESTADDRREQ);
    CU_ASSERT_EQUAL(send_to(0xe0000001), -KENETUNREACH);
    CU_ASSERT_EQUAL(send_to(0x0a0002ff), -KEACCES);
    end();
}

static void test_message_beyond_the_mtu_leaves_in_fragments(void)
{
    static uint8_t large[65536] = {8};
    uint8_t frame[1514];
    size_t size;
    begin();
    struct sockaddr_in to = address_of(GATEWAY);
    CU_ASSERT_EQUAL(socket_sendto(socket_file, large, 65516, 0, (struct sockaddr *)&to, sizeof(to)),
                    -KEMSGSIZE);
    CU_ASSERT_EQUAL(socket_sendto(socket_file, large, 1480, 0, (struct sockaddr *)&to, sizeof(to)),
                    1480);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 0 size 1480");
    CU_ASSERT_EQUAL(socket_sendto(socket_file, large, 65515, 0, (struct sockaddr *)&to, sizeof(to)),
                    65515);
    for (size_t offset = 0; offset < 65515; offset += 1480) {
        CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
        bool last = offset + 1480 >= 65515;
        CU_ASSERT_EQUAL((size_t)(frame[20] & 0x1f) << 11 | (size_t)frame[21] << 3, offset);
        CU_ASSERT_EQUAL(frame[20] & 0x20, last ? 0 : 0x20);
        CU_ASSERT_EQUAL(size, last ? 14 + 20 + 65515 - offset : 1514);
    }
    end();
}

static void test_without_a_buffer_sending_fails(void)
{
    static struct nbuf *taken[NBUF_COUNT];
    begin();
    for (unsigned i = 0; i < NBUF_COUNT; i++)
        taken[i] = nbuf_alloc();
    CU_ASSERT_EQUAL(send_to(GATEWAY), -KENOBUFS);
    for (unsigned i = 0; i < NBUF_COUNT; i++)
        nbuf_free(taken[i]);
    end();
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void test_reply_is_received_from_the_icmp_header_on_with_its_source(void)
{
    uint8_t buffer[1500];
    struct sockaddr_in from;
    uint32_t from_size = sizeof(from);
    begin();
    send_to(GATEWAY);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 64");
    dialogue_send_icmp(GATEWAY, 0, 2, 1, 64);
    CU_ASSERT_EQUAL(socket_recvfrom(socket_file, buffer, sizeof(buffer), 0,
                                    (struct sockaddr *)&from, &from_size),
                    64);
    CU_ASSERT_EQUAL(buffer[0], 0);
    CU_ASSERT_EQUAL(buffer[63], 63);
    CU_ASSERT_EQUAL(from_size, 16);
    CU_ASSERT_EQUAL(from.sin_family, AF_INET);
    CU_ASSERT_EQUAL(from.sin_addr, host_to_net32(GATEWAY));
    CU_ASSERT_EQUAL(receive_now(), -KEAGAIN);
    end();
}

static void test_small_buffers_get_what_fits(void)
{
    uint8_t buffer[8] = {0};
    uint8_t from[16];
    uint32_t from_size = 4;
    begin();
    send_to(GATEWAY);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 64");
    memset(from, 0xcc, sizeof(from));
    dialogue_send_icmp(GATEWAY, 0, 2, 1, 64);
    CU_ASSERT_EQUAL(socket_recvfrom(socket_file, buffer, sizeof(buffer), 0,
                                    (struct sockaddr *)(void *)from, &from_size),
                    8);
    CU_ASSERT_EQUAL(from_size, 16);
    CU_ASSERT_EQUAL(from[4], 0xcc);
    CU_ASSERT_EQUAL(receive_now(), -KEAGAIN);
    end();
}

static void test_replies_come_in_order_and_the_seventeenth_is_dropped(void)
{
    uint8_t buffer[64];
    begin();
    send_to(GATEWAY);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 64");
    for (uint16_t round = 0; round < 3; round++) {
        for (uint16_t i = 0; i < DATAGRAMS_MAX; i++)
            dialogue_send_icmp(GATEWAY, 0, 2, i, 16);
        for (uint16_t i = 0; i < DATAGRAMS_MAX - 1; i++) {
            CU_ASSERT_EQUAL(socket_file->ops->read(socket_file, buffer, sizeof(buffer)), 16);
            CU_ASSERT_EQUAL(buffer[7], i);
        }
        CU_ASSERT_EQUAL(socket_file->ops->read(socket_file, buffer, sizeof(buffer)), 16);
    }
    for (uint16_t i = 0; i < DATAGRAMS_MAX + 1; i++)
        dialogue_send_icmp(GATEWAY, 0, 2, i, 16);
    CU_ASSERT_EQUAL(dialogue_drops("ping receive queue full"), 1);
    end(); /* what is left in the queue is freed */
}

static void test_nonblocking_receive_returns_at_once(void)
{
    uint8_t buffer[64];
    begin();
    CU_ASSERT_EQUAL(receive_now(), -KEAGAIN);
    socket_file->flags |= FILE_NONBLOCK;
    CU_ASSERT_EQUAL(socket_file->ops->read(socket_file, buffer, sizeof(buffer)), -KEAGAIN);
    CU_ASSERT_EQUAL(fake_now_ns, T0);
    end();
}

static void set_timeout(int64_t seconds, int64_t microseconds)
{
    struct kernel_timeval time = {seconds, microseconds};
    CU_ASSERT_EQUAL(
        socket_file->ops->setsockopt(socket_file, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)), 0);
}

static void test_blocked_receive_ends_with_the_reply_without_other_activity(void)
{
    begin();
    send_to(GATEWAY);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 64");
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(socket_file));
    CU_ASSERT_FALSE(reader.done);
    dialogue_wait_until(T0 + 35 * S); /* there is no hidden limit */
    CU_ASSERT_FALSE(reader.done);
    dialogue_send_icmp(GATEWAY, 0, 2, 1, 64);
    CU_ASSERT_TRUE(reader.done);
    CU_ASSERT_EQUAL(reader.result, 64);
    CU_ASSERT_EQUAL(reader.at_ns, T0 + 35 * S);
    end();
}

static void test_timeout_ends_the_wait_exactly(void)
{
    begin();
    set_timeout(0, 200000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(socket_file));
    dialogue_wait_until(T0 + 200 * MS - 1);
    CU_ASSERT_FALSE(reader.done);
    dialogue_wait_until(T0 + 200 * MS);
    CU_ASSERT_TRUE(reader.done);
    CU_ASSERT_EQUAL(reader.result, -KEAGAIN);
    CU_ASSERT_EQUAL(reader.at_ns, T0 + 200 * MS);
    end();
}

static void test_signal_ends_the_wait(void)
{
    begin();
    struct task *task = reader_start(socket_file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    task_signal(task, 2);
    fake_run();
    CU_ASSERT_TRUE(reader.done);
    CU_ASSERT_EQUAL(reader.result, -KERESTART);
    end();
}

static void test_reply_to_another_socket_wakes_nobody_here(void)
{
    begin();
    send_to(GATEWAY);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 64");
    set_timeout(1, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(socket_file));
    dialogue_send_icmp(GATEWAY, 0, 1, 1, 16);
    CU_ASSERT_EQUAL(dialogue_replies(), 1);
    CU_ASSERT_FALSE(reader.done);
    dialogue_wait_until(T0 + S);
    CU_ASSERT_EQUAL(reader.result, -KEAGAIN);
    end();
}

static void test_unreachable_host_ends_the_wait_with_an_error_once(void)
{
    begin();
    CU_ASSERT_EQUAL(send_to(DEAD), sizeof(message));
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(socket_file));
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_FALSE(reader.done);
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
        dialogue_wait_until(T0 + (i + 1) * S);
    }
    CU_ASSERT_TRUE(reader.done);
    CU_ASSERT_EQUAL(reader.result, -KEHOSTUNREACH);
    CU_ASSERT_EQUAL(reader.at_ns, T0 + 3 * S);
    CU_ASSERT_EQUAL(receive_now(), -KEAGAIN);
    end();
}

static void fail_once(void)
{
    send_to(DEAD);
    dialogue_wait_until(fake_now_ns + 3 * S);
    for (unsigned i = 0; i < 3; i++)
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
}

static void test_pending_error_is_reported_by_the_next_call_whichever(void)
{
    int32_t error = -1;
    uint32_t size = sizeof(error);
    begin();
    fail_once();
    CU_ASSERT_EQUAL(send_to(GATEWAY), -KEHOSTUNREACH);
    dialogue_expect_silence();
    CU_ASSERT_EQUAL(send_to(GATEWAY), sizeof(message));
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 64");
    fail_once();
    CU_ASSERT_EQUAL(socket_file->ops->getsockopt(socket_file, SOL_SOCKET, SO_ERROR, &error, &size),
                    0);
    CU_ASSERT_EQUAL(error, KEHOSTUNREACH);
    CU_ASSERT_EQUAL(size, 4);
    CU_ASSERT_EQUAL(socket_file->ops->getsockopt(socket_file, SOL_SOCKET, SO_ERROR, &error, &size),
                    0);
    CU_ASSERT_EQUAL(error, 0);
    end();
}

/* ---- bind, connect, options ------------------------------------------------------------------ */

static void test_bind_chooses_identifier_and_source(void)
{
    begin();
    struct sockaddr_in from = address_of(OUR_ADDRESS);
    from.sin_port = host_to_net16(4711);
    CU_ASSERT_EQUAL(socket_file->ops->bind(socket_file, (struct sockaddr *)&from, sizeof(from)), 0);
    CU_ASSERT_EQUAL(send_to(GATEWAY), sizeof(message));
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 4711 seq 1 size 64");
    CU_ASSERT_EQUAL(socket_file->ops->bind(socket_file, (struct sockaddr *)&from, sizeof(from)),
                    -KEINVAL);

    struct file *other = open_socket();
    CU_ASSERT_EQUAL(other->ops->bind(other, (struct sockaddr *)&from, sizeof(from)), -KEADDRINUSE);
    from = address_of(GATEWAY);
    CU_ASSERT_EQUAL(other->ops->bind(other, (struct sockaddr *)&from, sizeof(from)),
                    -KEADDRNOTAVAIL);
    file_release(other);
    end();
}

static void test_connected_socket_has_a_peer(void)
{
    begin();
    struct sockaddr_in to = address_of(GATEWAY);
    CU_ASSERT_EQUAL(socket_file->ops->connect(socket_file, (struct sockaddr *)&to, sizeof(to)), 0);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, message, 64), 64);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 64");
    dialogue_send_icmp(DNS, 0, 2, 1, 16);
    CU_ASSERT_EQUAL(dialogue_drops("ping reply from another host than the connected one"), 1);
    CU_ASSERT_EQUAL(receive_now(), -KEAGAIN);
    dialogue_send_icmp(GATEWAY, 0, 2, 1, 16);
    CU_ASSERT_EQUAL(receive_now(), 16);
    to = address_of(0);
    CU_ASSERT_EQUAL(socket_file->ops->connect(socket_file, (struct sockaddr *)&to, sizeof(to)),
                    -KENETUNREACH);
    end();
}

static void test_timeouts_read_back_what_was_set(void)
{
    struct kernel_timeval time = {9, 9};
    uint32_t size = sizeof(time);
    begin();
    CU_ASSERT_EQUAL(
        socket_file->ops->getsockopt(socket_file, SOL_SOCKET, SO_RCVTIMEO, &time, &size), 0);
    CU_ASSERT_EQUAL(time.tv_sec, 0);
    CU_ASSERT_EQUAL(time.tv_usec, 0);
    set_timeout(2, 500000);
    CU_ASSERT_EQUAL(
        socket_file->ops->getsockopt(socket_file, SOL_SOCKET, SO_RCVTIMEO, &time, &size), 0);
    CU_ASSERT_EQUAL(time.tv_sec, 2);
    CU_ASSERT_EQUAL(time.tv_usec, 500000);
    CU_ASSERT_EQUAL(size, 16);
    /* The other direction is another option. */
    CU_ASSERT_EQUAL(
        socket_file->ops->getsockopt(socket_file, SOL_SOCKET, SO_SNDTIMEO, &time, &size), 0);
    CU_ASSERT_EQUAL(time.tv_sec, 0);
    end();
}

static void test_timeouts_that_are_none_are_refused(void)
{
    static const struct {
        struct kernel_timeval time;
        uint32_t size;
        long error;
    } cases[] = {
        {{0, 1000000}, 16, -KEDOM}, {{0, -1}, 16, -KEDOM}, {{1, 0}, 15, -KEINVAL},
        {{INT64_MAX, 0}, 16, 0},    {{-1, 0}, 16, 0},      {{0, 1}, 16, 0},
    };
    begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CU_ASSERT_EQUAL(socket_file->ops->setsockopt(socket_file, SOL_SOCKET, SO_RCVTIMEO,
                                                     &cases[i].time, cases[i].size),
                        cases[i].error);
    set_timeout(-1, 0); /* already over */
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(socket_file));
    CU_ASSERT_TRUE(reader.done);
    CU_ASSERT_EQUAL(reader.result, -KEAGAIN);
    end();
}

static void test_unknown_options_are_refused(void)
{
    uint64_t value = 0;
    uint32_t size = sizeof(value);
    begin();
    CU_ASSERT_EQUAL(socket_file->ops->setsockopt(socket_file, SOL_SOCKET, 9999, &value, size),
                    -KENOPROTOOPT);
    CU_ASSERT_EQUAL(socket_file->ops->setsockopt(socket_file, 0, SO_RCVTIMEO, &value, size),
                    -KENOPROTOOPT);
    CU_ASSERT_EQUAL(socket_file->ops->getsockopt(socket_file, SOL_SOCKET, 9999, &value, &size),
                    -KENOPROTOOPT);
    CU_ASSERT_EQUAL(size, sizeof(value));
    end();
}

static void test_reply_after_close_belongs_to_nobody(void)
{
    begin();
    send_to(GATEWAY);
    dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 2 seq 1 size 64");
    file_release(socket_file);
    dialogue_send_icmp(GATEWAY, 0, 2, 1, 64);
    CU_ASSERT_EQUAL(dialogue_drops("icmp echo reply that nobody waits for"), 1);
    socket_file = open_socket();
    end();
}

UNIT_SUITE("ping_socket", UNIT_TEST(test_other_kinds_of_sockets_are_refused),
           UNIT_TEST(test_more_sockets_than_the_limit_are_refused),
           UNIT_TEST(test_identifier_of_the_socket_replaces_that_of_the_program),
           UNIT_TEST(test_what_is_no_echo_request_is_refused),
           UNIT_TEST(test_addresses_that_are_none_are_refused),
           UNIT_TEST(test_message_beyond_the_mtu_leaves_in_fragments),
           UNIT_TEST(test_without_a_buffer_sending_fails),
           UNIT_TEST(test_reply_is_received_from_the_icmp_header_on_with_its_source),
           UNIT_TEST(test_small_buffers_get_what_fits),
           UNIT_TEST(test_replies_come_in_order_and_the_seventeenth_is_dropped),
           UNIT_TEST(test_nonblocking_receive_returns_at_once),
           UNIT_TEST(test_blocked_receive_ends_with_the_reply_without_other_activity),
           UNIT_TEST(test_timeout_ends_the_wait_exactly), UNIT_TEST(test_signal_ends_the_wait),
           UNIT_TEST(test_reply_to_another_socket_wakes_nobody_here),
           UNIT_TEST(test_unreachable_host_ends_the_wait_with_an_error_once),
           UNIT_TEST(test_pending_error_is_reported_by_the_next_call_whichever),
           UNIT_TEST(test_bind_chooses_identifier_and_source),
           UNIT_TEST(test_connected_socket_has_a_peer),
           UNIT_TEST(test_timeouts_read_back_what_was_set),
           UNIT_TEST(test_timeouts_that_are_none_are_refused),
           UNIT_TEST(test_unknown_options_are_refused),
           UNIT_TEST(test_reply_after_close_belongs_to_nobody))
