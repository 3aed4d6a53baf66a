/*
 * The GICv2 driver against registers that remember.
 */
#include "drivers/gicv2.h"

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/fake_tree.h"
#include "lib/errno.h"
#include "tests/unit.h"

#define DIST  0x08000000
#define CPU   0x08010000
#define LINES 96 /* interrupts of this controller */
#define WORDS (0x20000 / 4)

static uint32_t
    registers[WORDS]; /* what was written last; enable and disable are kept apart below */
static uint32_t enabled[LINES / 32];
static uint32_t iar;
static unsigned enables_while_config_changed;

static uint32_t gic_reg(uint32_t offset)
{
    return registers[offset / 4];
}

static uint32_t gic_read(void *opaque, uint32_t offset, unsigned size)
{
    (void)opaque;
    CU_ASSERT_EQUAL(size, 4);
    if (offset == 0x004)
        return 0xfc00 | (LINES / 32 - 1); /* the other bits are set as well */
    if (offset == 0x800)
        return 0x01010101;
    if (offset == 0x10000 + 0x00c)
        return iar;
    return gic_reg(offset);
}

static void gic_write(void *opaque, uint32_t offset, uint32_t value)
{
    (void)opaque;
    registers[offset / 4] = value;
    if (offset >= 0x100 && offset < 0x100 + LINES / 8)
        enabled[(offset - 0x100) / 4] |= value;
    if (offset >= 0x180 && offset < 0x180 + LINES / 8)
        enabled[(offset - 0x180) / 4] &= ~value;
    if (offset >= 0xc00 && offset < 0xd00)
        enables_while_config_changed += enabled[(offset - 0xc00) / 8] != 0;
}

static int gic_up(void)
{
    static const struct fake_tree tree = {
        .controller = "arm,cortex-a15-gic",
        .distributor = DIST,
        .cpu_interface = CPU,
    };
    struct platform platform;
    fake_hal_reset();
    fake_kernel_reset();
    for (unsigned i = 0; i < WORDS; i++)
        registers[i] = 0xa5a5a5a5;
    for (unsigned i = 0; i < LINES / 32; i++)
        enabled[i] = UINT32_MAX; /* as firmware may leave them */
    enables_while_config_changed = 0;
    fake_hal.mmio_base = DIST;
    fake_hal.mmio_size = 0x20000;
    fake_hal.mmio_read = gic_read;
    fake_hal.mmio_write = gic_write;
    fake_tree_open(&tree, &platform);
    return gicv2_init(&platform);
}

static bool gic_is_enabled(uint32_t intid)
{
    return (enabled[intid / 32] >> intid % 32 & 1) != 0;
}

static void test_everything_is_disabled_and_of_group_0_at_first(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    for (uint32_t word = 0; word < LINES / 32; word++) {
        CU_ASSERT_EQUAL(enabled[word], 0);
        CU_ASSERT_EQUAL(gic_reg(0x080 + 4 * word), 0);
        CU_ASSERT_EQUAL(gic_reg(0x280 + 4 * word), UINT32_MAX);
    }
    CU_ASSERT_EQUAL(gic_reg(0x180 + LINES / 8), 0xa5a5a5a5); /* not beyond what it has */
}

static void test_spis_are_routed_here_with_one_priority_and_level_sensitive(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    for (uint32_t word = 0; word < LINES / 4; word++) {
        CU_ASSERT_EQUAL(gic_reg(0x400 + 4 * word), 0xa0a0a0a0);
        CU_ASSERT_EQUAL(gic_reg(0x800 + 4 * word), word < 8 ? 0xa5a5a5a5 : 0x01010101);
    }
    for (uint32_t word = 2; word < LINES / 16; word++)
        CU_ASSERT_EQUAL(gic_reg(0xc00 + 4 * word), 0);
    CU_ASSERT_EQUAL(enables_while_config_changed, 0);
}

static void test_both_halves_are_switched_on_and_all_priorities_pass(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    CU_ASSERT_EQUAL(gic_reg(0x000), 1);
    CU_ASSERT_EQUAL(gic_reg(0x10000), 1);
    CU_ASSERT_EQUAL(gic_reg(0x10004), 0xff);
    CU_ASSERT_STRING_EQUAL(fake_kernel.chip->name, "gicv2");
}

static void test_enable_and_disable_touch_one_interrupt(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    fake_kernel.chip->enable(48, false);
    CU_ASSERT_TRUE(gic_is_enabled(48));
    CU_ASSERT_EQUAL(enabled[1], UINT32_C(1) << 16);
    CU_ASSERT_EQUAL(enabled[0] | enabled[2], 0);
    fake_kernel.chip->enable(27, false);
    CU_ASSERT_TRUE(gic_is_enabled(27));
    fake_kernel.chip->disable(48);
    CU_ASSERT_FALSE(gic_is_enabled(48));
    CU_ASSERT_TRUE(gic_is_enabled(27));
}

