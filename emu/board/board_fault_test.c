/*
 * board_fault_test.c - each place for faults is where it should be in the machine
 */
#include "emu/board/board.h"

#include "tests/unit.h"

static const struct board_net_config two_nets[] = {
    {.device = {.name = "eth0", .mac = {0x52, 0x54, 0, 0, 0, 1}, .queue_size = 8}},
    {.device = {.name = "eth1", .mac = {0x52, 0x54, 0, 0, 0, 2}, .queue_size = 16}},
};

static const struct fault_which all = {0, FAULT_ALL};

static struct board *machine_new(void)
{
    GError *error = NULL;
    struct board_config config;
    board_config_init(&config);
    config.nets = two_nets;
    config.net_count = G_N_ELEMENTS(two_nets);
    struct board *board = board_new(&config, NULL, &error);
    g_assert_no_error(error);
    return board;
}

static bool line_is_high(struct board *board, unsigned intid)
{
    return gic_irq_state(board_gic(board), 0, intid).level;
}

static void fire(struct board *board, enum gtimer_id id)
{
    gtimer_write(board_timer(board, 0), id, GTIMER_CVAL, 0);
    gtimer_write(board_timer(board, 0), id, GTIMER_CTL, GTIMER_CTL_ENABLE);
}

static void test_timers_reach_their_own_inputs_without_faults(void)
{
    struct board *board = machine_new();
    fire(board, GTIMER_VIRTUAL);
    CU_ASSERT_TRUE(line_is_high(board, BOARD_TIMER_VIRT_INTID));
    CU_ASSERT_FALSE(line_is_high(board, BOARD_TIMER_PHYS_INTID));
    fire(board, GTIMER_PHYSICAL);
    CU_ASSERT_TRUE(line_is_high(board, BOARD_TIMER_PHYS_INTID));
    board_free(board);
}

static void test_dead_timer_fires_and_nobody_hears_it(void)
{
    struct board *board = machine_new();
    irq_fault_lose(board_timer_fault(board, 0, GTIMER_VIRTUAL), "dead", all);
    fire(board, GTIMER_VIRTUAL);
    fire(board, GTIMER_PHYSICAL);
    CU_ASSERT_FALSE(line_is_high(board, BOARD_TIMER_VIRT_INTID));
    CU_ASSERT_TRUE(line_is_high(board, BOARD_TIMER_PHYS_INTID));
    irq_fault_restore(board_timer_fault(board, 0, GTIMER_VIRTUAL));
    CU_ASSERT_TRUE(line_is_high(board, BOARD_TIMER_VIRT_INTID));
    board_free(board);
}

static void test_timer_that_is_led_astray_shares_the_other_input(void)
{
    struct board *board = machine_new();
    irq_fault_route(board_timer_fault(board, 0, GTIMER_VIRTUAL), "intid",
                    board_timer_line(board, 0, GTIMER_VIRTUAL, BOARD_TIMER_PHYS_INTID),
                    (struct irqline){.set = NULL});
    fire(board, GTIMER_VIRTUAL);
    fire(board, GTIMER_PHYSICAL);
    CU_ASSERT_FALSE(line_is_high(board, BOARD_TIMER_VIRT_INTID));
    CU_ASSERT_TRUE(line_is_high(board, BOARD_TIMER_PHYS_INTID));
    gtimer_write(board_timer(board, 0), GTIMER_VIRTUAL, GTIMER_CTL, 0);
    CU_ASSERT_TRUE(line_is_high(board, BOARD_TIMER_PHYS_INTID));
    gtimer_write(board_timer(board, 0), GTIMER_PHYSICAL, GTIMER_CTL, 0);
    CU_ASSERT_FALSE(line_is_high(board, BOARD_TIMER_PHYS_INTID));
    board_free(board);
}

static void test_spurious_interrupt_is_pending_on_an_input_that_nothing_drives(void)
{
    struct board *board = machine_new();
    irq_fault_spurious(board_irq_fault(board, 38), 1);
    struct gic_irq_state state = gic_irq_state(board_gic(board), 0, 38);
    CU_ASSERT_TRUE(state.pending);
    CU_ASSERT_FALSE(state.level);
    board_free(board);
}

