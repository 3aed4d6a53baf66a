/*
 * When segments and acknowledgements leave though nothing is lost: Nagle's algorithm, delayed
 * acknowledgements, windows that close and open, silly windows, keepalive.
 */
#include "netstack/dialogue.h"
#include "netstack/dialogue_tcp.h"
#include "netstack/tcp.h"
#include "netstack/tcp_buffer.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "tests/unit.h"

static struct dialogue_socket socket;

static void begin(const char *words)
{
    dialogue_begin_connected(&socket, words);
}

/* Resets the connection, of which this was the last number of ours, and theirs. */
static void end(const char *reset)
{
    dialogue_tcp_end_by_reset(&socket, reset);
}

static void set_options(struct tcp_options options)
{
    tcp_set_options(socket.connection, &options, clock_now_ns());
}

static struct tcp_options options(void)
{
    return *tcp_get_options(socket.connection);
}

/* The other side, which lives on: it is known for a minute only. */
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

/* ---- sending --------------------------------------------------------------------------------- */

static void test_a_small_segment_waits_while_another_is_on_the_way(void)
{
    begin("win 5000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    dialogue_tcp_out("P. seq 1:11 ack 1 win 65535");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    dialogue_expect_silence();
    dialogue_tcp_in(". seq 1 ack 11 win 5000");
    dialogue_tcp_out("P. seq 11:31 ack 1 win 65535");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 2500), 2500); /* full ones do not wait */
    dialogue_tcp_out(". seq 31:1031 ack 1 win 65535");
    dialogue_tcp_out(". seq 1031:2031 ack 1 win 65535");
    dialogue_expect_silence();
    end("R. seq 2031 ack 1 win 0");
}

static void test_without_delay_small_segments_do_not_wait(void)
{
    begin("win 5000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    dialogue_tcp_out("P. seq 1:11 ack 1 win 65535");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    dialogue_expect_silence();
    struct tcp_options now = options();
    now.no_delay = true;
    set_options(now); /* what waits leaves at once */
    dialogue_tcp_out("P. seq 11:21 ack 1 win 65535");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    dialogue_tcp_out("P. seq 21:31 ack 1 win 65535");
    end("R. seq 31 ack 1 win 0");
}

static void test_the_window_begins_with_three_segments_and_grows_with_each_ack(void)
{
    begin("win 60000 mss 1400");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 20000), 20000);
    dialogue_tcp_out(". seq 1:1401 ack 1 win 65535");
    dialogue_tcp_out(". seq 1401:2801 ack 1 win 65535");
    dialogue_tcp_out(". seq 2801:4201 ack 1 win 65535");
    dialogue_expect_silence();
    dialogue_tcp_in(". seq 1 ack 1401 win 60000");
    dialogue_tcp_out(". seq 4201:5601 ack 1 win 65535");
    dialogue_tcp_out(". seq 5601:7001 ack 1 win 65535");
    dialogue_expect_silence();
    dialogue_tcp_in(". seq 1 ack 4201 win 60000"); /* of two: a segment more, not two */
    dialogue_tcp_out(". seq 7001:8401 ack 1 win 65535");
    dialogue_tcp_out(". seq 8401:9801 ack 1 win 65535");
    dialogue_tcp_out(". seq 9801:11201 ack 1 win 65535");
    dialogue_expect_silence();
    end("R. seq 11201 ack 1 win 0");
}

static void test_after_idling_the_window_is_that_of_a_beginning(void)
{
    struct tcp_information information;
    begin("win 60000 mss 1000");
    for (uint32_t i = 0; i < 10; i++) {
        char line[60];
        CU_ASSERT_EQUAL(dialogue_write(&socket, 1000), 1000);
        (void)snprintf(line, sizeof(line), "P. seq %u:%u ack 1 win 65535", 1 + i * 1000,
                       1001 + i * 1000);
        dialogue_tcp_out(line);
        (void)snprintf(line, sizeof(line), ". seq 1 ack %u win 60000", 1001 + i * 1000);
        dialogue_tcp_in(line);
    }
    tcp_inform(socket.connection, &information);
    CU_ASSERT_EQUAL(information.congestion_window, 14000);
    dialogue_wait_until(T0 + 3 * S);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1000), 1000);
    dialogue_tcp_out("P. seq 10001:11001 ack 1 win 65535");
    tcp_inform(socket.connection, &information);
    CU_ASSERT_EQUAL(information.congestion_window, 4000);
    end("R. seq 11001 ack 1 win 0");
}

