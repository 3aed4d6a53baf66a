/* syscall_poll_test.c - what files are ready for: ppoll, pselect6, epoll, eventfd */
#include "kernel/fake_program.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/poll.h"
#include "kernel/task.h"
#include "kernel/wait.h"

/* ---- a file of which the test says what it is ready for -------------------------------------- */

static struct {
    struct wait_queue queue;
    unsigned ready;
    unsigned asked; /* how often */
    unsigned closed;
} things[4];

static unsigned thing_poll(struct file *file, struct poll_table *table)
{
    size_t index = (size_t)file->object;
    poll_watch(table, &things[index].queue);
    things[index].asked++;
    return things[index].ready;
}

static void thing_close(struct file *file)
{
    things[(size_t)file->object].closed++;
}

static const struct file_ops thing_ops = {
    .kind = "thing",
    .poll = thing_poll,
    .close = thing_close,
};

static struct file *thing_open(void *mount, const char *path, int flags, unsigned mode, int *error)
{
    (void)mount;
    (void)mode;
    (void)flags;
    (void)error;
    size_t index = (size_t)(path[0] - '0');
    memset(&things[index], 0, sizeof things[index]);
    wait_queue_init(&things[index].queue);
    return file_alloc(&thing_ops, (void *)index);
}

/* Things 0 to count - 1 as descriptors 3 to 2 + count. */
static void open_things(unsigned count)
{
    static const struct path_ops thing_paths = {.open = thing_open};
    path_mount("/thing", &thing_paths, NULL);
    for (unsigned i = 0; i < count; i++) {
        sprintf(ram, "/thing/%u", i);
        CU_ASSERT_EQUAL(call(SYS_OPENAT, AT_FDCWD, (long)ram, O_RDWR, 0, 0, 0), 3 + i);
    }
}

static void become(unsigned index, unsigned ready)
{
    things[index].ready = ready;
    wait_wake_all(&things[index].queue);
}

/* A task that lets a thing become ready after a while. */
static struct {
    uint64_t after_ns;
    unsigned index, ready;
} later;

static void change_later(void *arg)
{
    struct wait_queue nobody;
    struct waiter waiter;
    (void)arg;
    wait_queue_init(&nobody);
    wait_prepare(&nobody, &waiter, "test");
    (void)wait_commit(&waiter, fake_now_ns + later.after_ns);
    wait_finish(&waiter);
    become(later.index, later.ready);
}

static void become_later(uint64_t after_ns, unsigned index, unsigned ready)
{
    later.after_ns = after_ns;
    later.index = index;
    later.ready = ready;
    CU_ASSERT_PTR_NOT_NULL(task_create("later", change_later, NULL));
}

static struct kernel_timespec *time_of(uint64_t ns)
{
    struct kernel_timespec *time = (struct kernel_timespec *)(void *)(ram + 8192);
    time->tv_sec = (int64_t)(ns / 1000000000);
    time->tv_nsec = (int64_t)(ns % 1000000000);
    return time;
}

/* ---- ppoll ----------------------------------------------------------------------------------- */

static struct pollfd *entries_of(const struct pollfd *entries, size_t count)
{
    memcpy(ram, entries, count * sizeof *entries);
    return (struct pollfd *)(void *)ram;
}

static long poll_now(struct pollfd *entries, size_t count, struct kernel_timespec *timeout)
{
    return call(SYS_PPOLL, (long)entries, (long)count, (long)timeout, 0, 0, 0);
}

