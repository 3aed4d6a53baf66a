/*
 * stream_socket_test.c - TCP sockets, as programs see them: over the loopback, and against a silent
 * network
 */
#include "netstack/posix/stream_socket.h"

#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/poll.h"
#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/posix/reader.h"
#include "tests/unit.h"

#include <string.h>

#define PORT 4711
/* What POLLIN and the others come with. */
#define IN  (POLLIN | POLLRDNORM)
#define OUT (POLLOUT | POLLWRNORM)

static struct file *listener, *client, *server;

static struct sockaddr_in address_of(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = host_to_net16(port), .sin_addr = host_to_net32(address)};
}

static struct file *open_stream(void)
{
    int error = 0;
    struct file *file = socket_open(AF_INET, SOCK_STREAM, 0, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    file->flags |= O_RDWR | FILE_NONBLOCK;
    return file;
}

static long connect_to(struct file *file, uint32_t address, uint16_t port)
{
    struct sockaddr_in to = address_of(address, port);
    return file->ops->connect(file, (struct sockaddr *)&to, sizeof(to));
}

static long bind_to(struct file *file, uint32_t address, uint16_t port)
{
    struct sockaddr_in to = address_of(address, port);
    return file->ops->bind(file, (struct sockaddr *)&to, sizeof(to));
}

static unsigned readiness(struct file *file)
{
    struct poll_table table = {.sleeper = NULL};
    return file->ops->poll(file, &table);
}

static long put(struct file *file, const char *text)
{
    return socket_sendto(file, text, strlen(text), MSG_NOSIGNAL, NULL, 0);
}

static char received[128];

static long take(struct file *file, size_t size, int flags)
{
    memset(received, 0, sizeof(received));
    return socket_recvfrom(file, received, size, flags, NULL, NULL);
}

static int get_int(struct file *file, int level, int name)
{
    int32_t value = (int32_t)0xcccccccc;
    uint32_t size = 64;
    uint8_t buffer[64];
    memset(buffer, 0xcc, sizeof(buffer));
    CU_ASSERT_EQUAL(file->ops->getsockopt(file, level, name, buffer, &size), 0);
    CU_ASSERT_EQUAL(size, 4);
    memcpy(&value, buffer, sizeof(value));
    return value;
}

static long set_int(struct file *file, int level, int name, int32_t value)
{
    return file->ops->setsockopt(file, level, name, &value, sizeof(value));
}

static int pending_error(struct file *file)
{
    return get_int(file, SOL_SOCKET, SO_ERROR);
}

static void settle(void)
{
    fake_run_until(fake_now_ns + 300 * MS);
}

static void begin(void)
{
    dialogue_begin();
    listener = open_stream();
    CU_ASSERT_EQUAL(bind_to(listener, 0, PORT), 0);
    CU_ASSERT_EQUAL(listener->ops->listen(listener, 5), 0);
}

/* With a connection from `client` to `server`. */
static void begin_connected(void)
{
    int error = 0;
    begin();
    client = open_stream();
    CU_ASSERT_EQUAL(connect_to(client, LOOPBACK, PORT), -KEINPROGRESS);
    settle();
    server = listener->ops->accept(listener, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    server->flags |= O_RDWR | FILE_NONBLOCK;
}

static void end(void)
{
    file_release(listener);
    fake_run_until(fake_now_ns + 300 * S); /* TIME_WAIT */
    for (unsigned i = 0; pool_by_index(i) != NULL; i++) {
        const struct pool *pool = pool_by_index(i);
        if (strncmp(pool->name, "tcp", 3) == 0)
            CU_ASSERT_EQUAL(pool->used, 0);
    }
    dialogue_end();
}

static void end_connected(void)
{
    file_release(client);
    file_release(server);
    end();
}

/* ---- what it is ready for, in each state ----------------------------------------------------- */

static void test_before_it_is_connected(void)
{
    begin();
    client = open_stream();
    CU_ASSERT_EQUAL(readiness(client), OUT | POLLHUP);
    CU_ASSERT_EQUAL(take(client, 10, 0), -KENOTCONN);
    CU_ASSERT_EQUAL(put(client, "x"), -KEPIPE);
    CU_ASSERT_EQUAL(pending_error(client), 0);
    CU_ASSERT_EQUAL(readiness(listener), 0); /* never an error */
    CU_ASSERT_EQUAL(take(listener, 10, 0), -KENOTCONN);
    file_release(client);
    end();
}

static void test_while_it_connects(void)
{
    begin();
    client = open_stream();
    dialogue_arp_reply(GATEWAY);
    CU_ASSERT_EQUAL(connect_to(client, GATEWAY, 80), -KEINPROGRESS);
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    CU_ASSERT_TRUE(dialogue_take(frame, &size)); /* the SYN is out */
    CU_ASSERT_EQUAL(frame[47], 0x02);
    CU_ASSERT_EQUAL(readiness(client), 0);
    CU_ASSERT_EQUAL(take(client, 10, 0), -KEAGAIN);
    CU_ASSERT_EQUAL(put(client, "x"), -KEAGAIN);
    CU_ASSERT_EQUAL(connect_to(client, GATEWAY, 80), -KEALREADY);
    CU_ASSERT_EQUAL(pending_error(client), 0);
    CU_ASSERT_TRUE(dialogue_is_silent()); /* no second SYN */
    file_release(client);
    end();
}

static void test_while_it_is_connected(void)
{
    begin();
    int error = 0;
    client = open_stream();
    CU_ASSERT_PTR_NULL(listener->ops->accept(listener, &error));
    CU_ASSERT_EQUAL(error, -KEAGAIN);
    CU_ASSERT_EQUAL(connect_to(client, LOOPBACK, PORT), -KEINPROGRESS);
    settle();
    CU_ASSERT_EQUAL(readiness(listener), IN);
    CU_ASSERT_EQUAL(readiness(client), OUT);
    CU_ASSERT_EQUAL(pending_error(client), 0);
    CU_ASSERT_EQUAL(connect_to(client, LOOPBACK, PORT), -KEISCONN);
    server = listener->ops->accept(listener, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    server->flags |= FILE_NONBLOCK;
    CU_ASSERT_EQUAL(readiness(listener), 0);
    CU_ASSERT_EQUAL(readiness(server), OUT);
    CU_ASSERT_EQUAL(put(client, "hello"), 5);
    settle();
    CU_ASSERT_EQUAL(readiness(server), IN | OUT);
    CU_ASSERT_EQUAL(take(server, 2, MSG_PEEK), 2);
    CU_ASSERT_EQUAL(take(server, 10, 0), 5);
    CU_ASSERT_STRING_EQUAL(received, "hello");
    CU_ASSERT_EQUAL(take(server, 10, 0), -KEAGAIN);
    end_connected();
}

static void test_after_the_other_half_has_ended(void)
{
    begin_connected();
    CU_ASSERT_EQUAL(put(client, "bye"), 3);
    CU_ASSERT_EQUAL(client->ops->shutdown(client, SHUT_WR), 0);
    settle();
    CU_ASSERT_EQUAL(readiness(server), IN | OUT | POLLRDHUP);
    CU_ASSERT_EQUAL(take(server, 10, 0), 3);
    CU_ASSERT_EQUAL(readiness(server), IN | OUT | POLLRDHUP);
    CU_ASSERT_EQUAL(take(server, 10, 0), 0);
    CU_ASSERT_EQUAL(take(server, 10, 0), 0);
    CU_ASSERT_EQUAL(put(server, "still here"), 10);
    settle();
    CU_ASSERT_EQUAL(take(client, 20, 0), 10);
    CU_ASSERT_EQUAL(put(client, "x"), -KEPIPE);
    CU_ASSERT_EQUAL(server->ops->shutdown(server, SHUT_WR), 0);
    settle();
    CU_ASSERT_EQUAL(readiness(server), IN | OUT | POLLRDHUP | POLLHUP);
    end_connected();
}

static void test_after_it_was_refused(void)
{
    begin();
    client = open_stream();
    CU_ASSERT_EQUAL(connect_to(client, LOOPBACK, 9), -KEINPROGRESS);
    settle();
    CU_ASSERT_EQUAL(readiness(client), IN | OUT | POLLRDHUP | POLLERR | POLLHUP);
    CU_ASSERT_EQUAL(pending_error(client), KECONNREFUSED);
    CU_ASSERT_EQUAL(pending_error(client), 0);
    CU_ASSERT_EQUAL(readiness(client) & POLLERR, 0);
    CU_ASSERT_EQUAL(connect_to(client, LOOPBACK, 9), -KEINPROGRESS); /* it may try again */
    settle();
    CU_ASSERT_EQUAL(connect_to(client, LOOPBACK, 9), -KECONNREFUSED);
    CU_ASSERT_EQUAL(connect_to(client, LOOPBACK, PORT), -KEINPROGRESS);
    settle();
    CU_ASSERT_EQUAL(readiness(client), OUT);
    file_release(client);
    end();
}

static void test_after_it_was_reset(void)
{
    const int32_t linger[2] = {1, 0};
    begin_connected();
    CU_ASSERT_EQUAL(put(client, "last"), 4);
    settle();
    CU_ASSERT_EQUAL(client->ops->setsockopt(client, SOL_SOCKET, SO_LINGER, linger, sizeof(linger)),
                    0);
    file_release(client);
    settle();
    CU_ASSERT_TRUE((readiness(server) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP));
    long first = take(server, 10, 0);
    CU_ASSERT_TRUE(first == 4 || first == -KECONNRESET);
    if (first == 4)
        CU_ASSERT_EQUAL(take(server, 10, 0), -KECONNRESET);
    CU_ASSERT_EQUAL(take(server, 10, 0), 0);
    CU_ASSERT_EQUAL(put(server, "x"), -KEPIPE);
    file_release(server);
    end();
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void test_blocked_read_ends_with_data_the_end_or_its_timeout(void)
{
    struct kernel_timeval two_seconds = {2, 0};
    begin_connected();
    server->flags &= ~(unsigned)FILE_NONBLOCK;
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(server));
    CU_ASSERT_FALSE(reader.done);
    CU_ASSERT_EQUAL(put(client, "hello"), 5);
    settle();
    CU_ASSERT_TRUE(reader.done);
    CU_ASSERT_EQUAL(reader.result, 5);
    CU_ASSERT_EQUAL(
        server->ops->setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &two_seconds, sizeof(two_seconds)),
        0);
    uint64_t begin_ns = fake_now_ns;
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(server));
    fake_run_until(begin_ns + 3 * S);
    CU_ASSERT_EQUAL(reader.result, -KEAGAIN);
    CU_ASSERT_EQUAL(reader.at_ns, begin_ns + 2 * S);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader_start(server));
    CU_ASSERT_EQUAL(client->ops->shutdown(client, SHUT_WR), 0);
    settle();
    CU_ASSERT_TRUE(reader.done);
    CU_ASSERT_EQUAL(reader.result, 0);
    end_connected();
}

