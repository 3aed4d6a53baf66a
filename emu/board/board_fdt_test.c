/*
 * board_fdt_test.c - the device tree, read back with libfdt
 *
 * Addresses and INTIDs are compared with the constants of board.h, which the machine itself is
 * built from, and those constants with numbers written out here: three witnesses.
 */
#include "emu/board/board_priv.h"

#include "emu/virtio/virtio_mmio.h"
#include "tests/unit.h"

#include <libfdt.h>
#include <string.h>

#define BLOB_SIZE 16384
#define RAM_BASE  UINT64_C(0x140000000)
#define RAM_SIZE  (UINT64_C(64) << 20)

static struct board_config config;
static char blob[BLOB_SIZE] __attribute__((aligned(8)));

static size_t write_tree_of(enum gic_version gic, unsigned cpus, const char *command_line)
{
    GError *error = NULL;
    config.gic = gic;
    config.cpus = cpus;
    config.command_line = command_line;
    memset(blob, 0xee, sizeof(blob));
    size_t size = board_fdt_write(RAM_BASE, RAM_SIZE, &config, blob, sizeof(blob), &error);
    g_assert_no_error(error);
    return size;
}

static size_t write_tree(const char *command_line)
{
    return write_tree_of(GIC_V2, 1, command_line);
}

static int node(const char *path)
{
    int offset = fdt_path_offset(blob, path);
    CU_ASSERT_FATAL(offset >= 0);
    return offset;
}

/* A property that must be there: a test cannot go on without it. */
static const void *property(int at, const char *name, int *size)
{
    const void *value = fdt_getprop(blob, at, name, size);
    g_assert(value != NULL);
    return value;
}

/* The property's cells are exactly these. */
static void expect_cells(int at, const char *name, const uint32_t *cells, int count)
{
    int size;
    const fdt32_t *value = property(at, name, &size);
    CU_ASSERT_EQUAL_FATAL(size, count * 4);
    for (int i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(fdt32_to_cpu(value[i]), cells[i]);
    }
}

static void expect_string(int at, const char *name, const char *expected)
{
    int size;
    const char *value = property(at, name, &size);
    CU_ASSERT_EQUAL(size, (int)strlen(expected) + 1);
    CU_ASSERT_STRING_EQUAL(value, expected);
}

static void expect_flag(int at, const char *name)
{
    int size = -1;
    CU_ASSERT_PTR_NOT_NULL(fdt_getprop(blob, at, name, &size));
    CU_ASSERT_EQUAL(size, 0);
}

/* INTID of the n-th specifier, by the GIC's binding. */
static unsigned intid_of(int at, int index)
{
    int size;
    const fdt32_t *value = property(at, "interrupts", &size);
    CU_ASSERT_FATAL(size >= (index + 1) * 12);
    const fdt32_t *specifier = value + (ptrdiff_t)index * 3;
    bool shared = fdt32_to_cpu(specifier[0]) == 0;
    CU_ASSERT_EQUAL(fdt32_to_cpu(specifier[2]) & 0xf, 4); /* level, high */
    return fdt32_to_cpu(specifier[1]) + (shared ? 32 : 16);
}

static void test_blob_is_well_formed_and_as_large_as_said(void)
{
    size_t size = write_tree("face=posix");
    CU_ASSERT_EQUAL(fdt_check_full(blob, size), 0);
    CU_ASSERT_EQUAL(fdt_totalsize(blob), size);
    CU_ASSERT(size > 0 && size < sizeof(blob));
}

static void test_root_has_two_cells_and_the_gic_as_parent(void)
{
    write_tree("");
    int root = node("/");
    CU_ASSERT_EQUAL(fdt_address_cells(blob, root), 2);
    CU_ASSERT_EQUAL(fdt_size_cells(blob, root), 2);
    expect_string(root, "compatible", "linux,dummy-virt");
    int gic = node("/intc@8000000");
    const uint32_t parent = fdt_get_phandle(blob, gic);
    CU_ASSERT(parent != 0);
    expect_cells(root, "interrupt-parent", &parent, 1);
}

