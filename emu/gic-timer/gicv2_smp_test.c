/*
 * gicv2_smp_test.c - what the GICv2 keeps for each CPU, and how interrupts find theirs
 */
#include "emu/gic-timer/gic_rig.h"
#include "tests/unit.h"

/* Three CPUs, their interfaces open. */
static void rig_init_cpus(struct rig *rig)
{
    rig_init_like(
        rig, (struct gic_config){.version = GIC_V2, .cpu_count = 3, .irq_count = RIG_IRQ_COUNT});
    for (rig->accessing = 0; rig->accessing < 3; rig->accessing++) {
        rig_open(rig);
    }
    rig->accessing = 0;
    rig_forget(rig);
}

static void test_type_tells_the_number_of_cpus(void)
{
    struct rig rig;
    rig_init_cpus(&rig);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_TYPER), 2 | 2 << 5);
    CU_ASSERT_EQUAL(gic_cpu_count(rig.gic), 3);
    rig_fini(&rig);
}

static void test_private_registers_are_banked(void)
{
    struct rig rig;
    rig_init_cpus(&rig);
    rig.accessing = 1;
    rig_enable(&rig, 27);
    rig_set_priority(&rig, 27, 0x40);
    rig_configure(&rig, 28, true);
    rig_dist_write(&rig, RIG_GICD_IGROUPR, 1 << 27);
    rig_cpu_write(&rig, RIG_GICC_PMR, 0x77);
    rig_expect(&rig, "irq.enabled intid=27 on=1\n");
    rig.accessing = 0;
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISENABLER), 0xffff);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_IPRIORITYR + 24), 0);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ICFGR + 4), 0);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_IGROUPR), 0);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_PMR), 0xff);
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 27).enabled);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 1, 27).enabled);
    CU_ASSERT_EQUAL(gic_priority_mask(rig.gic, 1), 0x77);
    rig_fini(&rig);
}

static void test_ppi_goes_to_its_cpu(void)
{
    struct rig rig;
    rig_init_cpus(&rig);
    for (rig.accessing = 0; rig.accessing < 3; rig.accessing++) {
        rig_enable(&rig, 27);
    }
    struct irqline line = gic_input(rig.gic, 2, 27);
    irqline_set(&line, true);
    CU_ASSERT_FALSE(rig.nirqs[0] || rig.nirqs[1]);
    CU_ASSERT_TRUE(rig.nirqs[2]);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 2, 27).level);
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 27).level);
    rig.accessing = 1;
    rig_forget(&rig);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), GIC_SPURIOUS);
    rig.accessing = 2;
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 27);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 27);
    rig_expect(&rig, "irq.spurious intid=1023 cpu=1\nirq.taken intid=27 cpu=2\n"
                     "irq.eoi intid=27 cpu=2\n");
    rig_fini(&rig);
}

static void test_pended_ppi_goes_to_its_cpu(void)
{
    struct rig rig;
    rig_init_cpus(&rig);
    gic_repair_enable(rig.gic, 1, 27);
    struct irqline line = gic_pend_input(rig.gic, 1, 27);
    irqline_set(&line, true);
    CU_ASSERT_TRUE(rig.nirqs[1]);
    rig.accessing = 1;
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 27);
    gic_repair_end(rig.gic, 1, 27);
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 1, 27).active);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_spis_begin_at_cpu_0(void)
{
    struct rig rig;
    rig_init_cpus(&rig);
    rig.accessing = 1;
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ITARGETSR + 40), 0x01010101);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ITARGETSR), 0x02020202);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 40).targeted);
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 1, 40).targeted);
    rig_fini(&rig);
}

