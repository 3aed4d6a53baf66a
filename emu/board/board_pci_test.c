/*
 * board_pci_test.c - which place and which interrupt a device on PCI has
 */
#include "emu/board/board_priv.h"

#include "tests/unit.h"

#include <string.h>

#define ECAM    UINT64_C(0x4010000000)
#define SLOT(n) (ECAM + ((uint64_t)(n) << 15))

static struct board_net_config nets[3];
static struct board_config config;

/* Three cards on PCI, of which the second wants slot 1. */
static void configure(void)
{
    static const char *const names[] = {"eth0", "eth1", "eth2"};
    board_config_init(&config);
    for (unsigned i = 0; i < G_N_ELEMENTS(nets); i++) {
        nets[i] = (struct board_net_config){
            .device = {.name = names[i],
                       .mac = {0x52, 0x54, 0, 0, 0, (uint8_t)i},
                       .queue_size = 16},
            .seat.transport = BOARD_TRANSPORT_PCI,
        };
    }
    nets[1].seat.slot = 1;
    config.nets = nets;
    config.net_count = G_N_ELEMENTS(nets);
}

static struct board *build(void)
{
    GError *error = NULL;
    struct board *board = board_new(&config, NULL, &error);
    g_assert_no_error(error);
    return board;
}

static void test_devices_without_a_slot_get_those_that_nobody_wants(void)
{
    configure();
    CU_ASSERT_EQUAL(board_device_slot(&config, 0), 2);
    CU_ASSERT_EQUAL(board_device_slot(&config, 1), 1);
    CU_ASSERT_EQUAL(board_device_slot(&config, 2), 3);
}

static void test_pin_of_a_slot_is_the_boards_swizzle(void)
{
    configure();
    nets[2].seat.slot = 31;
    struct board *board = build();
    CU_ASSERT_EQUAL(board_device_intid(board, "eth1"), 36); /* slot 1, INTA# */
    g_autofree char *place = board_device_place(board, "eth2");
    CU_ASSERT_STRING_EQUAL(place, "PCI function 00:1f.0, 1af4:1041");
    CU_ASSERT_EQUAL(board_device_intid(board, "eth0"), 37);
    CU_ASSERT_EQUAL(board_device_intid(board, "eth2"), 38); /* 31 % 4 is 3 */
    CU_ASSERT_FALSE(board_device_sends_messages(board, "eth0"));
    board_free(board);
}

static void test_device_on_pci_leaves_its_window_empty_and_the_others_in_place(void)
{
    configure();
    nets[1].seat.transport = BOARD_TRANSPORT_MMIO;
    nets[1].seat.slot = 0;
    struct board *board = build();
    CU_ASSERT_EQUAL(board_device_slot(&config, 0), 1);
    CU_ASSERT_EQUAL(board_device_slot(&config, 2), 2);
    CU_ASSERT_EQUAL(board_device_intid(board, "eth1"), 49);
    CU_ASSERT_EQUAL(board_device_intid(board, "eth0"), 36);
    board_free(board);
}

static void test_without_a_device_on_pci_there_is_no_bus(void)
{
    configure();
    CU_ASSERT_TRUE(board_pci_is_used(&config) && board_pci_has_frame(&config));
    config.msi = BOARD_MSI_NONE;
    CU_ASSERT_TRUE(board_pci_is_used(&config));
    CU_ASSERT_FALSE(board_pci_has_frame(&config));
    config.net_count = 0;
    config.msi = BOARD_MSI_V2M;
    CU_ASSERT_FALSE(board_pci_is_used(&config) || board_pci_has_frame(&config));
}

static void expect_refusal(const char *words)
{
    GError *error = NULL;
    CU_ASSERT_PTR_NULL(board_new(&config, NULL, &error));
    g_assert(error != NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, words));
    g_error_free(error);
}

static void test_slots_that_cannot_be_are_refused(void)
{
    configure();
    nets[0].seat.slot = 1;
    expect_refusal("eth0 and eth1 are both in slot 1");
    nets[0].seat.slot = 32;
    expect_refusal("slot 32 must be 1 to 31");
    nets[0].seat.slot = 4;
    nets[0].seat.transport = BOARD_TRANSPORT_MMIO;
    expect_refusal("has a slot and is not on PCI");
}

static uint32_t config_read(struct mmio_bus *bus, unsigned slot, unsigned at, unsigned size)
{
    return (uint32_t)mmio_read(bus, SLOT(slot) + at, size);
}

/* A machine of the board's parts whose bus the test can reach. */
static void test_bus_has_a_bridge_and_the_devices_and_nothing_else(void)
{
    configure();
    struct board *board = build();
    struct mmio_bus *bus = mmio_bus_new(board_trace(board));
    struct board_pci *pci = board_pci(board);
    board_pci_fini(pci);
    *pci = (struct board_pci){.bus = NULL};
    board_pci_build(board, bus, &config);
    CU_ASSERT_EQUAL(config_read(bus, 0, 0, 4), 0x00081b36);
    CU_ASSERT_EQUAL(config_read(bus, 1, 0, 4), UINT32_MAX);
    CU_ASSERT_EQUAL(mmio_read(bus, UINT64_C(0x08020008), 4), 80 << 16 | 64);
    mmio_bus_free(bus);
    board_free(board);
}

UNIT_SUITE("board_pci", UNIT_TEST(test_devices_without_a_slot_get_those_that_nobody_wants),
           UNIT_TEST(test_pin_of_a_slot_is_the_boards_swizzle),
           UNIT_TEST(test_device_on_pci_leaves_its_window_empty_and_the_others_in_place),
           UNIT_TEST(test_without_a_device_on_pci_there_is_no_bus),
           UNIT_TEST(test_slots_that_cannot_be_are_refused),
           UNIT_TEST(test_bus_has_a_bridge_and_the_devices_and_nothing_else))
