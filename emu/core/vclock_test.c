/*
 * vclock_test.c - order, quiescence and the listener of the virtual clock
 */
#include "emu/core/vclock.h"

#include "emu/core/death_test.h"
#include "emu/core/prng.h"
#include "tests/unit.h"

#include <glib.h>

#define START       VCLOCK_POWER_ON_NS
#define MANY_EVENTS 300

struct fixture {
    struct vclock *clock;
    GString *log; /* a letter for each event that ran */
    unsigned told;
};

struct lettered {
    struct vevent event;
    struct fixture *fixture;
    char letter;
    uint64_t rearm_after_ns; /* 0: not again */
    struct vevent *victim;   /* disarmed when this one runs */
    uint64_t ran_at_ns;
};

static void note_told(void *opaque)
{
    struct fixture *f = opaque;
    f->told++;
}

static void run_lettered(void *opaque)
{
    struct lettered *e = opaque;
    CU_ASSERT_FALSE(vevent_is_armed(&e->event));
    e->ran_at_ns = vclock_now_ns(e->fixture->clock);
    g_string_append_c(e->fixture->log, e->letter);
    if (e->rearm_after_ns != 0) {
        vclock_arm(e->fixture->clock, &e->event, e->ran_at_ns + e->rearm_after_ns);
    }
    if (e->victim != NULL) {
        vclock_disarm(e->fixture->clock, e->victim);
    }
}

static void set_up(struct fixture *f, struct lettered *events, size_t count)
{
    *f = (struct fixture){.clock = vclock_new(), .log = g_string_new(NULL)};
    for (size_t i = 0; i < count; i++) {
        events[i] = (struct lettered){.fixture = f, .letter = (char)('a' + i % 26)};
        vevent_init(&events[i].event, VEVENT_MACHINE, "lettered", run_lettered, &events[i]);
    }
}

static void tear_down(struct fixture *f)
{
    vclock_free(f->clock);
    g_string_free(f->log, TRUE);
}

static void test_new_clock_stands_at_power_on_and_is_quiescent(void)
{
    struct vclock *clock = vclock_new();
    CU_ASSERT_EQUAL(vclock_now_ns(clock), UINT64_C(1000000000));
    CU_ASSERT_EQUAL(vclock_next_ns(clock), VCLOCK_NEVER);
    CU_ASSERT_TRUE(vclock_is_quiescent(clock));
    vclock_free(clock);
    vclock_free(NULL);
}

static void test_events_run_in_order_of_time(void)
{
    struct fixture f;
    struct lettered e[3];
    set_up(&f, e, 3);
    vclock_arm(f.clock, &e[0].event, START + 30);
    vclock_arm(f.clock, &e[1].event, START + 10);
    vclock_arm(f.clock, &e[2].event, START + 20);
    CU_ASSERT_EQUAL(vclock_next_ns(f.clock), START + 10);
    vclock_advance(f.clock, START + 100);
    CU_ASSERT_STRING_EQUAL(f.log->str, "bca");
    CU_ASSERT_EQUAL(e[2].ran_at_ns, START + 20);
    CU_ASSERT_EQUAL(vclock_now_ns(f.clock), START + 100);
    CU_ASSERT_EQUAL(vclock_next_ns(f.clock), VCLOCK_NEVER);
    tear_down(&f);
}

static void test_ties_run_in_order_of_arming(void)
{
    struct fixture f;
    struct lettered e[6];
    set_up(&f, e, 6);
    for (size_t i = 0; i < 6; i++) {
        vclock_arm(f.clock, &e[5 - i].event, START + 10);
    }
    vclock_advance(f.clock, START + 10);
    CU_ASSERT_STRING_EQUAL(f.log->str, "fedcba");
    tear_down(&f);
}

static void test_arming_again_moves_behind_ties(void)
{
    struct fixture f;
    struct lettered e[3];
    set_up(&f, e, 3);
    for (size_t i = 0; i < 3; i++) {
        vclock_arm(f.clock, &e[i].event, START + 10);
    }
    vclock_arm(f.clock, &e[0].event, START + 10);
    vclock_advance(f.clock, START + 10);
    CU_ASSERT_STRING_EQUAL(f.log->str, "bca");
    tear_down(&f);
}

