/* wait_test.c - wait queues: no wake-up is lost, none goes to the wrong task */
#include "kernel/wait.h"

#include "kernel/fake_hal.h"
#include "kernel/irq.h"
#include "kernel/lock.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

#define MS       UINT64_C(1000000)
#define TEST_IRQ 5

static struct wait_queue queue;
static int tokens; /* what the tasks wait for */
static int results[4];
static char order[16];
static uint64_t deadline_ns;

static bool wake_from_irq(void *arg)
{
    (void)arg;
    tokens++;
    wait_wake_one(&queue);
    return true;
}

static void setup(void)
{
    fake_boot();
    wait_queue_init(&queue);
    tokens = 0;
    memset(results, 0x7f, sizeof results);
    order[0] = '\0';
    deadline_ns = WAIT_FOREVER;
    CU_ASSERT_EQUAL(irq_attach(TEST_IRQ, true, wake_from_irq, NULL, "test"), 0);
    fake_log_clear();
}

/* The usual loop. arg is the index of the result. */
static void take_token(void *arg)
{
    long index = (long)arg;
    struct waiter waiter;
    int error = 0;
    for (;;) {
        wait_prepare(&queue, &waiter, "token");
        if (tokens > 0) {
            tokens--;
            break;
        }
        error = wait_commit(&waiter, deadline_ns);
        if (error != 0)
            break;
    }
    wait_finish(&waiter);
    results[index] = error;
    strncat(order, &"0123"[index], 1);
}

static struct task *start(long index)
{
    return task_create("taker", take_token, (void *)index);
}

static void test_sleeps_until_woken(void)
{
    setup();
    start(0);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "");
    CU_ASSERT_FALSE(wait_queue_is_empty(&queue));
    tokens = 1;
    wait_wake_one(&queue);
    fake_run();
    CU_ASSERT_EQUAL(results[0], 0);
    CU_ASSERT_TRUE(wait_queue_is_empty(&queue));
}

static void test_condition_that_holds_needs_no_sleep(void)
{
    setup();
    tokens = 1;
    start(0);
    fake_run();
    CU_ASSERT_EQUAL(results[0], 0);
    CU_ASSERT_EQUAL(fake_log_count("blocked"), 0);
    CU_ASSERT_TRUE(wait_queue_is_empty(&queue));
}

static void test_woken_in_order_of_arrival(void)
{
    setup();
    for (long i = 0; i < 3; i++)
        start(i);
    fake_run();
    for (int i = 0; i < 3; i++) {
        tokens = 1;
        wait_wake_one(&queue);
        fake_run();
    }
    CU_ASSERT_STRING_EQUAL(order, "012");
}

static void test_two_wakes_wake_two(void)
{
    setup();
    for (long i = 0; i < 3; i++)
        start(i);
    fake_run();
    tokens = 2;
    wait_wake_one(&queue);
    wait_wake_one(&queue);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "01");
    CU_ASSERT_EQUAL(tokens, 0);
}

static void test_wake_all_wakes_all(void)
{
    setup();
    for (long i = 0; i < 3; i++)
        start(i);
    fake_run();
    tokens = 3;
    wait_wake_all(&queue);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "012");
}

static void test_spurious_wake_sleeps_again(void)
{
    setup();
    start(0);
    fake_run();
    wait_wake_all(&queue);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "");
    CU_ASSERT_FALSE(wait_queue_is_empty(&queue));
    CU_ASSERT_EQUAL(fake_log_count("blocked"), 2);
}

/* The interrupt comes between the look at the condition and the sleep. */
static void interrupted_before_commit(void *arg)
{
    struct waiter waiter;
    (void)arg;
    wait_prepare(&queue, &waiter, "token");
    CU_ASSERT_EQUAL(tokens, 0);
    fake_raise(TEST_IRQ);
    results[0] = wait_commit(&waiter, WAIT_FOREVER);
    wait_finish(&waiter);
}

