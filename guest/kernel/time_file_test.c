/* time_file_test.c - clocks as files: their times, their timeouts, and what is left of those */
#include "kernel/time_file.h"

#include "kernel/clock.h"
#include "kernel/event.h"
#include "kernel/fake_programs.h"

static struct kernel_timespec after(struct kernel_timespec from, int64_t ms)
{
    int64_t ns = from.tv_nsec + ms * 1000000;
    return (struct kernel_timespec){from.tv_sec + ns / 1000000000, ns % 1000000000};
}

static struct kernel_timespec time_of(int file)
{
    struct kernel_timespec now = {0};
    CU_ASSERT_EQUAL(sys_read(file, &now, sizeof now), sizeof now);
    return now;
}

static long set(int file, int64_t ms)
{
    struct kernel_timespec then = after(time_of(file), ms);
    return sys_write(file, &then, sizeof then);
}

static void expect_event(int queue, uint64_t data)
{
    struct event_entry entry = {0};
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(entry.data, data);
    CU_ASSERT_EQUAL(entry.events, EVENT_READ);
}

static void alone(void (*body)(void))
{
    boot();
    add(body);
    finish();
}

static void one_each(void)
{
    int queue = (int)open_path("/scheme/event", O_RDWR);
    int clock = (int)open_path("/scheme/time/1", O_RDWR);
    int day = (int)open_path("/scheme/time/0", O_RDWR);
    CU_ASSERT_EQUAL(sys_watch(queue, clock, EVENT_READ, 1), 0);
    CU_ASSERT_EQUAL(sys_watch(queue, day, EVENT_READ, 2), 0);
    uint64_t begin_ns = fake_now_ns;
    CU_ASSERT_EQUAL(set(clock, 30), 16);
    CU_ASSERT_EQUAL(set(clock, 10), 16);
    CU_ASSERT_EQUAL(set(day, 20), 16);
    CU_ASSERT_EQUAL(set(clock, 10), 16);
    static const int order[] = {1, 1, 2, 1};
    for (int i = 0; i < 4; i++) {
        expect_event(queue, (uint64_t)order[i]);
        CU_ASSERT_EQUAL(fake_now_ns - begin_ns, (uint64_t)(i < 2 ? 10 : i * 10) * BODY_MS);
    }
    CU_ASSERT_EQUAL(set(clock, 0), 16);
    expect_event(queue, 1); /* at once */
    struct kernel_timespec past = {.tv_sec = 0};
    CU_ASSERT_EQUAL(sys_write(clock, &past, sizeof past), 16);
    expect_event(queue, 1);
}

static void test_each_timeout_is_one_event_at_its_time(void)
{
    alone(one_each);
    CU_ASSERT_EQUAL(fake_log_count("posted 1 time"), 6);
}

static void reads(void)
{
    int clock = (int)open_path("/scheme/time/1", O_RDWR);
    int day = (int)open_path("/scheme/time/0", O_RDWR);
    clock_set_realtime(UINT64_C(1767000000000000123));
    CU_ASSERT_EQUAL(time_of(clock).tv_sec, 1);
    CU_ASSERT_EQUAL(time_of(day).tv_sec, 1767000000);
    CU_ASSERT_EQUAL(time_of(day).tv_nsec, 123);
    struct kernel_timespec wrong = {.tv_sec = 1, .tv_nsec = 1000000000};
    CU_ASSERT_EQUAL(sys_write(day, &wrong, sizeof wrong), -KEINVAL);
    wrong = (struct kernel_timespec){.tv_sec = -1};
    CU_ASSERT_EQUAL(sys_write(day, &wrong, sizeof wrong), -KEINVAL);
    CU_ASSERT_EQUAL(sys_write(day, &wrong, 15), -KEINVAL);
    CU_ASSERT_EQUAL(sys_read(day, &wrong, 15), -KEINVAL);
    CU_ASSERT_EQUAL(open_path("/scheme/time/2", O_RDWR), -KENOENT);
    CU_ASSERT_EQUAL(open_path("/scheme/time/", O_RDWR), -KENOENT);
    int queue = (int)open_path("/scheme/event", O_RDWR);
    CU_ASSERT_EQUAL(sys_watch(queue, day, EVENT_READ, 1), 0);
    uint64_t begin_ns = fake_now_ns;
    CU_ASSERT_EQUAL(set(day, 25), 16); /* by the time of day */
    expect_event(queue, 1);
    CU_ASSERT_EQUAL(fake_now_ns - begin_ns, 25 * BODY_MS);
    clock_set_realtime(5); /* behind the counter */
    CU_ASSERT_EQUAL(set(day, 25), 16);
    expect_event(queue, 1);
    CU_ASSERT_EQUAL(fake_now_ns - begin_ns, 50 * BODY_MS);
}

static void test_each_clock_has_its_time(void)
{
    alone(reads);
}

static void before(void)
{
    struct event_entry entry;
    int queue = (int)open_path("/scheme/event", O_RDWR | FILE_NONBLOCK);
    int clock = (int)open_path("/scheme/time/1", O_RDWR);
    CU_ASSERT_EQUAL(set(clock, 5), 16);
    sleep_ms(10);
    CU_ASSERT_EQUAL(sys_watch(queue, clock, EVENT_READ, 1), 0);
    expect_event(queue, 1);
    (void)time_of(clock);
    CU_ASSERT_EQUAL(sys_watch(queue, clock, EVENT_READ, 1), 0);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), -KEAGAIN);
}

static void test_what_fired_before_it_was_watched_is_told_until_it_is_read(void)
{
    alone(before);
}

static void closes(void)
{
    struct event_entry entry;
    int queue = (int)open_path("/scheme/event", O_RDWR | FILE_NONBLOCK);
    int clock = (int)open_path("/scheme/time/1", O_RDWR);
    CU_ASSERT_EQUAL(sys_watch(queue, clock, EVENT_READ, 1), 0);
    for (int i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(set(clock, 60000 + i), 16);
    CU_ASSERT_EQUAL(sys_close(clock), 0);
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), -KEAGAIN);
}

static void test_a_closed_file_leaves_no_timeout_behind(void)
{
    alone(closes);
    CU_ASSERT_EQUAL(fake_log_count("cancelled\n"), 100);
}

UNIT_SUITE("time_file", UNIT_TEST(test_each_timeout_is_one_event_at_its_time),
           UNIT_TEST(test_each_clock_has_its_time),
           UNIT_TEST(test_what_fired_before_it_was_watched_is_told_until_it_is_read),
           UNIT_TEST(test_a_closed_file_leaves_no_timeout_behind))
