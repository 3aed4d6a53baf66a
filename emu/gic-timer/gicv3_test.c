/*
 * gicv3_test.c - the GICv3: distributor, redistributors, system registers
 *
 * [GICv3] 12.2 and 12.8 to 12.11. Every test states all events since its last look.
 */
#include "emu/gic-timer/gic_rig.h"
#include "tests/unit.h"

#define GICR           UINT64_C(0x08010000) /* where the rig maps the second window */
#define RD(cpu)        (GICR + (cpu)*UINT64_C(0x20000))
#define SGI(cpu)       (RD(cpu) + 0x10000)
#define WAKER          0x14
#define IROUTER(intid) (0x6000 + 8 * (uint64_t)(intid))

static uint64_t icc_read(struct rig *rig, enum gic_sysreg reg)
{
    return gic_sysreg_read(rig->gic, rig->accessing, reg);
}

static void icc_write(struct rig *rig, enum gic_sysreg reg, uint64_t value)
{
    gic_sysreg_write(rig->gic, rig->accessing, reg, value);
}

static uint32_t read32(struct rig *rig, uint64_t pa)
{
    return (uint32_t)mmio_read(rig->bus, pa, 4);
}

static void write32(struct rig *rig, uint64_t pa, uint32_t value)
{
    mmio_write(rig->bus, pa, 4, value);
}

static void v3_init(struct rig *rig)
{
    rig_init_like(
        rig, (struct gic_config){.version = GIC_V3, .cpu_count = 3, .irq_count = RIG_IRQ_COUNT});
}

/* All awake and open, all in Group 1, with one priority; PPI 27 enabled on each, SPIs 40 and 41. */
static void v3_init_open(struct rig *rig)
{
    v3_init(rig);
    write32(rig, RIG_GICD, 2);
    for (uint64_t offset = 4; offset < 12; offset += 4) {
        write32(rig, RIG_GICD + RIG_GICD_IGROUPR + offset, UINT32_MAX);
    }
    for (rig->accessing = 0; rig->accessing < 3; rig->accessing++) {
        write32(rig, RD(rig->accessing) + WAKER, 0);
        write32(rig, SGI(rig->accessing) + RIG_GICD_IGROUPR, UINT32_MAX);
        write32(rig, SGI(rig->accessing) + RIG_GICD_ISENABLER, UINT32_C(1) << 27 | 0xffff);
        icc_write(rig, GIC_ICC_PMR, 0xff);
        icc_write(rig, GIC_ICC_IGRPEN1, 1);
    }
    rig->accessing = 0;
    rig_enable(rig, 40);
    rig_enable(rig, 41);
    rig_forget(rig);
}

/* ---- windows --------------------------------------------------------------------------------- */

static void test_distributor_identifies_itself(void)
{
    struct rig rig;
    v3_init(&rig);
    CU_ASSERT_EQUAL(read32(&rig, RIG_GICD), 0x50); /* ARE, DS */
    CU_ASSERT_EQUAL(read32(&rig, RIG_GICD + 4), 2 | 9 << 19);
    CU_ASSERT_EQUAL(read32(&rig, RIG_GICD + 8), 0x43b);
    CU_ASSERT_EQUAL(read32(&rig, RIG_GICD + 0xffe8), 0x3b);
    CU_ASSERT_EQUAL(read32(&rig, RD(1) + 0xffe8), 0x3b);
    write32(&rig, RIG_GICD, UINT32_MAX);
    CU_ASSERT_EQUAL(read32(&rig, RIG_GICD), 0x53);
    CU_ASSERT_EQUAL(gic_version(rig.gic), GIC_V3);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_redistributors_tell_affinity_number_and_the_last(void)
{
    struct rig rig;
    v3_init(&rig);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RD(0) + 8, 8), 0);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RD(1) + 8, 8), UINT64_C(0x0000000100000100));
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RD(2) + 8, 8), UINT64_C(0x0000000200000210));
    CU_ASSERT_EQUAL(read32(&rig, RD(2) + 12), 2);
    CU_ASSERT_EQUAL(read32(&rig, RD(2)), 0); /* no LPIs */
    write32(&rig, RD(0) + 0x70, UINT32_MAX);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RD(0) + 0x70, 8), 0);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RD(0) + 0x78, 8), 0);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

