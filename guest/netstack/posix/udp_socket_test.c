/*
 * UDP sockets, as programs see them.
 */
#include "netstack/posix/udp_socket.h"

#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/path.h"
#include "kernel/poll.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "netstack/datagram_channel.h"
#include "netstack/dialogue.h"
#include "netstack/interface.h"
#include "netstack/posix/reader.h"
#include "netstack/udp.h"
#include "tests/unit.h"

#include <string.h>

static struct file *socket_file;

static struct sockaddr_in address_of(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = host_to_net16(port), .sin_addr = host_to_net32(address)};
}

static struct file *open_socket(void)
{
    int error = 0;
    struct file *file = socket_open(AF_INET, SOCK_DGRAM, 0, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    return file;
}

/* A dialogue in which the gateway is a known neighbour, with one socket. */
static void begin(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    socket_file = open_socket();
}

static void end(void)
{
    file_release(socket_file);
    dialogue_end();
}

static long send_to(uint32_t address, uint16_t port)
{
    struct sockaddr_in to = address_of(address, port);
    return socket_sendto(socket_file, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to));
}

static long bind_to(struct file *file, uint32_t address, uint16_t port)
{
    struct sockaddr_in to = address_of(address, port);
    return file->ops->bind(file, (struct sockaddr *)&to, sizeof(to));
}

static long connect_to(uint32_t address, uint16_t port)
{
    struct sockaddr_in to = address_of(address, port);
    return socket_file->ops->connect(socket_file, (struct sockaddr *)&to, sizeof(to));
}

static long disconnect(void)
{
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    return socket_file->ops->connect(socket_file, &nobody, sizeof(nobody.sa_family));
}

static long set_option(int name, const void *value, size_t size)
{
    return socket_file->ops->setsockopt(socket_file, SOL_SOCKET, name, value, size);
}

static int pending_error(void)
{
    int32_t error = -1;
    uint32_t size = sizeof(error);
    CU_ASSERT_EQUAL(socket_file->ops->getsockopt(socket_file, SOL_SOCKET, SO_ERROR, &error, &size),
                    0);
    return error;
}

static long receive_now(void)
{
    uint8_t buffer[2000];
    return socket_recvfrom(socket_file, buffer, sizeof(buffer), MSG_DONTWAIT, NULL, NULL);
}

static void answer(uint32_t source, uint16_t source_port, uint16_t port)
{
    dialogue_send_udp(&(struct dialogue_udp){.source = source,
                                             .source_port = source_port,
                                             .destination_port = port},
                      "world!", 6);
}

/* ---- ports ----------------------------------------------------------------------------------- */

static void test_first_use_chooses_a_port_from_49152_on(void)
{
    begin();
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53), 5);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.2:53 size 5");
    CU_ASSERT_EQUAL(send_to(GATEWAY, 54), 5);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.2:54 size 5");
    struct file *other = open_socket();
    CU_ASSERT_EQUAL(bind_to(other, 0, 49152), -KEADDRINUSE);
    CU_ASSERT_EQUAL(bind_to(other, 0, 0), 0);
    file_release(other);
    end();
}

static void test_bind_gives_address_and_port_once(void)
{
    begin();
    CU_ASSERT_EQUAL(bind_to(socket_file, GATEWAY, 4711), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(bind_to(socket_file, OUR_ADDRESS, 4711), 0);
    CU_ASSERT_EQUAL(bind_to(socket_file, OUR_ADDRESS, 4712), -KEINVAL);
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53), 5);
    dialogue_expect("udp 10.0.2.15:4711 > 10.0.2.2:53 size 5");
    struct file *other = open_socket();
    CU_ASSERT_EQUAL(bind_to(other, 0, 4711), -KEADDRINUSE);
    CU_ASSERT_EQUAL(bind_to(other, OUR_ADDRESS, 4711), -KEADDRINUSE);
    CU_ASSERT_EQUAL(bind_to(other, LOOPBACK, 4711), 0);
    file_release(other);
    other = open_socket();
    CU_ASSERT_EQUAL(bind_to(other, LOOPBACK, 4711), 0); /* free again */
    file_release(other);
    end();
}

