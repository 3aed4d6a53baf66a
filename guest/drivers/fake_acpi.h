/*
 * fake_acpi.h - ACPI tables for unit tests of drivers
 *
 * RSDP, XSDT, a table that nobody knows (with a wrong checksum), FADT, MADT and GTDT, in this
 * order. The MADT has a distributor, a structure that nobody knows, and the interfaces of two CPUs
 * with affinity 0.0.0 and 0.1.1. Of the timers the secure one is edge-triggered.
 */
#ifndef DRIVERS_FAKE_ACPI_H
#define DRIVERS_FAKE_ACPI_H

#include <stddef.h>
#include <stdint.h>

/* Where the tables begin, and how long they are. */
enum {
    FAKE_RSDP_AT = 0,
    FAKE_RSDP_SIZE = 36,
    FAKE_XSDT_AT = 40,
    FAKE_XSDT_SIZE = 36 + 4 * 8,
    FAKE_OTHER_AT = 108,
    FAKE_OTHER_SIZE = 36,
    FAKE_FADT_AT = 144,
    FAKE_FADT_SIZE = 276,
    FAKE_MADT_AT = 420,
    FAKE_GICD_AT = FAKE_MADT_AT + 44,
    FAKE_UNKNOWN_AT = FAKE_GICD_AT + 24,
    FAKE_GICC0_AT = FAKE_UNKNOWN_AT + 2,
    FAKE_GICC1_AT = FAKE_GICC0_AT + 80,
    FAKE_MADT_SIZE = 44 + 24 + 2 + 80 + 76,
    FAKE_GTDT_AT = FAKE_MADT_AT + FAKE_MADT_SIZE,
    FAKE_GTDT_SIZE = 96,
    FAKE_ACPI_SIZE = FAKE_GTDT_AT + FAKE_GTDT_SIZE,
};

#define FAKE_DISTRIBUTOR    UINT64_C(0x108000000)
#define FAKE_CPU_INTERFACE0 UINT64_C(0x108010000)
#define FAKE_CPU_INTERFACE1 UINT64_C(0x108030000)

/* Writes the tables, which will be at this physical address. */
void fake_acpi_build(uint8_t *bytes, uint64_t base);
void fake_acpi_put(uint8_t *at, unsigned width, uint64_t value);
/* Mends the checksums of the RSDP, or of a table of this size. */
void fake_acpi_seal_root(uint8_t *rsdp, size_t size);
void fake_acpi_seal(uint8_t *table, size_t size);

#endif