static void test_private_registers_of_the_distributor_are_a_breach(void)
{
    static const uint64_t offsets[] = {0x080, 0x100, 0x180, 0x200, 0x280,
                                       0x300, 0x380, 0x41c, 0xc00, 0xc04};
    static const char breach[] =
        "irq.breach clause=12.9 rule=\"with affinity routing the registers of SGIs and PPIs are "
        "those of the redistributor\" intid=1023\n";
    struct rig rig;
    v3_init(&rig);
    for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
        write32(&rig, RIG_GICD + offsets[i], 1 << 27);
        rig_expect(&rig, breach);
        write32(&rig, RIG_GICD + offsets[i], 0);
        CU_ASSERT_EQUAL(read32(&rig, RIG_GICD + offsets[i]), 0);
        rig_expect(&rig, "");
    }
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 27).enabled);
    rig_fini(&rig);
}

static void test_registers_that_affinity_routing_replaces_are_a_breach(void)
{
    static const uint64_t offsets[] = {0x820, 0xf00, 0xf10, 0xf2c};
    struct rig rig;
    v3_init(&rig);
    for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
        write32(&rig, RIG_GICD + offsets[i], 0x01010101);
        rig_expect(&rig, "irq.breach clause=12.9 rule=\"with affinity routing SPIs are routed by "
                         "IROUTER, and SGIs sent by ICC_SGI1R\" intid=1023\n");
        CU_ASSERT_EQUAL(read32(&rig, RIG_GICD + offsets[i]), 0);
    }
    rig_fini(&rig);
}

static void test_missed_offsets_are_named(void)
{
    static const uint64_t distributor[] = {0x0014, 0x0040, 0x6000, 0x60fc, 0x7fe0, 0xffcc};
    static const uint64_t redistributor[] = {0x0018, 0x0080, 0x1080, 0x10000, 0x10084, 0x10420};
    struct rig rig;
    v3_init(&rig);
    for (size_t i = 0; i < G_N_ELEMENTS(distributor); i++) {
        CU_ASSERT_EQUAL(read32(&rig, RIG_GICD + distributor[i]), 0);
        rig_expect(&rig, "irq.breach clause=12.8 rule=\"there is no distributor register at this "
                         "offset\" intid=1023\n");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(redistributor); i++) {
        write32(&rig, RD(2) + redistributor[i], UINT32_MAX);
        rig_expect(&rig, "irq.breach clause=12.10 rule=\"there is no redistributor register at "
                         "this offset\" intid=1023\n");
    }
    rig_fini(&rig);
}

static void test_wrong_widths_are_named(void)
{
    struct rig rig;
    v3_init(&rig);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICD, 8), 0);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_ISENABLER + 4, 1, 1);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_IPRIORITYR + 32, 2, 1);
    mmio_write(rig.bus, RIG_GICD + IROUTER(40), 1, 1);
    for (unsigned i = 0; i < 1; i++) {
        static const char one[] = "irq.breach clause=12.1.3 rule=\"this distributor register does "
                                  "not take accesses of this width\" intid=1023\n";
        g_autofree char *all = g_strconcat(one, one, one, one, NULL);
        rig_expect(&rig, all);
    }
    mmio_write(rig.bus, RD(1) + WAKER, 1, 0);
    rig_expect(&rig, "irq.breach clause=12.1.3 rule=\"this redistributor register does not take "
                     "accesses of this width\" intid=1023\n");
    CU_ASSERT_EQUAL(read32(&rig, RD(1) + WAKER), 6);
    rig_fini(&rig);
}

/* ---- delivery -------------------------------------------------------------------------------- */

