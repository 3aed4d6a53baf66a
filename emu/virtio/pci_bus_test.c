/*
 * pci_bus_test.c - configuration space, BARs, pins and messages of a bus, by a function that
 * records
 */
#include "emu/virtio/pci_bus.h"

#include "emu/core/vclock.h"
#include "emu/virtio/pci_spec.h"
#include "tests/unit.h"

#include <linux/pci_regs.h>
#include <string.h>

#define ECAM        UINT64_C(0x4010000000)
#define WINDOW      UINT64_C(0x10000000)
#define WINDOW_SIZE UINT64_C(0x100000)
#define SLOT        3

static struct {
    struct vclock *clock;
    struct trace *trace;
    struct mmio_bus *bus;
    struct pci_bus *pci;
    struct pci_function *function;
    unsigned counts[TRACE_KIND_COUNT];
    unsigned rises[PCI_PINS], falls[PCI_PINS];
    unsigned reads, writes, last_bar, config_reads, config_writes;
    uint64_t last_offset, last_value;
    unsigned messages;
    bool nobody_listens;
} rig;

static void observe(void *opaque, const struct trace_event *event)
{
    (void)opaque;
    rig.counts[event->kind]++;
}

static void hear_pin(void *opaque, unsigned number, bool level)
{
    (void)opaque;
    rig.rises[number] += level;
    rig.falls[number] += !level;
}

static bool take_message(void *opaque, uint64_t address, uint32_t data)
{
    (void)opaque;
    rig.messages++;
    rig.last_offset = address;
    rig.last_value = data;
    return !rig.nobody_listens;
}

static uint64_t bar_read(void *opaque, unsigned bar, uint64_t offset, unsigned size)
{
    (void)opaque, (void)size;
    rig.reads++;
    rig.last_bar = bar;
    rig.last_offset = offset;
    return 0x1122334455667788;
}

static void bar_write(void *opaque, unsigned bar, uint64_t offset, unsigned size, uint64_t value)
{
    (void)opaque, (void)size;
    rig.writes++;
    rig.last_bar = bar;
    rig.last_offset = offset;
    rig.last_value = value;
}

static void config_read(void *opaque, unsigned offset, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    rig.config_reads++;
}

static void config_written(void *opaque, unsigned offset, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    rig.config_writes++;
}

static const struct pci_function_ops ops = {
    .bar_read = bar_read,
    .bar_write = bar_write,
    .config_read = config_read,
    .config_written = config_written,
};

static const struct pci_identity identity = {
    .vendor = 0x1af4,
    .device = 0x1041,
    .subsystem_vendor = 0x1af4,
    .subsystem = 0x40,
    .class_code = 0x020000,
    .revision = 1,
    .pin = 1,
};

static void rig_init(void)
{
    memset(&rig, 0, sizeof(rig));
    rig.clock = vclock_new();
    rig.trace = trace_new(rig.clock);
    trace_add_observer(rig.trace, observe, NULL);
    rig.bus = mmio_bus_new(rig.trace);
    struct pci_bus_config config = {
        .ecam_base = ECAM,
        .window_base = WINDOW,
        .window_size = WINDOW_SIZE,
        .message = take_message,
    };
    for (unsigned i = 0; i < PCI_PINS; i++) {
        config.pins[i] = (struct irqline){.set = hear_pin, .number = i};
    }
    rig.pci = pci_bus_new(rig.trace, rig.bus, &config);
    rig.function = pci_bus_add(rig.pci, SLOT, "dev0", &identity, &ops, NULL);
    pci_function_add_bar(rig.function, 1, 0x1000, false);
    pci_function_add_bar(rig.function, 4, 0x4000, true);
}

static void rig_fini(void)
{
    mmio_bus_free(rig.bus);
    pci_bus_free(rig.pci);
    trace_free(rig.trace);
    vclock_free(rig.clock);
}

static uint64_t at(unsigned slot, unsigned reg)
{
    return ECAM + ((uint64_t)slot << 15) + reg;
}

static uint32_t cfg(unsigned reg, unsigned size)
{
    return (uint32_t)mmio_read(rig.bus, at(SLOT, reg), size);
}

static void set(unsigned reg, unsigned size, uint32_t value)
{
    mmio_write(rig.bus, at(SLOT, reg), size, value);
}

