/*
 * board_fdt.c - the flattened device tree of the machine
 *
 * [DTSPEC0.4] 3 (node contents) and 5 (the blob), written front to back with libfdt. Nodes and
 * their order of properties are QEMU's for "virt", as far as the devices are there; the sizes of
 * register frames are those that are really mapped. There is no /psci, and no enable-method of a
 * CPU but its name where there are several: a guest starts CPUs and switches the machine off
 * through the hal.
 *
 * Interrupt specifiers are those of the GIC's binding: type (0 SPI, 1 PPI), number within the type,
 * flags (4 for level-high; for PPIs of a GICv2, the CPU mask in bits 15:8). The lines of
 * virtio-mmio windows are levels here, where QEMU says edge: what is written must be what is there.
 */
#include "emu/board/board_priv.h"

#include "emu/virtio/virtio_mmio.h"

#include <libfdt.h>
#include <string.h>

#define FDT_PHANDLE_GIC    0x8001
#define FDT_PHANDLE_CLOCK  0x8000
#define FDT_APB_HZ         24000000
#define FDT_PHANDLE_V2M    0x8002
#define FDT_GIC_SPI        0
#define FDT_GIC_PPI        1
#define FDT_GIC_FIRST_PPI  16
#define FDT_GIC_FIRST_SPI  32
#define FDT_IRQ_LEVEL_HIGH 4
#define FDT_IRQ_CPUS(cpus) (((1U << (cpus)) - 1) << 8) /* those that have the PPI */
#define FDT_TIMER_SEC_PPI  13 /* CNTPS and CNTHP are named by the binding and not there */
#define FDT_CELLS_MAX      160
#define FDT_PCI_SLOT_SHIFT 11 /* of a slot in the first cell of a PCI address */
#define FDT_PCI_SLOT_MASK  0x1800
#define FDT_PCI_PIN_MASK   7
#define FDT_PCI_MMIO32     0x02000000 /* space code of 32-bit memory */

/* The blob in the making. The first error sticks, and nothing is written after it. */
struct board_fdt {
    void *blob;
    int error;
};

static void board_fdt_begin(struct board_fdt *fdt, const char *name)
{
    if (fdt->error == 0) {
        fdt->error = fdt_begin_node(fdt->blob, name);
    }
}

static void board_fdt_begin_at(struct board_fdt *fdt, const char *name, uint64_t unit)
{
    g_autofree char *full = g_strdup_printf("%s@%" G_GINT64_MODIFIER "x", name, unit);
    board_fdt_begin(fdt, full);
}

static void board_fdt_end(struct board_fdt *fdt)
{
    if (fdt->error == 0) {
        fdt->error = fdt_end_node(fdt->blob);
    }
}

static void board_fdt_property(struct board_fdt *fdt, const char *name, const void *value,
                               size_t size)
{
    if (fdt->error == 0) {
        fdt->error =
            size <= G_MAXINT ? fdt_property(fdt->blob, name, value, (int)size) : -FDT_ERR_NOSPACE;
    }
}

static void board_fdt_flag(struct board_fdt *fdt, const char *name)
{
    board_fdt_property(fdt, name, NULL, 0);
}

static void board_fdt_string(struct board_fdt *fdt, const char *name, const char *value)
{
    board_fdt_property(fdt, name, value, strlen(value) + 1);
}

static void board_fdt_cells(struct board_fdt *fdt, const char *name, const uint32_t *cells,
                            size_t count)
{
    fdt32_t big_endian[FDT_CELLS_MAX];
    g_assert(count <= FDT_CELLS_MAX);
    for (size_t i = 0; i < count; i++) {
        big_endian[i] = cpu_to_fdt32(cells[i]);
    }
    board_fdt_property(fdt, name, big_endian, count * sizeof(fdt32_t));
}

static void board_fdt_cell(struct board_fdt *fdt, const char *name, uint32_t cell)
{
    board_fdt_cells(fdt, name, &cell, 1);
}

/* A range of the root's address space: two cells each. */
struct board_fdt_range {
    uint64_t base, size;
};

