/*
 * The GICv3 driver against registers that remember.
 *
 * Three redistributors in two regions; this CPU's, with affinity 1.0.2.1, is the third one.
 */
#include "drivers/gicv3.h"

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/fake_tree.h"
#include "lib/errno.h"
#include "tests/unit.h"

#define BASE     0x08000000
#define REGION0  0x20000 /* offsets from BASE */
#define REGION1  0x80000
#define MINE     REGION1
#define SIZE     0xa0000
#define LINES    96
#define MPIDR    (UINT64_C(0x100000201) | UINT64_C(1) << 31)
#define AFFINITY 0x01000201

static uint32_t registers[SIZE / 4]; /* what was written last */
static uint32_t waker;
static bool never_wakes, busy;
static unsigned writes_of_private_registers; /* in the distributor */

static uint32_t gic_reg(uint32_t offset)
{
    return registers[offset / 4];
}

static uint32_t gic_read(void *opaque, uint32_t offset, unsigned size)
{
    (void)opaque;
    CU_ASSERT_EQUAL(size, 4);
    switch (offset) {
    case 0x0000:
        return (gic_reg(0) & 0x7fffffff) | (busy ? UINT32_C(1) << 31 : 0);
    case 0x0004:
        return 0xfc00 | (LINES / 32 - 1);
    case REGION0 + 0x8:
    case REGION0 + 0xc:
        return 0; /* affinity 0.0.0.0 */
    case REGION0 + 0x20008:
        return 0x10; /* the last of its region */
    case REGION0 + 0x2000c:
        return 1;
    case MINE + 0x8:
        return 0x10;
    case MINE + 0xc:
        return AFFINITY;
    case MINE + 0x14:
        return waker;
    default:
        return gic_reg(offset);
    }
}

static bool gic_is_private(uint32_t offset)
{
    return (offset >= 0x80 && offset < 0x400 && offset % 0x80 == 0) ||
           (offset >= 0x400 && offset < 0x420) || offset == 0xc00 || offset == 0xc04;
}

static void gic_write(void *opaque, uint32_t offset, uint32_t value)
{
    (void)opaque;
    registers[offset / 4] = value;
    writes_of_private_registers += gic_is_private(offset);
    if (offset == MINE + 0x14)
        waker = (value & 2) | (never_wakes ? 4 : (value & 2) * 2);
}

static int gic_up(void)
{
    static const struct fake_tree tree = {
        .controller = "arm,gic-v3",
        .distributor = BASE,
        .cpu_interface = BASE + REGION0,
        .cpu_interface_size = 0x60000, /* one more would fit behind the last */
        .region = BASE + REGION1,
        .regions = 2,
    };
    struct platform platform;
    fake_hal_reset();
    fake_kernel_reset();
    for (unsigned i = 0; i < SIZE / 4; i++)
        registers[i] = 0xa5a5a5a5;
    waker = 6;
    writes_of_private_registers = 0;
    fake_hal.mmio_base = BASE;
    fake_hal.mmio_size = SIZE;
    fake_hal.mmio_read = gic_read;
    fake_hal.mmio_write = gic_write;
    fake_hal.sysregs[HAL_MPIDR_EL1] = MPIDR;
    fake_tree_open(&tree, &platform);
    return gicv3_init(&platform);
}

static void test_everything_is_disabled_and_of_group_1_at_first(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    for (uint32_t word = 0; word < LINES / 32; word++) {
        uint32_t frame = word == 0 ? MINE + 0x10000 : 0;
        CU_ASSERT_EQUAL(gic_reg(frame + 0x080 + 4 * word), UINT32_MAX);
        CU_ASSERT_EQUAL(gic_reg(frame + 0x180 + 4 * word), UINT32_MAX);
        CU_ASSERT_EQUAL(gic_reg(frame + 0x280 + 4 * word), UINT32_MAX);
        CU_ASSERT_EQUAL(gic_reg(frame + 0x380 + 4 * word), UINT32_MAX);
    }
    CU_ASSERT_EQUAL(gic_reg(MINE + 0x10400), 0xa0a0a0a0);
    CU_ASSERT_EQUAL(gic_reg(0x180 + LINES / 8), 0xa5a5a5a5); /* not beyond what it has */
}

