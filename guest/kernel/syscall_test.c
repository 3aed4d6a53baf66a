/* syscall_test.c - system calls: what they do, and what they refuse */
#include "kernel/syscall.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/program.h"
#include "kernel/sockios.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

/* Memory of the program, and some that is not. */
static char *ram;
static char outside[256];
#define BAD ((long)outside)

static long call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    return system_call(number, a0, a1, a2, a3, a4, a5);
}

/* Each test is the body of a program. */
static void (*body)(void);

static int test_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    body();
    return 0;
}

static const struct program_entry entry = {"test", test_main};

static void run(void (*fn)(void))
{
    fake_boot_with(&entry, 1);
    ram = fake_ram(4096);
    memset(ram, 0, 4096);
    body = fn;
    CU_ASSERT_EQUAL(program_start(7, "test"), 0);
    fake_run_until(FAKE_START_NS + UINT64_C(10000000000));
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 0"), 1);
}

/* ---- a socket that notes what reaches it ----------------------------------------------------- */

static char noted[128];
static unsigned noted_flags;

static void note(const struct file *file, const char *what, long number)
{
    snprintf(noted, sizeof noted, "%s %ld", what, number);
    noted_flags = file->flags;
}

static long note_bind(struct file *file, const struct sockaddr *address, size_t size)
{
    (void)address;
    note(file, "bind", (long)size);
    return 0;
}

static long note_connect(struct file *file, const struct sockaddr *address, size_t size)
{
    (void)address;
    note(file, "connect", (long)size);
    return -KEINPROGRESS;
}

static long note_sendmsg(struct file *file, const struct message *message)
{
    note(file, message->name != NULL ? "sendto" : "send", (long)message->name_size);
    return (long)message->size;
}

static long note_recvmsg(struct file *file, struct message *message)
{
    static uint8_t bytes[4096];
    memset(bytes, 0xee, sizeof bytes);
    message_put(message, 0, bytes, sizeof bytes);
    note(file, message->name != NULL ? "recvfrom" : "recv", (long)message->name_size);
    return 0;
}

static long note_setsockopt(struct file *file, int level, int name, const void *value, size_t size)
{
    (void)level;
    (void)name;
    (void)value;
    note(file, "setsockopt", (long)size);
    return 0;
}

static long note_getsockopt(struct file *file, int level, int name, void *value, uint32_t *size)
{
    (void)level;
    (void)name;
    memset(value, 0xee, *size);
    note(file, "getsockopt", (long)*size);
    return 0;
}

static long note_ioctl(struct file *file, unsigned long request, void *argument)
{
    (void)argument;
    note(file, "ioctl", (long)request);
    return 0;
}

static const struct file_ops socket_ops = {
    .kind = "socket",
    .ioctl = note_ioctl,
    .bind = note_bind,
    .connect = note_connect,
    .sendmsg = note_sendmsg,
    .recvmsg = note_recvmsg,
    .setsockopt = note_setsockopt,
    .getsockopt = note_getsockopt,
};
static const struct file_ops mute_socket_ops = {.kind = "mute socket", .bind = note_bind};

static struct file *make_socket(int type, int protocol, int *error)
{
    (void)protocol;
    if (type == SOCK_STREAM) {
        *error = -KEPROTONOSUPPORT;
        return NULL;
    }
    return file_alloc(type == SOCK_DGRAM ? &socket_ops : &mute_socket_ops, NULL);
}

static long open_socket(long type)
{
    return call(SYS_SOCKET, AF_INET, type, 0, 0, 0, 0);
}

/* ---- the table ------------------------------------------------------------------------------- */

static void unknown_numbers(void)
{
    CU_ASSERT_EQUAL(call(-1, 0, 0, 0, 0, 0, 0), -KENOSYS);
    CU_ASSERT_EQUAL(call(0, 0, 0, 0, 0, 0, 0), -KENOSYS);
    CU_ASSERT_EQUAL(call(SYSCALLS_MAX, 0, 0, 0, 0, 0, 0), -KENOSYS);
    CU_ASSERT_EQUAL(call(1000000, 0, 0, 0, 0, 0, 0), -KENOSYS);
}

static void test_unknown_numbers(void)
{
    run(unknown_numbers);
    CU_ASSERT_EQUAL(fake_log_count("return 1 unknown -38"), 4);
}

