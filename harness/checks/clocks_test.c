/* clocks_test.c - timeouts that outlive the files by which they were set, and those that do not */
#include "harness/checks/checks_rig.h"

#define TASK   7
#define QUEUE  3
#define MANY   16
#define LONG   (60000 * RIG_MS)
#define NUMBER 0x100 /* of the first timeout */

static void watch(const struct rig *rig, unsigned file, unsigned queue, unsigned events)
{
    trace_emit(rig->trace, TRACE_EVENT_WATCHED, TN(queue), TS("time"), TN(file), TN(0), TN(events));
}

static void set(const struct rig *rig, unsigned file, unsigned timeout)
{
    trace_emit(rig->trace, TRACE_TIME_SET, TN(TASK), TN(file), TN(timeout), TN(LONG));
}

static void idle(struct rig *rig, uint64_t time_ns)
{
    rig_pass(rig, time_ns);
    trace_emit_plain(rig->trace, TRACE_CPU_WFI);
}

enum end {
    LEFT,
    CANCELLED,
    FIRED,
    STILL_WATCHED,
    WATCHED_AGAIN,
    NEVER_WATCHED
};

/* So many polls that end early, and what becomes of their timeouts. */
static void poll(struct rig *rig, unsigned count, enum end end)
{
    for (unsigned i = 1; i <= count; i++) {
        if (end != NEVER_WATCHED) {
            watch(rig, i, QUEUE, 1);
        }
        if (end == STILL_WATCHED) {
            watch(rig, i, QUEUE + 1, 1);
        }
        set(rig, i, NUMBER + i);
        if (end == CANCELLED || end == FIRED) {
            trace_emit(rig->trace, end == FIRED ? TRACE_TIMEOUT_FIRED : TRACE_TIMEOUT_CANCELLED,
                       TN(NUMBER + i));
        }
        watch(rig, i, QUEUE, 0);
        if (end == WATCHED_AGAIN) {
            watch(rig, i, QUEUE, 1);
        }
        idle(rig, 2 * RIG_MS);
    }
    idle(rig, RIG_SLACK_NS);
}

static void test_timeouts_that_stay_behind_their_files_are_leaked(void)
{
    struct rig rig;
    rig_open(&rig);
    poll(&rig, MANY, LEFT);
    rig_expect(&rig, "timeout.leaked", "task 7",
               "16 clocks that nobody watches any more have timeouts; the last, 16, since 1.03");
}

static void test_a_few_may_be_files_that_are_open(void)
{
    struct rig rig;
    rig_open(&rig);
    poll(&rig, MANY - 1, LEFT);
    rig_expect_none(&rig);
}

static void test_timeouts_that_end_or_are_watched_are_not_leaked(void)
{
    static const enum end ends[] = {CANCELLED, FIRED, STILL_WATCHED, WATCHED_AGAIN, NEVER_WATCHED};
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        struct rig rig;
        rig_open(&rig);
        poll(&rig, 3 * MANY, ends[i]);
        rig_expect_none(&rig);
    }
}

static void test_a_timeout_may_end_soon_after_its_file(void)
{
    struct rig rig;
    rig_open(&rig);
    for (unsigned i = 1; i <= 3 * MANY; i++) {
        watch(&rig, i, QUEUE, 1);
        set(&rig, i, NUMBER + i);
        watch(&rig, i, QUEUE, 0);
        idle(&rig, RIG_MS);
        trace_emit(rig.trace, TRACE_TIMEOUT_CANCELLED, TN(NUMBER + i));
    }
    rig_expect_none(&rig);
}

/* What was left has ended in the meantime: it does not count any more. */
static void test_what_has_ended_does_not_count(void)
{
    struct rig rig;
    rig_open(&rig);
    poll(&rig, MANY - 1, LEFT);
    for (unsigned i = 1; i < MANY; i++) {
        trace_emit(rig.trace, TRACE_TIMEOUT_FIRED, TN(NUMBER + i));
    }
    poll(&rig, MANY - 1, LEFT);
    rig_expect_none(&rig);
}

UNIT_SUITE("clocks", UNIT_TEST(test_timeouts_that_stay_behind_their_files_are_leaked),
           UNIT_TEST(test_a_few_may_be_files_that_are_open),
           UNIT_TEST(test_timeouts_that_end_or_are_watched_are_not_leaked),
           UNIT_TEST(test_a_timeout_may_end_soon_after_its_file),
           UNIT_TEST(test_what_has_ended_does_not_count))
