/*
 * The reader of ACPI tables, on tables that are whole, wrong in one field, and damaged in every
 * place.
 */
#include "drivers/acpi.h"

#include "drivers/fake_acpi.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

#define BASE  UINT64_C(0x140000000)
#define MPIDR UINT64_C(0x80000000) /* affinity 0.0.0, and a bit that is none of it */

static uint8_t tables[FAKE_ACPI_SIZE];
static struct acpi acpi;
static struct acpi_refusal refusal;

/* Reads tables whose first `size` bytes are there, and no more. */
static int read_part(const uint8_t *bytes, size_t size, uint64_t rsdp, uint64_t mpidr)
{
    uint8_t *part = malloc(size > 0 ? size : 1); /* the sanitizer sees a read behind it */
    memcpy(part, bytes, size);
    const struct acpi_memory memory = {.base = BASE, .bytes = part, .size = size};
    memset(&acpi, 0xee, sizeof(acpi));
    refusal = (struct acpi_refusal){.table = NULL};
    int result = acpi_read(&acpi, &memory, rsdp, mpidr, &refusal);
    free(part);
    return result;
}

static int read_tables(void)
{
    return read_part(tables, sizeof(tables), BASE, MPIDR);
}

static void check_refused(int result)
{
    static const uint8_t untouched[] = {0xee, 0xee, 0xee, 0xee};
    CU_ASSERT_EQUAL(result, -KEINVAL);
    CU_ASSERT_PTR_NOT_NULL(refusal.table);
    CU_ASSERT_PTR_NOT_NULL(refusal.why);
    CU_ASSERT_EQUAL(memcmp(&acpi, untouched, sizeof(untouched)), 0);
}

static void check_refusal(int result, const char *table, const char *why)
{
    check_refused(result);
    if (refusal.table == NULL || strcmp(refusal.table, table) != 0 ||
        strcmp(refusal.why, why) != 0) {
        fprintf(stderr, "expected %s: %s, got %s: %s\n", table, why, refusal.table, refusal.why);
        CU_FAIL("another refusal was expected");
    }
}

static void test_controller_and_timers_are_read(void)
{
    fake_acpi_build(tables, BASE);
    CU_ASSERT_EQUAL_FATAL(read_tables(), 0);
    CU_ASSERT_EQUAL(acpi.gic.distributor, FAKE_DISTRIBUTOR);
    CU_ASSERT_EQUAL(acpi.gic.cpu_interface, FAKE_CPU_INTERFACE0);
    CU_ASSERT_EQUAL(acpi.timers.secure_el1.gsiv, 29);
    CU_ASSERT_EQUAL(acpi.timers.non_secure_el1.gsiv, 30);
    CU_ASSERT_EQUAL(acpi.timers.virtual_el1.gsiv, 27);
    CU_ASSERT_EQUAL(acpi.timers.el2.gsiv, 26);
    CU_ASSERT_TRUE(acpi.timers.secure_el1.edge_triggered);
    CU_ASSERT_FALSE(acpi.timers.non_secure_el1.edge_triggered);
    CU_ASSERT_FALSE(acpi.timers.virtual_el1.edge_triggered);
    CU_ASSERT_PTR_NULL(refusal.table);
}

static void test_interface_is_that_of_the_cpu_that_asks(void)
{
    fake_acpi_build(tables, BASE);
    CU_ASSERT_EQUAL(read_part(tables, sizeof(tables), BASE, MPIDR | 0x101), 0);
    CU_ASSERT_EQUAL(acpi.gic.cpu_interface, FAKE_CPU_INTERFACE1);
    check_refusal(read_part(tables, sizeof(tables), BASE, MPIDR | 0x102), "MADT",
                  "there is no interface of this CPU");
}

/* One field is changed, and the checksums are mended. */
struct change {
    unsigned table, at, width;
    uint64_t value;
    const char *name, *why;
};