static void test_many_events_moved_and_disarmed_keep_their_order(void)
{
    struct fixture f;
    static struct lettered e[MANY_EVENTS];
    struct prng prng;
    set_up(&f, e, MANY_EVENTS);
    prng_init(&prng, 1, "vclock_test");
    for (size_t round = 0; round < 4; round++) {
        for (size_t i = 0; i < MANY_EVENTS; i++) {
            if (prng_below(&prng, 4) == 0) {
                vclock_disarm(f.clock, &e[i].event);
            } else {
                vclock_arm(f.clock, &e[i].event, START + prng_below(&prng, 50));
            }
        }
    }
    size_t armed = 0;
    for (size_t i = 0; i < MANY_EVENTS; i++) {
        armed += vevent_is_armed(&e[i].event) ? 1 : 0;
    }
    uint64_t last_ns = 0;
    uint64_t last_order = 0;
    while (vclock_next_ns(f.clock) != VCLOCK_NEVER) {
        size_t first = MANY_EVENTS;
        for (size_t i = 0; i < MANY_EVENTS; i++) {
            first = e[i].event.position == 1 ? i : first;
        }
        CU_ASSERT_FATAL(first < MANY_EVENTS);
        vclock_run_next(f.clock);
        CU_ASSERT_EQUAL(e[first].ran_at_ns, e[first].event.when_ns);
        CU_ASSERT_TRUE(e[first].ran_at_ns > last_ns ||
                       (e[first].ran_at_ns == last_ns && e[first].event.order > last_order));
        last_ns = e[first].ran_at_ns;
        last_order = e[first].event.order;
    }
    CU_ASSERT_EQUAL(f.log->len, armed);
    CU_ASSERT_TRUE(vclock_is_quiescent(f.clock));
    tear_down(&f);
}

static void test_time_in_the_past_means_now(void)
{
    struct fixture f;
    struct lettered e[2];
    set_up(&f, e, 2);
    vclock_pass(f.clock, START + 50);
    vclock_arm(f.clock, &e[0].event, START + 50);
    vclock_arm(f.clock, &e[1].event, START);
    CU_ASSERT_EQUAL(vclock_next_ns(f.clock), START + 50);
    vclock_advance(f.clock, START + 50);
    CU_ASSERT_STRING_EQUAL(f.log->str, "ab");
    CU_ASSERT_EQUAL(e[1].ran_at_ns, START + 50);
    tear_down(&f);
}

static void test_arming_for_never_disarms(void)
{
    struct fixture f;
    struct lettered e[1];
    set_up(&f, e, 1);
    vclock_arm(f.clock, &e[0].event, START + 1);
    vclock_arm(f.clock, &e[0].event, VCLOCK_NEVER);
    CU_ASSERT_FALSE(vevent_is_armed(&e[0].event));
    CU_ASSERT_TRUE(vclock_is_quiescent(f.clock));
    tear_down(&f);
}

static void test_disarmed_event_does_not_run(void)
{
    struct fixture f;
    struct lettered e[3];
    set_up(&f, e, 3);
    for (size_t i = 0; i < 3; i++) {
        vclock_arm(f.clock, &e[i].event, START + i);
    }
    vclock_disarm(f.clock, &e[1].event);
    vclock_disarm(f.clock, &e[1].event);
    vclock_advance(f.clock, START + 10);
    CU_ASSERT_STRING_EQUAL(f.log->str, "ac");
    tear_down(&f);
}

static void test_only_housekeeping_is_quiescence(void)
{
    static const bool keeps_moving[VEVENT_CLASS_COUNT] = {
        [VEVENT_MACHINE] = true, [VEVENT_SCRIPT] = true, [VEVENT_HOUSEKEEPING] = false};
    struct fixture f;
    struct lettered e[VEVENT_CLASS_COUNT];
    set_up(&f, e, VEVENT_CLASS_COUNT);
    for (unsigned class = 0; class < VEVENT_CLASS_COUNT; class ++) {
        struct vevent *event = &e[class].event;
        vevent_init(event, (enum vevent_class) class, "one", run_lettered, &e[class]);
        vclock_arm(f.clock, event, START + 5);
        CU_ASSERT_EQUAL(vclock_is_quiescent(f.clock), !keeps_moving[class]);
        vclock_arm(f.clock, event, START + 6);
        CU_ASSERT_EQUAL(vclock_is_quiescent(f.clock), !keeps_moving[class]);
        vclock_disarm(f.clock, event);
        CU_ASSERT_TRUE(vclock_is_quiescent(f.clock));
    }
    CU_ASSERT_EQUAL(f.log->len, 0);
    tear_down(&f);
}

static void test_event_that_runs_is_no_longer_counted(void)
{
    struct fixture f;
    struct lettered e[1];
    set_up(&f, e, 1);
    vclock_arm(f.clock, &e[0].event, START + 5);
    vclock_run_next(f.clock);
    CU_ASSERT_TRUE(vclock_is_quiescent(f.clock));
    CU_ASSERT_EQUAL(vclock_now_ns(f.clock), START + 5);
    tear_down(&f);
}

static void test_events_armed_while_advancing_run_when_due(void)
{
    struct fixture f;
    struct lettered e[2];
    set_up(&f, e, 2);
    e[0].rearm_after_ns = 10;
    vclock_arm(f.clock, &e[0].event, START + 10);
    vclock_arm(f.clock, &e[1].event, START + 20);
    vclock_advance(f.clock, START + 39);
    /* The second round of `a` was armed after `b`: at START + 20 it comes second. */
    CU_ASSERT_STRING_EQUAL(f.log->str, "abaa");
    CU_ASSERT_EQUAL(vclock_next_ns(f.clock), START + 40);
    tear_down(&f);
}