static void poll_what_is_there(void)
{
    open_things(2);
    things[0].ready = POLLOUT | POLLWRNORM;
    things[1].ready = POLLERR | POLLHUP;
    struct pollfd *entries = entries_of((struct pollfd[]){{3, POLLIN | POLLOUT, 9},
                                                          {4, 0, 9},
                                                          {77, POLLIN, 9},
                                                          {-1, POLLIN, 9},
                                                          {3, POLLIN, 9},
                                                          {1, POLLIN | POLLOUT, 9}},
                                        6);
    CU_ASSERT_EQUAL(poll_now(entries, 6, NULL), 4);
    CU_ASSERT_EQUAL(entries[0].revents, POLLOUT);
    CU_ASSERT_EQUAL(entries[1].revents, POLLERR | POLLHUP);
    CU_ASSERT_EQUAL(entries[2].revents, POLLNVAL);
    CU_ASSERT_EQUAL(entries[3].revents, 0);
    CU_ASSERT_EQUAL(entries[4].revents, 0);
    CU_ASSERT_EQUAL(entries[5].revents, POLLIN | POLLOUT); /* the console */
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS);
}

static void test_ppoll_tells_what_was_asked_for_and_errors_anyway(void)
{
    run(poll_what_is_there);
}

static void poll_until_ready(void)
{
    open_things(2);
    become_later(30 * BODY_MS, 1, POLLIN);
    struct pollfd *entries = entries_of((struct pollfd[]){{3, POLLIN, 9}, {4, POLLIN, 9}}, 2);
    struct kernel_timespec *timeout = time_of(100 * BODY_MS);
    CU_ASSERT_EQUAL(poll_now(entries, 2, timeout), 1);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + 30 * BODY_MS);
    CU_ASSERT_EQUAL(entries[0].revents, 0);
    CU_ASSERT_EQUAL(entries[1].revents, POLLIN);
    CU_ASSERT_EQUAL(timeout->tv_nsec, 70 * (long)BODY_MS);
    CU_ASSERT_TRUE(wait_queue_is_empty(&things[0].queue));
}

static void test_ppoll_sleeps_until_one_of_several_is_ready(void)
{
    run(poll_until_ready);
}

static void poll_until_the_end(void)
{
    open_things(1);
    become_later(30 * BODY_MS, 0, POLLOUT); /* not what is waited for */
    struct pollfd *entries = entries_of((struct pollfd[]){{3, POLLIN, 9}}, 1);
    CU_ASSERT_EQUAL(poll_now(entries, 1, time_of(100 * BODY_MS)), 0);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + 100 * BODY_MS);
    CU_ASSERT_EQUAL(entries[0].revents, 0);
    CU_ASSERT_EQUAL(poll_now(entries, 1, time_of(0)), 0);
    CU_ASSERT_EQUAL(poll_now(NULL, 0, time_of(5 * BODY_MS)), 0);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + 105 * BODY_MS);
}

static void test_ppoll_ends_exactly_at_its_timeout(void)
{
    run(poll_until_the_end);
}

static void poll_badly(void)
{
    struct kernel_timespec *time = time_of(0);
    CU_ASSERT_EQUAL(call(SYS_PPOLL, BAD, 1, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_PPOLL, (long)ram, DESCRIPTORS_MAX + 1, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_PPOLL, (long)ram, -1, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_PPOLL, 0, 0, BAD, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_PPOLL, 0, 0, (long)time, BAD, 8, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_PPOLL, 0, 0, (long)time, (long)ram, 4, 0), -KEINVAL);
    time->tv_nsec = 1000000000;
    CU_ASSERT_EQUAL(call(SYS_PPOLL, 0, 0, (long)time, 0, 0, 0), -KEINVAL);
    time->tv_nsec = 0;
    time->tv_sec = -1;
    CU_ASSERT_EQUAL(call(SYS_PPOLL, 0, 0, (long)time, 0, 0, 0), -KEINVAL);
}

static void test_ppoll_refuses_bad_arguments(void)
{
    run(poll_badly);
}

static void poll_for_ever(void)
{
    open_things(1);
    struct pollfd *entries = entries_of((struct pollfd[]){{3, POLLIN, 0}}, 1);
    (void)poll_now(entries, 1, NULL);
}