static const struct change root_changes[] = {
    {FAKE_RSDP_AT, 0, 1, 'r', "RSDP", "its signature is wrong"},
    {FAKE_RSDP_AT, 15, 1, 0, "RSDP", "it is of ACPI 1.0, without an XSDT"},
    {FAKE_RSDP_AT, 15, 1, 1, "RSDP", "it is of ACPI 1.0, without an XSDT"},
    {FAKE_RSDP_AT, 20, 4, 35, "RSDP", "its length is wrong"},
    {FAKE_RSDP_AT, 20, 4, FAKE_ACPI_SIZE + 1, "RSDP", "its length is wrong"},
    {FAKE_RSDP_AT, 20, 4, UINT32_MAX, "RSDP", "its length is wrong"},
    {FAKE_RSDP_AT, 24, 8, 0, "XSDT", "it does not lie in memory"},
    {FAKE_RSDP_AT, 24, 8, UINT64_MAX, "XSDT", "it does not lie in memory"},
    {FAKE_RSDP_AT, 24, 8, BASE + FAKE_FADT_AT, "XSDT", "its signature is wrong"},
    {FAKE_XSDT_AT, 0, 4, 0x54445352, "XSDT", "its signature is wrong"}, /* RSDT */
    {FAKE_XSDT_AT, 4, 4, 35, "XSDT", "it is shorter than its header"},
    {FAKE_XSDT_AT, 4, 4, 0, "XSDT", "it is shorter than its header"},
    {FAKE_XSDT_AT, 4, 4, FAKE_ACPI_SIZE, "XSDT", "its end does not lie in memory"},
    {FAKE_XSDT_AT, 4, 4, UINT32_MAX, "XSDT", "its end does not lie in memory"},
    {FAKE_XSDT_AT, 4, 4, FAKE_XSDT_SIZE - 4, "XSDT", "its last entry is cut off"},
    {FAKE_XSDT_AT, 4, 4, 36 + 8 * (ACPI_TABLES_MAX + 1), "XSDT", "it has too many entries"},
    {FAKE_XSDT_AT, 4, 4, 36, "FADT", "it is not there"},
    {FAKE_XSDT_AT, 36, 8, 0, "XSDT", "an entry leads out of memory"},
    {FAKE_XSDT_AT, 36, 8, BASE + FAKE_ACPI_SIZE - 35, "XSDT", "an entry leads out of memory"},
};

static const struct change table_changes[] = {
    {FAKE_FADT_AT, 0, 1, 'f', "FADT", "it is not there"},
    {FAKE_FADT_AT, 4, 4, 131, "FADT", "it is too short"},
    {FAKE_FADT_AT, 8, 1, 4, "FADT", "its revision is too old"},
    {FAKE_FADT_AT, 112, 4, 0, "FADT", "the hardware is not of the reduced kind"},
    {FAKE_MADT_AT, 0, 1, 'a', "MADT", "it is not there"},
    {FAKE_MADT_AT, 4, 4, 43, "MADT", "it is too short"},
    {FAKE_MADT_AT, 4, 4, 44, "MADT", "there is no distributor"},
    {FAKE_MADT_AT, 4, 4, 45, "MADT", "the length of a structure is wrong"},
    {FAKE_MADT_AT, 4, 4, 44 + 24, "MADT", "there is no interface of this CPU"},
    {FAKE_MADT_AT, 4, 4, FAKE_MADT_SIZE - 1, "MADT", "the length of a structure is wrong"},
    {FAKE_MADT_AT, 45, 1, 0, "MADT", "the length of a structure is wrong"},
    {FAKE_MADT_AT, 45, 1, 1, "MADT", "the length of a structure is wrong"},
    {FAKE_MADT_AT, 45, 1, 23, "MADT", "a distributor is too short"},
    {FAKE_MADT_AT, 44 + 20, 1, 4, "MADT", "the distributor is that of neither GICv2 nor GICv3"},
    {FAKE_MADT_AT, 44 + 20, 1, 3, "MADT", "there is no redistributor"},
    {FAKE_MADT_AT, 44, 1, 0xe, "MADT", "there is no distributor"},
    {FAKE_MADT_AT, 44 + 8, 8, 0, "MADT", "there is no distributor"},
    {FAKE_MADT_AT, FAKE_GICC0_AT - FAKE_MADT_AT + 1, 1, 75, "MADT", "a CPU interface is too short"},
    {FAKE_MADT_AT, FAKE_GICC0_AT - FAKE_MADT_AT + 12, 4, 2, "MADT",
     "there is no interface of this CPU"},
    {FAKE_MADT_AT, FAKE_GICC0_AT - FAKE_MADT_AT + 32, 8, 0, "MADT",
     "there is no interface of this CPU"},
    {FAKE_GTDT_AT, 0, 1, 'g', "GTDT", "it is not there"},
    {FAKE_GTDT_AT, 4, 4, 79, "GTDT", "it is too short"},
    {FAKE_GTDT_AT, 8, 1, 1, "GTDT", "its revision is too old"},
};

/* As far as they can be: a table that says that it is longer than memory has no checksum. */
static void mend(uint8_t *bytes, unsigned at)
{
    uint32_t length;
    memcpy(&length, bytes + at + (at == FAKE_RSDP_AT ? 20 : 4), sizeof(length));
    if (length < FAKE_RSDP_SIZE || length > FAKE_ACPI_SIZE - at)
        length = FAKE_RSDP_SIZE;
    if (at == FAKE_RSDP_AT)
        fake_acpi_seal_root(bytes, length);
    else
        fake_acpi_seal(bytes + at, length);
}

static void check_changes(const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct change *change = &changes[i];
        fake_acpi_build(tables, BASE);
        fake_acpi_put(tables + change->table + change->at, change->width, change->value);
        mend(tables, change->table);
        check_refusal(read_tables(), change->name, change->why);
    }
}

