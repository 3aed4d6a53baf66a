/*
 * gic_test.c - the state machine: lines, pending, selection, acknowledge, end
 */
#include "emu/gic-timer/gic.h"

#include "emu/gic-timer/gic_rig.h"
#include "tests/unit.h"

/* INTID 41 is edge-triggered and enabled. */
static void rig_init_edge(struct rig *rig)
{
    rig_init(rig, RIG_IRQ_COUNT);
    rig_open(rig);
    rig_configure(rig, 41, true);
    rig_enable(rig, 41);
}

static void test_level_interrupt_lives_from_line_to_end(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    rig_expect(&rig, "irq.line intid=40 level=1\nirq.pending intid=40 on=1\n");
    CU_ASSERT_TRUE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 40);
    rig_expect(&rig, "irq.taken intid=40 cpu=0\n");
    CU_ASSERT_FALSE(rig.nirq);
    struct gic_irq_state state = gic_irq_state(rig.gic, 0, 40);
    CU_ASSERT_TRUE(state.active);
    CU_ASSERT_TRUE(state.pending); /* its line is still high */
    rig_line(&rig, 40, false);
    rig_expect(&rig, "irq.line intid=40 level=0\nirq.pending intid=40 on=0\n");
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_expect(&rig, "irq.eoi intid=40 cpu=0\n");
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 40).active);
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_EQUAL(rig.nirq_changes, 2);
    rig_fini(&rig);
}

static void test_level_still_high_at_end_is_taken_again(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_expect(&rig, "irq.eoi intid=40 cpu=0\n");
    CU_ASSERT_TRUE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 40);
    rig_expect(&rig, "irq.taken intid=40 cpu=0\n");
    rig_fini(&rig);
}

static void test_level_gone_before_acknowledge_is_spurious(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    rig_line(&rig, 40, false);
    rig_forget(&rig);
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), GIC_SPURIOUS);
    rig_expect(&rig, "irq.spurious intid=1023 cpu=0\n");
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xff);
    rig_fini(&rig);
}

static void test_setting_a_line_again_is_silent(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, false);
    rig_expect(&rig, "");
    rig_line(&rig, 40, true);
    rig_forget(&rig);
    rig_line(&rig, 40, true);
    rig_expect(&rig, "");
    CU_ASSERT_EQUAL(rig.nirq_changes, 0);
    rig_fini(&rig);
}

static void test_edge_is_remembered_until_taken(void)
{
    struct rig rig;
    rig_init_edge(&rig);
    rig_forget(&rig);
    rig_line(&rig, 41, true);
    rig_expect(&rig, "irq.line intid=41 level=1\nirq.pending intid=41 on=1\n");
    rig_line(&rig, 41, false);
    rig_expect(&rig, "irq.line intid=41 level=0\n");
    CU_ASSERT_TRUE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 41);
    rig_expect(&rig, "irq.taken intid=41 cpu=0\nirq.pending intid=41 on=0\n");
    rig_cpu_write(&rig, RIG_GICC_EOIR, 41);
    rig_expect(&rig, "irq.eoi intid=41 cpu=0\n");
    CU_ASSERT_FALSE(rig.nirq);
    rig_fini(&rig);
}

static void test_edge_while_active_is_taken_after_the_end(void)
{
    struct rig rig;
    rig_init_edge(&rig);
    rig_line(&rig, 41, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_line(&rig, 41, false);
    rig_forget(&rig);
    rig_line(&rig, 41, true);
    rig_expect(&rig, "irq.line intid=41 level=1\nirq.pending intid=41 on=1\n");
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), GIC_SPURIOUS);
    rig_expect(&rig, "irq.spurious intid=1023 cpu=0\n");
    rig_cpu_write(&rig, RIG_GICC_EOIR, 41);
    rig_expect(&rig, "irq.eoi intid=41 cpu=0\n");
    CU_ASSERT_TRUE(rig.nirq);
    rig_fini(&rig);
}