static void test_more_sockets_than_the_limit_are_refused(void)
{
    struct file *files[UDP_SOCKETS_MAX];
    int error = 0;
    begin();
    for (unsigned i = 1; i < UDP_SOCKETS_MAX; i++)
        files[i] = open_socket();
    CU_ASSERT_PTR_NULL(socket_open(AF_INET, SOCK_DGRAM, IPPROTO_UDP, &error));
    CU_ASSERT_EQUAL(error, -KENOBUFS);
    for (unsigned i = 1; i < UDP_SOCKETS_MAX; i++)
        file_release(files[i]);
    end();
}

/* ---- sending --------------------------------------------------------------------------------- */

static void test_destinations_that_are_none_are_refused(void)
{
    begin();
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, "x", 1), -KEDESTADDRREQ);
    CU_ASSERT_EQUAL(socket_sendto(socket_file, "x", 1, 0, NULL, 0), -KEDESTADDRREQ);
    CU_ASSERT_EQUAL(send_to(GATEWAY, 0), -KEINVAL);
    CU_ASSERT_EQUAL(send_to(0xe0000001, 53), -KENETUNREACH);
    struct sockaddr_in to = address_of(GATEWAY, 53);
    CU_ASSERT_EQUAL(socket_sendto(socket_file, "x", 1, 0, (struct sockaddr *)&to, 15), -KEINVAL);
    to.sin_family = AF_INET6;
    CU_ASSERT_EQUAL(socket_sendto(socket_file, "x", 1, 0, (struct sockaddr *)&to, 16),
                    -KEAFNOSUPPORT);
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 0), -KEINVAL);
    CU_ASSERT_EQUAL(connect_to(0xe0000001, 53), -KENETUNREACH);
    end();
}

static void test_datagram_has_a_largest_size(void)
{
    static uint8_t large[UDP_PAYLOAD_MAX + 1];
    begin();
    CU_ASSERT_EQUAL(connect_to(LOOPBACK, 9), 0);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, large, UDP_PAYLOAD_MAX + 1), -KEMSGSIZE);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, large, UDP_PAYLOAD_MAX), UDP_PAYLOAD_MAX);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, NULL, 0), -KECONNREFUSED);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, NULL, 0), 0);
    end();
}

static void test_broadcasts_need_permission(void)
{
    int32_t on = 1, value = 9;
    uint32_t size = sizeof(value);
    begin();
    CU_ASSERT_EQUAL(send_to(0x0a0002ff, 53), -KEACCES);
    CU_ASSERT_EQUAL(send_to(UINT32_MAX, 53), -KEACCES);
    CU_ASSERT_EQUAL(connect_to(UINT32_MAX, 53), -KEACCES);
    CU_ASSERT_EQUAL(set_option(SO_BROADCAST, &on, 3), -KEINVAL);
    CU_ASSERT_EQUAL(set_option(SO_BROADCAST, &on, 4), 0);
    CU_ASSERT_EQUAL(
        socket_file->ops->getsockopt(socket_file, SOL_SOCKET, SO_BROADCAST, &value, &size), 0);
    CU_ASSERT_EQUAL(value, 1);
    CU_ASSERT_EQUAL(send_to(0x0a0002ff, 53), 5);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.255:53 size 5");
    CU_ASSERT_EQUAL(send_to(UINT32_MAX, 53), 5);
    dialogue_expect("udp 10.0.2.15:49152 > 255.255.255.255:53 size 5");
    end();
}

