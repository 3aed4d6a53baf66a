/*
 * acpi.c - the walk over ACPI's static tables
 *
 * A table is checked as a whole when it is found: its header lies in memory, its length too, its
 * bytes add up to 0 [ACPI6.3] 5.2.6. From then on it is a pointer and a size, and each reader asks
 * for the size that it needs first. Tables that are not needed are not looked at beyond their
 * header. Of two tables with the same signature the first counts.
 */
#include "drivers/acpi.h"

#include "lib/errno.h"
#include "lib/string.h"

#define ACPI_RSDP_V1_SIZE   20 /* 5.2.5.3: what the first checksum is for, */
#define ACPI_RSDP_SIZE      36 /* and the whole of revision 2 */
#define ACPI_RSDP_REVISION  2
#define ACPI_HEADER_SIZE    36 /* 5.2.6 */
#define ACPI_XSDT_ENTRY     8
#define ACPI_FADT_SIZE      132       /* up to the minor version, table 5-33 */
#define ACPI_FADT_REVISION  5         /* the first with reduced hardware */
#define ACPI_HW_REDUCED     (1 << 20) /* 5.2.9.1 */
#define ACPI_MADT_SIZE      44
#define ACPI_MADT_GICC      0xb
#define ACPI_MADT_GICD      0xc
#define ACPI_GICC_SIZE      76 /* up to MPIDR: what later versions added is not needed */
#define ACPI_GICC_ENABLED   1
#define ACPI_GICD_SIZE      24
#define ACPI_MADT_FRAME     0xd
#define ACPI_FRAME_SIZE     24
#define ACPI_FRAME_COUNTED  1 /* its SPIs are those of the structure */
#define ACPI_MADT_GICR      0xe
#define ACPI_GICR_SIZE      16
#define ACPI_GICR_ALONE     0x20000 /* a redistributor that a GICC names by itself */
#define ACPI_MCFG_SIZE      44
#define ACPI_MCFG_ENTRY     16
#define ACPI_GTDT_SIZE      80 /* up to the timer of EL2 */
#define ACPI_GTDT_REVISION  2  /* the first with this layout */
#define ACPI_TIMER_EDGE     1
#define ACPI_MPIDR_AFFINITY UINT64_C(0xff00ffffff)

/* Offsets into tables and their structures. */
enum {
    ACPI_AT_LENGTH = 4,
    ACPI_AT_REVISION = 8,
    ACPI_RSDP_AT_REVISION = 15,
    ACPI_RSDP_AT_LENGTH = 20,
    ACPI_RSDP_AT_XSDT = 24,
    ACPI_FADT_AT_FLAGS = 112,
    ACPI_GICD_AT_BASE = 8,
    ACPI_GICD_AT_VERSION = 20,
    ACPI_GICC_AT_FLAGS = 12,
    ACPI_GICC_AT_BASE = 32,
    ACPI_GICC_AT_REDISTRIBUTOR = 60,
    ACPI_GICC_AT_MPIDR = 68,
    ACPI_GICR_AT_BASE = 4,
    ACPI_GICR_AT_LENGTH = 12,
    ACPI_FRAME_AT_BASE = 8,
    ACPI_FRAME_AT_FLAGS = 16,
    ACPI_FRAME_AT_COUNT = 20,
    ACPI_FRAME_AT_FIRST = 22,
    ACPI_MCFG_AT_SEGMENT = 8, /* in an entry */
    ACPI_MCFG_AT_FIRST_BUS = 10,
    ACPI_GTDT_AT_SECURE_EL1 = 48,
    ACPI_GTDT_AT_NON_SECURE_EL1 = 56,
    ACPI_GTDT_AT_VIRTUAL_EL1 = 64,
    ACPI_GTDT_AT_EL2 = 72,
};

/* A table whose bytes are all there. */
struct acpi_table {
    const uint8_t *bytes;
    size_t size;
};

struct acpi_reader {
    const struct acpi_memory *memory;
    struct acpi_table xsdt;
    struct acpi_refusal *refusal;
};

static uint32_t acpi_load16(const uint8_t *from)
{
    return (uint32_t)from[1] << 8 | from[0];
}

static uint32_t acpi_load32(const uint8_t *from)
{
    return (uint32_t)from[3] << 24 | (uint32_t)from[2] << 16 | (uint32_t)from[1] << 8 | from[0];
}

static uint64_t acpi_load64(const uint8_t *from)
{
    return (uint64_t)acpi_load32(from + 4) << 32 | acpi_load32(from);
}

static int acpi_refuse(struct acpi_reader *reader, const char *table, const char *why)
{
    *reader->refusal = (struct acpi_refusal){.table = table, .why = why};
    return -KEINVAL;
}

