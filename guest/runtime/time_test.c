/*
 * time_test.c - the counter in nanoseconds, delays, and sleeping until a moment
 */
#include "runtime/fake_machine.h"
#include "tests/unit.h"

#define S UINT64_C(1000000000)

static void test_now_is_the_counter_in_nanoseconds(void)
{
    static const uint64_t frequencies[] = {62500000, 24000000, 1000000000, 32768};
    for (unsigned i = 0; i < 4; i++) {
        fake_machine_reset();
        fake_machine.step = 0;
        fake_machine.frequency = frequencies[i];
        fake_machine.count = frequencies[i] * 1000000 + frequencies[i] / 2;
        CU_ASSERT_EQUAL(runtime_now_ns(), 1000000 * S + S / 2);
    }
}

static void test_a_delay_ends_when_its_time_is_over(void)
{
    fake_machine_reset();
    runtime_delay_ns(16 * 1000);
    CU_ASSERT_EQUAL(fake_machine.count, 1 + 1000);
    CU_ASSERT_EQUAL(fake_machine.relaxes, 999);
    fake_machine_reset();
    runtime_delay_ns(0);
    CU_ASSERT_EQUAL(fake_machine.relaxes, 0);
}

static uint64_t armed_at, armed_control;
static bool masked_asleep;

static void look_asleep(void)
{
    armed_at = fake_machine.sysregs[HAL_CNTV_CVAL_EL0];
    armed_control = fake_machine.sysregs[HAL_CNTV_CTL_EL0];
    masked_asleep = fake_machine.masked;
}

static void idle_until(uint64_t deadline_ns)
{
    fake_machine_reset();
    fake_machine.masked = false;
    fake_machine.on_sleep = look_asleep;
    fake_machine.count = 62500000; /* one second */
    runtime_idle_until_ns(deadline_ns);
    CU_ASSERT_FALSE(fake_machine.masked);
    CU_ASSERT_EQUAL(fake_machine.sysregs[HAL_CNTV_CTL_EL0], 0);
}

static void test_idle_sleeps_masked_with_the_timer_armed(void)
{
    idle_until(2 * S);
    CU_ASSERT_EQUAL(fake_machine.sleeps, 1);
    CU_ASSERT_TRUE(masked_asleep);
    CU_ASSERT_EQUAL(armed_at, 2 * 62500000);
    CU_ASSERT_EQUAL(armed_control, 1);
    idle_until(2 * S + 1); /* not too early */
    CU_ASSERT_EQUAL(armed_at, 2 * 62500000 + 1);
    idle_until(UINT64_MAX);
    CU_ASSERT_EQUAL(fake_machine.sleeps, 1);
    CU_ASSERT_EQUAL(armed_control, 0);
    idle_until(S); /* over */
    CU_ASSERT_EQUAL(fake_machine.sleeps, 0);
}

static void test_the_timers_interrupt_takes_its_line_down(void)
{
    fake_machine_reset();
    runtime_init();
    hal_sysreg_write(HAL_CNTV_CTL_EL0, 1);
    fake_machine_interrupt(RUNTIME_TIMER_INTID);
    CU_ASSERT_EQUAL(fake_machine.sysregs[HAL_CNTV_CTL_EL0], 0);
}

UNIT_SUITE("runtime_time", UNIT_TEST(test_now_is_the_counter_in_nanoseconds),
           UNIT_TEST(test_a_delay_ends_when_its_time_is_over),
           UNIT_TEST(test_idle_sleeps_masked_with_the_timer_armed),
           UNIT_TEST(test_the_timers_interrupt_takes_its_line_down))