static void test_sleeping_redistributor_delivers_nothing(void)
{
    struct rig rig;
    v3_init_open(&rig);
    write32(&rig, RD(1) + WAKER, 2);
    CU_ASSERT_EQUAL(read32(&rig, RD(1) + WAKER), 6);
    struct irqline line = gic_input(rig.gic, 1, 27);
    irqline_set(&line, true);
    CU_ASSERT_FALSE(rig.nirqs[1]);
    CU_ASSERT_EQUAL(gic_obstacle(rig.gic, 1, 27), GIC_OBSTACLE_ASLEEP);
    write32(&rig, RD(1) + WAKER, 0);
    CU_ASSERT_TRUE(rig.nirqs[1]);
    CU_ASSERT_EQUAL(gic_obstacle(rig.gic, 1, 27), GIC_OBSTACLE_NONE);
    rig.accessing = 1;
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_IAR1), 27);
    icc_write(&rig, GIC_ICC_EOIR1, 27);
    rig_expect(&rig, "irq.line intid=27 level=1\nirq.pending intid=27 on=1\n"
                     "irq.taken intid=27 cpu=1\nirq.eoi intid=27 cpu=1\n");
    rig_fini(&rig);
}

static void test_spi_goes_where_irouter_says(void)
{
    struct rig rig;
    v3_init_open(&rig);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 40).targeted);
    mmio_write(rig.bus, RIG_GICD + IROUTER(40), 8, 2);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICD + IROUTER(40), 8), 2);
    rig_line(&rig, 40, true);
    CU_ASSERT_TRUE(rig.nirqs[2]);
    CU_ASSERT_FALSE(rig.nirqs[0] || rig.nirqs[1]);
    write32(&rig, RIG_GICD + IROUTER(40) + 4, 1); /* affinity 1.0.0.2: nobody */
    CU_ASSERT_FALSE(rig.nirqs[2]);
    CU_ASSERT_EQUAL(gic_obstacle(rig.gic, 2, 40), GIC_OBSTACLE_TARGET);
    mmio_write(rig.bus, RIG_GICD + IROUTER(40), 8, UINT64_MAX);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICD + IROUTER(40), 8), UINT64_C(0xff80ffffff));
    CU_ASSERT_EQUAL(mmio_read(rig.bus, RIG_GICD + IROUTER(RIG_IRQ_COUNT), 8), 0);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_any_cpu_is_the_first_that_is_awake(void)
{
    struct rig rig;
    v3_init_open(&rig);
    mmio_write(rig.bus, RIG_GICD + IROUTER(40), 8, UINT64_C(1) << 31 | 2);
    rig_line(&rig, 40, true);
    CU_ASSERT_TRUE(rig.nirqs[0]);
    CU_ASSERT_FALSE(rig.nirqs[2]);
    write32(&rig, RD(0) + WAKER, 2);
    CU_ASSERT_FALSE(rig.nirqs[0]);
    CU_ASSERT_TRUE(rig.nirqs[1]);
    write32(&rig, RD(1) + WAKER, 2);
    write32(&rig, RD(2) + WAKER, 2);
    CU_ASSERT_FALSE(rig.nirqs[0] || rig.nirqs[1] || rig.nirqs[2]);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_group_0_is_not_signalled_as_irq(void)
{
    struct rig rig;
    v3_init_open(&rig);
    write32(&rig, RIG_GICD, 3);
    icc_write(&rig, GIC_ICC_IGRPEN0, 1);
    write32(&rig, RIG_GICD + RIG_GICD_IGROUPR + 4, 0);
    rig_line(&rig, 40, true);
    rig_forget(&rig);
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_EQUAL(gic_obstacle(rig.gic, 0, 40), GIC_OBSTACLE_GROUP);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_HPPIR1), 1023);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_HPPIR0), 40);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_IAR1), 1023);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_IAR0), 40);
    icc_write(&rig, GIC_ICC_EOIR1, 40);
    icc_write(&rig, GIC_ICC_EOIR0, 40);
    rig_expect(&rig, "irq.spurious intid=1023 cpu=0\nirq.taken intid=40 cpu=0\n"
                     "irq.breach clause=12.2 rule=\"EOIR0 ends interrupts of Group 0, EOIR1 those "
                     "of Group 1\" intid=40\nirq.eoi intid=40 cpu=0\n");
    rig_fini(&rig);
}

