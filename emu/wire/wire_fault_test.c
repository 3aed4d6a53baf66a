/*
 * wire_fault_test.c - each fault of a cable, and that it does nothing else
 */
#include "emu/wire/wire_fault.h"

#include "emu/wire/wire_bench.h"
#include "tests/unit.h"

#define ROUND_NS (2 * WIRE_LATENCY_NS)

/* Ports guest (padded, with the stage on it) and host; both stations are known. */
struct pair {
    struct bench bench;
    struct bench_port *guest, *host;
    struct wire_fault *stage;
    uint64_t begun_ns;
};

static const struct fault_which all = {0, FAULT_ALL};
static const struct fault_which once = {0, 1};

static void pair_setup(struct pair *pair)
{
    bench_setup(&pair->bench);
    pair->guest = bench_add_port(&pair->bench, "guest", true);
    pair->host = bench_add_port(&pair->bench, "host", false);
    bench_send(pair->guest, 0xff, 1, 60);
    bench_send(pair->host, 0xff, 2, 60);
    bench_run(&pair->bench);
    bench_forget(&pair->bench);
    pair->stage = wire_fault_new(pair->guest->port, pair->bench.clock, pair->bench.trace, 1);
    pair->begun_ns = vclock_now_ns(pair->bench.clock);
}

static void pair_teardown(struct pair *pair)
{
    CU_ASSERT_TRUE(vclock_is_quiescent(pair->bench.clock));
    wire_fault_free(pair->stage);
    bench_teardown(&pair->bench);
}

static void pair_inject(struct pair *pair, enum wire_fault_kind kind, uint64_t amount,
                        struct fault_which which)
{
    const struct wire_fault_spec spec = {
        .kind = kind, .in = true, .out = true, .amount = amount, .which = which};
    wire_fault_inject(pair->stage, &spec);
}

/* Out and in again, each of 98 bytes. */
static void pair_exchange(struct pair *pair)
{
    bench_send(pair->guest, 2, 1, 98);
    bench_run(&pair->bench);
    bench_send(pair->host, 1, 2, 98);
    bench_run(&pair->bench);
}

static void test_stage_without_faults_changes_nothing(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_exchange(&pair);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "host guest");
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->time_ns, pair.begun_ns + ROUND_NS);
    CU_ASSERT_EQUAL(memcmp(bench_arrival(&pair.bench, 1)->data, bench_frame(1, 2, 98, 0), 98), 0);
    CU_ASSERT_EQUAL(trace_last(pair.bench.trace), 0);
    pair_teardown(&pair);
}

static void test_frame_is_dropped_and_the_next_one_is_not(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_DROP, 0, once);
    bench_send(pair.guest, 2, 1, 60);
    bench_run(&pair.bench);
    CU_ASSERT_STRING_EQUAL(bench_last_event(&pair.bench),
                           "frame.dropped port=guest direction=out why=\"an injected fault\" "
                           "len=60");
    CU_ASSERT_EQUAL(bench_count_events(&pair.bench, TRACE_FAULT_APPLIED), 1);
    CU_ASSERT_EQUAL(wire_fault_room(pair.stage), WIRE_FAULTS_MAX);
    pair_exchange(&pair);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "host guest");
    CU_ASSERT_EQUAL(bench_count_events(&pair.bench, TRACE_FAULT_APPLIED), 1);
    pair_teardown(&pair);
}

static void test_fault_of_one_direction_leaves_the_other_alone(void)
{
    struct pair pair;
    pair_setup(&pair);
    const struct wire_fault_spec spec = {.kind = WIRE_FAULT_DROP, .in = true, .which = all};
    wire_fault_inject(pair.stage, &spec);
    pair_exchange(&pair);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "host");
    CU_ASSERT_EQUAL(bench_count_events(&pair.bench, TRACE_FRAME_DROPPED), 1);
    pair_teardown(&pair);
}

static bool is_long(const void *opaque, const uint8_t *frame, size_t len)
{
    const size_t *than = opaque;
    return frame != NULL && len > *than;
}

