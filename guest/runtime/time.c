/*
 * time.c - the virtual counter and its timer, [ARM] D11.2
 *
 * Nanoseconds are computed from whole seconds and the rest, so that nothing overflows before the
 * counter does.
 */
#include "runtime/priv.h"

#define NS_IN_S UINT64_C(1000000000)

#define TIMER_ENABLE 1u

uint64_t runtime_now_ns(void)
{
    uint64_t frequency = hal_sysreg_read(HAL_CNTFRQ_EL0);
    uint64_t count = hal_sysreg_read(HAL_CNTVCT_EL0);
    return count / frequency * NS_IN_S + count % frequency * NS_IN_S / frequency;
}

void runtime_delay_ns(uint64_t ns)
{
    uint64_t begin_ns = runtime_now_ns();
    while (runtime_now_ns() - begin_ns < ns)
        hal_relax();
}

void runtime_timer_handler(void)
{
    hal_sysreg_write(HAL_CNTV_CTL_EL0, 0);
}

/* The count at which the moment has come: rounded up, so that nobody wakes too early. */
static uint64_t runtime_count_at(uint64_t ns)
{
    uint64_t frequency = hal_sysreg_read(HAL_CNTFRQ_EL0);
    uint64_t seconds = ns / NS_IN_S, rest = ns % NS_IN_S;
    return seconds * frequency + (rest * frequency + NS_IN_S - 1) / NS_IN_S;
}

void runtime_idle_until_ns(uint64_t deadline_ns)
{
    /* Masked between the look and the sleep; what ends the sleep is taken by the restore. */
    uint64_t daif = hal_irq_save();
    if (runtime_now_ns() < deadline_ns) {
        if (deadline_ns != UINT64_MAX) {
            hal_sysreg_write(HAL_CNTV_CVAL_EL0, runtime_count_at(deadline_ns));
            hal_sysreg_write(HAL_CNTV_CTL_EL0, TIMER_ENABLE);
        }
        hal_wfi();
    }
    hal_irq_restore(daif);
    hal_sysreg_write(HAL_CNTV_CTL_EL0, 0);
}