static void get_pid(void)
{
    CU_ASSERT_EQUAL(call(SYS_GETPID, 0, 0, 0, 0, 0, 0), 1);
    CU_ASSERT_EQUAL(call(SYS_SCHED_YIELD, 0, 0, 0, 0, 0, 0), 0);
}

static void test_calls_are_told_to_the_bench(void)
{
    run(get_pid);
    CU_ASSERT_PTR_NOT_NULL(strstr(fake_log(), "call 1 getpid\nreturn 1 getpid 1\n"));
    CU_ASSERT_EQUAL(fake_log_count("return 1 sched_yield 0"), 1);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void write_to_console(void)
{
    strcpy(ram, "hello\n");
    CU_ASSERT_EQUAL(call(SYS_WRITE, 1, (long)ram, 6, 0, 0, 0), 6);
    CU_ASSERT_EQUAL(call(SYS_WRITE, 2, (long)ram, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_WRITE, 1, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_READ, 0, (long)ram, 6, 0, 0, 0), 0);
}

static void test_console(void)
{
    run(write_to_console);
    CU_ASSERT_STRING_EQUAL(fake_output(), "hello\n");
}

static void refused_reads_and_writes(void)
{
    long ends = (long)ram + (long)(FAKE_RAM_SIZE);
    CU_ASSERT_EQUAL(call(SYS_WRITE, 3, (long)ram, 1, 0, 0, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_READ, -1, (long)ram, 1, 0, 0, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_WRITE, 1, BAD, 1, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_READ, 0, BAD, 1, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_WRITE, 1, 0, 1, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_WRITE, 1, ends, 1, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_WRITE, 1, (long)ram, FAKE_RAM_SIZE, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_WRITE, 1, (long)ram, -1, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_WRITE, 1, -1, 2, 0, 0, 0), -KEFAULT);
}

static void test_bad_buffers_are_refused(void)
{
    run(refused_reads_and_writes);
    CU_ASSERT_STRING_EQUAL(fake_output(), "");
}

static const struct hal_boot_file boot_file = {"/etc/hosts", "127.0.0.1\n", 10};

static void open_files(void)
{
    strcpy(ram, "/etc/hosts");
    strcpy(ram + 100, "etc/hosts");
    long descriptor = call(SYS_OPENAT, AT_FDCWD, (long)ram, O_RDONLY, 0, 0, 0);
    CU_ASSERT_EQUAL(descriptor, 3);
    CU_ASSERT_EQUAL(call(SYS_READ, descriptor, (long)ram + 200, 100, 0, 0, 0), 10);
    CU_ASSERT_EQUAL(memcmp(ram + 200, "127.0.0.1\n", 10), 0);
    CU_ASSERT_EQUAL(call(SYS_WRITE, descriptor, (long)ram, 1, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_IOCTL, descriptor, SIOCGIFADDR, (long)ram, 0, 0, 0), -KENOTTY);
    CU_ASSERT_EQUAL(call(SYS_CLOSE, descriptor, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_CLOSE, descriptor, 0, 0, 0, 0, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, AT_FDCWD, (long)ram + 100, O_RDONLY, 0, 0, 0), 3);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, 99, (long)ram, O_RDONLY, 0, 0, 0), 4);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, AT_FDCWD, (long)ram, O_RDWR, 0, 0, 0), -KEROFS);
}

static void test_open(void)
{
    fake_files = &boot_file;
    fake_file_count = 1;
    run(open_files);
}

static void refused_opens(void)
{
    strcpy(ram, "/nowhere");
    memset(ram + 1000, 'x', 1100);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, AT_FDCWD, (long)ram, 0, 0, 0, 0), -KENOENT);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, AT_FDCWD, (long)ram + 500, 0, 0, 0, 0), -KENOENT);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, AT_FDCWD, BAD, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, AT_FDCWD, 0, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, AT_FDCWD, (long)ram + 1000, 0, 0, 0, 0), -KENAMETOOLONG);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, 9, (long)ram + 1, 0, 0, 0, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, 1, (long)ram + 1, 0, 0, 0, 0), -KENOTDIR);
}

static void test_bad_paths_are_refused(void)
{
    run(refused_opens);
}

