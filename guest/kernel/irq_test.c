/* irq_test.c - interrupt dispatch */
#include "kernel/irq.h"

#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

static char order[16];
static bool was_active;
static uint32_t raise_in_handler;

static bool is_foreign; /* what every handler says */

static bool handler(void *arg)
{
    strncat(order, arg, 1);
    was_active = irq_is_active();
    if (raise_in_handler != 0) {
        uint32_t intid = raise_in_handler;
        raise_in_handler = 0;
        fake_raise(intid);
    }
    return !is_foreign;
}

/* Whoever shares a line with others, and finds that it was for him. */
static bool owner(void *arg)
{
    strncat(order, arg, 1);
    return true;
}

static void setup(void)
{
    fake_boot();
    order[0] = '\0';
    was_active = false;
    is_foreign = false;
    raise_in_handler = 0;
}

static void test_handler_is_called_and_interrupt_ended(void)
{
    setup();
    CU_ASSERT_EQUAL(irq_attach(5, true, handler, "a", "test"), 0);
    fake_raise(5);
    CU_ASSERT_STRING_EQUAL(order, "a");
    CU_ASSERT_TRUE(was_active);
    CU_ASSERT_FALSE(irq_is_active());
    CU_ASSERT_EQUAL(fake_irq_end_count(), 1);
    CU_ASSERT_STRING_EQUAL(fake_log(), "");
}

static void test_all_handlers_of_a_line_are_called_in_order(void)
{
    setup();
    CU_ASSERT_EQUAL(irq_attach(5, false, handler, "a", "test"), 0);
    CU_ASSERT_EQUAL(irq_attach(5, false, handler, "b", "test"), 0);
    CU_ASSERT_EQUAL(irq_attach(6, false, handler, "c", "test"), 0);
    fake_raise(5);
    CU_ASSERT_STRING_EQUAL(order, "ab");
    CU_ASSERT_EQUAL(fake_irq_end_count(), 1);
}

static void test_all_who_share_a_line_are_asked_and_one_owner_is_enough(void)
{
    setup();
    is_foreign = true;
    CU_ASSERT_EQUAL(irq_attach(5, false, handler, "a", "test"), 0);
    CU_ASSERT_EQUAL(irq_attach(5, false, owner, "b", "test"), 0);
    CU_ASSERT_EQUAL(irq_attach(5, false, handler, "c", "test"), 0);
    fake_raise(5);
    CU_ASSERT_STRING_EQUAL(order, "abc");
    CU_ASSERT_STRING_EQUAL(fake_log(), "");
}

static void test_interrupt_that_is_nobodys_is_counted_and_ended(void)
{
    setup();
    is_foreign = true;
    CU_ASSERT_EQUAL(irq_attach(5, false, handler, "a", "test"), 0);
    fake_raise(5);
    CU_ASSERT_STRING_EQUAL(order, "a");
    CU_ASSERT_EQUAL(fake_irq_end_count(), 1);
    CU_ASSERT_NOT_EQUAL(strlen(fake_log()), 0);
}

static void test_what_comes_meanwhile_is_handled_afterwards(void)
{
    setup();
    CU_ASSERT_EQUAL(irq_attach(5, true, handler, "a", "test"), 0);
    CU_ASSERT_EQUAL(irq_attach(6, true, handler, "b", "test"), 0);
    raise_in_handler = 6;
    fake_raise(5);
    CU_ASSERT_STRING_EQUAL(order, "ab");
    CU_ASSERT_EQUAL(fake_irq_end_count(), 2);
}

static void test_masked_interrupt_stays_pending(void)
{
    setup();
    CU_ASSERT_EQUAL(irq_attach(5, true, handler, "a", "test"), 0);
    uint64_t daif = hal_irq_save();
    fake_raise(5);
    CU_ASSERT_STRING_EQUAL(order, "");
    hal_irq_restore(daif);
    CU_ASSERT_STRING_EQUAL(order, "a");
}

static void test_interrupt_without_handler_is_counted_and_ended(void)
{
    setup();
    CU_ASSERT_EQUAL(irq_attach(5, true, handler, "a", "test"), 0);
    fake_enable_irq(7);
    fake_raise(7);
    CU_ASSERT_STRING_EQUAL(order, "");
    CU_ASSERT_EQUAL(fake_irq_end_count(), 1);
    CU_ASSERT_STRING_EQUAL(fake_log(), "counter irq.unhandled 1\n");
}