static void board_fdt_reg(struct board_fdt *fdt, const struct board_fdt_range *ranges, size_t count)
{
    uint32_t cells[FDT_CELLS_MAX];
    g_assert(count * 4 <= FDT_CELLS_MAX);
    for (size_t i = 0; i < count; i++) {
        cells[i * 4] = (uint32_t)(ranges[i].base >> 32);
        cells[i * 4 + 1] = (uint32_t)ranges[i].base;
        cells[i * 4 + 2] = (uint32_t)(ranges[i].size >> 32);
        cells[i * 4 + 3] = (uint32_t)ranges[i].size;
    }
    board_fdt_cells(fdt, "reg", cells, count * 4);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void board_fdt_memory(struct board_fdt *fdt, uint64_t base, uint64_t size)
{
    board_fdt_begin_at(fdt, "memory", base);
    board_fdt_reg(fdt, &(struct board_fdt_range){.base = base, .size = size}, 1);
    board_fdt_string(fdt, "device_type", "memory");
    board_fdt_end(fdt);
}

static void board_fdt_cpus(struct board_fdt *fdt, unsigned cpus)
{
    board_fdt_begin(fdt, "cpus");
    board_fdt_cell(fdt, "#size-cells", 0);
    board_fdt_cell(fdt, "#address-cells", 1);
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        board_fdt_begin_at(fdt, "cpu", cpu);
        board_fdt_cell(fdt, "reg", cpu); /* its affinity */
        if (cpus > 1) {
            board_fdt_string(fdt, "enable-method", "psci");
        }
        board_fdt_string(fdt, "compatible", "arm,cortex-a57");
        board_fdt_string(fdt, "device_type", "cpu");
        board_fdt_end(fdt);
    }
    board_fdt_end(fdt);
}

/* Inside the interrupt controller's node. */
static void board_fdt_v2m(struct board_fdt *fdt)
{
    board_fdt_begin_at(fdt, "v2m", BOARD_GICV2M_BASE);
    board_fdt_cell(fdt, "phandle", FDT_PHANDLE_V2M);
    board_fdt_reg(fdt, &(struct board_fdt_range){.base = BOARD_GICV2M_BASE, .size = GICV2M_SIZE},
                  1);
    board_fdt_flag(fdt, "msi-controller");
    board_fdt_string(fdt, "compatible", "arm,gic-v2m-frame");
    board_fdt_end(fdt);
}

static void board_fdt_gic(struct board_fdt *fdt, enum gic_version version, unsigned cpus,
                          bool has_frame)
{
    const struct board_fdt_range v2[] = {
        {.base = BOARD_GICD_BASE, .size = GICV2_DIST_SIZE},
        {.base = BOARD_GICC_BASE, .size = GICV2_CPU_SIZE},
    };
    const struct board_fdt_range v3[] = {
        {.base = BOARD_GICD_BASE, .size = GICV3_DIST_SIZE},
        {.base = BOARD_GICR_BASE, .size = GICV3_REDIST_SIZE * (uint64_t)cpus},
    };
    board_fdt_begin_at(fdt, "intc", BOARD_GICD_BASE);
    board_fdt_cell(fdt, "phandle", FDT_PHANDLE_GIC);
    if (version == GIC_V3) {
        board_fdt_reg(fdt, v3, G_N_ELEMENTS(v3));
        board_fdt_cell(fdt, "#redistributor-regions", 1);
        board_fdt_string(fdt, "compatible", "arm,gic-v3");
    } else {
        board_fdt_reg(fdt, v2, G_N_ELEMENTS(v2));
        board_fdt_string(fdt, "compatible", "arm,cortex-a15-gic");
    }
    board_fdt_flag(fdt, "ranges");
    board_fdt_cell(fdt, "#size-cells", 2);
    board_fdt_cell(fdt, "#address-cells", 2);
    board_fdt_flag(fdt, "interrupt-controller");
    board_fdt_cell(fdt, "#interrupt-cells", 3);
    if (has_frame) {
        board_fdt_v2m(fdt);
    }
    board_fdt_end(fdt);
}

/* The binding's order: secure physical, physical, virtual, hypervisor. */
/* The fifth, that of EL2's virtual timer, is there with VHE. */
static void board_fdt_timer(struct board_fdt *fdt, enum gic_version version, unsigned cpus,
                            bool vhe)
{
    static const char compatible[] = "arm,armv8-timer\0arm,armv7-timer";
    static const uint32_t ppis[] = {
        FDT_TIMER_SEC_PPI,
        BOARD_TIMER_PHYS_INTID - FDT_GIC_FIRST_PPI,
        BOARD_TIMER_VIRT_INTID - FDT_GIC_FIRST_PPI,
        BOARD_TIMER_HYP_INTID - FDT_GIC_FIRST_PPI,
        BOARD_TIMER_HYPV_INTID - FDT_GIC_FIRST_PPI,
    };
    uint32_t cells[G_N_ELEMENTS(ppis) * 3];
    size_t count = G_N_ELEMENTS(ppis) - (vhe ? 0 : 1);
    for (size_t i = 0; i < count; i++) {
        cells[i * 3] = FDT_GIC_PPI;
        cells[i * 3 + 1] = ppis[i];
        cells[i * 3 + 2] = (version == GIC_V2 ? FDT_IRQ_CPUS(cpus) : 0) | FDT_IRQ_LEVEL_HIGH;
    }
    board_fdt_begin(fdt, "timer");
    board_fdt_cells(fdt, "interrupts", cells, count * 3);
    board_fdt_flag(fdt, "always-on");
    board_fdt_property(fdt, "compatible", compatible, sizeof(compatible));
    board_fdt_end(fdt);
}

