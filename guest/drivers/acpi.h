/*
 * acpi.h - reading ACPI's static tables [ACPI6.3] 5.2
 *
 * From the RSDP over the XSDT to FADT, MADT, GTDT and MCFG: where the interrupt controller is, on
 * which interrupts the timers are, and where PCI's configuration space is. All is read once,
 * checked and copied out. Nothing in the tables is trusted: addresses must lie in the memory that
 * the reader was given, lengths in their tables, every checksum must be right. Not done: AML (there
 * is no interpreter, and a DSDT is not looked for), the RSDT of 32-bit systems, interrupt
 * controllers other than GICv2 and GICv3, more than ACPI_TABLES_MAX tables or ACPI_REGIONS_MAX
 * regions of redistributors.
 */
#ifndef DRIVERS_ACPI_H
#define DRIVERS_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACPI_TABLES_MAX 64

/* The physical memory where tables may lie. Borrowed. */
struct acpi_memory {
    uint64_t base;
    const uint8_t *bytes;
    size_t size;
};

/* Where redistributors of a GICv3 stand, one behind the other. */
struct acpi_region {
    uint64_t base, size;
};

#define ACPI_CPUS_MAX    8 /* others are not told of */
#define ACPI_REGIONS_MAX 8
struct acpi_gic {
    unsigned version; /* 2 or 3 */
    uint64_t distributor;
    uint64_t cpu_interface; /* GICv2: of this CPU */
    unsigned cpu_count;
    uint64_t cpus[ACPI_CPUS_MAX]; /* affinities of all CPUs that are enabled */
    unsigned region_count;        /* GICv3 */
    struct acpi_region regions[ACPI_REGIONS_MAX];
};

struct acpi_interrupt {
    uint32_t gsiv; /* 0: there is none */
    bool edge_triggered;
};

struct acpi_timers {
    struct acpi_interrupt secure_el1, non_secure_el1, virtual_el1, el2;
};

/* A frame that takes messages; base 0: there is none, count 0: it says itself what it has. */
struct acpi_frame {
    uint64_t base;
    uint32_t first, count;
};

struct acpi {
    struct acpi_gic gic;
    struct acpi_frame frame; /* the first */
    struct acpi_timers timers;
    uint64_t ecam; /* of bus 0 of segment 0; 0: there is no PCI */
};

/* Why tables are refused: "MADT", "its checksum is wrong". */
struct acpi_refusal {
    const char *table, *why;
};

/*
 * Reads the tables that the RSDP at this physical address leads to, for the CPU with this
 * MPIDR_EL1. 0; -KEINVAL, and the refusal, with *acpi untouched.
 */
int acpi_read(struct acpi *acpi, const struct acpi_memory *memory, uint64_t rsdp, uint64_t mpidr,
              struct acpi_refusal *refusal);

#endif
