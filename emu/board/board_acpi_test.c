/*
 * board_acpi_test.c - the ACPI tables, read back
 *
 * The reader is written from [ACPI6.3] on its own, and shares no offset with board_acpi.c.
 * Addresses and interrupts are compared with the constants of board.h, which the machine itself is
 * built from, and those with numbers written out here: three witnesses.
 */
#include "emu/board/board_priv.h"

#include "tests/unit.h"

#include <string.h>

#define BASE UINT64_C(0x140000000)

#define CPUS_MAX 3

static uint8_t tables[BOARD_ACPI_SIZE(CPUS_MAX)];
static size_t tables_size;
static bool claimed[BOARD_ACPI_SIZE(CPUS_MAX)]; /* bytes that belong to a table */

/* Structures of bytes alone, so that they lie anywhere. */
struct le16 {
    uint8_t bytes[2];
};
struct le32 {
    uint8_t bytes[4];
};
struct le64 {
    uint8_t bytes[8];
};

struct header {
    char signature[4];
    struct le32 length;
    uint8_t revision, checksum;
    char oem_id[6], oem_table_id[8];
    struct le32 oem_revision;
    char creator_id[4];
    struct le32 creator_revision;
};

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    struct le32 rsdt;
    struct le32 length;
    struct le64 xsdt;
    uint8_t extended_checksum, reserved[3];
};

struct xsdt {
    struct header header;
    struct le64 entries[3];
};

/* On a machine with PCI: one entry more. */
struct xsdt_pci {
    struct xsdt xsdt;
    struct le64 mcfg;
};

struct fadt {
    struct header header;
    struct le32 firmware_ctrl, dsdt;
    uint8_t fixed_hardware[109 - 44]; /* all registers of ACPI hardware, and the SCI */
    struct le16 iapc_boot;
    uint8_t reserved;
    struct le32 flags;
    uint8_t reset_register[12], reset_value;
    struct le16 arm_boot;
    uint8_t minor_version;
    struct le64 x_firmware_ctrl, x_dsdt;
    uint8_t x_fixed_hardware[10][12]; /* PM1a event … GPE1, sleep control and status */
    struct le64 hypervisor;
};

struct gicd {
    uint8_t type, length;
    struct le16 reserved;
    struct le32 id;
    struct le64 base;
    struct le32 vector_base;
    uint8_t version, more_reserved[3];
};

struct gicc {
    uint8_t type, length;
    struct le16 reserved;
    struct le32 interface, uid, flags, parking_version, performance_gsiv;
    struct le64 parked, base, virtual_base, hypervisor_base;
    struct le32 maintenance_gsiv;
    struct le64 redistributor, mpidr;
    uint8_t efficiency, more_reserved;
    struct le16 spe_gsiv;
};

struct madt {
    struct header header;
    struct le32 local_controller, flags;
    struct gicd gicd;
    struct gicc gicc;
};

/* Behind the others with a GICv3. */
struct gicr {
    uint8_t type, length;
    struct le16 reserved;
    struct le64 base;
    struct le32 size;
};

/* Generic MSI frame, of a machine that takes messages. */
struct frame {
    uint8_t type, length;
    struct le16 reserved;
    struct le32 id;
    struct le64 base;
    struct le32 flags;
    struct le16 count, first;
};

struct madt_pci {
    struct madt madt;
    struct frame frame;
};

struct madt_v3_pci {
    struct madt madt;
    struct gicr gicr;
    struct frame frame;
};

struct mcfg {
    struct header header;
    uint8_t reserved[8];
    struct le64 base;
    struct le16 segment;
    uint8_t first_bus, last_bus;
    uint8_t more_reserved[4];
};

struct timer {
    struct le32 gsiv, flags;
};

struct gtdt {
    struct header header;
    struct le64 control;
    struct le32 reserved;
    struct timer secure_el1, el1, virtual_el1, el2;
    struct le64 counter;
    struct le32 platform_count, platform_offset;
    struct timer virtual_el2;
};

