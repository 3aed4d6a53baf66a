/*
 * gicv3.h - driver of the GICv3 interrupt controller
 */
#ifndef DRIVERS_GICV3_H
#define DRIVERS_GICV3_H

#include "drivers/platform.h"

/*
 * Finds the controller, initialises it and registers it with the kernel. 0; -KENODEV, also when the
 * redistributor of this CPU is not there or does not wake.
 */
int gicv3_init(const struct platform *platform);

#endif