/* BAR 1 at the beginning of the window, BAR 4 behind it. */
static void place_bars(void)
{
    set(PCI_BASE_ADDRESS_1, 4, (uint32_t)WINDOW);
    set(PCI_BASE_ADDRESS_4, 4, (uint32_t)WINDOW + 0x4000);
    set(PCI_BASE_ADDRESS_5, 4, 0);
    set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static unsigned breaches(void)
{
    CU_ASSERT_EQUAL(rig.counts[TRACE_PCI_BREACH], pci_function_breaches(rig.function));
    return rig.counts[TRACE_PCI_BREACH];
}

static void test_numbers_are_those_of_the_systems_header(void)
{
    CU_ASSERT_EQUAL(PCI_AT_COMMAND, PCI_COMMAND);
    CU_ASSERT_EQUAL(PCI_AT_STATUS, PCI_STATUS);
    CU_ASSERT_EQUAL(PCI_AT_CLASS, PCI_CLASS_PROG);
    CU_ASSERT_EQUAL(PCI_AT_BAR, PCI_BASE_ADDRESS_0);
    CU_ASSERT_EQUAL(PCI_AT_CAPABILITIES, PCI_CAPABILITY_LIST);
    CU_ASSERT_EQUAL(PCI_AT_INTERRUPT_LINE, PCI_INTERRUPT_LINE);
    CU_ASSERT_EQUAL(PCI_AT_INTERRUPT_PIN, PCI_INTERRUPT_PIN);
    CU_ASSERT_EQUAL(PCI_AT_SUBSYSTEM_VENDOR, PCI_SUBSYSTEM_VENDOR_ID);
    CU_ASSERT_EQUAL(PCI_CMD_MEMORY, PCI_COMMAND_MEMORY);
    CU_ASSERT_EQUAL(PCI_CMD_MASTER, PCI_COMMAND_MASTER);
    CU_ASSERT_EQUAL(PCI_CMD_INTX_OFF, PCI_COMMAND_INTX_DISABLE);
    CU_ASSERT_EQUAL(PCI_STAT_INTX, PCI_STATUS_INTERRUPT);
    CU_ASSERT_EQUAL(PCI_STAT_CAPABILITIES, PCI_STATUS_CAP_LIST);
    CU_ASSERT_EQUAL(PCI_BAR_TYPE_64, PCI_BASE_ADDRESS_MEM_TYPE_64);
    CU_ASSERT_EQUAL(PCI_CAPABILITY_VENDOR, PCI_CAP_ID_VNDR);
    CU_ASSERT_EQUAL(PCI_CAPABILITY_MSIX, PCI_CAP_ID_MSIX);
    CU_ASSERT_EQUAL(PCI_MSIX_AT_CONTROL, PCI_MSIX_FLAGS);
    CU_ASSERT_EQUAL(PCI_MSIX_AT_TABLE, PCI_MSIX_TABLE);
    CU_ASSERT_EQUAL(PCI_MSIX_AT_PBA, PCI_MSIX_PBA);
    CU_ASSERT_EQUAL(PCI_MSIX_ENABLE, PCI_MSIX_FLAGS_ENABLE);
    CU_ASSERT_EQUAL(PCI_MSIX_MASK_ALL, PCI_MSIX_FLAGS_MASKALL);
}

static void test_identity_is_read_in_every_width(void)
{
    rig_init();
    CU_ASSERT_EQUAL(cfg(PCI_VENDOR_ID, 4), 0x10411af4);
    CU_ASSERT_EQUAL(cfg(PCI_DEVICE_ID, 2), 0x1041);
    CU_ASSERT_EQUAL(cfg(PCI_CLASS_REVISION, 4), 0x02000001);
    CU_ASSERT_EQUAL(cfg(PCI_CLASS_DEVICE + 1, 1), 0x02);
    CU_ASSERT_EQUAL(cfg(PCI_INTERRUPT_PIN, 1), 1);
    CU_ASSERT_EQUAL(cfg(PCI_HEADER_TYPE, 1), 0);
    CU_ASSERT_EQUAL(rig.counts[TRACE_PCI_BREACH], 0);
    rig_fini();
}

static void test_where_nobody_is_all_ones_are_read_and_writes_are_lost(void)
{
    rig_init();
    CU_ASSERT_EQUAL(mmio_read(rig.bus, at(SLOT + 1, 0), 4), UINT32_MAX);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, at(SLOT, 0x1000), 2), 0xffff); /* function 1 */
    mmio_write(rig.bus, at(SLOT + 1, PCI_COMMAND), 2, 7);
    CU_ASSERT_EQUAL(cfg(0x100, 4), 0);
    set(0x100, 4, 1);
    CU_ASSERT_EQUAL(rig.counts[TRACE_PCI_BREACH] + rig.counts[TRACE_MMIO_UNMAPPED], 0);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, at(SLOT, 0), 8), UINT64_MAX); /* no such width */
    CU_ASSERT_EQUAL(rig.counts[TRACE_MMIO_REFUSED], 1);
    rig_fini();
}

