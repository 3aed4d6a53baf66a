/* rules_loop_test.c - tasks and questions that go round in a circle, and what is only patient */
#include "harness/diagnosis/rules_rig.h"

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define PING   "ping 10.0.2.2"
#define OTHER  (RIG_PEER + 7)
#define LOCK   UINT64_C(0x1234)

static void ask(struct rig *rig, uint32_t address, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        rig_arp_request(rig, LEDGER_OUT, address);
        rig_pass(rig, SECOND);
    }
}

static void test_ten_questions_without_an_answer_are_asked_for_ever(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 10);
    rig_expect(&rig, false, "loop.asks", "ping");
}

static void test_fewer_questions_may_have_an_end(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 9);
    rig_expect(&rig, false, "arp.unresolved", "ping");
}

static void test_an_answer_begins_a_new_row(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 5);
    rig_arp_reply(&rig, RIG_PEER);
    ask(&rig, RIG_PEER, 9);
    rig_expect(&rig, false, "arp.unresolved", "ping");
}

static void test_who_went_to_sleep_in_between_was_told(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ask(&rig, RIG_PEER, 5);
    trace_emit(rig.trace, TRACE_TASK_WOKEN, TN(RIG_PING));
    trace_emit(rig.trace, TRACE_TASK_BLOCKED, TN(RIG_PING), TS("socket"), TN(2), TN(UINT64_MAX));
    ask(&rig, RIG_PEER, 5);
    rig_expect(&rig, false, "arp.unresolved", "ping");
}

static void test_the_address_of_a_gateway_is_asked_for_the_program_as_well(void)
{
    struct rig rig;
    rig_open(&rig, "ping 198.51.100.1");
    ask(&rig, RIG_PEER, 10);
    rig_expect(&rig, false, "loop.asks", "ping");
}

static void test_what_is_asked_for_others_is_no_matter_of_the_program(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    rig_receive(&rig, LEDGER_IN, RIG_PEER);
    ask(&rig, OTHER, 10);
    rig_expect(&rig, false, "", NULL);
    rig_open(&rig, "sleep 3600");
    ask(&rig, OTHER, 10);
    rig_expect(&rig, false, "arp.unresolved", "ping");
}

/* ---- woken for nothing ----------------------------------------------------------------------- */

static void wake(struct rig *rig, unsigned task, unsigned times, uint64_t every_ns)
{
    for (unsigned i = 0; i < times; i++) {
        trace_emit(rig->trace, TRACE_TASK_WOKEN, TN(task));
        trace_emit(rig->trace, TRACE_TASK_RUNNING, TN(task));
        trace_emit(rig->trace, TRACE_TASK_BLOCKED, TN(task), TS("room"), TN(LOCK),
                   TN(rig_now_ns(rig) + every_ns));
        rig_pass(rig, every_ns);
    }
}

static void test_task_that_is_woken_a_hundred_times_for_nothing_loops(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    wake(&rig, RIG_PING, 100, 20 * MS);
    rig_expect(&rig, false, "loop.wakes", "ping");
}

static void test_fewer_times_or_less_than_two_seconds_are_patience(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    wake(&rig, RIG_PING, 99, 30 * MS);
    rig_expect(&rig, false, "", NULL);
    rig_open(&rig, PING);
    wake(&rig, RIG_PING, 1000, MS); /* a second */
    rig_expect(&rig, false, "", NULL);
}

static void test_wakes_around_a_call_or_a_frame_are_of_use(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    wake(&rig, RIG_PING, 60, 20 * MS);
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("nanosleep"), TN(0));
    wake(&rig, RIG_PING, 60, 20 * MS);
    rig_expect(&rig, false, "", NULL);
    rig_open(&rig, PING);
    wake(&rig, RIG_PING, 60, 20 * MS);
    rig_receive(&rig, LEDGER_IN, OTHER);
    wake(&rig, RIG_PING, 60, 20 * MS);
    rig_expect(&rig, false, "", NULL);
}

static void test_owner_of_the_lock_that_the_program_needs_loops_for_it(void)
{
    for (unsigned owns = 0; owns < 2; owns++) {
        struct rig rig;
        rig_open(&rig, PING);
        if (owns != 0) {
            trace_emit(rig.trace, TRACE_LOCK_TAKEN, TN(RIG_NETD), TN(LOCK), TS("net"));
        }
        trace_emit(rig.trace, TRACE_TASK_BLOCKED, TN(RIG_PING), TS("lock"), TN(LOCK),
                   TN(UINT64_MAX));
        wake(&rig, RIG_NETD, 100, 20 * MS);
        rig_expect(&rig, false, owns != 0 ? "loop.wakes" : "", owns != 0 ? "netd" : NULL);
    }
}

/* ---- code that executes ---------------------------------------------------------------------- */

static void test_code_that_runs_without_an_end_spins(void)
{
    for (unsigned told = 0; told < 2; told++) {
        struct rig rig;
        rig_open(&rig, PING);
        if (told != 0) {
            trace_emit(rig.trace, TRACE_TASK_RUNNING, TN(RIG_NETD));
        }
        const struct diagnosis_question question = {
            .board = rig.board,
            .spins = true,
            .spins_in = told != 0 ? "spin() at a.c:1" : NULL,
            .steps = 8000000,
            .program = ledger_program(rig.ledger, 1),
        };
        struct diagnosis *diagnosis = diagnosis_ask(rig.ledger, &question);
        CU_ASSERT_STRING_EQUAL(diagnosis->cause, "loop.spins");
        CU_ASSERT_STRING_EQUAL(diagnosis->link,
                               told != 0 ? "task netd executed 8000000 steps and neither sleeps "
                                           "nor moves anything; it loops in spin() at a.c:1"
                                         : "the kernel executed 8000000 steps and neither sleeps "
                                           "nor moves anything");
        diagnosis_free(diagnosis);
        rig_close(&rig);
    }
}

UNIT_SUITE("rules_loop", UNIT_TEST(test_ten_questions_without_an_answer_are_asked_for_ever),
           UNIT_TEST(test_fewer_questions_may_have_an_end),
           UNIT_TEST(test_an_answer_begins_a_new_row),
           UNIT_TEST(test_who_went_to_sleep_in_between_was_told),
           UNIT_TEST(test_the_address_of_a_gateway_is_asked_for_the_program_as_well),
           UNIT_TEST(test_what_is_asked_for_others_is_no_matter_of_the_program),
           UNIT_TEST(test_task_that_is_woken_a_hundred_times_for_nothing_loops),
           UNIT_TEST(test_fewer_times_or_less_than_two_seconds_are_patience),
           UNIT_TEST(test_wakes_around_a_call_or_a_frame_are_of_use),
           UNIT_TEST(test_owner_of_the_lock_that_the_program_needs_loops_for_it),
           UNIT_TEST(test_code_that_runs_without_an_end_spins))
