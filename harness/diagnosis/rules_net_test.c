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

/* A program's time is up at the very moment at which the next request leaves. */
static void test_arp_stays_unresolved_while_it_is_asked_again(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    struct vclock *clock = board_clock(rig.board);
    vclock_advance(clock, vclock_now_ns(clock) + UINT64_C(1000000000));
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    rig_exit(&rig, 1);
    rig_expect(&rig, false, "arp.unresolved", "ping");
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

/* Then the address that is asked for is a host that somebody speaks to, and no gateway. */
static void test_a_packet_behind_another_programs_discovery_is_held_up(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    ledger_add_program(rig.ledger, "other", "ping 10.0.2.99");
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER + 97);
    rig_expect(&rig, true, "arp.head-of-line", "ping");
}

static void test_tables_that_disagree_are_no_missing_route(void)
{
    for (unsigned is_told = 0; is_told < 2; is_told++) {
        struct rig rig;
        rig_open(&rig, "ping 198.51.100.1");
        trace_emit(rig.trace, TRACE_ROUTE_DISAGREED, TN(0xc6336401));
        if (is_told != 0) {
            trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("sendto"), TN(-101));
        }
        rig_expect(&rig, true, "route.tables-disagree", "ping");
    }
}

static void test_tables_that_disagree_about_another_address_say_nothing(void)
{
    struct rig rig;
    rig_open(&rig, "ping 198.51.100.1");
    trace_emit(rig.trace, TRACE_ROUTE_DISAGREED, TN(0xc6336402));
    rig_expect(&rig, true, "", NULL);
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

/* The card's link goes down, or up again. */
static void set_link(struct rig *rig, bool up)
{
    virtio_net_set_link(board_net(rig->board, "eth0"), up);
    rig->why = up ? NULL : WIRE_LINK_DOWN;
}

static void test_arp_into_a_link_that_is_down_is_the_links(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    set_link(&rig, false);
    rig_arp_request(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
    rig_expect(&rig, true, "link.down", "ping");
    rig_open(&rig, "ping 198.51.100.1"); /* the gateway is asked for */
    set_link(&rig, false);
    rig_arp_request(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
    rig_expect(&rig, true, "link.down", "ping");
}

static void test_packets_into_a_link_that_is_down_are_the_links_even_when_it_is_up_again(void)
{
    for (unsigned again = 0; again < 2; again++) {
        struct rig rig;
        rig_open(&rig, PING);
        set_link(&rig, false);
        rig_send(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
        set_link(&rig, again != 0);
        rig_exit(&rig, 1);
        const struct diagnosis_question question = {.board = rig.board,
                                                    .program = ledger_program(rig.ledger, 1)};
        struct diagnosis *diagnosis = diagnosis_ask(rig.ledger, &question);
        CU_ASSERT_PTR_NOT_NULL(strstr(g_ptr_array_index(diagnosis->evidence, 0),
                                      again != 0 ? "link up again" : "link down"));
        diagnosis_free(diagnosis);
        rig_expect(&rig, true, "link.down", "ping");
    }
}

/* The driver counts a packet that it did not send. */
static void drop_sent(struct rig *rig)
{
    const char *counter = rig->ledger->devices[0].counter_sent_dropped;
    trace_emit(rig->trace, TRACE_COUNTER, TS(trace_intern(rig->trace, counter)), TN(1));
}

static void test_a_driver_that_knows_of_the_link_and_sends_nothing_is_not_to_blame(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    set_link(&rig, false);
    drop_sent(&rig);
    rig_expect(&rig, false, "link.down", "ping");
    rig_open(&rig, PING); /* what it dropped before has another reason */
    drop_sent(&rig);
    set_link(&rig, false);
    rig_expect(&rig, false, "", NULL);
    rig_open(&rig, PING); /* and so has what it drops when the link is up again */
    set_link(&rig, false);
    set_link(&rig, true);
    drop_sent(&rig);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_link_that_was_down_and_lost_nothing_for_good_is_not_to_blame(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    set_link(&rig, false);
    rig_arp_request(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
    set_link(&rig, true);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER); /* asked again, in vain */
    rig_expect(&rig, true, "arp.unresolved", "ping");
    rig_open(&rig, PING);
    set_link(&rig, false);
    rig_arp_request(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
    set_link(&rig, true);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    rig_arp_reply(&rig, RIG_PEER);
    rig_send(&rig, LEDGER_OUT, RIG_PEER);
    rig_expect(&rig, true, "peer.silent", "ping");
    rig_open(&rig, PING); /* and a link that is up */
    rig_send(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
    rig_expect(&rig, true, "wire.dropped", "ping");
}

static void test_a_machine_without_a_card_is_told_before_any_mistake_of_the_guest(void)
{
    struct rig rig;
    rig_open_with(&rig, 0, PING);
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("sendto"), TN(-101));
    rig_expect(&rig, true, "netdev.missing", "ping");
    rig_open_with(&rig, 0, "dhcp eth0");
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("ioctl"), TN(-19));
    rig_expect(&rig, true, "netdev.missing", "ping");
}

static void test_a_machine_without_a_card_is_enough_for_who_stays_inside(void)
{
    static const char *const commands[] = {"ping 127.0.0.1", "sleep 1"};
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        struct rig rig;
        rig_open_with(&rig, 0, commands[i]);
        rig_exit(&rig, 1);
        rig_expect(&rig, true, "", NULL);
    }
    struct rig rig; /* with a card, it is another mistake that it is not found */
    rig_open(&rig, "dhcp eth0");
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("ioctl"), TN(-19));
    rig_expect(&rig, true, "", NULL);
}

static void test_a_card_that_no_driver_took_is_unclaimed(void)
{
    struct rig rig;
    rig_open_unclaimed(&rig, PING);
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("sendto"), TN(-101));
    rig_expect(&rig, true, "netdev.unclaimed", "ping");
    rig_open_unclaimed(&rig, "dhcp eth0");
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("ioctl"), TN(-19));
    rig_expect(&rig, true, "netdev.unclaimed", "ping");
}

static void test_a_card_that_a_driver_took_and_gave_up_is_not_unclaimed(void)
{
    struct rig rig;
    rig_open_unclaimed(&rig, PING);
    rig_claim(&rig);
    trace_emit(rig.trace, TRACE_VIRTIO_RESET, TS(trace_intern(rig.trace, "eth0")));
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("sendto"), TN(-101));
    rig_expect(&rig, true, "route.missing", "ping");
}

