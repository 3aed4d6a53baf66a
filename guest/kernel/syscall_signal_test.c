/* syscall_signal_test.c - signals, and the alarm */
#include "kernel/fake_program.h"
#include "kernel/file.h"
#include "kernel/task.h"
#include "kernel/wait.h"

static int handled[8];
static unsigned handled_count;

static void note_signal(int number)
{
    handled[handled_count++ % 8] = number;
}

static void raise_twice(int number)
{
    if (handled_count == 0) {
        handled_count++;
        (void)call(SYS_KILL, 1, number, 0, 0, 0, 0); /* waits until this one is over */
        CU_ASSERT_EQUAL(handled_count, 1);
    } else {
        handled_count++;
    }
}

static long on_signal(int number, signal_handler_fn *handler, uint64_t flags)
{
    struct kernel_sigaction *action = (struct kernel_sigaction *)(void *)(ram + 4096);
    *action = (struct kernel_sigaction){.sa_handler = handler, .sa_flags = flags};
    return call(SYS_RT_SIGACTION, number, (long)action, 0, SIGSET_SIZE, 0, 0);
}

static long raise_signal(int number)
{
    return call(SYS_KILL, call(SYS_GETPID, 0, 0, 0, 0, 0, 0), number, 0, 0, 0, 0);
}

static long sleep_ms(int64_t ms)
{
    struct kernel_timespec *time = (struct kernel_timespec *)(void *)(ram + 5000 / 8 * 8);
    time->tv_sec = ms / 1000;
    time->tv_nsec = ms % 1000 * 1000000;
    return call(SYS_NANOSLEEP, (long)time, 0, 0, 0, 0, 0);
}

static long mask_signals(int how, uint64_t set, uint64_t *before)
{
    uint64_t *words = (uint64_t *)(void *)(ram + 6000 / 8 * 8);
    words[0] = set;
    long result = call(SYS_RT_SIGPROCMASK, how, (long)words, (long)(words + 1), SIGSET_SIZE, 0, 0);
    *before = words[1];
    return result;
}

static uint64_t bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

static void begin(void (*fn)(void))
{
    handled_count = 0;
    memset(handled, 0, sizeof handled);
    run(fn);
}

/* ---- handlers -------------------------------------------------------------------------------- */

static void handle(void)
{
    CU_ASSERT_EQUAL(on_signal(SIGUSR1, note_signal, 0), 0);
    CU_ASSERT_EQUAL(raise_signal(SIGUSR1), 0);
    CU_ASSERT_EQUAL(handled_count, 1);
    CU_ASSERT_EQUAL(handled[0], SIGUSR1);
    CU_ASSERT_EQUAL(raise_signal(0), 0);
    CU_ASSERT_EQUAL(on_signal(SIGUSR1, SIGNAL_IGNORE, 0), 0);
    CU_ASSERT_EQUAL(raise_signal(SIGUSR1), 0);
    CU_ASSERT_EQUAL(raise_signal(SIGCHLD), 0); /* ignored unless somebody wants it */
    CU_ASSERT_EQUAL(handled_count, 1);
    CU_ASSERT_EQUAL(on_signal(SIGUSR1, note_signal, SA_RESETHAND), 0);
    CU_ASSERT_EQUAL(raise_signal(SIGUSR1), 0);
    CU_ASSERT_EQUAL(call(SYS_RT_SIGACTION, SIGUSR1, 0, (long)ram, SIGSET_SIZE, 0, 0), 0);
    CU_ASSERT_PTR_NULL(((struct kernel_sigaction *)(void *)ram)->sa_handler);
}

static void test_handlers_are_called(void)
{
    begin(handle);
    CU_ASSERT_EQUAL(handled_count, 2);
}

static void handle_twice(void)
{
    CU_ASSERT_EQUAL(on_signal(SIGUSR1, raise_twice, 0), 0);
    CU_ASSERT_EQUAL(raise_signal(SIGUSR1), 0);
    CU_ASSERT_EQUAL(handled_count, 2);
}

static void test_a_signal_waits_while_its_handler_runs(void)
{
    begin(handle_twice);
}

static void block_signals(void)
{
    uint64_t before;
    CU_ASSERT_EQUAL(on_signal(SIGUSR1, note_signal, 0), 0);
    CU_ASSERT_EQUAL(mask_signals(SIG_BLOCK, bit(SIGUSR1) | bit(SIGKILL), &before), 0);
    CU_ASSERT_EQUAL(before, 0);
    CU_ASSERT_EQUAL(raise_signal(SIGUSR1), 0);
    CU_ASSERT_EQUAL(sleep_ms(5), 0); /* not interrupted */
    CU_ASSERT_EQUAL(handled_count, 0);
    CU_ASSERT_EQUAL(mask_signals(SIG_UNBLOCK, bit(SIGUSR1), &before), 0);
    CU_ASSERT_EQUAL(before, bit(SIGUSR1));
    CU_ASSERT_EQUAL(handled_count, 1);
    CU_ASSERT_EQUAL(mask_signals(SIG_SETMASK, bit(SIGALRM), &before), 0);
    CU_ASSERT_EQUAL(before, 0);
}

