/*
 * board_config_test.c - what a machine may be configured to, and the message for what it may not
 */
#include "emu/board/board_priv.h"

#include "tests/unit.h"

#include <string.h>

#define MIB (UINT64_C(1) << 20)

static struct virtio_net_config plain_device(const char *name)
{
    return (struct virtio_net_config){.name = name, .queue_size = 256};
}

static void accept(const struct board_config *config)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_TRUE(board_config_check(config, &error));
    CU_ASSERT_PTR_NULL(error);
}

/* Refused, with a message that contains these words. */
static void refuse(const struct board_config *config, const char *words)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE_FATAL(board_config_check(config, &error));
    CU_ASSERT_TRUE_FATAL(g_error_matches(error, BOARD_ERROR, BOARD_ERROR_CONFIG));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, words));
}

static void test_defaults_are_a_machine(void)
{
    struct board_config config;
    memset(&config, 0xff, sizeof(config));
    board_config_init(&config);
    accept(&config);
    CU_ASSERT_EQUAL(config.ram_size, 64 * MIB);
    CU_ASSERT_EQUAL(config.pa_offset, 0);
    CU_ASSERT_EQUAL(config.step_ns, 1);
    CU_ASSERT_EQUAL(config.mmio_ns, 100);
    CU_ASSERT_FALSE(config.vhe);
    CU_ASSERT_EQUAL(config.seed, 0);
    CU_ASSERT_STRING_EQUAL(config.command_line, "");
    CU_ASSERT_EQUAL(config.net_count, 0);
    CU_ASSERT_EQUAL(config.file_count, 0);
}

static void test_memory_is_whole_mebibytes_within_limits(void)
{
    struct board_config config;
    board_config_init(&config);
    config.ram_size = GMEM_SIZE_MIN;
    accept(&config);
    config.ram_size = GMEM_SIZE_MAX;
    accept(&config);
    config.ram_size = GMEM_SIZE_MIN - MIB;
    refuse(&config, "from 16 to 256");
    config.ram_size = GMEM_SIZE_MAX + MIB;
    refuse(&config, "from 16 to 256");
    config.ram_size = 64 * MIB + 4096;
    refuse(&config, "whole MiB");
}

static void test_translation_offset_is_whole_pages_and_keeps_ram_low(void)
{
    struct board_config config;
    board_config_init(&config);
    config.pa_offset = 4097;
    refuse(&config, "multiple of 4096");
    config.pa_offset = BOARD_RAM_END_MAX - GMEM_BASE - config.ram_size;
    accept(&config);
    config.pa_offset += 4096;
    refuse(&config, "at most 0x3fbc000000");
    config.pa_offset = UINT64_MAX - 4095;
    refuse(&config, "at most");
}

static void test_a_line_that_a_card_is_given_is_free_and_can_be_told(void)
{
    struct board_net_config nets[2] = {
        {.device = {.name = "eth0", .queue_size = 4}, .seat.intid = 230},
        {.device = {.name = "eth1", .queue_size = 4}},
    };
    struct board_config config;
    board_config_init(&config);
    config.nets = nets;
    config.net_count = 2;
    accept(&config);
    nets[0].seat.intid = 31;
    refuse(&config, "not an SPI of this machine, 32 to 287");
    nets[0].seat.intid = 288;
    refuse(&config, "not an SPI of this machine, 32 to 287");
    nets[0].seat.intid = BOARD_RTC_INTID;
    refuse(&config, "the real-time clock");
    nets[0].seat.intid = 49;
    refuse(&config, "virtio-mmio window 1");
    nets[1].seat.intid = 287;
    accept(&config);
    nets[0].seat.intid = 287; /* they share a line */
    accept(&config);
    nets[0].seat.intid = 49;
    config.boot = BOARD_BOOT_ACPI;
    refuse(&config, "without a DSDT");
    config.boot = BOARD_BOOT_FDT;
    nets[1].seat.transport = BOARD_TRANSPORT_PCI;
    refuse(&config, "its slot decides");
    nets[1].seat.intid = 0;
    nets[0].seat.intid = BOARD_PCI_INTID;
    refuse(&config, "a pin of PCI");
    nets[0].seat.intid = BOARD_GICV2M_INTID;
    refuse(&config, "a message of PCI");
}

