/* rules_time_test.c - timeouts, clocks and configuration: each rule, and what is in order */
#include "harness/diagnosis/rules_rig_scheme.h"

#define SECOND UINT64_C(1000000000)

static void set(struct rig *rig, unsigned timeout)
{
    trace_emit(rig->trace, TRACE_TIME_SET, TN(RIG_PROVIDER), TN(RIG_CLOCK), TN(timeout),
               TN(rig_now_ns(rig) + SECOND));
}

static void fire(struct rig *rig, unsigned timeout)
{
    trace_emit(rig->trace, TRACE_TIMEOUT_FIRED, TN(timeout));
}

/* The program waits for the provider, which watches its clock; its queue is known. */
static void open_daemon(struct rig *rig, unsigned cards, const char *command)
{
    rig_scheme_open_asked(rig, cards, command);
    rig_watch(rig, "time", RIG_CLOCK, 1);
}

/* The clock fires, is heard of, and set again. */
static void tick(struct rig *rig, bool again)
{
    rig_provider_sleeps(rig);
    rig_pass(rig, SECOND);
    fire(rig, 1);
    rig_provider_hears(rig, "time", RIG_CLOCK);
    if (again) {
        set(rig, 1);
    }
}

static void fail_call(struct rig *rig, int result)
{
    trace_emit(rig->trace, TRACE_CALL_ENTERED, TN(RIG_PROVIDER), TS(rig_word(rig, "write")), TN(0),
               TN(0), TN(0), TN(0));
    trace_emit(rig->trace, TRACE_CALL_RETURNED, TN(RIG_PROVIDER), TS(rig_word(rig, "write")),
               TN(result));
}

static void run_chain(struct rig *rig, unsigned ticks)
{
    open_daemon(rig, 0, "cat /scheme/test/file");
    set(rig, 1);
    for (unsigned i = 0; i < ticks; i++) {
        tick(rig, true);
    }
    tick(rig, false);
}

static void test_chain_that_ends_with_a_failed_call_is_dead(void)
{
    struct rig rig;
    run_chain(&rig, 2);
    fail_call(&rig, -5);
    rig_provider_sleeps(&rig);
    rig_expect(&rig, true, "time.chain-dead", "ping");
}

static void test_chain_that_just_ends_may_have_had_nothing_to_do(void)
{
    for (unsigned again = 0; again < 2; again++) {
        struct rig rig;
        run_chain(&rig, 2);
        fail_call(&rig, again != 0 ? -11 : 4);
        rig_provider_sleeps(&rig);
        /* The provider waits for time, so that its silence is no more than a suspicion either. */
        rig_expect_graded(&rig, "request.unanswered", DIAGNOSIS_SUSPECT, NULL);
    }
}

static void test_clock_that_was_set_once_is_no_chain(void)
{
    struct rig rig;
    run_chain(&rig, 1);
    fail_call(&rig, -5);
    rig_provider_sleeps(&rig);
    rig_expect_graded(&rig, "request.unanswered", DIAGNOSIS_SUSPECT, NULL);
}

static void test_new_timeout_for_each_of_many_that_fire_is_many_chains(void)
{
    struct rig rig;
    open_daemon(&rig, 0, "cat /scheme/test/file");
    for (unsigned i = 0; i < 10; i++) {
        set(&rig, 100 + i);
    }
    for (unsigned row = 0; row < 3; row++) {
        rig_provider_sleeps(&rig);
        rig_pass(&rig, SECOND);
        for (unsigned i = 0; i < 10; i++) {
            fire(&rig, 100 + i);
            rig_post(&rig, "time", RIG_CLOCK);
        }
        rig_wake_task(&rig, RIG_PROVIDER);
        rig_read_events(&rig, RIG_PROVIDER);
        for (unsigned i = 0; i < 10; i++) {
            set(&rig, 100 + i);
        }
    }
    rig_provider_sleeps(&rig);
    rig_expect(&rig, true, "time.chain-multiplied", "ping");
}

static void test_many_timeouts_that_are_set_once_are_no_chains(void)
{
    struct rig rig;
    open_daemon(&rig, 0, "cat /scheme/test/file");
    for (unsigned i = 0; i < 20; i++) {
        set(&rig, 100 + i);
    }
    for (unsigned i = 0; i < 6; i++) {
        rig_provider_sleeps(&rig);
        rig_pass(&rig, SECOND);
        fire(&rig, 100 + i);
        rig_provider_hears(&rig, "time", RIG_CLOCK);
    }
    rig_provider_sleeps(&rig);
    rig_expect_graded(&rig, "request.unanswered", DIAGNOSIS_SUSPECT, NULL);
}

