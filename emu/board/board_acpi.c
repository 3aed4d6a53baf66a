/*
 * board_acpi.c - the ACPI tables of the machine
 *
 * [ACPI6.3] RSDP, XSDT, FADT, GTDT, MADT and, on a machine with PCI, MCFG [PCIFW3.2] 4.1.2, in this
 * order, in at most BOARD_ACPI_SIZE(cpus) bytes: what a guest needs to find the interrupt
 * controller, its timer and PCI's configuration space. Tables are little-endian bytes at offsets
 * that the specification lists; each is written field by field and its checksum last.
 *
 * What is written is what is there. The platform is hardware-reduced: no ACPI registers, no SCI, no
 * FACS. The boot flags name no PSCI, since a guest starts CPUs and switches the machine off through
 * the hal. The secure and the hypervisor's timers have the numbers that the architecture gives them
 * and are not there, as in the device tree.
 *
 * DEVIATION: there is no DSDT, [ACPI6.3] 5.2.11.1. Devices that ACPI describes only there, the
 * virtio-mmio windows, are found by looking at their addresses. What it would say of PCI is that of
 * this board: the window for base address registers is BOARD_PCI_WINDOW_BASE, and pin p of slot s
 * raises INTID BOARD_PCI_INTID + (s + p - 1) % 4.
 */
#include "emu/board/board_priv.h"

#include <assert.h>
#include <string.h>

#define ACPI_RSDP_SIZE       36           /* 5.2.5.3, revision 2 */
#define ACPI_XSDT_SIZE       (36 + 4 * 8) /* and 8 less without PCI */
#define ACPI_FADT_SIZE       276
#define ACPI_GICD_SIZE       24 /* 5.2.12.15 */
#define ACPI_GICC_SIZE       80 /* 5.2.12.14 */
#define ACPI_FRAME_SIZE      24 /* 5.2.12.16 */
#define ACPI_GICR_SIZE       16 /* 5.2.12.17 */
#define ACPI_MADT_SIZE(cpus) (44 + ACPI_GICD_SIZE + (cpus) * (size_t)ACPI_GICC_SIZE)
/* With all that may stand behind those. */
#define ACPI_MADT_ROOM(cpus) (ACPI_MADT_SIZE(cpus) + ACPI_GICR_SIZE + ACPI_FRAME_SIZE)
#define ACPI_GTDT_SIZE       104
#define ACPI_MCFG_SIZE       (44 + 16)

/* Where the tables lie; each begins at a multiple of 8. */
#define ACPI_XSDT_AT       (ACPI_RSDP_SIZE + 4)
#define ACPI_FADT_AT       (ACPI_XSDT_AT + ACPI_XSDT_SIZE + 4)
#define ACPI_GTDT_AT       (ACPI_FADT_AT + ACPI_FADT_SIZE + 4)
#define ACPI_MADT_AT       (ACPI_GTDT_AT + ACPI_GTDT_SIZE)
#define ACPI_MCFG_AT(cpus) (ACPI_MADT_AT + ACPI_MADT_ROOM(cpus) + 4)

static_assert(ACPI_XSDT_AT % 8 == 0 && ACPI_FADT_AT % 8 == 0, "tables are aligned");
static_assert(ACPI_MADT_AT % 8 == 0 && ACPI_GTDT_AT % 8 == 0, "tables are aligned");
static_assert(ACPI_MCFG_AT(1) % 8 == 0, "tables are aligned");
static_assert(ACPI_GICC_SIZE % 8 == 0, "they are, with any number of CPUs");
static_assert(ACPI_MCFG_AT(1) + ACPI_MCFG_SIZE == BOARD_ACPI_SIZE(1), "what board_priv.h says");
static_assert(ACPI_MCFG_AT(8) + ACPI_MCFG_SIZE == BOARD_ACPI_SIZE(8), "what board_priv.h says");

#define ACPI_RSDP_V1_SIZE   20        /* of the part that its first checksum is for */
#define ACPI_HW_REDUCED     (1 << 20) /* FADT flags, table 5-35 */
#define ACPI_GICD_TYPE      0xc
#define ACPI_GICC_TYPE      0xb
#define ACPI_FRAME_TYPE     0xd
#define ACPI_FRAME_COUNTED  1 /* the structure says which SPIs it has */
#define ACPI_GICC_ENABLED   1
#define ACPI_GICR_TYPE      0xe
#define ACPI_MPIDR_AFFINITY UINT64_C(0xff00ffffff) /* the bits of MPIDR that a GICC has */
#define ACPI_NO_ADDRESS     UINT64_MAX             /* of a memory-mapped counter, 5.2.24 */
#define ACPI_TIMER_FLAGS    4                      /* level, active high, always on */
#define ACPI_TIMER_SECURE   29 /* PPIs of the architecture that this board does not drive */

