/*
 * drivers.h - the drivers of the machine
 */
#ifndef DRIVERS_DRIVERS_H
#define DRIVERS_DRIVERS_H

/*
 * Initialises interrupt controller, clock and devices, found in the device tree or in the ACPI
 * tables. Once, from the boot code, with interrupts masked. Without either of them, an interrupt
 * controller or a timer there is no machine to run on: then it panics.
 */
void drivers_init(void);

#endif