static void fill_the_table(void)
{
    strcpy(ram, "/proc/pools");
    long last = 0;
    for (int i = 0; i < DESCRIPTORS_MAX; i++) {
        last = call(SYS_OPENAT, AT_FDCWD, (long)ram, 0, 0, 0, 0);
        if (last < 0)
            break;
    }
    CU_ASSERT_TRUE(last == -KEMFILE || last == -KENFILE);
}

static void test_too_many_open_files(void)
{
    run(fill_the_table);
}

static void change_flags(void)
{
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_GETFL, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_SETFL, FILE_NONBLOCK | O_RDWR, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_GETFL, 0, 0, 0, 0), FILE_NONBLOCK);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_SETFL, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_GETFL, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, 1000, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 9, F_GETFL, 0, 0, 0, 0), -KEBADF);
}

static void test_fcntl(void)
{
    run(change_flags);
}

/* ---- sockets --------------------------------------------------------------------------------- */

static void (*socket_body)(void);

static void with_sockets(void)
{
    socket_family_register(AF_INET, make_socket);
    socket_body();
}

static void run_sockets(void (*fn)(void))
{
    socket_body = fn;
    run(with_sockets);
}

static void make_sockets(void)
{
    CU_ASSERT_EQUAL(open_socket(SOCK_DGRAM), 3);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 3, F_GETFL, 0, 0, 0, 0), O_RDWR);
    CU_ASSERT_EQUAL(open_socket(SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC), 4);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 4, F_GETFL, 0, 0, 0, 0), O_RDWR | SOCK_NONBLOCK);
    CU_ASSERT_EQUAL(open_socket(SOCK_STREAM), -KEPROTONOSUPPORT);
    CU_ASSERT_EQUAL(call(SYS_SOCKET, AF_INET6, SOCK_DGRAM, 0, 0, 0, 0), -KEAFNOSUPPORT);
}

static void test_socket(void)
{
    run_sockets(make_sockets);
}

static void use_sockets(void)
{
    uint32_t *size = (uint32_t *)(void *)(ram + 64);
    long at = (long)ram;
    long s = open_socket(SOCK_DGRAM);
    *size = 16;
    CU_ASSERT_EQUAL(call(SYS_BIND, s, at, 16, 0, 0, 0), 0);
    CU_ASSERT_STRING_EQUAL(noted, "bind 16");
    CU_ASSERT_EQUAL(call(SYS_CONNECT, s, at, 3, 0, 0, 0), -KEINPROGRESS);
    CU_ASSERT_STRING_EQUAL(noted, "connect 3");
    CU_ASSERT_EQUAL(call(SYS_SENDTO, s, at, 100, 0, at, 16), 100);
    CU_ASSERT_STRING_EQUAL(noted, "sendto 16");
    CU_ASSERT_EQUAL(call(SYS_SENDTO, s, at, 100, 0, 0, 16), 100);
    CU_ASSERT_STRING_EQUAL(noted, "send 0");
    CU_ASSERT_EQUAL(call(SYS_RECVFROM, s, at, 64, 0, at, at + 64), 0);
    CU_ASSERT_STRING_EQUAL(noted, "recvfrom 16");
    CU_ASSERT_EQUAL(call(SYS_RECVFROM, s, at, 64, 0, 0, BAD), 0);
    CU_ASSERT_STRING_EQUAL(noted, "recv 0");
    CU_ASSERT_EQUAL(call(SYS_SETSOCKOPT, s, SOL_SOCKET, SO_RCVTIMEO, at, 16, 0), 0);
    CU_ASSERT_STRING_EQUAL(noted, "setsockopt 16");
    CU_ASSERT_EQUAL(call(SYS_GETSOCKOPT, s, SOL_SOCKET, SO_ERROR, at, at + 64, 0), 0);
    CU_ASSERT_STRING_EQUAL(noted, "getsockopt 16");
    CU_ASSERT_EQUAL(call(SYS_IOCTL, s, SIOCGIFADDR, at, 0, 0, 0), 0);
    CU_ASSERT_STRING_EQUAL(noted, "ioctl 35093");
    CU_ASSERT_EQUAL(noted_flags, O_RDWR);
}

static void test_socket_calls_reach_the_socket(void)
{
    run_sockets(use_sockets);
}

