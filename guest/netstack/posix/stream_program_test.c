/*
 * stream_program_test.c - TCP sockets of a program: what signals, close() and interfaces do to them
 *
 * The program talks to itself, on a machine without a card: so the stack keeps its own time.
 */
#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/program.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/tcp.h"
#include "tests/unit.h"

#include <string.h>

#define PORT     4711
#define RAM_SIZE 131072

static char *ram;
static int listener, client, server;
static unsigned handled_count;
static void (*body_fn)(void);

static long call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    return system_call(number, a0, a1, a2, a3, a4, a5);
}

static int body_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    body_fn();
    return 0;
}

/* Runs the program to its end, and the connections that it leaves to theirs. */
static void run(void (*fn)(void), unsigned interfaces)
{
    static const struct program_entry entry = {"body", body_main};
    dialogue_set_programs(&entry, 1);
    dialogue_begin_with(NULL, interfaces);
    ram = fake_ram(RAM_SIZE);
    handled_count = 0;
    body_fn = fn;
    CU_ASSERT_EQUAL(program_start(7, "body"), 0);
    fake_run_until(T0 + 1200 * S);
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 0"), 1);
    CU_ASSERT_PTR_NULL(tcp_next(NULL));
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
    dialogue_set_programs(NULL, 0);
    dialogue_end();
}

/* ---- calls of the program -------------------------------------------------------------------- */

static struct sockaddr_in *loopback_name(void)
{
    struct sockaddr_in *name = (struct sockaddr_in *)(void *)ram;
    *name = (struct sockaddr_in){.sin_family = AF_INET,
                                 .sin_port = host_to_net16(PORT),
                                 .sin_addr = host_to_net32(LOOPBACK)};
    return name;
}

static int make_socket(void)
{
    return (int)call(SYS_SOCKET, AF_INET, SOCK_STREAM, 0, 0, 0, 0);
}

static long set_option(int socket, int name, const void *value, size_t size)
{
    memcpy(ram + 64, value, size);
    return call(SYS_SETSOCKOPT, socket, SOL_SOCKET, name, (long)(ram + 64), (long)size, 0);
}

static long bind_socket(int socket)
{
    return call(SYS_BIND, socket, (long)loopback_name(), sizeof(struct sockaddr_in), 0, 0, 0);
}

static long connect_socket(int socket)
{
    return call(SYS_CONNECT, socket, (long)loopback_name(), sizeof(struct sockaddr_in), 0, 0, 0);
}

static void begin_listening(int backlog)
{
    listener = make_socket();
    CU_ASSERT_EQUAL(bind_socket(listener), 0);
    CU_ASSERT_EQUAL(call(SYS_LISTEN, listener, backlog, 0, 0, 0, 0), 0);
}

static void begin_connected(void)
{
    begin_listening(1);
    client = make_socket();
    CU_ASSERT_EQUAL(connect_socket(client), 0);
    server = (int)call(SYS_ACCEPT, listener, 0, 0, 0, 0, 0);
    CU_ASSERT_TRUE(server >= 0);
}

/* Until neither their buffer nor ours takes more. */
static void fill(void)
{
    while (call(SYS_SENDTO, client, (long)ram, RAM_SIZE, MSG_DONTWAIT, 0, 0) > 0)
        ;
}

static void linger(uint32_t seconds)
{
    const uint32_t value[2] = {1, seconds};
    CU_ASSERT_EQUAL(set_option(client, SO_LINGER, value, sizeof(value)), 0);
}

static long close_socket(int socket)
{
    return call(SYS_CLOSE, socket, 0, 0, 0, 0, 0);
}

static void note_signal(int number)
{
    (void)number;
    handled_count++;
}

static void alarm_after(int64_t ms, uint64_t flags)
{
    struct kernel_sigaction *action = (struct kernel_sigaction *)(void *)(ram + 256);
    struct kernel_itimerval *timer = (struct kernel_itimerval *)(void *)(ram + 512);
    *action = (struct kernel_sigaction){.sa_handler = note_signal, .sa_flags = flags};
    *timer = (struct kernel_itimerval){.it_value = {0, ms * 1000}};
    CU_ASSERT_EQUAL(call(SYS_RT_SIGACTION, SIGALRM, (long)action, 0, SIGSET_SIZE, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_SETITIMER, ITIMER_REAL, (long)timer, 0, 0, 0, 0), 0);
}

