/*
 * The timer driver: which timer, which interrupt, which counts.
 */
#include "drivers/arm_timer.h"

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/fake_tree.h"
#include "lib/errno.h"
#include "tests/unit.h"

#define HZ      62500000
#define ENABLE  1
#define ISTATUS 4

static int timer_up(bool vhe, unsigned el, uint64_t hz)
{
    static const struct fake_tree tree = {.timer = "arm,armv8-timer", .timer_interrupts = 4};
    struct platform platform;
    fake_hal_reset();
    fake_kernel_reset();
    fake_hal.sysregs[HAL_CNTFRQ_EL0] = hz;
    fake_hal.sysregs[HAL_ID_AA64MMFR1_EL1] = vhe ? 0x100 : 0;
    fake_hal.sysregs[HAL_CURRENT_EL] = el << 2;
    fake_hal.sysregs[HAL_CNTV_CTL_EL0] = fake_hal.sysregs[HAL_CNTP_CTL_EL0] = ENABLE;
    fake_tree_open(&tree, &platform);
    return arm_timer_init(&platform);
}

static void test_without_vhe_the_virtual_timer_and_its_interrupt_are_used(void)
{
    CU_ASSERT_EQUAL(timer_up(false, 1, HZ), 0);
    CU_ASSERT_EQUAL(fake_kernel.intid, 27);
    CU_ASSERT_FALSE(fake_kernel.edge_triggered);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTV_CTL_EL0], 0);
    fake_kernel.clock->set_deadline(1000);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTV_CTL_EL0], ENABLE);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTP_CTL_EL0], ENABLE); /* untouched */
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTP_CVAL_EL0], 0);
    CU_ASSERT_EQUAL(timer_up(true, 1, HZ), 0); /* VHE, but not ours */
    CU_ASSERT_EQUAL(fake_kernel.intid, 27);
}

static void test_at_el2_with_vhe_its_physical_timer_and_its_interrupt_are_used(void)
{
    CU_ASSERT_EQUAL(timer_up(true, 2, HZ), 0);
    CU_ASSERT_EQUAL(fake_kernel.intid, 26);
    fake_kernel.clock->set_deadline(1600);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTHP_CTL_EL2], ENABLE);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTHP_CVAL_EL2], 100);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTV_CVAL_EL0], 0);
    fake_hal.sysregs[HAL_CNTPCT_EL0] = 100;
    CU_ASSERT_EQUAL(fake_kernel.clock->now_ns(), 1600);
}

static void test_counts_become_nanoseconds_without_overflow(void)
{
    CU_ASSERT_EQUAL(timer_up(false, 1, HZ), 0);
    fake_hal.sysregs[HAL_CNTVCT_EL0] = UINT64_C(62500000) * 3600 * 24 * 365 * 100 + 1;
    CU_ASSERT_EQUAL(fake_kernel.clock->now_ns(), UINT64_C(3153600000) * 1000000000 + 16);
    CU_ASSERT_EQUAL(timer_up(false, 1, UINT32_MAX), 0);
    fake_hal.sysregs[HAL_CNTVCT_EL0] = UINT64_C(2) * UINT32_MAX - 1;
    CU_ASSERT_EQUAL(fake_kernel.clock->now_ns(), 1999999999);
}

static void test_deadline_is_rounded_up_to_a_count(void)
{
    CU_ASSERT_EQUAL(timer_up(false, 1, HZ), 0);
    fake_kernel.clock->set_deadline(1000000000);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTV_CVAL_EL0], HZ);
    fake_kernel.clock->set_deadline(1000000001);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTV_CVAL_EL0], HZ + 1);
    fake_kernel.clock->set_deadline(1000000016);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTV_CVAL_EL0], HZ + 1);
}

static void test_no_deadline_switches_the_timer_off(void)
{
    CU_ASSERT_EQUAL(timer_up(false, 1, HZ), 0);
    fake_kernel.clock->set_deadline(5);
    fake_kernel.clock->set_deadline(UINT64_MAX);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTV_CTL_EL0], 0);
}

static void test_interrupt_clears_the_condition_and_tells_the_clock(void)
{
    CU_ASSERT_EQUAL(timer_up(false, 1, HZ), 0);
    fake_hal.sysregs[HAL_CNTV_CTL_EL0] = ENABLE | ISTATUS;
    fake_kernel.handler(fake_kernel.handler_arg);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTV_CTL_EL0], 0);
    CU_ASSERT_EQUAL(fake_kernel.clock_interrupts, 1);
}

static void test_interrupt_without_condition_is_ignored(void)
{
    CU_ASSERT_EQUAL(timer_up(false, 1, HZ), 0);
    fake_hal.sysregs[HAL_CNTV_CTL_EL0] = ENABLE;
    fake_kernel.handler(fake_kernel.handler_arg);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_CNTV_CTL_EL0], ENABLE);
    CU_ASSERT_EQUAL(fake_kernel.clock_interrupts, 0);
}

static void test_what_cannot_be_a_timer_is_refused(void)
{
    static const struct fake_tree trees[] = {
        {.controller = "arm,gic-400"},
        {.timer = "arm,armv8-timer", .timer_interrupts = 2}, /* no virtual one */
        {.timer = "arm,sp804", .timer_interrupts = 4},
    };
    CU_ASSERT_EQUAL(timer_up(false, 1, 0), -KENODEV);
    for (unsigned i = 0; i < 3; i++) {
        struct platform platform;
        fake_hal_reset();
        fake_kernel_reset();
        fake_hal.sysregs[HAL_CNTFRQ_EL0] = HZ;
        fake_tree_open(&trees[i], &platform);
        CU_ASSERT_EQUAL(arm_timer_init(&platform), -KENODEV);
        CU_ASSERT_PTR_NULL(fake_kernel.clock);
    }
}

UNIT_SUITE("arm_timer", UNIT_TEST(test_without_vhe_the_virtual_timer_and_its_interrupt_are_used),
           UNIT_TEST(test_at_el2_with_vhe_its_physical_timer_and_its_interrupt_are_used),
           UNIT_TEST(test_counts_become_nanoseconds_without_overflow),
           UNIT_TEST(test_deadline_is_rounded_up_to_a_count),
           UNIT_TEST(test_no_deadline_switches_the_timer_off),
           UNIT_TEST(test_interrupt_clears_the_condition_and_tells_the_clock),
           UNIT_TEST(test_interrupt_without_condition_is_ignored),
           UNIT_TEST(test_what_cannot_be_a_timer_is_refused))