static uint64_t number(const uint8_t *bytes, size_t size)
{
    return size == 0 ? 0 : bytes[0] | number(bytes + 1, size - 1) << 8;
}

static uint32_t u32(struct le32 value)
{
    return (uint32_t)number(value.bytes, sizeof(value.bytes));
}

static uint64_t u64(struct le64 value)
{
    return number(value.bytes, sizeof(value.bytes));
}

static bool is_zero(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    return size == 0 || (at[0] == 0 && memcmp(at, at + 1, size - 1) == 0);
}

static unsigned sum(const void *bytes, size_t size)
{
    unsigned total = 0;
    for (size_t i = 0; i < size; i++) {
        total += ((const uint8_t *)bytes)[i];
    }
    return total % 256;
}

/* What lies at a physical address; it must be inside, and nobody else's. */
static const void *at(uint64_t physical, size_t size)
{
    g_assert(physical >= BASE && physical + size <= BASE + tables_size);
    for (size_t i = 0; i < size; i++) {
        CU_ASSERT_FALSE(claimed[physical - BASE + i]);
        claimed[physical - BASE + i] = true;
    }
    return tables + (physical - BASE);
}

static const void *table(uint64_t physical, const char *signature, unsigned revision, size_t size)
{
    const struct header *header = at(physical, size);
    CU_ASSERT_EQUAL(physical % 8, 0);
    CU_ASSERT_EQUAL(memcmp(header->signature, signature, 4), 0);
    CU_ASSERT_EQUAL(u32(header->length), size);
    CU_ASSERT_EQUAL(header->revision, revision);
    CU_ASSERT_EQUAL(sum(header, size), 0);
    return header;
}

static struct {
    const struct rsdp *rsdp;
    const struct xsdt *xsdt;
    const struct fadt *fadt;
    const struct madt *madt;
    const struct gtdt *gtdt;
} found;

static void write_bytes(const struct board_config *config)
{
    tables_size = BOARD_ACPI_SIZE(config->cpus);
    memset(tables, 0xee, sizeof(tables));
    memset(claimed, 0, sizeof(claimed));
    board_acpi_write(tables, BASE, config);
}

static void write_tables_of(const struct board_config *config)
{
    size_t gicc_size = (config->cpus - 1) * sizeof(struct gicc);
    size_t gicr_size = config->gic == GIC_V3 ? sizeof(struct gicr) : 0;
    write_bytes(config);
    found.rsdp = at(BASE, sizeof(struct rsdp));
    found.xsdt = table(u64(found.rsdp->xsdt), "XSDT", 1, sizeof(struct xsdt));
    found.fadt = table(u64(found.xsdt->entries[0]), "FACP", 6, sizeof(struct fadt));
    found.madt =
        table(u64(found.xsdt->entries[1]), "APIC", 5, sizeof(struct madt) + gicc_size + gicr_size);
    found.gtdt = table(u64(found.xsdt->entries[2]), "GTDT", 3, sizeof(struct gtdt));
}

static void write_tables(bool vhe)
{
    write_tables_of(&(struct board_config){.vhe = vhe, .gic = GIC_V2, .cpus = 1});
}

static void test_root_pointer_has_both_checksums_and_no_rsdt(void)
{
    write_tables(false);
    CU_ASSERT_EQUAL(memcmp(found.rsdp->signature, "RSD PTR ", 8), 0);
    CU_ASSERT_EQUAL(found.rsdp->revision, 2);
    CU_ASSERT_EQUAL(u32(found.rsdp->length), 36);
    CU_ASSERT_EQUAL(sum(found.rsdp, 20), 0);
    CU_ASSERT_EQUAL(sum(found.rsdp, 36), 0);
    CU_ASSERT_EQUAL(u32(found.rsdp->rsdt), 0);
}

static void test_lengths_are_those_of_the_specification(void)
{
    CU_ASSERT_EQUAL(sizeof(struct rsdp), 36);
    CU_ASSERT_EQUAL(sizeof(struct fadt), 276);
    CU_ASSERT_EQUAL(sizeof(struct gicd), 24);
    CU_ASSERT_EQUAL(sizeof(struct gicc), 80);
    CU_ASSERT_EQUAL(sizeof(struct madt), 44 + 24 + 80);
    CU_ASSERT_EQUAL(sizeof(struct gtdt), 104);
}

