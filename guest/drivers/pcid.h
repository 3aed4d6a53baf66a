/*
 * pcid.h - the program that finds devices and starts their daemons
 *
 *     pcid
 *
 * goes through the virtio-mmio windows and the functions of PCI, and looks each up in
 * /etc/pcid.conf, or in a table of its own where there is no such file:
 *
 *     # bus  identity         command
 *     mmio   1                virtio-netd -n eth%
 *     mmio   9                virtio-9pd
 *     pci    1af4:1041        virtio-netd -n eth%
 *     pci    1af4:1049        virtio-9pd
 *
 * The identity is a virtio device type, or vendor and device in hexadecimal. The first line that
 * fits counts; `%` becomes the number of devices to which a command with one was given before.
 * Behind the command come the device's name and its interrupt (virtio_daemon.h). Each device is
 * said on a line of standard output, with what became of it. A daemon is waited for until it says
 * that it serves, or has ended: so what there is at the beginning is there when pcid ends.
 *
 * It gives PCI its addresses and is for the beginning: a second one does nothing. Exit status: 0; 1
 * that was a second one, or a daemon could not be started; 2 the table is wrong.
 */
#ifndef DRIVERS_PCID_H
#define DRIVERS_PCID_H

int pcid_main(int argc, char **argv);

#endif
