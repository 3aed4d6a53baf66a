/*
 * irq_test.c - handlers, and what is written to the interrupt controller around them
 */
#include "runtime/fake_machine.h"
#include "tests/unit.h"

#define GICD     0x08000000u
#define GICC     0x08010000u
#define CARD     48u
#define ISENABLE (GICD + 0x100)
#define ICENABLE (GICD + 0x180)
#define EOIR     (GICC + 0x10)

static unsigned calls;
static uint32_t ended_before;

static void handler(void *arg)
{
    calls += arg == &calls ? 1 : 100;
    ended_before = fake_register_writes(EOIR);
}

static void irq_reset(void)
{
    fake_machine_reset();
    calls = 0;
    runtime_init();
    for (uint32_t intid = 0; intid < RUNTIME_IRQS; intid++)
        runtime_irq_attach(intid, NULL, NULL);
}

static void test_init_opens_the_controller_and_the_mask(void)
{
    fake_machine_reset();
    runtime_init();
    CU_ASSERT_EQUAL(fake_register(GICD), 1);
    CU_ASSERT_EQUAL(fake_register(GICC), 1);
    CU_ASSERT_EQUAL(fake_register(GICC + 4), 0xff);
    CU_ASSERT_EQUAL(fake_register(ISENABLE), 1u << 27);
    CU_ASSERT_PTR_NOT_NULL(fake_machine.vector);
    CU_ASSERT_FALSE(fake_machine.masked);
}

static void test_a_handler_is_called_and_the_interrupt_ends_after_it(void)
{
    irq_reset();
    CU_ASSERT_EQUAL(runtime_irq_attach(CARD, handler, &calls), 0);
    CU_ASSERT_EQUAL(fake_register(ISENABLE + 4), 1u << 16);
    CU_ASSERT_EQUAL(fake_register(GICD + 0x800 + CARD), 1);
    fake_machine_interrupt(CARD);
    CU_ASSERT_EQUAL(calls, 1);
    CU_ASSERT_EQUAL(ended_before, 0);
    CU_ASSERT_EQUAL(fake_register(EOIR), CARD);
    CU_ASSERT_EQUAL(fake_register_writes(EOIR), 1);
    CU_ASSERT_EQUAL(runtime_irq_attach(CARD, NULL, NULL), 0);
    CU_ASSERT_EQUAL(fake_register(ICENABLE + 4), 1u << 16);
}

static void test_an_interrupt_without_a_handler_is_ended_and_disabled(void)
{
    irq_reset();
    fake_machine_interrupt(CARD + 1);
    CU_ASSERT_EQUAL(calls, 0);
    CU_ASSERT_EQUAL(fake_register(ICENABLE + 4), 1u << 17);
    CU_ASSERT_EQUAL(fake_register(EOIR), CARD + 1);
}

static void test_a_spurious_interrupt_is_not_ended(void)
{
    irq_reset();
    fake_machine_interrupt(1023);
    CU_ASSERT_EQUAL(fake_register_writes(EOIR), 0);
}

static void test_impossible_attachments_are_refused(void)
{
    irq_reset();
    CU_ASSERT_EQUAL(runtime_irq_attach(RUNTIME_IRQS, handler, NULL), -1);
    CU_ASSERT_EQUAL(runtime_irq_attach(27, handler, NULL), -1);
    CU_ASSERT_EQUAL(runtime_irq_attach(CARD, handler, &calls), 0);
    CU_ASSERT_EQUAL(runtime_irq_attach(CARD, handler, NULL), -1);
    fake_machine_interrupt(CARD);
    CU_ASSERT_EQUAL(calls, 1);
}

UNIT_SUITE("runtime_irq", UNIT_TEST(test_init_opens_the_controller_and_the_mask),
           UNIT_TEST(test_a_handler_is_called_and_the_interrupt_ends_after_it),
           UNIT_TEST(test_an_interrupt_without_a_handler_is_ended_and_disabled),
           UNIT_TEST(test_a_spurious_interrupt_is_not_ended),
           UNIT_TEST(test_impossible_attachments_are_refused))
