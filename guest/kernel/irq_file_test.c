/* irq_file_test.c - interrupts as files: counted, masked until acknowledged, by all files */
#include "kernel/irq_file.h"

#include "kernel/event.h"
#include "kernel/fake_programs.h"
#include "kernel/irq.h"

#define LINE  37
#define OTHER 38

static uint64_t count_of(int file)
{
    uint64_t count = 0;
    CU_ASSERT_EQUAL(sys_read(file, &count, sizeof count), sizeof count);
    return count;
}

static long acknowledge(int file, uint64_t count)
{
    return sys_write(file, &count, sizeof count);
}

static int open_line(const char *path)
{
    return (int)open_path(path, O_RDWR | FILE_NONBLOCK);
}

static void expect_nothing(int file)
{
    uint64_t count;
    CU_ASSERT_EQUAL(sys_read(file, &count, sizeof count), -KEAGAIN);
}

static void alone(void (*body)(void))
{
    boot();
    add(body);
    finish();
}

static void masked(void)
{
    int file = open_line("/scheme/irq/37");
    expect_nothing(file);
    fake_raise(LINE);
    CU_ASSERT_EQUAL(fake_irq_end_count(), 1); /* the controller serves others */
    fake_raise(LINE);
    CU_ASSERT_EQUAL(fake_irq_end_count(), 1); /* but not this line */
    CU_ASSERT_EQUAL(count_of(file), 1);
    CU_ASSERT_EQUAL(count_of(file), 1);
    CU_ASSERT_EQUAL(acknowledge(file, 1), 8); /* here it comes again */
    CU_ASSERT_EQUAL(fake_irq_end_count(), 2);
    CU_ASSERT_EQUAL(count_of(file), 2);
    CU_ASSERT_EQUAL(acknowledge(file, 2), 8);
    expect_nothing(file);
    CU_ASSERT_EQUAL(acknowledge(file, 2), 8); /* once more changes nothing */
    fake_raise(LINE);
    CU_ASSERT_EQUAL(count_of(file), 3);
}

static void test_a_line_is_masked_until_it_is_acknowledged(void)
{
    alone(masked);
    CU_ASSERT_EQUAL(fake_log_count("acknowledged 1 37 1 0"), 1);
}

static void stale(void)
{
    uint64_t count = 0;
    int file = open_line("/scheme/irq/37");
    fake_raise(LINE);
    CU_ASSERT_EQUAL(acknowledge(file, 0), -KESTALE);
    CU_ASSERT_EQUAL(acknowledge(file, 2), -KESTALE);
    fake_raise(LINE);
    CU_ASSERT_EQUAL(fake_irq_end_count(), 1); /* still masked */
    CU_ASSERT_EQUAL(count_of(file), 1);
    CU_ASSERT_EQUAL(sys_write(file, &count, 4), -KEINVAL);
    CU_ASSERT_EQUAL(sys_read(file, &count, 7), -KEINVAL);
    CU_ASSERT_EQUAL(acknowledge(file, 1), 8);
    CU_ASSERT_EQUAL(fake_irq_end_count(), 2);
}

static void test_a_stale_acknowledgement_leaves_it_masked(void)
{
    alone(stale);
    CU_ASSERT_EQUAL(fake_log_count("acknowledged 1 37 0 -116"), 1);
}

static void shared(void)
{
    int one = open_line("/scheme/irq/37"), two = open_line("/scheme/irq/37");
    fake_raise(LINE);
    CU_ASSERT_EQUAL(acknowledge(one, 1), 8);
    int late = open_line("/scheme/irq/37"); /* has nothing to do with what came before */
    expect_nothing(late);
    fake_raise(LINE);
    CU_ASSERT_EQUAL(fake_irq_end_count(), 1);
    expect_nothing(one);
    CU_ASSERT_EQUAL(count_of(two), 1);
    CU_ASSERT_EQUAL(sys_close(two), 0); /* nobody is behind any more */
    CU_ASSERT_EQUAL(fake_irq_end_count(), 2);
    CU_ASSERT_EQUAL(count_of(one), 2);
    CU_ASSERT_EQUAL(count_of(late), 2);
    CU_ASSERT_EQUAL(sys_close(one), 0);
    CU_ASSERT_EQUAL(sys_close(late), 0);
    fake_raise(LINE);
    CU_ASSERT_EQUAL(fake_irq_end_count(), 2); /* with the last file its enabling is gone */
    int again = open_line("/scheme/irq/37");
    CU_ASSERT_EQUAL(fake_irq_end_count(), 3); /* which came back */
    CU_ASSERT_EQUAL(count_of(again), 3);
}

