/*
 * wire_test.c - the switch: who gets which frame, when, in which order, and what is said about it
 */
#include "emu/wire/wire.h"

#include "emu/wire/wire_bench.h"
#include "emu/wire/wire_queue.h"
#include "tests/unit.h"

#define ROUND_NS (2 * WIRE_LATENCY_NS) /* from owner to owner: two cables */

/* Ports a, b, c; station 1 is at a, 2 at b, 3 at c, once somebody has heard of them. */
struct three {
    struct bench bench;
    struct bench_port *a, *b, *c;
};

static void three_setup(struct three *three)
{
    bench_setup(&three->bench);
    three->a = bench_add_port(&three->bench, "a", false);
    three->b = bench_add_port(&three->bench, "b", false);
    three->c = bench_add_port(&three->bench, "c", false);
}

static void three_teardown(struct three *three)
{
    CU_ASSERT_TRUE(vclock_is_quiescent(three->bench.clock));
    bench_teardown(&three->bench);
}

static void three_introduce(struct three *three)
{
    bench_send(three->a, 0xff, 1, 60);
    bench_send(three->b, 0xff, 2, 60);
    bench_send(three->c, 0xff, 3, 60);
    bench_run(&three->bench);
    bench_forget(&three->bench);
}

static void test_frame_crosses_two_cables(void)
{
    struct three three;
    three_setup(&three);
    three_introduce(&three);
    uint64_t sent_ns = vclock_now_ns(three.bench.clock);
    bench_send(three.a, 2, 1, 98);
    CU_ASSERT_EQUAL(three.bench.arrivals->len, 0);
    vclock_advance(three.bench.clock, sent_ns + ROUND_NS - 1);
    CU_ASSERT_EQUAL(three.bench.arrivals->len, 0);
    CU_ASSERT_FALSE(vclock_is_quiescent(three.bench.clock));
    vclock_advance(three.bench.clock, sent_ns + ROUND_NS);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "b");
    CU_ASSERT_EQUAL(bench_arrival(&three.bench, 0)->time_ns, sent_ns + ROUND_NS);
    CU_ASSERT_EQUAL(bench_arrival(&three.bench, 0)->len, 98);
    CU_ASSERT_EQUAL(memcmp(bench_arrival(&three.bench, 0)->data, bench_frame(2, 1, 98, 0), 98), 0);
    three_teardown(&three);
}

static void test_frame_is_borrowed_for_the_send_only(void)
{
    struct three three;
    three_setup(&three);
    uint8_t frame[60];
    memcpy(frame, bench_frame(0xff, 1, 60, 5), 60);
    wire_port_send(three.a->port, frame, sizeof(frame));
    memset(frame, 0xee, sizeof(frame));
    bench_run(&three.bench);
    CU_ASSERT_EQUAL(memcmp(bench_arrival(&three.bench, 1)->data, bench_frame(0xff, 1, 60, 5), 60),
                    0);
    three_teardown(&three);
}

static void test_unknown_destination_floods_in_port_order(void)
{
    struct three three;
    three_setup(&three);
    bench_send(three.b, 9, 2, 60);
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "a c");
    CU_ASSERT_EQUAL(bench_arrival(&three.bench, 0)->time_ns,
                    bench_arrival(&three.bench, 1)->time_ns);
    three_teardown(&three);
}

static void test_group_destinations_flood_for_ever(void)
{
    struct three three;
    three_setup(&three);
    three_introduce(&three);
    bench_send(three.c, 0xff, 3, 60);
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "a b");
    bench_forget(&three.bench);
    uint8_t multicast[60] = {0x01, 0, 0x5e, 0, 0, 1, 2, 0, 0, 0, 0, 1};
    wire_port_send(three.a->port, multicast, sizeof(multicast));
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "b c");
    three_teardown(&three);
}

static void test_known_destination_is_alone(void)
{
    struct three three;
    three_setup(&three);
    three_introduce(&three);
    bench_send(three.a, 3, 1, 60);
    bench_send(three.c, 1, 3, 60);
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "c a");
    three_teardown(&three);
}

static void test_station_that_moves_is_learned_anew(void)
{
    struct three three;
    three_setup(&three);
    three_introduce(&three);
    bench_send(three.c, 1, 2, 60); /* station 2 speaks from c now */
    bench_run(&three.bench);
    bench_send(three.a, 2, 1, 60);
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "a c");
    three_teardown(&three);
}