static void test_blocked_signals_stay_pending(void)
{
    begin(block_signals);
}

/* What is pending and blocked is let in for the length of a ppoll only. */
static void poll_with_mask(void)
{
    uint64_t before;
    uint64_t *mask = (uint64_t *)(void *)ram;
    struct kernel_timespec *time = (struct kernel_timespec *)(void *)(ram + 64);
    time->tv_sec = 1;
    CU_ASSERT_EQUAL(on_signal(SIGUSR1, note_signal, 0), 0);
    CU_ASSERT_EQUAL(mask_signals(SIG_BLOCK, bit(SIGUSR1), &before), 0);
    CU_ASSERT_EQUAL(raise_signal(SIGUSR1), 0);
    CU_ASSERT_EQUAL(handled_count, 0);
    *mask = 0;
    CU_ASSERT_EQUAL(call(SYS_PPOLL, 0, 0, (long)time, (long)mask, SIGSET_SIZE, 0), -KEINTR);
    CU_ASSERT_EQUAL(handled_count, 1);
    CU_ASSERT_EQUAL(raise_signal(SIGUSR1), 0);
    CU_ASSERT_EQUAL(handled_count, 1); /* blocked again */
    *mask = bit(SIGUSR1);
    time->tv_sec = 0;
    CU_ASSERT_EQUAL(call(SYS_PPOLL, 0, 0, (long)time, (long)mask, SIGSET_SIZE, 0), 0);
    CU_ASSERT_EQUAL(handled_count, 1);
}

static void test_ppoll_has_a_mask_of_its_own(void)
{
    begin(poll_with_mask);
}

static void signal_badly(void)
{
    CU_ASSERT_EQUAL(call(SYS_KILL, 99, SIGTERM, 0, 0, 0, 0), -KESRCH);
    CU_ASSERT_EQUAL(call(SYS_KILL, 0, SIGTERM, 0, 0, 0, 0), -KESRCH);
    CU_ASSERT_EQUAL(call(SYS_KILL, -1, SIGTERM, 0, 0, 0, 0), -KESRCH);
    CU_ASSERT_EQUAL(raise_signal(65), -KEINVAL);
    CU_ASSERT_EQUAL(raise_signal(-1), -KEINVAL);
    CU_ASSERT_EQUAL(on_signal(0, note_signal, 0), -KEINVAL);
    CU_ASSERT_EQUAL(on_signal(65, note_signal, 0), -KEINVAL);
    CU_ASSERT_EQUAL(on_signal(SIGKILL, note_signal, 0), -KEINVAL);
    CU_ASSERT_EQUAL(on_signal(SIGUSR1, note_signal, 4), -KEINVAL); /* SA_SIGINFO */
    CU_ASSERT_EQUAL(call(SYS_RT_SIGACTION, SIGUSR1, BAD, 0, SIGSET_SIZE, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_RT_SIGACTION, SIGUSR1, 0, BAD, SIGSET_SIZE, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_RT_SIGACTION, SIGUSR1, 0, 0, 4, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_RT_SIGPROCMASK, 0, BAD, 0, SIGSET_SIZE, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_RT_SIGPROCMASK, 0, 0, BAD, SIGSET_SIZE, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_RT_SIGPROCMASK, 3, (long)ram, 0, SIGSET_SIZE, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_RT_SIGPROCMASK, 3, 0, 0, SIGSET_SIZE, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_RT_SIGPROCMASK, 0, 0, 0, 4, 0, 0), -KEINVAL);
}

/* What is called must be code: neither data, nor nothing, nor beyond all memory. */
static void handle_wildly(void)
{
    static char data[16];
    const uintptr_t wild[] = {2, 4096, (uintptr_t)ram, (uintptr_t)data, UINTPTR_MAX};
    struct kernel_sigaction *set = (struct kernel_sigaction *)(void *)ram;
    CU_ASSERT_EQUAL(on_signal(SIGUSR1, note_signal, 0), 0);
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++)
        CU_ASSERT_EQUAL(on_signal(SIGUSR1, (signal_handler_fn *)wild[i], 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_RT_SIGACTION, SIGUSR1, 0, (long)set, SIGSET_SIZE, 0, 0), 0);
    CU_ASSERT_PTR_EQUAL(set->sa_handler, note_signal);
}

static void test_handlers_outside_of_the_code_are_refused(void)
{
    begin(handle_wildly);
}

static void test_bad_arguments_are_refused(void)
{
    begin(signal_badly);
}

