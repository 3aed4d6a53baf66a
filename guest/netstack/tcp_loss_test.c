/*
 * What is lost, and how it comes back: the retransmission timer, fast retransmit and recovery with
 * and without selective acknowledgements, and the same seen by the receiver.
 */
#include "netstack/dialogue.h"
#include "netstack/dialogue_tcp.h"
#include "netstack/tcp.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "tests/unit.h"

static struct dialogue_socket socket;

static void begin(const char *words)
{
    dialogue_begin_connected(&socket, words);
}

static void end(const char *reset)
{
    dialogue_tcp_end_by_reset(&socket, reset);
}

static struct tcp_information inform(void)
{
    struct tcp_information information;
    tcp_inform(socket.connection, &information);
    return information;
}

static void wait_until(uint64_t time_ns)
{
    fake_log_clear();
    while (clock_now_ns() + 50 * S < time_ns) {
        dialogue_wait_until(clock_now_ns() + 50 * S);
        dialogue_arp_reply(GATEWAY);
    }
    dialogue_wait_until(time_ns);
    dialogue_arp_reply(GATEWAY);
}

/* `count` segments of 1000 bytes from `first` on are sent. */
static void expect_segments(uint32_t first, unsigned count, bool push)
{
    for (unsigned i = 0; i < count; i++) {
        char line[80];
        (void)snprintf(line, sizeof(line), "%s seq %u:%u ack 1 win 65535",
                       push && i + 1 == count ? "P." : ".", first + i * 1000,
                       first + i * 1000 + 1000);
        dialogue_tcp_out(line);
    }
}

/* ---- the timer ------------------------------------------------------------------------------- */

static void test_data_are_sent_again_after_ever_longer_times(void)
{
    static const uint64_t seconds[] = {1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363, 423};
    begin("win 5000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 100), 100);
    dialogue_tcp_out("P. seq 1:101 ack 1 win 65535");
    for (unsigned i = 0; i < 12; i++) {
        wait_until(T0 + seconds[i] * S - 1);
        dialogue_expect_silence();
        dialogue_wait_until(T0 + seconds[i] * S);
        dialogue_tcp_out("P. seq 1:101 ack 1 win 65535");
    }
    CU_ASSERT_EQUAL(inform().retries, 12);
    dialogue_tcp_in(". seq 1 ack 101 win 5000");
    CU_ASSERT_EQUAL(inform().retries, 0);
    wait_until(T0 + 2000 * S);
    end("R. seq 101 ack 1 win 0");
}

static void test_data_that_nobody_acknowledges_end_it(void)
{
    begin("win 5000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 100), 100);
    dialogue_tcp_out("P. seq 1:101 ack 1 win 65535");
    for (unsigned i = 0; i < 15; i++) {
        while (dialogue_is_silent())
            wait_until(clock_now_ns() + S);
        dialogue_tcp_out("P. seq 1:101 ack 1 win 65535");
    }
    wait_until(T0 + 663 * S - 1);
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_ESTABLISHED);
    dialogue_wait_until(T0 + 663 * S);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1), -KETIMEDOUT);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1), -KEPIPE);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_the_timer_follows_the_round_trips(void)
{
    begin("win 50000 mss 1000");
    CU_ASSERT_EQUAL(inform().rto_ns, S);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 100), 100);
    dialogue_tcp_out("P. seq 1:101 ack 1 win 65535");
    dialogue_wait_until(T0 + 800 * MS);
    dialogue_tcp_in(". seq 1 ack 101 win 50000");
    /* SRTT was 0 (1 ns), RTTVAR 0: 100 ms and 200 ms, so 900 ms, and a second is the least */
    CU_ASSERT_EQUAL(inform().srtt_ns, 100 * MS + 1);
    CU_ASSERT_EQUAL(inform().rto_ns, S);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 100), 100);
    dialogue_tcp_out("P. seq 101:201 ack 1 win 65535");
    dialogue_wait_until(T0 + 1700 * MS);
    dialogue_tcp_in(". seq 1 ack 201 win 50000");
    /* RTTVAR 3/4 * 200 + 1/4 * 800, SRTT 7/8 * 100 + 1/8 * 900 */
    CU_ASSERT_EQUAL((inform().rto_ns + MS / 2) / MS, 1600);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 100), 100);
    dialogue_tcp_out("P. seq 201:301 ack 1 win 65535");
    dialogue_wait_until(T0 + 3299 * MS);
    dialogue_expect_silence();
    dialogue_wait_until(T0 + 3301 * MS);
    dialogue_tcp_out("P. seq 201:301 ack 1 win 65535");
    end("R. seq 301 ack 1 win 0");
}