static void test_signal_ends_a_blocked_read(void)
{
    begin_connected();
    server->flags &= ~(unsigned)FILE_NONBLOCK;
    struct task *task = reader_start(server);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    task_signal(task, SIGINT);
    fake_run();
    CU_ASSERT_EQUAL(reader.result, -KERESTART); /* the kernel's word for it */
    end_connected();
}

static struct {
    struct file *file;
    size_t size;
    int flags;
    long result;
    bool done;
} mover;
static uint8_t bulk[400000];

static void send_main(void *arg)
{
    (void)arg;
    mover.result = socket_sendto(mover.file, bulk, mover.size, mover.flags, NULL, 0);
    mover.done = true;
}

static void receive_main(void *arg)
{
    (void)arg;
    mover.result = socket_recvfrom(mover.file, bulk, mover.size, mover.flags, NULL, NULL);
    mover.done = true;
}

static void move(task_fn *fn, struct file *file, size_t size, int flags)
{
    mover.file = file;
    mover.size = size;
    mover.flags = flags;
    mover.done = false;
    file->flags &= ~(unsigned)FILE_NONBLOCK;
    CU_ASSERT_PTR_NOT_NULL_FATAL(task_create("mover", fn, NULL));
    settle();
}

static void test_blocked_write_sleeps_until_all_has_room(void)
{
    static uint8_t piece[65536];
    size_t total = 0;
    begin_connected();
    move(send_main, client, sizeof(bulk), 0);
    CU_ASSERT_FALSE(mover.done);
    while (total < sizeof(bulk)) {
        long size = socket_recvfrom(server, piece, sizeof(piece), 0, NULL, NULL);
        if (size == -KEAGAIN) {
            settle();
            continue;
        }
        CU_ASSERT_TRUE_FATAL(size > 0);
        total += (size_t)size;
    }
    settle();
    CU_ASSERT_TRUE(mover.done);
    CU_ASSERT_EQUAL(mover.result, sizeof(bulk));
    end_connected();
}

