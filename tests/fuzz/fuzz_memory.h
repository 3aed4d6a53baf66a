/*
 * fuzz_memory.h - a witness of what devices do to guest memory
 *
 * It opens some regions to devices, with gaps in between that are not open, and finds any byte of
 * RAM outside of them that is not what it was. It knows nothing of gmem.c's checks: it looks at
 * the pages that the host gave us, and at their bytes.
 */
#ifndef TESTS_FUZZ_FUZZ_MEMORY_H
#define TESTS_FUZZ_FUZZ_MEMORY_H

#include "emu/core/gmem.h"
#include "tests/fuzz/fuzz.h"

#define FUZZ_REGIONS_MAX 4

struct fuzz_region {
    gpa_t at;
    uint8_t *host;
    size_t size;
    bool device_writes; /* false: must stay as fuzz_memory_open() left it */
};

struct fuzz_memory {
    struct gmem *memory;
    struct fuzz_region regions[FUZZ_REGIONS_MAX];
    unsigned region_count;
    gpa_t closed; /* RAM that no device may touch */
};

/* Borrows guest memory in which nothing is open yet. */
void fuzz_memory_init(struct fuzz_memory *self, struct gmem *memory);

/*
 * Opens `size` bytes, zero or, where devices may only read, a pattern. The bytes behind them are
 * closed.
 */
const struct fuzz_region *fuzz_memory_open(struct fuzz_memory *self, size_t size,
                                           enum gmem_access access);

/* An address: mostly in a region or around its end, else closed memory or anything. */
gpa_t fuzz_memory_address(const struct fuzz_memory *self, struct fuzz_input *input);

/* Fails when a byte outside of what devices may write has changed. */
void fuzz_memory_check(const struct fuzz_memory *self);

#endif