static void test_private_registers_are_the_redistributors(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    fake_kernel.chip->enable(27, false);
    CU_ASSERT_EQUAL(gic_reg(MINE + 0x10100), UINT32_C(1) << 27);
    fake_kernel.chip->disable(27);
    CU_ASSERT_EQUAL(gic_reg(MINE + 0x10180), UINT32_C(1) << 27);
    CU_ASSERT_EQUAL(writes_of_private_registers, 0);
    CU_ASSERT_EQUAL(gic_reg(REGION0 + 0x10100), 0xa5a5a5a5); /* nor those of another CPU */
}

static void test_spis_are_routed_to_this_cpu(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    for (uint32_t intid = 32; intid < LINES; intid++) {
        CU_ASSERT_EQUAL(gic_reg(0x6000 + 8 * intid), 0x000201);
        CU_ASSERT_EQUAL(gic_reg(0x6004 + 8 * intid), 1);
    }
    CU_ASSERT_EQUAL(gic_reg(0x6000 + 8 * LINES), 0xa5a5a5a5);
    CU_ASSERT_EQUAL(gic_reg(0x6000 + 8 * 31), 0xa5a5a5a5);
}

static void test_redistributor_is_woken_and_the_interface_opened(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    CU_ASSERT_EQUAL(waker, 0);
    CU_ASSERT_EQUAL(gic_reg(0x0000), 0x12);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_ICC_PMR_EL1], 0xff);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_ICC_IGRPEN1_EL1], 1);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_ICC_IGRPEN0_EL1], 0);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_ICC_CTLR_EL1], 0);
    CU_ASSERT_STRING_EQUAL(fake_kernel.chip->name, "gicv3");
}

static void test_spi_is_enabled_with_its_trigger(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    fake_kernel.chip->enable(50, true);
    CU_ASSERT_EQUAL(gic_reg(0xc00 + 12), UINT32_C(2) << 4);
    CU_ASSERT_EQUAL(gic_reg(0x104), UINT32_C(1) << 18);
    fake_kernel.chip->disable(50);
    CU_ASSERT_EQUAL(gic_reg(0x184), UINT32_C(1) << 18);
}

static void test_interrupts_that_it_does_not_have_are_ignored(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    registers[0x10c / 4] = 0;
    fake_kernel.chip->enable(LINES, false);
    fake_kernel.chip->disable(LINES);
    CU_ASSERT_EQUAL(gic_reg(0x10c), 0);
    CU_ASSERT_EQUAL(gic_reg(MINE + 0x10100), 0xa5a5a5a5);
}

static void test_sgis_are_enabled_without_a_trigger(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    uint32_t config = gic_reg(MINE + 0x10c00);
    fake_kernel.chip->enable(IRQ_IPI, true);
    CU_ASSERT_EQUAL(gic_reg(MINE + 0x10100), UINT32_C(1) << IRQ_IPI);
    CU_ASSERT_EQUAL(gic_reg(MINE + 0x10c00), config);
}

static void test_another_cpu_is_interrupted_by_its_affinity(void)
{
    static const struct {
        uint64_t affinity, sgi1r;
    } cpus[] = {
        {0x0000000000, UINT64_C(0x0000000000000001)},
        {0x0000000003, UINT64_C(0x0000000000000008)},
        {0x000000020f, UINT64_C(0x0000000000028000)},
        {0x0000050000, UINT64_C(0x0000000500000001)},
        {0x0100000000, UINT64_C(0x0001000000000001)},
        {0xfe00b00a13, UINT64_C(0x00fe10b0000a0008)}, /* the range selector has Aff0's upper half */
    };
    CU_ASSERT_EQUAL(gic_up(), 0);
    for (unsigned i = 0; i < sizeof cpus / sizeof cpus[0]; i++) {
        fake_kernel.affinities[5] = cpus[i].affinity;
        fake_kernel.chip->send_ipi(5);
        CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_ICC_SGI1R_EL1],
                        cpus[i].sgi1r | (uint64_t)IRQ_IPI << 24);
    }
}

