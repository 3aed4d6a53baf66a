/*
 * device_name.h - what devices are called between daemons
 *
 *     pci-00-00-03.0    PCI: segment, bus, slot and function, in hexadecimal
 *     mmio-0a003e00     a virtio-mmio window, by its address
 */
#ifndef DRIVERS_DEVICE_NAME_H
#define DRIVERS_DEVICE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_NAME_MAX 32

struct device_name {
    bool is_pci;
    unsigned slot, function; /* of bus 0 of segment 0, which is all that pci.c knows */
    uintptr_t base;          /* otherwise */
};

void device_name_print(const struct device_name *name, char text[DEVICE_NAME_MAX]);
/* False: it is none. */
bool device_name_parse(const char *text, struct device_name *name);

#endif
