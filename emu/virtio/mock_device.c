/*
 * mock_device.c - the least that is a virtio device, for tests of what all devices share
 */
#include "emu/virtio/mock_device.h"

#include <string.h>

static struct mock_device *mock_device_of(struct virtio_dev *dev)
{
    return (struct mock_device *)((char *)dev - offsetof(struct mock_device, dev));
}

static void mock_device_config_read(struct virtio_dev *dev, size_t offset, void *buffer,
                                    size_t size)
{
    memcpy(buffer, mock_device_of(dev)->config + offset, size);
}

static void mock_device_config_write(struct virtio_dev *dev, size_t offset, const void *buffer,
                                     size_t size)
{
    memcpy(mock_device_of(dev)->config + offset, buffer, size);
}

static bool mock_device_features_ok(struct virtio_dev *dev, uint64_t features)
{
    (void)dev;
    return (features >> MOCK_DEVICE_NEEDS & 1) == 0 || (features >> MOCK_DEVICE_FEATURE & 1) != 0;
}

static void mock_device_started(struct virtio_dev *dev)
{
    mock_device_of(dev)->started++;
}

static void mock_device_kicked(struct virtio_dev *dev, unsigned queue)
{
    mock_device_of(dev)->kicks[queue]++;
}

static void mock_device_reset(struct virtio_dev *dev)
{
    mock_device_of(dev)->resets++;
}

static const char *const mock_device_queue_names[] = {"a", "b"};

static const struct virtio_dev_ops mock_device_ops = {
    .device_id = MOCK_DEVICE_ID,
    .queue_count = 2,
    .queue_names = mock_device_queue_names,
    .config_size = 8,
    .config_read = mock_device_config_read,
    .config_write = mock_device_config_write,
    .features_ok = mock_device_features_ok,
    .started = mock_device_started,
    .kicked = mock_device_kicked,
    .reset = mock_device_reset,
};

static void mock_setup_init_device(struct mock_setup *setup)
{
    memset(setup, 0, sizeof(*setup));
    mock_machine_init(&setup->machine);
    virtio_dev_init(&setup->device.dev, &mock_device_ops, &setup->machine.env, "dev0",
                    UINT64_C(1) << MOCK_DEVICE_FEATURE | UINT64_C(1) << MOCK_DEVICE_NEEDS |
                        MOCK_DEVICE_RING_FEATURES,
                    MOCK_DEVICE_QUEUE_SIZE, setup->machine.line);
    for (size_t i = 0; i < sizeof(setup->device.config); i++) {
        setup->device.config[i] = (uint8_t)(0x10 + i);
    }
}

void mock_setup_init(struct mock_setup *setup)
{
    mock_setup_init_device(setup);
    setup->mmio = virtio_mmio_new(setup->machine.bus, "slot0", MOCK_MMIO_BASE, &setup->device.dev);
}

void mock_setup_init_legacy(struct mock_setup *setup)
{
    mock_setup_init_device(setup);
    setup->legacy =
        virtio_mmio_legacy_new(setup->machine.bus, "slot0", MOCK_MMIO_BASE, &setup->device.dev);
}

void mock_setup_fini(struct mock_setup *setup)
{
    virtio_dev_fini(&setup->device.dev);
    mock_machine_fini(&setup->machine);
    virtio_mmio_free(setup->mmio);
    virtio_mmio_legacy_free(setup->legacy);
}

void mock_setup_start(struct mock_setup *setup, struct mock_ring *ring, unsigned size)
{
    mock_setup_start_with(setup, ring, size, 0);
}

void mock_setup_start_with(struct mock_setup *setup, struct mock_ring *ring, unsigned size,
                           uint64_t features)
{
    mock_driver_negotiate(&setup->machine, features);
    mock_ring_init(ring, &setup->machine, 0, size);
    mock_driver_ok(&setup->machine);
    mock_machine_forget(&setup->machine);
}
