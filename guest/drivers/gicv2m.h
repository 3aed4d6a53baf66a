/*
 * gicv2m.h - driver of a GICv2m frame: interrupts that devices send as messages
 */
#ifndef DRIVERS_GICV2M_H
#define DRIVERS_GICV2M_H

#include "drivers/platform.h"

/* What a device has to write, and where, to raise an INTID. */
struct gicv2m_message {
    uint32_t intid; /* edge-triggered */
    uint64_t address;
    uint32_t data;
};

/* Finds the frame. 0; -KENODEV: nothing takes messages. */
int gicv2m_init(const struct platform *platform);

/* Gives `count` INTIDs away, for good. 0; -KENODEV; -KENOSPC: so many are not left, none is given.
 */
int gicv2m_allocate(unsigned count, struct gicv2m_message *messages);

#endif
