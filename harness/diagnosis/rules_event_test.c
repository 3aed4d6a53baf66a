/* rules_event_test.c - what becomes ready and who hears of it: each rule, and what is in order */
#include "harness/diagnosis/rules_rig_scheme.h"

#define INTID BOARD_VIRTIO_MMIO_INTID

static void irq(struct rig *rig)
{
    trace_emit(rig->trace, TRACE_IRQ_ENABLED, TN(INTID), TN(1));
    trace_emit(rig->trace, TRACE_IRQ_TAKEN, TN(INTID), TN(0));
    trace_emit(rig->trace, TRACE_IRQ_ENABLED, TN(INTID), TN(0));
    trace_emit(rig->trace, TRACE_IRQ_EOI, TN(INTID), TN(0));
}

static void acknowledge(struct rig *rig)
{
    trace_emit(rig->trace, TRACE_IRQ_ACKNOWLEDGED, TN(RIG_PROVIDER), TN(INTID), TN(1), TN(0));
    trace_emit(rig->trace, TRACE_IRQ_ENABLED, TN(INTID), TN(1));
}

static void fire(struct rig *rig)
{
    trace_emit(rig->trace, TRACE_TIME_SET, TN(RIG_PROVIDER), TN(RIG_CLOCK), TN(0x44), TN(1));
    trace_emit(rig->trace, TRACE_TIMEOUT_FIRED, TN(0x44));
}

static void file_ready(struct rig *rig)
{
    trace_emit(rig->trace, TRACE_FILE_READY, TN(RIG_SCHEME_2), TN(0), TN(1));
}

static void request(struct rig *rig)
{
    rig_ask(rig, RIG_TAG, RIG_PING, RIG_SCHEME, "read");
}

/* Each kind of source, its number, and how it becomes ready. */
static const struct source {
    const char *kind;
    unsigned number;
    void (*ready)(struct rig *rig);
    bool is_lost; /* when that was before it was watched */
} sources[] = {
    {"scheme", RIG_SCHEME, request, true},
    {"irq", INTID, irq, true},
    {"time", RIG_CLOCK, fire, true},
    {"file", RIG_SCHEME_2, file_ready, false},
};

/* The program waits for the provider, which is its task's name in what follows. */
static void open_waiting(struct rig *rig)
{
    rig_scheme_open_asked(rig, 0, "cat /scheme/test/file");
}

static void test_what_becomes_ready_and_is_not_posted_is_not_delivered(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        struct rig rig;
        open_waiting(&rig);
        rig_watch(&rig, sources[i].kind, sources[i].number, 1);
        rig_provider_sleeps(&rig);
        sources[i].ready(&rig);
        rig_expect(&rig, true, "event.not-delivered", "ping");
    }
}

static void test_event_that_is_never_read_by_who_sleeps_for_it_is_not_delivered(void)
{
    struct rig rig;
    open_waiting(&rig);
    rig_watch(&rig, "irq", INTID, 1);
    rig_provider_sleeps(&rig);
    irq(&rig);
    rig_post(&rig, "irq", INTID);
    rig_expect(&rig, true, "event.not-delivered", "ping");
}

static void test_event_that_was_read_is_delivered(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        struct rig rig;
        open_waiting(&rig);
        rig_watch(&rig, sources[i].kind, sources[i].number, 1);
        rig_provider_sleeps(&rig);
        sources[i].ready(&rig);
        rig_provider_hears(&rig, sources[i].kind, sources[i].number);
        if (sources[i].ready == irq) {
            acknowledge(&rig);
        } else if (sources[i].ready == request) {
            rig_deliver(&rig, RIG_TAG, RIG_PROVIDER);
        }
        rig_answer(&rig, RIG_TAG);
        rig_answer_asked(&rig);
        rig_provider_sleeps(&rig);
        rig_expect(&rig, true, "", NULL);
    }
}

static void test_what_nobody_wants_need_not_be_posted(void)
{
    struct rig rig;
    open_waiting(&rig);
    rig_watch(&rig, "file", RIG_SCHEME_2, 2);
    rig_provider_sleeps(&rig);
    file_ready(&rig);
    rig_answer_asked(&rig);
    rig_expect(&rig, true, "", NULL);
}

static void test_reader_that_is_busy_elsewhere_will_come_to_it(void)
{
    struct rig rig;
    open_waiting(&rig);
    rig_watch(&rig, "irq", INTID, 1);
    irq(&rig);
    rig_run(&rig, RIG_PROVIDER);
    rig_expect(&rig, true, "", NULL);
}

static void test_what_was_ready_before_it_was_watched_is_lost(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        struct rig rig;
        open_waiting(&rig);
        sources[i].ready(&rig);
        rig_watch(&rig, sources[i].kind, sources[i].number, 1);
        rig_provider_sleeps(&rig);
        if (!sources[i].is_lost) {
            rig_answer_asked(&rig);
        }
        rig_expect(&rig, true, sources[i].is_lost ? "event.lost-before-subscribe" : "",
                   sources[i].is_lost ? "ping" : NULL);
    }
}