static void test_what_polls_can_be_killed(void)
{
    body_start(poll_for_ever);
    fake_run_until(FAKE_START_NS + 1000 * BODY_MS);
    CU_ASSERT_EQUAL(fake_log_count("blocked 1 poll"), 1);
    CU_ASSERT_EQUAL(program_kill(7, SIGTERM), 0);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("return 1 ppoll -4"), 1);
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 143"), 1);
    CU_ASSERT_EQUAL(things[0].closed, 1);
    CU_ASSERT_TRUE(wait_queue_is_empty(&things[0].queue));
}

/* ---- pselect6 -------------------------------------------------------------------------------- */

#define SET(place) ((uint64_t *)(void *)(ram + 1024 * (place)))

static long select_now(int end, struct kernel_timespec *timeout)
{
    return call(SYS_PSELECT6, end, (long)SET(1), (long)SET(2), (long)SET(3), (long)timeout, 0);
}

static void select_what_is_there(void)
{
    open_things(3);
    things[0].ready = POLLIN | POLLOUT;
    things[1].ready = POLLERR;
    things[2].ready = POLLPRI;
    *SET(1) = *SET(2) = *SET(3) = 1 << 3 | 1 << 4 | 1 << 5;
    CU_ASSERT_EQUAL(select_now(6, NULL), 5);
    CU_ASSERT_EQUAL(*SET(1), 1 << 3 | 1 << 4);
    CU_ASSERT_EQUAL(*SET(2), 1 << 3 | 1 << 4);
    CU_ASSERT_EQUAL(*SET(3), 1 << 5);
    *SET(1) = 0;
    *SET(2) = 0;
    *SET(3) = 1 << 3 | 1 << 5;
    CU_ASSERT_EQUAL(select_now(5, time_of(10 * BODY_MS)), 0); /* 5 is not below the end */
    CU_ASSERT_EQUAL(*SET(3), 0);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + 10 * BODY_MS);
}

static void test_pselect6_has_three_sets(void)
{
    run(select_what_is_there);
}

static void select_until_ready(void)
{
    open_things(1);
    become_later(30 * BODY_MS, 0, POLLOUT);
    *SET(2) = 1 << 3;
    CU_ASSERT_EQUAL(call(SYS_PSELECT6, 4, 0, (long)SET(2), 0, 0, 0), 1);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + 30 * BODY_MS);
}

static void test_pselect6_sleeps_until_one_is_ready(void)
{
    run(select_until_ready);
}

static void select_badly(void)
{
    long *mask = (long *)(void *)(ram + 9000 / 8 * 8);
    CU_ASSERT_EQUAL(call(SYS_PSELECT6, -1, 0, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_PSELECT6, 1, BAD, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_PSELECT6, 0, 0, 0, 0, BAD, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_PSELECT6, 0, 0, 0, 0, 0, BAD), -KEFAULT);
    mask[0] = (long)ram;
    mask[1] = 4;
    CU_ASSERT_EQUAL(call(SYS_PSELECT6, 0, 0, 0, 0, 0, (long)mask), -KEINVAL);
    *SET(1) = 1 << 9;
    CU_ASSERT_EQUAL(call(SYS_PSELECT6, 10, (long)SET(1), 0, 0, 0, 0), -KEBADF);
    CU_ASSERT_EQUAL(*SET(1), 1 << 9);
    CU_ASSERT_EQUAL(call(SYS_PSELECT6, 0, 0, 0, 0, (long)time_of(BODY_MS), 0), 0);
}

static void test_pselect6_refuses_bad_arguments(void)
{
    run(select_badly);
}

/* ---- epoll ----------------------------------------------------------------------------------- */

static struct epoll_event *events_at(void)
{
    return (struct epoll_event *)(void *)(ram + 2048);
}

