/*
 * mock_pci.h - a PCI bus with one virtio network device, for unit tests of drivers
 *
 * Behind the fake hal's whole bus: configuration space at MOCK_ECAM, BARs wherever the driver puts
 * them, a frame that takes messages. Numbers come from the system's headers. What the device has
 * and how it misbehaves is said before the driver comes; what the driver did is there afterwards.
 */
#ifndef DRIVERS_MOCK_PCI_H
#define DRIVERS_MOCK_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define MOCK_ECAM           UINT64_C(0x4010000000)
#define MOCK_FRAME          0x08020000
#define MOCK_PCI_QUEUES     2
#define MOCK_PCI_VECTORS    8
#define MOCK_PCI_SLOT       3
#define MOCK_PCI_NO_SLOT    99
#define MOCK_PCI_STRUCTURES 4

struct mock_pci_entry {
    uint32_t address_low, address_high, data, control;
};

struct mock_pci_queue {
    uint32_t size, vector, enabled;
    uint64_t desc, avail, used;
    unsigned kicks;
};

struct mock_pci {
    /* how it is, and how it misbehaves */
    unsigned vectors; /* entries of its MSI-X table; 0: no such capability */
    unsigned frame_count;
    uint16_t device_id;
    uint8_t revision;
    bool refuses_vectors;      /* they read back as none */
    bool accepts_only_first;   /* all but vector 0 do */
    bool list_is_a_circle;     /* the last capability leads to the first */
    bool without_isr;          /* there is no such structure */
    bool structure_is_outside; /* the common structure reaches beyond its BAR */

    /* what the driver did */
    uint8_t config[256];
    uint64_t bar1, bar4;
    uint32_t status, isr;
    uint64_t accepted;
    uint32_t select, feature_select;
    uint32_t config_vector;
    struct mock_pci_queue queues[MOCK_PCI_QUEUES];
    struct mock_pci_entry table[MOCK_PCI_VECTORS];
    bool msix_enabled;
    unsigned isr_reads;
    unsigned strays; /* accesses of nothing */
};
extern struct mock_pci mock_pci;

/* A good device with three vectors and a frame of 64 INTIDs, behind the fake hal. */
void mock_pci_reset(void);
/* Fills in configuration space from what was said above. Once, before the driver comes. */
void mock_pci_build(void);

#endif
