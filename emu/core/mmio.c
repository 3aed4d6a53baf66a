/*
 * mmio.c - finds the device that an access is for
 */
#include "emu/core/mmio.h"

#include "emu/core/range_set.h"

#define MMIO_SIZE_MAX 8

struct mmio_device {
    const char *name; /* for whoever debugs */
    const struct mmio_ops *ops;
    void *opaque;
};

struct mmio_bus {
    struct trace *trace;
    struct range_set ranges; /* the tag is the index of the device */
    GArray *devices;
};

struct mmio_bus *mmio_bus_new(struct trace *trace)
{
    g_assert(trace != NULL);
    struct mmio_bus *bus = g_new0(struct mmio_bus, 1);
    bus->trace = trace;
    range_set_init(&bus->ranges);
    bus->devices = g_array_new(FALSE, FALSE, sizeof(struct mmio_device));
    return bus;
}

void mmio_bus_free(struct mmio_bus *bus)
{
    if (bus == NULL) {
        return;
    }
    range_set_fini(&bus->ranges);
    g_array_free(bus->devices, TRUE);
    g_free(bus);
}

void mmio_map(struct mmio_bus *bus, const char *name, uint64_t base, uint64_t size,
              const struct mmio_ops *ops, void *opaque)
{
    /* An aligned base makes the alignment of an address and that of its offset the same thing. */
    g_assert(base % MMIO_SIZE_MAX == 0);
    g_assert(ops->read != NULL && ops->write != NULL);
    g_assert(ops->sizes != 0 && ops->sizes < 2 * MMIO_SIZE_MAX);
    struct mmio_device device = {.name = name, .ops = ops, .opaque = opaque};
    struct range range = {.start = base, .size = size, .tag = bus->devices->len};
    bool is_free = range_set_add(&bus->ranges, range);
    g_assert(is_free);
    g_array_append_val(bus->devices, device);
}

/* The device that takes this access, and the offset; or NULL, and the event. */
static const struct mmio_device *mmio_find(struct mmio_bus *bus, uint64_t pa, unsigned size,
                                           const char *access, uint64_t *offset)
{
    g_assert(size == 1 || size == 2 || size == 4 || size == MMIO_SIZE_MAX);
    const struct range *range = range_set_find(&bus->ranges, pa);
    if (range == NULL) {
        trace_emit(bus->trace, TRACE_MMIO_UNMAPPED, TN(pa), TN(size), TS(access));
        return NULL;
    }
    const struct mmio_device *device = &g_array_index(bus->devices, struct mmio_device, range->tag);
    *offset = pa - range->start;
    if ((device->ops->sizes & size) == 0 || *offset % size != 0 || size > range->size - *offset) {
        trace_emit(bus->trace, TRACE_MMIO_REFUSED, TN(pa), TN(size), TS(access));
        return NULL;
    }
    return device;
}

uint64_t mmio_read(struct mmio_bus *bus, uint64_t pa, unsigned size)
{
    uint64_t offset = 0;
    const struct mmio_device *device = mmio_find(bus, pa, size, "read", &offset);
    uint64_t value = device == NULL ? UINT64_MAX : device->ops->read(device->opaque, offset, size);
    return value & UINT64_MAX >> (64 - 8 * size);
}

void mmio_write(struct mmio_bus *bus, uint64_t pa, unsigned size, uint64_t value)
{
    uint64_t offset = 0;
    const struct mmio_device *device = mmio_find(bus, pa, size, "write", &offset);
    if (device != NULL) {
        device->ops->write(device->opaque, offset, size, value & UINT64_MAX >> (64 - 8 * size));
    }
}
