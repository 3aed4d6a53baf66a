/*
 * mmio.h - the memory-mapped I/O bus
 *
 * Devices are mapped at fixed ranges; an access goes to the one that covers it, as an offset. An
 * access that is misaligned, of a size that the device does not have, or where nothing is, reads as
 * all ones, is ignored as a write, and is an event.
 */
#ifndef EMU_CORE_MMIO_H
#define EMU_CORE_MMIO_H

#include "emu/core/trace.h"

struct mmio_ops {
    /* `size` is one of the sizes below, the offset is aligned to it and inside the range. */
    uint64_t (*read)(void *opaque, uint64_t offset, unsigned size);
    void (*write)(void *opaque, uint64_t offset, unsigned size, uint64_t value);
    unsigned sizes; /* the sizes it takes, or-ed: 1, 2, 4, 8 */
};

struct mmio_bus;

struct mmio_bus *mmio_bus_new(struct trace *trace);
void mmio_bus_free(struct mmio_bus *bus);

/* Maps a device. Keeps name, ops and opaque. Ranges must not overlap (asserted). */
void mmio_map(struct mmio_bus *bus, const char *name, uint64_t base, uint64_t size,
              const struct mmio_ops *ops, void *opaque);

uint64_t mmio_read(struct mmio_bus *bus, uint64_t pa, unsigned size);
void mmio_write(struct mmio_bus *bus, uint64_t pa, unsigned size, uint64_t value);

#endif
