/*
 * fake_platform.h - a machine of a few windows and a PCI bus, for unit tests of drivers
 *
 * What the test says is what the drivers are told; no firmware is read. PCI is where mock_pci has
 * it, and its pins raise what they raise on the "virt" board. Of a GIC, a timer, a clock and other
 * CPUs it says nothing: those tests build firmware (fake_tree.h, fake_acpi.h).
 */
#ifndef DRIVERS_FAKE_PLATFORM_H
#define DRIVERS_FAKE_PLATFORM_H

#include "drivers/platform.h"

#define FAKE_PLATFORM_WINDOWS 2
#define FAKE_PCI_WINDOW       0x10000000 /* where BARs may be */

struct fake_platform {
    struct platform platform; /* as drivers are handed it */
    struct platform_window windows[FAKE_PLATFORM_WINDOWS];
    unsigned window_count;
    bool has_pci, has_pins;
    bool has_messages; /* a frame that takes them, MOCK_FRAME */
    uint64_t pci_window_size;
};
extern struct fake_platform fake_platform;

/* A machine with nothing, which is the current one. */
void fake_platform_reset(void);
/* One more virtio-mmio window. */
void fake_platform_add_window(uintptr_t base, uint32_t intid, bool edge_triggered);
/* A bus with room, pins and messages. */
void fake_platform_add_pci(void);

#endif
