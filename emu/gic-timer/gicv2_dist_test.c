/*
 * gicv2_dist_test.c - registers of the GICv2's distributor
 */
#include "emu/gic-timer/gic_rig.h"
#include "tests/unit.h"

static void test_control_has_an_enable_bit_a_group(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_CTLR), 0);
    rig_dist_write(&rig, RIG_GICD_CTLR, UINT32_MAX);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_CTLR), 3);
    rig_dist_write(&rig, RIG_GICD_CTLR, 2);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_CTLR), 2);
    rig_fini(&rig);
}

static void test_type_tells_the_number_of_lines(void)
{
    static const unsigned counts[] = {64, 288, 1024};
    static const uint32_t typers[] = {1, 8, 31};
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        struct rig rig;
        rig_init(&rig, counts[i]);
        CU_ASSERT_EQUAL(rig_dist_read(&rig, 0x004), typers[i]);
        rig_dist_write(&rig, 0x004, 0); /* read-only */
        CU_ASSERT_EQUAL(rig_dist_read(&rig, 0x004), typers[i]);
        rig_fini(&rig);
    }
}

static void test_identification_is_that_of_a_gic400(void)
{
    static const uint8_t ids[] = {0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1};
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, 0x008), 0x0200143b);
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        CU_ASSERT_EQUAL(rig_dist_read(&rig, 0xfd0 + i * 4), ids[i]);
        rig_dist_write(&rig, 0xfd0 + i * 4, UINT32_MAX);
        CU_ASSERT_EQUAL(rig_dist_read(&rig, 0xfd0 + i * 4), ids[i]);
    }
    rig_fini(&rig);
}

static void test_groups_are_kept_and_access_control_is_a_silent_zero(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    rig_dist_write(&rig, 0x080, UINT32_MAX);
    rig_dist_write(&rig, 0x0fc, UINT32_MAX);
    rig_dist_write(&rig, 0xe00, UINT32_MAX);
    rig_dist_write(&rig, 0xefc, UINT32_MAX);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, 0x080), UINT32_MAX);
    CU_ASSERT_EQUAL(gic_irq_state(rig.gic, 0, 27).group, 1);
    CU_ASSERT_EQUAL(gic_irq_state(rig.gic, 0, 40).group, 0);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, 0x0fc), 0);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, 0xe00), 0);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, 0xefc), 0);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_enable_bits_set_and_clear(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    rig_dist_write(&rig, RIG_GICD_ISENABLER + 4, 0x80000001);
    rig_expect(&rig, "irq.enabled intid=32 on=1\nirq.enabled intid=63 on=1\n");
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISENABLER + 4), 0x80000001);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ICENABLER + 4), 0x80000001);
    rig_dist_write(&rig, RIG_GICD_ISENABLER + 4, 0x80000001); /* as it was */
    rig_dist_write(&rig, RIG_GICD_ISENABLER + 4, 0);
    rig_dist_write(&rig, RIG_GICD_ICENABLER + 4, 0);
    rig_expect(&rig, "");
    rig_dist_write(&rig, RIG_GICD_ICENABLER + 4, UINT32_MAX);
    rig_expect(&rig, "irq.enabled intid=32 on=0\nirq.enabled intid=63 on=0\n");
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISENABLER + 4), 0);
    rig_fini(&rig);
}

static void test_sgis_are_always_enabled(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISENABLER), 0xffff);
    rig_dist_write(&rig, RIG_GICD_ICENABLER, 0xffff);
    rig_dist_write(&rig, RIG_GICD_ISENABLER, 0xffff);
    rig_expect(&rig, "");
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISENABLER), 0xffff);
    rig_fini(&rig);
}

