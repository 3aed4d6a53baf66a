/*
 * The program that starts daemons: its table, and what it does about a window and about the
 * functions of PCI.
 *
 * It is included, not linked, since it looks for devices once only.
 */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "drivers/pcid.c"

#include "drivers/fake_calls.h"
#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/fake_platform.h"
#include "drivers/mock_device.h"
#include "drivers/mock_pci.h"
#include "drivers/pci_regs.h"
#include "lib/fake_command.h"
#include "tests/unit.h"

static void reset(void)
{
    fake_hal_reset();
    fake_kernel_reset();
    fake_calls_reset();
    fake_platform_reset();
    pcid_was_here = false;
}

static void reset_with_a_window(void)
{
    reset();
    mock_device_reset(4);
    fake_platform_add_window(MOCK_BASE, 48, true);
}

static void reset_with_pci(void)
{
    reset();
    mock_pci_reset();
    mock_pci_build();
    fake_platform_add_pci();
}

static int run(void)
{
    return fake_run_program(pcid_main, "pcid");
}

/* ---- the table ------------------------------------------------------------------------------- */

static void test_rows_are_read_and_the_first_that_fits_counts(void)
{
    static struct pcid_table table;
    const char *text = "# cards\n"
                       "\n"
                       "pci 1af4:1041 first -n eth%  \r\n"
                       "\tpci\t1af4:1041 second\n"
                       "mmio 1 third";
    CU_ASSERT_EQUAL(pcid_table_parse(&table, text), 0);
    CU_ASSERT_EQUAL(table.count, 3);
    struct pcid_identity identity = {.is_pci = true, .vendor = 0x1af4, .device = 0x1041};
    const struct pcid_row *row = pcid_table_find(&table, &identity);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_STRING_EQUAL(row->command, "first -n eth%");
    identity.device = 0x1042;
    CU_ASSERT_PTR_NULL(pcid_table_find(&table, &identity));
    identity = (struct pcid_identity){.type = 1};
    row = pcid_table_find(&table, &identity);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_STRING_EQUAL(row->command, "third");
}

