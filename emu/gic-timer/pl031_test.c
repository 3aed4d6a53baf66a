/*
 * pl031_test.c - the real-time clock
 */
#include "emu/gic-timer/pl031.h"

#include "tests/unit.h"

#define BASE  UINT64_C(0x09010000)
#define START UINT32_C(1767000000)
#define S     UINT64_C(1000000000)

enum {
    DR = 0x00,
    MR = 0x04,
    LR = 0x08,
    CR = 0x0c,
    IMSC = 0x10,
    RIS = 0x14,
    MIS = 0x18,
    ICR = 0x1c,
};

struct bed {
    struct vclock *clock;
    struct trace *trace;
    struct mmio_bus *bus;
    struct pl031 *rtc;
    bool line;
    unsigned changes;
};

static void bed_drive(void *opaque, unsigned number, bool level)
{
    struct bed *bed = opaque;
    (void)number;
    bed->line = level;
    bed->changes++;
}

static void bed_setup(struct bed *bed)
{
    *bed = (struct bed){.clock = vclock_new()};
    bed->trace = trace_new(bed->clock);
    bed->bus = mmio_bus_new(bed->trace);
    bed->rtc =
        pl031_new(bed->clock, bed->trace, START, (struct irqline){.set = bed_drive, .opaque = bed});
    pl031_map(bed->rtc, bed->bus, BASE);
}

static void bed_teardown(struct bed *bed)
{
    pl031_free(bed->rtc);
    CU_ASSERT_EQUAL(vclock_next_ns(bed->clock), VCLOCK_NEVER); /* nothing of it is left armed */
    mmio_bus_free(bed->bus);
    trace_free(bed->trace);
    vclock_free(bed->clock);
}

static uint32_t get(struct bed *bed, uint64_t reg)
{
    return (uint32_t)mmio_read(bed->bus, BASE + reg, 4);
}

static void set(struct bed *bed, uint64_t reg, uint32_t value)
{
    mmio_write(bed->bus, BASE + reg, 4, value);
}

/* To this time since power-on. */
static void advance(struct bed *bed, uint64_t ns)
{
    vclock_advance(bed->clock, VCLOCK_POWER_ON_NS + ns);
}

static void test_it_counts_seconds_of_the_virtual_clock_from_its_setting_on(void)
{
    struct bed bed;
    bed_setup(&bed);
    CU_ASSERT_EQUAL(get(&bed, DR), START);
    advance(&bed, S - 1);
    CU_ASSERT_EQUAL(get(&bed, DR), START);
    advance(&bed, S);
    CU_ASSERT_EQUAL(get(&bed, DR), START + 1);
    CU_ASSERT_EQUAL(pl031_seconds(bed.rtc), START + 1);
    CU_ASSERT_EQUAL(bed.changes, 0);
    bed_teardown(&bed);
}

static void test_registers_after_reset(void)
{
    struct bed bed;
    bed_setup(&bed);
    CU_ASSERT_EQUAL(get(&bed, MR), 0);
    CU_ASSERT_EQUAL(get(&bed, LR), 0);
    CU_ASSERT_EQUAL(get(&bed, CR), 1);
    CU_ASSERT_EQUAL(get(&bed, IMSC), 0);
    CU_ASSERT_EQUAL(get(&bed, RIS), 0);
    CU_ASSERT_EQUAL(get(&bed, MIS), 0);
    CU_ASSERT_EQUAL(get(&bed, ICR), 0);
    CU_ASSERT_EQUAL(get(&bed, 0x20), 0);
    bed_teardown(&bed);
}

static void test_identification_is_that_of_a_primecell_031(void)
{
    static const uint8_t bytes[] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct bed bed;
    bed_setup(&bed);
    for (unsigned i = 0; i < 8; i++) {
        CU_ASSERT_EQUAL(get(&bed, 0xfe0 + 4 * i), bytes[i]);
    }
    bed_teardown(&bed);
}

static void test_load_sets_the_count_and_no_other_write_does(void)
{
    struct bed bed;
    bed_setup(&bed);
    advance(&bed, S / 2);
    set(&bed, LR, 1000);
    CU_ASSERT_EQUAL(get(&bed, LR), 1000);
    CU_ASSERT_EQUAL(get(&bed, DR), 1000);
    advance(&bed, S);
    CU_ASSERT_EQUAL(get(&bed, DR), 1001);
    set(&bed, DR, 5);
    set(&bed, CR, 0);
    set(&bed, RIS, 1);
    set(&bed, MIS, 1);
    set(&bed, 0xfe0, 1);
    CU_ASSERT_EQUAL(get(&bed, DR), 1001);
    CU_ASSERT_EQUAL(get(&bed, CR), 1);
    CU_ASSERT_EQUAL(get(&bed, RIS), 0);
    bed_teardown(&bed);
}

