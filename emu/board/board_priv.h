/*
 * board_priv.h - what the files of the board share
 */
#ifndef EMU_BOARD_BOARD_PRIV_H
#define EMU_BOARD_BOARD_PRIV_H

#include "emu/board/board.h"
#include "emu/gic-timer/irq_join.h"
#include "emu/virtio/virtio_mmio.h"
#include "emu/virtio/virtio_mmio_legacy.h"

#define BOARD_SLIRP_PORT                                                                           \
    "slirp" /* libslirp's port on the wire; no network device may be called so */

#define BOARD_MPIDR UINT64_C(0x80000000) /* of CPU 0: RES1 bit 31, affinity 0.0.0.0 */

/* RAM ends below the addresses where QEMU's board has its high memory and PCI's large window. */

/* Part of struct board; members are private to board_fault.c. */
struct board_faults {
    uint64_t seed; /* of the run: faults that strike by chance */
    struct irq_fault *spis[BOARD_IRQ_COUNT];
    struct irq_fault *ppis[CPU_CORES_MAX][BOARD_INTID_SPI];
    /* what an INTID's stage drives, and those that were led astray to it */
    struct irq_join spi_arrivals[BOARD_IRQ_COUNT];
    struct irq_join ppi_arrivals[CPU_CORES_MAX][BOARD_INTID_SPI];
    struct irq_fault *timers[CPU_CORES_MAX][GTIMER_COUNT];
    unsigned line_count, queue_count, link_count;
    struct {
        const struct virtio_dev *dev;
        struct irq_fault *stage;
    } lines[BOARD_DEVICES_MAX];
    struct {
        struct virtqueue *queue;
        struct irq_fault *irq;        /* NULL: none yet */
        struct virtqueue_fault *ring; /* NULL: none yet */
    } queues[BOARD_DEVICES_MAX * VIRTIO_QUEUES_MAX];
    struct {
        struct wire_port *port;
        struct wire_fault *stage;
    } links[BOARD_NETS_MAX];
};
struct board_faults *board_faults(struct board *board);
/* Devices, wire and timer are gone; the clock is not. */
void board_faults_fini(struct board_faults *faults);
/* What a device, or a timer, drives; what virtio device `index` does, with whom else is there. */
struct irqline board_device_line(struct board *board, unsigned intid);
struct irqline board_window_line(struct board *board, unsigned index, unsigned intid);
/* Puts the stage of a device's own line between it and its transport; its name is known. */
void board_add_line(struct board *board, struct virtio_dev *dev);
struct irqline board_timer_output(struct board *board, unsigned cpu, enum gtimer_id id,
                                  unsigned intid);

/* Part of struct board; members are private to board_pci.c. */
struct board_pci {
    struct pci_bus *bus; /* NULL: nothing is on PCI */
    struct gicv2m *frame;
    unsigned count;
    struct {
        unsigned index, intid; /* of the board's devices; of its pin */
        struct virtio_pci *transport;
    } devices[BOARD_DEVICES_MAX];
};
struct board_pci *board_pci(struct board *board);
/* True when some device is on PCI: only then is there a bus. */
bool board_pci_is_used(const struct board_config *config);
/* A GICv2m frame is there. */
bool board_pci_has_frame(const struct board_config *config);
void board_pci_build(struct board *board, struct mmio_bus *bus, const struct board_config *config);
/* Puts device `index` into its slot. */
void board_pci_attach(struct board *board, const struct board_config *config, unsigned index,
                      struct virtio_dev *dev);
void board_pci_fini(struct board_pci *pci);
/* The INTID of device `index`; false when it is not on PCI. */
bool board_pci_intid(struct board *board, unsigned index, unsigned *intid);
bool board_pci_sends_messages(struct board *board, unsigned index);

/* A network device or a share, as what both are. */
struct board_device {
    struct virtio_dev *dev;
    bool is_on_pci;
    unsigned intid; /* of its line, when it is not on PCI */
    unsigned slot;  /* on PCI */
};

/* Part of struct board; members are private to board_devices.c. */
struct board_devices {
    unsigned net_count, share_count, count;
    struct virtio_net *nets[BOARD_NETS_MAX];
    struct virtio_9p *shares[BOARD_SHARES_MAX];
    struct board_device at[BOARD_DEVICES_MAX];
    unsigned window_count; /* a window is in one of the two */
    struct virtio_mmio *windows[BOARD_VIRTIO_MMIO_SLOTS];
    struct virtio_mmio_legacy *legacy_windows[BOARD_VIRTIO_MMIO_SLOTS];
};
struct board_devices *board_devices(struct board *board);
/* Bus, wire, PCI and interrupts are there. */
void board_devices_build(struct board *board, const struct board_config *config);
void board_devices_fini(struct board_devices *devices);
/* A CPU made its stores visible: see virtio_dev_barrier() and virtio_dev_tell(). */
bool board_devices_barrier(const struct board_devices *devices);
void board_devices_tell(const struct board_devices *devices);

/* The devices of a configuration: network devices first, then shares. */
static inline unsigned board_config_device_count(const struct board_config *config)
{
    return config->net_count + config->share_count;
}
static inline const struct board_seat *board_config_seat(const struct board_config *config,
                                                         unsigned index)
{
    return index < config->net_count ? &config->nets[index].seat
                                     : &config->shares[index - config->net_count].seat;
}

/*
 * True when a machine can be built from it; otherwise the error says what is wrong and what would
 * be right.
 */
bool board_config_check(const struct board_config *config, GError **error);

/*
 * Writes the flattened device tree to `buffer`. The size of the blob; 0, with the error, when it
 * does not fit.
 */
size_t board_fdt_write(uint64_t ram_base, uint64_t ram_size, const struct board_config *config,
                       void *buffer, size_t size, GError **error);

/*
 * Writes the ACPI tables to `buffer`, which will be at the physical address `base` (a multiple of
 * 8). The RSDP comes first.
 */
#define BOARD_ACPI_SIZE(cpus) (668 + 80 * (size_t)(cpus)) /* the most */
void board_acpi_write(void *buffer, uint64_t base, const struct board_config *config);

/*
 * Fills the boot area of guest RAM: all that hal_boot_info() leads to. It stays there; NULL, with
 * the error, when it does not fit.
 */
const struct hal_boot *board_boot_write(struct gmem *memory, const struct board_config *config,
                                        GError **error);

#endif