/* Tables follow one another with nothing but zeroes in between. */
static void test_bytes_of_no_table_are_zero(void)
{
    write_tables(false);
    unsigned gaps = 0;
    for (size_t i = 0; i < tables_size; i++) {
        gaps += !claimed[i];
        CU_ASSERT_TRUE(claimed[i] || tables[i] == 0);
    }
    /* Between tables, and where those of PCI and of a GICv3 would be. */
    CU_ASSERT_EQUAL(gaps, 8 + 8 + sizeof(struct frame) + sizeof(struct gicr) + 4 + 4 +
                              sizeof(struct mcfg));
}

static void test_fadt_says_reduced_hardware_and_nothing_that_is_not_there(void)
{
    write_tables(false);
    const struct fadt *fadt = found.fadt;
    CU_ASSERT_EQUAL(u32(fadt->flags), UINT32_C(1) << 20);
    CU_ASSERT_EQUAL(fadt->minor_version, 3);
    CU_ASSERT_TRUE(is_zero(&fadt->firmware_ctrl, 4) && is_zero(&fadt->dsdt, 4));
    CU_ASSERT_TRUE(is_zero(fadt->fixed_hardware, sizeof(fadt->fixed_hardware)));
    CU_ASSERT_TRUE(is_zero(&fadt->iapc_boot, 3));
    CU_ASSERT_TRUE(is_zero(&fadt->reset_register, 13));
    CU_ASSERT_TRUE(is_zero(&fadt->arm_boot, 2)); /* no PSCI */
    CU_ASSERT_TRUE(is_zero(&fadt->x_firmware_ctrl, 16));
    CU_ASSERT_TRUE(is_zero(fadt->x_fixed_hardware, sizeof(fadt->x_fixed_hardware) + 8));
}

static void test_madt_has_the_distributor_and_the_interface_of_the_one_cpu(void)
{
    write_tables(false);
    const struct gicd *gicd = &found.madt->gicd;
    CU_ASSERT_EQUAL(gicd->type, 12);
    CU_ASSERT_EQUAL(gicd->length, 24);
    CU_ASSERT_EQUAL(u64(gicd->base), BOARD_GICD_BASE);
    CU_ASSERT_EQUAL(u64(gicd->base), 0x08000000);
    CU_ASSERT_EQUAL(gicd->version, 2);
    CU_ASSERT_TRUE(is_zero(&gicd->reserved, 6) && is_zero(&gicd->vector_base, 4));
    CU_ASSERT_TRUE(is_zero(gicd->more_reserved, 3));
    const struct gicc *gicc = &found.madt->gicc;
    CU_ASSERT_EQUAL(gicc->type, 11);
    CU_ASSERT_EQUAL(gicc->length, 80);
    CU_ASSERT_EQUAL(u32(gicc->interface), 0);
    CU_ASSERT_EQUAL(u32(gicc->uid), 0);
    CU_ASSERT_EQUAL(u32(gicc->flags), 1);
    CU_ASSERT_TRUE(is_zero(&gicc->parking_version, 16));
    CU_ASSERT_EQUAL(u64(gicc->base), BOARD_GICC_BASE);
    CU_ASSERT_EQUAL(u64(gicc->base), 0x08010000);
    CU_ASSERT_TRUE(is_zero(&gicc->virtual_base, 28)); /* not virtualised, and no redistributor */
    CU_ASSERT_EQUAL(u64(gicc->mpidr), 0);             /* affinity, without bit 31 */
    CU_ASSERT_EQUAL(u64(gicc->mpidr), BOARD_MPIDR & 0xffffff);
    CU_ASSERT_TRUE(is_zero(&gicc->efficiency, 4));
}

