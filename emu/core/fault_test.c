/*
 * fault_test.c - for which occurrences a fault is, and what it says
 */
#include "emu/core/fault.h"

#include "tests/unit.h"

struct rig {
    struct vclock *clock;
    struct trace *trace;
    struct fault_place place;
};

static void rig_setup(struct rig *rig)
{
    rig->clock = vclock_new();
    rig->trace = trace_new(rig->clock);
    rig->place = (struct fault_place){rig->trace, "irq", "eth0.tx"};
}

static void rig_teardown(struct rig *rig)
{
    trace_free(rig->trace);
    vclock_free(rig->clock);
}

/* ".x": one letter an occurrence, x where the fault struck. */
static const char *rig_strikes(struct rig *rig, struct fault_which which, unsigned occurrences)
{
    static char text[16];
    struct fault fault = fault_arm(&rig->place, "lose", which);
    g_assert(occurrences < sizeof(text));
    for (unsigned i = 0; i < occurrences; i++) {
        text[i] = fault_strikes(&fault, &rig->place) ? 'x' : '.';
    }
    text[occurrences] = '\0';
    return text;
}

static void test_fault_strikes_those_behind_skip_and_no_more_than_count(void)
{
    struct rig rig;
    rig_setup(&rig);
    CU_ASSERT_STRING_EQUAL(rig_strikes(&rig, (struct fault_which){0, 1}, 4), "x...");
    CU_ASSERT_STRING_EQUAL(rig_strikes(&rig, (struct fault_which){0, 3}, 4), "xxx.");
    CU_ASSERT_STRING_EQUAL(rig_strikes(&rig, (struct fault_which){2, 1}, 4), "..x.");
    CU_ASSERT_STRING_EQUAL(rig_strikes(&rig, (struct fault_which){2, FAULT_ALL}, 5), "..xxx");
    CU_ASSERT_STRING_EQUAL(rig_strikes(&rig, (struct fault_which){0, FAULT_ALL}, 3), "xxx");
    CU_ASSERT_STRING_EQUAL(rig_strikes(&rig, (struct fault_which){0, 0}, 3), "...");
    rig_teardown(&rig);
}

static void test_fault_is_used_up_only_after_its_last_occurrence(void)
{
    struct rig rig;
    rig_setup(&rig);
    struct fault once = fault_arm(&rig.place, "lose", (struct fault_which){1, 1});
    CU_ASSERT_FALSE(fault_is_used_up(&once));
    CU_ASSERT_FALSE(fault_strikes(&once, &rig.place));
    CU_ASSERT_FALSE(fault_is_used_up(&once));
    CU_ASSERT_TRUE(fault_strikes(&once, &rig.place));
    CU_ASSERT_TRUE(fault_is_used_up(&once));
    struct fault always = fault_arm(&rig.place, "lose", (struct fault_which){0, FAULT_ALL});
    CU_ASSERT_TRUE(fault_strikes(&always, &rig.place));
    CU_ASSERT_FALSE(fault_is_used_up(&always));
    rig_teardown(&rig);
}

static void test_events_name_place_fault_and_occurrence(void)
{
    struct rig rig;
    rig_setup(&rig);
    struct fault fault = fault_arm(&rig.place, "delay", (struct fault_which){1, 1});
    for (unsigned i = 0; i < 3; i++) {
        fault_strikes(&fault, &rig.place);
    }
    fault_restore(&rig.place);
    g_autoptr(GString) log = g_string_new(NULL);
    for (uint64_t i = 1; i <= trace_last(rig.trace); i++) {
        trace_format_fields(log, trace_get(rig.trace, i));
        g_string_append_c(log, '\n');
    }
    CU_ASSERT_STRING_EQUAL(log->str,
                           "fault.injected object=irq target=eth0.tx fault=delay\n"
                           "fault.applied object=irq target=eth0.tx fault=delay occurrence=2\n"
                           "fault.restored object=irq target=eth0.tx\n");
    rig_teardown(&rig);
}

UNIT_SUITE("fault", UNIT_TEST(test_fault_strikes_those_behind_skip_and_no_more_than_count),
           UNIT_TEST(test_fault_is_used_up_only_after_its_last_occurrence),
           UNIT_TEST(test_events_name_place_fault_and_occurrence))
