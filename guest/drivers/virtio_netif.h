/*
 * virtio_netif.h - a virtio network device as an interface of the kernel's stack
 */
#ifndef DRIVERS_VIRTIO_NETIF_H
#define DRIVERS_VIRTIO_NETIF_H

#include "drivers/virtio_transport.h"

/*
 * Initialises the device, registers a network interface and starts its task. 0, or an error after
 * giving up. Boot parameters: `tx`, `poll`, `rx-buffer`, `ring-start`.
 */
int virtio_netif_probe(struct virtio_device *device);

#endif
