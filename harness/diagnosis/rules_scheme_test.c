/* rules_scheme_test.c - requests, locks, who waits for them: each rule, and what is in order */
#include "harness/diagnosis/rules_rig_scheme.h"

#define LOCK_A UINT64_C(0xa0)
#define LOCK_B UINT64_C(0xb0)

static void take(struct rig *rig, unsigned task, uint64_t lock, const char *name)
{
    trace_emit(rig->trace, TRACE_LOCK_TAKEN, TN(task), TN(lock), TS(name));
}

static void second_provider(struct rig *rig)
{
    trace_emit(rig->trace, TRACE_TASK_CREATED, TN(RIG_OTHER), TS("other"), TN(0));
    rig_run(rig, RIG_OTHER);
    trace_emit(rig->trace, TRACE_SCHEME_REGISTERED, TN(RIG_OTHER), TN(RIG_SCHEME_2),
               TS(rig_word(rig, "second")));
}

/* ---- undelivered ----------------------------------------------------------------------------- */

static void test_request_to_a_provider_that_does_not_watch_its_root_is_undelivered(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    rig_watch(&rig, "irq", 48, 1);
    rig_provider_sleeps(&rig);
    rig_ask_and_sleep(&rig, RIG_TAG, RIG_PING, RIG_SCHEME, "open");
    rig_expect(&rig, true, "request.undelivered", "ping");
}

static void test_request_to_a_provider_that_sleeps_on_something_else_is_undelivered(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    rig_block(&rig, RIG_PROVIDER, "timeout", 1);
    rig_ask_and_sleep(&rig, RIG_TAG, RIG_PING, RIG_SCHEME, "read");
    rig_expect(&rig, true, "request.undelivered", "ping");
}

static void test_request_whose_event_was_read_alone_is_undelivered(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    rig_watch(&rig, "scheme", RIG_SCHEME, 1);
    rig_provider_sleeps(&rig);
    rig_ask_and_sleep(&rig, RIG_TAG, RIG_PING, RIG_SCHEME, "read");
    rig_provider_hears(&rig, "scheme", RIG_SCHEME);
    rig_provider_sleeps(&rig);
    rig_expect(&rig, true, "request.undelivered", "ping");
}

static void test_provider_that_runs_may_be_about_to_read(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    rig_ask_and_sleep(&rig, RIG_TAG, RIG_PING, RIG_SCHEME, "read");
    rig_run(&rig, RIG_PROVIDER);
    rig_expect(&rig, true, "", NULL);
}

static void test_request_of_just_now_may_still_be_delivered(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    rig_block(&rig, RIG_PROVIDER, "timeout", 1);
    rig_pass(&rig, 2 * RIG_MS);
    rig_ask_and_sleep(&rig, RIG_TAG, RIG_PING, RIG_SCHEME, "read");
    rig_pass(&rig, RIG_MS / 2);
    rig_expect(&rig, false, "", NULL);
}

/* ---- unanswered ------------------------------------------------------------------------------ */

static void ask_and_deliver(struct rig *rig, const char *operation)
{
    rig_block(rig, RIG_PROVIDER, "requests", 0x700);
    rig_ask_and_sleep(rig, RIG_TAG, RIG_PING, RIG_SCHEME, operation);
    rig_wake_task(rig, RIG_PROVIDER);
    rig_deliver(rig, RIG_TAG, RIG_PROVIDER);
}

static void test_request_that_was_read_and_has_no_answer_is_unanswered(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    ask_and_deliver(&rig, "read");
    rig_block(&rig, RIG_PROVIDER, "requests", 0x700);
    rig_expect(&rig, true, "request.unanswered", "ping");
}

static void test_provider_that_watches_more_may_wait_for_what_it_reads(void)
{
    static const struct {
        const char *operation;
        enum diagnosis_grade grade;
    } cases[] = {{"read", DIAGNOSIS_SUSPECT},
                 {"dup", DIAGNOSIS_SUSPECT},
                 {"open", DIAGNOSIS_DERIVED},
                 {"events", DIAGNOSIS_DERIVED}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        rig_scheme_open(&rig);
        rig_watch(&rig, "scheme", RIG_SCHEME, 1);
        rig_watch(&rig, "irq", 48, 1);
        ask_and_deliver(&rig, cases[i].operation);
        rig_provider_sleeps(&rig);
        rig_expect_graded(&rig, "request.unanswered", cases[i].grade, "provider");
    }
}

static void test_cancelled_request_has_to_be_answered_whatever_it_waits_for(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    rig_watch(&rig, "irq", 48, 1);
    ask_and_deliver(&rig, "read");
    rig_provider_sleeps(&rig);
    trace_emit(rig.trace, TRACE_REQUEST_CANCELLED, TN(RIG_TAG), TS(rig_word(&rig, "told")));
    rig_expect_graded(&rig, "request.unanswered", DIAGNOSIS_DERIVED, "provider");
}

