/*
 * pl031.h - driver of the Arm PL031: tells the kernel the time of day
 */
#ifndef DRIVERS_PL031_H
#define DRIVERS_PL031_H

#include "drivers/platform.h"

/* After the timer, whose count carries the time on. 0; -KENODEV: there is none. */
int pl031_init(const struct platform *platform);

#endif