static void test_wrong_field_of_the_root_is_refused_by_name(void)
{
    check_changes(root_changes, sizeof(root_changes) / sizeof(root_changes[0]));
}

static void test_wrong_field_of_a_table_is_refused_by_name(void)
{
    check_changes(table_changes, sizeof(table_changes) / sizeof(table_changes[0]));
}

/* The MADT is the last thing in memory, and ends with half of a structure's header. */
static void test_structure_is_not_looked_for_behind_the_end(void)
{
    fake_acpi_build(tables, BASE);
    fake_acpi_put(tables + FAKE_XSDT_AT + 36 + 8, 8, BASE + FAKE_FADT_AT);
    mend(tables, FAKE_XSDT_AT);
    fake_acpi_put(tables + FAKE_MADT_AT + 4, 4, 45);
    mend(tables, FAKE_MADT_AT);
    check_refusal(read_part(tables, FAKE_MADT_AT + 45, BASE, MPIDR), "MADT",
                  "the length of a structure is wrong");
}

static void test_second_distributor_is_refused(void)
{
    fake_acpi_build(tables, BASE);
    memcpy(tables + FAKE_GICC1_AT, tables + FAKE_GICD_AT, 24);
    tables[FAKE_GICC1_AT + 1] = 76;
    mend(tables, FAKE_MADT_AT);
    check_refusal(read_tables(), "MADT", "there are two distributors");
}

static void test_wrong_checksums_are_refused_by_name(void)
{
    static const struct {
        unsigned at;
        const char *name, *why;
    } rows[] = {
        {FAKE_RSDP_AT + 9, "RSDP", "its checksum is wrong"},
        {FAKE_RSDP_AT + 33, "RSDP", "its extended checksum is wrong"},
        {FAKE_XSDT_AT + 24, "XSDT", "its checksum is wrong"},
        {FAKE_FADT_AT + 275, "FADT", "its checksum is wrong"},
        {FAKE_MADT_AT + 100, "MADT", "its checksum is wrong"},
        {FAKE_GTDT_AT + 64, "GTDT", "its checksum is wrong"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fake_acpi_build(tables, BASE);
        tables[rows[i].at]++;
        check_refusal(read_tables(), rows[i].name, rows[i].why);
    }
}

static void test_root_pointer_outside_of_memory_is_refused(void)
{
    static const uint64_t places[] = {
        0, BASE - 1, BASE + FAKE_ACPI_SIZE - 35, BASE + FAKE_ACPI_SIZE, UINT64_MAX, UINT64_MAX - 35,
    };
    fake_acpi_build(tables, BASE);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        check_refusal(read_part(tables, sizeof(tables), places[i], MPIDR), "RSDP",
                      "it does not lie in memory");
    }
}

static void test_tables_cut_off_anywhere_are_refused(void)
{
    fake_acpi_build(tables, BASE);
    for (size_t cut = 0; cut < sizeof(tables); cut++)
        check_refused(read_part(tables, cut, BASE, MPIDR));
}

/* A byte changes a sum, whichever it is; only the table that nobody reads has none. */
static void test_any_damaged_byte_is_noticed(void)
{
    static const uint8_t masks[] = {0x01, 0x80, 0xff};
    for (size_t at = 0; at < sizeof(tables); at++) {
        bool of_a_table = at >= FAKE_FADT_AT || at < FAKE_RSDP_SIZE ||
                          (at >= FAKE_XSDT_AT && at < FAKE_XSDT_AT + FAKE_XSDT_SIZE);
        for (size_t i = 0; i < sizeof(masks); i++) {
            fake_acpi_build(tables, BASE);
            tables[at] ^= masks[i];
            int result = read_tables();
            if (of_a_table)
                check_refused(result);
            else
                CU_ASSERT_EQUAL(result, 0);
        }
    }
}

/* The same with all checksums mended, so that the readers behind them see the damage. */
static void test_damage_behind_a_good_checksum_never_leads_astray(void)
{
    static const unsigned starts[] = {FAKE_RSDP_AT, FAKE_XSDT_AT, FAKE_FADT_AT, FAKE_MADT_AT,
                                      FAKE_GTDT_AT};
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0xff};
    unsigned read = 0, refused = 0;
    for (size_t at = 0; at < sizeof(tables); at++) {
        for (size_t v = 0; v < sizeof(values); v++) {
            fake_acpi_build(tables, BASE);
            tables[at] = values[v];
            for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
                mend(tables, starts[i]);
            if (read_tables() == 0) {
                read++;
            } else {
                CU_ASSERT_PTR_NOT_NULL(refusal.why);
                refused++;
            }
        }
    }
    CU_ASSERT_TRUE(read > refused && refused > 0);
}