static void test_edge_line_held_high_does_not_repeat(void)
{
    struct rig rig;
    rig_init_edge(&rig);
    rig_line(&rig, 41, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 41);
    rig_forget(&rig);
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 41).pending);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 41).level);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 41).edge_triggered);
    rig_fini(&rig);
}

static void test_disabled_interrupt_pends_but_is_not_signalled(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    rig_open(&rig);
    rig_line(&rig, 50, true);
    rig_expect(&rig, "irq.line intid=50 level=1\nirq.pending intid=50 on=1\n");
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), GIC_SPURIOUS);
    rig_enable(&rig, 50);
    rig_expect(&rig, "irq.enabled intid=50 on=1\n");
    CU_ASSERT_TRUE(rig.nirq);
    rig_dist_write(&rig, RIG_GICD_ICENABLER + 4, UINT32_C(1) << 18);
    rig_expect(&rig, "irq.enabled intid=50 on=0\n");
    CU_ASSERT_FALSE(rig.nirq);
    rig_fini(&rig);
}

static void test_each_gate_alone_holds_nirq_low(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    rig_forget(&rig);
    CU_ASSERT_TRUE(gic_is_forwarding(rig.gic, 0));
    rig_dist_write(&rig, RIG_GICD_CTLR, 0);
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_FALSE(gic_is_forwarding(rig.gic, 0));
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), GIC_SPURIOUS);
    rig_dist_write(&rig, RIG_GICD_CTLR, 1);
    CU_ASSERT_TRUE(rig.nirq);
    rig_cpu_write(&rig, RIG_GICC_CTLR, 0);
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_FALSE(gic_is_forwarding(rig.gic, 0));
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), 40);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), GIC_SPURIOUS);
    rig_cpu_write(&rig, RIG_GICC_CTLR, 1);
    CU_ASSERT_TRUE(rig.nirq);
    rig_dist_write(&rig, RIG_GICD_ITARGETSR + 40, 0);
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 40).targeted);
    rig_dist_write(&rig, RIG_GICD_ITARGETSR + 40, 0x01010101);
    CU_ASSERT_TRUE(rig.nirq);
    rig_cpu_write(&rig, RIG_GICC_PMR, 0xa0);
    CU_ASSERT_FALSE(rig.nirq);
    rig_cpu_write(&rig, RIG_GICC_PMR, 0xa1);
    CU_ASSERT_TRUE(rig.nirq);
    CU_ASSERT_EQUAL(rig.nirq_changes, 8);
    rig_expect(&rig, "irq.spurious intid=1023 cpu=0\n");
    rig_fini(&rig);
}

static void test_lowest_priority_value_then_lowest_intid_wins(void)
{
    static const unsigned order[] = {43, 90, 41, 42, 88};
    struct rig rig;
    rig_init_open(&rig);
    rig_enable(&rig, 88);
    rig_enable(&rig, 90);
    rig_set_priority(&rig, 88, 0xa0);
    rig_set_priority(&rig, 90, 0x80);
    rig_set_priority(&rig, 43, 0x80);
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        rig_line(&rig, order[i], true);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), order[i]);
        CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), order[i]);
        rig_line(&rig, order[i], false);
        rig_cpu_write(&rig, RIG_GICC_EOIR, order[i]);
    }
    CU_ASSERT_FALSE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_HPPIR), GIC_SPURIOUS);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_every_intid_can_be_pending_at_once(void)
{
    struct rig rig;
    rig_init(&rig, 1024);
    rig_open(&rig);
    CU_ASSERT_EQUAL(gic_irq_count(rig.gic), 1024);
    for (unsigned intid = 16; intid < GIC_IRQS_MAX; intid++) {
        rig_enable(&rig, intid);
        rig_line(&rig, intid, true);
    }
    rig_set_priority(&rig, 16, 0x10);
    for (unsigned intid = 17; intid < GIC_IRQS_MAX; intid++) {
        CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), intid);
        rig_line(&rig, intid, false);
        rig_cpu_write(&rig, RIG_GICC_EOIR, intid);
    }
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 16);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_higher_priority_preempts_and_ends_nest(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_set_priority(&rig, 41, 0x80);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xa0);
    rig_line(&rig, 42, true); /* as important as the one that runs: it waits */
    CU_ASSERT_FALSE(rig.nirq);
    rig_line(&rig, 41, true);
    CU_ASSERT_TRUE(rig.nirq);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), 41);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0x80);
    rig_line(&rig, 41, false);
    rig_line(&rig, 40, false);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 41);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xa0);
    CU_ASSERT_FALSE(rig.nirq);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xff);
    CU_ASSERT_TRUE(rig.nirq);
    rig_expect(&rig, "irq.eoi intid=41 cpu=0\nirq.eoi intid=40 cpu=0\n");
    rig_fini(&rig);
}