static void test_bits_that_are_read_only_stay(void)
{
    rig_init();
    set(PCI_VENDOR_ID, 4, 0);
    set(PCI_STATUS, 2, 0xffff);
    set(PCI_INTERRUPT_PIN, 1, 4);
    CU_ASSERT_EQUAL(cfg(PCI_VENDOR_ID, 4), 0x10411af4);
    CU_ASSERT_EQUAL(cfg(PCI_STATUS, 2), 0);
    CU_ASSERT_EQUAL(cfg(PCI_INTERRUPT_PIN, 1), 1);
    set(PCI_COMMAND, 2, 0xffff);
    CU_ASSERT_EQUAL(cfg(PCI_COMMAND, 2),
                    PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
    set(PCI_INTERRUPT_LINE, 1, 0x5a);
    CU_ASSERT_EQUAL(cfg(PCI_INTERRUPT_LINE, 1), 0x5a);
    CU_ASSERT_EQUAL(breaches(), 0);
    rig_fini();
}

static void test_bar_answers_a_sizing_with_its_size(void)
{
    rig_init();
    set(PCI_BASE_ADDRESS_1, 4, UINT32_MAX);
    CU_ASSERT_EQUAL(cfg(PCI_BASE_ADDRESS_1, 4), 0xfffff000);
    set(PCI_BASE_ADDRESS_4, 4, UINT32_MAX);
    set(PCI_BASE_ADDRESS_5, 4, UINT32_MAX);
    CU_ASSERT_EQUAL(cfg(PCI_BASE_ADDRESS_4, 4),
                    0xffffc000 | PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
    CU_ASSERT_EQUAL(cfg(PCI_BASE_ADDRESS_5, 4), UINT32_MAX);
    set(PCI_BASE_ADDRESS_0, 4, UINT32_MAX); /* there is none */
    CU_ASSERT_EQUAL(cfg(PCI_BASE_ADDRESS_0, 4), 0);
    CU_ASSERT_EQUAL(breaches(), 0);
    rig_fini();
}

static void test_accesses_reach_the_bar_that_covers_them(void)
{
    rig_init();
    place_bars();
    CU_ASSERT_EQUAL(mmio_read(rig.bus, WINDOW + 0xffc, 4), 0x55667788);
    CU_ASSERT_EQUAL(rig.last_bar, 1);
    CU_ASSERT_EQUAL(rig.last_offset, 0xffc);
    mmio_write(rig.bus, WINDOW + 0x4000 + 0x3ffe, 2, 0xabcd);
    CU_ASSERT_EQUAL(rig.last_bar, 4);
    CU_ASSERT_EQUAL(rig.last_offset, 0x3ffe);
    CU_ASSERT_EQUAL(rig.last_value, 0xabcd);
    CU_ASSERT_EQUAL(breaches() + rig.counts[TRACE_MMIO_UNMAPPED], 0);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, WINDOW + 0x1000, 4), UINT32_MAX); /* between them */
    mmio_write(rig.bus, WINDOW + 0x8000, 4, 0);
    CU_ASSERT_EQUAL(rig.counts[TRACE_MMIO_UNMAPPED], 2);
    CU_ASSERT_EQUAL(rig.reads, 1);
    CU_ASSERT_EQUAL(rig.writes, 1);
    rig_fini();
}

static void test_bar_of_a_function_that_is_switched_off_does_not_answer(void)
{
    rig_init();
    place_bars();
    set(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, WINDOW, 4), UINT32_MAX);
    CU_ASSERT_EQUAL(breaches(), 1);
    mmio_write(rig.bus, WINDOW, 4, 1);
    CU_ASSERT_EQUAL(breaches(), 2);
    CU_ASSERT_EQUAL(rig.reads + rig.writes, 0);
    rig_fini();
}

