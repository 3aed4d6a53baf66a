/*
 * The states of a connection, and what each event does in each of them: [RFC9293] 3.3.2, 3.10. What
 * an owner sees of it, by readiness and by errors, stands beside.
 */
#include "netstack/dialogue.h"
#include "netstack/dialogue_tcp.h"
#include "netstack/tcp.h"

#include "lib/errno.h"
#include "tests/unit.h"

#define IN    TCP_READY_IN
#define OUT   TCP_READY_OUT
#define RDHUP TCP_READY_RDHUP
#define ERR   TCP_READY_ERR
#define HUP   TCP_READY_HUP

static struct dialogue_socket socket, listener;

static void expect_state(enum tcp_state state, unsigned ready)
{
    CU_ASSERT_STRING_EQUAL(tcp_state_name(tcp_state(socket.connection)), tcp_state_name(state));
    CU_ASSERT_EQUAL(dialogue_ready(&socket), ready);
}

/* The only connection that there is, which nobody owns. */
static void expect_orphan(enum tcp_state state)
{
    const struct tcp_connection *connection = tcp_next(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(connection);
    CU_ASSERT_STRING_EQUAL(tcp_state_name(tcp_state(connection)), tcp_state_name(state));
    CU_ASSERT_PTR_NULL(tcp_next(connection));
}

static void begin(void)
{
    dialogue_begin_connected(&socket, "win 5000 mss 1000");
}

/* To SYN_SENT. */
static void begin_connecting(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    dialogue_tcp_begin(49152, GATEWAY, 80);
    dialogue_open(&socket);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, GATEWAY, 80), 0);
    dialogue_tcp_out("S seq 0 win 65535 mss 1460 sackok ts wscale 1");
}

static void end_after_time_wait(void)
{
    expect_orphan(TCP_TIME_WAIT);
    dialogue_wait_until(T0 + 3600 * S);
    dialogue_tcp_end();
}

/* ---- opening --------------------------------------------------------------------------------- */

static void test_a_fresh_connection_is_closed_and_has_no_error(void)
{
    dialogue_begin();
    dialogue_open(&socket);
    expect_state(TCP_CLOSED, OUT | HUP);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1), -KENOTCONN);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1), -KEPIPE);
    CU_ASSERT_EQUAL(dialogue_shutdown(&socket, TCP_SHUT_WRITE), -KENOTCONN);
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), 0);
    CU_ASSERT_PTR_NULL(tcp_accept(socket.connection, NULL, NULL));
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_active_open(void)
{
    begin_connecting();
    expect_state(TCP_SYN_SENT, 0);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, GATEWAY, 80), -KEALREADY);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1), -KEAGAIN);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1), -KEAGAIN);
    CU_ASSERT_EQUAL(dialogue_told(&socket), 0);
    dialogue_wait_until(T0 + 70 * MS);
    dialogue_tcp_in("S. seq 0 ack 1 win 5000 mss 1000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    expect_state(TCP_ESTABLISHED, OUT);
    CU_ASSERT_EQUAL(dialogue_told(&socket), OUT);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, GATEWAY, 80), -KEISCONN);
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), 0);
    dialogue_abort(&socket);
    dialogue_tcp_out("R. seq 1 ack 1 win 0");
    dialogue_tcp_end();
}

/* As Linux has it: for either half the attempt is over, and it is as if there had been none. */
static void test_shutdown_takes_back_an_attempt(void)
{
    begin_connecting();
    CU_ASSERT_EQUAL(dialogue_shutdown(&socket, TCP_SHUT_WRITE), 0);
    expect_state(TCP_CLOSED, OUT | HUP | ERR);
    CU_ASSERT_EQUAL(dialogue_told(&socket) & ERR, ERR);
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), KECONNRESET);
    expect_state(TCP_CLOSED, OUT | HUP);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1), -KENOTCONN);
    CU_ASSERT_EQUAL(dialogue_shutdown(&socket, TCP_SHUT_READ), -KENOTCONN);
    dialogue_tcp_in("S. seq 0 ack 1 win 5000 mss 1000");
    dialogue_tcp_out("R seq 1 win 0");
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_passive_open(void)
{
    dialogue_begin_accepted(&listener, &socket, "win 5000 mss 1000");
    expect_state(TCP_ESTABLISHED, OUT);
    CU_ASSERT_EQUAL(dialogue_ready(&listener), 0);
    CU_ASSERT_EQUAL(tcp_state(listener.connection), TCP_LISTEN);
    dialogue_close(&listener);
    dialogue_tcp_in("P. seq 1:101 ack 1 win 5000");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1000), 100);
    dialogue_abort(&socket);
    dialogue_tcp_out("R. seq 1 ack 101 win 0");
    dialogue_tcp_end();
}