static void end_by_own_signal(void)
{
    (void)raise_signal(SIGPIPE);
    CU_FAIL("still alive");
}

static void test_default_is_to_end_with_the_number(void)
{
    body_start(end_by_own_signal);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 141"), 1);
}

/* ---- the alarm ------------------------------------------------------------------------------- */

static struct kernel_itimerval *alarm_after(uint64_t first_ms, uint64_t interval_ms)
{
    struct kernel_itimerval *value = (struct kernel_itimerval *)(void *)(ram + 2048);
    *value = (struct kernel_itimerval){
        .it_interval = {(int64_t)(interval_ms / 1000), (int64_t)(interval_ms % 1000 * 1000)},
        .it_value = {(int64_t)(first_ms / 1000), (int64_t)(first_ms % 1000 * 1000)},
    };
    return value;
}

static long set_alarm(uint64_t first_ms, uint64_t interval_ms)
{
    return call(SYS_SETITIMER, ITIMER_REAL, (long)alarm_after(first_ms, interval_ms), 0, 0, 0, 0);
}

static void ring_once(void)
{
    CU_ASSERT_EQUAL(on_signal(SIGALRM, note_signal, 0), 0);
    CU_ASSERT_EQUAL(set_alarm(20, 0), 0);
    CU_ASSERT_EQUAL(sleep_ms(100), -KEINTR);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + 20 * BODY_MS);
    CU_ASSERT_EQUAL(handled_count, 1);
    CU_ASSERT_EQUAL(sleep_ms(100), 0);
}

static void test_alarm_ends_a_wait(void)
{
    begin(ring_once);
}

