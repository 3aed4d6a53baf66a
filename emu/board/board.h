/*
 * board.h - a machine, put together
 *
 * The memory map and interrupt numbers of QEMU's "virt" board, a CPU, a GIC, the generic timer,
 * virtio-mmio windows, a PCI bus when something is on it, one wire. The board owns all of them; who
 * drives it (the harness) sets it up, runs it and looks at it.
 */
#ifndef EMU_BOARD_BOARD_H
#define EMU_BOARD_BOARD_H

#include "emu/core/prng.h"
#include "emu/cpu-stub/alloc_fault.h"
#include "emu/cpu-stub/cpu.h"
#include "emu/cpu-stub/image.h"
#include "emu/gic-timer/gic.h"
#include "emu/gic-timer/gicv2m.h"
#include "emu/gic-timer/gtimer.h"
#include "emu/gic-timer/irq_fault.h"
#include "emu/gic-timer/pl031.h"
#include "emu/virtio-9p/virtio_9p.h"
#include "emu/virtio-net/virtio_net.h"
#include "emu/virtio/virtio_pci.h"
#include "emu/virtio/virtqueue_fault.h"
#include "emu/wire/wire.h"
#include "emu/wire/wire_fault.h"
#include "emu/wire/wire_host.h"
#include "emu/wire/wire_slirp.h"

#define BOARD_GICD_BASE         UINT64_C(0x08000000)
#define BOARD_GICC_BASE         UINT64_C(0x08010000)
#define BOARD_GICR_BASE         UINT64_C(0x080a0000)
#define BOARD_RTC_BASE          UINT64_C(0x09010000)
#define BOARD_RTC_INTID         34 /* SPI 2 */
#define BOARD_VIRTIO_MMIO_BASE  UINT64_C(0x0a000000)
#define BOARD_VIRTIO_MMIO_SLOTS 32
#define BOARD_VIRTIO_MMIO_INTID 48 /* of slot 0: SPI 16 */
#define BOARD_GICV2M_BASE       UINT64_C(0x08020000)
#define BOARD_GICV2M_INTID      80 /* its first: SPI 48 */
#define BOARD_GICV2M_COUNT      64
#define BOARD_PCI_ECAM_BASE     UINT64_C(0x4010000000)
#define BOARD_PCI_WINDOW_BASE   UINT64_C(0x10000000)
#define BOARD_PCI_WINDOW_SIZE   UINT64_C(0x2eff0000)
#define BOARD_PCI_INTID         35                     /* of the bridge's pin 0: SPI 3 */
#define BOARD_TIMER_PHYS_INTID  30                     /* CNTP, PPI 14 */
#define BOARD_TIMER_VIRT_INTID  27                     /* CNTV, PPI 11 */
#define BOARD_TIMER_HYP_INTID   26                     /* CNTHP, PPI 10 */
#define BOARD_TIMER_HYPV_INTID  28                     /* CNTHV, PPI 12 */
#define BOARD_RAM_END_MAX       UINT64_C(0x4000000000) /* physical addresses of RAM end there */
#define BOARD_IRQ_COUNT         288
#define BOARD_NETS_MAX          8
#define BOARD_SHARES_MAX        8
#define BOARD_DEVICES_MAX       (BOARD_NETS_MAX + BOARD_SHARES_MAX)
#define BOARD_FILES_MAX         64

enum board_backend {
    BOARD_BACKEND_NONE,  /* a cable into the switch, and nobody but scripted hosts there */
    BOARD_BACKEND_SLIRP, /* libslirp is on the switch; at most one in a machine */
};

enum board_boot {
    BOARD_BOOT_FDT,  /* the guest is handed a device tree, */
    BOARD_BOOT_ACPI, /* or ACPI tables; never both */
};

enum board_transport {
    BOARD_TRANSPORT_MMIO,
    BOARD_TRANSPORT_MMIO_LEGACY, /* virtio-mmio version 1 */
    BOARD_TRANSPORT_PCI,
};

