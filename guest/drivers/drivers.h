/*
 * drivers.h - the drivers of the machine
 */
#ifndef DRIVERS_DRIVERS_H
#define DRIVERS_DRIVERS_H

/*
 * Initialises interrupt controller, clock and CPUs, found in the device tree or in the ACPI tables.
 * Once, from the boot code, with interrupts masked. Without either of them, an interrupt controller
 * or a timer there is no machine to run on: then it panics.
 */
void drivers_init(void);

/* Gives each virtio device to its driver in the kernel. Behind that, where there are no daemons. */
void drivers_scan(void);

#endif