static void test_no_more_is_sent_than_their_window_takes(void)
{
    begin("win 1500 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 3000), 3000);
    dialogue_tcp_out(". seq 1:1001 ack 1 win 65535");
    dialogue_expect_silence(); /* 500 more would be silly */
    dialogue_tcp_in(". seq 1 ack 1001 win 1500");
    dialogue_tcp_out(". seq 1001:2001 ack 1 win 65535");
    end("R. seq 2001 ack 1 win 0");
}

static void test_half_of_the_largest_window_is_not_silly(void)
{
    begin("win 800 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 3000), 3000);
    dialogue_tcp_out(". seq 1:801 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 801 win 399");
    dialogue_expect_silence();
    dialogue_tcp_in(". seq 1 ack 801 win 400");
    dialogue_tcp_out(". seq 801:1201 ack 1 win 65535");
    end("R. seq 1201 ack 1 win 0");
}

static void test_a_full_buffer_takes_nothing_and_says_when_it_has_room(void)
{
    begin("win 1000 mss 1000");
    struct tcp_options now = options();
    now.send_buffer = 3000;
    set_options(now);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 5000), 3000);
    dialogue_tcp_out(". seq 1:1001 ack 1 win 65535");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1), -KEAGAIN);
    CU_ASSERT_EQUAL(dialogue_ready(&socket), 0);
    CU_ASSERT_EQUAL(dialogue_told(&socket), 0);
    dialogue_tcp_in(". seq 1 ack 501 win 1000"); /* a sixth is free */
    CU_ASSERT_EQUAL(dialogue_ready(&socket), 0);
    CU_ASSERT_EQUAL(dialogue_told(&socket), 0);
    dialogue_tcp_in(". seq 1 ack 1001 win 500");
    CU_ASSERT_EQUAL(dialogue_ready(&socket), TCP_READY_OUT);
    CU_ASSERT_EQUAL(dialogue_told(&socket), TCP_READY_OUT);
    dialogue_tcp_out(". seq 1001:1501 ack 1 win 65535");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 5000), 1000);
    end("R. seq 1501 ack 1 win 0");
}

/* ---- a window that is closed ----------------------------------------------------------------- */

static void test_without_memory_a_sender_waits_until_there_is_some(void)
{
    static struct tcp_buffer eaters[TCP_BLOCKS_MAX / TCP_BLOCK_SLOTS + 2];
    unsigned count = 0;
    begin("win 5000 mss 1000");
    for (; tcp_blocks_left() > 0; count++) {
        tcp_buffer_init(&eaters[count], 0);
        for (uint32_t at = 0; at < TCP_BUFFER_SPAN && tcp_blocks_left() > 0; at += TCP_BLOCK_SIZE)
            CU_ASSERT_EQUAL(tcp_buffer_write(&eaters[count], at, "", 1), 1);
    }
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), -KEAGAIN);
    CU_ASSERT_EQUAL(tcp_readiness(socket.connection), 0);
    dialogue_wait_until(clock_now_ns() + 25 * MS);
    CU_ASSERT_EQUAL(tcp_readiness(socket.connection), 0);
    while (count > 0)
        tcp_buffer_release_all(&eaters[--count]);
    CU_ASSERT_EQUAL(tcp_readiness(socket.connection), 0);
    socket.told = 0;
    dialogue_wait_until(clock_now_ns() + 5 * MS);
    CU_ASSERT_EQUAL(socket.told, TCP_READY_OUT);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    dialogue_tcp_out("P. seq 1:11 ack 1 win 65535");
    end("R. seq 11 ack 1 win 0");
}

