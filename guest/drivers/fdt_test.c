/*
 * The device tree parser, on trees that libfdt has built, whole and damaged in every place.
 */
#include "drivers/fdt.h"

#include "lib/errno.h"
#include "tests/unit.h"

#include <libfdt.h>
#include <string.h>

#define BLOB_SIZE 2048

static uint8_t blob[BLOB_SIZE];

static void tree_u32s(void *to, const char *name, const uint32_t *values, size_t count)
{
    uint8_t bytes[64];
    for (size_t i = 0; i < count; i++)
        fdt32_st(bytes + 4 * i, values[i]);
    CU_ASSERT_EQUAL(fdt_property(to, name, bytes, (int)(4 * count)), 0);
}
static void tree_string(const char *name, const char *text)
{
    CU_ASSERT_EQUAL(fdt_property(blob, name, text, (int)strlen(text) + 1), 0);
}
#define U32S(...) (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4

/* A controller, a timer, three windows of which one is disabled; and a bus with other cells. */
static size_t tree_build(void)
{
    memset(blob, 0, sizeof(blob));
    fdt_create(blob, sizeof(blob));
    fdt_finish_reservemap(blob);
    fdt_begin_node(blob, "");
    tree_u32s(blob, "#address-cells", U32S(2));
    tree_u32s(blob, "#size-cells", U32S(2));
    fdt_begin_node(blob, "intc@8000000");
    tree_string("compatible", "arm,cortex-a15-gic");
    tree_u32s(blob, "reg", U32S(0, 0x8000000, 0, 0x10000, 0, 0x8010000, 0, 0x10000));
    fdt_end_node(blob);
    fdt_begin_node(blob, "timer");
    fdt_property(blob, "compatible", "arm,armv8-timer\0arm,armv7-timer", 32);
    tree_u32s(blob, "interrupts", U32S(1, 13, 0x104, 1, 14, 0x104, 1, 11, 0x104, 1, 10, 0x104));
    fdt_end_node(blob);
    for (unsigned i = 0; i < 3; i++) {
        fdt_begin_node(blob, i == 0 ? "w@a000000" : i == 1 ? "w@a000200" : "w@a000400");
        tree_string("compatible", "virtio,mmio");
        tree_string("status", i == 1 ? "disabled" : "okay");
        tree_u32s(blob, "reg", U32S(0, 0xa000000 + 0x200 * i, 0, 0x200));
        tree_u32s(blob, "interrupts", U32S(0, 16 + i, i == 2 ? 4 : 1));
        fdt_end_node(blob);
    }
    fdt_begin_node(blob, "bus");
    tree_u32s(blob, "#address-cells", U32S(1));
    tree_u32s(blob, "#size-cells", U32S(0));
    fdt_begin_node(blob, "leaf@7");
    tree_u32s(blob, "reg", U32S(7));
    fdt_end_node(blob);
    fdt_end_node(blob);
    fdt_end_node(blob);
    CU_ASSERT_EQUAL_FATAL(fdt_finish(blob), 0);
    return fdt_totalsize(blob);
}

static const char *const none[] = {"nobody,nothing", NULL};

static void test_nodes_come_in_the_order_of_the_tree(void)
{
    static const char *const names[] = {"",          "intc@8000000", "timer", "w@a000000",
                                        "w@a000200", "w@a000400",    "bus",   "leaf@7"};
    struct fdt fdt;
    struct fdt_walk walk;
    struct fdt_node node;
    CU_ASSERT_EQUAL_FATAL(fdt_open(&fdt, blob, tree_build()), 0);
    fdt_walk_init(&walk, &fdt);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        CU_ASSERT_EQUAL_FATAL(fdt_walk_next(&walk, &node), 1);
        CU_ASSERT_STRING_EQUAL(node.name, names[i]);
    }
    CU_ASSERT_EQUAL(fdt_walk_next(&walk, &node), 0);
}

static void test_compatible_finds_any_of_several_texts(void)
{
    static const char *const timers[] = {"arm,armv9-timer", "arm,armv7-timer", NULL};
    struct fdt fdt;
    struct fdt_node node;
    fdt_open(&fdt, blob, tree_build());
    CU_ASSERT_TRUE(fdt_find(&fdt, timers, &node));
    CU_ASSERT_STRING_EQUAL(node.name, "timer");
    CU_ASSERT_TRUE(fdt_node_is_compatible(&node, "arm,armv8-timer"));
    CU_ASSERT_FALSE(fdt_node_is_compatible(&node, "arm,armv8"));
    CU_ASSERT_FALSE(fdt_find(&fdt, none, &node));
}