/* ---- PCI ------------------------------------------------------------------------------------- */

#define MCFG_SIZE (44 + 2 * 16)

static uint8_t with_pci[FAKE_ACPI_SIZE + MCFG_SIZE];

/* The table that nobody knows becomes an MCFG of two segments; the other CPU a frame. */
static void build_with_pci(uint32_t frame_flags)
{
    uint8_t *mcfg = with_pci + FAKE_ACPI_SIZE, *frame = with_pci + FAKE_GICC1_AT;
    memset(with_pci, 0, sizeof(with_pci));
    fake_acpi_build(with_pci, BASE);
    fake_acpi_put(with_pci + FAKE_XSDT_AT + 36, 8, BASE + FAKE_ACPI_SIZE);
    fake_acpi_seal(with_pci + FAKE_XSDT_AT, FAKE_XSDT_SIZE);
    memcpy(mcfg, "MCFG", 4);
    fake_acpi_put(mcfg + 4, 4, MCFG_SIZE);
    mcfg[8] = 1;
    fake_acpi_put(mcfg + 44, 8, 0x1000000000);
    fake_acpi_put(mcfg + 52, 2, 1); /* another segment */
    fake_acpi_put(mcfg + 60, 8, 0x4010000000);
    fake_acpi_seal(mcfg, MCFG_SIZE);
    memset(frame, 0, 76);
    frame[0] = 0xd;
    frame[1] = 24;
    fake_acpi_put(frame + 8, 8, 0x08020000);
    fake_acpi_put(frame + 16, 4, frame_flags);
    fake_acpi_put(frame + 20, 2, 64);
    fake_acpi_put(frame + 22, 2, 80);
    frame[24] = 0x7f;
    frame[25] = 52;
    fake_acpi_seal(with_pci + FAKE_MADT_AT, FAKE_MADT_SIZE);
}

static int read_with_pci(void)
{
    return read_part(with_pci, sizeof(with_pci), BASE, MPIDR);
}

static void test_configuration_space_and_frame_are_read(void)
{
    build_with_pci(1);
    CU_ASSERT_EQUAL_FATAL(read_with_pci(), 0);
    CU_ASSERT_EQUAL(acpi.ecam, 0x4010000000);
    CU_ASSERT_EQUAL(acpi.frame.base, 0x08020000);
    CU_ASSERT_EQUAL(acpi.frame.first, 80);
    CU_ASSERT_EQUAL(acpi.frame.count, 64);
    build_with_pci(0); /* the frame says itself what it has */
    CU_ASSERT_EQUAL_FATAL(read_with_pci(), 0);
    CU_ASSERT_EQUAL(acpi.frame.base, 0x08020000);
    CU_ASSERT_EQUAL(acpi.frame.count, 0);
}

static void test_machine_without_pci_has_neither(void)
{
    fake_acpi_build(tables, BASE);
    CU_ASSERT_EQUAL_FATAL(read_tables(), 0);
    CU_ASSERT_EQUAL(acpi.ecam, 0);
    CU_ASSERT_EQUAL(acpi.frame.base, 0);
}

static void test_damage_of_what_pci_needs_is_refused(void)
{
    build_with_pci(1);
    with_pci[FAKE_ACPI_SIZE + 60]++;
    check_refusal(read_with_pci(), "MCFG", "its checksum is wrong");
    build_with_pci(1);
    with_pci[FAKE_GICC1_AT + 1] = 20;
    with_pci[FAKE_GICC1_AT + 20] = 0x7f;
    with_pci[FAKE_GICC1_AT + 21] = 56;
    fake_acpi_seal(with_pci + FAKE_MADT_AT, FAKE_MADT_SIZE);
    check_refusal(read_with_pci(), "MADT", "a frame for messages is too short");
}

UNIT_SUITE("acpi", UNIT_TEST(test_controller_and_timers_are_read),
           UNIT_TEST(test_interface_is_that_of_the_cpu_that_asks),
           UNIT_TEST(test_wrong_field_of_the_root_is_refused_by_name),
           UNIT_TEST(test_wrong_field_of_a_table_is_refused_by_name),
           UNIT_TEST(test_structure_is_not_looked_for_behind_the_end),
           UNIT_TEST(test_second_distributor_is_refused),
           UNIT_TEST(test_wrong_checksums_are_refused_by_name),
           UNIT_TEST(test_root_pointer_outside_of_memory_is_refused),
           UNIT_TEST(test_tables_cut_off_anywhere_are_refused),
           UNIT_TEST(test_any_damaged_byte_is_noticed),
           UNIT_TEST(test_damage_behind_a_good_checksum_never_leads_astray),
           UNIT_TEST(test_configuration_space_and_frame_are_read),
           UNIT_TEST(test_machine_without_pci_has_neither),
           UNIT_TEST(test_damage_of_what_pci_needs_is_refused))