static void test_a_closed_window_is_probed_ever_more_rarely(void)
{
    static const uint64_t seconds[] = {1, 3, 7, 15, 31, 63, 123, 183, 243};
    begin("win 1000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 2000), 2000);
    dialogue_tcp_out(". seq 1:1001 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 1001 win 0");
    for (unsigned i = 0; i < 9; i++) {
        wait_until(T0 + seconds[i] * S - 1);
        dialogue_expect_silence();
        dialogue_wait_until(T0 + seconds[i] * S);
        dialogue_tcp_out(". seq 1001:1002 ack 1 win 65535");
        dialogue_tcp_in(". seq 1 ack 1001 win 0");
    }
    dialogue_tcp_in(". seq 1 ack 1001 win 1000");
    dialogue_tcp_out("P. seq 1001:2001 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 2001 win 0");
    wait_until(T0 + 2000 * S); /* nothing is left to probe for */
    end("R. seq 2001 ack 1 win 0");
}

static void test_a_probe_that_is_taken_counts(void)
{
    begin("win 0 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    dialogue_wait_until(T0 + S);
    dialogue_tcp_out(". seq 1:2 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 2 win 0");
    dialogue_tcp_in(". seq 1 ack 2 win 100");
    dialogue_tcp_out("P. seq 2:11 ack 1 win 65535");
    end("R. seq 11 ack 1 win 0");
}

static void test_a_fin_is_a_probe_when_nothing_else_is_left(void)
{
    begin("win 0 mss 1000");
    CU_ASSERT_EQUAL(dialogue_shutdown(&socket, TCP_SHUT_WRITE), 0);
    dialogue_expect_silence();
    dialogue_wait_until(T0 + S);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 2 win 0");
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_FIN_WAIT_2);
    end("R. seq 2 ack 1 win 0");
}

static void test_an_acknowledged_fin_ends_the_probes(void)
{
    begin("win 0 mss 1000");
    CU_ASSERT_EQUAL(dialogue_shutdown(&socket, TCP_SHUT_WRITE), 0);
    dialogue_wait_until(T0 + S);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 2 win 0");
    dialogue_wait_until(T0 + 30 * S);
    dialogue_expect_silence();
    end("R. seq 2 ack 1 win 0");
}

static void test_a_small_window_is_used_after_a_while(void)
{
    begin("win 5000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1000), 1000);
    dialogue_tcp_out("P. seq 1:1001 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 1001 win 100");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1000), 1000);
    dialogue_wait_until(T0 + S - 1);
    dialogue_expect_silence();
    dialogue_wait_until(T0 + S);
    dialogue_tcp_out(". seq 1001:1101 ack 1 win 65535");
    end("R. seq 1101 ack 1 win 0");
}

static void test_probes_that_nobody_answers_end_it(void)
{
    begin("win 0 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    for (unsigned i = 0; i < 15; i++) {
        uint8_t frame[DIALOGUE_FRAME_MAX];
        size_t size;
        while (dialogue_is_silent())
            wait_until(clock_now_ns() + S);
        CU_ASSERT_TRUE(dialogue_take(frame, &size));
    }
    CU_ASSERT_EQUAL(clock_now_ns(), T0 + 603 * S);
    wait_until(T0 + 663 * S - 1);
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_ESTABLISHED);
    dialogue_wait_until(T0 + 663 * S);
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), KETIMEDOUT);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void test_one_segment_is_acknowledged_after_40_ms(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in("P. seq 1:11 ack 1 win 5000");
    CU_ASSERT_EQUAL(dialogue_told(&socket), TCP_READY_IN);
    dialogue_wait_until(T0 + 40 * MS - 1);
    dialogue_expect_silence();
    dialogue_wait_until(T0 + 40 * MS);
    dialogue_tcp_out(". seq 1 ack 11 win 65525"); /* ten bytes more would be silly to tell */
    end("R. seq 1 ack 11 win 0");
}