static void test_full_buffer_takes_what_fits_and_then_nothing(void)
{
    begin_connected();
    size_t total = 0;
    long result;
    while ((result = socket_sendto(client, bulk, sizeof(bulk), 0, NULL, 0)) > 0) {
        total += (size_t)result;
        settle();
    }
    CU_ASSERT_EQUAL(result, -KEAGAIN);
    CU_ASSERT_TRUE(total < sizeof(bulk));
    CU_ASSERT_EQUAL(readiness(client), 0);
    end_connected();
}

static void test_waitall_waits_for_all_or_the_end(void)
{
    begin_connected();
    move(receive_main, server, 10, MSG_WAITALL);
    CU_ASSERT_EQUAL(put(client, "01234"), 5);
    settle();
    CU_ASSERT_FALSE(mover.done);
    CU_ASSERT_EQUAL(put(client, "56789abc"), 8);
    settle();
    CU_ASSERT_TRUE(mover.done);
    CU_ASSERT_EQUAL(mover.result, 10);
    CU_ASSERT_EQUAL(memcmp(bulk, "0123456789", 10), 0);
    move(receive_main, server, 10, MSG_WAITALL);
    CU_ASSERT_FALSE(mover.done);
    CU_ASSERT_EQUAL(client->ops->shutdown(client, SHUT_WR), 0);
    settle();
    CU_ASSERT_EQUAL(mover.result, 3);
    end_connected();
}