/* The clock of the bus that the real-time clock is on, which its binding wants. */
static void board_fdt_apb_clock(struct board_fdt *fdt)
{
    board_fdt_begin(fdt, "apb-pclk");
    board_fdt_cell(fdt, "phandle", FDT_PHANDLE_CLOCK);
    board_fdt_string(fdt, "clock-output-names", "clk24mhz");
    board_fdt_cell(fdt, "clock-frequency", FDT_APB_HZ);
    board_fdt_cell(fdt, "#clock-cells", 0);
    board_fdt_string(fdt, "compatible", "fixed-clock");
    board_fdt_end(fdt);
}

static void board_fdt_rtc(struct board_fdt *fdt)
{
    static const char compatible[] = "arm,pl031\0arm,primecell";
    const uint32_t interrupt[] = {
        FDT_GIC_SPI,
        BOARD_RTC_INTID - FDT_GIC_FIRST_SPI,
        FDT_IRQ_LEVEL_HIGH,
    };
    board_fdt_begin_at(fdt, "pl031", BOARD_RTC_BASE);
    board_fdt_string(fdt, "clock-names", "apb_pclk");
    board_fdt_cell(fdt, "clocks", FDT_PHANDLE_CLOCK);
    board_fdt_cells(fdt, "interrupts", interrupt, G_N_ELEMENTS(interrupt));
    board_fdt_reg(fdt, &(struct board_fdt_range){.base = BOARD_RTC_BASE, .size = PL031_SIZE}, 1);
    board_fdt_property(fdt, "compatible", compatible, sizeof(compatible));
    board_fdt_end(fdt);
}

static void board_fdt_virtio_mmio(struct board_fdt *fdt, unsigned slot, unsigned intid)
{
    struct board_fdt_range window = {
        .base = BOARD_VIRTIO_MMIO_BASE + slot * (uint64_t)VIRTIO_MMIO_WINDOW,
        .size = VIRTIO_MMIO_WINDOW,
    };
    const uint32_t interrupt[] = {
        FDT_GIC_SPI,
        intid - FDT_GIC_FIRST_SPI,
        FDT_IRQ_LEVEL_HIGH,
    };
    board_fdt_begin_at(fdt, "virtio_mmio", window.base);
    board_fdt_flag(fdt, "dma-coherent");
    board_fdt_cells(fdt, "interrupts", interrupt, G_N_ELEMENTS(interrupt));
    board_fdt_reg(fdt, &window, 1);
    board_fdt_string(fdt, "compatible", "virtio,mmio");
    board_fdt_end(fdt);
}

/*
 * Four slots and four pins; the mask makes all other slots the same as one of these. An entry:
 * address of the function (3 cells), pin, controller, its unit address (2), its specifier (3).
 */
static void board_fdt_interrupt_map(struct board_fdt *fdt)
{
    static const uint32_t mask[] = {FDT_PCI_SLOT_MASK, 0, 0, FDT_PCI_PIN_MASK};
    uint32_t cells[PCI_PINS * PCI_PINS * 10], *next = cells;
    for (uint32_t slot = 0; slot < PCI_PINS; slot++) {
        for (uint32_t pin = 1; pin <= PCI_PINS; pin++) {
            const uint32_t entry[10] = {
                slot << FDT_PCI_SLOT_SHIFT,
                0,
                0,
                pin,
                FDT_PHANDLE_GIC,
                0,
                0,
                FDT_GIC_SPI,
                BOARD_PCI_INTID - FDT_GIC_FIRST_SPI + (slot + pin - 1) % PCI_PINS,
                FDT_IRQ_LEVEL_HIGH,
            };
            memcpy(next, entry, sizeof(entry));
            next += G_N_ELEMENTS(entry);
        }
    }
    board_fdt_cells(fdt, "interrupt-map", cells, G_N_ELEMENTS(cells));
    board_fdt_cells(fdt, "interrupt-map-mask", mask, G_N_ELEMENTS(mask));
}