static void tell_of_a_signal(struct rig *rig)
{
    trace_emit(rig->trace, TRACE_REQUEST_CANCELLED, TN(RIG_TAG), TS(rig_word(rig, "told")));
}

/* The peer owes an answer; the caller does not want it any more. */
static void ask_a_silent_peer(struct rig *rig)
{
    rig_scheme_open_with(rig, 1, "ping 10.0.2.2");
    rig_watch(rig, "irq", 48, 1);
    ask_and_deliver(rig, "read");
    rig_send(rig, LEDGER_OUT, RIG_PEER);
    rig_provider_sleeps(rig);
    rig_pass(rig, 5 * RIG_MS);
}

static void test_cancelled_request_comes_before_the_peer_that_is_silent(void)
{
    struct rig rig;
    ask_a_silent_peer(&rig);
    rig_expect(&rig, false, "peer.silent", "ping");
    ask_a_silent_peer(&rig);
    tell_of_a_signal(&rig);
    rig_wake_task(&rig, RIG_PROVIDER);
    rig_provider_sleeps(&rig);
    rig_pass(&rig, RIG_MS);
    rig_expect(&rig, false, "request.unanswered", "ping");
}

static void test_cancelled_request_of_just_now_may_still_be_answered(void)
{
    struct rig rig;
    ask_a_silent_peer(&rig);
    tell_of_a_signal(&rig);
    rig_wake_task(&rig, RIG_PROVIDER);
    rig_provider_sleeps(&rig);
    rig_pass(&rig, RIG_MS / 2);
    rig_expect(&rig, false, "peer.silent", "ping");
}

static void test_provider_that_slept_on_after_the_reply_has_had_it(void)
{
    for (unsigned slept_after = 0; slept_after < 2; slept_after++) {
        struct rig rig;
        ask_a_silent_peer(&rig);
        rig_wake_task(&rig, RIG_PROVIDER);
        rig_receive(&rig, LEDGER_IN, RIG_PEER);
        rig_pass(&rig, RIG_MS / 2 * (1 + slept_after));
        rig_provider_sleeps(&rig);
        rig_pass(&rig, RIG_MS / 2 * slept_after);
        rig_expect(&rig, false, slept_after != 0 ? "request.unanswered" : "",
                   slept_after != 0 ? "ping" : NULL);
    }
}

static void test_answered_request_is_nobodys(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    ask_and_deliver(&rig, "read");
    rig_answer(&rig, RIG_TAG);
    rig_block(&rig, RIG_PROVIDER, "requests", 0x700);
    rig_expect(&rig, true, "", NULL);
}

static void test_peer_that_is_silent_comes_before_the_provider_that_waits_for_it(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 1, "ping 10.0.2.2");
    ask_and_deliver(&rig, "read");
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    rig_block(&rig, RIG_PROVIDER, "requests", 0x700);
    rig_expect(&rig, true, "peer.silent", "ping");
}

static void test_filter_that_dropped_the_frame_comes_before_the_provider_that_waits_for_it(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 1, "ping 10.0.2.2");
    ask_and_deliver(&rig, "read");
    rig_send(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
    rig_block(&rig, RIG_PROVIDER, "requests", 0x700);
    rig_expect(&rig, true, "wire.dropped", "ping");
}

static void test_machine_without_a_card_comes_before_the_daemon_that_waits_for_one(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 0, "ping 10.0.2.2");
    rig_block(&rig, RIG_PROVIDER, "timeout", 1);
    rig_ask_and_sleep(&rig, RIG_TAG, RIG_PING, RIG_SCHEME, "open");
    rig_expect(&rig, true, "netdev.missing", "ping");
}

static void test_reply_that_came_makes_the_provider_owe_the_answer(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 1, "ping 10.0.2.2");
    rig_watch(&rig, "time", RIG_CLOCK, 1);
    ask_and_deliver(&rig, "read");
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    rig_receive(&rig, LEDGER_IN, RIG_PEER);
    rig_provider_sleeps(&rig);
    rig_expect_graded(&rig, "request.unanswered", DIAGNOSIS_DERIVED, "provider");
}

/* ---- the provider is gone -------------------------------------------------------------------- */

