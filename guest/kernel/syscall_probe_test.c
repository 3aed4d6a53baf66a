/* syscall_probe_test.c - what the bench is told of calls beyond their arguments */
#include "kernel/fake_program.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/path.h"
#include "kernel/poll.h"

/* ---- a socket that does nothing -------------------------------------------------------------- */

static struct msghdr given; /* what recvmsg leaves */
static uint32_t error_given;

static unsigned thing_poll(struct file *file, struct poll_table *table)
{
    (void)file;
    (void)table;
    return POLLOUT;
}

static long thing_connect(struct file *file, const struct sockaddr *address, size_t size)
{
    (void)file;
    (void)address;
    (void)size;
    return -KEINPROGRESS;
}

static long thing_recvmsg(struct file *file, struct message *message)
{
    (void)file;
    if (message->name != NULL && given.msg_name != NULL)
        memcpy(message->name, given.msg_name, sizeof(struct sockaddr_in));
    message->name_size = given.msg_namelen;
    message->control_used = given.msg_controllen;
    return 1;
}

static long thing_setsockopt(struct file *file, int level, int name, const void *value, size_t size)
{
    (void)file;
    (void)level;
    (void)name;
    (void)value;
    (void)size;
    return 0;
}

static long thing_getsockopt(struct file *file, int level, int name, void *value, uint32_t *size)
{
    (void)file;
    (void)level;
    (void)name;
    memcpy(value, &error_given, sizeof error_given);
    *size = sizeof error_given;
    return 0;
}

static void thing_close(struct file *file)
{
    (void)file;
}

static const struct file_ops thing_ops = {
    .kind = "thing",
    .poll = thing_poll,
    .connect = thing_connect,
    .recvmsg = thing_recvmsg,
    .setsockopt = thing_setsockopt,
    .getsockopt = thing_getsockopt,
    .close = thing_close,
};

static struct file *thing_open(void *mount, const char *path, int flags, unsigned mode, int *error)
{
    (void)mount;
    (void)mode;
    (void)path;
    (void)flags;
    (void)error;
    return file_alloc(&thing_ops, NULL);
}

static void open_thing(void)
{
    static const struct path_ops thing_paths = {.open = thing_open};
    path_mount("/thing", &thing_paths, NULL);
    strcpy(ram, "/thing");
    CU_ASSERT_EQUAL(call(SYS_OPENAT, AT_FDCWD, (long)ram, O_RDWR, 0, 0, 0), 3);
    memset(ram, 0, BODY_RAM_SIZE);
}

/* 10.0.2.2, port 80 */
static const struct sockaddr_in peer = {
    .sin_family = AF_INET,
    .sin_port = 0x5000,
    .sin_addr = 0x0202000a,
};
#define PEER_VALUE "10995149963344" /* 0x0a000202 << 16 | 80 */

/* ---- readiness ------------------------------------------------------------------------------- */

static void body_polls(void)
{
    struct pollfd *entries = (struct pollfd *)ram;
    struct kernel_timespec *timeout = (struct kernel_timespec *)(ram + 256);
    open_thing();
    *timeout = (struct kernel_timespec){.tv_sec = 1, .tv_nsec = 5};
    entries[0] = (struct pollfd){3, POLLOUT | POLLIN, 0};
    entries[1] = (struct pollfd){-1, POLLIN, 0};
    CU_ASSERT_EQUAL(call(SYS_PPOLL, (long)entries, 2, (long)timeout, 0, 0, 0), 1);
}

static void test_a_poll_tells_what_is_asked_for_how_long_and_what_is_there(void)
{
    run(body_polls);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 -1 timeout 1000000005"), 1);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 ready 5"), 1);
    CU_ASSERT_EQUAL(fake_log_count("told 1 3 ready 4"), 1);
    CU_ASSERT_EQUAL(fake_log_count("asked "), 2);
    CU_ASSERT_EQUAL(fake_log_count("told "), 1);
}

