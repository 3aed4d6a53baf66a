/*
 * fdt.h - reading a flattened device tree [DTSPEC0.4] 5
 *
 * A walk goes over the nodes in the order of the blob and shows of each the few properties that the
 * drivers need. There is no tree in memory, no pointer back, no recursion. Nothing in the blob is
 * trusted: every read is bounded by its block, and damage ends the walk. Not done: `ranges` of
 * buses other than PCI (those of this machine are mapped one to one), interrupt-parent (there is
 * one interrupt controller), nodes deeper than FDT_DEPTH_MAX.
 */
#ifndef DRIVERS_FDT_H
#define DRIVERS_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_DEPTH_MAX 16

struct fdt {
    const uint8_t *structure;
    size_t structure_size;
    const uint8_t *strings;
    size_t strings_size;
};

/*
 * How the reg property of a node's children is written: 32-bit cells an address, and a size, has.
 */
struct fdt_cells {
    uint32_t address, size;
};

struct fdt_walk {
    const struct fdt *fdt;
    size_t offset;
    unsigned depth; /* of the node that was shown last; the root has 1 */
    struct fdt_cells cells[FDT_DEPTH_MAX + 1];
};

/* A property's value; without the property the size is 0. */
struct fdt_value {
    const uint8_t *data;
    size_t size;
};

/* Points into the blob. */
struct fdt_node {
    const char *name; /* "virtio_mmio@a000000"; the root's is empty */
    struct fdt_value compatible, reg, interrupts, status;
    struct fdt_value phandle, ranges, interrupt_map, interrupt_map_mask;
    struct fdt_value redistributor_regions; /* of a GICv3 */
    struct fdt_cells cells;                 /* of its parent */
    struct fdt_cells children;              /* its own, for what is below it */
};

struct fdt_interrupt {
    uint32_t intid;
    bool edge_triggered;
};

/* Checks the header of the blob, which is kept. 0, or -KEINVAL. */
int fdt_open(struct fdt *fdt, const void *blob, size_t size);

void fdt_walk_init(struct fdt_walk *walk, const struct fdt *fdt);
/* 1: here is the next node. 0: that was the last. -KEINVAL: the tree is damaged here. */
int fdt_walk_next(struct fdt_walk *walk, struct fdt_node *node);

/* Is the text one of those in the node's `compatible`? */
bool fdt_node_is_compatible(const struct fdt_node *node, const char *text);
/* No `status`, or "okay". */
bool fdt_node_is_enabled(const struct fdt_node *node);
/* The index-th entry of `reg`. False when there is none. */
bool fdt_node_reg(const struct fdt_node *node, unsigned index, uint64_t *address, uint64_t *size);
/* How many entries of `reg`, from the second one on, are regions of redistributors. */
uint32_t fdt_node_redistributor_regions(const struct fdt_node *node);
/*
 * The index-th entry of `interrupts`, in the three cells of the Arm GIC's binding. False when there
 * is none.
 */
bool fdt_node_interrupt(const struct fdt_node *node, unsigned index,
                        struct fdt_interrupt *interrupt);

/* Where a window of 32-bit memory of a PCI host bridge is. */
struct fdt_pci_range {
    uint64_t bus_base, cpu_base, size;
};
/* The first such window in the `ranges` of a host bridge. False when there is none. */
bool fdt_node_pci_window(const struct fdt_node *bridge, struct fdt_pci_range *window);
/*
 * What a pin (from 1) of function 0 in a slot of bus 0 raises, by the bridge's interrupt-map
 * [DTSPEC0.4] 2.4.3. The controllers that the map names must have the GIC's binding. False when the
 * map does not say.
 */
bool fdt_pci_interrupt(const struct fdt *fdt, const struct fdt_node *bridge, unsigned slot,
                       unsigned pin, struct fdt_interrupt *interrupt);

/* The first enabled node that is compatible with one of the texts (ended by NULL). */
bool fdt_find(const struct fdt *fdt, const char *const *texts, struct fdt_node *node);

#endif