static void test_shares_are_devices_behind_the_cards(void)
{
    struct board_net_config net = {.device = {.name = "eth0", .queue_size = 4}};
    struct board_share_config shares[2] = {
        {.device = {.name = "box", .queue_size = 8, .msize_max = 8192}},
        {.device = {.name = "bag", .queue_size = 8, .msize_max = 8192}},
    };
    struct board_config config;
    board_config_init(&config);
    config.nets = &net;
    config.net_count = 1;
    config.shares = shares;
    config.share_count = 2;
    accept(&config);
    CU_ASSERT_EQUAL(board_window_intid(&config, 2), BOARD_VIRTIO_MMIO_INTID + 2);
    shares[1].seat.intid = 100;
    net.seat.intid = 100; /* a card and a share on one line */
    accept(&config);
    CU_ASSERT_EQUAL(board_window_intid(&config, 2), 100);
    shares[1].seat.intid = BOARD_VIRTIO_MMIO_INTID + 1;
    refuse(&config, "bag: INTID 49 is that of virtio-mmio window 1");
    shares[1].seat.intid = 0;
    shares[1].device.name = "eth0";
    refuse(&config, "two devices are called eth0");
    shares[1].device.name = "abcdefghijklmnopqrstuvwxyz123456";
    refuse(&config, "at most 31 bytes");
    shares[1].device.name = "bag";
    shares[0].device.msize_max = 4095;
    refuse(&config, "box: msize 4095 must be 4096 to 1048576");
    shares[0].device.msize_max = (1u << 20) + 1;
    refuse(&config, "msize");
    shares[0].device.msize_max = 4096;
    shares[0].device.queue_size = 3;
    refuse(&config, "power of two");
    shares[0].device.queue_size = 8;
    net.seat = (struct board_seat){.transport = BOARD_TRANSPORT_PCI, .slot = 4};
    shares[0].seat = net.seat;
    refuse(&config, "eth0 and box are both in slot 4");
    config.share_count = BOARD_SHARES_MAX + 1;
    refuse(&config, "9 shares: there can be 8");
}

static void test_a_step_takes_time(void)
{
    struct board_config config;
    board_config_init(&config);
    config.step_ns = 0;
    refuse(&config, "at least 1 ns");
    board_config_init(&config);
    config.mmio_ns = 0;
    accept(&config);
}

static void test_timers_have_a_frequency_and_are_not_too_slow(void)
{
    struct board_config config;
    board_config_init(&config);
    CU_ASSERT_EQUAL(config.timer_hz, 62500000);
    config.timer_hz = 999999;
    refuse(&config, "1 MHz to 1 GHz");
    config.timer_hz = 1000000001;
    refuse(&config, "1 MHz to 1 GHz");
    config.timer_hz = 1000000000;
    config.timer_delay_ns = 100000;
    accept(&config);
    config.timer_delay_ns = 100001;
    refuse(&config, "up to 100000");
}

static void test_there_is_a_command_line(void)
{
    struct board_config config;
    board_config_init(&config);
    config.command_line = NULL;
    refuse(&config, "command line");
}

static void test_devices_have_names_of_their_own(void)
{
    struct board_net_config nets[3] = {{.device = plain_device("eth0")},
                                       {.device = plain_device("eth1")},
                                       {.device = plain_device("eth0")}};
    struct board_config config;
    board_config_init(&config);
    config.nets = nets;
    config.net_count = 2;
    accept(&config);
    config.net_count = 3;
    refuse(&config, "two devices are called eth0");
    nets[2].device.name = "slirp";
    refuse(&config, "cannot be called slirp");
    nets[2].device.name = "eth.0";
    refuse(&config, "device 2 needs a name without a dot");
    nets[2].device.name = "";
    refuse(&config, "device 2 needs a name");
    nets[2].device.name = NULL;
    refuse(&config, "device 2 needs a name");
}

static void test_libslirp_serves_one_device(void)
{
    struct board_net_config nets[2] = {
        {.device = plain_device("eth0"), .backend = BOARD_BACKEND_SLIRP},
        {.device = plain_device("eth1"), .backend = BOARD_BACKEND_SLIRP}};
    struct board_config config;
    board_config_init(&config);
    config.nets = nets;
    config.net_count = 2;
    refuse(&config, "eth0 and eth1 both want backend slirp");
    nets[0].backend = BOARD_BACKEND_NONE;
    accept(&config);
}

static void test_queue_sizes_are_powers_of_two(void)
{
    static const unsigned good[] = {1, 4, 256, VIRTQUEUE_SIZE_MAX};
    static const unsigned bad[] = {0, 3, 255, VIRTQUEUE_SIZE_MAX * 2};
    struct board_net_config net = {.device = plain_device("eth0")};
    struct board_config config;
    board_config_init(&config);
    config.nets = &net;
    config.net_count = 1;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        net.device.queue_size = good[i];
        accept(&config);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        net.device.queue_size = bad[i];
        refuse(&config, "must be a power of two up to 1024");
    }
}

