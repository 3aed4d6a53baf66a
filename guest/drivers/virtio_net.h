/*
 * virtio_net.h - driver of the virtio network device
 */
#ifndef DRIVERS_VIRTIO_NET_H
#define DRIVERS_VIRTIO_NET_H

#include "drivers/virtio_transport.h"

/*
 * Initialises the device, registers a network interface and starts its task. 0, or an error after
 * giving up.
 */
int virtio_net_probe(struct virtio_device *device);

#endif
