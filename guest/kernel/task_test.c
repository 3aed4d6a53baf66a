/* task_test.c - tasks and the scheduler */
#include "kernel/task.h"

#include "kernel/fake_hal.h"
#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/wait.h"
#include "tests/unit.h"

#include <string.h>

#define MS       UINT64_C(1000000)
#define TEST_IRQ 5

static char order[64];
static struct wait_queue queue;

static void say(const char *letter)
{
    strcat(order, letter);
}

static bool wake_all(void *arg)
{
    (void)arg;
    wait_wake_all(&queue);
    return true;
}

static void setup(void)
{
    fake_boot();
    order[0] = '\0';
    wait_queue_init(&queue);
    CU_ASSERT_EQUAL(irq_attach(TEST_IRQ, true, wake_all, NULL, "test"), 0);
    fake_log_clear();
}

static void say_thrice(void *arg)
{
    for (int i = 0; i < 3; i++) {
        say(arg);
        task_yield();
    }
}

static void wait_and_say(void *arg)
{
    struct waiter waiter;
    wait_prepare(&queue, &waiter, "test");
    (void)wait_commit(&waiter, WAIT_FOREVER);
    wait_finish(&waiter);
    say(arg);
}

static void test_round_robin(void)
{
    setup();
    task_create("a", say_thrice, "a");
    task_create("b", say_thrice, "b");
    task_create("c", say_thrice, "c");
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "abcabcabc");
}

static void test_numbers_are_never_used_twice(void)
{
    setup();
    CU_ASSERT_EQUAL(task_number(task_create("first", say_thrice, "a")), 1);
    CU_ASSERT_EQUAL(task_number(task_create("second", say_thrice, "b")), 2);
    fake_run();
    struct task *third = task_create("third", say_thrice, "c");
    CU_ASSERT_EQUAL(task_number(third), 3);
    CU_ASSERT_STRING_EQUAL(task_name(third), "third");
    CU_ASSERT_EQUAL(task_number(task_current()), 0);
    CU_ASSERT_PTR_NULL(task_files());
}

static void test_long_names_are_cut(void)
{
    setup();
    struct task *task = task_create("a name that is much too long for a task", say_thrice, "a");
    CU_ASSERT_EQUAL(strlen(task_name(task)), TASK_NAME_MAX - 1);
}

static void test_stacks_are_reclaimed(void)
{
    setup();
    for (int i = 0; i < 2; i++) {
        task_create("a", say_thrice, "a");
        task_create("b", say_thrice, "b");
        CU_ASSERT_EQUAL(fake_stacks_in_use(), 2);
        fake_run();
        CU_ASSERT_EQUAL(fake_stacks_in_use(), 0);
    }
}

static void test_full_table_gives_null(void)
{
    setup();
    for (int i = 0; i < TASKS_MAX; i++)
        CU_ASSERT_PTR_NOT_NULL(task_create("task", say_thrice, ""));
    CU_ASSERT_PTR_NULL(task_create("one too many", say_thrice, ""));
    fake_run();
    CU_ASSERT_PTR_NOT_NULL(task_create("again", say_thrice, ""));
}

static void test_no_memory_gives_null(void)
{
    setup();
    fake_memory_is_exhausted = true;
    CU_ASSERT_PTR_NULL(task_create("task", say_thrice, ""));
    fake_memory_is_exhausted = false;
    CU_ASSERT_STRING_EQUAL(fake_log(), "");
    for (int i = 0; i < TASKS_MAX; i++)
        CU_ASSERT_PTR_NOT_NULL(task_create("task", say_thrice, ""));
}

static void raise_between(void *arg)
{
    (void)arg;
    say("<");
    fake_raise(TEST_IRQ);
    say(">");
}

static void test_interrupt_that_wakes_switches_at_its_end(void)
{
    setup();
    task_create("sleeper", wait_and_say, "s");
    fake_run();
    task_create("worker", raise_between, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "<s>");
}

static void raise_while_masked(void *arg)
{
    (void)arg;
    say("<");
    uint64_t daif = hal_irq_save();
    fake_raise(TEST_IRQ);
    say("-");
    hal_irq_restore(daif);
    say(">");
}

static void test_masked_interrupt_waits(void)
{
    setup();
    task_create("sleeper", wait_and_say, "s");
    fake_run();
    task_create("worker", raise_while_masked, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "<-s>");
}

