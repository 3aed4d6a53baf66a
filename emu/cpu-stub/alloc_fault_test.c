/*
 * alloc_fault_test.c - which allocation fails
 */
#include "emu/cpu-stub/alloc_fault.h"

#include "tests/unit.h"

struct bed {
    struct vclock *clock;
    struct trace *trace;
    struct alloc_fault *stage;
};

static void bed_setup(struct bed *bed)
{
    bed->clock = vclock_new();
    bed->trace = trace_new(bed->clock);
    bed->stage = alloc_fault_new(bed->trace);
}

static void bed_teardown(struct bed *bed, const char *events)
{
    g_autoptr(GString) log = g_string_new(NULL);
    for (uint64_t i = 1; i <= trace_last(bed->trace); i++) {
        trace_format_fields(log, trace_get(bed->trace, i));
        g_string_append_c(log, '\n');
    }
    g_string_replace(log, " object=alloc target=memory", "", 0);
    CU_ASSERT_STRING_EQUAL(log->str, events);
    alloc_fault_free(bed->stage);
    trace_free(bed->trace);
    vclock_free(bed->clock);
}

/* The next allocations, a character each: 'x' fails. */
static void bed_expect(struct bed *bed, const char *fates)
{
    for (const char *fate = fates; *fate != '\0'; fate++) {
        CU_ASSERT_EQUAL(alloc_fault_strikes(bed->stage), *fate == 'x');
    }
}

static void test_without_a_fault_allocations_are_only_counted(void)
{
    struct bed bed;
    bed_setup(&bed);
    bed_expect(&bed, "....");
    CU_ASSERT_EQUAL(alloc_fault_count(bed.stage), 4);
    alloc_fault_count_from_here(bed.stage);
    bed_expect(&bed, "..");
    CU_ASSERT_EQUAL(alloc_fault_count(bed.stage), 2);
    bed_teardown(&bed, "");
}

static void test_nth_from_now_on_fails_and_no_other(void)
{
    struct bed bed;
    bed_setup(&bed);
    bed_expect(&bed, "..");
    alloc_fault_fail(bed.stage, 3);
    bed_expect(&bed, "..x..");
    alloc_fault_fail(bed.stage, 1);
    bed_expect(&bed, "x.");
    bed_teardown(&bed, "fault.injected fault=fail\nfault.applied fault=fail occurrence=3\n"
                       "fault.injected fault=fail\nfault.applied fault=fail occurrence=1\n");
}

static void test_several_faults_count_each_for_itself(void)
{
    struct bed bed;
    bed_setup(&bed);
    alloc_fault_fail(bed.stage, 2);
    alloc_fault_fail(bed.stage, 3);
    alloc_fault_fail(bed.stage, 3);
    bed_expect(&bed, ".xx.");
    bed_teardown(&bed, "fault.injected fault=fail\nfault.injected fault=fail\n"
                       "fault.injected fault=fail\nfault.applied fault=fail occurrence=2\n"
                       "fault.applied fault=fail occurrence=3\n"
                       "fault.applied fault=fail occurrence=3\n");
}

static void test_restored_allocations_do_not_fail(void)
{
    struct bed bed;
    bed_setup(&bed);
    alloc_fault_fail(bed.stage, 2);
    bed_expect(&bed, ".");
    alloc_fault_restore(bed.stage);
    bed_expect(&bed, "...");
    bed_teardown(&bed, "fault.injected fault=fail\nfault.restored\n");
}

UNIT_SUITE("alloc_fault", UNIT_TEST(test_without_a_fault_allocations_are_only_counted),
           UNIT_TEST(test_nth_from_now_on_fails_and_no_other),
           UNIT_TEST(test_several_faults_count_each_for_itself),
           UNIT_TEST(test_restored_allocations_do_not_fail))