/* Their buffers hold the size: what is written there is no size that anybody has checked. */
static void receive_over_the_size(void)
{
    uint32_t *size = (uint32_t *)(void *)(ram + 64);
    long at = (long)ram, s = open_socket(SOCK_DGRAM);
    *size = 16;
    CU_ASSERT_EQUAL(call(SYS_RECVFROM, s, at, 100, 0, at + 128, at + 64), 0);
    CU_ASSERT_STRING_EQUAL(noted, "recvfrom 16");
    CU_ASSERT_EQUAL(*size, 16);
    CU_ASSERT_EQUAL(call(SYS_GETSOCKOPT, s, SOL_SOCKET, SO_ERROR, at + 64, at + 64, 0), 0);
    CU_ASSERT_STRING_EQUAL(noted, "getsockopt 16");
    CU_ASSERT_EQUAL(*size, 16);
}

static void test_size_is_fetched_once(void)
{
    run_sockets(receive_over_the_size);
}

static void refuse_sockets(void)
{
    long at = (long)ram;
    long s = open_socket(SOCK_DGRAM);
    uint32_t *size = (uint32_t *)(void *)(ram + 64);
    noted[0] = '\0';
    CU_ASSERT_EQUAL(call(SYS_BIND, s, BAD, 16, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_BIND, s, at, -1, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_CONNECT, s, 0, 16, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_CONNECT, s, at, -1, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_SENDTO, s, BAD, 1, 0, at, 16), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_SENDTO, s, at, 1, 0, BAD, 16), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_SENDTO, s, at, 1, 0, at, -1), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_RECVFROM, s, BAD, 1, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_RECVFROM, s, at, 1, 0, at, 0), -KEFAULT);
    *size = 16;
    CU_ASSERT_EQUAL(call(SYS_RECVFROM, s, at, 1, 0, BAD, at + 64), -KEFAULT);
    *size = UINT32_MAX;
    CU_ASSERT_EQUAL(call(SYS_RECVFROM, s, at, 1, 0, at, at + 64), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_GETSOCKOPT, s, 1, 4, at, at + 64, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_GETSOCKOPT, s, 1, 4, at, 0, 0), -KEFAULT);
    *size = 4;
    CU_ASSERT_EQUAL(call(SYS_GETSOCKOPT, s, 1, 4, BAD, at + 64, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_SETSOCKOPT, s, 1, 20, BAD, 16, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_SETSOCKOPT, s, 1, 20, at, -1, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_SETSOCKOPT, s, 1, 20, at, 10000, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_IOCTL, s, SIOCGIFADDR, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_IOCTL, s, SIOCADDRT, BAD, 0, 0, 0), -KEFAULT);
    CU_ASSERT_STRING_EQUAL(noted, "");
}

static void test_bad_socket_arguments_do_not_reach_the_socket(void)
{
    run_sockets(refuse_sockets);
}

/* The number, and five arguments that would do. */
static const long socket_calls[] = {SYS_BIND,     SYS_CONNECT,    SYS_SENDTO,
                                    SYS_RECVFROM, SYS_SETSOCKOPT, SYS_GETSOCKOPT};

static void call_without_sockets(void)
{
    for (size_t i = 0; i < sizeof socket_calls / sizeof socket_calls[0]; i++) {
        CU_ASSERT_EQUAL(call(socket_calls[i], 9, (long)ram, 16, 0, 0, 0), -KEBADF);
        CU_ASSERT_EQUAL(call(socket_calls[i], 1, (long)ram, 16, 0, 0, 0), -KENOTSOCK);
    }
}

static void test_socket_calls_need_sockets(void)
{
    run(call_without_sockets);
}