/* ---- somebody else, later -------------------------------------------------------------------- */

static struct {
    struct file *file;
    uint64_t at_ns;
} other;

static void sleep_until(uint64_t time_ns)
{
    struct wait_queue queue;
    struct waiter waiter;
    wait_queue_init(&queue);
    wait_prepare(&queue, &waiter, "test");
    (void)wait_commit(&waiter, time_ns);
    wait_finish(&waiter);
}

static void read_all_main(void *arg)
{
    static char buffer[4096];
    (void)arg;
    sleep_until(other.at_ns);
    while (other.file->ops->read(other.file, buffer, sizeof(buffer)) > 0)
        ;
}

static void write_main(void *arg)
{
    (void)arg;
    sleep_until(other.at_ns);
    CU_ASSERT_EQUAL(other.file->ops->write(other.file, "late", 4), 4);
}

static void later(task_fn *fn, int descriptor, uint64_t ms)
{
    other.file = file_table_get(task_files(), descriptor);
    other.at_ns = fake_now_ns + ms * MS;
    CU_ASSERT_PTR_NOT_NULL(task_create("other", fn, NULL));
}

/* ---- close() --------------------------------------------------------------------------------- */

static void linger_in_vain(void)
{
    begin_connected();
    fill();
    linger(2);
    uint64_t begin_ns = fake_now_ns;
    CU_ASSERT_EQUAL(close_socket(client), 0);
    CU_ASSERT_EQUAL(fake_now_ns, begin_ns + 2 * S);
}

static void test_close_waits_no_longer_than_it_was_told(void)
{
    run(linger_in_vain, 0);
}

static void linger_until_it_is_read(void)
{
    begin_connected();
    fill();
    linger(100);
    later(read_all_main, server, 500);
    uint64_t begin_ns = fake_now_ns;
    CU_ASSERT_EQUAL(close_socket(client), 0);
    CU_ASSERT_TRUE(fake_now_ns >= begin_ns + 500 * MS);
    CU_ASSERT_TRUE(fake_now_ns < begin_ns + 600 * MS);
    sleep_until(begin_ns + 10 * S); /* the other one must not lose its file */
}

static void test_close_comes_back_when_all_was_delivered(void)
{
    run(linger_until_it_is_read, 0);
}

static void linger_with_a_signal(void)
{
    begin_connected();
    fill();
    linger(100);
    alarm_after(300, 0);
    uint64_t begin_ns = fake_now_ns;
    CU_ASSERT_EQUAL(close_socket(client), 0);
    CU_ASSERT_EQUAL(fake_now_ns, begin_ns + 300 * MS);
    CU_ASSERT_EQUAL(handled_count, 1);
}

static void test_signal_ends_a_close_that_waits(void)
{
    run(linger_with_a_signal, 0);
}

static uint64_t left_at_ns;

static void leave_with_data_to_send(void)
{
    begin_connected();
    fill();
    linger(100);
    left_at_ns = fake_now_ns;
    alarm_after(900, 0);
}

static void test_program_that_ends_waits_for_nobody(void)
{
    static const struct program_entry entry = {"body", body_main};
    dialogue_set_programs(&entry, 1);
    dialogue_begin_with(NULL, 0);
    ram = fake_ram(RAM_SIZE);
    body_fn = leave_with_data_to_send;
    CU_ASSERT_EQUAL(program_start(7, "body"), 0);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 0"), 1);
    CU_ASSERT_EQUAL(fake_now_ns, left_at_ns);
    fake_run_until(T0 + 1200 * S);
    CU_ASSERT_PTR_NULL(tcp_next(NULL));
    dialogue_set_programs(NULL, 0);
    dialogue_end();
}

static void linger_no_time(void)
{
    uint32_t value[2] = {0, 0};
    begin_connected();
    linger(7);
    CU_ASSERT_EQUAL(call(SYS_SETSOCKOPT, client, SOL_SOCKET, SO_LINGER, (long)ram, 4, 0), -KEINVAL);
    *(uint32_t *)(void *)(ram + 128) = sizeof(value);
    CU_ASSERT_EQUAL(call(SYS_GETSOCKOPT, client, SOL_SOCKET, SO_LINGER, (long)(ram + 136),
                         (long)(ram + 128), 0),
                    0);
    memcpy(value, ram + 136, sizeof(value));
    CU_ASSERT_EQUAL(value[0], 1);
    CU_ASSERT_EQUAL(value[1], 7);
    linger(0);
    CU_ASSERT_EQUAL(close_socket(client), 0);
    CU_ASSERT_EQUAL(call(SYS_READ, server, (long)ram, 10, 0, 0, 0), -KECONNRESET);
}