/* NULL when they are not all in memory. */
static const uint8_t *acpi_bytes(const struct acpi_reader *reader, uint64_t physical, size_t size)
{
    const struct acpi_memory *memory = reader->memory;
    if (physical < memory->base || physical - memory->base > memory->size ||
        size > memory->size - (physical - memory->base))
        return NULL;
    return memory->bytes + (physical - memory->base);
}

static bool acpi_adds_up(const uint8_t *bytes, size_t size)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum == 0;
}

/* Checks the table whose header is at `physical`. `name` is for refusals. */
static int acpi_open(struct acpi_reader *reader, uint64_t physical, const char *name,
                     struct acpi_table *table)
{
    const uint8_t *header = acpi_bytes(reader, physical, ACPI_HEADER_SIZE);
    if (header == NULL)
        return acpi_refuse(reader, name, "it does not lie in memory");
    uint32_t size = acpi_load32(header + ACPI_AT_LENGTH);
    if (size < ACPI_HEADER_SIZE)
        return acpi_refuse(reader, name, "it is shorter than its header");
    if (acpi_bytes(reader, physical, size) == NULL)
        return acpi_refuse(reader, name, "its end does not lie in memory");
    if (!acpi_adds_up(header, size))
        return acpi_refuse(reader, name, "its checksum is wrong");
    *table = (struct acpi_table){.bytes = header, .size = size};
    return 0;
}

/* ---- root ------------------------------------------------------------------------------------ */

static int acpi_read_rsdp(struct acpi_reader *reader, uint64_t physical, uint64_t *xsdt)
{
    const uint8_t *rsdp = acpi_bytes(reader, physical, ACPI_RSDP_SIZE);
    if (rsdp == NULL)
        return acpi_refuse(reader, "RSDP", "it does not lie in memory");
    if (!kmemeq(rsdp, "RSD PTR ", 8))
        return acpi_refuse(reader, "RSDP", "its signature is wrong");
    if (!acpi_adds_up(rsdp, ACPI_RSDP_V1_SIZE))
        return acpi_refuse(reader, "RSDP", "its checksum is wrong");
    if (rsdp[ACPI_RSDP_AT_REVISION] < ACPI_RSDP_REVISION)
        return acpi_refuse(reader, "RSDP", "it is of ACPI 1.0, without an XSDT");
    uint32_t size = acpi_load32(rsdp + ACPI_RSDP_AT_LENGTH);
    if (size < ACPI_RSDP_SIZE || acpi_bytes(reader, physical, size) == NULL)
        return acpi_refuse(reader, "RSDP", "its length is wrong");
    if (!acpi_adds_up(rsdp, size))
        return acpi_refuse(reader, "RSDP", "its extended checksum is wrong");
    *xsdt = acpi_load64(rsdp + ACPI_RSDP_AT_XSDT);
    return 0;
}

static int acpi_read_xsdt(struct acpi_reader *reader, uint64_t physical)
{
    int error = acpi_open(reader, physical, "XSDT", &reader->xsdt);
    if (error != 0)
        return error;
    if (!kmemeq(reader->xsdt.bytes, "XSDT", 4))
        return acpi_refuse(reader, "XSDT", "its signature is wrong");
    size_t entries_size = reader->xsdt.size - ACPI_HEADER_SIZE;
    if (entries_size % ACPI_XSDT_ENTRY != 0)
        return acpi_refuse(reader, "XSDT", "its last entry is cut off");
    if (entries_size / ACPI_XSDT_ENTRY > ACPI_TABLES_MAX)
        return acpi_refuse(reader, "XSDT", "it has too many entries");
    return 0;
}