/* A fire, and a set, each `step_ns` after the one before: no two fire together. */
static void fire_in_turn(struct rig *rig, unsigned chains, unsigned fires, uint64_t step_ns)
{
    for (unsigned i = 0; i < fires; i++) {
        rig_provider_sleeps(rig);
        rig_pass(rig, step_ns);
        fire(rig, 100 + i % chains);
        rig_provider_hears(rig, "time", RIG_CLOCK);
        set(rig, 100 + i % chains);
    }
    rig_provider_sleeps(rig);
}

static void expect_when_nobody_waits(struct rig *rig, const char *cause)
{
    const struct diagnosis_question question = {.board = rig->board, .excess = true};
    struct diagnosis *diagnosis = diagnosis_ask(rig->ledger, &question);
    CU_ASSERT_STRING_EQUAL(diagnosis->cause != NULL ? diagnosis->cause : "", cause);
    CU_ASSERT(diagnosis->cause == NULL ||
              (diagnosis->driver != NULL && diagnosis->driver->number == RIG_PROVIDER));
    diagnosis_free(diagnosis);
    rig_close(rig);
}

static void open_idle_daemon(struct rig *rig, unsigned timeouts)
{
    rig_scheme_open(rig);
    rig_watch(rig, "time", RIG_CLOCK, 1);
    for (unsigned i = 0; i < timeouts; i++) {
        set(rig, 100 + i);
    }
}

static void test_many_chains_are_named_when_nobody_waits_and_however_they_are_spread(void)
{
    static const uint64_t steps_ns[] = {RIG_MS / 5, 20 * RIG_MS};
    for (size_t i = 0; i < G_N_ELEMENTS(steps_ns); i++) {
        struct rig rig;
        open_idle_daemon(&rig, 52); /* two have more time */
        fire_in_turn(&rig, 50, 151, steps_ns[i]);
        expect_when_nobody_waits(&rig, "time.chain-multiplied");
    }
}

static void test_one_chain_beside_many_timeouts_that_have_time_is_one_chain(void)
{
    struct rig rig;
    open_idle_daemon(&rig, 50);
    fire_in_turn(&rig, 1, 151, RIG_MS);
    expect_when_nobody_waits(&rig, "");
}

static void test_chains_below_a_crowd_are_none(void)
{
    struct rig rig;
    open_idle_daemon(&rig, LEDGER_CLOCK_CROWD - 1);
    fire_in_turn(&rig, LEDGER_CLOCK_CROWD - 1, 151, RIG_MS / 5);
    expect_when_nobody_waits(&rig, "");
}

/* ---- frozen ---------------------------------------------------------------------------------- */

static void ask_for_the_peer(struct rig *rig, unsigned ticks, unsigned questions)
{
    open_daemon(rig, 1, "ping 10.0.2.2");
    set(rig, 1);
    for (unsigned i = 0; i < ticks; i++) {
        if (i < questions) {
            rig_arp_request(rig, LEDGER_OUT, RIG_PEER);
        }
        tick(rig, true);
    }
    rig_provider_sleeps(rig);
}

static void test_question_that_is_not_repeated_while_clocks_fire_means_frozen_time(void)
{
    struct rig rig;
    ask_for_the_peer(&rig, 4, 1);
    rig_expect(&rig, true, "time.frozen", "ping");
}

static void test_question_that_is_repeated_has_its_time(void)
{
    struct rig rig;
    ask_for_the_peer(&rig, 4, 2);
    rig_expect(&rig, true, "arp.unresolved", "ping");
}

static void test_three_seconds_are_not_over_yet(void)
{
    struct rig rig;
    ask_for_the_peer(&rig, 2, 1);
    rig_expect(&rig, true, "arp.unresolved", "ping");
}

/* A stack that asks for a peer once at 1 s, and is told the time so when it has slept. */
enum passing {
    GOES_ON,
    BEGINS_LATER,
    COARSE,
    STANDS,
    BEGINS_ANEW,
    BEGAN_ANEW_ONCE
};

