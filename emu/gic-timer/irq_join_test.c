/*
 * irq_join_test.c - several lines into one
 */
#include "emu/gic-timer/irq_join.h"

#include "tests/unit.h"

#include <glib.h>

static void record(void *opaque, unsigned number, bool level)
{
    g_string_append_printf(opaque, "%u%c ", number, level ? '+' : '-');
}

static void test_output_is_high_while_any_input_is(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    struct irq_join join = {.output = {.set = record, .opaque = log, .number = 7}};
    struct irqline a = irq_join_add(&join), b = irq_join_add(&join);
    irqline_set(&a, true);
    irqline_set(&b, true);
    irqline_set(&a, false);
    CU_ASSERT_STRING_EQUAL(log->str, "7+ 7+ 7+ ");
    irqline_set(&b, false);
    CU_ASSERT_STRING_EQUAL(log->str, "7+ 7+ 7+ 7- ");
}

static void test_there_can_be_as_many_inputs_as_bits(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    struct irq_join join = {.output = {.set = record, .opaque = log}};
    struct irqline line;
    for (unsigned i = 0; i < IRQ_JOIN_INPUTS; i++) {
        line = irq_join_add(&join);
    }
    irqline_set(&line, true);
    irqline_set(&line, false);
    CU_ASSERT_STRING_EQUAL(log->str, "0+ 0- ");
    CU_ASSERT_EQUAL(join.inputs, 0);
}

static void test_pulse_passes_while_the_output_is_low(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    struct irq_join join = {.output = {.set = record, .opaque = log, .number = 7}};
    struct irqline a = irq_join_add(&join), b = irq_join_add(&join);
    irqline_pulse(&a);
    CU_ASSERT_STRING_EQUAL(log->str, "7+ 7- ");
    irqline_set(&b, true);
    irqline_pulse(&a);
    CU_ASSERT_STRING_EQUAL(log->str, "7+ 7- 7+ ");
}

UNIT_SUITE("irq_join", UNIT_TEST(test_output_is_high_while_any_input_is),
           UNIT_TEST(test_pulse_passes_while_the_output_is_low),
           UNIT_TEST(test_there_can_be_as_many_inputs_as_bits))