/* Only to everybody, and only by an interface that was named. */
static void test_without_an_address_only_everybody_can_be_spoken_to(void)
{
    static const char *const files[] = {"/etc/net/ip", "", NULL};
    int32_t on = 1;
    dialogue_begin_with(files, 2);
    socket_file = open_socket();
    CU_ASSERT_EQUAL(set_option(SO_BROADCAST, &on, sizeof(on)), 0);
    CU_ASSERT_EQUAL(send_to(UINT32_MAX, 67), -KENETUNREACH);
    CU_ASSERT_EQUAL(set_option(SO_BINDTODEVICE, "eth1", 4), 0);
    CU_ASSERT_EQUAL(bind_to(socket_file, 0, 68), 0);
    CU_ASSERT_EQUAL(send_to(UINT32_MAX, 67), 5);
    dialogue_expect_on(1, "udp 0.0.0.0:68 > 255.255.255.255:67 size 5");
    CU_ASSERT_EQUAL(send_to(GATEWAY, 67), -KENETUNREACH);
    CU_ASSERT_EQUAL(interface_set_up(interface_by_name("eth1"), false), 0);
    CU_ASSERT_EQUAL(send_to(UINT32_MAX, 67), -KENETUNREACH);
    end();
}

static void test_device_is_chosen_before_the_port(void)
{
    begin();
    CU_ASSERT_EQUAL(set_option(SO_BINDTODEVICE, "eth9", 5), -KENODEV);
    CU_ASSERT_EQUAL(set_option(SO_BINDTODEVICE, "lo", 2), 0);
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53), -KENETUNREACH);
    CU_ASSERT_EQUAL(set_option(SO_BINDTODEVICE, "", 0), 0); /* any again */
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53), 5);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.2:53 size 5");
    CU_ASSERT_EQUAL(set_option(SO_BINDTODEVICE, "eth0", 4), -KEINVAL);
    end();
}

static void test_without_a_buffer_sending_fails(void)
{
    static struct nbuf *taken[NBUF_COUNT];
    begin();
    for (unsigned i = 0; i < NBUF_COUNT; i++)
        taken[i] = nbuf_alloc();
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53), -KENOBUFS);
    for (unsigned i = 0; i < NBUF_COUNT; i++)
        nbuf_free(taken[i]);
    end();
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void test_datagram_is_received_with_the_address_and_port_of_its_sender(void)
{
    uint8_t buffer[100];
    struct sockaddr_in from;
    uint32_t from_size = sizeof(from);
    begin();
    CU_ASSERT_EQUAL(bind_to(socket_file, 0, 7), 0);
    answer(GATEWAY, 5000, 7);
    CU_ASSERT_EQUAL(socket_recvfrom(socket_file, buffer, sizeof(buffer), 0,
                                    (struct sockaddr *)&from, &from_size),
                    6);
    CU_ASSERT_EQUAL(memcmp(buffer, "world!", 6), 0);
    CU_ASSERT_EQUAL(from_size, 16);
    CU_ASSERT_EQUAL(from.sin_family, AF_INET);
    CU_ASSERT_EQUAL(from.sin_addr, host_to_net32(GATEWAY));
    CU_ASSERT_EQUAL(from.sin_port, host_to_net16(5000));
    CU_ASSERT_EQUAL(receive_now(), -KEAGAIN);
    socket_file->flags |= FILE_NONBLOCK;
    CU_ASSERT_EQUAL(socket_file->ops->read(socket_file, buffer, sizeof(buffer)), -KEAGAIN);
    end();
}

static void test_queue_has_a_limit_and_what_is_left_is_freed(void)
{
    begin();
    CU_ASSERT_EQUAL(bind_to(socket_file, 0, 7), 0);
    for (unsigned i = 0; i < DATAGRAMS_MAX + 2; i++)
        answer(GATEWAY, 5000, 7);
    CU_ASSERT_EQUAL(dialogue_drops("udp receive queue full"), 2);
    CU_ASSERT_EQUAL(receive_now(), 6);
    end();
}

static void test_blocked_receive_ends_with_a_datagram_or_its_timeout(void)
{
    struct kernel_timeval time = {0, 200000};
    begin();
    CU_ASSERT_EQUAL(bind_to(socket_file, 0, 7), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(socket_file));
    CU_ASSERT_FALSE(reader.done);
    answer(GATEWAY, 5000, 7);
    CU_ASSERT_TRUE(reader.done);
    CU_ASSERT_EQUAL(reader.result, 6);
    CU_ASSERT_EQUAL(set_option(SO_RCVTIMEO, &time, sizeof(time)), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(socket_file));
    CU_ASSERT_FALSE(reader.done);
    dialogue_wait_until(T0 + 200 * MS - 1);
    CU_ASSERT_FALSE(reader.done);
    dialogue_wait_until(T0 + 200 * MS);
    CU_ASSERT_EQUAL(reader.result, -KEAGAIN);
    CU_ASSERT_EQUAL(reader.at_ns, T0 + 200 * MS);
    end();
}

