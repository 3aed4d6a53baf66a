/*
 * wire_stage_test.c - stages on a port: their order, and each thing that a stage may do to a frame
 */
#include "emu/wire/wire_stage.h"

#include "emu/wire/wire_bench.h"
#include "tests/unit.h"

#define ROUND_NS (2 * WIRE_LATENCY_NS)

/* A stage that says its letter and then does one thing to the frames of one direction. */
struct probe {
    char letter;
    GString *said;
    enum wire_direction direction;
    enum {
        PROBE_PASS,
        PROBE_DROP,
        PROBE_TWICE,
        PROBE_DELAY,
        PROBE_CUT,
        PROBE_CHANGE
    } what;
    uint64_t delay_ns;
    size_t cut_to;
};

static void probe_pass(void *opaque, struct wire_stage *stage, enum wire_direction direction,
                       const struct wire_frame *frame)
{
    struct probe *probe = opaque;
    g_string_append_c(probe->said, probe->letter);
    struct wire_frame changed = *frame;
    uint8_t copy[256];
    if (direction == probe->direction) {
        switch (probe->what) {
        case PROBE_PASS:
            break;
        case PROBE_DROP:
            wire_port_drop(wire_stage_port(stage), direction, "probe", frame->data, frame->len);
            return;
        case PROBE_TWICE:
            wire_stage_next(stage, direction, frame);
            break;
        case PROBE_DELAY:
            changed.delay_ns += probe->delay_ns;
            break;
        case PROBE_CUT:
            changed.len = probe->cut_to;
            break;
        case PROBE_CHANGE:
            memcpy(copy, frame->data, frame->len);
            copy[frame->len - 1] = 0x55;
            changed.data = copy;
            break;
        }
    }
    wire_stage_next(stage, direction, &changed);
}

static const struct wire_stage_ops probe_ops = {
    .pass = probe_pass,
};

/* Ports guest (padded, with the probes on it) and host; both stations are known. */
struct pair {
    struct bench bench;
    struct bench_port *guest, *host;
    GString *said;
    struct probe probes[3];
};

static void pair_setup(struct pair *pair, unsigned probes)
{
    bench_setup(&pair->bench);
    pair->guest = bench_add_port(&pair->bench, "guest", true);
    pair->host = bench_add_port(&pair->bench, "host", false);
    bench_send(pair->guest, 0xff, 1, 60);
    bench_send(pair->host, 0xff, 2, 60);
    bench_run(&pair->bench);
    bench_forget(&pair->bench);
    pair->said = g_string_new(NULL);
    for (unsigned i = 0; i < probes; i++) {
        pair->probes[i] = (struct probe){.letter = (char)('a' + i), .said = pair->said};
        wire_port_add_stage(pair->guest->port, &probe_ops, &pair->probes[i]);
    }
}

static void pair_teardown(struct pair *pair)
{
    CU_ASSERT_TRUE(vclock_is_quiescent(pair->bench.clock));
    bench_teardown(&pair->bench);
    g_string_free(pair->said, TRUE);
}

static void test_stages_are_met_outward_in_order_and_inward_reversed(void)
{
    struct pair pair;
    pair_setup(&pair, 3);
    bench_send(pair.guest, 2, 1, 60);
    CU_ASSERT_STRING_EQUAL(pair.said->str, "abc");
    bench_run(&pair.bench);
    g_string_assign(pair.said, "");
    bench_send(pair.host, 1, 2, 60);
    bench_run(&pair.bench);
    CU_ASSERT_STRING_EQUAL(pair.said->str, "cba");
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "host guest");
    CU_ASSERT_EQUAL(trace_last(pair.bench.trace), 0);
    pair_teardown(&pair);
}

static void test_passing_stages_change_neither_bytes_nor_time(void)
{
    struct pair pair;
    pair_setup(&pair, 2);
    uint64_t sent_ns = vclock_now_ns(pair.bench.clock);
    bench_send(pair.guest, 2, 1, 98);
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->time_ns, sent_ns + ROUND_NS);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->len, 98);
    CU_ASSERT_EQUAL(memcmp(bench_arrival(&pair.bench, 0)->data, bench_frame(2, 1, 98, 0), 98), 0);
    pair_teardown(&pair);
}