/* A table in the making: zeroed, and written at offsets. */
struct board_acpi {
    uint8_t *bytes;
    size_t size;
};

static void board_acpi_put(struct board_acpi table, size_t at, size_t width, uint64_t value)
{
    g_assert(width <= 8 && at + width <= table.size);
    for (size_t i = 0; i < width; i++) {
        table.bytes[at + i] = (uint8_t)(value >> 8 * i);
    }
}

static void board_acpi_text(struct board_acpi table, size_t at, size_t width, const char *text)
{
    g_assert(strlen(text) == width && at + width <= table.size);
    memcpy(table.bytes + at, text, width);
}

/* Makes the sum of the first `size` bytes 0. */
static void board_acpi_seal(struct board_acpi table, size_t at, size_t size)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum = (uint8_t)(sum + table.bytes[i]);
    }
    table.bytes[at] = (uint8_t)(table.bytes[at] - sum);
}

/* The header that all tables but the RSDP have, 5.2.6. */
static struct board_acpi board_acpi_begin(uint8_t *at, size_t size, const char *signature,
                                          uint8_t revision)
{
    struct board_acpi table = {.bytes = at, .size = size};
    board_acpi_text(table, 0, 4, signature);
    board_acpi_put(table, 4, 4, size);
    board_acpi_put(table, 8, 1, revision);
    board_acpi_text(table, 10, 6, "RNGSDE");
    board_acpi_text(table, 16, 8, "RNGSVIRT");
    board_acpi_put(table, 24, 4, 1);
    board_acpi_text(table, 28, 4, "RNGS");
    board_acpi_put(table, 32, 4, 1);
    return table;
}

static void board_acpi_end(struct board_acpi table)
{
    board_acpi_seal(table, 9, table.size);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void board_acpi_rsdp(uint8_t *at, uint64_t xsdt)
{
    struct board_acpi table = {.bytes = at, .size = ACPI_RSDP_SIZE};
    board_acpi_text(table, 0, 8, "RSD PTR ");
    board_acpi_text(table, 9, 6, "RNGSDE");
    board_acpi_put(table, 15, 1, 2); /* revision */
    board_acpi_put(table, 20, 4, ACPI_RSDP_SIZE);
    board_acpi_put(table, 24, 8, xsdt);
    board_acpi_seal(table, 8, ACPI_RSDP_V1_SIZE);
    board_acpi_seal(table, 32, ACPI_RSDP_SIZE);
}

static void board_acpi_xsdt(uint8_t *at, uint64_t base, unsigned cpus, bool has_pci)
{
    size_t size = has_pci ? ACPI_XSDT_SIZE : ACPI_XSDT_SIZE - 8;
    struct board_acpi table = board_acpi_begin(at, size, "XSDT", 1);
    board_acpi_put(table, 36, 8, base + ACPI_FADT_AT);
    board_acpi_put(table, 44, 8, base + ACPI_MADT_AT);
    board_acpi_put(table, 52, 8, base + ACPI_GTDT_AT);
    if (has_pci) {
        board_acpi_put(table, 60, 8, base + ACPI_MCFG_AT(cpus));
    }
    board_acpi_end(table);
}

static void board_acpi_fadt(uint8_t *at)
{
    struct board_acpi table = board_acpi_begin(at, ACPI_FADT_SIZE, "FACP", 6);
    board_acpi_put(table, 112, 4, ACPI_HW_REDUCED);
    board_acpi_put(table, 129, 2, 0); /* ARM boot flags: neither PSCI nor HVC calls */
    board_acpi_put(table, 131, 1, 3); /* minor version */
    board_acpi_end(table);
}

/*
 * A CPU, with its interface to the GIC. Those of a GICv2 are all at the same address, [GICv2]
 * 4.1.1; those of a GICv3 have none, and their redistributors stand in a region. Each of these
 * returns where the next structure begins.
 */
static size_t board_acpi_gicc(struct board_acpi table, size_t gicc, unsigned cpu, bool v3)
{
    board_acpi_put(table, gicc, 1, ACPI_GICC_TYPE);
    board_acpi_put(table, gicc + 1, 1, ACPI_GICC_SIZE);
    board_acpi_put(table, gicc + 4, 4, cpu); /* CPU interface, */
    board_acpi_put(table, gicc + 8, 4, cpu); /* and processor */
    board_acpi_put(table, gicc + 12, 4, ACPI_GICC_ENABLED);
    board_acpi_put(table, gicc + 32, 8, v3 ? 0 : BOARD_GICC_BASE);
    board_acpi_put(table, gicc + 68, 8, (BOARD_MPIDR | cpu) & ACPI_MPIDR_AFFINITY);
    return gicc + ACPI_GICC_SIZE;
}

static size_t board_acpi_gicr(struct board_acpi table, size_t at, unsigned cpus)
{
    board_acpi_put(table, at, 1, ACPI_GICR_TYPE);
    board_acpi_put(table, at + 1, 1, ACPI_GICR_SIZE);
    board_acpi_put(table, at + 4, 8, BOARD_GICR_BASE);
    board_acpi_put(table, at + 12, 4, GICV3_REDIST_SIZE * cpus);
    return at + ACPI_GICR_SIZE;
}

static void board_acpi_frame(struct board_acpi table, size_t at)
{
    board_acpi_put(table, at, 1, ACPI_FRAME_TYPE);
    board_acpi_put(table, at + 1, 1, ACPI_FRAME_SIZE);
    board_acpi_put(table, at + 8, 8, BOARD_GICV2M_BASE);
    board_acpi_put(table, at + 16, 4, ACPI_FRAME_COUNTED);
    board_acpi_put(table, at + 20, 2, BOARD_GICV2M_COUNT);
    board_acpi_put(table, at + 22, 2, BOARD_GICV2M_INTID);
}

static void board_acpi_madt(uint8_t *at, enum gic_version version, unsigned cpus, bool has_frame)
{
    bool v3 = version == GIC_V3;
    size_t size = ACPI_MADT_SIZE(cpus) + (v3 ? (size_t)ACPI_GICR_SIZE : 0) +
                  (has_frame ? (size_t)ACPI_FRAME_SIZE : 0);
    struct board_acpi table = board_acpi_begin(at, size, "APIC", 5);
    size_t gicd = 44;
    board_acpi_put(table, gicd, 1, ACPI_GICD_TYPE);
    board_acpi_put(table, gicd + 1, 1, ACPI_GICD_SIZE);
    board_acpi_put(table, gicd + 8, 8, BOARD_GICD_BASE);
    board_acpi_put(table, gicd + 20, 1, v3 ? 3 : 2);
    size_t end = gicd + ACPI_GICD_SIZE;
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        end = board_acpi_gicc(table, end, cpu, v3);
    }
    if (v3) {
        end = board_acpi_gicr(table, end, cpus);
    }
    if (has_frame) {
        board_acpi_frame(table, end);
    }
    board_acpi_end(table);
}