static void test_software_pends_and_unpends(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_dist_write(&rig, RIG_GICD_ISPENDR + 4, 3 << 8);
    rig_expect(&rig, "irq.pending intid=40 on=1\nirq.pending intid=41 on=1\n");
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISPENDR + 4), 3 << 8);
    CU_ASSERT_TRUE(rig.nirq);
    rig_dist_write(&rig, RIG_GICD_ICPENDR + 4, 1 << 9);
    rig_expect(&rig, "irq.pending intid=41 on=0\n");
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ICPENDR + 4), 1 << 8);
    rig_dist_write(&rig, RIG_GICD_ICPENDR + 4, 1 << 8);
    rig_expect(&rig, "irq.pending intid=40 on=0\n");
    CU_ASSERT_FALSE(rig.nirq);
    rig_dist_write(&rig, RIG_GICD_ICPENDR + 4, UINT32_MAX);
    rig_dist_write(&rig, RIG_GICD_ICPENDR + 4, 0);
    rig_dist_write(&rig, RIG_GICD_ISPENDR + 4, 0);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_taking_a_level_interrupt_forgets_what_software_pended(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_dist_write(&rig, RIG_GICD_ISPENDR + 4, 1 << 8);
    rig_forget(&rig);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 40);
    rig_expect(&rig, "irq.taken intid=40 cpu=0\nirq.pending intid=40 on=0\n");
    rig_fini(&rig);
}

static void test_high_level_cannot_be_unpended(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    rig_dist_write(&rig, RIG_GICD_ISPENDR + 4, 1 << 8);
    rig_forget(&rig);
    rig_dist_write(&rig, RIG_GICD_ICPENDR + 4, 1 << 8);
    rig_expect(&rig, "");
    CU_ASSERT_TRUE(rig.nirq);
    rig_line(&rig, 40, false);
    rig_expect(&rig, "irq.line intid=40 level=0\nirq.pending intid=40 on=0\n");
    rig_fini(&rig);
}

static void test_level_pended_by_software_outlives_its_line(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    rig_dist_write(&rig, RIG_GICD_ISPENDR + 4, 1 << 8);
    rig_forget(&rig);
    rig_line(&rig, 40, false);
    rig_expect(&rig, "irq.line intid=40 level=0\n");
    CU_ASSERT_TRUE(rig.nirq);
    rig_fini(&rig);
}

static void test_sgi_bits_of_the_pending_registers_are_read_only(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_dist_write(&rig, RIG_GICD_ISPENDR, 0xffff);
    rig_expect(&rig, "");
    rig_dist_write(&rig, RIG_GICD_SGIR, 0x02000005);
    rig_forget(&rig);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISPENDR), 1 << 5);
    rig_dist_write(&rig, RIG_GICD_ICPENDR, 0xffff);
    rig_expect(&rig, "");
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ICPENDR), 1 << 5);
    rig_fini(&rig);
}

static void test_active_state_can_be_set_and_cleared(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_dist_write(&rig, RIG_GICD_ISACTIVER + 4, 1 << 8);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISACTIVER + 4), 1 << 8);
    rig_line(&rig, 40, true);
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xff);
    rig_forget(&rig);
    rig_dist_write(&rig, RIG_GICD_ICACTIVER + 4, 0);
    rig_dist_write(&rig, RIG_GICD_ISACTIVER + 4, 0);
    rig_expect(&rig, "");
    rig_dist_write(&rig, RIG_GICD_ICACTIVER + 4, UINT32_MAX);
    rig_expect(&rig, "irq.eoi intid=40 cpu=0\n");
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ICACTIVER + 4), 0);
    CU_ASSERT_TRUE(rig.nirq);
    rig_fini(&rig);
}

static void test_clearing_active_keeps_the_running_priority(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_dist_write(&rig, RIG_GICD_ICACTIVER + 4, 1 << 8);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xa0);
    CU_ASSERT_FALSE(rig.nirq);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_expect(&rig, ""); /* it was inactive already: only the priority drops */
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xff);
    CU_ASSERT_TRUE(rig.nirq);
    rig_fini(&rig);
}

static void test_an_intid_can_be_acknowledged_twice_after_clearing_active(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_dist_write(&rig, RIG_GICD_ICACTIVER + 4, 1 << 8);
    rig_set_priority(&rig, 40, 0x20);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 40);
    rig_line(&rig, 40, false);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xa0);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xff);
    rig_expect(&rig, "irq.eoi intid=40 cpu=0\n");
    rig_fini(&rig);
}

