/*
 * irqline_test.c - an interrupt line carries levels to whoever made it
 */
#include "emu/core/irqline.h"

#include "tests/unit.h"

struct listener {
    unsigned calls;
    unsigned number;
    bool level;
};

static void hear(void *opaque, unsigned number, bool level)
{
    struct listener *listener = opaque;
    listener->calls++;
    listener->number = number;
    listener->level = level;
}

static void invert(void *opaque, unsigned number, bool level)
{
    const struct irqline *behind = opaque;
    CU_ASSERT_EQUAL(number, 1);
    irqline_set(behind, !level);
}

static void test_each_level_reaches_the_listener_with_its_number(void)
{
    struct listener listener = {0};
    struct irqline line = {.set = hear, .opaque = &listener, .number = 48};
    irqline_set(&line, true);
    CU_ASSERT_EQUAL(listener.number, 48);
    CU_ASSERT_TRUE(listener.level);
    irqline_set(&line, true);
    irqline_set(&line, false);
    CU_ASSERT_FALSE(listener.level);
    CU_ASSERT_EQUAL(listener.calls, 3);
}

static void test_line_may_lead_through_something_else(void)
{
    struct listener listener = {0};
    struct irqline behind = {.set = hear, .opaque = &listener, .number = 49};
    struct irqline line = {.set = invert, .opaque = &behind, .number = 1};
    irqline_set(&line, false);
    CU_ASSERT_EQUAL(listener.calls, 1);
    CU_ASSERT_EQUAL(listener.number, 49);
    CU_ASSERT_TRUE(listener.level);
}

static void test_line_that_is_not_connected_does_nothing(void)
{
    struct listener listener = {0};
    struct irqline line = {.opaque = &listener};
    irqline_set(&line, true);
    CU_ASSERT_EQUAL(listener.calls, 0);
}

UNIT_SUITE("irqline", UNIT_TEST(test_each_level_reaches_the_listener_with_its_number),
           UNIT_TEST(test_line_may_lead_through_something_else),
           UNIT_TEST(test_line_that_is_not_connected_does_nothing))