/* ---- connected ------------------------------------------------------------------------------- */

static void test_connected_socket_speaks_with_its_peer_only(void)
{
    begin();
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 53), 0);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, "hello", 5), 5);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.2:53 size 5");
    answer(GATEWAY, 54, 49152);
    dialogue_expect("unreachable 3 10.0.2.15 > 10.0.2.2 quotes 28");
    CU_ASSERT_EQUAL(receive_now(), -KEAGAIN);
    answer(GATEWAY, 53, 49152);
    CU_ASSERT_EQUAL(receive_now(), 6);
    CU_ASSERT_EQUAL(send_to(GATEWAY, 99), 5); /* another destination may be named */
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.2:99 size 5");
    end();
}

static void test_connection_can_be_changed_and_taken_away(void)
{
    begin();
    CU_ASSERT_EQUAL(connect_to(LOOPBACK, 53), 0);
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 54), 0); /* the source changes with it */
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, "hello", 5), 5);
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.2:54 size 5");
    CU_ASSERT_EQUAL(connect_to(0xe0000001, 1), -KENETUNREACH);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, "hello", 5), 5); /* the old one stays */
    dialogue_expect("udp 10.0.2.15:49152 > 10.0.2.2:54 size 5");
    CU_ASSERT_EQUAL(disconnect(), 0);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, "hello", 5), -KEDESTADDRREQ);
    answer(GATEWAY, 99, 49152); /* from anybody again */
    CU_ASSERT_EQUAL(receive_now(), 6);
    end();
}

static void test_closed_port_is_told_to_a_connected_socket_once(void)
{
    begin();
    CU_ASSERT_EQUAL(connect_to(LOOPBACK, 9), 0);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, "x", 1), 1);
    CU_ASSERT_EQUAL(receive_now(), -KECONNREFUSED);
    CU_ASSERT_EQUAL(receive_now(), -KEAGAIN);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, "x", 1), 1);
    CU_ASSERT_EQUAL(pending_error(), KECONNREFUSED);
    CU_ASSERT_EQUAL(pending_error(), 0);
    CU_ASSERT_EQUAL(disconnect(), 0);
    CU_ASSERT_EQUAL(send_to(LOOPBACK, 9), 5);
    CU_ASSERT_EQUAL(pending_error(), 0);
    end();
}

static void test_refusal_ends_a_wait(void)
{
    begin();
    CU_ASSERT_EQUAL(connect_to(DEAD, 9), 0);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, "x", 1), 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(socket_file));
    CU_ASSERT_FALSE(reader.done);
    for (unsigned i = 0; i < 3; i++) {
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
        CU_ASSERT_FALSE(reader.done);
        dialogue_wait_until(T0 + (i + 1) * S);
    }
    CU_ASSERT_TRUE(reader.done);
    CU_ASSERT_EQUAL(reader.result, -KEHOSTUNREACH);
    end();
}

static void test_unknown_options_are_refused(void)
{
    uint64_t value = 0;
    uint32_t size = sizeof(value);
    begin();
    CU_ASSERT_EQUAL(set_option(9999, &value, size), -KENOPROTOOPT);
    CU_ASSERT_EQUAL(socket_file->ops->setsockopt(socket_file, 0, SO_BROADCAST, &value, size),
                    -KENOPROTOOPT);
    CU_ASSERT_EQUAL(socket_file->ops->getsockopt(socket_file, SOL_SOCKET, 9999, &value, &size),
                    -KENOPROTOOPT);
    end();
}

/* ---- messages -------------------------------------------------------------------------------- */