static void test_all_files_of_a_line_have_to_acknowledge(void)
{
    alone(shared);
}

static void watched(void)
{
    struct event_entry entry = {0};
    int queue = open_line("/scheme/event");
    int file = open_line("/scheme/irq/37"), other = open_line("/scheme/irq/38");
    fake_raise(LINE);
    CU_ASSERT_EQUAL(sys_watch(queue, file, EVENT_READ, 1), 0); /* it came before */
    CU_ASSERT_EQUAL(sys_watch(queue, other, EVENT_READ, 2), 0);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(entry.data, 1);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), -KEAGAIN);
    fake_raise(OTHER); /* while the first is masked */
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(entry.data, 2);
    CU_ASSERT_EQUAL(acknowledge(file, 1), 8);
    fake_raise(LINE);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), -KEAGAIN);
}

static void test_an_interrupt_is_one_event_also_when_it_came_before(void)
{
    alone(watched);
    CU_ASSERT_EQUAL(fake_log_count("posted 1 irq 37 1"), 2);
    CU_ASSERT_EQUAL(fake_log_count("posted 1 irq 38 1"), 1);
}

static void waits(void)
{
    int file = (int)open_path("/scheme/irq/37", O_RDWR);
    CU_ASSERT_EQUAL(count_of(file), 1);
}

static void test_a_reader_waits_for_the_interrupt(void)
{
    boot();
    add(waits);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("blocked 1 irq"), 1);
    fake_raise(LINE);
    finish();
}

static void killed(void)
{
    (void)open_path("/scheme/irq/37", O_RDWR);
    fake_raise(LINE);
    sleep_ms(60000);
}

static void waits_again(void)
{
    int file = (int)open_path("/scheme/irq/37", O_RDWR);
    CU_ASSERT_EQUAL(count_of(file), 2);
}

static void test_a_dead_driver_masks_nobody_for_good(void)
{
    boot();
    add(killed);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(1, SIGKILL), 0);
    fake_run();
    add(waits_again);
    fake_run();
    fake_raise(LINE);
    finish();
    CU_ASSERT_EQUAL(fake_irq_end_count(), 2);
}

static void wrong_paths(void)
{
    static const char *const paths[] = {
        "", "31", "288", "x", "37/", "37/level", "37/edge/", "-1", "99999999999999999999", "37x"};
    char path[64];
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        (void)snprintf(path, sizeof path, "/scheme/irq/%s", paths[i]);
        CU_ASSERT_EQUAL(open_path(path, O_RDWR), -KENOENT);
    }
    CU_ASSERT_EQUAL(open_line("/scheme/irq/37/edge"), 3);
    CU_ASSERT_EQUAL(open_line("/scheme/irq/37"), -KEBUSY);
    CU_ASSERT_EQUAL(open_line("/scheme/irq/37/edge"), 4);
    CU_ASSERT_EQUAL(open_line("/scheme/irq/287"), 5);
    for (int i = 3; i < IRQ_FILES_MAX; i++)
        CU_ASSERT_TRUE(open_line("/scheme/irq/38") >= 0);
    CU_ASSERT_EQUAL(open_line("/scheme/irq/38"), -KENFILE);
}

static void test_what_is_no_interrupt_cannot_be_opened(void)
{
    alone(wrong_paths);
}

UNIT_SUITE("irq_file", UNIT_TEST(test_a_line_is_masked_until_it_is_acknowledged),
           UNIT_TEST(test_a_stale_acknowledgement_leaves_it_masked),
           UNIT_TEST(test_all_files_of_a_line_have_to_acknowledge),
           UNIT_TEST(test_an_interrupt_is_one_event_also_when_it_came_before),
           UNIT_TEST(test_a_reader_waits_for_the_interrupt),
           UNIT_TEST(test_a_dead_driver_masks_nobody_for_good),
           UNIT_TEST(test_what_is_no_interrupt_cannot_be_opened))