static void test_bad_arguments_are_refused(void)
{
    setup();
    CU_ASSERT_EQUAL(irq_attach(IRQS_MAX, true, handler, "a", "test"), -KEINVAL);
    CU_ASSERT_EQUAL(irq_attach(IRQ_NONE, true, handler, "a", "test"), -KEINVAL);
    CU_ASSERT_EQUAL(irq_attach(5, true, NULL, "a", "test"), -KEINVAL);
    irq_init();
    CU_ASSERT_EQUAL(irq_attach(5, true, handler, "a", "test"), -KEINVAL);
}

static void test_handlers_are_limited(void)
{
    int error = 0;
    unsigned attached = 0;
    setup();
    while ((error = irq_attach(5, true, handler, "a", "test")) == 0)
        attached++;
    CU_ASSERT_EQUAL(error, -KENOMEM);
    CU_ASSERT_TRUE(attached >= 32);
}

#define SPI 40

static void test_handler_that_was_taken_out_is_not_called_and_the_last_takes_the_line_along(void)
{
    setup();
    CU_ASSERT_EQUAL(irq_attach(SPI, false, handler, "a", "test"), 0);
    CU_ASSERT_EQUAL(irq_attach(SPI, false, handler, "b", "test"), 0);
    CU_ASSERT_EQUAL(irq_detach(SPI, handler, "a"), 0);
    fake_raise(SPI);
    CU_ASSERT_STRING_EQUAL(order, "b");
    CU_ASSERT_EQUAL(fake_irq_end_count(), 1);
    CU_ASSERT_EQUAL(irq_detach(SPI, handler, "b"), 0);
    fake_raise(SPI);
    CU_ASSERT_EQUAL(fake_irq_end_count(), 1); /* masked: it is pending */
    CU_ASSERT_EQUAL(irq_attach(SPI, false, handler, "c", "test"), 0);
    CU_ASSERT_EQUAL(fake_irq_end_count(), 2);
    CU_ASSERT_STRING_EQUAL(order, "bc");
    CU_ASSERT_STRING_EQUAL(fake_log(), "");
}

static void test_only_what_was_attached_can_be_taken_out(void)
{
    setup();
    CU_ASSERT_EQUAL(irq_attach(SPI, false, handler, "a", "test"), 0);
    CU_ASSERT_EQUAL(irq_detach(SPI, handler, "b"), -KENOENT);
    CU_ASSERT_EQUAL(irq_detach(SPI, owner, "a"), -KENOENT);
    CU_ASSERT_EQUAL(irq_detach(SPI + 1, handler, "a"), -KENOENT);
    CU_ASSERT_EQUAL(irq_detach(IRQS_MAX, handler, "a"), -KENOENT);
    CU_ASSERT_EQUAL(irq_attach(5, false, handler, "a", "test"), 0);
    CU_ASSERT_EQUAL(irq_detach(5, handler, "a"), -KENOENT); /* each CPU's own */
    fake_raise(SPI);
    CU_ASSERT_STRING_EQUAL(order, "a");
}

static void test_handlers_that_were_taken_out_leave_room_for_others(void)
{
    setup();
    for (unsigned i = 0; i < 200; i++) {
        CU_ASSERT_EQUAL(irq_attach(SPI, false, handler, "a", "test"), 0);
        CU_ASSERT_EQUAL(irq_detach(SPI, handler, "a"), 0);
    }
}

UNIT_SUITE(
    "irq", UNIT_TEST(test_handler_is_called_and_interrupt_ended),
    UNIT_TEST(test_all_handlers_of_a_line_are_called_in_order),
    UNIT_TEST(test_all_who_share_a_line_are_asked_and_one_owner_is_enough),
    UNIT_TEST(test_interrupt_that_is_nobodys_is_counted_and_ended),
    UNIT_TEST(test_what_comes_meanwhile_is_handled_afterwards),
    UNIT_TEST(test_masked_interrupt_stays_pending),
    UNIT_TEST(test_interrupt_without_handler_is_counted_and_ended),
    UNIT_TEST(test_bad_arguments_are_refused),
    UNIT_TEST(test_handler_that_was_taken_out_is_not_called_and_the_last_takes_the_line_along),
    UNIT_TEST(test_only_what_was_attached_can_be_taken_out),
    UNIT_TEST(test_handlers_that_were_taken_out_leave_room_for_others),
    UNIT_TEST(test_handlers_are_limited))