static void connect_main(void *arg)
{
    mover.result = connect_to(mover.file, (uint32_t)(uintptr_t)arg, PORT);
    mover.done = true;
}

static void connect_blocking(struct file *file, uint32_t address)
{
    mover.file = file;
    mover.done = false;
    file->flags &= ~(unsigned)FILE_NONBLOCK;
    CU_ASSERT_PTR_NOT_NULL_FATAL(task_create("connect", connect_main, (void *)(uintptr_t)address));
    settle();
}

static void test_blocking_connect_tells_what_came_of_it(void)
{
    begin();
    client = open_stream();
    connect_blocking(client, LOOPBACK);
    CU_ASSERT_TRUE(mover.done);
    CU_ASSERT_EQUAL(mover.result, 0);
    file_release(client);
    file_release(listener);
    settle();
    listener = open_stream(); /* nobody listens any more */
    client = open_stream();
    connect_blocking(client, LOOPBACK);
    CU_ASSERT_TRUE(mover.done);
    CU_ASSERT_EQUAL(mover.result, -KECONNREFUSED);
    CU_ASSERT_EQUAL(pending_error(client), 0); /* it was told */
    file_release(client);
    end();
}

/* ---- names, options, arguments --------------------------------------------------------------- */

static void test_both_ends_have_names(void)
{
    struct sockaddr_in name, other;
    uint32_t size = sizeof(name);
    begin_connected();
    CU_ASSERT_EQUAL(client->ops->getname(client, false, (struct sockaddr *)&name, &size), 0);
    CU_ASSERT_EQUAL(name.sin_addr, host_to_net32(LOOPBACK));
    CU_ASSERT_EQUAL(server->ops->getname(server, true, (struct sockaddr *)&other, &size), 0);
    CU_ASSERT_EQUAL(memcmp(&name, &other, sizeof(name)), 0);
    CU_ASSERT_EQUAL(client->ops->getname(client, true, (struct sockaddr *)&other, &size), 0);
    CU_ASSERT_EQUAL(other.sin_port, host_to_net16(PORT));
    size = 3;
    CU_ASSERT_EQUAL(client->ops->getname(client, true, (struct sockaddr *)&other, &size), 0);
    CU_ASSERT_EQUAL(size, 16);
    CU_ASSERT_EQUAL(listener->ops->getname(listener, true, (struct sockaddr *)&other, &size),
                    -KENOTCONN);
    end_connected();
}

