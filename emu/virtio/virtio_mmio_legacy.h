/*
 * virtio_mmio_legacy.h - the MMIO transport, version 1 (legacy)
 *
 * [VIRTIO1.2] 4.2.4. A window of VIRTIO_MMIO_WINDOW bytes, as the modern one; it is never empty.
 */
#ifndef EMU_VIRTIO_VIRTIO_MMIO_LEGACY_H
#define EMU_VIRTIO_VIRTIO_MMIO_LEGACY_H

#include "emu/core/mmio.h"
#include "emu/virtio/virtio.h"

struct virtio_mmio_legacy;

/*
 * Maps a window at `base` and makes the device a legacy one. Borrows the device. `name` is the
 * window's, kept.
 */
struct virtio_mmio_legacy *virtio_mmio_legacy_new(struct mmio_bus *bus, const char *name,
                                                  uint64_t base, struct virtio_dev *dev);
void virtio_mmio_legacy_free(struct virtio_mmio_legacy *mmio);

#endif
