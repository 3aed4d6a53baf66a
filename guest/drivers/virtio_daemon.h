/*
 * virtio_daemon.h - what is the same for the daemons of virtio devices
 *
 * A daemon is told by its arguments where its device is and which interrupt that raises, as pcid
 * gives them: "mmio-0a003e00 48", or "48e" where the line is triggered by edges. It serves one
 * scheme, and waits in one event queue for requests, interrupts, and whatever else it watches.
 *
 * Functions that return text return NULL, or what is wrong.
 */
#ifndef DRIVERS_VIRTIO_DAEMON_H
#define DRIVERS_VIRTIO_DAEMON_H

#include "drivers/device_name.h"
#include "drivers/virtio_mmio.h"
#include "drivers/virtio_pci.h"

struct virtio_daemon_place {
    const char *text;
    struct device_name name;
    struct virtio_interrupt interrupt;
};

/* It outlives the program, since the device does. */
struct virtio_daemon {
    unsigned number;                   /* among those that are kept with it */
    char device_name[DEVICE_NAME_MAX]; /* "": nobody has served one here */
    struct virtio_device *device;      /* of one of these: */
    struct virtio_mmio mmio;
    struct virtio_pci pci;

    /* descriptors of the program that runs */
    int root, queue;
    unsigned interrupt_count;
    int interrupts[VIRTIO_INTERRUPTS_MAX];
};

/* The two arguments; keeps the first. False: they are none. */
bool virtio_daemon_parse(struct virtio_daemon_place *place, const char *device,
                         const char *interrupt);
/* "PROGRAM: DEVICE: TEXT" to standard error, at once. */
void virtio_daemon_say(const char *program, const char *device, const char *text);

/*
 * What serves a device, and begins with its daemon: that which served it before, or one that is
 * free, all zero the first time. `kept` are as many as were needed. NULL: there is no place, or no
 * memory, for one more.
 */
void *virtio_daemon_keep(struct virtio_daemon *kept[], unsigned most, size_t size_bytes,
                         const char *device);
/* Finds the device, which is of this type, unless that was done before. */
const char *virtio_daemon_find(struct virtio_daemon *daemon,
                               const struct virtio_daemon_place *place, uint32_t device_id);
/* The scheme's root, which does not block, and an event queue that tells `word` of requests. */
const char *virtio_daemon_open_scheme(struct virtio_daemon *daemon, const char *scheme,
                                      uint64_t word);
/* The files of what the device raises, which the queue tells of with `first`, and those behind. */
const char *virtio_daemon_open_interrupts(struct virtio_daemon *daemon, uint64_t first);
/* One of them came, or may have: takes it, and lets it come again. The reasons, VIRQ_…. */
uint32_t virtio_daemon_take_interrupt(struct virtio_daemon *daemon, unsigned index);

#endif