static long control(long epoll, long operation, long descriptor, uint32_t events)
{
    struct epoll_event *event = (struct epoll_event *)(void *)(ram + 1024);
    *event = (struct epoll_event){events, (uint64_t)descriptor << 32 | 7};
    return call(SYS_EPOLL_CTL, epoll, operation, descriptor, (long)event, 0, 0);
}

static long await(long epoll, int max, int timeout_ms)
{
    memset(events_at(), 0xcc, 8 * sizeof(struct epoll_event));
    return call(SYS_EPOLL_PWAIT, epoll, (long)events_at(), max, timeout_ms, 0, 0);
}

static long make_epoll(void)
{
    return call(SYS_EPOLL_CREATE1, EPOLL_CLOEXEC, 0, 0, 0, 0, 0);
}

static void epoll_levels(void)
{
    open_things(2);
    long epoll = make_epoll();
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 3, POLLIN), 0);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 4, POLLIN), 0);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 0);
    become_later(30 * BODY_MS, 1, POLLIN | POLLHUP);
    CU_ASSERT_EQUAL(await(epoll, 8, -1), 1);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + 30 * BODY_MS);
    CU_ASSERT_EQUAL(events_at()[0].events, POLLIN | POLLHUP);
    CU_ASSERT_EQUAL(events_at()[0].data, UINT64_C(4) << 32 | 7);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 1); /* it still is */
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_MOD, 4, POLLOUT), 0);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 1);
    CU_ASSERT_EQUAL(events_at()[0].events, POLLHUP); /* told anyway */
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_DEL, 4, 0), 0);
    CU_ASSERT_EQUAL(await(epoll, 8, 20), 0);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + 50 * BODY_MS);
}

static void test_epoll_tells_levels(void)
{
    run(epoll_levels);
}

static void epoll_edges(void)
{
    open_things(1);
    things[0].ready = POLLOUT;
    long epoll = make_epoll();
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 3, POLLIN | POLLOUT | EPOLLET), 0);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 1); /* it is when it is added */
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 0);
    become(0, POLLOUT | POLLIN);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 1);
    CU_ASSERT_EQUAL(events_at()[0].events, POLLOUT | POLLIN);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 0);
    become(0, POLLOUT | POLLIN); /* more of the same is an edge too */
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 1);
    become(0, 0);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 0);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_MOD, 3, POLLIN | EPOLLET), 0);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 0);
}

static void test_epoll_tells_edges(void)
{
    run(epoll_edges);
}

static void epoll_once(void)
{
    open_things(1);
    things[0].ready = POLLIN;
    long epoll = make_epoll();
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 3, POLLIN | EPOLLONESHOT), 0);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 1);
    become(0, POLLIN | POLLERR);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 0);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_MOD, 3, POLLIN | EPOLLONESHOT), 0);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 1);
}

static void test_one_shot_is_silent_until_it_is_changed(void)
{
    run(epoll_once);
}

static void epoll_in_turn(void)
{
    open_things(3);
    long epoll = make_epoll();
    for (unsigned i = 0; i < 3; i++) {
        things[i].ready = POLLIN;
        CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 3 + i, POLLIN), 0);
    }
    for (unsigned i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL(await(epoll, 1, 0), 1);
        CU_ASSERT_EQUAL(events_at()[0].data >> 32, 3 + i % 3);
    }
}

static void test_short_arrays_starve_nobody(void)
{
    run(epoll_in_turn);
}