static void test_each_cpu_has_an_interface_with_its_affinity(void)
{
    static const enum gic_version versions[] = {GIC_V2, GIC_V3};
    for (unsigned i = 0; i < G_N_ELEMENTS(versions); i++) {
        write_tables_of(&(struct board_config){.gic = versions[i], .cpus = CPUS_MAX});
        const struct gicc *gicc = &found.madt->gicc;
        for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
            CU_ASSERT_EQUAL(gicc[cpu].type, 11);
            CU_ASSERT_EQUAL(u32(gicc[cpu].interface), cpu);
            CU_ASSERT_EQUAL(u32(gicc[cpu].uid), cpu);
            CU_ASSERT_EQUAL(u32(gicc[cpu].flags), 1);
            CU_ASSERT_EQUAL(u64(gicc[cpu].base), versions[i] == GIC_V2 ? BOARD_GICC_BASE : 0);
            CU_ASSERT_EQUAL(u64(gicc[cpu].mpidr), cpu);
        }
    }
}

static void test_madt_of_a_gicv3_has_a_region_of_redistributors(void)
{
    for (unsigned cpus = 1; cpus <= CPUS_MAX; cpus++) {
        write_tables_of(&(struct board_config){.gic = GIC_V3, .cpus = cpus});
        CU_ASSERT_EQUAL(found.madt->gicd.version, 3);
        CU_ASSERT_EQUAL(u64(found.madt->gicd.base), 0x08000000);
        CU_ASSERT_TRUE(is_zero(&found.madt->gicc.base, 8));
        CU_ASSERT_TRUE(is_zero(&found.madt->gicc.redistributor, 8));
        const struct gicr *gicr = (const struct gicr *)(&found.madt->gicc + cpus);
        CU_ASSERT_EQUAL(gicr->type, 14);
        CU_ASSERT_EQUAL(gicr->length, 16);
        CU_ASSERT_EQUAL(u64(gicr->base), BOARD_GICR_BASE);
        CU_ASSERT_EQUAL(u64(gicr->base), 0x080a0000);
        CU_ASSERT_EQUAL(u32(gicr->size), 0x20000 * cpus);
    }
}

static void expect_timer(const struct timer *timer, uint32_t gsiv)
{
    CU_ASSERT_EQUAL(u32(timer->gsiv), gsiv);
    CU_ASSERT_EQUAL(u32(timer->flags), gsiv == 0 ? 0 : 4); /* level, active high, always on */
}

static void test_gtdt_has_the_timers_that_the_board_wires(void)
{
    write_tables(false);
    const struct gtdt *gtdt = found.gtdt;
    CU_ASSERT_EQUAL(BOARD_TIMER_PHYS_INTID, 30);
    CU_ASSERT_EQUAL(BOARD_TIMER_VIRT_INTID, 27);
    expect_timer(&gtdt->secure_el1, 29);
    expect_timer(&gtdt->el1, BOARD_TIMER_PHYS_INTID);
    expect_timer(&gtdt->virtual_el1, BOARD_TIMER_VIRT_INTID);
    expect_timer(&gtdt->el2, 26);
    expect_timer(&gtdt->virtual_el2, 0);
    CU_ASSERT_EQUAL(u64(gtdt->control), UINT64_MAX);
    CU_ASSERT_EQUAL(u64(gtdt->counter), UINT64_MAX);
    CU_ASSERT_TRUE(is_zero(&gtdt->reserved, 4) && is_zero(&gtdt->platform_count, 8));
}

static void test_with_vhe_there_is_a_virtual_timer_of_el2(void)
{
    write_tables(true);
    expect_timer(&found.gtdt->virtual_el1, 27);
    expect_timer(&found.gtdt->virtual_el2, 28);
}

/* A machine with a card on PCI. */
static const struct xsdt_pci *write_tables_of_pci(enum gic_version gic, enum board_msi msi)
{
    static const struct board_net_config net = {.seat.transport = BOARD_TRANSPORT_PCI};
    struct board_config config;
    board_config_init(&config);
    config.nets = &net;
    config.net_count = 1;
    config.gic = gic;
    config.msi = msi;
    write_bytes(&config);
    found.rsdp = at(BASE, sizeof(struct rsdp));
    return table(u64(found.rsdp->xsdt), "XSDT", 1, sizeof(struct xsdt_pci));
}