static void test_dropped_frame_meets_no_later_stage_and_no_tap(void)
{
    struct pair pair;
    pair_setup(&pair, 3);
    pair.probes[1].direction = WIRE_OUT;
    pair.probes[1].what = PROBE_DROP;
    bench_send(pair.guest, 2, 1, 60);
    bench_run(&pair.bench);
    CU_ASSERT_STRING_EQUAL(pair.said->str, "ab");
    CU_ASSERT_EQUAL(pair.bench.arrivals->len, 0);
    CU_ASSERT_STRING_EQUAL(bench_last_event(&pair.bench),
                           "frame.dropped port=guest direction=out why=probe len=60");
    CU_ASSERT_EQUAL(wire_port_dropped(pair.guest->port), 1);
    pair_teardown(&pair);
}

static void test_stage_may_pass_a_frame_twice(void)
{
    struct pair pair;
    pair_setup(&pair, 2);
    pair.probes[0].what = PROBE_TWICE;
    bench_send(pair.guest, 2, 1, 60);
    bench_run(&pair.bench);
    CU_ASSERT_STRING_EQUAL(pair.said->str, "abb");
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "host host");
    pair_teardown(&pair);
}

static void test_delays_add_up_and_later_frames_overtake(void)
{
    struct pair pair;
    pair_setup(&pair, 2);
    pair.probes[0].what = PROBE_DELAY;
    pair.probes[0].delay_ns = 70;
    pair.probes[1].what = PROBE_DELAY;
    pair.probes[1].delay_ns = 7000;
    uint64_t sent_ns = vclock_now_ns(pair.bench.clock);
    bench_send(pair.guest, 2, 1, 61);
    pair.probes[0].what = PROBE_PASS;
    pair.probes[1].what = PROBE_PASS;
    bench_send(pair.guest, 2, 1, 62);
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->len, 62);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->time_ns, sent_ns + ROUND_NS);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->len, 61);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->time_ns, sent_ns + ROUND_NS + 7070);
    pair_teardown(&pair);
}

static void test_changed_frame_is_changed_for_its_port_only(void)
{
    struct pair pair;
    pair_setup(&pair, 1);
    bench_add_port(&pair.bench, "other", false);
    pair.probes[0].direction = WIRE_IN;
    pair.probes[0].what = PROBE_CHANGE;
    bench_send(pair.host, 0xff, 2, 60);
    bench_run(&pair.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "guest other");
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->data[59], 0x55);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->data[59], 59);
    pair_teardown(&pair);
}

static void test_stage_on_the_way_in_sees_the_padding_and_may_cut_below_it(void)
{
    struct pair pair;
    pair_setup(&pair, 1);
    pair.probes[0].direction = WIRE_IN;
    pair.probes[0].what = PROBE_CUT;
    pair.probes[0].cut_to = 10;
    bench_send(pair.host, 1, 2, 42);
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->len, 10);
    pair.probes[0].cut_to = 60;
    bench_send(pair.host, 1, 2, 42);
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->len, 60);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->data[59], 0);
    pair_teardown(&pair);
}

static void test_frame_cut_below_its_header_is_dropped_at_the_switch(void)
{
    struct pair pair;
    pair_setup(&pair, 1);
    pair.probes[0].what = PROBE_CUT;
    pair.probes[0].cut_to = 13;
    bench_send(pair.guest, 2, 1, 60);
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL(pair.bench.arrivals->len, 0);
    CU_ASSERT_STRING_EQUAL(
        bench_last_event(&pair.bench),
        "frame.dropped port=guest direction=out why=\"shorter than an Ethernet header\" len=13");
    pair_teardown(&pair);
}

UNIT_SUITE("wire_stage", UNIT_TEST(test_stages_are_met_outward_in_order_and_inward_reversed),
           UNIT_TEST(test_passing_stages_change_neither_bytes_nor_time),
           UNIT_TEST(test_dropped_frame_meets_no_later_stage_and_no_tap),
           UNIT_TEST(test_stage_may_pass_a_frame_twice),
           UNIT_TEST(test_delays_add_up_and_later_frames_overtake),
           UNIT_TEST(test_changed_frame_is_changed_for_its_port_only),
           UNIT_TEST(test_stage_on_the_way_in_sees_the_padding_and_may_cut_below_it),
           UNIT_TEST(test_frame_cut_below_its_header_is_dropped_at_the_switch))