static void test_what_was_sent_twice_is_not_measured(void)
{
    begin("win 5000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 100), 100);
    dialogue_tcp_out("P. seq 1:101 ack 1 win 65535");
    dialogue_wait_until(T0 + S);
    dialogue_tcp_out("P. seq 1:101 ack 1 win 65535");
    dialogue_wait_until(T0 + 2900 * MS);
    dialogue_tcp_in(". seq 1 ack 101 win 5000");
    CU_ASSERT_EQUAL(inform().srtt_ns, 1);
    CU_ASSERT_EQUAL(inform().rto_ns, 2 * S); /* "until a new sample is there" */
    end("R. seq 101 ack 1 win 0");
}

static void test_with_timestamps_it_is(void)
{
    begin("win 5000 mss 1000 ts 500 0");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 100), 100);
    dialogue_tcp_out("P. seq 1:101 ack 1 win 65535 ts 0 500");
    dialogue_wait_until(T0 + S);
    dialogue_tcp_out("P. seq 1:101 ack 1 win 65535 ts 1000 500");
    dialogue_wait_until(T0 + 1800 * MS);
    dialogue_tcp_in(". seq 1 ack 101 win 5000 ts 501 1000");
    CU_ASSERT_EQUAL(inform().srtt_ns, 100 * MS + 1);
    CU_ASSERT_EQUAL(inform().rto_ns, S);
    end("R. seq 101 ack 1 win 0 ts 1800 501");
}

static void test_after_a_lost_syn_three_seconds_are_waited_for_data(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    dialogue_tcp_begin(49152, GATEWAY, 80);
    dialogue_open(&socket);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, GATEWAY, 80), 0);
    dialogue_tcp_out("S seq 0 win 65535 mss 1460 sackok ts wscale 1");
    dialogue_wait_until(T0 + S);
    dialogue_tcp_out("S seq 0 win 65535 mss 1460 sackok ts wscale 1");
    dialogue_tcp_in("S. seq 0 ack 1 win 5000 mss 1000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    CU_ASSERT_EQUAL(inform().rto_ns, 3 * S);
    CU_ASSERT_EQUAL(inform().congestion_window, 1000);
    end("R. seq 1 ack 1 win 0");
}

static void test_after_a_timeout_all_is_sent_again_in_slow_start(void)
{
    begin("win 50000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 4000), 4000);
    expect_segments(1, 4, true);
    dialogue_wait_until(T0 + S);
    expect_segments(1, 1, false);
    CU_ASSERT_EQUAL(inform().congestion_window, 1000);
    CU_ASSERT_EQUAL(inform().slow_start_threshold, 2000);
    dialogue_tcp_in(". seq 1 ack 1001 win 50000");
    expect_segments(1001, 2, false);
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    dialogue_expect_silence();
    wait_until(T0 + 100 * S);
    end("R. seq 4001 ack 1 win 0");
}

/* ---- duplicates, without selective acknowledgements ------------------------------------------ */

/* Four segments, of which the first three are acknowledged, so that eight are on the way. */
static void begin_bulk(const char *words)
{
    begin(words);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 20000), 20000);
    expect_segments(1, 4, false);
    for (uint32_t i = 1; i <= 4; i++) {
        char line[60];
        (void)snprintf(line, sizeof(line), ". seq 1 ack %u win 50000", 1 + i * 1000);
        dialogue_tcp_in(line);
        expect_segments(4001 + (i - 1) * 2000, 2, false);
    }
    CU_ASSERT_EQUAL(inform().in_flight, 8000);
}

