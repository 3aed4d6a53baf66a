/*
 * gicv2_cpu_test.c - registers of the GICv2's CPU interface
 */
#include "emu/gic-timer/gic_rig.h"
#include "tests/unit.h"

static void test_control_has_no_bits_for_bypass(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_CTLR), 0);
    rig_cpu_write(&rig, RIG_GICC_CTLR, UINT32_MAX);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_CTLR), 0x21f);
    rig_cpu_write(&rig, RIG_GICC_CTLR, 0);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_CTLR), 0);
    rig_fini(&rig);
}

static void test_mask_and_binary_point_keep_their_bits(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    rig_cpu_write(&rig, RIG_GICC_PMR, 0x1f8);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_PMR), 0xf8);
    CU_ASSERT_EQUAL(gic_priority_mask(rig.gic, 0), 0xf8);
    rig_cpu_write(&rig, RIG_GICC_BPR, 0xf);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_BPR), 7);
    rig_fini(&rig);
}

static void test_lowest_priority_never_passes_the_mask(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_set_priority(&rig, 40, 0xff);
    rig_line(&rig, 40, true);
    CU_ASSERT_FALSE(rig.nirq);
    rig_set_priority(&rig, 40, 0xfe);
    CU_ASSERT_TRUE(rig.nirq);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_binary_point_decides_what_preempts(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_set_priority(&rig, 41, 0x90);
    rig_cpu_write(&rig, RIG_GICC_BPR, 5); /* groups of 64: 0xa0 and 0x90 are both in 0x80 */
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_RPR), 0x80);
    rig_line(&rig, 41, true);
    CU_ASSERT_FALSE(rig.nirq);
    rig_set_priority(&rig, 41, 0x7f);
    CU_ASSERT_TRUE(rig.nirq);
    rig_cpu_write(&rig, RIG_GICC_BPR, 7); /* one group: nothing preempts */
    CU_ASSERT_FALSE(rig.nirq);
    rig_cpu_write(&rig, RIG_GICC_BPR, 6);
    CU_ASSERT_TRUE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 41);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_RPR), 0);
    rig_set_priority(&rig, 42, 0);
    rig_line(&rig, 42, true);
    CU_ASSERT_FALSE(rig.nirq);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_one_group_still_interrupts_the_idle_cpu(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_cpu_write(&rig, RIG_GICC_BPR, 7);
    rig_line(&rig, 40, true);
    CU_ASSERT_TRUE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 40);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_RPR), 0);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_running_priority_is_idle_at_first(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_RPR), 0xff);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), GIC_SPURIOUS);
    rig_fini(&rig);
}

static void test_no_read_but_iar_changes_anything(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    rig_forget(&rig);
    for (uint64_t offset = 0; offset < GICV2_CPU_SIZE; offset += 4) {
        if (offset != RIG_GICC_IAR && offset != RIG_GICC_AIAR) {
            (void)rig_cpu_read(&rig, offset);
        }
    }
    rig_forget(&rig);
    for (uint64_t offset = 0; offset < GICV2_DIST_SIZE; offset += 4) {
        (void)rig_dist_read(&rig, offset);
    }
    CU_ASSERT_TRUE(rig.nirq);
    CU_ASSERT_EQUAL(rig.nirq_changes, 0);
    rig_forget(&rig);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 40);
    rig_expect(&rig, "irq.taken intid=40 cpu=0\n");
    rig_fini(&rig);
}

static void test_ending_the_spurious_interrupt_is_ignored(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, GIC_SPURIOUS);
    rig_cpu_write(&rig, RIG_GICC_DIR, GIC_SPURIOUS);
    rig_cpu_write(&rig, 0x24, GIC_SPURIOUS);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_end_with_a_foreign_cpuid_is_a_breach(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_dist_write(&rig, RIG_GICD_SGIR, 0x02000003);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 3); /* CPUID 0: this CPU sent it */
    rig_expect(&rig,
               "irq.pending intid=3 on=1\nirq.taken intid=3 cpu=0\nirq.pending intid=3 on=0\n");
    rig_cpu_write(&rig, RIG_GICC_EOIR, 3 | 1 << 10);
    rig_expect(&rig, "irq.breach clause=4.4.5 rule=\"the CPUID field must be the one "
                     "that IAR returned\" intid=3\n");
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 3).active);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 3);
    rig_expect(&rig, "irq.eoi intid=3 cpu=0\n");
    rig_fini(&rig);
}