static void test_options_keep_their_values(void)
{
    static const struct {
        int level, name, before, set, after;
    } cases[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 0, 1, 1},          {SOL_SOCKET, SO_REUSEADDR, 0, 5, 1},
        {SOL_SOCKET, SO_RCVBUF, 87380, 40000, 80000}, {SOL_SOCKET, SO_SNDBUF, 16384, 30000, 60000},
        {SOL_SOCKET, SO_RCVBUF, 80000, -1, 4096},     {SOL_SOCKET, SO_SNDBUF, 60000, 0, 4096},
        {IPPROTO_TCP, TCP_NODELAY, 0, 1, 1},          {IPPROTO_TCP, TCP_KEEPIDLE, 7200, 60, 60},
        {IPPROTO_TCP, TCP_KEEPINTVL, 75, 5, 5},       {IPPROTO_TCP, TCP_KEEPCNT, 9, 3, 3},
    };
    begin();
    client = open_stream();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CU_ASSERT_EQUAL(get_int(client, cases[i].level, cases[i].name), cases[i].before);
        CU_ASSERT_EQUAL(set_int(client, cases[i].level, cases[i].name, cases[i].set), 0);
        CU_ASSERT_EQUAL(get_int(client, cases[i].level, cases[i].name), cases[i].after);
    }
    CU_ASSERT_EQUAL(get_int(client, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    CU_ASSERT_EQUAL(get_int(client, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
    CU_ASSERT_EQUAL(get_int(client, SOL_SOCKET, SO_DOMAIN), AF_INET);
    CU_ASSERT_EQUAL(get_int(client, SOL_SOCKET, SO_ACCEPTCONN), 0);
    CU_ASSERT_EQUAL(get_int(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
    CU_ASSERT_EQUAL(get_int(client, IPPROTO_IP, IP_TTL), 64);
    file_release(client);
    end();
}

static void test_options_that_are_none_are_refused(void)
{
    int32_t value = 1;
    uint32_t size = sizeof(value);
    begin();
    CU_ASSERT_EQUAL(set_int(listener, SOL_SOCKET, 9999, 1), -KENOPROTOOPT);
    CU_ASSERT_EQUAL(set_int(listener, SOL_SOCKET, SO_BROADCAST, 1), -KENOPROTOOPT);
    CU_ASSERT_EQUAL(set_int(listener, IPPROTO_TCP, TCP_MAXSEG, 500), -KENOPROTOOPT);
    CU_ASSERT_EQUAL(set_int(listener, IPPROTO_IP, IP_RECVTTL, 1), -KENOPROTOOPT);
    CU_ASSERT_EQUAL(set_int(listener, 77, 1, 1), -KENOPROTOOPT);
    CU_ASSERT_EQUAL(set_int(listener, IPPROTO_TCP, TCP_KEEPIDLE, 0), -KEINVAL);
    CU_ASSERT_EQUAL(set_int(listener, IPPROTO_TCP, TCP_KEEPINTVL, 32768), -KEINVAL);
    CU_ASSERT_EQUAL(set_int(listener, IPPROTO_TCP, TCP_KEEPCNT, 128), -KEINVAL);
    CU_ASSERT_EQUAL(listener->ops->setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, &value, 3),
                    -KEINVAL);
    CU_ASSERT_EQUAL(listener->ops->setsockopt(listener, SOL_SOCKET, SO_LINGER, &value, 4),
                    -KEINVAL);
    CU_ASSERT_EQUAL(listener->ops->getsockopt(listener, SOL_SOCKET, 9999, &value, &size),
                    -KENOPROTOOPT);
    end();
}

static void test_bad_addresses_are_refused(void)
{
    begin();
    client = open_stream();
    struct sockaddr_in to = address_of(LOOPBACK, PORT);
    CU_ASSERT_EQUAL(client->ops->connect(client, (struct sockaddr *)&to, 15), -KEINVAL);
    CU_ASSERT_EQUAL(client->ops->bind(client, (struct sockaddr *)&to, 15), -KEINVAL);
    to.sin_family = AF_INET6;
    CU_ASSERT_EQUAL(client->ops->connect(client, (struct sockaddr *)&to, 16), -KEAFNOSUPPORT);
    CU_ASSERT_EQUAL(connect_to(client, LOOPBACK, 0), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(connect_to(client, 0xe0000001, 80), -KENETUNREACH);
    CU_ASSERT_EQUAL(bind_to(client, GATEWAY, 80), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(bind_to(client, 0, PORT), -KEADDRINUSE);
    CU_ASSERT_EQUAL(client->ops->shutdown(client, SHUT_RDWR), -KENOTCONN);
    int error = 0;
    CU_ASSERT_PTR_NULL(client->ops->accept(client, &error));
    CU_ASSERT_EQUAL(error, -KEINVAL);
    file_release(client);
    end();
}

/* AF_UNSPEC takes a connection away; the socket can be used again. */
static void test_disconnect(void)
{
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    begin_connected();
    CU_ASSERT_EQUAL(set_int(client, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
    CU_ASSERT_EQUAL(client->ops->connect(client, &nobody, sizeof(nobody.sa_family)), 0);
    settle();
    CU_ASSERT_EQUAL(readiness(client), OUT | POLLHUP);
    CU_ASSERT_EQUAL(take(server, 10, 0), -KECONNRESET);
    CU_ASSERT_EQUAL(get_int(client, SOL_SOCKET, SO_KEEPALIVE), 1);
    CU_ASSERT_EQUAL(connect_to(client, LOOPBACK, PORT), -KEINPROGRESS);
    settle();
    CU_ASSERT_EQUAL(readiness(client), OUT);
    end_connected();
}

static void test_messages_have_pieces_and_no_address(void)
{
    char a[4] = "ab", b[8] = "cdef";
    struct sockaddr_in from = {.sin_port = 77};
    struct iovec parts[] = {{a, 2}, {NULL, 0}, {b, 4}};
    struct message message = {.parts = parts, .part_count = 3, .size = 6};
    begin_connected();
    CU_ASSERT_EQUAL(client->ops->sendmsg(client, &message), 6);
    settle();
    memset(a, 0, sizeof(a));
    memset(b, 0, sizeof(b));
    message.name = (struct sockaddr *)&from;
    message.name_size = sizeof(from);
    parts[2].iov_len = 8;
    message.size = 10;
    CU_ASSERT_EQUAL(server->ops->recvmsg(server, &message), 6);
    CU_ASSERT_STRING_EQUAL(a, "ab");
    CU_ASSERT_STRING_EQUAL(b, "cdef");
    CU_ASSERT_EQUAL(message.name_size, 0);
    CU_ASSERT_EQUAL(message.control_used, 0);
    CU_ASSERT_EQUAL(take(server, 0, 0), 0);
    end_connected();
}

UNIT_SUITE("stream_socket", UNIT_TEST(test_before_it_is_connected),
           UNIT_TEST(test_while_it_connects), UNIT_TEST(test_while_it_is_connected),
           UNIT_TEST(test_after_the_other_half_has_ended), UNIT_TEST(test_after_it_was_refused),
           UNIT_TEST(test_after_it_was_reset),
           UNIT_TEST(test_blocked_read_ends_with_data_the_end_or_its_timeout),
           UNIT_TEST(test_signal_ends_a_blocked_read),
           UNIT_TEST(test_blocked_write_sleeps_until_all_has_room),
           UNIT_TEST(test_full_buffer_takes_what_fits_and_then_nothing),
           UNIT_TEST(test_waitall_waits_for_all_or_the_end),
           UNIT_TEST(test_blocking_connect_tells_what_came_of_it),
           UNIT_TEST(test_both_ends_have_names), UNIT_TEST(test_options_keep_their_values),
           UNIT_TEST(test_options_that_are_none_are_refused),
           UNIT_TEST(test_bad_addresses_are_refused), UNIT_TEST(test_disconnect),
           UNIT_TEST(test_messages_have_pieces_and_no_address))