static void test_a_look_leaves_the_datagram_and_a_short_buffer_says_so(void)
{
    char buffer[4] = "";
    struct iovec part = {buffer, 4};
    struct sockaddr_in from;
    struct message message = {.parts = &part, .part_count = 1, .size = 4};
    begin();
    CU_ASSERT_EQUAL(bind_to(socket_file, 0, 7), 0);
    answer(GATEWAY, 5000, 7);
    message.flags = MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT;
    message.name = (struct sockaddr *)&from;
    message.name_size = sizeof(from);
    CU_ASSERT_EQUAL(socket_file->ops->recvmsg(socket_file, &message), 6);
    CU_ASSERT_EQUAL(message.received_flags, MSG_TRUNC);
    CU_ASSERT_EQUAL(message.name_size, 16);
    CU_ASSERT_EQUAL(from.sin_port, host_to_net16(5000));
    CU_ASSERT_EQUAL(memcmp(buffer, "worl", 4), 0);
    message.flags = MSG_DONTWAIT;
    CU_ASSERT_EQUAL(socket_file->ops->recvmsg(socket_file, &message), 4);
    CU_ASSERT_EQUAL(socket_file->ops->recvmsg(socket_file, &message), -KEAGAIN);
    end();
}

static void test_time_to_live_comes_as_a_control_message_when_it_was_asked_for(void)
{
    char buffer[16], control[64];
    struct cmsghdr header;
    int32_t on = 1, ttl = 0;
    struct iovec part = {buffer, sizeof(buffer)};
    struct message message = {
        .parts = &part, .part_count = 1, .size = sizeof(buffer), .control = control};
    begin();
    CU_ASSERT_EQUAL(bind_to(socket_file, 0, 7), 0);
    answer(GATEWAY, 5000, 7);
    message.control_size = sizeof(control);
    CU_ASSERT_EQUAL(socket_file->ops->recvmsg(socket_file, &message), 6);
    CU_ASSERT_EQUAL(message.control_used, 0);
    CU_ASSERT_EQUAL(
        socket_file->ops->setsockopt(socket_file, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)), 0);
    answer(GATEWAY, 5000, 7);
    CU_ASSERT_EQUAL(socket_file->ops->recvmsg(socket_file, &message), 6);
    CU_ASSERT_EQUAL(message.control_used, CMSG_ALIGN(sizeof(header) + 4));
    memcpy(&header, control, sizeof(header));
    memcpy(&ttl, control + sizeof(header), sizeof(ttl));
    CU_ASSERT_EQUAL(header.cmsg_len, sizeof(header) + 4);
    CU_ASSERT_EQUAL(header.cmsg_level, IPPROTO_IP);
    CU_ASSERT_EQUAL(header.cmsg_type, IP_TTL);
    CU_ASSERT_EQUAL(ttl, 64);
    answer(GATEWAY, 5000, 7);
    message.control_used = 0;
    message.control_size = sizeof(header) + 3;
    CU_ASSERT_EQUAL(socket_file->ops->recvmsg(socket_file, &message), 6);
    CU_ASSERT_EQUAL(message.received_flags, MSG_CTRUNC);
    CU_ASSERT_EQUAL(message.control_used, 0);
    end();
}