static void test_request_that_outlives_its_provider_is_named(void)
{
    for (unsigned removed = 0; removed < 2; removed++) {
        struct rig rig;
        rig_scheme_open(&rig);
        ask_and_deliver(&rig, "read");
        if (removed != 0) {
            trace_emit(rig.trace, TRACE_SCHEME_REMOVED, TN(RIG_SCHEME), TS(rig_word(&rig, "test")));
        } else {
            trace_emit(rig.trace, TRACE_TASK_EXITED, TN(RIG_PROVIDER));
        }
        rig_expect(&rig, true, "request.provider-dead", "ping");
    }
}

static void test_requests_that_ended_with_their_provider_are_in_order(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    ask_and_deliver(&rig, "read");
    trace_emit(rig.trace, TRACE_SCHEME_REMOVED, TN(RIG_SCHEME), TS(rig_word(&rig, "test")));
    trace_emit(rig.trace, TRACE_REQUEST_CANCELLED, TN(RIG_TAG), TS(rig_word(&rig, "ended")));
    rig_answer(&rig, RIG_TAG);
    trace_emit(rig.trace, TRACE_TASK_EXITED, TN(RIG_PROVIDER));
    rig_block(&rig, RIG_PING, "child", 1);
    rig_expect(&rig, true, "", NULL);
}

/* ---- chains ---------------------------------------------------------------------------------- */

static void test_root_of_a_chain_is_blamed_and_not_who_waits_for_it(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    second_provider(&rig);
    ask_and_deliver(&rig, "read");
    rig_ask_and_sleep(&rig, RIG_TAG + 1, RIG_PROVIDER, RIG_SCHEME_2, "write");
    rig_deliver(&rig, RIG_TAG + 1, RIG_OTHER);
    rig_block(&rig, RIG_OTHER, "requests", 0x701);
    rig_expect_graded(&rig, "request.unanswered", DIAGNOSIS_DERIVED, "other");
}

static void test_two_locks_in_two_orders_are_a_deadlock(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    take(&rig, RIG_PING, LOCK_A, "a");
    take(&rig, RIG_NETD, LOCK_B, "b");
    rig_block(&rig, RIG_PING, "lock", LOCK_B);
    rig_block(&rig, RIG_NETD, "lock", LOCK_A);
    rig_expect(&rig, true, "lock.order", "ping");
}

static void test_lock_of_ones_own_is_waited_for_for_ever(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    take(&rig, RIG_PING, LOCK_A, "a");
    rig_block(&rig, RIG_PING, "lock", LOCK_A);
    rig_expect(&rig, true, "lock.self", "ping");
}

static void test_owner_that_goes_on_will_give_the_lock_back(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    take(&rig, RIG_NETD, LOCK_B, "b");
    rig_block(&rig, RIG_PING, "lock", LOCK_B);
    rig_run(&rig, RIG_NETD);
    rig_expect(&rig, true, "", NULL);
}

static void test_providers_that_ask_each_other_are_a_circle(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    second_provider(&rig);
    ask_and_deliver(&rig, "read");
    rig_ask_and_sleep(&rig, RIG_TAG + 1, RIG_PROVIDER, RIG_SCHEME_2, "write");
    rig_deliver(&rig, RIG_TAG + 1, RIG_OTHER);
    rig_ask_and_sleep(&rig, RIG_TAG + 2, RIG_OTHER, RIG_SCHEME, "write");
    rig_expect(&rig, true, "request.circle", "ping");
}

/* ---- killed ---------------------------------------------------------------------------------- */

static void kill_caller(struct rig *rig, unsigned signal)
{
    rig_scheme_open(rig);
    rig_watch(rig, "irq", 48, 1);
    ask_and_deliver(rig, "read");
    rig_provider_sleeps(rig);
    trace_emit(rig->trace, TRACE_TASK_SIGNALLED, TN(RIG_PING), TN(signal));
}

static void test_killed_task_that_waits_for_an_answer_is_unkillable(void)
{
    struct rig rig;
    kill_caller(&rig, 9);
    rig_expect(&rig, true, "task.unkillable", "ping");
    kill_caller(&rig, 14);
    rig_expect_graded(&rig, "request.unanswered", DIAGNOSIS_SUSPECT, "provider");
}

static void test_killed_task_that_left_its_request_is_in_order(void)
{
    struct rig rig;
    kill_caller(&rig, 9);
    trace_emit(rig.trace, TRACE_REQUEST_CANCELLED, TN(RIG_TAG), TS(rig_word(&rig, "abandoned")));
    trace_emit(rig.trace, TRACE_TASK_EXITED, TN(RIG_PING));
    rig_exit(&rig, 137);
    rig_expect(&rig, true, "", NULL);
}

/* ---- as text and as a picture ---------------------------------------------------------------- */