static void test_bar_outside_of_the_window_is_not_decoded(void)
{
    static const uint32_t places[] = {0, 0x0ffff000, 0x10100000, 0xfffff000};
    rig_init();
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        set(PCI_COMMAND, 2, 0);
        set(PCI_BASE_ADDRESS_1, 4, places[i]);
        set(PCI_BASE_ADDRESS_4, 4, (uint32_t)WINDOW);
        set(PCI_BASE_ADDRESS_5, 4, 1); /* above 4 GiB */
        set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
        CU_ASSERT_EQUAL(mmio_read(rig.bus, WINDOW, 4), UINT32_MAX);
        CU_ASSERT_EQUAL(mmio_read(rig.bus, WINDOW + WINDOW_SIZE - 4, 4), UINT32_MAX);
    }
    CU_ASSERT_EQUAL(rig.reads, 0);
    CU_ASSERT_EQUAL(breaches(), 0);
    rig_fini();
}

static void test_moving_a_bar_that_is_decoded_is_a_breach_and_moves_it(void)
{
    rig_init();
    place_bars();
    set(PCI_BASE_ADDRESS_1, 4, (uint32_t)WINDOW); /* where it is */
    CU_ASSERT_EQUAL(breaches(), 0);
    set(PCI_BASE_ADDRESS_1, 4, (uint32_t)WINDOW + 0x1000);
    CU_ASSERT_EQUAL(breaches(), 1);
    mmio_read(rig.bus, WINDOW + 0x1000, 4);
    CU_ASSERT_EQUAL(rig.reads, 1);
    rig_fini();
}

static void test_bars_that_overlap_are_a_breach_and_the_lower_one_answers(void)
{
    rig_init();
    set(PCI_BASE_ADDRESS_1, 4, (uint32_t)WINDOW + 0x4000);
    set(PCI_BASE_ADDRESS_4, 4, (uint32_t)WINDOW + 0x4000);
    set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    CU_ASSERT_EQUAL(breaches(), 1);
    mmio_read(rig.bus, WINDOW + 0x4000, 4);
    CU_ASSERT_EQUAL(rig.last_bar, 1);
    mmio_read(rig.bus, WINDOW + 0x5000, 4);
    CU_ASSERT_EQUAL(rig.last_bar, 4);
    rig_fini();
}

