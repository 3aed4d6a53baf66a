/* rules_served_test.c - sockets of a provider: what reads are answered with, how long they wait */
#include "harness/diagnosis/rules_rig_scheme.h"
#include "harness/diagnosis/rules_rig_wire.h"

#define SERVED_SOCKET 0x5000
#define SECOND        UINT64_C(1000000000)

static void set_timeouts(struct rig *rig, uint64_t receive_ns, uint64_t send_ns)
{
    trace_emit(rig->trace, TRACE_SOCKET_TIMEOUTS, TN(SERVED_SOCKET), TN(receive_ns), TN(send_ns));
}

static void name(struct rig *rig, uint32_t peer)
{
    trace_emit(rig->trace, TRACE_SOCKET_NAMED, TN(SERVED_SOCKET), TN(6), TN(RIG_SELF), TN(RIG_PORT),
               TN(peer), TN(80));
}

/* The program asks for so many bytes of the socket, and the provider has read that. */
static void ask_for(struct rig *rig, const char *operation, unsigned bytes)
{
    rig_run(rig, RIG_PING);
    trace_emit(rig->trace, TRACE_REQUEST_SENT, TN(RIG_TAG), TN(RIG_PING), TN(RIG_SCHEME),
               TS(rig_word(rig, operation)), TN(0x30), TN(bytes));
    rig_block(rig, RIG_PING, "scheme", 0x900);
    rig_run(rig, RIG_PROVIDER);
    rig_deliver(rig, RIG_TAG, RIG_PROVIDER);
    trace_emit(rig->trace, TRACE_REQUEST_ABOUT, TN(RIG_TAG), TN(SERVED_SOCKET));
}

static void open_provider(struct rig *rig, const char *operation)
{
    rig_scheme_open(rig);
    rig_watch(rig, "scheme", RIG_SCHEME, 1);
    rig_watch(rig, "time", RIG_CLOCK, 1);
    set_timeouts(rig, UINT64_MAX, UINT64_MAX);
    set_timeouts(rig, SECOND, 10 * SECOND);
    ask_for(rig, operation, 100);
}

