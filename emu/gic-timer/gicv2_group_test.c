/*
 * gicv2_group_test.c - the two groups of the GICv2, and the secure view
 *
 * [GICv2] 3.8 and the tables of 4.4.
 */
#include "emu/gic-timer/gic_rig.h"
#include "tests/unit.h"

/* INTIDs 40 and 41 are in Group 1, 42 and 43 in Group 0; all groups are on. */
static void rig_init_groups(struct rig *rig, uint32_t cpu_control)
{
    rig_init_open(rig);
    rig_dist_write(rig, RIG_GICD_IGROUPR + 4, UINT32_C(3) << 8);
    rig_dist_write(rig, RIG_GICD_CTLR, 3);
    rig_cpu_write(rig, RIG_GICC_CTLR, cpu_control);
    rig_forget(rig);
}

static void test_each_group_has_its_gates(void)
{
    static const struct {
        uint32_t distributor, interface;
        unsigned signalled; /* of 40, in Group 1, and 42, in Group 0 */
    } cases[] = {
        {3, 7, 40},
        {2, 7, 40},
        {1, 7, 42},
        {0, 7, GIC_SPURIOUS},
        {3, 6, 40},
        /* The best is of a group that is off here: it keeps the other one back, 3.3.1. */
        {3, 5, GIC_SPURIOUS},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        rig_init_groups(&rig, cases[i].interface);
        rig_dist_write(&rig, RIG_GICD_CTLR, cases[i].distributor);
        CU_ASSERT_EQUAL(gic_is_forwarding(rig.gic, 0),
                        (cases[i].distributor & cases[i].interface & 3) != 0);
        rig_line(&rig, 40, true);
        rig_line(&rig, 42, true);
        CU_ASSERT_EQUAL(rig.nirq, cases[i].signalled != GIC_SPURIOUS);
        CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), cases[i].signalled);
        rig_forget(&rig);
        rig_fini(&rig);
    }
}

static void test_group_1_reads_as_1022_without_ack_ctl(void)
{
    struct rig rig;
    rig_init_groups(&rig, 3);
    rig_line(&rig, 40, true);
    rig_forget(&rig);
    CU_ASSERT_TRUE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), 1022);
    rig_expect(&rig, "");
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 1022);
    rig_expect(&rig, "irq.spurious intid=1022 cpu=0\n");
    CU_ASSERT_TRUE(rig.nirq); /* and so it stays */
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 40).active);
    rig_fini(&rig);
}

static void test_alias_takes_and_ends_group_1(void)
{
    struct rig rig;
    rig_init_groups(&rig, 3);
    rig_line(&rig, 40, true);
    rig_forget(&rig);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_AHPPIR), 40);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_AIAR), 40);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_NSAPR + 8), UINT32_C(1) << 16);
    rig_line(&rig, 40, false);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_AEOIR, 40);
    rig_expect(&rig, "irq.eoi intid=40 cpu=0\n");
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xff);
    rig_fini(&rig);
}

static void test_ack_ctl_takes_both_groups(void)
{
    struct rig rig;
    rig_init_groups(&rig, 7);
    rig_line(&rig, 40, true);
    rig_line(&rig, 42, true);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 40);
    rig_line(&rig, 40, false);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 42);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 42);
    rig_expect(&rig, "irq.eoi intid=42 cpu=0\n");
    rig_fini(&rig);
}

static void test_end_of_group_1_without_ack_ctl_is_a_breach_and_ends(void)
{
    struct rig rig;
    rig_init_groups(&rig, 3);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_AIAR);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_expect(&rig, "irq.breach clause=4.4.5 rule=\"without AckCtl an interrupt of Group 1 is "
                     "ended by AEOIR\" intid=40\nirq.eoi intid=40 cpu=0\n");
    rig_fini(&rig);
}

static void test_fiq_enable_takes_group_0_from_the_irq_line(void)
{
    struct rig rig;
    rig_init_groups(&rig, 0xb);
    rig_line(&rig, 42, true);
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 42); /* signalled all the same */
    rig_line(&rig, 42, false);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 42);
    rig_line(&rig, 40, true);
    CU_ASSERT_TRUE(rig.nirq);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_binary_point_of_group_1_is_one_bit_longer(void)
{
    struct rig rig;
    rig_init_groups(&rig, 7);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_ABPR), 1); /* its minimum */
    rig_cpu_write(&rig, RIG_GICC_ABPR, 0);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_ABPR), 1);
    rig_cpu_write(&rig, RIG_GICC_ABPR, 5); /* bits 7 to 5 */
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_ABPR), 5);
    rig_set_priority(&rig, 40, 0xbf);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_RPR), 0xa0);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_cpu_write(&rig, RIG_GICC_CTLR, 0x17); /* CBPR: that of Group 0, bits 7 to 1 */
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_RPR), 0xbe);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_ends_drop_the_priority_of_their_group(void)
{
    struct rig rig;
    rig_init_groups(&rig, 7);
    rig_set_priority(&rig, 42, 0x40);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_line(&rig, 42, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0x40);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 42);
    rig_expect(&rig, "irq.eoi intid=42 cpu=0\n");
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xa0);
    rig_fini(&rig);
}

static void test_moving_a_pending_interrupt_to_another_group_signals_anew(void)
{
    struct rig rig;
    rig_init_groups(&rig, 1);
    rig_line(&rig, 40, true);
    CU_ASSERT_FALSE(rig.nirq);
    rig_dist_write(&rig, RIG_GICD_IGROUPR + 4, 0);
    CU_ASSERT_TRUE(rig.nirq);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_secure_firmware_leaves_all_in_group_1(void)
{
    struct rig rig;
    rig_init_like(&rig, (struct gic_config){
                            .version = GIC_V2, .cpu_count = 1, .irq_count = 96, .secure = true});
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_TYPER), 2 | 1 << 10);
    for (uint64_t offset = 0; offset < 12; offset += 4) {
        CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_IGROUPR + offset), UINT32_MAX);
    }
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_IGROUPR + 12), 0);
    rig_dist_write(&rig, RIG_GICD_IGROUPR, 0);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_IGROUPR), 0);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

UNIT_SUITE("gicv2_group", UNIT_TEST(test_each_group_has_its_gates),
           UNIT_TEST(test_group_1_reads_as_1022_without_ack_ctl),
           UNIT_TEST(test_alias_takes_and_ends_group_1), UNIT_TEST(test_ack_ctl_takes_both_groups),
           UNIT_TEST(test_end_of_group_1_without_ack_ctl_is_a_breach_and_ends),
           UNIT_TEST(test_fiq_enable_takes_group_0_from_the_irq_line),
           UNIT_TEST(test_binary_point_of_group_1_is_one_bit_longer),
           UNIT_TEST(test_ends_drop_the_priority_of_their_group),
           UNIT_TEST(test_moving_a_pending_interrupt_to_another_group_signals_anew),
           UNIT_TEST(test_secure_firmware_leaves_all_in_group_1))