static void test_simultaneous_open(void)
{
    begin_connecting();
    dialogue_tcp_in("S seq 0 win 5000 mss 1000");
    dialogue_tcp_out("S. seq 0 ack 1 win 65535 mss 1460");
    expect_state(TCP_SYN_RECEIVED, 0);
    dialogue_tcp_in("S. seq 0 ack 1 win 5000 mss 1000");
    expect_state(TCP_ESTABLISHED, OUT);
    CU_ASSERT_EQUAL(dialogue_told(&socket), OUT);
    dialogue_abort(&socket);
    dialogue_tcp_out("R. seq 1 ack 1 win 0");
    dialogue_tcp_end();
}

static void test_a_connection_with_itself(void)
{
    dialogue_begin();
    dialogue_open(&socket);
    CU_ASSERT_EQUAL(tcp_bind(socket.connection, LOOPBACK, 7), 0);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, LOOPBACK, 7), 0);
    expect_state(TCP_ESTABLISHED, OUT);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 3000), 3000);
    dialogue_wait_until(T0 + S);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 5000), 3000);
    dialogue_close(&socket);
    dialogue_wait_until(T0 + 300 * S);
    dialogue_tcp_end();
}

static void test_a_refused_attempt_is_told_once(void)
{
    begin_connecting();
    dialogue_tcp_in("R. seq 0 ack 1 win 0");
    expect_state(TCP_CLOSED, IN | OUT | RDHUP | ERR | HUP);
    CU_ASSERT_EQUAL(dialogue_told(&socket), IN | OUT | RDHUP | ERR | HUP);
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), KECONNREFUSED);
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), 0);
    expect_state(TCP_CLOSED, IN | OUT | RDHUP | HUP);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1), 0);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1), -KEPIPE);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_after_a_refused_attempt_there_may_be_another(void)
{
    begin_connecting();
    dialogue_tcp_in("R. seq 0 ack 1 win 0");
    dialogue_tcp_begin(49153, GATEWAY, 81);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, GATEWAY, 81), 0);
    dialogue_tcp_out("S seq 0 win 65535 mss 1460 sackok ts wscale 1");
    dialogue_tcp_in("S. seq 0 ack 1 win 5000 mss 1000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), 0);
    expect_state(TCP_ESTABLISHED, OUT);
    dialogue_abort(&socket);
    dialogue_tcp_out("R. seq 1 ack 1 win 0");
    dialogue_tcp_end();
}

static void test_in_syn_sent_only_what_fits_is_heard(void)
{
    begin_connecting();
    dialogue_tcp_in(". seq 0 ack 5 win 5000"); /* acknowledges what was not sent */
    dialogue_tcp_out("R seq 5 win 0");
    dialogue_tcp_in("R. seq 0 ack 5 win 0");
    dialogue_tcp_in("R seq 0 win 0");
    dialogue_tcp_in(". seq 0 ack 1 win 5000");
    dialogue_expect_silence();
    expect_state(TCP_SYN_SENT, 0);
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_BAD_ACK), 2);
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_BAD_RESET), 1);
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_NO_SYN), 1);
    dialogue_close(&socket); /* nobody knows of it: silence */
    dialogue_tcp_end();
}

static void test_data_with_the_syn_that_answers_are_read(void)
{
    begin_connecting();
    dialogue_tcp_in("SP. seq 0:10 ack 1 win 5000 mss 1000");
    dialogue_tcp_out(". seq 1 ack 11 win 65525");
    expect_state(TCP_ESTABLISHED, IN | OUT);
    dialogue_abort(&socket);
    dialogue_tcp_out("R. seq 1 ack 11 win 0");
    dialogue_tcp_end();
}

