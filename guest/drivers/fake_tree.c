/*
 * fake_tree.c - device trees for unit tests of drivers
 */
#include "drivers/fake_tree.h"

#include "drivers/fake_hal.h"
#include "lib/kassert.h"

#include <libfdt.h>
#include <string.h>

#define FAKE_TREE_SIZE      4096
#define FAKE_CELLS_MAX      12
#define FAKE_SPI_OF_WINDOWS 16

static uint8_t fake_tree_blob[FAKE_TREE_SIZE];

static void fake_put_cells(const char *name, const uint32_t *cells, unsigned count)
{
    uint8_t bytes[4 * FAKE_CELLS_MAX];
    kassert(count <= FAKE_CELLS_MAX);
    for (unsigned i = 0; i < count; i++)
        fdt32_st(bytes + 4 * i, cells[i]);
    kassert(fdt_property(fake_tree_blob, name, bytes, (int)(4 * count)) == 0);
}

static void fake_put_compatible(const char *text)
{
    kassert(fdt_property(fake_tree_blob, "compatible", text, (int)strlen(text) + 1) == 0);
}

static void fake_put_controller(const struct fake_tree *tree)
{
    const uint32_t reg[] = {
        (uint32_t)(tree->distributor >> 32),
        (uint32_t)tree->distributor,
        0,
        0x10000,
        (uint32_t)(tree->cpu_interface >> 32),
        (uint32_t)tree->cpu_interface,
        0,
        tree->cpu_interface_size == 0 ? 0x10000 : tree->cpu_interface_size,
        (uint32_t)(tree->region >> 32),
        (uint32_t)tree->region,
        0,
        0x20000,
    };
    const uint32_t regions[] = {tree->regions};
    fdt_begin_node(fake_tree_blob, "intc");
    fake_put_compatible(tree->controller);
    fake_put_cells("reg", reg, tree->regions == 2 ? 12 : 8);
    if (tree->regions != 0)
        fake_put_cells("#redistributor-regions", regions, 1);
    fdt_end_node(fake_tree_blob);
}

static void fake_put_timer(const struct fake_tree *tree)
{
    static const uint32_t interrupts[] = {1, 13, 0x104, 1, 14, 0x104, 1, 11, 0x104, 1, 10, 0x104};
    fdt_begin_node(fake_tree_blob, "timer");
    fake_put_compatible(tree->timer);
    fake_put_cells("interrupts", interrupts, 3 * tree->timer_interrupts);
    fdt_end_node(fake_tree_blob);
}

static void fake_put_window(const struct fake_tree *tree, unsigned slot)
{
    uint64_t base = tree->window_base + slot * tree->window_step;
    const uint32_t reg[] = {(uint32_t)(base >> 32), (uint32_t)base, 0, 0x200};
    const uint32_t interrupts[] = {0, FAKE_SPI_OF_WINDOWS + slot, 1};
    fdt_begin_node(fake_tree_blob, "virtio_mmio");
    fake_put_compatible("virtio,mmio");
    fake_put_cells("reg", reg, 4);
    fake_put_cells("interrupts", interrupts, 3);
    fdt_end_node(fake_tree_blob);
}

void fake_tree_open(const struct fake_tree *tree, struct platform *platform)
{
    static const uint32_t two[] = {2};
    fdt_create(fake_tree_blob, FAKE_TREE_SIZE);
    fdt_finish_reservemap(fake_tree_blob);
    fdt_begin_node(fake_tree_blob, "");
    fake_put_cells("#address-cells", two, 1);
    fake_put_cells("#size-cells", two, 1);
    if (tree->controller != NULL)
        fake_put_controller(tree);
    if (tree->timer != NULL)
        fake_put_timer(tree);
    for (unsigned slot = 0; slot < tree->windows; slot++)
        fake_put_window(tree, slot);
    fdt_end_node(fake_tree_blob);
    kassert(fdt_finish(fake_tree_blob) == 0);
    fake_hal.boot.device_tree = fake_tree_blob;
    fake_hal.boot.device_tree_size = fdt_totalsize(fake_tree_blob);
    kassert(platform_from_fdt(platform, &fake_hal.boot) == 0);
}
