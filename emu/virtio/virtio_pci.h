/*
 * virtio_pci.h - the PCI transport, modern interface
 *
 * [VIRTIO1.2] 4.1. A function with two BARs, as QEMU lays them out: BAR 1 holds the MSI-X table,
 * BAR 4 (64 bits) the structures of virtio, which capabilities point to. Interrupts go to the pin,
 * or are messages while MSI-X is enabled. There is no legacy interface.
 */
#ifndef EMU_VIRTIO_VIRTIO_PCI_H
#define EMU_VIRTIO_VIRTIO_PCI_H

#include "emu/virtio/pci_bus.h"
#include "emu/virtio/virtio.h"

#define VIRTIO_PCI_VECTORS_MAX 64

struct virtio_pci;

/*
 * Puts a device (borrowed) into a free slot; its line is the transport's from now on. `vectors` is
 * the size of the MSI-X table, 0: no such capability.
 */
struct virtio_pci *virtio_pci_new(struct pci_bus *bus, unsigned slot, struct virtio_dev *dev,
                                  unsigned vectors);
void virtio_pci_free(struct virtio_pci *pci);

/* True when the driver has enabled MSI-X: then notifications are messages. */
bool virtio_pci_uses_messages(const struct virtio_pci *pci);
/* The data of the message that a queue, or VIRTIO_SOURCE_CONFIG, sends. False: it sends none. */
bool virtio_pci_message_data(const struct virtio_pci *pci, unsigned source, uint32_t *data);

#endif