static void test_line_of_a_queue_stands_before_that_of_its_device(void)
{
    struct board *board = machine_new();
    CU_ASSERT_EQUAL(board_device_intid(board, "eth1"), BOARD_VIRTIO_MMIO_INTID + 1);
    irq_fault_lose(board_queue_irq_fault(board, "eth1.tx"), "lose", all);
    struct irqline tx = virtqueue_interrupt_line(board_queue(board, "eth1.tx"));
    struct irqline rx = virtqueue_interrupt_line(board_queue(board, "eth1.rx"));
    irqline_set(&tx, true);
    CU_ASSERT_FALSE(line_is_high(board, BOARD_VIRTIO_MMIO_INTID + 1));
    irqline_set(&rx, true);
    CU_ASSERT_TRUE(line_is_high(board, BOARD_VIRTIO_MMIO_INTID + 1));
    irqline_set(&tx, false);
    CU_ASSERT_TRUE(line_is_high(board, BOARD_VIRTIO_MMIO_INTID + 1));
    irqline_set(&rx, false);
    CU_ASSERT_FALSE(line_is_high(board, BOARD_VIRTIO_MMIO_INTID + 1));
    CU_ASSERT_FALSE(line_is_high(board, BOARD_VIRTIO_MMIO_INTID));
    board_free(board);
}

static void test_routed_line_joins_what_arrives_there_already(void)
{
    struct board *board = machine_new();
    const unsigned own = BOARD_VIRTIO_MMIO_INTID, other = own + 1;
    struct irqline eth0 = virtqueue_interrupt_line(board_queue(board, "eth0.rx"));
    struct irqline eth1 = virtqueue_interrupt_line(board_queue(board, "eth1.rx"));
    irqline_set(&eth0, true);
    board_route_irq(board, 0, board_irq_fault(board, own), other);
    CU_ASSERT_FALSE(line_is_high(board, own));
    CU_ASSERT_TRUE(line_is_high(board, other));
    irqline_set(&eth1, true);
    irqline_set(&eth0, false);
    CU_ASSERT_TRUE(line_is_high(board, other));
    irqline_set(&eth1, false);
    CU_ASSERT_FALSE(line_is_high(board, other));
    irqline_set(&eth0, true);
    irq_fault_restore(board_irq_fault(board, own));
    CU_ASSERT_TRUE(line_is_high(board, own));
    CU_ASSERT_FALSE(line_is_high(board, other));
    board_free(board);
}

static void test_two_lines_change_places_without_an_end(void)
{
    struct board *board = machine_new();
    const unsigned own = BOARD_VIRTIO_MMIO_INTID, other = own + 1;
    struct irqline eth0 = virtqueue_interrupt_line(board_queue(board, "eth0.rx"));
    board_route_irq(board, 0, board_irq_fault(board, own), other);
    board_route_irq(board, 0, board_irq_fault(board, other), own);
    irqline_set(&eth0, true);
    CU_ASSERT_FALSE(line_is_high(board, own));
    CU_ASSERT_TRUE(line_is_high(board, other));
    irqline_set(&eth0, false);
    CU_ASSERT_FALSE(line_is_high(board, other));
    board_free(board);
}

static void test_queue_can_be_led_away_from_its_device(void)
{
    struct board *board = machine_new();
    struct irqline rx = virtqueue_interrupt_line(board_queue(board, "eth0.rx"));
    board_route_irq(board, 0, board_queue_irq_fault(board, "eth0.tx"), 60);
    struct irqline tx = virtqueue_interrupt_line(board_queue(board, "eth0.tx"));
    irqline_set(&tx, true);
    CU_ASSERT_TRUE(line_is_high(board, 60));
    CU_ASSERT_FALSE(line_is_high(board, BOARD_VIRTIO_MMIO_INTID));
    irqline_set(&rx, true);
    CU_ASSERT_TRUE(line_is_high(board, BOARD_VIRTIO_MMIO_INTID));
    irqline_set(&tx, false);
    CU_ASSERT_FALSE(line_is_high(board, 60));
    board_free(board);
}

