/*
 * fuzz_fdt.c - any bytes as a device tree, for the reference guest
 *
 * The walk ends, within the steps that the blob has tokens for, and all that it shows lies inside
 * the blob.
 */
#include "drivers/fdt.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

#define FUZZ_ENTRIES 4 /* of reg and interrupts, looked at */

static void fuzz_check_inside(const uint8_t *data, size_t size, const void *part, size_t part_size)
{
    const uint8_t *at = part;
    FUZZ_CHECK(part_size == 0 ||
               (at >= data && at <= data + size && part_size <= (size_t)(data + size - at)));
}

static void fuzz_check_node(const uint8_t *data, size_t size, const struct fdt_node *node)
{
    fuzz_check_inside(data, size, node->name, strlen(node->name) + 1);
    fuzz_check_inside(data, size, node->compatible.data, node->compatible.size);
    fuzz_check_inside(data, size, node->reg.data, node->reg.size);
    fuzz_check_inside(data, size, node->interrupts.data, node->interrupts.size);
    fuzz_check_inside(data, size, node->status.data, node->status.size);
    fdt_node_is_compatible(node, "virtio,mmio");
    fdt_node_is_enabled(node);
    for (unsigned i = 0; i < FUZZ_ENTRIES; i++) {
        uint64_t address, length;
        struct fdt_interrupt interrupt;
        bool has_previous = i == 0 || fdt_node_reg(node, i - 1, &address, &length);
        FUZZ_CHECK(!fdt_node_reg(node, i, &address, &length) || has_previous);
        fdt_node_interrupt(node, i, &interrupt);
    }
    uint64_t address, length;
    struct fdt_interrupt interrupt;
    fdt_node_reg(node, UINT32_MAX, &address, &length);
    fdt_node_interrupt(node, UINT32_MAX, &interrupt);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    static const char *const texts[] = {"arm,cortex-a15-gic", "arm,gic-400", NULL};
    struct fdt fdt;
    if (fdt_open(&fdt, data, size) != 0) {
        return;
    }
    fuzz_check_inside(data, size, fdt.structure, fdt.structure_size);
    fuzz_check_inside(data, size, fdt.strings, fdt.strings_size);

    struct fdt_walk walk;
    struct fdt_node node;
    size_t steps = 0;
    fdt_walk_init(&walk, &fdt);
    while (fdt_walk_next(&walk, &node) == 1) {
        FUZZ_CHECK(++steps <= size / 4);
        FUZZ_CHECK(walk.depth > 0 && walk.depth <= FDT_DEPTH_MAX);
        fuzz_check_node(data, size, &node);
    }
    if (fdt_find(&fdt, texts, &node)) {
        fuzz_check_node(data, size, &node);
    }
}