static void test_nesting_is_bounded_by_the_priority_levels(void)
{
    struct rig rig;
    rig_init(&rig, 288);
    rig_open(&rig);
    unsigned taken = 0;
    for (unsigned level = 0; level < 256; level++) {
        unsigned intid = 32 + level;
        rig_enable(&rig, intid);
        rig_set_priority(&rig, intid, (uint8_t)(254 - level));
        rig_line(&rig, intid, true);
        taken += rig_cpu_read(&rig, RIG_GICC_IAR) == intid;
        /* Moving the binary point meanwhile must not make room for more. */
        rig_cpu_write(&rig, RIG_GICC_BPR, level % 2 == 0 ? 0 : 1);
    }
    CU_ASSERT(taken > 60);
    CU_ASSERT(taken <= 128);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_all_preemption_levels_nest(void)
{
    struct rig rig;
    rig_init(&rig, 288);
    rig_open(&rig);
    for (unsigned depth = 0; depth < 128; depth++) {
        unsigned intid = 32 + depth;
        rig_enable(&rig, intid);
        rig_set_priority(&rig, intid, (uint8_t)(254 - depth * 2));
        rig_line(&rig, intid, true);
        CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), intid);
    }
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0);
    rig_line(&rig, 200, true);
    rig_enable(&rig, 200);
    CU_ASSERT_EQUAL(rig_cpu_read(&rig, RIG_GICC_IAR), GIC_SPURIOUS);
    for (unsigned depth = 128; depth-- > 0;) {
        rig_cpu_write(&rig, RIG_GICC_EOIR, 32 + depth);
    }
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xff);
    rig_forget(&rig);
    rig_fini(&rig);
}

static void test_end_of_what_was_not_taken_is_a_breach_without_effect(void)
{
    static const char breach[] =
        "irq.breach clause=4.4.5 rule=\"a write to EOIR must name an "
        "interrupt that IAR returned and that was not ended since\" intid=41\n";
    struct rig rig;
    rig_init_open(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 41);
    rig_expect(&rig, breach);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 41);
    rig_expect(&rig, breach);
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xa0);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 40).active);
    CU_ASSERT_EQUAL(rig.nirq_changes, 0);
    rig_fini(&rig);
}

static void test_second_end_is_a_breach(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_expect(&rig, "irq.breach clause=4.4.5 rule=\"a write to EOIR must name an "
                     "interrupt that IAR returned and that was not ended since\" intid=40\n");
    CU_ASSERT_TRUE(rig.nirq);
    rig_fini(&rig);
}