static void test_a_card_that_nobody_needs_may_be_left_alone(void)
{
    struct rig rig;
    rig_open_unclaimed(&rig, "ping 127.0.0.1");
    rig_exit(&rig, 1);
    rig_expect(&rig, true, "", NULL);
}

static void test_a_fault_that_cannot_have_caused_it_is_no_trigger(void)
{
    static const struct {
        const char *object, *fault;
        bool fits;
    } rows[] = {
        {"link", "drop", true},      {"link", "delay", false}, {"link", "duplicate", false},
        {"irq", "lose", false},      {"vq", "hold", false},    {"timer", "dead", false},
        {"link", "truncate", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct rig rig;
        rig_open(&rig, PING);
        rig_send(&rig, LEDGER_OUT_DROPPED, RIG_PEER);
        trace_emit(rig.trace, TRACE_FAULT_APPLIED, TS(rows[i].object), TS("eth0"),
                   TS(rows[i].fault), TN(1));
        const struct diagnosis_question question = {
            .board = rig.board, .hangs = true, .program = ledger_program(rig.ledger, 1)};
        struct diagnosis *diagnosis = diagnosis_ask(rig.ledger, &question);
        CU_ASSERT_STRING_EQUAL(diagnosis->cause, "wire.dropped");
        CU_ASSERT_EQUAL(diagnosis->trigger != NULL, rows[i].fits);
        diagnosis_free(diagnosis);
        rig_close(&rig);
    }
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
           UNIT_TEST(test_arp_stays_unresolved_while_it_is_asked_again),
           UNIT_TEST(test_a_lost_arp_request_is_unresolved_and_the_loss_is_the_trigger),
           UNIT_TEST(test_a_packet_behind_another_discovery_is_unresolved),
           UNIT_TEST(test_a_packet_behind_another_programs_discovery_is_held_up),
           UNIT_TEST(test_tables_that_disagree_are_no_missing_route),
           UNIT_TEST(test_tables_that_disagree_about_another_address_say_nothing),
           UNIT_TEST(test_arp_that_was_answered_in_the_end_is_resolved),
           UNIT_TEST(test_a_request_of_this_moment_is_not_missed_yet),
           UNIT_TEST(test_a_packet_lost_either_way_is_dropped_by_the_wire),
           UNIT_TEST(test_a_loss_that_was_made_good_is_none),
           UNIT_TEST(test_an_unanswered_packet_is_a_silent_peer),
           UNIT_TEST(test_arp_into_a_link_that_is_down_is_the_links),
           UNIT_TEST(test_packets_into_a_link_that_is_down_are_the_links_even_when_it_is_up_again),
           UNIT_TEST(test_a_driver_that_knows_of_the_link_and_sends_nothing_is_not_to_blame),
           UNIT_TEST(test_a_link_that_was_down_and_lost_nothing_for_good_is_not_to_blame),
           UNIT_TEST(test_a_machine_without_a_card_is_told_before_any_mistake_of_the_guest),
           UNIT_TEST(test_a_machine_without_a_card_is_enough_for_who_stays_inside),
           UNIT_TEST(test_a_card_that_no_driver_took_is_unclaimed),
           UNIT_TEST(test_a_card_that_a_driver_took_and_gave_up_is_not_unclaimed),
           UNIT_TEST(test_a_card_that_nobody_needs_may_be_left_alone),
           UNIT_TEST(test_a_fault_that_cannot_have_caused_it_is_no_trigger),
           UNIT_TEST(test_a_program_that_succeeded_suffers_nothing))
