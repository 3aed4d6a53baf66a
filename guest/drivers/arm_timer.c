/*
 * arm_timer.c - driver of the Arm generic timer: the kernel's clock [ARM] D11.2
 *
 * Which timer. A kernel at EL2 with the Virtualization Host Extensions owns the physical timer of
 * that level, CNTHP. Any other kernel is a guest, or could be one, and uses the virtual timer,
 * CNTV, which nobody traps. Counter, comparator and interrupt must all be of the same timer: armed
 * on one and listening on the other, time stands still.
 *
 * Tickless. The comparator holds the kernel's next deadline, or the timer is off. The output is a
 * level: ENABLE && condition && !IMASK.
 */
#include "drivers/arm_timer.h"

#include "kernel/clock.h"
#include "kernel/irq.h"
#include "lib/errno.h"
#include "ringside/hal.h"

#define TIMER_NS_PER_S UINT64_C(1000000000)

#define TIMER_CTL_ENABLE  UINT64_C(1)
#define TIMER_CTL_ISTATUS UINT64_C(4)

#define ID_MMFR1_VH(value) ((value) >> 8 & 0xf)
#define CURRENT_EL(value)  ((value) >> 2 & 3)

struct arm_timer {
    const char *name;
    enum platform_timer which;
    enum hal_sysreg count, control, compare;
};

static const struct arm_timer arm_timer_el2 = {
    .name = "CNTHP",
    .which = PLATFORM_TIMER_EL2,
    .count = HAL_CNTPCT_EL0,
    .control = HAL_CNTHP_CTL_EL2,
    .compare = HAL_CNTHP_CVAL_EL2,
};

static const struct arm_timer arm_timer_virtual = {
    .name = "CNTV",
    .which = PLATFORM_TIMER_VIRTUAL,
    .count = HAL_CNTVCT_EL0,
    .control = HAL_CNTV_CTL_EL0,
    .compare = HAL_CNTV_CVAL_EL0,
};

static const struct arm_timer *arm_timer;
static uint64_t arm_timer_hz;

/* Whole seconds and the rest apart: neither product overflows, as the frequency has 32 bits. */
static uint64_t arm_timer_to_ns(uint64_t count)
{
    return count / arm_timer_hz * TIMER_NS_PER_S +
           count % arm_timer_hz * TIMER_NS_PER_S / arm_timer_hz;
}

/* The first count at or after this time, so that the interrupt never comes too early. */
static uint64_t arm_timer_to_count(uint64_t ns)
{
    uint64_t rest = ns % TIMER_NS_PER_S * arm_timer_hz;
    return ns / TIMER_NS_PER_S * arm_timer_hz + (rest + TIMER_NS_PER_S - 1) / TIMER_NS_PER_S;
}

static uint64_t arm_timer_now_ns(void)
{
    return arm_timer_to_ns(hal_sysreg_read(arm_timer->count));
}

static void arm_timer_stop(void)
{
    hal_sysreg_write(arm_timer->control, 0);
}

static void arm_timer_set_deadline(uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) {
        arm_timer_stop();
        return;
    }
    hal_sysreg_write(arm_timer->compare, arm_timer_to_count(deadline_ns));
    hal_sysreg_write(arm_timer->control, TIMER_CTL_ENABLE);
}

/*
 * The condition is cleared before the end of the interrupt, and before anything that may program
 * the next deadline: a level that stays up would raise the interrupt again at once.
 */
static bool arm_timer_interrupt(void *arg)
{
    (void)arg;
    if ((hal_sysreg_read(arm_timer->control) & TIMER_CTL_ISTATUS) == 0)
        return false;
    arm_timer_stop();
    clock_interrupt();
    return true;
}

static const struct clock_driver arm_timer_clock = {
    .name = "arm generic timer",
    .now_ns = arm_timer_now_ns,
    .set_deadline = arm_timer_set_deadline,
};

static const struct arm_timer *arm_timer_choose(void)
{
    bool vhe = ID_MMFR1_VH(hal_sysreg_read(HAL_ID_AA64MMFR1_EL1)) != 0;
    bool el2 = CURRENT_EL(hal_sysreg_read(HAL_CURRENT_EL)) == 2;
    return vhe && el2 ? &arm_timer_el2 : &arm_timer_virtual;
}

int arm_timer_init(const struct platform *platform)
{
    struct platform_interrupt irq;
    const struct arm_timer *chosen = arm_timer_choose();
    if (!platform_find_timer(platform, chosen->which, &irq))
        return -KENODEV;
    arm_timer_hz = hal_sysreg_read(HAL_CNTFRQ_EL0) & UINT32_MAX;
    if (arm_timer_hz == 0)
        return -KENODEV;
    arm_timer = chosen;
    arm_timer_stop();
    clock_register(&arm_timer_clock);
    return irq_attach(irq.intid, irq.edge_triggered, arm_timer_interrupt, NULL, chosen->name);
}