static void test_with_pci_there_is_configuration_space_of_one_bus(void)
{
    const struct xsdt_pci *xsdt = write_tables_of_pci(GIC_V2, BOARD_MSI_V2M);
    const struct mcfg *mcfg = table(u64(xsdt->mcfg), "MCFG", 1, sizeof(struct mcfg));
    CU_ASSERT_EQUAL(u64(mcfg->base), BOARD_PCI_ECAM_BASE);
    CU_ASSERT_EQUAL(u64(mcfg->base), UINT64_C(0x4010000000));
    CU_ASSERT_TRUE(is_zero(mcfg->reserved, 8) && is_zero(&mcfg->segment, 8));
}

static void test_frame_for_messages_is_in_the_madt_when_it_is_in_the_machine(void)
{
    const struct xsdt_pci *xsdt = write_tables_of_pci(GIC_V2, BOARD_MSI_V2M);
    const struct madt_pci *madt =
        table(u64(xsdt->xsdt.entries[1]), "APIC", 5, sizeof(struct madt_pci));
    CU_ASSERT_EQUAL(madt->frame.type, 13);
    CU_ASSERT_EQUAL(madt->frame.length, 24);
    CU_ASSERT_EQUAL(u64(madt->frame.base), BOARD_GICV2M_BASE);
    CU_ASSERT_EQUAL(u64(madt->frame.base), 0x08020000);
    CU_ASSERT_EQUAL(u32(madt->frame.flags), 1);
    CU_ASSERT_EQUAL(number(madt->frame.count.bytes, 2), 64);
    CU_ASSERT_EQUAL(number(madt->frame.first.bytes, 2), 80);
    CU_ASSERT_TRUE(is_zero(&madt->frame.reserved, 6));
    xsdt = write_tables_of_pci(GIC_V2, BOARD_MSI_NONE);
    table(u64(xsdt->xsdt.entries[1]), "APIC", 5, sizeof(struct madt));
}

static void test_with_a_gicv3_the_frame_is_behind_the_redistributors(void)
{
    const struct xsdt_pci *xsdt = write_tables_of_pci(GIC_V3, BOARD_MSI_V2M);
    const struct madt_v3_pci *madt =
        table(u64(xsdt->xsdt.entries[1]), "APIC", 5, sizeof(struct madt_v3_pci));
    CU_ASSERT_EQUAL(madt->gicr.type, 14);
    CU_ASSERT_EQUAL(madt->frame.type, 13);
    CU_ASSERT_EQUAL(u64(madt->frame.base), BOARD_GICV2M_BASE);
    const struct mcfg *mcfg = table(u64(xsdt->mcfg), "MCFG", 1, sizeof(struct mcfg));
    CU_ASSERT_EQUAL(u64(mcfg->base), BOARD_PCI_ECAM_BASE);
}

UNIT_SUITE("board_acpi", UNIT_TEST(test_root_pointer_has_both_checksums_and_no_rsdt),
           UNIT_TEST(test_lengths_are_those_of_the_specification),
           UNIT_TEST(test_bytes_of_no_table_are_zero),
           UNIT_TEST(test_fadt_says_reduced_hardware_and_nothing_that_is_not_there),
           UNIT_TEST(test_madt_has_the_distributor_and_the_interface_of_the_one_cpu),
           UNIT_TEST(test_each_cpu_has_an_interface_with_its_affinity),
           UNIT_TEST(test_madt_of_a_gicv3_has_a_region_of_redistributors),
           UNIT_TEST(test_gtdt_has_the_timers_that_the_board_wires),
           UNIT_TEST(test_with_vhe_there_is_a_virtual_timer_of_el2),
           UNIT_TEST(test_with_pci_there_is_configuration_space_of_one_bus),
           UNIT_TEST(test_frame_for_messages_is_in_the_madt_when_it_is_in_the_machine),
           UNIT_TEST(test_with_a_gicv3_the_frame_is_behind_the_redistributors))