static void test_memory_is_physical(void)
{
    write_tree("");
    static const uint32_t reg[] = {1, 0x40000000, 0, 0x04000000};
    int memory = node("/memory@140000000");
    expect_string(memory, "device_type", "memory");
    expect_cells(memory, "reg", reg, 4);
}

static void test_there_is_one_cpu(void)
{
    write_tree("");
    static const uint32_t zero = 0;
    int cpus = node("/cpus");
    CU_ASSERT_EQUAL(fdt_address_cells(blob, cpus), 1);
    CU_ASSERT_EQUAL(fdt_size_cells(blob, cpus), 0);
    int cpu = fdt_first_subnode(blob, cpus);
    CU_ASSERT_STRING_EQUAL(fdt_get_name(blob, cpu, NULL), "cpu@0");
    expect_string(cpu, "device_type", "cpu");
    expect_cells(cpu, "reg", &zero, 1);
    CU_ASSERT_EQUAL(fdt_next_subnode(blob, cpu), -FDT_ERR_NOTFOUND);
    CU_ASSERT_PTR_NULL(fdt_getprop(blob, cpu, "enable-method", NULL));
}

static void test_several_cpus_have_their_affinity_and_the_timers_interrupts(void)
{
    write_tree_of(GIC_V2, 3, "");
    int cpus = node("/cpus");
    uint32_t count = 0;
    int cpu;
    fdt_for_each_subnode(cpu, blob, cpus)
    {
        expect_cells(cpu, "reg", &count, 1);
        expect_string(cpu, "enable-method", "psci");
        count++;
    }
    CU_ASSERT_EQUAL(count, 3);
    const fdt32_t *cells = property(node("/timer"), "interrupts", NULL);
    CU_ASSERT_EQUAL(fdt32_to_cpu(cells[2]), 0x700 | 4);
}

/* The binding of the GICv3 has no mask of CPUs in a specifier. */
static void test_several_cpus_of_a_gicv3_have_a_redistributor_each(void)
{
    static const uint32_t frames[] = {0, BOARD_GICD_BASE, 0, GICV3_DIST_SIZE,
                                      0, BOARD_GICR_BASE, 0, 3 * GICV3_REDIST_SIZE};
    write_tree_of(GIC_V3, 3, "");
    expect_cells(node("/intc@8000000"), "reg", frames, 8);
    const fdt32_t *cells = property(node("/timer"), "interrupts", NULL);
    CU_ASSERT_EQUAL(fdt32_to_cpu(cells[2]), 4);
}

static void test_command_line_is_in_chosen(void)
{
    write_tree("face=posix tick=100");
    expect_string(node("/chosen"), "bootargs", "face=posix tick=100");
    write_tree("");
    expect_string(node("/chosen"), "bootargs", "");
}

static void test_gic_frames_are_where_board_h_says(void)
{
    write_tree("");
    static const uint32_t frames[] = {0, BOARD_GICD_BASE, 0, GICV2_DIST_SIZE,
                                      0, BOARD_GICC_BASE, 0, GICV2_CPU_SIZE};
    static const uint32_t cells = 3;
    int gic = node("/intc@8000000");
    expect_string(gic, "compatible", "arm,cortex-a15-gic");
    expect_flag(gic, "interrupt-controller");
    expect_cells(gic, "#interrupt-cells", &cells, 1);
    expect_cells(gic, "reg", frames, 8);
    CU_ASSERT_EQUAL(BOARD_GICD_BASE, 0x08000000);
    CU_ASSERT_EQUAL(BOARD_GICC_BASE, 0x08010000);
}

