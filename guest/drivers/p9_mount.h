/*
 * p9_mount.h - a shared folder as part of the kernel's tree: /mnt/TAG
 */
#ifndef DRIVERS_P9_MOUNT_H
#define DRIVERS_P9_MOUNT_H

#include "drivers/virtio_transport.h"

/*
 * For the table of drivers: brings the device up and mounts it, without a word to the server, which
 * is asked when the folder is looked at first. 0, or an error after giving up.
 */
int p9_mount_probe(struct virtio_device *device);

#endif
