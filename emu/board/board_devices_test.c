/*
 * board_devices_test.c - cards and shares in one machine: windows, slots, lines, names
 */
#include "emu/board/board.h"
#include "emu/virtio-9p/p9_tree.h"
#include "emu/virtio/pci_bus.h"
#include "tests/unit.h"

#include <linux/virtio_mmio.h>

static struct board_net_config net;
static struct board_share_config shares[2];
static struct board_config config;
static struct p9_tree *tree;

static void configure(void)
{
    static const struct p9_tree_config plain = {.now_ns = NULL};
    tree = p9_tree_new_memory(&plain);
    net = (struct board_net_config){.device = {.name = "eth0", .queue_size = 16}};
    for (unsigned i = 0; i < G_N_ELEMENTS(shares); i++) {
        shares[i] = (struct board_share_config){
            .device = {.name = i == 0 ? "box" : "bag",
                       .tree = tree,
                       .queue_size = 16,
                       .msize_max = VIRTIO_9P_MSIZE_MAX},
        };
    }
    board_config_init(&config);
    config.nets = &net;
    config.net_count = 1;
    config.shares = shares;
    config.share_count = G_N_ELEMENTS(shares);
}

static struct board *build(void)
{
    GError *error = NULL;
    struct board *board = board_new(&config, NULL, &error);
    g_assert_no_error(error);
    return board;
}

static void finish(struct board *board)
{
    board_free(board);
    p9_tree_free(tree);
}

static uint64_t device_id(struct board *board, unsigned window)
{
    return mmio_read(board_bus(board),
                     BOARD_VIRTIO_MMIO_BASE + window * UINT64_C(0x200) + VIRTIO_MMIO_DEVICE_ID, 4);
}

static void test_shares_are_in_the_windows_behind_the_cards(void)
{
    configure();
    struct board *board = build();
    CU_ASSERT_EQUAL(device_id(board, 0), 1);
    CU_ASSERT_EQUAL(device_id(board, 1), 9);
    CU_ASSERT_EQUAL(device_id(board, 2), 9);
    CU_ASSERT_EQUAL(device_id(board, 3), 0);
    CU_ASSERT_EQUAL(board_device_intid(board, "bag"), BOARD_VIRTIO_MMIO_INTID + 2);
    g_autofree char *place = board_device_place(board, "bag");
    CU_ASSERT_STRING_EQUAL(place, "virtio-mmio window 2 at 0x0a000400");
    finish(board);
}

static void test_share_on_pci_gets_a_slot_and_leaves_its_window_empty(void)
{
    configure();
    shares[0].seat.transport = BOARD_TRANSPORT_PCI;
    shares[0].seat.msix = BOARD_MSIX_NO;
    struct board *board = build();
    CU_ASSERT_EQUAL(device_id(board, 1), 0);
    CU_ASSERT_EQUAL(device_id(board, 2), 9);
    g_autofree char *place = board_device_place(board, "box");
    CU_ASSERT_STRING_EQUAL(place, "PCI function 00:01.0, 1af4:1049");
    CU_ASSERT_EQUAL(board_device_intid(board, "box"), BOARD_PCI_INTID + 1);
    CU_ASSERT_FALSE(board_device_sends_messages(board, "box"));
    finish(board);
}

static void test_devices_are_found_by_their_names(void)
{
    configure();
    struct board *board = build();
    CU_ASSERT_EQUAL(board_device_count(board), 3);
    CU_ASSERT_STRING_EQUAL(board_device_at(board, 0)->name, "eth0");
    CU_ASSERT_STRING_EQUAL(board_device_at(board, 2)->name, "bag");
    CU_ASSERT_PTR_EQUAL(board_device(board, "box"), virtio_9p_dev(board_share(board, "box")));
    CU_ASSERT_PTR_EQUAL(board_device(board, "eth0"), virtio_net_dev(board_net(board, "eth0")));
    CU_ASSERT_PTR_NULL(board_share(board, "eth0"));
    CU_ASSERT_PTR_NULL(board_net(board, "box"));
    CU_ASSERT_PTR_NULL(board_device(board, "bin"));
    CU_ASSERT_STRING_EQUAL(board_queue(board, "box.requests")->name, "box.requests");
    CU_ASSERT_PTR_NULL(board_queue(board, "box.rx"));
    finish(board);
}

