/*
 * msix.h - the MSI-X capability of a function: table, pending bits, masks
 *
 * [PCI3.0] 6.8.2, 6.8.3. Table and pending bits have a BAR of their own. A vector that is masked
 * when it fires is pending, and sends its message when it is unmasked. Entries are masked at first.
 */
#ifndef EMU_VIRTIO_MSIX_H
#define EMU_VIRTIO_MSIX_H

#include "emu/virtio/pci_bus.h"

#define MSIX_VECTORS_MAX 64
#define MSIX_BAR_SIZE    0x1000

struct msix_entry {
    uint64_t address;
    uint32_t data, control;
};

/* Embedded; members are private to msix.c. */
struct msix {
    struct pci_function *function;
    unsigned capability, count; /* count 0: there is no such capability */
    struct msix_entry table[MSIX_VECTORS_MAX];
    uint64_t pending; /* a bit a vector */
};

/* Adds capability and BAR to the function (kept). */
void msix_init(struct msix *msix, struct pci_function *function, unsigned bar, unsigned count);

bool msix_is_enabled(const struct msix *msix);
/* A vector below count fires; nothing happens unless MSI-X is enabled. */
void msix_fire(struct msix *msix, unsigned vector);
const struct msix_entry *msix_entry(const struct msix *msix, unsigned vector);

/* Accesses to its BAR; and what has to happen after configuration space was written. */
uint64_t msix_read(struct msix *msix, uint64_t offset, unsigned size);
void msix_write(struct msix *msix, uint64_t offset, unsigned size, uint64_t value);
void msix_config_written(struct msix *msix);

#endif
