/*
 * arm_timer.h - driver of the Arm generic timer: the kernel's clock
 */
#ifndef DRIVERS_ARM_TIMER_H
#define DRIVERS_ARM_TIMER_H

#include "drivers/platform.h"

/*
 * Chooses a timer, attaches its interrupt and registers it as the clock. 0, -KENODEV, or what
 * irq_attach() says.
 */
int arm_timer_init(const struct platform *platform);

#endif