static void test_station_is_learned_at_arrival_not_at_sending(void)
{
    struct three three;
    three_setup(&three);
    bench_send(three.a, 2, 1, 60);
    bench_send(three.b, 1, 2,
               60); /* arrives at the switch after a's frame: a is known, b was not */
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "b c a");
    three_teardown(&three);
}

static void test_group_source_is_not_learned(void)
{
    struct three three;
    three_setup(&three);
    uint8_t frame[60] = {2, 0, 0, 0, 0, 2, 0x03, 0, 0, 0, 0, 1};
    wire_port_send(three.a->port, frame, sizeof(frame));
    bench_run(&three.bench);
    bench_forget(&three.bench);
    uint8_t back[60] = {0x03, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    wire_port_send(three.b->port, back, sizeof(back));
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "a c");
    three_teardown(&three);
}

static void test_frame_to_own_port_is_dropped_by_name(void)
{
    struct three three;
    three_setup(&three);
    three_introduce(&three);
    bench_send(three.a, 1, 1, 64);
    bench_run(&three.bench);
    CU_ASSERT_EQUAL(three.bench.arrivals->len, 0);
    CU_ASSERT_STRING_EQUAL(
        bench_last_event(&three.bench),
        "frame.dropped port=a direction=out why=\"the destination is on the sender's own port\" len=64");
    CU_ASSERT_EQUAL(wire_port_dropped(three.a->port), 1);
    three_teardown(&three);
}

static void test_ties_arrive_in_the_order_of_sending(void)
{
    struct three three;
    three_setup(&three);
    three_introduce(&three);
    bench_send(three.c, 1, 3, 61);
    bench_send(three.b, 1, 2, 62);
    bench_send(three.c, 1, 3, 63);
    bench_send(three.b, 3, 2, 64);
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "a a a c");
    for (guint i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(bench_arrival(&three.bench, i)->len, 61 + i);
    }
    three_teardown(&three);
}

static void test_order_is_kept_over_many_frames(void)
{
    struct three three;
    three_setup(&three);
    three_introduce(&three);
    for (unsigned i = 0; i < 1000; i++) {
        bench_send(three.a, 2, 1, 60 + i);
        vclock_advance(three.bench.clock, vclock_now_ns(three.bench.clock) + i % 50);
    }
    bench_run(&three.bench);
    CU_ASSERT_EQUAL_FATAL(three.bench.arrivals->len, 1000);
    for (guint i = 0; i < 1000; i++) {
        CU_ASSERT_EQUAL(bench_arrival(&three.bench, i)->len, 60 + i);
    }
    three_teardown(&three);
}

static void test_answer_from_inside_receive_takes_its_time(void)
{
    struct three three;
    three_setup(&three);
    three_introduce(&three);
    uint8_t answer[70];
    memcpy(answer, bench_frame(1, 2, 70, 0), 70);
    three.b->answer = answer;
    three.b->answer_len = sizeof(answer);
    uint64_t sent_ns = vclock_now_ns(three.bench.clock);
    bench_send(three.a, 2, 1, 60);
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "b a");
    CU_ASSERT_EQUAL(bench_arrival(&three.bench, 1)->time_ns, sent_ns + 2 * ROUND_NS);
    three_teardown(&three);
}

static void test_frames_are_padded_with_zeros_where_asked(void)
{
    struct bench bench;
    bench_setup(&bench);
    struct bench_port *plain = bench_add_port(&bench, "plain", false);
    struct bench_port *padded = bench_add_port(&bench, "padded", true);
    bench_add_port(&bench, "other", false);
    bench_send(plain, 0xff, 1, 200); /* so that the buffer has been full before */
    bench_run(&bench);
    bench_forget(&bench);
    bench_send(plain, 0xff, 1, 42);
    bench_run(&bench);
    static const uint8_t zeros[18];
    CU_ASSERT_STRING_EQUAL(bench_order(&bench), "padded other");
    CU_ASSERT_EQUAL(bench_arrival(&bench, 0)->len, WIRE_FRAME_MIN);
    CU_ASSERT_EQUAL(memcmp(bench_arrival(&bench, 0)->data, bench_frame(0xff, 1, 42, 0), 42), 0);
    CU_ASSERT_EQUAL(memcmp(bench_arrival(&bench, 0)->data + 42, zeros, 18), 0);
    CU_ASSERT_EQUAL(bench_arrival(&bench, 1)->len, 42);
    bench_forget(&bench);
    bench_send(plain, 0xff, 1, 60);
    bench_send(padded, 1, 2, 42); /* what a padded port sends is not padded */
    bench_run(&bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&bench), "padded other plain");
    CU_ASSERT_EQUAL(bench_arrival(&bench, 0)->len, 60);
    CU_ASSERT_EQUAL(bench_arrival(&bench, 2)->len, 42);
    bench_teardown(&bench);
}

