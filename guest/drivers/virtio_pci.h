/*
 * virtio_pci.h - the virtio PCI transport, driver side [VIRTIO1.2] 4.1
 *
 * Modern devices only. Interrupts, the best first: MSI-X with a vector for each queue and one for
 * the configuration; MSI-X with one vector for all; the device's pin, which it may share.
 */
#ifndef DRIVERS_VIRTIO_PCI_H
#define DRIVERS_VIRTIO_PCI_H

#include "drivers/gicv2m.h"
#include "drivers/pci.h"
#include "drivers/virtio_transport.h"

#define VIRTIO_PCI_DEVICES_MAX 16
#define VIRTIO_PCI_VECTORS_MAX VIRTIO_INTERRUPTS_MAX /* three queues and the configuration */

struct virtio_pci;

/* What a message's handler is given. */
struct virtio_pci_vector {
    struct virtio_pci *pci;
    uint32_t reasons;
    struct gicv2m_message message;
};

struct virtio_pci {
    struct virtio_device device;
    struct pci_device function;
    uintptr_t common, notify, isr, config; /* the structures; config may be 0 */
    size_t notify_size, config_size;
    uint32_t multiplier;
    unsigned msix;       /* where the capability is; 0: none */
    unsigned msix_count; /* entries of its table */
    uintptr_t table;
    unsigned vector_count;                                    /* in use; 0: the pin is */
    bool is_prepared;                                         /* which of them is settled */
    struct virtio_pci_vector vectors[VIRTIO_PCI_VECTORS_MAX]; /* the configuration's first */
    uintptr_t kicks[VIRTIO_PCI_VECTORS_MAX];                  /* where queues are notified */
};

/* Goes through the functions of the bus and gives each device to its driver, one by one. */
void virtio_pci_scan(const struct platform *platform, const struct virtio_drivers *drivers);

/*
 * 0, with the device switched on; -KENODEV: not a modern virtio device, or without one of its
 * structures. The function is copied.
 */
int virtio_pci_identify(struct virtio_pci *pci, const struct pci_device *function);

#endif