static void test_gicv3_frames_are_where_board_h_says(void)
{
    write_tree_of(GIC_V3, 1, "");
    static const uint32_t frames[] = {0, BOARD_GICD_BASE, 0, GICV3_DIST_SIZE,
                                      0, BOARD_GICR_BASE, 0, GICV3_REDIST_SIZE};
    static const uint32_t regions = 1;
    int gic = node("/intc@8000000");
    expect_string(gic, "compatible", "arm,gic-v3");
    expect_cells(gic, "#redistributor-regions", &regions, 1);
    expect_cells(gic, "reg", frames, 8);
    CU_ASSERT_EQUAL(BOARD_GICR_BASE, 0x080a0000);
    CU_ASSERT_EQUAL(intid_of(node("/timer"), 2), BOARD_TIMER_VIRT_INTID);
}

static void test_timer_interrupts_are_those_of_board_h(void)
{
    write_tree("");
    int timer = node("/timer");
    CU_ASSERT_EQUAL(fdt_node_check_compatible(blob, timer, "arm,armv8-timer"), 0);
    CU_ASSERT_EQUAL(fdt_node_check_compatible(blob, timer, "arm,armv7-timer"), 0);
    expect_flag(timer, "always-on");
    CU_ASSERT_EQUAL(intid_of(timer, 0), 29);
    CU_ASSERT_EQUAL(intid_of(timer, 1), BOARD_TIMER_PHYS_INTID);
    CU_ASSERT_EQUAL(intid_of(timer, 2), BOARD_TIMER_VIRT_INTID);
    CU_ASSERT_EQUAL(intid_of(timer, 3), 26);
    CU_ASSERT_EQUAL(BOARD_TIMER_PHYS_INTID, 30);
    CU_ASSERT_EQUAL(BOARD_TIMER_VIRT_INTID, 27);
    static const uint32_t specifiers[] = {1, 13, 0x104, 1, 14, 0x104, 1, 11, 0x104, 1, 10, 0x104};
    expect_cells(timer, "interrupts", specifiers, 12);
}

static void test_windows_are_where_board_h_says(void)
{
    write_tree("");
    int at = -1;
    unsigned slot = 0;
    while ((at = fdt_node_offset_by_compatible(blob, at, "virtio,mmio")) >= 0) {
        uint64_t base = BOARD_VIRTIO_MMIO_BASE + slot * (uint64_t)VIRTIO_MMIO_WINDOW;
        const uint32_t reg[] = {0, (uint32_t)base, 0, VIRTIO_MMIO_WINDOW};
        g_autofree char *name = g_strdup_printf("virtio_mmio@%" G_GINT64_MODIFIER "x", base);
        CU_ASSERT_STRING_EQUAL(fdt_get_name(blob, at, NULL), name);
        expect_cells(at, "reg", reg, 4);
        CU_ASSERT_EQUAL(intid_of(at, 0), BOARD_VIRTIO_MMIO_INTID + slot);
        expect_flag(at, "dma-coherent");
        slot++;
    }
    CU_ASSERT_EQUAL(slot, BOARD_VIRTIO_MMIO_SLOTS);
    CU_ASSERT_EQUAL(BOARD_VIRTIO_MMIO_SLOTS, 32);
    CU_ASSERT_EQUAL(BOARD_VIRTIO_MMIO_INTID, 48);
    CU_ASSERT_EQUAL(BOARD_VIRTIO_MMIO_BASE, 0x0a000000);
    static const uint32_t last[] = {0, 0x0a003e00, 0, 0x200};
    expect_cells(node("/virtio_mmio@a003e00"), "reg", last, 4);
}

