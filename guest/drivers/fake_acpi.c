/*
 * fake_acpi.c - ACPI tables for unit tests of drivers
 */
#include "drivers/fake_acpi.h"

#include <string.h>

void fake_acpi_put(uint8_t *at, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void fake_acpi_mend(uint8_t *bytes, size_t size, uint8_t *checksum)
{
    uint8_t sum = 0;
    *checksum = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    *checksum = (uint8_t)-sum;
}

void fake_acpi_seal_root(uint8_t *rsdp, size_t size)
{
    fake_acpi_mend(rsdp, 20, &rsdp[8]);
    fake_acpi_mend(rsdp, size, &rsdp[32]);
}

void fake_acpi_seal(uint8_t *table, size_t size)
{
    fake_acpi_mend(table, size, &table[9]);
}

static void fake_acpi_header(uint8_t *table, const char *signature, size_t size, uint8_t revision)
{
    memcpy(table, signature, 4);
    fake_acpi_put(table + 4, 4, size);
    table[8] = revision;
}

static void fake_acpi_gicc(uint8_t *gicc, uint8_t size, uint64_t base, uint64_t mpidr)
{
    gicc[0] = 0xb;
    gicc[1] = size;
    fake_acpi_put(gicc + 12, 4, 1);
    fake_acpi_put(gicc + 32, 8, base);
    fake_acpi_put(gicc + 68, 8, mpidr);
}

static void fake_acpi_madt(uint8_t *bytes)
{
    fake_acpi_header(bytes + FAKE_MADT_AT, "APIC", FAKE_MADT_SIZE, 5);
    uint8_t *gicd = bytes + FAKE_GICD_AT;
    gicd[0] = 0xc;
    gicd[1] = 24;
    fake_acpi_put(gicd + 8, 8, FAKE_DISTRIBUTOR);
    gicd[20] = 2;
    bytes[FAKE_UNKNOWN_AT] = 0x7f;
    bytes[FAKE_UNKNOWN_AT + 1] = 2;
    fake_acpi_gicc(bytes + FAKE_GICC0_AT, 80, FAKE_CPU_INTERFACE0, 0);
    fake_acpi_gicc(bytes + FAKE_GICC1_AT, 76, FAKE_CPU_INTERFACE1, 0x101);
    fake_acpi_seal(bytes + FAKE_MADT_AT, FAKE_MADT_SIZE);
}

static void fake_acpi_gtdt(uint8_t *gtdt)
{
    static const uint32_t gsivs[] = {29, 30, 27, 26};
    fake_acpi_header(gtdt, "GTDT", FAKE_GTDT_SIZE, 2);
    for (unsigned i = 0; i < 4; i++) {
        fake_acpi_put(gtdt + 48 + 8 * i, 4, gsivs[i]);
        fake_acpi_put(gtdt + 52 + 8 * i, 4, i == 0 ? 1 : 4);
    }
    fake_acpi_seal(gtdt, FAKE_GTDT_SIZE);
}

void fake_acpi_build(uint8_t *bytes, uint64_t base)
{
    static const uint64_t entries[] = {FAKE_OTHER_AT, FAKE_GTDT_AT, FAKE_FADT_AT, FAKE_MADT_AT};
    memset(bytes, 0, FAKE_ACPI_SIZE);
    memcpy(bytes, "RSD PTR ", 8);
    bytes[15] = 2;
    fake_acpi_put(bytes + 20, 4, FAKE_RSDP_SIZE);
    fake_acpi_put(bytes + 24, 8, base + FAKE_XSDT_AT);
    fake_acpi_seal_root(bytes, FAKE_RSDP_SIZE);

    uint8_t *xsdt = bytes + FAKE_XSDT_AT;
    fake_acpi_header(xsdt, "XSDT", FAKE_XSDT_SIZE, 1);
    for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        fake_acpi_put(xsdt + 36 + 8 * i, 8, base + entries[i]);
    fake_acpi_seal(xsdt, FAKE_XSDT_SIZE);

    fake_acpi_header(bytes + FAKE_OTHER_AT, "OEM0", FAKE_OTHER_SIZE, 1);
    uint8_t *fadt = bytes + FAKE_FADT_AT;
    fake_acpi_header(fadt, "FACP", FAKE_FADT_SIZE, 6);
    fake_acpi_put(fadt + 112, 4, UINT32_C(1) << 20);
    fake_acpi_seal(fadt, FAKE_FADT_SIZE);
    fake_acpi_madt(bytes);
    fake_acpi_gtdt(bytes + FAKE_GTDT_AT);
}