static void test_a_syn_is_sent_again_until_three_minutes_are_over(void)
{
    static const uint64_t seconds[] = {1, 3, 7, 15, 31, 63, 123};
    begin_connecting();
    for (unsigned i = 0; i < 7; i++) {
        dialogue_wait_until(T0 + seconds[i] * S - 1);
        dialogue_expect_silence();
        dialogue_wait_until(T0 + seconds[i] * S);
        if (i >= 5) { /* the neighbour was forgotten by then */
            dialogue_expect("arp who-has 10.0.2.2 tell 10.0.2.15");
            dialogue_arp_reply(GATEWAY);
        }
        dialogue_tcp_out("S seq 0 win 65535 mss 1460 sackok ts wscale 1");
    }
    dialogue_wait_until(T0 + 183 * S - 1);
    expect_state(TCP_SYN_SENT, 0);
    dialogue_wait_until(T0 + 183 * S);
    expect_state(TCP_CLOSED, IN | OUT | RDHUP | ERR | HUP);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1), -KETIMEDOUT);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1), 0);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

/* ---- closing --------------------------------------------------------------------------------- */

static void test_we_close_first(void)
{
    begin();
    dialogue_close(&socket);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    expect_orphan(TCP_FIN_WAIT_1);
    dialogue_tcp_in(". seq 1 ack 2 win 5000");
    expect_orphan(TCP_FIN_WAIT_2);
    dialogue_expect_silence();
    dialogue_tcp_in("F. seq 1 ack 2 win 5000");
    dialogue_tcp_out(". seq 2 ack 2 win 65534");
    expect_orphan(TCP_TIME_WAIT);
    dialogue_wait_until(T0 + 60 * S - 1);
    expect_orphan(TCP_TIME_WAIT);
    dialogue_wait_until(T0 + 60 * S);
    dialogue_tcp_end();
}

static void test_they_close_first(void)
{
    begin();
    dialogue_tcp_in("F. seq 1 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 2 win 65534");
    expect_state(TCP_CLOSE_WAIT, IN | OUT | RDHUP);
    CU_ASSERT_EQUAL(dialogue_told(&socket), IN | RDHUP);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1), 0);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10); /* our half goes on */
    dialogue_tcp_out("P. seq 1:11 ack 2 win 65534");
    dialogue_tcp_in(". seq 2 ack 11 win 5000");
    dialogue_close(&socket);
    dialogue_tcp_out("F. seq 11 ack 2 win 65534");
    expect_orphan(TCP_LAST_ACK);
    dialogue_tcp_in(". seq 2 ack 12 win 5000");
    dialogue_tcp_end();
}

static void test_both_close_at_once(void)
{
    begin();
    dialogue_close(&socket);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    dialogue_tcp_in("F. seq 1 ack 1 win 5000");
    dialogue_tcp_out(". seq 2 ack 2 win 65534");
    expect_orphan(TCP_CLOSING);
    dialogue_tcp_in(". seq 2 ack 2 win 5000");
    end_after_time_wait();
}

static void test_a_fin_that_acknowledges_ours_skips_fin_wait_2(void)
{
    begin();
    dialogue_close(&socket);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    dialogue_tcp_in("F. seq 1 ack 2 win 5000");
    dialogue_tcp_out(". seq 2 ack 2 win 65534");
    end_after_time_wait();
}

static void test_half_closed_it_still_receives(void)
{
    begin();
    CU_ASSERT_EQUAL(dialogue_shutdown(&socket, TCP_SHUT_WRITE), 0);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    expect_state(TCP_FIN_WAIT_1, OUT);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1), -KEPIPE);
    dialogue_tcp_in(". seq 1 ack 2 win 5000");
    expect_state(TCP_FIN_WAIT_2, OUT);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1), -KEAGAIN);
    dialogue_wait_until(T0 + 1000 * S); /* nobody waits for less than the owner wants */
    dialogue_arp_reply(GATEWAY);
    dialogue_tcp_in("P. seq 1:101 ack 2 win 5000");
    expect_state(TCP_FIN_WAIT_2, IN | OUT);
    dialogue_tcp_in("F. seq 101 ack 2 win 5000");
    dialogue_tcp_out(". seq 2 ack 102 win 65434");
    expect_state(TCP_TIME_WAIT, IN | OUT | RDHUP | HUP);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1000), 100);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1000), 0);
    dialogue_close(&socket);
    end_after_time_wait();
}

static void test_data_are_sent_before_the_fin(void)
{
    begin();
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1500), 1500);
    dialogue_tcp_out(". seq 1:1001 ack 1 win 65535");
    dialogue_close(&socket); /* the rest has waited for company */
    dialogue_tcp_out("FP. seq 1001:1501 ack 1 win 65535");
    dialogue_tcp_in("F. seq 1 ack 1502 win 5000");
    dialogue_tcp_out(". seq 1502 ack 2 win 65534");
    end_after_time_wait();
}