static void call_mute_socket(void)
{
    long at = (long)ram;
    long s = open_socket(5);
    CU_ASSERT_EQUAL(call(SYS_BIND, s, at, 16, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_CONNECT, s, at, 16, 0, 0, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(call(SYS_SENDTO, s, at, 1, 0, 0, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(call(SYS_RECVFROM, s, at, 1, 0, 0, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(call(SYS_SETSOCKOPT, s, 1, 1, at, 4, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(call(SYS_GETSOCKOPT, s, 1, 1, at, at, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(call(SYS_LISTEN, s, 1, 0, 0, 0, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(call(SYS_ACCEPT, s, 0, 0, 0, 0, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(call(SYS_ACCEPT4, s, 0, 0, 1, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_GETSOCKNAME, s, at, at + 64, 0, 0, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(call(SYS_GETPEERNAME, s, at, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_SHUTDOWN, s, SHUT_WR, 0, 0, 0, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(call(SYS_SHUTDOWN, s, 3, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_SENDMSG, s, at, 0, 0, 0, 0), -KEOPNOTSUPP);
}

static void test_what_a_socket_cannot_do(void)
{
    run_sockets(call_mute_socket);
}

/* ---- messages -------------------------------------------------------------------------------- */

/* One that hands out what it was last sent, with a name and nothing else. */
static char echoed[64];
static size_t echoed_size;

static long echo_sendmsg(struct file *file, const struct message *message)
{
    (void)file;
    if (message->size > sizeof echoed)
        return -KEMSGSIZE;
    echoed_size = message_get(message, 0, echoed, sizeof echoed);
    return (long)echoed_size;
}

static long echo_recvmsg(struct file *file, struct message *message)
{
    static const struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = 7};
    (void)file;
    if (echoed_size == 0)
        return -KEAGAIN;
    message_put_name(message, &name, sizeof name);
    size_t size = message_put(message, 0, echoed, echoed_size);
    echoed_size = 0;
    return (long)size;
}

static const struct file_ops echo_ops = {
    .kind = "echo",
    .read = socket_read,
    .write = socket_write,
    .sendmsg = echo_sendmsg,
    .recvmsg = echo_recvmsg,
};

static struct file *make_echo(int type, int protocol, int *error)
{
    (void)type;
    (void)protocol;
    (void)error;
    echoed_size = 0;
    return file_alloc(&echo_ops, NULL);
}

/* Pieces at ram + 256, which point to "ab" and "cdef" at ram and ram + 16; returns how many. */
static long make_parts(void)
{
    struct iovec *parts = (struct iovec *)(void *)(ram + 256);
    memcpy(ram, "ab", 2);
    memcpy(ram + 16, "cdef", 4);
    parts[0] = (struct iovec){ram, 2};
    parts[1] = (struct iovec){ram + 16, 4};
    return 2;
}

static struct msghdr *make_header(void)
{
    struct msghdr *header = (struct msghdr *)(void *)(ram + 512);
    *header = (struct msghdr){
        .msg_name = ram + 1024,
        .msg_namelen = 64,
        .msg_iov = (struct iovec *)(void *)(ram + 256),
        .msg_iovlen = (size_t)make_parts(),
        .msg_control = ram + 2048,
        .msg_controllen = 64,
        .msg_flags = 0xcccc,
    };
    memset(ram + 2048, 0xaa, 64);
    return header;
}

static void use_messages(void)
{
    socket_family_register(AF_INET, make_echo);
    long s = open_socket(SOCK_DGRAM);
    long parts = (long)ram + 256;
    CU_ASSERT_EQUAL(call(SYS_WRITEV, s, parts, make_parts(), 0, 0, 0), 6);
    CU_ASSERT_EQUAL(memcmp(echoed, "abcdef", 6), 0);
    memset(ram, 0, 64);
    CU_ASSERT_EQUAL(call(SYS_READV, s, parts, 2, 0, 0, 0), 6);
    CU_ASSERT_STRING_EQUAL(ram, "ab");
    CU_ASSERT_STRING_EQUAL(ram + 16, "cdef");
    CU_ASSERT_EQUAL(call(SYS_WRITE, s, (long)ram, 2, 0, 0, 0), 2);
    CU_ASSERT_EQUAL(call(SYS_READ, s, (long)ram, 64, 0, 0, 0), 2);
    CU_ASSERT_EQUAL(call(SYS_READ, s, (long)ram, 64, 0, 0, 0), -KEAGAIN);
    struct msghdr *header = make_header();
    CU_ASSERT_EQUAL(call(SYS_SENDMSG, s, (long)header, 0, 0, 0, 0), 6);
    CU_ASSERT_EQUAL(call(SYS_RECVMSG, s, (long)header, 0, 0, 0, 0), 6);
    CU_ASSERT_EQUAL(header->msg_namelen, 16);
    CU_ASSERT_EQUAL(header->msg_controllen, 0); /* not what the program had there */
    CU_ASSERT_EQUAL(header->msg_flags, 0);
    CU_ASSERT_EQUAL(((struct sockaddr_in *)(void *)(ram + 1024))->sin_port, 7);
    CU_ASSERT_EQUAL(call(SYS_RECVMSG, s, (long)header, 0, 0, 0, 0), -KEAGAIN);
}

static void test_messages_have_pieces_names_and_control(void)
{
    run(use_messages);
}

static void use_several_messages(void)
{
    struct mmsghdr *messages = (struct mmsghdr *)(void *)(ram + 3072);
    socket_family_register(AF_INET, make_echo);
    long s = open_socket(SOCK_DGRAM);
    messages[0].msg_hdr = *make_header();
    messages[1].msg_hdr = messages[0].msg_hdr;
    messages[1].msg_hdr.msg_iovlen = MESSAGE_PARTS_MAX + 1; /* too many */
    CU_ASSERT_EQUAL(call(SYS_SENDMMSG, s, (long)messages, 2, 0, 0, 0), 1);
    CU_ASSERT_EQUAL(messages[0].msg_len, 6);
    messages[1].msg_hdr.msg_iovlen = 2;
    CU_ASSERT_EQUAL(call(SYS_RECVMMSG, s, (long)messages, 2, MSG_WAITFORONE, 0, 0), 1);
    CU_ASSERT_EQUAL(messages[0].msg_hdr.msg_controllen, 0);
    CU_ASSERT_EQUAL(call(SYS_RECVMMSG, s, (long)messages, 2, 0, 0, 0), -KEAGAIN);
    CU_ASSERT_EQUAL(call(SYS_SENDMMSG, s, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_SENDMMSG, s, BAD, 1, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_RECVMMSG, s, (long)messages, 1, 0, BAD, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_RECVMMSG, 1, (long)messages, 1, 0, 0, 0), -KENOTSOCK);
}

static void test_several_messages_in_one_call(void)
{
    run(use_several_messages);
}

static void refuse_messages(void)
{
    socket_family_register(AF_INET, make_echo);
    long s = open_socket(SOCK_DGRAM);
    struct iovec *parts = (struct iovec *)(void *)(ram + 256);
    long at = (long)ram + 256;
    (void)make_parts();
    CU_ASSERT_EQUAL(call(SYS_WRITEV, s, BAD, 1, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_WRITEV, s, at, MESSAGE_PARTS_MAX + 1, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_READV, s, at, -1, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_READV, 77, at, 1, 0, 0, 0), -KEBADF);
    parts[1].iov_base = outside;
    CU_ASSERT_EQUAL(call(SYS_WRITEV, s, at, 2, 0, 0, 0), -KEFAULT);
    parts[1].iov_len = SIZE_MAX;
    CU_ASSERT_EQUAL(call(SYS_WRITEV, s, at, 2, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_SENDMSG, s, BAD, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_RECVMSG, s, 0, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_RECVMSG, 1, (long)ram, 0, 0, 0, 0), -KENOTSOCK);
    struct msghdr *header = make_header();
    header->msg_name = outside;
    CU_ASSERT_EQUAL(call(SYS_RECVMSG, s, (long)header, 0, 0, 0, 0), -KEFAULT);
    header = make_header();
    header->msg_namelen = UINT32_MAX;
    CU_ASSERT_EQUAL(call(SYS_RECVMSG, s, (long)header, 0, 0, 0, 0), -KEINVAL);
    header = make_header();
    header->msg_control = outside;
    CU_ASSERT_EQUAL(call(SYS_RECVMSG, s, (long)header, 0, 0, 0, 0), -KEFAULT);
    header->msg_controllen = SIZE_MAX;
    CU_ASSERT_EQUAL(call(SYS_SENDMSG, s, (long)header, 0, 0, 0, 0), -KENOBUFS);
    header = make_header();
    header->msg_iov = (struct iovec *)(void *)outside;
    CU_ASSERT_EQUAL(call(SYS_SENDMSG, s, (long)header, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(echoed_size, 0);
}

static void test_bad_messages_are_refused(void)
{
    run(refuse_messages);
}

static void write_pieces_to_files(void)
{
    CU_ASSERT_EQUAL(call(SYS_WRITEV, 1, (long)ram + 256, make_parts(), 0, 0, 0), 6);
    CU_ASSERT_EQUAL(call(SYS_READV, 0, (long)ram + 256, 2, 0, 0, 0), 0);
}

static void test_pieces_for_files_that_are_no_sockets(void)
{
    run(write_pieces_to_files);
    CU_ASSERT_STRING_EQUAL(fake_output(), "abcdef");
}

static void duplicate(void)
{
    CU_ASSERT_EQUAL(call(SYS_DUP, 1, 0, 0, 0, 0, 0), 3);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_SETFL, FILE_NONBLOCK, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 3, F_GETFL, 0, 0, 0, 0), FILE_NONBLOCK); /* of the file */
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_DUPFD, 7, 0, 0, 0), 7);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_DUPFD_CLOEXEC, 7, 0, 0, 0), 8);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 7, F_GETFD, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 8, F_GETFD, 0, 0, 0, 0), FD_CLOEXEC);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 8, F_SETFD, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 8, F_GETFD, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_DUP3, 1, 5, O_CLOEXEC, 0, 0, 0), 5);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 5, F_GETFD, 0, 0, 0, 0), FD_CLOEXEC);
    CU_ASSERT_EQUAL(call(SYS_DUP, 1, 0, 0, 0, 0, 0), 4); /* the lowest */
    CU_ASSERT_EQUAL(call(SYS_DUP3, 1, 1, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_DUP3, 1, 9, 1, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_DUP3, 1, DESCRIPTORS_MAX, 0, 0, 0, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_DUP3, 77, 9, 0, 0, 0, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_DUP, 77, 0, 0, 0, 0, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_DUPFD, -1, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_DUPFD, DESCRIPTORS_MAX, 0, 0, 0), -KEINVAL);
    *(int *)(void *)ram = 0;
    CU_ASSERT_EQUAL(call(SYS_IOCTL, 1, FIONBIO, (long)ram, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, 1, F_GETFL, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_IOCTL, 1, FIONBIO, BAD, 0, 0, 0), -KEFAULT);
}

static void test_descriptors_are_duplicated(void)
{
    run(duplicate);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void sleep_and_look(void)
{
    struct kernel_timespec *time = (struct kernel_timespec *)(void *)ram;
    time->tv_sec = 1;
    time->tv_nsec = 500000000;
    CU_ASSERT_EQUAL(call(SYS_NANOSLEEP, (long)time, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, (long)time, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(time->tv_sec, 2);
    CU_ASSERT_EQUAL(time->tv_nsec, 500000000);
    time->tv_sec = time->tv_nsec = 0;
    CU_ASSERT_EQUAL(call(SYS_NANOSLEEP, (long)time, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + UINT64_C(1500000000));
}

static void test_sleep_and_clock(void)
{
    run(sleep_and_look);
}

static void look_at_the_time_of_day(void)
{
    struct kernel_timespec *time = (struct kernel_timespec *)(void *)ram;
    CU_ASSERT_EQUAL(call(SYS_CLOCK_GETTIME, CLOCK_REALTIME, (long)time, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(time->tv_sec, 1); /* nobody said what it is: 1970, as the counter */
    clock_set_realtime(UINT64_C(1767000000) * 1000000000);
    fake_now_ns += 1500000000;
    CU_ASSERT_EQUAL(call(SYS_CLOCK_GETTIME, CLOCK_REALTIME, (long)time, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(time->tv_sec, 1767000001);
    CU_ASSERT_EQUAL(time->tv_nsec, 500000000);
    CU_ASSERT_EQUAL(call(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, (long)time, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(time->tv_sec, 2);
    clock_set_realtime(clock_now_ns());
}

static void test_time_of_day_goes_on_from_what_was_set(void)
{
    run(look_at_the_time_of_day);
}

static void refuse_times(void)
{
    struct kernel_timespec *time = (struct kernel_timespec *)(void *)ram;
    CU_ASSERT_EQUAL(call(SYS_NANOSLEEP, BAD, 0, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_NANOSLEEP, (long)time, BAD, 0, 0, 0, 0), -KEFAULT);
    time->tv_sec = -1;
    CU_ASSERT_EQUAL(call(SYS_NANOSLEEP, (long)time, 0, 0, 0, 0, 0), -KEINVAL);
    time->tv_sec = 0;
    time->tv_nsec = 1000000000;
    CU_ASSERT_EQUAL(call(SYS_NANOSLEEP, (long)time, 0, 0, 0, 0, 0), -KEINVAL);
    time->tv_nsec = -1;
    CU_ASSERT_EQUAL(call(SYS_NANOSLEEP, (long)time, 0, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_CLOCK_GETTIME, 2, (long)time, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_CLOCK_GETTIME, CLOCK_REALTIME, BAD, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, BAD, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS);
}

static void test_bad_times_are_refused(void)
{
    run(refuse_times);
}

static int endless_main(int argc, char **argv)
{
    struct kernel_timespec *time = (struct kernel_timespec *)(void *)ram;
    (void)argc;
    (void)argv;
    time->tv_sec = INT64_MAX;
    time->tv_nsec = 999999999;
    (void)call(SYS_NANOSLEEP, (long)time, (long)time, 0, 0, 0, 0);
    return 0;
}

static void test_sleep_beyond_the_end_of_time(void)
{
    static const struct program_entry endless = {"endless", endless_main};
    fake_boot_with(&endless, 1);
    ram = fake_ram(4096);
    CU_ASSERT_EQUAL(program_start(7, "endless"), 0);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("blocked 1 timeout"), 1);
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
    CU_ASSERT_EQUAL(program_kill(7, 2), 0);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 130"), 1);
}

static void test_calls_outside_of_programs_are_refused(void)
{
    fake_boot();
    CU_ASSERT_TRUE(FAKE_PANICS(call(SYS_GETPID, 0, 0, 0, 0, 0, 0)));
}

static void random_calls(void)
{
    static const uint8_t zeros[4096];
    CU_ASSERT_EQUAL(call(SYS_GETRANDOM, (long)ram, 16, 0, 0, 0, 0), 16);
    CU_ASSERT_NOT_EQUAL(memcmp(ram, zeros, 16), 0);
    CU_ASSERT_EQUAL(memcmp(ram + 16, zeros, 1000), 0);
    CU_ASSERT_EQUAL(call(SYS_GETRANDOM, (long)ram, 4096, 0, 0, 0, 0), 256);
    CU_ASSERT_EQUAL(memcmp(ram + 256, zeros, 1000), 0);
    CU_ASSERT_EQUAL(call(SYS_GETRANDOM, 0, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_GETRANDOM, 0, 1, 0, 0, 0, 0), -KEFAULT);
}

static void test_random_bytes_come_in_bounded_pieces(void)
{
    run(random_calls);
}

UNIT_SUITE("syscall", UNIT_TEST(test_unknown_numbers), UNIT_TEST(test_calls_are_told_to_the_bench),
           UNIT_TEST(test_console), UNIT_TEST(test_bad_buffers_are_refused), UNIT_TEST(test_open),
           UNIT_TEST(test_bad_paths_are_refused), UNIT_TEST(test_too_many_open_files),
           UNIT_TEST(test_fcntl), UNIT_TEST(test_socket),
           UNIT_TEST(test_socket_calls_reach_the_socket), UNIT_TEST(test_size_is_fetched_once),
           UNIT_TEST(test_bad_socket_arguments_do_not_reach_the_socket),
           UNIT_TEST(test_socket_calls_need_sockets), UNIT_TEST(test_what_a_socket_cannot_do),
           UNIT_TEST(test_messages_have_pieces_names_and_control),
           UNIT_TEST(test_several_messages_in_one_call), UNIT_TEST(test_bad_messages_are_refused),
           UNIT_TEST(test_pieces_for_files_that_are_no_sockets),
           UNIT_TEST(test_descriptors_are_duplicated), UNIT_TEST(test_sleep_and_clock),
           UNIT_TEST(test_time_of_day_goes_on_from_what_was_set),
           UNIT_TEST(test_bad_times_are_refused), UNIT_TEST(test_sleep_beyond_the_end_of_time),
           UNIT_TEST(test_random_bytes_come_in_bounded_pieces),
           UNIT_TEST(test_calls_outside_of_programs_are_refused))