/* The first table with this signature, of at least `size` bytes and this revision. */
static int acpi_find(struct acpi_reader *reader, const char *signature, const char *name,
                     size_t size, uint8_t revision, struct acpi_table *table)
{
    for (size_t at = ACPI_HEADER_SIZE; at < reader->xsdt.size; at += ACPI_XSDT_ENTRY) {
        uint64_t physical = acpi_load64(reader->xsdt.bytes + at);
        const uint8_t *header = acpi_bytes(reader, physical, ACPI_HEADER_SIZE);
        if (header == NULL)
            return acpi_refuse(reader, "XSDT", "an entry leads out of memory");
        if (!kmemeq(header, signature, 4))
            continue;
        int error = acpi_open(reader, physical, name, table);
        if (error != 0)
            return error;
        if (table->bytes[ACPI_AT_REVISION] < revision)
            return acpi_refuse(reader, name, "its revision is too old");
        if (table->size < size)
            return acpi_refuse(reader, name, "it is too short");
        return 0;
    }
    return acpi_refuse(reader, name, "it is not there");
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* Arm has no ACPI hardware: a FADT that says otherwise is not of this machine. */
static int acpi_read_fadt(struct acpi_reader *reader)
{
    struct acpi_table fadt;
    int error = acpi_find(reader, "FACP", "FADT", ACPI_FADT_SIZE, ACPI_FADT_REVISION, &fadt);
    if (error != 0)
        return error;
    if ((acpi_load32(fadt.bytes + ACPI_FADT_AT_FLAGS) & ACPI_HW_REDUCED) == 0)
        return acpi_refuse(reader, "FADT", "the hardware is not of the reduced kind");
    return 0;
}

static int acpi_take_distributor(struct acpi_reader *reader, const uint8_t *gicd, size_t size,
                                 struct acpi_gic *gic)
{
    if (size < ACPI_GICD_SIZE)
        return acpi_refuse(reader, "MADT", "a distributor is too short");
    if (gicd[ACPI_GICD_AT_VERSION] != 2 && gicd[ACPI_GICD_AT_VERSION] != 3)
        return acpi_refuse(reader, "MADT", "the distributor is that of neither GICv2 nor GICv3");
    if (gic->distributor != 0)
        return acpi_refuse(reader, "MADT", "there are two distributors");
    gic->version = gicd[ACPI_GICD_AT_VERSION];
    gic->distributor = acpi_load64(gicd + ACPI_GICD_AT_BASE);
    return 0;
}

static int acpi_add_region(struct acpi_reader *reader, struct acpi_gic *gic, uint64_t base,
                           uint64_t size)
{
    if (gic->region_count == ACPI_REGIONS_MAX)
        return acpi_refuse(reader, "MADT", "there are too many regions of redistributors");
    gic->regions[gic->region_count++] = (struct acpi_region){.base = base, .size = size};
    return 0;
}

static int acpi_take_redistributors(struct acpi_reader *reader, const uint8_t *gicr, size_t size,
                                    struct acpi_gic *gic)
{
    if (size < ACPI_GICR_SIZE)
        return acpi_refuse(reader, "MADT", "a region of redistributors is too short");
    return acpi_add_region(reader, gic, acpi_load64(gicr + ACPI_GICR_AT_BASE),
                           acpi_load32(gicr + ACPI_GICR_AT_LENGTH));
}

/* Of a CPU that is there a GICC may name the redistributor, instead of a region, 5.2.12.14. */
static int acpi_take_cpu_interface(struct acpi_reader *reader, const uint8_t *gicc, size_t size,
                                   uint64_t mpidr, struct acpi_gic *gic)
{
    if (size < ACPI_GICC_SIZE)
        return acpi_refuse(reader, "MADT", "a CPU interface is too short");
    if ((acpi_load32(gicc + ACPI_GICC_AT_FLAGS) & ACPI_GICC_ENABLED) == 0)
        return 0;
    uint64_t affinity = acpi_load64(gicc + ACPI_GICC_AT_MPIDR);
    if (gic->cpu_count < ACPI_CPUS_MAX)
        gic->cpus[gic->cpu_count++] = affinity;
    if (affinity == (mpidr & ACPI_MPIDR_AFFINITY))
        gic->cpu_interface = acpi_load64(gicc + ACPI_GICC_AT_BASE);
    uint64_t redistributor = acpi_load64(gicc + ACPI_GICC_AT_REDISTRIBUTOR);
    return redistributor == 0 ? 0 : acpi_add_region(reader, gic, redistributor, ACPI_GICR_ALONE);
}

static int acpi_take_frame(struct acpi_reader *reader, const uint8_t *entry, size_t size,
                           struct acpi_frame *frame)
{
    if (size < ACPI_FRAME_SIZE)
        return acpi_refuse(reader, "MADT", "a frame for messages is too short");
    if (frame->base != 0)
        return 0;
    bool counted = (acpi_load32(entry + ACPI_FRAME_AT_FLAGS) & ACPI_FRAME_COUNTED) != 0;
    *frame = (struct acpi_frame){
        .base = acpi_load64(entry + ACPI_FRAME_AT_BASE),
        .first = counted ? acpi_load16(entry + ACPI_FRAME_AT_FIRST) : 0,
        .count = counted ? acpi_load16(entry + ACPI_FRAME_AT_COUNT) : 0,
    };
    return 0;
}

/*
 * "A list of interrupt controller structures", each with type and length, 5.2.12. A structure has
 * at least these two bytes, so there are at most size / 2.
 */
static int acpi_read_madt(struct acpi_reader *reader, uint64_t mpidr, struct acpi_gic *gic,
                          struct acpi_frame *frame)
{
    struct acpi_table madt;
    int error = acpi_find(reader, "APIC", "MADT", ACPI_MADT_SIZE, 0, &madt);
    for (size_t at = ACPI_MADT_SIZE; error == 0 && at < madt.size;) {
        const uint8_t *entry = madt.bytes + at;
        size_t left = madt.size - at;
        if (left < 2 || entry[1] < 2 || entry[1] > left)
            return acpi_refuse(reader, "MADT", "the length of a structure is wrong");
        if (entry[0] == ACPI_MADT_GICD)
            error = acpi_take_distributor(reader, entry, entry[1], gic);
        else if (entry[0] == ACPI_MADT_GICC)
            error = acpi_take_cpu_interface(reader, entry, entry[1], mpidr, gic);
        else if (entry[0] == ACPI_MADT_FRAME)
            error = acpi_take_frame(reader, entry, entry[1], frame);
        else if (entry[0] == ACPI_MADT_GICR)
            error = acpi_take_redistributors(reader, entry, entry[1], gic);
        at += entry[1];
    }
    if (error == 0 && gic->distributor == 0)
        return acpi_refuse(reader, "MADT", "there is no distributor");
    if (error == 0 && gic->version == 2 && gic->cpu_interface == 0)
        return acpi_refuse(reader, "MADT", "there is no interface of this CPU");
    if (error == 0 && gic->version == 3 && gic->region_count == 0)
        return acpi_refuse(reader, "MADT", "there is no redistributor");
    return error;
}

static struct acpi_interrupt acpi_timer(const uint8_t *fields)
{
    return (struct acpi_interrupt){
        .gsiv = acpi_load32(fields),
        .edge_triggered = (acpi_load32(fields + 4) & ACPI_TIMER_EDGE) != 0,
    };
}

static int acpi_read_gtdt(struct acpi_reader *reader, struct acpi_timers *timers)
{
    struct acpi_table gtdt;
    int error = acpi_find(reader, "GTDT", "GTDT", ACPI_GTDT_SIZE, ACPI_GTDT_REVISION, &gtdt);
    if (error != 0)
        return error;
    *timers = (struct acpi_timers){
        .secure_el1 = acpi_timer(gtdt.bytes + ACPI_GTDT_AT_SECURE_EL1),
        .non_secure_el1 = acpi_timer(gtdt.bytes + ACPI_GTDT_AT_NON_SECURE_EL1),
        .virtual_el1 = acpi_timer(gtdt.bytes + ACPI_GTDT_AT_VIRTUAL_EL1),
        .el2 = acpi_timer(gtdt.bytes + ACPI_GTDT_AT_EL2),
    };
    return 0;
}

static bool acpi_has(const struct acpi_reader *reader, const char *signature)
{
    for (size_t at = ACPI_HEADER_SIZE; at < reader->xsdt.size; at += ACPI_XSDT_ENTRY) {
        const uint8_t *header =
            acpi_bytes(reader, acpi_load64(reader->xsdt.bytes + at), ACPI_HEADER_SIZE);
        if (header != NULL && kmemeq(header, signature, 4))
            return true;
    }
    return false;
}

/* A machine may have no PCI. An entry: base address, segment, first and last bus. */
static int acpi_read_mcfg(struct acpi_reader *reader, uint64_t *ecam)
{
    struct acpi_table mcfg;
    if (!acpi_has(reader, "MCFG"))
        return 0;
    int error = acpi_find(reader, "MCFG", "MCFG", ACPI_MCFG_SIZE, 1, &mcfg);
    if (error != 0)
        return error;
    for (size_t at = ACPI_MCFG_SIZE; mcfg.size - at >= ACPI_MCFG_ENTRY; at += ACPI_MCFG_ENTRY) {
        const uint8_t *entry = mcfg.bytes + at;
        if (*ecam == 0 && acpi_load16(entry + ACPI_MCFG_AT_SEGMENT) == 0 &&
            entry[ACPI_MCFG_AT_FIRST_BUS] == 0)
            *ecam = acpi_load64(entry);
    }
    return 0;
}

int acpi_read(struct acpi *acpi, const struct acpi_memory *memory, uint64_t rsdp, uint64_t mpidr,
              struct acpi_refusal *refusal)
{
    struct acpi_reader reader = {.memory = memory, .refusal = refusal};
    struct acpi found = {.gic = {.distributor = 0}};
    uint64_t xsdt = 0;
    int error = acpi_read_rsdp(&reader, rsdp, &xsdt);
    if (error == 0)
        error = acpi_read_xsdt(&reader, xsdt);
    if (error == 0)
        error = acpi_read_fadt(&reader);
    if (error == 0)
        error = acpi_read_madt(&reader, mpidr, &found.gic, &found.frame);
    if (error == 0)
        error = acpi_read_gtdt(&reader, &found.timers);
    if (error == 0)
        error = acpi_read_mcfg(&reader, &found.ecam);
    if (error == 0)
        *acpi = found;
    return error;
}