static void test_chain_and_graph_show_who_waits_for_whom(void)
{
    struct rig rig;
    rig_scheme_open(&rig);
    rig_watch(&rig, "scheme", RIG_SCHEME, 1);
    rig_watch(&rig, "irq", 48, 1);
    ask_and_deliver(&rig, "read");
    rig_provider_sleeps(&rig);
    struct waits_chain chain;
    g_autoptr(GString) text = g_string_new(NULL), graph = g_string_new(NULL);
    waits_follow(rig.ledger, ledger_task(rig.ledger, RIG_PING), &chain);
    waits_write_chain(text, rig.ledger, &chain);
    CU_ASSERT_STRING_EQUAL(text->str,
                           "ping (2) → request 17 (read of test, delivered) → provider (3) → "
                           "queue 5: requests to test, irq 48");
    waits_write_dot(graph, rig.ledger);
    CU_ASSERT_STRING_EQUAL(
        graph->str, "digraph waits {\n  rankdir=LR;\n"
                    "  task1 [label=\"netd (1)\"];\n"
                    "  wait1 [shape=box, label=\"irq\"];\n  task1 -> wait1;\n"
                    "  task2 [label=\"ping (2)\"];\n"
                    "  request17 [shape=box, label=\"request 17 (read of test, delivered)\"];\n"
                    "  task2 -> request17;\n  request17 -> task3;\n"
                    "  task3 [label=\"provider (3)\", style=bold];\n"
                    "  queue5 [shape=parallelogram, label=\"queue 5\\n0 events\"];\n"
                    "  queue5 -> \"requests to test\";\n  queue5 -> \"irq 48\";\n"
                    "  task3 -> queue5;\n"
                    "}\n");
    rig_close(&rig);
}

static void test_names_of_the_guest_do_not_break_the_graph(void)
{
    struct rig rig;
    g_autoptr(GString) graph = g_string_new(NULL);
    rig_scheme_open(&rig);
    trace_emit(rig.trace, TRACE_TASK_CREATED, TN(9), TS("a\"]; b\\"), TN(0));
    rig_block(&rig, 9, "socket", 1);
    waits_write_dot(graph, rig.ledger);
    CU_ASSERT_PTR_NOT_NULL(strstr(graph->str, "task9 [label=\"a\\\"]; b\\\\ (9)\"];"));
    rig_close(&rig);
}

UNIT_SUITE(
    "rules_scheme",
    UNIT_TEST(test_request_to_a_provider_that_does_not_watch_its_root_is_undelivered),
    UNIT_TEST(test_request_to_a_provider_that_sleeps_on_something_else_is_undelivered),
    UNIT_TEST(test_request_whose_event_was_read_alone_is_undelivered),
    UNIT_TEST(test_provider_that_runs_may_be_about_to_read),
    UNIT_TEST(test_request_of_just_now_may_still_be_delivered),
    UNIT_TEST(test_request_that_was_read_and_has_no_answer_is_unanswered),
    UNIT_TEST(test_provider_that_watches_more_may_wait_for_what_it_reads),
    UNIT_TEST(test_cancelled_request_has_to_be_answered_whatever_it_waits_for),
    UNIT_TEST(test_cancelled_request_comes_before_the_peer_that_is_silent),
    UNIT_TEST(test_cancelled_request_of_just_now_may_still_be_answered),
    UNIT_TEST(test_provider_that_slept_on_after_the_reply_has_had_it),
    UNIT_TEST(test_answered_request_is_nobodys),
    UNIT_TEST(test_peer_that_is_silent_comes_before_the_provider_that_waits_for_it),
    UNIT_TEST(test_filter_that_dropped_the_frame_comes_before_the_provider_that_waits_for_it),
    UNIT_TEST(test_machine_without_a_card_comes_before_the_daemon_that_waits_for_one),
    UNIT_TEST(test_reply_that_came_makes_the_provider_owe_the_answer),
    UNIT_TEST(test_request_that_outlives_its_provider_is_named),
    UNIT_TEST(test_requests_that_ended_with_their_provider_are_in_order),
    UNIT_TEST(test_root_of_a_chain_is_blamed_and_not_who_waits_for_it),
    UNIT_TEST(test_two_locks_in_two_orders_are_a_deadlock),
    UNIT_TEST(test_lock_of_ones_own_is_waited_for_for_ever),
    UNIT_TEST(test_owner_that_goes_on_will_give_the_lock_back),
    UNIT_TEST(test_providers_that_ask_each_other_are_a_circle),
    UNIT_TEST(test_killed_task_that_waits_for_an_answer_is_unkillable),
    UNIT_TEST(test_killed_task_that_left_its_request_is_in_order),
    UNIT_TEST(test_chain_and_graph_show_who_waits_for_whom),
    UNIT_TEST(test_names_of_the_guest_do_not_break_the_graph))