static void ring_again(void)
{
    struct kernel_itimerval *value = (struct kernel_itimerval *)(void *)ram;
    CU_ASSERT_EQUAL(on_signal(SIGALRM, note_signal, 0), 0);
    CU_ASSERT_EQUAL(set_alarm(20, 10), 0);
    CU_ASSERT_EQUAL(sleep_ms(100), -KEINTR);
    CU_ASSERT_EQUAL(sleep_ms(100), -KEINTR);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + 30 * BODY_MS);
    CU_ASSERT_EQUAL(sleep_ms(4), 0);
    CU_ASSERT_EQUAL(call(SYS_GETITIMER, ITIMER_REAL, (long)value, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(value->it_value.tv_usec, 6000);
    CU_ASSERT_EQUAL(value->it_interval.tv_usec, 10000);
    CU_ASSERT_EQUAL(call(SYS_SETITIMER, ITIMER_REAL, 0, (long)value, 0, 0, 0), 0); /* off */
    CU_ASSERT_EQUAL(value->it_value.tv_usec, 6000);
    CU_ASSERT_EQUAL(sleep_ms(100), 0);
    CU_ASSERT_EQUAL(call(SYS_GETITIMER, ITIMER_REAL, (long)value, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(value->it_value.tv_sec + value->it_value.tv_usec, 0);
}

static void test_alarm_repeats_until_it_is_taken_back(void)
{
    begin(ring_again);
    CU_ASSERT_EQUAL(handled_count, 2);
}

static void leave_an_alarm(void)
{
    CU_ASSERT_EQUAL(set_alarm(20, 20), 0);
}

static void test_alarm_ends_with_its_program(void)
{
    begin(leave_an_alarm); /* asserts that no timer runs */
}

/* The interval is so long that the next alarm would be behind the end of time. */
static void ring_with_an_endless_interval(void)
{
    struct kernel_itimerval *value = alarm_after(20, 0);
    value->it_interval = (struct kernel_timeval){INT64_MAX, 0};
    CU_ASSERT_EQUAL(on_signal(SIGALRM, note_signal, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_SETITIMER, ITIMER_REAL, (long)value, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(sleep_ms(100), -KEINTR);
    CU_ASSERT_EQUAL(sleep_ms(100), 0);
    CU_ASSERT_EQUAL(handled_count, 1);
}

static void test_alarm_with_an_endless_interval_rings_once(void)
{
    begin(ring_with_an_endless_interval);
}

static void set_alarms_badly(void)
{
    struct kernel_itimerval *value = alarm_after(0, 0);
    CU_ASSERT_EQUAL(call(SYS_SETITIMER, 1, (long)value, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_SETITIMER, 0, BAD, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_SETITIMER, 0, (long)value, BAD, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_GETITIMER, 1, (long)value, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_GETITIMER, 0, BAD, 0, 0, 0, 0), -KEFAULT);
    value->it_value.tv_usec = 1000000;
    CU_ASSERT_EQUAL(call(SYS_SETITIMER, 0, (long)value, 0, 0, 0, 0), -KEINVAL);
    value->it_value.tv_usec = -1;
    CU_ASSERT_EQUAL(call(SYS_SETITIMER, 0, (long)value, 0, 0, 0, 0), -KEINVAL);
    value->it_value = (struct kernel_timeval){INT64_MAX, 0}; /* never */
    CU_ASSERT_EQUAL(call(SYS_SETITIMER, 0, (long)value, 0, 0, 0, 0), 0);
    value->it_value = (struct kernel_timeval){0, 1};
    value->it_interval = (struct kernel_timeval){-1, 0};
    CU_ASSERT_EQUAL(call(SYS_SETITIMER, 0, (long)value, 0, 0, 0, 0), -KEINVAL);
}

static void test_bad_alarms_are_refused(void)
{
    begin(set_alarms_badly);
}

/* ---- restarting ------------------------------------------------------------------------------ */

static int event;

/* Ends what the program waits for. */
static void end_the_wait(void *arg)
{
    struct wait_queue queue;
    struct waiter waiter;
    uint64_t amount = 1;
    wait_queue_init(&queue);
    wait_prepare(&queue, &waiter, "test");
    (void)wait_commit(&waiter, FAKE_START_NS + 100 * BODY_MS);
    wait_finish(&waiter);
    struct file *file = arg;
    CU_ASSERT_EQUAL(file->ops->write(file, &amount, sizeof amount), (long)sizeof amount);
}

static void read_interrupted(uint64_t flags, long wanted, uint64_t end_ms)
{
    event = (int)call(SYS_EVENTFD2, 0, 0, 0, 0, 0, 0);
    CU_ASSERT_PTR_NOT_NULL(task_create("waker", end_the_wait, file_table_get(task_files(), event)));
    CU_ASSERT_EQUAL(on_signal(SIGALRM, note_signal, flags), 0);
    CU_ASSERT_EQUAL(set_alarm(20, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_READ, event, (long)ram, 8, 0, 0, 0), wanted);
    CU_ASSERT_EQUAL(fake_now_ns, FAKE_START_NS + end_ms * BODY_MS);
    CU_ASSERT_EQUAL(handled_count, 1);
    CU_ASSERT_EQUAL(sleep_ms(200), 0); /* the other task is through */
}

static void read_with_restart(void)
{
    read_interrupted(SA_RESTART, 8, 100);
    CU_ASSERT_EQUAL(fake_log_count("return 1 read -4"), 1); /* the bench is told of both */
}

static void read_without_restart(void)
{
    read_interrupted(0, -KEINTR, 20);
}

static void test_interrupted_read_goes_on_where_the_handler_says_so(void)
{
    begin(read_with_restart);
    begin(read_without_restart);
}

/* "The following interfaces are never restarted": signal(7). */
static void wait_with_restart(void)
{
    struct kernel_timespec *time = (struct kernel_timespec *)(void *)(ram + 64);
    *time = (struct kernel_timespec){1, 0};
    int epoll = (int)call(SYS_EPOLL_CREATE1, 0, 0, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(on_signal(SIGALRM, note_signal, SA_RESTART), 0);
    CU_ASSERT_EQUAL(set_alarm(20, 20), 0);
    CU_ASSERT_EQUAL(sleep_ms(100), -KEINTR);
    CU_ASSERT_EQUAL(call(SYS_PPOLL, 0, 0, (long)time, 0, 0, 0), -KEINTR);
    CU_ASSERT_EQUAL(call(SYS_PSELECT6, 0, 0, 0, 0, (long)time, 0), -KEINTR);
    CU_ASSERT_EQUAL(call(SYS_EPOLL_PWAIT, epoll, (long)ram, 1, -1, 0, 0), -KEINTR);
    CU_ASSERT_EQUAL(set_alarm(0, 0), 0);
    CU_ASSERT_EQUAL(handled_count, 4);
}

static void test_waits_for_readiness_and_time_are_never_restarted(void)
{
    begin(wait_with_restart);
}

UNIT_SUITE("syscall_signal", UNIT_TEST(test_handlers_are_called),
           UNIT_TEST(test_a_signal_waits_while_its_handler_runs),
           UNIT_TEST(test_blocked_signals_stay_pending),
           UNIT_TEST(test_ppoll_has_a_mask_of_its_own), UNIT_TEST(test_bad_arguments_are_refused),
           UNIT_TEST(test_default_is_to_end_with_the_number), UNIT_TEST(test_alarm_ends_a_wait),
           UNIT_TEST(test_alarm_repeats_until_it_is_taken_back),
           UNIT_TEST(test_alarm_ends_with_its_program), UNIT_TEST(test_bad_alarms_are_refused),
           UNIT_TEST(test_alarm_with_an_endless_interval_rings_once),
           UNIT_TEST(test_handlers_outside_of_the_code_are_refused),
           UNIT_TEST(test_interrupted_read_goes_on_where_the_handler_says_so),
           UNIT_TEST(test_waits_for_readiness_and_time_are_never_restarted))