static void test_split_end_drops_first_and_deactivates_later(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_cpu_write(&rig, RIG_GICC_CTLR, 0x201);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_expect(&rig, "");
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_RPR), 0xff);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 40).active);
    CU_ASSERT_FALSE(rig.nirq);
    rig_line(&rig, 41, true); /* of the same priority: it runs meanwhile */
    CU_ASSERT_TRUE(rig.nirq);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_DIR, 40);
    rig_expect(&rig, "irq.eoi intid=40 cpu=0\n");
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 40).active);
    rig_fini(&rig);
}

static void test_deactivation_without_split_end_is_a_breach(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_DIR, 40);
    rig_expect(&rig, "irq.breach clause=4.4.15 rule=\"DIR must not be written while "
                     "EOImode is 0\" intid=40\n");
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 40).active);
    rig_fini(&rig);
}

static void test_deactivation_of_the_inactive_is_a_breach(void)
{
    static const unsigned intids[] = {41, RIG_IRQ_COUNT, 1019, 1020, 1022};
    struct rig rig;
    rig_init_open(&rig);
    rig_cpu_write(&rig, RIG_GICC_CTLR, 0x201);
    for (size_t i = 0; i < G_N_ELEMENTS(intids); i++) {
        rig_cpu_write(&rig, RIG_GICC_DIR, intids[i]);
        g_autofree char *breach =
            g_strdup_printf("irq.breach clause=4.4.15 rule=\"a write to DIR must name "
                            "an active interrupt\" intid=%u\n",
                            intids[i]);
        rig_expect(&rig, breach);
    }
    rig_fini(&rig);
}

static void test_deactivation_before_the_drop_is_a_breach(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_cpu_write(&rig, RIG_GICC_CTLR, 0x201);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_line(&rig, 40, false);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_DIR, 40);
    rig_expect(&rig, "irq.breach clause=3.2.1 rule=\"the priority must be dropped "
                     "before the interrupt is deactivated\" intid=40\nirq.eoi intid=40 cpu=0\n");
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_RPR), 0xa0);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_expect(&rig, "");
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_RPR), 0xff);
    rig_fini(&rig);
}

static void test_end_of_an_intid_that_does_not_exist_is_a_breach(void)
{
    static const unsigned intids[] = {RIG_IRQ_COUNT, 1019, 1020, 1021, 1022};
    struct rig rig;
    rig_init_open(&rig);
    for (size_t i = 0; i < G_N_ELEMENTS(intids); i++) {
        rig_cpu_write(&rig, RIG_GICC_EOIR, intids[i]);
        g_autofree char *breach =
            g_strdup_printf("irq.breach clause=4.4.5 rule=\"a write to EOIR must name an "
                            "interrupt that IAR returned and that was not ended since\" intid=%u\n",
                            intids[i]);
        rig_expect(&rig, breach);
    }
    rig_fini(&rig);
}

static void test_aliases_ignore_group_0(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_forget(&rig);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, 0x20), GIC_SPURIOUS); /* AIAR */
    rig_expect(&rig, "irq.spurious intid=1023 cpu=0\n");
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, 0x28), GIC_SPURIOUS); /* AHPPIR */
    rig_expect(&rig, "");
    rig_cpu_write(&rig, 0x24, 40); /* AEOIR */
    rig_expect(&rig, "irq.breach clause=4.4.10 rule=\"AEOIR ends interrupts of Group 1 "
                     "only\" intid=40\n");
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 40).active);
    rig_fini(&rig);
}

static void test_identification_and_read_only_registers(void)
{
    static const uint64_t read_only[] = {RIG_GICC_IAR, RIG_GICC_RPR, RIG_GICC_HPPIR,
                                         0x20,         0x28,         0xfc};
    static const uint64_t write_only[] = {RIG_GICC_EOIR, 0x24, RIG_GICC_DIR};
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    for (size_t i = 0; i < G_N_ELEMENTS(read_only); i++) {
        rig_cpu_write(&rig, read_only[i], 0);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(write_only); i++) {
        CU_ASSERT_EQUAL(rig_cpu_read(&rig, write_only[i]), 0);
    }
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, 0xfc), 0x0202143b);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_active_priorities_show_what_runs(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_set_priority(&rig, 41, 0x42);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_line(&rig, 41, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_forget(&rig);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_APR + 4), UINT32_C(1) << 1);  /* 0x42 / 2 */
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_APR + 8), UINT32_C(1) << 16); /* 0xa0 / 2 */
    rig_cpu_write(&rig, RIG_GICC_EOIR, 41);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_APR + 4), 0);
    for (uint64_t offset = 0xe0; offset < 0xf0; offset += 4) {
        CU_ASSERT_EQUAL(rig_cpu_read(&rig, offset), 0); /* NSAPR */
    }
    rig_expect(&rig, "irq.eoi intid=41 cpu=0\n");
    rig_fini(&rig);
}