static void test_disabled_nodes_are_not_found(void)
{
    static const char *const windows[] = {"virtio,mmio", NULL};
    struct fdt fdt;
    struct fdt_walk walk;
    struct fdt_node node;
    unsigned enabled = 0;
    fdt_open(&fdt, blob, tree_build());
    CU_ASSERT_TRUE(fdt_find(&fdt, windows, &node));
    CU_ASSERT_STRING_EQUAL(node.name, "w@a000000");
    fdt_walk_init(&walk, &fdt);
    while (fdt_walk_next(&walk, &node) == 1) {
        if (fdt_node_is_compatible(&node, "virtio,mmio") && fdt_node_is_enabled(&node))
            enabled++;
    }
    CU_ASSERT_EQUAL(enabled, 2);
}

static void test_reg_is_read_with_the_cells_of_the_parent(void)
{
    static const char *const gics[] = {"arm,cortex-a15-gic", NULL};
    struct fdt fdt;
    struct fdt_walk walk;
    struct fdt_node node;
    uint64_t address, size;
    fdt_open(&fdt, blob, tree_build());
    CU_ASSERT_TRUE_FATAL(fdt_find(&fdt, gics, &node));
    CU_ASSERT_TRUE(fdt_node_reg(&node, 1, &address, &size));
    CU_ASSERT_EQUAL(address, 0x8010000);
    CU_ASSERT_EQUAL(size, 0x10000);
    CU_ASSERT_FALSE(fdt_node_reg(&node, 2, &address, &size));
    fdt_walk_init(&walk, &fdt);
    while (fdt_walk_next(&walk, &node) == 1 && strcmp(node.name, "leaf@7") != 0)
        continue;
    CU_ASSERT_TRUE(fdt_node_reg(&node, 0, &address, &size));
    CU_ASSERT_EQUAL(address, 7);
    CU_ASSERT_EQUAL(size, 0);
}

static void test_cells_that_make_no_sense_give_no_reg(void)
{
    static const uint8_t reg[24] = {1};
    struct fdt_node node = {.reg = {reg, sizeof(reg)}, .cells = {0, 0}};
    uint64_t address, size;
    CU_ASSERT_FALSE(fdt_node_reg(&node, 0, &address, &size));
    node.cells = (struct fdt_cells){3, 1};
    CU_ASSERT_FALSE(fdt_node_reg(&node, 0, &address, &size));
    node.cells = (struct fdt_cells){1, UINT32_MAX};
    CU_ASSERT_FALSE(fdt_node_reg(&node, 0, &address, &size));
}

static void test_interrupts_become_intids(void)
{
    static const char *const timers[] = {"arm,armv8-timer", NULL};
    static const char *const windows[] = {"virtio,mmio", NULL};
    struct fdt fdt;
    struct fdt_node node;
    struct fdt_interrupt irq;
    fdt_open(&fdt, blob, tree_build());
    CU_ASSERT_TRUE_FATAL(fdt_find(&fdt, timers, &node));
    CU_ASSERT_TRUE(fdt_node_interrupt(&node, 1, &irq));
    CU_ASSERT_EQUAL(irq.intid, 30);
    CU_ASSERT_TRUE(fdt_node_interrupt(&node, 2, &irq));
    CU_ASSERT_EQUAL(irq.intid, 27);
    CU_ASSERT_FALSE(irq.edge_triggered);
    CU_ASSERT_FALSE(fdt_node_interrupt(&node, 4, &irq));
    CU_ASSERT_TRUE_FATAL(fdt_find(&fdt, windows, &node));
    CU_ASSERT_TRUE(fdt_node_interrupt(&node, 0, &irq));
    CU_ASSERT_EQUAL(irq.intid, 48);
    CU_ASSERT_TRUE(irq.edge_triggered);
}

static void test_interrupts_out_of_range_are_refused(void)
{
    static const uint8_t bytes[][12] = {
        {0, 0, 0, 0, 0, 0, 3, 0xdc, 0, 0, 0, 4}, /* SPI 988 */
        {0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 4},   /* PPI 16 */
        {0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4},    /* neither */
        {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 4},
    };
    struct fdt_interrupt irq;
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        struct fdt_node node = {.interrupts = {bytes[i], sizeof(bytes[i])}};
        CU_ASSERT_FALSE(fdt_node_interrupt(&node, 0, &irq));
    }
}

/*
 * Walks the whole tree and reads all that can be read; returns the end of the walk. Bounded by the
 * blob.
 */