static void test_alarm_raises_the_line_until_it_is_cleared(void)
{
    struct bed bed;
    bed_setup(&bed);
    set(&bed, MR, START + 2);
    set(&bed, IMSC, 1);
    advance(&bed, 2 * S - 1);
    CU_ASSERT_FALSE(bed.line);
    advance(&bed, 2 * S);
    CU_ASSERT_TRUE(bed.line);
    CU_ASSERT_EQUAL(get(&bed, RIS), 1);
    CU_ASSERT_EQUAL(get(&bed, MIS), 1);
    advance(&bed, 5 * S);
    set(&bed, ICR, 0);
    CU_ASSERT_TRUE(bed.line);
    set(&bed, ICR, 1);
    CU_ASSERT_FALSE(bed.line);
    CU_ASSERT_EQUAL(bed.changes, 2);
    set(&bed, IMSC, 0); /* the next match is 136 years away, and would keep the machine alive */
    bed_teardown(&bed);
}

static void test_masked_alarm_is_raw_only_and_arms_nothing(void)
{
    struct bed bed;
    bed_setup(&bed);
    set(&bed, MR, START + 1);
    CU_ASSERT_TRUE(vclock_is_quiescent(bed.clock));
    advance(&bed, 3 * S);
    CU_ASSERT_EQUAL(get(&bed, RIS), 1);
    CU_ASSERT_EQUAL(get(&bed, MIS), 0);
    CU_ASSERT_FALSE(bed.line);
    set(&bed, IMSC, 1);
    CU_ASSERT_TRUE(bed.line);
    set(&bed, IMSC, 0);
    CU_ASSERT_FALSE(bed.line);
    bed_teardown(&bed);
}

static void test_match_that_is_now_raises_at_once_and_one_that_was_does_not(void)
{
    struct bed bed;
    bed_setup(&bed);
    set(&bed, MR, START - 1);
    CU_ASSERT_EQUAL(get(&bed, RIS), 0);
    set(&bed, MR, START);
    CU_ASSERT_EQUAL(get(&bed, RIS), 1);
    set(&bed, ICR, 1);
    advance(&bed, S);
    CU_ASSERT_EQUAL(get(&bed, RIS), 0);
    set(&bed, LR, START);
    CU_ASSERT_EQUAL(get(&bed, RIS), 1);
    bed_teardown(&bed);
}

static void test_moved_alarm_comes_at_its_new_time_only(void)
{
    struct bed bed;
    bed_setup(&bed);
    set(&bed, IMSC, 1);
    set(&bed, MR, START + 2);
    set(&bed, MR, START + 4);
    advance(&bed, 3 * S);
    CU_ASSERT_EQUAL(bed.changes, 0);
    set(&bed, LR, START); /* back by three seconds: the alarm is four away */
    advance(&bed, 7 * S - 1);
    CU_ASSERT_EQUAL(bed.changes, 0);
    advance(&bed, 7 * S);
    CU_ASSERT_TRUE(bed.line);
    bed_teardown(&bed);
}

static void test_count_wraps_after_32_bits(void)
{
    struct bed bed;
    bed_setup(&bed);
    set(&bed, LR, UINT32_MAX);
    set(&bed, MR, 0);
    advance(&bed, S);
    CU_ASSERT_EQUAL(get(&bed, DR), 0);
    CU_ASSERT_EQUAL(get(&bed, RIS), 1);
    bed_teardown(&bed);
}

static void test_it_takes_words_only(void)
{
    struct bed bed;
    bed_setup(&bed);
    CU_ASSERT_EQUAL(mmio_read(bed.bus, BASE + DR, 1), 0xff);
    CU_ASSERT_EQUAL(mmio_read(bed.bus, BASE + DR, 8), UINT64_MAX);
    bed_teardown(&bed);
}

UNIT_SUITE("pl031", UNIT_TEST(test_it_counts_seconds_of_the_virtual_clock_from_its_setting_on),
           UNIT_TEST(test_registers_after_reset),
           UNIT_TEST(test_identification_is_that_of_a_primecell_031),
           UNIT_TEST(test_load_sets_the_count_and_no_other_write_does),
           UNIT_TEST(test_alarm_raises_the_line_until_it_is_cleared),
           UNIT_TEST(test_masked_alarm_is_raw_only_and_arms_nothing),
           UNIT_TEST(test_match_that_is_now_raises_at_once_and_one_that_was_does_not),
           UNIT_TEST(test_moved_alarm_comes_at_its_new_time_only),
           UNIT_TEST(test_count_wraps_after_32_bits), UNIT_TEST(test_it_takes_words_only))
