/* rules_served_test.c - sockets of a provider: what reads are answered with, how long they wait */
#include "harness/diagnosis/rules_rig_scheme.h"

#define SERVED_SOCKET 0x5000
#define SERVED_PORT   40000
#define SECOND        UINT64_C(1000000000)

static void set_timeouts(struct rig *rig, uint64_t receive_ns, uint64_t send_ns)
{
    trace_emit(rig->trace, TRACE_SOCKET_TIMEOUTS, TN(SERVED_SOCKET), TN(receive_ns), TN(send_ns));
}

static void name(struct rig *rig, uint32_t peer)
{
    trace_emit(rig->trace, TRACE_SOCKET_NAMED, TN(SERVED_SOCKET), TN(6), TN(RIG_SELF),
               TN(SERVED_PORT), TN(peer), TN(80));
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
        rig_post(&rig, "time", RIG_CLOCK);
        rig_wake_task(&rig, RIG_PROVIDER);
        rig_read_events(&rig, RIG_PROVIDER);
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

#define SYN 0x02
#define ACK 0x10

/* A segment without data, from the guest or to it. */
static void pass_segment(struct rig *rig, bool out, uint8_t flags)
{
    uint8_t frame[RIG_FRAME] = {[12] = 0x08, [14] = 0x45, [17] = 40, [23] = 6};
    uint32_t source = out ? RIG_SELF : RIG_PEER, target = out ? RIG_PEER : RIG_SELF;
    uint16_t ports[2] = {out ? SERVED_PORT : 80, out ? 80 : SERVED_PORT};
    for (unsigned i = 0; i < 4; i++) {
        frame[26 + i] = (uint8_t)(source >> (24 - 8 * i));
        frame[30 + i] = (uint8_t)(target >> (24 - 8 * i));
        frame[34 + i] = (uint8_t)(ports[i / 2] >> (8 - 8 * (i % 2)));
    }
    frame[41] = 1;
    frame[45] = (flags & ACK) != 0 ? 2 : 0;
    frame[46] = 0x50;
    frame[47] = flags;
    rig_tell(rig, out ? LEDGER_OUT : LEDGER_IN, NULL, frame, sizeof frame);
}

static void begin_to_connect(struct rig *rig)
{
    rig_scheme_open_with(rig, 1, "wget http://10.0.2.2/");
    rig_claim(rig);
    set_timeouts(rig, UINT64_MAX, UINT64_MAX);
    name(rig, RIG_PEER);
    pass_segment(rig, true, SYN);
}

static void test_end_is_right_once_the_peer_was_heard(void)
{
    static const struct {
        uint8_t flags; /* 0: the peer says nothing */
        bool in_time;
        const char *cause;
    } cases[] = {
        {0, true, "call.wrong-result"},
        {SYN | ACK, true, ""},
        {SYN | ACK, false, "call.wrong-result"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        begin_to_connect(&rig);
        if (cases[i].flags != 0 && cases[i].in_time) {
            pass_segment(&rig, false, cases[i].flags);
        }
        ask_for(&rig, "read", 100);
        rig_answer(&rig, RIG_TAG);
        if (cases[i].flags != 0 && !cases[i].in_time) {
            pass_segment(&rig, false, cases[i].flags);
        }
        rig_run(&rig, RIG_PING);
        expect(&rig, false, cases[i].cause);
    }
}

/* ---- readiness ------------------------------------------------------------------------------- */

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
        begin_to_connect(&rig);
        if (cases[i].in_time) {
            pass_segment(&rig, false, SYN | ACK);
        }
        trace_emit(rig.trace, TRACE_SOCKET_READY, TN(SERVED_SOCKET), TN(cases[i].told),
                   TN(cases[i].events));
        pass_segment(&rig, false, SYN | ACK);
        rig_run(&rig, RIG_PING);
        expect(&rig, false, cases[i].cause);
    }
}

static void test_another_connection_of_a_socket_begins_anew(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 1, "wget http://10.0.2.2/");
    rig_claim(&rig);
    set_timeouts(&rig, UINT64_MAX, UINT64_MAX);
    trace_emit(rig.trace, TRACE_SOCKET_READY, TN(SERVED_SOCKET), TN(RIG_PING), TN(OUT));
    name(&rig, RIG_PEER);
    pass_segment(&rig, true, SYN);
    pass_segment(&rig, false, SYN | ACK);
    trace_emit(rig.trace, TRACE_SOCKET_READY, TN(SERVED_SOCKET), TN(RIG_PING), TN(OUT));
    rig_run(&rig, RIG_PING);
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
           UNIT_TEST(test_connection_is_ready_once_the_peer_was_heard),
           UNIT_TEST(test_another_connection_of_a_socket_begins_anew))