static void test_only_frames_that_the_predicate_picks_are_occurrences(void)
{
    struct pair pair;
    pair_setup(&pair);
    const size_t than = 80;
    const struct wire_fault_spec spec = {
        .kind = WIRE_FAULT_DROP, .out = true, .which = {1, 1}, .matches = is_long, .opaque = &than};
    wire_fault_inject(pair.stage, &spec);
    static const size_t lens[] = {60, 98, 61, 99, 100};
    for (size_t i = 0; i < G_N_ELEMENTS(lens); i++) {
        bench_send(pair.guest, 2, 1, lens[i]);
    }
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL(pair.bench.arrivals->len, 4);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 3)->len, 100);
    pair_teardown(&pair);
}

static void test_delayed_frame_is_overtaken(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_DELAY, 7000, once);
    bench_send(pair.guest, 2, 1, 61);
    bench_send(pair.guest, 2, 1, 62);
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->len, 62);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->len, 61);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->time_ns, pair.begun_ns + ROUND_NS + 7000);
    CU_ASSERT_EQUAL(bench_count_events(&pair.bench, TRACE_FRAME_DROPPED), 0);
    pair_teardown(&pair);
}

static void test_duplicated_frame_arrives_twice(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_DUPLICATE, 0, once);
    pair_exchange(&pair);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "host host guest");
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->len, 98);
    pair_teardown(&pair);
}

static void test_corrupted_frame_differs_in_one_byte(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_CORRUPT, 20, once);
    pair_inject(&pair, WIRE_FAULT_CORRUPT, 98, all); /* behind the end: never */
    bench_send(pair.guest, 2, 1, 98);
    bench_run(&pair.bench);
    uint8_t expected[98];
    memcpy(expected, bench_frame(2, 1, 98, 0), sizeof(expected));
    expected[20] ^= 0xff;
    CU_ASSERT_EQUAL(memcmp(bench_arrival(&pair.bench, 0)->data, expected, 98), 0);
    CU_ASSERT_EQUAL(bench_count_events(&pair.bench, TRACE_FAULT_APPLIED), 1);
    pair_teardown(&pair);
}

static void test_truncated_frame_is_cut_and_a_shorter_one_is_not(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_TRUNCATE, 64, all);
    bench_send(pair.guest, 2, 1, 98);
    bench_send(pair.guest, 2, 1, 64);
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->len, 64);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->len, 64);
    CU_ASSERT_EQUAL(bench_count_events(&pair.bench, TRACE_FAULT_APPLIED), 1);
    pair_teardown(&pair);
}

static void test_faults_compose_in_the_order_of_injection(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_DROP, 0, once);
    pair_inject(&pair, WIRE_FAULT_DUPLICATE, 0, once);
    pair_inject(&pair, WIRE_FAULT_CORRUPT, 97, once);
    pair_inject(&pair, WIRE_FAULT_DELAY, 500, once);
    bench_send(pair.guest, 2, 1, 98); /* dropped: the others do not see it */
    bench_send(pair.guest, 2, 1, 98);
    bench_run(&pair.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "host host");
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->data[97], 97 ^ 0xff);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->time_ns, pair.begun_ns + ROUND_NS + 500);
    CU_ASSERT_EQUAL(bench_count_events(&pair.bench, TRACE_FAULT_APPLIED), 4);
    pair_teardown(&pair);
}

static void test_restore_ends_all_faults_and_says_so(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_DROP, 0, all);
    wire_fault_restore(pair.stage);
    CU_ASSERT_STRING_EQUAL(bench_last_event(&pair.bench),
                           "fault.restored object=link target=guest");
    pair_exchange(&pair);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "host guest");
    CU_ASSERT_EQUAL(trace_last(pair.bench.trace), 2);
    pair_teardown(&pair);
}

static void test_frame_from_nowhere_is_padded_and_meets_the_faults(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_CORRUPT, 59, once);
    wire_port_deliver(pair.guest->port, bench_frame(1, 2, 42, 0), 42);
    bench_run(&pair.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "guest");
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->len, WIRE_FRAME_MIN);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->data[59], 0xff);
    wire_port_deliver(pair.guest->port, bench_frame(1, 2, 13, 0), 13);
    bench_run(&pair.bench);
    CU_ASSERT_STRING_EQUAL(
        bench_last_event(&pair.bench),
        "frame.dropped port=guest direction=in why=\"shorter than an Ethernet header\" len=13");
    CU_ASSERT_EQUAL(pair.bench.arrivals->len, 1);
    pair_teardown(&pair);
}

