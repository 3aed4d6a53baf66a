/* fiber_test.c - fibers: whose turn it is, what an interrupt may do in one, beginning anew */
#include "kernel/fiber.h"

#include "kernel/fake_hal.h"
#include "kernel/irq.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

#define TEST_IRQ 5

static char order[64];
static struct fiber fibers[2];
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
    memset(fibers, 0, sizeof fibers);
    wait_queue_init(&queue);
    CU_ASSERT_EQUAL(irq_attach(TEST_IRQ, true, wake_all, NULL, "test"), 0);
}

/* One letter a turn, and variables that live on the stack. */
static void count_up(void *arg)
{
    char letter[2] = {*(const char *)arg, '\0'};
    for (;;) {
        say(letter);
        letter[0]++;
        fiber_suspend();
    }
}

static void take_turns(void *arg)
{
    (void)arg;
    CU_ASSERT_EQUAL(fiber_prepare(&fibers[0], count_up, "a"), 0);
    CU_ASSERT_EQUAL(fiber_prepare(&fibers[1], count_up, "A"), 0);
    say("-");
    for (int i = 0; i < 3; i++) {
        fiber_resume(&fibers[0]);
        say(".");
        fiber_resume(&fibers[1]);
    }
    fiber_resume(&fibers[1]);
}

static void test_a_fiber_goes_on_where_it_has_suspended_itself(void)
{
    setup();
    task_create("task", take_turns, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "-a.Ab.Bc.CD");
}

static void begin_anew(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(fiber_prepare(&fibers[0], count_up, "a"), 0);
        fiber_resume(&fibers[0]);
        fiber_resume(&fibers[0]);
    }
    CU_ASSERT_EQUAL(fake_stacks_in_use(), 2); /* the task's, and one for all three */
}

static void test_a_fiber_begins_anew_on_the_stack_that_it_had(void)
{
    setup();
    task_create("task", begin_anew, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "ababab");
}

static void find_no_memory(void *arg)
{
    (void)arg;
    fake_memory_is_exhausted = true;
    CU_ASSERT_EQUAL(fiber_prepare(&fibers[0], count_up, "a"), -KENOMEM);
    fake_memory_is_exhausted = false;
    CU_ASSERT_EQUAL(fiber_prepare(&fibers[0], count_up, "a"), 0);
    fiber_resume(&fibers[0]);
}

static void test_without_memory_there_is_no_fiber(void)
{
    setup();
    task_create("task", find_no_memory, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "a");
}

static void wait_and_say(void *arg)
{
    struct waiter waiter;
    wait_prepare(&queue, &waiter, "test");
    (void)wait_commit(&waiter, WAIT_FOREVER);
    wait_finish(&waiter);
    say(arg);
}

/* Whoever is woken runs at once, and the fiber is in the middle of it. */
static void be_interrupted(void *arg)
{
    (void)arg;
    for (;;) {
        say("<");
        fake_raise(TEST_IRQ);
        say(">");
        fiber_suspend();
        say("!");
    }
}

static void resume_twice(void *arg)
{
    (void)arg;
    CU_ASSERT_EQUAL(fiber_prepare(&fibers[0], be_interrupted, NULL), 0);
    fiber_resume(&fibers[0]);
    say("-");
    fiber_resume(&fibers[0]);
}

static void test_a_fiber_is_preempted_as_its_task_is(void)
{
    setup();
    task_create("sleeper", wait_and_say, "s");
    fake_run();
    task_create("task", resume_twice, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "<s>-!<>");
}

static void sleep_and_say(void *arg)
{
    for (;;) {
        wait_and_say(arg);
        fiber_suspend();
    }
}

static void resume_a_sleeper(void *arg)
{
    (void)arg;
    CU_ASSERT_EQUAL(fiber_prepare(&fibers[0], sleep_and_say, "f"), 0);
    fiber_resume(&fibers[0]);
    say("t");
}

static void test_a_task_sleeps_with_its_fiber(void)
{
    setup();
    task_create("task", resume_a_sleeper, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "");
    fake_raise(TEST_IRQ);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "ft");
}

static void ask_for_the_mask(void *arg)
{
    uint64_t *mask = arg;
    for (;;) {
        *mask = hal_irq_save();
        hal_irq_restore(*mask);
        fiber_suspend();
    }
}

/* The mask is of the context: on neither side of a switch do interrupts stay masked. */
static void compare_masks(void *arg)
{
    uint64_t inside = 1;
    (void)arg;
    CU_ASSERT_EQUAL(fiber_prepare(&fibers[0], ask_for_the_mask, &inside), 0);
    for (int i = 0; i < 2; i++) {
        inside = 1;
        fiber_resume(&fibers[0]);
        CU_ASSERT_EQUAL(inside, 0);
        uint64_t outside = hal_irq_save();
        CU_ASSERT_EQUAL(outside, 0);
        hal_irq_restore(outside);
    }
    say("m");
}

static void test_interrupts_are_open_in_a_fiber_and_behind_it(void)
{
    setup();
    task_create("task", compare_masks, NULL);
    fake_run();
    CU_ASSERT_STRING_EQUAL(order, "m");
}

UNIT_SUITE("fiber", UNIT_TEST(test_a_fiber_goes_on_where_it_has_suspended_itself),
           UNIT_TEST(test_a_fiber_begins_anew_on_the_stack_that_it_had),
           UNIT_TEST(test_without_memory_there_is_no_fiber),
           UNIT_TEST(test_a_fiber_is_preempted_as_its_task_is),
           UNIT_TEST(test_a_task_sleeps_with_its_fiber),
           UNIT_TEST(test_interrupts_are_open_in_a_fiber_and_behind_it))