static void test_wake_between_prepare_and_commit_is_kept(void)
{
    setup();
    task_create("task", interrupted_before_commit, NULL);
    fake_run();
    CU_ASSERT_EQUAL(results[0], 0);
    CU_ASSERT_EQUAL(tokens, 1);
    CU_ASSERT_EQUAL(fake_log_count("blocked"), 0);
}

static void test_woken_before_deadline_and_signal_count(void)
{
    setup();
    deadline_ns = FAKE_START_NS + 5 * MS;
    struct task *task = start(0);
    fake_run();
    tokens = 1;
    wait_wake_one(&queue);
    task_signal(task, 9);
    fake_now_ns = deadline_ns;
    fake_run();
    CU_ASSERT_EQUAL(results[0], 0);
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
}

static void test_deadline_ends_the_sleep(void)
{
    setup();
    deadline_ns = FAKE_START_NS + 5 * MS;
    start(0);
    fake_run_until(deadline_ns - 1);
    CU_ASSERT_STRING_EQUAL(order, "");
    fake_run_until(deadline_ns);
    CU_ASSERT_EQUAL(results[0], -KETIMEDOUT);
    CU_ASSERT_TRUE(wait_queue_is_empty(&queue));
}

static void test_deadline_in_the_past_does_not_sleep(void)
{
    setup();
    deadline_ns = FAKE_START_NS;
    start(0);
    fake_run();
    CU_ASSERT_EQUAL(results[0], -KETIMEDOUT);
    CU_ASSERT_EQUAL(fake_log_count("blocked"), 0);
    CU_ASSERT_EQUAL(fake_log_count("timeout"), 0);
}

static void test_wake_in_time_cancels_the_deadline(void)
{
    setup();
    deadline_ns = FAKE_START_NS + 5 * MS;
    start(0);
    fake_run();
    CU_ASSERT_EQUAL(fake_deadline_ns(), deadline_ns);
    tokens = 1;
    wait_wake_one(&queue);
    fake_run();
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
    CU_ASSERT_EQUAL(fake_log_count("cancelled"), 1);
}

static void test_signal_ends_the_sleep(void)
{
    setup();
    struct task *task = start(0);
    fake_run();
    task_signal(task, 15);
    fake_run();
    CU_ASSERT_EQUAL(results[0], -KEINTR);
    CU_ASSERT_TRUE(wait_queue_is_empty(&queue));
}

static void test_pending_signal_prevents_the_sleep(void)
{
    setup();
    struct task *task = start(0);
    task_signal(task, 15);
    fake_run();
    CU_ASSERT_EQUAL(results[0], -KEINTR);
    CU_ASSERT_EQUAL(fake_log_count("blocked"), 0);
}

static void wait_stubbornly(void *arg)
{
    struct waiter waiter;
    (void)arg;
    wait_prepare(&queue, &waiter, "token");
    results[0] = wait_commit_uninterruptible(&waiter, WAIT_FOREVER);
    wait_finish(&waiter);
}

static void test_uninterruptible_leaves_signals_pending(void)
{
    setup();
    struct task *task = task_create("task", wait_stubbornly, NULL);
    fake_run();
    task_signal(task, 9);
    fake_run();
    CU_ASSERT_FALSE(wait_queue_is_empty(&queue));
    CU_ASSERT_EQUAL(task_pending_signal(task), 9);
    wait_wake_one(&queue);
    fake_run();
    CU_ASSERT_EQUAL(results[0], 0);
}

/* The first in the queue gives up: the token that comes afterwards is the second one's. */
static void test_who_gave_up_takes_no_wake(void)
{
    setup();
    struct task *first = start(0);
    start(1);
    fake_run();
    task_signal(first, 15);
    tokens = 1;
    fake_run();
    wait_wake_one(&queue);
    fake_run();
    CU_ASSERT_EQUAL(results[0], -KEINTR);
    CU_ASSERT_EQUAL(results[1], 0);
}

static void test_wake_from_interrupt(void)
{
    setup();
    start(0);
    fake_run();
    fake_raise(TEST_IRQ);
    fake_run();
    CU_ASSERT_EQUAL(results[0], 0);
}