static void test_event_may_disarm_another_one_due_now(void)
{
    struct fixture f;
    struct lettered e[2];
    set_up(&f, e, 2);
    e[0].victim = &e[1].event;
    vclock_arm(f.clock, &e[0].event, START + 10);
    vclock_arm(f.clock, &e[1].event, START + 10);
    vclock_advance(f.clock, START + 10);
    CU_ASSERT_STRING_EQUAL(f.log->str, "a");
    tear_down(&f);
}

static void test_pass_stops_at_the_first_event_without_running_it(void)
{
    struct fixture f;
    struct lettered e[1];
    set_up(&f, e, 1);
    vclock_arm(f.clock, &e[0].event, START + 10);
    vclock_pass(f.clock, START);
    vclock_pass(f.clock, START + 10);
    CU_ASSERT_EQUAL(vclock_now_ns(f.clock), START + 10);
    CU_ASSERT_EQUAL(f.log->len, 0);
    CU_ASSERT_TRUE(vevent_is_armed(&e[0].event));
    tear_down(&f);
}

static void test_listener_is_told_of_a_new_first_time_only(void)
{
    struct fixture f;
    struct lettered e[3];
    set_up(&f, e, 3);
    vclock_set_listener(f.clock, note_told, &f);
    vclock_arm(f.clock, &e[0].event, START + 10);
    CU_ASSERT_EQUAL(f.told, 1);
    vclock_arm(f.clock, &e[1].event, START + 20);
    vclock_arm(f.clock, &e[2].event, START + 10);
    vclock_disarm(f.clock, &e[0].event);
    CU_ASSERT_EQUAL(f.told, 1);
    vclock_arm(f.clock, &e[1].event, START + 5);
    CU_ASSERT_EQUAL(f.told, 2);
    vclock_disarm(f.clock, &e[1].event);
    CU_ASSERT_EQUAL(f.told, 3);
    vclock_pass(f.clock, START + 10);
    CU_ASSERT_EQUAL(f.told, 3);
    vclock_run_next(f.clock);
    CU_ASSERT_EQUAL(f.told, 4);
    vclock_disarm(f.clock, &e[1].event);
    CU_ASSERT_EQUAL(f.told, 4);
    vclock_set_listener(f.clock, NULL, NULL);
    vclock_arm(f.clock, &e[0].event, START + 30);
    CU_ASSERT_EQUAL(f.told, 4);
    tear_down(&f);
}

static void test_free_disarms(void)
{
    struct fixture f;
    struct lettered e[2];
    set_up(&f, e, 2);
    vclock_arm(f.clock, &e[0].event, START + 10);
    vclock_arm(f.clock, &e[1].event, START + 5);
    tear_down(&f);
    CU_ASSERT_FALSE(vevent_is_armed(&e[0].event));
    CU_ASSERT_FALSE(vevent_is_armed(&e[1].event));
}

static void pass_beyond_the_first_event(void *opaque)
{
    vclock_pass(opaque, START + 11);
}

static void pass_into_the_past(void *opaque)
{
    vclock_pass(opaque, START - 1);
}

static void advance_into_the_past(void *opaque)
{
    vclock_advance(opaque, START - 1);
}

static void run_an_empty_queue(void *opaque)
{
    vclock_run_next(opaque);
}

static void test_misuse_is_asserted(void)
{
    struct fixture f;
    struct lettered e[1];
    set_up(&f, e, 1);
    CU_ASSERT_TRUE(death_aborts(run_an_empty_queue, f.clock));
    vclock_arm(f.clock, &e[0].event, START + 10);
    CU_ASSERT_TRUE(death_aborts(pass_beyond_the_first_event, f.clock));
    CU_ASSERT_TRUE(death_aborts(pass_into_the_past, f.clock));
    CU_ASSERT_TRUE(death_aborts(advance_into_the_past, f.clock));
    tear_down(&f);
}

UNIT_SUITE("vclock", UNIT_TEST(test_new_clock_stands_at_power_on_and_is_quiescent),
           UNIT_TEST(test_events_run_in_order_of_time), UNIT_TEST(test_ties_run_in_order_of_arming),
           UNIT_TEST(test_arming_again_moves_behind_ties),
           UNIT_TEST(test_many_events_moved_and_disarmed_keep_their_order),
           UNIT_TEST(test_time_in_the_past_means_now), UNIT_TEST(test_arming_for_never_disarms),
           UNIT_TEST(test_disarmed_event_does_not_run),
           UNIT_TEST(test_only_housekeeping_is_quiescence),
           UNIT_TEST(test_event_that_runs_is_no_longer_counted),
           UNIT_TEST(test_events_armed_while_advancing_run_when_due),
           UNIT_TEST(test_event_may_disarm_another_one_due_now),
           UNIT_TEST(test_pass_stops_at_the_first_event_without_running_it),
           UNIT_TEST(test_listener_is_told_of_a_new_first_time_only), UNIT_TEST(test_free_disarms),
           UNIT_TEST(test_misuse_is_asserted))