/* The line is up as long as either device wants it to be. */
static void test_card_and_share_on_one_line_are_ored(void)
{
    configure();
    net.seat.intid = 100;
    shares[0].seat.intid = 100;
    struct board *board = build();
    struct gic *gic = board_gic(board);
    struct irqline card = virtio_dev_line(board_device(board, "eth0"));
    struct irqline share = virtio_dev_line(board_device(board, "box"));
    irqline_set(&card, true);
    irqline_set(&share, true);
    CU_ASSERT_TRUE(gic_irq_state(gic, 0, 100).level);
    irqline_set(&card, false);
    CU_ASSERT_TRUE(gic_irq_state(gic, 0, 100).level);
    irqline_set(&share, false);
    CU_ASSERT_FALSE(gic_irq_state(gic, 0, 100).level);
    CU_ASSERT_EQUAL(board_device_intid(board, "eth0"), board_device_intid(board, "box"));
    finish(board);
}

static void test_faults_stand_at_the_queue_and_the_line_of_a_share(void)
{
    configure();
    struct board *board = build();
    CU_ASSERT_PTR_NOT_NULL(board_queue_fault(board, "box.requests"));
    struct irq_fault *stage = board_irq_fault(board, board_device_intid(board, "box"));
    irq_fault_lose(stage, "lose", (struct fault_which){.count = FAULT_ALL});
    struct irqline share = virtio_dev_line(board_device(board, "box"));
    irqline_set(&share, true);
    CU_ASSERT_FALSE(gic_irq_state(board_gic(board), 0, BOARD_VIRTIO_MMIO_INTID + 1).level);
    finish(board);
}

/* ---- faults of one of two that share a line, or a pin ---------------------------------------- */

#define SHARED_INTID 100

static struct board *build_sharing(enum board_transport transport, unsigned *intid)
{
    configure();
    struct board_seat *seats[] = {&net.seat, &shares[0].seat};
    for (unsigned i = 0; i < G_N_ELEMENTS(seats); i++) {
        bool is_on_pci = transport == BOARD_TRANSPORT_PCI;
        seats[i]->transport = transport;
        seats[i]->msix = BOARD_MSIX_NO;
        seats[i]->slot = is_on_pci ? 1 + i * PCI_PINS : 0;
        seats[i]->intid = is_on_pci ? 0 : SHARED_INTID;
    }
    struct board *board = build();
    *intid = board_device_intid(board, "box");
    CU_ASSERT_EQUAL(board_device_intid(board, "eth0"), *intid);
    return board;
}

static bool is_up(struct board *board, unsigned intid)
{
    return gic_irq_state(board_gic(board), 0, intid).level;
}

static const enum board_transport transports[] = {BOARD_TRANSPORT_MMIO, BOARD_TRANSPORT_MMIO_LEGACY,
                                                  BOARD_TRANSPORT_PCI};

static void test_what_one_device_of_two_loses_the_other_does_not(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(transports); i++) {
        unsigned intid;
        struct board *board = build_sharing(transports[i], &intid);
        struct irqline card = virtio_dev_line(board_device(board, "eth0"));
        struct irqline share = virtio_dev_line(board_device(board, "box"));
        irq_fault_lose(board_line_fault(board, "box"), "lose", (struct fault_which){.count = 1});
        irqline_set(&share, true);
        CU_ASSERT_FALSE(is_up(board, intid));
        irqline_set(&card, true);
        CU_ASSERT_TRUE(is_up(board, intid));
        irqline_set(&card, false);
        CU_ASSERT_FALSE(is_up(board, intid));
        irqline_set(&share, true);
        CU_ASSERT_TRUE(is_up(board, intid)); /* one was to be lost */
        finish(board);
    }
}

