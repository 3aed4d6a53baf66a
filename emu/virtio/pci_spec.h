/*
 * pci_spec.h - numbers of PCI's configuration space and of virtio on it, as the device side needs
 * them
 *
 * Transcribed from [PCI3.0] 6 and [VIRTIO1.2] 4.1. The guest has a transcription of its own; a test
 * compares this one with <linux/pci_regs.h> and <linux/virtio_pci.h>, whose names differ so that
 * both fit into one file.
 */
#ifndef EMU_VIRTIO_PCI_SPEC_H
#define EMU_VIRTIO_PCI_SPEC_H

/* [PCI3.0] 6.1: the header of type 0 */
enum {
    PCI_AT_VENDOR = 0x00,
    PCI_AT_DEVICE = 0x02,
    PCI_AT_COMMAND = 0x04,
    PCI_AT_STATUS = 0x06,
    PCI_AT_REVISION = 0x08,
    PCI_AT_CLASS = 0x09,
    PCI_AT_BAR = 0x10,
    PCI_AT_BAR_END = 0x28,
    PCI_AT_SUBSYSTEM_VENDOR = 0x2c,
    PCI_AT_SUBSYSTEM = 0x2e,
    PCI_AT_CAPABILITIES = 0x34,
    PCI_AT_INTERRUPT_LINE = 0x3c,
    PCI_AT_INTERRUPT_PIN = 0x3d,
    PCI_AT_FIRST_CAPABILITY = 0x40,
    PCI_CONFIG_SIZE = 0x100,
};

/* 6.2.2, 6.2.3: command and status */
enum {
    PCI_CMD_MEMORY = 0x0002,
    PCI_CMD_MASTER = 0x0004,
    PCI_CMD_INTX_OFF = 0x0400,
    PCI_STAT_INTX = 0x0008,
    PCI_STAT_CAPABILITIES = 0x0010,
};

#define PCI_BAR_TYPE_64       0x4
#define PCI_BAR_TYPE_PREFETCH 0x8

/* Appendix H: identifiers of capabilities */
enum {
    PCI_CAPABILITY_VENDOR = 0x09,
    PCI_CAPABILITY_MSIX = 0x11,
};

/* 6.8.2: MSI-X, offsets into the capability and into an entry of the table */
enum {
    PCI_MSIX_AT_CONTROL = 2,
    PCI_MSIX_AT_TABLE = 4,
    PCI_MSIX_AT_PBA = 8,
    PCI_MSIX_SIZE = 12,
    PCI_MSIX_ENABLE = 0x8000,
    PCI_MSIX_MASK_ALL = 0x4000,
    PCI_MSIX_ENTRY_SIZE = 16,
    PCI_MSIX_ENTRY_MASKED = 1,
};

/* [VIRTIO1.2] 4.1.2.1 */
#define VIRTIO_PCI_VENDOR    0x1af4
#define VIRTIO_PCI_DEVICE    0x1040 /* and the device's type */
#define VIRTIO_PCI_NO_VECTOR 0xffff

/* 4.1.4: structures, and offsets into the capability that says where one is */
enum {
    VIRTIO_PCI_STRUCTURE_COMMON = 1,
    VIRTIO_PCI_STRUCTURE_NOTIFY = 2,
    VIRTIO_PCI_STRUCTURE_ISR = 3,
    VIRTIO_PCI_STRUCTURE_DEVICE = 4,
    VIRTIO_PCI_STRUCTURE_ACCESS = 5,
    VIRTIO_PCI_CAP_AT_LEN = 2,
    VIRTIO_PCI_CAP_AT_TYPE = 3,
    VIRTIO_PCI_CAP_AT_BAR = 4,
    VIRTIO_PCI_CAP_AT_OFFSET = 8,
    VIRTIO_PCI_CAP_AT_LENGTH = 12,
    VIRTIO_PCI_CAP_SIZE = 16,
    VIRTIO_PCI_CAP_AT_MULTIPLIER = 16, /* notify */
    VIRTIO_PCI_CAP_AT_DATA = 16,       /* access */
    VIRTIO_PCI_CAP_LONG_SIZE = 20,
};

/* 4.1.4.3: the common configuration structure, up to what needs no further feature */
enum {
    VIRTIO_PCI_AT_DEVICE_FEATURE_SELECT = 0,
    VIRTIO_PCI_AT_DEVICE_FEATURE = 4,
    VIRTIO_PCI_AT_DRIVER_FEATURE_SELECT = 8,
    VIRTIO_PCI_AT_DRIVER_FEATURE = 12,
    VIRTIO_PCI_AT_CONFIG_VECTOR = 16,
    VIRTIO_PCI_AT_NUM_QUEUES = 18,
    VIRTIO_PCI_AT_STATUS = 20,
    VIRTIO_PCI_AT_GENERATION = 21,
    VIRTIO_PCI_AT_QUEUE_SELECT = 22,
    VIRTIO_PCI_AT_QUEUE_SIZE = 24,
    VIRTIO_PCI_AT_QUEUE_VECTOR = 26,
    VIRTIO_PCI_AT_QUEUE_ENABLE = 28,
    VIRTIO_PCI_AT_QUEUE_NOTIFY_OFF = 30,
    VIRTIO_PCI_AT_QUEUE_DESC = 32,
    VIRTIO_PCI_AT_QUEUE_DRIVER = 40,
    VIRTIO_PCI_AT_QUEUE_DEVICE = 48,
    VIRTIO_PCI_COMMON_SIZE = 56,
};

#endif
