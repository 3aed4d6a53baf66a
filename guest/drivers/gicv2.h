/*
 * gicv2.h - driver of the GICv2 interrupt controller
 */
#ifndef DRIVERS_GICV2_H
#define DRIVERS_GICV2_H

#include "drivers/platform.h"

/* Finds the controller, initialises it and registers it with the kernel. 0, or -KENODEV. */
int gicv2_init(const struct platform *platform);

#endif
