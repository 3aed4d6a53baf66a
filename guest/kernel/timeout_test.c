/*
 * timeout_test.c - the timeout registry: order, moving, cancelling, the clock's deadline, the
 * tick
 */
#include "kernel/timeout.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "tests/unit.h"

#include <string.h>

#define MS UINT64_C(1000000)

static struct timeout timeouts[4];
static char fired[32]; /* letters, in order */
static struct timeout *rearm, *cancel;

static void note(void *arg)
{
    strncat(fired, arg, 1);
}

static void note_and_rearm(void *arg)
{
    note(arg);
    if (rearm != NULL) {
        timeout_arm(rearm, fake_now_ns + 5 * MS);
        rearm = NULL;
    }
    if (cancel != NULL)
        timeout_cancel(cancel);
}

static void setup(void)
{
    static char names[4][2] = {"a", "b", "c", "d"};
    fake_boot();
    fired[0] = '\0';
    rearm = cancel = NULL;
    for (int i = 0; i < 4; i++)
        timeout_init(&timeouts[i], note, names[i]);
}

static uint64_t at(uint64_t ms)
{
    return FAKE_START_NS + ms * MS;
}

static void test_fire_in_order_of_deadlines(void)
{
    setup();
    timeout_arm(&timeouts[0], at(30));
    timeout_arm(&timeouts[1], at(10));
    timeout_arm(&timeouts[2], at(20));
    fake_run_until(at(9));
    CU_ASSERT_STRING_EQUAL(fired, "");
    fake_run_until(at(40));
    CU_ASSERT_STRING_EQUAL(fired, "bca");
}

static void test_equal_deadlines_fire_in_order_of_arming(void)
{
    setup();
    timeout_arm(&timeouts[2], at(10));
    timeout_arm(&timeouts[0], at(10));
    timeout_arm(&timeouts[1], at(10));
    fake_run_until(at(10));
    CU_ASSERT_STRING_EQUAL(fired, "cab");
}

static void test_clock_is_told_the_first_deadline(void)
{
    setup();
    timeout_arm(&timeouts[0], at(30));
    CU_ASSERT_EQUAL(fake_deadline_ns(), at(30));
    timeout_arm(&timeouts[1], at(10));
    CU_ASSERT_EQUAL(fake_deadline_ns(), at(10));
    timeout_cancel(&timeouts[1]);
    CU_ASSERT_EQUAL(fake_deadline_ns(), at(30));
    timeout_cancel(&timeouts[0]);
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
}

static void test_clock_is_left_alone_when_the_first_stays(void)
{
    setup();
    timeout_arm(&timeouts[0], at(10));
    unsigned before = fake_deadline_count();
    timeout_arm(&timeouts[1], at(20));
    timeout_arm(&timeouts[1], at(15));
    timeout_cancel(&timeouts[1]);
    CU_ASSERT_EQUAL(fake_deadline_count(), before);
}

static void test_arming_again_moves(void)
{
    setup();
    timeout_arm(&timeouts[0], at(10));
    timeout_arm(&timeouts[0], at(30));
    fake_run_until(at(20));
    CU_ASSERT_STRING_EQUAL(fired, "");
    fake_run_until(at(30));
    CU_ASSERT_STRING_EQUAL(fired, "a");
    CU_ASSERT_FALSE(timeouts[0].armed);
}

static void test_cancelled_never_fires(void)
{
    setup();
    timeout_arm(&timeouts[0], at(10));
    CU_ASSERT_TRUE(timeouts[0].armed);
    timeout_cancel(&timeouts[0]);
    CU_ASSERT_FALSE(timeouts[0].armed);
    fake_run_until(at(50));
    CU_ASSERT_STRING_EQUAL(fired, "");
}

static void test_cancelling_what_is_not_armed_is_silent(void)
{
    setup();
    timeout_cancel(&timeouts[0]);
    CU_ASSERT_STRING_EQUAL(fake_log(), "");
    CU_ASSERT_EQUAL(fake_deadline_count(), 0);
}

static void test_deadline_in_the_past_fires_at_once(void)
{
    setup();
    timeout_arm(&timeouts[0], FAKE_START_NS - 1);
    CU_ASSERT_STRING_EQUAL(fired, "a");
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
}