static void test_close_with_a_time_of_0_resets(void)
{
    run(linger_no_time, 0);
}

/* ---- signals --------------------------------------------------------------------------------- */

static void receive_restarted(void)
{
    begin_connected();
    later(write_main, client, 500);
    alarm_after(100, SA_RESTART);
    CU_ASSERT_EQUAL(call(SYS_READ, server, (long)ram, 10, 0, 0, 0), 4);
    CU_ASSERT_EQUAL(handled_count, 1);
}

static void receive_not_restarted(void)
{
    begin_connected();
    alarm_after(100, 0);
    CU_ASSERT_EQUAL(call(SYS_READ, server, (long)ram, 10, 0, 0, 0), -KEINTR);
    CU_ASSERT_EQUAL(handled_count, 1);
}

/* "If a timeout ... has been set on the socket" it is not: signal(7). */
static void receive_with_a_timeout(void)
{
    const struct kernel_timeval timeout = {5, 0};
    begin_connected();
    CU_ASSERT_EQUAL(set_option(server, SO_RCVTIMEO, &timeout, sizeof(timeout)), 0);
    alarm_after(100, SA_RESTART);
    CU_ASSERT_EQUAL(call(SYS_READ, server, (long)ram, 10, 0, 0, 0), -KEINTR);
    CU_ASSERT_EQUAL(set_option(listener, SO_RCVTIMEO, &timeout, sizeof(timeout)), 0);
    alarm_after(100, SA_RESTART);
    CU_ASSERT_EQUAL(call(SYS_ACCEPT, listener, 0, 0, 0, 0, 0), -KEINTR);
    CU_ASSERT_EQUAL(set_option(client, SO_SNDTIMEO, &timeout, sizeof(timeout)), 0);
    fill();
    alarm_after(100, SA_RESTART);
    CU_ASSERT_EQUAL(call(SYS_WRITE, client, (long)ram, 10, 0, 0, 0), -KEINTR);
    CU_ASSERT_EQUAL(handled_count, 3);
}

static void test_receiving_goes_on_behind_a_handler_that_says_so(void)
{
    run(receive_restarted, 0);
    run(receive_not_restarted, 0);
    run(receive_with_a_timeout, 0);
}

