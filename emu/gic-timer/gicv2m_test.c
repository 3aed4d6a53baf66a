/*
 * gicv2m_test.c - the frame of messages: which INTID each write raises
 */
#include "emu/gic-timer/gicv2m.h"

#include "emu/core/vclock.h"
#include "tests/unit.h"

#include <string.h>

#define BASE  UINT64_C(0x08020000)
#define FIRST 80
#define COUNT 64

static struct {
    struct vclock *clock;
    struct trace *trace;
    struct mmio_bus *bus;
    struct gicv2m *frame;
    unsigned asked, rises, falls, breaches, events;
    unsigned last;
} rig;

static void hear(void *opaque, unsigned number, bool level)
{
    (void)opaque;
    rig.last = number;
    rig.rises += level;
    rig.falls += !level;
}

static struct irqline line_of(void *opaque, unsigned intid)
{
    (void)opaque;
    rig.asked++;
    return (struct irqline){.set = hear, .number = intid};
}

static void observe(void *opaque, const struct trace_event *event)
{
    (void)opaque;
    rig.events++;
    rig.breaches += event->kind == TRACE_IRQ_BREACH;
}

static void rig_init(void)
{
    memset(&rig, 0, sizeof(rig));
    rig.clock = vclock_new();
    rig.trace = trace_new(rig.clock);
    trace_add_observer(rig.trace, observe, NULL);
    rig.bus = mmio_bus_new(rig.trace);
    const struct gicv2m_config config = {
        .base = BASE, .first_intid = FIRST, .count = COUNT, .line = line_of};
    rig.frame = gicv2m_new(rig.trace, rig.bus, &config);
}

static void rig_fini(void)
{
    mmio_bus_free(rig.bus);
    gicv2m_free(rig.frame);
    trace_free(rig.trace);
    vclock_free(rig.clock);
}

static void test_type_register_says_which_intids_the_frame_has(void)
{
    rig_init();
    CU_ASSERT_EQUAL(mmio_read(rig.bus, BASE + 0x008, 4), FIRST << 16 | COUNT);
    CU_ASSERT_NOT_EQUAL(mmio_read(rig.bus, BASE + 0xfcc, 4), 0);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, BASE + 0x040, 4), 0);
    CU_ASSERT_EQUAL(rig.events, 0);
    rig_fini();
}

static void test_each_message_is_one_pulse_of_the_line_that_it_names(void)
{
    rig_init();
    for (unsigned intid = FIRST; intid < FIRST + COUNT; intid++) {
        CU_ASSERT_TRUE(gicv2m_message(rig.frame, BASE + 0x040, intid));
        CU_ASSERT_EQUAL(rig.last, intid);
    }
    CU_ASSERT_EQUAL(rig.rises, COUNT);
    CU_ASSERT_EQUAL(rig.falls, COUNT);
    CU_ASSERT_TRUE(gicv2m_message(rig.frame, BASE + 0x040, FIRST));
    CU_ASSERT_EQUAL(rig.asked, COUNT); /* each line is asked for once */
    CU_ASSERT_EQUAL(rig.events, 0);
    rig_fini();
}

static void test_write_of_a_cpu_is_a_message_too(void)
{
    rig_init();
    mmio_write(rig.bus, BASE + 0x040, 4, FIRST + 3);
    mmio_write(rig.bus, BASE + 0x040, 2, FIRST + 3);
    CU_ASSERT_EQUAL(rig.rises, 2);
    CU_ASSERT_EQUAL(rig.last, FIRST + 3);
    rig_fini();
}

static void test_intid_of_nobody_is_a_breach_and_raises_nothing(void)
{
    static const uint32_t wrong[] = {0, FIRST - 1, FIRST + COUNT, 1023};
    rig_init();
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        CU_ASSERT_TRUE(gicv2m_message(rig.frame, BASE + 0x040, wrong[i]));
        CU_ASSERT_EQUAL(rig.breaches, i + 1);
    }
    CU_ASSERT_EQUAL(rig.rises, 0);
    rig_fini();
}

static void test_message_elsewhere_is_not_for_the_frame(void)
{
    rig_init();
    CU_ASSERT_FALSE(gicv2m_message(rig.frame, BASE, FIRST));
    CU_ASSERT_FALSE(gicv2m_message(rig.frame, BASE + 0x044, FIRST));
    CU_ASSERT_EQUAL(rig.rises, 0);
    CU_ASSERT_EQUAL(rig.events, 0);
    rig_fini();
}

static void test_write_of_another_register_is_a_breach(void)
{
    rig_init();
    mmio_write(rig.bus, BASE + 0x008, 4, 0);
    CU_ASSERT_EQUAL(rig.breaches, 1);
    CU_ASSERT_EQUAL(mmio_read(rig.bus, BASE + 0x008, 4), FIRST << 16 | COUNT);
    rig_fini();
}

UNIT_SUITE("gicv2m", UNIT_TEST(test_type_register_says_which_intids_the_frame_has),
           UNIT_TEST(test_each_message_is_one_pulse_of_the_line_that_it_names),
           UNIT_TEST(test_write_of_a_cpu_is_a_message_too),
           UNIT_TEST(test_intid_of_nobody_is_a_breach_and_raises_nothing),
           UNIT_TEST(test_message_elsewhere_is_not_for_the_frame),
           UNIT_TEST(test_write_of_another_register_is_a_breach))
