/*
 * board_priv.h - what the files of the board share
 */
#ifndef EMU_BOARD_BOARD_PRIV_H
#define EMU_BOARD_BOARD_PRIV_H

#include "emu/board/board.h"
#include "emu/gic-timer/irq_join.h"

#define BOARD_SLIRP_PORT                                                                           \
    "slirp" /* libslirp's port on the wire; no network device may be called so */

#define BOARD_MPIDR UINT64_C(0x80000000) /* of CPU 0: RES1 bit 31, affinity 0.0.0.0 */

/* RAM ends below the addresses where QEMU's board has its high memory and PCI's large window. */
#define BOARD_RAM_END_MAX UINT64_C(0x4000000000)

/* Part of struct board; members are private to board_fault.c. */
struct board_faults {
    struct irq_fault *spis[BOARD_IRQ_COUNT];
    struct irq_fault *ppis[CPU_CORES_MAX][BOARD_INTID_SPI];
    /* what an INTID's stage drives, and those that were led astray to it */
    struct irq_join spi_arrivals[BOARD_IRQ_COUNT];
    struct irq_join ppi_arrivals[CPU_CORES_MAX][BOARD_INTID_SPI];
    struct irq_fault *timers[CPU_CORES_MAX][GTIMER_COUNT];
    unsigned queue_count, link_count;
    struct {
        struct virtqueue *queue;
        struct irq_fault *irq;        /* NULL: none yet */
        struct virtqueue_fault *ring; /* NULL: none yet */
    } queues[BOARD_NETS_MAX * VIRTIO_QUEUES_MAX];
    struct {
        struct wire_port *port;
        struct wire_fault *stage;
    } links[BOARD_NETS_MAX];
};
struct board_faults *board_faults(struct board *board);
/* Devices, wire and timer are gone; the clock is not. */
void board_faults_fini(struct board_faults *faults);
/* What a device, or a timer, drives. */
struct irqline board_device_line(struct board *board, unsigned intid);
struct irqline board_timer_output(struct board *board, unsigned cpu, enum gtimer_id id,
                                  unsigned intid);

/*
 * True when a machine can be built from it; otherwise the error says what is wrong and what would
 * be right.
 */
bool board_config_check(const struct board_config *config, GError **error);

/*
 * Writes the flattened device tree to `buffer`. The size of the blob; 0, with the error, when it
 * does not fit.
 */
size_t board_fdt_write(uint64_t ram_base, uint64_t ram_size, unsigned cpus,
                       const char *command_line, void *buffer, size_t size, GError **error);

/*
 * Writes the ACPI tables to `buffer`, which will be at the physical address `base` (a multiple of
 * 8). The RSDP comes first.
 */
#define BOARD_ACPI_SIZE(cpus) (560 + 80 * (size_t)(cpus))
void board_acpi_write(void *buffer, uint64_t base, bool vhe, unsigned cpus);

/*
 * Fills the boot area of guest RAM: all that hal_boot_info() leads to. It stays there; NULL, with
 * the error, when it does not fit.
 */
const struct hal_boot *board_boot_write(struct gmem *memory, const struct board_config *config,
                                        GError **error);

#endif