static void test_reordered_frame_is_overtaken_by_so_many(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_REORDER, 2, once);
    for (size_t len = 60; len < 64; len++) {
        bench_send(pair.guest, 2, 1, len);
    }
    bench_run(&pair.bench);
    static const size_t lens[] = {61, 62, 60, 63};
    CU_ASSERT_EQUAL_FATAL(pair.bench.arrivals->len, 4);
    for (guint i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(bench_arrival(&pair.bench, i)->len, lens[i]);
        CU_ASSERT_EQUAL(bench_arrival(&pair.bench, i)->time_ns, pair.begun_ns + ROUND_NS);
    }
    CU_ASSERT_EQUAL(bench_count_events(&pair.bench, TRACE_FRAME_DROPPED), 0);
    pair_teardown(&pair);
}

static void test_held_frame_does_not_wait_for_ever_nor_for_the_other_direction(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_REORDER, 1, once);
    bench_send(pair.guest, 2, 1, 60);
    bench_send(pair.host, 1, 2, 60);
    bench_run(&pair.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "guest host");
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 1)->time_ns,
                    pair.begun_ns + WIRE_FAULT_REORDER_NS + ROUND_NS);
    pair_teardown(&pair);
}

static void test_held_frames_pass_when_faults_end(void)
{
    struct pair pair;
    pair_setup(&pair);
    pair_inject(&pair, WIRE_FAULT_REORDER, 5, all);
    for (size_t len = 60; len < 64; len++) {
        bench_send(pair.guest, 2, 1, len);
    }
    wire_fault_restore(pair.stage);
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL_FATAL(pair.bench.arrivals->len, 4);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 0)->len, 60);
    CU_ASSERT_EQUAL(bench_arrival(&pair.bench, 3)->len, 63);
    pair_teardown(&pair);
}

/* Which of 200 frames arrive, and how many. */
static unsigned drop_by_chance(uint64_t seed, bool arrived[200])
{
    struct pair pair;
    pair_setup(&pair);
    struct wire_fault *stage =
        wire_fault_new(pair.host->port, pair.bench.clock, pair.bench.trace, seed);
    const struct wire_fault_spec spec = {
        .kind = WIRE_FAULT_DROP, .in = true, .chance_ppm = 200000, .which = all};
    wire_fault_inject(stage, &spec);
    unsigned count = 0;
    for (size_t i = 0; i < 200; i++) {
        guint len = pair.bench.arrivals->len;
        wire_port_deliver(pair.host->port, bench_frame(2, 1, 60, 0), 60);
        bench_run(&pair.bench);
        arrived[i] = pair.bench.arrivals->len > len;
        count += arrived[i] ? 1 : 0;
    }
    wire_fault_free(stage);
    pair_teardown(&pair);
    return count;
}

static void test_chance_comes_from_the_seed(void)
{
    bool one[200], same[200], other[200];
    unsigned count = drop_by_chance(1, one);
    CU_ASSERT_TRUE(count > 130 && count < 190);
    CU_ASSERT_EQUAL(drop_by_chance(1, same), count);
    CU_ASSERT_EQUAL(memcmp(one, same, sizeof(one)), 0);
    drop_by_chance(2, other);
    CU_ASSERT_NOT_EQUAL(memcmp(one, other, sizeof(one)), 0);
}

static void test_occurrences_are_those_that_chance_picks(void)
{
    struct pair pair;
    pair_setup(&pair);
    const struct wire_fault_spec spec = {
        .kind = WIRE_FAULT_DROP, .out = true, .chance_ppm = 300000, .which = {0, 2}};
    wire_fault_inject(pair.stage, &spec);
    for (unsigned i = 0; i < 100; i++) {
        bench_send(pair.guest, 2, 1, 60);
    }
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL(pair.bench.arrivals->len, 98);
    pair_teardown(&pair);
}