static void test_one_device_of_two_is_late_and_told_so_by_its_name(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(transports); i++) {
        unsigned intid;
        struct board *board = build_sharing(transports[i], &intid);
        struct irqline card = virtio_dev_line(board_device(board, "eth0"));
        struct irqline share = virtio_dev_line(board_device(board, "box"));
        irq_fault_delay(board_line_fault(board, "eth0"), "delay", 1000,
                        (struct fault_which){.count = FAULT_ALL});
        irqline_set(&card, true);
        CU_ASSERT_FALSE(is_up(board, intid));
        const struct trace *trace = board_trace(board);
        const struct trace_event *last = trace_get(trace, trace_last(trace));
        CU_ASSERT_EQUAL(last->kind, TRACE_FAULT_APPLIED);
        CU_ASSERT_STRING_EQUAL(last->fields[1].string, "eth0");
        irqline_set(&share, true);
        CU_ASSERT_TRUE(is_up(board, intid));
        irqline_set(&share, false);
        vclock_run_next(board_clock(board));
        CU_ASSERT_TRUE(is_up(board, intid));
        finish(board);
    }
}

static void test_one_device_of_two_is_led_away_and_the_other_stays(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(transports); i++) {
        unsigned intid;
        struct board *board = build_sharing(transports[i], &intid);
        struct irqline card = virtio_dev_line(board_device(board, "eth0"));
        struct irqline share = virtio_dev_line(board_device(board, "box"));
        board_route_irq(board, 0, board_line_fault(board, "box"), SHARED_INTID + 1);
        irqline_set(&share, true);
        CU_ASSERT_FALSE(is_up(board, intid));
        CU_ASSERT_TRUE(is_up(board, SHARED_INTID + 1));
        irqline_set(&card, true);
        CU_ASSERT_TRUE(is_up(board, intid));
        irq_fault_restore(board_line_fault(board, "box"));
        CU_ASSERT_FALSE(is_up(board, SHARED_INTID + 1));
        irqline_set(&card, false);
        CU_ASSERT_TRUE(is_up(board, intid)); /* the share's again */
        finish(board);
    }
}

static void test_device_is_stuck_or_spurious_where_its_line_arrives(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(transports); i++) {
        unsigned intid;
        struct board *board = build_sharing(transports[i], &intid);
        irq_fault_spurious(board_line_fault(board, "box"), 1);
        struct gic_irq_state state = gic_irq_state(board_gic(board), 0, intid);
        CU_ASSERT_TRUE(state.pending);
        CU_ASSERT_FALSE(state.level);
        irq_fault_stick(board_line_fault(board, "eth0"));
        CU_ASSERT_TRUE(is_up(board, intid));
        irq_fault_restore(board_line_fault(board, "box"));
        CU_ASSERT_TRUE(is_up(board, intid));
        irq_fault_restore(board_line_fault(board, "eth0"));
        CU_ASSERT_FALSE(is_up(board, intid));
        finish(board);
    }
}

UNIT_SUITE("board_devices", UNIT_TEST(test_shares_are_in_the_windows_behind_the_cards),
           UNIT_TEST(test_share_on_pci_gets_a_slot_and_leaves_its_window_empty),
           UNIT_TEST(test_devices_are_found_by_their_names),
           UNIT_TEST(test_card_and_share_on_one_line_are_ored),
           UNIT_TEST(test_faults_stand_at_the_queue_and_the_line_of_a_share),
           UNIT_TEST(test_what_one_device_of_two_loses_the_other_does_not),
           UNIT_TEST(test_one_device_of_two_is_late_and_told_so_by_its_name),
           UNIT_TEST(test_one_device_of_two_is_led_away_and_the_other_stays),
           UNIT_TEST(test_device_is_stuck_or_spurious_where_its_line_arrives))