static void test_lengths_outside_the_limits_are_dropped_by_name(void)
{
    struct three three;
    three_setup(&three);
    bench_send(three.a, 0xff, 1, 13);
    CU_ASSERT_STRING_EQUAL(
        bench_last_event(&three.bench),
        "frame.dropped port=a direction=out why=\"shorter than an Ethernet header\" len=13");
    wire_port_send(three.a->port, NULL, 0);
    bench_send(three.a, 0xff, 1, WIRE_FRAME_MAX + 1);
    CU_ASSERT_STRING_EQUAL(
        bench_last_event(&three.bench),
        "frame.dropped port=a direction=out why=\"longer than a frame can be\" len=65551");
    CU_ASSERT_EQUAL(wire_port_dropped(three.a->port), 3);
    bench_run(&three.bench);
    CU_ASSERT_EQUAL(three.bench.arrivals->len, 0);
    bench_send(three.a, 0xff, 1, 14);
    bench_send(three.a, 0xff, 1, WIRE_FRAME_MAX);
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "b c b c");
    CU_ASSERT_EQUAL(bench_arrival(&three.bench, 0)->len, 14);
    CU_ASSERT_EQUAL(bench_arrival(&three.bench, 2)->len, WIRE_FRAME_MAX);
    three_teardown(&three);
}

struct tap_log {
    GString *text;
    const struct bench *bench;
    const char *name;
};

static void tap_note(void *opaque, enum wire_direction direction, uint64_t sequence,
                     const uint8_t *frame, size_t len)
{
    struct tap_log *log = opaque;
    g_string_append_printf(log->text, "%s %s #%u %zu %02x %u\n", log->name,
                           direction == WIRE_OUT ? "out" : "in", (unsigned)sequence, len, frame[11],
                           (unsigned)(vclock_now_ns(log->bench->clock) - VCLOCK_POWER_ON_NS));
}

static void test_ports_without_a_tap_are_silent(void)
{
    struct three three;
    three_setup(&three);
    three_introduce(&three);
    bench_send(three.a, 2, 1, 60);
    bench_run(&three.bench);
    CU_ASSERT_EQUAL(trace_last(three.bench.trace), 0);
    three_teardown(&three);
}

static void test_tapped_port_tells_of_both_ends(void)
{
    struct three three;
    three_setup(&three);
    GString *text = g_string_new(NULL);
    struct tap_log first = {text, &three.bench, "first"};
    struct tap_log second = {text, &three.bench, "second"};
    wire_port_add_tap(three.a->port, tap_note, &first);
    wire_port_add_tap(three.a->port, tap_note, &second);
    bench_send(three.a, 0xff, 1, 42);
    bench_send(three.b, 1, 2, 98);
    CU_ASSERT_EQUAL(trace_last(three.bench.trace), 0);
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(text->str, "first out #1 42 01 1000\n"
                                      "second out #1 42 01 1000\n"
                                      "first in #2 98 02 2000\n"
                                      "second in #2 98 02 2000\n");
    CU_ASSERT_EQUAL(trace_last(three.bench.trace), 2);
    CU_ASSERT_EQUAL(trace_get(three.bench.trace, 1)->kind, TRACE_FRAME_OUT);
    CU_ASSERT_STRING_EQUAL(bench_last_event(&three.bench), "frame.in port=a len=98");
    g_string_free(text, TRUE);
    three_teardown(&three);
}

