/* lock_test.c - spinlocks and mutexes */
#include "kernel/lock.h"

#include "kernel/fake_hal.h"
#include "kernel/task.h"
#include "tests/unit.h"

#include <string.h>

static struct mutex mutex;
static struct wait_queue pause;
static char order[16];

static void setup(void)
{
    fake_boot();
    mutex_init(&mutex, "test");
    wait_queue_init(&pause);
    order[0] = '\0';
}

static void sleep_until_resumed(void)
{
    struct waiter waiter;
    wait_prepare(&pause, &waiter, "pause");
    (void)wait_commit(&waiter, WAIT_FOREVER);
    wait_finish(&waiter);
}

static void hold(void *arg)
{
    mutex_lock(&mutex);
    strncat(order, arg, 1);
    sleep_until_resumed();
    mutex_unlock(&mutex);
}

static void test_uncontended_mutex_does_not_sleep(void)
{
    setup();
    CU_ASSERT_FALSE(mutex_is_mine(&mutex));
    mutex_lock(&mutex);
    CU_ASSERT_TRUE(mutex_is_mine(&mutex));
    mutex_unlock(&mutex);
    CU_ASSERT_FALSE(mutex_is_mine(&mutex));
    CU_ASSERT_STRING_EQUAL(fake_log(), "taken test\nreleased\n");
}

static void test_mutex_excludes(void)
{
    setup();
    task_create("first", hold, "a");
    task_create("second", hold, "b");
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "a");
    CU_ASSERT_EQUAL(fake_log_count("blocked 2 lock"), 1);
    wait_wake_all(&pause);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "ab");
    wait_wake_all(&pause);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("exited"), 2);
    CU_ASSERT_EQUAL(fake_log_count("taken"), 2);
    CU_ASSERT_EQUAL(fake_log_count("released"), 2);
}

static void test_mutex_is_given_in_order(void)
{
    setup();
    task_create("first", hold, "a");
    task_create("second", hold, "b");
    task_create("third", hold, "c");
    fake_run();
    for (int i = 0; i < 3; i++) {
        wait_wake_all(&pause);
        fake_run();
    }
    CU_ASSERT_STRING_EQUAL(order, "abc");
}

static void test_signal_does_not_break_the_wait_for_a_mutex(void)
{
    setup();
    task_create("first", hold, "a");
    struct task *second = task_create("second", hold, "b");
    fake_run();
    task_signal(second, 9);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "a");
}

static void test_only_the_owner_unlocks(void)
{
    setup();
    task_create("first", hold, "a");
    fake_run();
    CU_ASSERT_TRUE(FAKE_PANICS(mutex_unlock(&mutex)));
}

static void take_twice(void *arg)
{
    (void)arg;
    mutex_lock(&mutex);
    mutex_lock(&mutex);
    strncat(order, "!", 2);
}

static void test_taking_twice_sleeps_for_ever(void)
{
    setup();
    task_create("greedy", take_twice, NULL);
    fake_run_until(FAKE_START_NS + UINT64_C(3600000000000));
    CU_ASSERT_STRING_EQUAL(order, "");
    CU_ASSERT_EQUAL(fake_log_count("blocked 1 lock"), 1);
}

static void test_spinlock_masks_and_restores(void)
{
    static struct spinlock outer = SPINLOCK_INIT("outer"), inner = SPINLOCK_INIT("inner");
    setup();
    uint64_t first = spin_lock(&outer);
    CU_ASSERT_TRUE((hal_irq_flags() & HAL_DAIF_I) != 0);
    uint64_t second = spin_lock(&inner);
    spin_unlock(&inner, second);
    CU_ASSERT_TRUE((hal_irq_flags() & HAL_DAIF_I) != 0);
    spin_unlock(&outer, first);
    CU_ASSERT_TRUE((hal_irq_flags() & HAL_DAIF_I) == 0);
    CU_ASSERT_STRING_EQUAL(fake_log(), "");
}

static void test_spinlocks_serve_tickets_in_order(void)
{
    static struct spinlock lock = SPINLOCK_INIT("tickets");
    fake_boot();
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_FALSE(spin_is_held(&lock));
        uint64_t daif = spin_lock(&lock);
        CU_ASSERT_TRUE(spin_is_held(&lock));
        CU_ASSERT_EQUAL(lock.next, i + 1);
        CU_ASSERT_EQUAL(lock.serving, i);
        spin_unlock(&lock, daif);
    }
    lock.next = lock.serving = UINT32_MAX; /* tickets begin again */
    spin_unlock(&lock, spin_lock(&lock));
    CU_ASSERT_EQUAL(lock.serving, 0);
    CU_ASSERT_FALSE(spin_is_held(&lock));
}

static void test_spinlock_that_is_not_held_cannot_be_released(void)
{
    static struct spinlock lock = SPINLOCK_INIT("free");
    setup();
    CU_ASSERT_TRUE(FAKE_PANICS(spin_unlock(&lock, 0)));
}

UNIT_SUITE("lock", UNIT_TEST(test_uncontended_mutex_does_not_sleep), UNIT_TEST(test_mutex_excludes),
           UNIT_TEST(test_mutex_is_given_in_order),
           UNIT_TEST(test_signal_does_not_break_the_wait_for_a_mutex),
           UNIT_TEST(test_only_the_owner_unlocks), UNIT_TEST(test_taking_twice_sleeps_for_ever),
           UNIT_TEST(test_spinlock_masks_and_restores),
           UNIT_TEST(test_spinlocks_serve_tickets_in_order),
           UNIT_TEST(test_spinlock_that_is_not_held_cannot_be_released))