static void test_storms_are_counted_wherever_they_are(void)
{
    struct board *board = machine_new();
    irq_fault_storm(board_queue_irq_fault(board, "eth0.tx"), all);
    irq_fault_storm(board_irq_fault(board, 20), all);
    irq_fault_storm(board_irq_fault(board, 40), all);
    irq_fault_storm(board_line_fault(board, "eth1"), all);
    CU_ASSERT_EQUAL(board_storm_count(board), 0);
    struct irqline tx = virtqueue_interrupt_line(board_queue(board, "eth0.tx"));
    const struct irqline lines[] = {tx, irq_fault_input(board_irq_fault(board, 20), 0),
                                    irq_fault_input(board_irq_fault(board, 40), 0),
                                    virtio_dev_line(board_device(board, "eth1"))};
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        irqline_set(&lines[i], true);
        irqline_set(&lines[i], false);
        CU_ASSERT_EQUAL(board_storm_count(board), i + 1);
    }
    irq_fault_restore(board_irq_fault(board, 20));
    CU_ASSERT_EQUAL(board_storm_count(board), 3);
    board_free(board);
}

static void test_clock_of_the_machine_has_its_line_and_its_time(void)
{
    struct board *board = machine_new();
    CU_ASSERT_EQUAL(BOARD_RTC_INTID, 34);
    CU_ASSERT_EQUAL(BOARD_RTC_BASE, 0x09010000);
    CU_ASSERT_EQUAL(pl031_seconds(board_rtc(board)),
                    0); /* the default of a board, not of a scenario */
    CU_ASSERT_FALSE(line_is_high(board, BOARD_RTC_INTID));
    board_free(board);
}

static void test_each_place_has_one_stage_however_often_it_is_asked_for(void)
{
    struct board *board = machine_new();
    CU_ASSERT_PTR_EQUAL(board_irq_fault(board, 38), board_irq_fault(board, 38));
    CU_ASSERT_PTR_EQUAL(board_queue_irq_fault(board, "eth0.rx"),
                        board_queue_irq_fault(board, "eth0.rx"));
    CU_ASSERT_PTR_EQUAL(board_queue_fault(board, "eth0.rx"), board_queue_fault(board, "eth0.rx"));
    CU_ASSERT_PTR_NOT_EQUAL(board_queue_fault(board, "eth0.rx"),
                            board_queue_fault(board, "eth0.tx"));
    CU_ASSERT_PTR_EQUAL(board_link_fault(board, "eth1"), board_link_fault(board, "eth1"));
    CU_ASSERT_PTR_NOT_EQUAL(board_link_fault(board, "eth0"), board_link_fault(board, "eth1"));
    CU_ASSERT_EQUAL(trace_last(board_trace(board)), 0);
    board_free(board);
}

UNIT_SUITE("board_fault", UNIT_TEST(test_timers_reach_their_own_inputs_without_faults),
           UNIT_TEST(test_dead_timer_fires_and_nobody_hears_it),
           UNIT_TEST(test_timer_that_is_led_astray_shares_the_other_input),
           UNIT_TEST(test_spurious_interrupt_is_pending_on_an_input_that_nothing_drives),
           UNIT_TEST(test_line_of_a_queue_stands_before_that_of_its_device),
           UNIT_TEST(test_routed_line_joins_what_arrives_there_already),
           UNIT_TEST(test_two_lines_change_places_without_an_end),
           UNIT_TEST(test_queue_can_be_led_away_from_its_device),
           UNIT_TEST(test_storms_are_counted_wherever_they_are),
           UNIT_TEST(test_clock_of_the_machine_has_its_line_and_its_time),
           UNIT_TEST(test_each_place_has_one_stage_however_often_it_is_asked_for))
