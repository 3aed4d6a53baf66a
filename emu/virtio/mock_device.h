/*
 * mock_device.h - the least that is a virtio device, for tests of what all devices share
 *
 * Two queues, "a" and "b", and a configuration space of eight bytes, 10 11 12 … 17 at first. It
 * pops nothing by itself, and counts what it is told.
 */
#ifndef EMU_VIRTIO_MOCK_DEVICE_H
#define EMU_VIRTIO_MOCK_DEVICE_H

#include "emu/virtio/mock_driver.h"
#include "emu/virtio/virtio_mmio_legacy.h"

#define MOCK_DEVICE_ID         42
#define MOCK_DEVICE_QUEUE_SIZE 16
#define MOCK_DEVICE_FEATURE    3 /* offered */
#define MOCK_DEVICE_NEEDS      5 /* offered, and needs the one above */

/* Offered as well. */
#define MOCK_INDIRECT_DESC        (UINT64_C(1) << 28)
#define MOCK_EVENT_IDX            (UINT64_C(1) << 29)
#define MOCK_IN_ORDER             (UINT64_C(1) << 35)
#define MOCK_DEVICE_RING_FEATURES (MOCK_INDIRECT_DESC | MOCK_EVENT_IDX | MOCK_IN_ORDER)

struct mock_device {
    struct virtio_dev dev;
    uint8_t config[8];
    unsigned started, resets;
    unsigned kicks[2];
    struct virtqueue_chain chain;
};

/* The whole bench: machine, device named "dev0", MMIO window. */
struct mock_setup {
    struct mock_machine machine;
    struct mock_device device;
    struct virtio_mmio *mmio;          /* one of the two */
    struct virtio_mmio_legacy *legacy; /* NULL: the other */
};

void mock_setup_init(struct mock_setup *setup);
void mock_setup_init_legacy(struct mock_setup *setup);
void mock_setup_fini(struct mock_setup *setup);

/*
 * Negotiates and sets DRIVER_OK, with ring 0 enabled in between, of `size` entries, and counters at
 * zero.
 */
void mock_setup_start(struct mock_setup *setup, struct mock_ring *ring, unsigned size);
void mock_setup_start_with(struct mock_setup *setup, struct mock_ring *ring, unsigned size,
                           uint64_t features);

static inline struct virtqueue *mock_setup_queue(struct mock_setup *setup)
{
    return virtio_dev_queue(&setup->device.dev, 0);
}

#endif