static void test_the_third_duplicate_brings_the_segment_back(void)
{
    begin_bulk("win 50000 mss 1000");
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    expect_segments(12001, 1, false); /* limited transmit */
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    expect_segments(13001, 1, false);
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    expect_segments(4001, 1, false);
    CU_ASSERT_EQUAL(inform().slow_start_threshold, 5000);
    CU_ASSERT_EQUAL(inform().congestion_window, 8000);
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    dialogue_expect_silence(); /* ten are on the way, and ten may be */
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    expect_segments(14001, 1, false);
    dialogue_tcp_in(". seq 1 ack 14001 win 50000"); /* all that was sent before */
    CU_ASSERT_EQUAL(inform().congestion_window, 2000);
    expect_segments(15001, 1, false);
    end("R. seq 16001 ack 1 win 0");
}

static void test_a_partial_acknowledgement_brings_the_next_one(void)
{
    begin_bulk("win 50000 mss 1000");
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    expect_segments(12001, 1, false);
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    expect_segments(13001, 1, false);
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    expect_segments(4001, 1, false);
    dialogue_tcp_in(". seq 1 ack 6001 win 50000");
    expect_segments(6001, 1, false);
    CU_ASSERT_EQUAL(inform().congestion_window, 7000); /* 8000 - 2000 + 1000 */
    dialogue_expect_silence();
    end("R. seq 14001 ack 1 win 0");
}

static void test_duplicates_of_what_was_sent_twice_mean_nothing(void)
{
    begin("win 50000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 4000), 4000);
    expect_segments(1, 4, true);
    dialogue_wait_until(T0 + S);
    expect_segments(1, 1, false);
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 4000), 4000);
    expect_segments(4001, 2, false);
    for (unsigned i = 0; i < 2; i++) {
        dialogue_tcp_in(". seq 1 ack 4001 win 50000");
        expect_segments(6001 + i * 1000, 1, i == 1);
    }
    for (unsigned i = 0; i < 3; i++)
        dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    dialogue_expect_silence();
    end("R. seq 8001 ack 1 win 0");
}

static void test_what_carries_data_or_another_window_is_no_duplicate(void)
{
    begin_bulk("win 50000 mss 1000");
    dialogue_tcp_in("P. seq 1:11 ack 4001 win 50000");
    dialogue_tcp_in(". seq 11 ack 4001 win 49000");
    dialogue_tcp_in(". seq 11 ack 4001 win 50000");
    dialogue_tcp_in(". seq 11 ack 4001 win 49000");
    dialogue_expect_silence();
    end("R. seq 12001 ack 11 win 0");
}

/* ---- selective acknowledgements: what they say ----------------------------------------------- */

static void test_holes_are_filled_and_the_rest_is_not_sent_again(void)
{
    begin_bulk("win 50000 mss 1000 sackok");
    dialogue_tcp_in(". seq 1 ack 4001 win 50000 sack 5001:6001");
    expect_segments(12001, 1, false);
    dialogue_tcp_in(". seq 1 ack 4001 win 50000 sack 5001:6001 sack 7001:8001");
    expect_segments(13001, 1, false);
    /* 4001 is lost: three ranges, or more than two segments, lie above. 6001 is not, yet */
    dialogue_tcp_in(". seq 1 ack 4001 win 50000 sack 5001:6001 sack 7001:9001");
    expect_segments(4001, 1, false);
    CU_ASSERT_EQUAL(inform().slow_start_threshold, 5000);
    dialogue_expect_silence();
    /* 6001 is lost now; 4001 again, 9001 to 14001 less a segment, are on the way */
    dialogue_tcp_in(". seq 1 ack 4001 win 50000 sack 5001:6001 sack 7001:10001");
    dialogue_expect_silence();
    dialogue_tcp_in(". seq 1 ack 4001 win 50000 sack 5001:6001 sack 7001:11001");
    expect_segments(6001, 1, false);
    dialogue_tcp_in(". seq 1 ack 4001 win 50000 sack 5001:6001 sack 7001:12001");
    expect_segments(14001, 1, false);
    dialogue_tcp_in(". seq 1 ack 14001 win 50000");
    CU_ASSERT_EQUAL(inform().congestion_window, 5000);
    expect_segments(15001, 4, false);
    end("R. seq 19001 ack 1 win 0");
}