static void test_trigger_mode_is_configured_before_the_interrupt_is_enabled(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    fake_kernel.chip->enable(50, true);
    CU_ASSERT_EQUAL(gic_reg(0xc00 + 12), UINT32_C(2) << 4);
    CU_ASSERT_EQUAL(enables_while_config_changed, 0);
    fake_kernel.chip->disable(50);
    fake_kernel.chip->enable(50, false);
    CU_ASSERT_EQUAL(gic_reg(0xc00 + 12), 0);
}

static void test_interrupts_that_it_does_not_have_are_ignored(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    fake_kernel.chip->enable(LINES, false);
    fake_kernel.chip->disable(1023);
    for (uint32_t word = 0; word < LINES / 32; word++)
        CU_ASSERT_EQUAL(enabled[word], 0);
}

static void test_acknowledge_keeps_all_ten_bits(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    iar = 511;
    CU_ASSERT_EQUAL(fake_kernel.chip->acknowledge(), 511);
    iar = 600;
    CU_ASSERT_EQUAL(fake_kernel.chip->acknowledge(), 600);
    iar = 1019;
    CU_ASSERT_EQUAL(fake_kernel.chip->acknowledge(), 1019);
    iar = 3 << 10 | 48; /* with a CPU number above */
    CU_ASSERT_EQUAL(fake_kernel.chip->acknowledge(), 48);
}

static void test_special_numbers_are_spurious(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    for (iar = 1020; iar <= 1023; iar++)
        CU_ASSERT_EQUAL(fake_kernel.chip->acknowledge(), IRQ_NONE);
    CU_ASSERT_EQUAL(gic_reg(0x10010), 0xa5a5a5a5);
}

static void test_end_writes_what_was_acknowledged(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    iar = 48;
    fake_kernel.chip->end(fake_kernel.chip->acknowledge());
    CU_ASSERT_EQUAL(gic_reg(0x10010), 48);
    iar = 3 << 10 | IRQ_IPI; /* from CPU 3 */
    CU_ASSERT_EQUAL(fake_kernel.chip->acknowledge(), IRQ_IPI);
    fake_kernel.chip->end(IRQ_IPI);
    CU_ASSERT_EQUAL(gic_reg(0x10010), 3 << 10 | IRQ_IPI);
}

static void test_another_cpu_is_interrupted_by_its_bit(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    fake_kernel.chip->enable(IRQ_IPI, true);
    CU_ASSERT_TRUE(gic_is_enabled(IRQ_IPI));
    CU_ASSERT_EQUAL(enables_while_config_changed, 0);
    fake_kernel.chip->send_ipi(5);
    CU_ASSERT_EQUAL(gic_reg(0xf00), UINT32_C(1) << 21 | IRQ_IPI);
}

static void test_a_cpu_that_comes_up_leaves_shared_interrupts_alone(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    fake_kernel.chip->enable(48, false);
    registers[0x820 / 4] = 0x01010101;
    registers[0x10000 / 4] = registers[0x10004 / 4] = 0;
    enabled[0] = UINT32_MAX;
    CU_ASSERT_EQUAL(fake_kernel.chip->init_cpu(), 0);
    CU_ASSERT_EQUAL(enabled[0], 0);
    CU_ASSERT_TRUE(gic_is_enabled(48));
    CU_ASSERT_EQUAL(gic_reg(0x820), 0x01010101);
    CU_ASSERT_EQUAL(gic_reg(0x10000), 1);
    CU_ASSERT_EQUAL(gic_reg(0x10004), 0xff);
}

static void test_tree_without_a_controller_is_refused(void)
{
    static const struct fake_tree trees[] = {{.timer = NULL}, {.controller = "arm,gic-v3"}};
    for (unsigned i = 0; i < 2; i++) {
        struct platform platform;
        fake_hal_reset();
        fake_kernel_reset();
        fake_tree_open(&trees[i], &platform);
        CU_ASSERT_EQUAL(gicv2_init(&platform), -KENODEV);
        CU_ASSERT_PTR_NULL(fake_kernel.chip);
    }
}

UNIT_SUITE("gicv2", UNIT_TEST(test_everything_is_disabled_and_of_group_0_at_first),
           UNIT_TEST(test_spis_are_routed_here_with_one_priority_and_level_sensitive),
           UNIT_TEST(test_both_halves_are_switched_on_and_all_priorities_pass),
           UNIT_TEST(test_enable_and_disable_touch_one_interrupt),
           UNIT_TEST(test_trigger_mode_is_configured_before_the_interrupt_is_enabled),
           UNIT_TEST(test_interrupts_that_it_does_not_have_are_ignored),
           UNIT_TEST(test_acknowledge_keeps_all_ten_bits),
           UNIT_TEST(test_special_numbers_are_spurious),
           UNIT_TEST(test_end_writes_what_was_acknowledged),
           UNIT_TEST(test_another_cpu_is_interrupted_by_its_bit),
           UNIT_TEST(test_a_cpu_that_comes_up_leaves_shared_interrupts_alone),
           UNIT_TEST(test_tree_without_a_controller_is_refused))