/* Size of the MSI-X table of a device on PCI. */
enum board_msix {
    BOARD_MSIX_ALL, /* a vector for each queue, and one for the configuration */
    BOARD_MSIX_ONE, /* a single vector */
    BOARD_MSIX_NO,  /* no such capability */
};

/* Who takes messages of devices. */
enum board_msi {
    BOARD_MSI_V2M,  /* a GICv2m frame, when there is a PCI bus */
    BOARD_MSI_NONE, /* nobody */
};

/* Where a virtio device is, and how it interrupts. */
struct board_seat {
    enum board_transport transport;
    unsigned slot; /* on PCI, from 1; 0: the next that is free. Slot 0 is the host bridge's */
    /*
     * Of its line, an SPI, when it is not on PCI; 0: that of its window. Devices that are given the
     * same one share a line.
     */
    unsigned intid;
    enum board_msix msix;
};

struct board_net_config {
    struct virtio_net_config device;
    enum board_backend backend;
    struct board_seat seat;
};

struct board_share_config {
    struct virtio_9p_config device;
    struct board_seat seat;
};

struct board_file {
    const char *path; /* absolute, in the guest */
    const void *data;
    size_t size;
};

/* Everything is borrowed for the call of board_new(). */
struct board_config {
    unsigned cpus; /* 1 to CPU_CORES_MAX */
    uint64_t ram_size;
    uint64_t pa_offset;
    uint64_t step_ns, mmio_ns;
    enum board_boot boot;
    bool vhe;
    enum gic_version gic;
    bool secure; /* the guest runs where the Security Extensions are, and firmware ran before */
    enum board_msi msi;
    uint64_t timer_hz, timer_delay_ns; /* of the generic timers: struct gtimer_config */
    uint32_t rtc_s;                    /* the real-time clock at power-on: since 1970 */
    uint64_t seed;
    const char *command_line; /* "face=posix tick=100" */
    const struct board_net_config *nets;
    unsigned net_count;
    const struct board_share_config *shares;
    unsigned share_count;
    const struct wire_services *services; /* kept, unlike the rest; NULL: none */
    const struct board_file *files;
    unsigned file_count;
};

enum board_error {
    BOARD_ERROR_CONFIG,    /* a setting that no machine can have */
    BOARD_ERROR_BOOT_SIZE, /* device tree, command line and files do not fit into the boot area */
};

#define BOARD_ERROR (board_error_quark())
GQuark board_error_quark(void);

/*
 * The defaults: one CPU, 64 MiB, 1 ns, 100 ns, device tree, no VHE, GICv2, 0 and nothing for the
 * rest.
 */
void board_config_init(struct board_config *config);

struct board;

/*
 * Builds the machine around a guest image that is loaded already (kept); without one it can do
 * everything but run. Devices are in virtio-mmio windows, unless they are on PCI: network devices
 * from window 0 on, shares in those behind the last of them. A share's tree is kept. One machine at
 * a time in a process. NULL with a GError: BOARD_ERROR, or that of the memory, the CPU or libslirp.
 */
struct board *board_new(const struct board_config *config, const struct guest_image *image,
                        GError **error);
void board_free(struct board *board);

/*
 * Runs the guest until it stops; again, to go on. `quiescent` (may be NULL) is called when nothing
 * can happen any more: it may arm events, or call board_stop(); if it does neither, the run ends
 * with CPU_STOP_QUIESCENT.
 */
typedef void board_quiescent_fn(void *opaque);
void board_set_quiescent(struct board *board, board_quiescent_fn *fn, void *opaque);
enum cpu_stop board_run(struct board *board);
void board_stop(struct board *board);

