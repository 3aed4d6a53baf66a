/*
 * virtio_netd.h - the daemon of a virtio network device, as a program
 *
 *     virtio-netd [-n NAME] [-t forget|block|spin] [-p HZ] [-b BYTES] DEVICE INTERRUPT
 *
 * serves the scheme network.DEVICE_virtio_net (network_scheme.h) of a device that pcid has found:
 * its name (device_name.h) and the INTID of its line, "38", or "48e" where that is triggered by
 * edges. NAME is what the bench calls its queues and counters; otherwise eth0, eth1, … in the order
 * in which devices were first served. What a write waits for: `forget`, nothing; `block`, that the
 * device is done with the frame; `spin`, the same, and the daemon does nothing else meanwhile. HZ:
 * it looks so often without an interrupt. BYTES: of receive buffers, where the device merges them.
 *
 * Exit status: 1 when there is nothing to serve (any more), 2 when the command line is wrong.
 */
#ifndef DRIVERS_VIRTIO_NETD_H
#define DRIVERS_VIRTIO_NETD_H

int virtio_netd_main(int argc, char **argv);

#endif