/* The provider of a file is asked what is true of it already. */
static void test_what_a_provider_found_true_has_to_be_told(void)
{
    static const struct {
        int result;
        bool posted;
        const char *cause;
    } cases[] = {
        {1, false, "event.lost-before-subscribe"}, {1, true, ""}, {2, false, ""}, {0, false, ""}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        rig_scheme_open(&rig);
        rig_run(&rig, RIG_PING);
        trace_emit(rig.trace, TRACE_EVENT_WATCHED, TN(RIG_QUEUE), TS(rig_word(&rig, "file")),
                   TN(RIG_SCHEME), TN(0x30), TN(1));
        rig_ask(&rig, RIG_TAG, RIG_PING, RIG_SCHEME, "events");
        rig_deliver(&rig, RIG_TAG, RIG_PROVIDER);
        trace_emit(rig.trace, TRACE_REQUEST_ANSWERED, TN(RIG_TAG), TN(cases[i].result));
        if (cases[i].posted) {
            trace_emit(rig.trace, TRACE_EVENT_POSTED, TN(RIG_QUEUE), TS(rig_word(&rig, "file")),
                       TN(RIG_SCHEME), TN(0x30), TN(1));
            rig_read_events(&rig, RIG_PING);
        }
        rig_block(&rig, RIG_PING, "event", RIG_OBJECT);
        rig_expect(&rig, true, cases[i].cause, *cases[i].cause != '\0' ? "ping" : NULL);
    }
}

static void test_names_that_come_are_told_to_whoever_watches_them(void)
{
    for (unsigned posted = 0; posted < 2; posted++) {
        struct rig rig;
        rig_scheme_open(&rig);
        rig_run(&rig, RIG_PING);
        rig_watch(&rig, "names", 0, 1);
        rig_block(&rig, RIG_PING, "event", RIG_OBJECT);
        trace_emit(rig.trace, TRACE_SCHEME_REGISTERED, TN(RIG_PROVIDER), TN(RIG_SCHEME_2),
                   TS(rig_word(&rig, "second")));
        if (posted != 0) {
            rig_post(&rig, "names", 0);
            rig_wake_task(&rig, RIG_PING);
            rig_read_events(&rig, RIG_PING);
            rig_block(&rig, RIG_PING, "event", RIG_OBJECT);
        }
        rig_expect(&rig, true, posted != 0 ? "" : "event.not-delivered",
                   posted != 0 ? NULL : "ping");
    }
}

static void test_look_after_the_registration_finds_what_was_ready(void)
{
    struct rig rig;
    open_waiting(&rig);
    irq(&rig);
    rig_watch(&rig, "irq", INTID, 1);
    rig_post(&rig, "irq", INTID);
    rig_read_events(&rig, RIG_PROVIDER);
    acknowledge(&rig);
    rig_answer_asked(&rig);
    rig_provider_sleeps(&rig);
    rig_expect(&rig, true, "", NULL);
}

/* ---- what is left out ------------------------------------------------------------------------ */

/* The provider drives the card, and has slept for events before. */
static void open_driver(struct rig *rig)
{
    rig_scheme_open_asked(rig, 1, "cat /scheme/test/file");
}

static void test_driver_that_watches_its_requests_only_has_an_incomplete_wait_set(void)
{
    struct rig rig;
    open_driver(&rig);
    rig_watch(&rig, "scheme", RIG_SCHEME, 1);
    rig_provider_sleeps(&rig);
    irq(&rig);
    rig_expect(&rig, true, "wait-set.incomplete", "ping");
    open_driver(&rig);
    rig_block(&rig, RIG_PROVIDER, "requests", 0x700);
    irq(&rig);
    rig_expect(&rig, true, "wait-set.incomplete", "ping");
}

static void test_clock_that_nobody_ever_watched_fires_in_vain(void)
{
    struct rig rig;
    open_waiting(&rig);
    rig_watch(&rig, "scheme", RIG_SCHEME, 1);
    rig_provider_sleeps(&rig);
    fire(&rig);
    rig_expect(&rig, true, "wait-set.incomplete", "ping");
}

static void test_queue_in_the_queue_may_watch_it(void)
{
    struct rig rig;
    open_driver(&rig);
    rig_watch(&rig, "queue", 9, 1);
    rig_provider_sleeps(&rig);
    irq(&rig);
    rig_answer_asked(&rig);
    rig_expect(&rig, true, "", NULL);
}

static void test_daemon_that_the_program_does_not_need_is_no_matter_of_it(void)
{
    struct rig rig;
    open_driver(&rig);
    rig_watch(&rig, "scheme", RIG_SCHEME, 1);
    rig_provider_sleeps(&rig);
    irq(&rig);
    rig_answer_asked(&rig);
    rig_expect(&rig, true, "", NULL);
}

UNIT_SUITE("rules_event", UNIT_TEST(test_what_becomes_ready_and_is_not_posted_is_not_delivered),
           UNIT_TEST(test_event_that_is_never_read_by_who_sleeps_for_it_is_not_delivered),
           UNIT_TEST(test_event_that_was_read_is_delivered),
           UNIT_TEST(test_what_nobody_wants_need_not_be_posted),
           UNIT_TEST(test_reader_that_is_busy_elsewhere_will_come_to_it),
           UNIT_TEST(test_what_was_ready_before_it_was_watched_is_lost),
           UNIT_TEST(test_what_a_provider_found_true_has_to_be_told),
           UNIT_TEST(test_names_that_come_are_told_to_whoever_watches_them),
           UNIT_TEST(test_look_after_the_registration_finds_what_was_ready),
           UNIT_TEST(test_driver_that_watches_its_requests_only_has_an_incomplete_wait_set),
           UNIT_TEST(test_clock_that_nobody_ever_watched_fires_in_vain),
           UNIT_TEST(test_queue_in_the_queue_may_watch_it),
           UNIT_TEST(test_daemon_that_the_program_does_not_need_is_no_matter_of_it))