static void test_wake_of_an_empty_queue_is_silent(void)
{
    setup();
    wait_wake_one(&queue);
    wait_wake_all(&queue);
    CU_ASSERT_STRING_EQUAL(fake_log(), "");
}

static struct mutex mutex;

/*
 * As a blocking call does: the mutex is given back for the sleep, and waited for while standing
 * in the queue.
 */
static void wait_with_mutex(void *arg)
{
    struct waiter waiter;
    (void)arg;
    mutex_lock(&mutex);
    for (;;) {
        wait_prepare(&queue, &waiter, "token");
        if (tokens > 0)
            break;
        mutex_unlock(&mutex);
        results[0] = wait_commit(&waiter, WAIT_FOREVER);
        mutex_lock(&mutex);
    }
    wait_finish(&waiter);
    mutex_unlock(&mutex);
}

static void hold_mutex_and_wake(void *arg)
{
    struct waiter waiter;
    struct wait_queue *resume = arg;
    mutex_lock(&mutex);
    wait_wake_all(&queue); /* spurious: the waiter goes for the mutex */
    wait_prepare(resume, &waiter, "resume");
    (void)wait_commit(&waiter, WAIT_FOREVER);
    wait_finish(&waiter);
    tokens = 1;
    wait_wake_all(&queue);
    mutex_unlock(&mutex);
}

static void test_wake_during_an_inner_sleep_is_kept(void)
{
    struct wait_queue resume;
    setup();
    wait_queue_init(&resume);
    mutex_init(&mutex, "test");
    task_create("waiter", wait_with_mutex, NULL);
    fake_run();
    task_create("waker", hold_mutex_and_wake, &resume);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("blocked 1 lock"), 1);
    wait_wake_all(&resume);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("exited 1"), 1);
    CU_ASSERT_EQUAL(fake_log_count("exited 2"), 1);
}

static void test_boot_code_must_not_sleep(void)
{
    struct waiter waiter;
    setup();
    wait_prepare(&queue, &waiter, "token");
    CU_ASSERT_TRUE(FAKE_PANICS(wait_commit(&waiter, WAIT_FOREVER)));
    wait_finish(&waiter);
}

static void test_bench_is_told(void)
{
    setup();
    start(0);
    fake_run();
    tokens = 1;
    wait_wake_one(&queue);
    fake_run();
    CU_ASSERT_STRING_EQUAL(fake_log(), "created 1 taker\nrunning 1\nblocked 1 token\nrunning 0\n"
                                       "woken 1\nrunning 1\nexited 1\nrunning 0\n");
}

UNIT_SUITE("wait", UNIT_TEST(test_sleeps_until_woken),
           UNIT_TEST(test_condition_that_holds_needs_no_sleep),
           UNIT_TEST(test_woken_in_order_of_arrival), UNIT_TEST(test_two_wakes_wake_two),
           UNIT_TEST(test_wake_all_wakes_all), UNIT_TEST(test_spurious_wake_sleeps_again),
           UNIT_TEST(test_wake_between_prepare_and_commit_is_kept),
           UNIT_TEST(test_woken_before_deadline_and_signal_count),
           UNIT_TEST(test_deadline_ends_the_sleep),
           UNIT_TEST(test_deadline_in_the_past_does_not_sleep),
           UNIT_TEST(test_wake_in_time_cancels_the_deadline), UNIT_TEST(test_signal_ends_the_sleep),
           UNIT_TEST(test_pending_signal_prevents_the_sleep),
           UNIT_TEST(test_uninterruptible_leaves_signals_pending),
           UNIT_TEST(test_who_gave_up_takes_no_wake), UNIT_TEST(test_wake_from_interrupt),
           UNIT_TEST(test_wake_of_an_empty_queue_is_silent),
           UNIT_TEST(test_wake_during_an_inner_sleep_is_kept),
           UNIT_TEST(test_boot_code_must_not_sleep), UNIT_TEST(test_bench_is_told))