static void test_a_legacy_device_has_32_feature_bits(void)
{
    struct board_net_config net = {.device = plain_device("eth0"),
                                   .seat.transport = BOARD_TRANSPORT_MMIO_LEGACY};
    struct board_config config;
    board_config_init(&config);
    config.nets = &net;
    config.net_count = 1;
    accept(&config);
    net.device.features_on = UINT64_C(1) << 3; /* MTU */
    accept(&config);
    net.device.features_on = UINT64_C(1) << 32; /* VERSION_1 */
    refuse(&config, "a legacy device has the bits 0 to 31");
    net.seat.transport = BOARD_TRANSPORT_MMIO;
    accept(&config);
}

static void test_batch_is_not_larger_than_the_queue(void)
{
    struct board_net_config net = {.device = plain_device("eth0")};
    struct board_config config;
    board_config_init(&config);
    config.nets = &net;
    config.net_count = 1;
    net.device.style.batch = net.device.queue_size;
    accept(&config);
    net.device.style.batch++;
    refuse(&config, "is more than the queue size");
}

static void test_features_are_those_of_the_device(void)
{
    struct board_net_config net = {.device = plain_device("eth0")};
    struct board_config config;
    board_config_init(&config);
    config.nets = &net;
    config.net_count = 1;
    net.device.features_on = virtio_net_features_supported();
    net.device.features_off = UINT64_MAX;
    accept(&config);
    net.device.features_on = UINT64_C(1) << 63;
    refuse(&config, "eth0 cannot offer features 0x8000000000000000");
}

static void test_numbers_of_devices_and_files_are_limited(void)
{
    struct board_net_config nets[BOARD_NETS_MAX + 1];
    struct board_file files[BOARD_FILES_MAX + 1];
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    for (size_t i = 0; i < G_N_ELEMENTS(nets); i++) {
        nets[i] = (struct board_net_config){.device = plain_device(names[i])};
    }
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        files[i] = (struct board_file){.path = "/same", .data = "", .size = 0};
    }
    struct board_config config;
    board_config_init(&config);
    config.nets = nets;
    config.net_count = BOARD_NETS_MAX;
    config.files = files;
    config.file_count = BOARD_FILES_MAX;
    accept(&config);
    config.net_count = BOARD_NETS_MAX + 1;
    refuse(&config, "9 network devices: there can be 8");
    config.net_count = 0;
    config.file_count = BOARD_FILES_MAX + 1;
    refuse(&config, "65 files: there can be 64");
}

static void test_files_have_absolute_paths_and_contents(void)
{
    struct board_file file = {.path = "/a", .data = NULL, .size = 0};
    struct board_config config;
    board_config_init(&config);
    config.files = &file;
    config.file_count = 1;
    accept(&config);
    file.size = 1;
    refuse(&config, "file /a has a size and no data");
    file = (struct board_file){.path = "a", .data = "x", .size = 1};
    refuse(&config, "file 0, a: it needs an absolute path");
    file.path = "";
    refuse(&config, "absolute path");
    file.path = NULL;
    refuse(&config, "file 0, without a name");
}

UNIT_SUITE("board_config", UNIT_TEST(test_defaults_are_a_machine),
           UNIT_TEST(test_memory_is_whole_mebibytes_within_limits),
           UNIT_TEST(test_translation_offset_is_whole_pages_and_keeps_ram_low),
           UNIT_TEST(test_a_line_that_a_card_is_given_is_free_and_can_be_told),
           UNIT_TEST(test_shares_are_devices_behind_the_cards), UNIT_TEST(test_a_step_takes_time),
           UNIT_TEST(test_timers_have_a_frequency_and_are_not_too_slow),
           UNIT_TEST(test_there_is_a_command_line), UNIT_TEST(test_devices_have_names_of_their_own),
           UNIT_TEST(test_libslirp_serves_one_device),
           UNIT_TEST(test_queue_sizes_are_powers_of_two),
           UNIT_TEST(test_a_legacy_device_has_32_feature_bits),
           UNIT_TEST(test_batch_is_not_larger_than_the_queue),
           UNIT_TEST(test_features_are_those_of_the_device),
           UNIT_TEST(test_numbers_of_devices_and_files_are_limited),
           UNIT_TEST(test_files_have_absolute_paths_and_contents))