static void test_priorities_have_five_bits(void)
{
    struct rig rig;
    v3_init_open(&rig);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_IPRIORITYR + 40, 1, 0xa7);
    CU_ASSERT_EQUAL(gic_irq_state(rig.gic, 0, 40).priority, 0xa0);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_PMR), 0xf8);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_CTLR), 4 << 8);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_BPR0), 2);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_BPR1), 3);
    icc_write(&rig, GIC_ICC_BPR0, 0);
    icc_write(&rig, GIC_ICC_BPR1, 0);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_BPR0), 2);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_BPR1), 3);
    icc_write(&rig, GIC_ICC_BPR1, 6); /* bits 7 and 6 */
    rig_line(&rig, 40, true);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_IAR1), 40);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_RPR), 0x80);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_AP1R0), UINT32_C(1) << 16);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_AP0R0), 0);
    icc_write(&rig, GIC_ICC_AP1R0, 0);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_RPR), 0xff);
    icc_write(&rig, GIC_ICC_AP0R0, 2);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_RPR), 0x08);
    icc_write(&rig, GIC_ICC_CTLR, 1); /* CBPR */
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_BPR1), 3);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_lowest_priority_never_passes(void)
{
    struct rig rig;
    v3_init_open(&rig);
    mmio_write(rig.bus, RIG_GICD + RIG_GICD_IPRIORITYR + 40, 1, 0xff);
    rig_line(&rig, 40, true);
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_EQUAL(gic_obstacle(rig.gic, 0, 40), GIC_OBSTACLE_PRIORITY);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_split_end_deactivates_by_dir(void)
{
    struct rig rig;
    v3_init_open(&rig);
    rig_line(&rig, 40, true);
    icc_write(&rig, GIC_ICC_CTLR, 2);
    (void)icc_read(&rig, GIC_ICC_IAR1);
    icc_write(&rig, GIC_ICC_EOIR1, 40);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 40).active);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_RPR), 0xff);
    icc_write(&rig, GIC_ICC_DIR, 1023);
    icc_write(&rig, GIC_ICC_DIR, 40);
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 40).active);
    rig_forget(&rig);
    icc_write(&rig, GIC_ICC_EOIR1, 1023);
    icc_write(&rig, GIC_ICC_EOIR1, 0xffffff);
    rig_expect(&rig, "irq.breach clause=12.2 rule=\"a write to EOIR must name an interrupt that "
                     "IAR returned and that was not ended since\" intid=16777215\n");
    rig_fini(&rig);
}

static void test_sgi_reaches_those_that_it_names(void)
{
    static const struct {
        uint64_t value;
        unsigned cpus; /* a bit each */
    } cases[] = {
        {UINT64_C(5) << 24 | 7, 7},
        {UINT64_C(5) << 24 | 4, 4},
        {UINT64_C(5) << 24 | 0xfff8, 0},
        {UINT64_C(5) << 24 | UINT64_C(1) << 40, 5},     /* all but CPU 1, which sends */
        {UINT64_C(5) << 24 | UINT64_C(1) << 16 | 7, 0}, /* another Aff1 */
        {UINT64_C(5) << 24 | UINT64_C(1) << 32 | 7, 0},
        {UINT64_C(5) << 24 | UINT64_C(1) << 44 | 7, 0},
        {UINT64_C(5) << 24 | UINT64_C(1) << 48 | 7, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        v3_init_open(&rig);
        rig.accessing = 1;
        icc_write(&rig, GIC_ICC_SGI1R, cases[i].value);
        for (unsigned cpu = 0; cpu < 3; cpu++) {
            CU_ASSERT_EQUAL(rig.nirqs[cpu], (cases[i].cpus >> cpu & 1) != 0);
        }
        rig_forget(&rig);
        rig_fini(&rig);
    }
}

static void test_sgi_of_group_1_to_one_of_group_0_is_a_breach(void)
{
    struct rig rig;
    v3_init_open(&rig);
    write32(&rig, SGI(2) + RIG_GICD_IGROUPR, ~(UINT32_C(1) << 5));
    icc_write(&rig, GIC_ICC_SGI1R, UINT64_C(5) << 24 | 4);
    rig_expect(&rig, "irq.breach clause=12.2 rule=\"SGI1R sends to CPUs that have the SGI in Group "
                     "1\" intid=5\n");
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 2, 5).pending);
    rig_fini(&rig);
}