static int tree_read_all(const struct fdt *fdt)
{
    struct fdt_walk walk;
    struct fdt_node node;
    struct fdt_interrupt irq;
    uint64_t address, size;
    int result;
    fdt_walk_init(&walk, fdt);
    while ((result = fdt_walk_next(&walk, &node)) == 1) {
        fdt_node_is_compatible(&node, "virtio,mmio");
        fdt_node_is_enabled(&node);
        fdt_node_reg(&node, 0, &address, &size);
        fdt_node_interrupt(&node, 0, &irq);
    }
    return result;
}

/* The copy has exactly its size, so that the sanitizer sees a read behind it. */
static void test_tree_cut_off_anywhere_is_refused(void)
{
    struct fdt fdt;
    size_t size = tree_build();
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut > 0 ? cut : 1);
        memcpy(part, blob, cut);
        CU_ASSERT_EQUAL(fdt_open(&fdt, part, cut), -KEINVAL);
        free(part);
    }
    CU_ASSERT_EQUAL(fdt_open(&fdt, NULL, 0), -KEINVAL);
}

/* Cut off in the middle, with a header that says so: the walk must notice. */
static void test_structure_cut_off_anywhere_ends_the_walk(void)
{
    struct fdt fdt;
    CU_ASSERT_EQUAL_FATAL(fdt_open(&fdt, blob, tree_build()), 0);
    struct fdt whole = fdt;
    for (size_t cut = 0; cut < whole.structure_size; cut++) {
        uint8_t *part = malloc(cut > 0 ? cut : 1);
        memcpy(part, whole.structure, cut);
        fdt.structure = part;
        fdt.structure_size = cut;
        CU_ASSERT_EQUAL(tree_read_all(&fdt), -KEINVAL);
        free(part);
    }
    fdt = whole;
    for (size_t cut = 0; cut < whole.strings_size; cut++) {
        fdt.strings_size = cut;
        CU_ASSERT_EQUAL(tree_read_all(&fdt), -KEINVAL);
    }
}

static void test_damaged_bytes_never_lead_astray(void)
{
    static const uint8_t values[] = {0x00, 0x01, 0x03, 0x7f, 0x80, 0xff};
    size_t size = tree_build();
    uint8_t *copy = malloc(size);
    unsigned opened = 0;
    for (size_t at = 0; at < size; at++) {
        for (size_t v = 0; v < sizeof(values); v++) {
            struct fdt fdt;
            memcpy(copy, blob, size);
            copy[at] = values[v];
            if (fdt_open(&fdt, copy, size) == 0) {
                tree_read_all(&fdt);
                opened++;
            }
        }
    }
    free(copy);
    CU_ASSERT_TRUE(opened > size);
}

static void test_nodes_deeper_than_the_limit_end_the_walk(void)
{
    struct fdt fdt;
    for (unsigned depth = FDT_DEPTH_MAX; depth <= FDT_DEPTH_MAX + 1; depth++) {
        fdt_create(blob, sizeof(blob));
        fdt_finish_reservemap(blob);
        for (unsigned i = 0; i < depth; i++)
            fdt_begin_node(blob, "n");
        for (unsigned i = 0; i < depth; i++)
            fdt_end_node(blob);
        CU_ASSERT_EQUAL_FATAL(fdt_finish(blob), 0);
        CU_ASSERT_EQUAL_FATAL(fdt_open(&fdt, blob, fdt_totalsize(blob)), 0);
        CU_ASSERT_EQUAL(tree_read_all(&fdt), depth == FDT_DEPTH_MAX ? 0 : -KEINVAL);
    }
}

/* ---- PCI ------------------------------------------------------------------------------------- */

#define GIC_PHANDLE 7

/* A bridge with a window of I/O and one of memory; slot 0 pin 1 is SPI 3, slot 1 pin 1 is SPI 4. */
static void bridge_open(struct fdt *fdt, struct fdt_node *bridge, uint32_t map_phandle)
{
    static const char *const texts[] = {"pci-host-ecam-generic", NULL};
    static uint8_t map[2 * 40];
    const uint32_t entries[2][10] = {
        {0x0000, 0, 0, 1, map_phandle, 0, 0, 0, 3, 4},
        {0x0800, 0, 0, 1, map_phandle, 0, 0, 0, 4, 4},
    };
    memset(blob, 0, sizeof(blob));
    fdt_create(blob, sizeof(blob));
    fdt_finish_reservemap(blob);
    fdt_begin_node(blob, "");
    tree_u32s(blob, "#address-cells", U32S(2));
    tree_u32s(blob, "#size-cells", U32S(2));
    fdt_begin_node(blob, "intc@8000000");
    tree_u32s(blob, "phandle", U32S(GIC_PHANDLE));
    tree_u32s(blob, "#address-cells", U32S(2));
    fdt_end_node(blob);
    fdt_begin_node(blob, "pcie@10000000");
    tree_string("compatible", "pci-host-ecam-generic");
    tree_u32s(blob, "#address-cells", U32S(3));
    tree_u32s(blob, "#size-cells", U32S(2));
    tree_u32s(blob, "ranges",
              U32S(0x01000000, 0, 0, 0, 0x3eff0000, 0, 0x10000, 0x02000000, 0, 0x20000000, 0,
                   0x10000000, 0, 0x2eff0000));
    tree_u32s(blob, "interrupt-map-mask", U32S(0x0800, 0, 0, 7));
    for (unsigned i = 0; i < 20; i++)
        fdt32_st(map + 4 * i, entries[i / 10][i % 10]);
    fdt_property(blob, "interrupt-map", map, sizeof(map));
    fdt_end_node(blob);
    fdt_end_node(blob);
    fdt_finish(blob);
    CU_ASSERT_EQUAL_FATAL(fdt_open(fdt, blob, fdt_totalsize(blob)), 0);
    CU_ASSERT_TRUE_FATAL(fdt_find(fdt, texts, bridge));
}