static void test_after_a_timeout_what_they_have_is_skipped(void)
{
    begin("win 50000 mss 1000 sackok");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 4000), 4000);
    expect_segments(1, 4, true);
    dialogue_wait_until(T0 + S);
    expect_segments(1, 1, false);
    dialogue_tcp_in(". seq 1 ack 1001 win 50000 sack 2001:3001");
    expect_segments(1001, 1, false);
    expect_segments(3001, 1, true);
    dialogue_tcp_in(". seq 1 ack 4001 win 50000");
    wait_until(T0 + 100 * S);
    end("R. seq 4001 ack 1 win 0");
}

static void test_what_is_acknowledged_need_not_be_remembered(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    char line[80];
    size_t size;
    uint32_t una = 1;
    begin("win 50000 mss 1000 sackok");
    for (unsigned i = 0; i < 20; i++, una += 3000) {
        CU_ASSERT_EQUAL(dialogue_write(&socket, 3000), 3000);
        expect_segments(una, 3, true);
        (void)snprintf(line, sizeof(line), ". seq 1 ack %u win 50000 sack %u:%u", una, una + 1000,
                       una + 2000);
        dialogue_tcp_in(line);
        (void)snprintf(line, sizeof(line), ". seq 1 ack %u win 50000", una + 3000);
        dialogue_tcp_in(line);
    }
    CU_ASSERT_EQUAL(dialogue_write(&socket, 4000), 4000);
    expect_segments(una, 4, true);
    (void)snprintf(line, sizeof(line), ". seq 1 ack %u win 50000 sack %u:%u", una, una + 1000,
                   una + 4000);
    dialogue_tcp_in(line);
    expect_segments(una, 1, false);
    dialogue_expect_silence();
    dialogue_abort(&socket);
    CU_ASSERT_TRUE(dialogue_take(frame, &size));
    dialogue_tcp_end();
}

static void test_blocks_that_make_no_sense_say_nothing(void)
{
    begin_bulk("win 50000 mss 1000 sackok");
    for (unsigned i = 0; i < 4; i++) {
        dialogue_tcp_in(". seq 1 ack 4001 win 50000 sack 1001:2001");
        dialogue_tcp_in(". seq 1 ack 4001 win 50000 sack 6001:5001");
        dialogue_tcp_in(". seq 1 ack 4001 win 50000 sack 11001:13001");
        dialogue_tcp_in(". seq 1 ack 4001 win 50000 sack 5001:5001");
    }
    dialogue_expect_silence();
    end("R. seq 12001 ack 1 win 0");
}

/* ---- selective acknowledgements: what we say ------------------------------------------------- */

static void test_gaps_are_told_at_once_the_latest_first(void)
{
    begin("win 5000 mss 1000 sackok");
    dialogue_tcp_in(". seq 1001:2001 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535 sack 1001:2001");
    dialogue_tcp_in(". seq 3001:4001 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535 sack 3001:4001 1001:2001");
    dialogue_tcp_in(". seq 2001:2501 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535 sack 1001:2501 3001:4001");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 9999), -KEAGAIN);
    CU_ASSERT_EQUAL(dialogue_told(&socket), 0);
    dialogue_tcp_in(". seq 1:1001 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 2501 win 65535 sack 3001:4001");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 9999), 2500);
    dialogue_tcp_in(". seq 2501:3001 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 4001 win 65535");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 9999), 1500);
    end("R. seq 1 ack 4001 win 0");
}

static void test_beside_timestamps_three_ranges_are_told(void)
{
    begin("win 5000 mss 1000 sackok ts 500 0");
    for (uint32_t i = 1; i <= 4; i++) {
        uint8_t frame[DIALOGUE_FRAME_MAX];
        char line[80];
        size_t size;
        (void)snprintf(line, sizeof(line), ". seq %u:%u ack 1 win 5000 ts 500 0", i * 200,
                       i * 200 + 100);
        dialogue_tcp_in(line);
        if (i < 4)
            CU_ASSERT_TRUE(dialogue_take(frame, &size));
    }
    dialogue_tcp_out(". seq 1 ack 1 win 65535 ts 0 500 sack 800:900 200:300 400:500");
    end("R. seq 1 ack 1 win 0 ts 0 500");
}

