/*
 * The scan of the windows: which devices go to which driver.
 */
#include "drivers/virtio_mmio.h"

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/fake_tree.h"
#include "drivers/virtio_regs.h"
#include "lib/errno.h"
#include "tests/unit.h"

#define BASE    0x0a000000
#define STEP    0x200
#define WINDOWS 20

static uint32_t ids[WINDOWS]; /* of the device in each window */
static unsigned writes;
static struct {
    uintptr_t base;
    uint32_t intid;
} probed[WINDOWS];
static unsigned probed_count;

static uint32_t windows_read(void *opaque, uint32_t offset, unsigned size)
{
    (void)opaque;
    CU_ASSERT_EQUAL(size, 4);
    switch (offset % STEP) {
    case VREG_MAGIC:
        return VREG_MAGIC_VALUE;
    case VREG_VERSION:
        return VREG_VERSION_MODERN;
    case VREG_DEVICE_ID:
        return ids[offset / STEP];
    default:
        CU_FAIL("only these three may be read");
        return 0;
    }
}

static void windows_write(void *opaque, uint32_t offset, uint32_t value)
{
    (void)opaque;
    (void)offset;
    (void)value;
    writes++;
}

static int windows_probe(struct virtio_device *device)
{
    const struct virtio_mmio *mmio = (const struct virtio_mmio *)device;
    probed[probed_count].base = mmio->base;
    probed[probed_count++].intid = mmio->intid;
    return mmio->base == BASE + 3 * STEP ? -KEIO : 0;
}

static const struct virtio_driver table[] = {
    {.name = "net", .device_id = 1, .probe = windows_probe},
    {.name = "share", .device_id = 9, .probe = windows_probe},
};

static void windows_scan(void)
{
    static const struct fake_tree tree = {
        .windows = WINDOWS, .window_base = BASE, .window_step = STEP};
    struct platform platform;
    fake_hal_reset();
    fake_hal.mmio_base = BASE;
    fake_hal.mmio_size = WINDOWS * STEP;
    fake_hal.mmio_read = windows_read;
    fake_hal.mmio_write = windows_write;
    fake_tree_open(&tree, &platform);
    static const struct virtio_drivers drivers = {.table = table, .count = 2};
    virtio_mmio_scan(&platform, &drivers);
}

/* One test, because the table of devices only grows: it is full at the end. */
static void test_devices_go_to_their_drivers_in_the_order_of_the_tree(void)
{
    static const uint32_t present[WINDOWS] = {1, 0, 9, 1, 2, 1, 1, 1, 1, 1,
                                              1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const unsigned expected[] = {0, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    for (unsigned i = 0; i < WINDOWS; i++)
        ids[i] = present[i];
    windows_scan();
    /* The fourth failed and left its place; the sixteenth good one is the last that has a place. */
    CU_ASSERT_EQUAL_FATAL(probed_count, sizeof(expected) / sizeof(expected[0]));
    for (unsigned i = 0; i < probed_count; i++) {
        CU_ASSERT_EQUAL(probed[i].base, BASE + expected[i] * STEP);
        CU_ASSERT_EQUAL(probed[i].intid, 48 + expected[i]);
    }
    CU_ASSERT_EQUAL(fake_hal.console_lines, 1); /* type 2 has no driver */
    CU_ASSERT_EQUAL(writes, 0);
}

UNIT_SUITE("virtio_mmio", UNIT_TEST(test_devices_go_to_their_drivers_in_the_order_of_the_tree))