static void test_without_an_owner_fin_wait_2_ends_after_a_minute(void)
{
    begin();
    dialogue_close(&socket);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 2 win 5000");
    dialogue_wait_until(T0 + 60 * S - 1);
    expect_orphan(TCP_FIN_WAIT_2);
    dialogue_wait_until(T0 + 60 * S);
    dialogue_tcp_end();
}

static void test_data_for_nobody_are_answered_with_a_reset(void)
{
    begin();
    dialogue_close(&socket);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    dialogue_tcp_in("P. seq 1:11 ack 2 win 5000");
    dialogue_tcp_out("R. seq 2 ack 1 win 0");
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_LATE_DATA), 1);
    dialogue_tcp_end();
}

static void test_closing_with_unread_data_resets(void)
{
    begin();
    dialogue_tcp_in("P. seq 1:11 ack 1 win 5000");
    dialogue_close(&socket);
    dialogue_tcp_out("R. seq 1 ack 11 win 0");
    dialogue_tcp_end();
}

static void test_in_time_wait_a_fin_is_acknowledged_again_and_time_begins_anew(void)
{
    begin();
    dialogue_close(&socket);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    dialogue_tcp_in("F. seq 1 ack 2 win 5000");
    dialogue_tcp_out(". seq 2 ack 2 win 65534");
    dialogue_wait_until(T0 + 30 * S);
    dialogue_tcp_in("F. seq 1 ack 2 win 5000");
    dialogue_tcp_out(". seq 2 ack 2 win 65534");
    dialogue_wait_until(T0 + 90 * S - 1);
    expect_orphan(TCP_TIME_WAIT);
    dialogue_wait_until(T0 + 90 * S);
    dialogue_tcp_end();
}

static void test_shut_for_reading_it_says_that_this_is_the_end(void)
{
    begin();
    CU_ASSERT_EQUAL(dialogue_shutdown(&socket, TCP_SHUT_READ), 0);
    expect_state(TCP_ESTABLISHED, IN | OUT | RDHUP);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 1), 0);
    CU_ASSERT_EQUAL(dialogue_shutdown(&socket, TCP_SHUT_WRITE), 0);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    expect_state(TCP_FIN_WAIT_1, IN | OUT | RDHUP | HUP);
    dialogue_abort(&socket);
    dialogue_tcp_out("R. seq 2 ack 1 win 0");
    dialogue_tcp_end();
}

/* ---- resets ---------------------------------------------------------------------------------- */

static void test_a_reset_is_told_once_after_what_came_before(void)
{
    begin();
    dialogue_tcp_in("P. seq 1:11 ack 1 win 5000");
    (void)dialogue_told(&socket);
    dialogue_tcp_in("R seq 11 win 0");
    expect_state(TCP_CLOSED, IN | OUT | RDHUP | ERR | HUP);
    CU_ASSERT_EQUAL(dialogue_told(&socket), IN | OUT | RDHUP | ERR | HUP);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 100), 10);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 100), -KECONNRESET);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 100), 0);
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1), -KEPIPE);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_a_reset_after_their_end_is_a_broken_pipe(void)
{
    begin();
    dialogue_tcp_in("F. seq 1 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 2 win 65534");
    dialogue_tcp_in("R seq 2 win 0");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1), -KEPIPE);
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), 0);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_a_reset_ends_what_is_closing(void)
{
    static const char *const segments[] = {". seq 1 ack 2 win 5000", "F. seq 1 ack 1 win 5000",
                                           "F. seq 1 ack 2 win 5000"};
    for (unsigned i = 0; i < 3; i++) {
        begin();
        dialogue_close(&socket);
        dialogue_tcp_out("F. seq 1 ack 1 win 65535");
        dialogue_tcp_in(segments[i]);
        if (i > 0)
            dialogue_tcp_out(". seq 2 ack 2 win 65534");
        dialogue_tcp_in(i == 0 ? "R seq 1 win 0" : "R seq 2 win 0");
        dialogue_tcp_end();
    }
}