static void test_jitter_is_added_to_the_delay(void)
{
    struct pair pair;
    pair_setup(&pair);
    const struct wire_fault_spec spec = {
        .kind = WIRE_FAULT_DELAY, .out = true, .amount = 5000, .jitter_ns = 1000, .which = all};
    wire_fault_inject(pair.stage, &spec);
    for (unsigned i = 0; i < 100; i++) {
        bench_send(pair.guest, 2, 1, 60);
    }
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL_FATAL(pair.bench.arrivals->len, 100);
    uint64_t first_ns = bench_arrival(&pair.bench, 0)->time_ns;
    uint64_t last_ns = bench_arrival(&pair.bench, 99)->time_ns;
    CU_ASSERT_TRUE(first_ns >= pair.begun_ns + ROUND_NS + 5000);
    CU_ASSERT_TRUE(last_ns <= pair.begun_ns + ROUND_NS + 6000);
    CU_ASSERT_TRUE(last_ns - first_ns > 500);
    pair_teardown(&pair);
}

static void test_rate_sends_one_frame_after_the_other_and_bounds_the_queue(void)
{
    struct pair pair;
    pair_setup(&pair);
    const struct wire_fault_spec spec = {.kind = WIRE_FAULT_RATE,
                                         .in = true,
                                         .out = true,
                                         .amount = 10000000,
                                         .queue = 2500,
                                         .which = all};
    wire_fault_inject(pair.stage, &spec);
    for (unsigned i = 0; i < 6; i++) {
        bench_send(pair.guest, 2, 1, 976); /* with what is around it 1000 bytes: 800 us */
    }
    bench_send(pair.host, 1, 2, 976); /* the other direction has its own */
    bench_run(&pair.bench);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "guest host host host");
    for (guint i = 1; i < 4; i++) {
        CU_ASSERT_EQUAL(bench_arrival(&pair.bench, i)->time_ns,
                        pair.begun_ns + ROUND_NS + i * 800000);
    }
    CU_ASSERT_EQUAL(bench_count_events(&pair.bench, TRACE_FRAME_DROPPED), 3);
    bench_send(pair.guest, 2, 1, 976);
    bench_run(&pair.bench);
    CU_ASSERT_EQUAL(bench_count_events(&pair.bench, TRACE_FRAME_DROPPED), 3);
    pair_teardown(&pair);
}

static void test_partition_is_of_a_direction(void)
{
    struct pair pair;
    pair_setup(&pair);
    const struct wire_fault_spec spec = {.kind = WIRE_FAULT_PARTITION, .out = true, .which = all};
    wire_fault_inject(pair.stage, &spec);
    pair_exchange(&pair);
    pair_exchange(&pair);
    CU_ASSERT_STRING_EQUAL(bench_order(&pair.bench), "guest guest");
    pair_teardown(&pair);
}

UNIT_SUITE("wire_fault", UNIT_TEST(test_reordered_frame_is_overtaken_by_so_many),
           UNIT_TEST(test_held_frame_does_not_wait_for_ever_nor_for_the_other_direction),
           UNIT_TEST(test_held_frames_pass_when_faults_end),
           UNIT_TEST(test_chance_comes_from_the_seed),
           UNIT_TEST(test_occurrences_are_those_that_chance_picks),
           UNIT_TEST(test_jitter_is_added_to_the_delay),
           UNIT_TEST(test_rate_sends_one_frame_after_the_other_and_bounds_the_queue),
           UNIT_TEST(test_partition_is_of_a_direction),
           UNIT_TEST(test_stage_without_faults_changes_nothing),
           UNIT_TEST(test_frame_is_dropped_and_the_next_one_is_not),
           UNIT_TEST(test_fault_of_one_direction_leaves_the_other_alone),
           UNIT_TEST(test_only_frames_that_the_predicate_picks_are_occurrences),
           UNIT_TEST(test_delayed_frame_is_overtaken),
           UNIT_TEST(test_duplicated_frame_arrives_twice),
           UNIT_TEST(test_corrupted_frame_differs_in_one_byte),
           UNIT_TEST(test_truncated_frame_is_cut_and_a_shorter_one_is_not),
           UNIT_TEST(test_faults_compose_in_the_order_of_injection),
           UNIT_TEST(test_restore_ends_all_faults_and_says_so),
           UNIT_TEST(test_frame_from_nowhere_is_padded_and_meets_the_faults))
