/*
 * fake_tree.h - device trees for unit tests of drivers
 *
 * Three nodes below the root, with two cells for addresses and sizes: "intc", "timer" and, for each
 * window, "virtio_mmio".
 */
#ifndef DRIVERS_FAKE_TREE_H
#define DRIVERS_FAKE_TREE_H

#include "drivers/platform.h"

struct fake_tree {
    const char *controller; /* compatible; NULL: no such node */
    uint64_t distributor, cpu_interface;
    uint32_t cpu_interface_size; /* 0: 64 KiB */
    unsigned regions;            /* of redistributors; 0: the tree does not say */
    uint64_t region;             /* the second one, of 128 KiB */
    const char *timer;           /* compatible; NULL: no such node */
    unsigned timer_interrupts;   /* entries of its interrupts: PPIs 13, 14, 11, 10 */
    unsigned windows;
    uint64_t window_base, window_step;
};

/*
 * Builds and opens it. The blob is valid until the next call; it is boot information too
 * (fake_hal.boot).
 */
void fake_tree_open(const struct fake_tree *tree, struct platform *platform);

#endif