static void test_window_of_a_bridge_is_the_one_of_memory(void)
{
    struct fdt fdt;
    struct fdt_node bridge;
    struct fdt_pci_range window = {.size = 0};
    bridge_open(&fdt, &bridge, GIC_PHANDLE);
    CU_ASSERT_TRUE(fdt_node_pci_window(&bridge, &window));
    CU_ASSERT_EQUAL(window.bus_base, 0x20000000);
    CU_ASSERT_EQUAL(window.cpu_base, 0x10000000);
    CU_ASSERT_EQUAL(window.size, 0x2eff0000);
    bridge.ranges.size = 28 + 27; /* cut off */
    CU_ASSERT_FALSE(fdt_node_pci_window(&bridge, &window));
}

static void test_pin_is_looked_up_in_the_map_under_its_mask(void)
{
    struct fdt fdt;
    struct fdt_node bridge;
    struct fdt_interrupt interrupt = {.edge_triggered = true};
    bridge_open(&fdt, &bridge, GIC_PHANDLE);
    CU_ASSERT_TRUE(fdt_pci_interrupt(&fdt, &bridge, 0, 1, &interrupt));
    CU_ASSERT_EQUAL(interrupt.intid, 35);
    CU_ASSERT_FALSE(interrupt.edge_triggered);
    CU_ASSERT_TRUE(fdt_pci_interrupt(&fdt, &bridge, 5, 1, &interrupt)); /* as slot 1 */
    CU_ASSERT_EQUAL(interrupt.intid, 36);
    CU_ASSERT_FALSE(fdt_pci_interrupt(&fdt, &bridge, 0, 2, &interrupt)); /* not in the map */
    bridge.interrupt_map.size = 79; /* the last entry is cut off */
    CU_ASSERT_FALSE(fdt_pci_interrupt(&fdt, &bridge, 1, 1, &interrupt));
    bridge.interrupt_map.size = 0;
    CU_ASSERT_FALSE(fdt_pci_interrupt(&fdt, &bridge, 0, 1, &interrupt));
}

static void test_map_to_a_controller_that_is_not_there_says_nothing(void)
{
    struct fdt fdt;
    struct fdt_node bridge;
    struct fdt_interrupt interrupt;
    bridge_open(&fdt, &bridge, GIC_PHANDLE + 1);
    CU_ASSERT_FALSE(fdt_pci_interrupt(&fdt, &bridge, 0, 1, &interrupt));
}

UNIT_SUITE("fdt", UNIT_TEST(test_nodes_come_in_the_order_of_the_tree),
           UNIT_TEST(test_compatible_finds_any_of_several_texts),
           UNIT_TEST(test_disabled_nodes_are_not_found),
           UNIT_TEST(test_reg_is_read_with_the_cells_of_the_parent),
           UNIT_TEST(test_cells_that_make_no_sense_give_no_reg),
           UNIT_TEST(test_interrupts_become_intids),
           UNIT_TEST(test_interrupts_out_of_range_are_refused),
           UNIT_TEST(test_tree_cut_off_anywhere_is_refused),
           UNIT_TEST(test_structure_cut_off_anywhere_ends_the_walk),
           UNIT_TEST(test_damaged_bytes_never_lead_astray),
           UNIT_TEST(test_nodes_deeper_than_the_limit_end_the_walk),
           UNIT_TEST(test_window_of_a_bridge_is_the_one_of_memory),
           UNIT_TEST(test_pin_is_looked_up_in_the_map_under_its_mask),
           UNIT_TEST(test_map_to_a_controller_that_is_not_there_says_nothing))