static void raise_without_preemption(void *arg)
{
    (void)arg;
    preempt_disable();
    preempt_disable();
    say("<");
    fake_raise(TEST_IRQ);
    say("-");
    preempt_enable();
    say("=");
    preempt_enable();
    say(">");
}

static void test_without_preemption_the_switch_waits(void)
{
    setup();
    task_create("sleeper", wait_and_say, "s");
    fake_run();
    task_create("worker", raise_without_preemption, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "<-=s>");
}

static void wake_and_go_on(void *arg)
{
    (void)arg;
    say("<");
    wait_wake_all(&queue);
    say(">");
}

static void test_wake_by_a_task_does_not_switch(void)
{
    setup();
    task_create("sleeper", wait_and_say, "s");
    fake_run();
    task_create("worker", wake_and_go_on, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "<>s");
}

/* Computes without ever yielding: 3 rounds of 6 ms, in which only interrupts come. */
static void compute(void *arg)
{
    for (int i = 0; i < 3; i++) {
        say(arg);
        fake_now_ns += 6 * MS;
        hal_irq_restore(hal_irq_save());
    }
}

static void test_time_slice_of_ten_ms(void)
{
    setup();
    task_create("a", compute, "a");
    task_create("b", compute, "b");
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "aabbab");
}

static void test_slice_is_timed_only_when_others_wait(void)
{
    setup();
    task_create("alone", compute, "a");
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "aaa");
    CU_ASSERT_EQUAL(fake_deadline_count(), 0);
    CU_ASSERT_EQUAL(fake_log_count("timeout"), 0);
}

static void test_nothing_to_do_means_no_timer(void)
{
    setup();
    task_create("a", say_thrice, "a");
    task_create("b", say_thrice, "b");
    fake_run();
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
}

static void take_signals(void *arg)
{
    (void)arg;
    (void)task_block_signals(UINT64_C(1) << (17 - 1) | UINT64_C(1) << (9 - 1));
    task_signal(task_current(), 15);
    task_signal(task_current(), 9); /* cannot be blocked */
    task_signal(task_current(), 17);
    task_signal(task_current(), 64);
    CU_ASSERT_EQUAL(task_take_signal(), 9);
    CU_ASSERT_EQUAL(task_take_signal(), 15);
    CU_ASSERT_EQUAL(task_take_signal(), 64);
    CU_ASSERT_EQUAL(task_take_signal(), 0);
    task_swap_signals(0);
    CU_ASSERT_EQUAL(task_pending_signal(task_current()), 17);
    task_unswap_signals();
    CU_ASSERT_EQUAL(task_pending_signal(task_current()), 0);
    CU_ASSERT_EQUAL(task_block_signals(0), UINT64_C(1) << (17 - 1));
    CU_ASSERT_EQUAL(task_take_signal(), 17);
    strcat(order, "t");
}

static void test_signals_are_taken_in_order_of_their_numbers_unless_blocked(void)
{
    setup();
    task_create("task", take_signals, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "t");
}

static void test_boot_code_cannot_exit(void)
{
    setup();
    CU_ASSERT_TRUE(FAKE_PANICS(task_exit()));
}

static void test_enabling_preemption_too_often_is_refused(void)
{
    setup();
    CU_ASSERT_TRUE(FAKE_PANICS(preempt_enable()));
}

UNIT_SUITE("task", UNIT_TEST(test_round_robin), UNIT_TEST(test_numbers_are_never_used_twice),
           UNIT_TEST(test_long_names_are_cut), UNIT_TEST(test_stacks_are_reclaimed),
           UNIT_TEST(test_full_table_gives_null), UNIT_TEST(test_no_memory_gives_null),
           UNIT_TEST(test_interrupt_that_wakes_switches_at_its_end),
           UNIT_TEST(test_masked_interrupt_waits),
           UNIT_TEST(test_without_preemption_the_switch_waits),
           UNIT_TEST(test_wake_by_a_task_does_not_switch), UNIT_TEST(test_time_slice_of_ten_ms),
           UNIT_TEST(test_slice_is_timed_only_when_others_wait),
           UNIT_TEST(test_nothing_to_do_means_no_timer),
           UNIT_TEST(test_signals_are_taken_in_order_of_their_numbers_unless_blocked),
           UNIT_TEST(test_boot_code_cannot_exit),
           UNIT_TEST(test_enabling_preemption_too_often_is_refused))
