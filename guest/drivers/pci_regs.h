/*
 * pci_regs.h - the numbers of PCI and of virtio on it, driver side
 *
 * A transcription of its own of [PCI3.0] 6 and [VIRTIO1.2] 4.1; virtio_pci_test.c compares it with
 * the system's headers.
 */
#ifndef DRIVERS_PCI_REGS_H
#define DRIVERS_PCI_REGS_H

/* Configuration header, [PCI3.0] 6.1. */
enum {
    PREG_VENDOR = 0x00,
    PREG_DEVICE = 0x02,
    PREG_COMMAND = 0x04,
    PREG_STATUS = 0x06,
    PREG_HEADER_TYPE = 0x0e,
    PREG_BAR0 = 0x10,
    PREG_CAPABILITIES = 0x34,
    PREG_INTERRUPT_PIN = 0x3d,
};

enum {
    PCOMMAND_MEMORY = 0x002,
    PCOMMAND_MASTER = 0x004,
    PSTATUS_CAPABILITIES = 0x010,
};

#define PVENDOR_NONE         0xffff
#define PHEADER_MULTIPLE     0x80 /* more functions than the first */
#define PHEADER_TYPE_MASK    0x7f
#define PBAR_IO              1
#define PBAR_TYPE_MASK       0x6
#define PBAR_TYPE_64         0x4
#define PBAR_MEMORY_MASK     0xfffffff0u
#define PCAPABILITY_FIRST_AT 0x40
#define PCAPABILITY_COUNT    48 /* in 192 bytes, of 4 at least */

/* Capabilities: identifiers, and MSI-X, 6.8.2. */
enum {
    PCAP_VENDOR = 0x09,
    PCAP_MSIX = 0x11,
    PMSIX_CONTROL = 2,
    PMSIX_TABLE = 4,
    PMSIX_SIZE_MASK = 0x7ff,
    PMSIX_ENABLE = 0x8000,
    PMSIX_BAR_MASK = 7,
    PMSIX_ENTRY_SIZE = 16,
    PMSIX_ENTRY_ADDRESS_LOW = 0,
    PMSIX_ENTRY_ADDRESS_HIGH = 4,
    PMSIX_ENTRY_DATA = 8,
    PMSIX_ENTRY_CONTROL = 12,
    PMSIX_ENTRY_MASKED = 1,
};

/* Virtio, [VIRTIO1.2] 4.1.2, 4.1.4. */
#define VPCI_VENDOR       0x1af4
#define VPCI_DEVICE_FIRST 0x1040 /* and the device's type */
#define VPCI_DEVICE_LAST  0x107f
#define VPCI_NO_VECTOR    0xffff

enum {
    VPCI_STRUCTURE_COMMON = 1,
    VPCI_STRUCTURE_NOTIFY = 2,
    VPCI_STRUCTURE_ISR = 3,
    VPCI_STRUCTURE_DEVICE = 4,
    VPCI_CAP_SIZE = 2,
    VPCI_CAP_TYPE = 3,
    VPCI_CAP_BAR = 4,
    VPCI_CAP_OFFSET = 8,
    VPCI_CAP_LENGTH = 12,
    VPCI_CAP_MULTIPLIER = 16,
};

/* The common configuration structure, 4.1.4.3. */
enum {
    VPCI_DEVICE_FEATURE_SELECT = 0,
    VPCI_DEVICE_FEATURE = 4,
    VPCI_DRIVER_FEATURE_SELECT = 8,
    VPCI_DRIVER_FEATURE = 12,
    VPCI_CONFIG_VECTOR = 16,
    VPCI_NUM_QUEUES = 18,
    VPCI_STATUS = 20,
    VPCI_CONFIG_GENERATION = 21,
    VPCI_QUEUE_SELECT = 22,
    VPCI_QUEUE_SIZE = 24,
    VPCI_QUEUE_VECTOR = 26,
    VPCI_QUEUE_ENABLE = 28,
    VPCI_QUEUE_NOTIFY_OFF = 30,
    VPCI_QUEUE_DESC = 32,
    VPCI_QUEUE_DRIVER = 40,
    VPCI_QUEUE_DEVICE = 48,
    VPCI_COMMON_SIZE = 56,
};

#endif