static void test_pin_of_a_slot_is_led_to_one_of_four(void)
{
    rig_init();
    pci_function_set_intx(rig.function, true);
    CU_ASSERT_EQUAL(rig.rises[SLOT], 1);
    CU_ASSERT_EQUAL(cfg(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, PCI_STATUS_INTERRUPT);
    pci_function_set_intx(rig.function, true); /* one more assertion */
    CU_ASSERT_EQUAL(rig.rises[SLOT], 2);
    pci_function_set_intx(rig.function, false);
    CU_ASSERT_EQUAL(rig.falls[SLOT], 1);
    CU_ASSERT_EQUAL(cfg(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, 0);
    CU_ASSERT_EQUAL(rig.rises[0] + rig.rises[1] + rig.rises[2], 0);
    rig_fini();
}

static void test_shared_line_is_low_when_the_last_of_its_slots_is(void)
{
    rig_init();
    struct pci_function *other = pci_bus_add(rig.pci, SLOT + 4, "dev1", &identity, &ops, NULL);
    pci_function_set_intx(rig.function, true);
    pci_function_set_intx(other, true);
    CU_ASSERT_EQUAL(rig.rises[SLOT], 2);
    pci_function_set_intx(rig.function, false);
    CU_ASSERT_EQUAL(rig.falls[SLOT], 0);
    pci_function_set_intx(other, false);
    CU_ASSERT_EQUAL(rig.falls[SLOT], 1);
    rig_fini();
}

static void test_intx_disable_takes_the_pin_down_and_not_the_status(void)
{
    rig_init();
    pci_function_set_intx(rig.function, true);
    set(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
    CU_ASSERT_EQUAL(rig.falls[SLOT], 1);
    CU_ASSERT_EQUAL(cfg(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, PCI_STATUS_INTERRUPT);
    pci_function_set_intx(rig.function, true);
    CU_ASSERT_EQUAL(rig.rises[SLOT], 1);
    set(PCI_COMMAND, 2, 0);
    CU_ASSERT_EQUAL(rig.rises[SLOT], 2);
    rig_fini();
}

static void test_message_is_sent_by_a_master_alone(void)
{
    rig_init();
    pci_function_send(rig.function, 2, 0x08020040, 81);
    CU_ASSERT_EQUAL(breaches(), 1);
    CU_ASSERT_EQUAL(rig.messages, 0);
    set(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    pci_function_send(rig.function, 2, 0x08020040, 81);
    CU_ASSERT_EQUAL(rig.messages, 1);
    CU_ASSERT_EQUAL(rig.last_offset, 0x08020040);
    CU_ASSERT_EQUAL(rig.last_value, 81);
    CU_ASSERT_EQUAL(breaches(), 1);
    CU_ASSERT_EQUAL(rig.counts[TRACE_PCI_MESSAGE], 1);
    rig_fini();
}

static void test_message_that_nobody_takes_is_a_breach(void)
{
    rig_init();
    set(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    rig.nobody_listens = true;
    pci_function_send(rig.function, 0, 0x1234, 81);
    CU_ASSERT_EQUAL(breaches(), 1);
    rig_fini();
}

static void test_capabilities_are_a_list_in_order(void)
{
    rig_init();
    CU_ASSERT_EQUAL(cfg(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST, 0);
    unsigned first = pci_function_add_capability(rig.function, 9, 14);
    unsigned second = pci_function_add_capability(rig.function, 0x11, 12);
    CU_ASSERT_EQUAL(cfg(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST, PCI_STATUS_CAP_LIST);
    CU_ASSERT_EQUAL(cfg(PCI_CAPABILITY_LIST, 1), first);
    CU_ASSERT_EQUAL(cfg(first, 1), 9);
    CU_ASSERT_EQUAL(cfg(first + 1, 1), second);
    CU_ASSERT_EQUAL(second % 4, 0);
    CU_ASSERT_EQUAL(cfg(second + 1, 1), 0);
    rig_fini();
}

static void test_device_is_told_of_reads_before_and_of_writes_after(void)
{
    rig_init();
    cfg(PCI_VENDOR_ID, 4);
    CU_ASSERT_EQUAL(rig.config_reads, 1);
    set(PCI_INTERRUPT_LINE, 1, 1);
    CU_ASSERT_EQUAL(rig.config_writes, 1);
    rig_fini();
}

static void test_access_of_a_bar_by_number_stays_inside(void)
{
    uint64_t value = 0;
    rig_init();
    CU_ASSERT_TRUE(pci_function_bar_read(rig.function, 1, 0xffc, 4, &value));
    CU_ASSERT_FALSE(pci_function_bar_read(rig.function, 1, 0x1000, 4, &value));
    CU_ASSERT_FALSE(pci_function_bar_read(rig.function, 0, 0, 4, &value));
    CU_ASSERT_FALSE(pci_function_bar_read(rig.function, 6, 0, 4, &value));
    CU_ASSERT_TRUE(pci_function_bar_write(rig.function, 4, 0x3ffc, 4, 1));
    CU_ASSERT_FALSE(pci_function_bar_write(rig.function, 4, 0x3ffd, 4, 1));
    CU_ASSERT_FALSE(pci_function_bar_write(rig.function, 255, 0, 1, 1));
    CU_ASSERT_EQUAL(rig.reads + rig.writes, 2);
    rig_fini();
}

UNIT_SUITE("pci_bus", UNIT_TEST(test_numbers_are_those_of_the_systems_header),
           UNIT_TEST(test_identity_is_read_in_every_width),
           UNIT_TEST(test_where_nobody_is_all_ones_are_read_and_writes_are_lost),
           UNIT_TEST(test_bits_that_are_read_only_stay),
           UNIT_TEST(test_bar_answers_a_sizing_with_its_size),
           UNIT_TEST(test_accesses_reach_the_bar_that_covers_them),
           UNIT_TEST(test_bar_of_a_function_that_is_switched_off_does_not_answer),
           UNIT_TEST(test_bar_outside_of_the_window_is_not_decoded),
           UNIT_TEST(test_moving_a_bar_that_is_decoded_is_a_breach_and_moves_it),
           UNIT_TEST(test_bars_that_overlap_are_a_breach_and_the_lower_one_answers),
           UNIT_TEST(test_pin_of_a_slot_is_led_to_one_of_four),
           UNIT_TEST(test_shared_line_is_low_when_the_last_of_its_slots_is),
           UNIT_TEST(test_intx_disable_takes_the_pin_down_and_not_the_status),
           UNIT_TEST(test_message_is_sent_by_a_master_alone),
           UNIT_TEST(test_message_that_nobody_takes_is_a_breach),
           UNIT_TEST(test_capabilities_are_a_list_in_order),
           UNIT_TEST(test_device_is_told_of_reads_before_and_of_writes_after),
           UNIT_TEST(test_access_of_a_bar_by_number_stays_inside))