static void test_ends_out_of_order_drop_the_top_priority(void)
{
    struct rig rig;
    rig_init_open(&rig);
    rig_set_priority(&rig, 41, 0x80);
    rig_line(&rig, 40, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_line(&rig, 41, true);
    (void)rig_cpu_read(&rig, RIG_GICC_IAR);
    rig_line(&rig, 40, false);
    rig_line(&rig, 41, false);
    rig_forget(&rig);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 40);
    rig_expect(&rig, "irq.breach clause=4.4.5 rule=\"interrupts must be ended in the "
                     "reverse order of their acknowledgement\" intid=40\nirq.eoi intid=40 cpu=0\n");
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xa0);
    CU_ASSERT_FALSE(gic_irq_state(rig.gic, 0, 40).active);
    CU_ASSERT_TRUE(gic_irq_state(rig.gic, 0, 41).active);
    rig_cpu_write(&rig, RIG_GICC_EOIR, 41);
    rig_expect(&rig, "irq.eoi intid=41 cpu=0\n");
    CU_ASSERT_EQUAL(gic_running_priority(rig.gic, 0), 0xff);
    rig_fini(&rig);
}

static void test_fresh_gic_is_closed(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    CU_ASSERT_EQUAL(gic_irq_count(rig.gic), RIG_IRQ_COUNT);
    CU_ASSERT_EQUAL(gic_priority_mask(rig.gic, 0), 0);
    CU_ASSERT_FALSE(gic_is_forwarding(rig.gic, 0));
    struct gic_irq_state state = gic_irq_state(rig.gic, 0, 40);
    CU_ASSERT_FALSE(state.enabled || state.pending || state.active || state.level);
    CU_ASSERT_FALSE(state.edge_triggered);
    CU_ASSERT_TRUE(state.targeted);
    CU_ASSERT_EQUAL(state.priority, 0);
    CU_ASSERT_EQUAL(rig.nirq_changes, 0);
    gic_free(NULL);
    rig_fini(&rig);
}

static void test_unconnected_output_is_fine(void)
{
    struct rig rig;
    rig_init(&rig, RIG_IRQ_COUNT);
    const unsigned cpu = 0;
    const struct irqline nirq = {.set = NULL};
    struct gic *gic = gic_new(rig.trace, &(struct gic_config){.version = GIC_V2,
                                                              .cpu_count = 1,
                                                              .irq_count = 64,
                                                              .nirq = &nirq,
                                                              .accessing_cpu = &cpu});
    struct irqline line = gic_input(gic, 0, 33);
    irqline_set(&line, true);
    rig_expect(&rig, "irq.line intid=33 level=1\nirq.pending intid=33 on=1\n");
    CU_ASSERT_TRUE(gic_irq_state(gic, 0, 33).pending);
    gic_free(gic);
    rig_fini(&rig);
}

UNIT_SUITE("gic", UNIT_TEST(test_level_interrupt_lives_from_line_to_end),
           UNIT_TEST(test_level_still_high_at_end_is_taken_again),
           UNIT_TEST(test_level_gone_before_acknowledge_is_spurious),
           UNIT_TEST(test_setting_a_line_again_is_silent),
           UNIT_TEST(test_edge_is_remembered_until_taken),
           UNIT_TEST(test_edge_while_active_is_taken_after_the_end),
           UNIT_TEST(test_edge_line_held_high_does_not_repeat),
           UNIT_TEST(test_disabled_interrupt_pends_but_is_not_signalled),
           UNIT_TEST(test_each_gate_alone_holds_nirq_low),
           UNIT_TEST(test_lowest_priority_value_then_lowest_intid_wins),
           UNIT_TEST(test_every_intid_can_be_pending_at_once),
           UNIT_TEST(test_higher_priority_preempts_and_ends_nest),
           UNIT_TEST(test_nesting_is_bounded_by_the_priority_levels),
           UNIT_TEST(test_all_preemption_levels_nest),
           UNIT_TEST(test_end_of_what_was_not_taken_is_a_breach_without_effect),
           UNIT_TEST(test_second_end_is_a_breach),
           UNIT_TEST(test_ends_out_of_order_drop_the_top_priority),
           UNIT_TEST(test_fresh_gic_is_closed), UNIT_TEST(test_unconnected_output_is_fine))