static void test_sgis_are_enabled_and_pended_as_others(void)
{
    struct rig rig;
    v3_init(&rig);
    CU_ASSERT_EQUAL(read32(&rig, SGI(0) + RIG_GICD_ISENABLER), 0);
    write32(&rig, SGI(0) + RIG_GICD_ISENABLER, 1 << 3);
    write32(&rig, SGI(0) + RIG_GICD_ISPENDR, 1 << 3);
    CU_ASSERT_EQUAL(read32(&rig, SGI(0) + RIG_GICD_ICPENDR), 1 << 3);
    write32(&rig, SGI(0) + RIG_GICD_ICPENDR, 1 << 3);
    CU_ASSERT_EQUAL(read32(&rig, SGI(0) + RIG_GICD_ICFGR), 0xaaaaaaaa);
    rig_expect(&rig, "irq.enabled intid=3 on=1\nirq.pending intid=3 on=1\n"
                     "irq.pending intid=3 on=0\n");
    rig_fini(&rig);
}

static void test_read_only_and_write_only_registers(void)
{
    static const enum gic_sysreg read_only[] = {GIC_ICC_IAR0,   GIC_ICC_IAR1, GIC_ICC_HPPIR0,
                                                GIC_ICC_HPPIR1, GIC_ICC_RPR,  GIC_ICC_SRE};
    static const enum gic_sysreg write_only[] = {GIC_ICC_EOIR0, GIC_ICC_EOIR1, GIC_ICC_DIR,
                                                 GIC_ICC_SGI1R};
    struct rig rig;
    v3_init_open(&rig);
    for (size_t i = 0; i < G_N_ELEMENTS(read_only); i++) {
        icc_write(&rig, read_only[i], 0);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(write_only); i++) {
        CU_ASSERT_EQUAL(icc_read(&rig, write_only[i]), 0);
    }
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_SRE), 7);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_IGRPEN1), 1);
    CU_ASSERT_EQUAL(icc_read(&rig, GIC_ICC_IGRPEN0), 0);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

UNIT_SUITE("gicv3", UNIT_TEST(test_distributor_identifies_itself),
           UNIT_TEST(test_redistributors_tell_affinity_number_and_the_last),
           UNIT_TEST(test_private_registers_of_the_distributor_are_a_breach),
           UNIT_TEST(test_registers_that_affinity_routing_replaces_are_a_breach),
           UNIT_TEST(test_missed_offsets_are_named), UNIT_TEST(test_wrong_widths_are_named),
           UNIT_TEST(test_sleeping_redistributor_delivers_nothing),
           UNIT_TEST(test_spi_goes_where_irouter_says),
           UNIT_TEST(test_any_cpu_is_the_first_that_is_awake),
           UNIT_TEST(test_group_0_is_not_signalled_as_irq),
           UNIT_TEST(test_priorities_have_five_bits), UNIT_TEST(test_lowest_priority_never_passes),
           UNIT_TEST(test_split_end_deactivates_by_dir),
           UNIT_TEST(test_sgi_reaches_those_that_it_names),
           UNIT_TEST(test_sgi_of_group_1_to_one_of_group_0_is_a_breach),
           UNIT_TEST(test_sgis_are_enabled_and_pended_as_others),
           UNIT_TEST(test_read_only_and_write_only_registers))