static void test_first_of_several_targets_takes_it(void)
{
    struct rig rig;
    rig_init_cpus(&rig);
    rig_enable(&rig, 40);
    rig_dist_write(&rig, RIG_GICD_ITARGETSR + 40, 0xfe);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ITARGETSR + 40), 0x06);
    rig_line(&rig, 40, true);
    CU_ASSERT_FALSE(rig.nirqs[0]);
    CU_ASSERT_TRUE(rig.nirqs[1] && rig.nirqs[2]);
    rig.accessing = 2;
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 40);
    CU_ASSERT_FALSE(rig.nirqs[1] || rig.nirqs[2]);
    rig_forget(&rig);
    rig.accessing = 1;
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), GIC_SPURIOUS);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40); /* not the one that took it */
    rig_expect(&rig, "irq.spurious intid=1023 cpu=1\nirq.breach clause=4.4.5 rule=\"a write to "
                     "EOIR must name an interrupt that IAR returned and that was not ended since\" "
                     "intid=40\n");
    rig_fini(&rig);
}

static void test_sgi_names_its_sender(void)
{
    struct rig rig;
    rig_init_cpus(&rig);
    rig.accessing = 2;
    rig_dist_write(&rig, RIG_GICD_SGIR, 0x00010005);
    rig.accessing = 1;
    rig_dist_write(&rig, RIG_GICD_SGIR, 0x00010005);
    rig_expect(&rig, "irq.pending intid=5 on=1\n");
    rig.accessing = 0;
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_SPENDSGIR + 4), 0x0600);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), 5 | 1 << 10);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 5 | 1 << 10);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 5);
    rig_expect(&rig, "irq.taken intid=5 cpu=0\nirq.breach clause=4.4.5 rule=\"the CPUID field must "
                     "be the one that IAR returned\" intid=5\n");
    rig_cpu_write(&rig, RIG_GICC_EOIR, 5 | 1 << 10);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 5 | 2 << 10);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 5 | 2 << 10);
    rig_expect(&rig, "irq.eoi intid=5 cpu=0\nirq.taken intid=5 cpu=0\nirq.pending intid=5 on=0\n"
                     "irq.eoi intid=5 cpu=0\n");
    CU_ASSERT_FALSE(rig.nirq);
    rig_fini(&rig);
}

static void test_sgi_to_others_leaves_the_sender_out(void)
{
    struct rig rig;
    rig_init_cpus(&rig);
    rig.accessing = 1;
    rig_dist_write(&rig, RIG_GICD_SGIR, 0x01000003);
    CU_ASSERT_TRUE(rig.nirqs[0] && rig.nirqs[2]);
    CU_ASSERT_FALSE(rig.nirqs[1]);
    rig_forget(&rig);
    rig.accessing = 0;
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_CPENDSGIR + 3, 1, 0x05); /* not from these */
    CU_ASSERT_TRUE(rig.nirqs[0]);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_CPENDSGIR + 3, 1, 0x02);
    CU_ASSERT_FALSE(rig.nirqs[0]);
    CU_ASSERT_TRUE(rig.nirqs[2]);
    rig_expect(&rig, "irq.pending intid=3 on=0\n");
    rig_fini(&rig);
}

static void test_running_priority_is_of_one_cpu(void)
{
    struct rig rig;
    rig_init_cpus(&rig);
    for (unsigned intid = 40; intid < 42; intid++) {
        rig_enable(&rig, intid);
        rig_set_priority(&rig, intid, 0xa0);
        mmio_write(rig.bus, RIG_GICD + RIG_GICD_ITARGETSR + intid, 1, 3);
    }
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_line(&rig, 41, true);
    CU_ASSERT_FALSE(rig.nirqs[0]); /* of the same priority as what runs there */
    CU_ASSERT_TRUE(rig.nirqs[1]);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xa0);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 1), 0xff);
    rig_forget(&rig);
    rig_fini(&rig);
}

UNIT_SUITE("gicv2_smp", UNIT_TEST(test_type_tells_the_number_of_cpus),
           UNIT_TEST(test_private_registers_are_banked), UNIT_TEST(test_ppi_goes_to_its_cpu),
           UNIT_TEST(test_pended_ppi_goes_to_its_cpu), UNIT_TEST(test_spis_begin_at_cpu_0),
           UNIT_TEST(test_first_of_several_targets_takes_it), UNIT_TEST(test_sgi_names_its_sender),
           UNIT_TEST(test_sgi_to_others_leaves_the_sender_out),
           UNIT_TEST(test_running_priority_is_of_one_cpu))
