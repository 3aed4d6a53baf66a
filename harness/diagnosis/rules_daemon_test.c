/* rules_daemon_test.c - cards that nobody opens, and packets that leave no trace on a wire */
#include "harness/diagnosis/rules_rig_scheme.h"

#define PING      "ping 10.0.2.2"
#define CARD      "network.mmio-0a000000_virtio_net"
#define RIG_LATER (100 * RIG_MS)

static void register_card(struct rig *rig, const char *name)
{
    trace_emit(rig->trace, TRACE_SCHEME_REGISTERED, TN(RIG_PROVIDER), TN(RIG_SCHEME_2),
               TS(rig_word(rig, name)));
}

static void open_card(struct rig *rig)
{
    rig_ask(rig, RIG_TAG, RIG_PROVIDER, RIG_SCHEME_2, "open");
}

/* The program waits for something, and nothing was sent for it. */
static void rig_starve(struct rig *rig)
{
    rig_pass(rig, RIG_LATER);
    rig_block(rig, RIG_PING, "child", 1);
}

static void test_a_card_that_nobody_opens_is_no_interface(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 1, PING);
    register_card(&rig, CARD);
    rig_starve(&rig);
    rig_expect(&rig, false, "iface.missing", "ping");
}

static void test_what_is_opened_or_gone_or_no_card_is_not_missed(void)
{
    for (unsigned how = 0; how < 3; how++) {
        struct rig rig;
        rig_scheme_open_with(&rig, 1, PING);
        register_card(&rig, how == 0 ? "networkfoo" : CARD);
        if (how == 1) {
            open_card(&rig);
        }
        if (how == 2) {
            trace_emit(rig.trace, TRACE_SCHEME_REMOVED, TN(RIG_SCHEME_2), TS(rig_word(&rig, CARD)));
        }
        rig_starve(&rig);
        rig_expect(&rig, false, "", NULL);
    }
}

static void test_who_has_sent_something_has_an_interface(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 1, PING);
    register_card(&rig, CARD);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    rig_starve(&rig);
    rig_expect(&rig, false, "arp.unresolved", "ping");
}

/* The program waits in a request, with its interface configured so. */
static void test_who_waits_without_an_address_to_send_from_is_told_nothing(void)
{
    static const struct {
        const char *command, *file;
        bool has_address, has_sent, has_exited;
        const char *cause;
    } cases[] = {
        {PING, "/etc/net/ip", false, false, false, "iface.unaddressed"},
        {PING, "/etc/net/ip", true, false, false, ""},
        {PING, "/etc/net/ip", false, true, false, ""}, /* so it must have one */
        {PING, "/etc/net/ip", false, false, true, ""}, /* it was told something */
        {PING, "/etc/pcid.conf", false, false, false, ""},
        {"ping 127.0.0.1", "/etc/net/ip", false, false, false, ""},
        {"dhcp eth0", "/etc/net/ip", false, false, false, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        rig_scheme_open_with(&rig, 1, cases[i].command);
        trace_emit(rig.trace, TRACE_FILE_OPENED, TN(RIG_PROVIDER),
                   TS(rig_word(&rig, cases[i].file)), TN(0));
        if (cases[i].has_address) {
            trace_emit(rig.trace, TRACE_CONFIG_APPLIED, TS(rig_word(&rig, "eth0")), TN(RIG_SELF),
                       TN(0xffffff00));
        }
        if (cases[i].has_sent) {
            rig_send(&rig, LEDGER_OUT, RIG_PEER + 1);
        }
        rig_block(&rig, RIG_PING, "child", 1);
        rig_pass(&rig, RIG_LATER);
        if (cases[i].has_exited) {
            rig_exit(&rig, 1);
        }
        rig_expect(&rig, false, cases[i].cause, "ping");
    }
}

static void discard(struct rig *rig, unsigned task, const char *where)
{
    rig_run(rig, task);
    trace_emit(rig->trace, TRACE_GUEST_DROP, TS(rig_word(rig, where)), TS(rig_word(rig, "full")));
}

static void test_a_packet_of_its_own_that_was_thrown_away_is_named(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 1, PING);
    rig_pass(&rig, RIG_LATER);
    discard(&rig, RIG_PING, "arp");
    rig_starve(&rig);
    rig_expect(&rig, false, "packet.discarded", "ping");
}

static void test_a_daemon_throws_away_what_the_program_waits_for(void)
{
    static const unsigned tasks[] = {RIG_PROVIDER, RIG_NETD};
    for (unsigned i = 0; i < 2; i++) {
        struct rig rig;
        rig_scheme_open_with(&rig, 1, PING);
        rig_pass(&rig, RIG_LATER);
        rig_ask_and_sleep(&rig, RIG_TAG, RIG_PING, RIG_SCHEME, "write");
        rig_run(&rig, RIG_PROVIDER);
        rig_deliver(&rig, RIG_TAG, RIG_PROVIDER);
        discard(&rig, tasks[i], "arp");
        rig_run(&rig, RIG_PROVIDER);
        rig_provider_sleeps(&rig);
        rig_pass(&rig, RIG_LATER);
        rig_expect(&rig, false, i == 0 ? "packet.discarded" : "request.unanswered", "ping");
    }
}

static void test_what_was_thrown_away_when_something_came_in_may_be_that(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 1, PING);
    rig_receive(&rig, LEDGER_IN, RIG_PEER + 1);
    discard(&rig, RIG_PING, "arp");
    rig_starve(&rig);
    rig_expect(&rig, false, "", NULL);
}

static void test_what_the_driver_throws_away_has_names_of_its_own(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 1, PING);
    rig_pass(&rig, RIG_LATER);
    discard(&rig, RIG_PING, "eth0.tx");
    rig_starve(&rig);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_program_that_does_not_suffer_misses_no_packet(void)
{
    struct rig rig;
    rig_scheme_open_with(&rig, 1, PING);
    rig_pass(&rig, RIG_LATER);
    discard(&rig, RIG_PING, "arp");
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

UNIT_SUITE("rules_daemon", UNIT_TEST(test_a_card_that_nobody_opens_is_no_interface),
           UNIT_TEST(test_what_is_opened_or_gone_or_no_card_is_not_missed),
           UNIT_TEST(test_who_has_sent_something_has_an_interface),
           UNIT_TEST(test_who_waits_without_an_address_to_send_from_is_told_nothing),
           UNIT_TEST(test_a_packet_of_its_own_that_was_thrown_away_is_named),
           UNIT_TEST(test_a_daemon_throws_away_what_the_program_waits_for),
           UNIT_TEST(test_what_was_thrown_away_when_something_came_in_may_be_that),
           UNIT_TEST(test_what_the_driver_throws_away_has_names_of_its_own),
           UNIT_TEST(test_a_program_that_does_not_suffer_misses_no_packet))