static void test_tap_sees_the_padding(void)
{
    struct bench bench;
    bench_setup(&bench);
    struct bench_port *guest = bench_add_port(&bench, "guest", true);
    struct bench_port *host = bench_add_port(&bench, "host", false);
    GString *text = g_string_new(NULL);
    struct tap_log log = {text, &bench, "tap"};
    wire_port_add_tap(guest->port, tap_note, &log);
    bench_send(host, 0xff, 2, 42);
    bench_run(&bench);
    CU_ASSERT_STRING_EQUAL(text->str, "tap in #1 60 02 2000\n");
    g_string_free(text, TRUE);
    bench_teardown(&bench);
}

static void test_drop_counts_and_copies_the_reason(void)
{
    struct three three;
    three_setup(&three);
    char why[] = "no reason";
    const uint8_t frame[77] = {0xaa};
    GString *text = g_string_new(NULL);
    struct tap_log log = {text, &three.bench, "drop"};
    wire_set_drop_tap(three.bench.wire, tap_note, &log);
    wire_port_drop(three.b->port, WIRE_IN, why, frame, sizeof frame);
    strcpy(why, "changed");
    CU_ASSERT_STRING_EQUAL(bench_last_event(&three.bench),
                           "frame.dropped port=b direction=in why=\"no reason\" len=77");
    CU_ASSERT_STRING_EQUAL(text->str, "drop in #1 77 00 0\n");
    g_string_free(text, TRUE);
    CU_ASSERT_EQUAL(wire_port_dropped(three.b->port), 1);
    CU_ASSERT_EQUAL(wire_port_dropped(three.a->port), 0);
    three_teardown(&three);
}

static void test_frames_beyond_the_limit_are_dropped_by_name(void)
{
    struct three three;
    three_setup(&three);
    three_introduce(&three);
    for (unsigned i = 0; i < WIRE_IN_FLIGHT_MAX + 2; i++) {
        bench_send(three.a, 2, 1, 60);
    }
    CU_ASSERT_EQUAL(wire_port_dropped(three.a->port), 2);
    CU_ASSERT_STRING_EQUAL(
        bench_last_event(&three.bench),
        "frame.dropped port=a direction=out why=\"too many frames on the wire\" len=60");
    bench_run(&three.bench);
    CU_ASSERT_EQUAL(three.bench.arrivals->len, WIRE_IN_FLIGHT_MAX);
    CU_ASSERT_EQUAL(bench_count_events(&three.bench, TRACE_FRAME_DROPPED), 2);
    three_teardown(&three);
}

static void test_nothing_passes_a_port_whose_link_is_down(void)
{
    struct three three;
    three_setup(&three);
    GString *text = g_string_new(NULL);
    struct tap_log log = {text, &three.bench, "tap"};
    wire_port_add_tap(three.a->port, tap_note, &log);
    bench_send(three.a, 0xff, 1, 60); /* on the cable already */
    wire_port_set_link(three.a->port, false);
    bench_send(three.a, 0xff, 1, 61);
    CU_ASSERT_STRING_EQUAL(bench_last_event(&three.bench),
                           "frame.dropped port=a direction=out why=\"the link is down\" len=61");
    bench_send(three.b, 0xff, 2, 62);
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_last_event(&three.bench),
                           "frame.dropped port=a direction=in why=\"the link is down\" len=62");
    CU_ASSERT_STRING_EQUAL(text->str, "tap out #2 60 01 1000\n");
    CU_ASSERT_EQUAL(wire_port_dropped(three.a->port), 2);
    bench_forget(&three.bench);
    wire_port_set_link(three.a->port, true);
    bench_send(three.b, 0xff, 2, 63);
    bench_run(&three.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&three.bench), "a c");
    g_string_free(text, TRUE);
    three_teardown(&three);
}

static void passage_note(void *opaque, const struct wire_passage *passage)
{
    g_string_append_printf(opaque, "%s %s %zu %02x %u-%u\n", wire_port_name(passage->port),
                           passage->direction == WIRE_OUT ? "out" : "in", passage->len,
                           passage->frame[11], (unsigned)(passage->since_ns - VCLOCK_POWER_ON_NS),
                           (unsigned)(passage->due_ns - VCLOCK_POWER_ON_NS));
}