static void test_the_line_that_is_wrong_is_said(void)
{
    static struct pcid_table table;
    static const struct {
        const char *text;
        unsigned line;
    } rows[] = {
        {"", 0},
        {"usb 1 x", 1},
        {"\npci 1af4 x", 2},
        {"pci 1af4:104g x", 1},
        {"pci 11af4:1041 x", 1},
        {"pci :1041 x", 1},
        {"# \n\nmmio x y\n", 3},
        {"mmio 1", 1},
        {"mmio 1\nmmio 2 x", 1},
        {"mmio", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CU_ASSERT_EQUAL(pcid_table_parse(&table, rows[i].text), rows[i].line);
}

static void test_more_rows_than_there_is_room_for_are_wrong(void)
{
    static struct pcid_table table;
    char text[16 * (PCID_ROWS_MAX + 1)] = "";
    for (unsigned i = 0; i <= PCID_ROWS_MAX; i++)
        strcat(text, "mmio 1 x\n");
    CU_ASSERT_EQUAL(pcid_table_parse(&table, text), PCID_ROWS_MAX + 1);
}

/* ---- devices --------------------------------------------------------------------------------- */

static void test_a_card_in_a_window_gets_its_daemon_by_default(void)
{
    reset_with_a_window();
    CU_ASSERT_EQUAL(run(), 0);
    CU_ASSERT_EQUAL_FATAL(fake_calls.spawn_count, 1);
    CU_ASSERT_STRING_EQUAL(fake_calls.spawned[0], "virtio-netd -n eth0 mmio-0a000000 48e");
    CU_ASSERT_STRING_EQUAL(fake_calls.output, "pcid: mmio-0a000000 (type 1): virtio-netd -n eth0 "
                                              "mmio-0a000000 48e\n");
    CU_ASSERT_EQUAL(fake_calls.waited_for, 1);
    CU_ASSERT_EQUAL(mock_device.writes, 0);
}

static void test_a_card_on_pci_gets_its_daemon_with_the_line_of_its_pin(void)
{
    reset_with_pci();
    CU_ASSERT_EQUAL(run(), 0);
    CU_ASSERT_EQUAL_FATAL(fake_calls.spawn_count, 1);
    CU_ASSERT_STRING_EQUAL(fake_calls.spawned[0], "virtio-netd -n eth0 pci-00-00-03.0 38");
}

static void test_a_table_of_the_machine_replaces_that_of_the_program(void)
{
    reset_with_pci();
    fake_calls.config = "pci 1af4:1041 other\n";
    CU_ASSERT_EQUAL(run(), 0);
    CU_ASSERT_EQUAL_FATAL(fake_calls.spawn_count, 1);
    CU_ASSERT_STRING_EQUAL(fake_calls.spawned[0], "other pci-00-00-03.0 38");
}

static void test_a_device_that_nothing_fits_is_said(void)
{
    reset_with_pci();
    fake_calls.config = "mmio 1 virtio-netd\n";
    CU_ASSERT_EQUAL(run(), 0);
    CU_ASSERT_EQUAL(fake_calls.spawn_count, 0);
    CU_ASSERT_STRING_EQUAL(fake_calls.output, "pcid: pci-00-00-03.0 (1af4:1041): no daemon\n");
    reset_with_pci();
    fake_platform.has_pins = false;
    CU_ASSERT_EQUAL(run(), 0);
    CU_ASSERT_EQUAL(fake_calls.spawn_count, 0);
    CU_ASSERT_STRING_EQUAL(fake_calls.output, "pcid: pci-00-00-03.0 (1af4:1041): no interrupt\n");
}

static void test_a_daemon_that_does_not_start_is_a_failure(void)
{
    reset_with_a_window();
    fake_calls.spawn_error = -KENOENT;
    CU_ASSERT_EQUAL(run(), 1);
    CU_ASSERT_STRING_EQUAL(fake_calls.output,
                           "pcid: mmio-0a000000 (type 1): virtio-netd -n eth%: ENOENT\n");
}

static void test_a_wrong_table_starts_nothing(void)
{
    static char longer[PCID_CONFIG_MAX + 2];
    reset_with_a_window();
    fake_calls.config = "mmio 1 virtio-netd\nmmio\n";
    CU_ASSERT_EQUAL(run(), 2);
    CU_ASSERT_EQUAL(fake_calls.spawn_count, 0);
    reset_with_a_window();
    memset(longer, '\n', sizeof longer - 1);
    fake_calls.config = longer;
    CU_ASSERT_EQUAL(run(), 2);
    CU_ASSERT_EQUAL(fake_calls.spawn_count, 0);
}

static void test_devices_are_given_away_once(void)
{
    reset_with_a_window();
    CU_ASSERT_EQUAL(run(), 0);
    CU_ASSERT_EQUAL(run(), 1);
    CU_ASSERT_EQUAL(fake_calls.spawn_count, 1);
}

static void test_commands_with_a_number_count_up(void)
{
    char text[64];
    reset();
    CU_ASSERT_TRUE(pcid_command("a % %", "d", "1", text, sizeof text));
    unsigned first = pcid.numbered;
    CU_ASSERT_TRUE(pcid_command("b", "d", "1", text, sizeof text));
    CU_ASSERT_STRING_EQUAL(text, "b d 1");
    CU_ASSERT_EQUAL(pcid.numbered, first);
    CU_ASSERT_FALSE(pcid_command("long", "d", "1", text, 8));
}

UNIT_SUITE("pcid", UNIT_TEST(test_rows_are_read_and_the_first_that_fits_counts),
           UNIT_TEST(test_the_line_that_is_wrong_is_said),
           UNIT_TEST(test_more_rows_than_there_is_room_for_are_wrong),
           UNIT_TEST(test_a_card_in_a_window_gets_its_daemon_by_default),
           UNIT_TEST(test_a_card_on_pci_gets_its_daemon_with_the_line_of_its_pin),
           UNIT_TEST(test_a_table_of_the_machine_replaces_that_of_the_program),
           UNIT_TEST(test_a_device_that_nothing_fits_is_said),
           UNIT_TEST(test_a_daemon_that_does_not_start_is_a_failure),
           UNIT_TEST(test_a_wrong_table_starts_nothing),
           UNIT_TEST(test_devices_are_given_away_once),
           UNIT_TEST(test_commands_with_a_number_count_up))
