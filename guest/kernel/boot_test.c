/* boot_test.c - from power-on to the idle task */
#include "kernel/boot.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "kernel/task.h"
#include "tests/unit.h"

#include <string.h>

static char order[64];

static void say(const char *word)
{
    strcat(order, word);
    strcat(order, (hal_irq_flags() & HAL_DAIF_I) != 0 ? "(masked) " : " ");
}

static void task_body(void *arg)
{
    say(arg);
}

static void init_drivers(void)
{
    fake_init_drivers();
    say("drivers");
    CU_ASSERT_PTR_NOT_NULL(task_create("driver", task_body, "task"));
}

static void init_netstack(void)
{
    say("netstack");
}

static const struct kernel_parts parts = {
    .init_drivers = init_drivers,
    .init_netstack = init_netstack,
};

/* Ends where the idle task would sleep, or with a real panic. */
static void boot(const char *command_line)
{
    fake_command_line = command_line;
    fake_power_on();
    order[0] = '\0';
    CU_ASSERT_TRUE(FAKE_PANICS(kernel_boot(&parts)));
}

static void test_order(void)
{
    boot("");
    CU_ASSERT_STRING_EQUAL(fake_panic_reason, "wfi");
    CU_ASSERT_STRING_EQUAL(order, "drivers(masked) netstack(masked) task ");
}

static void test_ready_when_all_tasks_wait(void)
{
    boot("");
    CU_ASSERT_STRING_EQUAL(fake_log(), "created 1 driver\nrunning 1\nexited 1\nrunning 0\nready\n");
    CU_ASSERT_EQUAL(fake_log_count("ready"), 1);
}

static void test_idle_sleeps_masked(void)
{
    boot("");
    CU_ASSERT_TRUE((hal_irq_flags() & HAL_DAIF_I) != 0);
}

static void test_tickless_without_parameter(void)
{
    boot("face=posix");
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
    CU_ASSERT_EQUAL(fake_deadline_count(), 0);
}

static void test_tick_parameter(void)
{
    boot("tick=100");
    CU_ASSERT_STRING_EQUAL(fake_panic_reason, "wfi");
    CU_ASSERT_EQUAL(fake_deadline_ns(), FAKE_START_NS + 10000000);
}

static void test_bad_tick_is_a_panic(void)
{
    static const char *const wrong[] = {"tick=", "tick=0", "tick=10001", "tick=often", "tick=-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        boot(wrong[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(fake_panic_reason, "boot parameter tick"));
    }
}

UNIT_SUITE("boot", UNIT_TEST(test_order), UNIT_TEST(test_ready_when_all_tasks_wait),
           UNIT_TEST(test_idle_sleeps_masked), UNIT_TEST(test_tickless_without_parameter),
           UNIT_TEST(test_tick_parameter), UNIT_TEST(test_bad_tick_is_a_panic))