static void board_acpi_timer(struct board_acpi table, size_t at, uint32_t gsiv)
{
    board_acpi_put(table, at, 4, gsiv);
    board_acpi_put(table, at + 4, 4, gsiv == 0 ? 0 : ACPI_TIMER_FLAGS);
}

static void board_acpi_gtdt(uint8_t *at, bool vhe)
{
    struct board_acpi table = board_acpi_begin(at, ACPI_GTDT_SIZE, "GTDT", 3);
    board_acpi_put(table, 36, 8, ACPI_NO_ADDRESS); /* CntControlBase */
    board_acpi_timer(table, 48, ACPI_TIMER_SECURE);
    board_acpi_timer(table, 56, BOARD_TIMER_PHYS_INTID);
    board_acpi_timer(table, 64, BOARD_TIMER_VIRT_INTID);
    board_acpi_timer(table, 72, BOARD_TIMER_HYP_INTID);
    board_acpi_put(table, 80, 8, ACPI_NO_ADDRESS); /* CntReadBase */
    /* "Mandatory for systems implementing ARMv8.1 VHE … For systems not implementing it, 0." */
    board_acpi_timer(table, 96, vhe ? BOARD_TIMER_HYPV_INTID : 0);
    board_acpi_end(table);
}

/* One segment with one bus. */
static void board_acpi_mcfg(uint8_t *at)
{
    struct board_acpi table = board_acpi_begin(at, ACPI_MCFG_SIZE, "MCFG", 1);
    board_acpi_put(table, 44, 8, BOARD_PCI_ECAM_BASE);
    board_acpi_put(table, 52, 2, 0); /* segment, */
    board_acpi_put(table, 54, 1, 0); /* first, */
    board_acpi_put(table, 55, 1, 0); /* and last bus */
    board_acpi_end(table);
}

void board_acpi_write(void *buffer, uint64_t base, const struct board_config *config)
{
    bool has_pci = board_pci_is_used(config);
    uint8_t *bytes = buffer;
    unsigned cpus = config->cpus;
    g_assert(base % 8 == 0);
    memset(bytes, 0, BOARD_ACPI_SIZE(cpus));
    board_acpi_rsdp(bytes, base + ACPI_XSDT_AT);
    board_acpi_xsdt(bytes + ACPI_XSDT_AT, base, cpus, has_pci);
    board_acpi_fadt(bytes + ACPI_FADT_AT);
    board_acpi_gtdt(bytes + ACPI_GTDT_AT, config->vhe);
    board_acpi_madt(bytes + ACPI_MADT_AT, config->gic, cpus, board_pci_has_frame(config));
    if (has_pci) {
        board_acpi_mcfg(bytes + ACPI_MCFG_AT(cpus));
    }
}