static void test_real_time_clock_has_registers_interrupt_and_a_clock_of_its_bus(void)
{
    static const uint32_t reg[] = {0, 0x09010000, 0, 0x1000}, hz = 24000000, none = 0;
    write_tree("");
    int rtc = node("/pl031@9010000"), clock = node("/apb-pclk");
    CU_ASSERT_EQUAL(fdt_node_check_compatible(blob, rtc, "arm,pl031"), 0);
    CU_ASSERT_EQUAL(fdt_node_check_compatible(blob, rtc, "arm,primecell"), 0);
    expect_cells(rtc, "reg", reg, 4);
    CU_ASSERT_EQUAL(intid_of(rtc, 0), BOARD_RTC_INTID);
    expect_string(rtc, "clock-names", "apb_pclk");
    const uint32_t phandle = fdt_get_phandle(blob, clock);
    CU_ASSERT_NOT_EQUAL(phandle, 0);
    expect_cells(rtc, "clocks", &phandle, 1);
    expect_string(clock, "compatible", "fixed-clock");
    expect_cells(clock, "clock-frequency", &hz, 1);
    expect_cells(clock, "#clock-cells", &none, 1);
}

static void test_there_is_nothing_else(void)
{
    write_tree("");
    unsigned count = 0;
    int child;
    fdt_for_each_subnode(child, blob, node("/"))
    {
        count++;
    }
    /* chosen, memory, cpus, intc, timer, the clock with its bus's */
    CU_ASSERT_EQUAL(count, 7 + BOARD_VIRTIO_MMIO_SLOTS);
    CU_ASSERT_EQUAL(fdt_path_offset(blob, "/psci"), -FDT_ERR_NOTFOUND);
    CU_ASSERT_EQUAL(fdt_num_mem_rsv(blob), 0);
}

static bool tree_fits(size_t room)
{
    g_autofree char *buffer =
        g_malloc(room); /* of this size, for the sanitizer to see an overrun */
    g_autoptr(GError) error = NULL;
    bool fits = board_fdt_write(RAM_BASE, RAM_SIZE, &config, buffer, room, &error) != 0;
    CU_ASSERT_EQUAL(fits, error == NULL);
    if (!fits) {
        CU_ASSERT_TRUE(g_error_matches(error, BOARD_ERROR, BOARD_ERROR_BOOT_SIZE));
    }
    return fits;
}

static void test_every_buffer_that_is_too_small_is_an_error(void)
{
    size_t size = write_tree("face=posix");
    for (size_t room = 0; room < size; room += room < 512 ? 8 : 504) {
        CU_ASSERT_FALSE(tree_fits(room));
    }
    for (size_t room = size - 8; room < size; room++) {
        CU_ASSERT_FALSE(tree_fits(room));
    }
    CU_ASSERT_TRUE(tree_fits(size + 64));
}

/* A tree of a machine with a card on PCI. */
static int write_tree_of_pci(enum board_msi msi)
{
    static const struct board_net_config net = {.seat.transport = BOARD_TRANSPORT_PCI};
    config.nets = &net;
    config.net_count = 1;
    config.msi = msi;
    write_tree("");
    config = (struct board_config){.nets = NULL};
    return node("/pcie@10000000");
}

static void test_host_bridge_is_where_board_h_says(void)
{
    int pcie = write_tree_of_pci(BOARD_MSI_V2M);
    const uint32_t reg[] = {0x40, 0x10000000, 0, 0x100000};
    const uint32_t ranges[] = {0x02000000, 0, 0x10000000, 0, 0x10000000, 0, 0x2eff0000};
    const uint32_t buses[] = {0, 0};
    CU_ASSERT_EQUAL((uint64_t)reg[0] << 32 | reg[1], BOARD_PCI_ECAM_BASE);
    expect_string(pcie, "compatible", "pci-host-ecam-generic");
    expect_string(pcie, "device_type", "pci");
    expect_cells(pcie, "reg", reg, 4);
    expect_cells(pcie, "ranges", ranges, 7);
    expect_cells(pcie, "bus-range", buses, 2);
    expect_cells(pcie, "#address-cells", &(uint32_t){3}, 1);
    expect_cells(pcie, "#size-cells", &(uint32_t){2}, 1);
    expect_cells(pcie, "#interrupt-cells", &(uint32_t){1}, 1);
}