static void body_watches(void)
{
    struct epoll_event *event = (struct epoll_event *)ram;
    int epoll = 4;
    open_thing();
    CU_ASSERT_EQUAL(call(SYS_EPOLL_CREATE1, 0, 0, 0, 0, 0, 0), epoll);
    *event = (struct epoll_event){.events = POLLOUT | POLLIN | EPOLLET, .data = 99};
    CU_ASSERT_EQUAL(call(SYS_EPOLL_CTL, epoll, EPOLL_CTL_ADD, 3, (long)event, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_EPOLL_CTL, epoll, EPOLL_CTL_ADD, 3, (long)event, 0, 0), -KEEXIST);
    CU_ASSERT_EQUAL(call(SYS_EPOLL_PWAIT, epoll, (long)event, 1, 0, 0, 0), 1);
    CU_ASSERT_EQUAL(call(SYS_EPOLL_PWAIT, epoll, (long)event, 1, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_EPOLL_CTL, epoll, EPOLL_CTL_DEL, 3, 0, 0, 0), 0);
}

static void test_a_set_tells_what_is_watched_and_by_its_descriptor_what_is_there(void)
{
    run(body_watches);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 watch 2147483653"), 1);
    CU_ASSERT_EQUAL(fake_log_count("told 1 3 ready 4"), 1);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 watch 0"), 1);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 "), 2);
    CU_ASSERT_EQUAL(fake_log_count("told "), 1);
}

static void body_selects(void)
{
    uint64_t *read = (uint64_t *)ram, *write = (uint64_t *)(ram + 256);
    open_thing();
    *read = *write = UINT64_C(1) << 3;
    CU_ASSERT_EQUAL(call(SYS_PSELECT6, 4, (long)read, (long)write, 0, 0, 0), 1);
}

static void test_a_select_tells_the_same_of_its_sets(void)
{
    run(body_selects);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 ready 5"), 1);
    CU_ASSERT_EQUAL(fake_log_count("told 1 3 ready 4"), 1);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 -1 timeout"), 0);
}

/* ---- addresses, options, messages ------------------------------------------------------------ */

static void body_connects(void)
{
    open_thing();
    memcpy(ram, &peer, sizeof peer);
    CU_ASSERT_EQUAL(call(SYS_CONNECT, 3, (long)ram, sizeof peer, 0, 0, 0), -KEINPROGRESS);
    CU_ASSERT_EQUAL(call(SYS_CONNECT, 3, (long)ram, 2, 0, 0, 0), -KEINPROGRESS);
}

static void test_a_connect_tells_whom_it_is_about(void)
{
    run(body_connects);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 peer " PEER_VALUE ""), 1);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 peer 0"), 1);
}

static void body_sets_options(void)
{
    struct kernel_timeval *time = (struct kernel_timeval *)ram;
    open_thing();
    *time = (struct kernel_timeval){.tv_sec = 2, .tv_usec = 500};
    (void)call(SYS_SETSOCKOPT, 3, SOL_SOCKET, SO_RCVTIMEO, (long)time, sizeof *time, 0);
    (void)call(SYS_SETSOCKOPT, 3, SOL_SOCKET, SO_SNDTIMEO, (long)time, sizeof *time, 0);
    (void)call(SYS_SETSOCKOPT, 3, SOL_SOCKET, SO_RCVTIMEO, (long)time, 4, 0);
    (void)call(SYS_SETSOCKOPT, 3, SOL_SOCKET, SO_KEEPALIVE, (long)time, sizeof *time, 0);
    error_given = 111;
    *(uint32_t *)(ram + 64) = 4;
    (void)call(SYS_GETSOCKOPT, 3, SOL_SOCKET, SO_ERROR, (long)ram, (long)(ram + 64), 0);
    (void)call(SYS_GETSOCKOPT, 3, SOL_SOCKET, SO_TYPE, (long)ram, (long)(ram + 64), 0);
}

static void test_timeouts_and_errors_are_told_and_no_other_options(void)
{
    run(body_sets_options);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 receive-timeout 2000500000"), 1);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 send-timeout 2000500000"), 1);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 "), 2);
    CU_ASSERT_EQUAL(fake_log_count("told 1 3 error 111"), 1);
    CU_ASSERT_EQUAL(fake_log_count("told 1 3 error "), 1);
}