static void test_callback_may_arm_itself(void)
{
    setup();
    timeouts[0].fn = note_and_rearm;
    rearm = &timeouts[0];
    timeout_arm(&timeouts[0], at(10));
    fake_run_until(at(100));
    CU_ASSERT_STRING_EQUAL(fired, "aa");
}

static void test_callback_may_cancel_one_that_expired_with_it(void)
{
    setup();
    timeouts[0].fn = note_and_rearm;
    cancel = &timeouts[1];
    timeout_arm(&timeouts[0], at(10));
    timeout_arm(&timeouts[1], at(10));
    timeout_arm(&timeouts[2], at(10));
    fake_run_until(at(100));
    CU_ASSERT_STRING_EQUAL(fired, "ac");
}

static void test_callback_may_move_one_that_expired_with_it(void)
{
    setup();
    timeouts[0].fn = note_and_rearm;
    rearm = &timeouts[1];
    timeout_arm(&timeouts[0], at(10));
    timeout_arm(&timeouts[1], at(10));
    timeout_arm(&timeouts[2], at(11));
    fake_run_until(at(10));
    CU_ASSERT_STRING_EQUAL(fired, "a");
    CU_ASSERT_TRUE(timeouts[1].armed);
    fake_run_until(at(100));
    CU_ASSERT_STRING_EQUAL(fired, "acb");
}

static void test_early_interrupt_programs_the_deadline_again(void)
{
    setup();
    timeout_arm(&timeouts[0], at(10));
    unsigned before = fake_deadline_count();
    fake_raise(FAKE_TIMER_IRQ);
    CU_ASSERT_STRING_EQUAL(fired, "");
    CU_ASSERT_EQUAL(fake_deadline_count(), before + 1);
    CU_ASSERT_EQUAL(fake_deadline_ns(), at(10));
}

static void test_tick_is_periodic(void)
{
    setup();
    timeout_set_tick(10 * MS);
    CU_ASSERT_EQUAL(fake_deadline_ns(), at(10));
    fake_now_ns = at(10) + 1;
    fake_run();
    CU_ASSERT_EQUAL(fake_deadline_ns(), at(20));
    fake_now_ns = at(47); /* ticks that were missed are not made up for */
    fake_run();
    CU_ASSERT_EQUAL(fake_deadline_ns(), at(50));
}

static void test_with_a_tick_timeouts_wait_for_it(void)
{
    setup();
    timeout_set_tick(10 * MS);
    timeout_arm(&timeouts[0], at(3));
    CU_ASSERT_EQUAL(fake_deadline_ns(), at(10));
    fake_run_until(at(9));
    CU_ASSERT_STRING_EQUAL(fired, "");
    fake_run_until(at(10));
    CU_ASSERT_STRING_EQUAL(fired, "a");
}

static void test_bench_is_told(void)
{
    setup();
    timeout_arm(&timeouts[0], at(10));
    timeout_arm(&timeouts[1], at(20));
    timeout_cancel(&timeouts[1]);
    fake_run_until(at(10));
    CU_ASSERT_STRING_EQUAL(fake_log(),
                           "timeout 1010000000\ntimeout 1020000000\ncancelled\nfired\n");
}

UNIT_SUITE("timeout", UNIT_TEST(test_fire_in_order_of_deadlines),
           UNIT_TEST(test_equal_deadlines_fire_in_order_of_arming),
           UNIT_TEST(test_clock_is_told_the_first_deadline),
           UNIT_TEST(test_clock_is_left_alone_when_the_first_stays),
           UNIT_TEST(test_arming_again_moves), UNIT_TEST(test_cancelled_never_fires),
           UNIT_TEST(test_cancelling_what_is_not_armed_is_silent),
           UNIT_TEST(test_deadline_in_the_past_fires_at_once),
           UNIT_TEST(test_callback_may_arm_itself),
           UNIT_TEST(test_callback_may_cancel_one_that_expired_with_it),
           UNIT_TEST(test_callback_may_move_one_that_expired_with_it),
           UNIT_TEST(test_early_interrupt_programs_the_deadline_again),
           UNIT_TEST(test_tick_is_periodic), UNIT_TEST(test_with_a_tick_timeouts_wait_for_it),
           UNIT_TEST(test_bench_is_told))