static void test_interrupt_map_is_the_swizzle_of_the_board(void)
{
    int size, pcie = write_tree_of_pci(BOARD_MSI_V2M);
    const uint32_t mask[] = {0x1800, 0, 0, 7};
    expect_cells(pcie, "interrupt-map-mask", mask, 4);
    const fdt32_t *map = property(pcie, "interrupt-map", &size);
    CU_ASSERT_EQUAL_FATAL(size, 16 * 10 * 4);
    uint32_t gic = fdt_get_phandle(blob, node("/intc@8000000"));
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t slot = i / 4, pin = i % 4 + 1;
        const uint32_t expected[10] = {
            slot << 11, 0, 0, pin, gic, 0, 0, 0, 3 + (slot + pin - 1) % 4, 4};
        for (unsigned j = 0; j < 10; j++) {
            CU_ASSERT_EQUAL(fdt32_to_cpu(map[10 * i + j]), expected[j]);
        }
    }
}

static void test_messages_go_to_the_frame_when_there_is_one(void)
{
    int pcie = write_tree_of_pci(BOARD_MSI_V2M);
    int frame = node("/intc@8000000/v2m@8020000");
    const uint32_t reg[] = {0, 0x08020000, 0, 0x1000};
    const uint32_t map[] = {0, fdt_get_phandle(blob, frame), 0, 0x10000};
    CU_ASSERT_EQUAL(reg[1], BOARD_GICV2M_BASE);
    expect_string(frame, "compatible", "arm,gic-v2m-frame");
    expect_cells(frame, "reg", reg, 4);
    CU_ASSERT_PTR_NOT_NULL(fdt_getprop(blob, frame, "msi-controller", NULL));
    expect_cells(pcie, "msi-map", map, 4);
    pcie = write_tree_of_pci(BOARD_MSI_NONE);
    CU_ASSERT_PTR_NULL(fdt_getprop(blob, pcie, "msi-map", NULL));
    CU_ASSERT_EQUAL(fdt_path_offset(blob, "/intc@8000000/v2m@8020000"), -FDT_ERR_NOTFOUND);
}

static void test_without_a_card_on_pci_there_is_no_bridge(void)
{
    write_tree("");
    CU_ASSERT_EQUAL(fdt_path_offset(blob, "/pcie@10000000"), -FDT_ERR_NOTFOUND);
}

UNIT_SUITE("board_fdt", UNIT_TEST(test_host_bridge_is_where_board_h_says),
           UNIT_TEST(test_interrupt_map_is_the_swizzle_of_the_board),
           UNIT_TEST(test_messages_go_to_the_frame_when_there_is_one),
           UNIT_TEST(test_without_a_card_on_pci_there_is_no_bridge),
           UNIT_TEST(test_blob_is_well_formed_and_as_large_as_said),
           UNIT_TEST(test_root_has_two_cells_and_the_gic_as_parent),
           UNIT_TEST(test_memory_is_physical), UNIT_TEST(test_there_is_one_cpu),
           UNIT_TEST(test_several_cpus_have_their_affinity_and_the_timers_interrupts),
           UNIT_TEST(test_several_cpus_of_a_gicv3_have_a_redistributor_each),
           UNIT_TEST(test_command_line_is_in_chosen),
           UNIT_TEST(test_gic_frames_are_where_board_h_says),
           UNIT_TEST(test_gicv3_frames_are_where_board_h_says),
           UNIT_TEST(test_timer_interrupts_are_those_of_board_h),
           UNIT_TEST(test_windows_are_where_board_h_says),
           UNIT_TEST(test_real_time_clock_has_registers_interrupt_and_a_clock_of_its_bus),
           UNIT_TEST(test_there_is_nothing_else),
           UNIT_TEST(test_every_buffer_that_is_too_small_is_an_error))