static void test_priorities_take_bytes_and_words(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    rig_dist_write(&rig, RIG_GICD_IPRIORITYR + 40, 0x44332211);
    CU_ASSERT_EQUAL(gic_irq_state(rig.gic, 0, 40).priority, 0x11);
    CU_ASSERT_EQUAL(gic_irq_state(rig.gic, 0, 43).priority, 0x44);
    rig_set_priority(&rig, 42, 0xab);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_IPRIORITYR + 40), 0x44ab2211);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICD + RIG_GICD_IPRIORITYR + 42, 1), 0xab);
    rig_set_priority(&rig, 3, 0xff);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_IPRIORITYR), 0xff000000);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_priority_change_of_a_pending_interrupt_reorders(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    rig_line(&rig, 41, true);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), 40);
    rig_set_priority(&rig, 41, 0x9f);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), 41);
    rig_set_priority(&rig, 41, 0xa1);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), 40);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_targets_of_private_interrupts_name_this_cpu(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    for (uint64_t intid = 0; intid < 32; intid += 4) {
        rig_dist_write(&rig, RIG_GICD_ITARGETSR + intid, 0);
        CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ITARGETSR + intid), 0x01010101);
    }
    rig_fini(&rig);
}

static void test_targets_of_spis_keep_only_this_cpu(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ITARGETSR + 32), 0x01010101);
    rig_dist_write(&rig, RIG_GICD_ITARGETSR + 32, 0xff00fe01);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ITARGETSR + 32), 0x01000001);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_ITARGETSR + 33, 1, 1);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICD + RIG_GICD_ITARGETSR + 33, 1), 1);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ITARGETSR + 32), 0x01000101);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_configuration_of_sgis_is_fixed(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ICFGR), 0xaaaaaaaa);
    rig_dist_write(&rig, RIG_GICD_ICFGR, 0);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ICFGR), 0xaaaaaaaa);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ICFGR + 4), 0);
    rig_fini(&rig);
}

static void test_configuration_has_one_writable_bit_an_intid(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    for (uint64_t offset = RIG_GICD_ICFGR + 4; offset < RIG_GICD_ICFGR + 24; offset += 4) {
        rig_dist_write(&rig, offset, 0xffffffff);
        CU_ASSERT_EQUAL(rig_dist_read(&rig, offset), 0xaaaaaaaa);
        rig_dist_write(&rig, offset, 0x00000008);
        CU_ASSERT_EQUAL(rig_dist_read(&rig, offset), 0x00000008);
    }
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 16 + 1).edge_triggered);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 80 + 1).edge_triggered);
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 80).edge_triggered);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_configuration_change_while_enabled_is_a_breach(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_configure(&rig, 41, true);
    rig_expect(&rig, "irq.breach clause=4.3.13 rule=\"an interrupt must be disabled "
                     "while its configuration changes\" intid=41\n");
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 41).edge_triggered);
    rig_configure(&rig, 41, true); /* as it was */
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_configuration_change_under_a_high_line(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    rig_line(&rig, 50, true);
    rig_forget(&rig);
    rig_configure(&rig, 50, true); /* the edge was before */
    rig_expect(&rig, "irq.pending intid=50 on=0\n");
    rig_configure(&rig, 50, false);
    rig_expect(&rig, "irq.pending intid=50 on=1\n");
    rig_fini(&rig);
}

static void test_sgi_reaches_this_cpu_when_the_filter_says_so(void)
{
    static const struct {
        uint32_t sgir;
        bool reaches;
    } cases[] = {
        {0x00010007, true},  /* list: CPU 0 */
        {0x00ff8007, true},  /* list: all, NSATT ignored */
        {0x00fe0007, false}, /* list: others */
        {0x00000007, false}, /* list: nobody */
        {0x01ff0007, false}, /* all but this one */
        {0x02000007, true},  /* this one */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        rig_init_open(&rig);
        rig_dist_write(&rig, RIG_GICD_SGIR, cases[i].sgir);
        rig_expect(&rig, cases[i].reaches ? "irq.pending intid=7 on=1\n" : "");
        CU_ASSERT_EQUAL(rig.nirq, cases[i].reaches);
        CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_SGIR), 0);
        rig_fini(&rig);
    }
}

