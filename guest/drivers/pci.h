/*
 * pci.h - the PCI bus: enumeration, base address registers, capabilities
 *
 * Configuration space is reached through ECAM. One bus: bridges are passed over, and what is behind
 * them is not found. A scan sizes the memory BARs of each function and gives them addresses in the
 * window of the host bridge; a driver then switches the function on. I/O BARs are left alone.
 */
#ifndef DRIVERS_PCI_H
#define DRIVERS_PCI_H

#include "drivers/platform.h"

#define PCI_BARS_MAX 6

struct pci_bar {
    uintptr_t base; /* as the CPU sees it; 0: there is none, or it has no address */
    uint64_t size;
};

struct pci_device {
    uintptr_t config; /* of its configuration space */
    unsigned slot, function;
    uint16_t vendor, device;
    struct pci_bar bars[PCI_BARS_MAX];
    bool has_interrupt;
    struct platform_interrupt interrupt; /* of its pin */
};

/* The device is the scan's: a driver that wants to keep it makes a copy. */
typedef void pci_device_fn(const struct pci_device *device, void *opaque);

/* Calls fn(device, opaque) for each function. 0; -KENODEV: there is no PCI. */
int pci_scan(const struct platform *platform, pci_device_fn *fn, void *opaque);

/*
 * One function of bus 0 as an earlier scan left it, for those who were not there. It is switched
 * off while its BARs are sized, and then as it was. 0; -KENODEV: there is none, or nothing to scan.
 */
int pci_find(const struct platform *platform, unsigned slot, unsigned function,
             struct pci_device *device);

uint8_t pci_read8(const struct pci_device *device, unsigned offset);
uint16_t pci_read16(const struct pci_device *device, unsigned offset);
uint32_t pci_read32(const struct pci_device *device, unsigned offset);
void pci_write16(const struct pci_device *device, unsigned offset, uint16_t value);

/* Lets the function answer at its BARs, and reach memory. */
void pci_enable(const struct pci_device *device);

/*
 * The first capability with this id behind the one at `after` (0: from the beginning); 0: none. A
 * list that goes in circles ends.
 */
unsigned pci_find_capability(const struct pci_device *device, uint8_t id, unsigned after);

#endif