static void test_every_second_full_segment_is_acknowledged_at_once(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in(". seq 1:1001 ack 1 win 5000");
    dialogue_expect_silence();
    dialogue_tcp_in(". seq 1001:2001 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 2001 win 65535");
    dialogue_tcp_in(". seq 2001:3001 ack 1 win 5000");
    dialogue_expect_silence();
    end("R. seq 1 ack 3001 win 0");
}

static void test_data_carry_the_acknowledgement(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in("P. seq 1:11 ack 1 win 5000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 5), 5);
    dialogue_tcp_out("P. seq 1:6 ack 11 win 65525");
    dialogue_tcp_in(". seq 11 ack 6 win 5000");
    dialogue_wait_until(T0 + S);
    end("R. seq 6 ack 11 win 0");
}

static void test_the_window_closes_and_opens_in_steps(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    dialogue_tcp_begin(49152, GATEWAY, 80);
    dialogue_open(&socket);
    struct tcp_options small = options();
    small.receive_buffer = 4000;
    set_options(small);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, GATEWAY, 80), 0);
    dialogue_tcp_out("S seq 0 win 4000 mss 1460 sackok ts wscale 0");
    dialogue_tcp_in("S. seq 0 ack 1 win 5000 mss 1000");
    dialogue_tcp_out(". seq 1 ack 1 win 4000");
    dialogue_tcp_in(". seq 1:1001 ack 1 win 5000");
    dialogue_tcp_in(". seq 1001:2001 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 2001 win 2000");
    dialogue_tcp_in(". seq 2001:3001 ack 1 win 5000");
    dialogue_tcp_in(". seq 3001:4001 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 4001 win 0");
    dialogue_tcp_in(". seq 4001:4002 ack 1 win 5000"); /* a probe */
    dialogue_tcp_out(". seq 1 ack 4001 win 0");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 900), 900); /* too little to be worth telling */
    dialogue_expect_silence();
    dialogue_tcp_in(". seq 4001:4002 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 4001 win 0");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1200), 1200);
    dialogue_tcp_out(". seq 1 ack 4001 win 2100");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 9000), 1900);
    dialogue_tcp_in(". seq 4001 ack 1 win 5000"); /* their acknowledgements are heard at 0 too */
    end("R. seq 1 ack 4001 win 0");
}

static void test_an_acknowledgement_is_heard_though_our_window_is_closed(void)
{
    begin("win 5000 mss 1000");
    struct tcp_information information;
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    dialogue_tcp_out("P. seq 1:11 ack 1 win 65535");
    for (uint32_t i = 0; i < 65; i++) {
        char line[60];
        uint8_t frame[DIALOGUE_FRAME_MAX];
        size_t size;
        (void)snprintf(line, sizeof(line), ". seq %u:%u ack 1 win 5000", 1 + i * 1000,
                       1001 + i * 1000);
        dialogue_tcp_in(line);
        while (dialogue_take(frame, &size))
            ;
    }
    dialogue_tcp_in(". seq 65001:65536 ack 1 win 5000");
    dialogue_wait_until(T0 + 40 * MS);
    tcp_inform(socket.connection, &information);
    CU_ASSERT_EQUAL(information.receive_buffer, TCP_RECEIVE_BUFFER_SIZE);
    dialogue_tcp_out(". seq 11 ack 65536 win 21845"); /* the SYN could not tell more than 65535 */
    dialogue_tcp_in(". seq 65536 ack 11 win 5000");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 99999), 65535);
    dialogue_tcp_out(". seq 11 ack 65536 win 65535");
    end("R. seq 11 ack 65536 win 0");
}

static void test_windows_are_scaled_both_ways(void)
{
    begin("win 1000 mss 1000 wscale 3");
    struct tcp_information information;
    dialogue_tcp_in(". seq 1 ack 1 win 1000");
    tcp_inform(socket.connection, &information);
    CU_ASSERT_EQUAL(information.send_window, 8000);
    dialogue_tcp_in(". seq 1:1001 ack 1 win 1000");
    dialogue_tcp_in(". seq 1001:2001 ack 1 win 1000");
    dialogue_tcp_out(". seq 1 ack 2001 win 42690"); /* 85380 of 87380 */
    end("R. seq 1 ack 2001 win 0");
}