static void test_special_numbers_are_spurious(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    for (uint64_t iar = 1020; iar <= 1023; iar++) {
        fake_hal.sysregs[HAL_ICC_IAR1_EL1] = iar;
        CU_ASSERT_EQUAL(fake_kernel.chip->acknowledge(), IRQ_NONE);
    }
    fake_hal.sysregs[HAL_ICC_IAR1_EL1] = 511;
    CU_ASSERT_EQUAL(fake_kernel.chip->acknowledge(), 511);
    fake_hal.sysregs[HAL_ICC_IAR1_EL1] = 8192;
    CU_ASSERT_EQUAL(fake_kernel.chip->acknowledge(), 8192);
    fake_kernel.chip->end(48);
    CU_ASSERT_EQUAL(fake_hal.sysregs[HAL_ICC_EOIR1_EL1], 48);
}

static void test_another_cpu_initialises_its_own(void)
{
    CU_ASSERT_EQUAL(gic_up(), 0);
    fake_hal.sysregs[HAL_MPIDR_EL1] = 1;
    CU_ASSERT_EQUAL(fake_kernel.chip->init_cpu(), -KENODEV); /* it never wakes: 0xa5a5a5a5 */
    registers[(REGION0 + 0x20014) / 4] = 0;
    CU_ASSERT_EQUAL(fake_kernel.chip->init_cpu(), 0);
    CU_ASSERT_EQUAL(gic_reg(REGION0 + 0x30080), UINT32_MAX);
    fake_hal.sysregs[HAL_MPIDR_EL1] = 7; /* nobody's */
    CU_ASSERT_EQUAL(fake_kernel.chip->init_cpu(), -KENODEV);
    fake_kernel.chip->enable(27, false);
    CU_ASSERT_EQUAL(gic_reg(REGION0 + 0x30100), 0xa5a5a5a5);
}

static void test_controller_that_does_not_answer_is_refused(void)
{
    never_wakes = true;
    CU_ASSERT_EQUAL(gic_up(), -KENODEV);
    CU_ASSERT_PTR_NULL(fake_kernel.chip);
    never_wakes = false;
    busy = true;
    CU_ASSERT_EQUAL(gic_up(), -KENODEV);
    CU_ASSERT_PTR_NULL(fake_kernel.chip);
    busy = false;
}

static void test_tree_without_a_gicv3_is_refused(void)
{
    static const struct fake_tree trees[] = {{.timer = NULL}, {.controller = "arm,gic-400"}};
    for (unsigned i = 0; i < 2; i++) {
        struct platform platform;
        fake_hal_reset();
        fake_kernel_reset();
        fake_tree_open(&trees[i], &platform);
        CU_ASSERT_EQUAL(gicv3_init(&platform), -KENODEV);
        CU_ASSERT_PTR_NULL(fake_kernel.chip);
    }
}

UNIT_SUITE("gicv3", UNIT_TEST(test_everything_is_disabled_and_of_group_1_at_first),
           UNIT_TEST(test_private_registers_are_the_redistributors),
           UNIT_TEST(test_spis_are_routed_to_this_cpu),
           UNIT_TEST(test_redistributor_is_woken_and_the_interface_opened),
           UNIT_TEST(test_spi_is_enabled_with_its_trigger),
           UNIT_TEST(test_interrupts_that_it_does_not_have_are_ignored),
           UNIT_TEST(test_sgis_are_enabled_without_a_trigger),
           UNIT_TEST(test_another_cpu_is_interrupted_by_its_affinity),
           UNIT_TEST(test_special_numbers_are_spurious),
           UNIT_TEST(test_another_cpu_initialises_its_own),
           UNIT_TEST(test_controller_that_does_not_answer_is_refused),
           UNIT_TEST(test_tree_without_a_gicv3_is_refused))