static void receive_message(bool named, size_t control)
{
    struct sockaddr_in name = peer;
    struct msghdr *header = (struct msghdr *)ram;
    struct iovec *part = (struct iovec *)(ram + 128);
    memset(ram, 0, 1024);
    *part = (struct iovec){ram + 256, 16};
    *header = (struct msghdr){
        .msg_name = ram + 512,
        .msg_namelen = sizeof name,
        .msg_iov = part,
        .msg_iovlen = 1,
        .msg_control = ram + 768,
        .msg_controllen = 64,
    };
    given = (struct msghdr){
        .msg_name = named ? &name : NULL,
        .msg_namelen = sizeof name,
        .msg_controllen = control,
    };
    CU_ASSERT_EQUAL(call(SYS_RECVMSG, 3, (long)header, 0, 0, 0, 0), 1);
}

static void body_receives(void)
{
    open_thing();
    receive_message(true, 0);
    receive_message(false, 24); /* nothing was written there */
}

static void test_a_message_tells_its_sender_and_its_control_messages(void)
{
    run(body_receives);
    CU_ASSERT_EQUAL(fake_log_count("told 1 3 source " PEER_VALUE ""), 1);
    CU_ASSERT_EQUAL(fake_log_count("told 1 3 source 0"), 1);
    CU_ASSERT_EQUAL(fake_log_count("told 1 3 control 0"), 1);
    CU_ASSERT_EQUAL(fake_log_count("told 1 3 control 18446744073709551615"), 1);
}

/* ---- hostile --------------------------------------------------------------------------------- */

static void body_lies(void)
{
    open_thing();
    (void)call(SYS_PPOLL, BAD, 1, 0, 0, 0, 0);
    (void)call(SYS_PPOLL, (long)ram, -1, 0, 0, 0, 0);
    (void)call(SYS_PPOLL, (long)ram, 0, BAD, 0, 0, 0);
    (void)call(SYS_PSELECT6, 4, BAD, BAD, 0, BAD, 0);
    (void)call(SYS_CONNECT, 3, BAD, sizeof peer, 0, 0, 0);
    (void)call(SYS_SETSOCKOPT, 3, SOL_SOCKET, SO_RCVTIMEO, BAD, 16, 0);
    (void)call(SYS_RECVMSG, 3, BAD, 0, 0, 0, 0);
    (void)call(SYS_OPENAT, AT_FDCWD, BAD, 0, 0, 0, 0);
}

static void test_what_is_no_memory_is_not_looked_at(void)
{
    run(body_lies);
    CU_ASSERT_EQUAL(fake_log_count("told "), 0);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 3 peer 0"), 1);
    CU_ASSERT_EQUAL(fake_log_count("asked "), 1);
}

static void body_opens(void)
{
    strcpy(ram, "/proc/net/nothing");
    (void)call(SYS_OPENAT, AT_FDCWD, (long)ram, O_RDONLY, 0, 0, 0);
    strcpy(ram, "/tmp/nothing");
    (void)call(SYS_OPENAT, AT_FDCWD, (long)ram, O_RDONLY, 0, 0, 0);
}

static void test_only_files_of_every_system_are_told(void)
{
    run(body_opens);
    CU_ASSERT_EQUAL(fake_log_count("asked 1 -1 system-file 1"), 1);
    CU_ASSERT_EQUAL(fake_log_count("asked "), 1);
}

UNIT_SUITE("syscall_probe",
           UNIT_TEST(test_a_poll_tells_what_is_asked_for_how_long_and_what_is_there),
           UNIT_TEST(test_a_set_tells_what_is_watched_and_by_its_descriptor_what_is_there),
           UNIT_TEST(test_a_select_tells_the_same_of_its_sets),
           UNIT_TEST(test_a_connect_tells_whom_it_is_about),
           UNIT_TEST(test_timeouts_and_errors_are_told_and_no_other_options),
           UNIT_TEST(test_a_message_tells_its_sender_and_its_control_messages),
           UNIT_TEST(test_what_is_no_memory_is_not_looked_at),
           UNIT_TEST(test_only_files_of_every_system_are_told))