/* ---- keepalive ------------------------------------------------------------------------------- */

static void begin_keepalive(void)
{
    begin("win 5000 mss 1000");
    struct tcp_options now = options();
    now.keepalive = true;
    now.keepalive_idle_ns = 100 * S;
    now.keepalive_pause_ns = 10 * S;
    now.keepalive_probes = 3;
    set_options(now);
}

static void test_an_idle_connection_is_kept_alive(void)
{
    begin_keepalive();
    wait_until(T0 + 100 * S - 1);
    dialogue_expect_silence();
    dialogue_wait_until(T0 + 100 * S);
    dialogue_tcp_out(". seq 0 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 1 win 5000");
    wait_until(T0 + 200 * S - 1);
    dialogue_expect_silence();
    dialogue_wait_until(T0 + 200 * S);
    dialogue_tcp_out(". seq 0 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 1 win 5000");
    end("R. seq 1 ack 1 win 0");
}

static void test_who_does_not_answer_is_given_up(void)
{
    begin_keepalive();
    for (unsigned i = 0; i < 3; i++) {
        wait_until(T0 + (100 + 10 * i) * S);
        dialogue_tcp_out(". seq 0 ack 1 win 65535");
    }
    wait_until(T0 + 130 * S - 1);
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_ESTABLISHED);
    dialogue_wait_until(T0 + 130 * S);
    dialogue_tcp_out("R. seq 1 ack 1 win 0");
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), KETIMEDOUT);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_keepalive_can_be_switched_off(void)
{
    begin_keepalive();
    struct tcp_options now = options();
    now.keepalive = false;
    set_options(now);
    wait_until(T0 + 1000 * S);
    end("R. seq 1 ack 1 win 0");
}

static void test_the_keepalive_of_others_is_answered(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in(". seq 0 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    dialogue_tcp_in(". seq 0:1 ack 1 win 5000"); /* with a byte, as some have it */
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    end("R. seq 1 ack 1 win 0");
}

UNIT_SUITE("tcp_window", UNIT_TEST(test_a_small_segment_waits_while_another_is_on_the_way),
           UNIT_TEST(test_without_delay_small_segments_do_not_wait),
           UNIT_TEST(test_the_window_begins_with_three_segments_and_grows_with_each_ack),
           UNIT_TEST(test_after_idling_the_window_is_that_of_a_beginning),
           UNIT_TEST(test_no_more_is_sent_than_their_window_takes),
           UNIT_TEST(test_half_of_the_largest_window_is_not_silly),
           UNIT_TEST(test_a_full_buffer_takes_nothing_and_says_when_it_has_room),
           UNIT_TEST(test_without_memory_a_sender_waits_until_there_is_some),
           UNIT_TEST(test_a_closed_window_is_probed_ever_more_rarely),
           UNIT_TEST(test_a_probe_that_is_taken_counts),
           UNIT_TEST(test_a_fin_is_a_probe_when_nothing_else_is_left),
           UNIT_TEST(test_an_acknowledged_fin_ends_the_probes),
           UNIT_TEST(test_a_small_window_is_used_after_a_while),
           UNIT_TEST(test_probes_that_nobody_answers_end_it),
           UNIT_TEST(test_one_segment_is_acknowledged_after_40_ms),
           UNIT_TEST(test_every_second_full_segment_is_acknowledged_at_once),
           UNIT_TEST(test_data_carry_the_acknowledgement),
           UNIT_TEST(test_the_window_closes_and_opens_in_steps),
           UNIT_TEST(test_an_acknowledgement_is_heard_though_our_window_is_closed),
           UNIT_TEST(test_windows_are_scaled_both_ways),
           UNIT_TEST(test_an_idle_connection_is_kept_alive),
           UNIT_TEST(test_who_does_not_answer_is_given_up),
           UNIT_TEST(test_keepalive_can_be_switched_off),
           UNIT_TEST(test_the_keepalive_of_others_is_answered))