static void test_frames_on_their_way_can_be_looked_at(void)
{
    struct three three;
    three_setup(&three);
    g_autoptr(GString) text = g_string_new(NULL);
    wire_visit_passages(three.bench.wire, passage_note, text);
    CU_ASSERT_STRING_EQUAL(text->str, "");
    bench_send(three.a, 0xff, 1, 60);
    bench_send(three.b, 0xff, 2, 61);
    wire_visit_passages(three.bench.wire, passage_note, text);
    CU_ASSERT_STRING_EQUAL(text->str, "a out 60 01 0-1000\nb out 61 02 0-1000\n");
    g_string_truncate(text, 0);
    bench_run(&three.bench);
    wire_visit_passages(three.bench.wire, passage_note, text);
    CU_ASSERT_STRING_EQUAL(text->str, "");
    three_teardown(&three);
}

static void test_wire_can_be_freed_with_frames_in_flight(void)
{
    struct three three;
    three_setup(&three);
    bench_send(three.a, 0xff, 1, 60);
    vclock_advance(three.bench.clock, VCLOCK_POWER_ON_NS + WIRE_LATENCY_NS);
    bench_send(three.b, 0xff, 2, WIRE_FRAME_MAX);
    wire_free(three.bench.wire);
    three.bench.wire = NULL;
    CU_ASSERT_TRUE(vclock_is_quiescent(three.bench.clock));
    three_teardown(&three);
}

static void test_ports_are_found_by_name(void)
{
    struct three three;
    three_setup(&three);
    char name[] = "d";
    struct bench_port *d = bench_add_port(&three.bench, name, false);
    name[0] = 'x';
    CU_ASSERT_STRING_EQUAL(wire_port_name(d->port), "d");
    CU_ASSERT_PTR_EQUAL(wire_port_by_name(three.bench.wire, "d"), d->port);
    CU_ASSERT_PTR_EQUAL(wire_port_by_name(three.bench.wire, "a"), three.a->port);
    CU_ASSERT_PTR_NULL(wire_port_by_name(three.bench.wire, "x"));
    three_teardown(&three);
}

static void test_lonely_port_sends_into_the_void(void)
{
    struct bench bench;
    bench_setup(&bench);
    struct bench_port *only = bench_add_port(&bench, "only", false);
    bench_send(only, 0xff, 1, 60);
    bench_run(&bench);
    CU_ASSERT_EQUAL(bench.arrivals->len, 0);
    CU_ASSERT_EQUAL(trace_last(bench.trace), 0);
    bench_teardown(&bench);
}

UNIT_SUITE("wire", UNIT_TEST(test_frame_crosses_two_cables),
           UNIT_TEST(test_frame_is_borrowed_for_the_send_only),
           UNIT_TEST(test_unknown_destination_floods_in_port_order),
           UNIT_TEST(test_group_destinations_flood_for_ever),
           UNIT_TEST(test_known_destination_is_alone),
           UNIT_TEST(test_station_that_moves_is_learned_anew),
           UNIT_TEST(test_station_is_learned_at_arrival_not_at_sending),
           UNIT_TEST(test_group_source_is_not_learned),
           UNIT_TEST(test_frame_to_own_port_is_dropped_by_name),
           UNIT_TEST(test_ties_arrive_in_the_order_of_sending),
           UNIT_TEST(test_order_is_kept_over_many_frames),
           UNIT_TEST(test_answer_from_inside_receive_takes_its_time),
           UNIT_TEST(test_frames_are_padded_with_zeros_where_asked),
           UNIT_TEST(test_lengths_outside_the_limits_are_dropped_by_name),
           UNIT_TEST(test_ports_without_a_tap_are_silent),
           UNIT_TEST(test_tapped_port_tells_of_both_ends), UNIT_TEST(test_tap_sees_the_padding),
           UNIT_TEST(test_drop_counts_and_copies_the_reason),
           UNIT_TEST(test_frames_beyond_the_limit_are_dropped_by_name),
           UNIT_TEST(test_nothing_passes_a_port_whose_link_is_down),
           UNIT_TEST(test_frames_on_their_way_can_be_looked_at),
           UNIT_TEST(test_wire_can_be_freed_with_frames_in_flight),
           UNIT_TEST(test_ports_are_found_by_name), UNIT_TEST(test_lonely_port_sends_into_the_void))