struct vclock *board_clock(struct board *board);
struct trace *board_trace(struct board *board);
struct gmem *board_memory(struct board *board);
struct cpu *board_cpu(struct board *board);
struct gic *board_gic(struct board *board);
unsigned board_cpus(const struct board *board);
struct gtimer *board_timer(struct board *board, unsigned cpu);
struct pl031 *board_rtc(struct board *board);
struct wire *board_wire(struct board *board);
struct mmio_bus *board_bus(struct board *board);
/* By name; NULL when there is none. */
struct virtio_net *board_net(struct board *board, const char *name);
struct virtio_9p *board_share(struct board *board, const char *name);
/* A network device or a share, as what both are. */
struct virtio_dev *board_device(struct board *board, const char *name);
/* All of them: network devices first, then shares. */
unsigned board_device_count(struct board *board);
struct virtio_dev *board_device_at(struct board *board, unsigned index);
/* By full name, "eth0.rx". */
struct virtqueue *board_queue(struct board *board, const char *name);
/*
 * The INTID that a device raises: that of its line, or while it sends messages the one that its
 * first queue's message stands for.
 */
unsigned board_device_intid(struct board *board, const char *name);
/* True while a device sends messages and its line means nothing. */
bool board_device_sends_messages(struct board *board, const char *name);
/* The INTID of the line of virtio-mmio window `slot`, whose device may have been given another. */
unsigned board_window_intid(const struct board_config *config, unsigned slot);
/*
 * Where a driver finds a device: "virtio-mmio window 0 at 0x0a000000", "PCI function 00:01.0,
 * 1af4:1041". The caller's to free.
 */
char *board_device_place(struct board *board, const char *name);
/* The place of a device on PCI, of those of the configuration: `index` as in board_device_at(). */
unsigned board_device_slot(const struct board_config *config, unsigned index);

/*
 * The places where faults stand. The lines of devices and timers have their stages from the
 * beginning; the others come into being when they are asked for. All belong to the board. Names
 * must exist.
 */
#define BOARD_INTID_MIN 16 /* below are SGIs, which have no line */
#define BOARD_INTID_SPI 32 /* below are PPIs, of which each CPU has its own */
/* Of an INTID as CPU 0 sees it, and as any does: an SPI is the same for all. */
struct irq_fault *board_irq_fault(struct board *board, unsigned intid);
struct irq_fault *board_irq_fault_of(struct board *board, unsigned cpu, unsigned intid);
/* Of a device's line, or pin, before it meets others there; while it sends messages, of nothing. */
struct irq_fault *board_line_fault(struct board *board, const char *device);
struct irq_fault *board_queue_irq_fault(struct board *board, const char *queue);
struct irq_fault *board_timer_fault(struct board *board, unsigned cpu, enum gtimer_id id);
/* The line of this INTID, for a timer of this CPU that is to be led to it. */
struct irqline board_timer_line(struct board *board, unsigned cpu, enum gtimer_id id,
                                unsigned intid);
/*
 * What the stage of an INTID, a device or a queue lets through arrives at this INTID of this CPU
 * instead; an SPI is the same for all.
 */
void board_route_irq(struct board *board, unsigned cpu, struct irq_fault *stage, unsigned intid);
/* How many storms of interrupts go on. */
unsigned board_storm_count(struct board *board);
struct alloc_fault *board_alloc_fault(struct board *board);
struct virtqueue_fault *board_queue_fault(struct board *board, const char *queue);
struct wire_fault *board_link_fault(struct board *board, const char *net);

/*
 * In a copy of the process, before it goes on: it shares no socket with the process that it is a
 * copy of. False: that cannot be had.
 */
bool board_separate(struct board *board);

/* Puts a scripted host on the wire; no port may be called so. It belongs to the board. */
#define BOARD_HOSTS_MAX 16
struct wire_host *board_host(struct board *board, const char *name); /* one that is there */
struct wire_host *board_add_host(struct board *board, const char *name, const uint8_t mac[6],
                                 const uint8_t ip[4]);

#endif