static void board_fdt_pcie(struct board_fdt *fdt, bool has_frame)
{
    static const uint32_t buses[] = {0, 0};
    const uint32_t window[] = {
        FDT_PCI_MMIO32,        0, BOARD_PCI_WINDOW_BASE, 0,
        BOARD_PCI_WINDOW_BASE, 0, BOARD_PCI_WINDOW_SIZE,
    };
    const uint32_t messages[] = {0, FDT_PHANDLE_V2M, 0, 0x10000}; /* of every requester */
    const struct board_fdt_range ecam = {.base = BOARD_PCI_ECAM_BASE, .size = PCI_ECAM_SIZE};
    board_fdt_begin_at(fdt, "pcie", BOARD_PCI_WINDOW_BASE);
    board_fdt_interrupt_map(fdt);
    board_fdt_cell(fdt, "#interrupt-cells", 1);
    board_fdt_cells(fdt, "ranges", window, G_N_ELEMENTS(window));
    board_fdt_reg(fdt, &ecam, 1);
    if (has_frame) {
        board_fdt_cells(fdt, "msi-map", messages, G_N_ELEMENTS(messages));
    }
    board_fdt_flag(fdt, "dma-coherent");
    board_fdt_cells(fdt, "bus-range", buses, G_N_ELEMENTS(buses));
    board_fdt_cell(fdt, "linux,pci-domain", 0);
    board_fdt_cell(fdt, "#size-cells", 2);
    board_fdt_cell(fdt, "#address-cells", 3);
    board_fdt_string(fdt, "device_type", "pci");
    board_fdt_string(fdt, "compatible", "pci-host-ecam-generic");
    board_fdt_end(fdt);
}

static void board_fdt_root(struct board_fdt *fdt, uint64_t ram_base, uint64_t ram_size,
                           const struct board_config *config)
{
    bool has_frame = board_pci_has_frame(config);
    board_fdt_begin(fdt, "");
    board_fdt_cell(fdt, "interrupt-parent", FDT_PHANDLE_GIC);
    board_fdt_cell(fdt, "#size-cells", 2);
    board_fdt_cell(fdt, "#address-cells", 2);
    board_fdt_string(fdt, "compatible", "linux,dummy-virt");
    board_fdt_string(fdt, "model", "linux,dummy-virt");
    board_fdt_begin(fdt, "chosen");
    board_fdt_string(fdt, "bootargs", config->command_line);
    board_fdt_end(fdt);
    board_fdt_memory(fdt, ram_base, ram_size);
    board_fdt_cpus(fdt, config->cpus);
    board_fdt_gic(fdt, config->gic, config->cpus, has_frame);
    board_fdt_timer(fdt, config->gic, config->cpus, config->vhe);
    board_fdt_apb_clock(fdt);
    board_fdt_rtc(fdt);
    for (unsigned slot = 0; slot < BOARD_VIRTIO_MMIO_SLOTS; slot++) {
        board_fdt_virtio_mmio(fdt, slot, board_window_intid(config, slot));
    }
    if (board_pci_is_used(config)) {
        board_fdt_pcie(fdt, has_frame);
    }
    board_fdt_end(fdt);
}

/* More than any tree takes, without the command line: libfdt clears all that it is given. */
#define BOARD_FDT_SIZE_MAX 65536

size_t board_fdt_write(uint64_t ram_base, uint64_t ram_size, const struct board_config *config,
                       void *buffer, size_t size, GError **error)
{
    size_t enough = BOARD_FDT_SIZE_MAX + strlen(config->command_line);
    g_assert(enough <= G_MAXINT);
    struct board_fdt fdt = {.blob = buffer, .error = fdt_create(buffer, (int)MIN(size, enough))};
    if (fdt.error == 0) {
        fdt.error = fdt_finish_reservemap(buffer);
    }
    board_fdt_root(&fdt, ram_base, ram_size, config);
    if (fdt.error == 0) {
        fdt.error = fdt_finish(buffer);
    }
    if (fdt.error != 0) {
        /* Any other is a node that we wrote wrongly. */
        g_assert(fdt.error == -FDT_ERR_NOSPACE && size < enough);
        g_set_error(error, BOARD_ERROR, BOARD_ERROR_BOOT_SIZE,
                    "the device tree with its command line of %zu bytes does not fit into the "
                    "boot area: %zu bytes are left",
                    strlen(config->command_line), size);
        return 0;
    }
    return fdt_totalsize(buffer);
}