static void test_time_to_live_of_what_is_sent(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    int32_t ttl = 3, back = 0;
    uint32_t back_size = sizeof(back);
    begin();
    CU_ASSERT_EQUAL(socket_file->ops->setsockopt(socket_file, IPPROTO_IP, IP_TTL, &ttl, 4), 0);
    CU_ASSERT_EQUAL(
        socket_file->ops->getsockopt(socket_file, IPPROTO_IP, IP_TTL, &back, &back_size), 0);
    CU_ASSERT_EQUAL(back, 3);
    CU_ASSERT_EQUAL(send_to(GATEWAY, 53), 5);
    CU_ASSERT_TRUE(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(frame[22], 3);
    ttl = 256;
    CU_ASSERT_EQUAL(socket_file->ops->setsockopt(socket_file, IPPROTO_IP, IP_TTL, &ttl, 4),
                    -KEINVAL);
    ttl = 0;
    CU_ASSERT_EQUAL(socket_file->ops->setsockopt(socket_file, IPPROTO_IP, IP_TTL, &ttl, 4),
                    -KEINVAL);
    end();
}

/* ---- readiness, halves, names ---------------------------------------------------------------- */

static unsigned readiness(void)
{
    struct poll_table table = {.sleeper = NULL};
    return socket_file->ops->poll(socket_file, &table);
}

static void test_readiness(void)
{
    begin();
    CU_ASSERT_EQUAL(connect_to(LOOPBACK, 9), 0);
    CU_ASSERT_EQUAL(readiness(), POLLOUT | POLLWRNORM);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, "x", 1), 1);
    CU_ASSERT_EQUAL(readiness(), POLLOUT | POLLWRNORM | POLLERR);
    CU_ASSERT_EQUAL(pending_error(), KECONNREFUSED);
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 53), 0);
    answer(GATEWAY, 53, 49152);
    CU_ASSERT_EQUAL(readiness(), POLLOUT | POLLWRNORM | POLLIN | POLLRDNORM);
    CU_ASSERT_EQUAL(receive_now(), 6);
    CU_ASSERT_EQUAL(socket_file->ops->shutdown(socket_file, SHUT_RDWR), 0);
    CU_ASSERT_EQUAL(readiness(), POLLOUT | POLLWRNORM | POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP);
    end();
}

static void test_halves_that_are_shut_down(void)
{
    begin();
    CU_ASSERT_EQUAL(socket_file->ops->shutdown(socket_file, SHUT_RD), -KENOTCONN);
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 53), 0);
    CU_ASSERT_EQUAL(socket_file->ops->shutdown(socket_file, SHUT_WR), 0);
    CU_ASSERT_EQUAL(socket_file->ops->write(socket_file, "x", 1), -KEPIPE);
    CU_ASSERT_EQUAL(receive_now(), -KEAGAIN);
    CU_ASSERT_EQUAL(socket_file->ops->shutdown(socket_file, SHUT_RD), 0);
    CU_ASSERT_EQUAL(receive_now(), 0);
    answer(GATEWAY, 53, 49152);
    CU_ASSERT_EQUAL(dialogue_drops("udp reading is shut down"), 1);
    end();
}

static void test_names_of_both_ends(void)
{
    struct sockaddr_in name;
    uint32_t size = sizeof(name);
    begin();
    CU_ASSERT_EQUAL(socket_file->ops->getname(socket_file, false, (struct sockaddr *)&name, &size),
                    0);
    CU_ASSERT_EQUAL(name.sin_port, 0);
    CU_ASSERT_EQUAL(socket_file->ops->getname(socket_file, true, (struct sockaddr *)&name, &size),
                    -KENOTCONN);
    CU_ASSERT_EQUAL(connect_to(GATEWAY, 53), 0);
    CU_ASSERT_EQUAL(socket_file->ops->getname(socket_file, false, (struct sockaddr *)&name, &size),
                    0);
    CU_ASSERT_EQUAL(name.sin_addr, host_to_net32(OUR_ADDRESS));
    CU_ASSERT_EQUAL(name.sin_port, host_to_net16(49152));
    CU_ASSERT_EQUAL(socket_file->ops->getname(socket_file, true, (struct sockaddr *)&name, &size),
                    0);
    CU_ASSERT_EQUAL(name.sin_addr, host_to_net32(GATEWAY));
    CU_ASSERT_EQUAL(name.sin_port, host_to_net16(53));
    end();
}