static uint64_t stack_ns(enum passing passing, uint64_t now_ns)
{
    switch (passing) {
    case GOES_ON:
        return now_ns;
    case BEGINS_LATER:
        return now_ns - SECOND;
    case COARSE:
        return now_ns / (10 * RIG_MS) * (10 * RIG_MS);
    case STANDS:
        return SECOND;
    case BEGINS_ANEW:
        return now_ns % 7;
    case BEGAN_ANEW_ONCE:
        return now_ns < SECOND + 100 * RIG_MS ? now_ns : now_ns - SECOND;
    }
    return 0;
}

static void poll_stack(struct rig *rig, enum passing passing, unsigned polls, uint64_t step_ns)
{
    for (unsigned i = 0; i < polls; i++) {
        rig_pass(rig, step_ns);
        rig_wake_task(rig, RIG_PROVIDER);
        trace_emit(rig->trace, TRACE_STACK_POLLED, TN(stack_ns(passing, rig_now_ns(rig))));
        rig_provider_sleeps(rig);
    }
}

static void test_stack_whose_time_does_not_pass_sends_nothing_again(void)
{
    static const struct {
        enum passing passing;
        uint64_t after_ns;
        const char *cause;
    } cases[] = {
        {STANDS, SECOND + RIG_MS, "time.frozen"},
        {BEGINS_ANEW, SECOND + RIG_MS, "time.frozen"},
        {STANDS, SECOND - 100 * RIG_MS, "arp.unresolved"}, /* it is not due yet */
        {GOES_ON, SECOND + RIG_MS, "arp.unresolved"},
        {BEGINS_LATER, SECOND + RIG_MS, "arp.unresolved"},
        {COARSE, SECOND + RIG_MS, "arp.unresolved"},
        {BEGAN_ANEW_ONCE, SECOND + RIG_MS, "arp.unresolved"}, /* of a stack that was reset */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        open_daemon(&rig, 1, "ping 10.0.2.2");
        poll_stack(&rig, cases[i].passing, 20, 50 * RIG_MS + 1);
        rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
        poll_stack(&rig, cases[i].passing, 10, cases[i].after_ns / 10);
        rig_expect(&rig, false, cases[i].cause, "ping");
    }
}

/* Where no interrupt of a timer comes, a stack is not polled: its time is as good as any. */
static void test_stack_that_is_not_polled_has_lost_no_time(void)
{
    struct rig rig;
    open_daemon(&rig, 1, "ping 10.0.2.2");
    poll_stack(&rig, STANDS, 20, 50 * RIG_MS);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    rig_pass(&rig, 10 * SECOND);
    rig_expect(&rig, false, "arp.unresolved", "ping");
}

static void test_time_of_a_stack_ends_with_its_task(void)
{
    struct rig rig;
    open_daemon(&rig, 1, "ping 10.0.2.2");
    poll_stack(&rig, BEGINS_ANEW, 20, 50 * RIG_MS + 1);
    trace_emit(rig.trace, TRACE_TASK_CREATED, TN(RIG_PROVIDER), TS("provider"), TN(0));
    poll_stack(&rig, GOES_ON, 1, RIG_MS);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    poll_stack(&rig, GOES_ON, 10, 200 * RIG_MS);
    rig_expect(&rig, false, "arp.unresolved", "ping");
}

/* ---- overdue --------------------------------------------------------------------------------- */

/* For a second, and that much longer; less, where it is negative. */
static void sleep_longer(struct rig *rig, int64_t longer_ns)
{
    rig_open(rig, "sleep 1");
    uint64_t deadline_ns = rig_now_ns(rig) + SECOND;
    trace_emit(rig->trace, TRACE_TIMEOUT_REGISTERED, TN(0x44), TN(deadline_ns));
    trace_emit(rig->trace, TRACE_TASK_BLOCKED, TN(RIG_PING), TS("timeout"), TN(0x44),
               TN(deadline_ns));
    rig_pass(rig, (uint64_t)((int64_t)SECOND + longer_ns));
}

static void test_timeout_that_does_not_fire_is_overdue(void)
{
    struct rig rig;
    sleep_longer(&rig, 200000000);
    rig_expect(&rig, false, "timeout.overdue", "ping");
}

static void test_timeout_that_is_late_by_a_tick_or_was_cancelled_is_not(void)
{
    struct rig rig;
    sleep_longer(&rig, -500000000);
    rig_expect(&rig, false, "", NULL);
    sleep_longer(&rig, 50000000);
    rig_expect(&rig, false, "", NULL);
    sleep_longer(&rig, 200000000);
    trace_emit(rig.trace, TRACE_TIMEOUT_CANCELLED, TN(0x44));
    rig_expect(&rig, false, "", NULL);
}

