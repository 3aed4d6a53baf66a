/* rules_socket_test.c - what a program was told, against the wire: each rule */
#include "harness/diagnosis/rules_rig_socket.h"

/* ---- ready, and not -------------------------------------------------------------------------- */

static void test_out_before_the_handshake_is_false(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_poll(&rig, RIG_POLLOUT, RIG_POLLOUT);
    rig_expect(&rig, false, "poll.false-ready", "ping");
    rig_begin(&rig);
    rig_poll(&rig, RIG_POLLOUT, RIG_POLLOUT);
    rig_syn_ack(&rig);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "poll.false-ready", "ping");
}

static void test_out_of_a_connection_whose_syn_never_left_is_false(void)
{
    struct rig rig;
    rig_open(&rig, RIG_CURL);
    rig_socket(&rig, 1 | RIG_NONBLOCK, 6);
    rig_enter(&rig, "connect", RIG_FD, 0, 16, 0);
    rig_name(&rig, 6, RIG_PEER, 80);
    rig_return(&rig, "connect", -115);
    rig_poll(&rig, RIG_POLLOUT, RIG_POLLOUT);
    rig_expect(&rig, false, "poll.false-ready", "ping");
}

static void test_out_after_the_handshake_or_a_failure_is_true(void)
{
    struct rig rig;
    rig_establish(&rig);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
    rig_begin(&rig);
    rig_poll(&rig, RIG_POLLOUT, RIG_POLLOUT | RIG_POLLERR | RIG_POLLHUP);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

static void test_within_the_guest_nothing_is_said_of_readiness(void)
{
    struct rig rig;
    rig_open(&rig, "curl http://127.0.0.1/");
    rig_socket(&rig, 1 | RIG_NONBLOCK, 6);
    rig_enter(&rig, "connect", RIG_FD, 0, 16, 0);
    rig_name(&rig, 6, 0x7f000001, 80);
    rig_return(&rig, "connect", -115);
    rig_poll(&rig, RIG_POLLOUT, RIG_POLLOUT | RIG_POLLIN);
    rig_expect(&rig, false, "", NULL);
}

static void test_in_before_anything_came_is_false(void)
{
    struct rig rig;
    rig_establish(&rig);
    rig_poll(&rig, RIG_POLLIN, RIG_POLLIN);
    rig_expect(&rig, false, "poll.false-ready", "ping");
    rig_establish(&rig);
    rig_data_in(&rig, 5);
    rig_poll(&rig, RIG_POLLIN, RIG_POLLIN);
    rig_do(&rig, "read", 0, 100, 5);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

static void test_in_of_a_half_that_the_program_shut_is_true(void)
{
    struct rig rig;
    rig_establish(&rig);
    rig_do(&rig, "shutdown", 0, 0, 0);
    rig_poll(&rig, RIG_POLLIN, RIG_POLLIN);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

/* What an epoll set says is judged as what poll says, by level and by edge. */
static void test_what_a_set_says_too_early_is_false(void)
{
    static const unsigned ways[] = {0, RIG_EDGE, RIG_ONESHOT};
    for (unsigned i = 0; i < 3; i++) {
        struct rig rig;
        rig_begin(&rig);
        rig_watch(&rig, RIG_POLLOUT | ways[i]);
        rig_epoll(&rig, RIG_POLLOUT);
        rig_expect(&rig, false, "poll.false-ready", "ping");
        rig_begin(&rig);
        rig_watch(&rig, RIG_POLLOUT | RIG_POLLIN | ways[i]);
        rig_syn_ack(&rig);
        rig_epoll(&rig, RIG_POLLOUT | RIG_POLLIN);
        rig_expect(&rig, false, "poll.false-ready", "ping");
        rig_begin(&rig);
        rig_watch(&rig, RIG_POLLOUT | ways[i]);
        rig_syn_ack(&rig);
        rig_epoll(&rig, RIG_POLLOUT);
        rig_exit(&rig, 0);
        rig_expect(&rig, false, "", NULL);
    }
}

/* A handshake that was told by a set, which the program waits with from then on. */
static void rig_establish_in_set(struct rig *rig, unsigned events)
{
    rig_begin(rig);
    rig_watch(rig, RIG_POLLOUT);
    rig_syn_ack(rig);
    rig_epoll(rig, RIG_POLLOUT);
    rig_segment(rig, LEDGER_OUT, RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 0);
    rig_watch(rig, events);
}

static void test_a_set_that_sleeps_through_data_is_unready(void)
{
    struct rig rig;
    rig_establish_in_set(&rig, RIG_POLLIN);
    rig_epoll_sleeps(&rig);
    rig_data_in(&rig, 5);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "poll.unready", "ping");
    rig_establish_in_set(&rig, RIG_POLLIN);
    rig_data_in(&rig, 5);
    rig_pass(&rig, 2 * RIG_MS);
    rig_epoll(&rig, 0); /* its time was over */
    rig_exit(&rig, 28);
    rig_expect(&rig, false, "poll.unready", "ping");
}

/* What was told once is not told again, but what came behind it is. */
static void test_an_edge_is_told_once(void)
{
    struct rig rig;
    rig_establish_in_set(&rig, RIG_POLLIN | RIG_EDGE);
    rig_data_in(&rig, 5);
    rig_epoll(&rig, RIG_POLLIN);
    rig_epoll_sleeps(&rig);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "", NULL);
    rig_establish_in_set(&rig, RIG_POLLIN | RIG_EDGE);
    rig_data_in(&rig, 5);
    rig_epoll(&rig, RIG_POLLIN);
    rig_epoll_sleeps(&rig);
    rig_segment(&rig, LEDGER_IN, RIG_ACK, RIG_IRS + 6, RIG_ISS + 1, 5);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "poll.unready", "ping");
}