static void test_reserved_sgi_filter_is_a_breach(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_dist_write(&rig, RIG_GICD_SGIR, 0x03010007);
    rig_expect(&rig, "irq.breach clause=4.3.15 rule=\"TargetListFilter 3 is reserved\" "
                     "intid=7\n");
    CU_ASSERT_FALSE(rig.nirq);
    rig_fini(&rig);
}

static void test_sgi_sent_twice_is_taken_once(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_dist_write(&rig, RIG_GICD_SGIR, 0x02000007);
    rig_dist_write(&rig, RIG_GICD_SGIR, 0x02000007);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 7);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 7);
    rig_expect(&rig, "irq.pending intid=7 on=1\nirq.taken intid=7 cpu=0\nirq.pending intid=7 on=0\n"
                     "irq.eoi intid=7 cpu=0\n");
    CU_ASSERT_FALSE(rig.nirq);
    rig_fini(&rig);
}

static void test_sgi_pending_registers_are_by_source(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_dist_write(&rig, RIG_GICD_SPENDSGIR + 4,
                   0x00fe0100); /* SGI 5 from CPU 0, SGI 6 from others */
    rig_expect(&rig, "irq.pending intid=5 on=1\n");
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_SPENDSGIR + 4), 0x00000100);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICD + RIG_GICD_CPENDSGIR + 5, 1), 1);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_CPENDSGIR + 5, 1, 0xfe);
    rig_expect(&rig, "");
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_CPENDSGIR + 5, 1, 0x01);
    rig_expect(&rig, "irq.pending intid=5 on=0\n");
    CU_ASSERT_FALSE(rig.nirq);
    rig_fini(&rig);
}

static void test_registers_of_absent_intids_are_silent_zeroes(void)
{
    static const uint64_t offsets[] = {
        RIG_GICD_ISENABLER + 12,  RIG_GICD_ICENABLER + 12,    RIG_GICD_ISPENDR + 12,
        RIG_GICD_ICPENDR + 12,    RIG_GICD_ISACTIVER + 12,    RIG_GICD_ICACTIVER + 12,
        RIG_GICD_IPRIORITYR + 96, RIG_GICD_ITARGETSR + 96,    RIG_GICD_ICFGR + 24,
        RIG_GICD_ISENABLER + 124, RIG_GICD_IPRIORITYR + 1016, RIG_GICD_ITARGETSR + 1016,
        RIG_GICD_ICFGR + 252,
    };
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
        rig_dist_write(&rig, offsets[i], UINT32_MAX);
        CU_ASSERT_EQUAL(rig_dist_read(&rig, offsets[i]), 0);
    }
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_the_last_four_intids_never_exist(void)
{
    struct rig rig;
    rig_init(&rig, 1024);
    rig_dist_write(&rig, RIG_GICD_ISENABLER + 124, UINT32_MAX);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISENABLER + 124), 0x0fffffff);
    rig_dist_write(&rig, RIG_GICD_ISPENDR + 124, UINT32_MAX);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISPENDR + 124), 0x0fffffff);
    rig_dist_write(&rig, RIG_GICD_ISACTIVER + 124, UINT32_MAX);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ISACTIVER + 124), 0x0fffffff);
    rig_dist_write(&rig, RIG_GICD_ICENABLER + 124, UINT32_MAX);
    rig_dist_write(&rig, RIG_GICD_ICFGR + 252, UINT32_MAX);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_ICFGR + 252), 0x00aaaaaa);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_reserved_registers_are_zero_and_a_breach(void)
{
    static const uint64_t reserved[] = {0x00c, 0x07c, 0x7fc, 0xbfc, 0xd00, 0xf04, 0xf30, 0xfcc};
    static const char breach[] = "irq.breach clause=4.1.2 rule=\"there is no distributor "
                                 "register at this offset\" intid=1023\n";
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    for (size_t i = 0; i < G_N_ELEMENTS(reserved); i++) {
        CU_ASSERT_EQUAL(rig_dist_read(&rig, reserved[i]), 0);
        rig_expect(&rig, breach);
        rig_dist_write(&rig, reserved[i], UINT32_MAX);
        rig_expect(&rig, breach);
    }
    rig_fini(&rig);
}