/* The backlog is full: the SYN gets through when it is sent again, after a second. */
static void connect_restarted(void)
{
    int first = make_socket();
    begin_listening(0);
    CU_ASSERT_EQUAL(connect_socket(first), 0);
    client = make_socket();
    alarm_after(300, SA_RESTART);
    later(read_all_main, first, 500); /* keeps the machine busy */
    server = -1;
    *(int *)(void *)(ram + 1024) = 1;
    CU_ASSERT_EQUAL(call(SYS_IOCTL, client, FIONBIO, (long)(ram + 1024), 0, 0, 0), 0);
    CU_ASSERT_EQUAL(connect_socket(client), -KEINPROGRESS);
    *(int *)(void *)(ram + 1024) = 0;
    CU_ASSERT_EQUAL(call(SYS_IOCTL, client, FIONBIO, (long)(ram + 1024), 0, 0, 0), 0);
    uint64_t begin_ns = fake_now_ns;
    server = (int)call(SYS_ACCEPT, listener, 0, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(connect_socket(client), 0);
    CU_ASSERT_EQUAL(fake_now_ns, begin_ns + S);
    CU_ASSERT_EQUAL(handled_count, 1);
    CU_ASSERT_EQUAL(connect_socket(client), -KEISCONN);
    CU_ASSERT_EQUAL(close_socket(server), 0); /* ends who reads */
    sleep_until(fake_now_ns + S);
}

static void test_connecting_goes_on_behind_a_handler(void)
{
    run(connect_restarted, 0);
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static void bind_to_devices(void)
{
    char name[16];
    int at_card = make_socket(), by_card = make_socket();
    begin_listening(5);
    CU_ASSERT_EQUAL(set_option(listener, SO_BINDTODEVICE, "lo", 2), -KEINVAL); /* too late */
    CU_ASSERT_EQUAL(set_option(at_card, SO_BINDTODEVICE, "eth7", 4), -KENODEV);
    CU_ASSERT_EQUAL(set_option(at_card, SO_BINDTODEVICE, "eth0", 4), 0);
    *(uint32_t *)(void *)(ram + 128) = 3;
    CU_ASSERT_EQUAL(call(SYS_GETSOCKOPT, at_card, SOL_SOCKET, SO_BINDTODEVICE, (long)(ram + 136),
                         (long)(ram + 128), 0),
                    -KEINVAL);
    *(uint32_t *)(void *)(ram + 128) = sizeof(name);
    CU_ASSERT_EQUAL(call(SYS_GETSOCKOPT, at_card, SOL_SOCKET, SO_BINDTODEVICE, (long)(ram + 136),
                         (long)(ram + 128), 0),
                    0);
    CU_ASSERT_STRING_EQUAL(ram + 136, "eth0");
    CU_ASSERT_EQUAL(*(uint32_t *)(void *)(ram + 128), 5);
    CU_ASSERT_EQUAL(set_option(by_card, SO_BINDTODEVICE, "eth0", 5), 0);
    CU_ASSERT_EQUAL(connect_socket(by_card), -KENETUNREACH); /* that is behind lo */
}

static void test_socket_of_a_device_connects_by_that_only(void)
{
    run(bind_to_devices, 1);
}

static int listen_on(const char *device)
{
    struct sockaddr_in *name = loopback_name();
    int socket = make_socket();
    if (device != NULL)
        CU_ASSERT_EQUAL(set_option(socket, SO_BINDTODEVICE, device, strlen(device)), 0);
    name->sin_addr = 0;
    CU_ASSERT_EQUAL(call(SYS_BIND, socket, (long)name, sizeof(*name), 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_LISTEN, socket, 5, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, socket, F_SETFL, FILE_NONBLOCK, 0, 0, 0), 0);
    return socket;
}

static void listen_on_devices(void)
{
    struct sockaddr_in *name = loopback_name();
    int at_card = listen_on("eth0");
    client = make_socket();
    CU_ASSERT_EQUAL(connect_socket(client), -KECONNREFUSED);
    int at_loopback = listen_on("lo"), third = make_socket();
    name->sin_addr = 0;
    CU_ASSERT_EQUAL(call(SYS_BIND, third, (long)name, sizeof(*name), 0, 0, 0), -KEADDRINUSE);
    CU_ASSERT_EQUAL(connect_socket(client), 0);
    CU_ASSERT_EQUAL(call(SYS_ACCEPT, at_card, 0, 0, 0, 0, 0), -KEAGAIN);
    server = (int)call(SYS_ACCEPT, at_loopback, 0, 0, 0, 0, 0);
    CU_ASSERT_TRUE(server >= 0);
    *(uint32_t *)(void *)(ram + 128) = 16;
    CU_ASSERT_EQUAL(call(SYS_GETSOCKOPT, server, SOL_SOCKET, SO_BINDTODEVICE, (long)(ram + 136),
                         (long)(ram + 128), 0),
                    0);
    CU_ASSERT_STRING_EQUAL(ram + 136, "lo"); /* inherited */
}

static void test_listeners_of_two_devices_share_a_port(void)
{
    run(listen_on_devices, 1);
}

UNIT_SUITE("stream_program", UNIT_TEST(test_close_waits_no_longer_than_it_was_told),
           UNIT_TEST(test_close_comes_back_when_all_was_delivered),
           UNIT_TEST(test_signal_ends_a_close_that_waits),
           UNIT_TEST(test_program_that_ends_waits_for_nobody),
           UNIT_TEST(test_close_with_a_time_of_0_resets),
           UNIT_TEST(test_receiving_goes_on_behind_a_handler_that_says_so),
           UNIT_TEST(test_connecting_goes_on_behind_a_handler),
           UNIT_TEST(test_socket_of_a_device_connects_by_that_only),
           UNIT_TEST(test_listeners_of_two_devices_share_a_port))
