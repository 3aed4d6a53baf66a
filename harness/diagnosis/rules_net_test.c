/* rules_net_test.c - each rule of the network, and what must not be given its name */
#include "harness/diagnosis/rules_rig.h"

#define PING "ping -c 1 10.0.2.2"

static void test_a_program_that_waits_for_nothing_known_has_no_cause(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_expect(&rig, true, "", NULL);
}

static void test_an_answered_program_has_no_cause(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    rig_arp_reply(&rig, RIG_PEER);
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    rig_receive(&rig, LEDGER_IN, RIG_PEER);
    rig_expect(&rig, false, "", NULL);
}

static void test_an_unreachable_network_is_a_missing_route(void)
{
    struct rig rig;
    rig_open(&rig, "ping 198.51.100.1");
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("sendto"), TN(-101));
    rig_expect(&rig, true, "route.missing", "ping");
    rig_open(&rig, "ping 198.51.100.1");
    trace_emit(rig.trace, TRACE_GUEST_DROP, TS("ipv4"), TS("no route"));
    rig_expect(&rig, true, "route.missing", "ping");
}

static void test_another_error_is_no_missing_route(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("sendto"), TN(-11));
    rig_expect(&rig, true, "", NULL);
}

static void test_a_drop_without_a_route_says_nothing_of_a_peer_that_was_sent_to(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    trace_emit(rig.trace, TRACE_GUEST_DROP, TS("ipv4"), TS("no route"));
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    rig_expect(&rig, true, "peer.silent", "ping");
}

static void test_unanswered_arp_is_unresolved(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    rig_expect(&rig, true, "arp.unresolved", "ping");
}

static void test_a_lost_arp_request_is_unresolved_and_the_loss_is_the_trigger(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    trace_emit(rig.trace, TRACE_FAULT_APPLIED, TS("irq"), TS("48"), TS("delay"), TN(1));
    trace_emit(rig.trace, TRACE_FAULT_APPLIED, TS("link"), TS("eth0"), TS("drop"), TN(1));
    trace_emit(rig.trace, TRACE_FAULT_APPLIED, TS("irq"), TS("48"), TS("delay"), TN(2));
    rig_arp_request(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
    const struct diagnosis_question question = {
        .board = rig.board, .hangs = true, .program = ledger_program(rig.ledger, 1)};
    struct diagnosis *diagnosis = diagnosis_ask(rig.ledger, &question);
    CU_ASSERT_STRING_EQUAL(diagnosis->cause, "arp.unresolved");
    CU_ASSERT_STRING_EQUAL(diagnosis->trigger,
                           "inject link eth0 drop, which took effect at 1.000000000 s");
    diagnosis_free(diagnosis);
    rig_close(&rig);
}

static void test_a_packet_behind_another_discovery_is_unresolved(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER + 97);
    rig_expect(&rig, true, "arp.unresolved", "ping");
}

static void test_arp_that_was_answered_in_the_end_is_resolved(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_arp_request(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    rig_arp_reply(&rig, RIG_PEER);
    rig_expect(&rig, true, "", NULL);
}

static void test_a_request_of_this_moment_is_not_missed_yet(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    rig_expect(&rig, false, "", NULL);
    rig_open(&rig, PING);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    vclock_pass(board_clock(rig.board), VCLOCK_POWER_ON_NS + 2000000);
    rig_expect(&rig, false, "arp.unresolved", "ping");
}

static void test_a_packet_lost_either_way_is_dropped_by_the_wire(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_send(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
    rig_expect(&rig, true, "wire.dropped", "ping");
    rig_open(&rig, PING);
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    rig_receive(&rig, LEDGER_IN_DROPPED, RIG_PEER);
    rig_expect(&rig, true, "wire.dropped", "ping");
}

static void test_a_loss_that_was_made_good_is_none(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_send(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    rig_receive(&rig, LEDGER_IN, RIG_PEER);
    rig_receive(&rig, LEDGER_IN, RIG_PEER);
    rig_expect(&rig, true, "", NULL);
}

static void test_an_unanswered_packet_is_a_silent_peer(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    rig_expect(&rig, true, "peer.silent", "ping");
    rig_open(&rig, "dhcp eth0"); /* no address in its command: whoever was spoken to last */
    rig_send(&rig, LEDGER_OUT, UINT32_MAX);
    rig_expect(&rig, true, "peer.silent", "ping");
}

static void test_a_peer_whose_answer_may_be_held_back_is_not_silent(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    trace_emit(rig.trace, TRACE_FAULT_APPLIED, TS("link"), TS("eth0"), TS("delay"), TN(1));
    rig_expect(&rig, true, "", NULL);
    rig_open(&rig, PING);
    trace_emit(rig.trace, TRACE_FAULT_APPLIED, TS("link"), TS("eth0"), TS("delay"), TN(1));
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    rig_expect(&rig, true, "peer.silent", "ping");
}

static void test_a_program_that_succeeded_suffers_nothing(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    trace_emit(rig.trace, TRACE_PROGRAM_EXITED, TN(1), TN(0));
    rig_expect(&rig, true, "", NULL);
    rig_open(&rig, PING);
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    trace_emit(rig.trace, TRACE_PROGRAM_EXITED, TN(1), TN(1));
    rig_expect(&rig, true, "peer.silent", "ping");
}

UNIT_SUITE("rules_net", UNIT_TEST(test_a_program_that_waits_for_nothing_known_has_no_cause),
           UNIT_TEST(test_an_answered_program_has_no_cause),
           UNIT_TEST(test_an_unreachable_network_is_a_missing_route),
           UNIT_TEST(test_another_error_is_no_missing_route),
           UNIT_TEST(test_a_drop_without_a_route_says_nothing_of_a_peer_that_was_sent_to),
           UNIT_TEST(test_unanswered_arp_is_unresolved),
           UNIT_TEST(test_a_lost_arp_request_is_unresolved_and_the_loss_is_the_trigger),
           UNIT_TEST(test_a_packet_behind_another_discovery_is_unresolved),
           UNIT_TEST(test_arp_that_was_answered_in_the_end_is_resolved),
           UNIT_TEST(test_a_request_of_this_moment_is_not_missed_yet),
           UNIT_TEST(test_a_packet_lost_either_way_is_dropped_by_the_wire),
           UNIT_TEST(test_a_loss_that_was_made_good_is_none),
           UNIT_TEST(test_an_unanswered_packet_is_a_silent_peer),
           UNIT_TEST(test_a_peer_whose_answer_may_be_held_back_is_not_silent),
           UNIT_TEST(test_a_program_that_succeeded_suffers_nothing))
