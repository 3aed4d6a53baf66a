/*
 * virtio_mmio.h - the MMIO transport, version 2 (modern)
 *
 * [VIRTIO1.2] 4.2. A window of 0x200 bytes; a window without a device reads DeviceID 0, and the
 * driver must leave it alone.
 */
#ifndef EMU_VIRTIO_VIRTIO_MMIO_H
#define EMU_VIRTIO_VIRTIO_MMIO_H

#include "emu/core/mmio.h"
#include "emu/virtio/virtio.h"

#define VIRTIO_MMIO_WINDOW 0x200

struct virtio_mmio;

/*
 * Maps a window at `base`; `dev` may be NULL: an empty slot. Borrows the device. `name` is the
 * window's, kept.
 */
struct virtio_mmio *virtio_mmio_new(struct mmio_bus *bus, const char *name, uint64_t base,
                                    struct virtio_dev *dev);
void virtio_mmio_free(struct virtio_mmio *mmio);

#endif