static void test_byte_access_to_a_word_register_is_a_breach(void)
{
    static const char breach[] = "irq.breach clause=4.1.4 rule=\"this register takes "
                                 "accesses of a word only\" intid=1023\n";
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICD + RIG_GICD_ISENABLER, 1), 0);
    rig_expect(&rig, breach);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_CTLR, 1, 1);
    rig_expect(&rig, breach);
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_CTLR), 0);
    rig_fini(&rig);
}

static void test_halfwords_double_words_and_misalignment_are_refused(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_IPRIORITYR + 40, 2, 0x1111);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_IPRIORITYR + 40, 8, 0x1111);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_IPRIORITYR + 41, 4, 0x1111);
    rig_expect(&rig, "mmio.refused pa=0x8000428 size=2 access=write\n"
                     "mmio.refused pa=0x8000428 size=8 access=write\n"
                     "mmio.refused pa=0x8000429 size=4 access=write\n");
    CU_ASSERT_EQUAL(rig_dist_read(&rig, RIG_GICD_IPRIORITYR + 40), 0);
    rig_fini(&rig);
}

UNIT_SUITE("gicv2_dist", UNIT_TEST(test_control_has_an_enable_bit_a_group),
           UNIT_TEST(test_type_tells_the_number_of_lines),
           UNIT_TEST(test_identification_is_that_of_a_gic400),
           UNIT_TEST(test_groups_are_kept_and_access_control_is_a_silent_zero),
           UNIT_TEST(test_enable_bits_set_and_clear), UNIT_TEST(test_sgis_are_always_enabled),
           UNIT_TEST(test_software_pends_and_unpends),
           UNIT_TEST(test_taking_a_level_interrupt_forgets_what_software_pended),
           UNIT_TEST(test_high_level_cannot_be_unpended),
           UNIT_TEST(test_level_pended_by_software_outlives_its_line),
           UNIT_TEST(test_sgi_bits_of_the_pending_registers_are_read_only),
           UNIT_TEST(test_active_state_can_be_set_and_cleared),
           UNIT_TEST(test_clearing_active_keeps_the_running_priority),
           UNIT_TEST(test_an_intid_can_be_acknowledged_twice_after_clearing_active),
           UNIT_TEST(test_priorities_take_bytes_and_words),
           UNIT_TEST(test_priority_change_of_a_pending_interrupt_reorders),
           UNIT_TEST(test_targets_of_private_interrupts_name_this_cpu),
           UNIT_TEST(test_targets_of_spis_keep_only_this_cpu),
           UNIT_TEST(test_configuration_of_sgis_is_fixed),
           UNIT_TEST(test_configuration_has_one_writable_bit_an_intid),
           UNIT_TEST(test_configuration_change_while_enabled_is_a_breach),
           UNIT_TEST(test_configuration_change_under_a_high_line),
           UNIT_TEST(test_sgi_reaches_this_cpu_when_the_filter_says_so),
           UNIT_TEST(test_reserved_sgi_filter_is_a_breach),
           UNIT_TEST(test_sgi_sent_twice_is_taken_once),
           UNIT_TEST(test_sgi_pending_registers_are_by_source),
           UNIT_TEST(test_registers_of_absent_intids_are_silent_zeroes),
           UNIT_TEST(test_the_last_four_intids_never_exist),
           UNIT_TEST(test_reserved_registers_are_zero_and_a_breach),
           UNIT_TEST(test_byte_access_to_a_word_register_is_a_breach),
           UNIT_TEST(test_halfwords_double_words_and_misalignment_are_refused))