static void epoll_closed_files(void)
{
    open_things(2);
    things[0].ready = things[1].ready = POLLIN;
    long epoll = make_epoll();
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 3, POLLIN), 0);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 4, POLLIN), 0);
    CU_ASSERT_EQUAL(call(SYS_DUP, 3, 0, 0, 0, 0, 0), 6);
    CU_ASSERT_EQUAL(call(SYS_CLOSE, 3, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 2); /* the file is still open */
    CU_ASSERT_EQUAL(call(SYS_CLOSE, 6, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 1);
    CU_ASSERT_EQUAL(call(SYS_DUP3, 1, 4, 0, 0, 0, 0), 4); /* closes it as well */
    CU_ASSERT_EQUAL(await(epoll, 8, 0), 0);
}

static void test_closed_files_leave_their_sets(void)
{
    run(epoll_closed_files);
    CU_ASSERT_EQUAL(things[0].closed, 1);
    CU_ASSERT_EQUAL(things[1].closed, 1);
}

static void poll_an_epoll(void)
{
    open_things(1);
    long epoll = make_epoll();
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 3, POLLIN), 0);
    struct pollfd *entries = entries_of((struct pollfd[]){{(int)epoll, POLLIN, 0}}, 1);
    CU_ASSERT_EQUAL(poll_now(entries, 1, time_of(0)), 0);
    become_later(30 * BODY_MS, 0, POLLIN);
    CU_ASSERT_EQUAL(poll_now(entries, 1, NULL), 1);
    CU_ASSERT_EQUAL(entries[0].revents, POLLIN);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + 30 * BODY_MS);
}

static void test_a_set_can_be_polled(void)
{
    run(poll_an_epoll);
}

