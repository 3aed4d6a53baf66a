/*
 * fuzz_acpi.c - any bytes as ACPI tables, for the reference guest
 *
 * The first byte says what is done to the rest, which is memory: bit 0, mend the checksums of all
 * that looks like a table, since few inputs would get past them; bit 1, read as another CPU. The
 * RSDP is at the beginning.
 *
 * The reader comes back, touches no byte outside, says why it refuses, and then says nothing
 * else.
 */
#include "drivers/acpi.h"

#include "lib/errno.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_BASE        UINT64_C(0x40000000)
#define FUZZ_MEND        1
#define FUZZ_OTHER_CPU   2
#define FUZZ_RSDP_SIZE   36
#define FUZZ_HEADER_SIZE 36
#define FUZZ_ENTRIES_MAX 64

static uint64_t fuzz_load(const uint8_t *from, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        value |= (uint64_t)from[i] << 8 * i;
    }
    return value;
}

static void fuzz_mend_sum(uint8_t *bytes, size_t size, uint8_t *checksum)
{
    uint8_t sum = 0;
    *checksum = 0;
    for (size_t i = 0; i < size; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    *checksum = (uint8_t)-sum;
}

/* Mends the table at a physical address; its size, or 0 when there is none. */
static size_t fuzz_mend_table(uint8_t *bytes, size_t size, uint64_t physical)
{
    uint64_t at = physical - FUZZ_BASE;
    if (physical < FUZZ_BASE || at > size || size - at < FUZZ_HEADER_SIZE) {
        return 0;
    }
    uint64_t length = fuzz_load(bytes + at + 4, 4);
    if (length < FUZZ_HEADER_SIZE || length > size - at) {
        return 0;
    }
    fuzz_mend_sum(bytes + at, length, &bytes[at + 9]);
    return (size_t)length;
}

/* Entries first: mending them may change the XSDT that they overlap with, and so on up. */
static void fuzz_mend(uint8_t *bytes, size_t size)
{
    if (size < FUZZ_RSDP_SIZE) {
        return;
    }
    uint64_t xsdt = fuzz_load(bytes + 24, 8);
    size_t length = fuzz_mend_table(bytes, size, xsdt);
    for (size_t i = 0; i < FUZZ_ENTRIES_MAX && FUZZ_HEADER_SIZE + 8 * (i + 1) <= length; i++) {
        const uint8_t *entry = bytes + (xsdt - FUZZ_BASE) + FUZZ_HEADER_SIZE + 8 * i;
        fuzz_mend_table(bytes, size, fuzz_load(entry, 8));
    }
    fuzz_mend_table(bytes, size, xsdt);
    fuzz_mend_sum(bytes, 20, &bytes[8]);
    uint64_t rsdp_length = fuzz_load(bytes + 20, 4);
    if (rsdp_length >= FUZZ_RSDP_SIZE && rsdp_length <= size) {
        fuzz_mend_sum(bytes, rsdp_length, &bytes[32]);
    }
}

static void fuzz_read(const struct acpi_memory *memory, uint64_t mpidr)
{
    struct acpi acpi, untouched;
    struct acpi_refusal refusal = {.table = NULL};
    memset(&untouched, 0xee, sizeof(untouched));
    memcpy(&acpi, &untouched, sizeof(acpi));
    int result = acpi_read(&acpi, memory, memory->base, mpidr, &refusal);
    if (result == 0) {
        FUZZ_CHECK(refusal.why == NULL);
        FUZZ_CHECK(acpi.gic.distributor != 0 &&
                   (acpi.gic.version == 3 || acpi.gic.cpu_interface != 0));
    } else {
        FUZZ_CHECK(result == -KEINVAL);
        FUZZ_CHECK(refusal.table != NULL && refusal.why != NULL);
        FUZZ_CHECK(memcmp(&acpi, &untouched, sizeof(acpi)) == 0);
    }
}

void fuzz_run(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return;
    }
    uint8_t how = data[0];
    size_t part = size - 1;
    uint8_t *bytes = malloc(part + (part == 0)); /* exactly so much: a read behind it is seen */
    FUZZ_CHECK(bytes != NULL);
    memcpy(bytes, data + 1, part);
    if ((how & FUZZ_MEND) != 0) {
        fuzz_mend(bytes, part);
    }
    const struct acpi_memory memory = {.base = FUZZ_BASE, .bytes = bytes, .size = part};
    fuzz_read(&memory, (how & FUZZ_OTHER_CPU) != 0 ? 0x80000101 : 0x80000000);
    free(bytes);
}