static void test_ports_are_shared_by_those_who_agree(void)
{
    int32_t on = 1;
    begin();
    struct file *other = open_socket();
    CU_ASSERT_EQUAL(set_option(SO_REUSEADDR, &on, sizeof(on)), 0);
    CU_ASSERT_EQUAL(bind_to(socket_file, 0, 7), 0);
    CU_ASSERT_EQUAL(bind_to(other, 0, 7), -KEADDRINUSE);
    CU_ASSERT_EQUAL(other->ops->setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
    CU_ASSERT_EQUAL(bind_to(other, 0, 7), 0);
    file_release(other);
    end();
}

static void test_receive_buffer_is_a_number_of_bytes(void)
{
    int32_t bytes = 1500, back = 0;
    uint32_t size = sizeof(back);
    begin();
    CU_ASSERT_EQUAL(bind_to(socket_file, 0, 7), 0);
    CU_ASSERT_EQUAL(set_option(SO_RCVBUF, &bytes, sizeof(bytes)), 0);
    CU_ASSERT_EQUAL(socket_file->ops->getsockopt(socket_file, SOL_SOCKET, SO_RCVBUF, &back, &size),
                    0);
    CU_ASSERT_EQUAL(back, 3000); /* half of it is the kernel's */
    static const uint8_t large[1000];
    const struct dialogue_udp udp = {.source = GATEWAY, .source_port = 5, .destination_port = 7};
    dialogue_send_udp(&udp, large, sizeof(large));
    dialogue_send_udp(&udp, large, sizeof(large));
    CU_ASSERT_EQUAL(dialogue_drops("udp receive queue full"), 1);
    CU_ASSERT_EQUAL(receive_now(), 1000);
    dialogue_send_udp(&udp, large, sizeof(large));
    CU_ASSERT_EQUAL(receive_now(), 1000);
    end();
}

/* ---- /proc/net/udp --------------------------------------------------------------------------- */

static void test_table_is_shown_in_the_format_of_linux(void)
{
    static char text[2048];
    int error = 0;
    begin();
    CU_ASSERT_EQUAL(bind_to(socket_file, OUR_ADDRESS, 7), 0);
    for (unsigned i = 0; i < DATAGRAMS_MAX + 1; i++)
        answer(GATEWAY, 5000, 7);
    struct file *file = path_open("/proc/net/udp", 0, 0, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    long size = file->ops->read(file, text, sizeof(text) - 1);
    CU_ASSERT_EQUAL(size, 2 * 128);
    text[size] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "   sl  local_address rem_address   st tx_queue"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "\n    0: 0F02000A:0007 00000000:0000 07 00000000:00000060 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " 0 2 0 1 ")); /* one was dropped */
    CU_ASSERT_EQUAL(file->ops->read(file, text, 10), 0);
    file_release(file);
    end();
}

UNIT_SUITE("udp_socket", UNIT_TEST(test_a_look_leaves_the_datagram_and_a_short_buffer_says_so),
           UNIT_TEST(test_time_to_live_comes_as_a_control_message_when_it_was_asked_for),
           UNIT_TEST(test_time_to_live_of_what_is_sent), UNIT_TEST(test_readiness),
           UNIT_TEST(test_halves_that_are_shut_down), UNIT_TEST(test_names_of_both_ends),
           UNIT_TEST(test_ports_are_shared_by_those_who_agree),
           UNIT_TEST(test_receive_buffer_is_a_number_of_bytes),
           UNIT_TEST(test_table_is_shown_in_the_format_of_linux),
           UNIT_TEST(test_first_use_chooses_a_port_from_49152_on),
           UNIT_TEST(test_bind_gives_address_and_port_once),
           UNIT_TEST(test_more_sockets_than_the_limit_are_refused),
           UNIT_TEST(test_destinations_that_are_none_are_refused),
           UNIT_TEST(test_datagram_has_a_largest_size), UNIT_TEST(test_broadcasts_need_permission),
           UNIT_TEST(test_without_an_address_only_everybody_can_be_spoken_to),
           UNIT_TEST(test_device_is_chosen_before_the_port),
           UNIT_TEST(test_without_a_buffer_sending_fails),
           UNIT_TEST(test_datagram_is_received_with_the_address_and_port_of_its_sender),
           UNIT_TEST(test_queue_has_a_limit_and_what_is_left_is_freed),
           UNIT_TEST(test_blocked_receive_ends_with_a_datagram_or_its_timeout),
           UNIT_TEST(test_connected_socket_speaks_with_its_peer_only),
           UNIT_TEST(test_connection_can_be_changed_and_taken_away),
           UNIT_TEST(test_closed_port_is_told_to_a_connected_socket_once),
           UNIT_TEST(test_refusal_ends_a_wait), UNIT_TEST(test_unknown_options_are_refused))
