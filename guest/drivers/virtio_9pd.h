/*
 * virtio_9pd.h - the daemon of a shared folder, as a program
 *
 *     virtio-9pd DEVICE INTERRUPT
 *
 * serves the scheme 9p.TAG of a device that pcid has found (virtio_daemon.h), under the mount tag
 * of the device. Everything else the boot parameters say (p9_options.h).
 *
 * Exit status: 1 when there is nothing to serve (any more), 2 when the command line is wrong.
 */
#ifndef DRIVERS_VIRTIO_9PD_H
#define DRIVERS_VIRTIO_9PD_H

int virtio_9pd_main(int argc, char **argv);

#endif
