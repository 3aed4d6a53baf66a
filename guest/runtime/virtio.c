/*
 * virtio.c - which virtio-mmio windows have a device, [VIRTIO1.2] 4.2.2
 */
#include "runtime/priv.h"

#define VIRTIO_BASE    0x0a000000u
#define VIRTIO_STEP    0x200u
#define VIRTIO_WINDOWS 32u
#define VIRTIO_INTID   48u /* of the first */
#define VIRTIO_MAGIC   0x74726976u

bool runtime_find_virtio(uint32_t device_id, unsigned nth, struct runtime_virtio *found)
{
    for (uint32_t i = 0; i < VIRTIO_WINDOWS; i++) {
        uintptr_t base = VIRTIO_BASE + i * VIRTIO_STEP;
        if (hal_mmio_read32(base) != VIRTIO_MAGIC)
            continue;
        uint32_t version = hal_mmio_read32(base + 4);
        uint32_t id = hal_mmio_read32(base + 8);
        if (id == 0 || id != device_id || nth-- > 0)
            continue;
        *found = (struct runtime_virtio){
            .base = base, .intid = VIRTIO_INTID + i, .version = version, .device_id = id};
        return true;
    }
    return false;
}