static void test_without_them_gaps_are_only_duplicates(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in(". seq 1001:2001 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    dialogue_tcp_in(". seq 1:1001 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 2001 win 65535");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 9999), 2000);
    end("R. seq 1 ack 2001 win 0");
}

static void test_there_may_be_so_many_gaps_and_not_more(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    begin("win 5000 mss 1000");
    for (uint32_t i = 0; i < 16; i++) {
        char line[60];
        (void)snprintf(line, sizeof(line), ". seq %u:%u ack 1 win 5000", 11 + i * 20, 21 + i * 20);
        dialogue_tcp_in(line);
        CU_ASSERT_TRUE(dialogue_take(frame, &size));
    }
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_DISORDER), 0);
    dialogue_tcp_in(". seq 411:421 ack 1 win 5000");
    CU_ASSERT_TRUE(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_DISORDER), 1);
    CU_ASSERT_EQUAL(inform().dropped, 1);
    dialogue_tcp_in(". seq 331:351 ack 1 win 5000"); /* what touches a range has room */
    CU_ASSERT_TRUE(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_DISORDER), 2); /* 311:321 ends before it */
    dialogue_tcp_in(". seq 321:331 ack 1 win 5000");
    CU_ASSERT_TRUE(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_DISORDER), 2);
    dialogue_tcp_in(". seq 1:501 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 501 win 65035");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 9999), 500);
    end("R. seq 1 ack 501 win 0");
}

static void test_a_fin_behind_a_gap_waits_for_it(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in("FP. seq 1001:1501 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_ESTABLISHED);
    dialogue_tcp_in(". seq 1501:1601 ack 1 win 5000"); /* behind their end: nonsense */
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    dialogue_tcp_in(". seq 1:1001 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 1502 win 65535");
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_CLOSE_WAIT);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 9999), 1500);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 9999), 0);
    end("R. seq 1 ack 1502 win 0");
}

static void test_what_was_received_before_is_acknowledged_again(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in("P. seq 1:101 ack 1 win 5000");
    dialogue_tcp_in("P. seq 1:101 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 101 win 65435");
    dialogue_tcp_in("P. seq 51:201 ack 1 win 5000"); /* half of it is new */
    dialogue_tcp_out(". seq 1 ack 201 win 65335");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 9999), 200);
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_WINDOW), 1);
    end("R. seq 1 ack 201 win 0");
}

UNIT_SUITE("tcp_loss", UNIT_TEST(test_data_are_sent_again_after_ever_longer_times),
           UNIT_TEST(test_data_that_nobody_acknowledges_end_it),
           UNIT_TEST(test_the_timer_follows_the_round_trips),
           UNIT_TEST(test_what_was_sent_twice_is_not_measured),
           UNIT_TEST(test_with_timestamps_it_is),
           UNIT_TEST(test_after_a_lost_syn_three_seconds_are_waited_for_data),
           UNIT_TEST(test_after_a_timeout_all_is_sent_again_in_slow_start),
           UNIT_TEST(test_the_third_duplicate_brings_the_segment_back),
           UNIT_TEST(test_a_partial_acknowledgement_brings_the_next_one),
           UNIT_TEST(test_duplicates_of_what_was_sent_twice_mean_nothing),
           UNIT_TEST(test_what_carries_data_or_another_window_is_no_duplicate),
           UNIT_TEST(test_holes_are_filled_and_the_rest_is_not_sent_again),
           UNIT_TEST(test_after_a_timeout_what_they_have_is_skipped),
           UNIT_TEST(test_what_is_acknowledged_need_not_be_remembered),
           UNIT_TEST(test_blocks_that_make_no_sense_say_nothing),
           UNIT_TEST(test_gaps_are_told_at_once_the_latest_first),
           UNIT_TEST(test_beside_timestamps_three_ranges_are_told),
           UNIT_TEST(test_without_them_gaps_are_only_duplicates),
           UNIT_TEST(test_there_may_be_so_many_gaps_and_not_more),
           UNIT_TEST(test_a_fin_behind_a_gap_waits_for_it),
           UNIT_TEST(test_what_was_received_before_is_acknowledged_again))
