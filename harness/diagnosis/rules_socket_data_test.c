/* rules_socket_data_test.c - what was sent, received and refused, and what the program was told */
#include "harness/diagnosis/rules_rig_socket.h"

/* ---- errors and data ------------------------------------------------------------------------- */

static void test_an_so_error_of_0_after_a_reset_swallows_it(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_refuse(&rig);
    rig_poll(&rig, RIG_POLLOUT, RIG_POLLOUT | RIG_POLLERR | RIG_POLLHUP);
    rig_enter(&rig, "getsockopt", RIG_FD, 1, 4, 0);
    rig_told(&rig, "error", 0);
    rig_return(&rig, "getsockopt", 0);
    rig_expect(&rig, false, "socket.error-swallowed", "ping");
}

static void test_an_error_that_was_told_once_is_not_swallowed(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_refuse(&rig);
    rig_poll(&rig, RIG_POLLOUT, RIG_POLLOUT | RIG_POLLERR | RIG_POLLHUP);
    rig_enter(&rig, "getsockopt", RIG_FD, 1, 4, 0);
    rig_told(&rig, "error", 111);
    rig_return(&rig, "getsockopt", 0);
    rig_told(&rig, "error", 0);
    rig_exit(&rig, 7);
    rig_expect(&rig, false, "peer.refused", "ping");
}

static void test_an_so_error_in_front_of_the_reset_is_true(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_told(&rig, "error", 0);
    rig_refuse(&rig);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_connect_that_returns_0_after_a_reset_swallows_it(void)
{
    struct rig rig;
    rig_connect(&rig, 0);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_refuse(&rig);
    rig_pass(&rig, 2 * RIG_MS);
    rig_wake(&rig);
    rig_return(&rig, "connect", 0);
    rig_expect(&rig, false, "socket.error-swallowed", "ping");
}

static void test_bytes_that_were_taken_before_the_handshake_and_never_left_are_dropped(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_do(&rig, "sendto", 0, 73, 73);
    rig_syn_ack(&rig);
    rig_segment(&rig, LEDGER_OUT, RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 0);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "socket.data-dropped", "ping");
}

static void test_a_fin_in_front_of_what_was_taken_drops_it(void)
{
    struct rig rig;
    rig_establish(&rig);
    rig_do(&rig, "write", 0, 10, 10);
    rig_segment(&rig, LEDGER_OUT, RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 4);
    rig_segment(&rig, LEDGER_OUT, RIG_FIN | RIG_ACK, RIG_ISS + 5, RIG_IRS + 1, 0);
    rig_expect(&rig, false, "socket.data-dropped", "ping");
    rig_establish(&rig);
    rig_do(&rig, "write", 0, 10, 10);
    rig_segment(&rig, LEDGER_OUT, RIG_FIN | RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 10);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

static void test_datagrams_that_were_taken_and_did_not_leave_are_dropped(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_do(&rig, "sendto", 0, 4, 4);
    rig_do(&rig, "sendto", 0, 4, 4);
    rig_datagram(&rig, LEDGER_OUT);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "socket.data-dropped", "ping");
    rig_ask_udp(&rig);
    rig_do(&rig, "sendto", 0, 4, 4);
    rig_datagram(&rig, LEDGER_OUT_DROPPED);
    rig_pass(&rig, 2 * RIG_MS);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_datagram_that_came_and_was_not_given_is_dropped(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_do(&rig, "sendto", 0, 4, 4);
    rig_datagram(&rig, LEDGER_OUT);
    rig_enter(&rig, "recvfrom", RIG_FD, 0, 100, 0);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_datagram(&rig, LEDGER_IN);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "socket.data-dropped", "ping");
    rig_ask_udp(&rig);
    rig_do(&rig, "sendto", 0, 4, 4);
    rig_datagram(&rig, LEDGER_OUT);
    rig_datagram(&rig, LEDGER_IN);
    rig_do(&rig, "recvfrom", 0, 100, 4);
    rig_enter(&rig, "recvfrom", RIG_FD, 0, 100, 0);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "", NULL);
}

/* ---- who gave up, who refused ---------------------------------------------------------------- */

static void test_an_answer_behind_the_programs_end_means_that_it_gave_up(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_exit(&rig, 28);
    rig_pass(&rig, 2 * RIG_MS);
    rig_syn_ack(&rig);
    rig_expect(&rig, false, "program.gave-up", "ping");
    rig_establish(&rig);
    rig_do(&rig, "write", 0, 10, 10);
    rig_segment(&rig, LEDGER_OUT, RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 10);
    rig_exit(&rig, 28);
    rig_data_in(&rig, 5);
    rig_expect(&rig, false, "program.gave-up", "ping");
}

static void test_a_program_that_was_told_of_a_failure_did_not_give_up(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_refuse(&rig);
    rig_poll(&rig, RIG_POLLOUT, RIG_POLLOUT | RIG_POLLERR | RIG_POLLHUP);
    rig_told(&rig, "error", 111);
    rig_exit(&rig, 7);
    rig_expect(&rig, false, "peer.refused", "ping");
}

static void test_a_syn_without_an_answer_is_a_silent_peer(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_syn(&rig);
    rig_poll_sleeps(&rig, RIG_POLLOUT);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "peer.silent", "ping");
}

static void test_segments_are_not_answered_one_by_one(void)
{
    struct rig rig;
    rig_establish(&rig);
    rig_segment(&rig, LEDGER_OUT, RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 10);
    rig_segment(&rig, LEDGER_OUT, RIG_ACK, RIG_ISS + 11, RIG_IRS + 1, 10);
    rig_segment(&rig, LEDGER_IN, RIG_ACK, RIG_IRS + 1, RIG_ISS + 21, 5);
    rig_do(&rig, "read", 0, 100, 5);
    rig_enter(&rig, "recvfrom", RIG_FD, 0, 100, 0);
    rig_pass(&rig, 2 * RIG_MS);
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "", NULL);
}

UNIT_SUITE("rules_socket_data", UNIT_TEST(test_an_so_error_of_0_after_a_reset_swallows_it),
           UNIT_TEST(test_an_error_that_was_told_once_is_not_swallowed),
           UNIT_TEST(test_an_so_error_in_front_of_the_reset_is_true),
           UNIT_TEST(test_a_connect_that_returns_0_after_a_reset_swallows_it),
           UNIT_TEST(test_bytes_that_were_taken_before_the_handshake_and_never_left_are_dropped),
           UNIT_TEST(test_a_fin_in_front_of_what_was_taken_drops_it),
           UNIT_TEST(test_datagrams_that_were_taken_and_did_not_leave_are_dropped),
           UNIT_TEST(test_a_datagram_that_came_and_was_not_given_is_dropped),
           UNIT_TEST(test_an_answer_behind_the_programs_end_means_that_it_gave_up),
           UNIT_TEST(test_a_program_that_was_told_of_a_failure_did_not_give_up),
           UNIT_TEST(test_a_syn_without_an_answer_is_a_silent_peer),
           UNIT_TEST(test_segments_are_not_answered_one_by_one))