/* What was sent last may not have come: as on Linux, who asks is told. */
static void test_a_reset_of_what_is_closing_is_told_to_its_owner(void)
{
    for (unsigned i = 0; i < 2; i++) {
        begin();
        if (i == 0) {
            dialogue_tcp_in("F. seq 1 ack 1 win 5000");
            dialogue_tcp_out(". seq 1 ack 2 win 65534");
        }
        CU_ASSERT_EQUAL(dialogue_shutdown(&socket, TCP_SHUT_WRITE), 0);
        dialogue_tcp_out(i == 0 ? "F. seq 1 ack 2 win 65534" : "F. seq 1 ack 1 win 65535");
        if (i == 1) {
            dialogue_tcp_in("F. seq 1 ack 1 win 5000");
            dialogue_tcp_out(". seq 2 ack 2 win 65534");
        }
        expect_state(i == 0 ? TCP_LAST_ACK : TCP_CLOSING, IN | OUT | RDHUP | HUP);
        dialogue_tcp_in("R seq 2 win 0");
        expect_state(TCP_CLOSED, IN | OUT | RDHUP | ERR | HUP);
        CU_ASSERT_EQUAL(dialogue_take_error(&socket), KECONNRESET);
        CU_ASSERT_EQUAL(dialogue_read(&socket, 1), 0);
        dialogue_close(&socket);
        dialogue_tcp_end();
    }
}

static void test_a_reset_in_syn_received_ends_the_attempt(void)
{
    begin_connecting();
    dialogue_tcp_in("S seq 0 win 5000 mss 1000");
    dialogue_tcp_out("S. seq 0 ack 1 win 65535 mss 1460");
    dialogue_tcp_in("R seq 1 win 0");
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), KECONNREFUSED);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_segments_for_nobody_are_reset(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    dialogue_tcp_begin(81, GATEWAY, 5000);
    dialogue_tcp_in("S seq 0 win 5000 mss 1000");
    dialogue_expect("10.0.2.15:81 > 10.0.2.2:5000 R. seq 0 ack 1 win 0");
    dialogue_tcp_in("FP. seq 5:15 ack 77 win 5000");
    dialogue_expect("10.0.2.15:81 > 10.0.2.2:5000 R seq 77 win 0");
    dialogue_tcp_in("FP seq 5:15 win 5000");
    dialogue_expect("10.0.2.15:81 > 10.0.2.2:5000 R. seq 0 ack 16 win 0");
    dialogue_tcp_in("R seq 5 win 0");
    dialogue_expect_silence();
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_NOBODY), 4);
    dialogue_tcp_end();
}

UNIT_SUITE("tcp_state", UNIT_TEST(test_a_fresh_connection_is_closed_and_has_no_error),
           UNIT_TEST(test_active_open), UNIT_TEST(test_shutdown_takes_back_an_attempt),
           UNIT_TEST(test_passive_open), UNIT_TEST(test_simultaneous_open),
           UNIT_TEST(test_a_connection_with_itself), UNIT_TEST(test_a_refused_attempt_is_told_once),
           UNIT_TEST(test_after_a_refused_attempt_there_may_be_another),
           UNIT_TEST(test_in_syn_sent_only_what_fits_is_heard),
           UNIT_TEST(test_data_with_the_syn_that_answers_are_read),
           UNIT_TEST(test_a_syn_is_sent_again_until_three_minutes_are_over),
           UNIT_TEST(test_we_close_first), UNIT_TEST(test_they_close_first),
           UNIT_TEST(test_both_close_at_once),
           UNIT_TEST(test_a_fin_that_acknowledges_ours_skips_fin_wait_2),
           UNIT_TEST(test_half_closed_it_still_receives),
           UNIT_TEST(test_data_are_sent_before_the_fin),
           UNIT_TEST(test_without_an_owner_fin_wait_2_ends_after_a_minute),
           UNIT_TEST(test_data_for_nobody_are_answered_with_a_reset),
           UNIT_TEST(test_closing_with_unread_data_resets),
           UNIT_TEST(test_in_time_wait_a_fin_is_acknowledged_again_and_time_begins_anew),
           UNIT_TEST(test_shut_for_reading_it_says_that_this_is_the_end),
           UNIT_TEST(test_a_reset_is_told_once_after_what_came_before),
           UNIT_TEST(test_a_reset_after_their_end_is_a_broken_pipe),
           UNIT_TEST(test_a_reset_ends_what_is_closing),
           UNIT_TEST(test_a_reset_of_what_is_closing_is_told_to_its_owner),
           UNIT_TEST(test_a_reset_in_syn_received_ends_the_attempt),
           UNIT_TEST(test_segments_for_nobody_are_reset))