static void expect(struct rig *rig, bool hangs, const char *cause)
{
    const struct diagnosis_question question = {
        .board = rig->board, .hangs = hangs, .program = ledger_program(rig->ledger, 1)};
    struct diagnosis *diagnosis = diagnosis_ask(rig->ledger, &question);
    bool is_known = diagnosis->cause != NULL && diagnosis->grade != DIAGNOSIS_SUSPECT;
    CU_ASSERT_STRING_EQUAL(is_known ? diagnosis->cause : "", cause);
    diagnosis_free(diagnosis);
    rig_close(rig);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void test_request_that_waits_for_longer_than_its_socket_may_is_overdue(void)
{
    static const struct {
        const char *operation;
        uint64_t waits_ns;
        const char *cause;
    } cases[] = {
        {"read", SECOND + 60 * RIG_MS, "timeout.ignored"},
        {"dup", SECOND + 60 * RIG_MS, "timeout.ignored"},
        {"read", SECOND + 40 * RIG_MS, ""}, /* for want of a finer tick */
        {"write", 2 * SECOND, ""},          /* that has ten */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        open_provider(&rig, cases[i].operation);
        trace_emit(rig.trace, TRACE_TIME_SET, TN(RIG_PROVIDER), TN(RIG_CLOCK), TN(1),
                   TN(rig_now_ns(&rig) + 10 * SECOND));
        rig_run(&rig, RIG_PROVIDER); /* it is at work: its silence alone is none */
        rig_pass(&rig, cases[i].waits_ns);
        expect(&rig, false, cases[i].cause);
    }
}

static void test_at_a_hang_a_provider_without_a_timeout_will_never_look(void)
{
    for (unsigned is_set = 0; is_set < 2; is_set++) {
        struct rig rig;
        open_provider(&rig, "read");
        if (is_set != 0) {
            trace_emit(rig.trace, TRACE_TIME_SET, TN(RIG_PROVIDER), TN(RIG_CLOCK), TN(1),
                       TN(rig_now_ns(&rig) + SECOND));
        }
        rig_provider_sleeps(&rig);
        rig_pass(&rig, 100 * RIG_MS);
        expect(&rig, true, is_set != 0 ? "" : "timeout.ignored");
    }
}

/* It had set its clock again and again: then that is what is wrong with it. */
static void test_provider_whose_clock_was_not_set_again_has_no_time(void)
{
    struct rig rig;
    open_provider(&rig, "read");
    rig_watch(&rig, "time", RIG_CLOCK, 1);
    for (unsigned i = 0; i < 3; i++) {
        trace_emit(rig.trace, TRACE_TIME_SET, TN(RIG_PROVIDER), TN(RIG_CLOCK), TN(1),
                   TN(rig_now_ns(&rig) + RIG_MS));
        rig_provider_sleeps(&rig);
        rig_pass(&rig, RIG_MS);
        trace_emit(rig.trace, TRACE_TIMEOUT_FIRED, TN(1));
        rig_provider_hears(&rig, "time", RIG_CLOCK);
    }
    rig_provider_sleeps(&rig);
    rig_pass(&rig, 100 * RIG_MS);
    expect(&rig, true, "time.chain-dead");
}

static void test_socket_without_a_timeout_may_wait_for_ever(void)
{
    struct rig rig;
    open_provider(&rig, "read");
    set_timeouts(&rig, UINT64_MAX, SECOND);
    rig_provider_sleeps(&rig);
    rig_pass(&rig, 20 * SECOND);
    expect(&rig, true, "");
}

static void test_timers_that_were_broken_are_no_providers_fault(void)
{
    struct rig rig;
    open_provider(&rig, "read");
    rig_pass(&rig, 2 * SECOND);
    trace_emit(rig.trace, TRACE_FAULT_APPLIED, TS(rig_word(&rig, "timer")),
               TS(rig_word(&rig, "virtual")), TS(rig_word(&rig, "late")), TN(1));
    expect(&rig, false, "");
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void end_read(struct rig *rig, unsigned bytes, uint32_t peer)
{
    rig_scheme_open(rig);
    set_timeouts(rig, UINT64_MAX, UINT64_MAX);
    name(rig, peer);
    ask_for(rig, "read", bytes);
    rig_answer(rig, RIG_TAG);
    rig_run(rig, RIG_PING);
    trace_emit(rig->trace, TRACE_PROGRAM_EXITED, TN(1), TN(1));
}

static void test_end_of_a_connection_of_which_nothing_came_is_wrong(void)
{
    struct rig rig;
    end_read(&rig, 100, RIG_PEER);
    expect(&rig, false, "call.wrong-result");
}

static void test_no_bytes_are_the_right_answer_to_who_wants_none(void)
{
    struct rig rig;
    end_read(&rig, 0, RIG_PEER);
    expect(&rig, false, "");
}

static void test_connection_within_the_guest_passes_no_wire(void)
{
    static const uint32_t peers[] = {RIG_SELF, 0x7f000001};
    for (size_t i = 0; i < G_N_ELEMENTS(peers); i++) {
        struct rig rig;
        end_read(&rig, 100, peers[i]);
        expect(&rig, false, "");
    }
}

/* A connection on its way. */
static void connect(struct rig *rig)
{
    rig_scheme_open_with(rig, 1, "wget http://10.0.2.2/");
    set_timeouts(rig, UINT64_MAX, UINT64_MAX);
    name(rig, RIG_PEER);
    rig_syn(rig);
}

static void test_end_is_right_once_the_peer_was_heard(void)
{
    static const struct {
        bool answers, in_time;
        const char *cause;
    } cases[] = {
        {false, true, "call.wrong-result"},
        {true, true, ""},
        {true, false, "call.wrong-result"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        connect(&rig);
        if (cases[i].answers && cases[i].in_time) {
            rig_syn_ack(&rig);
        }
        ask_for(&rig, "read", 100);
        rig_answer(&rig, RIG_TAG);
        if (cases[i].answers && !cases[i].in_time) {
            rig_syn_ack(&rig);
        }
        rig_run(&rig, RIG_PING);
        expect(&rig, false, cases[i].cause);
    }
}

/* ---- readiness ------------------------------------------------------------------------------- */

#define READ  1
#define WRITE 2

static void watch_file(struct rig *rig, unsigned events)
{
    trace_emit(rig->trace, TRACE_EVENT_WATCHED, TN(RIG_QUEUE), TS(rig_word(rig, "file")),
               TN(RIG_SCHEME), TN(0x30), TN(events));
}

static void post_file(struct rig *rig, unsigned events)
{
    trace_emit(rig->trace, TRACE_EVENT_POSTED, TN(RIG_QUEUE), TS(rig_word(rig, "file")),
               TN(RIG_SCHEME), TN(0x30), TN(events));
    rig_wake_task(rig, RIG_PING);
    rig_read_events(rig, RIG_PING);
}

/* The program watches the file of its connection; `found`: what the provider says to that. */
static void begin_to_wait(struct rig *rig, unsigned events, unsigned found)
{
    rig_run(rig, RIG_PING);
    watch_file(rig, events);
    ask_for(rig, "events", 0);
    trace_emit(rig->trace, TRACE_REQUEST_ANSWERED, TN(RIG_TAG), TN(found));
    rig_provider_sleeps(rig);
    rig_wake_task(rig, RIG_PING);
}

static void go_on_waiting(struct rig *rig)
{
    rig_block(rig, RIG_PING, "event", 0x501);
    rig_pass(rig, 100 * RIG_MS);
}

static void test_handshake_that_posts_no_event_leaves_its_socket_unready(void)
{
    static const struct {
        unsigned events, found;
        bool posted, ends;
        const char *cause;
    } cases[] = {
        {WRITE, 0, false, false, "poll.unready"},
        {WRITE | READ, 0, false, false, "poll.unready"},
        {WRITE, 0, true, false, ""},
        {READ, 0, false, false, ""}, /* that is no reason to read */
        {WRITE, 0, false, true, ""}, /* the program has gone on by itself */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        connect(&rig);
        begin_to_wait(&rig, cases[i].events, cases[i].found);
        rig_block(&rig, RIG_PING, "event", 0x501);
        rig_syn_ack(&rig);
        if (cases[i].posted) {
            post_file(&rig, WRITE);
        }
        if (cases[i].ends) {
            rig_exit(&rig, 1);
        } else {
            go_on_waiting(&rig);
        }
        expect(&rig, false, cases[i].cause);
    }
}

static void test_what_was_true_when_it_was_watched_is_no_news(void)
{
    struct rig rig;
    connect(&rig);
    rig_syn_ack(&rig);
    begin_to_wait(&rig, WRITE, WRITE);
    post_file(&rig, WRITE);
    go_on_waiting(&rig);
    expect(&rig, false, "");
}

static void test_data_and_resets_are_told_and_more_data_need_not_be(void)
{
    static const struct {
        bool resets, was_told;
        const char *cause;
    } cases[] = {
        {false, false, "poll.unready"},
        {false, true, ""}, /* some of the first may be left */
        {true, true, "poll.unready"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        connect(&rig);
        rig_syn_ack(&rig);
        begin_to_wait(&rig, READ, 0);
        if (cases[i].was_told) {
            rig_data_in(&rig, 10);
            post_file(&rig, READ);
        }
        rig_block(&rig, RIG_PING, "event", 0x501);
        if (cases[i].resets) {
            rig_segment(&rig, LEDGER_IN, RIG_RST, RIG_IRS + 11, 0, 0);
        } else {
            rig_data_in(&rig, 20);
        }
        go_on_waiting(&rig);
        expect(&rig, false, cases[i].cause);
    }
}

#define IN  0x001
#define OUT 0x004
#define HUP 0x010

static void test_connection_is_ready_once_the_peer_was_heard(void)
{
    static const struct {
        unsigned events;
        uint32_t told; /* the task that asks */
        bool in_time;  /* the SYN-ACK is there before */
        const char *cause;
    } cases[] = {
        {OUT, RIG_PING, false, "poll.false-ready"},
        {OUT, RIG_PING, true, ""},
        {OUT, RIG_PROVIDER, false, ""}, /* it was not said to the program */
        {OUT | HUP, RIG_PING, false, ""},
        {IN, RIG_PING, true, "poll.false-ready"}, /* a SYN-ACK is nothing to read */
        {0, RIG_PING, false, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        connect(&rig);
        if (cases[i].in_time) {
            rig_syn_ack(&rig);
        }
        trace_emit(rig.trace, TRACE_SOCKET_READY, TN(SERVED_SOCKET), TN(cases[i].told),
                   TN(cases[i].events));
        rig_syn_ack(&rig);
        rig_run(&rig, RIG_PING);
        expect(&rig, false, cases[i].cause);
    }
}

static void test_another_connection_of_a_socket_begins_anew(void)
{
    struct rig rig;
    connect(&rig);
    trace_emit(rig.trace, TRACE_SOCKET_READY, TN(SERVED_SOCKET), TN(RIG_PING), TN(OUT));
    name(&rig, RIG_PEER);
    rig_syn_ack(&rig);
    trace_emit(rig.trace, TRACE_SOCKET_READY, TN(SERVED_SOCKET), TN(RIG_PING), TN(OUT));
    rig_run(&rig, RIG_PING);
    expect(&rig, false, "");
}

/* ---- data ------------------------------------------------------------------------------------ */

static void test_fin_in_front_of_what_writes_were_answered_with_drops_it(void)
{
    static const struct {
        unsigned answered, left;
        bool ends;
        const char *cause;
    } cases[] = {
        {100, 100, true, ""},
        {100, 60, true, "socket.data-dropped"},
        {100, 60, false, ""}, /* the rest may leave still */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (unsigned is_asked = 0; is_asked < 2; is_asked++) {
            struct rig rig;
            connect(&rig);
            rig_syn_ack(&rig);
            ask_for(&rig, "write", 100);
            trace_emit(rig.trace, TRACE_REQUEST_ANSWERED, TN(RIG_TAG), TN(cases[i].answered));
            rig_segment(&rig, LEDGER_OUT, RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, cases[i].left);
            if (cases[i].ends) {
                rig_segment(&rig, LEDGER_OUT, RIG_FIN | RIG_ACK, RIG_ISS + 1 + cases[i].left,
                            RIG_IRS + 1, 0);
            }
            rig_exit(&rig, 0);
            const struct diagnosis_question question = {
                .board = rig.board,
                .program = is_asked != 0 ? ledger_program(rig.ledger, 1) : NULL,
            };
            struct diagnosis *diagnosis = diagnosis_ask(rig.ledger, &question);
            CU_ASSERT_STRING_EQUAL(diagnosis->cause != NULL ? diagnosis->cause : "",
                                   cases[i].cause);
            diagnosis_free(diagnosis);
            rig_close(&rig);
        }
    }
}

static void test_answers_of_a_former_connection_do_not_count(void)
{
    struct rig rig;
    connect(&rig);
    rig_syn_ack(&rig);
    ask_for(&rig, "write", 100);
    trace_emit(rig.trace, TRACE_REQUEST_ANSWERED, TN(RIG_TAG), TN(100));
    name(&rig, RIG_PEER);
    rig_segment(&rig, LEDGER_OUT, RIG_FIN | RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 0);
    rig_exit(&rig, 0);
    expect(&rig, false, "");
}

UNIT_SUITE("rules_served",
           UNIT_TEST(test_request_that_waits_for_longer_than_its_socket_may_is_overdue),
           UNIT_TEST(test_at_a_hang_a_provider_without_a_timeout_will_never_look),
           UNIT_TEST(test_provider_whose_clock_was_not_set_again_has_no_time),
           UNIT_TEST(test_socket_without_a_timeout_may_wait_for_ever),
           UNIT_TEST(test_timers_that_were_broken_are_no_providers_fault),
           UNIT_TEST(test_end_of_a_connection_of_which_nothing_came_is_wrong),
           UNIT_TEST(test_no_bytes_are_the_right_answer_to_who_wants_none),
           UNIT_TEST(test_connection_within_the_guest_passes_no_wire),
           UNIT_TEST(test_end_is_right_once_the_peer_was_heard),
           UNIT_TEST(test_handshake_that_posts_no_event_leaves_its_socket_unready),
           UNIT_TEST(test_what_was_true_when_it_was_watched_is_no_news),
           UNIT_TEST(test_data_and_resets_are_told_and_more_data_need_not_be),
           UNIT_TEST(test_connection_is_ready_once_the_peer_was_heard),
           UNIT_TEST(test_another_connection_of_a_socket_begins_anew),
           UNIT_TEST(test_fin_in_front_of_what_writes_were_answered_with_drops_it),
           UNIT_TEST(test_answers_of_a_former_connection_do_not_count))