static void epoll_badly(void)
{
    open_things(1);
    long epoll = make_epoll(), other = make_epoll();
    CU_ASSERT_EQUAL(call(SYS_EPOLL_CREATE1, 1, 0, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_MOD, 3, POLLIN), -KENOENT);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_DEL, 3, POLLIN), -KENOENT);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 3, POLLIN), 0);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 3, POLLIN), -KEEXIST);
    CU_ASSERT_EQUAL(control(epoll, 9, 3, POLLIN), -KEINVAL);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_MOD, 3, 1u << 28), -KEINVAL); /* EPOLLEXCLUSIVE */
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, other, POLLIN), -KEINVAL);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, epoll, POLLIN), -KEINVAL);
    CU_ASSERT_EQUAL(control(3, EPOLL_CTL_ADD, 3, POLLIN), -KEINVAL);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 1, POLLIN), -KEPERM);
    CU_ASSERT_EQUAL(control(epoll, EPOLL_CTL_ADD, 77, POLLIN), -KEBADF);
    CU_ASSERT_EQUAL(control(77, EPOLL_CTL_ADD, 3, POLLIN), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_EPOLL_CTL, epoll, EPOLL_CTL_MOD, 3, BAD, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_EPOLL_CTL, epoll, EPOLL_CTL_DEL, 3, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(await(epoll, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(await(epoll, -1, 0), -KEINVAL);
    CU_ASSERT_EQUAL(await(epoll, INT32_MAX, 0), -KEINVAL);
    CU_ASSERT_EQUAL(await(3, 1, 0), -KEINVAL);
    CU_ASSERT_EQUAL(await(77, 1, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_EPOLL_PWAIT, epoll, BAD, 1, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_EPOLL_PWAIT, epoll, (long)ram, 1, 0, BAD, 8), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_READ, epoll, (long)ram, 8, 0, 0, 0), -KEINVAL);
}

static void test_epoll_refuses_bad_arguments(void)
{
    run(epoll_badly);
}

/* ---- eventfd --------------------------------------------------------------------------------- */

static uint64_t *word(void)
{
    return (uint64_t *)(void *)ram;
}

static long put(long descriptor, uint64_t amount)
{
    *word() = amount;
    return call(SYS_WRITE, descriptor, (long)ram, 8, 0, 0, 0);
}

static long take(long descriptor)
{
    *word() = 0xcccc;
    return call(SYS_READ, descriptor, (long)ram, 8, 0, 0, 0);
}

static unsigned readiness(long descriptor)
{
    struct pollfd *entry = (struct pollfd *)(void *)(ram + 512);
    *entry = (struct pollfd){(int)descriptor, POLLIN | POLLOUT, 0};
    CU_ASSERT_TRUE(poll_now(entry, 1, time_of(0)) >= 0);
    return (unsigned)entry->revents;
}

static void count_events(void)
{
    long fd = call(SYS_EVENTFD2, 0, EFD_NONBLOCK | EFD_CLOEXEC, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(fd, 3);
    CU_ASSERT_EQUAL(call(SYS_FCNTL, fd, F_GETFD, 0, 0, 0, 0), FD_CLOEXEC);
    CU_ASSERT_EQUAL(take(fd), -KEAGAIN);
    CU_ASSERT_EQUAL(readiness(fd), POLLOUT);
    CU_ASSERT_EQUAL(put(fd, 5), 8);
    CU_ASSERT_EQUAL(put(fd, 2), 8);
    CU_ASSERT_EQUAL(readiness(fd), POLLIN | POLLOUT);
    CU_ASSERT_EQUAL(take(fd), 8);
    CU_ASSERT_EQUAL(*word(), 7);
    CU_ASSERT_EQUAL(take(fd), -KEAGAIN);
    CU_ASSERT_EQUAL(put(fd, UINT64_MAX), -KEINVAL);
    CU_ASSERT_EQUAL(put(fd, UINT64_MAX - 1), 8);
    CU_ASSERT_EQUAL(readiness(fd), POLLIN);
    CU_ASSERT_EQUAL(put(fd, 1), -KEAGAIN);
    CU_ASSERT_EQUAL(put(fd, 0), 8);
    CU_ASSERT_EQUAL(call(SYS_READ, fd, (long)ram, 7, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_WRITE, fd, (long)ram, 7, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_EVENTFD2, 0, 2, 0, 0, 0, 0), -KEINVAL);
}

static void test_eventfd_counts(void)
{
    run(count_events);
}

static void count_one_by_one(void)
{
    long fd = call(SYS_EVENTFD2, 2, EFD_SEMAPHORE | EFD_NONBLOCK, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(take(fd), 8);
    CU_ASSERT_EQUAL(*word(), 1);
    CU_ASSERT_EQUAL(take(fd), 8);
    CU_ASSERT_EQUAL(take(fd), -KEAGAIN);
}

static void test_eventfd_as_semaphore(void)
{
    run(count_one_by_one);
}

static void wait_for_events(void)
{
    long fd = call(SYS_EVENTFD2, 0, 0, 0, 0, 0, 0);
    (void)take(fd);
}

static void test_blocked_eventfd_can_be_killed(void)
{
    body_start(wait_for_events);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("blocked 1 eventfd"), 1);
    CU_ASSERT_EQUAL(program_kill(7, SIGKILL), 0);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 137"), 1);
}

UNIT_SUITE("syscall_poll", UNIT_TEST(test_ppoll_tells_what_was_asked_for_and_errors_anyway),
           UNIT_TEST(test_ppoll_sleeps_until_one_of_several_is_ready),
           UNIT_TEST(test_ppoll_ends_exactly_at_its_timeout),
           UNIT_TEST(test_ppoll_refuses_bad_arguments), UNIT_TEST(test_what_polls_can_be_killed),
           UNIT_TEST(test_pselect6_has_three_sets),
           UNIT_TEST(test_pselect6_sleeps_until_one_is_ready),
           UNIT_TEST(test_pselect6_refuses_bad_arguments), UNIT_TEST(test_epoll_tells_levels),
           UNIT_TEST(test_epoll_tells_edges),
           UNIT_TEST(test_one_shot_is_silent_until_it_is_changed),
           UNIT_TEST(test_short_arrays_starve_nobody),
           UNIT_TEST(test_closed_files_leave_their_sets), UNIT_TEST(test_a_set_can_be_polled),
           UNIT_TEST(test_epoll_refuses_bad_arguments), UNIT_TEST(test_eventfd_counts),
           UNIT_TEST(test_eventfd_as_semaphore), UNIT_TEST(test_blocked_eventfd_can_be_killed))
