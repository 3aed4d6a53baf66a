/*
 * fake_hal.h - a hal for unit tests of drivers
 *
 * Memory is the heap's; physical addresses differ from pointers by fake_hal_offset. MMIO goes to
 * one window that the test provides, or all of it to the test. System registers are an array. What
 * is told to the bench is counted.
 */
#ifndef DRIVERS_FAKE_HAL_H
#define DRIVERS_FAKE_HAL_H

#include "ringside/hal.h"

struct fake_hal {
    /* The window. An access outside of it fails the test. */
    uintptr_t mmio_base, mmio_size;
    uint32_t (*mmio_read)(void *opaque, uint32_t offset, unsigned size);
    void (*mmio_write)(void *opaque, uint32_t offset, uint32_t value);
    void *opaque;
    void (*relax)(void); /* what happens while somebody spins; NULL: nothing */

    /* Or the whole bus: then there is no window. */
    uint32_t (*bus_read)(uintptr_t pa, unsigned size);
    void (*bus_write)(uintptr_t pa, unsigned size, uint32_t value);

    uint64_t sysregs[HAL_SYSREG_COUNT];
    struct hal_boot boot;

    unsigned dma_live;  /* allocations that are not freed */
    int dma_fail_at;    /* this one fails, counted from 0; -1: none does */
    unsigned dma_count; /* allocations asked for */
    unsigned drops;     /* probe_drop() */
    const char *last_drop_where, *last_drop_why;
    unsigned console_lines;
    char last_console[128];
    bool masked; /* PSTATE.I */
};
extern struct fake_hal fake_hal;

/*
 * Physical addresses less pointers. As it is, they are beyond the page numbers of legacy devices;
 * it is changed before anything is allocated.
 */
extern uint64_t fake_hal_offset;

/* Memory that the boot information calls free, FAKE_HAL_FREE_SIZE bytes, and nobody has taken. */
#define FAKE_HAL_FREE_SIZE (1 << 20)
void fake_hal_give_memory(void);
/* Back to the state of power-on; the window is gone. */
void fake_hal_reset(void);
/* The last value of a counter; 0 when it was never told. */
uint64_t fake_hal_counter(const char *name);
bool fake_hal_has_counter(const char *name);

#endif