static void test_timers_that_were_broken_excuse_timeouts(void)
{
    struct rig rig;
    sleep_longer(&rig, 200000000);
    trace_emit(rig.trace, TRACE_FAULT_APPLIED, TS("timer"), TS("virtual"), TS("delay"), TN(1));
    rig_expect(&rig, false, "", NULL);
}

/* ---- configuration --------------------------------------------------------------------------- */

static void test_file_that_nobody_opened_explains_why_nothing_is_sent(void)
{
    for (unsigned opened = 0; opened < 2; opened++) {
        struct rig rig;
        rig_scheme_open_with(&rig, 1, "ping 10.0.2.2");
        ledger_add_file(rig.ledger, "/etc/net/ip");
        ledger_add_file(rig.ledger, "/var/www/index.html");
        if (opened != 0) {
            trace_emit(rig.trace, TRACE_FILE_OPENED, TN(RIG_PROVIDER),
                       TS(rig_word(&rig, "/etc/net/ip")), TN(0));
            trace_emit(rig.trace, TRACE_CONFIG_APPLIED, TS(rig_word(&rig, "eth0")), TN(0x0a00020f),
                       TN(0xffffff00));
        }
        rig_block(&rig, RIG_PING, "child", 1);
        rig_expect(&rig, true, opened != 0 ? "" : "config.unread", opened != 0 ? NULL : "ping");
    }
}

static void test_kernel_that_reads_its_files_itself_opens_none(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    ledger_add_file(rig.ledger, "/etc/net/ip");
    rig_expect(&rig, true, "", NULL);
}

/* The files of an interface are read: one is wrong, and then it gets an address or does not. */
static void test_address_in_spite_of_a_file_that_is_wrong_is_guessed(void)
{
    static const struct {
        bool rejected, applied;
        uint64_t between_ns;
        const char *cause;
    } cases[] = {
        {true, true, 0, "config.guessed"},
        {true, false, 0, ""},
        {false, true, 0, ""},
        {true, true, SECOND, ""}, /* of another reading */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        rig_scheme_open(&rig);
        if (cases[i].rejected) {
            trace_emit(rig.trace, TRACE_CONFIG_REJECTED, TS(rig_word(&rig, "/etc/net/ip_subnet")));
        }
        rig_pass(&rig, cases[i].between_ns);
        if (cases[i].applied) {
            trace_emit(rig.trace, TRACE_CONFIG_APPLIED, TS(rig_word(&rig, "eth0")), TN(0x0a00020f),
                       TN(0xffffff00));
        }
        rig_run(&rig, RIG_PING);
        rig_expect(&rig, false, cases[i].cause, "ping");
    }
}

UNIT_SUITE("rules_time", UNIT_TEST(test_chain_that_ends_with_a_failed_call_is_dead),
           UNIT_TEST(test_chain_that_just_ends_may_have_had_nothing_to_do),
           UNIT_TEST(test_clock_that_was_set_once_is_no_chain),
           UNIT_TEST(test_new_timeout_for_each_of_many_that_fire_is_many_chains),
           UNIT_TEST(test_many_timeouts_that_are_set_once_are_no_chains),
           UNIT_TEST(test_many_chains_are_named_when_nobody_waits_and_however_they_are_spread),
           UNIT_TEST(test_one_chain_beside_many_timeouts_that_have_time_is_one_chain),
           UNIT_TEST(test_chains_below_a_crowd_are_none),
           UNIT_TEST(test_question_that_is_not_repeated_while_clocks_fire_means_frozen_time),
           UNIT_TEST(test_question_that_is_repeated_has_its_time),
           UNIT_TEST(test_three_seconds_are_not_over_yet),
           UNIT_TEST(test_stack_whose_time_does_not_pass_sends_nothing_again),
           UNIT_TEST(test_stack_that_is_not_polled_has_lost_no_time),
           UNIT_TEST(test_time_of_a_stack_ends_with_its_task),
           UNIT_TEST(test_timeout_that_does_not_fire_is_overdue),
           UNIT_TEST(test_timeout_that_is_late_by_a_tick_or_was_cancelled_is_not),
           UNIT_TEST(test_timers_that_were_broken_excuse_timeouts),
           UNIT_TEST(test_file_that_nobody_opened_explains_why_nothing_is_sent),
           UNIT_TEST(test_kernel_that_reads_its_files_itself_opens_none),
           UNIT_TEST(test_address_in_spite_of_a_file_that_is_wrong_is_guessed))