static void test_a_set_says_nothing_of_what_was_taken_out(void)
{
    struct rig rig;
    rig_establish_in_set(&rig, 0);
    rig_epoll_sleeps(&rig);
    rig_data_in(&rig, 5);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_wait_that_sleeps_through_a_reset_is_unready(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_poll_sleeps(&rig, RIG_POLLOUT);
    rig_refuse(&rig);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "poll.unready", "ping");
}

static void test_a_reset_of_this_moment_may_still_end_the_wait(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_poll_sleeps(&rig, RIG_POLLOUT);
    rig_refuse(&rig);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_reset_that_acknowledges_nothing_ends_no_wait(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_poll_sleeps(&rig, RIG_POLLOUT);
    rig_segment(&rig, LEDGER_IN, RIG_RST | RIG_ACK, 0, RIG_ISS, 0);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "peer.silent", "ping");
    rig_establish(&rig);
    rig_poll_sleeps(&rig, RIG_POLLIN);
    rig_segment(&rig, LEDGER_IN, RIG_RST, RIG_IRS + 100, 0, 0); /* [RFC5961] 3.2: a challenge */
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_connect_that_sleeps_through_its_answer_is_unready(void)
{
    struct rig rig;
    rig_connect(&rig, 0);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_refuse(&rig);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "poll.unready", "ping");
    rig_connect(&rig, 0);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_syn_ack(&rig);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "poll.unready", "ping");
}

static void test_a_read_that_sleeps_through_the_end_is_unready(void)
{
    struct rig rig;
    rig_connect(&rig, 0);
    rig_syn_ack(&rig);
    rig_return(&rig, "connect", 0);
    rig_segment(&rig, LEDGER_OUT, RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 0);
    rig_data_in(&rig, 5);
    rig_do(&rig, "read", 0, 100, 5);
    rig_enter(&rig, "read", RIG_FD, 0, 100, 0);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_segment(&rig, LEDGER_IN, RIG_FIN | RIG_ACK, RIG_IRS + 6, RIG_ISS + 1, 0);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "poll.unready", "ping");
}

static void test_data_behind_a_hole_ends_no_wait(void)
{
    struct rig rig;
    rig_establish(&rig);
    rig_poll_sleeps(&rig, RIG_POLLIN);
    rig_segment(&rig, LEDGER_IN, RIG_FIN | RIG_ACK, RIG_IRS + 51, RIG_ISS + 1, 50);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "", NULL);
    rig_establish(&rig);
    rig_poll_sleeps(&rig, RIG_POLLIN);
    rig_segment(&rig, LEDGER_IN, RIG_FIN | RIG_ACK, RIG_IRS + 51, RIG_ISS + 1, 50);
    rig_data_in(&rig, 50);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "poll.unready", "ping");
}

static void test_a_wait_that_ended_without_a_word_is_remembered(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_poll_sleeps(&rig, RIG_POLLOUT);
    rig_refuse(&rig);
    rig_pass(&rig, 2 * RIG_MS);
    rig_wake(&rig);
    rig_asked(&rig, -1, "timeout", 2 * RIG_MS);
    rig_return(&rig, "ppoll", 0);
    rig_exit(&rig, 28);
    rig_expect(&rig, false, "poll.unready", "ping");
}

static void test_what_the_guest_threw_away_ends_no_wait(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_poll_sleeps(&rig, RIG_POLLOUT);
    rig_refuse(&rig);
    trace_emit(rig.trace, TRACE_GUEST_DROP, TS("tcp"), TS("checksum"));
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "reply.discarded", "ping");
}

static void test_a_datagram_that_a_poll_sleeps_through_is_unready(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_do(&rig, "sendto", 0, 4, 4);
    rig_datagram(&rig, LEDGER_OUT);
    rig_poll_sleeps(&rig, RIG_POLLIN);
    rig_datagram(&rig, LEDGER_IN);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "poll.unready", "ping");
}

UNIT_SUITE("rules_socket", UNIT_TEST(test_out_before_the_handshake_is_false),
           UNIT_TEST(test_out_of_a_connection_whose_syn_never_left_is_false),
           UNIT_TEST(test_out_after_the_handshake_or_a_failure_is_true),
           UNIT_TEST(test_within_the_guest_nothing_is_said_of_readiness),
           UNIT_TEST(test_in_before_anything_came_is_false),
           UNIT_TEST(test_in_of_a_half_that_the_program_shut_is_true),
           UNIT_TEST(test_what_a_set_says_too_early_is_false),
           UNIT_TEST(test_a_set_that_sleeps_through_data_is_unready),
           UNIT_TEST(test_an_edge_is_told_once),
           UNIT_TEST(test_a_set_says_nothing_of_what_was_taken_out),
           UNIT_TEST(test_a_wait_that_sleeps_through_a_reset_is_unready),
           UNIT_TEST(test_a_reset_of_this_moment_may_still_end_the_wait),
           UNIT_TEST(test_a_reset_that_acknowledges_nothing_ends_no_wait),
           UNIT_TEST(test_a_connect_that_sleeps_through_its_answer_is_unready),
           UNIT_TEST(test_a_read_that_sleeps_through_the_end_is_unready),
           UNIT_TEST(test_data_behind_a_hole_ends_no_wait),
           UNIT_TEST(test_a_wait_that_ended_without_a_word_is_remembered),
           UNIT_TEST(test_what_the_guest_threw_away_ends_no_wait),
           UNIT_TEST(test_a_datagram_that_a_poll_sleeps_through_is_unready))