static void test_restored_priorities_hold_back_and_are_dropped(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_dist_write(&rig, RIG_GICD_ISACTIVER + 4, 1 << 8);
    rig_cpu_write(&rig, RIG_GICC_APR + 8, UINT32_C(1) << 16);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xa0);
    rig_line(&rig, 41, true);
    CU_ASSERT_FALSE(rig.nirq);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_expect(&rig, "irq.eoi intid=40 cpu=0\n");
    CU_ASSERT_TRUE(rig.nirq);
    rig_fini(&rig);
}

static void test_clearing_active_priorities_forgets_what_was_taken(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    for (unsigned i = 0; i < 300; i++) {
        CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 40);
        rig_cpu_write(&rig, RIG_GICC_APR + 8, 0);
        CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xff);
        rig_dist_write(&rig, RIG_GICD_ICACTIVER + 4, 1 << 8);
    }
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_expect(&rig, "irq.breach clause=4.4.5 rule=\"a write to EOIR must name an "
                     "interrupt that IAR returned and that was not ended since\" intid=40\n");
    rig_fini(&rig);
}

static void test_reserved_registers_are_zero_and_a_breach(void)
{
    static const uint64_t reserved[] = {0x2c, 0xcc, 0xf0, 0x100, 0xffc, 0x1004, 0x1ffc};
    static const char breach[] = "irq.breach clause=4.1.3 rule=\"there is no CPU interface "
                                 "register at this offset\" intid=1023\n";
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    for (size_t i = 0; i < G_N_ELEMENTS(reserved); i++) {
        CU_ASSERT_EQUAL(rig_cpu_read(&rig, reserved[i]), 0);
        rig_expect(&rig, breach);
        rig_cpu_write(&rig, reserved[i], UINT32_MAX);
        rig_expect(&rig, breach);
    }
    rig_fini(&rig);
}

static void test_accesses_that_are_not_aligned_words_are_refused(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    rig_forget(&rig);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICC + RIG_GICC_IAR, 1), UINT8_MAX);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICC + RIG_GICC_IAR, 2), UINT16_MAX);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICC + RIG_GICC_IAR - 2, 4), UINT32_MAX);
    mmio_write(rig.bus, RIG_GICC + RIG_GICC_CTLR, 8, 0);
    rig_expect(&rig, "mmio.refused pa=0x801000c size=1 access=read\n"
                     "mmio.refused pa=0x801000c size=2 access=read\n"
                     "mmio.refused pa=0x801000a size=4 access=read\n"
                     "mmio.refused pa=0x8010000 size=8 access=write\n");
    CU_ASSERT_TRUE(rig.nirq);
    rig_fini(&rig);
}

UNIT_SUITE("gicv2_cpu", UNIT_TEST(test_control_has_no_bits_for_bypass),
           UNIT_TEST(test_mask_and_binary_point_keep_their_bits),
           UNIT_TEST(test_lowest_priority_never_passes_the_mask),
           UNIT_TEST(test_binary_point_decides_what_preempts),
           UNIT_TEST(test_one_group_still_interrupts_the_idle_cpu),
           UNIT_TEST(test_running_priority_is_idle_at_first),
           UNIT_TEST(test_no_read_but_iar_changes_anything),
           UNIT_TEST(test_ending_the_spurious_interrupt_is_ignored),
           UNIT_TEST(test_end_with_a_foreign_cpuid_is_a_breach),
           UNIT_TEST(test_split_end_drops_first_and_deactivates_later),
           UNIT_TEST(test_deactivation_without_split_end_is_a_breach),
           UNIT_TEST(test_deactivation_of_the_inactive_is_a_breach),
           UNIT_TEST(test_deactivation_before_the_drop_is_a_breach),
           UNIT_TEST(test_end_of_an_intid_that_does_not_exist_is_a_breach),
           UNIT_TEST(test_aliases_ignore_group_0),
           UNIT_TEST(test_identification_and_read_only_registers),
           UNIT_TEST(test_active_priorities_show_what_runs),
           UNIT_TEST(test_restored_priorities_hold_back_and_are_dropped),
           UNIT_TEST(test_clearing_active_priorities_forgets_what_was_taken),
           UNIT_TEST(test_reserved_registers_are_zero_and_a_breach),
           UNIT_TEST(test_accesses_that_are_not_aligned_words_are_refused))
